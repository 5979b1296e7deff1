/* observables.c -- the list of observables of a process and their formulas. */
#include "evaluate/observables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *unit_of(enum gh_observable_kind kind)
{
    switch (kind) {
    case GH_OBSERVABLE_PT:
    case GH_OBSERVABLE_ENERGY:
    case GH_OBSERVABLE_MASS: return "GeV";
    case GH_OBSERVABLE_PHI:
    case GH_OBSERVABLE_DPHI: return "rad";
    default: return "";
    }
}

/* A new entry at the end of the list, its name the text of `name`, which is freed. */
static gh_status append(const gh_hooks *hooks, gh_observable_list *list, enum gh_observable_kind kind, gh_text *name,
                        const char *unit, gh_observable_plan **plan)
{
    gh_status status = name->status;
    if (!status && list->count == list->capacity) {
        int64_t capacity = list->capacity ? 2 * list->capacity : 64;
        status = gh_resize(hooks, &list->plans, capacity, sizeof *list->plans);
        if (!status) list->capacity = capacity;
    }
    if (status) {
        gh_text_free(name);
        return status;
    }
    *plan = &list->plans[list->count++];
    memset(*plan, 0, sizeof **plan);
    (*plan)->name = name->data;
    (*plan)->kind = kind;
    (*plan)->tail = strncmp(name->data, "pt(", 3) == 0 || strncmp(name->data, "m(", 2) == 0 ||
                    strncmp(name->data, "E(", 2) == 0;
    return gh_strdup(hooks, unit, &(*plan)->unit);
}

/* An observable "name" of the sum of the listed particles; `peak` names its resonance or is NULL. */
static gh_status add(const gh_hooks *hooks, gh_observable_list *list, enum gh_observable_kind kind, const char *name,
                     const char *peak, const int64_t *parts, int64_t n_parts)
{
    gh_text text = {.hooks = hooks};
    gh_observable_plan *plan;
    gh_text_add(&text, "%s", name);
    GH_TRY(append(hooks, list, kind, &text, unit_of(kind), &plan));
    memcpy(plan->parts, parts, (size_t)n_parts * sizeof *parts);
    plan->n_parts = n_parts;
    if (peak) GH_TRY(gh_strdup(hooks, peak, &plan->peak));
    return GENHEP_OK;
}

static gh_status add_singles(const gh_hooks *hooks, const gh_event_layout *layout, gh_observable_list *list)
{
    static const struct { enum gh_observable_kind kind; const char *word; } singles[] = {
        {GH_OBSERVABLE_PT, "pt"}, {GH_OBSERVABLE_ETA, "eta"}, {GH_OBSERVABLE_ENERGY, "E"}, {GH_OBSERVABLE_PHI, "phi"}};
    for (int64_t p = 0; p < layout->n_particles; p++) {
        if (layout->particles[p].polar) continue; /* its columns are these observables */
        for (int k = 0; k < 4; k++) {
            gh_text text = {.hooks = hooks};
            gh_observable_plan *plan;
            gh_text_add(&text, "%s(%s)", singles[k].word, layout->particles[p].name);
            GH_TRY(append(hooks, list, singles[k].kind, &text, unit_of(singles[k].kind), &plan));
            plan->parts[0] = p;
            plan->n_parts = 1;
        }
    }
    return GENHEP_OK;
}

static gh_status add_top_pair(const gh_hooks *hooks, const gh_event_layout *layout, gh_observable_list *list)
{
    static const char *const needed[6] = {"q1", "q1barp", "b", "q2", "q2barp", "bbar"};
    int64_t q[6];
    for (int k = 0; k < 6; k++)
        if ((q[k] = gh_event_particle_find(layout, needed[k])) < 0)
            GH_FAIL(GENHEP_E_SHAPE, "process ttbar_6q needs particle '%s', and no column %s_px or %s_pT is there",
                    needed[k], needed[k], needed[k]);
    static const struct { const char *name; int first, count; } resonances[4] = {
        {"W+", 0, 2}, {"W-", 3, 2}, {"t", 0, 3}, {"tbar", 3, 3}};
    for (int r = 0; r < 4; r++) {
        static const struct { enum gh_observable_kind kind; const char *word; } parts[3] = {
            {GH_OBSERVABLE_MASS, "m"}, {GH_OBSERVABLE_PT, "pt"}, {GH_OBSERVABLE_RAPIDITY, "y"}};
        for (int k = 0; k < 3; k++) {
            gh_text text = {.hooks = hooks};
            gh_observable_plan *plan;
            gh_text_add(&text, "%s(%s)", parts[k].word, resonances[r].name);
            GH_TRY(append(hooks, list, parts[k].kind, &text, unit_of(parts[k].kind), &plan));
            memcpy(plan->parts, q + resonances[r].first, (size_t)resonances[r].count * sizeof *q);
            plan->n_parts = resonances[r].count;
            if (k == 0) GH_TRY(gh_strdup(hooks, resonances[r].name, &plan->peak));
        }
    }
    GH_TRY(add(hooks, list, GH_OBSERVABLE_MASS, "m(tt)", NULL, q, 6));
    return add(hooks, list, GH_OBSERVABLE_RAPIDITY, "y(tt)", NULL, q, 6);
}

