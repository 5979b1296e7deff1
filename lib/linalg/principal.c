/* principal.c -- cyclic Jacobi rotations (Golub, Van Loan, Matrix Computations, section 8.5). */
#include "linalg/principal.h"

#include <math.h>

static void rotate(int64_t n, double *A, double *V, int64_t p, int64_t q)
{
    double apq = A[p * n + q];
    if (fabs(apq) < 1e-300) return;
    double theta = (A[q * n + q] - A[p * n + p]) / (2 * apq);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (int64_t k = 0; k < n; k++) {
        double akp = A[k * n + p], akq = A[k * n + q];
        A[k * n + p] = c * akp - s * akq;
        A[k * n + q] = s * akp + c * akq;
    }
    for (int64_t k = 0; k < n; k++) {
        double apk = A[p * n + k], aqk = A[q * n + k], vp = V[p * n + k], vq = V[q * n + k];
        A[p * n + k] = c * apk - s * aqk;
        A[q * n + k] = s * apk + c * aqk;
        V[p * n + k] = c * vp - s * vq;
        V[q * n + k] = s * vp + c * vq;
    }
}

void gh_principal_components(int64_t n, double *A, double *values, double *vectors)
{
    for (int64_t i = 0; i < n * n; i++) vectors[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < 64; sweep++) {
        double off = 0, diagonal = 0;
        for (int64_t p = 0; p < n; p++) {
            diagonal += A[p * n + p] * A[p * n + p];
            for (int64_t q = p + 1; q < n; q++) off += A[p * n + q] * A[p * n + q];
        }
        if (off <= 1e-30 * diagonal) break;
        for (int64_t p = 0; p < n; p++)
            for (int64_t q = p + 1; q < n; q++) rotate(n, A, vectors, p, q);
    }
    for (int64_t i = 0; i < n; i++) values[i] = A[i * n + i];
    for (int64_t i = 0; i < n; i++) /* selection sort: n is a few dozen */
        for (int64_t j = i + 1; j < n; j++)
            if (values[j] > values[i]) {
                double swap = values[i];
                values[i] = values[j], values[j] = swap;
                for (int64_t k = 0; k < n; k++) {
                    swap = vectors[i * n + k];
                    vectors[i * n + k] = vectors[j * n + k], vectors[j * n + k] = swap;
                }
            }
}
