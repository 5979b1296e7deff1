/* test_elbo.c -- values and gradients of the autoencoder losses. */
#include "testing.h"

#include "gradcheck.h"
#include "loss/elbo.h"

enum { N = 5, P = 3, L = 4 };

typedef struct loss_case {
    int kind;
    const double *weights;
    double X[N * P], Y[N * 2 * P], H[N * 2 * L], log_sigma[P];
} loss_case;

static void fill(double *x, int64_t n, int64_t stream) { ck_ok(genhep_random_normal(7, stream, 0, n, x)); }

static double value_of(void *context)
{
    loss_case *c = context;
    double g[N * 2 * P] = {0}, gs[P] = {0}, gH[N * 2 * L] = {0};
    switch (c->kind) {
    case 0: return gh_mse_loss(c->X, c->Y, c->weights, 0.7, N, P, g);
    case 1: return gh_bce_loss(c->X, c->Y, c->weights, 0.7, N, P, g);
    case 2: return gh_gaussian_loss(c->X, c->Y, c->log_sigma, c->weights, 0.7, N, P, g, gs);
    case 3: return gh_gaussian_event_loss(c->X, c->Y, c->weights, 0.7, N, P, g);
    default: return 1.3 * gh_kl_loss(c->H, c->weights, 0.7, 1.3, N, L, gH);
    }
}

START_TEST(gradients)
{
    static const double weights[N] = {1, -0.5, 2, 0.3, 1.7};
    for (int weighted = 0; weighted < 2; weighted++) {
        loss_case c = {.weights = weighted ? weights : NULL};
        fill(c.X, N * P, 1), fill(c.Y, N * 2 * P, 2), fill(c.H, N * 2 * L, 3), fill(c.log_sigma, P, 4);
        double g[N * 2 * P], gs[P] = {0}, gH[N * 2 * L] = {0};
        c.kind = 0, gh_mse_loss(c.X, c.Y, c.weights, 0.7, N, P, g);
        ck_assert(gc_worst(value_of, &c, c.Y, g, N * P) <= 1e-7);
        c.kind = 2, gh_gaussian_loss(c.X, c.Y, c.log_sigma, c.weights, 0.7, N, P, g, gs);
        ck_assert(gc_worst(value_of, &c, c.Y, g, N * P) <= 1e-7);
        ck_assert(gc_worst(value_of, &c, c.log_sigma, gs, P) <= 1e-7);
        c.kind = 3, gh_gaussian_event_loss(c.X, c.Y, c.weights, 0.7, N, P, g);
        ck_assert(gc_worst(value_of, &c, c.Y, g, N * 2 * P) <= 1e-7);
        c.kind = 4, gh_kl_loss(c.H, c.weights, 0.7, 1.3, N, L, gH);
        ck_assert(gc_worst(value_of, &c, c.H, gH, N * 2 * L) <= 1e-7);
        for (int i = 0; i < N * P; i++) c.X[i] = 1 / (1 + exp(-c.X[i]));
        c.kind = 1, gh_bce_loss(c.X, c.Y, c.weights, 0.7, N, P, g);
        ck_assert(gc_worst(value_of, &c, c.Y, g, N * P) <= 1e-7);
    }
}
END_TEST

START_TEST(closed_forms)
{
    double g[4] = {0}, gs[2] = {0};
    const double x[2] = {1, 2}, y[2] = {0.5, 4}, log_sigma[2] = {0, log(2)};
    ck_assert(fabs(gh_mse_loss(x, y, NULL, 1, 1, 2, g) - (0.25 + 4) / 2) < 1e-14);
    double expected = 0.5 * 0.25 + 0.5 * 1 + log(2) + log(2 * M_PI);
    ck_assert(fabs(gh_gaussian_loss(x, y, log_sigma, NULL, 1, 1, 2, g, gs) - expected) < 1e-13);
    /* KL of N(1, e) from N(0,1): (e + 1 - 1 - 1) / 2; of N(0,1): 0 */
    const double h[4] = {1, 0, 1, 0};
    ck_assert(fabs(gh_kl_loss(h, NULL, 1, 1, 1, 2, g) - 0.5 * (exp(1) - 1)) < 1e-14);
    /* cross entropy of target 1 at logit 0 is log 2, and nothing overflows far out */
    const double one = 1, zero = 0, far = -800;
    ck_assert(fabs(gh_bce_loss(&one, &zero, NULL, 1, 1, 1, g) - log(2)) < 1e-15);
    ck_assert(fabs(gh_bce_loss(&one, &far, NULL, 1, 1, 1, g) - 800) < 1e-12);
}
END_TEST

GH_TEST_MAIN("elbo", gradients, closed_forms)
