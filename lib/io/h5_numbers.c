/* h5_numbers.c -- datasets of numbers: opened with a check of their size, read by rows. */
#include "genhep/dataset.h"
#include "io/h5.h"

/* deflate makes at most 1032 bytes of one; a file that promises more is damaged, so nothing is allocated for it */
static gh_status check_bytes(const char *path, hid_t dataset, const char *name, int64_t numbers, size_t size)
{
    enum { RATIO = 1100, FREE_BYTES = 1 << 26 };
    double stored = (double)H5Dget_storage_size(dataset), wanted = (double)numbers * (double)size;
    if (wanted > FREE_BYTES + RATIO * stored)
        GH_FAIL(GENHEP_E_FORMAT, "%s: dataset '%s' claims %lld numbers but stores %.0f bytes", path, name,
                (long long)numbers, stored);
    return GENHEP_OK;
}

gh_status gh_h5_open_numbers(const char *path, hid_t file, const char *name, int rank, int64_t dims[2], int *storage,
                             hid_t *dataset)
{
    hsize_t extent[2] = {0, 1};
    *dataset = -1;
    if (!gh_h5_has(file, name)) GH_FAIL(GENHEP_E_FORMAT, "%s: there is no dataset '%s'", path, name);
    *dataset = H5Dopen2(file, name, H5P_DEFAULT);
    if (*dataset < 0) return gh_h5_fail(GENHEP_E_FORMAT, "%s: '%s' cannot be opened as a dataset", path, name);
    hid_t space = H5Dget_space(*dataset), type = H5Dget_type(*dataset);
    H5T_class_t kind = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    int found = H5Sget_simple_extent_ndims(space);
    gh_status status = GENHEP_OK;
    if (kind != H5T_FLOAT && kind != H5T_INTEGER)
        status = gh_fail(GENHEP_E_FORMAT, "%s: dataset '%s' holds no plain numbers, expected integers or floats", path,
                         name);
    else if (found != rank && !(rank == 1 && found == 2))
        status = gh_fail(GENHEP_E_FORMAT, "%s: dataset '%s' has %d dimensions, expected %d", path, name, found, rank);
    else H5Sget_simple_extent_dims(space, extent, NULL);
    if (!status && (extent[0] > INT64_MAX / 64 || extent[1] > 1 << 24 || (rank == 1 && extent[1] != 1)))
        status = gh_fail(GENHEP_E_FORMAT, "%s: dataset '%s' is %llu x %llu", path, name, (unsigned long long)extent[0],
                         (unsigned long long)extent[1]);
    /* floats and short integers fit a float exactly */
    if (storage) *storage = size <= (kind == H5T_FLOAT ? 4u : 2u) ? GENHEP_FLOAT32 : GENHEP_FLOAT64;
    dims[0] = (int64_t)extent[0];
    dims[1] = (int64_t)extent[1];
    if (!status && dims[1] > 0 && dims[0] > INT64_MAX / 64 / dims[1])
        status = gh_fail(GENHEP_E_FORMAT, "%s: dataset '%s' is too large", path, name);
    if (!status) status = check_bytes(path, *dataset, name, dims[0] * dims[1], size);
    gh_h5_close(&type);
    gh_h5_close(&space);
    if (status) gh_h5_close(dataset);
    return status;
}

gh_status gh_h5_read_rows(const char *path, hid_t dataset, const char *name, int64_t first, int64_t count,
                          int64_t width, double *values)
{
    hid_t space = H5Dget_space(dataset);
    int rank = H5Sget_simple_extent_ndims(space);
    hsize_t start[2] = {(hsize_t)first, 0}, extent[2] = {(hsize_t)count, (hsize_t)width};
    hid_t memory = H5Screate_simple(rank, extent, NULL);
    gh_status status = GENHEP_OK;
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, extent, NULL) < 0 ||
        H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values) < 0)
        status = gh_h5_fail(GENHEP_E_FORMAT, "%s: rows %lld to %lld of dataset '%s' cannot be read", path,
                            (long long)first, (long long)(first + count - 1), name);
    gh_h5_close(&memory);
    gh_h5_close(&space);
    return status;
}
