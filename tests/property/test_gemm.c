/* test_gemm.c -- products against the plain loop, and the same bits from concurrent calls. */
#include "testing.h"

#include <pthread.h>

#include "linalg/gemm.h"

enum { MOST = 37 };

static void plain(int ta, int tb, int64_t M, int64_t N, int64_t K, const float *A, const float *B, float beta, float *C)
{
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < N; j++) {
            double sum = beta != 0 ? (double)C[i * N + j] : 0;
            for (int64_t k = 0; k < K; k++) sum += (double)(ta ? A[k * M + i] : A[i * K + k]) * (double)(tb ? B[j * K + k] : B[k * N + j]);
            C[i * N + j] = (float)sum;
        }
}

static void fill(float *x, int64_t n, int64_t stream)
{
    double value[MOST * MOST];
    ck_ok(genhep_random_normal(1, stream, 0, n, value));
    for (int64_t i = 0; i < n; i++) x[i] = (float)value[i];
}

START_TEST(products_match_the_plain_loop)
{
    static const int64_t sizes[] = {1, 2, 3, 5, 8, 16, 17, 31, MOST};
    float A[MOST * MOST], B[MOST * MOST], C[MOST * MOST], D[MOST * MOST];
    for (int ta = 0; ta < 2; ta++)
        for (int tb = 0; tb < 2; tb++)
            for (int a = 0; a < 9; a++)
                for (int b = 0; b < 9; b++)
                    for (int c = 0; c < 9; c++) {
                        int64_t M = sizes[a], N = sizes[b], K = sizes[c];
                        float beta = (float)((a + b + c) % 2);
                        fill(A, M * K, 1), fill(B, K * N, 2), fill(C, M * N, 3);
                        memcpy(D, C, sizeof C);
                        if (beta == 0)
                            for (int64_t i = 0; i < M * N; i++) C[i] = NAN; /* at beta = 0 what was there must not matter */
                        gh_gemm(ta, tb, M, N, K, A, B, beta, C);
                        plain(ta, tb, M, N, K, A, B, beta, D);
                        for (int64_t i = 0; i < M * N; i++)
                            ck_assert_msg(fabsf(C[i] - D[i]) <= 1e-5f * (1 + fabsf(D[i])) * sqrtf((float)K), "%lld %lld %lld", (long long)M, (long long)N, (long long)K);
                    }
}
END_TEST

enum { ROWS = 188, WIDTH = 16, REPEATS = 20000 };

typedef struct job {
    const float *X, *W, *Y, *G;
    int64_t wrong;
} job;

static void *multiply(void *context)
{
    job *j = context;
    float Y[ROWS * WIDTH], G[WIDTH * WIDTH];
    for (int i = 0; i < REPEATS; i++) {
        gh_gemm(GH_N, GH_T, ROWS, WIDTH, WIDTH, j->X, j->W, 0, Y);
        gh_gemm(GH_T, GH_N, WIDTH, WIDTH, ROWS, j->Y, j->X, 0, G);
        j->wrong += memcmp(Y, j->Y, sizeof Y) != 0;
        j->wrong += memcmp(G, j->G, sizeof G) != 0;
    }
    return NULL;
}

START_TEST(concurrent_products_are_the_same_bits)
{
    static float X[ROWS * WIDTH], W[WIDTH * WIDTH], Y[ROWS * WIDTH], G[WIDTH * WIDTH];
    job jobs[4];
    pthread_t threads[4];
    double value[ROWS * WIDTH];
    ck_ok(genhep_random_normal(2, 0, 0, ROWS * WIDTH, value));
    for (int i = 0; i < ROWS * WIDTH; i++) X[i] = (float)value[i];
    fill(W, WIDTH * WIDTH, 4);
    gh_gemm(GH_N, GH_T, ROWS, WIDTH, WIDTH, X, W, 0, Y);
    gh_gemm(GH_T, GH_N, WIDTH, WIDTH, ROWS, Y, X, 0, G);
    for (int i = 0; i < 4; i++) {
        jobs[i] = (job){X, W, Y, G, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, multiply, &jobs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(jobs[i].wrong, 0);
    }
}
END_TEST

START_TEST(the_kernel_has_a_name)
{
    ck_assert_ptr_nonnull(strstr(genhep_blas(), "OpenBLAS"));
}
END_TEST

GH_TEST_MAIN("gemm", products_match_the_plain_loop, concurrent_products_are_the_same_bits, the_kernel_has_a_name)
