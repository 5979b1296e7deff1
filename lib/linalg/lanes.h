/* lanes.h -- affine layers for sampling, with events across the lanes of vector registers.
 *
 *   Y = f(W X + b)     W (O,I) row-major as stored,  X (I,N)  Y (O,N),  f(a) = a for a > 0, slope a below
 *
 * A weight is loaded once, spread over a register and used for all events of a group, so weights need no packing, and
 * bias and leaky ReLU cost nothing extra while the sums are still in registers. Layout: events in groups of GH_LANES,
 * the last one smaller; feature j of event e, in group g with n events, stands at 64 g F + j n + (e - 64 g), F the
 * number of features: N F numbers, no padding.
 * An event's sums run over i = 0..I-1 in order, whatever its lane and group, so its bits do not depend on its
 * neighbours; AVX-512 and AVX2 give the same bits. Tests: tests/unit/test_lanes.c. */
#ifndef GH_LANES_H
#define GH_LANES_H

#include "base/real.h"
#include "linalg/kernel.h"

#define GH_LANES 64

/** Rows (N,F) to lanes and back. */
void gh_lanes_from_rows(const gh_real *rows, int64_t N, int64_t F, gh_real *lanes);
void gh_lanes_to_rows(const gh_real *lanes, int64_t N, int64_t F, gh_real *rows);

/** Y = f(W X + b), X and Y in lanes, apart from each other. bias (O) or NULL; slope in 0..1, 1 for the identity.
 * kernel: AVX2 or AVX-512, one that runs here. */
void gh_lanes_dense(gh_kernel kernel, gh_real *Y, const gh_real *X, const gh_real *W, const gh_real *bias,
                    gh_real slope, int64_t N, int64_t I, int64_t O);

#endif
