/* objects_fit.c -- fitting 'objects': quantiles by number of objects and discrete columns, correlations by numbers of objects.
 *   Quantiles of a slot belong to (number of objects of its type, its discrete columns). Of these combinations the rare ones, below
 *   LEAST_EVENTS events, share one set of the whole slot; so do rare counts for columns of no object. Correlations are taken out where
 *   there are FACTOR_EVENTS events a coordinate. */
#include <stdio.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "prep/objects_fit.h"

enum { LEAST_EVENTS = 300, FACTOR_EVENTS = 20 };
static const double least_pivot = 1e-4;

/* ---- rows ---- */

static gh_status find_least(gh_objects_work *w)
{
    for (int64_t t = 0; t < w->s.types; t++) {
        gh_object_type *type = &w->s.type[t];
        type->least = INFINITY;
        for (int64_t k = 0; k < type->slots; k++) {
            const double *pt = w->fit->columns +
                               (w->roles[(type->first + k) * GH_OBJECTS_ROLES + GH_OBJECTS_PT] - 1) * w->fit->n;
            for (int64_t i = 0; i < w->fit->n; i++)
                if (pt[i] > 0 && pt[i] < type->least) type->least = pt[i];
        }
        if (!isfinite(type->least))
            GH_FAIL(GENHEP_E_SHAPE, "prep: 'objects': no event has an object '%.80s'", w->patterns[t]);
    }
    return GENHEP_OK;
}

static gh_status read_rows(gh_objects_work *w)
{
    const gh_fit *fit = w->fit;
    double raw[4 * GH_OBJECTS_SLOTS] = {0};
    GH_TRY(gh_alloc(&w->stage->hooks, &w->raw, w->s.coordinates * fit->n, sizeof *w->raw));
    GH_TRY(gh_alloc(&w->stage->hooks, &w->counts, w->s.types * fit->n, sizeof *w->counts));
    for (int64_t i = 0; i < fit->n; i++) {
        int64_t bad;
        const char *wrong = gh_objects_read(&w->s, fit->columns + i, fit->n, w->counts + i * w->s.types, raw, &bad);
        if (wrong) {
            const int64_t column = w->roles[bad * GH_OBJECTS_ROLES + GH_OBJECTS_PT] - 1;
            gh_pass pass = {.first = i};
            return gh_stage_domain(w->stage, &pass, 0, fit->in->list[column].name, fit->columns[column * fit->n + i],
                                   wrong);
        }
        for (int64_t c = 0; c < w->s.coordinates; c++) w->raw[c * fit->n + i] = raw[c];
    }
    return gh_categories_fit(w->stage, fit, w->s.types, w->counts);
}

/* ---- patterns: distinct (count, discrete columns) of a type ---- */

static int64_t lower_bound(const double *values, int64_t count, int64_t width, const double *row)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = (low + high) / 2, j = 0;
        while (j < width && values[middle * width + j] == row[j]) j++;
        if (j < width && values[middle * width + j] < row[j]) low = middle + 1;
        else high = middle;
    }
    return low;
}

