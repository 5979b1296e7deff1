/* network_plan.c -- layout and start weights of networks: dense, with convolutions, recurrent. Tests:
 * tests/grad/test_network_kinds.c. */
#include <math.h>
#include <string.h>

#include "model/network.h"

/* Beyond these a network of other than dense layers is a slip of a setting: numbers of one event in a layer. */
enum { MOST_VALUES = 1 << 20 };

void gh_network_begin(const gh_network_spec *spec, gh_network *network)
{
    memset(network, 0, sizeof *network);
    network->spec = *spec;
    network->dense = 1;
}

gh_status gh_network_append(gh_network *network, const gh_layer *layer, gh_norm norm, int64_t *trainable, int64_t *statistics)
{
    const int64_t given = network->n_layers ? network->layer[network->n_layers - 1].outputs : network->spec.inputs;
    if (network->n_layers >= GH_MAX_LAYERS) GH_FAIL(GENHEP_E_SHAPE, "a network of more than %d layers", GH_MAX_LAYERS);
    if (layer->inputs != given)
        GH_FAIL(GENHEP_E_SHAPE, "layer %lld takes %lld numbers, the one before gives %lld", (long long)network->n_layers,
                (long long)layer->inputs, (long long)given);
    /* what inference still has: the value before this layer, and the one before that */
    const int64_t added = layer->skip_after ? network->n_layers : network->n_layers - 1;
    if (layer->skip >= 0 && (layer->skip != added || added < 1 || network->layer[added - 1].outputs != layer->outputs))
        GH_FAIL(GENHEP_E_SHAPE, "layer %lld of %lld numbers adds value %lld: expected %lld, of as many numbers",
                (long long)network->n_layers, (long long)layer->outputs, (long long)layer->skip, (long long)added);
    if (layer->kind != GH_LAYER_DENSE && (layer->outputs > MOST_VALUES || gh_layer_work(layer) > MOST_VALUES))
        GH_FAIL(GENHEP_E_SHAPE, "layer %lld gives %lld numbers with a scratch of %lld: expected at most %d of either",
                (long long)network->n_layers, (long long)layer->outputs, (long long)gh_layer_work(layer), MOST_VALUES);
    gh_layer *l = &network->layer[network->n_layers++];
    *l = *layer;
    if (norm != GH_NORM_NONE) {
        if (l->kind == GH_LAYER_LOCAL) l->columns = l->outputs / (l->patches.rows * l->patches.columns);
        if (l->kind != GH_LAYER_GRU) l->bias_size = l->columns;
    }
    if (l->weight_rows) l->weights = *trainable, *trainable += l->weight_rows * l->weight_columns;
    if (l->bias_size) l->bias = *trainable, *trainable += l->bias_size;
    if (l->kind == GH_LAYER_GRU) l->recurrent = *trainable, *trainable += 3 * l->gru.units * l->gru.units;
    if (norm != GH_NORM_NONE) {
        l->norm_scale = *trainable, *trainable += l->columns;
        l->norm_shift = l->bias; /* the norm's shift is the bias: a second one would be redundant */
        if (network->spec.norm == GH_NORM_NONE) network->spec.norm = norm;
    }
    if (norm == GH_NORM_BATCH) {
        l->mean = *statistics, *statistics += l->columns;
        l->variance = *statistics, *statistics += l->columns;
    }
    if (l->outputs > network->values) network->values = l->outputs;
    if (l->inputs > network->values) network->values = l->inputs;
    if (gh_layer_work(l) > network->work) network->work = gh_layer_work(l);
    network->widest = network->values + (network->work + 2) / 3;
    network->dense = network->dense && l->kind == GH_LAYER_DENSE;
    return GENHEP_OK;
}

/* ---- kinds of networks --------------------------------------------------------------------------------------------- */

typedef struct plan {
    gh_network *network;
    int64_t *trainable, *statistics;
} plan;

static gh_status append(const plan *p, const gh_layer *layer, gh_norm norm)
{
    return gh_network_append(p->network, layer, norm, p->trainable, p->statistics);
}

