/* selftest.h -- a few events stored with a model, so that `genhep verify` can tell whether it still generates
 * the same. */
#ifndef GH_SELFTEST_H
#define GH_SELFTEST_H

#include "model/model.h"

/** Draw GH_SELFTEST_EVENTS events at seed GH_SELFTEST_SEED and store them in the model, which nobody shares yet. */
#define GH_SELFTEST_EVENTS 16
#define GH_SELFTEST_SEED 20260101
gh_status gh_selftest_store(genhep_model *model);

/** Draw again and compare: GENHEP_E_NUMERIC when a number differs by more than 1e-5 of its column's spread over the
 * stored events (plus 1e-9 of its size); GENHEP_E_STATE without stored events. */
gh_status gh_selftest_check(const genhep_model *model);

#endif
