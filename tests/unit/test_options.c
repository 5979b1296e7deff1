/* test_options.c -- the option table, typed access, cards, and every kind of failure. */
#include <locale.h>

#include "base/options_handle.h"
#include "base/text.h"
#include "testing.h"

static genhep_options *fresh(void)
{
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    return options;
}

static const char *text_of(const genhep_options *options, const char *key)
{
    static char buf[4096];
    ck_ok(genhep_options_get_text(options, key, buf, sizeof buf, NULL));
    return buf;
}

static int is_set(const genhep_options *options, const char *key)
{
    int32_t set = -1;
    ck_ok(genhep_options_is_set(options, key, &set));
    return set;
}

static const char *write_file(const char *name, const char *content, size_t length)
{
    const char *path = gh_test_path(name);
    FILE *file = fopen(path, "wb");
    ck_assert(file && fwrite(content, 1, length, file) == length && fclose(file) == 0);
    return path;
}

static const char *card_file(const char *content)
{
    return write_file("options.card", content, strlen(content));
}

/* Setting a default explicitly takes the way of any value: this checks type, range and choices of the whole table. */
START_TEST(every_default_is_allowed)
{
    genhep_options *options = fresh();
    ck_assert_int_gt(genhep_option_count(), 10);
    for (int64_t i = 0; i < genhep_option_count(); i++) {
        genhep_option_row row = {.struct_size = sizeof row};
        ck_ok(genhep_option_info(i, &row));
        ck_ok(genhep_options_set(options, row.key, row.default_value));
        ck_assert_str_eq(text_of(NULL, row.key), row.default_value);
        ck_assert_str_eq(text_of(options, row.key), row.default_value);
    }
    genhep_options_free(options);
}
END_TEST

START_TEST(table_is_well_formed)
{
    for (int64_t i = 0; i < genhep_option_count(); i++) {
        genhep_option_row row = {.struct_size = sizeof row}, other = {.struct_size = sizeof other};
        ck_ok(genhep_option_info(i, &row));
        ck_assert_int_eq(row.struct_size, (int64_t)sizeof row);
        ck_assert(row.type >= GENHEP_OPTION_INT && row.type <= GENHEP_OPTION_TEXT);
        ck_assert_msg(*row.key && !row.key[strspn(row.key, "abcdefghijklmnopqrstuvwxyz0123456789_.")], "%s", row.key);
        ck_assert_msg(*row.help && *row.since, "%s: help or version is missing", row.key);
        ck_assert_msg(row.type == GENHEP_OPTION_TEXT || row.minimum < row.maximum, "%s: empty range", row.key);
        ck_assert_msg(row.type == GENHEP_OPTION_TEXT || !*row.choices, "%s: choices are for text", row.key);
        for (int64_t j = 0; j < i; j++) {
            ck_ok(genhep_option_info(j, &other));
            ck_assert_str_ne(row.key, other.key);
        }
    }
}
END_TEST

START_TEST(row_struct_sizes)
{
    struct {
        genhep_option_row row;
        char behind[16];
    } room;
    memset(&room, 0x5a, sizeof room);
    room.row.struct_size = sizeof room.row - 8;
    ck_fails(genhep_option_info(0, &room.row), GENHEP_E_ARG, "struct_size");
    room.row.struct_size = sizeof room; /* a caller of a later version */
    ck_ok(genhep_option_info(0, &room.row));
    ck_assert_int_eq(room.row.struct_size, (int64_t)sizeof room);
    for (size_t i = 0; i < sizeof room.behind; i++) ck_assert(room.behind[i] == 0x5a);
    room.row.struct_size = sizeof room.row;
    ck_fails(genhep_option_info(-1, &room.row), GENHEP_E_ARG, "-1");
    ck_fails(genhep_option_info(genhep_option_count(), &room.row), GENHEP_E_ARG, "outside 0..");
    ck_fails(genhep_option_info(0, NULL), GENHEP_E_ARG, "NULL");
}
END_TEST

