/* conditions.h -- the rows that a conditional model generates events for: genhep sample --condition EVENTS --repeat R. */
#ifndef GENHEP_CONDITIONS_H
#define GENHEP_CONDITIONS_H

#include "genhep/genhep.h"

/** n rows of c numbers, each of which stands for `repeat` events in a row: event k has row k / repeat. */
typedef struct conditions {
    int64_t n, c, repeat;
    double *rows;    /* (n,c), NULL for a model without conditions */
    double *weights; /* n, NULL where the file has none */
} conditions;

/** Read the columns that are conditions of the model, by name, from `path`; other columns are left alone. `path` NULL and
 * a model without conditions: none. @return 0, or 1 with a message */
int conditions_open(const genhep_model *model, const char *path, int64_t repeat, const genhep_options *options, conditions *given);
void conditions_close(conditions *given);

/** The conditions of events first .. first+n-1: (n,c). */
void conditions_expand(const conditions *given, int64_t first, int64_t n, double *rows);

#endif
