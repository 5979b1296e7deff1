/* command_scan.c -- genhep scan: figures of a model's events against the value of one option of its sampler. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "gnuplot.h"
#include "report_parts.h"

static const char usage[] = "genhep scan MODEL.h5 TRUTH --vary KEY=VALUE,VALUE... [--train EVENTS] [-n N] [--process NAME] [--seed S] "
                            "[--json FILE] [--report DIR] [key=value ...]";

enum { MOST_VALUES = 32, FIGURES = 9 };

/* What is looked at, where the evaluation has it; the ceiling is that of score_1d. */
static const char *const figures[FIGURES] = {"auc", "chi2_ndf_median", "chi2_ndf_max", "w1_mean", "neighbour_ratio", "score_1d", "score_1d_ceiling",
                                             "holes", "physicality"};

typedef struct scan {
    arguments given;
    genhep_options *options;
    genhep_model *model;
    genhep_dataset *truth, *train;
    char key[64], text[1024];       /* text: the values, cut into words */
    const char *value[MOST_VALUES];
    int values;
    double found[MOST_VALUES][FIGURES]; /* NaN where the evaluation has none */
} scan;

/* "latent.gamma=0,0.01,0.05" into its key and values. */
static int read_vary(scan *s)
{
    const char *vary = s->given.vary, *equal = vary ? strchr(vary, '=') : NULL;
    if (!vary) return fail("--vary is missing; usage: %s", usage);
    if (!equal || equal == vary || (size_t)(equal - vary) >= sizeof s->key || strlen(equal) > sizeof s->text)
        return fail("--vary: found '%.80s', expected KEY=VALUE,VALUE...", vary);
    memcpy(s->key, vary, (size_t)(equal - vary));
    strcpy(s->text, equal + 1);
    for (char *save = NULL, *word = strtok_r(s->text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        if (s->values == MOST_VALUES) return fail("--vary: more than %d values", MOST_VALUES);
        s->value[s->values++] = word;
    }
    return s->values ? 0 : fail("--vary: found no value in '%.80s'", vary);
}

static int draw(const scan *s, genhep_options *options, int64_t n, genhep_dataset **table)
{
    genhep_sampler *sampler = NULL;
    const int64_t d = genhep_model_columns(s->model);
    double *rows = malloc((size_t)(n * d) * sizeof *rows + 1);
    if (!rows) return fail("out of memory");
    genhep_status status = genhep_sampler_create(s->model, options, &sampler);
    if (!status) status = genhep_sampler_draw_double(sampler, n, NULL, 0, rows, d, n * d);
    if (!status) status = model_table(s->model, options, n, rows, table);
    genhep_sampler_free(sampler);
    free(rows);
    return status ? fail_library() : 0;
}

/* One value: draw, compare, keep the figures. */
static int measure(scan *s, int k, int64_t n)
{
    genhep_options *options = NULL;
    genhep_dataset *events = NULL;
    genhep_evaluation *evaluation = NULL;
    int result = genhep_options_copy(s->options, &options) || genhep_options_set(options, s->key, s->value[k]) ? fail_library() : 0;
    if (!result) result = draw(s, options, n, &events);
    if (!result && genhep_evaluate(s->truth, events, s->train, process_of(&s->given, genhep_dataset_attribute(s->truth, "process")), options, &evaluation))
        result = fail_library();
    for (int f = 0; f < FIGURES; f++)
        if (result || genhep_evaluation_figure(evaluation, figures[f], &s->found[k][f])) s->found[k][f] = NAN;
    genhep_evaluation_free(evaluation);
    genhep_dataset_free(events);
    genhep_options_free(options);
    return result;
}

static int known(const scan *s, int f)
{
    for (int k = 0; k < s->values; k++)
        if (isfinite(s->found[k][f])) return 1;
    return 0;
}

static void print_table(const scan *s, FILE *out)
{
    fprintf(out, "%s", s->key);
    for (int f = 0; f < FIGURES; f++)
        if (known(s, f)) fprintf(out, "  %s", figures[f]);
    fputc('\n', out);
    for (int k = 0; k < s->values; k++) {
        fprintf(out, "%s", s->value[k]);
        for (int f = 0; f < FIGURES; f++)
            if (known(s, f)) fprintf(out, "  %.5g", s->found[k][f]);
        fputc('\n', out);
    }
}

static int write_json(const scan *s)
{
    FILE *file = strcmp(s->given.json, "-") == 0 ? stdout : fopen(s->given.json, "w");
    if (!file) return fail("%s: cannot be written", s->given.json);
    fprintf(file, "{\"option\": \"%s\", \"scan\": [", s->key);
    for (int k = 0; k < s->values; k++) {
        fprintf(file, "%s\n  {\"value\": \"%s\"", k ? "," : "", s->value[k]);
        for (int f = 0; f < FIGURES; f++)
            if (isfinite(s->found[k][f])) fprintf(file, ", \"%s\": %.9g", figures[f], s->found[k][f]);
        fputc('}', file);
    }
    const int bad = fputs("\n]}\n", file) < 0;
    return (file != stdout && fclose(file) != 0) || bad ? fail("%s: writing failed", s->given.json) : 0;
}

/* DIR/scan.png: a panel per figure, values side by side in their order. */
static int plot(const scan *s)
{
    const report r = {.folder = s->given.report, .errors = stderr};
    char program[] = "gnuplot", script[] = "plots/scan.gp";
    char *command[] = {program, script, NULL};
    int panels = 0, rows;
    if (report_folder(&r, "") || report_folder(&r, "/plots")) return 1;
    FILE *data = report_create(&r, "plots/scan.dat");
    if (!data) return 1;
    for (int k = 0; k < s->values; k++) {
        fprintf(data, "%d \"%s\"", k, s->value[k]);
        for (int f = 0; f < FIGURES; f++) fprintf(data, " %.9g", s->found[k][f]);
        fputc('\n', data);
    }
    if (report_close(&r, data, "plots/scan.dat")) return 1;
    for (int f = 0; f < FIGURES; f++) panels += known(s, f) && strcmp(figures[f], "score_1d_ceiling") != 0;
    rows = (panels + 2) / 3;
    FILE *file = report_create(&r, script);
    if (!file) return 1;
    fprintf(file, "reset\nset encoding utf8\nset terminal pngcairo size 1200,%d font 'sans,11' enhanced\nset output 'scan.png'\nset multiplot layout %d,3\n"
                  "unset key\nset grid lc rgb '#e3e6ea' lw 0.6\nset offsets 0.3, 0.3, graph 0.1, graph 0.1\nset xlabel ", 60 + 300 * rows, rows);
    gnuplot_quoted(file, s->key);
    fprintf(file, " noenhanced\n");
    for (int f = 0; f < FIGURES; f++) {
        if (!known(s, f) || strcmp(figures[f], "score_1d_ceiling") == 0) continue;
        fprintf(file, "set title '%s' noenhanced\nplot 'plots/scan.dat' using 1:%d:xtic(2) with linespoints pt 7 ps 0.8 lc rgb '#d1432f'", figures[f], f + 3);
        if (strcmp(figures[f], "score_1d") == 0) fprintf(file, ", '' using 1:%d with lines dt 2 lc rgb '#30343a'", f + 4); /* its ceiling */
        fputc('\n', file);
    }
    fprintf(file, "unset multiplot\nunset output\n");
    return report_close(&r, file, script) || run_gnuplot(r.folder, r.errors, command);
}

static int open_files(scan *s)
{
    if (make_options(NULL, &s->given, "sample.threads", &s->options)) return 1;
    genhep_status status = genhep_model_open(s->given.positional[0], s->options, &s->model);
    if (!status) status = genhep_dataset_open(s->given.positional[1], s->options, &s->truth);
    if (!status && s->given.train) status = genhep_dataset_open(s->given.train, s->options, &s->train);
    return status ? fail_library() : 0;
}

int command_scan(int argc, char **argv)
{
    scan s = {.values = 0};
    if (parse_arguments(argc, argv, "--vary --train -n --process --seed --json --report", 2, 2, usage, &s.given) || read_vary(&s)) return 1;
    int result = open_files(&s);
    const int64_t n = s.given.n < 0 ? genhep_dataset_events(s.truth) : s.given.n;
    for (int k = 0; k < s.values && !result; k++) result = measure(&s, k, n);
    if (!result && (!s.given.json || strcmp(s.given.json, "-") != 0)) print_table(&s, stdout);
    if (!result && s.given.json) result = write_json(&s);
    if (!result && s.given.report) result = plot(&s);
    genhep_dataset_free(s.truth);
    genhep_dataset_free(s.train);
    genhep_model_free(s.model);
    genhep_options_free(s.options);
    return result;
}
