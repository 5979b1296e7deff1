/* local.h -- locally connected layer: a convolution whose weights differ from position to position, and average pooling. */
#ifndef GH_LOCAL_H
#define GH_LOCAL_H

#include "layers/patches.h"

/** Y[n, q, o] = sum_k W[q, o, k] P(X)[n, q, k] at position q of rows columns: X (N, height, width, channels),
 * W (rows columns, O, K), Y (N, rows, columns, O). work: N (K + O) numbers. A dense layer of its own for every step of
 * a sequence is height 1 and kernel 1. */
void gh_local_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_patches *p, int64_t N, int64_t O, gh_real *work);

/** gW accumulates; gX is assigned, or added to when add_to_gX. Each may be NULL: not wanted. */
void gh_local_backward(gh_real *gX, int add_to_gX, gh_real *gW, const gh_real *gY, const gh_real *X, const gh_real *W,
                       const gh_patches *p, int64_t N, int64_t O, gh_real *work);

/** Y = mean over the cells of the patch that are inside the picture, channel by channel: Y (N, rows, columns, channels). */
void gh_pool_forward(gh_real *Y, const gh_real *X, const gh_patches *p, int64_t N);
void gh_pool_backward(gh_real *gX, int add_to_gX, const gh_real *gY, const gh_patches *p, int64_t N);

#endif
