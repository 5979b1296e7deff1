/* steering.h -- which part of the latent space a sampler draws from (Otten et al., 1901.00875: principal components of the
 * encoded training events steer the generation).
 *   latent.box = pc0: -1 0.5; pc2: 0 inf     scores s_k = v_k (z - m) within limits
 *   latent.shift = pc0: 1.5                  z + sum_k delta_k v_k, behind the box
 * pcK is component K of the buffer's means, zK latent K itself (v a unit vector, m = 0).
 *
 * The box keeps the buffer entries whose means lie in it, with their weights, and folds the smudged latents back at its walls
 * (s -> 2 wall - s): what leaves an entry inside makes up for what entries outside would have sent in, the boundary
 * correction of kernel densities by reflection (Silverman 1986, section 2.10). All latents lie in the box, and frequencies
 * inside are those of the unrestricted sampler up to the slope of the density over one smudge. */
#ifndef GH_STEERING_H
#define GH_STEERING_H

#include "model/model.h"

struct gh_steering {
    int64_t n;          /* entries in the box; entry NULL: no box, all of the buffer */
    int64_t *entry;     /* n, rising */
    double *cumulative; /* n, normalised event weights summed; NULL for unit weights */
    int64_t walls;      /* limited scores */
    double *direction;  /* (walls, L), orthonormal */
    double *offset;     /* walls: v m */
    double *low, *high; /* walls; infinite for none */
    double *shift;      /* L, NULL for none */
};

/** Mean and principal components of the buffer's means, by weight: mean L, variances L falling, vectors (L,L) with component
 * k in row k, its largest number positive. GENHEP_E_STATE without a buffer. */
gh_status gh_components(const genhep_model *model, double *mean, double *variances, double *vectors);

/** Read latent.box and latent.shift of `options`, where those not set come from the model; *steering NULL when neither
 * says anything. prior: latents come from the prior, which has no entries to choose from. GENHEP_E_OPTION: what is
 * wrong with the text, an axis that is not there, a box that no entry lies in; GENHEP_E_STATE: no latents, no buffer. */
gh_status gh_steering_create(const gh_hooks *hooks, const genhep_model *model, const genhep_options *options, int prior,
                             gh_steering **steering);
void gh_steering_free(const gh_hooks *hooks, gh_steering *steering);

/** Fold and shift one latent vector (L). */
void gh_steering_apply(const gh_steering *steering, int64_t L, gh_real *z);

#endif
