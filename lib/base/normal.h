/* normal.h -- the standard normal distribution in double: density, distribution function and its inverse. */
#ifndef GH_NORMAL_H
#define GH_NORMAL_H

/** exp(-x^2/2) / sqrt(2 pi) */
double gh_normal_pdf(double x);

/** Phi(x) = erfc(-x / sqrt 2) / 2, accurate in both tails. */
double gh_normal_cdf(double x);

/** log Phi(x), and phi(x)/Phi(x) in *hazard. Below -20 from the asymptotic series, to 1e-11. */
double gh_normal_log_cdf(double x, double *hazard);

/** x with Phi(x) = p. p <= 0 gives -inf, p >= 1 gives +inf, NaN stays. Relative error below 1e-15, at tiny p too. */
double gh_normal_quantile(double p);

#endif
