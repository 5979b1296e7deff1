/* test_conditions.c -- choosing conditions and targets, their preparations and options; the command with --condition. */
#include "cli.h" /* before Check, which has a macro `fail` */
#include "testing.h"

#include <fcntl.h>

#include "model/conditions.h"
#include "model/model.h"
#include "small_model.h"

static genhep_status create(const char *settings, genhep_model **model)
{
    genhep_options *options = small_options(settings);
    genhep_dataset *data = small_data(200, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_status status = genhep_model_create(options, tables, 1, model);
    genhep_dataset_free(data);
    genhep_options_free(options);
    return status;
}

static void creation_fails(const char *settings, genhep_status expected, const char *part)
{
    genhep_model *model = (genhep_model *)settings;
    ck_fails(create(settings, &model), expected, part);
    ck_assert_ptr_null(model);
}

START_TEST(wrong_choices_are_named)
{
    creation_fails("data.condition=e", GENHEP_E_OPTION, "data.condition: no column matches 'e'");
    creation_fails("data.condition=a data.target=f*", GENHEP_E_OPTION, "data.target: no column matches 'f*'");
    creation_fails("data.condition=a,b data.target=b,c", GENHEP_E_OPTION, "'b' is selected by data.condition and by data.target");
    creation_fails("data.condition=*", GENHEP_E_OPTION, "takes all 4 columns");
    creation_fails("data.condition=a,,b", GENHEP_E_OPTION, "data.condition = 'a,,b' has an empty entry");
    creation_fails("data.condition=a latent.source=buffer", GENHEP_E_OPTION, "latent.source: found 'buffer', expected 'prior'");
    creation_fails("data.condition=a prep.condition=quantil", GENHEP_E_OPTION, "prep.condition: prep: unknown stage 'quantil'");
    creation_fails("data.condition=a prep.condition=tree", GENHEP_E_OPTION, "prep.condition: ");
    creation_fails("data.condition=a prep.condition=log(b)", GENHEP_E_OPTION, "prep.condition: ");
    creation_fails("data.condition=a prep=log(a)", GENHEP_E_OPTION, "'a'"); /* not a coordinate of the targets */
}
END_TEST

START_TEST(columns_are_those_chosen)
{
    genhep_model *model;
    genhep_column column = {.struct_size = sizeof column};
    ck_ok(create("data.condition=d,b", &model)); /* the schema's order holds, not that of the patterns */
    ck_assert_int_eq(model->n_targets, 2);
    ck_assert_int_eq(model->n_conditions, 2);
    ck_assert_int_eq(model->p, 2);
    ck_assert_int_eq(model->q, 2);
    ck_assert(model->targets[0] == 0 && model->targets[1] == 2 && model->conditions[0] == 1 && model->conditions[1] == 3);
    ck_assert_str_eq(gh_option_text(model->options, "latent.source"), "prior");
    ck_assert_str_eq(gh_option_text(model->options, "decoder.calibrate"), "off");
    double rows[2 * 5] = {0, 1, 2, 3, -1, 10, 11, 12, 13, -1}, targets[4], conditions[4], back[2 * 5] = {0};
    gh_conditions_split(model, 2, rows, 5, targets, conditions);
    ck_assert(targets[0] == 0 && targets[1] == 2 && targets[3] == 12 && conditions[0] == 1 && conditions[3] == 13);
    gh_conditions_join(model, 2, targets, conditions, back, 5);
    for (int i = 0; i < 10; i++) ck_assert(back[i] == (i % 5 == 4 ? 0 : rows[i]));
    genhep_model_free(model);

    ck_ok(create("data.condition=c data.target=a", &model)); /* the others are left out */
    ck_assert_int_eq(genhep_model_columns(model), 2);
    ck_ok(genhep_model_column(model, 1, &column));
    ck_assert_str_eq(column.name, "c");
    ck_assert_str_eq(column.unit, "rad");
    genhep_model_free(model);

    ck_ok(create("data.target=d,b", &model)); /* no conditions: as data.columns, in the file's order */
    ck_assert_int_eq(genhep_model_columns(model), 2);
    ck_assert_int_eq(genhep_model_conditions(model), 0);
    ck_ok(genhep_model_column(model, 0, &column));
    ck_assert_str_eq(column.name, "b");
    ck_assert_str_eq(gh_option_text(model->options, "latent.source"), "buffer");
    genhep_model_free(model);
}
END_TEST

/* A trainer takes tables with more columns, in any order, when the card chose them; a missing one is named. */
START_TEST(trainers_find_columns_by_name)
{
    static const char *const names[3] = {"b", "x", "a"};
    double rows[3 * 100];
    genhep_model *model;
    genhep_dataset *data, *short_data;
    genhep_trainer *trainer;
    ck_ok(genhep_random_normal(3, 0, 0, 300, rows));
    ck_ok(genhep_dataset_from_arrays(NULL, 100, 3, names, NULL, rows, 3, NULL, &data));
    ck_ok(genhep_dataset_from_arrays(NULL, 100, 2, names, NULL, rows, 3, NULL, &short_data));
    ck_ok(create("data.condition=a data.target=b prep=identity prep.condition=identity data.validation=0", &model));
    const genhep_dataset *tables[1] = {data}, *missing[1] = {short_data};
    int64_t n;
    double *prepared, *conditions, *weights;
    ck_ok(gh_model_prepare(&model->hooks, model, 1, tables, 1, &n, &prepared, &conditions, &weights));
    ck_assert_int_eq(n, 100);
    for (int i = 0; i < 100; i++) ck_assert(prepared[i] == rows[3 * i] && conditions[i] == rows[3 * i + 2]);
    gh_free(&model->hooks, prepared);
    gh_free(&model->hooks, conditions);
    ck_ok(genhep_trainer_create(model, tables, 1, NULL, &trainer));
    genhep_trainer_free(trainer);
    ck_fails(genhep_trainer_create(model, missing, 1, NULL, &trainer), GENHEP_E_SHAPE, "no column 'a'");
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_dataset_free(short_data);
}
END_TEST

/* One list of masses and of particles for both parts: each preparation takes its own clauses, a wrong name is still named. */
static genhep_status particles_model(const char *masses, const char *particles, genhep_model **model)
{
    static const char *const names[8] = {"p_E", "p_px", "p_py", "p_pz", "E1", "px1", "py1", "pz1"};
    double rows[8 * 64];
    genhep_options *options;
    genhep_dataset *data;
    ck_ok(genhep_random_normal(8, 0, 0, 8 * 64, rows));
    for (int i = 0; i < 128; i++) {
        double *p = rows + 4 * i;
        p[0] = sqrt(p[1] * p[1] + p[2] * p[2] + p[3] * p[3] + (i % 2 ? 9 : 4));
    }
    ck_ok(genhep_dataset_from_arrays(NULL, 64, 8, names, NULL, rows, 8, NULL, &data));
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "data.condition", "*1"));
    ck_ok(genhep_options_set(options, "prep", "ptetaphi"));
    ck_ok(genhep_options_set(options, "prep.condition", "momenta(q)"));
    ck_ok(genhep_options_set(options, "data.masses", masses));
    ck_ok(genhep_options_set(options, "data.particles", particles));
    const genhep_dataset *tables[1] = {data};
    genhep_status status = genhep_bvae_create(options, tables, 1, model);
    genhep_dataset_free(data);
    genhep_options_free(options);
    return status;
}

