/* test_truth_command.c -- the run over events (prefix, seeds, settings) and the subcommand `genhep simulate`. */
#include "test_truth.h"

#include <fcntl.h>

#include "simulate.h"

START_TEST(first_events_of_a_longer_run_are_the_run)
{
    for (int p = 0; p < truth_count(); p++) {
        const truth_process *process = truth_at(p);
        genhep_dataset *data;
        double *few = make_events(process->name, 37, 9, "", &data);
        double *many = make_events(process->name, 1001, 9, "", NULL);
        double *other = make_events(process->name, 37, 10, "", NULL);
        double *huge = make_events(process->name, 37, INT64_MIN, "", NULL);
        const int numbers = 37 * (int)genhep_dataset_columns(data);
        size_t size = (size_t)numbers * sizeof *few;
        ck_assert_msg(memcmp(few, many, size) == 0, "%s: another prefix", process->name);
        for (int i = 0; i < numbers; i++) {
            /* two seeds agree in a number only where a cell of a shower is suppressed or an object is absent */
            ck_assert_msg((few[i] != other[i] && few[i] != huge[i]) || few[i] == 0, "%s: the seed does not matter",
                          process->name);
            ck_assert(isfinite(few[i]) && isfinite(huge[i]));
        }
        free(few), free(many), free(other), free(huge);
        genhep_dataset_free(data);
    }
}
END_TEST

START_TEST(no_two_processes_share_numbers)
{
    int64_t seen[32];
    int n = 0;
    const char *const samples[][2] = {
        {"two_body", ""},  {"zll", "beams=ee"}, {"zll", "beams=pp"}, {"dy_full", ""},
        {"dy_photon", ""}, {"ttbar_6q", ""},    {"ww_lep6", ""},     {"toy_1x", ""},
        {"toy_1x", "sample=subtract"},          {"toy_1x", "sample=add"},
        {"zw_unfold", ""}, {"gauss_unfold", ""}, {"shower", ""},
        {"shower", "particle=gamma"}, {"shower", "particle=piplus"}, {"zg_real", ""}, {"zg_dipole", ""},
        {"ttbar_jets", ""},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        truth_run run;
        char message[256], *setting = (char *)samples[i][1];
        int status = truth_open(truth_find(samples[i][0]), &setting, setting[0] != '\0', &run, message, sizeof message);
        ck_assert_int_eq(status, GENHEP_OK);
        for (int j = 0; j < n; j++) ck_assert_int_ne(seen[j], run.stream);
        seen[n++] = run.stream;
        truth_close(&run);
    }
}
END_TEST

START_TEST(an_event_stays_in_its_stretch)
{
    truth_draws draws = truth_draws_of(3, 101, 5);
    double all[TRUTH_STRETCH], second[2];
    ck_ok(genhep_random_uniform(3, 101, 5 * (int64_t)TRUTH_STRETCH, TRUTH_STRETCH, all));
    for (int i = 0; i < TRUTH_STRETCH; i++) ck_assert(truth_uniform(&draws) == all[i]);
    ck_assert_int_eq(draws.spent, 0);
    truth_uniform(&draws);
    ck_assert_int_eq(draws.spent, 1);
    truth_draws next = truth_draws_of(3, 101, 6);
    second[0] = truth_uniform(&next);
    ck_ok(genhep_random_uniform(3, 101, 6 * (int64_t)TRUTH_STRETCH, 1, second + 1));
    ck_assert(second[0] == second[1]);
}
END_TEST

