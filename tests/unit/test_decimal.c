/* test_decimal.c -- short decimal text of numbers: reads back the same, and is no longer than it has to be. */
#include "base/text.h"
#include "io/decimal.h"
#include "testing.h"

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ (*state >> 29);
}

static int digits_of(const char *text)
{
    int count = 0, started = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9') continue;
        if (*text != '0') started = 1, count += zeros + 1, zeros = 0;
        else if (started) zeros++;
    }
    return count;
}

static void check(double value, int is_float)
{
    char text[40], slow[40], *end;
    int length = gh_decimal(text, value, is_float);
    gh_format_exact(slow, value, is_float);
    ck_assert_int_eq(length, (int)strlen(text));
    ck_assert_int_lt(length, 40);
    double back = strtod(text, &end); /* the test runs in the C locale */
    ck_assert_msg(*end == '\0' && signbit(back) == signbit(value) &&
                      (is_float ? (float)back == (float)value : back == value),
                  "%.17g is written as %s", value, text);
    ck_assert_msg(digits_of(text) <= digits_of(slow), "%.17g: %s is longer than %s", value, text, slow);
}

START_TEST(random_numbers)
{
    uint64_t state = 7;
    for (int i = 0; i < 400000; i++) {
        uint64_t bits = next(&state);
        double anything, near = ((double)(bits >> 11) * 0x1p-53 - 0.5) * pow(10, (double)(bits % 16) - 4);
        memcpy(&anything, &bits, sizeof anything);
        if (isfinite(anything)) check(anything, 0);
        if (fabs(anything) < FLT_MAX && fabs(anything) > FLT_MIN) check((float)anything, 1);
        check(near, 0);
        check((float)near, 1);
        check(rint(near * 1e4) / 1e4, 0);
    }
}
END_TEST

START_TEST(known_texts)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1, "-1"},
        {0.1, "0.1"},
        {100, "100"},
        {1e15, "1000000000000000"},
        {1e16, "10000000000000000"},
        {1e17, "1e+17"},
        {1e22, "1e+22"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {123.456, "123.456"},
        {91.1876, "91.1876"},
        {0.1 + 0.2, "0.30000000000000004"},
        {9007199254740991, "9007199254740991"},
        {-0.000511, "-0.000511"},
        {999999.5, "999999.5"},
        {1.0 / 3, "0.3333333333333333"},
    };
    char text[40];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gh_decimal(text, cases[i].value, 0);
        ck_assert_str_eq(text, cases[i].text);
    }
    gh_decimal(text, 0.1f, 1);
    ck_assert_str_eq(text, "0.1");
    gh_decimal(text, 16777216, 1);
    ck_assert_str_eq(text, "16777216");
}
END_TEST

/* Neighbours of powers of ten and of two, where rounding carries. */
START_TEST(edges)
{
    for (int e = -320; e <= 308; e++) {
        double ten = pow(10, e);
        check(ten, 0);
        check(nextafter(ten, 0), 0);
        check(nextafter(ten, INFINITY), 0);
        check(9.9999999999999995 * ten < INFINITY ? 9.9999999999999995 * ten : 1, 0);
        if (e > -37 && e < 38) {
            check((float)ten, 1);
            check(nextafterf((float)ten, 0), 1);
            check(nextafterf((float)ten, INFINITY), 1);
        }
    }
    for (int e = -1070; e < 1023; e++) {
        check(ldexp(1, e), 0);
        check(nextafter(ldexp(1, e), 0), 0);
        check(nextafter(ldexp(1, e), INFINITY), 0);
    }
    check(DBL_MAX, 0);
    check(FLT_MAX, 1);
    check(DBL_MIN, 0);
}
END_TEST

GH_TEST_MAIN("decimal", random_numbers, known_texts, edges)
