/* test_network_penalty.c -- gradients through input gradients: against central differences of the whole loss, against the
 * textbook reverse pass over values and tangents in plain loops, against the ordinary backward pass. */
#include "testing.h"

#include "gradcheck.h"
#include "model/network_penalty.h"

enum { N = 5, I = 3, U = 7, MOST_ROWS = 256 };

typedef struct penalty_case {
    gh_network network;
    gh_tape tape;
    gh_penalty_tape penalty;
    gh_rng rng;
    int64_t rows, output, trainable;
    double *parameters, *gradients;
    double X[MOST_ROWS * I], weight[MOST_ROWS], metric[I], c[MOST_ROWS], t[MOST_ROWS], s[MOST_ROWS];
    int measured; /* s = sum_j metric_j G_j^2 instead of |G|^2 */
} penalty_case;

static gh_network_spec base_spec(void)
{
    return (gh_network_spec){.inputs = I,
                             .outputs = 1,
                             .layers = 3,
                             .units = U,
                             .activation = GH_LEAKY_RELU,
                             .slope = 0.3,
                             .init_gain = 1.7,
                             .output_gain = 1};
}

static void start_case(penalty_case *p, const gh_network_spec *spec, int64_t rows, int64_t output)
{
    gh_hooks hooks = gh_hooks_default();
    int64_t statistics = 0;
    memset(p, 0, sizeof *p);
    p->rows = rows, p->output = output;
    p->rng = gh_rng_make(5, GH_RANDOM_DROPOUT, 0);
    ck_ok(gh_network_plan(spec, &p->trainable, &statistics, &p->network));
    ck_ok(gh_alloc(&hooks, &p->parameters, p->trainable, sizeof(double)));
    ck_ok(gh_alloc(&hooks, &p->gradients, p->trainable, sizeof(double)));
    ck_ok(gh_tape_create(&hooks, &p->network, rows, 1, &p->tape));
    ck_ok(gh_penalty_tape_create(&hooks, &p->network, rows, &p->penalty));
    gh_network_start(&p->network, p->parameters, 11, 0);
    for (int64_t i = 0; i < p->trainable; i++) p->parameters[i] += 0.05 * sin(1.7 * (double)i);
    ck_ok(genhep_random_normal(3, 1, 0, rows * I, p->X));
    ck_ok(genhep_random_normal(3, 2, 0, rows, p->weight));
    for (int j = 0; j < I; j++) p->metric[j] = 0.5 + 0.4 * j;
}

static void end_case(penalty_case *p)
{
    gh_hooks hooks = gh_hooks_default();
    gh_tape_free(&p->tape);
    gh_penalty_tape_free(&p->penalty);
    gh_free(&hooks, p->parameters);
    gh_free(&hooks, p->gradients);
}

/* Losses in turn: truth and generated events with their logit penalties, and a two-sided penalty with a mixed term; a random
 * weight on every row. */
static double row_loss(int64_t i, double weight, double phi, double s, double *c, double *t)
{
    double D = 1 / (1 + exp(-phi)), l = 0, dphi = 0, ds = 0;
    if (i % 3 == 0) {
        l = log1p(exp(-phi)) + (1 - D) * (1 - D) * s;
        dphi = D - 1 - 2 * (1 - D) * D * (1 - D) * s;
        ds = (1 - D) * (1 - D);
    } else if (i % 3 == 1) {
        l = log1p(exp(phi)) + D * D * s;
        dphi = D + 2 * D * D * (1 - D) * s;
        ds = D * D;
    } else {
        l = (s - 1) * (s - 1) + phi * s;
        dphi = s;
        ds = 2 * (s - 1) + phi;
    }
    *c = weight * dphi, *t = weight * ds;
    return weight * l;
}

/* Forward and input gradient; the loss, with c and t beside it. */
static double loss_value(void *context)
{
    penalty_case *p = context;
    const int64_t outputs = p->network.spec.outputs;
    double loss = 0;
    gh_network_forward(&p->network, p->parameters, &p->tape, p->X, p->rows, &p->rng, 40);
    gh_network_input_gradient(&p->network, p->parameters, &p->tape, p->output, p->rows, &p->penalty, p->s);
    for (int64_t i = 0; i < p->rows; i++) {
        double *g = p->penalty.gradient + i * I, s = p->s[i];
        if (p->measured) {
            s = 0;
            for (int j = 0; j < I; j++) s += p->metric[j] * g[j] * g[j], g[j] *= p->metric[j];
        }
        loss += row_loss(i, p->weight[i], p->tape.value[p->network.n_layers][i * outputs + p->output], s, &p->c[i],
                         &p->t[i]);
    }
    return loss;
}

