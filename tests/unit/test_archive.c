/* test_archive.c -- named arrays: what goes in comes out, and everything else is named in the message. */
#include "base/archive.h"
#include "testing.h"

START_TEST(arrays_come_back)
{
    gh_hooks hooks = gh_hooks_default();
    gh_archive archive;
    const gh_entry *entry;
    gh_archive_init(&archive, &hooks);
    for (int i = 0; i < 100; i++) { /* grows several times */
        char name[32];
        snprintf(name, sizeof name, "layer/%d/weights", i);
        float weights[6] = {(float)i, 1, 2, 3, 4, 5};
        ck_ok(gh_archive_put(&archive, name, GH_F32, 2, (int64_t[]){2, 3}, weights));
        weights[0] = -1; /* the archive has its own copy */
    }
    ck_assert_int_eq(archive.count, 100);
    ck_ok(gh_archive_get(&archive, "layer/42/weights", GH_F32, 2, (int64_t[]){2, -1}, &entry));
    ck_assert_int_eq(entry->dims[0], 2);
    ck_assert_int_eq(entry->dims[1], 3);
    ck_assert_int_eq(entry->dims[2], 1);
    ck_assert(((const float *)entry->data)[0] == 42.0f && ((const float *)entry->data)[5] == 5.0f);
    ck_assert(gh_archive_find(&archive, "layer/100/weights") == NULL);

    int64_t integer;
    double real;
    const char *text;
    ck_ok(gh_archive_put_i64(&archive, "count", INT64_MIN));
    ck_ok(gh_archive_put_f64(&archive, "scale", 0.1));
    ck_ok(gh_archive_put_text(&archive, "note", "one line"));
    ck_ok(gh_archive_put_text(&archive, "empty", ""));
    ck_ok(gh_archive_get_i64(&archive, "count", &integer));
    ck_ok(gh_archive_get_f64(&archive, "scale", &real));
    ck_assert(integer == INT64_MIN && real == 0.1);
    ck_ok(gh_archive_get_text(&archive, "note", &text));
    ck_assert_str_eq(text, "one line");
    ck_ok(gh_archive_get_text(&archive, "empty", &text));
    ck_assert_str_eq(text, "");
    int64_t none = 0;
    ck_ok(gh_archive_put(&archive, "nothing", GH_F64, 1, &none, NULL));
    ck_ok(gh_archive_get(&archive, "nothing", GH_F64, 1, &none, &entry));
    gh_archive_clear(&archive);
    ck_assert_int_eq(archive.count, 0);
    gh_archive_clear(&archive); /* twice does no harm */
}
END_TEST

START_TEST(mismatches)
{
    gh_hooks hooks = gh_hooks_default();
    gh_archive archive;
    const gh_entry *entry = NULL;
    int64_t integer;
    double real, numbers[4] = {0};
    const char *text;
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_archive_put(&archive, "a/b", GH_F64, 1, (int64_t[]){4}, numbers));
    ck_fails(gh_archive_put(&archive, "a/b", GH_F64, 1, (int64_t[]){4}, numbers), GENHEP_E_ARG, "'a/b' is there");
    ck_fails(gh_archive_get(&archive, "a/c", GH_F64, 1, NULL, &entry), GENHEP_E_FORMAT, "'a/c' is missing");
    ck_fails(gh_archive_get(&archive, "a/b", GH_F32, 1, NULL, &entry), GENHEP_E_FORMAT,
             "'a/b' is float64 of rank 1, expected float32 of rank 1");
    ck_fails(gh_archive_get(&archive, "a/b", GH_F64, 2, NULL, &entry), GENHEP_E_FORMAT, "expected float64 of rank 2");
    ck_fails(gh_archive_get(&archive, "a/b", GH_F64, 1, (int64_t[]){5}, &entry), GENHEP_E_FORMAT,
             "length 4 in dimension 0, expected 5");
    ck_fails(gh_archive_get_i64(&archive, "a/b", &integer), GENHEP_E_FORMAT, "expected int64 of rank 0");
    ck_fails(gh_archive_get_f64(&archive, "a/b", &real), GENHEP_E_FORMAT, "expected float64 of rank 0");
    ck_fails(gh_archive_get_text(&archive, "a/b", &text), GENHEP_E_FORMAT, "expected text of rank 1");
    ck_assert(entry == NULL);
    ck_assert_int_eq(archive.count, 1);
    gh_archive_clear(&archive);
}
END_TEST

typedef struct meter {
    int64_t until_failure, blocks;
} meter;

static void *metered(void *user, void *block, size_t size)
{
    meter *m = user;
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

START_TEST(failed_allocations)
{
    for (int64_t fail_at = 0; fail_at < 6; fail_at++) { /* two puts take five allocations */
        meter m = {fail_at, 0};
        gh_hooks hooks = {metered, release, &m, NULL, NULL};
        gh_archive archive;
        gh_archive_init(&archive, &hooks);
        gh_status status = gh_archive_put_i64(&archive, "x", 1);
        if (!status) status = gh_archive_put_text(&archive, "y", "text");
        ck_assert_int_eq(status, fail_at < 5 ? GENHEP_E_NOMEM : GENHEP_OK);
        ck_assert_int_eq(archive.count, fail_at < 3 ? 0 : fail_at < 5 ? 1 : 2);
        gh_archive_clear(&archive);
        ck_assert_int_eq(m.blocks, 0);
    }
}
END_TEST

GH_TEST_MAIN("archive", arrays_come_back, mismatches, failed_allocations)
