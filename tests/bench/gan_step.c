/* gan_step.c -- one discriminator and one generator step of the event GAN at batch 1024, on the library's own passes.
 *   gan_step THREADS [SECONDS]     prints for each kind steps per second, processor seconds a step, and the share of these that
 *                                  is spent inside matrix products
 * Generator 18 -> 10 x 512 -> 18 momenta, energies from fixed masses beside them; discriminator 24 -> 10 x 512 -> 1; leaky ReLU
 * 0.3. Losses: logistic, with the gradient penalty lam ((1-D)^2 |grad phi|^2 on truth + D^2 |grad phi|^2 on generated events); Adam.
 * torch_reference.py has the same as case gan-N1. Linked with --wrap=gh_gemm, which takes the time of products. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/pool.h"
#include "linalg/gemm.h"
#include "model/network_penalty.h"
#include "train/optimiser.h"

#ifndef SLICE
#define SLICE 256 /* rows of a task; a discriminator's task has as many truth and as many generated ones */
#endif
enum { BATCH = 1024, SLICES = BATCH / SLICE, POOL = 16384, LATENTS = 18, OUT = 18, EVENT = 24, PARTICLES = 6 };
enum { CHUNK = 16384, WORKERS = 8 };
static const double penalty_weight = 5e-4, rate = 1e-6;
static const gh_real mass[PARTICLES] = {0, 0, 4.7f / 450, 0, 0, 4.7f / 450};

typedef struct net {
    gh_network network;
    int64_t n;
    gh_real *parameters, *first, *second, *gradient, *slice_gradients;
} net;

typedef struct work {
    gh_tape generator, discriminator;
    gh_penalty_tape penalty;
    gh_real *latents, *momenta, *events, *scratch, s[2 * SLICE], c[2 * SLICE], t[2 * SLICE];
} work;

typedef struct gan {
    gh_pool *pool;
    net generator, discriminator, *updated;
    work workers[WORKERS];
    gh_real *truth;
    int64_t step;
    double loss[SLICES];
} gan;

/* ---- the time inside products ---------------------------------------------------------------------------------- */
static _Thread_local double product_seconds;
static double product_sum[WORKERS];

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void __real_gh_gemm(const gh_gemm_work *, int, int, int64_t, int64_t, int64_t, const gh_real *, const gh_real *, gh_real, gh_real *);
void __wrap_gh_gemm(const gh_gemm_work *work, int ta, int tb, int64_t M, int64_t N, int64_t K, const gh_real *A, const gh_real *B, gh_real beta,
                    gh_real *C);
