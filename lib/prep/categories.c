/* categories.c -- a table of categories and their places on the normal line. */
#include "prep/categories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/normal.h"
#include "base/text.h"

static int compare_rows(const double *a, const double *b, int64_t columns)
{
    for (int64_t j = 0; j < columns; j++)
        if (a[j] != b[j]) return a[j] < b[j] ? -1 : 1;
    return 0;
}

/* First category not below the row. */
static int64_t lower_bound(const double *values, int64_t count, int64_t columns, const double *row)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (compare_rows(values + middle * columns, row, columns) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

gh_status gh_categories_fit(gh_stage *stage, const gh_fit *fit, int64_t columns, const double *rows)
{
    double *values = NULL, *weights = NULL, total = 0;
    int64_t count = 0;
    size_t row_bytes = (size_t)columns * sizeof *values;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &values, GH_MOST_CATEGORIES * columns, sizeof *values));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &weights, GH_MOST_CATEGORIES, sizeof *weights));
    for (int64_t i = 0; i < fit->n; i++) {
        const double *row = rows + i * columns;
        int64_t k = lower_bound(values, count, columns, row);
        if (k == count || compare_rows(values + k * columns, row, columns) != 0) {
            if (count == GH_MOST_CATEGORIES) {
                status = gh_fail(GENHEP_E_OPTION,
                                 "prep: '%s' finds more than %d different values; are these columns discrete?",
                                 stage->type->name, GH_MOST_CATEGORIES);
                goto cleanup;
            }
            memmove(values + (k + 1) * columns, values + k * columns, (size_t)(count - k) * row_bytes);
            memmove(weights + k + 1, weights + k, (size_t)(count - k) * sizeof *weights);
            memcpy(values + k * columns, row, row_bytes);
            weights[k] = 0;
            count++;
        }
        weights[k] += fit->weights ? fit->weights[i] : 1;
        total += fit->weights ? fit->weights[i] : 1;
    }
    for (int64_t k = 0; k < count; k++) {
        weights[k] /= total;
        if (!(weights[k] > 0 && total > 0)) {
            char number[40];
            gh_format_real(number, values[k * columns], 9);
            status = gh_fail(GENHEP_E_NUMERIC,
                             "prep: '%s': the category that begins with %s has the weight share %g, expected a "
                             "positive one",
                             stage->type->name, number, weights[k]);
            goto cleanup;
        }
    }
    int64_t dims[2] = {count, columns};
    GH_TRY_CLEANUP(gh_archive_put(&stage->constants, "values", GH_F64, 2, dims, values));
    GH_TRY_CLEANUP(gh_stage_put(stage, "shares", count, weights));
cleanup:
    gh_free(&stage->hooks, values);
    gh_free(&stage->hooks, weights);
    return status;
}

gh_status gh_categories_build(gh_stage *stage, int64_t columns, gh_categories *c)
{
    const gh_entry *entry;
    int64_t dims[2] = {-1, columns};
    double sum = 0;
    GH_TRY(gh_archive_get(&stage->constants, "values", GH_F64, 2, dims, &entry));
    c->count = entry->dims[0];
    c->columns = columns;
    c->values = entry->data;
    GH_TRY(gh_stage_get(stage, "shares", c->count, &c->shares));
    int good = c->count >= 1 && c->count <= GH_MOST_CATEGORIES;
    for (int64_t k = 0; good && k < c->count; k++) {
        good = c->shares[k] > 0 &&
               (k == 0 || compare_rows(c->values + (k - 1) * columns, c->values + k * columns, columns) < 0);
        sum += c->shares[k];
    }
    if (!good || !(fabs(sum - 1) < 1e-6))
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s': its table of %lld categories is damaged", stage->type->name,
                (long long)c->count);
    GH_TRY(gh_alloc(&stage->hooks, &c->borders, c->count, sizeof *c->borders));
    GH_TRY(gh_alloc(&stage->hooks, &c->begins, c->count, sizeof *c->begins));
    for (int64_t k = 1; k < c->count; k++) {
        c->begins[k] = c->begins[k - 1] + c->shares[k - 1];
        c->borders[k - 1] = gh_normal_quantile(c->begins[k]);
    }
    return GENHEP_OK;
}

void gh_categories_release(const gh_stage *stage, gh_categories *c)
{
    gh_free(&stage->hooks, c->borders);
    gh_free(&stage->hooks, c->begins);
}

int64_t gh_category_of(const gh_categories *c, const double *row)
{
    int64_t k = lower_bound(c->values, c->count, c->columns, row);
    return k < c->count && compare_rows(c->values + k * c->columns, row, c->columns) == 0 ? k : -1;
}

double gh_category_normal(const gh_categories *c, int64_t k, double uniform, double *log_jacobian)
{
    double z = gh_normal_quantile(c->begins[k] + c->shares[k] * (0.001 + 0.998 * uniform));
    if (log_jacobian) *log_jacobian += log(c->shares[k] / gh_normal_pdf(z));
    return z;
}

int64_t gh_category_at(const gh_categories *c, double z)
{
    int64_t low = 0, high = c->count - 1; /* number of borders not above z */
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (c->borders[middle] <= z) low = middle + 1;
        else high = middle;
    }
    return low;
}
