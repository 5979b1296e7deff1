/* gan.c -- the generator of the adversarial family (Goodfellow et al. 1406.2661; events: 1907.03764): noise, and conditions
 * where there are some (FCGAN, 1912.00477), to prepared coordinates.
 *   x = G(z, y)            generator.skip = off
 *   x = z + G(z, y)        on: as many noise numbers as coordinates; with small output weights training starts at the
 *                          independent baseline of quantile-mapped coordinates
 * The discriminator belongs to training: train/adversarial/. */
#include <string.h>

#include "model/calibration.h"
#include "model/gan.h"
#include "model/network_options.h"
#include "model/tiles_share.h"

gh_latent_noise gh_gan_noise(const genhep_model *model)
{
    const char *noise = gh_option_text(model->options, "latent.noise");
    return strcmp(noise, "uniform") == 0 ? GH_LATENT_UNIFORM : strcmp(noise, "none") == 0 ? GH_LATENT_NONE : GH_LATENT_NORMAL;
}

int gh_gan_skip(const genhep_model *model)
{
    return gh_option_is(model->options, "generator.skip", "on");
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
    if (!gh_option_is(options, "latent.source", "prior"))
        GH_FAIL(GENHEP_E_OPTION, "option 'latent.source': found 'buffer', but adversarial models have no information buffer; expected 'prior'");
    return GENHEP_OK;
}

static gh_status gan_plan(genhep_model *model, int64_t n, const double *prepared, const double *weights)
{
    gh_network_spec spec = {0};
    (void)n, (void)prepared, (void)weights;
    if (gh_option_is(model->options, "model.family", "fcgan") && model->q < 1)
        GH_FAIL(GENHEP_E_OPTION, "option 'model.family': 'fcgan' needs conditions (data.condition)");
    GH_TRY(plan_latents(model));
    GH_TRY(gh_network_spec_read(model->options, "generator", &spec));
    spec.inputs = model->latents + model->q;
    spec.outputs = model->p;
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
    return GENHEP_OK;
}

static int64_t gan_normals(const genhep_model *model)
{
    return gh_gan_noise(model) == GH_LATENT_NORMAL ? model->latents : 0;
}

static int64_t gan_uniforms(const genhep_model *model)
{
    return gh_gan_noise(model) == GH_LATENT_UNIFORM ? model->latents : 0;
}

static int64_t gan_scratch(const genhep_model *model, int64_t rows)
{
    return rows * (model->decoder.spec.inputs + model->p) + gh_network_scratch(&model->decoder, rows);
}

void gh_gan_input(const genhep_model *model, int64_t n, const gh_real *noise, const gh_real *conditions, gh_real *input)
{
    const int64_t L = model->latents, Q = model->q;
    for (int64_t i = 0; i < n; i++) {
        if (L) memcpy(input + i * (L + Q), noise + i * L, (size_t)L * sizeof *input);
        if (Q) memcpy(input + i * (L + Q) + L, conditions + i * Q, (size_t)Q * sizeof *input);
    }
}

static void gan_generate(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                         const double *uniforms, const gh_real *conditions, gh_real *scratch, double *prepared)
{
    (void)first;
    const int64_t P = model->p, L = model->latents, I = L + model->q;
    gh_real *input = scratch, *Y = input + n * I, *layers = Y + n * P;
    if (gh_gan_noise(model) == GH_LATENT_UNIFORM) { /* as many as there are numbers in Y's place, free until the output */
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j < L; j++) input[i * I + j] = (gh_real)uniforms[i * L + j];
            if (model->q) memcpy(input + i * I + L, conditions + i * model->q, (size_t)model->q * sizeof *input);
        }
    } else {
        gh_gan_input(model, n, normals, conditions, input);
    }
    gh_network_infer(&model->decoder, model->parameters, &draw->way, input, n, layers, Y);
    if (gh_gan_skip(model))
        for (int64_t k = 0; k < n * P; k++) Y[k] += normals[k];
    for (int64_t k = 0; k < n * P; k++) prepared[k] = (double)Y[k];
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
    const int64_t P = model->p, L = model->latents, Q = model->q, I = L + Q;
    const gh_network_way way = gh_network_plain_way();
    gh_real *scratch;
    GH_TRY(gh_alloc_aligned(&model->hooks, &scratch, gan_scratch(model, GH_BLOCK), sizeof *scratch));
    gh_real *input = scratch, *Y = input + GH_BLOCK * I, *layers = Y + GH_BLOCK * P;
    for (int64_t start = 0; start < n; start += GH_BLOCK) { /* whole blocks: a row's bits do not depend on how many come with it */
        const int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        memset(input, 0, (size_t)(GH_BLOCK * I) * sizeof *input);
        gh_gan_input(model, rows, latents + start * L, Q ? conditions + start * Q : NULL, input);
        gh_network_infer(&model->decoder, model->parameters, &way, input, GH_BLOCK, layers, Y);
        for (int64_t k = 0; k < rows * P; k++)
            prepared[start * P + k] = (double)Y[k] + (gh_gan_skip(model) ? (double)latents[start * P + k] : 0);
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
