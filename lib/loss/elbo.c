/* elbo.c -- reconstruction losses and KL divergence, value and gradient side by side.
 * Source: Kingma, Welling 1312.6114 eq. 10; Otten et al. 1901.00875 ((1-beta) MSE + beta KL). Tests: tests/grad/test_elbo.c. */
#include "loss/elbo.h"

#include <math.h>

static inline double weight_of(const gh_real *weights, int64_t i, double scale)
{
    return weights ? (double)weights[i] * scale : scale;
}

double gh_mse_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P, gh_real *gY)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale) / (double)P;
        gh_real factor = (gh_real)(2 * w), sum = 0;
        for (int64_t j = 0; j < P; j++) {
            gh_real d = Y[i * P + j] - X[i * P + j];
            sum += d * d;
            gY[i * P + j] = factor * d;
        }
        total += w * (double)sum;
    }
    return total;
}

double gh_bce_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P, gh_real *gY)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale) / (double)P, sum = 0;
        for (int64_t j = 0; j < P; j++) {
            double x = (double)X[i * P + j], y = (double)Y[i * P + j], e = exp(-fabs(y));
            sum += (y > 0 ? y : 0) - x * y + log1p(e);
            gY[i * P + j] = (gh_real)(w * ((y > 0 ? 1 / (1 + e) : e / (1 + e)) - x));
        }
        total += w * sum;
    }
    return total;
}

#define HALF_LOG_2PI 0.91893853320467274178

double gh_gaussian_loss(const gh_real *X, const gh_real *Y, const gh_real *log_sigma, const gh_real *weights, double scale,
                        int64_t N, int64_t P, gh_real *gY, gh_real *g_log_sigma)
{
    double total = 0, constant = 0;
    for (int64_t j = 0; j < P; j++) constant += (double)log_sigma[j] + HALF_LOG_2PI;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale), sum = 0;
        for (int64_t j = 0; j < P; j++) {
            double inverse = exp(-(double)log_sigma[j]);
            double d = ((double)Y[i * P + j] - (double)X[i * P + j]) * inverse;
            sum += d * d;
            gY[i * P + j] = (gh_real)(w * d * inverse);
            if (g_log_sigma) g_log_sigma[j] += (gh_real)(w * (1 - d * d));
        }
        total += w * (0.5 * sum + constant);
    }
    return total;
}

double gh_gaussian_event_loss(const gh_real *X, const gh_real *Y, const gh_real *weights, double scale, int64_t N, int64_t P,
                              gh_real *gY)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale), sum = 0;
        const gh_real *y = Y + i * 2 * P;
        gh_real *g = gY + i * 2 * P;
        for (int64_t j = 0; j < P; j++) {
            double squashed = tanh((double)y[P + j] / (double)GH_LOG_SIGMA_MAX), t = (double)GH_LOG_SIGMA_MAX * squashed;
            double inverse = exp(-t), d = ((double)y[j] - (double)X[i * P + j]) * inverse;
            sum += 0.5 * d * d + t + HALF_LOG_2PI;
            g[j] = (gh_real)(w * d * inverse);
            g[P + j] = (gh_real)(w * (1 - d * d) * (1 - squashed * squashed));
        }
        total += w * sum;
    }
    return total;
}

double gh_kl_loss(const gh_real *H, const gh_real *weights, double scale, double beta, int64_t N, int64_t L, gh_real *gH)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale), sum = 0;
        const gh_real *mu = H + i * 2 * L, *v = mu + L;
        gh_real *gmu = gH + i * 2 * L, *gv = gmu + L;
        for (int64_t j = 0; j < L; j++) {
            double e = exp((double)v[j]), m = (double)mu[j];
            sum += 1 + (double)v[j] - m * m - e;
            gmu[j] += (gh_real)(w * beta * m);
            gv[j] += (gh_real)(w * beta * 0.5 * (e - 1));
        }
        total -= 0.5 * w * sum;
    }
    return total;
}
