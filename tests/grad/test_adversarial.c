/* test_adversarial.c -- values and gradients of the adversarial losses and the gradient penalties. */
#include "testing.h"

#include "gradcheck.h"
#include "loss/adversarial.h"

enum { N = 7, LOSSES = 6, PENALTIES = 6 };

static const double some_weights[N] = {1, -0.5, 2, 0.3, 1.7, -1.1, 0.6};

typedef struct adversarial_case {
    int kind, truth, generator;
    const double *weights;
    double phi[N], s[N];
} adversarial_case;

static adversarial_case start(const double *weights)
{
    adversarial_case c = {.weights = weights};
    ck_ok(genhep_random_normal(11, 1, 0, N, c.phi));
    ck_ok(genhep_random_uniform(11, 2, 0, N, c.s));
    for (int i = 0; i < N; i++) c.phi[i] *= 3, c.s[i] = 0.05 + 4 * c.s[i];
    return c;
}

static double loss_of(void *context)
{
    adversarial_case *c = context;
    double g[N];
    if (c->generator) return gh_generator_loss((enum gh_gan_loss)c->kind, c->phi, c->weights, 0.7, N, g);
    return gh_discriminator_loss((enum gh_gan_loss)c->kind, c->truth, c->phi, c->weights, 0.7, N, g);
}

static double penalty_of(void *context)
{
    adversarial_case *c = context;
    double g_phi[N] = {0}, g_s[N];
    return gh_penalty_loss((enum gh_penalty)c->kind, c->truth, c->phi, c->s, c->weights, 0.7, N, g_phi, g_s);
}

START_TEST(gradients)
{
    for (int weighted = 0; weighted < 2; weighted++)
        for (int kind = 0; kind < LOSSES; kind++) {
            adversarial_case c = start(weighted ? some_weights : NULL);
            double g[N], rows[N];
            c.kind = kind;
            for (c.truth = 0; c.truth < 2; c.truth++) {
                gh_discriminator_loss((enum gh_gan_loss)kind, c.truth, c.phi, c.weights, 0.7, N, g);
                ck_assert(gc_worst(loss_of, &c, c.phi, g, N) <= 1e-7);
            }
            c.generator = 1;
            double value = gh_generator_loss((enum gh_gan_loss)kind, c.phi, c.weights, 0.7, N, g), sum = 0;
            ck_assert(gc_worst(loss_of, &c, c.phi, g, N) <= 1e-7);
            gh_generator_rows((enum gh_gan_loss)kind, c.phi, N, rows);
            for (int i = 0; i < N; i++) sum += 0.7 * rows[i] * (weighted ? some_weights[i] : 1);
            ck_assert(fabs(sum - value) <= 1e-13);
        }
}
END_TEST

START_TEST(penalty_gradients)
{
    for (int weighted = 0; weighted < 2; weighted++)
        for (int kind = 0; kind < PENALTIES; kind++)
            for (int truth = 0; truth < 2; truth++) {
                adversarial_case c = start(weighted ? some_weights : NULL);
                c.kind = kind, c.truth = truth;
                double g_phi[N], g_s[N];
                for (int i = 0; i < N; i++) g_phi[i] = 10 + i;
                gh_penalty_loss((enum gh_penalty)kind, truth, c.phi, c.s, c.weights, 0.7, N, g_phi, g_s);
                for (int i = 0; i < N; i++) g_phi[i] -= 10 + i; /* it adds */
                ck_assert(gc_worst(penalty_of, &c, c.phi, g_phi, N) <= 1e-7);
                ck_assert(gc_worst(penalty_of, &c, c.s, g_s, N) <= 1e-7);
            }
}
END_TEST

