/* decimal.c -- numbers as short decimal text.
 *
 * value = n * 10^-k with n of `digits` digits: n is the rounded product value * 10^k. 10^k is exact in a long double up
 * to k = 27, so n is off by less than 0.01 from exact rounding and 17 digits always identify a double. Fewer digits are
 * taken when n * 10^-k rounds to the same number. Where the rounding of that product itself could matter, and for
 * values beyond the exact powers, the slow way is taken. */
#include "io/decimal.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { MOST_POWER = 27 };

static const long double powers[MOST_POWER + 1] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
                                                   1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
                                                   1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};

/* floor(log10(value)) for a value above 0 within the exact powers. */
static int magnitude(double value)
{
    int binary;
    frexp(value, &binary);
    int guess = (int)floor((binary - 1) * 0.30102999566398120); /* at most one too small */
    if (guess + 1 >= 0 && guess + 1 <= MOST_POWER) return value >= powers[guess + 1] ? guess + 1 : guess;
    if (guess + 1 < 0 && guess + 1 >= -MOST_POWER) return value * powers[-(guess + 1)] >= 1 ? guess + 1 : guess;
    return guess;
}

/* 1 yes, 0 no, -1 too close to the middle of two numbers to tell. */
static int reads_back(int64_t n, int k, double value, int is_float)
{
    if (n <= INT64_C(1) << 53 && k <= 22 && k >= -22) {
        /* one correctly rounded operation on exact numbers, as a reader does */
        double exact = k >= 0 ? (double)n / (double)powers[k] : (double)n * (double)powers[-k];
        return is_float ? (float)exact == (float)value : exact == value;
    }
    const long double margin = 2 * LDBL_EPSILON;
    long double back = k >= 0 ? (long double)n / powers[k] : (long double)n * powers[-k];
    double low = (double)(back * (1 - margin)), high = (double)(back * (1 + margin));
    if (is_float ? (float)low != (float)high : low != high) return -1;
    return is_float ? (float)low == (float)value : low == value;
}

/* Digits of n, decimal exponent e of the first one: plain for -5 < e < digits, else with an exponent. */
static int layout(char *out, int64_t n, int e)
{
    char digits[24] = {0}, *at = out;
    int count = 0, last;
    for (int64_t rest = n; rest > 0; rest /= 10) digits[23 - count++] = (char)('0' + rest % 10);
    const char *first = digits + 24 - count;
    for (last = count; last > 1 && first[last - 1] == '0';) last--; /* digits that stay */
    if (e >= 0 && e < 17) {
        for (int i = 0; i <= e; i++) *at++ = (char)(i < last ? first[i] : '0');
        if (last > e + 1) *at++ = '.';
        for (int i = e + 1; i < last; i++) *at++ = first[i];
    } else if (e < 0 && e > -5) {
        *at++ = '0', *at++ = '.';
        for (int i = -1; i > e; i--) *at++ = '0';
        for (int i = 0; i < last; i++) *at++ = first[i];
    } else {
        *at++ = first[0];
        if (last > 1) *at++ = '.';
        for (int i = 1; i < last; i++) *at++ = first[i];
        *at++ = 'e';
        *at++ = e < 0 ? '-' : '+';
        *at++ = (char)('0' + (e < 0 ? -e : e) / 10);
        *at++ = (char)('0' + (e < 0 ? -e : e) % 10);
    }
    *at = '\0';
    return (int)(at - out);
}

int gh_decimal(char *buf, double value, int is_float)
{
    double size = fabs(value);
    int negative = signbit(value) != 0, least = is_float ? 6 : 15, most = is_float ? 9 : 17;
    if (size == 0) {
        strcpy(buf, negative ? "-0" : "0");
        return negative + 1;
    }
    if (!(size >= 1e-9 && size < 1e25) || LDBL_MANT_DIG < 64) return gh_format_exact(buf, value, is_float);
    int e = magnitude(size);
    for (int digits = least; digits <= most; digits++) {
        int k = digits - 1 - e, carried = e;
        if (k > MOST_POWER || k < -MOST_POWER) break;
        long double scaled = k >= 0 ? size * powers[k] : size / powers[-k];
        int64_t n = (int64_t)llrintl(scaled);
        if ((long double)n >= powers[digits]) n /= 10, k--, carried++; /* 9.99.. became 10 */
        int same = reads_back(n, k, size, is_float);
        if (same < 0) break;
        if (!same) continue;
        if (negative) buf[0] = '-';
        return negative + layout(buf + negative, n, carried);
    }
    return gh_format_exact(buf, value, is_float);
}
