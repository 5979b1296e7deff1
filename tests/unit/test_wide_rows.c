/* test_wide_rows.c -- losses, batch norm and activations over more columns than they take at a time, against plain
 * loops in double. */
#include "testing.h"

#include "layers/activation.h"
#include "layers/norm.h"
#include "base/normal.h"
#include "loss/censored.h"
#include "loss/elbo.h"

enum { N = 37, P = 131 };

static float X[N * P], Y[N * 2 * P], G[N * 2 * P], weights[N], log_sigma[P], slope[P];

static void fill(float *x, int64_t n, int64_t stream, float scale)
{
    for (int64_t i = 0; i < n; i++) {
        double number;
        ck_ok(genhep_random_normal(5, stream, i, 1, &number));
        x[i] = scale * (float)number;
    }
}

static void fill_all(void)
{
    fill(X, N * P, 1, 1);
    fill(Y, N * 2 * P, 2, 1);
    fill(weights, N, 3, 1);
    fill(log_sigma, P, 4, 0.5f);
}

static void near(double found, double expected, double tolerance, const char *what)
{
    ck_assert_msg(fabs(found - expected) <= tolerance * (1 + fabs(expected)), "%s: %.9g, expected %.9g", what, found,
                  expected);
}

START_TEST(gaussian_with_global_sigma)
{
    fill_all();
    double expected = 0, columns[P] = {0};
    for (int j = 0; j < P; j++) slope[j] = 0.25f;
    double found = gh_gaussian_loss(X, Y, log_sigma, weights, 0.3, N, P, G, slope);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++) {
            double w = 0.3 * (double)weights[i], s = exp((double)log_sigma[j]);
            double d = ((double)Y[i * P + j] - (double)X[i * P + j]) / s;
            expected += w * (0.5 * d * d + log(s) + 0.5 * log(2 * M_PI));
            columns[j] += w * (1 - d * d);
            near((double)G[i * P + j], w * d / s, 2e-6, "gradient");
        }
    near(found, expected, 1e-5, "loss");
    for (int j = 0; j < P; j++)
        near((double)slope[j], 0.25 + columns[j], 1e-5, "gradient of log sigma, which accumulates");
}
END_TEST

START_TEST(gaussian_with_sigma_of_the_event)
{
    fill_all();
    double expected = 0, found = gh_gaussian_event_loss(X, Y, weights, 0.3, N, P, G);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++) {
            double w = 0.3 * (double)weights[i], u = tanh((double)Y[i * 2 * P + P + j] / 4), s = exp(4 * u);
            double d = ((double)Y[i * 2 * P + j] - (double)X[i * P + j]) / s;
            expected += w * (0.5 * d * d + 4 * u + 0.5 * log(2 * M_PI));
            near((double)G[i * 2 * P + j], w * d / s, 5e-6, "gradient of the mean");
            near((double)G[i * 2 * P + P + j], w * (1 - d * d) * (1 - u * u), 5e-6, "gradient of log sigma");
        }
    near(found, expected, 1e-5, "loss");
}
END_TEST

START_TEST(censored_entries)
{
    int64_t columns[P], n = 0, off = 0;
    fill_all();
    fill(Y, N * 2 * P, 2, 3); /* means up to ten sigma on either side */
    for (int j = 0; j < P; j++)
        if (j % 7) columns[n++] = j;
    for (int i = 0; i < N * P; i++)
        if (i % P % 7) X[i] = X[i] > 0.5f ? X[i] : 0;
    for (int global = 0; global < 2; global++) {
        const int64_t stride = global ? P : 2 * P;
        double expected = 0, slopes[P] = {0}, without, hazard;
        memset(slope, 0, sizeof slope);
        without = global ? gh_gaussian_loss(X, Y, log_sigma, weights, 0.3, N, P, G, slope) : gh_gaussian_event_loss(X, Y, weights, 0.3, N, P, G);
        double found = without + gh_censored_loss(X, Y, global ? log_sigma : NULL, weights, 0.3, N, P, columns, n, G, slope);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < P; j++) {
                double w = 0.3 * (double)weights[i], u = tanh((double)Y[i * stride + P + (global ? 0 : j)] / 4), y = (double)Y[i * stride + j];
                double t = global ? (double)log_sigma[j] : 4 * u, x = (double)X[i * P + j], d = (y - x) * exp(-t), a = -y * exp(-t);
                int censored = j % 7 && !(x > 0);
                double logarithm = gh_normal_log_cdf(a, &hazard);
                expected += w * (censored ? -logarithm : 0.5 * d * d + t + 0.5 * log(2 * M_PI));
                slopes[j] += w * (censored ? hazard * a : 1 - d * d);
                off += censored;
                near((double)G[i * stride + j], w * (censored ? hazard : d) * exp(-t), 1e-5, "gradient of the mean");
                if (!global) near((double)G[i * stride + P + j], w * (censored ? hazard * a : 1 - d * d) * (1 - u * u), 1e-5, "gradient of log sigma");
            }
        near(found, expected, 1e-5, "loss");
        for (int j = 0; global && j < P; j++) near((double)slope[j], slopes[j], 1e-4, "gradient of the global log sigma");
    }
    ck_assert_int_gt(off, N);
}
END_TEST

