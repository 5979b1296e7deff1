/* command_integrate.c -- the subcommand `genhep integrate`: a built-in integrand, its integral, and how even the weights are. */
#include "command_integrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "integrands.h"

static const char usage[] = "genhep integrate PROCESS [--method vegas|bvae|none] [-n N] [--seed S] [--threads T] [--model MODEL.h5] "
                            "[-o MODEL.h5] [--json FILE] [--unweighted EVENTS] [key=value ...]";

typedef struct job {
    const integrand *function;
    truth_run run;
    arguments given;
    genhep_options *options;
    genhep_model *model; /* of --model */
    genhep_integrator *integrator;
    genhep_integral result;
    double exact;
    char settings[256];
} job;

void integrate_help(void)
{
    printf("%s\n\nLearn from a function over the unit box, then integrate it with N new points [1000000].\n", usage);
    printf("PROCESS and its keys, as key=value or --key value:\n");
    for (int i = 0; i < integrand_count(); i++) {
        const truth_process *p = &integrand_at(i)->process;
        printf("  %s  %s%s%s\n", p->name, p->text, p->cuts[0] ? ", cuts " : "", p->cuts);
        for (int k = 0; k < p->n_keys; k++) {
            const truth_key *key = &p->keys[k];
            if (key->kind == TRUTH_CHOICE) printf("    %s=%s  [%s]  %s\n", key->name, key->choices, key->standard, key->help);
            else printf("    %s=%g..%g  [%s]  %s\n", key->name, key->least, key->most, key->standard, key->help);
        }
    }
    printf("\nOptions of the library (genhep --help has all, those of training included):\n");
    for (int64_t i = 0; i < genhep_option_count(); i++) {
        genhep_option_row row = {.struct_size = sizeof row};
        if (genhep_option_info(i, &row) || (strncmp(row.key, "integrate.", 10) != 0 && strncmp(row.key, "vegas.", 6) != 0)) continue;
        printf("  %s=%s  %s\n", row.key, row.default_value, row.help);
    }
    printf("\n--method is integrate.method, --threads sample.threads. -o keeps the trained model, --model takes one. --json writes the\n"
           "figures. --unweighted writes as many unweighted points as the efficiency leaves of N.\n");
}

/* "--key value" of a key of the process as "key=value". */
static char **plain_arguments(int *argc, char **argv, char **room)
{
    static const char *const flags[] = {"--method", "--seed", "--threads", "--model", "--json", "--unweighted", "-n", "-o"};
    size_t size = 0;
    for (int i = 0; i < *argc; i++) size += strlen(argv[i]) + 2;
    char **list = malloc((size_t)(*argc + 1) * sizeof *list), *at = malloc(size);
    int n = 0;
    *room = at;
    if (!list || !at) {
        free(list);
        return NULL;
    }
    for (int i = 0; i < *argc; i++) {
        int known = strncmp(argv[i], "--", 2) != 0 || !argv[i][2] || strchr(argv[i], '=') != NULL || i + 1 == *argc;
        for (size_t k = 0; k < sizeof flags / sizeof *flags; k++) known |= strcmp(argv[i], flags[k]) == 0;
        if (known) {
            list[n++] = argv[i];
            continue;
        }
        list[n++] = at;
        at += sprintf(at, "%s=%s", argv[i] + 2, argv[i + 1]) + 1;
        i++;
    }
    *argc = n;
    return list;
}

static int read_settings(job *j)
{
    char *keys[TRUTH_KEYS + 1], message[512] = "";
    int n_keys = 0, n_options = 0;
    arguments *given = &j->given;
    const char *names[8] = {0};
    for (int i = 0; i < integrand_count(); i++) names[i] = integrand_at(i)->process.name;
    j->function = integrand_find(given->positional[0]);
    if (!j->function)
        return fail("process '%.60s' is unknown, the closest is '%s'; 'genhep integrate --help' lists them", given->positional[0],
                    truth_closest(given->positional[0], names, integrand_count()));
    for (int i = 0; i < given->n_settings; i++) {
        const char *text = given->settings[i];
        const size_t length = strcspn(text, "=");
        if (memchr(text, '.', length) || (length == 4 && strncmp(text, "seed", 4) == 0)) given->settings[n_options++] = text;
        else if (n_keys == TRUTH_KEYS) return fail("too many settings of '%s'", j->function->process.name);
        else keys[n_keys++] = (char *)text;
    }
    given->n_settings = n_options;
    if (truth_open(&j->function->process, keys, n_keys, &j->run, message, sizeof message)) return fail("%s", message);
    truth_settings(&j->run, j->settings, sizeof j->settings);
    if (make_options(NULL, given, "sample.threads", &j->options)) return 1;
    if (given->method && genhep_options_set(j->options, "integrate.method", given->method)) return fail_library();
    return 0;
}

