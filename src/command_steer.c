/* command_steer.c -- genhep latent: what the principal components of a latent space mean, and the way between two events. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "steer.h"

static const char usage[] = "genhep latent MODEL.h5 --report DIR [--plane A,B] [--along K] [-n EVENTS] [--process NAME] [key=value ...]\n"
                            "       or genhep latent MODEL.h5 EVENTS -o BETWEEN [-n STEPS]";

enum { PLANE_STEPS = 41, ALONG_STEPS = 9 };
#define PLANE_REACH 2.5 /* standard deviations of the component to either side */
#define ALONG_REACH 2.0

typedef struct job {
    arguments given;
    genhep_options *options;
    genhep_model *model;
    int64_t L, D;
    double *mean, *variances, *vectors; /* of the components */
    const char *process;
} job;

/** Observables of events of the model: (n, count) values, names and units live with `table`. */
typedef struct observed {
    genhep_dataset *table;
    double *values;
    int64_t n, count;
} observed;

static void close_job(job *j)
{
    free(j->mean);
    genhep_model_free(j->model);
    genhep_options_free(j->options);
}

static void close_observed(observed *o)
{
    genhep_dataset_free(o->table);
    free(o->values);
}

static int open_job(int argc, char **argv, job *j)
{
    memset(j, 0, sizeof *j);
    if (parse_arguments(argc, argv, "-o -n --report --plane --along --process --seed", 1, 2, usage, &j->given)) return 1;
    if (!j->given.report == (j->given.n_positional == 1))
        return fail("found %s, expected either --report DIR or EVENTS; usage: %s", j->given.report ? "both" : "neither", usage);
    if (make_options(NULL, &j->given, "sample.threads", &j->options)) return 1;
    if (genhep_model_open(j->given.positional[0], j->options, &j->model)) {
        fail_library();
        close_job(j);
        return 1;
    }
    j->L = genhep_model_latents(j->model);
    j->D = genhep_model_columns(j->model);
    j->mean = malloc((size_t)(j->L * (j->L + 2) + 1) * sizeof *j->mean);
    if (!j->mean) {
        close_job(j);
        return fail("out of memory");
    }
    j->variances = j->mean + j->L;
    j->vectors = j->variances + j->L;
    j->process = process_of(&j->given, genhep_model_attribute(j->model, "process"));
    return 0;
}

static int observe(const job *j, int64_t n, const double *rows, observed *o)
{
    genhep_dataset *events = NULL;
    memset(o, 0, sizeof *o);
    genhep_status status = model_table(j->model, j->options, n, rows, &events);
    if (!status) status = genhep_observables(events, j->process, j->options, &o->table);
    genhep_dataset_free(events);
    if (status) return fail_library();
    o->n = n;
    o->count = genhep_dataset_columns(o->table);
    o->values = malloc((size_t)(n * o->count) * sizeof *o->values + 1);
    if (!o->values) return fail("out of memory");
    return genhep_dataset_values(o->table, o->values, o->count, n * o->count) ? fail_library() : 0;
}

static void moments(const observed *o, int64_t k, double *mean, double *deviation)
{
    double sum = 0, square = 0;
    for (int64_t i = 0; i < o->n; i++) sum += o->values[i * o->count + k] / (double)o->n;
    for (int64_t i = 0; i < o->n; i++) square += pow(o->values[i * o->count + k] - sum, 2) / (double)o->n;
    *mean = sum;
    *deviation = sqrt(square);
}

/* n events drawn with latent.shift = `shift`. */
static int draw(job *j, const char *shift, int64_t n, observed *o)
{
    genhep_sampler *sampler = NULL;
    double *rows = malloc((size_t)(n * j->D) * sizeof *rows);
    memset(o, 0, sizeof *o);
    if (!rows) return fail("out of memory");
    genhep_status status = genhep_options_set_text(j->options, "latent.shift", shift);
    if (!status) status = genhep_sampler_create(j->model, j->options, &sampler);
    if (!status) status = genhep_sampler_draw_double(sampler, n, NULL, 0, rows, j->D, n * j->D);
    genhep_sampler_free(sampler);
    int result = status ? fail_library() : observe(j, n, rows, o);
    free(rows);
    return result;
}

