/* gemm_buffers.h -- may products run side by side? */
#ifndef GH_GEMM_BUFFERS_H
#define GH_GEMM_BUFFERS_H

/** Around every product: waits for the one that runs where OpenBLAS bears only one at a time, otherwise does nothing.
 * @return 1 when it has locked, for gh_gemm_leave */
int gh_gemm_enter(void);
void gh_gemm_leave(int locked);

#endif
