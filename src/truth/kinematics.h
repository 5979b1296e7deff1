/* kinematics.h -- four-vectors, boosts, two-body decays and Breit-Wigner masses. Energies and momenta in GeV. */
#ifndef TRUTH_KINEMATICS_H
#define TRUTH_KINEMATICS_H

#include "draws.h"

typedef struct truth_vector {
    double e, x, y, z;
} truth_vector;

truth_vector truth_add(truth_vector a, truth_vector b);
double truth_pt(truth_vector v);
double truth_mass(truth_vector v); /* 0 when rounding makes the square negative */

/** On-shell vector of mass m from a momentum: E = sqrt(m^2 + p^2). */
truth_vector truth_on_shell(double m, double x, double y, double z);

/** On-shell vector from mass, transverse momentum, azimuth and rapidity. */
truth_vector truth_from_rapidity(double m, double pt, double phi, double rapidity);

/** Take v from the rest frame of `frame` (mass m > 0) to the frame in which `frame` is given:
 *   E' = (E_f E + p_f.p)/m,  p' = p + p_f (E + E')/(E_f + m). */
truth_vector truth_boost(truth_vector v, truth_vector frame, double m);

/** Momentum of the two-body decay M -> m1 m2 in the rest frame; 0 at and below threshold. */
double truth_decay_momentum(double M, double m1, double m2);

/** Decay of `parent` (mass M) to masses m1 and m2; daughter 1 flies along (cos_theta, phi) in the parent's rest frame,
 * as a pure boost reaches it. Daughters come out on shell. */
void truth_decay(truth_vector parent, double M, double m1, double m2, double cos_theta, double phi, truth_vector *d1,
                 truth_vector *d2);

/** Isotropic decay, two random numbers. */
void truth_decay_isotropic(truth_draws *draws, truth_vector parent, double M, double m1, double m2, truth_vector *d1,
                           truth_vector *d2);

/** Mass m in [lo,hi] with density 1/((m-m0)^2 + gamma^2/4), from u in (0,1); distribution function
 *   F(m) = (arctan(2(m-m0)/gamma) - arctan(2(lo-m0)/gamma)) / (arctan(2(hi-m0)/gamma) - arctan(2(lo-m0)/gamma)). */
double truth_breit_wigner_m(double u, double m0, double gamma, double lo, double hi);

/** Mass m in [lo,hi] with density 1/((s-m0^2)^2 + m0^2 gamma^2) in s = m^2, from u in (0,1); distribution function as
 * above with the argument (s - m0^2)/(m0 gamma). */
double truth_breit_wigner_s(double u, double m0, double gamma, double lo, double hi);

/** pT in (0,most) with density pT (1 + pT^2/scale^2)^-(power+1), from u in (0,1); distribution function
 *   F(pT) = (1 - (1 + pT^2/scale^2)^-power) / (1 - (1 + most^2/scale^2)^-power). */
double truth_falling_pt(double u, double scale, double power, double most);

/** Rapidities of two particles of transverse masses mt, normal with the two widths in half their difference and in
 * their mean, kept with probability ((1-x1)(1-x2))^3 for the momentum fractions x1,2 = sum of mt e^(+-y) / sqrt_s.
 * Only the rapidities are redrawn, so masses and pT keep their distributions. */
void truth_pair_rapidities(truth_draws *draws, double sqrt_s, const double mt[2], double sigma_half, double sigma_mean,
                           double y[2]);

/** Store v as four numbers E, px, py, pz. */
void truth_store(double *row, truth_vector v);

#endif
