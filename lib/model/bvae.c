/* bvae.c -- the B-VAE: layout, information buffer, encoding, decoding, generation (Otten et al., 1901.00875).
 *   p(z) = (1/n) sum_i N(mu_i, (alpha sigma_i + gamma)^2) over the encoded training events, or N(0,1);  x = dec(z) + s eps
 * AE, VAE and beta-VAE are settings: no posterior noise, or latents from the prior. With conditions y both networks see
 * them, x = dec[z,y] + s eps, and z ~ N(0,1). */
#include "base/normal.h"
#include "model/bvae.h"
#include "model/calibration.h"
#include "model/kept.h"
#include "model/network_options.h"
#include "model/steering.h"
#include "model/tiles_share.h"

#include <math.h>
#include <string.h>

#ifdef GH_REAL_DOUBLE
#define EXP exp
#define TANH tanh
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#define TANH gh_fast_tanh
#endif

/* Decoder noise starts well below the width of the data: from a unit width the latents are ignored, and that is a trap. */
static void start_noise(genhep_model *model, double log_sigma)
{
    const gh_layer *out = &model->decoder.layer[model->decoder.n_layers - 1];
    for (int64_t j = 0; j < model->p; j++) {
        if (model->noise == GH_NOISE_GLOBAL) model->parameters[model->log_sigma + j] = (gh_real)log_sigma;
        /* the squashing of loss/elbo.h undone */
        if (model->noise == GH_NOISE_EVENT) model->parameters[out->bias + model->p + j] = (gh_real)(4 * atanh(log_sigma / 4));
    }
}

gh_status gh_bvae_check_beta(const genhep_options *options)
{
    double beta = gh_option_real(options, "loss.beta");
    if (beta < 1 || !gh_option_is(options, "loss.noise", "none") || gh_option_is(options, "model.family", "ae")) return GENHEP_OK;
    GH_FAIL(GENHEP_E_OPTION, "loss.beta: found %g, expected below 1 with loss.noise = none ((1-beta) MSE + beta KL)", beta);
}

/* generator.keep: these coordinates are standard normal whatever the latents and conditions are, as prep.reference makes them. */
static gh_status plan_kept(genhep_model *model)
{
    GH_TRY(gh_kept_plan(model));
    if (!model->kept) return GENHEP_OK;
    if (model->noise != GH_NOISE_EVENT || !model->q)
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.keep': a B-VAE keeps coordinates with loss.noise = event and conditions (data.condition) only");
    for (int64_t j = 0; j < model->p; j++)
        if (model->kept[j] && gh_prep_is_censored(model->prep, j))
            GH_FAIL(GENHEP_E_OPTION, "option 'generator.keep': it needs coordinates without a threshold, found '%s' of stage suppress",
                    gh_prep_name(model->prep, j));
    return GENHEP_OK;
}

void gh_bvae_keep(const genhep_model *model, int64_t n, gh_real *rows)
{
    const int64_t P = model->p;
    for (int64_t i = 0; model->kept && i < n; i++)
        for (int64_t j = 0; j < P; j++)
            if (model->kept[j]) rows[i * 2 * P + j] = rows[i * 2 * P + P + j] = 0;
}

