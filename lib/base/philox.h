/* philox.h -- Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC11), the library's only source of random numbers.
 *
 * A number is a pure function of seed (key), stream, purpose, item and draw index, so nothing has to be remembered or
 * kept in order. Counter layout: word 0,1 = item (event or row number, 64 bit), word 2 = draw index / 4, word 3 =
 * purpose << 24 XOR stream (24 bit, bits above stay in the purpose's byte: stream < 2^24 inside the library). */
#ifndef GH_PHILOX_H
#define GH_PHILOX_H

#include <stdint.h>
#include "base/real.h"

enum gh_purpose { /* written out and never reused: a change would change every event of a seed */
    GH_RANDOM_PUBLIC = 0,
    GH_RANDOM_SAMPLE = 1,   /* latents and noise of generated events */
    GH_RANDOM_PREP = 2,     /* dequantisation of training rows */
    GH_RANDOM_INVERSE = 3,  /* free choices of the inverse preparation: azimuth, rounding */
    GH_RANDOM_WEIGHTS = 4,  /* start weights */
    GH_RANDOM_SHUFFLE = 5,
    GH_RANDOM_TRAIN = 6,    /* noise inside a training step */
    GH_RANDOM_DROPOUT = 7,
    GH_RANDOM_EVALUATE = 8,
    GH_RANDOM_INDEPENDENT = 9, /* a family's uniforms in generated events: which buffer entry */
    GH_RANDOM_SPLIT = 10,
    GH_RANDOM_INTEGRATE = 11 /* points and latents of an integral: lib/integrate/numbers.h */
};

static inline void gh_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1, c3 = (uint32_t)p0, c0 = n0, c2 = n2;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/** Which random numbers: everything but the item and the draw index. */
typedef struct gh_rng {
    uint32_t key[2];
    uint32_t tag; /* counter word 3 */
} gh_rng;

static inline gh_rng gh_rng_make(int64_t seed, enum gh_purpose purpose, int64_t stream)
{
    gh_rng rng = {{(uint32_t)seed, (uint32_t)((uint64_t)seed >> 32)},
                  ((uint32_t)purpose << 24) ^ ((uint32_t)stream & 0xffffffu)};
    return rng;
}

/** Four 32-bit words for (item, quad). */
static inline void gh_rng_words(const gh_rng *rng, int64_t item, uint32_t quad, uint32_t out[4])
{
    uint32_t counter[4] = {(uint32_t)item, (uint32_t)((uint64_t)item >> 32), quad, rng->tag};
    gh_philox4x32(counter, rng->key, out);
}

/** Uniform in the open interval (0,1) with 53 bits from words 2h and 2h+1 of (item, quad), index = 2*quad + h. */
static inline double gh_rng_uniform(const gh_rng *rng, int64_t item, int64_t index)
{
    uint32_t word[4];
    gh_rng_words(rng, item, (uint32_t)(index >> 1), word);
    uint32_t high = word[(index & 1) * 2], low = word[(index & 1) * 2 + 1];
    return ((double)(((uint64_t)high << 20) | (low >> 12)) + 0.5) * 0x1p-52;
}

/** The two such uniforms, index 2*quad and 2*quad + 1, of items first..first+n-1: out[2*i], out[2*i + 1]. Fast. */
void gh_rng_uniform_pairs(const gh_rng *rng, int64_t first, int64_t n, uint32_t quad, double *out);

/** Integer in 0..n-1, n up to 2^53. */
static inline int64_t gh_rng_below(const gh_rng *rng, int64_t item, int64_t index, int64_t n)
{
    return (int64_t)(gh_rng_uniform(rng, item, index) * (double)n);
}

/** Standard normals for items first..first+n-1, `width` each: out[i*stride + j], j < width. Vectorised Box-Muller:
 * words (0,1) of quad q give draws 4q and 4q+1, words (2,3) give 4q+2 and 4q+3. The bits of a number depend on rng,
 * item and j only, on one build and CPU type: any split into calls, width and stride gives the same. Up to 6.8. */
void gh_rng_normals(const gh_rng *rng, int64_t first, int64_t n, int64_t width, gh_real *out, int64_t stride);

/** As gh_rng_normals, for rows whose items are listed. */
void gh_rng_normals_at(const gh_rng *rng, const int64_t *items, int64_t n, int64_t width, gh_real *out, int64_t stride);

/** Uniforms in (0,1) for items first..first+n-1: odd multiples of 2^-24, word j%4 of quad j/4. Same guarantee. */
void gh_rng_uniforms(const gh_rng *rng, int64_t first, int64_t n, int64_t width, gh_real *out, int64_t stride);

#endif