static void parameter_gradient(penalty_case *p)
{
    loss_value(p);
    memset(p->gradients, 0xff, (size_t)p->trainable * sizeof(double)); /* NaN: assigned means all of it */
    gh_network_penalty_backward(&p->network, p->parameters, &p->tape, &p->penalty, p->c, p->t, p->rows, 0,
                                p->gradients);
}

/* Largest error of a block's gradient, relative to the block's largest difference. */
static double block_error(penalty_case *p, int64_t start, int64_t n)
{
    double worst = 0, largest = 0;
    for (int64_t i = start; i < start + n; i++) {
        double x0 = p->parameters[i], h = cbrt(DBL_EPSILON) * fmax(1.0, fabs(x0));
        p->parameters[i] = x0 + h;
        double up = loss_value(p);
        p->parameters[i] = x0 - h;
        double down = loss_value(p);
        p->parameters[i] = x0;
        double difference = (up - down) / (2 * h), error = fabs(difference - p->gradients[i]);
        if (!isfinite(error)) return NAN;
        worst = fmax(worst, error), largest = fmax(largest, fabs(difference));
    }
    return largest > 0 ? worst / largest : worst > 1e-9 ? INFINITY : 0;
}

static void check_blocks(penalty_case *p, const char *what)
{
    parameter_gradient(p);
    for (int64_t k = 0; k < p->network.n_layers; k++) {
        const gh_layer *l = &p->network.layer[k];
        const int64_t start[3] = {l->weights, l->bias, l->norm_scale};
        const int64_t n[3] = {l->inputs * l->outputs, l->outputs, l->outputs};
        for (int b = 0; b < 3; b++) {
            double error = start[b] < 0 ? 0 : block_error(p, start[b], n[b]);
            ck_assert_msg(error <= 1e-6,
                          "%s: layer %d of %d, activation %d residual %d norm %d dropout %g, block %d: error %g", what,
                          (int)k, (int)p->network.n_layers, p->network.spec.activation, p->network.spec.residual,
                          p->network.spec.norm, p->network.spec.dropout, b, error);
        }
    }
}

static void check_differences(gh_norm norm, double dropout)
{
    static penalty_case p;
    for (int activation = GH_LINEAR; activation <= GH_SILU; activation++)
        for (int residual = 0; residual < 3; residual++)
            for (int layers = 0; layers <= 4; layers++) {
                gh_network_spec spec = base_spec();
                spec.activation = (gh_activation)activation, spec.residual = (gh_residual)residual;
                spec.layers = layers, spec.norm = norm, spec.dropout = dropout;
                start_case(&p, &spec, N, 0);
                check_blocks(&p, "penalty");
                end_case(&p);
            }
}

START_TEST(differences_plain)
{
    check_differences(GH_NORM_NONE, 0);
}
END_TEST

START_TEST(differences_dropout)
{
    check_differences(GH_NORM_NONE, 0.3);
}
END_TEST

START_TEST(differences_layer_norm)
{
    check_differences(GH_NORM_LAYER, 0);
    check_differences(GH_NORM_LAYER, 0.3);
}
END_TEST

/* One of several outputs, each output activation; a metric on the input gradient. */
START_TEST(differences_outputs)
{
    static penalty_case p;
    for (int activation = GH_LINEAR; activation <= GH_SILU; activation++)
        for (int hidden = GH_LEAKY_RELU; hidden <= GH_ELU; hidden++) {
            gh_network_spec spec = base_spec();
            spec.outputs = 3, spec.activation = (gh_activation)hidden,
            spec.output_activation = (gh_activation)activation;
            start_case(&p, &spec, N, 1);
            check_blocks(&p, "output 1 of 3");
            p.measured = 1;
            check_blocks(&p, "metric");
            end_case(&p);
        }
}
END_TEST

/* The check sees a wrong sign of the penalty's part. */
START_TEST(differences_see_errors)
{
    static penalty_case p;
    gh_network_spec spec = base_spec();
    start_case(&p, &spec, N, 0);
    loss_value(&p);
    for (int64_t i = 0; i < N; i++) p.t[i] = -p.t[i];
    gh_network_penalty_backward(&p.network, p.parameters, &p.tape, &p.penalty, p.c, p.t, N, 0, p.gradients);
    ck_assert(block_error(&p, p.network.layer[1].weights, U * U) > 0.01);
    end_case(&p);
}
END_TEST