static gh_status add_lepton_pair(const gh_hooks *hooks, gh_observable_list *list)
{
    static const int64_t pair[2] = {0, 1};
    GH_TRY(add(hooks, list, GH_OBSERVABLE_MASS, "m(ll)", "ll", pair, 2));
    GH_TRY(add(hooks, list, GH_OBSERVABLE_RAPIDITY, "y(ll)", NULL, pair, 2));
    return add(hooks, list, GH_OBSERVABLE_DPHI, "dphi", NULL, pair, 2);
}

static gh_status add_zw(const gh_hooks *hooks, const gh_event_layout *layout, gh_observable_list *list)
{
    static const struct { const char *prefix, *ll, *jj, *all; } levels[2] = {
        {"part_", "part_m(ll)", "part_m(jj)", "part_m(lljj)"}, {"det_", "det_m(ll)", "det_m(jj)", "det_m(lljj)"}};
    for (int level = 0; level < 2; level++) {
        int64_t k[4], count = 0;
        for (int64_t p = 0; p < layout->n_particles; p++)
            if (strncmp(layout->particles[p].name, levels[level].prefix, strlen(levels[level].prefix)) == 0) {
                if (count < 4) k[count] = p;
                count++;
            }
        if (count != 4) continue;
        GH_TRY(add(hooks, list, GH_OBSERVABLE_MASS, levels[level].ll, levels[level].ll, k, 2));
        GH_TRY(add(hooks, list, GH_OBSERVABLE_MASS, levels[level].jj, levels[level].jj, k + 2, 2));
        GH_TRY(add(hooks, list, GH_OBSERVABLE_MASS, levels[level].all, NULL, k, 4));
    }
    return GENHEP_OK;
}

/* Masses of all pairs. Those with polar particles, which may be empty slots of zeros, are extra. */
static gh_status add_pairs(const gh_hooks *hooks, const gh_event_layout *layout, gh_observable_list *list)
{
    for (int64_t i = 0; i < layout->n_particles; i++)
        for (int64_t j = i + 1; j < layout->n_particles; j++) {
            gh_text text = {.hooks = hooks};
            gh_observable_plan *plan;
            gh_text_add(&text, "m(%s,%s)", layout->particles[i].name, layout->particles[j].name);
            GH_TRY(append(hooks, list, GH_OBSERVABLE_MASS, &text, "GeV", &plan));
            plan->parts[0] = i;
            plan->parts[1] = j;
            plan->n_parts = 2;
            plan->extra = layout->particles[i].polar || layout->particles[j].polar;
        }
    return GENHEP_OK;
}

/* An extra observable of the listed particles. */
static gh_status add_extra(const gh_hooks *hooks, gh_observable_list *list, enum gh_observable_kind kind, const char *name, const int64_t *parts, int64_t n_parts)
{
    GH_TRY(add(hooks, list, kind, name, NULL, parts, n_parts));
    list->plans[list->count - 1].extra = 1;
    return GENHEP_OK;
}

