/* capi/writer.c -- public functions of writing in pieces: check arguments, call down. */
#include "io/writer.h"

#include <string.h>

#include "model/model.h"

static genhep_status check_create(const void *schema, const char *path, int32_t weighted, genhep_writer **writer)
{
    if (!writer) GH_FAIL(GENHEP_E_ARG, "genhep_writer_create: writer is NULL");
    *writer = NULL;
    if (!schema) GH_FAIL(GENHEP_E_ARG, "genhep_writer_create: schema or model is NULL");
    if (!path || !path[0]) GH_FAIL(GENHEP_E_ARG, "genhep_writer_create: no path");
    if (weighted != 0 && weighted != 1) GH_FAIL(GENHEP_E_ARG, "genhep_writer_create: weighted is %d, expected 0 or 1", (int)weighted);
    return GENHEP_OK;
}

genhep_status genhep_writer_create(const genhep_dataset *schema, const char *path, int32_t weighted, const genhep_options *options,
                                   genhep_writer **writer)
{
    GH_TRY(check_create(schema, path, weighted, writer));
    return gh_writer_create(schema, path, weighted, options, writer);
}

/* Columns of the model without the attributes of its training file, of which those follow that describe generated events too. */
static genhep_status describe(const genhep_model *model, genhep_dataset *schema)
{
    static const char *const keys[] = {"process", "sqrt_s_GeV", "sigma_pb", "sigma_err_pb", "units", "cuts", "pdf"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strncmp(keys[i], "sigma", 5) == 0 && genhep_model_classes(model)) continue; /* those of one training sample */
        const char *value = gh_dataset_attribute(model->schema, keys[i]);
        if (value) GH_TRY(gh_dataset_set_attribute(schema, keys[i], value));
    }
    return gh_dataset_set_attribute(schema, "generator", "libgenhep " GENHEP_VERSION);
}

genhep_status genhep_writer_create_for_model(const genhep_model *model, const char *path, int32_t weighted, const genhep_options *options,
                                             genhep_writer **writer)
{
    genhep_dataset *schema;
    GH_TRY(check_create(model, path, weighted, writer));
    const genhep_dataset *known = model->schema;
    GH_TRY(gh_dataset_create(&model->hooks, 0, known->d, (const char *const *)known->names, (const char *const *)known->units, 0, &schema));
    schema->storage = known->storage;
    genhep_status status = describe(model, schema);
    if (!status) status = gh_writer_create(schema, path, weighted, options, writer);
    gh_dataset_free(schema);
    return status;
}

static genhep_status append(genhep_writer *writer, int64_t n, int is_float, const void *events, int64_t stride, const double *weights)
{
    if (!writer || n < 0 || (n > 0 && !events))
        GH_FAIL(GENHEP_E_ARG, "genhep_writer_append: writer or events is NULL, or %lld events", (long long)n);
    if (n > 0 && stride < writer->schema->d)
        GH_FAIL(GENHEP_E_ARG, "genhep_writer_append: stride %lld is below the %lld columns", (long long)stride, (long long)writer->schema->d);
    if (n > INT64_MAX - writer->n || (n > 0 && n > INT64_MAX / (int64_t)sizeof(double) / stride))
        GH_FAIL(GENHEP_E_ARG, "genhep_writer_append: %lld events of stride %lld are too many", (long long)n, (long long)stride);
    return gh_writer_append(writer, n, is_float, events, stride, weights);
}

genhep_status genhep_writer_append_float(genhep_writer *writer, int64_t n_events, const float *events, int64_t stride, const double *weights)
{
    return append(writer, n_events, 1, events, stride, weights);
}

genhep_status genhep_writer_append_double(genhep_writer *writer, int64_t n_events, const double *events, int64_t stride,
                                          const double *weights)
{
    return append(writer, n_events, 0, events, stride, weights);
}

genhep_status genhep_writer_set_attribute(genhep_writer *writer, const char *key, const char *value)
{
    if (!writer || !key || !key[0] || !value)
        GH_FAIL(GENHEP_E_ARG, "genhep_writer_set_attribute: writer, key or value is NULL or empty");
    return gh_writer_set_attribute(writer, key, value);
}

genhep_status genhep_writer_close(genhep_writer *writer)
{
    if (!writer) GH_FAIL(GENHEP_E_ARG, "genhep_writer_close: writer is NULL");
    return gh_writer_close(writer);
}

int64_t genhep_writer_events(const genhep_writer *writer) { return writer ? writer->n : 0; }

void genhep_writer_free(genhep_writer *writer) { gh_writer_free(writer); }
