/* observable.h -- differentiable observables of events that a loss looks at, as text: mass(b,q1,q1barp), pt(b).
 *
 * Events are rows of momenta in GeV, (N, 3n): px, py, pz of n particles with fixed masses, E_i = sqrt(m_i^2 + p_i^2).
 * Most observables are those of the sum of the particles that are named, p = sum p_i, E = sum E_i:
 *
 *   px py pz E        of the sum
 *   pt                sqrt(px^2 + py^2)
 *   eta               asinh(pz / pt)
 *   phi               atan2(py, px)                      in -pi..pi
 *   rapidity          asinh(pz / mT), mT^2 = m^2 + pt^2
 *   mass              sign(m2) sqrt(max(|m2|, 1e-8)),    two particles or more
 *   deltaphi(a,b)     |phi_a - phi_b| in 0..pi           two particles
 *   deltar(a,b)       sqrt((eta_a - eta_b)^2 + deltaphi^2)
 *
 * Everything is computed in double from the rows: E^2 - p^2 of fast light particles is a small difference of large
 * numbers, and is never formed (docs/internals/ADVERSARIAL.md). Denominators stop at GH_LOSS_OBSERVABLE_FLOOR, where
 * the gradient is finite or zero. Angles jump or bend (phi at pi, deltaphi at 0 and pi); the gradient is that of either
 * side, 0 at a bend. */
#ifndef GH_LOSS_OBSERVABLE_H
#define GH_LOSS_OBSERVABLE_H

#include "base/real.h"
#include "base/status.h"

enum gh_loss_observable_kind {
    GH_LOSS_PX = 0,
    GH_LOSS_PY = 1,
    GH_LOSS_PZ = 2,
    GH_LOSS_ENERGY = 3,
    GH_LOSS_PT = 4,
    GH_LOSS_ETA = 5,
    GH_LOSS_PHI = 6,
    GH_LOSS_RAPIDITY = 7,
    GH_LOSS_MASS = 8,
    GH_LOSS_DELTAPHI = 9,
    GH_LOSS_DELTAR = 10
};

enum { GH_LOSS_OBSERVABLE_PARTICLES = 16 };

#define GH_LOSS_OBSERVABLE_FLOOR 1e-8 /* GeV^2, under the root of mass and of transverse momenta in denominators */

/** One observable: plain numbers, nothing to free. */
typedef struct gh_loss_observable {
    enum gh_loss_observable_kind kind;
    int64_t n;                                      /* particles named */
    int64_t particle[GH_LOSS_OBSERVABLE_PARTICLES]; /* their places in the row */
    double mass[GH_LOSS_OBSERVABLE_PARTICLES];      /* and masses, GeV */
} gh_loss_observable;

/** Parse one observable, blanks allowed between words.
 * @param names (n_particles) particle names; masses (n_particles) in GeV, >= 0; *end (NULL: the text must end there) is
 * set behind the closing parenthesis
 * @return GENHEP_OK or GENHEP_E_OPTION: unknown function or particle (the message lists what exists), a particle named
 * twice, a number of particles that the function does not take, a missing parenthesis */
gh_status gh_loss_observable_parse(gh_loss_observable *observable, const char *text, const char *const *names,
                                   const double *masses, int64_t n_particles, const char **end);

/** Parse a list, separated by blanks, commas or semicolons: "mass(q1,q1barp) mass(b,q1,q1barp)". Empty text gives none.
 * @return as above, and GENHEP_E_OPTION for more than `capacity` */
gh_status gh_loss_observables_parse(gh_loss_observable *list, int64_t capacity, int64_t *count, const char *text,
                                    const char *const *names, const double *masses, int64_t n_particles);

/** values (N) of rows P (N, 3 n_particles); `width` = 3 n_particles is the distance of rows. */
void gh_loss_observable_values(const gh_loss_observable *observable, const gh_real *P, int64_t width, int64_t N,
                               gh_real *values);

/** gP (N, 3 n_particles) += g(N) * d value / d momenta. */
void gh_loss_observable_gradient(const gh_loss_observable *observable, const gh_real *P, int64_t width, int64_t N,
                                 const gh_real *g, gh_real *gP);

#endif
