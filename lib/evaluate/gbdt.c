/* gbdt.c -- boosting: the log loss, its gradients, early stopping, prediction. */
#include "evaluate/gbdt_internal.h"

#include <math.h>
#include <string.h>

#include "evaluate/event_rows.h"

gh_gbdt_settings gh_gbdt_defaults(int64_t seed)
{
    gh_gbdt_settings settings = {200, 31, 20, 0.1, 0.1, 10, 1e-7, seed};
    return settings;
}

static inline int class_of(const gh_two_classes *data, int64_t row)
{
    return row >= data->n[0];
}

static inline double weight_of(const gh_two_classes *data, int64_t row)
{
    int c = class_of(data, row);
    return data->weights[c] ? data->weights[c][c ? row - data->n[0] : row] : 1;
}

/* Everything that training needs besides the model. */
typedef struct training {
    const gh_two_classes *data;
    int64_t n, m;          /* training and validation rows */
    int64_t *rows;         /* n, then m */
    uint8_t *bins;         /* (features, n) */
    uint8_t *check_bins;   /* (features, m) */
    double *raw;           /* n + m log odds */
    double *losses;        /* trees + 1 validation losses */
    double *column;        /* n */
    double heaviest;       /* largest weight */
    gh_grower grower;
} training;

static void training_free(const gh_hooks *hooks, training *t)
{
    gh_grower_free(&t->grower);
    gh_free(hooks, t->rows);
    gh_free(hooks, t->bins);
    gh_free(hooks, t->check_bins);
    gh_free(hooks, t->raw);
    gh_free(hooks, t->losses);
    gh_free(hooks, t->column);
}

/* Keep back the same share of both classes for validation. */
static gh_status split_rows(const gh_hooks *hooks, const gh_gbdt_settings *settings, const int64_t *rows,
                            int64_t n_rows, training *t)
{
    int64_t *order = NULL, counts[2] = {0, 0}, kept[2];
    GH_TRY(gh_alloc(hooks, &t->rows, n_rows, sizeof *t->rows));
    GH_TRY(gh_alloc(hooks, &order, n_rows, sizeof *order));
    gh_evaluate_order(settings->seed, GH_EVALUATE_VALIDATION, n_rows, n_rows, order);
    for (int64_t i = 0; i < n_rows; i++) counts[class_of(t->data, rows[i])]++;
    for (int c = 0; c < 2; c++) kept[c] = (int64_t)nearbyint(settings->validation * (double)counts[c]);
    t->m = kept[0] + kept[1];
    t->n = n_rows - t->m;
    int64_t at = 0, back = t->n;
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t row = rows[order[i]];
        int c = class_of(t->data, row);
        if (kept[c] > 0) t->rows[back++] = row, kept[c]--;
        else t->rows[at++] = row;
    }
    gh_free(hooks, order);
    return GENHEP_OK;
}

static gh_status make_bins(const gh_hooks *hooks, training *t, gh_gbdt *model)
{
    const gh_two_classes *data = t->data;
    GH_TRY(gh_alloc(hooks, &model->edges, data->features, sizeof *model->edges));
    GH_TRY(gh_alloc(hooks, &t->column, t->n, sizeof *t->column));
    GH_TRY(gh_alloc(hooks, &t->bins, data->features * t->n, 1));
    GH_TRY(gh_alloc(hooks, &t->check_bins, data->features * t->m, 1));
    for (int64_t f = 0; f < data->features; f++) {
        for (int64_t i = 0; i < t->n; i++) {
            int64_t r = t->rows[i];
            t->column[i] = r < data->n[0] ? data->columns[0][f][r] : data->columns[1][f][r - data->n[0]];
        }
        GH_TRY(gh_bin_edges_find(hooks, t->n, t->column, &model->edges[f]));
    }
    gh_bin_rows(model->edges, data, t->rows, t->n, t->bins);
    gh_bin_rows(model->edges, data, t->rows + t->n, t->m, t->check_bins);
    return GENHEP_OK;
}

/* Log odds of the weighted class shares, and as many bits for the fixed-point sums as 63 bits allow for n rows. */
static gh_status start(training *t, gh_gbdt *model)
{
    double share[2] = {0, 0};
    for (int64_t i = 0; i < t->n; i++) {
        double w = weight_of(t->data, t->rows[i]);
        share[class_of(t->data, t->rows[i])] += w;
        t->heaviest = fmax(t->heaviest, w);
    }
    if (!(share[0] > 0 && share[1] > 0))
        GH_FAIL(GENHEP_E_NUMERIC, "classifier: weights of the two classes sum to %g and %g, expected both positive",
                share[0], share[1]);
    model->base = log(share[1] / share[0]);
    for (int64_t i = 0; i < t->n + t->m; i++) t->raw[i] = model->base;
    int bits = 1;
    while ((INT64_C(1) << bits) <= t->n) bits++;
    t->grower.scale.shift = 63 - bits;
    t->grower.scale.scale_g = ldexp(1, 62 - bits) / t->heaviest;                /* |g| <= w */
    t->grower.scale.scale_h = ldexp(1, 63 - 2 * bits) / (0.25 * t->heaviest); /* 0 <= h <= w/4 */
    return GENHEP_OK;
}

