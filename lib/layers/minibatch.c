/* minibatch.c -- minibatch discrimination, forward and backward
 *   M = T X^T            T (BC,I)  X (N,I)  M (BC,N): one number of all rows lies in memory order
 *   e_ijb = exp(-sum_c |M_bci - M_bcj|),  o_ib = sum_{j != i} e_ijb/(N-1)
 *   e is symmetric, so M_bci acts through o_ib and through every o_jb:
 *   gM_bci = -sum_j (g_ib + g_jb) e_ijb sign(M_bci - M_bcj)/(N-1)
 *   gT += gM X,  gX = gM^T T + the part of gY that belongs to X
 *   tangent: Mdot = T Xdot^T,  edot_ijb = -e_ijb sum_c sign(M_bci - M_bcj) (Mdot_bci - Mdot_bcj),  odot as o;
 *   what edot makes of gM, g at rest: -sum_j (g_ib + g_jb) edot_ijb sign(M_bci - M_bcj)/(N-1)
 * Tests: tests/grad/test_minibatch.c. */
#include "layers/minibatch.h"

#include <math.h>
#include <string.h>

#include "linalg/gemm.h"

#ifdef GH_REAL_DOUBLE
#define EXP exp
#define ABS fabs
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#define ABS fabsf
#endif

#define FARTHEST ((gh_real)60) /* exponent, 9e-27: sums of subnormal numbers are slow */

/* e_ij of one kernel m (C,N) for row i and all rows j; 0 for j = i. */
static inline __attribute__((always_inline)) void closeness(gh_real *e, const gh_real *m, int64_t i, int64_t N,
                                                            int64_t C)
{
    memset(e, 0, (size_t)N * sizeof *e);
    for (int64_t c = 0; c < C; c++) {
        const gh_real *row = m + c * N, at = row[i];
#pragma omp simd
        for (int64_t j = 0; j < N; j++) e[j] += ABS(at - row[j]);
    }
#pragma omp simd
    for (int64_t j = 0; j < N; j++) {
        gh_real distance = e[j] > FARTHEST ? FARTHEST : e[j];
        e[j] = EXP(-distance);
    }
    e[i] = 0;
}

static gh_real share(int64_t N) { return N > 1 ? 1 / (gh_real)(N - 1) : 0; }

GH_CLONES
static void features(gh_real *Y, const gh_real *M, int64_t N, int64_t I, int64_t B, int64_t C)
{
    gh_real e[GH_MINIBATCH_ROWS];
    for (int64_t b = 0; b < B; b++)
        for (int64_t i = 0; i < N; i++) {
            gh_real sum = 0;
            closeness(e, M + b * C * N, i, N, C);
#pragma omp simd reduction(+ : sum)
            for (int64_t j = 0; j < N; j++) sum += e[j];
            Y[i * (I + B) + I + b] = sum * share(N);
        }
}

void gh_minibatch_forward(gh_real *Y, gh_real *M, const gh_real *X, const gh_real *T, int64_t N, int64_t I, int64_t B,
                          int64_t C)
{
    gh_gemm(NULL, GH_N, GH_T, B * C, N, I, T, X, 0, M);
    for (int64_t i = 0; i < N; i++) memcpy(Y + i * (I + B), X + i * I, (size_t)I * sizeof *Y);
    features(Y, M, N, I, B, C);
}

/* e is computed again: keeping it would take N^2 B numbers. */
GH_CLONES
static void features_backward(gh_real *gM, const gh_real *M, const gh_real *gY, int64_t N, int64_t I, int64_t B,
                              int64_t C)
{
    gh_real e[GH_MINIBATCH_ROWS], g[GH_MINIBATCH_ROWS];
    for (int64_t b = 0; b < B; b++) {
        const gh_real *m = M + b * C * N;
        for (int64_t j = 0; j < N; j++) g[j] = gY[j * (I + B) + I + b] * share(N);
        for (int64_t i = 0; i < N; i++) {
            closeness(e, m, i, N, C);
#pragma omp simd
            for (int64_t j = 0; j < N; j++) e[j] *= g[i] + g[j];
            for (int64_t c = 0; c < C; c++) {
                const gh_real *row = m + c * N, at = row[i];
                gh_real sum = 0;
#pragma omp simd reduction(+ : sum)
                for (int64_t j = 0; j < N; j++) {
                    gh_real above = at > row[j] ? 1 : 0, below = at < row[j] ? 1 : 0;
                    sum += e[j] * (above - below);
                }
                gM[(b * C + c) * N + i] = -sum;
            }
        }
    }
}

