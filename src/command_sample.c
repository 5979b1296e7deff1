/* command_sample.c -- genhep sample: model file -> event file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "conditions.h"
#include "table.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What a run of sampling works on. */
typedef struct job {
    const arguments *given;
    genhep_model *model;
    conditions conditions;
    int64_t n, d;
    double *values;  /* (n,d) */
    double *weights; /* n, or NULL */
} job;

enum { ROWS = 65536 }; /* events of a call: what is expanded or converted on the way stays small */

/* Draw into doubles; float32 output goes through float, so that what is stored is what a float caller gets. */
static genhep_status draw(job *j, genhep_sampler *sampler, int single)
{
    const int64_t d = j->d, c = j->conditions.c, most = j->n < ROWS ? j->n : ROWS;
    genhep_status status = GENHEP_OK;
    float *rows = single ? malloc((size_t)(most * d) * sizeof *rows + 1) : NULL;
    double *cond = c ? malloc((size_t)(most * c) * sizeof *cond + 1) : NULL;
    if ((single && !rows) || (c && !cond)) status = GENHEP_E_NOMEM;
    for (int64_t done = 0; !status && done < j->n; done += ROWS) {
        int64_t n = j->n - done < ROWS ? j->n - done : ROWS;
        double *to = j->values + done * d;
        if (c) conditions_expand(&j->conditions, done, n, cond);
        double *weights = genhep_model_classes(j->model) ? j->weights + done : NULL;
        status = single ? genhep_sampler_draw_weighted_float(sampler, n, cond, c, rows, d, n * d, weights)
                        : genhep_sampler_draw_weighted_double(sampler, n, cond, c, to, d, n * d, weights);
        for (int64_t i = 0; single && !status && i < n * d; i++) to[i] = (double)rows[i];
    }
    free(rows);
    free(cond);
    return status;
}

/* Arrays for the events; the weights are those of the conditions' rows, or those of classes. */
static int allocate(job *j)
{
    const conditions *c = &j->conditions;
    const int weighted = c->weights || genhep_model_classes(j->model);
    j->values = malloc((size_t)(j->n * j->d) * sizeof *j->values + 1);
    j->weights = weighted ? malloc((size_t)j->n * sizeof *j->weights + 1) : NULL;
    if (!j->values || (weighted && !j->weights))
        return fail("%lld events of %lld columns do not fit into memory", (long long)j->n, (long long)j->d);
    for (int64_t i = 0; c->weights && i < j->n; i++) j->weights[i] = c->weights[i / c->repeat];
    return 0;
}

/* The table's cross section is that of its classes, not that of a training sample. */
static genhep_status state_sigma(genhep_dataset *table, double sigma)
{
    char text[40];
    snprintf(text, sizeof text, "%.10g", sigma);
    for (char *c = text; *c; c++)
        if (*c == ',') *c = '.'; /* whatever the locale */
    return genhep_dataset_set_attribute(table, "sigma_pb", text);
}

/* Weights of events with classes, whose mean is the cross section, to weights that add up to it. @return the sum */
static double spread_weights(job *j)
{
    double sigma = 0;
    for (int64_t i = 0; i < j->n; i++) sigma += j->weights[i] /= (double)j->n;
    return sigma;
}

static int sample_to(job *j, genhep_options *options)
{
    genhep_sampler *sampler = NULL;
    genhep_dataset *table = NULL;
    char storage[16];
    double seconds = 0, sigma = 0;
    const int classes = genhep_model_classes(j->model) > 0;
    if (allocate(j)) return 1;
    genhep_status status = genhep_options_get_text(options, "data.storage", storage, sizeof storage, NULL);
    int single = !status && strcmp(storage, "float64") != 0;
    if (!status) status = genhep_options_set(options, "data.storage", single ? "float32" : "float64");
    if (!status) status = genhep_sampler_create(j->model, options, &sampler);
    if (!status) {
        double start = now();
        status = draw(j, sampler, single);
        seconds = now() - start;
    }
    if (!status && classes) sigma = spread_weights(j);
    if (!status) status = table_of_model(j->model, j->n, j->values, j->weights, &table);
    if (!status && classes) status = state_sigma(table, sigma);
    if (!status) status = genhep_dataset_write(table, j->given->output, options);
    genhep_dataset_free(table);
    genhep_sampler_free(sampler);
    if (status) return fail_library();
    printf("%s: %lld events, %.3g s of sampling, %.3g events/s\n", j->given->output, (long long)j->n, seconds,
           seconds > 0 ? (double)j->n / seconds : 0);
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
    free(j.values);
    free(j.weights);
    conditions_close(&j.conditions);
    genhep_model_free(j.model);
    genhep_options_free(options);
    return result;
}