/* The SHEET_PANELS observables of largest interest, in their own order. */
static int choose(int64_t count, const double *interest, int64_t chosen[SHEET_PANELS])
{
    int n = 0;
    for (; n < SHEET_PANELS && n < count; n++) {
        int64_t best = -1;
        for (int64_t k = 0; k < count; k++) {
            int taken = 0;
            for (int i = 0; i < n; i++) taken |= chosen[i] == k;
            if (!taken && interest[k] > 0 && (best < 0 || interest[k] > interest[best])) best = k;
        }
        if (best < 0) break;
        chosen[n] = best;
    }
    return n;
}

static sheet_panel panel_of(const observed *o, int64_t k, const double *values, const double *errors)
{
    genhep_column column = {.struct_size = sizeof column};
    genhep_dataset_column(o->table, k, &column);
    return (sheet_panel){column.name, column.unit, values, errors};
}

/* Rows of latents with scores (x,y) of components a, b, the other scores zero, decoded. */
static int decode_plane(const job *j, int64_t a, int64_t b, const double *x, const double *y, double *rows)
{
    enum { N = PLANE_STEPS * PLANE_STEPS };
    double *z = malloc((size_t)(N * j->L) * sizeof *z);
    if (!z) return fail("out of memory");
    for (int64_t i = 0; i < N; i++)
        for (int64_t k = 0; k < j->L; k++)
            z[i * j->L + k] = j->mean[k] + x[i % PLANE_STEPS] * j->vectors[a * j->L + k] + y[i / PLANE_STEPS] * j->vectors[b * j->L + k];
    const int failed = genhep_model_decode(j->model, N, z, rows, j->D) != GENHEP_OK;
    free(z);
    return failed ? fail_library() : 0;
}

static int plane(const job *j, const report *r, const observed *plain, int64_t a, int64_t b)
{
    enum { N = PLANE_STEPS * PLANE_STEPS };
    observed o = {0};
    double x[PLANE_STEPS], y[PLANE_STEPS], mean, wide, own;
    for (int i = 0; i < PLANE_STEPS; i++) {
        x[i] = PLANE_REACH * sqrt(j->variances[a]) * (2.0 * i / (PLANE_STEPS - 1) - 1);
        y[i] = PLANE_REACH * sqrt(j->variances[b]) * (2.0 * i / (PLANE_STEPS - 1) - 1);
    }
    double *rows = malloc((size_t)(N * j->D) * sizeof *rows), *interest = calloc((size_t)plain->count, sizeof *interest);
    double *values = malloc((size_t)N * SHEET_PANELS * sizeof *values);
    int result = !rows || !interest || !values ? fail("out of memory") : decode_plane(j, a, b, x, y, rows) || observe(j, N, rows, &o);
    if (!result) {
        int64_t chosen[SHEET_PANELS];
        sheet_panel panels[SHEET_PANELS];
        for (int64_t k = 0; k < o.count; k++) {
            moments(plain, k, &mean, &wide);
            moments(&o, k, &mean, &own);
            interest[k] = wide > 0 ? own / wide : 0;
        }
        const int n = choose(o.count, interest, chosen);
        for (int p = 0; p < n; p++) {
            for (int64_t i = 0; i < N; i++) values[p * N + i] = o.values[i * o.count + chosen[p]];
            panels[p] = panel_of(&o, chosen[p], values + p * N, NULL);
        }
        result = sheet_plane(r, a, b, PLANE_STEPS, x, y, n, panels);
    }
    close_observed(&o);
    free(rows);
    free(interest);
    free(values);
    return result;
}

/* Is every step of the same sign? */
static int monotonic(const double *values)
{
    int up = 0, down = 0;
    for (int s = 1; s < ALONG_STEPS; s++) {
        up += values[s] > values[s - 1];
        down += values[s] < values[s - 1];
    }
    return up == ALONG_STEPS - 1 || down == ALONG_STEPS - 1;
}

