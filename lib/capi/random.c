/* random.c -- public random numbers: pure functions of (seed, stream, index). */
#include "genhep/random.h"

#include <string.h>

#include "base/normal.h"
#include "base/philox.h"
#include "base/status.h"

void genhep_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    gh_philox4x32(counter, key, out);
}

static gh_status check(const char *function, int64_t stream, int64_t largest, int64_t first, int64_t n, const void *out)
{
    if (stream < 0 || stream > largest)
        GH_FAIL(GENHEP_E_ARG, "%s: stream is %lld, expected 0..%lld", function, (long long)stream, (long long)largest);
    if (first < 0) GH_FAIL(GENHEP_E_ARG, "%s: first is %lld, expected at least 0", function, (long long)first);
    if (n < 0) GH_FAIL(GENHEP_E_ARG, "%s: n is %lld, expected at least 0", function, (long long)n);
    if (n > INT64_MAX - first)
        GH_FAIL(GENHEP_E_ARG, "%s: first + n is %lld + %lld, expected at most 2^63 - 1", function, (long long)first,
                (long long)n);
    if (n > 0 && !out) GH_FAIL(GENHEP_E_ARG, "%s: 'out' is NULL", function);
    return GENHEP_OK;
}

/* Two numbers an item. A counter word holds 24 bits of the stream; the others take the place of the draw index, so no
 * two streams share a number. */
static void fill(int64_t seed, int64_t stream, int64_t first, int64_t n, int normal, double *out)
{
    enum { MOST = 128 };
    const gh_rng rng = gh_rng_make(seed, GH_RANDOM_PUBLIC, stream);
    double block[MOST];
    while (n > 0) {
        const int64_t skip = first & 1, count = n < MOST - skip ? n : MOST - skip;
        gh_rng_uniform_pairs(&rng, first >> 1, (skip + count + 1) / 2, (uint32_t)(stream >> 24), block);
        if (normal) gh_normal_quantiles(block + skip, count, out);
        else memcpy(out, block + skip, (size_t)count * sizeof *out);
        first += count, out += count, n -= count;
    }
}

genhep_status genhep_random_uniform(int64_t seed, int64_t stream, int64_t first, int64_t n, double *out)
{
    GH_TRY(check("genhep_random_uniform", stream, INT32_MAX, first, n, out));
    fill(seed, stream, first, n, 0, out);
    return GENHEP_OK;
}

genhep_status genhep_random_normal(int64_t seed, int64_t stream, int64_t first, int64_t n, double *out)
{
    GH_TRY(check("genhep_random_normal", stream, INT32_MAX, first, n, out));
    fill(seed, stream, first, n, 1, out);
    return GENHEP_OK;
}

genhep_status genhep_random_normal_float(int64_t seed, int64_t stream, int64_t first, int64_t n, int64_t width,
                                         float *out)
{
    GH_TRY(check("genhep_random_normal_float", stream, 0xffffff, first, n, out));
    if (width < 1)
        GH_FAIL(GENHEP_E_ARG, "genhep_random_normal_float: width is %lld, expected at least 1", (long long)width);
    if (n > 0 && width > INT64_MAX / (int64_t)sizeof *out / n)
        GH_FAIL(GENHEP_E_ARG, "genhep_random_normal_float: %lld x %lld numbers are too many", (long long)n,
                (long long)width);
#ifdef GH_REAL_DOUBLE
    (void)seed;
    GH_FAIL(GENHEP_E_STATE, "genhep_random_normal_float: this build computes in double");
#else
    const gh_rng rng = gh_rng_make(seed, GH_RANDOM_SAMPLE, stream);
    gh_rng_normals(&rng, first, n, width, out, width);
    return GENHEP_OK;
#endif
}
