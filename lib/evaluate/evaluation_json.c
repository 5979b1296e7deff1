/* evaluation_json.c -- the figures as one JSON object. Keys: docs/FIGURES.md. */
#include "evaluate/evaluation.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 7 };

static void key(gh_text *t, const char *name, int *first)
{
    gh_text_add(t, *first ? "\n " : ",\n ");
    *first = 0;
    gh_text_add_json(t, name);
    gh_text_add(t, ": ");
}

static void number(gh_text *t, const char *name, double value, int *first)
{
    key(t, name, first);
    gh_text_add_number(t, value, DIGITS);
}

/* {"NAME": figure, ...}, the figure at `offset` of each observable's figures. */
static void per_observable(gh_text *t, const genhep_evaluation *e, const char *name, size_t offset, int *first)
{
    key(t, name, first);
    gh_text_add(t, "{");
    for (int64_t k = 0; k < e->list.count; k++) {
        gh_text_add(t, k ? ",\n  " : "\n  ");
        gh_text_add_json(t, e->list.plans[k].name);
        gh_text_add(t, ": ");
        double figure;
        memcpy(&figure, (const char *)&e->figures[k] + offset, sizeof figure);
        gh_text_add_number(t, figure, DIGITS);
    }
    gh_text_add(t, "\n }");
}

static void tails(gh_text *t, const genhep_evaluation *e, int *first)
{
    int inner = 1;
    key(t, "tail", first);
    gh_text_add(t, "{");
    for (int64_t k = 0; k < e->list.count; k++) {
        if (!e->list.plans[k].tail) continue;
        gh_text_add(t, inner ? "\n  " : ",\n  ");
        inner = 0;
        gh_text_add_json(t, e->list.plans[k].name);
        gh_text_add(t, ": [");
        gh_text_add_number(t, e->figures[k].tail[0], DIGITS);
        gh_text_add(t, ", ");
        gh_text_add_number(t, e->figures[k].tail[1], DIGITS);
        gh_text_add(t, "]");
    }
    gh_text_add(t, inner ? "}" : "\n }");
}

static void peaks(gh_text *t, const genhep_evaluation *e, int *first)
{
    static const char *const sample[2] = {"truth", "generated"};
    int inner = 1;
    key(t, "peaks", first);
    gh_text_add(t, "{");
    for (int64_t k = 0; k < e->list.count; k++) {
        if (!e->list.plans[k].peak) continue;
        gh_text_add(t, inner ? "\n  " : ",\n  ");
        inner = 0;
        gh_text_add_json(t, e->list.plans[k].peak);
        gh_text_add(t, ": {");
        for (int s = 0; s < 2; s++) {
            gh_text_add(t, "%s\"%s\": [", s ? ", " : "", sample[s]);
            gh_text_add_number(t, e->figures[k].median[s], DIGITS);
            gh_text_add(t, ", ");
            gh_text_add_number(t, e->figures[k].width[s], DIGITS);
            gh_text_add(t, "]");
        }
        gh_text_add(t, "}");
    }
    gh_text_add(t, inner ? "}" : "\n }");
}

static void pair(gh_text *t, const char *name, const double values[2], int *first)
{
    key(t, name, first);
    gh_text_add(t, "{\"truth\": ");
    gh_text_add_number(t, values[GH_TRUTH], DIGITS);
    gh_text_add(t, ", \"generated\": ");
    gh_text_add_number(t, values[GH_GENERATED], DIGITS);
    gh_text_add(t, "}");
}

static void dimuon(gh_text *t, const gh_dimuon_figures both[2], int *first)
{
    static const char *const window[3] = {"jpsi", "upsilon", "z"};
    key(t, "dimuon", first);
    gh_text_add(t, "{");
    for (int s = 0; s < 2; s++) {
        gh_text_add(t, "%s\"%s\": {\"opposite_sign\": ", s ? ",\n  " : "\n  ", s ? "generated" : "truth");
        gh_text_add_number(t, both[s].opposite_sign, DIGITS);
        for (int k = 0; k < 3; k++) {
            gh_text_add(t, ",\n   \"%s\": {\"share\": ", window[k]);
            gh_text_add_number(t, both[s].window[k].share, DIGITS);
            gh_text_add(t, ", \"peak_over_side\": ");
            gh_text_add_number(t, both[s].window[k].peak_over_side, DIGITS);
            gh_text_add(t, ", \"median\": ");
            gh_text_add_number(t, both[s].window[k].median, DIGITS);
            gh_text_add(t, "}");
        }
        gh_text_add(t, "}");
    }
    gh_text_add(t, "\n }");
}

