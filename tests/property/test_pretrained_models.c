/* test_pretrained_models.c -- the models in examples/models: small, sound, and events of theirs have the masses of their truth. */
#include "testing.h"

#define TTBAR "examples/models/ttbar_6q_gan.h5"
#define ZMUMU "examples/models/zmumu_pp_bvae.h5"
#define PAPER "examples/models/ttbar_6q_gan_paper.h5"

enum { EVENTS = 20000, MOST_COLUMNS = 24, MOST_BYTES = 400000 };

static double *draw_verified(const char *path, int64_t columns)
{
    genhep_model *model;
    genhep_sampler *sampler;
    double *events = malloc(EVENTS * MOST_COLUMNS * sizeof *events);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s cannot be opened (run from the root of the source tree)", path);
    fseek(file, 0, SEEK_END);
    ck_assert_msg(ftell(file) <= MOST_BYTES, "%s has %ld bytes", path, ftell(file));
    fclose(file);
    ck_ok(genhep_model_open(path, NULL, &model));
    ck_ok(genhep_model_verify(model));
    ck_assert_int_eq(genhep_model_columns(model), columns);
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, EVENTS, NULL, 0, events, columns, EVENTS * columns));
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    return events;
}

/* Invariant mass of `count` particles of an event, four columns E px py pz each, from the first one named. */
static double mass(const double *event, int first, int count)
{
    double sum[4] = {0};
    for (int k = 0; k < count; k++)
        for (int c = 0; c < 4; c++) sum[c] += event[4 * (first + k) + c];
    return sqrt(sum[0] * sum[0] - sum[1] * sum[1] - sum[2] * sum[2] - sum[3] * sum[3]);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median and central 68 % half width. At 20000 events their errors are below 0.04 GeV and 2 %. */
static void peak(const double *events, int64_t columns, int first, int count, double median, double width, double tolerance)
{
    double *m = malloc(EVENTS * sizeof *m);
    for (int64_t i = 0; i < EVENTS; i++) m[i] = mass(events + i * columns, first, count);
    qsort(m, EVENTS, sizeof *m, ascending);
    const double found = (m[EVENTS * 84 / 100] - m[EVENTS * 16 / 100]) / 2;
    ck_assert_msg(fabs(m[EVENTS / 2] - median) < 0.1, "median %g, expected %g", m[EVENTS / 2], median);
    ck_assert_msg(fabs(found / width - 1) < tolerance, "half width %g, expected %g", found, width);
    free(m);
}

static void balanced(const double *events, int64_t columns)
{
    for (int64_t i = 0; i < EVENTS; i++) {
        double px = 0, py = 0, scale = 0;
        for (int64_t k = 0; k < columns; k += 4) {
            px += events[i * columns + k + 1], py += events[i * columns + k + 2];
            scale += fabs(events[i * columns + k + 1]) + fabs(events[i * columns + k + 2]);
        }
        ck_assert_msg(fabs(px) + fabs(py) <= 1e-12 * scale, "event %lld: %g %g of %g", (long long)i, px, py, scale);
    }
}

/* Breit-Wigner within 15 widths: quantile u at M + (Gamma/2) tan(pi (u - 1/2) q), q = (2/pi) arctan(30). */
START_TEST(ttbar)
{
    double *events = draw_verified(TTBAR, 24);
    const double factor = tan(0.34 * 2 * atan(30)) / 2;
    for (int top = 0; top < 2; top++) {
        peak(events, 24, 3 * top, 3, 173, 1.4 * factor, 0.05);
        peak(events, 24, 3 * top + 1, 2, 80.385, 2.085 * factor, 0.05);
    }
    balanced(events, 24);
    free(events);
}
END_TEST

/* Closed form: docs/PROCESSES.md#zll. */
START_TEST(zmumu)
{
    double *events = draw_verified(ZMUMU, 8), m[3], M = 91.1876, W = M * 2.4952;
    const double low = atan((2500 - M * M) / W), high = atan((3250. * 3250 - M * M) / W), u[3] = {0.16, 0.5, 0.84};
    for (int k = 0; k < 3; k++) m[k] = sqrt(M * M + W * tan(low + u[k] * (high - low)));
    peak(events, 8, 0, 2, m[1], (m[2] - m[0]) / 2, 0.05);
    balanced(events, 8);
    free(events);
}
END_TEST

/* The published event GAN holds the W within 10 %; median and width are those of 300 000 events of its sample. */
START_TEST(ttbar_as_published)
{
    double *events = draw_verified(PAPER, 24);
    for (int top = 0; top < 2; top++) peak(events, 24, 3 * top + 1, 2, 80.456, 1.880, 0.1);
    free(events);
}
END_TEST

GH_TEST_MAIN("pretrained_models", ttbar, zmumu, ttbar_as_published)
