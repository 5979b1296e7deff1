/* gbdt.h -- gradient-boosted trees on histograms for two classes, and the classifier two-sample test.
 *
 * Method: each feature is cut into at most 255 bins at its quantiles; trees grow best leaf first on the histograms of
 * the log loss's gradients; a larger child's histogram is its parent's minus its sibling's. Gradients are rounded to a
 * fixed point scale and added as integers, so sums are exact and independent of their order, and subtraction loses
 * nothing. docs/internals/EVALUATION.md explains the numbers. */
#ifndef GH_GBDT_H
#define GH_GBDT_H

#include "base/memory.h"

/** Two classes of rows. Row r < n[0] is row r of class 0, the others row r - n[0] of class 1. */
typedef struct gh_two_classes {
    int64_t features;
    int64_t n[2];
    const double *const *columns[2]; /* columns[class][feature] has n[class] numbers */
    const double *weights[2];        /* n[class] numbers >= 0, or NULL for unit weights */
} gh_two_classes;

typedef struct gh_gbdt_settings {
    int64_t trees;       /* at most */
    int64_t leaves;      /* per tree, at most 255 */
    int64_t least_rows;  /* in a leaf */
    double rate;         /* learning rate */
    double validation;   /* share of the training rows kept back to stop early; 0: none, all trees are grown */
    int64_t patience;    /* stop when the validation loss has not improved for so many trees */
    double tolerance;    /* by at least so much */
    int64_t seed;
} gh_gbdt_settings;

/** The settings of the classifier test: 200 trees of 31 leaves, 20 rows a leaf, rate 0.1, 10 % validation. */
gh_gbdt_settings gh_gbdt_defaults(int64_t seed);

typedef struct gh_gbdt gh_gbdt;

/** Train on the listed rows (at most 2^20). @return GENHEP_E_SHAPE (too few rows), GENHEP_E_NUMERIC (no weight),
 * _E_NOMEM */
gh_status gh_gbdt_train(const gh_hooks *hooks, const gh_gbdt_settings *settings, const gh_two_classes *data,
                        const int64_t *rows, int64_t n_rows, gh_gbdt **model);

/** scores[i] = log odds of class 1 for row rows[i]. */
gh_status gh_gbdt_predict(const gh_gbdt *model, const gh_two_classes *data, const int64_t *rows, int64_t n_rows,
                          double *scores);
int64_t gh_gbdt_trees(const gh_gbdt *model);
void gh_gbdt_free(gh_gbdt *model); /* NULL is fine */

/** Area under the ROC curve: the chance that a row of class 1 scores above one of class 0, ties count one half.
 * @param weights n numbers >= 0, or NULL. @return GENHEP_E_SHAPE when a class is empty, GENHEP_E_NOMEM */
gh_status gh_auc(const gh_hooks *hooks, int64_t n, const double *scores, const unsigned char *classes,
                 const double *weights, double *auc);

/** Classifier two-sample test: train on one random half of the equalised classes, area on the other, folded to >= 0.5.
 * @param error  standard deviation of the unfolded area for equal distributions: sqrt((n0 + n1 + 1)/(12 n0 n1)) with
 * the (effective) numbers of test rows of the two classes */
gh_status gh_classifier_test(const gh_hooks *hooks, const gh_two_classes *data, int64_t seed, double *auc,
                             double *error);

#endif
