/* kernel.c -- what this CPU and its operating system offer. Tests: tests/unit/test_lanes.c. */
#include "linalg/kernel.h"

#include <string.h>

#include "base/real.h"
#include "linalg/tiles.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(GH_REAL_DOUBLE)
#define GH_X86 1
#endif

#ifdef GH_TILES
#include <cpuid.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* of arch_prctl, since Linux 5.16 */

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static int tiles_run;

/* Tile registers are 8 kB of state that Linux gives a process only on request. A refusal is an answer. */
static void ask_for_tiles(void)
{
    unsigned a, b, c, d, low, high;
    const unsigned osxsave = 1u << 27, bf16 = 1u << 22, tile = 1u << 24, states = 3u << 17;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")) return;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & osxsave)) return;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & bf16) || !(d & tile)) return;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & states) != states) return;
    tiles_run = syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#endif

int gh_kernel_runs(gh_kernel kernel)
{
    switch (kernel) {
    case GH_KERNEL_BLAS: return 1;
#ifdef GH_X86
    case GH_KERNEL_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case GH_KERNEL_AVX512: return !!__builtin_cpu_supports("avx512f");
#endif
#ifdef GH_TILES
    case GH_KERNEL_AMX: pthread_once(&asked, ask_for_tiles); return tiles_run;
#endif
    default: return 0;
    }
}

gh_kernel gh_kernel_best(void)
{
    for (int kernel = GH_KERNEL_AMX; kernel > GH_KERNEL_BLAS; kernel--)
        if (gh_kernel_runs((gh_kernel)kernel)) return (gh_kernel)kernel;
    return GH_KERNEL_BLAS;
}

const char *gh_kernel_name(gh_kernel kernel)
{
    static const char *const names[] = {"blas", "avx2", "avx512", "amx"};
    return names[kernel];
}

gh_status gh_kernel_choose(const char *key, const char *name, gh_kernel *kernel)
{
    if (strcmp(name, "auto") == 0) {
        *kernel = gh_kernel_best();
        return GENHEP_OK;
    }
    for (int kind = GH_KERNEL_BLAS; kind <= GH_KERNEL_AMX; kind++)
        if (strcmp(name, gh_kernel_name((gh_kernel)kind)) == 0) {
            if (!gh_kernel_runs((gh_kernel)kind))
                GH_FAIL(GENHEP_E_OPTION,
                        "option '%s': found '%s', which this CPU or its operating system does not offer; "
                        "the fastest here is '%s'",
                        key, name, gh_kernel_name(gh_kernel_best()));
            *kernel = (gh_kernel)kind;
            return GENHEP_OK;
        }
    GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%s', expected auto, amx, avx512, avx2 or blas", key, name);
}
