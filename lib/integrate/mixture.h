/* mixture.h -- p(z) of the B-VAE as a proposal: a fixed mixture of normal distributions, small enough to be added up exactly.
 *   p(z) = (1 - s)/M sum_i N(z; mu_i, (alpha sigma_i + gamma)^2) + s N(z; m, v^2)
 * with M entries of the information buffer, chosen once at random by weight, and a wide one around their common mean m whose
 * deviation v is a multiple of theirs. Drawing and evaluating use the same M: a part of a larger sum would bias an integral.
 * Immutable once created. */
#ifndef GH_MIXTURE_H
#define GH_MIXTURE_H

#include "model/model.h"

typedef struct gh_mixture {
    gh_hooks hooks;
    int64_t n, L;      /* components, the wide one last where there is one; latents */
    double *mu;        /* (n,L) */
    double *sigma;     /* (n,L) */
    double *scaled;    /* (L,n): 1 / (sqrt 2 sigma), for sums over components */
    double *centre;    /* (L,n): mu / (sqrt 2 sigma) */
    double *constant;  /* n: log share - sum log sigma - L log(2 pi) / 2 */
    double wide;       /* s */
} gh_mixture;

/** From the model's buffer with options integrate.components, .wide, .wide_sigma, latent.alpha, latent.gamma and seed.
 * GENHEP_E_STATE without a buffer. Free with gh_mixture_free. */
gh_status gh_mixture_create(const gh_hooks *hooks, const genhep_model *model, const genhep_options *options, gh_mixture *mixture);
void gh_mixture_free(gh_mixture *mixture);

/** z (L) from a uniform number that picks the component and L normal ones. */
void gh_mixture_draw(const gh_mixture *mixture, double u, const double *normals, double *z);

/** log p of n rows z (n,L). scratch: mixture->n numbers. */
void gh_mixture_log_density(const gh_mixture *mixture, int64_t n, const double *z, double *scratch, double *log_density);

#endif
