/* test_options_docs.c -- docs/options/README.md is what the option table prints. With GENHEP_REWRITE_DOCS set in the
 * environment the file is written anew instead of compared. */
#include "options_table.h"
#include "testing.h"

#define PAGE "docs/options/README.md"

/* The table in print; freed by the caller. */
static char *printed(int markdown)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert(out != NULL);
    ck_assert_int_eq(genhep_cli_print_options(out, markdown), 0);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

START_TEST(page_is_current)
{
    char *expected = printed(1);
    if (getenv("GENHEP_REWRITE_DOCS")) {
        FILE *page = fopen(PAGE, "w");
        ck_assert_msg(page && fputs(expected, page) >= 0 && fclose(page) == 0, PAGE " cannot be written");
    }
    FILE *page = fopen(PAGE, "r");
    ck_assert_msg(page != NULL, PAGE " cannot be opened (run from the root of the source tree)");
    size_t length = strlen(expected);
    char *found = calloc(length + 2, 1);
    ck_assert(found != NULL);
    size_t n = fread(found, 1, length + 1, page);
    fclose(page);
    ck_assert_msg(n == length && memcmp(found, expected, length) == 0,
                  PAGE " is stale: run this test once with GENHEP_REWRITE_DOCS=1 in the environment");
    free(found);
    free(expected);
}
END_TEST

/* Every key once in each form, every cell whole. */
START_TEST(every_key_is_printed)
{
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = printed(markdown);
        for (int64_t i = 0; i < genhep_option_count(); i++) {
            genhep_option_row row = {.struct_size = sizeof row};
            ck_ok(genhep_option_info(i, &row));
            char entry[128];
            snprintf(entry, sizeof entry, markdown ? "\n| `%s` | " : "\n  %s = ", row.key);
            const char *at = strstr(text, entry);
            ck_assert_msg(at != NULL, "'%s' is not printed", row.key);
            ck_assert_msg(strstr(at + 1, entry) == NULL, "'%s' is printed twice", row.key);
            if (!markdown) continue;
            int bars = 0;
            for (const char *c = at + 1; *c != '\n'; c++) bars += *c == '|' && c[-1] != '\\';
            ck_assert_msg(bars == 7, "the row of '%s' has %d bars, expected 7", row.key, bars);
        }
        free(text);
    }
}
END_TEST

START_TEST(failed_stream)
{
    FILE *full = fopen("/dev/full", "w");
    if (!full) return; /* only where the system has it */
    setvbuf(full, NULL, _IONBF, 0);
    ck_assert_int_eq(genhep_cli_print_options(full, 1), -1);
    fclose(full);
}
END_TEST

GH_TEST_MAIN("options_docs", page_is_current, every_key_is_printed, failed_stream)
