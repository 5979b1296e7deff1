/* tally.h -- what the weights of a Monte Carlo integral add up to: value, error, and how evenly they weigh.
 * Weights come one after the other; of n of them only sums and the largest n/1000 or so are kept. */
#ifndef GH_TALLY_H
#define GH_TALLY_H

#include "base/memory.h"

#define GH_TALLY_BATCHES 10

typedef struct gh_tally {
    gh_hooks hooks;
    int64_t n, expected;      /* weights seen, weights announced */
    int64_t nonzero;
    double sum, square, size; /* of w, w^2, |w| */
    double lost[3];           /* what rounding took from these sums (Kahan) */
    double batch[GH_TALLY_BATCHES];
    int64_t batch_n[GH_TALLY_BATCHES];
    double *largest;          /* a heap, the least of them first */
    int64_t kept, room;
} gh_tally;

/** For exactly n >= 2 weights. Free with gh_tally_free. */
gh_status gh_tally_create(const gh_hooks *hooks, int64_t n, gh_tally *tally);
void gh_tally_free(gh_tally *tally);

/** Add weights; allocates nothing. GENHEP_E_NUMERIC for one that is not finite. */
gh_status gh_tally_add(gh_tally *tally, int64_t n, const double *weights);

/** Mean of the weights, standard deviation of that mean, and chi2/ndf of GH_TALLY_BATCHES runs of weights against it (0
 * where there are too few to tell). */
double gh_tally_mean(const gh_tally *tally);
double gh_tally_error(const gh_tally *tally);
double gh_tally_chi2(const gh_tally *tally);

/** mean |w| / max |w|. This is the efficiency of 2001.10028 as its authors compute it, (n_acc/n) mean over bootstrap replicas
 * of mean(w)/w_max with w_max the median of the replicas' maxima, for many replicas: a replica of n draws holds the largest
 * of n weights with probability 1 - (1 - 1/n)^n >= 0.63 > 1/2, so the median is the largest weight itself. 0 without weights. */
double gh_tally_efficiency(const gh_tally *tally);

/** mean |w| over the 0.999 quantile of |w| (interpolated between neighbours, zeros counted), not clipped; at most the largest
 * double when that quantile is 0. */
double gh_tally_efficiency_quantile(gh_tally *tally);

/** Kish's effective sample size a weight, (sum |w|)^2 / (n sum w^2), in 0..1. */
double gh_tally_ess(const gh_tally *tally);

double gh_tally_largest(const gh_tally *tally);

#endif
