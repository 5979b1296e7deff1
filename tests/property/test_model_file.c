/* test_model_file.c -- models on disk: what is read generates the same bits; damage is found; old files keep working. */
#include "cli.h" /* before Check, which has a macro `fail` */
#include "testing.h"

#include <fcntl.h>

#include "model/model.h"
#include "small_model.h"

static const char *const settings[] = {
    "loss.noise=global", "loss.noise=event encoder.norm=batch decoder.norm=batch", "loss.noise=none loss.beta=1e-3 decoder.residual=skip2",
    "model.family=independent", "model.family=vae latent.source=prior decoder.norm=layer", "model.family=ae latent.gamma=0.1",
    "loss.noise=event encoder.kind=conv encoder.grid=features encoder.channels=5 decoder.kind=conv decoder.grid=3x4x2 decoder.norm=batch",
    "encoder.kind=rnn encoder.layers=1 decoder.kind=rnn decoder.layers=2 decoder.dropout=0.1",
    "encoder.kind=conv encoder.norm=layer encoder.channels=4,3 decoder.kind=conv decoder.grid=1x8x2 decoder.kernel=5",
    "model.family=gan generator.kind=streams generator.grid=1x2,1x1 generator.channels=2,3,2 generator.kernel=2 generator.layers=1 generator.units=8 "
    "discriminator.layers=1 prep=standardise loss.penalty=none train.steps=5"};
enum { SETTINGS = sizeof settings / sizeof *settings };

static void draw(const genhep_model *model, double *events)
{
    genhep_sampler *sampler;
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, 500, NULL, 0, events, SMALL_COLUMNS, 500 * SMALL_COLUMNS));
    genhep_sampler_free(sampler);
}

START_TEST(a_read_model_draws_the_same_bits)
{
    double before[500 * SMALL_COLUMNS], after[500 * SMALL_COLUMNS];
    for (int k = 0; k < SETTINGS; k++) {
        genhep_model *model = small_model(settings[k]), *read;
        ck_ok(genhep_model_save(model, gh_test_path("m.h5")));
        ck_ok(genhep_model_open(gh_test_path("m.h5"), NULL, &read));
        draw(model, before);
        draw(read, after);
        ck_assert_msg(memcmp(before, after, sizeof before) == 0, "%s", settings[k]);
        ck_assert_int_eq(genhep_model_columns(read), SMALL_COLUMNS);
        genhep_column column = {.struct_size = sizeof column};
        ck_ok(genhep_model_column(read, 0, &column));
        ck_assert_str_eq(column.name, "a");
        ck_assert_str_eq(column.unit, "GeV");
        ck_assert_str_eq(genhep_model_attribute(read, "process"), "small");
        genhep_model_free(model);
        genhep_model_free(read);
    }
}
END_TEST

static char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

START_TEST(damage_is_found)
{
    genhep_model *model = small_model("loss.noise=global"), *read;
    size_t size;
    ck_ok(genhep_model_save(model, gh_test_path("m.h5")));
    char *bytes = read_all(gh_test_path("m.h5"), &size);
    ck_ok(genhep_model_open_memory(bytes, (int64_t)size, NULL, &read));
    ck_ok(genhep_model_verify(read));
    genhep_model_free(read);
    for (size_t at = 0; at < size; at += size / 97 + 1) {
        bytes[at] ^= 0x10;
        genhep_status status = genhep_model_open_memory(bytes, (int64_t)size, NULL, &read);
        /* bytes of the padding behind the header mean nothing; everything else is covered by magic, length or checksum */
        ck_assert_msg(status != GENHEP_OK || (at >= 24 && at < 512), "byte %zu", at);
        if (status) ck_assert_ptr_null(read);
        genhep_model_free(read);
        bytes[at] ^= 0x10;
    }
    for (size_t cut = 0; cut < size; cut += size / 23 + 1)
        ck_assert_int_ne(genhep_model_open_memory(bytes, (int64_t)cut, NULL, &read), GENHEP_OK);
    ck_fails(genhep_model_open(gh_test_path("none.h5"), NULL, &read), GENHEP_E_IO, "none.h5");
    free(bytes);
    genhep_model_free(model);
}
END_TEST

START_TEST(a_checkpoint_is_no_model)
{
    genhep_options *options = small_options("");
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_model *model, *read;
    genhep_trainer *trainer;
    ck_ok(genhep_bvae_create(options, tables, 1, &model));
    ck_ok(genhep_trainer_create(model, tables, 1, NULL, &trainer));
    ck_ok(genhep_trainer_save(trainer, gh_test_path("c.ckpt")));
    ck_fails(genhep_model_open(gh_test_path("c.ckpt"), NULL, &read), GENHEP_E_FORMAT, "checkpoint");
    ck_fails(genhep_model_verify(model), GENHEP_E_STATE, "self-test");
    ck_fails(genhep_model_save(model, "/no/such/folder/m.h5"), GENHEP_E_IO, "/no/such/folder");
    genhep_trainer_free(trainer);
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_options_free(options);
}
END_TEST

