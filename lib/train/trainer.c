/* trainer.c -- creating and freeing trainers, snapshots, progress. The step itself: step.c. */
#include "train/trainer.h"

#include <math.h>
#include <string.h>

#include "base/options_handle.h"
#include "genhep/version.h"
#include "model/calibration.h"
#include "train/rows.h"

/* The model's options overlaid by the trainer's; the trainer's copy of the model carries them, so that checkpoint and
 * snapshots say what they were trained with. */
static gh_status overlay_options(genhep_trainer *t, const genhep_model *model, const genhep_options *options)
{
    GH_TRY(gh_options_merge(model->options, options, &t->options));
    for (int64_t row = 0; row < gh_option_rows(); row++) {
        const char *key = gh_option_row_at(row)->key;
        const char *now = gh_options_text_of(t->options, row), *before = gh_options_text_of(model->options, row);
        if (gh_model_is_structural(key) && strcmp(now, before) != 0)
            GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%s', but the model was created with '%s'", key, now, before);
    }
    genhep_options_free(t->model->options);
    t->model->options = NULL;
    return gh_options_merge(t->options, NULL, &t->model->options);
}

static const gh_method *method_of(const genhep_trainer *t)
{
    if (t->model->family->labelled) return &gh_method_subtraction;
    if (t->model->family != &gh_family_bvae) return &gh_method_adversarial;
    return gh_option_real(t->options, "loss.adversarial") > 0 ? &gh_method_hybrid : &gh_method_autoencoder;
}

/* train.figure_values: what else the figure looks at. */
static gh_status create_figure_values(genhep_trainer *t)
{
    const char *list = gh_option_text(t->options, "train.figure_values");
    if (!*list) return GENHEP_OK;
    if (t->model->q || t->method->figure)
        GH_FAIL(GENHEP_E_OPTION, "option 'train.figure_values': found '%s', expected none: %s", list,
                t->model->q ? "the model has conditions" : "a subtraction has a figure of its own");
    return gh_figure_values_create(t->model, list, t->data.n_train, t->data.rows, &t->figure_values);
}

static void start_state(gh_train_state *state)
{
    memset(state, 0, sizeof *state);
    state->validation = state->figure = NAN;
    state->last_loss = state->last_reconstruction = state->last_divergence = NAN;
    state->last_discriminator = state->last_penalty = state->last_mmd = NAN;
    state->best_figure = state->best_validation = state->plateau_best = INFINITY;
    state->plateau_factor = 1;
}

