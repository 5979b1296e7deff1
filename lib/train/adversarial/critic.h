/* critic.h -- one discriminator: its network and weights, what a slice of rows costs it, its update.
 *   L_D = mean_T l(phi) + mean_G l'(phi) + lambda penalty(phi, |grad_x phi|^2)      loss/adversarial.h */
#ifndef GH_CRITIC_H
#define GH_CRITIC_H

#include "loss/adversarial.h"
#include "train/adversarial/event_values.h"
#include "model/network_penalty.h"
#include "train/adversarial/spectrum.h"
#include "train/trainer.h"

/** A discriminator: events (coordinates, features, conditions) to a logit. */
typedef struct gh_critic {
    gh_network network;
    gh_real *parameters; /* what its passes use: the trained ones, or with spectral normalisation a copy, normalised */
    gh_real *trained;    /* weights.parameters */
    gh_weights weights;
    gh_spectrum spectrum; /* discriminator.norm = spectral */
} gh_critic;

/** Loss and penalty of a discriminator. */
typedef struct gh_critic_rule {
    enum gh_gan_loss loss;
    enum gh_penalty penalty;
    double lambda;              /* factor of the penalty */
} gh_critic_rule;

gh_status gh_critic_rule_read(const genhep_options *options, gh_critic_rule *rule);

/** Scratch of one thread, for one slice. */
typedef struct gh_adversary_work {
    gh_gemm_work products;      /* of this thread: tapes point here, so this stays where it is */
    gh_tape tape;               /* of the discriminator */
    gh_penalty_tape penalty;
    gh_real *input;             /* (GH_SLICE, I): the discriminator's input */
    gh_real *rows;              /* (GH_SLICE, P): interpolates */
    gh_real *c, *t, *s;         /* GH_SLICE each: derivatives by logit and squared gradient, squared gradient */
    gh_real *scratch;           /* inference of the generator */
} gh_adversary_work;

/** For critics of this layout and the trainer's generator; the tape points into `w`, which therefore stays where it is. Free with
 * gh_adversary_work_free, also after a failure. */
gh_status gh_adversary_work_create(const genhep_trainer *t, const gh_critic *critic, const gh_critic_rule *rule, gh_adversary_work *w);
void gh_adversary_work_free(const gh_hooks *hooks, gh_adversary_work *w);

typedef struct gh_slice_loss {
    double discriminator, penalty, generator;
} gh_slice_loss;

/** Lay out a discriminator number `which` from discriminator.*, with start weights of its own; slots: gradient slices of an
 * update. Free with gh_critic_free. */
gh_status gh_critic_create(genhep_trainer *t, int64_t inputs, int64_t which, int64_t slots, gh_critic *critic);
void gh_critic_free(const gh_hooks *hooks, gh_critic *critic);

/** Before a pass when the weights have changed: with spectral normalisation `iterations` of power iteration, 1 in training. */
void gh_critic_refresh(const genhep_trainer *t, gh_critic *critic, int iterations);

/** The first `slots` gradient slices summed into weights.gradient, the gradient of the trained weights. @return its norm */
double gh_critic_reduce(const genhep_trainer *t, gh_critic *critic, int64_t slots);

/** What a checkpoint holds of it; `name` stands in the entries' names: discriminator, discriminator_base. @return how many */
int64_t gh_critic_arrays(gh_critic *critic, const char *name, gh_array *arrays);

/** GENHEP_E_OPTION for a rest among the features of a discriminator that does not see conditions. */
gh_status gh_critic_check_features(const gh_event_values *features, int sees_conditions);

/** input (N, P + features + Q) = rows X (N,P), their features, their conditions (N,Q). */
void gh_critic_input(const gh_event_values *features, int64_t P, int64_t N, const gh_real *X, const gh_real *conditions, int64_t Q,
                     gh_real *input);

/** out = u x + (1 - u) y with one u a row, number 0 of item first_item + i of `rng` (1704.00028). */
void gh_interpolate(const gh_rng *rng, int64_t first_item, int64_t rows, int64_t P, const gh_real *x, const gh_real *y, gh_real *out);

enum { GH_TRUTH = 0, GH_GENERATED = 1, GH_INTERPOLATED = 2 };

/** N <= GH_SLICE rows of one kind that stand in w->input: their losses, and the gradient by the discriminator's parameters,
 * assigned to `gradients`. weights (N) or NULL; scale as in loss/adversarial.h. Interpolates have the penalty alone. */
void gh_critic_rows(const gh_critic *critic, const gh_critic_rule *rule, gh_adversary_work *w, int kind, int64_t N, const gh_real *weights,
                    double scale, const gh_rng *rng, int64_t first_item, gh_real *gradients, gh_slice_loss *loss);

/** GENHEP_E_NUMERIC when losses or norm of a discriminator are not finite. */
gh_status gh_critic_check(const genhep_trainer *t, const gh_step_loss *loss, double norm);

/** Update from the reduced gradient, of this norm, at the discriminator's rate; clips weights where asked. */
void gh_critic_apply(genhep_trainer *t, gh_critic *critic, double norm);

#endif
