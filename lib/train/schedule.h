/* schedule.h -- learning rate, optimiser and stage as functions of the step. */
#ifndef GH_SCHEDULE_H
#define GH_SCHEDULE_H

#include "base/options.h"

typedef enum gh_optimiser { GH_ADAM, GH_ADAMW, GH_SGD } gh_optimiser;

enum { GH_MAX_STAGES = 32 };

typedef struct gh_schedule {
    int kind; /* position in constant|cosine|one_cycle|inverse_time|staged|plateau */
    int plateau;
    double lr, warmup, final_lr, decay;
    gh_optimiser optimiser;
    int64_t steps, steps_per_epoch;
    int n_stages;
    gh_optimiser stage_optimiser[GH_MAX_STAGES];
    int64_t stage_end[GH_MAX_STAGES]; /* step at which stage s ends */
} gh_schedule;

/** Read train.*; steps follow from train.epochs, train.steps or the stages. GENHEP_E_OPTION for a bad train.stages. */
gh_status gh_schedule_read(const genhep_options *options, int64_t steps_per_epoch, gh_schedule *schedule);

int gh_schedule_stage(const gh_schedule *schedule, int64_t step);
gh_optimiser gh_schedule_optimiser(const gh_schedule *schedule, int64_t step);

/** Rate at `step` (0-based); plateau_factor is the product of reductions so far (1 for the other kinds). Formulas:
 * docs/TRAINING.md. */
double gh_schedule_rate(const gh_schedule *schedule, int64_t step, double plateau_factor);

#endif
