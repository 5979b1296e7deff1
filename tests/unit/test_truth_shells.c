/* test_truth_shells.c -- camel, ring and shell against the distribution functions of docs/PROCESSES.md, and their independence. */
#include "test_truth.h"

#include <math.h>

enum { N = 100000 };

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

/* Uniform numbers on [0,1] of one event: one for the camel, radius and azimuth, radius and four directions. */
static void uniforms(int d, const double *x, double *u)
{
    double rest = 0, r2 = 0;
    if (d == 1) {
        u[0] = 0.5 * (normal_cdf(x[0] + 4) + normal_cdf(x[0] - 4));
        return;
    }
    for (int k = 0; k < d; k++) r2 += x[k] * x[k];
    u[0] = (normal_cdf(sqrt(r2) - 4) - normal_cdf(-4)) / (1 - normal_cdf(-4));
    u[d - 1] = atan2(-x[d - 1], -x[d - 2]) / (2 * M_PI) + 0.5;
    if (d == 2) return;
    rest = r2;
    const double c1 = x[0] / sqrt(rest), c2 = x[1] / sqrt(rest - x[0] * x[0]);
    const double c3 = x[2] / sqrt(rest - x[0] * x[0] - x[1] * x[1]), theta2 = acos(c2);
    u[1] = (2 + 3 * c1 - c1 * c1 * c1) / 4;
    u[2] = 1 - (theta2 - sin(theta2) * c2) / M_PI;
    u[3] = (1 + c3) / 2;
}

static double flat_cdf(double u, const void *user)
{
    (void)user;
    return u;
}

START_TEST(closed_forms)
{
    static const struct { const char *name; int d; } toys[] = {{"camel", 1}, {"ring", 2}, {"shell", 5}};
    for (size_t t = 0; t < sizeof toys / sizeof *toys; t++) {
        const int d = toys[t].d;
        double *x = make_events(toys[t].name, N, 5, "", NULL), *u = malloc((size_t)(N * d) * sizeof *u), *one = malloc(N * sizeof *one);
        for (int i = 0; i < N; i++) uniforms(d, x + i * d, u + i * d);
        for (int k = 0; k < d; k++) {
            for (int i = 0; i < N; i++) one[i] = u[i * d + k];
            ck_ks(one, N, flat_cdf, NULL);
            for (int l = 0; l < k; l++) { /* independent: the product of centred uniforms has mean 0, deviation 1/12 */
                double sum = 0;
                for (int i = 0; i < N; i++) sum += (u[i * d + k] - 0.5) * (u[i * d + l] - 0.5);
                ck_assert(fabs(sum / N) < SIGMA_LIMIT / 12 / sqrt(N));
            }
        }
        free(x);
        free(u);
        free(one);
    }
}
END_TEST

START_TEST(no_settings)
{
    fails_with("ring", 10, "radius=3", GENHEP_E_OPTION, "radius");
}
END_TEST

GH_TEST_MAIN("truth_shells", closed_forms, no_settings)
