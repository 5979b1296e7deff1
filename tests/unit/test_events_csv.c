/* test_events_csv.c -- CSV and .npy files, plain and gzip. */
#include <locale.h>
#include <zlib.h>

#include "event_files.h"

START_TEST(csv_round_trips)
{
    static const int64_t rows[] = {1, 3, 20011};
    static const char *const files[] = {"trip.csv", "trip.csv.gz"};
    for (int k = 0; k < 3; k++)
        for (int variant = 0; variant < 8; variant++) {
            int storage = variant & 1 ? GENHEP_FLOAT32 : GENHEP_FLOAT64;
            genhep_dataset *table = sample_table(rows[k], 7, variant & 2, storage), *back;
            table->values[0] = -0.0;
            table->values[1] = 1e22;
            table->values[2] = storage == GENHEP_FLOAT32 ? (double)1.17549435e-38f : 4.9406564584124654e-324;
            table->values[3] = 9007199254740991.0;
            if (storage == GENHEP_FLOAT32)
                for (int j = 0; j < 7; j++) table->values[j] = (float)table->values[j];
            ck_ok(genhep_dataset_write(table, gh_test_path(files[variant >> 2]), NULL));
            ck_ok(genhep_dataset_open(gh_test_path(files[variant >> 2]), NULL, &back));
            /* floats are written so that they read back as the same floats */
            if (storage == GENHEP_FLOAT32)
                for (int64_t i = 0; i < back->n * back->d; i++) back->values[i] = (float)back->values[i];
            check_same(table, back);
            genhep_dataset_free(back);
            genhep_dataset_free(table);
        }
    check_no_leftovers();
}
END_TEST