/* g = w (p - y), h = w p (1 - p), rounded to the fixed-point scales. */
static void set_gradients(training *t)
{
    const gh_gradient_scale *scale = &t->grower.scale;
    for (int64_t i = 0; i < t->n; i++) {
        int64_t row = t->rows[i];
        double w = weight_of(t->data, row), p = 1 / (1 + exp(-t->raw[i]));
        double g = w * (p - class_of(t->data, row)), h = w * p * (1 - p);
        gh_gradient packed = {(int64_t)nearbyint(g * scale->scale_g),
                              ((int64_t)1 << scale->shift) + (int64_t)(h * scale->scale_h * (1 - 1e-12))};
        t->grower.gradients[i] = packed;
    }
}

/* Weighted mean log loss of the validation rows: log(1 + exp(-(2y - 1) raw)). */
static double validation_loss(const training *t)
{
    double sum = 0, total = 0;
    for (int64_t i = t->n; i < t->n + t->m; i++) {
        double w = weight_of(t->data, t->rows[i]), z = class_of(t->data, t->rows[i]) ? -t->raw[i] : t->raw[i];
        sum += w * (fmax(z, 0) + log1p(exp(-fabs(z))));
        total += w;
    }
    return total > 0 ? sum / total : 0;
}

/* No loss of the last `patience` is better than the one before them. */
static int stalled(const double *losses, int64_t trees, const gh_gbdt_settings *settings)
{
    if (trees < settings->patience) return 0;
    double reference = losses[trees - settings->patience] - settings->tolerance;
    for (int64_t k = trees - settings->patience + 1; k <= trees; k++)
        if (losses[k] < reference) return 0;
    return 1;
}

static gh_status boost(const gh_gbdt_settings *settings, training *t, gh_gbdt *model)
{
    t->losses[0] = validation_loss(t);
    while (model->trees < settings->trees) {
        GH_TRY(gh_resize(&model->hooks, &model->nodes, model->n_nodes + 2 * settings->leaves, sizeof *model->nodes));
        gh_tree_node *nodes = model->nodes + model->n_nodes;
        set_gradients(t);
        int64_t grown = gh_grower_tree(&t->grower, nodes, t->raw);
        model->n_nodes += grown;
        model->starts[++model->trees] = model->n_nodes;
        if (t->m > 0) {
            for (int64_t i = 0; i < t->m; i++) t->raw[t->n + i] += gh_tree_value(nodes, t->check_bins, t->m, i);
            t->losses[model->trees] = validation_loss(t);
            if (stalled(t->losses, model->trees, settings)) break;
        }
        if (grown == 1) break; /* nothing left to split */
    }
    return GENHEP_OK;
}

gh_status gh_gbdt_train(const gh_hooks *hooks, const gh_gbdt_settings *settings, const gh_two_classes *data,
                        const int64_t *rows, int64_t n_rows, gh_gbdt **model)
{
    gh_status status = GENHEP_OK;
    gh_gbdt *m = NULL;
    training t = {.data = data};
    *model = NULL;
    if (n_rows < 10 || n_rows > 1 << 20)
        GH_FAIL(GENHEP_E_SHAPE, "classifier: %lld training rows, expected 10 to 1048576", (long long)n_rows);
    GH_TRY_CLEANUP(gh_alloc(hooks, &m, 1, sizeof *m));
    m->hooks = *hooks;
    m->features = data->features;
    GH_TRY_CLEANUP(gh_alloc(hooks, &m->starts, settings->trees + 1, sizeof *m->starts));
    GH_TRY_CLEANUP(split_rows(hooks, settings, rows, n_rows, &t));
    GH_TRY_CLEANUP(make_bins(hooks, &t, m));
    GH_TRY_CLEANUP(gh_alloc(hooks, &t.raw, n_rows, sizeof *t.raw));
    GH_TRY_CLEANUP(gh_alloc(hooks, &t.losses, settings->trees + 1, sizeof *t.losses));
    GH_TRY_CLEANUP(gh_grower_create(hooks, settings, t.n, data->features, t.bins, m->edges, &t.grower));
    GH_TRY_CLEANUP(start(&t, m));
    GH_TRY_CLEANUP(boost(settings, &t, m));
cleanup:
    training_free(hooks, &t);
    if (status) gh_gbdt_free(m);
    else *model = m;
    return status;
}

gh_status gh_gbdt_predict(const gh_gbdt *model, const gh_two_classes *data, const int64_t *rows, int64_t n_rows,
                          double *scores)
{
    enum { BLOCK = 4096 };
    uint8_t *bins;
    if (data->features != model->features)
        GH_FAIL(GENHEP_E_SHAPE, "classifier: %lld features, expected %lld", (long long)data->features,
                (long long)model->features);
    GH_TRY(gh_alloc(&model->hooks, &bins, model->features * BLOCK, 1));
    for (int64_t first = 0; first < n_rows; first += BLOCK) {
        int64_t n = n_rows - first < BLOCK ? n_rows - first : BLOCK;
        gh_bin_rows(model->edges, data, rows + first, n, bins);
        for (int64_t i = 0; i < n; i++) scores[first + i] = model->base;
        for (int64_t k = 0; k < model->trees; k++)
            for (int64_t i = 0; i < n; i++)
                scores[first + i] += gh_tree_value(model->nodes + model->starts[k], bins, n, i);
    }
    gh_free(&model->hooks, bins);
    return GENHEP_OK;
}

int64_t gh_gbdt_trees(const gh_gbdt *model)
{
    return model->trees;
}

void gh_gbdt_free(gh_gbdt *model)
{
    if (!model) return;
    gh_hooks hooks = model->hooks;
    gh_free(&hooks, model->edges);
    gh_free(&hooks, model->nodes);
    gh_free(&hooks, model->starts);
    gh_free(&hooks, model);
}
