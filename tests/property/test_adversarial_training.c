/* test_adversarial_training.c -- what an adversarial trainer promises: same bits for any number of threads and after a
 * resume, it learns, it says when it goes wrong, and its models round trip without the discriminator. */
#include "testing.h"

#include "small_model.h"
#include "train/adversarial/adversary.h"
#include "train/adversarial/watch.h"

#define GAN                                                                                                              \
    "model.family=gan latent.dim=0 generator.layers=2 generator.units=16 discriminator.layers=2 discriminator.units=16 " \
    "train.steps=60 train.batch=300 train.figure_steps=20 "

static genhep_trainer *trainer_of(const genhep_options *options, const genhep_dataset *data)
{
    const genhep_dataset *tables[1] = {data};
    genhep_model *model;
    genhep_trainer *trainer;
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_ok(genhep_trainer_create(model, tables, 1, options, &trainer));
    genhep_model_free(model);
    return trainer;
}

static const gh_weights *critic_of(const genhep_trainer *t)
{
    const gh_adversary *a = t->method_state;
    return &a->critic.weights;
}

static void same_weights(const genhep_trainer *a, const genhep_trainer *b)
{
    size_t bytes = (size_t)a->model->n_parameters * sizeof(gh_real);
    const gh_weights *p = critic_of(a), *q = critic_of(b);
    ck_assert(memcmp(a->model->parameters, b->model->parameters, bytes) == 0);
    ck_assert(memcmp(a->weights.first, b->weights.first, bytes) == 0);
    ck_assert(memcmp(a->best, b->best, bytes) == 0);
    ck_assert_int_eq(p->optimiser_steps, q->optimiser_steps);
    ck_assert(memcmp(p->parameters, q->parameters, (size_t)p->n * sizeof(gh_real)) == 0);
    ck_assert(memcmp(p->second, q->second, (size_t)p->n * sizeof(gh_real)) == 0);
    const gh_spectrum *s = &((const gh_adversary *)a->method_state)->critic.spectrum, *r = &((const gh_adversary *)b->method_state)->critic.spectrum;
    ck_assert_int_eq(s->n_left, r->n_left);
    ck_assert(!s->count || memcmp(s->left, r->left, (size_t)s->n_left * sizeof(gh_real)) == 0);
    ck_assert(a->state.figure == b->state.figure && a->state.best_step == b->state.best_step);
}

enum { VARIANTS = 9 };

static genhep_options *variant_options(int k)
{
    static const char *const settings[VARIANTS] = {
        GAN "generator.skip=on train.batch=700 loss.penalty=logit",
        GAN "loss.gan=wasserstein loss.penalty=gradient discriminator.steps=3 loss.gradient_penalty=1 train.average=0",
        GAN "loss.gan=hinge latent.noise=uniform discriminator.dropout=0.2 generator.norm=batch train.schedule=inverse_time discriminator.decay=0.1",
        GAN "generator.noise=event latent.noise=uniform latent.dim=2 loss.penalty=r1r2 prep=suppress(d),standardise",
        GAN "loss.gan=wasserstein loss.penalty=none discriminator.clip=0.01 discriminator.optimiser=sgd",
        GAN "discriminator.minibatch=5x3 loss.penalty=logit train.batch=700",
        GAN "loss.gan=hinge loss.penalty=none discriminator.norm=spectral discriminator.steps=2",
        GAN "discriminator.norm=spectral discriminator.kind=rnn discriminator.layers=1 discriminator.units=8 discriminator.minibatch=2x2 loss.penalty=r1r2",
        GAN "generator.kind=streams generator.grid=1x2,1x1 generator.channels=2,3,2 generator.kernel=2 generator.layers=0 loss.penalty=none "
            "discriminator.kind=streams discriminator.grid=1x2,1x1 discriminator.channels=3,2 discriminator.kernel=2 train.batch=260 "
            "discriminator.features=sum(*),filled(b)",
    };
    genhep_options *options = small_options(settings[k]);
    ck_ok(genhep_options_set(options, "loss.mmd", "a: 0.3 1 ; b, c: 1 * 0.2"));
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
        ck_ok(genhep_trainer_step(part, 37));
        ck_ok(genhep_trainer_save(part, gh_test_path("part.ckpt")));
        ck_ok(genhep_trainer_resume(gh_test_path("part.ckpt"), tables, 1, NULL, &resumed));
        ck_ok(genhep_trainer_run(resumed, NULL, NULL, NULL));
        same_weights(whole, resumed);
        genhep_trainer_free(whole);
        genhep_trainer_free(part);
        genhep_trainer_free(resumed);
        genhep_options_free(options);
    }
    genhep_dataset_free(data);
}
END_TEST

