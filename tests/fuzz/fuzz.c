/* fuzz.c -- changed and truncated model, checkpoint, event and card files: each is answered by a status, without a
 * crash, a hang or a block left behind, and what still loads can be used.
 *
 *   fuzz COUNT [FIRST]     mutations FIRST .. FIRST+COUNT-1; number n is always the same file
 *   fuzz 1 N FILE          mutation N alone, its file kept as FILE
 *
 * Built with AddressSanitizer and UndefinedBehaviorSanitizer by `make fuzz`. Mutations whose checksum was made good
 * again, and event tables in HDF5, go to libhdf5 itself: they are read in a child process, and a fault whose innermost
 * frame is libhdf5's is counted on its own. Every other fault ends the run with status 1. */
#include <execinfo.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "fuzz/alter.h"
#include "fuzz/seeds.h"
#include "io/files.h"
#include "model/model.h"

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=2048:malloc_context_size=12:detect_leaks=1";
}
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

enum { SECONDS = 20, DRAWN = 10 };
enum mode { MODE_RAW, MODE_CHECKSUM, MODE_ENTRIES, MODE_PACKED, MODE_PACK_DAMAGED, MODES };
static const char *const mode_names[MODES] = {"bytes", "bytes, checksum good", "entries", "text in gzip", "gzip"};

/* ---- memory: every block is counted, absurd requests are refused
 * ----------------------------------------------------- */

static int64_t blocks;
static size_t largest;

static void *reallocate(void *user, void *block, size_t size)
{
    (void)user;
    if (size > largest) largest = size;
    void *made = size > (size_t)2 << 30 ? NULL : realloc(block, size);
    if (made && !block) blocks++;
    return made;
}

static void release(void *user, void *block)
{
    (void)user;
    blocks--;
    free(block);
}

static gh_hooks counting_hooks(void)
{
    gh_hooks hooks = gh_hooks_default();
    hooks.reallocate = reallocate;
    hooks.release = release;
    return hooks;
}

static genhep_options *counting_options(void)
{
    const genhep_allocator allocator = {sizeof allocator, reallocate, release, NULL};
    genhep_options *options;
    MUST(genhep_options_create_with(&allocator, &options));
    return options;
}

/* ---- what one file led to
 * --------------------------------------------------------------------------------------------- */

typedef struct outcome {
    genhep_status status;
    int64_t blocks;
    size_t largest;
    char problem[400]; /* "" when all is well */
} outcome;

static void problem(outcome *o, const char *what, genhep_status status)
{
    char message[512] = "";
    if (o->problem[0]) return;
    if (status) genhep_last_error(message, sizeof message);
    snprintf(o->problem, sizeof o->problem, "%s%s%s: %.280s", what, status ? ", " : "",
             status ? genhep_status_name(status) : "", message);
}

static int is_one_of(genhep_status status, const genhep_status *list)
{
    for (; *list != GENHEP_OK; list++)
        if (*list == status) return 1;
    return status == GENHEP_OK;
}

/* Documented for the call, and explained in one line that is not empty. */
static void check_status(outcome *o, const char *call, genhep_status status, const void *handle)
{
    static const genhep_status model[] = {GENHEP_E_NOMEM, GENHEP_E_IO, GENHEP_E_FORMAT, GENHEP_E_VERSION, GENHEP_OK};
    static const genhep_status table[] = {GENHEP_E_NOMEM, GENHEP_E_IO, GENHEP_E_FORMAT, GENHEP_E_OPTION, GENHEP_OK};
    static const genhep_status resume[] = {GENHEP_E_NOMEM,   GENHEP_E_IO,      GENHEP_E_FORMAT,
                                           GENHEP_E_VERSION, GENHEP_E_OPTION,  GENHEP_E_SHAPE,
                                           GENHEP_E_STATE,   GENHEP_E_NUMERIC, GENHEP_OK};
    char message[512] = "";
    o->status = status;
    const genhep_status *allowed = strcmp(call, "model") == 0 ? model : strcmp(call, "resume") == 0 ? resume : table;
    if (!is_one_of(status, allowed)) problem(o, "a status that is not documented", status);
    if (status && handle) problem(o, "a handle in spite of the failure", status);
    if (!status && !handle) problem(o, "success without a handle", status);
    if (!status) return;
    genhep_last_error(message, sizeof message);
    if (!message[0] || strchr(message, '\n')) problem(o, "no message of one line", status);
}

