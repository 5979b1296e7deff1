/* capi/dataset.c -- public dataset functions: check arguments, call down. */
#include "data/dataset.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "io/files.h"

/* The struct as of version 1.0: a caller's struct_size is never below. */
#define COLUMN_BYTES ((int64_t)(offsetof(genhep_column, unit) + sizeof(const char *)))

genhep_status genhep_dataset_open(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    if (!dataset) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_open: dataset is NULL");
    *dataset = NULL;
    if (!path || !path[0]) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_open: no path");
    return gh_events_read(path, options, dataset);
}

static genhep_status check_arrays(int64_t n_events, int64_t n_columns, const char *const *names, const double *values,
                                  int64_t stride)
{
    if (n_events < 0)
        GH_FAIL(GENHEP_E_ARG, "genhep_dataset_from_arrays: n_events = %lld is below 0", (long long)n_events);
    if (n_columns < 1)
        GH_FAIL(GENHEP_E_SHAPE, "genhep_dataset_from_arrays: n_columns = %lld is below 1", (long long)n_columns);
    if (stride < n_columns)
        GH_FAIL(GENHEP_E_SHAPE, "genhep_dataset_from_arrays: stride = %lld is below n_columns = %lld",
                (long long)stride, (long long)n_columns);
    if (!names || (!values && n_events > 0))
        GH_FAIL(GENHEP_E_ARG, "genhep_dataset_from_arrays: names or values is NULL");
    for (int64_t j = 0; j < n_columns; j++) {
        if (!names[j] || !names[j][0])
            GH_FAIL(GENHEP_E_ARG, "genhep_dataset_from_arrays: column %lld has no name", (long long)j);
    }
    return GENHEP_OK;
}

genhep_status genhep_dataset_from_arrays(const genhep_options *options, int64_t n_events, int64_t n_columns,
                                         const char *const *names, const char *const *units, const double *values,
                                         int64_t stride, const double *weights, genhep_dataset **dataset)
{
    if (!dataset) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_from_arrays: dataset is NULL");
    *dataset = NULL;
    GH_TRY(check_arrays(n_events, n_columns, names, values, stride));
    gh_hooks hooks = gh_hooks_of(options);
    genhep_dataset *table;
    genhep_status status = gh_dataset_create(&hooks, n_events, n_columns, names, units, weights != NULL, &table);
    if (status == GENHEP_E_FORMAT) {
        char message[400];
        genhep_last_error(message, sizeof message);
        return gh_fail(GENHEP_E_ARG, "genhep_dataset_from_arrays: %s", message);
    }
    GH_TRY(status);
    for (int64_t i = 0; i < n_events; i++)
        memcpy(table->values + i * n_columns, values + i * stride, (size_t)n_columns * sizeof *values);
    if (weights && n_events) memcpy(table->weights, weights, (size_t)n_events * sizeof *weights);
    status = gh_dataset_check_finite(table, "genhep_dataset_from_arrays");
    if (status) {
        gh_dataset_free(table);
        return status;
    }
    *dataset = table;
    return GENHEP_OK;
}

genhep_status genhep_dataset_write(const genhep_dataset *dataset, const char *path, const genhep_options *options)
{
    if (!dataset) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_write: dataset is NULL");
    if (!path || !path[0]) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_write: no path");
    return gh_events_write(dataset, path, options);
}

genhep_status genhep_dataset_slice(const genhep_dataset *dataset, int64_t first, int64_t n_events,
                                   genhep_dataset **slice)
{
    if (!slice) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_slice: slice is NULL");
    *slice = NULL;
    if (!dataset) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_slice: dataset is NULL");
    return gh_dataset_slice(dataset, first, n_events, slice);
}

