/* test_smooth.c -- distributions that change smoothly with several reference coordinates (prep.pairs with several names): the map against its
 * formula and differences, a fit whose result is known in closed form, weights, files, and what is refused. */
#include "testing.h"

#include <string.h>

#include "base/normal.h"
#include "model/model.h"
#include "prep/reference_handle.h"

enum { N = 40000, D = 5, C = 3, K = GH_SMOOTH_KNOTS };

static const char *const names[D] = {"part_x", "part_free", "det_a", "det_b", "det_c"};
static const double spread = 0.4;

/* Mean of x at conditions in [0,1], [10,20], [-1,1]: cubic, with a product of two and one of three. */
static double mean_at(const double *r)
{
    const double a = 2 * r[0] - 1, b = (r[1] - 15) / 5, c = r[2];
    return 1.5 * a - 0.7 * b * c + 0.5 * a * b * c + 0.4 * b * b * b;
}

/* P(x < t | r) = Phi((t - mean)/spread): a probit that is cubic in r at every t. With `wrong`, every second event is another one, of weight 0.
 * `points`: values of each condition, 0: any. */
static genhep_dataset *make_data(int wrong, int points)
{
    genhep_dataset *data;
    double *rows = malloc(N * D * sizeof *rows), *weights = malloc(N * sizeof *weights);
    ck_ok(genhep_random_normal(21, 0, 0, N * D, rows));
    for (int64_t i = 0; i < N; i++) {
        double *row = rows + i * D;
        for (int k = 0; k < C; k++) {
            double share = gh_normal_cdf(row[2 + k]);
            if (points) share = (floor(points * share) + 0.5) / points;
            row[2 + k] = k == 0 ? share : k == 1 ? 10 + 10 * share : 2 * share - 1;
        }
        row[0] = mean_at(row + 2) + spread * row[0];
        weights[i] = 2 * (i % 2);
        if (wrong && i % 2 == 0) row[0] = 3 * row[2];
    }
    ck_ok(genhep_dataset_from_arrays(NULL, N, D, names, NULL, rows, D, wrong ? weights : NULL, &data));
    free(rows), free(weights);
    return data;
}

static genhep_status create(const char *pairs, const genhep_dataset *data, genhep_model **model)
{
    genhep_options *options;
    const genhep_dataset *tables[1] = {data};
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_parse(options, "model.family=independent"));
    ck_ok(genhep_options_parse(options, "data.condition=det_*"));
    ck_ok(genhep_options_parse(options, "prep=identity"));
    ck_ok(genhep_options_parse(options, "prep.reference=identity"));
    ck_ok(genhep_options_set_text(options, "prep.pairs", pairs));
    genhep_status status = genhep_model_create(options, tables, 1, model);
    genhep_options_free(options);
    return status;
}

static gh_reference_work *work_of(const genhep_model *model)
{
    gh_reference_work *work;
    ck_ok(gh_reference_work_create(&model->hooks, model->reference, 1, &work));
    return work;
}

START_TEST(terms_are_all_products_of_up_to_three)
{
    const gh_smooth two = {.variables = 2, .place = {1, 0}, .low = {0, -1}, .high = {4, 1}};
    const double row[2] = {0.2, 3}, x = 0.5, y = 0.2, expected[10] = {1, x, x * x, x * x * x, x * x * y, x * y, x * y * y, y, y * y, y * y * y};
    const double beyond[2] = {-7, 1e9}, corner[10] = {1, 1, 1, 1, -1, -1, 1, -1, 1, -1};
    double features[GH_SMOOTH_MOST_TERMS];
    ck_assert_int_eq(gh_smooth_terms(2), 10);
    ck_assert_int_eq(gh_smooth_terms(3), 20);
    ck_assert_int_eq(gh_smooth_terms(GH_SMOOTH_MOST), GH_SMOOTH_MOST_TERMS);
    gh_smooth_features(&two, row, features);
    for (int t = 0; t < 10; t++) ck_assert_msg(fabs(features[t] - expected[t]) < 1e-15, "term %d: %g", t, features[t]);
    gh_smooth_features(&two, beyond, features); /* constant beyond what was fitted */
    for (int t = 0; t < 10; t++) ck_assert_msg(features[t] == corner[t], "term %d: %g", t, features[t]);
}
END_TEST

