/* test_training.c -- what a trainer promises: same bits for any number of threads and after a resume; clear answers. */
#include "testing.h"

#include "small_model.h"
#include "train/trainer.h"

static genhep_trainer *trainer_of(const genhep_options *options, const genhep_dataset *data)
{
    const genhep_dataset *tables[1] = {data};
    genhep_model *model;
    genhep_trainer *trainer;
    ck_ok(genhep_bvae_create(options, tables, 1, &model));
    ck_ok(genhep_trainer_create(model, tables, 1, options, &trainer));
    genhep_model_free(model);
    return trainer;
}

static void same_weights(const genhep_trainer *a, const genhep_trainer *b)
{
    size_t bytes = (size_t)a->model->n_parameters * sizeof(gh_real);
    ck_assert_int_eq(a->model->n_parameters, b->model->n_parameters);
    ck_assert(memcmp(a->model->parameters, b->model->parameters, bytes) == 0);
    ck_assert(memcmp(a->weights.first, b->weights.first, bytes) == 0);
    ck_assert(memcmp(a->best, b->best, bytes) == 0);
    if (a->weights.average) ck_assert(memcmp(a->weights.average, b->weights.average, bytes) == 0);
    ck_assert(a->state.figure == b->state.figure && a->state.best_step == b->state.best_step);
}

enum { VARIANTS = 5 };

static genhep_options *variant_options(int k)
{
    static const char *const settings[VARIANTS] = {
        "loss.noise=global train.batch=700",
        "loss.noise=none loss.beta=1e-4 train.schedule=staged train.average=0 train.figure=loss",
        "loss.noise=event encoder.norm=batch encoder.dropout=0.1 decoder.norm=layer train.optimiser=adamw train.weight_decay=0.01",
        "loss.noise=global train.optimiser=sgd train.lr=0.01 train.schedule=plateau train.epochs=8",
        "loss.noise=global encoder.units=64 decoder.units=70 train.batch=700", /* wide enough for products on tiles */
    };
    genhep_options *options = small_options(settings[k]);
    if (k == 1) ck_ok(genhep_options_set_text(options, "train.stages", "adam 3, adam 2, sgd 2"));
    return options;
}

START_TEST(threads_change_no_bit)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    for (int k = 0; k < VARIANTS; k++) {
        genhep_options *options = variant_options(k);
        genhep_trainer *reference = trainer_of(options, data);
        ck_ok(genhep_trainer_run(reference, NULL, NULL, NULL));
        for (int threads = 2; threads <= 4; threads++) {
            ck_ok(genhep_options_set_int(options, "train.threads", threads));
            genhep_trainer *other = trainer_of(options, data);
            ck_ok(genhep_trainer_run(other, NULL, NULL, NULL));
            same_weights(reference, other);
            genhep_trainer_free(other);
        }
        genhep_trainer_free(reference);
        genhep_options_free(options);
    }
    genhep_dataset_free(data);
}
END_TEST

START_TEST(resume_continues_bitwise)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    for (int k = 0; k < VARIANTS; k++) {
        genhep_options *options = variant_options(k);
        genhep_trainer *whole = trainer_of(options, data), *part = trainer_of(options, data), *resumed;
        ck_ok(genhep_trainer_run(whole, NULL, NULL, NULL));
        ck_ok(genhep_trainer_step(part, 37)); /* in the middle of an epoch and of a stage */
        ck_ok(genhep_trainer_save(part, gh_test_path("part.ckpt")));
        genhep_trainer_free(part);
        genhep_options *more_threads;
        ck_ok(genhep_options_create(&more_threads));
        ck_ok(genhep_options_set_int(more_threads, "train.threads", 3));
        ck_ok(genhep_options_set(more_threads, "data.train", "moved.h5")); /* a name; the data are at hand */
        ck_ok(genhep_options_set(more_threads, "train.lr", "7"));          /* has no say */
        ck_ok(genhep_trainer_resume(gh_test_path("part.ckpt"), tables, 1, more_threads, &resumed));
        ck_assert_str_eq(gh_option_text(resumed->model->options, "data.train"), "moved.h5");
        ck_ok(genhep_trainer_run(resumed, NULL, NULL, NULL));
        same_weights(whole, resumed);
        genhep_trainer_free(whole);
        genhep_trainer_free(resumed);
        genhep_options_free(options);
        genhep_options_free(more_threads);
    }
    genhep_dataset_free(data);
}
END_TEST

