/* test_evaluate.c -- one-dimensional comparisons against closed forms and hand-computed examples. */
#include "testing.h"

#include "base/normal.h"
#include "evaluate/plot_bins.h"
#include "evaluate/statistics.h"

static gh_hooks hooks(void)
{
    return gh_hooks_default();
}

static gh_sorted sorted_of(int64_t n, const double *x, const double *weights)
{
    gh_hooks h = hooks();
    gh_sorted s;
    ck_ok(gh_sorted_make(&h, n, x, weights, &s));
    return s;
}

static void release(gh_sorted *s)
{
    gh_hooks h = hooks();
    gh_sorted_free(&h, s);
}

/* The n quantiles of a normal distribution at (i + 1/2)/n. */
static double *normal_grid(int64_t n, double mean, double sigma)
{
    double *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = mean + sigma * gh_normal_quantile(((double)i + 0.5) / (double)n);
    return x;
}

static double *normal_sample(int64_t seed, int64_t n, double mean, double sigma)
{
    double *x = malloc((size_t)n * sizeof *x);
    ck_ok(genhep_random_normal(seed, 0, 0, n, x));
    for (int64_t i = 0; i < n; i++) x[i] = mean + sigma * x[i];
    return x;
}

static double chi2_of(int64_t n, const double *t, const double *wt, int64_t m, const double *g, const double *wg,
                      int64_t bins)
{
    gh_hooks h = hooks();
    gh_sorted a = sorted_of(n, t, wt), b = sorted_of(m, g, wg);
    double chi2;
    ck_ok(gh_chi2(&h, &a, &b, bins, &chi2));
    release(&a);
    release(&b);
    return chi2;
}

START_TEST(sorting)
{
    gh_hooks h = hooks();
    double x[] = {3, -1, 0, -0.0, 1e-300, -1e300, 2.5, 3, -1, 1e300, -1e-300}, copy[11];
    uint32_t order[11];
    memcpy(copy, x, sizeof x);
    for (uint32_t i = 0; i < 11; i++) order[i] = i;
    ck_ok(gh_sort_doubles(&h, 11, x, order));
    for (int i = 1; i < 11; i++) ck_assert(x[i - 1] <= x[i]);
    for (int i = 0; i < 11; i++) ck_assert(x[i] == copy[order[i]]);
    ck_assert(order[8] < order[9]); /* equal numbers keep their order */
    ck_ok(gh_sort_doubles(&h, 0, x, NULL));
}
END_TEST

START_TEST(quantiles)
{
    double x[] = {4, 1, 3, 2};
    gh_sorted s = sorted_of(4, x, NULL);
    ck_assert_double_eq_tol(gh_quantile(&s, 0.5), 2.5, 1e-15);
    ck_assert_double_eq_tol(gh_quantile(&s, 0.25), 1.75, 1e-15);
    ck_assert_double_eq(gh_quantile(&s, 0), 1);
    ck_assert_double_eq(gh_quantile(&s, 1), 4);
    ck_assert_int_eq(gh_sorted_rank(&s, 2), 2);
    ck_assert_int_eq(gh_sorted_rank(&s, 0.5), 0);
    release(&s);
}
END_TEST

START_TEST(weight_two_is_two_events)
{
    double x[] = {5, 1, 3, 2, 8}, w[] = {2, 1, 0.5, 3, 1};
    double y[] = {5, 5, 1, 3, 2, 2, 2, 8}, v[] = {1, 1, 1, 0.5, 1, 1, 1, 1}, mean[2], deviation[2];
    gh_sorted a = sorted_of(5, x, w), b = sorted_of(8, y, v);
    for (int k = 0; k <= 1000; k++) ck_assert(gh_quantile(&a, k / 1000.0) == gh_quantile(&b, k / 1000.0));
    ck_assert_double_eq(gh_sorted_weight(&a, 0, 5, NULL), 7.5);
    gh_moments(5, x, w, &mean[0], &deviation[0]);
    gh_moments(8, y, v, &mean[1], &deviation[1]);
    ck_assert_double_eq_tol(mean[0], (10 + 1 + 1.5 + 6 + 8) / 7.5, 1e-14);
    ck_assert_double_eq_tol(mean[0], mean[1], 1e-14);
    ck_assert_double_eq_tol(deviation[0], deviation[1], 1e-14);
    double edges[] = {0, 2.5, 5.5, 10}, d[2][3], e[2][3];
    gh_plot_density(&a, 3, edges, d[0], e[0]);
    gh_plot_density(&b, 3, edges, d[1], e[1]);
    ck_assert_double_eq_tol(d[0][0], 4 / 7.5 / 2.5, 1e-14);
    for (int k = 0; k < 3; k++) ck_assert_double_eq_tol(d[0][k], d[1][k], 1e-14);
    ck_assert_double_eq_tol(e[0][0], sqrt(9 + 1) / 7.5 / 2.5, 1e-14); /* variance is sum w^2 */
    ck_assert_double_eq_tol(e[1][0], sqrt(4) / 7.5 / 2.5, 1e-14);
    ck_assert_double_eq_tol(gh_effective(&a), 7.5 * 7.5 / (4 + 1 + 0.25 + 9 + 1), 1e-13);
    release(&a);
    release(&b);
}
END_TEST

