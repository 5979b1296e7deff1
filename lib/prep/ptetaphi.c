/* ptetaphi.c -- particles as log pT, eta, phi, and the mass where it is free: log m where every mass in the data can be
 * told from rounding (m > 0 and m^2 > 1e-7 p^2), else the signed mass sign(m^2) sqrt |m^2|.
 *   px = pT cos phi, py = pT sin phi, pz = pT sinh eta. The balance particle keeps eta (and mass) only.
 *   Columns that are pT, eta, phi themselves are written without the way over px, py, pz. */
#include <math.h>
#include <string.h>

#include "prep/panel.h"
#include "prep/particle_columns.h"

#define MOST_LOG_PT 45.0 /* 3e19: far outside any data, and its float is finite */
#define MOST_ETA 20.0

typedef struct ptetaphi {
    gh_particle_table table;
    const int64_t *log_mass; /* 1: the free mass is stored as its logarithm */
} ptetaphi;

static gh_status find_log_mass(gh_stage *stage, const gh_fit *fit, const gh_particle_table *table)
{
    int64_t *list;
    GH_TRY(gh_alloc(&stage->hooks, &list, table->count, sizeof *list));
    for (int64_t k = 0; k < table->count; k++) {
        list[k] = table->free[k] != 0;
        for (int64_t i = 0; list[k] && i < fit->n; i++) {
            gh_momentum p = gh_particle_read(table->column[k], fit->columns + i, fit->n);
            list[k] = p.mass > 0 && p.mass * p.mass > 1e-7 * (p.px * p.px + p.py * p.py + p.pz * p.pz);
        }
    }
    gh_status status = gh_stage_put_indices(stage, "log_mass", table->count, list);
    gh_free(&stage->hooks, list);
    return status;
}

static gh_status ptetaphi_fit(gh_stage *stage, gh_fit *fit)
{
    gh_particle_wish wish = {(const char *const *)fit->arguments->items, fit->arguments->count, 1, 1};
    gh_particle_table table;
    const int64_t *log_mass;
    char name[256];
    if (!wish.count) wish.names = NULL;
    GH_TRY(gh_particle_table_fit(stage, fit, &wish));
    GH_TRY(gh_particle_table_build(stage, &table));
    GH_TRY(find_log_mass(stage, fit, &table));
    GH_TRY(gh_stage_get_i64(stage, "log_mass", table.count, &log_mass));
    for (int64_t k = 0; k < table.count; k++) {
        gh_particle_table_name(stage, k, name);
        if (k != table.balance) GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "logpT(%s)", name));
        GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "eta(%s)", name));
        if (k != table.balance) GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_AZIMUTH, "phi(%s)", name));
        if (table.free[k])
            GH_TRY(
                gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "%sm(%s)", log_mass[k] ? "log" : "", name));
    }
    return gh_particle_table_rest(stage, fit);
}

static gh_status ptetaphi_build(gh_stage *stage)
{
    ptetaphi *s;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_particle_table_build(stage, &s->table));
    GH_TRY(gh_stage_get_i64(stage, "log_mass", s->table.count, &s->log_mass));
    int64_t width = s->table.rest_count;
    for (int64_t k = 0; k < s->table.count; k++) width += (k == s->table.balance ? 1 : 3) + (s->table.free[k] != 0);
    if (width != stage->width_out)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'ptetaphi' has width %lld behind it, expected %lld",
                (long long)stage->width_out, (long long)width);
    stage->scratch = 7 * s->table.count; /* momenta, masses, and pT eta phi as they came */
    return GENHEP_OK;
}

/* log pT, eta, phi of one row; 0 when pT is 0 or something is not finite. */
static int polar_of(const int64_t column[GH_ROLES], const double *row, const gh_momentum *p, double polar[3])
{
    if (column[GH_ROLE_PT] >= 0 && column[GH_ROLE_ETA] >= 0 && column[GH_ROLE_PHI] >= 0) {
        polar[0] = log(row[column[GH_ROLE_PT] * GH_PANEL]);
        polar[1] = row[column[GH_ROLE_ETA] * GH_PANEL];
        polar[2] = gh_wrap_angle(row[column[GH_ROLE_PHI] * GH_PANEL]);
    } else {
        double pt = sqrt(p->px * p->px + p->py * p->py);
        polar[0] = log(pt);
        polar[1] = asinh(p->pz / pt);
        polar[2] = atan2(p->py, p->px);
    }
    return isfinite(polar[0]) && isfinite(polar[1]) && isfinite(polar[2]);
}