static int write_along(const report *r, int64_t component, const double *shift, const observed *plain, const double *means,
                       const double *errors)
{
    FILE *file = report_create(r, "along.json");
    if (!file) return 1;
    fprintf(file, "{\"component\": %lld, \"shift\": [", (long long)component);
    for (int s = 0; s < ALONG_STEPS; s++) fprintf(file, "%s%.9g", s ? ", " : "", shift[s]);
    fprintf(file, "], \"observables\": {");
    for (int64_t k = 0; k < plain->count; k++) {
        const double *m = means + k * ALONG_STEPS, *e = errors + k * ALONG_STEPS;
        fprintf(file, "%s\n  \"%s\": {\"mean\": [", k ? "," : "", panel_of(plain, k, NULL, NULL).name);
        for (int s = 0; s < ALONG_STEPS; s++) fprintf(file, "%s%.9g", s ? ", " : "", m[s]);
        fprintf(file, "], \"error\": [");
        for (int s = 0; s < ALONG_STEPS; s++) fprintf(file, "%s%.9g", s ? ", " : "", e[s]);
        fprintf(file, "], \"monotonic\": %s}", monotonic(m) ? "true" : "false");
    }
    fprintf(file, "\n}}\n");
    return report_close(r, file, "along.json");
}

static int show_along(const report *r, int64_t component, const double *shift, const observed *plain, const double *means, const double *errors,
                      double *interest)
{
    int64_t chosen[SHEET_PANELS];
    sheet_panel panels[SHEET_PANELS];
    for (int64_t k = 0; k < plain->count; k++) {
        double mean, wide;
        moments(plain, k, &mean, &wide);
        interest[k] = wide > 0 ? fabs(means[(k + 1) * ALONG_STEPS - 1] - means[k * ALONG_STEPS]) / wide : 0;
    }
    const int n = choose(plain->count, interest, chosen);
    for (int p = 0; p < n; p++) panels[p] = panel_of(plain, chosen[p], means + chosen[p] * ALONG_STEPS, errors + chosen[p] * ALONG_STEPS);
    return write_along(r, component, shift, plain, means, errors) || sheet_along(r, component, ALONG_STEPS, shift, n, panels);
}

static int along(job *j, const report *r, const observed *plain, int64_t component, int64_t events)
{
    double shift[ALONG_STEPS], *means = calloc((size_t)(plain->count * (2 * ALONG_STEPS + 1)), sizeof *means);
    if (!means) return fail("out of memory");
    double *errors = means + plain->count * ALONG_STEPS;
    int result = 0;
    for (int s = 0; s < ALONG_STEPS && !result; s++) {
        observed o;
        char text[64];
        shift[s] = ALONG_REACH * sqrt(j->variances[component]) * (2.0 * s / (ALONG_STEPS - 1) - 1);
        snprintf(text, sizeof text, "pc%lld: %.17g", (long long)component, shift[s]);
        result = draw(j, text, events, &o);
        for (int64_t k = 0; k < plain->count && !result; k++) {
            double *m = means + k * ALONG_STEPS + s, *e = errors + k * ALONG_STEPS + s;
            moments(&o, k, m, e);
            *e /= sqrt((double)events);
        }
        close_observed(&o);
    }
    if (!result) result = show_along(r, component, shift, plain, means, errors, errors + plain->count * ALONG_STEPS);
    free(means);
    return result;
}

/* Text "K" or "K,K" into component numbers. */
static int read_components(const char *flag, const char *text, int count, int64_t L, int64_t *numbers)
{
    const char *at = text;
    for (int i = 0; text && i < count; i++) {
        char *end;
        long long n = strtoll(at, &end, 10);
        if (end == at || n < 0 || n >= L || *end != (i + 1 < count ? ',' : '\0'))
            return fail("%s: found '%s', expected %s of 0 to %lld", flag, text, count == 1 ? "a component" : "two components 'A,B'", (long long)(L - 1));
        numbers[i] = n;
        at = end + 1;
    }
    if (count == 2 && numbers[0] == numbers[1]) return fail("%s: found component %lld twice", flag, (long long)numbers[0]);
    return 0;
}

