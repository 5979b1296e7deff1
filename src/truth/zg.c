/* zg.c -- zg_real and zg_dipole: q qbar -> Z g in pp, and the two initial-state dipoles to be subtracted from it.
 *
 * In t = ln s, rapidity y of the pair and eta = artanh c, c = cos between quark and gluon in the frame of the pair,
 * with delta = s - M^2 and the quark along +z (twice, with -z):
 *   d sigma = dt dy deta  sum_q x1 q(x1) x2 qbar(x2) (v_q^2 + a_q^2)  K delta/(32 pi s^2) N,
 *   K = (2/9) pi^2 alpha alpha_s/(s_w^2 c_w^2)
 *   real: N = (1-c^2) (t^2 + u^2 + 2 s M^2)/(t u) = 2 (1 + c^2) + 8 s M^2/delta^2
 *   dipoles: N = (1-c^2) kappa (s^2 + M^4)/(t u) = 4 kappa (s^2 + M^4)/delta^2
 * Steps of ln delta make cells; in each a bound of the density holds, so events are drawn as in drell_yan.c. */
#include <math.h>
#include <stdlib.h>

#include "processes.h"

enum { SQRT_S, PT_MIN, KAPPA };
#define CELLS 400
#define ALPHA_S 0.118

static const double M2 = TRUTH_Z_MASS * TRUTH_Z_MASS, cut_energy = 5; /* GeV */

typedef struct cell {
    double t, width, most_y, most_eta, bound, cumulative;
} cell;

typedef struct tables {
    double kappa; /* 0 for real emission */
    double pt;    /* least pT of the gluon */
    double most;  /* largest s */
    cell cells[CELLS];
} tables;

static const truth_key keys[] = {
    {"sqrt_s", TRUTH_REAL, "13000", 1000, 1e6, NULL, "energy of the beams together, GeV"},
    {"pt_min", TRUTH_REAL, "2", 0.1, 50, NULL, "least transverse momentum of the gluon, GeV"},
    {"kappa", TRUTH_REAL, "0.5", 0.01, 1, NULL, "factor on the dipoles; real minus dipoles is positive up to 0.5"},
};

static const char *const columns[] = {"z_E", "z_px", "z_py", "z_pz", "g_E", "g_px", "g_py", "g_pz"};

/** N = even + slope c^2 */
static void angular(double kappa, double s, double *even, double *slope)
{
    double delta = s - M2;
    *even = kappa > 0 ? 4 * kappa * (s * s + M2 * M2) / (delta * delta) : 2 + 8 * s * M2 / (delta * delta);
    *slope = kappa > 0 ? 0 : 2;
}

static double gluon_momentum(double s)
{
    return (s - M2) / (2 * sqrt(s));
}

static void make_cells(const truth_run *run, tables *table)
{
    double least = table->pt + sqrt(table->pt * table->pt + M2), low = log(least * least - M2);
    double high = log(table->most - M2), total = 0;
    for (int i = 0; i < CELLS; i++) {
        cell *c = &table->cells[i];
        double s0 = M2 + exp(low + (high - low) * i / CELLS), s1 = M2 + exp(low + (high - low) * (i + 1) / CELLS);
        double even, slope, tau = s0 / (run->sqrt_s * run->sqrt_s);
        *c = (cell){.t = log(s0), .width = log(s1 / s0), .most_y = -0.5 * log(tau)};
        c->most_eta = acosh(fmax(1, gluon_momentum(s1) / table->pt));
        for (int q = 0; q < TRUTH_QUARKS; q++) c->bound += truth_luminosity_bound(q, tau) * truth_z_strength(q);
        angular(table->kappa, s0, &even, &slope); /* even falls with s */
        c->bound *= (1 + 1e-9) * (even + slope) * (s1 - M2) / (s0 * s0);
        total += c->width * 2 * c->most_y * 2 * c->most_eta * c->bound;
        c->cumulative = total;
    }
}