static gh_status ptetaphi_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const ptetaphi *s = stage->state;
    const gh_particle_table *t = &s->table;
    for (int64_t k = 0; k < t->count; k++) {
        int64_t kept = k == t->balance ? 1 : 3;
        for (int i = 0; i < GH_PANEL; i++) {
            gh_momentum p = gh_particle_read(t->column[k], in + i, GH_PANEL);
            double polar[3];
            char name[256];
            if (!polar_of(t->column[k], in + i, &p, polar)) {
                gh_particle_table_name(stage, k, name);
                return gh_stage_domain(stage, pass, i, name, sqrt(p.px * p.px + p.py * p.py),
                                       "expected a positive pT and finite angles");
            }
            if (kept == 1) out[i] = polar[1];
            else out[i] = polar[0], out[GH_PANEL + i] = polar[1], out[2 * GH_PANEL + i] = polar[2];
            if (!t->free[k]) continue;
            double mass = s->log_mass[k] ? log(p.mass) : p.mass;
            if (!isfinite(mass)) {
                gh_particle_table_name(stage, k, name);
                return gh_stage_domain(stage, pass, i, name, p.mass,
                                       "expected a positive mass, as all were in the training data");
            }
            out[kept * GH_PANEL + i] = mass;
        }
        out += (kept + (t->free[k] != 0)) * GH_PANEL;
    }
    gh_particle_rest_copy(t, in, out, 1);
    return GENHEP_OK;
}

GH_CLONES static void to_cartesian(const double *log_pt, const double *eta, const double *phi, double *p, double *polar)
{
    for (int i = 0; i < GH_PANEL; i++) {
        double pt = gh_panel_exp(gh_clamp(log_pt[i], -MOST_LOG_PT, MOST_LOG_PT)), sine, cosine, sinh_eta, cosh_eta;
        double rapidity = gh_clamp(eta[i], -MOST_ETA, MOST_ETA);
        gh_panel_sincos(phi[i], &sine, &cosine);
        gh_panel_sinhcosh(rapidity, &sinh_eta, &cosh_eta);
        p[i] = pt * cosine;
        p[GH_PANEL + i] = pt * sine;
        p[2 * GH_PANEL + i] = pt * sinh_eta;
        polar[i] = pt;
        polar[GH_PANEL + i] = rapidity;
    }
}

/* pT of the balance particle is that of all others together; its pz follows from eta. */
static void balance_z(const gh_particle_table *t, const double *eta, double *momenta)
{
    for (int i = 0; i < GH_PANEL; i++) {
        double px = 0, py = 0;
        for (int64_t k = 0; k < t->count; k++)
            if (k != t->balance) px += momenta[3 * k * GH_PANEL + i], py += momenta[(3 * k + 1) * GH_PANEL + i];
        momenta[(3 * t->balance + 2) * GH_PANEL + i] =
            sqrt(px * px + py * py) * sinh(gh_clamp(eta[i], -MOST_ETA, MOST_ETA));
    }
}

static void ptetaphi_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const ptetaphi *s = stage->state;
    const gh_particle_table *t = &s->table;
    double *momenta = pass->scratch, *masses = momenta + 3 * t->count * GH_PANEL, *polar = masses + t->count * GH_PANEL;
    const double *at = in, *balance_eta = NULL;
    for (int64_t k = 0; k < t->count; k++) {
        double *p = momenta + 3 * k * GH_PANEL, *mass = masses + k * GH_PANEL, *q = polar + 3 * k * GH_PANEL;
        if (k == t->balance) {
            balance_eta = at;
            at += GH_PANEL;
        } else {
            to_cartesian(at, at + GH_PANEL, at + 2 * GH_PANEL, p, q);
            for (int i = 0; i < GH_PANEL; i++) q[2 * GH_PANEL + i] = gh_wrap_angle(at[2 * GH_PANEL + i]);
            at += 3 * GH_PANEL;
        }
        for (int i = 0; i < GH_PANEL; i++)
            mass[i] = !t->free[k]      ? t->mass[k]
                      : s->log_mass[k] ? gh_panel_exp(gh_clamp(at[i], -MOST_LOG_PT, MOST_LOG_PT))
                                       : gh_clamp(at[i], -1e19, 1e19);
        at += t->free[k] ? GH_PANEL : 0;
    }
    if (balance_eta) balance_z(t, balance_eta, momenta);
    gh_particles_write(t, pass->float_output, momenta, masses, out);
    for (int64_t k = 0; k < t->count; k++) {
        const int64_t *column = t->column[k];
        const double *q = polar + 3 * k * GH_PANEL;
        if (k == t->balance || column[GH_ROLE_PT] < 0 || column[GH_ROLE_ETA] < 0 || column[GH_ROLE_PHI] < 0) continue;
        memcpy(out + column[GH_ROLE_PT] * GH_PANEL, q, GH_PANEL * sizeof *out);
        memcpy(out + column[GH_ROLE_ETA] * GH_PANEL, q + GH_PANEL, GH_PANEL * sizeof *out);
        memcpy(out + column[GH_ROLE_PHI] * GH_PANEL, q + 2 * GH_PANEL, GH_PANEL * sizeof *out);
    }
    gh_particle_rest_copy(t, at, out, 0);
}

const gh_stage_class gh_stage_ptetaphi = {"ptetaphi",       0,   ptetaphi_fit, ptetaphi_build, ptetaphi_forward,
                                          ptetaphi_inverse, NULL};
