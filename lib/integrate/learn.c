/* learn.c -- what an integrator learns from the integrand itself: edges of a grid, or a B-VAE trained on weighted points.
 *
 * Round 1 takes points from the box with weights |f|; a later one from the proposal that the round before left, with weights
 * |f|/density: they are then nearly even, however peaked f is. Nothing of it enters the integral, so nothing can bias it. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "integrate/integrator.h"
#include "integrate/numbers.h"
#include "sample/selftest.h"
#include "train/trainer.h"

enum { LEAST_POINTS = 100 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static gh_status adapt_grid(genhep_integrator *t)
{
    const int64_t iterations = gh_option_int(t->options, "vegas.iterations"), n = gh_option_int(t->options, "vegas.points");
    const double alpha = gh_option_real(t->options, "vegas.alpha");
    gh_grid_reset(&t->grid);
    for (int64_t k = 0; k < iterations; k++) {
        for (int64_t done = 0; done < n; done += GH_CHUNK) {
            const int64_t rows = n - done < GH_CHUNK ? n - done : GH_CHUNK;
            GH_TRY(gh_integrator_points(t, 0, 1 + k, done, rows));
            gh_grid_note(&t->grid, rows, t->u, t->weights);
        }
        gh_grid_adapt(&t->grid, alpha);
        t->training_points += n;
    }
    return GENHEP_OK;
}

static gh_status create_table(const genhep_integrator *t, int64_t n, genhep_dataset **table)
{
    enum { BYTES = 24 };
    gh_status status;
    char *names = NULL;
    const char **list = NULL;
    GH_TRY_CLEANUP(gh_alloc(&t->hooks, &names, t->dim * BYTES, 1));
    GH_TRY_CLEANUP(gh_alloc(&t->hooks, &list, t->dim, sizeof *list));
    for (int64_t j = 0; j < t->dim; j++) {
        snprintf(names + j * BYTES, BYTES, "y_%lld", (long long)j + 1);
        list[j] = names + j * BYTES;
    }
    GH_TRY_CLEANUP(gh_dataset_create(&t->hooks, n, t->dim, list, NULL, 1, table));
cleanup:
    gh_free(&t->hooks, names);
    gh_free(&t->hooks, list);
    return status;
}

/* Points of a round where f does not vanish, in the plane, with weights of mean 1. */
static gh_status make_points(genhep_integrator *t, int64_t round, genhep_dataset **table)
{
    const int64_t n = gh_option_int(t->options, "integrate.points");
    const gh_box box = gh_box_read(t->options);
    genhep_dataset *all;
    int64_t kept = 0;
    double sum = 0;
    gh_status status;
    GH_TRY(create_table(t, n, &all));
    for (int64_t done = 0; done < n; done += GH_CHUNK) {
        const int64_t rows = n - done < GH_CHUNK ? n - done : GH_CHUNK;
        GH_TRY_CLEANUP(gh_integrator_points(t, !t->has_proposal, round, done, rows));
        for (int64_t i = 0; i < rows; i++) {
            if (t->weights[i] == 0) continue;
            gh_box_to_plane(box, t->dim, t->u + i * t->dim, all->values + kept * t->dim);
            sum += all->weights[kept++] = fabs(t->weights[i]);
        }
    }
    t->training_points += n;
    if (kept < LEAST_POINTS) {
        status = gh_fail(GENHEP_E_NUMERIC, "the integrand vanishes at all but %lld of %lld points, expected at least %d to learn from "
                         "(integrate.points)", (long long)kept, (long long)n, LEAST_POINTS);
        goto cleanup;
    }
    for (int64_t i = 0; i < kept; i++) all->weights[i] *= (double)kept / sum;
    all->n = kept; /* the rows behind stay unused */
    *table = all;
    return GENHEP_OK;
cleanup:
    gh_dataset_free(all);
    return status;
}

/* t->model anew: `steps` says whether it is trained, or only takes its buffer from the points. */
static gh_status train_round(genhep_integrator *t, const genhep_dataset *table, int steps, genhep_progress_fn progress, void *user)
{
    gh_status status = GENHEP_OK;
    genhep_model *model = NULL;
    genhep_trainer *trainer = NULL;
    const genhep_dataset *tables[1] = {table};
    double reported = now();
    if (!t->model) GH_TRY(gh_model_create(t->options, tables, 1, "bvae", &t->model));
    GH_TRY_CLEANUP(gh_trainer_create(t->model, tables, 1, t->options, &trainer));
    while (steps && !gh_trainer_finished(trainer)) {
        GH_TRY_CLEANUP(gh_trainer_step_once(trainer));
        if (!progress || now() - reported < 0.2) continue;
        genhep_progress state = {.struct_size = sizeof state};
        gh_trainer_progress(trainer, &state);
        reported = now();
        if (progress(user, &state)) {
            status = gh_fail(GENHEP_E_USER, "training was stopped at step %lld of %lld", (long long)state.step, (long long)state.steps);
            goto cleanup;
        }
    }
    GH_TRY_CLEANUP(gh_trainer_snapshot(trainer, GENHEP_AVERAGE, &model));
    GH_TRY_CLEANUP(gh_selftest_store(model));
    if (t->has_proposal) gh_proposal_free(&t->proposal);
    t->has_proposal = 0;
    gh_model_free(t->model);
    t->model = model;
    model = NULL;
cleanup:
    gh_model_free(model);
    gh_trainer_free(trainer);
    return status;
}

/* The proposal of a model, at least as wide as the points. */
static gh_status make_proposal(genhep_integrator *t, const genhep_model *model, const genhep_dataset *table)
{
    gh_status status;
    double *prepared = NULL, *weights = NULL;
    int64_t n = 0;
    const double factor = gh_option_real(t->options, "integrate.widen");
    if (t->has_proposal) gh_proposal_free(&t->proposal);
    t->has_proposal = 0;
    GH_TRY(gh_proposal_create(&t->hooks, model, t->options, t->dim, t->threads, &t->proposal));
    GH_TRY_CLEANUP(gh_model_prepare(&t->hooks, model, t->seed, &table, 1, &n, &prepared, NULL, &weights));
    gh_proposal_widen(&t->proposal, t->seed, factor, n, prepared, weights);
    t->has_proposal = 1;
cleanup:
    if (status) gh_proposal_free(&t->proposal);
    gh_free(&t->hooks, prepared);
    gh_free(&t->hooks, weights);
    return status;
}

static gh_status adapt_model(genhep_integrator *t, genhep_progress_fn progress, void *user)
{
    gh_status status = GENHEP_OK;
    const int64_t rounds = gh_option_int(t->options, "integrate.rounds");
    gh_integrator_forget(t);
    for (int64_t round = 1; round == 1 || (round <= rounds && !t->given); round++) {
        genhep_dataset *table = NULL;
        GH_TRY(make_points(t, round, &table));
        if (!t->given) status = train_round(t, table, rounds > 0, progress, user);
        if (!status) status = make_proposal(t, t->given ? t->given : t->model, table);
        gh_dataset_free(table);
        GH_TRY(status);
    }
    return GENHEP_OK;
}

gh_status gh_integrator_adapt(genhep_integrator *t, genhep_progress_fn progress, void *user)
{
    const double start = now();
    gh_status status = GENHEP_OK;
    if (t->method == GH_INTEGRATE_VEGAS) status = adapt_grid(t);
    if (t->method == GH_INTEGRATE_BVAE) status = adapt_model(t, progress, user);
    t->seconds_training += now() - start;
    t->largest = 0; /* of another way to draw */
    return status;
}
