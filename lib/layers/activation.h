/* activation.h -- element-wise nonlinearities, fused with bias and skip into one pass over a block that is in cache. */
#ifndef GH_ACTIVATION_H
#define GH_ACTIVATION_H

#include "base/real.h"
#include "base/status.h"

typedef enum gh_activation { /* the numbers are stored in model files */
    GH_LINEAR = 0,
    GH_RELU = 1,
    GH_LEAKY_RELU = 2, /* x > 0 ? x : slope x */
    GH_ELU = 3,        /* x > 0 ? x : exp(x) - 1 */
    GH_TANH = 4,
    GH_SIGMOID = 5,
    GH_SOFTPLUS = 6, /* log(1 + exp(x)) */
    GH_GELU = 7,     /* tanh form: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
    GH_SILU = 8      /* x sigmoid(x) */
} gh_activation;

/** By name: linear relu leaky elu tanh sigmoid softplus gelu silu; -1 when unknown. */
int gh_activation_of(const char *name);

/** 1 when backward needs the argument of the activation, not only its value (GELU, SiLU). */
int gh_activation_needs_argument(gh_activation kind);

/** 1 when f'' is not zero everywhere (but at a kink): all but linear, ReLU and leaky ReLU. */
int gh_activation_is_curved(gh_activation kind);

/** Y (N,O): Y = f(Y + b + S), in place. b (O) or NULL; S (N,O) or NULL; the argument of f goes to `argument` (N,O) if given. */
void gh_bias_activate(gh_real *Y, const gh_real *bias, const gh_real *skip, gh_real *argument, int64_t N, int64_t O,
                      gh_activation kind, gh_real slope);

/** gY *= f'(.), in place over n numbers, from Y = f(argument), or from the argument where it is needed. */
void gh_activate_backward(gh_real *gY, const gh_real *Y, const gh_real *argument, int64_t n, gh_activation kind, gh_real slope);

/** Tangent and curvature, in place over n numbers: with t the tangent of the argument, C *= f''(.) t and T = f'(.) t. Y and
 * argument as for gh_activate_backward. */
void gh_activate_second(gh_real *T, gh_real *C, const gh_real *Y, const gh_real *argument, int64_t n, gh_activation kind,
                        gh_real slope);

#endif
