/* first_event.c -- the time of a process's first event.
 *   first_event MODEL.h5     reads the model, draws one event, prints the time of day at which it was there */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "genhep/genhep.h"

int main(int argc, char **argv)
{
    genhep_model *model = NULL;
    genhep_sampler *sampler = NULL;
    char message[512] = "";
    if (argc != 2) return 2;
    genhep_status status = genhep_model_open(argv[1], NULL, &model);
    if (!status) status = genhep_sampler_create(model, NULL, &sampler);
    double *event = calloc((size_t)genhep_model_columns(model) + 1, sizeof *event);
    if (!status && event) status = genhep_sampler_next(sampler, NULL, event, NULL);
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (status) genhep_last_error(message, sizeof message);
    if (status) fprintf(stderr, "first_event: %s\n", message);
    else printf("%lld.%09ld\n", (long long)time.tv_sec, time.tv_nsec);
    free(event);
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    return status != GENHEP_OK;
}