/* Coefficients of any kind, those that let z fall too: it rises all the same. */
START_TEST(any_coefficients_give_a_map_there_and_back)
{
    double c[10 * K];
    gh_smooth two = {.variables = 2, .place = {0, 1}, .low = {-1, -1}, .high = {1, 1}, .edge = 3, .c = c};
    ck_ok(genhep_random_normal(5, 0, 0, 10 * K, c));
    for (int k = 0; k < 10 * K; k++) c[k] *= k / K ? 0.02 : 0.05;
    for (int k = 0; k < K; k++) c[k] += -3 + 6. * k / (K - 1);
    for (int i = 0; i < 40; i++) {
        const double row[2] = {sin(i), cos(3 * i)}, h = 1e-7;
        double last = -INFINITY;
        for (double u = -4.2; u < 4.2; u += 0.0171) {
            double slope = 0, none = 0;
            const double z = gh_smooth_forward(&two, row, u, &slope), back = gh_smooth_inverse(&two, row, z);
            const double along = (gh_smooth_forward(&two, row, u + h, &none) - gh_smooth_forward(&two, row, u - h, &none)) / (2 * h);
            ck_assert_msg(z > last, "%g after %g", z, last);
            ck_assert_msg(fabs(back - u) < 1e-10, "%g comes back as %g", u, back);
            const double place = (u + 3) / (6. / (K - 1));
            if (fabs(place - rint(place)) > 1e-4) /* no threshold between */
                ck_assert_msg(fabs(along / exp(slope) - 1) < 1e-4, "at %g: slope %g, differences %g", u, exp(slope), along);
            last = z;
        }
    }
}
END_TEST

/* Root mean square of z - (x - mean)/spread over the bulk. */
static double away_from_truth(const genhep_model *model, int points)
{
    genhep_dataset *data = make_data(0, points);
    gh_reference_work *work = work_of(model);
    double square = 0, count = 0;
    for (int64_t i = 0; i < 8000; i++) {
        const double *row = data->values + i * D, t = 4. * (double)(i % 101) / 100 - 2;
        double x[2] = {mean_at(row + 2) + spread * t, 0.3}, jacobian = 0;
        ck_ok(gh_reference_forward(model->reference, work, 1, row + 2, C, 1, i, x, 2, &jacobian));
        ck_assert(x[1] == 0.3);
        double back[2] = {x[0], x[1]};
        ck_ok(gh_reference_inverse(model->reference, work, 1, row + 2, C, 1, i, back, 2));
        if (fabs(x[0]) < 2.5) ck_assert_msg(fabs(back[0] - mean_at(row + 2) - spread * t) < 1e-9, "event %d: back at %g", (int)i, back[0]);
        square += (x[0] - t) * (x[0] - t), count++;
    }
    gh_reference_work_free(work);
    genhep_dataset_free(data);
    return sqrt(square / count);
}

/* 20 coefficients from 40 000 events: z is known to sqrt(20/40 000)/0.8 = 0.03 where events are, thresholds lie 0.1 spreads apart. */
START_TEST(a_cubic_probit_is_found)
{
    for (int points = 0; points <= 12; points += 4) { /* any place, and 64, 512 or 1728 theory points */
        genhep_dataset *data = make_data(0, points);
        genhep_model *model;
        ck_ok(create("part_x: det_a, det_b, det_c", data, &model));
        ck_assert(model->reference->smooth[0].variables == 3 && model->reference->smooth[1].variables == 0 && model->reference->used[0] == 1);
        const double away = away_from_truth(model, points);
        ck_assert_msg(away < 0.1, "%d points: z off by %g", points, away);
        genhep_model_free(model);
        if (!points) {
            ck_ok(create("part_x: det_a", data, &model)); /* one condition does not tell it */
            const double alone = away_from_truth(model, 0);
            ck_assert_msg(alone > 0.5, "det_a alone: z off by %g", alone);
            genhep_model_free(model);
        }
        genhep_dataset_free(data);
    }
}
END_TEST

