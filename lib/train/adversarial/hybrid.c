/* hybrid.c -- VAE-GAN: the autoencoder's step with a discriminator on what the decoder gives. Formulas: hybrid.h. Tests:
 * tests/grad/test_hybrid.c, tests/property/test_hybrid_training.c. */
#include "train/adversarial/hybrid.h"

#include <math.h>
#include <string.h>

#include "model/emission.h"

static void hybrid_free(genhep_trainer *t)
{
    gh_hybrid *h = t->method_state;
    const gh_hooks *hooks = &t->hooks;
    if (!h) return;
    for (int64_t i = 0; h->work && i < t->threads; i++) gh_adversary_work_free(hooks, &h->work[i]);
    for (int64_t i = 0; h->noise && i < t->threads; i++) gh_free_aligned(hooks, h->noise[i]);
    gh_free(hooks, h->work);
    gh_free(hooks, h->noise);
    gh_free_aligned(hooks, h->fake);
    gh_free(hooks, h->slice_loss);
    gh_critic_free(hooks, &h->critic);
    gh_event_values_free(&h->features);
    gh_autoencoder_close(t, &h->base);
    gh_free(hooks, h);
    t->method_state = NULL;
}

static gh_status read_options(genhep_trainer *t, gh_hybrid *h)
{
    const genhep_options *o = t->options;
    const genhep_model *m = t->model;
    GH_TRY(gh_critic_rule_read(o, &h->rule));
    h->weight = gh_option_real(o, "loss.adversarial");
    h->updates = gh_option_int(o, "discriminator.steps");
    h->sees_conditions = m->q > 0 && gh_option_is(o, "discriminator.condition", "on");
    h->kinds = gh_option_is(o, "latent.source", "prior") && !m->deterministic ? 2 : 1;
    if (m->kept) GH_FAIL(GENHEP_E_OPTION, "option 'loss.adversarial': found it with generator.keep, expected one of them");
    if (m->encoder.spec.norm == GH_NORM_BATCH || m->decoder.spec.norm == GH_NORM_BATCH)
        GH_FAIL(GENHEP_E_OPTION, "option 'loss.adversarial': a decoder that is trained on batches of two kinds cannot have batch norm, nor its "
                "encoder; expected norm = none or layer");
    if (h->rule.penalty == GH_PENALTY_GRADIENT && t->data.weights)
        GH_FAIL(GENHEP_E_OPTION, "option 'loss.penalty': 'gradient' interpolates between events and has no meaning for weighted ones; "
                "expected logit, r1, r2 or r1r2");
    return GENHEP_OK;
}

static gh_status hybrid_create(genhep_trainer *t)
{
    gh_hybrid *h;
    const gh_hooks *hooks = &t->hooks;
    const genhep_model *m = t->model;
    GH_TRY(gh_alloc(hooks, &h, 1, sizeof *h));
    t->method_state = h;
    GH_TRY(read_options(t, h));
    GH_TRY(gh_autoencoder_open(t, &h->base));
    GH_TRY(gh_event_values_create(m, gh_option_text(t->options, "discriminator.features"), &h->features));
    GH_TRY(gh_critic_check_features(&h->features, h->sees_conditions));
    GH_TRY(gh_event_values_standardise(&h->features, t->data.n_train, t->data.rows, t->data.conditions));
    h->inputs = m->p + h->features.count + (h->sees_conditions ? m->q : 0);
    GH_TRY(gh_critic_create(t, h->inputs, 0, (h->kinds + 2) * t->slices, &h->critic));
    GH_TRY(gh_alloc(hooks, &h->work, t->threads, sizeof *h->work));
    GH_TRY(gh_alloc(hooks, &h->noise, t->threads, sizeof *h->noise));
    for (int64_t i = 0; i < t->threads; i++) {
        GH_TRY(gh_adversary_work_create(t, &h->critic, &h->rule, &h->work[i]));
        GH_TRY(gh_alloc_aligned(hooks, &h->noise[i], GH_SLICE * (m->latents + m->p), sizeof(gh_real)));
    }
    GH_TRY(gh_alloc_aligned(hooks, &h->fake, h->kinds * t->batch * m->p, sizeof(gh_real)));
    return gh_alloc(hooks, &h->slice_loss, (h->kinds + 2) * t->slices, sizeof *h->slice_loss);
}

/* Rows of one kind at slice `slice` through the decoder: its output in the tape of the thread's gh_bvae_work, the rows with noise
 * in X, the normal numbers (rows, L + P) in h->noise. */
