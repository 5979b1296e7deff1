/* gauss.c -- gauss_unfold: a normal number seen through normal smearing, whose posterior is known exactly. */
#include <math.h>

#include "processes.h"

enum { MEAN, WIDTH, SMEAR };

static const truth_key keys[] = {
    {"mean", TRUTH_REAL, "10", -1e6, 1e6, NULL, "mean m0 of the prior"},
    {"width", TRUTH_REAL, "2", 1e-6, 1e6, NULL, "standard deviation s0 of the prior"},
    {"smear", TRUTH_REAL, "1", 1e-6, 1e6, NULL, "standard deviation s of the smearing"},
};

static const char *const columns[] = {"part_x", "det_x"};

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    double normal[2];
    truth_normals(draws, normal);
    row[0] = run->value[MEAN].number + run->value[WIDTH].number * normal[0];
    row[1] = row[0] + run->value[SMEAR].number * normal[1];
}

const truth_process truth_gauss_unfold = {
    .name = "gauss_unfold",
    .text = "a normal number and the same with normal smearing: unfolding with an exact posterior",
    .cuts = "",
    .stream = 811,
    .n_columns = 2,
    .columns = columns,
    .unit = "",
    .n_keys = 3,
    .keys = keys,
    .event = event,
};
