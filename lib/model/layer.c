/* layer.c -- the kinds of layers behind one table. Tests: tests/grad/test_network_kinds.c. */
#include "model/layer.h"

#include <string.h>

#include "layers/conv.h"
#include "layers/dense.h"
#include "layers/local.h"
#include "layers/minibatch.h"
#include "linalg/gemm.h"

/* ---- descriptions ---------------------------------------------------------------------------------------------- */

static gh_layer blank(gh_layer_kind kind, int64_t inputs, int64_t outputs, int64_t columns, gh_activation activation)
{
    gh_layer l = {.inputs = inputs, .outputs = outputs, .kind = kind, .columns = columns, .activation = activation, .fan_in = 1};
    l.weights = l.bias = l.norm_scale = l.norm_shift = l.mean = l.variance = l.skip = l.recurrent = -1;
    return l;
}

static void set_weights(gh_layer *l, int64_t rows, int64_t columns, int64_t bias, double fan_in)
{
    l->weight_rows = rows, l->weight_columns = columns, l->bias_size = bias, l->fan_in = fan_in;
}

static int64_t cells(const gh_patches *p) { return p->height * p->width; }
static int64_t positions(const gh_patches *p) { return p->rows * p->columns; }

gh_layer gh_layer_dense(int64_t inputs, int64_t outputs, gh_activation activation)
{
    gh_layer l = blank(GH_LAYER_DENSE, inputs, outputs, outputs, activation);
    set_weights(&l, outputs, inputs, outputs, (double)inputs);
    return l;
}

gh_layer gh_layer_conv(const gh_patches *p, int64_t channels, gh_activation activation)
{
    const int64_t K = gh_patches_size(p);
    gh_layer l = blank(GH_LAYER_CONV, cells(p) * p->channels, positions(p) * channels, channels, activation);
    set_weights(&l, channels, K, channels, (double)K);
    l.patches = *p;
    return l;
}

gh_layer gh_layer_transposed(const gh_patches *p, int64_t channels_in, gh_activation activation)
{
    const int64_t K = gh_patches_size(p);
    gh_layer l = blank(GH_LAYER_TRANSPOSED, positions(p) * channels_in, cells(p) * p->channels, p->channels, activation);
    double covering = (double)(p->kernel_height * p->kernel_width) / (double)(p->stride_y * p->stride_x); /* patches over a cell */
    set_weights(&l, channels_in, K, p->channels, (double)channels_in * (covering > 1 ? covering : 1));
    l.patches = *p;
    return l;
}

gh_layer gh_layer_local(const gh_patches *p, int64_t channels, gh_activation activation)
{
    const int64_t K = gh_patches_size(p), Q = positions(p);
    gh_layer l = blank(GH_LAYER_LOCAL, cells(p) * p->channels, Q * channels, Q * channels, activation);
    set_weights(&l, Q * channels, K, Q * channels, (double)K);
    l.patches = *p;
    return l;
}

gh_layer gh_layer_pool(const gh_patches *p)
{
    gh_layer l = blank(GH_LAYER_POOL, cells(p) * p->channels, positions(p) * p->channels, p->channels, GH_LINEAR);
    l.patches = *p;
    return l;
}

gh_layer gh_layer_gru(const gh_gru *s)
{
    gh_layer l = blank(GH_LAYER_GRU, (s->repeat ? 1 : s->steps) * s->inputs, (s->last ? 1 : s->steps) * s->units, s->units, GH_LINEAR);
    set_weights(&l, 3 * s->units, s->inputs, 4 * s->units, (double)s->inputs);
    l.gru = *s;
    return l;
}

gh_layer gh_layer_pass(int64_t inputs, int64_t columns)
{
    return blank(GH_LAYER_PASS, inputs, inputs, columns, GH_LINEAR);
}

gh_layer gh_layer_minibatch(int64_t inputs, int64_t kernels, int64_t numbers)
{
    gh_layer l = blank(GH_LAYER_MINIBATCH, inputs, inputs + kernels, inputs + kernels, GH_LINEAR);
    /* a distance is a sum of `numbers` terms: rows start at distances of 1 or so, where closeness has a slope */
    set_weights(&l, kernels * numbers, inputs, 0, (double)inputs * (double)(numbers * numbers));
    l.kernels = kernels, l.numbers = numbers;
    return l;
}

gh_layer gh_layer_streams(const gh_streams *s)
{
    const int64_t R = gh_streams_rows(s), K = gh_patches_size(&s->patches[0]), O = gh_streams_outputs(s);
    gh_layer l = blank(GH_LAYER_STREAMS, gh_streams_inputs(s), O, O, GH_LINEAR);
    set_weights(&l, R, K, s->without_bias ? 0 : R, (double)K);
    l.streams = *s;
    return l;
}