/** Integral of N deta over the c in [-limit, limit] with p (cosh y + c sinh y) above the energy cut, y >= 0:
 * the integral of (even + slope c^2)/(1 - c^2) is (even + slope) artanh c - slope c. */
static double allowed_angles(const tables *table, double s, double p, double y)
{
    double limit = sqrt(fmax(0, (1 - table->pt / p) * (1 + table->pt / p))), from = -limit, even, slope;
    double above = cut_energy / p - cosh(y);
    if (above > from * sinh(y)) from = above >= limit * sinh(y) ? limit : above / sinh(y);
    angular(table->kappa, s, &even, &slope);
    return (even + slope) * (atanh(limit) - atanh(from)) - slope * (limit - from);
}

static const double node[4] = {0.0694318442029737, 0.3300094782075719, 0.6699905217924281, 0.9305681557970263};
static const double weight[4] = {0.1739274225687269, 0.3260725774312731, 0.3260725774312731, 0.1739274225687269};

/** Integral over y at one s, in pieces between the points where the energy cut starts and ends to act. */
static double over_rapidity(const truth_run *run, const tables *table, double s, double p, int panels)
{
    double tau = s / (run->sqrt_s * run->sqrt_s), root = sqrt(tau), most = -0.5 * log(tau), sum = 0;
    double edge_eta = acosh(fmax(1, p / table->pt)), act = acosh(fmax(1, cut_energy / table->pt));
    double edges[5] = {0, fabs(edge_eta - act), edge_eta + act, most, most};
    for (int i = 1; i < 3; i++) edges[i] = fmin(edges[i], most);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 4 * panels; k++) {
            double width = (edges[i + 1] - edges[i]) / panels, y = edges[i] + width * (k / 4 + node[k % 4]), e = exp(y);
            double q1[TRUTH_QUARKS], q2[TRUTH_QUARKS], bar1, bar2, rate = 0;
            if (!(width > 0)) continue;
            truth_partons(root * e, q1, &bar1);
            truth_partons(root / e, q2, &bar2);
            for (int q = 0; q < TRUTH_QUARKS; q++) /* at y and at -y */
                rate += truth_z_strength(q) * (q1[q] * bar2 + q2[q] * bar1);
            sum += width * weight[k % 4] * rate * allowed_angles(table, s, p, y);
        }
    return sum;
}

/** Integral of d sigma in pb. The momentum of the gluon is pt cosh(h); h is smooth at threshold, where c has no
 * room, and dt = 2 dp / sqrt(p^2 + M^2). Split where p passes the energy cut. */
static double integrate(const truth_run *run, const tables *table, int panels)
{
    double last = acosh(gluon_momentum(table->most) / table->pt), sum = 0;
    double edges[3] = {0, fmin(last, acosh(fmax(1, cut_energy / table->pt))), last};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 4 * panels; k++) {
            double width = (edges[i + 1] - edges[i]) / panels, h = edges[i] + width * (k / 4 + node[k % 4]);
            double p = table->pt * cosh(h), energy = sqrt(p * p + M2), s = (p + energy) * (p + energy);
            double step = 2 * table->pt * sinh(h) / energy;
            if (!(width > 0)) continue;
            sum += width * weight[k % 4] * step * over_rapidity(run, table, s, p, panels) * (s - M2) / (s * s);
        }
    double coupling = 2. / 9 * M_PI * M_PI * TRUTH_ALPHA * ALPHA_S / (TRUTH_SIN2 * (1 - TRUTH_SIN2));
    return 2 * sum * coupling / (32 * M_PI) * TRUTH_GEV2_PB; /* quark along +z or -z */
}