/* Draw a few events: finite, or GENHEP_E_NUMERIC. */
static void use_model(outcome *o, const genhep_model *model)
{
    genhep_options *options = counting_options();
    genhep_sampler *sampler = NULL;
    int64_t D = genhep_model_columns(model), L = genhep_model_latents(model), C = genhep_model_conditions(model), length;
    double *events = calloc((size_t)(DRAWN * D), sizeof *events), density[DRAWN];
    double *latents = calloc((size_t)(2 * DRAWN * (L + 1)), sizeof *latents);
    double *cond = C ? calloc((size_t)(DRAWN * C), sizeof *cond) : NULL;
    if (!events || !latents || (C && !cond)) abort();
    for (int64_t i = 0; i < DRAWN * C; i++) cond[i] = (double)(i % 5) - 1;
    MUST(genhep_options_set_int(options, "density.samples", 3));
    genhep_status status = genhep_sampler_create(model, options, &sampler);
    if (status && status != GENHEP_E_STATE && status != GENHEP_E_NOMEM && status != GENHEP_E_OPTION) problem(o, "genhep_sampler_create", status);
    if (!status) {
        status = genhep_sampler_draw_double(sampler, DRAWN, cond, C, events, D, DRAWN * D);
        if (status && status != GENHEP_E_NUMERIC) problem(o, "genhep_sampler_draw_double", status);
        for (int64_t i = 0; !status && i < DRAWN * D; i++)
            if (!isfinite(events[i])) problem(o, "an event that is not finite", GENHEP_OK);
        genhep_status one = genhep_sampler_next(sampler, cond, events, density);
        if (one && one != GENHEP_E_NUMERIC) problem(o, "genhep_sampler_next", one);
    }
    if (!status) {
        static const genhep_status fine[] = {GENHEP_E_NUMERIC, GENHEP_E_STATE, GENHEP_E_NOMEM, GENHEP_OK};
        status = genhep_model_encode(model, DRAWN, events, D, latents, latents + DRAWN * (L + 1));
        if (!is_one_of(status, fine)) problem(o, "genhep_model_encode", status);
        status = genhep_model_log_density(model, options, DRAWN, events, D, density);
        if (!is_one_of(status, fine)) problem(o, "genhep_model_log_density", status);
        status = genhep_model_decode(model, DRAWN, latents, events, D);
        if (!is_one_of(status, fine)) problem(o, "genhep_model_decode", status);
        status = genhep_model_verify(model);
        if (!is_one_of(status, fine)) problem(o, "genhep_model_verify", status);
    }
    status = genhep_model_info(model, NULL, 0, &length);
    if (status != GENHEP_E_BUFFER) problem(o, "genhep_model_info", status);
    genhep_sampler_free(sampler);
    genhep_options_free(options);
    free(events);
    free(latents);
    free(cond);
}

static void use_trainer(outcome *o, genhep_trainer *trainer)
{
    genhep_progress progress = {.struct_size = sizeof progress};
    genhep_model *model = NULL;
    genhep_status status = genhep_trainer_progress(trainer, &progress);
    if (status) problem(o, "genhep_trainer_progress", status);
    status = genhep_trainer_step(trainer, 2);
    if (status && status != GENHEP_E_NUMERIC && status != GENHEP_E_NOMEM) problem(o, "genhep_trainer_step", status);
    status = genhep_trainer_model(trainer, GENHEP_BEST, &model);
    if (status && status != GENHEP_E_NUMERIC && status != GENHEP_E_NOMEM) problem(o, "genhep_trainer_model", status);
    if (model) use_model(o, model);
    genhep_model_free(model);
}

