/* spectrum.h -- spectral normalisation of a discriminator: its passes use W/sigma(W) for every weight matrix W that is trained.
 *
 * Penalties and input gradients need nothing of their own: they are those of a network with weights W/sigma, and the gradient
 * by these weights becomes the gradient by W at the end (layers/spectral.h). A gated recurrent unit has a matrix for each of
 * its three gates, twice: from the input and from the state. */
#ifndef GH_SPECTRUM_H
#define GH_SPECTRUM_H

#include "base/memory.h"
#include "base/philox.h"
#include "base/pool.h"
#include "model/network.h"

enum { GH_SPECTRUM_MATRICES = 6 * GH_MAX_LAYERS };

typedef struct gh_spectrum {
    int64_t count; /* 0: not in use */
    struct {
        int64_t at, rows, columns; /* place in the arena */
        int64_t u, v;              /* places in `left` and `right` */
        double sigma;
    } matrix[GH_SPECTRUM_MATRICES];
    gh_real *left, *right; /* singular vectors; `left` goes from step to step */
    int64_t n_left;
} gh_spectrum;

/** Start vectors: normal numbers of `rng`. Free with gh_spectrum_free, also after a failure. */
gh_status gh_spectrum_create(const gh_hooks *hooks, const gh_network *network, const gh_rng *rng, gh_spectrum *spectrum);
void gh_spectrum_free(const gh_hooks *hooks, gh_spectrum *spectrum);

/** used (n) = trained (n) with every matrix over its sigma, after `iterations` of power iteration. */
void gh_spectrum_apply(gh_spectrum *spectrum, gh_pool *pool, int iterations, int64_t n, const gh_real *trained, gh_real *used);

/** gradient by `used`, as gh_spectrum_apply left it, to the gradient by what is trained, in place. */
void gh_spectrum_backward(const gh_spectrum *spectrum, gh_pool *pool, const gh_real *used, gh_real *gradient);

#endif
