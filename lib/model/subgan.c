/* subgan.c -- the generator of the subtraction GAN: layout, rows for training, rows for sampling. */
#include "model/subgan.h"
#include "model/tiles_share.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/normal.h"
#include "base/text.h"
#include "model/class_calibration.h"
#include "model/gan.h"
#include "model/network_options.h"

#define RARE_START 0.02 /* first share of a class outside base beside 1 for the others */
#define TRACE 1e-3      /* of base: what a sample without a class of its own counts in the preparation */

static gh_status plan_latents(genhep_model *model)
{
    const genhep_options *options = model->options;
    const gh_subtraction *s = &model->subtraction;
    const gh_latent_noise noise = gh_gan_noise(model);
    const int64_t needed = model->p + (s->stratified ? 0 : s->table.classes);
    model->latents = gh_option_int(options, "latent.dim");
    if (model->latents == 0) model->latents = needed;
    if (noise == GH_LATENT_NONE) GH_FAIL(GENHEP_E_OPTION, "option 'latent.noise': 'none' leaves a subtraction nothing to generate from");
    if (gh_option_text(options, "generator.keep")[0])
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.keep': found '%.80s', but classes need the whole network", gh_option_text(options, "generator.keep"));
    if (gh_option_is(options, "generator.skip", "condition"))
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.skip': found 'condition', but a subtraction has no conditions; expected 'on' or 'off'");
    if (gh_gan_skip(model) && (model->latents != needed || noise != GH_LATENT_NORMAL))
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.skip': 'on' needs normal noise and %lld latents (%s), found %lld", (long long)needed,
                s->stratified ? "as many as coordinates" : "coordinates and classes", (long long)model->latents);
    if (!gh_option_is(options, "latent.source", "prior"))
        GH_FAIL(GENHEP_E_OPTION, "option 'latent.source': found 'buffer', but adversarial models have no information buffer; expected 'prior'");
    if (gh_option_is(options, "generator.turn", "on"))
        GH_FAIL(GENHEP_E_OPTION, "option 'generator.turn': found 'on', but a subtraction does not turn its events; expected 'off'");
    return GENHEP_OK;
}

/* What is expected of the classes before training: as the cross sections say where they decide, which is the case without classes
 * outside base. */
static void expected_sigmas(const gh_subtraction *s, double sigma[GH_CLASSES])
{
    double share[GH_CLASSES] = {0};
    for (int64_t k = 0; k < s->table.classes; k++) share[k] = s->table.members[0] >> k & 1 ? 1 : RARE_START;
    gh_class_table_sigmas(&s->table, s->sigma, share, sigma);
}

/* The start of the rates, or of labels with Gumbel noise of their own: the bias of their outputs. */
static void start_classes(genhep_model *model)
{
    const gh_subtraction *s = &model->subtraction;
    const gh_layer *last = &model->decoder.layer[model->decoder.n_layers - 1];
    double sigma[GH_CLASSES] = {0};
    gh_real *start = model->parameters + (s->stratified ? s->rates : last->bias + model->p);
    if (!s->stratified && (!gh_gan_skip(model) || !model->decoder.dense || !gh_option_is(model->options, "subtract.noise", "gumbel"))) return;
    expected_sigmas(s, sigma);
    for (int64_t k = 0; k < s->table.classes; k++) start[k] = (gh_real)log(fmax(sigma[k] / s->sigma[0], 1e-6));
}

static gh_status subgan_plan(genhep_model *model, int64_t n, const double *prepared, const double *weights)
{
    gh_network_spec spec = {0};
    gh_subtraction *s = &model->subtraction;
    (void)n, (void)prepared, (void)weights;
    if (!s->table.classes) GH_TRY(gh_class_table_parse(gh_option_text(model->options, "classes"), &s->table)); /* of a file */
    if (model->q) GH_FAIL(GENHEP_E_OPTION, "option 'data.condition': a subtraction takes no conditions");
    s->stratified = gh_option_is(model->options, "subtract.labels", "stratified");
    s->gain = gh_option_real(model->options, "subtract.gain");
    s->rates = -1;
    GH_TRY(plan_latents(model));
    GH_TRY(gh_network_spec_read(model->options, "generator", &spec));
    spec.inputs = model->latents + (s->stratified ? s->table.classes : 0);
    spec.outputs = model->p + (s->stratified ? 0 : s->table.classes);
    spec.output_gain = gh_option_real(model->options, "generator.output_gain");
    int64_t trainable = 0, statistics = 0;
    GH_TRY(gh_network_plan(&spec, &trainable, &statistics, &model->decoder));
    if (s->stratified) {
        s->rates = trainable;
        trainable += s->table.classes;
    }
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
    if (s->sigma[0] > 0) start_classes(model);
    return GENHEP_OK;
}

