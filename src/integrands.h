/* integrands.h -- functions over the unit box that `genhep integrate` knows, with their integrals where these are known. */
#ifndef GENHEP_INTEGRANDS_H
#define GENHEP_INTEGRANDS_H

#include "truth/truth.h"

typedef struct integrand {
    truth_process process; /* name, text and keys; its columns are what a point means */
    int64_t (*dim)(const truth_run *run);
    /** values[i] of n points x (n,dim). */
    void (*values)(const truth_run *run, int64_t n, const double *x, double *values);
    /** The integral, from a closed form or a quadrature of one dimension, good to 1e-10. */
    double (*exact)(const truth_run *run);
    /** A point as columns of the process; NULL: the numbers themselves. */
    void (*columns)(const truth_run *run, const double *x, double *row);
} integrand;

int integrand_count(void);
const integrand *integrand_at(int index);
const integrand *integrand_find(const char *name); /* NULL for an unknown one */

#endif
