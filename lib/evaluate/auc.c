/* auc.c -- area under the ROC curve, and the classifier two-sample test. */
#include "evaluate/event_rows.h"
#include "evaluate/gbdt.h"
#include "evaluate/statistics.h"

#include <math.h>
#include <string.h>

gh_status gh_auc(const gh_hooks *hooks, int64_t n, const double *scores, const unsigned char *classes,
                 const double *weights, double *auc)
{
    gh_status status = GENHEP_OK;
    double *sorted = NULL;
    uint32_t *order = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &sorted, n, sizeof *sorted));
    GH_TRY_CLEANUP(gh_alloc(hooks, &order, n, sizeof *order));
    for (int64_t i = 0; i < n; i++) sorted[i] = scores[i] + 0.0, order[i] = (uint32_t)i; /* -0 becomes 0 */
    GH_TRY_CLEANUP(gh_sort_doubles(hooks, n, sorted, order));
    double below = 0, wins = 0, total[2] = {0, 0};
    for (int64_t i = 0; i < n;) { /* groups of equal scores */
        double group[2] = {0, 0};
        int64_t first = i;
        for (; i < n && sorted[i] <= sorted[first]; i++)
            group[classes[order[i]] != 0] += weights ? weights[order[i]] : 1;
        wins += group[1] * (below + 0.5 * group[0]);
        below += group[0];
        total[0] += group[0];
        total[1] += group[1];
    }
    if (!(total[0] > 0 && total[1] > 0)) {
        status = gh_fail(GENHEP_E_SHAPE, "area under the ROC curve: one of the two classes is empty");
        goto cleanup;
    }
    *auc = wins / (total[0] * total[1]);
cleanup:
    gh_free(hooks, sorted);
    gh_free(hooks, order);
    return status;
}

/* Standard deviation of the area for equal distributions, with the effective numbers of rows. */
static double null_error(int64_t n, const unsigned char *classes, const double *weights)
{
    double sum[2] = {0, 0}, sum2[2] = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        double w = weights ? weights[i] : 1;
        sum[classes[i]] += w;
        sum2[classes[i]] += w * w;
    }
    double a = sum[0] * sum[0] / sum2[0], b = sum[1] * sum[1] / sum2[1];
    return sqrt((a + b + 1) / (12 * a * b));
}

/* Rows of both classes in random order: class c gives its first `each` rows. */
static void mixed_rows(const gh_two_classes *data, int64_t seed, int64_t each, int64_t *rows)
{
    gh_evaluate_order(seed, GH_EVALUATE_SPLIT, 2 * each, 2 * each, rows);
    for (int64_t i = 0; i < 2 * each; i++)
        if (rows[i] >= each) rows[i] += data->n[0] - each;
}

gh_status gh_classifier_test(const gh_hooks *hooks, const gh_two_classes *data, int64_t seed, double *auc,
                             double *error)
{
    gh_status status = GENHEP_OK;
    int64_t each = data->n[0] < data->n[1] ? data->n[0] : data->n[1], *rows = NULL;
    gh_gbdt *model = NULL;
    double *scores = NULL, *weights = NULL;
    unsigned char *classes = NULL;
    gh_gbdt_settings settings = gh_gbdt_defaults(seed);
    GH_TRY_CLEANUP(gh_alloc(hooks, &rows, 2 * each, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &scores, each, sizeof *scores));
    GH_TRY_CLEANUP(gh_alloc(hooks, &classes, each, 1));
    if (data->weights[0] || data->weights[1]) GH_TRY_CLEANUP(gh_alloc(hooks, &weights, each, sizeof *weights));
    mixed_rows(data, seed, each, rows);
    GH_TRY_CLEANUP(gh_gbdt_train(hooks, &settings, data, rows, each, &model));
    GH_TRY_CLEANUP(gh_gbdt_predict(model, data, rows + each, each, scores));
    for (int64_t i = 0; i < each; i++) {
        int64_t r = rows[each + i];
        classes[i] = r >= data->n[0];
        const double *w = data->weights[classes[i]];
        if (weights) weights[i] = w ? w[classes[i] ? r - data->n[0] : r] : 1;
    }
    GH_TRY_CLEANUP(gh_auc(hooks, each, scores, classes, weights, auc));
    *auc = fmax(*auc, 1 - *auc);
    *error = null_error(each, classes, weights);
cleanup:
    gh_gbdt_free(model);
    gh_free(hooks, rows);
    gh_free(hooks, scores);
    gh_free(hooks, weights);
    gh_free(hooks, classes);
    return status;
}
