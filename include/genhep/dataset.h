/* dataset.h -- tables of events: N rows, D named columns with units, optional weights of either sign.
 *
 * Particle columns are <particle>_E|px|py|pz in GeV (or _pT|_eta|_phi with _m or _E); anything else is a plain column.
 * One thread at a time per handle.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_DATASET_H
#define GENHEP_DATASET_H

#include "options.h"

typedef struct genhep_dataset genhep_dataset;

#define GENHEP_FLOAT32 4
#define GENHEP_FLOAT64 8

/** A column. Set struct_size = sizeof before the call. Texts live as long as the handle; unit is "" when unknown. */
typedef struct genhep_column {
    int64_t struct_size;
    const char *name;
    const char *unit;
} genhep_column;

#ifdef __cplusplus
extern "C" {
#endif

/** Read a file of events: HDF5 table, CSV (.gz), .npy, LHE 3 (.gz) or LHEH5, recognised by content.
 * Options read: data.columns, data.weights, data.limit, data.offset, data.tail_cut.
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM, GENHEP_E_IO, GENHEP_E_FORMAT (damaged; a NaN; ragged row; wrong
 *         type), GENHEP_E_OPTION (no such column). The message names file, line or dataset, found and expected.
 * Ownership: *dataset is the caller's, free with genhep_dataset_free; the file is closed before returning.
 * Since 1.0. */
GENHEP_API genhep_status genhep_dataset_open(const char *path, const genhep_options *options, genhep_dataset **dataset);

/** Copy a table from memory.
 * @param options  may be NULL; gives the hooks
 * @param n_events N >= 0;  @param n_columns D >= 1
 * @param names    D names, unique and not empty; @param units D texts or NULL, single entries may be NULL
 * @param values   (N,D) row-major, row i at values + i*stride; @param stride >= D, in numbers
 * @param weights  N numbers of either sign, or NULL for unit weights
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_SHAPE, GENHEP_E_NOMEM, GENHEP_E_NUMERIC (a value is not finite).
 *         Since 1.0. */
GENHEP_API genhep_status genhep_dataset_from_arrays(const genhep_options *options, int64_t n_events, int64_t n_columns,
                                                    const char *const *names, const char *const *units,
                                                    const double *values, int64_t stride, const double *weights,
                                                    genhep_dataset **dataset);

/** Write the format of the name's ending: .h5 .csv .csv.gz .npy .lhe .lhe.gz .hepmc3 .hepmc3.gz .lheh5. A temporary
 * file in the same folder takes the name only when complete, so nothing half-written is ever seen.
 * Options read: data.storage, lhe.*. @return GENHEP_OK, _E_ARG, _E_NOMEM, _E_IO, _E_OPTION, _E_SHAPE (particles
 * missing). */
GENHEP_API genhep_status genhep_dataset_write(const genhep_dataset *dataset, const char *path,
                                              const genhep_options *options);

/** Rows first .. first+n-1 as a dataset of their own (names, units, attributes copied). */
GENHEP_API genhep_status genhep_dataset_slice(const genhep_dataset *dataset, int64_t first, int64_t n_events,
                                              genhep_dataset **slice);

/** Rows in an order shuffled by seed (Fisher-Yates on Philox): the same seed gives the same order everywhere. */
GENHEP_API genhep_status genhep_dataset_shuffle(const genhep_dataset *dataset, int64_t seed, genhep_dataset **shuffled);

GENHEP_API int64_t genhep_dataset_events(const genhep_dataset *dataset);  /* N; 0 for NULL */
GENHEP_API int64_t genhep_dataset_columns(const genhep_dataset *dataset); /* D; 0 for NULL */
GENHEP_API genhep_status genhep_dataset_column(const genhep_dataset *dataset, int64_t index, genhep_column *column);

/** Copy all values, (N,D) row-major with `stride` >= D; capacity in doubles, at least (N-1)*stride + D. */
GENHEP_API genhep_status genhep_dataset_values(const genhep_dataset *dataset, double *values, int64_t stride,
                                               int64_t capacity);

/** Copy N weights; ones where the table has none. *has_weights (may be NULL) tells which. */
GENHEP_API genhep_status genhep_dataset_weights(const genhep_dataset *dataset, double *weights, int64_t capacity,
                                                int32_t *has_weights);

/** Attributes of the file (process, sqrt_s_GeV, sigma_pb, ...), kept and passed on. The returned text lives until the
 * attribute is set again or the handle is freed; NULL when there is no such attribute. */
GENHEP_API const char *genhep_dataset_attribute(const genhep_dataset *dataset, const char *key);
GENHEP_API genhep_status genhep_dataset_set_attribute(genhep_dataset *dataset, const char *key, const char *value);

GENHEP_API void genhep_dataset_free(genhep_dataset *dataset); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
