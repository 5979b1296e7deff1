/* h5_rows.c -- datasets that grow by rows: chunked, shuffled, gzip-compressed.
 *
 * Rows are collected until a chunk is full, so what stands in the file does not depend on how many come at a time. The
 * dataset is made with the first full chunk, or at the end with a chunk of the rows that are there. */
#include <string.h>

#include "io/h5.h"

enum { CHUNK_BYTES = 1 << 18 };

gh_status gh_h5_rows_begin(const gh_hooks *hooks, hid_t parent, const char *name, hid_t file_type, int rank, int64_t width,
                           gh_h5_rows *rows)
{
    int64_t bytes = (int64_t)H5Tget_size(file_type) * width;
    memset(rows, 0, sizeof *rows);
    rows->hooks = *hooks;
    rows->parent = parent;
    rows->type = file_type;
    rows->dataset = -1;
    rows->name = name;
    rows->rank = rank;
    rows->width = width;
    rows->chunk = bytes < CHUNK_BYTES ? CHUNK_BYTES / bytes : 1;
    return gh_alloc(hooks, &rows->buffer, rows->chunk * width, sizeof *rows->buffer);
}

static gh_status make_dataset(gh_h5_rows *rows)
{
    hsize_t none[2] = {0, (hsize_t)rows->width}, most[2] = {H5S_UNLIMITED, (hsize_t)rows->width};
    hsize_t chunk[2] = {(hsize_t)(rows->used > 0 ? rows->used : 1), (hsize_t)rows->width};
    hid_t space = H5Screate_simple(rows->rank, none, most), create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(create, rows->rank, chunk);
    H5Pset_obj_track_times(create, 0); /* the same table gives the same bytes */
    H5Pset_shuffle(create);
    H5Pset_deflate(create, 6);
    rows->dataset = H5Dcreate2(rows->parent, rows->name, rows->type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    gh_h5_close(&create);
    gh_h5_close(&space);
    if (rows->dataset < 0) return gh_h5_fail(GENHEP_E_NOMEM, "dataset '%s' cannot be made", rows->name);
    return GENHEP_OK;
}

/* The rows of the buffer behind those that are written. */
static gh_status flush(gh_h5_rows *rows)
{
    if (rows->dataset < 0) GH_TRY(make_dataset(rows));
    if (rows->used == 0) return GENHEP_OK;
    hsize_t start[2] = {(hsize_t)rows->written, 0}, extent[2] = {(hsize_t)rows->used, (hsize_t)rows->width};
    hsize_t all[2] = {(hsize_t)(rows->written + rows->used), (hsize_t)rows->width};
    int failed = H5Dset_extent(rows->dataset, all) < 0;
    hid_t space = failed ? -1 : H5Dget_space(rows->dataset), memory = H5Screate_simple(rows->rank, extent, NULL);
    if (!failed)
        failed = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, extent, NULL) < 0 ||
                 H5Dwrite(rows->dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, rows->buffer) < 0;
    gh_status status = failed ? gh_h5_fail(GENHEP_E_NOMEM, "dataset '%s' cannot be written", rows->name) : GENHEP_OK;
    gh_h5_close(&memory);
    gh_h5_close(&space);
    rows->written += rows->used;
    rows->used = 0;
    return status;
}

int64_t gh_h5_rows_room(const gh_h5_rows *rows) { return rows->chunk - rows->used; }

gh_status gh_h5_rows_put(gh_h5_rows *rows, int64_t n, const double *values)
{
    while (n > 0) {
        int64_t room = gh_h5_rows_room(rows), part = n < room ? n : room;
        memcpy(rows->buffer + rows->used * rows->width, values, (size_t)(part * rows->width) * sizeof *values);
        rows->used += part;
        values += part * rows->width;
        n -= part;
        if (rows->used == rows->chunk) GH_TRY(flush(rows));
    }
    return GENHEP_OK;
}

gh_status gh_h5_rows_end(gh_h5_rows *rows) { return rows->used || rows->dataset < 0 ? flush(rows) : GENHEP_OK; }

void gh_h5_rows_free(gh_h5_rows *rows)
{
    if (!rows->buffer) return; /* zeroed, or freed before */
    gh_h5_close(&rows->dataset);
    gh_free(&rows->hooks, rows->buffer);
    rows->buffer = NULL;
}
