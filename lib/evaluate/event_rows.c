/* event_rows.c -- taking the rows of an evaluation, and finding the particles among the columns. */
#include "evaluate/event_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/philox.h"

void gh_evaluate_order(int64_t seed, int64_t stream, int64_t n, int64_t m, int64_t *order)
{
    gh_rng rng = gh_rng_make(seed, GH_RANDOM_EVALUATE, stream);
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = 0; i < m && i < n - 1; i++) {
        int64_t j = i + gh_rng_below(&rng, i, 0, n - i), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

/* Equal weights are no weights; the others are scaled to mean 1, which leaves every figure as it is. */
static gh_status take_weights(const gh_hooks *hooks, const genhep_dataset *data, const int64_t *order, const char *role,
                              gh_event_rows *rows)
{
    double total = 0, total2 = 0;
    int equal = 1;
    rows->effective = (double)rows->n;
    if (!data->weights) return GENHEP_OK;
    for (int64_t i = 0; i < rows->n; i++) {
        double w = data->weights[order[i]];
        if (!isfinite(w))
            GH_FAIL(GENHEP_E_NUMERIC, "%s events: weight of row %lld is not finite", role, (long long)order[i]);
        total += w;
        total2 += w * w;
        equal &= w == data->weights[order[0]];
        rows->negative |= w < 0;
    }
    if (!(total > 0))
        GH_FAIL(GENHEP_E_NUMERIC, "%s events: weights sum to %g, expected a positive number", role, total);
    if (equal) return GENHEP_OK;
    rows->effective = total * total / total2;
    GH_TRY(gh_alloc(hooks, &rows->weights, rows->n, 8));
    for (int64_t i = 0; i < rows->n; i++) rows->weights[i] = data->weights[order[i]] * ((double)rows->n / total);
    return GENHEP_OK;
}

static gh_status take_column(const genhep_dataset *data, const int64_t *order, const char *name, const char *role,
                             int64_t n, double *out)
{
    int64_t c = -1;
    for (int64_t i = 0; i < data->d && c < 0; i++)
        if (strcmp(data->names[i], name) == 0) c = i;
    if (c < 0)
        GH_FAIL(GENHEP_E_SHAPE, "%s events have no column '%s', which the truth has", role, name);
    for (int64_t i = 0; i < n; i++) {
        out[i] = data->values[order[i] * data->d + c];
        if (!isfinite(out[i]))
            GH_FAIL(GENHEP_E_NUMERIC, "%s events: column '%s' of row %lld is not finite", role, name,
                    (long long)order[i]);
    }
    return GENHEP_OK;
}

gh_status gh_event_rows_take(const gh_hooks *hooks, const genhep_dataset *data, const gh_event_layout *layout,
                             const char *role, int64_t seed, int64_t stream, int64_t limit, int64_t least,
                             gh_event_rows *rows)
{
    gh_status status = GENHEP_OK;
    int64_t *order = NULL;
    memset(rows, 0, sizeof *rows);
    if (data->n < least)
        GH_FAIL(GENHEP_E_SHAPE, "%s events: %lld rows, expected at least %lld", role, (long long)data->n,
                (long long)least);
    rows->n = data->n < limit ? data->n : limit;
    rows->d = layout->d;
    GH_TRY_CLEANUP(gh_alloc(hooks, &order, data->n, 8));
    GH_TRY_CLEANUP(gh_alloc(hooks, &rows->columns, rows->d * rows->n, 8));
    gh_evaluate_order(seed, stream, data->n, rows->n, order);
    for (int64_t c = 0; c < layout->d; c++)
        GH_TRY_CLEANUP(take_column(data, order, layout->names[c], role, rows->n, rows->columns + c * rows->n));
    GH_TRY_CLEANUP(take_weights(hooks, data, order, role, rows));
cleanup:
    gh_free(hooks, order);
    return status;
}

void gh_event_rows_free(const gh_hooks *hooks, gh_event_rows *rows)
{
    gh_free(hooks, rows->columns);
    gh_free(hooks, rows->weights);
    memset(rows, 0, sizeof *rows);
}

/* Column "<stem><ending>", -1 when absent; the stem is the first `length` bytes of `name`. */
static int64_t find_component(const gh_event_layout *layout, const char *name, size_t length, const char *ending)
{
    for (int64_t c = 0; c < layout->d; c++) {
        const char *other = layout->names[c];
        if (strlen(other) == length + strlen(ending) && memcmp(other, name, length) == 0 &&
            strcmp(other + length, ending) == 0)
            return c;
    }
    return -1;
}

/* The particle whose px or pT column is `c`, if there is one: 1 found, 0 none. */
static int particle_at(const gh_event_layout *layout, int64_t c, gh_event_particle *particle, size_t *length)
{
    const char *name = layout->names[c];
    size_t whole = strlen(name);
    if (whole < 4) return 0;
    *length = whole - 3;
    const char *ending = name + *length;
    memset(particle, 0, sizeof *particle);
    if (strcmp(ending, "_px") == 0) {
        static const char *const parts[4] = {"_E", "_px", "_py", "_pz"};
        for (int k = 0; k < 4; k++)
            if ((particle->column[k] = find_component(layout, name, *length, parts[k])) < 0) return 0;
        return 1;
    }
    if (strcmp(ending, "_pT") != 0 && strcmp(ending, "_pt") != 0) return 0;
    if (find_component(layout, name, *length, "_px") >= 0) return 0; /* cartesian already */
    particle->polar = 1;
    particle->column[0] = find_component(layout, name, *length, "_E");
    if (particle->column[0] < 0) {
        particle->has_mass = 1;
        particle->column[0] = find_component(layout, name, *length, "_m");
    }
    particle->column[1] = c;
    particle->column[2] = find_component(layout, name, *length, "_eta");
    particle->column[3] = find_component(layout, name, *length, "_phi");
    return particle->column[0] >= 0 && particle->column[2] >= 0 && particle->column[3] >= 0;
}

gh_status gh_event_layout_make(const gh_hooks *hooks, const genhep_dataset *table, gh_event_layout *layout)
{
    memset(layout, 0, sizeof *layout);
    layout->names = (const char *const *)table->names;
    layout->units = (const char *const *)table->units;
    layout->d = table->d;
    GH_TRY(gh_alloc(hooks, &layout->particles, table->d, sizeof *layout->particles));
    for (int64_t c = 0; c < table->d; c++) {
        gh_event_particle particle;
        size_t length;
        if (!particle_at(layout, c, &particle, &length)) continue;
        GH_TRY(gh_alloc(hooks, &particle.name, (int64_t)length + 1, 1));
        memcpy(particle.name, table->names[c], length);
        layout->particles[layout->n_particles++] = particle;
    }
    return GENHEP_OK;
}

void gh_event_layout_free(const gh_hooks *hooks, gh_event_layout *layout)
{
    for (int64_t p = 0; p < layout->n_particles; p++) gh_free(hooks, layout->particles[p].name);
    gh_free(hooks, layout->particles);
    memset(layout, 0, sizeof *layout);
}

int64_t gh_event_particle_find(const gh_event_layout *layout, const char *name)
{
    for (int64_t p = 0; p < layout->n_particles; p++)
        if (strcmp(layout->particles[p].name, name) == 0) return p;
    return -1;
}

void gh_event_momentum_add(const gh_event_layout *layout, const gh_event_rows *rows, int64_t p, double *sum)
{
    const gh_event_particle *particle = &layout->particles[p];
    int64_t n = rows->n;
    const double *part[4];
    for (int k = 0; k < 4; k++) part[k] = rows->columns + particle->column[k] * n;
    if (!particle->polar) {
        for (int k = 0; k < 4; k++)
            for (int64_t i = 0; i < n; i++) sum[k * n + i] += part[k][i];
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        double pt = part[1][i], px = pt * cos(part[3][i]), py = pt * sin(part[3][i]), pz = pt * sinh(part[2][i]);
        double energy = part[0][i];
        if (particle->has_mass) energy = sqrt(px * px + py * py + pz * pz + energy * energy);
        sum[i] += energy;
        sum[n + i] += px;
        sum[2 * n + i] += py;
        sum[3 * n + i] += pz;
    }
}

/* Turn and mirror one event of P momenta (px py pz each). */
static void canonical_event(double *v, int64_t particles)
{
    double phi = atan2(v[1], v[0]), c = cos(phi), s = sin(phi), sum_z = 0;
    for (int64_t p = 0; p < particles; p++) {
        double x = v[3 * p], y = v[3 * p + 1];
        v[3 * p] = c * x + s * y;
        v[3 * p + 1] = c * y - s * x;
        sum_z += v[3 * p + 2];
    }
    int mirror_y = particles > 2 && v[3 * (particles - 1) + 1] < 0;
    for (int64_t p = 0; p < particles; p++) {
        if (sum_z < 0) v[3 * p + 2] = -v[3 * p + 2];
        if (mirror_y) v[3 * p + 1] = -v[3 * p + 1];
    }
}

gh_status gh_event_canonical(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows *rows, int64_t m,
                             double **rows_out, int64_t *width)
{
    gh_status status = GENHEP_OK;
    double *out = NULL;
    char *used = NULL;
    int64_t cartesian = 0, n = rows->n, plain = 0;
    *rows_out = NULL;
    if (m > n) m = n;
    GH_TRY_CLEANUP(gh_alloc(hooks, &used, layout->d, 1));
    for (int64_t p = 0; p < layout->n_particles; p++) {
        if (layout->particles[p].polar) continue;
        cartesian++;
        for (int k = 0; k < 4; k++) used[layout->particles[p].column[k]] = 1;
    }
    for (int64_t c = 0; c < layout->d; c++) plain += !used[c];
    *width = 3 * cartesian + plain;
    GH_TRY_CLEANUP(gh_alloc(hooks, &out, m * *width, 8));
    for (int64_t i = 0; i < m; i++) {
        double *v = out + i * *width;
        int64_t at = 0;
        for (int64_t p = 0; p < layout->n_particles; p++)
            for (int k = 1; k < 4 && !layout->particles[p].polar; k++)
                v[at++] = rows->columns[layout->particles[p].column[k] * n + i];
        if (cartesian) canonical_event(v, cartesian);
        for (int64_t c = 0; c < layout->d; c++)
            if (!used[c]) v[at++] = rows->columns[c * n + i];
    }
    *rows_out = out;
    out = NULL;
cleanup:
    gh_free(hooks, used);
    gh_free(hooks, out);
    return status;
}