/* ---- input gradient ---- */
static double output_sum(void *context)
{
    penalty_case *p = context;
    const int64_t outputs = p->network.spec.outputs;
    double sum = 0;
    gh_network_forward(&p->network, p->parameters, &p->tape, p->X, p->rows, &p->rng, 40);
    for (int64_t i = 0; i < p->rows; i++) sum += p->tape.value[p->network.n_layers][i * outputs + p->output];
    return sum;
}

START_TEST(input_gradient)
{
    static penalty_case p;
    for (int norm = 0; norm < 3; norm += 2)
        for (int residual = 0; residual < 3; residual++) {
            gh_network_spec spec = base_spec();
            double G[N * I];
            spec.outputs = 2, spec.layers = 4, spec.activation = GH_ELU, spec.output_activation = GH_TANH;
            spec.residual = (gh_residual)residual, spec.norm = (gh_norm)norm, spec.dropout = 0.2;
            start_case(&p, &spec, N, 1);
            loss_value(&p);
            memcpy(G, p.penalty.gradient, sizeof G);
            ck_assert(gc_worst(output_sum, &p, p.X, G, N * I) <= 1e-7);
            for (int i = 0; i < N; i++) {
                double s = 0;
                for (int j = 0; j < I; j++) s += G[i * I + j] * G[i * I + j];
                ck_assert(fabs(s - p.s[i]) <= 1e-14 * (1 + s));
            }
            end_case(&p);
        }
}
END_TEST

/* ---- the textbook pass: adjoints of values and tangents, one row at a time ---- */
enum { MOST = 8 };
typedef struct row_state {
    double a_dot[MOST][U], x_dot[MOST][U]; /* of layer k's argument, of value k */
    double gx[MOST][U], gx_dot[MOST][U];
} row_state;

static double first_derivative(gh_activation kind, double y, double a)
{
    double g = 1;
    gh_activate_backward(&g, &y, &a, 1, kind, 0.3);
    return g;
}

static double second_derivative(gh_activation kind, double y, double a)
{
    double t = 1, c = 1;
    gh_activate_second(&t, &c, &y, &a, 1, kind, 0.3);
    return c;
}

static double factor(const penalty_case *p, int64_t k, int64_t row, int64_t j)
{
    return p->network.layer[k].dropout ? p->tape.mask[k][row * U + j] : 1;
}

static void textbook_tangent(const penalty_case *p, int64_t row, row_state *r)
{
    for (int64_t k = 0; k < p->network.n_layers; k++) {
        const gh_layer *l = &p->network.layer[k];
        const double *W = p->parameters + l->weights;
        for (int64_t j = 0; j < l->outputs; j++) {
            const int64_t o = row * l->outputs + j;
            double dot = 0;
            for (int64_t m = 0; m < l->inputs; m++) dot += W[j * l->inputs + m] * r->x_dot[k][m];
            if (l->skip >= 0 && !l->skip_after) dot += r->x_dot[l->skip][j];
            r->a_dot[k][j] = dot;
            const double *value = p->tape.branch[k] ? p->tape.branch[k] : p->tape.value[k + 1];
            double a = p->tape.argument[k] ? p->tape.argument[k][o] : 0;
            r->x_dot[k + 1][j] = factor(p, k, row, j) * first_derivative(l->activation, value[o], a) * dot;
            if (l->skip_after) r->x_dot[k + 1][j] += r->x_dot[l->skip][j];
        }
    }
}

static void textbook_reverse(const penalty_case *p, int64_t row, row_state *r, double *gradients)
{
    for (int64_t k = p->network.n_layers - 1; k >= 0; k--) {
        const gh_layer *l = &p->network.layer[k];
        const double *W = p->parameters + l->weights, *X = p->tape.value[k] + row * l->inputs;
        for (int64_t j = 0; j < l->outputs; j++) {
            const int64_t o = row * l->outputs + j;
            double y = (p->tape.branch[k] ? p->tape.branch[k] : p->tape.value[k + 1])[o];
            double a = p->tape.argument[k] ? p->tape.argument[k][o] : 0, m = factor(p, k, row, j);
            double first = first_derivative(l->activation, y, a), second = second_derivative(l->activation, y, a);
            double ga_dot = first * m * r->gx_dot[k + 1][j];
            double ga = first * m * r->gx[k + 1][j] + second * r->a_dot[k][j] * m * r->gx_dot[k + 1][j];
            if (l->skip >= 0) {
                r->gx[l->skip][j] += l->skip_after ? r->gx[k + 1][j] : ga;
                r->gx_dot[l->skip][j] += l->skip_after ? r->gx_dot[k + 1][j] : ga_dot;
            }
            gradients[l->bias + j] += ga;
            for (int64_t i = 0; i < l->inputs; i++) {
                gradients[l->weights + j * l->inputs + i] += ga * X[i] + ga_dot * r->x_dot[k][i];
                r->gx[k][i] += W[j * l->inputs + i] * ga;
                r->gx_dot[k][i] += W[j * l->inputs + i] * ga_dot;
            }
        }
    }
}

