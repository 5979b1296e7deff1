/* test_writer.c -- event files in pieces: the same bytes however the rows are cut, nothing left after a failure, attributes
 * that are known late. */
#include <hdf5.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "event_files.h"

enum { FORMATS = 9, EVENTS = 9000, COLUMNS = 8 };
static const char *const endings[FORMATS] = {".h5", ".csv", ".csv.gz", ".npy", ".lhe", ".lhe.gz", ".lheh5", ".hepmc3", ".hepmc3.gz"};

static int has_weights(int k) { return strcmp(endings[k], ".npy") != 0; }
static int of_particles(int k) { return strstr(endings[k], "lhe") || strstr(endings[k], "hepmc3"); }

/* n muon pairs; some weights are zero, and the others of either sign. */
static genhep_dataset *pairs(int64_t n, int weighted)
{
    static const char *const names[COLUMNS] = {"mum_E", "mum_px", "mum_py", "mum_pz", "mup_E", "mup_px", "mup_py", "mup_pz"};
    static const char *const units[COLUMNS] = {"GeV", "GeV", "GeV", "GeV", "GeV", "GeV", "GeV", "GeV"};
    double *z = malloc((size_t)(n * (COLUMNS + 1) + 1) * sizeof *z), *weights = z + n * COLUMNS;
    genhep_dataset *table;
    ck_ok(genhep_random_normal(5, 0, 0, n * COLUMNS, z));
    for (int64_t i = 0; i < n; i++) {
        weights[i] = i % 11 == 3 || i == n - 1 ? 0 : z[i * COLUMNS] + 0.1;
        for (int k = 0; k < 2; k++) {
            double *p = z + i * COLUMNS + 4 * k;
            for (int c = 1; c < 4; c++) p[c] = (float)(30 * p[c]);
            p[0] = (float)sqrt(0.0111640356 + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
        }
    }
    ck_ok(genhep_dataset_from_arrays(NULL, n, COLUMNS, names, units, z, COLUMNS, weighted ? weights : NULL, &table));
    ck_ok(genhep_dataset_set_attribute(table, "sigma_pb", "12.5"));
    ck_ok(genhep_dataset_set_attribute(table, "n_events", "3"));
    ck_ok(genhep_dataset_set_attribute(table, "process", "pairs"));
    free(z);
    return table;
}

static genhep_options *write_options(void) { return options_of("lhe.incoming=2 -2", "data.storage=float32", NULL); }

/* Write a table `step` rows at a time. */
static void write_pieces(const genhep_dataset *table, const char *path, int64_t step)
{
    genhep_options *options = write_options();
    genhep_writer *writer;
    ck_ok(genhep_writer_create(table, path, table->weights != NULL, options, &writer));
    genhep_options_free(options); /* copied */
    for (int64_t i = 0; i < table->n; i += step) {
        const int64_t n = table->n - i < step ? table->n - i : step;
        ck_assert_int_eq(genhep_writer_events(writer), i);
        ck_ok(genhep_writer_append_double(writer, n, table->values + i * table->d, table->d, table->weights ? table->weights + i : NULL));
    }
    ck_assert_int_ne(access(path, F_OK), 0); /* not before it is complete */
    ck_ok(genhep_writer_close(writer));
    ck_fails(genhep_writer_close(writer), GENHEP_E_STATE, "complete and closed");
    ck_fails(genhep_writer_append_double(writer, 0, NULL, COLUMNS, NULL), GENHEP_E_STATE, "complete and closed");
    ck_fails(genhep_writer_set_attribute(writer, "a", "b"), GENHEP_E_STATE, "complete and closed");
    genhep_writer_free(writer);
}

static void check_same_bytes(const char *name, const char *other)
{
    size_t size[2];
    char *bytes[2] = {take_bytes(gh_test_path(name), &size[0]), take_bytes(gh_test_path(other), &size[1])};
    ck_assert_msg(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0, "%s and %s differ", name, other);
    free(bytes[0]);
    free(bytes[1]);
}

/* 9000 rows are more than a chunk of each HDF5 table of these formats, and not a multiple of one. */
START_TEST(same_bytes_for_any_cut)
{
    static const int64_t steps[] = {1, 7, 65536};
    char whole[40], cut[40];
    for (int weighted = 0; weighted < 2; weighted++) {
        genhep_dataset *table = pairs(EVENTS, weighted);
        genhep_options *options = write_options();
        for (int k = 0; k < FORMATS; k++) {
            if (weighted && !has_weights(k)) continue;
            snprintf(whole, sizeof whole, "whole%s", endings[k]);
            ck_ok(genhep_dataset_write(table, gh_test_path(whole), options));
            for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
                snprintf(cut, sizeof cut, "cut%d%s", (int)steps[s], endings[k]);
                unlink(gh_test_path(cut));
                write_pieces(table, gh_test_path(cut), steps[s]);
                check_same_bytes(whole, cut);
            }
        }
        genhep_options_free(options);
        genhep_dataset_free(table);
    }
    check_no_leftovers();
}
END_TEST

