/* events.h -- what the readers and writers of event files share; one file a format. */
#ifndef GH_EVENTS_H
#define GH_EVENTS_H

#include "base/options.h"
#include "data/dataset.h"
#include "io/bytes.h"

/** Which columns of a file become columns of the table, and which one the weights. */
typedef struct gh_plan {
    int64_t *columns; /* indices among the file's columns */
    int64_t count;
    int64_t weight;    /* the file's column that holds the weights, -1: none */
    int all_columns;   /* data.columns is empty */
    int file_weights;  /* weights that stand beside the columns are wanted */
    const char *named; /* data.weights when it names no column: a dataset's name, for HDF5; else NULL */
} gh_plan;

/** Resolve data.columns and data.weights. `usual` is the column that holds weights unless the options say otherwise, or
 * -1. Free with gh_plan_free. */
gh_status gh_plan_make(const gh_hooks *hooks, const genhep_options *options, const char *path, const char *const *names,
                       int64_t d, int64_t usual, gh_plan *plan);
void gh_plan_free(const gh_hooks *hooks, gh_plan *plan);

/** GENHEP_E_OPTION when data.weights names something that the format cannot have. */
gh_status gh_plan_no_dataset(const gh_plan *plan, const char *path, const char *const *names, int64_t d);

/** Rows to read out of `rows` by data.offset and data.limit. GENHEP_E_FORMAT "no events" when rows is 0. */
gh_status gh_rows_wanted(const genhep_options *options, const char *path, int64_t rows, int64_t *first, int64_t *count);

/** Table with the planned columns; names and units (may be NULL) are those of the file. */
gh_status gh_plan_table(const gh_hooks *hooks, const gh_plan *plan, const char *const *names, const char *const *units,
                        int64_t n, int with_weights, genhep_dataset **dataset);

/** Name `j` of columns without names: "col_0", ... Free each and the array with gh_free_names. */
gh_status gh_number_names(const gh_hooks *hooks, int64_t d, char ***names);
void gh_free_names(const gh_hooks *hooks, int64_t d, char **names);

/** Number of a text [begin, end): 1 a finite number, 0 none, -1 inf or NaN. The byte at `end` must be readable. */
int gh_read_number(const char *begin, const char *end, double *value);

/** Integer of a text, 1 or 0. */
int gh_read_integer(const char *begin, const char *end, int64_t *value);

gh_status gh_events_read_h5(const char *path, const genhep_options *options, genhep_dataset **dataset);
gh_status gh_events_read_csv(const char *path, const genhep_options *options, genhep_dataset **dataset);
gh_status gh_events_read_npy(const char *path, const genhep_options *options, genhep_dataset **dataset);
gh_status gh_events_read_lhe(const char *path, const genhep_options *options, genhep_dataset **dataset);
gh_status gh_events_read_lheh5(const char *path, const genhep_options *options, genhep_dataset **dataset);

/** Is this HDF5 file an LHEH5 one? */
gh_status gh_is_lheh5(const char *path, int *is);

#endif
