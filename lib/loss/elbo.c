/* elbo.c -- reconstruction losses and KL divergence, value and gradient side by side.
 * Source: Kingma, Welling 1312.6114 eq. 10; Otten et al. 1901.00875 ((1-beta) MSE + beta KL). Tests: tests/grad/test_elbo.c. */
#include "loss/elbo.h"

#include <math.h>

#ifdef GH_REAL_DOUBLE
#define EXP exp
#define LOG1P log1p
#define TANH tanh
#define ABS fabs
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#define LOG1P(x) gh_fast_log(1.0f + (x))
#define TANH gh_fast_tanh
#define ABS fabsf
#endif

/* A row's terms are added in gh_real, a few tens of them, and rows in double. */

static inline double weight_of(const gh_real *weights, int64_t i, double scale)
{
    return weights ? (double)weights[i] * scale : scale;
}

GH_CLONES
double gh_mse_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P, gh_real *gY)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale) / (double)P;
        gh_real factor = (gh_real)(2 * w), sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t j = 0; j < P; j++) {
            gh_real d = Y[i * P + j] - X[i * P + j];
            sum += d * d;
            gY[i * P + j] = factor * d;
        }
        total += w * (double)sum;
    }
    return total;
}

GH_CLONES
double gh_bce_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P, gh_real *gY)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale) / (double)P;
        gh_real factor = (gh_real)w, sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t j = 0; j < P; j++) {
            gh_real x = X[i * P + j], y = Y[i * P + j], e = EXP(-ABS(y)), positive = y > 0 ? 1 : 0;
            sum += positive * y - x * y + LOG1P(e);
            gY[i * P + j] = factor * ((positive + (1 - positive) * e) / (1 + e) - x);
        }
        total += w * (double)sum;
    }
    return total;
}

#define HALF_LOG_2PI 0.91893853320467274178

/* Columns are taken COLUMNS at a time, so that what depends on the column alone is computed once and kept at hand. */
enum { COLUMNS = 64 };

GH_CLONES
double gh_gaussian_loss(const gh_real *X, const gh_real *Y, const gh_real *log_sigma, const gh_real *weights, double scale,
                        int64_t N, int64_t P, gh_real *gY, gh_real *g_log_sigma)
{
    double total = 0;
    for (int64_t first = 0; first < P; first += COLUMNS) {
        const int64_t columns = P - first < COLUMNS ? P - first : COLUMNS;
        gh_real inverse[COLUMNS], slope[COLUMNS];
        double constant = 0;
        for (int64_t j = 0; j < columns; j++) {
            inverse[j] = (gh_real)exp(-(double)log_sigma[first + j]);
            slope[j] = 0;
            constant += (double)log_sigma[first + j] + HALF_LOG_2PI;
        }
        for (int64_t i = 0; i < N; i++) {
            const gh_real *x = X + i * P + first, *y = Y + i * P + first;
            gh_real *g = gY + i * P + first, sum = 0;
            double w = weight_of(weights, i, scale);
            const gh_real factor = (gh_real)w;
#pragma omp simd reduction(+ : sum)
            for (int64_t j = 0; j < columns; j++) {
                gh_real d = (y[j] - x[j]) * inverse[j];
                sum += d * d;
                g[j] = factor * d * inverse[j];
                slope[j] += factor * (1 - d * d);
            }
            total += w * (0.5 * (double)sum + constant);
        }
        for (int64_t j = 0; g_log_sigma && j < columns; j++) g_log_sigma[first + j] += slope[j];
    }
    return total;
}

GH_CLONES
double gh_gaussian_event_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P,
                              gh_real *gY)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale);
        const gh_real *x = X + i * P, *y = Y + i * 2 * P, *raw = y + P, factor = (gh_real)w;
        gh_real *g = gY + i * 2 * P, *g_raw = g + P, sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t j = 0; j < P; j++) {
            gh_real squashed = TANH(raw[j] / GH_LOG_SIGMA_MAX), t = GH_LOG_SIGMA_MAX * squashed;
            gh_real inverse = EXP(-t), d = (y[j] - x[j]) * inverse;
            sum += (gh_real)0.5 * d * d + t;
            g[j] = factor * d * inverse;
            g_raw[j] = factor * (1 - d * d) * (1 - squashed * squashed);
        }
        total += w * ((double)sum + (double)P * HALF_LOG_2PI);
    }
    return total;
}

GH_CLONES
double gh_kl_loss(const gh_real *H, const gh_real *weights, double scale, double beta, int64_t N, int64_t L, gh_real *gH)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale);
        const gh_real *mu = H + i * 2 * L, *v = mu + L, factor = (gh_real)(w * beta);
        gh_real *gmu = gH + i * 2 * L, *gv = gmu + L, sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t j = 0; j < L; j++) {
            gh_real e = EXP(v[j]);
            sum += (1 + v[j] - e) - mu[j] * mu[j];
            gmu[j] += factor * mu[j];
            gv[j] += factor * (gh_real)0.5 * (e - 1);
        }
        total -= 0.5 * w * (double)sum;
    }
    return total;
}
