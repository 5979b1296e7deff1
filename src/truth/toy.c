/* toy.c -- toy_1x: the one-dimensional samples of the subtraction toys, 1/x + 0.1, 1/x and a peak at 90. */
#include <math.h>

#include "processes.h"

enum { SAMPLE, RANGE };
enum { BASE, SUBTRACT, ADD };

static const double flat = 0.1, peak = 90, half_width = 10, peak_rate = 5;

static const truth_key keys[] = {
    {"sample", TRUTH_CHOICE, "base", 0, 0, "base|subtract|add", "1/x + 0.1, 1/x, or (5/pi) 10/(10^2 + (x-90)^2)"},
    {"range", TRUTH_RANGE, "1,200", 1e-6, 1e6, NULL, "lowest and highest x"},
};

static const char *const columns[] = {"x"};

static int prepare(truth_run *run, char *message, size_t message_size)
{
    (void)message, (void)message_size;
    int sample = run->value[SAMPLE].choice;
    double lo = run->value[RANGE].number, hi = run->value[RANGE].upper;
    double low = atan((lo - peak) / half_width), high = atan((hi - peak) / half_width);
    run->stream += sample;
    if (sample == ADD) run->sigma_pb = peak_rate / M_PI * (high - low);
    else run->sigma_pb = log(hi / lo) + (sample == BASE ? flat * (hi - lo) : 0);
    run->sigma_err_pb = run->sigma_pb * 1e-15;
    return GENHEP_OK;
}

/** The base is the sum of two pieces: u * sigma below ln(hi/lo) inverts 1/x, the rest 0.1. */
static void event(const truth_run *run, truth_draws *draws, double *row)
{
    double lo = run->value[RANGE].number, hi = run->value[RANGE].upper, u = truth_uniform(draws);
    double rate = u * run->sigma_pb, falling = log(hi / lo), x;
    if (run->value[SAMPLE].choice == ADD)
        x = peak + half_width * tan(atan((lo - peak) / half_width) + rate * M_PI / peak_rate);
    else if (rate < falling)
        x = lo * exp(rate);
    else
        x = lo + (rate - falling) / flat;
    row[0] = fmin(hi, fmax(lo, x));
}

const truth_process truth_toy_1x = {
    .name = "toy_1x",
    .text = "one number from 1/x + 0.1 (base), 1/x (subtract) or a peak at 90 (add)",
    .cuts = "",
    .stream = 701, /* and 702, 703: the samples are subtracted from each other, so they must not share numbers */
    .n_columns = 1,
    .columns = columns,
    .unit = "",
    .n_keys = 2,
    .keys = keys,
    .prepare = prepare,
    .event = event,
};
