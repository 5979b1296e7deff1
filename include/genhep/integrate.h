/* integrate.h -- integrals over the unit box with learned random numbers: a B-VAE as proposal, VEGAS beside it.
 *
 * The estimate is exact for any state of training: a bad model costs statistics, never the right value. Points are drawn in
 * blocks, the integrand is called for many at once, always on the calling thread:
 *
 *   static int32_t f(void *user, int64_t n, int64_t dim, const double *x, double *values);
 *   genhep_integrator_create(2, f, NULL, options, &integrator);
 *   genhep_integrator_run(integrator, 1000000, &result);       trains first when nothing was trained yet
 *
 * Point k of (options, integrand) is bitwise the same for any number of threads and any split into calls at multiples of 256, on
 * one build and CPU type. One thread at a time per integrator. Method: docs/INTEGRATION.md.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_INTEGRATE_H
#define GENHEP_INTEGRATE_H

#include "trainer.h"

typedef struct genhep_integrator genhep_integrator;

/** The integrand: values[i] = f(x_i) for n <= 4096 points, x_i the `dim` numbers at x + i*dim, each inside (0,1).
 * @return 0; anything else ends the call that needed it with GENHEP_E_USER */
typedef int32_t (*genhep_integrand_fn)(void *user, int64_t n, int64_t dim, const double *x, double *values);

/** What a run found. Set struct_size = sizeof before the call; fields are only ever appended. Weights are w = f/density. */
typedef struct genhep_integral {
    int64_t struct_size;
    int64_t points;
    double integral;            /* mean of the weights */
    double error;               /* its standard deviation, from their spread */
    double chi2_ndf;            /* of ten parts of the run against the mean; 0 below 100 points */
    double efficiency;          /* unweighting efficiency of 2001.10028: mean |w| / max |w|. It falls with `points` */
    double efficiency_quantile; /* mean |w| over the 99.9 % quantile of |w|, not clipped */
    double ess;                 /* effective sample size a point, (sum |w|)^2 / (n sum w^2), 0..1 */
    double accepted;            /* share of points where f is not 0 */
    double largest_weight;
    int64_t training_points;    /* calls of f that training took */
    double seconds_training;
    double seconds_sampling;    /* of this run, the integrand's time included */
} genhep_integral;

#ifdef __cplusplus
extern "C" {
#endif

/** An integrator of f over the unit box (0,1)^dim.
 * @param dim     1 .. 256
 * @param options may be NULL; read: integrate.*, vegas.*, seed, sample.threads, and for training encoder.*, decoder.*,
 *                latent.*, loss.*, train.*, prep. Where those are not set, networks have 64 units, train.steps is 4000,
 *                train.lr 2e-3, loss.noise_start 0.6, data.validation 0.05, decoder.calibrate off, train.figure loss
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM. Since 1.0. */
GENHEP_API genhep_status genhep_integrator_create(int64_t dim, genhep_integrand_fn integrand, void *user,
                                                  const genhep_options *options, genhep_integrator **integrator);

/** Learn from the integrand: the grid of VEGAS, or the B-VAE on weighted points of f. Called again it learns anew.
 * @param progress as in genhep_trainer_run, may be NULL
 * @return GENHEP_OK, GENHEP_E_USER (a callback stopped it), GENHEP_E_NUMERIC (f is not finite, or vanishes nearly
 *         everywhere), GENHEP_E_NOMEM, GENHEP_E_OPTION, GENHEP_E_STATE (the model of _set_model does not fit). Since 1.0. */
GENHEP_API genhep_status genhep_integrator_adapt(genhep_integrator *integrator, genhep_progress_fn progress,
                                                 void *progress_user);

/** Integrate with n_points new points, behind those of earlier calls; they start at a new block of 256. Learns first where
 * nothing was learned.
 * @param n_points at least 2
 * @return as genhep_integrator_adapt, or GENHEP_E_ARG; the points of a failed call are drawn again by the next. Since 1.0. */
GENHEP_API genhep_status genhep_integrator_run(genhep_integrator *integrator, int64_t n_points, genhep_integral *result);

/** n_points new points with their weights, whose mean is the integral.
 * @param points   (N,dim) output, row i at points + i*stride
 * @param stride   >= dim, in numbers
 * @param capacity length of `points` in numbers, at least (N-1)*stride + dim
 * @param weights  N numbers
 * @return as genhep_integrator_run, or GENHEP_E_BUFFER. Since 1.0. */
GENHEP_API genhep_status genhep_integrator_draw(genhep_integrator *integrator, int64_t n_points, double *points, int64_t stride,
                                                int64_t capacity, double *weights);

/** n_points unweighted points: of new ones those that a uniform number below |w| / w_max keeps, w_max the largest weight of
 * the runs before. Weights are then 1, with the sign of f, and |w| / w_max above 1 where a new weight is larger. Arguments as
 * in genhep_integrator_draw.
 * @return as there, or GENHEP_E_STATE without a run, GENHEP_E_NUMERIC (none of a million points was kept). Since 1.0. */
GENHEP_API genhep_status genhep_integrator_unweight(genhep_integrator *integrator, int64_t n_points, double *points,
                                                    int64_t stride, int64_t capacity, double *weights);

/** Take this model instead of training one: a B-VAE that genhep_integrator_model gave for the same dim and integrate.map.
 * @param model must outlive the integrator; NULL goes back to a model of its own
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_STATE (no B-VAE with decoder noise for dim columns), GENHEP_E_OPTION (its
 *         preparation is not linear). Since 1.0. */
GENHEP_API genhep_status genhep_integrator_set_model(genhep_integrator *integrator, const genhep_model *model);

/** The B-VAE in use, for genhep_model_save; NULL before one was trained. Lives until the integrator learns anew or goes. */
GENHEP_API const genhep_model *genhep_integrator_model(const genhep_integrator *integrator);

GENHEP_API void genhep_integrator_free(genhep_integrator *integrator); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
