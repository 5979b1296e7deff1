/* zw.c -- zw_unfold: Z W -> (l- l+)(j j) at parton level, paired with a smeared and selected detector level. */
#include <math.h>

#include "processes.h"

enum { SQRT_S, LEPTON, JET, CONSTANT, RESPONSE, ANGLE };

/* production: near a leading-order Z W pair at 13 TeV after the same selection */
static const double pt_scale = 84, pt_power = 2;         /* GeV */
static const double sigma_half = 1.15, sigma_mean = 1.8; /* of (y_Z - y_W)/2 and (y_Z + y_W)/2, before the fall */
static const double longitudinal = 0.2;                  /* share of helicity 0, both bosons */
static const double cut_pt = 25, cut_eta = 2.5, cut_distance = 0.6;

static const truth_key keys[] = {
    {"sqrt_s", TRUTH_REAL, "13000", 2000, 1e6, NULL, "energy of the beams together, GeV"},
    {"lepton", TRUTH_REAL, "0.02", 0, 0.2, NULL, "relative energy smearing of a lepton"},
    {"jet", TRUTH_REAL, "0.8", 0, 2, NULL, "stochastic term a of a jet, sigma/E = a/sqrt(E) (+) constant, GeV^(1/2)"},
    {"constant", TRUTH_REAL, "0.05", 0, 0.3, NULL, "constant term of a jet"},
    {"response", TRUTH_REAL, "0.94", 0.5, 1.5, NULL, "mean jet energy over parton energy"},
    {"angle", TRUTH_REAL, "0.06", 0, 0.3, NULL, "smearing of a jet in eta and in phi"},
};

#define VECTOR(name) name "_E", name "_px", name "_py", name "_pz"
static const char *const columns[] = {
    VECTOR("part_lm"), VECTOR("part_lp"), VECTOR("part_j1"), VECTOR("part_j2"),
    VECTOR("det_lm"),  VECTOR("det_lp"),  VECTOR("det_j1"),  VECTOR("det_j2"),
};

static int prepare(truth_run *run, char *message, size_t message_size)
{
    (void)message, (void)message_size;
    run->sqrt_s = run->value[SQRT_S].number;
    return GENHEP_OK;
}

/** c in [-1,1] with density (1-f0) (3/8)(1 + c^2) + f0 (3/4)(1 - c^2), f0 the share of helicity 0. */
static double draw_helicity_angle(truth_draws *draws)
{
    const double most = 0.75 * fmax(1 - longitudinal, 0.5 * (1 + longitudinal));
    while (!draws->spent) {
        double c = 2 * truth_uniform(draws) - 1, c2 = c * c;
        if (truth_uniform(draws) * most < 0.375 * (1 - longitudinal) * (1 + c2) + 0.75 * longitudinal * (1 - c2))
            return c;
    }
    return 0;
}

/** Decay of a boson of mass M to two particles of mass m, the first at the helicity angle: in the rest frame, against
 * the flight of the boson n = (t cos, t sin, z), in the directions c n + s cos(psi) e1 + s sin(psi) e2 with
 * e1 = (-sin, cos, 0), e2 = n x e1. The boson has transverse momentum, so n is never along the beam. */
static void decay(truth_draws *draws, truth_vector boson, double M, double m, truth_vector *d1, truth_vector *d2)
{
    double c = draw_helicity_angle(draws), psi = 2 * M_PI * truth_uniform(draws);
    double pt = truth_pt(boson), p = sqrt(pt * pt + boson.z * boson.z), q = truth_decay_momentum(M, m, m);
    double along = q * c / p, s = q * sqrt((1 - c) * (1 + c)) / pt, a = s * cos(psi), b = s * sin(psi) / p;
    double x = along * boson.x - a * boson.y - b * boson.z * boson.x;
    double y = along * boson.y + a * boson.x - b * boson.z * boson.y;
    double z = along * boson.z + b * pt * pt;
    *d1 = truth_boost(truth_on_shell(m, x, y, z), boson, M);
    *d2 = truth_boost(truth_on_shell(m, -x, -y, -z), boson, M);
    /* the boost rounds energy and momentum apart; the energy is what follows */
    *d1 = truth_on_shell(m, d1->x, d1->y, d1->z);
    *d2 = truth_on_shell(m, d2->x, d2->y, d2->z);
}

/** Masses and four-vectors of Z and W. */
static void produce(truth_draws *draws, double sqrt_s, double m[2], truth_vector boson[2])
{
    const double reach = TRUTH_WIDTHS * TRUTH_Z_WIDTH;
    double mt[2], y[2];
    m[0] = truth_breit_wigner_m(truth_uniform(draws), TRUTH_Z_MASS, TRUTH_Z_WIDTH, TRUTH_Z_MASS - reach,
                                TRUTH_Z_MASS + reach);
    m[1] = truth_w_mass(truth_uniform(draws));
    double pt = truth_falling_pt(truth_uniform(draws), pt_scale, pt_power, sqrt_s / 8);
    double phi = M_PI * (2 * truth_uniform(draws) - 1), x = pt * cos(phi), py = pt * sin(phi);
    for (int i = 0; i < 2; i++) mt[i] = sqrt(m[i] * m[i] + pt * pt);
    truth_pair_rapidities(draws, sqrt_s, mt, sigma_half, sigma_mean, y);
    boson[0] = truth_on_shell(m[0], x, py, mt[0] * sinh(y[0]));
    boson[1] = truth_on_shell(m[1], -x, -py, mt[1] * sinh(y[1]));
}

