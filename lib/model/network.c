/* network.c -- a chain of layers: scratch, forward, backward. Inference: network_infer.c.
 *   hidden k:  a = W x_{k-1} [normalised] + b [+ skip];  x_k = dropout(f(a)) [+ skip]
 *   output:    y = f_out(W x_K + b) */
#include "model/network.h"

#include <string.h>

#include "layers/dropout.h"
#include "layers/norm.h"

/* ---- scratch ------------------------------------------------------------------------------------------------- */

/* Two passes over the same list: the first counts, the second hands out. */
static int64_t carve(const gh_network *network, int64_t rows, int input_gradient, gh_tape *tape, gh_real *base)
{
    int64_t used = 0;
#define TAKE(target, count)                                \
    do {                                                   \
        if (base) (target) = base + used;                  \
        used += ((count) + 15) / 16 * 16;                  \
    } while (0)
    if (input_gradient) TAKE(tape->gradient[0], rows * network->layer[0].inputs);
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        int64_t size = rows * l->outputs;
        TAKE(tape->value[k + 1], size);
        TAKE(tape->gradient[k + 1], size);
        if (gh_activation_needs_argument(l->activation)) TAKE(tape->argument[k], size);
        if (l->skip_after || l->dropout) TAKE(tape->branch[k], size);
        if (l->norm_scale >= 0) {
            TAKE(tape->xhat[k], size);
            TAKE(tape->statistics[k], l->mean >= 0 ? 3 * l->columns : size / l->columns);
        }
        if (l->dropout) TAKE(tape->mask[k], size);
        if (gh_layer_saved(l)) TAKE(tape->saved[k], rows * gh_layer_saved(l));
    }
    if (network->work) TAKE(tape->work, rows * network->work);
#undef TAKE
    return used;
}

gh_status gh_tape_create(const gh_hooks *hooks, const gh_network *network, int64_t max_rows, int input_gradient, gh_tape *tape)
{
    memset(tape, 0, sizeof *tape);
    tape->hooks = *hooks;
    tape->max_rows = max_rows;
    tape->room = max_rows * network->work;
    int64_t total = carve(network, max_rows, input_gradient, tape, NULL);
    GH_TRY(gh_alloc_aligned(hooks, &tape->arena, total, sizeof(gh_real)));
    carve(network, max_rows, input_gradient, tape, tape->arena);
    return GENHEP_OK;
}

void gh_tape_free(gh_tape *tape)
{
    if (tape->arena) gh_free_aligned(&tape->hooks, tape->arena);
    tape->arena = NULL;
}

/* ---- training ------------------------------------------------------------------------------------------------ */

static void normalise(const gh_layer *l, const gh_real *parameters, gh_tape *tape, int64_t k, int training, gh_real *Y, int64_t N)
{
    const gh_real *scale = parameters + l->norm_scale, *shift = parameters + l->norm_shift;
    const int64_t rows = gh_layer_rows(l, N), O = l->columns;
    gh_real *s = tape->statistics[k];
    if (l->mean >= 0 && !training)
        gh_batch_norm_apply(Y, parameters + l->mean, parameters + l->variance, scale, shift, rows, O);
    else if (l->mean >= 0)
        gh_batch_norm_forward(Y, tape->xhat[k], s, s + O, s + 2 * O, scale, shift, rows, O);
    else
        gh_layer_norm_forward(Y, tape->xhat[k], s, scale, shift, rows, O);
}

