/* adversarial.c -- the adversarial training method: creation, batches and the order of updates in a step. */
#include <math.h>
#include <string.h>

#include "model/emission.h"
#include "train/adversarial/adversary.h"

int64_t gh_adversary_slice(const genhep_trainer *t, int64_t slice, int64_t *start)
{
    *start = slice * GH_SLICE;
    return t->batch - *start < GH_SLICE ? t->batch - *start : GH_SLICE;
}

static void adversarial_free(genhep_trainer *t)
{
    gh_adversary *a = t->method_state;
    const gh_hooks *hooks = &t->hooks;
    if (!a) return;
    for (int64_t i = 0; a->work && i < t->threads; i++) gh_adversary_work_free(hooks, &a->work[i]);
    for (int64_t i = 0; a->generator && i < t->slices; i++) gh_tape_free(&a->generator[i]);
    gh_real *arrays[] = {a->noise, a->input, a->truth, a->conditions, a->truth_weights, a->generated, a->gradient, a->eps, a->angles};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) gh_free_aligned(hooks, arrays[i]);
    gh_free(hooks, a->work);
    gh_free(hooks, a->generator);
    gh_free(hooks, a->slice_loss);
    gh_critic_free(hooks, &a->critic);
    gh_event_values_free(&a->features);
    gh_mmd_terms_free(&a->mmd);
    gh_total_term_free(&a->total);
    gh_free(hooks, a);
    t->method_state = NULL;
}

static gh_status read_options(genhep_trainer *t, gh_adversary *a)
{
    const genhep_options *o = t->options;
    GH_TRY(gh_critic_rule_read(o, &a->rule));
    a->updates = gh_option_int(o, "discriminator.steps");
    a->noise_kind = gh_gan_noise(t->model);
    a->sees_conditions = t->model->q > 0 && gh_option_is(o, "discriminator.condition", "on");
    if (a->rule.penalty == GH_PENALTY_GRADIENT && t->data.weights)
        GH_FAIL(GENHEP_E_OPTION, "option 'loss.penalty': 'gradient' interpolates between events and has no meaning for weighted ones; "
                "expected logit, r1, r2 or r1r2");
    return GENHEP_OK;
}

static gh_status adversarial_create(genhep_trainer *t)
{
    gh_adversary *a;
    const gh_hooks *hooks = &t->hooks;
    const genhep_model *m = t->model;
    GH_TRY(gh_alloc(hooks, &a, 1, sizeof *a));
    t->method_state = a;
    GH_TRY(read_options(t, a));
    GH_TRY(gh_event_values_create(m, gh_option_text(t->options, "discriminator.features"), &a->features));
    GH_TRY(gh_critic_check_features(&a->features, a->sees_conditions));
    GH_TRY(gh_event_values_standardise(&a->features, t->data.n_train, t->data.rows, t->data.conditions));
    a->inputs = m->p + a->features.count + (a->sees_conditions ? m->q : 0);
    GH_TRY(gh_mmd_terms_create(t, &a->mmd));
    GH_TRY(gh_total_term_create(m, t->options, &a->total));
    GH_TRY(gh_critic_create(t, a->inputs, 0, 3 * t->slices, &a->critic));
    GH_TRY(gh_alloc(hooks, &a->work, t->threads, sizeof *a->work));
    for (int64_t i = 0; i < t->threads; i++) GH_TRY(gh_adversary_work_create(t, &a->critic, &a->rule, &a->work[i]));
    GH_TRY(gh_alloc(hooks, &a->generator, t->slices, sizeof *a->generator));
    for (int64_t i = 0; i < t->slices; i++) GH_TRY(gh_tape_create(hooks, &m->decoder, GH_SLICE, 0, &a->generator[i]));
    GH_TRY(gh_alloc_aligned(hooks, &a->noise, t->batch * m->latents, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->input, t->batch * (m->latents + m->q), sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->truth, t->batch * m->p, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->generated, t->batch * m->p, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->gradient, t->batch * m->p, sizeof(gh_real)));
    if (m->noise == GH_NOISE_EVENT) GH_TRY(gh_alloc_aligned(hooks, &a->eps, t->batch * m->p, sizeof(gh_real)));
    if (m->turning.pairs) GH_TRY(gh_alloc_aligned(hooks, &a->angles, t->batch * 2, sizeof(gh_real)));
    if (m->q) GH_TRY(gh_alloc_aligned(hooks, &a->conditions, t->batch * m->q, sizeof(gh_real)));
    if (t->data.weights) GH_TRY(gh_alloc_aligned(hooks, &a->truth_weights, t->batch, sizeof(gh_real)));
    return gh_alloc(hooks, &a->slice_loss, 3 * t->slices, sizeof *a->slice_loss);
}

void gh_adversary_input(const genhep_trainer *t, gh_adversary_work *work, int64_t start, int64_t N, const gh_real *X)
{
    const gh_adversary *a = t->method_state;
    const int64_t Q = a->sees_conditions ? t->model->q : 0;
    gh_critic_input(&a->features, t->model->p, N, X, Q ? a->conditions + start * Q : NULL, Q, work->input);
}

typedef struct gather_context {
    genhep_trainer *trainer;
    int64_t offset; /* into the epoch's order */
    gh_rng noise, eps, turns;
} gather_context;

