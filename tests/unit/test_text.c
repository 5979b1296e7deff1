/* test_text.c -- growing text, numbers to and from text, edit distance and trimming. */
#include <locale.h>

#include "base/text.h"
#include "testing.h"

START_TEST(growing)
{
    gh_hooks hooks = gh_hooks_default();
    gh_text text = {.hooks = &hooks};
    gh_text_free(&text); /* nothing yet */
    for (int i = 0; i < 1000; i++) gh_text_add(&text, "%d,", i % 10);
    ck_assert_int_eq(text.status, GENHEP_OK);
    ck_assert_int_eq(text.length, 2000);
    ck_assert_int_eq((int64_t)strlen(text.data), 2000);
    ck_assert(memcmp(text.data + 1980, "0,1,2,3,4,5,6,7,8,9,", 20) == 0);
    gh_text_add_bytes(&text, "a\0b", 3);
    ck_assert_int_eq(text.length, 2003);
    ck_assert(memcmp(text.data + 2000, "a\0b", 4) == 0);
    gh_text_free(&text);
    ck_assert(text.data == NULL && text.length == 0);
}
END_TEST

static void *never(void *user, void *block, size_t size)
{
    (void)user, (void)block, (void)size;
    return NULL;
}

static void release_nothing(void *user, void *block)
{
    (void)user, (void)block;
}

START_TEST(failure_is_remembered)
{
    gh_hooks hooks = {never, release_nothing, NULL, NULL, NULL};
    gh_text text = {.hooks = &hooks};
    gh_text_add(&text, "x");
    ck_assert_int_eq(text.status, GENHEP_E_NOMEM);
    gh_text_add_bytes(&text, "y", 1);
    gh_text_add_json(&text, "z");
    ck_assert_int_eq(text.status, GENHEP_E_NOMEM);
    ck_assert(text.data == NULL && text.length == 0);
    gh_text_free(&text);
}
END_TEST

START_TEST(json)
{
    gh_hooks hooks = gh_hooks_default();
    gh_text text = {.hooks = &hooks};
    gh_text_add_json(&text, "a\"b\\c\n\t\x01 \xc3\xa9");
    gh_text_add_bytes(&text, ",", 1);
    gh_text_add_number(&text, 0.1, 6);
    gh_text_add_bytes(&text, ",", 1);
    gh_text_add_number(&text, NAN, 6);
    gh_text_add_bytes(&text, ",", 1);
    gh_text_add_number(&text, -INFINITY, 6);
    ck_assert_str_eq(text.data, "\"a\\\"b\\\\c\\u000a\\u0009\\u0001 \xc3\xa9\",0.1,null,null");
    gh_text_free(&text);
}
END_TEST

START_TEST(parsing)
{
    const struct {
        const char *text;
        double value;
        int eaten;
    } cases[] = {
        {"1", 1, 1}, {"-1.5", -1.5, 4}, {"+.5", .5, 3}, {"5.", 5, 2}, {"1e3", 1e3, 3}, {"1E-3x", 1e-3, 4},
        {"1e", 1, 1}, {"1e+", 1, 1}, {"2 3", 2, 1}, {"0.1,5", 0.1, 3}, {"00012", 12, 5}, {"0.000001", 1e-6, 8},
        {"123456789012345678", 123456789012345678.0, 18}, {"1e22", 1e22, 4}, {"1e23", 1e23, 4}, {"1e-22", 1e-22, 5},
        {"179769313486231570814527423731704356798070e267", DBL_MAX, 46}, {"2.2250738585072014e-308", DBL_MIN, 23},
        {"4.9e-324", 4.9e-324, 8}, {"1e400", INFINITY, 5}, {"-1e400", -INFINITY, 6}, {"1e-400", 0, 6},
        {"9007199254740993", 9007199254740992.0, 16}, {"0.3", 0.3, 3}, {"6.02214076e23z", 6.02214076e23, 13},
        {"100000000000000000000000000000000000000000000000000", 1e50, 51}, {"0e5", 0, 3}, {"inf", INFINITY, 3},
        {"8.41e+21", 8.41e21, 8}, {"9.0608011534336e15", 9.0608011534336e15, 18},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *end;
        double value = gh_parse_real(cases[i].text, &end);
        ck_assert_msg(value == cases[i].value && end - cases[i].text == cases[i].eaten, "'%s' is %.17g in %d bytes",
                      cases[i].text, value, (int)(end - cases[i].text));
    }
    const char *none[] = {"", "x", "-", ".", "e5", "+.", "-e", ",5"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        const char *end;
        gh_parse_real(none[i], &end);
        ck_assert_msg(end == none[i], "'%s' holds no number", none[i]);
    }
    const char *end;
    ck_assert(isnan(gh_parse_real("nan", &end)));
    ck_assert(signbit(gh_parse_real("-0", &end)));
}
END_TEST

