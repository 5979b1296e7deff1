/* network_penalty.c -- input gradients and the reverse pass through them.
 *   sensitivities   delta_k = dphi/da_k, from the output down to G = delta_0 W_0
 *   tangent         xdot_0 = 2 t G,  adot_k = W_k xdot_k, up
 *   weights         gW_k = delta_k^T (c x_k + xdot_k) + r_k^T x_k,  gb_k = sum_i c delta_k + r_k
 *   curvature       r_k = f'(a_k) (W_{k+1}^T r_{k+1}) + f''(a_k) adot_k dphi/df_k, down; zero when f is piecewise linear
 * Derivation: docs/internals/PENALTY.md. */
#include "model/network_penalty.h"

#include <string.h>

#include "layers/dropout.h"
#include "layers/minibatch.h"
#include "layers/norm.h"

/* ---- scratch ------------------------------------------------------------------------------------------------- */

/* Two passes over the same list: the first counts, the second hands out. */
static int64_t carve(const gh_network *network, int64_t rows, gh_penalty_tape *penalty, gh_real *base)
{
    int64_t used = 0;
#define TAKE(target, count)                                \
    do {                                                   \
        if (base) (target) = base + used;                  \
        used += ((count) + 15) / 16 * 16;                  \
    } while (0)
    TAKE(penalty->gradient, rows * network->spec.inputs);
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        int64_t size = rows * l->outputs;
        TAKE(penalty->delta[k], size);
        if (l->norm_scale >= 0) TAKE(penalty->scaled[k], size);
        if (l->norm_scale >= 0 || gh_activation_is_curved(l->activation)) TAKE(penalty->curvature[k], size);
        if (gh_layer_saved(l)) TAKE(penalty->turned[k], rows * gh_layer_saved(l));
        if (l->kind == GH_LAYER_GRU) TAKE(penalty->along[k], rows * l->inputs);
    }
    for (int i = 0; i < 3; i++) TAKE(penalty->turn[i], rows * network->values);
    TAKE(penalty->factor, rows);
    TAKE(penalty->mixed, rows * network->values);
    TAKE(penalty->work, penalty->room);
#undef TAKE
    return used;
}

/* Scratch of a row in the largest of the passes. */
static int64_t work_of(const gh_network *network)
{
    int64_t most = network->work;
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        const int64_t second = l->kind == GH_LAYER_GRU ? gh_gru_second_work(&l->gru) : 0;
        if (second > most) most = second;
    }
    return most;
}

gh_status gh_penalty_tape_create(const gh_hooks *hooks, const gh_network *network, int64_t max_rows, gh_penalty_tape *penalty)
{
    memset(penalty, 0, sizeof *penalty);
    penalty->hooks = *hooks;
    penalty->room = max_rows * work_of(network);
    for (int64_t k = 0; k < network->n_layers; k++) {
        if (network->layer[k].mean >= 0 || network->spec.norm == GH_NORM_BATCH)
            GH_FAIL(GENHEP_E_OPTION, "gradient penalty of a network with batch norm: expected no norm or layer norm, since every row "
                    "needs an input gradient of its own");
        if (network->layer[k].kind == GH_LAYER_STREAMS || network->layer[k].kind == GH_LAYER_CARRY)
            GH_FAIL(GENHEP_E_OPTION, "gradient penalty of a network of streams: expected kind dense, conv or rnn");
    }
    int64_t total = carve(network, max_rows, penalty, NULL);
    GH_TRY(gh_alloc_aligned(hooks, &penalty->arena, total, sizeof(gh_real)));
    carve(network, max_rows, penalty, penalty->arena);
    return GENHEP_OK;
}

void gh_penalty_tape_free(gh_penalty_tape *penalty)
{
    if (penalty->arena) gh_free_aligned(&penalty->hooks, penalty->arena);
    penalty->arena = NULL;
}

/* ---- passes over rows ------------------------------------------------------------------------------------------ */

/* Y = c X + T, c a number a row. */
GH_CLONES
static void mix(gh_real *restrict Y, const gh_real *restrict c, const gh_real *restrict X, const gh_real *restrict T, int64_t N,
                int64_t O)
{
    for (int64_t i = 0; i < N; i++)
#pragma omp simd
        for (int64_t j = 0; j < O; j++) Y[i * O + j] = c[i] * X[i * O + j] + T[i * O + j];
}

