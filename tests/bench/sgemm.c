/* sgemm.c -- what matrix products alone could do: products of the reference networks at 1024 rows, nothing between.
 *   sgemm NETWORK [SECONDS]     prints events per second on one thread, and the kernel on standard error
 * Linked with the same static OpenBLAS archive as the library. Weights of all layers are there, as in the network. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 1024, MOST_LAYERS = 16 };

typedef struct network {
    const char *name;
    int inputs, layers, units, outputs;
} network;

static const network networks[] = {{"N1", 18, 10, 512, 18}, {"N3", 20, 7, 256, 26}};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* n numbers of mean zero and variance `scale`^2, so that values neither vanish nor overflow on their way. */
static float *numbers(size_t n, float scale)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    unsigned state = 12345;
    if (!x) exit(1);
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = scale * 1.7320508f * ((float)(state >> 8) * 0x1p-23f - 1.0f);
    }
    return x;
}

static void chain(const network *net, float *const *weights, float *const *values)
{
    for (int k = 0; k <= net->layers; k++) {
        int in = k == 0 ? net->inputs : net->units, out = k == net->layers ? net->outputs : net->units;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, ROWS, out, in, 1.0f, k ? values[1 + k % 2] : values[0], in,
                    weights[k], in, 0.0f, values[1 + (k + 1) % 2], out);
    }
}

int main(int argc, char **argv)
{
    const network *net = NULL;
    float *weights[MOST_LAYERS], *values[3];
    for (size_t i = 0; argc > 1 && i < sizeof networks / sizeof *networks; i++)
        if (strcmp(networks[i].name, argv[1]) == 0) net = &networks[i];
    if (!net) {
        fprintf(stderr, "usage: sgemm N1|N3 [SECONDS]\n");
        return 1;
    }
    double least = argc > 2 ? atof(argv[2]) : 0.15;
    for (int k = 0; k <= net->layers; k++) {
        int in = k == 0 ? net->inputs : net->units, out = k == net->layers ? net->outputs : net->units;
        weights[k] = numbers((size_t)in * (size_t)out, 1.0f / (float)(k ? 16 : 4));
    }
    for (int i = 0; i < 3; i++)
        values[i] = numbers((size_t)ROWS * (size_t)(net->units > net->inputs ? net->units : net->inputs), 1.0f);
    chain(net, weights, values);
    double start = now(), seconds = 0;
    long calls = 0;
    while (seconds < least || calls < 2) {
        chain(net, weights, values);
        calls++;
        seconds = now() - start;
    }
    printf("%.6g\n", (double)(calls * ROWS) / seconds);
    fprintf(stderr, "%s\n", openblas_get_config());
    for (int k = 0; k <= net->layers; k++) free(weights[k]);
    for (int i = 0; i < 3; i++) free(values[i]);
    return 0;
}
