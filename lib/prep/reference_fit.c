/* reference_fit.c -- fitting the map of reference.h: names in pairs, bins of equal counts, medians, quantiles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prep/namesakes.h"
#include "prep/quantile_knots.h"
#include "prep/reference_handle.h"

enum { LEAST_EVENTS = 200 }; /* of a bin, as long as there is more than one */

/* Stands in the messages of the quantile fit. */
static const gh_stage_class speaker = {"reference", 1, NULL, NULL, NULL, NULL, NULL};

static int64_t find_pairs(gh_reference *r, const gh_prep *targets, const gh_reference_data *data)
{
    const gh_named mine = {targets, data->target_table->names, data->target_table->d};
    const gh_named others = {r->chain, data->condition_table->names, data->condition_table->d};
    const int64_t pairs = gh_namesakes(&mine, &others, r->partner);
    for (int64_t j = 0; j < r->p; j++)
        r->angle[j] = r->partner[j] >= 0 && targets->out.list[j].angle != GH_ANGLE_NONE &&
                      r->chain->out.list[r->partner[j]].angle != GH_ANGLE_NONE;
    return pairs;
}

/* Cut blanks off both ends. */
static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    for (char *end = text + strlen(text); end > text && strchr(" \t", end[-1]); end--) end[-1] = '\0';
    return text;
}

static int64_t find_name(const gh_reference *r, const char *name)
{
    for (int64_t k = 0; k < gh_prep_width(r->chain); k++)
        if (strcmp(gh_prep_name(r->chain, k), name) == 0) return k;
    return -1;
}

/* The coordinates that one entry of prep.peaks, 'pattern: mass, width', gives a peak. */
static gh_status peak_entry(gh_reference *r, const gh_prep *targets, char *entry, int64_t *peaks)
{
    char *names = strrchr(entry, ':'), *comma = names ? strchr(names, ',') : NULL;
    int64_t found = 0;
    if (!comma) GH_FAIL(GENHEP_E_OPTION, "prep.peaks: found '%.80s', expected 'coordinate: mass, width'", entry);
    *names++ = *comma = '\0';
    const char *pattern = trimmed(entry), *name[2] = {trimmed(names), trimmed(comma + 1)};
    const int64_t at[2] = {find_name(r, name[0]), find_name(r, name[1])};
    for (int i = 0; i < 2; i++)
        if (at[i] < 0) GH_FAIL(GENHEP_E_OPTION, "prep.peaks: '%.80s' is no coordinate of prep.reference", name[i]);
    for (int64_t j = 0; j < r->p; j++) {
        if (!gh_pattern_match(pattern, gh_prep_name(targets, j))) continue;
        if (r->partner[j] < 0 || r->angle[j])
            GH_FAIL(GENHEP_E_OPTION, "prep.peaks: '%.80s' is an angle or has no partner in prep.pairs", gh_prep_name(targets, j));
        memcpy(r->peak + 2 * j, at, sizeof at);
        found++;
    }
    if (!found) GH_FAIL(GENHEP_E_OPTION, "prep.peaks: no coordinate of prep is like '%.80s'", pattern);
    *peaks += found;
    return GENHEP_OK;
}

/* The references of an entry of prep.pairs: one name, or several behind commas outside parentheses. */
static gh_status read_references(const gh_reference *r, char *names, gh_smooth *references)
{
    references->variables = 0;
    for (char *name = names, *next; name; name = next) {
        int64_t depth = 0;
        for (next = name; *next && (*next != ',' || depth); next++) depth += (*next == '(') - (*next == ')');
        if (*next) *next++ = '\0';
        else next = NULL;
        name = trimmed(name);
        const int64_t at = find_name(r, name);
        if (at < 0) GH_FAIL(GENHEP_E_OPTION, "prep.pairs: '%.80s' is no coordinate of prep.reference", name);
        if (references->variables == GH_SMOOTH_MOST) GH_FAIL(GENHEP_E_OPTION, "prep.pairs: '%.80s' is one reference more than %d", name, GH_SMOOTH_MOST);
        references->place[references->variables++] = at;
    }
    return GENHEP_OK;
}

/* The coordinates that one entry of the list, 'pattern: reference' or 'pattern: reference, reference', pairs. */
static gh_status pair_entry(gh_reference *r, const gh_prep *targets, char *entry, int64_t *pairs)
{
    char *part[2] = {entry, strrchr(entry, ':')};
    int64_t found = 0;
    gh_smooth references = {0};
    if (!part[1]) GH_FAIL(GENHEP_E_OPTION, "prep.pairs: found '%.80s', expected 'coordinate: reference'", entry);
    *part[1]++ = '\0';
    part[0] = trimmed(part[0]);
    GH_TRY(read_references(r, part[1], &references));
    for (int64_t j = 0; j < r->p; j++) {
        const enum gh_coordinate_kind kind = targets->out.list[j].kind;
        if (!gh_pattern_match(part[0], gh_prep_name(targets, j))) continue;
        if (kind == GH_COORDINATE_DISCRETE || kind == GH_COORDINATE_CENSORED)
            GH_FAIL(GENHEP_E_OPTION, "prep.pairs: '%.80s' is discrete or has a threshold: it has no continuous distribution to be mapped",
                    gh_prep_name(targets, j));
        *pairs += r->partner[j] < 0;
        if (r->partner[j] != references.place[0] || references.variables > 1) r->angle[j] = 0; /* of its namesake */
        r->partner[j] = references.place[0];
        r->smooth[j] = references;
        if (references.variables == 1) r->smooth[j].variables = 0;
        found++;
    }
    if (!found) GH_FAIL(GENHEP_E_OPTION, "prep.pairs: no coordinate of prep is like '%.80s'", part[0]);
    return GENHEP_OK;
}

