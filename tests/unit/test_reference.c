/* test_reference.c -- targets at their conditions (prep.reference): known conditional distributions, angles across the seam, there and
 * back, Jacobians, bits, files, posteriors of a model without a network, and what is refused. */
#include "testing.h"

#include "base/normal.h"
#include "model/momentum_view.h"
#include "prep/reference_handle.h"

enum { N = 24000, D = 6 };
#define PI 3.14159265358979323846

/* For a detector value r the target is x = a r + s(r) n with a spread that grows along r; an angle smeared across the seam; a target
 * column without a namesake. */
static const char *const names[D] = {"part_x", "part_phi", "part_free", "det_x", "det_phi", "det_other"};

static double slope_of(double r)
{
    return 0.3 + 0.1 * (r + 3);
}

static genhep_dataset *make_data(int64_t n)
{
    genhep_dataset *data;
    double *rows = malloc((size_t)(n * D) * sizeof *rows), *normals = malloc((size_t)(n * D) * sizeof *normals);
    ck_ok(genhep_random_normal(4, 0, 0, n * D, normals));
    for (int64_t i = 0; i < n; i++) {
        const double *z = normals + i * D, r = 3 * tanh(0.5 * z[0]);
        double *row = rows + i * D;
        row[3] = r;
        row[0] = 2 * r + slope_of(r) * z[1];
        row[4] = PI * (2 * gh_normal_cdf(z[2]) - 1);
        row[1] = row[4] + 0.2 + 0.1 * z[3];
        row[1] = row[1] > PI ? row[1] - 2 * PI : row[1];
        row[2] = z[4], row[5] = z[5];
    }
    ck_ok(genhep_dataset_from_arrays(NULL, n, D, names, NULL, rows, D, NULL, &data));
    free(rows), free(normals);
    return data;
}

static genhep_status create(const char *settings, int64_t n, genhep_model **model)
{
    genhep_options *options;
    genhep_dataset *data = make_data(n);
    const genhep_dataset *tables[1] = {data};
    char copy[1024];
    snprintf(copy, sizeof copy, "model.family=independent;data.condition=det_*;prep=identity;prep.condition=standardise;%s", settings);
    ck_ok(genhep_options_create(&options));
    for (char *save = NULL, *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save)) {
        for (char *c = line; *c; c++) *c = *c == '^' ? ';' : *c; /* one inside a value */
        ck_ok(genhep_options_parse(options, line));
    }
    genhep_status status = genhep_model_create(options, tables, 1, model);
    genhep_dataset_free(data);
    genhep_options_free(options);
    return status;
}

static gh_reference_work *work_of(const genhep_model *model, int64_t rows)
{
    gh_reference_work *work;
    ck_ok(gh_reference_work_create(&model->hooks, model->reference, rows, &work));
    return work;
}

START_TEST(names_are_paired)
{
    genhep_model *model;
    ck_ok(create("prep.reference=identity;prep.pairs= part_f*: det_x ^ part_x : det_phi ^", N, &model)); /* a list goes before names */
    ck_assert(model->reference->partner[0] == 1 && model->reference->partner[1] == 1 && model->reference->partner[2] == 0);
    ck_assert(model->reference->angle[0] == 0 && model->reference->angle[2] == 0);
    genhep_model_free(model);
    ck_ok(create("prep.reference=identity;prep.pairs=part_phi: det_other", N, &model)); /* no angle beside what is none */
    ck_assert(model->reference->partner[1] == 2 && model->reference->angle[1] == 0);
    genhep_model_free(model);
    ck_ok(create("prep.reference=drop(det_x), drop(det_phi), identity;prep.pairs=part_free: det_other", N, &model)); /* or without any */
    ck_assert(model->reference->partner[0] == -1 && model->reference->partner[2] == 0);
    genhep_model_free(model);
    ck_fails(create("prep.reference=identity;prep.pairs=part_x det_x", N, &model), GENHEP_E_OPTION, "part_x det_x");
    ck_fails(create("prep.reference=identity;prep.pairs=part_y: det_x", N, &model), GENHEP_E_OPTION, "part_y");
    ck_fails(create("prep.reference=identity;prep.pairs=part_x: det_y", N, &model), GENHEP_E_OPTION, "det_y");
    ck_ok(create("prep.reference=identity", N, &model));
    const gh_reference *r = model->reference;
    ck_assert_ptr_nonnull(r);
    ck_assert(r->partner[0] == 0 && r->partner[1] == 1 && r->partner[2] == -1);
    ck_assert(r->angle[0] == 0 && r->angle[1] == 1);
    ck_assert_int_eq(r->bins, 24);
    ck_assert(fabs(r->shift[1] - 0.2) < 0.005);
    genhep_model_free(model);
    ck_ok(create("prep.reference=drop(det_phi), identity;prep.bins=7", N, &model));
    ck_assert(model->reference->partner[0] == 0 && model->reference->partner[1] == -1);
    ck_assert_int_eq(model->reference->bins, 7);
    genhep_model_free(model);
    ck_ok(create("prep.reference=identity", 1000, &model)); /* at least 200 events a bin */
    ck_assert_int_eq(model->reference->bins, 5);
    genhep_model_free(model);
    ck_ok(create("prep.reference=quantile;prep=quantile", N, &model)); /* behind a map an angle is none any more */
    ck_assert_int_eq(model->reference->angle[1], 0);
    genhep_model_free(model);
}
END_TEST

