/* events_lheh5.c -- LHEH5 version 2, the HDF5 form of Les Houches events that parallel generators exchange.
 *
 *   version   int32 (3)          2 0 1
 *   init      float64 (10)       beams, energies, parton densities, weight strategy, number of processes
 *   procInfo  float64 (P,6)      procId npLO npNLO xSection error unitWeight
 *   events    float64 (N,9+W)    pid nparticles start trials scale fscale rscale aqed aqcd, then W weights
 *   particles float64 (N*S,13)   id status mother1 mother2 color1 color2 px py pz e m lifetime spin
 * Every event has S rows, unused ones zero, so that readers may fetch blocks without looking at `start`. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "io/events.h"
#include "io/h5.h"
#include "io/particles.h"
#include "io/writer.h"

enum { INIT = 10, PROCESS = 6, EVENT = 9, WIDTH = EVENT + 1, PARTICLE = 13, MOST_STRIDE = 10000 };

static const char *const init_names[INIT] = {"beamA",     "beamB",   "energyA", "energyB",           "PDFgroupA",
                                             "PDFgroupB", "PDFsetA", "PDFsetB", "weightingStrategy", "numProcesses"};
static const char *const process_names[PROCESS] = {"procId", "npLO", "npNLO", "xSection", "error", "unitWeight"};
static const char *const event_names[WIDTH] = {"pid",    "nparticles", "start", "trials", "scale",
                                               "fscale", "rscale",     "aqed",  "aqcd",   "NOMINAL"};
static const char *const particle_names[PARTICLE] = {"id", "status", "mother1", "mother2", "color1",   "color2", "px",
                                                     "py", "pz",     "e",       "m",       "lifetime", "spin"};

gh_status gh_is_lheh5(const char *path, int *is)
{
    hid_t file;
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = gh_h5_open(path, &file);
    *is = !status && gh_h5_has(file, "particles") && gh_h5_has(file, "events") && gh_h5_has(file, "procInfo");
    gh_h5_close(&file);
    gh_h5_leave(&guard);
    return status;
}

/* ---- reading ---- */

typedef struct lheh5 {
    const char *path;
    gh_hooks hooks;
    hid_t file, events, particles;
    int64_t n, width, rows; /* events, numbers of one, particle rows */
    double *heads;          /* the wanted events, (count, width) */
    char **names, **units;
    int64_t slots;
    genhep_dataset *dataset;
} lheh5;

/* Particles of event i of the wanted ones, checked. */
static gh_status event_range(const lheh5 *f, int64_t i, int64_t *start, int64_t *count)
{
    double n = f->heads[i * f->width + 1], first = f->heads[i * f->width + 2];
    if (!(n >= 1 && n <= MOST_STRIDE) || n != rint(n) || !(first >= 0 && first + n <= (double)f->rows) ||
        first != rint(first))
        GH_FAIL(GENHEP_E_FORMAT, "%s: event %lld has %g particles from row %g on, there are %lld rows", f->path,
                (long long)i, n, first, (long long)f->rows);
    *start = (int64_t)first;
    *count = (int64_t)n;
    return GENHEP_OK;
}

static gh_status fill_rows(lheh5 *f, const gh_plan *plan)
{
    genhep_dataset *t = f->dataset;
    double *rows;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_alloc(&f->hooks, &rows, f->slots, PARTICLE * sizeof *rows));
    for (int64_t i = 0; i < t->n && !status; i++) {
        int64_t start, count;
        GH_TRY_CLEANUP(event_range(f, i, &start, &count));
        GH_TRY_CLEANUP(gh_h5_read_rows(f->path, f->particles, "particles", start, count, PARTICLE, rows));
        t->weights[i] = f->heads[i * f->width + EVENT];
        for (int64_t j = 0; j < plan->count; j++) {
            static const int place[GH_SLOT_FIELDS] = {0, 1, 6, 7, 8, 9, 10};
            int64_t slot = plan->columns[j] / GH_SLOT_FIELDS;
            if (slot < count)
                t->values[i * t->d + j] = rows[slot * PARTICLE + place[plan->columns[j] % GH_SLOT_FIELDS]];
        }
    }
cleanup:
    gh_free(&f->hooks, rows);
    return status;
}

static gh_status set_number(lheh5 *f, const char *key, double value)
{
    char text[40];
    gh_format_exact(text, value, 0);
    return gh_dataset_set_attribute(f->dataset, key, text);
}

