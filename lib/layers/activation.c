/* activation.c -- element-wise nonlinearities and their derivatives. Tests: tests/grad/test_layers.c. */
#include "layers/activation.h"

#include <math.h>
#include <string.h>

#include "base/fastmath.h"

static const char *const names[] = {"linear", "relu", "leaky", "elu", "tanh", "sigmoid", "softplus", "gelu", "silu"};

int gh_activation_of(const char *name)
{
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(name, names[i]) == 0) return i;
    return -1;
}

int gh_activation_needs_argument(gh_activation kind)
{
    return kind == GH_GELU || kind == GH_SILU;
}

#ifdef GH_REAL_DOUBLE
#define EXP exp
#define LOG1P log1p
#define TANH tanh
#else
#define EXP gh_fast_exp
#define LOG1P(x) gh_fast_log(1.0f + (x))
#define TANH gh_fast_tanh
#endif

#define GELU_A ((gh_real)0.79788456080286535588)
#define GELU_B ((gh_real)0.044715)

static inline gh_real max0(gh_real x) { return x > 0 ? x : 0; }
static inline gh_real min0(gh_real x) { return x < 0 ? x : 0; }
static inline gh_real sigmoid(gh_real x) { return 1 / (1 + EXP(-x)); }

/* Values, one expression a kind; `x` is the argument. Branch-free, so that every loop below becomes vector code. */
static inline gh_real f_linear(gh_real x, gh_real a) { (void)a; return x; }
static inline gh_real f_relu(gh_real x, gh_real a) { (void)a; return max0(x); }
static inline gh_real f_leaky(gh_real x, gh_real a) { return max0(x) + a * min0(x); }
static inline gh_real f_elu(gh_real x, gh_real a) { (void)a; return max0(x) + (EXP(min0(x)) - 1); }
static inline gh_real f_tanh(gh_real x, gh_real a) { (void)a; return TANH(x); }
static inline gh_real f_sigmoid(gh_real x, gh_real a) { (void)a; return sigmoid(x); }
static inline gh_real f_softplus(gh_real x, gh_real a) { (void)a; return max0(x) + LOG1P(EXP(-(max0(x) - min0(x)))); }
static inline gh_real f_gelu(gh_real x, gh_real a)
{
    (void)a;
    return (gh_real)0.5 * x * (1 + TANH(GELU_A * (x + GELU_B * x * x * x)));
}
static inline gh_real f_silu(gh_real x, gh_real a) { (void)a; return x * sigmoid(x); }

/* Derivatives from the value y; for GELU and SiLU from the argument. */
static inline gh_real d_linear(gh_real y, gh_real a) { (void)y, (void)a; return 1; }
static inline gh_real d_relu(gh_real y, gh_real a) { (void)a; return y > 0 ? 1 : 0; }
static inline gh_real d_leaky(gh_real y, gh_real a) { return y > 0 ? 1 : a; }
static inline gh_real d_elu(gh_real y, gh_real a) { (void)a; return 1 + min0(y); }
static inline gh_real d_tanh(gh_real y, gh_real a) { (void)a; return 1 - y * y; }
static inline gh_real d_sigmoid(gh_real y, gh_real a) { (void)a; return y * (1 - y); }
static inline gh_real d_softplus(gh_real y, gh_real a) { (void)a; return 1 - EXP(-y); }
static inline gh_real d_gelu(gh_real x, gh_real a)
{
    (void)a;
    gh_real t = TANH(GELU_A * (x + GELU_B * x * x * x));
    return (gh_real)0.5 * (1 + t) + (gh_real)0.5 * x * (1 - t * t) * GELU_A * (1 + 3 * GELU_B * x * x);
}
static inline gh_real d_silu(gh_real x, gh_real a)
{
    (void)a;
    gh_real s = sigmoid(x);
    return s * (1 + x * (1 - s));
}

/* Second derivatives, from the same. */
static inline gh_real dd_elu(gh_real y, gh_real a) { (void)a; return y < 0 ? 1 + y : 0; }
static inline gh_real dd_tanh(gh_real y, gh_real a) { (void)a; return -2 * y * (1 - y * y); }
static inline gh_real dd_sigmoid(gh_real y, gh_real a) { (void)a; return y * (1 - y) * (1 - 2 * y); }
static inline gh_real dd_softplus(gh_real y, gh_real a)
{
    (void)a;
    gh_real e = EXP(-y);
    return e * (1 - e);
}
static inline gh_real dd_gelu(gh_real x, gh_real a)
{
    (void)a;
    gh_real t = TANH(GELU_A * (x + GELU_B * x * x * x)), u = GELU_A * (1 + 3 * GELU_B * x * x);
    return (1 - t * t) * (u + x * (3 * GELU_A * GELU_B * x - t * u * u));
}
static inline gh_real dd_silu(gh_real x, gh_real a)
{
    (void)a;
    gh_real s = sigmoid(x);
    return s * (1 - s) * (2 + x * (1 - 2 * s));
}

/* One row in one pass: `a` is the argument of the activation. */
#define ROW(kind, a)                                                                                                     \
    do {                                                                                                                 \
        if (argument) {                                                                                                  \
            _Pragma("omp simd") for (int64_t j = 0; j < O; j++) {                                                        \
                gh_real x = (a);                                                                                         \
                argument[i * O + j] = x;                                                                                 \
                y[j] = f_##kind(x, slope);                                                                               \
            }                                                                                                            \
        } else {                                                                                                         \
            _Pragma("omp simd") for (int64_t j = 0; j < O; j++) y[j] = f_##kind((a), slope);                             \
        }                                                                                                                \
    } while (0)

