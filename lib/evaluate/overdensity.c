/* overdensity.c -- the largest excess among nearest neighbours and along the columns, and its permutations. Tests: tests/unit/test_overdensity.c. */
#include "evaluate/overdensity.h"

#include <math.h>
#include <string.h>

#include "base/philox.h"
#include "base/real.h"
#include "evaluate/event_rows.h"
#include "evaluate/neighbours.h"
#include "evaluate/statistics.h"

typedef struct search {
    int64_t n, d, n_data, centres, most; /* most: the largest number of neighbours */
    int64_t *row;       /* n: the pool's points in a random order, so that neither equal distances nor the choice of centres know the labels */
    float *columns;     /* (d,n), scaled */
    unsigned char *is_data; /* n */
    uint32_t *nearest;   /* (centres, most), by rising distance from the first points of the pool */
    uint32_t *along;       /* (d,n): the pool by rising column */
} search;

static void search_free(const gh_hooks *hooks, search *s)
{
    gh_free_aligned(hooks, s->columns);
    gh_free(hooks, s->is_data);
    gh_free(hooks, s->row);
    gh_free(hooks, s->nearest);
    gh_free(hooks, s->along);
}

static gh_status pool(const gh_hooks *hooks, const gh_bump_settings *settings, search *s, const double *data, const double *reference)
{
    gh_status status;
    double *rows = NULL, *scale = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &rows, s->n * s->d, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &scale, s->d, sizeof *scale));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &s->columns, s->n * s->d, sizeof *s->columns));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->is_data, s->n, 1));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->row, s->n, sizeof *s->row));
    memcpy(rows, data, (size_t)(s->n_data * s->d) * sizeof *rows);
    memcpy(rows + s->n_data * s->d, reference, (size_t)((s->n - s->n_data) * s->d) * sizeof *rows);
    for (int64_t i = 0; i < s->n * s->d; i++)
        if (!isfinite(rows[i])) {
            const int64_t row = i / s->d;
            status = gh_fail(GENHEP_E_NUMERIC, "row %lld of the %s is not finite", (long long)(row < s->n_data ? row : row - s->n_data),
                             row < s->n_data ? "data" : "reference");
            goto cleanup;
        }
    gh_neighbour_scale(s->n, s->d, rows, scale);
    gh_evaluate_order(settings->seed, GH_EVALUATE_CENTRES, s->n, s->n, s->row);
    for (int64_t i = 0; i < s->n; i++) s->is_data[i] = s->row[i] < s->n_data;
    for (int64_t k = 0; k < s->d; k++)
        for (int64_t i = 0; i < s->n; i++) s->columns[k * s->n + i] = isinf(scale[k]) ? 0 : (float)(rows[s->row[i] * s->d + k] / scale[k]);
cleanup:
    gh_free(hooks, rows);
    gh_free(hooks, scale);
    return status;
}

/* Squared distances of all points from point `from`. */
GH_CLONES static void distances(const search *s, int64_t from, float *square)
{
    memset(square, 0, (size_t)s->n * sizeof *square);
    for (int64_t k = 0; k < s->d; k++) {
        const float *column = s->columns + k * s->n, at = column[from];
#pragma omp simd
        for (int64_t i = 0; i < s->n; i++) square[i] += (column[i] - at) * (column[i] - at);
    }
}

/* order[0..most-1] = the nearest points, sorted; ties by number, so that the result is the same everywhere. */
static int closer(const float *square, uint32_t a, uint32_t b)
{
    const float first = square[a], second = square[b];
    return first < second || (first == second && a < b);
}

static void sift(const float *square, uint32_t *heap, int64_t n, int64_t at)
{
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && closer(square, heap[child], heap[child + 1])) child++;
        if (!closer(square, heap[at], heap[child])) return;
        uint32_t swap = heap[at];
        heap[at] = heap[child], heap[child] = swap;
    }
}

/* A heap with the farthest on top takes the points in; taking them out again sorts them. */
static void nearest(const float *square, int64_t n, int64_t most, uint32_t *heap)
{
    for (int64_t i = 0; i < most; i++) heap[i] = (uint32_t)i;
    for (int64_t i = most / 2; i-- > 0;) sift(square, heap, most, i);
    for (int64_t i = most; i < n; i++)
        if (square[i] < square[heap[0]]) {
            heap[0] = (uint32_t)i;
            sift(square, heap, most, 0);
        }
    for (int64_t i = most - 1; i > 0; i--) {
        uint32_t swap = heap[0];
        heap[0] = heap[i], heap[i] = swap;
        sift(square, heap, i, 0);
    }
}

static gh_status find_nearest(const gh_hooks *hooks, search *s)
{
    gh_status status;
    float *square = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &square, s->n, sizeof *square));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->nearest, s->centres * s->most, sizeof *s->nearest));
    for (int64_t c = 0; c < s->centres; c++) {
        distances(s, c, square);
        nearest(square, s->n, s->most, s->nearest + c * s->most);
    }
cleanup:
    gh_free(hooks, square);
    return status;
}

static gh_status sort_columns(const gh_hooks *hooks, search *s)
{
    gh_status status;
    double *column = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &column, s->n, sizeof *column));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->along, s->d * s->n, sizeof *s->along));
    for (int64_t k = 0; k < s->d; k++) {
        uint32_t *own = s->along + k * s->n;
        for (int64_t i = 0; i < s->n; i++) {
            column[i] = (double)s->columns[k * s->n + i];
            own[i] = (uint32_t)i;
        }
        GH_TRY_CLEANUP(gh_sort_doubles(hooks, s->n, column, own)); /* stable: equal points keep their random order */
    }
cleanup:
    gh_free(hooks, column);
    return status;
}

