/* pair.c -- two particles by their mass: 'pair(p1, p2)', 'pair(p1, p2, box)' and 'pair(p1, p2, eta)'.
 *   With fixed masses, mT^2 = m^2 + pT^2, y the rapidities, dy = y2 - y1, dphi = phi2 - phi1 in (-pi, pi]:
 *     M^2 = L^2 + u^2 + v^2,   L^2 = m1^2 + m2^2 + 2 (mT1 mT2 - pT1 pT2),
 *     u = 2 sqrt(mT1 mT2) sinh(dy/2),   v = 2 sqrt(pT1 pT2) sin(dphi/2)
 *   which is exact. Coordinates: log pT1, log pT2, eta1, phi1, log M, and
 *     pair(p1, p2)       an angle a:  v = min(rho, r) cos a,  u = sign(a) sqrt(rho^2 - v^2),  rho^2 = M^2 - L^2,
 *                        r = 2 sqrt(pT1 pT2) the largest v; for rho <= r it is the polar angle of (v, u). Every set of
 *                        coordinates is an event of exactly that mass;
 *     pair(p1, p2, box)  the same, and instead of eta1 the place t in (-1, 1) of y1 between the bounds that |eta1| < H and
 *                        |eta2| < H leave it, H the largest |eta| of the data: both edges of a detector are straight;
 *     pair(p1, p2, eta)  eta2, and the sign of dphi as a dequantised normal; v^2 = M^2 - L^2 - u^2 gives |dphi| back.
 *                        Where no dphi gives the mass, it stands all the same: a mass too small (v^2 < 0) moves particle 2
 *                        towards the rapidity of particle 1 at dphi = 0, one too large scales both pT at dphi = pi.
 *   The inverse never fails.
 *   At dphi = pi (with eta2 also at 0) M is extremal: there an error of M is the square of one of dphi. */
#include <math.h>
#include <string.h>

#include "base/normal.h"
#include "prep/panel.h"
#include "prep/particle_columns.h"

enum { WIDTH_ANGLE = 6, WIDTH_ETA = 7 };

enum { FORM_ANGLE = 0, FORM_ETA = 1, FORM_BOX = 2 };

typedef struct pair {
    gh_particle_table table;
    int eta;         /* FORM_ETA */
    int box;         /* FORM_BOX */
    double edge;     /* H */
    double negative; /* share of events with dphi < 0 */
    double border;   /* the same as a normal number */
} pair;

/* What forward computes from one row. */
typedef struct geometry {
    double pt[2], eta[2], y[2], phi[2], mt[2], mass, u, v;
} geometry;

static int measure(const gh_particle_table *t, const double *row, int64_t step, geometry *g)
{
    double dphi, low;
    for (int k = 0; k < 2; k++) {
        gh_momentum p = gh_particle_read(t->column[k], row, step);
        g->pt[k] = sqrt(p.px * p.px + p.py * p.py);
        g->mt[k] = sqrt(g->pt[k] * g->pt[k] + t->mass[k] * t->mass[k]);
        g->eta[k] = asinh(p.pz / g->pt[k]);
        g->y[k] = asinh(p.pz / g->mt[k]);
        g->phi[k] = atan2(p.py, p.px);
    }
    dphi = gh_wrap_angle(g->phi[1] - g->phi[0]);
    g->u = 2 * sqrt(g->mt[0] * g->mt[1]) * sinh(0.5 * (g->y[1] - g->y[0]));
    g->v = 2 * sqrt(g->pt[0] * g->pt[1]) * sin(0.5 * dphi);
    low = t->mass[0] * t->mass[0] + t->mass[1] * t->mass[1] + 2 * (g->mt[0] * g->mt[1] - g->pt[0] * g->pt[1]);
    g->mass = sqrt(low + g->u * g->u + g->v * g->v);
    return g->pt[0] > 0 && g->pt[1] > 0 && g->mass > 0 && isfinite(g->mass);
}

/* Rapidity of particle k at pseudorapidity eta. */
static double rapidity(double pt, double mt, double eta)
{
    return asinh(pt / mt * sinh(eta));
}

