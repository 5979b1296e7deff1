/* command_train.c -- genhep train: card + data -> model file, with a progress line, checkpoints and clean interruption. */
#include <signal.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "samples.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

typedef struct display {
    int terminal;
    double next; /* seconds of training at which the next plain line is due */
    FILE *history;
    int64_t written; /* step of the last line of the history */
} display;

static int32_t show(void *user, const genhep_progress *p)
{
    display *d = user;
    char line[256];
    char losses[128];
    if (p->discriminator != 0) /* autoencoders have none */
        snprintf(losses, sizeof losses, "D %.4g + %.3g  G %.4g (MMD %.3g)", p->discriminator, p->penalty, p->loss, p->mmd);
    else
        snprintf(losses, sizeof losses, "loss %.5g (rec %.5g, KL %.4g)  val %.5g", p->loss, p->reconstruction, p->divergence, p->validation);
    snprintf(line, sizeof line, "step %lld/%lld  epoch %lld  %.0f rows/s  lr %.2e  %s  figure %.4g (best %.4g)  %.0f s left",
             (long long)p->step, (long long)p->steps, (long long)p->epoch, p->events_per_second, p->learning_rate, losses, p->figure,
             p->best_figure, p->seconds_left);
    if (d->terminal) {
        fprintf(stderr, "\r\033[K%s", line);
        if (p->finished) fputc('\n', stderr);
        fflush(stderr);
    } else if (p->seconds >= d->next || p->finished) {
        fprintf(stderr, "%s\n", line);
        d->next = p->seconds + 30;
    }
    if (d->history && p->step != d->written) {
        fprintf(d->history, "%lld,%lld,%.3f,%.6g,%.8g,%.8g,%.8g,%.8g,%.6g,%.8g,%.8g,%.8g\n", (long long)p->step, (long long)p->epoch, p->seconds,
                p->learning_rate, p->loss, p->reconstruction, p->divergence, p->validation, p->figure, p->discriminator, p->penalty, p->mmd);
        d->written = p->step;
    }
    return interrupted;
}

/* <card without folder and ending>.h5 in the working folder. */
static void default_output(const char *card, char *path, size_t capacity)
{
    const char *name = strrchr(card, '/');
    name = name ? name + 1 : card;
    const char *dot = strrchr(name, '.');
    snprintf(path, capacity, "%.*s.h5", dot && dot != name ? (int)(dot - name) : (int)strlen(name), name);
}

static int open_history(const char *model, const char *resume, FILE **history)
{
    char path[1100];
    snprintf(path, sizeof path, "%s.history.csv", model);
    *history = fopen(path, resume ? "a" : "w");
    if (!*history) return fail("%s: cannot be written", path);
    if (!resume) fprintf(*history, "step,epoch,seconds,learning_rate,loss,reconstruction,divergence,validation,figure,discriminator,penalty,mmd\n");
    return 0;
}

static int run(genhep_trainer *trainer, const char *output, const char *checkpoint, const char *resume)
{
    display d = {.terminal = isatty(STDERR_FILENO)};
    struct sigaction action = {.sa_handler = on_signal};
    genhep_model *best = NULL;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (open_history(output, resume, &d.history)) return 1;
    genhep_status status = genhep_trainer_run(trainer, checkpoint, show, &d);
    fclose(d.history);
    if (status == GENHEP_E_USER) {
        if (d.terminal) fputc('\n', stderr);
        return fail("interrupted; the checkpoint is %s, go on with --resume %s", checkpoint, checkpoint);
    }
    if (!status) status = genhep_trainer_model(trainer, GENHEP_BEST, &best);
    if (!status) status = genhep_model_save(best, output);
    genhep_progress p = {.struct_size = sizeof p};
    if (!status) status = genhep_trainer_progress(trainer, &p);
    genhep_model_free(best);
    if (status) return fail_library();
    if (isfinite(p.best_figure))
        printf("%s: best step %lld of %lld, figure %.5g, validation loss %.6g, %.1f s\n", output, (long long)p.best_step,
               (long long)p.step, p.best_figure, p.validation, p.seconds);
    else
        printf("%s: last step %lld, without a figure to choose by, %.1f s\n", output, (long long)p.step, p.seconds);
    return 0;
}

/* A family without a network has nothing to train: its model is complete once created. */
static int save_untrained(genhep_model *model, const char *output)
{
    if (genhep_model_save(model, output)) return fail_library();
    printf("%s: no network to train, marginals stored\n", output);
    return 0;
}

/* A place that cannot take a model is told before the training, not behind it. */
static int check_output(const char *path, size_t longest)
{
    struct stat there;
    if (strlen(path) > longest) return fail("-o: a path of %zu bytes, expected at most %zu", strlen(path), longest);
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) return fail("%s: is not a regular file", path);
    return 0;
}

/* The events of data.train, or the samples of a subtraction in the order that the library takes. */
static int open_tables(const genhep_options *options, const char *family, samples *t)
{
    char file[1024];
    if (strcmp(family, "subgan") == 0) return samples_open(options, NULL, t);
    if (genhep_options_get_text(options, "data.train", file, sizeof file, NULL)) return fail_library();
    if (!file[0]) return fail("no training data: set data.train=FILE in the card or on the command line");
    if (genhep_dataset_open(file, options, &t->data[0])) return fail_library();
    t->n = 1;
    return 0;
}

int command_train(int argc, char **argv)
{
    arguments given;
    genhep_options *options = NULL;
    samples t = {.n = 0};
    genhep_model *model = NULL;
    genhep_trainer *trainer = NULL;
    char output[1024], checkpoint[1100], family[64];
    if (parse_arguments(argc, argv, "-o --seed --threads --resume", 1, 1, "genhep train CARD [-o MODEL.h5] [key=value ...] "
                        "[--resume CHECKPOINT]", &given))
        return 1;
    if (make_options(given.positional[0], &given, "train.threads", &options)) return 1;
    if (given.output) snprintf(output, sizeof output, "%s", given.output);
    else default_output(given.positional[0], output, sizeof output);
    snprintf(checkpoint, sizeof checkpoint, "%s.ckpt", output);
    int result = 1;
    if (check_output(given.output ? given.output : output, sizeof output - 1)) goto cleanup;
    genhep_status status = genhep_options_get_text(options, "model.family", family, sizeof family, NULL);
    if (!status && open_tables(options, family, &t)) goto cleanup;
    const genhep_dataset *data[MOST_SAMPLES];
    for (int i = 0; i < MOST_SAMPLES; i++) data[i] = t.data[i];
    if (!status && given.resume) {
        status = genhep_trainer_resume(given.resume, data, t.n, options, &trainer);
    } else if (!status) {
        status = genhep_model_create(options, data, t.n, &model);
        if (!status && strcmp(family, "independent") == 0) {
            result = save_untrained(model, output);
            goto cleanup;
        }
        if (!status) status = genhep_trainer_create(model, data, t.n, options, &trainer);
    }
    if (status) fail_library();
    else result = run(trainer, output, checkpoint, given.resume);
cleanup:
    genhep_trainer_free(trainer);
    genhep_model_free(model);
    samples_close(&t);
    genhep_options_free(options);
    return result;
}