static gh_status read_totals(lheh5 *f)
{
    int64_t dims[2];
    hid_t dataset;
    double init[INIT] = {0}, process[PROCESS] = {0}, sigma = 0, variance = 0;
    GH_TRY(gh_h5_open_numbers(f->path, f->file, "init", 1, dims, NULL, &dataset));
    gh_status status = dims[0] == INIT ? gh_h5_read_rows(f->path, dataset, "init", 0, INIT, 1, init)
                                       : gh_fail(GENHEP_E_FORMAT, "%s: dataset 'init' has %lld numbers, expected %d",
                                                 f->path, (long long)dims[0], (int)INIT);
    gh_h5_close(&dataset);
    GH_TRY(status);
    GH_TRY(gh_h5_open_numbers(f->path, f->file, "procInfo", 2, dims, NULL, &dataset));
    if (dims[1] != PROCESS)
        status = gh_fail(GENHEP_E_FORMAT, "%s: dataset 'procInfo' has %lld columns, expected %d", f->path,
                         (long long)dims[1], (int)PROCESS);
    for (int64_t i = 0; i < dims[0] && !status; i++) {
        status = gh_h5_read_rows(f->path, dataset, "procInfo", i, 1, PROCESS, process);
        sigma += process[3];
        variance += process[4] * process[4];
    }
    gh_h5_close(&dataset);
    GH_TRY(status);
    if (isfinite(sigma) && sigma != 0) GH_TRY(set_number(f, "sigma_pb", sigma));
    if (isfinite(variance) && sigma != 0) GH_TRY(set_number(f, "sigma_err_pb", sqrt(variance)));
    gh_text beams = {&f->hooks, NULL, 0, 0, GENHEP_OK};
    for (int i = 0; i < 4; i++) {
        char number[40];
        gh_format_exact(number, init[i], 0);
        gh_text_add(&beams, "%s%s", i ? " " : "", number);
    }
    status = beams.status;
    if (!status) status = gh_dataset_set_attribute(f->dataset, "beams", beams.data);
    gh_text_free(&beams);
    GH_TRY(status);
    return set_number(f, "sqrt_s_GeV", 2 * sqrt(fabs(init[2] * init[3])));
}

static void drop_equal_weights(genhep_dataset *t, int wanted)
{
    int equal = 1;
    for (int64_t i = 0; i < t->n; i++) equal = equal && t->weights[i] == t->weights[0] && t->weights[i] > 0;
    if (!equal && wanted) return;
    gh_free(&t->hooks, t->weights);
    t->weights = NULL;
}

static gh_status read_events(lheh5 *f, const genhep_options *options)
{
    int64_t dims[2], first, count;
    gh_plan plan;
    gh_status status;
    GH_TRY(gh_h5_open_numbers(f->path, f->file, "events", 2, dims, NULL, &f->events));
    f->n = dims[0];
    f->width = dims[1];
    if (f->width < WIDTH)
        GH_FAIL(GENHEP_E_FORMAT, "%s: dataset 'events' has %lld columns, expected at least %d", f->path,
                (long long)f->width, (int)WIDTH);
    GH_TRY(gh_h5_open_numbers(f->path, f->file, "particles", 2, dims, NULL, &f->particles));
    f->rows = dims[0];
    if (dims[1] != PARTICLE)
        GH_FAIL(GENHEP_E_FORMAT, "%s: dataset 'particles' has %lld columns, expected %d", f->path, (long long)dims[1],
                (int)PARTICLE);
    GH_TRY(gh_rows_wanted(options, f->path, f->n, &first, &count));
    GH_TRY(gh_alloc(&f->hooks, &f->heads, count * f->width, sizeof *f->heads));
    GH_TRY(gh_h5_read_rows(f->path, f->events, "events", first, count, f->width, f->heads));
    for (int64_t i = 0; i < count; i++) {
        int64_t start, particles;
        GH_TRY(event_range(f, i, &start, &particles));
        if (particles > f->slots) f->slots = particles;
    }
    GH_TRY(gh_slot_names(&f->hooks, f->slots, &f->names, &f->units));
    const char *const *names = (const char *const *)f->names;
    GH_TRY(gh_plan_make(&f->hooks, options, f->path, names, f->slots * GH_SLOT_FIELDS, -1, &plan));
    GH_TRY_CLEANUP(gh_plan_no_dataset(&plan, f->path, names, f->slots * GH_SLOT_FIELDS));
    if (plan.weight >= 0) {
        status = gh_fail(GENHEP_E_OPTION, "%s: data.weights: LHEH5 events carry their own weights", f->path);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_plan_table(&f->hooks, &plan, names, (const char *const *)f->units, count, 1, &f->dataset));
    GH_TRY_CLEANUP(fill_rows(f, &plan));
    GH_TRY_CLEANUP(read_totals(f));
    drop_equal_weights(f->dataset, plan.file_weights);
    if (f->width > WIDTH)
        gh_log(&f->hooks, GENHEP_LOG_INFO, "%s: %lld weights beside the nominal one are not read", f->path,
               (long long)(f->width - WIDTH));
cleanup:
    gh_plan_free(&f->hooks, &plan);
    return status;
}