gh_status gh_trainer_create(const genhep_model *model, const genhep_dataset *const *datasets, int64_t n_datasets,
                            const genhep_options *options, genhep_trainer **result)
{
    gh_status status;
    gh_hooks hooks = options ? gh_hooks_of(options) : model->hooks;
    genhep_trainer *t;
    *result = NULL;
    if (!model->family->trainable)
        GH_FAIL(GENHEP_E_STATE, "a model of family '%s' has nothing to train", model->family->name);
    if (model->family->labelled && n_datasets != model->subtraction.table.sets)
        GH_FAIL(GENHEP_E_SHAPE, "found %lld tables, expected %lld, one for each sample of the classes in the order base, subtract, add, subtract2, add2 ...",
                (long long)n_datasets, (long long)model->subtraction.table.sets);
    for (int64_t i = 0; i < n_datasets; i++) GH_TRY(gh_model_check_columns(model, datasets[i]));
    GH_TRY(gh_alloc(&hooks, &t, 1, sizeof *t));
    t->hooks = hooks;
    start_state(&t->state);
    GH_TRY_CLEANUP(gh_model_with_parameters(model, model->parameters, &t->model));
    GH_TRY_CLEANUP(overlay_options(t, model, options));
    t->seed = gh_option_int(t->options, "seed");
    t->tables = datasets;
    GH_TRY_CLEANUP(gh_rows_create(&hooks, model, datasets, model->family->labelled ? 1 : n_datasets, t->seed,
                                  gh_option_real(t->options, "data.validation"), &t->data));
    t->batch = gh_option_int(t->options, "train.batch");
    if (t->batch > t->data.n_train) t->batch = t->data.n_train;
    t->slices = (t->batch + GH_SLICE - 1) / GH_SLICE;
    t->steps_per_epoch = t->data.n_train / t->batch;
    if (model->family != &gh_family_bvae) /* every update of the discriminator takes a batch */
        t->steps_per_epoch = (t->steps_per_epoch + gh_option_int(t->options, "discriminator.steps") - 1) / gh_option_int(t->options, "discriminator.steps");
    GH_TRY_CLEANUP(gh_schedule_read(t->options, t->steps_per_epoch, &t->schedule));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &t->order, t->data.n_train, sizeof *t->order));
    t->order_epoch = -1;
    const int64_t n = t->model->n_parameters;
    GH_TRY_CLEANUP(gh_alloc_aligned(&hooks, &t->best, n, sizeof(gh_real)));
    memcpy(t->best, t->model->parameters, (size_t)n * sizeof(gh_real));
    const gh_method *method = method_of(t);
    const int64_t slots = method == &gh_method_hybrid ? 3 * t->slices : t->slices; /* rows of the batch, decoded ones of two kinds */
    GH_TRY_CLEANUP(gh_weights_create(&hooks, n, t->model->n_trainable, slots, t->model->parameters,
                                     gh_option_real(t->options, "train.average") > 0, &t->weights));
    t->threads = gh_option_int(t->options, "train.threads");
    GH_TRY_CLEANUP(gh_pool_create(&hooks, t->threads, &t->pool));
    GH_TRY_CLEANUP(gh_kernel_choose("train.kernel", gh_option_text(t->options, "train.kernel"), &t->kernel));
    if (t->kernel != GH_KERNEL_AMX) t->kernel = GH_KERNEL_BLAS; /* lanes are for inference */
    t->method = method;
    GH_TRY_CLEANUP(t->method->create(t));
    GH_TRY_CLEANUP(create_figure_values(t));
    *result = t;
    t->tables = NULL;
cleanup:
    if (status) gh_trainer_free(t);
    return status;
}

void gh_trainer_free(genhep_trainer *t)
{
    if (!t) return;
    gh_hooks hooks = t->hooks;
    gh_pool_free(t->pool);
    if (t->method) t->method->free(t);
    gh_weights_free(&t->weights);
    gh_figure_free(&t->figure);
    gh_figure_values_free(&t->figure_values);
    gh_rows_free(&hooks, &t->data);
    gh_free(&hooks, t->order);
    gh_free_aligned(&hooks, t->best);
    gh_model_free(t->model);
    genhep_options_free(t->options);
    gh_free(&hooks, t);
}

const gh_real *gh_trainer_smooth(const genhep_trainer *t)
{
    return t->weights.average ? t->weights.average : t->model->parameters;
}

int gh_trainer_finished(const genhep_trainer *t)
{
    double minutes = gh_option_real(t->options, "train.minutes");
    return t->state.step >= t->schedule.steps || t->state.stopped_early || (minutes > 0 && t->state.seconds >= 60 * minutes);
}

