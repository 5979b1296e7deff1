/* evaluation.h -- all figures of one comparison with truth. Public handle: include/genhep/evaluate.h. */
#ifndef GH_EVALUATION_H
#define GH_EVALUATION_H

#include "base/options.h"
#include "base/text.h"
#include "data/dataset.h"
#include "evaluate/jet_figures.h"
#include "evaluate/observables.h"
#include "evaluate/plot_bins.h"
#include "genhep/evaluate.h"

enum { GH_TRUTH = 0, GH_GENERATED = 1 };

/** Figures of one observable; index GH_TRUTH or GH_GENERATED where both are given. */
typedef struct gh_observable_figures {
    double chi2_ndf;
    double w1;       /* in units of the truth's standard deviation, as is its floor */
    double w1_floor;
    double ks;
    double ks_p;
    double separation; /* of the plot's histograms */
    double tail[2];    /* generated over true share beyond the truth's 99 % and 99.9 % quantiles */
    double median[2];  /* resonances */
    double width[2];   /* half the central 68 % */
    int64_t bins;
    double edges[GH_PLOT_BINS + 1];
    double density[2][GH_PLOT_BINS];
    double error[2][GH_PLOT_BINS];
} gh_observable_figures;

/** Dimuon figures of one sample: opposite-sign share, and for each resonance window its share, the ratio of the window
 * to the mean of its two neighbours of the same width, and the median mass inside. */
typedef struct gh_dimuon_figures {
    double opposite_sign;
    struct { double share, peak_over_side, median; } window[3]; /* jpsi, upsilon, z */
} gh_dimuon_figures;

struct genhep_evaluation {
    gh_hooks hooks;
    char *process;
    int64_t seed;
    int64_t n[2];
    double effective[2];
    gh_observable_list list;
    gh_observable_figures *figures; /* list.count */
    double auc, auc_error;          /* NAN when there is none; `note` says why */
    char *note;                     /* NULL when there is nothing to say */
    double chi2_ndf_median, chi2_ndf_max, w1_mean, w1_floor_mean;
    double correlation_distance;
    int has_balance, has_shell, has_neighbours, has_dimuon, has_jets;
    double balance[2], shell[2];
    double duplicates, neighbour_ratio;
    gh_dimuon_figures dimuon[2];
    gh_jet_figures jets;
    gh_text json;
};

/** Compute everything. Arguments as genhep_evaluate, none NULL but `train` and `options`. */
gh_status gh_evaluate(const genhep_dataset *truth, const genhep_dataset *generated, const genhep_dataset *train,
                      const char *process, const genhep_options *options, genhep_evaluation **evaluation);
void gh_evaluation_free(genhep_evaluation *evaluation);

/** Write evaluation->json from the figures. */
gh_status gh_evaluation_write_json(genhep_evaluation *evaluation);

/** Figures of whole events (event_figures.c). */
gh_status gh_correlation_distance(const gh_hooks *hooks, const gh_event_rows rows[2], double *distance);
gh_status gh_event_balance(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows *rows,
                           double *balance);
gh_status gh_event_shell(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows rows[2],
                         double shell[2]);
gh_status gh_event_dimuon(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows *rows,
                          gh_dimuon_figures *figures);

#endif
