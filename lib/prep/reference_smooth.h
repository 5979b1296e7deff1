/* reference_smooth.h -- a distribution that changes smoothly with several reference coordinates: prep.pairs = m(*): rate, mass, width.
 *
 * u is a coordinate through the distribution of all events. At reference coordinates r_1..r_V its distribution is
 *   P(u < t_k | r) = Phi(z_k(r)),   z_k(r) = sum_f c_kf phi_f(x),   x_v = 2 (r_v - lo_v)/(hi_v - lo_v) - 1 moved into [-1,1]
 * at thresholds t_k = -e + k h, h = 2 e/(K - 1), with phi all products of up to three of the x_v (with repetition). z_k is made to rise by h/1000 at
 * least; z(u) is linear between thresholds and goes on with slope 1 beyond them. So z is a standard normal at every r as far as cubic functions
 * say, and invertible. At a fixed threshold a sum of two fixed shapes, a peak and a continuum, changes smoothly with their shares; quantiles
 * do not, where one shape ends and the other begins.
 * Fitting: every threshold is a probit regression (Newton's method, a prior of one event) on cells of events with equal or close r.
 * Tests: tests/unit/test_smooth.c. */
#ifndef GH_REFERENCE_SMOOTH_H
#define GH_REFERENCE_SMOOTH_H

#include "prep/panel.h"
#include "prep/stage.h"

enum { GH_SMOOTH_KNOTS = 201, GH_SMOOTH_MOST = 6, GH_SMOOTH_MOST_TERMS = 84 };

typedef struct gh_smooth {
    int64_t variables;                                  /* V; 0: none, bins of one reference coordinate instead */
    int64_t place[GH_SMOOTH_MOST];                      /* among the reference coordinates */
    double low[GH_SMOOTH_MOST], high[GH_SMOOTH_MOST];   /* of the fit */
    double edge;                                        /* e */
    double *c;                                          /* (terms, GH_SMOOTH_KNOTS) */
} gh_smooth;

/** C(V + 3, 3), the terms of V variables. */
int64_t gh_smooth_terms(int64_t variables);

/** phi_f at a row of reference coordinates, in the order 1, x_1, x_1 x_1, x_1 x_1 x_1, x_1 x_1 x_2, ... , x_1 x_2, ... , x_2, ... */
void gh_smooth_features(const gh_smooth *smooth, const double *row, double *features);

/** z of u; *log_slope += log dz/du. */
double gh_smooth_forward(const gh_smooth *smooth, const double *row, double u, double *log_slope);
double gh_smooth_inverse(const gh_smooth *smooth, const double *row, double z);

/** Limits, edge and coefficients of a `smooth` whose variables are set, from n rows of u, reference coordinates (n,R) and weights (NULL: ones). */
gh_status gh_smooth_fit(const gh_hooks *hooks, gh_smooth *smooth, int64_t n, const double *u, const double *rows, int64_t R, const double *weights);

#endif
