/* yrange.c -- the rapidity of a system in units of the range that the energy of the beams leaves it.
 *   u = y / Y(m),   Y = log(sqrt_s / m)
 * Two massless partons with shares x1, x2 < 1 of the beams make y = log(x1/x2)/2 and m^2 = x1 x2 s, so |y| < Y: an edge that moves with the
 * mass becomes one at |u| = 1, and densities of partons that scale with x depend on the mass little. Y stops at 1e-3. du/dy = 1/Y. */
#include <math.h>

#include "prep/panel.h"
#include "prep/stage.h"

#define LEAST 1e-3

typedef struct yrange {
    int64_t rapidity, mass; /* coordinates */
    double log_energy;
} yrange;

static gh_status yrange_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, count = 0, given = 0, rest = 0;
    double energy = 0;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_arguments_numbers(stage, fit->arguments, &energy, 1, &given, &rest));
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    if (given != 1 || count != 2 || !(energy > 0)) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'yrange(%.80s)', expected 'yrange(sqrt_s, y(Z), m(Z))'", fit->arguments->text);
        goto cleanup;
    }
    for (int64_t k = 0; k < 2; k++)
        if (fit->in->list[indices[k]].kind == GH_COORDINATE_MAPPED || fit->in->list[indices[k]].kind == GH_COORDINATE_DISCRETE) {
            status = gh_fail(GENHEP_E_OPTION, "prep: 'yrange' needs '%.120s' as it is, found it mapped or discrete", stage->names[indices[k]]);
            goto cleanup;
        }
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, 1));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "mass", 1, indices + 1));
    GH_TRY_CLEANUP(gh_stage_put(stage, "energy", 1, &energy));
cleanup:
    gh_free(&stage->hooks, indices);
    return status;
}

static gh_status yrange_build(gh_stage *stage)
{
    yrange *s;
    const int64_t *rapidity, *mass;
    const double *energy;
    int64_t one, other;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &one, &rapidity));
    GH_TRY(gh_stage_get_indices(stage, "mass", stage->width_in, &other, &mass));
    GH_TRY(gh_stage_get(stage, "energy", 1, &energy));
    if (one != 1 || other != 1 || *rapidity == *mass || stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'yrange' has %lld rapidities, %lld masses and width %lld behind it, expected one of each, apart, and %lld",
                (long long)one, (long long)other, (long long)stage->width_out, (long long)stage->width_in);
    if (!(*energy > 0 && isfinite(*energy))) GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'yrange' has the energy %g, expected a positive one", *energy);
    *s = (yrange){*rapidity, *mass, log(*energy)};
    return GENHEP_OK;
}

static double range_of(const yrange *s, double m)
{
    return m > 0 ? fmax(s->log_energy - log(m), LEAST) : LEAST;
}

static gh_status yrange_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const yrange *s = stage->state;
    const double *x = in + s->rapidity * GH_PANEL, *m = in + s->mass * GH_PANEL;
    double *y = out + s->rapidity * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        const double from = x[i], range = range_of(s, m[i]);
        if (!(m[i] > 0 && isfinite(m[i])))
            return gh_stage_domain(stage, pass, i, stage->names[s->mass], m[i], "expected a mass above 0");
        if (!isfinite(from)) return gh_stage_domain(stage, pass, i, stage->names[s->rapidity], from, "expected a rapidity");
        y[i] = from / range;
        if (pass->log_jacobian) pass->log_jacobian[i] -= log(range);
    }
    return GENHEP_OK;
}

static void yrange_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const yrange *s = stage->state;
    const double *y = in + s->rapidity * GH_PANEL, *m = in + s->mass * GH_PANEL;
    double *x = out + s->rapidity * GH_PANEL;
    (void)pass;
    for (int i = 0; i < GH_PANEL; i++) x[i] = y[i] * range_of(s, m[i]);
}

const gh_stage_class gh_stage_yrange = {"yrange", 1, yrange_fit, yrange_build, yrange_forward, yrange_inverse, NULL};
