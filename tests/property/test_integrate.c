/* test_integrate.c -- integrals whose values are known: exact for any state of the networks, honest errors, the same bits from any
 * number of threads, callbacks that fail. */
#include "integrate/integrator.h"
#include "testing.h"

/* A bump whose integral over the box is (erf(0.5/(sqrt 2 s)))^d, and what was asked of it. */
typedef struct bump {
    double sigma, sign;
    int64_t calls, points, fail_at; /* fail_at: call that returns 7, -1 for none */
    double bad;                     /* value of point 10 instead, 0 for none */
} bump;

static int32_t bump_values(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    bump *b = user;
    ck_assert(n > 0 && n <= 4096);
    for (int64_t i = 0; i < n; i++) {
        double square = 0;
        for (int64_t j = 0; j < dim; j++) {
            ck_assert(x[i * dim + j] > 0 && x[i * dim + j] < 1);
            square += (x[i * dim + j] - 0.5) * (x[i * dim + j] - 0.5);
        }
        values[i] = b->sign * exp(-0.5 * square / (b->sigma * b->sigma)) / pow(2.50662827463100050242 * b->sigma, (double)dim);
        if (b->bad != 0 && b->points + i == 10) values[i] = b->bad;
    }
    b->points += n;
    return b->calls++ == b->fail_at ? 7 : 0;
}

static double bump_integral(double sigma, int dim) { return pow(erf(0.5 / (M_SQRT2 * sigma)), dim); }

static int32_t tilted(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    (void)user;
    ck_assert_int_eq(dim, 2);
    for (int64_t i = 0; i < n; i++) values[i] = 4 * x[2 * i] * (1 - x[2 * i + 1]);
    return 0;
}

static int32_t ones(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    (void)user, (void)dim, (void)x;
    for (int64_t i = 0; i < n; i++) values[i] = 1;
    return 0;
}

static int32_t alternating(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    (void)user;
    for (int64_t i = 0; i < n; i++) values[i] = x[i * dim] < 0.5 ? 1 : -1;
    return 0;
}

/* Options of small, quick trainings and settings separated by blanks. */
static genhep_integrator *integrator_of(int64_t dim, genhep_integrand_fn f, void *user, const char *settings)
{
    genhep_options *options;
    genhep_integrator *integrator;
    char copy[512];
    snprintf(copy, sizeof copy, "encoder.layers=1 encoder.units=16 decoder.layers=1 decoder.units=16 train.steps=150 train.batch=256 "
             "integrate.points=5000 integrate.components=64 integrate.samples=4 vegas.points=2000 vegas.iterations=8 %s", settings);
    ck_ok(genhep_options_create(&options));
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) ck_ok(genhep_options_parse(options, word));
    ck_ok(genhep_integrator_create(dim, f, user, options, &integrator));
    genhep_options_free(options);
    return integrator;
}

static genhep_integral run(genhep_integrator *integrator, int64_t n)
{
    genhep_integral result = {.struct_size = sizeof result};
    ck_ok(genhep_integrator_run(integrator, n, &result));
    ck_assert_int_eq(result.points, n);
    ck_assert(result.efficiency >= 0 && result.efficiency <= 1 && result.ess >= 0 && result.ess <= 1 + 1e-12);
    return result;
}

static void expect_integral(const genhep_integral *result, double exact, double largest_error, const char *what)
{
    ck_assert_msg(fabs(result->integral - exact) <= 4 * result->error, "%s: found %.6g +- %.2g, expected %.6g", what, result->integral,
                  result->error, exact);
    ck_assert_msg(result->error > 0 && result->error < largest_error * exact, "%s: error %.3g of %.3g", what, result->error, exact);
}

