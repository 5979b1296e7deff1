/* test_allocations_integrate.c -- every allocation of an integrator failed in turn; points and weights allocate nothing. */
#include "alloc/counting.h"

static int32_t slope(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    (void)user;
    for (int64_t i = 0; i < n; i++) values[i] = 2 * x[i * dim];
    return 0;
}

/* Options of the counting allocator with settings separated by blanks. */
static genhep_status make_options(const char *settings, genhep_options **options)
{
    char copy[512], *save = NULL;
    snprintf(copy, sizeof copy, "encoder.layers=1 encoder.units=4 decoder.layers=1 decoder.units=4 train.steps=2 train.batch=64 train.figure_steps=1 "
             "integrate.points=1000 integrate.components=5 integrate.samples=2 vegas.points=500 vegas.iterations=2 vegas.bins=5 %s", settings);
    genhep_status status = counting_options(options);
    for (char *word = strtok_r(copy, " ", &save); word && !status; word = strtok_r(NULL, " ", &save)) status = genhep_options_parse(*options, word);
    if (status) {
        genhep_options_free(*options);
        *options = NULL;
    }
    return status;
}

static genhep_status integrate_scenario(void *settings)
{
    genhep_options *options = NULL;
    genhep_integrator *integrator = NULL;
    genhep_integral result = {.struct_size = sizeof result};
    double x[40], w[20];
    genhep_status status = make_options(settings, &options);
    if (!status) status = genhep_integrator_create(2, slope, NULL, options, &integrator);
    if (!status) status = genhep_integrator_run(integrator, 500, &result);
    if (!status) status = genhep_integrator_unweight(integrator, 20, x, 2, 40, w);
    if (!status) ck_assert_double_eq_tol(result.integral, 1, 6 * result.error);
    genhep_integrator_free(integrator);
    genhep_options_free(options);
    return status;
}

START_TEST(integrals)
{
    ck_assert_int_gt(fail_each("integrate, box", integrate_scenario, (void *)"integrate.method=none"), 5);
    ck_assert_int_gt(fail_each("integrate, VEGAS", integrate_scenario, (void *)"integrate.method=vegas"), 8);
    ck_assert_int_gt(fail_each("integrate, B-VAE", integrate_scenario, (void *)"integrate.rounds=2 sample.threads=2"), 60);
    ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

START_TEST(points_allocate_nothing)
{
    enum { N = 9000 };
    static const char *const methods[] = {"integrate.method=none", "integrate.method=vegas", "integrate.method=bvae", "integrate.method=bvae sample.threads=3"};
    double *x = malloc(2 * N * sizeof *x), *w = malloc(N * sizeof *w);
    for (int m = 0; m < 4; m++) {
        genhep_options *options;
        genhep_integrator *integrator;
        genhep_integral result = {.struct_size = sizeof result};
        ck_ok(make_options(methods[m], &options));
        ck_ok(genhep_integrator_create(2, slope, NULL, options, &integrator));
        ck_ok(genhep_integrator_draw(integrator, 300, x, 2, 2 * N, w)); /* learns first */
        const int64_t calls = memory.calls, blocks = memory.blocks, others = others_calls;
        const genhep_status status = genhep_integrator_draw(integrator, N, x, 2, 2 * N, w);
        const int64_t taken = others_calls - others, asked = memory.calls - calls;
        ck_ok(status);
        ck_assert_int_eq(asked, 0);
        ck_assert_msg(taken == 0, "%s: %lld allocations past the library's allocator", methods[m], (long long)taken);
        const int64_t before = memory.calls;
        ck_ok(genhep_integrator_run(integrator, N, &result));
        ck_assert_int_eq(memory.calls - before, 1); /* the largest weights, once a run */
        ck_assert_int_eq(memory.blocks, blocks);
        genhep_integrator_free(integrator);
        genhep_options_free(options);
    }
    free(x), free(w);
    ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

GH_TEST_MAIN("allocations_integrate", integrals, points_allocate_nothing)
