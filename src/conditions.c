/* conditions.c -- reading, choosing and repeating the rows that a conditional model generates for. */
#include "conditions.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

static int64_t find_column(const genhep_dataset *data, const char *name)
{
    for (int64_t j = 0; j < genhep_dataset_columns(data); j++) {
        genhep_column column = {.struct_size = sizeof column};
        if (!genhep_dataset_column(data, j, &column) && strcmp(column.name, name) == 0) return j;
    }
    return -1;
}

/* Copy the conditions out of values (n,d), the table as it was read. */
static int copy_columns(const genhep_model *model, const genhep_dataset *data, const char *path, const double *values,
                        conditions *given)
{
    const int64_t d = genhep_dataset_columns(data), n = given->n, c = given->c;
    for (int64_t k = 0; k < c; k++) {
        genhep_column column = {.struct_size = sizeof column};
        if (genhep_model_condition(model, k, &column)) return fail_library();
        int64_t j = find_column(data, column.name);
        if (j < 0) return fail("%s: has no column '%s', a condition of the model", path, column.name);
        for (int64_t i = 0; i < n; i++) given->rows[i * c + k] = values[i * d + j];
    }
    return 0;
}

static int take_columns(const genhep_model *model, const genhep_dataset *data, const char *path, conditions *given)
{
    const int64_t d = genhep_dataset_columns(data), n = given->n;
    int bad = 1;
    double *values = malloc((size_t)(n * d) * sizeof *values + 1);
    given->rows = malloc((size_t)(n * given->c) * sizeof *given->rows + 1);
    if (!values || !given->rows) fail("%s: out of memory", path);
    else if (genhep_dataset_values(data, values, d, n * d)) fail_library();
    else bad = copy_columns(model, data, path, values, given);
    free(values);
    return bad;
}

static int take_weights(const genhep_dataset *data, const char *path, conditions *given)
{
    int32_t weighted = 0;
    given->weights = malloc((size_t)given->n * sizeof *given->weights + 1);
    if (!given->weights) return fail("%s: out of memory", path);
    if (genhep_dataset_weights(data, given->weights, given->n, &weighted)) return fail_library();
    if (!weighted) {
        free(given->weights);
        given->weights = NULL;
    }
    return 0;
}

int conditions_open(const genhep_model *model, const char *path, int64_t repeat, const genhep_options *options, conditions *given)
{
    genhep_dataset *data = NULL;
    memset(given, 0, sizeof *given);
    given->c = genhep_model_conditions(model);
    given->repeat = repeat < 1 ? 1 : repeat;
    if (!path && !given->c) return repeat < 1 ? 0 : fail("--repeat needs --condition EVENTS");
    if (!given->c) return fail("--condition is given, but the model takes no conditions");
    if (!path) return fail("the model generates events for %lld given columns: sample needs --condition EVENTS", (long long)given->c);
    if (genhep_dataset_open(path, options, &data)) return fail_library();
    given->n = genhep_dataset_events(data);
    int bad = given->n > INT64_MAX / given->repeat ? fail("--repeat: too many events")
                                                   : take_columns(model, data, path, given) || take_weights(data, path, given);
    genhep_dataset_free(data);
    if (bad) conditions_close(given);
    return bad;
}

void conditions_close(conditions *given)
{
    free(given->rows);
    free(given->weights);
    given->rows = given->weights = NULL;
}

void conditions_expand(const conditions *given, int64_t first, int64_t n, double *rows)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(rows + i * given->c, given->rows + (first + i) / given->repeat * given->c, (size_t)given->c * sizeof *rows);
}