/* Masses of the first jets and leptons, and how many objects of each kind are there; all extra, since slots may be empty. */
static gh_status add_jets(const gh_hooks *hooks, const gh_event_layout *layout, gh_observable_list *list)
{
    static const char *const needed[6] = {"jet0", "jet1", "jet2", "jet3", "lep0", "lep1"}, *const words[5] = {"m(2j)", "m(3j)", "m(4j)", "m(4j1l)", "m(4j2l)"};
    int64_t q[6], parts[GH_OBSERVABLE_PARTS];
    for (int k = 0; k < 6; k++)
        if ((q[k] = gh_event_particle_find(layout, needed[k])) < 0 || !layout->particles[q[k]].polar)
            GH_FAIL(GENHEP_E_SHAPE, "process ttbar_jets needs '%s' as columns _E _pT _eta _phi", needed[k]);
    for (int k = 0; k < 5; k++) GH_TRY(add_extra(hooks, list, GH_OBSERVABLE_MASS, words[k], q, k + 2));
    for (int64_t p = 0, next; p < layout->n_particles; p = next) { /* neighbours whose names differ in their numbers only */
        char name[64];
        const size_t length = strcspn(layout->particles[p].name, "0123456789");
        int64_t count = 0;
        for (next = p; next < layout->n_particles && strncmp(layout->particles[next].name, layout->particles[p].name, length) == 0 &&
                       strcspn(layout->particles[next].name, "0123456789") == length; next++)
            if (layout->particles[next].polar && count < GH_OBSERVABLE_PARTS) parts[count++] = next;
        if (count == 0 || length > 40) continue;
        snprintf(name, sizeof name, "n(%.*s)", (int)length, layout->particles[p].name);
        GH_TRY(add_extra(hooks, list, GH_OBSERVABLE_COUNT, name, parts, count));
    }
    return GENHEP_OK;
}

static gh_status add_plain(const gh_hooks *hooks, const gh_event_layout *layout, gh_observable_list *list)
{
    for (int64_t c = 0; c < layout->d; c++) {
        int used = 0;
        for (int64_t p = 0; p < layout->n_particles && !used; p++)
            for (int k = 0; k < 4; k++)
                used |= !layout->particles[p].polar && layout->particles[p].column[k] == c;
        if (used) continue;
        gh_text text = {.hooks = hooks};
        gh_observable_plan *plan;
        gh_text_add(&text, "%s", layout->names[c]);
        const char *unit = layout->units && layout->units[c] ? layout->units[c] : "";
        GH_TRY(append(hooks, list, GH_OBSERVABLE_COLUMN, &text, unit, &plan));
        plan->column = c;
    }
    return GENHEP_OK;
}

static int known_process(const char *process)
{
    static const char *const known[] = {"zmumu", "dy", "ttbar_6q", "ttbar_jets", "zw", "cms", "generic"};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(process, known[k]) == 0) return 1;
    return 0;
}

/* The dimuon figures of `cms` need two muons with charges. */
static gh_status check_cms(const gh_event_layout *layout)
{
    if (layout->n_particles < 2)
        GH_FAIL(GENHEP_E_SHAPE, "process cms needs two muons, and the columns hold %lld particles",
                (long long)layout->n_particles);
    for (int k = 1; k <= 2; k++) {
        const char *name = k == 1 ? "mu1_Q" : "mu2_Q";
        int found = 0;
        for (int64_t c = 0; c < layout->d; c++) found |= strcmp(layout->names[c], name) == 0;
        if (!found) GH_FAIL(GENHEP_E_SHAPE, "process cms needs column '%s', which is not there", name);
    }
    return GENHEP_OK;
}

gh_status gh_observables_plan(const gh_hooks *hooks, const gh_event_layout *layout, const char *process,
                              gh_observable_list *list)
{
    memset(list, 0, sizeof *list);
    if (!known_process(process))
        GH_FAIL(GENHEP_E_ARG, "process '%s' is not known, expected zmumu, dy, ttbar_6q, ttbar_jets, zw, cms or generic", process);
    int pair = strcmp(process, "zmumu") == 0 || strcmp(process, "dy") == 0;
    if (strcmp(process, "cms") == 0) GH_TRY(check_cms(layout));
    GH_TRY(add_singles(hooks, layout, list));
    if (strcmp(process, "ttbar_6q") == 0) GH_TRY(add_top_pair(hooks, layout, list));
    else if (pair && layout->n_particles == 2) GH_TRY(add_lepton_pair(hooks, list));
    else if (strcmp(process, "ttbar_jets") == 0) GH_TRY(add_jets(hooks, layout, list));
    else if (strcmp(process, "zw") == 0) GH_TRY(add_zw(hooks, layout, list));
    else GH_TRY(add_pairs(hooks, layout, list));
    GH_TRY(add_plain(hooks, layout, list));
    if (list->count == 0) GH_FAIL(GENHEP_E_SHAPE, "no observable can be built from the columns");
    return GENHEP_OK;
}

