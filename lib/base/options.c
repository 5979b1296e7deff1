/* options.c -- the table of options, typed values that were checked against it, and the handle that keeps them. */
#include "base/options_handle.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define GH_OPTION(key, type, value, min, max, choices, since, help) \
    {sizeof(genhep_option_row), key, GENHEP_OPTION_##type, value, min, max, choices, since, help},
static const genhep_option_row table[] = {
#include "base/options.def"
};
#undef GH_OPTION

#define ROWS ((int64_t)(sizeof table / sizeof *table))

int64_t gh_option_rows(void)
{
    return ROWS;
}

const genhep_option_row *gh_option_row_at(int64_t row)
{
    assert(row >= 0 && row < ROWS);
    return &table[row];
}

static int64_t find_row(const char *key)
{
    for (int64_t i = 0; i < ROWS; i++)
        if (strcmp(table[i].key, key) == 0) return i;
    return -1;
}

gh_status gh_option_row_of(const char *key, int64_t *row)
{
    *row = find_row(key);
    if (*row >= 0) return GENHEP_OK;
    int64_t closest = 0;
    int least = gh_edit_distance(key, table[0].key);
    for (int64_t i = 1; i < ROWS; i++) {
        int distance = gh_edit_distance(key, table[i].key);
        if (distance < least) least = distance, closest = i;
    }
    GH_FAIL(GENHEP_E_OPTION, "unknown option '%.80s', the closest is '%s'", key, table[closest].key);
}

gh_hooks gh_hooks_of(const genhep_options *options)
{
    return options ? options->hooks : gh_hooks_default();
}

gh_status gh_options_create(const gh_hooks *hooks, genhep_options **options)
{
    GH_TRY(gh_alloc(hooks, options, 1, sizeof **options));
    (*options)->hooks = *hooks;
    return GENHEP_OK;
}

void gh_options_free(genhep_options *options)
{
    if (!options) return;
    gh_hooks hooks = options->hooks;
    for (int64_t i = 0; i < options->count; i++) gh_free(&hooks, options->values[i].text);
    gh_free(&hooks, options->values);
    gh_free(&hooks, options);
}

/* Index of the first stored value whose row is not below `row`. */
static int64_t place_of(const genhep_options *options, int64_t row)
{
    int64_t at = 0;
    while (at < options->count && options->values[at].row < row) at++;
    return at;
}

const gh_option_value *gh_options_stored(const genhep_options *options, int64_t row)
{
    if (!options) return NULL;
    int64_t at = place_of(options, row);
    return at < options->count && options->values[at].row == row ? &options->values[at] : NULL;
}

/* Take a checked value over, its text copied; nothing changes on failure. */
static gh_status store(genhep_options *options, const gh_option_value *value)
{
    gh_option_value kept = *value;
    GH_TRY(gh_strdup(&options->hooks, value->text, &kept.text));
    int64_t at = place_of(options, value->row);
    if (at < options->count && options->values[at].row == value->row) {
        gh_free(&options->hooks, options->values[at].text);
        options->values[at] = kept;
        return GENHEP_OK;
    }
    if (options->count == options->capacity) {
        int64_t capacity = options->capacity ? 2 * options->capacity : 16;
        gh_status status = gh_resize(&options->hooks, &options->values, capacity, sizeof kept);
        if (status) {
            gh_free(&options->hooks, kept.text);
            return status;
        }
        options->capacity = capacity;
    }
    memmove(options->values + at + 1, options->values + at, (size_t)(options->count - at) * sizeof kept);
    options->values[at] = kept;
    options->count++;
    return GENHEP_OK;
}

static gh_status overlay(genhep_options *target, const genhep_options *source)
{
    for (int64_t i = 0; source && i < source->count; i++) GH_TRY(store(target, &source->values[i]));
    return GENHEP_OK;
}

gh_status gh_options_merge(const genhep_options *base, const genhep_options *over, genhep_options **merged)
{
    gh_hooks hooks = gh_hooks_of(over ? over : base);
    GH_TRY(gh_options_create(&hooks, merged));
    gh_status status = overlay(*merged, base);
    if (!status) status = overlay(*merged, over);
    if (status) {
        gh_options_free(*merged);
        *merged = NULL;
    }
    return status;
}

gh_status gh_options_copy(const genhep_options *options, genhep_options **copy)
{
    return gh_options_merge(NULL, options, copy);
}

/* Decimal integer, the whole text; 0 when it is none or beyond 64 bits. */
static int parse_integer(const char *text, int64_t *value)
{
    const char *c = text;
    int negative = 0;
    int64_t sum = 0;
    if (*c == '+' || *c == '-') negative = *c++ == '-';
    if (!*c) return 0;
    for (; *c; c++) {
        if (*c < '0' || *c > '9') return 0;
        /* summed below zero, where the range is larger by one */
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, *c - '0', &sum)) return 0;
    }
    if (!negative && sum == INT64_MIN) return 0;
    *value = negative ? sum : -sum;
    return 1;
}

