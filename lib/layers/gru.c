/* gru.c -- gated recurrent unit, forward and backpropagation through time
 *   a = x W^T (N,3U),  u = h R^T (N,3U),  q = u_n + cn
 *   r = s(a_r + br + u_r),  z = s(a_z + bz + u_z),  n = tanh(a_n + bn + r q),  h' = n + z (h - n)
 *   With g the gradient of h':
 *     gz = g (h - n) z (1 - z),  gn = g (1 - z) (1 - n^2),  gq = gn r,  gr = gn q r (1 - r),  gh = g z
 *     ga = [gr gz gn],  gu = [gr gz gq],  gh += gu R,  gx = ga W,  gW += ga^T x,  gR += gu^T h,  gb += columns of [ga gq]
 *   Tangent along x.:  r. = r (1-r) (a. + u.)_r,  z. likewise,  q. = (u.)_n,  n. = (1-n^2) ((a.)_n + r. q + r q.),
 *     h'. = n. + z. (h - n) + z (h. - n.).  The second pass is backward with each product's two derivatives.
 *   Kept: r, z, n, q and h' of every step, time outermost, so that each step is a contiguous block.
 *   Tests: tests/grad/test_gru.c. */
#include "layers/gru.h"

#include <math.h>
#include <string.h>

#include "base/fastmath.h"
#include "linalg/gemm.h"

#ifdef GH_REAL_DOUBLE
#define EXP exp
#define TANH tanh
#else
#define EXP gh_fast_exp
#define TANH gh_fast_tanh
#endif

enum { KEPT = 5 }; /* r z n q h' */

int64_t gh_gru_work(const gh_gru *s)
{
    return s->inputs + 11 * s->units;
}

int64_t gh_gru_saved(const gh_gru *s)
{
    return s->steps * KEPT * s->units;
}

/* Rows (N, T, width) and one step of them (N, width). */
static void take_step(gh_real *step, const gh_real *rows, int64_t N, int64_t T, int64_t t, int64_t width)
{
    for (int64_t i = 0; i < N; i++) memcpy(step + i * width, rows + (i * T + t) * width, (size_t)width * sizeof *step);
}

static void put_step(gh_real *rows, const gh_real *step, int64_t N, int64_t T, int64_t t, int64_t width, int add)
{
    for (int64_t i = 0; i < N; i++) {
        gh_real *to = rows + (i * T + t) * width;
        const gh_real *of = step + i * width;
        if (add)
            for (int64_t j = 0; j < width; j++) to[j] += of[j];
        else
            memcpy(to, of, (size_t)width * sizeof *to);
    }
}

/* h' from a, u and h, row by row; h may be h'. The gates go to `kept` (N,4U) if given. */
GH_CLONES
static void gates_forward(gh_real *next, const gh_real *h, const gh_real *a, const gh_real *u, const gh_real *b, gh_real *kept,
                          int64_t N, int64_t U)
{
    for (int64_t i = 0; i < N; i++, next += U, h += U, a += 3 * U, u += 3 * U) {
        gh_real *k = kept ? kept + i * 4 * U : NULL;
#pragma omp simd
        for (int64_t j = 0; j < U; j++) {
            gh_real r = 1 / (1 + EXP(-(a[j] + b[j] + u[j])));
            gh_real z = 1 / (1 + EXP(-(a[U + j] + b[U + j] + u[U + j])));
            gh_real q = u[2 * U + j] + b[3 * U + j];
            gh_real n = TANH(a[2 * U + j] + b[2 * U + j] + r * q);
            next[j] = n + z * (h[j] - n);
            if (k) k[j] = r, k[U + j] = z, k[2 * U + j] = n, k[3 * U + j] = q;
        }
    }
}

/* g (N,U), the gradient of h', becomes g z; ga and gu (N,3U). */
GH_CLONES
static void gates_backward(gh_real *g, gh_real *ga, gh_real *gu, const gh_real *h, const gh_real *kept, int64_t N, int64_t U)
{
    for (int64_t i = 0; i < N; i++, g += U, ga += 3 * U, gu += 3 * U, h += U, kept += 4 * U)
#pragma omp simd
        for (int64_t j = 0; j < U; j++) {
            gh_real r = kept[j], z = kept[U + j], n = kept[2 * U + j], q = kept[3 * U + j];
            gh_real gn = g[j] * (1 - z) * (1 - n * n), gz = g[j] * (h[j] - n) * z * (1 - z), gr = gn * q * r * (1 - r);
            ga[j] = gu[j] = gr;
            ga[U + j] = gu[U + j] = gz;
            ga[2 * U + j] = gn;
            gu[2 * U + j] = gn * r;
            g[j] *= z;
        }
}

