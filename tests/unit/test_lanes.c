/* test_lanes.c -- layers with events across lanes against plain loops, and against the training forward pass. */
#include "testing.h"

#include "linalg/lanes.h"
#include "model/network.h"

enum { MOST = 300, WIDE = 80 };

static float X[MOST * WIDE], Y[MOST * WIDE], Z[MOST * WIDE], W[WIDE * WIDE], bias[WIDE];

/* The fastest kernel that has lanes; BLAS when none has. */
static gh_kernel widest(void)
{
    return gh_network_plain_way().kernel;
}

static void fill(float *x, int64_t n, uint32_t seed)
{
    for (int64_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) * 0x1p-23f - 1.0f;
    }
}

static int64_t lane_index(int64_t N, int64_t F, int64_t e, int64_t j)
{
    int64_t start = e / GH_LANES * GH_LANES, n = N - start < GH_LANES ? N - start : GH_LANES;
    return start * F + j * n + (e - start);
}

START_TEST(rows_go_there_and_back)
{
    static const int64_t sizes[] = {1, 7, 63, 64, 65, 128, 300};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int64_t N = sizes[s], F = 11;
        fill(X, N * F, 5);
        gh_lanes_from_rows(X, N, F, Y);
        for (int64_t e = 0; e < N; e++)
            for (int64_t j = 0; j < F; j++) ck_assert(Y[lane_index(N, F, e, j)] == X[e * F + j]);
        gh_lanes_to_rows(Y, N, F, Z);
        ck_assert_mem_eq(X, Z, (size_t)(N * F) * sizeof(float));
    }
}
END_TEST

/* Worst error against sums in double, relative to the sum of sizes. Numbers behind the result must stay. */
static double worst_error(gh_kernel kernel, int64_t N, int64_t I, int64_t O, float slope, int with_bias)
{
    double worst = 0;
    for (int64_t i = 0; i < MOST * WIDE; i++) Y[i] = 777;
    gh_lanes_dense(kernel, Y, X, W, with_bias ? bias : NULL, slope, N, I, O);
    for (int64_t e = 0; e < N; e++)
        for (int64_t o = 0; o < O; o++) {
            double sum = with_bias ? (double)bias[o] : 0, size = 1e-30;
            for (int64_t i = 0; i < I; i++) {
                double term = (double)W[o * I + i] * (double)X[lane_index(N, I, e, i)];
                sum += term;
                size += fabs(term);
            }
            double error = fabs((sum > 0 ? sum : (double)slope * sum) - (double)Y[lane_index(N, O, e, o)]) / (size + 1);
            if (!(error <= worst)) worst = error;
        }
    for (int64_t i = N * O; i < MOST * WIDE; i++) ck_assert(Y[i] == 777);
    return worst;
}

START_TEST(products_match_plain_loops)
{
    static const int64_t events[] = {1, 8, 15, 16, 17, 63, 64, 65, 100, 256, 300};
    static const int64_t widths[][2] = {{1, 1}, {3, 7}, {18, 26}, {33, 5}, {64, 13}, {20, 77}};
    fill(X, MOST * WIDE, 1);
    fill(W, WIDE * WIDE, 2);
    fill(bias, WIDE, 3);
    int checked = 0;
    for (gh_kernel kernel = GH_KERNEL_AVX2; kernel <= widest(); kernel++)
        for (size_t n = 0; n < sizeof events / sizeof *events; n++)
            for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
                double linear = worst_error(kernel, events[n], widths[w][0], widths[w][1], 1, 0);
                double leaky = worst_error(kernel, events[n], widths[w][0], widths[w][1], 0.2f, 1);
                double relu = worst_error(kernel, events[n], widths[w][0], widths[w][1], 0, 1);
                ck_assert_msg(linear < 1e-6 && leaky < 1e-6 && relu < 1e-6, "kernel %d, %d events, %d -> %d: %g %g %g",
                              (int)kernel, (int)events[n], (int)widths[w][0], (int)widths[w][1], linear, leaky, relu);
                checked++;
            }
    if (!checked) printf("1 test skipped: this CPU has neither AVX2 with FMA nor AVX-512\n");
}
END_TEST

/* An event's bits depend on nothing but the event: not on its place, the number of others, or the kind of vectors. */
START_TEST(bits_of_an_event_are_its_own)
{
    const int64_t I = 37, O = 29, N = 256;
    static float rows[MOST * WIDE], all[MOST * WIDE], part[MOST * WIDE];
    fill(rows, N * I, 4);
    fill(W, O * I, 5);
    fill(bias, O, 6);
    if (widest() == GH_KERNEL_BLAS) return;
    gh_lanes_from_rows(rows, N, I, X);
    gh_lanes_dense(widest(), Y, X, W, bias, 0.2f, N, I, O);
    gh_lanes_to_rows(Y, N, O, all);
    for (gh_kernel kernel = GH_KERNEL_AVX2; kernel <= widest(); kernel++)
        for (int64_t first = 0; first < N; first += 41)
            for (int64_t n = 1; n <= N - first; n += 23) {
                gh_lanes_from_rows(rows + first * I, n, I, X);
                gh_lanes_dense(kernel, Y, X, W, bias, 0.2f, n, I, O);
                gh_lanes_to_rows(Y, n, O, part);
                ck_assert_mem_eq(part, all + first * O, (size_t)(n * O) * sizeof(float));
            }
}
END_TEST

