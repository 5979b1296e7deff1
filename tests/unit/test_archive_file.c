/* test_archive_file.c -- model and checkpoint files: round trip, and every kind of damage told before HDF5 sees it. */
#include <hdf5.h>
#include <zlib.h>

#include "event_files.h"

static gh_archive sample_archive(void)
{
    gh_hooks hooks = gh_hooks_default();
    gh_archive archive;
    const float weights[2][3] = {{1, -2, 3}, {4, 5, 6.5f}};
    const double cube[2][1][2] = {{{0.1, -1e300}}, {{3, 4}}};
    const int64_t counts[3] = {INT64_MIN, 0, INT64_MAX}, two_three[2] = {2, 3}, cubic[3] = {2, 1, 2}, three = 3,
                  none = 0;
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_archive_put(&archive, "decoder/0/weights", GH_F32, 2, two_three, weights));
    ck_ok(gh_archive_put(&archive, "cube", GH_F64, 3, cubic, cube));
    ck_ok(gh_archive_put(&archive, "decoder/counts", GH_I64, 1, &three, counts));
    ck_ok(gh_archive_put(&archive, "decoder/none", GH_F64, 1, &none, cube));
    ck_ok(gh_archive_put_text(&archive, "options", "seed = 1\nprep = standardise\n# \xc3\xa9t\xc3\xa9\n"));
    ck_ok(gh_archive_put_text(&archive, "empty", ""));
    ck_ok(gh_archive_put_i64(&archive, "steps", -7));
    ck_ok(gh_archive_put_f64(&archive, "loss", 0.1));
    return archive;
}

START_TEST(round_trip)
{
    gh_archive archive = sample_archive(), back;
    const char *path = gh_test_path("model.h5");
    gh_archive_init(&back, &archive.hooks);
    ck_ok(gh_archive_write(&archive, path, "model"));
    ck_ok(gh_archive_read(path, "model", &back));
    ck_assert_int_eq(back.count, archive.count);
    for (int64_t i = 0; i < archive.count; i++) {
        const gh_entry *a = &archive.entries[i], *b = gh_archive_find(&back, a->name);
        ck_assert_msg(b != NULL, "%s is lost", a->name);
        ck_assert_int_eq(a->type, b->type);
        ck_assert_int_eq(a->rank, b->rank);
        ck_assert_mem_eq(a->dims, b->dims, sizeof a->dims);
        ck_assert_mem_eq(a->data, b->data, (size_t)(a->dims[0] * a->dims[1] * a->dims[2]) * gh_dtype_size(a->type));
    }
    /* same bytes from memory, and the same archive gives the same file */
    size_t size, again;
    char *bytes = take_bytes(path, &size);
    gh_archive_clear(&back);
    ck_ok(gh_archive_read_memory(bytes, (int64_t)size, "model", &back));
    ck_assert_int_eq(back.count, archive.count);
    ck_ok(gh_archive_write(&archive, path, "model"));
    char *twice = take_bytes(path, &again);
    ck_assert_uint_eq(size, again);
    ck_assert_mem_eq(bytes, twice, size);
    check_no_leftovers();
    free(bytes);
    free(twice);
    gh_archive_clear(&back);
    gh_archive_clear(&archive);
}
END_TEST

/* The file is plain HDF5 for everybody else: user block of 512 bytes, contiguous datasets. */
START_TEST(plain_hdf5)
{
    gh_archive archive = sample_archive();
    const char *path = gh_test_path("plain.h5");
    float weights[6];
    ck_ok(gh_archive_write(&archive, path, "model"));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert(file >= 0);
    hid_t create = H5Fget_create_plist(file), dataset = H5Dopen2(file, "decoder/0/weights", H5P_DEFAULT);
    hsize_t block = 0;
    H5Pget_userblock(create, &block);
    ck_assert_int_eq((int)block, 512);
    ck_assert(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, weights) >= 0);
    ck_assert(weights[1] == -2 && weights[5] == 6.5f);
    H5Dclose(dataset);
    H5Pclose(create);
    H5Fclose(file);
    gh_archive_clear(&archive);
}
END_TEST

