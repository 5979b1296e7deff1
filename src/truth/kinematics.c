/* kinematics.c -- four-vectors, boosts, two-body decays and Breit-Wigner masses. */
#include "kinematics.h"

#include <math.h>

truth_vector truth_add(truth_vector a, truth_vector b)
{
    return (truth_vector){a.e + b.e, a.x + b.x, a.y + b.y, a.z + b.z};
}

double truth_pt(truth_vector v)
{
    return hypot(v.x, v.y);
}

double truth_mass(truth_vector v)
{
    double square = v.e * v.e - v.x * v.x - v.y * v.y - v.z * v.z;
    return square > 0 ? sqrt(square) : 0;
}

truth_vector truth_on_shell(double m, double x, double y, double z)
{
    return (truth_vector){sqrt(m * m + x * x + y * y + z * z), x, y, z};
}

truth_vector truth_from_rapidity(double m, double pt, double phi, double rapidity)
{
    double mt = sqrt(m * m + pt * pt);
    return truth_on_shell(m, pt * cos(phi), pt * sin(phi), mt * sinh(rapidity));
}

truth_vector truth_boost(truth_vector v, truth_vector frame, double m)
{
    double e = (frame.e * v.e + frame.x * v.x + frame.y * v.y + frame.z * v.z) / m;
    double f = (v.e + e) / (frame.e + m);
    return (truth_vector){e, v.x + f * frame.x, v.y + f * frame.y, v.z + f * frame.z};
}

double truth_decay_momentum(double M, double m1, double m2)
{
    double square = (M - m1 - m2) * (M + m1 + m2) * (M - m1 + m2) * (M + m1 - m2);
    return square > 0 ? sqrt(square) / (2 * M) : 0;
}

void truth_decay(truth_vector parent, double M, double m1, double m2, double cos_theta, double phi, truth_vector *d1,
                 truth_vector *d2)
{
    double p = truth_decay_momentum(M, m1, m2), pt = p * sqrt((1 - cos_theta) * (1 + cos_theta));
    double x = pt * cos(phi), y = pt * sin(phi), z = p * cos_theta;
    *d1 = truth_boost(truth_on_shell(m1, x, y, z), parent, M);
    *d2 = truth_boost(truth_on_shell(m2, -x, -y, -z), parent, M);
    /* the boost rounds energy and momentum apart; the energy is what follows */
    *d1 = truth_on_shell(m1, d1->x, d1->y, d1->z);
    *d2 = truth_on_shell(m2, d2->x, d2->y, d2->z);
}

void truth_decay_isotropic(truth_draws *draws, truth_vector parent, double M, double m1, double m2, truth_vector *d1,
                           truth_vector *d2)
{
    double cos_theta = 2 * truth_uniform(draws) - 1, phi = M_PI * (2 * truth_uniform(draws) - 1);
    truth_decay(parent, M, m1, m2, cos_theta, phi, d1, d2);
}

double truth_breit_wigner_m(double u, double m0, double gamma, double lo, double hi)
{
    double from = atan(2 * (lo - m0) / gamma), to = atan(2 * (hi - m0) / gamma);
    return fmin(hi, fmax(lo, m0 + 0.5 * gamma * tan(from + u * (to - from))));
}

double truth_breit_wigner_s(double u, double m0, double gamma, double lo, double hi)
{
    double s0 = m0 * m0, w = m0 * gamma, from = atan((lo * lo - s0) / w), to = atan((hi * hi - s0) / w);
    return fmin(hi, fmax(lo, sqrt(fmax(0, s0 + w * tan(from + u * (to - from))))));
}

double truth_falling_pt(double u, double scale, double power, double most)
{
    double r = most / scale, total = -expm1(-power * log1p(r * r));
    return fmin(most, scale * sqrt(expm1(-log1p(-u * total) / power)));
}

void truth_pair_rapidities(truth_draws *draws, double sqrt_s, const double mt[2], double sigma_half, double sigma_mean,
                           double y[2])
{
    y[0] = y[1] = 0;
    while (!draws->spent) {
        double normal[2];
        truth_normals(draws, normal);
        double half = sigma_half * normal[0], mean = sigma_mean * normal[1];
        y[0] = mean + half, y[1] = mean - half;
        double x1 = (mt[0] * exp(y[0]) + mt[1] * exp(y[1])) / sqrt_s;
        double x2 = (mt[0] * exp(-y[0]) + mt[1] * exp(-y[1])) / sqrt_s;
        double keep = x1 < 1 && x2 < 1 ? (1 - x1) * (1 - x2) : 0;
        if (truth_uniform(draws) < keep * keep * keep) return;
    }
}

void truth_store(double *row, truth_vector v)
{
    row[0] = v.e, row[1] = v.x, row[2] = v.y, row[3] = v.z;
}
