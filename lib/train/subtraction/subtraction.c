/* subtraction.c -- the training method of the subtraction GAN: creation, batches and the order of updates in a step. */
#include "train/subtraction/subtraction.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/gan.h"
#include "train/rows.h"

int64_t gh_subtractor_slice(const genhep_trainer *t, int64_t slice, int64_t *start)
{
    *start = slice * GH_SLICE;
    return t->batch - *start < GH_SLICE ? t->batch - *start : GH_SLICE;
}

static void free_side(const gh_hooks *hooks, gh_sample_side *s, int owned)
{
    gh_real *arrays[] = {s->truth, s->truth_weights, s->share, s->gradient, s->row_loss};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) gh_free_aligned(hooks, arrays[i]);
    gh_free(hooks, s->order);
    gh_free(hooks, s->picked);
    gh_critic_free(hooks, &s->critic);
    gh_figure_free(&s->figure);
    if (owned) gh_rows_free(hooks, &s->rows);
}

static void subtraction_free(genhep_trainer *t)
{
    gh_subtractor *a = t->method_state;
    const gh_hooks *hooks = &t->hooks;
    if (!a) return;
    for (int64_t i = 0; a->work && i < t->threads; i++) gh_adversary_work_free(hooks, &a->work[i]);
    for (int64_t i = 0; a->generator && i < t->slices; i++) gh_tape_free(&a->generator[i]);
    for (int64_t i = 0; i < a->sets; i++) free_side(hooks, &a->set[i], i > 0);
    gh_real *arrays[] = {a->noise, a->input, a->output, a->generated, a->labels, a->label_gradient, a->gradient};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) gh_free_aligned(hooks, arrays[i]);
    gh_free(hooks, a->work);
    gh_free(hooks, a->generator);
    gh_free(hooks, a->slice_loss);
    gh_free(hooks, a->slice_share);
    gh_free(hooks, a->slice_sums);
    gh_event_values_free(&a->features);
    gh_free(hooks, a);
    t->method_state = NULL;
}

static gh_status read_options(genhep_trainer *t, gh_subtractor *a)
{
    const genhep_options *o = t->options;
    const gh_subtraction *s = &t->model->subtraction;
    GH_TRY(gh_critic_rule_read(o, &a->rule));
    if (a->rule.penalty == GH_PENALTY_GRADIENT)
        GH_FAIL(GENHEP_E_OPTION, "option 'loss.penalty': 'gradient' interpolates between events and has no meaning for weighted ones; "
                "expected logit, r1, r2 or r1r2");
    if (gh_option_text(o, "loss.mmd")[0]) GH_FAIL(GENHEP_E_OPTION, "option 'loss.mmd': a subtraction has no MMD terms, expected none");
    a->updates = gh_option_int(o, "discriminator.steps");
    a->ramp = gh_option_real(o, "subtract.ramp");
    a->class_weight = s->stratified ? 0 : gh_option_real(o, "loss.class.weight");
    a->rules = (gh_class_rules){.classes = s->table.classes, .alpha = gh_option_real(o, "loss.class.alpha"),
                                .beta = gh_option_real(o, "loss.class.exponent"), .sets = s->table.sets - 1, .base = s->table.members[0]};
    for (int64_t i = 1; i < s->table.sets; i++) {
        a->rules.members[i - 1] = s->table.members[i];
        a->rules.ratio[i - 1] = s->sigma[i] / s->sigma[0];
        a->rules.weight[i - 1] = gh_option_real(o, "loss.normalisation");
    }
    return gh_class_rules_check(&a->rules);
}

