/* particle_table.c -- the particles of one stage: momenta out of columns, and back with exact constraints. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "prep/panel.h"
#include "prep/particle_columns.h"

gh_momentum gh_particle_read(const int64_t column[GH_ROLES], const double *row, int64_t step)
{
    gh_momentum p;
    if (column[GH_ROLE_PX] >= 0) {
        p.px = row[column[GH_ROLE_PX] * step];
        p.py = row[column[GH_ROLE_PY] * step];
        p.pz = row[column[GH_ROLE_PZ] * step];
    } else {
        double pt = row[column[GH_ROLE_PT] * step], phi = row[column[GH_ROLE_PHI] * step];
        p.px = pt * cos(phi);
        p.py = pt * sin(phi);
        p.pz = pt * sinh(row[column[GH_ROLE_ETA] * step]);
    }
    p.mass = 0;
    if (column[GH_ROLE_M] >= 0) {
        p.mass = row[column[GH_ROLE_M] * step];
    } else if (column[GH_ROLE_E] >= 0) {
        double e = row[column[GH_ROLE_E] * step], size = sqrt(p.px * p.px + p.py * p.py + p.pz * p.pz);
        double square = (e - size) * (e + size);
        p.mass = copysign(sqrt(fabs(square)), square);
    }
    return p;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median mass in the data, at least 0; at most 100001 rows are looked at. */
static gh_status median_mass(const gh_hooks *hooks, const gh_fit *fit, const int64_t column[GH_ROLES], double *mass)
{
    int64_t step = fit->n / 100001 + 1, count = 0;
    double *list;
    GH_TRY(gh_alloc(hooks, &list, fit->n / step + 1, sizeof *list));
    for (int64_t i = 0; i < fit->n; i += step) list[count++] = gh_particle_read(column, fit->columns + i, fit->n).mass;
    qsort(list, (size_t)count, sizeof *list, compare_double);
    *mass = list[count / 2] > 0 ? list[count / 2] : 0;
    gh_free(hooks, list);
    return GENHEP_OK;
}

static gh_status choose_mass(const gh_stage *stage, const gh_fit *fit, const gh_particle_entry *p, int default_free,
                             int64_t *is_free, double *mass)
{
    int found;
    *mass = 0;
    GH_TRY(gh_masses_look_up(gh_option_text(fit->options, "data.masses"), p->name, &found, mass));
    int has_mass = p->column[GH_ROLE_E] >= 0 || p->column[GH_ROLE_M] >= 0;
    *is_free = found == 2 || (found == 0 && default_free);
    if (found == 2 && !has_mass)
        GH_FAIL(GENHEP_E_OPTION, "data.masses: '%s' cannot be free, the data have neither its energy nor its mass",
                p->name);
    if (!has_mass) *is_free = 0;
    if (*is_free || found == 1) return GENHEP_OK;
    double known = gh_particle_known_mass(p->name);
    if (known < 0 && has_mass) return median_mass(&stage->hooks, fit, p->column, mass);
    *mass = known < 0 ? 0 : known;
    return GENHEP_OK;
}

/* Largest |sum of pT| over the rows, relative to the sum of |px| + |py|. */
static double imbalance(const gh_fit *fit, const int64_t (*column)[GH_ROLES], int64_t count)
{
    double worst = 0;
    for (int64_t i = 0; i < fit->n; i++) {
        double x = 0, y = 0, size = 0;
        for (int64_t k = 0; k < count; k++) {
            gh_momentum p = gh_particle_read(column[k], fit->columns + i, fit->n);
            x += p.px, y += p.py, size += fabs(p.px) + fabs(p.py);
        }
        double relative = size > 0 ? (fabs(x) + fabs(y)) / size : 0;
        worst = relative > worst ? relative : worst;
    }
    return worst;
}

