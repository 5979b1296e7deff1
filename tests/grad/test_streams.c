/* test_streams.c -- pictures side by side: values against one layer a picture, means over areas, the carried-over mix, gradients of the
 * layers and of whole networks against central differences, wrong plans. */
#include "testing.h"

#include "gradcheck.h"
#include "layers/carry.h"
#include "layers/conv.h"
#include "layers/local.h"
#include "model/network.h"
#include "model/network_penalty.h"

enum { N = 3, MOST = 8192 };

static void fill(double *x, int64_t n, int64_t stream) { ck_ok(genhep_random_normal(8, stream, 0, n, x)); }

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* ---- the layer on every picture --------------------------------------------------------------------------------- */

static const int64_t sizes[3][2] = {{3, 8}, {4, 4}, {4, 2}};

typedef struct streams_case {
    gh_streams s;
    double X[MOST], W[MOST], b[MOST], R[MOST], Y[MOST], work[MOST], saved[MOST];
} streams_case;

static void plan_streams(streams_case *c, int local, int64_t tail, int64_t stride, gh_padding padding)
{
    c->s = (gh_streams){.pictures = 3, .channels = 2, .tail = tail, .local = local, .slope = 0.3};
    for (int k = 0; k < 3; k++) ck_ok(gh_patches_plan(sizes[k][0], sizes[k][1], 2, 2, 2, 1, stride, padding, &c->s.patches[k]));
    const int64_t I = gh_streams_inputs(&c->s), J = gh_streams_outputs(&c->s), n_w = gh_streams_rows(&c->s) * gh_patches_size(&c->s.patches[0]);
    ck_assert(N * I <= MOST && N * J <= MOST && n_w <= MOST && N * gh_streams_work(&c->s) <= MOST);
    fill(c->X, N * I, 1), fill(c->W, n_w, 2), fill(c->b, gh_streams_rows(&c->s), 3), fill(c->R, N * J, 4);
}

static double streams_value(void *context)
{
    streams_case *c = context;
    gh_streams_forward(c->Y, c->X, c->W, c->s.without_bias ? NULL : c->b, &c->s, N, c->work, MOST, c->saved);
    return dot(c->Y, c->R, N * gh_streams_outputs(&c->s));
}

/* Picture by picture it is the layer of conv.h or local.h on that picture alone. */
static void check_streams_value(streams_case *c)
{
    static double x[MOST], y[MOST], work[MOST];
    const gh_streams *s = &c->s;
    const int64_t I = gh_streams_inputs(s), J = gh_streams_outputs(s), K = gh_patches_size(&s->patches[0]);
    int64_t from = 0, to = 0, row = 0;
    streams_value(c);
    for (int k = 0; k < s->pictures; k++) {
        const gh_patches *p = &s->patches[k];
        const int64_t n = p->height * p->width * p->channels, Q = p->rows * p->columns, m = Q * s->channels;
        for (int64_t i = 0; i < N; i++) memcpy(x + i * n, c->X + i * I + from, (size_t)n * sizeof *x);
        if (s->local) gh_local_forward(y, x, c->W + row * K, p, N, s->channels, work);
        else gh_conv_forward(y, x, c->W + row * K, p, N, s->channels, work, MOST);
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < m; j++) {
                double a = y[i * m + j] + c->b[row + (s->local ? j : j % s->channels)];
                ck_assert(fabs(c->Y[i * J + to + j] - (a > 0 ? a : 0.3 * a)) < 1e-12);
            }
        from += n, to += m, row += s->local ? m : s->channels;
    }
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < s->tail; j++) ck_assert(c->Y[i * J + to + j] == c->X[i * I + from + j]);
    ck_assert_int_eq(to + s->tail, J);
    ck_assert_int_eq(row, gh_streams_rows(s));
}

START_TEST(layers_on_pictures)
{
    static streams_case c;
    static double gX[MOST], gW[MOST], gb[MOST], twice[MOST];
    for (int k = 0; k < 4; k++) {
        plan_streams(&c, k % 2, k < 2 ? 0 : 3, 1 + k / 2, k == 1 ? GH_PADDING_VALID : GH_PADDING_SAME);
        check_streams_value(&c);
        const int64_t n_x = N * gh_streams_inputs(&c.s), R = gh_streams_rows(&c.s), n_w = R * gh_patches_size(&c.s.patches[0]);
        memset(gW, 0, sizeof gW), memset(gb, 0, sizeof gb);
        streams_value(&c);
        gh_streams_backward(gX, 0, gW, gb, c.R, c.X, c.W, &c.s, N, c.work, MOST, c.saved);
        memcpy(twice, gX, sizeof twice);
        gh_streams_backward(twice, 1, NULL, NULL, c.R, c.X, c.W, &c.s, N, c.work, MOST, c.saved);
        for (int64_t i = 0; i < n_x; i++) ck_assert(fabs(twice[i] - 2 * gX[i]) < 1e-12);
        ck_assert_msg(gc_worst(streams_value, &c, c.X, gX, n_x) <= 1e-7, "case %d: input", k);
        ck_assert_msg(gc_worst(streams_value, &c, c.W, gW, n_w) <= 1e-7, "case %d: weights", k);
        ck_assert_msg(gc_worst(streams_value, &c, c.b, gb, R) <= 1e-7, "case %d: bias", k);
    }
}
END_TEST

