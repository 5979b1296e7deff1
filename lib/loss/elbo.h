/* elbo.h -- the losses of the autoencoder family: reconstruction and Kullback-Leibler divergence, values and gradients.
 *
 * All are sums over the N rows of weight_i times the row's loss; the caller divides by the batch's total weight through
 * `scale`, so slices of a batch add up to the batch. weights NULL means ones. */
#ifndef GH_ELBO_H
#define GH_ELBO_H

#include "base/real.h"

/** (1/P) sum_j (x_j - y_j)^2. gY (N,P) = gradient times scale. @return the weighted sum times scale */
double gh_mse_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P, gh_real *gY);

/** Binary cross entropy of targets X in [0,1] with logits Y: sum_j [ max(y,0) - x y + log(1 + exp(-|y|)) ] / P. */
double gh_bce_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P, gh_real *gY);

/** Gaussian negative log-likelihood with one log sigma per column (global; log_sigma (P), g_log_sigma (P) accumulates):
 * sum_j [ (x_j-y_j)^2 / (2 s_j^2) + log s_j + log(2 pi)/2 ]. g_log_sigma may be NULL. */
double gh_gaussian_loss(const gh_real *X, const gh_real *Y, const gh_real *log_sigma, const gh_real *weights, double scale,
                        int64_t N, int64_t P, gh_real *gY, gh_real *g_log_sigma);

/** The same with a log sigma per event and column: Y (N,2P), means then log sigmas; gY (N,2P). log sigma acts through
 * t = GH_LOG_SIGMA_MAX tanh(raw / GH_LOG_SIGMA_MAX), smooth and bounded, so that no event can have a vanishing width. */
#define GH_LOG_SIGMA_MAX ((gh_real)4)
double gh_gaussian_event_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P,
                              gh_real *gY);

/** KL(N(mu, sigma^2) || N(0,1)) summed over L latents: -(1/2) sum_j (1 + v_j - mu_j^2 - exp(v_j)), v = log variance.
 * H (N,2L): mu then v; gH (N,2L) += beta times the gradient. @return the sum times scale, without beta */
double gh_kl_loss(const gh_real *H, const gh_real *weights, double scale, double beta, int64_t N, int64_t L, gh_real *gH);

#endif