/* The particle of prep.balance, when it belongs to this stage; by default the last one where the data are balanced. */
static gh_status choose_balance(const gh_stage *stage, const gh_fit *fit, const gh_particle_list *found,
                                gh_particle_entry *const *chosen, const int64_t (*column)[GH_ROLES], int64_t count,
                                int64_t *balance)
{
    const char *wanted = gh_option_text(fit->options, "prep.balance");
    *balance = -1;
    if (strcmp(wanted, "none") == 0 || count < 2) return GENHEP_OK;
    double worst = imbalance(fit, column, count);
    if (!*wanted) {
        if (worst <= 1e-5) *balance = count - 1;
        return GENHEP_OK;
    }
    int least = INT32_MAX;
    const char *closest = "";
    for (int64_t k = 0; k < count; k++) {
        int distance = gh_edit_distance(wanted, chosen[k]->name);
        if (distance == 0) *balance = k;
        if (distance < least) least = distance, closest = chosen[k]->name;
    }
    if (*balance < 0 && gh_particles_index(found, wanted) >= 0) return GENHEP_OK; /* another stage's */
    if (*balance < 0)
        GH_FAIL(GENHEP_E_OPTION, "prep.balance: stage '%s' has no particle '%.80s'; the closest is '%.80s'",
                stage->type->name, wanted, closest);
    if (worst > 1e-5)
        gh_log(&stage->hooks, GENHEP_LOG_WARNING,
               "prep.balance = %s, but the transverse momenta of the data add up to %.2g of their size, not to 0",
               wanted, worst);
    return GENHEP_OK;
}

/* Every particle that takes part, its columns all of kind COLUMN. */
static gh_status choose_particles(const gh_stage *stage, const gh_fit *fit, const gh_particle_wish *wish,
                                  const gh_particle_list *found, gh_particle_entry **chosen, int64_t *count)
{
    *count = 0;
    for (int64_t i = 0; i < (wish->names ? wish->count : found->count); i++) {
        int64_t k = wish->names ? gh_particles_index(found, wish->names[i]) : i;
        if (k < 0) {
            const char *closest = "none was found";
            int least = INT32_MAX;
            for (int64_t j = 0; j < found->count; j++) {
                int distance = gh_edit_distance(wish->names[i], found->list[j].name);
                if (distance < least) least = distance, closest = found->list[j].name;
            }
            GH_FAIL(GENHEP_E_OPTION, "prep: stage '%s': no particle is named '%.80s'; the closest is '%.80s'",
                    stage->type->name, wish->names[i], closest);
        }
        for (int r = 0; r < GH_ROLES; r++) {
            int64_t j = found->list[k].column[r];
            if (j >= 0 && fit->in->list[j].kind != GH_COORDINATE_COLUMN)
                GH_FAIL(GENHEP_E_OPTION,
                        "prep: stage '%s' needs '%.120s' as it stands in the data; put it before the other maps",
                        stage->type->name, fit->in->list[j].name);
        }
        chosen[(*count)++] = &found->list[k];
    }
    if (*count == 0)
        GH_FAIL(GENHEP_E_OPTION, "prep: stage '%s' finds no particle among %lld columns; name them with data.particles",
                stage->type->name, (long long)fit->in->count);
    return GENHEP_OK;
}

/* Put what was chosen into the constants. */
static gh_status store(gh_stage *stage, const gh_fit *fit, gh_particle_entry *const *chosen, int64_t count,
                       int64_t (*column)[GH_ROLES], const int64_t *is_free, const double *mass, int64_t balance)
{
    gh_text names = {.hooks = &stage->hooks};
    int64_t *rest = NULL, rest_count = 0, dims[2] = {count, GH_ROLES};
    gh_status status = GENHEP_OK;
    for (int64_t k = 0; k < count; k++) gh_text_add(&names, "%s\n", chosen[k]->name);
    GH_TRY_CLEANUP(names.status);
    GH_TRY_CLEANUP(gh_archive_put_text(&stage->constants, "particles", names.data));
    GH_TRY_CLEANUP(gh_archive_put(&stage->constants, "particle_columns", GH_I64, 2, dims, column));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "free", count, is_free));
    GH_TRY_CLEANUP(gh_stage_put(stage, "masses", count, mass));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "balance", 1, &balance));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &rest, fit->in->count, sizeof *rest));
    for (int64_t j = 0; j < fit->in->count; j++) {
        int taken = 0;
        for (int64_t k = 0; k < count; k++)
            for (int r = 0; r < GH_ROLES; r++) taken |= column[k][r] == j;
        if (!taken) rest[rest_count++] = j;
    }
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "rest", rest_count, rest));
cleanup:
    gh_text_free(&names);
    gh_free(&stage->hooks, rest);
    return status;
}

