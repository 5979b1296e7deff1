/* philox.c -- Philox numbers by the thousand: uniforms and Box-Muller normals, one lane for each (item, quad).
 *
 * Lanes are always computed LANES at a time, those behind the last item included, so the bits of an item do not depend
 * on how many items a call has, on the first one, or on where the item stands. */
#include "base/philox.h"

#include <math.h>
#include <string.h>

#include "base/fastmath.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define GH_X86 1
#endif

enum { LANES = 64 };

/* Counters in, four numbers for each lane out. */
typedef struct lane_block {
    _Alignas(64) uint32_t low[LANES];     /* item, low word */
    _Alignas(64) uint32_t high[LANES];    /* item, high word */
    _Alignas(64) uint32_t quad[LANES];
    _Alignas(64) uint32_t word[4][LANES]; /* what Philox makes of it */
    _Alignas(64) gh_real out[4 * LANES];
} lane_block;

/* What all lanes of a call share: ten round keys and counter word 3. */
typedef struct round_keys {
    uint32_t k0[10], k1[10], tag;
} round_keys;

static round_keys expand_keys(const gh_rng *rng)
{
    round_keys keys = {.tag = rng->tag};
    for (uint32_t i = 0; i < 10; i++) {
        keys.k0[i] = rng->key[0] + i * 0x9E3779B9u;
        keys.k1[i] = rng->key[1] + i * 0xBB67AE85u;
    }
    return keys;
}

#define EACH_LANE _Pragma("omp simd") for (int i = 0; i < LANES; i++)

/* gh_philox4x32 in all lanes, the plain form of the two below. */
static void words_any(const round_keys *keys, lane_block *block)
{
    for (int i = 0; i < LANES; i++) {
        uint32_t counter[4] = {block->low[i], block->high[i], block->quad[i], keys->tag}, word[4];
        uint32_t key[2] = {keys->k0[0], keys->k1[0]};
        gh_philox4x32(counter, key, word);
        for (int j = 0; j < 4; j++) block->word[j][i] = word[j];
    }
}

#ifdef GH_X86
/* The product instruction takes the even 32-bit words of its operands and gives 64 bits, so even and odd lanes go
 * through the rounds apart, each in the lower half of a 64-bit word; whatever is in the upper halves never matters.
 * Compilers do not find this form: they shuffle high and low halves apart after every product, three times the work. */
typedef struct quad512 {
    __m512i c0, c1, c2, c3;
} quad512;

__attribute__((target("avx512f"), always_inline)) static inline void round512(quad512 *c, uint32_t k0, uint32_t k1)
{
    __m512i p0 = _mm512_mul_epu32(c->c0, _mm512_set1_epi32((int)0xD2511F53u));
    __m512i p1 = _mm512_mul_epu32(c->c2, _mm512_set1_epi32((int)0xCD9E8D57u));
    c->c0 = _mm512_ternarylogic_epi32(_mm512_srli_epi64(p1, 32), c->c1, _mm512_set1_epi32((int)k0), 0x96); /* xor */
    c->c2 = _mm512_ternarylogic_epi32(_mm512_srli_epi64(p0, 32), c->c3, _mm512_set1_epi32((int)k1), 0x96);
    c->c1 = p1, c->c3 = p0;
}

__attribute__((target("avx512f"), always_inline)) static inline __m512i join512(__m512i even, __m512i odd)
{
    return _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
}

__attribute__((target("avx512f"))) static void words_avx512(const round_keys *keys, lane_block *block)
{
    const __m512i tag = _mm512_set1_epi32((int)keys->tag);
    for (int i = 0; i < LANES; i += 32) {
        quad512 c[4]; /* even and odd lanes of two vectors: enough chains to hide the product's latency */
        for (int v = 0; v < 2; v++) {
            quad512 even = {_mm512_load_si512(block->low + i + 16 * v), _mm512_load_si512(block->high + i + 16 * v),
                            _mm512_load_si512(block->quad + i + 16 * v), tag};
            quad512 odd = {_mm512_srli_epi64(even.c0, 32), _mm512_srli_epi64(even.c1, 32),
                           _mm512_srli_epi64(even.c2, 32), tag};
            c[2 * v] = even, c[2 * v + 1] = odd;
        }
        for (int r = 0; r < 10; r++)
            for (int v = 0; v < 4; v++) round512(&c[v], keys->k0[r], keys->k1[r]);
        for (int v = 0; v < 2; v++) {
            const quad512 *even = &c[2 * v], *odd = even + 1;
            _mm512_store_si512(block->word[0] + i + 16 * v, join512(even->c0, odd->c0));
            _mm512_store_si512(block->word[1] + i + 16 * v, join512(even->c1, odd->c1));
            _mm512_store_si512(block->word[2] + i + 16 * v, join512(even->c2, odd->c2));
            _mm512_store_si512(block->word[3] + i + 16 * v, join512(even->c3, odd->c3));
        }
    }
}

