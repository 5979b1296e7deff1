/* test_bvae.c -- gradient of the whole B-VAE training step, every setting of noise and loss, against central differences. */
#include "testing.h"

#include "gradcheck.h"
#include "model/bvae.h"

enum { N = 9, P = 3, Q = 2 };

typedef struct bvae_case {
    genhep_model *model;
    gh_bvae_work work;
    double *parameters;
    double X[N * P];
    double Y[N * Q]; /* prepared conditions, for models that take them */
    const double *weights;
    double beta;
    gh_rng rng;
} bvae_case;

static double value_of(void *context)
{
    bvae_case *c = context;
    return gh_bvae_gradient(c->model, c->parameters, &c->work, c->X, c->Y, c->weights, 1.0 / N, c->beta, &c->rng, 100, N, 1, NULL).total;
}

/* A model on 50 random rows with its scratch and a batch; c->model and c->work are the caller's. */
static void open_case(const char *settings, bvae_case *c)
{
    static const char *const names[P + Q] = {"a", "u", "b", "c", "v"};
    genhep_options *options;
    genhep_dataset *data;
    double rows[50 * (P + Q)];
    char copy[256];
    gh_hooks hooks = gh_hooks_default();
    *c = (bvae_case){.beta = 0.5, .rng = gh_rng_make(3, GH_RANDOM_TRAIN, 0)};
    ck_ok(genhep_options_create(&options));
    snprintf(copy, sizeof copy, "latent.dim=2 encoder.layers=4 encoder.units=6 decoder.layers=3 decoder.units=5 %s", settings);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) ck_ok(genhep_options_parse(options, word));
    ck_ok(genhep_random_normal(1, 1, 0, 50 * (P + Q), rows));
    ck_ok(genhep_dataset_from_arrays(NULL, 50, P + Q, names, NULL, rows, P + Q, NULL, &data));
    const genhep_dataset *tables[1] = {data};
    ck_ok(genhep_options_set(options, "data.target", "a, b, c"));
    ck_ok(genhep_bvae_create(options, tables, 1, &c->model));
    ck_ok(gh_bvae_work_create(&hooks, c->model, N, GH_KERNEL_BLAS, &c->work));
    c->parameters = c->model->parameters;
    for (int64_t i = 0; i < c->model->n_trainable; i++) c->parameters[i] += 0.05 * sin(2.3 * (double)i);
    ck_ok(genhep_random_normal(1, 2, 0, N * P, c->X));
    ck_ok(genhep_random_normal(1, 3, 0, N * Q, c->Y));
    genhep_dataset_free(data);
    genhep_options_free(options);
}

static void close_case(bvae_case *c)
{
    gh_bvae_work_free(&c->work);
    genhep_model_free(c->model);
}

static void check(const char *settings, double beta, const double *weights)
{
    bvae_case c;
    double *gradient;
    gh_hooks hooks = gh_hooks_default();
    open_case(settings, &c);
    c.beta = beta, c.weights = weights;
    if (c.model->bce)
        for (int i = 0; i < N * P; i++) c.X[i] = 1 / (1 + exp(-c.X[i]));
    ck_ok(gh_alloc(&hooks, &gradient, c.model->n_parameters, sizeof *gradient));
    gh_bvae_loss loss = gh_bvae_gradient(c.model, c.parameters, &c.work, c.X, c.Y, weights, 1.0 / N, beta, &c.rng, 100, N, 1, gradient);
    ck_assert(isfinite(loss.total) && loss.total == value_of(&c));
    double worst = gc_worst(value_of, &c, c.parameters, gradient, c.model->n_trainable);
    ck_assert_msg(worst <= 1e-6, "%s: worst relative error %g", settings, worst);
    gh_free(&hooks, gradient);
    close_case(&c);
}

static double evaluated(bvae_case *c)
{
    return gh_bvae_gradient(c->model, c->parameters, &c->work, c->X, c->Y, c->weights, 1.0 / N, c->beta, &c->rng, 100, N, 0, NULL).total;
}