static gh_status bvae_plan(genhep_model *model, int64_t n, const double *prepared, const double *weights)
{
    const genhep_options *options = model->options;
    gh_network_spec encoder = {0}, decoder = {0};
    (void)n, (void)prepared, (void)weights;
    GH_TRY(gh_bvae_check_beta(options));
    const char *noise = gh_option_text(options, "loss.noise");
    model->deterministic = gh_option_is(options, "model.family", "ae");
    model->noise = strcmp(noise, "none") == 0 || model->deterministic ? GH_NOISE_NONE
                   : strcmp(noise, "global") == 0                     ? GH_NOISE_GLOBAL
                                                                      : GH_NOISE_EVENT;
    model->bce = model->noise == GH_NOISE_NONE && gh_option_is(options, "loss.reconstruction", "bce");
    model->latents = gh_option_int(options, "latent.dim");
    if (model->latents == 0) model->latents = model->p;
    GH_TRY(plan_kept(model));
    GH_TRY(gh_network_spec_read(options, "encoder", &encoder));
    GH_TRY(gh_network_spec_read(options, "decoder", &decoder));
    encoder.inputs = model->p + model->q; /* [x,y] */
    decoder.outputs = model->p;
    encoder.outputs = 2 * model->latents;
    encoder.output_activation = GH_LINEAR;
    decoder.inputs = model->latents + model->q; /* [z,y] */
    if (model->noise == GH_NOISE_EVENT) decoder.outputs *= 2;
    if (model->bce && decoder.output_activation != GH_LINEAR)
        GH_FAIL(GENHEP_E_OPTION, "option 'decoder.output': found '%s', expected 'linear' with loss.reconstruction = bce "
                "(its outputs are logits)", gh_option_text(options, "decoder.output"));
    int64_t trainable = 0, statistics = 0;
    GH_TRY(gh_network_plan(&encoder, &trainable, &statistics, &model->encoder));
    GH_TRY(gh_network_plan(&decoder, &trainable, &statistics, &model->decoder));
    model->log_sigma = -1;
    if (model->noise == GH_NOISE_GLOBAL) model->log_sigma = trainable, trainable += model->p;
    model->n_trainable = trainable;
    model->n_parameters = trainable + statistics;
    if (model->most_parameters && model->n_parameters > model->most_parameters)
        GH_FAIL(GENHEP_E_FORMAT, "the options describe networks of %lld numbers, the file holds at most %lld",
                (long long)model->n_parameters, (long long)model->most_parameters);
    gh_network_place(&model->encoder, trainable);
    gh_network_place(&model->decoder, trainable);
    GH_TRY(gh_alloc_aligned(&model->hooks, &model->parameters, model->n_parameters, sizeof(gh_real)));
    GH_TRY(gh_tiles_share_create(&model->hooks, &model->tiles));
    int64_t seed = gh_option_int(options, "seed");
    gh_network_start(&model->encoder, model->parameters, seed, 0);
    gh_network_start(&model->decoder, model->parameters, seed, 1);
    start_noise(model, log(gh_option_real(options, "loss.noise_start")));
    return GENHEP_OK;
}

static int64_t bvae_normals(const genhep_model *model)
{
    return model->latents + (model->noise == GH_NOISE_NONE ? 0 : model->p);
}

static int64_t bvae_uniforms(const genhep_model *model)
{
    (void)model;
    return 1; /* which buffer entry; taken from the prior too, so that the source changes nothing else */
}

static int64_t bvae_scratch(const genhep_model *model, int64_t rows)
{
    return rows * (model->latents + model->q + model->decoder.spec.outputs) + gh_network_scratch(&model->decoder, rows);
}

int64_t gh_pick_entry(int64_t n, const double *cumulative, double u)
{
    int64_t low = 0, high = n - 1;
    if (!cumulative) {
        int64_t i = (int64_t)(u * (double)n);
        return i < n ? i : high;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (cumulative[middle] > u) high = middle;
        else low = middle + 1;
    }
    return low;
}

/* The buffer entry of an event: one of all, or of those in the box. */
static int64_t pick_entry(const gh_buffer *buffer, const gh_draw *draw, int64_t event, double u)
{
    const gh_steering *box = draw->steering && draw->steering->entry ? draw->steering : NULL;
    const int64_t n = box ? box->n : buffer->n;
    const int64_t k = draw->cycle ? event % n : gh_pick_entry(n, box ? box->cumulative : buffer->cumulative, u);
    return box ? box->entry[k] : k;
}

void gh_bvae_latents(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                     int64_t width, const double *uniforms, int64_t n_uniforms, gh_real *z)
{
    const int64_t L = model->latents, stride = L + model->q;
    const gh_real alpha = model->deterministic ? 0 : (gh_real)draw->alpha, gamma = (gh_real)draw->gamma;
    for (int64_t i = 0; i < n; i++) {
        const gh_real *eps = normals + i * width;
        if (draw->prior) {
            memcpy(z + i * stride, eps, (size_t)L * sizeof *z);
        } else {
            const int64_t entry = pick_entry(&model->buffer, draw, first + i, uniforms[i * n_uniforms]);
            const gh_real *mu = model->buffer.mu + entry * L, *sigma = model->buffer.sigma + entry * L;
            for (int64_t j = 0; j < L; j++) z[i * stride + j] = mu[j] + (alpha * sigma[j] + gamma) * eps[j];
        }
        if (draw->steering) gh_steering_apply(draw->steering, L, z + i * stride);
    }
}

