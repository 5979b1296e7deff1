/* train.c -- learn from a file of events and save the model, in C.
 *   cc train.c -o train $(pkg-config --cflags --libs genhep)
 *   ./train CARD EVENTS MODEL.h5 [key=value ...] */
#include <stdio.h>

#include <genhep/genhep.h>

/* Called now and then while training; returning 1 would stop it. `user` holds the last step that was shown. */
static int32_t show(void *user, const genhep_progress *progress)
{
    int64_t *shown = user;
    if (progress->loss != progress->loss || progress->step == *shown) return 0; /* nothing new to show */
    if (progress->step < *shown + progress->steps / 10 && !progress->finished) return 0;
    *shown = progress->step;
    printf("step %lld of %lld, loss %.4f, %.0f s left\n", (long long)progress->step, (long long)progress->steps,
           progress->loss, progress->seconds_left);
    return 0;
}

int main(int argc, char **argv)
{
    genhep_options *options = NULL;
    genhep_dataset *events = NULL;
    genhep_model *start = NULL, *best = NULL;
    genhep_trainer *trainer = NULL;
    const genhep_dataset *tables[1];
    genhep_status status;
    int64_t shown = 0;
    int i;
    if (argc < 4) {
        fprintf(stderr, "usage: train CARD EVENTS MODEL.h5 [key=value ...]\n");
        return 2;
    }
    /* Each call works only if those before it did: the first failure is the one that is reported. */
    status = genhep_options_create(&options);
    if (!status) status = genhep_options_read_card(options, argv[1]);
    for (i = 4; i < argc && !status; i++) status = genhep_options_parse(options, argv[i]);
    if (!status) status = genhep_dataset_open(argv[2], options, &events);
    tables[0] = events;
    if (!status) status = genhep_model_create(options, tables, 1, &start); /* schema, preparation, start weights */
    if (!status) status = genhep_trainer_create(start, tables, 1, options, &trainer);
    if (!status) status = genhep_trainer_run(trainer, NULL, show, &shown);
    if (!status) status = genhep_trainer_model(trainer, GENHEP_BEST, &best);
    if (!status) status = genhep_model_save(best, argv[3]);
    if (status) {
        char message[512] = "";
        genhep_last_error(message, sizeof message);
        fprintf(stderr, "train: %s: %s\n", genhep_status_name(status), message);
    }
    genhep_model_free(best);
    genhep_trainer_free(trainer);
    genhep_model_free(start);
    genhep_dataset_free(events);
    genhep_options_free(options);
    return status ? 1 : 0;
}
