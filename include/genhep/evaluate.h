/* evaluate.h -- compare generated events with truth, per observable and as a whole.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_EVALUATE_H
#define GENHEP_EVALUATE_H

#include "dataset.h"

typedef struct genhep_evaluation genhep_evaluation;

/** Histograms of one observable for a plot. Set struct_size = sizeof before the call. Arrays live with the handle.
 * Bin b spans edges[b]..edges[b+1]; truth and generated are densities (per unit of the observable, unit area over all
 * events), the errors their standard deviations from the weights. */
typedef struct genhep_observable {
    int64_t struct_size;
    const char *name;
    const char *unit;
    int64_t bins;
    const double *edges;
    const double *truth;
    const double *truth_error;
    const double *generated;
    const double *generated_error;
    double chi2_ndf;
    double w1;
    double w1_floor;
    double ks;
    double ks_p;
} genhep_observable;

#ifdef __cplusplus
extern "C" {
#endif

/** Evaluate.
 * @param truth, generated  tables; every column of truth must be in generated (order free)
 * @param train    the training sample for neighbour_ratio and duplicates, or NULL
 * @param process  zmumu, dy, ttbar_6q, ttbar_jets, zw, cms or generic: which composite observables are built; NULL means generic
 * @param options  evaluate.max, seed and the hooks; may be NULL
 * @return GENHEP_OK, _E_ARG, _E_NOMEM, _E_SHAPE (a column is missing, too few rows), _E_NUMERIC. Since 1.0. */
GENHEP_API genhep_status genhep_evaluate(const genhep_dataset *truth, const genhep_dataset *generated,
                                         const genhep_dataset *train, const char *process,
                                         const genhep_options *options, genhep_evaluation **evaluation);

/** All figures as one JSON object (keys: docs/FIGURES.md). Lives with the handle. */
GENHEP_API const char *genhep_evaluation_json(const genhep_evaluation *evaluation);

/** One figure by name: auc, auc_error, chi2_ndf_median, chi2_ndf_max, w1_mean, w1_floor_mean, correlation_distance,
 * balance, shell (of the generated sample), neighbour_ratio, duplicates; or chi2_ndf(NAME), w1(NAME), w1_floor(NAME),
 * ks(NAME), ks_p(NAME) of an observable; of process ttbar_jets score_1d, score_1d_ceiling, score_1d_training, holes, score_2d,
 * physicality.
 * @return GENHEP_OK, GENHEP_E_ARG (no such figure, or not computed from these samples: the message says which). */
GENHEP_API genhep_status genhep_evaluation_figure(const genhep_evaluation *evaluation, const char *name, double *value);

GENHEP_API int64_t genhep_evaluation_observables(const genhep_evaluation *evaluation);
GENHEP_API genhep_status genhep_evaluation_observable(const genhep_evaluation *evaluation, int64_t index,
                                                      genhep_observable *observable);
GENHEP_API void genhep_evaluation_free(genhep_evaluation *evaluation); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
