/* gemm.h -- matrix products: the only door to cblas, and to products on tiles. Row-major, contiguous, single-threaded in
 * the default build.
 * The BLAS thread count is never read or set: parallelism is over rows, in the handles' own pools. */
#ifndef GH_GEMM_H
#define GH_GEMM_H

#include "base/memory.h"
#include "base/real.h"
#include "linalg/kernel.h"

enum { GH_N = 0, GH_T = 1 };

/** What the products of one thread run on. Zeroed: OpenBLAS alone. */
typedef struct gh_gemm_work {
    gh_hooks hooks;
    void *tiles; /* scratch of linalg/gemm_tiles.h, NULL without tiles */
} gh_gemm_work;

/** kernel: one that runs here; AMX takes tiles for every product that is faster on them, all others are OpenBLAS. */
gh_status gh_gemm_work_create(const gh_hooks *hooks, gh_kernel kernel, gh_gemm_work *work);
void gh_gemm_work_free(gh_gemm_work *work);

/** C (M,N) = op(A) op(B) + beta C with op(A) (M,K), op(B) (K,N). A, B, C do not overlap. beta is 0 or 1; at 0 C may hold anything.
 * work NULL: OpenBLAS. */
void gh_gemm(const gh_gemm_work *work, int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const gh_real *A, const gh_real *B, gh_real beta,
             gh_real *C);

/** out[j] += sum_i A[i,j]; A (N,O). */
void gh_col_sum(const gh_real *A, int64_t N, int64_t O, gh_real *out);

/** "OpenBLAS 0.3.21 Haswell": configuration and the kernel chosen for this CPU. Static text. */
const char *gh_gemm_core_name(void);

#endif
