/* network_streams.c -- networks of pictures side by side: the three streams of 1712.10321. Tests: tests/grad/test_streams.c. */
#include <string.h>

#include "model/network.h"

typedef struct plan {
    gh_network *network;
    int64_t *trainable, *statistics;
} plan;

static gh_status append(const plan *p, const gh_layer *layer)
{
    return gh_network_append(p->network, layer, GH_NORM_NONE, p->trainable, p->statistics);
}

static int64_t cells(const gh_network_spec *spec)
{
    int64_t n = 0;
    for (int64_t k = 0; k < spec->pictures; k++) n += spec->height[k] * spec->width[k];
    return n;
}

/* `layers` dense layers of `units`. */
static gh_status append_dense(const plan *p, int64_t inputs)
{
    const gh_network_spec *spec = &p->network->spec;
    for (int64_t k = 0; k < spec->layers; k++) {
        gh_layer l = gh_layer_dense(k ? spec->units : inputs, spec->units, spec->activation);
        GH_TRY(append(p, &l));
    }
    return GENHEP_OK;
}

/* A layer on every picture: kernel and stride (1, stride), to `channels` each. Sizes are those of the pictures that go in. */
static gh_status append_streams(const plan *p, int64_t height[], int64_t width[], int64_t channels_in, int64_t channels, int64_t kernel,
                                int64_t stride, gh_padding padding, int local, int last, int64_t tail)
{
    const gh_network_spec *spec = &p->network->spec;
    const gh_real slope = spec->activation == GH_LEAKY_RELU ? spec->slope : spec->activation == GH_RELU ? 0 : 1;
    gh_streams s = {.pictures = spec->pictures, .channels = channels, .tail = tail, .local = local, .without_bias = last, .slope = last ? 1 : slope};
    for (int64_t k = 0; k < spec->pictures; k++) {
        GH_TRY(gh_patches_plan(height[k], width[k], channels_in, kernel, kernel, 1, stride, padding, &s.patches[k]));
        height[k] = s.patches[k].rows, width[k] = s.patches[k].columns;
    }
    gh_layer l = gh_layer_streams(&s);
    return append(p, &l);
}

/* Dense layers; dense to pictures of channels[0], larger than those wanted by what layers without padding take away; a convolution;
 * local layers, the last of them linear, to one channel and without bias; the mix of a picture with the one before. */
static gh_status plan_emitting(const plan *p)
{
    const gh_network_spec *spec = &p->network->spec;
    const int64_t n = spec->convolutions, tail = spec->outputs - cells(spec);
    int64_t height[GH_MOST_STREAMS] = {0}, width[GH_MOST_STREAMS] = {0}, larger = spec->kernel[n - 1] - 1, wide = tail;
    if (n < 2) GH_FAIL(GENHEP_E_SHAPE, "a generator of streams with %lld numbers of channels, expected 2 or more: dense, convolution, local layers",
                       (long long)n);
    for (int64_t i = 2; i < n; i++) larger += spec->kernel[i] - 1;
    for (int64_t k = 0; k < spec->pictures; k++) {
        height[k] = spec->height[k] + larger, width[k] = spec->width[k] + larger;
        wide += height[k] * width[k] * spec->channels[0];
    }
    GH_TRY(append_dense(p, spec->inputs));
    gh_layer l = gh_layer_dense(spec->layers ? spec->units : spec->inputs, wide, GH_LINEAR);
    GH_TRY(append(p, &l));
    GH_TRY(append_streams(p, height, width, spec->channels[0], spec->channels[1], spec->kernel[1], 1, GH_PADDING_SAME, 0, 0, tail));
    for (int64_t i = 2; i <= n; i++)
        GH_TRY(append_streams(p, height, width, spec->channels[i - 1], i < n ? spec->channels[i] : 1, spec->kernel[i < n ? i : n - 1], 1,
                              GH_PADDING_VALID, 1, i == n, tail));
    gh_carry carry = {.pictures = spec->pictures, .tail = tail};
    memcpy(carry.height, height, sizeof height);
    memcpy(carry.width, width, sizeof width);
    GH_TRY(gh_carry_plan(&carry));
    l = gh_layer_carry(&carry);
    return append(p, &l);
}

/* A convolution, local layers of which every second halves the width, dense layers. What stands behind the pictures joins there. */
static gh_status plan_reading(const plan *p)
{
    const gh_network_spec *spec = &p->network->spec;
    const int64_t tail = spec->inputs - cells(spec);
    int64_t height[GH_MOST_STREAMS] = {0}, width[GH_MOST_STREAMS] = {0}, channels = 1;
    memcpy(height, spec->height, sizeof height);
    memcpy(width, spec->width, sizeof width);
    for (int64_t i = 0; i < spec->convolutions; i++) {
        GH_TRY(append_streams(p, height, width, channels, spec->channels[i], spec->kernel[i], i % 2 ? 2 : 1, GH_PADDING_SAME, i > 0, 0, tail));
        channels = spec->channels[i];
    }
    const int64_t features = p->network->layer[p->network->n_layers - 1].outputs;
    GH_TRY(append_dense(p, features));
    gh_layer l = gh_layer_dense(spec->layers ? spec->units : features, spec->outputs, spec->output_activation);
    return append(p, &l);
}

gh_status gh_network_plan_streams(gh_network *network, int64_t *trainable, int64_t *statistics)
{
    const gh_network_spec *spec = &network->spec;
    const plan p = {network, trainable, statistics};
    const int64_t numbers = spec->emits ? spec->outputs : spec->inputs;
    if (spec->pictures < 1 || spec->pictures > GH_MOST_STREAMS || spec->convolutions < 1 || spec->convolutions > GH_MAX_CONVOLUTIONS)
        GH_FAIL(GENHEP_E_SHAPE, "%lld pictures and %lld numbers of channels: expected 1 to %d and 1 to %d", (long long)spec->pictures,
                (long long)spec->convolutions, GH_MOST_STREAMS, GH_MAX_CONVOLUTIONS);
    if (cells(spec) > numbers)
        GH_FAIL(GENHEP_E_SHAPE, "pictures of %lld cells in %lld numbers: expected at most as many", (long long)cells(spec), (long long)numbers);
    return spec->emits ? plan_emitting(&p) : plan_reading(&p);
}