static gh_status sigma_of(const genhep_model *model, const genhep_dataset *data, int kind, double *sigma)
{
    char key[40];
    const char *text = gh_dataset_attribute(data, "sigma_pb"), *end;
    snprintf(key, sizeof key, "data.%s.sigma", gh_set_name(kind));
    *sigma = gh_option_real(model->options, key);
    if (*sigma > 0) return GENHEP_OK;
    if (!text)
        GH_FAIL(GENHEP_E_OPTION, "the table of sample '%s' has no attribute sigma_pb; expected one, or its cross section in option '%s'",
                gh_set_name(kind), key);
    *sigma = gh_parse_real(text, &end);
    if (end == text || !(*sigma > 0 && isfinite(*sigma)))
        GH_FAIL(GENHEP_E_OPTION, "the table of sample '%s': attribute sigma_pb is '%.40s', expected a number above 0", gh_set_name(kind), text);
    return GENHEP_OK;
}

/* Files that the options name must be those of the classes, or tables would be taken for others. */
static gh_status check_files(const genhep_model *model)
{
    const gh_class_table *table = &model->subtraction.table;
    int any = 0;
    char key[40];
    for (int pass = 0; pass < 2; pass++)
        for (int kind = 0; kind < GH_SET_KINDS; kind++) {
            int used = 0;
            for (int64_t s = 0; s < table->sets; s++) used |= table->kind[s] == kind;
            snprintf(key, sizeof key, "data.%s", gh_set_name(kind));
            const int given = gh_option_text(model->options, key)[0] != '\0';
            any |= given;
            if (pass && any && given != used)
                GH_FAIL(GENHEP_E_OPTION, "option '%s': found %s, but the table of classes %s", key, given ? "a file" : "none",
                        used ? "has classes of this sample" : "has no class of this sample");
        }
    return GENHEP_OK;
}

gh_status gh_subgan_set_sigmas(genhep_model *model, const genhep_dataset *const *datasets, int64_t n_datasets)
{
    gh_subtraction *s = &model->subtraction;
    const gh_class_table *table = &s->table;
    GH_TRY(gh_class_table_parse(gh_option_text(model->options, "classes"), &s->table));
    GH_TRY(check_files(model));
    if (n_datasets != table->sets)
        GH_FAIL(GENHEP_E_SHAPE, "found %lld tables, expected %lld, one for each sample of the classes in the order base, subtract, add, subtract2, add2 ...",
                (long long)n_datasets, (long long)table->sets);
    for (int64_t i = 0; i < table->sets; i++) GH_TRY(sigma_of(model, datasets[i], table->kind[i], &s->sigma[i]));
    for (int64_t i = 0; i < table->sets; i++)
        for (int64_t j = 0; j < table->sets; j++)
            if (i != j && (table->members[i] & ~table->members[j]) == 0 && s->sigma[i] >= s->sigma[j])
                GH_FAIL(GENHEP_E_OPTION, "all classes of %s belong to %s, but its cross section %g pb is not below %g pb; a class of %s alone is missing",
                        gh_set_name(table->kind[i]), gh_set_name(table->kind[j]), s->sigma[i], s->sigma[j], gh_set_name(table->kind[i]));
    return GENHEP_OK;
}

/* What each sample adds to all generated events together: the expected cross sections of its classes that no sample before it has, at
 * least a trace, so that the preparation covers its range. */
static void pool_shares(const gh_subtraction *s, double share[GH_SET_KINDS])
{
    double sigma[GH_CLASSES] = {0};
    uint32_t seen = 0;
    expected_sigmas(s, sigma);
    for (int64_t t = 0; t < s->table.sets; t++) {
        share[t] = 0;
        for (int64_t k = 0; k < s->table.classes; k++)
            if (s->table.members[t] >> k & ~(seen >> k) & 1) share[t] += sigma[k];
        share[t] = fmax(share[t], TRACE * s->sigma[0]);
        seen |= s->table.members[t];
    }
}

