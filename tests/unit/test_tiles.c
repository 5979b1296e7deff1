/* test_tiles.c -- packing in bfloat16 parts, and layers on AMX tiles against sums in double and the other kernels. */
#include "testing.h"

#include "base/philox.h"
#include "linalg/kernel.h"
#include "linalg/lanes.h"
#include "linalg/tiles.h"
#include "model/network.h"

#ifdef GH_TILES

enum { MOST = 300, WIDE = 140, PANELS = (MOST + 31) / 32, BLOCKS = (WIDE + 31) / 32 };

static float rows[MOST * WIDE], back[MOST * WIDE], W[WIDE * WIDE], bias[BLOCKS * GH_TILE_SIDE];
static _Alignas(64) gh_bf16 X[PANELS * BLOCKS * GH_TILE_BLOCK], Y[(PANELS * BLOCKS + 1) * GH_TILE_BLOCK];
static _Alignas(64) gh_bf16 weights[BLOCKS * BLOCKS * GH_TILE_BLOCK];

static void fill(float *x, int64_t n, int64_t seed)
{
    gh_rng rng = gh_rng_make(seed, GH_RANDOM_PUBLIC, 0);
    gh_rng_normals(&rng, 0, 1, n, x, n);
}

static float part_value(gh_bf16 part)
{
    uint32_t bits = (uint32_t)part << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Element (i,k) of a packed operand, put together from the description in tiles.h. */
static float element(gh_tile_side side, const gh_bf16 *packed, int64_t blocks, int64_t i, int64_t k, int part)
{
    const gh_bf16 *tile = packed + (i / 32 * blocks + k / 32) * GH_TILE_BLOCK + part * 1024 + i % 32 / 16 * 512;
    return part_value(side == GH_TILE_LEFT ? tile[i % 16 * 32 + k % 32] : tile[k % 32 / 2 * 32 + i % 16 * 2 + k % 2]);
}

START_TEST(packing_is_exact_and_in_its_place)
{
    static const int64_t sizes[][2] = {{1, 1}, {7, 33}, {16, 15}, {32, 32}, {33, 17}, {100, 140}, {64, 18}};
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int side = GH_TILE_LEFT; side <= GH_TILE_RIGHT; side++)
            for (int across = 0; across < 2; across++) {
                const int64_t n = sizes[s][0], K = sizes[s][1], blocks = gh_tile_blocks(K), ld = (across ? n : K) + 3;
                fill(rows, MOST * WIDE, 3);
                memset(X, 0xff, sizeof X); /* NaN wherever nothing is written */
                gh_tiles_pack((gh_tile_side)side, across, rows, ld, n, K, X);
                int64_t wrong = 0;
                for (int64_t i = 0; i < gh_tile_blocks(n) * 32; i++)
                    for (int64_t k = 0; k < blocks * 32; k++) {
                        float want = i < n && k < K ? (across ? rows[k * ld + i] : rows[i * ld + k]) : 0;
                        float h = element((gh_tile_side)side, X, blocks, i, k, 0),
                              m = element((gh_tile_side)side, X, blocks, i, k, 1);
                        float l = element((gh_tile_side)side, X, blocks, i, k, 2);
                        wrong += (double)h + (double)m + (double)l != (double)want;
                        wrong += fabsf(m) > 0x1p-8f * fabsf(want) || fabsf(l) > 0x1p-17f * fabsf(want);
                    }
                ck_assert_msg(wrong == 0,
                              "%d x %d, side %d, across %d: %d of the numbers are not split as they should be", (int)n,
                              (int)K, side, across, (int)wrong);
                if (side == GH_TILE_LEFT && !across) {
                    gh_tiles_unpack(X, n, K, back);
                    for (int64_t i = 0; i < n; i++)
                        ck_assert_mem_eq(back + i * K, rows + i * ld, (size_t)K * sizeof(float));
                }
            }
}
END_TEST

