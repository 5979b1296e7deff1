/* bounded.c -- smooth maps of single coordinates with two constants a, b each.
 *   log        y = log(x - a)                      dy/dx = 1 / (x - a)          (b unused)
 *   logit      y = log((x - a) / (b - x))          dy/dx = (b - a) / ((x - a)(b - x))
 *   resonance  y = arctan((x^2 - a^2) / (a b))     dy/dx = 2 x a b / ((x^2 - a^2)^2 + a^2 b^2)   mass a, width b, x > 0
 * Inverses: x = a + e^y; x = a + (b - a) / (1 + e^-y); x = sqrt(a^2 + a b tan y). */
#include <math.h>

#include "prep/panel.h"
#include "prep/stage.h"

typedef struct bounded {
    int64_t count;
    const int64_t *columns;
    const double *a, *b;
} bounded;

static gh_status bounded_build(gh_stage *stage)
{
    bounded *s;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    GH_TRY(gh_stage_get(stage, "a", s->count, &s->a));
    GH_TRY(gh_stage_get(stage, "b", s->count, &s->b));
    if (stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s' has width %lld behind it, expected %lld", stage->type->name,
                (long long)stage->width_out, (long long)stage->width_in);
    return GENHEP_OK;
}

static gh_status bounded_store(gh_stage *stage, gh_fit *fit, const int64_t *indices, int64_t count, const double *a,
                               const double *b)
{
    GH_TRY(gh_map_layout(stage, fit, indices, count));
    GH_TRY(gh_stage_put(stage, "a", count, a));
    return gh_stage_put(stage, "b", count, b);
}

/* Smallest, largest and standard deviation (without weights: only margins depend on it). */
static void spread(const double *x, int64_t n, double *low, double *high, double *deviation)
{
    double sum = 0, square = 0;
    *low = *high = x[0];
    for (int64_t i = 0; i < n; i++) {
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
        sum += x[i];
    }
    for (int64_t i = 0; i < n; i++) square += (x[i] - sum / (double)n) * (x[i] - sum / (double)n);
    *deviation = sqrt(square / (double)n);
}

/* Numbers given apply to all selected coordinates; else `measure` finds them for each. */
typedef void (*bounds_fn)(const double *x, int64_t n, double *a, double *b);

static gh_status bounded_fit(gh_stage *stage, gh_fit *fit, int64_t numbers, bounds_fn measure, const char *usage)
{
    int64_t *indices = NULL, count = 0, given = 0, rest = 0;
    double *a = NULL, *b = NULL, values[2] = {0, 0};
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_arguments_numbers(stage, fit->arguments, values, 2, &given, &rest));
    if ((given && given != numbers) || (!given && !measure)) {
        status = gh_fail(GENHEP_E_OPTION, "prep: '%s(%.80s)' has %lld numbers, expected '%s'", stage->type->name,
                         fit->arguments->text, (long long)given, usage);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &a, count, sizeof *a));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &b, count, sizeof *b));
    for (int64_t k = 0; k < count; k++)
        if (given) a[k] = values[0], b[k] = values[1];
        else measure(fit->columns + indices[k] * fit->n, fit->n, &a[k], &b[k]);
    GH_TRY_CLEANUP(bounded_store(stage, fit, indices, count, a, b));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, a);
    gh_free(&stage->hooks, b);
    return status;
}

/* log: exactly log x where all are positive, else a lies below the minimum by 1 % of the deviation. */
static void log_bounds(const double *x, int64_t n, double *a, double *b)
{
    double low, high, deviation;
    spread(x, n, &low, &high, &deviation);
    *a = low > 0 ? 0 : low - (deviation > 0 ? 0.01 * deviation : 1);
    *b = 0;
}

static gh_status log_fit(gh_stage *stage, gh_fit *fit)
{
    return bounded_fit(stage, fit, 1, log_bounds, "log(columns)' or 'log(columns, lower)");
}

static gh_status log_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const bounded *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL;
        double *y = out + s->columns[k] * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) {
            double from = x[i], t = log(from - s->a[k]);
            if (!isfinite(t))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], from,
                                       "expected a number above the lower bound");
            y[i] = t;
            if (pass->log_jacobian) pass->log_jacobian[i] -= t;
        }
    }
    return GENHEP_OK;
}

