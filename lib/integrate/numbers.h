/* numbers.h -- which random numbers an integral takes: streams of GH_RANDOM_INTEGRATE, of 2^24 that there are.
 * A phase is a round of training or an iteration of the grid, from 1, and 0 is the integral itself. The item is the number of
 * the point, so runs go on where the last one ended. */
#ifndef GH_NUMBERS_H
#define GH_NUMBERS_H

#include "base/philox.h"

enum { GH_STREAM_MIXTURE = 0, GH_STREAM_POINTS = 1, GH_STREAM_KEEP = 2, GH_STREAM_LATENTS = 3 /* and up: one for every k */ };

#define GH_PHASE_STREAMS 4096 /* integrate.samples stays below */
#define GH_PHASES 4096

static inline gh_rng gh_integral_rng(int64_t seed, int64_t phase, int64_t stream)
{
    return gh_rng_make(seed, GH_RANDOM_INTEGRATE, phase * GH_PHASE_STREAMS + stream);
}

#endif