/* Sample i: its rows, but for base, which the trainer has, its discriminator and its buffers. */
static gh_status create_side(genhep_trainer *t, gh_subtractor *a, int64_t i)
{
    const gh_hooks *hooks = &t->hooks;
    gh_sample_side *s = &a->set[i];
    const int64_t P = t->model->p;
    if (i == 0) s->rows = t->data;
    else
        GH_TRY(gh_rows_create(hooks, t->model, t->tables + i, 1, t->seed, gh_option_real(t->options, "data.validation"), &s->rows));
    if (i > 0) t->data.hash = t->data.hash * 1099511628211u ^ s->rows.hash;
    s->members = t->model->subtraction.table.members[i];
    s->order_epoch = -1;
    GH_TRY(gh_alloc(hooks, &s->order, s->rows.n_train, sizeof *s->order));
    GH_TRY(gh_alloc(hooks, &s->picked, t->batch, sizeof *s->picked));
    GH_TRY(gh_critic_create(t, a->inputs, i, 2 * t->slices, &s->critic));
    GH_TRY(gh_alloc_aligned(hooks, &s->truth, t->batch * P, sizeof(gh_real)));
    if (s->rows.weights) GH_TRY(gh_alloc_aligned(hooks, &s->truth_weights, t->batch, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &s->share, t->batch, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &s->gradient, t->batch * P, sizeof(gh_real)));
    return gh_alloc_aligned(hooks, &s->row_loss, t->batch, sizeof(gh_real));
}

static gh_status subtraction_create(genhep_trainer *t)
{
    gh_subtractor *a;
    const gh_hooks *hooks = &t->hooks;
    const genhep_model *m = t->model;
    const int64_t C = m->subtraction.table.classes;
    GH_TRY(gh_alloc(hooks, &a, 1, sizeof *a));
    t->method_state = a;
    GH_TRY(read_options(t, a));
    GH_TRY(gh_event_values_create(m, gh_option_text(t->options, "discriminator.features"), &a->features));
    GH_TRY(gh_event_values_standardise(&a->features, t->data.n_train, t->data.rows, NULL));
    a->inputs = m->p + a->features.count;
    a->sets = m->subtraction.table.sets;
    for (int64_t i = 0; i < a->sets; i++) GH_TRY(create_side(t, a, i));
    GH_TRY(gh_alloc(hooks, &a->work, t->threads, sizeof *a->work));
    for (int64_t i = 0; i < t->threads; i++) GH_TRY(gh_adversary_work_create(t, &a->set[0].critic, &a->rule, &a->work[i]));
    GH_TRY(gh_alloc(hooks, &a->generator, t->slices, sizeof *a->generator));
    for (int64_t i = 0; i < t->slices; i++) GH_TRY(gh_tape_create(hooks, &m->decoder, GH_SLICE, 0, &a->generator[i]));
    GH_TRY(gh_alloc_aligned(hooks, &a->noise, t->batch * m->latents, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->input, t->batch * m->decoder.spec.inputs, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->output, t->batch * m->decoder.spec.outputs, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->generated, t->batch * m->p, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->labels, t->batch * C, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->label_gradient, t->batch * C, sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &a->gradient, t->batch * m->p, sizeof(gh_real)));
    GH_TRY(gh_alloc(hooks, &a->slice_loss, 2 * a->sets * t->slices, sizeof *a->slice_loss));
    GH_TRY(gh_alloc(hooks, &a->slice_share, t->slices * a->sets, sizeof *a->slice_share));
    return gh_alloc(hooks, &a->slice_sums, t->slices, sizeof *a->slice_sums);
}

void gh_subtractor_input(const genhep_trainer *t, gh_adversary_work *w, int64_t N, const gh_real *X)
{
    const gh_subtractor *a = t->method_state;
    const int64_t P = t->model->p, I = a->inputs;
    for (int64_t i = 0; i < N; i++) memcpy(w->input + i * I, X + i * P, (size_t)P * sizeof *X);
    if (a->features.count) gh_event_values_forward(&a->features, N, X, NULL, w->input + P, I);
}

void gh_subtractor_ramp(genhep_trainer *t, int64_t step)
{
    gh_subtractor *a = t->method_state;
    const gh_subtraction *s = &t->model->subtraction;
    const double length = a->ramp * (double)t->schedule.steps, r = (double)step < length ? (double)step / length : 1;
    a->rules.ramp = s->stratified ? 0 : r;
    a->rules.class_weight = a->class_weight * r;
    a->gain = pow(s->gain, r);
}

