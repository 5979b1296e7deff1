/* command_bump.c -- genhep bump: the largest excess of data over a reference, in the latent space of a model or in observables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

typedef struct points {
    genhep_dataset *table; /* observables, which own their names; NULL: latents */
    double *values;        /* (n,d) */
    int64_t n, d;
} points;

static void points_free(points *p)
{
    genhep_dataset_free(p->table);
    free(p->values);
}

/* Latent means of all events of a file, which the model's columns are taken from. */
static int encode_file(const genhep_model *model, const genhep_options *options, const char *path, points *p)
{
    genhep_dataset *events = NULL;
    double *rows = NULL;
    const int64_t columns = genhep_model_columns(model);
    p->d = genhep_model_latents(model);
    int result = genhep_dataset_open(path, options, &events) ? fail_library() : 0;
    if (!result) {
        p->n = genhep_dataset_events(events);
        rows = malloc((size_t)(p->n * columns) * sizeof *rows + 1);
        p->values = malloc((size_t)(p->n * p->d) * sizeof *p->values + 1);
        if (!rows || !p->values) result = fail("out of memory");
        else if (genhep_dataset_values(events, rows, columns, p->n * columns) || genhep_model_encode(model, p->n, rows, columns, p->values, NULL))
            result = fail_library();
    }
    genhep_dataset_free(events);
    free(rows);
    return result;
}

static int observe_file(const arguments *given, const genhep_options *options, const char *path, points *p)
{
    genhep_dataset *events = NULL;
    genhep_status status = genhep_dataset_open(path, options, &events);
    if (!status) status = genhep_observables(events, process_of(given, genhep_dataset_attribute(events, "process")), options, &p->table);
    genhep_dataset_free(events);
    if (status) return fail_library();
    p->n = genhep_dataset_events(p->table);
    p->d = genhep_dataset_columns(p->table);
    p->values = malloc((size_t)(p->n * p->d) * sizeof *p->values + 1);
    if (!p->values) return fail("out of memory");
    return genhep_dataset_values(p->table, p->values, p->d, p->n * p->d) ? fail_library() : 0;
}

static void print_bump(FILE *out, const points *p, const genhep_overdensity *o)
{
    fprintf(out, "{\"p_value\": %.6g, \"significance\": %.6g, \"axis\": ", o->p_value, o->significance);
    if (o->axis < 0) {
        fputs("null", out);
    } else if (p->table) {
        genhep_column column;
        fprintf(out, "\"%s\"", genhep_dataset_column(p->table, o->axis, &column) ? "" : column.name);
    } else {
        fprintf(out, "\"mu_%lld\"", (long long)o->axis);
    }
    fprintf(out, ", \"centre\": %lld, \"centre_is_data\": %s, \"neighbours\": %lld, \"inside\": %lld, \"expected\": %.6g, \"radius\": %.6g}\n",
            (long long)o->centre, o->centre_is_data ? "true" : "false", (long long)o->neighbours, (long long)o->inside, o->expected, o->radius);
}

static int write_bump(const char *path, const points *p, const genhep_overdensity *found)
{
    FILE *out = path && strcmp(path, "-") != 0 ? fopen(path, "w") : stdout;
    if (!out) return fail("%s: cannot be written", path);
    print_bump(out, p, found);
    return out != stdout && fclose(out) != 0 ? fail("%s: writing failed", path) : 0;
}

int command_bump(int argc, char **argv)
{
    static const char usage[] = "genhep bump MODEL.h5 DATA REFERENCE | DATA REFERENCE --process NAME [--seed S] [--json FILE] [key=value ...]";
    arguments given;
    genhep_options *options = NULL;
    genhep_model *model = NULL;
    genhep_overdensity found = {.struct_size = sizeof found};
    points both[2] = {{NULL, NULL, 0, 0}, {NULL, NULL, 0, 0}};
    int result = 0;
    if (parse_arguments(argc, argv, "--seed --json --process", 2, 3, usage, &given)) return 1;
    if ((given.n_positional == 2) != (given.process != NULL)) return fail("expected a model, or --process; usage: %s", usage);
    if (make_options(NULL, &given, "sample.threads", &options)) return 1;
    if (given.n_positional == 2) {
        for (int k = 0; k < 2 && !result; k++) result = observe_file(&given, options, given.positional[k], &both[k]);
        if (!result && both[0].d != both[1].d) result = fail("%s has other observables than %s", given.positional[0], given.positional[1]);
    } else if (genhep_model_open(given.positional[0], options, &model) || select_model_columns(model, options)) {
        result = fail_library();
    } else if (genhep_model_latents(model) == 0) {
        result = fail("%s: the model has no latent space", given.positional[0]);
    } else {
        for (int k = 0; k < 2 && !result; k++) result = encode_file(model, options, given.positional[1 + k], &both[k]);
    }
    if (!result && genhep_find_overdensity(options, both[0].n, both[0].values, both[1].n, both[1].values, both[0].d, &found)) result = fail_library();
    if (!result) result = write_bump(given.json, &both[0], &found);
    points_free(&both[0]);
    points_free(&both[1]);
    genhep_model_free(model);
    genhep_options_free(options);
    return result;
}
