/* test_spectral.c -- spectral normalisation: known singular values, gradients by differences with u converged. */
#include "testing.h"

#include "gradcheck.h"
#include "layers/spectral.h"

enum { O = 5, I = 7 };

typedef struct spectral_case {
    double W[O * I], g[O * I], u[O];
} spectral_case;

/* sum g W/sigma with the iteration run to its end, from a start of its own */
static double value_of(void *context)
{
    spectral_case *c = context;
    double u[O], v[I], normed[O * I], sum = 0;
    memcpy(u, c->u, sizeof u);
    gh_spectral_apply(normed, c->W, gh_spectral_sigma(c->W, u, v, O, I, 500), O, I);
    for (int k = 0; k < O * I; k++) sum += c->g[k] * normed[k];
    return sum;
}

static void start(spectral_case *c)
{
    ck_ok(genhep_random_normal(2, 1, 0, O * I, c->W));
    ck_ok(genhep_random_normal(2, 2, 0, O * I, c->g));
    ck_ok(genhep_random_normal(2, 3, 0, O, c->u));
}

START_TEST(gradients)
{
    spectral_case c;
    start(&c);
    double u[O], v[I], normed[O * I], gW[O * I];
    memcpy(u, c.u, sizeof u), memcpy(gW, c.g, sizeof gW);
    double sigma = gh_spectral_sigma(c.W, u, v, O, I, 500);
    gh_spectral_apply(normed, c.W, sigma, O, I);
    gh_spectral_backward(gW, normed, u, v, sigma, O, I);
    ck_assert(gc_worst(value_of, &c, c.W, gW, O * I) <= 1e-7);
    /* W/sigma does not depend on the length of W, so the gradient is orthogonal to W */
    double along = 0;
    for (int k = 0; k < O * I; k++) along += gW[k] * c.W[k];
    ck_assert(fabs(along) <= 1e-13);
}
END_TEST

/* W = 3 a b^T + 2 c d^T with orthonormal pairs: sigma is 3, u = +-a, v = +-b, errors fall by (2/3)^2 an iteration. */
START_TEST(known_values)
{
    double W[O * I], u[O] = {1, 1, 1, 1, 1}, v[I], normed[O * I];
    const double a[O] = {0.6, 0.8, 0, 0, 0}, c[O] = {0.8, -0.6, 0, 0, 0};
    const double b[I] = {0, 0, 0.28, 0, 0.96, 0, 0}, d[I] = {0, 0, -0.96, 0, 0.28, 0, 0};
    for (int o = 0; o < O; o++)
        for (int i = 0; i < I; i++) W[o * I + i] = 3 * a[o] * b[i] + 2 * c[o] * d[i];
    double rough = gh_spectral_sigma(W, u, v, O, I, 1);
    ck_assert(rough < 3 && rough > 2.9);
    double sigma = gh_spectral_sigma(W, u, v, O, I, 60); /* goes on from the u it left */
    ck_assert(fabs(sigma - 3) <= 1e-14);
    for (int o = 0; o < O; o++) ck_assert(fabs(u[o] - a[o]) <= 1e-10);
    for (int i = 0; i < I; i++) ck_assert(fabs(v[i] - b[i]) <= 1e-10);
    gh_spectral_apply(normed, W, sigma, O, I);
    ck_assert(fabs(gh_spectral_sigma(normed, u, v, O, I, 1) - 1) <= 1e-14);
}
END_TEST

START_TEST(zero_matrix)
{
    double W[O * I] = {0}, g[O * I] = {1}, u[O] = {1, 2, 3, 4, 5}, v[I], normed[O * I];
    double sigma = gh_spectral_sigma(W, u, v, O, I, 3);
    ck_assert(sigma == GH_SPECTRAL_LEAST);
    gh_spectral_apply(normed, W, sigma, O, I);
    gh_spectral_backward(g, normed, u, v, sigma, O, I);
    for (int k = 0; k < O * I; k++) ck_assert(normed[k] == 0 && isfinite(g[k]));
    W[3] = 2; /* u has not died */
    ck_assert(fabs(gh_spectral_sigma(W, u, v, O, I, 2) - 2) <= 1e-15);
    W[3] = NAN; /* never hidden */
    ck_assert(isnan(gh_spectral_sigma(W, u, v, O, I, 1)));
}
END_TEST

GH_TEST_MAIN("spectral", gradients, known_values, zero_matrix)