/* The rows of a table, their weights (where the pool has some) scaled to add up to `share`, which 0 leaves as they are. */
static gh_status pool_table(const genhep_dataset *data, double share, int64_t at, genhep_dataset *pooled)
{
    double sum = 0;
    memcpy(pooled->values + at * data->d, data->values, (size_t)(data->n * data->d) * sizeof *data->values);
    for (int64_t i = 0; i < data->n; i++) sum += data->weights ? data->weights[i] : 1;
    if (!(sum > 0)) GH_FAIL(GENHEP_E_NUMERIC, "the weights of a sample add up to %g, expected more than 0", sum);
    const double scale = share > 0 ? share / sum : 1;
    for (int64_t i = 0; pooled->weights && i < data->n; i++) pooled->weights[at + i] = (data->weights ? data->weights[i] : 1) * scale;
    return GENHEP_OK;
}

gh_status gh_subgan_pool(const genhep_model *model, const genhep_dataset *const *datasets, int64_t n_datasets, genhep_dataset **pooled)
{
    const genhep_dataset *first = datasets[0];
    const int equal = gh_option_is(model->options, "prep.pool", "equal");
    double share[GH_SET_KINDS] = {0};
    int64_t n = 0, at = 0;
    int weighted = !equal;
    pool_shares(&model->subtraction, share);
    for (int64_t t = 0; t < n_datasets; t++) n += datasets[t]->n, weighted |= datasets[t]->weights != NULL;
    GH_TRY(gh_dataset_create(&model->hooks, n, first->d, (const char *const *)first->names, (const char *const *)first->units, weighted, pooled));
    (*pooled)->storage = first->storage;
    gh_status status = gh_dataset_copy_attributes(*pooled, first);
    for (int64_t t = 0; !status && t < n_datasets; t++) {
        status = pool_table(datasets[t], equal ? 0 : share[t] * (double)n / model->subtraction.sigma[0], at, *pooled);
        at += datasets[t]->n;
    }
    if (status) {
        gh_dataset_free(*pooled);
        *pooled = NULL;
    }
    return status;
}

/* ---- rows for training ---------------------------------------------------------------------------------------- */

void gh_subgan_input(const genhep_model *model, int64_t first, int64_t N, const gh_real *noise, gh_real *input)
{
    const int64_t L = model->latents, I = model->decoder.spec.inputs, C = model->subtraction.table.classes;
    for (int64_t i = 0; i < N; i++) {
        memcpy(input + i * I, noise + i * L, (size_t)L * sizeof *input);
        for (int64_t k = 0; k < I - L; k++) input[i * I + L + k] = (gh_real)(k == (first + i) % C);
    }
}

void gh_subgan_rates(const genhep_model *model, gh_real *rates)
{
    gh_softmax_forward(rates, model->parameters + model->subtraction.rates, 0, 1, model->subtraction.table.classes);
}

/* The noise of a label from a normal number. Gumbel: the largest of b_k plus such numbers is k with the probability softmax(b)_k. */
static gh_real label_noise(int gumbel, gh_real z)
{
    return gumbel ? (gh_real)-log(-log1p(-gh_normal_cdf(-(double)z))) : z;
}

/* batch / rows of class k in it */
static double share_of(int64_t batch, int64_t C, int64_t k)
{
    return (double)batch / (double)((batch - k + C - 1) / C);
}

void gh_subgan_output(const genhep_model *model, double gain, const gh_real *rates, int64_t batch, int64_t first, int64_t N,
                      const gh_real *noise, const gh_real *Y, gh_real *X, gh_real *c)
{
    const int64_t P = model->p, L = model->latents, O = model->decoder.spec.outputs, C = model->subtraction.table.classes;
    const int skip = gh_gan_skip(model), gumbel = gh_option_is(model->options, "subtract.noise", "gumbel");
    for (int64_t i = 0; i < N; i++) {
        for (int64_t j = 0; j < P; j++) X[i * P + j] = Y[i * O + j] + (skip ? noise[i * L + j] : 0);
        if (model->subtraction.stratified) {
            const int64_t own = (first + i) % C;
            for (int64_t k = 0; k < C; k++) c[i * C + k] = k == own ? (gh_real)(share_of(batch, C, k) * (double)rates[k]) : 0;
        } else {
            for (int64_t k = 0; k < C; k++)
                c[i * C + k] = (gh_real)gain * (Y[i * O + P + k] + (skip ? label_noise(gumbel, noise[i * L + P + k]) : 0));
        }
    }
    if (!model->subtraction.stratified) gh_softmax_forward(c, c, C, N, C);
}

