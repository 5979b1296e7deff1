/* truth.h -- built-in truth: processes whose distributions are known in closed form, as data to learn from.
 *
 * Each process is one row of a table: columns, keys with defaults and ranges, and a function that makes one event out
 * of uniform random numbers. Event k of (process, seed, settings) uses the numbers
 * k*TRUTH_STRETCH .. (k+1)*TRUTH_STRETCH - 1 of the library's uniform sequence (seed, stream of the process) and
 * nothing else, so the first n events of a longer run are the run of n. Physics and keys: docs/PROCESSES.md. */
#ifndef TRUTH_TRUTH_H
#define TRUTH_TRUTH_H

#include <stddef.h>
#include <stdint.h>

#include "draws.h"
#include "genhep/genhep.h"

#define TRUTH_KEYS 8      /* keys of one process, at most */
#define TRUTH_COLUMNS 512 /* columns of one process, at most */

enum truth_kind {
    TRUTH_REAL = 1, /* one number in [least, most] */
    TRUTH_RANGE,    /* two numbers "lo,hi", both in [least, most], lo below hi */
    TRUTH_SPAN,     /* the same, lo equal to hi allowed */
    TRUTH_CHOICE    /* one of the words in `choices` */
};

typedef struct truth_key {
    const char *name;
    enum truth_kind kind;
    const char *standard; /* default, as text */
    double least, most;   /* of TRUTH_REAL, TRUTH_RANGE and TRUTH_SPAN */
    const char *choices;  /* of TRUTH_CHOICE, separated by '|' */
    const char *help;     /* with the unit */
} truth_key;

/** Value of a key: `number` (and `upper` of a range), or the index of the chosen word. */
typedef struct truth_value {
    double number, upper;
    int choice;
    int given; /* set by the caller, not the default */
} truth_value;

typedef struct truth_process truth_process;

/** A process made ready: values in the order of its keys, and what `prepare` worked out from them. */
typedef struct truth_run {
    const truth_process *process;
    truth_value value[TRUTH_KEYS];
    int64_t stream;      /* of the uniform numbers; differs between processes and samples that are used side by side */
    int n_columns;       /* those of the process, unless `prepare` chose others */
    const char *const *columns;
    const char *const *units; /* of each column, NULL: the process's unit for all */
    double sqrt_s;       /* GeV, 0 where it has no meaning */
    double sigma_pb;     /* total rate after the cuts, 0 where none is defined */
    double sigma_err_pb; /* its numerical error */
    void *tables;        /* owned; released with free() */
} truth_run;

struct truth_process {
    const char *name;
    const char *text; /* what it is, in one line */
    const char *cuts; /* "" when there are none */
    int64_t stream;
    int n_columns; /* the largest number that `prepare` may choose */
    const char *const *columns;
    const char *unit; /* of all columns */
    int n_keys;
    const truth_key *keys;
    /** Check values against each other, fill stream, columns, units, sqrt_s, sigma and tables. May be NULL.
     * @return GENHEP_OK, GENHEP_E_OPTION or GENHEP_E_NOMEM with a message. */
    int (*prepare)(truth_run *run, char *message, size_t message_size);
    /** One event, the n_columns numbers of the run. */
    void (*event)(const truth_run *run, truth_draws *draws, double *row);
};

/** The table; index 0 .. truth_count()-1. truth_find returns NULL for an unknown name. */
int truth_count(void);
const truth_process *truth_at(int index);
const truth_process *truth_find(const char *name);

/** Check "key=value" settings and make a process ready. Release `run` with truth_close, also after a failure.
 * @return GENHEP_OK, GENHEP_E_OPTION or GENHEP_E_NOMEM with a one-line message. */
int truth_open(const truth_process *process, char *const *settings, int n_settings, truth_run *run, char *message,
               size_t message_size);
void truth_close(truth_run *run);

/** Effective settings as "key=value key=value", defaults included. */
void truth_settings(const truth_run *run, char *text, size_t size);

/** Find a process and make it ready for n events. Release `run` with truth_close, also after a failure.
 * @return GENHEP_OK, or GENHEP_E_ARG (unknown process, n < 0 or too large), GENHEP_E_OPTION, GENHEP_E_NOMEM with a one-line
 *         message. */
int truth_start(const char *process, int64_t n, char *const *settings, int n_settings, truth_run *run, char *message,
                size_t message_size);

/** Events first .. first+n-1: rows (n,n_columns). @return GENHEP_OK, or GENHEP_E_NUMERIC with a message */
int truth_rows(const truth_run *run, int64_t first, int64_t n, int64_t seed, double *rows, char *message, size_t message_size);

/** A dataset of n_rows rows, which may be none, with the columns of the process and the attributes of a run of n events.
 * @return GENHEP_OK, or what the library returned, with a message */
int truth_table(const truth_run *run, int64_t n, int64_t seed, int64_t n_rows, const double *rows, genhep_dataset **out,
                char *message, size_t message_size);

/** Make n events of a process, all of them in memory.
 * @param settings  n_settings texts "key=value"; a key may be given once
 * @param out       a new dataset with the attributes process, description, cuts, generator, sqrt_s_GeV, sigma_pb,
 *                  sigma_err_pb, seed, n_events and settings (those that are defined); free with genhep_dataset_free
 * @return GENHEP_OK, or GENHEP_E_ARG (unknown process, n < 0), GENHEP_E_OPTION, GENHEP_E_NOMEM, or what the library
 *         returned; `message` then says in one line what was found and what was expected. */
int truth_generate(const char *process, int64_t n, int64_t seed, char *const *settings, int n_settings,
                   genhep_dataset **out, char *message, size_t message_size);

/** The word of `words` (n of them) closest to `word` by edit distance. */
const char *truth_closest(const char *word, const char *const *words, int n);

/** Write a message, cut to fit. */
void truth_say(char *message, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Parse a whole text as a finite number or an integer. @return 1 on success. Expects the "C" locale. */
int truth_parse_real(const char *text, double *value);
int truth_parse_int(const char *text, int64_t *value);

#endif
