/* test_mmd.c -- maximum mean discrepancy: closed forms, the plain double loop, and gradients by differences. */
#include "testing.h"

#include "gradcheck.h"
#include "loss/mmd.h"

enum { N = 11, M = 7, D = 3, MOST = 2000 };

static const double widths[3] = {0.7, 1.5, 4}, mixture[3] = {1, 0.5, 2};

static double kernel_of(enum gh_mmd_shape shape, double width, double square)
{
    switch (shape) {
    case GH_MMD_GAUSSIAN: return exp(-square / (2 * width * width));
    case GH_MMD_BREIT_WIGNER: return (width / 2) * (width / 2) / (square + (width / 2) * (width / 2));
    case GH_MMD_CAUCHY: return 1 / (1 + square / (width * width));
    }
    return NAN;
}

/* sum_ij a_i b_j k(x_i, y_j) over normalised weights, by the plain loop */
static double mean_kernel(enum gh_mmd_shape shape, int64_t n_widths, const double *x, const double *u, int64_t n,
                          const double *y, const double *v, int64_t m, int64_t d)
{
    double sum = 0, su = 0, sv = 0;
    for (int64_t i = 0; i < n; i++) su += u ? u[i] : 1;
    for (int64_t j = 0; j < m; j++) sv += v ? v[j] : 1;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++) {
            double square = 0, k = 0;
            for (int64_t l = 0; l < d; l++) square += (x[i * d + l] - y[j * d + l]) * (x[i * d + l] - y[j * d + l]);
            for (int64_t w = 0; w < n_widths; w++) k += mixture[w] * kernel_of(shape, widths[w], square);
            sum += (u ? u[i] : 1) * (v ? v[j] : 1) / (su * sv) * k;
        }
    return sum;
}

typedef struct mmd_case {
    gh_mmd_problem problem;
    int with_truth;
    double x[N * D], y[M * D], u[N], v[M];
} mmd_case;

static void start(mmd_case *c, enum gh_mmd_shape shape, int64_t n_widths, int64_t d, int weighted)
{
    memset(c, 0, sizeof *c);
    ck_ok(genhep_random_normal(5, 1, 0, N * D, c->x));
    ck_ok(genhep_random_normal(5, 2, 0, M * D, c->y));
    ck_ok(genhep_random_normal(5, 3, 0, N, c->u));
    ck_ok(genhep_random_normal(5, 4, 0, M, c->v));
    for (int i = 0; i < N; i++) c->u[i] += 0.7; /* some are negative, sums are not zero */
    for (int i = 0; i < M; i++) c->v[i] += 0.7;
    c->problem = (gh_mmd_problem){.dimensions = d, .x = c->x, .y = c->y, .n = N, .m = M, .scale = 1.7};
    if (weighted) c->problem.x_weights = c->u, c->problem.y_weights = c->v;
    ck_ok(gh_mmd_kernel_make(&c->problem.kernel, shape, n_widths, widths, mixture));
    ck_ok(gh_mmd_check(&c->problem));
}

static double value_of(void *context)
{
    mmd_case *c = context;
    double g[M * D] = {0};
    return gh_mmd(&c->problem, c->with_truth, g);
}

START_TEST(values_and_gradients)
{
    for (int shape = 0; shape < 3; shape++)
        for (int64_t n_widths = 1; n_widths <= 3; n_widths++)
            for (int64_t d = 1; d <= D; d++)
                for (int weighted = 0; weighted < 2; weighted++) {
                    mmd_case c;
                    start(&c, (enum gh_mmd_shape)shape, n_widths, d, weighted);
                    const double *u = c.problem.x_weights, *v = c.problem.y_weights;
                    double g[M * D];
                    for (int i = 0; i < M * D; i++) g[i] = 3 + i;
                    double short_value = gh_mmd(&c.problem, 0, g);
                    for (int i = 0; i < M * D; i++) g[i] -= 3 + i; /* it adds */
                    ck_assert(gc_worst(value_of, &c, c.y, g, M * d) <= 1e-7);
                    c.with_truth = 1;
                    ck_assert(gc_worst(value_of, &c, c.y, g, M * d) <= 1e-7);
                    double xx = mean_kernel((enum gh_mmd_shape)shape, n_widths, c.x, u, N, c.x, u, N, d);
                    double yy = mean_kernel((enum gh_mmd_shape)shape, n_widths, c.y, v, M, c.y, v, M, d);
                    double xy = mean_kernel((enum gh_mmd_shape)shape, n_widths, c.x, u, N, c.y, v, M, d);
                    ck_assert(fabs(value_of(&c) - 1.7 * (xx + yy - 2 * xy)) <= 1e-13);
                    ck_assert(fabs(short_value - 1.7 * (yy - 2 * xy)) <= 1e-13);
                }
}
END_TEST

