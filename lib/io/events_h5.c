/* events_h5.c -- event tables in HDF5: dataset `events` (N,D) with the attribute `columns`, optional `weights` (N). */
#include <stdio.h>
#include <string.h>

#include "io/events.h"
#include "io/h5.h"
#include "io/writer.h"

/* An HDF5 table being read. */
typedef struct table {
    const char *path;
    gh_hooks hooks;
    hid_t file, events;
    int64_t n, d;
    char **names, **units; /* d each; units may be NULL */
    int storage;
    genhep_dataset *dataset;
} table;

/* Texts of an attribute of `events`; GENHEP_OK with *texts NULL when it is absent and not needed, or no array of d
 * texts. */
static gh_status read_labels(const table *t, const char *name, int needed, char ***texts)
{
    *texts = NULL;
    if (H5Aexists(t->events, name) <= 0) {
        if (needed)
            GH_FAIL(GENHEP_E_FORMAT, "%s: dataset 'events' has no attribute '%s' with the column names", t->path, name);
        return GENHEP_OK;
    }
    hid_t attribute = H5Aopen(t->events, name, H5P_DEFAULT), space = H5Aget_space(attribute);
    int is_array = H5Sget_simple_extent_ndims(space) == 1;
    gh_h5_close(&space);
    gh_status status = GENHEP_OK;
    if (needed || is_array) {
        GH_TRY_CLEANUP(gh_alloc(&t->hooks, texts, t->d, sizeof **texts));
        status = gh_h5_read_texts(&t->hooks, attribute, t->d, *texts);
        if (status) {
            char reason[200];
            genhep_last_error(reason, sizeof reason);
            status = gh_fail(status, "%s: attribute '%s' of 'events' %s", t->path, name, reason);
        }
    }
cleanup:
    gh_h5_close(&attribute);
    if (status) {
        gh_free_names(&t->hooks, t->d, *texts);
        *texts = NULL;
    }
    return status;
}

typedef struct attribute_walk {
    genhep_dataset *dataset;
    int skip_units;
    gh_status status;
} attribute_walk;

static herr_t keep_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    attribute_walk *walk = context;
    char *value = NULL;
    (void)info;
    if (strcmp(name, "columns") == 0 || (walk->skip_units && strcmp(name, "units") == 0)) return 0;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) return 0;
    walk->status = gh_h5_read_attribute(&walk->dataset->hooks, attribute, &value);
    if (!walk->status && value) walk->status = gh_dataset_set_attribute(walk->dataset, name, value);
    gh_free(&walk->dataset->hooks, value);
    gh_h5_close(&attribute);
    return walk->status ? -1 : 0;
}

static gh_status read_attributes(const table *t)
{
    attribute_walk walk = {t->dataset, 0, GENHEP_OK};
    H5Aiterate2(t->file, H5_INDEX_NAME, H5_ITER_INC, NULL, keep_attribute, &walk);
    if (walk.status) return walk.status;
    walk.skip_units = t->units != NULL;
    H5Aiterate2(t->events, H5_INDEX_NAME, H5_ITER_INC, NULL, keep_attribute, &walk);
    return walk.status;
}

/* Blocks of rows go through a buffer when columns are left out or reordered. */
static gh_status read_values(table *t, const gh_plan *plan, int64_t first)
{
    enum { BLOCK_NUMBERS = 1 << 19 };
    genhep_dataset *to = t->dataset;
    int straight = plan->count == t->d && plan->weight < 0;
    for (int64_t j = 0; j < plan->count; j++) straight = straight && plan->columns[j] == j;
    if (straight) return gh_h5_read_rows(t->path, t->events, "events", first, to->n, t->d, to->values);
    int64_t block = BLOCK_NUMBERS / t->d > 0 ? BLOCK_NUMBERS / t->d : 1;
    double *buffer;
    gh_status status;
    GH_TRY(gh_alloc(&t->hooks, &buffer, block * t->d, sizeof *buffer));
    for (int64_t done = 0; done < to->n; done += block) {
        int64_t rows = to->n - done < block ? to->n - done : block;
        GH_TRY_CLEANUP(gh_h5_read_rows(t->path, t->events, "events", first + done, rows, t->d, buffer));
        for (int64_t i = 0; i < rows; i++) {
            const double *row = buffer + i * t->d;
            for (int64_t j = 0; j < plan->count; j++) to->values[(done + i) * to->d + j] = row[plan->columns[j]];
            if (plan->weight >= 0) to->weights[done + i] = row[plan->weight];
        }
    }
    status = GENHEP_OK;
cleanup:
    gh_free(&t->hooks, buffer);
    return status;
}

static gh_status read_weights(table *t, const char *name, int64_t first)
{
    int64_t dims[2];
    hid_t weights;
    GH_TRY(gh_h5_open_numbers(t->path, t->file, name, 1, dims, NULL, &weights));
    gh_status status = GENHEP_OK;
    if (dims[0] != t->n)
        status = gh_fail(GENHEP_E_FORMAT, "%s: dataset '%s' has %lld numbers for %lld events", t->path, name,
                         (long long)dims[0], (long long)t->n);
    if (!status) status = gh_h5_read_rows(t->path, weights, name, first, t->dataset->n, 1, t->dataset->weights);
    gh_h5_close(&weights);
    return status;
}