START_TEST(info_is_json_and_complete)
{
    genhep_model *model = small_model("loss.noise=global");
    int64_t length = 0;
    char small[10] = "unchanged";
    ck_fails(genhep_model_info(model, small, sizeof small, &length), GENHEP_E_BUFFER, "bytes are needed");
    ck_assert_str_eq(small, "unchanged");
    char *text = malloc((size_t)length + 1);
    ck_ok(genhep_model_info(model, text, length + 1, NULL));
    static const char *const parts[] = {"\"family\": \"bvae\"", "\"columns\": [\"a\", \"b\", \"c\", \"d\"]", "\"units\": [\"GeV\"", "\"seed\": 1",
                                        "\"prep\": \"quantile\"", "\"reference_measure\"", "\"data_events\": 3000"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) ck_assert_msg(strstr(text, parts[i]) != NULL, "%s not in %s", parts[i], text);
    free(text);
    genhep_model_free(model);
}
END_TEST

START_TEST(encode_decode_density)
{
    genhep_model *model = small_model("train.steps=800 train.lr=3e-3 loss.noise=global loss.noise_start=0.2 latent.dim=4"), *baseline = small_model("model.family=independent");
    genhep_dataset *data = small_data(400, 7);
    double x[400 * SMALL_COLUMNS], mu[400 * 4], sigma[400 * 4], back[400 * SMALL_COLUMNS], bound[400], exact[400];
    ck_ok(genhep_dataset_values(data, x, SMALL_COLUMNS, 400 * SMALL_COLUMNS));
    ck_assert_int_eq(genhep_model_latents(model), 4);
    ck_ok(genhep_model_encode(model, 400, x, SMALL_COLUMNS, mu, sigma));
    ck_ok(genhep_model_decode(model, 400, mu, back, SMALL_COLUMNS));
    double distance = 0, spread = 0, mean_bound = 0, mean_exact = 0;
    for (int i = 0; i < 400; i++) {
        for (int j = 0; j < 4; j++) ck_assert(sigma[i * 4 + j] > 0);
        distance += pow(back[i * 4] - x[i * 4], 2);
        spread += x[i * 4] * x[i * 4];
    }
    ck_assert_msg(distance < 0.5 * spread, "reconstruction error %g of %g", distance, spread);
    ck_ok(genhep_model_log_density(model, NULL, 400, x, SMALL_COLUMNS, bound));
    ck_ok(genhep_model_log_density(baseline, NULL, 400, x, SMALL_COLUMNS, exact));
    for (int i = 0; i < 400; i++) {
        ck_assert(isfinite(bound[i]));
        mean_bound += bound[i] / 400;
        if (isfinite(exact[i])) mean_exact += exact[i] / 400;
    }
    /* a and b have correlation 0.8: knowing it is worth -log(1 - 0.64) / 2 = 0.51 nats an event */
    ck_assert_msg(mean_bound > mean_exact + 0.2, "bound %g, independent %g", mean_bound, mean_exact);
    ck_fails(genhep_model_encode(baseline, 1, x, SMALL_COLUMNS, mu, NULL), GENHEP_E_STATE, "encoder");
    ck_fails(genhep_model_encode(model, 1, x, 2, mu, NULL), GENHEP_E_ARG, "stride");
    genhep_model_free(model);
    genhep_model_free(baseline);
    genhep_dataset_free(data);
}
END_TEST

static void archive_of(const genhep_model *model, gh_archive *archive)
{
    gh_archive_init(archive, &model->hooks);
    ck_ok(gh_model_save(model, archive));
}

/* Change one number of one entry; reading such an archive must fail and name what is wrong. */
static void changed_number_fails(const genhep_model *model, const char *entry, int64_t index, double value, const char *part)
{
    gh_archive archive;
    genhep_model *read;
    archive_of(model, &archive);
    const gh_entry *e = gh_archive_find(&archive, entry);
    ck_assert_msg(e != NULL, "no entry %s", entry);
    if (index < 0) index += e->dims[0] * e->dims[1] * e->dims[2];
    if (e->type == GH_F32) ((float *)e->data)[index] = (float)value;
    else if (e->type == GH_F64) ((double *)e->data)[index] = value;
    else ((int64_t *)e->data)[index] = (int64_t)value;
    ck_fails(gh_model_load(&model->hooks, &archive, &read), GENHEP_E_FORMAT, part);
    ck_assert_ptr_null(read);
    gh_archive_clear(&archive);
}

