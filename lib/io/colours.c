/* colours.c -- colour lines through an event record.
 *
 * Outgoing quarks and antiquarks form pairs: products of one colourless resonance, then equal heavy flavours (a product
 * of a top counts as top), then a quark with the nearest antiquark behind it. A pair of different flavours (a W) closes
 * its line; a pair of one flavour stays open towards the incoming partons as far as those have room. Outgoing gluons
 * sit on the line of the first open pair; without one they are a line of their own, or sit on the first pair when the
 * incoming particles have no colour. Then the open ends go to the incoming partons, whose remaining ends are connected
 * with each other. */
#include <string.h>

#include "io/particles.h"

enum { MOST_ENDS = 64, FIRST_LINE = 501 };

typedef struct flow {
    gh_record *record;
    const char *where;
    int32_t next_line;
    int open_colours[MOST_ENDS], open_anticolours[MOST_ENDS]; /* lines that must come in */
    int n_colours, n_anticolours;
    int slot_colours[2], slot_anticolours[2]; /* incoming particles that can give them */
    int n_slot_colours, n_slot_anticolours;
    int partner[MOST_ENDS]; /* per final particle of `ends`: index in `ends`, -1 */
    int ends[MOST_ENDS];    /* coloured outgoing particles */
    int n_ends;
} flow;

static gh_particle *end_at(const flow *f, int end)
{
    return &f->record->particles[f->ends[end]];
}

static gh_status collect(flow *f)
{
    gh_record *r = f->record;
    for (int64_t i = 0; i < r->n; i++) {
        gh_particle *p = &r->particles[i];
        int colour = gh_pdg_colour(p->id);
        if (p->status == -1) {
            if ((colour == 3 || colour == 8) && f->n_slot_colours < 2) f->slot_colours[f->n_slot_colours++] = (int)i;
            if ((colour == -3 || colour == 8) && f->n_slot_anticolours < 2)
                f->slot_anticolours[f->n_slot_anticolours++] = (int)i;
        } else if (p->status == 1 && colour) {
            if (f->n_ends == MOST_ENDS)
                GH_FAIL(GENHEP_E_SHAPE, "%s: more than %d coloured particles", f->where, (int)MOST_ENDS);
            f->partner[f->n_ends] = -1;
            f->ends[f->n_ends++] = (int)i;
        }
    }
    return GENHEP_OK;
}

static int from_colourless(const flow *f, const gh_particle *p)
{
    if (p->first < 1 || p->first > f->record->n) return 0;
    const gh_particle *mother = &f->record->particles[p->first - 1];
    return mother->status == 2 && gh_pdg_colour(mother->id) == 0;
}

/* The flavour that the hard process made: that of the coloured resonance a quark comes from. */
static int64_t origin(const flow *f, const gh_particle *p)
{
    for (int64_t steps = 0; steps < f->record->n && p->first >= 1 && p->first <= f->record->n; steps++) {
        const gh_particle *mother = &f->record->particles[p->first - 1];
        if (mother->status != 2 || gh_pdg_colour(mother->id) != gh_pdg_colour(p->id)) break;
        p = mother;
    }
    return p->id;
}

/* rule 0: products of one colourless resonance; 1: one heavy flavour; 2: any */
static int may_pair(const flow *f, int quark, int antiquark, int rule)
{
    const gh_particle *q = end_at(f, quark), *a = end_at(f, antiquark);
    if (gh_pdg_colour(q->id) != 3 || gh_pdg_colour(a->id) != -3) return 0;
    if (rule == 0) return from_colourless(f, q) && a->first == q->first;
    if (rule == 1) return origin(f, q) == -origin(f, a) && origin(f, q) >= 5;
    return 1;
}

static void make_pairs(flow *f)
{
    for (int rule = 0; rule < 3; rule++)
        for (int q = 0; q < f->n_ends; q++)
            for (int step = 1; step < f->n_ends && f->partner[q] < 0; step++) {
                int a = (q + step) % f->n_ends; /* the nearest behind it, then from the start */
                if (f->partner[a] >= 0 || !may_pair(f, q, a, rule)) continue;
                f->partner[q] = a;
                f->partner[a] = q;
            }
}

