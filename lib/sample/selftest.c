/* selftest.c -- storing and repeating a model's self-test. */
#include "sample/selftest.h"

#include <math.h>

#include "sample/sampler.h"

static gh_status draw_events(const genhep_model *model, int64_t n, double *events)
{
    gh_status status;
    genhep_options *options = NULL;
    genhep_sampler *sampler = NULL;
    GH_TRY(gh_options_merge(model->options, NULL, &options)); /* for its hooks */
    GH_TRY_CLEANUP(genhep_options_set_int(options, "seed", GH_SELFTEST_SEED));
    GH_TRY_CLEANUP(genhep_options_set_int(options, "sample.stream", 0));
    GH_TRY_CLEANUP(genhep_options_set_int(options, "sample.threads", 1));
    GH_TRY_CLEANUP(genhep_options_set_text(options, "sample.kernel", "auto")); /* what was chosen may be missing on this CPU */
    GH_TRY_CLEANUP(gh_sampler_create(model, options, &sampler));
    /* a model with conditions has GH_EXAMPLES of them for this, as many as there are events */
    GH_TRY_CLEANUP(gh_sampler_draw(sampler, n, model->examples, model->n_conditions, 0, events, model->schema->d, NULL));
cleanup:
    gh_sampler_free(sampler);
    genhep_options_free(options);
    return status;
}

gh_status gh_selftest_store(genhep_model *model)
{
    gh_free(&model->hooks, model->selftest);
    model->selftest_n = 0;
    GH_TRY(gh_alloc(&model->hooks, &model->selftest, GH_SELFTEST_EVENTS * model->schema->d, sizeof(double)));
    GH_TRY(draw_events(model, GH_SELFTEST_EVENTS, model->selftest));
    model->selftest_n = GH_SELFTEST_EVENTS;
    return GENHEP_OK;
}

gh_status gh_selftest_check(const genhep_model *model)
{
    const int64_t n = model->selftest_n, D = model->schema->d;
    double *events;
    if (n < 1) GH_FAIL(GENHEP_E_STATE, "the model holds no self-test");
    GH_TRY(gh_alloc(&model->hooks, &events, n * D, sizeof *events));
    gh_status status = draw_events(model, n, events);
    double worst = 0;
    int64_t column = -1, row = 0;
    for (int64_t j = 0; !status && j < D; j++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t i = 0; i < n; i++) {
            low = fmin(low, model->selftest[i * D + j]);
            high = fmax(high, model->selftest[i * D + j]);
        }
        for (int64_t i = 0; i < n; i++) {
            double allowed = 1e-5 * (high - low) + 1e-9 * fabs(model->selftest[i * D + j]) + 1e-300;
            double excess = fabs(events[i * D + j] - model->selftest[i * D + j]) / allowed;
            if (!(excess <= worst)) worst = excess, column = j, row = i;
        }
    }
    if (!status && !(worst <= 1))
        status = gh_fail(GENHEP_E_NUMERIC, "self-test: event %lld, column '%s' is %.9g, expected %.9g", (long long)row,
                         model->schema->names[column], events[row * D + column], model->selftest[row * D + column]);
    gh_free(&model->hooks, events);
    return status;
}