void gh_network_forward(const gh_network *network, const gh_real *parameters, gh_tape *tape, const gh_real *X, int64_t N,
                        const gh_rng *rng, int64_t first_item)
{
    tape->value[0] = (gh_real *)X; /* read only */
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        gh_real *Y = tape->value[k + 1];
        const gh_real *before = l->skip >= 0 && !l->skip_after ? tape->value[l->skip] : NULL;
        gh_layer_forward(l, tape->products, parameters, Y, tape->value[k], N, tape->work, tape->room, tape->saved[k]);
        if (l->norm_scale >= 0) normalise(l, parameters, tape, k, rng != NULL, Y, N);
        gh_bias_activate(Y, gh_layer_bias(l, parameters), before, tape->argument[k], gh_layer_rows(l, N), l->columns, l->activation,
                         network->spec.slope);
        /* what the activation's derivative needs is its plain value: keep it before dropout or a later skip changes Y */
        if (tape->branch[k]) memcpy(tape->branch[k], Y, (size_t)(N * l->outputs) * sizeof *Y);
        if (l->dropout && rng) {
            gh_rng layer_rng = *rng;
            layer_rng.tag += (uint32_t)k;
            gh_dropout_forward(Y, tape->mask[k], &layer_rng, first_item, network->spec.dropout, N, l->outputs);
        }
        if (l->skip_after) {
            const gh_real *after = tape->value[l->skip];
            for (int64_t i = 0; i < N * l->outputs; i++) Y[i] += after[i];
        }
    }
}

/* g becomes the gradient of the norm's input. gradients (NULL: none wanted) take those of scale and shift, and statistics. */
static void normalise_backward(const gh_layer *l, const gh_real *parameters, const gh_tape *tape, int64_t k, gh_real *g, int64_t N,
                               gh_real *gradients)
{
    const gh_real *s = tape->statistics[k], *scale = parameters + l->norm_scale;
    const int64_t rows = gh_layer_rows(l, N), O = l->columns;
    gh_real *gg = gradients ? gradients + l->norm_scale : NULL, *gb = gradients ? gradients + l->norm_shift : NULL;
    if (l->mean < 0) {
        gh_layer_norm_backward(g, gg, gb, tape->xhat[k], s, scale, rows, O);
        return;
    }
    gh_batch_norm_backward(g, gg, gb, tape->xhat[k], s + 2 * O, scale, rows, O);
    if (!gradients) return;
    memcpy(gradients + l->mean, s, (size_t)O * sizeof *s);
    memcpy(gradients + l->variance, s + O, (size_t)O * sizeof *s);
}

static void backward(const gh_network *network, const gh_real *parameters, gh_tape *tape, int64_t N, gh_real *gradients)
{
    /* A value that feeds a skip gets its first contribution there, the layer's backward pass then adds. */
    unsigned char started[GH_MAX_LAYERS + 1] = {0};
    for (int64_t k = network->n_layers - 1; k >= 0; k--) {
        const gh_layer *l = &network->layer[k];
        gh_real *g = tape->gradient[k + 1];
        int64_t size = N * l->outputs;
        if (l->skip_after) {
            gh_real *to = tape->gradient[l->skip];
            memcpy(to, g, (size_t)size * sizeof *g);
            started[l->skip] = 1;
        }
        if (l->dropout) gh_dropout_backward(g, tape->mask[k], N, l->outputs);
        const gh_real *value = tape->branch[k] ? tape->branch[k] : tape->value[k + 1];
        gh_activate_backward(g, value, tape->argument[k], size, l->activation, network->spec.slope);
        if (l->skip >= 0 && !l->skip_after) {
            memcpy(tape->gradient[l->skip], g, (size_t)size * sizeof *g);
            started[l->skip] = 1;
        }
        if (gradients) gh_layer_clear(l, gradients); /* not the whole arena at once: what follows finds it in the cache */
        if (l->norm_scale >= 0) normalise_backward(l, parameters, tape, k, g, N, gradients);
        gh_layer_backward(l, tape->products, parameters, tape->gradient[k], started[k], gradients, l->norm_scale < 0, g, tape->value[k], N, tape->work,
                          tape->room, tape->saved[k]);
    }
}

void gh_network_backward(const gh_network *network, const gh_real *parameters, gh_tape *tape, int64_t N, gh_real *gradients)
{
    backward(network, parameters, tape, N, gradients);
}

void gh_network_backward_input(const gh_network *network, const gh_real *parameters, gh_tape *tape, int64_t N)
{
    gh_real *g = tape->gradient[network->n_layers];
    for (int64_t i = 0; i < N * network->spec.outputs; i++) g[i] = gh_without_dust(g[i]);
    backward(network, parameters, tape, N, NULL);
}
