/* normal.c -- the standard normal distribution in double. */
#include "base/normal.h"

#include <math.h>

static const double inv_sqrt_2 = 0.70710678118654752440;
static const double inv_sqrt_2pi = 0.39894228040143267794;
static const double half_log_2pi = 0.91893853320467274178;

double gh_normal_pdf(double x)
{
    return inv_sqrt_2pi * exp(-0.5 * x * x);
}

double gh_normal_cdf(double x)
{
    return 0.5 * erfc(-x * inv_sqrt_2);
}

double gh_normal_log_cdf(double x, double *hazard)
{
    if (x > -20) {
        const double log_cdf = log(0.5 * erfc(-x * inv_sqrt_2));
        *hazard = exp(-0.5 * x * x - half_log_2pi - log_cdf);
        return log_cdf;
    }
    /* Phi(x) = phi(x)/|x| (1 - 1/x^2 + 3/x^4 - ...) */
    const double u = 1 / (x * x), rest = -u * (1 - u * (3 - u * (15 - u * (105 - 945 * u))));
    *hazard = -x / (1 + rest);
    return -0.5 * x * x - half_log_2pi - log(-x) + log1p(rest);
}

/* Start values: rational least-maximum fits, relative error 5e-8 for |p - 1/2| <= 0.425 and 6e-9 in the tail. */
static double start_centre(double q)
{
    double t = q * q;
    return q * (2.506628389 + t * (-15.80539177 + t * (26.58048611 - t * 8.21208194))) /
           (1.0 + t * (-7.352622184 + t * (16.00004869 - t * 9.33442122)));
}

/* -x for tail probability `tail`, r = sqrt(-log tail) in 1.6 .. 27.4 */
static double start_tail(double r)
{
    double top = -2.982245314 +
                 r * (-6.828205765 + r * (5.300995487 + r * (7.428554959 + r * (1.430260992 + r * 0.04887584649))));
    return top / (1.0 + r * (5.634389196 + r * (5.35137575 + r * (1.011566698 + r * 0.03455958907))));
}

/* Newton's step on log Phi(-x) = log(tail), for x > 30 where Phi itself comes close to the end of the double range:
 * Phi(-x) = pdf(x) / (x + 1/(x + 2/(x + 3/(x + ...)))). */
static double polish_far(double x, double log_tail)
{
    double mills = x;
    for (int k = 12; k >= 1; k--) mills = x + k / mills;
    double log_phi = -0.5 * x * x - half_log_2pi - log(mills);
    return x + (log_phi - log_tail) / mills;
}

double gh_normal_quantile(double p)
{
    if (!(p > 0.0 && p < 1.0)) return isnan(p) ? p : p <= 0.0 ? -INFINITY : INFINITY;
    double q = p - 0.5, x, excess;
    if (fabs(q) <= 0.425) {
        x = start_centre(q);
        excess = 0.5 * erf(x * inv_sqrt_2) - q;
    } else {
        double tail = q < 0 ? p : 1.0 - p, log_tail = log(tail);
        x = start_tail(sqrt(-log_tail));
        if (x > 30.0) { /* a double next to 1 never comes here, so p is the small side */
            return -polish_far(x, log_tail);
        }
        x = q < 0 ? -x : x;
        excess = q < 0 ? gh_normal_cdf(x) - tail : tail - gh_normal_cdf(-x);
    }
    /* Halley's step on Phi(x) = p, where Phi'' = -x Phi' */
    double step = excess / gh_normal_pdf(x);
    return x - step / (1.0 + 0.5 * x * step);
}
