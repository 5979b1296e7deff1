/* spectral.h -- spectral normalisation of a weight matrix: W/sigma(W), sigma its largest singular value.
 *
 * Power iteration from a vector that the caller keeps from step to step:
 *   v = W^T u/|W^T u|,   u = W v/|W v|,   sigma = u^T W v.
 * u and v are constants in the gradient: d sigma/dW = u v^T, exact when the iteration has converged. One iteration
 * a step is enough, W changes slowly. Source: Miyato et al. 1802.05957, eq. 11, 12 and algorithm 1. Derivation:
 * docs/internals/LAYERS.md. */
#ifndef GH_SPECTRAL_H
#define GH_SPECTRAL_H

#include "base/real.h"

/** sigma never is below this: a zero matrix stays zero. */
#define GH_SPECTRAL_LEAST 1e-12

/** `iterations` >= 1 steps of power iteration. W (O,I), u (O) in and out, any start that is not orthogonal to the first
 * left singular vector, such as normal numbers; v (I) out. @return sigma */
double gh_spectral_sigma(const gh_real *W, gh_real *u, gh_real *v, int64_t O, int64_t I, int iterations);

/** normed (O,I) = W/sigma; may be W itself. */
void gh_spectral_apply(gh_real *normed, const gh_real *W, double sigma, int64_t O, int64_t I);

/** gW (O,I), the gradient by W/sigma, becomes the gradient by W, in place: (gW - <gW, W/sigma> u v^T)/sigma, with
 * <A,B> = sum_oi A_oi B_oi; normed = W/sigma. */
void gh_spectral_backward(gh_real *gW, const gh_real *normed, const gh_real *u, const gh_real *v, double sigma,
                          int64_t O, int64_t I);

#endif
