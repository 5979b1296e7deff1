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

/** The largest excess of data over a reference sample. Set struct_size = sizeof before the call; fields are only appended. */
typedef struct genhep_overdensity {
    int64_t struct_size;
    double p_value;         /* chance of one as significant anywhere, by permutations; uniform without a difference */
    double significance;    /* local, in standard deviations: (inside - expected)/sqrt(...) */
    int64_t centre;         /* the row around which it is, of the data or of the reference */
    int32_t centre_is_data;
    int64_t neighbours;     /* points inside: the nearest ones of the centre, or neighbours in a row along the axis */
    int64_t inside;         /* of them data */
    double expected;        /* data among so many points on average */
    double radius;          /* distance of the farthest, columns in units of their deviation */
    int64_t axis;           /* the column along which it is, -1: in the space of all */
} genhep_overdensity;

#ifdef __cplusplus
extern "C" {
#endif

/** The observables of a process, which genhep_evaluate compares, as a table: one row per event, in the order of the events,
 * with their weights and attributes.
 * @param process as in genhep_evaluate; @param options the hooks, may be NULL
 * @return GENHEP_OK, _E_ARG (also an unknown process), _E_NOMEM, _E_SHAPE (a particle or column is missing), _E_NUMERIC (an
 *         observable is not finite). Ownership: *observables is the caller's, free with genhep_dataset_free. Since 1.0. */
GENHEP_API genhep_status genhep_observables(const genhep_dataset *events, const char *process,
                                            const genhep_options *options, genhep_dataset **observables);

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

/** Where do data pile up over a reference sample? The numbers of points among the nearest neighbours of many centres, and of windows
 * along each column, with a p-value that counts all places looked at (method: lib/evaluate/overdensity.h). In the latent space of a
 * B-VAE, encoded data against encoded events of the model: a search for a bump without a signal model.
 * @param options  seed, bump.centres, bump.permutations, bump.neighbours, bump.axis_neighbours and the hooks; may be NULL
 * @param data (n_data, d), reference (n_reference, d) row-major without padding, at least 2 points each
 * @return GENHEP_OK, _E_ARG, _E_NOMEM, _E_NUMERIC (a number is not finite; no column varies), _E_SHAPE (fewer points than
 *         neighbours asked for), _E_OPTION (the two lists of neighbours). Any thread. Since 1.0. */
GENHEP_API genhep_status genhep_find_overdensity(const genhep_options *options, int64_t n_data, const double *data,
                                                 int64_t n_reference, const double *reference, int64_t d,
                                                 genhep_overdensity *result);

GENHEP_API int64_t genhep_evaluation_observables(const genhep_evaluation *evaluation);
GENHEP_API genhep_status genhep_evaluation_observable(const genhep_evaluation *evaluation, int64_t index,
                                                      genhep_observable *observable);
GENHEP_API void genhep_evaluation_free(genhep_evaluation *evaluation); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
