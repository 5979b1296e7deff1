/* adversary.h -- training a generator against a discriminator: the state of one trainer and the parts of its step.
 *
 * A step is discriminator.steps updates of the discriminator, each with a fresh batch of truth and fresh noise, then one
 * update of the generator. A batch is cut into slices of GH_SLICE rows; every slice of truth, of generated rows and of
 * interpolates between the two has a gradient of its own, summed in fixed order. The discriminator is part of training
 * only: checkpoints hold it, model files do not. Losses: loss/adversarial.h, loss/mmd.h; derivations:
 * docs/internals/ADVERSARIAL.md. */
#ifndef GH_ADVERSARY_H
#define GH_ADVERSARY_H

#include "model/gan.h"
#include "train/adversarial/critic.h"
#include "train/adversarial/event_values.h"
#include "train/adversarial/mmd_terms.h"
#include "train/adversarial/total_term.h"
#include "train/trainer.h"

typedef struct gh_adversary {
    gh_critic critic;
    gh_event_values features;   /* what the discriminator sees beside the coordinates */
    int sees_conditions;
    int64_t inputs;             /* P + features + Q */
    gh_mmd_terms mmd;
    gh_total_term total;        /* of the generator's loss */
    gh_critic_rule rule;
    int64_t updates;            /* of the discriminator, a step */
    gh_latent_noise noise_kind;
    gh_adversary_work *work;    /* one per thread */
    gh_tape *generator;         /* one per slice: kept between the forward and the backward part */
    gh_real *noise;             /* (batch, L) */
    gh_real *angles;            /* (batch, 2): of generator.turn, NULL without */
    gh_real *eps;               /* (batch, P): of generator.noise, NULL without */
    gh_real *input;             /* (batch, L + Q): the generator's input */
    gh_real *truth;             /* (batch, P) */
    gh_real *conditions;        /* (batch, Q), NULL without */
    gh_real *truth_weights;     /* batch, NULL for ones */
    gh_real *generated;         /* (batch, P) */
    gh_real *gradient;          /* (batch, P): of the generator's loss by its rows */
    gh_slice_loss *slice_loss;  /* 3 slices */
    int64_t noise_item;         /* first number of this batch's noise */
    int64_t warned;             /* bits: what the log has said already */
} gh_adversary;

/** Rows of slice `slice` of the batch: *start, and how many. */
int64_t gh_adversary_slice(const genhep_trainer *t, int64_t slice, int64_t *start);

/** The discriminator's input of N rows X (N,P) of the batch from row `start` on. */
void gh_adversary_input(const genhep_trainer *t, gh_adversary_work *work, int64_t start, int64_t N, const gh_real *X);

/** Truth, conditions and noise number `batch` of the whole training into the buffers. */
void gh_adversary_gather(genhep_trainer *t, int64_t batch, int64_t noise);

/** Noise through the generator as it stands, without keeping what backward needs: fills `generated`. */
void gh_adversary_generate(genhep_trainer *t);

/** Losses of the batch in the buffers and their gradient by the discriminator's parameters in critic.weights.gradient. */
void gh_critic_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm);

/** One update of the discriminator from the batch in the buffers; adds to the losses. GENHEP_E_NUMERIC when not finite. */
gh_status gh_critic_update(genhep_trainer *t, gh_step_loss *loss);

/** Loss of the generator at the noise in the buffers, its gradient in t->weights.gradient. */
gh_status gh_generator_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm);

/** One update of the generator from the batch in the buffers. */
gh_status gh_generator_update(genhep_trainer *t, gh_step_loss *loss);

/** Compare the spread of generated rows (n,P) with that of the validation rows, and the losses with their equilibrium: one line in the
 * log for a coordinate that has collapsed or a discriminator that has won. GENHEP_E_NUMERIC when training has diverged. */
gh_status gh_adversary_watch(genhep_trainer *t, const genhep_model *snapshot);

#endif
