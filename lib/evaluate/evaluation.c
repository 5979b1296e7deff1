/* evaluation.c -- from two tables of events to all figures: rows, observables, classifier, neighbours. */
#include "evaluate/evaluation.h"

#include <math.h>
#include <string.h>

#include "evaluate/gbdt.h"
#include "evaluate/neighbours.h"

enum { LEAST_ROWS = 20, LEAST_CLASSIFIER_ROWS = 200 };

/* What exists only while an evaluation is computed. */
typedef struct workspace {
    gh_hooks hooks;
    gh_event_layout layout;
    gh_event_rows rows[2];
    gh_event_rows train;
    double *values[2];        /* (observables, n) */
    const double **columns[2]; /* what the classifier sees: table columns, then observables */
    int64_t features;
} workspace;

static void workspace_free(workspace *w)
{
    for (int s = 0; s < 2; s++) {
        gh_event_rows_free(&w->hooks, &w->rows[s]);
        gh_free(&w->hooks, w->values[s]);
        gh_free(&w->hooks, w->columns[s]);
    }
    gh_event_rows_free(&w->hooks, &w->train);
    gh_event_layout_free(&w->hooks, &w->layout);
}

static gh_status compute_values(genhep_evaluation *e, workspace *w)
{
    gh_status status = GENHEP_OK;
    double *scratch;
    int64_t most = w->rows[0].n > w->rows[1].n ? w->rows[0].n : w->rows[1].n;
    GH_TRY(gh_alloc(&w->hooks, &scratch, 8 * most, sizeof *scratch));
    for (int s = 0; s < 2; s++) {
        int64_t n = w->rows[s].n;
        GH_TRY_CLEANUP(gh_alloc(&w->hooks, &w->values[s], e->list.count * n, sizeof *w->values[s]));
        for (int64_t k = 0; k < e->list.count; k++) {
            double *values = w->values[s] + k * n;
            gh_observable_values(&e->list.plans[k], &w->layout, &w->rows[s], scratch, values);
            for (int64_t i = 0; i < n; i++)
                if (!isfinite(values[i])) {
                    status = gh_fail(GENHEP_E_NUMERIC, "%s events: observable %s of an event is not finite",
                                     s == GH_TRUTH ? "truth" : "generated", e->list.plans[k].name);
                    goto cleanup;
                }
        }
    }
cleanup:
    gh_free(&w->hooks, scratch);
    return status;
}

/* What W1 is divided by: the deviation of the truth, or 1 (the observable's own unit) where the truth is constant. */
static double unit_deviation(int64_t n, const double *x, const double *weights)
{
    double mean, deviation;
    gh_moments(n, x, weights, &mean, &deviation);
    return deviation > 1e-12 * fabs(mean) ? deviation : 1;
}

/* W1 between two halves of the truth, in units of the first half's deviation, scaled to the sizes of both samples. */
static gh_status wasserstein_floor(const workspace *w, const double *x, const gh_sorted both[2], double *floor_value)
{
    const gh_event_rows *rows = &w->rows[GH_TRUTH];
    int64_t half = rows->n / 2;
    const double *weights = rows->weights;
    gh_sorted a = {0}, b = {0};
    gh_status status = gh_sorted_make(&w->hooks, half, x, weights, &a);
    if (!status) status = gh_sorted_make(&w->hooks, rows->n - half, x + half, weights ? weights + half : NULL, &b);
    if (!status) {
        double halves = 2 / (weights ? 0.5 * (gh_effective(&a) + gh_effective(&b)) : (double)half);
        double scale = sqrt((1 / gh_effective(&both[GH_TRUTH]) + 1 / gh_effective(&both[GH_GENERATED])) / halves);
        *floor_value = gh_wasserstein(&a, &b) / unit_deviation(half, x, weights) * scale;
    }
    gh_sorted_free(&w->hooks, &a);
    gh_sorted_free(&w->hooks, &b);
    return status;
}

/* Generated over true share of events beyond the truth's quantile. */
static double tail_ratio(const gh_sorted both[2], double q)
{
    double cut = gh_quantile(&both[GH_TRUTH], q), share[2];
    for (int s = 0; s < 2; s++)
        share[s] = gh_sorted_weight(&both[s], gh_sorted_rank(&both[s], cut), both[s].n, NULL) / both[s].total;
    return share[GH_GENERATED] / fmax(share[GH_TRUTH], 1e-12);
}

