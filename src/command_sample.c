/* command_sample.c -- genhep sample: model file -> event file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "conditions.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What a run of sampling works on: a chunk of events at a time. */
typedef struct job {
    const arguments *given;
    genhep_model *model;
    conditions conditions;
    genhep_sampler *sampler;
    int64_t n, d, chunk;
    int single;            /* events are drawn as float: what is stored is what a float caller gets */
    float *rows;           /* (chunk,d), or */
    double *wide;          /* (chunk,d) */
    double *cond;          /* (chunk,c), NULL without conditions */
    double *weights;       /* chunk, or NULL: those of the conditions' rows, or of classes */
    double seconds, sigma; /* of drawing; sum of the weights of events with classes */
} job;

static int allocate(job *j)
{
    const size_t rows = (size_t)j->chunk, numbers = rows * (size_t)j->d;
    const int weighted = j->conditions.weights || genhep_model_classes(j->model);
    if (j->single) j->rows = malloc(numbers * sizeof *j->rows + 1);
    else j->wide = malloc(numbers * sizeof *j->wide + 1);
    if (j->conditions.c) j->cond = malloc(rows * (size_t)j->conditions.c * sizeof *j->cond + 1);
    if (weighted) j->weights = malloc(rows * sizeof *j->weights + 1);
    if ((!j->rows && !j->wide) || (j->conditions.c && !j->cond) || (weighted && !j->weights))
        return fail("%lld events of %lld columns do not fit into memory; set sample.chunk", (long long)j->chunk, (long long)j->d);
    return 0;
}

/* Events first .. first+n-1. The weights of classes, whose mean is the cross section, become weights that add up to it. */
static genhep_status draw(job *j, int64_t first, int64_t n)
{
    const int64_t d = j->d, c = j->conditions.c;
    double *drawn = genhep_model_classes(j->model) ? j->weights : NULL;
    const double start = now();
    if (c) conditions_expand(&j->conditions, first, n, j->cond);
    genhep_status status = j->single ? genhep_sampler_draw_weighted_float(j->sampler, n, j->cond, c, j->rows, d, n * d, drawn)
                                     : genhep_sampler_draw_weighted_double(j->sampler, n, j->cond, c, j->wide, d, n * d, drawn);
    j->seconds += now() - start;
    for (int64_t i = 0; i < n && !status; i++) {
        if (drawn) j->sigma += drawn[i] /= (double)j->n;
        else if (j->weights) j->weights[i] = j->conditions.weights[(first + i) / j->conditions.repeat];
    }
    return status;
}

/* Draw all events; without a writer only their weights are added up. */
static genhep_status draw_all(job *j, genhep_writer *writer)
{
    genhep_status status = GENHEP_OK;
    j->sigma = 0;
    for (int64_t done = 0; done < j->n && !status; done += j->chunk) {
        const int64_t n = j->n - done < j->chunk ? j->n - done : j->chunk;
        status = draw(j, done, n);
        if (!status && writer)
            status = j->single ? genhep_writer_append_float(writer, n, j->rows, j->d, j->weights)
                               : genhep_writer_append_double(writer, n, j->wide, j->d, j->weights);
    }
    return status;
}

/* The file's cross section is that of its classes, not that of a training sample. */
static genhep_status state_sigma(const job *j, genhep_writer *writer)
{
    char text[40];
    snprintf(text, sizeof text, "%.10g", j->sigma);
    for (char *c = text; *c; c++)
        if (*c == ',') *c = '.'; /* whatever the locale */
    return genhep_writer_set_attribute(writer, "sigma_pb", text);
}

/* Draw and write. The cross section of classes is the sum of the weights, known behind the last event. HepMC3 states it with
 * every event, so there the weights are added up first, by drawing the same events twice. */
static genhep_status stream(job *j, genhep_writer *writer)
{
    const int classes = genhep_model_classes(j->model) > 0, before = classes && strstr(j->given->output, ".hepmc3");
    int64_t first = 0;
    genhep_status status = genhep_sampler_tell(j->sampler, &first);
    if (before) {
        if (!status) status = draw_all(j, NULL);
        if (!status) status = state_sigma(j, writer);
        if (!status) status = genhep_sampler_seek(j->sampler, first);
    }
    if (!status) status = draw_all(j, writer);
    if (!status && classes && !before) status = state_sigma(j, writer);
    return status ? status : genhep_writer_close(writer);
}

static int sample_to(job *j, genhep_options *options)
{
    genhep_writer *writer = NULL;
    char storage[16];
    genhep_status status = genhep_options_get_text(options, "data.storage", storage, sizeof storage, NULL);
    j->single = !status && strcmp(storage, "float64") != 0;
    if (!status) status = genhep_options_set(options, "data.storage", j->single ? "float32" : "float64");
    if (!status) status = genhep_options_get_int(options, "sample.chunk", &j->chunk);
    if (!status) status = genhep_sampler_create(j->model, options, &j->sampler);
    if (status) return fail_library();
    if (j->chunk > j->n) j->chunk = j->n > 0 ? j->n : 1;
    if (allocate(j)) return 1;
    status = genhep_writer_create_for_model(j->model, j->given->output, j->weights != NULL, options, &writer);
    if (!status) status = stream(j, writer);
    genhep_writer_free(writer);
    if (status) return fail_library();
    printf("%s: %lld events, %.3g s of sampling, %.3g events/s\n", j->given->output, (long long)j->n, j->seconds,
           j->seconds > 0 ? (double)j->n / j->seconds : 0);
    return 0;
}

/* How many events: -n, or all rows of the conditions times --repeat. */
static int count_events(job *j)
{
    const int64_t all = j->conditions.n * j->conditions.repeat;
    j->n = j->given->n;
    if (!j->conditions.c) return j->n < 0 ? fail("sample needs -n N and -o EVENTS") : 0;
    if (j->n < 0) j->n = all;
    if (j->n > all)
        return fail("-n: found %lld, expected at most %lld, the rows of %s times --repeat", (long long)j->n, (long long)all,
                    j->given->condition);
    return 0;
}

int command_sample(int argc, char **argv)
{
    static const char usage[] = "genhep sample MODEL.h5 -n N -o EVENTS [--seed S] [--stream K] [--threads T] [--condition EVENTS] "
                                "[--repeat R] [key=value ...]";
    arguments given;
    genhep_options *options = NULL;
    job j = {.given = &given};
    if (parse_arguments(argc, argv, "-n -o --seed --stream --threads --condition --repeat", 1, 1, usage, &given)) return 1;
    if (!given.output) return fail("sample needs -n N and -o EVENTS");
    if (make_options(NULL, &given, "sample.threads", &options)) return 1;
    int result = 1;
    if (genhep_model_open(given.positional[0], options, &j.model)) {
        fail_library();
    } else {
        j.d = genhep_model_columns(j.model);
        result = conditions_open(j.model, given.condition, given.repeat, options, &j.conditions) || count_events(&j) ||
                 sample_to(&j, options);
    }
    genhep_sampler_free(j.sampler);
    free(j.rows);
    free(j.wide);
    free(j.cond);
    free(j.weights);
    conditions_close(&j.conditions);
    genhep_model_free(j.model);
    genhep_options_free(options);
    return result;
}
