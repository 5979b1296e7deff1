/* table.h -- making event tables from what a model knows. */
#ifndef GENHEP_TABLE_H
#define GENHEP_TABLE_H

#include "genhep/genhep.h"

/** A dataset of n rows in the model's columns and units, with the attributes that a model keeps from its training file.
 * weights: n, or NULL for ones. */
genhep_status table_of_model(const genhep_model *model, int64_t n, const double *values, const double *weights,
                             genhep_dataset **table);

#endif