START_TEST(divergence_and_cross_entropy)
{
    fill_all();
    double expected = 0;
    for (int i = 0; i < N * 2 * P; i++) G[i] = 0.125f;
    double found = gh_kl_loss(Y, weights, 0.3, 1.7, N, P, G);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++) {
            double w = 0.3 * (double)weights[i], m = (double)Y[i * 2 * P + j], v = (double)Y[i * 2 * P + P + j];
            expected -= 0.5 * w * (1 + v - m * m - exp(v));
            near((double)G[i * 2 * P + j], 0.125 + 1.7 * w * m, 2e-6, "gradient of mu, which accumulates");
            near((double)G[i * 2 * P + P + j], 0.125 + 1.7 * w * 0.5 * (exp(v) - 1), 5e-6,
                 "gradient of the log variance");
        }
    near(found, expected, 1e-5, "divergence");
    for (int i = 0; i < N * P; i++) X[i] = 1 / (1 + expf(-X[i]));
    expected = 0;
    found = gh_bce_loss(X, Y, weights, 0.3, N, P, G);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++) {
            double w = 0.3 * (double)weights[i] / P, x = (double)X[i * P + j], y = (double)Y[i * P + j];
            expected += w * (log1p(exp(y)) - x * y);
            near((double)G[i * P + j], w * (1 / (1 + exp(-y)) - x), 2e-6, "gradient of the logit");
        }
    near(found, expected, 1e-5, "cross entropy");
}
END_TEST

START_TEST(batch_norm_both_ways)
{
    static float value[N * P], xhat[N * P], gradient[N * P], mean[P], variance[P], inverse[P], scale[P], shift[P],
        g_scale[P], g_shift[P];
    fill(X, N * P, 1, 2);
    fill(gradient, N * P, 6, 1);
    fill(scale, P, 7, 1);
    fill(shift, P, 8, 1);
    memcpy(value, X, sizeof value);
    memcpy(G, gradient, sizeof gradient);
    gh_batch_norm_forward(value, xhat, mean, variance, inverse, scale, shift, N, P);
    for (int j = 0; j < P; j++) g_scale[j] = g_shift[j] = 0.5f;
    gh_batch_norm_backward(G, g_scale, g_shift, xhat, inverse, scale, N, P);
    memcpy(Y, X, sizeof value);
    gh_batch_norm_apply(Y, mean, variance, scale, shift, N, P);
    for (int j = 0; j < P; j++) {
        double m = 0, v = 0, sum = 0, sum_x = 0;
        for (int i = 0; i < N; i++) m += (double)X[i * P + j] / N;
        for (int i = 0; i < N; i++) v += ((double)X[i * P + j] - m) * ((double)X[i * P + j] - m) / N;
        double s = sqrt(v + (double)GH_NORM_EPSILON);
        for (int i = 0; i < N; i++) {
            double h = ((double)X[i * P + j] - m) / s;
            sum += (double)gradient[i * P + j];
            sum_x += (double)gradient[i * P + j] * h;
            near((double)value[i * P + j], (double)scale[j] * h + (double)shift[j], 5e-6, "training value");
            near((double)Y[i * P + j], (double)scale[j] * h + (double)shift[j], 5e-6, "value from running statistics");
        }
        near((double)g_scale[j], 0.5 + sum_x, 1e-5, "gradient of the scale");
        near((double)g_shift[j], 0.5 + sum, 1e-5, "gradient of the shift");
        for (int i = 0; i < N; i++) {
            double h = ((double)X[i * P + j] - m) / s;
            near((double)G[i * P + j], (double)scale[j] / s * ((double)gradient[i * P + j] - sum / N - h * sum_x / N),
                 1e-5, "gradient");
        }
    }
}
END_TEST

/* Every combination of bias, skip and kept argument is the same sum under the activation. */
START_TEST(activation_sums_what_it_is_given)
{
    static float value[N * P], argument[N * P];
    fill_all();
    for (int form = 0; form < 8; form++) {
        const float *bias = form & 1 ? log_sigma : NULL, *skip = form & 2 ? Y : NULL;
        for (int kind = GH_LINEAR; kind <= GH_SILU; kind++) {
            memcpy(value, X, sizeof value);
            memset(argument, 0, sizeof argument);
            gh_bias_activate(value, bias, skip, form & 4 ? argument : NULL, N, P, (gh_activation)kind, 0.2f);
            for (int i = 0; i < N * P; i++) {
                double a = (double)X[i] + (bias ? (double)bias[i % P] : 0) + (skip ? (double)skip[i] : 0);
                if (form & 4) near((double)argument[i], a, 1e-6, "argument");
                if (kind == GH_LINEAR) near((double)value[i], a, 1e-6, "linear");
                if (kind == GH_LEAKY_RELU) near((double)value[i], a > 0 ? a : 0.2 * a, 1e-6, "leaky");
                if (kind == GH_SILU) near((double)value[i], a / (1 + exp(-a)), 2e-6, "silu");
                if (kind == GH_TANH) near((double)value[i], tanh(a), 2e-6, "tanh");
            }
        }
    }
}
END_TEST

GH_TEST_MAIN("wide rows", gaussian_with_global_sigma, gaussian_with_sigma_of_the_event, censored_entries, divergence_and_cross_entropy,
             batch_norm_both_ways, activation_sums_what_it_is_given)
