/* cholesky.h -- factors of small symmetric matrices, and what is solved with them. Tests: tests/unit/test_cholesky.c. */
#ifndef GH_CHOLESKY_H
#define GH_CHOLESKY_H

#include <stdint.h>

/** The lower factor L of A = L L^T (n,n) in its own place, zeros above the diagonal. Squared pivots below `least` count as `least`. */
void gh_cholesky(int64_t n, double *matrix, double least);

/** x (n) of L L^T x = b, from b in its own place. */
void gh_cholesky_solve(int64_t n, const double *factor, double *x);

#endif
