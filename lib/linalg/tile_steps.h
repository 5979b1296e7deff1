/* tile_steps.h -- what the products on AMX tiles are made of: splitting numbers, and the steps of a block of sums.
 * For tiles.c and gemm_tiles.c. */
#ifndef GH_TILE_STEPS_H
#define GH_TILE_STEPS_H

#include <immintrin.h>

#include "linalg/tiles.h"

#define GH_512 __attribute__((target("avx512f,avx512bw")))
#define GH_512_INLINE __attribute__((target("avx512f,avx512bw"), always_inline)) static inline
#define GH_AMX __attribute__((target("avx512f,avx512bw,amx-tile,amx-bf16")))

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
#define GH_TILE_ZERO() \
    do {               \
        _tile_zero(0); \
        _tile_zero(1); \
        _tile_zero(2); \
        _tile_zero(3); \
    } while (0)
#define GH_TILE_LOAD_A(A, part)                                       \
    do {                                                              \
        _tile_loadd(4, (A) + (part)*GH_TILE_PART, 64);                \
        _tile_loadd(5, (A) + (part)*GH_TILE_PART + GH_TILE_SIZE, 64); \
    } while (0)
#define GH_TILE_LOAD_B(B, part)                                       \
    do {                                                              \
        _tile_loadd(6, (B) + (part)*GH_TILE_PART, 64);                \
        _tile_loadd(7, (B) + (part)*GH_TILE_PART + GH_TILE_SIZE, 64); \
    } while (0)
#define GH_TILE_MULTIPLY()       \
    do {                         \
        _tile_dpbf16ps(0, 4, 6); \
        _tile_dpbf16ps(1, 4, 7); \
        _tile_dpbf16ps(2, 5, 6); \
        _tile_dpbf16ps(3, 5, 7); \
    } while (0)
/* h l', h m', m m', m h' and h h', l h': an order in which one operand stays from product to product. */
#define GH_TILE_FIRST_HALF(A, B) \
    do {                         \
        GH_TILE_LOAD_A(A, 0);    \
        GH_TILE_LOAD_B(B, 2);    \
        GH_TILE_MULTIPLY();      \
        GH_TILE_LOAD_B(B, 1);    \
        GH_TILE_MULTIPLY();      \
        GH_TILE_LOAD_A(A, 1);    \
        GH_TILE_MULTIPLY();      \
    } while (0)
#define GH_TILE_SECOND_HALF(A, B) \
    do {                          \
        GH_TILE_LOAD_B(B, 0);     \
        GH_TILE_MULTIPLY();       \
        GH_TILE_LOAD_A(A, 0);     \
        GH_TILE_MULTIPLY();       \
        GH_TILE_LOAD_A(A, 2);     \
        GH_TILE_MULTIPLY();       \
    } while (0)
/* Sums to or from numbers, `ld` of them a row. */
#define GH_TILE_STORE_C(C, ld)                                                \
    do {                                                                      \
        _tile_stored(0, (C), (ld) * (int64_t)sizeof(float));                  \
        _tile_stored(1, (C) + 16, (ld) * (int64_t)sizeof(float));             \
        _tile_stored(2, (C) + 16 * (ld), (ld) * (int64_t)sizeof(float));      \
        _tile_stored(3, (C) + 16 * (ld) + 16, (ld) * (int64_t)sizeof(float)); \
    } while (0)

#endif
