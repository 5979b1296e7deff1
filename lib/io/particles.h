/* particles.h -- event records: the particles that LHE, LHEH5 and HepMC3 files hold, out of and into the columns of a
 * table.
 *
 * Two kinds of tables make records. Slots, as LHE files are read: p<k>_id, _status, _px, _py, _pz, _E, _m for k = 1, 2,
 * ..., an absent slot all zero. Particles by name: <particle>_E|px|py|pz or <particle>_pT|eta|phi with _m or _E, to
 * which the two incoming partons are added along z from the total E and pz. */
#ifndef GH_PARTICLES_H
#define GH_PARTICLES_H

#include "base/options.h"
#include "data/dataset.h"
#include "genhep/writer.h"

typedef struct gh_particle {
    int64_t id;       /* PDG code */
    int32_t status;   /* -1 incoming, 1 outgoing, 2 resonance with decay products in the record */
    int32_t first, last; /* mothers, counted from 1 in the record; 0: none */
    int32_t colour, anticolour;
    double px, py, pz, e, m; /* GeV */
    double lifetime, spin;   /* mm; 9 when the spin is unknown */
} gh_particle;

typedef struct gh_record {
    gh_particle *particles;
    int64_t n;
    double weight;
    double scale; /* GeV */
} gh_record;

/* ---- slots ---- */

enum { GH_SLOT_FIELDS = 7 };

/** Names and units of `slots` slots, 7 a slot. Free both with gh_free_names. */
gh_status gh_slot_names(const gh_hooks *hooks, int64_t slots, char ***names, char ***units);

/** Field 0..6 (id, status, px, py, pz, E, m) of a particle. */
double gh_slot_value(const gh_particle *particle, int field);

/* ---- records ---- */

typedef struct gh_named_particle {
    char *name;
    int64_t e, px, py, pz, pt, eta, phi, m, id_column, q_column; /* columns, -1: none */
    int64_t id;
    double mass;      /* fixed by data.masses, -1: not */
    int has_colours;  /* by lhe.colours */
    int32_t colour, anticolour;
} gh_named_particle;

/** How the rows of a table become records. */
typedef struct gh_record_plan {
    const genhep_writer *writer;   /* whose file they go to */
    const genhep_dataset *dataset; /* its columns and attributes */
    const char *path;              /* for messages */
    gh_record record;              /* room for one */
    int64_t most;     /* particles of a record, incoming ones included */
    int64_t slots;    /* 0: particles by name */
    gh_named_particle *named;
    int64_t n_named;
    int64_t incoming[2];
    int64_t beam_id[2];
    double beam_energy[2];
    double tolerance; /* of E^2 - p^2 relative to E^2, from the storage that is wanted */
    int explicit_colours;
    double sigma, sigma_error; /* pb; sigma is 1 and sigma_known 0 without the attribute */
    int sigma_known;
    int strategy;              /* 3 without weights, -3 all so far are +-1, -4 others */
    double largest;            /* |weight| so far for strategy -4, else 1 */
} gh_record_plan;

/** Read columns, options (data.particles, data.masses, lhe.*) and attributes. GENHEP_E_SHAPE when the table has no
 * particles, GENHEP_E_OPTION naming a particle without a code. Free with gh_record_plan_free. */
gh_status gh_record_plan_make(const genhep_writer *writer, gh_record_plan *plan);
void gh_record_plan_free(gh_record_plan *plan); /* nothing happens to a zeroed or freed one */

/** Beams, cross section and weights anew: what can change between the writer's creation, its first event and its end. */
gh_status gh_record_plan_totals(gh_record_plan *plan);

/** The same at the end. GENHEP_E_SHAPE without any event; a log message when the cross section is not known. */
gh_status gh_record_plan_end(gh_record_plan *plan);

/** Record of row `index`, whose numbers are row[0..d-1]; record->particles has room for plan->most. Mothers and colours
 * are complete. */
gh_status gh_record_fill(const gh_record_plan *plan, int64_t index, const double *row, double weight, gh_record *record);

/** Colour lines of a record whose ids, states and mothers are set: see docs/EVENT_FILES.md. Lines are numbered from
 * 501. Coloured particles in the final state keep lines that they have when `given` is 1. GENHEP_E_OPTION when the
 * colours of the incoming and outgoing particles cannot be connected; `where` begins the message. */
gh_status gh_colour_flow(gh_record *record, int given, const char *where);

/** Mothers of outgoing particles and resonances: daughters of a resonance are the two or three later particles whose
 * momenta add up to its own; what finds no resonance comes from the incoming pair. */
void gh_find_mothers(gh_record *record);

/* ---- particle codes ---- */

/** PDG code of a particle's name (mum, ep, bbar, q1, gamma, part_lm, ...), 0 when the name says none. */
int64_t gh_pdg_of_name(const char *name);

/** 3 quark, -3 antiquark, 8 gluon, 0 without colour. */
int gh_pdg_colour(int64_t id);

/** Mass in GeV that momenta of limited precision are put back on, -1 for particles that have none of their own here. */
double gh_pdg_mass(int64_t id);

#endif