void gh_trainer_progress(const genhep_trainer *t, genhep_progress *progress)
{
    const gh_train_state *s = &t->state;
    const int complete = s->step >= GH_INTERVAL; /* before: the mean of the steps so far */
    const double share = s->interval ? 1 / (double)s->interval : NAN;
    genhep_progress now = {
        .step = s->step,
        .steps = t->schedule.steps,
        .epoch = s->step / t->steps_per_epoch,
        .finished = gh_trainer_finished(t),
        .stage = gh_schedule_stage(&t->schedule, s->step),
        .seconds = s->seconds,
        .seconds_left = s->step > 0 ? s->seconds / (double)s->step * (double)(t->schedule.steps - s->step) : 0,
        .events_per_second = t->events_per_second,
        .learning_rate = t->rate_now,
        .loss = complete ? s->last_loss : s->loss * share,
        .reconstruction = complete ? s->last_reconstruction : s->reconstruction * share,
        .divergence = complete ? s->last_divergence : s->divergence * share,
        .validation = s->validation,
        .figure = s->figure,
        .best_figure = s->best_figure,
        .best_step = s->best_step,
        .discriminator = complete ? s->last_discriminator : s->discriminator * share,
        .penalty = complete ? s->last_penalty : s->penalty * share,
        .mmd = complete ? s->last_mmd : s->mmd * share,
    };
    int64_t size = progress->struct_size;
    if (size > (int64_t)sizeof now) size = (int64_t)sizeof now;
    now.struct_size = progress->struct_size;
    if (size > 0) memcpy(progress, &now, (size_t)size);
}

/* Snapshot of given parameters with a buffer of the first `entries` training rows. */
static gh_status snapshot_of(genhep_trainer *t, const gh_real *parameters, int64_t entries, genhep_model **result)
{
    gh_status status = GENHEP_OK;
    genhep_model *model;
    double *weights = NULL;
    *result = NULL;
    GH_TRY(gh_model_with_parameters(t->model, parameters, &model));
    if (t->data.weights) {
        GH_TRY_CLEANUP(gh_alloc(&t->hooks, &weights, entries, sizeof *weights));
        for (int64_t i = 0; i < entries; i++) weights[i] = (double)t->data.weights[i];
    }
    if (!gh_option_is(model->options, "latent.source", "prior"))
        GH_TRY_CLEANUP(gh_bvae_fill_buffer(model, entries, t->data.rows, weights));
    *result = model;
cleanup:
    gh_free(&t->hooks, weights);
    if (status) gh_model_free(model);
    return status;
}

gh_status gh_trainer_snapshot(genhep_trainer *t, int32_t which, genhep_model **result)
{
    const gh_real *parameters = t->model->parameters;
    if (which == GENHEP_AVERAGE) parameters = gh_trainer_smooth(t);
    else if (which == GENHEP_BEST) parameters = isfinite(t->state.best_figure) ? t->best : gh_trainer_smooth(t);
    else if (which != GENHEP_LAST)
        GH_FAIL(GENHEP_E_ARG, "snapshot %d: expected GENHEP_BEST, GENHEP_LAST or GENHEP_AVERAGE", (int)which);
    GH_TRY(snapshot_of(t, parameters, t->data.n_train, result));
    gh_status status = gh_option_is(t->options, "decoder.calibrate", "on") && !t->model->family->labelled /* classes: at the method's finish */
                           ? gh_calibration_fit(*result, t->data.n_train, t->data.rows, t->data.conditions, t->data.weights) : GENHEP_OK;
    if (!status && t->method->finish) status = t->method->finish(t, *result);
    if (status) {
        gh_model_free(*result);
        *result = NULL;
        return status;
    }
    gh_provenance *p = &(*result)->provenance;
    strcpy(p->library, GENHEP_VERSION);
    p->steps = which == GENHEP_BEST && isfinite(t->state.best_figure) ? t->state.best_step : t->state.step;
    p->seconds = t->state.seconds;
    p->figure = which == GENHEP_BEST && isfinite(t->state.best_figure) ? t->state.best_figure : t->state.figure;
    p->validation = which == GENHEP_BEST ? t->state.best_validation : t->state.validation;
    if (!isfinite(p->validation)) p->validation = NAN;
    return GENHEP_OK;
}

/* A GAN whose discriminator does not see the conditions is not taught what belongs to them: the plain GAN of unfolding. */
static int learns_conditions(const genhep_trainer *t)
{
    const int adversarial = gh_option_is(t->options, "model.family", "gan") || gh_option_is(t->options, "model.family", "fcgan");
    return !adversarial || gh_option_is(t->options, "discriminator.condition", "on");
}

