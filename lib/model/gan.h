/* gan.h -- what training needs of the adversarial family's generator. */
#ifndef GH_GAN_H
#define GH_GAN_H

#include "model/model.h"

typedef enum gh_latent_noise { GH_LATENT_NORMAL = 0, GH_LATENT_UNIFORM = 1, GH_LATENT_NONE = 2 } gh_latent_noise;

gh_latent_noise gh_gan_noise(const genhep_model *model);

/** Does the generator add its noise to its output? */
int gh_gan_skip(const genhep_model *model);

/** Add to n rows (n,P) of the generator's output what generator.skip says: noise, row i at noise + i*stride, or prepared conditions (n,Q).
 * Coordinates of generator.keep become that alone. */
void gh_gan_add_skip(const genhep_model *model, int64_t n, const gh_real *noise, int64_t stride, const gh_real *conditions, gh_real *X);

/** The slope of n rows that way: none where coordinates are kept. */
void gh_gan_skip_backward(const genhep_model *model, int64_t n, gh_real *gX);

/** Noise (n,L), row i at noise + i*stride, and prepared conditions (n,Q) side by side, the generator's input (n,L+Q). */
void gh_gan_input(const genhep_model *model, int64_t n, const gh_real *noise, int64_t stride, const gh_real *conditions, gh_real *input);

#endif
