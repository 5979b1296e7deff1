/* optimiser.c -- Adam (1412.6980), AdamW (1711.05101), SGD with momentum in Nesterov's form as Keras has it
 *   Adam   m = b1 m + (1-b1) g,  v = b2 v + (1-b2) g^2,  w -= rate (m / c1) / (sqrt(v / c2) + eps)
 *   AdamW  the same and w -= rate decay w
 *   SGD    u = mu u - rate g;  w += u   or, Nesterov,  w += mu u - rate g
 * Tests: tests/unit/test_optimiser.c compares with scalar recursions. */
#include "train/optimiser.h"

#include <math.h>

GH_CLONES
static void adam(const gh_update *update, int64_t n, const gh_real *gradient, gh_real *w, gh_real *first, gh_real *second)
{
    const gh_real scale = (gh_real)update->scale, b1 = (gh_real)update->beta1, b2 = (gh_real)update->beta2;
    const gh_real rate = (gh_real)(update->rate / update->correction1), root = (gh_real)(1 / sqrt(update->correction2));
    const gh_real epsilon = (gh_real)update->epsilon;
    const gh_real l2 = update->kind == GH_ADAM ? (gh_real)update->weight_decay : 0;
    const gh_real shrink = update->kind == GH_ADAMW ? (gh_real)(update->rate * update->weight_decay) : 0;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        gh_real g = gradient[i] * scale + l2 * w[i];
        gh_real m = b1 * first[i] + (1 - b1) * g, v = b2 * second[i] + (1 - b2) * g * g;
        first[i] = m;
        second[i] = v;
#ifdef GH_REAL_DOUBLE
        w[i] -= rate * m / (sqrt(v) * root + epsilon) + shrink * w[i];
#else
        w[i] -= rate * m / (sqrtf(v) * root + epsilon) + shrink * w[i];
#endif
    }
}

GH_CLONES
static void sgd(const gh_update *update, int64_t n, const gh_real *gradient, gh_real *w, gh_real *velocity)
{
    const gh_real scale = (gh_real)update->scale, mu = (gh_real)update->momentum, rate = (gh_real)update->rate;
    const gh_real l2 = (gh_real)update->weight_decay, look_ahead = update->nesterov ? 1 : 0;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        gh_real step = -rate * (gradient[i] * scale + l2 * w[i]);
        gh_real u = mu * velocity[i] + step;
        velocity[i] = u;
        w[i] += look_ahead * (mu * u + step) + (1 - look_ahead) * u;
    }
}

GH_CLONES
static void update_average(gh_real decay, int64_t n, const gh_real *w, gh_real *average)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++) average[i] += (1 - decay) * (w[i] - average[i]);
}

void gh_optimiser_update(const gh_update *update, int64_t n, const gh_real *gradient, gh_real *w, gh_real *first, gh_real *second,
                         gh_real *average)
{
    if (update->kind == GH_SGD) sgd(update, n, gradient, w, first);
    else adam(update, n, gradient, w, first, second);
    if (average && update->average >= 0) update_average((gh_real)update->average, n, w, average);
}