void gh_observable_list_free(const gh_hooks *hooks, gh_observable_list *list)
{
    for (int64_t k = 0; k < list->count; k++) {
        gh_free(hooks, list->plans[k].name);
        gh_free(hooks, list->plans[k].peak);
        gh_free(hooks, list->plans[k].unit);
    }
    gh_free(hooks, list->plans);
    memset(list, 0, sizeof *list);
}

static void formula(enum gh_observable_kind kind, int64_t n, const double *v, double *out)
{
    const double *e = v, *x = v + n, *y = v + 2 * n, *z = v + 3 * n;
    switch (kind) {
    case GH_OBSERVABLE_PT:
        for (int64_t i = 0; i < n; i++) out[i] = sqrt(x[i] * x[i] + y[i] * y[i]);
        break;
    case GH_OBSERVABLE_ETA:
        for (int64_t i = 0; i < n; i++) out[i] = asinh(z[i] / fmax(sqrt(x[i] * x[i] + y[i] * y[i]), 1e-9));
        break;
    case GH_OBSERVABLE_ENERGY:
        memcpy(out, e, (size_t)n * sizeof *out);
        break;
    case GH_OBSERVABLE_PHI:
        for (int64_t i = 0; i < n; i++) out[i] = atan2(y[i], x[i]);
        break;
    case GH_OBSERVABLE_MASS:
        for (int64_t i = 0; i < n; i++) {
            double m2 = e[i] * e[i] - (x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
            out[i] = copysign(sqrt(fabs(m2)), m2);
        }
        break;
    case GH_OBSERVABLE_RAPIDITY:
        for (int64_t i = 0; i < n; i++) out[i] = 0.5 * log(fmax(e[i] + z[i], 1e-9) / fmax(e[i] - z[i], 1e-9));
        break;
    case GH_OBSERVABLE_COLUMN:
    case GH_OBSERVABLE_COUNT:
    case GH_OBSERVABLE_DPHI:
        break;
    }
}

static void dphi(int64_t n, const double *first, const double *second, double *out)
{
    for (int64_t i = 0; i < n; i++) {
        double d = fabs(atan2(first[2 * n + i], first[n + i]) - atan2(second[2 * n + i], second[n + i]));
        if (d > M_PI) d = 2 * M_PI - d;
        out[i] = nearbyint(d * 1e4) / 1e4;
    }
}

/* An object slot that may stay empty has pT = 0 there; a pair with an empty slot has no mass. */
static void clear_absent(const gh_observable_plan *plan, const gh_event_layout *layout, const gh_event_rows *rows,
                         double *values)
{
    for (int64_t k = 0; k < plan->n_parts; k++) {
        const gh_event_particle *particle = &layout->particles[plan->parts[k]];
        if (!particle->polar) continue;
        const double *pt = rows->columns + particle->column[1] * rows->n;
        for (int64_t i = 0; i < rows->n; i++)
            if (pt[i] == 0) values[i] = 0;
    }
}

void gh_observable_values(const gh_observable_plan *plan, const gh_event_layout *layout, const gh_event_rows *rows,
                          double *scratch, double *values)
{
    int64_t n = rows->n;
    if (plan->kind == GH_OBSERVABLE_COLUMN) {
        memcpy(values, rows->columns + plan->column * n, (size_t)n * sizeof *values);
        return;
    }
    if (plan->kind == GH_OBSERVABLE_COUNT) {
        memset(values, 0, (size_t)n * sizeof *values);
        for (int64_t k = 0; k < plan->n_parts; k++) {
            const double *pt = rows->columns + layout->particles[plan->parts[k]].column[1] * n;
            for (int64_t i = 0; i < n; i++) values[i] += pt[i] != 0;
        }
        return;
    }
    memset(scratch, 0, (size_t)(plan->kind == GH_OBSERVABLE_DPHI ? 8 : 4) * (size_t)n * sizeof *scratch);
    if (plan->kind == GH_OBSERVABLE_DPHI) {
        gh_event_momentum_add(layout, rows, plan->parts[0], scratch);
        gh_event_momentum_add(layout, rows, plan->parts[1], scratch + 4 * n);
        dphi(n, scratch, scratch + 4 * n, values);
        return;
    }
    for (int64_t k = 0; k < plan->n_parts; k++) gh_event_momentum_add(layout, rows, plan->parts[k], scratch);
    formula(plan->kind, n, scratch, values);
    if (plan->kind == GH_OBSERVABLE_MASS) clear_absent(plan, layout, rows, values);
}
