/* events_npy.c -- NumPy arrays: versions 1 to 3, numbers of any size and byte order in C or Fortran order, and
 * structured arrays of scalar numbers, whose field names become the columns. Written: float32 or float64, C order,
 * (N,D). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/events.h"
#include "io/writer.h"

#define WEIGHT "weight"

typedef struct field {
    char kind; /* f, i, u or b */
    int size, swap;
    int64_t offset; /* in a structured row */
} field;

typedef struct array {
    const char *path;
    const char *header, *header_end;
    const char *data;
    int64_t size; /* bytes of data */
    int structured, fortran;
    int64_t rows, d, row_bytes;
    field *fields; /* d */
    char **names;  /* d */
} array;

static int host_is_little(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

/* "<f4", "|u1", ">i8" */
static gh_status parse_type(const array *a, const char *text, size_t length, field *f)
{
    static const char allowed[] = "f4 f8 f2 i1 i2 i4 i8 u1 u2 u4 u8 b1 ";
    char wanted[4] = "";
    if (length == 3) {
        snprintf(wanted, sizeof wanted, "%.2s ", text + 1);
        f->kind = text[1];
        f->size = text[2] - '0';
        f->swap = f->size > 1 && (text[0] == '>') == host_is_little();
    }
    if (length != 3 || !strchr("<>|=", text[0]) || !strstr(allowed, wanted) || (text[1] == 'f' && text[2] == '2'))
        GH_FAIL(GENHEP_E_FORMAT, "%s: number type '%.*s', expected f4, f8, i1 to i8, u1 to u8 or b1", a->path,
                (int)(length > 40 ? 40 : length), text);
    return GENHEP_OK;
}

/* Behind 'key': in the header's dictionary; NULL when it is not there. */
static const char *find_key(const array *a, const char *key)
{
    char quoted[40];
    for (int turn = 0; turn < 2; turn++) {
        size_t length = (size_t)snprintf(quoted, sizeof quoted, turn ? "\"%s\"" : "'%s'", key);
        for (const char *at = a->header; at + length < a->header_end; at++) {
            if (memcmp(at, quoted, length) != 0) continue;
            at += length;
            while (at < a->header_end && *at == ' ') at++;
            if (at < a->header_end && *at == ':') at++;
            while (at < a->header_end && *at == ' ') at++;
            return at;
        }
    }
    return NULL;
}

/* A quoted word at *at: its text; *at moves behind it. NULL when there is none. */
static const char *quoted_word(const array *a, const char **at, size_t *length)
{
    while (*at < a->header_end && (**at == ' ' || **at == ',')) ++*at;
    if (*at >= a->header_end || (**at != '\'' && **at != '"')) return NULL;
    const char *begin = *at + 1, *end = memchr(begin, **at, (size_t)(a->header_end - begin));
    if (!end) return NULL;
    *length = (size_t)(end - begin);
    *at = end + 1;
    return begin;
}

/* [('pt', '<f4'), ('eta', '<f4')] */
static gh_status parse_fields(const gh_hooks *hooks, array *a, const char *at)
{
    int64_t capacity = 0;
    a->structured = 1;
    for (at++;;) {
        size_t length = 0, name_length = 0;
        while (at < a->header_end && (*at == ' ' || *at == ',')) at++;
        if (at < a->header_end && *at == ']') return GENHEP_OK;
        if (at >= a->header_end || *at++ != '(') break;
        const char *name = quoted_word(a, &at, &name_length), *type = name ? quoted_word(a, &at, &length) : NULL;
        while (at < a->header_end && *at == ' ') at++;
        if (!type || at >= a->header_end || *at++ != ')') break;
        if (a->d == capacity) {
            int64_t old = capacity;
            capacity = capacity ? 2 * capacity : 16;
            GH_TRY(gh_resize(hooks, &a->fields, capacity, sizeof *a->fields));
            GH_TRY(gh_resize(hooks, &a->names, capacity, sizeof *a->names));
            memset(a->names + old, 0, (size_t)(capacity - old) * sizeof *a->names);
        }
        GH_TRY(parse_type(a, type, length, &a->fields[a->d]));
        a->fields[a->d].offset = a->row_bytes;
        a->row_bytes += a->fields[a->d].size;
        GH_TRY(gh_alloc(hooks, &a->names[a->d], (int64_t)name_length + 1, 1));
        memcpy(a->names[a->d++], name, name_length);
    }
    GH_FAIL(GENHEP_E_FORMAT, "%s: the structured type is not a plain list of named numbers", a->path);
}

/* (), (N,), (N, D) */
static gh_status parse_shape(array *a, const char *at, int64_t shape[2], int *rank)
{
    *rank = 0;
    if (!at || *at != '(') GH_FAIL(GENHEP_E_FORMAT, "%s: the header has no shape", a->path);
    for (at++; at < a->header_end && *at != ')';) {
        const char *begin = at;
        int64_t number;
        while (at < a->header_end && *at >= '0' && *at <= '9') at++;
        if (!gh_read_integer(begin, at, &number) || *rank == 2)
            GH_FAIL(GENHEP_E_FORMAT, "%s: shape %.40s, expected (N,) or (N, D)", a->path, begin - 1);
        shape[(*rank)++] = number;
        while (at < a->header_end && (*at == ' ' || *at == ',')) at++;
    }
    if (*rank == 0) GH_FAIL(GENHEP_E_FORMAT, "%s: a single number, expected shape (N,) or (N, D)", a->path);
    return GENHEP_OK;
}

static gh_status find_header(array *a, const gh_bytes *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes->data;
    int64_t start = b[6] == 1 ? 10 : 12, length = 0;
    if (bytes->size < 12 || b[6] < 1 || b[6] > 3)
        GH_FAIL(GENHEP_E_FORMAT, "%s: NumPy format version %d, expected 1 to 3", a->path, bytes->size > 6 ? b[6] : 0);
    for (int64_t i = start - 1; i >= 8; i--) length = 256 * length + b[i];
    if (length > bytes->size - start)
        GH_FAIL(GENHEP_E_FORMAT, "%s: the header of %lld bytes is truncated", a->path, (long long)length);
    a->header = bytes->data + start;
    a->header_end = a->header + length;
    a->data = a->header_end;
    a->size = bytes->size - start - length;
    return GENHEP_OK;
}

static gh_status parse_header(const gh_hooks *hooks, array *a)
{
    const char *descr = find_key(a, "descr"), *order = find_key(a, "fortran_order");
    int64_t shape[2] = {0, 1};
    int rank;
    if (!descr || !order || order + 5 > a->header_end) GH_FAIL(GENHEP_E_FORMAT, "%s: the header is damaged", a->path);
    a->fortran = memcmp(order, "True", 4) == 0;
    GH_TRY(parse_shape(a, find_key(a, "shape"), shape, &rank));
    a->rows = shape[0];
    if (*descr == '[') {
        GH_TRY(parse_fields(hooks, a, descr));
        if (rank != 1) GH_FAIL(GENHEP_E_FORMAT, "%s: a structured array of %d dimensions, expected 1", a->path, rank);
    } else {
        field f = {0, 0, 0, 0};
        size_t length;
        const char *type = quoted_word(a, &descr, &length);
        if (!type) GH_FAIL(GENHEP_E_FORMAT, "%s: the header is damaged", a->path);
        GH_TRY(parse_type(a, type, length, &f));
        if (a->rows == 0) GH_FAIL(GENHEP_E_FORMAT, "%s: no events", a->path);
        if (shape[1] > a->size / f.size) /* before anything is allocated for columns that are not there */
            GH_FAIL(GENHEP_E_FORMAT, "%s: %lld bytes of data, expected %lld rows of %lld numbers", a->path, (long long)a->size,
                    (long long)a->rows, (long long)shape[1]);
        GH_TRY(gh_alloc(hooks, &a->fields, shape[1], sizeof *a->fields));
        GH_TRY(gh_number_names(hooks, shape[1], &a->names));
        for (a->d = 0; a->d < shape[1]; a->d++) {
            a->fields[a->d] = f;
            a->fields[a->d].offset = a->d * f.size;
        }
        a->row_bytes = a->d * f.size;
    }
    if (a->d < 1) GH_FAIL(GENHEP_E_FORMAT, "%s: the array has no columns", a->path);
    if (a->rows != a->size / a->row_bytes || a->rows * a->row_bytes != a->size)
        GH_FAIL(GENHEP_E_FORMAT, "%s: %lld bytes of data, expected %lld rows of %lld bytes", a->path,
                (long long)a->size, (long long)a->rows, (long long)a->row_bytes);
    return gh_check_names(hooks, a->d, (const char *const *)a->names);
}

static double number_at(const field *f, const char *at)
{
    unsigned char raw[8];
    for (int i = 0; i < f->size; i++) raw[i] = (unsigned char)at[f->swap ? f->size - 1 - i : i];
#define AS(type)                    \
    do {                            \
        type as;                    \
        memcpy(&as, raw, sizeof as); \
        return (double)as;          \
    } while (0)
    switch (f->kind * 16 + f->size) {
    case 'f' * 16 + 4: AS(float);
    case 'f' * 16 + 8: AS(double);
    case 'i' * 16 + 1: AS(int8_t);
    case 'i' * 16 + 2: AS(int16_t);
    case 'i' * 16 + 4: AS(int32_t);
    case 'i' * 16 + 8: AS(int64_t);
    case 'u' * 16 + 2: AS(uint16_t);
    case 'u' * 16 + 4: AS(uint32_t);
    case 'u' * 16 + 8: AS(uint64_t);
    default: AS(uint8_t);
    }
#undef AS
}

static double array_value(const array *a, int64_t row, int64_t column)
{
    const field *f = &a->fields[column];
    if (a->structured) return number_at(f, a->data + row * a->row_bytes + f->offset);
    return number_at(f, a->data + (a->fortran ? column * a->rows + row : row * a->d + column) * f->size);
}

static gh_status fill_table(const gh_hooks *hooks, const array *a, const genhep_options *options,
                            genhep_dataset **dataset)
{
    int64_t usual = -1, first, count;
    gh_plan plan;
    gh_status status;
    const char *const *names = (const char *const *)a->names;
    for (int64_t j = 0; j < a->d; j++)
        if (strcmp(names[j], WEIGHT) == 0) usual = j;
    GH_TRY(gh_rows_wanted(options, a->path, a->rows, &first, &count));
    GH_TRY(gh_plan_make(hooks, options, a->path, names, a->d, usual, &plan));
    GH_TRY_CLEANUP(gh_plan_no_dataset(&plan, a->path, names, a->d));
    GH_TRY_CLEANUP(gh_plan_table(hooks, &plan, names, NULL, count, plan.weight >= 0, dataset));
    genhep_dataset *table = *dataset;
    table->storage = GENHEP_FLOAT32;
    for (int64_t j = 0; j < plan.count; j++) {
        const field *f = &a->fields[plan.columns[j]];
        if (f->size > (f->kind == 'f' ? 4 : 2)) table->storage = GENHEP_FLOAT64;
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < plan.count; j++)
            table->values[i * table->d + j] = array_value(a, first + i, plan.columns[j]);
        if (plan.weight >= 0) table->weights[i] = array_value(a, first + i, plan.weight);
    }
cleanup:
    gh_plan_free(hooks, &plan);
    return status;
}