START_TEST(csv_content)
{
    genhep_dataset *table;
    const char *text = "\xef\xbb\xbfRun, \"Event\" ,type,\"a,b\",M\r\n"
                       "165617,9007199254740991,G,\"1.5\",-2e-3\r\n"
                       "165618, 74969122 ,\"T, with a comma\",+.5,1E3\r\n"
                       "-1,0,\"\",7.,0.1\r\n\r\n";
    ck_ok(genhep_dataset_open(put_text("content.csv", text), NULL, &table));
    ck_assert_int_eq(table->n, 3);
    ck_assert_int_eq(table->d, 4);
    ck_assert_str_eq(table->names[0], "Run");
    ck_assert_str_eq(table->names[1], "Event");
    ck_assert_str_eq(table->names[2], "a,b");
    const double expected[] = {165617, 9007199254740991.0, 1.5, -2e-3, 165618, 74969122, 0.5, 1000, -1, 0, 7, 0.1};
    ck_assert_mem_eq(table->values, expected, sizeof expected);
    ck_assert_int_eq(table->storage, GENHEP_FLOAT64);
    genhep_dataset_free(table);
    ck_ok(genhep_dataset_open(put_text("one.csv", "x\n3"), NULL, &table));
    ck_assert(table->n == 1 && table->d == 1 && table->values[0] == 3);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(csv_weights)
{
    const char *path = put_text("w.csv", "x,weight,y\n1,-2,3\n4,5,6\n");
    genhep_dataset *table;
    ck_ok(genhep_dataset_open(path, NULL, &table));
    ck_assert(table->d == 2 && table->weights && table->weights[0] == -2 && table->values[3] == 6);
    ck_fails(genhep_dataset_write(table, gh_test_path("w.npy"), NULL), GENHEP_E_SHAPE, "no place for event weights");
    genhep_dataset_free(table);
    genhep_options *options = options_of("data.weights=none", NULL);
    ck_ok(genhep_dataset_open(path, options, &table));
    ck_assert(table->d == 2 && !table->weights);
    genhep_dataset_free(table);
    ck_ok(genhep_options_set(options, "data.weights", "y"));
    ck_ok(genhep_dataset_open(path, options, &table));
    ck_assert(table->d == 2 && table->weights[1] == 6 && strcmp(table->names[1], "weight") == 0);
    ck_fails(genhep_dataset_write(table, gh_test_path("both.csv"), NULL), GENHEP_E_SHAPE, "a column 'weight'");
    genhep_dataset_free(table);
    ck_ok(genhep_options_set(options, "data.weights", "z"));
    check_open_fails(path, options, GENHEP_E_OPTION, "there is no 'z'");
    genhep_options_free(options);
}
END_TEST

START_TEST(csv_selection)
{
    const char *path = put_text("select.csv", "a,t,b\n1,x,2\n3,y,4\n5,z,6\n7,?,8\n");
    genhep_options *options = options_of("data.offset=1", "data.limit=2", "data.columns=b", NULL);
    genhep_dataset *table;
    ck_ok(genhep_dataset_open(path, options, &table));
    ck_assert(table->n == 2 && table->d == 1 && table->values[0] == 4 && table->values[1] == 6);
    genhep_dataset_free(table);
    ck_ok(genhep_options_set(options, "data.columns", "a,t"));
    check_open_fails(path, options, GENHEP_E_FORMAT, "line 2, column 't': 'x' is no number");
    ck_ok(genhep_options_set(options, "data.offset", "4"));
    check_open_fails(path, options, GENHEP_E_OPTION, "only 4 events");
    genhep_options_free(options);
}
END_TEST

START_TEST(csv_bad)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"", "the file is empty"},
        {"\n\n", "the file is empty"},
        {"a,b\n", "no events"},
        {"1,2\n3,4\n", "line 1: '1' is a number, expected a header"},
        {"a,a\n1,2\n", "line 1: column name 'a' occurs twice"},
        {"a,,c\n1,2,3\n", "line 1: column 2 has no name"},
        {"a,b\n1,2\n3\n", "line 3 has 1 cells, expected 2"},
        {"a,b\n1,2\n3,4,5\n", "line 3 has more than the 2 cells"},
        {"a,b\n1,2\n\n3,4\n", "line 3"},
        {"a,b\n1,2\n3,\n", "line 3, column 'b': the cell is empty"},
        {"a,b\n1,2\n3,x4\n", "line 3, column 'b': 'x4' is no number"},
        {"a,b\n1,2\n3,4x\n", "line 3, column 'b': '4x' is no number"},
        {"a,b\n1,2\n3,1,5\n", "line 3 has more"},
        {"a,b\n1,nan\n", "line 2, column 'b': 'nan' is not finite"},
        {"a,b\n1,2\n-inf,2\n", "line 3, column 'a': '-inf' is not finite"},
        {"a,b\n1,2\n1e999,2\n", "'1e999' is not finite"},
        {"a,b\n1,2\n3,0x10\n", "'0x10' is no number"},
        {"a,b\n1,\"2\n", "line 2: a quote is not closed"},
        {"a,b\n1,\"2\"3\n", "line 2: '3' follows a closing quote"},
        {"a,b\nx,y\n", "no column is numeric"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_open_fails(put_text("bad.csv", bad[i].text), NULL, GENHEP_E_FORMAT, bad[i].part);
}
END_TEST

static const char *gzipped(const char *name, const char *text, int members)
{
    const char *path = gh_test_path(name);
    size_t length = strlen(text) / (size_t)members;
    for (int i = 0; i < members; i++) {
        gzFile file = gzopen(path, i ? "ab" : "wb");
        const char *part = text + (size_t)i * length;
        unsigned size = (unsigned)(i + 1 < members ? length : strlen(part));
        ck_assert_int_eq(gzwrite(file, part, size), (int)size);
        ck_assert_int_eq(gzclose(file), Z_OK);
    }
    return path;
}

