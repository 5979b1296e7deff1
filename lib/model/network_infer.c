/* network_infer.c -- inference of a network in blocks of rows: on tiles, with events across lanes, or by OpenBLAS.
 * Tests: tests/unit/test_lanes.c, tests/unit/test_tiles.c. */
#include <string.h>

#include "layers/dense.h"
#include "layers/norm.h"
#include "linalg/lanes.h"
#include "model/network.h"

enum { LEAST_ROWS = 8 }; /* fewer events would leave most of a register or tile empty */

/* Slope of an activation that kernels apply to the sums in passing; -1 for one that they do not. */
static gh_real fused_slope(const gh_network *network, const gh_layer *l)
{
    switch (l->activation) {
    case GH_LINEAR: return 1;
    case GH_RELU: return 0;
    case GH_LEAKY_RELU: return network->spec.slope;
    default: return -1;
    }
}

/* ---- tiles --------------------------------------------------------------------------------------------------- */

#ifdef GH_TILES
int gh_network_suits_tiles(const gh_network *network)
{
    double lanes = 0, tiles = 0; /* cycles for a panel of 32 rows */
    if (network->spec.norm != GH_NORM_NONE || !network->dense) return 0;
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        lanes += (double)(l->inputs * l->outputs);
        tiles += (double)gh_tile_blocks(l->outputs) * (450.0 + 400.0 * (double)gh_tile_blocks(l->inputs));
    }
    return tiles < lanes;
}

/* Weights of all layers in one piece, in the order of use: asking for them ahead of time goes on across layers. */
gh_status gh_network_tiles_create(const gh_hooks *hooks, const gh_network *network, const gh_real *parameters,
                                  gh_network_tiles **result)
{
    gh_status status;
    gh_network_tiles *tiles;
    size_t weights = 0, biases = 0;
    *result = NULL;
    GH_TRY(gh_alloc(hooks, &tiles, 1, sizeof *tiles));
    tiles->hooks = *hooks;
    for (int64_t k = 0; k < network->n_layers; k++) {
        const int64_t outputs = gh_tile_blocks(network->layer[k].outputs);
        weights += (size_t)(outputs * gh_tile_blocks(network->layer[k].inputs) * GH_TILE_BLOCK) * sizeof(gh_bf16);
        biases += (size_t)(outputs * GH_TILE_SIDE) * sizeof(float);
    }
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &tiles->arena, (int64_t)(weights + biases), 1));
    gh_bf16 *weight = tiles->arena;
    float *bias = (float *)(void *)((char *)tiles->arena + weights);
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        const int64_t outputs = gh_tile_blocks(l->outputs);
        tiles->weights[k] = weight;
        tiles->bias[k] = bias;
        gh_tiles_pack(GH_TILE_RIGHT, 0, parameters + l->weights, l->inputs, l->outputs, l->inputs, weight);
        memcpy(bias, parameters + l->bias, (size_t)l->outputs * sizeof *bias);
        weight += outputs * gh_tile_blocks(l->inputs) * GH_TILE_BLOCK;
        bias += outputs * GH_TILE_SIDE;
    }
    *result = tiles;
cleanup:
    if (status) gh_network_tiles_free(tiles);
    return status;
}

/* What a layer's activation needs that is not done in passing. */
typedef struct activation {
    const gh_layer *layer;
    gh_real slope;
    const gh_bf16 *skip; /* value that is added before or behind, packed like the layer's output; or NULL */
    int64_t outputs;     /* blocks */
} activation;

static void activate(void *context, int64_t panel, int64_t column, float *values)
{
    const activation *a = context;
    _Alignas(64) float skip[GH_TILE_SIDE * GH_TILE_SIDE];
    const int64_t n = GH_TILE_SIDE * GH_TILE_SIDE;
    if (a->skip) gh_tiles_unpack_block(a->skip, a->outputs, panel, column, skip);
    gh_bias_activate(values, NULL, a->skip && !a->layer->skip_after ? skip : NULL, NULL, 1, n, a->layer->activation,
                     a->slope);
    if (a->skip && a->layer->skip_after)
        for (int64_t i = 0; i < n; i++) values[i] += skip[i];
}

