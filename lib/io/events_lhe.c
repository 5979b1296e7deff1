/* events_lhe.c -- Les Houches event files, read (version 1 to 3) and written (version 3), plain or gzip.
 *
 * Read: slots p<k>_id, _status, _px, _py, _pz, _E, _m of each particle line; weights from XWGTUP when they differ; the
 * attributes sigma_pb, sigma_err_pb, beams and sqrt_s_GeV from <init>. Everything else of a file is passed over. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/decimal.h"
#include "io/events.h"
#include "io/particles.h"
#include "io/writer.h"

enum { MOST_PARTICLES = 10000, EVENT_WORDS = 6, PARTICLE_WORDS = 13 };

/* ---- reading ---- */

typedef struct lhe {
    const char *path;
    const char *at, *stop;
    int64_t line;
    int strategy;
    int64_t processes;
    double beam_id[2], beam_energy[2], sigma, variance;
} lhe;

/* Next line that is not blank, without blanks around it; 0 at the end of the file. */
static int next_line(lhe *f, const char **begin, const char **end)
{
    while (f->at < f->stop) {
        const char *newline = memchr(f->at, '\n', (size_t)(f->stop - f->at));
        *begin = f->at;
        *end = newline ? newline : f->stop;
        f->at = newline ? newline + 1 : f->stop;
        f->line++;
        gh_trim(begin, end);
        if (*begin < *end) return 1;
    }
    return 0;
}

static int begins(const char *begin, const char *end, const char *tag)
{
    size_t length = strlen(tag);
    return (size_t)(end - begin) >= length && memcmp(begin, tag, length) == 0;
}

/* A tag by its whole name: "<event" is not "<eventgroup". */
static int is_tag(const char *begin, const char *end, const char *tag)
{
    size_t length = strlen(tag);
    return begins(begin, end, tag) && (begin + length == end || strchr(" \t>/", begin[length]));
}

/* Pass over the rest of a comment that begins on this line. */
static gh_status skip_comment(lhe *f, const char *begin, const char *end)
{
    int64_t line = f->line;
    do {
        for (const char *c = begin; c + 3 <= end; c++)
            if (memcmp(c, "-->", 3) == 0) return GENHEP_OK;
    } while (next_line(f, &begin, &end));
    GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: a comment is not closed", f->path, (long long)line);
}

/* `count` numbers of a line; more words than that are allowed when `more` is 1. */
static gh_status read_words(const lhe *f, const char *begin, const char *end, const char *what, int count, int more,
                            double *words)
{
    const char *at = begin;
    int found = 0;
    for (; at < end; found++) {
        const char *stop = at;
        while (stop < end && *stop != ' ' && *stop != '\t') stop++;
        if (found < count && gh_read_number(at, stop, &words[found]) != 1)
            GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: '%.*s' in %s is no finite number", f->path, (long long)f->line,
                    (int)(stop - at > 40 ? 40 : stop - at), at, what);
        for (at = stop; at < end && (*at == ' ' || *at == '\t');) at++;
    }
    if (found < count || (found > count && !more))
        GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: %d numbers in %s, expected %d", f->path, (long long)f->line, found,
                what, count);
    return GENHEP_OK;
}

static gh_status read_init(lhe *f)
{
    const char *begin, *end;
    double words[10];
    if (!next_line(f, &begin, &end))
        GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: <init> is truncated", f->path, (long long)f->line);
    GH_TRY(read_words(f, begin, end, "the first line of <init>", 10, 1, words));
    for (int i = 0; i < 2; i++) f->beam_id[i] = words[i], f->beam_energy[i] = words[2 + i];
    if (!(fabs(words[8]) >= 1 && fabs(words[8]) <= 4) || !(words[9] >= 0 && words[9] <= 1e6))
        GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: weight strategy %g and %g processes", f->path, (long long)f->line,
                words[8], words[9]);
    f->strategy = (int)words[8];
    f->processes = (int64_t)words[9];
    for (int64_t i = 0; i < f->processes; i++) {
        if (!next_line(f, &begin, &end) || *begin == '<')
            GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: <init> has %lld processes, expected %lld", f->path,
                    (long long)f->line, (long long)i, (long long)f->processes);
        GH_TRY(read_words(f, begin, end, "a process of <init>", 3, 1, words));
        f->sigma += words[0];
        f->variance += words[1] * words[1];
    }
    while (next_line(f, &begin, &end))
        if (is_tag(begin, end, "</init")) return GENHEP_OK;
    GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: <init> is not closed: truncated file", f->path, (long long)f->line);
}

