/* gemm.c -- matrix products on OpenBLAS. */
#include "linalg/gemm.h"

#include <cblas.h>
#include <string.h>

#include "linalg/gemm_buffers.h"

static void multiply(int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const gh_real *A, const gh_real *B,
                     gh_real beta, gh_real *C)
{
    blasint lda = (blasint)(transpose_a ? M : K), ldb = (blasint)(transpose_b ? K : N);
#ifdef GH_REAL_DOUBLE
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, (blasint)M,
                (blasint)N, (blasint)K, 1.0, A, lda, B, ldb, beta, C, (blasint)N);
#else
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, (blasint)M,
                (blasint)N, (blasint)K, 1.0f, A, lda, B, ldb, beta, C, (blasint)N);
#endif
}

void gh_gemm(int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const gh_real *A, const gh_real *B, gh_real beta,
             gh_real *C)
{
    if (M <= 0 || N <= 0) return;
    int alone = gh_gemm_enter();
    multiply(transpose_a, transpose_b, M, N, K, A, B, beta, C);
    gh_gemm_leave(alone);
}

GH_CLONES
void gh_col_sum(const gh_real *A, int64_t N, int64_t O, gh_real *out)
{
    for (int64_t i = 0; i < N; i++) {
        const gh_real *row = A + i * O;
        for (int64_t j = 0; j < O; j++) out[j] += row[j];
    }
}

const char *gh_gemm_core_name(void)
{
    return openblas_get_config();
}
