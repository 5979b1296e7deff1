/* electroweak.c -- couplings of gamma* and Z, and the parton luminosities of quark-antiquark pairs in pp collisions. */
#include "electroweak.h"

#include <math.h>

static const double charge[TRUTH_QUARKS] = {2. / 3, -1. / 3};
static const double axial[TRUTH_QUARKS] = {1, -1};
static const double lepton_axial = -1, lepton_vector = -1 + 4 * TRUTH_SIN2;
static const double k = 1 / (16 * TRUTH_SIN2 * (1 - TRUTH_SIN2));

static double vector(enum truth_quark quark)
{
    return axial[quark] - 4 * charge[quark] * TRUTH_SIN2;
}

static double square_sum(double v, double a)
{
    return v * v + a * a;
}

void truth_drell_yan(enum truth_quark quark, enum truth_exchange exchange, double m, double *g1, double *g3)
{
    double Q = charge[quark], v = vector(quark), a = axial[quark];
    *g1 = Q * Q;
    *g3 = 0;
    if (exchange == TRUTH_PHOTON) return;
    double s = m * m, off = s - TRUTH_Z_MASS * TRUTH_Z_MASS, w = TRUTH_Z_MASS * TRUTH_Z_WIDTH, D = off * off + w * w;
    double chi1 = k * s * off / D, chi2 = k * s * k * s / D;
    *g1 += -2 * Q * lepton_vector * v * chi1 + square_sum(lepton_vector, lepton_axial) * square_sum(v, a) * chi2;
    *g3 = -2 * Q * lepton_axial * a * chi1 + 4 * lepton_vector * lepton_axial * v * a * chi2;
}

double truth_drell_yan_bound(enum truth_quark quark, enum truth_exchange exchange, double lo, double hi)
{
    double Q = charge[quark], v = vector(quark), s0 = TRUTH_Z_MASS * TRUTH_Z_MASS, w = TRUTH_Z_MASS * TRUTH_Z_WIDTH;
    if (exchange == TRUTH_PHOTON) return Q * Q;
    double from = lo * lo - s0, to = hi * hi - s0, near = from > 0 ? from : to < 0 ? -to : 0, s = k * hi * hi;
    /* |d|/(d^2 + w^2) has its only maxima, 1/(2w), at d = -w and d = w */
    double inside = (from <= -w && to >= -w) || (from <= w && to >= w);
    double chi1 = inside ? s / (2 * w) : s * fmax(fabs(from) / (from * from + w * w), fabs(to) / (to * to + w * w));
    double chi2 = s * s / (near * near + w * w);
    return Q * Q + fabs(2 * Q * lepton_vector * v) * chi1 +
           square_sum(lepton_vector, lepton_axial) * square_sum(v, axial[quark]) * chi2;
}

/* k s/(s - M^2 + i M G) */
static void propagate(double s, double mass, double width, double *real, double *imaginary)
{
    const double off = s - mass * mass, w = mass * width, D = off * off + w * w;
    *real = k * s * off / D;
    *imaginary = -k * s * w / D;
}

void truth_drell_yan_boson(enum truth_quark quark, const truth_boson *boson, double m, double *g1, double *g3)
{
    const double s = m * m, own = boson->coupling * boson->coupling;
    double z[2] = {0, 0}, x[2];
    propagate(s, boson->mass, boson->width, &x[0], &x[1]);
    if (!boson->alone) propagate(s, TRUTH_Z_MASS, TRUTH_Z_WIDTH, &z[0], &z[1]);
    *g1 = *g3 = 0;
    for (int a = -1; a <= 1; a += 2)
        for (int b = -1; b <= 1; b += 2) {
            const double g = (lepton_vector + a * lepton_axial) * (vector(quark) + b * axial[quark]);
            const double real = (boson->alone ? 0 : -charge[quark]) + g * (z[0] + own * x[0]), imaginary = g * (z[1] + own * x[1]);
            const double square = 0.25 * (real * real + imaginary * imaginary);
            *g1 += square;
            *g3 += a * b * square;
        }
}

/* Largest |k s/(s - M^2 + i M G)| for masses in [lo,hi]. */
static double propagator_bound(double lo, double hi, double mass, double width)
{
    const double from = lo * lo - mass * mass, to = hi * hi - mass * mass, near = from > 0 ? from : to < 0 ? -to : 0;
    return k * hi * hi / hypot(near, mass * width);
}

