/* total_term.c -- mean absolute error of a sum of columns against a condition. Tests: tests/grad/test_total_term.c.
 *   L = w mean_i |T_i - E_i|,   T = sum_j (s_j x_j + o_j),   dL/dx_ij = (w/N) sign(T_i - E_i) s_j, 0 at an empty censored cell */
#include "train/adversarial/total_term.h"

#include <math.h>
#include <string.h>

/* One prepared row, all zero but number j at x, to columns. */
static void probe(const gh_prep *prep, gh_prep_work *work, int64_t P, int64_t j, double x, double *prepared, double *row)
{
    double uniforms[64];
    for (int i = 0; i < 64; i++) uniforms[i] = 0.5;
    memset(prepared, 0, (size_t)P * sizeof *prepared);
    prepared[j] = x;
    gh_prep_inverse(prep, work, 1, prepared, P, uniforms, 0, row, gh_prep_columns(prep));
}

/* Slope and offset of column `column` as a function of prepared number j, from x = 1 and 2, tested at 3 (and at -1 and 0). */
static int affine(const gh_prep *prep, gh_prep_work *work, int64_t P, int64_t j, int64_t column, int censored, double *prepared, double *row,
                  double *slope, double *offset)
{
    double at[5];
    for (int i = 0; i < 5; i++) probe(prep, work, P, j, i - 1, prepared, row), at[i] = row[column];
    *slope = at[3] - at[2];
    *offset = at[2] - *slope;
    const double least = 1e-6 * (fabs(*slope) + fabs(*offset));
    if (!(fabs(at[4] - *offset - 3 * *slope) <= least)) return 0;
    if (censored) return at[1] == 0 && at[0] == 0;
    return fabs(at[1] - *offset) <= least && fabs(at[0] - *offset + *slope) <= least;
}

static int64_t column_of(const genhep_model *model, int64_t first, int64_t n, const char *name)
{
    for (int64_t k = 0; k < n; k++)
        if (strcmp(model->schema->names[model->targets ? model->targets[first + k] : first + k], name) == 0) return k;
    return -1;
}

static gh_status read_condition(const genhep_model *model, const char *name, gh_total_term *term, double *prepared, double *row)
{
    gh_status status;
    gh_prep_work *work = NULL;
    const int64_t column = column_of(model, model->n_targets, model->n_conditions, name);
    term->condition = -1;
    for (int64_t j = 0; model->q && j < model->q; j++)
        if (strcmp(gh_prep_name(model->condition_prep, j), name) == 0) term->condition = j;
    if (column < 0 || term->condition < 0)
        GH_FAIL(GENHEP_E_OPTION, "option 'loss.total': '%s' is no condition with a prepared number of the same name", name);
    GH_TRY_CLEANUP(gh_prep_work_create(&term->hooks, model->condition_prep, 1, &work));
    if (!affine(model->condition_prep, work, model->q, term->condition, column, 0, prepared, row, &term->scale, &term->shift))
        status = gh_fail(GENHEP_E_OPTION, "option 'loss.total': prep.condition does not keep '%s' an affine function, as 'standardise' does", name);
cleanup:
    gh_prep_work_free(work);
    return status;
}

static gh_status read_columns(const genhep_model *model, const char *pattern, gh_total_term *term, double *prepared, double *row)
{
    gh_status status;
    gh_prep_work *work = NULL;
    GH_TRY_CLEANUP(gh_prep_work_create(&term->hooks, model->prep, 1, &work));
    for (int64_t j = 0; j < model->p; j++) {
        const char *name = gh_prep_name(model->prep, j);
        const int64_t column = column_of(model, 0, model->n_targets, name), k = term->n;
        double slope, offset;
        if (column < 0 || !gh_pattern_match(pattern, name)) continue;
        term->censored[k] = gh_prep_is_censored(model->prep, j);
        if (!affine(model->prep, work, model->p, j, column, term->censored[k], prepared, row, &slope, &offset)) {
            status = gh_fail(GENHEP_E_OPTION, "option 'loss.total': prep does not keep column '%s' an affine function of its coordinate", name);
            goto cleanup;
        }
        term->members[k] = j, term->slope[k] = (gh_real)slope, term->offset[k] = (gh_real)offset;
        term->n++;
    }
    if (!term->n) status = gh_fail(GENHEP_E_OPTION, "option 'loss.total': no column with a coordinate of its own is like '%s'", pattern);
cleanup:
    gh_prep_work_free(work);
    return status;
}

