/* lanes.c -- affine layers with events across vector lanes: register tiles of up to six outputs by 64 or 16 events. */
#include "linalg/lanes.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(GH_REAL_DOUBLE)
#include <immintrin.h>
#define GH_X86 1
#endif

static inline int64_t lanes_of(int64_t N, int64_t start)
{
    return N - start < GH_LANES ? N - start : GH_LANES;
}

void gh_lanes_from_rows(const gh_real *rows, int64_t N, int64_t F, gh_real *lanes)
{
    for (int64_t start = 0; start < N; start += GH_LANES) {
        const int64_t n = lanes_of(N, start);
        for (int64_t j = 0; j < F; j++)
            for (int64_t e = 0; e < n; e++) lanes[start * F + j * n + e] = rows[(start + e) * F + j];
    }
}

void gh_lanes_to_rows(const gh_real *lanes, int64_t N, int64_t F, gh_real *rows)
{
    for (int64_t start = 0; start < N; start += GH_LANES) {
        const int64_t n = lanes_of(N, start);
        for (int64_t e = 0; e < n; e++)
            for (int64_t j = 0; j < F; j++) rows[(start + e) * F + j] = lanes[start * F + j * n + e];
    }
}

#ifdef GH_X86

/* Outputs of a tile. Six outputs by four registers of events are 24 running sums, four operands and a weight: of all
 * shapes that fit the 32 registers this one needs the fewest instructions a product. AVX2 has 16 of them: six by two. */
enum { MOST_ROWS = 6 };

/* In the tiles below R and V are constants at every call, so that loops over them unroll and sums stay in registers.
 * `ahead`: the last group of events, time to fetch the weights of the tile behind (no fault beyond the last). */
#define INLINE_512 __attribute__((target("avx512f"), always_inline)) static inline
#define INLINE_256 __attribute__((target("avx2,fma"), always_inline)) static inline

/* R outputs by 16 V events: V = 4 is a full group, V = 1 a part of one with n events, those in `mask`. */
INLINE_512 void tile_512(const int R, const int V, __mmask16 mask, float *Y, const float *X, const float *W,
                         const float *bias, float slope, int64_t n, int64_t I, int ahead)
{
    __m512 sum[MOST_ROWS][4], x[4];
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 6
        for (int v = 0; v < V; v++) sum[r][v] = _mm512_set1_ps(bias ? bias[r] : 0);
    for (int64_t i = 0; i < I; i++) {
        if (ahead && i % 16 == 0)
#pragma GCC unroll 6
            for (int r = 0; r < R; r++) _mm_prefetch((const char *)(W + (R + r) * I + i), _MM_HINT_T0);
#pragma GCC unroll 6
        for (int v = 0; v < V; v++)
            x[v] = V == 4 ? _mm512_loadu_ps(X + i * GH_LANES + 16 * v) : _mm512_maskz_loadu_ps(mask, X + i * n);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            __m512 w = _mm512_set1_ps(W[r * I + i]);
#pragma GCC unroll 6
            for (int v = 0; v < V; v++) sum[r][v] = _mm512_fmadd_ps(w, x[v], sum[r][v]);
        }
    }
    const __m512 s = _mm512_set1_ps(slope);
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 6
        for (int v = 0; v < V; v++) { /* max takes the second operand when one is NaN: it stays */
            __m512 y = _mm512_max_ps(sum[r][v], _mm512_mul_ps(sum[r][v], s));
            if (V == 4) _mm512_storeu_ps(Y + r * GH_LANES + 16 * v, y);
            else _mm512_mask_storeu_ps(Y + r * n, mask, y);
        }
}

/* R outputs by 16 events, `left` of them there. */
INLINE_256 void tile_256(const int R, float *Y, const float *X, const float *W, const float *bias, float slope,
                         int64_t n, int64_t left, int64_t I, int ahead)
{
    __m256 sum[MOST_ROWS][2], x[2];
    const __m256i count = _mm256_set1_epi32((int)left), index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i mask[2] = {_mm256_cmpgt_epi32(count, index),
                             _mm256_cmpgt_epi32(count, _mm256_add_epi32(index, _mm256_set1_epi32(8)))};
    const int full = left >= 16;
#pragma GCC unroll 6
    for (int r = 0; r < R; r++) sum[r][0] = sum[r][1] = _mm256_set1_ps(bias ? bias[r] : 0);
    for (int64_t i = 0; i < I; i++) {
        if (ahead && i % 16 == 0)
#pragma GCC unroll 6
            for (int r = 0; r < R; r++) _mm_prefetch((const char *)(W + (R + r) * I + i), _MM_HINT_T0);
#pragma GCC unroll 6
        for (int v = 0; v < 2; v++)
            x[v] = full ? _mm256_loadu_ps(X + i * n + 8 * v) : _mm256_maskload_ps(X + i * n + 8 * v, mask[v]);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            __m256 w = _mm256_set1_ps(W[r * I + i]);
#pragma GCC unroll 6
            for (int v = 0; v < 2; v++) sum[r][v] = _mm256_fmadd_ps(w, x[v], sum[r][v]);
        }
    }
    const __m256 s = _mm256_set1_ps(slope);
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 6
        for (int v = 0; v < 2; v++) {
            __m256 y = _mm256_max_ps(sum[r][v], _mm256_mul_ps(sum[r][v], s));
            if (full) _mm256_storeu_ps(Y + r * n + 8 * v, y);
            else _mm256_maskstore_ps(Y + r * n + 8 * v, mask[v], y);
        }
}

