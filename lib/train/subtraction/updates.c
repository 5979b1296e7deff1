/* updates.c -- one update of every discriminator, one of the generator: batch-coupled phases between runs of the pool.
 *   L_Di = <l(phi_i)>_truth i + sum_r w_ir l'(phi_i(x_r))/W_i + penalty        L = sum_i L_i + class and normalisation losses */
#include <math.h>
#include <string.h>

#include "model/gan.h"
#include "train/subtraction/subtraction.h"

/* Outputs of a slice to rows, labels and memberships; sums of this slice. */
static void read_output(genhep_trainer *t, int64_t slice, const gh_real *Y)
{
    gh_subtractor *a = t->method_state;
    const genhep_model *m = t->model;
    const int64_t P = m->p, C = a->rules.classes;
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    gh_real *c = a->labels + start * C;
    gh_subgan_output(m, a->gain, a->rates, t->batch, start, rows, a->noise + start * m->latents, Y, a->generated + start * P, c);
    for (int64_t k = 0; k < a->sets; k++) {
        gh_real *share = a->set[k].share + start;
        double sum = 0;
        gh_class_share(share, a->set[k].members, c, rows, C);
        for (int64_t i = 0; i < rows; i++) sum += (double)share[i];
        a->slice_share[slice * a->sets + k] = sum;
    }
    a->slice_sums[slice] = (gh_class_sums){.f = 0};
    gh_class_sums_add(&a->slice_sums[slice], &a->rules, c, NULL, rows);
}

static void add_shares(genhep_trainer *t)
{
    gh_subtractor *a = t->method_state;
    const double least = GH_LEAST_SHARE * (double)t->batch;
    for (int64_t k = 0; k < a->sets; k++) {
        gh_sample_side *s = &a->set[k];
        s->weight = 0;
        for (int64_t i = 0; i < t->slices; i++) s->weight += a->slice_share[i * a->sets + k];
        s->floored = !(s->weight > least);
        if (s->weight <= least) s->weight = least;
    }
}

static void generate_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_subtractor *a = t->method_state;
    const gh_network *net = &t->model->decoder;
    const int64_t I = net->spec.inputs, O = net->spec.outputs;
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    gh_real *Y = a->output + start * O;
    if (net->spec.norm == GH_NORM_BATCH || net->spec.dropout > 0) { /* as the generator's own step sees it */
        const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 0);
        a->generator[slice].products = &a->work[worker].products;
        gh_network_forward(net, t->model->parameters, &a->generator[slice], a->input + start * I, rows, &rng, a->noise_item + start);
        Y = a->generator[slice].value[net->n_layers];
    } else {
        const gh_network_way way = gh_network_plain_way(); /* packing tiles for one batch would cost more than it saves */
        gh_network_infer(net, t->model->parameters, &way, a->input + start * I, rows, a->work[worker].scratch, Y);
    }
    read_output(t, slice, Y);
}

void gh_subtractor_generate(genhep_trainer *t)
{
    gh_subtractor *a = t->method_state;
    if (t->model->subtraction.stratified) gh_subgan_rates(t->model, a->rates);
    gh_pool_run(t->pool, generate_slice, t, t->slices);
    add_shares(t);
}

/* ---- discriminators ------------------------------------------------------------------------------------------- */

/* One slice of one kind of one sample: loss and gradient into a slot of its own. */
static void critic_slice(void *context, int64_t index, int64_t worker)
{
    genhep_trainer *t = context;
    gh_subtractor *a = t->method_state;
    gh_adversary_work *w = &a->work[worker];
    const int64_t which = index / (2 * t->slices), slot = index % (2 * t->slices), kind = slot / t->slices, slice = slot % t->slices;
    gh_sample_side *s = &a->set[which];
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 1 + kind + 8 * which);
    const int truth = kind == GH_TRUTH;
    const gh_real *X = (truth ? s->truth : a->generated) + start * t->model->p;
    const gh_real *weights = !truth ? s->share + start : s->truth_weights ? s->truth_weights + start : NULL;
    const double total = truth ? (double)t->batch * (s->truth_weights ? s->rows.mean_weight : 1) : s->weight;
    gh_subtractor_input(t, w, rows, X);
    gh_critic_rows(&s->critic, &a->rule, w, (int)kind, rows, weights, 1 / total, &rng, a->noise_item + start,
                   s->critic.weights.slice_gradients + slot * s->critic.weights.n, &a->slice_loss[index]);
}

