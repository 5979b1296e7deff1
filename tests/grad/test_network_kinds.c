/* test_network_kinds.c -- networks of convolutions, recurrent, local and pooling layers: gradients of parameters and
 * inputs against central differences, inference against the training pass, penalties through them, wrong plans. */
#include "testing.h"

#include "gradcheck.h"
#include "model/network.h"
#include "model/network_penalty.h"

enum { N = 3, I = 5, O = 4, MOST = 64 };

typedef struct kind_case {
    gh_network network;
    gh_tape tape;
    int64_t trainable, statistics;
    double *parameters, *gradients, *scratch;
    double X[N * MOST], R[N * MOST];
    gh_rng rng;
} kind_case;

static gh_network_spec spec_of(gh_network_kind kind, int emits)
{
    return (gh_network_spec){.inputs = I, .outputs = O, .layers = 2, .units = 6, .activation = GH_SILU, .output_activation = GH_TANH,
                             .slope = 0.2, .init_gain = 2, .output_gain = 1, .kind = kind, .emits = emits, .grid = {3, 4, 2},
                             .convolutions = 2, .channels = {3, 4}, .kernel = {2, 3}};
}

/* The network is laid out already. */
static void open_case(kind_case *c)
{
    gh_hooks hooks = gh_hooks_default();
    ck_assert(c->network.spec.inputs <= MOST && c->network.layer[c->network.n_layers - 1].outputs <= MOST);
    gh_network_place(&c->network, c->trainable);
    c->rng = gh_rng_make(5, GH_RANDOM_DROPOUT, 0);
    ck_ok(gh_alloc(&hooks, &c->parameters, c->trainable + c->statistics, sizeof(double)));
    ck_ok(gh_alloc(&hooks, &c->gradients, c->trainable + c->statistics, sizeof(double)));
    ck_ok(gh_alloc(&hooks, &c->scratch, 3 * N * c->network.widest, sizeof(double)));
    ck_ok(gh_tape_create(&hooks, &c->network, N, 1, &c->tape));
    gh_network_start(&c->network, c->parameters, 11, 0);
    for (int64_t i = 0; i < c->trainable; i++) c->parameters[i] += 0.05 * sin(1.7 * (double)i); /* biases and scales off their start */
    ck_ok(genhep_random_normal(4, 1, 0, N * MOST, c->X));
    ck_ok(genhep_random_normal(4, 2, 0, N * MOST, c->R));
}

static void plan_case(kind_case *c, const gh_network_spec *spec)
{
    memset(c, 0, sizeof *c);
    ck_ok(gh_network_plan(spec, &c->trainable, &c->statistics, &c->network));
    open_case(c);
}

static void close_case(kind_case *c)
{
    gh_hooks hooks = gh_hooks_default();
    gh_tape_free(&c->tape);
    gh_free(&hooks, c->parameters);
    gh_free(&hooks, c->gradients);
    gh_free(&hooks, c->scratch);
}

static int64_t outputs_of(const kind_case *c) { return c->network.layer[c->network.n_layers - 1].outputs; }

static double value_of(void *context)
{
    kind_case *c = context;
    double sum = 0;
    gh_network_forward(&c->network, c->parameters, &c->tape, c->X, N, &c->rng, 40);
    for (int64_t i = 0; i < N * outputs_of(c); i++) sum += c->tape.value[c->network.n_layers][i] * c->R[i];
    return sum;
}

static void check_gradients(kind_case *c, const char *what)
{
    static double input[N * MOST];
    const int64_t n = c->network.n_layers, n_x = N * c->network.spec.inputs;
    const size_t bytes = (size_t)(N * outputs_of(c)) * sizeof(double);
    for (int64_t i = 0; i < c->trainable; i++) c->gradients[i] = 1e300; /* every one is assigned */
    value_of(c);
    memcpy(c->tape.gradient[n], c->R, bytes);
    gh_network_backward(&c->network, c->parameters, &c->tape, N, c->gradients);
    memcpy(input, c->tape.gradient[0], (size_t)n_x * sizeof(double));
    double worst = gc_worst_fourth(value_of, c, c->parameters, c->gradients, c->trainable);
    ck_assert_msg(worst <= 1e-7, "%s: parameters, %g", what, worst);
    worst = gc_worst_fourth(value_of, c, c->X, input, n_x);
    ck_assert_msg(worst <= 1e-7, "%s: input, %g", what, worst);
    value_of(c);
    memcpy(c->tape.gradient[n], c->R, bytes);
    gh_network_backward_input(&c->network, c->parameters, &c->tape, N);
    ck_assert_msg(memcmp(input, c->tape.gradient[0], (size_t)n_x * sizeof(double)) == 0, "%s: the input alone", what);
}

