/* model.c -- creating, copying and freeing models; what every family shares. */
#include "model/model.h"

#include <math.h>
#include <string.h>

#include "base/options_handle.h"
#include "genhep/version.h"
#include "model/conditions.h"
#include "model/prep_share.h"
#include "model/subgan.h"
#include "model/tiles_share.h"

static const gh_family *const families[] = {&gh_family_bvae, &gh_family_gan, &gh_family_independent, &gh_family_subgan};

/* The settings of the autoencoder family by name: what each name means unless the card says otherwise. */
static const struct setting {
    const char *family, *key, *value;
} settings[] = {
    {"vae", "latent.source", "prior"},      {"vae", "loss.beta", "1"},
    {"beta-vae", "latent.source", "prior"}, {"ae", "loss.beta", "0"},
    {"ae", "loss.noise", "none"},
    {"gan", "latent.source", "prior"},      {"fcgan", "latent.source", "prior"},
    {"subgan", "latent.source", "prior"},
};

const gh_family *gh_family_find(const char *name)
{
    if (strcmp(name, "vae") == 0 || strcmp(name, "beta-vae") == 0 || strcmp(name, "ae") == 0) name = "bvae";
    if (strcmp(name, "fcgan") == 0) name = "gan";
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i]->name, name) == 0) return families[i];
    return NULL;
}

static gh_status apply_settings(genhep_options *options, const char *family)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp(settings[i].family, family) == 0 && !gh_option_is_set(options, settings[i].key))
            GH_TRY(genhep_options_set(options, settings[i].key, settings[i].value));
    return GENHEP_OK;
}

static int starts_with(const char *key, const char *const *prefixes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0) return 1;
    return 0;
}

int gh_model_is_structural(const char *key)
{
    static const char *const prefixes[] = {"model.", "prep", "encoder.", "decoder.", "generator.", "latent.dim", "latent.noise",
                                           "loss.noise", "loss.reconstruction", "data.columns", "data.masses", "data.particles",
                                           "data.condition", "data.target", "classes", "subtract.labels", "subtract.gain", "subtract.noise"};
    return starts_with(key, prefixes, sizeof prefixes / sizeof *prefixes);
}

/* A default may change in a later release. So a model carries the value of every key that it was built by and is drawn by, set or
 * not, and its file with it; keys of conditions only where there are any, so that older versions can read other models. */
static gh_status fix_options(genhep_options *options, int conditional)
{
    static const char *const of_conditions[] = {"data.condition", "data.target", "prep.condition"};
    static const char *const of_references[] = {"prep.reference", "prep.bins", "prep.pairs", "prep.peaks"};
    static const char *const of_adversaries[] = {"generator.", "latent.noise"}, *const of_autoencoders[] = {"encoder.", "decoder."};
    static const char *const drawn_by[] = {"seed", "latent.", "sample.noise", "subtract.class"};
    static const char *const of_subtractions[] = {"classes", "subtract.", "prep.pool"};
    const gh_family *family = gh_family_find(gh_option_text(options, "model.family"));
    const int subtraction = family == &gh_family_subgan, generator = family == &gh_family_gan || subtraction;
    for (int64_t row = 0; row < gh_option_rows(); row++) {
        const genhep_option_row *option = gh_option_row_at(row);
        int wanted = gh_model_is_structural(option->key) || starts_with(option->key, drawn_by, sizeof drawn_by / sizeof *drawn_by);
        if (!conditional && starts_with(option->key, of_conditions, sizeof of_conditions / sizeof *of_conditions)) continue;
        if (strcmp(option->key, "prep.frame") == 0) continue; /* the stage keeps it */
        if (!gh_option_text(options, "prep.reference")[0] && starts_with(option->key, of_references, sizeof of_references / sizeof *of_references)) continue;
        if (!subtraction && starts_with(option->key, of_subtractions, sizeof of_subtractions / sizeof *of_subtractions)) continue;
        if (!generator && starts_with(option->key, of_adversaries, sizeof of_adversaries / sizeof *of_adversaries)) continue;
        if (generator && starts_with(option->key, of_autoencoders, sizeof of_autoencoders / sizeof *of_autoencoders)) continue;
        if (wanted && !gh_option_is_set(options, option->key))
            GH_TRY(gh_options_set(options, option->key, option->default_value));
    }
    return GENHEP_OK;
}

