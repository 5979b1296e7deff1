/* ttbar.c -- ttbar_6q: t tbar -> (b W+)(bbar W-) -> six quarks in pp, sixteen dimensions and four resonances. */
#include <math.h>

#include "processes.h"

enum { SQRT_S };

/* production: close to leading-order t tbar at 13 TeV in its means and widths, closed forms throughout */
static const double pt_scale = 205, pt_power = 3;   /* GeV */
static const double sigma_half = 0.66, sigma_mean = 2; /* of (y_t - y_tbar)/2 and (y_t + y_tbar)/2, before the fall */

static const truth_key keys[] = {
    {"sqrt_s", TRUTH_REAL, "13000", 4000, 1e6, NULL, "energy of the beams together, GeV"},
};

static const char *const columns[] = {
    "b_E",      "b_px",      "b_py",      "b_pz",      "q1_E",     "q1_px",     "q1_py",     "q1_pz",
    "q1barp_E", "q1barp_px", "q1barp_py", "q1barp_pz", "bbar_E",   "bbar_px",   "bbar_py",   "bbar_pz",
    "q2_E",     "q2_px",     "q2_py",     "q2_pz",     "q2barp_E", "q2barp_px", "q2barp_py", "q2barp_pz",
};

double truth_top_mass(double u)
{
    double reach = TRUTH_WIDTHS * TRUTH_TOP_WIDTH;
    return truth_breit_wigner_m(u, TRUTH_TOP_MASS, TRUTH_TOP_WIDTH, TRUTH_TOP_MASS - reach, TRUTH_TOP_MASS + reach);
}

double truth_w_mass(double u)
{
    double reach = TRUTH_WIDTHS * TRUTH_W_WIDTH;
    return truth_breit_wigner_m(u, TRUTH_W_MASS, TRUTH_W_WIDTH, TRUTH_W_MASS - reach, TRUTH_W_MASS + reach);
}

static int prepare(truth_run *run, char *message, size_t message_size)
{
    (void)message, (void)message_size;
    run->sqrt_s = run->value[SQRT_S].number;
    return GENHEP_OK;
}

/** The two masses of W bosons in ttbar_6q are drawn between those of the tops and the rest: the order of random numbers is
 * part of what a seed means. mw may be NULL: none are drawn. */
static void produce(truth_draws *draws, double sqrt_s, double m[2], double *mw, truth_vector top[2])
{
    double mt[2], y[2];
    for (int i = 0; i < 2; i++) m[i] = truth_top_mass(truth_uniform(draws));
    for (int i = 0; mw && i < 2; i++) mw[i] = truth_w_mass(truth_uniform(draws));
    double pt = truth_falling_pt(truth_uniform(draws), pt_scale, pt_power, sqrt_s / 8);
    double phi = M_PI * (2 * truth_uniform(draws) - 1), x = pt * cos(phi), py = pt * sin(phi);
    for (int i = 0; i < 2; i++) mt[i] = sqrt(m[i] * m[i] + pt * pt);
    truth_pair_rapidities(draws, sqrt_s, mt, sigma_half, sigma_mean, y);
    for (int i = 0; i < 2; i++) top[i] = truth_on_shell(m[i], i ? -x : x, i ? -py : py, mt[i] * sinh(y[i]));
}

void truth_top_pair(truth_draws *draws, double sqrt_s, double m[2], truth_vector top[2])
{
    produce(draws, sqrt_s, m, NULL, top);
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    double m[2], mw[2];
    truth_vector top[2], b, w, q, other;
    produce(draws, run->sqrt_s, m, mw, top);
    for (int i = 0; i < 2; i++) {
        truth_decay_isotropic(draws, top[i], m[i], TRUTH_B_MASS, mw[i], &b, &w);
        truth_decay_isotropic(draws, w, mw[i], TRUTH_QUARK_MASS, TRUTH_QUARK_MASS, &q, &other);
        truth_store(row + 12 * i, b);
        truth_store(row + 12 * i + 4, q);
        truth_store(row + 12 * i + 8, other);
    }
}

const truth_process truth_ttbar_6q = {
    .name = "ttbar_6q",
    .text = "t tbar -> (b W+)(bbar W-) -> six quarks in pp, Breit-Wigner t and W, isotropic decays",
    .cuts = "",
    .stream = 401,
    .n_columns = 24,
    .columns = columns,
    .unit = "GeV",
    .n_keys = 1,
    .keys = keys,
    .prepare = prepare,
    .event = event,
};
