/* normal.c -- the standard normal distribution in double. */
#include "base/normal.h"

#include <math.h>
#include <string.h>

#include "base/real.h"

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

/* ---- inverse: rational least-maximum fits of our own, the largest part of the result exact -------------------- */

/* Built without contraction of products and sums (Makefile), so that the bits do not depend on the CPU, and loops give
 * those of single calls. */
#define EDGE 0.0625        /* centre() for p from here to 1 - EDGE */
#define LEAST_TAIL 0x1p-64 /* smallest p of tail() */

static inline double bits_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint64_t double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Phi^-1(1/2 + q), |q| <= 7/16: sqrt(2 pi) q + q N(v)/D(v), v = 49/256 - q^2. Fit: 4e-18. */
static inline __attribute__((always_inline)) double centre(double q)
{
    const double v = 0.19140625 - q * q;
    double n = -75986.53925409881, d = 36868.93453052145;
    n = n * v - 341689.45411062345, d = d * v + 241179.81160952788;
    n = n * v - 352692.37444238144, d = d * v + 395812.6503865179;
    n = n * v - 116332.71343153158, d = d * v + 259720.48358608226;
    n = n * v - 5743.261527369773, d = d * v + 82379.74334550428;
    n = n * v + 3516.439608063717, d = d * v + 13758.743038520808;
    n = n * v + 662.3349722952366, d = d * v + 1232.4640885865806;
    n = n * v + 43.717444720607894, d = d * v + 55.80172419720943;
    n = n * v + 0.9999329696033908, d = d * v + 1.0;
    return 2.5066282746310007 * q + q * (n / d); /* the constant's own rounding is in N */
}

/* -Phi^-1(p), 2^-64 <= p <= 1/16: r + N(r)/D(r), r = sqrt(-log p) to twice the digits. Fit: 1.3e-17. */
static inline __attribute__((always_inline)) double tail(double p)
{
    /* p = 2^-e m, m in sqrt(1/2) .. sqrt(2); log m = 2s + ..., s = (m - 1)/(m + 1), to 2.4e-19 */
    const uint64_t bits = double_bits(p), shifted = bits - 0x3fe6a09e667f3bcdu; /* counts from sqrt(1/2) */
    const double m = bits_double((shifted & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu);
    /* the exponent, as the digits of a number of 2^52 and more */
    const double e = (0x1p52 + 2048) - bits_double(0x4330000000000800u + (uint64_t)((int64_t)shifted >> 52));
    const double f = m - 1.0, s = f / (2.0 + f), z = s * s;
    double l = 0.14868208594184829;
    l = l * z + 0.15306318008009792;
    l = l * z + 0.18183891760410095;
    l = l * z + 0.22222191636153313;
    l = l * z + 0.28571428818596784;
    l = l * z + 0.3999999999901372;
    l = l * z + 0.666666666666681;
    const double high = e * 0.693147180369123816490; /* log 2 in two parts, the first of 32 bits */
    const double low = e * 1.90821492927058770002e-10 - (2.0 * s + s * z * l);
    const double square = high + low, lost = low - (square - high);
    const double r = sqrt(square);
    const double c = r * 134217729.0, a = c - (c - r), b = r - a; /* r in two halves, r^2 = aa + 2ab + bb exactly */
    const double excess = ((a * a - square) + 2.0 * (a * b)) + b * b;
    const double more = (lost - excess) / (2.0 * r);
    const double w = r - 1.625;
    double n = 8.978240490773654e-06, d = 2.167354936873928e-05;
    n = n * w + 0.0004926929249324546, d = d * w + 0.001154648778562859;
    n = n * w + 0.009016629091423917, d = d * w + 0.020115540591531894;
    n = n * w + 0.07749605240372813, d = d * w + 0.16315071344248988;
    n = n * w + 0.35333411097176204, d = d * w + 0.7043727538778736;
    n = n * w + 0.8691172003913425, d = d * w + 1.6676048410522908;
    n = n * w + 1.0452381344031085, d = d * w + 2.036875220562256;
    n = n * w + 0.37794683798427303, d = d * w + 1.0;
    n = n * w - 0.1589452262986266;
    return r + (n / d + more);
}

enum { BLOCK = 128, LANES = 8 };

/* The middle of a block of numbers in one loop, then its tails, which are few, in another. */
GH_CLONES static void quantile_block(const double *p, int64_t n, double *x)
{
    double smaller[BLOCK], side[BLOCK], far[BLOCK + LANES], found[BLOCK + LANES];
    int32_t at[BLOCK + 1], tails = 0;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const double other = 1.0 - p[i];
        smaller[i] = p[i] < other ? p[i] : other;
        side[i] = p[i] < other ? -1.0 : 1.0;
        x[i] = centre(p[i] - 0.5);
    }
    for (int32_t i = 0; i < (int32_t)n; i++) { /* without a branch, which would be guessed wrong */
        far[tails] = smaller[i];
        at[tails] = i;
        tails += smaller[i] < EDGE;
    }
    for (int32_t i = 0; i < LANES; i++) far[tails + i] = 0.5 * EDGE; /* whole vectors */
    for (int32_t k = 0; k < tails; k += LANES)
#pragma omp simd
        for (int32_t i = k; i < k + LANES; i++) found[i] = tail(far[i]);
    /* cppcheck-suppress uninitvar */
    for (int32_t i = 0; i < tails; i++) x[at[i]] = side[at[i]] * found[i];
}

void gh_normal_quantiles(const double *p, int64_t n, double *x)
{
    for (int64_t i = 0; i < n; i += BLOCK) quantile_block(p + i, n - i < BLOCK ? n - i : BLOCK, x + i);
}

/* Start value below 2^-64, relative error 6e-9: -x for tail probability `tail`, r = sqrt(-log tail) in 6.6 .. 27.4 */
static double start_far(double r)
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
    if (p >= EDGE && 1.0 - p >= EDGE) return centre(p - 0.5);
    if (p > 0.5) return tail(1.0 - p);
    if (p >= LEAST_TAIL) return -tail(p);
    const double log_tail = log(p), x = start_far(sqrt(-log_tail));
    if (x > 30.0) return -polish_far(x, log_tail);
    /* Halley's step on Phi(-x) = p, where Phi'' = -x Phi' */
    const double step = (gh_normal_cdf(-x) - p) / gh_normal_pdf(x);
    return -(x + step / (1.0 - 0.5 * x * step));
}