typedef gh_status read_entry(gh_reference *r, const gh_prep *targets, char *entry, int64_t *count);

static gh_status read_list(const gh_hooks *hooks, gh_reference *r, const gh_prep *targets, const char *list, read_entry *read, int64_t *count)
{
    char *copy;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_strdup(hooks, list, &copy));
    for (char *at = copy, *next; !status && at; at = next) {
        next = strchr(at, ';');
        if (next) *next++ = '\0';
        if (at[strspn(at, " \t")]) status = read(r, targets, at, count);
    }
    gh_free(hooks, copy);
    return status;
}

/* A row of one coordinate: reference, what is mapped, weight. */
typedef struct fit_row {
    double r, y, w;
    int64_t i; /* number of the event */
} fit_row;

static int compare_rows(const void *a, const void *b)
{
    const fit_row *x = a, *y = b;
    if (x->r != y->r) return x->r < y->r ? -1 : 1;
    return (x->y > y->y) - (x->y < y->y);
}

typedef struct fitting {
    const gh_reference_data *data;
    double *reference; /* (n,R) */
    fit_row *rows;     /* n, by rising reference */
    double *y, *w;     /* n: of a bin */
    int64_t *first;    /* bins + 1: where each bin starts */
    gh_stage stage;    /* for messages */
} fitting;

/* The rows of a coordinate with a peak, through the map in which it stands still. */
static gh_status still_peak(const gh_reference *r, fitting *f, int64_t j)
{
    const int64_t R = gh_prep_width(r->chain), n = f->data->n;
    double *range = r->range + 2 * j;
    range[0] = INFINITY, range[1] = -INFINITY;
    for (int64_t i = 0; i < n; i++) range[0] = fmin(range[0], f->rows[i].y), range[1] = fmax(range[1], f->rows[i].y);
    if (!(range[0] > 0 && range[0] < range[1]))
        GH_FAIL(GENHEP_E_OPTION, "prep.peaks: '%.80s' runs from %g to %g, expected masses above 0", f->stage.names[j], range[0], range[1]);
    for (int64_t i = 0; i < n; i++) {
        gh_peak peak;
        GH_TRY(gh_reference_peak(r, j, f->reference + i * R, &peak));
        f->rows[i].y = gh_peak_forward(&peak, f->rows[i].y, NULL);
    }
    return GENHEP_OK;
}

static gh_status read_rows(const gh_reference *r, fitting *f, int64_t j)
{
    const gh_reference_data *data = f->data;
    const int64_t R = gh_prep_width(r->chain);
    double sine = 0, cosine = 0;
    for (int64_t i = 0; i < data->n; i++) {
        const double w = data->weights ? data->weights[i] : 1, x = data->prepared[i * r->p + j];
        f->rows[i] = (fit_row){f->reference[i * R + r->partner[j]], x, w, i};
        sine += w * sin(x - f->rows[i].r), cosine += w * cos(x - f->rows[i].r);
    }
    if (r->angle[j]) {
        r->shift[j] = sine * sine + cosine * cosine > 0 ? atan2(sine, cosine) : 0;
        for (int64_t i = 0; i < data->n; i++) f->rows[i].y = gh_wrap_angle(f->rows[i].y - f->rows[i].r - r->shift[j]);
    }
    if (r->peak[2 * j] >= 0) GH_TRY(still_peak(r, f, j));
    qsort(f->rows, (size_t)data->n, sizeof *f->rows, compare_rows);
    return GENHEP_OK;
}

/* Bins of equal counts, one with several references; one whose centre does not lie above the one before joins it. */
static void cut_bins(gh_reference *r, fitting *f, int64_t j)
{
    const int64_t n = f->data->n, bins = r->smooth[j].variables ? 1 : r->bins;
    double *centre = r->centre + j * r->bins;
    int64_t used = 0;
    for (int64_t b = 0; b < bins; b++) {
        const int64_t start = n * b / bins, end = n * (b + 1) / bins;
        double sum = 0;
        for (int64_t i = start; i < end; i++) sum += f->rows[i].r;
        const double mean = sum / (double)(end - start);
        if (used && !(mean > centre[used - 1])) continue;
        f->first[used] = start;
        centre[used++] = mean;
    }
    f->first[used] = n;
    r->used[j] = used;
}