/* The place in `data` of every column of the schema. *plain: they are data's own, in order. */
static gh_status find_columns(const genhep_model *model, const genhep_dataset *data, int64_t *places, int *plain)
{
    const genhep_dataset *schema = model->schema;
    *plain = data->d == schema->d;
    for (int64_t j = 0; j < schema->d; j++) {
        places[j] = j < data->d && strcmp(data->names[j], schema->names[j]) == 0 ? j : gh_dataset_find(data, schema->names[j]);
        if (places[j] < 0) GH_FAIL(GENHEP_E_SHAPE, "the table has no column '%s', which the model expects", schema->names[j]);
        *plain &= places[j] == j;
    }
    return GENHEP_OK;
}

gh_status gh_model_check_columns(const genhep_model *model, const genhep_dataset *data)
{
    const genhep_dataset *schema = model->schema;
    if (gh_option_text(model->options, "data.condition")[0] || gh_option_text(model->options, "data.target")[0]) {
        int64_t *places;
        int plain;
        GH_TRY(gh_alloc(&model->hooks, &places, schema->d, sizeof *places));
        gh_status status = find_columns(model, data, places, &plain);
        gh_free(&model->hooks, places);
        return status;
    }
    if (data->d != schema->d)
        GH_FAIL(GENHEP_E_SHAPE, "the table has %lld columns, the model expects %lld", (long long)data->d, (long long)schema->d);
    for (int64_t j = 0; j < data->d; j++)
        if (strcmp(data->names[j], schema->names[j]) != 0)
            GH_FAIL(GENHEP_E_SHAPE, "column %lld of the table is '%s', the model expects '%s'", (long long)j, data->names[j],
                    schema->names[j]);
    return GENHEP_OK;
}

/* What preparing rows of tables needs: of one call of gh_model_prepare. */
typedef struct preparing {
    const genhep_model *model;
    int64_t seed;
    gh_prep_work *work, *condition_work;
    gh_reference_work *reference_work;
    int64_t *places;        /* D */
    double *rows, *targets, *given; /* (ROWS,D), (ROWS,T), (ROWS,C) */
} preparing;

enum { ROWS = 1024 };

/* Rows start.. of a table, which are rows first.. of all: to prepared (rows,P) and conditions (rows,Q) or NULL. */
static gh_status prepare_rows(const preparing *p, const genhep_dataset *data, int plain, int64_t start, int64_t rows, int64_t first,
                              double *prepared, double *conditions)
{
    const genhep_model *model = p->model;
    const int64_t D = model->schema->d, C = model->n_conditions;
    const double *at = data->values + start * data->d;
    if (!plain) {
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < D; j++) p->rows[i * D + j] = at[i * data->d + p->places[j]];
        at = p->rows;
    }
    if (!C) return gh_prep_forward(model->prep, p->work, rows, at, D, p->seed, first, prepared, model->p, NULL);
    gh_conditions_split(model, rows, at, D, p->targets, p->given);
    GH_TRY(gh_prep_forward(model->prep, p->work, rows, p->targets, model->n_targets, p->seed, first, prepared, model->p, NULL));
    const int64_t seed = gh_condition_seed(p->seed, 0);
    if (model->reference)
        GH_TRY(gh_reference_forward(model->reference, p->reference_work, rows, p->given, C, seed, first, prepared, model->p, NULL));
    if (!conditions) return GENHEP_OK;
    return gh_prep_forward(model->condition_prep, p->condition_work, rows, p->given, C, seed, first, conditions, model->q, NULL);
}

static gh_status start_preparing(const gh_hooks *hooks, const genhep_model *model, int64_t seed, preparing *p)
{
    const int64_t D = model->schema->d;
    *p = (preparing){.model = model, .seed = seed};
    GH_TRY(gh_alloc(hooks, &p->places, D, sizeof *p->places));
    GH_TRY(gh_prep_work_create(hooks, model->prep, ROWS, &p->work));
    GH_TRY(gh_alloc(hooks, &p->rows, ROWS * D, sizeof *p->rows));
    if (!model->n_conditions) return GENHEP_OK;
    GH_TRY(gh_prep_work_create(hooks, model->condition_prep, ROWS, &p->condition_work));
    if (model->reference) GH_TRY(gh_reference_work_create(hooks, model->reference, ROWS, &p->reference_work));
    GH_TRY(gh_alloc(hooks, &p->targets, ROWS * model->n_targets, sizeof *p->targets));
    return gh_alloc(hooks, &p->given, ROWS * model->n_conditions, sizeof *p->given);
}