static gh_status compare_sorted(const workspace *w, const gh_observable_plan *plan, const double *x,
                                const gh_sorted both[2], int64_t bins, gh_observable_figures *f)
{
    const gh_event_rows *truth = &w->rows[GH_TRUTH];
    GH_TRY(gh_chi2(&w->hooks, &both[GH_TRUTH], &both[GH_GENERATED], bins, &f->chi2_ndf));
    f->w1 = gh_wasserstein(&both[GH_TRUTH], &both[GH_GENERATED]) / unit_deviation(truth->n, x, truth->weights);
    GH_TRY(wasserstein_floor(w, x, both, &f->w1_floor));
    gh_kolmogorov(&both[GH_TRUTH], &both[GH_GENERATED], &f->ks, &f->ks_p);
    if (plan->tail) {
        f->tail[0] = tail_ratio(both, 0.99);
        f->tail[1] = tail_ratio(both, 0.999);
    }
    for (int s = 0; s < 2; s++) {
        f->median[s] = gh_quantile(&both[s], 0.5);
        f->width[s] = 0.5 * (gh_quantile(&both[s], 0.84) - gh_quantile(&both[s], 0.16));
    }
    f->bins = gh_plot_edges(&both[GH_TRUTH], plan->peak ? f->width[GH_TRUTH] : 0, f->edges);
    double counts[2][GH_PLOT_BINS];
    for (int s = 0; s < 2; s++) {
        gh_plot_density(&both[s], f->bins, f->edges, f->density[s], f->error[s]);
        for (int64_t b = 0; b < f->bins; b++) counts[s][b] = f->density[s][b] * (f->edges[b + 1] - f->edges[b]);
    }
    f->separation = gh_separation(f->bins, counts[0], counts[1]);
    return GENHEP_OK;
}

static gh_status compare_observables(genhep_evaluation *e, const workspace *w, int64_t bins)
{
    for (int64_t k = 0; k < e->list.count; k++) {
        gh_sorted both[2] = {{0}, {0}};
        gh_status status = GENHEP_OK;
        const double *x[2];
        for (int s = 0; s < 2 && !status; s++) {
            x[s] = w->values[s] + k * w->rows[s].n;
            status = gh_sorted_make(&w->hooks, w->rows[s].n, x[s], w->rows[s].weights, &both[s]);
        }
        if (!status) status = compare_sorted(w, &e->list.plans[k], x[0], both, bins, &e->figures[k]);
        gh_sorted_free(&w->hooks, &both[0]);
        gh_sorted_free(&w->hooks, &both[1]);
        GH_TRY(status);
    }
    return GENHEP_OK;
}

static gh_status summarise(genhep_evaluation *e)
{
    double *chi2;
    int64_t n = 0;
    GH_TRY(gh_alloc(&e->hooks, &chi2, e->list.count, sizeof *chi2));
    for (int64_t k = 0; k < e->list.count; k++) {
        if (e->list.plans[k].extra) continue;
        chi2[n++] = e->figures[k].chi2_ndf;
        e->w1_mean += e->figures[k].w1;
        e->w1_floor_mean += e->figures[k].w1_floor;
    }
    e->w1_mean /= (double)n; /* at least one: extra observables come with their particles' columns */
    e->w1_floor_mean /= (double)n;
    gh_status status = gh_sort_doubles(&e->hooks, n, chi2, NULL);
    if (!status) {
        e->chi2_ndf_median = 0.5 * (chi2[(n - 1) / 2] + chi2[n / 2]);
        e->chi2_ndf_max = chi2[n - 1];
    }
    gh_free(&e->hooks, chi2);
    return status;
}

/* Pointers to what the classifier sees: the columns of the table, then the observables made from them. */
static gh_status choose_features(const genhep_evaluation *e, workspace *w)
{
    for (int s = 0; s < 2; s++) {
        int64_t n = w->rows[s].n;
        GH_TRY(gh_alloc(&w->hooks, &w->columns[s], w->layout.d + e->list.count, sizeof *w->columns[s]));
        w->features = 0;
        for (int64_t c = 0; c < w->layout.d; c++) w->columns[s][w->features++] = w->rows[s].columns + c * n;
        for (int64_t k = 0; k < e->list.count; k++)
            if (!e->list.plans[k].extra && e->list.plans[k].kind != GH_OBSERVABLE_COLUMN)
                w->columns[s][w->features++] = w->values[s] + k * n;
    }
    return GENHEP_OK;
}

