/* cli.h -- what the subcommands of `genhep` share. Exit status 0 only on success; a failure is one line on standard error. */
#ifndef GENHEP_CLI_H
#define GENHEP_CLI_H

#include <stdint.h>

#include "genhep/genhep.h"

/** Command line of a subcommand, split into positional arguments, flags with a value, and key=value settings. */
typedef struct arguments {
    const char *positional[8];
    int n_positional;
    const char *settings[256];
    int n_settings;
    const char *output;    /* -o */
    const char *seed;      /* --seed */
    const char *stream;    /* --stream */
    const char *threads;   /* --threads */
    const char *resume;    /* --resume */
    const char *json;      /* --json */
    const char *report;    /* --report */
    const char *process;   /* --process */
    const char *train;     /* --train */
    const char *baseline;  /* --baseline */
    const char *condition; /* --condition */
    const char *plane;     /* --plane */
    const char *along;     /* --along */
    const char *vary;      /* --vary */
    const char *method;    /* --method */
    const char *model;     /* --model */
    const char *unweighted; /* --unweighted */
    int64_t repeat;        /* --repeat, -1 when absent */
    int64_t n;             /* -n, -1 when absent */
} arguments;

/** Parse argv[1..]. `allowed` lists the flags the subcommand takes, "-o -n --seed" for example. @return 0, or 1 with a message */
int parse_arguments(int argc, char **argv, const char *allowed, int least, int most, const char *usage, arguments *result);

/** Print "genhep: <message of the library>" and return 1. */
int fail_library(void);
/** Print "genhep: " and the formatted line and return 1. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Options from a card (NULL: none) and the key=value settings, --seed, --stream and --threads. threads_key: which option
 * --threads sets. */
int make_options(const char *card, const arguments *given, const char *threads_key, genhep_options **options);

/** data.columns = the model's columns, in its order, whatever else a file holds. */
genhep_status select_model_columns(const genhep_model *model, genhep_options *options);

/** Rows (n,D) in the model's columns as a table, with their names and units. */
genhep_status model_table(const genhep_model *model, const genhep_options *options, int64_t n, const double *rows, genhep_dataset **table);

/** The process whose observables are built: --process, else the attribute of a file where it is one of these, else generic. */
const char *process_of(const arguments *given, const char *attribute);

int command_train(int argc, char **argv);
int command_sample(int argc, char **argv);
int command_evaluate(int argc, char **argv);
int command_info(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_encode(int argc, char **argv);
int command_latent(int argc, char **argv);
int command_observables(int argc, char **argv);
int command_bump(int argc, char **argv);
int command_scan(int argc, char **argv);
int command_score(int argc, char **argv);
int command_density(int argc, char **argv);
int command_bench(int argc, char **argv);

#endif
