/* fastmath.h -- float functions without branches, for loops that the compiler turns into vector code.
 *
 * Polynomials are least-maximum fits with coefficients rounded to float. The stated errors are the largest that
 * tests/unit/test_fastmath.c finds against libm's double functions, rounded up; with and without FMA instructions. They
 * rely on float addition as written, so they must not be compiled with -ffast-math. */
#ifndef GH_FASTMATH_H
#define GH_FASTMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t gh_float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float gh_bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/** Adding it rounds a float below 2^22 in size to an integer, which then stands in the low bits of the sum. */
#define GH_ROUNDING 12582912.0f /* 1.5 * 2^23 */

/** exp(x): 1.1 ulp; 0 below -104, subnormal numbers gradual, infinity above 88.73; NaN stays. */
static inline float gh_fast_exp(float x)
{
    x = x < -105.0f ? -105.0f : x;
    x = x > 89.0f ? 89.0f : x;
    float shifted = x * 1.44269504f + GH_ROUNDING;
    int32_t n = (int32_t)(gh_float_bits(shifted) - gh_float_bits(GH_ROUNDING));
    float turns = shifted - GH_ROUNDING;
    float r = x - turns * 0.693359375f; /* log 2 in two parts, the first exact in 9 bits */
    r = r + turns * 2.12194440e-4f;
    float p = 0.00138207769f;
    p = p * r + 0.00836924836f;
    p = p * r + 0.041668281f;
    p = p * r + 0.166665167f;
    p = p * r + 0.49999994f;
    p = p * (r * r) + r + 1.0f;
    int32_t half = n >> 1; /* 2^n in two factors, each within the exponent's range */
    float a = gh_bits_float((uint32_t)(half + 127) << 23), b = gh_bits_float((uint32_t)(n - half + 127) << 23);
    return p * a * b;
}

/** log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1], plus e * log 2. */
static inline float gh_fast_log_parts(float f, float e)
{
    float p = 0.0675017759f;
    p = p * f - 0.116712853f;
    p = p * f + 0.118837923f;
    p = p * f - 0.124060869f;
    p = p * f + 0.142203152f;
    p = p * f - 0.166679934f;
    p = p * f + 0.20002073f;
    p = p * f - 0.250000089f;
    p = p * f + 0.333333135f;
    float square = f * f;
    float tail = p * f * square + e * -2.12194440e-4f - 0.5f * square;
    return f + tail + e * 0.693359375f;
}

/** log(x) for finite x > 0, subnormal ones included: 1 ulp. */
static inline float gh_fast_log(float x)
{
    int tiny = x < 1.17549435e-38f;
    x = tiny ? x * 8388608.0f : x;
    uint32_t bits = gh_float_bits(x) - 0x3f3504f3u; /* exponent field counts from sqrt(1/2) */
    int32_t n = (int32_t)bits >> 23;
    float m = gh_bits_float((bits & 0x007fffffu) + 0x3f3504f3u);
    return gh_fast_log_parts(m - 1.0f, (float)n - (tiny ? 23.0f : 0.0f));
}

/** sin and cos of 2 pi u for u in [-1, 1]: absolute error 1e-7, and 2 ulp of the sine for |u| < 1/8. */
static inline void gh_fast_sincos_turns(float u, float *sine, float *cosine)
{
    float shifted = u * 4.0f + GH_ROUNDING;
    uint32_t quarter = gh_float_bits(shifted);
    float r = u - (shifted - GH_ROUNDING) * 0.25f; /* exact, |r| <= 1/8 */
    float t = r * r;
    float s = -76.726059f;
    s = s * t + 81.6246719f;
    s = s * t - 41.3418617f;
    s = s * t + 6.28318548f;
    s = s * r;
    float c = 58.6192818f;
    c = c * t - 85.4245071f;
    c = c * t + 64.9391479f;
    c = c * t - 19.7392082f;
    c = c * t + 1.0f;
    float a = (quarter & 1u) ? c : s, b = (quarter & 1u) ? s : c;
    *sine = gh_bits_float(gh_float_bits(a) ^ ((quarter & 2u) << 30));
    *cosine = gh_bits_float(gh_float_bits(b) ^ (((quarter + 1u) & 2u) << 30));
}

/** tanh(x): 1.5 ulp; +-1 for large arguments, NaN stays. */
static inline float gh_fast_tanh(float x)
{
    float size = fabsf(x), t = x * x;
    float p = -0.00569625106f;
    p = p * t + 0.0206308626f;
    p = p * t - 0.0537370592f;
    p = p * t + 0.133314088f;
    p = p * t - 0.333332807f;
    float small = x + x * t * p;
    float large = 1.0f - 2.0f / (gh_fast_exp(2.0f * size) + 1.0f);
    large = gh_bits_float(gh_float_bits(large) | (gh_float_bits(x) & 0x80000000u));
    return size < 0.625f ? small : large;
}

#endif