static void log_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const bounded *s = stage->state;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++) {
        const double *y = in + s->columns[k] * GH_PANEL;
        double *x = out + s->columns[k] * GH_PANEL, a = s->a[k];
        for (int i = 0; i < GH_PANEL; i++) x[i] = a + gh_panel_exp(y[i]);
    }
}

/* logit: bounds outside the data by a thousandth of their range. */
static void logit_bounds(const double *x, int64_t n, double *a, double *b)
{
    double low, high, deviation;
    spread(x, n, &low, &high, &deviation);
    double margin = high > low ? 1e-3 * (high - low) : 1;
    *a = low - margin;
    *b = high + margin;
}

static gh_status logit_fit(gh_stage *stage, gh_fit *fit)
{
    return bounded_fit(stage, fit, 2, logit_bounds, "logit(columns)' or 'logit(columns, lower, upper)");
}

static gh_status logit_build(gh_stage *stage)
{
    GH_TRY(bounded_build(stage));
    const bounded *s = stage->state;
    for (int64_t k = 0; k < s->count; k++)
        if (!(s->a[k] < s->b[k]))
            GH_FAIL(GENHEP_E_OPTION, "prep: stage 'logit': the lower bound %g is not below the upper bound %g", s->a[k],
                    s->b[k]);
    return GENHEP_OK;
}

static gh_status logit_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const bounded *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL;
        double *y = out + s->columns[k] * GH_PANEL, a = s->a[k], b = s->b[k];
        for (int i = 0; i < GH_PANEL; i++) {
            double from = x[i], below = from - a, above = b - from;
            if (!(below > 0 && above > 0))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], from,
                                       "expected a number between the bounds");
            y[i] = log(below / above);
            if (pass->log_jacobian) pass->log_jacobian[i] += log((b - a) / below) - log(above);
        }
    }
    return GENHEP_OK;
}

static void logit_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const bounded *s = stage->state;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++) {
        const double *y = in + s->columns[k] * GH_PANEL;
        double *x = out + s->columns[k] * GH_PANEL, a = s->a[k], b = s->b[k];
        for (int i = 0; i < GH_PANEL; i++) x[i] = a + (b - a) / (1 + gh_panel_exp(-y[i]));
    }
}

static gh_status resonance_fit(gh_stage *stage, gh_fit *fit)
{
    return bounded_fit(stage, fit, 2, NULL, "resonance(columns, mass, width)");
}

static gh_status resonance_build(gh_stage *stage)
{
    GH_TRY(bounded_build(stage));
    const bounded *s = stage->state;
    for (int64_t k = 0; k < s->count; k++)
        if (!(s->a[k] > 0 && s->b[k] > 0))
            GH_FAIL(GENHEP_E_OPTION, "prep: stage 'resonance': mass %g and width %g, expected positive ones", s->a[k],
                    s->b[k]);
    return GENHEP_OK;
}

static gh_status resonance_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const bounded *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL;
        double *y = out + s->columns[k] * GH_PANEL, a = s->a[k], width = s->a[k] * s->b[k];
        for (int i = 0; i < GH_PANEL; i++) {
            double from = x[i], t = (from - a) * (from + a) / width;
            if (!(from > 0 && isfinite(t)))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], from, "expected a positive mass");
            y[i] = atan(t);
            if (pass->log_jacobian) pass->log_jacobian[i] += log(2 * from / width) - log1p(t * t);
        }
    }
    return GENHEP_OK;
}

static void resonance_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const bounded *s = stage->state;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++) {
        const double *y = in + s->columns[k] * GH_PANEL;
        double *x = out + s->columns[k] * GH_PANEL, a = s->a[k], width = s->a[k] * s->b[k];
        double low = atan(-a * a / width), high = atan((1e12 - a) * (1e12 + a) / width); /* masses 0 and 1e12 */
        for (int i = 0; i < GH_PANEL; i++) {
            double sine, cosine, square;
            gh_panel_sincos(gh_clamp(y[i], low, high), &sine, &cosine);
            square = a * a + width * sine / cosine;
            x[i] = sqrt(square > 0 ? square : 0);
        }
    }
}

const gh_stage_class gh_stage_log = {"log", 1, log_fit, bounded_build, log_forward, log_inverse, NULL};
const gh_stage_class gh_stage_logit = {"logit", 1, logit_fit, logit_build, logit_forward, logit_inverse, NULL};
const gh_stage_class gh_stage_resonance = {"resonance",       1,   resonance_fit, resonance_build, resonance_forward,
                                           resonance_inverse, NULL};
