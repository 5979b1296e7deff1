/* weights.c -- summing gradient slices and updating weights, chunk by chunk. */
#include "train/weights.h"

#include <math.h>
#include <string.h>

gh_status gh_weights_create(const gh_hooks *hooks, int64_t n, int64_t n_trainable, int64_t slices, gh_real *parameters,
                            int averaged, gh_weights *w)
{
    gh_status status;
    memset(w, 0, sizeof *w);
    w->hooks = *hooks;
    w->n = n;
    w->n_trainable = n_trainable;
    w->slices = slices;
    w->parameters = parameters;
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &w->slice_gradients, slices * n, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &w->gradient, n, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &w->first, n, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &w->second, n, sizeof(gh_real)));
    if (averaged) {
        GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &w->average, n, sizeof(gh_real)));
        memcpy(w->average, parameters, (size_t)n * sizeof(gh_real));
    }
    GH_TRY_CLEANUP(gh_alloc(hooks, &w->chunk_norm, (n + GH_UPDATE_CHUNK - 1) / GH_UPDATE_CHUNK, sizeof *w->chunk_norm));
cleanup:
    if (status) gh_weights_free(w);
    return status;
}

void gh_weights_free(gh_weights *w)
{
    gh_real *arrays[] = {w->slice_gradients, w->gradient, w->first, w->second, w->average};
    if (!w->n) return;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) gh_free_aligned(&w->hooks, arrays[i]);
    gh_free(&w->hooks, w->chunk_norm);
    memset(w, 0, sizeof *w);
}

/* Sum of n numbers of every slice in fixed order; @return the sum of squares of the first n_norm. */
GH_CLONES
static double sum_slices(const gh_real *first, int64_t slices, int64_t stride, int64_t n, int64_t n_norm, gh_real *out)
{
    memcpy(out, first, (size_t)n * sizeof *out);
    for (int64_t s = 1; s < slices; s++)
#pragma omp simd
        for (int64_t i = 0; i < n; i++) out[i] += first[s * stride + i];
    double norm = 0;
#pragma omp simd reduction(+ : norm)
    for (int64_t i = 0; i < n_norm; i++) norm += (double)out[i] * (double)out[i];
    return norm;
}

/* Where a chunk ends, and how much of it is trainable. */
static int64_t chunk_end(const gh_weights *w, int64_t start, int64_t *trainable)
{
    int64_t end = start + GH_UPDATE_CHUNK < w->n ? start + GH_UPDATE_CHUNK : w->n;
    int64_t stop = end < w->n_trainable ? end : w->n_trainable;
    *trainable = stop > start ? stop - start : 0;
    return end;
}

static void reduce_chunk(void *context, int64_t chunk, int64_t worker)
{
    gh_weights *w = context;
    (void)worker;
    int64_t trainable, start = chunk * GH_UPDATE_CHUNK, end = chunk_end(w, start, &trainable);
    w->chunk_norm[chunk] = sum_slices(w->slice_gradients + start, w->used, w->n, end - start, trainable, w->gradient + start);
}

double gh_weights_reduce(gh_weights *w, gh_pool *pool, int64_t slices)
{
    const int64_t chunks = (w->n + GH_UPDATE_CHUNK - 1) / GH_UPDATE_CHUNK;
    double norm = 0;
    w->used = slices;
    gh_pool_run(pool, reduce_chunk, w, chunks);
    for (int64_t i = 0; i < chunks; i++) norm += w->chunk_norm[i];
    return sqrt(norm);
}

double gh_weights_norm(const gh_weights *w)
{
    double norm = 0;
    for (int64_t i = 0; i < w->n_trainable; i++) norm += (double)w->gradient[i] * (double)w->gradient[i];
    return sqrt(norm);
}

typedef struct update_context {
    gh_weights *weights;
    gh_update update;
} update_context;

static void update_chunk(void *context, int64_t chunk, int64_t worker)
{
    update_context *c = context;
    gh_weights *w = c->weights;
    (void)worker;
    int64_t trainable, start = chunk * GH_UPDATE_CHUNK, end = chunk_end(w, start, &trainable);
    gh_real *p = w->parameters;
    if (trainable > 0)
        gh_optimiser_update(&c->update, trainable, w->gradient + start, p + start, w->first + start, w->second + start,
                            w->average ? w->average + start : NULL);
    for (int64_t i = start + trainable; i < end; i++) { /* running statistics of batch norm */
        p[i] += (gh_real)0.01 * (w->gradient[i] / (gh_real)w->used - p[i]);
        if (w->average) w->average[i] = p[i];
    }
}

void gh_weights_update(gh_weights *w, gh_pool *pool, gh_update update)
{
    const double k = (double)(w->optimiser_steps + 1);
    update.correction1 = 1 - pow(update.beta1, k);
    update.correction2 = 1 - pow(update.beta2, k);
    if (!w->average) update.average = -1;
    update_context context = {w, update};
    gh_pool_run(pool, update_chunk, &context, (w->n + GH_UPDATE_CHUNK - 1) / GH_UPDATE_CHUNK);
    w->optimiser_steps++;
}

void gh_weights_restart(gh_weights *w)
{
    memset(w->first, 0, (size_t)w->n * sizeof *w->first);
    memset(w->second, 0, (size_t)w->n * sizeof *w->second);
    w->optimiser_steps = 0;
}