void gh_gru_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *R, const gh_real *b, const gh_gru *s, int64_t N,
                    gh_real *work, gh_real *saved)
{
    const int64_t T = s->steps, I = s->inputs, U = s->units;
    gh_real *x = work, *a = x + N * I, *u = a + N * 3 * U, *state = u + N * 3 * U;
    const gh_real *h = state; /* zero before the first step */
    memset(state, 0, (size_t)(N * U) * sizeof *state);
    memset(u, 0, (size_t)(N * 3 * U) * sizeof *u);
    if (s->repeat) gh_gemm(NULL, GH_N, GH_T, N, 3 * U, I, X, W, 0, a);
    for (int64_t t = 0; t < T; t++) {
        gh_real *kept = saved ? saved + t * N * KEPT * U : NULL, *next = saved ? kept + N * 4 * U : state;
        if (!s->repeat) {
            take_step(x, X, N, T, t, I);
            gh_gemm(NULL, GH_N, GH_T, N, 3 * U, I, x, W, 0, a);
        }
        if (t) gh_gemm(NULL, GH_N, GH_T, N, 3 * U, U, h, R, 0, u);
        gates_forward(next, h, a, u, b, kept, N, U);
        if (!s->last) put_step(Y, next, N, T, t, U, 0);
        h = next;
    }
    if (s->last) memcpy(Y, h, (size_t)(N * U) * sizeof *Y);
}

void gh_gru_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gR, gh_real *gb, const gh_real *gY, const gh_real *X,
                     const gh_real *W, const gh_real *R, const gh_gru *s, int64_t N, gh_real *work, const gh_real *saved)
{
    const int64_t T = s->steps, I = s->inputs, U = s->units;
    gh_real *x = work, *ga = x + N * I, *gu = ga + N * 3 * U, *g = gu + N * 3 * U, *sum = g + N * U, *zero = sum + N * 3 * U;
    memset(zero, 0, (size_t)(N * U) * sizeof *zero);
    memset(sum, 0, (size_t)(N * 3 * U) * sizeof *sum);
    if (s->last) memcpy(g, gY, (size_t)(N * U) * sizeof *g);
    else memset(g, 0, (size_t)(N * U) * sizeof *g);
    for (int64_t t = T - 1; t >= 0; t--) {
        const gh_real *kept = saved + t * N * KEPT * U, *h = t ? saved + (t - 1) * N * KEPT * U + N * 4 * U : zero;
        for (int64_t i = 0; !s->last && i < N; i++)
            for (int64_t j = 0; j < U; j++) g[i * U + j] += gY[(i * T + t) * U + j];
        gates_backward(g, ga, gu, h, kept, N, U);
        for (int64_t i = 0; gb && i < N; i++)
            for (int64_t j = 0; j < U; j++) gb[3 * U + j] += gu[i * 3 * U + 2 * U + j];
        if (gb) gh_col_sum(ga, N, 3 * U, gb);
        if (t && gR) gh_gemm(NULL, GH_T, GH_N, 3 * U, U, N, gu, h, 1, gR); /* (3U,N)(N,U) -> (3U,U) */
        if (t) gh_gemm(NULL, GH_N, GH_N, N, U, 3 * U, gu, R, 1, g);        /* (N,3U)(3U,U) -> (N,U) */
        if (s->repeat) { /* the same x at every step: one product for all of them */
            for (int64_t i = 0; i < N * 3 * U; i++) sum[i] += ga[i];
            continue;
        }
        if (gW) {
            take_step(x, X, N, T, t, I);
            gh_gemm(NULL, GH_T, GH_N, 3 * U, I, N, ga, x, 1, gW); /* (3U,N)(N,I) -> (3U,I) */
        }
        if (!gX) continue;
        gh_gemm(NULL, GH_N, GH_N, N, I, 3 * U, ga, W, 0, x); /* (N,3U)(3U,I) -> (N,I) */
        put_step(gX, x, N, T, t, I, add_to_gX);
    }
    if (!s->repeat) return;
    if (gW) gh_gemm(NULL, GH_T, GH_N, 3 * U, I, N, sum, X, 1, gW);
    if (gX) gh_gemm(NULL, GH_N, GH_N, N, I, 3 * U, sum, W, add_to_gX ? 1 : 0, gX);
}

