/* gan_step.c -- full training steps of the event GAN as published (1907.03764), on the library's own trainer.
 *   gan_step THREADS [SECONDS]     prints steps per second, processor seconds a step, and the share of these that is spent
 *                                  inside matrix products; the kernels on standard error
 * Generator 18 -> 10 x 512 -> 18 momenta, discriminator 24 (energies beside the momenta) -> 10 x 512 -> 1, leaky ReLU 0.3, batch
 * 1024. A step: one update of the discriminator (logistic loss, penalty (1-D)^2 |grad phi|^2 on truth, D^2 |grad phi|^2 on
 * generated events), one of the generator (non-saturating loss, MMD with a Breit-Wigner kernel on four masses, all 1024 events),
 * Adam. torch_reference.py has the same as case gan-N1. Linked with --wrap=gh_gemm, which takes the time of products. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "genhep/genhep.h"
#include "linalg/gemm.h"

enum { EVENTS = 16384, PARTICLES = 6, COLUMNS = 4 * PARTICLES };

static const char *const settings[] = {
    "model.family=gan", "prep=momenta, scale(450)", "prep.balance=none",
    "data.masses=b: 4.7, bbar: 4.7, q1: 0, q1barp: 0, q2: 0, q2barp: 0",
    "latent.dim=18", "generator.layers=10", "generator.units=512", "generator.slope=0.3",
    "discriminator.layers=10", "discriminator.units=512", "discriminator.slope=0.3",
    "discriminator.features=E(b), E(q1), E(q1barp), E(bbar), E(q2), E(q2barp)",
    "loss.gan=nonsaturating", "loss.penalty=logit", "loss.gradient_penalty=5e-4",
    "loss.mmd=mass(q1,q1barp): 2.05 ; mass(q2,q2barp): 2.05 ; mass(b,q1,q1barp): 1.49 ; mass(bbar,q2,q2barp): 1.49",
    /* rates so small that networks stay away from certainty, where numbers become subnormal and products slow */
    "train.lr=1e-6", "train.schedule=constant", "train.beta1=0.5", "train.beta2=0.9", "train.clip=0", "train.average=0",
    "train.batch=1024", "train.steps=1000000000", "train.figure_steps=1000000000", "data.validation=0.001"};

/* ---- the time inside products ---------------------------------------------------------------------------------- */
static _Thread_local double product_seconds;
static double *counters[64];
static int n_counters;

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
    static _Thread_local int known;
    if (!known) {
        const int place = __atomic_fetch_add(&n_counters, 1, __ATOMIC_RELAXED);
        if (place < (int)(sizeof counters / sizeof *counters)) counters[place] = &product_seconds;
        known = 1;
    }
    const double start = now(CLOCK_THREAD_CPUTIME_ID);
    __real_gh_gemm(work, ta, tb, M, N, K, A, B, beta, C);
    product_seconds += now(CLOCK_THREAD_CPUTIME_ID) - start;
}

static double all_products(void)
{
    double sum = 0;
    for (int i = 0; i < n_counters; i++) sum += *counters[i];
    return sum;
}

/* ---- set-up ---------------------------------------------------------------------------------------------------- */
static void need(genhep_status status)
{
    char message[512] = "";
    if (!status) return;
    genhep_last_error(message, sizeof message);
    fprintf(stderr, "gan_step: %s\n", message);
    exit(1);
}

/* Six particles on their mass shells with normal momenta of 450 GeV. */
static genhep_dataset *random_events(void)
{
    static const char *const particles[] = {"b", "q1", "q1barp", "bbar", "q2", "q2barp"}, *const parts[] = {"E", "px", "py", "pz"};
    static const double mass[] = {4.7, 0, 0, 4.7, 0, 0};
    static char names[COLUMNS][16];
    const char *columns[COLUMNS];
    double *p = malloc(sizeof *p * EVENTS * PARTICLES * 3), *x = malloc(sizeof *x * EVENTS * COLUMNS);
    genhep_dataset *data;
    if (!p || !x) exit(1);
    need(genhep_random_normal(7, 0, 0, EVENTS * PARTICLES * 3, p));
    for (int j = 0; j < COLUMNS; j++) {
        snprintf(names[j], sizeof names[j], "%s_%s", particles[j / 4], parts[j % 4]);
        columns[j] = names[j];
    }
    for (int64_t i = 0; i < (int64_t)EVENTS * PARTICLES; i++) {
        const double m = mass[i % PARTICLES];
        double square = m * m;
        for (int k = 0; k < 3; k++) {
            x[4 * i + 1 + k] = 450 * p[3 * i + k];
            square += x[4 * i + 1 + k] * x[4 * i + 1 + k];
        }
        x[4 * i] = sqrt(square);
    }
    need(genhep_dataset_from_arrays(NULL, EVENTS, COLUMNS, columns, NULL, x, COLUMNS, NULL, &data));
    free(p);
    free(x);
    return data;
}

int main(int argc, char **argv)
{
    const int threads = argc > 1 ? atoi(argv[1]) : 0;
    const double least = argc > 2 ? atof(argv[2]) : 1;
    genhep_options *options;
    genhep_model *model;
    genhep_trainer *trainer;
    int64_t steps = 0;
    if (threads < 1) {
        fprintf(stderr, "usage: gan_step THREADS [SECONDS]\n");
        return 1;
    }
    const genhep_dataset *data = random_events();
    need(genhep_options_create(&options));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) need(genhep_options_parse(options, settings[i]));
    need(genhep_options_set_int(options, "train.threads", threads));
    need(genhep_gan_create(options, &data, 1, &model));
    need(genhep_trainer_create(model, &data, 1, options, &trainer));
    need(genhep_trainer_step(trainer, 1));
    const double products = all_products(), start = now(CLOCK_MONOTONIC), busy = now(CLOCK_PROCESS_CPUTIME_ID);
    double seconds = 0;
    for (; seconds < least || steps < 2; steps++, seconds = now(CLOCK_MONOTONIC) - start) need(genhep_trainer_step(trainer, 1));
    const double processor = now(CLOCK_PROCESS_CPUTIME_ID) - busy;
    printf("step=%.6g step-cpu=%.4g step-products=%.4g\n", (double)steps / seconds, processor / (double)steps,
           (all_products() - products) / processor);
    fprintf(stderr, "%s, %s\n", gh_gemm_core_name(), genhep_trainer_kernel(trainer));
    genhep_trainer_free(trainer);
    genhep_model_free(model);
    genhep_options_free(options);
    genhep_dataset_free((genhep_dataset *)data);
    return 0;
}
