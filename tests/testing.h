/* testing.h -- what every Check program of the suite shares. A test file defines
 *   START_TEST(name) { ... } END_TEST      and ends with      GH_TEST_MAIN("suite", name1, name2, ...)
 * Temporary files go below gh_test_folder(), which is removed at the end. */
#ifndef GH_TESTING_H
#define GH_TESTING_H

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "genhep/genhep.h"

/** Assert GENHEP_OK and print the library's message otherwise. */
#define ck_ok(call)                                                                            \
    do {                                                                                       \
        genhep_status ck_status = (call);                                                      \
        char ck_message[512] = "";                                                             \
        if (ck_status) genhep_last_error(ck_message, sizeof ck_message);                       \
        ck_assert_msg(ck_status == GENHEP_OK, "%s -> %s: %s", #call, genhep_status_name(ck_status), ck_message); \
    } while (0)

/** Assert that a call fails with `code` and that its message contains `part`. */
#define ck_fails(call, code, part)                                                             \
    do {                                                                                       \
        genhep_status ck_status = (call);                                                      \
        char ck_message[512] = "";                                                             \
        genhep_last_error(ck_message, sizeof ck_message);                                      \
        ck_assert_msg(ck_status == (code), "%s -> %s (%s), expected %s", #call, genhep_status_name(ck_status), ck_message, #code); \
        ck_assert_msg(strstr(ck_message, (part)) != NULL, "message '%s' does not name '%s'", ck_message, (part)); \
    } while (0)

/** A folder of this process for temporary files (no trailing slash). */
static inline const char *gh_test_folder(void)
{
    static char folder[64];
    if (!folder[0]) {
        strcpy(folder, "/tmp/genhep-test-XXXXXX");
        if (!mkdtemp(folder)) folder[0] = '\0';
    }
    return folder;
}

static inline const char *gh_test_path(const char *name)
{
    static char paths[8][256];
    static int turn;
    char *path = paths[turn++ % 8];
    snprintf(path, 256, "%s/%s", gh_test_folder(), name);
    return path;
}

static inline int gh_test_run(const char *name, const TTest *const *tests, int n)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 240);
    gh_test_folder();
    for (int i = 0; i < n; i++) tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", gh_test_folder());
    if (strlen(gh_test_folder()) > 10 && system(command) != 0) failed++;
    return failed == 0 && run == n ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define GH_TEST_MAIN(name, ...)                                                    \
    int main(void)                                                                 \
    {                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                \
        return gh_test_run(name, tests, (int)(sizeof tests / sizeof *tests));      \
    }

#endif