/* From the start of the file to behind </init>. */
static gh_status read_head(lhe *f)
{
    const char *begin, *end;
    int header = 0;
    while (next_line(f, &begin, &end)) {
        if (is_tag(begin, end, "</header")) header = 0;
        else if (header) continue;
        else if (is_tag(begin, end, "<header")) header = 1;
        else if (begins(begin, end, "<!--")) GH_TRY(skip_comment(f, begin, end));
        else if (is_tag(begin, end, "<init")) return read_init(f);
        else if (is_tag(begin, end, "<event")) break;
    }
    GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: no <init> before the events", f->path, (long long)f->line);
}

/* Move behind the next <event> line. *found 0 at </LesHouchesEvents>. */
static gh_status next_event(lhe *f, int *found)
{
    const char *begin, *end;
    while (next_line(f, &begin, &end)) {
        *found = is_tag(begin, end, "<event");
        if (*found || is_tag(begin, end, "</LesHouchesEvents")) return GENHEP_OK;
        if (begins(begin, end, "<!--")) GH_TRY(skip_comment(f, begin, end));
        else if (is_tag(begin, end, "</event") || *begin == '-' || (*begin >= '0' && *begin <= '9'))
            GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: '%.*s' outside of an event", f->path, (long long)f->line,
                    (int)(end - begin > 40 ? 40 : end - begin), begin);
    }
    GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: </LesHouchesEvents> is missing: truncated file", f->path,
            (long long)f->line);
}

/* Next line of numbers inside an event. */
static gh_status event_line(lhe *f, const char *what, const char **begin, const char **end)
{
    while (next_line(f, begin, end)) {
        if (**begin == '#') continue;
        if (**begin == '<')
            GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: '%.*s' instead of %s", f->path, (long long)f->line,
                    (int)(*end - *begin > 40 ? 40 : *end - *begin), *begin, what);
        return GENHEP_OK;
    }
    GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: truncated event, expected %s", f->path, (long long)f->line, what);
}

static gh_status event_head(lhe *f, int64_t *particles, double *weight)
{
    const char *begin, *end;
    double words[EVENT_WORDS];
    GH_TRY(event_line(f, "the first line of an event", &begin, &end));
    GH_TRY(read_words(f, begin, end, "the first line of an event", EVENT_WORDS, 0, words));
    if (!(words[0] >= 1 && words[0] <= MOST_PARTICLES) || words[0] != rint(words[0]))
        GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: an event of %g particles, expected 1 to %d", f->path,
                (long long)f->line, words[0], (int)MOST_PARTICLES);
    *particles = (int64_t)words[0];
    *weight = words[2];
    return GENHEP_OK;
}

/* The rest of an event: further blocks are passed over, but no particle line may follow. */
static gh_status event_tail(lhe *f, int64_t particles)
{
    const char *begin, *end;
    int inside = 0; /* of <rwgt> and the like, whose lines may be numbers */
    while (next_line(f, &begin, &end)) {
        if (is_tag(begin, end, "</event")) return GENHEP_OK;
        if (is_tag(begin, end, "<event")) break;
        int number = *begin == '-' || *begin == '+' || (*begin >= '0' && *begin <= '9');
        if (number && !inside)
            GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: the event has more than its %lld particles", f->path,
                    (long long)f->line, (long long)particles);
        if (*begin == '<') inside = 1;
    }
    GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: the event is not closed: truncated file", f->path, (long long)f->line);
}

static gh_status read_particle(lhe *f, gh_particle *p)
{
    const char *begin, *end;
    double w[PARTICLE_WORDS];
    GH_TRY(event_line(f, "a particle", &begin, &end));
    GH_TRY(read_words(f, begin, end, "a particle", PARTICLE_WORDS, 0, w));
    if (w[0] != rint(w[0]) || fabs(w[0]) > 1e15 || w[1] != rint(w[1]) || fabs(w[1]) > 1e6)
        GH_FAIL(GENHEP_E_FORMAT, "%s: line %lld: code %g and status %g, expected whole numbers", f->path,
                (long long)f->line, w[0], w[1]);
    p->id = (int64_t)w[0];
    p->status = (int32_t)w[1];
    p->px = w[6], p->py = w[7], p->pz = w[8], p->e = w[9], p->m = w[10];
    return GENHEP_OK;
}

/* First pass: how many events there are up to the last wanted one, and the most particles of a wanted one. */
static gh_status survey(lhe f, const genhep_options *options, int64_t *events, int64_t *slots)
{
    int64_t offset = gh_option_int(options, "data.offset"), limit = gh_option_int(options, "data.limit");
    const char *begin, *end;
    int found;
    double weight;
    *events = *slots = 0;
    while (limit == 0 || *events < offset || *events - offset < limit) {
        int64_t particles;
        GH_TRY(next_event(&f, &found));
        if (!found) break;
        GH_TRY(event_head(&f, &particles, &weight));
        for (int64_t k = 0; k < particles; k++) GH_TRY(event_line(&f, "a particle", &begin, &end));
        GH_TRY(event_tail(&f, particles));
        if (*events >= offset && particles > *slots) *slots = particles;
        ++*events;
    }
    return GENHEP_OK;
}

