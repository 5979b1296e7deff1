/* gbdt_bins.c -- cutting features into bins. */
#include "evaluate/gbdt_internal.h"
#include "evaluate/statistics.h"

#include <math.h>

gh_status gh_bin_edges_find(const gh_hooks *hooks, int64_t n, double *values, gh_bin_edges *edges)
{
    GH_TRY(gh_sort_doubles(hooks, n, values, NULL));
    edges->count = 0;
    int64_t distinct = n > 0;
    for (int64_t i = 1; i < n && distinct <= GH_GBDT_BINS; i++) distinct += values[i] > values[i - 1];
    if (distinct <= GH_GBDT_BINS) {
        for (int64_t i = 1; i < n; i++)
            if (values[i] > values[i - 1])
                edges->edge[edges->count++] = values[i - 1] + 0.5 * (values[i] - values[i - 1]);
        return GENHEP_OK;
    }
    for (int64_t b = 1; b < GH_GBDT_BINS; b++) { /* midpoint of the two order statistics around the quantile */
        double at = (double)b / GH_GBDT_BINS * (double)(n - 1);
        int64_t low = (int64_t)floor(at), high = (int64_t)ceil(at);
        double edge = values[low] + 0.5 * (values[high] - values[low]);
        if (edges->count == 0 || edge > edges->edge[edges->count - 1]) edges->edge[edges->count++] = edge;
    }
    return GENHEP_OK;
}

/* Branch-free binary search: number of edges below x. */
static inline uint8_t bin_of(const gh_bin_edges *edges, double x)
{
    const double *at = edges->edge;
    int64_t left = edges->count;
    while (left > 1) {
        int64_t half = left / 2;
        at = at[half - 1] < x ? at + half : at;
        left -= half;
    }
    return (uint8_t)(at - edges->edge + (left == 1 && *at < x));
}

void gh_bin_rows(const gh_bin_edges *edges, const gh_two_classes *data, const int64_t *rows, int64_t n, uint8_t *bins)
{
    for (int64_t f = 0; f < data->features; f++) {
        const double *first = data->columns[0][f], *second = data->columns[1][f];
        for (int64_t i = 0; i < n; i++) {
            int64_t r = rows[i];
            bins[f * n + i] = bin_of(&edges[f], r < data->n[0] ? first[r] : second[r - data->n[0]]);
        }
    }
}