START_TEST(closed_forms)
{
    double g, zero = 0, far = 900;
    /* equilibrium: D = 1/2, each half is log 2 */
    ck_assert(fabs(gh_discriminator_loss(GH_GAN_NONSATURATING, 1, &zero, NULL, 1, 1, &g) - log(2)) < 1e-15 &&
              g == -0.5);
    ck_assert(fabs(gh_discriminator_loss(GH_GAN_NONSATURATING, 0, &zero, NULL, 1, 1, &g) - log(2)) < 1e-15 && g == 0.5);
    ck_assert(fabs(gh_generator_loss(GH_GAN_NONSATURATING, &zero, NULL, 1, 1, &g) - log(2)) < 1e-15 && g == -0.5);
    ck_assert(fabs(gh_generator_loss(GH_GAN_MINIMAX, &zero, NULL, 1, 1, &g) + log(2)) < 1e-15 && g == -0.5);
    /* nothing overflows or turns to NaN far out */
    ck_assert(gh_discriminator_loss(GH_GAN_NONSATURATING, 0, &far, NULL, 1, 1, &g) == 900 && g == 1);
    ck_assert(gh_discriminator_loss(GH_GAN_NONSATURATING, 1, &far, NULL, 1, 1, &g) == 0 && fabs(g) < 1e-300);
    double x = 3, half = 0.5;
    ck_assert(gh_discriminator_loss(GH_GAN_LEAST_SQUARES, 1, &x, NULL, 1, 1, &g) == 2 && g == 2);
    ck_assert(gh_discriminator_loss(GH_GAN_LEAST_SQUARES, 0, &x, NULL, 1, 1, &g) == 4.5 && g == 3);
    ck_assert(gh_generator_loss(GH_GAN_LEAST_SQUARES, &x, NULL, 1, 1, &g) == 2 && g == 2);
    ck_assert(gh_discriminator_loss(GH_GAN_WASSERSTEIN, 1, &x, NULL, 2, 1, &g) == -6 && g == -2);
    ck_assert(gh_generator_loss(GH_GAN_WASSERSTEIN, &x, NULL, 1, 1, &g) == -3 && g == -1);
    ck_assert(gh_discriminator_loss(GH_GAN_HINGE, 1, &x, NULL, 1, 1, &g) == 0 && g == 0);
    ck_assert(gh_discriminator_loss(GH_GAN_HINGE, 1, &half, NULL, 1, 1, &g) == 0.5 && g == -1);
    ck_assert(gh_discriminator_loss(GH_GAN_HINGE, 0, &half, NULL, 1, 1, &g) == 1.5 && g == 1);
    ck_assert(gh_discriminator_loss(GH_GAN_MSE, 1, &zero, NULL, 1, 1, &g) == log(2) && g == -0.5);
    ck_assert(gh_generator_loss(GH_GAN_MSE, &zero, NULL, 1, 1, &g) == 0.25 && g == -0.25); /* (1-D)^2 at D = 1/2 */
    double missing = NAN; /* never hidden */
    for (int kind = 0; kind < LOSSES; kind++)
        for (int truth = 0; truth < 2; truth++)
            ck_assert(isnan(gh_discriminator_loss((enum gh_gan_loss)kind, truth, &missing, NULL, 1, 1, &g)));
}
END_TEST

