/* archive_h5.c -- archives (models, checkpoints) as HDF5 behind a 512-byte block that tells its length and checksum.
 *
 *   byte 0   "GENHEP\r\n"
 *   byte 8   uint32 format version, 1                 (numbers little-endian)
 *   byte 12  uint64 length of the payload
 *   byte 20  uint32 CRC-32 of the payload (as zlib)
 *   byte 24  zeros up to byte 512
 *   byte 512 the payload: HDF5 with that user block, which HDF5 readers find by themselves
 *
 * Entries are contiguous, unfiltered datasets; the folders of a name are groups. Texts are scalar fixed-length UTF-8.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "io/bytes.h"
#include "io/files.h"
#include "io/h5.h"

enum { BLOCK = 512, FORMAT_VERSION = 1, DEEPEST = 8, MOST_LINKS = 65536, LONGEST_NAME = 1024 };
static const char magic[8] = {'G', 'E', 'N', 'H', 'E', 'P', '\r', '\n'};

static void put_little(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_little(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* ---- writing ---- */

static hid_t text_type(int64_t length)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length > 0 ? (size_t)length : 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

static gh_status write_entry(hid_t file, const gh_entry *entry)
{
    hsize_t dims[3];
    for (int i = 0; i < 3; i++) dims[i] = (hsize_t)entry->dims[i];
    int scalar = entry->rank == 0 || entry->type == GH_TEXT;
    hid_t stored, memory;
    switch (entry->type) {
    case GH_F32: stored = H5Tcopy(H5T_IEEE_F32LE), memory = H5T_NATIVE_FLOAT; break;
    case GH_F64: stored = H5Tcopy(H5T_IEEE_F64LE), memory = H5T_NATIVE_DOUBLE; break;
    case GH_I64: stored = H5Tcopy(H5T_STD_I64LE), memory = H5T_NATIVE_INT64; break;
    default: stored = memory = text_type(entry->dims[0]);
    }
    hid_t space = scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(entry->rank, dims, NULL);
    hid_t links = H5Pcreate(H5P_LINK_CREATE), create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_obj_track_times(create, 0); /* the same model gives the same bytes */
    hid_t dataset = H5Dcreate2(file, entry->name, stored, space, links, create, H5P_DEFAULT);
    gh_status status = GENHEP_OK;
    if (dataset < 0 || H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, entry->data) < 0)
        status = gh_h5_fail(GENHEP_E_NOMEM, "entry '%s' cannot be written", entry->name);
    gh_h5_close(&dataset);
    gh_h5_close(&create);
    gh_h5_close(&links);
    gh_h5_close(&space);
    gh_h5_close(&stored);
    return status;
}

static gh_status build_image(const gh_archive *archive, const char *kind, char **image, int64_t *size)
{
    hid_t file;
    gh_status status;
    GH_TRY(gh_h5_create_image(BLOCK, &file));
    GH_TRY_CLEANUP(gh_h5_write_attribute(file, "kind", kind));
    for (int64_t i = 0; i < archive->count; i++) GH_TRY_CLEANUP(write_entry(file, &archive->entries[i]));
    status = gh_h5_get_image(&archive->hooks, file, image, size);
cleanup:
    gh_h5_close(&file);
    return status;
}

gh_status gh_archive_write(const gh_archive *archive, const char *path, const char *kind)
{
    gh_h5_guard guard;
    char *image = NULL;
    int64_t size = 0;
    unsigned char block[BLOCK] = {0};
    gh_h5_enter(&guard);
    gh_status status = build_image(archive, kind, &image, &size);
    gh_h5_leave(&guard);
    if (!status) {
        memcpy(block, magic, sizeof magic);
        put_little(block + 8, FORMAT_VERSION, 4);
        put_little(block + 12, (uint64_t)size, 8);
        put_little(block + 20, gh_crc32(image, size), 4);
        status = gh_atomic_write_all(&archive->hooks, path, block, BLOCK, image, size);
    }
    gh_free(&archive->hooks, image);
    return status;
}

/* ---- reading ---- */

typedef struct reader {
    const char *where;
    gh_archive *archive;
    int64_t left; /* bytes of data that the payload can still hold */
    int depth, links;
    char name[LONGEST_NAME];
    gh_status status;
} reader;

