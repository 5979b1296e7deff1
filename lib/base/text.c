/* text.c -- growing text, and numbers to and from text whatever the locale. */
#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gh_status reserve(gh_text *text, int64_t extra)
{
    if (text->status) return text->status;
    int64_t need = text->length + extra + 1;
    if (need <= text->capacity) return GENHEP_OK;
    int64_t capacity = text->capacity ? text->capacity : 128;
    while (capacity < need) capacity *= 2;
    text->status = gh_resize(text->hooks, &text->data, capacity, 1);
    if (!text->status) text->capacity = capacity;
    return text->status;
}

void gh_text_add_bytes(gh_text *text, const char *bytes, int64_t n)
{
    if (reserve(text, n)) return;
    memcpy(text->data + text->length, bytes, (size_t)n);
    text->length += n;
    text->data[text->length] = '\0';
}

void gh_text_add(gh_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n < 0 || reserve(text, n)) return;
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)n + 1, format, arguments);
    va_end(arguments);
    text->length += n;
}

void gh_text_add_json(gh_text *text, const char *value)
{
    gh_text_add_bytes(text, "\"", 1);
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\') gh_text_add(text, "\\%c", *c);
        else if ((unsigned char)*c < 0x20) gh_text_add(text, "\\u%04x", (unsigned)*c);
        else gh_text_add_bytes(text, c, 1);
    }
    gh_text_add_bytes(text, "\"", 1);
}

void gh_text_add_number(gh_text *text, double value, int digits)
{
    char buf[40];
    if (!isfinite(value)) {
        gh_text_add(text, "null");
        return;
    }
    gh_format_real(buf, value, digits);
    gh_text_add(text, "%s", buf);
}

void gh_text_free(gh_text *text)
{
    if (text->hooks) gh_free(text->hooks, text->data);
    text->data = NULL;
    text->length = text->capacity = 0;
}

/* strtod under whatever decimal point the host's locale has: the digits are copied with that point put in. */
static double slow_parse(const char *text, const char **end)
{
    const char *point = localeconv()->decimal_point;
    if (strcmp(point, ".") == 0) {
        char *stop;
        double value = strtod(text, &stop);
        *end = stop;
        return value;
    }
    char copy[512];
    size_t used = 0, point_length = strlen(point), i = 0, point_at = SIZE_MAX;
    for (; text[i] && used + point_length + 1 < sizeof copy; i++) {
        char c = text[i];
        if (c == '.' && point_at == SIZE_MAX) {
            point_at = i;
            memcpy(copy + used, point, point_length);
            used += point_length;
        } else if (strchr("0123456789+-eExXpPabcdfABCDFinINtTyYNaA \t", c)) {
            copy[used++] = c;
        } else {
            break;
        }
    }
    copy[used] = '\0';
    char *stop;
    double value = strtod(copy, &stop);
    size_t eaten = (size_t)(stop - copy);
    if (point_at != SIZE_MAX && eaten > point_at) eaten -= point_length - 1;
    *end = text + eaten;
    return value;
}

/* Clinger's exact case: at most 15 digits and a power of ten up to 22 are one correctly rounded operation. */
double gh_parse_real(const char *text, const char **end)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *c = text;
    int negative = 0, digits = 0, any = 0, exponent = 0;
    uint64_t mantissa = 0;
    if (*c == '+' || *c == '-') negative = *c++ == '-';
    for (; *c >= '0' && *c <= '9'; c++, any = 1)
        if (mantissa || *c != '0') mantissa = mantissa * 10 + (uint64_t)(*c - '0'), digits++;
        else continue;
    if (*c == '.')
        for (c++; *c >= '0' && *c <= '9'; c++, any = 1) {
            exponent--;
            if (mantissa || *c != '0') mantissa = mantissa * 10 + (uint64_t)(*c - '0'), digits++;
        }
    if (!any || digits > 15 || *c == 'x' || *c == 'X') return slow_parse(text, end);
    if (*c == 'e' || *c == 'E') {
        const char *e = c + 1;
        int sign = 1, value = 0;
        if (*e == '+' || *e == '-') sign = *e++ == '-' ? -1 : 1;
        if (*e >= '0' && *e <= '9') {
            for (; *e >= '0' && *e <= '9'; e++)
                if (value < 10000) value = value * 10 + (*e - '0');
            exponent += sign * value;
            c = e;
        }
    }
    if (exponent < -22 || exponent > 22) return slow_parse(text, end);
    double value = (double)mantissa;
    value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    *end = c;
    return negative ? -value : value;
}

int gh_format_real(char *buf, double value, int digits)
{
    int n = snprintf(buf, 40, "%.*g", digits, value);
    const char *point = localeconv()->decimal_point;
    if (strcmp(point, ".") != 0) {
        char *at = strstr(buf, point);
        if (at) {
            size_t length = strlen(point);
            *at = '.';
            memmove(at + 1, at + length, strlen(at + length) + 1);
            n -= (int)length - 1;
        }
    }
    return n;
}

int gh_format_exact(char *buf, double value, int is_float)
{
    int digits = is_float ? 6 : 15, most = is_float ? 9 : 17, n;
    const char *end;
    do {
        n = gh_format_real(buf, value, digits);
        double back = gh_parse_real(buf, &end);
        if (is_float ? (float)back == (float)value : back == value) break;
    } while (++digits <= most);
    return n;
}

int gh_edit_distance(const char *a, const char *b)
{
    enum { MOST = 96 };
    int row[MOST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > MOST || m > MOST) return MOST;
    for (size_t j = 0; j <= m; j++) row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            int best = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[m];
}

void gh_trim(const char **begin, const char **end)
{
    while (*begin < *end && strchr(" \t\r\n", **begin)) ++*begin;
    while (*end > *begin && strchr(" \t\r\n", (*end)[-1])) --*end;
}
