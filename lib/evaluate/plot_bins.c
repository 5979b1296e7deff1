/* plot_bins.c -- bin edges and densities for plots. */
#include "evaluate/plot_bins.h"

#include <math.h>

enum { MOST_DISTINCT = 15 };

/* Edges half way between the values of a discrete observable, 0 when there are more than MOST_DISTINCT. */
static int64_t discrete_edges(const gh_sorted *truth, double *edges)
{
    double value[MOST_DISTINCT];
    int64_t count = 0;
    for (int64_t i = 0; i < truth->n; i = gh_sorted_rank(truth, truth->x[i])) {
        if (count == MOST_DISTINCT) return 0;
        value[count++] = truth->x[i];
    }
    if (count == 0) return 0;
    double half = count > 1 ? 0.5 * (value[1] - value[0]) : fmax(0.5, 1e-3 * fabs(value[0]));
    edges[0] = value[0] - half;
    for (int64_t k = 1; k < count; k++) edges[k] = 0.5 * (value[k - 1] + value[k]);
    edges[count] = value[count - 1] + (count > 1 ? 0.5 * (value[count - 1] - value[count - 2]) : half);
    return count;
}

int64_t gh_plot_edges(const gh_sorted *truth, double width, double *edges)
{
    int64_t count = discrete_edges(truth, edges);
    if (count > 0) return count;
    double low = gh_quantile(truth, 0.0005), high = gh_quantile(truth, 0.9995), middle = gh_quantile(truth, 0.5);
    if (width > 0) {
        low = fmax(low, middle - 10 * width);
        high = fmin(high, middle + 10 * width);
    }
    if (!(high > low)) { /* all but a few values are the same */
        low = fmin(low, truth->x[0]);
        high = fmax(high, truth->x[truth->n - 1]);
    }
    int logarithmic = low > 0 && high > 30 * low && high > 12 * middle;
    for (int64_t b = 0; b <= GH_PLOT_BINS; b++) {
        double share = (double)b / GH_PLOT_BINS;
        edges[b] = logarithmic ? low * pow(high / low, share) : low + (high - low) * share;
    }
    edges[GH_PLOT_BINS] = high;
    return GH_PLOT_BINS;
}

void gh_plot_density(const gh_sorted *sample, int64_t bins, const double *edges, double *density, double *error)
{
    int64_t from = gh_sorted_rank(sample, nextafter(edges[0], -INFINITY));
    for (int64_t b = 0; b < bins; b++) {
        int64_t to = gh_sorted_rank(sample, b + 1 < bins ? nextafter(edges[b + 1], -INFINITY) : edges[bins]);
        double squares, sum = gh_sorted_weight(sample, from, to, &squares),
                        norm = sample->total * (edges[b + 1] - edges[b]);
        density[b] = sum / norm;
        error[b] = sqrt(fmax(squares, 0)) / norm;
        from = to;
    }
}