static int prepare_with(truth_run *run, double kappa, char *message, size_t message_size)
{
    tables *table = calloc(1, sizeof *table);
    if (!table) {
        truth_say(message, message_size, "%s: no memory for %zu bytes of tables", run->process->name, sizeof *table);
        return GENHEP_E_NOMEM;
    }
    run->tables = table;
    run->sqrt_s = run->value[SQRT_S].number;
    table->kappa = kappa;
    table->pt = run->value[PT_MIN].number;
    table->most = run->sqrt_s * run->sqrt_s / 16;
    make_cells(run, table);
    run->sigma_pb = integrate(run, table, 16);
    run->sigma_err_pb = fabs(run->sigma_pb - integrate(run, table, 11)) + 1e-12 * run->sigma_pb;
    return GENHEP_OK;
}

static int prepare_real(truth_run *run, char *message, size_t message_size)
{
    return prepare_with(run, 0, message, message_size);
}

static int prepare_dipole(truth_run *run, char *message, size_t message_size)
{
    return prepare_with(run, run->value[KAPPA].number, message, message_size);
}

static const cell *find_cell(const tables *table, double rate)
{
    int lo = 0, hi = CELLS - 1;
    while (lo < hi) {
        int middle = (lo + hi) / 2;
        if (table->cells[middle].cumulative > rate) hi = middle;
        else lo = middle + 1;
    }
    return &table->cells[lo];
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    const tables *table = run->tables;
    double s = 2 * M2, y = 0, c = 0, p = 0;
    while (!draws->spent) {
        const cell *here = find_cell(table, truth_uniform(draws) * table->cells[CELLS - 1].cumulative);
        s = exp(here->t + here->width * truth_uniform(draws)), p = gluon_momentum(s);
        y = here->most_y * (2 * truth_uniform(draws) - 1);
        double eta = here->most_eta * (2 * truth_uniform(draws) - 1), u = truth_uniform(draws) * here->bound;
        c = tanh(eta);
        if (p < table->pt * cosh(eta) || p * (cosh(y) + c * sinh(y)) < cut_energy) continue;
        double root = sqrt(s) / run->sqrt_s, e = exp(y), q[TRUTH_QUARKS], other[TRUTH_QUARKS], bar, unused, even, slope;
        truth_partons(root * e, q, &unused);
        truth_partons(root / e, other, &bar);
        angular(table->kappa, s, &even, &slope);
        double rate = truth_z_strength(TRUTH_UP) * q[TRUTH_UP] + truth_z_strength(TRUTH_DOWN) * q[TRUTH_DOWN];
        if (u < rate * bar * (even + slope * c * c) * (s - M2) / (s * s)) break;
    }
    double phi = M_PI * (2 * truth_uniform(draws) - 1);
    if (truth_uniform(draws) < 0.5) y = -y, c = -c; /* the quark came along -z */
    double pt = p * sqrt((1 - c) * (1 + c)), px = pt * cos(phi), py = pt * sin(phi);
    double z = sqrt(p * p + M2) * sinh(y) - p * c * cosh(y), g = p * (c * cosh(y) + sinh(y));
    truth_store(row, truth_on_shell(TRUTH_Z_MASS, -px, -py, z));
    truth_store(row + 4, truth_on_shell(0, px, py, g));
}

#define Z_GLUON(NAME, TEXT, STREAM, KEYS, PREPARE)                                                         \
    {                                                                                                      \
        .name = NAME, .text = TEXT, .cuts = "E(g) > 5 GeV, pT(g) > pt_min, mass of Z g below sqrt_s/4",    \
        .stream = STREAM, .n_columns = 8, .columns = columns, .unit = "GeV", .n_keys = KEYS, .keys = keys, \
        .prepare = PREPARE, .event = event                                                                 \
    }

const truth_process truth_zg_real = Z_GLUON("zg_real", "q qbar -> Z g in pp, leading order", 601, 2, prepare_real);
const truth_process truth_zg_dipole =
    Z_GLUON("zg_dipole", "the dipoles of q qbar -> Z g in pp times kappa, to be subtracted", 602, 3, prepare_dipole);