/* Samples at the quantiles (i + 1/2)/n stand for the distribution: no noise, and an error that falls fast with n. */
static double value_at_quantiles(enum gh_mmd_shape shape, double width, const double *x, const double *y, int64_t n,
                                 int64_t d)
{
    static double g[MOST * 2];
    gh_mmd_problem p = {.dimensions = d, .x = x, .y = y, .n = n, .m = n, .scale = 1};
    ck_ok(gh_mmd_kernel_make(&p.kernel, shape, 1, &width, NULL));
    return gh_mmd(&p, 1, g);
}

/* N(0,1) against N(shift,1): 2 s/sqrt(s^2+2) (1 - exp(-shift^2/(2 (s^2+2)))) */
START_TEST(gaussian_closed_form)
{
    static double x[MOST], y[MOST];
    for (int c = 0; c < 3; c++) {
        const double s = 0.5 + 0.75 * c, shift = 0.3 + 0.9 * c;
        for (int i = 0; i < MOST; i++) {
            double low = -10, high = 10, p = (i + 0.5) / MOST;
            for (int k = 0; k < 60; k++) {
                double middle = 0.5 * (low + high);
                *(0.5 * erfc(-middle / sqrt(2)) < p ? &low : &high) = middle;
            }
            x[i] = low, y[i] = low + shift;
        }
        double expected = 2 * s / sqrt(s * s + 2) * (1 - exp(-shift * shift / (2 * (s * s + 2))));
        double value = value_at_quantiles(GH_MMD_GAUSSIAN, s, x, y, MOST, 1);
        ck_assert_msg(fabs(value - expected) <= 1e-4 * expected, "s %g: %.9g against %.9g", s, value, expected);
    }
}
END_TEST

/* The same in two dimensions, on the grid of quantiles: (s^2/(s^2+2))^(d/2) in front, |shift|^2 in the exponent. */
START_TEST(gaussian_closed_form_plane)
{
    enum { SIDE = 40 };
    static double x[2 * SIDE * SIDE], y[2 * SIDE * SIDE];
    double at[SIDE];
    for (int i = 0; i < SIDE; i++) {
        double low = -10, high = 10;
        for (int k = 0; k < 60; k++) {
            double middle = 0.5 * (low + high);
            *(0.5 * erfc(-middle / sqrt(2)) < (i + 0.5) / SIDE ? &low : &high) = middle;
        }
        at[i] = low;
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        x[2 * i] = at[i / SIDE], x[2 * i + 1] = at[i % SIDE];
        y[2 * i] = x[2 * i] + 0.8, y[2 * i + 1] = x[2 * i + 1] - 0.6;
    }
    const double s = 2;
    double expected = 2 * (s * s / (s * s + 2)) * (1 - exp(-1 / (2 * (s * s + 2))));
    double value = value_at_quantiles(GH_MMD_GAUSSIAN, s, x, y, SIDE * SIDE, 2);
    ck_assert_msg(fabs(value - expected) <= 0.02 * expected, "%.9g against %.9g", value, expected);
}
END_TEST

static double cauchy_value(enum gh_mmd_shape shape, double width, double g1, double g2, double shift, int64_t n)
{
    static double x[MOST], y[MOST];
    for (int64_t i = 0; i < n; i++) {
        double t = tan(M_PI * (((double)i + 0.5) / (double)n - 0.5));
        x[i] = g1 * t, y[i] = shift + g2 * t;
    }
    return value_at_quantiles(shape, width, x, y, n, 1);
}

/* Cauchy samples of half-widths g1, g2, shifted: E k = h (h+g1+g2)/((h+g1+g2)^2 + shift^2), h = Gamma/2 or a.
 * The pairs i = j of the lone points in the tails are too many by a term that falls as n^-1.5: two sizes remove it. */
