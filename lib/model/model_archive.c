/* model_archive.c -- models to and from an archive. Layout: docs/FORMAT.md. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/options_handle.h"
#include "base/text.h"
#include "model/calibration.h"
#include "model/conditions.h"
#include "model/model.h"
#include "model/prep_share.h"
#include "model/subgan.h"

enum { NAME_BYTES = 160, SPEC_NUMBERS = 6, KIND_NUMBERS = 4 + 2 * GH_MOST_STREAMS + 2 * GH_MAX_CONVOLUTIONS, PARTS = 6, MOST_COLUMNS = 65536 };

#define REAL_TYPE (sizeof(gh_real) == 4 ? GH_F32 : GH_F64)

static void spec_numbers(const gh_network_spec *spec, int64_t numbers[SPEC_NUMBERS])
{
    const int64_t all[SPEC_NUMBERS] = {spec->layers, spec->units, spec->activation, spec->output_activation, spec->residual, spec->norm};
    memcpy(numbers, all, sizeof all);
}

/* What networks of other than dense layers are made by; @return how many numbers, 0 for a dense one. */
static int64_t kind_numbers(const gh_network_spec *spec, int64_t numbers[KIND_NUMBERS])
{
    int64_t n = 0;
    if (spec->kind == GH_NETWORK_DENSE) return 0;
    numbers[n++] = spec->kind, numbers[n++] = spec->emits;
    if (spec->kind == GH_NETWORK_RNN) return n;
    for (int i = 0; spec->kind == GH_NETWORK_CONV && i < 3; i++) numbers[n++] = spec->grid[i];
    if (spec->kind == GH_NETWORK_STREAMS) numbers[n++] = spec->pictures;
    for (int64_t i = 0; i < spec->pictures; i++) numbers[n++] = spec->height[i], numbers[n++] = spec->width[i];
    numbers[n++] = spec->convolutions;
    for (int64_t i = 0; i < spec->convolutions; i++) numbers[n++] = spec->channels[i];
    for (int64_t i = 0; i < spec->convolutions; i++) numbers[n++] = spec->kernel[i];
    return n;
}

/* The arrays of a layer, offset -1 for those it does not have. */
typedef struct layer_part {
    const char *name;
    int64_t at;
    int32_t rank;
    int64_t dims[2];
} layer_part;

static void layer_parts(const gh_layer *l, layer_part parts[PARTS])
{
    const layer_part all[PARTS] = {{"weights", l->weights, 2, {l->weight_rows, l->weight_columns}},
                                   {"recurrent", l->recurrent, 2, {3 * l->gru.units, l->gru.units}},
                                   {"bias", l->bias, 1, {l->bias_size, 1}},
                                   {"scale", l->norm_scale, 1, {l->columns, 1}},
                                   {"mean", l->mean, 1, {l->columns, 1}},
                                   {"variance", l->variance, 1, {l->columns, 1}}};
    memcpy(parts, all, sizeof all);
}

/* The weights once more under readable names, so that any HDF5 user finds them: <net>/<layer>/weights (O,I), bias (O). */
static gh_status save_network(const genhep_model *model, const gh_network *network, gh_archive *archive, const char *which)
{
    char name[NAME_BYTES];
    int64_t spec[SPEC_NUMBERS], kind[KIND_NUMBERS], length = SPEC_NUMBERS;
    double slope = (double)network->spec.slope;
    spec_numbers(&network->spec, spec);
    snprintf(name, sizeof name, "%s/spec", which);
    GH_TRY(gh_archive_put(archive, name, GH_I64, 1, &length, spec));
    snprintf(name, sizeof name, "%s/slope", which);
    GH_TRY(gh_archive_put_f64(archive, name, slope));
    length = kind_numbers(&network->spec, kind);
    snprintf(name, sizeof name, "%s/kind", which);
    if (length) GH_TRY(gh_archive_put(archive, name, GH_I64, 1, &length, kind));
    for (int64_t k = 0; k < network->n_layers; k++) {
        layer_part parts[PARTS];
        layer_parts(&network->layer[k], parts);
        for (int i = 0; i < PARTS; i++) {
            if (parts[i].at < 0) continue;
            snprintf(name, sizeof name, "%s/%lld/%s", which, (long long)k, parts[i].name);
            GH_TRY(gh_archive_put(archive, name, REAL_TYPE, parts[i].rank, parts[i].dims, model->parameters + parts[i].at));
        }
    }
    return GENHEP_OK;
}

