/* conditions.h -- which columns a model is given and which it generates, and the preparation of both.
 *
 * The schema holds D columns in the order of the file: T targets and C conditions (options data.condition, data.target).
 * Targets go through the chain `prep` to P coordinates, conditions through `prep.condition` to Q numbers; the two chains
 * are fitted and stored apart, and a condition's is never inverted: conditions reach the output as they came. */
#ifndef GH_CONDITIONS_H
#define GH_CONDITIONS_H

#include "model/model.h"

/** Make the schema of `data` and choose its columns by the model's options.
 * @return GENHEP_E_OPTION: a pattern matches nothing, a column is both, nothing is left to generate */
gh_status gh_conditions_choose(genhep_model *model, const genhep_dataset *data);

/** Fit both preparations on `data`, a table with the model's columns, and keep the conditions of a few of its rows. */
gh_status gh_conditions_fit(genhep_model *model, const genhep_dataset *data);

/** Settings that a conditional model has unless the card says otherwise: latents from the prior, since those of a buffer
 * belong to the conditions of their events; no calibration, since a map of a marginal is not one of the conditional
 * distributions behind it. GENHEP_E_OPTION when the card asks for the buffer. */
gh_status gh_conditions_settings(genhep_model *model);

/** The same columns, preparation and examples in a copy of the model that has none of its own yet. */
gh_status gh_conditions_copy(const genhep_model *model, genhep_model *copy);

/** n rows of the schema's D columns, row i at rows + i*stride, to targets (n,T) and conditions (n,C); NULL: not wanted. */
void gh_conditions_split(const genhep_model *model, int64_t n, const double *rows, int64_t stride, double *targets,
                         double *conditions);

/** The other way: column j of the schema into rows + i*stride + j. */
void gh_conditions_join(const genhep_model *model, int64_t n, const double *targets, const double *conditions, double *rows,
                        int64_t stride);

/** Seed for preparing conditions: where they are dequantised, their random numbers are neither those of the targets of the
 * same event nor those of another stream. */
int64_t gh_condition_seed(int64_t seed, int64_t stream);

/** To and from an archive: schema/conditions, condition_prep/..., selftest/conditions. Nothing without conditions. */
gh_status gh_conditions_save(const genhep_model *model, gh_archive *archive);
gh_status gh_conditions_load(genhep_model *model, const gh_archive *archive);

#endif
