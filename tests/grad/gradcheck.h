/* gradcheck.h -- analytic gradients against central differences, in the double build. */
#ifndef GH_GRADCHECK_H
#define GH_GRADCHECK_H

#include <float.h>
#include <math.h>
#include <stdint.h>

/** Value of the checked function at the present x; `context` knows where x lives. */
typedef double (*gc_function)(void *context);

/** Largest error of gradient g (n) against central differences of f over x (n), relative to max(1, |difference|). NaN when
 * anything is not finite or nothing was checked: a NaN must never look small. */
static inline double gc_worst(gc_function f, void *context, double *x, const double *g, int64_t n)
{
    double worst = 0;
    for (int64_t i = 0; i < n; i++) {
        double x0 = x[i], h = cbrt(DBL_EPSILON) * fmax(1.0, fabs(x0));
        x[i] = x0 + h;
        double up = f(context);
        x[i] = x0 - h;
        double down = f(context);
        x[i] = x0;
        double difference = (up - down) / (2 * h), error = fabs(difference - g[i]) / fmax(1.0, fabs(difference));
        if (!isfinite(error)) return NAN;
        if (error > worst) worst = error;
    }
    return n > 0 ? worst : NAN;
}

/** The same with differences of fourth order, (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12 h: for strongly curved functions,
 * such as a norm over few and nearly equal numbers. */
static inline double gc_worst_fourth(gc_function f, void *context, double *x, const double *g, int64_t n)
{
    static const double steps[4] = {1, -1, 2, -2}, factors[4] = {8, -8, -1, 1};
    double worst = 0;
    for (int64_t i = 0; i < n; i++) {
        double x0 = x[i], h = 4 * cbrt(DBL_EPSILON) * fmax(1.0, fabs(x0)), difference = 0;
        for (int k = 0; k < 4; k++) {
            x[i] = x0 + steps[k] * h;
            difference += factors[k] * f(context) / (12 * h);
        }
        x[i] = x0;
        double error = fabs(difference - g[i]) / fmax(1.0, fabs(difference));
        if (!isfinite(error)) return NAN;
        if (error > worst) worst = error;
    }
    return n > 0 ? worst : NAN;
}

#endif