/* Decoder output (and noise) -> prepared coordinates in double. eps (n, stride) or NULL for the mean. */
GH_CLONES
static void output_rows(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *Y, const gh_real *eps,
                        int64_t stride, double *prepared)
{
    const int64_t P = model->p, O = model->noise == GH_NOISE_EVENT ? 2 * P : P;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < P; j++) prepared[i * P + j] = (double)Y[i * O + j];
    for (int64_t k = 0; model->bce && k < n * P; k++) prepared[k] = 1 / (1 + exp(-prepared[k]));
    if (!eps || model->noise == GH_NOISE_NONE) return;
    for (int64_t j = 0; model->noise == GH_NOISE_GLOBAL && j < P; j++) {
        const double sigma = exp((double)parameters[model->log_sigma + j]);
        for (int64_t i = 0; i < n; i++) prepared[i * P + j] += sigma * (double)eps[i * stride + j];
    }
    for (int64_t i = 0; model->noise == GH_NOISE_EVENT && i < n; i++) {
        const gh_real *raw = Y + i * O + P, *e = eps + i * stride;
#pragma omp simd
        for (int64_t j = 0; j < P; j++) /* the squashing of loss/elbo.h */
            prepared[i * P + j] += (double)(EXP(4 * TANH(raw[j] / 4)) * e[j]);
    }
}

static void bvae_generate(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                          const double *uniforms, const gh_real *conditions, gh_real *scratch, double *prepared)
{
    const int64_t L = model->latents, Q = model->q, width = bvae_normals(model);
    gh_real *z = scratch, *Y = z + n * (L + Q), *layers = Y + n * model->decoder.spec.outputs;
    gh_bvae_latents(model, draw, first, n, normals, width, uniforms, bvae_uniforms(model), z);
    for (int64_t i = 0; Q && i < n; i++) memcpy(z + i * (L + Q) + L, conditions + i * Q, (size_t)Q * sizeof *z);
    gh_network_infer(&model->decoder, model->parameters, &draw->way, z, n, layers, Y);
    gh_bvae_keep(model, n, Y);
    output_rows(model, model->parameters, n, Y, draw->noise ? normals + L : NULL, width, prepared);
    if (draw->calibrate) gh_calibration_apply(model, n, prepared);
}

void gh_join_rows(const gh_real *a, int64_t A, const gh_real *b, int64_t B, int64_t n, gh_real *out)
{
    for (int64_t i = 0; i < n; i++) {
        memcpy(out + i * (A + B), a + i * A, (size_t)A * sizeof *out);
        memcpy(out + i * (A + B) + A, b + i * B, (size_t)B * sizeof *out);
    }
}

/* One block of rows [a,b], B = 0 without conditions, padded with zeros: a row's result does not depend on how many rows
 * come with it. */
static void fill_block(const gh_real *a, int64_t A, const gh_real *b, int64_t B, int64_t rows, gh_real *block)
{
    if (B) gh_join_rows(a, A, b, B, rows, block);
    else memcpy(block, a, (size_t)(rows * A) * sizeof *block);
    memset(block + rows * (A + B), 0, (size_t)((GH_BLOCK - rows) * (A + B)) * sizeof *block);
}

gh_status gh_bvae_encode(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *prepared,
                         const gh_real *conditions, gh_real *mu, gh_real *sigma)
{
    const int64_t L = model->latents, P = model->p, Q = model->q;
    const gh_network_way way = gh_network_plain_way();
    gh_real *scratch;
    GH_TRY(gh_alloc_aligned(&model->hooks, &scratch, GH_BLOCK * (2 * L + P + Q) + gh_network_scratch(&model->encoder, GH_BLOCK),
                            sizeof *scratch));
    gh_real *H = scratch, *X = H + GH_BLOCK * 2 * L, *layers = X + GH_BLOCK * (P + Q);
    for (int64_t start = 0; start < n; start += GH_BLOCK) {
        int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        fill_block(prepared + start * P, P, Q ? conditions + start * Q : NULL, Q, rows, X);
        gh_network_infer(&model->encoder, parameters, &way, X, GH_BLOCK, layers, H);
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < L; j++) {
                mu[(start + i) * L + j] = H[i * 2 * L + j];
                if (sigma)
                    sigma[(start + i) * L + j] = model->deterministic ? 0 : (gh_real)exp(0.5 * (double)H[i * 2 * L + L + j]);
            }
    }
    gh_free_aligned(&model->hooks, scratch);
    return GENHEP_OK;
}