START_TEST(special_numbers_are_split_soundly)
{
    static const float exact[] = {0.0f,      1.0f,           -1.0f,         3.39e38f,      -3.3e38f,
                                  0x1p-100f, 0x1.fffffep-1f, 0x1.ff7fffp9f, -0x1.008001p3f};
    const uint32_t nans[] = {0x7fc00000u, 0x7fffffffu, 0xffffffffu, 0x7f800001u, 0xff800001u};
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    memset(rows, 0, sizeof rows);
    memcpy(rows, exact, sizeof exact);
    memcpy(rows + 16, nans, sizeof nans);
    rows[24] = INFINITY, rows[25] = -INFINITY, rows[26] = FLT_MAX;
    gh_tiles_pack(GH_TILE_LEFT, 0, rows, 32, 1, 32, X);
    gh_tiles_unpack(X, 1, 32, back);
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        ck_assert_msg(back[i] == exact[i], "%a came back as %a", (double)exact[i], (double)back[i]);
    for (int i = 16; i < 21; i++) ck_assert_msg(isnan(back[i]), "NaN %d came back as %g", i, (double)back[i]);
    ck_assert(!isfinite(back[24]) && !isfinite(back[25]) && !isfinite(back[26]));
}
END_TEST

/* f(X W^T + b) through tiles; N x I to N x O, into `back`. What stands behind the result must stay. */
static void multiply(int64_t N, int64_t I, int64_t O, float slope, gh_tiles_activate *activate, void *context)
{
    const int64_t used = gh_tile_blocks(N) * gh_tile_blocks(O) * GH_TILE_BLOCK;
    float padded[BLOCKS * GH_TILE_SIDE] = {0};
    memcpy(padded, bias, (size_t)O * sizeof *bias);
    memset(Y, 0x55, sizeof Y);
    gh_tiles_pack(GH_TILE_LEFT, 0, rows, I, N, I, X);
    gh_tiles_pack(GH_TILE_RIGHT, 0, W, I, O, I, weights);
    gh_tiles_layer layer = {.Y = Y,
                            .X = X,
                            .W = weights,
                            .bias = padded,
                            .slope = slope,
                            .activate = activate,
                            .context = context,
                            .rows = gh_tile_blocks(N),
                            .inputs = gh_tile_blocks(I),
                            .outputs = gh_tile_blocks(O)};
    gh_tiles_begin();
    gh_tiles_dense(&layer);
    gh_tiles_end();
    gh_tiles_unpack(Y, N, O, back);
    int64_t touched = 0;
    for (int64_t i = used; i < (int64_t)(sizeof Y / sizeof *Y); i++) touched += Y[i] != 0x5555;
    ck_assert_int_eq(touched, 0);
}

