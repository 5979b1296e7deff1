/* test_conditions.c -- conditional models: the same bits for any split, thread count and seek; conditions in the output; what is
 * learned; files; wrong calls. */
#include "testing.h"

#include "model/model.h"
#include "small_model.h"

enum { EVENTS = 3000, C = 2 };

/* Conditions c and a, in the schema's order a then c; b is generated with d. */
#define GIVEN "data.condition=c,a prep.condition=quantile train.figure=loss "

/* One setting for each way through the networks: across lanes, by OpenBLAS (norms), decoder noise of each kind. */
static const char *const settings[] = {
    GIVEN "loss.noise=global", GIVEN "loss.noise=event decoder.activation=leaky", GIVEN "loss.noise=global decoder.norm=layer",
    GIVEN "loss.noise=none loss.beta=1e-3 decoder.norm=batch decoder.residual=skip2", GIVEN "loss.noise=event decoder.residual=add",
    GIVEN "model.family=independent"};
enum { SETTINGS = sizeof settings / sizeof *settings };

static genhep_sampler *sampler_of(const genhep_model *model, int threads)
{
    genhep_options *options;
    genhep_sampler *sampler;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set_int(options, "seed", 5));
    ck_ok(genhep_options_set_int(options, "sample.stream", 2));
    ck_ok(genhep_options_set_int(options, "sample.threads", threads));
    ck_ok(genhep_sampler_create(model, options, &sampler));
    genhep_options_free(options);
    return sampler;
}

/* (EVENTS,C): every seventh row is that of the event before. */
static double *some_conditions(void)
{
    double *cond = malloc(EVENTS * C * sizeof *cond);
    ck_ok(genhep_random_normal(77, 0, 0, EVENTS * C, cond));
    for (int i = 1; i < EVENTS; i++)
        if (i % 7 == 0) memcpy(cond + i * C, cond + (i - 1) * C, C * sizeof *cond);
    return cond;
}

static void draw_split(genhep_sampler *s, const double *cond, const int64_t *splits, int n_splits, double *events)
{
    for (int64_t done = 0, k = 0; done < EVENTS; k++) {
        int64_t n = splits[k % n_splits] < EVENTS - done ? splits[k % n_splits] : EVENTS - done;
        ck_ok(genhep_sampler_draw_double(s, n, cond + done * C, C, events + done * SMALL_COLUMNS, SMALL_COLUMNS, n * SMALL_COLUMNS));
        done += n;
    }
}

static void same_bits_for(const char *setting)
{
    static const int64_t all[] = {EVENTS}, uneven[] = {1, 3, 255, 256, 257, 15, 16, 17, 1000, 63, 64, 65}, few[] = {7};
    const size_t row = SMALL_COLUMNS * sizeof(double), size = EVENTS * row;
    genhep_model *model = small_model(setting);
    double *cond = some_conditions(), *reference = malloc(size), *events = malloc(size), event[SMALL_COLUMNS], weight;
    for (int threads = 1; threads <= 4; threads *= 2) {
        genhep_sampler *s = sampler_of(model, threads);
        draw_split(s, cond, all, 1, threads == 1 ? reference : events);
        ck_assert_msg(threads == 1 || memcmp(reference, events, size) == 0, "%s: %d threads", setting, threads);
        ck_ok(genhep_sampler_seek(s, 0));
        draw_split(s, cond, uneven, 12, events);
        ck_assert_msg(memcmp(reference, events, size) == 0, "%s: split calls, %d threads", setting, threads);
        ck_ok(genhep_sampler_seek(s, 0));
        draw_split(s, cond, few, 1, events);
        ck_assert_msg(memcmp(reference, events, size) == 0, "%s: calls for 7 events, %d threads", setting, threads);
        for (int64_t k = EVENTS - 3; k > 0; k = k * 5 / 6) { /* backwards, anywhere */
            ck_ok(genhep_sampler_seek(s, k));
            ck_ok(genhep_sampler_next(s, cond + k * C, event, &weight));
            ck_assert_msg(memcmp(reference + k * SMALL_COLUMNS, event, row) == 0 && weight == 1, "%s: event %d alone", setting, (int)k);
        }
        ck_ok(genhep_sampler_seek(s, 500));
        for (int64_t k = 500; k < 800; k++) {
            ck_ok(genhep_sampler_next(s, cond + k * C, event, NULL));
            ck_assert_msg(memcmp(reference + k * SMALL_COLUMNS, event, row) == 0, "%s: event %d one by one", setting, (int)k);
        }
        genhep_sampler_free(s);
    }
    genhep_model_free(model);
    free(cond);
    free(reference);
    free(events);
}

