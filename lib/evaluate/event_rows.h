/* event_rows.h -- the events that an evaluation looks at: shuffled, cut to size, with their particles. */
#ifndef GH_EVENT_ROWS_H
#define GH_EVENT_ROWS_H

#include "base/memory.h"
#include "data/dataset.h"

/** Rows of a table in an order drawn by seed, cut to a limit: real data come in run order. */
typedef struct gh_event_rows {
    int64_t n;
    int64_t d;
    double *columns; /* (d,n) column-major */
    double *weights; /* n, or NULL when all weights are equal */
    int negative;    /* some weight is below zero */
    double effective; /* (sum w)^2 / sum w^2 */
} gh_event_rows;

/** A particle and where its components are. A cartesian one has E, px, py, pz; a polar one pT, eta, phi and E or m. */
typedef struct gh_event_particle {
    char *name;
    int polar;
    int has_mass;      /* polar only: the fourth column is m */
    int64_t column[4]; /* E px py pz, or (E or m) pT eta phi */
} gh_event_particle;

typedef struct gh_event_layout {
    const char *const *names; /* d, of the truth table */
    const char *const *units;
    int64_t d;
    gh_event_particle *particles;
    int64_t n_particles;
} gh_event_layout;

/** Random streams of an evaluation, so that no two choices share numbers. */
enum {
    GH_EVALUATE_TRUTH = 0,
    GH_EVALUATE_GENERATED = 1,
    GH_EVALUATE_TRAIN = 2,
    GH_EVALUATE_SPLIT = 3,
    GH_EVALUATE_VALIDATION = 4,
    GH_EVALUATE_CENTRES = 5,
    GH_EVALUATE_PERMUTE = 6,
    GH_EVALUATE_CEILING = 7
};

/** order[0..m-1] = the first m entries of a random permutation of 0..n-1; `order` has room for n. */
void gh_evaluate_order(int64_t seed, int64_t stream, int64_t n, int64_t m, int64_t *order);

/** Take up to `limit` rows of `data`, its columns in the order of `layout`.
 * @param role "truth", "generated" or "train", for messages
 * @return GENHEP_E_SHAPE (a column is missing, fewer than `least` rows), GENHEP_E_NUMERIC (not finite; weights do not
 * sum to a positive number), GENHEP_E_NOMEM. Free with gh_event_rows_free, also after a failure. */
gh_status gh_event_rows_take(const gh_hooks *hooks, const genhep_dataset *data, const gh_event_layout *layout,
                             const char *role, int64_t seed, int64_t stream, int64_t limit, int64_t least,
                             gh_event_rows *rows);
void gh_event_rows_free(const gh_hooks *hooks, gh_event_rows *rows);

/** Find the particles among the columns of a table. Names live with the table; free with gh_event_layout_free. */
gh_status gh_event_layout_make(const gh_hooks *hooks, const genhep_dataset *table, gh_event_layout *layout);
void gh_event_layout_free(const gh_hooks *hooks, gh_event_layout *layout);

/** Index of a particle, -1 when absent. */
int64_t gh_event_particle_find(const gh_event_layout *layout, const char *name);

/** Add the four-momentum of particle p of every row to sum: E px py pz, four arrays of n behind each other. */
void gh_event_momentum_add(const gh_event_layout *layout, const gh_event_rows *rows, int64_t p, double *sum);

/** Momenta with the arbitrary azimuth and mirror images taken out, then the plain columns: a turned copy of an event
 * has the numbers of the original. Events are turned so that the first particle points along +x, then mirrored to a
 * positive sum of pz and, with more than two particles, a positive py of the last.
 * @param rows_out (m, *width) row-major for the first m rows, to be freed by the caller */
gh_status gh_event_canonical(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows *rows, int64_t m,
                             double **rows_out, int64_t *width);

#endif
