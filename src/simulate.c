/* simulate.c -- the subcommand `genhep simulate`: events of the built-in processes into a file. */
#include "simulate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "genhep/genhep.h"
#include "truth/truth.h"

typedef struct request {
    const char *process, *path;
    int64_t n, seed;
    int has_n, has_seed, list;
    char **settings; /* of the process; points into argv */
    int n_settings;
    genhep_options *options; /* of the writer */
} request;

static const char usage[] = "genhep simulate PROCESS -n N -o EVENTS [--seed S] [key=value ...]";

/** Print the message of the library's last failure. */
static int library_failed(void)
{
    char message[512] = "";
    genhep_last_error(message, sizeof message);
    fprintf(stderr, "genhep simulate: %s\n", message);
    return 1;
}

static int failed(const char *found, const char *expected)
{
    fprintf(stderr, "genhep simulate: found %s, expected %s\n", found, expected);
    return 1;
}

static void list_processes(void)
{
    for (int i = 0; i < truth_count(); i++) {
        const truth_process *process = truth_at(i);
        printf("%s  (%d column%s)\n    %s\n", process->name, process->n_columns, process->n_columns == 1 ? "" : "s",
               process->text);
        if (process->cuts[0]) printf("    cuts: %s\n", process->cuts);
        for (int k = 0; k < process->n_keys; k++) {
            const truth_key *key = &process->keys[k];
            if (key->kind == TRUTH_CHOICE)
                printf("    %s=%s  [%s]  %s\n", key->name, key->choices, key->standard, key->help);
            else if (key->kind == TRUTH_RANGE || key->kind == TRUTH_SPAN)
                printf("    %s=%g,%g at most  [%s]  %s\n", key->name, key->least, key->most, key->standard, key->help);
            else
                printf("    %s=%g..%g  [%s]  %s\n", key->name, key->least, key->most, key->standard, key->help);
        }
    }
}

/** -n and --seed: a whole number that stands alone. */
static int parse_number(const char *flag, const char *text, int64_t least, int64_t *value, int *has)
{
    char found[128];
    if (truth_parse_int(text, value) && *value >= least) {
        *has = 1;
        return 0;
    }
    snprintf(found, sizeof found, "%s %.60s", flag, text);
    return failed(found, least == 0 ? "a whole number, 0 or more" : "a whole number of 64 bits");
}

static int parse_flag(int argc, char **argv, int *i, request *want)
{
    const char *flag = argv[*i];
    char found[128];
    if (strcmp(flag, "--list") == 0) {
        want->list = 1;
        return 0;
    }
    if (strcmp(flag, "-n") != 0 && strcmp(flag, "-o") != 0 && strcmp(flag, "--seed") != 0) {
        snprintf(found, sizeof found, "'%.60s'", flag);
        return failed(found, "-n, -o, --seed or --list");
    }
    if (*i + 1 >= argc) {
        snprintf(found, sizeof found, "nothing after %s", flag);
        return failed(found, strcmp(flag, "-o") == 0 ? "the name of a file" : "a whole number");
    }
    const char *text = argv[++*i];
    if (strcmp(flag, "-n") == 0) return parse_number(flag, text, 0, &want->n, &want->has_n);
    if (strcmp(flag, "--seed") == 0) return parse_number(flag, text, INT64_MIN, &want->seed, &want->has_seed);
    want->path = text;
    return 0;
}

static int parse_setting(char *text, request *want)
{
    size_t length = strcspn(text, "=");
    if (length == 4 && strncmp(text, "seed", 4) == 0)
        return parse_number("seed=", text + 5, INT64_MIN, &want->seed, &want->has_seed);
    if (memchr(text, '.', length)) return genhep_options_parse(want->options, text) ? library_failed() : 0;
    want->settings[want->n_settings++] = text;
    return 0;
}

static int parse_arguments(int argc, char **argv, request *want)
{
    for (int i = 1; i < argc; i++) {
        int wrong = 0;
        char found[128];
        if (argv[i][0] == '-') {
            wrong = parse_flag(argc, argv, &i, want);
        } else if (strchr(argv[i], '=')) {
            wrong = parse_setting(argv[i], want);
        } else if (!want->process) {
            want->process = argv[i];
        } else {
            snprintf(found, sizeof found, "'%.60s' after the process '%.30s'", argv[i], want->process);
            wrong = failed(found, "key=value");
        }
        if (wrong) return 1;
    }
    if (want->list) return 0;
    if (!want->process) return failed("no process", usage);
    if (!want->has_n) return failed("no -n", usage);
    if (!want->path) return failed("no -o", usage);
    return 0;
}

/** Make and write a chunk of events after the other. */
static int write_chunks(const request *want, const truth_run *run, genhep_writer *writer)
{
    char message[512] = "";
    int64_t chunk = 0, n;
    int wrong = genhep_options_get_int(want->options, "sample.chunk", &chunk) ? library_failed() : 0;
    if (chunk > want->n) chunk = want->n > 0 ? want->n : 1;
    double *rows = malloc((size_t)chunk * (size_t)run->n_columns * sizeof *rows + 1);
    if (!wrong && !rows) wrong = failed("no memory for a chunk of events", "a smaller sample.chunk");
    for (int64_t done = 0; done < want->n && !wrong; done += n) {
        n = want->n - done < chunk ? want->n - done : chunk;
        if (truth_rows(run, done, n, want->seed, rows, message, sizeof message)) {
            fprintf(stderr, "genhep simulate: %s\n", message);
            wrong = 1;
        } else if (genhep_writer_append_double(writer, n, rows, run->n_columns, NULL)) {
            wrong = library_failed();
        }
    }
    free(rows);
    return wrong || !genhep_writer_close(writer) ? wrong : library_failed();
}

static int write_events(const request *want)
{
    char message[512] = "";
    genhep_dataset *columns = NULL;
    genhep_writer *writer = NULL;
    truth_run run;
    int wrong = 1;
    if (truth_start(want->process, want->n, want->settings, want->n_settings, &run, message, sizeof message) ||
        truth_table(&run, want->n, want->seed, 0, NULL, &columns, message, sizeof message))
        fprintf(stderr, "genhep simulate: %s\n", message);
    else if (genhep_writer_create(columns, want->path, 0, want->options, &writer)) library_failed();
    else wrong = write_chunks(want, &run, writer);
    if (!wrong)
        printf("%s: %" PRId64 " events of %s, %d columns, seed %" PRId64 "\n", want->path, want->n, want->process,
               run.n_columns, want->seed);
    genhep_writer_free(writer);
    genhep_dataset_free(columns);
    truth_close(&run);
    return wrong;
}

int command_simulate(int argc, char **argv)
{
    request want = {.seed = 1};
    int wrong = 1;
    want.settings = calloc((size_t)argc + 1, sizeof *want.settings);
    if (!want.settings) {
        fprintf(stderr, "genhep simulate: no memory for %d arguments\n", argc);
        goto cleanup;
    }
    if (genhep_options_create(&want.options)) {
        wrong = library_failed();
        goto cleanup;
    }
    wrong = parse_arguments(argc, argv, &want);
    if (wrong) goto cleanup;
    if (want.list) list_processes();
    else wrong = write_events(&want);
cleanup:
    genhep_options_free(want.options);
    free(want.settings);
    return wrong;
}
