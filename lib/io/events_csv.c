/* events_csv.c -- comma-separated text with a header line, plain or gzip, always with a decimal point.
 *
 * A column is numeric when its first data row is; other columns are left out unless data.columns asks for them, which
 * is an error. A column named `weight` holds the weights unless data.weights says otherwise. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "io/events.h"
#include "io/writer.h"

#define WEIGHT "weight"

/* A position in the text. */
typedef struct cursor {
    const char *path;
    const char *at, *stop;
    int64_t line; /* from 1 */
} cursor;

enum separator { SEPARATOR_COMMA, SEPARATOR_LINE };

/* One cell without blanks and quotes around it; a doubled quote inside stays doubled. Moves behind its separator. */
static gh_status next_cell(cursor *c, const char **begin, const char **end, enum separator *separator)
{
    const char *at = c->at;
    while (at < c->stop && (*at == ' ' || *at == '\t')) at++;
    if (at < c->stop && *at == '"') {
        *begin = ++at;
        for (;; at++) {
            at = memchr(at, '"', (size_t)(c->stop - at));
            if (!at) GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: a quote is not closed", c->path, (long long)c->line);
            if (at + 1 < c->stop && at[1] == '"') at++;
            else break;
        }
        *end = at++;
        for (const char *n = *begin; n < *end; n++) c->line += *n == '\n';
        while (at < c->stop && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
        if (at < c->stop && *at != ',' && *at != '\n')
            GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: '%c' follows a closing quote, expected a comma", c->path,
                    (long long)c->line, *at);
    } else {
        *begin = at;
        while (at < c->stop && *at != ',' && *at != '\n') at++;
        *end = at;
        while (*end > *begin && ((*end)[-1] == ' ' || (*end)[-1] == '\t' || (*end)[-1] == '\r')) --*end;
    }
    *separator = at < c->stop && *at == ',' ? SEPARATOR_COMMA : SEPARATOR_LINE;
    if (*separator == SEPARATOR_LINE) c->line++;
    c->at = at < c->stop ? at + 1 : at;
    return GENHEP_OK;
}

/* The header's names; *names has room for *d. Error messages need the line of the header, always 1. */
static gh_status read_header(const gh_hooks *hooks, cursor *c, int64_t *d, char ***names)
{
    const char *newline = memchr(c->at, '\n', (size_t)(c->stop - c->at)), *begin, *end;
    int64_t most = 1;
    for (const char *at = c->at; at < (newline ? newline : c->stop); at++) most += *at == ',';
    enum separator separator = SEPARATOR_COMMA;
    GH_TRY(gh_alloc(hooks, names, most, sizeof **names));
    for (*d = 0; separator == SEPARATOR_COMMA;) {
        double number;
        GH_TRY(next_cell(c, &begin, &end, &separator));
        if (begin == end) GH_FAIL(GENHEP_E_FORMAT, "%s: line 1: column %lld has no name", c->path, (long long)*d + 1);
        if (memchr(begin, '\n', (size_t)(end - begin))) /* so all cells are on the line whose commas were counted */
            GH_FAIL(GENHEP_E_FORMAT, "%s: line 1: the name of column %lld holds a line break", c->path, (long long)*d + 1);
        if (gh_read_number(begin, end, &number))
            GH_FAIL(GENHEP_E_FORMAT, "%s: line 1: '%.*s' is a number, expected a header with column names", c->path,
                    (int)(end - begin > 40 ? 40 : end - begin), begin);
        GH_TRY(gh_alloc(hooks, &(*names)[*d], end - begin + 1, 1));
        memcpy((*names)[(*d)++], begin, (size_t)(end - begin));
    }
    gh_status status = gh_check_names(hooks, *d, (const char *const *)*names);
    if (status != GENHEP_E_FORMAT) return status;
    char reason[256];
    genhep_last_error(reason, sizeof reason);
    return gh_fail(GENHEP_E_FORMAT, "%s: line 1: %s", c->path, reason);
}

static gh_status bad_cell(const cursor *c, int64_t line, const char *name, const char *begin, const char *end, int kind)
{
    int length = (int)(end - begin > 40 ? 40 : end - begin);
    return gh_fail(GENHEP_E_FORMAT, "%s: line %lld, column '%.80s': %s%.*s%s, expected a finite number", c->path,
                   (long long)line, name, begin == end ? "the cell is empty" : "'", length, begin,
                   begin == end ? "" : (kind < 0 ? "' is not finite" : "' is no number"));
}

