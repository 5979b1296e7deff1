/* jet_figures.h -- the figures of merit of Otten et al. (1901.00875) for t tbar events with four jets and two leptons, as their
 * evaluation code computes them: 27 histograms and a score, empty cells of two azimuths, physicality. */
#ifndef GH_JET_FIGURES_H
#define GH_JET_FIGURES_H

#include "evaluate/event_rows.h"

enum {
    GH_JET_DIRECT = 22, /* MET and its azimuth; E, pT, eta, phi of four jets and the first lepton */
    GH_JET_HISTOGRAMS = 27,
    GH_JET_MOST_BINS = 26,
    GH_JET_CELLS = 400 /* of each azimuth */
};

/** How far two histograms of `bins` heights are apart.
 *   chi2 = sum (p-q)^2/(p+q) where p+q > 0;  em = mean |p_(k) - q_(k)| of the sorted heights (the Wasserstein distance of the two
 *   sets of heights, not of positions);  js = root of the Jensen-Shannon divergence of p/sum p and q/sum q, natural logarithm
 *   score = -ln chi2 - ln em - ln js;  not finite for equal or empty histograms */
typedef struct gh_histogram_distance {
    double chi2, em, js, score;
} gh_histogram_distance;

void gh_histogram_compare(int64_t bins, const double *p, const double *q, gh_histogram_distance *distance);

typedef struct gh_jet_figures {
    const char *name[GH_JET_HISTOGRAMS];
    gh_histogram_distance histogram[GH_JET_HISTOGRAMS];
    double score_1d;         /* sum over the histograms, NAN when one of them has none */
    double score_1d_ceiling; /* its mean for two samples of the truth's distribution and of these sizes */
    double
        score_1d_training; /* the same with as many events as the training sample in place of the generated ones; NAN without */
    double holes[2];       /* share of empty cells of phi(jet0) against phi(jet1) */
    double chi2_2d, js_2d; /* of these cells, normalised to one */
    double score_2d;       /* (chi2 + js) |holes of truth - holes of generated| */
    double physicality[2];
} gh_jet_figures;

/** @param rows       truth and generated
 * @param n_training rows of the training sample, 0 without one
 * @return GENHEP_E_SHAPE (a column is missing), GENHEP_E_NOMEM */
gh_status gh_jet_figures_make(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows rows[2],
                              int64_t seed, double n_training, gh_jet_figures *figures);

#endif