static gh_status classify(genhep_evaluation *e, workspace *w, const genhep_options *options)
{
    e->auc = e->auc_error = NAN;
    if (gh_option_is(options, "evaluate.auc", "off"))
        return gh_strdup(&e->hooks, "auc: switched off by evaluate.auc", &e->note);
    if (w->rows[GH_TRUTH].negative || w->rows[GH_GENERATED].negative)
        return gh_strdup(&e->hooks,
                         "auc: not defined for events with negative weights; all other figures use the weights",
                         &e->note);
    if (w->rows[GH_TRUTH].n < LEAST_CLASSIFIER_ROWS || w->rows[GH_GENERATED].n < LEAST_CLASSIFIER_ROWS)
        return gh_strdup(&e->hooks, "auc: too few rows, the classifier needs at least 200 of each sample", &e->note);
    GH_TRY(choose_features(e, w));
    gh_two_classes data = {w->features,
                           {w->rows[GH_GENERATED].n, w->rows[GH_TRUTH].n},
                           {w->columns[GH_GENERATED], w->columns[GH_TRUTH]},
                           {w->rows[GH_GENERATED].weights, w->rows[GH_TRUTH].weights}};
    gh_log(&e->hooks, GENHEP_LOG_INFO, "training the classifier on %lld features", (long long)w->features);
    return gh_classifier_test(&e->hooks, &data, e->seed, &e->auc, &e->auc_error);
}

static gh_status median_of(const gh_hooks *hooks, int64_t n, const double *x, double *median)
{
    gh_sorted sorted;
    gh_status status = gh_sorted_make(hooks, n, x, NULL, &sorted);
    if (!status) *median = gh_quantile(&sorted, 0.5);
    gh_sorted_free(hooks, &sorted);
    return status;
}

/* Distances from the first rows of both samples to the nearest training event. */
static gh_status compare_neighbours(genhep_evaluation *e, const workspace *w, int64_t queries)
{
    gh_status status = GENHEP_OK;
    const gh_hooks *hooks = &e->hooks;
    double *training = NULL, *scale = NULL, *points[2] = {NULL, NULL}, *distance[2] = {NULL, NULL}, median[2];
    int64_t width, n = w->train.n;
    GH_TRY_CLEANUP(gh_event_canonical(hooks, &w->layout, &w->train, n, &training, &width));
    GH_TRY_CLEANUP(gh_alloc(hooks, &scale, width, sizeof *scale));
    gh_neighbour_scale(n, width, training, scale);
    for (int64_t i = 0; i < n * width; i++) training[i] /= scale[i % width];
    for (int s = 0; s < 2; s++) {
        int64_t m = w->rows[s].n < queries ? w->rows[s].n : queries;
        GH_TRY_CLEANUP(gh_event_canonical(hooks, &w->layout, &w->rows[s], m, &points[s], &width));
        GH_TRY_CLEANUP(gh_alloc(hooks, &distance[s], m, sizeof *distance[s]));
        for (int64_t i = 0; i < m * width; i++) points[s][i] /= scale[i % width];
        GH_TRY_CLEANUP(gh_neighbour_distances(hooks, n, width, training, m, points[s], distance[s]));
        GH_TRY_CLEANUP(median_of(hooks, m, distance[s], &median[s]));
    }
    int64_t m = w->rows[GH_GENERATED].n < queries ? w->rows[GH_GENERATED].n : queries, copies = 0;
    for (int64_t i = 0; i < m; i++) copies += distance[GH_GENERATED][i] < 1e-6;
    e->duplicates = (double)copies / (double)m;
    e->neighbour_ratio = median[GH_GENERATED] / median[GH_TRUTH];
    e->has_neighbours = 1;
cleanup:
    gh_free(hooks, training);
    gh_free(hooks, scale);
    for (int s = 0; s < 2; s++) {
        gh_free(hooks, points[s]);
        gh_free(hooks, distance[s]);
    }
    return status;
}

