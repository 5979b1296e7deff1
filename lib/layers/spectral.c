/* spectral.c -- spectral normalisation: power iteration, scaling, and the gradient's correction.
 * Matrices are passed over row by row in memory order; sums over a row in gh_real, over rows in double.
 * Tests: tests/grad/test_spectral.c. */
#include "layers/spectral.h"

#include <math.h>

/* x = x/|x|; @return |x|. A zero vector stays zero. */
static double normalise(gh_real *x, int64_t n)
{
    double square = 0;
    for (int64_t i = 0; i < n; i++) square += (double)x[i] * (double)x[i];
    const double length = sqrt(square);
    const gh_real inverse = length > 0 ? (gh_real)(1 / length) : 0;
    for (int64_t i = 0; i < n; i++) x[i] *= inverse;
    return length;
}

GH_CLONES
static void times_transposed(gh_real *v, const gh_real *W, const gh_real *u, int64_t O, int64_t I)
{
    for (int64_t i = 0; i < I; i++) v[i] = 0;
    for (int64_t o = 0; o < O; o++) {
        const gh_real at = u[o], *row = W + o * I;
#pragma omp simd
        for (int64_t i = 0; i < I; i++) v[i] += at * row[i];
    }
}

GH_CLONES
static void times(gh_real *u, const gh_real *W, const gh_real *v, int64_t O, int64_t I)
{
    for (int64_t o = 0; o < O; o++) {
        const gh_real *row = W + o * I;
        gh_real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < I; i++) sum += row[i] * v[i];
        u[o] = sum;
    }
}

/* After u = W v/|W v| the quotient u^T W v is |W v|. A u that W sends to zero would stay zero, so it starts again. */
double gh_spectral_sigma(const gh_real *W, gh_real *u, gh_real *v, int64_t O, int64_t I, int iterations)
{
    double sigma = 0;
    for (int k = 0; k < iterations; k++) {
        times_transposed(v, W, u, O, I);
        normalise(v, I);
        times(u, W, v, O, I);
        sigma = normalise(u, O);
        for (int64_t o = 0; sigma == 0 && o < O; o++) u[o] = (gh_real)(1 / sqrt((double)O));
    }
    return sigma < GH_SPECTRAL_LEAST ? GH_SPECTRAL_LEAST : sigma; /* NaN stays */
}

void gh_spectral_apply(gh_real *normed, const gh_real *W, double sigma, int64_t O, int64_t I)
{
    const gh_real inverse = (gh_real)(1 / sigma);
    for (int64_t k = 0; k < O * I; k++) normed[k] = W[k] * inverse;
}

GH_CLONES
void gh_spectral_backward(gh_real *gW, const gh_real *normed, const gh_real *u, const gh_real *v, double sigma,
                          int64_t O, int64_t I)
{
    double product = 0;
    for (int64_t o = 0; o < O; o++) {
        gh_real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < I; i++) sum += gW[o * I + i] * normed[o * I + i];
        product += (double)sum;
    }
    const gh_real inverse = (gh_real)(1 / sigma), share = (gh_real)product;
    for (int64_t o = 0; o < O; o++) {
        const gh_real at = share * u[o];
#pragma omp simd
        for (int64_t i = 0; i < I; i++) gW[o * I + i] = (gW[o * I + i] - at * v[i]) * inverse;
    }
}
