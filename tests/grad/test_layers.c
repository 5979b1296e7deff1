/* test_layers.c -- gradients of dense layers, activations, norms, dropout and whole networks against central differences. */
#include "testing.h"

#include "gradcheck.h"
#include "layers/activation.h"
#include "layers/dense.h"
#include "layers/norm.h"
#include "model/network.h"

enum { N = 5, I = 3, O = 7 };

static void fill(double *x, int64_t n, int64_t stream)
{
    ck_ok(genhep_random_normal(3, stream, 0, n, x));
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* ---- the checker itself ---- */
static double cubic(void *context)
{
    double *x = context;
    return x[0] * x[0] * x[0] + 2 * x[1];
}

START_TEST(checker_sees_errors)
{
    double x[2] = {0.7, -1.2}, right[2] = {3 * 0.49, 2}, flipped[2] = {-3 * 0.49, 2}, bad[2] = {NAN, 2};
    ck_assert(gc_worst(cubic, x, x, right, 2) <= 1e-7);
    ck_assert(gc_worst(cubic, x, x, flipped, 2) > 1);
    ck_assert(isnan(gc_worst(cubic, x, x, bad, 2)));
    ck_assert(isnan(gc_worst(cubic, x, x, right, 0)));
}
END_TEST

/* ---- dense ---- */
typedef struct dense_case {
    double X[N * I], W[O * I], R[N * O], Y[N * O];
} dense_case;

static double dense_value(void *context)
{
    dense_case *c = context;
    gh_dense_forward(NULL, c->Y, c->X, c->W, N, I, O);
    return dot(c->Y, c->R, N * O);
}

START_TEST(dense_gradients)
{
    static dense_case c;
    double gX[N * I], gW[O * I] = {0}, gb[O] = {0}, plain;
    fill(c.X, N * I, 1), fill(c.W, O * I, 2), fill(c.R, N * O, 3);
    dense_value(&c);
    plain = 0;
    for (int k = 0; k < I; k++) plain += c.X[2 * I + k] * c.W[4 * I + k];
    ck_assert(fabs(c.Y[2 * O + 4] - plain) < 1e-14);
    gh_dense_backward(NULL, gX, 0, gW, gb, c.R, c.X, c.W, N, I, O);
    ck_assert(gc_worst(dense_value, &c, c.X, gX, N * I) <= 1e-7);
    ck_assert(gc_worst(dense_value, &c, c.W, gW, O * I) <= 1e-7);
    for (int j = 0; j < O; j++) {
        double sum = 0;
        for (int i = 0; i < N; i++) sum += c.R[i * O + j];
        ck_assert(fabs(gb[j] - sum) < 1e-13);
    }
}
END_TEST

/* ---- activations ---- */
typedef struct activation_case {
    int kind;
    double A[N * O], bias[O], skip[N * O], R[N * O], Y[N * O], argument[N * O];
} activation_case;

static double activation_value(void *context)
{
    activation_case *c = context;
    memcpy(c->Y, c->A, sizeof c->Y);
    gh_bias_activate(c->Y, c->bias, c->skip, c->argument, N, O, (gh_activation)c->kind, 0.3);
    return dot(c->Y, c->R, N * O);
}

START_TEST(activation_gradients)
{
    static activation_case c;
    double g[N * O], gb[O];
    for (c.kind = GH_LINEAR; c.kind <= GH_SILU; c.kind++) {
        fill(c.A, N * O, 4), fill(c.bias, O, 5), fill(c.skip, N * O, 6), fill(c.R, N * O, 7);
        for (int i = 0; i < N * O; i++) /* away from the kink at zero */
            if (fabs(c.A[i] + c.bias[i % O] + c.skip[i]) < 0.05) c.A[i] += 0.2;
        activation_value(&c);
        memcpy(g, c.R, sizeof g);
        gh_activate_backward(g, c.Y, c.argument, N * O, (gh_activation)c.kind, 0.3);
        ck_assert_msg(gc_worst(activation_value, &c, c.A, g, N * O) <= 1e-7, "activation %d", c.kind);
        ck_assert_msg(gc_worst(activation_value, &c, c.skip, g, N * O) <= 1e-7, "skip into activation %d", c.kind);
        memset(gb, 0, sizeof gb);
        for (int i = 0; i < N * O; i++) gb[i % O] += g[i];
        ck_assert_msg(gc_worst(activation_value, &c, c.bias, gb, O) <= 1e-7, "bias into activation %d", c.kind);
    }
}
END_TEST

/* f'' against differences of f', and the tangent beside it. */
START_TEST(activation_second_derivatives)
{
    const double h = 1e-5, arguments[] = {-6.1, -2.3, -0.7, -0.1, 0.05, 0.4, 1.9, 5.2};
    for (int kind = GH_LINEAR; kind <= GH_SILU; kind++)
        for (int i = 0; i < 8; i++) {
            double slope[3], tangent = 1.7, curvature = -0.6;
            for (int side = -1; side <= 1; side++) {
                double a = arguments[i] + side * h, y = a;
                slope[side + 1] = 1;
                gh_bias_activate(&y, NULL, NULL, NULL, 1, 1, (gh_activation)kind, 0.3);
                gh_activate_backward(&slope[side + 1], &y, &a, 1, (gh_activation)kind, 0.3);
                if (side == 0) gh_activate_second(&tangent, &curvature, &y, &a, 1, (gh_activation)kind, 0.3);
            }
            double second = (slope[2] - slope[0]) / (2 * h);
            ck_assert_msg(fabs(curvature + 0.6 * 1.7 * second) <= 1e-8, "activation %d at %g: %g", kind, arguments[i], curvature);
            ck_assert_msg(fabs(tangent - 1.7 * slope[1]) <= 1e-15, "tangent of activation %d at %g", kind, arguments[i]);
            ck_assert_int_eq(gh_activation_is_curved((gh_activation)kind), kind > GH_LEAKY_RELU);
        }
}
END_TEST

START_TEST(activation_values)
{
    const double x = 0.8, minus = -1.3;
    const double up[] = {x, x, x, x, tanh(x), 1 / (1 + exp(-x)), log1p(exp(x)), 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))), x / (1 + exp(-x))};
    const double down[] = {minus, 0, 0.3 * minus, exp(minus) - 1, tanh(minus), 1 / (1 + exp(-minus)), log1p(exp(minus)),
                           0.5 * minus * (1 + tanh(sqrt(2 / M_PI) * (minus + 0.044715 * minus * minus * minus))), minus / (1 + exp(-minus))};
    for (int kind = 0; kind <= GH_SILU; kind++) {
        double y[2] = {x, minus};
        gh_bias_activate(y, NULL, NULL, NULL, 1, 2, (gh_activation)kind, 0.3);
        ck_assert_msg(fabs(y[0] - up[kind]) < 1e-12 && fabs(y[1] - down[kind]) < 1e-12, "activation %d: %g %g", kind, y[0], y[1]);
    }
    ck_assert_int_eq(gh_activation_of("silu"), GH_SILU);
    ck_assert_int_eq(gh_activation_of("swish"), -1);
}
END_TEST

