/* gemm_buffers.c -- makes the statically linked serial OpenBLAS safe for concurrent calls.
 *
 * Every GEMM takes a packing buffer from a process-wide table. In the serial build of OpenBLAS 0.3.21 that table has no lock:
 * two threads can be given the same buffer, and both results are wrong (measured: 1 in 100 products of 188 x 16 x 16 with four
 * threads). The linker's --wrap sends the library's calls through here, where a mutex guards the table. The table has 50 buffers
 * and prints when they run out, so no more than MOST calls hold one at a time; further ones wait.
 * With BLAS=shared, or in a program that links libgenhep.a without --wrap, nothing comes through here. A pthread or openmp build
 * has locks of its own; with a serial build the same mutex then lets one product run at a time (gh_gemm_enter). */
#include "linalg/gemm_buffers.h"

#include <cblas.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/* The originals; weak, so that a program may link libgenhep.a with another BLAS. */
void *__real_blas_memory_alloc(int position) __attribute__((weak));
void __real_blas_memory_free(void *buffer) __attribute__((weak));
void *__wrap_blas_memory_alloc(int position);
void __wrap_blas_memory_free(void *buffer);

enum { MOST = 40 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t returned = PTHREAD_COND_INITIALIZER;
static int in_use;
static atomic_int was_called;
static pthread_once_t asked = PTHREAD_ONCE_INIT;
static int one_at_a_time;

/* A rank-k update takes a buffer however small it is, and so tells whether the serial build's calls come through here. */
static void ask(void)
{
    float a = 1, c = 0;
    if (openblas_get_parallel() != 0) return;
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasNoTrans, 1, 1, 1, &a, 1, 0, &c, 1);
    one_at_a_time = !__real_blas_memory_alloc || !atomic_load(&was_called);
}

int gh_gemm_enter(void)
{
    pthread_once(&asked, ask);
    if (one_at_a_time) pthread_mutex_lock(&lock);
    return one_at_a_time;
}

void gh_gemm_leave(int locked)
{
    if (locked) pthread_mutex_unlock(&lock);
}

void *__wrap_blas_memory_alloc(int position)
{
    pthread_mutex_lock(&lock);
    while (in_use == MOST) pthread_cond_wait(&returned, &lock);
    in_use++;
    atomic_store(&was_called, 1);
    void *buffer = __real_blas_memory_alloc(position);
    pthread_mutex_unlock(&lock);
    return buffer;
}

void __wrap_blas_memory_free(void *buffer)
{
    pthread_mutex_lock(&lock);
    __real_blas_memory_free(buffer);
    if (in_use-- == MOST) pthread_cond_signal(&returned);
    pthread_mutex_unlock(&lock);
}
