/* critic.c -- the discriminator's side of a step: losses of truth, generated rows and interpolates, penalty, update.
 *   L_D = mean_T l(phi) + mean_G l'(phi) + lambda penalty(phi, |grad_x phi|^2)      loss/adversarial.h */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/network_options.h"
#include "train/adversarial/adversary.h"

enum { START_ITERATIONS = 20 }; /* of power iteration at random vectors */

gh_status gh_critic_rule_read(const genhep_options *options, gh_critic_rule *rule)
{
    rule->loss = (enum gh_gan_loss)gh_gan_loss_of(gh_option_text(options, "loss.gan"));
    rule->penalty = (enum gh_penalty)gh_penalty_of(gh_option_text(options, "loss.penalty"));
    rule->lambda = gh_option_real(options, "loss.gradient_penalty");
    if (rule->lambda == 0) rule->penalty = GH_PENALTY_NONE;
    return GENHEP_OK;
}

/* Spectral normalisation: passes use a copy. Its start vectors come from a stream of weights that no layer has. */
static gh_status normalise(genhep_trainer *t, int64_t which, gh_critic *critic)
{
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_WEIGHTS, (2 + which) * GH_MAX_LAYERS + GH_MAX_LAYERS - 1);
    if (gh_option_real(t->options, "discriminator.clip") > 0)
        GH_FAIL(GENHEP_E_OPTION, "option 'discriminator.clip': has no effect on weights that spectral normalisation divides by their size; "
                "expected 0, or another discriminator.norm");
    critic->parameters = NULL;
    GH_TRY(gh_alloc_aligned(&t->hooks, &critic->parameters, critic->weights.n, sizeof(gh_real)));
    GH_TRY(gh_spectrum_create(&t->hooks, &critic->network, &rng, &critic->spectrum));
    gh_critic_refresh(t, critic, START_ITERATIONS);
    return GENHEP_OK;
}

gh_status gh_critic_create(genhep_trainer *t, int64_t inputs, int64_t which, int64_t slots, gh_critic *critic)
{
    gh_network_spec spec = {0};
    int64_t trainable = 0, statistics = 0;
    GH_TRY(gh_network_spec_read(t->options, "discriminator", &spec));
    if (spec.minibatch_kernels && (t->data.weights || t->method == &gh_method_subtraction))
        GH_FAIL(GENHEP_E_OPTION, "option 'discriminator.minibatch': compares rows of a slice as if they weighed the same, and %s do not; expected "
                "none", t->data.weights ? "events with weights" : "the soft labels of a subtraction");
    spec.inputs = inputs;
    spec.outputs = 1;
    spec.output_activation = GH_LINEAR;
    GH_TRY(gh_network_plan(&spec, &trainable, &statistics, &critic->network));
    gh_network_place(&critic->network, trainable);
    GH_TRY(gh_alloc_aligned(&t->hooks, &critic->trained, trainable + statistics, sizeof(gh_real)));
    gh_network_start(&critic->network, critic->trained, t->seed, 2 + which);
    critic->parameters = critic->trained;
    GH_TRY(gh_weights_create(&t->hooks, trainable + statistics, trainable, slots, critic->trained, 0, &critic->weights));
    return gh_option_is(t->options, "discriminator.norm", "spectral") ? normalise(t, which, critic) : GENHEP_OK;
}

void gh_critic_free(const gh_hooks *hooks, gh_critic *critic)
{
    gh_weights_free(&critic->weights);
    gh_spectrum_free(hooks, &critic->spectrum);
    if (critic->parameters != critic->trained) gh_free_aligned(hooks, critic->parameters);
    gh_free_aligned(hooks, critic->trained);
    critic->parameters = critic->trained = NULL;
}

void gh_critic_refresh(const genhep_trainer *t, gh_critic *critic, int iterations)
{
    if (critic->spectrum.count)
        gh_spectrum_apply(&critic->spectrum, t->pool, iterations, critic->weights.n, critic->trained, critic->parameters);
}

double gh_critic_reduce(const genhep_trainer *t, gh_critic *critic, int64_t slots)
{
    const double norm = gh_weights_reduce(&critic->weights, t->pool, slots);
    if (!critic->spectrum.count) return norm;
    gh_spectrum_backward(&critic->spectrum, t->pool, critic->parameters, critic->weights.gradient);
    return gh_weights_norm(&critic->weights);
}

void gh_adversary_work_free(const gh_hooks *hooks, gh_adversary_work *w)
{
    gh_tape_free(&w->tape);
    gh_gemm_work_free(&w->products);
    gh_penalty_tape_free(&w->penalty);
    gh_real *arrays[] = {w->input, w->rows, w->c, w->t, w->s, w->scratch};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) gh_free_aligned(hooks, arrays[i]);
}

