/* integrate.c -- public integrator functions: check arguments, call down. */
#include "integrate/integrator.h"

genhep_status genhep_integrator_create(int64_t dim, genhep_integrand_fn integrand, void *user, const genhep_options *options,
                                       genhep_integrator **integrator)
{
    if (integrator) *integrator = NULL;
    if (!integrand || !integrator) GH_FAIL(GENHEP_E_ARG, "genhep_integrator_create: integrand or integrator is NULL");
    if (dim < 1 || dim > 256) GH_FAIL(GENHEP_E_ARG, "genhep_integrator_create: dim is %lld, expected 1..256", (long long)dim);
    return gh_integrator_create(dim, integrand, user, options, integrator);
}

genhep_status genhep_integrator_adapt(genhep_integrator *integrator, genhep_progress_fn progress, void *progress_user)
{
    if (!integrator) GH_FAIL(GENHEP_E_ARG, "genhep_integrator_adapt: integrator is NULL");
    return gh_integrator_adapt(integrator, progress, progress_user);
}

genhep_status genhep_integrator_run(genhep_integrator *integrator, int64_t n_points, genhep_integral *result)
{
    if (!integrator || !result || result->struct_size < (int64_t)sizeof(int64_t))
        GH_FAIL(GENHEP_E_ARG, "genhep_integrator_run: integrator or result is NULL, or its struct_size is not set");
    if (n_points < 2) GH_FAIL(GENHEP_E_ARG, "genhep_integrator_run: %lld points, expected at least 2", (long long)n_points);
    return gh_integrator_run(integrator, n_points, result);
}

static gh_status check_buffers(const char *who, const genhep_integrator *t, int64_t n, const double *points, int64_t stride,
                               int64_t capacity, const double *weights)
{
    if (!t || n < 0 || (n > 0 && (!points || !weights)))
        GH_FAIL(GENHEP_E_ARG, "%s: integrator, points or weights is NULL, or %lld points", who, (long long)n);
    if (stride < t->dim) GH_FAIL(GENHEP_E_ARG, "%s: stride %lld is below the %lld coordinates", who, (long long)stride, (long long)t->dim);
    if (n > 0 && (n - 1 > (INT64_MAX - t->dim) / stride || capacity < (n - 1) * stride + t->dim))
        GH_FAIL(GENHEP_E_BUFFER, "%s: the buffer holds %lld numbers, %lld points of stride %lld need more", who, (long long)capacity,
                (long long)n, (long long)stride);
    return GENHEP_OK;
}

genhep_status genhep_integrator_draw(genhep_integrator *integrator, int64_t n_points, double *points, int64_t stride, int64_t capacity,
                                     double *weights)
{
    GH_TRY(check_buffers("genhep_integrator_draw", integrator, n_points, points, stride, capacity, weights));
    return n_points ? gh_integrator_draw(integrator, n_points, points, stride, weights) : GENHEP_OK;
}

genhep_status genhep_integrator_unweight(genhep_integrator *integrator, int64_t n_points, double *points, int64_t stride,
                                         int64_t capacity, double *weights)
{
    GH_TRY(check_buffers("genhep_integrator_unweight", integrator, n_points, points, stride, capacity, weights));
    return n_points ? gh_integrator_unweight(integrator, n_points, points, stride, weights) : GENHEP_OK;
}

genhep_status genhep_integrator_set_model(genhep_integrator *integrator, const genhep_model *model)
{
    if (!integrator) GH_FAIL(GENHEP_E_ARG, "genhep_integrator_set_model: integrator is NULL");
    if (model) GH_TRY(gh_proposal_check(model, integrator->dim));
    gh_integrator_forget(integrator);
    integrator->given = model;
    return GENHEP_OK;
}

const genhep_model *genhep_integrator_model(const genhep_integrator *integrator)
{
    if (!integrator) return NULL;
    return integrator->given ? integrator->given : integrator->model;
}

void genhep_integrator_free(genhep_integrator *integrator) { gh_integrator_free(integrator); }