static gh_status find_patterns(gh_objects_work *w, int64_t t)
{
    gh_object_type *type = &w->s.type[t];
    const gh_fit *fit = w->fit;
    const int64_t width = gh_objects_pattern_width(type);
    double row[GH_OBJECTS_PATTERN + 1];
    GH_TRY(gh_alloc(&w->stage->hooks, &w->values[t], GH_MOST_CATEGORIES * width, sizeof(double)));
    GH_TRY(gh_alloc(&w->stage->hooks, &w->shares[t], GH_MOST_CATEGORIES, sizeof(double)));
    GH_TRY(gh_alloc(&w->stage->hooks, &w->events[t], GH_MOST_CATEGORIES, sizeof(int64_t)));
    double *values = w->values[t], *shares = w->shares[t];
    int64_t *events = w->events[t];
    for (int64_t i = 0; i < fit->n; i++) {
        gh_objects_pattern(&w->s, t, fit->columns + i, fit->n, w->counts[i * w->s.types + t], row);
        const int64_t p = lower_bound(values, type->patterns, width, row), after = type->patterns - p;
        if (after == 0 || memcmp(values + p * width, row, (size_t)width * sizeof *row) != 0) {
            if (type->patterns == GH_MOST_CATEGORIES)
                GH_FAIL(
                    GENHEP_E_OPTION,
                    "prep: 'objects' finds more than %d different values of the discrete columns of '%.80s'; are they discrete?",
                    GH_MOST_CATEGORIES, w->patterns[t]);
            memmove(values + (p + 1) * width, values + p * width, (size_t)(after * width) * sizeof *values);
            memmove(shares + p + 1, shares + p, (size_t)after * sizeof *shares);
            memmove(events + p + 1, events + p, (size_t)after * sizeof *events);
            memcpy(values + p * width, row, (size_t)width * sizeof *row);
            shares[p] = 0, events[p] = 0;
            type->patterns++;
        }
        shares[p] += fit->weights ? fit->weights[i] : 1;
        events[p]++;
    }
    type->values = values;
    for (int64_t p = 0, next; p < type->patterns; p = next) { /* shares within equal counts */
        double total = 0;
        for (next = p; next < type->patterns && values[next * width] == values[p * width]; next++) {
            total += shares[next];
            if (!(shares[next] > 0))
                GH_FAIL(
                    GENHEP_E_NUMERIC,
                    "prep: 'objects': values of discrete columns of '%.80s' have the weight %g, expected a positive one",
                    w->patterns[t], shares[next]);
        }
        for (int64_t q = p; q < next; q++) shares[q] /= total;
    }
    for (int64_t i = 0; i < fit->n; i++) {
        gh_objects_pattern(&w->s, t, fit->columns + i, fit->n, w->counts[i * w->s.types + t], row);
        w->pattern[t * fit->n + i] = lower_bound(values, type->patterns, width, row);
    }
    return GENHEP_OK;
}

/* ---- quantiles ---- */

/* A row of knots for the numbers of `column` in the events where chosen[group[i]] is set. */
static gh_status add_quantiles(gh_objects_work *w, const char *name, const double *column, const int64_t *group,
                               const char *chosen)
{
    const gh_fit *fit = w->fit;
    const int64_t knots = w->s.knots;
    int64_t n = 0;
    if (w->knot_rows == w->knot_capacity) {
        const int64_t capacity = w->knot_capacity ? 2 * w->knot_capacity : 64;
        GH_TRY(gh_resize(&w->stage->hooks, &w->quantiles, capacity * knots, sizeof *w->quantiles));
        w->knot_capacity = capacity;
    }
    for (int64_t i = 0; i < fit->n; i++) {
        if (!chosen[group[i]]) continue;
        if (fit->weights) w->weights[n] = fit->weights[i];
        w->x[n++] = column[i];
    }
    return gh_quantile_knots(w->stage, name, w->x, fit->weights ? w->weights : NULL, n, knots,
                             w->quantiles + w->knot_rows++ * knots);
}

/* Quantiles of all coordinates of a slot for the patterns chosen. */
static gh_status add_slot(gh_objects_work *w, int64_t t, int64_t k, const char *chosen)
{
    const gh_object_type *type = &w->s.type[t];
    for (int64_t j = 0; j < type->width; j++)
        GH_TRY(add_quantiles(w, w->names[type->first + k],
                             w->raw + (type->first_coordinate + k * type->width + j) * w->fit->n,
                             w->pattern + t * w->fit->n, chosen));
    return GENHEP_OK;
}

/* Do two patterns agree in what the quantiles of slot k depend on? */
static int alike(const gh_object_type *type, const double *a, const double *b, int64_t k)
{
    return a[0] == b[0] &&
           memcmp(a + 1 + k * type->discretes, b + 1 + k * type->discretes, (size_t)type->discretes * sizeof *a) == 0;
}