START_TEST(every_method_finds_known_integrals)
{
    static const struct { const char *settings; double error[3]; } methods[] = {
        {"integrate.method=none", {0.01, 0.04, 0.1}}, {"integrate.method=vegas", {0.002, 0.004, 0.01}},
        {"integrate.method=bvae", {0.005, 0.01, 0.03}}, {"integrate.method=bvae integrate.map=logit integrate.rounds=2", {0.005, 0.01, 0.03}},
        {"integrate.method=bvae integrate.flat=0 loss.noise=event", {0.005, 0.01, 0.03}}};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (int dim = 1; dim <= 3; dim++) {
            bump b = {.sigma = 0.15, .sign = 1, .fail_at = -1};
            genhep_integrator *integrator = integrator_of(dim, bump_values, &b, methods[m].settings);
            genhep_integral result = run(integrator, 20000);
            expect_integral(&result, bump_integral(0.15, dim), methods[m].error[dim - 1], methods[m].settings);
            ck_assert_double_lt(result.chi2_ndf, 4);
            if (m > 0) ck_assert_int_gt(result.training_points, 0);
            genhep_integrator_free(integrator);
        }
}
END_TEST

/* Untrained networks are as good as any for the value, for K = 1, 5 and 20: weights of f = 1 in 25 cells of the box add up to
 * their areas. The chi2 of 25 cells is below 52 with probability 0.999. */
START_TEST(untrained_networks_give_no_bias_anywhere)
{
    static const char *const settings[] = {"integrate.rounds=0 integrate.samples=1", "integrate.rounds=0 integrate.samples=5",
                                           "integrate.rounds=0 integrate.samples=20", "integrate.rounds=0 integrate.samples=5 integrate.flat=0 integrate.map=logit",
                                           "integrate.samples=2 integrate.components=3 integrate.wide=0 integrate.flat=0.2"};
    enum { N = 60000, CELLS = 25 };
    double *x = malloc(2 * N * sizeof *x), *w = malloc(N * sizeof *w);
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
        double sum[CELLS] = {0}, square[CELLS] = {0}, chi2 = 0, total = 0;
        genhep_integrator *integrator = integrator_of(2, ones, NULL, settings[s]);
        ck_ok(genhep_integrator_draw(integrator, N, x, 2, 2 * N, w));
        for (int i = 0; i < N; i++) {
            const int cell = (int)(5 * x[2 * i]) * 5 + (int)(5 * x[2 * i + 1]);
            sum[cell] += w[i], square[cell] += w[i] * w[i], total += w[i] / N;
        }
        for (int c = 0; c < CELLS; c++) {
            const double mean = sum[c] / N, variance = (square[c] / N - mean * mean) / N;
            chi2 += (mean - 1.0 / CELLS) * (mean - 1.0 / CELLS) / variance;
        }
        ck_assert_msg(chi2 < 52, "%s: chi2 %.1f of 25 cells, total %.5f", settings[s], chi2, total);
        genhep_integrator_free(integrator);
    }
    free(x), free(w);
}
END_TEST

/* Deviations over their errors have mean 0 and width 1: seeds differ in everything, networks included. Untrained ones too. */
START_TEST(errors_are_honest)
{
    enum { SEEDS = 40 };
    for (int rounds = 0; rounds < 2; rounds++) {
        double mean = 0, square = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            char settings[128];
            snprintf(settings, sizeof settings, "seed=%d integrate.rounds=%d train.steps=60 integrate.samples=5 integrate.points=2000", seed, rounds);
            genhep_integrator *integrator = integrator_of(2, tilted, NULL, settings);
            const genhep_integral result = run(integrator, 4000);
            const double pull = (result.integral - 1) / result.error;
            mean += pull / SEEDS, square += pull * pull / SEEDS;
            genhep_integrator_free(integrator);
        }
        const double width = sqrt(square - mean * mean);
        ck_assert_msg(fabs(mean) < 0.55 && width > 0.65 && width < 1.4, "rounds %d: mean %.2f, width %.2f of %d pulls", rounds, mean, width, SEEDS);
    }
}
END_TEST