/* A fixed sequence of bit patterns: every kind of double. */
static uint64_t next_bits(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ *state >> 29;
}

START_TEST(parsing_agrees_with_strtod)
{
    uint64_t state = 7;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        uint64_t bits = next_bits(&state);
        int64_t mantissa = (int64_t)(bits >> (bits % 50 + 8));
        int n = snprintf(text, sizeof text, "%s%lld", i % 2 ? "-" : "", (long long)mantissa);
        if (i % 3) { /* put a point somewhere */
            int at = (int)(next_bits(&state) % (unsigned)n) + 1;
            memmove(text + at + 1, text + at, (size_t)(n - at + 1));
            text[at] = '.';
        }
        if (i % 5) sprintf(text + strlen(text), "e%d", (int)(next_bits(&state) % 80) - 40);
        const char *end;
        double value = gh_parse_real(text, &end), expected = strtod(text, NULL);
        if (*end || memcmp(&value, &expected, sizeof value) != 0)
            ck_abort_msg("'%s' is %.17g, expected %.17g", text, value, expected);
    }
}
END_TEST

START_TEST(numbers_come_back)
{
    uint64_t state = 1;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = next_bits(&state);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        char buf[40];
        const char *end;
        int n = gh_format_exact(buf, value, 0);
        back = gh_parse_real(buf, &end);
        if (back != value || *end || n != (int)strlen(buf)) ck_abort_msg("%.17g became '%s'", value, buf);
        float single = (float)value;
        if (!isfinite(single)) continue;
        gh_format_exact(buf, (double)single, 1);
        if ((float)gh_parse_real(buf, &end) != single || strlen(buf) > 15)
            ck_abort_msg("%.9g became '%s'", (double)single, buf);
    }
}
END_TEST

START_TEST(shortest_form)
{
    char buf[40];
    gh_format_exact(buf, 0.1, 0);
    ck_assert_str_eq(buf, "0.1");
    gh_format_exact(buf, (double)0.1f, 1);
    ck_assert_str_eq(buf, "0.1");
    gh_format_exact(buf, 1.0 / 3, 0);
    ck_assert_str_eq(buf, "0.3333333333333333");
    ck_assert_int_eq(gh_format_real(buf, -1234.5678, 6), 8);
    ck_assert_str_eq(buf, "-1234.57");
    gh_format_real(buf, -DBL_MIN / 3, 17);
    ck_assert_int_lt((int)strlen(buf), 40);
}
END_TEST

START_TEST(distances)
{
    ck_assert_int_eq(gh_edit_distance("", ""), 0);
    ck_assert_int_eq(gh_edit_distance("abc", "abc"), 0);
    ck_assert_int_eq(gh_edit_distance("", "abc"), 3);
    ck_assert_int_eq(gh_edit_distance("kitten", "sitting"), 3);
    ck_assert_int_eq(gh_edit_distance("sitting", "kitten"), 3);
    ck_assert_int_eq(gh_edit_distance("train.batch", "train.btach"), 2);
    ck_assert_int_eq(gh_edit_distance("flaw", "lawn"), 2);
    char lengthy[300];
    memset(lengthy, 'x', 299);
    lengthy[299] = '\0';
    ck_assert_int_ge(gh_edit_distance(lengthy, "x"), 90); /* large, and nothing is written past the end */
}
END_TEST

START_TEST(trimming)
{
    const char *text = " \t a b \r\n", *begin = text, *end = text + strlen(text);
    gh_trim(&begin, &end);
    ck_assert(end - begin == 3 && memcmp(begin, "a b", 3) == 0);
    begin = text, end = text + 3;
    gh_trim(&begin, &end);
    ck_assert(begin == end);
}
END_TEST

START_TEST(decimal_comma)
{
    const char *names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    int found = 0;
    for (int i = 0; i < 4 && !found; i++) found = setlocale(LC_ALL, names[i]) != NULL;
    char buf[40];
    const char *end;
    gh_format_real(buf, 0.5, 17); /* in the C locale too where no other is installed */
    ck_assert_str_eq(buf, "0.5");
    ck_assert(gh_parse_real("1234567890123456.5e-3,7", &end) == 1234567890123.4565);
    ck_assert_str_eq(end, ",7");
    ck_assert(gh_parse_real("1.5e-30;", &end) == 1.5e-30 && *end == ';');
    setlocale(LC_ALL, "C");
}
END_TEST

GH_TEST_MAIN("text", growing, failure_is_remembered, json, parsing, parsing_agrees_with_strtod, numbers_come_back,
             shortest_form, distances, trimming, decimal_comma)
