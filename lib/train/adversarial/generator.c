/* generator.c -- the generator's side of a step: its loss through the discriminator, MMD between the batches, update.
 *   L_G = mean_G l(phi(G(z))) + sum of MMD^2 terms + w mean_G |sum of columns - condition| */
#include <math.h>
#include <string.h>

#include "model/emission.h"
#include "train/adversarial/adversary.h"

static void forward_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_adversary *a = t->method_state;
    const genhep_model *m = t->model;
    const int64_t P = m->p, I = m->latents + m->q;
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 0);
    gh_real *X = a->generated + start * P;
    a->generator[slice].products = &a->work[worker].products;
    gh_network_forward(&m->decoder, m->parameters, &a->generator[slice], a->input + start * I, rows, &rng, a->noise_item + start);
    gh_emit(m, m->parameters, rows, a->generator[slice].value[m->decoder.n_layers], a->eps ? a->eps + start * P : NULL, P, X);
    gh_gan_add_skip(m, rows, a->noise + start * m->latents, m->latents, m->q ? a->conditions + start * m->q : NULL, X);
    if (a->angles) gh_turning_apply(&m->turning, rows, P, a->angles + 2 * start, 1, X);
}

/* The discriminator's verdict, its gradient down to the generated rows. */
static void verdict_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_adversary *a = t->method_state;
    gh_adversary_work *w = &a->work[worker];
    const gh_critic *critic = &a->critic;
    const int64_t P = t->model->p, I = a->inputs, O = critic->network.n_layers;
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 4);
    const int weighted = a->truth_weights && t->model->q;
    const gh_real *weights = weighted ? a->truth_weights + start : NULL;
    const double scale = 1 / ((double)t->batch * (weighted ? t->data.mean_weight : 1));
    gh_adversary_input(t, w, start, rows, a->generated + start * P);
    gh_network_forward(&critic->network, critic->parameters, &w->tape, w->input, rows, &rng, a->noise_item + start);
    a->slice_loss[slice].generator = gh_generator_loss(a->rule.loss, w->tape.value[O], weights, scale, rows,
                                                       w->tape.gradient[O]);
    gh_network_backward_input(&critic->network, critic->parameters, &w->tape, rows);
    for (int64_t i = 0; i < rows; i++)
        memcpy(a->gradient + (start + i) * P, w->tape.gradient[0] + i * I, (size_t)P * sizeof(gh_real));
    if (a->features.count)
        gh_event_values_backward(&a->features, rows, a->generated + start * P, w->tape.gradient[0] + P, I, a->gradient + start * P);
    if (a->total.weight > 0)
        a->slice_loss[slice].generator += gh_total_term_add(&a->total, rows, a->generated + start * P, P, a->conditions + start * t->model->q,
                                                            t->model->q, weights, scale, a->gradient + start * P);
}

static void backward_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_adversary *a = t->method_state;
    const genhep_model *m = t->model;
    const int64_t P = m->p;
    int64_t start, rows = gh_adversary_slice(t, slice, &start);
    gh_tape *tape = &a->generator[slice];
    tape->products = &a->work[worker].products;
    if (a->angles) gh_turning_apply(&m->turning, rows, P, a->angles + 2 * start, -1, a->gradient + start * P);
    gh_gan_skip_backward(m, rows, a->gradient + start * P);
    gh_emit_backward(m, m->parameters, rows, tape->value[m->decoder.n_layers], a->eps ? a->eps + start * P : NULL, P,
                     a->generated + start * P, a->gradient + start * P, tape->gradient[m->decoder.n_layers], NULL);
    gh_network_backward(&m->decoder, m->parameters, tape, rows, t->weights.slice_gradients + slice * t->weights.n);
}

gh_status gh_generator_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm)
{
    gh_adversary *a = t->method_state;
    loss->total = loss->mmd = 0;
    gh_pool_run(t->pool, forward_slice, t, t->slices);
    gh_pool_run(t->pool, verdict_slice, t, t->slices);
    for (int64_t i = 0; i < t->slices; i++) loss->total += a->slice_loss[i].generator;
    GH_TRY(gh_mmd_terms_add(t, &a->mmd, a->truth, a->truth_weights, a->generated, a->gradient, &loss->mmd));
    gh_pool_run(t->pool, backward_slice, t, t->slices);
    loss->total += loss->mmd;
    *norm = gh_weights_reduce(&t->weights, t->pool, t->slices);
    return GENHEP_OK;
}

gh_status gh_generator_update(genhep_trainer *t, gh_step_loss *loss)
{
    gh_adversary *a = t->method_state;
    double norm;
    gh_critic_refresh(t, &a->critic, 1);
    GH_TRY(gh_generator_gradient(t, loss, &norm));
    if (!isfinite(loss->total) || !isfinite(norm))
        GH_FAIL(GENHEP_E_NUMERIC, "step %lld: generator loss %g (MMD %g) and gradient norm %g, expected finite numbers; the weights of the step "
                "before are kept; a smaller train.lr may help", (long long)t->state.step, loss->total, loss->mmd, norm);
    gh_weights_update(&t->weights, t->pool, gh_trainer_update(t, t->rate_now, norm));
    return GENHEP_OK;
}