START_TEST(particles_of_both_parts_in_one_list)
{
    genhep_model *model;
    ck_ok(particles_model("p: 2, q: free", "q: E1 px1 py1 pz1", &model));
    ck_assert_int_eq(model->p, 3); /* a fixed mass */
    ck_assert_int_eq(model->q, 4); /* a free one */
    genhep_model_free(model);
    ck_ok(particles_model("*: 2", "q: E=E1 px=px1 py=py1 pz=pz1", &model));
    ck_assert_int_eq(model->q, 3);
    genhep_model_free(model);
    ck_fails(particles_model("p: 2, r: free", "q: E1 px1 py1 pz1", &model), GENHEP_E_OPTION, "no particle is named 'r'");
    ck_fails(particles_model("p: 2", "q: E2 px1 py1 pz1", &model), GENHEP_E_OPTION, "E2");
}
END_TEST

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void changed_number_fails(const genhep_model *model, const char *entry, int64_t index, double value, const char *part)
{
    gh_archive archive;
    genhep_model *read;
    gh_archive_init(&archive, &model->hooks);
    ck_ok(gh_model_save(model, &archive));
    const gh_entry *e = gh_archive_find(&archive, entry);
    ck_assert_msg(e != NULL, "no entry %s", entry);
    if (e->type == GH_F64) ((double *)e->data)[index] = value;
    else ((int64_t *)e->data)[index] = (int64_t)value;
    ck_fails(gh_model_load(&model->hooks, &archive, &read), GENHEP_E_FORMAT, part);
    ck_assert_ptr_null(read);
    gh_archive_clear(&archive);
}

