/* prep.h -- the way between an event's columns and the numbers that a network sees, and back.
 *
 * A preparation is a chain of stages (option `prep`, comma-separated), each invertible with a log-Jacobian, fitted once on
 * the training data and kept in the model file. Everything is computed in double. Rows are processed in blocks.
 *
 *   columns (D) --forward--> prepared numbers (P), log |det d prepared / d free coordinates|
 *   prepared (P) --inverse--> columns (D), then `finish` rounds to the output type and restores exact constraints
 *
 * Immutable after gh_prep_fit/load: any number of threads may use one, each with its own gh_prep_work. */
#ifndef GH_PREP_H
#define GH_PREP_H

#include "base/archive.h"
#include "base/options.h"
#include "base/philox.h"
#include "data/dataset.h"

typedef struct gh_prep gh_prep;
typedef struct gh_prep_work gh_prep_work; /* scratch of one thread for up to max_rows rows a call */

/** Build the chain from the options (prep, prep.*, data.particles, data.masses) and fit its constants on `data`.
 * @return GENHEP_E_OPTION (unknown stage, particle or column), GENHEP_E_SHAPE, GENHEP_E_NUMERIC, GENHEP_E_NOMEM */
gh_status gh_prep_fit(const gh_hooks *hooks, const genhep_options *options, const genhep_dataset *data, gh_prep **prep);
void gh_prep_free(gh_prep *prep);

int64_t gh_prep_columns(const gh_prep *prep); /* D */
int64_t gh_prep_width(const gh_prep *prep);   /* P */

/** Free uniform numbers the inverse takes per event (azimuth redrawn): at most a handful, 0 for most chains. */
int64_t gh_prep_uniforms(const gh_prep *prep);

/** Name of the first stage that the inverse does not undo ('drop', for conditions only), NULL without one. */
const char *gh_prep_forward_only(const gh_prep *prep);

/** Name of prepared coordinate j ("m(Z)", "cos(mum)", or a column's name). Lives with the prep. */
const char *gh_prep_name(const gh_prep *prep, int64_t j);

/** Is prepared coordinate j censored, so that 0 says no more than "0 or below"? (stage `suppress`) */
int gh_prep_is_censored(const gh_prep *prep, int64_t j);

/** The named reference measure of the density, one line: "dm(Z) dy(Z) dcos(mum) dphi(mum)" for example. */
const char *gh_prep_measure(const gh_prep *prep);

gh_status gh_prep_work_create(const gh_hooks *hooks, const gh_prep *prep, int64_t max_rows, gh_prep_work **work);
void gh_prep_work_free(gh_prep_work *work);

/** Prepare n <= max_rows rows. Dequantisation takes Philox numbers of (seed, GH_RANDOM_PREP, item = first + i).
 * @param log_jacobian n numbers or NULL: log |det d prepared / d reference coordinates|. A dequantised category counts
 *        log share - log pdf(z): added to log p(z) it gives the category's probability (counting measure), exactly its
 *        share in the training data where the model's z is normal
 * @return GENHEP_E_NUMERIC naming the row and the coordinate when an event is outside the domain (a negative mass ...) */
gh_status gh_prep_forward(const gh_prep *prep, gh_prep_work *work, int64_t n, const double *rows, int64_t row_stride,
                          int64_t seed, int64_t first, double *prepared, int64_t stride, double *log_jacobian);

/** Back to columns. @param uniforms (n, gh_prep_uniforms) numbers in (0,1), NULL when none are needed
 * @param float_output 1: momenta are rounded to float before exact constraints (balance, energy) are restored, so that they
 *        hold bit for bit in the caller's float buffer; 0: the same in double. Never fails for finite input: values outside
 *        the domain are moved to its edge. Allocation-free. */
void gh_prep_inverse(const gh_prep *prep, gh_prep_work *work, int64_t n, const double *prepared, int64_t stride,
                     const double *uniforms, int float_output, double *rows, int64_t row_stride);

/** To and from the entries <root>/columns, <root>/<k>/stage, ... `root` has at most 31 bytes. */
gh_status gh_prep_save(const gh_prep *prep, const char *root, gh_archive *archive);
gh_status gh_prep_load(const gh_hooks *hooks, const char *root, const gh_archive *archive, gh_prep **prep);

#endif
