/* test_adversarial_steps.c -- gradients of a whole discriminator step (losses, penalty, features, conditions) and of a whole generator
 * step (through the discriminator, MMD, skip) against central differences. */
#include "testing.h"

#include "gradcheck.h"
#include "train/adversarial/adversary.h"

enum { EVENTS = 60, COLUMNS = 8 };

/* Two particles that balance, with a common mass scale: E px py pz each. */
static genhep_dataset *pair_data(int weighted)
{
    static const char *const names[COLUMNS] = {"a_E", "a_px", "a_py", "a_pz", "b_E", "b_px", "b_py", "b_pz"};
    double rows[EVENTS * COLUMNS], x[EVENTS * 4], weights[EVENTS];
    genhep_dataset *data;
    ck_ok(genhep_random_normal(4, 1, 0, EVENTS * 4, x));
    for (int i = 0; i < EVENTS; i++) {
        double *r = rows + i * COLUMNS, *v = x + 4 * i;
        r[1] = 30 * v[0], r[2] = 30 * v[1], r[3] = 50 * v[2];
        r[5] = -r[1] + 5 * v[3], r[6] = -r[2] + 3, r[7] = 40 * v[3];
        r[0] = sqrt(r[1] * r[1] + r[2] * r[2] + r[3] * r[3] + 0.01);
        r[4] = sqrt(r[5] * r[5] + r[6] * r[6] + r[7] * r[7] + 0.01);
        weights[i] = i % 5 == 0 ? -0.5 : 1 + 0.1 * (i % 3);
    }
    ck_ok(genhep_dataset_from_arrays(NULL, EVENTS, COLUMNS, names, NULL, rows, COLUMNS, weighted ? weights : NULL, &data));
    return data;
}

static genhep_trainer *open_trainer(const char *settings, int weighted)
{
    genhep_options *options;
    genhep_model *model;
    genhep_trainer *trainer;
    genhep_dataset *data = pair_data(weighted);
    const genhep_dataset *tables[1] = {data};
    char copy[700];
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", "momenta, standardise"));
    ck_ok(genhep_options_set(options, "data.masses", "a: 0.1, b: 0.1"));
    ck_ok(genhep_options_set(options, "loss.mmd", "mass(a,b): 20 80 ; pt(a), pt(b): 15 * 0.5"));
    ck_ok(genhep_options_set(options, "discriminator.features", "mass(a,b), deltar(a,b)"));
    snprintf(copy, sizeof copy, "model.family=gan prep.balance=none generator.layers=2 generator.units=7 discriminator.layers=3 "
             "discriminator.units=6 train.batch=11 data.validation=0.2 generator.activation=elu discriminator.activation=tanh %s", settings);
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        ck_ok(genhep_options_parse(options, word));
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_ok(genhep_trainer_create(model, tables, 1, NULL, &trainer));
    gh_adversary *a = trainer->method_state;
    for (int64_t i = 0; i < trainer->weights.n_trainable; i++) trainer->weights.parameters[i] += 0.02 * sin(1.7 * (double)i);
    for (int64_t i = 0; i < a->critic.weights.n_trainable; i++) a->critic.trained[i] += 0.02 * sin(2.3 * (double)i);
    gh_adversary_gather(trainer, 1, 3);
    gh_adversary_generate(trainer);
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_options_free(options);
    return trainer;
}

/* Spectral normalisation takes the singular vectors for constants, which they are once the iteration has converged. */
static void refresh(genhep_trainer *t)
{
    gh_adversary *a = t->method_state;
    gh_critic_refresh(t, &a->critic, 3000);
}

static double critic_value(void *context)
{
    gh_step_loss loss = {0};
    double norm;
    refresh(context);
    gh_critic_gradient(context, &loss, &norm);
    return loss.discriminator + loss.penalty;
}

static double generator_value(void *context)
{
    gh_step_loss loss = {0};
    double norm;
    ck_ok(gh_generator_gradient(context, &loss, &norm));
    return loss.total;
}

