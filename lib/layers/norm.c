/* norm.c -- batch and layer normalisation (Ioffe, Szegedy 1502.03167; Ba, Kiros, Hinton 1607.06450)
 *   xhat = (x - m) / s,  s = sqrt(v + eps),  y = g xhat + b
 *   With h = g gy:  gx = (h - <h> - xhat <h xhat>) / s,  the means <.> over rows (batch) or over features (layer).
 *   Tests: tests/grad/test_layers.c. */
#include "layers/norm.h"

#include <math.h>
#include <string.h>

void gh_batch_norm_forward(gh_real *Y, gh_real *xhat, gh_real *mean, gh_real *var, gh_real *inverse_sd, const gh_real *g,
                           const gh_real *b, int64_t N, int64_t O)
{
    memset(mean, 0, (size_t)O * sizeof *mean);
    memset(var, 0, (size_t)O * sizeof *var);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < O; j++) mean[j] += Y[i * O + j];
    for (int64_t j = 0; j < O; j++) mean[j] /= (gh_real)N;
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < O; j++) {
            gh_real d = Y[i * O + j] - mean[j];
            var[j] += d * d;
        }
    for (int64_t j = 0; j < O; j++) {
        var[j] /= (gh_real)N;
        inverse_sd[j] = 1 / (gh_real)sqrt((double)(var[j] + GH_NORM_EPSILON));
    }
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < O; j++) {
            gh_real h = (Y[i * O + j] - mean[j]) * inverse_sd[j];
            xhat[i * O + j] = h;
            Y[i * O + j] = g[j] * h + b[j];
        }
}

void gh_batch_norm_backward(gh_real *gY, gh_real *gg, gh_real *gb, const gh_real *xhat, const gh_real *inverse_sd, const gh_real *g,
                            int64_t N, int64_t O)
{
    for (int64_t j = 0; j < O; j++) {
        gh_real sum = 0, sum_x = 0;
        for (int64_t i = 0; i < N; i++) {
            sum += gY[i * O + j];
            sum_x += gY[i * O + j] * xhat[i * O + j];
        }
        gg[j] += sum_x;
        gb[j] += sum;
        gh_real m = sum / (gh_real)N, mx = sum_x / (gh_real)N, factor = g[j] * inverse_sd[j];
        for (int64_t i = 0; i < N; i++) gY[i * O + j] = factor * (gY[i * O + j] - m - xhat[i * O + j] * mx);
    }
}

void gh_batch_norm_apply(gh_real *Y, const gh_real *mean, const gh_real *var, const gh_real *g, const gh_real *b, int64_t N,
                         int64_t O)
{
    for (int64_t j = 0; j < O; j++) {
        gh_real factor = g[j] / (gh_real)sqrt((double)(var[j] + GH_NORM_EPSILON)), shift = b[j] - mean[j] * factor;
        for (int64_t i = 0; i < N; i++) Y[i * O + j] = Y[i * O + j] * factor + shift;
    }
}

void gh_layer_norm_forward(gh_real *Y, gh_real *xhat, gh_real *inverse_sd, const gh_real *g, const gh_real *b, int64_t N, int64_t O)
{
    for (int64_t i = 0; i < N; i++) {
        gh_real *y = Y + i * O, mean = 0, var = 0;
        for (int64_t j = 0; j < O; j++) mean += y[j];
        mean /= (gh_real)O;
        for (int64_t j = 0; j < O; j++) var += (y[j] - mean) * (y[j] - mean);
        gh_real inverse = 1 / (gh_real)sqrt((double)(var / (gh_real)O + GH_NORM_EPSILON));
        if (inverse_sd) inverse_sd[i] = inverse;
        for (int64_t j = 0; j < O; j++) {
            gh_real h = (y[j] - mean) * inverse;
            if (xhat) xhat[i * O + j] = h;
            y[j] = g[j] * h + b[j];
        }
    }
}

void gh_layer_norm_backward(gh_real *gY, gh_real *gg, gh_real *gb, const gh_real *xhat, const gh_real *inverse_sd, const gh_real *g,
                            int64_t N, int64_t O)
{
    for (int64_t i = 0; i < N; i++) {
        gh_real *gy = gY + i * O, m = 0, mx = 0;
        const gh_real *h = xhat + i * O;
        for (int64_t j = 0; j < O; j++) {
            gg[j] += gy[j] * h[j];
            gb[j] += gy[j];
            gy[j] *= g[j];
            m += gy[j];
            mx += gy[j] * h[j];
        }
        m /= (gh_real)O, mx /= (gh_real)O;
        for (int64_t j = 0; j < O; j++) gy[j] = inverse_sd[i] * (gy[j] - m - h[j] * mx);
    }
}