gh_status gh_events_read_npy(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    gh_hooks hooks = gh_hooks_of(options);
    gh_bytes bytes;
    array a;
    gh_status status;
    memset(&a, 0, sizeof a);
    a.path = path;
    GH_TRY(gh_bytes_read(&hooks, path, &bytes));
    GH_TRY_CLEANUP(find_header(&a, &bytes));
    GH_TRY_CLEANUP(parse_header(&hooks, &a));
    status = fill_table(&hooks, &a, options, dataset);
cleanup:
    gh_free(&hooks, a.fields);
    gh_free_names(&hooks, a.d, a.names);
    gh_bytes_free(&bytes);
    return status;
}

/* ---- writing: the state is a gh_sink ---- */

static void put_number(gh_sink *sink, double value, int size)
{
    float narrow = (float)value;
    char raw[8], little[8];
    if (size == 4) memcpy(raw, &narrow, 4);
    else memcpy(raw, &value, 8);
    for (int i = 0; i < size; i++) little[i] = raw[host_is_little() ? i : size - 1 - i];
    gh_sink_put(sink, little, size);
}

static gh_status open_npy(genhep_writer *w)
{
    if (w->weighted) GH_FAIL(GENHEP_E_SHAPE, "%s: .npy has no place for event weights; write .h5 or .csv", w->path);
    return gh_sink_open(&w->hooks, w->path, w->compress, w->format_state);
}

