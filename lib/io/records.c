/* records.c -- one row of a table as an event record: momenta on shell, mothers, incoming partons. */
#include <math.h>
#include <stdio.h>

#include "io/particles.h"

static double column(const double *row, int64_t j)
{
    return j < 0 ? 0 : row[j];
}

/* E^2 = p^2 + m^2 to double precision. The stored numbers are rounded, so a mass squared within the rounding of E^2 of
 * a known mass, or below zero, is that mass, and the energy follows from it. */
static void put_on_shell(gh_particle *p, double fixed_mass, double tolerance)
{
    double square = p->px * p->px + p->py * p->py + p->pz * p->pz, m2 = p->e * p->e - square;
    double natural = fixed_mass >= 0 ? fixed_mass : gh_pdg_mass(p->id);
    if (fixed_mass >= 0 || (natural >= 0 && fabs(m2 - natural * natural) <= tolerance * p->e * p->e)) p->m = natural;
    else if (m2 <= 0) p->m = 0;
    else {
        p->m = sqrt(m2);
        return;
    }
    p->e = sqrt(square + p->m * p->m);
}

static gh_status fill_named(const gh_record_plan *plan, const gh_named_particle *named, const double *row,
                            int64_t index, gh_particle *p)
{
    gh_particle blank = {0};
    *p = blank;
    p->status = 1;
    p->first = 1;
    p->last = 2;
    p->spin = 9;
    p->id = named->id_column >= 0 ? llround(row[named->id_column]) : named->id;
    if (named->q_column >= 0 && named->id_column < 0 && gh_pdg_colour(p->id) == 0 && row[named->q_column] != 0)
        /* leptons: a negative charge has the positive code */
        p->id = (p->id < 0 ? -p->id : p->id) * (row[named->q_column] > 0 ? -1 : 1);
    double mass = named->mass;
    if (named->px >= 0) {
        p->px = row[named->px], p->py = column(row, named->py), p->pz = column(row, named->pz);
    } else {
        double pt = row[named->pt], eta = row[named->eta], phi = row[named->phi];
        p->px = pt * cos(phi), p->py = pt * sin(phi), p->pz = pt * sinh(eta);
    }
    if (named->e >= 0) {
        p->e = row[named->e];
    } else {
        if (mass < 0) mass = named->m >= 0 ? row[named->m] : gh_pdg_mass(p->id);
        if (mass < 0) mass = 0;
        p->e = sqrt(p->px * p->px + p->py * p->py + p->pz * p->pz + mass * mass);
        if (named->m < 0 && p->px == 0 && p->py == 0 && p->pz == 0) p->e = 0; /* an absent object */
    }
    if (p->e == 0 && p->px == 0 && p->py == 0 && p->pz == 0) return GENHEP_OK; /* absent */
    if (p->id == 0)
        GH_FAIL(GENHEP_E_SHAPE, "%s: row %lld: particle '%.60s' is there with code 0", plan->path, (long long)index,
                named->name);
    if (!(p->e > 0))
        GH_FAIL(GENHEP_E_NUMERIC, "%s: row %lld: particle '%.60s' has energy %g GeV", plan->path, (long long)index,
                named->name, p->e);
    put_on_shell(p, mass, plan->tolerance);
    return GENHEP_OK;
}

/* Massless partons along z with the total E and pz of the rest. */
static gh_status add_incoming(const gh_record_plan *plan, int64_t row, gh_record *record)
{
    double e = 0, pz = 0;
    gh_particle blank = {0}, *in = record->particles;
    for (int64_t i = 2; i < record->n; i++) {
        e += in[i].e;
        pz += in[i].pz;
    }
    for (int side = 0; side < 2; side++) {
        double energy = (side ? e - pz : e + pz) / 2;
        if (!(energy > 0))
            GH_FAIL(GENHEP_E_NUMERIC, "%s: row %lld: total E = %g and pz = %g GeV leave no incoming partons",
                    plan->path, (long long)row, e, pz);
        in[side] = blank;
        in[side].id = plan->incoming[side];
        in[side].status = -1;
        in[side].pz = side ? -energy : energy;
        in[side].e = energy;
        in[side].spin = 9;
    }
    return GENHEP_OK;
}

static gh_status fill_particles(const gh_record_plan *plan, int64_t index, const double *row, gh_record *record)
{
    record->n = 2;
    for (int64_t k = 0; k < plan->n_named; k++) {
        const gh_named_particle *named = &plan->named[k];
        gh_particle *p = &record->particles[record->n];
        GH_TRY(fill_named(plan, named, row, index, p));
        if (p->e == 0) continue;
        if (plan->explicit_colours && gh_pdg_colour(p->id)) {
            if (!named->has_colours)
                GH_FAIL(GENHEP_E_OPTION, "lhe.colours: particle '%.60s' is coloured and not listed", named->name);
            p->colour = named->colour;
            p->anticolour = named->anticolour;
        }
        record->n++;
    }
    if (record->n == 2) GH_FAIL(GENHEP_E_SHAPE, "%s: row %lld has no particle", plan->path, (long long)index);
    return add_incoming(plan, index, record);
}