gh_status gh_particle_table_fit(gh_stage *stage, const gh_fit *fit, const gh_particle_wish *wish)
{
    const gh_hooks *hooks = &stage->hooks;
    gh_particle_list found = {.hooks = *hooks};
    gh_particle_entry **chosen = NULL;
    int64_t(*column)[GH_ROLES] = NULL, *is_free = NULL, count = 0, balance = -1;
    double *mass = NULL;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_particles_find(hooks, (const char *const *)stage->names, fit->in->count,
                                     gh_option_text(fit->options, "data.particles"), &found));
    GH_TRY_CLEANUP(gh_masses_check(gh_option_text(fit->options, "data.masses"), &found));
    int64_t most = wish->names ? wish->count : found.count;
    GH_TRY_CLEANUP(gh_alloc(hooks, &chosen, most, sizeof *chosen));
    GH_TRY_CLEANUP(choose_particles(stage, fit, wish, &found, chosen, &count));
    GH_TRY_CLEANUP(gh_alloc(hooks, &column, count, sizeof *column));
    GH_TRY_CLEANUP(gh_alloc(hooks, &is_free, count, sizeof *is_free));
    GH_TRY_CLEANUP(gh_alloc(hooks, &mass, count, sizeof *mass));
    for (int64_t k = 0; k < count; k++) {
        memcpy(column[k], chosen[k]->column, sizeof column[k]);
        GH_TRY_CLEANUP(choose_mass(stage, fit, chosen[k], wish->default_free, &is_free[k], &mass[k]));
    }
    if (wish->may_balance)
        GH_TRY_CLEANUP(choose_balance(stage, fit, &found, chosen, (const int64_t(*)[GH_ROLES])column, count, &balance));
    GH_TRY_CLEANUP(store(stage, fit, chosen, count, column, is_free, mass, balance));
cleanup:
    gh_particles_clear(&found);
    gh_free(hooks, chosen);
    gh_free(hooks, column);
    gh_free(hooks, is_free);
    gh_free(hooks, mass);
    return status;
}

gh_status gh_particle_table_build(const gh_stage *stage, gh_particle_table *table)
{
    const gh_entry *entry;
    int64_t dims[2] = {-1, GH_ROLES};
    const int64_t *balance;
    const char *names;
    int64_t lines = 0;
    GH_TRY(gh_archive_get_text(&stage->constants, "particles", &names));
    for (; *names; names++) lines += *names == '\n';
    GH_TRY(gh_archive_get(&stage->constants, "particle_columns", GH_I64, 2, dims, &entry));
    table->count = entry->dims[0];
    table->column = entry->data;
    table->width = stage->width_in;
    GH_TRY(gh_stage_get_i64(stage, "free", table->count, &table->free));
    GH_TRY(gh_stage_get(stage, "masses", table->count, &table->mass));
    GH_TRY(gh_stage_get_i64(stage, "balance", 1, &balance));
    GH_TRY(gh_stage_get_indices(stage, "rest", stage->width_in, &table->rest_count, &table->rest));
    table->balance = *balance;
    int good = table->count > 0 && lines == table->count && *balance >= -1 && *balance < table->count;
    int64_t covered = table->rest_count;
    for (int64_t k = 0; good && k < table->count; k++) {
        const int64_t *c = table->column[k];
        for (int r = 0; r < GH_ROLES; r++) {
            good = good && c[r] >= -1 && c[r] < stage->width_in;
            covered += c[r] >= 0;
        }
        good = good && ((c[GH_ROLE_PX] >= 0 && c[GH_ROLE_PY] >= 0 && c[GH_ROLE_PZ] >= 0) ||
                        (c[GH_ROLE_PT] >= 0 && c[GH_ROLE_ETA] >= 0 && c[GH_ROLE_PHI] >= 0));
        good = good && table->mass[k] >= 0 && (table->free[k] == 0 || c[GH_ROLE_E] >= 0 || c[GH_ROLE_M] >= 0);
    }
    if (!good || covered < stage->width_in)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s': its table of particle columns does not fit %lld columns",
                stage->type->name, (long long)stage->width_in);
    return GENHEP_OK;
}

void gh_particle_table_name(const gh_stage *stage, int64_t k, char *name)
{
    const char *text = "";
    name[0] = '\0';
    if (gh_archive_get_text(&stage->constants, "particles", &text)) return;
    for (; k > 0 && *text; k--) {
        text += strcspn(text, "\n");
        if (*text) text++;
    }
    snprintf(name, 256, "%.*s", (int)strcspn(text, "\n"), text);
}

