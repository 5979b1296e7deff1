/* step.c -- one optimiser step: gradient slices, reduction, update; validation; stage changes. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "train/optimiser.h"
#include "train/rows.h"
#include "train/trainer.h"

static void gradient_slice(void *context, int64_t slice, int64_t worker)
{
    genhep_trainer *t = context;
    const int64_t P = t->model->p, Q = t->model->q, n = t->model->n_parameters;
    int64_t start = slice * GH_SLICE, rows = t->batch - start < GH_SLICE ? t->batch - start : GH_SLICE;
    int64_t offset = (t->state.step % t->steps_per_epoch) * t->batch + start;
    gh_real *X = t->batch_rows + start * P, *Y = Q ? t->batch_conditions + start * Q : NULL;
    gh_real *W = t->batch_weights ? t->batch_weights + start : NULL;
    for (int64_t i = 0; i < rows; i++) { /* gathered once, so that GEMM reads one contiguous block */
        int64_t row = t->order[offset + i];
        memcpy(X + i * P, t->data.rows + row * P, (size_t)P * sizeof *X);
        if (Y) memcpy(Y + i * Q, t->data.conditions + row * Q, (size_t)Q * sizeof *Y);
        if (W) W[i] = t->data.weights[row];
    }
    gh_real *gradient = t->slice_gradients + slice * n;
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 0);
    double scale = 1 / ((double)t->batch * t->data.mean_weight);
    t->slice_loss[slice] = gh_bvae_gradient(t->model, t->model->parameters, &t->work[worker], X, Y, W, scale, t->beta_now, &rng,
                                            t->state.step * t->batch + start, rows, 1, gradient);
}

/* Sum of n numbers of every slice in fixed order; @return the sum of squares of the first n_norm. */
GH_CLONES
static double sum_slices(const gh_real *first, int64_t slices, int64_t stride, int64_t n, int64_t n_norm, gh_real *out)
{
    memcpy(out, first, (size_t)n * sizeof *out);
    for (int64_t s = 1; s < slices; s++)
#pragma omp simd
        for (int64_t i = 0; i < n; i++) out[i] += first[s * stride + i];
    double norm = 0;
#pragma omp simd reduction(+ : norm)
    for (int64_t i = 0; i < n_norm; i++) norm += (double)out[i] * (double)out[i];
    return norm;
}

/* Sum of the slices in fixed order, and the squared norm of the chunk's trainable part. */
static void reduce_chunk(void *context, int64_t chunk, int64_t worker)
{
    genhep_trainer *t = context;
    (void)worker;
    const int64_t n = t->model->n_parameters, start = chunk * GH_UPDATE_CHUNK;
    int64_t end = start + GH_UPDATE_CHUNK < n ? start + GH_UPDATE_CHUNK : n;
    int64_t trainable = end < t->model->n_trainable ? end : t->model->n_trainable;
    t->chunk_norm[chunk] = sum_slices(t->slice_gradients + start, t->slices, n, end - start, trainable > start ? trainable - start : 0,
                                      t->gradient + start);
}

typedef struct update_context {
    genhep_trainer *trainer;
    gh_update update;
} update_context;

static void update_chunk(void *context, int64_t chunk, int64_t worker)
{
    update_context *c = context;
    genhep_trainer *t = c->trainer;
    (void)worker;
    const int64_t start = chunk * GH_UPDATE_CHUNK, trainable = t->model->n_trainable, n = t->model->n_parameters;
    int64_t end = start + GH_UPDATE_CHUNK < n ? start + GH_UPDATE_CHUNK : n, stop = end < trainable ? end : trainable;
    gh_real *w = t->model->parameters;
    if (start < stop)
        gh_optimiser_update(&c->update, stop - start, t->gradient + start, w + start, t->first + start, t->second + start,
                            t->average ? t->average + start : NULL);
    for (int64_t i = start > trainable ? start : trainable; i < end; i++) { /* running statistics of batch norm */
        w[i] += (gh_real)0.01 * (t->gradient[i] / (gh_real)t->slices - w[i]);
        if (t->average) t->average[i] = w[i];
    }
}

static gh_update make_update(const genhep_trainer *t, double norm)
{
    const genhep_options *o = t->options;
    double clip = gh_option_real(o, "train.clip"), average = gh_option_real(o, "train.average");
    double k = (double)(t->state.optimiser_steps + 1), steps = (double)t->state.step;
    gh_update u = {
        .kind = gh_schedule_optimiser(&t->schedule, t->state.step),
        .rate = t->rate_now,
        .scale = clip > 0 && norm > clip ? clip / norm : 1,
        .beta1 = gh_option_real(o, "train.beta1"),
        .beta2 = gh_option_real(o, "train.beta2"),
        .epsilon = gh_option_real(o, "train.epsilon"),
        .momentum = gh_option_real(o, "train.momentum"),
        .weight_decay = gh_option_real(o, "train.weight_decay"),
        .nesterov = gh_option_is(o, "train.nesterov", "on"),
        /* a short memory at first, so that the start weights are soon forgotten */
        .average = t->average ? fmin(average, (1 + steps) / (10 + steps)) : -1,
    };
    u.correction1 = 1 - pow(u.beta1, k);
    u.correction2 = 1 - pow(u.beta2, k);
    return u;
}

/* A new stage starts from the best weights with a fresh optimiser. */
static void change_stage(genhep_trainer *t)
{
    size_t bytes = (size_t)t->model->n_parameters * sizeof(gh_real);
    if (isfinite(t->state.best_figure)) {
        memcpy(t->model->parameters, t->best, bytes);
        if (t->average) memcpy(t->average, t->best, bytes);
    }
    memset(t->first, 0, bytes);
    memset(t->second, 0, bytes);
    t->state.optimiser_steps = 0;
}