START_TEST(gzip_files)
{
    char text[4096] = "a,b\n";
    size_t size;
    genhep_dataset *table;
    for (int i = 0; i < 200; i++) snprintf(text + strlen(text), 20, "%d,%d\n", i * i, -i);
    const char *path = gzipped("members.csv.gz", text, 3);
    ck_ok(genhep_dataset_open(path, NULL, &table));
    ck_assert(table->n == 200 && table->values[399] == -199);
    genhep_dataset_free(table);
    char *bytes = take_bytes(path, &size), *longer = malloc(size + 8);
    for (size_t cut = 3; cut < size; cut += 11)
        if (genhep_dataset_open(put_bytes("cut.csv.gz", bytes, size - cut), NULL, &table) == GENHEP_OK) {
            ck_assert_msg(table->n < 200, "cut by %zu bytes", cut); /* exactly between two members */
            genhep_dataset_free(table);
        }
    check_open_fails(put_bytes("cut.csv.gz", bytes, size - 1), NULL, GENHEP_E_FORMAT, "truncated file");
    memcpy(longer, bytes, size);
    memcpy(longer + size, "garbage!", 8);
    check_open_fails(put_bytes("tail.csv.gz", longer, size + 8), NULL, GENHEP_E_FORMAT, "follow the gzip data");
    bytes[size - 6] ^= 1; /* CRC of the last member */
    check_open_fails(put_bytes("crc.csv.gz", bytes, size), NULL, GENHEP_E_FORMAT, "damaged gzip data");
    free(bytes);
    free(longer);
}
END_TEST

/* The point stays a point where the host's locale has a comma. */
START_TEST(comma_locale)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8") && !setlocale(LC_ALL, "nl_NL.UTF-8")) {
        printf("no locale with a decimal comma is installed: not tested with one\n");
        return;
    }
    genhep_dataset *table = sample_table(50, 5, 1, GENHEP_FLOAT64), *back;
    ck_ok(genhep_dataset_write(table, gh_test_path("locale.csv"), NULL));
    ck_ok(genhep_dataset_open(gh_test_path("locale.csv"), NULL, &back));
    check_same(table, back);
    genhep_dataset_free(back);
    genhep_dataset_free(table);
    setlocale(LC_ALL, "C");
}
END_TEST

/* ---- .npy ---- */

START_TEST(npy_round_trips)
{
    for (int variant = 0; variant < 2; variant++) {
        int storage = variant ? GENHEP_FLOAT32 : GENHEP_FLOAT64;
        genhep_dataset *table = sample_table(1001, 5, 0, storage), *back;
        ck_ok(genhep_dataset_write(table, gh_test_path("trip.npy"), NULL));
        ck_ok(genhep_dataset_open(gh_test_path("trip.npy"), NULL, &back));
        ck_assert_str_eq(back->names[4], "col_4");
        ck_assert_int_eq(back->storage, storage);
        ck_assert_int_eq(back->n, 1001);
        ck_assert_mem_eq(back->values, table->values, 5005 * sizeof(double));
        genhep_dataset_free(back);
        genhep_dataset_free(table);
    }
    genhep_dataset *none = sample_table(0, 5, 0, GENHEP_FLOAT64);
    ck_ok(genhep_dataset_write(none, gh_test_path("none.npy"), NULL));
    check_open_fails(gh_test_path("none.npy"), NULL, GENHEP_E_FORMAT, "no events");
    ck_ok(genhep_dataset_write(none, gh_test_path("none.csv"), NULL));
    check_open_fails(gh_test_path("none.csv"), NULL, GENHEP_E_FORMAT, "no events");
    genhep_dataset_free(none);
}
END_TEST

/* A .npy file of version 1 or 2 from its dictionary and data. */
static const char *npy(int version, const char *header, const void *data, size_t size)
{
    char bytes[1024];
    size_t length = strlen(header), start = version == 1 ? 10 : 12;
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (char)version;
    bytes[7] = 0;
    memset(bytes + 8, 0, 4);
    bytes[8] = (char)(length & 255);
    bytes[9] = (char)(length >> 8);
    memcpy(bytes + start, header, length);
    memcpy(bytes + start + length, data, size);
    return put_bytes("made.npy", bytes, start + length + size);
}

static void expect_values(const char *path, int64_t n, int64_t d, const double *values)
{
    genhep_dataset *table;
    ck_ok(genhep_dataset_open(path, NULL, &table));
    ck_assert_int_eq(table->n, n);
    ck_assert_int_eq(table->d, d);
    ck_assert_mem_eq(table->values, values, (size_t)(n * d) * sizeof *values);
    genhep_dataset_free(table);
}

