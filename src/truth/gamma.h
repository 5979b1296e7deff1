/* gamma.h -- the gamma distribution: its distribution function and random numbers from it. */
#ifndef TRUTH_GAMMA_H
#define TRUTH_GAMMA_H

#include "draws.h"

/** Regularised incomplete gamma function P(a, x) = (1/Gamma(a)) integral of t^(a-1) e^-t from 0 to x, a > 0, x >= 0, by
 * its series below x = a + 1 and a continued fraction above, to about 1e-14. */
double truth_gamma_p(double a, double x);

/** A number with density x^(a-1) e^-x / Gamma(a), a > 0, or 0 in place of a number below `least`.
 * Marsaglia and Tsang, ACM Trans. Math. Softw. 26 (2000) 363, with X_a = X_(a+1) U^(1/a) below a = 1. */
double truth_gamma_draw(truth_draws *draws, double a, double least);

#endif
