/* integrate.c -- the integral of a function of your own with learned random numbers, in C.
 *   cc integrate.c -o integrate $(pkg-config --cflags --libs genhep) -lm
 *   ./integrate N SEED [key=value ...]      integrate.method=vegas for comparison */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <genhep/genhep.h>

enum { DIM = 3 };

/* A resonance in the sum of the coordinates: nothing that a grid along the axes could follow. */
static int32_t resonance(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    const double width = *(const double *)user;
    int64_t i, j;
    for (i = 0; i < n; i++) {
        double sum = 0;
        for (j = 0; j < dim; j++) sum += x[i * dim + j];
        values[i] = width / (acos(-1.0) * ((sum - 1.5) * (sum - 1.5) + width * width));
    }
    return 0;
}

int main(int argc, char **argv)
{
    double width = 0.1;
    char message[512] = "";
    genhep_options *options = NULL;
    genhep_integrator *integrator = NULL;
    genhep_integral result = {0};
    genhep_status status;
    int k;
    if (argc < 3) {
        fprintf(stderr, "usage: integrate N SEED [key=value ...]\n");
        return 2;
    }
    result.struct_size = sizeof result;
    status = genhep_options_create(&options);
    if (!status) status = genhep_options_set_int(options, "seed", atoll(argv[2]));
    for (k = 3; !status && k < argc; k++) status = genhep_options_parse(options, argv[k]);
    if (!status) status = genhep_integrator_create(DIM, resonance, &width, options, &integrator);
    if (!status) status = genhep_integrator_run(integrator, atoll(argv[1]), &result);
    if (!status)
        printf("%.6f +- %.6f   efficiency %.3f   ESS/n %.3f\n", result.integral, result.error, result.efficiency, result.ess);
    else {
        genhep_last_error(message, sizeof message);
        fprintf(stderr, "integrate: %s: %s\n", genhep_status_name(status), message);
    }
    genhep_integrator_free(integrator);
    genhep_options_free(options);
    return status ? 1 : 0;
}
