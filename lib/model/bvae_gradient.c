/* bvae_gradient.c -- the B-VAE's training step on a slice of rows. Loss formulas: loss/elbo.c; derivation:
 * docs/internals/BVAE.md. Tests: tests/grad/test_bvae.c. */
#include "model/bvae.h"

#include <math.h>
#include <string.h>

#include "loss/censored.h"
#include "loss/elbo.h"

#ifdef GH_REAL_DOUBLE
#define EXP exp
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#endif

gh_status gh_bvae_work_create(const gh_hooks *hooks, const genhep_model *model, int64_t max_rows, gh_kernel kernel,
                              gh_bvae_work *work)
{
    gh_status status;
    memset(work, 0, sizeof *work);
    work->hooks = *hooks;
    GH_TRY_CLEANUP(gh_tape_create(hooks, &model->encoder, max_rows, 0, &work->encoder));
    GH_TRY_CLEANUP(gh_tape_create(hooks, &model->decoder, max_rows, 1, &work->decoder));
    GH_TRY_CLEANUP(gh_gemm_work_create(hooks, kernel, &work->products));
    work->encoder.products = work->decoder.products = &work->products;
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &work->noise, max_rows * model->latents, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &work->latent, max_rows * (model->latents + model->q), sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &work->censored, model->p, sizeof *work->censored));
    for (int64_t j = 0; j < model->p; j++)
        if (gh_prep_is_censored(model->prep, j)) work->censored[work->n_censored++] = j;
    if (model->q) GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &work->input, max_rows * (model->p + model->q), sizeof(gh_real)));
cleanup:
    if (status) gh_bvae_work_free(work);
    return status;
}

void gh_bvae_work_free(gh_bvae_work *work)
{
    gh_tape_free(&work->encoder);
    gh_tape_free(&work->decoder);
    gh_gemm_work_free(&work->products);
    gh_free_aligned(&work->hooks, work->noise);
    gh_free_aligned(&work->hooks, work->latent);
    gh_free_aligned(&work->hooks, work->input);
    gh_free(&work->hooks, work->censored);
    work->censored = NULL;
    work->noise = work->latent = work->input = NULL;
}

/* z = mu + exp(v/2) eps; row i of z at z + i*stride */
GH_CLONES
static void reparametrise(gh_real *z, int64_t stride, const gh_real *H, gh_real *eps, int64_t N, int64_t L)
{
    for (int64_t i = 0; i < N; i++) {
        const gh_real *mu = H + i * 2 * L, *v = mu + L;
        for (int64_t j = 0; j < L; j++) {
            eps[i * L + j] *= EXP((gh_real)0.5 * v[j]); /* kept scaled: dz/dv = eps exp(v/2) / 2 */
            z[i * stride + j] = mu[j] + eps[i * L + j];
        }
    }
}

/* gmu = gz,  gv = gz eps exp(v/2) / 2; row i of gz at gz + i*stride, what stands behind its L numbers are the conditions' */
GH_CLONES
static void reparametrise_backward(gh_real *gH, const gh_real *gz, int64_t stride, const gh_real *scaled_eps, int64_t N, int64_t L)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < L; j++) {
            gH[i * 2 * L + j] = gz[i * stride + j];
            gH[i * 2 * L + L + j] = (gh_real)0.5 * gz[i * stride + j] * scaled_eps[i * L + j];
        }
}

gh_bvae_loss gh_bvae_gradient(const genhep_model *model, const gh_real *parameters, gh_bvae_work *work, const gh_real *X,
                              const gh_real *conditions, const gh_real *weights, double scale, double beta, const gh_rng *rng,
                              int64_t first_item, int64_t N, int training, gh_real *gradients)
{
    const int64_t L = model->latents, P = model->p, Q = model->q;
    const int64_t encoder_out = model->encoder.n_layers, decoder_out = model->decoder.n_layers;
    gh_bvae_loss loss = {0, 0, 0};
    gh_rng dropout = *rng;
    dropout.tag ^= (uint32_t)(GH_RANDOM_TRAIN ^ GH_RANDOM_DROPOUT) << 24;

    if (Q) gh_join_rows(X, P, conditions, Q, N, work->input);
    gh_network_forward(&model->encoder, parameters, &work->encoder, Q ? work->input : X, N, training ? &dropout : NULL, first_item);
    const gh_real *H = work->encoder.value[encoder_out];
    if (model->deterministic) memset(work->noise, 0, (size_t)(N * L) * sizeof(gh_real));
    else gh_rng_normals(rng, first_item, N, L, work->noise, L);
    reparametrise(work->latent, L + Q, H, work->noise, N, L);
    for (int64_t i = 0; Q && i < N; i++)
        memcpy(work->latent + i * (L + Q) + L, conditions + i * Q, (size_t)Q * sizeof *conditions);
    dropout.tag += GH_MAX_LAYERS; /* masks of the decoder's layers */
    gh_network_forward(&model->decoder, parameters, &work->decoder, work->latent, N, training ? &dropout : NULL,
                       first_item);

    gh_bvae_keep(model, N, work->decoder.value[decoder_out]);
    const gh_real *Y = work->decoder.value[decoder_out];
    gh_real *gY = work->decoder.gradient[decoder_out];
    if (model->noise == GH_NOISE_GLOBAL) {
        gh_real *g_log_sigma = gradients ? gradients + model->log_sigma : NULL;
        if (g_log_sigma) memset(g_log_sigma, 0, (size_t)P * sizeof *g_log_sigma);
        loss.reconstruction = gh_gaussian_loss(X, Y, parameters + model->log_sigma, weights, scale, N, P, gY, g_log_sigma);
        if (work->n_censored)
            loss.reconstruction += gh_censored_loss(X, Y, parameters + model->log_sigma, weights, scale, N, P, work->censored,
                                                    work->n_censored, gY, g_log_sigma);
        loss.total = loss.reconstruction;
    } else if (model->noise == GH_NOISE_EVENT) {
        loss.reconstruction = gh_gaussian_event_loss(X, Y, weights, scale, N, P, gY);
        if (work->n_censored)
            loss.reconstruction += gh_censored_loss(X, Y, NULL, weights, scale, N, P, work->censored, work->n_censored, gY, NULL);
        loss.total = loss.reconstruction;
    } else {
        double share = model->deterministic ? 1 : 1 - beta; /* above 0: gh_bvae_check_beta */
        loss.reconstruction = (model->bce ? gh_bce_loss : gh_mse_loss)(X, Y, weights, share * scale, N, P, gY);
        loss.total = loss.reconstruction;
        loss.reconstruction /= share;
    }

    gh_bvae_keep(model, N, gY); /* and no slope */
    gh_real *gH = work->encoder.gradient[encoder_out];
    if (gradients) {
        gh_network_backward(&model->decoder, parameters, &work->decoder, N, gradients);
        reparametrise_backward(gH, work->decoder.gradient[0], L + Q, work->noise, N, L);
    } else {
        memset(gH, 0, (size_t)(N * 2 * L) * sizeof(gh_real));
    }
    if (!model->deterministic) {
        loss.divergence = gh_kl_loss(H, weights, scale, beta, N, L, gH);
        loss.total += beta * loss.divergence;
    }
    if (gradients) gh_network_backward(&model->encoder, parameters, &work->encoder, N, gradients);
    return loss;
}
