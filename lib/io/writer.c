/* writer.c -- event files written in pieces: what all formats share. */
#include "io/writer.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/options_handle.h"
#include "io/files.h"

enum { PIECE_NUMBERS = 1 << 15 };

/* What is there goes away; the message of the failure stays. */
static gh_status spend(genhep_writer *w, gh_status status)
{
    if (w->format_state) w->format->abandon(w);
    w->stage = GH_WRITER_SPENT;
    return status;
}

static gh_status open_format(genhep_writer *w, const char *path, const genhep_options *options)
{
    GH_TRY(gh_format_of(path, &w->format, &w->compress));
    GH_TRY(gh_strdup(&w->hooks, path, &w->path));
    if (options) GH_TRY(gh_options_copy(options, &w->options));
    w->storage = w->schema->storage;
    if (gh_option_is(options, "data.storage", "float32")) w->storage = GENHEP_FLOAT32;
    if (gh_option_is(options, "data.storage", "float64")) w->storage = GENHEP_FLOAT64;
    w->piece = PIECE_NUMBERS / w->schema->d > 0 ? PIECE_NUMBERS / w->schema->d : 1;
    GH_TRY(gh_alloc(&w->hooks, &w->rows, w->piece * w->schema->d, sizeof *w->rows));
    if (w->weighted) GH_TRY(gh_alloc(&w->hooks, &w->ones, w->piece, sizeof *w->ones));
    for (int64_t i = 0; w->weighted && i < w->piece; i++) w->ones[i] = 1;
    GH_TRY(gh_alloc(&w->hooks, &w->format_state, 1, w->format->state));
    gh_status status = w->format->open(w);
    return status ? spend(w, status) : GENHEP_OK;
}

gh_status gh_writer_create(const genhep_dataset *schema, const char *path, int weighted, const genhep_options *options,
                           genhep_writer **writer)
{
    genhep_writer *w;
    *writer = NULL;
    GH_TRY(gh_alloc(&schema->hooks, &w, 1, sizeof *w));
    w->hooks = schema->hooks;
    w->weighted = weighted;
    w->unit_weights = 1;
    gh_status status = gh_dataset_slice(schema, 0, 0, &w->schema);
    if (!status) status = open_format(w, path, options);
    if (status) gh_writer_free(w);
    else *writer = w;
    return status;
}

static gh_status start(genhep_writer *w)
{
    if (w->stage != GH_WRITER_OPEN) return GENHEP_OK;
    w->stage = GH_WRITER_STARTED;
    return w->format->start ? w->format->start(w) : GENHEP_OK;
}

static gh_status check_rows(const genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    const int64_t d = w->schema->d;
    GH_TRY(gh_rows_check_finite(w->schema->names, d, w->n, n, values, weights, w->path));
    for (int64_t i = 0; w->storage == GENHEP_FLOAT32 && i < n * d; i++)
        if (fabs(values[i]) > FLT_MAX)
            GH_FAIL(GENHEP_E_NUMERIC, "%s: %.6g in row %lld, column '%s' does not fit float32; set data.storage = float64", w->path,
                    values[i], (long long)(w->n + i / d), w->schema->names[i % d]);
    return GENHEP_OK;
}

static gh_status append_piece(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    GH_TRY(check_rows(w, n, values, weights));
    for (int64_t i = 0; weights && i < n; i++) {
        double size = fabs(weights[i]);
        if (size != 1) w->unit_weights = 0;
        if (size > w->largest) w->largest = size;
    }
    GH_TRY(w->format->rows(w, n, values, weights));
    w->n += n;
    return GENHEP_OK;
}

/* Rows first .. first+n-1 of the caller's as contiguous doubles. */
static const double *gather(genhep_writer *w, int64_t first, int64_t n, int is_float, const void *values, int64_t stride)
{
    const int64_t d = w->schema->d;
    if (!is_float && stride == d) return (const double *)values + first * d;
    for (int64_t i = 0; i < n; i++) {
        double *to = w->rows + i * d;
        const int64_t at = (first + i) * stride;
        if (is_float)
            for (int64_t j = 0; j < d; j++) to[j] = (double)((const float *)values)[at + j];
        else
            memcpy(to, (const double *)values + at, (size_t)d * sizeof *to);
    }
    return w->rows;
}

static gh_status check_stage(const genhep_writer *w)
{
    if (w->stage == GH_WRITER_CLOSED) GH_FAIL(GENHEP_E_STATE, "%s: the file is complete and closed", w->path);
    if (w->stage == GH_WRITER_SPENT) GH_FAIL(GENHEP_E_STATE, "%s: writing has failed before, nothing is there to go on with", w->path);
    return GENHEP_OK;
}

gh_status gh_writer_append(genhep_writer *w, int64_t n, int is_float, const void *values, int64_t stride, const double *weights)
{
    GH_TRY(check_stage(w));
    if (weights && !w->weighted)
        GH_FAIL(GENHEP_E_SHAPE, "%s: weights are given, but the file was begun as one without", w->path);
    gh_status status = n > 0 ? start(w) : GENHEP_OK;
    for (int64_t done = 0; done < n && !status; done += w->piece) {
        const int64_t part = n - done < w->piece ? n - done : w->piece;
        status = append_piece(w, part, gather(w, done, part, is_float, values, stride),
                              w->weighted ? (weights ? weights + done : w->ones) : NULL);
    }
    return status ? spend(w, status) : GENHEP_OK;
}

static int is_word_of(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at++)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return 1;
    return 0;
}

gh_status gh_writer_set_attribute(genhep_writer *w, const char *key, const char *value)
{
    GH_TRY(check_stage(w));
    if (w->stage == GH_WRITER_STARTED && is_word_of(w->format->front, key))
        GH_FAIL(GENHEP_E_STATE, "%s: attribute '%.80s' is needed before the first event in this format", w->path, key);
    return gh_dataset_set_attribute(w->schema, key, value);
}

gh_status gh_writer_close(genhep_writer *w)
{
    GH_TRY(check_stage(w));
    gh_status status = start(w);
    if (!status) status = w->format->end(w);
    if (status) return spend(w, status);
    w->stage = GH_WRITER_CLOSED;
    return GENHEP_OK;
}

void gh_writer_free(genhep_writer *w)
{
    if (!w) return;
    gh_hooks hooks = w->hooks;
    if (w->format_state && w->stage != GH_WRITER_SPENT) w->format->abandon(w);
    gh_free(&hooks, w->format_state);
    gh_free(&hooks, w->rows);
    gh_free(&hooks, w->ones);
    gh_free(&hooks, w->path);
    gh_options_free(w->options);
    gh_dataset_free(w->schema);
    gh_free(&hooks, w);
}

gh_status gh_events_write(const genhep_dataset *dataset, const char *path, const genhep_options *options)
{
    genhep_writer *w;
    GH_TRY(gh_writer_create(dataset, path, dataset->weights != NULL, options, &w));
    gh_status status = gh_writer_append(w, dataset->n, 0, dataset->values, dataset->d, dataset->weights);
    if (!status) status = gh_writer_close(w);
    gh_writer_free(w);
    return status;
}
