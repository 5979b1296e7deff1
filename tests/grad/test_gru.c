/* test_gru.c -- gated recurrent unit: states against the formulas written out, gradients through time against central
 * differences. */
#include "testing.h"

#include "gradcheck.h"
#include "layers/gru.h"

enum { N = 4, T = 5, I = 3, U = 7 };

static void fill(double *x, int64_t n, int64_t stream)
{
    ck_ok(genhep_random_normal(8, stream, 0, n, x));
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

typedef struct gru_case {
    gh_gru shape;
    double X[N * T * I], W[3 * U * I], R[3 * U * U], b[4 * U], G[N * T * U], Y[N * T * U];
    double work[N * (I + 11 * U)], saved[N * T * 5 * U];
} gru_case;

static int64_t outputs(const gru_case *c) { return N * (c->shape.last ? 1 : c->shape.steps) * U; }
static int64_t inputs(const gru_case *c) { return N * (c->shape.repeat ? 1 : c->shape.steps) * I; }

static double value_of(void *context)
{
    gru_case *c = context;
    gh_gru_forward(c->Y, c->X, c->W, c->R, c->b, &c->shape, N, c->work, c->saved);
    return dot(c->Y, c->G, outputs(c));
}

static void open_case(gru_case *c, int64_t steps, int repeat, int last)
{
    c->shape = (gh_gru){steps, I, U, repeat, last};
    ck_assert(gh_gru_work(&c->shape) * N <= (int64_t)(sizeof c->work / sizeof(double)));
    ck_assert(gh_gru_saved(&c->shape) * N <= (int64_t)(sizeof c->saved / sizeof(double)));
    fill(c->X, N * T * I, 1), fill(c->W, 3 * U * I, 2), fill(c->R, 3 * U * U, 3), fill(c->b, 4 * U, 4), fill(c->G, N * T * U, 5);
    for (int i = 0; i < 3 * U * U; i++) c->R[i] *= 0.6;
}

static double logistic(double x) { return 1 / (1 + exp(-x)); }

/* The states of one row, h (steps, U). */
static void plain(const gru_case *c, int64_t row, double *states)
{
    double h[U] = {0};
    for (int64_t t = 0; t < c->shape.steps; t++) {
        const double *x = c->X + (c->shape.repeat ? row : row * c->shape.steps + t) * I;
        double next[U], gate[3][U], inner[U];
        for (int k = 0; k < 3; k++)
            for (int j = 0; j < U; j++) {
                double a = c->b[k * U + j] + dot(c->W + (k * U + j) * I, x, I), u = dot(c->R + (k * U + j) * U, h, U);
                gate[k][j] = k < 2 ? logistic(a + u) : a;
                inner[j] = u + c->b[3 * U + j]; /* of the last k, the candidate */
            }
        for (int j = 0; j < U; j++) {
            double candidate = tanh(gate[2][j] + gate[0][j] * inner[j]);
            next[j] = (1 - gate[1][j]) * candidate + gate[1][j] * h[j];
        }
        memcpy(h, next, sizeof h);
        memcpy(states + t * U, h, sizeof h);
    }
}

START_TEST(states_follow_the_formulas)
{
    static gru_case c;
    double states[T * U], inferred[N * T * U];
    for (int form = 0; form < 4; form++) {
        open_case(&c, T, form & 1, form >> 1);
        value_of(&c);
        gh_gru_forward(inferred, c.X, c.W, c.R, c.b, &c.shape, N, c.work, NULL);
        ck_assert_msg(memcmp(inferred, c.Y, (size_t)outputs(&c) * sizeof(double)) == 0, "inference, form %d", form);
        for (int64_t i = 0; i < N; i++) {
            plain(&c, i, states);
            const double *expected = c.shape.last ? states + (T - 1) * U : states;
            const int64_t n = c.shape.last ? U : T * U;
            for (int64_t j = 0; j < n; j++)
                ck_assert_msg(fabs(c.Y[i * n + j] - expected[j]) < 1e-13, "form %d, row %d, number %d", form, (int)i, (int)j);
        }
    }
}
END_TEST

START_TEST(gradients_through_time)
{
    static gru_case c;
    static double gX[N * T * I], twice[N * T * I], gW[3 * U * I], gR[3 * U * U], gb[4 * U];
    for (int form = 0; form < 4; form++)
        for (int64_t steps = 1; steps <= T; steps += 4) {
            open_case(&c, steps, form & 1, form >> 1);
            value_of(&c);
            memset(gW, 0, sizeof gW), memset(gR, 0, sizeof gR), memset(gb, 0, sizeof gb);
            gh_gru_backward(gX, 0, gW, gR, gb, c.G, c.X, c.W, c.R, &c.shape, N, c.work, c.saved);
            ck_assert_msg(gc_worst(value_of, &c, c.X, gX, inputs(&c)) <= 1e-7, "form %d: input", form);
            ck_assert_msg(gc_worst(value_of, &c, c.W, gW, 3 * U * I) <= 1e-7, "form %d: weights", form);
            ck_assert_msg(gc_worst(value_of, &c, c.R, gR, 3 * U * U) <= 1e-7, "form %d: recurrent weights", form);
            ck_assert_msg(gc_worst(value_of, &c, c.b, gb, 4 * U) <= 1e-7, "form %d: biases", form);
            value_of(&c);
            memcpy(twice, gX, sizeof twice);
            gh_gru_backward(twice, 1, gW, gR, gb, c.G, c.X, c.W, c.R, &c.shape, N, c.work, c.saved);
            for (int64_t i = 0; i < inputs(&c); i++) ck_assert(fabs(twice[i] - 2 * gX[i]) < 1e-12);
            for (int64_t i = 0; i < 4 * U; i++) gb[i] /= 2;
            ck_assert_msg(gc_worst(value_of, &c, c.b, gb, 4 * U) <= 1e-7, "form %d: accumulation", form);
        }
}
END_TEST

GH_TEST_MAIN("gru", states_follow_the_formulas, gradients_through_time)