genhep_status genhep_dataset_shuffle(const genhep_dataset *dataset, int64_t seed, genhep_dataset **shuffled)
{
    if (!shuffled) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_shuffle: shuffled is NULL");
    *shuffled = NULL;
    if (!dataset) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_shuffle: dataset is NULL");
    int64_t *order;
    GH_TRY(gh_alloc(&dataset->hooks, &order, dataset->n, sizeof *order));
    gh_shuffled_order(seed, dataset->n, order);
    genhep_status status = gh_dataset_take(dataset, order, dataset->n, shuffled);
    gh_free(&dataset->hooks, order);
    return status;
}

int64_t genhep_dataset_events(const genhep_dataset *dataset)
{
    return dataset ? dataset->n : 0;
}

int64_t genhep_dataset_columns(const genhep_dataset *dataset)
{
    return dataset ? dataset->d : 0;
}

genhep_status genhep_dataset_column(const genhep_dataset *dataset, int64_t index, genhep_column *column)
{
    if (!dataset || !column) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_column: dataset or column is NULL");
    const int64_t size = column->struct_size, known = (int64_t)sizeof *column;
    if (size < COLUMN_BYTES)
        GH_FAIL(GENHEP_E_ARG, "genhep_dataset_column: struct_size = %lld, expected at least %lld", (long long)size,
                (long long)COLUMN_BYTES);
    if (index < 0 || index >= dataset->d)
        GH_FAIL(GENHEP_E_ARG, "genhep_dataset_column: index %lld is not in 0..%lld", (long long)index,
                (long long)dataset->d - 1);
    const genhep_column full = {.struct_size = size, .name = dataset->names[index], .unit = dataset->units[index]};
    memcpy(column, &full, (size_t)(size < known ? size : known));
    return GENHEP_OK;
}

genhep_status genhep_dataset_values(const genhep_dataset *dataset, double *values, int64_t stride, int64_t capacity)
{
    if (!dataset) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_values: dataset is NULL");
    int64_t n = dataset->n, d = dataset->d;
    if (stride < d)
        GH_FAIL(GENHEP_E_SHAPE, "genhep_dataset_values: stride = %lld is below %lld columns", (long long)stride,
                (long long)d);
    if (n == 0) return GENHEP_OK;
    if (!values) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_values: values is NULL");
    if (capacity < d || (capacity - d) / stride < n - 1) /* (n-1)*stride + d > capacity, without overflow */
        GH_FAIL(GENHEP_E_BUFFER,
                "genhep_dataset_values: capacity = %lld is too small for %lld rows of %lld with stride %lld",
                (long long)capacity, (long long)n, (long long)d, (long long)stride);
    for (int64_t i = 0; i < n; i++) memcpy(values + i * stride, dataset->values + i * d, (size_t)d * sizeof *values);
    return GENHEP_OK;
}

genhep_status genhep_dataset_weights(const genhep_dataset *dataset, double *weights, int64_t capacity,
                                     int32_t *has_weights)
{
    if (!dataset) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_weights: dataset is NULL");
    if (!weights && dataset->n > 0) GH_FAIL(GENHEP_E_ARG, "genhep_dataset_weights: weights is NULL");
    if (capacity < dataset->n)
        GH_FAIL(GENHEP_E_BUFFER, "genhep_dataset_weights: capacity = %lld, expected at least %lld", (long long)capacity,
                (long long)dataset->n);
    for (int64_t i = 0; i < dataset->n; i++) weights[i] = dataset->weights ? dataset->weights[i] : 1;
    if (has_weights) *has_weights = dataset->weights != NULL;
    return GENHEP_OK;
}

const char *genhep_dataset_attribute(const genhep_dataset *dataset, const char *key)
{
    return dataset && key ? gh_dataset_attribute(dataset, key) : NULL;
}

genhep_status genhep_dataset_set_attribute(genhep_dataset *dataset, const char *key, const char *value)
{
    if (!dataset || !key || !key[0] || !value)
        GH_FAIL(GENHEP_E_ARG, "genhep_dataset_set_attribute: dataset, key or value is NULL or empty");
    return gh_dataset_set_attribute(dataset, key, value);
}

void genhep_dataset_free(genhep_dataset *dataset)
{
    gh_dataset_free(dataset);
}