/* Where each cell of a row goes. */
enum { SKIP = -1, TO_WEIGHT = -2 };

/* Text columns, by the first data row, leave the plan; a text column that was asked for is an error. */
static gh_status check_kinds(cursor c, gh_plan *plan, int64_t *to, int64_t d, char *const *names)
{
    enum separator separator = SEPARATOR_COMMA;
    const char *begin, *end;
    double number;
    for (int64_t j = 0; j < d && separator == SEPARATOR_COMMA; j++) {
        int64_t line = c.line;
        GH_TRY(next_cell(&c, &begin, &end, &separator));
        int kind = gh_read_number(begin, end, &number);
        if (to[j] == SKIP || kind != 0 || begin == end) continue;
        if (!plan->all_columns || to[j] == TO_WEIGHT) return bad_cell(&c, line, names[j], begin, end, 0);
        to[j] = SKIP;
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < plan->count; i++) {
        int64_t j = plan->columns[i];
        if (to[j] == SKIP) continue;
        plan->columns[kept] = j;
        to[j] = kept++;
    }
    plan->count = kept;
    if (kept == 0) GH_FAIL(GENHEP_E_FORMAT, "%s: no column is numeric", c.path);
    return GENHEP_OK;
}

/* One row of d cells; row NULL only checks their number. */
static gh_status read_row(cursor *c, int64_t d, const int64_t *to, char *const *names, double *row, double *weight)
{
    int64_t line = c->line;
    enum separator separator = SEPARATOR_COMMA;
    const char *begin, *end;
    for (int64_t j = 0; j < d; j++) {
        if (separator == SEPARATOR_LINE)
            GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld has %lld cells, expected %lld", c->path, (long long)line,
                    (long long)j, (long long)d);
        GH_TRY(next_cell(c, &begin, &end, &separator));
        if (!row || to[j] == SKIP) continue;
        double number;
        int kind = gh_read_number(begin, end, &number);
        if (kind != 1) return bad_cell(c, line, names[j], begin, end, kind);
        if (to[j] != TO_WEIGHT) row[to[j]] = number;
        else if (weight) *weight = number;
    }
    if (separator != SEPARATOR_LINE)
        GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld has more than the %lld cells of the header", c->path, (long long)line,
                (long long)d);
    return GENHEP_OK;
}

/* Rows that follow, at most: lines that are there. */
static int64_t count_lines(const cursor *c)
{
    int64_t lines = 0;
    for (const char *at = c->at; at < c->stop; lines++) {
        at = memchr(at, '\n', (size_t)(c->stop - at));
        if (!at++) return lines + 1;
    }
    return lines;
}

static gh_status read_rows(cursor *c, const genhep_options *options, gh_plan *plan, int64_t *to, int64_t d,
                           char *const *names, const gh_hooks *hooks, genhep_dataset **dataset)
{
    int64_t first, count;
    GH_TRY(gh_rows_wanted(options, c->path, count_lines(c), &first, &count));
    GH_TRY(check_kinds(*c, plan, to, d, names));
    GH_TRY(gh_plan_table(hooks, plan, (const char *const *)names, NULL, count, plan->weight >= 0, dataset));
    genhep_dataset *table = *dataset;
    gh_status status = GENHEP_OK;
    for (int64_t i = 0; i < first && c->at < c->stop && !status; i++) status = read_row(c, d, to, names, NULL, NULL);
    /* quoted line breaks make fewer rows than lines */
    table->n = 0;
    for (; table->n < count && c->at < c->stop && !status; table->n++)
        status = read_row(c, d, to, names, table->values + table->n * table->d,
                          table->weights ? &table->weights[table->n] : NULL);
    if (!status && table->n == 0) status = gh_fail(GENHEP_E_FORMAT, "%s: no events from data.offset on", c->path);
    if (status) {
        gh_dataset_free(table);
        *dataset = NULL;
    }
    return status;
}