static gh_status compare_events(genhep_evaluation *e, const workspace *w)
{
    int cartesian = 0;
    GH_TRY(gh_correlation_distance(&e->hooks, w->rows, &e->correlation_distance));
    if (w->layout.n_particles == 0) return GENHEP_OK;
    for (int s = 0; s < 2; s++) GH_TRY(gh_event_balance(&e->hooks, &w->layout, &w->rows[s], &e->balance[s]));
    e->has_balance = 1;
    for (int64_t p = 0; p < w->layout.n_particles; p++) cartesian |= !w->layout.particles[p].polar;
    if (cartesian) GH_TRY(gh_event_shell(&e->hooks, &w->layout, w->rows, e->shell));
    e->has_shell = cartesian;
    if (strcmp(e->process, "ttbar_jets") == 0) {
        GH_TRY(gh_jet_figures_make(&e->hooks, &w->layout, w->rows, e->seed, (double)w->train.n, &e->jets));
        e->has_jets = 1;
    }
    if (strcmp(e->process, "cms") != 0) return GENHEP_OK;
    for (int s = 0; s < 2; s++) GH_TRY(gh_event_dimuon(&e->hooks, &w->layout, &w->rows[s], &e->dimuon[s]));
    e->has_dimuon = 1;
    return GENHEP_OK;
}

static gh_status take_rows(const genhep_dataset *truth, const genhep_dataset *generated, const genhep_dataset *train,
                           const genhep_options *options, genhep_evaluation *e, workspace *w)
{
    int64_t limit = gh_option_int(options, "evaluate.max");
    const gh_hooks *hooks = &e->hooks;
    GH_TRY(gh_event_layout_make(hooks, truth, &w->layout));
    GH_TRY(gh_event_rows_take(hooks, truth, &w->layout, "truth", e->seed, GH_EVALUATE_TRUTH, limit, LEAST_ROWS,
                              &w->rows[GH_TRUTH]));
    GH_TRY(gh_event_rows_take(hooks, generated, &w->layout, "generated", e->seed, GH_EVALUATE_GENERATED, limit,
                              LEAST_ROWS, &w->rows[GH_GENERATED]));
    for (int s = 0; s < 2; s++) {
        e->n[s] = w->rows[s].n;
        e->effective[s] = w->rows[s].effective;
    }
    if (!train) return GENHEP_OK;
    return gh_event_rows_take(hooks, train, &w->layout, "train", e->seed, GH_EVALUATE_TRAIN,
                              gh_option_int(options, "evaluate.train"), 1, &w->train);
}

gh_status gh_evaluate(const genhep_dataset *truth, const genhep_dataset *generated, const genhep_dataset *train,
                      const char *process, const genhep_options *options, genhep_evaluation **evaluation)
{
    gh_status status = GENHEP_OK;
    gh_hooks hooks = gh_hooks_of(options);
    workspace w = {.hooks = hooks};
    genhep_evaluation *e = NULL;
    *evaluation = NULL;
    GH_TRY_CLEANUP(gh_alloc(&hooks, &e, 1, sizeof *e));
    e->hooks = hooks;
    e->json.hooks = &e->hooks;
    e->seed = gh_option_int(options, "seed");
    GH_TRY_CLEANUP(gh_strdup(&hooks, process, &e->process));
    GH_TRY_CLEANUP(take_rows(truth, generated, train, options, e, &w));
    GH_TRY_CLEANUP(gh_observables_plan(&hooks, &w.layout, process, &e->list));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &e->figures, e->list.count, sizeof *e->figures));
    GH_TRY_CLEANUP(compute_values(e, &w));
    GH_TRY_CLEANUP(compare_observables(e, &w, gh_option_int(options, "evaluate.bins")));
    GH_TRY_CLEANUP(summarise(e));
    GH_TRY_CLEANUP(compare_events(e, &w));
    GH_TRY_CLEANUP(classify(e, &w, options));
    if (train) GH_TRY_CLEANUP(compare_neighbours(e, &w, gh_option_int(options, "evaluate.queries")));
    GH_TRY_CLEANUP(gh_evaluation_write_json(e));
cleanup:
    workspace_free(&w);
    if (status) gh_evaluation_free(e);
    else *evaluation = e;
    return status;
}

void gh_evaluation_free(genhep_evaluation *e)
{
    if (!e) return;
    gh_hooks hooks = e->hooks;
    gh_observable_list_free(&hooks, &e->list);
    gh_text_free(&e->json);
    gh_free(&hooks, e->figures);
    gh_free(&hooks, e->process);
    gh_free(&hooks, e->note);
    gh_free(&hooks, e);
}
