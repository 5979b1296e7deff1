/* test_prep_cells.c -- stages for cells of a detector: root, suppress, sums. There and back, saved and loaded, log-Jacobians, sums that
 * are met for any prepared numbers, wrong input. */
#include "testing.h"

#include "base/options.h"
#include "prep/prep.h"

enum { N = 333, D = 7 }; /* not a multiple of a panel */

static double noise(int64_t i, int64_t j)
{
    gh_rng rng = gh_rng_make(11, GH_RANDOM_PUBLIC, 0);
    return gh_rng_uniform(&rng, i, j);
}

/* Two groups of cells, zero or 0.25 and more, and a signed number. In every 10th row group b is off. */
static genhep_dataset *cells(void)
{
    static const char *const names[D] = {"a_0", "a_1", "a_2", "b_0", "b_1", "b_2", "x"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data;
    ck_ok(gh_dataset_create(&hooks, N, D, names, NULL, 0, &data));
    for (int64_t i = 0; i < N; i++) {
        double *row = data->values + i * D;
        for (int64_t j = 0; j < 6; j++) row[j] = noise(i, j) < 0.4 || (j > 2 && i % 10 == 0) ? 0 : 0.25 + 3 * noise(i, 8 + j);
        row[6] = 4 * noise(i, 7) - 2;
    }
    data->values[0] = 0.25; /* the threshold itself */
    data->values[1] = 0.5;
    return data;
}

static gh_status fit(const char *chain, const genhep_dataset *data, gh_prep **prep)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", chain));
    gh_status status = gh_prep_fit(&hooks, options, data, prep);
    genhep_options_free(options);
    return status;
}

/* Round trip through a saved and loaded preparation. @return the largest error, relative to 1 + |x| */
static double cycle(const char *chain, int64_t width, const char *measure)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = cells();
    gh_prep *prep, *loaded;
    gh_prep_work *work, *other;
    gh_archive archive;
    double worst = 0, *z = calloc((size_t)(N * width), sizeof *z), *z2 = calloc((size_t)(N * width), sizeof *z), x[N * D], x2[N * D], jac[N];
    ck_ok(fit(chain, data, &prep));
    ck_assert_int_eq(gh_prep_width(prep), width);
    if (measure) ck_assert_str_eq(gh_prep_measure(prep), measure);
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_prep_save(prep, "prep", &archive));
    ck_ok(gh_prep_load(&hooks, "prep", &archive, &loaded));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_work_create(&hooks, loaded, N, &other));
    ck_ok(gh_prep_forward(prep, work, N, data->values, D, 3, 0, z, width, jac));
    ck_ok(gh_prep_forward(loaded, other, N, data->values, D, 3, 0, z2, width, NULL));
    ck_assert(memcmp(z, z2, (size_t)(N * width) * sizeof *z) == 0);
    gh_prep_inverse(prep, work, N, z, width, NULL, 0, x, D);
    gh_prep_inverse(loaded, other, N, z, width, NULL, 0, x2, D);
    ck_assert(memcmp(x, x2, sizeof x) == 0);
    for (int64_t j = 0; j < width; j++) ck_assert_int_eq(gh_prep_is_censored(prep, j), gh_prep_is_censored(loaded, j));
    for (int64_t i = 0; i < N * D; i++) {
        double e = fabs(x[i] - data->values[i]) / (1 + fabs(data->values[i]));
        worst = e <= worst ? worst : e;
        ck_assert((x[i] == 0) == (data->values[i] == 0)); /* what is off stays off, and nothing else */
    }
    for (int64_t i = 0; i < N; i++) ck_assert(isfinite(jac[i]));
    gh_prep_work_free(work);
    gh_prep_work_free(other);
    gh_prep_free(prep);
    gh_prep_free(loaded);
    gh_archive_clear(&archive);
    gh_dataset_free(data);
    free(z), free(z2);
    return worst;
}

