/* bench_cases.c -- networks and calls of `genhep bench`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* N1 is the generator of the t tbar papers, N3 the decoder of the B-VAE's Z -> mu mu and t tbar models. */
static const bench_network networks[] = {{"N1", 18, 10, 512, 18}, {"N3", 20, 7, 256, 26}};

enum { ROWS = 16384, BATCH = 1024, NORMALS = 65536, NEXT_EVENTS = 1024, WIDTH = 18 };

static void add(bench_case *cases, int *count, int most, bench_case c)
{
    const char *network = c.network ? c.network->name : "";
    if (*count == most) return;
    switch (c.kind) {
    case BENCH_DRAW:
        snprintf(c.name, sizeof c.name, "draw-%s-%lld-t%lld", network, (long long)c.items, (long long)c.threads);
        break;
    case BENCH_NEXT: snprintf(c.name, sizeof c.name, "next-%s", network); break;
    case BENCH_NORMAL: snprintf(c.name, sizeof c.name, "normal"); break;
    case BENCH_NORMAL_FLOAT: snprintf(c.name, sizeof c.name, "normal-float"); break;
    case BENCH_STEP: snprintf(c.name, sizeof c.name, "step-%s-t%lld", network, (long long)c.threads); break;
    }
    cases[(*count)++] = c;
}

int bench_list(bench_case *cases, int most)
{
    static const int64_t events[] = {1, 64, 1024, 16384};
    int count = 0;
    for (size_t k = 0; k < sizeof networks / sizeof *networks; k++) {
        const bench_network *n = &networks[k];
        for (size_t e = 0; e < sizeof events / sizeof *events; e++)
            for (int64_t t = 1; t <= 2; t++)
                add(cases, &count, most,
                    (bench_case){.kind = BENCH_DRAW, .network = n, .items = events[e], .threads = t, .unit = "events"});
        add(cases, &count, most,
            (bench_case){.kind = BENCH_NEXT, .network = n, .items = NEXT_EVENTS, .threads = 1, .unit = "events"});
    }
    add(cases, &count, most, (bench_case){.kind = BENCH_NORMAL, .items = NORMALS, .threads = 1, .unit = "numbers"});
    add(cases, &count, most,
        (bench_case){.kind = BENCH_NORMAL_FLOAT, .items = NORMALS / WIDTH * WIDTH, .threads = 1, .unit = "numbers"});
    for (int64_t t = 1; t <= 2; t++)
        add(cases, &count, most,
            (bench_case){.kind = BENCH_STEP, .network = &networks[1], .items = 1, .threads = t, .unit = "steps"});
    return count;
}

double bench_flops(const bench_case *c)
{
    const bench_network *n = c->network;
    if (!n || c->kind == BENCH_STEP) return 0;
    double inner = (double)((n->layers - 1) * n->units * n->units);
    return 2 * (inner + (double)(n->units * (n->latents + n->columns)));
}

/* Random rows in unlike units, so that the preparation has something to do. */
static genhep_status random_rows(const bench_network *network, genhep_dataset **dataset)
{
    const int64_t d = network->columns;
    char text[64][8];
    const char *names[64];
    double *values = malloc(sizeof(double) * (size_t)(ROWS * d));
    if (!values) return GENHEP_E_NOMEM;
    genhep_status status = genhep_random_normal(1, 0, 0, ROWS * d, values);
    for (int64_t i = 0; i < ROWS * d; i++) values[i] = 10.0 * (double)(i % d) + (1.0 + (double)(i % d)) * values[i];
    for (int64_t j = 0; j < d; j++) {
        snprintf(text[j], sizeof text[j], "x%lld", (long long)(j % 64));
        names[j] = text[j];
    }
    if (!status) status = genhep_dataset_from_arrays(NULL, ROWS, d, names, NULL, values, d, NULL, dataset);
    free(values);
    return status;
}

/* Sampling uses the decoder alone, so its encoder is as small as can be. Averaging and clipping are off in training:
 * the step is then Adam on the plain loss, what other frameworks do in theirs. */
