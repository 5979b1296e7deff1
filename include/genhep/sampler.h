/* sampler.h -- draw events from a model.
 *
 * Event k of (model, seed, stream) is bitwise the same whatever the split into calls, the number of threads or a _seek,
 * on one build and CPU type, or with one sample.kernel; with conditions it depends on its own conditions besides, not on
 * those of others. A sampler owns all its scratch: drawing allocates nothing. One thread at a time per sampler; any
 * number of samplers may share a model, which must outlive them.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_SAMPLER_H
#define GENHEP_SAMPLER_H

#include "model.h"

typedef struct genhep_sampler genhep_sampler;

/** A host's own generator: uniform numbers in the open interval (0,1). */
typedef double (*genhep_uniform_fn)(void *user);

#ifdef __cplusplus
extern "C" {
#endif

/** Options read: seed, latent.source, latent.pick, latent.alpha, latent.gamma, latent.box, latent.shift,
 * sample.noise and subtract.class, where
 * those not set here come from the model; sample.stream, sample.threads and sample.kernel, where those not set here have
 * their defaults, whatever the model says.
 * @return GENHEP_OK, _E_ARG, _E_NOMEM, _E_OPTION (also a sample.kernel that this CPU lacks), _E_STATE (model without
 *         what was asked). Since 1.0. */
GENHEP_API genhep_status genhep_sampler_create(const genhep_model *model, const genhep_options *options,
                                               genhep_sampler **sampler);

/** Draw the next n_events.
 * @param n_events    N >= 0; 0 is a valid no-op
 * @param cond        (N,C) in the units of the schema, row i at cond + i*cond_stride; NULL when C == 0. Column k is
 *                    genhep_model_condition(model, k)
 * @param cond_stride >= C, in numbers; not read when C == 0
 * @param events      (N,D) output, row i at events + i*stride; columns and units from genhep_model_column. Columns
 *                    that are conditions hold the numbers of `cond`, unchanged (rounded in float output)
 * @param stride      >= D, in numbers
 * @param capacity    length of `events` in numbers, at least (N-1)*stride + D
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_SHAPE (conditions are given and the model takes none, or
 *         the reverse), GENHEP_E_BUFFER (too small, nothing written), GENHEP_E_NUMERIC (a condition is not finite or
 *         outside the domain of its preparation, or a result is not finite; the contents of `events` are then
 *         unspecified and the position is unchanged)
 * Ownership: all buffers stay with the caller. Method: docs/internals/SAMPLING.md. Since 1.0. */
GENHEP_API genhep_status genhep_sampler_draw_float(genhep_sampler *sampler, int64_t n_events, const double *cond,
                                                   int64_t cond_stride, float *events, int64_t stride,
                                                   int64_t capacity);
GENHEP_API genhep_status genhep_sampler_draw_double(genhep_sampler *sampler, int64_t n_events, const double *cond,
                                                    int64_t cond_stride, double *events, int64_t stride,
                                                    int64_t capacity);

/** As above, with the weights of the events: ones, but for a subtraction, which draws events of the classes that
 * subtract.class names. Their mean is then the cross section of the sum in pb; classes that count negatively have
 * negative weights.
 * @param weights N numbers, may be NULL. Since 1.0. */
GENHEP_API genhep_status genhep_sampler_draw_weighted_float(genhep_sampler *sampler, int64_t n_events, const double *cond,
                                                            int64_t cond_stride, float *events, int64_t stride,
                                                            int64_t capacity, double *weights);
GENHEP_API genhep_status genhep_sampler_draw_weighted_double(genhep_sampler *sampler, int64_t n_events,
                                                             const double *cond, int64_t cond_stride, double *events,
                                                             int64_t stride, int64_t capacity, double *weights);

/** One event out of an internal block: what a Monte Carlo code calls per event.
 * @param cond C numbers or NULL; @param event D doubles; @param weight its weight as above, may be NULL
 * @return as genhep_sampler_draw_double. */
GENHEP_API genhep_status genhep_sampler_next(genhep_sampler *sampler, const double *cond, double *event,
                                             double *weight);

/** Position: the number of the event that the next call returns, and going there. GENHEP_E_STATE after _set_uniform. */
GENHEP_API genhep_status genhep_sampler_seek(genhep_sampler *sampler, int64_t event);
GENHEP_API genhep_status genhep_sampler_tell(const genhep_sampler *sampler, int64_t *event);

/** Take all randomness from the host from now on; NULL goes back to Philox at the present position. With a host's
 * numbers events are computed in the order of the numbers, on one thread, and _seek answers with GENHEP_E_STATE. */
GENHEP_API genhep_status genhep_sampler_set_uniform(genhep_sampler *sampler, genhep_uniform_fn uniform, void *user);

/** The instructions that the sampler computes its network with: "amx", "avx512", "avx2" or "blas", and "none" without
 * a network. The last digits of events depend on it, and nothing else.
 * @return static text, "" for NULL. Since 1.0. */
GENHEP_API const char *genhep_sampler_kernel(const genhep_sampler *sampler);

GENHEP_API void genhep_sampler_free(genhep_sampler *sampler); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