static int32_t call(void *user, int64_t n, int64_t dim, const double *x, double *values)
{
    const job *j = user;
    (void)dim;
    j->function->values(&j->run, n, x, values);
    return 0;
}

/* How far learning is, on a terminal. */
static int32_t show(void *user, const genhep_progress *p)
{
    if (*(const int *)user)
        fprintf(stderr, "\r\033[Klearning: step %lld/%lld  loss %.4g  %.0f s left", (long long)p->step, (long long)p->steps, p->loss,
                p->seconds_left);
    return 0;
}

static int integrate(job *j)
{
    const int64_t dim = j->function->dim(&j->run), n = j->given.n < 0 ? 1000000 : j->given.n;
    j->exact = j->function->exact(&j->run);
    if (genhep_integrator_create(dim, call, j, j->options, &j->integrator)) return fail_library();
    if (j->given.model) {
        if (genhep_model_open(j->given.model, j->options, &j->model)) return fail_library();
        if (genhep_integrator_set_model(j->integrator, j->model)) return fail_library();
    }
    j->result.struct_size = sizeof j->result;
    int terminal = isatty(STDERR_FILENO);
    const genhep_status learned = genhep_integrator_adapt(j->integrator, show, &terminal);
    if (terminal) fprintf(stderr, "\r\033[K");
    if (learned) return fail_library();
    return genhep_integrator_run(j->integrator, n, &j->result) ? fail_library() : 0;
}

static void print_text(const job *j, const char *method, int64_t samples)
{
    const genhep_integral *r = &j->result;
    printf("%s  %s  method %s", j->function->process.name, j->settings, method);
    if (strcmp(method, "bvae") == 0) printf(", K = %lld", (long long)samples);
    printf("\nintegral   %.8g +- %.2g   (exact %.8g, %+.2f sigma)   chi2/ndf %.2f of 10 parts\n", r->integral, r->error, j->exact,
           r->error > 0 ? (r->integral - j->exact) / r->error : 0, r->chi2_ndf);
    printf("points     %lld, %.2f s; %lld and %.2f s to learn from\n", (long long)r->points, r->seconds_sampling, (long long)r->training_points,
           r->seconds_training);
    printf("efficiency %.4f (mean/max)   %.4f (mean/99.9 %% quantile)   ESS/n %.5f   nonzero %.4f\n", r->efficiency, r->efficiency_quantile,
           r->ess, r->accepted);
}

static int write_json(const job *j, const char *method, int64_t samples, int64_t seed)
{
    const genhep_integral *r = &j->result;
    FILE *file = fopen(j->given.json, "w");
    if (!file) return fail("%s: cannot be opened for writing", j->given.json);
    fprintf(file, "{\n  \"process\": \"%s\",\n  \"settings\": \"%s\",\n  \"method\": \"%s\",\n  \"seed\": %lld,\n  \"samples\": ",
            j->function->process.name, j->settings, method, (long long)seed);
    if (strcmp(method, "bvae") == 0) fprintf(file, "%lld", (long long)samples);
    else fprintf(file, "null");
    fprintf(file, ",\n  \"integral\": %.17g,\n  \"error\": %.9g,\n  \"exact\": %.17g,\n  \"pull\": %.9g,\n  \"chi2_ndf\": %.9g,\n", r->integral,
            r->error, j->exact, r->error > 0 ? (r->integral - j->exact) / r->error : 0, r->chi2_ndf);
    fprintf(file, "  \"n\": %lld,\n  \"efficiency\": %.9g,\n  \"efficiency_quantile\": %.9g,\n  \"ess\": %.9g,\n  \"accepted\": %.9g,\n"
            "  \"largest_weight\": %.9g,\n", (long long)r->points, r->efficiency, r->efficiency_quantile, r->ess, r->accepted, r->largest_weight);
    fprintf(file, "  \"training_points\": %lld,\n  \"seconds_training\": %.3f,\n  \"seconds_sampling\": %.3f\n}\n", (long long)r->training_points,
            r->seconds_training, r->seconds_sampling);
    const int bad = ferror(file);
    if (fclose(file) != 0 || bad) return fail("%s: cannot be written", j->given.json);
    return 0;
}