START_TEST(evaluation_has_no_dropout)
{
    bvae_case with, without;
    open_case("loss.noise=global encoder.dropout=0.4 decoder.dropout=0.3 decoder.residual=add", &with);
    open_case("loss.noise=global decoder.residual=add", &without);
    ck_assert(value_of(&with) != value_of(&without));
    ck_assert(evaluated(&with) == value_of(&without));
    ck_assert(evaluated(&without) == value_of(&without));
    close_case(&with);
    close_case(&without);
}
END_TEST

START_TEST(evaluation_uses_running_statistics)
{
    bvae_case c;
    double *gradient;
    gh_hooks hooks = gh_hooks_default();
    open_case("loss.noise=event encoder.norm=batch decoder.norm=batch", &c);
    const int64_t n = c.model->n_trainable, statistics = c.model->n_parameters - n;
    ck_assert_int_gt(statistics, 0);
    ck_ok(gh_alloc(&hooks, &gradient, c.model->n_parameters, sizeof *gradient));
    double training = gh_bvae_gradient(c.model, c.parameters, &c.work, c.X, c.Y, NULL, 1.0 / N, c.beta, &c.rng, 100, N, 1, gradient).total;
    double before = evaluated(&c);
    ck_assert_msg(fabs(before - training) > 1e-3, "the start statistics are not those of the batch: %g, %g", before, training);
    memcpy(c.parameters + n, gradient + n, (size_t)statistics * sizeof *gradient); /* this batch's own */
    ck_assert_msg(fabs(evaluated(&c) - training) < 1e-10, "%.15g, expected %.15g", evaluated(&c), training);
    gh_free(&hooks, gradient);
    close_case(&c);
}
END_TEST

/* Conditional: [x,y] into the encoder, [z,y] into the decoder; the loss depends on y. */
START_TEST(conditional_elbo)
{
    static const double weights[N] = {1, 2, -0.5, 1, 0.1, 3, 1, 1, 0.7};
    check("data.condition=u,v loss.noise=global", 1, NULL);
    check("data.condition=u,v loss.noise=event", 0.7, weights);
    check("data.condition=u,v loss.noise=event generator.keep=a,c", 0.7, weights);
    check("data.condition=u,v loss.noise=none loss.beta=0.2 decoder.residual=skip2", 0.2, weights);
    check("data.condition=u,v loss.noise=global encoder.norm=batch decoder.norm=layer decoder.residual=add", 1, NULL);
    check("data.condition=u,v model.family=ae", 0, NULL);
    bvae_case c;
    open_case("data.condition=u,v loss.noise=global", &c);
    ck_assert_int_eq(c.model->q, Q);
    ck_assert_int_eq(c.model->encoder.spec.inputs, P + Q);
    ck_assert_int_eq(c.model->decoder.spec.inputs, 2 + Q);
    double before = evaluated(&c);
    c.Y[3 * Q + 1] += 0.5;
    ck_assert(fabs(evaluated(&c) - before) > 1e-6);
    close_case(&c);
}
END_TEST

START_TEST(every_setting)
{
    static const double weights[N] = {1, 2, -0.5, 1, 0.1, 3, 1, 1, 0.7};
    check("loss.noise=none loss.beta=1e-6", 1e-6, NULL);
    check("loss.noise=none loss.beta=0.3", 0.3, weights);
    check("loss.noise=none loss.beta=0.1 loss.reconstruction=bce", 0.1, NULL);
    check("loss.noise=none model.family=ae", 0, NULL);
    check("loss.noise=global", 1, NULL);
    check("loss.noise=global", 0.5, weights);
    check("loss.noise=event", 1, weights);
    check("loss.noise=none loss.beta=1e-3 encoder.residual=skip2 encoder.activation=elu decoder.output=tanh", 1e-3, NULL);
    check("loss.noise=global encoder.norm=batch decoder.norm=layer", 1, NULL);
    check("loss.noise=global encoder.dropout=0.2 decoder.dropout=0.1 decoder.residual=add", 1, NULL);
}
END_TEST

GH_TEST_MAIN("bvae", every_setting, conditional_elbo, evaluation_has_no_dropout, evaluation_uses_running_statistics)
