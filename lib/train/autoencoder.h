/* autoencoder.h -- the autoencoder's step without its update, for methods that add a term to its loss. */
#ifndef GH_AUTOENCODER_H
#define GH_AUTOENCODER_H

#include "model/bvae.h"
#include "train/trainer.h"

/** State of the method; methods that extend it have it as their first member. */
typedef struct gh_autoencoder {
    gh_bvae_work *work;        /* one per thread */
    gh_real *batch_rows;       /* (batch, P) */
    gh_real *batch_conditions; /* (batch, Q), or NULL */
    gh_real *batch_weights;    /* batch, or NULL */
    gh_bvae_loss *slice_loss;  /* slices */
    double *validation_loss;   /* per slice of the validation rows */
    double beta;
} gh_autoencoder;

/** Fill a state that is all zero; free what is in it, not the state itself. */
gh_status gh_autoencoder_open(genhep_trainer *t, gh_autoencoder *a);
void gh_autoencoder_close(genhep_trainer *t, gh_autoencoder *a);

/** Gather this step's batch; losses, and gradients of the slices in the first slots of t->weights. */
void gh_autoencoder_gradient(genhep_trainer *t, gh_step_loss *loss);

/** Sum `slots` gradient slots and update. GENHEP_E_NUMERIC, nothing changed, when something is not finite. */
gh_status gh_autoencoder_apply(genhep_trainer *t, int64_t slots, const gh_step_loss *loss);

/** gh_method.validation: the same loss without the added term. */
double gh_autoencoder_validation(genhep_trainer *t, const gh_real *parameters);

#endif