/* The options plan the network; what the weights were made for must be the same. */
static gh_status check_spec(const gh_network *network, const gh_archive *archive, const char *which)
{
    static const char *const parts[SPEC_NUMBERS] = {"layers", "units", "activation", "output activation", "residual", "norm"};
    char name[NAME_BYTES];
    const gh_entry *entry;
    int64_t planned[SPEC_NUMBERS], kind[KIND_NUMBERS], length = SPEC_NUMBERS;
    double slope;
    spec_numbers(&network->spec, planned);
    snprintf(name, sizeof name, "%s/spec", which);
    GH_TRY(gh_archive_get(archive, name, GH_I64, 1, &length, &entry));
    for (int i = 0; i < SPEC_NUMBERS; i++) {
        int64_t found = ((const int64_t *)entry->data)[i];
        if (found != planned[i])
            GH_FAIL(GENHEP_E_FORMAT, "'%s': %s is %lld, the file's options say %lld", name, parts[i], (long long)found,
                    (long long)planned[i]);
    }
    snprintf(name, sizeof name, "%s/slope", which);
    GH_TRY(gh_archive_get_f64(archive, name, &slope));
    if (slope != (double)network->spec.slope)
        GH_FAIL(GENHEP_E_FORMAT, "'%s' is %g, the file's options say %g", name, slope, (double)network->spec.slope);
    length = kind_numbers(&network->spec, kind);
    if (!length) return GENHEP_OK;
    snprintf(name, sizeof name, "%s/kind", which);
    GH_TRY(gh_archive_get(archive, name, GH_I64, 1, &length, &entry));
    for (int64_t i = 0; i < length; i++)
        if (((const int64_t *)entry->data)[i] != kind[i])
            GH_FAIL(GENHEP_E_FORMAT, "'%s': number %lld is %lld, the file's options say %lld", name, (long long)i,
                    (long long)((const int64_t *)entry->data)[i], (long long)kind[i]);
    return GENHEP_OK;
}

static gh_status load_network(genhep_model *model, const gh_network *network, const gh_archive *archive, const char *which)
{
    char name[NAME_BYTES];
    const gh_entry *entry;
    GH_TRY(check_spec(network, archive, which));
    for (int64_t k = 0; k < network->n_layers; k++) {
        layer_part parts[PARTS];
        layer_parts(&network->layer[k], parts);
        for (int i = 0; i < PARTS; i++) {
            if (parts[i].at < 0) continue;
            snprintf(name, sizeof name, "%s/%lld/%s", which, (long long)k, parts[i].name);
            GH_TRY(gh_archive_get(archive, name, REAL_TYPE, parts[i].rank, parts[i].dims, &entry));
            int64_t size = parts[i].dims[0] * (parts[i].rank == 2 ? parts[i].dims[1] : 1);
            memcpy(model->parameters + parts[i].at, entry->data, (size_t)size * sizeof(gh_real));
        }
    }
    return GENHEP_OK;
}

static gh_status save_schema(const genhep_dataset *schema, gh_archive *archive)
{
    gh_status status;
    if (schema->d > MOST_COLUMNS)
        GH_FAIL(GENHEP_E_SHAPE, "a model of %lld columns, a file holds at most %d", (long long)schema->d, MOST_COLUMNS);
    gh_text names = {.hooks = &schema->hooks}, units = {.hooks = &schema->hooks}, attributes = {.hooks = &schema->hooks};
    for (int64_t j = 0; j < schema->d; j++) {
        gh_text_add(&names, "%s\n", schema->names[j]);
        for (const char *c = schema->units[j]; *c; c++) gh_text_add_bytes(&units, *c == '\n' ? " " : c, 1);
        gh_text_add_bytes(&units, "\n", 1);
    }
    gh_text_add(&attributes, "%s", "");
    for (int64_t j = 0; j < schema->n_attributes; j++) {
        if (strpbrk(schema->attributes[j].key, "=\n")) { /* lines of key=value cannot hold it */
            gh_log(&schema->hooks, GENHEP_LOG_WARNING, "attribute '%.80s' has '=' or a line break in its name and is left out",
                   schema->attributes[j].key);
            continue;
        }
        gh_text_add(&attributes, "%s=", schema->attributes[j].key);
        for (const char *c = schema->attributes[j].value; *c; c++) gh_text_add_bytes(&attributes, *c == '\n' ? " " : c, 1);
        gh_text_add_bytes(&attributes, "\n", 1);
    }
    status = names.status ? names.status : units.status ? units.status : attributes.status;
    if (status) goto cleanup;
    GH_TRY_CLEANUP(gh_archive_put_text(archive, "schema/columns", names.data));
    GH_TRY_CLEANUP(gh_archive_put_text(archive, "schema/units", units.data));
    GH_TRY_CLEANUP(gh_archive_put_text(archive, "schema/attributes", attributes.data));
    GH_TRY_CLEANUP(gh_archive_put_i64(archive, "schema/storage", schema->storage));
cleanup:
    gh_text_free(&names);
    gh_text_free(&units);
    gh_text_free(&attributes);
    return status;
}

