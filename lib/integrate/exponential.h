/* exponential.h -- exp of numbers that are not positive, without branches, so that loops over it become vector code. */
#ifndef GH_EXPONENTIAL_H
#define GH_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

/** exp(x) for x <= 0, relative error below 1e-15; 0 below -700. */
static inline double gh_exponential(double x)
{
    const double rounding = 6755399441055744.0; /* 1.5 * 2^52: adding it rounds to an integer */
    const double t = x < -708.0 ? -708.0 : x;
    const double shifted = t * 1.44269504088896340736 + rounding;
    const double n = shifted - rounding;
    double r = t - n * 0.693147180369123816490; /* log 2 in two parts, the first exact in 32 bits */
    r = r - n * 1.90821492927058770002e-10;
    double p = 1.0 / 479001600; /* Taylor up to r^13: |r| <= log(2)/2 leaves 4e-18 */
    p = p + r * (1.0 / 6227020800);
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r * r + r + 1;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 52) + ((uint64_t)1023 << 52);
    double power;
    memcpy(&power, &bits, sizeof power);
    return t > -700.0 ? p * power : 0.0;
}

#endif
