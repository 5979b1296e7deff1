/* normal.h -- the standard normal distribution in double: density, distribution function and its inverse. */
#ifndef GH_NORMAL_H
#define GH_NORMAL_H

#include <stdint.h>

/** exp(-x^2/2) / sqrt(2 pi) */
double gh_normal_pdf(double x);

/** Phi(x) = erfc(-x / sqrt 2) / 2, accurate in both tails. */
double gh_normal_cdf(double x);

/** log Phi(x), and phi(x)/Phi(x) in *hazard. Below -20 from the asymptotic series, to 1e-11. */
double gh_normal_log_cdf(double x, double *hazard);

/** x with Phi(x) = p. p <= 0 gives -inf, p >= 1 gives +inf, NaN stays. From p = 2^-64 on the error is below 2 units in the last
 * place (3 where p - 1/2 is not exact), and the bits are the same on every CPU; below that, down to the smallest p, it is below
 * 1e-15. */
double gh_normal_quantile(double p);

/** x[i] = gh_normal_quantile(p[i]), bit for bit, for p in 2^-64 .. 1 - 2^-53; x may be p. About 5 ns a number. */
void gh_normal_quantiles(const double *p, int64_t n, double *x);

#endif