void gh_subgan_output_backward(const genhep_model *model, double gain, int64_t batch, int64_t first, int64_t N, const gh_real *gX, gh_real *gc,
                               const gh_real *c, gh_real *gY, double *g_rates)
{
    const int64_t P = model->p, O = model->decoder.spec.outputs, C = model->subtraction.table.classes;
    if (!model->subtraction.stratified) gh_softmax_backward(gc, C, gc, c, N, C);
    for (int64_t i = 0; i < N; i++) {
        memcpy(gY + i * O, gX + i * P, (size_t)P * sizeof *gY);
        if (model->subtraction.stratified) {
            const int64_t own = (first + i) % C;
            g_rates[own] += share_of(batch, C, own) * (double)gc[i * C + own];
        } else {
            for (int64_t k = 0; k < C; k++) gY[i * O + P + k] = (gh_real)gain * gc[i * C + k];
        }
    }
}

/* ---- rows for sampling ---------------------------------------------------------------------------------------- */

static int64_t subgan_normals(const genhep_model *model)
{
    return gh_gan_noise(model) == GH_LATENT_NORMAL ? model->latents : 0;
}

/* One number chooses the class of a stratified event. */
static int64_t subgan_uniforms(const genhep_model *model)
{
    return (gh_gan_noise(model) == GH_LATENT_UNIFORM ? model->latents : 0) + (model->subtraction.stratified ? 1 : 0);
}

static int64_t subgan_scratch(const genhep_model *model, int64_t rows)
{
    const gh_network *net = &model->decoder;
    return rows * (net->spec.inputs + net->spec.outputs) + gh_network_scratch(net, rows);
}

/* The class of a uniform number among the wanted ones. */
static int32_t pick_class(const gh_real *rates, int64_t C, uint32_t wanted, double u)
{
    double sum = 0;
    int32_t last = 0;
    for (int64_t k = 0; k < C; k++)
        if (wanted >> k & 1) sum += (double)rates[k];
    u *= sum;
    for (int32_t k = 0; k < C; k++) {
        if (!(wanted >> k & 1)) continue;
        last = k;
        u -= (double)rates[k];
        if (u < 0) break;
    }
    return last;
}

/* n rows: outputs with the noise added where the generator skips, (n,O) at the returned place in scratch, and classes. */
static const gh_real *raw_rows(const genhep_model *model, const gh_network_way *way, uint32_t wanted, int64_t n, const gh_real *normals, const double *uniforms,
                               gh_real *scratch, int32_t *classes)
{
    const gh_network *net = &model->decoder;
    const gh_subtraction *s = &model->subtraction;
    const int64_t L = model->latents, I = net->spec.inputs, O = net->spec.outputs, U = subgan_uniforms(model), C = s->table.classes, P = model->p;
    const int uniform = gh_gan_noise(model) == GH_LATENT_UNIFORM, gumbel = gh_option_is(model->options, "subtract.noise", "gumbel");
    gh_real *input = scratch, *Y = input + n * I, *layers = Y + n * O, rates[GH_CLASSES];
    if (s->stratified) gh_subgan_rates(model, rates);
    if (!wanted) wanted = (1u << C) - 1;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < L; j++) input[i * I + j] = uniform ? (gh_real)uniforms[i * U + j] : normals[i * L + j];
        if (!s->stratified) continue;
        classes[i] = pick_class(rates, C, wanted, uniforms[i * U + U - 1]);
        for (int64_t k = 0; k < C; k++) input[i * I + L + k] = (gh_real)(k == classes[i]);
    }
    gh_network_infer(net, model->parameters, way, input, n, layers, Y);
    for (int64_t i = 0; gh_gan_skip(model) && i < n; i++) { /* O = L */
        for (int64_t j = 0; j < P; j++) Y[i * O + j] += normals[i * O + j];
        for (int64_t j = P; j < O; j++) Y[i * O + j] += label_noise(gumbel, normals[i * O + j]);
    }
    for (int64_t i = 0; !s->stratified && i < n; i++) {
        int32_t best = 0;
        for (int32_t k = 1; k < C; k++)
            if (Y[i * O + P + k] > Y[i * O + P + best]) best = k;
        classes[i] = best;
    }
    return Y;
}

