/* test_fastmath.c -- the branch-free float functions against libm in double, over the whole range of float. */
#include "base/fastmath.h"
#include "testing.h"

/* |value - exact| in units of the last place of a float of exact's size; not a number counts as infinite. */
static double ulps(float value, double exact)
{
    if (isnan(value) || isnan(exact)) return INFINITY;
    if (isinf(value) || fabs(exact) >= 0x1.ffffffp127) /* rounds to infinity */
        return isinf(value) && fabs(exact) >= 0x1.fffffep127 && (value > 0) == (exact > 0) ? 0.0 : INFINITY;
    int exponent = exact == 0 ? -126 : ilogb(exact);
    if (exponent < -126) exponent = -126;
    return fabs((double)value - exact) / ldexp(1.0, exponent - 23);
}

static double exp_ulps(float x) { return ulps(gh_fast_exp(x), exp((double)x)); }
static double log_ulps(float x) { return ulps(gh_fast_log(x), log((double)x)); }
static double tanh_ulps(float x) { return ulps(gh_fast_tanh(x), tanh((double)x)); }

/* Largest error over floats whose bits run from `from` to `to` in steps of an odd number. */
static double worst(double (*error)(float), uint32_t from, uint32_t to, uint32_t step)
{
    double most = 0;
    float at = 0;
    for (uint64_t bits = from; bits <= to; bits += step) {
        double e = error(gh_bits_float((uint32_t)bits));
        if (!(e <= most)) most = e, at = gh_bits_float((uint32_t)bits);
        if (isinf(most)) break;
    }
    if (getenv("GENHEP_TEST_SHOW")) printf("largest error %.3f ulp at %.9g\n", most, at);
    return most;
}

#define POSITIVE_INFINITY 0x7f800000u
#define NEGATIVE_ZERO 0x80000000u
#define NEGATIVE_INFINITY 0xff800000u

START_TEST(exponential)
{
    ck_assert(worst(exp_ulps, 0, POSITIVE_INFINITY, 347) <= 1.1);
    ck_assert(worst(exp_ulps, NEGATIVE_ZERO, NEGATIVE_INFINITY, 347) <= 1.1);
    ck_assert(gh_fast_exp(0.0f) == 1.0f);
    ck_assert(gh_fast_exp(88.8f) == INFINITY && gh_fast_exp(INFINITY) == INFINITY);
    ck_assert(isfinite(gh_fast_exp(88.72f)));
    ck_assert(gh_fast_exp(-104.5f) == 0.0f && gh_fast_exp(-INFINITY) == 0.0f);
    ck_assert(gh_fast_exp(-100.0f) > 0.0f); /* subnormal */
    ck_assert(isnan(gh_fast_exp(NAN)));
}
END_TEST

START_TEST(logarithm)
{
    ck_assert(worst(log_ulps, 1, POSITIVE_INFINITY - 1, 347) <= 1.0);
    ck_assert(worst(log_ulps, 0x3f780000u, 0x3f880000u, 1) <= 1.0); /* around 1, where log x is small */
    ck_assert(gh_fast_log(1.0f) == 0.0f);
}
END_TEST

START_TEST(sine_and_cosine)
{
    double most = 0, most_small = 0;
    for (int32_t i = -(1 << 23); i <= 1 << 23; i += 3) {
        float u = (float)i * 0x1p-23f, s, c;
        gh_fast_sincos_turns(u, &s, &c);
        double x = 2 * M_PI * (double)u, es = sin(x), ec = cos(x);
        double es_abs = fabs(s - es), ec_abs = fabs(c - ec);
        most = fmax(most, fmax(es_abs, ec_abs));
        if (!(es_abs < 1) || !(ec_abs < 1)) most = INFINITY;
        if (fabs(u) < 0.124) most_small = fmax(most_small, u == 0 ? fabs(s) : ulps(s, es));
    }
    if (getenv("GENHEP_TEST_SHOW")) printf("sincos: absolute %.3g, small sine %.3f ulp\n", most, most_small);
    ck_assert(most <= 1e-7);
    ck_assert(most_small <= 2.0);
    float s, c;
    gh_fast_sincos_turns(0.25f, &s, &c);
    ck_assert(s == 1.0f && c == 0.0f);
    gh_fast_sincos_turns(-0.5f, &s, &c);
    ck_assert(s == 0.0f && c == -1.0f);
    gh_fast_sincos_turns(0.125f, &s, &c);
    ck_assert(fabs((double)s - M_SQRT1_2) < 1e-7 && fabs((double)c - M_SQRT1_2) < 1e-7);
}
END_TEST

START_TEST(hyperbolic_tangent)
{
    ck_assert(worst(tanh_ulps, 0, POSITIVE_INFINITY, 347) <= 1.5);
    ck_assert(worst(tanh_ulps, NEGATIVE_ZERO, NEGATIVE_INFINITY, 347) <= 1.5);
    ck_assert(gh_fast_tanh(20.0f) == 1.0f && gh_fast_tanh(-INFINITY) == -1.0f && isnan(gh_fast_tanh(NAN)));
    for (float x = -12.0f; x <= 12.0f; x += 0.0071f) ck_assert(gh_fast_tanh(-x) == -gh_fast_tanh(x));
}
END_TEST

GH_TEST_MAIN("fastmath", exponential, logarithm, sine_and_cosine, hyperbolic_tangent)
