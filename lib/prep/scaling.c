/* scaling.c -- linear maps y = (x - shift) / scale of single coordinates: identity, maxabs, standardise, minmax, scale.
 *   log |dy/dx| = -log scale. A coordinate that is constant keeps scale 1 (and maxabs of zeros changes nothing). */
#include <math.h>

#include "prep/stage.h"

typedef struct linear {
    int64_t count;
    const int64_t *columns;
    const double *shift, *scale;
    double log_jacobian; /* of a row: the same for all */
} linear;

static gh_status linear_build(gh_stage *stage)
{
    linear *s;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    GH_TRY(gh_stage_get(stage, "shift", s->count, &s->shift));
    GH_TRY(gh_stage_get(stage, "scale", s->count, &s->scale));
    for (int64_t k = 0; k < s->count; k++) {
        if (!(s->scale[k] > 0))
            GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s': a scale is not positive", stage->type->name);
        s->log_jacobian -= log(s->scale[k]);
    }
    if (stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s' has width %lld behind it, expected %lld", stage->type->name,
                (long long)stage->width_out, (long long)stage->width_in);
    return GENHEP_OK;
}

static gh_status linear_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const linear *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL;
        double *y = out + s->columns[k] * GH_PANEL, shift = s->shift[k], scale = s->scale[k];
        for (int i = 0; i < GH_PANEL; i++) y[i] = (x[i] - shift) / scale;
        for (int64_t i = 0; i < pass->rows; i++)
            if (!isfinite(y[i]))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], x[i], "expected a finite number");
    }
    for (int i = 0; pass->log_jacobian && i < GH_PANEL; i++) pass->log_jacobian[i] += s->log_jacobian;
    return GENHEP_OK;
}

static void linear_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const linear *s = stage->state;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++) {
        const double *y = in + s->columns[k] * GH_PANEL;
        double *x = out + s->columns[k] * GH_PANEL, shift = s->shift[k], scale = s->scale[k];
        for (int i = 0; i < GH_PANEL; i++) x[i] = y[i] * scale + shift;
    }
}

/* Constants of one column. */
typedef gh_status (*measure_fn)(const gh_stage *stage, const gh_fit *fit, int64_t column, double *shift, double *scale);

static gh_status linear_fit(gh_stage *stage, gh_fit *fit, int64_t first, measure_fn measure)
{
    int64_t *indices = NULL, count;
    double *shift = NULL, *scale = NULL;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, first, &indices, &count));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &shift, count, sizeof *shift));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &scale, count, sizeof *scale));
    for (int64_t k = 0; k < count; k++) GH_TRY_CLEANUP(measure(stage, fit, indices[k], &shift[k], &scale[k]));
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, count));
    GH_TRY_CLEANUP(gh_stage_put(stage, "shift", count, shift));
    GH_TRY_CLEANUP(gh_stage_put(stage, "scale", count, scale));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, shift);
    gh_free(&stage->hooks, scale);
    return status;
}

static gh_status measure_maxabs(const gh_stage *stage, const gh_fit *fit, int64_t column, double *shift, double *scale)
{
    const double *x = fit->columns + column * fit->n;
    double most = 0;
    (void)stage;
    for (int64_t i = 0; i < fit->n; i++) most = fabs(x[i]) > most ? fabs(x[i]) : most;
    *shift = 0;
    *scale = most > 0 ? most : 1;
    return GENHEP_OK;
}

/* Weighted mean and deviation, two passes. */
static gh_status measure_standardise(const gh_stage *stage, const gh_fit *fit, int64_t column, double *shift,
                                     double *scale)
{
    const double *x = fit->columns + column * fit->n, *w = fit->weights;
    double total = 0, sum = 0, square = 0, low = x[0], high = x[0];
    for (int64_t i = 0; i < fit->n; i++) {
        total += w ? w[i] : 1;
        sum += (w ? w[i] : 1) * (x[i] - x[0]);
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    *shift = x[0];
    *scale = 1;
    if (low == high) return GENHEP_OK;
    if (!(total > 0))
        GH_FAIL(GENHEP_E_NUMERIC, "prep: stage '%s': the weights add up to %g, expected a positive sum",
                stage->type->name, total);
    *shift = x[0] + sum / total;
    for (int64_t i = 0; i < fit->n; i++) square += (w ? w[i] : 1) * (x[i] - *shift) * (x[i] - *shift);
    if (!(square > 0))
        GH_FAIL(GENHEP_E_NUMERIC,
                "prep: stage '%s': coordinate '%.120s' has the weighted variance %g, expected a positive one",
                stage->type->name, stage->names[column], square / total);
    *scale = sqrt(square / total);
    return GENHEP_OK;
}

static gh_status measure_minmax(const gh_stage *stage, const gh_fit *fit, int64_t column, double *shift, double *scale)
{
    const double *x = fit->columns + column * fit->n;
    double low = x[0], high = x[0];
    (void)stage;
    for (int64_t i = 1; i < fit->n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    *shift = 0.5 * low + 0.5 * high;
    *scale = high > low ? 0.5 * high - 0.5 * low : 1;
    return GENHEP_OK;
}

static gh_status measure_given(const gh_stage *stage, const gh_fit *fit, int64_t column, double *shift, double *scale)
{
    int64_t count, rest;
    (void)column;
    *shift = 0;
    return gh_arguments_numbers(stage, fit->arguments, scale, 1, &count, &rest);
}

static gh_status maxabs_fit(gh_stage *stage, gh_fit *fit)
{
    return linear_fit(stage, fit, 0, measure_maxabs);
}

static gh_status standardise_fit(gh_stage *stage, gh_fit *fit)
{
    return linear_fit(stage, fit, 0, measure_standardise);
}

static gh_status minmax_fit(gh_stage *stage, gh_fit *fit)
{
    return linear_fit(stage, fit, 0, measure_minmax);
}

static gh_status scale_fit(gh_stage *stage, gh_fit *fit)
{
    double divisor = 0;
    int64_t count, rest;
    GH_TRY(gh_arguments_numbers(stage, fit->arguments, &divisor, 1, &count, &rest));
    if (count != 1 || !(divisor > 0))
        GH_FAIL(GENHEP_E_OPTION, "prep: 'scale(%.80s)', expected a positive divisor: 'scale(450)'",
                fit->arguments->text);
    return linear_fit(stage, fit, rest, measure_given);
}

static gh_status identity_fit(gh_stage *stage, gh_fit *fit)
{
    for (int64_t j = 0; j < fit->in->count; j++)
        GH_TRY(gh_layout_add(fit->out, fit->in->list[j].kind, fit->in->list[j].angle, "%s", fit->in->list[j].name));
    GH_TRY(gh_stage_put_indices(stage, "columns", 0, NULL));
    GH_TRY(gh_stage_put(stage, "shift", 0, NULL));
    return gh_stage_put(stage, "scale", 0, NULL);
}

const gh_stage_class gh_stage_identity = {"identity",     1,   identity_fit, linear_build, linear_forward,
                                          linear_inverse, NULL};
const gh_stage_class gh_stage_maxabs = {"maxabs", 1, maxabs_fit, linear_build, linear_forward, linear_inverse, NULL};
const gh_stage_class gh_stage_standardise = {"standardise",  1,   standardise_fit, linear_build, linear_forward,
                                             linear_inverse, NULL};
const gh_stage_class gh_stage_minmax = {"minmax", 1, minmax_fit, linear_build, linear_forward, linear_inverse, NULL};
const gh_stage_class gh_stage_scale = {"scale", 1, scale_fit, linear_build, linear_forward, linear_inverse, NULL};
