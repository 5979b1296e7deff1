/* tiles.h -- products of float32 matrices on AMX tiles, which multiply bfloat16 numbers and add in float32.
 *
 * A float32 number x (24 bits) is split without loss into three bfloat16 numbers of 8 bits each,
 *   x = h + m + l,   h = x rounded to 8 bits,  m = x - h rounded to 8 bits,  l = x - h - m
 * and a product is  x w = h h' + (h m' + m h') + (h l' + m m' + l h')  up to 2^-24 |x w|. Each of the six is exact in
 * float32, so their sum is as accurate as a product of float32 numbers. (Split arithmetic: Dekker 1971; six products
 * of three parts: Henry, Tang, Heinecke 1904.06376.) Numbers below 2^-126 in size, parts included, count as zero, those
 * from 3.396e38 on as infinite.
 *
 * A product C (M,N) = A (M,K) B (K,N) takes both operands packed: A in panels of 32 rows, B in panels of 32 columns,
 * a panel in blocks of 32 values of k, a block as three parts (h, m, l) of two tiles. A tile of A holds 16 rows of
 * 32 k; one of B 16 pairs of k by 16 columns, the two numbers of a pair side by side. What is missing to whole blocks
 * is zero.
 * An element of C is summed in an order that depends on K alone. Tests: tests/unit/test_tiles.c. */
#ifndef GH_TILES_H
#define GH_TILES_H

#include "base/real.h"

#if defined(__x86_64__) && defined(__linux__) && !defined(GH_REAL_DOUBLE)
#if defined(__clang__) ? __clang_major__ >= 12 : defined(__GNUC__) && __GNUC__ >= 11
#define GH_TILES 1 /* the compiler knows the instructions; gh_kernel_runs(GH_KERNEL_AMX) says whether the CPU does */
#endif
#endif

#define GH_TILE_SIDE 32    /* rows, columns or k of a block */
#define GH_TILE_BLOCK 3072 /* bfloat16 numbers of a block: 3 parts, 2 tiles, 16 x 32 */

typedef uint16_t gh_bf16;

static inline int64_t gh_tile_blocks(int64_t n)
{
    return (n + GH_TILE_SIDE - 1) / GH_TILE_SIDE;
}

/** Which operand a packing is for. */
typedef enum gh_tile_side { GH_TILE_LEFT = 0, GH_TILE_RIGHT = 1 } gh_tile_side;

/** Pack n rows (left) or columns (right) by K. Element (i,k) stands at x[i*ld + k], or with
 * `across` at x[k*ld + i]. packed: gh_tile_blocks(n) * gh_tile_blocks(K) blocks, 64-byte aligned. */
void gh_tiles_pack(gh_tile_side side, int across, const float *x, int64_t ld, int64_t n, int64_t K, gh_bf16 *packed);

/** Rows of a left operand back, exactly: rows (n,K). */
void gh_tiles_unpack(const gh_bf16 *packed, int64_t n, int64_t K, float *rows);

/** Block (panel, k) of a left operand with `blocks` blocks a panel: out (32,32), exactly. */
void gh_tiles_unpack_block(const gh_bf16 *packed, int64_t blocks, int64_t panel, int64_t k, float *out);

/** Take tile registers into use in this thread, and give them up, so that the system need not save them and callers
 * do not carry them. Only where gh_kernel_runs(GH_KERNEL_AMX). */
void gh_tiles_begin(void);
void gh_tiles_end(void);

/** What is done, in place, with a block of sums, bias added: values (32,32) of rows 32*panel.. and columns
 * 32*column.. */
typedef void gh_tiles_activate(void *context, int64_t panel, int64_t column, float *values);

/** Between begin and end. An affine layer: Y = f(X W^T + b), Y and X packed left, W packed right, in panels and blocks.
 * bias: 32 * outputs numbers. f is `activate`, or without it x for x > 0 and slope x below, slope in 0..1.
 * Y is apart from X and holds rows * outputs blocks. */
typedef struct gh_tiles_layer {
    gh_bf16 *Y;
    const gh_bf16 *X, *W;
    const float *bias;
    float slope;
    gh_tiles_activate *activate;
    void *context;
    int64_t rows, inputs, outputs; /* panels of rows, blocks of inputs, panels of outputs */
} gh_tiles_layer;

void gh_tiles_dense(const gh_tiles_layer *layer);

#endif
