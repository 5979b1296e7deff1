/* capi/evaluate.c -- public evaluation: check arguments, call down. */
#include "evaluate/evaluation.h"
#include "evaluate/observe.h"
#include "evaluate/overdensity.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

/* The struct as of version 1.0: a caller's struct_size is never below. */
#define OBSERVABLE_BYTES ((int64_t)(offsetof(genhep_observable, ks_p) + sizeof(double)))

genhep_status genhep_evaluate(const genhep_dataset *truth, const genhep_dataset *generated, const genhep_dataset *train,
                              const char *process, const genhep_options *options, genhep_evaluation **evaluation)
{
    if (!evaluation) GH_FAIL(GENHEP_E_ARG, "genhep_evaluate: evaluation is NULL");
    *evaluation = NULL;
    if (!truth || !generated)
        GH_FAIL(GENHEP_E_ARG, "genhep_evaluate: %s is NULL", !truth ? "truth" : "generated");
    return gh_evaluate(truth, generated, train, process ? process : "generic", options, evaluation);
}

const char *genhep_evaluation_json(const genhep_evaluation *evaluation)
{
    return evaluation ? evaluation->json.data : "{}";
}

genhep_status genhep_observables(const genhep_dataset *events, const char *process, const genhep_options *options,
                                 genhep_dataset **observables)
{
    if (!observables) GH_FAIL(GENHEP_E_ARG, "genhep_observables: observables is NULL");
    *observables = NULL;
    if (!events) GH_FAIL(GENHEP_E_ARG, "genhep_observables: events is NULL");
    const gh_hooks hooks = gh_hooks_of(options);
    return gh_observe(events, process ? process : "generic", &hooks, observables);
}

/* Does `name` read WORD(OBSERVABLE)? The observable may have parentheses of its own. Its index, or -1. */
static int64_t observable_of(const genhep_evaluation *e, const char *name, const char *word)
{
    size_t length = strlen(word), whole = strlen(name);
    if (whole < length + 2 || strncmp(name, word, length) != 0 || name[length] != '(' || name[whole - 1] != ')')
        return -1;
    for (int64_t k = 0; k < e->list.count; k++) {
        const char *known = e->list.plans[k].name;
        if (strlen(known) == whole - length - 2 && strncmp(name + length + 1, known, strlen(known)) == 0) return k;
    }
    return -1;
}

genhep_status genhep_evaluation_figure(const genhep_evaluation *evaluation, const char *name, double *value)
{
    const genhep_evaluation *e = evaluation;
    if (!e || !name || !value) GH_FAIL(GENHEP_E_ARG, "genhep_evaluation_figure: an argument is NULL");
    const struct { const char *name; double value; int there; } whole[] = {
        {"auc", e->auc, isfinite(e->auc)},
        {"auc_error", e->auc_error, isfinite(e->auc)},
        {"chi2_ndf_median", e->chi2_ndf_median, 1},
        {"chi2_ndf_max", e->chi2_ndf_max, 1},
        {"w1_mean", e->w1_mean, 1},
        {"w1_floor_mean", e->w1_floor_mean, 1},
        {"correlation_distance", e->correlation_distance, 1},
        {"balance", e->balance[GH_GENERATED], e->has_balance},
        {"shell", e->shell[GH_GENERATED], e->has_shell},
        {"neighbour_ratio", e->neighbour_ratio, e->has_neighbours},
        {"duplicates", e->duplicates, e->has_neighbours},
        {"score_1d", e->jets.score_1d, e->has_jets},
        {"score_1d_ceiling", e->jets.score_1d_ceiling, e->has_jets},
        {"score_1d_training", e->jets.score_1d_training, e->has_jets && isfinite(e->jets.score_1d_training)},
        {"holes", e->jets.holes[GH_GENERATED], e->has_jets},
        {"score_2d", e->jets.score_2d, e->has_jets},
        {"physicality", e->jets.physicality[GH_GENERATED], e->has_jets},
    };
    for (size_t k = 0; k < sizeof whole / sizeof *whole; k++) {
        if (strcmp(name, whole[k].name) != 0) continue;
        if (!whole[k].there)
            GH_FAIL(GENHEP_E_ARG, "figure '%s' was not computed: %s", name,
                    strncmp(name, "auc", 3) == 0 && e->note ? e->note
                    : k >= 11 && !e->has_jets                ? "it belongs to process ttbar_jets"
                    : e->has_balance                         ? "it needs the training sample"
                                                             : "it needs particles or the training sample");
        *value = whole[k].value;
        return GENHEP_OK;
    }
    static const struct { const char *word; size_t offset; } each[] = {
        {"chi2_ndf", offsetof(gh_observable_figures, chi2_ndf)}, {"w1", offsetof(gh_observable_figures, w1)},
        {"w1_floor", offsetof(gh_observable_figures, w1_floor)}, {"ks", offsetof(gh_observable_figures, ks)},
        {"ks_p", offsetof(gh_observable_figures, ks_p)}};
    for (size_t k = 0; k < sizeof each / sizeof *each; k++) {
        int64_t at = observable_of(e, name, each[k].word);
        if (at < 0) continue;
        memcpy(value, (const char *)&e->figures[at] + each[k].offset, sizeof *value);
        return GENHEP_OK;
    }
    GH_FAIL(GENHEP_E_ARG, "no figure '%s' in this evaluation", name);
}