/* Inference against the pass without training, which uses the running statistics and no dropout. */
static void check_inference(kind_case *c, const char *what)
{
    double Y[N * MOST];
    const gh_network_way way = gh_network_plain_way();
    for (int64_t i = 0; i < c->statistics; i++) c->parameters[c->trainable + i] = 0.3 + 0.1 * sin((double)i); /* variances too */
    gh_network_forward(&c->network, c->parameters, &c->tape, c->X, N, NULL, 0);
    gh_network_infer(&c->network, c->parameters, &way, c->X, N, c->scratch, Y);
    for (int64_t i = 0; i < N * outputs_of(c); i++)
        ck_assert_msg(fabs(Y[i] - c->tape.value[c->network.n_layers][i]) < 1e-13, "%s: output %d", what, (int)i);
    double one[MOST];
    gh_network_infer(&c->network, c->parameters, &way, c->X + c->network.spec.inputs, 1, c->scratch, one);
    for (int64_t i = 0; i < outputs_of(c); i++) ck_assert_msg(fabs(one[i] - Y[outputs_of(c) + i]) < 1e-13, "%s: a row alone", what);
}

static void check_spec(const gh_network_spec *spec, const char *what)
{
    static kind_case c;
    plan_case(&c, spec);
    check_gradients(&c, what);
    check_inference(&c, what);
    close_case(&c);
}

START_TEST(convolutions)
{
    for (int emits = 0; emits < 2; emits++)
        for (int norm = 0; norm < 3; norm++) {
            char what[64];
            gh_network_spec spec = spec_of(GH_NETWORK_CONV, emits);
            spec.norm = (gh_norm)norm;
            snprintf(what, sizeof what, "conv, emits %d, norm %d", emits, norm);
            check_spec(&spec, what);
            spec.dropout = 0.3, spec.activation = GH_GELU;
            check_spec(&spec, what);
            spec.grid[0] = 1, spec.grid[1] = 7; /* one dimension */
            check_spec(&spec, what);
        }
    gh_network_spec spec = spec_of(GH_NETWORK_CONV, 0);
    spec.grid[0] = 0;
    check_spec(&spec, "the features are the line");
}
END_TEST

START_TEST(recurrent)
{
    for (int emits = 0; emits < 2; emits++)
        for (int layers = 1; layers < 4; layers++) {
            char what[64];
            gh_network_spec spec = spec_of(GH_NETWORK_RNN, emits);
            spec.layers = layers;
            snprintf(what, sizeof what, "rnn, emits %d, %d layers", emits, layers);
            check_spec(&spec, what);
            spec.dropout = 0.2;
            check_spec(&spec, what);
        }
}
END_TEST

