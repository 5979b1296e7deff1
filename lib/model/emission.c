/* emission.c -- learned noise and censoring between a network's output and the rows a discriminator sees. */
#include "model/emission.h"

#include <math.h>

#include "loss/elbo.h"

#ifdef GH_REAL_DOUBLE
#define EXP exp
#define TANH tanh
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#define TANH gh_fast_tanh
#endif

static int64_t outputs_of(const genhep_model *model)
{
    return model->noise == GH_NOISE_EVENT ? 2 * model->p : model->p;
}

GH_CLONES
static void add_noise(gh_real *x, const gh_real *y, const gh_real *raw, const gh_real *eps, int64_t P)
{
#pragma omp simd
    for (int64_t j = 0; j < P; j++) x[j] = y[j] + EXP(GH_LOG_SIGMA_MAX * TANH(raw[j] / GH_LOG_SIGMA_MAX)) * eps[j];
}

void gh_censor_rows(const genhep_model *model, int64_t n, gh_real *X)
{
    const int64_t P = model->p;
    for (int64_t j = 0; j < P; j++) {
        if (!gh_prep_is_censored(model->prep, j)) continue;
        for (int64_t i = 0; i < n; i++) X[i * P + j] = X[i * P + j] > 0 ? X[i * P + j] : 0;
    }
}

void gh_emit(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *Y, const gh_real *eps, int64_t stride,
             gh_real *X)
{
    const int64_t P = model->p, O = outputs_of(model);
    for (int64_t i = 0; i < n; i++) {
        const gh_real *y = Y + i * O;
        gh_real *x = X + i * P;
        if (model->noise == GH_NOISE_EVENT) add_noise(x, y, y + P, eps + i * stride, P);
        else
            for (int64_t j = 0; j < P; j++) x[j] = model->bce ? 1 / (1 + EXP(-y[j])) : y[j];
    }
    for (int64_t j = 0; j < P; j++) {
        const gh_real sigma = model->noise == GH_NOISE_GLOBAL ? (gh_real)exp((double)parameters[model->log_sigma + j]) : 0;
        for (int64_t i = 0; sigma > 0 && i < n; i++) X[i * P + j] += sigma * eps[i * stride + j];
    }
    gh_censor_rows(model, n, X);
}

GH_CLONES
static void noise_backward(gh_real *gy, gh_real *g_raw, const gh_real *raw, const gh_real *eps, int64_t P)
{
#pragma omp simd
    for (int64_t j = 0; j < P; j++) {
        const gh_real squashed = TANH(raw[j] / GH_LOG_SIGMA_MAX);
        g_raw[j] = gy[j] * eps[j] * EXP(GH_LOG_SIGMA_MAX * squashed) * (1 - squashed * squashed);
    }
}

void gh_emit_backward(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *Y, const gh_real *eps,
                      int64_t stride, const gh_real *X, const gh_real *gX, gh_real *gY, gh_real *gradients)
{
    const int64_t P = model->p, O = outputs_of(model);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < P; j++) gY[i * O + j] = gX[i * P + j];
    for (int64_t j = 0; j < P; j++) {
        if (gh_prep_is_censored(model->prep, j))
            for (int64_t i = 0; i < n; i++)
                if (!(X[i * P + j] > 0)) gY[i * O + j] = 0;
        if (model->noise != GH_NOISE_GLOBAL) continue;
        double sum = 0;
        for (int64_t i = 0; i < n; i++) sum += (double)gY[i * O + j] * (double)eps[i * stride + j];
        gradients[model->log_sigma + j] += (gh_real)(sum * exp((double)parameters[model->log_sigma + j]));
    }
    for (int64_t i = 0; i < n; i++) {
        gh_real *gy = gY + i * O;
        const gh_real *x = X + i * P;
        if (model->noise == GH_NOISE_EVENT) noise_backward(gy, gy + P, Y + i * O + P, eps + i * stride, P);
        for (int64_t j = 0; model->bce && j < P; j++) gy[j] *= x[j] * (1 - x[j]);
    }
}