/* 'pattern : condition', blanks around either dropped, in place. */
static gh_status split(char *text, char **pattern, char **condition)
{
    char *colon = strchr(text, ':');
    if (!colon) GH_FAIL(GENHEP_E_OPTION, "option 'loss.total': found '%s', expected 'columns: condition'", text);
    *colon = '\0';
    char *part[2] = {text, colon + 1};
    for (int i = 0; i < 2; i++) {
        part[i] += strspn(part[i], " \t");
        for (char *end = part[i] + strlen(part[i]); end > part[i] && strchr(" \t", end[-1]); end--) end[-1] = '\0';
    }
    *pattern = part[0], *condition = part[1];
    return GENHEP_OK;
}

gh_status gh_total_term_create(const genhep_model *model, const genhep_options *options, gh_total_term *term)
{
    gh_status status;
    char *copy = NULL, *pattern, *condition;
    double *prepared = NULL, *row = NULL;
    const gh_hooks *hooks = &model->hooks;
    memset(term, 0, sizeof *term);
    term->hooks = *hooks;
    const char *text = gh_option_text(options, "loss.total");
    const double weight = gh_option_real(options, "loss.total.weight");
    if (!*text || weight == 0) return GENHEP_OK;
    GH_TRY_CLEANUP(gh_strdup(hooks, text, &copy));
    GH_TRY_CLEANUP(split(copy, &pattern, &condition));
    GH_TRY_CLEANUP(gh_alloc(hooks, &term->members, model->p, sizeof *term->members));
    GH_TRY_CLEANUP(gh_alloc(hooks, &term->censored, model->p, sizeof *term->censored));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &term->slope, model->p, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &term->offset, model->p, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &prepared, model->p + model->q, sizeof *prepared));
    GH_TRY_CLEANUP(gh_alloc(hooks, &row, model->schema->d, sizeof *row));
    GH_TRY_CLEANUP(read_condition(model, condition, term, prepared, row));
    GH_TRY_CLEANUP(read_columns(model, pattern, term, prepared, row));
    term->weight = weight;
cleanup:
    gh_free(hooks, copy);
    gh_free(hooks, prepared);
    gh_free(hooks, row);
    return status;
}

void gh_total_term_free(gh_total_term *term)
{
    gh_free(&term->hooks, term->members);
    gh_free(&term->hooks, term->censored);
    gh_free_aligned(&term->hooks, term->slope);
    gh_free_aligned(&term->hooks, term->offset);
    memset(term, 0, sizeof *term);
}

double gh_total_term_add(const gh_total_term *term, int64_t N, const gh_real *X, int64_t P, const gh_real *conditions, int64_t Q,
                         const gh_real *weights, double scale, gh_real *gX)
{
    double loss = 0;
    for (int64_t i = 0; term->weight > 0 && i < N; i++) {
        const gh_real *x = X + i * P;
        const double factor = term->weight * scale * (weights ? (double)weights[i] : 1);
        double sum = -(term->scale * (double)conditions[i * Q + term->condition] + term->shift);
        for (int64_t k = 0; k < term->n; k++) {
            const gh_real at = x[term->members[k]];
            if (!term->censored[k] || at > 0) sum += (double)(term->slope[k] * at + term->offset[k]);
        }
        const gh_real slope = (gh_real)(sum > 0 ? factor : sum < 0 ? -factor : 0);
        for (int64_t k = 0; k < term->n; k++) gX[i * P + term->members[k]] += slope * term->slope[k];
        loss += factor * fabs(sum);
    }
    return loss;
}
