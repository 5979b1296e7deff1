/* trainer.c -- public training functions: check arguments, call down, write checkpoints. */
#include <time.h>

#include "io/files.h"
#include "model/start.h"
#include "sample/selftest.h"
#include "train/trainer.h"

static gh_status check_tables(const char *who, const genhep_dataset *const *datasets, int64_t n_datasets)
{
    if (!datasets || n_datasets < 1) GH_FAIL(GENHEP_E_ARG, "%s: datasets is NULL or empty", who);
    for (int64_t i = 0; i < n_datasets; i++)
        if (!datasets[i]) GH_FAIL(GENHEP_E_ARG, "%s: dataset %lld is NULL", who, (long long)i);
    return GENHEP_OK;
}

/* A copy of the model with the weights of the file `path`. */
static gh_status started_copy(const genhep_model *model, const char *path, genhep_model **copy)
{
    gh_status status;
    genhep_model *from = NULL;
    *copy = NULL;
    GH_TRY(genhep_model_open(path, model->options, &from));
    GH_TRY_CLEANUP(gh_model_with_parameters(model, model->parameters, copy));
    if ((status = gh_model_start_from(*copy, from))) {
        char message[400];
        genhep_last_error(message, sizeof message);
        gh_fail(status, "option 'train.start': %s: %s", path, message);
    }
cleanup:
    gh_model_free(from);
    if (status) gh_model_free(*copy);
    return status;
}

genhep_status genhep_trainer_create(const genhep_model *model, const genhep_dataset *const *datasets, int64_t n_datasets,
                                    const genhep_options *options, genhep_trainer **trainer)
{
    if (trainer) *trainer = NULL;
    if (!model || !trainer) GH_FAIL(GENHEP_E_ARG, "genhep_trainer_create: model or trainer is NULL");
    GH_TRY(check_tables("genhep_trainer_create", datasets, n_datasets));
    const genhep_options *said = options && gh_option_is_set(options, "train.start") ? options : model->options;
    const char *start = gh_option_text(said, "train.start");
    if (!*start || model->provenance.steps > 0) return gh_trainer_create(model, datasets, n_datasets, options, trainer);
    genhep_model *copy;
    GH_TRY(started_copy(model, start, &copy));
    gh_status status = gh_trainer_create(copy, datasets, n_datasets, options, trainer);
    gh_model_free(copy);
    return status;
}