typedef struct quad256 {
    __m256i c0, c1, c2, c3;
} quad256;

__attribute__((target("avx2"), always_inline)) static inline void round256(quad256 *c, uint32_t k0, uint32_t k1)
{
    __m256i p0 = _mm256_mul_epu32(c->c0, _mm256_set1_epi32((int)0xD2511F53u));
    __m256i p1 = _mm256_mul_epu32(c->c2, _mm256_set1_epi32((int)0xCD9E8D57u));
    c->c0 = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), _mm256_xor_si256(c->c1, _mm256_set1_epi32((int)k0)));
    c->c2 = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), _mm256_xor_si256(c->c3, _mm256_set1_epi32((int)k1)));
    c->c1 = p1, c->c3 = p0;
}

__attribute__((target("avx2"), always_inline)) static inline void join256(uint32_t *to, __m256i even, __m256i odd)
{
    _mm256_store_si256((__m256i *)to, _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA));
}

__attribute__((target("avx2"))) static void words_avx2(const round_keys *keys, lane_block *block)
{
    const __m256i tag = _mm256_set1_epi32((int)keys->tag);
    for (int i = 0; i < LANES; i += 8) {
        quad256 even = {_mm256_load_si256((const __m256i *)(block->low + i)),
                        _mm256_load_si256((const __m256i *)(block->high + i)),
                        _mm256_load_si256((const __m256i *)(block->quad + i)), tag};
        quad256 odd = {_mm256_srli_epi64(even.c0, 32), _mm256_srli_epi64(even.c1, 32),
                       _mm256_srli_epi64(even.c2, 32), tag};
        for (int r = 0; r < 10; r++) {
            round256(&even, keys->k0[r], keys->k1[r]);
            round256(&odd, keys->k0[r], keys->k1[r]);
        }
        join256(block->word[0] + i, even.c0, odd.c0);
        join256(block->word[1] + i, even.c1, odd.c1);
        join256(block->word[2] + i, even.c2, odd.c2);
        join256(block->word[3] + i, even.c3, odd.c3);
    }
}
#endif

static void fill_words(const round_keys *keys, lane_block *block)
{
#ifdef GH_X86
    if (__builtin_cpu_supports("avx512f")) words_avx512(keys, block);
    else if (__builtin_cpu_supports("avx2")) words_avx2(keys, block);
    else words_any(keys, block);
#else
    words_any(keys, block);
#endif
}

/* Two normals of two words: radius sqrt(-2 log u), u = (a + 1/2) / 2^32, never 0 or 1; angle 2 pi v with v in
 * (-1/2, 1/2), odd multiples of 2^-25 of the upper 24 bits of b. The double build takes the same u and v. */
static inline __attribute__((always_inline)) void box_muller(uint32_t a, uint32_t b, gh_real *x, gh_real *y)
{
#ifdef GH_REAL_DOUBLE
    double radius = sqrt(-2.0 * log(((double)a + 0.5) * 0x1p-32));
    double angle = 6.283185307179586477 * (((double)((int32_t)b >> 8) + 0.5) * 0x1p-24);
    *x = radius * cos(angle);
    *y = radius * sin(angle);
#else
    /* above sqrt(1/2) the logarithm is taken of 1 - (1 - u), so that small radii keep all their digits */
    int near_one = a >= 0xB504F334u;
    uint32_t w = near_one ? ~a : a;
    float wide = (float)(int32_t)(w >> 16) * 65536.0f + ((float)(int32_t)(w & 0xffffu) + 0.5f); /* rounded once */
    uint32_t bits = gh_float_bits(wide) - 0x3f3504f3u;
    float m = gh_bits_float((bits & 0x007fffffu) + 0x3f3504f3u);
    float f = near_one ? wide * -0x1p-32f : m - 1.0f;
    float e = near_one ? 0.0f : (float)(((int32_t)bits >> 23) - 32);
    float radius = sqrtf(-2.0f * gh_fast_log_parts(f, e));
    float sine, cosine;
    gh_fast_sincos_turns(((float)((int32_t)b >> 8) + 0.5f) * 0x1p-24f, &sine, &cosine);
    *x = radius * cosine;
    *y = radius * sine;
#endif
}

GH_CLONES static void normal_lanes(lane_block *block)
{
    EACH_LANE {
        gh_real x0, y0, x1, y1;
        box_muller(block->word[0][i], block->word[1][i], &x0, &y0);
        box_muller(block->word[2][i], block->word[3][i], &x1, &y1);
        block->out[4 * i] = x0, block->out[4 * i + 1] = y0, block->out[4 * i + 2] = x1, block->out[4 * i + 3] = y1;
    }
}

/* Odd multiples of 2^-24: exact in float, and neither 0 nor 1. */
static inline __attribute__((always_inline)) gh_real open_unit(uint32_t word)
{
    return ((gh_real)(int32_t)(word >> 9) + (gh_real)0.5) * (gh_real)0x1p-23;
}