static void subgan_labelled(const genhep_model *model, const gh_draw *draw, int64_t n, const gh_real *normals, const double *uniforms,
                            gh_real *scratch, double *prepared, int32_t *classes)
{
    const int64_t P = model->p, O = model->decoder.spec.outputs;
    const gh_real *Y = raw_rows(model, &draw->way, draw->wanted, n, normals, uniforms, scratch, classes);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < P; j++) prepared[i * P + j] = (double)Y[i * O + j];
    if (draw->calibrate) gh_class_calibration_apply(model, draw->wanted, n, classes, prepared);
}

/* All classes together, in blocks at most. */
static void subgan_generate(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                            const double *uniforms, const gh_real *conditions, gh_real *scratch, double *prepared)
{
    int32_t classes[GH_BLOCK];
    const gh_draw all = {.wanted = 0, .way = draw->way, .calibrate = draw->calibrate};
    (void)first, (void)conditions;
    subgan_labelled(model, &all, n, normals, uniforms, scratch, prepared, classes);
}

gh_status gh_subgan_rows(const genhep_model *model, int64_t seed, int64_t n, gh_real *rows, int32_t *classes, double *purity)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    const int64_t P = model->p, O = model->decoder.spec.outputs, C = model->subtraction.table.classes;
    const int64_t W = subgan_normals(model), U = subgan_uniforms(model);
    const gh_rng rng = gh_rng_make(seed, GH_RANDOM_TRAIN, 2), picks = gh_rng_make(seed, GH_RANDOM_TRAIN, 3);
    gh_real *normals = NULL, *scratch = NULL, a[GH_CLASSES];
    const gh_network_way way = gh_network_plain_way();
    double *uniforms = NULL;
    int64_t pure = 0;
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &normals, GH_BLOCK * W, sizeof *normals));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &scratch, subgan_scratch(model, GH_BLOCK), sizeof *scratch));
    GH_TRY_CLEANUP(gh_alloc(hooks, &uniforms, GH_BLOCK * (U + 1), sizeof *uniforms));
    for (int64_t first = 0; first < n; first += GH_BLOCK) {
        gh_rng_normals(&rng, first, GH_BLOCK, W, normals, W);
        for (int64_t i = 0; i < GH_BLOCK * U; i++) uniforms[i] = gh_rng_uniform(&picks, first + i / U, i % U);
        const gh_real *Y = raw_rows(model, &way, 0, GH_BLOCK, normals, uniforms, scratch, classes + first);
        for (int64_t i = 0; i < GH_BLOCK; i++) {
            memcpy(rows + (first + i) * P, Y + i * O, (size_t)P * sizeof *rows);
            if (model->subtraction.stratified) continue;
            for (int64_t k = 0; k < C; k++) a[k] = (gh_real)model->subtraction.gain * Y[i * O + P + k];
            gh_softmax_forward(a, a, C, 1, C);
            pure += a[classes[first + i]] > 0.99;
        }
    }
    if (purity) *purity = model->subtraction.stratified ? 1 : (double)pure / (double)n;
cleanup:
    gh_free_aligned(hooks, normals);
    gh_free_aligned(hooks, scratch);
    gh_free(hooks, uniforms);
    return status;
}

static gh_status subgan_log_density(const genhep_model *model, int64_t samples, int64_t n, const double *prepared,
                                    const gh_real *conditions, double *out)
{
    (void)model, (void)samples, (void)n, (void)prepared, (void)conditions, (void)out;
    GH_FAIL(GENHEP_E_STATE, "a model of family 'subgan' has no density");
}

static int64_t subgan_group(const genhep_model *model)
{
    return gh_network_group(&model->decoder, GH_BLOCK);
}

const gh_family gh_family_subgan = {
    .name = "subgan", .plan = subgan_plan, .normals = subgan_normals, .uniforms = subgan_uniforms, .scratch = subgan_scratch,
    .generate = subgan_generate, .log_density = subgan_log_density, .trainable = 1, .group = subgan_group, .labelled = subgan_labelled,
};