/* Truth by an azimuth of its own, which makes every epoch's rows new ones; angles of the generated rows. */
static void turn_truth(const gather_context *c, gh_adversary *a, int64_t start, int64_t rows)
{
    const int64_t P = c->trainer->model->p;
    for (int64_t i = start; i < start + rows; i++) {
        gh_real angle[2];
        gh_turning_angle(gh_rng_uniform(&c->turns, a->noise_item + i, 0), angle);
        gh_turning_apply(&c->trainer->model->turning, 1, P, angle, 1, a->truth + i * P);
        gh_turning_angle(gh_rng_uniform(&c->turns, a->noise_item + i, 1), a->angles + 2 * i);
    }
}

static void gather_slice(void *context, int64_t slice, int64_t worker)
{
    gather_context *c = context;
    genhep_trainer *t = c->trainer;
    gh_adversary *a = t->method_state;
    const int64_t P = t->model->p, Q = t->model->q, L = t->model->latents;
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    (void)worker;
    for (int64_t i = start; i < start + rows; i++) {
        int64_t row = t->order[c->offset + i];
        memcpy(a->truth + i * P, t->data.rows + row * P, (size_t)P * sizeof(gh_real));
        if (Q) memcpy(a->conditions + i * Q, t->data.conditions + row * Q, (size_t)Q * sizeof(gh_real));
        if (a->truth_weights) a->truth_weights[i] = t->data.weights[row];
    }
    if (a->noise_kind == GH_LATENT_NORMAL) gh_rng_normals(&c->noise, a->noise_item + start, rows, L, a->noise + start * L, L);
    if (a->noise_kind == GH_LATENT_UNIFORM) gh_rng_uniforms(&c->noise, a->noise_item + start, rows, L, a->noise + start * L, L);
    if (a->angles) turn_truth(c, a, start, rows);
    if (a->eps) gh_rng_normals(&c->eps, a->noise_item + start, rows, P, a->eps + start * P, P);
    gh_gan_input(t->model, rows, a->noise + start * L, L, Q ? a->conditions + start * Q : NULL, a->input + start * (L + Q));
}

void gh_adversary_gather(genhep_trainer *t, int64_t batch, int64_t noise)
{
    gh_adversary *a = t->method_state;
    const int64_t per_epoch = t->data.n_train / t->batch;
    gather_context context = {t, batch % per_epoch * t->batch, gh_rng_make(t->seed, GH_RANDOM_TRAIN, 2), gh_rng_make(t->seed, GH_RANDOM_TRAIN, 6),
                              gh_rng_make(t->seed, GH_RANDOM_TRAIN, 7)};
    gh_trainer_order(t, batch / per_epoch);
    a->noise_item = noise * t->batch;
    gh_pool_run(t->pool, gather_slice, &context, t->slices);
}

static void generate_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_adversary *a = t->method_state;
    const genhep_model *m = t->model;
    const int64_t P = m->p, I = m->latents + m->q;
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    gh_real *X = a->generated + start * P, *scratch = a->work[worker].scratch, *Y = scratch + gh_network_scratch(&m->decoder, GH_SLICE);
    if (m->decoder.spec.norm == GH_NORM_BATCH || m->decoder.spec.dropout > 0) { /* as the generator's own step sees it */
        const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 0);
        a->generator[slice].products = &a->work[worker].products;
        gh_network_forward(&m->decoder, m->parameters, &a->generator[slice], a->input + start * I, rows, &rng, a->noise_item + start);
        Y = a->generator[slice].value[m->decoder.n_layers];
    } else {
        const gh_network_way way = gh_network_plain_way(); /* packing tiles for one batch would cost more than it saves */
        gh_network_infer(&m->decoder, m->parameters, &way, a->input + start * I, rows, scratch, Y);
    }
    gh_emit(m, m->parameters, rows, Y, a->eps ? a->eps + start * P : NULL, P, X);
    gh_gan_add_skip(m, rows, a->noise + start * m->latents, m->latents, m->q ? a->conditions + start * m->q : NULL, X);
    if (a->angles) gh_turning_apply(&m->turning, rows, P, a->angles + 2 * start, 1, X);
}

void gh_adversary_generate(genhep_trainer *t)
{
    gh_pool_run(t->pool, generate_slice, t, t->slices);
}

static gh_status adversarial_step(genhep_trainer *t, gh_step_loss *loss)
{
    gh_adversary *a = t->method_state;
    const int64_t step = t->state.step;
    for (int64_t u = 0; u < a->updates; u++) {
        gh_adversary_gather(t, step * a->updates + u, step * (a->updates + 1) + u);
        gh_adversary_generate(t);
        GH_TRY(gh_critic_update(t, loss));
    }
    loss->discriminator /= (double)a->updates;
    loss->penalty /= (double)a->updates;
    /* fresh noise, and the truth of the last update for whatever compares samples */
    gh_adversary_gather(t, (step + 1) * a->updates - 1, step * (a->updates + 1) + a->updates);
    return gh_generator_update(t, loss);
}

static int64_t adversarial_arrays(genhep_trainer *t, gh_array *arrays)
{
    gh_adversary *a = t->method_state;
    return gh_critic_arrays(&a->critic, "discriminator", arrays);
}

const gh_method gh_method_adversarial = {adversarial_create, adversarial_free, adversarial_step, NULL, adversarial_arrays,
                                         gh_adversary_watch, NULL, NULL};
