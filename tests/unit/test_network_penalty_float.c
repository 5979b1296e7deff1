/* test_network_penalty_float.c -- what only the float build does: rows of no weight are left out before they become subnormal. */
#include "testing.h"

#include "model/network_penalty.h"

enum { N = 9, I = 4, U = 11 };

typedef struct nets {
    gh_network network;
    gh_tape tape;
    gh_penalty_tape penalty;
    float *parameters;
    int64_t n;
    float X[N * I];
} nets;

static void start(nets *s)
{
    gh_hooks hooks = gh_hooks_default();
    gh_network_spec spec = {.inputs = I,
                            .outputs = 1,
                            .layers = 2,
                            .units = U,
                            .activation = GH_LEAKY_RELU,
                            .slope = 0.3f,
                            .init_gain = 1.7,
                            .output_gain = 1};
    int64_t statistics = 0;
    gh_rng rng = gh_rng_make(3, GH_RANDOM_TRAIN, 0);
    memset(s, 0, sizeof *s);
    ck_ok(gh_network_plan(&spec, &s->n, &statistics, &s->network));
    ck_ok(gh_alloc(&hooks, &s->parameters, s->n, sizeof(float)));
    ck_ok(gh_tape_create(&hooks, &s->network, N, 1, &s->tape));
    ck_ok(gh_penalty_tape_create(&hooks, &s->network, N, &s->penalty));
    gh_network_start(&s->network, s->parameters, 2, 0);
    gh_rng_normals(&rng, 0, N, I, s->X, I);
    gh_network_forward(&s->network, s->parameters, &s->tape, s->X, N, &rng, 0);
}

static void end(nets *s)
{
    gh_hooks hooks = gh_hooks_default();
    gh_tape_free(&s->tape);
    gh_penalty_tape_free(&s->penalty);
    gh_free(&hooks, s->parameters);
}

static void penalty_gradient(nets *s, const float *c, const float *t, float *gradients)
{
    gh_network_input_gradient(&s->network, s->parameters, &s->tape, 0, N, &s->penalty, NULL);
    gh_network_penalty_backward(&s->network, s->parameters, &s->tape, &s->penalty, c, t, N, 0, gradients);
}

START_TEST(tiny_factors_count_as_zero)
{
    nets s;
    gh_hooks hooks = gh_hooks_default();
    const float tiny[] = {1e-42f, -1e-38f, 1e-30f, -0.9e-20f};
    float c[N] = {0}, t[N] = {0}, *gradients;
    start(&s);
    ck_ok(gh_alloc(&hooks, &gradients, s.n, sizeof(float)));
    for (int i = 0; i < 4; i++) c[i] = tiny[i], t[i + 4] = tiny[i];
    penalty_gradient(&s, c, t, gradients);
    for (int64_t i = 0; i < s.n; i++) ck_assert(gradients[i] == 0);
    c[0] = 1e-15f; /* small, but counts */
    penalty_gradient(&s, c, t, gradients);
    ck_assert(fabsf(gradients[s.network.layer[2].bias] - 1e-15f) <= 1e-20f);
    c[0] = 0, t[4] = 1e-12f;
    penalty_gradient(&s, c, t, gradients);
    double sum = 0;
    for (int64_t i = 0; i < s.n; i++) sum += fabs((double)gradients[i]);
    ck_assert(sum > 1e-14 && sum < 1e-8);
    gh_free(&hooks, gradients);
    end(&s);
}
END_TEST

START_TEST(tiny_output_gradients_count_as_zero)
{
    nets s;
    start(&s);
    float *g = s.tape.gradient[s.network.n_layers];
    for (int i = 0; i < N; i++) g[i] = i == 3 ? -1e-6f : 1e-33f;
    gh_network_backward_input(&s.network, s.parameters, &s.tape, N);
    gh_network_input_gradient(&s.network, s.parameters, &s.tape, 0, N, &s.penalty, NULL);
    for (int i = 0; i < N * I; i++) {
        float expected = i / I == 3 ? -1e-6f * s.penalty.gradient[i] : 0;
        ck_assert(fabsf(s.tape.gradient[0][i] - expected) <= 1e-6f * fabsf(expected) + 1e-12f * (float)(i / I == 3));
    }
    end(&s);
}
END_TEST

GH_TEST_MAIN("network_penalty_float", tiny_factors_count_as_zero, tiny_output_gradients_count_as_zero)
