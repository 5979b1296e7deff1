/* dropout.h -- inverted dropout (Srivastava et al. 2014), only while training. */
#ifndef GH_DROPOUT_H
#define GH_DROPOUT_H

#include "base/philox.h"

/** mask[i] = 0 with probability `rate`, else 1/(1-rate); Y *= mask, in place. Rows are items first_item + i of `rng`, so a row's
 * mask does not depend on the slice it is computed in. Y, mask (N,O). Backward is the same product: gY *= mask. */
void gh_dropout_forward(gh_real *Y, gh_real *mask, const gh_rng *rng, int64_t first_item, gh_real rate, int64_t N, int64_t O);
void gh_dropout_backward(gh_real *gY, const gh_real *mask, int64_t N, int64_t O);

#endif