START_TEST(signed_weights)
{
    /* Pairs of weight +1 and -1 at the same place change no count, mean or distance. */
    enum { N = 400 };
    double x[3 * N], w[3 * N], *normal = normal_sample(3, 2 * N, 0, 1);
    for (int i = 0; i < N; i++) {
        x[i] = normal[i], w[i] = 1;
        x[N + i] = x[2 * N + i] = normal[N + i], w[N + i] = 1, w[2 * N + i] = -1;
    }
    gh_sorted a = sorted_of(N, x, NULL), b = sorted_of(3 * N, x, w);
    double d, p, mean[2], deviation[2];
    ck_assert_double_eq_tol(b.total, N, 1e-9);
    gh_kolmogorov(&a, &b, &d, &p);
    ck_assert(d < 1e-12 && p > 0.999);
    gh_moments(N, x, NULL, &mean[0], &deviation[0]);
    gh_moments(3 * N, x, w, &mean[1], &deviation[1]);
    ck_assert_double_eq_tol(mean[0], mean[1], 1e-12);
    ck_assert_double_eq_tol(deviation[0], deviation[1], 1e-12);
    double last = -INFINITY;
    for (int k = 0; k <= 100; k++) {
        double q = gh_quantile(&b, k / 100.0);
        ck_assert(q >= last);
        last = q;
        if (k >= 10 && k <= 90) ck_assert_double_eq_tol(q, gh_quantile(&a, k / 100.0), 0.1);
    }
    ck_assert_double_eq_tol(gh_effective(&b), N / 3.0, 1e-9);
    release(&a);
    release(&b);
    gh_hooks h = hooks();
    double none[2] = {1, -1};
    ck_fails(gh_sorted_make(&h, 2, x, none, &a), GENHEP_E_NUMERIC, "sum of the weights");
    release(&a);
    free(normal);
}
END_TEST

