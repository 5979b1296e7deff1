/* subgan.h -- the subtraction GAN's generator (Butter, Plehn, Winterhalder 1912.08824): events with a class each.
 *
 * subtract.labels = softmax: noise to P coordinates and C numbers a_k, labels c = softmax(gain a); the class is the largest.
 *   generator.skip = off   x = Y_x,            a = Y_a
 *                    on    x = z_x + Y_x,      a = g(z_a) + Y_a  L = P + C noise numbers, g gives Gumbel numbers: training starts at
 *                          independent coordinates with classes that depend on nothing, and Y_a has to learn the logarithms of
 *                          the classes' shares at x; the labels are sharp because the gain is large, not because the network is steep
 * subtract.labels = stratified: the class is an input (one of C), x = Y_x (+ z_x), and every class has a rate
 *   r = softmax(b), b learned: labels are pure by construction.
 * Training: train/subtraction/. Derivations: docs/internals/ADVERSARIAL.md. */
#ifndef GH_SUBGAN_H
#define GH_SUBGAN_H

#include "model/model.h"

/** The table of classes from the option, and cross sections of the samples from options or attributes of their tables. GENHEP_E_OPTION, GENHEP_E_SHAPE: tables and
 * classes do not belong together; a sample without a cross section, or with one that its classes cannot have. */
gh_status gh_subgan_set_sigmas(genhep_model *model, const genhep_dataset *const *datasets, int64_t n_datasets);

/** All tables as one for the preparation, weighted (prep.pool = generated) as their events stand among the generated ones of all classes: maps to normals that
 * are fitted on it make independent coordinates the right start. GENHEP_E_NUMERIC: a sample's weights do not add up to more than 0. */
gh_status gh_subgan_pool(const genhep_model *model, const genhep_dataset *const *datasets, int64_t n_datasets, genhep_dataset **pooled);

/** Inputs of the generator for rows first.. of a batch: noise (N,L), and behind it the class of row i, i modulo C. */
void gh_subgan_input(const genhep_model *model, int64_t first, int64_t N, const gh_real *noise, gh_real *input);

/** Rates of the classes (C), softmax of the trained numbers. Stratified models only. */
void gh_subgan_rates(const genhep_model *model, gh_real *rates);

/** Outputs Y (N,O) of rows first.. of a batch to coordinates X (N,P) and labels c (N,C): softmax(gain a), or the row's class
 * with weight rate * batch / rows of this class in the batch, so that means over the batch are rates. */
void gh_subgan_output(const genhep_model *model, double gain, const gh_real *rates, int64_t batch, int64_t first, int64_t N,
                      const gh_real *noise, const gh_real *Y, gh_real *X, gh_real *c);

/** Backward: gX, gc to gY (N,O), assigned; to the rates' gradient (C), added. gc is used up. */
void gh_subgan_output_backward(const genhep_model *model, double gain, int64_t batch, int64_t first, int64_t N, const gh_real *gX, gh_real *gc,
                               const gh_real *c, gh_real *gY, double *g_rates);

/** n (a multiple of GH_BLOCK) rows drawn from the model: coordinates (n,P) and classes (n). *purity, where not NULL: share of the
 * rows whose largest label is above 0.99. */
gh_status gh_subgan_rows(const genhep_model *model, int64_t seed, int64_t n, gh_real *rows, int32_t *classes, double *purity);

/** Measure fractions and purity of a model that nobody shares yet. */
gh_status gh_subgan_measure(genhep_model *model);

/** Which classes `subtract.class` asks for and what their events weigh, in pb, such that the mean weight is the cross section of the sum. */
gh_status gh_subgan_draw(const genhep_model *model, const char *sum, gh_draw *draw);

/** GENHEP_E_STATE unless the chosen classes can be drawn: measured, and not too rare. */
gh_status gh_subgan_check_draw(const genhep_model *model, const gh_draw *draw);

gh_status gh_subgan_save(const genhep_model *model, gh_archive *archive);
gh_status gh_subgan_load(genhep_model *model, const gh_archive *archive);

#endif
