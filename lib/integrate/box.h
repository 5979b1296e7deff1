/* box.h -- the open unit box as a plane: every coordinate u in (0,1) to a real y and back, with the density it gives.
 *   probit   y = Phi^-1(u)         du/dy = phi(y)
 *   logit    y = log(u/(1-u))      du/dy = u (1-u)
 * A function that stays finite at an edge of the box has a Gaussian, or an exponential, tail there. */
#ifndef GH_BOX_H
#define GH_BOX_H

#include "base/options.h"

typedef enum gh_box { GH_BOX_PROBIT = 0, GH_BOX_LOGIT = 1 } gh_box;

gh_box gh_box_read(const genhep_options *options); /* integrate.map */

/** y of n numbers u. */
void gh_box_to_plane(gh_box box, int64_t n, const double *u, double *y);

/** u of n rows y (n,d), inside (0,1) whatever y, and log |du/dy| of each row, added to log_jacobian (n). */
void gh_box_from_plane(gh_box box, int64_t n, int64_t d, const double *y, double *u, double *log_jacobian);

/** log |du/dy| of rows, added. */
void gh_box_log_jacobian(gh_box box, int64_t n, int64_t d, const double *y, double *log_jacobian);

#endif
