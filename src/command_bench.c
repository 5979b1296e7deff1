/* command_bench.c -- genhep bench: rates on this machine, medians of interleaved repeats, as a table and as JSON.
 *   genhep bench [-n REPEATS] [--json FILE] [CASE ...] [KEY=VALUE ...]
 * CASE: a name of the table, * stands for anything. KEY=VALUE: options of the models, trainers and samplers. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

enum { MOST_CASES = 64, MOST_REPEATS = 1000 };

static const double seconds_per_repeat = 0.15;

/** Rates of one case, a number a repeat. */
typedef struct timing {
    double *rate;     /* items per second of wall time */
    double *cpu_rate; /* items per second of processor time, all threads together */
} timing;

static double clock_of(clockid_t which)
{
    struct timespec time;
    clock_gettime(which, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Calls for about seconds_per_repeat, at least two; one call before them warms caches and threads. */
static genhep_status time_case(bench_case *c, double *rate, double *cpu_rate)
{
    genhep_status status = bench_run(c);
    double start = clock_of(CLOCK_MONOTONIC), cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID), seconds = 0;
    int64_t calls = 0;
    while (!status && (seconds < seconds_per_repeat || calls < 2)) {
        status = bench_run(c);
        calls++;
        seconds = clock_of(CLOCK_MONOTONIC) - start;
    }
    *rate = (double)(calls * c->items) / seconds;
    *cpu_rate = (double)(calls * c->items) / (clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return status;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int64_t n)
{
    qsort(values, (size_t)n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static int wanted(const arguments *given, const char *name)
{
    for (int i = 0; i < given->n_positional; i++)
        if (fnmatch(given->positional[i], name, 0) == 0) return 1;
    return given->n_positional == 0;
}

/* Keep the cases that are asked for. */
static int choose(const arguments *given, bench_case *cases, int *count)
{
    int all = bench_list(cases, MOST_CASES), kept = 0;
    for (int i = 0; i < given->n_positional; i++) {
        int matches = 0;
        for (int k = 0; k < all; k++) matches += fnmatch(given->positional[i], cases[k].name, 0) == 0;
        if (!matches)
            return fail(
                "bench: no case is called '%s'; 'draw-N1-1024-t1', 'next-*', 'normal' and 'step-N3-t2' are examples",
                given->positional[i]);
    }
    for (int k = 0; k < all; k++)
        if (wanted(given, cases[k].name)) cases[kept++] = cases[k];
    *count = kept;
    return 0;
}

/* What the samplers compute with, or the trainers; "none" when no case has one. */
static const char *kernel_of(const bench_case *cases, int count, int training)
{
    for (int k = 0; k < count; k++) {
        if (!training && cases[k].sampler) return genhep_sampler_kernel(cases[k].sampler);
        if (training && cases[k].trainer) return genhep_trainer_kernel(cases[k].trainer);
    }
    return "none";
}

static void print_table(const bench_case *cases, int count, const timing *timings, int64_t repeats)
{
    printf("genhep %s, %s\nkernels: sampling %s, training %s\n%lld interleaved repeats, median and best\n\n",
           genhep_version(), genhep_blas(), kernel_of(cases, count, 0), kernel_of(cases, count, 1), (long long)repeats);
    printf("%-18s %14s %14s %-10s %14s %10s\n", "case", "median", "best", "per second", "ns each", "GFLOP/s");
    for (int k = 0; k < count; k++) {
        double middle = median(timings[k].rate, repeats), flops = bench_flops(&cases[k]);
        printf("%-18s %14.5g %14.5g %-10s %14.5g", cases[k].name, middle, timings[k].rate[repeats - 1], cases[k].unit,
               1e9 / middle);
        if (flops > 0) printf(" %10.1f", 1e-9 * flops * middle);
        putchar('\n');
    }
}

static int write_json(const char *path, const bench_case *cases, int count, const timing *timings, int64_t repeats)
{
    FILE *file = fopen(path, "w");
    if (!file) return fail("%s: cannot be written", path);
    fprintf(file, "{\"version\": \"%s\", \"blas\": \"%s\", \"sample_kernel\": \"%s\", \"train_kernel\": \"%s\", "
            "\"repeats\": %lld, \"cases\": [", genhep_version(), genhep_blas(), kernel_of(cases, count, 0),
            kernel_of(cases, count, 1), (long long)repeats);
    for (int k = 0; k < count; k++) {
        double middle = median(timings[k].rate, repeats);
        fprintf(
            file,
            "%s\n  {\"name\": \"%s\", \"unit\": \"%s/s\", \"median\": %.6g, \"best\": %.6g, \"per_cpu_second\": %.6g}",
            k ? "," : "", cases[k].name, cases[k].unit, middle, timings[k].rate[repeats - 1],
            median(timings[k].cpu_rate, repeats));
    }
    fprintf(file, "\n]}\n");
    int bad = ferror(file);
    if (fclose(file) != 0 || bad) return fail("%s: cannot be written", path);
    return 0;
}

/* Every repeat goes once through all cases, so that a change in the machine's load meets all of them alike. */
static int measure(const arguments *given, bench_case *cases, int count, const timing *timings, int64_t repeats)
{
    for (int k = 0; k < count; k++) {
        genhep_status status = bench_create(&cases[k], given->settings, given->n_settings);
        if (status == GENHEP_E_NOMEM) return fail("bench: out of memory");
        if (status) return fail_library();
    }
    for (int64_t r = 0; r < repeats; r++)
        for (int k = 0; k < count; k++)
            if (time_case(&cases[k], &timings[k].rate[r], &timings[k].cpu_rate[r])) return fail_library();
    return 0;
}

int command_bench(int argc, char **argv)
{
    arguments given;
    bench_case cases[MOST_CASES];
    timing timings[MOST_CASES];
    int count = 0;
    if (parse_arguments(argc, argv, "-n --json", 0, 8, "genhep bench [-n REPEATS] [--json FILE] [CASE ...] [KEY=VALUE ...]", &given))
        return 1;
    int64_t repeats = given.n < 0 ? 5 : given.n;
    if (repeats < 1 || repeats > MOST_REPEATS)
        return fail("-n: found %lld, expected 1..%d repeats", (long long)repeats, MOST_REPEATS);
    if (choose(&given, cases, &count)) return 1;
    double *rates = calloc((size_t)(2 * count * repeats), sizeof *rates);
    if (!rates) return fail("bench: out of memory");
    for (int k = 0; k < count; k++) timings[k] = (timing){rates + 2 * k * repeats, rates + (2 * k + 1) * repeats};
    int result = measure(&given, cases, count, timings, repeats);
    if (!result) print_table(cases, count, timings, repeats);
    if (!result && given.json) result = write_json(given.json, cases, count, timings, repeats);
    for (int k = 0; k < count; k++) bench_release(&cases[k]);
    free(rates);
    return result;
}
