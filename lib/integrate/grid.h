/* grid.h -- the importance grid of VEGAS (Lepage, J. Comput. Phys. 27 (1978) 192; vegas+: 2009.05112, section 2).
 * Coordinate j is cut into `bins` intervals of equal probability; a point is uniform inside its interval, so
 *   density(u) = prod_j 1 / (bins width_j(u_j)).
 * After an iteration the edges move to where intervals have equal shares of the mean squared weight, damped by alpha. */
#ifndef GH_GRID_H
#define GH_GRID_H

#include "base/memory.h"
#include "base/philox.h"

typedef struct gh_grid {
    gh_hooks hooks;
    int64_t d, bins;
    double *edges;  /* (d, bins+1), from 0 to 1 */
    double *moved;  /* bins + 1: scratch of one coordinate */
    double *square; /* (d, bins): squared weights of this iteration */
    double *count;  /* (d, bins): points of it */
} gh_grid;

/** Equal intervals. Free with gh_grid_free. */
gh_status gh_grid_create(const gh_hooks *hooks, int64_t d, int64_t bins, gh_grid *grid);
void gh_grid_free(gh_grid *grid);

/** Equal intervals again. */
void gh_grid_reset(gh_grid *grid);

/** Points first .. first+n-1 of a stream: u (n,d) and density (n). */
void gh_grid_draw(const gh_grid *grid, const gh_rng *rng, int64_t first, int64_t n, double *u, double *density);

/** Note the weights f/density of n points u. */
void gh_grid_note(gh_grid *grid, int64_t n, const double *u, const double *weights);

/** Move the edges by what was noted, and forget it. alpha 0 leaves them where they are. */
void gh_grid_adapt(gh_grid *grid, double alpha);

/** Uniform numbers of a point, coordinate by coordinate, as gh_grid_draw takes them: u (n,d). */
void gh_grid_uniform(const gh_rng *rng, int64_t first, int64_t n, int64_t d, double *u);

#endif
