/* carry.h -- what a layer of a calorimeter shows of the one in front: a gated mix of each picture with the one before, resized.
 *   I_0 = A_0,   I_k = g_k A_k + (1 - g_k) resize(I_{k-1}),   (g, 1 - g) = softmax of two local sums over 3 x 3 cells of both
 * Source: 1712.10321. Pictures of one channel side by side in a row; numbers behind them pass through. */
#ifndef GH_CARRY_H
#define GH_CARRY_H

#include "layers/streams.h"

enum { GH_CARRY_KERNEL = 18 }; /* 3 x 3 cells of two channels */

typedef struct gh_carry {
    int64_t pictures, tail;
    int64_t height[GH_MOST_STREAMS], width[GH_MOST_STREAMS];
    gh_patches patches[GH_MOST_STREAMS]; /* 3 x 3 of the pair, zeros around; of picture 1 and up */
} gh_carry;

/** Fill `patches`. GENHEP_E_SHAPE as gh_patches_plan. */
gh_status gh_carry_plan(gh_carry *c);

/** Numbers of a row, in and out. */
int64_t gh_carry_size(const gh_carry *c);

/** Rows of the weights (R, 18), two for each cell of picture 1 and up: own, carried over. The bias has R numbers. */
int64_t gh_carry_rows(const gh_carry *c);

/** Numbers per row: of scratch, for either pass; and kept from the forward to the backward pass. */
int64_t gh_carry_work(const gh_carry *c);
int64_t gh_carry_saved(const gh_carry *c);

/** X, Y (N, size); work: N gh_carry_work; saved: N gh_carry_saved, NULL when no backward pass follows. */
void gh_carry_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *b, const gh_carry *c, int64_t N, gh_real *work,
                      gh_real *saved);

/** gW and gb accumulate; gX is assigned, or added to when add_to_gX. Each may be NULL: not wanted. */
void gh_carry_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X, const gh_real *W,
                       const gh_carry *c, int64_t N, gh_real *work, const gh_real *saved);

/** Means over areas, one row of a picture (h,w) to one of (H,W); cells are shared out where sizes do not divide each other. The
 * adjoint adds to the smaller or larger picture that the means were of. */
void gh_resize_forward(gh_real *Y, int64_t H, int64_t W, const gh_real *X, int64_t h, int64_t w);
void gh_resize_backward(gh_real *gX, int64_t h, int64_t w, const gh_real *gY, int64_t H, int64_t W);

#endif