START_TEST(same_bits_for_any_split_threads_and_seek)
{
    for (int k = 0; k < SETTINGS; k++) same_bits_for(settings[k]);
}
END_TEST

START_TEST(an_event_depends_on_its_own_conditions_only)
{
    genhep_model *model = small_model(settings[0]);
    double *cond = some_conditions(), one[600 * SMALL_COLUMNS], other[600 * SMALL_COLUMNS];
    genhep_sampler *s = sampler_of(model, 1);
    ck_ok(genhep_sampler_draw_double(s, 600, cond, C, one, SMALL_COLUMNS, 600 * SMALL_COLUMNS));
    cond[123 * C + 1] += 0.25;
    ck_ok(genhep_sampler_seek(s, 0));
    ck_ok(genhep_sampler_draw_double(s, 600, cond, C, other, SMALL_COLUMNS, 600 * SMALL_COLUMNS));
    for (int i = 0; i < 600; i++) {
        int same = memcmp(one + i * SMALL_COLUMNS, other + i * SMALL_COLUMNS, sizeof(double) * SMALL_COLUMNS) == 0;
        ck_assert_msg(same == (i != 123), "event %d", i);
    }
    ck_assert(one[123 * SMALL_COLUMNS + 1] != other[123 * SMALL_COLUMNS + 1]);
    genhep_sampler_free(s);
    genhep_model_free(model);
    free(cond);
}
END_TEST

/* A kept coordinate is a standard normal number, whatever the decoder and the conditions say; the others are not. */
START_TEST(kept_coordinates_are_noise)
{
    enum { N = 3000, B = 1, D = 3 };
    genhep_model *model = small_model(GIVEN "loss.noise=event prep=standardise generator.keep=b");
    double *cond = some_conditions(), sum = 0, squares = 0, *one = malloc(2 * N * SMALL_COLUMNS * sizeof *one), *other = one + N * SMALL_COLUMNS;
    genhep_sampler *s = sampler_of(model, 1);
    ck_ok(genhep_sampler_draw_double(s, N, cond, C, one, SMALL_COLUMNS, N * SMALL_COLUMNS));
    for (int i = 0; i < N * C; i++) cond[i] += 0.25;
    ck_ok(genhep_sampler_seek(s, 0));
    ck_ok(genhep_sampler_draw_double(s, N, cond, C, other, SMALL_COLUMNS, N * SMALL_COLUMNS));
    for (int i = 0; i < N; i++) {
        ck_assert_msg(one[i * SMALL_COLUMNS + B] == other[i * SMALL_COLUMNS + B], "event %d", i);
        ck_assert_msg(one[i * SMALL_COLUMNS + D] != other[i * SMALL_COLUMNS + D], "event %d", i);
        sum += one[i * SMALL_COLUMNS + B], squares += one[i * SMALL_COLUMNS + B] * one[i * SMALL_COLUMNS + B];
    }
    /* the training events' own mean and deviation, within 5 sigma of N drawn and SMALL_EVENTS true ones */
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    double true_sum = 0, true_squares = 0;
    for (int64_t i = 0; i < SMALL_EVENTS; i++) {
        const double x = data->values[i * SMALL_COLUMNS + B];
        true_sum += x, true_squares += x * x;
    }
    const double mean = sum / N, truth = true_sum / SMALL_EVENTS, deviation = sqrt(squares / N - mean * mean);
    const double expected = sqrt(true_squares / SMALL_EVENTS - truth * truth), error = 5 * expected / sqrt((double)N);
    ck_assert_msg(fabs(mean - truth) < error, "mean %g, expected %g", mean, truth);
    ck_assert_msg(fabs(deviation - expected) < error, "deviation %g, expected %g", deviation, expected);
    genhep_dataset_free(data);
    genhep_sampler_free(s);
    genhep_model_free(model);
    free(cond);
    free(one);
}
END_TEST