START_TEST(cauchy_closed_form)
{
    for (int c = 0; c < 4; c++) {
        const double h = 0.4 + 0.5 * c, g1 = 1, g2 = c < 2 ? 1 : 1.6, shift = 0.5 + 0.7 * c, sum = h + g1 + g2;
        double expected = h / (h + 2 * g1) + h / (h + 2 * g2) - 2 * h * sum / (sum * sum + shift * shift);
        double large = cauchy_value(GH_MMD_BREIT_WIGNER, 2 * h, g1, g2, shift, MOST);
        double small = cauchy_value(GH_MMD_BREIT_WIGNER, 2 * h, g1, g2, shift, MOST / 4),
               limit = (8 * large - small) / 7;
        ck_assert_msg(fabs(limit - expected) <= 1e-5 * expected, "h %g: %.9g against %.9g", h, limit, expected);
        ck_assert(fabs(cauchy_value(GH_MMD_CAUCHY, h, g1, g2, shift, MOST) - large) <= 1e-12);
    }
}
END_TEST

START_TEST(limits)
{
    mmd_case c;
    double g[M * D] = {0};
    start(&c, GH_MMD_BREIT_WIGNER, 3, 2, 0);
    c.problem.y = c.x, c.problem.m = N;
    double gx[N * D] = {0};
    ck_assert(fabs(gh_mmd(&c.problem, 1, gx)) <= 1e-14); /* a sample against itself: zero, and at its minimum */
    for (int i = 0; i < 2 * N; i++) ck_assert(fabs(gx[i]) <= 1e-14);
    /* far apart nothing overflows: the samples no longer see each other and have no force */
    for (int shape = 0; shape < 3; shape++) {
        start(&c, (enum gh_mmd_shape)shape, 2, 1, 0);
        for (int i = 0; i < N; i++) c.x[i] = 1e15;
        for (int i = 0; i < M; i++) c.y[i] = -1e15;
        memset(g, 0, sizeof g);
        ck_assert(fabs(gh_mmd(&c.problem, 1, g) - 1.7 * 2 * 1.5) <= 1e-12);
        for (int i = 0; i < M; i++) ck_assert(fabs(g[i]) <= 1e-9);
        c.y[2] = NAN; /* never hidden */
        ck_assert(isnan(gh_mmd(&c.problem, 1, g)));
    }
}
END_TEST

START_TEST(wrong_input)
{
    gh_mmd_kernel kernel;
    double many[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, zero = 0, missing = NAN, negative = -1, one = 1;
    ck_fails(gh_mmd_kernel_make(&kernel, GH_MMD_CAUCHY, 0, many, NULL), GENHEP_E_OPTION, "0 widths");
    ck_fails(gh_mmd_kernel_make(&kernel, GH_MMD_CAUCHY, 9, many, NULL), GENHEP_E_OPTION, "9 widths");
    ck_ok(gh_mmd_kernel_make(&kernel, GH_MMD_CAUCHY, 8, many, NULL));
    ck_fails(gh_mmd_kernel_make(&kernel, GH_MMD_CAUCHY, 1, &zero, NULL), GENHEP_E_OPTION, "width 0");
    ck_fails(gh_mmd_kernel_make(&kernel, GH_MMD_CAUCHY, 1, &missing, NULL), GENHEP_E_OPTION, "width");
    ck_fails(gh_mmd_kernel_make(&kernel, GH_MMD_CAUCHY, 1, &one, &negative), GENHEP_E_OPTION, "weight -1");
    mmd_case c;
    start(&c, GH_MMD_GAUSSIAN, 1, 1, 1);
    c.problem.dimensions = 0;
    ck_fails(gh_mmd_check(&c.problem), GENHEP_E_SHAPE, "0 dimensions");
    c.problem.dimensions = GH_MMD_DIMENSIONS + 1;
    ck_fails(gh_mmd_check(&c.problem), GENHEP_E_SHAPE, "33 dimensions");
    c.problem.dimensions = 1, c.problem.m = 0;
    ck_fails(gh_mmd_check(&c.problem), GENHEP_E_ARG, "0 events");
    c.problem.m = 2, c.v[0] = 1, c.v[1] = -1;
    ck_fails(gh_mmd_check(&c.problem), GENHEP_E_ARG, "not zero");
    ck_assert_int_eq(gh_mmd_shape_of("gaussian"), GH_MMD_GAUSSIAN);
    ck_assert_int_eq(gh_mmd_shape_of("breit_wigner"), GH_MMD_BREIT_WIGNER);
    ck_assert_int_eq(gh_mmd_shape_of("cauchy"), GH_MMD_CAUCHY);
    ck_assert_int_eq(gh_mmd_shape_of("box"), -1);
}
END_TEST

GH_TEST_MAIN("mmd", values_and_gradients, gaussian_closed_form, gaussian_closed_form_plane, cauchy_closed_form, limits,
             wrong_input)
