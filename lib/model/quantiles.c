/* quantiles.c -- empirical quantile functions on a grid of normal quantiles. */
#include "model/quantiles.h"

#include <stdlib.h>

#include "base/normal.h"

static int by_value(const void *a, const void *b)
{
    double x = ((const gh_weighted *)a)->x, y = ((const gh_weighted *)b)->x;
    return (x > y) - (x < y);
}

/* Entry i sits at (sum of weights before + w_i / 2) / total. */
void gh_quantiles(gh_weighted *v, int64_t n, int64_t knots, double z_max, int extremes, double *out)
{
    double total = 0, before = 0;
    qsort(v, (size_t)n, sizeof *v, by_value);
    for (int64_t i = 0; i < n; i++) total += v[i].w;
    int64_t i = 0;
    for (int64_t k = 0; k < knots; k++) {
        double z = -z_max + 2 * z_max * (double)k / (double)(knots - 1), target = gh_normal_cdf(z) * total;
        while (i + 1 < n && before + v[i].w + 0.5 * v[i + 1].w < target) before += v[i++].w;
        double here = before + 0.5 * v[i].w;
        if (i + 1 == n || target <= here) {
            out[k] = v[i].x;
        } else {
            double next = before + v[i].w + 0.5 * v[i + 1].w;
            out[k] = v[i].x + (v[i + 1].x - v[i].x) * (target - here) / (next - here);
        }
    }
    if (extremes) {
        out[0] = v[0].x;
        out[knots - 1] = v[n - 1].x;
    }
}
