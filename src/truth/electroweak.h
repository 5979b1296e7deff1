/* electroweak.h -- couplings of gamma* and Z, and the parton luminosities of quark-antiquark pairs in pp collisions. */
#ifndef TRUTH_ELECTROWEAK_H
#define TRUTH_ELECTROWEAK_H

#define TRUTH_Z_MASS 91.1876   /* GeV */
#define TRUTH_Z_WIDTH 2.4952   /* GeV, fixed */
#define TRUTH_SIN2 0.2312      /* sin^2 of the weak mixing angle */
#define TRUTH_ALPHA (1 / 128.) /* electromagnetic coupling at the Z mass */
#define TRUTH_GEV2_PB 0.3893793721e9
#define TRUTH_MUON_MASS 0.10566
#define TRUTH_ELECTRON_MASS 0.000511

enum truth_quark { TRUTH_UP, TRUTH_DOWN, TRUTH_QUARKS };

/** What flows between quark pair and lepton pair. */
enum truth_exchange { TRUTH_FULL, TRUTH_PHOTON };

/** Coefficients of q qbar -> gamma*, Z -> l- l+ at the pair mass m (GeV), theta between q and l-:
 *   d sigma-hat / d cos theta = (pi alpha^2 / (2 s)) (1/3) [(1 + cos^2) g1 + 2 cos g3]
 *   g1 = Q^2 - 2 Q v_l v_q chi1 + (v_l^2 + a_l^2)(v_q^2 + a_q^2) chi2,  g3 = -2 Q a_l a_q chi1 + 4 v_l a_l v_q a_q chi2
 *   chi1 = k s (s - M^2)/D, chi2 = (k s)^2/D, D = (s - M^2)^2 + G^2 M^2, k = 1/(16 s_w^2 c_w^2),
 *   v = 2 T3 - 4 Q s_w^2, a = 2 T3.
 * The photon alone has g1 = Q^2, g3 = 0. */
void truth_drell_yan(enum truth_quark quark, enum truth_exchange exchange, double m, double *g1, double *g3);

/** Upper bound of g1 for every mass in [lo,hi]. */
double truth_drell_yan_bound(enum truth_quark quark, enum truth_exchange exchange, double lo, double hi);

/** A further neutral vector boson with `coupling` times the couplings of the Z (sequential), beside gamma* and Z or alone. */
typedef struct truth_boson {
    double mass, width; /* GeV, fixed */
    double coupling;
    int alone;
} truth_boson;

/** g1 and g3 as above with the boson, from the helicity amplitudes
 *   A_ab = [Q_l Q_q + k l_a q_b s/(s - M^2 + i M G)] + coupling^2 k l_a q_b s/(s - M'^2 + i M' G'),  a,b = v +- a
 *   g1 = (|A_LL|^2 + |A_RR|^2 + |A_LR|^2 + |A_RL|^2)/4,  g3 = (|A_LL|^2 + |A_RR|^2 - |A_LR|^2 - |A_RL|^2)/4,
 * without the bracket when it is alone. */
void truth_drell_yan_boson(enum truth_quark quark, const truth_boson *boson, double m, double *g1, double *g3);

/** Upper bound of that g1 for every mass in [lo,hi]. */
double truth_drell_yan_boson_bound(enum truth_quark quark, const truth_boson *boson, double lo, double hi);

/** Z exchange alone: strength (v_q^2 + a_q^2) and the coefficient r of (1 + cos^2 + 2 r cos); r of e+e- -> mu+mu-. */
double truth_z_strength(enum truth_quark quark);
double truth_z_asymmetry(enum truth_quark quark);
double truth_z_asymmetry_leptons(void);

/** x q(x) and x qbar(x) of the proton, fixed shapes without a scale:
 *   x u_v = 4.656 x^0.7 (1-x)^4 and x d_v = 2.654 x^0.7 (1-x)^5, normalised to two and one valence quarks;
 *   x ubar = x dbar = 0.2 x^-0.25 (1-x)^8; quark = valence + sea. Zero for x >= 1. */
void truth_partons(double x, double quark[TRUTH_QUARKS], double *antiquark);

/** Upper bound over rapidity y of x1 q(x1) x2 qbar(x2), x1 = sqrt(tau) e^y, x2 = sqrt(tau) e^-y; falls with tau. */
double truth_luminosity_bound(enum truth_quark quark, double tau);

/** Integral over y of x1 q(x1) x2 qbar(x2) for both quarks, by Gauss-Legendre on `panels` panels. */
void truth_luminosity(double tau, int panels, double integral[TRUTH_QUARKS]);

#endif
