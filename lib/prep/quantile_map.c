/* quantile_map.c -- each coordinate to a standard normal through its empirical distribution.
 *   knots z_k = -4.3 + k h, k = 0..K-1, h = 8.6 / (K - 1)
 *   q_k = the quantile of the data at Phi(z_k), q_0 and q_{K-1} the extremes
 *   x = q_k + (z - z_k) / h * (q_{k+1} - q_k) between knots, values outside are moved to the ends
 *   log |dz/dx| = log h - log(q_{k+1} - q_k), 0 on a plateau (a value that fills whole segments)
 * The inverse needs no search because z_k are equidistant. A plateau is one value: the inverse gives that value
 * anywhere on it, forward maps it to the middle. Weighted rows stand at their cumulative weight, row i of the sorted
 * data at
 *   c_i = (S_i - (w_i + w_0) / 2) / (W - (w_0 + w_{n-1}) / 2),  S_i = w_0 + ... + w_i,  i / (n - 1) for unit weights,
 * with linear interpolation. Negative weights make S fall here and there; its running maximum is used, and a fall
 * beyond five standard deviations (5 sqrt(sum of w^2)) is refused, because then no distribution function is behind
 * it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/normal.h"
#include "prep/panel.h"
#include "prep/quantile_knots.h"
#include "prep/stage.h"

#define EDGE GH_QUANTILE_EDGE

typedef struct quantiles {
    int64_t count, knots;
    const int64_t *columns;
    const double *values; /* (count, knots) */
    double inverse_step;
} quantiles;

typedef struct weighted {
    double x, w;
} weighted;

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int compare_weighted(const void *a, const void *b)
{
    double x = ((const weighted *)a)->x, y = ((const weighted *)b)->x;
    return (x > y) - (x < y);
}

static double knot_level(int64_t k, int64_t knots)
{
    return gh_normal_cdf(-EDGE + 2 * EDGE * (double)k / (double)(knots - 1));
}

static gh_status knots_plain(const gh_hooks *hooks, const double *x, int64_t n, int64_t knots, double *q)
{
    double *sorted;
    GH_TRY(gh_alloc(hooks, &sorted, n, sizeof *sorted));
    memcpy(sorted, x, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_double);
    for (int64_t k = 0; k < knots; k++) {
        double place = knot_level(k, knots) * (double)(n - 1);
        int64_t i = (int64_t)place;
        if (i > n - 2) i = n - 2;
        q[k] = n < 2 ? sorted[0] : sorted[i] + (place - (double)i) * (sorted[i + 1] - sorted[i]);
    }
    q[0] = sorted[0];
    q[knots - 1] = sorted[n - 1];
    gh_free(hooks, sorted);
    return GENHEP_OK;
}

/* `rows` are sorted; w becomes the level c_i, made monotone. */
static gh_status weighted_levels(weighted *rows, int64_t n, const gh_stage *stage, const char *name)
{
    double total = 0, square = 0, sum = 0, top = 0, fall = 0;
    for (int64_t i = 0; i < n; i++) total += rows[i].w, square += rows[i].w * rows[i].w;
    double first = 0.5 * rows[0].w, range = total - first - 0.5 * rows[n - 1].w;
    if (n == 1) range = total;
    if (!(total > 0 && range > 0))
        GH_FAIL(GENHEP_E_NUMERIC,
                "prep: stage '%s', coordinate '%.120s': the weights add up to %g, expected a positive sum",
                stage->type->name, name, total);
    for (int64_t i = 0; i < n; i++) {
        double level = (sum + 0.5 * rows[i].w - first) / range;
        sum += rows[i].w;
        if (level > top) top = level;
        if (top - level > fall) fall = top - level;
        rows[i].w = top;
    }
    if (fall > 5 * sqrt(square) / total)
        GH_FAIL(GENHEP_E_NUMERIC,
                "prep: stage '%s', coordinate '%.120s': the cumulative weight falls by %.3g of the total, the weights "
                "allow %.3g",
                stage->type->name, name, fall, 5 * sqrt(square) / total);
    return GENHEP_OK;
}

static gh_status knots_weighted(const gh_stage *stage, const char *name, const double *x, const double *weights, int64_t n,
                                int64_t knots, double *q)
{
    int64_t i = 0;
    weighted *rows;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_alloc(&stage->hooks, &rows, n, sizeof *rows));
    for (int64_t k = 0; k < n; k++) rows[k].x = x[k], rows[k].w = weights[k];
    qsort(rows, (size_t)n, sizeof *rows, compare_weighted);
    GH_TRY_CLEANUP(weighted_levels(rows, n, stage, name));
    for (int64_t k = 0; k < knots; k++) {
        double level = knot_level(k, knots);
        while (i < n - 1 && rows[i].w < level) i++; /* first row at or above the level */
        double rise = i > 0 ? rows[i].w - rows[i - 1].w : 0;
        double share = rise > 0 ? (level - rows[i - 1].w) / rise : 1;
        q[k] = i > 0 ? rows[i - 1].x + gh_clamp(share, 0, 1) * (rows[i].x - rows[i - 1].x) : rows[0].x;
    }
    q[0] = rows[0].x;
    q[knots - 1] = rows[n - 1].x;
cleanup:
    gh_free(&stage->hooks, rows);
    return status;
}

