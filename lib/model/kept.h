/* kept.h -- generator.keep: coordinates that a network leaves to the noise. What that means is the family's: gan.h, bvae.h. */
#ifndef GH_KEPT_H
#define GH_KEPT_H

#include "model/model.h"

/** Read generator.keep, names or patterns of coordinates, into model->kept; NULL stays where it is empty. GENHEP_E_OPTION, _E_NOMEM. */
gh_status gh_kept_plan(genhep_model *model);

#endif