static double correlation(const double *x, int64_t n, int64_t D, int64_t i, int64_t j)
{
    double si = 0, sj = 0, sii = 0, sjj = 0, sij = 0;
    for (int64_t k = 0; k < n; k++) {
        double a = x[k * D + i], b = x[k * D + j];
        si += a, sj += b, sii += a * a, sjj += b * b, sij += a * b;
    }
    return (sij - si * sj / (double)n) / sqrt((sii - si * si / (double)n) * (sjj - sj * sj / (double)n));
}

/* Correlation of the first two columns that a model trained on `data` generates; the data are freed. */
static double learned_from(genhep_dataset *data, const char *settings)
{
    enum { M = 20000 };
    genhep_options *options = small_options(settings);
    genhep_trainer *trainer = trainer_of(options, data);
    genhep_model *model;
    genhep_sampler *sampler;
    double *x = malloc((size_t)(M * SMALL_COLUMNS) * sizeof *x);
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, M, NULL, 0, x, SMALL_COLUMNS, M * SMALL_COLUMNS));
    double r = correlation(x, M, SMALL_COLUMNS, 0, 1);
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    genhep_trainer_free(trainer);
    genhep_dataset_free(data);
    genhep_options_free(options);
    free(x);
    return r;
}

/* Columns a and b have correlation 0.8; the generator starts with none. */
static double learned_correlation(const char *settings)
{
    return learned_from(small_data(SMALL_EVENTS, 1), settings);
}

/* Columns a and b with correlation 0.8 and weight 1, and as many with -0.8: half of those with weight 1, half with -1. Without the
 * weights, or with their sizes alone, the correlation is 0. */
static genhep_dataset *signed_data(int weighted)
{
    enum { M = 2 * SMALL_EVENTS };
    static const char *const names[SMALL_COLUMNS] = {"a", "b", "c", "d"};
    double *x = malloc(M * SMALL_COLUMNS * sizeof *x), *weights = malloc(M * sizeof *weights);
    genhep_dataset *data;
    ck_ok(genhep_random_normal(8, 0, 0, M * SMALL_COLUMNS, x));
    for (int64_t i = 0; i < M; i++) {
        x[i * SMALL_COLUMNS + 1] = (i % 2 ? -0.8 : 0.8) * x[i * SMALL_COLUMNS] + 0.6 * x[i * SMALL_COLUMNS + 1];
        weights[i] = i % 4 == 3 ? -1 : 1;
    }
    ck_ok(genhep_dataset_from_arrays(NULL, M, SMALL_COLUMNS, names, NULL, x, SMALL_COLUMNS, weighted ? weights : NULL, &data));
    free(x);
    free(weights);
    return data;
}

START_TEST(weights_of_either_sign_shape_the_truth)
{
#define SIGNED GAN "prep=standardise generator.skip=on generator.output_gain=0.05 train.lr=2e-3 discriminator.units=32 loss.gradient_penalty=0.3 " \
    "loss.penalty=r1r2 train.beta1=0.5 train.average=0.99 train.steps=1000 train.figure_steps=1000 "
    double with = learned_from(signed_data(1), SIGNED), without = learned_from(signed_data(0), SIGNED);
    ck_assert_msg(fabs(with - 0.8) < 0.12, "correlation %g, expected 0.8", with);
    ck_assert_msg(fabs(without) < 0.12, "without weights: correlation %g, expected 0", without);
}
END_TEST

