/* counting.h -- an allocator that fails on demand, and counts of what HDF5 and the C library's other users take for
 * themselves. */
#ifndef GH_COUNTING_H
#define GH_COUNTING_H

#include <hdf5.h>
#include <stdatomic.h>

#include "testing.h"

/** Calls and blocks of the library through its allocator; call number fail_at fails (0: none). */
typedef struct counting {
    _Atomic int64_t calls, blocks;
    int64_t fail_at;
    int failed; /* whether that call came */
} counting;

static counting memory;
static _Thread_local int inside; /* the library's own call is under way */

static void *counting_reallocate(void *user, void *block, size_t size)
{
    counting *c = user;
    if (size == 0) abort(); /* promised not to occur; Check's own assertions allocate */
    if (atomic_fetch_add(&c->calls, 1) + 1 == c->fail_at) {
        c->failed = 1;
        return NULL;
    }
    inside = 1;
    void *made = realloc(block, size);
    inside = 0;
    if (!made) abort();
    if (!block) atomic_fetch_add(&c->blocks, 1);
    return made;
}

static void counting_release(void *user, void *block)
{
    counting *c = user;
    if (!block) abort();
    atomic_fetch_sub(&c->blocks, 1);
    inside = 1;
    free(block);
    inside = 0;
}

static inline genhep_status counting_options(genhep_options **options)
{
    const genhep_allocator allocator = {sizeof allocator, counting_reallocate, counting_release, &memory};
    return genhep_options_create_with(&allocator, options);
}

/* ---- what others take: counted, never failed
 * ------------------------------------------------------------------------------ */

static _Atomic int64_t others_calls;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_OTHERS 1
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size)
{
    others_calls += !inside;
    return __libc_malloc(size);
}
void *calloc(size_t n, size_t size)
{
    others_calls += !inside;
    return __libc_calloc(n, size);
}
void *realloc(void *block, size_t size)
{
    others_calls += !inside;
    return __libc_realloc(block, size);
}
#else
#define COUNTS_OTHERS 0
#endif

/** Open HDF5 files, groups, datasets and attributes: a failure must not leave one behind. */
static inline int64_t open_objects(void)
{
    return (int64_t)H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL);
}

/** Run `scenario` with its first, second, ... allocation failed until all of it succeeds. Each time there is a status
 * of GENHEP_E_NOMEM with a message, and no block and no HDF5 object is left. @return how many allocations were failed
 */
static inline int64_t fail_each(const char *name, genhep_status (*scenario)(void *), void *context)
{
    const int64_t blocks = memory.blocks;
    int64_t k = 0;
    memory.fail_at = 0;
    ck_ok(scenario(context)); /* HDF5 makes its classes of property lists at first use */
    ck_assert_msg(memory.blocks == blocks, "%s: %lld blocks are left without any failure", name,
                  (long long)(memory.blocks - blocks));
    const int64_t objects = open_objects();
    int64_t others = 0;
    for (;;) {
        char message[512] = "";
        memory.calls = 0;
        memory.failed = 0;
        memory.fail_at = ++k;
        int64_t before = others_calls;
        genhep_status status = scenario(context);
        others += others_calls - before;
        genhep_last_error(message, sizeof message);
        memory.fail_at = 0;
        ck_assert_msg(memory.blocks == blocks, "%s: %lld blocks are left after allocation %lld failed (%s)", name,
                      (long long)(memory.blocks - blocks), (long long)k, message);
        ck_assert_msg(open_objects() == objects, "%s: %lld HDF5 objects are left after allocation %lld failed (%s)",
                      name, (long long)(open_objects() - objects), (long long)k, message);
        if (!memory.failed) {
            ck_assert_msg(status == GENHEP_OK, "%s: %s", name, message);
            break;
        }
        ck_assert_msg(status == GENHEP_E_NOMEM, "%s: allocation %lld failed and the answer is %s: %s", name,
                      (long long)k, genhep_status_name(status), message);
        ck_assert_msg(strstr(message, "memory") || strstr(message, "cannot allocate"),
                      "%s: message '%s' after allocation %lld failed", name, message, (long long)k);
    }
    printf("  %-28s %5lld allocations failed in turn", name, (long long)k - 1);
    if (COUNTS_OTHERS) printf(", %lld a run by HDF5 and the C library", (long long)(others / k));
    printf("\n");
    fflush(stdout);
    return k - 1;
}

#endif
