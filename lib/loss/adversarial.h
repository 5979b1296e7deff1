/* adversarial.h -- losses of discriminator and generator, and gradient penalties, as functions of the logit.
 *
 * The discriminator gives one number per event, the logit phi; D = 1/(1 + exp(-phi)) where a probability is meant. All
 * losses are sums over the N rows of weight_i times the row's loss times `scale`, so that slices of a batch add up; the
 * caller puts 1/(total weight) into `scale`. weights NULL means ones; weights may have either sign. Derivation:
 * docs/internals/ADVERSARIAL.md. */
#ifndef GH_ADVERSARIAL_H
#define GH_ADVERSARIAL_H

#include "base/real.h"

/* The row's loss:        discriminator, truth   discriminator, generated   generator           source
 * nonsaturating          softplus(-phi)         softplus(phi)              softplus(-phi)      1406.2661
 * minimax                softplus(-phi)         softplus(phi)              -softplus(phi)      1406.2661
 * mse                    softplus(-phi)         softplus(phi)              (1-D)^2             tabular GANs
 * least_squares          (phi-1)^2/2            phi^2/2                    (phi-1)^2/2         1611.04076
 * wasserstein            -phi                   phi                        -phi                1701.07875
 * hinge                  max(0, 1-phi)          max(0, 1+phi)              -phi                1705.02894
 * with softplus(x) = log(1 + exp(x)), so softplus(-phi) = -log D and softplus(phi) = -log(1 - D). */
enum gh_gan_loss {
    GH_GAN_NONSATURATING = 0,
    GH_GAN_MINIMAX = 1,
    GH_GAN_LEAST_SQUARES = 2,
    GH_GAN_WASSERSTEIN = 3,
    GH_GAN_HINGE = 4,
    GH_GAN_MSE = 5
};

/** By name: nonsaturating minimax least_squares wasserstein hinge mse; -1 when unknown. */
int gh_gan_loss_of(const char *name);

/** One half of the discriminator's loss. @param truth 1 for truth events, 0 for generated ones; phi (N), weights (N) or
 * NULL; g (N) = d/dphi, assigned. @return the weighted sum times scale */
double gh_discriminator_loss(enum gh_gan_loss kind, int truth, const gh_real *phi, const gh_real *weights, double scale,
                             int64_t N, gh_real *g);

/** The generator's loss from the logits of its events; g (N) assigned. @return the weighted sum times scale */
double gh_generator_loss(enum gh_gan_loss kind, const gh_real *phi, const gh_real *weights, double scale, int64_t N,
                         gh_real *g);

/** The rows of gh_generator_loss one by one, without weights and scale: loss (N). It is the derivative by the weights,
 * which a generator needs when the weights are its own soft labels. */
void gh_generator_rows(enum gh_gan_loss kind, const gh_real *phi, int64_t N, gh_real *loss);

/* The row's penalty, a function of phi and of s = |grad_x phi|^2 at the same point:
 * none       0
 * logit      (1-D)^2 s on truth, D^2 s on generated   1705.09367; used in 1907.03764
 * r1         s on truth                               1801.04406
 * r2         s on generated                           1801.04406
 * r1r2       s on both
 * gradient   (sqrt(s) - 1)^2 on interpolates          1704.00028
 * The customary factors (lambda/2 in front of logit, gamma/2 in front of r1) belong into `scale`. */
enum gh_penalty {
    GH_PENALTY_NONE = 0,
    GH_PENALTY_LOGIT = 1,
    GH_PENALTY_R1 = 2,
    GH_PENALTY_R2 = 3,
    GH_PENALTY_R1R2 = 4,
    GH_PENALTY_GRADIENT = 5
};

/** By name: none logit r1 r2 r1r2 gradient; -1 when unknown. */
int gh_penalty_of(const char *name);

/** Where a penalty acts, added up. */
enum { GH_PENALTY_ON_TRUTH = 1, GH_PENALTY_ON_GENERATED = 2, GH_PENALTY_ON_INTERPOLATES = 4 };
int gh_penalty_points(enum gh_penalty kind);

/** Added to s under the root of `gradient`: the derivative 1 - 1/sqrt(s + eps) is finite at s = 0, where its product
 * with ds = 2 grad . dgrad vanishes. */
#define GH_PENALTY_EPSILON 1e-12

/** @param truth 1 for truth events, 0 for generated ones; `gradient` does not look at it. phi, s (N), s >= 0;
 * g_phi (N) += dF/dphi, g_s (N) = dF/ds. Rows where the penalty does not act get nothing and g_s = 0.
 * @return the weighted sum F times scale */
double gh_penalty_loss(enum gh_penalty kind, int truth, const gh_real *phi, const gh_real *s, const gh_real *weights,
                       double scale, int64_t N, gh_real *g_phi, gh_real *g_s);

#endif
