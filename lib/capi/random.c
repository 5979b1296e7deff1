/* random.c -- public random numbers: pure functions of (seed, stream, index). */
#include "genhep/random.h"

#include "base/normal.h"
#include "base/philox.h"
#include "base/status.h"

void genhep_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    gh_philox4x32(counter, key, out);
}

static gh_status check(const char *function, int64_t stream, int64_t first, int64_t n, const double *out)
{
    if (stream < 0 || stream > INT32_MAX)
        GH_FAIL(GENHEP_E_ARG, "%s: stream is %lld, expected 0..2147483647", function, (long long)stream);
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
static double number(const gh_rng *rng, int64_t stream, int64_t k)
{
    return gh_rng_uniform(rng, k >> 1, ((stream >> 24) << 1) | (k & 1));
}

genhep_status genhep_random_uniform(int64_t seed, int64_t stream, int64_t first, int64_t n, double *out)
{
    GH_TRY(check("genhep_random_uniform", stream, first, n, out));
    gh_rng rng = gh_rng_make(seed, GH_RANDOM_PUBLIC, stream);
    for (int64_t i = 0; i < n; i++) out[i] = number(&rng, stream, first + i);
    return GENHEP_OK;
}

genhep_status genhep_random_normal(int64_t seed, int64_t stream, int64_t first, int64_t n, double *out)
{
    GH_TRY(check("genhep_random_normal", stream, first, n, out));
    gh_rng rng = gh_rng_make(seed, GH_RANDOM_PUBLIC, stream);
    for (int64_t i = 0; i < n; i++) out[i] = gh_normal_quantile(number(&rng, stream, first + i));
    return GENHEP_OK;
}
