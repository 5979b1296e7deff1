/* dataset.h -- a table of events in memory. Public handle: include/genhep/dataset.h. */
#ifndef GH_DATASET_H
#define GH_DATASET_H

#include "base/memory.h"
#include "genhep/dataset.h"

typedef struct gh_attribute {
    char *key;
    char *value;
} gh_attribute;

struct genhep_dataset {
    gh_hooks hooks;
    int64_t n;           /* events */
    int64_t d;           /* columns */
    char **names;        /* d */
    char **units;        /* d, "" when unknown */
    double *values;      /* (n,d) row-major */
    double *weights;     /* n, or NULL for unit weights */
    int32_t storage;     /* GENHEP_FLOAT32 or GENHEP_FLOAT64: how the values were stored, and are written again */
    gh_attribute *attributes;
    int64_t n_attributes;
};

/** New table with zeroed values; names[i] is copied; units may be NULL. weights are allocated (ones) when with_weights.
 * GENHEP_E_FORMAT when a name is empty or occurs twice. */
gh_status gh_dataset_create(const gh_hooks *hooks, int64_t n, int64_t d, const char *const *names,
                            const char *const *units, int with_weights, genhep_dataset **dataset);

void gh_dataset_free(genhep_dataset *dataset);

/** GENHEP_E_FORMAT when one of d names is empty or NULL, occurs twice, holds a line break or has more than 200 bytes; the
 * message names it. */
gh_status gh_check_names(const gh_hooks *hooks, int64_t d, const char *const *names);

/** Index of a column, -1 when absent. */
int64_t gh_dataset_find(const genhep_dataset *dataset, const char *name);

gh_status gh_dataset_set_attribute(genhep_dataset *dataset, const char *key, const char *value);
const char *gh_dataset_attribute(const genhep_dataset *dataset, const char *key);
gh_status gh_dataset_copy_attributes(genhep_dataset *to, const genhep_dataset *from);

/** Does `name` match `pattern`, where '*' stands for any run of characters? */
int gh_pattern_match(const char *pattern, const char *name);

/** Resolve comma-separated column patterns of the option `key` (data.columns) against names: indices in the order of the
 * patterns, each column once. `indices` has room for d. An entry that matches nothing is GENHEP_E_OPTION and names the
 * closest column. Empty or NULL patterns select all. */
gh_status gh_select_columns(const char *key, const char *patterns, const char *const *names, int64_t d, int64_t *indices,
                            int64_t *count);

/** GENHEP_E_NUMERIC naming row, column and `where` when a value or weight is not finite. */
gh_status gh_dataset_check_finite(const genhep_dataset *dataset, const char *where);

/** The same of n rows values (n,d), which are rows first .. first+n-1 of a table with these names; weights may be NULL. */
gh_status gh_rows_check_finite(char *const *names, int64_t d, int64_t first, int64_t n, const double *values, const double *weights,
                               const char *where);

/** New table of columns columns[0..count-1], with all rows, weights and attributes. */
gh_status gh_dataset_columns(const genhep_dataset *dataset, const int64_t *columns, int64_t count, genhep_dataset **taken);

gh_status gh_dataset_slice(const genhep_dataset *dataset, int64_t first, int64_t n, genhep_dataset **slice);

/** New table of rows order[0..n-1]. */
gh_status gh_dataset_take(const genhep_dataset *dataset, const int64_t *order, int64_t n, genhep_dataset **taken);

/** The rows in which no column exceeds its own quantile 1 - share: the tail cut of tabular GANs. 0 < share < 1; the quantile
 * is the value below which a share 1 - share of the rows lies, whatever their weights. GENHEP_E_SHAPE when no row is left. */
gh_status gh_dataset_tail_cut(const genhep_dataset *dataset, double share, genhep_dataset **cut);

/** Fill order[0..n-1] with a Fisher-Yates permutation drawn from Philox (seed, GH_RANDOM_SHUFFLE). */
void gh_shuffled_order(int64_t seed, int64_t n, int64_t *order);

/** 64-bit FNV-1a over names, values and weights: identifies the training data in provenance. */
uint64_t gh_dataset_hash(const genhep_dataset *dataset);

#endif
