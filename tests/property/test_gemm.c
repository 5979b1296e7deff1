/* test_gemm.c -- products against the plain loop, and the same bits from concurrent calls. */
#include "testing.h"

#include <pthread.h>

#include "linalg/gemm.h"
#include "linalg/gemm_tiles.h"

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

static float *numbers(int64_t n, int64_t stream)
{
    double *value = malloc((size_t)n * sizeof *value);
    float *x = malloc((size_t)n * sizeof *x);
    ck_ok(genhep_random_normal(1, stream, 0, n, value));
    for (int64_t i = 0; i < n; i++) x[i] = (float)value[i];
    free(value);
    return x;
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
                        gh_gemm(NULL, ta, tb, M, N, K, A, B, beta, C);
                        plain(ta, tb, M, N, K, A, B, beta, D);
                        for (int64_t i = 0; i < M * N; i++)
                            ck_assert_msg(fabsf(C[i] - D[i]) <= 1e-5f * (1 + fabsf(D[i])) * sqrtf((float)K), "%lld %lld %lld", (long long)M, (long long)N, (long long)K);
                    }
}
END_TEST

/* Any product on tiles, those included that OpenBLAS does faster. Relative to the sum of sizes. */
START_TEST(products_on_tiles_match_sums_in_double)
{
#ifdef GH_TILES
    static const int64_t sizes[][3] = {{1, 1, 1},    {5, 7, 3},      {31, 33, 32},   {32, 32, 33},  {64, 96, 64},   {100, 18, 40},
                                       {70, 40, 18}, {256, 26, 129}, {33, 65, 1030}, {600, 35, 256}, {300, 70, 513}, {4200, 33, 20}};
    gh_hooks hooks = gh_hooks_default();
    void *scratch;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    ck_ok(gh_alloc_aligned(&hooks, &scratch, gh_gemm_tiles_scratch(), 1));
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int way = 0; way < 8; way++) {
            const int64_t M = sizes[s][0], N = sizes[s][1], K = sizes[s][2];
            const int ta = way & 1, tb = way >> 1 & 1, add = way >> 2;
            float *A = numbers(M * K, 1), *B = numbers(K * N, 2), *C = numbers(M * N + 8, 3);
            double worst = 0;
            gh_gemm_tiles(scratch, ta, tb, M, N, K, A, B, (float)add, C);
            float *before = numbers(M * N + 8, 3);
            for (int64_t i = 0; i < M; i++)
                for (int64_t j = 0; j < N; j++) {
                    double sum = add ? (double)before[i * N + j] : 0, size = fabs(sum) + 1e-30;
                    for (int64_t k = 0; k < K; k++) {
                        double term = (double)(ta ? A[k * M + i] : A[i * K + k]) * (double)(tb ? B[j * K + k] : B[k * N + j]);
                        sum += term;
                        size += fabs(term);
                    }
                    double error = fabs(sum - (double)C[i * N + j]) / size;
                    if (!(error <= worst)) worst = error;
                }
            ck_assert_msg(worst < 3e-7, "%d x %d x %d, way %d: %g", (int)M, (int)N, (int)K, way, worst);
            ck_assert_mem_eq(C + M * N, before + M * N, 8 * sizeof *C);
            free(A), free(B), free(C), free(before);
        }
    float C[6] = {1, 2, 3, 4, 5, 6};
    gh_gemm_tiles(scratch, 0, 0, 2, 3, 0, NULL, NULL, 1, C);
    ck_assert(C[0] == 1 && C[5] == 6);
    gh_gemm_tiles(scratch, 0, 0, 2, 3, 0, NULL, NULL, 0, C);
    ck_assert(C[0] == 0 && C[5] == 0);
    gh_free_aligned(&hooks, scratch);
#endif
}
END_TEST

/* Error of the three products of a layer, root of the mean square, beside OpenBLAS on the same numbers. */
START_TEST(tiles_are_as_accurate_as_openblas)
{
    static const struct {
        int ta, tb;
        int64_t M, N, K;
    } products[] = {{0, 1, 256, 96, 128}, {0, 0, 256, 128, 96}, {1, 0, 96, 128, 256}};
    gh_hooks hooks = gh_hooks_default();
    gh_gemm_work work;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    ck_ok(gh_gemm_work_create(&hooks, GH_KERNEL_AMX, &work));
    for (int p = 0; p < 3; p++) {
        const int ta = products[p].ta, tb = products[p].tb;
        const int64_t M = products[p].M, N = products[p].N, K = products[p].K;
        float *A = numbers(M * K, 1), *B = numbers(K * N, 2), *C = numbers(M * N, 3), *D = numbers(M * N, 3);
        double tiles = 0, blas = 0, same = 0;
        gh_gemm(&work, ta, tb, M, N, K, A, B, 0, C);
        gh_gemm(NULL, ta, tb, M, N, K, A, B, 0, D);
        for (int64_t i = 0; i < M; i++)
            for (int64_t j = 0; j < N; j++) {
                double sum = 0;
                for (int64_t k = 0; k < K; k++)
                    sum += (double)(ta ? A[k * M + i] : A[i * K + k]) * (double)(tb ? B[j * K + k] : B[k * N + j]);
                tiles += pow((double)C[i * N + j] - sum, 2), blas += pow((double)D[i * N + j] - sum, 2);
                same += C[i * N + j] == D[i * N + j];
            }
        ck_assert(same < 0.9 * (double)(M * N)); /* it ran on tiles indeed */
        ck_assert_msg(blas > 0 && sqrt(tiles) <= 1.5 * sqrt(blas), "product %d: %g against %g", p, sqrt(tiles), sqrt(blas));
        free(A), free(B), free(C), free(D);
    }
    gh_gemm_work_free(&work);
}
END_TEST

