/* principal.h -- principal components of a small covariance matrix. */
#ifndef GH_PRINCIPAL_H
#define GH_PRINCIPAL_H

#include <stdint.h>

/** Eigen-decompose the symmetric matrix A (n,n), destroyed, by cyclic Jacobi rotations: values[k] in falling order, vectors (n,n)
 * with component k in row k, orthonormal. scratch: none. */
void gh_principal_components(int64_t n, double *A, double *values, double *vectors);

#endif