START_TEST(npy_kinds)
{
    const double expected[] = {1, 2, 3, 4, 5, 6}, column_order[] = {1, 3, 5, 2, 4, 6};
    const int32_t integers[] = {1, 2, 3, 4, 5, 6};
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6}, big[] = {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
    expect_values(npy(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 2), }\n", integers, sizeof integers), 3,
                  2, expected);
    expect_values(npy(2, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", bytes, sizeof bytes), 2, 3,
                  expected);
    expect_values(npy(3, "{'descr': '>i2', 'fortran_order': False, 'shape': (6,), }\n", big, sizeof big), 6, 1,
                  expected);
    /* rows (1 2)(3 4)(5 6) are stored by columns */
    expect_values(
        npy(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }\n", column_order, sizeof column_order), 3, 2,
        expected);
    char rows[2 * 13];
    const float e[2] = {1.5f, -2};
    const double w[2] = {-1, 0.25};
    const int8_t q[2] = {-1, 1};
    for (int i = 0; i < 2; i++) {
        memcpy(rows + 13 * i, &e[i], 4);
        memcpy(rows + 13 * i + 4, &w[i], 8);
        memcpy(rows + 13 * i + 12, &q[i], 1);
    }
    genhep_dataset *table;
    ck_ok(genhep_dataset_open(npy(1,
                                  "{'descr': [('mu_E', '<f4'), ('weight', '<f8'), ('mu_Q', '|i1')], 'fortran_order': "
                                  "False, 'shape': (2,), }\n",
                                  rows, sizeof rows),
                              NULL, &table));
    ck_assert(table->d == 2 && strcmp(table->names[0], "mu_E") == 0 && strcmp(table->names[1], "mu_Q") == 0);
    ck_assert(table->values[0] == 1.5 && table->values[1] == -1 && table->values[2] == -2 && table->values[3] == 1);
    ck_assert(table->weights[0] == -1 && table->weights[1] == 0.25);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(npy_bad)
{
    const double data[6] = {1, 2, 3, 4, 5, INFINITY};
    static const struct {
        const char *header, *part;
        size_t size;
    } bad[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }\n", "40 bytes of data", 40},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }\n", "row 2, column 'col_1' is infinite", 48},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (3,), }\n", "number type '<c16'", 48},
        {"{'descr': '<U4', 'fortran_order': False, 'shape': (3,), }\n", "number type '<U4'", 48},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }\n", "number type '|O'", 48},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2, 1), }\n", "expected (N,) or (N, D)", 48},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", "a single number", 8},
        {"{'descr': '<f8', 'shape': (3, 2), }\n", "the header is damaged", 48},
        {"{'descr': '<f8', 'fortran_order': False, }\n", "no shape", 48},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (300000000000000000, 2), }\n", "48 bytes of data", 48},
        {"{'descr': [('a', '<f8'), ('b', '<f8', (2,))], 'fortran_order': False, 'shape': (2,), }\n", "not a plain list",
         48},
        {"{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': False, 'shape': (3,), }\n", "'a' occurs twice", 48},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (6, 0), }\n", "no columns", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_open_fails(npy(1, bad[i].header, data, bad[i].size), NULL, GENHEP_E_FORMAT, bad[i].part);
    check_open_fails(put_text("short.npy", "\x93NUMPY\x01"), NULL, GENHEP_E_FORMAT, "format version");
    check_open_fails(put_bytes("four.npy", "\x93NUMPY\x04\0\x10\0\0\0{}", 14), NULL, GENHEP_E_FORMAT,
                     "format version 4");
    check_open_fails(put_bytes("head.npy", "\x93NUMPY\x01\0\xff\x7f{'descr'", 18), NULL, GENHEP_E_FORMAT, "truncated");
}
END_TEST

GH_TEST_MAIN("events_csv", csv_round_trips, csv_content, csv_weights, csv_selection, csv_bad, gzip_files, comma_locale,
             npy_round_trips, npy_kinds, npy_bad)
