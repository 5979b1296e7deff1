/* azimuth.c -- the global azimuth removed: phi_0 is dropped, phi_j becomes phi_j - phi_0 in (-pi, pi]; the inverse
 * draws phi_0 uniformly from the caller's uniform number. For samples without a preferred direction about the beam.
 * The measure loses dphi_0 (its density 1 / (2 pi) is not part of the density); the differences have unit Jacobian. */
#include <math.h>
#include <string.h>

#include "prep/stage.h"

typedef struct azimuth {
    int64_t dropped;      /* the coordinate that is phi_0 */
    const int64_t *turns; /* width_in: does coordinate j turn with the event? */
} azimuth;

static gh_status check_angles(const gh_fit *fit, const int64_t *indices, int64_t count)
{
    if (count == 0)
        GH_FAIL(GENHEP_E_OPTION,
                "prep: 'azimuth' finds no azimuthal angle among its coordinates; put 'ptetaphi', 'pair' or "
                "'tree' before it");
    for (int64_t k = 0; k < count; k++)
        if (fit->in->list[indices[k]].angle != GH_ANGLE_AZIMUTH)
            GH_FAIL(GENHEP_E_OPTION, "prep: 'azimuth': '%.120s' is not an azimuthal angle",
                    fit->in->list[indices[k]].name);
    for (int64_t j = 0; j < fit->in->count; j++) {
        const char *name = fit->in->list[j].name, *part = strrchr(name, '_');
        if (part && (strcmp(part, "_px") == 0 || strcmp(part, "_py") == 0))
            GH_FAIL(GENHEP_E_OPTION, "prep: 'azimuth' cannot turn '%.120s'; put 'ptetaphi', 'pair' or 'tree' before it",
                    name);
    }
    return GENHEP_OK;
}

static gh_status azimuth_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, *turns = NULL, count;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    if (!fit->arguments->count) {
        count = 0;
        for (int64_t j = 0; j < fit->in->count; j++)
            if (fit->in->list[j].angle == GH_ANGLE_AZIMUTH) indices[count++] = j;
    }
    GH_TRY_CLEANUP(check_angles(fit, indices, count));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &turns, fit->in->count, sizeof *turns));
    for (int64_t k = 0; k < count; k++) turns[indices[k]] = 1;
    for (int64_t j = 0; j < fit->in->count; j++) {
        const gh_coordinate *c = &fit->in->list[j];
        if (j == indices[0]) continue;
        if (turns[j]) GH_TRY_CLEANUP(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_PERIODIC, "d%s", c->name));
        else GH_TRY_CLEANUP(gh_layout_add(fit->out, c->kind, c->angle, "%s", c->name));
    }
    if (fit->out->count == 0) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'azimuth' would leave no coordinate: '%.120s' is the only one",
                         stage->names[0]);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "dropped", 1, indices));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "turns", fit->in->count, turns));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, turns);
    return status;
}

static gh_status azimuth_build(gh_stage *stage)
{
    azimuth *s;
    const int64_t *dropped;
    int64_t one;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_i64(stage, "turns", stage->width_in, &s->turns));
    GH_TRY(gh_stage_get_indices(stage, "dropped", stage->width_in, &one, &dropped));
    if (one != 1 || !s->turns[*dropped] || stage->width_out != stage->width_in - 1)
        GH_FAIL(GENHEP_E_FORMAT,
                "prep: stage 'azimuth' drops %lld angles and has width %lld behind it, expected 1 and %lld",
                (long long)one, (long long)stage->width_out, (long long)stage->width_in - 1);
    s->dropped = *dropped;
    stage->uniforms = 1;
    return GENHEP_OK;
}

static gh_status azimuth_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const azimuth *s = stage->state;
    const double *zero = in + s->dropped * GH_PANEL;
    for (int64_t j = 0; j < stage->width_in; j++) {
        const double *x = in + j * GH_PANEL;
        for (int i = 0; s->turns[j] && i < GH_PANEL; i++)
            if (!isfinite(x[i])) return gh_stage_domain(stage, pass, i, stage->names[j], x[i], "expected an angle");
        if (j == s->dropped) continue;
        for (int i = 0; i < GH_PANEL; i++) out[i] = s->turns[j] ? gh_wrap_angle(x[i] - zero[i]) : x[i];
        out += GH_PANEL;
    }
    return GENHEP_OK;
}

static void azimuth_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const azimuth *s = stage->state;
    const double *uniform = pass->uniforms + stage->first_uniform * GH_PANEL;
    double *zero = out + s->dropped * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) zero[i] = GH_PI * (2 * uniform[i] - 1);
    for (int64_t j = 0; j < stage->width_in; j++) {
        double *x = out + j * GH_PANEL;
        if (j == s->dropped) continue;
        for (int i = 0; i < GH_PANEL; i++) x[i] = s->turns[j] ? gh_wrap_angle(in[i] + zero[i]) : in[i];
        in += GH_PANEL;
    }
}

const gh_stage_class gh_stage_azimuth = {"azimuth",       0,   azimuth_fit, azimuth_build, azimuth_forward,
                                         azimuth_inverse, NULL};