START_TEST(every_process_is_complete)
{
    for (int p = 0; p < truth_count(); p++) {
        const truth_process *process = truth_at(p);
        genhep_dataset *data;
        free(make_events(process->name, 0, 4, "", &data));
        ck_assert_ptr_eq(truth_find(process->name), process);
        ck_assert_int_le(process->n_columns, TRUTH_COLUMNS);
        ck_assert_int_le(process->n_keys, TRUTH_KEYS);
        ck_assert_str_eq(genhep_dataset_attribute(data, "process"), process->name);
        ck_assert_str_eq(genhep_dataset_attribute(data, "generator"), "genhep simulate");
        ck_assert_str_eq(genhep_dataset_attribute(data, "description"), process->text);
        ck_assert_str_eq(genhep_dataset_attribute(data, "seed"), "4");
        ck_assert_str_eq(genhep_dataset_attribute(data, "n_events"), "0");
        for (int k = 0; k < process->n_keys; k++) {
            char word[80];
            snprintf(word, sizeof word, "%s=%s", process->keys[k].name, process->keys[k].standard);
            ck_assert_ptr_nonnull(strstr(genhep_dataset_attribute(data, "settings"), word));
        }
        genhep_dataset_free(data);
    }
    ck_assert_ptr_null(truth_at(-1));
    ck_assert_ptr_null(truth_at(truth_count()));
}
END_TEST

START_TEST(wrong_settings_are_named)
{
    fails_with("two_bodi", 1, "", GENHEP_E_ARG, "'two_bodi' is unknown, the closest is 'two_body'");
    fails_with("two_body", -1, "", GENHEP_E_ARG, "n = -1 events");
    fails_with("two_body", INT64_MAX, "", GENHEP_E_ARG, "9223372036854775807 events");
    fails_with("two_body", 1, "mas=5", GENHEP_E_OPTION, "key 'mas' is unknown, the closest is 'mass' of mass, smear");
    fails_with("two_body", 1, "mass", GENHEP_E_OPTION, "expected key=value");
    fails_with("two_body", 1, "mass=", GENHEP_E_OPTION, "mass=''");
    fails_with("two_body", 1, "mass=5x", GENHEP_E_OPTION, "mass='5x', expected a number from 0.001 to 1e+06");
    fails_with("two_body", 1, "mass=nan", GENHEP_E_OPTION, "mass='nan'");
    fails_with("two_body", 1, "mass=1e999", GENHEP_E_OPTION, "mass='1e999'");
    fails_with("two_body", 1, "smear=0.2", GENHEP_E_OPTION, "smear='0.2', expected a number from 0 to 0.1");
    fails_with("two_body", 1, "mass=1 mass=1", GENHEP_E_OPTION, "'mass' twice");
    fails_with("zll", 1, "beams=e", GENHEP_E_OPTION, "beams='e', expected ee|pp");
    fails_with("zll", 1, "beams=ee|pp", GENHEP_E_OPTION, "expected ee|pp");
    fails_with("zll", 1, "sqrt_s=500", GENHEP_E_OPTION, "sqrt_s=500 is below 1000");
    fails_with("toy_1x", 1, "range=5", GENHEP_E_OPTION, "range='5', expected lo,hi");
    fails_with("toy_1x", 1, "range=5,5", GENHEP_E_OPTION, "range='5,5'");
    fails_with("toy_1x", 1, "range=0,5", GENHEP_E_OPTION, "range='0,5'");
    fails_with("toy_1x", 1, "range=1,2,3", GENHEP_E_OPTION, "range='1,2,3'");
    fails_with("ww_lep6", 1, "mass=5", GENHEP_E_OPTION, "has no keys");
    fails_with("ttbar_6q", 1, "sqrt_s=1000", GENHEP_E_OPTION, "expected a number from 4000 to 1e+06");
}
END_TEST

/* ---- the subcommand ---- */

/** Run with standard output and error in files. @return its status; the texts are copied to out and err. */
static int run_command(char *out, char *err, size_t size, int argc, char **argv)
{
    const char *path[2] = {gh_test_path("out"), gh_test_path("err")};
    FILE *stream[2] = {stdout, stderr};
    int kept[2], status;
    for (int i = 0; i < 2; i++) {
        fflush(stream[i]);
        kept[i] = dup(i + 1);
        int fd = open(path[i], O_CREAT | O_WRONLY | O_TRUNC, 0600);
        ck_assert_int_ge(fd, 0);
        dup2(fd, i + 1);
        close(fd);
    }
    status = command_simulate(argc, argv);
    for (int i = 0; i < 2; i++) {
        fflush(stream[i]);
        dup2(kept[i], i + 1);
        close(kept[i]);
        FILE *file = fopen(path[i], "r");
        size_t n = fread(i ? err : out, 1, size - 1, file);
        (i ? err : out)[n] = '\0';
        fclose(file);
    }
    return status;
}

