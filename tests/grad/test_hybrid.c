/* test_hybrid.c -- VAE-GAN: gradients of the discriminator's and of the decoder's adversarial loss against central differences,
 * for every kind of noise, censored coordinates, conditions, weights; the encoder has no part in them. */
#include "testing.h"

#include "gradcheck.h"
#include "train/adversarial/hybrid.h"

enum { EVENTS = 50, COLUMNS = 4, NOISE = 3 };

static genhep_trainer *open_trainer(const char *settings, int weighted)
{
    static const char *const names[COLUMNS] = {"a", "b", "u", "c"};
    genhep_options *options;
    genhep_model *model;
    genhep_trainer *trainer;
    genhep_dataset *data;
    double rows[EVENTS * COLUMNS], weights[EVENTS];
    char copy[512];
    ck_ok(genhep_random_normal(4, 1, 0, EVENTS * COLUMNS, rows));
    for (int i = 0; i < EVENTS; i++) {
        rows[i * COLUMNS] = rows[i * COLUMNS] > 0.2 ? rows[i * COLUMNS] : 0; /* for suppress */
        weights[i] = i % 5 == 0 ? -0.5 : 1 + 0.1 * (i % 3);
    }
    ck_ok(genhep_dataset_from_arrays(NULL, EVENTS, COLUMNS, names, NULL, rows, COLUMNS, weighted ? weights : NULL, &data));
    const genhep_dataset *tables[1] = {data};
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", "suppress(a), standardise"));
    snprintf(copy, sizeof copy, "model.family=vae loss.adversarial=0.7 latent.dim=2 encoder.layers=1 encoder.units=5 decoder.layers=2 "
             "decoder.units=6 discriminator.layers=2 discriminator.units=6 discriminator.activation=tanh train.batch=11 %s", settings);
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        ck_ok(genhep_options_parse(options, word));
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_ok(genhep_trainer_create(model, tables, 1, NULL, &trainer));
    gh_hybrid *h = trainer->method_state;
    for (int64_t i = 0; i < trainer->weights.n_trainable; i++) trainer->weights.parameters[i] += 0.05 * sin(1.7 * (double)i);
    for (int64_t i = 0; i < h->critic.weights.n_trainable; i++) h->critic.parameters[i] += 0.05 * sin(2.3 * (double)i);
    gh_step_loss loss = {0};
    gh_autoencoder_gradient(trainer, &loss); /* gathers the batch */
    gh_hybrid_generate(trainer, NOISE);
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_options_free(options);
    return trainer;
}

static double critic_value(void *context)
{
    gh_step_loss loss = {0};
    double norm;
    gh_hybrid_critic_gradient(context, &loss, &norm);
    return loss.discriminator + loss.penalty;
}

static double decoder_value(void *context) { return gh_hybrid_decoder_gradient(context, NOISE); }

static void check(const char *settings, int weighted, int64_t kinds)
{
    genhep_trainer *t = open_trainer(settings, weighted);
    gh_hybrid *h = t->method_state;
    gh_hooks hooks = gh_hooks_default();
    double *g;
    ck_assert_int_eq(h->kinds, kinds);
    ck_ok(gh_alloc(&hooks, &g, t->weights.n + h->critic.weights.n, sizeof *g));

    ck_assert(isfinite(critic_value(t)));
    memcpy(g, h->critic.weights.gradient, (size_t)h->critic.weights.n * sizeof *g);
    double worst = gc_worst(critic_value, t, h->critic.parameters, g, h->critic.weights.n_trainable);
    ck_assert_msg(worst <= 1e-6, "%s: discriminator, worst relative error %g", settings, worst);

    double value = decoder_value(t);
    ck_assert(isfinite(value) && value != 0);
    memset(t->weights.slice_gradients, 0, (size_t)(t->slices * t->weights.n) * sizeof *g);
    gh_weights_reduce(&t->weights, t->pool, (1 + kinds) * t->slices);
    memcpy(g, t->weights.gradient, (size_t)t->weights.n * sizeof *g);
    const int64_t first = t->model->decoder.layer[0].weights, n = t->weights.n_trainable;
    for (int64_t i = 0; i < first; i++) ck_assert(g[i] == 0);
    worst = gc_worst(decoder_value, t, t->weights.parameters + first, g + first, n - first);
    ck_assert_msg(worst <= 1e-6, "%s: decoder, worst relative error %g", settings, worst);
    double size = 0;
    for (int64_t i = first; i < n; i++) size += fabs(g[i]);
    ck_assert(size > 1e-3);
    gh_free(&hooks, g);
    genhep_trainer_free(t);
}

START_TEST(gradients)
{
    check("loss.noise=global", 0, 2);
    check("loss.noise=event loss.penalty=r1r2 loss.gradient_penalty=0.1", 0, 2);
    check("loss.noise=none loss.beta=0.1 loss.gan=hinge loss.penalty=gradient", 0, 2);
    check("loss.noise=none loss.beta=0.1 loss.reconstruction=bce loss.gan=wasserstein", 0, 2);
    check("loss.noise=event latent.source=buffer discriminator.features=a,c", 0, 1);
    check("loss.noise=none loss.beta=0 model.family=ae", 0, 1);
    check("data.condition=u loss.noise=event discriminator.features=c", 1, 2);
    check("data.condition=u loss.noise=global discriminator.condition=off latent.source=prior", 1, 2);
    check("loss.noise=global", 1, 2);
    check("loss.noise=event encoder.dropout=0.2 decoder.dropout=0.2 discriminator.dropout=0.2 decoder.norm=layer", 0, 2);
}
END_TEST

/* The decoder's term is the weight times the mean over both kinds: doubling the weight doubles it, and with a discriminator that
 * says 0 everywhere every term is log 2. */
START_TEST(closed_form)
{
    genhep_trainer *t = open_trainer("loss.noise=global", 0);
    gh_hybrid *h = t->method_state;
    memset(h->critic.parameters, 0, (size_t)h->critic.weights.n * sizeof *h->critic.parameters);
    ck_assert_double_eq_tol(decoder_value(t), 0.7 * log(2), 1e-14);
    ck_assert_double_eq_tol(critic_value(t), 2 * log(2), 1e-14);
    genhep_trainer_free(t);
}
END_TEST

START_TEST(rows_are_those_of_generation)
{
    genhep_trainer *t = open_trainer("loss.noise=event", 0);
    gh_hybrid *h = t->method_state;
    int64_t off = 0, p = t->model->p;
    ck_assert(gh_prep_is_censored(t->model->prep, 0));
    for (int64_t i = 0; i < h->kinds * t->batch; i++) {
        ck_assert(h->fake[i * p] >= 0);
        off += h->fake[i * p] == 0;
    }
    ck_assert_int_gt(off, 0); /* the noise takes some below the threshold */
    ck_assert_int_lt(off, h->kinds * t->batch);
    genhep_trainer_free(t);
}
END_TEST

GH_TEST_MAIN("hybrid", gradients, closed_form, rows_are_those_of_generation)