gh_status gh_adversary_work_create(const genhep_trainer *t, const gh_critic *critic, const gh_critic_rule *rule, gh_adversary_work *w)
{
    const gh_hooks *hooks = &t->hooks;
    GH_TRY(gh_gemm_work_create(hooks, t->kernel, &w->products));
    GH_TRY(gh_tape_create(hooks, &critic->network, GH_SLICE, 1, &w->tape));
    w->tape.products = &w->products;
    if (rule->penalty != GH_PENALTY_NONE) GH_TRY(gh_penalty_tape_create(hooks, &critic->network, GH_SLICE, &w->penalty));
    GH_TRY(gh_alloc_aligned(hooks, &w->input, GH_SLICE * critic->network.spec.inputs, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->rows, GH_SLICE * t->model->p, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->c, GH_SLICE, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->t, GH_SLICE, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->s, GH_SLICE, sizeof(gh_real)));
    const gh_network *decoder = &t->model->decoder;
    return gh_alloc_aligned(hooks, &w->scratch, gh_network_scratch(decoder, GH_SLICE) + GH_SLICE * decoder->spec.outputs, sizeof(gh_real));
}

int64_t gh_critic_arrays(gh_critic *critic, const char *name, gh_array *arrays)
{
    static const char *const parts[] = {"parameters", "first", "second", "optimiser_steps", "singular"};
    gh_weights *w = &critic->weights;
    gh_real *data[] = {w->parameters, w->first, w->second, NULL, critic->spectrum.left};
    const int64_t sizes[] = {w->n, w->n, w->n, 0, critic->spectrum.n_left}, count = critic->spectrum.count ? 5 : 4;
    for (int64_t i = 0; i < count; i++) {
        arrays[i] = (gh_array){"", data[i], sizes[i], data[i] ? NULL : &w->optimiser_steps};
        snprintf(arrays[i].name, sizeof arrays[i].name, "trainer/%s_%s", name, parts[i]);
    }
    return count;
}

gh_status gh_critic_check_features(const gh_event_values *features, int sees_conditions)
{
    if (features->q && !sees_conditions)
        GH_FAIL(GENHEP_E_OPTION, "option 'discriminator.features': a rest needs a discriminator that sees the conditions");
    return GENHEP_OK;
}

void gh_critic_input(const gh_event_values *features, int64_t P, int64_t N, const gh_real *X, const gh_real *conditions, int64_t Q,
                     gh_real *input)
{
    const int64_t F = features->count, I = P + F + Q;
    for (int64_t i = 0; i < N; i++) {
        memcpy(input + i * I, X + i * P, (size_t)P * sizeof *X);
        if (Q) memcpy(input + i * I + P + F, conditions + i * Q, (size_t)Q * sizeof *X);
    }
    if (F) gh_event_values_forward(features, N, X, conditions, input + P, I);
}

void gh_interpolate(const gh_rng *rng, int64_t first_item, int64_t rows, int64_t P, const gh_real *x, const gh_real *y, gh_real *out)
{
    for (int64_t i = 0; i < rows; i++) {
        const gh_real u = (gh_real)gh_rng_uniform(rng, first_item + i, 0);
        for (int64_t j = 0; j < P; j++) out[i * P + j] = u * x[i * P + j] + (1 - u) * y[i * P + j];
    }
}

void gh_critic_rows(const gh_critic *critic, const gh_critic_rule *rule, gh_adversary_work *w, int kind, int64_t N, const gh_real *weights,
                    double scale, const gh_rng *rng, int64_t first_item, gh_real *gradients, gh_slice_loss *loss)
{
    static const int points[] = {GH_PENALTY_ON_TRUTH, GH_PENALTY_ON_GENERATED, GH_PENALTY_ON_INTERPOLATES};
    gh_network_forward(&critic->network, critic->parameters, &w->tape, w->input, N, rng, first_item);
    const gh_real *phi = w->tape.value[critic->network.n_layers];
    *loss = (gh_slice_loss){0, 0, 0};
    if (kind == GH_INTERPOLATED) memset(w->c, 0, (size_t)N * sizeof *w->c);
    else loss->discriminator = gh_discriminator_loss(rule->loss, kind == GH_TRUTH, phi, weights, scale, N, w->c);
    if (!(gh_penalty_points(rule->penalty) & points[kind])) {
        for (int64_t i = 0; i < N; i++) w->tape.gradient[critic->network.n_layers][i] = gh_without_dust(w->c[i]);
        gh_network_backward(&critic->network, critic->parameters, &w->tape, N, gradients);
        return;
    }
    gh_network_input_gradient(&critic->network, critic->parameters, &w->tape, 0, N, &w->penalty, w->s);
    loss->penalty = gh_penalty_loss(rule->penalty, kind == GH_TRUTH, phi, w->s, weights, rule->lambda * scale, N, w->c, w->t);
    gh_network_penalty_backward(&critic->network, critic->parameters, &w->tape, &w->penalty, w->c, w->t, N, 0, gradients);
}

