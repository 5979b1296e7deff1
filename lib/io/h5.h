/* h5.h -- the door to hdf5.h: silence, ids that are closed once, attributes, files in memory.
 *
 * Every function that calls HDF5 does so between gh_h5_enter and gh_h5_leave, which keep and restore the error handler
 * of the host. One thread at a time: libhdf5 is often built without locks. */
#ifndef GH_H5_H
#define GH_H5_H

#include <hdf5.h>

#include "base/memory.h"
#include "io/atomic_file.h"

typedef struct gh_h5_guard {
    H5E_auto2_t handler;
    void *data;
} gh_h5_guard;

void gh_h5_enter(gh_h5_guard *guard);
void gh_h5_leave(const gh_h5_guard *guard);

/** Close an id of any kind and set it to -1; ids below 0 are left alone. */
void gh_h5_close(hid_t *id);

/** GENHEP_E_FORMAT or another `code` with "<what>: <HDF5's own reason>". */
gh_status gh_h5_fail(gh_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Open a file for reading; GENHEP_E_IO or GENHEP_E_FORMAT. */
gh_status gh_h5_open(const char *path, hid_t *file);

/** GENHEP_E_FORMAT when a heap of the file is damaged in a way that libhdf5 would not survive; the opens above and below ask. */
gh_status gh_h5_check_file(const char *path);
gh_status gh_h5_check_image(const void *bytes, int64_t size, const char *where);

/** Open an image in memory for reading. `bytes` must outlive the file. */
gh_status gh_h5_open_image(const void *bytes, int64_t size, const char *where, hid_t *file);

/** New file in memory with a user block of `block` bytes (0 or 512). */
gh_status gh_h5_create_image(int64_t block, hid_t *file);

/** The bytes of a file in memory from its signature on, that is without the user block. Free *bytes with gh_free. */
gh_status gh_h5_get_image(const gh_hooks *hooks, hid_t file, char **bytes, int64_t *size);

/** Is there an object or link of that name in `parent`? */
int gh_h5_has(hid_t parent, const char *name);

/** Numeric-looking texts become int64 or float64, others UTF-8 strings of variable length. */
gh_status gh_h5_write_attribute(hid_t object, const char *name, const char *value);
gh_status gh_h5_write_texts(hid_t object, const char *name, int64_t n, const char *const *texts);

/** Scalar text or number of an attribute as text; *value is NULL for arrays and other types. Free with gh_free. */
gh_status gh_h5_read_attribute(const gh_hooks *hooks, hid_t attribute, char **value);

/** Array of n texts (fixed or variable length). texts[i] are allocated; free each with gh_free. */
gh_status gh_h5_read_texts(const gh_hooks *hooks, hid_t attribute, int64_t n, char **texts);

/** An HDF5 file that grows on disk under a temporary name (atomic_file.h); nothing of it is kept in memory but caches. */
typedef struct gh_h5_file {
    gh_atomic_file disk;
    hid_t id; /* of the file, for making groups, datasets and attributes */
    hid_t driver;
    void *opened; /* what libhdf5 holds */
    int64_t size;
    gh_status status; /* of the writes so far; after a failure nothing more is written */
    int reason;       /* errno of that failure */
    int is_open;
} gh_h5_file;

/** GENHEP_E_IO, GENHEP_E_NOMEM. `file` must stay where it is until it is committed or abandoned. */
gh_status gh_h5_file_create(const gh_hooks *hooks, const char *path, gh_h5_file *file);

/** GENHEP_E_IO when a write has failed, which libhdf5 is not told: ask behind everything that may write. */
gh_status gh_h5_file_check(const gh_h5_file *file);

/** Close, fsync, rename; on failure the temporary file is removed. All other ids of the file are invalid afterwards. */
gh_status gh_h5_file_commit(gh_h5_file *file);
/** From now on nothing is written, so that ids can be closed without work before the file is abandoned. */
void gh_h5_file_drop(gh_h5_file *file);
void gh_h5_file_abandon(gh_h5_file *file); /* nothing happens to one that is zeroed, committed or abandoned */

/** A dataset of rank 1 (width 1) or 2 that grows by rows of doubles; chunked, shuffled and gzip-compressed. */
typedef struct gh_h5_rows {
    gh_hooks hooks;
    hid_t parent, type; /* not its own */
    hid_t dataset;      /* -1 until the first chunk is full or gh_h5_rows_end was called */
    const char *name;   /* static text */
    int rank;
    int64_t width, chunk; /* numbers of a row, rows of a chunk */
    double *buffer;       /* (chunk, width) */
    int64_t used, written;
} gh_h5_rows;

/** @param file_type lives as long as the rows. Free with gh_h5_rows_free in every case. */
gh_status gh_h5_rows_begin(const gh_hooks *hooks, hid_t parent, const char *name, hid_t file_type, int rank, int64_t width,
                           gh_h5_rows *rows);
int64_t gh_h5_rows_room(const gh_h5_rows *rows); /* rows until something is written, at least 1 */
gh_status gh_h5_rows_put(gh_h5_rows *rows, int64_t n, const double *values);

/** Write the rows that are left; afterwards `dataset` is there, if only without rows, and takes attributes. */
gh_status gh_h5_rows_end(gh_h5_rows *rows);
void gh_h5_rows_free(gh_h5_rows *rows); /* nothing happens to zeroed ones */

/** Open a dataset of integers or floats of `rank` dimensions (1: N or (N,1); 2: (N,D)) for reading; its claimed size is
 * checked against the bytes it stores. @param storage float type that holds its numbers, may be NULL
 * @return GENHEP_OK, GENHEP_E_FORMAT (missing, another type or shape) */
gh_status gh_h5_open_numbers(const char *path, hid_t file, const char *name, int rank, int64_t dims[2], int *storage,
                             hid_t *dataset);

/** `count` rows of `width` numbers from row `first` on, as doubles. */
gh_status gh_h5_read_rows(const char *path, hid_t dataset, const char *name, int64_t first, int64_t count,
                          int64_t width, double *values);

#endif