/* Rows of batch number `batch`: positions batch * size.. of one epoch after the other, each in an order of its own. */
static void pick_rows(genhep_trainer *t, int64_t which, int64_t batch)
{
    gh_subtractor *a = t->method_state;
    gh_sample_side *s = &a->set[which];
    const int64_t n = s->rows.n_train;
    for (int64_t i = 0; i < t->batch; i++) {
        const int64_t at = batch * t->batch + i, epoch = at / n;
        if (epoch != s->order_epoch) {
            gh_rows_shuffle(t->seed + (which << 40), epoch, n, s->order);
            s->order_epoch = epoch;
        }
        s->picked[i] = s->order[at % n];
    }
}

static void truth_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_subtractor *a = t->method_state;
    const int64_t P = t->model->p;
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    (void)worker;
    for (int64_t k = 0; k < a->sets; k++) {
        gh_sample_side *s = &a->set[k];
        for (int64_t i = start; i < start + rows; i++) {
            memcpy(s->truth + i * P, s->rows.rows + s->picked[i] * P, (size_t)P * sizeof(gh_real));
            if (s->truth_weights) s->truth_weights[i] = s->rows.weights[s->picked[i]];
        }
    }
}

void gh_subtractor_truth(genhep_trainer *t, int64_t batch)
{
    gh_subtractor *a = t->method_state;
    for (int64_t k = 0; k < a->sets; k++) pick_rows(t, k, batch);
    gh_pool_run(t->pool, truth_slice, t, t->slices);
}

static void noise_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_subtractor *a = t->method_state;
    const int64_t L = t->model->latents;
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 2);
    gh_real *noise = a->noise + start * L;
    (void)worker;
    if (gh_gan_noise(t->model) == GH_LATENT_NORMAL) gh_rng_normals(&rng, a->noise_item + start, rows, L, noise, L);
    else gh_rng_uniforms(&rng, a->noise_item + start, rows, L, noise, L);
    gh_subgan_input(t->model, start, rows, noise, a->input + start * t->model->decoder.spec.inputs);
}

void gh_subtractor_noise(genhep_trainer *t, int64_t noise)
{
    gh_subtractor *a = t->method_state;
    a->noise_item = noise * t->batch;
    gh_pool_run(t->pool, noise_slice, t, t->slices);
}

static gh_status subtraction_step(genhep_trainer *t, gh_step_loss *loss)
{
    gh_subtractor *a = t->method_state;
    const int64_t step = t->state.step;
    gh_subtractor_ramp(t, step);
    for (int64_t u = 0; u < a->updates; u++) {
        gh_subtractor_truth(t, step * a->updates + u);
        gh_subtractor_noise(t, step * (a->updates + 1) + u);
        gh_subtractor_generate(t);
        GH_TRY(gh_subtractor_critics(t, loss));
    }
    loss->discriminator /= (double)a->updates;
    loss->penalty /= (double)a->updates;
    gh_subtractor_noise(t, step * (a->updates + 1) + a->updates);
    return gh_subtractor_generator(t, loss);
}

static int64_t subtraction_arrays(genhep_trainer *t, gh_array *arrays)
{
    gh_subtractor *a = t->method_state;
    int64_t count = 0;
    for (int64_t k = 0; k < a->sets; k++) {
        char name[40];
        snprintf(name, sizeof name, "discriminator_%s", gh_set_name(t->model->subtraction.table.kind[k]));
        count += gh_critic_arrays(&a->set[k].critic, name, arrays + count);
    }
    return count;
}

const gh_method gh_method_subtraction = {subtraction_create, subtraction_free, subtraction_step, NULL, subtraction_arrays,
                                         gh_subtractor_watch, gh_subtractor_figure, gh_subtractor_finish};
