/* quantile_by.c -- 'quantile_by(columns)': discrete columns become one dequantised coordinate (categories.h), and every other
 * coordinate goes to a standard normal through its distribution within the event's category.
 *   z_j = Phi^-1(F_{k,j}(x_j)),  k the category;  the last coordinate is the category's normal number
 * What depends on the category alone -- a resonance that only opposite charges have, the shape of a spectrum -- is exact
 * before any network; the network learns what is left. log-Jacobian: sum of log slopes, and that of the category. */
#include <string.h>

#include "prep/categories.h"
#include "prep/quantile_knots.h"

enum { MOST_COLUMNS = 64, LEAST_EVENTS = 20 };

typedef struct strata {
    int64_t count, rest_count, knots;
    const int64_t *columns, *rest;
    const int64_t *mapped_flags; /* rest_count: 1 when coordinate rest[j] is mapped */
    const double *values;        /* (categories, rest_count, knots); zeros where not mapped */
    gh_categories table;
} strata;

/* Category of every row; `table` is built from the constants just fitted. */
static gh_status assign_rows(const gh_stage *stage, const gh_fit *fit, const gh_categories *table, const int64_t *indices,
                             int64_t count, int64_t *category)
{
    double row[MOST_COLUMNS];
    for (int64_t i = 0; i < fit->n; i++) {
        for (int64_t k = 0; k < count; k++) row[k] = fit->columns[indices[k] * fit->n + i] + 0.0;
        category[i] = gh_category_of(table, row);
        if (category[i] < 0) GH_FAIL(GENHEP_E_NUMERIC, "prep: stage '%s': row %lld has no category", stage->type->name, (long long)i);
    }
    return GENHEP_OK;
}

static gh_status fit_knots(gh_stage *stage, const gh_fit *fit, const gh_categories *table, const int64_t *category,
                           const int64_t *rest, const int64_t *mapped, int64_t rest_count, int64_t knots, double *values)
{
    gh_status status = GENHEP_OK;
    double *x = NULL, *w = NULL;
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &x, fit->n, sizeof *x));
    if (fit->weights) GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &w, fit->n, sizeof *w));
    for (int64_t c = 0; c < table->count; c++)
        for (int64_t j = 0; j < rest_count; j++) {
            int64_t n = 0;
            if (!mapped[j]) continue;
            for (int64_t i = 0; i < fit->n; i++) {
                if (category[i] != c) continue;
                if (w) w[n] = fit->weights[i];
                x[n++] = fit->columns[rest[j] * fit->n + i];
            }
            if (n < LEAST_EVENTS) {
                status = gh_fail(GENHEP_E_SHAPE, "prep: stage '%s': a category has %lld events, expected at least %d; use 'category' for "
                                 "rare combinations", stage->type->name, (long long)n, LEAST_EVENTS);
                goto cleanup;
            }
            GH_TRY_CLEANUP(gh_quantile_knots(stage, stage->names[rest[j]], x, w, n, knots, values + (c * rest_count + j) * knots));
        }
cleanup:
    gh_free(&stage->hooks, x);
    gh_free(&stage->hooks, w);
    return status;
}

static gh_status fit_categories(gh_stage *stage, const gh_fit *fit, const int64_t *indices, int64_t count, gh_categories *table)
{
    double *rows;
    GH_TRY(gh_alloc(&stage->hooks, &rows, fit->n * count, sizeof *rows));
    for (int64_t k = 0; k < count; k++)
        for (int64_t i = 0; i < fit->n; i++) rows[i * count + k] = fit->columns[indices[k] * fit->n + i] + 0.0;
    gh_status status = gh_categories_fit(stage, fit, count, rows);
    gh_free(&stage->hooks, rows);
    return status ? status : gh_categories_build(stage, count, table);
}

/* Coordinates that are handed on: the others in order, then the category. */
static gh_status add_layout(gh_fit *fit, const int64_t *rest, const int64_t *mapped, int64_t rest_count)
{
    for (int64_t j = 0; j < rest_count; j++) {
        const gh_coordinate *c = &fit->in->list[rest[j]];
        GH_TRY(gh_layout_add(fit->out, mapped[j] ? GH_COORDINATE_MAPPED : (enum gh_coordinate_kind)c->kind,
                             (enum gh_coordinate_angle)c->angle, "%s", c->name));
    }
    return gh_layout_add(fit->out, GH_COORDINATE_DISCRETE, GH_ANGLE_NONE, "category(%.180s)", fit->arguments->text);
}

