/* streams.h -- pictures side by side in one row, each with a convolution or a locally connected layer of its own; numbers behind the
 * pictures pass through. With its bias and activation, which the numbers behind do not get. Source: the three streams of 1712.10321. */
#ifndef GH_STREAMS_H
#define GH_STREAMS_H

#include "layers/patches.h"

enum { GH_MOST_STREAMS = 4 };

typedef struct gh_streams {
    int64_t pictures;                  /* 1..GH_MOST_STREAMS */
    int64_t channels;                  /* O, of every picture that comes out */
    int64_t tail;                      /* numbers behind the pictures */
    int local;                         /* 1: weights of their own at every position; 0: one kernel a picture */
    int without_bias;
    gh_real slope;                     /* f(a) = a > 0 ? a : slope a; 1 is linear */
    gh_patches patches[GH_MOST_STREAMS]; /* K is the same for all */
} gh_streams;

/** Numbers of a row in and out: pictures one behind the other, then the tail. */
int64_t gh_streams_inputs(const gh_streams *s);
int64_t gh_streams_outputs(const gh_streams *s);

/** Rows of the weights (R, K), picture by picture: O for a convolution, positions x O for a local layer. The bias has R numbers. */
int64_t gh_streams_rows(const gh_streams *s);

/** Numbers of scratch per row, either pass; what is kept from the forward to the backward pass is outputs of them. */
int64_t gh_streams_work(const gh_streams *s);

/** Y = f(P(X) W^T + b) for every picture: X (N, inputs), Y (N, outputs). work: room numbers, N gh_streams_work or more.
 * saved: N outputs, NULL when no backward pass follows. b NULL with without_bias. */
void gh_streams_forward(gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *b, const gh_streams *s, int64_t N, gh_real *work,
                        int64_t room, gh_real *saved);

/** gW and gb accumulate; gX is assigned, or added to when add_to_gX. Each may be NULL: not wanted. */
void gh_streams_backward(gh_real *gX, int add_to_gX, gh_real *gW, gh_real *gb, const gh_real *gY, const gh_real *X, const gh_real *W,
                         const gh_streams *s, int64_t N, gh_real *work, int64_t room, const gh_real *saved);

#endif