static void follow_plateau(genhep_trainer *t)
{
    gh_train_state *s = &t->state;
    if (s->validation < s->plateau_best * (1 - 1e-4 * (s->plateau_best > 0 ? 1 : -1))) {
        s->plateau_best = s->validation;
        s->plateau_wait = 0;
    } else if (++s->plateau_wait >= gh_option_int(t->options, "train.plateau_patience")) {
        s->plateau_factor *= gh_option_real(t->options, "train.plateau_factor");
        s->plateau_wait = 0;
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What falls due behind step s->step - 1. */
static gh_status follow_up(genhep_trainer *t)
{
    gh_train_state *s = &t->state;
    if (s->interval == GH_INTERVAL) {
        s->last_loss = s->loss / GH_INTERVAL;
        s->last_reconstruction = s->reconstruction / GH_INTERVAL;
        s->last_divergence = s->divergence / GH_INTERVAL;
        s->loss = s->reconstruction = s->divergence = 0;
        s->interval = 0;
    }
    if (s->step % t->steps_per_epoch == 0 && t->schedule.plateau) {
        s->validation = gh_trainer_validation(t, t->model->parameters);
        follow_plateau(t);
    }
    int last = s->step >= t->schedule.steps;
    int stage_ends = !last && gh_schedule_stage(&t->schedule, s->step) != gh_schedule_stage(&t->schedule, s->step - 1);
    if (s->step % gh_option_int(t->options, "train.figure_steps") == 0 || stage_ends || last) GH_TRY(gh_trainer_check(t));
    if (stage_ends) change_stage(t);
    return GENHEP_OK;
}

gh_status gh_trainer_step_once(genhep_trainer *t)
{
    gh_train_state *s = &t->state;
    const double start = now();
    const int64_t epoch = s->step / t->steps_per_epoch;
    const int64_t chunks = (t->model->n_parameters + GH_UPDATE_CHUNK - 1) / GH_UPDATE_CHUNK;
    if (t->order_epoch != epoch) {
        gh_rows_shuffle(t->seed, epoch, t->data.n_train, t->order);
        t->order_epoch = epoch;
    }
    t->rate_now = gh_schedule_rate(&t->schedule, s->step, s->plateau_factor);
    double beta = gh_option_real(t->options, "loss.beta"), warm = gh_option_real(t->options, "loss.beta_warmup") * (double)t->schedule.steps;
    t->beta_now = (double)s->step < warm ? beta * (double)s->step / warm : beta;
    gh_pool_run(t->pool, gradient_slice, t, t->slices);
    gh_bvae_loss loss = {0, 0, 0};
    for (int64_t i = 0; i < t->slices; i++) {
        loss.total += t->slice_loss[i].total;
        loss.reconstruction += t->slice_loss[i].reconstruction;
        loss.divergence += t->slice_loss[i].divergence;
    }
    gh_pool_run(t->pool, reduce_chunk, t, chunks);
    double norm = 0;
    for (int64_t i = 0; i < chunks; i++) norm += t->chunk_norm[i];
    norm = sqrt(norm);
    if (!isfinite(loss.total) || !isfinite(norm))
        GH_FAIL(GENHEP_E_NUMERIC, "step %lld: loss %g and gradient norm %g, expected finite numbers; the weights of the step before are "
                "kept; a smaller train.lr may help", (long long)s->step, loss.total, norm);
    update_context update = {t, make_update(t, norm)};
    gh_pool_run(t->pool, update_chunk, &update, chunks);
    s->optimiser_steps++;
    s->step++;
    s->loss += loss.total, s->reconstruction += loss.reconstruction, s->divergence += loss.divergence;
    s->interval++;
    gh_status status = follow_up(t);
    double seconds = now() - start, speed = (double)t->batch / seconds;
    s->seconds += seconds;
    t->events_per_second += (t->events_per_second > 0 ? 0.02 : 1) * (speed - t->events_per_second);
    return status;
}

/* ---- validation loss ----------------------------------------------------------------------------------------- */

typedef struct validation_context {
    genhep_trainer *trainer;
    const gh_real *parameters;
    double *loss; /* per slice */
} validation_context;

static void validation_slice(void *context, int64_t slice, int64_t worker)
{
    validation_context *c = context;
    genhep_trainer *t = c->trainer;
    int64_t start = slice * GH_SLICE, rows = t->data.n_validation - start < GH_SLICE ? t->data.n_validation - start : GH_SLICE;
    int64_t at = t->data.n_train + start;
    const gh_rng rng = gh_rng_make(t->seed, GH_RANDOM_TRAIN, 1);
    gh_bvae_loss loss = gh_bvae_gradient(t->model, c->parameters, &t->work[worker], t->data.rows + at * t->model->p,
                                         t->data.conditions ? t->data.conditions + at * t->model->q : NULL,
                                         t->data.weights ? t->data.weights + at : NULL,
                                         1 / ((double)t->data.n_validation * t->data.mean_weight),
                                         gh_option_real(t->options, "loss.beta"), &rng, start, rows, 0, NULL);
    c->loss[slice] = loss.total;
}

double gh_trainer_validation(genhep_trainer *t, const gh_real *parameters)
{
    int64_t slices = (t->data.n_validation + GH_SLICE - 1) / GH_SLICE;
    double total = 0;
    validation_context context = {t, parameters, t->validation_loss};
    if (slices < 1) return NAN;
    gh_pool_run(t->pool, validation_slice, &context, slices);
    for (int64_t i = 0; i < slices; i++) total += context.loss[i];
    return total;
}