START_TEST(typed_access)
{
    genhep_options *options = fresh();
    int64_t integer = 0;
    double real = 0;
    ck_ok(genhep_options_get_int(options, "prep.knots", &integer));
    ck_assert_int_eq(integer, 1201);
    ck_assert(!is_set(options, "prep.knots"));
    ck_ok(genhep_options_set_int(options, "prep.knots", 77));
    ck_ok(genhep_options_get_int(options, "prep.knots", &integer));
    ck_assert_int_eq(integer, 77);
    ck_assert(is_set(options, "prep.knots"));
    ck_assert_str_eq(text_of(options, "prep.knots"), "77");
    ck_ok(genhep_options_set(options, "prep.knots", "  +0088\t"));
    ck_assert_int_eq(gh_option_int(options, "prep.knots"), 88);
    ck_ok(genhep_options_set_int(options, "seed", 9007199254740993)); /* no double holds it */
    ck_assert_int_eq(gh_option_int(options, "seed"), 9007199254740993);

    ck_ok(genhep_options_set_real(options, "data.validation", 0.3));
    ck_ok(genhep_options_get_real(options, "data.validation", &real));
    ck_assert(real == 0.3);
    ck_assert_str_eq(text_of(options, "data.validation"), "0.3");
    ck_ok(genhep_options_set_int(options, "data.validation", 0));
    ck_assert(gh_option_real(options, "data.validation") == 0.0);
    ck_ok(genhep_options_set(options, "data.validation", "2.5e-1"));
    ck_assert(gh_option_real(options, "data.validation") == 0.25);

    ck_ok(genhep_options_set_text(options, "model.family", " vae "));
    ck_assert(gh_option_is(options, "model.family", "vae"));
    ck_assert(!gh_option_is(NULL, "model.family", "vae"));
    ck_assert(gh_option_is_set(options, "model.family") && !gh_option_is_set(NULL, "model.family"));
    genhep_options_free(options);
    genhep_options_free(NULL);
}
END_TEST

START_TEST(refused_values)
{
    genhep_options *options = fresh();
    ck_ok(genhep_options_set_int(options, "prep.knots", 50));
    ck_fails(genhep_options_set(options, "prep.knots", "4"), GENHEP_E_OPTION, "option 'prep.knots': 4 is below 5");
    ck_fails(genhep_options_set_int(options, "prep.knots", 100002), GENHEP_E_OPTION, "100002 is above 100001");
    ck_fails(genhep_options_set_int(options, "prep.knots", -1), GENHEP_E_OPTION, "allowed: 5 to 100001");
    ck_fails(genhep_options_set_int(options, "seed", -1), GENHEP_E_OPTION, "0 to 9200000000000000000");
    const char *no_integer[] = {"",     "12a", "1.0", "1e3", "0x10", "--5", "+",  "1 2",
                                "nan", "9223372036854775808", "-9223372036854775809", "1_000"};
    for (size_t i = 0; i < sizeof no_integer / sizeof *no_integer; i++)
        ck_fails(genhep_options_set(options, "prep.knots", no_integer[i]), GENHEP_E_OPTION, "option 'prep.knots': '");
    const char *no_real[] = {"", "0.1x", "nan", "inf", "-inf", "0x1p-2", "0,1", "1e999", ".", "e3", "0.1 0.2", "1e"};
    for (size_t i = 0; i < sizeof no_real / sizeof *no_real; i++)
        ck_fails(genhep_options_set(options, "data.validation", no_real[i]), GENHEP_E_OPTION, "is no finite number");
    ck_fails(genhep_options_set_real(options, "data.validation", NAN), GENHEP_E_OPTION, "data.validation");
    ck_fails(genhep_options_set_real(options, "data.validation", INFINITY), GENHEP_E_OPTION, "data.validation");
    ck_fails(genhep_options_set_real(options, "data.validation", 0.91), GENHEP_E_OPTION, "0.91 is above 0.9");
    ck_fails(genhep_options_set(options, "model.family", "bva"), GENHEP_E_OPTION, "'bva' is none of ");
    ck_fails(genhep_options_set(options, "model.family", "vae|ae"), GENHEP_E_OPTION, "is none of");
    ck_fails(genhep_options_set(options, "model.family", ""), GENHEP_E_OPTION, "is none of");
    ck_fails(genhep_options_set(options, "data.train", "a\nb"), GENHEP_E_OPTION, "control character");
    ck_fails(genhep_options_set(options, "data.train", "C:\\"), GENHEP_E_OPTION, "backslash");
    ck_assert_int_eq(gh_option_int(options, "prep.knots"), 50); /* failures changed nothing */
    ck_assert(!is_set(options, "data.validation") && !is_set(options, "model.family"));
    ck_assert(!is_set(options, "data.train"));
    genhep_options_free(options);
}
END_TEST