/* The options that look at weights and at rows together still learn. */
START_TEST(spectral_and_minibatch_learn)
{
#define SHORT "generator.skip=on generator.output_gain=0.05 train.lr=2e-3 discriminator.units=32 train.beta1=0.5 train.steps=800 train.figure_steps=800 "
    double spectral = learned_correlation(GAN SHORT "discriminator.norm=spectral loss.penalty=none train.average=0.995");
    double minibatch = learned_correlation(GAN SHORT "discriminator.minibatch=8x4 train.batch=256 loss.gradient_penalty=0.1");
    ck_assert_msg(fabs(spectral - 0.8) < 0.1, "spectral: correlation %g, expected 0.8", spectral);
    ck_assert_msg(fabs(minibatch - 0.8) < 0.1, "minibatch: correlation %g, expected 0.8", minibatch);
}
END_TEST

static double largest_singular(const gh_real *W, int64_t O, int64_t I)
{
    double v[64], u[64], length = 0;
    for (int64_t i = 0; i < I; i++) v[i] = 1 + 0.1 * (double)i;
    for (int k = 0; k < 500; k++) {
        length = 0;
        for (int64_t o = 0; o < O; o++) u[o] = 0;
        for (int64_t o = 0; o < O; o++)
            for (int64_t i = 0; i < I; i++) u[o] += (double)W[o * I + i] * v[i];
        for (int64_t i = 0; i < I; i++) {
            v[i] = 0;
            for (int64_t o = 0; o < O; o++) v[i] += (double)W[o * I + i] * u[o];
            length += v[i] * v[i];
        }
        for (int64_t i = 0; i < I; i++) v[i] /= sqrt(length);
    }
    return sqrt(sqrt(length)); /* |W^T W v| of a unit v */
}