START_TEST(textbook_agrees)
{
    static penalty_case p;
    const gh_activation kinds[] = {GH_RELU, GH_LEAKY_RELU, GH_ELU, GH_SILU};
    gh_hooks hooks = gh_hooks_default();
    for (int which = 0; which < 4 * 3 * 2; which++) {
        gh_network_spec spec = base_spec();
        double *expected, worst = 0;
        spec.activation = kinds[which % 4], spec.residual = (gh_residual)(which / 4 % 3),
        spec.dropout = which / 12 ? 0.3 : 0;
        spec.layers = 5;
        start_case(&p, &spec, N, 0);
        ck_ok(gh_alloc(&hooks, &expected, p.trainable, sizeof(double)));
        parameter_gradient(&p);
        for (int64_t row = 0; row < N; row++) {
            row_state r;
            memset(&r, 0, sizeof r);
            memcpy(r.x_dot[0], p.penalty.gradient + row * I, I * sizeof(double));
            textbook_tangent(&p, row, &r);
            ck_assert(fabs(r.x_dot[p.network.n_layers][0] - p.s[row]) <= 1e-12 * (1 + p.s[row])); /* G . dphi/dx */
            r.gx[p.network.n_layers][0] = p.c[row];
            r.gx_dot[p.network.n_layers][0] = 2 * p.t[row];
            textbook_reverse(&p, row, &r, expected);
        }
        for (int64_t i = 0; i < p.trainable; i++) {
            double error = fabs(expected[i] - p.gradients[i]) / fmax(1, fabs(expected[i]));
            worst = fmax(worst, isfinite(error) ? error : INFINITY);
        }
        ck_assert_msg(worst <= 1e-12, "activation %d residual %d dropout %g: %g", spec.activation, spec.residual,
                      spec.dropout, worst);
        gh_free(&hooks, expected);
        end_case(&p);
    }
}
END_TEST

/* ---- ordinary backward, sums, slices ---- */
START_TEST(without_penalty_it_is_backward)
{
    static penalty_case p;
    for (int norm = 0; norm < 3; norm += 2)
        for (int residual = 0; residual < 3; residual++) {
            gh_network_spec spec = base_spec();
            spec.norm = (gh_norm)norm, spec.residual = (gh_residual)residual, spec.activation = GH_TANH,
            spec.dropout = 0.2;
            start_case(&p, &spec, N, 0);
            gh_hooks hooks = gh_hooks_default();
            double *ordinary, *with_input, input[N * I];
            ck_ok(gh_alloc(&hooks, &ordinary, p.trainable, sizeof(double)));
            loss_value(&p);
            memset(p.t, 0, sizeof p.t);
            gh_network_penalty_backward(&p.network, p.parameters, &p.tape, &p.penalty, p.c, p.t, N, 0, p.gradients);
            memcpy(p.tape.gradient[p.network.n_layers], p.c, N * sizeof(double));
            gh_network_backward(&p.network, p.parameters, &p.tape, N, ordinary);
            for (int64_t i = 0; i < p.trainable; i++)
                ck_assert(fabs(ordinary[i] - p.gradients[i]) <= 1e-13 * (1 + fabs(ordinary[i])));
            with_input = p.tape.gradient[0];
            for (int i = 0; i < N * I; i++)
                ck_assert(fabs(with_input[i] - p.c[i / I] * p.penalty.gradient[i]) <= 1e-13);
            memcpy(input, with_input, sizeof input);
            memset(with_input, 0xff, sizeof input);
            memcpy(p.tape.gradient[p.network.n_layers], p.c, N * sizeof(double));
            gh_network_backward_input(&p.network, p.parameters, &p.tape, N);
            ck_assert(memcmp(input, p.tape.gradient[0], sizeof input) == 0);
            gh_free(&hooks, ordinary);
            end_case(&p);
        }
}
END_TEST

