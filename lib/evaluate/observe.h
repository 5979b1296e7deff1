/* observe.h -- the composite observables of a process as a table of their own. */
#ifndef GH_OBSERVE_H
#define GH_OBSERVE_H

#include "evaluate/observables.h"

/** Observables of all events in their order, one column each, with their weights and attributes. GENHEP_E_ARG (no such
 * process), GENHEP_E_SHAPE (a particle or column is missing), GENHEP_E_NUMERIC (a value is not finite), GENHEP_E_NOMEM. */
gh_status gh_observe(const genhep_dataset *events, const char *process, const gh_hooks *hooks, genhep_dataset **observables);

#endif
