/* tile_steps.h -- what the products on AMX tiles are made of: splitting numbers, and the steps of a block of sums.
 * For tiles.c and gemm_tiles.c. */
#ifndef GH_TILE_STEPS_H
#define GH_TILE_STEPS_H

#include <immintrin.h>

#include "linalg/tiles.h"

#define GH_512 __attribute__((target("avx512f,avx512bw")))
#define GH_512_INLINE __attribute__((target("avx512f,avx512bw"), always_inline)) static inline
#define GH_AMX __attribute__((target("avx512f,avx512bw,amx-tile,amx-bf16")))
#define GH_AMX_INLINE __attribute__((target("avx512f,avx512bw,amx-tile,amx-bf16"), always_inline)) static inline

enum { GH_TILE_PART = 1024, GH_TILE_SIZE = 512 }; /* bfloat16 numbers */

/* Compilers do not know that a tile is loaded from memory. */
#define GH_TILE_BARRIER __asm__ volatile("" ::: "memory")

/** 32 numbers to three parts, in the order of memory, or with `pairs` a[i], b[i] side by side. Rounding is half away
 * from zero; of a NaN all parts, or the last one, are NaN, and infinity becomes infinity and NaN. */
GH_512_INLINE void gh_tile_split(__m512 a, __m512 b, int pairs, gh_bf16 *parts)
{
    const __m512i half = _mm512_set1_epi32(0x8000), upper = _mm512_set1_epi32((int)0xffff0000u);
    const __m512i odd =
        _mm512_add_epi16(_mm512_set1_epi32(0x00030001),
                         _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                                            _mm512_set1_epi32(0x00040004)));
    for (int part = 0; part < 3; part++) {
        __m512i x = _mm512_castps_si512(a), y = _mm512_castps_si512(b);
        if (part < 2) { /* the last one has 8 bits left */
            x = _mm512_add_epi32(x, half);
            y = _mm512_add_epi32(y, half);
        }
        __m512i high = _mm512_and_si512(y, upper);
        _mm512_store_si512(parts + part * GH_TILE_PART, pairs ? _mm512_or_si512(_mm512_srli_epi32(x, 16), high)
                                                              : _mm512_permutex2var_epi16(x, odd, y));
        if (part < 2) {
            a = _mm512_sub_ps(a, _mm512_castsi512_ps(_mm512_and_si512(x, upper)));
            b = _mm512_sub_ps(b, _mm512_castsi512_ps(high));
        }
    }
}

/** 16 numbers of a left tile's row from their parts; exact. */
GH_512_INLINE __m512 gh_tile_join(const gh_bf16 *parts)
{
    __m512 part[3];
    for (int i = 0; i < 3; i++)
        part[i] = _mm512_castsi512_ps(_mm512_slli_epi32(
            _mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)(parts + i * GH_TILE_PART))), 16));
    return _mm512_add_ps(_mm512_add_ps(part[0], part[1]), part[2]);
}

/* Tiles 0..3 hold 2 x 2 tiles of sums, 4 and 5 a part of A's block, 6 and 7 one of B's. */

GH_AMX_INLINE void gh_tile_zero(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

/** Sums from and to numbers, `ld` of them a row. */
GH_AMX_INLINE void gh_tile_load_sums(const float *C, int64_t ld)
{
    const int64_t bytes = ld * (int64_t)sizeof *C;
    _tile_loadd(0, C, bytes);
    _tile_loadd(1, C + 16, bytes);
    _tile_loadd(2, C + 16 * ld, bytes);
    _tile_loadd(3, C + 16 * ld + 16, bytes);
}

GH_AMX_INLINE void gh_tile_store_sums(float *C, int64_t ld)
{
    const int64_t bytes = ld * (int64_t)sizeof *C;
    _tile_stored(0, C, bytes);
    _tile_stored(1, C + 16, bytes);
    _tile_stored(2, C + 16 * ld, bytes);
    _tile_stored(3, C + 16 * ld + 16, bytes);
}

/** The n-th of twelve times eight cache lines of the blocks that follow, asked for in the first cache. */
GH_AMX_INLINE void gh_tile_ahead(const gh_bf16 *A, const gh_bf16 *B, int n)
{
    const char *a = (const char *)(A + GH_TILE_BLOCK) + 512 * n, *b = (const char *)(B + GH_TILE_BLOCK) + 512 * n;
#pragma GCC unroll 8
    for (int i = 0; i < 512; i += 64) {
        _mm_prefetch(a + i, _MM_HINT_T0);
        _mm_prefetch(b + i, _MM_HINT_T0);
    }
}

/* A block of A times a block of B: h l', h m', m m' in the first half, m h', h h', l h' in the second, an order in
 * which one operand stays from product to product. A tile is loaded right before its first use and while others
 * multiply: tile units wait for loads that stand in a row, the more so when the core runs another thread too. */
#define GH_TILE_LOAD(tile, operand, part, half) \
    _tile_loadd(tile, (operand) + (part)*GH_TILE_PART + (half)*GH_TILE_SIZE, 64)

GH_AMX_INLINE void gh_tile_first_half(const gh_bf16 *A, const gh_bf16 *B)
{
    GH_TILE_LOAD(4, A, 0, 0);
    GH_TILE_LOAD(6, B, 2, 0);
    _tile_dpbf16ps(0, 4, 6);
    GH_TILE_LOAD(5, A, 0, 1);
    gh_tile_ahead(A, B, 0);
    _tile_dpbf16ps(2, 5, 6);
    GH_TILE_LOAD(7, B, 2, 1);
    gh_tile_ahead(A, B, 1);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
    GH_TILE_LOAD(6, B, 1, 0);
    gh_tile_ahead(A, B, 2);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
    GH_TILE_LOAD(7, B, 1, 1);
    gh_tile_ahead(A, B, 3);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
    GH_TILE_LOAD(4, A, 1, 0);
    gh_tile_ahead(A, B, 4);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    GH_TILE_LOAD(5, A, 1, 1);
    gh_tile_ahead(A, B, 5);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

GH_AMX_INLINE void gh_tile_second_half(const gh_bf16 *A, const gh_bf16 *B)
{
    GH_TILE_LOAD(6, B, 0, 0);
    gh_tile_ahead(A, B, 6);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
    GH_TILE_LOAD(7, B, 0, 1);
    gh_tile_ahead(A, B, 7);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
    GH_TILE_LOAD(4, A, 0, 0);
    gh_tile_ahead(A, B, 8);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    GH_TILE_LOAD(5, A, 0, 1);
    gh_tile_ahead(A, B, 9);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    GH_TILE_LOAD(4, A, 2, 0);
    gh_tile_ahead(A, B, 10);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    GH_TILE_LOAD(5, A, 2, 1);
    gh_tile_ahead(A, B, 11);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

#endif
