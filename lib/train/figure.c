/* figure.c -- chi2/ndf of generated against validation rows in the prepared coordinates and their pairs. */
#include "train/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/calibration.h"

enum { BINS = 40, MOST_PAIRS = 8192, SOME_PAIRS = 1024 };

/* Pairs that are looked at: all of them, or of very many some, evenly spread. */
static int64_t pairs_of(int64_t P)
{
    const int64_t all = P * (P - 1) / 2;
    return all > MOST_PAIRS ? SOME_PAIRS : all;
}

/* Projection k: the first P are coordinates, then for every pair i < j looked at the sum and the difference, then those of every
 * coordinate and condition. Row r has the conditions of row r modulo n_conditions. */
static void project(const gh_real *rows, int64_t n, int64_t P, const gh_real *conditions, int64_t n_conditions, int64_t Q, int64_t k,
                    double *out)
{
    const int64_t pairs = pairs_of(P), behind = P + 2 * pairs;
    if (k >= behind) {
        int64_t i = (k - behind) / 2 / Q, j = (k - behind) / 2 % Q;
        double sign = (k - behind) % 2 ? -1 : 1;
        for (int64_t r = 0; r < n; r++)
            out[r] = (double)rows[r * P + i] + sign * (double)conditions[r % n_conditions * Q + j];
        return;
    }
    if (k < P) {
        for (int64_t r = 0; r < n; r++) out[r] = (double)rows[r * P + k];
        return;
    }
    int64_t pair = (k - P) / 2 * (P * (P - 1) / 2) / pairs, i = 0;
    while (pair >= P - 1 - i) pair -= P - 1 - i, i++;
    int64_t j = i + 1 + pair;
    double sign = (k - P) % 2 ? -1 : 1;
    for (int64_t r = 0; r < n; r++) out[r] = (double)rows[r * P + i] + sign * (double)rows[r * P + j];
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int64_t bin_of(const double *edges, double x)
{
    int64_t low = 0, high = BINS - 1; /* number of edges not above x */
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (edges[middle] <= x) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* weights (n_weights), of row r modulo n_weights */
static void fill(const double *edges, const double *x, const gh_real *weights, int64_t n_weights, int64_t n, double *counts,
                 double *variances)
{
    memset(counts, 0, BINS * sizeof *counts);
    memset(variances, 0, BINS * sizeof *variances);
    for (int64_t r = 0; r < n; r++) {
        int64_t b = bin_of(edges, x[r]);
        double w = weights ? (double)weights[r % n_weights] : 1;
        counts[b] += w;
        variances[b] += w * w;
    }
}

gh_status gh_figure_create(const gh_hooks *hooks, int64_t n, int64_t p, const gh_real *rows, int64_t q, const gh_real *conditions,
                           const gh_real *weights, int together, gh_figure *figure)
{
    gh_status status;
    double *x = NULL, *sorted = NULL;
    memset(figure, 0, sizeof *figure);
    figure->hooks = *hooks;
    figure->p = p;
    figure->q = q;
    figure->n = n;
    figure->conditions = conditions;
    figure->weights = weights;
    figure->projections = p + 2 * pairs_of(p) + (together ? 2 * p * q : 0);
    GH_TRY_CLEANUP(gh_alloc(hooks, &figure->edges, figure->projections * BINS, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &figure->counts, figure->projections * BINS, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &figure->variances, figure->projections * BINS, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &x, n, sizeof *x));
    GH_TRY_CLEANUP(gh_alloc(hooks, &sorted, n, sizeof *sorted));
    for (int64_t r = 0; r < n; r++) figure->total += weights ? (double)weights[r] : 1;
    for (int64_t k = 0; k < figure->projections; k++) {
        double *edges = figure->edges + k * BINS;
        project(rows, n, p, conditions, n, q, k, x);
        memcpy(sorted, x, (size_t)n * sizeof *x);
        qsort(sorted, (size_t)n, sizeof *sorted, ascending);
        for (int64_t b = 0; b + 1 < BINS; b++) edges[b] = sorted[(b + 1) * n / BINS];
        fill(edges, x, weights, n, n, figure->counts + k * BINS, figure->variances + k * BINS);
    }
cleanup:
    gh_free(hooks, x);
    gh_free(hooks, sorted);
    if (status) gh_figure_free(figure);
    return status;
}

void gh_figure_free(gh_figure *figure)
{
    if (!figure->edges && !figure->counts) return;
    gh_free(&figure->hooks, figure->edges);
    gh_free(&figure->hooks, figure->counts);
    gh_free(&figure->hooks, figure->variances);
    figure->edges = figure->counts = figure->variances = NULL;
}

/* x: scratch of n. total: of the n rows' weights. */
static double mean_chi2(const gh_figure *figure, int64_t n, const gh_real *rows, const gh_real *weights, double total, double *x)
{
    double counts[BINS], variances[BINS], sum = 0;
    for (int64_t k = 0; k < figure->projections; k++) {
        project(rows, n, figure->p, figure->conditions, figure->n, figure->q, k, x);
        fill(figure->edges + k * BINS, x, weights, figure->n, n, counts, variances);
        double chi2 = 0, ratio = figure->total / total;
        for (int64_t b = 0; b < BINS; b++) {
            double difference = figure->counts[k * BINS + b] - ratio * counts[b];
            double variance = figure->variances[k * BINS + b] + ratio * ratio * variances[b];
            if (variance > 0) chi2 += difference * difference / variance;
        }
        sum += chi2 / (BINS - 1);
    }
    return sum / (double)figure->projections;
}

gh_status gh_figure_compare(const gh_figure *figure, int64_t n, const gh_real *rows, double *value)
{
    double *x;
    GH_TRY(gh_alloc(&figure->hooks, &x, n, sizeof *x));
    *value = mean_chi2(figure, n, rows, NULL, (double)n, x);
    gh_free(&figure->hooks, x);
    return GENHEP_OK;
}

gh_status gh_figure_chi2(const gh_figure *figure, const genhep_model *model, int64_t seed, int64_t n, double *value)
{
    gh_status status;
    const gh_hooks *hooks = &figure->hooks;
    gh_real *rows = NULL;
    double *x = NULL, total;
    const gh_real *weights = NULL;
    int64_t drawn = (n + GH_BLOCK - 1) / GH_BLOCK * GH_BLOCK;
    if (!figure->q) {
        n = drawn;
    } else { /* whole passes over the validation rows, so that their conditions are met equally often */
        if (n > figure->n) n = (n + figure->n - 1) / figure->n * figure->n;
        drawn = (n + GH_BLOCK - 1) / GH_BLOCK * GH_BLOCK;
        weights = figure->weights;
    }
    total = (double)n;
    for (int64_t r = 0; weights && r < n; r++) total += (double)weights[r % figure->n] - 1;
    GH_TRY_CLEANUP(gh_alloc(hooks, &rows, drawn * figure->p, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &x, n, sizeof *x));
    GH_TRY_CLEANUP(gh_generate_rows(model, seed, drawn, figure->conditions, figure->n, rows));
    *value = mean_chi2(figure, n, rows, weights, total, x);
cleanup:
    gh_free(hooks, rows);
    gh_free(hooks, x);
    return status;
}