/* Magic 6, version 2, length 2, text padded with blanks so that the data start at byte 128: the shape of every table fits,
 * and the header can be written again when the number of rows is known. */
static gh_status put_header(genhep_writer *w)
{
    enum { HEADER = 128, PREFIX = 10 };
    char header[HEADER + 1];
    gh_sink *sink = w->format_state;
    int length = snprintf(header, sizeof header, "%.*s{'descr': '<f%d', 'fortran_order': False, 'shape': (%lld, %lld), }", PREFIX,
                          "\x93NUMPY\x01.v.", w->storage, (long long)w->n, (long long)w->schema->d);
    memset(header + length, ' ', (size_t)(HEADER - length));
    header[7] = 0;
    header[8] = HEADER - PREFIX;
    header[9] = 0;
    header[HEADER - 1] = '\n';
    gh_sink_head(sink, header, HEADER);
    return sink->status;
}

static gh_status rows_npy(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    gh_sink *sink = w->format_state;
    (void)weights;
    for (int64_t i = 0; i < n * w->schema->d && !sink->status; i++) put_number(sink, values[i], w->storage);
    return sink->status;
}

static gh_status end_npy(genhep_writer *w) { return gh_sink_close(w->format_state, put_header(w)); }

static void abandon_npy(genhep_writer *w) { gh_sink_close(w->format_state, GENHEP_E_IO); }

const gh_format gh_format_npy = {sizeof(gh_sink), "", open_npy, put_header, rows_npy, end_npy, abandon_npy};
