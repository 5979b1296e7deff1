/* observables.h -- which observables are compared, by process, and their values for every event. */
#ifndef GH_OBSERVABLES_H
#define GH_OBSERVABLES_H

#include "evaluate/event_rows.h"

enum gh_observable_kind {
    GH_OBSERVABLE_COLUMN,   /* a column as it is */
    GH_OBSERVABLE_PT,
    GH_OBSERVABLE_ETA,
    GH_OBSERVABLE_ENERGY,
    GH_OBSERVABLE_PHI,
    GH_OBSERVABLE_MASS,     /* sign(m^2) sqrt|m^2| */
    GH_OBSERVABLE_RAPIDITY,
    GH_OBSERVABLE_COUNT,    /* how many of the polar particles are there: pT not 0 */
    GH_OBSERVABLE_DPHI      /* |phi1 - phi2| in 0..pi, rounded to 1e-4: back-to-back pairs differ by rounding only */
};

enum { GH_OBSERVABLE_PARTS = 64 };

/** One observable: a kind, and the particles whose momenta are added (DPHI: the two that are compared). */
typedef struct gh_observable_plan {
    char *name;
    char *peak;        /* name of the resonance, NULL when it is none */
    char *unit;
    enum gh_observable_kind kind;
    int64_t column;
    int64_t parts[GH_OBSERVABLE_PARTS];
    int64_t n_parts;
    int tail;          /* ratios beyond the 99th and 99.9th percentile are reported */
    int extra;         /* listed and plotted only: neither the classifier nor the summary over observables sees it */
} gh_observable_plan;

typedef struct gh_observable_list {
    gh_observable_plan *plans;
    int64_t count;
    int64_t capacity;
} gh_observable_list;

/** Observables of a process: zmumu, dy, ttbar_6q, ttbar_jets, zw, cms, generic.
 * @return GENHEP_E_ARG (no such process), GENHEP_E_SHAPE (it needs a particle or column that is not there),
 * GENHEP_E_NOMEM. Free with gh_observable_list_free, also after a failure. */
gh_status gh_observables_plan(const gh_hooks *hooks, const gh_event_layout *layout, const char *process,
                              gh_observable_list *list);
void gh_observable_list_free(const gh_hooks *hooks, gh_observable_list *list);

/** Values of one observable for all rows. @param scratch 4 n numbers (8 n for DPHI) */
void gh_observable_values(const gh_observable_plan *plan, const gh_event_layout *layout, const gh_event_rows *rows,
                          double *scratch, double *values);

#endif
