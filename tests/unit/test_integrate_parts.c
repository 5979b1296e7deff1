/* test_integrate_parts.c -- what integrals are made of: sums of weights, the box as a plane, the grid of VEGAS, the mixture of
 * latents, exp for vector code. */
#include "integrate/box.h"
#include "integrate/grid.h"
#include "integrate/mixture.h"
#include "integrate/tally.h"
#include "small_model.h"

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* n weights of either sign, every seventh zero, against sums over all of them. */
static void compare_tally(int64_t n)
{
    const gh_hooks hooks = gh_hooks_default();
    double *w = malloc((size_t)n * sizeof *w), *size = malloc((size_t)n * sizeof *size), sum = 0, square = 0, total = 0;
    gh_tally tally;
    ck_ok(genhep_random_normal(11, 0, 0, n, w));
    for (int64_t i = 0; i < n; i++) {
        w[i] = i % 7 == 3 ? 0 : exp(w[i]) * (i % 5 == 0 ? -1 : 1);
        size[i] = fabs(w[i]);
        sum += w[i], square += w[i] * w[i], total += size[i];
    }
    ck_ok(gh_tally_create(&hooks, n, &tally));
    for (int64_t i = 0; i < n; i += 97) ck_ok(gh_tally_add(&tally, n - i < 97 ? n - i : 97, w + i));
    qsort(size, (size_t)n, sizeof *size, rising);
    const double mean = sum / (double)n, variance = (square - sum * mean) / (double)(n - 1);
    const double place = 0.999 * (double)(n - 1);
    const int64_t k = (int64_t)place, next = k + 1 < n ? k + 1 : k;
    const double quantile = size[k] + (place - (double)k) * (size[next] - size[k]);
    ck_assert_double_eq_tol(gh_tally_mean(&tally), mean, 1e-13);
    ck_assert_double_eq_tol(gh_tally_error(&tally), sqrt(variance / (double)n), 1e-12);
    ck_assert_double_eq_tol(gh_tally_ess(&tally), total * total / ((double)n * square), 1e-12);
    ck_assert_double_eq(gh_tally_largest(&tally), size[n - 1]);
    ck_assert_double_eq_tol(gh_tally_efficiency(&tally), total / (double)n / size[n - 1], 1e-13);
    ck_assert_double_eq_tol(gh_tally_efficiency_quantile(&tally), total / (double)n / quantile, 1e-12);
    ck_assert_int_eq(tally.nonzero, n - (n + 3) / 7);
    gh_tally_free(&tally);
    free(w), free(size);
}

START_TEST(tally_is_what_all_weights_give)
{
    static const int64_t sizes[] = {2, 3, 999, 1000, 1001, 1002, 2000, 20011};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) compare_tally(sizes[i]);
}
END_TEST

/* The efficiency of 2001.10028 by its definition, with 501 bootstrap replicas. */
START_TEST(efficiency_is_that_of_replicas)
{
    enum { N = 400, REPLICAS = 501 };
    const gh_hooks hooks = gh_hooks_default();
    const gh_rng rng = gh_rng_make(5, GH_RANDOM_PUBLIC, 3);
    static double w[N], largest[REPLICAS], sorted[REPLICAS], mean[REPLICAS];
    gh_tally tally;
    int64_t nonzero = 0;
    for (int64_t i = 0; i < N; i++) w[i] = i % 4 == 0 ? 0 : -log(gh_rng_uniform(&rng, i, 0));
    ck_ok(gh_tally_create(&hooks, N, &tally));
    ck_ok(gh_tally_add(&tally, N, w));
    double kept[N];
    for (int64_t i = 0; i < N; i++)
        if (w[i] != 0) kept[nonzero++] = w[i];
    for (int64_t r = 0; r < REPLICAS; r++) {
        mean[r] = largest[r] = 0;
        for (int64_t i = 0; i < nonzero; i++) {
            const double x = kept[gh_rng_below(&rng, 1000 + r, i, nonzero)];
            mean[r] += x / (double)nonzero;
            largest[r] = fmax(largest[r], x);
        }
    }
    memcpy(sorted, largest, sizeof sorted);
    qsort(sorted, REPLICAS, sizeof *sorted, rising);
    double efficiency = 0;
    for (int64_t r = 0; r < REPLICAS; r++) efficiency += mean[r] / sorted[REPLICAS / 2] / REPLICAS;
    efficiency *= (double)nonzero / N;
    ck_assert_double_eq(sorted[REPLICAS / 2], gh_tally_largest(&tally));
    ck_assert_double_eq_tol(gh_tally_efficiency(&tally), efficiency, 0.02 * efficiency);
    gh_tally_free(&tally);
}
END_TEST

