/* periodic.c -- an angle cut where its distribution is emptiest, so that the seam separates as little as possible.
 *   y = x - c - pi moved into (-pi, pi]: the seam +-pi lies at x = c.  Inverse: x = y + c + pi moved into (-pi, pi].
 *   log |dy/dx| = 0. Without arguments it takes every coordinate that is known to be an angle. */
#include <math.h>

#include "prep/stage.h"

#define BINS 64

typedef struct periodic {
    int64_t count;
    const int64_t *columns;
    const double *cuts;
} periodic;

/* Middle of the emptiest bin; neighbours count half, so that one lucky bin decides less. */
static double emptiest(const gh_fit *fit, int64_t column)
{
    double bins[BINS] = {0}, least = INFINITY, cut = GH_PI;
    for (int64_t i = 0; i < fit->n; i++) {
        int bin = (int)((gh_wrap_angle(fit->columns[column * fit->n + i]) + GH_PI) / (2 * GH_PI) * BINS);
        bins[bin < BINS ? bin : BINS - 1] += fit->weights ? fit->weights[i] : 1;
    }
    for (int b = 0; b < BINS; b++) {
        double smooth = bins[b] + 0.5 * (bins[(b + 1) % BINS] + bins[(b + BINS - 1) % BINS]);
        if (smooth < least) least = smooth, cut = -GH_PI + 2 * GH_PI * (b + 0.5) / BINS;
    }
    return cut;
}

static gh_status select_angles(const gh_stage *stage, const gh_fit *fit, int64_t **indices, int64_t *count)
{
    GH_TRY(gh_arguments_select(stage, fit, 0, indices, count));
    if (fit->arguments->count) return GENHEP_OK;
    *count = 0;
    for (int64_t j = 0; j < fit->in->count; j++)
        if (fit->in->list[j].angle != GH_ANGLE_NONE) (*indices)[(*count)++] = j;
    if (*count == 0)
        GH_FAIL(GENHEP_E_OPTION,
                "prep: 'periodic' finds no angle among %lld coordinates; name them: 'periodic(columns)'",
                (long long)fit->in->count);
    return GENHEP_OK;
}

static gh_status periodic_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, count;
    double *cuts = NULL;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(select_angles(stage, fit, &indices, &count));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &cuts, count, sizeof *cuts));
    for (int64_t k = 0; k < count; k++) cuts[k] = emptiest(fit, indices[k]);
    GH_TRY_CLEANUP(gh_map_layout(stage, fit, indices, count));
    GH_TRY_CLEANUP(gh_stage_put(stage, "cuts", count, cuts));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, cuts);
    return status;
}

static gh_status periodic_build(gh_stage *stage)
{
    periodic *s;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    GH_TRY(gh_stage_get(stage, "cuts", s->count, &s->cuts));
    if (stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'periodic' has width %lld behind it, expected %lld",
                (long long)stage->width_out, (long long)stage->width_in);
    return GENHEP_OK;
}

static gh_status periodic_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const periodic *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        const double *x = in + s->columns[k] * GH_PANEL;
        double *y = out + s->columns[k] * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) {
            if (!isfinite(x[i]))
                return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], x[i], "expected an angle");
            y[i] = gh_wrap_angle(x[i] - s->cuts[k] - GH_PI);
        }
    }
    return GENHEP_OK;
}

static void periodic_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const periodic *s = stage->state;
    (void)pass;
    for (int64_t k = 0; k < s->count; k++) {
        const double *y = in + s->columns[k] * GH_PANEL;
        double *x = out + s->columns[k] * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) x[i] = gh_wrap_angle(y[i] + s->cuts[k] + GH_PI);
    }
}

const gh_stage_class gh_stage_periodic = {"periodic",       1,   periodic_fit, periodic_build, periodic_forward,
                                          periodic_inverse, NULL};
