/* quantiles.h -- empirical quantile functions on a grid of normal quantiles. */
#ifndef GH_QUANTILES_H
#define GH_QUANTILES_H

#include "base/memory.h"

typedef struct gh_weighted {
    double x, w;
} gh_weighted;

/** Sort `values` (n >= 1, weights of at least 0 with a positive sum) and fill out[k], k < knots: the value below which lies the
 * share Phi(z_k), z_k equidistant on [-z_max, z_max], by the mid-point rule with linear interpolation. extremes: the first and
 * last knot are the smallest and largest value. */
void gh_quantiles(gh_weighted *values, int64_t n, int64_t knots, double z_max, int extremes, double *out);

#endif
