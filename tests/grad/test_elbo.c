/* test_elbo.c -- values and gradients of the autoencoder losses. */
#include "testing.h"

#include "gradcheck.h"
#include "base/normal.h"
#include "loss/censored.h"
#include "loss/elbo.h"

enum { N = 5, P = 3, L = 4 };

typedef struct loss_case {
    int kind;
    const double *weights;
    double X[N * P], Y[N * 2 * P], H[N * 2 * L], log_sigma[P];
} loss_case;

static void fill(double *x, int64_t n, int64_t stream) { ck_ok(genhep_random_normal(7, stream, 0, n, x)); }

static const int64_t can_be_censored[2] = {0, 2};

static double censored(loss_case *c, int global, double *g, double *gs)
{
    const double *log_sigma = global ? c->log_sigma : NULL;
    double first = global ? gh_gaussian_loss(c->X, c->Y, log_sigma, c->weights, 0.7, N, P, g, gs)
                          : gh_gaussian_event_loss(c->X, c->Y, c->weights, 0.7, N, P, g);
    return first + gh_censored_loss(c->X, c->Y, log_sigma, c->weights, 0.7, N, P, can_be_censored, 2, g, global ? gs : NULL);
}

static double value_of(void *context)
{
    loss_case *c = context;
    double g[N * 2 * P] = {0}, gs[P] = {0}, gH[N * 2 * L] = {0};
    switch (c->kind) {
    case 0: return gh_mse_loss(c->X, c->Y, c->weights, 0.7, N, P, g);
    case 1: return gh_bce_loss(c->X, c->Y, c->weights, 0.7, N, P, g);
    case 2: return gh_gaussian_loss(c->X, c->Y, c->log_sigma, c->weights, 0.7, N, P, g, gs);
    case 3: return gh_gaussian_event_loss(c->X, c->Y, c->weights, 0.7, N, P, g);
    case 5: return censored(c, 1, g, gs);
    case 6: return censored(c, 0, g, gs);
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

/* Some numbers at 0, one of them with a mean of 30 sigma above and one 30 below. */
START_TEST(censored_gradients)
{
    static const double weights[N] = {1, -0.5, 2, 0.3, 1.7};
    for (int weighted = 0; weighted < 2; weighted++) {
        loss_case c = {.weights = weighted ? weights : NULL};
        double g[N * 2 * P], gs[P] = {0};
        fill(c.X, N * P, 1), fill(c.Y, N * 2 * P, 2), fill(c.log_sigma, P, 4);
        int on = 0;
        for (int i = 0; i < N * P; i++)
            if (i % P != 1) c.X[i] = c.X[i] > 0.3 ? c.X[i] : 0, on += c.X[i] > 0;
        ck_assert(on > 0 && on < N * 2);
        c.kind = 5, c.X[0] = c.X[3] = 0, c.Y[0] = 30 * exp(c.log_sigma[0]), c.Y[3] = -c.Y[0];
        censored(&c, 1, g, gs);
        ck_assert(gc_worst(value_of, &c, c.Y, g, N * P) <= 1e-6);
        ck_assert(gc_worst(value_of, &c, c.log_sigma, gs, P) <= 1e-6);
        fill(c.Y, N * 2 * P, 2);
        c.kind = 6, c.Y[0] = 30 * exp(4 * tanh(c.Y[P] / 4)), c.Y[2 * P] = -30 * exp(4 * tanh(c.Y[3 * P] / 4));
        censored(&c, 0, g, gs);
        ck_assert(gc_worst(value_of, &c, c.Y, g, N * 2 * P) <= 1e-6);
    }
}
END_TEST

START_TEST(censored_closed_forms)
{
    /* -log Phi(-y/s) at 0, the Gaussian above; column 1 cannot be censored */
    const double x[3] = {0, 0, 0.5}, y[3] = {-0.3, 0.2, 0.1}, log_sigma[3] = {log(2), 0, log(0.5)};
    const int64_t columns[2] = {0, 2};
    double g[3], gs[3] = {0};
    double found = gh_gaussian_loss(x, y, log_sigma, NULL, 1, 1, 3, g, gs) + gh_censored_loss(x, y, log_sigma, NULL, 1, 1, 3, columns, 2, g, gs);
    double expected = -log(gh_normal_cdf(0.15)) + 0.5 * 0.04 + 0.5 * 0.64 - log(2) + log(2 * M_PI);
    ck_assert_msg(fabs(found - expected) < 1e-13, "%.15g, expected %.15g", found, expected);
    /* log Phi and phi/Phi: exact values, and where the series takes over */
    double hazard;
    ck_assert(fabs(gh_normal_log_cdf(0, &hazard) + log(2)) < 1e-15 && fabs(hazard - sqrt(2 / M_PI)) < 1e-15);
    ck_assert(fabs(gh_normal_log_cdf(-37, &hazard) / log(0.5 * erfc(37 / sqrt(2))) - 1) < 1e-13 && fabs(hazard - 37.026987694) < 1e-8);
    double below = gh_normal_log_cdf(-20.0000001, &hazard), above = gh_normal_log_cdf(-19.9999999, &hazard);
    ck_assert(fabs(above - below - 2e-7 * hazard) < 1e-10);
    ck_assert(isfinite(gh_normal_log_cdf(-1e6, &hazard)) && fabs(hazard / 1e6 - 1) < 1e-11);
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

GH_TEST_MAIN("elbo", gradients, closed_forms, censored_gradients, censored_closed_forms)
