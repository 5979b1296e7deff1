/* test_overdensity.c -- excesses over a reference, around points and along columns: the counts by hand, p-values uniform without a
 * difference, of discrete columns too, and small with one. */
#include "testing.h"

#include <math.h>

/* axis: the same along each column; "" looks at none. */
static genhep_options *options_of(int64_t seed, const char *neighbours, const char *axis)
{
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set_int(options, "seed", seed));
    ck_ok(genhep_options_set_int(options, "bump.centres", 200));
    ck_ok(genhep_options_set_int(options, "bump.permutations", 39));
    ck_ok(genhep_options_set_text(options, "bump.neighbours", neighbours));
    ck_ok(genhep_options_set_text(options, "bump.axis_neighbours", axis));
    return options;
}

/* Points on a line, ten data in a row among alternating ones: the nearest 9 of the middle of them are all data. */
START_TEST(counts_by_hand)
{
    enum { N = 50 };
    double data[N], reference[N];
    for (int i = 0; i < N; i++) {
        data[i] = i < 11 ? 100 + 0.1 * i : i; /* 11 at 100.0 .. 101.0, nothing else near */
        reference[i] = i + 0.5;
    }
    genhep_options *options = options_of(1, "9", "");
    genhep_overdensity found = {.struct_size = sizeof found};
    ck_ok(genhep_find_overdensity(options, N, data, N, reference, 1, &found));
    ck_assert_int_eq(found.neighbours, 9);
    ck_assert_int_eq(found.axis, -1);
    ck_assert_int_eq(found.inside, 9);
    ck_assert(fabs(found.expected - 4.5) < 1e-12);
    ck_assert(fabs(found.significance - 4.5 / sqrt(9 * 0.25 * 91 / 99)) < 1e-12);
    ck_assert(found.centre_is_data && found.centre < 11);
    ck_assert(fabs(found.p_value * 40 - round(found.p_value * 40)) < 1e-9);
    genhep_options_free(options);
}
END_TEST

/* The same eleven in the second of three columns, the others without a difference or constant: a window of 11 holds all of them, one of
 * 10 all but one; windows of 10 begin at every place, so that either end may be missing. */
START_TEST(counts_along_a_column)
{
    enum { N = 50 };
    double data[3 * N], reference[3 * N];
    for (int i = 0; i < N; i++) {
        data[3 * i] = 7 * i % N;
        reference[3 * i] = 7 * i % N + 0.5;
        data[3 * i + 1] = i < 11 ? 100 + 0.1 * i : i;
        reference[3 * i + 1] = i + 0.5;
        data[3 * i + 2] = reference[3 * i + 2] = 3;
    }
    static const char *const sizes[] = {"10", "2 10 11"};
    for (int k = 0; k < 2; k++) {
        const int inside = k ? 11 : 10;
        genhep_options *options = options_of(1, "", sizes[k]);
        genhep_overdensity found = {.struct_size = sizeof found};
        ck_ok(genhep_find_overdensity(options, N, data, N, reference, 3, &found));
        ck_assert_int_eq(found.axis, 1);
        ck_assert_int_eq(found.neighbours, inside);
        ck_assert_int_eq(found.inside, inside);
        ck_assert(fabs(found.significance - 0.5 * inside / sqrt(inside * 0.25 * (100 - inside) / 99.0)) < 1e-12);
        ck_assert(found.centre_is_data && found.centre < 11);
        ck_assert(found.radius > 0 && found.radius < 0.1); /* at most 0.6 of a spread of some 30 */
        genhep_options_free(options);
    }
}
END_TEST

enum { DATA = 600, REFERENCE = 900, D = 3 };

/* step above 0: all numbers are rounded to its multiples, so that most points are equal to others. */
static double p_of(int64_t seed, int injected, const char *near, const char *along, double step)
{
    double *x = malloc((DATA + REFERENCE) * D * sizeof *x), *narrow = malloc(DATA * D * sizeof *narrow);
    ck_ok(genhep_random_normal(seed, 1, 0, (DATA + REFERENCE) * D, x));
    ck_ok(genhep_random_normal(seed, 2, 0, DATA * D, narrow));
    for (int i = 0; i < injected * D; i++) x[i] = 1 + 0.1 * narrow[i];
    for (int i = 0; step > 0 && i < (DATA + REFERENCE) * D; i++) x[i] = step * floor(x[i] / step + 0.5);
    genhep_options *options = options_of(seed, near, along);
    genhep_overdensity found = {.struct_size = sizeof found};
    ck_ok(genhep_find_overdensity(options, DATA, x, REFERENCE, x + DATA * D, D, &found));
    genhep_options_free(options);
    free(x);
    free(narrow);
    return found.p_value;
}

