/* two_body.c -- a particle at rest decays isotropically to two massless ones, whose energies are smeared. */
#include <math.h>

#include "processes.h"

enum { MASS, SMEAR };

static const truth_key keys[] = {
    {"mass", TRUTH_REAL, "91.1876", 1e-3, 1e6, NULL, "mass of the parent, GeV"},
    {"smear", TRUTH_REAL, "0.01", 0, 0.1, NULL, "relative energy smearing of each daughter"},
};

static const char *const columns[] = {"d1_E", "d1_px", "d1_py", "d1_pz", "d2_E", "d2_px", "d2_py", "d2_pz"};

static int prepare(truth_run *run, char *message, size_t message_size)
{
    (void)message, (void)message_size;
    run->sqrt_s = run->value[MASS].number;
    return GENHEP_OK;
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    double half = 0.5 * run->value[MASS].number, smear = run->value[SMEAR].number, normal[2];
    double c = 2 * truth_uniform(draws) - 1, s = sqrt((1 - c) * (1 + c)), phi = M_PI * (2 * truth_uniform(draws) - 1);
    truth_normals(draws, normal);
    /* |normal| < 8.6 by construction (53 bits), so the factors stay positive at the largest smearing */
    double e1 = half * (1 + smear * normal[0]), e2 = half * (1 + smear * normal[1]);
    truth_store(row, (truth_vector){e1, e1 * s * cos(phi), e1 * s * sin(phi), e1 * c});
    truth_store(row + 4, (truth_vector){e2, -e2 * s * cos(phi), -e2 * s * sin(phi), -e2 * c});
}

const truth_process truth_two_body = {
    .name = "two_body",
    .text = "a particle at rest decays isotropically to two massless ones with smeared energies",
    .cuts = "",
    .stream = 101,
    .n_columns = 8,
    .columns = columns,
    .unit = "GeV",
    .n_keys = 2,
    .keys = keys,
    .prepare = prepare,
    .event = event,
};