START_TEST(tally_extremes)
{
    const gh_hooks hooks = gh_hooks_default();
    gh_tally tally;
    const double equal[1000] = {[0 ... 999] = 2}, zeros[5] = {0}, bad[2] = {1, NAN};
    ck_ok(gh_tally_create(&hooks, 1000, &tally));
    ck_ok(gh_tally_add(&tally, 1000, equal));
    ck_assert_double_eq(gh_tally_efficiency(&tally), 1);
    ck_assert_double_eq(gh_tally_efficiency_quantile(&tally), 1);
    ck_assert_double_eq(gh_tally_ess(&tally), 1);
    ck_assert_double_eq(gh_tally_error(&tally), 0);
    ck_assert_double_eq(gh_tally_chi2(&tally), 0);
    gh_tally_free(&tally);
    ck_ok(gh_tally_create(&hooks, 5, &tally));
    ck_ok(gh_tally_add(&tally, 5, zeros));
    ck_assert_double_eq(gh_tally_efficiency(&tally), 0);
    ck_assert_double_eq(gh_tally_ess(&tally), 0);
    gh_tally_free(&tally);
    ck_ok(gh_tally_create(&hooks, 2, &tally));
    ck_fails(gh_tally_add(&tally, 2, bad), GENHEP_E_NUMERIC, "point 1");
    gh_tally_free(&tally);
}
END_TEST

START_TEST(box_there_and_back)
{
    enum { N = 300, D = 3 };
    double u[N * D], y[N * D], back[N * D], jacobian[N] = {0}, up[D], down[D], unused[1] = {0};
    ck_ok(genhep_random_uniform(4, 0, 0, N * D, u));
    for (int box = 0; box < 2; box++) {
        memset(jacobian, 0, sizeof jacobian);
        gh_box_to_plane((gh_box)box, N * D, u, y);
        gh_box_from_plane((gh_box)box, N, D, y, back, jacobian);
        for (int i = 0; i < N; i++) {
            double product = 0;
            for (int j = 0; j < D; j++) {
                ck_assert_double_eq_tol(back[i * D + j], u[i * D + j], 1e-14);
                double at[D] = {0}, h = 1e-5;
                for (int c = 0; c < D; c++) at[c] = y[i * D + c];
                at[j] += h, gh_box_from_plane((gh_box)box, 1, D, at, up, unused);
                at[j] -= 2 * h, gh_box_from_plane((gh_box)box, 1, D, at, down, unused);
                product += log((up[j] - down[j]) / (2 * h));
            }
            ck_assert_double_eq_tol(jacobian[i], product, 1e-6);
        }
        const double far[2] = {-60, 60};
        double edge[2], two[2] = {0, 0};
        gh_box_from_plane((gh_box)box, 2, 1, far, edge, two);
        ck_assert(edge[0] > 0 && edge[1] < 1 && isfinite(two[0]) && isfinite(two[1]));
    }
}
END_TEST

/* After adaptation to 2x the intervals have equal shares of the variance, density is that of the intervals, and their sum over
 * the box is one. */