/* Knots of rows[from..to): of y itself, or of its distance to the median curve. */
static gh_status bin_knots(const gh_reference *r, fitting *f, int64_t j, int64_t from, int64_t to, int residual, int64_t knots, double *q)
{
    for (int64_t i = from; i < to; i++) {
        f->y[i - from] = f->rows[i].y;
        if (residual) {
            const gh_reference_place place = gh_reference_find(r, j, f->rows[i].r);
            f->y[i - from] -= gh_reference_middle(r, j, &place);
        }
        f->w[i - from] = f->rows[i].w;
    }
    return gh_quantile_knots(&f->stage, f->stage.names[j], f->y, f->data->weights ? f->w : NULL, to - from, knots, q);
}

/* What several references tell, behind the distribution of all events. */
static gh_status fit_smooth(gh_reference *r, fitting *f, int64_t j)
{
    double slope;
    for (int64_t k = 0; k < f->data->n; k++) f->y[f->rows[k].i] = gh_reference_normal(r, j, f->rows[k].r, f->rows[k].y, &slope);
    return gh_smooth_fit(&r->hooks, &r->smooth[j], f->data->n, f->y, f->reference, gh_prep_width(r->chain), f->data->weights);
}

static gh_status fit_coordinate(gh_reference *r, fitting *f, int64_t j)
{
    enum { K = GH_REFERENCE_KNOTS };
    GH_TRY(read_rows(r, f, j));
    cut_bins(r, f, j);
    for (int64_t b = 0; b < r->used[j]; b++) {
        double three[3];
        GH_TRY(bin_knots(r, f, j, f->first[b], f->first[b + 1], 0, 3, three));
        r->middle[j * r->bins + b] = r->peak[2 * j] < 0 ? three[1] : 0; /* a peak and the ends stand still: nothing moves with the median */
    }
    for (int64_t b = 0; b < r->used[j]; b++)
        GH_TRY(bin_knots(r, f, j, f->first[b], f->first[b + 1], 1, K, r->knots + (j * r->bins + b) * K));
    return r->smooth[j].variables ? fit_smooth(r, f, j) : GENHEP_OK;
}

static gh_status make_rows(const gh_hooks *hooks, const gh_reference *r, fitting *f)
{
    enum { ROWS = 1024 };
    const gh_reference_data *data = f->data;
    const int64_t C = data->condition_table->d, R = gh_prep_width(r->chain);
    gh_prep_work *work;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_prep_work_create(hooks, r->chain, ROWS, &work));
    for (int64_t start = 0; !status && start < data->n; start += ROWS) {
        const int64_t rows = data->n - start < ROWS ? data->n - start : ROWS;
        status = gh_prep_forward(r->chain, work, rows, data->conditions + start * C, C, data->seed, start, f->reference + start * R, R, NULL);
    }
    gh_prep_work_free(work);
    return status;
}

gh_status gh_reference_fit(const gh_hooks *hooks, const gh_prep *targets, gh_prep *chain, const gh_reference_data *data,
                           gh_reference **fitted)
{
    gh_status status;
    gh_reference *r = NULL;
    fitting f = {.data = data, .stage = {.type = &speaker, .hooks = *hooks}};
    char **names = NULL;
    const int64_t p = gh_prep_width(targets);
    int64_t bins = data->n / LEAST_EVENTS < data->bins ? data->n / LEAST_EVENTS : data->bins;
    if (bins < 1) bins = 1;
    *fitted = NULL;
    GH_TRY(gh_reference_create(hooks, p, bins, chain, &r));
    GH_TRY_CLEANUP(gh_alloc(hooks, &names, p, sizeof *names));
    for (int64_t j = 0; j < p; j++) names[j] = targets->out.list[j].name, r->used[j] = 1;
    f.stage.names = names;
    int64_t peaks = 0, pairs = find_pairs(r, targets, data);
    GH_TRY_CLEANUP(read_list(hooks, r, targets, data->pairs, pair_entry, &pairs));
    if (!pairs) {
        status = gh_fail(GENHEP_E_OPTION, "prep.reference: none of the coordinates of 'prep' has a namesake there ('%.80s' ... and '%.80s' ...)",
                         gh_prep_name(targets, 0), gh_prep_name(chain, 0));
        goto cleanup;
    }
    GH_TRY_CLEANUP(read_list(hooks, r, targets, data->peaks ? data->peaks : "", peak_entry, &peaks));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.reference, data->n * gh_prep_width(chain), sizeof *f.reference));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.rows, data->n, sizeof *f.rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.y, data->n, sizeof *f.y));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.w, data->n, sizeof *f.w));
    GH_TRY_CLEANUP(gh_alloc(hooks, &f.first, bins + 1, sizeof *f.first));
    GH_TRY_CLEANUP(make_rows(hooks, r, &f));
    for (int64_t j = 0; j < p; j++)
        if (r->partner[j] >= 0) GH_TRY_CLEANUP(fit_coordinate(r, &f, j));
    *fitted = r;
    r = NULL;
cleanup:
    gh_reference_release(r);
    gh_free(hooks, names);
    gh_free(hooks, f.reference);
    gh_free(hooks, f.rows);
    gh_free(hooks, f.y);
    gh_free(hooks, f.w);
    gh_free(hooks, f.first);
    return status;
}