/* Finite decimal number, the whole text. */
static int parse_finite(const char *text, double *value)
{
    const char *end;
    if (!*text || text[strspn(text, "0123456789+-.eE")]) return 0; /* no hexadecimal, inf or nan */
    *value = gh_parse_real(text, &end);
    return end != text && !*end && isfinite(*value);
}

static void format_bound(char *buf, const genhep_option_row *row, double bound)
{
    if (row->type == GENHEP_OPTION_INT) snprintf(buf, 40, "%lld", (long long)bound);
    else gh_format_exact(buf, bound, 0);
}

static gh_status check_range(const genhep_option_row *row, const gh_option_value *value)
{
    double number = row->type == GENHEP_OPTION_INT ? (double)value->integer : value->real;
    if (number >= row->minimum && number <= row->maximum) return GENHEP_OK;
    char least[40], most[40];
    format_bound(least, row, row->minimum);
    format_bound(most, row, row->maximum);
    int below = number < row->minimum;
    GH_FAIL(GENHEP_E_OPTION, "option '%s': %.60s is %s %s (allowed: %s to %s)", row->key, value->text,
            below ? "below" : "above", below ? least : most, least, most);
}

static int is_choice(const char *choices, const char *word, size_t length)
{
    for (const char *c = choices;;) {
        size_t n = strcspn(c, "|");
        if (n == length && memcmp(c, word, n) == 0) return 1;
        if (!c[n]) return 0;
        c += n + 1;
    }
}

static gh_status check_text(const genhep_option_row *row, const char *text)
{
    size_t length = strlen(text);
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            GH_FAIL(GENHEP_E_OPTION, "option '%s': byte %d is the control character %d, expected one line of text",
                    row->key, (int)(c - text), *c);
    if (length && text[length - 1] == '\\')
        GH_FAIL(GENHEP_E_OPTION, "option '%s': '%.60s' ends in a backslash, which would continue a card's line",
                row->key, text);
    if (*row->choices && !is_choice(row->choices, text, length))
        GH_FAIL(GENHEP_E_OPTION, "option '%s': '%.60s' is none of %s", row->key, text, row->choices);
    return GENHEP_OK;
}

/* Convert value->text by the row's type and check it. */
static gh_status convert(const genhep_option_row *row, gh_option_value *value)
{
    switch (row->type) {
    case GENHEP_OPTION_INT:
        if (!parse_integer(value->text, &value->integer))
            GH_FAIL(GENHEP_E_OPTION, "option '%s': '%.60s' is no integer of 64 bits", row->key, value->text);
        return check_range(row, value);
    case GENHEP_OPTION_REAL:
        if (!parse_finite(value->text, &value->real))
            GH_FAIL(GENHEP_E_OPTION, "option '%s': '%.60s' is no finite number", row->key, value->text);
        return check_range(row, value);
    default: return check_text(row, value->text);
    }
}

gh_status gh_options_set(genhep_options *options, const char *key, const char *text)
{
    gh_option_value value = {0, NULL, 0, 0.0};
    GH_TRY(gh_option_row_of(key, &value.row));
    const char *begin = text, *end = text + strlen(text);
    gh_trim(&begin, &end);
    GH_TRY(gh_alloc(&options->hooks, &value.text, end - begin + 1, 1));
    memcpy(value.text, begin, (size_t)(end - begin));
    gh_status status = convert(&table[value.row], &value);
    if (!status) status = store(options, &value);
    gh_free(&options->hooks, value.text);
    return status;
}

const char *gh_options_text_of(const genhep_options *options, int64_t row)
{
    const gh_option_value *value = gh_options_stored(options, row);
    return value ? value->text : table[row].default_value;
}

int64_t gh_option_int(const genhep_options *options, const char *key)
{
    int64_t row = find_row(key), number = 0;
    assert(row >= 0 && table[row].type == GENHEP_OPTION_INT);
    const gh_option_value *value = gh_options_stored(options, row);
    if (value) return value->integer;
    int valid = parse_integer(table[row].default_value, &number);
    assert(valid);
    (void)valid;
    return number;
}

double gh_option_real(const genhep_options *options, const char *key)
{
    int64_t row = find_row(key);
    double number = 0;
    assert(row >= 0 && table[row].type == GENHEP_OPTION_REAL);
    const gh_option_value *value = gh_options_stored(options, row);
    if (value) return value->real;
    int valid = parse_finite(table[row].default_value, &number);
    assert(valid);
    (void)valid;
    return number;
}

const char *gh_option_text(const genhep_options *options, const char *key)
{
    int64_t row = find_row(key);
    assert(row >= 0);
    return gh_options_text_of(options, row);
}

int gh_option_is(const genhep_options *options, const char *key, const char *word)
{
    return strcmp(gh_option_text(options, key), word) == 0;
}

int gh_option_is_set(const genhep_options *options, const char *key)
{
    int64_t row = find_row(key);
    assert(row >= 0);
    return gh_options_stored(options, row) != NULL;
}
