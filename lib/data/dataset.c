/* dataset.c -- a table of events in memory: creation, columns, attributes, rows, identity. */
#include "data/dataset.h"

#include <math.h>
#include <string.h>

#include "base/philox.h"
#include "base/text.h"

static gh_status copy_texts(const gh_hooks *hooks, int64_t d, const char *const *from, char **to)
{
    for (int64_t j = 0; j < d; j++) GH_TRY(gh_strdup(hooks, from && from[j] ? from[j] : "", &to[j]));
    return GENHEP_OK;
}

/* FNV-1a over a text, the probe start of the name table below. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

#define HASH_START 0xcbf29ce484222325u

/* An open-addressing table, so that thousands of cells as columns stay cheap. */
gh_status gh_check_names(const gh_hooks *hooks, int64_t d, const char *const *names)
{
    enum { LONGEST_NAME = 200 };
    int64_t size = 16, *table;
    while (size < 2 * d) size *= 2;
    GH_TRY(gh_alloc(hooks, &table, size, sizeof *table));
    gh_status status = GENHEP_OK;
    for (int64_t j = 0; j < d && !status; j++) {
        if (!names[j] || !names[j][0]) {
            status = gh_fail(GENHEP_E_FORMAT, "column %lld has no name", (long long)j);
            break;
        }
        size_t length = strlen(names[j]);
        if (length > LONGEST_NAME || strpbrk(names[j], "\n\r")) { /* model files keep names as lines */
            status = gh_fail(GENHEP_E_FORMAT, "column %lld: the name '%.40s' %s", (long long)j, names[j],
                             length > LONGEST_NAME ? "has more than 200 bytes" : "holds a line break");
            break;
        }
        int64_t at = (int64_t)(hash_bytes(HASH_START, names[j], length) & (uint64_t)(size - 1));
        for (; table[at]; at = (at + 1) & (size - 1))
            if (strcmp(names[table[at] - 1], names[j]) == 0) {
                status = gh_fail(GENHEP_E_FORMAT, "column name '%.80s' occurs twice (columns %lld and %lld)", names[j],
                                 (long long)table[at] - 1, (long long)j);
                break;
            }
        table[at] = j + 1;
    }
    gh_free(hooks, table);
    return status;
}

gh_status gh_dataset_create(const gh_hooks *hooks, int64_t n, int64_t d, const char *const *names,
                            const char *const *units, int with_weights, genhep_dataset **dataset)
{
    *dataset = NULL;
    if (n < 0 || d < 1)
        GH_FAIL(GENHEP_E_SHAPE, "a table of %lld events and %lld columns, expected at least 0 and 1", (long long)n,
                (long long)d);
    if (d > INT64_MAX / 16 || (n && d > INT64_MAX / 16 / n))
        GH_FAIL(GENHEP_E_NOMEM, "a table of %lld events and %lld columns is too large", (long long)n, (long long)d);
    GH_TRY(gh_check_names(hooks, d, names));
    genhep_dataset *table;
    gh_status status;
    GH_TRY(gh_alloc(hooks, &table, 1, sizeof *table));
    table->hooks = *hooks;
    table->n = n;
    table->d = d;
    table->storage = GENHEP_FLOAT64;
    GH_TRY_CLEANUP(gh_alloc(hooks, &table->names, d, sizeof *table->names));
    GH_TRY_CLEANUP(copy_texts(hooks, d, names, table->names));
    GH_TRY_CLEANUP(gh_alloc(hooks, &table->units, d, sizeof *table->units));
    GH_TRY_CLEANUP(copy_texts(hooks, d, units, table->units));
    GH_TRY_CLEANUP(gh_alloc(hooks, &table->values, n * d, sizeof *table->values));
    if (with_weights) {
        GH_TRY_CLEANUP(gh_alloc(hooks, &table->weights, n, sizeof *table->weights));
        for (int64_t i = 0; i < n; i++) table->weights[i] = 1;
    }
    *dataset = table;
    return GENHEP_OK;

cleanup:
    gh_dataset_free(table);
    return status;
}

