/* trainer.h -- training as a handle: the caller owns the loop, or lets genhep_trainer_run own it.
 *
 * A trainer works on its own copy of the model and hands out snapshots. Same seed, build and CPU type give the same
 * bits for any number of threads, and a resumed run continues bitwise as if it had never stopped. One thread at a time.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_TRAINER_H
#define GENHEP_TRAINER_H

#include "model.h"

typedef struct genhep_trainer genhep_trainer;

/** Where training stands. Set struct_size = sizeof before the call; fields are only ever appended. */
typedef struct genhep_progress {
    int64_t struct_size;
    int64_t step;             /* optimiser steps done */
    int64_t steps;            /* steps of the whole schedule */
    int64_t epoch;            /* passes over the training rows done */
    int32_t finished;         /* 1 when nothing is left to do */
    int32_t stage;            /* stage of a staged schedule, from 0 */
    double seconds;           /* time spent in training, over all resumed runs */
    double seconds_left;      /* estimate; 0 when unknown */
    double events_per_second; /* training rows per second, exponential mean over about 50 steps */
    double learning_rate;
    double loss;              /* training loss, mean over the last complete 100 steps; until there are 100, over the
                               * steps so far; NaN before the first */
    double reconstruction;    /* its reconstruction part, the same mean */
    double divergence;        /* its KL part, in nats an event, the same mean */
    double validation;        /* validation loss of the last check (train.figure_steps; with schedule plateau, of the
                               * last epoch); NaN before the first */
    double figure;            /* validation figure of the last check (lower is better); NaN before the first */
    double best_figure;       /* infinite before the first check */
    int64_t best_step;
    /* of the adversarial families, the same means: `loss` is the generator's with MMD, and these are */
    double discriminator;     /* the discriminator's loss without the penalty; 2 log 2 = 1.386 at equilibrium */
    double penalty;           /* its gradient penalty, weight included */
    double mmd;               /* the MMD^2 terms, weights included; of a subtraction the class and normalisation losses.
                               * Its discriminator and penalty are means over the samples */
} genhep_progress;

/** Progress callback: called now and then from the training thread; non-zero stops at the next step (GENHEP_E_USER). */
typedef int32_t (*genhep_progress_fn)(void *user, const genhep_progress *progress);

#define GENHEP_BEST    1 /* weights with the best validation figure */
#define GENHEP_LAST    2 /* weights after the last step */
#define GENHEP_AVERAGE 3 /* running average of the weights */

#ifdef __cplusplus
extern "C" {
#endif

/** Prepare training: rows are prepared once and held in memory, shuffled and split by `seed` and data.validation.
 * @param model     read and copied; stays the caller's
 * @param datasets  tables with the model's columns; read during the call only
 * @param options   may be NULL: the model's own options hold; keys set here win over them. train.start names a model file
 *                  that an untrained model takes its weights from
 * @return GENHEP_OK, _E_ARG, _E_NOMEM, _E_OPTION (that file's networks differ, too), _E_SHAPE (columns differ, too few
 *         rows), _E_STATE (nothing to train), and what genhep_model_open returns for that file. */
GENHEP_API genhep_status genhep_trainer_create(const genhep_model *model, const genhep_dataset *const *datasets,
                                               int64_t n_datasets, const genhep_options *options,
                                               genhep_trainer **trainer);

/** Do up to n_steps optimiser steps; fewer when the schedule ends. @return GENHEP_OK, GENHEP_E_NUMERIC (loss not
 * finite; the last good weights stay; or the validation figure cannot be computed, the message says so; the weights are
 * then those of the step), GENHEP_E_NOMEM. */
GENHEP_API genhep_status genhep_trainer_step(genhep_trainer *trainer, int64_t n_steps);

/** Train to the end of the schedule. Checkpoints go to `checkpoint` (NULL: none) every train.checkpoint_seconds and at
 * the end or when stopped; each is complete or absent.
 * @return GENHEP_OK, GENHEP_E_USER (stopped by the callback, resumable), and as genhep_trainer_step and _save. */
GENHEP_API genhep_status genhep_trainer_run(genhep_trainer *trainer, const char *checkpoint,
                                            genhep_progress_fn progress, void *user);

GENHEP_API genhep_status genhep_trainer_progress(const genhep_trainer *trainer, genhep_progress *progress);

/** Write a checkpoint (atomic): all that a bitwise continuation needs except the data. */
GENHEP_API genhep_status genhep_trainer_save(const genhep_trainer *trainer, const char *path);

/** Continue from a checkpoint with the same data (its hash is checked). Of the options only train.threads,
 * train.kernel, train.minutes and train.checkpoint_seconds are read, the hooks, and where the data are now (data.train,
 * data.base, data.subtract, data.add, ...); all others come from the checkpoint. @return as genhep_trainer_create, or
 * GENHEP_E_IO, GENHEP_E_FORMAT, GENHEP_E_VERSION. */
GENHEP_API genhep_status genhep_trainer_resume(const char *path, const genhep_dataset *const *datasets,
                                               int64_t n_datasets, const genhep_options *options,
                                               genhep_trainer **trainer);

/** Snapshot as a model of its own: GENHEP_BEST, GENHEP_LAST or GENHEP_AVERAGE, with information buffer, provenance and
 * self-test. *model is the caller's. */
GENHEP_API genhep_status genhep_trainer_model(genhep_trainer *trainer, int32_t which, genhep_model **model);

/** The instructions that matrix products of training run on: "amx" (small ones "blas" all the same) or "blas". The last
 * digits of the weights depend on it.
 * @return static text, "" for NULL. Since 1.0. */
GENHEP_API const char *genhep_trainer_kernel(const genhep_trainer *trainer);

GENHEP_API void genhep_trainer_free(genhep_trainer *trainer); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
