/* latent.c -- public encode, decode and density: columns to prepared coordinates and on. */
#include <math.h>
#include <string.h>

#include "model/buffer_density.h"
#include "model/conditions.h"
#include "model/steering.h"

/* Rows of the caller, prepared. */
typedef struct prepared_rows {
    double *targets;     /* (n,P) */
    double *jacobian;    /* n: log |det| of the targets' preparation */
    gh_real *conditions; /* (n,Q), NULL without */
} prepared_rows;

static void free_rows(const genhep_model *model, prepared_rows *r)
{
    gh_free(&model->hooks, r->targets);
    gh_free(&model->hooks, r->jacobian);
    gh_free(&model->hooks, r->conditions);
}

/* Conditions of n rows of the schema's columns, prepared: *conditions (n,Q) is the caller's, NULL without. */
static gh_status prepare_conditions(const genhep_model *model, int64_t n, const double *events, int64_t stride, gh_real **conditions)
{
    gh_status status;
    const int64_t C = model->n_conditions, Q = model->q, seed = gh_condition_seed(gh_option_int(model->options, "seed"), 0);
    double *given = NULL, *prepared = NULL;
    gh_prep_work *work = NULL;
    *conditions = NULL;
    if (!C) return GENHEP_OK;
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, conditions, n * Q, sizeof **conditions));
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &given, GH_BLOCK * C, sizeof *given));
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &prepared, GH_BLOCK * Q, sizeof *prepared));
    GH_TRY_CLEANUP(gh_prep_work_create(&model->hooks, model->condition_prep, GH_BLOCK, &work));
    for (int64_t start = 0; start < n; start += GH_BLOCK) {
        int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        gh_conditions_split(model, rows, events + start * stride, stride, NULL, given);
        for (int64_t i = 0; i < rows * C; i++)
            if (!isfinite(given[i])) {
                const int64_t row = start + i / C;
                status = gh_fail(GENHEP_E_NUMERIC, "condition '%s' of event %lld is not finite",
                                 model->schema->names[model->conditions[i % C]], (long long)row);
                goto cleanup;
            }
        GH_TRY_CLEANUP(gh_prep_forward(model->condition_prep, work, rows, given, C, seed, start, prepared, Q, NULL));
        for (int64_t i = 0; i < rows * Q; i++) (*conditions)[start * Q + i] = (gh_real)prepared[i];
    }
cleanup:
    gh_prep_work_free(work);
    gh_free(&model->hooks, given);
    gh_free(&model->hooks, prepared);
    if (status) {
        gh_free(&model->hooks, *conditions);
        *conditions = NULL;
    }
    return status;
}

static gh_status prepare(const genhep_model *model, int64_t n, const double *events, int64_t stride, prepared_rows *r)
{
    gh_status status;
    const int64_t T = model->n_targets, seed = gh_option_int(model->options, "seed");
    double *targets = NULL, *given = NULL;
    gh_prep_work *work = NULL;
    gh_reference_work *reference_work = NULL;
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &r->targets, n * model->p, sizeof *r->targets));
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &r->jacobian, n, sizeof *r->jacobian));
    GH_TRY_CLEANUP(prepare_conditions(model, n, events, stride, &r->conditions)); /* first: it says which one is not finite */
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &targets, GH_BLOCK * T, sizeof *targets));
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &given, GH_BLOCK * model->n_conditions, sizeof *given));
    GH_TRY_CLEANUP(gh_prep_work_create(&model->hooks, model->prep, GH_BLOCK, &work));
    if (model->reference) GH_TRY_CLEANUP(gh_reference_work_create(&model->hooks, model->reference, GH_BLOCK, &reference_work));
    for (int64_t start = 0; start < n; start += GH_BLOCK) {
        int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        gh_conditions_split(model, rows, events + start * stride, stride, targets, given);
        GH_TRY_CLEANUP(gh_prep_forward(model->prep, work, rows, targets, T, seed, start, r->targets + start * model->p, model->p,
                                       r->jacobian + start));
        if (model->reference)
            GH_TRY_CLEANUP(gh_reference_forward(model->reference, reference_work, rows, given, model->n_conditions,
                                                gh_condition_seed(seed, 0), start, r->targets + start * model->p, model->p,
                                                r->jacobian + start));
    }