double truth_drell_yan_boson_bound(enum truth_quark quark, const truth_boson *boson, double lo, double hi)
{
    const double strength = propagator_bound(lo, hi, boson->mass, boson->width) * boson->coupling * boson->coupling +
                            (boson->alone ? 0 : propagator_bound(lo, hi, TRUTH_Z_MASS, TRUTH_Z_WIDTH));
    double sum = 0;
    for (int a = -1; a <= 1; a += 2)
        for (int b = -1; b <= 1; b += 2) {
            const double g = fabs((lepton_vector + a * lepton_axial) * (vector(quark) + b * axial[quark]));
            sum += 0.25 * pow((boson->alone ? 0 : fabs(charge[quark])) + g * strength, 2);
        }
    return sum;
}

double truth_z_strength(enum truth_quark quark)
{
    return square_sum(vector(quark), axial[quark]);
}

double truth_z_asymmetry(enum truth_quark quark)
{
    double v = vector(quark), a = axial[quark], l = square_sum(lepton_vector, lepton_axial);
    return 4 * lepton_vector * lepton_axial * v * a / (l * square_sum(v, a));
}

double truth_z_asymmetry_leptons(void)
{
    double ratio = 2 * lepton_vector * lepton_axial / square_sum(lepton_vector, lepton_axial);
    return ratio * ratio;
}

/* ---- parton densities: valence N x^0.7 (1-x)^p, N = quarks / Beta(0.7, p+1); sea 0.2 x^-0.25 (1-x)^8 ---- */

#define BETA_5 (24 / (0.7 * 1.7 * 2.7 * 3.7 * 4.7))                      /* Beta(0.7, 5) */
#define BETA_6 (120 / (0.7 * 1.7 * 2.7 * 3.7 * 4.7 * 5.7))               /* Beta(0.7, 6) */
static const double valence_norm[TRUTH_QUARKS] = {2 / BETA_5, 1 / BETA_6};
static const double valence_power[TRUTH_QUARKS] = {4, 5};
static const double sea_norm = 0.2;

static double sea(double x)
{
    double q = (1 - x) * (1 - x);
    q *= q;
    return sea_norm * q * q / sqrt(sqrt(x));
}

void truth_partons(double x, double quark[TRUTH_QUARKS], double *antiquark)
{
    *antiquark = quark[TRUTH_UP] = quark[TRUTH_DOWN] = 0;
    if (x <= 0 || x >= 1) return;
    double q = (1 - x) * (1 - x), rise = pow(x, 0.7) * q * q;
    *antiquark = sea(x);
    quark[TRUTH_UP] = valence_norm[TRUTH_UP] * rise + *antiquark;
    quark[TRUTH_DOWN] = valence_norm[TRUTH_DOWN] * rise * (1 - x) + *antiquark;
}

double truth_luminosity_bound(enum truth_quark quark, double tau)
{
    if (tau >= 1) return 0;
    /* valence times sea is log-concave in y: its slope 0.95 - p x1/(1-x1) + 8 x2/(1-x2) falls, so bisect in ln x1 */
    double lo = log(tau), hi = 0, p = valence_power[quark];
    for (int i = 0; i < 32; i++) { /* the maximum is flat: 2^-32 of the interval is enough */
        double middle = 0.5 * (lo + hi), x1 = exp(middle), x2 = tau / x1;
        double slope = 0.95 - p * x1 / (1 - x1) + 8 * x2 / (1 - x2);
        if (slope > 0) lo = middle;
        else hi = middle;
    }
    double x1 = exp(lo), x2 = tau / x1, central = sea(sqrt(tau));
    double valence = valence_norm[quark] * pow(x1, 0.7) * pow(1 - x1, p) * (x2 < 1 ? sea(x2) : 0);
    /* sea times sea is largest at y = 0; the factor covers rounding */
    return (valence + central * central) * (1 + 1e-9);
}

void truth_luminosity(double tau, int panels, double integral[TRUTH_QUARKS])
{
    static const double node[4] = {0.0694318442029737, 0.3300094782075719, 0.6699905217924281, 0.9305681557970263};
    static const double weight[4] = {0.1739274225687269, 0.3260725774312731, 0.3260725774312731, 0.1739274225687269};
    double root = sqrt(tau), most = -log(root), width = 2 * most / panels;
    integral[TRUTH_UP] = integral[TRUTH_DOWN] = 0;
    for (int i = 0; i < panels * 4; i++) {
        double e = exp(-most + width * (i / 4 + node[i % 4])), q1[TRUTH_QUARKS], q2[TRUTH_QUARKS], bar1, bar2;
        truth_partons(root * e, q1, &bar1);
        truth_partons(root / e, q2, &bar2);
        integral[TRUTH_UP] += width * weight[i % 4] * q1[TRUTH_UP] * bar2;
        integral[TRUTH_DOWN] += width * weight[i % 4] * q1[TRUTH_DOWN] * bar2;
    }
}