/* ---- second derivatives -------------------------------------------------------------------------------------------- */

int64_t gh_gru_second_work(const gh_gru *s)
{
    return 2 * s->inputs + 15 * s->units;
}

/* dots (N,4U) of the gates and next (N,U) of h', from a. and u. (N,3U) and h. (N,U). */
GH_CLONES
static void gates_tangent(gh_real *next, gh_real *dots, const gh_real *kept, const gh_real *h, const gh_real *hd, const gh_real *a,
                          const gh_real *u, int64_t N, int64_t U)
{
    for (int64_t i = 0; i < N; i++, next += U, dots += 4 * U, kept += 4 * U, h += U, hd += U, a += 3 * U, u += 3 * U)
#pragma omp simd
        for (int64_t j = 0; j < U; j++) {
            gh_real r = kept[j], z = kept[U + j], n = kept[2 * U + j], q = kept[3 * U + j];
            gh_real rd = r * (1 - r) * (a[j] + u[j]), zd = z * (1 - z) * (a[U + j] + u[U + j]), qd = u[2 * U + j];
            gh_real nd = (1 - n * n) * (a[2 * U + j] + rd * q + r * qd);
            dots[j] = rd, dots[U + j] = zd, dots[2 * U + j] = nd, dots[3 * U + j] = qd;
            next[j] = nd + zd * (h[j] - n) + z * (hd[j] - nd);
        }
}

void gh_gru_tangent(gh_real *Ydot, gh_real *dots, const gh_real *Xdot, const gh_real *W, const gh_real *R, const gh_gru *s, int64_t N,
                    gh_real *work, const gh_real *saved)
{
    const int64_t T = s->steps, I = s->inputs, U = s->units, block = N * KEPT * U;
    gh_real *x = work, *a = x + N * I, *u = a + N * 3 * U, *zero = u + N * 3 * U;
    memset(zero, 0, (size_t)(N * U) * sizeof *zero);
    memset(u, 0, (size_t)(N * 3 * U) * sizeof *u);
    for (int64_t t = 0; t < T; t++) {
        const gh_real *kept = saved + t * block, *h = t ? kept - block + N * 4 * U : zero;
        gh_real *gates = dots + t * block, *next = gates + N * 4 * U;
        const gh_real *hd = t ? next - block : zero;
        if (!s->repeat) take_step(x, Xdot, N, T, t, I);
        gh_gemm(NULL, GH_N, GH_T, N, 3 * U, I, s->repeat ? Xdot : x, W, 0, a);
        if (t) gh_gemm(NULL, GH_N, GH_T, N, 3 * U, U, hd, R, 0, u);
        gates_tangent(next, gates, kept, h, hd, a, u, N, U);
        if (!s->last) put_step(Ydot, next, N, T, t, U, 0);
    }
    if (s->last) memcpy(Ydot, dots + (T - 1) * block + N * 4 * U, (size_t)(N * U) * sizeof *Ydot);
}