static void infer_tiles(const gh_network *network, const gh_network_tiles *tiles, const gh_real *X, int64_t N,
                        gh_real *scratch, gh_real *Y)
{
    const int64_t rows = gh_tile_blocks(N), buffer = rows * gh_tile_blocks(network->widest) * GH_TILE_BLOCK;
    char *aligned = (char *)scratch + (64 - (uintptr_t)scratch % 64) % 64;
    gh_bf16 *base = (gh_bf16 *)(void *)aligned, *previous = base + 2 * buffer, *before_previous = NULL;
    gh_tiles_pack(GH_TILE_LEFT, 0, X, network->spec.inputs, N, network->spec.inputs, previous);
    gh_tiles_begin();
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        const gh_real slope = l->skip >= 0 ? -1 : fused_slope(network, l);
        gh_bf16 *out = base + (k % 3) * buffer;
        activation a = {l, network->spec.slope,
                        l->skip < 0     ? NULL
                        : l->skip_after ? previous
                                        : before_previous,
                        gh_tile_blocks(l->outputs)};
        gh_tiles_layer layer = {.Y = out,
                                .X = previous,
                                .W = tiles->weights[k],
                                .bias = tiles->bias[k],
                                .slope = slope,
                                .activate = slope < 0 ? activate : NULL,
                                .context = &a,
                                .rows = rows,
                                .inputs = gh_tile_blocks(l->inputs),
                                .outputs = a.outputs};
        gh_tiles_dense(&layer);
        before_previous = previous;
        previous = out;
    }
    gh_tiles_end();
    gh_tiles_unpack(previous, N, network->spec.outputs, Y);
}
#else
int gh_network_suits_tiles(const gh_network *network)
{
    (void)network;
    return 0;
}

gh_status gh_network_tiles_create(const gh_hooks *hooks, const gh_network *network, const gh_real *parameters,
                                  gh_network_tiles **tiles)
{
    (void)hooks, (void)network, (void)parameters;
    *tiles = NULL;
    GH_FAIL(GENHEP_E_STATE, "this build has no tiles");
}
#endif

void gh_network_tiles_free(gh_network_tiles *tiles)
{
    if (!tiles) return;
    gh_hooks hooks = tiles->hooks;
    gh_free_aligned(&hooks, tiles->arena);
    gh_free(&hooks, tiles);
}

/* ---- lanes and rows ------------------------------------------------------------------------------------------ */

/* Values with events across lanes, in three buffers; the input comes into the last one, free until layer 2. */
static void infer_lanes(const gh_network *network, const gh_real *parameters, gh_kernel kernel, const gh_real *X,
                        int64_t N, gh_real *scratch, gh_real *Y)
{
    const int64_t buffer = N * network->widest;
    gh_real *previous = scratch + 2 * buffer, *before_previous = NULL;
    gh_lanes_from_rows(X, N, network->spec.inputs, previous);
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        gh_real *out = scratch + (k % 3) * buffer;
        const gh_real *before = l->skip >= 0 && !l->skip_after ? before_previous : NULL;
        const gh_real slope = before ? -1 : fused_slope(network, l);
        gh_lanes_dense(kernel, out, previous, parameters + l->weights, parameters + l->bias, slope < 0 ? 1 : slope, N,
                       l->inputs, l->outputs);
        /* what stands beside the sums has their layout, so one long row will do */
        if (slope < 0) gh_bias_activate(out, NULL, before, NULL, 1, N * l->outputs, l->activation, network->spec.slope);
        if (l->skip_after)
            for (int64_t i = 0; i < N * l->outputs; i++) out[i] += previous[i];
        before_previous = previous;
        previous = out;
    }
    gh_lanes_to_rows(previous, N, network->spec.outputs, Y);
}

