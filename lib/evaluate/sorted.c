/* sorted.c -- samples in rising order: radix sort, running weights, quantiles. */
#include "evaluate/statistics.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 6, BUCKETS = 1 << DIGIT_BITS };

/* Order-preserving map of a double to an unsigned integer, and back. */
static inline uint64_t key_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return bits ^ ((bits >> 63) ? ~UINT64_C(0) : UINT64_C(1) << 63);
}

static inline double value_of(uint64_t key)
{
    uint64_t bits = key ^ ((key >> 63) ? UINT64_C(1) << 63 : ~UINT64_C(0));
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

/* One stable counting pass per digit; digits that are the same everywhere are skipped. */
static void radix_passes(int64_t n, uint64_t **keys, uint64_t **spare, uint32_t **order, uint32_t **spare_order,
                         int64_t (*count)[BUCKETS])
{
    memset(count, 0, DIGITS * sizeof *count);
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++) count[d][((*keys)[i] >> (d * DIGIT_BITS)) & (BUCKETS - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        int shift = d * DIGIT_BITS;
        if (n == 0 || count[d][((*keys)[0] >> shift) & (BUCKETS - 1)] == n) continue;
        int64_t start = 0;
        for (int b = 0; b < BUCKETS; b++) {
            int64_t here = count[d][b];
            count[d][b] = start;
            start += here;
        }
        for (int64_t i = 0; i < n; i++) {
            int64_t to = count[d][((*keys)[i] >> shift) & (BUCKETS - 1)]++;
            (*spare)[to] = (*keys)[i];
            if (*order) (*spare_order)[to] = (*order)[i];
        }
        uint64_t *k = *keys;
        *keys = *spare, *spare = k;
        uint32_t *o = *order;
        *order = *spare_order, *spare_order = o;
    }
}

gh_status gh_sort_doubles(const gh_hooks *hooks, int64_t n, double *x, uint32_t *order)
{
    gh_status status = GENHEP_OK;
    uint64_t *block_a = NULL, *block_b = NULL;
    uint32_t *block_o = NULL;
    int64_t(*count)[BUCKETS] = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &block_a, n, 8));
    GH_TRY_CLEANUP(gh_alloc(hooks, &block_b, n, 8));
    GH_TRY_CLEANUP(gh_alloc(hooks, &count, DIGITS, sizeof *count));
    if (order) GH_TRY_CLEANUP(gh_alloc(hooks, &block_o, n, 4));

    uint64_t *keys = block_a, *spare = block_b;
    uint32_t *now = order, *other = block_o;
    for (int64_t i = 0; i < n; i++) keys[i] = key_of(x[i]);
    radix_passes(n, &keys, &spare, &now, &other, count);
    for (int64_t i = 0; i < n; i++) x[i] = value_of(keys[i]);
    if (order && now != order) memcpy(order, now, (size_t)n * 4);
cleanup:
    gh_free(hooks, block_a);
    gh_free(hooks, block_b);
    gh_free(hooks, block_o);
    gh_free(hooks, count);
    return status;
}

/* cdf[i] = (running maximum + running minimum from the right) / 2 of the cumulative weight, inside [0,1]. */
static void envelope(gh_sorted *sorted)
{
    double high = 0, low = 1;
    for (int64_t i = 0; i < sorted->n; i++) {
        double c = fmin(fmax(sorted->sum[i + 1] / sorted->total, 0), 1);
        high = fmax(high, c);
        sorted->cdf[i] = high;
    }
    for (int64_t i = sorted->n - 1; i >= 0; i--) {
        double c = fmin(fmax(sorted->sum[i + 1] / sorted->total, 0), 1);
        low = fmin(low, c);
        sorted->cdf[i] = 0.5 * (sorted->cdf[i] + low);
    }
}