/* The output layer, a dense one, with the closeness to other rows beside its inputs where the spec wants it. */
static gh_status append_output(const plan *p, int64_t inputs)
{
    const gh_network_spec *spec = &p->network->spec;
    gh_layer l;
    if (spec->minibatch_kernels) {
        l = gh_layer_minibatch(inputs, spec->minibatch_kernels, spec->minibatch_numbers);
        GH_TRY(append(p, &l, GH_NORM_NONE));
    }
    l = gh_layer_dense(inputs + spec->minibatch_kernels, spec->outputs, spec->output_activation);
    return append(p, &l, GH_NORM_NONE);
}

static gh_status plan_dense(const plan *p)
{
    const gh_network_spec *spec = &p->network->spec;
    for (int64_t k = 0; k < spec->layers; k++) {
        gh_layer l = gh_layer_dense(k == 0 ? spec->inputs : spec->units, spec->units, spec->activation);
        if (spec->residual == GH_RESIDUAL_SKIP2 && k >= 2) l.skip = k - 1; /* value[k-1] is x_{k-1}, two back */
        if (spec->residual == GH_RESIDUAL_ADD && k >= 1) l.skip = k, l.skip_after = 1;
        l.dropout = spec->dropout > 0;
        GH_TRY(append(p, &l, spec->norm));
    }
    return append_output(p, spec->layers ? spec->units : spec->inputs);
}

/* A layer, with its norm behind the activation. */
static gh_status append_normed(const plan *p, const gh_layer *layer, int dropout)
{
    gh_norm norm = p->network->spec.norm;
    gh_layer l = *layer, after = gh_layer_pass(layer->outputs, layer->columns);
    l.dropout = dropout && norm == GH_NORM_NONE;
    after.dropout = dropout;
    GH_TRY(append(p, &l, GH_NORM_NONE));
    return norm == GH_NORM_NONE ? GENHEP_OK : append(p, &after, norm);
}

/* Reads: dense (linear) to a picture, or the inputs as a line of one channel; convolutions; dense.
 * Emits: dense with activation and norm to a picture; transposed convolutions; dense. Dropout behind the last picture. */
static gh_status plan_convolutions(const plan *p)
{
    const gh_network_spec *spec = &p->network->spec;
    const int line = spec->grid[0] == 0;
    const int64_t height = line ? 1 : spec->grid[0], width = line ? spec->inputs : spec->grid[1];
    int64_t channels = line ? 1 : spec->grid[2];
    gh_layer l;
    if (spec->convolutions < 1 || spec->convolutions > GH_MAX_CONVOLUTIONS || height < 1 || width < 1 || channels < 1)
        GH_FAIL(GENHEP_E_SHAPE, "%lld convolutions of pictures %lld x %lld x %lld: expected 1 to %d, and sizes of 1 or more",
                (long long)spec->convolutions, (long long)height, (long long)width, (long long)channels, GH_MAX_CONVOLUTIONS);
    if (!line) {
        l = gh_layer_dense(spec->inputs, height * width * channels, spec->emits ? spec->activation : GH_LINEAR);
        GH_TRY(spec->emits ? append_normed(p, &l, 0) : append(p, &l, GH_NORM_NONE));
    }
    for (int64_t i = 0; i < spec->convolutions; i++) {
        const int64_t kernel_height = height == 1 ? 1 : spec->kernel[i], C = spec->channels[i];
        gh_patches patches;
        GH_TRY(gh_patches_plan(height, width, spec->emits ? C : channels, kernel_height, spec->kernel[i], 1, 1, GH_PADDING_SAME,
                               &patches)); /* stride 1: picture and grid are the same size */
        l = spec->emits ? gh_layer_transposed(&patches, channels, spec->activation) : gh_layer_conv(&patches, C, spec->activation);
        GH_TRY(append_normed(p, &l, spec->dropout > 0 && i + 1 == spec->convolutions));
        channels = C;
    }
    return append_output(p, height * width * channels);
}

/* Reads: recurrent layers over the inputs, one a step; dense from the last state.
 * Emits: recurrent layers that are given all inputs at each step; a dense layer of its own for each step gives output t. */
