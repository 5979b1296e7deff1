/* shower.h -- shower: what one shower is before its energy is sampled, for the process and for its tests. */
#ifndef TRUTH_SHOWER_H
#define TRUTH_SHOWER_H

#include "draws.h"

#define TRUTH_LAYERS 3
#define TRUTH_CELLS 504 /* 3 x 96, 12 x 12, 12 x 6: rows along y, columns along x */

enum truth_particle { TRUTH_EPLUS, TRUTH_GAMMA, TRUTH_PIPLUS };

/** What differs from one shower to the next. */
typedef struct truth_shower {
    enum truth_particle particle;
    double energy;   /* GeV */
    double start;    /* depth of the start, radiation lengths */
    double shape;    /* a of the longitudinal profile */
    double response; /* visible share of the showering energy */
    double radius;   /* factor on all lateral radii */
    double x, y;     /* axis, mm */
} truth_shower;

/** Draw all but particle and energy, which stand in `shower`: seven random numbers. */
void truth_shower_draw(truth_draws *draws, truth_shower *shower);

/** Mean energy left in each layer, cells and overflow together, GeV:
 *   M_k = track_k + response (E - sum of tracks) [P(a, b (t_(k+1) - start)) - P(a, b (t_k - start))],
 * track_k the ionisation of a charged particle in front of the start. */
void truth_shower_layers(const truth_shower *shower, double mean[TRUTH_LAYERS]);

/** Mean energy of each cell and, as the last number, of the overflow beside all cells, GeV. */
void truth_shower_cells(const truth_shower *shower, double mean[TRUTH_CELLS + 1]);

/** Square of the sampling term, GeV: a cell of mean M has a gamma distribution of mean M and variance M times this. */
double truth_shower_sampling(enum truth_particle particle);

#endif
