/* local.c -- locally connected layer and average pooling
 *   Y_q = P_q(X) W_q^T         one product for each position q of the grid, (N,K)(K,O)
 *   gW_q += gY_q^T P_q(X),     gX += P_q^T(gY_q W_q)
 *   pooling: Y = sum X / n,    gX += gY / n, n the number of cells inside.  Tests: tests/grad/test_local.c. */
#include "layers/local.h"

#include <string.h>

#include "linalg/gemm.h"

void gh_local_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_patches *p, int64_t N, int64_t O, gh_real *work)
{
    const int64_t K = gh_patches_size(p), Q = p->rows * p->columns;
    gh_real *rows = work, *y = work + N * K;
    for (int64_t q = 0; q < Q; q++) {
        gh_patches_gather_at(p, X, N, q / p->columns, q % p->columns, rows);
        gh_gemm(NULL, GH_N, GH_T, N, O, K, rows, W + q * O * K, 0, y);
        for (int64_t i = 0; i < N; i++) memcpy(Y + (i * Q + q) * O, y + i * O, (size_t)O * sizeof *Y);
    }
}

void gh_local_backward(gh_real *gX, int add_to_gX, gh_real *gW, const gh_real *gY, const gh_real *X, const gh_real *W,
                       const gh_patches *p, int64_t N, int64_t O, gh_real *work)
{
    const int64_t K = gh_patches_size(p), Q = p->rows * p->columns;
    gh_real *rows = work, *g = work + N * K;
    if (gX && !add_to_gX) memset(gX, 0, (size_t)(N * p->height * p->width * p->channels) * sizeof *gX);
    for (int64_t q = 0; q < Q; q++) {
        const int64_t y = q / p->columns, x = q % p->columns;
        for (int64_t i = 0; i < N; i++) memcpy(g + i * O, gY + (i * Q + q) * O, (size_t)O * sizeof *g);
        if (gW) {
            gh_patches_gather_at(p, X, N, y, x, rows);
            gh_gemm(NULL, GH_T, GH_N, O, K, N, g, rows, 1, gW + q * O * K); /* (O,N)(N,K) -> (O,K) */
        }
        if (!gX) continue;
        gh_gemm(NULL, GH_N, GH_N, N, K, O, g, W + q * O * K, 0, rows); /* (N,O)(O,K) -> (N,K) */
        gh_patches_scatter_at(p, gX, N, y, x, rows);
    }
}

/* Cells first..last-1 of `cells` that patch `at` covers. */
static void covered(int64_t at, int64_t stride, int64_t before, int64_t kernel, int64_t cells, int64_t *first, int64_t *last)
{
    *first = at * stride - before;
    *last = *first + kernel;
    if (*first < 0) *first = 0;
    if (*last > cells) *last = cells;
}

/* One visit of every cell of every patch. The work is a sum over few cells, so the loops are left to the compiler. */
#define FOR_CELLS(BODY)                                                                                                  \
    const int64_t C = p->channels, cells = p->height * p->width;                                                         \
    for (int64_t i = 0; i < N; i++)                                                                                      \
        for (int64_t q = 0; q < p->rows * p->columns; q++) {                                                             \
            int64_t y0, y1, x0, x1;                                                                                      \
            covered(q / p->columns, p->stride_y, p->top, p->kernel_height, p->height, &y0, &y1);                         \
            covered(q % p->columns, p->stride_x, p->left, p->kernel_width, p->width, &x0, &x1);                          \
            const int64_t n = (y1 > y0 ? y1 - y0 : 0) * (x1 > x0 ? x1 - x0 : 0);                                         \
            const gh_real share = n > 0 ? 1 / (gh_real)n : 0;                                                            \
            const int64_t pooled = (i * p->rows * p->columns + q) * C;                                                   \
            for (int64_t y = y0; y < y1; y++)                                                                            \
                for (int64_t x = x0; x < x1; x++) {                                                                      \
                    const int64_t cell = (i * cells + y * p->width + x) * C;                                             \
                    for (int64_t c = 0; c < C; c++) BODY;                                                                \
                }                                                                                                        \
        }

GH_CLONES
void gh_pool_forward(gh_real *Y, const gh_real *X, const gh_patches *p, int64_t N)
{
    memset(Y, 0, (size_t)(N * p->rows * p->columns * p->channels) * sizeof *Y);
    FOR_CELLS(Y[pooled + c] += share * X[cell + c])
}

GH_CLONES
void gh_pool_backward(gh_real *gX, int add_to_gX, const gh_real *gY, const gh_patches *p, int64_t N)
{
    if (!add_to_gX) memset(gX, 0, (size_t)(N * p->height * p->width * p->channels) * sizeof *gX);
    FOR_CELLS(gX[cell + c] += share * gY[pooled + c])
}