/* Mean and variance of u in slices of the condition: those of a standard normal within five standard errors and the few permille that
 * straight lines between 24 centres leave. */
START_TEST(mapped_targets_are_normal_at_every_condition)
{
    enum { SLICES = 12 };
    genhep_model *model;
    genhep_dataset *data = make_data(N);
    const genhep_dataset *tables[1] = {data};
    double *prepared, *weights, sum[2][SLICES] = {{0}}, square[2][SLICES] = {{0}}, count[2][SLICES] = {{0}};
    int64_t n;
    ck_ok(create("prep.reference=identity", N, &model));
    ck_ok(gh_model_prepare(&model->hooks, model, 1, tables, 1, &n, &prepared, NULL, &weights));
    ck_assert_int_eq(n, N);
    for (int64_t i = 0; i < N; i++) {
        const double *row = data->values + i * D, *u = prepared + i * 3;
        for (int k = 0; k < 2; k++) {
            int slice = (int)(SLICES * (k ? (row[4] + PI) / (2 * PI) : (row[3] + 3) / 6));
            slice = slice < 0 ? 0 : slice >= SLICES ? SLICES - 1 : slice;
            sum[k][slice] += u[k], square[k][slice] += u[k] * u[k], count[k][slice]++;
        }
        ck_assert(u[2] == row[2]); /* no namesake */
    }
    for (int k = 0; k < 2; k++)
        for (int b = 0; b < SLICES; b++) {
            if (count[k][b] < 300) continue;
            const double mean = sum[k][b] / count[k][b], variance = square[k][b] / count[k][b] - mean * mean;
            ck_assert_msg(fabs(mean) < 5 / sqrt(count[k][b]) + 0.02, "coordinate %d, slice %d: mean %g of %g events", k, b, mean, count[k][b]);
            ck_assert_msg(fabs(variance - 1) < 5 * sqrt(2 / count[k][b]) + 0.03, "coordinate %d, slice %d: variance %g", k, b, variance);
        }
    gh_free(&model->hooks, prepared);
    gh_free(&model->hooks, weights);
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(there_and_back_with_the_slope_of_differences)
{
    genhep_model *model;
    genhep_dataset *data = make_data(2000);
    double cond[3], x[3], y[3], up[3], down[3], jacobian;
    int compared = 0;
    ck_ok(create("prep.reference=identity", N, &model));
    gh_reference_work *work = work_of(model, 1);
    for (int64_t i = 0; i < 2000; i++) {
        const double *row = data->values + i * D, h = 1e-7;
        memcpy(cond, row + 3, sizeof cond);
        memcpy(x, row, sizeof x), memcpy(up, row, sizeof up), memcpy(down, row, sizeof down);
        up[0] += h, down[0] -= h;
        jacobian = 0;
        ck_ok(gh_reference_forward(model->reference, work, 1, cond, 3, 1, i, x, 3, &jacobian));
        memcpy(y, x, sizeof y);
        ck_ok(gh_reference_inverse(model->reference, work, 1, cond, 3, 1, i, y, 3));
        if (fabs(x[0]) < 4.2 && fabs(x[1]) < 4.2)
            for (int k = 0; k < 3; k++) ck_assert_msg(fabs(y[k] - row[k]) < 1e-11, "event %d, coordinate %d: %g", (int)i, k, y[k] - row[k]);
        /* the slope along x alone: that of the angle from its own difference */
        double other[3] = {row[0], row[1] + (row[1] > 0 ? -h : h), row[2]}, none = 0;
        ck_ok(gh_reference_forward(model->reference, work, 1, cond, 3, 1, i, other, 3, NULL));
        ck_ok(gh_reference_forward(model->reference, work, 1, cond, 3, 1, i, up, 3, NULL));
        ck_ok(gh_reference_forward(model->reference, work, 1, cond, 3, 1, i, down, 3, &none));
        const double along = (up[0] - down[0]) / (2 * h), turned = fabs(other[1] - x[1]) / h;
        if (!(along > 0 && turned > 0) || fabs(log(along * turned) - jacobian) > 0.5) continue; /* a knot lies between */
        ck_assert_msg(fabs(log(along * turned) - jacobian) < 1e-4, "event %d: log slope %g, differences %g", (int)i, jacobian,
                      log(along * turned));
        compared++;
    }
    ck_assert_int_gt(compared, 1900);
    gh_reference_work_free(work);
    genhep_dataset_free(data);
    genhep_model_free(model);
}
END_TEST

/* Far outside what was fitted everything stays finite, and rows do not depend on each other. */
START_TEST(wild_conditions_and_rows_in_any_company)
{
    enum { ROWS = 300 };
    genhep_model *model;
    double cond[ROWS * 3], z[ROWS * 3], all[ROWS * 3], one[3];
    ck_ok(create("prep.reference=identity", N, &model));
    ck_ok(genhep_random_normal(9, 0, 0, ROWS * 3, cond));
    ck_ok(genhep_random_normal(9, 1, 0, ROWS * 3, z));
    for (int i = 0; i < ROWS; i++) cond[3 * i] *= i % 5 ? 1 : 1e6, z[3 * i + 1] *= i % 7 ? 1 : 1e9;
    gh_reference_work *work = work_of(model, ROWS);
    memcpy(all, z, sizeof all);
    ck_ok(gh_reference_inverse(model->reference, work, ROWS, cond, 3, 1, 0, all, 3));
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < 3; k++) ck_assert(isfinite(all[3 * i + k]));
        ck_assert(fabs(all[3 * i + 1]) <= PI);
        memcpy(one, z + 3 * i, sizeof one);
        ck_ok(gh_reference_inverse(model->reference, work, 1, cond + 3 * i, 3, 1, i, one, 3));
        ck_assert(memcmp(one, all + 3 * i, sizeof one) == 0);
    }
    one[0] = NAN;
    ck_ok(gh_reference_inverse(model->reference, work, 1, cond, 3, 1, 0, one, 3));
    ck_assert(isnan(one[0]));
    gh_reference_work_free(work);
    genhep_model_free(model);
}
END_TEST