START_TEST(training_evens_the_weights)
{
    bump b = {.sigma = 0.1, .sign = 1, .fail_at = -1};
    genhep_integrator *flat = integrator_of(2, bump_values, &b, "integrate.method=none"), *raw = integrator_of(2, bump_values, &b, "integrate.rounds=0"),
                      *trained = integrator_of(2, bump_values, &b, "train.steps=600 integrate.samples=20");
    const double ess[3] = {run(flat, 20000).ess, run(raw, 20000).ess, run(trained, 20000).ess};
    ck_assert_msg(ess[2] > 0.9 && ess[2] > ess[1] && ess[2] > 3 * ess[0], "ESS flat %.3f, untrained %.3f, trained %.3f", ess[0], ess[1], ess[2]);
    genhep_integrator_free(flat), genhep_integrator_free(raw), genhep_integrator_free(trained);
}
END_TEST

START_TEST(signs_are_kept)
{
    static const char *const methods[] = {"integrate.method=none", "integrate.method=vegas", "integrate.method=bvae"};
    for (int m = 0; m < 3; m++) {
        bump b = {.sigma = 0.2, .sign = -1, .fail_at = -1};
        genhep_integrator *negative = integrator_of(2, bump_values, &b, methods[m]), *zero = integrator_of(2, alternating, NULL, methods[m]);
        genhep_integral result = run(negative, 20000);
        ck_assert_double_le(fabs(result.integral + bump_integral(0.2, 2)), 4 * result.error);
        result = run(zero, 20000);
        ck_assert_double_le(fabs(result.integral), 4 * result.error);
        ck_assert(result.error > 0 && result.error < 0.02 && result.efficiency > 0.1);
        double x[2 * 400], w[400];
        int minus = 0;
        ck_ok(genhep_integrator_unweight(zero, 400, x, 2, 800, w));
        for (int i = 0; i < 400; i++) {
            ck_assert((w[i] < 0) == (x[2 * i] >= 0.5) && fabs(w[i]) >= 1);
            minus += w[i] < 0;
        }
        ck_assert(minus > 140 && minus < 260);
        genhep_integrator_free(negative), genhep_integrator_free(zero);
    }
}
END_TEST

/* Threads, the size of a call and the splitting into calls at multiples of 256 change no bit; seeds do. */
START_TEST(points_depend_on_seed_and_number_alone)
{
    enum { N = 5000 };
    static const char *const settings[] = {"sample.threads=1", "sample.threads=3", "seed=2"};
    double *x[4], *w[4];
    for (int s = 0; s < 4; s++) {
        x[s] = calloc(3 * N, sizeof(double)), w[s] = calloc(N, sizeof(double));
        genhep_integrator *integrator = integrator_of(2, tilted, NULL, s < 3 ? settings[s] : settings[0]);
        if (s == 3) {
            ck_ok(genhep_integrator_draw(integrator, 512, x[s], 3, 3 * N, w[s]));
            ck_ok(genhep_integrator_draw(integrator, N - 512, x[s] + 3 * 512, 3, 3 * (N - 512), w[s] + 512));
        } else ck_ok(genhep_integrator_draw(integrator, N, x[s], 3, 3 * N, w[s]));
        genhep_integrator_free(integrator);
    }
    for (int s = 1; s < 4; s++) {
        const int same = memcmp(x[0], x[s], 3 * N * sizeof(double)) == 0 && memcmp(w[0], w[s], N * sizeof(double)) == 0;
        ck_assert_msg(same == (s != 2), "run %d", s);
    }
    ck_assert_double_eq(x[0][2], 0); /* between the rows nothing is written */
    for (int s = 0; s < 4; s++) free(x[s]), free(w[s]);
}
END_TEST

