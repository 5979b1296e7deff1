/* event_files.h -- helpers of the tests that read and write event files. */
#ifndef GH_TEST_EVENT_FILES_H
#define GH_TEST_EVENT_FILES_H

#include <stdarg.h>

#include "data/dataset.h"
#include "io/files.h"
#include "testing.h"

/** Put bytes into a file of the test's folder; the path lives until eight further ones are made. */
static inline const char *put_bytes(const char *name, const void *bytes, size_t size)
{
    const char *path = gh_test_path(name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static inline const char *put_text(const char *name, const char *text)
{
    return put_bytes(name, text, strlen(text));
}

/** All bytes of a file, NUL-terminated; free() them. */
static inline char *take_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is not there", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(*size + 1, 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/** A table of numbers that differ in every cell, about half of them negative; float32 when storage says so. */
static inline genhep_dataset *sample_table(int64_t n, int64_t d, int weighted, int storage)
{
    static const char *const names[] = {"b_E", "b_px", "b_py", "b_pz", "MET", "n jets", "x,y"};
    static const char *const units[] = {"GeV", "GeV", "GeV", "GeV", "GeV", "", NULL};
    double *values = calloc((size_t)(n * d) + 1, sizeof *values), *weights = calloc((size_t)n + 1, sizeof *weights);
    ck_assert_int_le(d, 7);
    for (int64_t i = 0; i < n * d; i++) {
        values[i] = sin(1.0 + (double)i) * pow(10, (double)(i % 11) - 4);
        if (storage == GENHEP_FLOAT32) values[i] = (float)values[i];
    }
    for (int64_t i = 0; i < n; i++) weights[i] = (i % 3 ? 1 : -1) * (0.1 + (double)i / 7);
    genhep_dataset *table;
    ck_ok(genhep_dataset_from_arrays(NULL, n, d, names, units, values, d, weighted ? weights : NULL, &table));
    table->storage = storage;
    free(values);
    free(weights);
    return table;
}

/** Same names, values and weights, bit for bit. */
static inline void check_same(const genhep_dataset *a, const genhep_dataset *b)
{
    ck_assert_int_eq(a->n, b->n);
    ck_assert_int_eq(a->d, b->d);
    for (int64_t j = 0; j < a->d; j++) ck_assert_str_eq(a->names[j], b->names[j]);
    for (int64_t i = 0; i < a->n * a->d; i++)
        ck_assert_msg(memcmp(&a->values[i], &b->values[i], sizeof(double)) == 0, "value %lld: %.17g and %.17g",
                      (long long)i, a->values[i], b->values[i]);
    ck_assert_int_eq(a->weights != NULL, b->weights != NULL);
    for (int64_t i = 0; a->weights && i < a->n; i++)
        ck_assert_msg(a->weights[i] == b->weights[i], "weight %lld: %.17g and %.17g", (long long)i, a->weights[i],
                      b->weights[i]);
}

/** Options from "key=value" texts, NULL at the end. */
static inline genhep_options *options_of(const char *first, ...)
{
    genhep_options *options;
    va_list arguments;
    ck_ok(genhep_options_create(&options));
    va_start(arguments, first);
    for (const char *text = first; text; text = va_arg(arguments, const char *))
        ck_ok(genhep_options_parse(options, text));
    va_end(arguments);
    return options;
}

/** Open must fail with `code` and a message that contains `part`, and leave no table. */
static inline void check_open_fails(const char *path, const genhep_options *options, genhep_status code,
                                    const char *part)
{
    genhep_dataset *table = (genhep_dataset *)path; /* must be overwritten */
    ck_fails(genhep_dataset_open(path, options, &table), code, part);
    ck_assert_ptr_null(table);
}

/** No temporary file is left beside `path`. */
static inline void check_no_leftovers(void)
{
    char command[160];
    snprintf(command, sizeof command, "test -z \"$(ls '%s' | grep -F .tmp.)\"", gh_test_folder());
    ck_assert_int_eq(system(command), 0);
}

#endif
