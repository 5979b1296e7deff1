/* carry.c -- gated mix of a picture with the resized one before.
 *   R = resize(I_{k-1}),  l = local(A_k, R) W^T + b (two a cell),  g = 1/(1 + exp(l_1 - l_0)),  I_k = g A_k + (1 - g) R
 *   dI/dA = g,  dI/dR = 1 - g,  dI/dl_0 = -dI/dl_1 = g (1 - g) (A_k - R), and A and R once more through l.  Tests: tests/grad/test_streams.c. */
#include "layers/carry.h"

#include <math.h>
#include <string.h>

#include "layers/local.h"
#include "linalg/gemm.h"

static int64_t cells(const gh_carry *c, int64_t k) { return c->height[k] * c->width[k]; }

gh_status gh_carry_plan(gh_carry *c)
{
    for (int64_t k = 1; k < c->pictures; k++)
        GH_TRY(gh_patches_plan(c->height[k], c->width[k], 2, 3, 3, 1, 1, GH_PADDING_SAME, &c->patches[k]));
    return GENHEP_OK;
}

int64_t gh_carry_size(const gh_carry *c)
{
    int64_t n = c->tail;
    for (int64_t k = 0; k < c->pictures; k++) n += cells(c, k);
    return n;
}

int64_t gh_carry_rows(const gh_carry *c)
{
    int64_t n = 0;
    for (int64_t k = 1; k < c->pictures; k++) n += 2 * cells(c, k);
    return n;
}

static int64_t largest(const gh_carry *c)
{
    int64_t most = 0;
    for (int64_t k = 0; k < c->pictures; k++) most = cells(c, k) > most ? cells(c, k) : most;
    return most;
}

/* a row of gradients, or the picture before resized; pair, sums, gradient of the pair: two numbers a cell each; the local layer's own */
int64_t gh_carry_work(const gh_carry *c) { return gh_carry_size(c) + 6 * largest(c) + GH_CARRY_KERNEL + 2; }

/* picture by picture the gates and the resized ones: two numbers a cell */
int64_t gh_carry_saved(const gh_carry *c) { return gh_carry_rows(c); }

/* In units of 1/n, output i of n covers [i m, (i + 1) m), cell j of m [j n, (j + 1) n). Divided by m: the cell's share of the mean. */
static gh_real share(int64_t i, int64_t n, int64_t j, int64_t m)
{
    const int64_t from = i * m > j * n ? i * m : j * n, to = (i + 1) * m < (j + 1) * n ? (i + 1) * m : (j + 1) * n;
    return to > from ? (gh_real)(to - from) / (gh_real)m : 0;
}

/* Every pair of cells that overlap, with their shares a (across lines) and b (along them). */
#define FOR_OVERLAPS(BODY)                                                                              \
    for (int64_t Y_at = 0; Y_at < H; Y_at++)                                                            \
        for (int64_t y = Y_at * h / H; y < h && y * H < (Y_at + 1) * h; y++) {                          \
            const gh_real a = share(Y_at, H, y, h);                                                     \
            for (int64_t X_at = 0; X_at < W; X_at++)                                                    \
                for (int64_t x = X_at * w / W; x < w && x * W < (X_at + 1) * w; x++) {                  \
                    const gh_real b = share(X_at, W, x, w);                                             \
                    BODY;                                                                               \
                }                                                                                       \
        }

void gh_resize_forward(gh_real *Y, int64_t H, int64_t W, const gh_real *X, int64_t h, int64_t w)
{
    memset(Y, 0, (size_t)(H * W) * sizeof *Y);
    FOR_OVERLAPS(Y[Y_at * W + X_at] += a * b * X[y * w + x])
}

void gh_resize_backward(gh_real *gX, int64_t h, int64_t w, const gh_real *gY, int64_t H, int64_t W)
{
    FOR_OVERLAPS(gX[y * w + x] += a * b * gY[Y_at * W + X_at])
}