GH_CLONES static void uniform_lanes(lane_block *block)
{
    EACH_LANE {
        block->out[4 * i] = open_unit(block->word[0][i]);
        block->out[4 * i + 1] = open_unit(block->word[1][i]);
        block->out[4 * i + 2] = open_unit(block->word[2][i]);
        block->out[4 * i + 3] = open_unit(block->word[3][i]);
    }
}

/* Where the next lane stands in the (n, width) output: row and quad of that row. */
typedef struct place {
    int64_t row, quad;
} place;

/* Write `lanes` lanes from `at` on, cut to `width` in each row. */
static void scatter(const lane_block *block, int lanes, place at, int64_t width, gh_real *out, int64_t stride)
{
    for (int i = 0; i < lanes; i++) {
        const gh_real *from = block->out + 4 * i;
        gh_real *to = out + at.row * stride + 4 * at.quad;
        int64_t left = width - 4 * at.quad;
        if (left >= 4) memcpy(to, from, 4 * sizeof *to);
        else
            for (int64_t j = 0; j < left; j++) to[j] = from[j];
        at.quad++;
        if (left <= 4) at.quad = 0, at.row++;
    }
}

/* Item of row r: items[r], or first + r when no items are listed. `kernel` makes the numbers of the words. */
static void fill(const gh_rng *rng, void (*kernel)(lane_block *), const int64_t *items, int64_t first, int64_t n,
                 int64_t width, gh_real *out, int64_t stride)
{
    round_keys keys = expand_keys(rng);
    lane_block block;
    place at = {0, 0};
    int64_t quads = (width + 3) / 4;
    if (width <= 0) return;
    while (at.row < n) {
        place start = at;
        int lanes = 0;
        while (lanes < LANES && at.row < n) {
            uint64_t item = (uint64_t)(items ? items[at.row] : first + at.row);
            int64_t stop = at.quad + LANES - lanes < quads ? at.quad + LANES - lanes : quads;
            for (; at.quad < stop; at.quad++, lanes++) {
                block.low[lanes] = (uint32_t)item;
                block.high[lanes] = (uint32_t)(item >> 32);
                block.quad[lanes] = (uint32_t)at.quad;
            }
            if (at.quad == quads) at.quad = 0, at.row++;
        }
        for (int i = lanes; i < LANES; i++) block.low[i] = block.high[i] = block.quad[i] = 0; /* computed, not used */
        fill_words(&keys, &block);
        kernel(&block);
        scatter(&block, lanes, start, width, out, stride);
    }
}

void gh_rng_normals(const gh_rng *rng, int64_t first, int64_t n, int64_t width, gh_real *out, int64_t stride)
{
    fill(rng, normal_lanes, NULL, first, n, width, out, stride);
}

void gh_rng_normals_at(const gh_rng *rng, const int64_t *items, int64_t n, int64_t width, gh_real *out, int64_t stride)
{
    fill(rng, normal_lanes, items, 0, n, width, out, stride);
}

void gh_rng_uniforms(const gh_rng *rng, int64_t first, int64_t n, int64_t width, gh_real *out, int64_t stride)
{
    fill(rng, uniform_lanes, NULL, first, n, width, out, stride);
}

/* As gh_rng_uniform: 52 bits as the digits of a number of 2^52 and more, less 2^52; every step is exact. */
static inline __attribute__((always_inline)) double unit53(uint32_t high, uint32_t low)
{
    const uint64_t bits = (((uint64_t)high << 20) | (low >> 12)) + 0x4330000000000000u;
    double x;
    memcpy(&x, &bits, sizeof x);
    return ((x - 0x1p52) + 0.5) * 0x1p-52;
}

GH_CLONES static void unit_pairs(const lane_block *block, double out[2 * LANES])
{
    EACH_LANE {
        out[2 * i] = unit53(block->word[0][i], block->word[1][i]);
        out[2 * i + 1] = unit53(block->word[2][i], block->word[3][i]);
    }
}

void gh_rng_uniform_pairs(const gh_rng *rng, int64_t first, int64_t n, uint32_t quad, double *out)
{
    const round_keys keys = expand_keys(rng);
    lane_block block;
    double part[2 * LANES];
    for (int64_t start = 0; start < n; start += LANES) {
        const int64_t lanes = n - start < LANES ? n - start : LANES;
        for (int i = 0; i < LANES; i++) {
            const uint64_t item = (uint64_t)first + (uint64_t)(start + i);
            block.low[i] = (uint32_t)item;
            block.high[i] = (uint32_t)(item >> 32);
            block.quad[i] = quad;
        }
        fill_words(&keys, &block);
        if (lanes == LANES) {
            unit_pairs(&block, out + 2 * start);
        } else {
            unit_pairs(&block, part);
            memcpy(out + 2 * start, part, (size_t)(2 * lanes) * sizeof *out);
        }
    }
}