static gh_status strata_fit(gh_stage *stage, gh_fit *fit)
{
    gh_status status = GENHEP_OK;
    int64_t *indices = NULL, *rest = NULL, *mapped = NULL, *category = NULL, count, rest_count = 0;
    int64_t knots = gh_option_int(fit->options, "prep.knots");
    double *values = NULL;
    gh_categories table = {0};
    if (fit->arguments->count == 0)
        GH_FAIL(GENHEP_E_OPTION, "prep: 'quantile_by' needs columns: 'quantile_by(mu1_Q, mu2_Q)'");
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    if (count > MOST_COLUMNS) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'quantile_by' takes %lld columns, expected at most %d", (long long)count, MOST_COLUMNS);
        goto cleanup;
    }
    GH_TRY_CLEANUP(fit_categories(stage, fit, indices, count, &table));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &rest, fit->in->count, sizeof *rest));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &mapped, fit->in->count, sizeof *mapped));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &category, fit->n, sizeof *category));
    for (int64_t j = 0; j < fit->in->count; j++) {
        int taken = 0;
        for (int64_t k = 0; k < count; k++) taken |= indices[k] == j;
        if (taken) continue;
        mapped[rest_count] = fit->in->list[j].kind != GH_COORDINATE_DISCRETE;
        rest[rest_count++] = j;
    }
    GH_TRY_CLEANUP(assign_rows(stage, fit, &table, indices, count, category));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &values, table.count * rest_count * knots, sizeof *values));
    GH_TRY_CLEANUP(fit_knots(stage, fit, &table, category, rest, mapped, rest_count, knots, values));
    GH_TRY_CLEANUP(add_layout(fit, rest, mapped, rest_count));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "columns", count, indices));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "rest", rest_count, rest));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "mapped", rest_count, mapped));
    int64_t dims[3] = {table.count, rest_count, knots};
    GH_TRY_CLEANUP(gh_archive_put(&stage->constants, "quantiles", GH_F64, 3, dims, values));
cleanup:
    gh_categories_release(stage, &table);
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, rest);
    gh_free(&stage->hooks, mapped);
    gh_free(&stage->hooks, category);
    gh_free(&stage->hooks, values);
    return status;
}

static void strata_release(gh_stage *stage)
{
    gh_categories_release(stage, &((strata *)stage->state)->table);
}

static gh_status strata_build(gh_stage *stage)
{
    strata *s;
    const gh_entry *entry;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    GH_TRY(gh_stage_get_indices(stage, "rest", stage->width_in, &s->rest_count, &s->rest));
    GH_TRY(gh_stage_get_i64(stage, "mapped", s->rest_count, &s->mapped_flags));
    if (s->count < 1 || s->count > MOST_COLUMNS || s->count + s->rest_count != stage->width_in || stage->width_out != s->rest_count + 1)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'quantile_by' has %lld columns and width %lld behind it, which do not fit %lld in front",
                (long long)s->count, (long long)stage->width_out, (long long)stage->width_in);
    stage->draws = 1;
    GH_TRY(gh_categories_build(stage, s->count, &s->table));
    int64_t dims[3] = {s->table.count, s->rest_count, -1};
    GH_TRY(gh_archive_get(&stage->constants, "quantiles", GH_F64, 3, dims, &entry));
    s->knots = entry->dims[2];
    s->values = entry->data;
    if (s->knots < 2 || s->knots > GH_QUANTILE_MOST_KNOTS)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'quantile_by': %lld knots, expected 2 to %d", (long long)s->knots, GH_QUANTILE_MOST_KNOTS);
    for (int64_t r = 0; r < s->table.count * s->rest_count; r++)
        GH_TRY(gh_quantile_check(stage, stage->names[s->rest[r % s->rest_count]], s->values + r * s->knots, s->knots));
    return GENHEP_OK;
}

static gh_status strata_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const strata *s = stage->state;
    double row[MOST_COLUMNS] = {0};
    for (int64_t i = 0; i < GH_PANEL; i++) {
        for (int64_t k = 0; k < s->count; k++) row[k] = in[s->columns[k] * GH_PANEL + i] + 0.0;
        int64_t c = gh_category_of(&s->table, row), item = pass->first + (i < pass->rows ? i : pass->rows - 1);
        if (c < 0)
            return gh_stage_domain(stage, pass, i, stage->names[s->columns[0]], row[0], "a category that the training data do not have");
        double *log_jacobian = pass->log_jacobian ? pass->log_jacobian + i : NULL;
        out[s->rest_count * GH_PANEL + i] =
            gh_category_normal(&s->table, c, gh_rng_uniform(&pass->rng, item, stage->first_draw), log_jacobian);
        for (int64_t j = 0; j < s->rest_count; j++) {
            double slope, x = in[s->rest[j] * GH_PANEL + i];
            if (!s->mapped_flags[j]) {
                out[j * GH_PANEL + i] = x;
                continue;
            }
            if (x != x) return gh_stage_domain(stage, pass, i, stage->names[s->rest[j]], x, "expected a number");
            out[j * GH_PANEL + i] = gh_quantile_forward(s->values + (c * s->rest_count + j) * s->knots, s->knots, x, &slope);
            if (log_jacobian) *log_jacobian += slope;
        }
    }
    return GENHEP_OK;
}

static void strata_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const strata *s = stage->state;
    const double *z = in + s->rest_count * GH_PANEL;
    (void)pass;
    for (int i = 0; i < GH_PANEL; i++) {
        int64_t c = gh_category_at(&s->table, z[i]);
        const double *row = s->table.values + c * s->count;
        for (int64_t k = 0; k < s->count; k++) out[s->columns[k] * GH_PANEL + i] = row[k];
        for (int64_t j = 0; j < s->rest_count; j++) {
            double value = in[j * GH_PANEL + i];
            if (s->mapped_flags[j]) value = gh_quantile_inverse(s->values + (c * s->rest_count + j) * s->knots, s->knots, value);
            out[s->rest[j] * GH_PANEL + i] = value;
        }
    }
}

const gh_stage_class gh_stage_quantile_by = {"quantile_by", 0,            strata_fit,    strata_build,
                                             strata_forward, strata_inverse, strata_release};