static int64_t decode_slice(genhep_trainer *t, int64_t kind, int64_t slice, int64_t worker, gh_real *X)
{
    gh_hybrid *h = t->method_state;
    const genhep_model *m = t->model;
    const int64_t P = m->p, Q = m->q, L = m->latents, W = L + P;
    gh_bvae_work *w = &h->base.work[worker];
    gh_real *eps = h->noise[worker], *z = w->latent;
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 4 + kind), encoder_rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 5 + 2 * kind),
                 decoder_rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 6 + 2 * kind);
    const gh_real *Y = Q ? h->base.batch_conditions + start * Q : NULL, *rows_in = h->base.batch_rows + start * P;
    gh_rng_normals(&rng, h->noise_item + start, rows, W, eps, W);
    if (kind == GH_FAKE_ENCODED) {
        if (Q) gh_join_rows(rows_in, P, Y, Q, rows, w->input);
        gh_network_forward(&m->encoder, m->parameters, &w->encoder, Q ? w->input : rows_in, rows, &encoder_rng, h->noise_item + start);
    }
    const gh_real *H = w->encoder.value[m->encoder.n_layers];
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < L; j++) {
            const gh_real e = eps[i * W + j];
            z[i * (L + Q) + j] = kind == GH_FAKE_PRIOR ? e : m->deterministic ? H[i * 2 * L + j]
                                 : H[i * 2 * L + j] + (gh_real)exp(0.5 * (double)H[i * 2 * L + L + j]) * e;
        }
        if (Q) memcpy(z + i * (L + Q) + L, Y + i * Q, (size_t)Q * sizeof *z);
    }
    gh_network_forward(&m->decoder, m->parameters, &w->decoder, z, rows, &decoder_rng, h->noise_item + start);
    gh_emit(m, m->parameters, rows, w->decoder.value[m->decoder.n_layers], eps + L, W, X);
    return rows;
}

static void generate_slice(void *context, int64_t index, int64_t worker)
{
    genhep_trainer *t = context;
    gh_hybrid *h = t->method_state;
    const int64_t kind = index / t->slices, slice = index % t->slices;
    decode_slice(t, kind, slice, worker, h->fake + (kind * t->batch + slice * GH_SLICE) * t->model->p);
}

void gh_hybrid_generate(genhep_trainer *t, int64_t batch)
{
    gh_hybrid *h = t->method_state;
    h->noise_item = batch * t->batch;
    gh_pool_run(t->pool, generate_slice, t, h->kinds * t->slices);
}

static void critic_input(const genhep_trainer *t, const gh_hybrid *h, gh_adversary_work *w, int64_t start, int64_t rows, const gh_real *X)
{
    const int64_t Q = h->sees_conditions ? t->model->q : 0;
    gh_critic_input(&h->features, t->model->p, rows, X, Q ? h->base.batch_conditions + start * Q : NULL, Q, w->input);
}

/* Decoded rows stand for rows of the batch, and weigh as these do, unless their latents come from the prior without conditions. */
static const gh_real *weights_of(const genhep_trainer *t, const gh_hybrid *h, int64_t kind, int64_t start, double *scale)
{
    const int weighted = h->base.batch_weights && (kind != GH_FAKE_PRIOR || t->model->q);
    *scale = 1 / ((double)t->batch * (weighted ? t->data.mean_weight : 1));
    return weighted ? h->base.batch_weights + start : NULL;
}

/* Index: truth, the kinds of decoded rows, interpolates; a slice each. */
static void critic_slice(void *context, int64_t index, int64_t worker)
{
    genhep_trainer *t = context;
    gh_hybrid *h = t->method_state;
    gh_adversary_work *w = &h->work[worker];
    const int64_t which = index / t->slices, slice = index % t->slices, P = t->model->p;
    const int kind = which == 0 ? GH_TRUTH : which <= h->kinds ? GH_GENERATED : GH_INTERPOLATED;
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 1 + which), mix = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 3);
    const gh_real *truth = h->base.batch_rows + start * P;
    const gh_real *X = kind == GH_TRUTH ? truth : kind == GH_INTERPOLATED ? w->rows : h->fake + ((which - 1) * t->batch + start) * P;
    double scale;
    const gh_real *weights = weights_of(t, h, kind == GH_GENERATED ? which - 1 : GH_FAKE_ENCODED, start, &scale);
    if (kind == GH_GENERATED) scale /= (double)h->kinds;
    if (kind == GH_INTERPOLATED)
        gh_interpolate(&mix, h->noise_item + start, rows, P, truth, h->fake + ((h->kinds - 1) * t->batch + start) * P, w->rows);
    critic_input(t, h, w, start, rows, X);
    gh_critic_rows(&h->critic, &h->rule, w, kind, rows, weights, scale, &rng, h->noise_item + start,
                   h->critic.weights.slice_gradients + index * h->critic.weights.n, &h->slice_loss[index]);
}

