/* steer.h -- what the parts of `genhep latent` share. */
#ifndef GENHEP_STEER_H
#define GENHEP_STEER_H

#include "report_parts.h"

enum { SHEET_PANELS = 6 };

/** Numbers of one observable over a plane (steps x steps, second component slowest) or along a component (steps). */
typedef struct sheet_panel {
    const char *name, *unit;
    const double *values, *errors; /* errors NULL on a plane */
} sheet_panel;

/** FOLDER/plane.png: decoded observables over the scores of two components. axis: steps scores of each, in order. */
int sheet_plane(const report *r, int64_t a, int64_t b, int64_t steps, const double *axis_a, const double *axis_b, int panels,
                const sheet_panel *panel);

/** FOLDER/along.png: means of observables against the shift along a component. */
int sheet_along(const report *r, int64_t component, int64_t steps, const double *shift, int panels, const sheet_panel *panel);

#endif
