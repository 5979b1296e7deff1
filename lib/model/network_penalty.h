/* network_penalty.h -- gradients through the input gradient of a network: what a gradient penalty needs.
 *
 * phi_i is one output of the network for row i, G_i = dphi_i/dx_i and s_i = |G_i|^2. For a loss
 *   L = sum_i l_i(phi_i, s_i)     with  c_i = dl_i/dphi_i  and  t_i = dl_i/ds_i
 * the calls for up to max_rows rows are, in this order:
 *   gh_network_forward (training)     phi in tape->value[n_layers]
 *   gh_network_input_gradient         G and s
 *   (the caller computes c and t)
 *   gh_network_penalty_backward       dL/dparameters
 * Cost a layer, in products of the size of the forward one: 4 where all activations are piecewise linear (forward,
 * sensitivities, tangent, weights), 6 where they are curved. Batch norm is refused; layer norm and recurrent layers count as curved.
 * With minibatch discrimination G_i is the gradient of the sum of phi over the rows. Derivation: docs/internals/PENALTY.md. Tests: tests/grad/test_network_penalty.c. */
#ifndef GH_NETWORK_PENALTY_H
#define GH_NETWORK_PENALTY_H

#include "model/network.h"

/** Scratch of one thread for up to max_rows rows, beside the tape of the forward pass. */
typedef struct gh_penalty_tape {
    gh_hooks hooks;
    gh_real *gradient;                 /* G (N,I), written by gh_network_input_gradient, read by gh_network_penalty_backward */
    gh_real *delta[GH_MAX_LAYERS];     /* dphi/da of layer k, a = W x before a norm */
    gh_real *scaled[GH_MAX_LAYERS];    /* layer norm: dphi/d(its output), later the norm's curvature */
    gh_real *curvature[GH_MAX_LAYERS]; /* curved layers: dphi/df, later f'' times it and the argument's tangent */
    gh_real *turned[GH_MAX_LAYERS];    /* minibatch discrimination: the tangent of its gradient by M; recurrent: of what is kept */
    gh_real *along[GH_MAX_LAYERS];     /* recurrent: the tangent of the input */
    gh_real *turn[3];                  /* tangents of values, later adjoints of values, of three layers in turn */
    gh_real *factor;                   /* (N): c without dust */
    gh_real *mixed;                    /* c x + xdot */
    gh_real *work;                     /* scratch of one layer at a time, `room` numbers */
    int64_t room;
    gh_real *arena;
} gh_penalty_tape;

/** @return GENHEP_E_OPTION for a network with batch norm, GENHEP_E_NOMEM. Free with gh_penalty_tape_free. */
gh_status gh_penalty_tape_create(const gh_hooks *hooks, const gh_network *network, int64_t max_rows, gh_penalty_tape *penalty);
void gh_penalty_tape_free(gh_penalty_tape *penalty);

/** G (N,I) -> penalty->gradient, the gradient of output number `output` of every row with respect to that row's inputs; with s
 * (N) not NULL also s_i = |G_i|^2. The tape holds a training forward pass and is not changed.
 * For s_i = sum_j m_j G_ij^2 the caller multiplies column j of penalty->gradient by m_j before the next call. */
void gh_network_input_gradient(const gh_network *network, const gh_real *parameters, const gh_tape *tape, int64_t output, int64_t N,
                               gh_penalty_tape *penalty, gh_real *s);

/** Gradients of the network's trainable parameters for c (N) and t (N): assigned, or added when `add`. Once after each
 * gh_network_input_gradient: the scratch is used up, but G stays. */
void gh_network_penalty_backward(const gh_network *network, const gh_real *parameters, const gh_tape *tape, gh_penalty_tape *penalty,
                                 const gh_real *c, const gh_real *t, int64_t N, int add, gh_real *gradients);

#endif
