/* class_calibration.h -- the last touch of a trained subtraction: monotone maps of single coordinates, for every class, such that the
 * classes of a sample add up to its training rows. Samples are taken in turn, those first that have the fewest classes nothing is known of yet,
 * and fewest others. The open classes of sample i get one map together:
 *
 * None of its classes is closed: the map between quantiles of calibration.h, from their generated events to the rows.
 *
 * Else what is left,  p(x) = (sigma_i p_i(x) - sum over closed classes of sigma_k p_k(x)) / rest,  rest = sum over open classes of sigma_k,
 * p_i the density of the rows, p_k that of the generated events of a closed class behind its own map. In the rank r = G(x) of the open
 * classes' generated events p has the density w(r) = 1 + sum_m c_m phi_m(r), phi_m = sqrt 2 cos(pi m r), whose coefficients are means,
 * c_m = [sigma_i <phi_m>_i - sum_k sigma_k <phi_m>_k]/rest. As many waves as bins would bring the error of binned subtraction back: only the
 * first are taken (subtract.modes), and blocks of them are shrunk by their variance, so that an error that the rows do not show is left
 * as the network made it. The map is T = G^-1 o W^-1 o G, W(r) = r + sum_m c_m sqrt 2 sin(pi m r)/(pi m). Then the same, with a quarter of the
 * waves, within the upper and lower tenth of the events, and the upper and lower hundredth.
 *
 * Rows with negative weights have no quantiles: their samples get the second kind, with four times the waves, though nothing is taken away.
 * What the network learned between coordinates is left alone. Derivation: docs/internals/ADVERSARIAL.md. Tests:
 * tests/property/test_class_calibration.c. */
#ifndef GH_CLASS_CALIBRATION_H
#define GH_CLASS_CALIBRATION_H

#include "model/model.h"

enum {
    GH_CLASS_KNOTS = 257,
    GH_CLASS_MODES = 64,        /* at most */
    GH_CLASS_MODES_FACTOR = 4,  /* where nothing is taken away */
};

/** Prepared rows (n,P) of a sample, weights n of either sign or NULL. */
typedef struct gh_class_rows {
    int64_t n;
    const gh_real *rows, *weights;
} gh_class_rows;

/** One part of a density: n ranks with weights (NULL: ones), which are scaled to add up to sigma (of either sign); as certain as `events`
 * numbers of weight 1. */
typedef struct gh_density_part {
    double sigma, events;
    int64_t n;
    double *rank;
    const double *weights;
} gh_density_part;

/** Coefficients c_m, m = 1..modes, of the sum of parts in a window of the rank, where it is a density in (rank - low)/(high - low);
 * shrunk by the variance of the parts and of the `generated` events whose ranks they are. Zeros where the window is all but empty. The sum of
 * all sigma is above 0. */
void gh_class_modes(double low, double high, double generated, int64_t parts, const gh_density_part *part, int64_t modes, double *c);

/** W on an even grid of the rank from 0 to 1, where w below a least value counts as that; and its inverse, W^-1(level), 0 to 1. */
enum { GH_CLASS_GRID = 4096 };
void gh_class_rank_map(int64_t modes, const double *c, double W[GH_CLASS_GRID + 1]);
double gh_class_rank_inverse(const double W[GH_CLASS_GRID + 1], double level);

/** Fit with `modes` modes on the rows of all samples, in the order of the class table, and store in the model, which nobody shares yet and whose
 * fractions are measured. Classes without enough generated events, of which the log speaks, keep their coordinates. */
gh_status gh_class_calibration_fit(genhep_model *model, int64_t modes, const gh_class_rows *samples);

/** Map generated prepared rows (n,P) of the wanted classes (bit k for class k; 0: all) in place. */
void gh_class_calibration_apply(const genhep_model *model, uint32_t wanted, int64_t n, const int32_t *classes, double *prepared);

/** Entry classes/calibration, where the model has maps or the file has them. GENHEP_E_FORMAT: knots that do not rise. */
gh_status gh_class_calibration_save(const genhep_model *model, gh_archive *archive);
gh_status gh_class_calibration_load(genhep_model *model, const gh_archive *archive);

#endif