void gh_minibatch_backward(gh_real *gX, int add_to_gX, gh_real *gT, gh_real *gM, const gh_real *gY, const gh_real *M, const gh_real *X,
                           const gh_real *T, int64_t N, int64_t I, int64_t B, int64_t C)
{
    features_backward(gM, M, gY, N, I, B, C);
    if (gT) gh_gemm(NULL, GH_N, GH_N, B * C, I, N, gM, X, 1, gT);
    if (!gX) return;
    gh_gemm(NULL, GH_T, GH_N, N, I, B * C, gM, T, add_to_gX ? 1 : 0, gX);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < I; j++) gX[i * I + j] += gY[i * (I + B) + j];
}

/* e becomes edot of one kernel, row i and all rows j. */
static inline __attribute__((always_inline)) void closeness_tangent(gh_real *e, gh_real *turn, const gh_real *m, const gh_real *mdot,
                                                                    int64_t i, int64_t N, int64_t C)
{
    memset(turn, 0, (size_t)N * sizeof *turn);
    for (int64_t c = 0; c < C; c++) {
        const gh_real *row = m + c * N, *dot = mdot + c * N, at = row[i], along = dot[i];
#pragma omp simd
        for (int64_t j = 0; j < N; j++) {
            gh_real above = at > row[j] ? 1 : 0, below = at < row[j] ? 1 : 0;
            turn[j] += (above - below) * (along - dot[j]);
        }
    }
#pragma omp simd
    for (int64_t j = 0; j < N; j++) e[j] *= -turn[j];
}

GH_CLONES
static void features_tangent(gh_real *Ydot, gh_real *curve, const gh_real *Mdot, const gh_real *M, const gh_real *gY, int64_t N, int64_t I,
                             int64_t B, int64_t C)
{
    gh_real e[GH_MINIBATCH_ROWS], turn[GH_MINIBATCH_ROWS], g[GH_MINIBATCH_ROWS];
    for (int64_t b = 0; b < B; b++) {
        const gh_real *m = M + b * C * N;
        for (int64_t j = 0; j < N; j++) g[j] = gY[j * (I + B) + I + b] * share(N);
        for (int64_t i = 0; i < N; i++) {
            gh_real total = 0;
            closeness(e, m, i, N, C);
            closeness_tangent(e, turn, m, Mdot + b * C * N, i, N, C);
#pragma omp simd reduction(+ : total)
            for (int64_t j = 0; j < N; j++) total += e[j];
            Ydot[i * (I + B) + I + b] = total * share(N);
#pragma omp simd
            for (int64_t j = 0; j < N; j++) e[j] *= g[i] + g[j];
            for (int64_t c = 0; c < C; c++) {
                const gh_real *row = m + c * N, at = row[i];
                gh_real sum = 0;
#pragma omp simd reduction(+ : sum)
                for (int64_t j = 0; j < N; j++) {
                    gh_real above = at > row[j] ? 1 : 0, below = at < row[j] ? 1 : 0;
                    sum += e[j] * (above - below);
                }
                curve[(b * C + c) * N + i] = -sum;
            }
        }
    }
}

void gh_minibatch_tangent(gh_real *Ydot, gh_real *curve, gh_real *Mdot, const gh_real *Xdot, const gh_real *gY, const gh_real *M,
                          const gh_real *T, int64_t N, int64_t I, int64_t B, int64_t C)
{
    gh_gemm(NULL, GH_N, GH_T, B * C, N, I, T, Xdot, 0, Mdot);
    for (int64_t i = 0; i < N; i++) memcpy(Ydot + i * (I + B), Xdot + i * I, (size_t)I * sizeof *Ydot);
    features_tangent(Ydot, curve, Mdot, M, gY, N, I, B, C);
}

void gh_minibatch_curve_backward(gh_real *gX, gh_real *gT, const gh_real *curve, const gh_real *X, const gh_real *T, int64_t N, int64_t I,
                                 int64_t B, int64_t C)
{
    gh_gemm(NULL, GH_N, GH_N, B * C, I, N, curve, X, 1, gT);
    if (gX) gh_gemm(NULL, GH_T, GH_N, N, I, B * C, curve, T, 1, gX);
}
