/* test_sample_chunks.c -- `genhep sample` and `genhep simulate` a chunk at a time: the file does not depend on sample.chunk, with
 * conditions, weights and the classes of a subtraction too. */
#include <fcntl.h>

#include "simulate.h"
#include "subtraction_model.h"
#include "unit/event_files.h"

int command_sample(int argc, char **argv); /* of src/cli.h */

enum { EVENTS = 1500, COLUMNS = 4 };

/* A subcommand with these words behind it; its standard output is not wanted. */
static int run(int (*command)(int, char **), const char *words, const char *output, int chunk)
{
    char copy[1024], *argv[32] = {(char *)"command"}, *save = NULL;
    int argc = 1;
    snprintf(copy, sizeof copy, "%s -o %s sample.chunk=%d", words, output, chunk);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) argv[argc++] = word;
    fflush(stdout);
    const int kept = dup(1), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    const int status = command(argc, argv);
    fflush(stdout);
    dup2(kept, 1);
    close(kept);
    close(nowhere);
    return status;
}

/* The same bytes for chunks of 1, of 100 and all in one. */
static void check_chunks(int (*command)(int, char **), const char *words, const char *ending)
{
    static const int chunks[] = {65536, 100, 1};
    char name[40];
    size_t size[2];
    char *whole = NULL;
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "chunk%d%s", chunks[i], ending);
        ck_assert_msg(run(command, words, gh_test_path(name), chunks[i]) == 0, "%s, %s", words, name);
        char *bytes = take_bytes(gh_test_path(name), &size[i > 0]);
        if (i > 0) ck_assert_msg(size[0] == size[1] && memcmp(whole, bytes, size[0]) == 0, "%s: %s differs", words, name);
        if (i > 0) free(bytes);
        else whole = bytes;
    }
    free(whole);
}

START_TEST(simulate)
{
    check_chunks(command_simulate, "zll -n 300 --seed 4", ".h5");
    check_chunks(command_simulate, "zll -n 300 --seed 4", ".lheh5");
    check_chunks(command_simulate, "two_body -n 0", ".h5");
}
END_TEST

static genhep_dataset *condition_data(int weighted)
{
    static const char *const names[COLUMNS] = {"a_pT", "a_eta", "b_pT", "b_eta"};
    double *z = malloc(EVENTS * (COLUMNS + 1) * sizeof *z), *weights = z + EVENTS * COLUMNS;
    genhep_dataset *data;
    ck_ok(genhep_random_normal(2, 0, 0, EVENTS * (COLUMNS + 1), z));
    for (int i = 0; i < EVENTS; i++) weights[i] += 1; /* some are negative */
    ck_ok(genhep_dataset_from_arrays(NULL, EVENTS, COLUMNS, names, NULL, z, COLUMNS, weighted ? weights : NULL, &data));
    free(z);
    return data;
}

START_TEST(conditions_and_weights)
{
    genhep_options *options = options_of("model.family=independent", "prep=standardise", NULL);
    const genhep_dataset *data = condition_data(0);
    genhep_model *model;
    char words[600], path[200], given[200];
    ck_ok(genhep_model_create(options, &data, 1, &model));
    snprintf(path, sizeof path, "%s", gh_test_path("independent.h5"));
    ck_ok(genhep_model_save(model, path));
    genhep_model_free(model);
    snprintf(words, sizeof words, "%s -n 1000 --seed 3", path);
    check_chunks(command_sample, words, ".h5");
    check_chunks(command_sample, words, ".npy");
    snprintf(words, sizeof words, "%s -n 0 data.storage=float64", path);
    check_chunks(command_sample, words, ".csv");
    genhep_dataset_free((genhep_dataset *)data);

    data = condition_data(1);
    ck_ok(genhep_options_set(options, "model.family", "vae"));
    ck_ok(genhep_options_set(options, "data.condition", "b_*"));
    ck_ok(genhep_options_set(options, "train.steps", "20"));
    ck_ok(genhep_options_set(options, "train.figure", "loss"));
    genhep_trainer *trainer;
    genhep_model *trained;
    ck_ok(genhep_model_create(options, &data, 1, &model));
    ck_ok(genhep_trainer_create(model, &data, 1, options, &trainer));
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &trained));
    ck_ok(genhep_model_save(trained, path));
    snprintf(given, sizeof given, "%s", gh_test_path("given.h5"));
    ck_ok(genhep_dataset_write(data, given, NULL));
    snprintf(words, sizeof words, "%s -n 777 --condition %s --repeat 3 data.storage=float64", path, given);
    check_chunks(command_sample, words, ".csv.gz");
    genhep_dataset *drawn;
    ck_ok(genhep_dataset_open(gh_test_path("chunk100.csv.gz"), NULL, &drawn));
    ck_assert_int_eq(drawn->n, 777);
    for (int64_t i = 0; i < drawn->n; i++) ck_assert(drawn->weights[i] == data->weights[i / 3]);
    genhep_dataset_free(drawn);
    genhep_trainer_free(trainer);
    genhep_model_free(model);
    genhep_model_free(trained);
    genhep_dataset_free((genhep_dataset *)data);
    genhep_options_free(options);
}
END_TEST

