/* dropout.c -- Y = X mask, mask in {0, 1/(1-rate)}. */
#include "layers/dropout.h"

void gh_dropout_forward(gh_real *Y, gh_real *mask, const gh_rng *rng, int64_t first_item, gh_real rate, int64_t N, int64_t O)
{
    gh_rng_uniforms(rng, first_item, N, O, mask, O);
    gh_real keep = 1 / (1 - rate);
    for (int64_t i = 0; i < N * O; i++) {
        mask[i] = mask[i] < rate ? 0 : keep;
        Y[i] *= mask[i];
    }
}

void gh_dropout_backward(gh_real *gY, const gh_real *mask, int64_t N, int64_t O)
{
    for (int64_t i = 0; i < N * O; i++) gY[i] *= mask[i];
}
