/* buffer_density.h -- log p(z) under the information buffer: p(z) = sum_i w_i N(z; mu_i, (alpha sigma_i + gamma)^2). */
#ifndef GH_BUFFER_DENSITY_H
#define GH_BUFFER_DENSITY_H

#include "model/model.h"

/** log p of n latents z (n,L), with alpha, gamma of `draw`. A buffer of more than `entries` is thinned to so many at even steps
 * of its cumulative weight, which then weigh alike. GENHEP_E_STATE without a buffer or with a width of zero. */
gh_status gh_buffer_log_density(const genhep_model *model, const gh_draw *draw, int64_t entries, int64_t n, const gh_real *z,
                                double *log_density);

#endif
