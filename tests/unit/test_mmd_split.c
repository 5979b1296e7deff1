/* test_mmd_split.c -- the float kernels of the mean discrepancy: any split gives the same bits, close to double. */
#include "testing.h"

#include "loss/mmd.h"

enum { N = 777, M = 1000, D = 5, WIDTHS = 5 };

static float x[N * D], y[M * D], u[N], v[M];

static void fill(int64_t stream, int64_t n, double shift, double scale, float *out)
{
    static double draws[M * D];
    ck_ok(genhep_random_normal(9, stream, 0, n, draws));
    for (int64_t i = 0; i < n; i++) out[i] = (float)(shift + scale * draws[i]);
}

static const double widths[WIDTHS] = {0.5, 2, 8, 32, 3};

static gh_mmd_problem problem_of(enum gh_mmd_shape shape, int64_t d, int64_t n_widths, int weighted)
{
    fill(1, N * D, 80, 5, x), fill(2, M * D, 82, 7, y), fill(3, N, 1, 0.8, u), fill(4, M, 1, 0.8, v);
    gh_mmd_problem p = {.dimensions = d, .x = x, .y = y, .n = N, .m = M, .scale = 0.3};
    if (weighted) p.x_weights = u, p.y_weights = v;
    ck_ok(gh_mmd_kernel_make(&p.kernel, shape, n_widths, widths, NULL));
    ck_ok(gh_mmd_check(&p));
    return p;
}

START_TEST(splits)
{
    static float whole[M * D], part[M * D];
    static const int64_t cuts[3][4] = {{256, 512, 768, M}, {512, 768, M, M}, {768, M, M, M}};
    for (int shape = 0; shape < 3; shape++)
        for (int64_t d = 1; d <= D; d += 4)
            for (int weighted = 0; weighted < 2; weighted++) {
                gh_mmd_problem p = problem_of((enum gh_mmd_shape)shape, d, WIDTHS, weighted);
                memset(whole, 0, sizeof whole);
                double value = gh_mmd(&p, 1, whole);
                double short_value = gh_mmd(&p, 0, part);
                ck_assert_int_eq(gh_mmd_blocks(M), 4);
                for (int c = 0; c < 3; c++) {
                    double sums[4] = {NAN, NAN, NAN, NAN}, truth[4] = {NAN, NAN, NAN, NAN};
                    memset(part, 0, sizeof part);
                    for (int k = 3; k >= 0; k--) { /* and in any order */
                        int64_t first = k ? cuts[c][k - 1] : 0;
                        gh_mmd_rows(&p, first, cuts[c][k] - first, part, sums);
                        int64_t from = first < N ? first : N, to = cuts[c][k] < N ? cuts[c][k] : N;
                        if (from < to) gh_mmd_truth_rows(&p, from, to - from, truth);
                    }
                    ck_assert(gh_mmd_value(&p, sums, truth) == value);
                    ck_assert(gh_mmd_value(&p, sums, NULL) == short_value);
                    ck_assert_mem_eq(whole, part, (size_t)(M * d) * sizeof *part);
                }
            }
}
END_TEST

static double plain_kernel(enum gh_mmd_shape shape, int64_t n_widths, double square, double *slope)
{
    double sum = 0;
    *slope = 0;
    for (int64_t w = 0; w < n_widths; w++) {
        double c = (shape == GH_MMD_GAUSSIAN ? 0.5 : shape == GH_MMD_BREIT_WIGNER ? 4 : 1) / (widths[w] * widths[w]);
        double k = shape == GH_MMD_GAUSSIAN ? exp(-c * square) : 1 / (1 + c * square);
        sum += k;
        *slope -= 2 * c * (shape == GH_MMD_GAUSSIAN ? k : k * k);
    }
    return sum;
}

/* Value and gradient against the plain loop in double. */
START_TEST(precision)
{
    static float g[M * D];
    static double expected[M * D];
    for (int shape = 0; shape < 3; shape++)
        for (int64_t d = 1; d <= D; d += 2)
            for (int64_t n_widths = 1; n_widths <= WIDTHS; n_widths++) {
                gh_mmd_problem p = problem_of((enum gh_mmd_shape)shape, d, n_widths, 0);
                memset(g, 0, sizeof g), memset(expected, 0, sizeof expected);
                double value = gh_mmd(&p, 1, g), sum = 0, slope, worst = 0, largest = 0;
                for (int64_t i = 0; i < N + M; i++) /* both samples as one with weights 1/n and -1/m */
                    for (int64_t j = 0; j < N + M; j++) {
                        const float *a = i < N ? x + i * d : y + (i - N) * d, *b = j < N ? x + j * d : y + (j - N) * d;
                        double weight = (i < N ? 1.0 / N : -1.0 / M) * (j < N ? 1.0 / N : -1.0 / M), square = 0;
                        for (int64_t k = 0; k < d; k++) square += ((double)a[k] - b[k]) * ((double)a[k] - b[k]);
                        sum += weight * plain_kernel((enum gh_mmd_shape)shape, n_widths, square, &slope);
                        for (int64_t k = 0; k < d && i >= N; k++)
                            expected[(i - N) * d + k] += 0.3 * 2 * weight * slope * ((double)a[k] - b[k]);
                    }
                for (int64_t i = 0; i < M * d; i++) {
                    worst = fmax(worst, fabs(g[i] - expected[i])), largest = fmax(largest, fabs(expected[i]));
                }
                ck_assert_msg(fabs(value - 0.3 * sum) <= 1e-6 * (double)n_widths, "value %.9g against %.9g", value,
                              0.3 * sum);
                ck_assert_msg(worst <= 1e-5 * largest, "shape %d d %d widths %d: %.3g of %.3g", shape, (int)d,
                              (int)n_widths, worst, largest);
            }
}
END_TEST

GH_TEST_MAIN("mmd_split", splits, precision)