void gh_carry_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *b, const gh_carry *c, int64_t N, gh_real *work,
                      gh_real *saved)
{
    const int64_t D = gh_carry_size(c), most = largest(c);
    gh_real *resized = work, *pair = resized + N * D, *sums = pair + N * 2 * most, *rest = sums + N * 4 * most;
    int64_t before = 0, at = cells(c, 0);
    memcpy(Y, X, (size_t)(N * D) * sizeof *Y); /* the first picture and what is behind them all */
    for (int64_t k = 1; k < c->pictures; k++) {
        const int64_t n = cells(c, k);
        for (int64_t i = 0; i < N; i++) {
            gh_resize_forward(resized, c->height[k], c->width[k], Y + i * D + before, c->height[k - 1], c->width[k - 1]);
            for (int64_t j = 0; j < n; j++) pair[(i * n + j) * 2] = X[i * D + at + j], pair[(i * n + j) * 2 + 1] = resized[j];
        }
        gh_local_forward(sums, pair, W, &c->patches[k], N, 2, rest);
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < n; j++) {
                const gh_real *l = sums + (i * n + j) * 2, *p = pair + (i * n + j) * 2;
                const gh_real gate = 1 / (1 + (gh_real)exp((double)(l[1] + b[2 * j + 1] - l[0] - b[2 * j])));
                Y[i * D + at + j] = gate * p[0] + (1 - gate) * p[1];
                if (saved) saved[i * n + j] = gate, saved[(N + i) * n + j] = p[1];
            }
        if (saved) saved += 2 * N * n;
        W += 2 * n * GH_CARRY_KERNEL, b += 2 * n;
        before = at, at += n;
    }
}

/* One picture, from the last to the first. G (N,D) holds the gradients of all pictures and gets those of the one before. */
static void picture_backward(gh_real *G, gh_real *gW, gh_real *gb, const gh_real *X, const gh_real *W, const gh_carry *c, int64_t k,
                             int64_t at, int64_t N, gh_real *work, const gh_real *saved)
{
    const int64_t D = gh_carry_size(c), n = cells(c, k), most = largest(c), before = at - cells(c, k - 1);
    gh_real *pair = work, *sums = pair + N * 2 * most, *g_pair = sums + N * 2 * most, *rest = g_pair + N * 2 * most;
    const gh_real *gates = saved, *resized = saved + N * n;
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < n; j++) {
            const gh_real gate = gates[i * n + j], a = X[i * D + at + j], r = resized[i * n + j], g = G[i * D + at + j];
            pair[(i * n + j) * 2] = a, pair[(i * n + j) * 2 + 1] = r;
            sums[(i * n + j) * 2] = g * gate * (1 - gate) * (a - r);
            sums[(i * n + j) * 2 + 1] = -sums[(i * n + j) * 2];
        }
    gh_local_backward(g_pair, 0, gW, sums, pair, W, &c->patches[k], N, 2, rest);
    if (gb) gh_col_sum(sums, N, 2 * n, gb);
    gh_real *g_resized = pair; /* one row's: the pair is not needed any more */
    for (int64_t i = 0; i < N; i++) {
        for (int64_t j = 0; j < n; j++) {
            const gh_real gate = gates[i * n + j], g = G[i * D + at + j];
            g_resized[j] = (1 - gate) * g + g_pair[(i * n + j) * 2 + 1];
            G[i * D + at + j] = gate * g + g_pair[(i * n + j) * 2];
        }
        gh_resize_backward(G + i * D + before, c->height[k - 1], c->width[k - 1], g_resized, c->height[k], c->width[k]);
    }
}

void gh_carry_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X, const gh_real *W,
                       const gh_carry *c, int64_t N, gh_real *work, const gh_real *saved)
{
    const int64_t D = gh_carry_size(c);
    int64_t at = D - c->tail, rows = gh_carry_rows(c);
    gh_real *G = work, *rest = work + N * D;
    memcpy(G, gY, (size_t)(N * D) * sizeof *G);
    for (int64_t k = c->pictures - 1; k > 0; k--) {
        const int64_t n = cells(c, k);
        at -= n, rows -= 2 * n;
        picture_backward(G, gW ? gW + rows * GH_CARRY_KERNEL : NULL, gb ? gb + rows : NULL, X, W + rows * GH_CARRY_KERNEL, c, k, at, N, rest,
                         saved + N * rows);
    }
    if (!gX) return;
    for (int64_t i = 0; i < N * D; i++) gX[i] = G[i] + (add_to_gX ? gX[i] : 0);
}