/* Split lines in place; returns their number, at most `most`. */
static int64_t split_lines(char *text, char **lines, int64_t most)
{
    int64_t n = 0;
    for (char *next; *text && n < most; text = next) {
        next = strchr(text, '\n');
        if (!next) break;
        *next++ = '\0';
        lines[n++] = text;
    }
    return n;
}

static gh_status load_schema(const gh_hooks *hooks, const gh_archive *archive, genhep_dataset **schema)
{
    gh_status status;
    char *names = NULL, *units = NULL, *attributes = NULL, **lines = NULL;
    const char *text;
    int64_t storage;
    GH_TRY_CLEANUP(gh_archive_get_text(archive, "schema/columns", &text));
    GH_TRY_CLEANUP(gh_strdup(hooks, text, &names));
    GH_TRY_CLEANUP(gh_archive_get_text(archive, "schema/units", &text));
    GH_TRY_CLEANUP(gh_strdup(hooks, text, &units));
    GH_TRY_CLEANUP(gh_archive_get_text(archive, "schema/attributes", &text));
    GH_TRY_CLEANUP(gh_strdup(hooks, text, &attributes));
    GH_TRY_CLEANUP(gh_archive_get_i64(archive, "schema/storage", &storage));
    GH_TRY_CLEANUP(gh_alloc(hooks, &lines, 2 * MOST_COLUMNS, sizeof *lines));
    int64_t d = split_lines(names, lines, MOST_COLUMNS), n_units = split_lines(units, lines + d, d);
    if (d < 1 || n_units != d || (storage != GENHEP_FLOAT32 && storage != GENHEP_FLOAT64)) {
        status = gh_fail(GENHEP_E_FORMAT, "schema: found %lld columns, %lld units and storage %lld, expected at least 1, as many, "
                         "and 4 or 8", (long long)d, (long long)n_units, (long long)storage);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_dataset_create(hooks, 0, d, (const char *const *)lines, (const char *const *)(lines + d), 0, schema));
    (*schema)->storage = (int32_t)storage;
    int64_t n = split_lines(attributes, lines, 2 * MOST_COLUMNS);
    for (int64_t i = 0; i < n; i++) {
        char *value = strchr(lines[i], '=');
        if (!value) continue;
        *value++ = '\0';
        GH_TRY_CLEANUP(gh_dataset_set_attribute(*schema, lines[i], value));
    }
cleanup:
    gh_free(hooks, names);
    gh_free(hooks, units);
    gh_free(hooks, attributes);
    gh_free(hooks, lines);
    return status;
}

static gh_status save_buffer(const genhep_model *model, gh_archive *archive)
{
    int64_t dims[2] = {model->buffer.n, model->latents};
    if (!model->buffer.n) return GENHEP_OK;
    GH_TRY(gh_archive_put(archive, "buffer/mu", REAL_TYPE, 2, dims, model->buffer.mu));
    GH_TRY(gh_archive_put(archive, "buffer/sigma", REAL_TYPE, 2, dims, model->buffer.sigma));
    if (model->buffer.cumulative)
        GH_TRY(gh_archive_put(archive, "buffer/cumulative", GH_F64, 1, dims, model->buffer.cumulative));
    return GENHEP_OK;
}