static gh_status read_table(table *t, const genhep_options *options)
{
    int64_t dims[2], first, count;
    gh_plan plan;
    gh_status status;
    GH_TRY(gh_h5_open_numbers(t->path, t->file, "events", 2, dims, &t->storage, &t->events));
    t->n = dims[0];
    t->d = dims[1];
    if (t->d < 1) GH_FAIL(GENHEP_E_FORMAT, "%s: dataset 'events' has no columns", t->path);
    GH_TRY(gh_rows_wanted(options, t->path, t->n, &first, &count));
    GH_TRY(read_labels(t, "columns", 1, &t->names));
    GH_TRY(read_labels(t, "units", 0, &t->units));
    GH_TRY(gh_plan_make(&t->hooks, options, t->path, (const char *const *)t->names, t->d, -1, &plan));
    const char *beside = plan.named;
    if (beside && !gh_h5_has(t->file, beside))
        GH_TRY_CLEANUP(gh_plan_no_dataset(&plan, t->path, (const char *const *)t->names, t->d));
    if (plan.file_weights && gh_h5_has(t->file, "weights")) beside = "weights";
    GH_TRY_CLEANUP(gh_plan_table(&t->hooks, &plan, (const char *const *)t->names, (const char *const *)t->units, count,
                                 plan.weight >= 0 || beside, &t->dataset));
    t->dataset->storage = t->storage;
    GH_TRY_CLEANUP(read_values(t, &plan, first));
    if (beside) GH_TRY_CLEANUP(read_weights(t, beside, first));
    status = read_attributes(t);
cleanup:
    gh_plan_free(&t->hooks, &plan);
    return status;
}

gh_status gh_events_read_h5(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    table t = {path, gh_hooks_of(options), -1, -1, 0, 0, NULL, NULL, GENHEP_FLOAT64, NULL};
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = gh_h5_open(path, &t.file);
    if (!status) status = read_table(&t, options);
    gh_free_names(&t.hooks, t.d, t.names);
    gh_free_names(&t.hooks, t.d, t.units);
    gh_h5_close(&t.events);
    gh_h5_close(&t.file);
    gh_h5_leave(&guard);
    if (status) {
        gh_dataset_free(t.dataset);
        t.dataset = NULL;
    }
    *dataset = t.dataset;
    return status;
}

/* ---- writing ---- */

typedef struct h5_writer {
    gh_h5_file file;
    gh_h5_rows events, weights;
} h5_writer;

static gh_status begin_tables(genhep_writer *w)
{
    h5_writer *f = w->format_state;
    GH_TRY(gh_h5_file_create(&w->hooks, w->path, &f->file));
    hid_t type = w->storage == GENHEP_FLOAT32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
    GH_TRY(gh_h5_rows_begin(&w->hooks, f->file.id, "events", type, 2, w->schema->d, &f->events));
    return w->weighted ? gh_h5_rows_begin(&w->hooks, f->file.id, "weights", H5T_IEEE_F64LE, 1, 1, &f->weights) : GENHEP_OK;
}

static gh_status open_h5(genhep_writer *w)
{
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = begin_tables(w);
    gh_h5_leave(&guard);
    return status;
}

/* Up to where one of the tables writes a chunk: their chunks follow each other as if the rows had come one by one. */
static gh_status put_rows(h5_writer *f, int64_t n, int64_t d, const double *values, const double *weights)
{
    for (int64_t done = 0, part; done < n; done += part) {
        part = n - done;
        if (part > gh_h5_rows_room(&f->events)) part = gh_h5_rows_room(&f->events);
        if (weights && part > gh_h5_rows_room(&f->weights)) part = gh_h5_rows_room(&f->weights);
        GH_TRY(gh_h5_rows_put(&f->events, part, values + done * d));
        if (weights) GH_TRY(gh_h5_rows_put(&f->weights, part, weights + done));
        GH_TRY(gh_h5_file_check(&f->file));
    }
    return GENHEP_OK;
}

static gh_status rows_h5(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = put_rows(w->format_state, n, w->schema->d, values, weights);
    gh_h5_leave(&guard);
    return status;
}

static gh_status finish_tables(genhep_writer *w)
{
    h5_writer *f = w->format_state;
    const genhep_dataset *t = w->schema;
    char rows[24];
    int units = 0;
    GH_TRY(gh_h5_rows_end(&f->events));
    if (w->weighted) GH_TRY(gh_h5_rows_end(&f->weights));
    GH_TRY(gh_h5_write_texts(f->events.dataset, "columns", t->d, (const char *const *)t->names));
    for (int64_t j = 0; j < t->d; j++) units = units || t->units[j][0];
    if (units) GH_TRY(gh_h5_write_texts(f->events.dataset, "units", t->d, (const char *const *)t->units));
    snprintf(rows, sizeof rows, "%lld", (long long)w->n);
    for (int64_t i = 0; i < t->n_attributes; i++) {
        const gh_attribute *a = &t->attributes[i];
        /* a count that was passed on from another file must not be wrong in this one */
        GH_TRY(gh_h5_write_attribute(f->file.id, a->key, strcmp(a->key, "n_events") == 0 ? rows : a->value));
    }
    gh_h5_rows_free(&f->events);
    gh_h5_rows_free(&f->weights);
    return gh_h5_file_commit(&f->file);
}

static gh_status end_h5(genhep_writer *w)
{
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = finish_tables(w);
    gh_h5_leave(&guard);
    return status;
}

static void abandon_h5(genhep_writer *w)
{
    h5_writer *f = w->format_state;
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_h5_file_drop(&f->file);
    gh_h5_rows_free(&f->events);
    gh_h5_rows_free(&f->weights);
    gh_h5_file_abandon(&f->file);
    gh_h5_leave(&guard);
}

const gh_format gh_format_h5 = {sizeof(h5_writer), "", open_h5, NULL, rows_h5, end_h5, abandon_h5};
