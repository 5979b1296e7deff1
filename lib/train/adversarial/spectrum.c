/* spectrum.c -- spectral normalisation of a network's matrices, a task each. Tests: tests/grad/test_adversarial_steps.c,
 * tests/property/test_adversarial_training.c. */
#include "train/adversarial/spectrum.h"

#include <string.h>

#include "layers/spectral.h"

static void add_matrices(gh_spectrum *s, int64_t at, int64_t rows, int64_t columns, int64_t parts, int64_t *n_right)
{
    for (int64_t part = 0; part < parts; part++) {
        const int64_t k = s->count++, each = rows / parts;
        s->matrix[k].at = at + part * each * columns;
        s->matrix[k].rows = each, s->matrix[k].columns = columns;
        s->matrix[k].u = s->n_left, s->matrix[k].v = *n_right;
        s->n_left += each, *n_right += columns;
    }
}

gh_status gh_spectrum_create(const gh_hooks *hooks, const gh_network *network, const gh_rng *rng, gh_spectrum *s)
{
    int64_t n_right = 0;
    s->count = s->n_left = 0;
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        const int64_t gates = l->kind == GH_LAYER_GRU ? 3 : 1;
        if (l->weights >= 0) add_matrices(s, l->weights, l->weight_rows, l->weight_columns, gates, &n_right);
        if (l->recurrent >= 0) add_matrices(s, l->recurrent, 3 * l->gru.units, l->gru.units, gates, &n_right);
    }
    GH_TRY(gh_alloc_aligned(hooks, &s->left, s->n_left, sizeof *s->left));
    GH_TRY(gh_alloc_aligned(hooks, &s->right, n_right, sizeof *s->right));
    gh_rng_normals(rng, 0, 1, s->n_left, s->left, s->n_left);
    return GENHEP_OK;
}

void gh_spectrum_free(const gh_hooks *hooks, gh_spectrum *s)
{
    gh_free_aligned(hooks, s->left);
    gh_free_aligned(hooks, s->right);
    s->left = s->right = NULL;
    s->count = 0;
}

typedef struct spectrum_context {
    gh_spectrum *spectrum;
    int iterations;
    const gh_real *trained;
    gh_real *used;
} spectrum_context;

static void apply_matrix(void *context, int64_t k, int64_t worker)
{
    const spectrum_context *c = context;
    gh_spectrum *s = c->spectrum;
    const int64_t at = s->matrix[k].at, O = s->matrix[k].rows, I = s->matrix[k].columns;
    (void)worker;
    s->matrix[k].sigma = gh_spectral_sigma(c->trained + at, s->left + s->matrix[k].u, s->right + s->matrix[k].v, O, I, c->iterations);
    gh_spectral_apply(c->used + at, c->trained + at, s->matrix[k].sigma, O, I);
}

void gh_spectrum_apply(gh_spectrum *s, gh_pool *pool, int iterations, int64_t n, const gh_real *trained, gh_real *used)
{
    spectrum_context context = {s, iterations, trained, used};
    memcpy(used, trained, (size_t)n * sizeof *used);
    gh_pool_run(pool, apply_matrix, &context, s->count);
}

typedef struct backward_context {
    const gh_spectrum *spectrum;
    const gh_real *used;
    gh_real *gradient;
} backward_context;

static void backward_matrix(void *context, int64_t k, int64_t worker)
{
    const backward_context *c = context;
    const gh_spectrum *s = c->spectrum;
    const int64_t at = s->matrix[k].at;
    (void)worker;
    gh_spectral_backward(c->gradient + at, c->used + at, s->left + s->matrix[k].u, s->right + s->matrix[k].v, s->matrix[k].sigma,
                         s->matrix[k].rows, s->matrix[k].columns);
}

void gh_spectrum_backward(const gh_spectrum *s, gh_pool *pool, const gh_real *used, gh_real *gradient)
{
    backward_context context = {s, used, gradient};
    gh_pool_run(pool, backward_matrix, &context, s->count);
}