/* A table of n points u as events: the columns of the process, weights beside them. */
static int write_table(const job *j, int64_t n, const double *u, double *rows, const double *weights)
{
    const int64_t dim = j->function->dim(&j->run), d = j->function->columns ? j->function->process.n_columns : dim;
    const char *names[32];
    char own[32][16];
    genhep_dataset *table = NULL;
    for (int64_t k = 0; k < d; k++) {
        snprintf(own[k], sizeof own[k], "u_%d", (int)k + 1);
        names[k] = j->function->columns ? j->function->process.columns[k] : own[k];
    }
    for (int64_t i = 0; i < n; i++) {
        if (j->function->columns) j->function->columns(&j->run, u + i * dim, rows + i * d);
        else memcpy(rows + i * d, u + i * dim, (size_t)d * sizeof *rows);
    }
    int wrong = genhep_dataset_from_arrays(j->options, n, d, names, NULL, rows, d, weights, &table) ||
                genhep_dataset_set_attribute(table, "process", j->function->process.name) ||
                genhep_dataset_set_attribute(table, "settings", j->settings) || genhep_dataset_write(table, j->given.unweighted, j->options);
    genhep_dataset_free(table);
    return wrong ? fail_library() : 0;
}

static int write_unweighted(const job *j)
{
    enum { MOST = 32 }; /* columns */
    const int64_t dim = j->function->dim(&j->run), n = (int64_t)fmax(1, floor((double)j->result.points * j->result.efficiency));
    double *u = malloc((size_t)(n * dim) * sizeof *u), *rows = malloc((size_t)(n * MOST) * sizeof *rows), *weights = malloc((size_t)n * sizeof *weights);
    int wrong = 0;
    if (!u || !rows || !weights) wrong = fail("no memory for %lld unweighted points", (long long)n);
    else if (genhep_integrator_unweight(j->integrator, n, u, dim, n * dim, weights)) wrong = fail_library();
    else wrong = write_table(j, n, u, rows, weights);
    if (!wrong) printf("unweighted %lld points in %s\n", (long long)n, j->given.unweighted);
    free(u), free(rows), free(weights);
    return wrong;
}

static int report(job *j)
{
    char method[16] = "";
    int64_t samples = 0, seed = 0;
    if (genhep_options_get_text(j->options, "integrate.method", method, sizeof method, NULL) ||
        genhep_options_get_int(j->options, "integrate.samples", &samples) || genhep_options_get_int(j->options, "seed", &seed))
        return fail_library();
    print_text(j, method, samples);
    if (j->given.output) {
        const genhep_model *model = genhep_integrator_model(j->integrator);
        if (!model) return fail("-o: method '%s' has no model to write", method);
        if (genhep_model_save(model, j->given.output)) return fail_library();
    }
    if (j->given.json && write_json(j, method, samples, seed)) return 1;
    return j->given.unweighted ? write_unweighted(j) : 0;
}

int command_integrate(int argc, char **argv)
{
    job j = {.exact = 0};
    char *room = NULL, **plain = plain_arguments(&argc, argv, &room);
    int wrong = !plain ? fail("no memory for the arguments")
                       : parse_arguments(argc, plain, "--method -n --seed --threads --model -o --json --unweighted", 1, 1, usage, &j.given);
    if (!wrong) wrong = read_settings(&j);
    if (!wrong) wrong = integrate(&j);
    if (!wrong) wrong = report(&j);
    genhep_integrator_free(j.integrator);
    genhep_model_free(j.model);
    genhep_options_free(j.options);
    truth_close(&j.run);
    free(plain);
    free(room);
    return wrong;
}
