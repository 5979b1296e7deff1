/* ptcut.c -- the decay angle of a pair under a cut on the transverse momentum, in units of what the cut leaves of its range.
 *   y = cos / b(m),   b^2 = 1 - (pT/p)^2,   4 m^2 p^2 = (m^2 - (m1 + m2)^2) (m^2 - (m1 - m2)^2)
 * In the rest frame of a pair without transverse momentum the beam is the axis, so pT = p sin(theta) and the cut reads |cos| < b(m):
 * an edge that moves with the mass becomes one at |y| = 1, which a map to the normal removes. b^2 stops at 1e-6, where
 * rounding of float columns would decide. dy/dcos = 1/b. */
#include <math.h>

#include "prep/panel.h"
#include "prep/stage.h"

#define LEAST 1e-6

typedef struct ptcut {
    int64_t cosine, mass;   /* coordinates */
    double cut, sum2, difference2; /* pT^2; (m1 + m2)^2, (m1 - m2)^2 */
} ptcut;

static gh_status ptcut_fit(gh_stage *stage, gh_fit *fit)
{
    static const char usage[] = "ptcut(pT, cos(a), m(Z))' or 'ptcut(pT, cos(a), m(Z), mass of a, mass of the other)";
    int64_t *indices = NULL, count = 0, given = 0, rest = 0;
    double values[3] = {0, 0, 0};
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_arguments_numbers(stage, fit->arguments, values, 3, &given, &rest));
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    if ((given != 1 && given != 3) || count != 2 || !(values[0] > 0) || values[1] < 0 || values[2] < 0) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'ptcut(%.80s)', expected '%s'", fit->arguments->text, usage);
        goto cleanup;
    }
    for (int64_t k = 0; k < 2; k++)
        if (fit->in->list[indices[k]].kind == GH_COORDINATE_MAPPED || fit->in->list[indices[k]].kind == GH_COORDINATE_DISCRETE) {
            status = gh_fail(GENHEP_E_OPTION, "prep: 'ptcut' needs '%.120s' as it is, found it mapped or discrete", stage->names[indices[k]]);
            goto cleanup;
        }
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, 1));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "mass", 1, indices + 1));
    GH_TRY_CLEANUP(gh_stage_put(stage, "cut", 3, values));
cleanup:
    gh_free(&stage->hooks, indices);
    return status;
}

static gh_status ptcut_build(gh_stage *stage)
{
    ptcut *s;
    const int64_t *cosine, *mass;
    const double *cut;
    int64_t one, other;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &one, &cosine));
    GH_TRY(gh_stage_get_indices(stage, "mass", stage->width_in, &other, &mass));
    GH_TRY(gh_stage_get(stage, "cut", 3, &cut));
    if (one != 1 || other != 1 || *cosine == *mass || stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'ptcut' has %lld angles, %lld masses and width %lld behind it, expected one of each, apart, and %lld",
                (long long)one, (long long)other, (long long)stage->width_out, (long long)stage->width_in);
    if (!(cut[0] > 0 && cut[1] >= 0 && cut[2] >= 0 && isfinite(cut[0] + cut[1] + cut[2])))
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'ptcut' has pT %g and masses %g, %g, expected a positive one and others of at least 0", cut[0],
                cut[1], cut[2]);
    *s = (ptcut){*cosine, *mass, cut[0] * cut[0], (cut[1] + cut[2]) * (cut[1] + cut[2]), (cut[1] - cut[2]) * (cut[1] - cut[2])};
    return GENHEP_OK;
}

static double bound(const ptcut *s, double m)
{
    const double m2 = m * m, p2 = (m2 - s->sum2) * (m2 - s->difference2) / (4 * m2), b2 = 1 - s->cut / p2;
    return p2 > 0 && b2 > LEAST ? sqrt(b2) : sqrt(LEAST);
}

static gh_status ptcut_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const ptcut *s = stage->state;
    const double *x = in + s->cosine * GH_PANEL, *m = in + s->mass * GH_PANEL;
    double *y = out + s->cosine * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        const double from = x[i], b = bound(s, m[i]);
        if (!(m[i] > 0 && isfinite(m[i])))
            return gh_stage_domain(stage, pass, i, stage->names[s->mass], m[i], "expected a mass above 0");
        if (!isfinite(from)) return gh_stage_domain(stage, pass, i, stage->names[s->cosine], from, "expected a cosine");
        y[i] = from / b;
        if (pass->log_jacobian) pass->log_jacobian[i] -= log(b);
    }
    return GENHEP_OK;
}

static void ptcut_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const ptcut *s = stage->state;
    const double *y = in + s->cosine * GH_PANEL, *m = in + s->mass * GH_PANEL;
    double *x = out + s->cosine * GH_PANEL;
    (void)pass;
    for (int i = 0; i < GH_PANEL; i++) x[i] = y[i] * bound(s, m[i]);
}

const gh_stage_class gh_stage_ptcut = {"ptcut", 1, ptcut_fit, ptcut_build, ptcut_forward, ptcut_inverse, NULL};
