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

/* All events as numbers in memory. */
typedef struct tables {
    double *heads, *particles;
    int64_t written, stride; /* events, particle rows of each */
    int64_t npLO;
} tables;

static void put_record(const gh_record *r, double trials, tables *t)
{
    double *head = t->heads + t->written * WIDTH, *rows = t->particles + t->written * t->stride * PARTICLE;
    const double values[WIDTH] = {1,        (double)r->n, (double)(t->written * t->stride), trials, r->scale, r->scale,
                                  r->scale, -1,           -1,                               r->weight};
    memcpy(head, values, sizeof values);
    for (int64_t i = 0; i < r->n; i++) {
        const gh_particle *p = &r->particles[i];
        const double row[PARTICLE] = {(double)p->id, p->status, p->first, p->last, p->colour, p->anticolour, p->px,
                                      p->py,         p->pz,     p->e,     p->m,    p->lifetime, p->spin};
        memcpy(rows + i * PARTICLE, row, sizeof row);
    }
    t->written++;
}

/* An event of weight zero is not written, some readers cannot take it: its trial counts for the next event. */
static gh_status fill_tables(const gh_record_plan *plan, tables *t)
{
    const gh_hooks *hooks = &plan->dataset->hooks;
    int64_t n = plan->dataset->n, most = 0;
    gh_record record = {NULL, 0, 1, 0};
    double trials = 0;
    gh_status status;
    GH_TRY(gh_alloc(hooks, &record.particles, plan->most, sizeof *record.particles));
    t->stride = plan->most;
    GH_TRY_CLEANUP(gh_alloc(hooks, &t->heads, n * WIDTH, sizeof *t->heads));
    GH_TRY_CLEANUP(gh_alloc(hooks, &t->particles, n, (size_t)(t->stride * PARTICLE) * sizeof *t->particles));
    for (int64_t i = 0; i < n; i++) {
        GH_TRY_CLEANUP(gh_record_fill(plan, i, &record));
        trials++;
        if (record.weight == 0) continue;
        if (record.n > most) most = record.n;
        put_record(&record, trials, t);
        trials = 0;
    }
    if (t->written == 0) status = gh_fail(GENHEP_E_SHAPE, "%s: every event has weight zero", plan->path);
    else if (trials > 0) t->heads[(t->written - 1) * WIDTH + 3] += trials;
    if (most < t->stride) { /* no event is as long as the columns allow */
        for (int64_t i = 1; i < t->written; i++)
            memmove(t->particles + i * most * PARTICLE, t->particles + i * t->stride * PARTICLE,
                    (size_t)(most * PARTICLE) * sizeof *t->particles);
        for (int64_t i = 0; i < t->written; i++) t->heads[i * WIDTH + 2] = (double)(i * most);
        t->stride = most;
    }
    t->npLO = most;
cleanup:
    gh_free(hooks, record.particles);
    return status;
}

static gh_status write_table(hid_t file, const char *name, int rank, int64_t rows, int64_t width, const double *values,
                             const char *attribute, const char *const *names)
{
    hsize_t dims[2] = {(hsize_t)rows, (hsize_t)width};
    hid_t dataset;
    GH_TRY(gh_h5_write_doubles(file, name, H5T_IEEE_F64LE, rank, dims, values, &dataset));
    gh_status status = gh_h5_write_texts(dataset, attribute, rank == 1 ? rows : width, names);
    gh_h5_close(&dataset);
    return status;
}

static gh_status write_version(hid_t file)
{
    const int32_t version[3] = {2, 0, 1}; /* at exactly 2.0.0 a reader rescales unit weights */
    hsize_t dims[1] = {3};
    hid_t space = H5Screate_simple(1, dims, NULL);
    hid_t dataset = H5Dcreate2(file, "version", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    gh_status status = GENHEP_OK;
    if (dataset < 0 || H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, version) < 0)
        status = gh_h5_fail(GENHEP_E_NOMEM, "dataset 'version' cannot be written");
    gh_h5_close(&dataset);
    gh_h5_close(&space);
    return status;
}

static gh_status write_all(hid_t file, const gh_record_plan *plan, const tables *t)
{
    const double init[INIT] = {(double)plan->beam_id[0], (double)plan->beam_id[1], plan->beam_energy[0],
                               plan->beam_energy[1], 0, 0, 0, 0, plan->strategy, 1};
    double largest = 1;
    for (int64_t i = 0; plan->strategy == -4 && i < t->written; i++)
        largest = i && largest > fabs(t->heads[i * WIDTH + EVENT]) ? largest : fabs(t->heads[i * WIDTH + EVENT]);
    const double process[PROCESS] = {1, (double)t->npLO, -1, plan->sigma, plan->sigma_error, largest};
    GH_TRY(write_version(file));
    GH_TRY(write_table(file, "init", 1, INIT, 1, init, "properties", init_names));
    GH_TRY(write_table(file, "procInfo", 2, 1, PROCESS, process, "properties", process_names));
    GH_TRY(write_table(file, "events", 2, t->written, WIDTH, t->heads, "events", event_names));
    return write_table(file, "particles", 2, t->written * t->stride, PARTICLE, t->particles, "properties",
                       particle_names);
}

gh_status gh_events_write_lheh5(const genhep_dataset *dataset, const char *path, const genhep_options *options,
                                int compress)
{
    const gh_hooks *hooks = &dataset->hooks;
    gh_record_plan plan;
    gh_h5_guard guard;
    tables t = {NULL, NULL, 0, 0, 0};
    char *image = NULL;
    int64_t size = 0;
    hid_t file = -1;
    (void)compress; /* always, inside */
    GH_TRY(gh_record_plan_make(dataset, options, path, &plan));
    gh_status status = fill_tables(&plan, &t);
    gh_h5_enter(&guard);
    if (!status) status = gh_h5_create_image(0, &file);
    if (!status) status = write_all(file, &plan, &t);
    if (!status) status = gh_h5_get_image(hooks, file, &image, &size);
    gh_h5_close(&file);
    gh_h5_leave(&guard);
    if (!status) status = gh_atomic_write_all(hooks, path, NULL, 0, image, size);
    gh_free(hooks, image);
    gh_free(hooks, t.heads);
    gh_free(hooks, t.particles);
    gh_record_plan_free(&plan);
    return status;
}