/* Chunks of `weights` are longer than those of `events`; both tables are read back as they were. */
START_TEST(long_tables)
{
    genhep_dataset *table = pairs(70001, 1), *back;
    write_pieces(table, gh_test_path("long.h5"), 997);
    ck_ok(genhep_dataset_open(gh_test_path("long.h5"), NULL, &back));
    check_same(table, back);
    ck_assert_str_eq(genhep_dataset_attribute(back, "n_events"), "70001");
    ck_assert_int_eq(back->storage, GENHEP_FLOAT32);
    genhep_dataset_free(back);
    genhep_dataset_free(table);
}
END_TEST

/* Float rows, wider strides, and weights of one where none are given. */
START_TEST(rows_of_other_layouts)
{
    enum { N = 5000, STRIDE = 11 };
    genhep_dataset *table = pairs(N, 1);
    genhep_options *options = write_options();
    genhep_writer *writer;
    float *narrow = calloc(N * STRIDE, sizeof *narrow);
    double *wide = calloc(N * STRIDE, sizeof *wide);
    for (int64_t i = 0; i < N; i++) {
        table->weights[i] = 1;
        for (int j = 0; j < COLUMNS; j++) narrow[i * STRIDE + j] = (float)(wide[i * STRIDE + j] = table->values[i * COLUMNS + j]);
    }
    ck_ok(genhep_dataset_write(table, gh_test_path("a.csv"), options));
    ck_ok(genhep_writer_create(table, gh_test_path("b.csv"), 1, options, &writer));
    ck_ok(genhep_writer_append_float(writer, 4900, narrow, STRIDE, NULL));
    ck_ok(genhep_writer_append_double(writer, 0, NULL, 0, NULL));
    ck_ok(genhep_writer_append_double(writer, 100, wide + 4900 * STRIDE, STRIDE, table->weights));
    ck_ok(genhep_writer_close(writer));
    genhep_writer_free(writer);
    check_same_bytes("a.csv", "b.csv");
    free(narrow);
    free(wide);
    genhep_options_free(options);
    genhep_dataset_free(table);
}
END_TEST

/* Begin a file and write 5000 rows, many of which are in the temporary file then. */
static genhep_writer *half_written(const genhep_dataset *table, const char *path)
{
    genhep_options *options = write_options();
    genhep_writer *writer;
    ck_ok(genhep_writer_create(table, path, 0, options, &writer));
    ck_ok(genhep_writer_append_double(writer, 5000, table->values, COLUMNS, NULL));
    genhep_options_free(options);
    return writer;
}

static int64_t open_objects(void) { return (int64_t)H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL); }

START_TEST(failures_leave_nothing)
{
    genhep_dataset *table = pairs(6000, 0);
    char name[40], path[256];
    for (int k = 0; k < FORMATS; k++) {
        double rows[3 * COLUMNS];
        const int64_t objects = open_objects();
        snprintf(name, sizeof name, "broken%s", endings[k]);
        snprintf(path, sizeof path, "%s", put_text(name, "what was there"));
        genhep_writer_free(half_written(table, path)); /* given up */
        genhep_writer *writer = half_written(table, path);
        memcpy(rows, table->values, sizeof rows);
        rows[2 * COLUMNS + 1] = NAN;
        ck_fails(genhep_writer_append_double(writer, 3, rows, COLUMNS, NULL), GENHEP_E_NUMERIC, "row 5002, column 'mum_px' is NaN");
        check_no_leftovers(); /* gone with the failure, not with the handle */
        ck_fails(genhep_writer_append_double(writer, 1, rows, COLUMNS, NULL), GENHEP_E_STATE, "failed before");
        ck_fails(genhep_writer_close(writer), GENHEP_E_STATE, "failed before");
        genhep_writer_free(writer);
        if (of_particles(k)) {
            writer = half_written(table, path);
            rows[2 * COLUMNS + 1] = 1;
            rows[COLUMNS] = -1;
            ck_fails(genhep_writer_append_double(writer, 3, rows, COLUMNS, NULL), GENHEP_E_NUMERIC,
                     "row 5001: particle 'mum' has energy -1");
            genhep_writer_free(writer);
        } else {
            writer = half_written(table, path);
            rows[2 * COLUMNS + 1] = 1e39;
            ck_fails(genhep_writer_append_double(writer, 3, rows, COLUMNS, NULL), GENHEP_E_NUMERIC, "does not fit float32");
            genhep_writer_free(writer);
        }
        size_t size;
        char *text = take_bytes(path, &size);
        ck_assert_str_eq(text, "what was there");
        free(text);
        ck_assert_int_eq(open_objects(), objects);
    }
    check_no_leftovers();
    genhep_dataset_free(table);
}
END_TEST