/* The templates' layers: sizes, weights, kinds. */
START_TEST(templates)
{
    static gh_network network;
    int64_t trainable = 0, statistics = 0;
    gh_network_spec spec = {.inputs = 64, .outputs = 7, .layers = 3, .units = 128, .norm = GH_NORM_BATCH, .kind = GH_NETWORK_CONV, .emits = 1,
                            .grid = {8, 8, 2}, .convolutions = 2, .channels = {32, 16}, .kernel = {2, 3}};
    ck_ok(gh_network_plan(&spec, &trainable, &statistics, &network));
    ck_assert_int_eq(network.n_layers, 7); /* dense, norm, transposed, norm, transposed, norm, dense */
    ck_assert(network.layer[2].kind == GH_LAYER_TRANSPOSED && network.layer[2].outputs == 8 * 8 * 32 && network.layer[3].columns == 32);
    int64_t expected = 65 * 128 + 2 * 128 + 2 * 4 * 32 + 32 + 2 * 32 + 32 * 9 * 16 + 16 + 2 * 16 + 8 * 8 * 16 * 7 + 7;
    ck_assert_int_eq(trainable, expected);
    ck_assert_int_eq(statistics, 2 * (128 + 32 + 16));
    spec = (gh_network_spec){.inputs = 7, .outputs = 1, .layers = 3, .units = 128, .kind = GH_NETWORK_CONV, .dropout = 0.2, .grid = {8, 8, 2},
                             .convolutions = 3, .channels = {64, 32, 16}, .kernel = {3, 3, 3}, .activation = GH_LEAKY_RELU};
    trainable = statistics = 0;
    ck_ok(gh_network_plan(&spec, &trainable, &statistics, &network));
    ck_assert_int_eq(network.n_layers, 5);
    ck_assert(network.layer[0].activation == GH_LINEAR && !network.layer[0].dropout && !network.layer[2].dropout && network.layer[3].dropout);
    ck_assert_int_eq(trainable, 8 * 128 + 19 * 64 + (9 * 64 + 1) * 32 + (9 * 32 + 1) * 16 + 8 * 8 * 16 + 1);
    spec = (gh_network_spec){.inputs = 6, .outputs = 1, .layers = 1, .units = 10, .kind = GH_NETWORK_RNN};
    trainable = statistics = 0;
    ck_ok(gh_network_plan(&spec, &trainable, &statistics, &network));
    ck_assert_int_eq(trainable, 30 + 40 + 300 + 11);
    ck_assert(network.layer[0].gru.steps == 6 && network.layer[0].gru.last && !network.layer[0].gru.repeat);
}
END_TEST

static void append(kind_case *c, gh_layer layer, gh_norm norm)
{
    ck_ok(gh_network_append(&c->network, &layer, norm, &c->trainable, &c->statistics));
}

/* A picture through every kind by hand: strided convolution, pooling, local layers with either norm, transposed. */
static void plan_by_hand(kind_case *c, gh_norm norm)
{
    gh_network_spec spec = {.inputs = 4 * 6 * 2, .slope = 0.2, .dropout = 0.2, .init_gain = 1, .output_gain = 1};
    gh_patches p;
    gh_layer l;
    memset(c, 0, sizeof *c);
    gh_network_begin(&spec, &c->network);
    ck_ok(gh_patches_plan(4, 6, 2, 2, 2, 1, 1, GH_PADDING_SAME, &p));
    append(c, gh_layer_conv(&p, 3, GH_SILU), norm);
    ck_ok(gh_patches_plan(4, 6, 3, 2, 2, 2, 2, GH_PADDING_VALID, &p));
    append(c, gh_layer_pool(&p), GH_NORM_NONE);
    ck_ok(gh_patches_plan_transposed(2, 3, 2, 2, 2, 1, 1, GH_PADDING_VALID, &p));
    append(c, gh_layer_transposed(&p, 3, GH_SOFTPLUS), GH_NORM_NONE);
    ck_ok(gh_patches_plan(3, 4, 2, 2, 2, 1, 1, GH_PADDING_SAME, &p));
    l = gh_layer_local(&p, 3, GH_TANH);
    l.dropout = 1;
    append(c, l, norm);
    l = gh_layer_pass(36, 3);
    l.activation = GH_SOFTPLUS;
    append(c, l, norm);
    ck_ok(gh_patches_plan(3, 4, 3, 3, 2, 1, 2, GH_PADDING_VALID, &p));
    append(c, gh_layer_local(&p, 1, GH_LINEAR), GH_NORM_NONE);
    append(c, gh_layer_dense(2, 3, GH_LINEAR), GH_NORM_NONE);
    open_case(c);
}

START_TEST(every_kind_by_hand)
{
    static kind_case c;
    for (int norm = 0; norm < 3; norm++) {
        char what[32];
        snprintf(what, sizeof what, "norm %d", norm);
        plan_by_hand(&c, (gh_norm)norm);
        check_gradients(&c, what);
        check_inference(&c, what);
        close_case(&c);
    }
}
END_TEST

