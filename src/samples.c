/* samples.c -- the files of a subtraction. */
#include "samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char *const keys[MOST_SAMPLES] = {"data.base", "data.subtract", "data.add", "data.subtract2", "data.add2",
                                               "data.subtract3", "data.add3", "data.subtract4", "data.add4"};

/* The cross section of a file: the option's, or that of its attribute. */
static int find_sigma(const genhep_options *options, const char *key, const char *file, const genhep_dataset *data, double *sigma)
{
    char sigma_key[40], *end;
    snprintf(sigma_key, sizeof sigma_key, "%s.sigma", key);
    if (genhep_options_get_real(options, sigma_key, sigma)) return fail_library();
    if (*sigma > 0) return 0;
    const char *text = genhep_dataset_attribute(data, "sigma_pb");
    if (!text) return fail("%s: found no attribute sigma_pb, expected the cross section there or in %s=PB", file, sigma_key);
    *sigma = strtod(text, &end);
    if (end == text || !(*sigma > 0 && isfinite(*sigma)))
        return fail("%s: attribute sigma_pb is '%.40s', expected a number above 0 there or in %s=PB", file, text, sigma_key);
    return 0;
}

static int open_one(const genhep_options *options, int which, const char *base, samples *s)
{
    char text[1024];
    const char *file = base && which == 0 ? base : text;
    if (genhep_options_get_text(options, keys[which], text, sizeof text, NULL)) return fail_library();
    if (!file[0]) return which == 0 ? fail("no training data: set %s=FILE in the card or on the command line", keys[which]) : 0;
    if (genhep_dataset_open(file, options, &s->data[s->n])) return fail_library();
    const int64_t at = s->n++;
    s->sign[at] = strstr(keys[which], "subtract") ? -1 : 1;
    return find_sigma(options, keys[which], file, s->data[at], &s->sigma[at]);
}

int samples_open(const genhep_options *options, const char *base, samples *s)
{
    memset(s, 0, sizeof *s);
    for (int k = 0; k < MOST_SAMPLES; k++)
        if (open_one(options, k, base, s)) return 1;
    return 0;
}

void samples_close(samples *s)
{
    for (int64_t k = 0; k < s->n; k++) genhep_dataset_free(s->data[k]);
    s->n = 0;
}

int samples_asked(const genhep_options *options)
{
    char text[1024];
    int any = 0;
    for (int k = 1; k < MOST_SAMPLES; k++) any |= !genhep_options_get_text(options, keys[k], text, sizeof text, NULL) && text[0];
    return any;
}

/* place[j]: where column j of the first sample stands in this one. */
static int match_columns(const genhep_dataset *first, const genhep_dataset *data, int64_t *place)
{
    const int64_t d = genhep_dataset_columns(first), most = genhep_dataset_columns(data);
    for (int64_t j = 0; j < d; j++) {
        genhep_column wanted = {.struct_size = sizeof wanted}, found = {.struct_size = sizeof found};
        if (genhep_dataset_column(first, j, &wanted)) return fail_library();
        for (place[j] = 0; place[j] < most; place[j]++) {
            if (genhep_dataset_column(data, place[j], &found)) return fail_library();
            if (strcmp(found.name, wanted.name) == 0) break;
        }
        if (place[j] == most) return fail("a sample has no column '%s', expected the columns of the first one in each", wanted.name);
    }
    return 0;
}

typedef struct pooled {
    double *values, *weights, *rows;
    int64_t *place;
    const char **names;
    int64_t n, d, done;
} pooled;

static int add_sample(const samples *s, int64_t k, pooled *p)
{
    const genhep_dataset *data = s->data[k];
    const int64_t n = genhep_dataset_events(data), d = genhep_dataset_columns(data);
    double *weights = p->weights + p->done, sum = 0;
    if (match_columns(s->data[0], data, p->place)) return 1;
    p->rows = malloc((size_t)(n * d) * sizeof *p->rows + 1);
    if (!p->rows) return fail("%lld events of %lld columns do not fit into memory", (long long)n, (long long)d);
    if (genhep_dataset_values(data, p->rows, d, n * d) || genhep_dataset_weights(data, weights, n, NULL)) return fail_library();
    for (int64_t i = 0; i < n; i++) sum += weights[i];
    if (!(sum > 0)) return fail("the weights of a sample add up to %g, expected more than 0", sum);
    for (int64_t i = 0; i < n; i++) {
        weights[i] *= s->sign[k] * s->sigma[k] / sum;
        for (int64_t j = 0; j < p->d; j++) p->values[(p->done + i) * p->d + j] = p->rows[i * d + p->place[j]];
    }
    p->done += n;
    free(p->rows);
    p->rows = NULL;
    return 0;
}

int samples_difference(const samples *s, genhep_dataset **table)
{
    pooled p = {.d = genhep_dataset_columns(s->data[0])};
    int result = 0;
    for (int64_t k = 0; k < s->n; k++) p.n += genhep_dataset_events(s->data[k]);
    p.values = malloc((size_t)(p.n * p.d) * sizeof *p.values + 1);
    p.weights = malloc((size_t)p.n * sizeof *p.weights + 1);
    p.place = malloc((size_t)p.d * sizeof *p.place + 1);
    p.names = malloc((size_t)(2 * p.d) * sizeof *p.names + 1);
    if (!p.values || !p.weights || !p.place || !p.names)
        result = fail("%lld events of %lld columns do not fit into memory", (long long)p.n, (long long)p.d) || 1;
    for (int64_t j = 0; !result && j < p.d; j++) {
        genhep_column column = {.struct_size = sizeof column};
        result = genhep_dataset_column(s->data[0], j, &column) ? fail_library() : 0;
        p.names[j] = column.name;
        p.names[p.d + j] = column.unit;
    }
    for (int64_t k = 0; !result && k < s->n; k++) result = add_sample(s, k, &p);
    if (!result && genhep_dataset_from_arrays(NULL, p.n, p.d, p.names, p.names + p.d, p.values, p.d, p.weights, table)) result = fail_library();
    const char *process = genhep_dataset_attribute(s->data[0], "process");
    if (!result && process && genhep_dataset_set_attribute(*table, "process", process)) result = fail_library();
    free(p.values);
    free(p.weights);
    free(p.place);
    free(p.names);
    free(p.rows);
    return result;
}
