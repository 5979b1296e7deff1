/* statistics.h -- one-dimensional comparisons of two weighted samples: sorted samples, quantiles, chi2, W1, KS.
 *
 * Weights may have either sign. Counts and means use them as they are, with variance sum w^2. Quantiles of a sample
 * without weights interpolate linearly between order statistics; with weights they are the step inverse of the
 * cumulative weight, so that an event of weight 2 is the same as two events. Where negative weights make the cumulative
 * weight fall, its monotone envelope is inverted: the mean of the running maximum from the left and the running minimum
 * from the right. */
#ifndef GH_STATISTICS_H
#define GH_STATISTICS_H

#include "base/memory.h"

/** A sample in rising order. `sum` and `sum2` hold n + 1 running sums of w and w^2, NULL for unit weights. */
typedef struct gh_sorted {
    int64_t n;
    double *x;
    double *sum;
    double *sum2;
    double *cdf; /* n, the monotone envelope of sum/total behind x[i]; NULL for unit weights */
    double total;
    double total2;
} gh_sorted;

/** Sort n finite numbers in place (radix sort); `order`, when not NULL, is permuted alongside. */
gh_status gh_sort_doubles(const gh_hooks *hooks, int64_t n, double *x, uint32_t *order);

/** Sort a copy of x with its weights (NULL: unit). Free with gh_sorted_free, also after a failure.
 * @return GENHEP_E_NUMERIC when the weights do not sum to a positive number, GENHEP_E_NOMEM */
gh_status gh_sorted_make(const gh_hooks *hooks, int64_t n, const double *x, const double *weights, gh_sorted *sorted);
void gh_sorted_free(const gh_hooks *hooks, gh_sorted *sorted);

/** Number of entries <= c. */
int64_t gh_sorted_rank(const gh_sorted *sorted, double c);

/** Sum of the weights (and of their squares, when not NULL) of the entries first .. last-1. */
double gh_sorted_weight(const gh_sorted *sorted, int64_t first, int64_t last, double *squares);

/** Quantile, 0 <= q <= 1. */
double gh_quantile(const gh_sorted *sorted, double q);

/** Effective number of events (sum w)^2 / sum w^2; n for unit weights. */
double gh_effective(const gh_sorted *sorted);

/** Weighted mean and (population) standard deviation; a negative variance of signed weights gives 0. */
void gh_moments(int64_t n, const double *x, const double *weights, double *mean, double *deviation);

/** chi2 per degree of freedom over `bins` bins that hold equal shares of the truth.
 *   unit weights:  sum_b (sqrt(Ng/Nt) t_b - sqrt(Nt/Ng) g_b)^2 / (t_b + g_b) / (filled bins - 1)
 *   weights:       sum_b (t_b/Wt - g_b/Wg)^2 / (sum w^2_t/Wt^2 + sum w^2_g/Wg^2) / (filled bins - 1)
 * Equal edges (discrete observables) are merged. The two forms agree for Nt = Ng. */
gh_status gh_chi2(const gh_hooks *hooks, const gh_sorted *truth, const gh_sorted *generated, int64_t bins,
                  double *chi2_ndf);

/** Wasserstein-1 distance, the mean of |Qt(q) - Qg(q)| over 2000 equidistant q, in the units of the observable. */
double gh_wasserstein(const gh_sorted *truth, const gh_sorted *generated);

/** Kolmogorov-Smirnov distance max |Ft - Fg|, and its p-value from the asymptotic distribution with Stephens'
 * correction and effective numbers of events. */
void gh_kolmogorov(const gh_sorted *truth, const gh_sorted *generated, double *distance, double *p);

/** Q(lambda) = 2 sum_k (-1)^(k-1) exp(-2 k^2 lambda^2), the tail of the Kolmogorov distribution. */
double gh_kolmogorov_tail(double lambda);

/** Separation power (1/2) sum (p_b - q_b)^2 / (p_b + q_b) of two histograms normalised to one: 0 equal, 1 disjoint. */
double gh_separation(int64_t bins, const double *first, const double *second);

#endif