gh_status gh_particle_table_rest(const gh_stage *stage, const gh_fit *fit)
{
    int64_t count;
    const int64_t *rest;
    GH_TRY(gh_stage_get_indices(stage, "rest", fit->in->count, &count, &rest));
    for (int64_t j = 0; j < count; j++) {
        const gh_coordinate *c = &fit->in->list[rest[j]];
        GH_TRY(gh_layout_add(fit->out, c->kind, c->angle, "%s", c->name));
    }
    return GENHEP_OK;
}

void gh_particle_rest_copy(const gh_particle_table *table, const double *in, double *out, int forward)
{
    for (int64_t j = 0; j < table->rest_count; j++)
        memcpy(out + (forward ? j : table->rest[j]) * GH_PANEL, in + (forward ? table->rest[j] : j) * GH_PANEL,
               GH_PANEL * sizeof *out);
}

static void round_panel(double *x, int64_t count)
{
    for (int64_t i = 0; i < count * GH_PANEL; i++) x[i] = (double)(float)x[i];
}

/* px, py of particle b: minus the sum of the others, rounded where asked. */
static void balance_panel(double *momenta, int64_t count, int64_t b, int float_output)
{
    double sum[2][GH_PANEL] = {{0}};
    for (int64_t k = 0; k < count; k++)
        for (int i = 0; k != b && i < GH_PANEL; i++) {
            sum[0][i] += momenta[(3 * k + 0) * GH_PANEL + i];
            sum[1][i] += momenta[(3 * k + 1) * GH_PANEL + i];
        }
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < GH_PANEL; i++) {
            double value = 0 - sum[j][i]; /* never -0 */
            momenta[(3 * b + j) * GH_PANEL + i] = float_output ? (double)(float)value : value;
        }
}

static void write_polar(const int64_t column[GH_ROLES], const double *px, const double *py, const double *pz,
                        double *out)
{
    for (int i = 0; i < GH_PANEL; i++) {
        double pt = sqrt(px[i] * px[i] + py[i] * py[i]);
        if (column[GH_ROLE_PT] >= 0) out[column[GH_ROLE_PT] * GH_PANEL + i] = pt;
        if (column[GH_ROLE_PHI] >= 0) out[column[GH_ROLE_PHI] * GH_PANEL + i] = atan2(py[i], px[i]);
        if (column[GH_ROLE_ETA] >= 0)
            out[column[GH_ROLE_ETA] * GH_PANEL + i] =
                pt > 0 ? gh_clamp(asinh(pz[i] / pt), -100, 100) : pz[i] == 0 ? 0 : copysign(100, pz[i]);
    }
}

GH_CLONES static void energy_panel(const double *px, const double *py, const double *pz, const double *mass, double *e)
{
    for (int i = 0; i < GH_PANEL; i++) {
        double square = px[i] * px[i] + py[i] * py[i] + pz[i] * pz[i] + mass[i] * fabs(mass[i]);
        e[i] = sqrt(square > 0 ? square : 0);
    }
}

void gh_particles_write(const gh_particle_table *table, int float_output, double *momenta, const double *masses,
                        double *out)
{
    if (float_output) round_panel(momenta, 3 * table->count);
    if (table->balance >= 0) balance_panel(momenta, table->count, table->balance, float_output);
    for (int64_t k = 0; k < table->count; k++) {
        const int64_t *column = table->column[k];
        const double *px = momenta + 3 * k * GH_PANEL, *py = px + GH_PANEL, *pz = py + GH_PANEL,
                     *mass = masses + k * GH_PANEL;
        static const int cartesian[3] = {GH_ROLE_PX, GH_ROLE_PY, GH_ROLE_PZ};
        for (int j = 0; j < 3; j++)
            if (column[cartesian[j]] >= 0)
                memcpy(out + column[cartesian[j]] * GH_PANEL, px + j * GH_PANEL, GH_PANEL * sizeof *out);
        if (column[GH_ROLE_PT] >= 0 || column[GH_ROLE_ETA] >= 0 || column[GH_ROLE_PHI] >= 0)
            write_polar(column, px, py, pz, out);
        if (column[GH_ROLE_M] >= 0) memcpy(out + column[GH_ROLE_M] * GH_PANEL, mass, GH_PANEL * sizeof *out);
        if (column[GH_ROLE_E] >= 0) energy_panel(px, py, pz, mass, out + column[GH_ROLE_E] * GH_PANEL);
    }
}
