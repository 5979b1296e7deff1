/* emission.h -- from the output of a decoder or generator to the rows a discriminator sees: learned noise, censoring.
 *   x = y + e^t eps          t: global log sigmas, or the network's own (4 tanh(raw/4), loss/elbo.h); x = y without noise
 *   x = 1/(1 + exp(-y))      where outputs are logits
 *   censored coordinates     max(x, 0), what the inverse preparation makes of them
 * The numbers are those that generating gives, except for their type. Tests: tests/grad/test_hybrid.c. */
#ifndef GH_EMISSION_H
#define GH_EMISSION_H

#include "model/model.h"

/** Y (n,P), or (n,2P) with noise per event, and normal numbers eps (n,P) at stride, NULL without noise, to X (n,P). */
void gh_emit(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *Y, const gh_real *eps, int64_t stride,
             gh_real *X);

/** gX (n,P) to gY, assigned; the gradient of global log sigmas is added to `gradients` (arena layout). X as gh_emit left it. */
void gh_emit_backward(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *Y, const gh_real *eps,
                      int64_t stride, const gh_real *X, const gh_real *gX, gh_real *gY, gh_real *gradients);

/** max(x, 0) in the censored coordinates of rows X (n,P): what the inverse preparation makes of them. */
void gh_censor_rows(const genhep_model *model, int64_t n, gh_real *X);

#endif
