/* test_hybrid_training.c -- VAE-GAN training: same bits for any number of threads and after a resume, a discriminator that changes the
 * weights, and loss.adversarial = 0 that is the plain autoencoder. */
#include "testing.h"

#include "small_model.h"
#include "train/adversarial/hybrid.h"

#define HYBRID "loss.adversarial=2 discriminator.layers=2 discriminator.units=16 "

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

static int same_model(const genhep_trainer *a, const genhep_trainer *b)
{
    return a->model->n_parameters == b->model->n_parameters &&
           memcmp(a->model->parameters, b->model->parameters, (size_t)a->model->n_parameters * sizeof(gh_real)) == 0;
}

static void same_all(const genhep_trainer *a, const genhep_trainer *b)
{
    const gh_hybrid *h = a->method_state, *g = b->method_state;
    ck_assert(same_model(a, b));
    ck_assert(memcmp(a->weights.second, b->weights.second, (size_t)a->weights.n * sizeof(gh_real)) == 0);
    ck_assert(memcmp(a->best, b->best, (size_t)a->weights.n * sizeof(gh_real)) == 0);
    ck_assert(memcmp(h->critic.parameters, g->critic.parameters, (size_t)h->critic.weights.n * sizeof(gh_real)) == 0);
    ck_assert(memcmp(h->critic.weights.second, g->critic.weights.second, (size_t)h->critic.weights.n * sizeof(gh_real)) == 0);
    ck_assert_int_eq(h->critic.weights.optimiser_steps, g->critic.weights.optimiser_steps);
    ck_assert(a->state.figure == b->state.figure && a->state.validation == b->state.validation);
}

static const char *const variants[] = {
    HYBRID "model.family=vae train.batch=700",
    HYBRID "model.family=bvae loss.noise=event discriminator.steps=2 loss.gan=wasserstein loss.penalty=gradient train.average=0",
    HYBRID "model.family=vae data.condition=a encoder.dropout=0.1 decoder.dropout=0.1 discriminator.dropout=0.2 discriminator.features=c",
    HYBRID "model.family=vae latent.source=prior discriminator.norm=spectral discriminator.minibatch=4x3 train.batch=600",
};
enum { VARIANTS = sizeof variants / sizeof *variants };

START_TEST(threads_change_no_bit)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    for (int k = 0; k < VARIANTS; k++) {
        genhep_options *options = small_options(variants[k]);
        genhep_trainer *reference = trainer_of(options, data);
        ck_ok(genhep_trainer_run(reference, NULL, NULL, NULL));
        for (int threads = 2; threads <= 4; threads += 2) {
            ck_ok(genhep_options_set_int(options, "train.threads", threads));
            genhep_trainer *other = trainer_of(options, data);
            ck_ok(genhep_trainer_run(other, NULL, NULL, NULL));
            same_all(reference, other);
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
        genhep_options *options = small_options(variants[k]);
        genhep_trainer *whole = trainer_of(options, data), *part = trainer_of(options, data), *resumed;
        ck_ok(genhep_trainer_run(whole, NULL, NULL, NULL));
        ck_ok(genhep_trainer_step(part, 37));
        ck_ok(genhep_trainer_save(part, gh_test_path("part.ckpt")));
        ck_ok(genhep_trainer_resume(gh_test_path("part.ckpt"), tables, 1, NULL, &resumed));
        ck_ok(genhep_trainer_run(resumed, NULL, NULL, NULL));
        same_all(whole, resumed);
        genhep_trainer_free(whole);
        genhep_trainer_free(part);
        genhep_trainer_free(resumed);
        genhep_options_free(options);
    }
    genhep_dataset_free(data);
}
END_TEST

START_TEST(weight_decides)
{
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    genhep_options *without = small_options("model.family=vae"), *zero = small_options("model.family=vae loss.adversarial=0 discriminator.units=5"),
                   *with = small_options(HYBRID "model.family=vae");
    genhep_trainer *a = trainer_of(without, data), *b = trainer_of(zero, data), *c = trainer_of(with, data);
    ck_ok(genhep_trainer_step(a, 30));
    ck_ok(genhep_trainer_step(b, 30));
    ck_ok(genhep_trainer_step(c, 30));
    ck_assert(same_model(a, b));
    ck_assert(!same_model(a, c));
    genhep_progress progress = {.struct_size = sizeof progress};
    ck_ok(genhep_trainer_progress(c, &progress));
    ck_assert(isfinite(progress.discriminator) && progress.discriminator > 0);
    genhep_trainer_free(a);
    genhep_trainer_free(b);
    genhep_trainer_free(c);
    genhep_options_free(without);
    genhep_options_free(zero);
    genhep_options_free(with);
    genhep_dataset_free(data);
}
END_TEST

/* A decoder without noise of its own and a KL that leaves it too narrow: the discriminator widens what it gives. */
static double spread_of(const char *settings)
{
    enum { M = 4000 };
    genhep_options *options = small_options(settings);
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    genhep_trainer *trainer = trainer_of(options, data);
    genhep_model *model;
    genhep_sampler *sampler;
    double *x = malloc((size_t)(M * SMALL_COLUMNS) * sizeof *x), sum = 0, squares = 0;
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, M, NULL, 0, x, SMALL_COLUMNS, M * SMALL_COLUMNS));
    for (int i = 0; i < M; i++) sum += x[i * SMALL_COLUMNS], squares += x[i * SMALL_COLUMNS] * x[i * SMALL_COLUMNS];
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    genhep_trainer_free(trainer);
    genhep_dataset_free(data);
    genhep_options_free(options);
    free(x);
    return sqrt(squares / M - sum / M * (sum / M));
}

START_TEST(discriminator_widens_a_narrow_decoder)
{
#define NARROW "model.family=vae loss.noise=none loss.beta=0.7 decoder.calibrate=off train.steps=500 train.batch=256 train.average=0 train.lr=3e-3 "
    const double plain = spread_of(NARROW), hybrid = spread_of(NARROW "loss.adversarial=1 discriminator.layers=2 discriminator.units=32");
    ck_assert_msg(plain < 0.5, "the plain model has a spread of %g, expected one that is too small", plain); /* truth: 1 */
    ck_assert_msg(fabs(hybrid - 1) < 0.5 * fabs(plain - 1), "spread %g with and %g without, truth 1", hybrid, plain);
#undef NARROW
}
END_TEST

START_TEST(wrong_settings_are_named)
{
    static const struct {
        const char *settings, *part;
    } cases[] = {
        {HYBRID "model.family=vae encoder.norm=batch", "batch norm"},
        {HYBRID "model.family=vae discriminator.features=nothing", "momenta"},
        {HYBRID "model.family=vae discriminator.norm=batch", "batch"},
    };
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        genhep_options *options = small_options(cases[i].settings);
        genhep_model *model;
        genhep_trainer *trainer;
        ck_ok(genhep_model_create(options, tables, 1, &model));
        ck_fails(genhep_trainer_create(model, tables, 1, options, &trainer), GENHEP_E_OPTION, cases[i].part);
        ck_assert_ptr_null(trainer);
        genhep_model_free(model);
        genhep_options_free(options);
    }
    genhep_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("hybrid_training", threads_change_no_bit, resume_continues_bitwise, weight_decides, discriminator_widens_a_narrow_decoder,
             wrong_settings_are_named)
