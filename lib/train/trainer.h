/* trainer.h -- step-wise training of a model. Public handle: include/genhep/trainer.h.
 *
 * One arena holds parameters, gradient slices and optimiser state. A step: (1) row slices of GH_SLICE rows, one task
 * each, write their own gradient; (2) slices are summed in fixed order, chunk by chunk, with the norm; (3) the update,
 * chunk by chunk. What a task computes depends on its index alone, so the bits do not depend on the number
 * of threads. */
#ifndef GH_TRAINER_H
#define GH_TRAINER_H

#include "base/pool.h"
#include "genhep/trainer.h"
#include "model/bvae.h"
#include "train/figure.h"
#include "train/schedule.h"

#define GH_SLICE 256          /* rows of a gradient slice */
#define GH_UPDATE_CHUNK 16384 /* parameters of an update task */
#define GH_INTERVAL 100       /* steps over which reported losses are averaged */

/** The prepared rows, training first, then validation. */
typedef struct gh_rows {
    gh_real *rows;    /* (n_train + n_validation, P) */
    gh_real *weights; /* or NULL */
    int64_t n_train, n_validation;
    double mean_weight;
    uint64_t hash; /* of the prepared rows: a resumed run must have the same */
} gh_rows;

/** What changes from step to step; all of it is in a checkpoint. */
typedef struct gh_train_state {
    int64_t step;
    int64_t optimiser_steps; /* since the optimiser state was last cleared */
    double seconds;
    double loss, reconstruction, divergence; /* sums over the steps of the interval */
    int64_t interval;
    double last_loss, last_reconstruction, last_divergence; /* means over the last interval */
    double validation, figure, best_figure, best_validation;
    int64_t best_step, checks_without_gain;
    double plateau_factor, plateau_best;
    int64_t plateau_wait;
    int64_t stopped_early;
} gh_train_state;

struct genhep_trainer {
    gh_hooks hooks;
    genhep_model *model;      /* own copy; its parameters are the working ones */
    genhep_options *options;  /* the model's overlaid by the trainer's */
    gh_pool *pool;
    gh_bvae_work *work;       /* one per thread */
    int64_t threads;
    gh_kernel kernel;         /* of the matrix products: AMX or BLAS */
    gh_rows data;
    int64_t *order;           /* n_train: this epoch's order of the training rows */
    int64_t order_epoch;      /* which epoch `order` is for, -1 for none */
    int64_t batch, slices, steps_per_epoch;
    gh_schedule schedule;
    gh_figure figure;         /* created when first needed */
    int64_t seed;
    gh_real *batch_rows;      /* (batch, P) */
    gh_real *batch_weights;   /* batch, or NULL */
    gh_real *slice_gradients; /* (slices, n_parameters) */
    gh_real *gradient;        /* n_parameters */
    gh_real *first, *second;  /* optimiser state, n_parameters each */
    gh_real *average;         /* running average, NULL without */
    gh_real *best;            /* weights with the best figure */
    gh_bvae_loss *slice_loss; /* slices */
    double *chunk_norm;       /* squared norm of each chunk of the gradient */
    double *validation_loss;  /* per slice of the validation rows */
    gh_train_state state;
    double rate_now, beta_now;
    double events_per_second;
};

gh_status gh_trainer_create(const genhep_model *model, const genhep_dataset *const *datasets, int64_t n_datasets,
                            const genhep_options *options, genhep_trainer **trainer);
void gh_trainer_free(genhep_trainer *trainer);

/** One optimiser step, with whatever falls due behind it: validation, figure, stage change. */
gh_status gh_trainer_step_once(genhep_trainer *trainer);
int gh_trainer_finished(const genhep_trainer *trainer);
void gh_trainer_progress(const genhep_trainer *trainer, genhep_progress *progress);

/** Weights that validation, figure and "average" snapshots use: the running average where there is one. */
const gh_real *gh_trainer_smooth(const genhep_trainer *trainer);

/** Mean validation loss of `parameters` with the networks as they generate (no dropout, running statistics) and latent
 * noise that is the same every time. NaN without validation rows. */
double gh_trainer_validation(genhep_trainer *trainer, const gh_real *parameters);

/** Snapshot with buffer and provenance, without self-test (sample/ adds that). */
gh_status gh_trainer_snapshot(genhep_trainer *trainer, int32_t which, genhep_model **model);

/** Validation loss and figure of the present weights; keeps the best. */
gh_status gh_trainer_check(genhep_trainer *trainer);

gh_status gh_trainer_to_archive(const genhep_trainer *trainer, gh_archive *archive);
/** Restore the state into a trainer just created from the checkpoint's model and the same data. */
gh_status gh_trainer_from_archive(genhep_trainer *trainer, const gh_archive *archive);

#endif