static void use_table(outcome *o, const genhep_dataset *table)
{
    int64_t n = genhep_dataset_events(table), d = genhep_dataset_columns(table);
    double *values = calloc((size_t)(n * d + n) + 1, sizeof *values);
    genhep_dataset *part = NULL;
    genhep_model *model = NULL;
    const genhep_dataset *tables[1] = {table};
    if (!values) abort();
    if (n < 0 || d < 1) problem(o, "a table without columns", GENHEP_OK);
    genhep_status status = genhep_dataset_values(table, values, d, n * d);
    if (!status) status = genhep_dataset_weights(table, values + n * d, n, NULL);
    if (status) problem(o, "reading a table's numbers", status);
    for (int64_t i = 0; i < n * d + n; i++)
        if (!isfinite(values[i])) problem(o, "a table with a number that is not finite", GENHEP_OK);
    status = genhep_dataset_shuffle(table, 3, &part);
    if (status) problem(o, "genhep_dataset_shuffle", status);
    genhep_dataset_free(part);
    genhep_options *options = counting_options();
    MUST(genhep_options_set_text(options, "prep", "quantile"));
    MUST(genhep_options_set_int(options, "prep.knots", 5));
    static const genhep_status fine[] = {GENHEP_E_NUMERIC, GENHEP_E_SHAPE, GENHEP_E_OPTION, GENHEP_E_NOMEM, GENHEP_OK};
    status = genhep_independent_create(options, tables, 1, &model);
    if (!is_one_of(status, fine)) problem(o, "genhep_independent_create", status);
    if (model) use_model(o, model);
    genhep_model_free(model);
    genhep_options_free(options);
    free(values);
}

static void use_card(outcome *o, genhep_options *options)
{
    char value[4096];
    genhep_options *copy = NULL;
    for (int64_t i = 0; i < genhep_option_count(); i++) {
        genhep_option_row row = {.struct_size = sizeof row};
        MUST(genhep_option_info(i, &row));
        genhep_status status = genhep_options_get_text(options, row.key, value, sizeof value, NULL);
        if (status && status != GENHEP_E_BUFFER) problem(o, "genhep_options_get_text", status);
    }
    genhep_status status = genhep_options_copy(options, &copy);
    if (status) problem(o, "genhep_options_copy", status);
    genhep_options_free(copy);
}

/* ---- one file
 * --------------------------------------------------------------------------------------------------------- */

typedef struct job {
    const seed_file *from;
    enum mode mode;
    blob file;             /* the mutated bytes */
    gh_archive archive;    /* MODE_ENTRIES of a model: no bytes in between */
    genhep_dataset *table; /* training rows of the checkpoints */
} job;

static outcome run(job *j)
{
    outcome o = {0};
    const char *path = fuzz_path("mutated");
    int64_t before = blocks;
    genhep_options *options = counting_options();
    genhep_model *model = NULL;
    genhep_dataset *table = NULL;
    genhep_trainer *trainer = NULL;
    const genhep_dataset *tables[1] = {j->table};
    if (j->file.bytes && j->from->route != ROUTE_MODEL) write_blob(path, &j->file);
    switch (j->from->route) {
    case ROUTE_MODEL:
        if (j->mode == MODE_ENTRIES) {
            gh_hooks hooks = counting_hooks();
            genhep_status status = gh_model_load(&hooks, &j->archive, &model);
            check_status(&o, "model", status, model);
        } else {
            genhep_status status = genhep_model_open_memory(j->file.bytes, (int64_t)j->file.size, options, &model);
            check_status(&o, "model", status, model);
        }
        if (model) use_model(&o, model);
        break;
    case ROUTE_CHECKPOINT: {
        genhep_status status = genhep_trainer_resume(path, tables, 1, options, &trainer);
        check_status(&o, "resume", status, trainer);
        if (trainer) use_trainer(&o, trainer);
        break;
    }
    case ROUTE_TABLE:
    case ROUTE_HDF5: {
        genhep_status status = genhep_dataset_open(path, options, &table);
        check_status(&o, "table", status, table);
        if (table) use_table(&o, table);
        break;
    }
    default: {
        genhep_status status = genhep_options_read_card(options, path);
        check_status(&o, "card", status, status ? NULL : options);
        use_card(&o, options);
    }
    }
    genhep_trainer_free(trainer);
    genhep_dataset_free(table);
    genhep_model_free(model);
    genhep_options_free(options);
    o.blocks = blocks - before;
    o.largest = largest;
    if (o.blocks) problem(&o, "blocks of memory are left", GENHEP_OK);
    return o;
}