START_TEST(wrong_types)
{
    genhep_options *options = fresh();
    int64_t integer;
    double real;
    ck_fails(genhep_options_set_real(options, "prep.knots", 7), GENHEP_E_OPTION, "'prep.knots' is an integer, not");
    ck_fails(genhep_options_set_text(options, "prep.knots", "7"), GENHEP_E_OPTION, "is an integer, not text");
    ck_fails(genhep_options_set_int(options, "data.train", 7), GENHEP_E_OPTION, "'data.train' is text, not an integer");
    ck_fails(genhep_options_get_int(options, "data.validation", &integer), GENHEP_E_OPTION, "is a real number, not an");
    ck_fails(genhep_options_get_real(options, "data.train", &real), GENHEP_E_OPTION, "is text, not a real number");
    genhep_options_free(options);
}
END_TEST

START_TEST(unknown_keys)
{
    genhep_options *options = fresh();
    int64_t integer;
    int32_t set;
    char buf[8];
    ck_fails(genhep_options_set(options, "data.lmit", "5"), GENHEP_E_OPTION, "unknown option 'data.lmit'");
    ck_fails(genhep_options_set(options, "data.lmit", "5"), GENHEP_E_OPTION, "'data.limit'");
    ck_fails(genhep_options_set_int(options, "SEED", 5), GENHEP_E_OPTION, "unknown option 'SEED'");
    ck_fails(genhep_options_get_int(options, "sead", &integer), GENHEP_E_OPTION, "'seed'");
    ck_fails(genhep_options_get_text(options, "", buf, 8, NULL), GENHEP_E_OPTION, "unknown option ''");
    ck_fails(genhep_options_is_set(options, "prep.", &set), GENHEP_E_OPTION, "'prep'");
    char lengthy[2000];
    memset(lengthy, 'k', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    ck_fails(genhep_options_set(options, lengthy, "5"), GENHEP_E_OPTION, "unknown option 'kkk");
    genhep_options_free(options);
}
END_TEST

START_TEST(text_buffers)
{
    char buf[16];
    int64_t length = -1;
    ck_ok(genhep_options_get_text(NULL, "model.family", buf, 5, &length)); /* "bvae" and NUL fit exactly */
    ck_assert_str_eq(buf, "bvae");
    ck_assert_int_eq(length, 4);
    memset(buf, 'x', sizeof buf);
    ck_fails(genhep_options_get_text(NULL, "model.family", buf, 4, &length), GENHEP_E_BUFFER, "expected at least 5");
    ck_assert(buf[0] == 'x');
    length = -1;
    ck_ok(genhep_options_get_text(NULL, "model.family", NULL, 0, &length));
    ck_assert_int_eq(length, 4);
    ck_fails(genhep_options_get_text(NULL, "model.family", buf, -1, NULL), GENHEP_E_ARG, "capacity");
    ck_fails(genhep_options_get_text(NULL, "model.family", NULL, 9, NULL), GENHEP_E_ARG, "capacity");
    ck_fails(genhep_options_get_text(NULL, "model.family", NULL, 0, NULL), GENHEP_E_BUFFER, "capacity is 0");
}
END_TEST

START_TEST(assignments)
{
    genhep_options *options = fresh();
    ck_ok(genhep_options_parse(options, "  prep.knots =\t 99 "));
    ck_assert_int_eq(gh_option_int(options, "prep.knots"), 99);
    ck_ok(genhep_options_parse(options, "data.masses=mum: 0.1 = x"));
    ck_assert_str_eq(text_of(options, "data.masses"), "mum: 0.1 = x");
    ck_ok(genhep_options_parse(options, "data.masses="));
    ck_assert_str_eq(text_of(options, "data.masses"), "");
    ck_assert(is_set(options, "data.masses"));
    ck_fails(genhep_options_parse(options, "prep.knots 99"), GENHEP_E_FORMAT, "'prep.knots 99' has no '='");
    ck_fails(genhep_options_parse(options, " = 99"), GENHEP_E_FORMAT, "no key before '= 99'");
    genhep_options_free(options);
}
END_TEST

START_TEST(null_arguments)
{
    genhep_options *options = fresh(), *copy;
    ck_fails(genhep_options_create(NULL), GENHEP_E_ARG, "NULL");
    ck_fails(genhep_options_copy(NULL, &copy), GENHEP_E_ARG, "'options' is NULL");
    ck_assert(copy == NULL);
    ck_fails(genhep_options_copy(options, NULL), GENHEP_E_ARG, "'copy' is NULL");
    ck_fails(genhep_options_set(NULL, "seed", "1"), GENHEP_E_ARG, "'options' is NULL");
    ck_fails(genhep_options_set(options, NULL, "1"), GENHEP_E_ARG, "'key' is NULL");
    ck_fails(genhep_options_set(options, "seed", NULL), GENHEP_E_ARG, "'value' is NULL");
    ck_fails(genhep_options_set_int(options, NULL, 1), GENHEP_E_ARG, "'key' is NULL");
    ck_fails(genhep_options_set_real(NULL, "seed", 1), GENHEP_E_ARG, "'options' is NULL");
    ck_fails(genhep_options_set_text(options, "data.train", NULL), GENHEP_E_ARG, "'value' is NULL");
    ck_fails(genhep_options_parse(options, NULL), GENHEP_E_ARG, "'assignment' is NULL");
    ck_fails(genhep_options_read_card(options, NULL), GENHEP_E_ARG, "'path' is NULL");
    ck_fails(genhep_options_get_int(options, "seed", NULL), GENHEP_E_ARG, "'value' is NULL");
    ck_fails(genhep_options_is_set(options, "seed", NULL), GENHEP_E_ARG, "'is_set' is NULL");
    ck_fails(genhep_options_set_log(NULL, NULL, NULL), GENHEP_E_ARG, "'options' is NULL");
    genhep_options_free(options);
}
END_TEST

START_TEST(cards)
{
    genhep_options *options = fresh();
    ck_ok(genhep_options_read_card(options, card_file("\xef\xbb\xbf# a card\r\n"
                                                      "\r\n"
                                                      "  prep.knots=11 # eleven\r\n"
                                                      "\t# indented\r\n"
                                                      "data.train = dir/a#1.h5\r\n"
                                                      "prep.tree = t: b (W+: q1 q1barp) | \\\r\n"
                                                      "            tbar: bbar (W-: \\   # a note\r\n"
                                                      "  q2 q2barp)\r\n"
                                                      "seed = 1\n"
                                                      "seed = 2\n"
                                                      "data.masses = \\# x \\#y \\\\#z a\\#b\n"
                                                      "data.columns = a,b"))); /* no line end behind it */
    ck_assert_int_eq(gh_option_int(options, "prep.knots"), 11);
    ck_assert_int_eq(gh_option_int(options, "seed"), 2);
    ck_assert_str_eq(text_of(options, "data.train"), "dir/a#1.h5");
    ck_assert_str_eq(text_of(options, "data.columns"), "a,b");
    ck_assert_str_eq(text_of(options, "data.masses"), "# x #y \\#z a\\#b");
    const char *tree = text_of(options, "prep.tree");
    ck_assert_msg(strncmp(tree, "t: b (W+: q1 q1barp) | ", 23) == 0 && strstr(tree, " tbar: bbar (W-: ") &&
                      strstr(tree, " q2 q2barp)"), "%s", tree);
    genhep_options_free(options);

    options = fresh();
    ck_ok(genhep_options_read_card(options, card_file("")));
    ck_assert(!is_set(options, "seed"));
    genhep_options_free(options);
}
END_TEST

START_TEST(damaged_cards)
{
    genhep_options *options = fresh();
    ck_ok(genhep_options_set_int(options, "prep.knots", 50));
    ck_fails(genhep_options_read_card(options, card_file("seed = 3\n\nprep.knots = 4\n")), GENHEP_E_OPTION,
             "options.card:3: option 'prep.knots': 4 is below 5");
    ck_assert(!is_set(options, "seed")); /* all of a card or nothing */
    ck_assert_int_eq(gh_option_int(options, "prep.knots"), 50);
    ck_fails(genhep_options_read_card(options, card_file("seed = 3\nsed = 4\n")), GENHEP_E_OPTION,
             "options.card:2: unknown option 'sed', the closest is 'seed'");
    ck_fails(genhep_options_read_card(options, card_file("\n\n\njust words\n")), GENHEP_E_FORMAT,
             "options.card:4: 'just words' has no '='");
    ck_fails(genhep_options_read_card(options, card_file("data.train = a \\\n b \\\n")), GENHEP_E_FORMAT,
             "options.card:2: the last line ends in '\\'");
    ck_fails(genhep_options_read_card(options, card_file("# x\nprep.knots = \\\n4\n")), GENHEP_E_OPTION,
             "options.card:2: "); /* the line that the assignment starts on */
    ck_fails(genhep_options_read_card(options, write_file("nul.card", "seed = 3\0\n", 10)), GENHEP_E_FORMAT,
             "nul.card: NUL byte at offset 8");
    ck_fails(genhep_options_read_card(options, gh_test_path("absent.card")), GENHEP_E_IO, "absent.card");
    ck_fails(genhep_options_read_card(options, gh_test_folder()), GENHEP_E_IO, gh_test_folder());

    size_t limit = 1 << 20;
    char *huge = malloc(limit + 1);
    ck_assert(huge != NULL);
    memset(huge, '#', limit + 1);
    ck_fails(genhep_options_read_card(options, write_file("huge.card", huge, limit + 1)), GENHEP_E_FORMAT, "1 MiB");
    ck_ok(genhep_options_read_card(options, write_file("full.card", huge, limit)));
    free(huge);
    ck_assert(!is_set(options, "seed") && !is_set(options, "data.train"));
    genhep_options_free(options);
}
END_TEST

START_TEST(card_round_trip)
{
    genhep_options *options = fresh(), *back = fresh();
    gh_hooks hooks = gh_hooks_default();
    gh_text card = {.hooks = &hooks}, again = {.hooks = &hooks};
    const char *values[] = {"#start", "a #b \\#c \\\\\\#d \\", "", "x = y, z", "tab\t#t", "Z\xc2\xb0 utf-8", "\\#",
                            "a\\b"};
    const char *keys[] = {"data.train", "data.columns", "data.particles", "data.masses", "prep", "prep.tree", "lhe.ids",
                          "lhe.beams"};
    for (int i = 0; i < 8; i++) {
        char value[64];
        strcpy(value, values[i]);
        if (i == 1) value[strlen(value) - 1] = '.'; /* a backslash may stand anywhere but at the end */
        ck_ok(genhep_options_set(options, keys[i], value));
    }
    ck_ok(genhep_options_set_real(options, "data.validation", 0.1 + 0.2));
    ck_ok(genhep_options_set_int(options, "seed", 9199999999999999999));
    gh_options_to_card(options, &card);
    ck_assert_int_eq(card.status, GENHEP_OK);
    ck_assert(strncmp(card.data, "seed = 9199999999999999999\n", 27) == 0); /* in the order of the table */
    ck_ok(gh_options_from_card(back, card.data, "memory"));
    for (int i = 0; i < 8; i++) {
        char kept[64];
        strcpy(kept, text_of(options, keys[i]));
        ck_assert_str_eq(text_of(back, keys[i]), kept);
        ck_assert(is_set(back, keys[i]));
    }
    ck_assert(gh_option_real(back, "data.validation") == 0.1 + 0.2);
    ck_assert(!is_set(back, "model.family"));
    gh_options_to_card(back, &again);
    ck_assert_str_eq(again.data, card.data);
    gh_text_free(&card);
    gh_text_free(&again);
    genhep_options_free(options);
    genhep_options_free(back);
}
END_TEST

START_TEST(merging_and_copying)
{
    genhep_options *base = fresh(), *over = fresh(), *merged, *copy;
    ck_ok(genhep_options_set(base, "seed", "5"));
    ck_ok(genhep_options_set(base, "prep.knots", "55"));
    ck_ok(genhep_options_set(over, "prep.knots", "66"));
    ck_ok(genhep_options_set(over, "data.train", "x"));
    ck_ok(gh_options_merge(base, over, &merged));
    ck_assert_int_eq(gh_option_int(merged, "seed"), 5);
    ck_assert_int_eq(gh_option_int(merged, "prep.knots"), 66);
    ck_assert(gh_option_is(merged, "data.train", "x") && !gh_option_is_set(merged, "data.weights"));
    ck_ok(genhep_options_copy(merged, &copy));
    ck_ok(genhep_options_set(merged, "seed", "6"));
    ck_assert_int_eq(gh_option_int(copy, "seed"), 5); /* independent */
    genhep_options_free(merged);
    ck_assert_int_eq(gh_option_int(copy, "prep.knots"), 66);
    genhep_options_free(copy);
    ck_ok(gh_options_merge(NULL, NULL, &merged));
    ck_assert_int_eq(gh_option_int(merged, "seed"), 1);
    genhep_options_free(merged);
    ck_ok(gh_options_merge(base, NULL, &merged));
    ck_assert_int_eq(gh_option_int(merged, "seed"), 5);
    genhep_options_free(merged);
    genhep_options_free(base);
    genhep_options_free(over);
}
END_TEST

/* An allocator that fails at one call and counts what is out. */
typedef struct meter {
    int64_t until_failure, blocks, calls;
} meter;

static void *metered(void *user, void *block, size_t size)
{
    meter *m = user;
    m->calls++;
    if (m->until_failure-- == 0) return NULL;
    void *got = realloc(block, size);
    if (got && !block) m->blocks++;
    return got;
}

static void release(void *user, void *block)
{
    ((meter *)user)->blocks--;
    free(block);
}

static genhep_status work(genhep_options *options, const char *path)
{
    genhep_options *copy;
    genhep_status status = genhep_options_set(options, "seed", "12");
    if (!status) status = genhep_options_parse(options, "prep.knots = 44");
    if (!status) status = genhep_options_read_card(options, path);
    if (!status) status = genhep_options_copy(options, &copy);
    if (!status) genhep_options_free(copy);
    return status;
}

START_TEST(allocators)
{
    const char *path = card_file("seed = 7\ndata.train = f\nprep = standardise\n");
    int finished = 0;
    for (int64_t fail_at = 0; fail_at < 200 && !finished; fail_at++) {
        meter m = {fail_at, 0, 0};
        genhep_allocator allocator = {sizeof allocator, metered, release, &m};
        genhep_options *options;
        genhep_status status = genhep_options_create_with(&allocator, &options);
        if (!status) {
            status = work(options, path);
            finished = status == GENHEP_OK;
            /* whatever failed, what is there is whole */
            int64_t seed = gh_option_int(options, "seed");
            ck_assert(seed == 1 || seed == 12 || (seed == 7 && gh_option_is(options, "data.train", "f")));
            ck_assert(gh_hooks_of(options).allocator_user == &m);
            genhep_options_free(options);
        } else {
            ck_assert(options == NULL);
        }
        ck_assert(finished || status == GENHEP_E_NOMEM);
        ck_assert_int_eq(m.blocks, 0);
        if (finished) ck_assert_int_gt(m.calls, 10);
    }
    ck_assert(finished);
    meter m = {-1, 0, 0};
    genhep_options *options;
    genhep_allocator wrong[] = {{8, metered, release, &m},
                                {sizeof wrong[0], NULL, release, &m},
                                {sizeof wrong[0], metered, NULL, &m}};
    for (int i = 0; i < 3; i++)
        ck_fails(genhep_options_create_with(&wrong[i], &options), GENHEP_E_ARG, "genhep_options_create_with");
}
END_TEST

static void keep_message(void *user, int32_t level, const char *message)
{
    snprintf(user, 64, "%d %s", (int)level, message);
}

START_TEST(log_hook)
{
    genhep_options *options = fresh(), *copy;
    char kept[64] = "";
    gh_hooks hooks = gh_hooks_of(options);
    gh_log(&hooks, GENHEP_LOG_INFO, "nobody listens");
    ck_ok(genhep_options_set_log(options, keep_message, kept));
    ck_ok(genhep_options_copy(options, &copy));
    hooks = gh_hooks_of(copy);
    gh_log(&hooks, GENHEP_LOG_WARNING, "%d rows", 5);
    ck_assert_str_eq(kept, "2 5 rows");
    ck_assert(gh_hooks_of(NULL).log == NULL);
    genhep_options_free(options);
    genhep_options_free(copy);
}
END_TEST

START_TEST(foreign_locale)
{
    const char *names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    for (int i = 0; i < 3; i++)
        if (setlocale(LC_ALL, names[i])) break;
    genhep_options *options = fresh();
    ck_ok(genhep_options_set(options, "data.validation", "0.125"));
    ck_assert(gh_option_real(options, "data.validation") == 0.125);
    ck_ok(genhep_options_set_real(options, "data.validation", 0.0625));
    ck_assert_str_eq(text_of(options, "data.validation"), "0.0625");
    genhep_options_free(options);
    setlocale(LC_ALL, "C");
}
END_TEST

GH_TEST_MAIN("options", every_default_is_allowed, table_is_well_formed, row_struct_sizes, typed_access, refused_values,
             wrong_types, unknown_keys, text_buffers, assignments, null_arguments, cards, damaged_cards,
             card_round_trip, merging_and_copying, allocators, log_hook, foreign_locale)
