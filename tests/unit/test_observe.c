/* test_observe.c -- observables as a table: closed forms for two muons, order, weights, and wrong input. */
#include "testing.h"

#include <math.h>

static genhep_dataset *two_muons(int64_t n, const double *weights)
{
    static const char *const names[] = {"mum_E", "mum_px", "mum_py", "mum_pz", "mup_E", "mup_px", "mup_py", "mup_pz"};
    genhep_dataset *events;
    double *x = calloc((size_t)(8 * n) + 1, sizeof *x);
    for (int64_t i = 0; i < n; i++) { /* back to back along x, energies rising, then boosted along z by nothing */
        const double e = 40 + (double)i;
        const double row[8] = {e, e, 0, 0, e, -e, 0, 0};
        memcpy(x + 8 * i, row, sizeof row);
    }
    ck_ok(genhep_dataset_from_arrays(NULL, n, 8, names, NULL, x, 8, weights, &events));
    free(x);
    return events;
}

static int64_t column(const genhep_dataset *table, const char *name)
{
    for (int64_t k = 0; k < genhep_dataset_columns(table); k++) {
        genhep_column c = {.struct_size = sizeof c};
        ck_ok(genhep_dataset_column(table, k, &c));
        if (strcmp(c.name, name) == 0) return k;
    }
    ck_abort_msg("no observable %s", name);
    return -1;
}

START_TEST(masses_and_order)
{
    enum { N = 50 };
    double weights[N], back[N];
    int32_t weighted;
    for (int i = 0; i < N; i++) weights[i] = 1 - 0.1 * i;
    genhep_dataset *events = two_muons(N, weights), *table;
    ck_ok(genhep_dataset_set_attribute(events, "note", "kept"));
    ck_ok(genhep_observables(events, "zmumu", NULL, &table));
    const int64_t d = genhep_dataset_columns(table), mass = column(table, "m(ll)"), pt = column(table, "pt(mum)");
    double *values = malloc((size_t)(N * d) * sizeof *values);
    ck_ok(genhep_dataset_values(table, values, d, N * d));
    for (int i = 0; i < N; i++) {
        ck_assert(fabs(values[i * d + mass] - 2 * (40 + i)) < 1e-10);
        ck_assert(fabs(values[i * d + pt] - (40 + i)) < 1e-12);
    }
    ck_ok(genhep_dataset_weights(table, back, N, &weighted));
    ck_assert(weighted && memcmp(weights, back, sizeof back) == 0);
    ck_assert_str_eq(genhep_dataset_attribute(table, "note"), "kept");
    genhep_dataset_free(table);
    genhep_dataset_free(events);
    free(values);
}
END_TEST

START_TEST(empty_and_wrong)
{
    genhep_dataset *none = two_muons(0, NULL), *some = two_muons(3, NULL), *table;
    ck_ok(genhep_observables(none, NULL, NULL, &table));
    ck_assert_int_eq(genhep_dataset_events(table), 0);
    genhep_dataset_free(table);
    ck_fails(genhep_observables(some, "tauons", NULL, &table), GENHEP_E_ARG, "tauons");
    ck_assert_ptr_null(table);
    ck_fails(genhep_observables(some, "ttbar_6q", NULL, &table), GENHEP_E_SHAPE, "");
    ck_fails(genhep_observables(NULL, "zmumu", NULL, &table), GENHEP_E_ARG, "events");
    ck_fails(genhep_observables(some, "zmumu", NULL, NULL), GENHEP_E_ARG, "NULL");
    genhep_dataset_free(none);
    genhep_dataset_free(some);
}
END_TEST

GH_TEST_MAIN("observe", masses_and_order, empty_and_wrong)
