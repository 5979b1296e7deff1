/* bvae.h -- training side of the autoencoder family: loss and gradient of one slice of rows. */
#ifndef GH_BVAE_H
#define GH_BVAE_H

#include "model/model.h"

/** Scratch of one thread. */
typedef struct gh_bvae_work {
    gh_hooks hooks;
    gh_tape encoder, decoder;
    gh_real *noise;   /* (rows, L) standard normals */
    gh_real *input;   /* (rows, P + Q) of the encoder, NULL without conditions */
    gh_real *latent;  /* (rows, L + Q), latents then conditions */
    gh_gemm_work products;
    int64_t *censored, n_censored; /* coordinates that are known above 0 only: loss/censored.h */
} gh_bvae_work;

typedef struct gh_bvae_loss {
    double total, reconstruction, divergence; /* weighted sums over the rows, already times `scale` */
} gh_bvae_loss;

/** GENHEP_E_OPTION when loss.noise = none meets a loss.beta of 1 or more, which would leave the reconstruction no
 * weight. The plain autoencoder, whose loss has no beta, is exempt. */
gh_status gh_bvae_check_beta(const genhep_options *options);

/** Coordinates of generator.keep in n rows (n,2P) of means and raw widths of the decoder, or of their slopes: 0, so that they are standard
 * normal and teach nothing. Does nothing without any. */
void gh_bvae_keep(const genhep_model *model, int64_t n, gh_real *rows);

/** Which of n entries u in [0,1) picks: the first whose cumulative weight exceeds it; NULL for unit weights. */
int64_t gh_pick_entry(int64_t n, const double *cumulative, double u);

/** Latents of the n events from `first` on: rows of z have L latents and room for Q conditions. normals (n,width), of which the
 * first L of a row are used; uniforms (n,n_uniforms), of which the first is. */
void gh_bvae_latents(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                     int64_t width, const double *uniforms, int64_t n_uniforms, gh_real *z);

/** out (n,A+B) = rows of a (n,A), each followed by its row of b (n,B). */
void gh_join_rows(const gh_real *a, int64_t A, const gh_real *b, int64_t B, int64_t n, gh_real *out);

/** The tapes point into `work`, which therefore stays where it is. kernel: gh_gemm_work_create. */
gh_status gh_bvae_work_create(const gh_hooks *hooks, const genhep_model *model, int64_t max_rows, gh_kernel kernel,
                              gh_bvae_work *work);
void gh_bvae_work_free(gh_bvae_work *work);

/** Loss of N rows X (N,P) with prepared conditions y (N,Q), NULL when Q = 0, and, unless `gradients` is NULL, its
 * gradient, assigned to `gradients` (arena layout).
 *   z = mu + exp(v/2) eps,  (mu, v) = enc[x,y],  eps ~ N(0,1) from `rng`, item first_item + i
 *   noise none:  (1-beta) MSE(x, dec[z,y]) + beta KL         (1901.00875)
 *   otherwise:   -log N(x; dec[z,y], sigma^2) + beta KL      (given y: Sohn, Lee, Yan, NIPS 2015)
 * A censored coordinate that is not above 0 counts with the probability of that instead (loss/censored.h).
 * scale is 1 / (sum of the batch's weights), so that slices of a batch add up. Allocates nothing.
 * training: 1 with dropout and the slice's own batch statistics; 0, which takes no gradients, as the networks are used
 * later. */
gh_bvae_loss gh_bvae_gradient(const genhep_model *model, const gh_real *parameters, gh_bvae_work *work,
                              const gh_real *X, const gh_real *conditions, const gh_real *weights, double scale, double beta,
                              const gh_rng *rng, int64_t first_item, int64_t N, int training, gh_real *gradients);

#endif