gh_status gh_events_read_csv(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    gh_hooks hooks = gh_hooks_of(options);
    gh_bytes bytes;
    gh_plan plan = {NULL, 0, -1, 1, 1, NULL};
    char **names = NULL;
    int64_t d = 0, *to = NULL, usual = -1;
    gh_status status;
    GH_TRY(gh_bytes_read(&hooks, path, &bytes));
    cursor c = {path, bytes.data, bytes.data + bytes.size, 1};
    if (bytes.size >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0) c.at += 3; /* byte order mark */
    while (c.stop > c.at && strchr(" \t\r\n", c.stop[-1])) c.stop--;              /* blank lines at the end */
    if (c.at == c.stop) {
        status = gh_fail(GENHEP_E_FORMAT, "%s: the file is empty, expected a header with column names", path);
        goto cleanup;
    }
    GH_TRY_CLEANUP(read_header(&hooks, &c, &d, &names));
    for (int64_t j = 0; j < d; j++)
        if (strcmp(names[j], WEIGHT) == 0) usual = j;
    GH_TRY_CLEANUP(gh_plan_make(&hooks, options, path, (const char *const *)names, d, usual, &plan));
    GH_TRY_CLEANUP(gh_plan_no_dataset(&plan, path, (const char *const *)names, d));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &to, d, sizeof *to));
    for (int64_t j = 0; j < d; j++) to[j] = SKIP;
    for (int64_t i = 0; i < plan.count; i++) to[plan.columns[i]] = i;
    if (plan.weight >= 0) to[plan.weight] = TO_WEIGHT;
    status = read_rows(&c, options, &plan, to, d, names, &hooks, dataset);

cleanup:
    gh_free(&hooks, to);
    gh_plan_free(&hooks, &plan);
    gh_free_names(&hooks, d, names);
    gh_bytes_free(&bytes);
    return status;
}

static void put_name(gh_sink *sink, const char *name)
{
    double number;
    int quoted = strpbrk(name, ", \t") || gh_read_number(name, name + strlen(name), &number);
    if (quoted) gh_sink_text(sink, "\"");
    gh_sink_text(sink, name);
    if (quoted) gh_sink_text(sink, "\"");
}

/* ---- writing: the state is a gh_sink ---- */

static gh_status open_csv(genhep_writer *w)
{
    const genhep_dataset *t = w->schema;
    if (w->weighted && gh_dataset_find(t, WEIGHT) >= 0)
        GH_FAIL(GENHEP_E_SHAPE, "%s: the table has weights and a column '" WEIGHT "', CSV has one place for them",
                w->path);
    for (int64_t j = 0; j < t->d; j++)
        if (strpbrk(t->names[j], "\"\r\n"))
            GH_FAIL(GENHEP_E_SHAPE, "%s: column name '%.80s' has a quote or a line break", w->path, t->names[j]);
    return gh_sink_open(&w->hooks, w->path, w->compress, w->format_state);
}

static gh_status start_csv(genhep_writer *w)
{
    gh_sink *sink = w->format_state;
    for (int64_t j = 0; j < w->schema->d; j++) {
        if (j) gh_sink_text(sink, ",");
        put_name(sink, w->schema->names[j]);
    }
    if (w->weighted) gh_sink_text(sink, "," WEIGHT);
    gh_sink_text(sink, "\n");
    return sink->status;
}

static gh_status rows_csv(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    gh_sink *sink = w->format_state;
    const int64_t d = w->schema->d;
    const int is_float = w->storage == GENHEP_FLOAT32;
    for (int64_t i = 0; i < n && !sink->status; i++) {
        for (int64_t j = 0; j < d; j++) {
            if (j) gh_sink_put(sink, ",", 1);
            gh_sink_exact(sink, values[i * d + j], is_float);
        }
        if (weights) {
            gh_sink_put(sink, ",", 1);
            gh_sink_exact(sink, weights[i], 0);
        }
        gh_sink_put(sink, "\n", 1);
    }
    return sink->status;
}

static gh_status end_csv(genhep_writer *w) { return gh_sink_close(w->format_state, GENHEP_OK); }

static void abandon_csv(genhep_writer *w) { gh_sink_close(w->format_state, GENHEP_E_IO); }

const gh_format gh_format_csv = {sizeof(gh_sink), "", open_csv, start_csv, rows_csv, end_csv, abandon_csv};
