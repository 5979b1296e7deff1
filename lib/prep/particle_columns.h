/* particle_columns.h -- which columns are a particle's momentum, its mass, and momenta back to columns with exact
 * constraints.
 *
 * Particles are found by column names, <p>_E _px _py _pz or <p>_pT _eta _phi with _m or _E, or by data.particles:
 *   'mum: E1 px1 py1 pz1, mup: E2 px2 py2 pz2'    four columns E px py pz, or three px py pz
 *   'e1: pT=pt1 eta=eta1 phi=phi1'                roles by name: E px py pz pT eta phi m
 * Masses come from data.masses, 'mum: 0.10566, q*: 0.33, jet*: free', or one word for all. */
#ifndef GH_PARTICLE_COLUMNS_H
#define GH_PARTICLE_COLUMNS_H

#include "prep/stage.h"

enum gh_role {
    GH_ROLE_E,
    GH_ROLE_PX,
    GH_ROLE_PY,
    GH_ROLE_PZ,
    GH_ROLE_PT,
    GH_ROLE_ETA,
    GH_ROLE_PHI,
    GH_ROLE_M,
    GH_ROLES
};

typedef struct gh_particle_entry {
    char *name;
    int64_t column[GH_ROLES]; /* -1: there is none */
} gh_particle_entry;

typedef struct gh_particle_list {
    gh_hooks hooks;
    gh_particle_entry *list;
    int64_t count;
    int64_t capacity;
} gh_particle_list;

/** Particles among `names`, in column order, those of `mapping` (data.particles, may be NULL) first.
 * GENHEP_E_OPTION names the entry of the mapping that is wrong, with the closest column. */
gh_status gh_particles_find(const gh_hooks *hooks, const char *const *names, int64_t d, const char *mapping,
                            gh_particle_list *particles);
void gh_particles_clear(gh_particle_list *particles);
int64_t gh_particles_index(const gh_particle_list *particles, const char *name); /* -1 when absent */

/** The mass that `masses` (data.masses) gives. *found: 0 not mentioned, 1 fixed at *mass, 2 free. Unknown names in
 * `masses` are found by gh_masses_check. */
gh_status gh_masses_look_up(const char *masses, const char *name, int *found, double *mass);
gh_status gh_masses_check(const char *masses, const gh_particle_list *particles);

/** Mass of a well-known name (mum mup em ep b bbar q...), or a negative number. */
double gh_particle_known_mass(const char *name);

/** Four-vector of one row; `row` has stride `step` between columns. The mass is signed: sign(m^2) sqrt |m^2|, 0 when
 * the table has neither E nor m. */
typedef struct gh_momentum {
    double px, py, pz, mass;
} gh_momentum;
gh_momentum gh_particle_read(const int64_t column[GH_ROLES], const double *row, int64_t step);

/* --- the particles of one stage ---------------------------------------------------------------------------------- */

/** Kept in the stage's constants as "particles" (names, one a line), "particle_columns" (n, GH_ROLES), "free" (n),
 * "masses" (n), "balance" (1), "rest" (columns of no particle). */
typedef struct gh_particle_table {
    int64_t count;
    const int64_t (*column)[GH_ROLES];
    const int64_t *free;  /* 1: the mass is a coordinate */
    const double *mass;   /* of the others */
    int64_t balance;      /* index of the particle that takes the recoil, -1 for none */
    int64_t rest_count;
    const int64_t *rest;
    int64_t width; /* columns of the table */
} gh_particle_table;

/** What a stage wants of its particles. */
typedef struct gh_particle_wish {
    const char *const *names; /* NULL: all that are found */
    int64_t count;
    int default_free;    /* mass not mentioned: 1 free, 0 known by name or the median of the data */
    int may_balance;
} gh_particle_wish;

/** Find, choose masses and balance, store everything in the stage's constants. */
gh_status gh_particle_table_fit(gh_stage *stage, const gh_fit *fit, const gh_particle_wish *wish);
gh_status gh_particle_table_build(const gh_stage *stage, gh_particle_table *table);

/** Name of particle k, copied into `name` (256 bytes). */
void gh_particle_table_name(const gh_stage *stage, int64_t k, char *name);

/** Append the columns of no particle to `out` as they are. */
gh_status gh_particle_table_rest(const gh_stage *stage, const gh_fit *fit);
void gh_particle_rest_copy(const gh_particle_table *table, const double *in, double *out, int forward);

/** Momentum panels (count, 3, GH_PANEL), px py pz, and mass panels (count, GH_PANEL; signed) to columns: rounded to
 * float where asked, the balance particle's px and py minus the sum of the others, E from the rounded momenta. Both
 * inputs may change. */
void gh_particles_write(const gh_particle_table *table, int float_output, double *momenta, const double *masses,
                        double *out);

#endif
