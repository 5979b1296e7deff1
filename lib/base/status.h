/* status.h -- how errors travel inside the library.
 *
 * The function that finds an error says so once with GH_FAIL; callers pass it up unchanged with GH_TRY. Functions that
 * hold resources use one `goto cleanup`: status = ...; if (status) goto cleanup. */
#ifndef GH_STATUS_H
#define GH_STATUS_H

#include "genhep/error.h"

typedef genhep_status gh_status;

/** Set this thread's message and return `code`. */
gh_status gh_fail(gh_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The code is returned by name, so that the compiler sees that it is not GENHEP_OK. */
#define GH_FAIL(code, ...)              \
    do {                                \
        gh_fail((code), __VA_ARGS__);   \
        return (code);                  \
    } while (0)

#define GH_TRY(call)                          \
    do {                                      \
        gh_status gh_try_status = (call);     \
        if (gh_try_status) return gh_try_status; \
    } while (0)

#define GH_TRY_CLEANUP(call)        \
    do {                            \
        status = (call);            \
        if (status) goto cleanup;   \
    } while (0)

#endif
