/* reference.h -- targets seen from their conditions: the map that the option prep.reference puts behind the chain `prep`.
 *
 * A chain of its own takes the conditions to reference coordinates. A target coordinate x that has a namesake r among them
 * becomes a standard normal through its distribution at this r:
 *   y = x, or the angle x - r - s in (-pi, pi] when both are angles, s their circular mean difference
 *   u = Phi^-1(F(y - m(r) | r))
 * r is cut into bins of equal counts with centres c_b; m is the median of y, linear between the centres and on beyond the last
 * two; F is given by its quantiles in each bin (quantile_map.c), linear in r between the centres and constant beyond. Both are
 * invertible in x at every r. Coordinates without a namesake stay as they are. log |du/dx| is that of the quantile map.
 *
 * prep.peaks, 'm(*): mass, width', takes a coordinate first through the map of reference_peak.h, in which a resonance of this mass and width
 * stands still; mass and width are reference coordinates. m(r) is 0 then.
 *
 * Names are the same when they are equal without the columns' common prefix up to its last '_': cos(part_lm) and cos(det_lm).
 * Coordinates of other names are paired by a list, 'sum(*): energy ; share(a_*): energy': patterns of targets, name of the reference.
 * Several names behind commas: one bin, and behind it the map of reference_smooth.h.
 * Immutable once made: threads share one, each with its own gh_reference_work. Tests: tests/unit/test_reference.c. */
#ifndef GH_REFERENCE_H
#define GH_REFERENCE_H

#include "prep/prep.h"

typedef struct gh_reference gh_reference;
typedef struct gh_reference_work gh_reference_work; /* scratch of one thread for up to max_rows rows a call */

/** What is fitted on: n rows of targets behind their chain (n,P) and of conditions as they are (n,C), weights n or NULL. */
typedef struct gh_reference_data {
    int64_t n;
    const double *prepared, *conditions, *weights;
    const genhep_dataset *target_table, *condition_table; /* names of columns */
    int64_t seed;                                         /* for chains that dequantise */
    int64_t bins;
    const char *pairs;                                    /* the list; empty: names alone */
    const char *peaks;                                    /* the list; empty: none */
} gh_reference_data;

/** Takes over `chain`, the fitted chain of reference coordinates, in every case. GENHEP_E_OPTION when no coordinate has a namesake,
 * or a list names none, or a discrete or censored one, or a peak for one without a partner. */
gh_status gh_reference_fit(const gh_hooks *hooks, const gh_prep *targets, gh_prep *chain, const gh_reference_data *data,
                           gh_reference **reference);
gh_reference *gh_reference_retain(gh_reference *reference); /* NULL is fine */
void gh_reference_release(gh_reference *reference);         /* NULL is fine */

gh_status gh_reference_work_create(const gh_hooks *hooks, const gh_reference *reference, int64_t max_rows, gh_reference_work **work);
void gh_reference_work_free(gh_reference_work *work);

/** Conditions of n <= max_rows rows, row i at conditions + i*condition_stride, number first + i of `seed`; prepared rows in place,
 * row i at prepared + i*stride. @param log_jacobian n numbers to add to, or NULL.
 * @return GENHEP_E_NUMERIC when conditions are outside the domain of their chain. Allocation-free. */
gh_status gh_reference_forward(const gh_reference *reference, gh_reference_work *work, int64_t n, const double *conditions,
                               int64_t condition_stride, int64_t seed, int64_t first, double *prepared, int64_t stride,
                               double *log_jacobian);
gh_status gh_reference_inverse(const gh_reference *reference, gh_reference_work *work, int64_t n, const double *conditions,
                               int64_t condition_stride, int64_t seed, int64_t first, double *prepared, int64_t stride);

/** To and from the entries reference/..., reference_map/...; `width` is the number of target coordinates, `columns` of conditions. */
gh_status gh_reference_save(const gh_reference *reference, gh_archive *archive);
gh_status gh_reference_load(const gh_hooks *hooks, const gh_archive *archive, int64_t width, int64_t columns, gh_reference **reference);

#endif
