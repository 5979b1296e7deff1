/* memory.h -- every allocation of the library: through the handle's allocator, sizes checked for overflow. */
#ifndef GH_MEMORY_H
#define GH_MEMORY_H

#include "base/status.h"
#include "genhep/options.h"

/** Hooks that a handle carries by value. gh_hooks_default() uses malloc, realloc and free and logs nowhere. */
typedef struct gh_hooks {
    void *(*reallocate)(void *user, void *block, size_t size);
    void (*release)(void *user, void *block);
    void *allocator_user;
    genhep_log_fn log;
    void *log_user;
} gh_hooks;

gh_hooks gh_hooks_default(void);

/** The hooks that a NULL or given options handle carries. */
gh_hooks gh_hooks_of(const genhep_options *options);

/** Allocate count * size bytes into *pointer (a `T **` passed as void *); zeroed. count == 0 gives a valid 1-byte block.
 * @return GENHEP_OK, or GENHEP_E_NOMEM with a message (overflow included); *pointer is NULL then. */
gh_status gh_alloc(const gh_hooks *hooks, void *pointer, int64_t count, size_t size);

/** Grow or shrink the block at *pointer, contents kept, new bytes not initialised; *pointer unchanged on failure. */
gh_status gh_resize(const gh_hooks *hooks, void *pointer, int64_t count, size_t size);

/** 64-byte aligned and zeroed, for numbers that kernels stream over; free with gh_free_aligned. */
gh_status gh_alloc_aligned(const gh_hooks *hooks, void *pointer, int64_t count, size_t size);
void gh_free_aligned(const gh_hooks *hooks, void *block);

void gh_free(const gh_hooks *hooks, void *block); /* NULL is fine */

gh_status gh_strdup(const gh_hooks *hooks, const char *text, char **copy);

/** Send one line to the log hook, if there is one. */
void gh_log(const gh_hooks *hooks, int32_t level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