typedef struct excess {
    double z;
    int64_t axis, at, size, inside; /* at: centre of the pool, or where a window of the axis begins; axis -1: all columns */
} excess;

/* What points out of n may hold c data points by chance. */
static double significance(const search *s, int64_t points, int64_t c)
{
    const double n = (double)s->n, p = (double)s->n_data / n, K = (double)points;
    return ((double)c - K * p) / sqrt(K * p * (1 - p) * (n - K) / (n - 1));
}

static void largest_near(const search *s, const gh_bump_settings *settings, const unsigned char *is_data, excess *best)
{
    for (int64_t c = 0; c < s->centres; c++) {
        const uint32_t *own = s->nearest + c * s->most;
        int64_t count = 0, at = 0;
        for (int64_t k = 0; k < settings->sizes; k++) {
            for (; at < settings->size[k]; at++) count += is_data[own[at]];
            const double z = significance(s, settings->size[k], count);
            if (z > best->z) *best = (excess){z, -1, c, settings->size[k], count};
        }
    }
}

/* before (n+1): room for the number of data points in front of each place. */
static void largest_along(const search *s, const gh_bump_settings *settings, const unsigned char *is_data, int32_t *before, excess *best)
{
    for (int64_t k = 0; k < s->d; k++) {
        const uint32_t *own = s->along + k * s->n;
        if (s->columns[k * s->n + own[0]] == s->columns[k * s->n + own[s->n - 1]]) continue; /* constant: no order to look along */
        before[0] = 0;
        for (int64_t i = 0; i < s->n; i++) before[i + 1] = before[i] + is_data[own[i]];
        for (int64_t j = 0; j < settings->axis_sizes; j++) {
            const int64_t K = settings->axis_size[j], step = K / 8 > 1 ? K / 8 : 1;
            for (int64_t from = 0; from + K <= s->n; from += step) {
                const double z = significance(s, K, before[from + K] - before[from]);
                if (z > best->z) *best = (excess){z, k, from, K, before[from + K] - before[from]};
            }
        }
    }
}

static excess largest(const search *s, const gh_bump_settings *settings, const unsigned char *is_data, int32_t *before)
{
    excess best = {-INFINITY, -1, 0, 0, 0};
    if (s->nearest) largest_near(s, settings, is_data, &best);
    if (s->along) largest_along(s, settings, is_data, before, &best);
    return best;
}

/* Labels in a random order: as many data points as before. */
static void shuffle(gh_rng *rng, int64_t round, int64_t n, unsigned char *labels)
{
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t j = (int64_t)(gh_rng_uniform(rng, round, i) * (double)(i + 1));
        unsigned char swap = labels[i];
        labels[i] = labels[j], labels[j] = swap;
    }
}

static void describe(const search *s, const excess *found, genhep_overdensity *result)
{
    const uint32_t *inside = found->axis < 0 ? s->nearest + found->at * s->most : s->along + found->axis * s->n + found->at;
    const int64_t centre = found->axis < 0 ? found->at : inside[found->size / 2];
    const uint32_t ends[2] = {inside[found->size - 1], found->axis < 0 ? inside[found->size - 1] : inside[0]};
    double radius = 0;
    for (int e = 0; e < 2; e++) {
        double square = 0;
        for (int64_t k = found->axis < 0 ? 0 : found->axis; k < (found->axis < 0 ? s->d : found->axis + 1); k++) {
            const double step = (double)s->columns[k * s->n + ends[e]] - (double)s->columns[k * s->n + centre];
            square += step * step;
        }
        radius = fmax(radius, sqrt(square));
    }
    result->significance = found->z;
    result->centre_is_data = s->is_data[centre];
    result->centre = s->row[centre] - (result->centre_is_data ? 0 : s->n_data);
    result->neighbours = found->size;
    result->inside = found->inside;
    result->expected = (double)found->size * (double)s->n_data / (double)s->n;
    result->radius = radius;
    result->axis = found->axis;
}

gh_status gh_overdensity(const gh_hooks *hooks, const gh_bump_settings *settings, int64_t n_data, const double *data,
                         int64_t n_reference, const double *reference, int64_t d, genhep_overdensity *result)
{
    gh_status status;
    search s = {.n = n_data + n_reference, .d = d, .n_data = n_data, .most = settings->sizes ? settings->size[settings->sizes - 1] : 0};
    gh_rng rng = gh_rng_make(settings->seed, GH_RANDOM_EVALUATE, GH_EVALUATE_PERMUTE);
    unsigned char *labels = NULL;
    int32_t *before = NULL;
    int64_t above = 0;
    s.centres = settings->centres < s.n ? settings->centres : s.n;
    GH_TRY_CLEANUP(pool(hooks, settings, &s, data, reference));
    if (settings->sizes) GH_TRY_CLEANUP(find_nearest(hooks, &s));
    if (settings->axis_sizes) GH_TRY_CLEANUP(sort_columns(hooks, &s));
    GH_TRY_CLEANUP(gh_alloc(hooks, &labels, s.n, 1));
    GH_TRY_CLEANUP(gh_alloc(hooks, &before, s.n + 1, sizeof *before));
    memcpy(labels, s.is_data, (size_t)s.n);
    const excess found = largest(&s, settings, s.is_data, before);
    if (!found.size) {
        status = gh_fail(GENHEP_E_NUMERIC, "no column varies: nothing to look along");
        goto cleanup;
    }
    for (int64_t round = 0; round < settings->permutations; round++) {
        shuffle(&rng, round, s.n, labels);
        above += largest(&s, settings, labels, before).z >= found.z;
    }
    result->p_value = (double)(1 + above) / (double)(1 + settings->permutations);
    describe(&s, &found, result);
cleanup:
    search_free(hooks, &s);
    gh_free(hooks, labels);
    gh_free(hooks, before);
    return status;
}
