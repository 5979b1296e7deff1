/* command_latent.c -- genhep encode, score, density: one row of numbers per event. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

typedef struct job {
    arguments given;
    genhep_options *options;
    genhep_model *model;
    genhep_dataset *events;
    double *values; /* (n,d) */
    int64_t n, d, latents;
} job;

static void close_job(job *j)
{
    free(j->values);
    genhep_dataset_free(j->events);
    genhep_model_free(j->model);
    genhep_options_free(j->options);
}

static int open_job(int argc, char **argv, const char *usage, job *j)
{
    memset(j, 0, sizeof *j);
    if (parse_arguments(argc, argv, "-o --seed", 2, 2, usage, &j->given)) return 1;
    if (!j->given.output) return fail("-o is missing; usage: %s", usage);
    if (make_options(NULL, &j->given, "sample.threads", &j->options)) return 1;
    genhep_status status = genhep_model_open(j->given.positional[0], j->options, &j->model);
    if (!status) status = select_model_columns(j->model, j->options);
    if (!status) status = genhep_dataset_open(j->given.positional[1], j->options, &j->events);
    if (status) {
        fail_library();
        close_job(j);
        return 1;
    }
    j->n = genhep_dataset_events(j->events);
    j->d = genhep_dataset_columns(j->events);
    j->latents = genhep_model_latents(j->model);
    j->values = malloc((size_t)(j->n * j->d) * sizeof(double) + 1);
    if (!j->values || genhep_dataset_values(j->events, j->values, j->d, j->n * j->d)) {
        fail("out of memory");
        close_job(j);
        return 1;
    }
    return 0;
}

/* Write (n,width) numbers under names "<prefix><k>" or plain names, with the weights of the events. */
static int write_rows(job *j, int64_t width, const char *const *names, const double *rows)
{
    genhep_dataset *out = NULL;
    int32_t weighted = 0;
    double *weights = malloc((size_t)j->n * sizeof *weights + 1);
    genhep_status status = weights ? genhep_dataset_weights(j->events, weights, j->n, &weighted) : GENHEP_E_NOMEM;
    if (!status) status = genhep_dataset_from_arrays(j->options, j->n, width, names, NULL, rows, width, weighted ? weights : NULL, &out);
    if (!status) status = genhep_dataset_write(out, j->given.output, j->options);
    genhep_dataset_free(out);
    free(weights);
    if (status) return fail_library();
    printf("%s: %lld events\n", j->given.output, (long long)j->n);
    return 0;
}

/* pc = V (mu - mean) of the model's components, behind mu and sigma; *width falls to 2 L for a model without a buffer. */
static int add_components(const genhep_model *model, int64_t n, int64_t L, double *rows, int64_t *width)
{
    double *mean = malloc((size_t)(L * (L + 1)) * sizeof *mean);
    if (!mean) return fail("out of memory");
    const double *vectors = mean + L;
    const genhep_status status = genhep_model_components(model, mean, NULL, mean + L);
    for (int64_t i = 0; !status && i < n; i++)
        for (int64_t k = 0; k < L; k++) {
            double sum = 0;
            for (int64_t a = 0; a < L; a++) sum += vectors[k * L + a] * (rows[i * 3 * L + a] - mean[a]);
            rows[i * 3 * L + 2 * L + k] = sum;
        }
    free(mean);
    if (status && status != GENHEP_E_STATE) return fail_library();
    *width = status ? 2 * L : 3 * L;
    for (int64_t i = 0; status && i < n; i++) memmove(rows + i * 2 * L, rows + i * 3 * L, (size_t)(2 * L) * sizeof *rows);
    return 0;
}

static int encode(job *j)
{
    const int64_t L = j->latents, n = j->n;
    static const char *const prefixes[] = {"mu_", "sigma_", "pc_"};
    if (L == 0) return fail("%s: the model has no latent space", j->given.positional[0]);
    double *mu = malloc((size_t)(n * L) * sizeof *mu + 1), *sigma = malloc((size_t)(n * L) * sizeof *sigma + 1);
    double *rows = malloc((size_t)(n * 3 * L) * sizeof *rows + 1);
    char (*texts)[32] = malloc((size_t)(3 * L) * sizeof *texts);
    const char **names = malloc((size_t)(3 * L) * sizeof *names);
    int result = 1;
    if (!mu || !sigma || !rows || !texts || !names) {
        fail("out of memory");
    } else if (genhep_model_encode(j->model, n, j->values, j->d, mu, sigma)) {
        fail_library();
    } else {
        for (int64_t k = 0; k < 3 * L; k++) {
            snprintf(texts[k], sizeof texts[k], "%s%lld", prefixes[k / L], (long long)(k % L));
            names[k] = texts[k];
        }
        for (int64_t i = 0; i < n; i++) {
            memcpy(rows + i * 3 * L, mu + i * L, (size_t)L * sizeof *rows);
            memcpy(rows + i * 3 * L + L, sigma + i * L, (size_t)L * sizeof *rows);
        }
        int64_t width = 0;
        result = add_components(j->model, n, L, rows, &width) || write_rows(j, width, names, rows);
    }
    free(mu);
    free(sigma);
    free(rows);
    free(texts);
    free(names);
    return result;
}