/* Columns of a muon, whose mass is known, around pT = 30 or 60 GeV. */
static genhep_dataset *muons(int64_t n, int64_t seed, double pt, const char *sigma)
{
    static const char *const names[3] = {"mum_pT", "mum_eta", "mum_phi"};
    double *z = malloc((size_t)(3 * n) * sizeof *z);
    genhep_dataset *data;
    ck_ok(genhep_random_normal(seed, 0, 0, 3 * n, z));
    for (int64_t i = 0; i < n; i++) z[3 * i] = (i % 3 ? pt : 60) + 5 * z[3 * i];
    ck_ok(genhep_dataset_from_arrays(NULL, n, 3, names, NULL, z, 3, NULL, &data));
    ck_ok(genhep_dataset_set_attribute(data, "sigma_pb", sigma));
    free(z);
    return data;
}

/* The cross section of a subtraction's events is the sum of their weights, in every format: known at the end, and in HepMC3 with
 * the first event. */
START_TEST(classes)
{
    genhep_options *options = subtraction_options("");
    genhep_dataset *tables[2] = {muons(2000, 1, 30, "10"), muons(2000, 2, 60, "4")};
    const genhep_dataset *const data[2] = {tables[0], tables[1]};
    genhep_model *model, *trained;
    genhep_trainer *trainer;
    char words[600], path[200];
    ck_ok(genhep_subgan_create(options, data, 2, &model));
    ck_ok(genhep_trainer_create(model, data, 2, options, &trainer));
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &trained));
    snprintf(path, sizeof path, "%s", gh_test_path("classes.h5"));
    ck_ok(genhep_model_save(trained, path));
    snprintf(words, sizeof words, "%s -n 500 --seed 6 data.storage=float64", path);
    check_chunks(command_sample, words, ".h5");
    genhep_dataset *drawn;
    ck_ok(genhep_dataset_open(gh_test_path("chunk1.h5"), NULL, &drawn));
    double sum = 0;
    for (int64_t i = 0; i < drawn->n; i++) sum += drawn->weights[i];
    const char *sigma = genhep_dataset_attribute(drawn, "sigma_pb");
    ck_assert_double_eq_tol(strtod(sigma, NULL), sum, 1e-8 * fabs(sum));
    ck_assert_double_gt(fabs(sum), 0.1);

    snprintf(words, sizeof words, "%s -n 500 --seed 6 data.storage=float64", path);
    check_chunks(command_sample, words, ".lhe.gz");
    genhep_dataset *records;
    ck_ok(genhep_dataset_open(gh_test_path("chunk100.lhe.gz"), NULL, &records));
    ck_assert_str_eq(genhep_dataset_attribute(records, "sigma_pb"), sigma);
    check_chunks(command_sample, words, ".hepmc3");
    size_t size;
    char *text = take_bytes(gh_test_path("chunk100.hepmc3"), &size), line[100];
    snprintf(line, sizeof line, "\nA 0 GenCrossSection %s 0 ", sigma);
    int64_t count = 0;
    for (const char *at = text; (at = strstr(at, line)); at++) count++;
    ck_assert_int_eq(count, 500);
    free(text);
    genhep_dataset_free(records);
    genhep_dataset_free(drawn);
    genhep_trainer_free(trainer);
    genhep_model_free(trained);
    genhep_model_free(model);
    genhep_dataset_free(tables[0]);
    genhep_dataset_free(tables[1]);
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("sample in chunks", simulate, conditions_and_weights, classes)
