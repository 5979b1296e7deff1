/* layer.h -- one layer of a network, whatever its kind: sizes, places of its parameters, its linear part.
 *
 * A layer takes rows (N, inputs) to rows (N, outputs). What a kind does is its linear part (all of it for the gated
 * recurrent unit, streams and carry); norm, bias, skip, activation and dropout are the network's, the same for every kind: passes over a
 * matrix of `columns` columns, N outputs / columns rows. So a convolution has one bias and one scale a channel. */
#ifndef GH_LAYER_H
#define GH_LAYER_H

#include <stddef.h>

#include "layers/activation.h"
#include "layers/carry.h"
#include "layers/gru.h"
#include "layers/streams.h"
#include "linalg/gemm.h"

typedef enum gh_layer_kind { /* the numbers are stored in model files */
    GH_LAYER_DENSE = 0,
    GH_LAYER_CONV = 1,       /* layers/conv.h: picture to grid of patches */
    GH_LAYER_TRANSPOSED = 2, /* layers/conv.h: grid of patches to picture */
    GH_LAYER_LOCAL = 3,      /* layers/local.h */
    GH_LAYER_POOL = 4,       /* layers/local.h: averages */
    GH_LAYER_GRU = 5,        /* layers/gru.h */
    GH_LAYER_PASS = 6,       /* Y = X: for a norm behind an activation */
    GH_LAYER_STREAMS = 7,    /* layers/streams.h, with bias and activation */
    GH_LAYER_CARRY = 8,      /* layers/carry.h, with its bias */
    GH_LAYER_MINIBATCH = 9   /* layers/minibatch.h: rows see each other; discriminators only */
} gh_layer_kind;

typedef struct gh_layer {
    int64_t inputs, outputs;
    int64_t weights, bias;          /* offsets in the arena; bias -1 without */
    int64_t norm_scale, norm_shift; /* offsets; -1 without norm */
    int64_t mean, variance;         /* offsets in the statistics part; -1 without batch norm */
    int64_t skip;                   /* index of the value that is added, -1 for none */
    int skip_after;                 /* added behind the activation instead of before it */
    gh_activation activation;
    int dropout;
    gh_layer_kind kind;
    int64_t columns;                     /* of bias and norm: outputs (dense), channels, or all positions (local) */
    int64_t weight_rows, weight_columns; /* 0 without weights; dense (outputs, inputs) */
    int64_t bias_size;                   /* columns; for a kind that adds it itself what it takes: 4 units, recurrent */
    int64_t recurrent;                   /* offset of (3 units, units), -1 without */
    double fan_in;                       /* terms in the sum behind an output: for the start weights */
    gh_patches patches;
    gh_gru gru;
    int64_t kernels, numbers;            /* of minibatch discrimination */
    gh_streams streams;
    gh_carry carry;
} gh_layer;

/** Layers not yet placed: offsets are -1, no skip, no dropout. */
gh_layer gh_layer_dense(int64_t inputs, int64_t outputs, gh_activation activation);
gh_layer gh_layer_conv(const gh_patches *patches, int64_t channels, gh_activation activation);
gh_layer gh_layer_transposed(const gh_patches *patches, int64_t channels_in, gh_activation activation);
gh_layer gh_layer_local(const gh_patches *patches, int64_t channels, gh_activation activation);
gh_layer gh_layer_pool(const gh_patches *patches);
gh_layer gh_layer_gru(const gh_gru *shape);
gh_layer gh_layer_pass(int64_t inputs, int64_t columns);
gh_layer gh_layer_minibatch(int64_t inputs, int64_t kernels, int64_t numbers);
gh_layer gh_layer_streams(const gh_streams *streams);
gh_layer gh_layer_carry(const gh_carry *carry);

/** Does the kind do more than a linear part: bias and activation of its own? */
static inline int gh_layer_is_whole(const gh_layer *l)
{
    return l->kind == GH_LAYER_GRU || l->kind == GH_LAYER_STREAMS || l->kind == GH_LAYER_CARRY;
}

/** The bias that is added behind the layer's product; NULL where a norm or the layer itself adds it, or there is none. */
static inline const gh_real *gh_layer_bias(const gh_layer *l, const gh_real *parameters)
{
    return l->bias < 0 || l->norm_scale >= 0 || gh_layer_is_whole(l) ? NULL : parameters + l->bias;
}

/** Rows of `columns` numbers that N events make. */
static inline int64_t gh_layer_rows(const gh_layer *l, int64_t N)
{
    return N * (l->outputs / l->columns);
}

/** Set the gradients of the layer's trainable parameters to zero. */
void gh_layer_clear(const gh_layer *l, gh_real *gradients);

/** Numbers of scratch per row (either pass), and numbers per row kept from the forward to the backward pass. */
int64_t gh_layer_work(const gh_layer *l);
int64_t gh_layer_saved(const gh_layer *l);

/** Y = the linear part of X. work: `room` numbers, N gh_layer_work or more; saved: N gh_layer_saved, NULL when no
 * backward pass follows. products: what matrix products of dense layers run on; NULL is OpenBLAS, as for all other kinds. */
void gh_layer_forward(const gh_layer *l, const gh_gemm_work *products, const gh_real *parameters, gh_real *Y, const gh_real *X,
                      int64_t N, gh_real *work, int64_t room, gh_real *saved);

/** gX is assigned, or added to when add_to_gX; NULL when not wanted. Gradients of weights accumulate in `gradients` (the
 * arena's layout, NULL when not wanted), those of the bias too when `with_bias`. Kinds other than minibatch that are not whole
 * are linear in X and in the weights, so that X may be any rows: adjoints and tangents in a penalty's passes. The gradient of
 * minibatch's weights is linear in X. */
void gh_layer_backward(const gh_layer *l, const gh_gemm_work *products, const gh_real *parameters, gh_real *gX, int add_to_gX,
                       gh_real *gradients, int with_bias, const gh_real *gY, const gh_real *X, int64_t N, gh_real *work, int64_t room,
                       const gh_real *saved);

#endif
