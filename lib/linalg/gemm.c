/* gemm.c -- matrix products on OpenBLAS. */
#include "linalg/gemm.h"

#include <cblas.h>
#include <pthread.h>
#include <string.h>

#include "linalg/gemm_buffers.h"

/* A serial OpenBLAS may serve one thread at a time unless the lock of gemm_buffers.c is linked in. A product of one number,
 * which takes a buffer like every rank-k update, tells whether it is. */
static pthread_once_t asked = PTHREAD_ONCE_INIT;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int needs_lock;

static void ask(void)
{
    float a = 1, c = 0;
    if (openblas_get_parallel() != 0) return;
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasNoTrans, 1, 1, 1, &a, 1, 0, &c, 1);
    needs_lock = !gh_gemm_buffers_guarded();
}

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
    pthread_once(&asked, ask);
    if (needs_lock) pthread_mutex_lock(&one_at_a_time);
    multiply(transpose_a, transpose_b, M, N, K, A, B, beta, C);
    if (needs_lock) pthread_mutex_unlock(&one_at_a_time);
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
