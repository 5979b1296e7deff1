/* test_optimiser.c -- the vector updates against the recursions written out for one number. */
#include "testing.h"

#include "train/optimiser.h"

enum { N = 37, STEPS = 50 };

static double gradient_at(int step, int i) { return sin(0.3 * step + i) + 0.1 * i; }

static void check(gh_update u)
{
    float w[N], g[N], first[N] = {0}, second[N] = {0}, average[N];
    double W[N], F[N] = {0}, S[N] = {0}, A[N];
    for (int i = 0; i < N; i++) W[i] = A[i] = w[i] = average[i] = (float)cos(i);
    for (int step = 1; step <= STEPS; step++) {
        u.correction1 = 1 - pow(u.beta1, step);
        u.correction2 = 1 - pow(u.beta2, step);
        for (int i = 0; i < N; i++) {
            double raw = (float)gradient_at(step, i), G = raw * u.scale + (u.kind == GH_ADAMW ? 0 : u.weight_decay * W[i]);
            g[i] = (float)raw;
            if (u.kind == GH_SGD) {
                F[i] = u.momentum * F[i] - u.rate * G;
                W[i] += u.nesterov ? u.momentum * F[i] - u.rate * G : F[i];
            } else {
                F[i] = u.beta1 * F[i] + (1 - u.beta1) * G;
                S[i] = u.beta2 * S[i] + (1 - u.beta2) * G * G;
                double shrink = u.kind == GH_ADAMW ? u.rate * u.weight_decay * W[i] : 0;
                W[i] -= u.rate * (F[i] / u.correction1) / (sqrt(S[i] / u.correction2) + u.epsilon) + shrink;
            }
            A[i] = u.average * A[i] + (1 - u.average) * W[i];
        }
        gh_optimiser_update(&u, N, g, w, first, second, average);
    }
    for (int i = 0; i < N; i++) {
        ck_assert_msg(fabs((double)w[i] - W[i]) < 2e-5, "kind %d weight %d: %g, expected %g", u.kind, i, (double)w[i], W[i]);
        ck_assert_msg(fabs((double)average[i] - A[i]) < 2e-5, "kind %d average %d", u.kind, i);
    }
}

START_TEST(updates_follow_their_formulas)
{
    gh_update u = {.kind = GH_ADAM, .rate = 0.01, .scale = 0.7, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8, .momentum = 0.9, .average = 0.95};
    check(u);
    u.weight_decay = 0.1;
    check(u);
    u.kind = GH_ADAMW;
    check(u);
    u.kind = GH_SGD, u.rate = 1e-3;
    check(u);
    u.nesterov = 1;
    check(u);
}
END_TEST

START_TEST(no_average_is_touched_unless_asked)
{
    float w[3] = {1, 2, 3}, g[3] = {1, 1, 1}, first[3] = {0}, second[3] = {0}, average[3] = {7, 7, 7};
    gh_update u = {.kind = GH_SGD, .rate = 0.1, .scale = 1, .average = -1};
    gh_optimiser_update(&u, 3, g, w, first, second, average);
    ck_assert(average[0] == 7 && average[2] == 7);
    ck_assert(fabsf(w[0] - 0.9f) < 1e-6f);
}
END_TEST

GH_TEST_MAIN("optimiser", updates_follow_their_formulas, no_average_is_touched_unless_asked)
