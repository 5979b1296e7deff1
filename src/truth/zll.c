/* zll.c -- Z exchange to a muon pair: e+e- -> Z -> mu- mu+ or q qbar -> Z -> mu- mu+ in pp, no other radiation. */
#include <math.h>

#include "processes.h"

enum { BEAMS, SQRT_S, WIDTH };
enum { EE, PP };
enum { ON, OFF };

static const double lowest_pp = 50, widths_ee = 15;

static const truth_key keys[] = {
    {"beams", TRUTH_CHOICE, "pp", 0, 0, "ee|pp", "colliding particles"},
    {"sqrt_s", TRUTH_REAL, "13000", 50, 1e6, NULL, "energy of the beams together, GeV; 91.1876 for ee"},
    {"width", TRUTH_CHOICE, "on", 0, 0, "on|off", "Breit-Wigner pair mass, or always the same"},
};

static const char *const columns[] = {"mum_E", "mum_px", "mum_py", "mum_pz", "mup_E", "mup_px", "mup_py", "mup_pz"};

static int prepare(truth_run *run, char *message, size_t message_size)
{
    truth_value *sqrt_s = &run->value[SQRT_S];
    if (run->value[BEAMS].choice == EE && !sqrt_s->given) sqrt_s->number = TRUTH_Z_MASS;
    if (run->value[BEAMS].choice == PP && sqrt_s->number < 1000) {
        truth_say(message, message_size, "zll: sqrt_s=%.10g is below 1000, the least for beams=pp", sqrt_s->number);
        return GENHEP_E_OPTION;
    }
    run->stream += run->value[BEAMS].choice;
    run->sqrt_s = sqrt_s->number;
    return GENHEP_OK;
}

/** cos of the angle with density 1 + cos^2 + 2 r cos, |r| <= 1. */
static double draw_angle(truth_draws *draws, double r)
{
    while (!draws->spent) {
        double c = 2 * truth_uniform(draws) - 1;
        if (truth_uniform(draws) * (2 + 2 * fabs(r)) < 1 + c * c + 2 * r * c) return c;
    }
    return 0;
}

double truth_z_rapidity(truth_draws *draws, double m, double sqrt_s, enum truth_quark *quark)
{
    double root = m / sqrt_s, most = -log(root), up = truth_z_strength(TRUTH_UP), down = truth_z_strength(TRUTH_DOWN);
    double bound = up * truth_luminosity_bound(TRUTH_UP, root * root) +
                   down * truth_luminosity_bound(TRUTH_DOWN, root * root);
    while (!draws->spent) {
        double y = most * (2 * truth_uniform(draws) - 1), e = exp(y), q[TRUTH_QUARKS], other[TRUTH_QUARKS], bar, unused;
        truth_partons(root * e, q, &unused);
        truth_partons(root / e, other, &bar);
        double u = truth_uniform(draws) * bound;
        *quark = u < up * q[TRUTH_UP] * bar ? TRUTH_UP : TRUTH_DOWN;
        if (u < (up * q[TRUTH_UP] + down * q[TRUTH_DOWN]) * bar) return y;
    }
    return 0;
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    int pp = run->value[BEAMS].choice == PP, on = run->value[WIDTH].choice == ON;
    double m0 = pp ? TRUTH_Z_MASS : run->sqrt_s, m = m0, y = 0, c, u = truth_uniform(draws);
    double reach = widths_ee * TRUTH_Z_WIDTH, lo = pp ? lowest_pp : m0 - reach, hi = pp ? run->sqrt_s / 4 : m0 + reach;
    if (on) m = truth_breit_wigner_s(u, m0, TRUTH_Z_WIDTH, lo, hi);
    double phi = M_PI * (2 * truth_uniform(draws) - 1);
    if (pp) {
        enum truth_quark quark = TRUTH_UP;
        y = truth_z_rapidity(draws, m, run->sqrt_s, &quark);
        c = draw_angle(draws, truth_z_asymmetry(quark));
        if (truth_uniform(draws) < 0.5) y = -y, c = -c; /* the quark came along -z */
    } else {
        c = draw_angle(draws, truth_z_asymmetry_leptons());
    }
    double p = truth_decay_momentum(m, TRUTH_MUON_MASS, TRUTH_MUON_MASS), pt = p * sqrt((1 - c) * (1 + c));
    double x = pt * cos(phi), py = pt * sin(phi), along = p * c * cosh(y), moved = 0.5 * m * sinh(y);
    truth_store(row, truth_on_shell(TRUTH_MUON_MASS, x, py, moved + along));
    truth_store(row + 4, truth_on_shell(TRUTH_MUON_MASS, -x, -py, moved - along));
}

const truth_process truth_zll = {
    .name = "zll",
    .text = "Z exchange to mu- mu+, from e+e- or from quarks in pp, with the forward-backward term",
    .cuts = "pp: m(ll) > 50 GeV; ee: m(ll) within 15 widths of sqrt_s",
    .stream = 201, /* ee, and 202 for pp */
    .n_columns = 8,
    .columns = columns,
    .unit = "GeV",
    .n_keys = 3,
    .keys = keys,
    .prepare = prepare,
    .event = event,
};
