/* gan.c -- the generator of the adversarial family (Goodfellow et al. 1406.2661; events: 1907.03764): noise, and conditions
 * where there are some (FCGAN, 1912.00477), to prepared coordinates.
 *   x = G(z, y)            generator.skip = off
 *   x = z + G(z, y)        on: as many noise numbers as coordinates; with small output weights training starts at the
 *                          independent baseline of quantile-mapped coordinates
 *   x = C y + G(z, y)      condition: y_k of the same name is added to x_j, so training starts at the conditions themselves: the
 *                          plain GAN of unfolding, which has no noise, starts at what was measured
 *   generator.keep names coordinates j of which G_j is left out, those that are right before any network
 *   x = y + e^s eps, (y, s) = G(z, y)   generator.noise = event: a width of its own for every coordinate, as a decoder has it
 *   x = R(a) x             generator.turn = on: behind the above, about the beam by a uniform azimuth (model/turning.h)
 * The discriminator belongs to training: train/adversarial/. */
#include <math.h>
#include <string.h>

#include "base/normal.h"
#include "loss/elbo.h"
#include "model/calibration.h"
#include "model/gan.h"
#include "model/kept.h"
#include "model/network_options.h"
#include "model/tiles_share.h"
#include "prep/namesakes.h"

#ifdef GH_REAL_DOUBLE
#define EXP exp
#define TANH tanh
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#define TANH gh_fast_tanh
#endif

gh_latent_noise gh_gan_noise(const genhep_model *model)
{
    const char *noise = gh_option_text(model->options, "latent.noise");
    return strcmp(noise, "uniform") == 0 ? GH_LATENT_UNIFORM : strcmp(noise, "none") == 0 ? GH_LATENT_NONE : GH_LATENT_NORMAL;
}

int gh_gan_skip(const genhep_model *model)
{
    return gh_option_is(model->options, "generator.skip", "on");
}

void gh_gan_add_skip(const genhep_model *model, int64_t n, const gh_real *noise, int64_t stride, const gh_real *conditions, gh_real *X)
{
    const int64_t P = model->p, Q = model->q;
    if (model->kept) gh_gan_skip_backward(model, n, X);
    if (gh_gan_skip(model))
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < P; j++) X[i * P + j] += noise[i * stride + j];
    if (model->skip_from)
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < P; j++)
                if (model->skip_from[j] >= 0) X[i * P + j] += conditions[i * Q + model->skip_from[j]];
}

void gh_gan_skip_backward(const genhep_model *model, int64_t n, gh_real *gX)
{
    for (int64_t i = 0; model->kept && i < n; i++)
        for (int64_t j = 0; j < model->p; j++)
            if (model->kept[j]) gX[i * model->p + j] = 0;
}

/* generator.skip = condition: which condition goes to which coordinate, by their names. */
static gh_status plan_skip(genhep_model *model)
{
    const int64_t D = model->schema->d, T = model->n_targets;
    gh_status status;
    char **columns = NULL;
    if (!gh_option_is(model->options, "generator.skip", "condition")) return GENHEP_OK;
    if (model->q < 1)
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.skip': found 'condition' in a model without conditions (data.condition)");
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &columns, D, sizeof *columns));
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &model->skip_from, model->p, sizeof *model->skip_from));
    for (int64_t k = 0; k < D; k++) columns[k] = model->schema->names[model->targets[k]];
    const gh_named targets = {model->prep, columns, T}, conditions = {model->condition_prep, columns + T, D - T};
    if (!gh_namesakes(&targets, &conditions, model->skip_from))
        status = gh_fail(GENHEP_E_OPTION, "option 'generator.skip': found 'condition', but no coordinate of prep has the name of one of "
                                          "prep.condition");
cleanup:
    gh_free(&model->hooks, columns);
    return status;
}

static gh_status plan_latents(genhep_model *model)
{
    const genhep_options *options = model->options;
    const gh_latent_noise noise = gh_gan_noise(model);
    model->latents = noise == GH_LATENT_NONE ? 0 : gh_option_int(options, "latent.dim");
    if (model->latents == 0 && noise != GH_LATENT_NONE) model->latents = model->p;
    if (model->latents + model->q < 1)
        GH_FAIL(GENHEP_E_OPTION, "option 'latent.noise': 'none' leaves a generator without conditions nothing to generate from");
    if (gh_gan_skip(model) && (model->latents != model->p || noise != GH_LATENT_NORMAL))
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.skip': 'on' needs normal noise and as many latents as the %lld coordinates, found %lld",
                (long long)model->p, (long long)model->latents);
    const int skips = !gh_option_is(options, "generator.skip", "off");
    if (skips && model->noise != GH_NOISE_NONE)
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.skip': found it with generator.noise = event, expected one of them");
    for (int64_t j = 0; skips && j < model->p; j++)
        if (gh_prep_is_censored(model->prep, j))
            GH_FAIL(GENHEP_E_OPTION, "option 'generator.skip': it needs coordinates without a threshold, found '%s' of stage suppress",
                    gh_prep_name(model->prep, j));
    if (!gh_option_is(options, "latent.source", "prior"))
        GH_FAIL(GENHEP_E_OPTION, "option 'latent.source': found 'buffer', but adversarial models have no information buffer; expected 'prior'");
    return GENHEP_OK;
}

