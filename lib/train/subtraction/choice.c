/* choice.c -- what chooses the best weights of a subtraction, and what a snapshot gets on its way out. */
#include <math.h>
#include <string.h>

#include "model/class_calibration.h"
#include "train/adversarial/watch.h"
#include "train/subtraction/subtraction.h"

#define HOPELESS 1e6 /* figure of a generator without events of a sample */

static int64_t take_members(int64_t n, int64_t P, const gh_real *rows, const int32_t *classes, uint32_t members, gh_real *taken)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(members >> classes[i] & 1)) continue;
        memcpy(taken + count * P, rows + i * P, (size_t)P * sizeof *rows);
        count++;
    }
    return count;
}

/* By how many errors, beyond one, q = count/base is off the ratio of the cross sections. */
static double excess(double count, double base, double ratio, int inside)
{
    const double variance = inside ? ratio * (1 - ratio) / base : ratio * (1 + ratio) / base;
    return fmax(0, fabs(count / base - ratio) / sqrt(variance) - 1);
}

static gh_status compare_sample(genhep_trainer *t, gh_sample_side *s, int64_t n, const gh_real *rows, double *value)
{
    if (!s->figure.edges)
        GH_TRY(gh_figure_create(&t->hooks, s->rows.n_validation, t->model->p, s->rows.rows + s->rows.n_train * t->model->p, 0, NULL,
                                s->rows.weights ? s->rows.weights + s->rows.n_train : NULL, 0, &s->figure));
    return gh_figure_compare(&s->figure, n, rows, value);
}

gh_status gh_subtractor_figure(genhep_trainer *t, const genhep_model *snapshot, int64_t n, double *value)
{
    gh_status status;
    gh_subtractor *a = t->method_state;
    const int64_t P = t->model->p, drawn = (n + GH_BLOCK - 1) / GH_BLOCK * GH_BLOCK;
    gh_real *rows = NULL, *taken = NULL;
    int32_t *classes = NULL;
    double chi2 = 0, off = 0, base = 0;
    int64_t compared = 0;
    GH_TRY_CLEANUP(gh_alloc(&t->hooks, &rows, drawn * P, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(&t->hooks, &taken, drawn * P, sizeof *taken));
    GH_TRY_CLEANUP(gh_alloc(&t->hooks, &classes, drawn, sizeof *classes));
    GH_TRY_CLEANUP(gh_subgan_rows(snapshot, t->seed, drawn, rows, classes, NULL));
    for (int64_t k = 0; k < a->sets; k++) {
        gh_sample_side *s = &a->set[k];
        const int64_t count = take_members(drawn, P, rows, classes, s->members, taken);
        double own;
        if (count < 1) {
            chi2 = HOPELESS;
            compared = 1;
            break;
        }
        if (k == 0) base = (double)count;
        else off += excess((double)count, base, a->rules.ratio[k - 1], (s->members & ~a->set[0].members) == 0) / (double)(a->sets - 1);
        if (s->rows.n_validation < 1) continue;
        GH_TRY_CLEANUP(compare_sample(t, s, count, taken, &own));
        chi2 += own;
        compared++;
    }
    *value = chi2 / (double)compared + off;
cleanup:
    gh_free(&t->hooks, rows);
    gh_free(&t->hooks, taken);
    gh_free(&t->hooks, classes);
    return status;
}

gh_status gh_subtractor_watch(genhep_trainer *t, const genhep_model *snapshot)
{
    gh_status status;
    gh_subtractor *a = t->method_state;
    const int64_t P = t->model->p, n = t->data.n_validation < GH_WATCH_ROWS ? t->data.n_validation : GH_WATCH_ROWS;
    gh_real *rows = NULL;
    int32_t *classes = NULL;
    GH_TRY_CLEANUP(gh_alloc(&t->hooks, &rows, 2 * GH_WATCH_ROWS * P, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(&t->hooks, &classes, GH_WATCH_ROWS, sizeof *classes));
    GH_TRY_CLEANUP(gh_subgan_rows(snapshot, t->seed, GH_WATCH_ROWS, rows, classes, NULL));
    gh_real *taken = rows + GH_WATCH_ROWS * P;
    const int64_t count = take_members(GH_WATCH_ROWS, P, rows, classes, a->set[0].members, taken);
    GH_TRY_CLEANUP(gh_watch_rows(t, a->rule.loss, n, t->data.rows + t->data.n_train * P, count, taken, &a->warned));
cleanup:
    gh_free(&t->hooks, rows);
    gh_free(&t->hooks, classes);
    return status;
}

gh_status gh_subtractor_finish(genhep_trainer *t, genhep_model *snapshot)
{
    gh_subtractor *a = t->method_state;
    gh_class_rows samples[GH_SET_KINDS];
    GH_TRY(gh_subgan_measure(snapshot));
    if (!gh_option_is(t->options, "decoder.calibrate", "on")) return GENHEP_OK;
    for (int64_t k = 0; k < a->sets; k++) {
        const gh_rows *r = &a->set[k].rows;
        samples[k] = (gh_class_rows){r->n_train + r->n_validation, r->rows, r->weights}; /* no figure is measured any more: every row counts */
    }
    return gh_class_calibration_fit(snapshot, gh_option_int(t->options, "subtract.modes"), samples);
}
