/* grid.c -- drawing from the importance grid of VEGAS, and moving its edges. Tests: tests/unit/test_integrate_parts.c. */
#include "integrate/grid.h"

#include <math.h>
#include <string.h>

gh_status gh_grid_create(const gh_hooks *hooks, int64_t d, int64_t bins, gh_grid *grid)
{
    gh_status status;
    memset(grid, 0, sizeof *grid);
    grid->hooks = *hooks;
    grid->d = d;
    grid->bins = bins;
    GH_TRY_CLEANUP(gh_alloc(hooks, &grid->edges, d * (bins + 1), sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &grid->moved, bins + 1, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &grid->square, d * bins, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &grid->count, d * bins, sizeof(double)));
    gh_grid_reset(grid);
cleanup:
    if (status) gh_grid_free(grid);
    return status;
}

void gh_grid_reset(gh_grid *grid)
{
    for (int64_t j = 0; j < grid->d; j++)
        for (int64_t k = 0; k <= grid->bins; k++) grid->edges[j * (grid->bins + 1) + k] = (double)k / (double)grid->bins;
}

void gh_grid_free(gh_grid *grid)
{
    gh_free(&grid->hooks, grid->edges);
    gh_free(&grid->hooks, grid->moved);
    gh_free(&grid->hooks, grid->square);
    gh_free(&grid->hooks, grid->count);
    grid->edges = grid->moved = grid->square = grid->count = NULL;
}

void gh_grid_uniform(const gh_rng *rng, int64_t first, int64_t n, int64_t d, double *u)
{
    double pair[2 * 128];
    for (int64_t start = 0; start < n; start += 128) {
        const int64_t rows = n - start < 128 ? n - start : 128;
        for (int64_t j = 0; j < d; j += 2) {
            gh_rng_uniform_pairs(rng, first + start, rows, (uint32_t)(j / 2), pair);
            for (int64_t i = 0; i < rows; i++) {
                u[(start + i) * d + j] = pair[2 * i];
                if (j + 1 < d) u[(start + i) * d + j + 1] = pair[2 * i + 1];
            }
        }
    }
}

void gh_grid_draw(const gh_grid *grid, const gh_rng *rng, int64_t first, int64_t n, double *u, double *density)
{
    const int64_t d = grid->d, bins = grid->bins;
    gh_grid_uniform(rng, first, n, d, u);
    for (int64_t i = 0; i < n; i++) {
        double volume = 1;
        for (int64_t j = 0; j < d; j++) {
            const double at = u[i * d + j] * (double)bins;
            int64_t k = (int64_t)at;
            if (k >= bins) k = bins - 1;
            const double *edge = grid->edges + j * (bins + 1) + k, width = edge[1] - edge[0];
            u[i * d + j] = edge[0] + (at - (double)k) * width;
            volume *= (double)bins * width;
        }
        density[i] = 1 / volume;
    }
}

/* The interval that holds u: edges[k] <= u < edges[k+1]. */
static int64_t find(const double *edges, int64_t bins, double u)
{
    int64_t low = 0, high = bins;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (edges[middle] <= u) low = middle;
        else high = middle;
    }
    return low;
}

void gh_grid_note(gh_grid *grid, int64_t n, const double *u, const double *weights)
{
    const int64_t d = grid->d, bins = grid->bins;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) {
            const int64_t at = j * bins + find(grid->edges + j * (bins + 1), bins, u[i * d + j]);
            grid->square[at] += weights[i] * weights[i];
            grid->count[at]++;
        }
}

/* Mean squared weights, smoothed over neighbours and damped: ((1 - r) / log(1/r))^alpha. @return their sum */
static double importances(const gh_grid *grid, int64_t j, double alpha, double *d)
{
    const int64_t bins = grid->bins;
    const double *square = grid->square + j * bins, *count = grid->count + j * bins;
    double sum = 0, damped = 0;
    for (int64_t k = 0; k < bins; k++) {
        double left = k > 0 ? square[k - 1] / fmax(count[k - 1], 1) : 0, right = k + 1 < bins ? square[k + 1] / fmax(count[k + 1], 1) : 0;
        double middle = square[k] / fmax(count[k], 1);
        d[k] = bins == 1 ? middle : k == 0 ? (7 * middle + right) / 8 : k + 1 == bins ? (left + 7 * middle) / 8 : (left + 6 * middle + right) / 8;
        sum += d[k];
    }
    if (!(sum > 0) || !isfinite(sum)) return 0;
    for (int64_t k = 0; k < bins; k++) {
        const double r = d[k] / sum;
        d[k] = r <= 0 ? 0 : r >= 1 ? 1 : pow((1 - r) / log(1 / r), alpha);
        damped += d[k];
    }
    return damped;
}

void gh_grid_adapt(gh_grid *grid, double alpha)
{
    const int64_t bins = grid->bins;
    for (int64_t j = 0; j < grid->d; j++) {
        double *edges = grid->edges + j * (bins + 1), *d = grid->square + j * bins, *new = grid->moved;
        const double total = importances(grid, j, alpha, grid->moved); /* reads neighbours, so it does not write in place */
        if (!(alpha > 0) || !(total > 0)) continue;
        memcpy(d, grid->moved, (size_t)bins * sizeof *d);
        const double share = total / (double)bins;
        double held = 0; /* of the old intervals up to k, not yet given to a new one */
        int64_t k = -1;
        new[0] = 0;
        for (int64_t i = 1; i < bins; i++) {
            while (held < share && k + 1 < bins) held += d[++k];
            held -= share;
            new[i] = edges[k + 1] - (d[k] > 0 ? held / d[k] : 0) * (edges[k + 1] - edges[k]);
            if (!(new[i] > new[i - 1])) new[i] = nextafter(new[i - 1], 2);
        }
        new[bins] = 1;
        int rising = 1;
        for (int64_t i = 0; i < bins; i++) rising &= new[i] < new[i + 1];
        if (rising) memcpy(edges, new, (size_t)(bins + 1) * sizeof *edges);
    }
    memset(grid->square, 0, (size_t)(grid->d * bins) * sizeof *grid->square);
    memset(grid->count, 0, (size_t)(grid->d * bins) * sizeof *grid->count);
}
