/* test_events_h5.c -- event tables in HDF5: round trips, selections, and files that are not what they should be. */
#include <hdf5.h>

#include "event_files.h"

START_TEST(round_trips)
{
    static const int64_t rows[] = {1, 2, 257, 70001};
    for (int k = 0; k < 4; k++)
        for (int variant = 0; variant < 4; variant++) {
            int storage = variant & 1 ? GENHEP_FLOAT32 : GENHEP_FLOAT64;
            genhep_dataset *table = sample_table(rows[k], 7, variant & 2, storage), *back;
            const char *path = gh_test_path("trip.h5");
            ck_ok(genhep_dataset_set_attribute(table, "process", "p p -> t tbar"));
            ck_ok(genhep_dataset_set_attribute(table, "sigma_pb", "831.76"));
            ck_ok(genhep_dataset_set_attribute(table, "seed", "9007199254740993"));
            ck_ok(genhep_dataset_set_attribute(table, "run", "007"));
            ck_ok(genhep_dataset_set_attribute(table, "n_events", "5"));
            ck_ok(genhep_dataset_write(table, path, NULL));
            ck_ok(genhep_dataset_open(path, NULL, &back));
            check_same(table, back);
            ck_assert_int_eq(back->storage, storage);
            ck_assert_str_eq(back->units[3], "GeV");
            ck_assert_str_eq(back->units[6], "");
            ck_assert_str_eq(genhep_dataset_attribute(back, "process"), "p p -> t tbar");
            ck_assert_str_eq(genhep_dataset_attribute(back, "sigma_pb"), "831.76");
            ck_assert_str_eq(genhep_dataset_attribute(back, "seed"), "9007199254740993");
            ck_assert_str_eq(genhep_dataset_attribute(back, "run"), "007");
            ck_assert_int_eq(atoi(genhep_dataset_attribute(back, "n_events")), (int)rows[k]); /* kept true */
            genhep_dataset_free(back);
            genhep_dataset_free(table);
        }
    check_no_leftovers();
}
END_TEST

