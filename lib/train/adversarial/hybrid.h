/* hybrid.h -- VAE-GAN: the B-VAE trained with a discriminator beside its own loss (Larsen et al. 1512.09300).
 *   L = L_ELBO + w [ mean_p l(phi(x_p)) + mean_q l(phi(x_q)) ]/2,     w = loss.adversarial
 * x_p = dec(z) + noise with z ~ N(0,1), x_q the same with z from the encoder at the rows of the batch; with latent.source = buffer
 * x_q alone, which is what such a model generates. The second term trains the decoder and its noise; the encoder sees L_ELBO. The
 * discriminator tells truth from both, as in adversary.h, and is kept in checkpoints only. */
#ifndef GH_HYBRID_H
#define GH_HYBRID_H

#include "train/adversarial/adversary.h"
#include "train/autoencoder.h"

enum { GH_FAKE_ENCODED = 0, GH_FAKE_PRIOR = 1 };

typedef struct gh_hybrid {
    gh_autoencoder base;          /* first: its functions work on this state too */
    gh_critic critic;
    gh_critic_rule rule;
    gh_event_values features;
    int sees_conditions;
    int64_t inputs;               /* P + features + Q */
    double weight;
    int64_t updates;              /* of the discriminator, a step */
    int64_t kinds;                /* 2, or 1 without GH_FAKE_PRIOR */
    gh_adversary_work *work;      /* one per thread */
    gh_real **noise;              /* one per thread: (GH_SLICE, L + P) */
    gh_real *fake;                /* (kinds, batch, P) */
    gh_slice_loss *slice_loss;    /* (kinds + 2) slices */
    int64_t noise_item;           /* first number of the noise of this batch */
} gh_hybrid;

/** Decoded rows with fresh noise number `batch` of the whole training, at the rows that the autoencoder has gathered. */
void gh_hybrid_generate(genhep_trainer *t, int64_t batch);

/** The discriminator's losses at truth and generated rows, its gradient in critic.weights.gradient. */
void gh_hybrid_critic_gradient(genhep_trainer *t, gh_step_loss *loss, double *norm);

/** The decoder's adversarial gradient with noise number `batch`, in the slots behind the autoencoder's; @return the loss. */
double gh_hybrid_decoder_gradient(genhep_trainer *t, int64_t batch);

#endif