cleanup:
    gh_prep_work_free(work);
    gh_reference_work_free(reference_work);
    gh_free(&model->hooks, targets);
    gh_free(&model->hooks, given);
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
    prepared_rows r = {NULL, NULL, NULL};
    gh_real *x = NULL, *m = NULL, *s = NULL;
    GH_TRY(check_rows(model, n, events, mu, stride));
    if (!model->encoder.n_layers) GH_FAIL(GENHEP_E_STATE, "a model of family '%s' has no encoder", model->family->name);
    const gh_hooks *hooks = &model->hooks;
    const int64_t L = model->latents;
    GH_TRY_CLEANUP(gh_alloc(hooks, &x, n * model->p, sizeof *x));
    GH_TRY_CLEANUP(gh_alloc(hooks, &m, n * L, sizeof *m));
    GH_TRY_CLEANUP(gh_alloc(hooks, &s, n * L, sizeof *s));
    GH_TRY_CLEANUP(prepare(model, n, events, stride, &r));
    for (int64_t i = 0; i < n * model->p; i++) x[i] = (gh_real)r.targets[i];
    GH_TRY_CLEANUP(gh_bvae_encode(model, model->parameters, n, x, r.conditions, m, s));
    for (int64_t i = 0; i < n * L; i++) {
        mu[i] = (double)m[i];
        if (sigma) sigma[i] = (double)s[i];
    }
    GH_TRY_CLEANUP(check_finite("the latent mean", mu, n, L));
    if (sigma) GH_TRY_CLEANUP(check_finite("the latent sigma", sigma, n, L));
cleanup:
    free_rows(model, &r);
    gh_free(hooks, x);
    gh_free(hooks, m);
    gh_free(hooks, s);
    return status;
}

genhep_status genhep_model_components(const genhep_model *model, double *mean, double *variances, double *vectors)
{
    gh_status status;
    double *all = NULL;
    if (!model) GH_FAIL(GENHEP_E_ARG, "the model is NULL");
    const size_t L = (size_t)model->latents;
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &all, model->latents * (model->latents + 2), sizeof *all));
    GH_TRY_CLEANUP(gh_components(model, all, all + L, all + 2 * L));
    if (mean) memcpy(mean, all, L * sizeof *all);
    if (variances) memcpy(variances, all + L, L * sizeof *all);
    if (vectors) memcpy(vectors, all + 2 * L, L * L * sizeof *all);
cleanup:
    gh_free(&model->hooks, all);
    return status;
}

