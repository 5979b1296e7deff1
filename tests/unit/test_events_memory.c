/* test_events_memory.c -- every allocation of reading and writing event files fails in turn: a status, nothing lost or
 * left. */
#include "event_files.h"

typedef struct meter {
    int64_t blocks; /* in use */
    int64_t calls;
    int64_t fail_at; /* this call and all later ones fail; 0: none */
} meter;

static void *metered(void *user, void *block, size_t size)
{
    meter *m = user;
    if (m->fail_at && ++m->calls >= m->fail_at) return NULL;
    void *moved = realloc(block, size);
    if (moved && !block) m->blocks++;
    return moved;
}

static void release(void *user, void *block)
{
    if (block) ((meter *)user)->blocks--;
    free(block);
}

static genhep_options *metered_options(meter *m)
{
    genhep_allocator allocator = {sizeof allocator, metered, release, m};
    genhep_options *options;
    ck_ok(genhep_options_create_with(&allocator, &options));
    return options;
}

static void check_reading(const char *path)
{
    meter m = {0, 0, 0};
    genhep_options *options = metered_options(&m);
    genhep_dataset *table;
    int64_t base = m.blocks, fail = 1;
    for (;; fail++) {
        m.calls = 0;
        m.fail_at = fail;
        genhep_status status = genhep_dataset_open(path, options, &table);
        m.fail_at = 0;
        if (status == GENHEP_OK) break;
        ck_assert_msg(status == GENHEP_E_NOMEM, "%s, allocation %lld: status %d", path, (long long)fail, (int)status);
        ck_assert_ptr_null(table);
        ck_assert_msg(m.blocks == base, "%s, allocation %lld: %lld blocks are lost", path, (long long)fail,
                      (long long)(m.blocks - base));
    }
    ck_assert_msg(fail > 3, "%s: only %lld allocations are counted", path, (long long)fail);
    genhep_dataset_free(table);
    ck_assert_int_eq(m.blocks, base);
    genhep_options_free(options);
}

static void check_writing(const char *source, const char *path)
{
    meter m = {0, 0, 0};
    genhep_options *options = metered_options(&m);
    genhep_dataset *table;
    ck_ok(genhep_dataset_open(source, options, &table));
    int64_t base = m.blocks, fail = 1;
    for (;; fail++) {
        m.calls = 0;
        m.fail_at = fail;
        genhep_status status = genhep_dataset_write(table, path, NULL);
        m.fail_at = 0;
        ck_assert_msg(m.blocks == base, "%s, allocation %lld: %lld blocks are lost", path, (long long)fail,
                      (long long)(m.blocks - base));
        if (status == GENHEP_OK) break;
        ck_assert_msg(status == GENHEP_E_NOMEM, "%s, allocation %lld: status %d", path, (long long)fail, (int)status);
        ck_assert_msg(access(path, F_OK) != 0, "%s, allocation %lld: a file is there", path, (long long)fail);
    }
    check_no_leftovers();
    genhep_dataset_free(table);
    genhep_options_free(options);
}

START_TEST(all_formats)
{
    static const char *const files[] = {"t.h5",     "t.csv",    "t.csv.gz",    "t.npy",  "t.lhe",
                                        "t.lhe.gz", "t.hepmc3", "t.hepmc3.gz", "t.lheh5"};
    static const char *const names[] = {"mum_E", "mum_px", "mum_py", "mum_pz"};
    const double values[] = {50, 30, 0, 40, 13, 3, 4, 12};
    char source[256], path[256];
    genhep_dataset *table;
    ck_ok(genhep_dataset_from_arrays(NULL, 2, 4, names, names, values, 4, NULL, &table));
    ck_ok(genhep_dataset_set_attribute(table, "sigma_pb", "3"));
    ck_ok(genhep_dataset_set_attribute(table, "process", "muons"));
    snprintf(source, sizeof source, "%s", gh_test_path("source.h5"));
    ck_ok(genhep_dataset_write(table, source, NULL));
    genhep_dataset_free(table);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s", gh_test_path(files[i]));
        check_writing(source, path);
        if (!strstr(files[i], "hepmc3")) check_reading(path);
    }
}
END_TEST

START_TEST(archives)
{
    meter m = {0, 0, 0};
    genhep_options *options = metered_options(&m);
    gh_hooks hooks = gh_hooks_of(options);
    gh_archive archive, back;
    const float weights[6] = {1, 2, 3, 4, 5, 6};
    const int64_t dims[2] = {2, 3};
    const char *path = gh_test_path("model.h5");
    gh_archive_init(&archive, &hooks);
    gh_archive_init(&back, &hooks);
    ck_ok(gh_archive_put(&archive, "a/b/weights", GH_F32, 2, dims, weights));
    ck_ok(gh_archive_put_text(&archive, "a/card", "seed = 1\n"));
    int64_t base = m.blocks;
    for (int64_t fail = 1;; fail++) {
        m.calls = 0;
        m.fail_at = fail;
        genhep_status status = gh_archive_write(&archive, path, "model");
        m.fail_at = 0;
        ck_assert_int_eq(m.blocks, base);
        if (status == GENHEP_OK) break;
        ck_assert_int_eq(status, GENHEP_E_NOMEM);
    }
    for (int64_t fail = 1;; fail++) {
        m.calls = 0;
        m.fail_at = fail;
        genhep_status status = gh_archive_read(path, "model", &back);
        m.fail_at = 0;
        if (status == GENHEP_OK) break;
        ck_assert_int_eq(status, GENHEP_E_NOMEM);
        ck_assert_int_eq(m.blocks, base);
    }
    ck_assert_int_eq(back.count, 2);
    gh_archive_clear(&back);
    gh_archive_clear(&archive);
    genhep_options_free(options);
    ck_assert_int_eq(m.blocks, 0);
}
END_TEST

GH_TEST_MAIN("events_memory", all_formats, archives)