/* Type, rank and dimensions of a dataset, refused unless its numbers stand plainly in the payload. */
static gh_status inspect(reader *r, hid_t dataset, hid_t type, gh_entry *entry)
{
    hsize_t dims[3] = {1, 1, 1};
    hid_t space = H5Dget_space(dataset), create = H5Dget_create_plist(dataset);
    H5T_class_t kind = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    int rank = H5Sget_simple_extent_ndims(space);
    H5D_layout_t layout = H5Pget_layout(create);
    int plain = (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) && H5Pget_nfilters(create) == 0 &&
                (layout == H5D_COMPACT || H5Pget_external_count(create) == 0);
    int null_space = H5Sget_simple_extent_type(space) == H5S_NULL;
    if (rank >= 0 && rank <= 3) H5Sget_simple_extent_dims(space, dims, NULL);
    gh_h5_close(&create);
    gh_h5_close(&space);
    if (!plain)
        GH_FAIL(GENHEP_E_FORMAT, "%s: '%s' is chunked, filtered or external, expected plain storage", r->where,
                r->name);
    if (rank < 0 || rank > 3 || null_space)
        GH_FAIL(GENHEP_E_FORMAT, "%s: '%s' has %d dimensions, expected at most 3", r->where, r->name, rank);
    if (kind == H5T_FLOAT && size == 4) entry->type = GH_F32;
    else if (kind == H5T_FLOAT && size == 8) entry->type = GH_F64;
    else if (kind == H5T_INTEGER && size == 8 && H5Tget_sign(type) == H5T_SGN_2) entry->type = GH_I64;
    else if (kind == H5T_STRING && H5Tis_variable_str(type) == 0 && rank == 0) entry->type = GH_TEXT;
    else
        GH_FAIL(GENHEP_E_FORMAT,
                "%s: '%s' has an unknown type, expected float32, float64, int64 or a fixed-length text", r->where,
                r->name);
    entry->rank = rank;
    int64_t bytes = (int64_t)size;
    if (size > (size_t)r->left) bytes = -1;
    for (int i = 0; i < 3; i++) {
        if (dims[i] > (hsize_t)r->left || (bytes > 0 && dims[i] > (hsize_t)(r->left / bytes))) bytes = -1;
        else if (bytes > 0) bytes *= (int64_t)dims[i];
        entry->dims[i] = (int64_t)dims[i];
    }
    if (bytes < 0)
        GH_FAIL(GENHEP_E_FORMAT, "%s: '%s' is larger than the file that holds it", r->where, r->name);
    r->left -= bytes;
    if (entry->type == GH_TEXT) {
        entry->rank = 1;
        entry->dims[0] = (int64_t)size;
    }
    return GENHEP_OK;
}

static gh_status read_entry(reader *r, hid_t dataset)
{
    const gh_hooks *hooks = &r->archive->hooks;
    gh_entry entry = {r->name, GH_F32, 0, {1, 1, 1}, NULL};
    hid_t type = H5Dget_type(dataset), memory = type;
    gh_status status;
    GH_TRY_CLEANUP(inspect(r, dataset, type, &entry));
    if (entry.type == GH_F32) memory = H5T_NATIVE_FLOAT;
    if (entry.type == GH_F64) memory = H5T_NATIVE_DOUBLE;
    if (entry.type == GH_I64) memory = H5T_NATIVE_INT64;
    int64_t numbers = entry.dims[0] * entry.dims[1] * entry.dims[2];
    GH_TRY_CLEANUP(gh_alloc(hooks, &entry.data, numbers * (int64_t)gh_dtype_size(entry.type) + 1, 1));
    if (numbers > 0 && H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, entry.data) < 0) {
        status = gh_h5_fail(GENHEP_E_FORMAT, "%s: '%s' cannot be read", r->where, r->name);
        goto cleanup;
    }
    if (entry.type == GH_TEXT) entry.dims[0] = (int64_t)strnlen(entry.data, (size_t)entry.dims[0]); /* NUL padding */
    status = gh_archive_give(r->archive, entry.name, entry.type, entry.rank, entry.dims, entry.data);
    if (!status) entry.data = NULL;
    if (status == GENHEP_E_ARG) status = gh_fail(GENHEP_E_FORMAT, "%s: '%s' occurs twice", r->where, r->name);
cleanup:
    gh_free(hooks, entry.data);
    gh_h5_close(&type);
    return status;
}