/* One group of n events through R outputs. */
INLINE_512 void group_512(const int R, float *Y, const float *X, const float *W, const float *bias, float slope,
                          int64_t n, int64_t I, int ahead)
{
    if (n == GH_LANES) {
        tile_512(R, 4, 0xffff, Y, X, W, bias, slope, n, I, ahead);
        return;
    }
    for (int64_t e = 0; e < n; e += 16)
        tile_512(R, 1, n - e >= 16 ? 0xffff : (__mmask16)((1u << (n - e)) - 1), Y + e, X + e, W, bias, slope, n, I, 0);
}

INLINE_256 void group_256(const int R, float *Y, const float *X, const float *W, const float *bias, float slope,
                          int64_t n, int64_t I, int ahead)
{
    for (int64_t e = 0; e < n; e += 16) tile_256(R, Y + e, X + e, W, bias, slope, n, n - e, I, ahead && e + 16 >= n);
}

/* All groups of events through the same R outputs, whose weights stay in the first cache. */
#define ALL_GROUPS(group, R)                                                                               \
    case R:                                                                                                \
        for (int64_t start = 0; start < N; start += GH_LANES) {                                            \
            const int64_t n = lanes_of(N, start);                                                          \
            group(R, Y + start * O + o * n, X + start * I, W + o * I, bias ? bias + o : bias, slope, n, I, \
                  start + GH_LANES >= N);                                                                  \
        }                                                                                                  \
        break;
#define ALL_ROWS(group)                                                                                          \
    switch (R) {                                                                                                 \
        ALL_GROUPS(group, 1)                                                                                     \
        ALL_GROUPS(group, 2) ALL_GROUPS(group, 3) ALL_GROUPS(group, 4) ALL_GROUPS(group, 5) ALL_GROUPS(group, 6) \
    }

__attribute__((target("avx512f"))) static void rows_512(int64_t R, int64_t o, float *Y, const float *X, const float *W,
                                                        const float *bias, float slope, int64_t N, int64_t I, int64_t O)
{
    ALL_ROWS(group_512);
}

__attribute__((target("avx2,fma"))) static void rows_256(int64_t R, int64_t o, float *Y, const float *X, const float *W,
                                                         const float *bias, float slope, int64_t N, int64_t I,
                                                         int64_t O)
{
    ALL_ROWS(group_256);
}

void gh_lanes_dense(gh_kernel kernel, gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *bias,
                    gh_real slope, int64_t N, int64_t I, int64_t O)
{
    const int64_t tiles = (O + MOST_ROWS - 1) / MOST_ROWS;
    /* tiles as equal as can be: a small last one would waste half the registers */
    for (int64_t t = 0, o = 0; t < tiles; t++) {
        const int64_t R = (O - o) / (tiles - t);
        if (kernel == GH_KERNEL_AVX512) rows_512(R, o, Y, X, W, bias, slope, N, I, O);
        else rows_256(R, o, Y, X, W, bias, slope, N, I, O);
        o += R;
    }
}

#else

void gh_lanes_dense(gh_kernel kernel, gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *bias,
                    gh_real slope, int64_t N, int64_t I, int64_t O)
{
    (void)kernel;
    for (int64_t start = 0; start < N; start += GH_LANES) {
        const int64_t n = lanes_of(N, start);
        for (int64_t o = 0; o < O; o++)
            for (int64_t e = 0; e < n; e++) {
                gh_real sum = bias ? bias[o] : 0;
                for (int64_t i = 0; i < I; i++) sum += W[o * I + i] * X[start * I + i * n + e];
                Y[start * O + o * n + e] = sum > 0 ? sum : slope * sum;
            }
    }
}

#endif