static void check_both(const char *settings, int weighted)
{
    genhep_trainer *t = open_trainer(settings, weighted);
    gh_adversary *a = t->method_state;
    const int64_t n = a->critic.weights.n_trainable, m = t->weights.n_trainable;
    double *gradient = malloc((size_t)(n > m ? n : m) * sizeof *gradient);
    double loss = critic_value(t);
    ck_assert_msg(isfinite(loss) && loss != 0, "%s: discriminator loss %g", settings, loss);
    memcpy(gradient, a->critic.weights.gradient, (size_t)n * sizeof *gradient);
    double worst = gc_worst(critic_value, t, a->critic.trained, gradient, n);
    ck_assert_msg(worst < 1e-6, "%s: discriminator's gradient is off by %g", settings, worst);
    loss = generator_value(t);
    ck_assert_msg(isfinite(loss) && loss != 0, "%s: generator loss %g", settings, loss);
    memcpy(gradient, t->weights.gradient, (size_t)m * sizeof *gradient);
    worst = gc_worst(generator_value, t, t->weights.parameters, gradient, m);
    ck_assert_msg(worst < 1e-6, "%s: generator's gradient is off by %g", settings, worst);
    free(gradient);
    genhep_trainer_free(t);
}

static const char *const losses[] = {"nonsaturating", "minimax", "least_squares", "wasserstein"};
START_TEST(every_loss_with_the_logit_penalty)
{
    char settings[200];
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        snprintf(settings, sizeof settings, "loss.gan=%s loss.penalty=logit loss.gradient_penalty=0.3", losses[i]);
        check_both(settings, 0);
        check_both(settings, 1);
    }
}
END_TEST

static const char *const penalties[] = {"none", "r1", "r2", "r1r2", "gradient"};
START_TEST(every_penalty)
{
    char settings[200];
    for (size_t i = 0; i < sizeof penalties / sizeof *penalties; i++) {
        snprintf(settings, sizeof settings, "loss.penalty=%s loss.gradient_penalty=0.2", penalties[i]);
        check_both(settings, 0);
    }
}
END_TEST

START_TEST(skip_and_uniform_noise)
{
    check_both("generator.skip=on generator.output_gain=0.3", 0);
    check_both("latent.noise=uniform latent.dim=5", 0);
    check_both("generator.skip=on generator.output_gain=0.3 generator.keep=a_px,b_p*", 0);
}
END_TEST

START_TEST(turned_about_the_beam)
{
    check_both("generator.turn=on prep=momenta,scale(30)", 0);
    check_both("generator.turn=on prep=momenta,scale(30),scale(2,*_pz) loss.mmd=px(a),py(b):15 generator.skip=on", 1);
    check_both("generator.turn=on prep=momenta,scale(30) latent.noise=uniform latent.dim=3 discriminator.features=phi(a)", 0);
}
END_TEST

START_TEST(widths_of_the_generator)
{
    check_both("generator.noise=event", 0);
    check_both("generator.noise=event latent.noise=uniform latent.dim=3", 1);
    check_both("generator.noise=event latent.noise=none data.condition=b_* loss.mmd.weight=0 discriminator.features=pt(a)", 0);
}
END_TEST

START_TEST(sums_of_columns)
{
    static const char *const settings = "model.family=fcgan data.condition=b_* loss.mmd.weight=0 discriminator.features=sum(a_*),filled(a_*),rest(a_p*),pt(a) "
                                        "loss.total=a_p*:b_pz loss.total.weight=0.02";
    check_both(settings, 0);
    check_both(settings, 1);
}
END_TEST

START_TEST(kernels_and_subset)
{
    check_both("loss.mmd.kernel=gaussian loss.mmd.events=7 loss.mmd.scale=2", 0);
    check_both("loss.mmd.kernel=cauchy loss.mmd.cool=4", 1);
}
END_TEST

