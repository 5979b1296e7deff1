/* objects_fit.h -- what exists only while 'objects' is fitted, shared by objects_find.c (columns) and objects_fit.c (rows). */
#ifndef GH_OBJECTS_FIT_H
#define GH_OBJECTS_FIT_H

#include "prep/objects.h"

typedef struct gh_objects_work {
    gh_stage *stage;
    gh_fit *fit;
    gh_objects s;
    const char *names[GH_OBJECTS_SLOTS];    /* a column of the slot */
    const char *patterns[GH_OBJECTS_TYPES]; /* arguments of the types */
    int64_t roles[GH_OBJECTS_SLOTS * GH_OBJECTS_ROLES], discretes[GH_OBJECTS_TYPES * GH_OBJECTS_PATTERN], n_discretes;
    int64_t *rest, *rest_kind, *rest_rows;
    double *raw;       /* (coordinates, n) */
    double *counts;    /* (n, types) */
    int64_t *pattern;  /* (types, n) */
    int64_t *category; /* n: which counts */
    double *values[GH_OBJECTS_TYPES], *shares[GH_OBJECTS_TYPES];
    int64_t *events[GH_OBJECTS_TYPES], *rows[GH_OBJECTS_TYPES];
    double *x, *weights; /* n: one column, gathered */
    double *quantiles;
    int64_t knot_rows, knot_capacity;
} gh_objects_work;

/** Types, slots, roles and masses from the arguments and the columns; then the columns of no object. */
gh_status gh_objects_find_types(gh_objects_work *w);
gh_status gh_objects_find_rest(gh_objects_work *w);

/** Length of the slot's name in a column's name: up to the last '_'. */
size_t gh_objects_stem(const char *name);

#endif