START_TEST(a_saved_model_gives_the_same_points)
{
    enum { N = 600 };
    double x[2][2 * N], w[2][N];
    genhep_integrator *first = integrator_of(2, tilted, NULL, ""), *second = integrator_of(2, tilted, NULL, "train.steps=1");
    genhep_model *model;
    ck_assert_ptr_null(genhep_integrator_model(first));
    ck_ok(genhep_integrator_draw(first, N, x[0], 2, 2 * N, w[0]));
    ck_ok(genhep_model_save(genhep_integrator_model(first), gh_test_path("integral.h5")));
    ck_ok(genhep_model_open(gh_test_path("integral.h5"), NULL, &model));
    ck_ok(genhep_model_verify(model));
    ck_ok(genhep_integrator_set_model(second, model));
    ck_ok(genhep_integrator_draw(second, N, x[1], 2, 2 * N, w[1]));
    ck_assert(memcmp(x[0], x[1], sizeof x[0]) == 0 && memcmp(w[0], w[1], sizeof w[0]) == 0);
    ck_assert_ptr_eq(genhep_integrator_model(second), model);
    ck_ok(genhep_integrator_set_model(second, NULL));
    ck_ok(genhep_integrator_draw(second, N, x[1], 2, 2 * N, w[1]));
    ck_assert(genhep_integrator_model(second) != model);
    genhep_integrator *other = integrator_of(3, ones, NULL, "");
    ck_fails(genhep_integrator_set_model(other, model), GENHEP_E_STATE, "expected 3 columns");
    genhep_integrator_free(other), genhep_integrator_free(first), genhep_integrator_free(second);
    genhep_model_free(model);
}
END_TEST

/* Histogram of unweighted points against the function's own integrals over the cells. */
START_TEST(unweighted_points_follow_the_function)
{
    enum { N = 20000 };
    double *x = malloc(2 * N * sizeof *x), *w = malloc(N * sizeof *w), cell[16] = {0}, chi2 = 0, over = 0;
    genhep_integrator *integrator = integrator_of(2, tilted, NULL, "");
    ck_fails(genhep_integrator_unweight(integrator, 5, x, 2, 10, w), GENHEP_E_STATE, "genhep_integrator_run");
    run(integrator, 50000);
    ck_ok(genhep_integrator_unweight(integrator, N, x, 2, 2 * N, w));
    for (int i = 0; i < N; i++) {
        ck_assert(w[i] >= 1);
        over += w[i] > 1;
        cell[(int)(4 * x[2 * i]) * 4 + (int)(4 * x[2 * i + 1])]++;
    }
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) {
            const double share = (2 * a + 1) / 16.0 * (7 - 2 * b) / 16.0, d = cell[4 * a + b] - N * share;
            chi2 += d * d / (N * share);
        }
    ck_assert_msg(chi2 < 38 && over < 20, "chi2 %.1f of 15, %g overweights", chi2, over);
    genhep_integrator_free(integrator);
    free(x), free(w);
}
END_TEST

static int32_t stop(void *user, const genhep_progress *progress)
{
    (*(int *)user)++;
    return progress->step > 0;
}

static int32_t vanishes(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    (void)user, (void)dim, (void)x;
    memset(values, 0, (size_t)n * sizeof *values);
    return 0;
}

