/* panel.h -- double-precision functions without branches for loops over a panel, which the compiler vectorises.
 *
 * Taylor polynomials after range reduction; errors below 2 units in the last place of the larger of sine and cosine,
 * and of the exponential. Rounding to an integer is the addition of 1.5 * 2^52, so none of this may be compiled with
 * -ffast-math. */
#ifndef GH_PANEL_H
#define GH_PANEL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define GH_ROUND_DOUBLE 6755399441055744.0 /* 1.5 * 2^52 */

static inline int64_t gh_double_bits(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double gh_bits_double(int64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/** x moved into [low, high]; a NaN becomes high. */
static inline double gh_clamp(double x, double low, double high)
{
    x = x < high ? x : high;
    return x > low ? x : low;
}

/** exp(x) for x in [-700, 700], moved into it otherwise. */
static inline double gh_panel_exp(double x)
{
    x = gh_clamp(x, -700, 700);
    double shifted = x * 1.4426950408889634 + GH_ROUND_DOUBLE, turns = shifted - GH_ROUND_DOUBLE;
    double r = x - turns * 0x1.62e42fef8p-1; /* log 2 in two parts, the first of 34 bits: its product is exact */
    r = r - turns * 0x1.1cf79abc9e3b4p-36;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * (r * r) + r + 1.0;
    /* the low bits of `shifted` are the exponent; what stands above them is shifted out */
    return p * gh_bits_double((int64_t)(((uint64_t)gh_double_bits(shifted) + 1023u) << 52));
}

/** sin x and cos x for |x| <= 1e5, x moved into it otherwise. */
static inline void gh_panel_sincos(double x, double *sine, double *cosine)
{
    x = gh_clamp(x, -1e5, 1e5);
    double shifted = x * 0.63661977236758134 + GH_ROUND_DOUBLE, turns = shifted - GH_ROUND_DOUBLE;
    int64_t quarter = gh_double_bits(shifted);
    double r = x - turns * 0x1.921fb544p+0; /* pi/2 in three parts; turns * part is exact for the first two */
    r = r - turns * 0x1.0b4611a6p-34;
    r = r - turns * 0x1.3198a2e037073p-69;
    double t = r * r;
    double s = 1.0 / 355687428096000.0;
    s = s * t - 1.0 / 1307674368000.0;
    s = s * t + 1.0 / 6227020800.0;
    s = s * t - 1.0 / 39916800.0;
    s = s * t + 1.0 / 362880.0;
    s = s * t - 1.0 / 5040.0;
    s = s * t + 1.0 / 120.0;
    s = s * t - 1.0 / 6.0;
    s = s * (t * r) + r;
    double c = 1.0 / 20922789888000.0;
    c = c * t - 1.0 / 87178291200.0;
    c = c * t + 1.0 / 479001600.0;
    c = c * t - 1.0 / 3628800.0;
    c = c * t + 1.0 / 40320.0;
    c = c * t - 1.0 / 720.0;
    c = c * t + 1.0 / 24.0;
    c = c * t - 0.5;
    c = c * t + 1.0;
    double a = (quarter & 1) ? c : s, b = (quarter & 1) ? s : c;
    *sine = gh_bits_double(gh_double_bits(a) ^ (int64_t)((uint64_t)(quarter & 2) << 62));
    *cosine = gh_bits_double(gh_double_bits(b) ^ (int64_t)((uint64_t)((quarter + 1) & 2) << 62));
}

/** sinh x and cosh x for |x| <= 700; the series below 0.3 keeps small ones exact. */
static inline void gh_panel_sinhcosh(double x, double *sine, double *cosine)
{
    x = gh_clamp(x, -700, 700);
    double e = gh_panel_exp(x), f = 1.0 / e, t = x * x;
    double series = 1.0 / 39916800.0;
    series = series * t + 1.0 / 362880.0;
    series = series * t + 1.0 / 5040.0;
    series = series * t + 1.0 / 120.0;
    series = series * t + 1.0 / 6.0;
    series = series * (t * x) + x;
    *sine = t < 0.09 ? series : 0.5 * (e - f);
    *cosine = 0.5 * (e + f);
}

#endif
