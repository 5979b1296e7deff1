/* momenta.c -- particles as three-momenta: px, py, pz, and the energy (or mass) column where the mass is free.
 *   The balance particle keeps pz only; its px, py are minus the sum of the others. With a fixed mass
 *   E = sqrt(m^2 + p^2) of the momenta as they are written. */
#include <math.h>
#include <string.h>

#include "prep/particle_columns.h"

/* The column that a free particle keeps beside its momentum. */
static int64_t free_column(const gh_particle_table *table, int64_t k)
{
    const int64_t *column = table->column[k];
    return column[GH_ROLE_M] >= 0 ? column[GH_ROLE_M] : column[GH_ROLE_E];
}

static gh_status momenta_fit(gh_stage *stage, gh_fit *fit)
{
    static const int role[3] = {GH_ROLE_PX, GH_ROLE_PY, GH_ROLE_PZ};
    static const char *const axis[3] = {"px", "py", "pz"};
    gh_particle_wish wish = {(const char *const *)fit->arguments->items, fit->arguments->count, 1, 1};
    gh_particle_table table;
    char name[256];
    if (!wish.count) wish.names = NULL;
    GH_TRY(gh_particle_table_fit(stage, fit, &wish));
    GH_TRY(gh_particle_table_build(stage, &table));
    for (int64_t k = 0; k < table.count; k++) {
        gh_particle_table_name(stage, k, name);
        for (int j = k == table.balance ? 2 : 0; j < 3; j++) {
            int64_t column = table.column[k][role[j]];
            if (column >= 0)
                GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "%s", stage->names[column]));
            else GH_TRY(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "%s_%s", name, axis[j]));
        }
        if (table.free[k])
            GH_TRY(
                gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "%s", stage->names[free_column(&table, k)]));
    }
    return gh_particle_table_rest(stage, fit);
}

static gh_status momenta_build(gh_stage *stage)
{
    gh_particle_table *s;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_particle_table_build(stage, s));
    int64_t width = s->rest_count;
    for (int64_t k = 0; k < s->count; k++) width += (k == s->balance ? 1 : 3) + (s->free[k] != 0);
    if (width != stage->width_out)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'momenta' has width %lld behind it, expected %lld",
                (long long)stage->width_out, (long long)width);
    stage->scratch = 4 * s->count;
    return GENHEP_OK;
}

static gh_status momenta_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const gh_particle_table *s = stage->state;
    for (int64_t k = 0; k < s->count; k++) {
        int64_t kept = k == s->balance ? 1 : 3;
        for (int i = 0; i < GH_PANEL; i++) {
            gh_momentum p = gh_particle_read(s->column[k], in + i, GH_PANEL);
            double size = p.px + p.py + p.pz;
            if (!isfinite(size))
                return gh_stage_domain(
                    stage, pass, i,
                    stage->names[s->column[k][GH_ROLE_PX] >= 0 ? s->column[k][GH_ROLE_PX] : s->column[k][GH_ROLE_PT]],
                    size, "expected finite momenta");
            if (kept == 3) out[i] = p.px, out[GH_PANEL + i] = p.py;
            out[(kept - 1) * GH_PANEL + i] = p.pz;
        }
        out += kept * GH_PANEL;
        if (s->free[k]) {
            memcpy(out, in + free_column(s, k) * GH_PANEL, GH_PANEL * sizeof *out);
            out += GH_PANEL;
        }
    }
    gh_particle_rest_copy(s, in, out, 1);
    return GENHEP_OK;
}

static void momenta_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const gh_particle_table *s = stage->state;
    double *momenta = pass->scratch, *masses = momenta + 3 * s->count * GH_PANEL;
    const double *at = in;
    for (int64_t k = 0; k < s->count; k++) {
        int64_t kept = k == s->balance ? 1 : 3;
        double *p = momenta + 3 * k * GH_PANEL, *mass = masses + k * GH_PANEL;
        if (kept == 1) memset(p, 0, 2 * GH_PANEL * sizeof *p);
        memcpy(p + (3 - kept) * GH_PANEL, at, (size_t)kept * GH_PANEL * sizeof *p);
        at += kept * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) mass[i] = s->free[k] ? at[i] : s->mass[k];
        at += s->free[k] ? GH_PANEL : 0;
    }
    gh_particles_write(s, pass->float_output, momenta, masses, out);
    for (int64_t k = 0; k < s->count; k++) /* a free energy is what the coordinate says */
        if (s->free[k]) memcpy(out + free_column(s, k) * GH_PANEL, masses + k * GH_PANEL, GH_PANEL * sizeof *out);
    gh_particle_rest_copy(s, at, out, 0);
}

const gh_stage_class gh_stage_momenta = {"momenta",       0,   momenta_fit, momenta_build, momenta_forward,
                                         momenta_inverse, NULL};
