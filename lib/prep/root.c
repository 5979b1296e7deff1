/* root.c -- 'root(n, columns)': y = sign(x) |x|^(1/n), n a whole number from 2 to 16; x = sign(y) |y|^n.
 *   log |dy/dx| = -log n + (1/n - 1) log |x|, counted as 0 at x = 0, an atom where it is in data at all.
 * Energies sampled with a spread that grows as their root (Poisson, gamma) have nearly the same spread everywhere behind root(2),
 * and are nearly normal behind root(3) (Wilson and Hilferty, Proc. Natl. Acad. Sci. 17 (1931) 684). */
#include <math.h>

#include "prep/stage.h"

enum { MOST_POWER = 16 };

typedef struct root {
    int64_t count;
    const int64_t *columns;
    int64_t power;
} root;

static gh_status root_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, count = 0, given = 0, rest = 0;
    double power = 0;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_arguments_numbers(stage, fit->arguments, &power, 1, &given, &rest));
    if (given != 1 || !(power >= 2 && power <= MOST_POWER) || power != floor(power))
        GH_FAIL(GENHEP_E_OPTION, "prep: 'root(%.80s)', expected a whole number from 2 to %d first: 'root(3, columns)'", fit->arguments->text,
                MOST_POWER);
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, rest, &indices, &count));
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, count));
    GH_TRY_CLEANUP(gh_stage_put(stage, "power", 1, &power));
cleanup:
    gh_free(&stage->hooks, indices);
    return status;
}

static gh_status root_build(gh_stage *stage)
{
    root *s;
    const double *power;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    GH_TRY(gh_stage_get(stage, "power", 1, &power));
    if (!(power[0] >= 2 && power[0] <= MOST_POWER) || power[0] != floor(power[0]) || stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'root' has power %g and width %lld behind it, expected 2 to %d and %lld", power[0],
                (long long)stage->width_out, MOST_POWER, (long long)stage->width_in);
    s->power = (int64_t)power[0];
    return GENHEP_OK;
}

static double root_of(double size, int64_t power)
{
    return power == 2 ? sqrt(size) : power == 3 ? cbrt(size) : pow(size, 1 / (double)power);
}

static gh_status root_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const root *s = stage->state;
    const double n = (double)s->power;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL;
        double *y = out + s->columns[k] * GH_PANEL;
        for (int64_t i = 0; i < GH_PANEL; i++) {
            const double from = x[i], size = fabs(from);
            if (!isfinite(from) && i < pass->rows)
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], from, "expected a finite number");
            y[i] = copysign(root_of(size, s->power), from);
            if (pass->log_jacobian && size > 0) pass->log_jacobian[i] += (1 / n - 1) * log(size) - log(n);
        }
    }
    return GENHEP_OK;
}

static void root_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const root *s = stage->state;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++) {
        const double *y = in + s->columns[k] * GH_PANEL;
        double *x = out + s->columns[k] * GH_PANEL, product[GH_PANEL];
        for (int i = 0; i < GH_PANEL; i++) product[i] = y[i];
        for (int64_t p = 1; p < s->power; p++)
            for (int i = 0; i < GH_PANEL; i++) product[i] *= fabs(y[i]);
        for (int i = 0; i < GH_PANEL; i++) x[i] = product[i];
    }
}

const gh_stage_class gh_stage_root = {"root", 1, root_fit, root_build, root_forward, root_inverse, NULL};
