/* tally.c -- sums of weights, and the largest of them in a heap. Tests: tests/unit/test_integrate_parts.c. */
#include "integrate/tally.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

gh_status gh_tally_create(const gh_hooks *hooks, int64_t n, gh_tally *tally)
{
    memset(tally, 0, sizeof *tally);
    tally->hooks = *hooks;
    tally->expected = n;
    tally->room = n / 1000 + 2; /* the 0.999 quantile lies between two of these */
    return gh_alloc(hooks, &tally->largest, tally->room, sizeof *tally->largest);
}

void gh_tally_free(gh_tally *tally)
{
    gh_free(&tally->hooks, tally->largest);
    tally->largest = NULL;
}

/* Push value into the heap, or let it replace the least. */
static void keep(gh_tally *t, double value)
{
    double *heap = t->largest;
    int64_t i;
    if (t->kept < t->room) {
        for (i = t->kept++; i > 0 && heap[(i - 1) / 2] > value; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
        heap[i] = value;
        return;
    }
    if (value <= heap[0]) return;
    for (i = 0;;) {
        int64_t child = 2 * i + 1;
        if (child >= t->room) break;
        if (child + 1 < t->room && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= value) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = value;
}

static void add(double *sum, double *lost, double value)
{
    const double term = value - *lost, next = *sum + term;
    *lost = (next - *sum) - term;
    *sum = next;
}

gh_status gh_tally_add(gh_tally *t, int64_t n, const double *weights)
{
    for (int64_t i = 0; i < n; i++) {
        const double w = weights[i], size = fabs(w);
        if (!isfinite(w)) GH_FAIL(GENHEP_E_NUMERIC, "point %lld has the weight %g", (long long)t->n, w);
        add(&t->sum, &t->lost[0], w);
        add(&t->square, &t->lost[1], w * w);
        add(&t->size, &t->lost[2], size);
        t->nonzero += w != 0;
        const int64_t b = (int64_t)((double)t->n * GH_TALLY_BATCHES / (double)t->expected), batch = b < GH_TALLY_BATCHES ? b : GH_TALLY_BATCHES - 1;
        t->batch[batch] += w;
        t->batch_n[batch]++;
        keep(t, size);
        t->n++;
    }
    return GENHEP_OK;
}

double gh_tally_mean(const gh_tally *t) { return t->n ? t->sum / (double)t->n : 0; }

static double variance(const gh_tally *t)
{
    const double n = (double)t->n, mean = t->sum / n;
    return t->n > 1 ? fmax(0, t->square / n - mean * mean) * n / (n - 1) : 0;
}

double gh_tally_error(const gh_tally *t) { return t->n > 1 ? sqrt(variance(t) / (double)t->n) : 0; }

double gh_tally_chi2(const gh_tally *t)
{
    const double s2 = t->n > 1 ? variance(t) : 0, mean = gh_tally_mean(t);
    double chi2 = 0;
    if (!(s2 > 0) || t->n < 10 * GH_TALLY_BATCHES) return 0;
    for (int b = 0; b < GH_TALLY_BATCHES; b++) {
        const double n = (double)t->batch_n[b], d = t->batch[b] / n - mean;
        chi2 += d * d * n / s2;
    }
    return chi2 / (GH_TALLY_BATCHES - 1);
}

double gh_tally_largest(const gh_tally *t)
{
    double largest = 0;
    for (int64_t i = 0; i < t->kept; i++) largest = fmax(largest, t->largest[i]);
    return largest;
}

double gh_tally_efficiency(const gh_tally *t)
{
    const double largest = gh_tally_largest(t);
    return largest > 0 ? t->size / (double)t->n / largest : 0;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double gh_tally_efficiency_quantile(gh_tally *t)
{
    if (t->n < 1 || !(t->size > 0)) return 0;
    qsort(t->largest, (size_t)t->kept, sizeof *t->largest, ascending); /* in rising order it is still a heap */
    const double place = 0.999 * (double)(t->n - 1), low = floor(place); /* counted from the least weight */
    const double *at = t->largest + (t->kept - (t->n - (int64_t)low));
    const double next = at + 1 < t->largest + t->kept ? at[1] : at[0];
    const double quantile = at[0] + (place - low) * (next - at[0]);
    return quantile > 0 ? fmin(t->size / (double)t->n / quantile, DBL_MAX) : DBL_MAX;
}

double gh_tally_ess(const gh_tally *t)
{
    return t->square > 0 ? t->size * t->size / ((double)t->n * t->square) : 0;
}