/* Bounds of y1 when y2 = y1 + dy and both pseudorapidities stay within the edge; a point when that is impossible. */
static void bounds(double edge, const double *pt, const double *mt, double dy, double *low, double *high)
{
    double y1 = rapidity(pt[0], mt[0], edge), y2 = rapidity(pt[1], mt[1], edge);
    *low = fmax(-y1, -y2 - dy);
    *high = fmin(y1, y2 - dy);
    if (*low > *high) *low = *high = 0.5 * (*low + *high);
}

static gh_status find_edge(gh_stage *stage, const gh_fit *fit, const gh_particle_table *table)
{
    double edge = 0;
    for (int64_t i = 0; i < fit->n; i++) {
        geometry g;
        if (measure(table, fit->columns + i, fit->n, &g)) edge = fmax(edge, fmax(fabs(g.eta[0]), fabs(g.eta[1])));
    }
    edge = edge * (1 + 1e-9) + 1e-9;
    return gh_stage_put(stage, "edge", 1, &edge);
}

static gh_status find_share(gh_stage *stage, const gh_fit *fit, const gh_particle_table *table)
{
    double negative = 0, total = 0;
    for (int64_t i = 0; i < fit->n; i++) {
        geometry g;
        double w = fit->weights ? fit->weights[i] : 1;
        if (measure(table, fit->columns + i, fit->n, &g)) negative += g.v < 0 ? w : 0, total += w;
    }
    double share = total > 0 ? negative / total : 0.5; /* at least one in a million on either side */
    share = gh_clamp(share, 1e-6, 1 - 1e-6);
    return gh_stage_put(stage, "negative_share", 1, &share);
}

static gh_status pair_fit(gh_stage *stage, gh_fit *fit)
{
    const gh_arguments *a = fit->arguments;
    int eta = a->count == 3 && strcmp(a->items[2], "eta") == 0, box = a->count == 3 && strcmp(a->items[2], "box") == 0;
    gh_particle_wish wish = {(const char *const *)a->items, 2, 0, 0};
    gh_particle_table table;
    char name[2][256];
    if (a->count != 2 + eta + box)
        GH_FAIL(GENHEP_E_OPTION, "prep: 'pair(%.120s)', expected 'pair(p1, p2)', 'pair(p1, p2, box)' or 'pair(p1, p2, eta)'", a->text);
    if (strcmp(a->items[0], a->items[1]) == 0)
        GH_FAIL(GENHEP_E_OPTION, "prep: 'pair(%.120s)' names '%.80s' twice", a->text, a->items[0]);
    GH_TRY(gh_particle_table_fit(stage, fit, &wish));
    GH_TRY(gh_particle_table_build(stage, &table));
    for (int k = 0; k < 2; k++) {
        gh_particle_table_name(stage, k, name[k]);
        if (table.free[k])
            GH_FAIL(GENHEP_E_OPTION, "prep: 'pair' needs a fixed mass of '%.80s'; data.masses leaves it free", name[k]);
    }
    GH_TRY(find_share(stage, fit, &table));
    GH_TRY(find_edge(stage, fit, &table));
    int64_t form = eta ? FORM_ETA : box ? FORM_BOX : FORM_ANGLE;
    GH_TRY(gh_stage_put_indices(stage, "form", 1, &form));
    GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "logpT(%s)", name[0]));
    GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "logpT(%s)", name[1]));
    GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, box ? "box(%s)" : "eta(%s)", name[0]));
    if (eta) GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "eta(%s)", name[1]));
    GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_AZIMUTH, "phi(%s)", name[0]));
    GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "logm(%s+%s)", name[0], name[1]));
    if (eta) GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_DISCRETE, GH_ANGLE_NONE, "sign(%s-%s)", name[1], name[0]));
    else GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_PERIODIC, "angle(%s-%s)", name[1], name[0]));
    return gh_particle_table_rest(stage, fit);
}

