/* proposal.h -- a B-VAE as a proposal for Monte Carlo integration, unbiased for any weights of its networks.
 *
 *   z_1 ~ p(z), the mixture of mixture.h      x ~ p(x|z_1) = N(dec(z_1), (f sigma)^2)      z_2 .. z_K ~ q(z|x) of the encoder
 *   1/density(x) = 1 / mean_k [ p(z_k) p(x|z_k) / q(z_k|x) ],   E[1/density | x] = 1/p(x)
 * The last line holds since z_1 given x has the density p(z|x), whatever K and q: docs/INTEGRATION.md. A share of points may come
 * uniformly from the box (integrate.flat), each with z_1 from q, which bounds the weights: density >= flat.
 * x are prepared coordinates; columns behind the model's preparation are the plane of box.h. Tests: tests/unit/test_integrate.c. */
#ifndef GH_PROPOSAL_H
#define GH_PROPOSAL_H

#include "integrate/box.h"
#include "integrate/mixture.h"

/** Scratch of one thread. */
typedef struct gh_proposal_work {
    gh_prep_work *prep;
    double *uniforms, *x, *y, *jacobian, *z, *eps, *latents, *sum, *components, *prior; /* of a block: create_work */
    gh_real *input, *output, *noise, *layers;
} gh_proposal_work;

typedef struct gh_proposal {
    gh_hooks hooks;
    const genhep_model *model; /* not owned; its preparation takes columns of the plane to all reals and back */
    gh_mixture mixture;
    gh_box box;
    int64_t samples;           /* K */
    double flat;               /* share of points that come from the box itself */
    double *widen;             /* P: factor on the decoder's sigma, integrate.noise until gh_proposal_widen */
    int64_t threads;
    gh_proposal_work *work;    /* one a thread */
} gh_proposal;

/** GENHEP_E_STATE for a model that is no B-VAE with decoder noise of dim columns and as many coordinates, GENHEP_E_OPTION where
 * its preparation is not linear. */
gh_status gh_proposal_check(const genhep_model *model, int64_t dim);

/** With options integrate.*, latent.alpha, latent.gamma and seed. Free with gh_proposal_free. */
gh_status gh_proposal_create(const gh_hooks *hooks, const genhep_model *model, const genhep_options *options, int64_t dim,
                             int64_t threads, gh_proposal *proposal);
void gh_proposal_free(gh_proposal *proposal);

/** Raise the noise until the proposal is at least `factor` times as wide as n weighted points x (n,P) in every coordinate: seen
 * from where the proposal's mean is, so that one that is off the mark still covers them. 0 changes nothing. */
void gh_proposal_widen(gh_proposal *proposal, int64_t seed, double factor, int64_t n, const double *x, const double *weights);

/** The GH_BLOCK points from number `first`: u (GH_BLOCK,dim) in the box and density (GH_BLOCK) such that f(u)/density is an
 * unbiased estimate of the integral of f. Allocates nothing. `worker`: index of the calling thread. */
gh_status gh_proposal_block(const gh_proposal *proposal, int64_t worker, int64_t seed, int64_t phase, int64_t first, double *u,
                            double *density);

#endif
