/* network.c -- a chain of layers: layout, start weights, forward, backward. Inference: network_infer.c.
 *   hidden k:  a = W x_{k-1} [normalised] + b [+ skip];  x_k = dropout(f(a)) [+ skip]
 *   output:    y = f_out(W x_K + b) */
#include "model/network.h"

#include <math.h>
#include <string.h>

#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/norm.h"

gh_status gh_network_plan(const gh_network_spec *spec, int64_t *trainable, int64_t *statistics, gh_network *network)
{
    if (spec->inputs < 1 || spec->outputs < 1 || spec->layers < 0 || spec->layers >= GH_MAX_LAYERS || spec->units < 1)
        GH_FAIL(GENHEP_E_SHAPE, "network %lld -> %lld x %lld -> %lld: expected 1 or more inputs, outputs and units, 0..%d layers",
                (long long)spec->inputs, (long long)spec->layers, (long long)spec->units, (long long)spec->outputs,
                GH_MAX_LAYERS - 1);
    memset(network, 0, sizeof *network);
    network->spec = *spec;
    network->n_layers = spec->layers + 1;
    for (int64_t k = 0; k < network->n_layers; k++) {
        gh_layer *l = &network->layer[k];
        int hidden = k < spec->layers;
        l->inputs = k == 0 ? spec->inputs : spec->units;
        l->outputs = hidden ? spec->units : spec->outputs;
        l->activation = hidden ? spec->activation : spec->output_activation;
        l->skip = l->norm_scale = l->norm_shift = l->mean = l->variance = -1;
        if (hidden && spec->residual == GH_RESIDUAL_SKIP2 && k >= 2) l->skip = k - 1; /* value[k-1] is x_{k-1}, two back */
        if (hidden && spec->residual == GH_RESIDUAL_ADD && k >= 1) l->skip = k, l->skip_after = 1;
        l->dropout = hidden && spec->dropout > 0;
        l->weights = *trainable, *trainable += l->inputs * l->outputs;
        l->bias = *trainable, *trainable += l->outputs;
        if (hidden && spec->norm != GH_NORM_NONE) {
            l->norm_scale = *trainable, *trainable += l->outputs;
            l->norm_shift = l->bias; /* the norm's shift is the bias: a second one would be redundant */
        }
        if (hidden && spec->norm == GH_NORM_BATCH) {
            l->mean = *statistics, *statistics += l->outputs;
            l->variance = *statistics, *statistics += l->outputs;
        }
        if (l->outputs > network->widest) network->widest = l->outputs;
        if (l->inputs > network->widest) network->widest = l->inputs;
    }
    return GENHEP_OK;
}

void gh_network_place(gh_network *network, int64_t statistics_start)
{
    for (int64_t k = 0; k < network->n_layers; k++)
        if (network->layer[k].mean >= 0) {
            network->layer[k].mean += statistics_start;
            network->layer[k].variance += statistics_start;
        }
}

void gh_network_start(const gh_network *network, gh_real *parameters, int64_t seed, int64_t which)
{
    const gh_network_spec *spec = &network->spec;
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        double sd = spec->init_gain > 0 ? sqrt(spec->init_gain / (double)l->inputs) : spec->init_sd;
        if (k + 1 == network->n_layers) sd *= spec->output_gain;
        gh_rng rng = gh_rng_make(seed, GH_RANDOM_WEIGHTS, which * GH_MAX_LAYERS + k);
        gh_real *w = parameters + l->weights;
        gh_rng_normals(&rng, 0, l->outputs, l->inputs, w, l->inputs);
        for (int64_t i = 0; i < l->inputs * l->outputs; i++) w[i] *= (gh_real)sd;
        memset(parameters + l->bias, 0, (size_t)l->outputs * sizeof *parameters);
        for (int64_t j = 0; j < l->outputs; j++) {
            if (l->norm_scale >= 0) parameters[l->norm_scale + j] = 1;
            if (l->mean >= 0) parameters[l->mean + j] = 0, parameters[l->variance + j] = 1;
        }
    }
}

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
            TAKE(tape->statistics[k], l->mean >= 0 ? 3 * l->outputs : rows);
        }
        if (l->dropout) TAKE(tape->mask[k], size);
    }
#undef TAKE
    return used;
}

gh_status gh_tape_create(const gh_hooks *hooks, const gh_network *network, int64_t max_rows, int input_gradient, gh_tape *tape)
{
    memset(tape, 0, sizeof *tape);
    tape->hooks = *hooks;
    tape->max_rows = max_rows;
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
    gh_real *s = tape->statistics[k];
    if (l->mean >= 0 && !training)
        gh_batch_norm_apply(Y, parameters + l->mean, parameters + l->variance, scale, shift, N, l->outputs);
    else if (l->mean >= 0)
        gh_batch_norm_forward(Y, tape->xhat[k], s, s + l->outputs, s + 2 * l->outputs, scale, shift, N, l->outputs);
    else
        gh_layer_norm_forward(Y, tape->xhat[k], s, scale, shift, N, l->outputs);
}

void gh_network_forward(const gh_network *network, const gh_real *parameters, gh_tape *tape, const gh_real *X, int64_t N,
                        const gh_rng *rng, int64_t first_item)
{
    tape->value[0] = (gh_real *)X; /* read only */
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        gh_real *Y = tape->value[k + 1];
        const gh_real *before = l->skip >= 0 && !l->skip_after ? tape->value[l->skip] : NULL;
        const gh_real *bias = l->norm_scale >= 0 ? NULL : parameters + l->bias;
        gh_dense_forward(tape->products, Y, tape->value[k], parameters + l->weights, N, l->inputs, l->outputs);
        if (l->norm_scale >= 0) normalise(l, parameters, tape, k, rng != NULL, Y, N);
        gh_bias_activate(Y, bias, before, tape->argument[k], N, l->outputs, l->activation, network->spec.slope);
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

void gh_network_backward(const gh_network *network, const gh_real *parameters, gh_tape *tape, int64_t N, gh_real *gradients)
{
    /* A value that feeds a skip gets its first contribution there, the dense backward pass then adds. */
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
        gh_real *g_bias = gradients + l->bias;
        /* cleared here and not in the whole arena at once: what follows finds it in the cache */
        memset(gradients + l->weights, 0, (size_t)(l->inputs * l->outputs) * sizeof *g);
        memset(g_bias, 0, (size_t)l->outputs * sizeof *g);
        if (l->norm_scale >= 0) {
            gh_real *s = tape->statistics[k], *gg = gradients + l->norm_scale;
            memset(gg, 0, (size_t)l->outputs * sizeof *gg);
            if (l->mean >= 0) {
                gh_batch_norm_backward(g, gg, g_bias, tape->xhat[k], s + 2 * l->outputs, parameters + l->norm_scale, N, l->outputs);
                memcpy(gradients + l->mean, s, (size_t)l->outputs * sizeof *s);
                memcpy(gradients + l->variance, s + l->outputs, (size_t)l->outputs * sizeof *s);
            } else {
                gh_layer_norm_backward(g, gg, g_bias, tape->xhat[k], s, parameters + l->norm_scale, N, l->outputs);
            }
            g_bias = NULL;
        }
        gh_dense_backward(tape->products, tape->gradient[k], started[k], gradients + l->weights, g_bias, g, tape->value[k],
                          parameters + l->weights, N, l->inputs, l->outputs);
    }
}
