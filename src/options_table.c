/* options_table.c -- the option table in print. */
#include "options_table.h"

#include <string.h>

#include "genhep/genhep.h"

#define PLAIN_COLUMNS 100
#define NO_LIMIT 9e18 /* a bound of this size stands for the end of 64-bit integers */

static const char *type_name(int32_t type)
{
    return type == GENHEP_OPTION_INT ? "integer" : type == GENHEP_OPTION_REAL ? "real" : "text";
}

static size_t first_word(const char *key)
{
    return strcspn(key, ".");
}

static int same_group(const char *a, const char *b)
{
    size_t n = first_word(a);
    return n == first_word(b) && memcmp(a, b, n) == 0;
}

/* Print text, with what Markdown's tables would take for the end of a cell escaped. */
static void print_cell(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '|' || *c == '*' || *c == '<') fputc('\\', out);
        fputc(*c, out);
    }
}

/* The words "a|b|c" with `between` between them. */
static void print_choices(FILE *out, const char *choices, const char *before, const char *between)
{
    fputs(before, out);
    for (const char *c = choices; *c; c++) {
        if (*c == '|') fputs(between, out);
        else fputc(*c, out);
    }
    fputs(before, out);
}

/* "1 .. 100", "at least 0", or the words of a text; nothing for any text. */
static void print_range(FILE *out, const genhep_option_row *row, int markdown)
{
    if (row->type == GENHEP_OPTION_TEXT) {
        if (*row->choices) print_choices(out, row->choices, markdown ? "`" : "", markdown ? "`, `" : ", ");
    } else if (row->maximum >= NO_LIMIT) {
        fprintf(out, "at least %.15g", row->minimum);
    } else {
        fprintf(out, "%.15g .. %.15g", row->minimum, row->maximum);
    }
}

static void print_markdown_row(FILE *out, const genhep_option_row *row)
{
    fprintf(out, "| `%s` | %s | ", row->key, type_name(row->type));
    if (*row->default_value) {
        fputc('`', out);
        for (const char *c = row->default_value; *c; c++) fprintf(out, "%s%c", *c == '|' ? "\\" : "", *c);
        fputc('`', out);
    }
    fputs(" | ", out);
    print_range(out, row, 1);
    fprintf(out, " | %s | ", row->since);
    print_cell(out, row->help);
    fputs(" |\n", out);
}

/* Words of `text` in lines of PLAIN_COLUMNS, each behind `indent` blanks. */
static void print_wrapped(FILE *out, const char *text, int indent)
{
    int column = 0;
    for (const char *c = text; *c;) {
        int n = (int)strcspn(c, " ");
        if (column && column + 1 + n > PLAIN_COLUMNS) {
            fputc('\n', out);
            column = 0;
        }
        column += column ? fprintf(out, " %.*s", n, c) : fprintf(out, "%*s%.*s", indent, "", n, c);
        c += n;
        c += strspn(c, " ");
    }
    if (column) fputc('\n', out);
}

static void print_plain_row(FILE *out, const genhep_option_row *row)
{
    int any = row->type == GENHEP_OPTION_TEXT && !*row->choices;
    fprintf(out, "  %s = %s", row->key, *row->default_value ? row->default_value : "''");
    if (any) {
        fputs("  (text)\n", out);
    } else {
        fprintf(out, "  (%s: ", type_name(row->type));
        print_range(out, row, 0);
        fputs(")\n", out);
    }
    print_wrapped(out, row->help, 6);
}

/* The heading of a group and its rows, wherever in the table they stand. */
static void print_group(FILE *out, const char *key, int markdown)
{
    genhep_option_row row = {.struct_size = sizeof row};
    if (markdown)
        fprintf(out, "\n## %.*s\n\n| key | type | default | range | since | meaning |\n|---|---|---|---|---|---|\n",
                (int)first_word(key), key);
    else fprintf(out, "\n%.*s\n", (int)first_word(key), key);
    for (int64_t i = 0; i < genhep_option_count(); i++) {
        if (genhep_option_info(i, &row) != GENHEP_OK || !same_group(row.key, key)) continue;
        if (markdown) print_markdown_row(out, &row);
        else print_plain_row(out, &row);
    }
}

int genhep_cli_print_options(FILE *out, int markdown)
{
    if (markdown)
        fputs("# Options\n\n"
              "Every key, with what it allows. Keys stand in a card (`key = value` lines, `#` starts a comment, a\n"
              "line that ends in `\\` continues), on the command line (`key=value`) and in `genhep_options_set`. An\n"
              "unknown key or a value out of range is an error that names the closest key or the range.\n\n"
              "This page is printed from the library's table; `tests/unit/test_options_docs.c` fails when it differs.\n",
              out);
    else fputs("Options, in a card or as key=value:\n", out);
    for (int64_t i = 0; i < genhep_option_count(); i++) {
        genhep_option_row row = {.struct_size = sizeof row}, other = {.struct_size = sizeof other};
        int seen = 0;
        if (genhep_option_info(i, &row) != GENHEP_OK) continue;
        for (int64_t j = 0; j < i && !seen; j++)
            seen = genhep_option_info(j, &other) == GENHEP_OK && same_group(row.key, other.key);
        if (!seen) print_group(out, row.key, markdown);
    }
    return ferror(out) ? -1 : 0;
}
