/* minibatch.h -- minibatch discrimination: a row's closeness to the other rows of its slice, as features.
 *
 *   M = X T reshaped (B kernels, C numbers each),   o_ib = sum_{j != i} exp(-sum_c |M_ibc - M_jbc|)
 *
 * A generator that always gives the same event is found out by large o. The sum leaves out j = i, which adds 1 to every
 * feature (as published), and is over the slice, at most GH_MINIBATCH_ROWS rows; o grows with the number of rows, so
 * slices should be equally long. Source: Salimans et al. 1606.03498 section 3.2. Derivation: internals/LAYERS.md. */
#ifndef GH_MINIBATCH_H
#define GH_MINIBATCH_H

#include "base/real.h"

enum { GH_MINIBATCH_ROWS = 256 };

/** Y (N,I+B) = X and the features behind it. X (N,I), T (B*C,I) as a dense layer's weights, M (B*C,N) is kept for
 * backward; 1 <= N <= GH_MINIBATCH_ROWS. */
void gh_minibatch_forward(gh_real *Y, gh_real *M, const gh_real *X, const gh_real *T, int64_t N, int64_t I, int64_t B,
                          int64_t C);

/** gX (N,I) = gradient of X through both parts of Y, gT +=; gX may be NULL. gM (B*C,N) is scratch, not M itself.
 * gY (N,I+B); M as forward left it. */
void gh_minibatch_backward(gh_real *gX, gh_real *gT, gh_real *gM, const gh_real *gY, const gh_real *M, const gh_real *X,
                           const gh_real *T, int64_t N, int64_t I, int64_t B, int64_t C);

#endif
