/* streams.c -- several pictures in a row: conv.h or local.h on each of them, copied out of the rows and back.
 *   Y_s = f(a_s),  a_s = P_s(X_s) W_s^T + b_s,     gA = f'(a) gY,  f'(a) = Y > 0 ? 1 : slope    (slope >= 0: Y and a have one sign)
 * Tests: tests/grad/test_streams.c. */
#include "layers/streams.h"

#include <string.h>

#include "layers/conv.h"
#include "layers/local.h"
#include "linalg/gemm.h"

static int64_t cells(const gh_patches *p) { return p->height * p->width * p->channels; }
static int64_t positions(const gh_patches *p) { return p->rows * p->columns; }
static int64_t rows_of(const gh_streams *s, int64_t k) { return (s->local ? positions(&s->patches[k]) : 1) * s->channels; }

int64_t gh_streams_inputs(const gh_streams *s)
{
    int64_t n = s->tail;
    for (int64_t k = 0; k < s->pictures; k++) n += cells(&s->patches[k]);
    return n;
}

int64_t gh_streams_outputs(const gh_streams *s)
{
    int64_t n = s->tail;
    for (int64_t k = 0; k < s->pictures; k++) n += positions(&s->patches[k]) * s->channels;
    return n;
}

int64_t gh_streams_rows(const gh_streams *s)
{
    int64_t n = 0;
    for (int64_t k = 0; k < s->pictures; k++) n += rows_of(s, k);
    return n;
}

/* One picture of the rows: in, out, and what the layer on it needs. */
int64_t gh_streams_work(const gh_streams *s)
{
    int64_t most = 0;
    for (int64_t k = 0; k < s->pictures; k++) {
        const gh_patches *p = &s->patches[k];
        const int64_t K = gh_patches_size(p), layer = s->local ? K + s->channels : p->columns * K;
        const int64_t here = cells(p) + positions(p) * s->channels + layer;
        if (here > most) most = here;
    }
    return most;
}

/* Columns from..from+n-1 of rows of `width` numbers, out into a matrix of their own and back. */
static void take(gh_real *out, const gh_real *rows, int64_t N, int64_t width, int64_t from, int64_t n)
{
    for (int64_t i = 0; i < N; i++) memcpy(out + i * n, rows + i * width + from, (size_t)n * sizeof *out);
}

static void put(gh_real *rows, const gh_real *in, int64_t N, int64_t width, int64_t from, int64_t n)
{
    for (int64_t i = 0; i < N; i++) memcpy(rows + i * width + from, in + i * n, (size_t)n * sizeof *rows);
}

GH_CLONES
static void activate(gh_real *y, const gh_real *b, int64_t N, int64_t n, int64_t bias, gh_real slope)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < n; j += bias)
            for (int64_t o = 0; o < bias; o++) {
                const gh_real a = y[i * n + j + o] + (b ? b[o] : 0);
                y[i * n + j + o] = a > 0 ? a : slope * a;
            }
}

void gh_streams_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *b, const gh_streams *s, int64_t N, gh_real *work,
                        int64_t room, gh_real *saved)
{
    const int64_t I = gh_streams_inputs(s), J = gh_streams_outputs(s);
    int64_t from = 0, to = 0;
    for (int64_t k = 0; k < s->pictures; k++) {
        const gh_patches *p = &s->patches[k];
        const int64_t n = cells(p), m = positions(p) * s->channels, R = rows_of(s, k), used = N * (n + m);
        gh_real *x = work, *y = x + N * n, *rest = y + N * m;
        take(x, X, N, I, from, n);
        if (s->local) gh_local_forward(y, x, W, p, N, s->channels, rest);
        else gh_conv_forward(y, x, W, p, N, s->channels, rest, room - used);
        activate(y, b, N, m, R, s->slope);
        put(Y, y, N, J, to, m);
        W += R * gh_patches_size(p);
        if (b) b += R;
        from += n, to += m;
    }
    for (int64_t i = 0; s->tail && i < N; i++) memcpy(Y + i * J + to, X + i * I + from, (size_t)s->tail * sizeof *Y);
    if (saved) memcpy(saved, Y, (size_t)(N * J) * sizeof *saved);
}

GH_CLONES
static void activate_backward(gh_real *g, const gh_real *y, int64_t stride, int64_t N, int64_t n, gh_real slope)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < n; j++) g[i * n + j] *= y[i * stride + j] > 0 ? 1 : slope;
}

static void add_rows(gh_real *rows, const gh_real *in, int64_t N, int64_t width, int64_t from, int64_t n)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < n; j++) rows[i * width + from + j] += in[i * n + j];
}

void gh_streams_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X, const gh_real *W,
                         const gh_streams *s, int64_t N, gh_real *work, int64_t room, const gh_real *saved)
{
    const int64_t I = gh_streams_inputs(s), J = gh_streams_outputs(s);
    int64_t from = 0, to = 0;
    for (int64_t k = 0; k < s->pictures; k++) {
        const gh_patches *p = &s->patches[k];
        const int64_t n = cells(p), m = positions(p) * s->channels, R = rows_of(s, k), used = N * (n + m);
        gh_real *x = work, *g = x + N * n, *rest = g + N * m, *gx = gX ? x : NULL;
        take(g, gY, N, J, to, m);
        activate_backward(g, saved + to, J, N, m, s->slope);
        if (gb) gh_col_sum(g, N * (m / R), R, gb), gb += R;
        if (gW) { /* X is taken twice, so that one room does for it and its gradient */
            take(x, X, N, I, from, n);
            if (s->local) gh_local_backward(NULL, 0, gW, g, x, W, p, N, s->channels, rest);
            else gh_conv_backward(NULL, 0, gW, NULL, g, x, W, p, N, s->channels, rest, room - used);
            gW += R * gh_patches_size(p);
        }
        if (gx) {
            if (s->local) gh_local_backward(gx, 0, NULL, g, NULL, W, p, N, s->channels, rest);
            else gh_conv_backward(gx, 0, NULL, NULL, g, NULL, W, p, N, s->channels, rest, room - used);
            if (add_to_gX) add_rows(gX, gx, N, I, from, n);
            else put(gX, gx, N, I, from, n);
        }
        W += R * gh_patches_size(p);
        from += n, to += m;
    }
    for (int64_t i = 0; gX && i < N; i++)
        for (int64_t j = 0; j < s->tail; j++) gX[i * I + from + j] = gY[i * J + to + j] + (add_to_gX ? gX[i * I + from + j] : 0);
}