static gh_status fill_slots(const gh_record_plan *plan, int64_t index, const double *row, gh_record *record)
{
    gh_particle blank = {0};
    for (int64_t k = 0; k < plan->slots; k++) {
        const double *slot = row + k * GH_SLOT_FIELDS;
        gh_particle *p = &record->particles[record->n];
        int absent = 1;
        for (int j = 0; j < GH_SLOT_FIELDS; j++) absent = absent && slot[j] == 0;
        if (absent) continue;
        if (slot[0] == 0 || slot[0] != rint(slot[0]) || slot[1] != rint(slot[1]) || fabs(slot[0]) > 1e15 ||
            fabs(slot[1]) > 1e6)
            GH_FAIL(GENHEP_E_SHAPE,
                    "%s: row %lld: slot %lld has id %g and status %g, expected whole numbers and id not 0", plan->path,
                    (long long)index, (long long)k + 1, slot[0], slot[1]);
        *p = blank;
        p->id = (int64_t)slot[0];
        p->status = (int32_t)slot[1];
        p->px = slot[2], p->py = slot[3], p->pz = slot[4], p->e = slot[5], p->m = slot[6];
        p->spin = 9;
        record->n++;
    }
    if (record->n == 0) GH_FAIL(GENHEP_E_SHAPE, "%s: row %lld has no particle", plan->path, (long long)index);
    gh_find_mothers(record);
    return GENHEP_OK;
}

/* Largest difference of a sum of two or three momenta from that of the resonance. */
static double mismatch(const gh_particle *r, const gh_particle *a, const gh_particle *b, const gh_particle *c)
{
    double px = a->px + b->px - r->px, py = a->py + b->py - r->py, pz = a->pz + b->pz - r->pz, e = a->e + b->e - r->e;
    if (c) px += c->px, py += c->py, pz += c->pz, e += c->e;
    return fmax(fmax(fabs(px), fabs(py)), fmax(fabs(pz), fabs(e)));
}

void gh_find_mothers(gh_record *record)
{
    gh_particle *p = record->particles;
    int64_t n = record->n;
    int32_t first = 0, last = 0;
    for (int64_t i = 0; i < n; i++) {
        p[i].first = p[i].last = 0;
        if (p[i].status != -1) continue;
        if (!first) first = (int32_t)i + 1;
        last = (int32_t)i + 1;
    }
    for (int64_t r = n - 1; r >= 0; r--) {
        if (p[r].status != 2) continue;
        int64_t best[3] = {-1, -1, -1};
        double least = 1e-6 * fabs(p[r].e);
        for (int64_t a = r + 1; a < n; a++)
            for (int64_t b = a + 1; b < n && !p[a].first; b++) {
                if (p[b].first) continue;
                double pair = mismatch(&p[r], &p[a], &p[b], NULL);
                if (pair < least) least = pair, best[0] = a, best[1] = b, best[2] = -1;
                for (int64_t c = b + 1; c < n && n <= 64; c++) {
                    if (p[c].first) continue;
                    double triple = mismatch(&p[r], &p[a], &p[b], &p[c]);
                    if (triple < least) least = triple, best[0] = a, best[1] = b, best[2] = c;
                }
            }
        for (int i = 0; i < 3 && best[0] >= 0; i++)
            if (best[i] >= 0) p[best[i]].first = p[best[i]].last = (int32_t)r + 1;
    }
    for (int64_t i = 0; i < n; i++)
        if (p[i].status != -1 && !p[i].first) p[i].first = first, p[i].last = last;
    for (int64_t i = 0; i < n; i++)
        if (p[i].first && p[i].first == p[i].last && p[p[i].first - 1].status == 2)
            p[i].last = 0; /* as one mother is written */
}

gh_status gh_record_fill(const gh_record_plan *plan, int64_t index, const double *row, double weight, gh_record *record)
{
    char where[320];
    record->n = 0;
    record->weight = weight;
    GH_TRY(plan->slots ? fill_slots(plan, index, row, record) : fill_particles(plan, index, row, record));
    double e = 0, px = 0, py = 0, pz = 0;
    for (int64_t i = 0; i < record->n; i++) {
        const gh_particle *p = &record->particles[i];
        if (p->status != 1) continue;
        e += p->e, px += p->px, py += p->py, pz += p->pz;
    }
    double s = e * e - px * px - py * py - pz * pz;
    record->scale = s > 0 ? sqrt(s) : e; /* mass of what goes out */
    snprintf(where, sizeof where, "%.280s: row %lld", plan->path, (long long)index);
    return gh_colour_flow(record, plan->explicit_colours, where);
}
