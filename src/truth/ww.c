/* ww.c -- ww_lep6: W+ W- -> two leptons and two neutrinos, seen as six observables of one set of four-vectors. */
#include <math.h>

#include "processes.h"

/* production: a falling spectrum of the W in the pair frame and of the pair's recoil, GeV */
static const double pt_scale = 57, pt_power = 1.58, recoil_scale = 25, recoil_power = 1.23, pt_most = 2000;
static const double sigma_half = 0.775; /* of half the rapidity difference; the rapidity of the pair drops out */
static const double cut_first = 27, cut_second = 10, cut_mass = 10;

static const char *const columns[] = {"lep0_pt", "lep1_pt", "MET", "Mll", "Ptll", "MT"};

void truth_ww_observables(const truth_vector lepton[2], const truth_vector neutrino[2], double row[6])
{
    truth_vector ll = truth_add(lepton[0], lepton[1]), nn = truth_add(neutrino[0], neutrino[1]);
    double first = truth_pt(lepton[0]), second = truth_pt(lepton[1]), mll = truth_mass(ll), ptll = truth_pt(ll);
    double met = truth_pt(nn), energy = sqrt(mll * mll + ptll * ptll) + met, recoil = truth_pt(truth_add(ll, nn));
    row[0] = fmax(first, second);
    row[1] = fmin(first, second);
    row[2] = met;
    row[3] = mll;
    row[4] = ptll;
    row[5] = sqrt((energy - recoil) * (energy + recoil));
}

void truth_ww_vectors(truth_draws *draws, truth_vector lepton[2], truth_vector neutrino[2])
{
    double m[2], normal[2], pt, phi, q, psi;
    for (int i = 0; i < 2; i++) m[i] = truth_w_mass(truth_uniform(draws));
    pt = truth_falling_pt(truth_uniform(draws), pt_scale, pt_power, pt_most);
    phi = M_PI * (2 * truth_uniform(draws) - 1);
    q = truth_falling_pt(truth_uniform(draws), recoil_scale, recoil_power, pt_most);
    psi = M_PI * (2 * truth_uniform(draws) - 1);
    truth_normals(draws, normal);
    double half = sigma_half * normal[0];
    truth_vector w[2] = {truth_from_rapidity(m[0], pt, phi, half), truth_from_rapidity(m[1], pt, phi + M_PI, -half)};
    truth_vector pair = truth_add(w[0], w[1]);
    double mass = truth_mass(pair);
    /* into the rest frame of the pair, then to the frame where it recoils */
    truth_vector back = {pair.e, -pair.x, -pair.y, -pair.z};
    truth_vector recoiling = truth_on_shell(mass, q * cos(psi), q * sin(psi), 0);
    for (int i = 0; i < 2; i++) {
        truth_vector moved = truth_boost(truth_boost(w[i], back, mass), recoiling, mass);
        truth_decay_isotropic(draws, moved, m[i], 0, 0, &lepton[i], &neutrino[i]);
    }
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    (void)run;
    while (!draws->spent) {
        truth_vector lepton[2], neutrino[2];
        truth_ww_vectors(draws, lepton, neutrino);
        truth_ww_observables(lepton, neutrino, row);
        if (row[0] > cut_first && row[1] > cut_second && row[3] > cut_mass) return;
    }
}

const truth_process truth_ww_lep6 = {
    .name = "ww_lep6",
    .text = "W+ W- -> l nu l nu with an overall recoil, six dilepton observables",
    .cuts = "lep0_pt > 27 GeV, lep1_pt > 10 GeV, Mll > 10 GeV",
    .stream = 501,
    .n_columns = 6,
    .columns = columns,
    .unit = "GeV",
    .n_keys = 0,
    .event = event,
};
