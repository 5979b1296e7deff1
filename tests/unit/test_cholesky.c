/* test_cholesky.c -- factors of symmetric matrices: their product, solutions, pivots that are too small. */
#include "testing.h"

#include <math.h>

#include "linalg/cholesky.h"

enum { MOST = 12 };

/* A = B B^T + I/10 of n random rows. */
static void make_matrix(int64_t n, double *A)
{
    double B[MOST * MOST];
    ck_ok(genhep_random_normal(7, n, 0, n * n, B));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            A[i * n + j] = i == j ? 0.1 : 0;
            for (int64_t k = 0; k < n; k++) A[i * n + j] += B[i * n + k] * B[j * n + k];
        }
}

START_TEST(product_and_solution)
{
    for (int64_t n = 1; n <= MOST; n++) {
        double A[MOST * MOST], L[MOST * MOST], b[MOST], x[MOST];
        make_matrix(n, A);
        memcpy(L, A, sizeof L);
        gh_cholesky(n, L, 1e-12);
        ck_ok(genhep_random_normal(8, n, 0, n, b));
        memcpy(x, b, sizeof x);
        gh_cholesky_solve(n, L, x);
        for (int64_t i = 0; i < n; i++) {
            double back = 0;
            for (int64_t j = 0; j < n; j++) {
                double sum = 0;
                for (int64_t k = 0; k < n; k++) sum += L[i * n + k] * L[j * n + k];
                ck_assert_msg(fabs(sum - A[i * n + j]) < 1e-12 * MOST, "n %d: %d %d", (int)n, (int)i, (int)j);
                ck_assert(j <= i || L[i * n + j] == 0);
                back += A[i * n + j] * x[j];
            }
            ck_assert_msg(fabs(back - b[i]) < 1e-9, "n %d, row %d: %g", (int)n, (int)i, back - b[i]);
        }
    }
}
END_TEST

/* A matrix of rank one: the second pivot, 0, counts as the least one. */
START_TEST(least_pivots)
{
    double A[4] = {4, 2, 2, 1};
    gh_cholesky(2, A, 0.25);
    ck_assert(A[0] == 2 && A[1] == 0 && A[2] == 1 && A[3] == 0.5);
}
END_TEST

GH_TEST_MAIN("cholesky", product_and_solution, least_pivots)
