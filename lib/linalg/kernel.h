/* kernel.h -- the instructions that products of matrices run on, and which of them this CPU has. */
#ifndef GH_KERNEL_H
#define GH_KERNEL_H

#include "base/status.h"

/** Rising speed. Sums are taken in another order, and rounded otherwise, from kind to kind; AVX2 and AVX-512 agree. */
typedef enum gh_kernel {
    GH_KERNEL_BLAS = 0,   /* OpenBLAS: every CPU, the only one of the double build */
    GH_KERNEL_AVX2 = 1,   /* linalg/lanes.h, with FMA */
    GH_KERNEL_AVX512 = 2, /* linalg/lanes.h */
    GH_KERNEL_AMX = 3     /* linalg/tiles.h: tiles of bfloat16 parts */
} gh_kernel;

/** The fastest kind that runs here. The first call asks the operating system for the use of tile registers where the
 * CPU has them, once in the life of the process. */
gh_kernel gh_kernel_best(void);

/** Does this kind run here? */
int gh_kernel_runs(gh_kernel kernel);

/** "blas", "avx2", "avx512", "amx". */
const char *gh_kernel_name(gh_kernel kernel);

/** The kind that the value of option `key` names, "auto" being the best one.
 * @return GENHEP_E_OPTION when it does not run here, or is no kind. */
gh_status gh_kernel_choose(const char *key, const char *name, gh_kernel *kernel);

#endif
