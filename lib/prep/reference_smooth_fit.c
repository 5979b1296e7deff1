/* reference_smooth_fit.c -- fitting the map of reference_smooth.h: cells of close reference coordinates, counts below every threshold, a probit
 * regression of each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/normal.h"
#include "linalg/cholesky.h"
#include "prep/quantile_knots.h"
#include "prep/reference_smooth.h"

enum {
    K = GH_SMOOTH_KNOTS,
    CELLS = 4096,     /* events of a cell: n over this, unless they share their reference coordinates */
    TAIL_EVENTS = 20, /* events a term beyond the outermost thresholds */
    STEPS = 30
};
static const double least_edge = 0.5, most_edge = 3.5;

typedef struct keyed {
    double key;
    int64_t i;
} keyed;

static int compare_keys(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->i > y->i) - (x->i < y->i);
}

typedef struct fitting {
    gh_smooth *smooth;
    int64_t n, R, F, cells;
    const double *u, *rows, *weights;
    keyed *order;    /* n: events, cell by cell */
    int64_t *ends;   /* n: where each cell ends */
    double *phi;     /* (cells, F): means of the terms */
    double *count;   /* cells: sums of weights */
    double *below;   /* (cells, K): weights below each threshold */
    double *hessian; /* (F, F) */
    double *step;    /* F */
} fitting;

static double value_of(const fitting *f, int64_t i, int64_t v)
{
    return f->rows[i * f->R + f->smooth->place[v]];
}

static void find_limits(fitting *f)
{
    for (int64_t v = 0; v < f->smooth->variables; v++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t i = 0; i < f->n; i++) low = fmin(low, value_of(f, i, v)), high = fmax(high, value_of(f, i, v));
        f->smooth->low[v] = low, f->smooth->high[v] = high;
    }
}

/* The variable in which events [from,to) of the order spread most, in units of all; -1 when they are all equal. */
static int64_t widest(const fitting *f, int64_t from, int64_t to)
{
    double most = 0;
    int64_t best = -1;
    for (int64_t v = 0; v < f->smooth->variables; v++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t k = from; k < to; k++) {
            const double x = value_of(f, f->order[k].i, v);
            low = fmin(low, x), high = fmax(high, x);
        }
        const double spread = (high - low) / (f->smooth->high[v] - f->smooth->low[v]);
        if (high > low && spread > most) most = spread, best = v;
    }
    return best;
}

/* Cut [from,to) in halves until a cell is small enough or all its events are at one place; equal values are not parted. */
static void cut_cells(fitting *f, int64_t from, int64_t to)
{
    while (to - from > f->n / CELLS) {
        const int64_t v = widest(f, from, to);
        if (v < 0) break;
        for (int64_t k = from; k < to; k++) f->order[k].key = value_of(f, f->order[k].i, v);
        qsort(f->order + from, (size_t)(to - from), sizeof *f->order, compare_keys);
        int64_t middle = from + (to - from) / 2, up = middle;
        while (up < to && f->order[up].key == f->order[middle - 1].key) up++;
        if (up < to) middle = up;
        else
            while (middle > from && f->order[middle - 1].key == f->order[middle].key) middle--;
        cut_cells(f, from, middle);
        from = middle;
    }
    f->ends[f->cells++] = to;
}

static void count_cells(fitting *f)
{
    const double step = 2 * f->smooth->edge / (K - 1);
    double features[GH_SMOOTH_MOST_TERMS];
    for (int64_t c = 0, k = 0; c < f->cells; c++) {
        double *below = f->below + c * K, *phi = f->phi + c * f->F;
        const int64_t size = f->ends[c] - k;
        for (; k < f->ends[c]; k++) {
            const int64_t i = f->order[k].i;
            const double w = f->weights ? f->weights[i] : 1;
            const double first = gh_clamp(floor((f->u[i] + f->smooth->edge) / step) + 1, 0, K); /* the first threshold above u */
            if (first < K) below[(int64_t)first] += w;
            f->count[c] += w;
            gh_smooth_features(f->smooth, f->rows + i * f->R, features);
            for (int64_t t = 0; t < f->F; t++) phi[t] += features[t] / (double)size;
        }
        for (int64_t b = 1; b < K; b++) below[b] += below[b - 1];
    }
}

