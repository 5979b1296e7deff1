/* overdensity.c -- the largest excess among nearest neighbours, and its permutations. Tests: tests/unit/test_overdensity.c. */
#include "evaluate/overdensity.h"

#include <math.h>
#include <string.h>

#include "base/philox.h"
#include "base/real.h"
#include "evaluate/event_rows.h"
#include "evaluate/neighbours.h"

typedef struct search {
    int64_t n, d, n_data, centres, most; /* most: the largest number of neighbours */
    float *columns;     /* (d,n), scaled */
    int32_t *nearest;   /* (centres, most), by rising distance */
    float *radius;      /* (centres, sizes) */
    int64_t *centre;    /* points of the pool */
    unsigned char *is_data; /* n */
} search;

static void search_free(const gh_hooks *hooks, search *s)
{
    gh_free_aligned(hooks, s->columns);
    gh_free(hooks, s->nearest);
    gh_free(hooks, s->radius);
    gh_free(hooks, s->centre);
    gh_free(hooks, s->is_data);
}

static gh_status pool(const gh_hooks *hooks, search *s, const double *data, const double *reference)
{
    gh_status status;
    double *rows = NULL, *scale = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &rows, s->n * s->d, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &scale, s->d, sizeof *scale));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &s->columns, s->n * s->d, sizeof *s->columns));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->is_data, s->n, 1));
    memcpy(rows, data, (size_t)(s->n_data * s->d) * sizeof *rows);
    memcpy(rows + s->n_data * s->d, reference, (size_t)((s->n - s->n_data) * s->d) * sizeof *rows);
    memset(s->is_data, 1, (size_t)s->n_data);
    for (int64_t i = 0; i < s->n * s->d; i++)
        if (!isfinite(rows[i])) {
            const int64_t row = i / s->d;
            status = gh_fail(GENHEP_E_NUMERIC, "row %lld of the %s is not finite", (long long)(row < s->n_data ? row : row - s->n_data),
                             row < s->n_data ? "data" : "reference");
            goto cleanup;
        }
    gh_neighbour_scale(s->n, s->d, rows, scale);
    for (int64_t k = 0; k < s->d; k++)
        for (int64_t i = 0; i < s->n; i++) s->columns[k * s->n + i] = isinf(scale[k]) ? 0 : (float)(rows[i * s->d + k] / scale[k]);
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
static int closer(const float *square, int32_t a, int32_t b)
{
    const float first = square[a], second = square[b];
    return first < second || (first == second && a < b);
}

static void sift(const float *square, int32_t *heap, int64_t n, int64_t at)
{
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && closer(square, heap[child], heap[child + 1])) child++;
        if (!closer(square, heap[at], heap[child])) return;
        int32_t swap = heap[at];
        heap[at] = heap[child], heap[child] = swap;
    }
}

/* A heap with the farthest on top takes the points in; taking them out again sorts them. */
static void nearest(const float *square, int64_t n, int64_t most, int32_t *heap)
{
    for (int64_t i = 0; i < most; i++) heap[i] = (int32_t)i;
    for (int64_t i = most / 2; i-- > 0;) sift(square, heap, most, i);
    for (int64_t i = most; i < n; i++)
        if (square[i] < square[heap[0]]) {
            heap[0] = (int32_t)i;
            sift(square, heap, most, 0);
        }
    for (int64_t i = most - 1; i > 0; i--) {
        int32_t swap = heap[0];
        heap[0] = heap[i], heap[i] = swap;
        sift(square, heap, i, 0);
    }
}

static gh_status find_nearest(const gh_hooks *hooks, const gh_bump_settings *settings, search *s)
{
    gh_status status;
    int64_t *order = NULL;
    float *square = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &order, s->n, sizeof *order));
    GH_TRY_CLEANUP(gh_alloc(hooks, &square, s->n, sizeof *square));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->nearest, s->centres * s->most, sizeof *s->nearest));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->radius, s->centres * settings->sizes, sizeof *s->radius));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s->centre, s->centres, sizeof *s->centre));
    gh_evaluate_order(settings->seed, GH_EVALUATE_CENTRES, s->n, s->centres, order);
    for (int64_t c = 0; c < s->centres; c++) {
        int32_t *own = s->nearest + c * s->most;
        s->centre[c] = order[c];
        distances(s, order[c], square);
        nearest(square, s->n, s->most, own);
        for (int64_t k = 0; k < settings->sizes; k++) s->radius[c * settings->sizes + k] = sqrtf(square[own[settings->size[k] - 1]]);
    }
cleanup:
    gh_free(hooks, order);
    gh_free(hooks, square);
    return status;
}

typedef struct excess {
    double z;
    int64_t centre, size, inside; /* size: place in the list */
} excess;

static excess largest(const search *s, const gh_bump_settings *settings, const unsigned char *is_data)
{
    const double n = (double)s->n, p = (double)s->n_data / n;
    excess best = {-INFINITY, 0, 0, 0};
    for (int64_t c = 0; c < s->centres; c++) {
        const int32_t *own = s->nearest + c * s->most;
        int64_t count = 0, at = 0;
        for (int64_t k = 0; k < settings->sizes; k++) {
            const double K = (double)settings->size[k];
            for (; at < settings->size[k]; at++) count += is_data[own[at]];
            const double z = ((double)count - K * p) / sqrt(K * p * (1 - p) * (n - K) / (n - 1));
            if (z > best.z) best = (excess){z, c, k, count};
        }
    }
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

gh_status gh_overdensity(const gh_hooks *hooks, const gh_bump_settings *settings, int64_t n_data, const double *data,
                         int64_t n_reference, const double *reference, int64_t d, genhep_overdensity *result)
{
    gh_status status;
    search s = {.n = n_data + n_reference, .d = d, .n_data = n_data, .most = settings->size[settings->sizes - 1]};
    gh_rng rng = gh_rng_make(settings->seed, GH_RANDOM_EVALUATE, GH_EVALUATE_PERMUTE);
    unsigned char *labels = NULL;
    int64_t above = 0;
    s.centres = settings->centres < s.n ? settings->centres : s.n;
    GH_TRY_CLEANUP(pool(hooks, &s, data, reference));
    GH_TRY_CLEANUP(find_nearest(hooks, settings, &s));
    GH_TRY_CLEANUP(gh_alloc(hooks, &labels, s.n, 1));
    memcpy(labels, s.is_data, (size_t)s.n);
    const excess found = largest(&s, settings, s.is_data);
    for (int64_t round = 0; round < settings->permutations; round++) {
        shuffle(&rng, round, s.n, labels);
        above += largest(&s, settings, labels).z >= found.z;
    }
    result->p_value = (double)(1 + above) / (double)(1 + settings->permutations);
    result->significance = found.z;
    result->centre_is_data = s.is_data[s.centre[found.centre]];
    result->centre = s.centre[found.centre] - (result->centre_is_data ? 0 : n_data);
    result->neighbours = settings->size[found.size];
    result->inside = found.inside;
    result->expected = (double)result->neighbours * (double)n_data / (double)s.n;
    result->radius = (double)s.radius[found.centre * settings->sizes + found.size];
cleanup:
    search_free(hooks, &s);
    gh_free(hooks, labels);
    return status;
}
