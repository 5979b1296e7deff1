/* lanes.c -- affine layers with events across vector lanes: register tiles of up to MOST_ROWS outputs by 32 events. */
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

void gh_lanes_scale(gh_real *Y, const gh_real *factor, const gh_real *shift, int64_t N, int64_t O)
{
    for (int64_t start = 0; start < N; start += GH_LANES) {
        const int64_t n = lanes_of(N, start);
        gh_real *y = Y + start * O;
        for (int64_t j = 0; j < O; j++)
            for (int64_t e = 0; e < n; e++) y[j * n + e] = y[j * n + e] * factor[j] + shift[j];
    }
}

#ifdef GH_X86

/* Outputs of a tile: with two registers of events each, and three more for the operands, all sums stay in registers. */
enum { MOST_ROWS_512 = 14, MOST_ROWS_256 = 6 };

/* One group of n events, R outputs from W and bias on. R and full are constants at every call, so the loops over r unroll. */
#define INLINE_512 __attribute__((target("avx512f"), always_inline)) static inline
#define INLINE_256 __attribute__((target("avx2,fma"), always_inline)) static inline

INLINE_512 void tile_512(const int R, const int full, float *Y, const float *X, const float *W, const float *bias, float slope,
                         int64_t n, int64_t I)
{
    __m512 sum[MOST_ROWS_512][2];
    const __mmask16 low = full || n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
    const __mmask16 high = full ? 0xffff : n > 16 ? (__mmask16)((1u << (n - 16)) - 1) : 0;
#pragma GCC unroll 14
    for (int r = 0; r < R; r++) sum[r][0] = sum[r][1] = _mm512_set1_ps(bias ? bias[r] : 0);
    for (int64_t i = 0; i < I; i++) {
        __m512 x0 = full ? _mm512_loadu_ps(X + i * GH_LANES) : _mm512_maskz_loadu_ps(low, X + i * n);
        __m512 x1 = full ? _mm512_loadu_ps(X + i * GH_LANES + 16) : _mm512_maskz_loadu_ps(high, X + i * n + 16);
#pragma GCC unroll 14
        for (int r = 0; r < R; r++) {
            __m512 w = _mm512_set1_ps(W[r * I + i]);
            sum[r][0] = _mm512_fmadd_ps(w, x0, sum[r][0]);
            sum[r][1] = _mm512_fmadd_ps(w, x1, sum[r][1]);
        }
    }
    const __m512 s = _mm512_set1_ps(slope);
#pragma GCC unroll 14
    for (int r = 0; r < R; r++) { /* of two operands max takes the second one when there is a NaN: it stays */
        __m512 y0 = _mm512_max_ps(sum[r][0], _mm512_mul_ps(sum[r][0], s));
        __m512 y1 = _mm512_max_ps(sum[r][1], _mm512_mul_ps(sum[r][1], s));
        if (full) {
            _mm512_storeu_ps(Y + r * GH_LANES, y0);
            _mm512_storeu_ps(Y + r * GH_LANES + 16, y1);
        } else {
            _mm512_mask_storeu_ps(Y + r * n, low, y0);
            _mm512_mask_storeu_ps(Y + r * n + 16, high, y1);
        }
    }
}

/* 16 events from `first` on of a group of n; `full` when all 16 are there. */
INLINE_256 void tile_256(const int R, const int full, float *Y, const float *X, const float *W, const float *bias, float slope,
                         int64_t n, int64_t I, int64_t first)
{
    __m256 sum[MOST_ROWS_256][2];
    const __m256i count = _mm256_set1_epi32((int)(n - first)), index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i low = _mm256_cmpgt_epi32(count, index);
    const __m256i high = _mm256_cmpgt_epi32(count, _mm256_add_epi32(index, _mm256_set1_epi32(8)));
    X += first, Y += first;
#pragma GCC unroll 6
    for (int r = 0; r < R; r++) sum[r][0] = sum[r][1] = _mm256_set1_ps(bias ? bias[r] : 0);
    for (int64_t i = 0; i < I; i++) {
        __m256 x0 = full ? _mm256_loadu_ps(X + i * n) : _mm256_maskload_ps(X + i * n, low);
        __m256 x1 = full ? _mm256_loadu_ps(X + i * n + 8) : _mm256_maskload_ps(X + i * n + 8, high);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            __m256 w = _mm256_set1_ps(W[r * I + i]);
            sum[r][0] = _mm256_fmadd_ps(w, x0, sum[r][0]);
            sum[r][1] = _mm256_fmadd_ps(w, x1, sum[r][1]);
        }
    }
    const __m256 s = _mm256_set1_ps(slope);