void __wrap_gh_gemm(const gh_gemm_work *work, int ta, int tb, int64_t M, int64_t N, int64_t K, const gh_real *A, const gh_real *B, gh_real beta,
                    gh_real *C)
{
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    __real_gh_gemm(work, ta, tb, M, N, K, A, B, beta, C);
    product_seconds += now(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* ---- events: (E, px, py, pz) a particle ------------------------------------------------------------------------ */
static void add_energies(const gh_real *momenta, int64_t N, gh_real *events)
{
    for (int64_t i = 0; i < N * PARTICLES; i++) {
        const gh_real *p = momenta + 3 * i, m = mass[i % PARTICLES];
        gh_real *e = events + 4 * i;
        e[0] = sqrtf(m * m + p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + 1e-12f);
        e[1] = p[0], e[2] = p[1], e[3] = p[2];
    }
}

static void energies_backward(const gh_real *events, const gh_real *g_events, int64_t N, gh_real *g_momenta)
{
    for (int64_t i = 0; i < N * PARTICLES; i++)
        for (int j = 0; j < 3; j++)
            g_momenta[3 * i + j] = g_events[4 * i + 1 + j] + g_events[4 * i] * events[4 * i + 1 + j] / events[4 * i];
}

/* ---- losses; sign is -1 for truth, 1 for generated events ------------------------------------------------------ */
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double penalised(const gh_real *phi, const gh_real *s, double sign, int64_t N, gh_real *c, gh_real *t)
{
    double loss = 0;
    for (int64_t i = 0; i < N; i++) {
        double x = sign * (double)phi[i], d = 1 / (1 + exp(-x));
        loss += softplus(x) + penalty_weight * d * d * (double)s[i];
        c[i] = (gh_real)(sign * (d + 2 * penalty_weight * d * d * (1 - d) * (double)s[i]) / BATCH);
        t[i] = (gh_real)(penalty_weight * d * d / BATCH);
    }
    return loss / BATCH;
}

static void generate(gan *g, work *w, int64_t first, int64_t kind)
{
    const gh_rng rng = gh_rng_make(1, GH_RANDOM_TRAIN, kind);
    gh_rng_normals(&rng, g->step * BATCH + first, SLICE, LATENTS, w->latents, LATENTS);
}

static void discriminator_slice(void *context, int64_t slice, int64_t worker)
{
    gan *g = context;
    work *w = &g->workers[worker];
    const net *d = &g->discriminator;
    const gh_rng training = gh_rng_make(1, GH_RANDOM_DROPOUT, 0), choice = gh_rng_make(1, GH_RANDOM_SHUFFLE, 0);
    gh_real *gradients = d->slice_gradients + slice * d->n;
    const gh_real *phi = w->discriminator.value[d->network.n_layers];
    product_seconds = 0;
    for (int64_t i = 0; i < SLICE; i++)
        memcpy(w->events + i * EVENT,
               g->truth + gh_rng_below(&choice, g->step * BATCH + slice * SLICE + i, 0, POOL) * EVENT,
               EVENT * sizeof(gh_real));
    gh_real *generated = w->events + SLICE * EVENT;
    generate(g, w, slice * SLICE, 0);
    gh_network_infer(&g->generator.network, g->generator.parameters, w->latents, SLICE, w->scratch, w->momenta);
    add_energies(w->momenta, SLICE, generated);
    /* both kinds in one pass: the weights are packed once for them, and no gradients are added up */
    gh_network_forward(&d->network, d->parameters, &w->discriminator, w->events, 2 * SLICE, &training, 0);
    gh_network_input_gradient(&d->network, d->parameters, &w->discriminator, 0, 2 * SLICE, &w->penalty, w->s);
    g->loss[slice] = penalised(phi, w->s, -1, SLICE, w->c, w->t) +
                     penalised(phi + SLICE, w->s + SLICE, 1, SLICE, w->c + SLICE, w->t + SLICE);
    gh_network_penalty_backward(&d->network, d->parameters, &w->discriminator, &w->penalty, w->c, w->t, 2 * SLICE, 0,
                                gradients);
    product_sum[worker] += product_seconds;
}

static void generator_slice(void *context, int64_t slice, int64_t worker)
{
    gan *g = context;
    work *w = &g->workers[worker];
    const net *d = &g->discriminator, *n = &g->generator;
    const gh_rng training = gh_rng_make(1, GH_RANDOM_DROPOUT, 0);
    gh_real *g_phi = w->discriminator.gradient[d->network.n_layers];
    const gh_real *phi = w->discriminator.value[d->network.n_layers];
    product_seconds = 0;
    generate(g, w, slice * SLICE, 1);
    gh_network_forward(&n->network, n->parameters, &w->generator, w->latents, SLICE, &training, 0);
    add_energies(w->generator.value[n->network.n_layers], SLICE, w->events);
    gh_network_forward(&d->network, d->parameters, &w->discriminator, w->events, SLICE, &training, 0);
    double loss = 0;
    for (int64_t i = 0; i < SLICE; i++) {
        loss += softplus(-(double)phi[i]) / BATCH;
        g_phi[i] = (gh_real)(-1 / (1 + exp((double)phi[i])) / BATCH);
    }
    gh_network_backward_input(&d->network, d->parameters, &w->discriminator, SLICE);
    energies_backward(w->events, w->discriminator.gradient[0], SLICE, w->generator.gradient[n->network.n_layers]);
    gh_network_backward(&n->network, n->parameters, &w->generator, SLICE, n->slice_gradients + slice * n->n);
    g->loss[slice] = loss;
    product_sum[worker] += product_seconds;
}

/* Sum over slices in fixed order and Adam, by chunks. */
static void update_chunk(void *context, int64_t chunk, int64_t worker)
{
    gan *g = context;
    net *n = g->updated;
    int64_t start = chunk * CHUNK, count = n->n - start < CHUNK ? n->n - start : CHUNK;
    gh_real *sum = n->gradient + start;
    (void)worker;
    memcpy(sum, n->slice_gradients + start, (size_t)count * sizeof *sum);
    for (int s = 1; s < SLICES; s++) {
        const gh_real *more = n->slice_gradients + s * n->n + start;
        for (int64_t i = 0; i < count; i++) sum[i] += more[i];
    }
    gh_update u = {
        .kind = GH_ADAM, .rate = rate, .scale = 1, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-8, .average = -1};
    u.correction1 = 1 - pow(u.beta1, (double)(g->step + 1));
    u.correction2 = 1 - pow(u.beta2, (double)(g->step + 1));
    gh_optimiser_update(&u, count, sum, n->parameters + start, n->first + start, n->second + start, NULL);
}

static double step(gan *g, int generator)
{
    double loss = 0;
    g->updated = generator ? &g->generator : &g->discriminator;
    gh_pool_run(g->pool, generator ? generator_slice : discriminator_slice, g, SLICES);
    gh_pool_run(g->pool, update_chunk, g, (g->updated->n + CHUNK - 1) / CHUNK);
    for (int s = 0; s < SLICES; s++) loss += g->loss[s];
    g->step++;
    return loss;
}

/* ---- set-up ---------------------------------------------------------------------------------------------------- */
static void need(gh_status status)
{
    char message[512] = "";
    if (!status) return;
    genhep_last_error(message, sizeof message);
    fprintf(stderr, "gan_step: %s\n", message);
    exit(1);
}

static gh_real *numbers(const gh_hooks *hooks, int64_t count)
{
    gh_real *block;
    need(gh_alloc_aligned(hooks, &block, count, sizeof *block));
    return block;
}

static void make_net(const gh_hooks *hooks, int64_t inputs, int64_t outputs, int64_t seed, net *n)
{
    gh_network_spec spec = {.inputs = inputs,
                            .outputs = outputs,
                            .layers = 10,
                            .units = 512,
                            .activation = GH_LEAKY_RELU,
                            .slope = (gh_real)0.3,
                            .init_gain = 2 / 1.09,
                            .output_gain = 0.3};
    int64_t statistics = 0;
    need(gh_network_plan(&spec, &n->n, &statistics, &n->network));
    n->parameters = numbers(hooks, n->n);
    n->first = numbers(hooks, n->n), n->second = numbers(hooks, n->n), n->gradient = numbers(hooks, n->n);
    n->slice_gradients = numbers(hooks, n->n * SLICES);
    gh_network_start(&n->network, n->parameters, seed, 0);
}

int main(int argc, char **argv)
{
    static gan g;
    const gh_hooks hooks = gh_hooks_default();
    int threads = argc > 1 ? atoi(argv[1]) : 0;
    double least = argc > 2 ? atof(argv[2]) : 0.5, loss = 0;
    if (threads < 1 || threads > WORKERS) {
        fprintf(stderr, "usage: gan_step THREADS [SECONDS]   (1 to %d threads)\n", WORKERS);
        return 1;
    }
    need(gh_pool_create(&hooks, threads, &g.pool));
    make_net(&hooks, LATENTS, OUT, 1, &g.generator);
    make_net(&hooks, EVENT, 1, 2, &g.discriminator);
    for (int i = 0; i < threads; i++) {
        work *w = &g.workers[i];
        need(gh_tape_create(&hooks, &g.generator.network, SLICE, 0, &w->generator));
        need(gh_tape_create(&hooks, &g.discriminator.network, 2 * SLICE, 1, &w->discriminator));
        need(gh_penalty_tape_create(&hooks, &g.discriminator.network, 2 * SLICE, &w->penalty));
        w->latents = numbers(&hooks, SLICE * LATENTS), w->momenta = numbers(&hooks, SLICE * OUT);
        w->events = numbers(&hooks, 2 * SLICE * EVENT),
        w->scratch = numbers(&hooks, 3 * SLICE * g.generator.network.widest);
    }
    gh_real *momenta = numbers(&hooks, POOL * OUT);
    const gh_rng rng = gh_rng_make(7, GH_RANDOM_SAMPLE, 0);
    gh_rng_normals(&rng, 0, POOL, OUT, momenta, OUT);
    g.truth = numbers(&hooks, POOL * EVENT);
    add_energies(momenta, POOL, g.truth);
    for (int generator = 0; generator < 2; generator++) {
        double start, busy, seconds = 0, products = 0;
        const char *kind = generator ? "generator" : "discriminator";
        int64_t calls = 0;
        step(&g, generator);
        memset(product_sum, 0, sizeof product_sum);
        start = now(CLOCK_MONOTONIC), busy = now(CLOCK_PROCESS_CPUTIME_ID);
        for (; seconds < least || calls < 2; calls++, seconds = now(CLOCK_MONOTONIC) - start)
            loss = step(&g, generator);
        busy = now(CLOCK_PROCESS_CPUTIME_ID) - busy;
        for (int i = 0; i < threads; i++) products += product_sum[i];
        printf("%s%s=%.6g %s-cpu=%.4g %s-products=%.4g", generator ? " " : "", kind, (double)calls / seconds, kind,
               busy / (double)calls, kind, products / busy);
        fprintf(stderr, "%s loss %g\n", kind, loss);
    }
    printf("\n");
    return 0;
}
