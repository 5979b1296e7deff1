/* test_model_file.c -- models on disk: what is read generates the same bits; damage is found; old files keep working. */
#include "testing.h"

#include "small_model.h"

static const char *const settings[] = {
    "loss.noise=global", "loss.noise=event encoder.norm=batch decoder.norm=batch", "loss.noise=none loss.beta=1e-3 decoder.residual=skip2",
    "model.family=independent", "model.family=vae latent.source=prior decoder.norm=layer", "model.family=ae latent.gamma=0.1"};
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

/* A model file of each format version that was ever released. */
START_TEST(files_of_every_format_version_open)
{
    static const char *const fixtures[] = {"tests/golden/model_format_1.h5"};
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        genhep_model *model;
        ck_ok(genhep_model_open(fixtures[i], NULL, &model));
        ck_ok(genhep_model_verify(model));
        genhep_model_free(model);
    }
}
END_TEST

GH_TEST_MAIN("model file", a_read_model_draws_the_same_bits, damage_is_found, a_checkpoint_is_no_model, info_is_json_and_complete,
             encode_decode_density, files_of_every_format_version_open)