static char at_work[120]; /* what is being read, for the last words of a crash */

static void last_words(void)
{
    if (write(STDERR_FILENO, at_work, strlen(at_work)) < 0) _exit(2);
}

static void on_alarm(int number)
{
    static const char text[] = "fuzz: hang\n";
    (void)number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(2);
    void *frames[40];
    backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
    last_words();
    _exit(2);
}

/* 1 when the innermost frame that is neither the sanitizer's nor the C library's is libhdf5's. Frames are lines of a
 * report, "    #1 0x7f in name place", or of a backtrace, "place(name+0x1) [0x7f]", which begins with the signal's own
 * frames. */
static int is_fault_of_hdf5(const char *log)
{
    char line[1024];
    FILE *file = fopen(log, "r");
    int theirs = 0, ours = 0, hang = 0, signal_frame = 0;
    while (file && !theirs && !ours && fgets(line, sizeof line, file)) {
        hang |= strncmp(line, "fuzz: hang", 10) == 0;
        if (!(hang ? strstr(line, "[0x") : strstr(line, "    #"))) continue;
        int elsewhere = strstr(line, "/libc.so") || strstr(line, "/libasan") || strstr(line, "sanitizer");
        signal_frame |= hang && elsewhere;
        if (elsewhere || (hang && !signal_frame)) continue;
        if (strstr(line, "libhdf5")) theirs = 1;
        else ours = 1;
    }
    if (file) fclose(file);
    return theirs;
}

/* Run in a child. @return 0, 1 a fault of ours (in o->problem), 2 a fault of libhdf5 */
static int run_apart(job *j, int64_t number, outcome *o)
{
    const char *log = fuzz_path("child.log");
    int ends[2], state = 0;
    if (pipe(ends) != 0) abort();
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) {
        close(ends[0]);
        if (!freopen(log, "w", stderr)) _exit(3);
        alarm(SECONDS);
        outcome result = run(j);
        if (write(ends[1], &result, sizeof result) != (ssize_t)sizeof result) _exit(3);
        _exit(0);
    }
    close(ends[1]);
    memset(o, 0, sizeof *o);
    ssize_t got = read(ends[0], o, sizeof *o);
    close(ends[0]);
    if (waitpid(child, &state, 0) != child) abort();
    if (got == (ssize_t)sizeof *o && WIFEXITED(state) && WEXITSTATUS(state) == 0) return o->problem[0] != 0;
    int theirs = is_fault_of_hdf5(log);
    blob text = read_blob(log);
    printf("mutation %lld of %s (%s): %s in a child, state 0x%x\n%.*s\n", (long long)number, j->from->name,
           mode_names[j->mode], theirs ? "fault of libhdf5" : "fault", (unsigned)state, theirs ? 400 : 6000,
           (const char *)text.bytes);
    free(text.bytes);
    snprintf(o->problem, sizeof o->problem, "a crash or hang");
    return theirs ? 2 : 1;
}

/* ---- making the files
 * --------------------------------------------------------------------------------------------------- */

static void make_checksum_good(blob *b)
{
    if (b->size < 512) return;
    uint64_t size = b->size - 512, crc = crc32(crc32(0, NULL, 0), b->bytes + 512, (uInt)size);
    memcpy(b->bytes, "GENHEP\r\n\1\0\0\0", 12);
    for (int i = 0; i < 8; i++) b->bytes[12 + i] = (unsigned char)(size >> (8 * i));
    for (int i = 0; i < 4; i++) b->bytes[20 + i] = (unsigned char)(crc >> (8 * i));
}

