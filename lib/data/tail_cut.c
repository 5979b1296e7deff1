/* tail_cut.c -- dropping the events in the upper tails of a table's columns. Tests: tests/unit/test_dataset.c. */
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

gh_status gh_dataset_tail_cut(const genhep_dataset *dataset, double share, genhep_dataset **cut)
{
    gh_status status;
    const gh_hooks *hooks = &dataset->hooks;
    const int64_t n = dataset->n, d = dataset->d;
    double *column = NULL, *most = NULL;
    int64_t *order = NULL, kept = 0;
    *cut = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &column, n, sizeof *column));
    GH_TRY_CLEANUP(gh_alloc(hooks, &most, d, sizeof *most));
    GH_TRY_CLEANUP(gh_alloc(hooks, &order, n, sizeof *order));
    for (int64_t j = 0; j < d && n > 0; j++) {
        for (int64_t i = 0; i < n; i++) column[i] = dataset->values[i * d + j];
        qsort(column, (size_t)n, sizeof *column, ascending);
        int64_t at = (int64_t)((1 - share) * (double)n);
        most[j] = column[at < n ? at : n - 1];
    }
    for (int64_t i = 0; i < n; i++) {
        int inside = 1;
        for (int64_t j = 0; j < d; j++) inside &= dataset->values[i * d + j] <= most[j];
        if (inside) order[kept++] = i;
    }
    if (!kept) status = gh_fail(GENHEP_E_SHAPE, "a tail cut of %g leaves none of %lld events", share, (long long)n);
    else status = gh_dataset_take(dataset, order, kept, cut);
cleanup:
    gh_free(hooks, column);
    gh_free(hooks, most);
    gh_free(hooks, order);
    return status;
}
