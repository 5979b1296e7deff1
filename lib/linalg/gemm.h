/* gemm.h -- matrix products: the only door to cblas. Row-major, contiguous, single-threaded in the default build.
 * The BLAS thread count is never read or set: parallelism is over rows, in the handles' own pools. */
#ifndef GH_GEMM_H
#define GH_GEMM_H

#include "base/real.h"

enum { GH_N = 0, GH_T = 1 };

/** C (M,N) = op(A) op(B) + beta C with op(A) (M,K), op(B) (K,N). A, B, C do not overlap. beta is 0 or 1; at 0 C may hold anything. */
void gh_gemm(int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const gh_real *A, const gh_real *B, gh_real beta,
             gh_real *C);

/** out[j] += sum_i A[i,j]; A (N,O). */
void gh_col_sum(const gh_real *A, int64_t N, int64_t O, gh_real *out);

/** "OpenBLAS 0.3.21 Haswell": configuration and the kernel chosen for this CPU. Static text. */
const char *gh_gemm_core_name(void);

#endif