START_TEST(spectral_weights_stretch_by_one)
{
    genhep_options *options = small_options(GAN "discriminator.norm=spectral loss.penalty=none");
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    genhep_trainer *trainer = trainer_of(options, data);
    ck_ok(genhep_trainer_step(trainer, 60));
    gh_critic *critic = &((gh_adversary *)trainer->method_state)->critic;
    gh_critic_refresh(trainer, critic, 1);
    for (int64_t k = 0; k < critic->network.n_layers; k++) {
        const gh_layer *l = &critic->network.layer[k];
        const double used = largest_singular(critic->parameters + l->weights, l->outputs, l->inputs);
        const double trained = largest_singular(critic->trained + l->weights, l->outputs, l->inputs);
        ck_assert_msg(fabs(used - 1) < 0.01, "layer %d: %g", (int)k, used);
        ck_assert_msg(fabs(trained - 1) > 0.05, "layer %d: the trained weights are normalised too, %g", (int)k, trained);
    }
    genhep_trainer_free(trainer);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

START_TEST(it_learns_a_correlation)
{
#define LEARN GAN "generator.skip=on generator.output_gain=0.05 train.lr=2e-3 discriminator.units=32 loss.gradient_penalty=0.1 train.beta1=0.5 "
    double before = learned_correlation(LEARN "train.steps=1"), after = learned_correlation(LEARN "train.steps=1200 train.figure_steps=1200");
    ck_assert_msg(fabs(before) < 0.1, "the skip start is not independent: %g", before);
    ck_assert_msg(fabs(after - 0.8) < 0.06, "correlation %g, expected 0.8", after);
}
END_TEST

typedef struct heard {
    int collapse, won;
} heard;

static void listen(void *user, int32_t level, const char *message)
{
    heard *h = user;
    if (level != GENHEP_LOG_WARNING) return;
    h->collapse += strstr(message, "mode collapse") != NULL;
    h->won += strstr(message, "discriminator has won") != NULL;
}

START_TEST(collapse_is_said_once)
{
    /* a generator that always gives the same event, next to a discriminator that may learn */
    genhep_options *options = small_options(GAN "generator.output_gain=0 train.lr=1e-9 discriminator.lr=0.01 loss.penalty=none train.steps=400");
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    heard h = {0, 0};
    ck_ok(genhep_options_set_log(options, listen, &h));
    genhep_trainer *trainer = trainer_of(options, data);
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_assert_int_eq(h.collapse, 1);
    ck_assert_int_eq(h.won, 1);
    genhep_trainer_free(trainer);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

/* The watch by itself: a coordinate that narrows is named once, again after it was sound, and one that widens a thousandfold or is not
 * finite ends the training by name. */
START_TEST(the_watch_names_coordinates)
{
    enum { M = 400, LAST = SMALL_COLUMNS - 1 };
    genhep_options *options = small_options(GAN);
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    heard h = {0, 0};
    int64_t warned = 0;
    ck_ok(genhep_options_set_log(options, listen, &h));
    genhep_trainer *t = trainer_of(options, data);
    gh_real *truth = malloc(M * SMALL_COLUMNS * sizeof *truth), *rows = malloc(M * SMALL_COLUMNS * sizeof *rows);
    memcpy(truth, t->data.rows, M * SMALL_COLUMNS * sizeof *truth);
    const gh_real factors[] = {1, (gh_real)0.1, (gh_real)0.1, 1, (gh_real)0.1, 2000, INFINITY};
    const int said[] = {0, 1, 1, 1, 2, 2, 2};
    for (int k = 0; k < 7; k++) {
        memcpy(rows, truth, M * SMALL_COLUMNS * sizeof *rows);
        for (int i = 0; i < M; i++) rows[i * SMALL_COLUMNS + LAST] *= factors[k];
        genhep_status status = gh_watch_rows(t, GH_GAN_NONSATURATING, M, truth, M, rows, &warned);
        ck_assert_int_eq(h.collapse, said[k]);
        if (k < 5) ck_ok(status);
        else ck_fails(status, GENHEP_E_NUMERIC, "the spread of generated 'd'");
    }
    ck_assert_int_eq(h.won, 0);
    free(truth);
    free(rows);
    genhep_trainer_free(t);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

START_TEST(divergence_ends_in_a_status_and_sound_weights)
{
    genhep_options *options = small_options(GAN "loss.gan=wasserstein loss.penalty=none train.lr=5 train.schedule=constant train.clip=0 train.optimiser=sgd "
                                                "train.steps=2000");
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_trainer *trainer = trainer_of(options, data), *resumed;
    genhep_status status = genhep_trainer_run(trainer, gh_test_path("diverged.ckpt"), NULL, NULL);
    ck_assert_msg(status == GENHEP_E_NUMERIC, "found %s", genhep_status_name(status));
    for (int64_t i = 0; i < trainer->model->n_parameters; i++) ck_assert(isfinite(trainer->model->parameters[i]));
    ck_ok(genhep_trainer_resume(gh_test_path("diverged.ckpt"), tables, 1, NULL, &resumed));
    genhep_trainer_free(resumed);
    genhep_trainer_free(trainer);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

START_TEST(model_files_hold_the_generator_alone)
{
    genhep_options *options = variant_options(0);
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    genhep_trainer *trainer = trainer_of(options, data);
    genhep_model *model, *read;
    double latent[4] = {0}, event[4];
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_BEST, &model));
    ck_assert_int_eq(model->n_parameters, trainer->model->n_parameters);
    ck_ok(genhep_model_save(model, gh_test_path("gan.h5")));
    ck_ok(genhep_model_open(gh_test_path("gan.h5"), NULL, &read));
    ck_ok(genhep_model_verify(read));
    ck_fails(genhep_model_encode(read, 1, latent, 4, event, NULL), GENHEP_E_STATE, "encoder");
    ck_fails(genhep_model_log_density(read, NULL, 1, latent, 4, event), GENHEP_E_STATE, "gan");
    genhep_model_free(model);
    genhep_model_free(read);
    genhep_trainer_free(trainer);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

/* Creation of model or trainer must fail with this text in the message. */
static void refused(const char *settings, const char *mmd, const char *part)
{
    genhep_options *options = small_options(settings);
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_model *model = NULL;
    genhep_trainer *trainer = NULL;
    if (mmd) ck_ok(genhep_options_set(options, "loss.mmd", mmd));
    genhep_status status = genhep_model_create(options, tables, 1, &model);
    if (!status) status = genhep_trainer_create(model, tables, 1, options, &trainer);
    ck_fails(status, GENHEP_E_OPTION, part);
    ck_assert_ptr_null(trainer);
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_options_free(options);
}

/* Columns t_x, t_y to be generated for g_y, g_x. */
static genhep_dataset *matched_data(void)
{
    static const char *const names[] = {"t_x", "t_y", "g_y", "g_x"};
    enum { ROWS = 6000 };
    double *rows = malloc(ROWS * 4 * sizeof *rows);
    genhep_dataset *data;
    ck_ok(genhep_random_normal(8, 1, 0, ROWS * 4, rows));
    for (int i = 0; i < ROWS; i++) rows[4 * i + 3] += rows[4 * i], rows[4 * i + 2] += rows[4 * i + 1];
    ck_ok(genhep_dataset_from_arrays(NULL, ROWS, 4, names, NULL, rows, 4, NULL, &data));
    free(rows);
    return data;
}

START_TEST(skip_starts_at_the_condition_of_the_same_name)
{
    enum { ROWS = 700 };
    genhep_dataset *data = matched_data();
    const genhep_dataset *tables[1] = {data};
    genhep_options *options = small_options(GAN "data.condition=g_* latent.noise=none generator.skip=condition generator.output_gain=0 "
                                                "prep=identity prep.condition=identity decoder.calibrate=off");
    genhep_model *model, *copy;
    genhep_sampler *sampler;
    double cond[ROWS * 2], events[ROWS * 4];
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_ok(genhep_random_normal(9, 0, 0, ROWS * 2, cond));
    ck_ok(gh_model_with_parameters(model, model->parameters, &copy));
    genhep_model_free(model);
    ck_ok(genhep_sampler_create(copy, NULL, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, ROWS, cond, 2, events, 4, ROWS * 4));
    for (int i = 0; i < ROWS; i++) {
        ck_assert(events[4 * i] == (double)(float)cond[2 * i + 1] && events[4 * i + 1] == (double)(float)cond[2 * i]);
        ck_assert(events[4 * i + 2] == cond[2 * i] && events[4 * i + 3] == cond[2 * i + 1]);
    }
    genhep_sampler_free(sampler);
    genhep_model_free(copy);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

/* A kept coordinate is the noise and nothing else, whatever the network does, in copies and files too. */
START_TEST(kept_coordinates_are_the_noise)
{
    enum { ROWS = 900 };
    genhep_dataset *data = matched_data();
    double events[2][ROWS * 4];
    for (int seed = 0; seed < 2; seed++) { /* the seed of the start weights */
        genhep_options *options = small_options(GAN "generator.skip=on generator.keep=t_*,g_x prep=standardise decoder.calibrate=off");
        ck_ok(genhep_options_set_int(options, "seed", 3 + seed));
        const genhep_dataset *tables[1] = {data};
        genhep_model *model, *copy;
        genhep_sampler *sampler;
        ck_ok(genhep_model_create(options, tables, 1, &model));
        ck_ok(gh_model_with_parameters(model, model->parameters, &copy));
        genhep_model_free(model);
        genhep_options_free(options);
        ck_ok(genhep_options_create(&options));
        ck_ok(genhep_options_set_int(options, "seed", 9));
        ck_ok(genhep_sampler_create(copy, options, &sampler));
        ck_ok(genhep_sampler_draw_double(sampler, ROWS, NULL, 0, events[seed], 4, ROWS * 4));
        genhep_sampler_free(sampler);
        genhep_model_free(copy);
        genhep_options_free(options);
    }
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < 4; j++) ck_assert((events[0][4 * i + j] == events[1][4 * i + j]) == (j != 2));
    genhep_dataset_free(data);
}
END_TEST

/* A plain GAN of unfolding is not judged by what its discriminator does not see. */
START_TEST(figure_looks_at_what_is_taught)
{
    genhep_dataset *data = matched_data();
    for (int sees = 0; sees < 2; sees++) {
        genhep_options *options = small_options(GAN "data.condition=g_* prep=standardise");
        ck_ok(genhep_options_set(options, "discriminator.condition", sees ? "on" : "off"));
        genhep_trainer *trainer = trainer_of(options, data);
        ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
        ck_assert_int_eq(trainer->figure.projections, 2 + 2 + (sees ? 8 : 0));
        ck_assert(isfinite(trainer->state.best_figure));
        genhep_trainer_free(trainer);
        genhep_options_free(options);
    }
    genhep_dataset_free(data);
}
END_TEST

START_TEST(wrong_settings_are_answered)
{
    refused(GAN "generator.skip=condition", NULL, "without conditions");
    refused(GAN "generator.keep=a", NULL, "nothing is there to be kept");
    refused(GAN "generator.skip=on generator.keep=a,zz", NULL, "'zz' is no coordinate");
    refused("model.family=vae loss.noise=event generator.keep=a", NULL, "data.condition");
    refused("model.family=vae loss.noise=global data.condition=c generator.keep=a", NULL, "loss.noise = event");
    refused(GAN "generator.skip=condition data.condition=c", NULL, "no coordinate of prep");
    refused(GAN "generator.skip=condition generator.noise=event data.condition=c", NULL, "generator.skip");
    refused(GAN "generator.skip=on latent.dim=3", NULL, "generator.skip");
    refused(GAN "latent.noise=none", NULL, "latent.noise");
    refused(GAN "latent.source=buffer", NULL, "latent.source");
    refused(GAN "model.family=fcgan", NULL, "data.condition");
    refused(GAN, "a", "loss.mmd");
    refused(GAN, "a: wide", "wide");
    refused(GAN, "a: -1", "-1");
    refused(GAN, "mass(q): 1", "no particles");
    refused(GAN "discriminator.norm=batch", NULL, "norm");
    refused(GAN "discriminator.minibatch=3", NULL, "discriminator.minibatch");
    refused(GAN "discriminator.norm=spectral discriminator.clip=0.1", NULL, "discriminator.clip");
    genhep_options *options = small_options(GAN "discriminator.minibatch=3x3 prep=standardise");
    genhep_dataset *data = signed_data(1);
    const genhep_dataset *tables[1] = {data};
    genhep_model *model;
    genhep_trainer *trainer = NULL;
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_fails(genhep_trainer_create(model, tables, 1, options, &trainer), GENHEP_E_OPTION, "events with weights");
    ck_assert_ptr_null(trainer);
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("adversarial training", threads_change_no_bit, resume_continues_bitwise, it_learns_a_correlation,
             weights_of_either_sign_shape_the_truth, spectral_and_minibatch_learn, spectral_weights_stretch_by_one, collapse_is_said_once,
             the_watch_names_coordinates, divergence_ends_in_a_status_and_sound_weights, model_files_hold_the_generator_alone,
             skip_starts_at_the_condition_of_the_same_name, kept_coordinates_are_the_noise, figure_looks_at_what_is_taught, wrong_settings_are_answered)
