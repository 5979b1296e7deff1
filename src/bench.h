/* bench.h -- the cases of `genhep bench`: what is timed, through the public API only. */
#ifndef GENHEP_BENCH_H
#define GENHEP_BENCH_H

#include "cli.h"

enum bench_kind { BENCH_DRAW, BENCH_NEXT, BENCH_NORMAL, BENCH_NORMAL_FLOAT, BENCH_STEP };

/** A network of the reference set: latents -> layers x units -> columns, leaky ReLU 0.2. */
typedef struct bench_network {
    const char *name;
    int64_t latents, layers, units, columns;
} bench_network;

/** One thing that is timed. `create` makes its handles, `run` does one call of it. */
typedef struct bench_case {
    char name[32]; /* draw-N1-1024-t1, next-N3, normal, normal-float, step-N3-t2 */
    enum bench_kind kind;
    const bench_network *network;
    int64_t items; /* done by one call: events, numbers or steps */
    int64_t threads;
    const char *unit; /* of the items */
    genhep_model *model;
    genhep_sampler *sampler;
    genhep_trainer *trainer;
    void *buffer;
    int64_t position; /* in the sequence of normal numbers */
} bench_case;

/** Fill `cases` with the whole list; @return how many there are, at most `most`. */
int bench_list(bench_case *cases, int most);

/** Make what the case needs: an untrained network on random rows, standardised. settings: key=value lines, set last. */
genhep_status bench_create(bench_case *c, const char *const *settings, int n_settings);
genhep_status bench_run(bench_case *c);
void bench_release(bench_case *c);

/** Floating-point operations of one event through the network's matrix products; 0 for a case without one. */
double bench_flops(const bench_case *c);

#endif
