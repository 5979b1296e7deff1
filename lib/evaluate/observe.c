/* observe.c -- from events to a table of observables. Tests: tests/unit/test_observe.c. */
#include "evaluate/observe.h"

#include <math.h>
#include <string.h>

/* The table's rows in their own order. */
static gh_status whole_rows(const gh_hooks *hooks, const genhep_dataset *events, gh_event_rows *rows)
{
    rows->n = events->n;
    rows->d = events->d;
    GH_TRY(gh_alloc(hooks, &rows->columns, events->n * events->d, sizeof *rows->columns));
    for (int64_t i = 0; i < events->n; i++)
        for (int64_t c = 0; c < events->d; c++) rows->columns[c * events->n + i] = events->values[i * events->d + c];
    return GENHEP_OK;
}

static gh_status new_table(const gh_hooks *hooks, const genhep_dataset *events, const gh_observable_list *list, genhep_dataset **table)
{
    gh_status status;
    const char **names = NULL, **units = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &names, list->count, sizeof *names));
    GH_TRY_CLEANUP(gh_alloc(hooks, &units, list->count, sizeof *units));
    for (int64_t k = 0; k < list->count; k++) {
        names[k] = list->plans[k].name;
        units[k] = list->plans[k].unit;
    }
    GH_TRY_CLEANUP(gh_dataset_create(hooks, events->n, list->count, names, units, events->weights != NULL, table));
    if (events->weights) memcpy((*table)->weights, events->weights, (size_t)events->n * sizeof(double));
    GH_TRY_CLEANUP(gh_dataset_copy_attributes(*table, events));
cleanup:
    gh_free(hooks, names);
    gh_free(hooks, units);
    return status;
}

gh_status gh_observe(const genhep_dataset *events, const char *process, const gh_hooks *hooks, genhep_dataset **observables)
{
    gh_status status;
    gh_event_layout layout = {0};
    gh_event_rows rows = {0};
    gh_observable_list list = {0};
    double *scratch = NULL, *values = NULL;
    const int64_t n = events->n;
    *observables = NULL;
    GH_TRY_CLEANUP(gh_event_layout_make(hooks, events, &layout));
    GH_TRY_CLEANUP(gh_observables_plan(hooks, &layout, process, &list));
    GH_TRY_CLEANUP(whole_rows(hooks, events, &rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &scratch, 8 * n, sizeof *scratch));
    GH_TRY_CLEANUP(gh_alloc(hooks, &values, n, sizeof *values));
    GH_TRY_CLEANUP(new_table(hooks, events, &list, observables));
    for (int64_t k = 0; k < list.count; k++) {
        gh_observable_values(&list.plans[k], &layout, &rows, scratch, values);
        for (int64_t i = 0; i < n; i++) {
            if (!isfinite(values[i])) {
                status = gh_fail(GENHEP_E_NUMERIC, "observable %s of event %lld is not finite", list.plans[k].name, (long long)i);
                goto cleanup;
            }
            (*observables)->values[i * list.count + k] = values[i];
        }
    }
cleanup:
    gh_observable_list_free(hooks, &list);
    gh_event_rows_free(hooks, &rows);
    gh_event_layout_free(hooks, &layout);
    gh_free(hooks, scratch);
    gh_free(hooks, values);
    if (status) {
        gh_dataset_free(*observables);
        *observables = NULL;
    }
    return status;
}