gh_status gh_events_read_lheh5(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    lheh5 f = {path, gh_hooks_of(options), -1, -1, -1, 0, 0, 0, NULL, NULL, NULL, 0, NULL};
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = gh_h5_open(path, &f.file);
    if (!status) status = read_events(&f, options);
    gh_free(&f.hooks, f.heads);
    gh_free_names(&f.hooks, f.slots * GH_SLOT_FIELDS, f.names);
    gh_free_names(&f.hooks, f.slots * GH_SLOT_FIELDS, f.units);
    gh_h5_close(&f.events);
    gh_h5_close(&f.particles);
    gh_h5_close(&f.file);
    gh_h5_leave(&guard);
    if (status) {
        gh_dataset_free(f.dataset);
        f.dataset = NULL;
    }
    *dataset = f.dataset;
    return status;
}

/* ---- writing ---- */

typedef struct lheh5_writer {
    gh_record_plan plan;
    gh_h5_file file;
    gh_h5_rows heads, particles;
    double last[WIDTH]; /* head of the last event, which later trials may be added to */
    double *rows;       /* (stride,13) */
    int64_t written;    /* events whose particles are in the file */
    double trials;      /* since then */
} lheh5_writer;

static gh_status begin_tables(genhep_writer *w)
{
    lheh5_writer *f = w->format_state;
    GH_TRY(gh_record_plan_make(w, &f->plan));
    GH_TRY(gh_alloc(&w->hooks, &f->rows, f->plan.most, PARTICLE * sizeof *f->rows));
    GH_TRY(gh_h5_file_create(&w->hooks, w->path, &f->file));
    GH_TRY(gh_h5_rows_begin(&w->hooks, f->file.id, "events", H5T_IEEE_F64LE, 2, WIDTH, &f->heads));
    return gh_h5_rows_begin(&w->hooks, f->file.id, "particles", H5T_IEEE_F64LE, 2, PARTICLE, &f->particles);
}

static gh_status open_lheh5(genhep_writer *w)
{
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = begin_tables(w);
    gh_h5_leave(&guard);
    return status;
}

static gh_status start_lheh5(genhep_writer *w) { return gh_record_plan_totals(&((lheh5_writer *)w->format_state)->plan); }

static gh_status put_last(lheh5_writer *f) { return f->written ? gh_h5_rows_put(&f->heads, 1, f->last) : GENHEP_OK; }

static gh_status put_record(lheh5_writer *f)
{
    const gh_record *r = &f->plan.record;
    const int64_t stride = f->plan.most;
    const double head[WIDTH] = {1,        (double)r->n, (double)(f->written * stride), f->trials, r->scale, r->scale,
                                r->scale, -1,           -1,                            r->weight};
    GH_TRY(put_last(f));
    memcpy(f->last, head, sizeof head);
    memset(f->rows, 0, (size_t)(stride * PARTICLE) * sizeof *f->rows);
    for (int64_t i = 0; i < r->n; i++) {
        const gh_particle *p = &r->particles[i];
        const double row[PARTICLE] = {(double)p->id, p->status, p->first, p->last, p->colour, p->anticolour, p->px,
                                      p->py,         p->pz,     p->e,     p->m,    p->lifetime, p->spin};
        memcpy(f->rows + i * PARTICLE, row, sizeof row);
    }
    f->written++;
    f->trials = 0;
    return gh_h5_rows_put(&f->particles, stride, f->rows);
}

