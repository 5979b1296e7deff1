/* censored.h -- the Gaussian likelihood where a number is known only to be 0 or below (Tobin, Econometrica 26 (1958) 24):
 *   x > 0:  as loss/elbo.h;      x <= 0:  -log Phi(-y/s),  the probability that N(y, s^2) is not above 0
 * So a cell that is off pulls the mean below zero as far as its probability asks for, and not to zero. */
#ifndef GH_CENSORED_H
#define GH_CENSORED_H

#include "base/real.h"

/** What the censored entries of X (N,P) change about gh_gaussian_loss (log_sigma (P), g_log_sigma (P) or NULL) or, with
 * log_sigma NULL, about gh_gaussian_event_loss. To be called behind it with the same arguments: gradients of censored entries
 * in gY are assigned anew, g_log_sigma accumulates the difference. columns: the n columns that can be censored.
 * @return the difference of the losses */
double gh_censored_loss(const gh_real *X, const gh_real *Y, const gh_real *log_sigma, const gh_real *weights, double scale, int64_t N,
                        int64_t P, const int64_t *columns, int64_t n, gh_real *gY, gh_real *g_log_sigma);

#endif
