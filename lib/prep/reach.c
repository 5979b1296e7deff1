/* reach.c -- rapidities in units of what the energy of the beams leaves of them.
 *   one root of mass m, no transverse momentum:  u = y / b,  b = log(sqrt_s / m)          |u| < 1 at every mass
 *   two roots balanced in pT, y1 = y - d/2, y2 = y + d/2, mT_i^2 = m_i^2 + pT^2, x fractions of the beams' momenta:
 *     x_a = A e^y, A = (mT_1 e^(-d/2) + mT_2 e^(d/2)) / sqrt_s;   x_b = B e^-y, B = (mT_1 e^(d/2) + mT_2 e^(-d/2)) / sqrt_s
 *     u = (y - c) / b^(4/3),  c = (log B - log A)/2,  b = -(log A + log B)/2  x_a, x_b < 1 is |y - c| < b
 *     v = d / sqrt(D),  cosh D = (s - mT_1^2 - mT_2^2) / (2 mT_1 mT_2)        |d| < D is where x_a x_b < 1 can be
 * Heavy systems are central because parton densities end at x = 1; in u that is no correlation any more. Densities vanish there as a
 * power of 1 - x, so with two roots the spread of y falls a little faster than its range; that of d, which the end touches less, as the root of D. Both
 * powers are measured on t tbar events (docs/internals/PREPARATIONS.md). b and D stop at LEAST, for what a generator makes beyond the
 * beams' reach. log-Jacobian: -log b for one root, -(4/3) log b - (log D)/2 for two. */
#include <math.h>

#include "prep/panel.h"
#include "prep/stage.h"

#define LEAST 1e-3
#define POWER (4. / 3)

enum { RAPIDITY, DIFFERENCE, LOG_PT, MASS, OTHER_MASS, TWO_ROOTS }; /* places in `columns` */

typedef struct reach {
    double sqrt_s;
    int64_t count;          /* 2: rapidity and mass; TWO_ROOTS: all */
    int64_t columns[TWO_ROOTS];
} reach;

static gh_status reach_fit(gh_stage *stage, gh_fit *fit)
{
    static const char usage[] = "reach(sqrt_s, y(Z), m(Z))' or 'reach(sqrt_s, y(mean), dy(b), logpT(a), m(a), m(b))";
    int64_t *indices = NULL, count = 0, given = 0, rest = 0;
    double sqrt_s = 0;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_arguments_numbers(stage, fit->arguments, &sqrt_s, 1, &given, &rest));
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, rest, &indices, &count));
    if (given != 1 || !(sqrt_s > 0) || (count != 2 && count != TWO_ROOTS)) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'reach(%.200s)', expected '%s'", fit->arguments->text, usage);
        goto cleanup;
    }
    for (int64_t k = 0; k < count; k++)
        if (fit->in->list[indices[k]].kind == GH_COORDINATE_MAPPED || fit->in->list[indices[k]].kind == GH_COORDINATE_DISCRETE) {
            status = gh_fail(GENHEP_E_OPTION, "prep: 'reach' needs '%.120s' as it is, found it mapped or discrete", stage->names[indices[k]]);
            goto cleanup;
        }
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, count == 2 ? 1 : 2));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "at", count, indices));
    GH_TRY_CLEANUP(gh_stage_put(stage, "sqrt_s", 1, &sqrt_s));
cleanup:
    gh_free(&stage->hooks, indices);
    return status;
}

static gh_status reach_build(gh_stage *stage)
{
    reach *s;
    const int64_t *at;
    const double *sqrt_s;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "at", stage->width_in, &s->count, &at));
    GH_TRY(gh_stage_get(stage, "sqrt_s", 1, &sqrt_s));
    if ((s->count != 2 && s->count != TWO_ROOTS) || stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'reach' has %lld coordinates and width %lld behind it, expected 2 or %d, and %lld",
                (long long)s->count, (long long)stage->width_out, TWO_ROOTS, (long long)stage->width_in);
    for (int64_t k = 0; k < s->count; k++) {
        s->columns[k] = at[k];
        for (int64_t j = 0; j < k; j++)
            if (at[j] == at[k]) GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'reach' has coordinate %lld twice", (long long)at[k]);
    }
    if (!(*sqrt_s > 0 && isfinite(*sqrt_s))) GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'reach' has sqrt_s %g, expected a positive number", *sqrt_s);
    s->sqrt_s = *sqrt_s;
    return GENHEP_OK;
}