int command_encode(int argc, char **argv)
{
    job j;
    if (open_job(argc, argv, "genhep encode MODEL.h5 EVENTS -o LATENTS", &j)) return 1;
    int result = encode(&j);
    close_job(&j);
    return result;
}

/* Reconstruction: squared distance of an event from its mean reconstruction, columns in units of their spread. */
static int reconstruction_scores(job *j, double *score, int64_t stride)
{
    const int64_t n = j->n, d = j->d, L = j->latents;
    double *mu = malloc((size_t)(n * L) * sizeof *mu + 1), *back = malloc((size_t)(n * d) * sizeof *back + 1);
    double *spread = calloc((size_t)(2 * d), sizeof *spread);
    int bad = !mu || !back || !spread;
    if (bad) fail("out of memory");
    else memcpy(back, j->values, (size_t)(n * d) * sizeof *back); /* conditions are read from there */
    if (!bad && (bad = genhep_model_encode(j->model, n, j->values, d, mu, NULL) || genhep_model_decode(j->model, n, mu, back, d)))
        fail_library();
    for (int64_t i = 0; !bad && i < n * d; i++) spread[i % d] += j->values[i] / (double)n;
    for (int64_t i = 0; !bad && i < n * d; i++) spread[d + i % d] += pow(j->values[i] - spread[i % d], 2) / (double)n;
    for (int64_t i = 0; !bad && i < n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < d; k++)
            if (spread[d + k] > 0) sum += pow(back[i * d + k] - j->values[i * d + k], 2) / spread[d + k];
        score[i * stride] = sum / (double)d;
    }
    free(mu);
    free(back);
    free(spread);
    return bad;
}

/* A column of scores: minus a log density. A model that does not have it (GENHEP_E_STATE) has no such column. */
static int density_scores(const job *j, const char *name, genhep_status status, const double *density, const char **names, double *rows,
                          int64_t *width)
{
    if (status == GENHEP_E_STATE) return 0;
    if (status) return fail_library();
    for (int64_t i = 0; i < j->n; i++) rows[*width * j->n + i] = -density[i];
    names[(*width)++] = name;
    return 0;
}

int command_score(int argc, char **argv)
{
    const char *names[3] = {"score_reconstruction"};
    job j;
    if (open_job(argc, argv, "genhep score MODEL.h5 EVENTS -o SCORES", &j)) return 1;
    int result = 1;
    int64_t width = 1;
    double *columns = calloc((size_t)(3 * j.n) + 1, sizeof *columns), *rows = malloc((size_t)(3 * j.n) * sizeof *rows + 1);
    double *density = malloc((size_t)j.n * sizeof *density + 1);
    if (!columns || !rows || !density) {
        fail("out of memory");
    } else if (j.latents == 0) {
        fail("%s: the model has no encoder to score with", j.given.positional[0]);
    } else if (!reconstruction_scores(&j, columns, 1)) {
        result = density_scores(&j, "score_elbo", genhep_model_log_density(j.model, j.options, j.n, j.values, j.d, density), density, names,
                                columns, &width) ||
                 density_scores(&j, "score_buffer", genhep_model_buffer_density(j.model, j.options, j.n, j.values, j.d, density), density,
                                names, columns, &width);
        for (int64_t i = 0; i < j.n * width; i++) rows[i] = columns[i % width * j.n + i / width];
        if (!result) result = write_rows(&j, width, names, rows);
    }
    free(columns);
    free(rows);
    free(density);
    close_job(&j);
    return result;
}

int command_density(int argc, char **argv)
{
    static const char *const names[] = {"log_density"};
    job j;
    if (open_job(argc, argv, "genhep density MODEL.h5 EVENTS -o DENSITIES", &j)) return 1;
    double *rows = malloc((size_t)j.n * sizeof *rows + 1);
    int result = !rows ? fail("out of memory")
                 : genhep_model_log_density(j.model, j.options, j.n, j.values, j.d, rows) ? fail_library()
                                                                                           : write_rows(&j, 1, names, rows);
    free(rows);
    close_job(&j);
    return result;
}
