/* test_integrands.c -- the built-in integrands against known integrals, and the subcommand `genhep integrate`. */
#include "cli.h"
#include "command_integrate.h"
#include "integrands.h"
#include "testing.h"

static void start(const char *name, const char *settings, truth_run *run)
{
    char copy[128], *list[4], message[256], *save = NULL;
    int n = 0;
    snprintf(copy, sizeof copy, "%s", settings);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) list[n++] = word;
    ck_assert_msg(truth_open(&integrand_find(name)->process, list, n, run, message, sizeof message) == 0, "%s", message);
}

/* Integrals of e+e- -> q qbar g to the digits that are known. */
START_TEST(exact_values)
{
    static const struct { const char *y; double value, tolerance; } known[] = {
        {"y=0.001", 73.93883, 6e-6}, {"y=0.01", 27.940637, 6e-7}, {"y=0.02", 18.313856, 6e-7}, {"y=0.05", 8.647683, 6e-7}, {"y=0.1", 3.687505, 6e-7}};
    truth_run run;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        start("eeqqg", known[i].y, &run);
        ck_assert_double_eq_tol(integrand_find("eeqqg")->exact(&run), known[i].value, known[i].tolerance);
    }
    start("gauss", "dim=3 sigma=0.05", &run);
    ck_assert_double_eq_tol(integrand_find("gauss")->exact(&run), 1, 1e-12);
    start("gauss", "dim=1 sigma=0.5", &run);
    ck_assert_double_eq_tol(integrand_find("gauss")->exact(&run), 0.68268949213708585, 1e-12);
    start("camel", "dim=1 sigma=0.25", &run);
    ck_assert_double_eq_tol(integrand_find("camel")->exact(&run), 0.5 * (0.68268949213708585 + 0.9973002039367398), 1e-9);
}
END_TEST

/* The midpoint rule on 300 x 300 points: every set of variables has the same integral. */
START_TEST(every_choice_of_variables_has_the_same_integral)
{
    enum { N = 300 };
    static const char *const variables[] = {"y=0.1 variables=aligned", "y=0.1 variables=turned", "y=0.1 variables=rotated", "y=0.1 variables=square"};
    static double x[2 * N], f[N];
    const integrand *eeqqg = integrand_find("eeqqg");
    for (int v = 0; v < 4; v++) {
        truth_run run;
        double sum = 0;
        start("eeqqg", variables[v], &run);
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < N; k++) x[2 * k] = (i + 0.5) / N, x[2 * k + 1] = (k + 0.5) / N;
            eeqqg->values(&run, N, x, f);
            for (int k = 0; k < N; k++) {
                double row[3];
                ck_assert(f[k] >= 0);
                eeqqg->columns(&run, x + 2 * k, row);
                ck_assert_double_eq_tol(row[0] + row[1] + row[2], 2, 1e-14);
                if (f[k] > 0) ck_assert(1 - row[0] > 0.1 - 1e-9 && 1 - row[1] > 0.1 - 1e-9 && 1 - row[2] > 0.1 - 1e-9);
                sum += f[k] / N / N;
            }
        }
        ck_assert_msg(fabs(sum / eeqqg->exact(&run) - 1) < (v == 0 ? 1e-4 : v == 1 ? 3e-3 : 1e-2), "%s: %.8g", variables[v], sum);
    }
}
END_TEST

/* Run a command line with its output in a file; @return the exit status. */
static int run(const char *line, char *output, size_t size)
{
    char copy[512], *argv[24], *save = NULL;
    int argc = 0;
    const char *path = gh_test_path("output");
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) argv[argc++] = word;
    fflush(stdout), fflush(stderr);
    const int out = dup(1), error = dup(2);
    ck_assert(freopen(path, "w", stdout) && dup2(fileno(stdout), 2) == 2);
    const int status = command_integrate(argc, argv);
    fflush(stdout), fflush(stderr);
    dup2(out, 1), dup2(error, 2);
    close(out), close(error);
    FILE *file = fopen(path, "r");
    ck_assert(file != NULL);
    output[fread(output, 1, size - 1, file)] = '\0';
    fclose(file);
    return status;
}

static double number(const char *text, const char *key)
{
    char name[64];
    snprintf(name, sizeof name, "\"%s\": ", key);
    const char *at = strstr(text, name);
    ck_assert_msg(at != NULL, "%s is not in %s", key, text);
    return strtod(at + strlen(name), NULL);
}

START_TEST(command_integrates)
{
    char output[4096], line[512], json[4096];
    const char *path = gh_test_path("figures.json"), *events = gh_test_path("events.csv");
    snprintf(line, sizeof line, "integrate eeqqg --method vegas --y 0.05 -n 1e5 vegas.points=5000 --json %s --unweighted %s", path, events);
    ck_assert_msg(run(line, output, sizeof output) == 0, "%s", output);
    ck_assert(strstr(output, "y=0.05 variables=aligned") && strstr(output, "100000"));
    FILE *file = fopen(path, "r");
    ck_assert(file != NULL);
    json[fread(json, 1, sizeof json - 1, file)] = '\0';
    fclose(file);
    ck_assert_double_eq_tol(number(json, "exact"), 8.647683, 6e-7);
    ck_assert_double_le(fabs(number(json, "pull")), 4);
    ck_assert_double_le(fabs(number(json, "integral") - 8.647683), 4 * number(json, "error"));
    ck_assert_double_eq(number(json, "n"), 100000);
    ck_assert(number(json, "efficiency") > 0.3 && number(json, "efficiency_quantile") <= 1.2 && number(json, "ess") <= 1);
    ck_assert(number(json, "seconds_sampling") > 0 && number(json, "seconds_training") > 0);
    genhep_dataset *table;
    ck_ok(genhep_dataset_open(events, NULL, &table));
    ck_assert_int_gt(genhep_dataset_events(table), 30000);
    genhep_dataset_free(table);
}
END_TEST

START_TEST(command_names_what_is_wrong)
{
    static const struct { const char *line, *part; } wrong[] = {
        {"integrate", "too few arguments"}, {"integrate eeqqq", "closest is 'eeqqg'"}, {"integrate eeqqg x=3", "key 'x' is unknown"},
        {"integrate eeqqg --cut 3", "key 'cut' is unknown"}, {"integrate eeqqg y=0.5", "0.3"}, {"integrate eeqqg variables=polar", "aligned|turned|rotated|square"},
        {"integrate eeqqg --method flow", "vegas"}, {"integrate eeqqg -n 1", "at least 2"}, {"integrate eeqqg -n 1.5", "-n"},
        {"integrate eeqqg -n 1e-3", "-n"}, {"integrate eeqqg integrate.sample=3", "integrate.samples"}, {"integrate eeqqg --model /nowhere.h5", "/nowhere.h5"},
        {"integrate gauss dim=2.5", "whole"}, {"integrate eeqqg --method none -n 100 --json /nowhere/a.json", "/nowhere/a.json"},
        {"integrate eeqqg --method none -n 100 -o /tmp/a.h5", "no model"}, {"integrate eeqqg --json", "needs a value"}};
    char output[4096];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(run(wrong[i].line, output, sizeof output) == 1, "%s", wrong[i].line);
        ck_assert_msg(strstr(output, wrong[i].part) != NULL, "%s says '%s', which lacks '%s'", wrong[i].line, output, wrong[i].part);
    }
}
END_TEST

GH_TEST_MAIN("integrands", exact_values, every_choice_of_variables_has_the_same_integral, command_integrates, command_names_what_is_wrong)
