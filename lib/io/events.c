/* events.c -- event files: the format is recognised by content when read, by the name's ending when written. */
#include "io/events.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/files.h"
#include "io/writer.h"

static const struct {
    const char *ending;
    int compress;
    const gh_format *format;
} formats[] = {
    {".h5", 0, &gh_format_h5},          {".hdf5", 0, &gh_format_h5},
    {".csv", 0, &gh_format_csv},        {".csv.gz", 1, &gh_format_csv},
    {".npy", 0, &gh_format_npy},        {".lhe", 0, &gh_format_lhe},
    {".lhe.gz", 1, &gh_format_lhe},     {".hepmc3", 0, &gh_format_hepmc3},
    {".hepmc3.gz", 1, &gh_format_hepmc3}, {".lheh5", 0, &gh_format_lheh5},
};

static int ends_in(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length > tail && strcmp(text + length - tail, ending) == 0;
}

gh_status gh_format_of(const char *path, const gh_format **format, int *compress)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (ends_in(path, formats[i].ending)) {
            *format = formats[i].format;
            *compress = formats[i].compress;
            return GENHEP_OK;
        }
    GH_FAIL(GENHEP_E_ARG,
            "%s: the ending tells no format, expected .h5, .csv, .csv.gz, .npy, .lhe, .lhe.gz, .hepmc3, "
            ".hepmc3.gz or .lheh5",
            path);
}

static int starts_with(const char *bytes, int64_t size, const char *text, size_t length)
{
    return size >= (int64_t)length && memcmp(bytes, text, length) == 0;
}

/* Behind blanks, an XML prolog or comments. */
static int is_lhe(const char *bytes, int64_t size)
{
    const char *tag = "<LesHouchesEvents";
    for (int64_t i = 0; i < size; i++) {
        if (bytes[i] == '<') {
            if (starts_with(bytes + i, size - i, tag, strlen(tag))) return 1;
            if (i + 1 >= size || (bytes[i + 1] != '?' && bytes[i + 1] != '!')) return 0;
            const char *close = memchr(bytes + i, '>', (size_t)(size - i));
            if (!close) return 0;
            i = close - bytes;
        } else if (!strchr(" \t\r\n", bytes[i]) || !bytes[i]) {
            return 0;
        }
    }
    return 0;
}

/* HDF5 searches its signature at 0, 512, 1024, 2048, ... */
static int is_hdf5(const char *bytes, int64_t size)
{
    for (int64_t at = 0; at < size; at = at ? 2 * at : 512)
        if (starts_with(bytes + at, size - at, "\x89HDF\r\n\x1a\n", 8)) return 1;
    return 0;
}

static gh_status read_any(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    enum { ROOM = 4096 };
    char head[ROOM];
    int64_t size;
    gh_hooks hooks = gh_hooks_of(options);
    GH_TRY(gh_bytes_peek(path, head, ROOM, &size));
    if (size == 0) GH_FAIL(GENHEP_E_FORMAT, "%s: the file is empty", path);
    if (starts_with(head, size, "GENHEP\r\n", 8))
        GH_FAIL(GENHEP_E_FORMAT, "%s: is a model or checkpoint file, expected events", path);
    if (is_hdf5(head, size)) {
        int lheh5;
        GH_TRY(gh_is_lheh5(path, &lheh5));
        return lheh5 ? gh_events_read_lheh5(path, options, dataset) : gh_events_read_h5(path, options, dataset);
    }
    if (starts_with(head, size, "\x1f\x8b", 2)) GH_TRY(gh_bytes_peek_gzip(&hooks, path, head, ROOM, &size));
    if (size == 0) GH_FAIL(GENHEP_E_FORMAT, "%s: the file is empty", path);
    if (starts_with(head, size, "\x93NUMPY", 6)) return gh_events_read_npy(path, options, dataset);
    if (starts_with(head, size, "HepMC::", 7))
        GH_FAIL(GENHEP_E_FORMAT, "%s: HepMC files are written, not read; expected HDF5, CSV, .npy, LHE or LHEH5", path);
    if (is_lhe(head, size)) return gh_events_read_lhe(path, options, dataset);
    if (head[0] == '<') GH_FAIL(GENHEP_E_FORMAT, "%s: is XML without <LesHouchesEvents>", path);
    for (int64_t i = 0; i < size; i++)
        if ((unsigned char)head[i] < 0x20 && !strchr("\t\r\n", head[i] ? head[i] : 'x'))
            GH_FAIL(GENHEP_E_FORMAT, "%s: byte 0x%02x at %lld: expected HDF5, CSV, .npy, LHE or LHEH5", path,
                    (unsigned char)head[i], (long long)i);
    return gh_events_read_csv(path, options, dataset);
}

/* data.tail_cut on the table just read. */
static gh_status cut_tails(const genhep_options *options, genhep_dataset **dataset)
{
    genhep_dataset *cut;
    const double share = gh_option_real(options, "data.tail_cut");
    if (share <= 0) return GENHEP_OK;
    GH_TRY(gh_dataset_tail_cut(*dataset, share, &cut));
    gh_dataset_free(*dataset);
    *dataset = cut;
    return GENHEP_OK;
}

gh_status gh_events_read(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    *dataset = NULL;
    GH_TRY(read_any(path, options, dataset));
    gh_status status = gh_dataset_check_finite(*dataset, path);
    if (!status) return cut_tails(options, dataset);
    gh_dataset_free(*dataset);
    *dataset = NULL;
    char message[512];
    genhep_last_error(message, sizeof message);
    return gh_fail(GENHEP_E_FORMAT, "%s", message);
}