/* A model without a network: its posterior is the true one, and so is its density. */
START_TEST(posterior_and_density_are_the_true_ones)
{
    enum { DRAWS = 20000 };
    genhep_model *model, *read;
    genhep_options *options;
    genhep_sampler *sampler, *again;
    double *cond = malloc(DRAWS * 3 * sizeof *cond), *events = malloc(DRAWS * D * sizeof *events), *same = malloc(DRAWS * D * sizeof *same);
    ck_ok(create("prep.reference=identity;prep.bins=8", N, &model));
    ck_ok(genhep_model_save(model, gh_test_path("reference.h5")));
    ck_ok(genhep_model_open(gh_test_path("reference.h5"), NULL, &read));
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_sampler_create(model, options, &sampler));
    ck_ok(genhep_sampler_create(read, options, &again));
    for (int k = 0; k < 3; k++) {
        const double r = -1.5 + 1.5 * k, phi = 2.6 + 0.5 * k - (k == 2 ? 2 * PI : 0);
        double mean = 0, square = 0, turn = 0, log_density[1], event[D];
        for (int i = 0; i < DRAWS; i++) cond[3 * i] = r, cond[3 * i + 1] = phi, cond[3 * i + 2] = 0.1;
        ck_ok(genhep_sampler_draw_double(sampler, DRAWS, cond, 3, events, D, DRAWS * D));
        ck_ok(genhep_sampler_draw_double(again, DRAWS, cond, 3, same, D, DRAWS * D));
        ck_assert(memcmp(events, same, DRAWS * D * sizeof *events) == 0);
        for (int i = 0; i < DRAWS; i++) {
            const double x = events[i * D], away = events[i * D + 1] - phi - 0.2;
            mean += x / DRAWS, square += x * x / DRAWS;
            turn += atan2(sin(away), cos(away)) / DRAWS;
            ck_assert(fabs(events[i * D + 1]) <= PI);
        }
        const double spread = sqrt(square - mean * mean);
        ck_assert_msg(fabs(mean - 2 * r) < 0.06, "r = %g: mean %g, expected %g", r, mean, 2 * r);
        ck_assert_msg(fabs(spread / slope_of(r) - 1) < 0.06, "r = %g: spread %g, expected %g", r, spread, slope_of(r));
        ck_assert_msg(fabs(turn) < 0.01, "phi = %g: angle off by %g", phi, turn);
        /* single knots hold some fifty events; the mean over the bulk has little of their noise */
        double away_from_truth = 0;
        for (int i = 0; i < 400; i++) {
            const double t = -1.5 + 3.0 * i / 399, v = 1.5 - 3.0 * (i * 7 % 400) / 399, free = -1.5 + 3.0 * (i * 31 % 400) / 399;
            event[0] = 2 * r + t * slope_of(r), event[1] = phi + 0.2 + 0.1 * v, event[2] = free;
            event[1] = event[1] > PI ? event[1] - 2 * PI : event[1];
            event[3] = r, event[4] = phi, event[5] = 0.1;
            ck_ok(genhep_model_log_density(model, NULL, 1, event, D, log_density));
            const double expected = -0.5 * (t * t + v * v + free * free) - log(0.1 * slope_of(r)) - 1.5 * log(2 * PI);
            away_from_truth += (log_density[0] - expected) / 400;
        }
        ck_assert_msg(fabs(away_from_truth) < 0.1, "r = %g: mean log density off by %g", r, away_from_truth);
    }
    genhep_sampler_free(sampler);
    genhep_sampler_free(again);
    genhep_options_free(options);
    genhep_model_free(model);
    genhep_model_free(read);
    free(cond), free(events), free(same);
}
END_TEST

