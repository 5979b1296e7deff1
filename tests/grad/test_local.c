/* test_local.c -- locally connected layers and average pooling: values against plain sums, gradients against central
 * differences. */
#include "testing.h"

#include "gradcheck.h"
#include "layers/conv.h"
#include "layers/local.h"

enum { N = 3, MOST = 2048 };

static void fill(double *x, int64_t n, int64_t stream) { ck_ok(genhep_random_normal(6, stream, 0, n, x)); }

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

typedef struct local_case {
    gh_patches p;
    int64_t O; /* 0: pooling */
    double X[MOST], W[MOST], R[MOST], Y[MOST], work[MOST];
} local_case;

static double value_of(void *context)
{
    local_case *c = context;
    if (c->O) gh_local_forward(c->Y, c->X, c->W, &c->p, N, c->O, c->work);
    else gh_pool_forward(c->Y, c->X, &c->p, N);
    return dot(c->Y, c->R, N * c->p.rows * c->p.columns * (c->O ? c->O : c->p.channels));
}

static const int64_t shapes[][8] = {/* height width channels kernel stride padding */
    {5, 4, 2, 3, 3, 1, 1, GH_PADDING_SAME}, {5, 7, 2, 3, 3, 1, 2, GH_PADDING_VALID}, {4, 4, 1, 2, 2, 1, 1, GH_PADDING_VALID},
    {1, 6, 3, 1, 1, 1, 1, GH_PADDING_SAME}, {6, 3, 2, 2, 2, 2, 2, GH_PADDING_SAME},  {3, 12, 1, 1, 4, 1, 4, GH_PADDING_VALID}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void plan(local_case *c, int k)
{
    const int64_t *s = shapes[k];
    ck_ok(gh_patches_plan(s[0], s[1], s[2], s[3], s[4], s[5], s[6], (gh_padding)s[7], &c->p));
}

START_TEST(locally_connected)
{
    static local_case c;
    static double gX[MOST], gW[MOST], twice[MOST], Y[MOST], expected[MOST];
    for (int k = 0; k < SHAPES; k++) {
        plan(&c, k);
        c.O = 1 + k % 3;
        const int64_t K = gh_patches_size(&c.p), Q = c.p.rows * c.p.columns, n_w = Q * c.O * K;
        const int64_t picture = c.p.height * c.p.width * c.p.channels, n_x = N * picture, n_y = N * Q * c.O;
        ck_assert(n_x <= MOST && n_w <= MOST && n_y <= MOST && N * (K + c.O) <= MOST);
        fill(c.X, n_x, 1), fill(c.W, n_w, 2), fill(c.R, n_y, 3);
        memset(gW, 0, sizeof gW);
        value_of(&c);
        gh_local_backward(gX, 0, gW, c.R, c.X, c.W, &c.p, N, c.O, c.work);
        ck_assert_msg(gc_worst(value_of, &c, c.X, gX, n_x) <= 1e-7, "shape %d: input", k);
        ck_assert_msg(gc_worst(value_of, &c, c.W, gW, n_w) <= 1e-7, "shape %d: weights", k);
        memcpy(twice, gX, sizeof twice);
        gh_local_backward(twice, 1, gW, c.R, c.X, c.W, &c.p, N, c.O, c.work);
        for (int64_t i = 0; i < n_x; i++) ck_assert(fabs(twice[i] - 2 * gX[i]) < 1e-12);
        /* position by position it is the convolution with that position's weights */
        value_of(&c);
        memcpy(Y, c.Y, sizeof Y);
        for (int64_t q = 0; q < Q; q++) {
            gh_conv_forward(expected, c.X, c.W + q * c.O * K, &c.p, N, c.O, c.work, MOST);
            for (int64_t i = 0; i < N; i++)
                for (int64_t o = 0; o < c.O; o++)
                    ck_assert_msg(fabs(Y[(i * Q + q) * c.O + o] - expected[(i * Q + q) * c.O + o]) < 1e-12, "shape %d, position %d", k, (int)q);
        }
    }
}
END_TEST

START_TEST(average_pooling)
{
    static local_case c;
    static double gX[MOST], twice[MOST];
    for (int k = 0; k < SHAPES; k++) {
        plan(&c, k);
        c.O = 0;
        const int64_t C = c.p.channels, n_x = N * c.p.height * c.p.width * C, n_y = N * c.p.rows * c.p.columns * C;
        fill(c.X, n_x, 4), fill(c.R, n_y, 5);
        value_of(&c);
        gh_pool_backward(gX, 0, c.R, &c.p, N);
        ck_assert_msg(gc_worst(value_of, &c, c.X, gX, n_x) <= 1e-7, "shape %d", k);
        memcpy(twice, gX, sizeof twice);
        gh_pool_backward(twice, 1, c.R, &c.p, N);
        for (int64_t i = 0; i < n_x; i++) ck_assert(fabs(twice[i] - 2 * gX[i]) < 1e-13);
        for (int64_t i = 0; i < n_x; i++) c.X[i] = 2.5; /* borders too: only cells inside count */
        value_of(&c);
        for (int64_t i = 0; i < n_y; i++) ck_assert_msg(fabs(c.Y[i] - 2.5) < 1e-14, "shape %d: a mean of 2.5 is %g", k, c.Y[i]);
    }
    const double x[8] = {1, 10, 2, 20, 3, 30, 6, 60};
    double y[4];
    ck_ok(gh_patches_plan(2, 2, 2, 2, 1, 2, 1, GH_PADDING_VALID, &c.p));
    gh_pool_forward(y, x, &c.p, 1);
    ck_assert(y[0] == 2 && y[1] == 20 && y[2] == 4 && y[3] == 40);
}
END_TEST

GH_TEST_MAIN("local", locally_connected, average_pooling)
