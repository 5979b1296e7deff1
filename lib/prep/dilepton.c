/* dilepton.c -- 'dilepton(lep0_pt, lep1_pt, MET, Mll, Ptll, MT)': two leptons and missing momentum by free coordinates.
 *   The six features are functions of six geometric numbers, for leptons without mass, a = pT of the first, b of the second:
 *     Ptll^2 = a^2 + b^2 + 2 a b cos(dphi) = (a+b)^2 - 4 a b s,           s = sin^2(dphi/2)
 *     Mll^2  = 2 a b (cosh(deta) - cos(dphi)) = 4 a b (sinh^2(deta/2) + s)
 *     MET^2  = Ptll^2 + R^2 + 2 Ptll R cos(chi)    R = -(Ptll + MET), the recoil, at an angle chi to Ptll
 *     MT^2   = (sqrt(Mll^2 + Ptll^2) + MET)^2 - R^2
 *   so a recoil of its own size and direction stands behind MET and MT. Cuts b > B and Mll > M move with the others; their places
 *   are the data's minima. Coordinates, each in its column's place:
 *     a,  chi (of MET),  (b - B)/(a - B),  deta - least deta (of Mll),  dphi (of Ptll),  R (of MT)
 *   Whatever the coordinates, a >= b >= B, Mll >= M, a - b <= Ptll <= a + b, and MT is one that MET allows. Rounded columns may
 *   lie outside by their last digit: angles stop at 0 and pi, roots at 0.
 *   A representation: densities are those of its coordinates, log-Jacobian 0.
 * Tests: tests/unit/test_prep_dilepton.c. */
#include <math.h>

#include "prep/panel.h"
#include "prep/stage.h"

enum { FIRST, SECOND, MISSING, MASS, PAIR, TRANSVERSE, FEATURES };

#define LEAST 1e-12     /* of what divides */
#define WIDEST 40.0     /* deta: cosh is 1e17 there */

typedef struct dilepton {
    int64_t at[FEATURES];
    double least_pt, least_mass; /* B, M */
} dilepton;

static gh_status dilepton_fit(gh_stage *stage, gh_fit *fit)
{
    static const char *const names[FEATURES] = {"%s", "chi(%s)", "share(%s)", "deta(%s)", "dphi(%s)", "recoil(%s)"};
    static const int feature[FEATURES] = {FIRST, MISSING, SECOND, MASS, PAIR, TRANSVERSE};
    int64_t *at = NULL, count = 0;
    double edges[2] = {INFINITY, INFINITY};
    gh_status status = GENHEP_OK;
    if (fit->arguments->count) GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &at, &count));
    if (count != FEATURES || fit->arguments->count != FEATURES) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'dilepton(%.80s)', expected 'dilepton(pT of the first lepton, of the second, missing pT, mass "
                         "of the pair, pT of the pair, transverse mass)'", fit->arguments->text);
        goto cleanup;
    }
    for (int64_t j = 0; j < fit->in->count; j++) {
        const gh_coordinate *c = &fit->in->list[j];
        const char *format = "%s";
        enum gh_coordinate_kind kind = (enum gh_coordinate_kind)c->kind;
        for (int k = 0; k < FEATURES; k++) {
            if (at[feature[k]] != j) continue;
            if (c->kind != GH_COORDINATE_COLUMN) {
                status = gh_fail(GENHEP_E_OPTION, "prep: 'dilepton' needs the column '%.120s' as it is, found it mapped or discrete", c->name);
                goto cleanup;
            }
            format = names[k];
            if (feature[k] != FIRST) kind = GH_COORDINATE_FREE;
        }
        GH_TRY_CLEANUP(gh_layout_add(fit->out, kind, (enum gh_coordinate_angle)c->angle, format, c->name));
    }
    for (int64_t i = 0; i < fit->n; i++) {
        edges[0] = fmin(edges[0], fit->columns[at[SECOND] * fit->n + i]);
        edges[1] = fmin(edges[1], fit->columns[at[MASS] * fit->n + i]);
    }
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "columns", FEATURES, at));
    GH_TRY_CLEANUP(gh_stage_put(stage, "edges", 2, edges));
cleanup:
    gh_free(&stage->hooks, at);
    return status;
}

static gh_status dilepton_build(gh_stage *stage)
{
    dilepton *s;
    const int64_t *at;
    const double *edges;
    int64_t count;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &count, &at));
    GH_TRY(gh_stage_get(stage, "edges", 2, &edges));
    int apart = count == FEATURES;
    for (int64_t i = 0; i < count && apart; i++)
        for (int64_t k = 0; k < i; k++) apart &= at[i] != at[k];
    if (!apart || stage->width_out != stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'dilepton' has %lld columns and width %lld behind it, expected %d, apart, and %lld", (long long)count,
                (long long)stage->width_out, FEATURES, (long long)stage->width_in);
    if (!(edges[0] > 0 && edges[1] >= 0 && isfinite(edges[0] + edges[1])))
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'dilepton' starts at a pT of %g and a mass of %g, expected a positive one and 0 or more", edges[0],
                edges[1]);
    memcpy(s->at, at, sizeof s->at);
    s->least_pt = edges[0], s->least_mass = edges[1];
    return GENHEP_OK;
}