/* ---- carried over -------------------------------------------------------------------------------------------------- */

START_TEST(means_over_areas)
{
    static const double two[6] = {1, 2, 3, 10, 20, 30};
    double same[6], wide[4], tall[12], back[6], total = 0;
    gh_resize_forward(same, 2, 3, two, 2, 3);
    for (int i = 0; i < 6; i++) ck_assert(fabs(same[i] - two[i]) < 1e-15);
    gh_resize_forward(wide, 2, 2, two, 2, 3); /* one and a half cells each */
    ck_assert(fabs(wide[0] - (1 + 0.5 * 2) / 1.5) < 1e-14 && fabs(wide[1] - (0.5 * 2 + 3) / 1.5) < 1e-14 && fabs(wide[3] - (10 + 30) / 1.5) < 1e-14);
    gh_resize_forward(tall, 4, 3, two, 2, 3); /* lines twice */
    for (int i = 0; i < 12; i++) ck_assert(fabs(tall[i] - two[i / 6 * 3 + i % 3]) < 1e-14);
    memset(back, 0, sizeof back);
    gh_resize_backward(back, 2, 3, wide, 2, 2);
    for (int i = 0; i < 6; i++) total += back[i] * two[i];
    ck_assert(fabs(total - dot(wide, wide, 4)) < 1e-12); /* the adjoint */
}
END_TEST

typedef struct carry_case {
    gh_carry c;
    double X[MOST], W[MOST], b[MOST], R[MOST], Y[MOST], work[MOST], saved[MOST];
} carry_case;

static double carry_value(void *context)
{
    carry_case *c = context;
    gh_carry_forward(c->Y, c->X, c->W, c->b, &c->c, N, c->work, c->saved);
    return dot(c->Y, c->R, N * gh_carry_size(&c->c));
}

START_TEST(carried_over)
{
    static carry_case c;
    static double gX[MOST], gW[MOST], gb[MOST], twice[MOST], resized[16];
    c.c = (gh_carry){.pictures = 3, .tail = 2, .height = {3, 4, 4}, .width = {8, 4, 2}};
    ck_ok(gh_carry_plan(&c.c));
    const int64_t D = gh_carry_size(&c.c), R = gh_carry_rows(&c.c);
    ck_assert_int_eq(D, 24 + 16 + 8 + 2);
    ck_assert_int_eq(R, 2 * 24);
    ck_assert(N * gh_carry_work(&c.c) <= MOST && R * GH_CARRY_KERNEL <= MOST);
    fill(c.X, N * D, 5), fill(c.R, N * D, 6);
    /* far to one side nothing is carried over, far to the other the second picture is the first one, resized */
    for (int64_t j = 0; j < R; j++) c.b[j] = j % 2 ? -50 : 0;
    carry_value(&c);
    for (int64_t i = 0; i < N * D; i++) ck_assert(fabs(c.Y[i] - c.X[i]) < 1e-12);
    for (int64_t j = 0; j < R; j++) c.b[j] = j % 2 ? 50 : 0;
    carry_value(&c);
    gh_resize_forward(resized, 4, 4, c.X, 3, 8);
    for (int64_t j = 0; j < 16; j++) ck_assert(fabs(c.Y[24 + j] - resized[j]) < 1e-12);
    fill(c.W, R * GH_CARRY_KERNEL, 7), fill(c.b, R, 8);
    memset(gW, 0, sizeof gW), memset(gb, 0, sizeof gb);
    carry_value(&c);
    gh_carry_backward(gX, 0, gW, gb, c.R, c.X, c.W, &c.c, N, c.work, c.saved);
    memcpy(twice, gX, sizeof twice);
    gh_carry_backward(twice, 1, NULL, NULL, c.R, c.X, c.W, &c.c, N, c.work, c.saved);
    for (int64_t i = 0; i < N * D; i++) ck_assert(fabs(twice[i] - 2 * gX[i]) < 1e-12);
    ck_assert(gc_worst_fourth(carry_value, &c, c.X, gX, N * D) <= 1e-7);
    ck_assert(gc_worst_fourth(carry_value, &c, c.W, gW, R * GH_CARRY_KERNEL) <= 1e-7);
    ck_assert(gc_worst_fourth(carry_value, &c, c.b, gb, R) <= 1e-7);
}
END_TEST

/* ---- whole networks ------------------------------------------------------------------------------------------------- */

typedef struct network_case {
    gh_network network;
    gh_tape tape;
    int64_t trainable, statistics;
    double *parameters, *gradients, *scratch;
    double X[MOST], R[MOST];
    gh_rng rng;
} network_case;

