/* gemm.c -- matrix products on OpenBLAS, or on tiles. */
#include "linalg/gemm.h"

#include <cblas.h>
#include <string.h>

#include "linalg/gemm_buffers.h"
#include "linalg/gemm_tiles.h"

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

gh_status gh_gemm_work_create(const gh_hooks *hooks, gh_kernel kernel, gh_gemm_work *work)
{
    memset(work, 0, sizeof *work);
    work->hooks = *hooks;
    if (kernel != GH_KERNEL_AMX) return GENHEP_OK;
    return gh_alloc_aligned(hooks, &work->tiles, gh_gemm_tiles_scratch(), 1);
}

void gh_gemm_work_free(gh_gemm_work *work)
{
    if (work->tiles) gh_free_aligned(&work->hooks, work->tiles);
    work->tiles = NULL;
}

void gh_gemm(const gh_gemm_work *work, int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const gh_real *A,
             const gh_real *B, gh_real beta, gh_real *C)
{
    if (M <= 0 || N <= 0) return;
#ifdef GH_TILES
    if (work && work->tiles && gh_gemm_tiles_pay(transpose_a, transpose_b, M, N, K)) {
        gh_gemm_tiles(work->tiles, transpose_a, transpose_b, M, N, K, A, B, beta, C);
        return;
    }
#else
    (void)work;
#endif
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
