/* adversarial.c -- losses of discriminator and generator and gradient penalties, value and derivative side by side.
 * A batch has a logit per event only, so rows are computed in double with libm: 1024 rows take some 20 microseconds.
 * Tests: tests/grad/test_adversarial.c. */
#include "loss/adversarial.h"

#include <math.h>
#include <string.h>

static int index_of(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0) return i;
    return -1;
}

int gh_gan_loss_of(const char *name)
{
    static const char *const names[] = {"nonsaturating", "minimax", "least_squares", "wasserstein", "hinge", "mse"};
    return index_of(name, names, (int)(sizeof names / sizeof *names));
}

int gh_penalty_of(const char *name)
{
    static const char *const names[] = {"none", "logit", "r1", "r2", "r1r2", "gradient"};
    return index_of(name, names, (int)(sizeof names / sizeof *names));
}

int gh_penalty_points(enum gh_penalty kind)
{
    switch (kind) {
    case GH_PENALTY_NONE: return 0;
    case GH_PENALTY_R1: return GH_PENALTY_ON_TRUTH;
    case GH_PENALTY_R2: return GH_PENALTY_ON_GENERATED;
    case GH_PENALTY_GRADIENT: return GH_PENALTY_ON_INTERPOLATES;
    case GH_PENALTY_LOGIT:
    case GH_PENALTY_R1R2: break;
    }
    return GH_PENALTY_ON_TRUTH | GH_PENALTY_ON_GENERATED;
}

/* The exponent is never positive, so nothing overflows. */
static double sigmoid(double x)
{
    double e = exp(-fabs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/* log(1 + exp(x)) and its derivative, the sigmoid */
static double softplus(double x, double *slope)
{
    *slope = sigmoid(x);
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

/* Loss of one row and its derivative by phi. With sign = -1 for truth and +1 for generated events the two halves are
 * one formula of sign * phi, except for least squares. */
static double discriminator_row(enum gh_gan_loss kind, int truth, double phi, double *slope)
{
    const double sign = truth ? -1 : 1;
    double value = 0, inner = 0, target = truth ? 1 : 0;
    switch (kind) {
    case GH_GAN_NONSATURATING:
    case GH_GAN_MINIMAX:
    case GH_GAN_MSE:
        value = softplus(sign * phi, &inner);
        *slope = sign * inner;
        return value;
    case GH_GAN_LEAST_SQUARES: *slope = phi - target; return 0.5 * (phi - target) * (phi - target);
    case GH_GAN_WASSERSTEIN: *slope = sign; return sign * phi;
    case GH_GAN_HINGE:
        value = 1 + sign * phi;
        *slope = value > 0 ? sign : 0;
        return value > 0 || isnan(value) ? value : 0;
    }
    *slope = 0;
    return 0;
}

static double generator_row(enum gh_gan_loss kind, double phi, double *slope)
{
    double value = 0, inner = 0;
    switch (kind) {
    case GH_GAN_NONSATURATING:
        value = softplus(-phi, &inner);
        *slope = -inner;
        return value;
    case GH_GAN_MINIMAX:
        value = softplus(phi, &inner);
        *slope = -inner;
        return -value;
    case GH_GAN_MSE:
        value = 1 - sigmoid(phi);
        *slope = -2 * value * value * (1 - value);
        return value * value;
    case GH_GAN_LEAST_SQUARES: *slope = phi - 1; return 0.5 * (phi - 1) * (phi - 1);
    case GH_GAN_WASSERSTEIN:
    case GH_GAN_HINGE: break;
    }
    *slope = -1;
    return -phi;
}

static inline double weight_of(const gh_real *weights, int64_t i, double scale)
{
    return weights ? (double)weights[i] * scale : scale;
}

double gh_discriminator_loss(enum gh_gan_loss kind, int truth, const gh_real *phi, const gh_real *weights, double scale,
                             int64_t N, gh_real *g)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale), slope;
        total += w * discriminator_row(kind, truth, (double)phi[i], &slope);
        g[i] = (gh_real)(w * slope);
    }
    return total;
}

double gh_generator_loss(enum gh_gan_loss kind, const gh_real *phi, const gh_real *weights, double scale, int64_t N,
                         gh_real *g)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale), slope;
        total += w * generator_row(kind, (double)phi[i], &slope);
        g[i] = (gh_real)(w * slope);
    }
    return total;
}

void gh_generator_rows(enum gh_gan_loss kind, const gh_real *phi, int64_t N, gh_real *loss)
{
    double slope;
    for (int64_t i = 0; i < N; i++) loss[i] = (gh_real)generator_row(kind, (double)phi[i], &slope);
}

/* (1-D)^2 s on truth: 1 - D(phi) = D(-phi), so both halves are D(sign phi)^2 s with sign = -1 for truth, and
 * d/dphi D^2 = sign 2 D^2 (1 - D). */
static double penalty_row(enum gh_penalty kind, int truth, double phi, double s, double *by_phi, double *by_s)
{
    *by_phi = 0;
    switch (kind) {
    case GH_PENALTY_LOGIT: {
        const double sign = truth ? -1 : 1, d = sigmoid(sign * phi);
        *by_s = d * d;
        *by_phi = sign * 2 * d * d * sigmoid(-sign * phi) * s;
        break;
    }
    case GH_PENALTY_GRADIENT: {
        const double root = sqrt(s + GH_PENALTY_EPSILON);
        *by_s = 1 - 1 / root;
        return (root - 1) * (root - 1);
    }
    case GH_PENALTY_NONE:
    case GH_PENALTY_R1:
    case GH_PENALTY_R2:
    case GH_PENALTY_R1R2:
        *by_s = gh_penalty_points(kind) & (truth ? GH_PENALTY_ON_TRUTH : GH_PENALTY_ON_GENERATED) ? 1 : 0;
        break;
    }
    return *by_s * s;
}

double gh_penalty_loss(enum gh_penalty kind, int truth, const gh_real *phi, const gh_real *s, const gh_real *weights,
                       double scale, int64_t N, gh_real *g_phi, gh_real *g_s)
{
    double total = 0;
    for (int64_t i = 0; i < N; i++) {
        double w = weight_of(weights, i, scale), by_phi = 0, by_s = 0;
        total += w * penalty_row(kind, truth, (double)phi[i], (double)s[i], &by_phi, &by_s);
        g_phi[i] += (gh_real)(w * by_phi);
        g_s[i] = (gh_real)(w * by_s);
    }
    return total;
}