static void stop_preparing(const gh_hooks *hooks, preparing *p)
{
    gh_prep_work_free(p->work);
    gh_prep_work_free(p->condition_work);
    gh_reference_work_free(p->reference_work);
    gh_free(hooks, p->places);
    gh_free(hooks, p->rows);
    gh_free(hooks, p->targets);
    gh_free(hooks, p->given);
}

gh_status gh_model_prepare(const gh_hooks *hooks, const genhep_model *model, int64_t seed, const genhep_dataset *const *datasets,
                           int64_t n_datasets, int64_t *n, double **prepared, double **conditions, double **weights)
{
    gh_status status = GENHEP_OK;
    preparing p;
    const int64_t P = model->p, Q = conditions ? model->q : 0;
    int64_t total = 0, done = 0;
    int weighted = 0, plain;
    double *given = NULL;
    *prepared = *weights = NULL;
    for (int64_t t = 0; t < n_datasets; t++) {
        total += datasets[t]->n;
        weighted |= datasets[t]->weights != NULL;
    }
    GH_TRY_CLEANUP(start_preparing(hooks, model, seed, &p));
    GH_TRY_CLEANUP(gh_alloc(hooks, prepared, total * P, sizeof(double)));
    if (Q) GH_TRY_CLEANUP(gh_alloc(hooks, &given, total * Q, sizeof(double)));
    if (weighted) GH_TRY_CLEANUP(gh_alloc(hooks, weights, total, sizeof(double)));
    for (int64_t t = 0; t < n_datasets; t++) {
        const genhep_dataset *data = datasets[t];
        GH_TRY_CLEANUP(find_columns(model, data, p.places, &plain));
        for (int64_t start = 0; start < data->n; start += ROWS) {
            int64_t rows = data->n - start < ROWS ? data->n - start : ROWS, first = done + start;
            GH_TRY_CLEANUP(prepare_rows(&p, data, plain, start, rows, first, *prepared + first * P, given ? given + first * Q : NULL));
        }
        if (weighted)
            for (int64_t i = 0; i < data->n; i++) (*weights)[done + i] = data->weights ? data->weights[i] : 1;
        done += data->n;
    }
    *n = total;
cleanup:
    stop_preparing(hooks, &p);
    if (status) {
        gh_free(hooks, *prepared);
        gh_free(hooks, *weights);
        gh_free(hooks, given);
        *prepared = *weights = given = NULL;
    }
    if (conditions) *conditions = given;
    return status;
}

static gh_status check_tables(const genhep_dataset *const *datasets, int64_t n_datasets)
{
    if (n_datasets < 1 || !datasets) GH_FAIL(GENHEP_E_ARG, "a model needs at least one table of events, found %lld", (long long)n_datasets);
    for (int64_t t = 0; t < n_datasets; t++) {
        if (!datasets[t]) GH_FAIL(GENHEP_E_ARG, "table %lld is NULL", (long long)t);
        if (datasets[t]->n < 2)
            GH_FAIL(GENHEP_E_SHAPE, "table %lld has %lld events, expected at least 2", (long long)t, (long long)datasets[t]->n);
        if (datasets[t]->d != datasets[0]->d)
            GH_FAIL(GENHEP_E_SHAPE, "table %lld has %lld columns, the first has %lld", (long long)t, (long long)datasets[t]->d,
                    (long long)datasets[0]->d);
        for (int64_t j = 0; j < datasets[0]->d; j++)
            if (strcmp(datasets[t]->names[j], datasets[0]->names[j]) != 0)
                GH_FAIL(GENHEP_E_SHAPE, "table %lld: column %lld is '%s', in the first table '%s'", (long long)t, (long long)j,
                        datasets[t]->names[j], datasets[0]->names[j]);
    }
    return GENHEP_OK;
}

static gh_status make_schema(const gh_hooks *hooks, const genhep_dataset *data, genhep_dataset **schema)
{
    GH_TRY(gh_dataset_create(hooks, 0, data->d, (const char *const *)data->names, (const char *const *)data->units, 0, schema));
    (*schema)->storage = data->storage;
    return gh_dataset_copy_attributes(*schema, data);
}

/* Prepared rows for the families that plan by them: all of them for the independent one, the first for a generator whose widths start
 * there. Other networks need no look at them. */
