/* dense.h -- affine layer, the GEMM part only; bias, skip and activation are one fused pass (activation.h). */
#ifndef GH_DENSE_H
#define GH_DENSE_H

#include "linalg/gemm.h"

/** Y = X W^T; X (N,I), W (O,I), Y (N,O). work: what the products run on; NULL is OpenBLAS. */
void gh_dense_forward(const gh_gemm_work *work, gh_real *Y, const gh_real *X, const gh_real *W, int64_t N, int64_t I, int64_t O);

/** gW += gY^T X, gb += column sums of gY (gb may be NULL), gX = gY W (+ gX when add_to_gX). gX may be NULL, and gW too. */
void gh_dense_backward(const gh_gemm_work *work, gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X,
                       const gh_real *W, int64_t N, int64_t I, int64_t O);

#endif