static gh_status pair_build(gh_stage *stage)
{
    pair *s;
    const double *share, *edge;
    const int64_t *form;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_particle_table_build(stage, &s->table));
    GH_TRY(gh_stage_get(stage, "negative_share", 1, &share));
    GH_TRY(gh_stage_get(stage, "edge", 1, &edge));
    GH_TRY(gh_stage_get_i64(stage, "form", 1, &form));
    s->eta = *form == FORM_ETA;
    s->box = *form == FORM_BOX;
    s->edge = *edge;
    if (!(s->edge > 0 && s->edge < 100))
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'pair' has the edge %g, expected between 0 and 100", s->edge);
    s->negative = *share;
    int64_t width = s->table.rest_count + (s->eta ? WIDTH_ETA : WIDTH_ANGLE);
    if (s->table.count != 2 || !(s->negative > 0 && s->negative < 1) || width != stage->width_out)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'pair' has %lld particles and width %lld, expected 2 and %lld",
                (long long)s->table.count, (long long)stage->width_out, (long long)width);
    s->border = gh_normal_quantile(s->negative);
    stage->draws = s->eta;
    stage->scratch = 8;
    return GENHEP_OK;
}

static gh_status pair_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const pair *s = stage->state;
    for (int i = 0; i < GH_PANEL; i++) {
        geometry g;
        double *at = out + i;
        if (!measure(&s->table, in + i, GH_PANEL, &g))
            return gh_stage_domain(stage, pass, i, "mass of the pair", g.mass, "expected positive pT and mass");
        double list[WIDTH_ETA] = {log(g.pt[0]), log(g.pt[1]), g.eta[0]};
        int used = 3;
        if (s->box) {
            double lower, upper;
            bounds(s->edge, g.pt, g.mt, g.y[1] - g.y[0], &lower, &upper);
            list[2] = upper > lower ? gh_clamp((2 * g.y[0] - lower - upper) / (upper - lower), -1, 1) : 0;
        }
        if (s->eta) list[used++] = g.eta[1];
        list[used++] = g.phi[0];
        list[used++] = log(g.mass);
        if (s->eta) {
            double low = g.v < 0 ? 0 : s->negative, share = g.v < 0 ? s->negative : 1 - s->negative;
            double u =
                gh_rng_uniform(&pass->rng, pass->first + (i < pass->rows ? i : pass->rows - 1), stage->first_draw);
            double z =
                gh_normal_quantile(low + share * (0.001 + 0.998 * u)); /* off the border, so a float keeps the sign */
            list[used++] = z;
            if (pass->log_jacobian) pass->log_jacobian[i] += log(share / gh_normal_pdf(z));
        } else {
            double rho = sqrt(g.u * g.u + g.v * g.v), reach = 2 * sqrt(g.pt[0] * g.pt[1]);
            list[used++] = rho <= reach ? atan2(g.u, g.v) : copysign(acos(gh_clamp(g.v / reach, -1, 1)), g.u);
        }
        for (int j = 0; j < used; j++) at[j * GH_PANEL] = list[j];
    }
    gh_particle_rest_copy(&s->table, in, out + (s->eta ? WIDTH_ETA : WIDTH_ANGLE) * GH_PANEL, 1);
    return GENHEP_OK;
}

/* Factor on both pT at which a pair back to back in azimuth has mass M, pseudorapidities kept: with X its square,
 * sqrt((m1^2 + a X)(m2^2 + b X)) = K + c X,  a, b = (pT cosh eta)^2, c = pT1 pT2 (sinh eta1 sinh eta2 - 1), K = (M^2 - m1^2 - m2^2)/2,
 * whose square is quadratic with one positive root. */
static double stretch(const double *m, const double *pt, const double *eta, double mass)
{
    const double p1 = pt[0] * cosh(eta[0]), p2 = pt[1] * cosh(eta[1]), c = pt[0] * pt[1] * (sinh(eta[0]) * sinh(eta[1]) - 1);
    const double K = 0.5 * (mass * mass - m[0] * m[0] - m[1] * m[1]), A = (p1 * p2 - c) * (p1 * p2 + c);
    const double B = m[0] * m[0] * p2 * p2 + m[1] * m[1] * p1 * p1 - 2 * K * c, C = (K - m[0] * m[1]) * (K + m[0] * m[1]);
    const double root = sqrt(fmax(0, B * B + 4 * A * C));
    const double X = B > 0 ? 2 * C / (B + root) : (root - B) / (2 * A);
    return X > 0 && isfinite(X) ? sqrt(X) : 1;
}