START_TEST(penalty_values)
{
    double g_phi = 0, g_s, zero = 0, s = 3, four = 4, three = log(3); /* D = 3/4 */
    /* equilibrium: D^2 = (1-D)^2 = 1/4 */
    ck_assert(fabs(gh_penalty_loss(GH_PENALTY_LOGIT, 1, &zero, &s, NULL, 1, 1, &g_phi, &g_s) - 0.75) < 1e-15);
    ck_assert(fabs(gh_penalty_loss(GH_PENALTY_LOGIT, 1, &three, &s, NULL, 1, 1, &g_phi, &g_s) - 3.0 / 16) < 1e-15);
    ck_assert(fabs(gh_penalty_loss(GH_PENALTY_LOGIT, 0, &three, &s, NULL, 1, 1, &g_phi, &g_s) - 27.0 / 16) < 1e-15);
    for (int truth = 0; truth < 2; truth++) {
        ck_assert(gh_penalty_loss(GH_PENALTY_NONE, truth, &three, &s, NULL, 1, 1, &g_phi, &g_s) == 0 && g_s == 0);
        ck_assert(gh_penalty_loss(GH_PENALTY_R1, truth, &three, &s, NULL, 1, 1, &g_phi, &g_s) == (truth ? 3 : 0));
        ck_assert(gh_penalty_loss(GH_PENALTY_R2, truth, &three, &s, NULL, 1, 1, &g_phi, &g_s) == (truth ? 0 : 3));
        ck_assert(gh_penalty_loss(GH_PENALTY_R1R2, truth, &three, &s, NULL, 1, 1, &g_phi, &g_s) == 3 && g_s == 1);
        ck_assert(fabs(gh_penalty_loss(GH_PENALTY_GRADIENT, truth, &three, &four, NULL, 1, 1, &g_phi, &g_s) - 1) <
                  1e-11);
        ck_assert(fabs(g_s - 0.5) < 1e-12);
        /* at s = 0 finite, and the product with ds = 2 grad . dgrad vanishes with grad */
        ck_assert(fabs(gh_penalty_loss(GH_PENALTY_GRADIENT, truth, &three, &zero, NULL, 1, 1, &g_phi, &g_s) - 1) <
                  1e-5);
        ck_assert(isfinite(g_s) && fabs(g_s) <= 1 / sqrt(GH_PENALTY_EPSILON));
    }
    ck_assert_int_eq(gh_penalty_points(GH_PENALTY_NONE), 0);
    ck_assert_int_eq(gh_penalty_points(GH_PENALTY_LOGIT), GH_PENALTY_ON_TRUTH | GH_PENALTY_ON_GENERATED);
    ck_assert_int_eq(gh_penalty_points(GH_PENALTY_R1), GH_PENALTY_ON_TRUTH);
    ck_assert_int_eq(gh_penalty_points(GH_PENALTY_R2), GH_PENALTY_ON_GENERATED);
    ck_assert_int_eq(gh_penalty_points(GH_PENALTY_R1R2), GH_PENALTY_ON_TRUTH | GH_PENALTY_ON_GENERATED);
    ck_assert_int_eq(gh_penalty_points(GH_PENALTY_GRADIENT), GH_PENALTY_ON_INTERPOLATES);
}
END_TEST

/* Slices of a batch add up to the batch, values and gradients. */
START_TEST(slices)
{
    adversarial_case c = start(some_weights);
    double whole[N], part[N];
    double all = gh_discriminator_loss(GH_GAN_NONSATURATING, 0, c.phi, c.weights, 0.7, N, whole);
    double sum = gh_discriminator_loss(GH_GAN_NONSATURATING, 0, c.phi, c.weights, 0.7, 3, part) +
                 gh_discriminator_loss(GH_GAN_NONSATURATING, 0, c.phi + 3, c.weights + 3, 0.7, N - 3, part + 3);
    ck_assert(fabs(all - sum) <= 1e-14 && memcmp(whole, part, sizeof whole) == 0);
}
END_TEST

START_TEST(names)
{
    ck_assert_int_eq(gh_gan_loss_of("nonsaturating"), GH_GAN_NONSATURATING);
    ck_assert_int_eq(gh_gan_loss_of("minimax"), GH_GAN_MINIMAX);
    ck_assert_int_eq(gh_gan_loss_of("least_squares"), GH_GAN_LEAST_SQUARES);
    ck_assert_int_eq(gh_gan_loss_of("wasserstein"), GH_GAN_WASSERSTEIN);
    ck_assert_int_eq(gh_gan_loss_of("hinge"), GH_GAN_HINGE);
    ck_assert_int_eq(gh_gan_loss_of("mse"), GH_GAN_MSE);
    ck_assert_int_eq(gh_gan_loss_of("hinges"), -1);
    ck_assert_int_eq(gh_penalty_of("none"), GH_PENALTY_NONE);
    ck_assert_int_eq(gh_penalty_of("logit"), GH_PENALTY_LOGIT);
    ck_assert_int_eq(gh_penalty_of("r1"), GH_PENALTY_R1);
    ck_assert_int_eq(gh_penalty_of("r2"), GH_PENALTY_R2);
    ck_assert_int_eq(gh_penalty_of("r1r2"), GH_PENALTY_R1R2);
    ck_assert_int_eq(gh_penalty_of("gradient"), GH_PENALTY_GRADIENT);
    ck_assert_int_eq(gh_penalty_of(""), -1);
}
END_TEST

GH_TEST_MAIN("adversarial", gradients, penalty_gradients, closed_forms, penalty_values, slices, names)
