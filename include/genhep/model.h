/* model.h -- trained or trainable generators of events.
 *
 * A model is immutable once created and may be shared by any number of threads. Families sit behind one handle:
 * the B-VAE (and, as settings of it, AE, VAE and beta-VAE), the GAN (with conditions: FCGAN), the subtraction GAN and
 * `independent`, the baseline without a network.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_MODEL_H
#define GENHEP_MODEL_H

#include "dataset.h"

typedef struct genhep_model genhep_model;

#ifdef __cplusplus
extern "C" {
#endif

/** Create an untrained model. Schema and preparation constants are taken from the first table (marginals of
 * `independent` from all); the network gets start weights from `seed`. `genhep_model_create` chooses the family by the
 * option model.family; the constructors by family fix it (genhep_bvae_create accepts model.family = bvae, vae, ae or
 * beta-vae and takes bvae when none is set).
 * @param options    may be NULL
 * @param datasets   n_datasets tables with the same columns; read during the call only
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM, GENHEP_E_OPTION, GENHEP_E_SHAPE, GENHEP_E_NUMERIC.
 * A subtraction (genhep_subgan_create, model.family = subgan) takes one table for each sample that the option `classes`
 * names, in the order base, subtract, add, subtract2, add2, ... add4; its preparation is fitted on all of them together.
 * Cross sections come from the options data.base.sigma ... or the tables' attribute sigma_pb (GENHEP_E_OPTION without). Its trainer takes the
 * same tables.
 * Methods: docs/internals/BVAE.md (Otten et al., Nature Comm. 12 (2021) 2985), docs/internals/ADVERSARIAL.md (Butter et al.,
 * 1907.03764; with conditions, genhep_fcgan_create, 1912.00477; subtraction 1912.08824). Since 1.0. */
GENHEP_API genhep_status genhep_model_create(const genhep_options *options, const genhep_dataset *const *datasets,
                                             int64_t n_datasets, genhep_model **model);
GENHEP_API genhep_status genhep_bvae_create(const genhep_options *options, const genhep_dataset *const *datasets,
                                            int64_t n_datasets, genhep_model **model);
GENHEP_API genhep_status genhep_gan_create(const genhep_options *options, const genhep_dataset *const *datasets,
                                           int64_t n_datasets, genhep_model **model);
GENHEP_API genhep_status genhep_fcgan_create(const genhep_options *options, const genhep_dataset *const *datasets,
                                             int64_t n_datasets, genhep_model **model);
GENHEP_API genhep_status genhep_subgan_create(const genhep_options *options, const genhep_dataset *const *datasets,
                                              int64_t n_datasets, genhep_model **model);
GENHEP_API genhep_status genhep_independent_create(const genhep_options *options, const genhep_dataset *const *datasets,
                                                   int64_t n_datasets, genhep_model **model);

/** Read a model file. Everything is copied and the file closed before the call returns. One thread at a time in the
 * whole process (libhdf5 is often built without locks); the resulting model has no such limit.
 * @param options may be NULL; only its hooks are used
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM, GENHEP_E_IO, GENHEP_E_FORMAT, GENHEP_E_VERSION. Since 1.0. */
GENHEP_API genhep_status genhep_model_open(const char *path, const genhep_options *options, genhep_model **model);

/** As genhep_model_open, from the `size` bytes of a model file in memory; the bytes may be freed afterwards. */
GENHEP_API genhep_status genhep_model_open_memory(const void *bytes, int64_t size, const genhep_options *options,
                                                  genhep_model **model);

/** Write a model file: temporary name, fsync, rename.
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM, GENHEP_E_IO, GENHEP_E_SHAPE (more than 65536 columns). */
GENHEP_API genhep_status genhep_model_save(const genhep_model *model, const char *path);

/** Repeat the self-test stored with the model (fixed seed -> expected events).
 * @return GENHEP_OK; GENHEP_E_STATE when the model holds none (it has a network and did not come from a trainer);
 *         GENHEP_E_NUMERIC when the events differ by more than 1e-5 of a column's spread, the message names the worst
 *         column. */
GENHEP_API genhep_status genhep_model_verify(const genhep_model *model);

GENHEP_API int64_t genhep_model_columns(const genhep_model *model);    /* D of an event; 0 for NULL */
GENHEP_API int64_t genhep_model_conditions(const genhep_model *model); /* C of a condition; 0 for NULL */
GENHEP_API int64_t genhep_model_latents(const genhep_model *model);    /* L; 0 for a family without latents */
GENHEP_API genhep_status genhep_model_column(const genhep_model *model, int64_t index, genhep_column *column);