static void infer_rows(const gh_network *network, const gh_real *parameters, const gh_real *X, int64_t N,
                       gh_real *scratch, gh_real *Y)
{
    /* Values rotate through three buffers: input, output, and the one before for skips. */
    const gh_real *previous = X, *before_previous = NULL;
    const int64_t buffer = N * network->values, room = 3 * N * (network->widest - network->values);
    gh_real *work = scratch + 3 * buffer;
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        gh_real *out = k + 1 == network->n_layers ? Y : scratch + (k % 3) * buffer;
        const gh_real *before = l->skip >= 0 && !l->skip_after ? before_previous : NULL;
        const int64_t rows = gh_layer_rows(l, N), O = l->columns;
        gh_layer_forward(l, NULL, parameters, out, previous, N, work, room, NULL);
        if (l->mean >= 0)
            gh_batch_norm_apply(out, parameters + l->mean, parameters + l->variance, parameters + l->norm_scale,
                                parameters + l->norm_shift, rows, O);
        else if (l->norm_scale >= 0)
            gh_layer_norm_forward(out, NULL, NULL, parameters + l->norm_scale, parameters + l->norm_shift, rows, O);
        gh_bias_activate(out, gh_layer_bias(l, parameters), before, NULL, rows, O, l->activation, network->spec.slope);
        if (l->skip_after)
            for (int64_t i = 0; i < N * l->outputs; i++) out[i] += previous[i];
        before_previous = previous;
        previous = out;
    }
}

/* ---- the choice ---------------------------------------------------------------------------------------------- */

gh_network_way gh_network_plain_way(void)
{
    const gh_kernel kernel = gh_kernel_runs(GH_KERNEL_AVX512) ? GH_KERNEL_AVX512
                             : gh_kernel_runs(GH_KERNEL_AVX2) ? GH_KERNEL_AVX2
                                                              : GH_KERNEL_BLAS;
    return (gh_network_way){.kernel = kernel};
}

gh_kernel gh_network_kernel(const gh_network *network, const gh_network_way *way)
{
    if (network->spec.norm != GH_NORM_NONE || !network->dense) return GH_KERNEL_BLAS;
    return way->kernel == GH_KERNEL_AMX && !way->tiles ? GH_KERNEL_AVX512 : way->kernel;
}

int64_t gh_network_scratch(const gh_network *network, int64_t N)
{
    const int64_t plain = 3 * N * network->widest;
#ifdef GH_TILES
    const int64_t bytes = 3 * gh_tile_blocks(N) * gh_tile_blocks(network->widest) * GH_TILE_BLOCK *
                          (int64_t)sizeof(gh_bf16);
    const int64_t packed = bytes / (int64_t)sizeof(gh_real) +
                           64 / (int64_t)sizeof(gh_real); /* moved to a multiple of 64 bytes */
    if (packed > plain) return packed;
#endif
    return plain;
}

void gh_network_infer(const gh_network *network, const gh_real *parameters, const gh_network_way *way, const gh_real *X,
                      int64_t N, gh_real *scratch, gh_real *Y)
{
    const gh_kernel kernel = N < LEAST_ROWS ? GH_KERNEL_BLAS : gh_network_kernel(network, way);
    if (kernel == GH_KERNEL_BLAS) infer_rows(network, parameters, X, N, scratch, Y);
#ifdef GH_TILES
    else if (kernel == GH_KERNEL_AMX) infer_tiles(network, way->tiles, X, N, scratch, Y);
#endif
    else infer_lanes(network, parameters, kernel, X, N, scratch, Y);
}

int64_t gh_network_group(const gh_network *network, int64_t block)
{
    enum { GROUP = 32 }; /* rows of a tile panel, and two of the widest registers: tails of vector loops never occur */
    const gh_network_way way = gh_network_plain_way();
    return block % GROUP == 0 && gh_network_kernel(network, &way) != GH_KERNEL_BLAS ? GROUP : block;
}
