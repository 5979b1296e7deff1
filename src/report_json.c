/* report_json.c -- finding values in a JSON text that the library wrote. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"

static const char *skip_blanks(const char *c)
{
    while (*c == ' ' || *c == '\n' || *c == '\t' || *c == '\r') c++;
    return c;
}

/* Behind the text that starts at the quote `c`. */
static const char *skip_text(const char *c)
{
    for (c++; *c && *c != '"'; c++)
        if (*c == '\\' && c[1]) c++;
    return *c ? c + 1 : c;
}

/* Behind the value at c. */
static const char *skip_value(const char *c)
{
    int depth = 0;
    for (c = skip_blanks(c); *c; c++) {
        if (*c == '"') c = skip_text(c) - 1;
        else if (*c == '{' || *c == '[') depth++;
        else if (((*c == '}' || *c == ']') && --depth < 0) || (*c == ',' && depth == 0)) return c;
        if (depth == 0 && (*c == '}' || *c == ']' || (*c == '"'))) return c + 1;
    }
    return c;
}

int report_json_text(const char *value, char *text, size_t capacity)
{
    size_t n = 0;
    if (!value || *value != '"' || capacity == 0) return 0;
    for (const char *c = value + 1; *c && *c != '"'; c++) {
        if (*c == '\\' && c[1]) c++;
        if (n + 1 < capacity) text[n++] = *c;
    }
    text[n] = '\0';
    return 1;
}

const char *report_json_next(const char *object, const char *after, char *key, size_t capacity)
{
    if (!object || *object != '{') return NULL;
    const char *c = skip_blanks(after ? skip_value(after) : object + 1);
    if (after && *c == ',') c = skip_blanks(c + 1);
    if (*c != '"') return NULL;
    report_json_text(c, key, capacity);
    c = skip_blanks(skip_text(c));
    return *c == ':' ? skip_blanks(c + 1) : NULL;
}

const char *report_json_member(const char *object, const char *key)
{
    char name[256];
    const char *value = NULL;
    while ((value = report_json_next(object, value, name, sizeof name)))
        if (strcmp(name, key) == 0) return value;
    return NULL;
}

const char *report_json_item(const char *array, int index)
{
    if (!array || *array != '[') return NULL;
    const char *c = skip_blanks(array + 1);
    for (; index > 0; index--) {
        c = skip_blanks(skip_value(c));
        if (*c != ',') return NULL;
        c = skip_blanks(c + 1);
    }
    return *c == ']' ? NULL : c;
}

double report_json_number(const char *value)
{
    char *end;
    if (!value) return NAN;
    double number = strtod(value, &end);
    return end == value ? NAN : number;
}
