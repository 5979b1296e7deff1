/* test_calibration.c -- the marginal maps of a trained model: marginals become those of the training rows, order is kept. */
#include "testing.h"

#include "model/calibration.h"
#include "small_model.h"

enum { EVENTS = 100096 };

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double ks(double *a, int64_t n, double *b, int64_t m)
{
    double worst = 0;
    qsort(a, (size_t)n, sizeof *a, ascending);
    qsort(b, (size_t)m, sizeof *b, ascending);
    for (int64_t i = 0, j = 0; i < n; i++) {
        while (j < m && b[j] <= a[i]) j++;
        worst = fmax(worst, fabs((double)(i + 1) / (double)n - (double)j / (double)m));
    }
    return worst;
}

static double marginal_distance(const genhep_model *model, const char *source, const genhep_dataset *truth, int64_t column)
{
    genhep_options *options;
    genhep_sampler *sampler;
    const int64_t m = genhep_dataset_events(truth);
    double *x = malloc(EVENTS * SMALL_COLUMNS * sizeof *x), *a = malloc(EVENTS * sizeof *a);
    double *y = malloc((size_t)m * SMALL_COLUMNS * sizeof *y), *b = malloc((size_t)m * sizeof *b);
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "latent.source", source));
    ck_ok(genhep_sampler_create(model, options, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, EVENTS, NULL, 0, x, SMALL_COLUMNS, EVENTS * SMALL_COLUMNS));
    ck_ok(genhep_dataset_values(truth, y, SMALL_COLUMNS, m * SMALL_COLUMNS));
    for (int64_t i = 0; i < EVENTS; i++) a[i] = x[i * SMALL_COLUMNS + column];
    for (int64_t i = 0; i < m; i++) b[i] = y[i * SMALL_COLUMNS + column];
    double distance = ks(a, EVENTS, b, m);
    free(x), free(y), free(a), free(b);
    genhep_sampler_free(sampler);
    genhep_options_free(options);
    return distance;
}

START_TEST(marginals_are_those_of_the_training_rows)
{
    /* 60 steps leave a poor model; its marginals must be right all the same, and only for the source it was fitted to */
    genhep_model *with = small_model("loss.noise=global train.lr=3e-3 data.validation=0"), *without = small_model("loss.noise=global train.lr=3e-3 data.validation=0 decoder.calibrate=off");
    genhep_dataset *truth = small_data(SMALL_EVENTS, 1);
    double sum_with = 0, sum_without = 0;
    for (int64_t j = 0; j < SMALL_COLUMNS; j++) {
        double calibrated = marginal_distance(with, "buffer", truth, j);
        /* 3000 training rows behind 65 knots: the largest gap between two knots holds 4.7 % of the events */
        ck_assert_msg(calibrated < 0.01, "column %lld: distance %g", (long long)j, calibrated);
        sum_with += calibrated;
        sum_without += marginal_distance(without, "buffer", truth, j);
        ck_assert(marginal_distance(with, "prior", truth, j) == marginal_distance(without, "prior", truth, j));
    }
    ck_assert_msg(sum_with < 0.5 * sum_without, "with %g, without %g", sum_with, sum_without);
    genhep_model_free(with);
    genhep_model_free(without);
    genhep_dataset_free(truth);
}
END_TEST

START_TEST(the_maps_rise)
{
    genhep_model *model = small_model("loss.noise=global");
    double x[2000 * SMALL_COLUMNS];
    ck_ok(gh_calibration_check(model));
    for (int i = 0; i < 2000; i++)
        for (int j = 0; j < SMALL_COLUMNS; j++) x[i * SMALL_COLUMNS + j] = -8 + 16.0 * i / 1999;
    gh_calibration_apply(model, 2000, x);
    for (int i = 1; i < 2000; i++)
        for (int j = 0; j < SMALL_COLUMNS; j++) ck_assert(x[i * SMALL_COLUMNS + j] > x[(i - 1) * SMALL_COLUMNS + j]);
    model->calibration[5] = model->calibration[4];
    ck_fails(gh_calibration_check(model), GENHEP_E_FORMAT, "rise");
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("calibration", marginals_are_those_of_the_training_rows, the_maps_rise)
