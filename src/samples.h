/* samples.h -- the files of a subtraction: opened with their cross sections, or put together with signs. */
#ifndef GENHEP_SAMPLES_H
#define GENHEP_SAMPLES_H

#include "genhep/genhep.h"

enum { MOST_SAMPLES = 9 };

typedef struct samples {
    genhep_dataset *data[MOST_SAMPLES];
    int sign[MOST_SAMPLES]; /* 1, or -1 where the sample is taken away */
    double sigma[MOST_SAMPLES]; /* pb */
    int64_t n;
} samples;

/** Open the files of data.base (or the file `base` where it is not NULL), data.subtract, data.add, data.subtract2 ... in the order that
 * the library takes, each with a cross section. @return 0, or 1 with a message; samples_close in any case */
int samples_open(const genhep_options *options, const char *base, samples *s);

void samples_close(samples *s);

/** Whether the options name a sample beside base. */
int samples_asked(const genhep_options *options);

/** All events in one table, with weights whose sum is the cross section of base minus subtract plus add: what subtracting
 * histograms means. @return 0, or 1 with a message */
int samples_difference(const samples *s, genhep_dataset **table);

#endif
