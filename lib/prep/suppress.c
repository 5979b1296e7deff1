/* suppress.c -- zero suppression: 'suppress(columns)', 'suppress(threshold, columns)', 'suppress(threshold, scale, columns)'. A number is 0, or the threshold t or more.
 *   y = (x - t')/s for x >= t, 0 for 0 <= x < t;    t' = t (1 - 1e-6), so that t itself is above 0
 *   x = 0 for y <= 0, else max(t, t' + s y)
 * t is the smallest positive value of all columns named, s the root mean square of x - t' over a column's values above zero,
 *   or the scale given for all of them.
 * y = 0 says no more than "0 or below": the coordinate is censored there. A model that knows censoring takes
 * P(y <= 0) for it (loss/censored.h); one that does not sees an atom at 0, and whatever it gives below 0 becomes 0.
 *   log |dy/dx| = -log s above the threshold, 0 at the atom (counting measure). */
#include <math.h>

#include "prep/stage.h"

#define BELOW 1e-6

typedef struct suppress {
    int64_t count;
    const int64_t *columns;
    const double *scale;
    double threshold, origin;
} suppress;

static gh_status find_threshold(const gh_stage *stage, const gh_fit *fit, const int64_t *indices, int64_t count, double *threshold)
{
    double least = INFINITY;
    for (int64_t k = 0; k < count; k++) {
        const double *x = fit->columns + indices[k] * fit->n;
        for (int64_t i = 0; i < fit->n; i++) {
            if (x[i] < 0)
                GH_FAIL(GENHEP_E_NUMERIC, "prep: stage 'suppress', row %lld, coordinate '%.120s': found %g, expected 0 or more", (long long)i,
                        stage->names[indices[k]], x[i]);
            if (x[i] > 0 && x[i] < least) least = x[i];
        }
    }
    *threshold = isfinite(least) ? least : 1; /* nothing but zeros */
    return GENHEP_OK;
}

/* Root mean square above the threshold, without weights: only the unit depends on it. */
static double scale_of(const double *x, int64_t n, double threshold)
{
    double sum = 0;
    int64_t on = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(x[i] >= threshold)) continue;
        const double d = x[i] - threshold * (1 - BELOW);
        sum += d * d;
        on++;
    }
    const double scale = on ? sqrt(sum / (double)on) : 0;
    return scale > BELOW * threshold ? scale : threshold; /* all at the threshold itself, or none above it */
}

static gh_status suppress_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, count = 0, given = 0, rest = 0;
    double *scale = NULL, numbers[2] = {0, 0}, threshold;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_arguments_numbers(stage, fit->arguments, numbers, 2, &given, &rest));
    threshold = numbers[0];
    if (given && !(threshold > 0))
        GH_FAIL(GENHEP_E_OPTION, "prep: 'suppress(%.80s)', expected a threshold above 0: 'suppress(0.001, columns)'", fit->arguments->text);
    if (given == 2 && !(numbers[1] > 0))
        GH_FAIL(GENHEP_E_OPTION, "prep: 'suppress(%.80s)', expected a scale above 0: 'suppress(0.001, 1, columns)'", fit->arguments->text);
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    if (!given) GH_TRY_CLEANUP(find_threshold(stage, fit, indices, count, &threshold));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &scale, count, sizeof *scale));
    for (int64_t k = 0; k < count; k++) scale[k] = given == 2 ? numbers[1] : scale_of(fit->columns + indices[k] * fit->n, fit->n, threshold);
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, count));
    for (int64_t k = 0; k < count; k++) fit->out->list[indices[k]].kind = GH_COORDINATE_CENSORED;
    GH_TRY_CLEANUP(gh_stage_put(stage, "threshold", 1, &threshold));
    GH_TRY_CLEANUP(gh_stage_put(stage, "scale", count, scale));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, scale);
    return status;
}

static gh_status suppress_build(gh_stage *stage)
{
    suppress *s;
    const double *threshold;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    GH_TRY(gh_stage_get(stage, "threshold", 1, &threshold));
    GH_TRY(gh_stage_get(stage, "scale", s->count, &s->scale));
    for (int64_t k = 0; k < s->count; k++)
        if (!(s->scale[k] > 0)) GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'suppress': a scale is not positive");
    if (!(threshold[0] > 0) || stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'suppress' has threshold %g and width %lld behind it, expected one above 0 and %lld",
                threshold[0], (long long)stage->width_out, (long long)stage->width_in);
    s->threshold = threshold[0];
    s->origin = threshold[0] * (1 - BELOW);
    return GENHEP_OK;
}

static gh_status suppress_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const suppress *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL, scale = s->scale[k], log_slope = -log(scale);
        double *y = out + s->columns[k] * GH_PANEL;
        for (int64_t i = 0; i < GH_PANEL; i++) {
            const double from = x[i];
            if (!(from >= 0 && isfinite(from)))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], from, "expected 0 or more");
            const int on = from >= s->threshold;
            y[i] = on ? (from - s->origin) / scale : 0;
            if (pass->log_jacobian && on) pass->log_jacobian[i] += log_slope;
        }
    }
    return GENHEP_OK;
}

static void suppress_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const suppress *s = stage->state;
    const double threshold = s->threshold, origin = s->origin;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++) {
        const double *y = in + s->columns[k] * GH_PANEL, scale = s->scale[k];
        double *x = out + s->columns[k] * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) {
            const double from = y[i], above = origin + scale * from, value = above > threshold ? above : threshold;
            x[i] = from > 0 ? value : 0;
        }
    }
}

const gh_stage_class gh_stage_suppress = {"suppress", 1, suppress_fit, suppress_build, suppress_forward, suppress_inverse, NULL};