static void jets(gh_text *t, const gh_jet_figures *f, int *first)
{
    int inner = 1;
    key(t, "jets", first);
    gh_text_add(t, "{");
    number(t, "score_1d", f->score_1d, &inner);
    number(t, "score_1d_ceiling", f->score_1d_ceiling, &inner);
    number(t, "score_1d_training", f->score_1d_training, &inner);
    pair(t, "holes", f->holes, &inner);
    number(t, "chi2_2d", f->chi2_2d, &inner);
    number(t, "js_2d", f->js_2d, &inner);
    number(t, "score_2d", f->score_2d, &inner);
    pair(t, "physicality", f->physicality, &inner);
    key(t, "histograms", &inner);
    gh_text_add(t, "{");
    for (int h = 0; h < GH_JET_HISTOGRAMS; h++) {
        const double figures[4] = {f->histogram[h].chi2, f->histogram[h].em, f->histogram[h].js, f->histogram[h].score};
        gh_text_add(t, h ? ",\n  " : "\n  ");
        gh_text_add_json(t, f->name[h]);
        gh_text_add(t, ": [");
        for (int k = 0; k < 4; k++) {
            if (k) gh_text_add(t, ", ");
            gh_text_add_number(t, figures[k], DIGITS);
        }
        gh_text_add(t, "]");
    }
    gh_text_add(t, "}\n }");
}

gh_status gh_evaluation_write_json(genhep_evaluation *e)
{
    gh_text *t = &e->json;
    int first = 1;
    gh_text_add(t, "{");
    key(t, "process", &first);
    gh_text_add_json(t, e->process);
    key(t, "seed", &first);
    gh_text_add(t, "%lld", (long long)e->seed);
    key(t, "n_truth", &first);
    gh_text_add(t, "%lld", (long long)e->n[GH_TRUTH]);
    key(t, "n_generated", &first);
    gh_text_add(t, "%lld", (long long)e->n[GH_GENERATED]);
    pair(t, "n_effective", e->effective, &first);
    number(t, "auc", e->auc, &first);
    number(t, "auc_error", e->auc_error, &first);
    if (e->note) {
        key(t, "note", &first);
        gh_text_add_json(t, e->note);
    }
    per_observable(t, e, "chi2_ndf", offsetof(gh_observable_figures, chi2_ndf), &first);
    per_observable(t, e, "w1", offsetof(gh_observable_figures, w1), &first);
    per_observable(t, e, "w1_floor", offsetof(gh_observable_figures, w1_floor), &first);
    number(t, "chi2_ndf_median", e->chi2_ndf_median, &first);
    number(t, "chi2_ndf_max", e->chi2_ndf_max, &first);
    number(t, "w1_mean", e->w1_mean, &first);
    number(t, "w1_floor_mean", e->w1_floor_mean, &first);
    tails(t, e, &first);
    peaks(t, e, &first);
    if (e->has_balance) pair(t, "balance", e->balance, &first);
    if (e->has_shell) pair(t, "shell", e->shell, &first);
    if (e->has_neighbours) {
        number(t, "duplicates", e->duplicates, &first);
        number(t, "neighbour_ratio", e->neighbour_ratio, &first);
    }
    if (e->has_dimuon) dimuon(t, e->dimuon, &first);
    if (e->has_jets) jets(t, &e->jets, &first);
    per_observable(t, e, "ks", offsetof(gh_observable_figures, ks), &first);
    per_observable(t, e, "ks_p", offsetof(gh_observable_figures, ks_p), &first);
    per_observable(t, e, "separation", offsetof(gh_observable_figures, separation), &first);
    number(t, "correlation_distance", e->correlation_distance, &first);
    gh_text_add(t, "\n}\n");
    return t->status;
}
