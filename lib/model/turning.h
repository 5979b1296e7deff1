/* turning.h -- events turned about the beam by an azimuth of their own (generator.turn): samples without a preferred direction stay
 * exactly so, whatever a network has learned.
 *   (x_px, x_py) -> (c x_px - s x_py, s x_px + c x_py) for every particle,     c = cos a, s = sin a
 * Prepared coordinates turn as momenta do where these are an affine function of them with the same scale for px and py. */
#ifndef GH_TURNING_H
#define GH_TURNING_H

#include "base/real.h"
#include "base/status.h"

enum { GH_TURNING_PAIRS = 64 };

typedef struct genhep_model genhep_model;

typedef struct gh_turning {
    int64_t pairs; /* 0: events are not turned */
    int64_t x[GH_TURNING_PAIRS], y[GH_TURNING_PAIRS]; /* coordinates */
} gh_turning;

/** Find the pairs <particle>_px, <particle>_py of the model's coordinates. GENHEP_E_OPTION when turning them does not turn the momenta of all
 * particles. */
gh_status gh_turning_find(const genhep_model *model, gh_turning *turning);

/** cosine and sine of the azimuth that u in (0,1) stands for, as 2 numbers. */
void gh_turning_angle(double u, gh_real *angle);

/** Turn rows X (N,P) in place, row i by angles (N,2); sign -1 turns back, which is what gradients need. */
void gh_turning_apply(const gh_turning *turning, int64_t N, int64_t P, const gh_real *angles, gh_real sign, gh_real *X);

#endif