START_TEST(conditions_that_cannot_be_are_refused)
{
    genhep_model *model = small_model("data.condition=b,d train.figure=loss train.steps=2");
    changed_number_fails(model, "schema/conditions", 0, -1, "'schema/conditions' is -1");
    changed_number_fails(model, "schema/conditions", 1, 4, "'schema/conditions' is 4");
    changed_number_fails(model, "schema/conditions", 1, 1, "'schema/conditions' is 1");
    changed_number_fails(model, "selftest/conditions", 3, NAN, "'selftest/conditions' is not finite");
    changed_number_fails(model, "condition_prep/columns", 0, 3, "condition_prep");
    ck_ok(genhep_options_set(model->options, "latent.source", "buffer"));
    changed_number_fails(model, "schema/storage", 0, 8, "latent.source: found 'buffer'");
    genhep_model_free(model);
}
END_TEST

/* Files of models without conditions name no key of them, so that readers that know none take them. */
START_TEST(other_files_stay_as_they_were)
{
    genhep_model *model = small_model("train.steps=2");
    gh_archive archive;
    const char *card;
    gh_archive_init(&archive, &model->hooks);
    ck_ok(gh_model_save(model, &archive));
    ck_ok(gh_archive_get_text(&archive, "options", &card));
    ck_assert_ptr_null(strstr(card, "condition"));
    ck_assert_ptr_null(strstr(card, "data.target"));
    for (int64_t i = 0; i < archive.count; i++) ck_assert_ptr_null(strstr(archive.entries[i].name, "condition"));
    gh_archive_clear(&archive);
    genhep_model_free(model);
}
END_TEST

/* ---- the command ------------------------------------------------------------------------------------------------ */

/* genhep sample with these words behind; its exit status, and its standard error in `err`. */
static int sample(const char *model, const char *words, char *err, size_t size)
{
    char copy[1024], *argv[32] = {(char *)"sample", (char *)model};
    int argc = 2, kept[2] = {dup(1), dup(2)};
    const char *out = gh_test_path("stdout"), *errors = gh_test_path("stderr");
    int fd[2] = {open(out, O_CREAT | O_WRONLY | O_TRUNC, 0600), open(errors, O_CREAT | O_WRONLY | O_TRUNC, 0600)};
    snprintf(copy, sizeof copy, "%s", words);
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) argv[argc++] = word;
    fflush(stdout), fflush(stderr);
    for (int i = 0; i < 2; i++) dup2(fd[i], i + 1), close(fd[i]);
    int status = command_sample(argc, argv);
    fflush(stdout), fflush(stderr);
    for (int i = 0; i < 2; i++) dup2(kept[i], i + 1), close(kept[i]);
    FILE *stream = fopen(errors, "r");
    size_t n = fread(err, 1, size - 1, stream);
    err[n] = '\0';
    fclose(stream);
    return status;
}

#define SAMPLE(model, ...) (snprintf(words, sizeof words, __VA_ARGS__), sample(model, words, err, sizeof err))