/* As gates_backward, for g and its derivative f: ga and gu of g, fa and fu of f; they become g z and its derivative. */
GH_CLONES
static void gates_second(gh_real *g, gh_real *f, gh_real *ga, gh_real *gu, gh_real *fa, gh_real *fu, const gh_real *h, const gh_real *hd,
                         const gh_real *kept, const gh_real *dots, int64_t N, int64_t U)
{
    for (int64_t i = 0; i < N; i++, g += U, f += U, ga += 3 * U, gu += 3 * U, fa += 3 * U, fu += 3 * U, h += U, hd += U, kept += 4 * U, dots += 4 * U)
#pragma omp simd
        for (int64_t j = 0; j < U; j++) {
            gh_real r = kept[j], z = kept[U + j], n = kept[2 * U + j], q = kept[3 * U + j];
            gh_real rd = dots[j], zd = dots[U + j], nd = dots[2 * U + j], qd = dots[3 * U + j];
            gh_real slope_n = 1 - n * n, slope_z = z * (1 - z), slope_r = r * (1 - r);
            gh_real gn = g[j] * (1 - z) * slope_n, fn = f[j] * (1 - z) * slope_n - g[j] * (zd * slope_n + 2 * (1 - z) * n * nd);
            gh_real gz = g[j] * (h[j] - n) * slope_z;
            gh_real fz = (f[j] * (h[j] - n) + g[j] * (hd[j] - nd)) * slope_z + g[j] * (h[j] - n) * (1 - 2 * z) * zd;
            gh_real gr = gn * q * slope_r, fr = (fn * q + gn * qd) * slope_r + gn * q * (1 - 2 * r) * rd;
            ga[j] = gu[j] = gr, fa[j] = fu[j] = fr;
            ga[U + j] = gu[U + j] = gz, fa[U + j] = fu[U + j] = fz;
            ga[2 * U + j] = gn, fa[2 * U + j] = fn;
            gu[2 * U + j] = gn * r, fu[2 * U + j] = fn * r + gn * rd;
            f[j] = f[j] * z + g[j] * zd;
            g[j] *= z;
        }
}

static void add_step(gh_real *g, const gh_real *gY, int64_t N, int64_t T, int64_t t, int64_t U)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < U; j++) g[i * U + j] += gY[(i * T + t) * U + j];
}

void gh_gru_second(gh_real *rX, gh_real *gW, gh_real *gR, gh_real *gb, const gh_real *gY, const gh_real *rY, const gh_real *X,
                   const gh_real *Xdot, const gh_real *W, const gh_real *R, const gh_gru *s, int64_t N, gh_real *work,
                   const gh_real *saved, const gh_real *dots)
{
    const int64_t T = s->steps, I = s->inputs, U = s->units, block = N * KEPT * U;
    const size_t bytes = (size_t)(N * U) * sizeof *work;
    gh_real *x = work, *xd = x + N * I, *ga = xd + N * I, *gu = ga + N * 3 * U, *fa = gu + N * 3 * U, *fu = fa + N * 3 * U, *g = fu + N * 3 * U,
            *f = g + N * U, *zero = f + N * U;
    memset(zero, 0, bytes);
    memset(g, 0, bytes);
    memset(f, 0, bytes);
    if (s->last) memcpy(g, gY, bytes), memcpy(f, rY, bytes);
    for (int64_t t = T - 1; t >= 0; t--) {
        const gh_real *kept = saved + t * block, *gates = dots + t * block;
        const gh_real *h = t ? kept - block + N * 4 * U : zero, *hd = t ? gates - block + N * 4 * U : zero;
        const gh_real *at = s->repeat ? X : x, *along = s->repeat ? Xdot : xd;
        if (!s->last) add_step(g, gY, N, T, t, U), add_step(f, rY, N, T, t, U);
        gates_second(g, f, ga, gu, fa, fu, h, hd, kept, gates, N, U);
        if (!s->repeat) take_step(x, X, N, T, t, I), take_step(xd, Xdot, N, T, t, I);
        gh_gemm(NULL, GH_T, GH_N, 3 * U, I, N, fa, at, 1, gW);
        gh_gemm(NULL, GH_T, GH_N, 3 * U, I, N, ga, along, 1, gW);
        gh_col_sum(fa, N, 3 * U, gb);
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < U; j++) gb[3 * U + j] += fu[i * 3 * U + 2 * U + j];
        if (rX && s->repeat) gh_gemm(NULL, GH_N, GH_N, N, I, 3 * U, fa, W, t < T - 1 ? 1 : 0, rX);
        if (rX && !s->repeat) {
            gh_gemm(NULL, GH_N, GH_N, N, I, 3 * U, fa, W, 0, x);
            put_step(rX, x, N, T, t, I, 0);
        }
        if (!t) break;
        gh_gemm(NULL, GH_T, GH_N, 3 * U, U, N, fu, h, 1, gR);
        gh_gemm(NULL, GH_T, GH_N, 3 * U, U, N, gu, hd, 1, gR);
        gh_gemm(NULL, GH_N, GH_N, N, U, 3 * U, fu, R, 1, f);
        gh_gemm(NULL, GH_N, GH_N, N, U, 3 * U, gu, R, 1, g);
    }
}