static double dot(int64_t e, int64_t o, int64_t I, double *size)
{
    double sum = (double)bias[o];
    *size = fabs(sum);
    for (int64_t i = 0; i < I; i++) {
        double term = (double)W[o * I + i] * (double)rows[e * I + i];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static const int64_t events[] = {1, 8, 15, 16, 17, 31, 32, 33, 64, 100, 256, 300};
static const int64_t widths[][2] = {{1, 1}, {3, 7}, {18, 26}, {33, 5}, {64, 13}, {20, 77}, {32, 32}, {140, 129}};

START_TEST(layers_match_sums_in_double)
{
    if (!gh_kernel_runs(GH_KERNEL_AMX)) {
        printf("tests skipped: this CPU or its system has no AMX for bfloat16\n");
        return;
    }
    for (size_t n = 0; n < sizeof events / sizeof *events; n++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (int s = 0; s < 3; s++) {
                const int64_t N = events[n], I = widths[w][0], O = widths[w][1];
                const float slope = s == 0 ? 1 : s == 1 ? 0.2f : 0;
                fill(rows, N * I, 1), fill(W, O * I, 2), fill(bias, O, 3);
                double worst = 0;
                multiply(N, I, O, slope, NULL, NULL);
                for (int64_t e = 0; e < N; e++)
                    for (int64_t o = 0; o < O; o++) {
                        double size, sum = dot(e, o, I, &size), want = sum > 0 ? sum : (double)slope * sum;
                        double error = fabs(want - (double)back[e * O + o]) / size;
                        if (!(error <= worst)) worst = error;
                    }
                ck_assert_msg(worst < 3e-7, "%d events, %d -> %d, slope %g: %g", (int)N, (int)I, (int)O, (double)slope,
                              worst);
            }
}
END_TEST

/* Root of the mean square error, the bar being what float32 sums make on the same numbers. */
START_TEST(errors_are_those_of_float32)
{
    const int64_t N = 256, I = 128, O = 128;
    static float lanes_in[256 * 128], lanes_out[256 * 128], plain[256 * 128];
    double tiles = 0, lanes = 0, tiles_worst = 0, lanes_worst = 0;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    fill(rows, N * I, 4), fill(W, O * I, 5), fill(bias, O, 6);
    multiply(N, I, O, 1, NULL, NULL);
    gh_lanes_from_rows(rows, N, I, lanes_in);
    gh_lanes_dense(GH_KERNEL_AVX512, lanes_out, lanes_in, W, bias, 1, N, I, O);
    gh_lanes_to_rows(lanes_out, N, O, plain);
    for (int64_t e = 0; e < N; e++)
        for (int64_t o = 0; o < O; o++) {
            double size, sum = dot(e, o, I, &size);
            double a = fabs((double)back[e * O + o] - sum), b = fabs((double)plain[e * O + o] - sum);
            tiles += a * a, lanes += b * b;
            tiles_worst = fmax(tiles_worst, a), lanes_worst = fmax(lanes_worst, b);
        }
    ck_assert(lanes > 0);
    ck_assert_msg(sqrt(tiles) <= sqrt(lanes) && tiles_worst <= 1.5 * lanes_worst,
                  "error %g (worst %g) against %g (worst %g) of AVX-512", sqrt(tiles / (double)(N * O)), tiles_worst,
                  sqrt(lanes / (double)(N * O)), lanes_worst);
}
END_TEST

START_TEST(bits_of_an_event_are_its_own)
{
    const int64_t I = 37, O = 45, N = 200;
    static float all_rows[200 * 37], all[200 * 45];
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    fill(all_rows, N * I, 4), fill(W, O * I, 5), fill(bias, O, 6);
    memcpy(rows, all_rows, sizeof all_rows);
    multiply(N, I, O, 0.2f, NULL, NULL);
    memcpy(all, back, sizeof all);
    for (int64_t first = 0; first < N; first += 41)
        for (int64_t n = 1; n <= N - first; n += 23) {
            memcpy(rows, all_rows + first * I, (size_t)(n * I) * sizeof *rows);
            multiply(n, I, O, 0.2f, NULL, NULL);
            ck_assert_mem_eq(back, all + first * O, (size_t)(n * O) * sizeof(float));
        }
}
END_TEST

/* Takes note of which blocks come, once each, and marks their values. */
static void mark(void *context, int64_t panel, int64_t column, float *values)
{
    int *seen = context;
    seen[panel * 8 + column]++;
    for (int i = 0; i < 1024; i++)
        values[i] = 1000.0f * (float)panel + 100.0f * (float)column + (values[i] > 0 ? 1.0f : 2.0f);
}

START_TEST(other_activations_see_every_block_once)
{
    const int64_t N = 70, I = 40, O = 65;
    int seen[8 * 8] = {0};
    int64_t wrong = 0;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    fill(rows, N * I, 7), fill(W, O * I, 8), fill(bias, O, 9);
    multiply(N, I, O, -1, mark, seen);
    for (int64_t panel = 0; panel < 8; panel++)
        for (int64_t column = 0; column < 8; column++)
            ck_assert_int_eq(seen[panel * 8 + column], panel < 3 && column < 3);
    for (int64_t e = 0; e < N; e++)
        for (int64_t o = 0; o < O; o++) {
            double size, sum = dot(e, o, I, &size);
            if (fabs(sum) < 1e-4) continue;
            wrong += back[e * O + o] != 1000.0f * (float)(e / 32) + 100.0f * (float)(o / 32) + (sum > 0 ? 1.0f : 2.0f);
        }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(tiles_are_given_up)
{
    unsigned low, high;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    gh_tiles_begin();
    __asm__ volatile("xgetbv"
                     : "=a"(low), "=d"(high)
                     : "c"(1)); /* states in use: 17 the layout of tiles, 18 their contents */
    ck_assert(low & (1u << 17));
    gh_tiles_end();
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    ck_assert(!(low & (3u << 17)));
}
END_TEST

START_TEST(nan_and_infinity_stay)
{
    const int64_t N = 70, I = 5, O = 9;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    fill(rows, N * I, 7), fill(W, O * I, 8), fill(bias, O, 9);
    rows[3 * I + 2] = NAN;
    rows[67 * I + 1] = INFINITY;
    multiply(N, I, O, 0.2f, NULL, NULL);
    for (int64_t e = 0; e < N; e++)
        for (int64_t o = 0; o < O; o++) ck_assert(!!isfinite(back[e * O + o]) == (e != 3 && e != 67));
}
END_TEST

/* The same network by tiles and by the training forward pass. */
static void check_network(gh_residual residual, gh_activation activation, int64_t inputs, int64_t units, int64_t N)
{
    gh_hooks hooks = gh_hooks_default();
    gh_network network;
    gh_tape tape;
    gh_network_tiles *tiles;
    float *parameters, *scratch, input[70 * 40], out[70 * 6];
    int64_t trainable = 0, statistics = 0;
    gh_rng rng = gh_rng_make(1, GH_RANDOM_DROPOUT, 0);
    gh_network_spec spec = {.inputs = inputs,
                            .outputs = 6,
                            .layers = 5,
                            .units = units,
                            .activation = activation,
                            .residual = residual,
                            .slope = 0.2f,
                            .output_activation = GH_TANH,
                            .init_gain = 1,
                            .output_gain = 1};
    ck_ok(gh_network_plan(&spec, &trainable, &statistics, &network));
    ck_ok(gh_alloc(&hooks, &parameters, trainable, sizeof *parameters));
    ck_ok(gh_alloc_aligned(&hooks, &scratch, gh_network_scratch(&network, N) + 3, sizeof *scratch));
    ck_ok(gh_tape_create(&hooks, &network, N, 0, &tape));
    gh_network_start(&network, parameters, 4, 1);
    for (int64_t i = 0; i < trainable; i++) parameters[i] += 0.05f * sinf(1.7f * (float)i);
    fill(input, N * inputs, 9);
    gh_network_forward(&network, parameters, &tape, input, N, &rng, 0);
    ck_ok(gh_network_tiles_create(&hooks, &network, parameters, &tiles));
    gh_network_way way = {.kernel = GH_KERNEL_AMX, .tiles = tiles};
    ck_assert_int_eq(gh_network_kernel(&network, &way), GH_KERNEL_AMX);
    gh_network_infer(&network, parameters, &way, input, N, scratch + 3, out); /* scratch that is not aligned */
    for (int64_t i = 0; i < N * 6; i++)
        ck_assert_msg(fabsf(out[i] - tape.value[network.n_layers][i]) < 2e-5f,
                      "residual %d, activation %d, %d units, %d events, output %d: %g, not %g", (int)residual,
                      (int)activation, (int)units, (int)N, (int)i, (double)out[i],
                      (double)tape.value[network.n_layers][i]);
    gh_network_tiles_free(tiles);
    gh_tape_free(&tape);
    gh_free(&hooks, parameters);
    gh_free_aligned(&hooks, scratch);
}

START_TEST(inference_equals_training_forward)
{
    static const int64_t sizes[] = {8, 33, 64, 70};
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return;
    for (int residual = 0; residual < 3; residual++)
        for (int activation = GH_LINEAR; activation <= GH_SILU; activation++)
            for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
                check_network((gh_residual)residual, (gh_activation)activation, 3, 17, sizes[n]);
                check_network((gh_residual)residual, (gh_activation)activation, 40, 33, sizes[n]);
                check_network((gh_residual)residual, (gh_activation)activation, 20, 64, sizes[n]);
            }
}
END_TEST

START_TEST(narrow_networks_do_not_suit_tiles)
{
    gh_network network;
    int64_t a = 0, b = 0;
    gh_network_spec spec = {.inputs = 4, .outputs = 4, .layers = 3, .units = 8};
    ck_ok(gh_network_plan(&spec, &a, &b, &network));
    ck_assert(!gh_network_suits_tiles(&network));
    spec.inputs = 20, spec.outputs = 26, spec.units = 256;
    ck_ok(gh_network_plan(&spec, &a, &b, &network));
    ck_assert(gh_network_suits_tiles(&network));
    spec.norm = GH_NORM_LAYER;
    ck_ok(gh_network_plan(&spec, &a, &b, &network));
    ck_assert(!gh_network_suits_tiles(&network));
}
END_TEST

GH_TEST_MAIN("tiles", packing_is_exact_and_in_its_place, special_numbers_are_split_soundly, layers_match_sums_in_double,
             errors_are_those_of_float32, bits_of_an_event_are_its_own, other_activations_see_every_block_once,
             tiles_are_given_up, nan_and_infinity_stay, inference_equals_training_forward,
             narrow_networks_do_not_suit_tiles)

#else

START_TEST(no_tiles_in_this_build)
{
    ck_assert(!gh_kernel_runs(GH_KERNEL_AMX));
}
END_TEST

GH_TEST_MAIN("tiles", no_tiles_in_this_build)

#endif
