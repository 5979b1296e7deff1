/* overdensity.h -- where data pile up over a reference sample, and how often that happens by chance.
 *
 * Data and reference are pooled and scaled by their common deviations. Of the K nearest points of a centre c are data points where
 * K p are expected, p = n_data/(n_data + n_reference); z = (c - K p) / sqrt(K p (1 - p) (n - K)/(n - 1)), the standard deviation of
 * drawing K of the n without putting back. The statistic is the largest z over centres and K, in the space of all columns and, with other K,
 * along each column by itself: there every K/8-th window of K points in a row is looked at. A narrow resonance fills a window of the one
 * coordinate that follows its mass long before it stands out among neighbours in all of them. The p-value is
 * (1 + permutations with a z at least as large)/(1 + permutations), labels data and reference being shuffled. Neither centres, nor
 * scales, nor K, nor the order of equal points look at the labels, so without a difference all labellings are equally likely and the p-value is
 * uniform (Phipson, Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39): looking everywhere is paid for. */
#ifndef GH_OVERDENSITY_H
#define GH_OVERDENSITY_H

#include "base/memory.h"
#include "genhep/evaluate.h"

enum { GH_BUMP_SIZES = 16 };

typedef struct gh_bump_settings {
    int64_t seed, centres, permutations;
    int64_t sizes, size[GH_BUMP_SIZES];           /* numbers of neighbours in all columns, rising; sizes 0: not looked at */
    int64_t axis_sizes, axis_size[GH_BUMP_SIZES]; /* the same along one column */
} gh_bump_settings;

/** rows (n,d) row-major: data first, then reference. At most as many centres as there are points; sizes below n, one at least.
 * GENHEP_E_NUMERIC (not finite), GENHEP_E_NOMEM. */
gh_status gh_overdensity(const gh_hooks *hooks, const gh_bump_settings *settings, int64_t n_data, const double *data,
                         int64_t n_reference, const double *reference, int64_t d, genhep_overdensity *result);

#endif
