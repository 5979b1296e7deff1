/* gru.h -- gated recurrent unit over T steps, with its bias and activations (Cho et al. 1406.1078, in the form that
 * applies the reset gate behind the product). */
#ifndef GH_GRU_H
#define GH_GRU_H

#include "base/real.h"

typedef struct gh_gru {
    int64_t steps, inputs, units; /* T, I, U */
    int repeat;                   /* 1: X (N, I) is the input of every step; 0: X (N, T, I) */
    int last;                     /* 1: Y (N, U) is the last state; 0: Y (N, T, U), all of them */
} gh_gru;

/** Numbers per row: of scratch, for either pass; and kept from the forward to the backward pass. */
int64_t gh_gru_work(const gh_gru *shape);
int64_t gh_gru_saved(const gh_gru *shape);

/** h_0 = 0;  r = s(Wr x + br + Ur h),  z = s(Wz x + bz + Uz h),  n = tanh(Wn x + bn + r (Un h + cn)),
 * h' = (1 - z) n + z h, s the logistic function. W (3U, I) and R (3U, U) hold the gates r, z, n one below the other,
 * b (4U) br, bz, bn, cn. work: N gh_gru_work numbers; saved: N gh_gru_saved, NULL when no backward pass follows. */
void gh_gru_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *R, const gh_real *b, const gh_gru *shape,
                    int64_t N, gh_real *work, gh_real *saved);

/** gW, gR and gb accumulate; gX is assigned, or added to when add_to_gX. Each may be NULL: not wanted. */
void gh_gru_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gR, gh_real *gb, const gh_real *gY, const gh_real *X,
                     const gh_real *W, const gh_real *R, const gh_gru *shape, int64_t N, gh_real *work, const gh_real *saved);

/** Numbers of scratch per row for the two passes below. */
int64_t gh_gru_second_work(const gh_gru *shape);

/** The derivative in direction Xdot (shape of X): Ydot (shape of Y) and dots, N gh_gru_saved numbers, that of what forward kept in
 * `saved`. */
void gh_gru_tangent(gh_real *Ydot, gh_real *dots, const gh_real *Xdot, const gh_real *W, const gh_real *R, const gh_gru *shape, int64_t N,
                    gh_real *work, const gh_real *saved);

/** The derivative of gh_gru_backward when X moves along Xdot and gY along rY: rX (assigned; NULL: not wanted) of gX, and what gW, gR
 * and gb accumulate: the gradient of sum(gY Ydot) + sum(rY Y), gY, rY and Xdot held fixed. */
void gh_gru_second(gh_real *rX, gh_real *gW, gh_real *gR, gh_real *gb, const gh_real *gY, const gh_real *rY, const gh_real *X,
                   const gh_real *Xdot, const gh_real *W, const gh_real *R, const gh_gru *shape, int64_t N, gh_real *work,
                   const gh_real *saved, const gh_real *dots);

#endif