static void order_by_pt(truth_vector quark[2])
{
    if (truth_pt(quark[0]) >= truth_pt(quark[1])) return;
    truth_vector softer = quark[0];
    quark[0] = quark[1], quark[1] = softer;
}

void truth_zw_partons(truth_draws *draws, double sqrt_s, truth_vector part[4])
{
    double m[2];
    truth_vector boson[2];
    produce(draws, sqrt_s, m, boson);
    decay(draws, boson[0], m[0], TRUTH_MUON_MASS, &part[0], &part[1]);
    decay(draws, boson[1], m[1], TRUTH_QUARK_MASS, &part[2], &part[3]);
    order_by_pt(part + 2);
}

static double pseudorapidity(truth_vector v)
{
    return asinh(v.z / truth_pt(v));
}

static truth_vector scaled(truth_vector v, double factor)
{
    return (truth_vector){factor * v.e, factor * v.x, factor * v.y, factor * v.z};
}

/** v turned by `turn` in azimuth and shifted by `shift` in pseudorapidity, at the same pT and mass. */
static truth_vector turned(truth_vector v, double shift, double turn)
{
    double pt = truth_pt(v), phi = atan2(v.y, v.x) + turn;
    return truth_on_shell(truth_mass(v), pt * cos(phi), pt * sin(phi), pt * sinh(pseudorapidity(v) + shift));
}

/** pT above the cut and eta inside it; eta is compared through pz = pT sinh(eta). */
static int seen(truth_vector v)
{
    double pt2 = v.x * v.x + v.y * v.y, most = sinh(cut_eta);
    return pt2 > cut_pt * cut_pt && v.z * v.z < most * most * pt2;
}

int truth_zw_leptons(const truth_run *run, truth_draws *draws, const truth_vector part[2], truth_vector det[2])
{
    double normal[2];
    truth_normals(draws, normal);
    int kept = 1;
    for (int i = 0; i < 2; i++) {
        double factor = 1 + run->value[LEPTON].number * normal[i];
        det[i] = scaled(part[i], factor);
        kept = kept && factor > 0 && seen(det[i]);
    }
    return kept;
}

int truth_zw_jets(const truth_run *run, truth_draws *draws, const truth_vector part[2], truth_vector det[2])
{
    const truth_value *value = run->value;
    double normal[2], jet = value[JET].number, constant = value[CONSTANT].number, angle = value[ANGLE].number;
    truth_normals(draws, normal);
    for (int i = 0; i < 2; i++) {
        double shift[2], sigma = sqrt(jet * jet / part[i].e + constant * constant);
        double factor = value[RESPONSE].number * (1 + sigma * normal[i]);
        truth_normals(draws, shift);
        if (factor <= 0) return 0;
        det[i] = turned(scaled(part[i], factor), angle * shift[0], angle * shift[1]);
    }
    if (!seen(det[0]) || !seen(det[1])) return 0;
    double azimuth = remainder(atan2(det[0].y, det[0].x) - atan2(det[1].y, det[1].x), 2 * M_PI);
    return hypot(azimuth, pseudorapidity(det[0]) - pseudorapidity(det[1])) > cut_distance;
}

/** The leptons are looked at before the W decays: most tries end there. */
static void event(const truth_run *run, truth_draws *draws, double *row)
{
    while (!draws->spent) {
        double m[2];
        truth_vector boson[2], part[4], det[4];
        produce(draws, run->sqrt_s, m, boson);
        decay(draws, boson[0], m[0], TRUTH_MUON_MASS, &part[0], &part[1]);
        if (!truth_zw_leptons(run, draws, part, det)) continue;
        decay(draws, boson[1], m[1], TRUTH_QUARK_MASS, &part[2], &part[3]);
        order_by_pt(part + 2);
        if (!truth_zw_jets(run, draws, part + 2, det + 2)) continue;
        for (int i = 0; i < 4; i++) truth_store(row + 4 * i, part[i]), truth_store(row + 16 + 4 * i, det[i]);
        return;
    }
}

const truth_process truth_zw_unfold = {
    .name = "zw_unfold",
    .text = "Z W -> (l- l+)(j j) in pp, parton level paired with a smeared detector level",
    .cuts = "detector level: pT > 25 GeV and |eta| < 2.5 of all four, distance of the jets in eta and phi > 0.6",
    .stream = 801,
    .n_columns = 32,
    .columns = columns,
    .unit = "GeV",
    .n_keys = 6,
    .keys = keys,
    .prepare = prepare,
    .event = event,
};
