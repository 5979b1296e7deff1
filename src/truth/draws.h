/* draws.h -- the uniform random numbers of one event: its own stretch of the library's counter-based sequence. */
#ifndef TRUTH_DRAWS_H
#define TRUTH_DRAWS_H

#include <stdint.h>

#define TRUTH_STRETCH 4096 /* numbers reserved for each event; part of what a seed means, so never changed */
#define TRUTH_BUFFER 16

/** Acceptance-rejection inside an event takes further numbers of the stretch. When all are used, `spent` is set and the
 * numbers handed out mean nothing: loops test it, and the run fails. The processes accept a tenth of the tries or more
 * and use 30 numbers a try at most, a shower some 1600 numbers in all, so that happens to less than one event in
 * 1e9. */
typedef struct truth_draws {
    int64_t seed, stream, next, end;
    int have, used, spent;
    double buffer[TRUTH_BUFFER];
} truth_draws;

truth_draws truth_draws_of(int64_t seed, int64_t stream, int64_t event);

/** Refill the buffer from the sequence. */
void truth_draws_fill(truth_draws *draws);

/** The next number, in the open interval (0,1). */
static inline double truth_uniform(truth_draws *draws)
{
    if (draws->used == draws->have) truth_draws_fill(draws);
    return draws->buffer[draws->used++];
}

/** Two independent standard normal numbers (Box-Muller). */
void truth_normals(truth_draws *draws, double normal[2]);

#endif