/* One Newton step of threshold k from coefficients c; the largest change. `start`: what the prior expects of the constant. */
static double newton(fitting *f, int64_t k, double start, double *c)
{
    const int64_t F = f->F;
    double most = 0;
    for (int64_t t = 0; t < F; t++) {
        f->step[t] = (t ? 0 : start) - c[t];
        for (int64_t s = 0; s < F; s++) f->hessian[t * F + s] = s == t;
    }
    for (int64_t cell = 0; cell < f->cells; cell++) {
        const double *phi = f->phi + cell * F;
        double z = 0;
        for (int64_t t = 0; t < F; t++) z += phi[t] * c[t];
        double under, over; /* phi/Phi on both sides: the observed curvature of a probit is at most 1 an event however wrong z is */
        gh_normal_log_cdf(z, &under);
        gh_normal_log_cdf(-z, &over);
        const double below = f->below[cell * K + k], above = f->count[cell] - below, pull = below * under - above * over;
        const double curvature = fmax(below * under * (under + z) + above * over * (over - z), 0);
        for (int64_t t = 0; t < F; t++) {
            f->step[t] += pull * phi[t];
            for (int64_t s = 0; s <= t; s++) f->hessian[t * F + s] += curvature * phi[t] * phi[s];
        }
    }
    for (int64_t t = 0; t < F; t++)
        for (int64_t s = t + 1; s < F; s++) f->hessian[t * F + s] = f->hessian[s * F + t];
    gh_cholesky(F, f->hessian, 1e-4);
    gh_cholesky_solve(F, f->hessian, f->step);
    for (int64_t t = 0; t < F; t++) most = fmax(most, fabs(f->step[t]));
    for (int64_t t = 0; t < F; t++) c[t] += f->step[t] / fmax(1, most);
    return most;
}

static void regress(fitting *f)
{
    double total = 0, c[GH_SMOOTH_MOST_TERMS] = {0}; /* each threshold starts at the one before */
    for (int64_t cell = 0; cell < f->cells; cell++) total += f->count[cell];
    for (int64_t k = 0; k < K; k++) {
        double below = 0;
        for (int64_t cell = 0; cell < f->cells; cell++) below += f->below[cell * K + k];
        const double start = gh_clamp(gh_normal_quantile(below / total), -GH_QUANTILE_EDGE, GH_QUANTILE_EDGE);
        for (int step = 0; step < STEPS && newton(f, k, start, c) > 1e-6; step++) {}
        for (int64_t t = 0; t < f->F; t++) f->smooth->c[t * K + k] = c[t];
    }
}

gh_status gh_smooth_fit(const gh_hooks *hooks, gh_smooth *smooth, int64_t n, const double *u, const double *rows, int64_t R, const double *weights)
{
    gh_status status;
    fitting f = {.smooth = smooth, .n = n, .R = R, .F = gh_smooth_terms(smooth->variables), .u = u, .rows = rows, .weights = weights};
    const double share = TAIL_EVENTS * (double)f.F / (double)n;
    smooth->edge = share < 0.5 ? gh_clamp(-gh_normal_quantile(share), least_edge, most_edge) : least_edge;
    find_limits(&f);
    GH_TRY_CLEANUP(gh_alloc(hooks, &smooth->c, f.F * K, sizeof *smooth->c));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.order, n, sizeof *f.order));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.ends, n, sizeof *f.ends));
    for (int64_t i = 0; i < n; i++) f.order[i].i = i;
    cut_cells(&f, 0, n);
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.phi, f.cells * f.F, sizeof *f.phi));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.count, f.cells, sizeof *f.count));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.below, f.cells * K, sizeof *f.below));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.hessian, f.F * f.F, sizeof *f.hessian));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.step, f.F, sizeof *f.step));
    count_cells(&f);
    regress(&f);
cleanup:
    gh_free(hooks, f.order);
    gh_free(hooks, f.ends);
    gh_free(hooks, f.phi);
    gh_free(hooks, f.count);
    gh_free(hooks, f.below);
    gh_free(hooks, f.hessian);
    gh_free(hooks, f.step);
    return status;
}
