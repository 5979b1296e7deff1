/* optimiser.h -- update rules over a range of the parameter arena; one pass reads gradient and state and writes weights. */
#ifndef GH_OPTIMISER_H
#define GH_OPTIMISER_H

#include "base/real.h"
#include "train/schedule.h"

typedef struct gh_update {
    gh_optimiser kind;
    double rate, scale;            /* scale: factor on the gradient (clipping) */
    double beta1, beta2, epsilon;  /* Adam */
    double correction1, correction2; /* 1 - beta^t */
    double momentum, weight_decay;
    int nesterov;
    double average;                /* decay of the running average of weights; < 0 for none */
} gh_update;

/** Update n parameters w in place. first, second: state (Adam's moments; SGD: velocity in `first`). average: running average
 * or NULL. */
void gh_optimiser_update(const gh_update *update, int64_t n, const gh_real *gradient, gh_real *w, gh_real *first, gh_real *second,
                         gh_real *average);

#endif
