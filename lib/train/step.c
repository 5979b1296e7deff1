/* step.c -- one training step around the method's own: rate, losses, validation, stage changes. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "train/rows.h"
#include "train/trainer.h"

gh_update gh_trainer_update(const genhep_trainer *t, double rate, double norm)
{
    const genhep_options *o = t->options;
    double clip = gh_option_real(o, "train.clip"), average = gh_option_real(o, "train.average");
    double steps = (double)t->state.step;
    return (gh_update){
        .kind = gh_schedule_optimiser(&t->schedule, t->state.step),
        .rate = rate,
        .scale = clip > 0 && norm > clip ? clip / norm : 1,
        .beta1 = gh_option_real(o, "train.beta1"),
        .beta2 = gh_option_real(o, "train.beta2"),
        .epsilon = gh_option_real(o, "train.epsilon"),
        .momentum = gh_option_real(o, "train.momentum"),
        .weight_decay = gh_option_real(o, "train.weight_decay"),
        .nesterov = gh_option_is(o, "train.nesterov", "on"),
        /* a short memory at first, so that the start weights are soon forgotten */
        .average = fmin(average, (1 + steps) / (10 + steps)),
    };
}

void gh_trainer_order(genhep_trainer *t, int64_t epoch)
{
    if (t->order_epoch == epoch) return;
    gh_rows_shuffle(t->seed, epoch, t->data.n_train, t->order);
    t->order_epoch = epoch;
}

/* A new stage starts from the best weights with a fresh optimiser. */
static void change_stage(genhep_trainer *t)
{
    size_t bytes = (size_t)t->model->n_parameters * sizeof(gh_real);
    if (isfinite(t->state.best_figure)) {
        memcpy(t->model->parameters, t->best, bytes);
        if (t->weights.average) memcpy(t->weights.average, t->best, bytes);
    }
    gh_weights_restart(&t->weights);
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
        s->last_discriminator = s->discriminator / GH_INTERVAL;
        s->last_penalty = s->penalty / GH_INTERVAL;
        s->last_mmd = s->mmd / GH_INTERVAL;
        s->loss = s->reconstruction = s->divergence = s->discriminator = s->penalty = s->mmd = 0;
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
    gh_step_loss loss = {0};
    t->rate_now = gh_schedule_rate(&t->schedule, s->step, s->plateau_factor);
    GH_TRY(t->method->step(t, &loss));
    s->step++;
    s->loss += loss.total, s->reconstruction += loss.reconstruction, s->divergence += loss.divergence;
    s->discriminator += loss.discriminator, s->penalty += loss.penalty, s->mmd += loss.mmd;
    s->interval++;
    gh_status status = follow_up(t);
    s->optimiser_steps = t->weights.optimiser_steps;
    double seconds = now() - start, speed = (double)t->batch / seconds;
    s->seconds += seconds;
    t->events_per_second += (t->events_per_second > 0 ? 0.02 : 1) * (speed - t->events_per_second);
    return status;
}

double gh_trainer_validation(genhep_trainer *t, const gh_real *parameters)
{
    return t->method->validation && t->data.n_validation > 0 ? t->method->validation(t, parameters) : NAN;
}