#pragma GCC unroll 6
    for (int r = 0; r < R; r++) {
        __m256 y0 = _mm256_max_ps(sum[r][0], _mm256_mul_ps(sum[r][0], s));
        __m256 y1 = _mm256_max_ps(sum[r][1], _mm256_mul_ps(sum[r][1], s));
        if (full) {
            _mm256_storeu_ps(Y + r * n, y0);
            _mm256_storeu_ps(Y + r * n + 8, y1);
        } else {
            _mm256_maskstore_ps(Y + r * n, low, y0);
            _mm256_maskstore_ps(Y + r * n + 8, high, y1);
        }
    }
}

/* All groups of events through outputs o .. o+R-1: the weights of a tile stay in the first cache. */
#define ROWS_512(R)                                                                                                      \
    case R:                                                                                                              \
        for (int64_t start = 0; start < N; start += GH_LANES) {                                                          \
            const int64_t n = lanes_of(N, start);                                                                        \
            const float *x = X + start * I, *w = W + o * I, *b = bias ? bias + o : bias;                                 \
            if (n == GH_LANES) tile_512(R, 1, Y + start * O + o * n, x, w, b, slope, n, I);                              \
            else tile_512(R, 0, Y + start * O + o * n, x, w, b, slope, n, I);                                            \
        }                                                                                                                \
        break;

__attribute__((target("avx512f"))) static void rows_512(int64_t R, int64_t o, float *Y, const float *X, const float *W,
                                                        const float *bias, float slope, int64_t N, int64_t I, int64_t O)
{
    switch (R) {
        ROWS_512(1) ROWS_512(2) ROWS_512(3) ROWS_512(4) ROWS_512(5) ROWS_512(6) ROWS_512(7)
        ROWS_512(8) ROWS_512(9) ROWS_512(10) ROWS_512(11) ROWS_512(12) ROWS_512(13) ROWS_512(14)
    }
}

#define ROWS_256(R)                                                                                                      \
    case R:                                                                                                              \
        for (int64_t start = 0; start < N; start += GH_LANES) {                                                          \
            const int64_t n = lanes_of(N, start);                                                                        \
            const float *x = X + start * I, *w = W + o * I, *b = bias ? bias + o : bias;                                 \
            for (int64_t first = 0; first < n; first += 16)                                                              \
                if (n - first >= 16) tile_256(R, 1, Y + start * O + o * n, x, w, b, slope, n, I, first);                 \
                else tile_256(R, 0, Y + start * O + o * n, x, w, b, slope, n, I, first);                                 \
        }                                                                                                                \
        break;

__attribute__((target("avx2,fma"))) static void rows_256(int64_t R, int64_t o, float *Y, const float *X, const float *W,
                                                         const float *bias, float slope, int64_t N, int64_t I, int64_t O)
{
    switch (R) {
        ROWS_256(1) ROWS_256(2) ROWS_256(3) ROWS_256(4) ROWS_256(5) ROWS_256(6)
    }
}

gh_lanes_kind gh_lanes_best(void)
{
    if (__builtin_cpu_supports("avx512f")) return GH_LANES_AVX512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? GH_LANES_AVX2 : GH_LANES_NONE;
}

void gh_lanes_dense(gh_lanes_kind kind, gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *bias, gh_real slope,
                    int64_t N, int64_t I, int64_t O)
{
    const int64_t most = kind == GH_LANES_AVX512 ? MOST_ROWS_512 : MOST_ROWS_256, tiles = (O + most - 1) / most;
    for (int64_t t = 0, o = 0; t < tiles; t++) { /* tiles as equal as can be: a small last one would waste half the registers */
        const int64_t R = (O - o) / (tiles - t);
        if (kind == GH_LANES_AVX512) rows_512(R, o, Y, X, W, bias, slope, N, I, O);
        else rows_256(R, o, Y, X, W, bias, slope, N, I, O);
        o += R;
    }
}

#else

gh_lanes_kind gh_lanes_best(void)
{
    return GH_LANES_NONE;
}

void gh_lanes_dense(gh_lanes_kind kind, gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *bias, gh_real slope,
                    int64_t N, int64_t I, int64_t O)
{
    (void)kind;
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