/* One link of a group; datasets are read, groups walked. Depth and count are bounded, so a loop of links ends. */
static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    reader *r = context;
    size_t used = strlen(r->name), length = strlen(name);
    hid_t object = -1;
    if (used + length + 2 > sizeof r->name) {
        r->status = gh_fail(GENHEP_E_FORMAT, "%s: a name below '%.80s' is too long", r->where, r->name);
        return -1;
    }
    if (used) r->name[used] = '/';
    memcpy(r->name + used + (used > 0), name, length + 1);
    if (info->type == H5L_TYPE_HARD) object = H5Oopen(group, name, H5P_DEFAULT);
    H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (++r->links > MOST_LINKS) {
        r->status = gh_fail(GENHEP_E_FORMAT, "%s: more than %d entries", r->where, (int)MOST_LINKS);
    } else if (kind == H5I_DATASET) {
        r->status = read_entry(r, object);
    } else if (kind == H5I_GROUP && r->depth < DEEPEST) {
        r->depth++;
        if (H5Literate(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit, r) < 0 && !r->status)
            r->status = gh_h5_fail(GENHEP_E_FORMAT, "%s: group '%.80s' cannot be walked", r->where, r->name);
        r->depth--;
    } else {
        r->status = gh_fail(GENHEP_E_FORMAT, "%s: '%.80s' is neither a dataset nor a group at most %d deep", r->where,
                            r->name, (int)DEEPEST);
    }
    gh_h5_close(&object);
    r->name[used] = '\0';
    return r->status ? -1 : 0;
}

static gh_status check_kind(const gh_hooks *hooks, hid_t file, const char *where, const char *kind)
{
    char *found = NULL;
    gh_status status = GENHEP_OK;
    hid_t attribute = H5Aexists(file, "kind") > 0 ? H5Aopen(file, "kind", H5P_DEFAULT) : -1;
    if (attribute >= 0) status = gh_h5_read_attribute(hooks, attribute, &found);
    gh_h5_close(&attribute);
    if (!status && (!found || strcmp(found, kind) != 0))
        status = gh_fail(GENHEP_E_FORMAT, "%s: is a '%.40s' file, expected a '%s' file", where,
                         found ? found : "nameless", kind);
    gh_free(hooks, found);
    return status;
}

static gh_status check_block(const void *bytes, int64_t size, const char *where)
{
    const unsigned char *block = bytes;
    if (size < (int64_t)sizeof magic || memcmp(block, magic, sizeof magic) != 0)
        GH_FAIL(GENHEP_E_FORMAT, "%s: does not begin with the mark of a genhep file", where);
    if (size < BLOCK)
        GH_FAIL(GENHEP_E_FORMAT, "%s: %lld bytes, the first block alone has %d", where, (long long)size, (int)BLOCK);
    uint64_t version = get_little(block + 8, 4), length = get_little(block + 12, 8), crc = get_little(block + 20, 4);
    if (version > FORMAT_VERSION)
        GH_FAIL(GENHEP_E_VERSION, "%s: format version %llu, this library reads up to %d", where,
                (unsigned long long)version, (int)FORMAT_VERSION);
    if (version < 1) GH_FAIL(GENHEP_E_FORMAT, "%s: format version 0", where);
    if (length != (uint64_t)(size - BLOCK))
        GH_FAIL(GENHEP_E_FORMAT, "%s: %lld bytes behind the first block, expected %llu: truncated or damaged", where,
                (long long)(size - BLOCK), (unsigned long long)length);
    uint32_t found = gh_crc32(block + BLOCK, size - BLOCK);
    if (found != crc)
        GH_FAIL(GENHEP_E_FORMAT, "%s: CRC-32 %08x, expected %08llx: the file is damaged", where, found,
                (unsigned long long)crc);
    return GENHEP_OK;
}

static gh_status read_image(const void *bytes, int64_t size, const char *where, const char *kind, gh_archive *archive)
{
    GH_TRY(check_block(bytes, size, where));
    reader r = {where, archive, size - BLOCK, 0, 0, "", GENHEP_OK};
    hid_t file = -1;
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = gh_h5_open_image(bytes, size, where, &file);
    if (!status) status = check_kind(&archive->hooks, file, where, kind);
    if (!status && H5Literate(file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit, &r) < 0 && !r.status)
        status = gh_h5_fail(GENHEP_E_FORMAT, "%s: the groups cannot be walked", where);
    if (!status) status = r.status;
    gh_h5_close(&file);
    gh_h5_leave(&guard);
    if (status) gh_archive_clear(archive);
    return status;
}

gh_status gh_archive_read_memory(const void *bytes, int64_t size, const char *kind, gh_archive *archive)
{
    return read_image(bytes, size, "model in memory", kind, archive);
}

gh_status gh_archive_read(const char *path, const char *kind, gh_archive *archive)
{
    gh_bytes bytes;
    GH_TRY(gh_bytes_read(&archive->hooks, path, &bytes));
    gh_status status = read_image(bytes.data, bytes.size, path, kind, archive);
    gh_bytes_free(&bytes);
    return status;
}