START_TEST(numbers_that_cannot_be_are_refused)
{
    genhep_model *model = small_model("loss.noise=global encoder.activation=leaky");
    changed_number_fails(model, "encoder/spec", 0, 5, "layers is 5, the file's options say 2");
    changed_number_fails(model, "decoder/spec", 2, 1, "'decoder/spec': activation");
    changed_number_fails(model, "encoder/slope", 0, 0.3, "'encoder/slope' is 0.3");
    changed_number_fails(model, "decoder/1/weights", 3, NAN, "not finite");
    changed_number_fails(model, "decoder/log_sigma", 0, INFINITY, "not finite");
    changed_number_fails(model, "buffer/mu", 7, NAN, "'buffer' entry 2");
    changed_number_fails(model, "buffer/sigma", 0, -0.5, "'buffer' entry 0");
    genhep_model_free(model);

    static const char *const names[1] = {"a"};
    double x[600], w[600];
    genhep_dataset *data;
    ck_ok(genhep_random_normal(4, 0, 0, 600, x));
    for (int i = 0; i < 600; i++) w[i] = i % 3; /* weights of 0 too: equal neighbours are sound */
    ck_ok(genhep_dataset_from_arrays(NULL, 600, 1, names, NULL, x, 1, w, &data));
    const genhep_dataset *tables[1] = {data};
    genhep_options *options = small_options("latent.dim=1 data.validation=0 train.steps=2");
    genhep_trainer *trainer;
    genhep_model *start, *read;
    gh_archive archive;
    ck_ok(genhep_bvae_create(options, tables, 1, &start));
    ck_ok(genhep_trainer_create(start, tables, 1, NULL, &trainer));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    archive_of(model, &archive);
    ck_ok(gh_model_load(&model->hooks, &archive, &read));
    gh_archive_clear(&archive);
    changed_number_fails(model, "buffer/cumulative", 5, NAN, "'buffer/cumulative' is");
    changed_number_fails(model, "buffer/cumulative", 5, 0.9, "at entry 6");
    changed_number_fails(model, "buffer/cumulative", 0, -0.1, "at entry 0");
    changed_number_fails(model, "buffer/cumulative", -1, 0.9999, "ends at 0.9999");
    genhep_model_free(start);
    genhep_model_free(model);
    genhep_model_free(read);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

/* What a later default could change is in the file, set or not. */
START_TEST(the_file_says_what_it_stands_on)
{
    genhep_model *model = small_model("");
    gh_archive archive;
    const char *card;
    archive_of(model, &archive);
    ck_ok(gh_archive_get_text(&archive, "options", &card));
    static const char *const lines[] = {"encoder.activation = silu\n", "decoder.slope = 0.2\n", "loss.noise = global\n",
                                        "model.family = bvae\n", "prep.tree = \n", "latent.alpha = 1\n", "latent.source = buffer\n",
                                        "sample.noise = on\n", "seed = 1\n", "encoder.units = 16\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) ck_assert_msg(strstr(card, lines[i]) != NULL, "no %s in\n%s", lines[i], card);
    ck_assert_ptr_null(strstr(card, "train.lr"));
    gh_archive_clear(&archive);
    genhep_model_free(model);
}
END_TEST

static void count_lines(void *user, int32_t level, const char *message)
{
    if (level == GENHEP_LOG_WARNING && strstr(message, "left out")) ++*(int64_t *)user;
}

START_TEST(odd_texts_of_the_schema)
{
    static const char *const names[2] = {"a", "b"}, *const units[2] = {"Ge\nV", ""}, *const broken[2] = {"a\nb", "c"};
    double x[200];
    int64_t lines = 0;
    genhep_dataset *data;
    genhep_model *model, *read;
    genhep_options *options = small_options("model.family=independent");
    ck_ok(genhep_options_set_log(options, count_lines, &lines));
    ck_ok(genhep_random_normal(4, 0, 0, 200, x));
    ck_fails(genhep_dataset_from_arrays(options, 100, 2, broken, NULL, x, 2, NULL, &data), GENHEP_E_ARG, "line break");
    ck_ok(genhep_dataset_from_arrays(options, 100, 2, names, units, x, 2, NULL, &data));
    ck_ok(genhep_dataset_set_attribute(data, "a=b", "first"));
    ck_ok(genhep_dataset_set_attribute(data, "c\nd", "second"));
    ck_ok(genhep_dataset_set_attribute(data, "plain", "x = y\nz"));
    const genhep_dataset *tables[1] = {data};
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_ok(genhep_model_save(model, gh_test_path("odd.h5")));
    ck_assert_int_eq(lines, 2);
    ck_ok(genhep_model_open(gh_test_path("odd.h5"), NULL, &read));
    genhep_column column = {.struct_size = sizeof column};
    ck_ok(genhep_model_column(read, 0, &column));
    ck_assert_str_eq(column.unit, "Ge V");
    ck_assert_str_eq(genhep_model_attribute(read, "plain"), "x = y z");
    ck_assert_ptr_null(genhep_model_attribute(read, "a"));
    ck_assert_ptr_null(genhep_model_attribute(read, "d"));
    model->schema->d = 65537; /* more than a reader takes: it must not come to a file */
    gh_archive archive;
    gh_archive_init(&archive, &model->hooks);
    ck_fails(gh_model_save(model, &archive), GENHEP_E_SHAPE, "65537 columns");
    gh_archive_clear(&archive);
    model->schema->d = 2;
    genhep_model_free(model);
    genhep_model_free(read);
    genhep_options_free(options);
    genhep_dataset_free(data);
}
END_TEST

/* Run a subcommand on one file; its standard error is copied. */
static int run_on(int (*command)(int, char **), const char *path, char *err, size_t size)
{
    char *argv[2] = {(char *)"genhep", (char *)path};
    const char *out = gh_test_path("stdout"), *errors = gh_test_path("stderr");
    int kept[2] = {dup(1), dup(2)}, fd[2] = {open(out, O_CREAT | O_WRONLY | O_TRUNC, 0600), open(errors, O_CREAT | O_WRONLY | O_TRUNC, 0600)};
    fflush(stdout), fflush(stderr);
    for (int i = 0; i < 2; i++) dup2(fd[i], i + 1), close(fd[i]);
    int status = command(2, argv);
    fflush(stdout), fflush(stderr);
    for (int i = 0; i < 2; i++) dup2(kept[i], i + 1), close(kept[i]);
    FILE *stream = fopen(errors, "r");
    size_t n = fread(err, 1, size - 1, stream);
    err[n] = '\0';
    fclose(stream);
    return status;
}

static void write_all(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

START_TEST(commands_say_what_is_wrong_with_a_file)
{
    char err[1024];
    size_t size;
    char good[256], bad[256];
    snprintf(good, sizeof good, "%s", gh_test_path("baseline.h5"));
    snprintf(bad, sizeof bad, "%s", gh_test_path("damaged.h5"));
    genhep_model *model = small_model("model.family=independent");
    ck_ok(genhep_model_verify(model)); /* nothing to train, so the self-test is there at once */
    ck_ok(genhep_model_save(model, good));
    ck_assert_msg(run_on(command_info, good, err, sizeof err) == 0, "%s", err);
    ck_assert_msg(run_on(command_verify, good, err, sizeof err) == 0, "%s", err);
    char *bytes = read_all(good, &size);
    write_all(bad, bytes, size / 2); /* cut short: no word of a checksum, and no table of events either */
    ck_assert_int_eq(run_on(command_info, bad, err, sizeof err), 1);
    ck_assert_msg(strstr(err, "damaged.h5") && strstr(err, "truncated"), "%s", err);
    ck_assert_int_eq(run_on(command_verify, bad, err, sizeof err), 1);
    ck_assert_msg(strstr(err, "damaged.h5") != NULL, "%s", err);
    write_all(bad, "a,b\n1,2\n", 8);
    ck_assert_msg(run_on(command_info, bad, err, sizeof err) == 0, "%s", err);
    model->selftest[3] += 1; /* as if the generator had changed */
    ck_ok(genhep_model_save(model, bad));
    ck_assert_int_eq(run_on(command_verify, bad, err, sizeof err), 1);
    ck_assert_msg(strstr(err, "damaged.h5") && strstr(err, "self-test"), "%s", err);
    free(bytes);
    genhep_model_free(model);
}
END_TEST

/* A model file of each format version that was ever released, and one of each later addition. */
START_TEST(files_of_every_format_version_open)
{
    static const char *const fixtures[] = {"tests/golden/model_format_1.h5", "tests/golden/model_condition_1.h5"};
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        genhep_model *model;
        ck_ok(genhep_model_open(fixtures[i], NULL, &model));
        ck_ok(genhep_model_verify(model));
        genhep_model_free(model);
    }
}
END_TEST

GH_TEST_MAIN("model file", a_read_model_draws_the_same_bits, damage_is_found, a_checkpoint_is_no_model, info_is_json_and_complete,
             encode_decode_density, numbers_that_cannot_be_are_refused, the_file_says_what_it_stands_on, odd_texts_of_the_schema,
             commands_say_what_is_wrong_with_a_file, files_of_every_format_version_open)
