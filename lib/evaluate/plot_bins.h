/* plot_bins.h -- the histograms of an observable for plots. */
#ifndef GH_PLOT_BINS_H
#define GH_PLOT_BINS_H

#include "evaluate/statistics.h"

enum { GH_PLOT_BINS = 60 };

/** Edges for a plot of the truth: bins around the values of a discrete observable; the median +- 10 widths of a
 * resonance; else the central 99.9 %, with logarithmic bins where the spectrum falls over more than a decade beyond its
 * median.
 * @param width half the central 68 % of a resonance, 0 for others; @param edges room for GH_PLOT_BINS + 1
 * @return the number of bins, 1 .. GH_PLOT_BINS */
int64_t gh_plot_edges(const gh_sorted *truth, double width, double *edges);

/** Density per unit of the observable, unit area over all events (also those outside), with its standard deviation. */
void gh_plot_density(const gh_sorted *sample, int64_t bins, const double *edges, double *density, double *error);

#endif
