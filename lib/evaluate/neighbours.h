/* neighbours.h -- nearest training event: a k-d tree with wide leaves that are searched in vector form. */
#ifndef GH_NEIGHBOURS_H
#define GH_NEIGHBOURS_H

#include "base/memory.h"

/** Distances from m query rows to their nearest of n training rows, both (.,d) row-major and scaled; found in float,
 * then computed in double for the one found. @param distance m numbers out */
gh_status gh_neighbour_distances(const gh_hooks *hooks, int64_t n, int64_t d, const double *training, int64_t m,
                                 const double *queries, double *distance);

/** Deviation of each column over n rows (n,d); columns that are constant up to rounding (below 1e-4 of the largest
 * deviation) get infinity, so that they do not count. */
void gh_neighbour_scale(int64_t n, int64_t d, const double *rows, double *scale);

#endif
