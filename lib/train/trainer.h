/* trainer.h -- step-wise training of a model. Public handle: include/genhep/trainer.h.
 *
 * What families share: rows and their order, schedule, validation figure, best weights, checkpoints. What a step does is
 * the family's gh_method: autoencoder.c, adversarial/. A method cuts a batch into slices of GH_SLICE rows, one
 * task each; what a task computes depends on its index alone, so the bits do not depend on the number of threads. */
#ifndef GH_TRAINER_H
#define GH_TRAINER_H

#include "base/pool.h"
#include "genhep/trainer.h"
#include "model/model.h"
#include "train/figure.h"
#include "train/figure_values.h"
#include "train/schedule.h"
#include "train/weights.h"

#define GH_SLICE 256          /* rows of a gradient slice */
#define GH_INTERVAL 100       /* steps over which reported losses are averaged */

/** The prepared rows, training first, then validation. */
typedef struct gh_rows {
    gh_real *rows;       /* (n_train + n_validation, P) */
    gh_real *conditions; /* (n_train + n_validation, Q), NULL without */
    gh_real *weights;    /* or NULL */
    int64_t n_train, n_validation;
    double mean_weight;
    uint64_t hash; /* of the prepared rows: a resumed run must have the same */
} gh_rows;

/** What changes from step to step; all of it is in a checkpoint. */
typedef struct gh_train_state {
    int64_t step;
    int64_t optimiser_steps; /* of the generating weights, since their state was last cleared */
    double seconds;
    double loss, reconstruction, divergence, discriminator, penalty, mmd; /* sums over the steps of the interval */
    int64_t interval;
    double last_loss, last_reconstruction, last_divergence; /* means over the last interval */
    double last_discriminator, last_penalty, last_mmd;
    double validation, figure, best_figure, best_validation;
    int64_t best_step, checks_without_gain;
    double plateau_factor, plateau_best;
    int64_t plateau_wait;
    int64_t stopped_early;
} gh_train_state;

/** Losses of one step, means over the batch. */
typedef struct gh_step_loss {
    double total, reconstruction, divergence; /* autoencoders */
    double discriminator, penalty, mmd;       /* adversarial families */
} gh_step_loss;

enum { GH_MAX_ARRAYS = 48 };

/** What a checkpoint holds beside the shared parts: an array, or one integer. */
typedef struct gh_array {
    char name[64];
    gh_real *data;  /* (n), NULL for an integer */
    int64_t n;
    int64_t *count; /* the integer */
} gh_array;

/** How the weights of a family are trained. All functions work on t->method_state. */
typedef struct gh_method {
    gh_status (*create)(genhep_trainer *t);
    void (*free)(genhep_trainer *t);
    /** One step: gradients and updates. GENHEP_E_NUMERIC before any weight has changed when something is not finite. */
    gh_status (*step)(genhep_trainer *t, gh_step_loss *loss);
    /** Mean validation loss of `parameters`, networks as they generate and the same noise every time; NULL: none. */
    double (*validation)(genhep_trainer *t, const gh_real *parameters);
    /** Fill `arrays` (at most GH_MAX_ARRAYS) for a checkpoint; NULL: none. @return how many */
    int64_t (*arrays)(genhep_trainer *t, gh_array *arrays);
    /** Look at generated rows when a figure is taken; warnings go to the log. GENHEP_E_NUMERIC ends the training. NULL: none. */
    gh_status (*watch)(genhep_trainer *t, const genhep_model *snapshot);
    /** The figure of a snapshot; NULL: chi2 of n generated against the validation rows of t->data. */
    gh_status (*figure)(genhep_trainer *t, const genhep_model *snapshot, int64_t n, double *value);
    /** What a snapshot needs beyond its weights before it is handed out; NULL: nothing. */
    gh_status (*finish)(genhep_trainer *t, genhep_model *snapshot);
} gh_method;

extern const gh_method gh_method_autoencoder, gh_method_adversarial, gh_method_hybrid, gh_method_subtraction;

struct genhep_trainer {
    gh_hooks hooks;
    genhep_model *model;      /* own copy; its parameters are the working ones */
    genhep_options *options;  /* the model's overlaid by the trainer's */
    const gh_method *method;
    void *method_state;
    const genhep_dataset *const *tables; /* the caller's, while the trainer is created: NULL afterwards */
    gh_pool *pool;
    int64_t threads;
    gh_kernel kernel;         /* of the matrix products: AMX or BLAS */
    gh_rows data;             /* of a subtraction those of base */
    int64_t *order;           /* n_train: this epoch's order of the training rows */
    int64_t order_epoch;      /* which epoch `order` is for, -1 for none */
    int64_t batch, slices, steps_per_epoch;
    gh_schedule schedule;
    gh_figure figure;         /* created when first needed */
    gh_figure_values figure_values;
    int64_t seed;
    gh_weights weights;       /* of the model */
    gh_real *best;            /* weights with the best figure */
    gh_train_state state;
    double rate_now;
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

/** The method's validation loss; NaN without one or without validation rows. */
double gh_trainer_validation(genhep_trainer *trainer, const gh_real *parameters);

/** Epoch `epoch`'s order of the training rows in t->order. */
void gh_trainer_order(genhep_trainer *trainer, int64_t epoch);

/** The update rule that the options name, for weights whose last gradient had this norm. */
gh_update gh_trainer_update(const genhep_trainer *trainer, double rate, double norm);

/** Snapshot with buffer and provenance, without self-test (sample/ adds that). */
gh_status gh_trainer_snapshot(genhep_trainer *trainer, int32_t which, genhep_model **model);

/** Validation loss and figure of the present weights; keeps the best. */
gh_status gh_trainer_check(genhep_trainer *trainer);

gh_status gh_trainer_to_archive(const genhep_trainer *trainer, gh_archive *archive);
/** Restore the state into a trainer just created from the checkpoint's model and the same data. */
gh_status gh_trainer_from_archive(genhep_trainer *trainer, const gh_archive *archive);

#endif
