/* normal.h -- the standard normal distribution in double: density, distribution function and its inverse. */
#ifndef GH_NORMAL_H
#define GH_NORMAL_H

/** exp(-x^2/2) / sqrt(2 pi) */
double gh_normal_pdf(double x);

/** Phi(x) = erfc(-x / sqrt 2) / 2, accurate in both tails. */
double gh_normal_cdf(double x);

/** x with Phi(x) = p. p <= 0 gives -inf, p >= 1 gives +inf, NaN stays. Relative error below 1e-15, at tiny p too. */
double gh_normal_quantile(double p);

#endif
