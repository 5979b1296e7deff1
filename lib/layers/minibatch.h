/* minibatch.h -- minibatch discrimination: a row's closeness to the other rows of its slice, as features.
 *
 *   M = X T reshaped (B kernels, C numbers each),   o_ib = 1/(N-1) sum_{j != i} exp(-sum_c |M_ibc - M_jbc|)
 *
 * A generator that always gives the same event is found out by large o. Published is the sum over all j; here j = i, which
 * adds 1 to every feature, is left out, and the mean makes o a number of 0..1 whatever the slice's length: at most
 * GH_MINIBATCH_ROWS rows. One row has o = 0. Source: Salimans et al. 1606.03498 section 3.2. Derivation: internals/LAYERS.md. */
#ifndef GH_MINIBATCH_H
#define GH_MINIBATCH_H

#include "base/real.h"

enum { GH_MINIBATCH_ROWS = 256 };

/** Y (N,I+B) = X and the features behind it. X (N,I), T (B*C,I) as a dense layer's weights, M (B*C,N) is kept for
 * backward; 1 <= N <= GH_MINIBATCH_ROWS. */
void gh_minibatch_forward(gh_real *Y, gh_real *M, const gh_real *X, const gh_real *T, int64_t N, int64_t I, int64_t B,
                          int64_t C);

/** gX (N,I) = gradient of X through both parts of Y, or added to when add_to_gX, gT +=; either may be NULL. gM (B*C,N) is scratch,
 * not M itself. gY (N,I+B); M as forward left it. */
void gh_minibatch_backward(gh_real *gX, int add_to_gX, gh_real *gT, gh_real *gM, const gh_real *gY, const gh_real *M, const gh_real *X,
                           const gh_real *T, int64_t N, int64_t I, int64_t B, int64_t C);

/** The derivative in direction Xdot (N,I): Ydot (N,I+B) of Y, and curve (B*C,N) of what backward makes of gY on its way to M,
 * gY held fixed. Mdot (B*C,N) is scratch. */
void gh_minibatch_tangent(gh_real *Ydot, gh_real *curve, gh_real *Mdot, const gh_real *Xdot, const gh_real *gY, const gh_real *M,
                          const gh_real *T, int64_t N, int64_t I, int64_t B, int64_t C);

/** gX += (NULL: not wanted) and gT +=, what `curve` adds to the gradients of M. */
void gh_minibatch_curve_backward(gh_real *gX, gh_real *gT, const gh_real *curve, const gh_real *X, const gh_real *T, int64_t N, int64_t I,
                                 int64_t B, int64_t C);

#endif