/* ---- norms ---- */
typedef struct norm_case {
    int batch;
    double A[N * O], g[O], b[O], R[N * O], Y[N * O], xhat[N * O], stats[3 * O + N];
} norm_case;

static double norm_value(void *context)
{
    norm_case *c = context;
    memcpy(c->Y, c->A, sizeof c->Y);
    if (c->batch) gh_batch_norm_forward(c->Y, c->xhat, c->stats, c->stats + O, c->stats + 2 * O, c->g, c->b, N, O);
    else gh_layer_norm_forward(c->Y, c->xhat, c->stats, c->g, c->b, N, O);
    return dot(c->Y, c->R, N * O);
}

START_TEST(norm_gradients)
{
    static norm_case c;
    for (c.batch = 0; c.batch < 2; c.batch++) {
        double gY[N * O], gg[O] = {0}, gb[O] = {0};
        fill(c.A, N * O, 8), fill(c.g, O, 9), fill(c.b, O, 10), fill(c.R, N * O, 11);
        norm_value(&c);
        memcpy(gY, c.R, sizeof gY);
        if (c.batch) gh_batch_norm_backward(gY, gg, gb, c.xhat, c.stats + 2 * O, c.g, N, O);
        else gh_layer_norm_backward(gY, gg, gb, c.xhat, c.stats, c.g, N, O);
        ck_assert_msg(gc_worst(norm_value, &c, c.A, gY, N * O) <= 1e-6, "input of norm %d", c.batch);
        ck_assert_msg(gc_worst(norm_value, &c, c.g, gg, O) <= 1e-7, "scale of norm %d", c.batch);
        ck_assert_msg(gc_worst(norm_value, &c, c.b, gb, O) <= 1e-7, "shift of norm %d", c.batch);
    }
}
END_TEST

START_TEST(batch_norm_applies_running_statistics)
{
    double x[4] = {1, 2, 3, 6}, mean[2] = {1, 4}, var[2] = {4, 0.25}, g[2] = {2, 1}, b[2] = {0.5, -1};
    gh_batch_norm_apply(x, mean, var, g, b, 2, 2);
    ck_assert(fabs(x[0] - 0.5) < 1e-4);
    ck_assert(fabs(x[3] - (2 / sqrt(0.25 + 1e-5) - 1)) < 1e-9);
}
END_TEST

