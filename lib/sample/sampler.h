/* sampler.h -- model + random stream + inverse preparation -> events. Public handle: include/genhep/sampler.h.
 *
 * Events are computed in blocks of GH_BLOCK, aligned to the event number: block b holds events b*GH_BLOCK ..., always all of
 * them, by one thread. A call takes whole blocks straight into the caller's buffer and the two partial ones at its ends through
 * a kept block, so drawing one event at a time costs one network evaluation per GH_BLOCK events.
 *
 * With conditions a block cannot be computed ahead of the calls that bring them. The partial blocks at a call's ends are
 * then computed as the aligned groups (gh_family.group) that hold the call's events, missing rows with the conditions of the
 * nearest one; an event's bits depend on its number and its own conditions only. A call for one event keeps its group, for
 * as long as the conditions stay the same.
 *
 * Where events have classes and some are wanted, a block is filled in rounds: round r generates GH_BLOCK rows with the random
 * numbers of the items (event number + r 2^48), the wanted ones are appended in order until the block is full. So an event
 * is still a function of its number. Event numbers stay below 2^48 there. */
#ifndef GH_SAMPLER_H
#define GH_SAMPLER_H

#include "base/pool.h"
#include "genhep/sampler.h"
#include "model/model.h"

/** Scratch of one thread: one block on its way from random numbers to columns. */
typedef struct gh_sample_work {
    gh_real *normals;   /* (GH_BLOCK, W) */
    gh_real *scratch;   /* of the family */
    double *uniforms;   /* (GH_BLOCK, U) of the family, then (GH_BLOCK, V) of the inverse preparation */
    double *prepared;   /* (GH_BLOCK, P) */
    double *rows;       /* (GH_BLOCK, D) */
    gh_prep_work *prep;
    double *given;      /* (GH_BLOCK, C); this and what follows is NULL without conditions */
    double *targets;    /* (GH_BLOCK, T) */
    double *prepared_conditions; /* (GH_BLOCK, Q) */
    gh_real *conditions;         /* the same for the networks */
    gh_prep_work *condition_prep;
    gh_reference_work *reference; /* NULL without */
    double *raw;                 /* (GH_BLOCK, P): rows of a round; this and what follows is NULL without classes */
    int32_t *classes, *accepted; /* GH_BLOCK: of the round's rows, of the block's */
} gh_sample_work;

#define GH_ROUND_SHIFT 48
enum { GH_MOST_ROUNDS = 32767 };

struct genhep_sampler {
    gh_hooks hooks;
    const genhep_model *model;
    gh_draw draw;
    gh_steering *steering;          /* what draw.steering is */
    gh_rng normals, picks, inverse; /* Philox tags of this (seed, stream) */
    int64_t next;                   /* number of the next event */
    gh_pool *pool;
    int64_t threads;
    gh_sample_work *work;           /* one per thread */
    int64_t condition_seed;
    int64_t group;                  /* of the family */
    double *kept;                   /* (GH_BLOCK, D): kept_n events from kept_first on, rounded for `kept_float` */
    int64_t kept_first, kept_n;     /* kept_n 0: none */
    double *kept_condition;         /* C: of the events that are kept */
    double *kept_weights;           /* GH_BLOCK: of the events that are kept */
    int kept_float;
    genhep_uniform_fn uniform;      /* a host's generator, or NULL */
    void *uniform_user;
};

gh_status gh_sampler_create(const genhep_model *model, const genhep_options *options, genhep_sampler **sampler);
void gh_sampler_free(genhep_sampler *sampler);

/** Draw n events into `events` (float or double, by is_float), row i at element i*stride. Conditions (n,C) with row i at
 * cond + i*cond_stride when the model takes them. weights: n, or NULL; ones where events have no classes. */
gh_status gh_sampler_draw(genhep_sampler *sampler, int64_t n, const double *cond, int64_t cond_stride, int is_float, void *events,
                          int64_t stride, double *weights);

#endif
