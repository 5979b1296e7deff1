/* norm.h -- batch and layer normalisation.
 *
 * Parameters per feature: scale g and shift b. Batch norm keeps running statistics (mean, variance) for inference; while
 * training it uses the statistics of the row slice it is given, so that slices stay independent of each other (in effect
 * "ghost" batch norm, Hoffer et al. 1705.08741), and reports them for the running average. */
#ifndef GH_NORM_H
#define GH_NORM_H

#include "base/real.h"

#define GH_NORM_EPSILON ((gh_real)1e-5)

/** Batch norm over the N rows, in place: xhat = (x - mean_j) / sqrt(var_j + eps), Y = g xhat + b.
 * Y, xhat (N,O); mean, var, inverse_sd (O) are outputs; backward needs xhat and inverse_sd. */
void gh_batch_norm_forward(gh_real *Y, gh_real *xhat, gh_real *mean, gh_real *var, gh_real *inverse_sd, const gh_real *g,
                           const gh_real *b, int64_t N, int64_t O);

/** gY becomes the gradient of the input, in place; gg and gb accumulate, or are both NULL. */
void gh_batch_norm_backward(gh_real *gY, gh_real *gg, gh_real *gb, const gh_real *xhat, const gh_real *inverse_sd, const gh_real *g,
                            int64_t N, int64_t O);

/** Inference with running statistics, in place. */
void gh_batch_norm_apply(gh_real *Y, const gh_real *mean, const gh_real *var, const gh_real *g, const gh_real *b, int64_t N,
                         int64_t O);

/** Layer norm over the O features of each row, in place; inverse_sd (N). xhat and inverse_sd may be NULL for inference. */
void gh_layer_norm_forward(gh_real *Y, gh_real *xhat, gh_real *inverse_sd, const gh_real *g, const gh_real *b, int64_t N, int64_t O);
void gh_layer_norm_backward(gh_real *gY, gh_real *gg, gh_real *gb, const gh_real *xhat, const gh_real *inverse_sd, const gh_real *g,
                            int64_t N, int64_t O);

/** Tangent of layer norm in place, and what its curvature adds to a reverse pass over values and tangents. T (N,O): tangent of
 * the input, becomes that of the output. D (N,O): adjoint of the output's tangent, becomes the curvature's part of the input's
 * adjoint. gg accumulates the tangent's part of the scale's gradient, sum_i D xhat_dot.
 * Derivation: docs/internals/PENALTY.md. */
void gh_layer_norm_second(gh_real *T, gh_real *D, gh_real *gg, const gh_real *xhat, const gh_real *inverse_sd, const gh_real *g,
                          int64_t N, int64_t O);

#endif