gh_status gh_bvae_decode(const genhep_model *model, int64_t n, const gh_real *latents, const gh_real *conditions,
                         double *prepared)
{
    const int64_t L = model->latents, P = model->p, Q = model->q, O = model->decoder.spec.outputs;
    const gh_network_way way = gh_network_plain_way();
    gh_real *scratch;
    GH_TRY(gh_alloc_aligned(&model->hooks, &scratch, GH_BLOCK * (O + L + Q) + gh_network_scratch(&model->decoder, GH_BLOCK),
                            sizeof *scratch));
    gh_real *Y = scratch, *Z = Y + GH_BLOCK * O, *layers = Z + GH_BLOCK * (L + Q);
    for (int64_t start = 0; start < n; start += GH_BLOCK) {
        int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        fill_block(latents + start * L, L, Q ? conditions + start * Q : NULL, Q, rows, Z);
        gh_network_infer(&model->decoder, model->parameters, &way, Z, GH_BLOCK, layers, Y);
        gh_bvae_keep(model, rows, Y);
        output_rows(model, model->parameters, rows, Y, NULL, 0, prepared + start * P);
    }
    gh_free_aligned(&model->hooks, scratch);
    return GENHEP_OK;
}

static gh_status accumulate_weights(genhep_model *model, const int64_t *rows, int64_t n, const double *weights)
{
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        double w = weights[rows ? rows[i] : i];
        if (w < 0)
            GH_FAIL(GENHEP_E_NUMERIC, "training event %lld has weight %g: the information buffer cannot hold negative weights; "
                    "use latent.source = prior", (long long)(rows ? rows[i] : i), w);
        total += w;
    }
    if (!(total > 0)) GH_FAIL(GENHEP_E_NUMERIC, "the weights of the training events sum to %g, expected more than 0", total);
    GH_TRY(gh_alloc(&model->hooks, &model->buffer.cumulative, n, sizeof(double)));
    double sum = 0;
    for (int64_t i = 0; i < n; i++) model->buffer.cumulative[i] = (sum += weights[rows ? rows[i] : i]) / total;
    model->buffer.cumulative[n - 1] = 1;
    return GENHEP_OK;
}

gh_status gh_bvae_fill_buffer(genhep_model *model, int64_t n, const gh_real *prepared, const double *weights)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    const int64_t L = model->latents, P = model->p, most = gh_option_int(model->options, "latent.buffer");
    int64_t entries = n < most ? n : most, *order = NULL;
    gh_real *thinned = NULL;
    gh_buffer *buffer = &model->buffer;
    if (model->q)
        GH_FAIL(GENHEP_E_OPTION, "latent.source = buffer: a model with conditions draws its latents from the prior, as those in a "
                "buffer belong to the conditions of their events");
    gh_free_aligned(hooks, buffer->mu);
    gh_free_aligned(hooks, buffer->sigma);
    gh_free(hooks, buffer->cumulative);
    memset(buffer, 0, sizeof *buffer);
    if (entries < n) {
        GH_TRY_CLEANUP(gh_alloc(hooks, &order, n, sizeof *order));
        gh_shuffled_order(gh_option_int(model->options, "seed"), n, order);
        GH_TRY_CLEANUP(gh_alloc(hooks, &thinned, entries * P, sizeof *thinned));
        for (int64_t i = 0; i < entries; i++) memcpy(thinned + i * P, prepared + order[i] * P, (size_t)P * sizeof *thinned);
        prepared = thinned;
    }
    if (weights) GH_TRY_CLEANUP(accumulate_weights(model, order, entries, weights));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &buffer->mu, entries * L, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &buffer->sigma, entries * L, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_bvae_encode(model, model->parameters, entries, prepared, NULL, buffer->mu, buffer->sigma));
    buffer->n = entries;
cleanup:
    gh_free(hooks, order);
    gh_free(hooks, thinned);
    return status;
}

/* log p(x) >= E log (1/K) sum_k p(x|z_k) p(z_k) / q(z_k|x) with p(z) = N(0,1) (Burda et al. 1509.00519); with conditions every
 * density but p(z) is given them. */