START_TEST(chi2_by_hand)
{
    /* Two bins at the truth's median 5.5: truth 5 + 5, generated 1 + 3; unequal sizes. */
    double t[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, g[] = {0, 6, 7, 20}, wt[10], wg[4];
    double r = sqrt(4.0 / 10), s = sqrt(10.0 / 4), a = r * 5 - s * 1, b = r * 5 - s * 3;
    ck_assert_double_eq_tol(chi2_of(10, t, NULL, 4, g, NULL, 2), (a * a / 6 + b * b / 8) / 1, 1e-12);
    /* Weighted: (t/Wt - g/Wg)^2 / (sum wt^2/Wt^2 + sum wg^2/Wg^2). The last true event has weight 1.5, which moves the
     * median to 6; generated weights are -1, 2, 2, 2. */
    for (int i = 0; i < 10; i++) wt[i] = 1;
    wt[9] = 1.5;
    for (int i = 0; i < 4; i++) wg[i] = i == 0 ? -1 : 2;
    double lower = 6 / 10.5 - 1 / 5.0, upper = 4.5 / 10.5 - 4 / 5.0;
    double expected = lower * lower / (6 / (10.5 * 10.5) + 5 / 25.0) +
                      upper * upper / ((3 + 2.25) / (10.5 * 10.5) + 8 / 25.0);
    ck_assert_double_eq_tol(chi2_of(10, t, wt, 4, g, wg, 2), expected, 1e-12);
    /* A discrete observable has as many bins as values. */
    double flags_t[] = {0, 0, 0, 1, 1, 1, 1, 1}, flags_g[] = {0, 1, 1, 1, 1, 1, 1, 1};
    ck_assert_double_eq_tol(chi2_of(8, flags_t, NULL, 8, flags_g, NULL, 50), 4.0 / 4 + 4.0 / 12, 1e-12);
    ck_assert_double_eq(chi2_of(10, t, NULL, 10, t, NULL, 7), 0);
}
END_TEST

START_TEST(chi2_and_separation)
{
    /* For equal sizes N: sum (t - g)^2/(t + g) = 2 N x separation, on the same bins. */
    enum { N = 900, BINS = 9 };
    double *t = normal_sample(1, N, 0, 1), *g = normal_sample(2, N, 0.3, 1.2), count[2][BINS] = {{0}}, edges[BINS + 1];
    gh_sorted a = sorted_of(N, t, NULL);
    for (int b = 0; b <= BINS; b++) edges[b] = gh_quantile(&a, (double)b / BINS);
    for (int i = 0; i < N; i++)
        for (int s = 0; s < 2; s++) {
            int b = 0;
            while (b < BINS - 1 && (s ? g : t)[i] > edges[b + 1]) b++;
            count[s][b]++;
        }
    double separation = gh_separation(BINS, count[0], count[1]);
    ck_assert_double_eq_tol(chi2_of(N, t, NULL, N, g, NULL, BINS) * (BINS - 1), 2 * N * separation, 1e-9);
    double one[] = {1, 2, 0, 0}, two[] = {0, 0, 3, 5};
    ck_assert_double_eq(gh_separation(4, one, two), 1);
    ck_assert_double_eq(gh_separation(4, one, one), 0);
    release(&a);
    free(t);
    free(g);
}
END_TEST

START_TEST(chi2_of_equal_distributions)
{
    double sum = 0;
    enum { TRIALS = 40, N = 5000, BINS = 50 };
    for (int k = 0; k < TRIALS; k++) {
        double *t = normal_sample(100 + k, N, 0, 1), *g = normal_sample(900 + k, N / 2, 0, 1);
        sum += chi2_of(N, t, NULL, N / 2, g, NULL, BINS) / TRIALS;
        free(t);
        free(g);
    }
    ck_assert_double_eq_tol(sum, 1, 4 * sqrt(2.0 / (BINS - 1) / TRIALS));
}
END_TEST

START_TEST(wasserstein_of_normals)
{
    enum { N = 20001 };
    double *x = normal_grid(N, 0, 1), *shifted = normal_grid(N, 0.37, 1), *wide = normal_grid(N, 0, 1.5);
    gh_sorted a = sorted_of(N, x, NULL), b = sorted_of(N, shifted, NULL), c = sorted_of(N, wide, NULL);
    ck_assert_double_eq_tol(gh_wasserstein(&a, &b), 0.37, 1e-12);
    ck_assert_double_eq_tol(gh_wasserstein(&a, &c), 0.5 * sqrt(2 / M_PI), 1e-3);
    ck_assert_double_eq(gh_wasserstein(&a, &a), 0);
    double *y = normal_sample(5, N, 0, 1), *z = normal_sample(6, N, 0.37, 1);
    gh_sorted d = sorted_of(N, y, NULL), e = sorted_of(N, z, NULL);
    ck_assert_double_eq_tol(gh_wasserstein(&d, &e), 0.37, 4 * sqrt(2.0 / N));
    release(&a), release(&b), release(&c), release(&d), release(&e);
    free(x), free(shifted), free(wide), free(y), free(z);
}
END_TEST

START_TEST(kolmogorov)
{
    double x[] = {1, 2, 3}, y[] = {1.5, 2.5, 3.5, 3.5}, d, p;
    gh_sorted a = sorted_of(3, x, NULL), b = sorted_of(4, y, NULL);
    gh_kolmogorov(&a, &b, &d, &p);
    ck_assert_double_eq_tol(d, 0.5, 1e-15); /* behind 3: 1 against 2/4 */
    release(&a), release(&b);
    ck_assert_double_eq_tol(gh_kolmogorov_tail(1.2238479), 0.1, 1e-6);
    ck_assert_double_eq_tol(gh_kolmogorov_tail(1.3580986), 0.05, 1e-6);
    ck_assert_double_eq_tol(gh_kolmogorov_tail(1.6276236), 0.01, 1e-6);
    ck_assert_double_eq(gh_kolmogorov_tail(0.1), 1);
    enum { N = 4000 };
    double *grid = normal_grid(N, 0, 1), *shifted = normal_grid(N, 0.4, 1);
    a = sorted_of(N, grid, NULL), b = sorted_of(N, shifted, NULL);
    gh_kolmogorov(&a, &b, &d, &p);
    ck_assert_double_eq_tol(d, erf(0.2 / sqrt(2)), 1.0 / N); /* 2 Phi(d/2) - 1 */
    double root = sqrt(N / 2.0), lambda = (root + 0.12 + 0.11 / root) * d;
    ck_assert_double_eq_tol(log(p), log(2) - 2 * lambda * lambda, 1e-9);
    release(&a), release(&b);
    free(grid), free(shifted);
}
END_TEST

START_TEST(kolmogorov_p_is_uniform)
{
    enum { TRIALS = 200, N = 500 };
    double mean = 0;
    int below = 0;
    for (int k = 0; k < TRIALS; k++) {
        double *t = normal_sample(3000 + k, N, 0, 1), *g = normal_sample(7000 + k, N, 0, 1), d, p;
        gh_sorted a = sorted_of(N, t, NULL), b = sorted_of(N, g, NULL);
        gh_kolmogorov(&a, &b, &d, &p);
        mean += p / TRIALS;
        below += p < 0.1;
        release(&a), release(&b);
        free(t), free(g);
    }
    ck_assert_double_eq_tol(mean, 0.5, 4 * sqrt(1 / 12.0 / TRIALS));
    ck_assert_double_eq_tol(below / (double)TRIALS, 0.1, 4 * sqrt(0.09 / TRIALS));
}
END_TEST

START_TEST(plot_edges)
{
    double edges[GH_PLOT_BINS + 1], density[GH_PLOT_BINS], error[GH_PLOT_BINS], charge[] = {-1, 1, 1, -1, 1};
    gh_sorted s = sorted_of(5, charge, NULL);
    ck_assert_int_eq(gh_plot_edges(&s, 0, edges), 2);
    ck_assert(edges[0] == -2 && edges[1] == 0 && edges[2] == 2);
    gh_plot_density(&s, 2, edges, density, error);
    ck_assert_double_eq_tol(density[0], 2 / 5.0 / 2, 1e-15);
    ck_assert_double_eq_tol(density[1], 3 / 5.0 / 2, 1e-15);
    release(&s);
    enum { N = 20000 };
    double *x = normal_sample(9, N, 0, 1);
    for (int i = 0; i < N; i++) x[i] = exp(2 * x[i]); /* a falling spectrum over decades: logarithmic bins */
    s = sorted_of(N, x, NULL);
    ck_assert_int_eq(gh_plot_edges(&s, 0, edges), GH_PLOT_BINS);
    double ratio = edges[1] / edges[0];
    for (int b = 1; b < GH_PLOT_BINS; b++) ck_assert_double_eq_tol(edges[b + 1] / edges[b], ratio, 1e-9);
    gh_plot_density(&s, GH_PLOT_BINS, edges, density, error);
    double area = 0;
    for (int b = 0; b < GH_PLOT_BINS; b++) area += density[b] * (edges[b + 1] - edges[b]);
    ck_assert_double_eq_tol(area, 0.999, 2e-4); /* the central 99.9 % of unit area */
    release(&s);
    double same[] = {2, 2, 2};
    s = sorted_of(3, same, NULL);
    ck_assert_int_eq(gh_plot_edges(&s, 0, edges), 1);
    ck_assert(edges[0] < 2 && edges[1] > 2);
    release(&s);
    free(x);
}
END_TEST

GH_TEST_MAIN("evaluate", sorting, quantiles, weight_two_is_two_events, signed_weights, chi2_by_hand,
             chi2_and_separation, chi2_of_equal_distributions, wasserstein_of_normals, kolmogorov,
             kolmogorov_p_is_uniform, plot_edges)
