/* cholesky.c -- see cholesky.h. */
#include "linalg/cholesky.h"

#include <math.h>

void gh_cholesky(int64_t n, double *matrix, double least)
{
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < n; i++) {
            double sum = matrix[i * n + j];
            for (int64_t k = 0; i >= j && k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
            if (i < j) sum = 0;
            if (i == j) sum = sqrt(sum > least ? sum : least);
            if (i > j) sum /= matrix[j * n + j];
            matrix[i * n + j] = sum;
        }
}

void gh_cholesky_solve(int64_t n, const double *factor, double *x)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) x[i] -= factor[i * n + j] * x[j];
        x[i] /= factor[i * n + i];
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        for (int64_t j = i + 1; j < n; j++) x[i] -= factor[j * n + i] * x[j];
        x[i] /= factor[i * n + i];
    }
}
