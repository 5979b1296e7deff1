/* shower.c -- shower: a sampling calorimeter of three layers, seen cell by cell; docs/PROCESSES.md has the formulas. */
#include "shower.h"

#include <math.h>

#include "gamma.h"
#include "processes.h"

enum { PARTICLE, ENERGIES, THRESHOLD };

static const double radiation_length = 15.6;                    /* mm: 2 mm lead and 4 mm liquid argon in turn */
static const double edge[TRUTH_LAYERS + 1] = {0, 90, 437, 480}; /* mm */
static const double side = 240;                                 /* half the width of all layers, mm */
static const int rows_of[TRUTH_LAYERS] = {3, 12, 12}, columns_of[TRUTH_LAYERS] = {96, 12, 6};

/** Constants of a particle. Lengths along the beam in radiation lengths, across it in mm, energies in GeV. */
static const struct profile {
    double b;                    /* slope of the profile */
    double scale, offset;        /* mean of a = 1 + 0.5 (ln(E/scale) + offset) */
    double shape_sigma;          /* of ln a */
    double start;                /* mean depth of the start */
    double track;                /* ionisation in front of it, GeV per radiation length */
    double hadronic;             /* share of hadronic energy that is not seen */
    double sampling;             /* square of the sampling term, GeV */
    double core, tail, in_tail;  /* two lateral radii and the share of the second */
    double radius_sigma, centre; /* of ln(radius), and of the axis in x and y */
    double growth[TRUTH_LAYERS]; /* of the radii from layer to layer */
} profiles[] = {
    [TRUTH_EPLUS] = {0.5, 0.01, -0.5, 0.15, 0.5, 0.009, 0, 0.01, 10, 45, 0.12, 0.25, 3, {0.6, 1, 1.6}},
    [TRUTH_GAMMA] = {0.5, 0.01, -0.5, 0.15, 9. / 7, 0, 0, 0.01, 10, 45, 0.12, 0.25, 3, {0.6, 1, 1.6}},
    [TRUTH_PIPLUS] = {0.25, 0.5, 0, 0.35, 24, 0.009, 0.4, 0.09, 30, 100, 0.3, 0.4, 15, {0.8, 1, 1.2}},
};

static const truth_key keys[] = {
    {"particle", TRUTH_CHOICE, "eplus", 0, 0, "eplus|gamma|piplus", "what enters the calorimeter, at right angles"},
    {"energies", TRUTH_SPAN, "1,100", 1, 1000, NULL, "lowest and highest requested energy, uniform in between, GeV"},
    {"threshold", TRUTH_REAL, "0.001", 0, 1, NULL, "cells below it are set to zero, GeV"},
};

/* names 0..9 after a prefix, and so on */
#define TEN(p) p "0", p "1", p "2", p "3", p "4", p "5", p "6", p "7", p "8", p "9"
#define TENS(p) TEN(p "1"), TEN(p "2"), TEN(p "3"), TEN(p "4"), TEN(p "5"), TEN(p "6")
#define HUNDRED(p) TEN(p "0"), TENS(p), TEN(p "7"), TEN(p "8"), TEN(p "9")
#define BELOW_70(p) TEN(p), TENS(p)
#define BELOW_100(p) BELOW_70(p), TEN(p "7"), TEN(p "8"), TEN(p "9")
static const char *const columns[] = {
    BELOW_100("layer0_"),
    HUNDRED("layer0_1"),
    TEN("layer0_20"),
    TEN("layer0_21"),
    TEN("layer0_22"),
    TEN("layer0_23"),
    TEN("layer0_24"),
    TEN("layer0_25"),
    TEN("layer0_26"),
    TEN("layer0_27"),
    "layer0_280",
    "layer0_281",
    "layer0_282",
    "layer0_283",
    "layer0_284",
    "layer0_285",
    "layer0_286",
    "layer0_287",
    BELOW_100("layer1_"),
    TEN("layer1_10"),
    TEN("layer1_11"),
    TEN("layer1_12"),
    TEN("layer1_13"),
    "layer1_140",
    "layer1_141",
    "layer1_142",
    "layer1_143",
    BELOW_70("layer2_"),
    "layer2_70",
    "layer2_71",
    "energy",
    "overflow",
};

double truth_shower_sampling(enum truth_particle particle)
{
    return profiles[particle].sampling;
}

