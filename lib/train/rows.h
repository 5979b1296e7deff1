/* rows.h -- the rows a trainer works on: prepared once, split, shuffled per epoch. */
#ifndef GH_ROWS_H
#define GH_ROWS_H

#include "train/trainer.h"

/** Prepare and split: a row is validation when its uniform number of (seed, GH_RANDOM_SPLIT) falls below `validation`. */
gh_status gh_rows_create(const gh_hooks *hooks, const genhep_model *model, const genhep_dataset *const *datasets,
                         int64_t n_datasets, int64_t seed, double validation, gh_rows *data);
void gh_rows_free(const gh_hooks *hooks, gh_rows *data);

/** order[0..n-1] = the permutation of epoch `epoch`. */
void gh_rows_shuffle(int64_t seed, int64_t epoch, int64_t n, int64_t *order);

#endif