/* An event of weight zero is not written, some readers cannot take it: its trial counts for the next event. */
static gh_status put_rows(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    lheh5_writer *f = w->format_state;
    for (int64_t i = 0; i < n; i++) {
        GH_TRY(gh_record_fill(&f->plan, w->n + i, values + i * w->schema->d, weights ? weights[i] : 1, &f->plan.record));
        f->trials++;
        if (f->plan.record.weight == 0) continue;
        GH_TRY(put_record(f));
        GH_TRY(gh_h5_file_check(&f->file));
    }
    return GENHEP_OK;
}

static gh_status rows_lheh5(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = put_rows(w, n, values, weights);
    gh_h5_leave(&guard);
    return status;
}

/* What was left of a table of rows, and its only attribute. */
static gh_status end_table(gh_h5_rows *rows, const char *attribute, const char *const *names)
{
    GH_TRY(gh_h5_rows_end(rows));
    return gh_h5_write_texts(rows->dataset, attribute, rows->rank == 1 ? rows->written : rows->width, names);
}

static gh_status write_table(const lheh5_writer *f, const char *name, int rank, int64_t n, int64_t width, const double *values,
                             const char *const *names)
{
    gh_h5_rows rows;
    gh_status status = gh_h5_rows_begin(&f->plan.writer->hooks, f->file.id, name, H5T_IEEE_F64LE, rank, width, &rows);
    if (!status) status = gh_h5_rows_put(&rows, n, values);
    if (!status) status = end_table(&rows, "properties", names);
    gh_h5_rows_free(&rows);
    return status;
}

static gh_status write_version(hid_t file)
{
    const int32_t version[3] = {2, 0, 1}; /* at exactly 2.0.0 a reader rescales unit weights */
    hsize_t dims[1] = {3};
    hid_t space = H5Screate_simple(1, dims, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(create, 0); /* the same events give the same bytes */
    hid_t dataset = H5Dcreate2(file, "version", H5T_STD_I32LE, space, H5P_DEFAULT, create, H5P_DEFAULT);
    gh_status status = GENHEP_OK;
    if (dataset < 0 || H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, version) < 0)
        status = gh_h5_fail(GENHEP_E_NOMEM, "dataset 'version' cannot be written");
    gh_h5_close(&dataset);
    gh_h5_close(&create);
    gh_h5_close(&space);
    return status;
}

/* npLO is the stride, from which readers know where an event begins: the most particles that the columns can give. */
static gh_status finish_tables(genhep_writer *w)
{
    lheh5_writer *f = w->format_state;
    const gh_record_plan *plan = &f->plan;
    GH_TRY(gh_record_plan_end(&f->plan));
    if (f->written == 0) GH_FAIL(GENHEP_E_SHAPE, "%s: every event has weight zero", w->path);
    const double init[INIT] = {(double)plan->beam_id[0], (double)plan->beam_id[1], plan->beam_energy[0],
                               plan->beam_energy[1], 0, 0, 0, 0, plan->strategy, 1};
    const double process[PROCESS] = {1, (double)plan->most, -1, plan->sigma, plan->sigma_error, plan->largest};
    f->last[3] += f->trials;
    GH_TRY(put_last(f));
    GH_TRY(end_table(&f->heads, "events", event_names));
    GH_TRY(end_table(&f->particles, "properties", particle_names));
    GH_TRY(write_version(f->file.id));
    GH_TRY(write_table(f, "init", 1, INIT, 1, init, init_names));
    GH_TRY(write_table(f, "procInfo", 2, 1, PROCESS, process, process_names));
    gh_h5_rows_free(&f->heads);
    gh_h5_rows_free(&f->particles);
    return gh_h5_file_commit(&f->file);
}

static gh_status end_lheh5(genhep_writer *w)
{
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_status status = finish_tables(w);
    gh_h5_leave(&guard);
    return status;
}

static void abandon_lheh5(genhep_writer *w)
{
    lheh5_writer *f = w->format_state;
    gh_h5_guard guard;
    gh_h5_enter(&guard);
    gh_h5_file_drop(&f->file);
    gh_h5_rows_free(&f->heads);
    gh_h5_rows_free(&f->particles);
    gh_h5_file_abandon(&f->file);
    gh_h5_leave(&guard);
    gh_free(&w->hooks, f->rows);
    f->rows = NULL;
    gh_record_plan_free(&f->plan);
}

const gh_format gh_format_lheh5 = {sizeof(lheh5_writer), "beams sqrt_s_GeV", open_lheh5, start_lheh5, rows_lheh5, end_lheh5, abandon_lheh5};
