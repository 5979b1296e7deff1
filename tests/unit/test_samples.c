/* test_samples.c -- the files of a subtraction put together with signs (genhep evaluate BASE GENERATED data.subtract=...), and what it says of
 * files that do not fit. */
#include "cli.h" /* before Check, which has a macro `fail` */
#include "testing.h"

#include "samples.h"

enum { N = 40 };

/* A table of one or two columns (swapped: the other way round), values from `start` on. */
static void write_sample(const char *name, double start, const char *sigma, int swapped, int weighted)
{
    static const char *const names[2][2] = {{"x", "y"}, {"y", "x"}};
    double values[2 * N], weights[N];
    genhep_dataset *data;
    for (int i = 0; i < N; i++) {
        values[2 * i + swapped] = start + i;
        values[2 * i + 1 - swapped] = -start - i;
        weights[i] = i % 4 == 0 ? -1 : 2;
    }
    ck_ok(genhep_dataset_from_arrays(NULL, N, 2, names[swapped], NULL, values, 2, weighted ? weights : NULL, &data));
    if (sigma) ck_ok(genhep_dataset_set_attribute(data, "sigma_pb", sigma));
    ck_ok(genhep_dataset_write(data, gh_test_path(name), NULL));
    genhep_dataset_free(data);
}

static genhep_options *options_of(const char *key, const char *file, const char *more)
{
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, key, gh_test_path(file)));
    if (more) ck_ok(genhep_options_parse(options, more));
    return options;
}

START_TEST(signs_and_cross_sections)
{
    double values[3 * N * 2], weights[3 * N], sum[3] = {0};
    samples s;
    genhep_dataset *table;
    write_sample("base.h5", 0, "10", 0, 0);
    write_sample("minus.h5", 100, "4", 1, 1);
    write_sample("plus.h5", 200, NULL, 0, 0);
    genhep_options *options = options_of("data.subtract2", "minus.h5", "data.add.sigma = 3");
    ck_assert_int_eq(samples_asked(options), 1);
    ck_ok(genhep_options_set(options, "data.add", gh_test_path("plus.h5")));
    char base[300];
    snprintf(base, sizeof base, "%s", gh_test_path("base.h5"));
    ck_assert_int_eq(samples_open(options, base, &s), 0);
    ck_assert_int_eq(s.n, 3); /* base, add, subtract2 */
    ck_assert_int_eq(samples_difference(&s, &table), 0);
    ck_assert_int_eq(genhep_dataset_events(table), 3 * N);
    ck_ok(genhep_dataset_values(table, values, 2, 3 * N * 2));
    ck_ok(genhep_dataset_weights(table, weights, 3 * N, NULL));
    for (int i = 0; i < 3 * N; i++) {
        sum[i / N] += weights[i];
        ck_assert_msg(values[2 * i] == -values[2 * i + 1] && values[2 * i] == (i / N == 1 ? 200 : i / N == 2 ? 100 : 0) + i % N, "row %d: %g", i,
                      values[2 * i]);
    }
    ck_assert(fabs(sum[0] - 10) < 1e-12 && fabs(sum[1] - 3) < 1e-12 && fabs(sum[2] + 4) < 1e-12);
    ck_assert(weights[2 * N] > 0 && weights[2 * N + 1] < 0); /* a negative weight that is taken away adds */
    genhep_dataset_free(table);
    samples_close(&s);
    genhep_options_free(options);
}
END_TEST

START_TEST(files_that_do_not_fit)
{
    samples s;
    genhep_dataset *table = NULL;
    char base[300];
    const double one[2] = {1, 2};
    const char *const name[1] = {"x"};
    write_sample("base.h5", 0, "10", 0, 0);
    snprintf(base, sizeof base, "%s", gh_test_path("base.h5"));
    write_sample("bare.h5", 0, NULL, 0, 0);
    genhep_options *options = options_of("data.subtract", "bare.h5", NULL);
    ck_assert_int_eq(samples_open(options, base, &s), 1);
    samples_close(&s);
    genhep_options_free(options);
    write_sample("odd.h5", 0, "much", 0, 0);
    options = options_of("data.subtract", "odd.h5", NULL);
    ck_assert_int_eq(samples_open(options, base, &s), 1);
    samples_close(&s);
    ck_assert_int_eq(samples_open(options, gh_test_path("none.h5"), &s), 1);
    samples_close(&s);
    genhep_options_free(options);
    genhep_dataset *narrow;
    ck_ok(genhep_dataset_from_arrays(NULL, 2, 1, name, NULL, one, 1, NULL, &narrow));
    ck_ok(genhep_dataset_write(narrow, gh_test_path("narrow.h5"), NULL));
    genhep_dataset_free(narrow);
    options = options_of("data.add", "narrow.h5", "data.add.sigma = 1");
    ck_assert_int_eq(samples_open(options, base, &s), 0);
    ck_assert_int_eq(samples_difference(&s, &table), 1);
    ck_assert_ptr_null(table);
    samples_close(&s);
    genhep_options_free(options);
    ck_ok(genhep_options_create(&options));
    ck_assert_int_eq(samples_asked(options), 0);
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("samples", signs_and_cross_sections, files_that_do_not_fit)