static gh_status fit_slot(gh_objects_work *w, int64_t t, int64_t k, char *chosen)
{
    const gh_object_type *type = &w->s.type[t];
    const int64_t width = gh_objects_pattern_width(type);
    int64_t *rows = w->rows[t], shared = -1;
    for (int64_t p = 0; p < type->patterns; p++) rows[p * type->slots + k] = -1;
    for (int64_t p = 0; p < type->patterns; p++) {
        int64_t events = 0;
        const double *here = w->values[t] + p * width;
        if (here[0] <= (double)k) rows[p * type->slots + k] = 0; /* nothing there */
        if (rows[p * type->slots + k] >= 0) continue;
        for (int64_t q = 0; q < type->patterns; q++) {
            chosen[q] = (char)alike(type, here, w->values[t] + q * width, k);
            events += chosen[q] ? w->events[t][q] : 0;
        }
        int64_t row = w->knot_rows;
        if (events >= LEAST_EVENTS) GH_TRY(add_slot(w, t, k, chosen));
        else if (shared >= 0) row = shared;
        else {
            char *all = chosen + type->patterns;
            for (int64_t q = 0; q < type->patterns; q++) all[q] = (char)(w->values[t][q * width] > (double)k);
            shared = row;
            GH_TRY(add_slot(w, t, k, all));
        }
        for (int64_t q = 0; q < type->patterns; q++)
            if (chosen[q]) rows[q * type->slots + k] = row;
    }
    return GENHEP_OK;
}

static gh_status fit_slots(gh_objects_work *w)
{
    gh_status status = GENHEP_OK;
    char *chosen = NULL;
    GH_TRY_CLEANUP(gh_alloc(&w->stage->hooks, &chosen, 2 * GH_MOST_CATEGORIES, 1));
    for (int64_t t = 0; t < w->s.types; t++) {
        GH_TRY_CLEANUP(
            gh_alloc(&w->stage->hooks, &w->rows[t], w->s.type[t].patterns * w->s.type[t].slots, sizeof(int64_t)));
        for (int64_t k = 0; k < w->s.type[t].slots; k++) GH_TRY_CLEANUP(fit_slot(w, t, k, chosen));
    }
cleanup:
    gh_free(&w->stage->hooks, chosen);
    return status;
}

/* What is mapped of a column of no object, for event i. */
static double rest_value(const gh_objects_work *w, int64_t j, int64_t i)
{
    const double *row = w->fit->columns + i, x = row[w->rest[j] * w->fit->n];
    if (w->rest_kind[j] & GH_OBJECTS_TURNED) return gh_objects_turn(x - gh_objects_zero(&w->s, row, w->fit->n));
    return w->rest_kind[j] & GH_OBJECTS_OPPOSITE ? gh_wrap_angle(x - gh_objects_opposite(&w->s, row, w->fit->n)) : x;
}