START_TEST(nan_and_infinity_stay)
{
    const int64_t I = 5, O = 9, N = 70;
    fill(X, N * I, 7);
    fill(W, O * I, 8);
    X[lane_index(N, I, 3, 2)] = NAN;
    X[lane_index(N, I, 67, 1)] = INFINITY;
    for (gh_kernel kernel = GH_KERNEL_AVX2; kernel <= widest(); kernel++) {
        gh_lanes_dense(kernel, Y, X, W, NULL, 0.2f, N, I, O);
        for (int64_t e = 0; e < N; e++)
            for (int64_t o = 0; o < O; o++) ck_assert(!!isfinite(Y[lane_index(N, O, e, o)]) == (e != 3 && e != 67));
    }
}
END_TEST

static void check_network(gh_residual residual, gh_norm norm, gh_activation activation, int64_t inputs, int64_t N)
{
    gh_hooks hooks = gh_hooks_default();
    gh_network network;
    gh_tape tape;
    float *parameters, *scratch, rows[70 * 21], out[70 * 6];
    int64_t trainable = 0, statistics = 0;
    gh_rng rng = gh_rng_make(1, GH_RANDOM_DROPOUT, 0);
    gh_network_spec spec = {.inputs = inputs,
                            .outputs = 6,
                            .layers = 5,
                            .units = 17,
                            .activation = activation,
                            .residual = residual,
                            .norm = norm,
                            .slope = 0.2f,
                            .output_activation = GH_TANH,
                            .init_gain = 2,
                            .output_gain = 1};
    ck_ok(gh_network_plan(&spec, &trainable, &statistics, &network));
    ck_ok(gh_alloc(&hooks, &parameters, trainable, sizeof *parameters));
    ck_ok(gh_alloc_aligned(&hooks, &scratch, gh_network_scratch(&network, N), sizeof *scratch));
    ck_ok(gh_tape_create(&hooks, &network, N, 0, &tape));
    gh_network_start(&network, parameters, 4, 1);
    for (int64_t i = 0; i < trainable; i++) parameters[i] += 0.05f * sinf(1.7f * (float)i);
    fill(rows, N * inputs, 9);
    gh_network_forward(&network, parameters, &tape, rows, N, &rng, 0);
    for (gh_kernel kernel = GH_KERNEL_BLAS; kernel <= widest(); kernel++) {
        gh_network_infer(&network, parameters, &(gh_network_way){.kernel = kernel}, rows, N, scratch, out);
        for (int64_t i = 0; i < N * 6; i++)
            ck_assert_msg(fabsf(out[i] - tape.value[network.n_layers][i]) < 2e-5f,
                          "%s, residual %d, activation %d, %d events, output %d: %g, not %g", gh_kernel_name(kernel), (int)residual,
                          (int)activation, (int)N, (int)i, (double)out[i], (double)tape.value[network.n_layers][i]);
    }
    gh_tape_free(&tape);
    gh_free(&hooks, parameters);
    gh_free_aligned(&hooks, scratch);
}

START_TEST(inference_equals_training_forward)
{
    static const int64_t events[] = {1, 7, 8, 33, 64, 70};
    for (int residual = 0; residual < 3; residual++)
        for (int activation = GH_LINEAR; activation <= GH_SILU; activation++)
            for (size_t n = 0; n < sizeof events / sizeof *events; n++) {
                check_network((gh_residual)residual, GH_NORM_NONE, (gh_activation)activation, 3, events[n]);
                check_network((gh_residual)residual, GH_NORM_NONE, (gh_activation)activation, 21,
                              events[n]); /* wider than all layers */
                check_network((gh_residual)residual, GH_NORM_LAYER, (gh_activation)activation, 3, events[n]);
            }
}
END_TEST

START_TEST(kernels_are_chosen_by_name)
{
    gh_kernel kernel;
    ck_ok(gh_kernel_choose("sample.kernel", "auto", &kernel));
    ck_assert_int_eq(kernel, gh_kernel_best());
    ck_assert(gh_kernel_runs(kernel) && gh_kernel_runs(GH_KERNEL_BLAS));
    for (gh_kernel kind = GH_KERNEL_BLAS; kind <= GH_KERNEL_AMX; kind++)
        if (gh_kernel_runs(kind)) {
            ck_ok(gh_kernel_choose("sample.kernel", gh_kernel_name(kind), &kernel));
            ck_assert_int_eq(kernel, kind);
        } else {
            ck_fails(gh_kernel_choose("sample.kernel", gh_kernel_name(kind), &kernel), GENHEP_E_OPTION, gh_kernel_name(kind));
        }
    ck_fails(gh_kernel_choose("sample.kernel", "mmx", &kernel), GENHEP_E_OPTION, "mmx");
}
END_TEST

GH_TEST_MAIN("lanes", rows_go_there_and_back, products_match_plain_loops, bits_of_an_event_are_its_own,
             nan_and_infinity_stay, inference_equals_training_forward, kernels_are_chosen_by_name)
