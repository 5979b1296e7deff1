/* event_figures.c -- figures of whole events: correlations, momentum balance, mass shell, dimuon resonances. */
#include "evaluate/evaluation.h"

#include <math.h>
#include <string.h>

/* Columns of a sample with mean 0 and sum of weighted squares 1, constant ones all zero. */
static gh_status standardised(const gh_hooks *hooks, const gh_event_rows *rows, double **columns)
{
    GH_TRY(gh_alloc(hooks, columns, rows->d * rows->n, sizeof **columns));
    for (int64_t c = 0; c < rows->d; c++) {
        const double *x = rows->columns + c * rows->n;
        double *z = *columns + c * rows->n, mean, deviation;
        gh_moments(rows->n, x, rows->weights, &mean, &deviation);
        double scale = deviation > 1e-12 * fabs(mean) && deviation > 0 ? 1 / deviation : 0;
        for (int64_t i = 0; i < rows->n; i++) z[i] = (x[i] - mean) * scale;
    }
    return GENHEP_OK;
}

static double correlation(const double *a, const double *b, const double *weights, int64_t n)
{
    double part[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) /* four sums side by side */
        for (int k = 0; k < 4; k++) part[k] += a[i + k] * b[i + k] * (weights ? weights[i + k] : 1);
    for (; i < n; i++) part[0] += a[i] * b[i] * (weights ? weights[i] : 1);
    return (part[0] + part[1] + part[2] + part[3]) / (double)n;
}

/* Weights have mean 1, so sums over n are weighted means. */
gh_status gh_correlation_distance(const gh_hooks *hooks, const gh_event_rows rows[2], double *distance)
{
    gh_status status = GENHEP_OK;
    double *z[2] = {NULL, NULL}, worst = 0;
    for (int s = 0; s < 2; s++) GH_TRY_CLEANUP(standardised(hooks, &rows[s], &z[s]));
    for (int64_t a = 0; a < rows[0].d; a++)
        for (int64_t b = 0; b < a; b++) {
            double c[2];
            for (int s = 0; s < 2; s++)
                c[s] = correlation(z[s] + a * rows[s].n, z[s] + b * rows[s].n, rows[s].weights, rows[s].n);
            worst = fmax(worst, fabs(c[0] - c[1]));
        }
    *distance = worst;
cleanup:
    gh_free(hooks, z[0]);
    gh_free(hooks, z[1]);
    return status;
}

static gh_status quantile_of(const gh_hooks *hooks, int64_t n, const double *x, const double *weights, double q,
                             double *value)
{
    gh_sorted sorted;
    gh_status status = gh_sorted_make(hooks, n, x, weights, &sorted);
    if (!status) *value = gh_quantile(&sorted, q);
    gh_sorted_free(hooks, &sorted);
    return status;
}

/* 68 % quantile of |sum of pT vectors| over the sum of |pT|. */
gh_status gh_event_balance(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows *rows,
                           double *balance)
{
    gh_status status = GENHEP_OK;
    int64_t n = rows->n;
    double *one = NULL, *all = NULL, *scalar = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &one, 4 * n, sizeof *one));
    GH_TRY_CLEANUP(gh_alloc(hooks, &all, 4 * n, sizeof *all));
    GH_TRY_CLEANUP(gh_alloc(hooks, &scalar, n, sizeof *scalar));
    for (int64_t p = 0; p < layout->n_particles; p++) {
        memset(one, 0, (size_t)(4 * n) * sizeof *one);
        gh_event_momentum_add(layout, rows, p, one);
        for (int64_t k = 0; k < 4 * n; k++) all[k] += one[k];
        for (int64_t i = 0; i < n; i++) scalar[i] += sqrt(one[n + i] * one[n + i] + one[2 * n + i] * one[2 * n + i]);
    }
    for (int64_t i = 0; i < n; i++)
        scalar[i] = sqrt(all[n + i] * all[n + i] + all[2 * n + i] * all[2 * n + i]) / fmax(scalar[i], 1e-9);
    GH_TRY_CLEANUP(quantile_of(hooks, n, scalar, rows->weights, 0.68, balance));
cleanup:
    gh_free(hooks, one);
    gh_free(hooks, all);
    gh_free(hooks, scalar);
    return status;
}