/* Y += c X, c a number a row. */
GH_CLONES
static void add_scaled(gh_real *restrict Y, const gh_real *restrict c, const gh_real *restrict X, int64_t N, int64_t O)
{
    for (int64_t i = 0; i < N; i++)
#pragma omp simd
        for (int64_t j = 0; j < O; j++) Y[i * O + j] += c[i] * X[i * O + j];
}

/* Y = 2 t X, t a number a row. Where c and t enter, dust is left out (network.h). */
static void twice(gh_real *restrict Y, const gh_real *restrict t, const gh_real *restrict X, int64_t N, int64_t O)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < O; j++) Y[i * O + j] = 2 * gh_without_dust(t[i]) * X[i * O + j];
}

GH_CLONES
static void add_to(gh_real *restrict Y, const gh_real *restrict X, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++) Y[i] += X[i];
}

/* out_j += sum_i c_i X_ij; four rows at a time, so that `out` is loaded and stored less often. A row of c goes with `each`
 * rows of X. */
GH_CLONES
static void weighted_sum(gh_real *restrict out, const gh_real *restrict c, const gh_real *restrict X, int64_t N, int64_t each,
                         int64_t O)
{
    int64_t i = 0;
    for (; each == 1 && i + 4 <= N; i += 4) {
        const gh_real *x = X + i * O, c0 = c[i], c1 = c[i + 1], c2 = c[i + 2], c3 = c[i + 3];
#pragma omp simd
        for (int64_t j = 0; j < O; j++) out[j] += c0 * x[j] + c1 * x[O + j] + c2 * x[2 * O + j] + c3 * x[3 * O + j];
    }
    for (; i < N; i++)
        for (int64_t q = i * each; q < (i + 1) * each; q++)
#pragma omp simd
            for (int64_t j = 0; j < O; j++) out[j] += c[i] * X[q * O + j];
}

/* out_j += sum_i c_i X_ij H_ij */
static void weighted_product(gh_real *restrict out, const gh_real *restrict c, const gh_real *restrict X, const gh_real *restrict H,
                             int64_t N, int64_t each, int64_t O)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t q = i * each; q < (i + 1) * each; q++)
            for (int64_t j = 0; j < O; j++) out[j] += c[i] * X[q * O + j] * H[q * O + j];
}

static void row_squares(gh_real *restrict s, const gh_real *restrict X, int64_t N, int64_t I)
{
    for (int64_t i = 0; i < N; i++) {
        gh_real sum = 0;
        for (int64_t j = 0; j < I; j++) sum += X[i * I + j] * X[i * I + j];
        s[i] = sum;
    }
}

/* The value that the activation's derivatives are taken from. */
static const gh_real *plain_value(const gh_tape *tape, int64_t k)
{
    return tape->branch[k] ? tape->branch[k] : tape->value[k + 1];
}

/* ---- sensitivities --------------------------------------------------------------------------------------------- */

void gh_network_input_gradient(const gh_network *network, const gh_real *parameters, const gh_tape *tape, int64_t output, int64_t N,
                               gh_penalty_tape *penalty, gh_real *s)
{
    /* As gh_network_backward, with delta[k] for gradient[k + 1]: a value that feeds a skip gets its first contribution there. */
    unsigned char started[GH_MAX_LAYERS + 1] = {0};
    const int64_t last = network->n_layers - 1, outputs = network->spec.outputs;
    memset(penalty->delta[last], 0, (size_t)(N * outputs) * sizeof(gh_real));
    for (int64_t i = 0; i < N; i++) penalty->delta[last][i * outputs + output] = 1;
    for (int64_t k = last; k >= 0; k--) {
        const gh_layer *l = &network->layer[k];
        gh_real *d = penalty->delta[k], *below = k ? penalty->delta[k - 1] : penalty->gradient;
        const int64_t size = N * l->outputs;
        const size_t bytes = (size_t)size * sizeof *d;
        if (l->skip_after) {
            memcpy(penalty->delta[l->skip - 1], d, bytes);
            started[l->skip] = 1;
        }
        if (l->dropout) gh_dropout_backward(d, tape->mask[k], N, l->outputs);
        if (penalty->curvature[k]) memcpy(penalty->curvature[k], d, bytes);
        gh_activate_backward(d, plain_value(tape, k), tape->argument[k], size, l->activation, network->spec.slope);
        if (l->skip > 0 && !l->skip_after) { /* never the input */
            memcpy(penalty->delta[l->skip - 1], d, bytes);
            started[l->skip] = 1;
        }
        if (l->norm_scale >= 0) {
            memcpy(penalty->scaled[k], d, bytes);
            gh_layer_norm_backward(d, NULL, NULL, tape->xhat[k], tape->statistics[k], parameters + l->norm_scale, gh_layer_rows(l, N),
                                   l->columns);
        }
        gh_layer_backward(l, tape->products, parameters, below, started[k], NULL, 0, d, NULL, N, penalty->work, penalty->room, tape->saved[k]);
    }
    if (s) row_squares(s, penalty->gradient, N, network->spec.inputs);
}