genhep_status genhep_trainer_step(genhep_trainer *trainer, int64_t n_steps)
{
    if (!trainer || n_steps < 0) GH_FAIL(GENHEP_E_ARG, "genhep_trainer_step: trainer is NULL or %lld steps", (long long)n_steps);
    for (int64_t i = 0; i < n_steps && !gh_trainer_finished(trainer); i++) GH_TRY(gh_trainer_step_once(trainer));
    return GENHEP_OK;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

genhep_status genhep_trainer_run(genhep_trainer *trainer, const char *checkpoint, genhep_progress_fn progress, void *user)
{
    if (!trainer) GH_FAIL(GENHEP_E_ARG, "genhep_trainer_run: trainer is NULL");
    const double every = gh_option_real(trainer->options, "train.checkpoint_seconds");
    double saved = now(), reported = 0;
    int64_t last_reported = -1; /* step */
    int stop = 0;
    while (!stop && !gh_trainer_finished(trainer)) {
        gh_status status = gh_trainer_step_once(trainer);
        if (status) { /* the weights are finite: of the step before, or of this one when only its figure failed */
            if (checkpoint && status == GENHEP_E_NUMERIC) {
                char message[512];
                genhep_last_error(message, sizeof message);
                GH_TRY(genhep_trainer_save(trainer, checkpoint));
                return gh_fail(status, "%s", message);
            }
            return status;
        }
        double time = now();
        if (progress && time - reported >= 0.2) {
            genhep_progress state = {.struct_size = sizeof state};
            gh_trainer_progress(trainer, &state);
            stop = progress(user, &state) != 0;
            reported = time;
            last_reported = state.step;
        }
        if (checkpoint && time - saved >= every) {
            GH_TRY(genhep_trainer_save(trainer, checkpoint));
            saved = now();
        }
    }
    if (stop && gh_trainer_finished(trainer)) stop = 0; /* too late to stop anything */
    if (progress && !stop && last_reported != trainer->state.step) {
        genhep_progress state = {.struct_size = sizeof state};
        gh_trainer_progress(trainer, &state);
        stop = progress(user, &state) != 0 && !gh_trainer_finished(trainer);
    }
    if (checkpoint) GH_TRY(genhep_trainer_save(trainer, checkpoint));
    if (stop) GH_FAIL(GENHEP_E_USER, "training was stopped at step %lld of %lld", (long long)trainer->state.step, (long long)trainer->schedule.steps);
    return GENHEP_OK;
}

genhep_status genhep_trainer_progress(const genhep_trainer *trainer, genhep_progress *progress)
{
    if (!trainer || !progress || progress->struct_size < (int64_t)sizeof(int64_t))
        GH_FAIL(GENHEP_E_ARG, "genhep_trainer_progress: trainer or progress is NULL, or its struct_size is not set");
    gh_trainer_progress(trainer, progress);
    return GENHEP_OK;
}

genhep_status genhep_trainer_save(const genhep_trainer *trainer, const char *path)
{
    gh_archive archive;
    if (!trainer || !path) GH_FAIL(GENHEP_E_ARG, "genhep_trainer_save: trainer or path is NULL");
    gh_archive_init(&archive, &trainer->hooks);
    gh_status status = gh_trainer_to_archive(trainer, &archive);
    if (!status) status = gh_archive_write(&archive, path, "checkpoint");
    gh_archive_clear(&archive);
    return status;
}

/* Of the caller's options only those that cannot change the result: how it is computed, and what the data, whose hash is checked, are called. */
static gh_status resume_options(const genhep_options *options, genhep_options **chosen)
{
    static const char *const files[] = {"data.train", "data.base", "data.subtract", "data.add", "data.subtract2", "data.add2",
                                        "data.subtract3", "data.add3", "data.subtract4", "data.add4"};
    static const char *const keys[] = {"train.threads", "train.kernel", "train.minutes", "train.checkpoint_seconds"};
    char value[64];
    gh_hooks hooks = gh_hooks_of(options);
    const genhep_allocator allocator = {sizeof allocator, hooks.reallocate, hooks.release, hooks.allocator_user};
    GH_TRY(genhep_options_create_with(&allocator, chosen));
    gh_status status = genhep_options_set_log(*chosen, hooks.log, hooks.log_user);
    for (size_t i = 0; !status && options && i < sizeof keys / sizeof *keys; i++)
        if (gh_option_is_set(options, keys[i])) {
            status = genhep_options_get_text(options, keys[i], value, sizeof value, NULL);
            if (!status) status = genhep_options_set(*chosen, keys[i], value);
        }
    for (size_t i = 0; !status && options && i < sizeof files / sizeof *files; i++)
        if (gh_option_is_set(options, files[i])) status = genhep_options_set_text(*chosen, files[i], gh_option_text(options, files[i]));
    if (status) {
        genhep_options_free(*chosen);
        *chosen = NULL;
    }
    return status;
}

genhep_status genhep_trainer_resume(const char *path, const genhep_dataset *const *datasets, int64_t n_datasets,
                                    const genhep_options *options, genhep_trainer **trainer)
{
    gh_status status;
    gh_hooks hooks = gh_hooks_of(options);
    gh_archive archive;
    genhep_model *model = NULL;
    genhep_options *chosen = NULL;
    genhep_trainer *resumed = NULL;
    if (trainer) *trainer = NULL;
    if (!path || !trainer) GH_FAIL(GENHEP_E_ARG, "genhep_trainer_resume: path or trainer is NULL");
    GH_TRY(check_tables("genhep_trainer_resume", datasets, n_datasets));
    gh_archive_init(&archive, &hooks);
    GH_TRY_CLEANUP(gh_archive_read(path, "checkpoint", &archive));
    GH_TRY_CLEANUP(gh_model_load(&hooks, &archive, &model));
    GH_TRY_CLEANUP(resume_options(options, &chosen));
    GH_TRY_CLEANUP(gh_trainer_create(model, datasets, n_datasets, chosen, &resumed));
    GH_TRY_CLEANUP(gh_trainer_from_archive(resumed, &archive));
    *trainer = resumed;
    resumed = NULL;
cleanup:
    gh_archive_clear(&archive);
    gh_trainer_free(resumed);
    genhep_options_free(chosen);
    gh_model_free(model);
    return status;
}

genhep_status genhep_trainer_model(genhep_trainer *trainer, int32_t which, genhep_model **model)
{
    if (model) *model = NULL;
    if (!trainer || !model) GH_FAIL(GENHEP_E_ARG, "genhep_trainer_model: trainer or model is NULL");
    GH_TRY(gh_trainer_snapshot(trainer, which, model));
    gh_status status = gh_selftest_store(*model);
    if (status) {
        gh_model_free(*model);
        *model = NULL;
    }
    return status;
}

const char *genhep_trainer_kernel(const genhep_trainer *trainer)
{
    return trainer ? gh_kernel_name(trainer->kernel) : "";
}

void genhep_trainer_free(genhep_trainer *trainer) { gh_trainer_free(trainer); }