START_TEST(conditions_stand_in_the_output_as_given)
{
    genhep_model *model = small_model(settings[0]);
    double wide[300 * 5], events[300 * (SMALL_COLUMNS + 2)], *cond = some_conditions();
    float single[300 * SMALL_COLUMNS];
    genhep_column column = {.struct_size = sizeof column};
    ck_assert_int_eq(genhep_model_columns(model), SMALL_COLUMNS);
    ck_assert_int_eq(genhep_model_conditions(model), C);
    ck_ok(genhep_model_condition(model, 0, &column));
    ck_assert_str_eq(column.name, "a");
    ck_assert_str_eq(column.unit, "GeV");
    ck_ok(genhep_model_condition(model, 1, &column));
    ck_assert_str_eq(column.name, "c");
    ck_fails(genhep_model_condition(model, 2, &column), GENHEP_E_ARG, "2 of 2");
    for (int i = 0; i < 300; i++) memcpy(wide + i * 5, cond + i * C, C * sizeof *cond);
    for (int i = 0; i < 300 * (SMALL_COLUMNS + 2); i++) events[i] = -77;
    genhep_sampler *s = sampler_of(model, 1);
    ck_ok(genhep_sampler_draw_double(s, 300, wide, 5, events, SMALL_COLUMNS + 2, 299 * (SMALL_COLUMNS + 2) + SMALL_COLUMNS));
    ck_ok(genhep_sampler_seek(s, 0));
    ck_ok(genhep_sampler_draw_float(s, 300, wide, 5, single, SMALL_COLUMNS, 300 * SMALL_COLUMNS));
    for (int i = 0; i < 300; i++) {
        const double *row = events + i * (SMALL_COLUMNS + 2);
        ck_assert(row[0] == cond[i * C] && row[2] == cond[i * C + 1]);
        ck_assert(row[4] == -77 && row[5] == -77);
        ck_assert(single[i * SMALL_COLUMNS] == (float)cond[i * C] && single[i * SMALL_COLUMNS + 2] == (float)cond[i * C + 1]);
    }
    genhep_sampler_free(s);
    genhep_model_free(model);
    free(cond);
}
END_TEST

/* b = 0.8 a + 0.6 n: given a, its mean is 0.8 a and its deviation 0.6. */
START_TEST(what_is_learned_follows_the_conditions)
{
    enum { N = 20000 };
    genhep_model *model = small_model("data.condition=a data.target=b prep=standardise train.steps=600 train.figure_steps=200 "
                                      "loss.noise=global");
    double *cond = malloc(N * sizeof *cond), *events = malloc(2 * N * sizeof *events);
    ck_assert_int_eq(genhep_model_columns(model), 2); /* c and d are neither */
    for (int i = 0; i < N; i++) cond[i] = i % 2 ? 1 : -1;
    genhep_sampler *s = sampler_of(model, 2);
    ck_ok(genhep_sampler_draw_double(s, N, cond, 1, events, 2, 2 * N));
    double sum[2] = {0, 0}, square[2] = {0, 0};
    for (int i = 0; i < N; i++) {
        sum[i % 2] += 2 * events[2 * i + 1] / N;
        square[i % 2] += 2 * events[2 * i + 1] * events[2 * i + 1] / N;
    }
    for (int k = 0; k < 2; k++) {
        double mean = sum[k], deviation = sqrt(square[k] - mean * mean);
        ck_assert_msg(fabs(mean - (k ? 0.8 : -0.8)) < 0.08, "mean %g for a = %d", mean, 2 * k - 1);
        ck_assert_msg(fabs(deviation - 0.6) < 0.06, "deviation %g for a = %d", deviation, 2 * k - 1);
    }
    /* log p(b|a): highest near the conditional mean, and that of a normal within what a bound of 60 parameters leaves */
    double at[2 * 3] = {1, 0.8, 1, -1.5, -1, -0.8}, density[3];
    ck_ok(genhep_model_log_density(model, NULL, 3, at, 2, density));
    ck_assert_msg(fabs(density[0] + 0.5 * log(2 * 3.14159265 * 0.36)) < 0.25, "log p(0.8 | 1) is %g", density[0]);
    ck_assert(density[1] < density[0] - 4);
    ck_assert(fabs(density[2] - density[0]) < 0.25);
    genhep_sampler_free(s);
    genhep_model_free(model);
    free(cond);
    free(events);
}
END_TEST

START_TEST(files_keep_everything)
{
    for (int k = 0; k < SETTINGS; k++) {
        genhep_model *model = small_model(settings[k]), *read;
        double *cond = some_conditions(), before[300 * SMALL_COLUMNS], after[300 * SMALL_COLUMNS];
        char info[20000];
        ck_ok(genhep_model_verify(model));
        ck_ok(genhep_model_save(model, gh_test_path("m.h5")));
        ck_ok(genhep_model_open(gh_test_path("m.h5"), NULL, &read));
        ck_ok(genhep_model_verify(read));
        ck_assert_int_eq(genhep_model_conditions(read), C);
        genhep_sampler *a = sampler_of(model, 1), *b = sampler_of(read, 1);
        ck_ok(genhep_sampler_draw_double(a, 300, cond, C, before, SMALL_COLUMNS, 300 * SMALL_COLUMNS));
        ck_ok(genhep_sampler_draw_double(b, 300, cond, C, after, SMALL_COLUMNS, 300 * SMALL_COLUMNS));
        ck_assert_msg(memcmp(before, after, sizeof before) == 0, "%s", settings[k]);
        ck_ok(genhep_model_info(read, info, sizeof info, NULL));
        ck_assert_ptr_nonnull(strstr(info, "\"conditions\": [\"a\", \"c\"]"));
        ck_assert_ptr_nonnull(strstr(info, "\"condition_coordinates\": [\"a\", \"c\"]"));
        ck_assert_ptr_nonnull(strstr(info, "\"coordinates\": [\"b\", \"d\"]"));
        genhep_sampler_free(a);
        genhep_sampler_free(b);
        genhep_model_free(model);
        genhep_model_free(read);
        free(cond);
    }
}
END_TEST

