/* gamma.c -- the gamma distribution: its distribution function and random numbers from it. */
#include "gamma.h"

#include <float.h>
#include <math.h>

/** Upper part Q(a, x) by Legendre's continued fraction, evaluated forwards (modified Lentz). */
static double upper_part(double a, double x, double front)
{
    double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / b, value = d;
    for (int i = 1; i < 1000; i++) {
        double an = -i * (i - a);
        b += 2;
        d = an * d + b;
        if (fabs(d) < DBL_MIN) d = DBL_MIN;
        c = b + an / c;
        if (fabs(c) < DBL_MIN) c = DBL_MIN;
        d = 1 / d;
        value *= d * c;
        if (fabs(d * c - 1) < 1e-15) break;
    }
    return front * value;
}

double truth_gamma_p(double a, double x)
{
    if (x <= 0) return 0;
    double front = exp(a * log(x) - x - lgamma(a));
    if (x >= a + 1) return 1 - upper_part(a, x, front);
    double term = 1 / a, sum = term;
    for (int i = 1; i < 1000 && term > 1e-16 * sum; i++) term *= x / (a + i), sum += term;
    return front * sum;
}

/** For a >= 1. */
static double draw_above_one(truth_draws *draws, double a)
{
    double d = a - 1. / 3, c = 1 / sqrt(9 * d);
    while (!draws->spent) {
        double normal[2];
        truth_normals(draws, normal);
        double root = 1 + c * normal[0], v = root * root * root, u = truth_uniform(draws);
        if (root > 0 && log(u) < 0.5 * normal[0] * normal[0] + d * (1 - v + log(v))) return d * v;
    }
    return 0;
}

double truth_gamma_draw(truth_draws *draws, double a, double least)
{
    /* normal numbers of 53 bits stay below 8.7, so X_(a+1) = d v stays below 64 for a < 1 */
    const double most = 64;
    if (a <= 0) return 0;
    if (a >= 1) {
        double x = draw_above_one(draws, a);
        return x < least ? 0 : x;
    }
    double u = truth_uniform(draws);
    if (least > 0) {
        double power = a * log(least / most); /* X < least for certain when u < e^power, and e^power >= 1 + power */
        if (u < 1 + power || u < exp(power)) return 0;
    }
    double x = draw_above_one(draws, a + 1) * pow(u, 1 / a);
    return x < least ? 0 : x;
}