void gh_subtractor_critic_gradients(genhep_trainer *t, gh_step_loss *losses, double *norms)
{
    gh_subtractor *a = t->method_state;
    const int64_t slots = 2 * t->slices;
    gh_pool_run(t->pool, critic_slice, t, a->sets * slots);
    for (int64_t k = 0; k < a->sets; k++) {
        losses[k] = (gh_step_loss){0};
        for (int64_t i = 0; i < slots; i++) {
            losses[k].discriminator += a->slice_loss[k * slots + i].discriminator;
            losses[k].penalty += a->slice_loss[k * slots + i].penalty;
        }
        norms[k] = gh_critic_reduce(t, &a->set[k].critic, slots);
    }
}

gh_status gh_subtractor_critics(genhep_trainer *t, gh_step_loss *loss)
{
    gh_subtractor *a = t->method_state;
    gh_step_loss losses[GH_SET_KINDS] = {{0}};
    double norms[GH_SET_KINDS] = {0};
    for (int64_t k = 0; k < a->sets; k++) gh_critic_refresh(t, &a->set[k].critic, 1);
    gh_subtractor_critic_gradients(t, losses, norms);
    for (int64_t k = 0; k < a->sets; k++) GH_TRY(gh_critic_check(t, &losses[k], norms[k]));
    for (int64_t k = 0; k < a->sets; k++) {
        gh_critic_apply(t, &a->set[k].critic, norms[k]);
        loss->discriminator += losses[k].discriminator / (double)a->sets;
        loss->penalty += losses[k].penalty / (double)a->sets;
    }
    return GENHEP_OK;
}

/* ---- the generator -------------------------------------------------------------------------------------------- */

static void forward_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_subtractor *a = t->method_state;
    const gh_network *net = &t->model->decoder;
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 0);
    a->generator[slice].products = &a->work[worker].products;
    gh_network_forward(net, t->model->parameters, &a->generator[slice], a->input + start * net->spec.inputs, rows, &rng, a->noise_item + start);
    read_output(t, slice, a->generator[slice].value[net->n_layers]);
}

/* What one discriminator says of a slice: losses of its rows, gradient of the weighted mean down to the coordinates. */
static void verdict_slice(void *context, int64_t index, int64_t worker)
{
    genhep_trainer *t = context;
    gh_subtractor *a = t->method_state;
    gh_adversary_work *w = &a->work[worker];
    const int64_t which = index / t->slices, slice = index % t->slices, P = t->model->p, I = a->inputs;
    gh_sample_side *s = &a->set[which];
    const gh_critic *critic = &s->critic;
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_DROPOUT, 4 + 8 * which);
    const gh_real *X = a->generated + start * P, *phi;
    gh_subtractor_input(t, w, rows, X);
    gh_network_forward(&critic->network, critic->parameters, &w->tape, w->input, rows, &rng, a->noise_item + start);
    phi = w->tape.value[critic->network.n_layers];
    gh_generator_rows(a->rule.loss, phi, rows, s->row_loss + start);
    a->slice_loss[index].generator = gh_generator_loss(a->rule.loss, phi, s->share + start, 1 / s->weight, rows,
                                                       w->tape.gradient[critic->network.n_layers]);
    gh_network_backward_input(&critic->network, critic->parameters, &w->tape, rows);
    gh_real *gX = s->gradient + start * P;
    for (int64_t i = 0; i < rows; i++) memcpy(gX + i * P, w->tape.gradient[0] + i * I, (size_t)P * sizeof(gh_real));
    if (a->features.count) gh_event_values_backward(&a->features, rows, X, w->tape.gradient[0] + P, I, gX);
}

