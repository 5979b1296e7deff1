/* integrator.h -- the integrator handle: an integrand over the unit box, a way to draw points, and what is known of both. */
#ifndef GH_INTEGRATOR_H
#define GH_INTEGRATOR_H

#include "base/pool.h"
#include "genhep/integrate.h"
#include "integrate/grid.h"
#include "integrate/proposal.h"
#include "integrate/tally.h"

#define GH_CHUNK_BLOCKS 16
#define GH_CHUNK (GH_CHUNK_BLOCKS * GH_BLOCK) /* points of a call of the integrand, at most */

typedef enum gh_integration { GH_INTEGRATE_NONE = 0, GH_INTEGRATE_VEGAS = 1, GH_INTEGRATE_BVAE = 2 } gh_integration;

struct genhep_integrator {
    gh_hooks hooks;
    genhep_options *options;
    gh_integration method;
    int64_t dim, seed;
    genhep_integrand_fn integrand;
    void *user;
    gh_pool *pool;
    int64_t threads;
    double *u;        /* (GH_CHUNK,dim) */
    double *density;  /* GH_CHUNK */
    double *weights;  /* GH_CHUNK: values of the integrand, then weights */
    gh_status status[GH_CHUNK_BLOCKS]; /* of the blocks of a chunk */
    gh_grid grid;     /* VEGAS */
    const genhep_model *given; /* the caller's, or NULL */
    genhep_model *model;       /* own, or NULL */
    gh_proposal proposal;      /* of one of the two when has_proposal */
    int has_proposal;
    int64_t next;     /* number of the next point, a multiple of GH_BLOCK */
    double largest;   /* weight of all runs so far */
    int64_t training_points;
    double seconds_training;
};

gh_status gh_integrator_create(int64_t dim, genhep_integrand_fn integrand, void *user, const genhep_options *options,
                               genhep_integrator **integrator);
void gh_integrator_free(genhep_integrator *integrator);

/** Points first .. first+n-1 of a phase with their weights f/density: t->u and t->weights, n <= GH_CHUNK, first a multiple of
 * GH_BLOCK. uniform: from the box itself, whatever the method. */
gh_status gh_integrator_points(genhep_integrator *t, int uniform, int64_t phase, int64_t first, int64_t n);

/** Forget the proposal and the own model. */
void gh_integrator_forget(genhep_integrator *t);

/** Move the grid, or train the model: learn.c. */
gh_status gh_integrator_adapt(genhep_integrator *t, genhep_progress_fn progress, void *user);

gh_status gh_integrator_run(genhep_integrator *t, int64_t n, genhep_integral *result);

/** n weighted points, row i at points + i*stride. */
gh_status gh_integrator_draw(genhep_integrator *t, int64_t n, double *points, int64_t stride, double *weights);

/** n unweighted points; weights are 1, above it where a weight exceeds the largest of the runs before, with the integrand's sign. */
gh_status gh_integrator_unweight(genhep_integrator *t, int64_t n, double *points, int64_t stride, double *weights);

#endif
