/* gemm_tiles.c -- matrix products on AMX tiles: A is packed a part of its rows at a time, B a panel of 32 columns at a
 * time, which is multiplied while it is in the cache. Tests: tests/property/test_gemm.c. */
#include "linalg/gemm_tiles.h"

#include <string.h>

enum {
    DEPTH = 512, /* of K at a time: a panel of B takes 98 kB */
    RIGHT_BLOCKS = DEPTH / GH_TILE_SIDE,
    LEFT_BLOCKS = 8 * RIGHT_BLOCKS /* 256 rows of that depth, or more rows of a smaller one: 0.8 MB */
};

int64_t gh_gemm_tiles_scratch(void)
{
    return (RIGHT_BLOCKS + LEFT_BLOCKS) * GH_TILE_BLOCK * (int64_t)sizeof(gh_bf16);
}

/* Cycles, measured on a Sapphire Rapids core: 24 tile products, a block of numbers split, one turned, a block of sums
 * loaded and stored, one that is not whole; OpenBLAS does 25 products of numbers a cycle. */
int gh_gemm_tiles_pay(int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K)
{
    enum { PRODUCT = 400, SPLIT = 500, TURN = 400, SUMS = 300, EDGE = 700, BLAS = 25 };
    const double m = (double)gh_tile_blocks(M), n = (double)gh_tile_blocks(N), k = (double)gh_tile_blocks(K);
    const double whole = (double)(M / GH_TILE_SIDE) * (double)(N / GH_TILE_SIDE);
    const double packing = k * (m * (SPLIT + (transpose_a ? TURN : 0)) + n * (SPLIT + (transpose_b ? TURN : 0)));
    return m * n * (k * PRODUCT + SUMS) + (m * n - whole) * EDGE + packing < (double)M * (double)N * (double)K / BLAS;
}

#ifdef GH_TILES
#include "linalg/tile_steps.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* C (32,32) = a panel of A times a panel of B, plus C when `add`. */
GH_AMX static void product(const gh_bf16 *A, const gh_bf16 *B, int64_t blocks, int add, float *C, int64_t ld)
{
    GH_TILE_BARRIER;
    if (add) gh_tile_load_sums(C, ld);
    else gh_tile_zero();
    for (int64_t k = 0; k < blocks; k++) {
        gh_tile_first_half(A, B);
        gh_tile_second_half(A, B);
        A += GH_TILE_BLOCK;
        B += GH_TILE_BLOCK;
    }
    gh_tile_store_sums(C, ld);
}

/* The same for a block that is cut by the edge of C: height x width numbers are there. */
static void edge_product(const gh_bf16 *A, const gh_bf16 *B, int64_t blocks, int add, float *C, int64_t ld,
                         int64_t height, int64_t width)
{
    _Alignas(64) float sums[GH_TILE_SIDE * GH_TILE_SIDE] = {0};
    for (int64_t r = 0; add && r < height; r++) memcpy(sums + GH_TILE_SIDE * r, C + r * ld, (size_t)width * sizeof *C);
    product(A, B, blocks, add, sums, GH_TILE_SIDE);
    for (int64_t r = 0; r < height; r++) memcpy(C + r * ld, sums + GH_TILE_SIDE * r, (size_t)width * sizeof *C);
}

/* C (rows, columns) = A's packed panels times one panel of B. */
static void panel_product(const gh_bf16 *left, const gh_bf16 *right, int64_t blocks, int add, float *C, int64_t ld,
                          int64_t rows, int64_t columns)
{
    for (int64_t r = 0; r < rows; r += GH_TILE_SIDE) {
        const int64_t height = least(GH_TILE_SIDE, rows - r);
        if (height == GH_TILE_SIDE && columns == GH_TILE_SIDE) product(left, right, blocks, add, C + r * ld, ld);
        else edge_product(left, right, blocks, add, C + r * ld, ld, height, columns);
        left += blocks * GH_TILE_BLOCK;
    }
}

void gh_gemm_tiles(void *scratch, int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const float *A,
                   const float *B, float beta, float *C)
{
    gh_bf16 *right = scratch, *left = right + RIGHT_BLOCKS * GH_TILE_BLOCK;
    if (K < 1) {
        if (beta == 0) memset(C, 0, (size_t)(M * N) * sizeof *C);
        return;
    }
    gh_tiles_begin();
    for (int64_t k = 0; k < K; k += DEPTH) {
        const int64_t depth = least(DEPTH, K - k), blocks = gh_tile_blocks(depth);
        const int64_t most = LEFT_BLOCKS / blocks * GH_TILE_SIDE;
        for (int64_t m = 0; m < M; m += most) {
            const int64_t rows = least(most, M - m);
            gh_tiles_pack(GH_TILE_LEFT, transpose_a, transpose_a ? A + k * M + m : A + m * K + k, transpose_a ? M : K,
                          rows, depth, left);
            for (int64_t n = 0; n < N; n += GH_TILE_SIDE) {
                const int64_t columns = least(GH_TILE_SIDE, N - n);
                gh_tiles_pack(GH_TILE_RIGHT, !transpose_b, transpose_b ? B + n * K + k : B + k * N + n,
                              transpose_b ? K : N, columns, depth, right);
                panel_product(left, right, blocks, beta != 0 || k > 0, C + m * N + n, N, rows, columns);
            }
        }
    }
    gh_tiles_end();
}
#else
void gh_gemm_tiles(void *scratch, int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const float *A,
                   const float *B, float beta, float *C)
{
    (void)scratch, (void)transpose_a, (void)transpose_b, (void)M, (void)N, (void)K, (void)A, (void)B, (void)beta,
        (void)C;
}
#endif
