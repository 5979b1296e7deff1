/* h5_file.c -- an HDF5 file that grows on disk under a temporary name.
 *
 * libhdf5 writes through a driver of our own, which hands every write to the atomic file. Not through its own one: when the
 * disk is full or a write fails, H5Fclose of HDF5 1.10 cannot flush, keeps the id of a file that it has freed already, and
 * walks into it when the process ends. This driver remembers the failure and answers that all is well; whoever writes asks
 * gh_h5_file_check behind each call, and the temporary file is removed. Memory: what libhdf5 caches, not the file. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/h5.h"
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/* What libhdf5 holds as the open file; `base` must be first. */
typedef struct driver_file {
    H5FD_t base;
    gh_h5_file *file;
    haddr_t end; /* of what libhdf5 has allocated */
} driver_file;

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    gh_h5_file *const *file = H5Pget_driver_info(access);
    (void)name, (void)flags, (void)most; /* always the empty file that was made for it */
    if (!file) return NULL;
    driver_file *opened = (*file)->opened;
    memset(opened, 0, sizeof *opened); /* H5Fcreate opens twice, one after the other */
    opened->file = *file;
    return &opened->base;
}

static herr_t driver_close(H5FD_t *base)
{
    (void)base; /* goes with the gh_h5_file */
    return 0;
}

static herr_t driver_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
             H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t driver_get_end(const H5FD_t *base, H5FD_mem_t kind)
{
    (void)kind;
    return ((const driver_file *)base)->end;
}

static herr_t driver_set_end(H5FD_t *base, H5FD_mem_t kind, haddr_t end)
{
    (void)kind;
    ((driver_file *)base)->end = end;
    return 0;
}

static haddr_t driver_size(const H5FD_t *base, H5FD_mem_t kind)
{
    (void)kind;
    return (haddr_t)((const driver_file *)base)->file->size;
}

/* Bytes behind the end are zero, as in any sparse file. */
static herr_t driver_read(H5FD_t *base, H5FD_mem_t kind, hid_t transfer, haddr_t at, size_t size, void *bytes)
{
    const gh_h5_file *file = ((driver_file *)base)->file;
    (void)kind, (void)transfer;
    memset(bytes, 0, size);
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(file->disk.descriptor, (char *)bytes + done, size - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    return 0;
}

static herr_t driver_write(H5FD_t *base, H5FD_mem_t kind, hid_t transfer, haddr_t at, size_t size, const void *bytes)
{
    gh_h5_file *file = ((driver_file *)base)->file;
    (void)kind, (void)transfer;
    if (file->status) return 0;
    errno = 0;
    file->status = gh_atomic_write_at(&file->disk, (int64_t)at, bytes, (int64_t)size);
    file->reason = errno;
    if (!file->status && (int64_t)(at + size) > file->size) file->size = (int64_t)(at + size);
    return 0;
}

static herr_t driver_truncate(H5FD_t *base, hid_t transfer, hbool_t closing)
{
    const driver_file *opened = (const driver_file *)base;
    gh_h5_file *file = opened->file;
    (void)transfer, (void)closing;
    if (file->status || (int64_t)opened->end == file->size) return 0;
    if (ftruncate(file->disk.descriptor, (off_t)opened->end) != 0) file->status = GENHEP_E_IO, file->reason = errno;
    file->size = (int64_t)opened->end;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)300, /* 256 to 511 are not given out; nothing looks the driver up by its number */
#endif
    .name = "genhep",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(gh_h5_file *),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_end,
    .set_eoa = driver_set_end,
    .get_eof = driver_size,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

gh_status gh_h5_file_create(const gh_hooks *hooks, const char *path, gh_h5_file *file)
{
    memset(file, 0, sizeof *file);
    file->driver = file->id = -1;
    driver_file *opened;
    GH_TRY(gh_alloc(hooks, &opened, 1, sizeof *opened));
    gh_status status = gh_atomic_open(hooks, path, &file->disk);
    if (status) {
        gh_free(hooks, opened);
        return status;
    }
    file->opened = opened;
    file->is_open = 1;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    file->driver = H5FDregister(&driver);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    if (file->driver >= 0 && H5Pset_driver(access, file->driver, &file) >= 0)
        file->id = H5Fcreate(file->disk.path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    gh_h5_close(&access);
    if (file->id >= 0) return GENHEP_OK;
    status = gh_h5_fail(GENHEP_E_NOMEM, "%s: cannot be made as HDF5", path);
    gh_h5_file_abandon(file);
    return status;
}

gh_status gh_h5_file_check(const gh_h5_file *file)
{
    if (!file->status) return GENHEP_OK;
    errno = file->reason;
    GH_FAIL(file->status, "%s: cannot be written: %m", file->disk.path);
}

static void close_ids(gh_h5_file *file)
{
    gh_h5_close(&file->id);
    if (file->driver >= 0) H5FDunregister(file->driver);
    file->driver = -1;
    gh_free(&file->disk.hooks, file->opened);
    file->opened = NULL;
}

gh_status gh_h5_file_commit(gh_h5_file *file)
{
    gh_status status = H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0
                           ? gh_h5_fail(GENHEP_E_NOMEM, "%s: HDF5 cannot write its tables", file->disk.path)
                           : gh_h5_file_check(file);
    if (!status) {
        close_ids(file);
        status = gh_h5_file_check(file);
    }
    if (status) {
        gh_h5_file_abandon(file);
        return status;
    }
    file->is_open = 0;
    return gh_atomic_commit(&file->disk);
}

void gh_h5_file_drop(gh_h5_file *file)
{
    if (!file->status) file->status = GENHEP_E_IO;
}

void gh_h5_file_abandon(gh_h5_file *file)
{
    if (!file->is_open) return;
    gh_h5_file_drop(file);
    close_ids(file);
    gh_atomic_abandon(&file->disk);
    file->is_open = 0;
}
