/* censored.c -- the Gaussian likelihood of censored numbers, value and gradient. With a = -y/s, s = e^t, h = phi(a)/Phi(a):
 *   l = -log Phi(a),   dl/dy = h/s,   dl/dt = h a
 * Tests: tests/grad/test_elbo.c (double), tests/unit/test_wide_rows.c (float against it). */
#include "loss/censored.h"

#include <math.h>

#include "loss/elbo.h"

#ifdef GH_REAL_DOUBLE
#include "base/normal.h"
#define EXP exp
#define TANH tanh
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#define TANH gh_fast_tanh
#endif

#define HALF_LOG_2PI 0.91893853320467274178

/* log Phi(a) and h. In float from erfc(z) = t exp(p(t) - z^2), t = 1/(1 + z/2), z = |a|/sqrt 2, with p of degree 10 fitted to
 * 1e-7: the exponent is at hand, so nothing underflows far below. */
static inline __attribute__((always_inline)) gh_real log_cdf(gh_real a, gh_real *hazard)
{
#ifdef GH_REAL_DOUBLE
    return gh_normal_log_cdf(a, hazard);
#else
    const float z = fabsf(a) * 0.707106781f, t = 1 / (1 + 0.5f * z);
    float p = 0.00819275598f;
    p = p * t + 0.129908998f;
    p = p * t - 0.735104202f;
    p = p * t + 1.38610644f;
    p = p * t - 1.06239728f;
    p = p * t + 0.246833129f;
    p = p * t - 0.17770727f;
    p = p * t + 0.0954640677f;
    p = p * t + 0.374195094f;
    p = p * t + 1.00002055f;
    p = p * t - 1.26551221f;
    const float half = 0.5f * t * gh_fast_exp(p), bell = gh_fast_exp(-z * z), cdf = 1 - half * bell;
    *hazard = 0.398942280f * (a < 0 ? 1 / half : bell / cdf);
    return gh_fast_log(a < 0 ? half : cdf) - (a < 0 ? z * z : 0);
#endif
}

/* One row; y and what stands behind it in the output, and their gradients. raw, g_raw: per event; else t and g_t are global.
 * @return the difference of the losses */
GH_CLONES
static double event_row(const gh_real *x, const gh_real *y, const gh_real *raw, gh_real factor, const int64_t *columns, int64_t n,
                        gh_real *g, gh_real *g_raw)
{
    gh_real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < n; k++) {
        const int64_t j = columns[k];
        const gh_real off = x[j] > 0 ? 0 : 1, squashed = TANH(raw[j] / GH_LOG_SIGMA_MAX), t = GH_LOG_SIGMA_MAX * squashed, inverse = EXP(-t);
        const gh_real d = (y[j] - x[j]) * inverse, a = -y[j] * inverse;
        gh_real hazard;
        sum -= off * (log_cdf(a, &hazard) + (gh_real)0.5 * d * d + t + (gh_real)HALF_LOG_2PI);
        const gh_real here = factor * hazard * inverse, here_raw = factor * hazard * a * (1 - squashed * squashed);
        g[j] = off > 0 ? here : g[j];
        g_raw[j] = off > 0 ? here_raw : g_raw[j];
    }
    return (double)sum;
}

static double global_row(const gh_real *x, const gh_real *y, const gh_real *log_sigma, gh_real factor, const int64_t *columns, int64_t n,
                         gh_real *g, gh_real *g_log_sigma)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) {
        const int64_t j = columns[k];
        if (x[j] > 0) continue;
        const gh_real t = log_sigma[j], inverse = EXP(-t), d = (y[j] - x[j]) * inverse, a = -y[j] * inverse;
        gh_real hazard;
        sum -= (double)(log_cdf(a, &hazard) + (gh_real)0.5 * d * d + t) + HALF_LOG_2PI;
        g[j] = factor * hazard * inverse;
        if (g_log_sigma) g_log_sigma[j] += factor * (hazard * a - (1 - d * d));
    }
    return sum;
}

double gh_censored_loss(const gh_real *X, const gh_real *Y, const gh_real *log_sigma, const gh_real *weights, double scale, int64_t N,
                        int64_t P, const int64_t *columns, int64_t n, gh_real *gY, gh_real *g_log_sigma)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        const double w = weights ? (double)weights[i] * scale : scale;
        const gh_real *x = X + i * P;
        total += w * (log_sigma ? global_row(x, Y + i * P, log_sigma, (gh_real)w, columns, n, gY + i * P, g_log_sigma)
                                : event_row(x, Y + i * 2 * P, Y + i * 2 * P + P, (gh_real)w, columns, n, gY + i * 2 * P, gY + i * 2 * P + P));
    }
    return total;
}