static void open_colour(flow *f, gh_particle *p)
{
    if (!p->colour) p->colour = f->next_line++;
    f->open_colours[f->n_colours++] = p->colour;
}

static void open_anticolour(flow *f, gh_particle *p)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a gluon was counted, so there is one */
    if (!p->anticolour) p->anticolour = f->next_line++;
    f->open_anticolours[f->n_anticolours++] = p->anticolour;
}

/* Outgoing gluons in a row behind `start` (may be NULL); returns the particle whose colour is still free. */
static gh_particle *string_gluons(flow *f, gh_particle *start)
{
    for (int g = 0; g < f->n_ends; g++) {
        gh_particle *gluon = end_at(f, g);
        if (gh_pdg_colour(gluon->id) != 8) continue;
        if (start) start->colour = gluon->anticolour = f->next_line++;
        start = gluon;
    }
    return start;
}

/* Lines of the outgoing particles; what must come in is noted. */
static gh_status connect_outgoing(flow *f)
{
    int gluons = 0, single_quarks = 0, single_antiquarks = 0, carrier = -1, pass, strung = 0;
    for (int i = 0; i < f->n_ends; i++) {
        int colour = gh_pdg_colour(end_at(f, i)->id);
        if (colour == 8) gluons++;
        else if (f->partner[i] < 0) colour == 3 ? single_quarks++ : single_antiquarks++;
    }
    int room = f->n_slot_colours - single_quarks, other = f->n_slot_anticolours - single_antiquarks;
    if (other < room) room = other; /* pairs that may stay open */
    char open[MOST_ENDS] = {0};
    for (int q = 0; q < f->n_ends; q++) {
        const gh_particle *quark = end_at(f, q);
        if (f->partner[q] < 0 || gh_pdg_colour(quark->id) != 3) continue;
        open[q] = (char)(room > 0 && origin(f, quark) == -origin(f, end_at(f, f->partner[q])) && !from_colourless(f, quark));
        room -= open[q];
    }
    /* gluons follow the first single quark or open pair; the first pair of all only when nothing can come in */
    for (pass = 0; pass < (f->n_slot_colours ? 1 : 2) && carrier < 0; pass++)
        for (int q = 0; q < f->n_ends && carrier < 0; q++)
            if (gh_pdg_colour(end_at(f, q)->id) == 3 && (pass || open[q] || f->partner[q] < 0)) carrier = q;
    for (int q = 0; q < f->n_ends; q++) {
        gh_particle *at = end_at(f, q);
        if (gh_pdg_colour(at->id) != 3) continue;
        if (gluons && q == carrier) at = string_gluons(f, at), strung = 1;
        if (f->partner[q] >= 0 && !open[q]) {
            at->colour = end_at(f, f->partner[q])->anticolour = f->next_line++;
        } else {
            open_colour(f, at);
            if (f->partner[q] >= 0) open_anticolour(f, end_at(f, f->partner[q]));
        }
    }
    gh_particle *tail = gluons && !strung ? string_gluons(f, NULL) : NULL, *head = NULL;
    for (int g = 0; g < f->n_ends && tail && !head; g++)
        if (gh_pdg_colour(end_at(f, g)->id) == 8) head = end_at(f, g);
    int closed = tail && !f->n_slot_colours && !f->n_slot_anticolours && !single_antiquarks;
    if (closed && gluons == 1) GH_FAIL(GENHEP_E_OPTION, "%s: a single gluon among colourless particles", f->where);
    if (closed) {
        tail->colour = head->anticolour = f->next_line++;
    } else if (tail) {
        open_colour(f, tail);
        open_anticolour(f, head);
    }
    for (int a = 0; a < f->n_ends; a++)
        if (gh_pdg_colour(end_at(f, a)->id) == -3 && f->partner[a] < 0) open_anticolour(f, end_at(f, a));
    return GENHEP_OK;
}

