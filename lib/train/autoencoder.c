/* autoencoder.c -- training step of the autoencoder family: one set of weights, slices of a batch through
 * gh_bvae_gradient. Loss: model/bvae_gradient.c. */
#include <math.h>
#include <string.h>

#include "train/autoencoder.h"

void gh_autoencoder_close(genhep_trainer *t, gh_autoencoder *a)
{
    for (int64_t i = 0; a->work && i < t->threads; i++) gh_bvae_work_free(&a->work[i]);
    gh_free(&t->hooks, a->work);
    gh_free_aligned(&t->hooks, a->batch_rows);
    gh_free_aligned(&t->hooks, a->batch_conditions);
    gh_free_aligned(&t->hooks, a->batch_weights);
    gh_free(&t->hooks, a->slice_loss);
    gh_free(&t->hooks, a->validation_loss);
}

gh_status gh_autoencoder_open(genhep_trainer *t, gh_autoencoder *a)
{
    const gh_hooks *hooks = &t->hooks;
    GH_TRY(gh_bvae_check_beta(t->options));
    GH_TRY(gh_alloc_aligned(hooks, &a->batch_rows, t->batch * t->model->p, sizeof(gh_real)));
    if (t->data.conditions) GH_TRY(gh_alloc_aligned(hooks, &a->batch_conditions, t->batch * t->model->q, sizeof(gh_real)));
    if (t->data.weights) GH_TRY(gh_alloc_aligned(hooks, &a->batch_weights, t->batch, sizeof(gh_real)));
    GH_TRY(gh_alloc(hooks, &a->slice_loss, t->slices, sizeof *a->slice_loss));
    GH_TRY(gh_alloc(hooks, &a->validation_loss, (t->data.n_validation + GH_SLICE - 1) / GH_SLICE, sizeof *a->validation_loss));
    GH_TRY(gh_alloc(hooks, &a->work, t->threads, sizeof *a->work));
    for (int64_t i = 0; i < t->threads; i++) GH_TRY(gh_bvae_work_create(hooks, t->model, GH_SLICE, t->kernel, &a->work[i]));
    return GENHEP_OK;
}

static void autoencoder_free(genhep_trainer *t)
{
    if (!t->method_state) return;
    gh_autoencoder_close(t, t->method_state);
    gh_free(&t->hooks, t->method_state);
    t->method_state = NULL;
}

static gh_status autoencoder_create(genhep_trainer *t)
{
    gh_autoencoder *a;
    GH_TRY(gh_alloc(&t->hooks, &a, 1, sizeof *a));
    t->method_state = a;
    return gh_autoencoder_open(t, a);
}

static void gradient_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    gh_autoencoder *a = t->method_state;
    const int64_t P = t->model->p, Q = t->model->q;
    int64_t start = slice * GH_SLICE, rows = t->batch - start < GH_SLICE ? t->batch - start : GH_SLICE;
    int64_t offset = (t->state.step % t->steps_per_epoch) * t->batch + start;
    gh_real *X = a->batch_rows + start * P, *W = a->batch_weights ? a->batch_weights + start : NULL;
    gh_real *Y = Q ? a->batch_conditions + start * Q : NULL;
    for (int64_t i = 0; i < rows; i++) { /* gathered once, so that GEMM reads one contiguous block */
        int64_t row = t->order[offset + i];
        memcpy(X + i * P, t->data.rows + row * P, (size_t)P * sizeof *X);
        if (Y) memcpy(Y + i * Q, t->data.conditions + row * Q, (size_t)Q * sizeof *Y);
        if (W) W[i] = t->data.weights[row];
    }
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 0);
    double scale = 1 / ((double)t->batch * t->data.mean_weight);
    a->slice_loss[slice] = gh_bvae_gradient(t->model, t->model->parameters, &a->work[worker], X, Y, W, scale, a->beta, &rng,
                                            t->state.step * t->batch + start, rows, 1,
                                            t->weights.slice_gradients + slice * t->weights.n);
}

void gh_autoencoder_gradient(genhep_trainer *t, gh_step_loss *loss)
{
    gh_autoencoder *a = t->method_state;
    const int64_t step = t->state.step;
    gh_trainer_order(t, step / t->steps_per_epoch);
    double beta = gh_option_real(t->options, "loss.beta"), warm = gh_option_real(t->options, "loss.beta_warmup") * (double)t->schedule.steps;
    a->beta = (double)step < warm ? beta * (double)step / warm : beta;
    gh_pool_run(t->pool, gradient_slice, t, t->slices);
    for (int64_t i = 0; i < t->slices; i++) {
        loss->total += a->slice_loss[i].total;
        loss->reconstruction += a->slice_loss[i].reconstruction;
        loss->divergence += a->slice_loss[i].divergence;
    }
}

gh_status gh_autoencoder_apply(genhep_trainer *t, int64_t slots, const gh_step_loss *loss)
{
    double norm = gh_weights_reduce(&t->weights, t->pool, slots);
    if (!isfinite(loss->total) || !isfinite(norm))
        GH_FAIL(GENHEP_E_NUMERIC, "step %lld: loss %g and gradient norm %g, expected finite numbers; the weights of the step before are "
                "kept; a smaller train.lr may help", (long long)t->state.step, loss->total, norm);
    gh_weights_update(&t->weights, t->pool, gh_trainer_update(t, t->rate_now, norm));
    return GENHEP_OK;
}

static gh_status autoencoder_step(genhep_trainer *t, gh_step_loss *loss)
{
    gh_autoencoder_gradient(t, loss);
    return gh_autoencoder_apply(t, t->slices, loss);
}

typedef struct validation_context {
    genhep_trainer *trainer;
    const gh_real *parameters;
} validation_context;

static void validation_slice(void *context, int64_t slice, int64_t worker)
{
    validation_context *c = context;
    genhep_trainer *t = c->trainer;
    gh_autoencoder *a = t->method_state;
    int64_t start = slice * GH_SLICE, rows = t->data.n_validation - start < GH_SLICE ? t->data.n_validation - start : GH_SLICE;
    int64_t at = t->data.n_train + start;
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 1);
    gh_bvae_loss loss = gh_bvae_gradient(t->model, c->parameters, &a->work[worker], t->data.rows + at * t->model->p,
                                         t->data.conditions ? t->data.conditions + at * t->model->q : NULL,
                                         t->data.weights ? t->data.weights + at : NULL,
                                         1 / ((double)t->data.n_validation * t->data.mean_weight),
                                         gh_option_real(t->options, "loss.beta"), &rng, start, rows, 0, NULL);
    a->validation_loss[slice] = loss.total;
}

double gh_autoencoder_validation(genhep_trainer *t, const gh_real *parameters)
{
    gh_autoencoder *a = t->method_state;
    int64_t slices = (t->data.n_validation + GH_SLICE - 1) / GH_SLICE;
    double total = 0;
    validation_context context = {t, parameters};
    gh_pool_run(t->pool, validation_slice, &context, slices);
    for (int64_t i = 0; i < slices; i++) total += a->validation_loss[i];
    return total;
}

const gh_method gh_method_autoencoder = {autoencoder_create, autoencoder_free, autoencoder_step, gh_autoencoder_validation, NULL, NULL,
                                         NULL, NULL};
