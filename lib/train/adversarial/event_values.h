/* event_values.h -- numbers of an event that losses look at, with their gradients: prepared coordinates by name, sums of them and the
 * share of them above zero, and observables of momenta (loss/observable.h) where the preparation is affine in them
 * (model/momentum_view.h). */
#ifndef GH_EVENT_VALUES_H
#define GH_EVENT_VALUES_H

#include "loss/observable.h"
#include "model/momentum_view.h"

typedef enum gh_event_value_kind {
    GH_VALUE_COORDINATE = 0,
    GH_VALUE_SUM = 1,    /* of coordinates */
    GH_VALUE_FILLED = 2, /* share of coordinates above 0: how full a layer of cells is; it has no slope */
    GH_VALUE_REST = 3,   /* sum of coordinates minus its linear regression on the conditions: a total against what was asked for */
    GH_VALUE_OBSERVABLE = 4
} gh_event_value_kind;

typedef struct gh_event_value {
    gh_event_value_kind kind;
    int64_t coordinate;        /* index of a prepared coordinate */
    int64_t *members, n;       /* those of a sum, share or rest */
    gh_loss_observable observable;
} gh_event_value;

typedef struct gh_event_values {
    gh_hooks hooks;
    int64_t p, count, most;    /* most: entries of item */
    gh_event_value *item;      /* count */
    gh_real *shift, *factor;   /* count: value = (raw - shift) * factor; 0 and 1 unless standardised */
    int64_t q;                 /* conditions, where a rest is among the values; else 0 */
    double *regression;        /* (count, 1 + q): offset and slopes of a rest; zeros before gh_event_values_standardise */
    gh_momentum_view view;     /* empty when only coordinates are listed */
} gh_event_values;

/** Read a list 'mass(b,q1,q1barp), pt(b), m(W+), sum(layer0_*), filled(layer0_*), rest(layer*)': names of coordinates first, then sum,
 * filled and rest with patterns of such names, then observables. An empty list is valid. GENHEP_E_OPTION names the entry that is none of
 * them, and a rest without conditions. */
gh_status gh_event_values_create(const genhep_model *model, const char *list, gh_event_values *values);
void gh_event_values_free(gh_event_values *values);

/** Shift and scale every value to mean 0 and variance 1 over the first rows of n training rows (n,P) with their conditions (n,Q), NULL
 * without; a rest gets its regression on them first. */
gh_status gh_event_values_standardise(gh_event_values *values, int64_t n, const gh_real *rows, const gh_real *conditions);

/** X (N,P) -> V (N,count), row i at V + i*stride. conditions (N,Q) are read where values->q is not 0. Allocates nothing. */
void gh_event_values_forward(const gh_event_values *values, int64_t N, const gh_real *X, const gh_real *conditions, gh_real *V, int64_t stride);

/** gX (N,P) += gradient of values with gV (N,count), row i at gV + i*stride. */
void gh_event_values_backward(const gh_event_values *values, int64_t N, const gh_real *X, const gh_real *gV, int64_t stride, gh_real *gX);

#endif
