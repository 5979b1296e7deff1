/* version.c -- which library and which BLAS run. */
#include "genhep/version.h"

#include "linalg/gemm.h"

const char *genhep_version(void)
{
    return GENHEP_VERSION;
}

const char *genhep_blas(void)
{
    return gh_gemm_core_name();
}
