/* command_sample.c -- genhep sample: model file -> event file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "table.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Draw into doubles; float32 output goes through float, so that what is stored is what a float caller gets. */
static genhep_status draw(genhep_sampler *sampler, int64_t n, int64_t d, int single, double *values)
{
    if (!single) return genhep_sampler_draw_double(sampler, n, NULL, 0, values, d, n * d);
    float *rows = malloc((size_t)(n * d) * sizeof *rows + 1);
    if (!rows) return GENHEP_E_NOMEM;
    genhep_status status = genhep_sampler_draw_float(sampler, n, NULL, 0, rows, d, n * d);
    for (int64_t i = 0; !status && i < n * d; i++) values[i] = (double)rows[i];
    free(rows);
    return status;
}

static int sample_to(const arguments *given, genhep_options *options, const genhep_model *model)
{
    genhep_sampler *sampler = NULL;
    genhep_dataset *table = NULL;
    char storage[16];
    const int64_t n = given->n, d = genhep_model_columns(model);
    double *values = malloc((size_t)(n * d) * sizeof *values + 1), seconds = 0;
    if (!values) return fail("%lld events of %lld columns do not fit into memory", (long long)n, (long long)d);
    genhep_status status = genhep_options_get_text(options, "data.storage", storage, sizeof storage, NULL);
    int single = !status && strcmp(storage, "float64") != 0;
    if (!status) status = genhep_options_set(options, "data.storage", single ? "float32" : "float64");
    if (!status) status = genhep_sampler_create(model, options, &sampler);
    if (!status) {
        double start = now();
        status = draw(sampler, n, d, single, values);
        seconds = now() - start;
    }
    if (!status) status = table_of_model(model, n, values, &table);
    if (!status) status = genhep_dataset_write(table, given->output, options);
    genhep_dataset_free(table);
    genhep_sampler_free(sampler);
    free(values);
    if (status) return fail_library();
    printf("%s: %lld events, %.3g s of sampling, %.3g events/s\n", given->output, (long long)n, seconds,
           seconds > 0 ? (double)n / seconds : 0);
    return 0;
}

int command_sample(int argc, char **argv)
{
    arguments given;
    genhep_options *options = NULL;
    genhep_model *model = NULL;
    if (parse_arguments(argc, argv, "-n -o --seed --stream --threads", 1, 1,
                        "genhep sample MODEL.h5 -n N -o EVENTS [--seed S] [--stream K] [--threads T] [key=value ...]", &given))
        return 1;
    if (given.n < 0 || !given.output) return fail("sample needs -n N and -o EVENTS");
    if (make_options(NULL, &given, "sample.threads", &options)) return 1;
    int result = 1;
    if (genhep_model_open(given.positional[0], options, &model)) fail_library();
    else result = sample_to(&given, options, model);
    genhep_model_free(model);
    genhep_options_free(options);
    return result;
}
