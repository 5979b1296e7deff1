/* censored.c -- the Gaussian likelihood of censored numbers, value and gradient. With a = -y/s, s = e^t, h = phi(a)/Phi(a):
 *   l = -log Phi(a),   dl/dy = h/s,   dl/dt = h a
 * Tests: tests/grad/test_elbo.c. */
#include "loss/censored.h"

#include <math.h>

#include "base/normal.h"
#include "loss/elbo.h"

#define HALF_LOG_2PI 0.91893853320467274178

double gh_censored_loss(const gh_real *X, const gh_real *Y, const gh_real *log_sigma, const gh_real *weights, double scale, int64_t N,
                        int64_t P, const int64_t *columns, int64_t n, gh_real *gY, gh_real *g_log_sigma)
{
    const double most = (double)GH_LOG_SIGMA_MAX;
    const int64_t stride = log_sigma ? P : 2 * P;
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        const double w = weights ? (double)weights[i] * scale : scale;
        double sum = 0;
        for (int64_t k = 0; k < n; k++) {
            const int64_t j = columns[k];
            if (X[i * P + j] > 0) continue;
            const double squashed = log_sigma ? 0 : tanh((double)Y[i * stride + P + j] / most);
            const double t = log_sigma ? (double)log_sigma[j] : most * squashed, inverse = exp(-t);
            const double d = ((double)Y[i * stride + j] - (double)X[i * P + j]) * inverse, a = -(double)Y[i * stride + j] * inverse;
            double hazard;
            sum -= gh_normal_log_cdf(a, &hazard) + 0.5 * d * d + t + HALF_LOG_2PI;
            gY[i * stride + j] = (gh_real)(w * hazard * inverse);
            if (!log_sigma) gY[i * stride + P + j] = (gh_real)(w * hazard * a * (1 - squashed * squashed));
            else if (g_log_sigma) g_log_sigma[j] += (gh_real)(w * (hazard * a - (1 - d * d)));
        }
        total += w * sum;
    }
    return total;
}