static int write_report(job *j)
{
    int64_t axes[2] = {0, 1}, component = 0, events = j->given.n < 0 ? 20000 : j->given.n;
    const report r = {.folder = j->given.report, .errors = stderr};
    observed plain = {0};
    double total = 0;
    if (genhep_model_components(j->model, j->mean, j->variances, j->vectors)) return fail_library();
    if (j->L < 2) return fail("%s: a plane needs two latents, the model has %lld", j->given.positional[0], (long long)j->L);
    if (events < 2) return fail("-n: found %lld, expected at least 2", (long long)events);
    if (read_components("--plane", j->given.plane, 2, j->L, axes) || read_components("--along", j->given.along, 1, j->L, &component)) return 1;
    if (report_folder(&r, "") || report_folder(&r, "/plots")) return 1;
    for (int64_t k = 0; k < j->L; k++) total += j->variances[k];
    for (int64_t k = 0; k < j->L; k++)
        printf("component %lld: standard deviation %.4g, %.1f %% of the variance\n", (long long)k, sqrt(j->variances[k]), 100 * j->variances[k] / total);
    int result = draw(j, "", events, &plain);
    if (!result) result = plane(j, &r, &plain, axes[0], axes[1]);
    if (!result) result = along(j, &r, &plain, component, events);
    if (!result) printf("%s: plane.png, along.png, along.json\n", j->given.report);
    close_observed(&plain);
    return result;
}

/* Mean events on the straight line between the latent means of the first two events. */
static int write_between(job *j, genhep_dataset *events)
{
    const int64_t steps = j->given.n < 0 ? 11 : j->given.n, L = j->L, D = j->D;
    if (!j->given.output) return fail("-o is missing; usage: %s", usage);
    if (steps < 2) return fail("-n: found %lld, expected at least 2 steps", (long long)steps);
    if (genhep_dataset_events(events) < 2) return fail("%s: found %lld events, expected 2", j->given.positional[1], (long long)genhep_dataset_events(events));
    double *ends = malloc((size_t)(2 * (D + L) + steps * (D + L)) * sizeof *ends);
    if (!ends) return fail("out of memory");
    double *mu = ends + 2 * D, *z = mu + 2 * L, *rows = z + steps * L;
    genhep_dataset *two = NULL, *between = NULL;
    genhep_status status = genhep_dataset_slice(events, 0, 2, &two);
    if (!status) status = genhep_dataset_values(two, ends, D, 2 * D);
    if (!status) status = genhep_model_encode(j->model, 2, ends, D, mu, NULL);
    for (int64_t i = 0; !status && i < steps * L; i++) {
        const double t = (double)(i / L) / (double)(steps - 1);
        z[i] = (1 - t) * mu[i % L] + t * mu[L + i % L];
    }
    if (!status) status = genhep_model_decode(j->model, steps, z, rows, D);
    if (!status) status = model_table(j->model, j->options, steps, rows, &between);
    if (!status) status = genhep_dataset_write(between, j->given.output, j->options);
    genhep_dataset_free(two);
    genhep_dataset_free(between);
    free(ends);
    if (status) return fail_library();
    printf("%s: %lld events\n", j->given.output, (long long)steps);
    return 0;
}

int command_latent(int argc, char **argv)
{
    job j;
    int result;
    if (open_job(argc, argv, &j)) return 1;
    if (j.given.report) {
        result = write_report(&j);
    } else {
        genhep_dataset *events = NULL;
        result = select_model_columns(j.model, j.options) || genhep_dataset_open(j.given.positional[1], j.options, &events)
                     ? fail_library() : write_between(&j, events);
        genhep_dataset_free(events);
    }
    close_job(&j);
    return result;
}