/* One slice of one kind: loss and gradient into the slot `index`. */
static void critic_slice(void *context, int64_t index, int64_t worker)
{
    genhep_trainer *t = context;
    gh_adversary *a = t->method_state;
    const int64_t kind = index / t->slices, slice = index % t->slices, P = t->model->p;
    gh_adversary_work *w = &a->work[worker];
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    const gh_real *X = kind == GH_TRUTH ? a->truth + start * P : kind == GH_GENERATED ? a->generated + start * P : w->rows;
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 1 + kind);
    const gh_rng mix = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 3);
    if (kind == GH_INTERPOLATED) gh_interpolate(&mix, a->noise_item + start, rows, P, a->truth + start * P, a->generated + start * P, w->rows);
    gh_adversary_input(t, w, start, rows, X);
    /* generated rows of a conditional model stand at the conditions of weighted truth, and weigh as they do */
    const int weighted = a->truth_weights && (kind == GH_TRUTH || t->model->q);
    const gh_real *weights = weighted ? a->truth_weights + start : NULL;
    const double scale = 1 / ((double)t->batch * (weighted ? t->data.mean_weight : 1));
    gh_critic_rows(&a->critic, &a->rule, w, (int)kind, rows, weights, scale, &rng, a->noise_item + start,
                   a->critic.weights.slice_gradients + index * a->critic.weights.n, &a->slice_loss[index]);
}

/* discriminator.lr and, for the inverse-time schedule, discriminator.decay; else the generator's rate. */
static double critic_rate(const genhep_trainer *t)
{
    const double own = gh_option_real(t->options, "discriminator.lr"), shared = gh_option_real(t->options, "train.lr");
    const double decay = gh_option_real(t->options, "discriminator.decay");
    const double lr = own > 0 ? own : shared;
    if (decay >= 0 && gh_option_is(t->options, "train.schedule", "inverse_time")) {
        const double epoch = (double)(t->state.step / t->steps_per_epoch);
        return lr / (1 + decay * epoch);
    }
    return shared > 0 ? t->rate_now * lr / shared : 0;
}

static void clip_weights(gh_critic *critic, gh_real most)
{
    for (int64_t i = 0; i < critic->weights.n_trainable; i++) {
        gh_real w = critic->trained[i];
        critic->trained[i] = w > most ? most : w < -most ? -most : w;
    }
}

void gh_critic_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm)
{
    gh_adversary *a = t->method_state;
    const int64_t kinds = gh_penalty_points(a->rule.penalty) & GH_PENALTY_ON_INTERPOLATES ? 3 : 2;
    loss->discriminator = loss->penalty = 0;
    gh_pool_run(t->pool, critic_slice, t, kinds * t->slices);
    for (int64_t i = 0; i < kinds * t->slices; i++) {
        loss->discriminator += a->slice_loss[i].discriminator;
        loss->penalty += a->slice_loss[i].penalty;
    }
    *norm = gh_critic_reduce(t, &a->critic, kinds * t->slices);
}

gh_status gh_critic_check(const genhep_trainer *t, const gh_step_loss *loss, double norm)
{
    if (!isfinite(loss->discriminator) || !isfinite(loss->penalty) || !isfinite(norm))
        GH_FAIL(GENHEP_E_NUMERIC, "step %lld: discriminator loss %g, penalty %g and gradient norm %g, expected finite numbers; the weights of "
                "the step before are kept; a smaller discriminator.lr or a larger loss.gradient_penalty may help",
                (long long)t->state.step, loss->discriminator, loss->penalty, norm);
    return GENHEP_OK;
}

void gh_critic_apply(genhep_trainer *t, gh_critic *critic, double norm)
{
    gh_update update = gh_trainer_update(t, critic_rate(t), norm);
    const char *optimiser = gh_option_text(t->options, "discriminator.optimiser");
    if (strcmp(optimiser, "same") != 0)
        update.kind = strcmp(optimiser, "adam") == 0 ? GH_ADAM : strcmp(optimiser, "adamw") == 0 ? GH_ADAMW : GH_SGD;
    gh_weights_update(&critic->weights, t->pool, update);
    const double most = gh_option_real(t->options, "discriminator.clip");
    if (most > 0) clip_weights(critic, (gh_real)most);
}

gh_status gh_critic_update(genhep_trainer *t, gh_step_loss *loss)
{
    gh_adversary *a = t->method_state;
    gh_step_loss now = {0};
    double norm;
    gh_critic_refresh(t, &a->critic, 1);
    gh_critic_gradient(t, &now, &norm);
    GH_TRY(gh_critic_check(t, &now, norm));
    gh_critic_apply(t, &a->critic, norm);
    loss->discriminator += now.discriminator;
    loss->penalty += now.penalty;
    return GENHEP_OK;
}