/* ---- tangent and curvature ------------------------------------------------------------------------------------- */

/* The value number k+1 of the tangent, in T, from adot = W xdot in T. Leaves curvatures, adds the scale's gradient. */
static void tangent_layer(const gh_network *network, const gh_real *parameters, const gh_tape *tape, gh_penalty_tape *penalty,
                          int64_t k, gh_real *T, int64_t N, gh_real *gradients)
{
    const gh_layer *l = &network->layer[k];
    const int64_t size = N * l->outputs;
    const gh_real *skipped = l->skip >= 0 ? penalty->turn[l->skip % 3] : NULL, *value = plain_value(tape, k);
    if (l->norm_scale >= 0)
        gh_layer_norm_second(T, penalty->scaled[k], gradients + l->norm_scale, tape->xhat[k], tape->statistics[k],
                             parameters + l->norm_scale, gh_layer_rows(l, N), l->columns);
    if (skipped && !l->skip_after) add_to(T, skipped, size);
    if (penalty->curvature[k])
        gh_activate_second(T, penalty->curvature[k], value, tape->argument[k], size, l->activation, network->spec.slope);
    else
        gh_activate_backward(T, value, tape->argument[k], size, l->activation, network->spec.slope);
    if (l->dropout) gh_dropout_backward(T, tape->mask[k], N, l->outputs);
    if (skipped && l->skip_after) add_to(T, skipped, size);
}

/* Layers that are not linear have passes of their own, and c phi joins the curvature's sweep at the highest of them, -1 without:
 * there and below (*) does not hold. Minibatch discrimination: a row's delta comes from all rows, so c delta is not the adjoint
 * of c phi. Recurrent: weights act at several steps. */
static int64_t joining_layer(const gh_network *network)
{
    for (int64_t k = network->n_layers - 1; k >= 0; k--)
        if (network->layer[k].kind == GH_LAYER_MINIBATCH || network->layer[k].kind == GH_LAYER_GRU) return k;
    return -1;
}

/* The next tangent, before dropout, and what its way down needs. Minibatch discrimination: its weights act on the tangent too. */
static void layer_tangent(const gh_layer *l, const gh_real *parameters, const gh_tape *tape, gh_penalty_tape *penalty, int64_t k,
                          const gh_real *X_dot, gh_real *next, int64_t N)
{
    if (l->kind == GH_LAYER_GRU) {
        memcpy(penalty->along[k], X_dot, (size_t)(N * l->inputs) * sizeof *X_dot);
        gh_gru_tangent(next, penalty->turned[k], X_dot, parameters + l->weights, parameters + l->recurrent, &l->gru, N, penalty->work,
                       tape->saved[k]);
    } else if (l->kind == GH_LAYER_MINIBATCH) {
        gh_minibatch_tangent(next, penalty->turned[k], penalty->work, X_dot, penalty->delta[k], tape->saved[k], parameters + l->weights, N,
                             l->inputs, l->kernels, l->numbers);
    } else {
        gh_layer_forward(l, tape->products, parameters, next, X_dot, N, penalty->work, penalty->room, NULL);
    }
}

/* r of the layer's output down to its input, below (NULL: not wanted); adds to the gradients. */
static void layer_sweep(const gh_layer *l, const gh_real *parameters, const gh_tape *tape, gh_penalty_tape *penalty, int64_t k,
                        gh_real *below, int add, const gh_real *r, int64_t N, gh_real *gradients)
{
    if (l->kind == GH_LAYER_GRU) { /* no skip ends in front of one, so nothing stands in `below` */
        gh_gru_second(below, gradients + l->weights, gradients + l->recurrent, gradients + l->bias, penalty->delta[k], r, tape->value[k],
                      penalty->along[k], parameters + l->weights, parameters + l->recurrent, &l->gru, N, penalty->work, tape->saved[k],
                      penalty->turned[k]);
        return;
    }
    gh_layer_backward(l, tape->products, parameters, below, add, gradients, l->norm_scale < 0, r, tape->value[k], N, penalty->work, penalty->room,
                      tape->saved[k]);
    if (l->kind == GH_LAYER_MINIBATCH)
        gh_minibatch_curve_backward(below, gradients + l->weights, penalty->turned[k], tape->value[k], parameters + l->weights, N, l->inputs,
                                    l->kernels, l->numbers);
}

