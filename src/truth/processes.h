/* processes.h -- the rows of the process table, and the parts of them that have closed forms of their own. */
#ifndef TRUTH_PROCESSES_H
#define TRUTH_PROCESSES_H

#include "electroweak.h"
#include "kinematics.h"
#include "truth.h"

extern const truth_process truth_two_body, truth_zll, truth_dy_full, truth_dy_photon, truth_dy_zprime, truth_ttbar_6q, truth_ww_lep6,
    truth_ttbar_jets, truth_zw_unfold, truth_gauss_unfold, truth_calorimeter, truth_zg_real, truth_zg_dipole,
    truth_toy_1x, truth_camel, truth_ring, truth_shell;

/** zll in pp: rapidity and quark flavour of a pair of mass m, the quark coming along +z, from the density
 * sum over flavours of (v_q^2 + a_q^2) x1 q(x1) x2 qbar(x2). */
double truth_z_rapidity(truth_draws *draws, double m, double sqrt_s, enum truth_quark *quark);

/* Top and W boson as in ttbar_6q and ww_lep6: Breit-Wigner in m, cut at TRUTH_WIDTHS widths on either side. GeV. */
#define TRUTH_TOP_MASS 173.0
#define TRUTH_TOP_WIDTH 1.4
#define TRUTH_W_MASS 80.385
#define TRUTH_W_WIDTH 2.085
#define TRUTH_WIDTHS 15.0
#define TRUTH_B_MASS 4.8
#define TRUTH_QUARK_MASS 0.33

/* Slots of ttbar_jets with 82 columns, and all objects that are kept track of. */
enum { TRUTH_SEEN_JET, TRUTH_SEEN_LEPTON, TRUTH_SEEN_PHOTON, TRUTH_OBJECT_TYPES, TRUTH_MOST_OBJECTS = 64 };

/** What is seen of one event of ttbar_jets: objects of each type behind their cuts, in falling pT, before the slots cut them
 * off; how many were made beside those of the tops; how many W decayed to a lepton; the missing momentum. */
typedef struct truth_jets_event {
    truth_vector object[TRUTH_OBJECT_TYPES][TRUTH_MOST_OBJECTS];
    int count[TRUTH_OBJECT_TYPES], extra[TRUTH_OBJECT_TYPES], leptonic;
    double missing_x, missing_y;
} truth_jets_event;

void truth_jets_make(const truth_run *run, truth_draws *draws, truth_jets_event *event);

double truth_top_mass(double u);
double truth_w_mass(double u);

/** Masses and four-vectors of the two tops of ttbar_6q, balanced in transverse momentum. */
void truth_top_pair(truth_draws *draws, double sqrt_s, double m[2], truth_vector top[2]);

/** The six observables of ww_lep6 from the two leptons and the two neutrinos:
 * pT of the harder and the softer lepton, MET = |pT(nu nu)|, Mll, Ptll and
 * MT = sqrt((sqrt(Mll^2 + Ptll^2) + MET)^2 - |pT(ll) + pT(nu nu)|^2). */
void truth_ww_observables(const truth_vector lepton[2], const truth_vector neutrino[2], double row[6]);

/** One decayed Z W pair before the cuts, in the order of the columns: l- l+ j1 j2, j1 of larger pT. */
void truth_zw_partons(truth_draws *draws, double sqrt_s, truth_vector part[4]);

/** What a detector makes of the two leptons and of the two jets. `run` holds the smearing.
 * @return 1 when they pass the cuts; a jet whose energy factor is not positive leaves det unfinished */
int truth_zw_leptons(const truth_run *run, truth_draws *draws, const truth_vector part[2], truth_vector det[2]);
int truth_zw_jets(const truth_run *run, truth_draws *draws, const truth_vector part[2], truth_vector det[2]);

/** One decayed W pair before the cuts: lepton[i] and neutrino[i] come from W i, both massless. */
void truth_ww_vectors(truth_draws *draws, truth_vector lepton[2], truth_vector neutrino[2]);

#endif