START_TEST(grid_follows_the_weights)
{
    enum { N = 20000, BINS = 16 };
    const gh_hooks hooks = gh_hooks_default();
    gh_grid grid;
    static double u[2 * N], density[N], w[N];
    ck_ok(gh_grid_create(&hooks, 2, BINS, &grid));
    for (int k = 0; k < 15; k++) {
        const gh_rng rng = gh_rng_make(1, GH_RANDOM_PUBLIC, k);
        gh_grid_draw(&grid, &rng, 0, N, u, density);
        double sum = 0, inverse = 0;
        for (int i = 0; i < N; i++) {
            ck_assert(u[2 * i] > 0 && u[2 * i] < 1 && u[2 * i + 1] > 0 && u[2 * i + 1] < 1);
            w[i] = 2 * u[2 * i] / density[i];
            sum += w[i] / N, inverse += 1 / density[i] / N;
        }
        ck_assert_double_eq_tol(sum, 1, 0.03);
        ck_assert_double_eq_tol(inverse, 1, 0.03);
        gh_grid_note(&grid, N, u, w);
        gh_grid_adapt(&grid, 1);
    }
    /* the best interval edges for 2x are near sqrt(k/BINS); the flat coordinate keeps its own */
    for (int k = 1; k < BINS; k++) {
        ck_assert_double_eq_tol(grid.edges[k], sqrt((double)k / BINS), 0.04);
        ck_assert_double_eq_tol(grid.edges[BINS + 1 + k], (double)k / BINS, 0.02);
    }
    const double before = grid.edges[5];
    gh_grid_note(&grid, N, u, w);
    gh_grid_adapt(&grid, 0);
    ck_assert_double_eq(grid.edges[5], before);
    gh_grid_free(&grid);
}
END_TEST

/* p(z) against the plain sum, and its mean over draws of another density: it integrates to one. */
START_TEST(mixture_density_is_the_plain_sum)
{
    const gh_hooks hooks = gh_hooks_default();
    genhep_model *model = small_model("");
    genhep_options *options;
    gh_mixture m;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_parse(options, "integrate.components = 50"));
    ck_ok(genhep_options_parse(options, "integrate.wide = 0.2"));
    ck_ok(gh_mixture_create(&hooks, model, options, &m));
    ck_assert_int_eq(m.n, 51);
    ck_assert_int_eq(m.L, 3);
    double scratch[51], normals[3], z[3], value, total = 0, square = 0;
    const int draws = 40000;
    int wide = 0;
    for (int i = 0; i < draws; i++) {
        double u;
        ck_ok(genhep_random_uniform(8, 1, i, 1, &u));
        ck_ok(genhep_random_normal(8, 2, 3 * i, 3, normals));
        wide += u < 0.2;
        /* from a normal distribution twice as wide as the widest component */
        double log_q = 0, plain = 0;
        for (int j = 0; j < 3; j++) {
            const double s = 2 * m.sigma[50 * 3 + j];
            z[j] = m.mu[50 * 3 + j] + s * normals[j];
            log_q -= 0.5 * normals[j] * normals[j] + log(s) + 0.91893853320467274178;
        }
        gh_mixture_log_density(&m, 1, z, scratch, &value);
        if (i < 200) {
            for (int c = 0; c < 51; c++) {
                double term = c < 50 ? 0.8 / 50 : 0.2;
                for (int j = 0; j < 3; j++) {
                    const double s = m.sigma[c * 3 + j], d = (z[j] - m.mu[c * 3 + j]) / s;
                    term *= exp(-0.5 * d * d) / (s * 2.50662827463100050242);
                }
                plain += term;
            }
            ck_assert_double_eq_tol(value, log(plain), 1e-10 * (1 + fabs(value)));
        }
        total += exp(value - log_q), square += exp(2 * (value - log_q));
        gh_mixture_draw(&m, u, normals, z);
        ck_assert(isfinite(z[0]));
    }
    const double mean = total / draws, error = sqrt((square / draws - mean * mean) / draws);
    ck_assert_double_le(fabs(mean - 1), 4 * error);
    ck_assert_double_lt(error, 0.05);
    ck_assert_int_gt(wide, 7000);
    gh_mixture_free(&m);
    genhep_options_free(options);
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("integrate_parts", tally_is_what_all_weights_give, efficiency_is_that_of_replicas, tally_extremes, box_there_and_back,
             grid_follows_the_weights, mixture_density_is_the_plain_sum)
