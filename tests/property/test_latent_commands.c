/* test_latent_commands.c -- genhep latent, encode, score, bump, scan and observables: what they write, and how wrong input is answered. */
#include "small_model.h"

#include <sys/stat.h>

#undef fail /* of Check, in older versions */
#include "cli.h"

static char model_path[256], events_path[256], out_path[256];

static void prepare(void)
{
    genhep_model *model = small_model("train.steps=120");
    genhep_dataset *data = small_data(400, 5);
    snprintf(model_path, sizeof model_path, "%s/model.h5", gh_test_folder());
    snprintf(events_path, sizeof events_path, "%s/events.h5", gh_test_folder());
    snprintf(out_path, sizeof out_path, "%s/out.h5", gh_test_folder());
    ck_ok(genhep_model_save(model, model_path));
    ck_ok(genhep_dataset_write(data, events_path, NULL));
    genhep_dataset_free(data);
    genhep_model_free(model);
}

static int call(int (*command)(int, char **), const char *const *words)
{
    char *argv[24] = {NULL};
    int argc = 0;
    for (argv[argc++] = (char *)"genhep"; *words; words++) argv[argc++] = (char *)*words;
    return command(argc, argv);
}
#define RUN(command, ...) call(command, (const char *const[]){__VA_ARGS__, NULL})

static genhep_dataset *written(const char *path)
{
    genhep_dataset *data;
    ck_ok(genhep_dataset_open(path, NULL, &data));
    return data;
}

static int has_column(const genhep_dataset *data, const char *name)
{
    for (int64_t k = 0; k < genhep_dataset_columns(data); k++) {
        genhep_column c = {.struct_size = sizeof c};
        ck_ok(genhep_dataset_column(data, k, &c));
        if (strcmp(c.name, name) == 0) return 1;
    }
    return 0;
}

static int is_file(const char *folder, const char *name)
{
    char path[512];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &info) == 0 && info.st_size > 0;
}

/* Scores of the encoded events are centred on the buffer's components: a box of all of them holds what encode says. */
START_TEST(encode_and_score)
{
    prepare();
    ck_assert_int_eq(RUN(command_encode, model_path, events_path, "-o", out_path), 0);
    genhep_dataset *data = written(out_path);
    ck_assert_int_eq(genhep_dataset_events(data), 400);
    ck_assert(has_column(data, "mu_0") && has_column(data, "sigma_2") && has_column(data, "pc_2"));
    genhep_dataset_free(data);
    ck_assert_int_eq(RUN(command_score, model_path, events_path, "-o", out_path), 0);
    data = written(out_path);
    ck_assert(has_column(data, "score_reconstruction") && has_column(data, "score_buffer"));
    genhep_dataset_free(data);
    ck_assert_int_eq(RUN(command_observables, events_path, "-o", out_path), 0);
    data = written(out_path);
    ck_assert(has_column(data, "a") && genhep_dataset_events(data) == 400);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(latent_sheets_and_line)
{
    char folder[300];
    prepare();
    snprintf(folder, sizeof folder, "%s/sheets", gh_test_folder());
    const int drawn = RUN(command_latent, model_path, "--report", folder, "-n", "300", "--plane", "1,0", "--along", "2");
    ck_assert_msg(drawn == 0 || drawn == 2, "%d", drawn); /* 2: no gnuplot here */
    ck_assert(is_file(folder, "plots/plane.dat") && (drawn == 2 || is_file(folder, "plane.png")));
    if (drawn == 0) ck_assert(is_file(folder, "along.json") && is_file(folder, "along.png"));
    ck_assert_int_eq(RUN(command_latent, model_path, events_path, "-o", out_path, "-n", "5"), 0);
    genhep_dataset *data = written(out_path);
    ck_assert_int_eq(genhep_dataset_events(data), 5);
    genhep_dataset_free(data);
    ck_assert_int_eq(RUN(command_latent, model_path), 1);
    ck_assert_int_eq(RUN(command_latent, model_path, events_path, "--report", folder), 1);
    ck_assert_int_eq(RUN(command_latent, model_path, "--report", folder, "--plane", "0,0"), 1);
    ck_assert_int_eq(RUN(command_latent, model_path, "--report", folder, "--plane", "0,3"), 1);
    ck_assert_int_eq(RUN(command_latent, model_path, "--report", folder, "--along", "x"), 1);
    ck_assert_int_eq(RUN(command_latent, model_path, events_path, "-o", out_path, "-n", "1"), 1);
    ck_assert_int_eq(RUN(command_latent, model_path, events_path), 1);
}
END_TEST

START_TEST(bump_and_scan)
{
    char json[300], folder[300];
    prepare();
    snprintf(json, sizeof json, "%s/found.json", gh_test_folder());
    snprintf(folder, sizeof folder, "%s/scan", gh_test_folder());
    ck_assert_int_eq(RUN(command_bump, model_path, events_path, events_path, "--json", json, "bump.neighbours=10 20", "bump.permutations=19"), 0);
    ck_assert(is_file(gh_test_folder(), "found.json"));
    ck_assert_int_eq(RUN(command_bump, model_path, events_path, events_path, "bump.neighbours=1000"), 1);
    ck_assert_int_eq(RUN(command_bump, events_path, events_path, "--process", "zmumu", "--json", json, "bump.neighbours=10", "bump.permutations=19"), 0);
    ck_assert_int_eq(RUN(command_bump, events_path, events_path, "--process", "none"), 1);
    ck_assert_int_eq(RUN(command_bump, events_path, events_path), 1);
    ck_assert_int_eq(RUN(command_bump, model_path, events_path, events_path, "--process", "zmumu"), 1);
    const int drawn = RUN(command_scan, model_path, events_path, "--vary", "latent.gamma=0,0.5", "-n", "500", "--json", json, "--report", folder,
                          "evaluate.auc=off");
    ck_assert(drawn == 0 || drawn == 2);
    ck_assert(is_file(gh_test_folder(), "found.json") && is_file(folder, "plots/scan.dat") && (drawn == 2 || is_file(folder, "scan.png")));
    ck_assert_int_eq(RUN(command_scan, model_path, events_path), 1);
    ck_assert_int_eq(RUN(command_scan, model_path, events_path, "--vary", "latent.gamma"), 1);
    ck_assert_int_eq(RUN(command_scan, model_path, events_path, "--vary", "latent.gamma="), 1);
    ck_assert_int_eq(RUN(command_scan, model_path, events_path, "--vary", "latent.gama=1", "evaluate.auc=off"), 1);
}
END_TEST

GH_TEST_MAIN("latent commands", encode_and_score, latent_sheets_and_line, bump_and_scan)
