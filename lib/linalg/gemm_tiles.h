/* gemm_tiles.h -- matrix products on AMX tiles, operands split on the way. For gemm.c and tests. Method: tiles.h. */
#ifndef GH_GEMM_TILES_H
#define GH_GEMM_TILES_H

#include "linalg/tiles.h"

/** Bytes of scratch, 64-byte aligned, that a product of any size needs: 0.9 MB. */
int64_t gh_gemm_tiles_scratch(void);

/** Is a product faster here than in OpenBLAS? Small and thin ones are not. The answer depends on the shape alone. */
int gh_gemm_tiles_pay(int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K);

/** As gh_gemm. Only where GH_KERNEL_AMX runs. An element is summed over K in the same order whatever M and N. */
void gh_gemm_tiles(void *scratch, int transpose_a, int transpose_b, int64_t M, int64_t N, int64_t K, const float *A,
                   const float *B, float beta, float *C);

#endif