/** Condition `index` of 0..C-1: the column that number `index` of a condition is; conditions stand in the schema's order.
 * @return GENHEP_OK, GENHEP_E_ARG (no such condition). Since 1.0. */
GENHEP_API genhep_status genhep_model_condition(const genhep_model *model, int64_t index, genhep_column *column);

/** A class of a subtraction's events. Set struct_size = sizeof before the call; fields are only ever appended. */
typedef struct genhep_class {
    int64_t struct_size;
    const char *name; /* lives with the model */
    int32_t samples;  /* to which it belongs: 1 base + 2 subtract + 4 add + 8 subtract2 + 16 add2 + ... + 256 add4 */
    double fraction;  /* of generated events of all classes; 0 before it is measured, when a trainer hands a model out */
    double sigma_pb;  /* cross section: fractions scaled so that every sample has its own */
} genhep_class;

GENHEP_API int64_t genhep_model_classes(const genhep_model *model); /* 0 for NULL and families without classes */
GENHEP_API genhep_status genhep_model_class(const genhep_model *model, int64_t index, genhep_class *info);

/** One JSON object: family, library version, schema, reference measure of the density, options, provenance, figures.
 * @param buf, capacity as in genhep_options_get_text; @param length full length without NUL, may be NULL
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM, GENHEP_E_BUFFER (*length is set, nothing written). */
GENHEP_API genhep_status genhep_model_info(const genhep_model *model, char *buf, int64_t capacity, int64_t *length);

/** Attributes of the training file that were kept (process, sigma_pb, ...); NULL when absent. Lives with the model. */
GENHEP_API const char *genhep_model_attribute(const genhep_model *model, const char *key);

/** Encode events: mean and standard deviation of q(z|x), given the conditions among their columns where the model has
 * some, each (N,L) row-major without padding; sigma may be NULL.
 * @param events (N,D) in the units of the schema, row i at events + i*stride
 * @return GENHEP_OK, _E_ARG, _E_STATE (family without an encoder), _E_NOMEM, _E_NUMERIC. Any thread. */
GENHEP_API genhep_status genhep_model_encode(const genhep_model *model, int64_t n_events, const double *events,
                                             int64_t stride, double *mu, double *sigma);

/** Principal components of the latent space: of the means in the information buffer, weighted as their events. Scores of a
 * latent vector are vectors (z - mean); latent.box and latent.shift speak of these components (Otten et al., 1901.00875).
 * @param mean      L numbers, may be NULL
 * @param variances L numbers, falling, may be NULL; their sum is the trace of the covariance
 * @param vectors   (L,L) row-major, component k in row k, orthonormal, its largest number positive; may be NULL
 * @return GENHEP_OK, _E_ARG, _E_STATE (no information buffer), _E_NOMEM. Any thread. Since 1.0. */
GENHEP_API genhep_status genhep_model_components(const genhep_model *model, double *mean, double *variances,
                                                 double *vectors);

/** Decode latents (N,L) to the mean event, (N,D) with `stride` >= D. No noise is added. For a conditional model the
 * condition columns of `events` are read and stay; the others are written. */
GENHEP_API genhep_status genhep_model_decode(const genhep_model *model, int64_t n_events, const double *latents,
                                             double *events, int64_t stride);

/** log p(x) per event, or log p(targets | conditions), with respect to the reference measure that genhep_model_info
 * names: exact for `independent`, an importance-weighted lower bound in expectation for the VAE family (option
 * density.samples).
 * @return GENHEP_OK, _E_ARG, _E_STATE, _E_NOMEM, _E_NUMERIC. */
GENHEP_API genhep_status genhep_model_log_density(const genhep_model *model, const genhep_options *options,
                                                  int64_t n_events, const double *events, int64_t stride,
                                                  double *log_density);

/** log p(z) of the latent means of events under the information buffer, p(z) = sum_i w_i N(mu_i, (alpha sigma_i + gamma)^2): low
 * where training events are rare. Options read: score.entries, latent.alpha, latent.gamma; of the latter two those not set here
 * come from the model.
 * @return GENHEP_OK, _E_ARG, _E_STATE (no encoder, no buffer, or entries without a width), _E_NOMEM, _E_NUMERIC. Any thread. Since 1.0. */
GENHEP_API genhep_status genhep_model_buffer_density(const genhep_model *model, const genhep_options *options,
                                                     int64_t n_events, const double *events, int64_t stride,
                                                     double *log_density);

GENHEP_API void genhep_model_free(genhep_model *model); /* after its last sampler and trainer; NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
