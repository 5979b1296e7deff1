/* normals.c -- nanoseconds for a standard normal number of the generator that sampling and training draw from.
 *   normals [SECONDS]     prints numbers per second; rows of 18, as a network of 18 latents takes them */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/philox.h"

enum { ROWS = 256, WIDTH = 18 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    static gh_real out[ROWS * WIDTH];
    const gh_rng rng = gh_rng_make(1, GH_RANDOM_SAMPLE, 0);
    double least = argc > 1 ? atof(argv[1]) : 0.15, start, seconds = 0, sum = 0;
    int64_t calls = 0;
    gh_rng_normals(&rng, 0, ROWS, WIDTH, out, WIDTH);
    start = now();
    while (seconds < least) {
        for (int i = 0; i < 16; i++, calls++) {
            gh_rng_normals(&rng, calls * ROWS, ROWS, WIDTH, out, WIDTH);
            sum += (double)out[0];
        }
        seconds = now() - start;
    }
    if (sum != sum) return 1;
    printf("%.6g\n", (double)(calls * ROWS * WIDTH) / seconds);
    return 0;
}