/* A host may change its folder while a file of a relative name is being written: it appears where it was begun. */
START_TEST(hosts_that_change_folder)
{
    char here[PATH_MAX], path[PATH_MAX], elsewhere[PATH_MAX];
    genhep_dataset *table = pairs(6000, 0);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", gh_test_folder());
    ck_assert_int_eq(mkdir(elsewhere, 0777), 0);
    for (int k = 0; k < FORMATS; k++) {
        char name[40];
        snprintf(name, sizeof name, "moved%s", endings[k]);
        for (int complete = 0; complete < 2; complete++) {
            ck_assert_int_eq(chdir(gh_test_folder()), 0);
            genhep_writer *writer = half_written(table, name);
            ck_assert_int_eq(chdir(elsewhere), 0);
            if (complete) ck_ok(genhep_writer_close(writer));
            genhep_writer_free(writer);
            ck_assert_int_ne(access(name, F_OK), 0);
            snprintf(path, sizeof path, "../%s", name);
            ck_assert_int_eq(access(path, F_OK) == 0, complete);
        }
    }
    ck_assert_int_eq(chdir(here), 0);
    ck_assert_int_eq(rmdir(elsewhere), 0);
    check_no_leftovers();
    genhep_dataset_free(table);
}
END_TEST

/* A file system that takes no more than `bytes` a file: as a full disk, every later write fails. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* In the first write, in the middle, and near the end, when HDF5 writes its tables and the others what is left in buffers. */
START_TEST(full_disks)
{
    static const rlim_t room[] = {0, 2000, 130000};
    genhep_dataset *table = pairs(6000, 0);
    genhep_options *options = write_options();
    signal(SIGXFSZ, SIG_IGN);
    for (int k = 0; k < FORMATS; k++)
        for (size_t r = 0; r < sizeof room / sizeof *room; r++) {
            char name[40];
            snprintf(name, sizeof name, "full%s", endings[k]);
            const char *path = gh_test_path(name);
            const int64_t objects = open_objects();
            limit_files(room[r]);
            const genhep_status status = genhep_dataset_write(table, path, options);
            char message[512];
            genhep_last_error(message, sizeof message);
            limit_files(RLIM_INFINITY);
            ck_assert_msg(status == GENHEP_E_IO && strstr(message, "cannot be written: File too large"), "%s, %d bytes: %s: %s", name,
                          (int)room[r], genhep_status_name(status), message);
            ck_assert_int_ne(access(path, F_OK), 0);
            ck_assert_int_eq(open_objects(), objects);
            if (r > 0) continue;
            ck_ok(genhep_dataset_write(table, path, options)); /* libhdf5 is as it was */
            unlink(path);
        }
    check_no_leftovers();
    genhep_options_free(options);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(bad_arguments)
{
    genhep_dataset *table = pairs(3, 0), *plain = sample_table(3, 2, 0, GENHEP_FLOAT64);
    genhep_writer *writer = (genhep_writer *)table; /* must be overwritten */
    genhep_options *options = write_options();
    const char *path = gh_test_path("a.h5");
    ck_fails(genhep_writer_create(NULL, path, 0, NULL, &writer), GENHEP_E_ARG, "schema or model is NULL");
    ck_assert_ptr_null(writer);
    ck_fails(genhep_writer_create_for_model(NULL, path, 0, NULL, &writer), GENHEP_E_ARG, "schema or model is NULL");
    ck_fails(genhep_writer_create(table, NULL, 0, NULL, &writer), GENHEP_E_ARG, "no path");
    ck_fails(genhep_writer_create(table, "", 0, NULL, &writer), GENHEP_E_ARG, "no path");
    ck_fails(genhep_writer_create(table, path, 2, NULL, &writer), GENHEP_E_ARG, "weighted is 2");
    ck_fails(genhep_writer_create(table, path, 0, NULL, NULL), GENHEP_E_ARG, "writer is NULL");
    ck_fails(genhep_writer_create(table, gh_test_path("a.xlsx"), 0, NULL, &writer), GENHEP_E_ARG, "tells no format");
    ck_fails(genhep_writer_create(table, gh_test_path("no/folder.h5"), 0, NULL, &writer), GENHEP_E_IO, "no/folder.h5");
    ck_fails(genhep_writer_create(table, gh_test_path("no/folder.csv"), 0, NULL, &writer), GENHEP_E_IO, "no/folder.csv");
    ck_fails(genhep_writer_create(table, gh_test_path("a.npy"), 1, NULL, &writer), GENHEP_E_SHAPE, "no place for event weights");
    ck_fails(genhep_writer_create(plain, gh_test_path("a.lhe"), 0, options, &writer), GENHEP_E_SHAPE, "has no particle");
    ck_assert_ptr_null(writer);
    ck_ok(genhep_writer_create(table, path, 0, NULL, &writer));
    ck_fails(genhep_writer_append_double(NULL, 1, table->values, 8, NULL), GENHEP_E_ARG, "writer or events is NULL");
    ck_fails(genhep_writer_append_double(writer, 1, NULL, 8, NULL), GENHEP_E_ARG, "writer or events is NULL");
    ck_fails(genhep_writer_append_float(writer, -1, NULL, 8, NULL), GENHEP_E_ARG, "-1 events");
    ck_fails(genhep_writer_append_double(writer, 1, table->values, 7, NULL), GENHEP_E_ARG, "stride 7 is below the 8 columns");
    ck_fails(genhep_writer_append_double(writer, INT64_MAX / 2, table->values, 8, NULL), GENHEP_E_ARG, "too many");
    ck_fails(genhep_writer_append_double(writer, 1, table->values, 8, table->values), GENHEP_E_SHAPE, "weights are given");
    ck_fails(genhep_writer_set_attribute(writer, "", "x"), GENHEP_E_ARG, "NULL or empty");
    ck_fails(genhep_writer_set_attribute(writer, "x", NULL), GENHEP_E_ARG, "NULL or empty");
    ck_fails(genhep_writer_close(NULL), GENHEP_E_ARG, "writer is NULL");
    ck_assert_int_eq(genhep_writer_events(NULL), 0);
    ck_ok(genhep_writer_append_double(writer, 3, table->values, 8, NULL)); /* none of that has changed anything */
    ck_assert_int_eq(genhep_writer_events(writer), 3);
    ck_ok(genhep_writer_close(writer));
    genhep_writer_free(writer);
    genhep_writer_free(NULL);
    genhep_options_free(options);
    genhep_dataset_free(plain);
    genhep_dataset_free(table);
    check_no_leftovers();
}
END_TEST

/* A cross section that is known behind the last event stands in all formats that take it; weights decide the strategy. */
START_TEST(late_attributes)
{
    genhep_dataset *table = pairs(50, 1), *back;
    char name[40], text[600];
    for (int k = 0; k < FORMATS; k++) {
        if (!has_weights(k)) continue;
        genhep_options *options = write_options();
        genhep_writer *writer;
        snprintf(name, sizeof name, "late%s", endings[k]);
        ck_ok(genhep_writer_create(table, gh_test_path(name), 1, options, &writer));
        ck_ok(genhep_writer_set_attribute(writer, "sigma_pb", "3"));
        ck_ok(genhep_writer_set_attribute(writer, "beams", "2212 2212 3500 3500"));
        ck_ok(genhep_writer_append_double(writer, 50, table->values, COLUMNS, table->weights));
        const int needed = strstr(endings[k], "hepmc3") != NULL;
        if (needed) ck_fails(genhep_writer_set_attribute(writer, "sigma_pb", "1"), GENHEP_E_STATE, "before the first event");
        else ck_ok(genhep_writer_set_attribute(writer, "sigma_pb", "7.25"));
        if (of_particles(k)) ck_fails(genhep_writer_set_attribute(writer, "beams", "1"), GENHEP_E_STATE, "before the first event");
        ck_ok(genhep_writer_set_attribute(writer, "process", "anything"));
        ck_ok(genhep_writer_close(writer));
        genhep_writer_free(writer);
        genhep_options_free(options);
        if (needed) continue;
        ck_ok(genhep_dataset_open(gh_test_path(name), NULL, &back));
        if (!strstr(endings[k], "csv")) {
            ck_assert_str_eq(genhep_dataset_attribute(back, "sigma_pb"), "7.25");
            ck_assert_str_eq(genhep_dataset_attribute(back, "beams"), "2212 2212 3500 3500");
        }
        genhep_dataset_free(back);
    }
    FILE *file = fopen(gh_test_path("late.lhe"), "r");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    double numbers[3];
    const char *line = strstr(text, " 2212 2212 3500 3500 0 0 0 0 -4 1\n");
    ck_assert_msg(line != NULL, "head: %s", text);
    ck_assert_int_eq(sscanf(strchr(line, '\n'), "%lf %lf %lf 1", &numbers[0], &numbers[1], &numbers[2]), 3);
    double largest = 0;
    for (int i = 0; i < 50; i++) largest = fmax(largest, fabs(table->weights[i]));
    ck_assert(numbers[0] == 7.25 && numbers[1] == 0 && numbers[2] == largest);
    genhep_dataset_free(table);
}
END_TEST

/* Files without an event: tables may be empty, event records not. */
START_TEST(no_events)
{
    genhep_dataset *table = pairs(0, 0);
    for (int k = 0; k < FORMATS; k++) {
        genhep_options *options = write_options();
        genhep_writer *writer;
        char name[40];
        snprintf(name, sizeof name, "none%s", endings[k]);
        ck_ok(genhep_writer_create(table, gh_test_path(name), 0, options, &writer));
        if (of_particles(k)) ck_fails(genhep_writer_close(writer), GENHEP_E_SHAPE, "needs at least one");
        else ck_ok(genhep_writer_close(writer));
        ck_assert_int_eq(access(gh_test_path(name), F_OK) == 0, !of_particles(k));
        genhep_writer_free(writer);
        genhep_options_free(options);
    }
    check_no_leftovers();
    genhep_dataset_free(table);
}
END_TEST

static herr_t hosts_handler(hid_t stack, void *user)
{
    (void)stack, (void)user;
    return 0;
}

/* A host uses HDF5 between the calls, with an error handler of its own, while two files are being written. */
START_TEST(beside_a_host_of_hdf5)
{
    genhep_dataset *table = pairs(20000, 0);
    genhep_writer *writers[2];
    genhep_options *options = write_options();
    int counter;
    H5Eset_auto2(H5E_DEFAULT, hosts_handler, &counter);
    for (int k = 0; k < 2; k++) ck_ok(genhep_writer_create(table, gh_test_path(k ? "host1.lheh5" : "host0.h5"), 0, options, &writers[k]));
    hid_t file = H5Fcreate(gh_test_path("host.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (int64_t i = 0; i < 20000; i += 2000) {
        char group[20];
        for (int k = 0; k < 2; k++) ck_ok(genhep_writer_append_double(writers[k], 2000, table->values + i * COLUMNS, COLUMNS, NULL));
        snprintf(group, sizeof group, "g%d", (int)i);
        hid_t made = H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        ck_assert(made >= 0);
        H5Gclose(made);
        H5E_auto2_t handler;
        void *user;
        H5Eget_auto2(H5E_DEFAULT, &handler, &user);
        ck_assert(handler == hosts_handler && user == &counter);
    }
    for (int k = 0; k < 2; k++) {
        ck_ok(genhep_writer_close(writers[k]));
        genhep_writer_free(writers[k]);
        ck_ok(genhep_dataset_write(table, gh_test_path(k ? "alone1.lheh5" : "alone0.h5"), options));
    }
    ck_assert(H5Fclose(file) >= 0);
    check_same_bytes("host0.h5", "alone0.h5");
    check_same_bytes("host1.lheh5", "alone1.lheh5");
    genhep_options_free(options);
    genhep_dataset_free(table);
}
END_TEST

GH_TEST_MAIN("writer", same_bytes_for_any_cut, long_tables, rows_of_other_layouts, failures_leave_nothing, hosts_that_change_folder,
             full_disks, bad_arguments, late_attributes, no_events, beside_a_host_of_hdf5)