/* The checker with differences of fourth order itself. */
static double fourth(void *context)
{
    double *x = context;
    return x[0] * x[0] * x[0] * x[0] + 2 * x[1];
}

START_TEST(checker_sees_errors)
{
    double x[2] = {0.7, -1.2}, right[2] = {4 * 0.343, 2}, wrong[2] = {4 * 0.343 + 1e-6, 2}, bad[2] = {NAN, 2};
    ck_assert(gc_worst_fourth(fourth, x, x, right, 2) <= 1e-9);
    ck_assert(gc_worst_fourth(fourth, x, x, wrong, 2) > 5e-7);
    ck_assert(isnan(gc_worst_fourth(fourth, x, x, bad, 2)));
    ck_assert(isnan(gc_worst_fourth(fourth, x, x, right, 0)));
}
END_TEST

/* ---- penalties: sum_i a_i phi_i + b_i s_i, s the squared input gradient of one output ---- */
typedef struct penalty_case {
    kind_case k;
    gh_penalty_tape penalty;
    int64_t output;
} penalty_case;

static const double a[N] = {0.7, -1.1, 0.4}, b[N] = {0.9, 0.5, -0.8};

static double penalised(void *context)
{
    penalty_case *p = context;
    kind_case *c = &p->k;
    double s[N], sum = 0;
    gh_network_forward(&c->network, c->parameters, &c->tape, c->X, N, &c->rng, 40);
    gh_network_input_gradient(&c->network, c->parameters, &c->tape, p->output, N, &p->penalty, s);
    for (int64_t i = 0; i < N; i++) sum += a[i] * c->tape.value[c->network.n_layers][i * outputs_of(c) + p->output] + b[i] * s[i];
    return sum;
}

static void check_penalty(penalty_case *p, const char *what)
{
    gh_hooks hooks = gh_hooks_default();
    kind_case *c = &p->k;
    c->network.spec.outputs = outputs_of(c);
    p->output = outputs_of(c) - 1;
    ck_ok(gh_penalty_tape_create(&hooks, &c->network, N, &p->penalty));
    ck_assert(penalised(p) != 0);
    for (int64_t i = 0; i < c->trainable; i++) c->gradients[i] = 1e300;
    gh_network_penalty_backward(&c->network, c->parameters, &c->tape, &p->penalty, a, b, N, 0, c->gradients);
    double worst = gc_worst_fourth(penalised, p, c->parameters, c->gradients, c->trainable);
    ck_assert_msg(worst <= 1e-7, "%s: worst relative error %g", what, worst);
    gh_penalty_tape_free(&p->penalty);
}

START_TEST(penalties_through_convolutions)
{
    static penalty_case p;
    const gh_activation kinds[] = {GH_LEAKY_RELU, GH_SOFTPLUS, GH_SILU, GH_TANH};
    for (int k = 0; k < 4; k++)
        for (int norm = 0; norm < 3; norm += 2) {
            char what[64];
            gh_network_spec spec = spec_of(GH_NETWORK_CONV, 0);
            snprintf(what, sizeof what, "conv, activation %d, norm %d", (int)kinds[k], norm);
            spec.activation = kinds[k], spec.norm = (gh_norm)norm, spec.dropout = k % 2 ? 0.3 : 0;
            spec.output_activation = k % 2 ? GH_LINEAR : GH_SOFTPLUS;
            plan_case(&p.k, &spec);
            check_penalty(&p, what);
            close_case(&p.k);
        }
    for (int norm = 0; norm < 3; norm += 2) {
        plan_by_hand(&p.k, (gh_norm)norm);
        check_penalty(&p, norm ? "every kind, layer norm" : "every kind");
        close_case(&p.k);
    }
}
END_TEST

/* Minibatch discrimination before the output: every row depends on all of them. The spec's other settings go through. */
static gh_network_spec coupled_spec(gh_network_kind kind, int variant)
{
    const gh_activation hidden[] = {GH_LEAKY_RELU, GH_SILU, GH_TANH};
    gh_network_spec spec = spec_of(kind, 0);
    spec.minibatch_kernels = 3, spec.minibatch_numbers = 2;
    spec.activation = hidden[variant % 3], spec.output_activation = variant % 2 ? GH_SOFTPLUS : GH_LINEAR;
    spec.dropout = variant % 4 == 3 ? 0.3 : 0;
    return spec;
}

