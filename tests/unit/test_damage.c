/* test_damage.c -- damage and odd input that once led to a wrong answer: found by tests/fuzz and tests/alloc, kept here
 * by hand. */
#include "testing.h"

#include <hdf5.h>

#include "event_files.h"
#include "io/h5.h"
#include "model/model.h"
#include "small_model.h"

/* A quoted name may hold a line break, and then more commas follow than the first line has. */
START_TEST(line_breaks_in_csv_names)
{
    const char *path = put_text("breaks.csv", "\"a\nb\",c,d,e,f,g,h\n1,2,3,4,5,6,7\n");
    check_open_fails(path, NULL, GENHEP_E_FORMAT, "line break");
    path = put_text("breaks.csv", "x,\"a\n\",c\n1,2,3\n");
    check_open_fails(path, NULL, GENHEP_E_FORMAT, "column 2");
}
END_TEST

/* Model files keep names as lines of at most 255 bytes: what they could not give back is refused at once. */
START_TEST(names_that_a_model_cannot_keep)
{
    char longest[220];
    const char *names[2] = {"x", "a\nb"};
    const double values[4] = {1, 2, 3, 4};
    genhep_dataset *table;
    ck_fails(genhep_dataset_from_arrays(NULL, 2, 2, names, NULL, values, 2, NULL, &table), GENHEP_E_ARG, "line break");
    memset(longest, 'x', sizeof longest);
    longest[201] = '\0';
    names[1] = longest;
    ck_fails(genhep_dataset_from_arrays(NULL, 2, 2, names, NULL, values, 2, NULL, &table), GENHEP_E_ARG, "200 bytes");
    longest[200] = '\0';
    ck_ok(genhep_dataset_from_arrays(NULL, 2, 2, names, NULL, values, 2, NULL, &table));
    genhep_dataset_free(table);
}
END_TEST

static size_t largest;

static void *watched(void *user, void *block, size_t size)
{
    (void)user;
    if (size > largest) largest = size;
    return realloc(block, size);
}

static void released(void *user, void *block)
{
    (void)user;
    free(block);
}

/* A header of 128 bytes must not make the library allocate for 16 million columns. */
START_TEST(columns_that_a_npy_file_does_not_have)
{
    const genhep_allocator allocator = {sizeof allocator, watched, released, NULL};
    genhep_options *options;
    unsigned char file[136] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
    memset(file + 10, ' ', 118);
    const char *header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 16000000), }";
    memcpy(file + 10, header, strlen(header));
    ck_ok(genhep_options_create_with(&allocator, &options));
    largest = 0;
    check_open_fails(put_bytes("wide.npy", file, sizeof file), options, GENHEP_E_FORMAT, "16000000 numbers");
    ck_assert_uint_lt(largest, 4 << 20);
    genhep_options_free(options);
}
END_TEST

/* The options of a model file describe its networks; they cannot ask for more than the file holds. */
START_TEST(networks_that_a_model_does_not_hold)
{
    const genhep_allocator allocator = {sizeof allocator, watched, released, NULL};
    gh_archive whole, changed;
    genhep_model *model = small_model("loss.noise=global"), *read = model;
    genhep_options *options;
    ck_ok(genhep_options_create_with(&allocator, &options));
    gh_hooks hooks = gh_hooks_of(options);
    gh_archive_init(&whole, &hooks);
    gh_archive_init(&changed, &hooks);
    ck_ok(gh_model_save(model, &whole));
    for (int64_t i = 0; i < whole.count; i++) {
        const gh_entry *e = &whole.entries[i];
        char card[16384];
        int is_card = strcmp(e->name, "options") == 0;
        if (is_card)
            snprintf(card, sizeof card, "%s\ndecoder.layers = 60\ndecoder.units = 16384\n", (const char *)e->data);
        if (is_card) ck_ok(gh_archive_put_text(&changed, e->name, card));
        else ck_ok(gh_archive_put(&changed, e->name, e->type, e->rank, e->dims, e->data));
    }
    largest = 0;
    ck_assert_int_eq(gh_model_load(&hooks, &changed, &read), GENHEP_E_FORMAT);
    ck_assert_ptr_null(read);
    ck_assert_uint_lt(largest, 16 << 20);
    gh_archive_clear(&whole);
    gh_archive_clear(&changed);
    genhep_options_free(options);
    genhep_model_free(model);
}
END_TEST

/* The inverse preparation moves what is outside its domain to the edge; a NaN must not become an event that way. */
/* What a network is made of stands in the options and beside its weights; both must say the same. */
START_TEST(kinds_that_contradict_the_options)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_model *model = small_model("loss.noise=global train.steps=2 decoder.kind=conv decoder.grid=2x2x2 decoder.channels=3"), *read;
    for (int change = 0; change < 3; change++) {
        gh_archive whole, changed;
        gh_archive_init(&whole, &hooks);
        gh_archive_init(&changed, &hooks);
        ck_ok(gh_model_save(model, &whole));
        for (int64_t i = 0; i < whole.count; i++) {
            const gh_entry *e = &whole.entries[i];
            char card[16384];
            int64_t numbers[8];
            if (change == 1 && strcmp(e->name, "decoder/kind") == 0) {
                ck_assert(e->type == GH_I64 && e->rank == 1 && e->dims[0] == 8);
                memcpy(numbers, e->data, sizeof numbers);
                numbers[7] = 5; /* the kernel, the last number of them */
                ck_ok(gh_archive_put(&changed, e->name, e->type, e->rank, e->dims, numbers));
            } else if (change == 2 && strcmp(e->name, "options") == 0) {
                ck_assert_int_lt(snprintf(card, sizeof card, "%s\ndecoder.kind = rnn\n", (const char *)e->data), (int)sizeof card);
                ck_ok(gh_archive_put_text(&changed, e->name, card));
            } else {
                ck_ok(gh_archive_put(&changed, e->name, e->type, e->rank, e->dims, e->data));
            }
        }
        if (change == 0) ck_ok(gh_model_load(&hooks, &changed, &read));
        else ck_fails(gh_model_load(&hooks, &changed, &read), GENHEP_E_FORMAT, "decoder/kind");
        if (change == 0) genhep_model_free(read);
        gh_archive_clear(&whole);
        gh_archive_clear(&changed);
    }
    genhep_model_free(model);
}
END_TEST