static gh_status bvae_log_density(const genhep_model *model, int64_t samples, int64_t n, const double *prepared,
                                  const gh_real *conditions, double *out)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    const int64_t L = model->latents, P = model->p, Q = model->q, S = L + Q, O = model->decoder.spec.outputs;
    const gh_network_way way = gh_network_plain_way();
    gh_real *x = NULL, *mu = NULL, *sigma = NULL, *block = NULL;
    if (model->noise == GH_NOISE_NONE)
        GH_FAIL(GENHEP_E_STATE, "a model without decoder noise (loss.noise = none) has no density");
    GH_TRY_CLEANUP(gh_alloc(hooks, &x, n * P, sizeof *x));
    GH_TRY_CLEANUP(gh_alloc(hooks, &mu, n * L, sizeof *mu));
    GH_TRY_CLEANUP(gh_alloc(hooks, &sigma, n * L, sizeof *sigma));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &block, GH_BLOCK * (O + L + S) + gh_network_scratch(&model->decoder, GH_BLOCK),
                                    sizeof *block));
    gh_real *Y = block, *Z = Y + GH_BLOCK * O, *eps = Z + GH_BLOCK * S, *layers = eps + GH_BLOCK * L;
    for (int64_t i = 0; i < n * P; i++) x[i] = (gh_real)prepared[i];
    GH_TRY_CLEANUP(gh_bvae_encode(model, model->parameters, n, x, conditions, mu, sigma));
    for (int64_t i = 0; i < n; i++) {
        gh_rng rng = gh_rng_make(gh_option_int(model->options, "seed"), GH_RANDOM_EVALUATE, i & 0xffffff);
        double largest = -INFINITY, sum = 0;
        for (int64_t r = 0; Q && r < GH_BLOCK; r++) memcpy(Z + r * S + L, conditions + i * Q, (size_t)Q * sizeof *Z);
        for (int64_t k = 0; k < samples; k += GH_BLOCK) {
            int64_t rows = samples - k < GH_BLOCK ? samples - k : GH_BLOCK;
            gh_rng_normals(&rng, k, GH_BLOCK, L, eps, L);
            for (int64_t r = 0; r < GH_BLOCK; r++)
                for (int64_t j = 0; j < L; j++) Z[r * S + j] = mu[i * L + j] + sigma[i * L + j] * eps[r * L + j];
            gh_network_infer(&model->decoder, model->parameters, &way, Z, GH_BLOCK, layers, Y);
            gh_bvae_keep(model, rows, Y);
            for (int64_t r = 0; r < rows; r++) {
                double w = 0, hazard;
                for (int64_t j = 0; j < L; j++) {
                    double z = (double)Z[r * S + j], e = (double)eps[r * L + j];
                    w += 0.5 * (e * e - z * z) + log((double)sigma[i * L + j]);
                }
                for (int64_t j = 0; j < P; j++) {
                    double t = model->noise == GH_NOISE_GLOBAL ? (double)model->parameters[model->log_sigma + j]
                                                               : 4 * tanh((double)Y[r * O + P + j] / 4);
                    double d = ((double)Y[r * O + j] - prepared[i * P + j]) * exp(-t);
                    if (prepared[i * P + j] <= 0 && gh_prep_is_censored(model->prep, j)) w += gh_normal_log_cdf(-(double)Y[r * O + j] * exp(-t), &hazard);
                    else w -= 0.5 * d * d + t + 0.91893853320467274178;
                }
                if (w > largest) sum = sum * exp(largest - w) + 1, largest = w;
                else sum += exp(w - largest);
            }
        }
        out[i] = largest + log(sum / (double)samples);
    }
cleanup:
    gh_free(hooks, x);
    gh_free(hooks, mu);
    gh_free(hooks, sigma);
    gh_free_aligned(hooks, block);
    return status;
}

static int64_t bvae_group(const genhep_model *model)
{
    return gh_network_group(&model->decoder, GH_BLOCK);
}

const gh_family gh_family_bvae = {"bvae",        bvae_plan,     bvae_normals,     bvae_uniforms,
                                  bvae_scratch,  bvae_generate, bvae_log_density, 1, bvae_group, gh_bvae_decode, NULL};