START_TEST(what_goes_wrong_is_said)
{
    genhep_integrator *t = NULL;
    genhep_integral result = {.struct_size = sizeof result};
    double x[64], w[64];
    bump b = {.sigma = 0.2, .sign = 1, .fail_at = 1};
    ck_fails(genhep_integrator_create(2, NULL, NULL, NULL, &t), GENHEP_E_ARG, "integrand");
    ck_fails(genhep_integrator_create(0, ones, NULL, NULL, &t), GENHEP_E_ARG, "dim");
    ck_fails(genhep_integrator_create(257, ones, NULL, NULL, &t), GENHEP_E_ARG, "dim");
    ck_fails(genhep_integrator_run(NULL, 100, &result), GENHEP_E_ARG, "NULL");
    ck_fails(genhep_integrator_adapt(NULL, NULL, NULL), GENHEP_E_ARG, "NULL");
    t = integrator_of(2, bump_values, &b, "integrate.method=none");
    ck_fails(genhep_integrator_run(t, 1, &result), GENHEP_E_ARG, "at least 2");
    ck_fails(genhep_integrator_run(t, 10000, &result), GENHEP_E_USER, "returned 7");
    b.bad = NAN, b.points = 0;
    ck_fails(genhep_integrator_run(t, 100, &result), GENHEP_E_NUMERIC, "point 10");
    b.bad = 0;
    ck_ok(genhep_integrator_run(t, 100, &result));
    ck_fails(genhep_integrator_draw(t, 10, x, 1, 64, w), GENHEP_E_ARG, "stride");
    ck_fails(genhep_integrator_draw(t, 33, x, 2, 64, w), GENHEP_E_BUFFER, "64");
    ck_fails(genhep_integrator_draw(t, 5, NULL, 2, 64, w), GENHEP_E_ARG, "NULL");
    ck_ok(genhep_integrator_draw(t, 0, NULL, 2, 0, NULL));
    genhep_integrator_free(t);
    t = integrator_of(2, vanishes, NULL, "");
    ck_fails(genhep_integrator_run(t, 100, &result), GENHEP_E_NUMERIC, "vanishes at all but 0 of 5000");
    genhep_integrator_free(t);
    t = integrator_of(2, vanishes, NULL, "integrate.method=vegas");
    result = run(t, 1000);
    ck_assert(result.integral == 0 && result.error == 0 && result.efficiency == 0 && result.accepted == 0);
    ck_fails(genhep_integrator_unweight(t, 5, x, 2, 64, w), GENHEP_E_STATE, "run");
    genhep_integrator_free(t);
    int called = 0;
    t = integrator_of(2, ones, NULL, "train.steps=100000000");
    ck_fails(genhep_integrator_adapt(t, stop, &called), GENHEP_E_USER, "stopped at step");
    ck_assert_int_eq(called, 1);
    genhep_integrator_free(t);
    t = integrator_of(2, ones, NULL, "loss.noise=none");
    ck_fails(genhep_integrator_run(t, 100, &result), GENHEP_E_OPTION, "loss.beta");
    genhep_integrator_free(t);
    t = integrator_of(2, ones, NULL, "loss.noise=none loss.beta=0.5");
    ck_fails(genhep_integrator_run(t, 100, &result), GENHEP_E_STATE, "decoder noise");
    genhep_integrator_free(t);
    t = integrator_of(2, ones, NULL, "prep=standardise,quantile");
    ck_fails(genhep_integrator_run(t, 100, &result), GENHEP_E_OPTION, "expected standardise");
    genhep_integrator_free(t);
    t = integrator_of(2, ones, NULL, "prep=minmax,standardise");
    ck_assert_double_le(fabs(run(t, 5000).integral - 1), 0.1);
    genhep_integrator_free(t);
    genhep_integrator_free(NULL);
    ck_assert_ptr_null(genhep_integrator_model(NULL));
}
END_TEST

/* A caller built against a shorter struct gets no byte more. */
START_TEST(result_respects_the_callers_size)
{
    genhep_integral result;
    memset(&result, 0x55, sizeof result);
    result.struct_size = (int64_t)offsetof(genhep_integral, error);
    genhep_integrator *t = integrator_of(1, ones, NULL, "integrate.method=none");
    ck_ok(genhep_integrator_run(t, 100, &result));
    ck_assert_double_eq(result.integral, 1);
    for (size_t i = offsetof(genhep_integral, error); i < sizeof result; i++) ck_assert_int_eq(((unsigned char *)&result)[i], 0x55);
    result.struct_size = 4;
    ck_fails(genhep_integrator_run(t, 100, &result), GENHEP_E_ARG, "struct_size");
    genhep_integrator_free(t);
}
END_TEST

GH_TEST_MAIN("integrate", every_method_finds_known_integrals, untrained_networks_give_no_bias_anywhere, errors_are_honest,
             training_evens_the_weights, signs_are_kept, points_depend_on_seed_and_number_alone, a_saved_model_gives_the_same_points,
             unweighted_points_follow_the_function, what_goes_wrong_is_said, result_respects_the_callers_size)