START_TEST(kernels_agree_up_to_rounding)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_trainer *trainer[2];
    genhep_options *options = variant_options(4);
    ck_ok(genhep_options_set_text(options, "train.kernel", "auto"));
    trainer[0] = trainer_of(options, data);
    ck_assert_str_eq(genhep_trainer_kernel(trainer[0]), gh_kernel_runs(GH_KERNEL_AMX) ? "amx" : "blas");
    ck_assert_str_eq(genhep_trainer_kernel(NULL), "");
    ck_ok(genhep_options_set_text(options, "train.kernel", "blas"));
    trainer[1] = trainer_of(options, data);
    ck_assert_str_eq(genhep_trainer_kernel(trainer[1]), "blas");
    for (int i = 0; i < 2; i++) ck_ok(genhep_trainer_step(trainer[i], 5));
    const int64_t n = trainer[0]->model->n_parameters;
    int64_t same = 0;
    double worst = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        double a = (double)trainer[0]->model->parameters[i], b = (double)trainer[1]->model->parameters[i];
        same += a == b;
        worst += (a - b) * (a - b), size += b * b;
    }
    ck_assert_msg(sqrt(worst / size) < 1e-5, "the weights differ by %g of their size", sqrt(worst / size));
    if (gh_kernel_runs(GH_KERNEL_AMX)) ck_assert_int_lt(same, n - n / 50); /* it was another kernel indeed */
    for (int i = 0; i < 2; i++) genhep_trainer_free(trainer[i]);
    if (!gh_kernel_runs(GH_KERNEL_AMX)) {
        genhep_model *model;
        ck_ok(genhep_bvae_create(options, tables, 1, &model));
        ck_ok(genhep_options_set_text(options, "train.kernel", "amx"));
        ck_fails(genhep_trainer_create(model, tables, 1, options, &trainer[0]), GENHEP_E_OPTION, "train.kernel");
        ck_assert_ptr_null(trainer[0]);
        genhep_model_free(model);
    }
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(resume_wants_the_same_data)
{
    genhep_options *options = small_options("");
    genhep_dataset *data = small_data(SMALL_EVENTS, 1), *other = small_data(SMALL_EVENTS, 2);
    const genhep_dataset *tables[1] = {other};
    genhep_trainer *trainer = trainer_of(options, data), *resumed;
    ck_ok(genhep_trainer_step(trainer, 3));
    ck_ok(genhep_trainer_save(trainer, gh_test_path("data.ckpt")));
    ck_fails(genhep_trainer_resume(gh_test_path("data.ckpt"), tables, 1, NULL, &resumed), GENHEP_E_STATE, "data");
    ck_assert_ptr_null(resumed);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    genhep_dataset_free(data);
    genhep_dataset_free(other);
}
END_TEST

static int32_t stop_at_20(void *user, const genhep_progress *progress)
{
    int64_t *seen = user;
    *seen = progress->step;
    return 1;
}