int64_t genhep_evaluation_observables(const genhep_evaluation *evaluation)
{
    return evaluation ? evaluation->list.count : 0;
}

genhep_status genhep_evaluation_observable(const genhep_evaluation *evaluation, int64_t index,
                                           genhep_observable *observable)
{
    if (!evaluation || !observable) GH_FAIL(GENHEP_E_ARG, "genhep_evaluation_observable: an argument is NULL");
    if (index < 0 || index >= evaluation->list.count)
        GH_FAIL(GENHEP_E_ARG, "genhep_evaluation_observable: index %lld, expected 0..%lld", (long long)index,
                (long long)evaluation->list.count - 1);
    if (observable->struct_size < OBSERVABLE_BYTES)
        GH_FAIL(GENHEP_E_ARG, "genhep_evaluation_observable: struct_size = %lld, expected at least %lld",
                (long long)observable->struct_size, (long long)OBSERVABLE_BYTES);
    const gh_observable_figures *f = &evaluation->figures[index];
    const gh_observable_plan *plan = &evaluation->list.plans[index];
    genhep_observable full = {.struct_size = observable->struct_size,
                              .name = plan->name,
                              .unit = plan->unit,
                              .bins = f->bins,
                              .edges = f->edges,
                              .truth = f->density[GH_TRUTH],
                              .truth_error = f->error[GH_TRUTH],
                              .generated = f->density[GH_GENERATED],
                              .generated_error = f->error[GH_GENERATED],
                              .chi2_ndf = f->chi2_ndf,
                              .w1 = f->w1,
                              .w1_floor = f->w1_floor,
                              .ks = f->ks,
                              .ks_p = f->ks_p};
    size_t size = (size_t)observable->struct_size < sizeof full ? (size_t)observable->struct_size : sizeof full;
    memcpy(observable, &full, size);
    return GENHEP_OK;
}

void genhep_evaluation_free(genhep_evaluation *evaluation)
{
    gh_evaluation_free(evaluation);
}

#define OVERDENSITY_BYTES ((int64_t)(offsetof(genhep_overdensity, radius) + sizeof(double)))

/* A list of numbers of points, rising; those above `most` are left out where `most` is not 0. */
static gh_status bump_sizes(const genhep_options *options, const char *key, int64_t most, int64_t *sizes, int64_t *size)
{
    const char *text = gh_option_text(options, key);
    int64_t last = 0, count = 0;
    for (const char *at = text, *next; *at; at = next) {
        while (*at == ' ' || *at == ',') at++;
        if (!*at) break;
        const double value = gh_parse_real(at, &next);
        if (next == at || !(value >= 1 && value <= 1e6) || value != floor(value) || ++count > GH_BUMP_SIZES || (int64_t)value <= last)
            GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%s', expected up to %d rising whole numbers", key, text, GH_BUMP_SIZES);
        last = (int64_t)value;
        if (!most || last <= most) size[(*sizes)++] = last;
    }
    return GENHEP_OK;
}

genhep_status genhep_find_overdensity(const genhep_options *options, int64_t n_data, const double *data, int64_t n_reference,
                                      const double *reference, int64_t d, genhep_overdensity *result)
{
    const gh_hooks hooks = gh_hooks_of(options);
    gh_bump_settings settings = {.seed = gh_option_int(options, "seed"), .centres = gh_option_int(options, "bump.centres"),
                                 .permutations = gh_option_int(options, "bump.permutations")};
    if (!data || !reference || !result || n_data < 2 || n_reference < 2 || d < 1)
        GH_FAIL(GENHEP_E_ARG, "genhep_find_overdensity: found %lld and %lld points of %lld numbers, expected two tables of at least 2",
                (long long)n_data, (long long)n_reference, (long long)d);
    if (result->struct_size < OVERDENSITY_BYTES)
        GH_FAIL(GENHEP_E_ARG, "genhep_find_overdensity: struct_size = %lld, expected at least %lld", (long long)result->struct_size,
                (long long)OVERDENSITY_BYTES);
    if (n_data > INT32_MAX - n_reference) GH_FAIL(GENHEP_E_ARG, "genhep_find_overdensity: more than 2^31 points");
    GH_TRY(bump_sizes(options, "bump.neighbours", 0, &settings.sizes, settings.size));
    GH_TRY(bump_sizes(options, "bump.axis_neighbours", (n_data + n_reference) / 2, &settings.axis_sizes, settings.axis_size));
    if (!settings.sizes && !settings.axis_sizes)
        GH_FAIL(GENHEP_E_OPTION, "options 'bump.neighbours' and 'bump.axis_neighbours': found none that fits, expected '25 50 100'");
    if (settings.sizes && settings.size[settings.sizes - 1] >= n_data + n_reference)
        GH_FAIL(GENHEP_E_SHAPE, "option 'bump.neighbours': found %lld neighbours among %lld points", (long long)settings.size[settings.sizes - 1],
                (long long)(n_data + n_reference));
    genhep_overdensity full = {0};
    GH_TRY(gh_overdensity(&hooks, &settings, n_data, data, n_reference, reference, d, &full));
    full.struct_size = result->struct_size;
    memcpy(result, &full, (size_t)result->struct_size < sizeof full ? (size_t)result->struct_size : sizeof full);
    return GENHEP_OK;
}
