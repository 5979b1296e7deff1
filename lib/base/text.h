/* text.h -- growing text, and numbers to and from text independent of the locale. */
#ifndef GH_TEXT_H
#define GH_TEXT_H

#include "base/memory.h"

/** A growing NUL-terminated text. Zero-initialise, set hooks, free `data` with gh_text_free. A failed append is remembered
 * in `status`, so a writer may append many pieces and check once. */
typedef struct gh_text {
    const gh_hooks *hooks;
    char *data; /* NULL until the first append */
    int64_t length;
    int64_t capacity;
    gh_status status;
} gh_text;

void gh_text_add(gh_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gh_text_add_bytes(gh_text *text, const char *bytes, int64_t n);

/** Append a JSON string with its quotes, special characters escaped. */
void gh_text_add_json(gh_text *text, const char *value);

/** Append a JSON number with `digits` significant digits; `null` when it is not finite. */
void gh_text_add_number(gh_text *text, double value, int digits);
void gh_text_free(gh_text *text);

/** Parse a decimal floating-point number at `text`, always with a point, correctly rounded. *end is the first byte behind
 * it, == text when there is no number. Accepts inf and nan as strtod does. */
double gh_parse_real(const char *text, const char **end);

/** Format with `digits` significant digits (9 reproduce a float, 17 a double), always with a point.
 * @param buf at least 40 bytes; @return the length */
int gh_format_real(char *buf, double value, int digits);

/** Shortest of %.15g, %.16g, %.17g (or 6..9 for floats) that reads back the same. @param buf at least 40 bytes */
int gh_format_exact(char *buf, double value, int is_float);

/** Edit distance, for naming the closest known word. */
int gh_edit_distance(const char *a, const char *b);

/** First and one-past-last non-blank byte of [*begin, *end). */
void gh_trim(const char **begin, const char **end);

#endif