START_TEST(callback_stops_and_leaves_a_checkpoint)
{
    genhep_options *options = small_options("train.steps=1000000 train.figure_steps=100000");
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_trainer *trainer = trainer_of(options, data), *resumed;
    int64_t seen = -1;
    ck_fails(genhep_trainer_run(trainer, gh_test_path("stop.ckpt"), stop_at_20, &seen), GENHEP_E_USER, "stopped at step");
    ck_assert_int_ge(seen, 1);
    ck_ok(genhep_trainer_resume(gh_test_path("stop.ckpt"), tables, 1, NULL, &resumed));
    genhep_progress progress = {.struct_size = sizeof progress};
    ck_ok(genhep_trainer_progress(resumed, &progress));
    ck_assert_int_eq(progress.step, seen);
    ck_assert_int_eq(progress.finished, 0);
    genhep_trainer_free(trainer);
    genhep_trainer_free(resumed);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(divergence_is_a_status_and_keeps_the_last_good_weights)
{
    genhep_options *options = small_options("loss.noise=none loss.beta=0.5 train.optimiser=sgd train.lr=10 train.clip=0 train.schedule=constant "
                                            "train.warmup=0 train.steps=500 decoder.output=linear");
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    genhep_trainer *trainer = trainer_of(options, data);
    ck_fails(genhep_trainer_run(trainer, gh_test_path("nan.ckpt"), NULL, NULL), GENHEP_E_NUMERIC, "step");
    for (int64_t i = 0; i < trainer->model->n_trainable; i++) ck_assert(isfinite(trainer->model->parameters[i]));
    ck_assert(access(gh_test_path("nan.ckpt"), R_OK) == 0);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(loss_falls_and_correlations_are_learned)
{
    genhep_options *options = small_options("train.steps=1500 train.lr=3e-3 loss.noise=global train.figure_steps=500");
    genhep_dataset *data = small_data(20000, 1), *unseen = small_data(20000, 9);
    genhep_trainer *trainer = trainer_of(options, data);
    genhep_model *model;
    genhep_sampler *sampler;
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    genhep_progress progress = {.struct_size = sizeof progress};
    ck_ok(genhep_trainer_progress(trainer, &progress));
    ck_assert_int_eq(progress.finished, 1);
    ck_assert(progress.best_figure < 3); /* 1 is perfect; independent columns give above 30 here */
    ck_ok(genhep_trainer_model(trainer, GENHEP_BEST, &model));
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    double *x = malloc(20000 * SMALL_COLUMNS * sizeof *x), *t = malloc(20000 * SMALL_COLUMNS * sizeof *t);
    ck_ok(genhep_sampler_draw_double(sampler, 20000, NULL, 0, x, SMALL_COLUMNS, 20000 * SMALL_COLUMNS));
    ck_ok(genhep_dataset_values(unseen, t, SMALL_COLUMNS, 20000 * SMALL_COLUMNS));
    double product[2] = {0, 0};
    for (int i = 0; i < 20000; i++) {
        product[0] += x[i * 4] * x[i * 4 + 1] / 20000;
        product[1] += t[i * 4] * t[i * 4 + 1] / 20000;
    }
    ck_assert_msg(fabs(product[0] - product[1]) < 0.06, "<ab> generated %g, true %g", product[0], product[1]);
    free(x);
    free(t);
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    genhep_dataset_free(data);
    genhep_dataset_free(unseen);
}
END_TEST

START_TEST(wrong_use_is_answered)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_options *options = small_options("model.family=independent");
    genhep_model *model;
    genhep_trainer *trainer;
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_fails(genhep_trainer_create(model, tables, 1, NULL, &trainer), GENHEP_E_STATE, "independent");
    genhep_model_free(model);
    genhep_options_free(options);
    options = small_options("");
    ck_ok(genhep_bvae_create(options, tables, 1, &model));
    genhep_options *other;
    ck_ok(genhep_options_create(&other));
    ck_ok(genhep_options_set(other, "encoder.units", "17"));
    ck_fails(genhep_trainer_create(model, tables, 1, other, &trainer), GENHEP_E_OPTION, "encoder.units");
    genhep_options_free(other);
    ck_fails(genhep_trainer_create(model, NULL, 0, NULL, &trainer), GENHEP_E_ARG, "datasets");
    genhep_sampler *sampler;
    ck_fails(genhep_sampler_create(model, NULL, &sampler), GENHEP_E_STATE, "buffer");
    genhep_model_free(model);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(validation_is_without_dropout)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    genhep_options *with = small_options("encoder.dropout=0.5 decoder.dropout=0.5"), *without = small_options("");
    genhep_trainer *a = trainer_of(with, data), *b = trainer_of(without, data); /* the same start weights */
    ck_assert(gh_trainer_validation(a, a->model->parameters) == gh_trainer_validation(b, b->model->parameters));
    genhep_trainer_free(a);
    genhep_trainer_free(b);
    genhep_options_free(with);
    genhep_options_free(without);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(a_reconstruction_without_weight_is_refused)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_options *options = small_options("loss.noise=none");
    genhep_model *model;
    genhep_trainer *trainer;
    ck_fails(genhep_bvae_create(options, tables, 1, &model), GENHEP_E_OPTION, "loss.beta: found 1, expected below 1 with loss.noise = none");
    ck_assert_ptr_null(model);
    ck_ok(genhep_options_set(options, "loss.beta", "0.5"));
    ck_ok(genhep_bvae_create(options, tables, 1, &model));
    genhep_options *other;
    ck_ok(genhep_options_create(&other));
    ck_ok(genhep_options_set(other, "loss.beta", "2"));
    ck_fails(genhep_trainer_create(model, tables, 1, other, &trainer), GENHEP_E_OPTION, "loss.beta: found 2");
    genhep_model_free(model);
    ck_ok(genhep_options_set(options, "model.family", "ae"));
    ck_ok(genhep_options_set(options, "loss.beta", "1")); /* not used by it */
    ck_ok(genhep_bvae_create(options, tables, 1, &model));
    genhep_model_free(model);
    genhep_options_free(options);
    genhep_options_free(other);
    genhep_dataset_free(data);
}
END_TEST

static void count_calibration(void *user, int32_t level, const char *message)
{
    if (level == GENHEP_LOG_WARNING && strstr(message, "not calibrated")) ++*(int64_t *)user;
}

typedef struct calls {
    int64_t n, at_last;
    double loss;
    int stop_at_last;
} calls;

static int32_t count_calls(void *user, const genhep_progress *progress)
{
    calls *c = user;
    c->n++;
    c->at_last += progress->step == progress->steps;
    c->loss = progress->loss;
    if (progress->step == progress->steps) return c->stop_at_last;
    return 0;
}

START_TEST(the_last_step_is_reported_once)
{
    /* the first step is always reported, and here it is the last */
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    genhep_options *options = small_options("train.steps=1");
    calls c = {.stop_at_last = 1};
    genhep_trainer *trainer = trainer_of(options, data);
    ck_ok(genhep_trainer_run(trainer, NULL, count_calls, &c)); /* stopping when all is done stops nothing */
    ck_assert_int_eq(c.at_last, 1);
    ck_assert_msg(isfinite(c.loss), "loss %g", c.loss); /* of the steps so far: no 100 are there */
    ck_assert(c.loss == trainer->state.loss);
    ck_ok(genhep_trainer_run(trainer, NULL, count_calls, &c)); /* nothing left to do is told all the same */
    ck_assert_int_eq(c.at_last, 2);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(failures_leave_no_handle)
{
    genhep_model *model = (genhep_model *)&model;
    genhep_sampler *sampler = (genhep_sampler *)&model;
    genhep_trainer *trainer = (genhep_trainer *)&model;
    ck_fails(genhep_sampler_create(NULL, NULL, &sampler), GENHEP_E_ARG, "model");
    ck_assert_ptr_null(sampler);
    ck_fails(genhep_trainer_create(NULL, NULL, 0, NULL, &trainer), GENHEP_E_ARG, "model");
    ck_assert_ptr_null(trainer);
    trainer = (genhep_trainer *)&model;
    ck_fails(genhep_trainer_resume(NULL, NULL, 0, NULL, &trainer), GENHEP_E_ARG, "path");
    ck_assert_ptr_null(trainer);
    ck_fails(genhep_trainer_model(NULL, GENHEP_BEST, &model), GENHEP_E_ARG, "trainer");
    ck_assert_ptr_null(model);
    model = (genhep_model *)&model;
    ck_fails(genhep_model_open(NULL, NULL, &model), GENHEP_E_ARG, "path");
    ck_assert_ptr_null(model);
    model = (genhep_model *)&model;
    ck_fails(genhep_model_open_memory(NULL, 3, NULL, &model), GENHEP_E_ARG, "bytes");
    ck_assert_ptr_null(model);
}
END_TEST

START_TEST(weights_count)
{
    /* every event with a > 0 has weight 3, the others 1: the mean of a generated column moves as the weighted mean says */
    enum { EVENTS = 8000 };
    static const char *const names[1] = {"a"};
    double *x = malloc(EVENTS * sizeof *x), *w = malloc(EVENTS * sizeof *w), mean = 0;
    genhep_dataset *data;
    ck_ok(genhep_random_normal(4, 0, 0, EVENTS, x));
    for (int i = 0; i < EVENTS; i++) w[i] = x[i] > 0 ? 3 : 1;
    ck_ok(genhep_dataset_from_arrays(NULL, EVENTS, 1, names, NULL, x, 1, w, &data));
    genhep_options *options = small_options("prep=standardise loss.noise=global loss.noise_start=0.1 latent.dim=1 train.steps=300 data.validation=0");
    genhep_trainer *trainer = trainer_of(options, data);
    genhep_model *model;
    genhep_sampler *sampler;
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, EVENTS, NULL, 0, x, 1, EVENTS));
    for (int i = 0; i < EVENTS; i++) mean += x[i] / EVENTS;
    ck_assert_msg(fabs(mean - 0.5 * sqrt(2 / M_PI)) < 0.08, "mean %g, expected %g", mean, 0.5 * sqrt(2 / M_PI));
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    genhep_trainer_free(trainer);
    genhep_dataset_free(data);
    for (int i = 0; i < EVENTS; i++) w[i] = i % 7 ? 1 : -0.5;
    ck_ok(genhep_dataset_from_arrays(NULL, EVENTS, 1, names, NULL, x, 1, w, &data));
    trainer = trainer_of(options, data);
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    model = (genhep_model *)options;
    ck_fails(genhep_trainer_model(trainer, GENHEP_LAST, &model), GENHEP_E_NUMERIC, "negative weights");
    ck_assert_ptr_null(model);
    genhep_trainer_free(trainer);
    /* nor can the figure, which draws through the buffer, be made with them; the message says what failed and when */
    ck_ok(genhep_options_parse(options, "data.validation=0.1"));
    trainer = trainer_of(options, data);
    ck_fails(genhep_trainer_run(trainer, NULL, NULL, NULL), GENHEP_E_NUMERIC, "step 20: the validation figure");
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    /* without a buffer there is a model; quantiles cannot be calibrated to such weights, which is logged */
    options = small_options("prep=standardise loss.noise=global latent.source=prior latent.dim=1 data.validation=0");
    int64_t lines = 0;
    ck_ok(genhep_options_set_log(options, count_calibration, &lines));
    trainer = trainer_of(options, data);
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    ck_assert_ptr_null(model->calibration);
    ck_assert_int_eq(lines, 1);
    genhep_model_free(model);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    genhep_dataset_free(data);
    free(x);
    free(w);
}
END_TEST

GH_TEST_MAIN("training", threads_change_no_bit, resume_continues_bitwise, kernels_agree_up_to_rounding, resume_wants_the_same_data,
             callback_stops_and_leaves_a_checkpoint, divergence_is_a_status_and_keeps_the_last_good_weights,
             loss_falls_and_correlations_are_learned, wrong_use_is_answered, validation_is_without_dropout,
             a_reconstruction_without_weight_is_refused, the_last_step_is_reported_once, failures_leave_no_handle, weights_count)