START_TEST(latents_belong_to_conditions)
{
    genhep_model *model = small_model(settings[0]);
    double rows[2 * SMALL_COLUMNS] = {0.5, 0.1, 1, 1.2, -0.5, 0.1, 1, 1.2}, mu[2 * 3], sigma[2 * 3], back[2 * SMALL_COLUMNS];
    ck_ok(genhep_model_encode(model, 2, rows, SMALL_COLUMNS, mu, sigma));
    ck_assert(memcmp(mu, mu + 3, sizeof *mu * 3) != 0); /* the same targets, another condition */
    memcpy(back, rows, sizeof back);
    back[1] = back[3] = back[5] = back[7] = NAN; /* written, not read */
    memcpy(mu + 3, mu, 3 * sizeof *mu);
    ck_ok(genhep_model_decode(model, 2, mu, back, SMALL_COLUMNS));
    ck_assert(back[0] == 0.5 && back[4] == -0.5 && back[2] == 1);
    ck_assert(isfinite(back[1]) && back[1] != back[5]);
    back[4] = NAN;
    ck_fails(genhep_model_decode(model, 2, mu, back, SMALL_COLUMNS), GENHEP_E_NUMERIC, "'a' of event 1");
    genhep_model_free(model);
}
END_TEST

START_TEST(wrong_calls_are_answered)
{
    genhep_model *model = small_model(settings[0]), *free_model = small_model("loss.noise=global");
    genhep_options *options;
    double cond[300 * C], events[300 * SMALL_COLUMNS];
    int64_t at;
    genhep_sampler *s = sampler_of(model, 2), *free_sampler = sampler_of(free_model, 1);
    for (int i = 0; i < 300 * C; i++) cond[i] = 0.1;
    ck_fails(genhep_sampler_draw_double(s, 3, NULL, 0, events, 4, 12), GENHEP_E_SHAPE, "expects 2 numbers an event, 'a' first");
    ck_fails(genhep_sampler_next(s, NULL, events, NULL), GENHEP_E_SHAPE, "no conditions");
    ck_fails(genhep_sampler_draw_double(free_sampler, 3, cond, C, events, 4, 12), GENHEP_E_SHAPE, "takes none");
    ck_fails(genhep_sampler_draw_double(s, 3, cond, 1, events, 4, 12), GENHEP_E_ARG, "stride 1");
    cond[280 * C + 1] = NAN;
    ck_fails(genhep_sampler_draw_double(s, 300, cond, C, events, 4, 1200), GENHEP_E_NUMERIC, "condition 'c' of event 280");
    ck_ok(genhep_sampler_tell(s, &at));
    ck_assert_int_eq(at, 0);
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "latent.source", "buffer"));
    genhep_sampler *none;
    ck_fails(genhep_sampler_create(model, options, &none), GENHEP_E_OPTION, "expected 'prior'");
    genhep_options_free(options);
    genhep_sampler_free(s);
    genhep_sampler_free(free_sampler);
    genhep_model_free(model);
    genhep_model_free(free_model);
}
END_TEST

/* In the second of two blocks a condition is outside the domain of its preparation: found on whatever thread, told on this one. */
START_TEST(conditions_outside_the_domain_are_named)
{
    genhep_model *model = small_model("data.condition=d prep.condition=log train.figure=loss");
    double cond[1024], events[1024 * SMALL_COLUMNS];
    for (int i = 0; i < 1024; i++) cond[i] = 1;
    cond[700] = -3;
    genhep_sampler *s = sampler_of(model, 4);
    ck_fails(genhep_sampler_draw_double(s, 1024, cond, 1, events, 4, 4096), GENHEP_E_NUMERIC, "row 700, coordinate 'd'");
    cond[700] = 1;
    ck_ok(genhep_sampler_draw_double(s, 1024, cond, 1, events, 4, 4096));
    genhep_sampler_free(s);
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("conditions", same_bits_for_any_split_threads_and_seek, an_event_depends_on_its_own_conditions_only,
             conditions_stand_in_the_output_as_given, kept_coordinates_are_noise, what_is_learned_follows_the_conditions,
             files_keep_everything, latents_belong_to_conditions, wrong_calls_are_answered, conditions_outside_the_domain_are_named)
