/* independent.c -- the baseline without a network: every prepared coordinate drawn from its own marginal, independently.
 * Conditions change nothing. A model has learned
 * something only where it beats this. Marginal j is the empirical quantile function on a grid of normal
 * quantiles z_k in [-4.5, 4.5], linear in between: x = Q_j(z), z ~ N(0,1);  log p(x) = sum_j log phi(z) - log Q_j'(z). */
#include <math.h>

#include "model/model.h"
#include "model/quantiles.h"

enum { KNOTS = 1801 };
#define Z_MAX 4.5

static gh_status independent_plan(genhep_model *model, int64_t n, const double *prepared, const double *weights)
{
    gh_weighted *column;
    model->latents = 0;
    model->n_trainable = model->n_parameters = 0;
    model->log_sigma = -1;
    model->marginal_knots = KNOTS;
    GH_TRY(gh_alloc(&model->hooks, &model->marginals, model->p * KNOTS, sizeof(double)));
    if (n < 1) return GENHEP_OK; /* loading: the stored marginals follow */
    GH_TRY(gh_alloc(&model->hooks, &column, n, sizeof *column));
    for (int64_t j = 0; j < model->p; j++) {
        for (int64_t i = 0; i < n; i++) {
            column[i].x = prepared[i * model->p + j];
            double w = column[i].w = weights ? weights[i] : 1;
            if (w < 0) {
                gh_free(&model->hooks, column);
                GH_FAIL(GENHEP_E_NUMERIC, "training event %lld has weight %g: the independent baseline needs weights of at least 0",
                        (long long)i, w);
            }
        }
        gh_quantiles(column, n, KNOTS, Z_MAX, 1, model->marginals + j * KNOTS);
    }
    gh_free(&model->hooks, column);
    return GENHEP_OK;
}

static int64_t independent_normals(const genhep_model *model) { return model->p; }

static int64_t independent_none(const genhep_model *model)
{
    (void)model;
    return 0;
}

static int64_t independent_scratch(const genhep_model *model, int64_t rows)
{
    (void)model, (void)rows;
    return 0;
}

static void independent_generate(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                                 const double *uniforms, const gh_real *conditions, gh_real *scratch, double *prepared)
{
    (void)draw, (void)first, (void)uniforms, (void)conditions, (void)scratch;
    const int64_t P = model->p;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < P; j++) {
            double at = ((double)normals[i * P + j] + Z_MAX) / (2 * Z_MAX) * (KNOTS - 1);
            at = at < 0 ? 0 : at > KNOTS - 1 ? KNOTS - 1 : at;
            int64_t k = (int64_t)at;
            if (k > KNOTS - 2) k = KNOTS - 2;
            const double *q = model->marginals + j * KNOTS + k;
            prepared[i * P + j] = q[0] + (q[1] - q[0]) * (at - (double)k);
        }
}

static gh_status independent_log_density(const genhep_model *model, int64_t samples, int64_t n, const double *prepared,
                                         const gh_real *conditions, double *out)
{
    (void)samples, (void)conditions;
    const double step = 2 * Z_MAX / (KNOTS - 1);
    for (int64_t i = 0; i < n; i++) {
        out[i] = 0;
        for (int64_t j = 0; j < model->p; j++) {
            const double *q = model->marginals + j * KNOTS;
            double x = prepared[i * model->p + j];
            int64_t low = 0, high = KNOTS - 1;
            while (high - low > 1) {
                int64_t middle = (low + high) / 2;
                if (q[middle] <= x) low = middle;
                else high = middle;
            }
            double width = q[high] - q[low];
            if (x < q[0] || x > q[KNOTS - 1] || !(width > 0)) {
                out[i] = -INFINITY; /* outside the sample's range, or on a plateau that has no density */
                break;
            }
            double z = -Z_MAX + step * ((double)low + (x - q[low]) / width);
            out[i] += -0.5 * z * z - 0.91893853320467274178 - log(width / step);
        }
    }
    return GENHEP_OK;
}

static int64_t independent_group(const genhep_model *model)
{
    (void)model;
    return 1;
}

const gh_family gh_family_independent = {"independent",       independent_plan,     independent_normals,     independent_none,
                                         independent_scratch, independent_generate, independent_log_density, 0,
                                         independent_group, NULL, NULL};
