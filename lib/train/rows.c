/* rows.c -- preparing, splitting and shuffling training rows. */
#include "train/rows.h"

#include <string.h>

static uint64_t hash_bytes(const void *data, size_t n)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a over 8-byte words: the arrays are padded to them by their size */
    const unsigned char *c = data;
    for (; n >= 8; n -= 8, c += 8) {
        uint64_t word;
        memcpy(&word, c, 8);
        hash = (hash ^ word) * 1099511628211u;
    }
    for (; n; n--, c++) hash = (hash ^ *c) * 1099511628211u;
    return hash;
}

gh_status gh_rows_create(const gh_hooks *hooks, const genhep_model *model, const genhep_dataset *const *datasets,
                         int64_t n_datasets, int64_t seed, double validation, gh_rows *data)
{
    gh_status status;
    double *prepared = NULL, *conditions = NULL, *weights = NULL;
    const int64_t P = model->p, Q = model->q;
    int64_t n = 0, at[2] = {0, 0};
    const gh_rng split = gh_rng_make(seed, GH_RANDOM_SPLIT, 0);
    memset(data, 0, sizeof *data);
    GH_TRY(gh_model_prepare(hooks, model, seed, datasets, n_datasets, &n, &prepared, &conditions, &weights));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &data->rows, n * P, sizeof(gh_real)));
    if (conditions) GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &data->conditions, n * Q, sizeof(gh_real)));
    if (weights) GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &data->weights, n, sizeof(gh_real)));
    for (int64_t i = 0; i < n; i++) data->n_validation += gh_rng_uniform(&split, i, 0) < validation;
    data->n_train = n - data->n_validation;
    if (data->n_train < 2) {
        status = gh_fail(GENHEP_E_SHAPE, "%lld training rows are left of %lld, expected at least 2", (long long)data->n_train, (long long)n);
        goto cleanup;
    }
    at[1] = data->n_train;
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        int part = gh_rng_uniform(&split, i, 0) < validation;
        int64_t to = at[part]++;
        for (int64_t j = 0; j < P; j++) data->rows[to * P + j] = (gh_real)prepared[i * P + j];
        for (int64_t j = 0; conditions && j < Q; j++) data->conditions[to * Q + j] = (gh_real)conditions[i * Q + j];
        if (weights) data->weights[to] = (gh_real)weights[i];
        if (!part) total += weights ? weights[i] : 1;
    }
    data->mean_weight = total / (double)data->n_train;
    if (!(data->mean_weight > 0)) {
        status = gh_fail(GENHEP_E_NUMERIC, "the weights of the training rows sum to %g, expected more than 0", total);
        goto cleanup;
    }
    data->hash = hash_bytes(data->rows, (size_t)(n * P) * sizeof(gh_real));
    if (conditions) data->hash ^= hash_bytes(data->conditions, (size_t)(n * Q) * sizeof(gh_real)) * 37;
    if (weights) data->hash ^= hash_bytes(data->weights, (size_t)n * sizeof(gh_real)) * 31;
cleanup:
    gh_free(hooks, prepared);
    gh_free(hooks, conditions);
    gh_free(hooks, weights);
    if (status) gh_rows_free(hooks, data);
    return status;
}

void gh_rows_free(const gh_hooks *hooks, gh_rows *data)
{
    gh_free_aligned(hooks, data->rows);
    gh_free_aligned(hooks, data->conditions);
    gh_free_aligned(hooks, data->weights);
    data->rows = data->conditions = data->weights = NULL;
}

void gh_rows_shuffle(int64_t seed, int64_t epoch, int64_t n, int64_t *order)
{
    const gh_rng rng = gh_rng_make(seed, GH_RANDOM_SHUFFLE, 1 + epoch);
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = gh_rng_below(&rng, i, epoch >> 24, i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}
