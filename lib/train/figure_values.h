/* figure_values.h -- numbers that the figure chi2 looks at beside coordinates and pairs (train.figure_values): a narrow mass peak is
 * invisible in momenta and their pairs, so without it weights whose peak is far too broad can be the best ones. */
#ifndef GH_FIGURE_VALUES_H
#define GH_FIGURE_VALUES_H

#include "train/adversarial/event_values.h"
#include "train/figure.h"

typedef struct gh_figure_values {
    gh_event_values values;
    gh_real *truth;    /* (n_validation, count) */
    gh_figure figure;  /* of the values and their pairs */
} gh_figure_values;

/** Read the list; an empty one is valid and looks at nothing. Free with gh_figure_values_free, also after a failure. */
gh_status gh_figure_values_create(const genhep_model *model, const char *list, int64_t n_train, const gh_real *rows, gh_figure_values *f);
void gh_figure_values_free(gh_figure_values *f);

/** Mean chi2/ndf between n validation rows (n,P) with weights or NULL and at least `events` rows drawn from an unconditional model, over
 * all values, their sums and differences in units of the training rows' deviations. The same rows must be given every time. */
gh_status gh_figure_values_chi2(gh_figure_values *f, const genhep_model *model, int64_t seed, int64_t n, const gh_real *rows,
                                const gh_real *weights, int64_t events, double *value);

#endif