/* Numbers are numbers for other readers of the file. */
START_TEST(attribute_types)
{
    genhep_dataset *table = sample_table(1, 2, 0, GENHEP_FLOAT64);
    const char *path = gh_test_path("types.h5");
    ck_ok(genhep_dataset_set_attribute(table, "sigma_pb", "1.5e-3"));
    ck_ok(genhep_dataset_set_attribute(table, "process", "1.5 pb"));
    ck_ok(genhep_dataset_write(table, path, NULL));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), number = H5Aopen(file, "sigma_pb", H5P_DEFAULT);
    hid_t text = H5Aopen(file, "process", H5P_DEFAULT), type = H5Aget_type(number), text_type = H5Aget_type(text);
    double value = 0;
    ck_assert_int_eq(H5Tget_class(type), H5T_FLOAT);
    ck_assert_int_eq(H5Tget_class(text_type), H5T_STRING);
    ck_assert(H5Aread(number, H5T_NATIVE_DOUBLE, &value) >= 0 && value == 1.5e-3);
    H5Tclose(type);
    H5Tclose(text_type);
    H5Aclose(number);
    H5Aclose(text);
    H5Fclose(file);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(selections)
{
    genhep_dataset *table = sample_table(100003, 7, 1, GENHEP_FLOAT64), *back;
    const char *path = gh_test_path("select.h5");
    ck_ok(genhep_dataset_write(table, path, NULL));
    genhep_options *options = options_of("data.columns=MET, b_p*", "data.offset=99", "data.limit=90001", NULL);
    ck_ok(genhep_dataset_open(path, options, &back));
    ck_assert_int_eq(back->n, 90001);
    ck_assert_int_eq(back->d, 4);
    ck_assert_str_eq(back->names[0], "MET");
    ck_assert_str_eq(back->names[3], "b_pz");
    for (int64_t i = 0; i < back->n; i += 13) {
        ck_assert(back->values[4 * i] == table->values[7 * (99 + i) + 4]);
        ck_assert(back->values[4 * i + 2] == table->values[7 * (99 + i) + 2]);
        ck_assert(back->weights[i] == table->weights[99 + i]);
    }
    genhep_dataset_free(back);
    ck_ok(genhep_options_set(options, "data.offset", "100003"));
    check_open_fails(path, options, GENHEP_E_OPTION, "only 100003 events");
    ck_ok(genhep_options_set(options, "data.offset", "0"));
    ck_ok(genhep_options_set(options, "data.columns", "b_q"));
    check_open_fails(path, options, GENHEP_E_OPTION, "no column matches 'b_q'");
    genhep_options_free(options);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(weight_choices)
{
    genhep_dataset *table = sample_table(5, 5, 1, GENHEP_FLOAT64), *back;
    const char *path = gh_test_path("weights.h5");
    ck_ok(genhep_dataset_write(table, path, NULL));
    genhep_options *options = options_of("data.weights=none", NULL);
    ck_ok(genhep_dataset_open(path, options, &back));
    ck_assert_ptr_null(back->weights);
    genhep_dataset_free(back);
    ck_ok(genhep_options_set(options, "data.weights", "MET"));
    ck_ok(genhep_dataset_open(path, options, &back));
    ck_assert_int_eq(back->d, 4);
    for (int i = 0; i < 5; i++) ck_assert(back->weights[i] == table->values[5 * i + 4]);
    genhep_dataset_free(back);
    ck_ok(genhep_options_set(options, "data.weights", "METT"));
    check_open_fails(path, options, GENHEP_E_OPTION, "the closest column is 'MET'");
    genhep_options_free(options);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(storage_option)
{
    genhep_dataset *table = sample_table(5, 5, 0, GENHEP_FLOAT64), *back;
    const char *path = gh_test_path("storage.h5");
    genhep_options *options = options_of("data.storage=float32", NULL);
    ck_ok(genhep_dataset_write(table, path, options));
    ck_ok(genhep_dataset_open(path, NULL, &back));
    ck_assert_int_eq(back->storage, GENHEP_FLOAT32);
    for (int i = 0; i < 25; i++) ck_assert(back->values[i] == (double)(float)table->values[i]);
    genhep_dataset_free(back);
    table->values[7] = 1e39;
    ck_fails(genhep_dataset_write(table, path, options), GENHEP_E_NUMERIC, "row 1, column 'b_py' does not fit float32");
    ck_ok(genhep_dataset_open(path, NULL, &back)); /* the old file is still whole */
    genhep_dataset_free(back);
    genhep_options_free(options);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(empty_tables)
{
    genhep_dataset *table = sample_table(0, 3, 1, GENHEP_FLOAT64);
    const char *path = gh_test_path("empty.h5");
    ck_ok(genhep_dataset_write(table, path, NULL));
    check_open_fails(path, NULL, GENHEP_E_FORMAT, "no events");
    genhep_dataset_free(table);
}
END_TEST

/* A file with `events` of any type and shape; fixed-length names when `names` is given. */
static const char *make_file(hid_t type, int rank, const hsize_t *dims, const void *values, const char *names,
                             int n_names)
{
    static char path[256];
    snprintf(path, sizeof path, "%s", gh_test_path("made.h5"));
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(rank, dims, NULL);
    hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    if (!values) {
        hsize_t chunk[3] = {1, 1, 1};
        H5Pset_chunk(create, rank, chunk);
    }
    hid_t events = H5Dcreate2(file, "events", type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    if (values) ck_assert(H5Dwrite(events, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    if (names) {
        hsize_t n[1] = {(hsize_t)n_names};
        hid_t text = H5Tcopy(H5T_C_S1), list = H5Screate_simple(1, n, NULL);
        H5Tset_size(text, 4);
        hid_t columns = H5Acreate2(events, "columns", text, list, H5P_DEFAULT, H5P_DEFAULT);
        ck_assert(H5Awrite(columns, text, names) >= 0);
        H5Aclose(columns);
        H5Sclose(list);
        H5Tclose(text);
    }
    H5Pclose(create);
    H5Dclose(events);
    H5Sclose(space);
    H5Fclose(file);
    return path;
}

START_TEST(other_types)
{
    const hsize_t dims[2] = {2, 3};
    const int32_t integers[6] = {1, -2, 3, 2147483647, 0, 6};
    genhep_dataset *table;
    ck_ok(genhep_dataset_open(make_file(H5T_NATIVE_INT32, 2, dims, integers, "abc\0defgh\0\0", 3), NULL, &table));
    ck_assert_str_eq(table->names[0], "abc");
    ck_assert_str_eq(table->names[1], "defg"); /* fills its four bytes, no NUL */
    ck_assert_str_eq(table->names[2], "h");
    ck_assert_int_eq(table->storage, GENHEP_FLOAT64);
    for (int i = 0; i < 6; i++) ck_assert(table->values[i] == integers[i]);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(bad_files)
{
    const hsize_t dims[3] = {2, 3, 1}, huge[2] = {(hsize_t)1 << 40, 3};
    const double numbers[6] = {1, 2, 3, 4, NAN, 6};
    check_open_fails(make_file(H5T_NATIVE_DOUBLE, 2, dims, numbers, NULL, 0), NULL, GENHEP_E_FORMAT,
                     "no attribute 'columns'");
    check_open_fails(make_file(H5T_NATIVE_DOUBLE, 2, dims, numbers, "a\0\0\0b\0\0", 2), NULL, GENHEP_E_FORMAT,
                     "holds 2 texts, expected 3");
    check_open_fails(make_file(H5T_NATIVE_DOUBLE, 2, dims, numbers, "a\0\0\0b\0\0\0a\0\0", 3), NULL, GENHEP_E_FORMAT,
                     "'a' occurs twice");
    check_open_fails(make_file(H5T_NATIVE_DOUBLE, 2, dims, numbers, "a\0\0\0b\0\0\0c\0\0", 3), NULL, GENHEP_E_FORMAT,
                     "row 1, column 'b' is NaN");
    check_open_fails(make_file(H5T_NATIVE_DOUBLE, 3, dims, numbers, "a\0\0\0b\0\0\0c\0\0", 3), NULL, GENHEP_E_FORMAT,
                     "3 dimensions, expected 2");
    check_open_fails(make_file(H5T_NATIVE_DOUBLE, 2, huge, NULL, "a\0\0\0b\0\0\0c\0\0", 3), NULL, GENHEP_E_FORMAT,
                     "claims 3298534883328 numbers");
    check_open_fails(gh_test_path("absent.h5"), NULL, GENHEP_E_IO, "absent.h5");
    check_open_fails(gh_test_folder(), NULL, GENHEP_E_IO, "is a folder");
    check_open_fails(put_text("nothing.h5", ""), NULL, GENHEP_E_FORMAT, "the file is empty");
    check_open_fails(put_text("noise.h5", "\x01\x02\x03 noise"), NULL, GENHEP_E_FORMAT, "byte 0x01");
    check_open_fails(put_text("page.h5", "<html></html>"), NULL, GENHEP_E_FORMAT, "XML without <LesHouchesEvents>");
}
END_TEST

/* A file cut anywhere. */
START_TEST(truncated_files)
{
    genhep_dataset *table = sample_table(300, 5, 1, GENHEP_FLOAT32), *back;
    ck_ok(genhep_dataset_write(table, gh_test_path("whole.h5"), NULL));
    size_t size;
    char *bytes = take_bytes(gh_test_path("whole.h5"), &size);
    for (size_t cut = 0; cut < size; cut += size / 37) {
        genhep_status status = genhep_dataset_open(put_bytes("cut.h5", bytes, cut), NULL, &back);
        ck_assert_msg(status == GENHEP_E_FORMAT, "cut at %zu: status %d", cut, (int)status);
        ck_assert_ptr_null(back);
    }
    free(bytes);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(names_and_places)
{
    genhep_dataset *table = sample_table(2, 3, 0, GENHEP_FLOAT64), *back;
    char link[256], target[256];
    ck_fails(genhep_dataset_write(table, gh_test_path("table.xlsx"), NULL), GENHEP_E_ARG, "tells no format");
    ck_fails(genhep_dataset_write(table, gh_test_path("no/folder/a.h5"), NULL), GENHEP_E_IO, "no/folder/a.h5");
    /* through a symbolic link the target is replaced, the link stays */
    snprintf(target, sizeof target, "%s", gh_test_path("target.h5"));
    snprintf(link, sizeof link, "%s", gh_test_path("link.h5"));
    ck_ok(genhep_dataset_write(table, target, NULL));
    ck_assert_int_eq(symlink(target, link), 0);
    ck_ok(genhep_dataset_write(table, link, NULL));
    char there[256];
    ck_assert_int_gt((int)readlink(link, there, sizeof there), 0);
    ck_ok(genhep_dataset_open(link, NULL, &back));
    genhep_dataset_free(back);
    genhep_dataset_free(table);
    check_no_leftovers();
}
END_TEST

GH_TEST_MAIN("events_h5", round_trips, attribute_types, selections, weight_choices, storage_option, empty_tables,
             other_types, bad_files, truncated_files, names_and_places)