START_TEST(there_and_back)
{
    static const struct {
        const char *chain;
        int64_t width;
        const char *measure;
    } cases[] = {
        {"root(2)", D, "da_0 da_1 da_2 db_0 db_1 db_2 dx"},
        {"root(3, x), root(7, a_*)", D, NULL},
        {"suppress(a_*, b_*)", D, "(d+count0)a_0 (d+count0)a_1 (d+count0)a_2 (d+count0)b_0 (d+count0)b_1 (d+count0)b_2 dx"},
        {"suppress(0.25, a_*), root(2, b_*), suppress(b_*), standardise", D, NULL},
        {"suppress(0.25, 3, a_*, b_*)", D, NULL},
        {"sums(b_*, a_*)", D + 2, "da_0 da_1 da_2 db_0 db_1 db_2 dx dsum(b_*, a_*) dshare(b_*)"},
        {"sums(a_*)", D + 1, NULL},
        {"sums(b_*, a_*), root(2, sum*, share*), root(3, a_*, b_*), suppress(a_*, b_*), suppress(share*), standardise", D + 2, NULL},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double worst = cycle(cases[k].chain, cases[k].width, cases[k].measure);
        ck_assert_msg(worst < 1e-12, "%s: round trip off by %g", cases[k].chain, worst);
    }
}
END_TEST