/* ---- what readers share ---- */

static int64_t find_name(const char *const *names, int64_t d, const char *name)
{
    for (int64_t j = 0; j < d; j++)
        if (strcmp(names[j], name) == 0) return j;
    return -1;
}

gh_status gh_plan_make(const gh_hooks *hooks, const genhep_options *options, const char *path, const char *const *names,
                       int64_t d, int64_t usual, gh_plan *plan)
{
    const char *weights = gh_option_text(options, "data.weights"), *patterns = gh_option_text(options, "data.columns");
    int none = strcmp(weights, "none") == 0;
    gh_status status;
    memset(plan, 0, sizeof *plan);
    plan->weight = weights[0] ? (none ? -1 : find_name(names, d, weights)) : usual;
    plan->file_weights = !weights[0];
    plan->all_columns = patterns[0] == '\0';
    if (weights[0] && !none && plan->weight < 0) plan->named = weights;
    GH_TRY(gh_alloc(hooks, &plan->columns, d, sizeof *plan->columns));
    GH_TRY_CLEANUP(gh_select_columns("data.columns", patterns, names, d, plan->columns, &plan->count));
    /* a column is either an event column or the weight; an ignored weight is no event column unless it was asked for */
    int64_t dropped = plan->weight >= 0 ? plan->weight : (none && plan->all_columns ? usual : -1), kept = 0;
    for (int64_t i = 0; i < plan->count; i++)
        if (plan->columns[i] != dropped) plan->columns[kept++] = plan->columns[i];
    plan->count = kept;
    if (kept == 0) {
        status = gh_fail(GENHEP_E_OPTION, "%s: no column is left beside the weights", path);
        goto cleanup;
    }
    return GENHEP_OK;

cleanup:
    gh_plan_free(hooks, plan);
    return status;
}

void gh_plan_free(const gh_hooks *hooks, gh_plan *plan)
{
    gh_free(hooks, plan->columns);
    plan->columns = NULL;
}

gh_status gh_plan_no_dataset(const gh_plan *plan, const char *path, const char *const *names, int64_t d)
{
    if (!plan->named) return GENHEP_OK;
    int64_t best = 0;
    for (int64_t j = 1; j < d; j++)
        if (gh_edit_distance(plan->named, names[j]) < gh_edit_distance(plan->named, names[best])) best = j;
    GH_FAIL(GENHEP_E_OPTION, "%s: data.weights: there is no '%.80s'; the closest column is '%.80s'", path, plan->named,
            names[best]);
}

gh_status gh_rows_wanted(const genhep_options *options, const char *path, int64_t rows, int64_t *first, int64_t *count)
{
    int64_t offset = gh_option_int(options, "data.offset"), limit = gh_option_int(options, "data.limit");
    if (rows == 0) GH_FAIL(GENHEP_E_FORMAT, "%s: no events", path);
    if (offset >= rows)
        GH_FAIL(GENHEP_E_OPTION, "%s: data.offset = %lld, but there are only %lld events", path, (long long)offset,
                (long long)rows);
    *first = offset;
    *count = limit > 0 && limit < rows - offset ? limit : rows - offset;
    return GENHEP_OK;
}

gh_status gh_plan_table(const gh_hooks *hooks, const gh_plan *plan, const char *const *names, const char *const *units,
                        int64_t n, int with_weights, genhep_dataset **dataset)
{
    const char **chosen, **chosen_units;
    gh_status status;
    GH_TRY(gh_alloc(hooks, &chosen, 2 * plan->count, sizeof *chosen));
    chosen_units = chosen + plan->count;
    for (int64_t i = 0; i < plan->count; i++) {
        chosen[i] = names[plan->columns[i]];
        chosen_units[i] = units ? units[plan->columns[i]] : "";
    }
    status = gh_dataset_create(hooks, n, plan->count, chosen, chosen_units, with_weights, dataset);
    gh_free(hooks, chosen);
    return status;
}

void gh_free_names(const gh_hooks *hooks, int64_t d, char **names)
{
    for (int64_t j = 0; names && j < d; j++) gh_free(hooks, names[j]);
    gh_free(hooks, names);
}

gh_status gh_number_names(const gh_hooks *hooks, int64_t d, char ***names)
{
    char text[32];
    GH_TRY(gh_alloc(hooks, names, d, sizeof **names));
    for (int64_t j = 0; j < d; j++) {
        snprintf(text, sizeof text, "col_%lld", (long long)j);
        gh_status status = gh_strdup(hooks, text, &(*names)[j]);
        if (!status) continue;
        gh_free_names(hooks, d, *names);
        *names = NULL;
        return status;
    }
    return GENHEP_OK;
}

int gh_read_number(const char *begin, const char *end, double *value)
{
    const char *stop;
    if (begin == end || *begin == ' ' || *begin == '\t') return 0;
    *value = gh_parse_real(begin, &stop);
    if (stop != end) return 0;
    if (!isfinite(*value)) return -1;
    return memchr(begin, 'x', (size_t)(end - begin)) || memchr(begin, 'X', (size_t)(end - begin)) ? 0 : 1;
}

int gh_read_integer(const char *begin, const char *end, int64_t *value)
{
    const char *c = begin;
    int negative = 0;
    int64_t number = 0;
    if (c < end && (*c == '+' || *c == '-')) negative = *c++ == '-';
    if (c == end || end - c > 18) return 0;
    for (; c < end; c++) {
        if (*c < '0' || *c > '9') return 0;
        number = 10 * number + (*c - '0');
    }
    *value = negative ? -number : number;
    return 1;
}