static void expect(const char *bytes, size_t size, genhep_status code, const char *part)
{
    gh_hooks hooks = gh_hooks_default();
    gh_archive back;
    gh_archive_init(&back, &hooks);
    /* a block of its own size, so that a read behind the end is seen */
    char *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    ck_fails(gh_archive_read_memory(copy, (int64_t)size, "model", &back), code, part);
    ck_assert_int_eq(back.count, 0);
    free(copy);
}

START_TEST(damage)
{
    gh_archive archive = sample_archive();
    const char *path = gh_test_path("damaged.h5");
    size_t size;
    ck_ok(gh_archive_write(&archive, path, "model"));
    char *bytes = take_bytes(path, &size);
    for (size_t at = 512; at < size; at += 97) {
        bytes[at] ^= 0x10;
        expect(bytes, size, GENHEP_E_FORMAT, "CRC-32");
        bytes[at] ^= 0x10;
    }
    for (size_t cut = 1; cut < size; cut += 511) {
        const char *part = size - cut < 8 ? "mark" : size - cut < 512 ? "first block" : "truncated";
        expect(bytes, size - cut, GENHEP_E_FORMAT, part);
    }
    expect(bytes, 0, GENHEP_E_FORMAT, "mark");
    bytes[0] = 'g';
    expect(bytes, size, GENHEP_E_FORMAT, "mark");
    bytes[0] = 'G';
    bytes[8] = 2;
    expect(bytes, size, GENHEP_E_VERSION, "version 2, this library reads up to 1");
    bytes[8] = 1;
    bytes[12] ^= 1;
    expect(bytes, size, GENHEP_E_FORMAT, "truncated or damaged");
    free(bytes);
    gh_archive_clear(&archive);
}
END_TEST

START_TEST(wrong_kind)
{
    gh_archive archive = sample_archive(), back;
    const char *path = gh_test_path("kind.h5");
    const gh_entry *entry;
    const int64_t shape[2] = {3, 2};
    gh_archive_init(&back, &archive.hooks);
    ck_ok(gh_archive_write(&archive, path, "checkpoint"));
    ck_fails(gh_archive_read(path, "model", &back), GENHEP_E_FORMAT, "is a 'checkpoint' file, expected a 'model' file");
    ck_fails(gh_archive_read(gh_test_path("absent.h5"), "model", &back), GENHEP_E_IO, "absent.h5");
    ck_ok(gh_archive_read(path, "checkpoint", &back));
    ck_fails(gh_archive_get(&back, "decoder/0/weights", GH_F32, 2, shape, &entry), GENHEP_E_FORMAT,
             "length 2 in dimension 0");
    ck_fails(gh_archive_get(&back, "cube", GH_F32, 3, NULL, &entry), GENHEP_E_FORMAT, "'cube' is float64");
    check_open_fails(path, NULL, GENHEP_E_FORMAT, "model or checkpoint");
    gh_archive_clear(&back);
    gh_archive_clear(&archive);
}
END_TEST

/* Files with a right checksum whose content is not what an archive holds. `make` fills the HDF5 part. */
static void forged(void (*make)(hid_t file), const char *part)
{
    hid_t create = H5Pcreate(H5P_FILE_CREATE);
    char name[256];
    snprintf(name, sizeof name, "%s", gh_test_path("forged.h5"));
    H5Pset_userblock(create, 512);
    hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, create, H5P_DEFAULT), space = H5Screate(H5S_SCALAR),
          type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 5);
    hid_t kind = H5Acreate2(file, "kind", type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(kind, type, "model");
    H5Aclose(kind);
    make(file);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(file);
    H5Pclose(create);
    size_t size;
    char *bytes = take_bytes(name, &size);
    uint64_t payload = size - 512;
    uint32_t crc = (uint32_t)crc32(0, (unsigned char *)bytes + 512, (unsigned)payload);
    memcpy(bytes, "GENHEP\r\n\1\0\0\0", 12);
    for (int i = 0; i < 8; i++) bytes[12 + i] = (char)(payload >> (8 * i));
    for (int i = 0; i < 4; i++) bytes[20 + i] = (char)(crc >> (8 * i));
    expect(bytes, size, GENHEP_E_FORMAT, part);
    free(bytes);
}