START_TEST(minibatch_before_the_output)
{
    static kind_case c;
    for (int kind = 0; kind < 3; kind++)
        for (int variant = 0; variant < 4; variant++) {
            char what[64];
            gh_network_spec spec = coupled_spec((gh_network_kind)kind, variant);
            snprintf(what, sizeof what, "minibatch, kind %d, variant %d", kind, variant);
            plan_case(&c, &spec);
            check_gradients(&c, what);
            close_case(&c);
        }
}
END_TEST

/* The input gradient of the sum over rows, and penalties on it. */
static double sum_of_rows(void *context)
{
    penalty_case *p = context;
    kind_case *c = &p->k;
    double sum = 0;
    gh_network_forward(&c->network, c->parameters, &c->tape, c->X, N, &c->rng, 40);
    for (int64_t i = 0; i < N; i++) sum += c->tape.value[c->network.n_layers][i * outputs_of(c) + p->output];
    return sum;
}

static void check_coupled(const gh_network_spec *spec, const char *what)
{
    static penalty_case p;
    double G[N * MOST];
    gh_hooks hooks = gh_hooks_default();
    plan_case(&p.k, spec);
    p.output = outputs_of(&p.k) - 1;
    ck_ok(gh_penalty_tape_create(&hooks, &p.k.network, N, &p.penalty));
    penalised(&p);
    memcpy(G, p.penalty.gradient, (size_t)(N * spec->inputs) * sizeof *G);
    double worst = gc_worst_fourth(sum_of_rows, &p, p.k.X, G, N * spec->inputs);
    ck_assert_msg(worst <= 1e-7, "%s: input gradient, %g", what, worst);
    gh_penalty_tape_free(&p.penalty);
    check_penalty(&p, what);
    close_case(&p.k);
}

START_TEST(penalties_through_minibatch)
{
    for (int layers = 0; layers < 4; layers++)
        for (int residual = 0; residual < 3; residual++)
            for (int variant = 0; variant < 4; variant++)
                for (int norm = 0; norm < 3; norm += 2) {
                    char what[96];
                    gh_network_spec spec = coupled_spec(GH_NETWORK_DENSE, variant);
                    spec.layers = layers, spec.residual = (gh_residual)residual, spec.norm = (gh_norm)norm;
                    snprintf(what, sizeof what, "minibatch, %d layers, residual %d, variant %d, norm %d", layers, residual, variant, norm);
                    check_coupled(&spec, what);
                }
    for (int variant = 0; variant < 4; variant++) {
        gh_network_spec spec = coupled_spec(GH_NETWORK_CONV, variant);
        check_coupled(&spec, "minibatch behind convolutions");
    }
}
END_TEST

/* One recurrent layer and several, that read and that emit, with dropout between them and other rows at the end. */
START_TEST(penalties_through_recurrent_layers)
{
    static penalty_case p;
    for (int layers = 1; layers < 4; layers++)
        for (int emits = 0; emits < 2; emits++)
            for (int variant = 0; variant < 4; variant++) {
                char what[64];
                gh_network_spec spec = spec_of(GH_NETWORK_RNN, emits);
                spec.layers = layers, spec.units = 4, spec.dropout = variant % 2 ? 0.3 : 0;
                spec.output_activation = variant / 2 ? GH_SOFTPLUS : GH_LINEAR;
                snprintf(what, sizeof what, "rnn, %d layers, emits %d, variant %d", layers, emits, variant);
                plan_case(&p.k, &spec);
                check_penalty(&p, what);
                close_case(&p.k);
            }
    for (int variant = 0; variant < 4; variant++) {
        gh_network_spec spec = coupled_spec(GH_NETWORK_RNN, variant);
        spec.units = 4;
        check_coupled(&spec, "minibatch behind recurrent layers");
    }
}
END_TEST

