/* conv.c -- convolution as matrix products over patches
 *   P = patches(X)     (N rows columns, K), some lines at a time, so that P stays in cache
 *   convolution        Y = P(X) W^T                  gW += gY^T P(X),   gX = P^T(gY W)      P^T: scatter
 *   transposed         Y = P^T(X W)                  gW += X^T P(gY),   gX = P(gY) W^T
 *   Patches are cut again in the backward pass: cheaper than keeping K / channels copies of the picture.
 *   Tests: tests/grad/test_conv.c. */
#include "layers/conv.h"

#include <string.h>

#include "linalg/gemm.h"

void gh_conv_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_patches *p, int64_t N, int64_t O, gh_real *work,
                     int64_t room)
{
    const int64_t K = gh_patches_size(p), lines = N * p->rows, most = gh_patches_lines(p, room);
    for (int64_t first = 0; first < lines; first += most) {
        int64_t n = lines - first < most ? lines - first : most;
        gh_patches_gather(p, X, first, n, work);
        gh_gemm(NULL, GH_N, GH_T, n * p->columns, O, K, work, W, 0, Y + first * p->columns * O); /* (m,K)(K,O) -> (m,O) */
    }
}

void gh_conv_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X, const gh_real *W,
                      const gh_patches *p, int64_t N, int64_t O, gh_real *work, int64_t room)
{
    const int64_t K = gh_patches_size(p), lines = N * p->rows, most = gh_patches_lines(p, room);
    if (gX && !add_to_gX) memset(gX, 0, (size_t)(N * p->height * p->width * p->channels) * sizeof *gX);
    for (int64_t first = 0; first < lines; first += most) {
        int64_t n = lines - first < most ? lines - first : most, m = n * p->columns;
        const gh_real *g = gY + first * p->columns * O;
        if (gW) {
            gh_patches_gather(p, X, first, n, work);
            gh_gemm(NULL, GH_T, GH_N, O, K, m, g, work, 1, gW); /* (O,m)(m,K) -> (O,K) */
        }
        if (!gX) continue;
        gh_gemm(NULL, GH_N, GH_N, m, K, O, g, W, 0, work); /* (m,O)(O,K) -> (m,K) */
        gh_patches_scatter(p, gX, first, n, work);
    }
    if (gb) gh_col_sum(gY, N * p->rows * p->columns, O, gb);
}

void gh_transposed_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_patches *p, int64_t N, int64_t I, gh_real *work,
                           int64_t room)
{
    const int64_t K = gh_patches_size(p), lines = N * p->rows, most = gh_patches_lines(p, room);
    memset(Y, 0, (size_t)(N * p->height * p->width * p->channels) * sizeof *Y);
    for (int64_t first = 0; first < lines; first += most) {
        int64_t n = lines - first < most ? lines - first : most;
        gh_gemm(NULL, GH_N, GH_N, n * p->columns, K, I, X + first * p->columns * I, W, 0, work); /* (m,I)(I,K) -> (m,K) */
        gh_patches_scatter(p, Y, first, n, work);
    }
}

void gh_transposed_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X,
                            const gh_real *W, const gh_patches *p, int64_t N, int64_t I, gh_real *work, int64_t room)
{
    const int64_t K = gh_patches_size(p), lines = N * p->rows, most = gh_patches_lines(p, room);
    for (int64_t first = 0; first < lines; first += most) {
        int64_t n = lines - first < most ? lines - first : most, m = n * p->columns, at = first * p->columns * I;
        gh_patches_gather(p, gY, first, n, work);
        if (gW) gh_gemm(NULL, GH_T, GH_N, I, K, m, X + at, work, 1, gW);                  /* (I,m)(m,K) -> (I,K) */
        if (gX) gh_gemm(NULL, GH_N, GH_T, m, I, K, work, W, add_to_gX ? 1 : 0, gX + at); /* (m,K)(K,I) -> (m,I) */
    }
    if (gb) gh_col_sum(gY, N * p->height * p->width, p->channels, gb);
}