static void make_dataset(hid_t file, hid_t type, int rank, const hsize_t *dims, int chunked)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[4] = {1, 1, 1, 1};
    if (chunked) {
        H5Pset_chunk(create, rank, chunk);
        H5Pset_deflate(create, 6);
    }
    H5Dclose(H5Dcreate2(file, "x", type, space, H5P_DEFAULT, create, H5P_DEFAULT));
    H5Pclose(create);
    H5Sclose(space);
}

static void make_huge(hid_t file)
{
    const hsize_t dims[2] = {1 << 30, 1 << 30}; /* contiguous storage that was never allocated */
    make_dataset(file, H5T_IEEE_F64LE, 2, dims, 0);
}
static void make_chunked(hid_t file)
{
    const hsize_t dims[2] = {1 << 30, 1 << 30};
    make_dataset(file, H5T_IEEE_F64LE, 2, dims, 1);
}
static void make_deep(hid_t file)
{
    const hsize_t dims[4] = {1, 1, 1, 1};
    make_dataset(file, H5T_IEEE_F64LE, 4, dims, 0);
}
static void make_short(hid_t file)
{
    const hsize_t dims[1] = {4};
    make_dataset(file, H5T_STD_I16LE, 1, dims, 0);
}
static void make_loop(hid_t file)
{
    hid_t group = H5Gcreate2(file, "loop", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    char name[8];
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "l%d", i);
        H5Lcreate_hard(file, "loop", group, name, H5P_DEFAULT, H5P_DEFAULT);
    }
    H5Gclose(group);
}
static void make_soft(hid_t file)
{
    H5Lcreate_soft("/nowhere", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
}

START_TEST(forgeries)
{
    forged(make_huge, "larger than the file");
    forged(make_chunked, "chunked, filtered or external");
    forged(make_deep, "4 dimensions");
    forged(make_short, "unknown type");
    forged(make_loop, "loop/l0");
    forged(make_soft, "'soft' is neither");
}
END_TEST

/* The host's HDF5 error handler is untouched, whether a call succeeds or fails, and is not called. */
static herr_t host_handler(hid_t stack, void *calls)
{
    (void)stack;
    ++*(int *)calls;
    return 0;
}

START_TEST(host_error_handler)
{
    gh_archive archive = sample_archive(), back;
    int calls = 0;
    H5E_auto2_t handler = NULL;
    void *data = NULL;
    const char *path = put_text("not.h5", "\x89HDF\r\n\x1a\n nothing behind the signature");
    gh_archive_init(&back, &archive.hooks);
    H5Eset_auto2(H5E_DEFAULT, host_handler, &calls);
    check_open_fails(path, NULL, GENHEP_E_FORMAT, "not.h5");
    ck_ok(gh_archive_write(&archive, gh_test_path("good.h5"), "model"));
    H5Eget_auto2(H5E_DEFAULT, &handler, &data);
    ck_assert(handler == host_handler && data == &calls);
    ck_assert_int_eq(calls, 0);
    gh_archive_clear(&archive);
}
END_TEST

START_TEST(cannot_write)
{
    gh_archive archive = sample_archive();
    ck_fails(gh_archive_write(&archive, gh_test_path("no/such/folder.h5"), "model"), GENHEP_E_IO, "no/such/folder.h5");
    ck_fails(gh_archive_write(&archive, gh_test_folder(), "model"), GENHEP_E_IO, "not a regular file");
    ck_fails(gh_archive_write(&archive, "/dev/null", "model"), GENHEP_E_IO, "not a regular file");
    gh_archive_clear(&archive);
}
END_TEST

GH_TEST_MAIN("archive_file", round_trip, plain_hdf5, damage, wrong_kind, forgeries, host_error_handler, cannot_write)
