/* test_subtraction.c -- gradients of a whole step of the subtraction GAN against central differences: every discriminator at weighted
 * rows; the generator through rows, soft memberships, class and normalisation losses, rates. */
#include "testing.h"

#include "gradcheck.h"
#include "subtraction_model.h"
#include "train/subtraction/subtraction.h"

static genhep_trainer *open_trainer(const char *settings, int weighted)
{
    genhep_options *options = subtraction_options(settings);
    subtraction_tables data = subtraction_data(90, weighted);
    const int64_t n = strncmp(settings, "add=yes", 7) == 0 ? 3 : 2;
    genhep_model *model;
    genhep_trainer *t;
    ck_ok(genhep_options_parse(options, "train.batch = 23"));
    ck_ok(genhep_options_parse(options, "generator.activation = elu"));
    ck_ok(genhep_options_parse(options, "discriminator.activation = tanh"));
    ck_ok(genhep_model_create(options, (const genhep_dataset *const *)data.table, n, &model));
    ck_ok(genhep_trainer_create(model, (const genhep_dataset *const *)data.table, n, NULL, &t));
    gh_subtractor *a = t->method_state;
    for (int64_t i = 0; i < t->weights.n_trainable; i++) t->weights.parameters[i] += 0.05 * sin(1.7 * (double)i);
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < a->set[k].critic.weights.n_trainable; i++) a->set[k].critic.parameters[i] += 0.05 * sin(2.3 * (double)i + (double)k);
    gh_subtractor_ramp(t, 11); /* inside the ramp: soft and sharp counts both */
    gh_subtractor_truth(t, 7);
    gh_subtractor_noise(t, 3);
    gh_subtractor_generate(t);
    genhep_model_free(model);
    subtraction_free(&data);
    genhep_options_free(options);
    return t;
}

static double critics_value(void *context)
{
    genhep_trainer *t = context;
    const gh_subtractor *a = t->method_state;
    gh_step_loss losses[GH_SET_KINDS];
    double norms[GH_SET_KINDS], sum = 0;
    gh_subtractor_critic_gradients(t, losses, norms);
    for (int64_t k = 0; k < a->sets; k++) sum += losses[k].discriminator + losses[k].penalty;
    return sum;
}

static double generator_value(void *context)
{
    gh_step_loss loss = {0};
    double norm;
    gh_subtractor_generator_gradient(context, &loss, &norm);
    return loss.total;
}

static void check(const char *settings, int weighted)
{
    genhep_trainer *t = open_trainer(settings, weighted);
    gh_subtractor *a = t->method_state;
    for (int64_t k = 0; k < a->sets; k++) {
        gh_critic *critic = &a->set[k].critic;
        const int64_t n = critic->weights.n_trainable;
        double *gradient = malloc((size_t)n * sizeof *gradient), loss = critics_value(t);
        ck_assert_msg(isfinite(loss) && loss != 0, "%s: discriminators' loss %g", settings, loss);
        memcpy(gradient, critic->weights.gradient, (size_t)n * sizeof *gradient);
        double worst = gc_worst(critics_value, t, critic->parameters, gradient, n);
        ck_assert_msg(worst < 1e-6, "%s: gradient of discriminator %d is off by %g", settings, (int)k, worst);
        free(gradient);
    }
    const int64_t m = t->weights.n_trainable;
    double *gradient = malloc((size_t)m * sizeof *gradient), loss = generator_value(t), size = 0;
    ck_assert_msg(isfinite(loss) && loss != 0, "%s: generator's loss %g", settings, loss);
    memcpy(gradient, t->weights.gradient, (size_t)m * sizeof *gradient);
    for (int64_t i = 0; i < m; i++) size += fabs(gradient[i]);
    ck_assert_msg(size > 1e-3, "%s: no gradient", settings);
    if (t->model->subtraction.stratified) /* the rates are among the parameters, and have a gradient */
        ck_assert(fabs(gradient[t->model->subtraction.rates]) > 1e-6);
    double worst = gc_worst(generator_value, t, t->weights.parameters, gradient, m);
    ck_assert_msg(worst < 1e-6, "%s: generator's gradient is off by %g", settings, worst);
    free(gradient);
    genhep_trainer_free(t);
}

