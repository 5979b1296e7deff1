/* draws.c -- the uniform and normal random numbers of one event. */
#include "draws.h"

#include <math.h>

#include "genhep/random.h"

truth_draws truth_draws_of(int64_t seed, int64_t stream, int64_t event)
{
    int64_t first = event * TRUTH_STRETCH;
    return (truth_draws){.seed = seed, .stream = stream, .next = first, .end = first + TRUTH_STRETCH};
}

void truth_draws_fill(truth_draws *draws)
{
    int64_t n = draws->end - draws->next < TRUTH_BUFFER ? draws->end - draws->next : TRUTH_BUFFER;
    if (n <= 0 || genhep_random_uniform(draws->seed, draws->stream, draws->next, n, draws->buffer) != GENHEP_OK) {
        draws->spent = 1;
        draws->buffer[0] = 0.5;
        n = 1;
    }
    draws->next += n;
    draws->have = (int)n;
    draws->used = 0;
}

void truth_normals(truth_draws *draws, double normal[2])
{
    double radius = sqrt(-2 * log(truth_uniform(draws))), angle = 2 * M_PI * truth_uniform(draws);
    normal[0] = radius * cos(angle);
    normal[1] = radius * sin(angle);
}