/** Words separated by blanks, "simulate" put in front. */
static int run_words(char *out, char *err, size_t size, const char *words)
{
    char text[512], *argv[16] = {(char *)"simulate"};
    int argc = 1;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    return run_command(out, err, size, argc, argv);
}

START_TEST(command_writes_a_file)
{
    char words[512], out[8192], err[1024];
    const char *path = gh_test_path("events.h5");
    snprintf(words, sizeof words, "-n 50 zll beams=ee --seed 12 -o %s width=off data.storage=float64", path);
    int status = run_words(out, err, sizeof err, words);
    ck_assert_msg(status == 0, "%s", err);
    ck_assert_str_eq(err, "");
    ck_assert_ptr_nonnull(strstr(out, "50 events of zll"));
    genhep_dataset *data;
    ck_ok(genhep_dataset_open(path, NULL, &data));
    double *want = make_events("zll", 50, 12, "beams=ee width=off", NULL), got[400];
    ck_assert_int_eq(genhep_dataset_events(data), 50);
    ck_ok(genhep_dataset_values(data, got, 8, 400));
    ck_assert_mem_eq(got, want, sizeof got);
    ck_assert_str_eq(genhep_dataset_attribute(data, "settings"), "beams=ee sqrt_s=91.1876 width=off");
    genhep_dataset_free(data);
    free(want);
}
END_TEST

START_TEST(command_lists_processes_and_keys)
{
    char out[8192], err[1024];
    ck_assert_int_eq(run_words(out, err, sizeof out, "--list"), 0);
    for (int p = 0; p < truth_count(); p++) {
        ck_assert_ptr_nonnull(strstr(out, truth_at(p)->name));
        for (int k = 0; k < truth_at(p)->n_keys; k++) ck_assert_ptr_nonnull(strstr(out, truth_at(p)->keys[k].help));
    }
}
END_TEST

START_TEST(command_failures_are_one_line)
{
    const char *const cases[][2] = {
        {"zll -o x.h5", "found no -n, expected genhep simulate PROCESS"},
        {"zll -n 5", "found no -o"},
        {"-n 5 -o x.h5", "found no process"},
        {"zll -n 5 -o", "nothing after -o, expected the name of a file"},
        {"zll -n five -o x.h5", "-n five, expected a whole number, 0 or more"},
        {"zll -n -5 -o x.h5", "-n -5"},
        {"zll -n 5 --seed 1.5 -o x.h5", "--seed 1.5, expected a whole number"},
        {"zll -n 5 seed=x -o x.h5", "seed= x"},
        {"zll -n 99999999999999999999 -o x.h5", "-n 99999999999999999999"},
        {"zll dy_full -n 5 -o x.h5", "'dy_full' after the process 'zll', expected key=value"},
        {"zll -n 5 -x -o x.h5", "'-x', expected -n, -o, --seed or --list"},
        {"zll -n 5 -o x.h5 beam=ee", "closest is 'beams'"},
        {"zll -n 5 -o x.h5 data.storag=float32", "data.storag"},
        {"zl -n 5 -o x.h5", "closest is 'zll'"},
        {"zll -n 5 -o /nowhere/at/all/x.h5", "/nowhere/at/all"},
        {"zll -n 5 -o x.unheard", "x.unheard"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[1024], err[1024];
        ck_assert_int_eq(run_words(out, err, sizeof err, cases[i][0]), 1);
        ck_assert_msg(strstr(err, cases[i][1]) != NULL, "'%s' says '%s', expected '%s'", cases[i][0], err, cases[i][1]);
        ck_assert_msg(strchr(err, '\n') == err + strlen(err) - 1, "'%s' says more than one line: %s", cases[i][0], err);
        ck_assert_str_eq(out, "");
    }
}
END_TEST

GH_TEST_MAIN("truth_command", first_events_of_a_longer_run_are_the_run, no_two_processes_share_numbers,
             an_event_stays_in_its_stretch, every_process_is_complete, wrong_settings_are_named, command_writes_a_file,
             command_lists_processes_and_keys, command_failures_are_one_line)
