/* random.h -- the library's counter-based random numbers: Philox4x32-10 (Salmon et al., SC11).
 * A number is a pure function of (seed, stream, index), so any part of a sequence can be made in any order.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_RANDOM_H
#define GENHEP_RANDOM_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Raw Philox4x32-10 block. counter[4], key[2] -> out[4]. Any thread. Since 1.0. */
GENHEP_API void genhep_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** Numbers first .. first+n-1 of the uniform sequence (seed, stream), each in the open interval (0,1), 53 bits.
 * @param stream 0 .. 2^31-1; @param first, n at least 0; @param out n doubles
 * @return GENHEP_OK or GENHEP_E_ARG. Any thread, allocates nothing. Since 1.0. */
GENHEP_API genhep_status genhep_random_uniform(int64_t seed, int64_t stream, int64_t first, int64_t n, double *out);

/** As genhep_random_uniform, standard normal numbers (inverse of the normal distribution function, error below 2 units in
 * the last place). The same bits on every CPU. */
GENHEP_API genhep_status genhep_random_normal(int64_t seed, int64_t stream, int64_t first, int64_t n, double *out);

/** The normal numbers that a sampler takes: row i is for event first + i of a sampler with this seed and sample.stream,
 * `width` numbers of it, latents first, then those of the decoder's noise. Box-Muller in float, up to 6.8; the last
 * digits depend on the CPU. Made four at a time, so a width that is a multiple of four wastes nothing.
 * @param stream 0 .. 2^24-1; @param first, n at least 0; @param width at least 1; @param out (n,width)
 * @return GENHEP_OK or GENHEP_E_ARG. Any thread, allocates nothing. Since 1.0. */
GENHEP_API genhep_status genhep_random_normal_float(int64_t seed, int64_t stream, int64_t first, int64_t n, int64_t width,
                                                    float *out);

#ifdef __cplusplus
}
#endif
#endif