/* Columns of no object, within the counts. Stores "rest_rows". */
static gh_status fit_rest(gh_objects_work *w, const gh_categories *table)
{
    gh_status status = GENHEP_OK;
    const gh_fit *fit = w->fit;
    double *column = NULL;
    int64_t *events = NULL, *rows = NULL;
    char *chosen = NULL;
    GH_TRY_CLEANUP(gh_alloc(&w->stage->hooks, &column, fit->n, sizeof *column));
    GH_TRY_CLEANUP(gh_alloc(&w->stage->hooks, &chosen, table->count, 1));
    GH_TRY_CLEANUP(gh_alloc(&w->stage->hooks, &events, table->count, sizeof *events));
    GH_TRY_CLEANUP(gh_alloc(&w->stage->hooks, &rows, table->count * w->s.rest_count, sizeof *rows));
    for (int64_t i = 0; i < fit->n; i++) {
        w->category[i] = gh_category_of(table, w->counts + i * w->s.types);
        events[w->category[i]]++;
    }
    for (int64_t j = 0; j < w->s.rest_count; j++) {
        int64_t shared = -1;
        if (!(w->rest_kind[j] & GH_OBJECTS_MAPPED)) continue;
        for (int64_t i = 0; i < fit->n; i++) column[i] = rest_value(w, j, i);
        for (int64_t c = 0; c < table->count; c++) {
            const int rare = events[c] < LEAST_EVENTS;
            rows[c * w->s.rest_count + j] = rare && shared >= 0 ? shared : w->knot_rows;
            if (rare && shared >= 0) continue;
            if (rare) shared = w->knot_rows;
            for (int64_t q = 0; q < table->count; q++) chosen[q] = (char)(rare || q == c);
            GH_TRY_CLEANUP(add_quantiles(w, fit->in->list[w->rest[j]].name, column, w->category, chosen));
        }
    }
    GH_TRY_CLEANUP(gh_stage_put_indices(w->stage, "rest_rows", table->count * w->s.rest_count, rows));
    w->rest_rows = rows;
    rows = NULL;
cleanup:
    gh_free(&w->stage->hooks, column);
    gh_free(&w->stage->hooks, chosen);
    gh_free(&w->stage->hooks, events);
    gh_free(&w->stage->hooks, rows);
    return status;
}

/* ---- correlations ---- */

/* z of event i: what is there, and 0 for the rest. */
static void normals_of(const gh_objects_work *w, int64_t i, double *z)
{
    const int64_t n = w->fit->n, knots = w->s.knots;
    double slope;
    for (int64_t t = 0; t < w->s.types; t++) {
        const gh_object_type *type = &w->s.type[t];
        for (int64_t k = 0; k < type->slots; k++)
            for (int64_t j = 0; j < type->width; j++) {
                const int64_t c = type->first_coordinate + k * type->width + j,
                              row = w->rows[t][w->pattern[t * n + i] * type->slots + k] + j;
                const int there = k < (int64_t)w->counts[i * w->s.types + t] && !(w->s.balance && c == 2);
                z[c] = there ? gh_quantile_forward(w->quantiles + row * knots, knots, w->raw[c * n + i], &slope) : 0;
            }
    }
    for (int64_t j = 0; j < w->s.rest_count; j++) {
        const double *q = w->quantiles + w->rest_rows[w->category[i] * w->s.rest_count + j] * knots;
        z[w->s.coordinates + j] = w->rest_kind[j] & GH_OBJECTS_MAPPED
                                      ? gh_quantile_forward(q, knots, rest_value(w, j, i), &slope)
                                      : 0;
    }
}

/* Correlations of one category into `matrix`; coordinates that do not vary keep a 1 on the diagonal and nothing beside it. */
static void correlations(const gh_objects_work *w, int64_t c, int64_t order, double *matrix)
{
    double z[GH_OBJECTS_MOST], total = 0;
    for (int64_t i = 0; i < w->fit->n; i++) {
        const double weight = w->fit->weights ? w->fit->weights[i] : 1;
        if (w->category[i] != c) continue;
        normals_of(w, i, z);
        total += weight;
        for (int64_t a = 0; a < order; a++)
            for (int64_t b = 0; b <= a; b++) matrix[a * order + b] += weight * z[a] * z[b];
    }
    for (int64_t a = 0; a < order; a++) {
        const double size = matrix[a * order + a];
        for (int64_t b = 0; b < a; b++) {
            const double norm = size * matrix[b * order + b];
            matrix[a * order + b] = norm > 1e-6 * total * total ? matrix[a * order + b] / sqrt(norm) : 0;
        }
    }
    for (int64_t a = 0; a < order; a++) matrix[a * order + a] = 1;
}

