/* test_memory.c -- allocation through hooks, overflow, alignment, the message of a failure, and the log hook. */
#include <pthread.h>

#include "base/memory.h"
#include "testing.h"

typedef struct meter {
    int64_t blocks, bytes;
    int fail;
} meter;

static void *metered(void *user, void *block, size_t size)
{
    meter *m = user;
    m->bytes += (int64_t)size;
    if (m->fail) return NULL;
    if (!block) m->blocks++;
    return realloc(block, size);
}

static void release(void *user, void *block)
{
    ((meter *)user)->blocks--;
    free(block);
}

START_TEST(allocation)
{
    meter m = {0, 0, 0};
    gh_hooks hooks = {metered, release, &m, NULL, NULL};
    int32_t *numbers;
    ck_ok(gh_alloc(&hooks, &numbers, 100, sizeof *numbers));
    ck_assert_int_eq(m.bytes, 400);
    for (int i = 0; i < 100; i++) ck_assert_int_eq(numbers[i], 0);
    for (int i = 0; i < 100; i++) numbers[i] = i;
    ck_ok(gh_resize(&hooks, &numbers, 10000, sizeof *numbers));
    for (int i = 0; i < 100; i++) ck_assert_int_eq(numbers[i], i);
    char *empty, *copy;
    ck_ok(gh_alloc(&hooks, &empty, 0, 8));
    ck_assert(empty != NULL);
    ck_ok(gh_strdup(&hooks, "some text", &copy));
    ck_assert_str_eq(copy, "some text");
    ck_assert_int_eq(m.blocks, 3);
    gh_free(&hooks, numbers);
    gh_free(&hooks, empty);
    gh_free(&hooks, copy);
    gh_free(&hooks, NULL);
    ck_assert_int_eq(m.blocks, 0);
}
END_TEST

START_TEST(refusals)
{
    meter m = {0, 0, 0};
    gh_hooks hooks = {metered, release, &m, NULL, NULL};
    void *block = &m;
    ck_fails(gh_alloc(&hooks, &block, INT64_MAX, 8), GENHEP_E_NOMEM, "9223372036854775807 items of 8 bytes");
    ck_assert(block == NULL);
    ck_fails(gh_alloc(&hooks, &block, -1, 8), GENHEP_E_NOMEM, "-1 items");
    ck_fails(gh_alloc(&hooks, &block, (int64_t)1 << 61, 16), GENHEP_E_NOMEM, "too large");
    ck_fails(gh_alloc_aligned(&hooks, &block, INT64_MAX / 4, 4), GENHEP_E_NOMEM, "too large");
    ck_assert_int_eq(m.bytes, 0); /* the allocator was never asked */
    ck_ok(gh_alloc(&hooks, &block, 1, 8));
    void *before = block;
    m.fail = 1;
    ck_fails(gh_resize(&hooks, &block, 1000, 8), GENHEP_E_NOMEM, "out of memory: 8000 bytes");
    ck_assert(block == before);
    ck_fails(gh_resize(&hooks, &block, INT64_MAX, 8), GENHEP_E_NOMEM, "too large");
    ck_assert(block == before);
    void *other = &m;
    ck_fails(gh_alloc(&hooks, &other, 3, 5), GENHEP_E_NOMEM, "15 bytes");
    ck_assert(other == NULL);
    other = &m;
    ck_fails(gh_alloc_aligned(&hooks, &other, 3, 5), GENHEP_E_NOMEM, "out of memory");
    ck_assert(other == NULL);
    m.fail = 0;
    gh_free(&hooks, block);
    ck_assert_int_eq(m.blocks, 0);
}
END_TEST

START_TEST(alignment)
{
    meter m = {0, 0, 0};
    gh_hooks hooks = {metered, release, &m, NULL, NULL};
    for (int64_t n = 0; n < 300; n += 7) {
        unsigned char *block;
        ck_ok(gh_alloc_aligned(&hooks, &block, n, 3));
        ck_assert_int_eq((int64_t)((uintptr_t)block % 64), 0);
        for (int64_t i = 0; i < 3 * n; i++) ck_assert(block[i] == 0);
        memset(block, 0xff, (size_t)(3 * n)); /* the whole of it is ours */
        gh_free_aligned(&hooks, block);
    }
    gh_free_aligned(&hooks, NULL);
    ck_assert_int_eq(m.blocks, 0);
}
END_TEST

static void keep(void *user, int32_t level, const char *message)
{
    snprintf(user, 600, "%d:%s", (int)level, message);
}

START_TEST(logging)
{
    char kept[600] = "", lengthy[1000];
    gh_hooks hooks = gh_hooks_default();
    gh_log(&hooks, GENHEP_LOG_INFO, "unheard");
    hooks.log = keep;
    hooks.log_user = kept;
    gh_log(&hooks, GENHEP_LOG_WARNING, "%s %d", "step", 3);
    ck_assert_str_eq(kept, "2:step 3");
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    gh_log(&hooks, GENHEP_LOG_INFO, "%s", lengthy);
    ck_assert_int_eq((int64_t)strlen(kept), 2 + 511); /* cut, not written past its end */
}
END_TEST

static void *fail_elsewhere(void *user)
{
    char message[512];
    *(genhep_status *)user = genhep_last_error(message, sizeof message); /* this thread has not failed yet */
    gh_fail(GENHEP_E_IO, "elsewhere");
    return NULL;
}

START_TEST(messages)
{
    char buf[512], lengthy[2000];
    ck_assert_int_eq(gh_fail(GENHEP_E_SHAPE, "%d\ncolumns\r", 3), GENHEP_E_SHAPE);
    ck_assert_int_eq(genhep_last_error(buf, sizeof buf), GENHEP_E_SHAPE);
    ck_assert_str_eq(buf, "3 columns "); /* one line */
    ck_assert_int_eq(genhep_last_error(buf, 4), GENHEP_E_SHAPE);
    ck_assert_str_eq(buf, "3 c");
    ck_assert_int_eq(genhep_last_error(NULL, 0), GENHEP_E_SHAPE);
    pthread_t thread;
    genhep_status first = 99;
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &first), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(first, GENHEP_OK);
    genhep_last_error(buf, sizeof buf);
    ck_assert_str_eq(buf, "3 columns ");
    memset(lengthy, 'b', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    gh_fail(GENHEP_E_ARG, "%s", lengthy);
    genhep_last_error(buf, sizeof buf);
    ck_assert_int_eq((int64_t)strlen(buf), 511);
}
END_TEST

START_TEST(status_names)
{
    const genhep_status codes[] = {0, -1, -2, -10, -11, -12, -13, -20, -21, -22, -30, -40};
    const char *names[] = {"GENHEP_OK",       "GENHEP_E_ARG",   "GENHEP_E_NOMEM",  "GENHEP_E_OPTION",
                           "GENHEP_E_SHAPE",  "GENHEP_E_STATE", "GENHEP_E_BUFFER", "GENHEP_E_IO",
                           "GENHEP_E_FORMAT", "GENHEP_E_VERSION", "GENHEP_E_NUMERIC", "GENHEP_E_USER"};
    for (int i = 0; i < 12; i++) ck_assert_str_eq(genhep_status_name(codes[i]), names[i]);
    ck_assert_str_eq(genhep_status_name(7), "GENHEP_E_UNKNOWN");
    ck_assert_str_eq(genhep_status_name(-999), "GENHEP_E_UNKNOWN");
}
END_TEST

GH_TEST_MAIN("memory", allocation, refusals, alignment, logging, messages, status_names)
