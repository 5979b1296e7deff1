/* test_principal.c -- principal components: orthonormal, sorted, variances add up. */
#include "testing.h"

#include "linalg/principal.h"

START_TEST(orthonormal_and_complete)
{
    enum { L = 20, N = 500 };
    double x[N * L], A[L * L] = {0}, C[L * L], values[L], V[L * L], trace = 0, sum = 0;
    ck_ok(genhep_random_normal(1, 0, 0, N * L, x));
    for (int i = 0; i < N; i++)
        for (int a = 0; a < L; a++)
            for (int b = 0; b < L; b++) A[a * L + b] += x[i * L + a] * x[i * L + b] * (1 + a % 3) * (1 + b % 3) / N;
    memcpy(C, A, sizeof C);
    gh_principal_components(L, A, values, V);
    for (int a = 0; a < L; a++) {
        trace += C[a * L + a];
        sum += values[a];
        if (a) ck_assert(values[a] <= values[a - 1]);
        for (int b = 0; b < L; b++) {
            double dot = 0, image = 0;
            for (int k = 0; k < L; k++) dot += V[a * L + k] * V[b * L + k];
            ck_assert(fabs(dot - (a == b)) < 1e-12);
            for (int k = 0; k < L; k++) image += C[b * L + k] * V[a * L + k];
            ck_assert(fabs(image - values[a] * V[a * L + b]) < 1e-11);
        }
    }
    ck_assert(fabs(sum - trace) < 1e-11);
}
END_TEST

GH_TEST_MAIN("principal", orthonormal_and_complete)
