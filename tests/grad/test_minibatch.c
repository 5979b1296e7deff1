/* test_minibatch.c -- minibatch discrimination: the plain loop, a closed form, gradients by differences. */
#include "testing.h"

#include "gradcheck.h"
#include "layers/minibatch.h"

enum { N = 7, I = 4, B = 3, C = 2, O = I + B };

typedef struct minibatch_case {
    double X[N * I], T[B * C * I], g[N * O];
} minibatch_case;

static void start(minibatch_case *c)
{
    ck_ok(genhep_random_normal(6, 1, 0, N * I, c->X));
    ck_ok(genhep_random_normal(6, 2, 0, B * C * I, c->T));
    ck_ok(genhep_random_normal(6, 3, 0, N * O, c->g));
    for (int k = 0; k < B * C * I; k++) c->T[k] *= 0.4; /* rows see each other */
}

static double value_of(void *context)
{
    minibatch_case *c = context;
    double Y[N * O], M[B * C * N], sum = 0;
    gh_minibatch_forward(Y, M, c->X, c->T, N, I, B, C);
    for (int k = 0; k < N * O; k++) sum += c->g[k] * Y[k];
    return sum;
}

START_TEST(gradients)
{
    minibatch_case c;
    start(&c);
    double Y[N * O], M[B * C * N], gM[B * C * N], gX[N * I], gT[B * C * I];
    for (int k = 0; k < B * C * I; k++) gT[k] = k;
    gh_minibatch_forward(Y, M, c.X, c.T, N, I, B, C);
    gh_minibatch_backward(gX, 0, gT, gM, c.g, M, c.X, c.T, N, I, B, C);
    for (int k = 0; k < B * C * I; k++) gT[k] -= k; /* it adds */
    ck_assert(gc_worst(value_of, &c, c.X, gX, N * I) <= 1e-7);
    ck_assert(gc_worst(value_of, &c, c.T, gT, B * C * I) <= 1e-7);
    double without[B * C * I] = {0};
    gh_minibatch_backward(NULL, 0, without, gM, c.g, M, c.X, c.T, N, I, B, C);
    for (int k = 0; k < B * C * I; k++) ck_assert(fabs(without[k] - gT[k]) <= 1e-13);
}
END_TEST

START_TEST(plain_loop)
{
    minibatch_case c;
    start(&c);
    double Y[N * O], M[B * C * N];
    gh_minibatch_forward(Y, M, c.X, c.T, N, I, B, C);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < I; k++) ck_assert(Y[i * O + k] == c.X[i * I + k]);
        for (int b = 0; b < B; b++) {
            double expected = 0;
            for (int j = 0; j < N; j++) {
                double distance = 0;
                for (int n = b * C; n < (b + 1) * C; n++) {
                    double difference = 0;
                    for (int k = 0; k < I; k++) difference += c.T[n * I + k] * (c.X[i * I + k] - c.X[j * I + k]);
                    distance += fabs(difference);
                }
                if (j != i) expected += exp(-distance) / (N - 1);
            }
            ck_assert(fabs(Y[i * O + I + b] - expected) <= 1e-13);
        }
    }
}
END_TEST

/* Equal rows are as close as can be: every feature is 1, and their order has no slope. One row has no neighbour. */
START_TEST(equal_rows)
{
    minibatch_case c;
    start(&c);
    for (int k = 0; k < N * I; k++) c.X[k] = k % I; /* numbers whose products and sums are exact */
    for (int k = 0; k < B * C * I; k++) c.T[k] = rint(8 * c.T[k]) / 8;
    double Y[N * O], M[B * C * N], gM[B * C * N], gX[N * I], gT[B * C * I] = {0};
    gh_minibatch_forward(Y, M, c.X, c.T, N, I, B, C);
    for (int i = 0; i < N; i++)
        for (int b = 0; b < B; b++) ck_assert(fabs(Y[i * O + I + b] - 1) <= 1e-15);
    gh_minibatch_backward(gX, 0, gT, gM, c.g, M, c.X, c.T, N, I, B, C);
    for (int k = 0; k < B * C * I; k++) ck_assert(gT[k] == 0);
    gh_minibatch_forward(Y, M, c.X, c.T, 1, I, B, C);
    for (int b = 0; b < B; b++) ck_assert(Y[I + b] == 0);
}
END_TEST

typedef struct tangent_case {
    minibatch_case at;
    double along[N * I]; /* the direction */
} tangent_case;

/* g . Ydot by differences of the forward pass. */
START_TEST(tangent_is_the_directional_derivative)
{
    minibatch_case c, up, down;
    double along[N * I], Y[N * O], Yup[N * O], Ydown[N * O], M[B * C * N], Mdot[B * C * N], curve[B * C * N], Ydot[N * O], h = 1e-6;
    start(&c);
    ck_ok(genhep_random_normal(6, 4, 0, N * I, along));
    gh_minibatch_forward(Y, M, c.X, c.T, N, I, B, C);
    gh_minibatch_tangent(Ydot, curve, Mdot, along, c.g, M, c.T, N, I, B, C);
    up = down = c;
    for (int k = 0; k < N * I; k++) up.X[k] += h * along[k], down.X[k] -= h * along[k];
    gh_minibatch_forward(Yup, M, up.X, up.T, N, I, B, C);
    gh_minibatch_forward(Ydown, M, down.X, down.T, N, I, B, C);
    for (int k = 0; k < N * O; k++) ck_assert(fabs(Ydot[k] - (Yup[k] - Ydown[k]) / (2 * h)) <= 1e-8);
}
END_TEST

/* g . Ydot as a function of X and T: its gradient is what a penalty's second pass adds. */
static double along_value(void *context)
{
    tangent_case *t = context;
    minibatch_case *c = &t->at;
    double Y[N * O], M[B * C * N], Mdot[B * C * N], curve[B * C * N], Ydot[N * O], sum = 0;
    gh_minibatch_forward(Y, M, c->X, c->T, N, I, B, C);
    gh_minibatch_tangent(Ydot, curve, Mdot, t->along, c->g, M, c->T, N, I, B, C);
    for (int k = 0; k < N * O; k++) sum += c->g[k] * Ydot[k];
    return sum;
}

START_TEST(second_pass)
{
    tangent_case t;
    double Y[N * O], M[B * C * N], Mdot[B * C * N], curve[B * C * N], Ydot[N * O], gM[B * C * N];
    double gX[N * I] = {0}, gT[B * C * I] = {0};
    start(&t.at);
    ck_ok(genhep_random_normal(6, 4, 0, N * I, t.along));
    gh_minibatch_forward(Y, M, t.at.X, t.at.T, N, I, B, C);
    gh_minibatch_tangent(Ydot, curve, Mdot, t.along, t.at.g, M, t.at.T, N, I, B, C);
    gh_minibatch_curve_backward(gX, gT, curve, t.at.X, t.at.T, N, I, B, C);
    gh_minibatch_backward(NULL, 0, gT, gM, t.at.g, M, t.along, t.at.T, N, I, B, C); /* T acts on the direction too */
    ck_assert(gc_worst(along_value, &t, t.at.X, gX, N * I) <= 1e-7);
    ck_assert(gc_worst(along_value, &t, t.at.T, gT, B * C * I) <= 1e-7);
}
END_TEST

GH_TEST_MAIN("minibatch", gradients, plain_loop, equal_rows, tangent_is_the_directional_derivative, second_pass)
