/* norm.c -- batch and layer normalisation (Ioffe, Szegedy 1502.03167; Ba, Kiros, Hinton 1607.06450)
 *   xhat = (x - m) / s,  s = sqrt(v + eps),  y = g xhat + b
 *   With h = g gy:  gx = (h - <h> - xhat <h xhat>) / s,  the means <.> over rows (batch) or over features (layer).
 *   Tests: tests/grad/test_layers.c. */
#include "layers/norm.h"

#include <math.h>
#include <string.h>

GH_CLONES
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

/* Sums over rows run along columns in memory order, COLUMNS at a time. */
enum { COLUMNS = 64 };

GH_CLONES
void gh_batch_norm_backward(gh_real *gY, gh_real *gg, gh_real *gb, const gh_real *xhat, const gh_real *inverse_sd, const gh_real *g,
                            int64_t N, int64_t O)
{
    for (int64_t first = 0; first < O; first += COLUMNS) {
        const int64_t columns = O - first < COLUMNS ? O - first : COLUMNS;
        gh_real sum[COLUMNS] = {0}, sum_x[COLUMNS] = {0};
        for (int64_t i = 0; i < N; i++) {
            const gh_real *gy = gY + i * O + first, *h = xhat + i * O + first;
            for (int64_t j = 0; j < columns; j++) {
                sum[j] += gy[j];
                sum_x[j] += gy[j] * h[j];
            }
        }
        for (int64_t j = 0; j < columns; j++) {
            if (gg) gg[first + j] += sum_x[j], gb[first + j] += sum[j];
            sum[j] /= (gh_real)N;
            sum_x[j] /= (gh_real)N;
        }
        for (int64_t i = 0; i < N; i++) {
            gh_real *gy = gY + i * O + first;
            const gh_real *h = xhat + i * O + first, *scale = g + first, *inverse = inverse_sd + first;
            for (int64_t j = 0; j < columns; j++) gy[j] = scale[j] * inverse[j] * (gy[j] - sum[j] - h[j] * sum_x[j]);
        }
    }
}

GH_CLONES
void gh_batch_norm_apply(gh_real *Y, const gh_real *mean, const gh_real *var, const gh_real *g, const gh_real *b, int64_t N,
                         int64_t O)
{
    for (int64_t first = 0; first < O; first += COLUMNS) {
        const int64_t columns = O - first < COLUMNS ? O - first : COLUMNS;
        gh_real factor[COLUMNS], shift[COLUMNS];
        for (int64_t j = 0; j < columns; j++) {
            factor[j] = g[first + j] / (gh_real)sqrt((double)(var[first + j] + GH_NORM_EPSILON));
            shift[j] = b[first + j] - mean[first + j] * factor[j];
        }
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < columns; j++) Y[i * O + first + j] = Y[i * O + first + j] * factor[j] + shift[j];
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
        for (int64_t j = 0; gg && j < O; j++) {
            gg[j] += gy[j] * h[j];
            gb[j] += gy[j];
        }
        for (int64_t j = 0; j < O; j++) {
            gy[j] *= g[j];
            m += gy[j];
            mx += gy[j] * h[j];
        }
        m /= (gh_real)O, mx /= (gh_real)O;
        for (int64_t j = 0; j < O; j++) gy[j] = inverse_sd[i] * (gy[j] - m - h[j] * mx);
    }
}

/* With P u = u - <u> - xhat <xhat u>, w = g D and t the tangent of x, all of one row:
 *   xhat_dot = P t / s,   D = -( xhat <w P t> + P (w <xhat t> + t <w xhat>) ) / s^2 */
void gh_layer_norm_second(gh_real *T, gh_real *D, gh_real *gg, const gh_real *xhat, const gh_real *inverse_sd, const gh_real *g,
                          int64_t N, int64_t O)
{
    for (int64_t i = 0; i < N; i++) {
        gh_real *t = T + i * O, *d = D + i * O, mean_t = 0, mean_w = 0, ht = 0, hw = 0, wt = 0;
        const gh_real *h = xhat + i * O, inverse = inverse_sd[i], n = (gh_real)O;
        for (int64_t j = 0; j < O; j++) {
            gh_real w = g[j] * d[j];
            mean_t += t[j], mean_w += w;
            ht += h[j] * t[j], hw += h[j] * w, wt += w * t[j];
        }
        mean_t /= n, mean_w /= n, ht /= n, hw /= n, wt /= n;
        gh_real wpt = wt - mean_w * mean_t - hw * ht, mean_u = mean_w * ht + mean_t * hw;
        for (int64_t j = 0; j < O; j++) {
            gh_real h_dot = inverse * (t[j] - mean_t - h[j] * ht), u = g[j] * d[j] * ht + t[j] * hw;
            gg[j] += d[j] * h_dot;
            d[j] = -inverse * inverse * (h[j] * wpt + u - mean_u - 2 * h[j] * ht * hw);
            t[j] = g[j] * h_dot;
        }
    }
}
