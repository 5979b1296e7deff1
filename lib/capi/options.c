/* options.c -- public options: arguments are checked here, base/ does the work. */
#include "genhep/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/options_handle.h"
#include "base/text.h"

#define NOT_NULL(function, argument)                                                    \
    do {                                                                                \
        if (!(argument)) GH_FAIL(GENHEP_E_ARG, function ": '" #argument "' is NULL");   \
    } while (0)

/* The structs as of version 1.0: a caller's struct_size is never below. */
#define ROW_BYTES ((int64_t)(offsetof(genhep_option_row, help) + sizeof(const char *)))
#define ALLOCATOR_BYTES ((int64_t)(offsetof(genhep_allocator, user) + sizeof(void *)))

genhep_status genhep_options_create(genhep_options **options)
{
    return genhep_options_create_with(NULL, options);
}

genhep_status genhep_options_create_with(const genhep_allocator *allocator, genhep_options **options)
{
    NOT_NULL("genhep_options_create", options);
    *options = NULL;
    gh_hooks hooks = gh_hooks_default();
    if (allocator) {
        if (allocator->struct_size < ALLOCATOR_BYTES)
            GH_FAIL(GENHEP_E_ARG, "genhep_options_create_with: struct_size is %lld, expected at least %lld",
                    (long long)allocator->struct_size, (long long)ALLOCATOR_BYTES);
        NOT_NULL("genhep_options_create_with", allocator->reallocate);
        NOT_NULL("genhep_options_create_with", allocator->release);
        hooks.reallocate = allocator->reallocate;
        hooks.release = allocator->release;
        hooks.allocator_user = allocator->user;
    }
    return gh_options_create(&hooks, options);
}

genhep_status genhep_options_copy(const genhep_options *options, genhep_options **copy)
{
    NOT_NULL("genhep_options_copy", copy);
    *copy = NULL;
    NOT_NULL("genhep_options_copy", options);
    return gh_options_copy(options, copy);
}

void genhep_options_free(genhep_options *options)
{
    gh_options_free(options);
}

genhep_status genhep_options_set(genhep_options *options, const char *key, const char *value)
{
    NOT_NULL("genhep_options_set", options);
    NOT_NULL("genhep_options_set", key);
    NOT_NULL("genhep_options_set", value);
    return gh_options_set(options, key, value);
}

static const char *type_name(int32_t type)
{
    return type == GENHEP_OPTION_INT ? "an integer" : type == GENHEP_OPTION_REAL ? "a real number" : "text";
}

/* A key's row, which must be of `type` or, when also is not 0, of that one. */
static gh_status typed_row(const char *key, int32_t type, int32_t also, int64_t *row)
{
    GH_TRY(gh_option_row_of(key, row));
    int32_t found = gh_option_row_at(*row)->type;
    if (found != type && found != also)
        GH_FAIL(GENHEP_E_OPTION, "option '%s' is %s, not %s", key, type_name(found), type_name(type));
    return GENHEP_OK;
}

genhep_status genhep_options_set_int(genhep_options *options, const char *key, int64_t value)
{
    int64_t row;
    char text[40];
    NOT_NULL("genhep_options_set_int", options);
    NOT_NULL("genhep_options_set_int", key);
    GH_TRY(typed_row(key, GENHEP_OPTION_INT, GENHEP_OPTION_REAL, &row));
    snprintf(text, sizeof text, "%lld", (long long)value);
    return gh_options_set(options, key, text);
}

genhep_status genhep_options_set_real(genhep_options *options, const char *key, double value)
{
    int64_t row;
    char text[40];
    NOT_NULL("genhep_options_set_real", options);
    NOT_NULL("genhep_options_set_real", key);
    GH_TRY(typed_row(key, GENHEP_OPTION_REAL, 0, &row));
    gh_format_exact(text, value, 0);
    return gh_options_set(options, key, text);
}

genhep_status genhep_options_set_text(genhep_options *options, const char *key, const char *value)
{
    int64_t row;
    NOT_NULL("genhep_options_set_text", options);
    NOT_NULL("genhep_options_set_text", key);
    NOT_NULL("genhep_options_set_text", value);
    GH_TRY(typed_row(key, GENHEP_OPTION_TEXT, 0, &row));
    return gh_options_set(options, key, value);
}

genhep_status genhep_options_parse(genhep_options *options, const char *assignment)
{
    NOT_NULL("genhep_options_parse", options);
    NOT_NULL("genhep_options_parse", assignment);
    return gh_options_assign(options, assignment, assignment + strlen(assignment));
}

genhep_status genhep_options_read_card(genhep_options *options, const char *path)
{
    NOT_NULL("genhep_options_read_card", options);
    NOT_NULL("genhep_options_read_card", path);
    return gh_options_read_file(options, path);
}

genhep_status genhep_options_get_int(const genhep_options *options, const char *key, int64_t *value)
{
    int64_t row;
    NOT_NULL("genhep_options_get_int", key);
    NOT_NULL("genhep_options_get_int", value);
    GH_TRY(typed_row(key, GENHEP_OPTION_INT, 0, &row));
    *value = gh_option_int(options, key);
    return GENHEP_OK;
}

genhep_status genhep_options_get_real(const genhep_options *options, const char *key, double *value)
{
    int64_t row;
    NOT_NULL("genhep_options_get_real", key);
    NOT_NULL("genhep_options_get_real", value);
    GH_TRY(typed_row(key, GENHEP_OPTION_REAL, 0, &row));
    *value = gh_option_real(options, key);
    return GENHEP_OK;
}

genhep_status genhep_options_get_text(const genhep_options *options, const char *key, char *buf, int64_t capacity,
                                      int64_t *length)
{
    int64_t row;
    NOT_NULL("genhep_options_get_text", key);
    if (capacity < 0 || (!buf && capacity > 0))
        GH_FAIL(GENHEP_E_ARG, "genhep_options_get_text: capacity is %lld, buf is %s", (long long)capacity,
                buf ? "given" : "NULL");
    GH_TRY(gh_option_row_of(key, &row));
    const char *text = gh_options_text_of(options, row);
    int64_t needed = (int64_t)strlen(text);
    if (length) *length = needed;
    if (!buf && length) return GENHEP_OK; /* only the length was asked for */
    if (capacity < needed + 1)
        GH_FAIL(GENHEP_E_BUFFER, "option '%s': capacity is %lld, expected at least %lld", key, (long long)capacity,
                (long long)(needed + 1));
    memcpy(buf, text, (size_t)needed + 1);
    return GENHEP_OK;
}

genhep_status genhep_options_is_set(const genhep_options *options, const char *key, int32_t *is_set)
{
    int64_t row;
    NOT_NULL("genhep_options_is_set", key);
    NOT_NULL("genhep_options_is_set", is_set);
    GH_TRY(gh_option_row_of(key, &row));
    *is_set = gh_options_stored(options, row) != NULL;
    return GENHEP_OK;
}

int64_t genhep_option_count(void)
{
    return gh_option_rows();
}

genhep_status genhep_option_info(int64_t index, genhep_option_row *row)
{
    NOT_NULL("genhep_option_info", row);
    if (index < 0 || index >= gh_option_rows())
        GH_FAIL(GENHEP_E_ARG, "genhep_option_info: index %lld is outside 0..%lld", (long long)index,
                (long long)gh_option_rows() - 1);
    int64_t size = row->struct_size;
    if (size < ROW_BYTES)
        GH_FAIL(GENHEP_E_ARG, "genhep_option_info: struct_size is %lld, expected at least %lld", (long long)size,
                (long long)ROW_BYTES);
    int64_t known = (int64_t)sizeof *row;
    memcpy(row, gh_option_row_at(index), (size_t)(size < known ? size : known));
    row->struct_size = size;
    return GENHEP_OK;
}

genhep_status genhep_options_set_log(genhep_options *options, genhep_log_fn log, void *user)
{
    NOT_NULL("genhep_options_set_log", options);
    options->hooks.log = log;
    options->hooks.log_user = user;
    return GENHEP_OK;
}