START_TEST(damaged_maps_are_refused)
{
    genhep_model *model;
    gh_archive archive;
    gh_reference *read;
    ck_ok(create("prep.reference=identity", N, &model));
    gh_archive_init(&archive, &model->hooks);
    ck_ok(gh_reference_save(model->reference, &archive));
    ck_ok(gh_reference_load(&model->hooks, &archive, 3, 3, &read));
    gh_reference_release(read);
    ck_fails(gh_reference_load(&model->hooks, &archive, 4, 3, &read), GENHEP_E_FORMAT, "reference_map/quantiles");
    ck_fails(gh_reference_load(&model->hooks, &archive, 3, 2, &read), GENHEP_E_FORMAT, "has 3 columns, the schema 2 conditions");
    int64_t *partner = gh_archive_find(&archive, "reference_map/partner")->data, *bins = gh_archive_find(&archive, "reference_map/bins")->data;
    double *quantiles = gh_archive_find(&archive, "reference_map/quantiles")->data, keep = quantiles[5];
    double *centres = gh_archive_find(&archive, "reference_map/centres")->data;
    partner[0] = 3;
    ck_fails(gh_reference_load(&model->hooks, &archive, 3, 3, &read), GENHEP_E_FORMAT, "coordinate 0: partner 3");
    partner[0] = 0, bins[1] = 0;
    ck_fails(gh_reference_load(&model->hooks, &archive, 3, 3, &read), GENHEP_E_FORMAT, "coordinate 1: partner 1, angle 1, 0 bins");
    bins[1] = 24, quantiles[5] = quantiles[4] - 1;
    ck_fails(gh_reference_load(&model->hooks, &archive, 3, 3, &read), GENHEP_E_FORMAT, "coordinate 0, bin 0");
    quantiles[5] = keep, centres[1] = centres[0];
    ck_fails(gh_reference_load(&model->hooks, &archive, 3, 3, &read), GENHEP_E_FORMAT, "coordinate 0, bin 1");
    gh_archive_clear(&archive);
    genhep_model_free(model);
}
END_TEST