/* What a row of a product is does not depend on how many rows there are, as long as tiles are taken. */
START_TEST(rows_of_a_product_on_tiles_are_their_own)
{
#ifdef GH_TILES
    enum { M = 130, N = 70, K = 600 };
    gh_hooks hooks = gh_hooks_default();
    void *scratch;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    ck_ok(gh_alloc_aligned(&hooks, &scratch, gh_gemm_tiles_scratch(), 1));
    float *A = numbers(M * K, 1), *B = numbers(K * N, 2), *C = numbers(M * N, 3), *D = numbers(M * N, 4);
    gh_gemm_tiles(scratch, 0, 0, M, N, K, A, B, 0, C);
    for (int64_t first = 0; first < M; first += 37)
        for (int64_t n = 1; n <= M - first; n += 31) {
            gh_gemm_tiles(scratch, 0, 0, n, N, K, A + first * K, B, 0, D);
            ck_assert_mem_eq(D, C + first * N, (size_t)(n * N) * sizeof *D);
        }
    free(A), free(B), free(C), free(D);
    gh_free_aligned(&hooks, scratch);
#endif
}
END_TEST

enum { ROWS = 188, WIDTH = 16, REPEATS = 20000, WIDE = 64, FEW = 500 };

typedef struct job {
    gh_gemm_work *work;
    const float *X, *W, *Y, *G;
    int64_t width, repeats, wrong;
} job;

static void *multiply(void *context)
{
    job *j = context;
    float *Y = numbers(ROWS * j->width, 5), *G = numbers(j->width * j->width, 6);
    for (int64_t i = 0; i < j->repeats; i++) {
        gh_gemm(j->work, GH_N, GH_T, ROWS, j->width, j->width, j->X, j->W, 0, Y);
        gh_gemm(j->work, GH_T, GH_N, j->width, j->width, ROWS, j->Y, j->X, 0, G);
        j->wrong += memcmp(Y, j->Y, (size_t)(ROWS * j->width) * sizeof *Y) != 0;
        j->wrong += memcmp(G, j->G, (size_t)(j->width * j->width) * sizeof *G) != 0;
    }
    free(Y), free(G);
    return NULL;
}

static void check_concurrent(gh_kernel kernel, int64_t width, int64_t repeats)
{
    gh_hooks hooks = gh_hooks_default();
    gh_gemm_work work[4];
    job jobs[4];
    pthread_t threads[4];
    float *X = numbers(ROWS * width, 1), *W = numbers(width * width, 4), *Y = numbers(ROWS * width, 2), *G = numbers(width * width, 3);
    for (int i = 0; i < 4; i++) ck_ok(gh_gemm_work_create(&hooks, kernel, &work[i]));
    gh_gemm(&work[0], GH_N, GH_T, ROWS, width, width, X, W, 0, Y);
    gh_gemm(&work[0], GH_T, GH_N, width, width, ROWS, Y, X, 0, G);
    for (int i = 0; i < 4; i++) {
        jobs[i] = (job){&work[i], X, W, Y, G, width, repeats, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, multiply, &jobs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(jobs[i].wrong, 0);
        gh_gemm_work_free(&work[i]);
    }
    free(X), free(W), free(Y), free(G);
}

START_TEST(concurrent_products_are_the_same_bits)
{
    check_concurrent(GH_KERNEL_BLAS, WIDTH, REPEATS);
    if (gh_kernel_runs(GH_KERNEL_AMX)) check_concurrent(GH_KERNEL_AMX, WIDE, FEW);
}
END_TEST

START_TEST(thin_products_do_not_pay_on_tiles)
{
    ck_assert(gh_gemm_tiles_pay(0, 1, 256, 512, 512) && gh_gemm_tiles_pay(1, 0, 128, 128, 256) && gh_gemm_tiles_pay(0, 1, 188, 64, 64));
    ck_assert(!gh_gemm_tiles_pay(0, 1, 256, 16, 16) && !gh_gemm_tiles_pay(1, 0, 8, 128, 256) && !gh_gemm_tiles_pay(0, 0, 8, 128, 128));
}
END_TEST

START_TEST(the_kernel_has_a_name)
{
    ck_assert_ptr_nonnull(strstr(genhep_blas(), "OpenBLAS"));
}
END_TEST

GH_TEST_MAIN("gemm", products_match_the_plain_loop, products_on_tiles_match_sums_in_double, tiles_are_as_accurate_as_openblas,
             rows_of_a_product_on_tiles_are_their_own, thin_products_do_not_pay_on_tiles, concurrent_products_are_the_same_bits, the_kernel_has_a_name)