/* ---- networks: every connection pattern, both norms, dropout ---- */
typedef struct network_case {
    gh_network network;
    gh_tape tape;
    double *parameters, *gradients;
    double X[N * I], R[N * 2];
    gh_rng rng;
} network_case;

static double network_value(void *context)
{
    network_case *c = context;
    gh_network_forward(&c->network, c->parameters, &c->tape, c->X, N, &c->rng, 40);
    return dot(c->tape.value[c->network.n_layers], c->R, N * 2);
}

static void check_network(gh_residual residual, gh_norm norm, gh_activation activation, double dropout)
{
    gh_hooks hooks = gh_hooks_default();
    network_case c = {.rng = gh_rng_make(5, GH_RANDOM_DROPOUT, 0)};
    gh_network_spec spec = {.inputs = I, .outputs = 2, .layers = 5, .units = O, .activation = activation,
                            .output_activation = GH_TANH, .residual = residual, .norm = norm, .slope = 0.2, .dropout = dropout,
                            .init_gain = 1, .output_gain = 1};
    int64_t trainable = 0, statistics = 0;
    ck_ok(gh_network_plan(&spec, &trainable, &statistics, &c.network));
    gh_network_place(&c.network, trainable);
    ck_ok(gh_alloc(&hooks, &c.parameters, trainable + statistics, sizeof(double)));
    ck_ok(gh_alloc(&hooks, &c.gradients, trainable + statistics, sizeof(double)));
    ck_ok(gh_tape_create(&hooks, &c.network, N, 1, &c.tape));
    gh_network_start(&c.network, c.parameters, 11, 0);
    fill(c.X, N * I, 12), fill(c.R, N * 2, 13);
    for (int64_t i = 0; i < trainable; i++) c.parameters[i] += 0.05 * sin(1.7 * (double)i); /* biases and scales off their start */
    network_value(&c);
    memcpy(c.tape.gradient[c.network.n_layers], c.R, sizeof c.R);
    gh_network_backward(&c.network, c.parameters, &c.tape, N, c.gradients);
    double input[N * I];
    memcpy(input, c.tape.gradient[0], sizeof input);
    ck_assert_msg(gc_worst(network_value, &c, c.parameters, c.gradients, trainable) <= 1e-6, "parameters: residual %d norm %d", residual, norm);
    ck_assert_msg(gc_worst(network_value, &c, c.X, input, N * I) <= 1e-6, "input: residual %d norm %d", residual, norm);
    gh_tape_free(&c.tape);
    gh_free(&hooks, c.parameters);
    gh_free(&hooks, c.gradients);
}

START_TEST(network_gradients)
{
    for (int residual = 0; residual < 3; residual++)
        for (int norm = 0; norm < 3; norm++) {
            check_network((gh_residual)residual, (gh_norm)norm, GH_ELU, 0);
            check_network((gh_residual)residual, (gh_norm)norm, GH_SILU, 0);
            check_network((gh_residual)residual, (gh_norm)norm, GH_TANH, 0.3);
        }
}
END_TEST

START_TEST(inference_equals_training_forward)
{
    gh_hooks hooks = gh_hooks_default();
    for (int residual = 0; residual < 3; residual++) {
        gh_network network;
        gh_tape tape;
        double *parameters, X[N * I], scratch[3 * N * O], Y[N * 2];
        gh_rng rng = gh_rng_make(1, GH_RANDOM_DROPOUT, 0);
        gh_network_spec spec = {.inputs = I, .outputs = 2, .layers = 6, .units = O, .activation = GH_GELU, .residual = (gh_residual)residual,
                                .norm = GH_NORM_LAYER, .init_gain = 2, .output_gain = 1};
        int64_t trainable = 0, statistics = 0;
        ck_ok(gh_network_plan(&spec, &trainable, &statistics, &network));
        ck_ok(gh_alloc(&hooks, &parameters, trainable, sizeof(double)));
        ck_ok(gh_tape_create(&hooks, &network, N, 0, &tape));
        gh_network_start(&network, parameters, 4, 1);
        fill(X, N * I, 14);
        gh_network_forward(&network, parameters, &tape, X, N, &rng, 0);
        const gh_network_way way = gh_network_plain_way();
        ck_assert_int_eq(gh_network_scratch(&network, N), 3 * N * O);
        gh_network_infer(&network, parameters, &way, X, N, scratch, Y);
        for (int i = 0; i < N * 2; i++) ck_assert(fabs(Y[i] - tape.value[network.n_layers][i]) < 1e-14);
        gh_tape_free(&tape);
        gh_free(&hooks, parameters);
    }
}
END_TEST

GH_TEST_MAIN("layers", checker_sees_errors, dense_gradients, activation_gradients,
             activation_second_derivatives, activation_values, norm_gradients,
             batch_norm_applies_running_statistics, network_gradients, inference_equals_training_forward)
