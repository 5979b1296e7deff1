/* sampler.c -- public sampling functions: check arguments, call down. */
#include "sample/sampler.h"

genhep_status genhep_sampler_create(const genhep_model *model, const genhep_options *options, genhep_sampler **sampler)
{
    if (sampler) *sampler = NULL;
    if (!model || !sampler) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_create: model or sampler is NULL");
    return gh_sampler_create(model, options, sampler);
}

static gh_status draw(genhep_sampler *s, int64_t n, const double *cond, int64_t cond_stride, int is_float, void *events, int64_t stride,
                      int64_t capacity, double *weights)
{
    if (!s || n < 0 || (n > 0 && !events)) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_draw: sampler or events is NULL, or %lld events", (long long)n);
    const int64_t D = s->model->schema->d, C = s->model->n_conditions;
    if (cond && !C) GH_FAIL(GENHEP_E_SHAPE, "genhep_sampler_draw: conditions are given, the model takes none");
    if (n == 0) return GENHEP_OK;
    if (!cond && C)
        GH_FAIL(GENHEP_E_SHAPE, "genhep_sampler_draw: no conditions are given, the model expects %lld numbers an event, '%s' first",
                (long long)C, s->model->schema->names[s->model->conditions[0]]);
    if (C && cond_stride < C)
        GH_FAIL(GENHEP_E_ARG, "genhep_sampler_draw: the conditions' stride %lld is below their %lld numbers", (long long)cond_stride,
                (long long)C);
    if (stride < D) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_draw: stride %lld is below the %lld columns", (long long)stride, (long long)D);
    if (n - 1 > (INT64_MAX - D) / stride || capacity < (n - 1) * stride + D)
        GH_FAIL(GENHEP_E_BUFFER, "genhep_sampler_draw: the buffer holds %lld numbers, %lld events of stride %lld need more", (long long)capacity,
                (long long)n, (long long)stride);
    if (s->next > INT64_MAX - 2 * GH_BLOCK - n) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_draw: event numbers end at 2^63");
    return gh_sampler_draw(s, n, cond, cond_stride, is_float, events, stride, weights);
}

genhep_status genhep_sampler_draw_float(genhep_sampler *sampler, int64_t n_events, const double *cond, int64_t cond_stride,
                                        float *events, int64_t stride, int64_t capacity)
{
    return draw(sampler, n_events, cond, cond_stride, 1, events, stride, capacity, NULL);
}

genhep_status genhep_sampler_draw_double(genhep_sampler *sampler, int64_t n_events, const double *cond, int64_t cond_stride,
                                         double *events, int64_t stride, int64_t capacity)
{
    return draw(sampler, n_events, cond, cond_stride, 0, events, stride, capacity, NULL);
}

genhep_status genhep_sampler_draw_weighted_float(genhep_sampler *sampler, int64_t n_events, const double *cond, int64_t cond_stride,
                                                 float *events, int64_t stride, int64_t capacity, double *weights)
{
    return draw(sampler, n_events, cond, cond_stride, 1, events, stride, capacity, weights);
}

genhep_status genhep_sampler_draw_weighted_double(genhep_sampler *sampler, int64_t n_events, const double *cond, int64_t cond_stride,
                                                  double *events, int64_t stride, int64_t capacity, double *weights)
{
    return draw(sampler, n_events, cond, cond_stride, 0, events, stride, capacity, weights);
}

genhep_status genhep_sampler_next(genhep_sampler *sampler, const double *cond, double *event, double *weight)
{
    if (!sampler || !event) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_next: sampler or event is NULL");
    const genhep_model *model = sampler->model;
    return draw(sampler, 1, cond, model->n_conditions, 0, event, model->schema->d, model->schema->d, weight);
}

genhep_status genhep_sampler_seek(genhep_sampler *sampler, int64_t event)
{
    if (!sampler || event < 0) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_seek: sampler is NULL or event %lld", (long long)event);
    if (sampler->uniform) GH_FAIL(GENHEP_E_STATE, "genhep_sampler_seek: the random numbers are the host's, which cannot be wound");
    sampler->next = event;
    return GENHEP_OK;
}

genhep_status genhep_sampler_tell(const genhep_sampler *sampler, int64_t *event)
{
    if (!sampler || !event) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_tell: sampler or event is NULL");
    *event = sampler->next;
    return GENHEP_OK;
}

genhep_status genhep_sampler_set_uniform(genhep_sampler *sampler, genhep_uniform_fn uniform, void *user)
{
    if (!sampler) GH_FAIL(GENHEP_E_ARG, "genhep_sampler_set_uniform: sampler is NULL");
    sampler->uniform = uniform;
    sampler->uniform_user = user;
    sampler->kept_n = 0;
    return GENHEP_OK;
}

void genhep_sampler_free(genhep_sampler *sampler) { gh_sampler_free(sampler); }

const char *genhep_sampler_kernel(const genhep_sampler *sampler)
{
    if (!sampler) return "";
    const genhep_model *model = sampler->model;
    return model->family->trainable ? gh_kernel_name(gh_network_kernel(&model->decoder, &sampler->draw.way)) : "none";
}