static gh_status prepare_for_plan(const genhep_model *model, int64_t seed, const genhep_dataset *const *datasets, int64_t n_datasets,
                                  int64_t *n, double **prepared, double **weights)
{
    enum { START_ROWS = 20000 };
    const int widths = model->family == &gh_family_gan && gh_option_is(model->options, "generator.noise", "event");
    if (!model->family->trainable) return gh_model_prepare(&model->hooks, model, seed, datasets, n_datasets, n, prepared, NULL, weights);
    if (!widths) return GENHEP_OK;
    genhep_dataset *few;
    GH_TRY(gh_dataset_slice(datasets[0], 0, datasets[0]->n < START_ROWS ? datasets[0]->n : START_ROWS, &few));
    const genhep_dataset *table = few;
    gh_status status = gh_model_prepare(&model->hooks, model, seed, &table, 1, n, prepared, NULL, weights);
    gh_dataset_free(few);
    return status;
}

gh_status gh_model_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                          const char *force_family, genhep_model **result)
{
    gh_status status;
    gh_hooks hooks = gh_hooks_of(options);
    genhep_model *model = NULL;
    genhep_dataset *pooled = NULL;
    double *prepared = NULL, *weights = NULL;
    int64_t n = 0;
    *result = NULL;
    GH_TRY(check_tables(datasets, n_datasets));
    GH_TRY(gh_alloc(&hooks, &model, 1, sizeof *model));
    model->hooks = hooks;
    GH_TRY_CLEANUP(gh_options_merge(options, NULL, &model->options));
    if (force_family && !(strcmp(force_family, "bvae") == 0 && gh_option_is_set(model->options, "model.family") &&
                          gh_family_find(gh_option_text(model->options, "model.family")) == &gh_family_bvae))
        GH_TRY_CLEANUP(genhep_options_set_text(model->options, "model.family", force_family));
    const char *family = gh_option_text(model->options, "model.family");
    model->family = gh_family_find(family);
    GH_TRY_CLEANUP(apply_settings(model->options, family));
    GH_TRY_CLEANUP(gh_conditions_choose(model, datasets[0]));
    if (model->family->trainable) GH_TRY_CLEANUP(gh_conditions_settings(model));
    if (model->family->labelled) {
        GH_TRY_CLEANUP(gh_subgan_set_sigmas(model, datasets, n_datasets));
        GH_TRY_CLEANUP(gh_subgan_pool(model, datasets, n_datasets, &pooled));
    }
    GH_TRY_CLEANUP(gh_conditions_fit(model, pooled ? pooled : datasets[0]));
    int64_t seed = gh_option_int(model->options, "seed");
    GH_TRY_CLEANUP(prepare_for_plan(model, seed, datasets, n_datasets, &n, &prepared, &weights));
    GH_TRY_CLEANUP(model->family->plan(model, n, prepared, weights));
    GH_TRY_CLEANUP(fix_options(model->options, model->n_conditions > 0));
    strcpy(model->provenance.library, GENHEP_VERSION);
    model->provenance.seed = seed;
    model->provenance.figure = model->provenance.validation = NAN;
    for (int64_t t = 0; t < n_datasets; t++) {
        model->provenance.data_events += datasets[t]->n;
        model->provenance.data_hash = model->provenance.data_hash * 1099511628211u ^ gh_dataset_hash(datasets[t]);
    }
    *result = model;
cleanup:
    gh_dataset_free(pooled);
    gh_free(&hooks, prepared);
    gh_free(&hooks, weights);
    if (status) gh_model_free(model);
    return status;
}

void gh_model_free(genhep_model *model)
{
    if (!model) return;
    gh_hooks hooks = model->hooks;
    genhep_options_free(model->options);
    gh_dataset_free(model->schema);
    gh_prep_share_release(model->share);
    gh_prep_share_release(model->condition_share);
    gh_reference_release(model->reference);
    gh_free(&hooks, model->targets);
    gh_free(&hooks, model->examples);
    gh_free(&hooks, model->skip_from);
    gh_free(&hooks, model->kept);
    gh_tiles_share_free(model->tiles);
    gh_free_aligned(&hooks, model->parameters);
    gh_free_aligned(&hooks, model->buffer.mu);
    gh_free_aligned(&hooks, model->buffer.sigma);
    gh_free(&hooks, model->buffer.cumulative);
    gh_free(&hooks, model->marginals);
    gh_free(&hooks, model->calibration);
    gh_free(&hooks, model->class_maps);
    gh_free(&hooks, model->selftest);
    gh_free(&hooks, model);
}