gh_status gh_quantile_knots(const gh_stage *stage, const char *name, const double *x, const double *weights, int64_t n,
                            int64_t knots, double *q)
{
    if (weights) GH_TRY(knots_weighted(stage, name, x, weights, n, knots, q));
    else GH_TRY(knots_plain(&stage->hooks, x, n, knots, q));
    for (int64_t j = 1; j < knots; j++) /* interpolation may lose the last bit of the order */
        if (q[j] < q[j - 1]) q[j] = q[j - 1];
    return GENHEP_OK;
}

gh_status gh_quantile_check(const gh_stage *stage, const char *name, const double *q, int64_t knots)
{
    for (int64_t k = 0; k < knots; k++)
        if (!isfinite(q[k]) || (k && q[k] < q[k - 1]))
            GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s': knot %lld of '%.120s' is out of order", stage->type->name, (long long)k, name);
    return GENHEP_OK;
}

static gh_status quantile_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, count, knots = gh_option_int(fit->options, "prep.knots");
    double *q = NULL;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &q, count * knots, sizeof *q));
    for (int64_t k = 0; k < count; k++) {
        const double *x = fit->columns + indices[k] * fit->n;
        GH_TRY_CLEANUP(gh_quantile_knots(stage, stage->names[indices[k]], x, fit->weights, fit->n, knots, q + k * knots));
    }
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, count));
    int64_t dims[2] = {count, knots};
    GH_TRY_CLEANUP(gh_archive_put(&stage->constants, "quantiles", GH_F64, 2, dims, q));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, q);
    return status;
}

static gh_status quantile_build(gh_stage *stage)
{
    quantiles *s;
    const gh_entry *entry;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    int64_t dims[2] = {s->count, -1};
    GH_TRY(gh_archive_get(&stage->constants, "quantiles", GH_F64, 2, dims, &entry));
    s->knots = entry->dims[1];
    s->values = entry->data;
    if (s->knots < 2 || s->knots > GH_QUANTILE_MOST_KNOTS)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'quantile': %lld knots, expected 2 to 1000001", (long long)s->knots);
    for (int64_t k = 0; k < s->count; k++)
        GH_TRY(gh_quantile_check(stage, stage->names[s->columns[k]], s->values + k * s->knots, s->knots));
    if (stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'quantile' has width %lld behind it, expected %lld",
                (long long)stage->width_out, (long long)stage->width_in);
    s->inverse_step = (double)(s->knots - 1) / (2 * EDGE);
    return GENHEP_OK;
}

/* Number of q that are below x (strict), or not above it. */
static int64_t count_below(const double *q, int64_t knots, double x, int or_equal)
{
    int64_t low = 0, high = knots;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (q[middle] < x || (or_equal && q[middle] == x)) low = middle + 1;
        else high = middle;
    }
    return low;
}

double gh_quantile_forward(const double *q, int64_t knots, double x, double *log_slope)
{
    const double step = 2 * EDGE / (double)(knots - 1);
    int64_t last = knots - 1, below = count_below(q, knots, x, 0);
    *log_slope = 0;
    if (below > last || (below == 0 && q[0] > x)) { /* outside: to the end, with the slope there */
        int64_t k = below > last ? last - 1 : 0;
        double width = q[k + 1] - q[k];
        if (width > 0) *log_slope = log(step / width);
        return below > last ? EDGE : -EDGE;
    }
    if (q[below] == x) {
        int64_t upper = count_below(q, knots, x, 1) - 1;
        if (upper > below) return -EDGE + step * 0.5 * (double)(below + upper); /* plateau */
        int64_t k = below < last ? below : last - 1;
        *log_slope = log(step / (q[k + 1] - q[k]));
        return -EDGE + step * (double)below;
    }
    double width = q[below] - q[below - 1];
    *log_slope = log(step / width);
    return -EDGE + step * ((double)(below - 1) + (x - q[below - 1]) / width);
}

static gh_status quantile_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const quantiles *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL, *q = s->values + k * s->knots;
        double *y = out + s->columns[k] * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) {
            double log_slope, from = x[i];
            if (isnan(from))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], from, "expected a number");
            y[i] = gh_quantile_forward(q, s->knots, from, &log_slope);
            if (pass->log_jacobian) pass->log_jacobian[i] += log_slope;
        }
    }
    return GENHEP_OK;
}

GH_CLONES static void inverse_column(const double *z, double *x, const double *q, int64_t knots, double inverse_step)
{
    double top = (double)(knots - 1), last = (double)(knots - 2), low = q[0], high = q[knots - 1];
    for (int i = 0; i < GH_PANEL; i++) {
        double place = gh_clamp((z[i] + EDGE) * inverse_step, 0, top), floor_of = place < last ? place : last;
        int32_t k = (int32_t)floor_of;
        double a = q[k], b = q[k + 1], value = a + (place - (double)k) * (b - a);
        value = value < high ? value : high;
        x[i] = value > low ? value : low;
    }
}

static void quantile_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const quantiles *s = stage->state;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++)
        inverse_column(in + s->columns[k] * GH_PANEL, out + s->columns[k] * GH_PANEL, s->values + k * s->knots,
                       s->knots, s->inverse_step);
}

const gh_stage_class gh_stage_quantile = {"quantile",       1,   quantile_fit, quantile_build, quantile_forward,
                                          quantile_inverse, NULL};