START_TEST(events_without_weight_do_not_count)
{
    genhep_dataset *data = make_data(1, 0);
    genhep_model *model;
    ck_ok(create("part_x: det_a, det_b, det_c", data, &model));
    const double away = away_from_truth(model, 0);
    ck_assert_msg(away < 0.13, "z off by %g", away);
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(files_keep_it_and_damaged_ones_are_refused)
{
    genhep_dataset *data = make_data(0, 0);
    genhep_model *model;
    gh_archive archive;
    gh_reference *read;
    ck_ok(create("part_x: det_c, det_a ; part_free: det_b", data, &model));
    gh_archive_init(&archive, &model->hooks);
    ck_ok(gh_reference_save(model->reference, &archive));
    ck_ok(gh_reference_load(&model->hooks, &archive, 2, C, &read));
    const gh_smooth *before = &model->reference->smooth[0], *after = &read->smooth[0];
    ck_assert(after->variables == 2 && after->place[0] == 2 && after->place[1] == 0 && after->edge == before->edge);
    ck_assert(memcmp(after->low, before->low, sizeof after->low) == 0 && memcmp(after->high, before->high, sizeof after->high) == 0);
    ck_assert(memcmp(after->c, before->c, 10 * K * sizeof *after->c) == 0);
    ck_assert(read->smooth[1].variables == 0);
    gh_reference_release(read);
    int64_t *place = gh_archive_find(&archive, "reference_map/several")->data;
    double *limit = gh_archive_find(&archive, "reference_map/limits")->data, *edge = gh_archive_find(&archive, "reference_map/edge")->data;
    double *c = gh_archive_find(&archive, "reference_map/coefficients")->data, keep = c[5], low = limit[0];
    place[1] = 3;
    ck_fails(gh_reference_load(&model->hooks, &archive, 2, C, &read), GENHEP_E_FORMAT, "'reference_map/several' of coordinate 0");
    place[1] = 0, place[3] = 1;
    ck_fails(gh_reference_load(&model->hooks, &archive, 2, C, &read), GENHEP_E_FORMAT, "'reference_map/several' of coordinate 0");
    place[3] = -1, place[2] = 1; /* 20 terms, and 10 are there */
    ck_fails(gh_reference_load(&model->hooks, &archive, 2, C, &read), GENHEP_E_FORMAT, "20 terms of 10");
    place[2] = -1, edge[0] = 0;
    ck_fails(gh_reference_load(&model->hooks, &archive, 2, C, &read), GENHEP_E_FORMAT, "edge 0");
    edge[0] = 2, limit[0] = limit[1] + 1;
    ck_fails(gh_reference_load(&model->hooks, &archive, 2, C, &read), GENHEP_E_FORMAT, "limits in order");
    limit[0] = low, c[5] = NAN;
    ck_fails(gh_reference_load(&model->hooks, &archive, 2, C, &read), GENHEP_E_FORMAT, "finite coefficients");
    c[5] = keep;
    ck_ok(gh_reference_load(&model->hooks, &archive, 2, C, &read));
    gh_reference_release(read);
    gh_archive_clear(&archive);
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(wrong_lists_are_named_and_few_events_do)
{
    genhep_dataset *data = make_data(0, 0);
    genhep_model *model;
    ck_fails(create("part_x: det_a, det_d", data, &model), GENHEP_E_OPTION, "'det_d' is no coordinate");
    ck_fails(create("part_x: det_a,", data, &model), GENHEP_E_OPTION, "'' is no coordinate");
    ck_fails(create("part_x: det_a, det_b, det_c, det_a, det_b, det_c, det_a", data, &model), GENHEP_E_OPTION, "one reference more than 6");
    /* one variable three times says no more than once; few events are no reason to fail */
    data->n = 30;
    ck_ok(create("part_x: det_a, det_a, det_a", data, &model));
    gh_reference_work *work = work_of(model);
    for (int64_t i = 0; i < 30; i++) {
        double x[2] = {data->values[i * D], 0};
        ck_ok(gh_reference_forward(model->reference, work, 1, data->values + i * D + 2, C, 1, i, x, 2, NULL));
        ck_assert(fabs(x[0]) < 8);
    }
    gh_reference_work_free(work);
    genhep_model_free(model);
    data->n = N;
    genhep_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("smooth", terms_are_all_products_of_up_to_three, any_coefficients_give_a_map_there_and_back, a_cubic_probit_is_found,
             events_without_weight_do_not_count, files_keep_it_and_damaged_ones_are_refused, wrong_lists_are_named_and_few_events_do)