gh_status gh_model_with_parameters(const genhep_model *model, const gh_real *parameters, genhep_model **result)
{
    gh_status status;
    const gh_hooks hooks = model->hooks;
    genhep_model *copy;
    *result = NULL;
    GH_TRY(gh_alloc(&hooks, &copy, 1, sizeof *copy));
    *copy = *model; /* plain numbers and the layout of the networks; everything owned is replaced below */
    copy->options = NULL, copy->schema = NULL, copy->share = NULL, copy->parameters = NULL, copy->marginals = NULL;
    copy->tiles = NULL, copy->selftest = NULL, copy->selftest_n = 0, copy->calibration = NULL, copy->class_maps = NULL;
    copy->targets = NULL, copy->examples = NULL, copy->condition_share = NULL, copy->reference = NULL, copy->skip_from = NULL, copy->kept = NULL;
    memset(&copy->buffer, 0, sizeof copy->buffer);
    GH_TRY_CLEANUP(gh_options_merge(model->options, NULL, &copy->options));
    GH_TRY_CLEANUP(make_schema(&hooks, model->schema, &copy->schema));
    copy->share = gh_prep_share_retain(model->share);
    GH_TRY_CLEANUP(gh_conditions_copy(model, copy));
    if (model->tiles) GH_TRY_CLEANUP(gh_tiles_share_create(&hooks, &copy->tiles));
    if (model->n_parameters) {
        GH_TRY_CLEANUP(gh_alloc_aligned(&hooks, &copy->parameters, model->n_parameters, sizeof(gh_real)));
        memcpy(copy->parameters, parameters, (size_t)model->n_parameters * sizeof(gh_real));
    }
    if (model->marginals) {
        GH_TRY_CLEANUP(gh_alloc(&hooks, &copy->marginals, model->p * model->marginal_knots, sizeof(double)));
        memcpy(copy->marginals, model->marginals, (size_t)(model->p * model->marginal_knots) * sizeof(double));
    }
    *result = copy;
cleanup:
    if (status) gh_model_free(copy);
    return status;
}

/* Tiles where they are faster, or where they are asked for and can be used. */
static gh_status choose_way(const genhep_model *model, const genhep_options *options, gh_network_way *way)
{
    const char *name = gh_option_text(options, "sample.kernel");
    GH_TRY(gh_kernel_choose("sample.kernel", name, &way->kernel));
    if (way->kernel != GH_KERNEL_AMX || !model->tiles || model->decoder.spec.norm != GH_NORM_NONE || !model->decoder.dense) return GENHEP_OK;
    if (strcmp(name, "auto") == 0 && !gh_network_suits_tiles(&model->decoder)) return GENHEP_OK;
    return gh_tiles_share_get(model->tiles, &model->decoder, model->parameters, &way->tiles);
}

gh_status gh_model_draw(const genhep_model *model, const genhep_options *options, gh_draw *draw)
{
    memset(draw, 0, sizeof *draw);
    GH_TRY(choose_way(model, options, &draw->way));
    if (!model->family->trainable) return GENHEP_OK;
#define FROM(key) (options && gh_option_is_set(options, key) ? options : model->options)
    draw->prior = gh_option_is(FROM("latent.source"), "latent.source", "prior");
    draw->cycle = gh_option_is(FROM("latent.pick"), "latent.pick", "cycle");
    draw->alpha = gh_option_real(FROM("latent.alpha"), "latent.alpha");
    draw->gamma = gh_option_real(FROM("latent.gamma"), "latent.gamma");
    draw->noise = gh_option_is(FROM("sample.noise"), "sample.noise", "on");
    if (model->family->labelled) GH_TRY(gh_subgan_draw(model, gh_option_text(FROM("subtract.class"), "subtract.class"), draw));
#undef FROM
    /* the maps were fitted to events drawn as the model says; drawn otherwise they would be wrong */
    static const char *const changes[] = {"latent.source", "latent.alpha", "latent.gamma", "sample.noise"};
    draw->calibrate = model->calibration || model->class_maps;
    for (size_t i = 0; options && i < sizeof changes / sizeof *changes; i++)
        if (gh_option_is_set(options, changes[i]) && strcmp(gh_option_text(options, changes[i]), gh_option_text(model->options, changes[i])) != 0)
            draw->calibrate = 0;
    if (!draw->prior && model->q)
        GH_FAIL(GENHEP_E_OPTION, "latent.source: found 'buffer', expected 'prior' for a model with conditions (the latents in a buffer "
                "belong to the conditions of their events)");
    if (!draw->prior && model->buffer.n == 0)
        GH_FAIL(GENHEP_E_STATE, "the model has no information buffer (it is filled when a trained model is taken from a trainer); "
                "latent.source = prior draws without one");
    return GENHEP_OK;
}