START_TEST(a_nan_is_no_event)
{
    genhep_model *model = small_model("loss.noise=global");
    double latents[3] = {0, NAN, 0}, event[SMALL_COLUMNS];
    ck_fails(genhep_model_decode(model, 1, latents, event, SMALL_COLUMNS), GENHEP_E_NUMERIC, "not finite");
    genhep_sampler *sampler;
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    model->parameters[model->decoder.layer[model->decoder.n_layers - 1].bias] = (gh_real)NAN;
    ck_fails(genhep_sampler_next(sampler, NULL, event, NULL), GENHEP_E_NUMERIC, "not finite");
    genhep_sampler_free(sampler);
    genhep_model_free(model);
}
END_TEST

/* A column that never changes and is large: what is saved can be opened. */
START_TEST(a_large_constant_column)
{
    static const char *const names[2] = {"x", "constant"};
    double values[2 * 500];
    genhep_dataset *data;
    ck_ok(genhep_random_normal(2, 0, 0, 1000, values));
    for (int i = 0; i < 500; i++) values[2 * i + 1] = 1e12;
    ck_ok(genhep_dataset_from_arrays(NULL, 500, 2, names, NULL, values, 2, NULL, &data));
    const genhep_dataset *tables[1] = {data};
    genhep_options *options =
        small_options("latent.dim=1 prep=identity train.figure=loss train.steps=3 decoder.calibrate=on");
    genhep_model *start, *model, *read;
    genhep_trainer *trainer;
    ck_ok(genhep_bvae_create(options, tables, 1, &start));
    ck_ok(genhep_trainer_create(start, tables, 1, NULL, &trainer));
    ck_ok(genhep_trainer_step(trainer, 3));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    ck_ok(genhep_model_save(model, gh_test_path("m.h5")));
    ck_ok(genhep_model_open(gh_test_path("m.h5"), NULL, &read));
    ck_ok(genhep_model_verify(read));
    genhep_model_free(start);
    genhep_model_free(model);
    genhep_model_free(read);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

/* Place of a text in the bytes of a file, -1 without. */
static int64_t place_of(const char *bytes, size_t size, const char *sign, size_t length)
{
    for (size_t at = 0; at + length <= size; at++)
        if (memcmp(bytes + at, sign, length) == 0) return (int64_t)at;
    return -1;
}

/* Heaps that libhdf5 would follow beyond their end, or for ever. */
START_TEST(damaged_hdf5_heaps)
{
    genhep_dataset *table = sample_table(5, 3, 0, GENHEP_FLOAT64), *back;
    const char *path = gh_test_path("heap.h5");
    size_t size;
    ck_ok(genhep_dataset_write(table, path, NULL));
    char *bytes = take_bytes(path, &size);
    int64_t global = place_of(bytes, size, "GCOL\1\0\0\0", 8), local = place_of(bytes, size, "HEAP\0\0\0\0", 8);
    ck_assert_msg(global > 0 && local > 0, "global heap at %lld, local heap at %lld", (long long)global,
                  (long long)local);
    ck_ok(gh_h5_check_image(bytes, (int64_t)size, "heap.h5"));
    char *object = bytes + global + 16 + 8, kept = object[3];
    object[3] = 1; /* an object of 16 MB */
    ck_fails(gh_h5_check_image(bytes, (int64_t)size, "heap.h5"), GENHEP_E_FORMAT, "heap");
    check_open_fails(put_bytes("bad.h5", bytes, size), NULL, GENHEP_E_FORMAT, "damaged HDF5 heap");
    object[3] = kept;
    uint64_t address, first;
    memcpy(&first, bytes + local + 16, 8); /* this test runs on little-endian machines, as HDF5's files are */
    memcpy(&address, bytes + local + 24, 8);
    ck_assert_uint_ne(first, 1);
    memcpy(bytes + address + first, &first, 8); /* the first free block is its own successor */
    check_open_fails(put_bytes("bad.h5", bytes, size), NULL, GENHEP_E_FORMAT, "free list");
    free(bytes);
    ck_ok(genhep_dataset_open(path, NULL, &back));
    genhep_dataset_free(back);
    genhep_dataset_free(table);
}
END_TEST

/* Latents from the prior and rows without weights: the snapshot has nothing to fill in, and says so with GENHEP_OK. */
START_TEST(snapshot_without_buffer_or_weights)
{
    genhep_model *model = small_model("model.family=vae");
    ck_ok(genhep_model_verify(model));
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("damage", line_breaks_in_csv_names, names_that_a_model_cannot_keep, columns_that_a_npy_file_does_not_have,
             networks_that_a_model_does_not_hold, kinds_that_contradict_the_options, a_nan_is_no_event, a_large_constant_column, damaged_hdf5_heaps,
             snapshot_without_buffer_or_weights)