static genhep_status network_options(const bench_case *c, const char *const *given, int n_given, genhep_options **options)
{
    const bench_network *n = c->network;
    int training = c->kind == BENCH_STEP;
    const struct {
        const char *key;
        int64_t value;
    } sizes[] = {{"latent.dim", n->latents},
                 {"decoder.layers", n->layers},
                 {"decoder.units", n->units},
                 {"encoder.layers", training ? n->layers : 1},
                 {"encoder.units", training ? n->units : 8},
                 {"train.batch", BATCH},
                 {"train.steps", 1000000000},
                 {"train.figure_steps", 1000000000},
                 {"train.threads", c->threads},
                 {"sample.threads", c->threads}};
    static const char *const settings[] = {
        "model.family=vae", "latent.source=prior",      "loss.noise=none",          "loss.beta=0.001",
        "prep=standardise", "encoder.activation=leaky", "decoder.activation=leaky", "encoder.init=he",
        "decoder.init=he",  "train.schedule=constant",  "train.average=0",          "train.clip=0"};
    genhep_status status = genhep_options_create(options);
    for (size_t i = 0; !status && i < sizeof sizes / sizeof *sizes; i++)
        status = genhep_options_set_int(*options, sizes[i].key, sizes[i].value);
    for (size_t i = 0; !status && i < sizeof settings / sizeof *settings; i++)
        status = genhep_options_parse(*options, settings[i]);
    for (int i = 0; !status && i < n_given; i++) status = genhep_options_parse(*options, given[i]);
    return status;
}

genhep_status bench_create(bench_case *c, const char *const *settings, int n_settings)
{
    genhep_options *options = NULL;
    genhep_dataset *data = NULL;
    int64_t numbers = c->network ? c->network->columns * c->items : NORMALS;
    c->buffer = malloc(sizeof(double) * (size_t)numbers);
    if (!c->buffer) return GENHEP_E_NOMEM;
    if (!c->network) return GENHEP_OK;
    genhep_status status = network_options(c, settings, n_settings, &options);
    if (!status) status = random_rows(c->network, &data);
    const genhep_dataset *tables[1] = {data};
    if (!status) status = genhep_bvae_create(options, tables, 1, &c->model);
    if (!status && c->kind == BENCH_STEP) status = genhep_trainer_create(c->model, tables, 1, options, &c->trainer);
    else if (!status) status = genhep_sampler_create(c->model, options, &c->sampler);
    genhep_dataset_free(data);
    genhep_options_free(options);
    return status;
}

genhep_status bench_run(bench_case *c)
{
    genhep_status status = GENHEP_OK;
    int64_t d = c->network ? c->network->columns : 0;
    switch (c->kind) {
    case BENCH_DRAW: return genhep_sampler_draw_float(c->sampler, c->items, NULL, 0, c->buffer, d, c->items * d);
    case BENCH_NEXT:
        for (int64_t i = 0; !status && i < c->items; i++)
            status = genhep_sampler_next(c->sampler, NULL, c->buffer, NULL);
        return status;
    case BENCH_NORMAL:
        status = genhep_random_normal(1, 0, c->position, c->items, c->buffer);
        c->position += c->items;
        return status;
    case BENCH_NORMAL_FLOAT: /* rows of 18, as a network of 18 latents takes them */
        status = genhep_random_normal_float(1, 0, c->position, c->items / WIDTH, WIDTH, c->buffer);
        c->position += c->items / WIDTH;
        return status;
    case BENCH_STEP: return genhep_trainer_step(c->trainer, c->items);
    }
    return status;
}

void bench_release(bench_case *c)
{
    genhep_sampler_free(c->sampler);
    genhep_trainer_free(c->trainer);
    genhep_model_free(c->model);
    free(c->buffer);
    c->sampler = NULL;
    c->trainer = NULL;
    c->model = NULL;
    c->buffer = NULL;
}
