/* shells.c -- camel, ring and shell: the toys of data amplification in 1, 2 and 5 dimensions (Butter, Diefenbacher, Kasieczka,
 * Nachman, Plehn, 2008.06545). Radius 4 and width 1 in all of them. */
#include <math.h>

#include "processes.h"

static const double radius = 4;

/* A normal radius of width 1, the 3e-5 below zero drawn again. */
static double draw_radius(truth_draws *draws)
{
    double normal[2];
    do {
        truth_normals(draws, normal);
        if (radius + normal[0] > 0) return radius + normal[0];
        if (radius + normal[1] > 0) return radius + normal[1];
    } while (!draws->spent);
    return radius;
}

static void camel(const truth_run *run, truth_draws *draws, double *row)
{
    (void)run;
    double normal[2];
    const double side = truth_uniform(draws) < 0.5 ? -1 : 1;
    truth_normals(draws, normal);
    row[0] = side * radius + normal[0];
}

static void ring(const truth_run *run, truth_draws *draws, double *row)
{
    (void)run;
    const double r = draw_radius(draws), phi = 2 * M_PI * truth_uniform(draws);
    row[0] = r * cos(phi);
    row[1] = r * sin(phi);
}

static void shell(const truth_run *run, truth_draws *draws, double *row)
{
    (void)run;
    double normal[6], square = 0;
    const double r = draw_radius(draws);
    for (int k = 0; k < 6; k += 2) truth_normals(draws, normal + k);
    for (int k = 0; k < 5; k++) square += normal[k] * normal[k];
    for (int k = 0; k < 5; k++) row[k] = r * normal[k] / sqrt(square);
}

static const char *const columns[] = {"x1", "x2", "x3", "x4", "x5"};

const truth_process truth_camel = {
    .name = "camel",
    .text = "one number from two normals of width 1 at -4 and 4",
    .cuts = "",
    .stream = 821,
    .n_columns = 1,
    .columns = columns,
    .unit = "",
    .event = camel,
};
const truth_process truth_ring = {
    .name = "ring",
    .text = "two numbers: a normal radius of width 1 around 4, any azimuth",
    .cuts = "",
    .stream = 822,
    .n_columns = 2,
    .columns = columns,
    .unit = "",
    .event = ring,
};
const truth_process truth_shell = {
    .name = "shell",
    .text = "five numbers: a normal radius of width 1 around 4, any direction",
    .cuts = "",
    .stream = 823,
    .n_columns = 5,
    .columns = columns,
    .unit = "",
    .event = shell,
};