/* Stores "factor" and "factors". */
static gh_status fit_factors(gh_objects_work *w, const gh_categories *table)
{
    gh_status status = GENHEP_OK;
    const int64_t order = w->s.coordinates + w->s.rest_count;
    int64_t *factor = NULL, dims[3] = {0, order, order};
    double *factors = NULL;
    if (order > GH_OBJECTS_MOST)
        GH_FAIL(GENHEP_E_OPTION, "prep: 'objects' has %lld coordinates, expected at most %d", (long long)order,
                GH_OBJECTS_MOST);
    GH_TRY_CLEANUP(gh_alloc(&w->stage->hooks, &factor, table->count, sizeof *factor));
    for (int64_t c = 0; c < table->count; c++) {
        int64_t events = 0;
        for (int64_t i = 0; i < w->fit->n; i++) events += w->category[i] == c;
        if (events < FACTOR_EVENTS * order) continue;
        GH_TRY_CLEANUP(gh_resize(&w->stage->hooks, &factors, (dims[0] + 1) * order * order, sizeof *factors));
        double *matrix = factors + dims[0] * order * order;
        memset(matrix, 0, (size_t)(order * order) * sizeof *matrix);
        correlations(w, c, order, matrix);
        gh_cholesky(order, matrix, least_pivot);
        factor[c] = ++dims[0];
    }
    GH_TRY_CLEANUP(gh_stage_put_indices(w->stage, "factor", table->count, factor));
    GH_TRY_CLEANUP(gh_archive_put(&w->stage->constants, "factors", GH_F64, 3, dims, factors ? factors : w->x));
cleanup:
    gh_free(&w->stage->hooks, factor);
    gh_free(&w->stage->hooks, factors);
    return status;
}

/* ---- results ---- */

static gh_status store(gh_objects_work *w)
{
    gh_stage *stage = w->stage;
    int64_t slots[GH_OBJECTS_TYPES], discretes[GH_OBJECTS_TYPES], azimuth = w->s.azimuth + 1,
                                                                  dims[2] = {w->knot_rows, w->s.knots};
    double edges[2 * GH_OBJECTS_TYPES];
    char name[32];
    for (int64_t t = 0; t < w->s.types; t++) {
        const gh_object_type *type = &w->s.type[t];
        int64_t shape[2] = {type->patterns, gh_objects_pattern_width(type)};
        slots[t] = type->slots, discretes[t] = type->discretes;
        edges[2 * t] = type->least, edges[2 * t + 1] = type->mass;
        snprintf(name, sizeof name, "patterns_%d", (int)t);
        GH_TRY(gh_archive_put(&stage->constants, name, GH_F64, 2, shape, w->values[t]));
        snprintf(name, sizeof name, "pattern_shares_%d", (int)t);
        GH_TRY(gh_stage_put(stage, name, type->patterns, w->shares[t]));
        snprintf(name, sizeof name, "pattern_rows_%d", (int)t);
        GH_TRY(gh_stage_put_indices(stage, name, type->patterns * type->slots, w->rows[t]));
    }
    GH_TRY(gh_stage_put_indices(stage, "slots", w->s.types, slots));
    GH_TRY(gh_stage_put_indices(stage, "discretes", w->s.types, discretes));
    GH_TRY(gh_stage_put(stage, "edges", 2 * w->s.types, edges));
    GH_TRY(gh_stage_put_indices(stage, "discrete_columns", w->n_discretes, w->discretes));
    GH_TRY(gh_stage_put_indices(stage, "roles", w->s.slots * GH_OBJECTS_ROLES, w->roles));
    GH_TRY(gh_stage_put_indices(stage, "azimuth", 1, &azimuth));
    GH_TRY(gh_stage_put_indices(stage, "rest", w->s.rest_count, w->rest));
    GH_TRY(gh_stage_put_indices(stage, "rest_kind", w->s.rest_count, w->rest_kind));
    return gh_archive_put(&stage->constants, "quantiles", GH_F64, 2, dims, w->quantiles);
}