static void backward_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_subtractor *a = t->method_state;
    const genhep_model *m = t->model;
    const int64_t P = m->p, C = a->rules.classes;
    int64_t start, rows = gh_subtractor_slice(t, slice, &start);
    gh_real *gX = a->gradient + start * P, *gc = a->label_gradient + start * C, *out = t->weights.slice_gradients + slice * t->weights.n;
    double g_rates[GH_CLASSES] = {0};
    (void)worker;
    memset(gX, 0, (size_t)(rows * P) * sizeof *gX);
    memset(gc, 0, (size_t)(rows * C) * sizeof *gc);
    for (int64_t k = 0; k < a->sets; k++) {
        gh_sample_side *s = &a->set[k];
        gh_real *slope = s->row_loss + start; /* dL_i/dw_ir takes the place of l */
        for (int64_t i = 0; i < rows * P; i++) gX[i] += s->gradient[start * P + i];
        for (int64_t i = 0; i < rows; i++) slope[i] = (gh_real)(((double)slope[i] - (s->floored ? 0 : s->loss)) / s->weight);
        gh_class_share_backward(gc, s->members, slope, rows, C);
    }
    gh_class_gradient(&a->rules, &a->slopes, a->labels + start * C, NULL, 1, rows, gc);
    gh_tape *tape = &a->generator[slice];
    tape->products = &a->work[worker].products;
    gh_subgan_output_backward(m, a->gain, t->batch, start, rows, gX, gc, a->labels + start * C, tape->gradient[m->decoder.n_layers], g_rates);
    gh_network_backward(&m->decoder, m->parameters, tape, rows, out);
    if (m->subtraction.stratified) {
        gh_real g[GH_CLASSES];
        for (int64_t k = 0; k < C; k++) g[k] = (gh_real)g_rates[k];
        gh_softmax_backward(out + m->subtraction.rates, C, g, a->rates, 1, C);
    }
}

void gh_subtractor_generator_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm)
{
    gh_subtractor *a = t->method_state;
    gh_class_sums sums = {.f = 0};
    if (t->model->subtraction.stratified) gh_subgan_rates(t->model, a->rates);
    gh_pool_run(t->pool, forward_slice, t, t->slices);
    add_shares(t);
    for (int64_t i = 0; i < t->slices; i++) {
        for (int64_t k = 0; k < a->rules.classes; k++) sums.count[k] += a->slice_sums[i].count[k];
        sums.f += a->slice_sums[i].f;
        sums.weight += a->slice_sums[i].weight;
    }
    loss->mmd = gh_class_losses(&a->rules, &sums, &a->slopes, NULL, NULL);
    loss->total = loss->mmd;
    gh_pool_run(t->pool, verdict_slice, t, a->sets * t->slices);
    for (int64_t k = 0; k < a->sets; k++) {
        a->set[k].loss = 0;
        for (int64_t i = 0; i < t->slices; i++) a->set[k].loss += a->slice_loss[k * t->slices + i].generator;
        loss->total += a->set[k].loss;
    }
    gh_pool_run(t->pool, backward_slice, t, t->slices);
    *norm = gh_weights_reduce(&t->weights, t->pool, t->slices);
}

gh_status gh_subtractor_generator(genhep_trainer *t, gh_step_loss *loss)
{
    gh_subtractor *a = t->method_state;
    double norm;
    for (int64_t k = 0; k < a->sets; k++) gh_critic_refresh(t, &a->set[k].critic, 1);
    gh_subtractor_generator_gradient(t, loss, &norm);
    if (!isfinite(loss->total) || !isfinite(norm))
        GH_FAIL(GENHEP_E_NUMERIC, "step %lld: generator loss %g (classes and normalisation %g) and gradient norm %g, expected finite numbers; the "
                "weights of the step before are kept; a smaller train.lr may help", (long long)t->state.step, loss->total, loss->mmd, norm);
    gh_weights_update(&t->weights, t->pool, gh_trainer_update(t, t->rate_now, norm));
    return GENHEP_OK;
}