static blob packed(const blob *b)
{
    z_stream z = {0};
    blob out = blob_of(b->bytes, b->size);
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    size_t room = deflateBound(&z, (uLong)b->size) + 64;
    free(out.bytes);
    out.bytes = malloc(room + 1);
    if (!out.bytes) abort();
    z.next_in = b->bytes, z.avail_in = (uInt)b->size;
    z.next_out = out.bytes, z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    out.size = room - z.avail_out;
    deflateEnd(&z);
    return out;
}

static void make_job(const seed_file *seeds, int n_seeds, const seed_file *from, enum mode mode, dice *d,
                     genhep_dataset *table, job *j)
{
    const blob *other = &seeds[dice_below(d, (size_t)n_seeds)].file;
    gh_hooks hooks = gh_hooks_default();
    memset(j, 0, sizeof *j);
    j->from = from, j->mode = mode, j->table = table;
    gh_archive_init(&j->archive, &hooks);
    if (mode == MODE_ENTRIES) {
        const char *kind = from->route == ROUTE_MODEL ? "model" : "checkpoint";
        gh_archive whole;
        gh_archive_init(&whole, &hooks);
        MUST(gh_archive_read_memory(from->file.bytes, (int64_t)from->file.size, kind, &whole));
        MUST(alter_archive(d, &whole, &j->archive));
        if (from->route == ROUTE_CHECKPOINT) MUST(gh_archive_write(&j->archive, fuzz_path("mutated"), kind));
        gh_archive_clear(&whole);
    } else if (mode == MODE_CHECKSUM) {
        blob payload = blob_of(from->file.bytes + 512, from->file.size - 512), changed = mutated(&payload, other, d, 0);
        j->file = blob_of(from->file.bytes, 512);
        blob_splice(&j->file, 512, 0, changed.bytes, changed.size);
        make_checksum_good(&j->file);
        free(payload.bytes);
        free(changed.bytes);
    } else if (mode == MODE_PACK_DAMAGED) {
        blob small = packed(&from->file);
        j->file = mutated(&small, other, d, 0);
        free(small.bytes);
    } else {
        j->file = mutated(&from->file, other, d, from->is_text);
        if (mode == MODE_PACKED) {
            blob small = packed(&j->file);
            free(j->file.bytes);
            j->file = small;
        }
    }
}

static int fits(enum route route, enum mode mode)
{
    if (route == ROUTE_MODEL || route == ROUTE_CHECKPOINT) return mode <= MODE_ENTRIES;
    return mode == MODE_RAW || (route == ROUTE_TABLE && mode >= MODE_PACKED);
}

/* ---- counting
 * ----------------------------------------------------------------------------------------------------------- */

enum { ANSWERS = 12 };
static const genhep_status answers[ANSWERS] = {GENHEP_OK,      GENHEP_E_FORMAT, GENHEP_E_OPTION,  GENHEP_E_VERSION,
                                               GENHEP_E_SHAPE, GENHEP_E_STATE,  GENHEP_E_NUMERIC, GENHEP_E_IO,
                                               GENHEP_E_NOMEM, GENHEP_E_ARG,    GENHEP_E_BUFFER,  GENHEP_E_USER};

typedef struct pairing {
    const seed_file *from;
    enum mode mode;
    int64_t answered[ANSWERS], hdf5, faults;
} pairing;

