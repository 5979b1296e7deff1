/* latent.c -- public encode, decode and density: columns to prepared coordinates and on. */
#include <math.h>

#include "model/model.h"

/* Prepare rows of the caller; *jacobian gets log |det| per row when not NULL. */
static gh_status prepare(const genhep_model *model, int64_t n, const double *events, int64_t stride, double *prepared,
                         double *jacobian)
{
    gh_prep_work *work;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_prep_work_create(&model->hooks, model->prep, GH_BLOCK, &work));
    for (int64_t start = 0; !status && start < n; start += GH_BLOCK) {
        int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        status = gh_prep_forward(model->prep, work, rows, events + start * stride, stride, gh_option_int(model->options, "seed"),
                                 start, prepared + start * model->p, model->p, jacobian ? jacobian + start : NULL);
    }
    gh_prep_work_free(work);
    return status;
}

static gh_status check_rows(const genhep_model *model, int64_t n, const void *in, const void *out, int64_t stride)
{
    if (!model || n < 0 || (n > 0 && (!in || !out)))
        GH_FAIL(GENHEP_E_ARG, "model, input or output is NULL, or %lld events", (long long)n);
    if (stride < model->schema->d)
        GH_FAIL(GENHEP_E_ARG, "stride %lld is below the %lld columns of an event", (long long)stride, (long long)model->schema->d);
    return GENHEP_OK;
}

static gh_status check_finite(const char *what, const double *x, int64_t n, int64_t width)
{
    for (int64_t i = 0; i < n * width; i++)
        if (!isfinite(x[i])) GH_FAIL(GENHEP_E_NUMERIC, "%s of event %lld is not finite", what, (long long)(i / width));
    return GENHEP_OK;
}

genhep_status genhep_model_encode(const genhep_model *model, int64_t n, const double *events, int64_t stride, double *mu,
                                  double *sigma)
{
    gh_status status;
    double *prepared = NULL;
    gh_real *x = NULL, *m = NULL, *s = NULL;
    GH_TRY(check_rows(model, n, events, mu, stride));
    if (!model->latents) GH_FAIL(GENHEP_E_STATE, "a model of family '%s' has no encoder", model->family->name);
    const gh_hooks *hooks = &model->hooks;
    const int64_t L = model->latents;
    GH_TRY_CLEANUP(gh_alloc(hooks, &prepared, n * model->p, sizeof *prepared));
    GH_TRY_CLEANUP(gh_alloc(hooks, &x, n * model->p, sizeof *x));
    GH_TRY_CLEANUP(gh_alloc(hooks, &m, n * L, sizeof *m));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s, n * L, sizeof *s));
    GH_TRY_CLEANUP(prepare(model, n, events, stride, prepared, NULL));
    for (int64_t i = 0; i < n * model->p; i++) x[i] = (gh_real)prepared[i];
    GH_TRY_CLEANUP(gh_bvae_encode(model, model->parameters, n, x, NULL, m, s));
    for (int64_t i = 0; i < n * L; i++) {
        mu[i] = (double)m[i];
        if (sigma) sigma[i] = (double)s[i];
    }
    GH_TRY_CLEANUP(check_finite("the latent mean", mu, n, L));
    if (sigma) GH_TRY_CLEANUP(check_finite("the latent sigma", sigma, n, L));
cleanup:
    gh_free(hooks, prepared);
    gh_free(hooks, x);
    gh_free(hooks, m);
    gh_free(hooks, s);
    return status;
}

genhep_status genhep_model_decode(const genhep_model *model, int64_t n, const double *latents, double *events, int64_t stride)
{
    gh_status status;
    double *prepared = NULL, *uniforms = NULL;
    gh_real *z = NULL;
    gh_prep_work *work = NULL;
    GH_TRY(check_rows(model, n, latents, events, stride));
    if (!model->latents) GH_FAIL(GENHEP_E_STATE, "a model of family '%s' has no decoder", model->family->name);
    const gh_hooks *hooks = &model->hooks;
    const int64_t V = gh_prep_uniforms(model->prep);
    GH_TRY_CLEANUP(gh_alloc(hooks, &prepared, n * model->p, sizeof *prepared));
    GH_TRY_CLEANUP(gh_alloc(hooks, &z, n * model->latents, sizeof *z));
    GH_TRY_CLEANUP(gh_alloc(hooks, &uniforms, GH_BLOCK * (V + 1), sizeof *uniforms));
    GH_TRY_CLEANUP(gh_prep_work_create(hooks, model->prep, GH_BLOCK, &work));
    for (int64_t i = 0; i < GH_BLOCK * V; i++) uniforms[i] = 0.5; /* a mean event: free choices at their middle */
    for (int64_t i = 0; i < n * model->latents; i++) z[i] = (gh_real)latents[i];
    GH_TRY_CLEANUP(gh_bvae_decode(model, n, z, NULL, prepared));
    GH_TRY_CLEANUP(check_finite("a decoded coordinate", prepared, n, model->p)); /* the inverse would move a NaN to an edge */
    for (int64_t start = 0; start < n; start += GH_BLOCK) {
        int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        gh_prep_inverse(model->prep, work, rows, prepared + start * model->p, model->p, uniforms, 0, events + start * stride, stride);
    }
    for (int64_t i = 0; i < n; i++) GH_TRY_CLEANUP(check_finite("the decoded value", events + i * stride, 1, model->schema->d));
cleanup:
    gh_prep_work_free(work);
    gh_free(hooks, prepared);
    gh_free(hooks, uniforms);
    gh_free(hooks, z);
    return status;
}

genhep_status genhep_model_log_density(const genhep_model *model, const genhep_options *options, int64_t n, const double *events,
                                       int64_t stride, double *log_density)
{
    gh_status status;
    double *prepared = NULL, *jacobian = NULL;
    GH_TRY(check_rows(model, n, events, log_density, stride));
    const gh_hooks *hooks = &model->hooks;
    GH_TRY_CLEANUP(gh_alloc(hooks, &prepared, n * model->p, sizeof *prepared));
    GH_TRY_CLEANUP(gh_alloc(hooks, &jacobian, n, sizeof *jacobian));
    GH_TRY_CLEANUP(prepare(model, n, events, stride, prepared, jacobian));
    GH_TRY_CLEANUP(model->family->log_density(model, gh_option_int(options, "density.samples"), n, prepared, NULL, log_density));
    for (int64_t i = 0; i < n; i++) {
        log_density[i] += jacobian[i];
        if (isnan(log_density[i])) {
            status = gh_fail(GENHEP_E_NUMERIC, "the log density of event %lld is not a number", (long long)i);
            goto cleanup;
        }
    }
cleanup:
    gh_free(hooks, prepared);
    gh_free(hooks, jacobian);
    return status;
}
