/* turning.c -- events turned about the beam. Tests: tests/unit/test_turning.c, tests/grad/test_adversarial_steps.c. */
#include "model/turning.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/momentum_view.h"

#define TWO_PI 6.28318530717958647693

static int64_t place_of(const genhep_model *model, const char *particle, const char *component)
{
    char name[160];
    snprintf(name, sizeof name, "%.120s_%s", particle, component);
    for (int64_t j = 0; j < model->p; j++)
        if (strcmp(gh_prep_name(model->prep, j), name) == 0) return j;
    return -1;
}

/* Does turning all pairs turn every particle of the view, and nothing else? */
static int turns(const genhep_model *model, const gh_momentum_view *view, const gh_turning *turning)
{
    const int64_t P = model->p;
    for (int64_t k = 0; k < view->particles; k++) {
        const gh_real *px = view->matrix + 3 * k * P, *py = px + P, *pz = py + P;
        double size = 0, beside = fabs((double)view->offset[3 * k]) + fabs((double)view->offset[3 * k + 1]);
        for (int64_t j = 0; j < P; j++) size += fabs((double)px[j]), beside += fabs((double)px[j]) + fabs((double)py[j]);
        for (int64_t i = 0; i < turning->pairs; i++) {
            const int64_t x = turning->x[i], y = turning->y[i];
            beside -= fabs((double)px[x]) + fabs((double)py[y]);
            beside += fabs((double)px[x] - (double)py[y]) + fabs((double)pz[x]) + fabs((double)pz[y]);
        }
        if (!(beside <= 1e-5 * size)) return 0;
    }
    return turning->pairs > 0;
}

gh_status gh_turning_find(const genhep_model *model, gh_turning *turning)
{
    gh_status status;
    gh_momentum_view view = {0};
    turning->pairs = 0;
    GH_TRY_CLEANUP(gh_momentum_view_create(model, &view));
    for (int64_t k = 0; k < view.particles && turning->pairs < GH_TURNING_PAIRS; k++) {
        const int64_t x = place_of(model, view.names[k], "px"), y = place_of(model, view.names[k], "py");
        if (x < 0 || y < 0) continue; /* one that takes the recoil turns with the others */
        turning->x[turning->pairs] = x;
        turning->y[turning->pairs++] = y;
    }
    if (!turns(model, &view, turning))
        status = gh_fail(GENHEP_E_OPTION, "option 'generator.turn': with prep '%s' turning the coordinates <particle>_px, <particle>_py does not "
                         "turn the momenta; expected momenta with one scale for px and py and no shift, as 'momenta, scale(60, *_px, *_py)'",
                         gh_option_text(model->options, "prep"));
cleanup:
    gh_momentum_view_free(&view);
    return status;
}

void gh_turning_angle(double u, gh_real *angle)
{
    angle[0] = (gh_real)cos(TWO_PI * u);
    angle[1] = (gh_real)sin(TWO_PI * u);
}

void gh_turning_apply(const gh_turning *turning, int64_t N, int64_t P, const gh_real *angles, gh_real sign, gh_real *X)
{
    for (int64_t i = 0; i < N; i++) {
        const gh_real c = angles[2 * i], s = sign * angles[2 * i + 1];
        gh_real *row = X + i * P;
        for (int64_t k = 0; k < turning->pairs; k++) {
            const gh_real x = row[turning->x[k]], y = row[turning->y[k]];
            row[turning->x[k]] = c * x - s * y;
            row[turning->y[k]] = s * x + c * y;
        }
    }
}
