/* dense.c -- affine layer
 *   Y = X W^T          X (N,I)  W (O,I)  Y (N,O), row-major; the bias is added by the fused activation pass
 *   gX  = gY W         gradients of parameters accumulate; the caller clears them once per step
 *   gW += gY^T X,      gb += column sums of gY
 *   Backward needs X and W, nothing cached. Tests: tests/grad/test_layers.c. */
#include "layers/dense.h"

void gh_dense_forward(const gh_gemm_work *work, gh_real *Y, const gh_real *X, const gh_real *W, int64_t N, int64_t I, int64_t O)
{
    gh_gemm(work, GH_N, GH_T, N, O, I, X, W, 0, Y);
}

void gh_dense_backward(const gh_gemm_work *work, gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X,
                       const gh_real *W, int64_t N, int64_t I, int64_t O)
{
    if (gX) gh_gemm(work, GH_N, GH_N, N, I, O, gY, W, add_to_gX ? 1 : 0, gX); /* (N,O)(O,I) -> (N,I) */
    if (gW) gh_gemm(work, GH_T, GH_N, O, I, N, gY, X, 1, gW);                 /* (O,N)(N,I) -> (O,I) */
    if (gb) gh_col_sum(gY, N, O, gb);
}