static void print_table(const pairing *list, int n, int64_t total, double seconds)
{
    int64_t sum[ANSWERS] = {0}, hdf5 = 0;
    printf("%-18s %-22s", "seed", "changed");
    for (int a = 0; a < ANSWERS; a++)
        printf(" %8s", genhep_status_name(answers[a]) + (a ? strlen("GENHEP_E_") : strlen("GENHEP_")));
    printf(" %8s\n", "libhdf5");
    for (int k = 0; k < n; k++) {
        printf("%-18s %-22s", list[k].from->name, mode_names[list[k].mode]);
        for (int a = 0; a < ANSWERS; a++) {
            printf(" %8lld", (long long)list[k].answered[a]);
            sum[a] += list[k].answered[a];
        }
        printf(" %8lld\n", (long long)list[k].hdf5);
        hdf5 += list[k].hdf5;
    }
    printf("%-41s", "all");
    for (int a = 0; a < ANSWERS; a++) printf(" %8lld", (long long)sum[a]);
    printf(" %8lld\n%lld files in %.0f s; the largest block asked for had %.1f MB; %lld faults inside libhdf5\n",
           (long long)hdf5, (long long)total, seconds, (double)largest / 1048576, (long long)hdf5);
}

int main(int argc, char **argv)
{
    static seed_file seeds[MOST_SEEDS];
    static pairing list[MOST_SEEDS * MODES];
    genhep_model *models[MOST_SEEDS] = {NULL};
    char folder[] = "/tmp/genhep-fuzz-XXXXXX";
    int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 10000, first = argc > 2 ? strtoll(argv[2], NULL, 10) : 0,
            failed = 0;
    int n = 0;
    if (!mkdtemp(folder)) return 1;
    fuzz_folder = folder;
    signal(SIGALRM, on_alarm);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(last_words);
    int n_seeds = make_seeds(seeds, models);
    for (int k = 0; k < MOST_SEEDS; k++) genhep_model_free(models[k]);
    genhep_dataset *table = seed_table(NULL, 0);
    for (int k = 0; k < n_seeds; k++)
        for (int m = 0; m < MODES; m++)
            if (fits(seeds[k].route, (enum mode)m)) list[n++] = (pairing){.from = &seeds[k], .mode = (enum mode)m};
    for (int k = 0; k < n_seeds; k++) {
        job j = {.from = &seeds[k], .mode = MODE_RAW, .file = seeds[k].file, .table = table};
        outcome o = run(&j);
        if (!o.status && !o.problem[0]) continue;
        char message[512];
        genhep_last_error(message, sizeof message);
        printf("the unchanged %s is not read: %s %s\n", seeds[k].name, message, o.problem);
        failed++;
    }
    time_t start = time(NULL);
    for (int64_t i = first; i < first + count; i++) {
        pairing *p = &list[i % n];
        dice d = {{0x67656e68u, 0x66757a7au}, (uint32_t)i, 0};
        job j;
        outcome o;
        int apart = p->mode == MODE_CHECKSUM || p->from->route == ROUTE_HDF5, fault = 0;
        make_job(seeds, n_seeds, p->from, p->mode, &d, table, &j);
        if (argc > 3 && j.file.bytes) write_blob(argv[3], &j.file);
        if (apart) {
            fault = run_apart(&j, i, &o);
        } else {
            snprintf(at_work, sizeof at_work, "fuzz: mutation %lld of %s (%s)\n", (long long)i, p->from->name,
                     mode_names[p->mode]);
            alarm(SECONDS);
            o = run(&j);
            alarm(0);
            fault = o.problem[0] != 0;
        }
        if (o.largest > largest) largest = o.largest;
        if (fault == 1)
            printf("mutation %lld of %s (%s): %s\n", (long long)i, p->from->name, mode_names[p->mode], o.problem);
        p->faults += fault == 1, failed += fault == 1, p->hdf5 += fault == 2;
        for (int a = 0; a < ANSWERS && fault != 2; a++) p->answered[a] += answers[a] == o.status;
        free(j.file.bytes);
        gh_archive_clear(&j.archive);
    }
    print_table(list, n, count, difftime(time(NULL), start));
    printf("%lld passed, %lld failed\n", (long long)(count - failed), (long long)failed);
    for (int k = 0; k < n_seeds; k++) free(seeds[k].file.bytes);
    genhep_dataset_free(table);
    char command[80];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0 || failed ? 1 : 0;
}