/* The weight of the MMD rises linearly to its full value at the end of the ramp. */
START_TEST(ramp_of_the_weight)
{
    static const double at[] = {0, 0.25, 0.5, 1, 1}; /* steps 0, 5, 10, 20, 30 of 40, ramp over half of them */
    static const int steps[] = {0, 5, 10, 20, 30};
    double full;
    genhep_trainer *t = open_trainer("loss.mmd.ramp=0.5 train.steps=40", 0);
    for (int i = 4; i >= 0; i--) {
        gh_step_loss loss = {0};
        double norm;
        t->state.step = steps[i];
        ck_ok(gh_generator_gradient(t, &loss, &norm));
        if (i == 4) full = loss.mmd;
        ck_assert_msg(fabs(loss.mmd - at[i] * full) <= 1e-12 * full && full > 0, "step %d: %g of %g", steps[i], loss.mmd, full);
    }
    genhep_trainer_free(t);
}
END_TEST

START_TEST(conditions_in_both_networks)
{
    static const char *const condition = "data.condition=b_*";
    char settings[300];
    /* features and MMD look at the targets, so only those of particle a are left */
    snprintf(settings, sizeof settings, "model.family=fcgan %s loss.mmd.weight=0 discriminator.features=pt(a)", condition);
    check_both(settings, 0);
    check_both(settings, 1);
    snprintf(settings, sizeof settings, "model.family=fcgan %s loss.mmd.weight=0 discriminator.features=pt(a) discriminator.condition=off latent.noise=none",
             condition);
    check_both(settings, 0);
    snprintf(settings, sizeof settings, "%s loss.mmd.weight=0 discriminator.features=pt(a) generator.skip=condition latent.noise=none "
             "discriminator.condition=off", condition);
    check_both(settings, 0);
    snprintf(settings, sizeof settings, "model.family=fcgan %s loss.mmd.weight=0 discriminator.features=pt(a) generator.skip=condition latent.dim=2",
             condition);
    check_both(settings, 1);
}
END_TEST

/* All kinds of penalty; the generator's gradient passes through the normalised weights too. */
START_TEST(spectral_normalisation)
{
    char settings[200];
    for (size_t i = 0; i < sizeof penalties / sizeof *penalties; i++) {
        snprintf(settings, sizeof settings, "discriminator.norm=spectral loss.penalty=%s loss.gradient_penalty=0.2", penalties[i]);
        check_both(settings, i % 2 == 1 && i != 4);
    }
    check_both("discriminator.norm=spectral loss.gan=hinge loss.penalty=none discriminator.kind=rnn discriminator.layers=2 discriminator.units=4", 0);
    check_both("discriminator.norm=spectral discriminator.kind=conv discriminator.grid=features discriminator.channels=3 loss.penalty=r1r2", 0);
}
END_TEST

START_TEST(minibatch_discrimination)
{
    char settings[200];
    for (size_t i = 0; i < sizeof penalties / sizeof *penalties; i++) {
        snprintf(settings, sizeof settings, "discriminator.minibatch=3x2 loss.penalty=%s loss.gradient_penalty=0.2", penalties[i]);
        check_both(settings, 0);
    }
    check_both("discriminator.minibatch=3x2 loss.penalty=logit loss.gradient_penalty=0.3 discriminator.norm=spectral", 0);
    check_both("discriminator.minibatch=2,3 loss.penalty=logit discriminator.norm=layer discriminator.activation=leaky", 0);
    check_both("discriminator.minibatch=2x2 loss.penalty=none discriminator.kind=rnn discriminator.layers=1 discriminator.units=4", 0);
    check_both("discriminator.kind=rnn discriminator.layers=2 discriminator.units=4 loss.penalty=logit loss.gradient_penalty=0.3", 1);
}
END_TEST

GH_TEST_MAIN("adversarial gradients", every_loss_with_the_logit_penalty, every_penalty, skip_and_uniform_noise, turned_about_the_beam,
             widths_of_the_generator, sums_of_columns, kernels_and_subset, ramp_of_the_weight, conditions_in_both_networks,
             spectral_normalisation, minibatch_discrimination)