#define SECOND(kind)                                                                                                     \
    GH_CLONES static void second_##kind(gh_real *restrict t, gh_real *restrict c, const gh_real *restrict v, int64_t n,  \
                                        gh_real slope)                                                                   \
    {                                                                                                                    \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) {                                                            \
            gh_real before = t[i];                                                                                       \
            c[i] *= dd_##kind(v[i], slope) * before;                                                                     \
            t[i] = d_##kind(v[i], slope) * before;                                                                       \
        }                                                                                                                \
    }

#define PASSES(kind)                                                                                                     \
    GH_CLONES static void forward_##kind(gh_real *restrict Y, const gh_real *restrict bias, const gh_real *restrict skip, \
                                         gh_real *restrict argument, int64_t N, int64_t O, gh_real slope)                \
    {                                                                                                                    \
        for (int64_t i = 0; i < N; i++) {                                                                                \
            gh_real *y = Y + i * O;                                                                                      \
            if (bias && skip) ROW(kind, y[j] + bias[j] + skip[i * O + j]);                                               \
            else if (bias) ROW(kind, y[j] + bias[j]);                                                                    \
            else if (skip) ROW(kind, y[j] + skip[i * O + j]);                                                            \
            else ROW(kind, y[j]);                                                                                        \
        }                                                                                                                \
    }                                                                                                                    \
    GH_CLONES static void backward_##kind(gh_real *restrict g, const gh_real *restrict v, int64_t n, gh_real slope)      \
    {                                                                                                                    \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) g[i] *= d_##kind(v[i], slope);                              \
    }

/* the identity has no backward pass */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
PASSES(linear)
#pragma GCC diagnostic pop
PASSES(relu)
PASSES(leaky)
PASSES(elu)
PASSES(tanh)
PASSES(sigmoid)
PASSES(softplus)
PASSES(gelu)
PASSES(silu)

SECOND(elu)
SECOND(tanh)
SECOND(sigmoid)
SECOND(softplus)
SECOND(gelu)
SECOND(silu)

int gh_activation_is_curved(gh_activation kind)
{
    return kind != GH_LINEAR && kind != GH_RELU && kind != GH_LEAKY_RELU;
}

void gh_bias_activate(gh_real *Y, const gh_real *bias, const gh_real *skip, gh_real *argument, int64_t N, int64_t O,
                      gh_activation kind, gh_real slope)
{
    switch (kind) {
    case GH_LINEAR:
        if (!bias && !skip && !argument) break;
        forward_linear(Y, bias, skip, argument, N, O, slope);
        break;
    case GH_RELU: forward_relu(Y, bias, skip, argument, N, O, slope); break;
    case GH_LEAKY_RELU: forward_leaky(Y, bias, skip, argument, N, O, slope); break;
    case GH_ELU: forward_elu(Y, bias, skip, argument, N, O, slope); break;
    case GH_TANH: forward_tanh(Y, bias, skip, argument, N, O, slope); break;
    case GH_SIGMOID: forward_sigmoid(Y, bias, skip, argument, N, O, slope); break;
    case GH_SOFTPLUS: forward_softplus(Y, bias, skip, argument, N, O, slope); break;
    case GH_GELU: forward_gelu(Y, bias, skip, argument, N, O, slope); break;
    case GH_SILU: forward_silu(Y, bias, skip, argument, N, O, slope); break;
    }
}

void gh_activate_backward(gh_real *gY, const gh_real *Y, const gh_real *argument, int64_t n, gh_activation kind, gh_real slope)
{
    switch (kind) {
    case GH_LINEAR: break;
    case GH_RELU: backward_relu(gY, Y, n, slope); break;
    case GH_LEAKY_RELU: backward_leaky(gY, Y, n, slope); break;
    case GH_ELU: backward_elu(gY, Y, n, slope); break;
    case GH_TANH: backward_tanh(gY, Y, n, slope); break;
    case GH_SIGMOID: backward_sigmoid(gY, Y, n, slope); break;
    case GH_SOFTPLUS: backward_softplus(gY, Y, n, slope); break;
    case GH_GELU: backward_gelu(gY, argument, n, slope); break;
    case GH_SILU: backward_silu(gY, argument, n, slope); break;
    }
}

void gh_activate_second(gh_real *T, gh_real *C, const gh_real *Y, const gh_real *argument, int64_t n, gh_activation kind,
                        gh_real slope)
{
    switch (kind) {
    case GH_LINEAR:
    case GH_RELU:
    case GH_LEAKY_RELU:
        memset(C, 0, (size_t)n * sizeof *C);
        gh_activate_backward(T, Y, argument, n, kind, slope);
        break;
    case GH_ELU: second_elu(T, C, Y, n, slope); break;
    case GH_TANH: second_tanh(T, C, Y, n, slope); break;
    case GH_SIGMOID: second_sigmoid(T, C, Y, n, slope); break;
    case GH_SOFTPLUS: second_softplus(T, C, Y, n, slope); break;
    case GH_GELU: second_gelu(T, C, argument, n, slope); break;
    case GH_SILU: second_silu(T, C, argument, n, slope); break;
    }
}
