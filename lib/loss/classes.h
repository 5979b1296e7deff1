/* classes.h -- soft labels of generated events: softmax, differentiable counts, class and normalisation losses.
 *
 * A generator of labelled events gives C logits a row; c = softmax(logits), sum_k c_k = 1. The class of a row is its
 * largest label (the first one of equals). With m = max_k c_k
 *   f(c)      = exp(-alpha (1 - m^2)^(2 beta))          1 for a pure label, near 0 for an undecided one
 *   count_k   = (1 - r) c_k + r f(c) [k is the class]   ramp r in 0..1: soft counts first, sharp ones later
 *   class loss           (1 - <f>)^2                    <f> = sum_i w_i f_i / sum_i w_i
 *   normalisation loss   sum_s weight_s (S_s/S_base - ratio_s)^2,   S_s = sum of w_i count_k over rows and k in set s
 * Both look at the whole batch, so they take two passes over its rows: sums (slice by slice, added in order), then
 * gradients from the sums' derivatives. alpha > 0; beta >= 1/2, else f has no slope at m = 1.
 * Source: Butter, Plehn, Winterhalder 1912.08824. Derivation: docs/internals/ADVERSARIAL.md. */
#ifndef GH_CLASSES_H
#define GH_CLASSES_H

#include "base/real.h"
#include "base/status.h"

enum { GH_CLASSES = 16, GH_CLASS_SETS = 16 };

/** c = softmax of the C logits of each row; logits and c (N,C) may be the same. Logit rows are `stride` apart. */
void gh_softmax_forward(gh_real *c, const gh_real *logits, int64_t stride, int64_t N, int64_t C);

/** g_logits (rows at `stride`) = c_k (gc_k - sum_l gc_l c_l), assigned; c, gc (N,C). */
void gh_softmax_backward(gh_real *g_logits, int64_t stride, const gh_real *gc, const gh_real *c, int64_t N, int64_t C);

/** The class of each of N rows c (N,C). */
void gh_class_of(int32_t *classes, const gh_real *c, int64_t N, int64_t C);

/** Set s holds class k when bit k of members[s] is set. */
typedef struct gh_class_rules {
    int64_t classes; /* C */
    double alpha, beta;
    double ramp;         /* r, moved by the caller in the course of training */
    double class_weight; /* in front of the class loss */
    int64_t sets;        /* normalisation terms, without the base */
    uint32_t base;       /* members of the set that others are compared with */
    uint32_t members[GH_CLASS_SETS];
    double ratio[GH_CLASS_SETS];  /* sigma_s / sigma_base */
    double weight[GH_CLASS_SETS]; /* in front of each term */
} gh_class_rules;

/** @return GENHEP_OK, or GENHEP_E_OPTION: classes outside 2..GH_CLASSES, sets outside 0..GH_CLASS_SETS, a set that is
 * empty or names a class that is not there, alpha, beta or ramp out of range, a ratio or weight that is negative or not
 * finite */
gh_status gh_class_rules_check(const gh_class_rules *rules);

/** What a batch adds up to, and after gh_class_losses the losses' derivative by it. Add slices member by member. */
typedef struct gh_class_sums {
    double count[GH_CLASSES]; /* sum_i w_i count_k */
    double f;                 /* sum_i w_i f_i */
    double weight;            /* sum_i w_i */
} gh_class_sums;

/** sums += rows of c (N,C); weights (N) or NULL for ones, of either sign. */
void gh_class_sums_add(gh_class_sums *sums, const gh_class_rules *rules, const gh_real *c, const gh_real *weights,
                       int64_t N);

/** Losses of the batch: *class_loss = class_weight (1 - <f>)^2 and *norm_loss, each NULL when not wanted; slopes = the
 * derivative of their sum by sums.count and sums.f. S_base counts at least 1e-6 of the batch's weight, so that a batch
 * without base events gives a finite loss. @return the sum of both */
double gh_class_losses(const gh_class_rules *rules, const gh_class_sums *sums, gh_class_sums *slopes,
                       double *class_loss, double *norm_loss);

/** gc (N,C) += scale times the gradient of the losses by the rows of c. */
void gh_class_gradient(const gh_class_rules *rules, const gh_class_sums *slopes, const gh_real *c,
                       const gh_real *weights, double scale, int64_t N, gh_real *gc);

/** Soft membership in a set, sum of c_k over its members: a discriminator's weight of the row. share (N) =. */
void gh_class_share(gh_real *share, uint32_t members, const gh_real *c, int64_t N, int64_t C);

/** gc (N,C) += g_share (N) in the columns of the set. */
void gh_class_share_backward(gh_real *gc, uint32_t members, const gh_real *g_share, int64_t N, int64_t C);

#endif
