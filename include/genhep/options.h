/* options.h -- settings as text keys with typed access, and the hooks that handles inherit.
 *
 * One table in the library (docs/options/) lists every key with type, default, range and help. A handle copies the
 * options it is created with, so they may be changed or freed afterwards. A NULL options argument means defaults.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_OPTIONS_H
#define GENHEP_OPTIONS_H

#include <stddef.h>
#include "error.h"

typedef struct genhep_options genhep_options;

#define GENHEP_OPTION_INT  1
#define GENHEP_OPTION_REAL 2
#define GENHEP_OPTION_TEXT 3

/** One row of the option table. Set struct_size = sizeof before the call; fields are only ever appended.
 * Text fields are static and never NULL; `minimum` and `maximum` hold a range for numbers; for text, `choices` holds
 * the allowed words separated by '|', or "" when any text is allowed. */
typedef struct genhep_option_row {
    int64_t struct_size;
    const char *key;
    int32_t type;
    const char *default_value;
    double minimum;
    double maximum;
    const char *choices;
    const char *since;
    const char *help;
} genhep_option_row;

/** malloc/realloc/free with a user pointer. `reallocate(user, NULL, n)` allocates, `(user, p, 0)` never occurs. */
typedef struct genhep_allocator {
    int64_t struct_size;
    void *(*reallocate)(void *user, void *block, size_t size);
    void (*release)(void *user, void *block);
    void *user;
} genhep_allocator;

#define GENHEP_LOG_INFO    1
#define GENHEP_LOG_WARNING 2
typedef void (*genhep_log_fn)(void *user, int32_t level, const char *message);

#ifdef __cplusplus
extern "C" {
#endif

/** Create an empty set of options: every key has its default.
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM. Free with genhep_options_free. Since 1.0. */
GENHEP_API genhep_status genhep_options_create(genhep_options **options);

/** As genhep_options_create, with an allocator that this handle and every handle created from it use for all their
 * memory (what HDF5 and OpenBLAS allocate for themselves excepted). The struct is copied; NULL means malloc
 * and free. */
GENHEP_API genhep_status genhep_options_create_with(const genhep_allocator *allocator, genhep_options **options);

/** Independent copy, hooks included. */
GENHEP_API genhep_status genhep_options_copy(const genhep_options *options, genhep_options **copy);
GENHEP_API void genhep_options_free(genhep_options *options); /* NULL is fine */

/** Set a key. `_set` takes text and converts it by the key's type; the typed forms must match the key's type
 * (an integer is accepted for a real key).
 * @return GENHEP_OK, GENHEP_E_ARG (NULL), GENHEP_E_NOMEM, GENHEP_E_OPTION (unknown key: the closest is named; wrong
 *         type; out of range: the range is named). On failure the options are unchanged. Since 1.0. */
GENHEP_API genhep_status genhep_options_set(genhep_options *options, const char *key, const char *value);
GENHEP_API genhep_status genhep_options_set_int(genhep_options *options, const char *key, int64_t value);
GENHEP_API genhep_status genhep_options_set_real(genhep_options *options, const char *key, double value);
GENHEP_API genhep_status genhep_options_set_text(genhep_options *options, const char *key, const char *value);

/** Set one "key=value" (blanks around both are dropped).
 * @return as genhep_options_set, or GENHEP_E_FORMAT (no '=', or no key before it). */
GENHEP_API genhep_status genhep_options_parse(genhep_options *options, const char *assignment);

/** Read a card: lines of `key = value`, `#` starts a comment, a line that ends in `\` continues on the next.
 * @return as genhep_options_set, or GENHEP_E_IO, GENHEP_E_FORMAT; the message names file and line. */
GENHEP_API genhep_status genhep_options_read_card(genhep_options *options, const char *path);

/** Effective value, the default included. `_get_text` works for every type; it copies at most capacity bytes with the
 * NUL, and stores the full length without NUL in *length when length is not NULL.
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_OPTION, GENHEP_E_BUFFER. */
GENHEP_API genhep_status genhep_options_get_int(const genhep_options *options, const char *key, int64_t *value);
GENHEP_API genhep_status genhep_options_get_real(const genhep_options *options, const char *key, double *value);
GENHEP_API genhep_status genhep_options_get_text(const genhep_options *options, const char *key, char *buf,
                                                 int64_t capacity, int64_t *length);

/** *is_set = 1 when the key was set explicitly, 0 when its default holds. */
GENHEP_API genhep_status genhep_options_is_set(const genhep_options *options, const char *key, int32_t *is_set);

/** Number of rows of the option table, and row `index` in 0..count-1. Any thread. */
GENHEP_API int64_t genhep_option_count(void);
GENHEP_API genhep_status genhep_option_info(int64_t index, genhep_option_row *row);

/** Receive the library's messages (it never prints). Called from the thread that makes the call, or from a worker
 * thread of the handle. NULL switches messages off, which is the default. */
GENHEP_API genhep_status genhep_options_set_log(genhep_options *options, genhep_log_fn log, void *user);

#ifdef __cplusplus
}
#endif
#endif