/* 99.9 % quantile of |E^2 - p^2 - m^2| / E^2 of one particle, m^2 its median in the truth. */
static gh_status particle_shell(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows rows[2],
                                int64_t p, double *scratch, double shell[2])
{
    double m2 = 0;
    for (int s = 0; s < 2; s++) {
        int64_t n = rows[s].n;
        double *v = scratch, *d = scratch + 4 * n, q;
        memset(v, 0, (size_t)(4 * n) * sizeof *v);
        gh_event_momentum_add(layout, &rows[s], p, v);
        for (int64_t i = 0; i < n; i++)
            d[i] = v[i] * v[i] - (v[n + i] * v[n + i] + v[2 * n + i] * v[2 * n + i] + v[3 * n + i] * v[3 * n + i]);
        if (s == GH_TRUTH) {
            GH_TRY(quantile_of(hooks, n, d, rows[s].weights, 0.5, &m2));
            m2 = fmax(m2, 0);
        }
        for (int64_t i = 0; i < n; i++) d[i] = fabs(d[i] - m2) / fmax(v[i] * v[i], 1e-9);
        GH_TRY(quantile_of(hooks, n, d, rows[s].weights, 0.999, &q));
        shell[s] = fmax(shell[s], q);
    }
    return GENHEP_OK;
}

gh_status gh_event_shell(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows rows[2],
                         double shell[2])
{
    gh_status status = GENHEP_OK;
    double *scratch;
    int64_t most = rows[0].n > rows[1].n ? rows[0].n : rows[1].n;
    shell[0] = shell[1] = 0;
    GH_TRY(gh_alloc(hooks, &scratch, 5 * most, sizeof *scratch));
    for (int64_t p = 0; p < layout->n_particles && !status; p++)
        if (!layout->particles[p].polar) status = particle_shell(hooks, layout, rows, p, scratch, shell);
    gh_free(hooks, scratch);
    return status;
}

/* Mass of the first two particles, and which events have muons of opposite charge. */
static gh_status dimuon_masses(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows *rows,
                               double **mass, unsigned char **opposite)
{
    int64_t n = rows->n, charge[2] = {-1, -1};
    double *v;
    for (int64_t c = 0; c < layout->d; c++) {
        if (strcmp(layout->names[c], "mu1_Q") == 0) charge[0] = c;
        if (strcmp(layout->names[c], "mu2_Q") == 0) charge[1] = c;
    }
    GH_TRY(gh_alloc(hooks, mass, n, sizeof **mass));
    GH_TRY(gh_alloc(hooks, opposite, n, 1));
    GH_TRY(gh_alloc(hooks, &v, 4 * n, sizeof *v));
    gh_event_momentum_add(layout, rows, 0, v);
    gh_event_momentum_add(layout, rows, 1, v);
    for (int64_t i = 0; i < n; i++) {
        double m2 = v[i] * v[i] - (v[n + i] * v[n + i] + v[2 * n + i] * v[2 * n + i] + v[3 * n + i] * v[3 * n + i]);
        (*mass)[i] = copysign(sqrt(fabs(m2)), m2);
        (*opposite)[i] = rows->columns[charge[0] * n + i] * rows->columns[charge[1] * n + i] < 0;
    }
    gh_free(hooks, v);
    return GENHEP_OK;
}

gh_status gh_event_dimuon(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows *rows,
                          gh_dimuon_figures *figures)
{
    static const double windows[3][2] = {{3.0, 3.2}, {9.2, 9.7}, {80, 100}};
    gh_status status = GENHEP_OK;
    double *mass = NULL, *inside = NULL, *weights = NULL, signs = 0;
    unsigned char *opposite = NULL;
    int64_t n = rows->n;
    GH_TRY_CLEANUP(dimuon_masses(hooks, layout, rows, &mass, &opposite));
    GH_TRY_CLEANUP(gh_alloc(hooks, &inside, n, sizeof *inside));
    GH_TRY_CLEANUP(gh_alloc(hooks, &weights, n, sizeof *weights));
    for (int64_t i = 0; i < n; i++) signs += opposite[i] ? (rows->weights ? rows->weights[i] : 1) : 0;
    figures->opposite_sign = signs / (double)n;
    for (int k = 0; k < 3; k++) {
        double low = windows[k][0], high = windows[k][1], width = high - low, peak = 0, side = 0;
        int64_t count = 0;
        for (int64_t i = 0; i < n; i++) {
            double m = mass[i], w = rows->weights ? rows->weights[i] : 1;
            if (!opposite[i]) continue;
            if (m > low && m < high) {
                peak += w;
                inside[count] = m;
                weights[count++] = w;
            }
            if ((m > low - width && m < low) || (m > high && m < high + width)) side += w;
        }
        figures->window[k].share = peak / (double)n;
        figures->window[k].peak_over_side = 2 * peak / fmax(side, 1);
        figures->window[k].median = 0;
        if (peak > 0)
            GH_TRY_CLEANUP(
                quantile_of(hooks, count, inside, rows->weights ? weights : NULL, 0.5, &figures->window[k].median));
    }
cleanup:
    gh_free(hooks, mass);
    gh_free(hooks, opposite);
    gh_free(hooks, inside);
    gh_free(hooks, weights);
    return status;
}