/* pair(p1, p2, eta): rapidities and |dphi| of a mass, which one of pT and eta2 gives way to where it must. rho^2 = M^2 - L^2. */
static double place_eta(const double *m, const double *eta, double mass, double rho, double *pt, double *mt, double *y)
{
    double reach = 2 * sqrt(pt[0] * pt[1]);
    for (int k = 0; k < 2; k++) y[k] = rapidity(pt[k], mt[k], eta[k]);
    const double u = 2 * sqrt(mt[0] * mt[1]) * sinh(0.5 * (y[1] - y[0])), rest = (rho - u) * (rho + u);
    if (rest <= 0) {
        y[1] = y[0] + copysign(2 * asinh(rho / (2 * sqrt(mt[0] * mt[1]))), u);
        return 0;
    }
    if (rest <= reach * reach) return 2 * asin(fmin(1, sqrt(rest) / reach));
    const double factor = stretch(m, pt, eta, mass);
    for (int k = 0; k < 2; k++) {
        pt[k] *= factor;
        mt[k] = sqrt(pt[k] * pt[k] + m[k] * m[k]);
        y[k] = rapidity(pt[k], mt[k], eta[k]);
    }
    return M_PI;
}

/* One row back. */
static void place(const pair *s, const double *in, double *momenta)
{
    const double *m = s->table.mass;
    double pt[2], mt[2], y[2] = {0, 0}, phi[2], dphi;
    for (int k = 0; k < 2; k++) {
        pt[k] = gh_panel_exp(gh_clamp(in[k * GH_PANEL], -45, 25));
        mt[k] = sqrt(pt[k] * pt[k] + m[k] * m[k]);
    }
    phi[0] = gh_clamp(in[(3 + s->eta) * GH_PANEL], -1e5, 1e5);
    double mass = gh_panel_exp(gh_clamp(in[(4 + s->eta) * GH_PANEL], -45, 25)), last = in[(5 + s->eta) * GH_PANEL];
    double square = mass * mass - m[0] * m[0] - m[1] * m[1] - 2 * (mt[0] * mt[1] - pt[0] * pt[1]);
    double rho = sqrt(square > 0 ? square : 0), reach = 2 * sqrt(pt[0] * pt[1]);
    if (s->eta) {
        const double eta[2] = {gh_clamp(in[2 * GH_PANEL], -20, 20), gh_clamp(in[3 * GH_PANEL], -20, 20)};
        dphi = place_eta(m, eta, mass, rho, pt, mt, y);
        if (last < s->border) dphi = -dphi;
    } else {
        if (!s->box) y[0] = rapidity(pt[0], mt[0], gh_clamp(in[2 * GH_PANEL], -20, 20));
        double angle = gh_wrap_angle(gh_clamp(last, -1e5, 1e5)), v = (rho < reach ? rho : reach) * cos(angle);
        double u = rho <= reach ? rho * sin(angle) : copysign(sqrt((rho - v) * (rho + v)), angle);
        dphi = 2 * asin(gh_clamp(v / reach, -1, 1));
        double dy = gh_clamp(2 * asinh(u / (2 * sqrt(mt[0] * mt[1]))), -25, 25);
        if (s->box) {
            double lower, upper;
            bounds(s->edge, pt, mt, dy, &lower, &upper);
            y[0] = 0.5 * (lower + upper + gh_clamp(in[2 * GH_PANEL], -1, 1) * (upper - lower));
        }
        y[1] = gh_clamp(y[0] + dy, -25, 25);
    }
    phi[1] = phi[0] + dphi;
    for (int k = 0; k < 2; k++) {
        momenta[3 * k * GH_PANEL] = pt[k] * cos(phi[k]);
        momenta[(3 * k + 1) * GH_PANEL] = pt[k] * sin(phi[k]);
        momenta[(3 * k + 2) * GH_PANEL] = mt[k] * sinh(y[k]);
    }
}

static void pair_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const pair *s = stage->state;
    double *momenta = pass->scratch, *masses = momenta + 6 * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        place(s, in + i, momenta + i);
        for (int k = 0; k < 2; k++) masses[k * GH_PANEL + i] = s->table.mass[k];
    }
    gh_particles_write(&s->table, pass->float_output, momenta, masses, out);
    gh_particle_rest_copy(&s->table, in + (s->eta ? WIDTH_ETA : WIDTH_ANGLE) * GH_PANEL, out, 0);
}

const gh_stage_class gh_stage_pair = {"pair", 0, pair_fit, pair_build, pair_forward, pair_inverse, NULL};