void gh_hybrid_critic_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm)
{
    gh_hybrid *h = t->method_state;
    const int64_t tasks = (h->kinds + (gh_penalty_points(h->rule.penalty) & GH_PENALTY_ON_INTERPOLATES ? 2 : 1)) * t->slices;
    gh_pool_run(t->pool, critic_slice, t, tasks);
    for (int64_t i = 0; i < tasks; i++) {
        loss->discriminator += h->slice_loss[i].discriminator;
        loss->penalty += h->slice_loss[i].penalty;
    }
    *norm = gh_critic_reduce(t, &h->critic, tasks);
}

static void decoder_slice(void *context, int64_t index, int64_t worker)
{
    genhep_trainer *t = context;
    gh_hybrid *h = t->method_state;
    const genhep_model *m = t->model;
    gh_adversary_work *w = &h->work[worker];
    gh_bvae_work *decoder = &h->base.work[worker];
    const int64_t kind = index / t->slices, slice = index % t->slices, P = m->p, L = m->latents, O = h->critic.network.n_layers;
    const int64_t start = slice * GH_SLICE, last = m->decoder.n_layers;
    gh_real *X = h->fake + (kind * t->batch + start) * P, *gX = w->rows, *slot = t->weights.slice_gradients + (t->slices + index) * t->weights.n;
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 10 + kind);
    const int64_t rows = decode_slice(t, kind, slice, worker, X);
    double scale;
    const gh_real *weights = weights_of(t, h, kind, start, &scale);
    critic_input(t, h, w, start, rows, X);
    gh_network_forward(&h->critic.network, h->critic.parameters, &w->tape, w->input, rows, &rng, h->noise_item + start);
    h->slice_loss[index].generator = gh_generator_loss(h->rule.loss, w->tape.value[O], weights, h->weight * scale / (double)h->kinds, rows,
                                                       w->tape.gradient[O]);
    gh_network_backward_input(&h->critic.network, h->critic.parameters, &w->tape, rows);
    for (int64_t i = 0; i < rows; i++) memcpy(gX + i * P, w->tape.gradient[0] + i * h->inputs, (size_t)P * sizeof *gX);
    if (h->features.count) gh_event_values_backward(&h->features, rows, X, w->tape.gradient[0] + P, h->inputs, gX);
    memset(slot, 0, (size_t)t->weights.n * sizeof *slot); /* the encoder has no part in it */
    gh_emit_backward(m, m->parameters, rows, decoder->decoder.value[last], h->noise[worker] + L, L + P, X, gX, decoder->decoder.gradient[last],
                     slot);
    gh_network_backward(&m->decoder, m->parameters, &decoder->decoder, rows, slot);
}

double gh_hybrid_decoder_gradient(genhep_trainer *t, int64_t batch)
{
    gh_hybrid *h = t->method_state;
    double total = 0;
    h->noise_item = batch * t->batch;
    gh_pool_run(t->pool, decoder_slice, t, h->kinds * t->slices);
    for (int64_t i = 0; i < h->kinds * t->slices; i++) total += h->slice_loss[i].generator;
    return total;
}

static gh_status hybrid_step(genhep_trainer *t, gh_step_loss *loss)
{
    gh_hybrid *h = t->method_state;
    const int64_t first = t->state.step * (h->updates + 1); /* numbers of this step's noise */
    gh_autoencoder_gradient(t, loss);
    for (int64_t u = 0; u < h->updates; u++) {
        gh_step_loss now = {0};
        double norm;
        gh_hybrid_generate(t, first + u);
        gh_critic_refresh(t, &h->critic, 1);
        gh_hybrid_critic_gradient(t, &now, &norm);
        GH_TRY(gh_critic_check(t, &now, norm));
        gh_critic_apply(t, &h->critic, norm);
        loss->discriminator += now.discriminator / (double)h->updates;
        loss->penalty += now.penalty / (double)h->updates;
    }
    gh_critic_refresh(t, &h->critic, 1);
    loss->total += gh_hybrid_decoder_gradient(t, first + h->updates);
    return gh_autoencoder_apply(t, (1 + h->kinds) * t->slices, loss);
}

static int64_t hybrid_arrays(genhep_trainer *t, gh_array *arrays)
{
    gh_hybrid *h = t->method_state;
    return gh_critic_arrays(&h->critic, "discriminator", arrays);
}

const gh_method gh_method_hybrid = {hybrid_create, hybrid_free, hybrid_step, gh_autoencoder_validation, hybrid_arrays, NULL,
                                    NULL, NULL};
