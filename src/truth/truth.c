/* truth.c -- the table of processes, and the run over events that turns one of them into a dataset. */
#include "truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "processes.h"

static const truth_process *const processes[] = {
    &truth_two_body, &truth_zll, &truth_dy_full, &truth_dy_photon, &truth_dy_zprime, &truth_ttbar_6q, &truth_ww_lep6,
    &truth_ttbar_jets, &truth_zw_unfold, &truth_gauss_unfold, &truth_calorimeter, &truth_zg_real, &truth_zg_dipole,
    &truth_toy_1x, &truth_camel, &truth_ring, &truth_shell,
};

#define N_PROCESSES ((int)(sizeof processes / sizeof *processes))

int truth_count(void)
{
    return N_PROCESSES;
}

const truth_process *truth_at(int index)
{
    return index >= 0 && index < N_PROCESSES ? processes[index] : NULL;
}

const truth_process *truth_find(const char *name)
{
    for (int i = 0; i < N_PROCESSES; i++)
        if (strcmp(processes[i]->name, name) == 0) return processes[i];
    return NULL;
}

static void unknown_process(const char *name, char *message, size_t message_size)
{
    const char *names[N_PROCESSES];
    char list[400] = "";
    for (int i = 0; i < N_PROCESSES; i++) {
        names[i] = processes[i]->name;
        size_t used = strlen(list);
        truth_say(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    truth_say(message, message_size, "process '%.60s' is unknown, the closest is '%s' of %s", name,
              truth_closest(name, names, N_PROCESSES), list);
}

/** A long run must not overrun the counters of the random numbers or the size of a block of memory. */
static int check_size(const truth_process *process, int64_t n, char *message, size_t message_size)
{
    int64_t most = INT64_MAX / TRUTH_STRETCH, rows = (int64_t)(PTRDIFF_MAX / sizeof(double)) / process->n_columns;
    if (rows < most) most = rows;
    if (n >= 0 && n <= most) return GENHEP_OK;
    truth_say(message, message_size, "%s: found n = %lld events, expected 0 to %lld", process->name, (long long)n,
              (long long)most);
    return GENHEP_E_ARG;
}

int truth_rows(const truth_run *run, int64_t first, int64_t n, int64_t seed, double *rows, char *message, size_t message_size)
{
    for (int64_t k = 0; k < n; k++) {
        const int64_t event = first + k;
        truth_draws draws = truth_draws_of(seed, run->stream, event);
        run->process->event(run, &draws, rows + k * run->n_columns);
        if (!draws.spent) continue;
        truth_say(message, message_size, "%s: event %lld found no accepted try among its %d random numbers",
                  run->process->name, (long long)event, TRUTH_STRETCH);
        return GENHEP_E_NUMERIC;
    }
    return GENHEP_OK;
}

static int set_text(genhep_dataset *dataset, const char *key, const char *value)
{
    return value[0] ? genhep_dataset_set_attribute(dataset, key, value) : GENHEP_OK;
}

static int set_number(genhep_dataset *dataset, const char *key, double value)
{
    char text[64];
    snprintf(text, sizeof text, "%.10g", value);
    return value > 0 ? genhep_dataset_set_attribute(dataset, key, text) : GENHEP_OK;
}

static int set_integer(genhep_dataset *dataset, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return genhep_dataset_set_attribute(dataset, key, text);
}

static int describe(const truth_run *run, int64_t n, int64_t seed, genhep_dataset *dataset)
{
    char settings[256];
    truth_settings(run, settings, sizeof settings);
    int status = set_text(dataset, "process", run->process->name);
    if (!status) status = set_text(dataset, "description", run->process->text);
    if (!status) status = set_text(dataset, "generator", "genhep simulate");
    if (!status) status = set_text(dataset, "settings", settings);
    if (!status) status = set_text(dataset, "cuts", run->process->cuts);
    if (!status) status = set_number(dataset, "sqrt_s_GeV", run->sqrt_s);
    if (!status) status = set_number(dataset, "sigma_pb", run->sigma_pb);
    if (!status) status = set_number(dataset, "sigma_err_pb", run->sigma_err_pb);
    if (!status) status = set_integer(dataset, "seed", seed);
    if (!status) status = set_integer(dataset, "n_events", n);
    return status;
}

int truth_table(const truth_run *run, int64_t n, int64_t seed, int64_t n_rows, const double *rows, genhep_dataset **out,
                char *message, size_t message_size)
{
    const truth_process *process = run->process;
    const char *units[TRUTH_COLUMNS];
    for (int i = 0; i < run->n_columns; i++) units[i] = run->units ? run->units[i] : process->unit;
    int columns = run->n_columns;
    int status = genhep_dataset_from_arrays(NULL, n_rows, columns, run->columns, units, rows, columns, NULL, out);
    if (!status) status = describe(run, n, seed, *out);
    if (!status) return GENHEP_OK;
    char cause[512] = "";
    genhep_last_error(cause, sizeof cause);
    truth_say(message, message_size, "%s: %s", process->name, cause);
    genhep_dataset_free(*out);
    *out = NULL;
    return status;
}

int truth_start(const char *process_name, int64_t n, char *const *settings, int n_settings, truth_run *run, char *message,
                size_t message_size)
{
    const truth_process *process = truth_find(process_name);
    memset(run, 0, sizeof *run);
    if (message_size) message[0] = '\0';
    if (!process) {
        unknown_process(process_name, message, message_size);
        return GENHEP_E_ARG;
    }
    int status = check_size(process, n, message, message_size);
    return status ? status : truth_open(process, settings, n_settings, run, message, message_size);
}

int truth_generate(const char *process_name, int64_t n, int64_t seed, char *const *settings, int n_settings,
                   genhep_dataset **out, char *message, size_t message_size)
{
    double *rows = NULL;
    truth_run run;
    *out = NULL;
    int status = truth_start(process_name, n, settings, n_settings, &run, message, message_size);
    if (status) goto cleanup;
    rows = calloc(n ? (size_t)n : 1, (size_t)run.n_columns * sizeof *rows);
    if (!rows) {
        truth_say(message, message_size, "%s: no memory for %lld events of %d columns", run.process->name, (long long)n,
                  run.n_columns);
        status = GENHEP_E_NOMEM;
        goto cleanup;
    }
    status = truth_rows(&run, 0, n, seed, rows, message, message_size);
    if (!status) status = truth_table(&run, n, seed, n, rows, out, message, message_size);
cleanup:
    free(rows);
    truth_close(&run);
    return status;
}
