/* subtraction.h -- training a generator of labelled events against one discriminator a sample (1912.08824): the state of one
 * trainer and the parts of its step.
 *
 * Discriminator i sees truth of sample i and all generated rows, row r weighted by its soft membership w_ir = sum of labels
 * over the sample's classes. Weights add up to W_i over the batch, a sum over slices in order; the generator's loss is
 *   L = sum_i L_i + class loss + normalisation losses,   L_i = sum_r w_ir l(phi_i(x_r)) / W_i,   dL_i/dw_ir = (l - L_i)/W_i
 * so that a step has phases with the batch's sums between them: forward, verdicts, backward. Each is one run of the pool over
 * slices of GH_SLICE rows (and samples). Derivations: docs/internals/ADVERSARIAL.md. */
#ifndef GH_SUBTRACTION_H
#define GH_SUBTRACTION_H

#include "model/subgan.h"
#include "train/adversarial/critic.h"
#include "train/adversarial/event_values.h"
#include "train/trainer.h"

/** One sample: its rows, its discriminator, and what a batch of generated rows means to it. */
typedef struct gh_sample_side {
    gh_rows rows;              /* of set 0 those of the trainer, not owned */
    uint32_t members;
    int64_t *order, order_epoch;
    int64_t *picked;           /* batch: rows of this batch */
    gh_critic critic;
    gh_real *truth;            /* (batch,P) */
    gh_real *truth_weights;    /* batch, NULL for ones */
    gh_real *share;            /* batch: soft membership of the generated rows */
    gh_real *gradient;         /* (batch,P): of its GAN loss by the generated rows */
    gh_real *row_loss;         /* batch: l(phi) */
    double weight;             /* W_i, at least GH_LEAST_SHARE of the batch */
    int floored;               /* W_i stands at its least: no slope through it */
    double loss;               /* L_i of the generator */
    gh_figure figure;          /* created when first needed */
} gh_sample_side;

#define GH_LEAST_SHARE 1e-6

typedef struct gh_subtractor {
    int64_t sets;
    gh_sample_side set[GH_SET_KINDS];
    gh_event_values features;   /* what the discriminators see beside the coordinates */
    int64_t inputs;             /* P + features */
    gh_critic_rule rule;
    int64_t updates;            /* of the discriminators, a step */
    gh_class_rules rules;       /* of this step */
    double class_weight, ramp;  /* when the ramp is over; share of the training */
    double gain;                /* of this step */
    gh_real rates[GH_CLASSES];  /* stratified: of this step */
    gh_adversary_work *work;    /* one per thread */
    gh_tape *generator;         /* one per slice */
    gh_real *noise, *input;     /* (batch,L), (batch,I) */
    gh_real *output, *generated; /* (batch,O), (batch,P) */
    gh_real *labels, *label_gradient; /* (batch,C) */
    gh_real *gradient;          /* (batch,P) */
    gh_slice_loss *slice_loss;  /* 2 sets slices */
    double *slice_share;        /* (slices, sets) */
    gh_class_sums *slice_sums;  /* slices */
    gh_class_sums slopes;
    int64_t noise_item;
    int64_t warned;
} gh_subtractor;

/** Rows of a slice of the batch: *start, and how many. */
int64_t gh_subtractor_slice(const genhep_trainer *t, int64_t slice, int64_t *start);

/** The discriminators' input of N rows X (N,P). */
void gh_subtractor_input(const genhep_trainer *t, gh_adversary_work *w, int64_t N, const gh_real *X);

/** Ramp, weight of the class loss and gain of step `step`. */
void gh_subtractor_ramp(genhep_trainer *t, int64_t step);

/** Truth of every sample, batch number `batch` of the whole training; noise number `noise`. */
void gh_subtractor_truth(genhep_trainer *t, int64_t batch);
void gh_subtractor_noise(genhep_trainer *t, int64_t noise);

/** Noise through the generator: generated rows, labels, memberships and their sums. */
void gh_subtractor_generate(genhep_trainer *t);

/** Gradients of all discriminators at the rows in the buffers, in the order of the samples: losses and norms (sets). */
void gh_subtractor_critic_gradients(genhep_trainer *t, gh_step_loss *losses, double *norms);

/** One update of every discriminator; adds the mean of their losses. GENHEP_E_NUMERIC, none changed, when not finite. */
gh_status gh_subtractor_critics(genhep_trainer *t, gh_step_loss *loss);

/** Loss of the generator at the noise in the buffers, its gradient in t->weights.gradient; loss->mmd: class and normalisation
 * losses. */
void gh_subtractor_generator_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm);

gh_status gh_subtractor_generator(genhep_trainer *t, gh_step_loss *loss);

/** Mean over the samples of chi2/ndf of the generated classes of a sample against its validation rows, plus the mean over samples but
 * base by how many errors, beyond one, its share is off its cross section. */
gh_status gh_subtractor_figure(genhep_trainer *t, const genhep_model *snapshot, int64_t n, double *value);
gh_status gh_subtractor_watch(genhep_trainer *t, const genhep_model *snapshot);
gh_status gh_subtractor_finish(genhep_trainer *t, genhep_model *snapshot);

#endif