/* Centre and width of a normal number that has the mean and spread of these rows; behind a threshold (x = max(0, normal)) the mean and
 * the share above it: share = Phi(a), mean = width (a share + phi(a)), a = centre/width. */
static void fit_normal(double total, double sum, double squares, double above, int censored, double *centre, double *width)
{
    const double mean = sum / total, variance = squares / total - mean * mean, most_share = 0.98;
    const double least_share = 0.5 / total < 0.5 ? 0.5 / total : 0.5, share = above / total > least_share ? above / total : least_share;
    *centre = mean, *width = variance > 0 ? sqrt(variance) : 0;
    if (!censored || share > most_share || !(sum > 0)) return;
    const double a = gh_normal_quantile(share);
    *width = mean / (a * share + gh_normal_pdf(a));
    *centre = a * *width;
}

/* With noise of its own the generator starts near the independent baseline: the output's bias gives every coordinate the centre and
 * the width of the training rows. */
static void start_at_rows(genhep_model *model, int64_t n, const double *prepared, const double *weights)
{
    const int64_t P = model->p;
    const gh_layer *out = &model->decoder.layer[model->decoder.n_layers - 1];
    gh_real *mean = model->parameters + out->bias, *raw = mean + P;
    for (int64_t j = 0; j < P; j++) {
        double total = 0, sum = 0, squares = 0, above = 0, centre, width;
        for (int64_t i = 0; i < n; i++) {
            const double w = weights ? weights[i] : 1, x = prepared[i * P + j];
            total += w, sum += w * x, squares += w * x * x, above += x > 0 ? w : 0;
        }
        if (!(total > 0)) continue;
        const double least = exp(-3.), most = exp(3.);
        fit_normal(total, sum, squares, above, gh_prep_is_censored(model->prep, j), &centre, &width);
        mean[j] = (gh_real)centre;
        raw[j] = (gh_real)(4 * atanh(log(width < least ? least : width > most ? most : width) / 4)); /* loss/elbo.h, undone */
    }
}

static gh_status gan_plan(genhep_model *model, int64_t n, const double *prepared, const double *weights)
{
    gh_network_spec spec = {0};
    if (gh_option_is(model->options, "model.family", "fcgan") && model->q < 1)
        GH_FAIL(GENHEP_E_OPTION, "option 'model.family': 'fcgan' needs conditions (data.condition)");
    model->noise = gh_option_is(model->options, "generator.noise", "event") ? GH_NOISE_EVENT : GH_NOISE_NONE;
    GH_TRY(plan_latents(model));
    GH_TRY(plan_skip(model));
    GH_TRY(gh_kept_plan(model));
    if (model->kept && gh_option_is(model->options, "generator.skip", "off"))
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.keep': nothing is there to be kept with generator.skip = off");
    GH_TRY(gh_network_spec_read(model->options, "generator", &spec));
    if (model->noise == GH_NOISE_EVENT && spec.kind == GH_NETWORK_STREAMS)
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.noise': found 'event', expected 'none' with generator.kind = streams");
    spec.inputs = model->latents + model->q;
    spec.outputs = model->noise == GH_NOISE_EVENT ? 2 * model->p : model->p;
    if (gh_option_is(model->options, "generator.turn", "on")) {
        if (model->q || model->noise != GH_NOISE_NONE)
            GH_FAIL(GENHEP_E_OPTION, "option 'generator.turn': found 'on' with %s, expected a model without",
                    model->q ? "conditions" : "generator.noise = event");
        GH_TRY(gh_turning_find(model, &model->turning));
    }
    spec.output_gain = gh_option_real(model->options, "generator.output_gain");
    int64_t trainable = 0, statistics = 0;
    GH_TRY(gh_network_plan(&spec, &trainable, &statistics, &model->decoder));
    model->log_sigma = -1;
    model->n_trainable = trainable;
    model->n_parameters = trainable + statistics;
    if (model->most_parameters && model->n_parameters > model->most_parameters)
        GH_FAIL(GENHEP_E_FORMAT, "the options describe a generator of %lld numbers, the file holds at most %lld",
                (long long)model->n_parameters, (long long)model->most_parameters);
    gh_network_place(&model->decoder, trainable);
    GH_TRY(gh_tiles_share_create(&model->hooks, &model->tiles));
    GH_TRY(gh_alloc_aligned(&model->hooks, &model->parameters, model->n_parameters, sizeof(gh_real)));
    gh_network_start(&model->decoder, model->parameters, gh_option_int(model->options, "seed"), 1);
    if (model->noise == GH_NOISE_EVENT && prepared) start_at_rows(model, n, prepared, weights);
    return GENHEP_OK;
}

static int64_t gan_normals(const genhep_model *model)
{
    return (gh_gan_noise(model) == GH_LATENT_NORMAL ? model->latents : 0) + (model->noise == GH_NOISE_EVENT ? model->p : 0);
}