static gh_status plan_recurrent(const plan *p)
{
    const gh_network_spec *spec = &p->network->spec;
    const int64_t steps = spec->emits ? spec->outputs : spec->inputs, U = spec->units;
    gh_layer l;
    if (spec->layers < 1) GH_FAIL(GENHEP_E_SHAPE, "a recurrent network of %lld layers, expected 1 or more", (long long)spec->layers);
    for (int64_t k = 0; k < spec->layers; k++) {
        int64_t inputs = k ? U : spec->emits ? spec->inputs : 1;
        gh_gru shape = {steps, inputs, U, spec->emits && k == 0, !spec->emits && k + 1 == spec->layers};
        l = gh_layer_gru(&shape);
        l.dropout = spec->dropout > 0;
        GH_TRY(append(p, &l, GH_NORM_NONE));
    }
    if (!spec->emits) return append_output(p, U);
    gh_patches patches;
    GH_TRY(gh_patches_plan(1, steps, U, 1, 1, 1, 1, GH_PADDING_VALID, &patches));
    l = gh_layer_local(&patches, 1, spec->output_activation);
    return append(p, &l, GH_NORM_NONE);
}

gh_status gh_network_plan(const gh_network_spec *spec, int64_t *trainable, int64_t *statistics, gh_network *network)
{
    if (spec->inputs < 1 || spec->outputs < 1 || spec->layers < 0 || spec->layers >= GH_MAX_LAYERS || spec->units < 1)
        GH_FAIL(GENHEP_E_SHAPE, "network %lld -> %lld x %lld -> %lld: expected 1 or more inputs, outputs and units, 0..%d layers",
                (long long)spec->inputs, (long long)spec->layers, (long long)spec->units, (long long)spec->outputs,
                GH_MAX_LAYERS - 1);
    plan p = {network, trainable, statistics};
    gh_network_begin(spec, network);
    switch (spec->kind) {
    case GH_NETWORK_CONV: return plan_convolutions(&p);
    case GH_NETWORK_RNN: return plan_recurrent(&p);
    case GH_NETWORK_STREAMS: return gh_network_plan_streams(network, trainable, statistics);
    default: return plan_dense(&p);
    }
}

void gh_network_place(gh_network *network, int64_t statistics_start)
{
    for (int64_t k = 0; k < network->n_layers; k++)
        if (network->layer[k].mean >= 0) {
            network->layer[k].mean += statistics_start;
            network->layer[k].variance += statistics_start;
        }
}

/* ---- start weights --------------------------------------------------------------------------------------------------- */

/* Normal numbers of rows first..first+rows-1, items of `rng`. */
static void start_matrix(const gh_rng *rng, int64_t first, int64_t rows, int64_t columns, double sd, gh_real *w)
{
    gh_rng_normals(rng, first, rows, columns, w, columns);
    for (int64_t i = 0; i < rows * columns; i++) w[i] *= (gh_real)sd;
}

void gh_network_start(const gh_network *network, gh_real *parameters, int64_t seed, int64_t which)
{
    const gh_network_spec *spec = &network->spec;
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        /* gates are not halved as by a ReLU: no more than 1 / fan_in for them */
        double gain = l->kind == GH_LAYER_GRU && spec->init_gain > 1 ? 1 : spec->init_gain;
        double sd = gain > 0 ? sqrt(gain / l->fan_in) : spec->init_sd;
        const int last = k + 1 == network->n_layers, mixed = k + 2 == network->n_layers && l[1].kind == GH_LAYER_CARRY;
        if (mixed || (last && l->kind != GH_LAYER_CARRY)) sd *= spec->output_gain;
        gh_rng rng = gh_rng_make(seed, GH_RANDOM_WEIGHTS, which * GH_MAX_LAYERS + k);
        if (l->weights >= 0) start_matrix(&rng, 0, l->weight_rows, l->weight_columns, sd, parameters + l->weights);
        if (l->recurrent >= 0)
            start_matrix(&rng, l->weight_rows, 3 * l->gru.units, l->gru.units,
                         gain > 0 ? sqrt(gain / (double)l->gru.units) : spec->init_sd, parameters + l->recurrent);
        if (l->bias >= 0) memset(parameters + l->bias, 0, (size_t)l->bias_size * sizeof *parameters);
        for (int64_t j = 1; l->kind == GH_LAYER_CARRY && j < l->bias_size; j += 2) parameters[l->bias + j] = -10; /* nothing carried over */
        for (int64_t j = 0; j < l->columns; j++) {
            if (l->norm_scale >= 0) parameters[l->norm_scale + j] = 1;
            if (l->mean >= 0) parameters[l->mean + j] = 0, parameters[l->variance + j] = 1;
        }
    }
}