START_TEST(input_alone_with_batch_norm)
{
    static penalty_case p;
    gh_network_spec spec = base_spec();
    gh_hooks hooks = gh_hooks_default();
    gh_tape tape;
    gh_network network;
    int64_t trainable = 0, statistics = 0;
    double input[N * I], *gradients;
    start_case(&p, &spec, N, 0); /* for rows and losses */
    spec.norm = GH_NORM_BATCH;
    ck_ok(gh_network_plan(&spec, &trainable, &statistics, &network));
    gh_network_place(&network, trainable);
    double *parameters;
    ck_ok(gh_alloc(&hooks, &parameters, trainable + statistics, sizeof(double)));
    ck_ok(gh_alloc(&hooks, &gradients, trainable + statistics, sizeof(double)));
    ck_ok(gh_tape_create(&hooks, &network, N, 1, &tape));
    gh_network_start(&network, parameters, 2, 0);
    gh_network_forward(&network, parameters, &tape, p.X, N, &p.rng, 0);
    memcpy(tape.gradient[network.n_layers], p.weight, N * sizeof(double));
    gh_network_backward(&network, parameters, &tape, N, gradients);
    memcpy(input, tape.gradient[0], sizeof input);
    memset(tape.gradient[0], 0xff, sizeof input);
    memcpy(tape.gradient[network.n_layers], p.weight, N * sizeof(double));
    gh_network_backward_input(&network, parameters, &tape, N);
    ck_assert(memcmp(input, tape.gradient[0], sizeof input) == 0);
    gh_penalty_tape penalty;
    ck_fails(gh_penalty_tape_create(&hooks, &network, N, &penalty), GENHEP_E_OPTION,
             "batch norm: expected no norm or layer norm");
    gh_penalty_tape_free(&penalty); /* nothing to free, no harm */
    gh_tape_free(&tape);
    gh_free(&hooks, parameters);
    gh_free(&hooks, gradients);
    end_case(&p);
}
END_TEST

/* 256 rows at once are 1 and 255 rows, added up; masks follow the row's number. */
START_TEST(slices_add_up)
{
    static penalty_case p;
    const gh_activation kinds[] = {GH_LEAKY_RELU, GH_SOFTPLUS};
    gh_hooks hooks = gh_hooks_default();
    for (int which = 0; which < 4; which++) {
        gh_network_spec spec = base_spec();
        double *whole, c[MOST_ROWS], t[MOST_ROWS];
        spec.activation = kinds[which % 2], spec.dropout = 0.1, spec.norm = which / 2 ? GH_NORM_LAYER : GH_NORM_NONE;
        start_case(&p, &spec, MOST_ROWS, 0);
        ck_ok(gh_alloc(&hooks, &whole, p.trainable, sizeof(double)));
        parameter_gradient(&p);
        memcpy(whole, p.gradients, (size_t)p.trainable * sizeof(double));
        memcpy(c, p.c, sizeof c), memcpy(t, p.t, sizeof t);
        const int64_t from[2] = {0, 1}, rows[2] = {1, 255};
        memset(p.gradients, 0xff, (size_t)p.trainable * sizeof(double));
        for (int part = 0; part < 2; part++) {
            gh_network_forward(&p.network, p.parameters, &p.tape, p.X + from[part] * I, rows[part], &p.rng,
                               40 + from[part]);
            gh_network_input_gradient(&p.network, p.parameters, &p.tape, 0, rows[part], &p.penalty, NULL);
            gh_network_penalty_backward(&p.network, p.parameters, &p.tape, &p.penalty, c + from[part], t + from[part],
                                        rows[part], part > 0, p.gradients);
        }
        double largest = 0;
        for (int64_t i = 0; i < p.trainable; i++) largest = fmax(largest, fabs(whole[i]));
        for (int64_t i = 0; i < p.trainable; i++) ck_assert(fabs(whole[i] - p.gradients[i]) <= 1e-12 * largest);
        gh_free(&hooks, whole);
        end_case(&p);
    }
}
END_TEST

GH_TEST_MAIN("network_penalty", differences_plain, differences_dropout, differences_layer_norm, differences_outputs,
             differences_see_errors, input_gradient, textbook_agrees, without_penalty_it_is_backward,
             input_alone_with_batch_norm, slices_add_up)
