/* patches.h -- pictures cut into overlapping patches: what turns convolutions into matrix products.
 *
 * A picture is (height, width, channels), row-major, channels last; a batch of N pictures stands one behind the other.
 * Patch (y, x) of the grid (rows, columns) covers kernel_height x kernel_width cells from cell (y stride_y - top,
 * x stride_x - left); cells outside are zero. A patch is a row of K = kernel_height kernel_width channels numbers,
 * (dy, dx, channel). Channels last makes every line of a patch one run in memory and a product's result a picture
 * again, without a transposition. A line of patches is one y of one picture; line l = n rows + y. One dimension is
 * height 1 with kernel_height 1. */
#ifndef GH_PATCHES_H
#define GH_PATCHES_H

#include "base/real.h"
#include "base/status.h"

typedef struct gh_patches {
    int64_t height, width, channels;
    int64_t kernel_height, kernel_width, stride_y, stride_x, top, left;
    int64_t rows, columns;
} gh_patches;

typedef enum gh_padding {
    GH_PADDING_VALID = 0, /* whole patches only: rows = floor((height - kernel_height) / stride_y) + 1 */
    GH_PADDING_SAME = 1   /* rows = ceil(height / stride_y); of an odd number of zero lines the larger half is behind */
} gh_padding;

/** Lay out the patches of a picture. All of height, width, channels, kernel and stride are 1 or more.
 * GENHEP_E_SHAPE when a number is not, or when a kernel is larger than a picture without padding. */
gh_status gh_patches_plan(int64_t height, int64_t width, int64_t channels, int64_t kernel_height, int64_t kernel_width,
                          int64_t stride_y, int64_t stride_x, gh_padding padding, gh_patches *patches);

/** The other way round, for transposed convolution: from the grid (rows, columns) to the picture it is the grid of,
 * height = rows stride_y (same), or rows stride_y + max(kernel_height - stride_y, 0) (valid). */
gh_status gh_patches_plan_transposed(int64_t rows, int64_t columns, int64_t channels, int64_t kernel_height,
                                     int64_t kernel_width, int64_t stride_y, int64_t stride_x, gh_padding padding,
                                     gh_patches *patches);

/** K. */
static inline int64_t gh_patches_size(const gh_patches *p)
{
    return p->kernel_height * p->kernel_width * p->channels;
}

/** How many lines of patches to take at a time when there is room for `room` numbers, columns K or more: as many as
 * stay in cache. */
int64_t gh_patches_lines(const gh_patches *p, int64_t room);

/** Room that a line count of the cache's size needs. */
#define GH_PATCH_ROOM (INT64_C(1) << 16)

/** Lines first..first+n-1 of the pictures X -> rows (n columns, K). */
void gh_patches_gather(const gh_patches *p, const gh_real *X, int64_t first, int64_t n, gh_real *rows);

/** The adjoint: every number of `rows` is added to the cell of X it came from. */
void gh_patches_scatter(const gh_patches *p, gh_real *X, int64_t first, int64_t n, const gh_real *rows);

/** The same for one position of the grid and all N pictures: rows (N, K). */
void gh_patches_gather_at(const gh_patches *p, const gh_real *X, int64_t N, int64_t y, int64_t x, gh_real *rows);
void gh_patches_scatter_at(const gh_patches *p, gh_real *X, int64_t N, int64_t y, int64_t x, const gh_real *rows);

#endif
