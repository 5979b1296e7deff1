/* error.h -- status codes and the message that explains the last failure.
 *
 * Every function that can fail returns a genhep_status. The code says what a caller can act on and never changes
 * its number; the message says what was found and what was expected, in one line, for a person.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_ERROR_H
#define GENHEP_ERROR_H

#include <stdint.h>
#include "version.h"

typedef int32_t genhep_status;

#define GENHEP_OK          0  /* success */
#define GENHEP_E_ARG      -1  /* an argument is outside its documented domain */
#define GENHEP_E_NOMEM    -2  /* an allocation failed */
#define GENHEP_E_OPTION  -10  /* unknown option key, wrong type, or value out of range */
#define GENHEP_E_SHAPE   -11  /* numbers of columns, rows or conditions do not fit together */
#define GENHEP_E_STATE   -12  /* not possible in the handle's present state */
#define GENHEP_E_BUFFER  -13  /* the caller's buffer is too small; nothing was written */
#define GENHEP_E_IO      -20  /* a file cannot be opened, read or written */
#define GENHEP_E_FORMAT  -21  /* a file's content is damaged or of the wrong kind */
#define GENHEP_E_VERSION -22  /* a file of a format version this library does not know */
#define GENHEP_E_NUMERIC -30  /* a result is not finite */
#define GENHEP_E_USER    -40  /* a caller's callback asked to stop */

#ifdef __cplusplus
extern "C" {
#endif

/** Name of a status code, "GENHEP_E_IO" for example; "GENHEP_E_UNKNOWN" for a number that is none.
 * @return static text, never NULL. Any thread. Since 1.0. */
GENHEP_API const char *genhep_status_name(genhep_status status);

/** Copy the message of this thread's last failed call, NUL-terminated and cut to fit.
 * @param buf       capacity bytes, or NULL when capacity == 0
 * @param capacity  at least 0; 512 holds every message
 * @return the status of that failed call, GENHEP_OK when none has failed yet. Thread-local. Since 1.0. */
GENHEP_API genhep_status genhep_last_error(char *buf, int64_t capacity);

#ifdef __cplusplus
}
#endif
#endif