genhep_status genhep_model_decode(const genhep_model *model, int64_t n, const double *latents, double *events, int64_t stride)
{
    gh_status status;
    double *prepared = NULL, *uniforms = NULL, *targets = NULL, *given = NULL;
    gh_real *z = NULL, *conditions = NULL;
    gh_prep_work *work = NULL;
    gh_reference_work *reference_work = NULL;
    GH_TRY(check_rows(model, n, latents, events, stride));
    if (!model->latents || !model->family->decode) GH_FAIL(GENHEP_E_STATE, "a model of family '%s' has no latents to decode", model->family->name);
    const gh_hooks *hooks = &model->hooks;
    const int64_t V = gh_prep_uniforms(model->prep), T = model->n_targets;
    GH_TRY_CLEANUP(gh_alloc(hooks, &prepared, n * model->p, sizeof *prepared));
    GH_TRY_CLEANUP(gh_alloc(hooks, &z, n * model->latents, sizeof *z));
    GH_TRY_CLEANUP(gh_alloc(hooks, &uniforms, GH_BLOCK * (V + 1), sizeof *uniforms));
    GH_TRY_CLEANUP(gh_prep_work_create(hooks, model->prep, GH_BLOCK, &work));
    if (model->reference) GH_TRY_CLEANUP(gh_reference_work_create(hooks, model->reference, GH_BLOCK, &reference_work));
    for (int64_t i = 0; i < GH_BLOCK * V; i++) uniforms[i] = 0.5; /* a mean event: free choices at their middle */
    for (int64_t i = 0; i < n * model->latents; i++) z[i] = (gh_real)latents[i];
    GH_TRY_CLEANUP(gh_alloc(hooks, &targets, GH_BLOCK * T, sizeof *targets));
    GH_TRY_CLEANUP(gh_alloc(hooks, &given, GH_BLOCK * model->n_conditions, sizeof *given));
    GH_TRY_CLEANUP(prepare_conditions(model, n, events, stride, &conditions));
    GH_TRY_CLEANUP(model->family->decode(model, n, z, conditions, prepared));
    GH_TRY_CLEANUP(check_finite("a decoded coordinate", prepared, n, model->p)); /* the inverse would move a NaN to an edge */
    for (int64_t start = 0; start < n; start += GH_BLOCK) {
        int64_t rows = n - start < GH_BLOCK ? n - start : GH_BLOCK;
        gh_conditions_split(model, rows, events + start * stride, stride, NULL, given);
        if (model->reference)
            GH_TRY_CLEANUP(gh_reference_inverse(model->reference, reference_work, rows, given, model->n_conditions,
                                                gh_condition_seed(gh_option_int(model->options, "seed"), 0), start,
                                                prepared + start * model->p, model->p));
        gh_prep_inverse(model->prep, work, rows, prepared + start * model->p, model->p, uniforms, 0, targets, T);
        gh_conditions_join(model, rows, targets, given, events + start * stride, stride);
    }
    for (int64_t i = 0; i < n; i++) GH_TRY_CLEANUP(check_finite("the decoded value", events + i * stride, 1, model->schema->d));
cleanup:
    gh_prep_work_free(work);
    gh_reference_work_free(reference_work);
    gh_free(hooks, prepared);
    gh_free(hooks, uniforms);
    gh_free(hooks, targets);
    gh_free(hooks, given);
    gh_free(hooks, conditions);
    gh_free(hooks, z);
    return status;
}

genhep_status genhep_model_log_density(const genhep_model *model, const genhep_options *options, int64_t n, const double *events,
                                       int64_t stride, double *log_density)
{
    gh_status status;
    prepared_rows r = {NULL, NULL, NULL};
    GH_TRY(check_rows(model, n, events, log_density, stride));
    GH_TRY_CLEANUP(prepare(model, n, events, stride, &r));
    GH_TRY_CLEANUP(model->family->log_density(model, gh_option_int(options, "density.samples"), n, r.targets, r.conditions,
                                              log_density));
    for (int64_t i = 0; i < n; i++) {
        log_density[i] += r.jacobian[i];
        if (isnan(log_density[i])) {
            status = gh_fail(GENHEP_E_NUMERIC, "the log density of event %lld is not a number", (long long)i);
            goto cleanup;
        }
    }
cleanup:
    free_rows(model, &r);
    return status;
}

genhep_status genhep_model_buffer_density(const genhep_model *model, const genhep_options *options, int64_t n, const double *events,
                                          int64_t stride, double *log_density)
{
    gh_status status;
    double *mu = NULL;
    gh_real *z = NULL;
    gh_draw draw = {0};
    GH_TRY(check_rows(model, n, events, log_density, stride));
    const int64_t count = n * model->latents;
#define FROM(key) gh_option_real(options && gh_option_is_set(options, key) ? options : model->options, key)
    draw.alpha = FROM("latent.alpha");
    draw.gamma = FROM("latent.gamma");
#undef FROM
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &mu, count, sizeof *mu));
    GH_TRY_CLEANUP(gh_alloc(&model->hooks, &z, count, sizeof *z));
    GH_TRY_CLEANUP(genhep_model_encode(model, n, events, stride, mu, NULL));
    for (int64_t i = 0; i < count; i++) z[i] = (gh_real)mu[i];
    GH_TRY_CLEANUP(gh_buffer_log_density(model, &draw, gh_option_int(options, "score.entries"), n, z, log_density));
cleanup:
    gh_free(&model->hooks, mu);
    gh_free(&model->hooks, z);
    return status;
}