static gh_status chi2_of(genhep_trainer *t, const gh_real *parameters, double *value)
{
    gh_status status;
    genhep_model *model = NULL;
    const gh_real *weights = t->data.weights ? t->data.weights + t->data.n_train : NULL, *rows = t->data.rows + t->data.n_train * t->model->p;
    double besides;
    int64_t n = gh_option_int(t->options, "train.figure_events"), entries = n < t->data.n_train ? n : t->data.n_train;
    if (!t->method->figure && !t->figure.edges)
        GH_TRY(gh_figure_create(&t->hooks, t->data.n_validation, t->model->p, rows, t->model->q,
                                t->data.conditions ? t->data.conditions + t->data.n_train * t->model->q : NULL, weights, learns_conditions(t),
                                &t->figure));
    GH_TRY_CLEANUP(snapshot_of(t, parameters, entries, &model));
    if (t->method->watch) GH_TRY_CLEANUP(t->method->watch(t, model));
    GH_TRY_CLEANUP(t->method->figure ? t->method->figure(t, model, n, value) : gh_figure_chi2(&t->figure, model, t->seed, n, value));
    if (!t->figure_values.values.count) goto cleanup;
    GH_TRY_CLEANUP(gh_figure_values_chi2(&t->figure_values, model, t->seed, t->data.n_validation, rows, weights, n, &besides));
    *value = (*value + besides) / 2;
cleanup:
    gh_model_free(model);
    return status;
}

/* The weights may be sound all the same: say that it was the check, and when. */
static gh_status check_failed(const genhep_trainer *t, gh_status status)
{
    char message[400];
    genhep_last_error(message, sizeof message);
    return gh_fail(status, "step %lld: the validation figure cannot be computed: %s", (long long)t->state.step, message);
}

/* Is what the last check found better than the best so far? Below GH_FIGURE_FLOOR two values of chi2 differ by their statistical
 * noise only; there the validation loss decides, which sees the whole density, and where a method has none the later weights. */
static int is_better(const gh_train_state *s, int by_chi2)
{
    double now = s->figure, best = s->best_figure;
    if (!by_chi2) return now < best;
    if (now < GH_FIGURE_FLOOR) now = GH_FIGURE_FLOOR;
    if (best < GH_FIGURE_FLOOR) best = GH_FIGURE_FLOOR;
    return now < best || (now == best && (isnan(s->validation) || s->validation < s->best_validation));
}

gh_status gh_trainer_check(genhep_trainer *t)
{
    gh_train_state *s = &t->state;
    const gh_real *parameters = gh_trainer_smooth(t);
    if (t->data.n_validation < 1) return GENHEP_OK;
    s->validation = gh_trainer_validation(t, parameters);
    s->figure = s->validation;
    int by_chi2 = !t->method->validation || (gh_option_is(t->options, "train.figure", "chi2") && t->data.n_validation >= 400);
    if (by_chi2) {
        gh_status status = chi2_of(t, parameters, &s->figure);
        if (status) return check_failed(t, status);
    }
    if (is_better(s, by_chi2)) {
        s->best_figure = s->figure;
        s->best_validation = s->validation;
        s->best_step = s->step;
        s->checks_without_gain = 0;
        memcpy(t->best, parameters, (size_t)t->model->n_parameters * sizeof(gh_real));
    } else {
        s->checks_without_gain++;
        int64_t patience = gh_option_int(t->options, "train.patience");
        if (patience > 0 && s->checks_without_gain >= patience) s->stopped_early = 1;
    }
    gh_log(&t->hooks, GENHEP_LOG_INFO, "step %lld: validation loss %.6g, figure %.5g (best %.5g at step %lld)", (long long)s->step,
           s->validation, s->figure, s->best_figure, (long long)s->best_step);
    return GENHEP_OK;
}
