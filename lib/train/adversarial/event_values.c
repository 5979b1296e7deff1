/* event_values.c -- lists of coordinates and observables, forward and backward. Tests: tests/grad/test_adversarial_steps.c. */
#include "train/adversarial/event_values.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 16, MOST_PARTICLES = 64, STANDARDISE_ROWS = 100000 };

static int64_t coordinate_of(const genhep_model *model, const char *name)
{
    for (int64_t j = 0; j < model->p; j++)
        if (strcmp(gh_prep_name(model->prep, j), name) == 0) return j;
    return -1;
}

/* 'sum(layer0_*)', 'filled(...)' or 'rest(...)': the coordinates that the pattern stands for. *found is 0 for another entry. */
static gh_status add_group(const genhep_model *model, const char *entry, gh_event_value *item, int *found)
{
    static const char *const names[] = {[GH_VALUE_SUM] = "sum(", [GH_VALUE_FILLED] = "filled(", [GH_VALUE_REST] = "rest("};
    const size_t length = strlen(entry);
    size_t before = 0;
    char pattern[128];
    *found = 0;
    for (int k = GH_VALUE_SUM; k <= GH_VALUE_REST; k++)
        if (strncmp(entry, names[k], strlen(names[k])) == 0 && entry[length - 1] == ')')
            *found = 1, before = strlen(names[k]), item->kind = (gh_event_value_kind)k;
    if (!*found) return GENHEP_OK;
    if (length - before - 1 >= sizeof pattern) GH_FAIL(GENHEP_E_OPTION, "'%s': a pattern of more than %d bytes", entry, (int)sizeof pattern - 1);
    memcpy(pattern, entry + before, length - before - 1);
    pattern[length - before - 1] = '\0';
    if (item->kind == GH_VALUE_REST && !model->q) GH_FAIL(GENHEP_E_OPTION, "'%s': a model without conditions", entry);
    GH_TRY(gh_alloc(&model->hooks, &item->members, model->p, sizeof *item->members));
    for (int64_t j = 0; j < model->p; j++)
        if (gh_pattern_match(pattern, gh_prep_name(model->prep, j))) item->members[item->n++] = j;
    if (!item->n) GH_FAIL(GENHEP_E_OPTION, "'%s': no coordinate has a name like '%s'", entry, pattern);
    return GENHEP_OK;
}

static gh_status add_value(const genhep_model *model, const char *entry, gh_event_values *v)
{
    gh_event_value *item = &v->item[v->count];
    int group = 0;
    item->coordinate = coordinate_of(model, entry);
    if (item->coordinate < 0) GH_TRY(add_group(model, entry, item, &group));
    if (item->kind == GH_VALUE_REST) v->q = model->q;
    if (item->coordinate < 0 && !group) {
        item->kind = GH_VALUE_OBSERVABLE;
        if (!v->view.particles) GH_TRY(gh_momentum_view_create(model, &v->view));
        if (v->view.particles > MOST_PARTICLES)
            GH_FAIL(GENHEP_E_OPTION, "'%s': observables of at most %d particles, found %lld", entry, MOST_PARTICLES,
                    (long long)v->view.particles);
        GH_TRY(gh_loss_observable_parse(&item->observable, entry, (const char *const *)v->view.names, v->view.mass, v->view.particles, NULL));
    }
    v->count++;
    return GENHEP_OK;
}

/* The next entry of a list split at commas outside parentheses, cut off and trimmed; *rest behind it or NULL. */
static char *next_entry(char *list, char **rest)
{
    int depth = 0;
    char *end = list;
    for (; *end && (*end != ',' || depth > 0); end++) depth += (*end == '(') - (*end == ')');
    *rest = *end ? end + 1 : NULL;
    *end = '\0';
    list += strspn(list, " \t");
    while (end > list && (end[-1] == ' ' || end[-1] == '\t')) *--end = '\0';
    return list;
}

