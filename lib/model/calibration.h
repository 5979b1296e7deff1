/* calibration.h -- the last touch of a trained generator: every prepared coordinate gets exactly the marginal of the
 * training rows, by a monotone map of its own; what the network learned between coordinates is left alone.
 *   T_j = Q_training,j o F_generated,j     piecewise linear between knots at normal quantiles z_k in [-3.8, 3.8]
 * Few knots (GH_CALIBRATION_KNOTS), since the densities are smooth in prepared coordinates and every knot adds noise;
 * beyond the last knot T shifts. The density of genhep_model_log_density is that of the network, before this map.
 * Fitted on at most GH_CALIBRATION_EVENTS generated events, drawn as the model's own options say. */
#ifndef GH_CALIBRATION_H
#define GH_CALIBRATION_H

#include "model/model.h"

#define GH_CALIBRATION_KNOTS 65
#define GH_CALIBRATION_EVENTS 524288

/** Fit on n training rows (n,P), with their prepared conditions (n,Q) or NULL, and store in the model, which nobody shares
 * yet. weights may be NULL; a negative one leaves the model as it is, with a line in the log. */
gh_status gh_calibration_fit(genhep_model *model, int64_t n, const gh_real *rows, const gh_real *conditions,
                             const gh_real *weights);

/** Map generated prepared rows (n,P) in place. */
void gh_calibration_apply(const genhep_model *model, int64_t n, double *prepared);

/** GENHEP_E_FORMAT unless both rows of knots of every coordinate rise: for tables that were read. */
gh_status gh_calibration_check(const genhep_model *model);

/** Piecewise linear map of x through rising knots from -> to; a shift outside. */
double gh_calibration_map(int64_t knots, const double *from, const double *to, double x);

/** Equal neighbours would make a map jump: numbers that do not fall become ones that rise, by a least step. */
void gh_calibration_rise(int64_t n, double *knots);

/** GENHEP_E_FORMAT naming `entry` unless every row of values (rows,knots), two a coordinate, is finite and rises. */
gh_status gh_calibration_rises(const char *entry, int64_t rows, int64_t knots, const double *values);

/** n (a multiple of GH_BLOCK) prepared rows drawn from the model, (n,P), before calibration. A conditional model generates
 * event k for row k modulo n_conditions of the prepared conditions (n_conditions,Q); NULL and 0 without. */
gh_status gh_generate_rows(const genhep_model *model, int64_t seed, int64_t n, const gh_real *conditions, int64_t n_conditions,
                           gh_real *rows);

#endif