/* Middle of the rapidity's range, and its half width to the power of 4/3. */
static void rapidity_range(const reach *s, double d, const double mt[2], double *centre, double *unit)
{
    const double up = exp(d / 2), down = 1 / up;
    const double a = log((mt[0] * down + mt[1] * up) / s->sqrt_s), b = log((mt[0] * up + mt[1] * down) / s->sqrt_s);
    *centre = (b - a) / 2;
    *unit = pow(fmax(-(a + b) / 2, LEAST), POWER);
}

/* sqrt(D); without rounding to D = 0 next to the end */
static double difference_scale(const reach *s, const double mt[2])
{
    const double c = (s->sqrt_s * s->sqrt_s - mt[0] * mt[0] - mt[1] * mt[1]) / (2 * mt[0] * mt[1]);
    return sqrt(c > 1 ? fmax(acosh(c), LEAST) : LEAST);
}

static void transverse_masses(const reach *s, const double *in, int i, double mt[2])
{
    const double pt = exp(in[s->columns[LOG_PT] * GH_PANEL + i]);
    mt[0] = hypot(in[s->columns[MASS] * GH_PANEL + i], pt);
    mt[1] = hypot(in[s->columns[OTHER_MASS] * GH_PANEL + i], pt);
}

static int is_mass(const reach *s, int64_t k)
{
    return s->count == TWO_ROOTS ? k >= MASS : k == 1;
}

static double one_range(const reach *s, double m)
{
    return fmax(log(s->sqrt_s / m), LEAST);
}

static gh_status reach_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const reach *s = stage->state;
    const int two = s->count == TWO_ROOTS;
    const double *y = in + s->columns[RAPIDITY] * GH_PANEL, *d = in + s->columns[DIFFERENCE] * GH_PANEL; /* d: the mass of one root */
    double *u = out + s->columns[RAPIDITY] * GH_PANEL, *v = out + s->columns[DIFFERENCE] * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        for (int64_t k = 0; k < s->count; k++) {
            const double x = in[s->columns[k] * GH_PANEL + i];
            if (!isfinite(x) || (is_mass(s, k) && !(x > 0)))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], x, is_mass(s, k) ? "expected a mass above 0" : "expected a number");
        }
        double log_slope;
        if (two) {
            double mt[2], centre, unit;
            transverse_masses(s, in, i, mt);
            const double scale = difference_scale(s, mt);
            rapidity_range(s, d[i], mt, &centre, &unit);
            u[i] = (y[i] - centre) / unit;
            v[i] = d[i] / scale;
            log_slope = -log(unit) - log(scale);
        } else {
            const double unit = one_range(s, d[i]);
            u[i] = y[i] / unit;
            log_slope = -log(unit);
        }
        if (pass->log_jacobian) pass->log_jacobian[i] += log_slope;
    }
    return GENHEP_OK;
}

static void reach_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const reach *s = stage->state;
    const double *u = in + s->columns[RAPIDITY] * GH_PANEL, *v = in + s->columns[DIFFERENCE] * GH_PANEL;
    double *y = out + s->columns[RAPIDITY] * GH_PANEL, *d = out + s->columns[DIFFERENCE] * GH_PANEL;
    (void)pass;
    for (int i = 0; i < GH_PANEL; i++) {
        if (s->count == TWO_ROOTS) {
            double mt[2], centre, unit;
            transverse_masses(s, in, i, mt);
            d[i] = v[i] * difference_scale(s, mt);
            rapidity_range(s, d[i], mt, &centre, &unit);
            y[i] = centre + u[i] * unit;
        } else {
            y[i] = u[i] * one_range(s, v[i]);
        }
    }
}

const gh_stage_class gh_stage_reach = {"reach", 1, reach_fit, reach_build, reach_forward, reach_inverse, NULL};