static gh_status fill_rows(lhe *f, const gh_plan *plan, int64_t first, genhep_dataset *table)
{
    gh_particle p;
    for (int64_t i = 0; i < first + table->n; i++) {
        int64_t particles;
        double weight;
        int found;
        GH_TRY(next_event(f, &found));
        GH_TRY(event_head(f, &particles, &weight));
        double *row = i < first ? NULL : table->values + (i - first) * table->d;
        if (row) table->weights[i - first] = weight;
        for (int64_t k = 0, j = 0; k < particles; k++) {
            GH_TRY(read_particle(f, &p));
            if (!row) continue;
            /* all columns in order, the usual case, need no search */
            if (plan->all_columns)
                for (int field = 0; field < GH_SLOT_FIELDS; field++) row[j++] = gh_slot_value(&p, field);
            else
                for (j = 0; j < plan->count; j++)
                    if (plan->columns[j] / GH_SLOT_FIELDS == k)
                        row[j] = gh_slot_value(&p, (int)(plan->columns[j] % GH_SLOT_FIELDS));
        }
        GH_TRY(event_tail(f, particles));
    }
    return GENHEP_OK;
}

static gh_status set_attributes(const lhe *f, genhep_dataset *table)
{
    char text[200], number[4][40];
    gh_format_exact(number[0], f->sigma, 0);
    gh_format_exact(number[1], sqrt(f->variance), 0);
    if (f->sigma != 0) {
        GH_TRY(gh_dataset_set_attribute(table, "sigma_pb", number[0]));
        GH_TRY(gh_dataset_set_attribute(table, "sigma_err_pb", number[1]));
    }
    for (int i = 0; i < 2; i++) {
        gh_format_exact(number[i], f->beam_id[i], 0);
        gh_format_exact(number[2 + i], f->beam_energy[i], 0);
    }
    snprintf(text, sizeof text, "%s %s %s %s", number[0], number[1], number[2], number[3]);
    GH_TRY(gh_dataset_set_attribute(table, "beams", text));
    gh_format_exact(number[0], 2 * sqrt(fabs(f->beam_energy[0] * f->beam_energy[1])), 0);
    return gh_dataset_set_attribute(table, "sqrt_s_GeV", number[0]);
}

/* Equal weights above zero say nothing that the cross section does not. */
static void drop_equal_weights(genhep_dataset *table, int wanted)
{
    int equal = 1;
    for (int64_t i = 0; i < table->n; i++)
        equal = equal && table->weights[i] == table->weights[0] && table->weights[i] > 0;
    if (!equal && wanted) return;
    gh_free(&table->hooks, table->weights);
    table->weights = NULL;
}

gh_status gh_events_read_lhe(const char *path, const genhep_options *options, genhep_dataset **dataset)
{
    gh_hooks hooks = gh_hooks_of(options);
    gh_bytes bytes;
    gh_plan plan = {NULL, 0, -1, 1, 1, NULL};
    char **names = NULL, **units = NULL;
    int64_t events, slots = 0, first, count;
    gh_status status;
    GH_TRY(gh_bytes_read(&hooks, path, &bytes));
    lhe f = {path, bytes.data, bytes.data + bytes.size, 0, 3, 0, {0, 0}, {0, 0}, 0, 0};
    GH_TRY_CLEANUP(read_head(&f));
    GH_TRY_CLEANUP(survey(f, options, &events, &slots));
    GH_TRY_CLEANUP(gh_rows_wanted(options, path, events, &first, &count));
    GH_TRY_CLEANUP(gh_slot_names(&hooks, slots, &names, &units));
    const char *const *slot_names = (const char *const *)names;
    GH_TRY_CLEANUP(gh_plan_make(&hooks, options, path, slot_names, slots * GH_SLOT_FIELDS, -1, &plan));
    GH_TRY_CLEANUP(gh_plan_no_dataset(&plan, path, slot_names, slots * GH_SLOT_FIELDS));
    if (plan.weight >= 0) {
        status = gh_fail(GENHEP_E_OPTION, "%s: data.weights: LHE events carry their own weights", path);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_plan_table(&hooks, &plan, slot_names, (const char *const *)units, count, 1, dataset));
    status = fill_rows(&f, &plan, first, *dataset);
    if (!status) status = set_attributes(&f, *dataset);
    if (!status) drop_equal_weights(*dataset, plan.file_weights);
    if (status) {
        gh_dataset_free(*dataset);
        *dataset = NULL;
    }

cleanup:
    gh_plan_free(&hooks, &plan);
    gh_free_names(&hooks, slots * GH_SLOT_FIELDS, names);
    gh_free_names(&hooks, slots * GH_SLOT_FIELDS, units);
    gh_bytes_free(&bytes);
    return status;
}