static int64_t gan_uniforms(const genhep_model *model)
{
    return (gh_gan_noise(model) == GH_LATENT_UNIFORM ? model->latents : 0) + (model->turning.pairs > 0);
}

static int64_t gan_scratch(const genhep_model *model, int64_t rows)
{
    return rows * (model->decoder.spec.inputs + model->decoder.spec.outputs) + gh_network_scratch(&model->decoder, rows);
}

void gh_gan_input(const genhep_model *model, int64_t n, const gh_real *noise, int64_t stride, const gh_real *conditions, gh_real *input)
{
    const int64_t L = model->latents, Q = model->q;
    for (int64_t i = 0; i < n; i++) {
        if (L) memcpy(input + i * (L + Q), noise + i * stride, (size_t)L * sizeof *input);
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): a model with conditions is given some */
        if (Q) memcpy(input + i * (L + Q) + L, conditions + i * Q, (size_t)Q * sizeof *input);
    }
}

GH_CLONES
static void add_noise(int64_t n, int64_t P, const gh_real *Y, const gh_real *eps, int64_t stride, double *prepared)
{
    for (int64_t i = 0; i < n; i++) {
        const gh_real *raw = Y + i * 2 * P + P, *e = eps + i * stride;
#pragma omp simd
        for (int64_t j = 0; j < P; j++) /* the squashing of loss/elbo.h */
            prepared[i * P + j] += (double)(EXP(GH_LOG_SIGMA_MAX * TANH(raw[j] / GH_LOG_SIGMA_MAX)) * e[j]);
    }
}

static void gan_generate(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                         const double *uniforms, const gh_real *conditions, gh_real *scratch, double *prepared)
{
    (void)first;
    const int64_t P = model->p, L = model->latents, I = L + model->q, W = gan_normals(model), O = model->decoder.spec.outputs;
    const int64_t U = gan_uniforms(model);
    gh_real *input = scratch, *Y = input + n * I, *layers = Y + n * O;
    if (gh_gan_noise(model) == GH_LATENT_UNIFORM) { /* as many as there are numbers in Y's place, free until the output */
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j < L; j++) input[i * I + j] = (gh_real)uniforms[i * U + j];
            if (model->q) memcpy(input + i * I + L, conditions + i * model->q, (size_t)model->q * sizeof *input);
        }
    } else {
        gh_gan_input(model, n, normals, W, conditions, input);
    }
    gh_network_infer(&model->decoder, model->parameters, &draw->way, input, n, layers, Y);
    if (O == P) gh_gan_add_skip(model, n, normals, W, conditions, Y);
    for (int64_t i = 0; model->turning.pairs && i < n; i++) { /* O = P */
        gh_real angle[2];
        gh_turning_angle(uniforms[i * U + U - 1], angle);
        gh_turning_apply(&model->turning, 1, P, angle, 1, Y + i * O);
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < P; j++) prepared[i * P + j] = (double)Y[i * O + j];
    if (model->noise == GH_NOISE_EVENT && draw->noise) add_noise(n, P, Y, normals + (W - P), W, prepared);
    if (draw->calibrate) gh_calibration_apply(model, n, prepared);
}

static gh_status gan_log_density(const genhep_model *model, int64_t samples, int64_t n, const double *prepared,
                                 const gh_real *conditions, double *out)
{
    (void)samples, (void)n, (void)prepared, (void)conditions, (void)out;
    GH_FAIL(GENHEP_E_STATE, "a model of family '%s' has no density", gh_option_text(model->options, "model.family"));
}

static gh_status gan_decode(const genhep_model *model, int64_t n, const gh_real *latents, const gh_real *conditions, double *prepared)
{
    const int64_t P = model->p, L = model->latents, Q = model->q, I = L + Q, O = model->decoder.spec.outputs;
    const gh_network_way way = gh_network_plain_way();
    gh_real *scratch;
    GH_TRY(gh_alloc_aligned(&model->hooks, &scratch, gan_scratch(model, GH_BLOCK), sizeof *scratch));
    gh_real *input = scratch, *Y = input + GH_BLOCK * I, *layers = Y + GH_BLOCK * O;
    for (int64_t start = 0; start < n; start += GH_BLOCK) { /* whole blocks: a row's bits do not depend on how many come with it */
        const int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        memset(input, 0, (size_t)(GH_BLOCK * I) * sizeof *input);
        gh_gan_input(model, rows, latents + start * L, L, Q ? conditions + start * Q : NULL, input);
        gh_network_infer(&model->decoder, model->parameters, &way, input, GH_BLOCK, layers, Y);
        if (O == P) gh_gan_add_skip(model, rows, latents + start * L, L, Q ? conditions + start * Q : NULL, Y);
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < P; j++) prepared[(start + i) * P + j] = (double)Y[i * O + j];
    }
    gh_free_aligned(&model->hooks, scratch);
    return GENHEP_OK;
}

static int64_t gan_group(const genhep_model *model)
{
    return gh_network_group(&model->decoder, GH_BLOCK);
}

const gh_family gh_family_gan = {"gan", gan_plan, gan_normals, gan_uniforms, gan_scratch, gan_generate, gan_log_density, 1, gan_group,
                                 gan_decode, NULL};
