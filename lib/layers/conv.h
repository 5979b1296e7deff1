/* conv.h -- convolution and transposed convolution, the GEMM part only; bias and activation are a pass of their own
 * (activation.h), with N x positions rows of one number a channel.
 *
 * Both work on the same patches: convolution takes the picture to the grid of patches, transposed convolution takes the
 * grid to the picture. work: room for `room` numbers, columns K or more; more than GH_PATCH_ROOM is not used. */
#ifndef GH_CONV_H
#define GH_CONV_H

#include "layers/patches.h"

/** Y = sum over the patch: X (N, height, width, channels), W (O, K), Y (N, rows, columns, O). */
void gh_conv_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_patches *p, int64_t N, int64_t O, gh_real *work,
                     int64_t room);

/** gW and gb (O) accumulate; gX is assigned, or added to when add_to_gX. Each of them may be NULL: not wanted. */
void gh_conv_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X, const gh_real *W,
                      const gh_patches *p, int64_t N, int64_t O, gh_real *work, int64_t room);

/** The transpose: X (N, rows, columns, I), W (I, K), Y (N, height, width, channels). */
void gh_transposed_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_patches *p, int64_t N, int64_t I, gh_real *work,
                           int64_t room);

/** As gh_conv_backward; gb has one number a channel of the picture. */
void gh_transposed_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X,
                            const gh_real *W, const gh_patches *p, int64_t N, int64_t I, gh_real *work, int64_t room);

#endif