START_TEST(the_command_repeats_conditions)
{
    static const char *const names[3] = {"extra", "d", "b"};
    char model_path[256], events[256], output[256], words[1024], err[1024];
    double rows[3 * 50], weights[50], x[150 * 4], w[150];
    int32_t weighted;
    genhep_dataset *data;
    snprintf(model_path, sizeof model_path, "%s", gh_test_path("model.h5"));
    snprintf(events, sizeof events, "%s", gh_test_path("events.h5"));
    snprintf(output, sizeof output, "%s", gh_test_path("output.h5"));
    genhep_model *model = small_model("data.condition=b,d train.figure=loss train.steps=5");
    ck_ok(genhep_model_save(model, model_path));
    ck_ok(genhep_random_normal(5, 0, 0, 150, rows));
    for (int i = 0; i < 50; i++) weights[i] = i - 10;
    ck_ok(genhep_dataset_from_arrays(NULL, 50, 3, names, NULL, rows, 3, weights, &data));
    ck_ok(genhep_dataset_write(data, events, NULL));
    genhep_dataset_free(data);
    ck_assert_msg(SAMPLE(model_path, "--condition %s --repeat 3 -o %s --seed 4 data.storage=float64", events, output) == 0, "%s", err);
    ck_ok(genhep_dataset_open(output, NULL, &data));
    ck_assert_int_eq(genhep_dataset_events(data), 150);
    ck_assert_int_eq(genhep_dataset_columns(data), 4);
    ck_ok(genhep_dataset_values(data, x, 4, 600));
    ck_ok(genhep_dataset_weights(data, w, 150, &weighted));
    ck_assert_int_eq(weighted, 1);
    for (int k = 0; k < 150; k++) {
        const double *row = rows + k / 3 * 3;
        ck_assert(x[4 * k + 1] == row[2] && x[4 * k + 3] == row[1] && w[k] == weights[k / 3]);
        ck_assert(k % 3 == 0 || x[4 * k] != x[4 * k - 4]); /* events of their own */
    }
    genhep_dataset_free(data);
    ck_assert_msg(SAMPLE(model_path, "--condition %s -n 7 -o %s", events, output) == 0, "%s", err);
    ck_ok(genhep_dataset_open(output, NULL, &data));
    ck_assert_int_eq(genhep_dataset_events(data), 7);
    genhep_dataset_free(data);

    ck_assert_int_eq(SAMPLE(model_path, "-n 7 -o %s", output), 1);
    ck_assert_msg(strstr(err, "sample needs --condition") != NULL, "%s", err);
    ck_assert_int_eq(SAMPLE(model_path, "--condition %s -n 51 -o %s", events, output), 1);
    ck_assert_msg(strstr(err, "found 51, expected at most 50") != NULL, "%s", err);
    ck_assert_int_eq(SAMPLE(model_path, "--condition %s --repeat 0 -o %s", events, output), 1);
    ck_assert_msg(strstr(err, "--repeat: found '0'") != NULL, "%s", err);
    ck_assert_int_eq(SAMPLE(model_path, "--condition %s -o %s data.columns=b,extra", events, output), 1);
    ck_assert_msg(strstr(err, "has no column 'd', a condition of the model") != NULL, "%s", err);
    genhep_model_free(model);
    model = small_model("train.steps=5");
    ck_ok(genhep_model_save(model, model_path));
    ck_assert_int_eq(SAMPLE(model_path, "--condition %s -o %s", events, output), 1);
    ck_assert_msg(strstr(err, "takes no conditions") != NULL, "%s", err);
    ck_assert_int_eq(SAMPLE(model_path, "-n 5 --repeat 2 -o %s", output), 1);
    ck_assert_msg(strstr(err, "--repeat needs --condition") != NULL, "%s", err);
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("conditions", wrong_choices_are_named, columns_are_those_chosen, trainers_find_columns_by_name,
             particles_of_both_parts_in_one_list, conditions_that_cannot_be_are_refused, other_files_stay_as_they_were,
             the_command_repeats_conditions)
