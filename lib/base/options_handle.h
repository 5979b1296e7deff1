/* options_handle.h -- the option handle from inside: its memory, raw setters and the table's rows. */
#ifndef GH_OPTIONS_HANDLE_H
#define GH_OPTIONS_HANDLE_H

#include "base/options.h"

/** One key that was set explicitly. */
typedef struct gh_option_value {
    int64_t row;     /* in the table */
    char *text;      /* as it was given, blanks around it dropped */
    int64_t integer; /* for GENHEP_OPTION_INT */
    double real;     /* for GENHEP_OPTION_REAL */
} gh_option_value;

/** Only keys that were set are stored, ordered by row; every other key has the table's default. */
struct genhep_options {
    gh_hooks hooks;
    gh_option_value *values;
    int64_t count;
    int64_t capacity;
};

int64_t gh_option_rows(void);
const genhep_option_row *gh_option_row_at(int64_t row); /* 0 <= row < gh_option_rows() */

/** Row of a key; GENHEP_E_OPTION names the closest key when there is none. */
gh_status gh_option_row_of(const char *key, int64_t *row);

gh_status gh_options_create(const gh_hooks *hooks, genhep_options **options);
gh_status gh_options_copy(const genhep_options *options, genhep_options **copy);
void gh_options_free(genhep_options *options); /* NULL is fine */

/** Convert `value` by the key's type, check it, store it; on failure the options are unchanged.
 * Text holds no control characters and does not end in a backslash, so that every value can stand in a card. */
gh_status gh_options_set(genhep_options *options, const char *key, const char *value);

/** The stored value of a row, NULL when its default holds. */
const gh_option_value *gh_options_stored(const genhep_options *options, int64_t row);

/** Effective value of a row as text: what was set, else the default. */
const char *gh_options_text_of(const genhep_options *options, int64_t row);

/** "key = value", blanks around both dropped. */
gh_status gh_options_assign(genhep_options *options, const char *begin, const char *end);

/** Read a card file of at most 1 MiB; all of it is applied or, on failure, nothing. */
gh_status gh_options_read_file(genhep_options *options, const char *path);

#endif
