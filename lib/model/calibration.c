/* calibration.c -- fitting and applying the monotone maps of single coordinates. Tests: tests/property/test_calibration.c. */
#include "model/calibration.h"

#include <math.h>
#include <string.h>

#include "model/emission.h"
#include "model/quantiles.h"

enum { KNOTS = GH_CALIBRATION_KNOTS };
#define Z_MAX 3.8

gh_status gh_generate_rows(const genhep_model *model, int64_t seed, int64_t n, const gh_real *conditions, int64_t n_conditions,
                           gh_real *rows)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    const gh_family *family = model->family;
    int64_t W = family->normals(model), U = family->uniforms(model), P = model->p, Q = model->q;
    gh_real *normals = NULL, *scratch = NULL, *given = NULL;
    double *uniforms = NULL, *prepared = NULL;
    gh_rng rng = gh_rng_make(seed, GH_RANDOM_TRAIN, 2), picks = gh_rng_make(seed, GH_RANDOM_TRAIN, 3);
    gh_draw draw;
    GH_TRY(gh_model_draw(model, NULL, &draw));
    draw.calibrate = 0;
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &normals, GH_BLOCK * W, sizeof *normals));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &scratch, family->scratch(model, GH_BLOCK), sizeof *scratch));
    GH_TRY_CLEANUP(gh_alloc(hooks, &uniforms, GH_BLOCK * (U + 1), sizeof *uniforms));
    GH_TRY_CLEANUP(gh_alloc(hooks, &prepared, GH_BLOCK * P, sizeof *prepared));
    if (Q) GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &given, GH_BLOCK * Q, sizeof *given));
    for (int64_t first = 0; first < n; first += GH_BLOCK) {
        gh_rng_normals(&rng, first, GH_BLOCK, W, normals, W);
        for (int64_t i = 0; i < GH_BLOCK * U; i++) uniforms[i] = gh_rng_uniform(&picks, first + i / U, i % U);
        for (int64_t i = 0; Q && i < GH_BLOCK; i++)
            memcpy(given + i * Q, conditions + (first + i) % n_conditions * Q, (size_t)Q * sizeof *given);
        family->generate(model, &draw, first, GH_BLOCK, normals, uniforms, given, scratch, prepared);
        for (int64_t i = 0; i < GH_BLOCK * P; i++) rows[first * P + i] = (gh_real)prepared[i];
        gh_censor_rows(model, GH_BLOCK, rows + first * P);
    }
cleanup:
    gh_free_aligned(hooks, normals);
    gh_free_aligned(hooks, scratch);
    gh_free_aligned(hooks, given);
    gh_free(hooks, uniforms);
    gh_free(hooks, prepared);
    return status;
}

void gh_calibration_rise(int64_t n, double *knots)
{
    double span = knots[n - 1] - knots[0], size = fmax(fabs(knots[0]), fabs(knots[n - 1]));
    double least = fmax(1e-9 * (span > 0 ? span : 1), 1e-15 * size); /* the second is a few units in the last place */
    for (int64_t k = 1; k < n; k++)
        if (knots[k] < knots[k - 1] + least) knots[k] = knots[k - 1] + least;
}

/* Enough that generated quantiles are known better than those of n rows. */
static int64_t events_for(int64_t n)
{
    enum { LEAST = 65536, PER_ROW = 8 };
    int64_t m = n > GH_CALIBRATION_EVENTS / PER_ROW ? GH_CALIBRATION_EVENTS : PER_ROW * n;
    if (m < LEAST) m = LEAST;
    return (m + GH_BLOCK - 1) / GH_BLOCK * GH_BLOCK;
}

gh_status gh_calibration_fit(genhep_model *model, int64_t n, const gh_real *rows, const gh_real *conditions,
                             const gh_real *weights)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    const int64_t P = model->p, m = events_for(n), most = n > m ? n : m;
    for (int64_t i = 0; weights && i < n; i++)
        if (weights[i] < 0) {
            gh_log(hooks, GENHEP_LOG_WARNING, "training row %lld has weight %g: quantiles need weights of at least 0, so marginals are "
                   "not calibrated", (long long)i, (double)weights[i]);
            return GENHEP_OK;
        }
    gh_real *generated = NULL;
    gh_weighted *column = NULL;
    double *table = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &generated, m * P, sizeof *generated));
    GH_TRY_CLEANUP(gh_alloc(hooks, &column, most, sizeof *column));
    GH_TRY_CLEANUP(gh_alloc(hooks, &table, 2 * P * KNOTS, sizeof *table));
    GH_TRY_CLEANUP(gh_generate_rows(model, gh_option_int(model->options, "seed"), m, conditions, n, generated));
    for (int64_t j = 0; j < P; j++) {
        double *from = table + 2 * j * KNOTS, *to = from + KNOTS;
        for (int64_t i = 0; i < m; i++) {
            /* a generated event counts as much as the one whose conditions it took */
            column[i] = (gh_weighted){(double)generated[i * P + j], conditions && weights ? (double)weights[i % n] : 1};
            if (!isfinite(column[i].x)) {
                status = gh_fail(GENHEP_E_NUMERIC, "coordinate '%s' of a generated event is not finite", gh_prep_name(model->prep, j));
                goto cleanup;
            }
        }
        gh_quantiles(column, m, KNOTS, Z_MAX, 0, from);
        for (int64_t i = 0; i < n; i++) column[i] = (gh_weighted){(double)rows[i * P + j], weights ? (double)weights[i] : 1};
        gh_quantiles(column, n, KNOTS, Z_MAX, 0, to);
        gh_calibration_rise(KNOTS, from);
        gh_calibration_rise(KNOTS, to);
    }
    gh_free(hooks, model->calibration);
    model->calibration = table;
    table = NULL;
cleanup:
    gh_free(hooks, generated);
    gh_free(hooks, column);
    gh_free(hooks, table);
    return status;
}

gh_status gh_calibration_rises(const char *entry, int64_t rows, int64_t knots, const double *values)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < knots; k++) {
            double x = values[r * knots + k];
            if (!isfinite(x) || (k && !(x > values[r * knots + k - 1])))
                GH_FAIL(GENHEP_E_FORMAT, "'%s' of coordinate %lld does not rise at knot %lld", entry, (long long)(r / 2), (long long)k);
        }
    return GENHEP_OK;
}

gh_status gh_calibration_check(const genhep_model *model)
{
    return gh_calibration_rises("calibration", 2 * model->p, KNOTS, model->calibration);
}

double gh_calibration_map(int64_t knots, const double *from, const double *to, double x)
{
    if (!(x > from[0])) return x + (to[0] - from[0]);
    if (x >= from[knots - 1]) return x + (to[knots - 1] - from[knots - 1]);
    int64_t low = 0, high = knots - 1;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (from[middle] <= x) low = middle;
        else high = middle;
    }
    return to[low] + (x - from[low]) * ((to[high] - to[low]) / (from[high] - from[low]));
}

void gh_calibration_apply(const genhep_model *model, int64_t n, double *prepared)
{
    for (int64_t j = 0; j < model->p; j++) {
        const double *from = model->calibration + 2 * j * KNOTS;
        for (int64_t i = 0; i < n; i++) prepared[i * model->p + j] = gh_calibration_map(KNOTS, from, from + KNOTS, prepared[i * model->p + j]);
    }
}