START_TEST(penalties_refused)
{
    static kind_case c;
    gh_hooks hooks = gh_hooks_default();
    gh_penalty_tape penalty;
    plan_by_hand(&c, GH_NORM_BATCH);
    ck_fails(gh_penalty_tape_create(&hooks, &c.network, N, &penalty), GENHEP_E_OPTION, "batch norm");
    close_case(&c);
}
END_TEST

START_TEST(wrong_plans_are_told)
{
    static gh_network network;
    int64_t t = 0, s = 0;
    gh_patches p;
    gh_network_spec spec = spec_of(GH_NETWORK_CONV, 0);
    spec.convolutions = 0;
    ck_fails(gh_network_plan(&spec, &t, &s, &network), GENHEP_E_SHAPE, "0 convolutions");
    spec = spec_of(GH_NETWORK_CONV, 1);
    spec.grid[0] = 256, spec.grid[1] = 256, spec.channels[0] = 1024;
    ck_fails(gh_network_plan(&spec, &t, &s, &network), GENHEP_E_SHAPE, "expected at most 1048576");
    spec = spec_of(GH_NETWORK_RNN, 1);
    spec.layers = 0;
    ck_fails(gh_network_plan(&spec, &t, &s, &network), GENHEP_E_SHAPE, "recurrent network of 0 layers");
    gh_network_begin(&spec, &network);
    ck_ok(gh_patches_plan(2, 3, 1, 2, 2, 1, 1, GH_PADDING_SAME, &p));
    gh_layer l = gh_layer_conv(&p, 2, GH_LINEAR);
    ck_fails(gh_network_append(&network, &l, GH_NORM_NONE, &t, &s), GENHEP_E_SHAPE, "takes 6 numbers, the one before gives 5");
    l = gh_layer_dense(5, 5, GH_LINEAR);
    l.skip = 0;
    ck_fails(gh_network_append(&network, &l, GH_NORM_NONE, &t, &s), GENHEP_E_SHAPE,
             "adds value 0: expected -1");
    l.skip = 1, l.skip_after = 1;
    ck_fails(gh_network_append(&network, &l, GH_NORM_NONE, &t, &s), GENHEP_E_SHAPE,
             "adds value 1: expected 0");
    l = gh_layer_dense(5, 5, GH_LINEAR);
    for (int k = 0; k < GH_MAX_LAYERS; k++) ck_ok(gh_network_append(&network, &l, GH_NORM_NONE, &t, &s));
    ck_fails(gh_network_append(&network, &l, GH_NORM_NONE, &t, &s), GENHEP_E_SHAPE, "more than 64 layers");
}
END_TEST

/* Activations of a wide network start with the variance that the gain promises. */
START_TEST(start_weights_keep_the_scale)
{
    static kind_case c;
    gh_network_spec spec = spec_of(GH_NETWORK_CONV, 1);
    spec.grid[0] = spec.grid[1] = 8, spec.grid[2] = 16, spec.channels[0] = spec.channels[1] = 32, spec.kernel[0] = spec.kernel[1] = 3;
    spec.activation = GH_LINEAR, spec.output_activation = GH_LINEAR, spec.init_gain = 1;
    plan_case(&c, &spec);
    gh_network_start(&c.network, c.parameters, 3, 0);
    for (int i = 0; i < N * I; i++) c.X[i] = i % 2 ? 1 : -1;
    value_of(&c);
    for (int64_t k = 0; k < c.network.n_layers - 1; k++) {
        const gh_layer *l = &c.network.layer[k];
        double sum = 0;
        for (int64_t i = 0; i < N * l->outputs; i++) sum += c.tape.value[k + 1][i] * c.tape.value[k + 1][i];
        sum /= (double)(N * l->outputs);
        ck_assert_msg(sum > 0.5 && sum < 1.5, "layer %d: mean square %g", (int)k, sum); /* a little less at borders */
    }
    close_case(&c);
}
END_TEST

GH_TEST_MAIN("network_kinds", checker_sees_errors, convolutions, recurrent, templates, every_kind_by_hand, penalties_through_convolutions, minibatch_before_the_output,
             penalties_through_minibatch, penalties_through_recurrent_layers, penalties_refused,
             wrong_plans_are_told, start_weights_keep_the_scale)