static gh_status add_weights(const gh_hooks *hooks, const double *weights, const uint32_t *order, gh_sorted *sorted)
{
    int64_t n = sorted->n;
    GH_TRY(gh_alloc(hooks, &sorted->sum, n + 1, 8));
    GH_TRY(gh_alloc(hooks, &sorted->sum2, n + 1, 8));
    GH_TRY(gh_alloc(hooks, &sorted->cdf, n, 8));
    for (int64_t i = 0; i < n; i++) {
        double w = weights[order[i]];
        sorted->sum[i + 1] = sorted->sum[i] + w;
        sorted->sum2[i + 1] = sorted->sum2[i] + w * w;
    }
    sorted->total = sorted->sum[n];
    sorted->total2 = sorted->sum2[n];
    if (!(sorted->total > 0))
        GH_FAIL(GENHEP_E_NUMERIC, "sum of the weights is %g, expected a positive number", sorted->total);
    envelope(sorted);
    return GENHEP_OK;
}

gh_status gh_sorted_make(const gh_hooks *hooks, int64_t n, const double *x, const double *weights, gh_sorted *sorted)
{
    gh_status status = GENHEP_OK;
    uint32_t *order = NULL;
    memset(sorted, 0, sizeof *sorted);
    sorted->n = n;
    sorted->total = sorted->total2 = (double)n;
    GH_TRY_CLEANUP(gh_alloc(hooks, &sorted->x, n, 8));
    memcpy(sorted->x, x, (size_t)n * 8);
    if (weights) {
        GH_TRY_CLEANUP(gh_alloc(hooks, &order, n, 4));
        for (int64_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    }
    GH_TRY_CLEANUP(gh_sort_doubles(hooks, n, sorted->x, order));
    if (weights) GH_TRY_CLEANUP(add_weights(hooks, weights, order, sorted));
cleanup:
    gh_free(hooks, order);
    return status;
}

void gh_sorted_free(const gh_hooks *hooks, gh_sorted *sorted)
{
    gh_free(hooks, sorted->x);
    gh_free(hooks, sorted->sum);
    gh_free(hooks, sorted->sum2);
    gh_free(hooks, sorted->cdf);
    memset(sorted, 0, sizeof *sorted);
}

int64_t gh_sorted_rank(const gh_sorted *sorted, double c)
{
    int64_t low = 0, high = sorted->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted->x[middle] <= c) low = middle + 1;
        else high = middle;
    }
    return low;
}

double gh_sorted_weight(const gh_sorted *sorted, int64_t first, int64_t last, double *squares)
{
    if (!sorted->sum) {
        if (squares) *squares = (double)(last - first);
        return (double)(last - first);
    }
    if (squares) *squares = sorted->sum2[last] - sorted->sum2[first];
    return sorted->sum[last] - sorted->sum[first];
}

double gh_quantile(const gh_sorted *sorted, double q)
{
    int64_t n = sorted->n;
    if (n == 0) return NAN;
    if (!sorted->cdf) {
        double at = q * (double)(n - 1);
        int64_t i = (int64_t)at;
        if (i >= n - 1) return sorted->x[n - 1];
        return sorted->x[i] + (sorted->x[i + 1] - sorted->x[i]) * (at - (double)i);
    }
    int64_t low = 0, high = n - 1; /* the first entry whose cumulative weight exceeds q */
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted->cdf[middle] > q) high = middle;
        else low = middle + 1;
    }
    return sorted->x[low];
}

double gh_effective(const gh_sorted *sorted)
{
    return sorted->total * sorted->total / sorted->total2;
}

void gh_moments(int64_t n, const double *x, const double *weights, double *mean, double *deviation)
{
    double total = 0, first = 0, second = 0;
    for (int64_t i = 0; i < n; i++) {
        double w = weights ? weights[i] : 1;
        total += w;
        first += w * x[i];
    }
    *mean = first / total;
    for (int64_t i = 0; i < n; i++) {
        double w = weights ? weights[i] : 1, d = x[i] - *mean;
        second += w * d * d;
    }
    *deviation = sqrt(fmax(second / total, 0));
}