gh_status gh_event_values_create(const genhep_model *model, const char *list, gh_event_values *v)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    char *copy = NULL;
    int64_t most = 1;
    memset(v, 0, sizeof *v);
    v->hooks = *hooks;
    v->p = model->p;
    for (const char *c = list; *c; c++) most += *c == ',';
    GH_TRY_CLEANUP(gh_strdup(hooks, list, &copy));
    v->most = most;
    GH_TRY_CLEANUP(gh_alloc(hooks, &v->item, most, sizeof *v->item));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &v->shift, most, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &v->factor, most, sizeof(gh_real)));
    for (char *at = copy, *rest; at; at = rest) {
        const char *entry = next_entry(at, &rest);
        if (*entry) GH_TRY_CLEANUP(add_value(model, entry, v));
    }
    for (int64_t k = 0; k < v->count; k++) v->factor[k] = 1;
    if (v->q) GH_TRY_CLEANUP(gh_alloc(hooks, &v->regression, v->count * (1 + v->q), sizeof *v->regression));
cleanup:
    gh_free(hooks, copy);
    if (status) gh_event_values_free(v);
    return status;
}

void gh_event_values_free(gh_event_values *v)
{
    if (!v->p) return;
    for (int64_t k = 0; v->item && k < v->most; k++) gh_free(&v->hooks, v->item[k].members);
    gh_free(&v->hooks, v->item);
    gh_free(&v->hooks, v->regression);
    gh_free_aligned(&v->hooks, v->shift);
    gh_free_aligned(&v->hooks, v->factor);
    gh_momentum_view_free(&v->view);
    memset(v, 0, sizeof *v);
}

/* Least squares of raw values V (n, stride) on 1 and the conditions, by elimination; a condition that says nothing new keeps slope 0.
 * matrix: room for (1 + q) (2 + q) numbers. */
static void regress(int64_t n, const gh_real *V, int64_t stride, const gh_real *conditions, int64_t q, double *matrix, double *out)
{
    const int64_t m = 1 + q, w = m + 1;
    memset(matrix, 0, (size_t)(m * w) * sizeof *matrix);
    for (int64_t i = 0; i < n; i++)
        for (int64_t r = 0; r < m; r++) {
            const double left = r ? (double)conditions[i * q + r - 1] : 1;
            for (int64_t c = 0; c < m; c++) matrix[r * w + c] += left * (c ? (double)conditions[i * q + c - 1] : 1);
            matrix[r * w + m] += left * (double)V[i * stride];
        }
    for (int64_t r = 0; r < m; r++) { /* positive and symmetric: no exchange of rows is needed */
        const double pivot = matrix[r * w + r];
        const int idle = !(pivot > 1e-9 * (double)n);
        for (int64_t k = 0; k < m; k++) {
            if (k == r || idle) continue;
            const double factor = matrix[k * w + r] / pivot;
            for (int64_t c = r; c < w; c++) matrix[k * w + c] -= factor * matrix[r * w + c];
        }
        if (idle) /* out of the system */
            for (int64_t c = 0; c < w; c++) matrix[r * w + c] = c == r;
        for (int64_t k = 0; idle && k < m; k++)
            if (k != r) matrix[k * w + r] = 0;
    }
    for (int64_t r = 0; r < m; r++) out[r] = matrix[r * w + m] / matrix[r * w + r];
}

static gh_status fit_rests(gh_event_values *v, int64_t n, const gh_real *conditions, const gh_real *V)
{
    double *matrix;
    GH_TRY(gh_alloc(&v->hooks, &matrix, (1 + v->q) * (2 + v->q), sizeof *matrix));
    for (int64_t k = 0; k < v->count; k++)
        if (v->item[k].kind == GH_VALUE_REST) regress(n, V + k, v->count, conditions, v->q, matrix, v->regression + k * (1 + v->q));
    gh_free(&v->hooks, matrix);
    return GENHEP_OK;
}

gh_status gh_event_values_standardise(gh_event_values *v, int64_t n, const gh_real *rows, const gh_real *conditions)
{
    gh_real *V;
    if (n > STANDARDISE_ROWS) n = STANDARDISE_ROWS;
    if (!v->count || n < 2) return GENHEP_OK;
    GH_TRY(gh_alloc(&v->hooks, &V, n * v->count, sizeof *V));
    for (int64_t k = 0; k < v->count; k++) v->shift[k] = 0, v->factor[k] = 1;
    if (v->q) memset(v->regression, 0, (size_t)(v->count * (1 + v->q)) * sizeof *v->regression);
    gh_event_values_forward(v, n, rows, conditions, V, v->count);
    if (v->q) {
        const gh_status status = fit_rests(v, n, conditions, V);
        if (status) {
            gh_free(&v->hooks, V);
            return status;
        }
        gh_event_values_forward(v, n, rows, conditions, V, v->count);
    }
    for (int64_t k = 0; k < v->count; k++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < n; i++) sum += (double)V[i * v->count + k];
        const double mean = sum / (double)n;
        for (int64_t i = 0; i < n; i++) squares += ((double)V[i * v->count + k] - mean) * ((double)V[i * v->count + k] - mean);
        const double sd = sqrt(squares / (double)n);
        v->shift[k] = (gh_real)mean;
        v->factor[k] = (gh_real)(sd > 0 ? 1 / sd : 1);
    }
    gh_free(&v->hooks, V);
    return GENHEP_OK;
}