gh_layer gh_layer_carry(const gh_carry *c)
{
    const int64_t R = gh_carry_rows(c), D = gh_carry_size(c);
    gh_layer l = blank(GH_LAYER_CARRY, D, D, D, GH_LINEAR);
    set_weights(&l, R, R ? GH_CARRY_KERNEL : 0, R, GH_CARRY_KERNEL);
    l.carry = *c;
    return l;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* What the functions of a kind are given. gW and gR are NULL when not wanted. */
typedef struct pass {
    const gh_real *W, *R, *b, *X, *gY, *saved;
    gh_real *Y, *gX, *gW, *gR, *gb, *work, *keep;
    int64_t N, room;
    int add;
    const gh_gemm_work *products;
} pass;

static void dense_forward(const gh_layer *l, const pass *a)
{
    gh_dense_forward(a->products, a->Y, a->X, a->W, a->N, l->inputs, l->outputs);
}

static void dense_backward(const gh_layer *l, const pass *a)
{
    gh_dense_backward(a->products, a->gX, a->add, a->gW, NULL, a->gY, a->X, a->W, a->N, l->inputs, l->outputs);
}

static int64_t line_work(const gh_layer *l) { return l->patches.columns * l->weight_columns; }

static void conv_forward(const gh_layer *l, const pass *a)
{
    gh_conv_forward(a->Y, a->X, a->W, &l->patches, a->N, l->weight_rows, a->work, a->room);
}

static void conv_backward(const gh_layer *l, const pass *a)
{
    gh_conv_backward(a->gX, a->add, a->gW, NULL, a->gY, a->X, a->W, &l->patches, a->N, l->weight_rows, a->work, a->room);
}

static void transposed_forward(const gh_layer *l, const pass *a)
{
    gh_transposed_forward(a->Y, a->X, a->W, &l->patches, a->N, l->weight_rows, a->work, a->room);
}

static void transposed_backward(const gh_layer *l, const pass *a)
{
    gh_transposed_backward(a->gX, a->add, a->gW, NULL, a->gY, a->X, a->W, &l->patches, a->N, l->weight_rows, a->work, a->room);
}

static int64_t local_channels(const gh_layer *l) { return l->outputs / positions(&l->patches); }
static int64_t local_work(const gh_layer *l) { return l->weight_columns + local_channels(l); }

static void local_forward(const gh_layer *l, const pass *a)
{
    gh_local_forward(a->Y, a->X, a->W, &l->patches, a->N, local_channels(l), a->work);
}

static void local_backward(const gh_layer *l, const pass *a)
{
    gh_local_backward(a->gX, a->add, a->gW, a->gY, a->X, a->W, &l->patches, a->N, local_channels(l), a->work);
}

static void pool_forward(const gh_layer *l, const pass *a) { gh_pool_forward(a->Y, a->X, &l->patches, a->N); }

static void pool_backward(const gh_layer *l, const pass *a)
{
    if (a->gX) gh_pool_backward(a->gX, a->add, a->gY, &l->patches, a->N);
}

static int64_t gru_work(const gh_layer *l) { return gh_gru_work(&l->gru); }
static int64_t gru_saved(const gh_layer *l) { return gh_gru_saved(&l->gru); }

static void gru_forward(const gh_layer *l, const pass *a)
{
    gh_gru_forward(a->Y, a->X, a->W, a->R, a->b, &l->gru, a->N, a->work, a->keep);
}

static void gru_backward(const gh_layer *l, const pass *a)
{
    gh_gru_backward(a->gX, a->add, a->gW, a->gR, a->gb, a->gY, a->X, a->W, a->R, &l->gru, a->N, a->work, a->saved);
}

static int64_t minibatch_size(const gh_layer *l) { return l->weight_rows; } /* numbers of a row in M, for either use */

static void minibatch_forward(const gh_layer *l, const pass *a)
{
    gh_minibatch_forward(a->Y, a->keep ? a->keep : a->work, a->X, a->W, a->N, l->inputs, l->kernels, l->numbers);
}

static void minibatch_backward(const gh_layer *l, const pass *a)
{
    gh_minibatch_backward(a->gX, a->add, a->gW, a->work, a->gY, a->saved, a->X, a->W, a->N, l->inputs, l->kernels, l->numbers);
}

static int64_t streams_work(const gh_layer *l) { return gh_streams_work(&l->streams); }

static void streams_forward(const gh_layer *l, const pass *a)
{
    gh_streams_forward(a->Y, a->X, a->W, a->b, &l->streams, a->N, a->work, a->room, a->keep);
}

static void streams_backward(const gh_layer *l, const pass *a)
{
    gh_streams_backward(a->gX, a->add, a->gW, a->gb, a->gY, a->X, a->W, &l->streams, a->N, a->work, a->room, a->saved);
}

static int64_t carry_work(const gh_layer *l) { return gh_carry_work(&l->carry); }
static int64_t carry_saved(const gh_layer *l) { return gh_carry_saved(&l->carry); }

static void carry_forward(const gh_layer *l, const pass *a)
{
    gh_carry_forward(a->Y, a->X, a->W, a->b, &l->carry, a->N, a->work, a->keep);
}

static void carry_backward(const gh_layer *l, const pass *a)
{
    gh_carry_backward(a->gX, a->add, a->gW, a->gb, a->gY, a->X, a->W, &l->carry, a->N, a->work, a->saved);
}

static int64_t all_saved(const gh_layer *l) { return l->outputs; }

static void pass_forward(const gh_layer *l, const pass *a) { memcpy(a->Y, a->X, (size_t)(a->N * l->outputs) * sizeof *a->Y); }

static void pass_backward(const gh_layer *l, const pass *a)
{
    const int64_t n = a->N * l->outputs;
    if (!a->gX) return;
    if (!a->add) memcpy(a->gX, a->gY, (size_t)n * sizeof *a->gX);
    for (int64_t i = 0; a->add && i < n; i++) a->gX[i] += a->gY[i];
}

static const struct {
    int64_t (*work)(const gh_layer *l);  /* NULL: none */
    int64_t (*saved)(const gh_layer *l); /* NULL: none */
    void (*forward)(const gh_layer *l, const pass *a);
    void (*backward)(const gh_layer *l, const pass *a);
} kinds[] = {
    [GH_LAYER_DENSE] = {NULL, NULL, dense_forward, dense_backward},
    [GH_LAYER_CONV] = {line_work, NULL, conv_forward, conv_backward},
    [GH_LAYER_TRANSPOSED] = {line_work, NULL, transposed_forward, transposed_backward},
    [GH_LAYER_LOCAL] = {local_work, NULL, local_forward, local_backward},
    [GH_LAYER_POOL] = {NULL, NULL, pool_forward, pool_backward},
    [GH_LAYER_GRU] = {gru_work, gru_saved, gru_forward, gru_backward},
    [GH_LAYER_PASS] = {NULL, NULL, pass_forward, pass_backward},
    [GH_LAYER_MINIBATCH] = {minibatch_size, minibatch_size, minibatch_forward, minibatch_backward},
    [GH_LAYER_STREAMS] = {streams_work, all_saved, streams_forward, streams_backward},
    [GH_LAYER_CARRY] = {carry_work, carry_saved, carry_forward, carry_backward},
};

int64_t gh_layer_work(const gh_layer *l)
{
    return kinds[l->kind].work ? kinds[l->kind].work(l) : 0;
}

int64_t gh_layer_saved(const gh_layer *l)
{
    return kinds[l->kind].saved ? kinds[l->kind].saved(l) : 0;
}

static gh_real *at(gh_real *base, int64_t offset) { return base && offset >= 0 ? base + offset : NULL; }
static const gh_real *at_const(const gh_real *base, int64_t offset) { return offset >= 0 ? base + offset : NULL; }

void gh_layer_forward(const gh_layer *l, const gh_gemm_work *products, const gh_real *parameters, gh_real *Y, const gh_real *X,
                      int64_t N, gh_real *work, int64_t room, gh_real *saved)
{
    pass a = {.W = at_const(parameters, l->weights), .R = at_const(parameters, l->recurrent), .b = at_const(parameters, l->bias),
              .products = products, .X = X, .Y = Y, .work = work, .room = room, .keep = saved, .N = N};
    kinds[l->kind].forward(l, &a);
}

void gh_layer_clear(const gh_layer *l, gh_real *gradients)
{
    if (l->weights >= 0) memset(gradients + l->weights, 0, (size_t)(l->weight_rows * l->weight_columns) * sizeof *gradients);
    if (l->bias >= 0) memset(gradients + l->bias, 0, (size_t)l->bias_size * sizeof *gradients);
    if (l->recurrent >= 0) memset(gradients + l->recurrent, 0, (size_t)(3 * l->gru.units * l->gru.units) * sizeof *gradients);
    if (l->norm_scale >= 0) memset(gradients + l->norm_scale, 0, (size_t)l->columns * sizeof *gradients);
}

void gh_layer_backward(const gh_layer *l, const gh_gemm_work *products, const gh_real *parameters, gh_real *gX, int add_to_gX,
                       gh_real *gradients, int with_bias, const gh_real *gY, const gh_real *X, int64_t N, gh_real *work, int64_t room,
                       const gh_real *saved)
{
    pass a = {.W = at_const(parameters, l->weights), .R = at_const(parameters, l->recurrent), .X = X, .gY = gY, .saved = saved,
              .gX = gX, .gW = at(gradients, l->weights), .gR = at(gradients, l->recurrent), .gb = at(gradients, l->bias),
              .products = products, .work = work, .room = room, .N = N, .add = add_to_gX};
    kinds[l->kind].backward(l, &a);
    if (gradients && with_bias && l->bias >= 0 && !gh_layer_is_whole(l))
        gh_col_sum(gY, gh_layer_rows(l, N), l->columns, gradients + l->bias);
}
