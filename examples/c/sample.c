/* sample.c -- draw events from a model file in C.
 *   cc sample.c -o sample $(pkg-config --cflags --libs genhep)
 *   ./sample MODEL.h5 N SEED [EVENTS.bin]      EVENTS.bin: N*D doubles, event after event */
#include <stdio.h>
#include <stdlib.h>

#include <genhep/genhep.h>

/* Print the library's message and pass the status on. */
static genhep_status report(genhep_status status)
{
    char message[512] = "";
    if (status == GENHEP_OK) return status;
    genhep_last_error(message, sizeof message);
    fprintf(stderr, "sample: %s: %s\n", genhep_status_name(status), message);
    return status;
}

static genhep_status open_sampler(const char *path, int64_t seed, genhep_model **model, genhep_sampler **sampler)
{
    genhep_options *options = NULL;
    genhep_status status = genhep_model_open(path, NULL, model);
    if (!status) status = genhep_options_create(&options);
    if (!status) status = genhep_options_set_int(options, "seed", seed);
    if (!status) status = genhep_sampler_create(*model, options, sampler);
    genhep_options_free(options); /* the sampler has its own copy */
    return report(status);
}

static int write_events(const char *path, const double *events, size_t count)
{
    FILE *file = fopen(path, "wb");
    int good = file && fwrite(events, sizeof *events, count, file) == count;
    if (file && fclose(file) != 0) good = 0;
    if (!good) fprintf(stderr, "sample: %s: cannot be written\n", path);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    genhep_model *model = NULL;
    genhep_sampler *sampler = NULL;
    double *events = NULL, *event = NULL, weight = 0;
    int64_t n, d, i, j;
    int failed = 1;
    n = argc >= 4 ? atoll(argv[2]) : -1;
    if (n < 0) {
        fprintf(stderr, "usage: sample MODEL.h5 N SEED [EVENTS.bin], N 0 or more\n");
        return 2;
    }
    if (open_sampler(argv[1], atoll(argv[3]), &model, &sampler)) goto cleanup;
    d = genhep_model_columns(model);
    events = malloc((size_t)(n * d + 1) * sizeof *events);
    event = malloc((size_t)d * sizeof *event);
    if (!events || !event) {
        fprintf(stderr, "sample: no memory for %lld events\n", (long long)n);
        goto cleanup;
    }

    /* All at once: n rows of d numbers. */
    if (report(genhep_sampler_draw_double(sampler, n, NULL, 0, events, d, n * d))) goto cleanup;
    printf("mean of each column over %lld events\n", (long long)n);
    for (j = 0; j < d; j++) {
        genhep_column column = {sizeof column, NULL, NULL};
        double sum = 0;
        if (report(genhep_model_column(model, j, &column))) goto cleanup;
        for (i = 0; i < n; i++) sum += events[i * d + j];
        printf("%16s %14.5f %s\n", column.name, n > 0 ? sum / (double)n : 0, column.unit);
    }

    /* One by one, as a Monte Carlo code would: event number n follows. */
    if (report(genhep_sampler_next(sampler, NULL, event, &weight))) goto cleanup;
    printf("event %lld has weight %.3f\n", (long long)n, weight);
    failed = argc > 4 ? write_events(argv[4], events, (size_t)(n * d)) : 0;
cleanup:
    free(event);
    free(events);
    genhep_sampler_free(sampler); /* before its model */
    genhep_model_free(model);
    return failed;
}