static gh_status add_layout(const gh_objects_work *w)
{
    gh_layout *out = w->fit->out;
    for (int64_t t = 0; t < w->s.types; t++)
        for (int64_t k = 0; k < w->s.type[t].slots; k++) {
            const char *name = w->names[w->s.type[t].first + k];
            const int length = (int)gh_objects_stem(name);
            GH_TRY(gh_layout_add(out, GH_COORDINATE_MAPPED, GH_ANGLE_NONE, k ? "share(%.*s)" : "logpT(%.*s)", length,
                                 name));
            GH_TRY(gh_layout_add(out, GH_COORDINATE_MAPPED, GH_ANGLE_NONE, "eta(%.*s)", length, name));
            GH_TRY(gh_layout_add(out, GH_COORDINATE_MAPPED, GH_ANGLE_NONE, "phi(%.*s)", length, name));
            if (w->s.type[t].width == 4)
                GH_TRY(gh_layout_add(out, GH_COORDINATE_MAPPED, GH_ANGLE_NONE, "logm(%.*s)", length, name));
        }
    for (int64_t j = 0; j < w->s.rest_count; j++) {
        const gh_coordinate *c = &w->fit->in->list[w->rest[j]];
        GH_TRY(gh_layout_add(
            out, w->rest_kind[j] & GH_OBJECTS_MAPPED ? GH_COORDINATE_MAPPED : (enum gh_coordinate_kind)c->kind,
            GH_ANGLE_NONE, "%s", c->name));
    }
    GH_TRY(gh_layout_add(out, GH_COORDINATE_DISCRETE, GH_ANGLE_NONE, "count(%.180s)", w->fit->arguments->text));
    for (int64_t t = 0; t < w->s.types; t++)
        if (w->s.type[t].discretes)
            GH_TRY(gh_layout_add(out, GH_COORDINATE_DISCRETE, GH_ANGLE_NONE, "labels(%.180s)", w->patterns[t]));
    return GENHEP_OK;
}

static void work_free(gh_objects_work *w)
{
    const gh_hooks *hooks = &w->stage->hooks;
    void *blocks[] = {w->rest,    w->rest_kind, w->rest_rows, w->raw,     w->counts,
                      w->pattern, w->category,  w->x,         w->weights, w->quantiles};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) gh_free(hooks, blocks[k]);
    for (int64_t t = 0; t < GH_OBJECTS_TYPES; t++) {
        gh_free(hooks, w->values[t]);
        gh_free(hooks, w->shares[t]);
        gh_free(hooks, w->events[t]);
        gh_free(hooks, w->rows[t]);
    }
    gh_free(hooks, w);
}

gh_status gh_objects_fit(gh_stage *stage, gh_fit *fit)
{
    gh_status status = GENHEP_OK;
    gh_categories table = {0};
    gh_objects_work *w;
    GH_TRY(gh_alloc(&stage->hooks, &w, 1, sizeof *w));
    w->stage = stage;
    w->fit = fit;
    w->s.knots = gh_option_int(fit->options, "prep.knots");
    GH_TRY_CLEANUP(gh_objects_find_types(w));
    GH_TRY_CLEANUP(gh_objects_find_rest(w));
    GH_TRY_CLEANUP(find_least(w));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &w->pattern, w->s.types * fit->n, sizeof *w->pattern));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &w->category, fit->n, sizeof *w->category));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &w->x, fit->n, sizeof *w->x));
    if (fit->weights) GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &w->weights, fit->n, sizeof *w->weights));
    GH_TRY_CLEANUP(read_rows(w));
    for (int64_t t = 0; t < w->s.types; t++) GH_TRY_CLEANUP(find_patterns(w, t));
    GH_TRY_CLEANUP(fit_slots(w));
    GH_TRY_CLEANUP(gh_categories_build(stage, w->s.types, &table));
    GH_TRY_CLEANUP(fit_rest(w, &table));
    GH_TRY_CLEANUP(fit_factors(w, &table));
    GH_TRY_CLEANUP(store(w));
    GH_TRY_CLEANUP(add_layout(w));
cleanup:
    gh_categories_release(stage, &table);
    work_free(w);
    return status;
}