void gh_dataset_free(genhep_dataset *dataset)
{
    if (!dataset) return;
    gh_hooks hooks = dataset->hooks;
    for (int64_t j = 0; j < dataset->d; j++) {
        if (dataset->names) gh_free(&hooks, dataset->names[j]);
        if (dataset->units) gh_free(&hooks, dataset->units[j]);
    }
    for (int64_t i = 0; i < dataset->n_attributes; i++) {
        gh_free(&hooks, dataset->attributes[i].key);
        gh_free(&hooks, dataset->attributes[i].value);
    }
    gh_free(&hooks, dataset->attributes);
    gh_free(&hooks, dataset->names);
    gh_free(&hooks, dataset->units);
    gh_free(&hooks, dataset->values);
    gh_free(&hooks, dataset->weights);
    gh_free(&hooks, dataset);
}

int64_t gh_dataset_find(const genhep_dataset *dataset, const char *name)
{
    for (int64_t j = 0; j < dataset->d; j++)
        if (strcmp(dataset->names[j], name) == 0) return j;
    return -1;
}

static gh_attribute *find_attribute(const genhep_dataset *dataset, const char *key)
{
    for (int64_t i = 0; i < dataset->n_attributes; i++)
        if (strcmp(dataset->attributes[i].key, key) == 0) return &dataset->attributes[i];
    return NULL;
}

gh_status gh_dataset_set_attribute(genhep_dataset *dataset, const char *key, const char *value)
{
    const gh_hooks *hooks = &dataset->hooks;
    gh_attribute fresh = {NULL, NULL};
    gh_status status;
    GH_TRY(gh_strdup(hooks, value, &fresh.value));
    gh_attribute *there = find_attribute(dataset, key);
    if (there) {
        gh_free(hooks, there->value);
        there->value = fresh.value;
        return GENHEP_OK;
    }
    GH_TRY_CLEANUP(gh_strdup(hooks, key, &fresh.key));
    GH_TRY_CLEANUP(gh_resize(hooks, &dataset->attributes, dataset->n_attributes + 1, sizeof fresh));
    dataset->attributes[dataset->n_attributes++] = fresh;
    return GENHEP_OK;

cleanup:
    gh_free(hooks, fresh.key);
    gh_free(hooks, fresh.value);
    return status;
}

const char *gh_dataset_attribute(const genhep_dataset *dataset, const char *key)
{
    const gh_attribute *attribute = find_attribute(dataset, key);
    return attribute ? attribute->value : NULL;
}

gh_status gh_dataset_copy_attributes(genhep_dataset *to, const genhep_dataset *from)
{
    for (int64_t i = 0; i < from->n_attributes; i++)
        GH_TRY(gh_dataset_set_attribute(to, from->attributes[i].key, from->attributes[i].value));
    return GENHEP_OK;
}

gh_status gh_rows_check_finite(char *const *names, int64_t d, int64_t first, int64_t n, const double *values, const double *weights,
                               const char *where)
{
    for (int64_t i = 0; i < n; i++) {
        const double *row = values + i * d;
        double sum = 0; /* 0 * x is NaN for every x that is not finite: one test a row */
        for (int64_t j = 0; j < d; j++) sum += 0 * row[j];
        if (sum == 0) continue;
        for (int64_t j = 0; j < d; j++)
            if (!isfinite(row[j]))
                GH_FAIL(GENHEP_E_NUMERIC, "%s: row %lld, column '%.80s' is %s, expected a finite number", where,
                        (long long)(first + i), names[j], isnan(row[j]) ? "NaN" : "infinite");
    }
    for (int64_t i = 0; weights && i < n; i++)
        if (!isfinite(weights[i]))
            GH_FAIL(GENHEP_E_NUMERIC, "%s: the weight of row %lld is %s, expected a finite number", where, (long long)(first + i),
                    isnan(weights[i]) ? "NaN" : "infinite");
    return GENHEP_OK;
}

gh_status gh_dataset_check_finite(const genhep_dataset *dataset, const char *where)
{
    return gh_rows_check_finite(dataset->names, dataset->d, 0, dataset->n, dataset->values, dataset->weights, where);
}

/* Same columns, attributes and storage, n zeroed rows. */
static gh_status create_like(const genhep_dataset *dataset, int64_t n, genhep_dataset **like)
{
    GH_TRY(gh_dataset_create(&dataset->hooks, n, dataset->d, (const char *const *)dataset->names,
                             (const char *const *)dataset->units, dataset->weights != NULL, like));
    (*like)->storage = dataset->storage;
    gh_status status = gh_dataset_copy_attributes(*like, dataset);
    if (status) {
        gh_dataset_free(*like);
        *like = NULL;
    }
    return status;
}

