/* quantile_knots.h -- one quantile-to-normal map: its knots, forward, inverse. Shared by 'quantile' and 'quantile_by'.
 * Formulas: quantile_map.c. */
#ifndef GH_QUANTILE_KNOTS_H
#define GH_QUANTILE_KNOTS_H

#include "prep/panel.h"
#include "prep/stage.h"

#define GH_QUANTILE_EDGE 4.3
#define GH_QUANTILE_MOST_KNOTS 1000001

/** Knots q[0..knots-1] of n >= 1 numbers x with weights (NULL: ones); `name` stands in messages. Rising (not strictly). */
gh_status gh_quantile_knots(const gh_stage *stage, const char *name, const double *x, const double *weights, int64_t n,
                            int64_t knots, double *q);

/** GENHEP_E_FORMAT unless the knots are finite and never fall. */
gh_status gh_quantile_check(const gh_stage *stage, const char *name, const double *q, int64_t knots);

/** z of x, and log dz/dx. */
double gh_quantile_forward(const double *q, int64_t knots, double x, double *log_slope);

/** x of z; outside [-GH_QUANTILE_EDGE, GH_QUANTILE_EDGE] the end. */
static inline double gh_quantile_inverse(const double *q, int64_t knots, double z)
{
    double top = (double)(knots - 1), last = (double)(knots - 2);
    double place = gh_clamp((z + GH_QUANTILE_EDGE) * (top / (2 * GH_QUANTILE_EDGE)), 0, top);
    int64_t k = (int64_t)(place < last ? place : last);
    double value = q[k] + (place - (double)k) * (q[k + 1] - q[k]);
    value = value < q[knots - 1] ? value : q[knots - 1];
    return value > q[0] ? value : q[0];
}

#endif
