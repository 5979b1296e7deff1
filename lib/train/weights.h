/* weights.h -- one set of trained weights with gradient and optimiser state, in arenas of equal layout.
 *
 * Row slices write gradients of their own; they are summed in fixed order, chunk by chunk, with the norm, and one more pass
 * updates weights, state and running average. What a task computes depends on its index alone, so the bits do not depend
 * on the number of threads. */
#ifndef GH_WEIGHTS_H
#define GH_WEIGHTS_H

#include "base/memory.h"
#include "base/pool.h"
#include "train/optimiser.h"

#define GH_UPDATE_CHUNK 16384 /* parameters of an update task */

typedef struct gh_weights {
    gh_hooks hooks;
    int64_t n, n_trainable;    /* all numbers; behind the trainable ones stand the statistics of batch norm */
    int64_t slices;            /* most gradient slices */
    gh_real *parameters;       /* the caller's */
    gh_real *slice_gradients;  /* (slices, n) */
    gh_real *gradient;         /* n */
    gh_real *first, *second;   /* optimiser state, n each */
    gh_real *average;          /* running average, NULL without */
    double *chunk_norm;        /* squared norm of each chunk of the gradient */
    int64_t used;              /* slices of the last reduction */
    int64_t optimiser_steps;   /* since the optimiser state was last cleared */
} gh_weights;

/** parameters (n) stay the caller's and are updated in place. averaged: keep a running average, started from them. */
gh_status gh_weights_create(const gh_hooks *hooks, int64_t n, int64_t n_trainable, int64_t slices, gh_real *parameters,
                            int averaged, gh_weights *weights);
void gh_weights_free(gh_weights *weights);

/** Sum the first `slices` gradient slices into gradient. @return the norm of its trainable part */
double gh_weights_reduce(gh_weights *weights, gh_pool *pool, int64_t slices);

/** @return the norm of the trainable part of `gradient`, for whoever has changed it since */
double gh_weights_norm(const gh_weights *weights);

/** One optimiser step from `gradient`; running statistics follow the mean of the slices'. Fills the bias corrections of
 * Adam from optimiser_steps and counts the step. */
void gh_weights_update(gh_weights *weights, gh_pool *pool, gh_update update);

/** Forget the optimiser state. */
void gh_weights_restart(gh_weights *weights);

#endif
