/* options_card.c -- options from and to a card: lines of `key = value`.
 *
 *   # at the start of a line or after a blank starts a comment; \# there is the character itself
 *   a line that ends in \ continues on the next one; the two are joined by a blank
 *   lines end in LF or CRLF; a key that stands twice has its last value */
#include "base/options_handle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define CARD_BYTES (1 << 20)

/* Length of a piece of text that a message quotes. */
static int quoted(const char *begin, const char *end)
{
    return end - begin > 60 ? 60 : (int)(end - begin);
}

gh_status gh_options_assign(genhep_options *options, const char *begin, const char *end)
{
    const char *equals = memchr(begin, '=', (size_t)(end - begin));
    if (!equals) {
        gh_trim(&begin, &end);
        GH_FAIL(GENHEP_E_FORMAT, "'%.*s' has no '=', expected key = value", quoted(begin, end), begin);
    }
    const char *key_begin = begin, *key_end = equals, *value_begin = equals + 1, *value_end = end;
    gh_trim(&key_begin, &key_end);
    gh_trim(&value_begin, &value_end);
    if (key_begin == key_end)
        GH_FAIL(GENHEP_E_FORMAT, "no key before '= %.*s'", quoted(value_begin, value_end), value_begin);

    gh_text copy = {&options->hooks, NULL, 0, 0, GENHEP_OK};
    gh_text_add_bytes(&copy, key_begin, key_end - key_begin);
    gh_text_add_bytes(&copy, "", 1);
    gh_text_add_bytes(&copy, value_begin, value_end - value_begin);
    gh_status status = copy.status;
    if (!status) status = gh_options_set(options, copy.data, copy.data + (key_end - key_begin) + 1);
    gh_text_free(&copy);
    return status;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Append one line without its comment, escapes resolved; *continues says whether it ended in a backslash. */
static void add_line(gh_text *joined, const char *begin, const char *end, int *continues)
{
    int64_t start = joined->length;
    int opens = 1; /* a # here would start a comment */
    for (const char *c = begin; c < end; c++) {
        if (opens) {
            const char *hash = c;
            while (hash < end && *hash == '\\') hash++;
            if (hash < end && *hash == '#') {
                if (hash == c) break;
                c++; /* one backslash is the escape */
                gh_text_add_bytes(joined, c, hash - c + 1);
                c = hash;
                opens = 0;
                continue;
            }
        }
        opens = is_blank(*c);
        gh_text_add_bytes(joined, c, 1);
    }
    *continues = 0;
    if (joined->status) return;
    while (joined->length > start && is_blank(joined->data[joined->length - 1])) joined->length--;
    if (joined->length > start && joined->data[joined->length - 1] == '\\') {
        joined->data[joined->length - 1] = ' ';
        *continues = 1;
    }
}

/* Put file and line before the message of a failure. */
static gh_status locate(gh_status status, const char *where, int64_t line)
{
    char message[512];
    genhep_last_error(message, sizeof message);
    return gh_fail(status, "%s:%lld: %s", where, (long long)line, message);
}

static gh_status apply_lines(genhep_options *options, const char *card, const char *where)
{
    gh_text joined = {&options->hooks, NULL, 0, 0, GENHEP_OK};
    gh_status status = GENHEP_OK;
    int64_t line = 0, first = 1;
    int continues = 0;
    const char *c = card;
    if (strncmp(c, "\xef\xbb\xbf", 3) == 0) c += 3; /* byte order mark */
    while (*c && !status) {
        const char *end = c + strcspn(c, "\n");
        line++;
        if (!continues) first = line, joined.length = 0;
        add_line(&joined, c, end, &continues);
        c = *end ? end + 1 : end;
        status = joined.status;
        if (status || continues) continue;
        const char *begin = joined.data, *stop = joined.data ? joined.data + joined.length : NULL;
        gh_trim(&begin, &stop);
        if (begin == stop) continue;
        status = gh_options_assign(options, begin, stop);
        if (status) status = locate(status, where, first);
    }
    if (!status && continues)
        status = gh_fail(GENHEP_E_FORMAT, "%s:%lld: the last line ends in '\\', expected one more", where,
                         (long long)line);
    gh_text_free(&joined);
    return status;
}

gh_status gh_options_from_card(genhep_options *options, const char *card, const char *where)
{
    genhep_options *changed;
    GH_TRY(gh_options_copy(options, &changed));
    gh_status status = apply_lines(changed, card, where);
    if (!status) { /* the copy's values go to the caller's handle, the old ones away with the copy */
        genhep_options old = *options;
        *options = *changed;
        *changed = old;
    }
    gh_options_free(changed);
    return status;
}

void gh_options_to_card(const genhep_options *options, gh_text *text)
{
    for (int64_t i = 0; options && i < options->count; i++) {
        const gh_option_value *value = &options->values[i];
        gh_text_add(text, "%s = ", gh_option_row_at(value->row)->key);
        int opens = 1;
        for (const char *c = value->text; *c; c++) {
            if (opens && c[strspn(c, "\\")] == '#') gh_text_add_bytes(text, "\\", 1);
            opens = is_blank(*c);
            gh_text_add_bytes(text, c, 1);
        }
        gh_text_add_bytes(text, "\n", 1);
    }
}

gh_status gh_options_read_file(genhep_options *options, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) GH_FAIL(GENHEP_E_IO, "%s: cannot open the card: %s", path, strerror(errno));
    char *card = NULL;
    gh_status status = gh_alloc(&options->hooks, &card, CARD_BYTES + 2, 1);
    if (status) goto cleanup;
    errno = 0;
    size_t length = fread(card, 1, CARD_BYTES + 1, file);
    if (ferror(file))
        status = gh_fail(GENHEP_E_IO, "%s: cannot read the card: %s", path, strerror(errno));
    else if (length > CARD_BYTES)
        status = gh_fail(GENHEP_E_FORMAT, "%s: longer than 1 MiB, expected a card of plain text", path);
    else if (memchr(card, '\0', length))
        status = gh_fail(GENHEP_E_FORMAT, "%s: NUL byte at offset %lld, expected a card of plain text", path,
                         (long long)strlen(card));
    else
        status = gh_options_from_card(options, card, path);
cleanup:
    gh_free(&options->hooks, card);
    fclose(file);
    return status;
}