static gh_status check_buffer(const genhep_model *model)
{
    const gh_buffer *b = &model->buffer;
    double before = 0;
    for (int64_t i = 0; i < b->n * model->latents; i++)
        if (!isfinite(b->mu[i]) || !isfinite(b->sigma[i]) || b->sigma[i] < 0)
            GH_FAIL(GENHEP_E_FORMAT, "'buffer' entry %lld: mu %g and sigma %g, expected finite numbers and sigma of at least 0",
                    (long long)(i / model->latents), (double)b->mu[i], (double)b->sigma[i]);
    for (int64_t i = 0; b->cumulative && i < b->n; i++) {
        if (!(b->cumulative[i] >= before && b->cumulative[i] <= 1))
            GH_FAIL(GENHEP_E_FORMAT, "'buffer/cumulative' is %g at entry %lld, expected a number from %g to 1", b->cumulative[i],
                    (long long)i, before);
        before = b->cumulative[i];
    }
    if (b->cumulative && before != 1) GH_FAIL(GENHEP_E_FORMAT, "'buffer/cumulative' ends at %.17g, expected 1", before);
    return GENHEP_OK;
}

static gh_status load_buffer(genhep_model *model, const gh_archive *archive)
{
    const gh_entry *mu, *sigma, *cumulative;
    if (!gh_archive_find(archive, "buffer/mu")) return GENHEP_OK;
    int64_t dims[2] = {-1, model->latents};
    GH_TRY(gh_archive_get(archive, "buffer/mu", REAL_TYPE, 2, dims, &mu));
    dims[0] = mu->dims[0];
    if (dims[0] < 1) GH_FAIL(GENHEP_E_FORMAT, "'buffer/mu' is empty");
    GH_TRY(gh_archive_get(archive, "buffer/sigma", REAL_TYPE, 2, dims, &sigma));
    size_t bytes = (size_t)(dims[0] * dims[1]) * sizeof(gh_real);
    GH_TRY(gh_alloc_aligned(&model->hooks, &model->buffer.mu, dims[0] * dims[1], sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(&model->hooks, &model->buffer.sigma, dims[0] * dims[1], sizeof(gh_real)));
    memcpy(model->buffer.mu, mu->data, bytes);
    memcpy(model->buffer.sigma, sigma->data, bytes);
    if (gh_archive_find(archive, "buffer/cumulative")) {
        GH_TRY(gh_archive_get(archive, "buffer/cumulative", GH_F64, 1, dims, &cumulative));
        GH_TRY(gh_alloc(&model->hooks, &model->buffer.cumulative, dims[0], sizeof(double)));
        memcpy(model->buffer.cumulative, cumulative->data, (size_t)dims[0] * sizeof(double));
    }
    model->buffer.n = dims[0];
    return check_buffer(model);
}

static gh_status save_provenance(const genhep_model *model, gh_archive *archive)
{
    const gh_provenance *p = &model->provenance;
    GH_TRY(gh_archive_put_text(archive, "provenance/library", p->library));
    GH_TRY(gh_archive_put_i64(archive, "provenance/data_hash", (int64_t)p->data_hash));
    GH_TRY(gh_archive_put_i64(archive, "provenance/data_events", p->data_events));
    GH_TRY(gh_archive_put_i64(archive, "provenance/seed", p->seed));
    GH_TRY(gh_archive_put_i64(archive, "provenance/steps", p->steps));
    GH_TRY(gh_archive_put_f64(archive, "provenance/seconds", p->seconds));
    GH_TRY(gh_archive_put_f64(archive, "provenance/figure", p->figure));
    return gh_archive_put_f64(archive, "provenance/validation", p->validation);
}

static gh_status load_provenance(genhep_model *model, const gh_archive *archive)
{
    gh_provenance *p = &model->provenance;
    const char *library;
    int64_t hash;
    GH_TRY(gh_archive_get_text(archive, "provenance/library", &library));
    snprintf(p->library, sizeof p->library, "%s", library);
    GH_TRY(gh_archive_get_i64(archive, "provenance/data_hash", &hash));
    p->data_hash = (uint64_t)hash;
    GH_TRY(gh_archive_get_i64(archive, "provenance/data_events", &p->data_events));
    GH_TRY(gh_archive_get_i64(archive, "provenance/seed", &p->seed));
    GH_TRY(gh_archive_get_i64(archive, "provenance/steps", &p->steps));
    GH_TRY(gh_archive_get_f64(archive, "provenance/seconds", &p->seconds));
    GH_TRY(gh_archive_get_f64(archive, "provenance/figure", &p->figure));
    return gh_archive_get_f64(archive, "provenance/validation", &p->validation);
}

gh_status gh_model_save(const genhep_model *model, gh_archive *archive)
{
    gh_status status;
    gh_text card = {.hooks = &model->hooks};
    GH_TRY(gh_archive_put_text(archive, "family", model->family->name));
    GH_TRY(gh_archive_put_i64(archive, "block", GH_BLOCK));
    gh_text_add(&card, "%s", "");
    gh_options_to_card(model->options, &card);
    status = card.status ? card.status : gh_archive_put_text(archive, "options", card.data);
    gh_text_free(&card);
    if (status) return status;
    GH_TRY(save_schema(model->schema, archive));
    GH_TRY(gh_prep_save(model->prep, "prep", archive));
    GH_TRY(gh_conditions_save(model, archive));
    if (model->n_parameters) {
        GH_TRY(save_network(model, &model->encoder, archive, "encoder"));
        GH_TRY(save_network(model, &model->decoder, archive, "decoder"));
    }
    if (model->log_sigma >= 0)
        GH_TRY(gh_archive_put(archive, "decoder/log_sigma", REAL_TYPE, 1, &model->p,
                              model->parameters + model->log_sigma));
    if (model->marginals) {
        int64_t dims[2] = {model->p, model->marginal_knots};
        GH_TRY(gh_archive_put(archive, "marginals", GH_F64, 2, dims, model->marginals));
    }
    if (model->calibration) {
        int64_t dims[3] = {model->p, 2, GH_CALIBRATION_KNOTS};
        GH_TRY(gh_archive_put(archive, "calibration", GH_F64, 3, dims, model->calibration));
    }
    GH_TRY(gh_subgan_save(model, archive));
    GH_TRY(save_buffer(model, archive));
    GH_TRY(save_provenance(model, archive));
    if (model->selftest_n) {
        int64_t dims[2] = {model->selftest_n, model->schema->d};
        GH_TRY(gh_archive_put(archive, "selftest/events", GH_F64, 2, dims, model->selftest));
    }
    return GENHEP_OK;
}

/* A file cannot make the library allocate networks that it does not hold. */
static int64_t numbers_in(const gh_archive *archive)
{
    int64_t total = 1;
    for (int64_t i = 0; i < archive->count; i++)
        if (archive->entries[i].type == REAL_TYPE)
            total += archive->entries[i].dims[0] * archive->entries[i].dims[1] * archive->entries[i].dims[2];
    return total;
}

static gh_status load_parts(genhep_model *model, const gh_archive *archive)
{
    const gh_entry *entry;
    model->most_parameters = numbers_in(archive);
    GH_TRY(model->family->plan(model, 0, NULL, NULL));
    if (model->n_parameters) {
        GH_TRY(load_network(model, &model->encoder, archive, "encoder"));
        GH_TRY(load_network(model, &model->decoder, archive, "decoder"));
    }
    if (model->log_sigma >= 0) {
        GH_TRY(gh_archive_get(archive, "decoder/log_sigma", REAL_TYPE, 1, &model->p, &entry));
        memcpy(model->parameters + model->log_sigma, entry->data, (size_t)model->p * sizeof(gh_real));
    }
    GH_TRY(gh_subgan_load(model, archive));
    for (int64_t i = 0; i < model->n_parameters; i++)
        if (!isfinite(model->parameters[i])) GH_FAIL(GENHEP_E_FORMAT, "a weight of the networks is not finite");
    if (model->marginals) {
        int64_t dims[2] = {model->p, model->marginal_knots};
        GH_TRY(gh_archive_get(archive, "marginals", GH_F64, 2, dims, &entry));
        memcpy(model->marginals, entry->data, (size_t)(dims[0] * dims[1]) * sizeof(double));
        for (int64_t i = 0; i < dims[0] * dims[1]; i++)
            if (!isfinite(model->marginals[i]))
                GH_FAIL(GENHEP_E_FORMAT, "'marginals' of coordinate %lld are not finite at knot %lld", (long long)(i / dims[1]),
                        (long long)(i % dims[1]));
    }
    if (gh_archive_find(archive, "calibration")) {
        int64_t dims[3] = {model->p, 2, GH_CALIBRATION_KNOTS};
        GH_TRY(gh_archive_get(archive, "calibration", GH_F64, 3, dims, &entry));
        GH_TRY(gh_alloc(&model->hooks, &model->calibration, dims[0] * dims[1] * dims[2], sizeof(double)));
        memcpy(model->calibration, entry->data, (size_t)(dims[0] * dims[1] * dims[2]) * sizeof(double));
        GH_TRY(gh_calibration_check(model));
    }
    GH_TRY(load_buffer(model, archive));
    GH_TRY(load_provenance(model, archive));
    if (gh_archive_find(archive, "selftest/events")) {
        int64_t dims[2] = {-1, model->schema->d};
        GH_TRY(gh_archive_get(archive, "selftest/events", GH_F64, 2, dims, &entry));
        if (model->n_conditions && entry->dims[0] != GH_EXAMPLES)
            GH_FAIL(GENHEP_E_FORMAT, "'selftest/events' has %lld events, expected %d, as many as 'selftest/conditions'",
                    (long long)entry->dims[0], GH_EXAMPLES);
        GH_TRY(gh_alloc(&model->hooks, &model->selftest, entry->dims[0] * dims[1], sizeof(double)));
        memcpy(model->selftest, entry->data, (size_t)(entry->dims[0] * dims[1]) * sizeof(double));
        model->selftest_n = entry->dims[0];
    }
    return GENHEP_OK;
}

/* An option or a shape that the library refuses is the caller's mistake elsewhere; here the file is at fault. */
static gh_status as_damage(gh_status status)
{
    char message[512];
    if (!status || status == GENHEP_E_NOMEM || status == GENHEP_E_VERSION || status == GENHEP_E_FORMAT) return status;
    genhep_last_error(message, sizeof message);
    return gh_fail(GENHEP_E_FORMAT, "%s", message);
}

gh_status gh_model_load(const gh_hooks *hooks, const gh_archive *archive, genhep_model **result)
{
    gh_status status;
    genhep_model *model;
    gh_prep *prep = NULL;
    const char *family, *card;
    int64_t block;
    *result = NULL;
    GH_TRY(gh_alloc(hooks, &model, 1, sizeof *model));
    model->hooks = *hooks;
    GH_TRY_CLEANUP(gh_archive_get_text(archive, "family", &family));
    model->family = gh_family_find(family);
    if (!model->family) {
        status = gh_fail(GENHEP_E_VERSION, "model family '%s' is not known to this library (%s)", family, GENHEP_VERSION);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_archive_get_i64(archive, "block", &block));
    GH_TRY_CLEANUP(gh_options_create(hooks, &model->options));
    GH_TRY_CLEANUP(gh_archive_get_text(archive, "options", &card));
    GH_TRY_CLEANUP(gh_options_from_card(model->options, card, "model file"));
    GH_TRY_CLEANUP(load_schema(hooks, archive, &model->schema));
    GH_TRY_CLEANUP(gh_prep_load(hooks, "prep", archive, &prep));
    GH_TRY_CLEANUP(gh_conditions_load(model, archive));
    if (model->family->trainable) GH_TRY_CLEANUP(gh_conditions_settings(model));
    if (gh_prep_columns(prep) != model->n_targets) {
        status = gh_fail(GENHEP_E_FORMAT, "the preparation has %lld columns, the schema %lld to generate", (long long)gh_prep_columns(prep),
                         (long long)model->n_targets);
        goto cleanup;
    }
    if (gh_prep_forward_only(prep)) {
        status = gh_fail(GENHEP_E_FORMAT, "'prep' holds the stage '%s', which cannot be undone", gh_prep_forward_only(prep));
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_prep_share_create(hooks, prep, &model->share));
    model->prep = prep;
    prep = NULL;
    model->p = gh_prep_width(model->prep);
    if (gh_archive_find(archive, "reference_map/quantiles"))
        GH_TRY_CLEANUP(gh_reference_load(hooks, archive, model->p, model->n_conditions, &model->reference));
    GH_TRY_CLEANUP(load_parts(model, archive));
    *result = model;
cleanup:
    if (status) {
        gh_prep_free(prep);
        gh_model_free(model);
    }
    return as_damage(status);
}