/* Of 200 samples without a difference, p <= 0.1 in 20 and p <= 0.5 in 100 on average. */
START_TEST(p_is_uniform_without_signal)
{
    enum { RUNS = 200 };
    static const struct {
        const char *near, *along;
        double step;
    } looked[] = {{"20 60", "", 0}, {"", "20 60 200", 0}, {"20 60", "20 60 200", 0}, {"20 60", "20 60 200", 1}};
    for (size_t l = 0; l < sizeof looked / sizeof *looked; l++) {
        int tenth = 0, half = 0;
        for (int k = 0; k < RUNS; k++) {
            const double p = p_of(1000 + k, 0, looked[l].near, looked[l].along, looked[l].step);
            tenth += p <= 0.1 + 1e-12;
            half += p <= 0.5 + 1e-12;
        }
        ck_assert_msg(abs(tenth - 20) < 4 * sqrt(18), "p <= 0.1 in %d of 200, case %d", tenth, (int)l);
        ck_assert_msg(abs(half - 100) < 4 * sqrt(50), "p <= 0.5 in %d of 200, case %d", half, (int)l);
    }
}
END_TEST

START_TEST(p_is_small_with_signal)
{
    for (int k = 0; k < 5; k++) {
        ck_assert(p_of(50 + k, 40, "20 60", "", 0) <= 1 / 40.0 + 1e-12);
        ck_assert(p_of(50 + k, 120, "", "20 60", 0) <= 1 / 40.0 + 1e-12);
    }
}
END_TEST

START_TEST(wrong_input)
{
    double x[40] = {0};
    for (int i = 0; i < 40; i++) x[i] = i % 7;
    genhep_overdensity found = {.struct_size = sizeof found}, small = {.struct_size = 8};
    static const char *const lists[] = {"", "a", "10 5", "0", "1.5", "-3", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        genhep_options *options = options_of(1, lists[i], "");
        ck_fails(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &found), GENHEP_E_OPTION, "bump.neighbours");
        genhep_options_free(options);
        options = options_of(1, "", lists[i]);
        ck_fails(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &found), GENHEP_E_OPTION, "bump.axis_neighbours");
        genhep_options_free(options);
    }
    genhep_options *options = options_of(1, "40", "");
    ck_fails(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &found), GENHEP_E_SHAPE, "40");
    ck_ok(genhep_options_set_text(options, "bump.neighbours", "5"));
    ck_ok(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &found));
    ck_fails(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &small), GENHEP_E_ARG, "struct_size");
    ck_fails(genhep_find_overdensity(options, 20, NULL, 20, x, 1, &found), GENHEP_E_ARG, "tables");
    ck_fails(genhep_find_overdensity(options, 1, x, 20, x, 1, &found), GENHEP_E_ARG, "tables");
    ck_ok(genhep_options_set_text(options, "bump.neighbours", ""));
    ck_ok(genhep_options_set_text(options, "bump.axis_neighbours", "5 100")); /* 100 are left out */
    ck_ok(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &found));
    ck_assert_int_eq(found.neighbours, 5);
    double constant[20] = {0};
    ck_fails(genhep_find_overdensity(options, 10, constant, 10, constant + 10, 1, &found), GENHEP_E_NUMERIC, "no column varies");
    ck_ok(genhep_options_set_text(options, "bump.axis_neighbours", "21"));
    ck_fails(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &found), GENHEP_E_OPTION, "none that fits");
    ck_ok(genhep_options_set_text(options, "bump.axis_neighbours", "5"));
    x[25] = NAN;
    ck_fails(genhep_find_overdensity(options, 20, x, 20, x + 20, 1, &found), GENHEP_E_NUMERIC, "row 5 of the reference");
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("overdensity", counts_by_hand, counts_along_a_column, p_is_uniform_without_signal, p_is_small_with_signal, wrong_input)