gh_status gh_dataset_columns(const genhep_dataset *dataset, const int64_t *columns, int64_t count, genhep_dataset **taken)
{
    gh_status status;
    char **texts = NULL;
    *taken = NULL;
    for (int64_t k = 0; k < count; k++)
        if (columns[k] < 0 || columns[k] >= dataset->d)
            GH_FAIL(GENHEP_E_ARG, "column %lld of a table of %lld", (long long)columns[k], (long long)dataset->d);
    GH_TRY(gh_alloc(&dataset->hooks, &texts, 2 * count, sizeof *texts));
    for (int64_t k = 0; k < count; k++) {
        texts[k] = dataset->names[columns[k]];
        texts[count + k] = dataset->units[columns[k]];
    }
    GH_TRY_CLEANUP(gh_dataset_create(&dataset->hooks, dataset->n, count, (const char *const *)texts,
                                     (const char *const *)(texts + count), dataset->weights != NULL, taken));
    (*taken)->storage = dataset->storage;
    GH_TRY_CLEANUP(gh_dataset_copy_attributes(*taken, dataset));
    for (int64_t i = 0; i < dataset->n; i++)
        for (int64_t k = 0; k < count; k++) (*taken)->values[i * count + k] = dataset->values[i * dataset->d + columns[k]];
    if (dataset->weights && dataset->n) memcpy((*taken)->weights, dataset->weights, (size_t)dataset->n * sizeof(double));
cleanup:
    gh_free(&dataset->hooks, texts);
    if (status) {
        gh_dataset_free(*taken);
        *taken = NULL;
    }
    return status;
}

gh_status gh_dataset_slice(const genhep_dataset *dataset, int64_t first, int64_t n, genhep_dataset **slice)
{
    *slice = NULL;
    if (first < 0 || n < 0 || first > dataset->n || n > dataset->n - first)
        GH_FAIL(GENHEP_E_ARG, "%lld rows from row %lld on, of a table of %lld", (long long)n, (long long)first,
                (long long)dataset->n);
    GH_TRY(create_like(dataset, n, slice));
    if (n) memcpy((*slice)->values, dataset->values + first * dataset->d, (size_t)(n * dataset->d) * sizeof(double));
    if (n && dataset->weights) memcpy((*slice)->weights, dataset->weights + first, (size_t)n * sizeof(double));
    return GENHEP_OK;
}

gh_status gh_dataset_take(const genhep_dataset *dataset, const int64_t *order, int64_t n, genhep_dataset **taken)
{
    *taken = NULL;
    for (int64_t i = 0; i < n; i++)
        if (order[i] < 0 || order[i] >= dataset->n)
            GH_FAIL(GENHEP_E_ARG, "row %lld of a table of %lld", (long long)order[i], (long long)dataset->n);
    GH_TRY(create_like(dataset, n, taken));
    int64_t d = dataset->d;
    for (int64_t i = 0; i < n; i++) {
        memcpy((*taken)->values + i * d, dataset->values + order[i] * d, (size_t)d * sizeof(double));
        if (dataset->weights) (*taken)->weights[i] = dataset->weights[order[i]];
    }
    return GENHEP_OK;
}

void gh_shuffled_order(int64_t seed, int64_t n, int64_t *order)
{
    gh_rng rng = gh_rng_make(seed, GH_RANDOM_SHUFFLE, 0);
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = gh_rng_below(&rng, i, 0, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

uint64_t gh_dataset_hash(const genhep_dataset *dataset)
{
    uint64_t hash = hash_bytes(HASH_START, &dataset->n, sizeof dataset->n);
    for (int64_t j = 0; j < dataset->d; j++) hash = hash_bytes(hash, dataset->names[j], strlen(dataset->names[j]) + 1);
    hash = hash_bytes(hash, dataset->values, (size_t)(dataset->n * dataset->d) * sizeof(double));
    if (dataset->weights) hash = hash_bytes(hash, dataset->weights, (size_t)dataset->n * sizeof(double));
    return hash;
}
