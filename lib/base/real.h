/* real.h -- gh_real, the number type of networks: float in the library, double in the gradient-check build. */
#ifndef GH_REAL_H
#define GH_REAL_H

#include <stdint.h>

#ifdef GH_REAL_DOUBLE
typedef double gh_real;
#else
typedef float gh_real;
#endif

/* Kernels are compiled once per instruction set and the best one is chosen when the library is loaded. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(GH_NO_CLONES)
#define GH_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GH_CLONES
#endif

#endif