START_TEST(published_form)
{
    check("loss.penalty=logit loss.gradient_penalty=0.3", 0);
    check("loss.penalty=r1r2 loss.gradient_penalty=0.2", 1);
    check("add=yes loss.penalty=r2 loss.gradient_penalty=0.2 loss.class.alpha=3 loss.class.exponent=1.5", 1);
    check("latent.noise=uniform latent.dim=3 loss.penalty=none", 0);
}
END_TEST

static const char *const losses[] = {"nonsaturating", "minimax", "least_squares", "wasserstein"};
START_TEST(every_loss)
{
    char settings[200];
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        snprintf(settings, sizeof settings, "add=yes loss.gan=%s loss.penalty=logit loss.gradient_penalty=0.3", losses[i]);
        check(settings, 0);
    }
}
END_TEST

START_TEST(skip_gain_and_features)
{
    check("generator.skip=on generator.output_gain=0.3 subtract.gain=5", 0);
    check("add=yes generator.skip=on subtract.gain=3 discriminator.features=x,y loss.penalty=r1r2", 1);
}
END_TEST

START_TEST(stratified_labels)
{
    check("subtract.labels=stratified", 0);
    check("add=yes subtract.labels=stratified generator.skip=on loss.penalty=r1r2", 1);
}
END_TEST

/* A batch in several slices is the same function as in one: the sums between the phases go over all of it. */
START_TEST(slices_add_up)
{
    double loss[2];
    for (int k = 0; k < 2; k++) {
        genhep_options *options = subtraction_options("add=yes generator.skip=on loss.penalty=r1r2");
        subtraction_tables data = subtraction_data(1000, 1);
        genhep_model *model;
        genhep_trainer *t;
        ck_ok(genhep_options_parse(options, "train.batch = 300"));
        ck_ok(genhep_model_create(options, (const genhep_dataset *const *)data.table, 3, &model));
        ck_ok(genhep_trainer_create(model, (const genhep_dataset *const *)data.table, 3, NULL, &t));
        gh_subtractor *a = t->method_state;
        ck_assert_int_eq(t->slices, 2);
        gh_subtractor_ramp(t, 11);
        gh_subtractor_noise(t, 3);
        gh_subtractor_generate(t);
        if (k == 0) {
            loss[0] = generator_value(t);
        } else { /* by hand: weighted means over all rows */
            (void)generator_value(t);
            gh_class_sums sums = {.f = 0}, slopes;
            loss[1] = 0;
            gh_class_sums_add(&sums, &a->rules, a->labels, NULL, t->batch);
            loss[1] += gh_class_losses(&a->rules, &sums, &slopes, NULL, NULL);
            gh_tape tape;
            ck_ok(gh_tape_create(&t->hooks, &a->set[0].critic.network, 300, 0, &tape));
            for (int64_t s = 0; s < a->sets; s++) {
                const gh_critic *critic = &a->set[s].critic;
                double value = 0, weight = 0;
                gh_network_forward(&critic->network, critic->parameters, &tape, a->generated, 300, NULL, 0);
                for (int64_t i = 0; i < 300; i++) {
                    double w = 0, phi = tape.value[critic->network.n_layers][i];
                    for (int64_t c = 0; c < 4; c++)
                        if (a->set[s].members >> c & 1) w += a->labels[i * 4 + c];
                    value += w * log1p(exp(-phi));
                    weight += w;
                }
                loss[1] += value / weight;
            }
            gh_tape_free(&tape);
        }
        genhep_trainer_free(t);
        genhep_model_free(model);
        subtraction_free(&data);
        genhep_options_free(options);
    }
    ck_assert_msg(fabs(loss[0] - loss[1]) < 1e-10 * fabs(loss[1]), "%.15g against %.15g", loss[0], loss[1]);
}
END_TEST

GH_TEST_MAIN("subtraction gradients", published_form, every_loss, skip_gain_and_features, stratified_labels, slices_add_up)
