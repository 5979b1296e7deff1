/* box.c -- probit and logit of the unit box. Tests: tests/unit/test_integrate_parts.c. */
#include "integrate/box.h"

#include <float.h>
#include <math.h>

#include "base/normal.h"

#define HALF_LOG_2PI 0.91893853320467274178

gh_box gh_box_read(const genhep_options *options)
{
    return gh_option_is(options, "integrate.map", "logit") ? GH_BOX_LOGIT : GH_BOX_PROBIT;
}

void gh_box_to_plane(gh_box box, int64_t n, const double *u, double *y)
{
    if (box == GH_BOX_PROBIT) gh_normal_quantiles(u, n, y);
    else
        for (int64_t i = 0; i < n; i++) y[i] = log(u[i]) - log1p(-u[i]);
}

void gh_box_log_jacobian(gh_box box, int64_t n, int64_t d, const double *y, double *log_jacobian)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) {
            const double t = y[i * d + j], a = fabs(t);
            /* log u (1-u) = -|y| - 2 log(1 + exp(-|y|)) */
            log_jacobian[i] -= box == GH_BOX_PROBIT ? 0.5 * t * t + HALF_LOG_2PI : a + 2 * log1p(exp(-a));
        }
}

void gh_box_from_plane(gh_box box, int64_t n, int64_t d, const double *y, double *u, double *log_jacobian)
{
    for (int64_t i = 0; i < n * d; i++) {
        const double t = box == GH_BOX_PROBIT ? gh_normal_cdf(y[i]) : y[i] < 0 ? exp(y[i]) / (1 + exp(y[i])) : 1 / (1 + exp(-y[i]));
        u[i] = fmin(fmax(t, DBL_MIN), 1 - 0.5 * DBL_EPSILON);
    }
    gh_box_log_jacobian(box, n, d, y, log_jacobian);
}
