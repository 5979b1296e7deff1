/* gemm_buffers.h -- is the table of packing buffers of a serial OpenBLAS behind our lock? */
#ifndef GH_GEMM_BUFFERS_H
#define GH_GEMM_BUFFERS_H

/** 1 when OpenBLAS has taken a buffer through the wrapped functions, which needs the linker's --wrap and the static
 * archive. */
int gh_gemm_buffers_guarded(void);

#endif