/* A file whose targets go through a stage that cannot be undone: the entries of the conditions' chain under the other name. */
START_TEST(files_with_dropped_targets_are_refused)
{
    genhep_model *model, *read = NULL;
    gh_archive whole, changed;
    char name[320];
    ck_ok(create("prep.condition=drop(det_x), standardise", 1000, &model));
    gh_archive_init(&whole, &model->hooks);
    gh_archive_init(&changed, &model->hooks);
    ck_ok(gh_model_save(model, &whole));
    ck_ok(gh_model_load(&model->hooks, &whole, &read));
    genhep_model_free(read);
    for (int64_t i = 0; i < whole.count; i++) {
        const gh_entry *e = &whole.entries[i];
        if (strncmp(e->name, "prep/", 5) == 0) continue;
        ck_ok(gh_archive_put(&changed, e->name, e->type, e->rank, e->dims, e->data));
        if (strncmp(e->name, "condition_prep/", 15) != 0) continue;
        snprintf(name, sizeof name, "prep/%s", e->name + 15);
        ck_ok(gh_archive_put(&changed, name, e->type, e->rank, e->dims, e->data));
    }
    ck_fails(gh_model_load(&model->hooks, &changed, &read), GENHEP_E_FORMAT, "stage 'drop', which cannot be undone");
    ck_assert_ptr_null(read);
    gh_archive_clear(&whole);
    gh_archive_clear(&changed);
    genhep_model_free(model);
}
END_TEST

START_TEST(wrong_references_are_named)
{
    genhep_model *model;
    ck_fails(create("prep.reference=standardize", N, &model), GENHEP_E_OPTION, "prep.reference: prep: unknown stage");
    ck_fails(create("prep.reference=drop(det_x), drop(det_phi)", N, &model), GENHEP_E_OPTION, "has a namesake");
    ck_fails(create("prep.reference=drop(det_*)", N, &model), GENHEP_E_OPTION, "would leave no coordinate");
    ck_fails(create("prep.reference=drop", N, &model), GENHEP_E_OPTION, "'drop' needs names");
    ck_fails(create("prep=drop(part_x)", N, &model), GENHEP_E_OPTION, "'drop' is for chains of conditions");
    ck_fails(create("data.condition=;prep.reference=identity", N, &model), GENHEP_E_OPTION, "no conditions");
    ck_ok(create("prep.reference=identity", N, &model));
    gh_momentum_view view;
    ck_fails(gh_momentum_view_create(model, &view), GENHEP_E_OPTION, "prep.reference");
    genhep_model_free(model);
}
END_TEST

/* Steep steps in the conditions: the same value for many events makes one bin. */
START_TEST(repeated_conditions_share_a_bin)
{
    static const char *const two[2] = {"part_x", "det_x"};
    genhep_options *options;
    genhep_dataset *data;
    genhep_model *model;
    double rows[2 * 4000];
    ck_ok(genhep_random_normal(6, 0, 0, 2 * 4000, rows));
    for (int i = 0; i < 4000; i++) rows[2 * i + 1] = i % 2 ? 1 : -1, rows[2 * i] += 10 * rows[2 * i + 1];
    ck_ok(genhep_dataset_from_arrays(NULL, 4000, 2, two, NULL, rows, 2, NULL, &data));
    const genhep_dataset *tables[1] = {data};
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_parse(options, "model.family=independent"));
    ck_ok(genhep_options_parse(options, "data.condition=det_x"));
    ck_ok(genhep_options_parse(options, "prep=identity"));
    ck_ok(genhep_options_parse(options, "prep.reference=identity"));
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_assert_int_eq(model->reference->used[0], 2);
    ck_assert(fabs(model->reference->middle[0] + 10) < 0.1 && fabs(model->reference->middle[1] - 10) < 0.1);
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("reference", names_are_paired, mapped_targets_are_normal_at_every_condition, there_and_back_with_the_slope_of_differences,
             wild_conditions_and_rows_in_any_company, posterior_and_density_are_the_true_ones, damaged_maps_are_refused, files_with_dropped_targets_are_refused,
             wrong_references_are_named, repeated_conditions_share_a_bin)