/* sinh^2 of half the least deta that the cut on the mass leaves. */
static double least_square(const dilepton *s, double ab, double sine2)
{
    const double rest = s->least_mass * s->least_mass / (4 * ab) - sine2;
    return rest > 0 ? rest : 0;
}

static gh_status check_row(const gh_stage *stage, const gh_pass *pass, int64_t row, const double x[FEATURES])
{
    const dilepton *s = stage->state;
    for (int k = 0; k < FEATURES; k++)
        if (!(x[k] >= 0 && isfinite(x[k]))) return gh_stage_domain(stage, pass, row, stage->names[s->at[k]], x[k], "expected a number of 0 or more");
    if (!(x[SECOND] > 0 && x[FIRST] >= x[SECOND]))
        return gh_stage_domain(stage, pass, row, stage->names[s->at[SECOND]], x[SECOND], "expected a pT above 0, at most that of the first lepton");
    return GENHEP_OK;
}

static void take_row(const dilepton *s, const double x[FEATURES], double y[FEATURES])
{
    const double a = x[FIRST], b = x[SECOND], p = x[PAIR], m = x[MASS], ab = a * b;
    const double room = a > s->least_pt ? a - s->least_pt : LEAST;
    const double sine2 = gh_clamp(((a + b) * (a + b) - p * p) / (4 * ab), 0, 1), sinh2 = m * m / (4 * ab) - sine2;
    const double deta = 2 * asinh(sqrt(sinh2 > 0 ? sinh2 : 0));
    const double total = sqrt(m * m + p * p) + x[MISSING], r2 = total * total - x[TRANSVERSE] * x[TRANSVERSE], r = sqrt(r2 > 0 ? r2 : 0);
    const double cosine = gh_clamp((x[MISSING] * x[MISSING] - p * p - r * r) / fmax(2 * p * r, LEAST), -1, 1);
    y[FIRST] = a;
    y[SECOND] = gh_clamp((b - s->least_pt) / room, 0, 1);
    y[MISSING] = acos(cosine);
    y[MASS] = fmax(0, deta - 2 * asinh(sqrt(least_square(s, ab, sine2))));
    y[PAIR] = 2 * asin(sqrt(sine2));
    y[TRANSVERSE] = r;
}

static gh_status dilepton_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const dilepton *s = stage->state;
    for (int i = 0; i < GH_PANEL; i++) {
        double x[FEATURES], y[FEATURES];
        for (int k = 0; k < FEATURES; k++) x[k] = in[s->at[k] * GH_PANEL + i];
        GH_TRY(check_row(stage, pass, i, x));
        take_row(s, x, y);
        for (int k = 0; k < FEATURES; k++) out[s->at[k] * GH_PANEL + i] = y[k];
    }
    return GENHEP_OK;
}

/* Sums of terms of one sign where there is one: |a - b| and a + b of nearly parallel leptons keep their digits. */
static void dilepton_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const dilepton *s = stage->state;
    (void)pass;
    for (int i = 0; i < GH_PANEL; i++) {
        double y[FEATURES], sine, cosine, sinus, turn, sh, ch;
        for (int k = 0; k < FEATURES; k++) y[k] = in[s->at[k] * GH_PANEL + i];
        const double a = gh_clamp(y[FIRST], s->least_pt, 1e30), b = s->least_pt + gh_clamp(y[SECOND], 0, 1) * (a - s->least_pt), ab = a * b;
        gh_panel_sincos(gh_clamp(y[PAIR], 0, GH_PI) / 2, &sine, &cosine);
        gh_panel_sincos(gh_clamp(y[MISSING], 0, GH_PI), &sinus, &turn);
        gh_panel_sinhcosh(gh_clamp(y[MASS], 0, WIDEST) / 2, &sh, &ch);
        const double sine2 = sine * sine, least = least_square(s, ab, sine2);
        const double wide = sh * sqrt(1 + least) + ch * sqrt(least); /* sinh of the sum of the halves */
        const double p2 = (a - b) * (a - b) + 4 * ab * cosine * cosine, m2 = 4 * ab * (wide * wide + sine2);
        const double r = gh_clamp(y[TRANSVERSE], 0, 1e30), along = sqrt(p2) + r * turn, across = r * sinus;
        const double missing = sqrt(along * along + across * across), total = sqrt(m2 + p2) + missing;
        out[s->at[FIRST] * GH_PANEL + i] = a;
        out[s->at[SECOND] * GH_PANEL + i] = b < a ? b : a;
        out[s->at[MISSING] * GH_PANEL + i] = missing;
        out[s->at[MASS] * GH_PANEL + i] = sqrt(m2);
        out[s->at[PAIR] * GH_PANEL + i] = sqrt(p2);
        out[s->at[TRANSVERSE] * GH_PANEL + i] = sqrt(fmax(0, (total - r) * (total + r)));
    }
}

const gh_stage_class gh_stage_dilepton = {"dilepton", 1, dilepton_fit, dilepton_build, dilepton_forward, dilepton_inverse, NULL};