void truth_shower_draw(truth_draws *draws, truth_shower *shower)
{
    const struct profile *p = &profiles[shower->particle];
    double normal[2], sigma = p->shape_sigma, spread = p->radius_sigma;
    shower->start = -p->start * log(truth_uniform(draws));
    truth_normals(draws, normal);
    shower->shape = (1 + 0.5 * (log(shower->energy / p->scale) + p->offset)) * exp(sigma * (normal[0] - 0.5 * sigma));
    shower->radius = exp(spread * (normal[1] - 0.5 * spread));
    /* hadronic share v = U^(1/F - 1), of mean F = E^-0.17 */
    double rest = pow(shower->energy, 0.17) - 1;
    shower->response = 1 - p->hadronic * pow(truth_uniform(draws), rest);
    truth_normals(draws, normal);
    shower->x = p->centre * normal[0], shower->y = p->centre * normal[1];
}

void truth_shower_layers(const truth_shower *shower, double mean[TRUTH_LAYERS])
{
    const struct profile *p = &profiles[shower->particle];
    double tracks = 0, before = 0;
    for (int k = 0; k < TRUTH_LAYERS; k++) {
        double from = edge[k] / radiation_length, to = edge[k + 1] / radiation_length;
        mean[k] = p->track * fmax(0, fmin(to, shower->start) - from);
        tracks += mean[k];
    }
    double visible = shower->response * (shower->energy - tracks);
    for (int k = 0; k < TRUTH_LAYERS; k++) {
        double inside = truth_gamma_p(shower->shape, p->b * (edge[k + 1] / radiation_length - shower->start));
        mean[k] += visible * (inside - before);
        before = inside;
    }
}

/** Shares of n even strips of [-side, side] in a density e^(-|x-centre|/radius)/(2 radius). @return their sum */
static double strips(int n, double centre, double radius, double *share)
{
    double before = 0, sum = 0;
    for (int i = 0; i <= n; i++) {
        double z = (side * (2. * i / n - 1) - centre) / radius, half = 0.5 * exp(-fabs(z)),
               here = z < 0 ? half : 1 - half;
        if (i) share[i - 1] = fmax(0, here - before), sum += share[i - 1];
        before = here;
    }
    return sum;
}

void truth_shower_cells(const truth_shower *shower, double mean[TRUTH_CELLS + 1])
{
    const struct profile *p = &profiles[shower->particle];
    double layer[TRUTH_LAYERS], row[2][12], column[2][96], *cell = mean, outside = 0;
    truth_shower_layers(shower, layer);
    for (int k = 0; k < TRUTH_LAYERS; k++) {
        const double weight[2] = {1 - p->in_tail, p->in_tail}, radius[2] = {p->core, p->tail};
        double scale = shower->radius * p->growth[k], inside = 0;
        for (int i = 0; i < 2; i++)
            inside += weight[i] * strips(rows_of[k], shower->y, scale * radius[i], row[i]) *
                      strips(columns_of[k], shower->x, scale * radius[i], column[i]);
        for (int r = 0; r < rows_of[k]; r++) {
            double core = layer[k] * weight[0] * row[0][r], tail = layer[k] * weight[1] * row[1][r];
            for (int c = 0; c < columns_of[k]; c++) *cell++ = core * column[0][c] + tail * column[1][c];
        }
        outside += layer[k] * fmax(0, 1 - inside);
    }
    *cell = outside;
}

static int prepare(truth_run *run, char *message, size_t message_size)
{
    (void)message, (void)message_size;
    run->stream += run->value[PARTICLE].choice;
    return GENHEP_OK;
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    const truth_value *energies = &run->value[ENERGIES];
    truth_shower shower = {.particle = (enum truth_particle)run->value[PARTICLE].choice};
    double sampling = truth_shower_sampling(shower.particle), least = run->value[THRESHOLD].number / sampling;
    double mean[TRUTH_CELLS + 1];
    shower.energy = energies->number + (energies->upper - energies->number) * truth_uniform(draws);
    truth_shower_draw(draws, &shower);
    truth_shower_cells(&shower, mean);
    for (int i = 0; i <= TRUTH_CELLS; i++) {
        double energy = sampling * truth_gamma_draw(draws, mean[i] / sampling, least);
        row[i < TRUTH_CELLS ? i : TRUTH_CELLS + 1] = energy;
    }
    row[TRUTH_CELLS] = shower.energy;
}

const truth_process truth_calorimeter = {
    .name = "shower",
    .text = "a particle in a calorimeter of three layers: 3 x 96, 12 x 12 and 12 x 6 cells",
    .cuts = "",
    .stream = 901, /* eplus, and 902, 903 for gamma and piplus */
    .n_columns = TRUTH_CELLS + 2,
    .columns = columns,
    .unit = "GeV",
    .n_keys = 3,
    .keys = keys,
    .prepare = prepare,
    .event = event,
};