/* Lines that the user gave: whatever has no other end among the outgoing particles must come in. */
static void note_given(flow *f)
{
    for (int i = 0; i < f->n_ends; i++) {
        gh_particle *p = end_at(f, i);
        int colour_ends = 0, anticolour_ends = 0;
        for (int j = 0; j < f->n_ends; j++) {
            colour_ends += p->colour && end_at(f, j)->anticolour == p->colour;
            anticolour_ends += p->anticolour && end_at(f, j)->colour == p->anticolour;
        }
        if (p->colour && !colour_ends) open_colour(f, p);
        if (p->anticolour && !anticolour_ends) open_anticolour(f, p);
        if (p->colour >= f->next_line) f->next_line = p->colour + 1;
        if (p->anticolour >= f->next_line) f->next_line = p->anticolour + 1;
    }
}

/* Open lines go to the incoming ends in one of the at most four orders; the others connect with each other, never a
 * gluon with itself. */
static gh_status connect_incoming(flow *f)
{
    gh_particle *p = f->record->particles;
    int rest = f->n_slot_colours - f->n_colours;
    if (rest < 0 || rest != f->n_slot_anticolours - f->n_anticolours)
        GH_FAIL(GENHEP_E_OPTION,
                "%s: %d colour and %d anticolour lines leave the event, %d and %d come in; set lhe.ids, "
                "lhe.incoming or lhe.colours",
                f->where, f->n_colours, f->n_anticolours, f->n_slot_colours, f->n_slot_anticolours);
    for (int order = 0; order < 4; order++) {
        int colours[2], anticolours[2], valid = 1;
        for (int i = 0; i < 2; i++) {
            colours[i] = f->slot_colours[f->n_slot_colours == 2 && (order & 1) ? 1 - i : i];
            /* the second incoming parton takes anticolour first: the usual flow of g g -> q qbar */
            anticolours[i] = f->slot_anticolours[f->n_slot_anticolours == 2 && !(order & 2) ? 1 - i : i];
        }
        for (int i = 0; i < rest; i++) valid = valid && colours[f->n_colours + i] != anticolours[f->n_anticolours + i];
        if (!valid) continue;
        for (int i = 0; i < f->n_colours; i++) p[colours[i]].colour = f->open_colours[i];
        for (int i = 0; i < f->n_anticolours; i++) p[anticolours[i]].anticolour = f->open_anticolours[i];
        for (int i = 0; i < rest; i++)
            p[colours[f->n_colours + i]].colour = p[anticolours[f->n_anticolours + i]].anticolour = f->next_line++;
        return GENHEP_OK;
    }
    GH_FAIL(GENHEP_E_OPTION, "%s: the only incoming gluon has nothing to connect to; set lhe.incoming", f->where);
}

/* A resonance has the lines that its products do not close among themselves. */
static void colour_resonances(gh_record *r)
{
    for (int64_t i = r->n - 1; i >= 0; i--) {
        gh_particle *p = &r->particles[i];
        if (p->status != 2) continue;
        p->colour = p->anticolour = 0;
        for (int64_t j = i + 1; j < r->n; j++) {
            const gh_particle *d = &r->particles[j];
            int colour_open = d->colour != 0, anticolour_open = d->anticolour != 0;
            if (d->first != i + 1) continue;
            for (int64_t k = i + 1; k < r->n; k++) {
                if (r->particles[k].first != i + 1) continue;
                if (r->particles[k].anticolour == d->colour) colour_open = 0;
                if (r->particles[k].colour == d->anticolour) anticolour_open = 0;
            }
            if (colour_open) p->colour = d->colour;
            if (anticolour_open) p->anticolour = d->anticolour;
        }
    }
}

gh_status gh_colour_flow(gh_record *record, int given, const char *where)
{
    flow f;
    memset(&f, 0, sizeof f);
    f.record = record;
    f.where = where;
    f.next_line = FIRST_LINE;
    GH_TRY(collect(&f));
    if (given) {
        note_given(&f);
    } else {
        make_pairs(&f);
        GH_TRY(connect_outgoing(&f));
    }
    GH_TRY(connect_incoming(&f));
    colour_resonances(record);
    return GENHEP_OK;
}