/* Values of n rows from X on, raw. */
static void group_values(const gh_event_value *item, int64_t n, const gh_real *X, int64_t P, gh_real *raw)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t m = 0; m < item->n; m++) {
            const gh_real x = X[i * P + item->members[m]];
            sum += item->kind != GH_VALUE_FILLED ? (double)x : x > 0 ? 1 / (double)item->n : 0;
        }
        raw[i] = (gh_real)sum;
    }
}

/* raw -= regression on the conditions of n rows */
static void subtract_regression(const double *regression, int64_t n, const gh_real *conditions, int64_t q, gh_real *raw)
{
    for (int64_t i = 0; i < n; i++) {
        double expected = regression[0];
        for (int64_t c = 0; c < q; c++) expected += regression[1 + c] * (double)conditions[i * q + c];
        raw[i] -= (gh_real)expected;
    }
}

void gh_event_values_forward(const gh_event_values *v, int64_t N, const gh_real *X, const gh_real *conditions, gh_real *V, int64_t stride)
{
    gh_real momenta[CHUNK * 3 * MOST_PARTICLES], raw[CHUNK];
    const int64_t M = 3 * v->view.particles;
    for (int64_t start = 0; start < N; start += CHUNK) {
        const int64_t n = N - start < CHUNK ? N - start : CHUNK;
        if (M) gh_momentum_view_forward(&v->view, n, X + start * v->p, momenta);
        for (int64_t k = 0; k < v->count; k++) {
            const gh_event_value *item = &v->item[k];
            if (item->kind == GH_VALUE_OBSERVABLE) gh_loss_observable_values(&item->observable, momenta, M, n, raw);
            else if (item->n) group_values(item, n, X + start * v->p, v->p, raw);
            else
                for (int64_t i = 0; i < n; i++) raw[i] = X[(start + i) * v->p + item->coordinate];
            if (item->kind == GH_VALUE_REST) subtract_regression(v->regression + k * (1 + v->q), n, conditions + start * v->q, v->q, raw);
            for (int64_t i = 0; i < n; i++) V[(start + i) * stride + k] = (raw[i] - v->shift[k]) * v->factor[k];
        }
    }
}

void gh_event_values_backward(const gh_event_values *v, int64_t N, const gh_real *X, const gh_real *gV, int64_t stride, gh_real *gX)
{
    gh_real momenta[CHUNK * 3 * MOST_PARTICLES], g_momenta[CHUNK * 3 * MOST_PARTICLES], g[CHUNK];
    const int64_t M = 3 * v->view.particles;
    for (int64_t start = 0; start < N; start += CHUNK) {
        const int64_t n = N - start < CHUNK ? N - start : CHUNK;
        if (M) {
            gh_momentum_view_forward(&v->view, n, X + start * v->p, momenta);
            memset(g_momenta, 0, (size_t)(n * M) * sizeof *g_momenta);
        }
        for (int64_t k = 0; k < v->count; k++) {
            const gh_event_value *item = &v->item[k];
            for (int64_t i = 0; i < n; i++) g[i] = gV[(start + i) * stride + k] * v->factor[k];
            if (item->kind == GH_VALUE_OBSERVABLE) gh_loss_observable_gradient(&item->observable, momenta, M, n, g, g_momenta);
            for (int64_t i = 0; (item->kind == GH_VALUE_SUM || item->kind == GH_VALUE_REST) && i < n; i++)
                for (int64_t m = 0; m < item->n; m++) gX[(start + i) * v->p + item->members[m]] += g[i];
            if (item->kind == GH_VALUE_COORDINATE)
                for (int64_t i = 0; i < n; i++) gX[(start + i) * v->p + item->coordinate] += g[i];
        }
        if (M) gh_momentum_view_backward(&v->view, n, g_momenta, gX + start * v->p, v->p);
    }
}
