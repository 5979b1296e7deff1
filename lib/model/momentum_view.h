/* momentum_view.h -- momenta as an affine function of prepared coordinates, for losses on observables.
 *   p = A x + a        x (P) prepared, p (3n) px, py, pz of n particles in GeV
 * Preparations that scale momenta, with a particle that takes the recoil or without, are affine; trees and quantile maps
 * are not, and there a loss works on the coordinates themselves. */
#ifndef GH_MOMENTUM_VIEW_H
#define GH_MOMENTUM_VIEW_H

#include "model/model.h"

typedef struct gh_momentum_view {
    gh_hooks hooks;
    int64_t p, particles;
    char **names;    /* particles */
    double *mass;    /* particles, GeV */
    gh_real *matrix; /* (3 particles, P) */
    int64_t *range;  /* (3 particles, 2): first coordinate of a row that is not zero, and one behind the last */
    gh_real *offset; /* 3 particles */
} gh_momentum_view;

/** GENHEP_E_OPTION when the model has no particles with momenta, or they are no affine function of its coordinates. */
gh_status gh_momentum_view_create(const genhep_model *model, gh_momentum_view *view);
void gh_momentum_view_free(gh_momentum_view *view);

/** X (N,P) -> momenta (N,3n). */
void gh_momentum_view_forward(const gh_momentum_view *view, int64_t N, const gh_real *X, gh_real *momenta);

/** gX (N,P, row i at gX + i*stride) += A^T g_momenta (N,3n). */
void gh_momentum_view_backward(const gh_momentum_view *view, int64_t N, const gh_real *g_momenta, gh_real *gX, int64_t stride);

#endif