START_TEST(values_and_jacobians)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = cells();
    gh_prep *prep;
    gh_prep_work *work;
    double x[D] = {1, 0, 0.25, 0, 0, 8, -9}, z[D + 2], jac, square = 0;
    int64_t on = 0;
    ck_ok(fit("root(3, x)", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
    ck_ok(gh_prep_forward(prep, work, 1, x, D, 1, 0, z, D, &jac));
    ck_assert(fabs(z[6] + cbrt(9)) < 1e-14 && fabs(jac - log(pow(9, -2. / 3) / 3)) < 1e-14);
    gh_prep_work_free(work), gh_prep_free(prep);

    ck_ok(fit("suppress(0.5, 2, a_0, b_2)", data, &prep)); /* threshold and scale given */
    ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
    ck_ok(gh_prep_forward(prep, work, 1, x, D, 1, 0, z, D, &jac));
    ck_assert(fabs(z[0] - 0.25) < 1e-6 && fabs(z[5] - 3.75) < 1e-6 && fabs(jac + 2 * log(2)) < 1e-12);
    gh_prep_work_free(work), gh_prep_free(prep);

    ck_ok(fit("suppress(a_0, b_2)", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
    ck_ok(gh_prep_forward(prep, work, 1, x, D, 1, 0, z, D, &jac));
    for (int64_t i = 0; i < N; i++)
        if (data->values[i * D] > 0) square += pow(data->values[i * D] - 0.25, 2), on++;
    double scale = sqrt(square / (double)on), slope = (z[5] - 0) / (8 - 0.25);
    ck_assert(fabs(z[0] - 0.75 / scale) < 1e-5);
    ck_assert(fabs(jac - log(1 / scale) - log(slope)) < 1e-5);
    x[0] = 0.1, z[5] = -3; /* below the threshold is off, and so is what a model gives below 0 */
    double below, back[D];
    ck_ok(gh_prep_forward(prep, work, 1, x, D, 1, 0, &z[0], D, &below));
    ck_assert(z[0] == 0);
    z[5] = -3, z[0] = 1e-9;
    gh_prep_inverse(prep, work, 1, z, D, NULL, 0, back, D);
    ck_assert(back[5] == 0 && back[0] == 0.25);
    gh_prep_work_free(work), gh_prep_free(prep);

    ck_ok(fit("sums(b_*, a_*)", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
    x[0] = 1;
    ck_ok(gh_prep_forward(prep, work, 1, x, D, 1, 0, z, D + 2, &jac));
    ck_assert(fabs(z[D] - 9.25) < 1e-14 && fabs(z[D + 1] - 8 / 9.25) < 1e-14 && jac == 0);
    gh_prep_work_free(work), gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

/* Whatever a model gives: the groups add up to T and its shares, off stays off, what is on is at the least value or above. */
START_TEST(sums_are_met)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = cells();
    gh_prep *prep;
    gh_prep_work *work;
    double z[N * (D + 2)], x[N * D];
    int64_t dropped = 0;
    ck_ok(fit("sums(b_*, a_*)", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    for (int64_t i = 0; i < N; i++) {
        double *row = z + i * (D + 2);
        for (int64_t j = 0; j < 7; j++) row[j] = noise(i, 20 + j) < 0.3 ? 0 : 4 * noise(i, 30 + j) - 0.3;
        row[D] = 6 * noise(i, 40) * noise(i, 42);
        row[D + 1] = 1.2 * noise(i, 41) - 0.1;
    }
    z[0] = z[1] = z[2] = 0.25, z[D] = 3, z[D + 1] = 0; /* nothing above the least value to move */
    gh_prep_inverse(prep, work, N, z, D + 2, NULL, 0, x, D);
    for (int64_t i = 0; i < N; i++) {
        const double *row = z + i * (D + 2), total = row[D], share = fmin(fmax(row[D + 1], 0), 1), target[2] = {total * (1 - share), total * share};
        ck_assert(x[i * D + 6] == row[6]);
        for (int g = 0; g < 2; g++) {
            double sum = 0;
            int on = 0, was_on = 0;
            for (int j = 3 * g; j < 3 * g + 3; j++) {
                const double value = x[i * D + j];
                sum += value, on += value > 0, was_on += row[j] > 0;
                ck_assert(value == 0 || (value > 0.25 - 1e-12 && row[j] > 0));
            }
            if (on) ck_assert_msg(fabs(sum - target[g]) < 1e-12, "row %d group %d: %g, expected %g", (int)i, g, sum, target[g]);
            else ck_assert(was_on == 0 || target[g] < 0.25);
            dropped += on < was_on;
        }
    }
    ck_assert(fabs(x[0] - 1) < 1e-12 && fabs(x[1] - 1) < 1e-12 && fabs(x[2] - 1) < 1e-12);
    ck_assert_int_gt(dropped, 10);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

START_TEST(wrong_input_is_named)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = cells();
    gh_prep *prep;
    gh_prep_work *work;
    double row[D] = {1, 1, 1, 1, 1, 1, 1}, z[D + 2];
    ck_fails(fit("root(x)", data, &prep), GENHEP_E_OPTION, "whole number");
    ck_fails(fit("root(2.5, x)", data, &prep), GENHEP_E_OPTION, "whole number");
    ck_fails(fit("root(17, x)", data, &prep), GENHEP_E_OPTION, "2 to 16");
    ck_fails(fit("suppress(x)", data, &prep), GENHEP_E_NUMERIC, "'x'");
    ck_fails(fit("suppress(-1, a_*)", data, &prep), GENHEP_E_OPTION, "above 0");
    ck_fails(fit("suppress(1, 0, a_*)", data, &prep), GENHEP_E_OPTION, "scale above 0");
    ck_fails(fit("sums", data, &prep), GENHEP_E_OPTION, "0 groups");
    ck_fails(fit("sums(a_*, c_*)", data, &prep), GENHEP_E_OPTION, "c_*");
    ck_fails(fit("sums(a_*, a_1)", data, &prep), GENHEP_E_OPTION, "two groups");
    ck_fails(fit("sums(x, a_*)", data, &prep), GENHEP_E_NUMERIC, "'x'");
    ck_fails(fit("root(2, a_*), sums(a_*)", data, &prep), GENHEP_E_OPTION, "before the other maps");
    static const char *const chains[] = {"suppress(a_*)", "sums(b_*, a_*)"};
    for (int k = 0; k < 2; k++) {
        ck_ok(fit(chains[k], data, &prep));
        ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
        row[1] = -1;
        ck_fails(gh_prep_forward(prep, work, 1, row, D, 1, 0, z, gh_prep_width(prep), NULL), GENHEP_E_NUMERIC, "a_1");
        row[1] = NAN;
        ck_fails(gh_prep_forward(prep, work, 1, row, D, 1, 0, z, gh_prep_width(prep), NULL), GENHEP_E_NUMERIC, "a_1");
        gh_prep_work_free(work);
        gh_prep_free(prep);
    }
    gh_dataset_free(data);
}
END_TEST

/* Constants of a damaged file. */
START_TEST(damage_is_refused)
{
    static const struct {
        const char *chain, *entry;
        double value;
    } cases[] = {{"root(3, a_*)", "prep/0/power", 1.5}, {"suppress(a_*)", "prep/0/threshold", -1}, {"suppress(a_*)", "prep/0/scale", 0},
                 {"sums(b_*, a_*)", "prep/0/least", -1}};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = cells();
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gh_archive archive;
        gh_prep *prep, *loaded;
        const gh_entry *entry;
        int64_t any = -1;
        ck_ok(fit(cases[k].chain, data, &prep));
        gh_archive_init(&archive, &hooks);
        ck_ok(gh_prep_save(prep, "prep", &archive));
        ck_ok(gh_archive_get(&archive, cases[k].entry, GH_F64, 1, &any, &entry));
        ((double *)entry->data)[0] = cases[k].value;
        ck_fails(gh_prep_load(&hooks, "prep", &archive, &loaded), GENHEP_E_FORMAT, "prep");
        gh_archive_clear(&archive);
        gh_prep_free(prep);
    }
    gh_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("prep_cells", there_and_back, values_and_jacobians, sums_are_met, wrong_input_is_named, damage_is_refused)