/* The adjoints r of arguments that curved layers leave, from the output down; they add to the gradients. */
static void curvature_sweep(const gh_network *network, const gh_real *parameters, const gh_tape *tape, gh_penalty_tape *penalty,
                            int64_t joining, int64_t N, gh_real *gradients)
{
    unsigned char started[GH_MAX_LAYERS + 1] = {0};
    for (int64_t k = network->n_layers - 1; k >= 0; k--) {
        const gh_layer *l = &network->layer[k];
        gh_real *r = penalty->turn[(k + 1) % 3];
        const int64_t size = N * l->outputs;
        const size_t bytes = (size_t)size * sizeof *r;
        if (!started[k + 1] && !penalty->curvature[k] && k != joining) continue; /* zero so far */
        if (started[k + 1]) {
            if (l->skip_after) {
                memcpy(penalty->turn[l->skip % 3], r, bytes);
                started[l->skip] = 1;
            }
            if (l->dropout) gh_dropout_backward(r, tape->mask[k], N, l->outputs);
            gh_activate_backward(r, plain_value(tape, k), tape->argument[k], size, l->activation, network->spec.slope);
            if (penalty->curvature[k]) add_to(r, penalty->curvature[k], size);
        } else if (penalty->curvature[k]) {
            memcpy(r, penalty->curvature[k], bytes);
        } else {
            memset(r, 0, bytes);
        }
        if (k == joining) add_scaled(r, penalty->factor, penalty->delta[k], N, l->outputs);
        if (l->skip >= 0 && !l->skip_after) {
            memcpy(penalty->turn[l->skip % 3], r, bytes);
            started[l->skip] = 1;
        }
        if (l->norm_scale >= 0) {
            gh_layer_norm_backward(r, gradients + l->norm_scale, gradients + l->bias, tape->xhat[k], tape->statistics[k],
                                   parameters + l->norm_scale, gh_layer_rows(l, N), l->columns);
            add_to(r, penalty->scaled[k], size);
        }
        layer_sweep(l, parameters, tape, penalty, k, k ? penalty->turn[k % 3] : NULL, started[k], r, N, gradients);
        started[k] = 1;
    }
}

void gh_network_penalty_backward(const gh_network *network, const gh_real *parameters, const gh_tape *tape, gh_penalty_tape *penalty,
                                 const gh_real *c, const gh_real *t, int64_t N, int add, gh_real *gradients)
{
    const int64_t joining = joining_layer(network);
    int curved = joining >= 0;
    for (int64_t i = 0; i < N; i++) penalty->factor[i] = gh_without_dust(c[i]);
    c = penalty->factor;
    twice(penalty->turn[0], t, penalty->gradient, N, network->spec.inputs); /* all further tangents carry the factor 2 t */
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k];
        gh_real *X_dot = penalty->turn[k % 3], *next = penalty->turn[(k + 1) % 3];
        const int64_t each = l->outputs / l->columns;
        if (!add) gh_layer_clear(l, gradients);
        const int apart = k > joining; /* c delta is the adjoint of c phi */
        if (apart) mix(penalty->mixed, c, tape->value[k], X_dot, N, l->inputs);
        if (l->kind != GH_LAYER_GRU)
            gh_layer_backward(l, tape->products, parameters, NULL, 0, gradients, 0, penalty->delta[k], apart ? penalty->mixed : X_dot, N,
                          penalty->work, penalty->room, tape->saved[k]);
        if (l->norm_scale >= 0 && apart) {
            weighted_sum(gradients + l->bias, c, penalty->scaled[k], N, each, l->columns);
            weighted_product(gradients + l->norm_scale, c, penalty->scaled[k], tape->xhat[k], N, each, l->columns);
        } else if (l->bias >= 0 && apart) {
            weighted_sum(gradients + l->bias, c, penalty->delta[k], N, each, l->columns);
        }
        if (penalty->curvature[k]) curved = 1;
        if (k + 1 == network->n_layers && !penalty->curvature[k]) break; /* the tangent of the output has no further use */
        layer_tangent(l, parameters, tape, penalty, k, X_dot, next, N);
        tangent_layer(network, parameters, tape, penalty, k, next, N, gradients);
    }
    if (curved) curvature_sweep(network, parameters, tape, penalty, joining, N, gradients);
}
