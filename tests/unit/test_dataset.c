/* test_dataset.c -- tables in memory: creation, columns, attributes, rows, identity. */
#include "event_files.h"

static const char *const names3[] = {"mum_E", "mum_px", "MET"};

START_TEST(arrays_with_stride)
{
    const double values[] = {1, 2, 3, -1, -1, 4, 5, 6, -1, -1};
    const char *units[] = {"GeV", NULL, "GeV"};
    genhep_dataset *table;
    ck_ok(genhep_dataset_from_arrays(NULL, 2, 3, names3, units, values, 5, NULL, &table));
    ck_assert_int_eq(genhep_dataset_events(table), 2);
    ck_assert_int_eq(genhep_dataset_columns(table), 3);
    double copy[7] = {9, 9, 9, 9, 9, 9, 9};
    ck_ok(genhep_dataset_values(table, copy, 4, 7));
    const double expected[] = {1, 2, 3, 9, 4, 5, 6};
    ck_assert_mem_eq(copy, expected, sizeof expected);
    ck_fails(genhep_dataset_values(table, copy, 4, 6), GENHEP_E_BUFFER, "capacity = 6");
    ck_fails(genhep_dataset_values(table, copy, 2, 7), GENHEP_E_SHAPE, "stride = 2");
    genhep_column column = {sizeof column, NULL, NULL};
    ck_ok(genhep_dataset_column(table, 1, &column));
    ck_assert_str_eq(column.name, "mum_px");
    ck_assert_str_eq(column.unit, "");
    ck_fails(genhep_dataset_column(table, 3, &column), GENHEP_E_ARG, "index 3");
    column.struct_size = 4;
    ck_fails(genhep_dataset_column(table, 0, &column), GENHEP_E_ARG, "struct_size = 4");
    struct { genhep_column column; const char *behind; } room = {{sizeof room, NULL, NULL}, names3[0]};
    ck_ok(genhep_dataset_column(table, 2, &room.column)); /* a caller of a later version */
    ck_assert_str_eq(room.column.name, "MET");
    ck_assert_int_eq(room.column.struct_size, (int64_t)sizeof room);
    ck_assert_ptr_eq(room.behind, names3[0]);
    double weights[2];
    int32_t has = 7;
    ck_ok(genhep_dataset_weights(table, weights, 2, &has));
    ck_assert(weights[0] == 1 && weights[1] == 1 && has == 0);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(bad_arrays)
{
    const double good[] = {1, 2, 3}, bad[] = {1, NAN, 3};
    const char *twice[] = {"a", "b", "a"}, *empty[] = {"a", "", "b"};
    genhep_dataset *table;
    ck_fails(genhep_dataset_from_arrays(NULL, -1, 3, names3, NULL, good, 3, NULL, &table), GENHEP_E_ARG, "-1");
    ck_fails(genhep_dataset_from_arrays(NULL, 1, 0, names3, NULL, good, 3, NULL, &table), GENHEP_E_SHAPE,
             "n_columns = 0");
    ck_fails(genhep_dataset_from_arrays(NULL, 1, 3, names3, NULL, good, 2, NULL, &table), GENHEP_E_SHAPE, "stride = 2");
    ck_fails(genhep_dataset_from_arrays(NULL, 1, 3, twice, NULL, good, 3, NULL, &table), GENHEP_E_ARG, "twice");
    ck_fails(genhep_dataset_from_arrays(NULL, 1, 3, empty, NULL, good, 3, NULL, &table), GENHEP_E_ARG,
             "column 1 has no name");
    ck_fails(genhep_dataset_from_arrays(NULL, 1, 3, names3, NULL, bad, 3, NULL, &table), GENHEP_E_NUMERIC,
             "'mum_px' is NaN");
    ck_assert_ptr_null(table);
    double weight = INFINITY;
    ck_fails(genhep_dataset_from_arrays(NULL, 1, 3, names3, NULL, good, 3, &weight, &table), GENHEP_E_NUMERIC,
             "weight of row 0");
    ck_ok(genhep_dataset_from_arrays(NULL, 0, 3, names3, NULL, NULL, 3, NULL, &table));
    ck_assert_int_eq(genhep_dataset_events(table), 0);
    genhep_dataset_free(table);
    genhep_dataset_free(NULL);
    ck_assert_int_eq(genhep_dataset_events(NULL), 0);
}
END_TEST

START_TEST(attributes)
{
    genhep_dataset *table = sample_table(2, 3, 0, GENHEP_FLOAT64), *part;
    ck_assert_ptr_null(genhep_dataset_attribute(table, "process"));
    ck_ok(genhep_dataset_set_attribute(table, "process", "pp -> Z"));
    ck_ok(genhep_dataset_set_attribute(table, "sigma_pb", "1.5"));
    ck_ok(genhep_dataset_set_attribute(table, "process", "pp -> W"));
    ck_assert_str_eq(genhep_dataset_attribute(table, "process"), "pp -> W");
    ck_assert_int_eq(table->n_attributes, 2);
    ck_fails(genhep_dataset_set_attribute(table, "", "x"), GENHEP_E_ARG, "empty");
    ck_ok(genhep_dataset_slice(table, 1, 1, &part));
    ck_assert_str_eq(genhep_dataset_attribute(part, "sigma_pb"), "1.5");
    genhep_dataset_free(part);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(slices)
{
    genhep_dataset *table = sample_table(7, 5, 1, GENHEP_FLOAT32), *part;
    ck_ok(genhep_dataset_slice(table, 2, 4, &part));
    ck_assert_int_eq(part->n, 4);
    ck_assert_int_eq(part->storage, GENHEP_FLOAT32);
    ck_assert_mem_eq(part->values, table->values + 10, 20 * sizeof(double));
    ck_assert_mem_eq(part->weights, table->weights + 2, 4 * sizeof(double));
    ck_assert_str_eq(part->units[0], "GeV");
    genhep_dataset_free(part);
    ck_ok(genhep_dataset_slice(table, 7, 0, &part));
    ck_assert_int_eq(part->n, 0);
    genhep_dataset_free(part);
    ck_fails(genhep_dataset_slice(table, 3, 5, &part), GENHEP_E_ARG, "table of 7");
    ck_fails(genhep_dataset_slice(table, 1, INT64_MAX, &part), GENHEP_E_ARG, "table of 7");
    ck_fails(genhep_dataset_slice(table, -1, 2, &part), GENHEP_E_ARG, "table of 7");
    ck_assert_ptr_null(part);
    genhep_dataset_free(table);
}
END_TEST

/* A permutation, the same for a seed, another for another, and with uniform places (chi-squared within 5 sigma). */
START_TEST(shuffles)
{
    enum { N = 5, TRIALS = 20000 };
    int64_t order[101], other[101], seen[101] = {0}, counts[N][N] = {{0}};
    gh_shuffled_order(11, 101, order);
    for (int i = 0; i < 101; i++) seen[order[i]]++;
    for (int i = 0; i < 101; i++) ck_assert_int_eq(seen[i], 1);
    gh_shuffled_order(11, 101, other);
    ck_assert_mem_eq(order, other, sizeof order);
    gh_shuffled_order(12, 101, other);
    ck_assert_mem_ne(order, other, sizeof order);
    for (int64_t seed = 0; seed < TRIALS; seed++) {
        gh_shuffled_order(seed, N, order);
        for (int i = 0; i < N; i++) counts[i][order[i]]++;
    }
    double expected = (double)TRIALS / N, chi2 = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            chi2 += ((double)counts[i][j] - expected) * ((double)counts[i][j] - expected) / expected;
    ck_assert_msg(fabs(chi2 - 16) < 5 * sqrt(2 * 16.0), "chi2 = %g for 16 degrees of freedom", chi2);
    genhep_dataset *table = sample_table(9, 2, 1, GENHEP_FLOAT64), *shuffled;
    ck_ok(genhep_dataset_shuffle(table, 3, &shuffled));
    gh_shuffled_order(3, 9, order);
    for (int i = 0; i < 9; i++) {
        ck_assert(shuffled->values[2 * i + 1] == table->values[2 * order[i] + 1]);
        ck_assert(shuffled->weights[i] == table->weights[order[i]]);
    }
    genhep_dataset_free(shuffled);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(patterns)
{
    ck_assert(gh_pattern_match("part_*", "part_lm_E"));
    ck_assert(!gh_pattern_match("part_*", "det_lm_E"));
    ck_assert(gh_pattern_match("*_p*", "mu_px"));
    ck_assert(gh_pattern_match("a*b*c", "a_bb_bc"));
    ck_assert(!gh_pattern_match("a*b*c", "a_c_b"));
    ck_assert(gh_pattern_match("*", "x") && gh_pattern_match("x", "x") && !gh_pattern_match("x", "xy"));
    ck_assert(!gh_pattern_match("xy", "x") && gh_pattern_match("x**", "x"));
    const char *const names[] = {"mum_E", "mum_px", "mup_E", "mup_px", "M"};
    int64_t chosen[5], count;
    ck_ok(gh_select_columns("data.columns", " M , mup_*,*_E", names, 5, chosen, &count));
    const int64_t expected[] = {4, 2, 3, 0};
    ck_assert_int_eq(count, 4);
    ck_assert_mem_eq(chosen, expected, sizeof expected);
    ck_ok(gh_select_columns("data.columns", NULL, names, 5, chosen, &count));
    ck_assert_int_eq(count, 5);
    ck_fails(gh_select_columns("data.columns", "mum_E,mum_py", names, 5, chosen, &count), GENHEP_E_OPTION, "the closest is 'mum_px'");
    ck_fails(gh_select_columns("data.columns", "M,,mum_E", names, 5, chosen, &count), GENHEP_E_OPTION, "empty entry");
}
END_TEST

START_TEST(hashes)
{
    genhep_dataset *a = sample_table(3, 4, 1, GENHEP_FLOAT64), *b = sample_table(3, 4, 1, GENHEP_FLOAT64);
    uint64_t hash = gh_dataset_hash(a);
    ck_assert(gh_dataset_hash(b) == hash);
    b->values[11] = nextafter(b->values[11], 1e9);
    ck_assert(gh_dataset_hash(b) != hash);
    b->values[11] = a->values[11];
    b->weights[2] = -b->weights[2];
    ck_assert(gh_dataset_hash(b) != hash);
    b->weights[2] = a->weights[2];
    b->names[0][0] = 'c';
    ck_assert(gh_dataset_hash(b) != hash);
    genhep_dataset_free(a);
    genhep_dataset_free(b);
}
END_TEST

START_TEST(not_finite)
{
    genhep_dataset *table = sample_table(3, 4, 1, GENHEP_FLOAT64);
    ck_ok(gh_dataset_check_finite(table, "here"));
    table->values[9] = -INFINITY;
    ck_fails(gh_dataset_check_finite(table, "here"), GENHEP_E_NUMERIC, "here: row 2, column 'b_px' is infinite");
    ck_fails(genhep_dataset_write(table, gh_test_path("never.h5"), NULL), GENHEP_E_NUMERIC, "column 'b_px'");
    ck_assert_int_ne(access(gh_test_path("never.h5"), F_OK), 0);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(tail_cut_drops_upper_tails)
{
    enum { N = 1000 };
    static const char *const names[2] = {"a", "b"};
    double rows[N * 2];
    genhep_options *options;
    genhep_dataset *data, *cut;
    for (int i = 0; i < N; i++) rows[2 * i] = i, rows[2 * i + 1] = N - i; /* the tail of b is the start of a */
    ck_ok(genhep_dataset_from_arrays(NULL, N, 2, names, NULL, rows, 2, NULL, &data));
    ck_ok(genhep_dataset_write(data, gh_test_path("tail.h5"), NULL));
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "data.tail_cut", "0.05"));
    ck_ok(genhep_dataset_open(gh_test_path("tail.h5"), options, &cut));
    ck_assert_int_eq(genhep_dataset_events(cut), 901 + 1); /* a <= 950 and b <= 951: a from 49 to 950 */
    double values[2 * N];
    ck_ok(genhep_dataset_values(cut, values, 2, 2 * N));
    ck_assert(values[0] == 49 && values[2 * 901] == 950);
    genhep_dataset_free(cut);
    ck_fails(genhep_options_set(options, "data.tail_cut", "1"), GENHEP_E_OPTION, "data.tail_cut");
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("dataset", arrays_with_stride, bad_arrays, attributes, slices, shuffles, patterns, hashes, not_finite, tail_cut_drops_upper_tails)