/* ---- writing ---- */

typedef struct lhe_writer {
    gh_record_plan plan;
    gh_sink sink;
} lhe_writer;

/* Blank, then the number. */
static void put_int(gh_sink *sink, int64_t value)
{
    gh_sink_put(sink, " ", 1);
    gh_sink_int(sink, value);
}

static void put_real(gh_sink *sink, double value)
{
    gh_sink_put(sink, " ", 1);
    gh_sink_exact(sink, value, 0);
}

/* The text in front of the events. Weights and cross section are known at the end only, so their fields are as wide as any
 * number, and the text can be written again. */
static gh_status put_head(genhep_writer *w)
{
    lhe_writer *f = w->format_state;
    const gh_record_plan *plan = &f->plan;
    const double last[3] = {plan->sigma, plan->sigma_error, plan->largest};
    char number[40];
    gh_text head = {.hooks = &w->hooks};
    gh_text_add(&head, "<LesHouchesEvents version=\"3.0\">\n<init>\n %lld %lld", (long long)plan->beam_id[0], (long long)plan->beam_id[1]);
    for (int i = 0; i < 2; i++) {
        gh_decimal(number, plan->beam_energy[i], 0);
        gh_text_add(&head, " %s", number);
    }
    gh_text_add(&head, " 0 0 0 0 %2d 1\n", plan->strategy);
    for (int i = 0; i < 3; i++) {
        gh_decimal(number, last[i], 0);
        gh_text_add(&head, " %24s", number);
    }
    gh_text_add(&head, " 1\n<generator name=\"genhep\" version=\"" GENHEP_VERSION "\"></generator>\n</init>\n");
    if (!head.status) gh_sink_head(&f->sink, head.data, head.length);
    gh_status status = head.status ? head.status : f->sink.status;
    gh_text_free(&head);
    return status;
}

static void write_event(gh_sink *sink, const gh_record *r)
{
    gh_sink_text(sink, "<event>\n");
    put_int(sink, r->n);
    put_int(sink, 1);
    put_real(sink, r->weight);
    put_real(sink, r->scale);
    gh_sink_text(sink, " -1 -1\n"); /* the couplings are not known */
    for (int64_t i = 0; i < r->n; i++) {
        const gh_particle *p = &r->particles[i];
        put_int(sink, p->id);
        put_int(sink, p->status);
        put_int(sink, p->first);
        put_int(sink, p->last);
        put_int(sink, p->colour);
        put_int(sink, p->anticolour);
        put_real(sink, p->px);
        put_real(sink, p->py);
        put_real(sink, p->pz);
        put_real(sink, p->e);
        put_real(sink, p->m);
        put_real(sink, p->lifetime);
        put_real(sink, p->spin);
        gh_sink_put(sink, "\n", 1);
    }
    gh_sink_text(sink, "</event>\n");
}

static gh_status open_lhe(genhep_writer *w)
{
    lhe_writer *f = w->format_state;
    GH_TRY(gh_record_plan_make(w, &f->plan));
    return gh_sink_open(&w->hooks, w->path, w->compress, &f->sink);
}

static gh_status start_lhe(genhep_writer *w)
{
    lhe_writer *f = w->format_state;
    GH_TRY(gh_record_plan_totals(&f->plan));
    return put_head(w);
}

static gh_status rows_lhe(genhep_writer *w, int64_t n, const double *values, const double *weights)
{
    lhe_writer *f = w->format_state;
    for (int64_t i = 0; i < n && !f->sink.status; i++) {
        GH_TRY(gh_record_fill(&f->plan, w->n + i, values + i * w->schema->d, weights ? weights[i] : 1, &f->plan.record));
        write_event(&f->sink, &f->plan.record);
    }
    return f->sink.status;
}

static gh_status end_lhe(genhep_writer *w)
{
    lhe_writer *f = w->format_state;
    GH_TRY(gh_record_plan_end(&f->plan));
    gh_sink_text(&f->sink, "</LesHouchesEvents>\n");
    return gh_sink_close(&f->sink, put_head(w));
}

static void abandon_lhe(genhep_writer *w)
{
    lhe_writer *f = w->format_state;
    gh_sink_close(&f->sink, GENHEP_E_IO);
    gh_record_plan_free(&f->plan);
}

const gh_format gh_format_lhe = {sizeof(lhe_writer), "beams sqrt_s_GeV", open_lhe, start_lhe, rows_lhe, end_lhe, abandon_lhe};