static gh_network_spec spec_of(int emits)
{
    gh_network_spec spec = {.inputs = emits ? 4 : 51, .outputs = emits ? 49 : 2, .layers = 1, .units = 5, .activation = GH_LEAKY_RELU, .slope = 0.2,
                            .init_gain = 2, .output_gain = 1, .kind = GH_NETWORK_STREAMS, .emits = emits, .pictures = 3, .convolutions = 3,
                            .channels = {2, 3, 2}, .kernel = {2, 2, 3}};
    for (int k = 0; k < 3; k++) spec.height[k] = sizes[k][0], spec.width[k] = sizes[k][1];
    return spec;
}

static double network_value(void *context)
{
    network_case *c = context;
    gh_network_forward(&c->network, c->parameters, &c->tape, c->X, N, &c->rng, 0);
    return dot(c->tape.value[c->network.n_layers], c->R, N * c->network.spec.outputs);
}

START_TEST(networks)
{
    gh_hooks hooks = gh_hooks_default();
    const gh_network_way way = gh_network_plain_way();
    for (int emits = 0; emits < 2; emits++) {
        static network_case c;
        static double input[MOST], Y[MOST];
        memset(&c, 0, sizeof c);
        const gh_network_spec spec = spec_of(emits);
        ck_ok(gh_network_plan(&spec, &c.trainable, &c.statistics, &c.network));
        const int64_t last = c.network.n_layers, n_x = N * spec.inputs, n_y = N * spec.outputs;
        ck_assert_int_eq(c.network.layer[last - 1].outputs, spec.outputs);
        ck_assert_int_eq(c.statistics, 0);
        c.rng = gh_rng_make(5, GH_RANDOM_DROPOUT, 0);
        ck_ok(gh_alloc(&hooks, &c.parameters, c.trainable, sizeof(double)));
        ck_ok(gh_alloc(&hooks, &c.gradients, c.trainable, sizeof(double)));
        ck_ok(gh_alloc(&hooks, &c.scratch, gh_network_scratch(&c.network, N), sizeof(double)));
        ck_ok(gh_tape_create(&hooks, &c.network, N, 1, &c.tape));
        gh_network_start(&c.network, c.parameters, 11, 0);
        if (emits) /* nothing is carried over at the start */
            for (int64_t j = 0; j < 48; j++) ck_assert(c.parameters[c.network.layer[last - 1].bias + j] == (j % 2 ? -10 : 0));
        for (int64_t i = 0; i < c.trainable; i++) c.parameters[i] = (c.parameters[i] == -10 ? 0 : c.parameters[i]) + 0.05 * sin(1.7 * (double)i);
        fill(c.X, n_x, 9), fill(c.R, n_y, 10);
        for (int64_t i = 0; i < c.trainable; i++) c.gradients[i] = 1e300; /* every one is assigned */
        network_value(&c);
        memcpy(c.tape.gradient[last], c.R, (size_t)n_y * sizeof(double));
        gh_network_backward(&c.network, c.parameters, &c.tape, N, c.gradients);
        memcpy(input, c.tape.gradient[0], (size_t)n_x * sizeof(double));
        ck_assert_msg(gc_worst(network_value, &c, c.parameters, c.gradients, c.trainable) <= 1e-6, "%d: parameters", emits);
        ck_assert_msg(gc_worst(network_value, &c, c.X, input, n_x) <= 1e-6, "%d: input", emits);
        network_value(&c);
        gh_network_infer(&c.network, c.parameters, &way, c.X, N, c.scratch, Y);
        for (int64_t i = 0; i < n_y; i++) ck_assert(fabs(Y[i] - c.tape.value[last][i]) < 1e-13);
        gh_penalty_tape penalty;
        ck_fails(gh_penalty_tape_create(&hooks, &c.network, N, &penalty), GENHEP_E_OPTION, "streams");
        gh_tape_free(&c.tape);
        gh_free(&hooks, c.parameters), gh_free(&hooks, c.gradients), gh_free(&hooks, c.scratch);
    }
}
END_TEST

START_TEST(wrong_plans)
{
    gh_network network;
    int64_t trainable = 0, statistics = 0;
    gh_network_spec spec = spec_of(1);
    spec.outputs = 47; /* fewer than cells */
    ck_fails(gh_network_plan(&spec, &trainable, &statistics, &network), GENHEP_E_SHAPE, "47");
    spec = spec_of(1);
    spec.convolutions = 1;
    ck_fails(gh_network_plan(&spec, &trainable, &statistics, &network), GENHEP_E_SHAPE, "2 or more");
    spec = spec_of(0);
    spec.pictures = 0;
    ck_fails(gh_network_plan(&spec, &trainable, &statistics, &network), GENHEP_E_SHAPE, "pictures");
}
END_TEST

GH_TEST_MAIN("streams", layers_on_pictures, means_over_areas, carried_over, networks, wrong_plans)
