/* category.c -- discrete columns (charges, ids, tags) as one dequantised normal coordinate; see categories.h.
 *   All named columns together are one coordinate, so combinations that never occur never come out. */
#include <string.h>

#include "prep/categories.h"

#define MOST_COLUMNS 64

typedef struct category {
    int64_t count, rest_count;
    const int64_t *columns, *rest;
    gh_categories table;
} category;

static gh_status fit_table(gh_stage *stage, const gh_fit *fit, const int64_t *indices, int64_t count)
{
    double *rows;
    GH_TRY(gh_alloc(&stage->hooks, &rows, fit->n * count, sizeof *rows));
    for (int64_t k = 0; k < count; k++)
        for (int64_t i = 0; i < fit->n; i++)
            rows[i * count + k] = fit->columns[indices[k] * fit->n + i] + 0.0; /* no -0 */
    gh_status status = gh_categories_fit(stage, fit, count, rows);
    gh_free(&stage->hooks, rows);
    return status;
}

static gh_status add_names(const gh_stage *stage, gh_fit *fit, const int64_t *indices, int64_t count)
{
    char name[256] = "";
    size_t used = 0;
    for (int64_t k = 0; k < count && used < 200; k++) {
        size_t length = strcspn(stage->names[indices[k]], "\n");
        if (used + length + 2 > 200) {
            memcpy(name + used, "+..", 4);
            break;
        }
        if (k) name[used++] = '+';
        memcpy(name + used, stage->names[indices[k]], length);
        used += length;
        name[used] = '\0';
    }
    return gh_layout_add(fit->out, GH_COORDINATE_DISCRETE, GH_ANGLE_NONE, "category(%s)", name);
}

static gh_status category_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, *rest = NULL, count, rest_count = 0;
    gh_status status = GENHEP_OK;
    if (fit->arguments->count == 0)
        GH_FAIL(GENHEP_E_OPTION, "prep: 'category' needs columns: 'category(mu1_Q, mu2_Q)'");
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    if (count > MOST_COLUMNS) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'category(%.80s)' takes %lld columns, expected at most %d",
                         fit->arguments->text, (long long)count, MOST_COLUMNS);
        goto cleanup;
    }
    for (int64_t k = 0; k < count; k++)
        if (fit->in->list[indices[k]].kind != GH_COORDINATE_COLUMN) {
            status = gh_fail(GENHEP_E_OPTION,
                             "prep: 'category' needs '%.120s' as it stands in the data; put it before the other maps",
                             stage->names[indices[k]]);
            goto cleanup;
        }
    GH_TRY_CLEANUP(fit_table(stage, fit, indices, count));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &rest, fit->in->count, sizeof *rest));
    for (int64_t j = 0; j < fit->in->count; j++) {
        int taken = 0;
        for (int64_t k = 0; k < count; k++) taken |= indices[k] == j;
        if (taken) continue;
        rest[rest_count++] = j;
        GH_TRY_CLEANUP(
            gh_layout_add(fit->out, fit->in->list[j].kind, fit->in->list[j].angle, "%s", fit->in->list[j].name));
    }
    GH_TRY_CLEANUP(add_names(stage, fit, indices, count));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "columns", count, indices));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "rest", rest_count, rest));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, rest);
    return status;
}

static void category_release(gh_stage *stage)
{
    gh_categories_release(stage, &((category *)stage->state)->table);
}

static gh_status category_build(gh_stage *stage)
{
    category *s;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &s->count, &s->columns));
    GH_TRY(gh_stage_get_indices(stage, "rest", stage->width_in, &s->rest_count, &s->rest));
    if (s->count < 1 || s->count > MOST_COLUMNS || s->count + s->rest_count != stage->width_in ||
        stage->width_out != s->rest_count + 1)
        GH_FAIL(GENHEP_E_FORMAT,
                "prep: stage 'category' has %lld columns and width %lld behind it, which do not fit %lld in front",
                (long long)s->count, (long long)stage->width_out, (long long)stage->width_in);
    stage->draws = 1;
    return gh_categories_build(stage, s->count, &s->table);
}

static gh_status category_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const category *s = stage->state;
    double *z = out + s->rest_count * GH_PANEL, row[MOST_COLUMNS] = {0};
    for (int64_t j = 0; j < s->rest_count; j++)
        memcpy(out + j * GH_PANEL, in + s->rest[j] * GH_PANEL, GH_PANEL * sizeof *out);
    for (int64_t i = 0; i < GH_PANEL; i++) {
        for (int64_t k = 0; k < s->count; k++) row[k] = in[s->columns[k] * GH_PANEL + i] + 0.0;
        int64_t k = gh_category_of(&s->table, row), item = pass->first + (i < pass->rows ? i : pass->rows - 1);
        if (k < 0)
            return gh_stage_domain(stage, pass, i, stage->names[s->columns[0]], row[0],
                                   "a category that the training data do not have");
        z[i] = gh_category_normal(&s->table, k, gh_rng_uniform(&pass->rng, item, stage->first_draw),
                                  pass->log_jacobian ? pass->log_jacobian + i : NULL);
    }
    return GENHEP_OK;
}

static void category_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const category *s = stage->state;
    const double *z = in + s->rest_count * GH_PANEL;
    (void)pass;
    for (int64_t j = 0; j < s->rest_count; j++)
        memcpy(out + s->rest[j] * GH_PANEL, in + j * GH_PANEL, GH_PANEL * sizeof *out);
    for (int i = 0; i < GH_PANEL; i++) {
        const double *row = s->table.values + gh_category_at(&s->table, z[i]) * s->count;
        for (int64_t k = 0; k < s->count; k++) out[s->columns[k] * GH_PANEL + i] = row[k];
    }
}

const gh_stage_class gh_stage_category = {
    "category", 0, category_fit, category_build, category_forward, category_inverse, category_release};
