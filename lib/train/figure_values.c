/* figure_values.c -- the figure chi2 in observables. Tests: tests/unit/test_figure_values.c. */
#include "train/figure_values.h"

#include <string.h>

#include "model/calibration.h"

gh_status gh_figure_values_create(const genhep_model *model, const char *list, int64_t n_train, const gh_real *rows, gh_figure_values *f)
{
    memset(f, 0, sizeof *f);
    GH_TRY(gh_event_values_create(model, list, &f->values));
    return gh_event_values_standardise(&f->values, n_train, rows, NULL);
}

void gh_figure_values_free(gh_figure_values *f)
{
    gh_free(&f->values.hooks, f->truth);
    f->truth = NULL;
    gh_figure_free(&f->figure);
    gh_event_values_free(&f->values);
}

gh_status gh_figure_values_chi2(gh_figure_values *f, const genhep_model *model, int64_t seed, int64_t n, const gh_real *rows,
                                const gh_real *weights, int64_t events, double *value)
{
    gh_status status;
    const gh_hooks *hooks = &f->values.hooks;
    const int64_t V = f->values.count, drawn = (events + GH_BLOCK - 1) / GH_BLOCK * GH_BLOCK;
    gh_real *generated = NULL, *numbers = NULL;
    if (!f->truth) {
        GH_TRY(gh_alloc(hooks, &f->truth, n * V, sizeof *f->truth));
        gh_event_values_forward(&f->values, n, rows, NULL, f->truth, V);
    }
    if (!f->figure.edges) GH_TRY(gh_figure_create(hooks, n, V, f->truth, 0, NULL, weights, 0, &f->figure));
    GH_TRY_CLEANUP(gh_alloc(hooks, &generated, drawn * model->p, sizeof *generated));
    GH_TRY_CLEANUP(gh_alloc(hooks, &numbers, drawn * V, sizeof *numbers));
    GH_TRY_CLEANUP(gh_generate_rows(model, seed, drawn, NULL, 0, generated));
    gh_event_values_forward(&f->values, drawn, generated, NULL, numbers, V);
    GH_TRY_CLEANUP(gh_figure_compare(&f->figure, drawn, numbers, value));
cleanup:
    gh_free(hooks, generated);
    gh_free(hooks, numbers);
    return status;
}
