/* command_evaluate.c -- genhep evaluate: figures as JSON, plots as a report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report.h"
#include "samples.h"

static int write_json(const genhep_evaluation *evaluation, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!file) return fail("%s: cannot be written", path);
    int bad = fputs(genhep_evaluation_json(evaluation), file) < 0;
    if (file != stdout) bad |= fclose(file) != 0;
    return bad ? fail("%s: writing failed", path) : 0;
}

/* The process named on the command line, else the attribute of the truth where it is one of judge names, else generic. */
static const char *process_of(const arguments *given, const genhep_dataset *truth)
{
    static const char *const names[] = {"zmumu", "dy", "ttbar_6q", "ttbar_jets", "zw", "cms"};
    if (given->process) return given->process;
    const char *attribute = genhep_dataset_attribute(truth, "process");
    for (size_t i = 0; attribute && i < sizeof names / sizeof *names; i++)
        if (strcmp(attribute, names[i]) == 0) return names[i];
    return "generic";
}

/* The truth: a file, or its events and those of data.subtract and data.add with signs and cross sections. */
static int open_truth(const genhep_options *options, const char *path, genhep_dataset **truth)
{
    samples s;
    if (!samples_asked(options)) return genhep_dataset_open(path, options, truth) ? fail_library() : 0;
    int result = samples_open(options, path, &s) || samples_difference(&s, truth);
    samples_close(&s);
    return result;
}

int command_evaluate(int argc, char **argv)
{
    arguments given;
    genhep_options *options = NULL;
    genhep_dataset *truth = NULL, *generated = NULL, *train = NULL, *base = NULL;
    genhep_evaluation *evaluation = NULL, *baseline = NULL;
    if (parse_arguments(argc, argv, "--json --report --process --train --baseline --seed", 2, 2,
                        "genhep evaluate TRUTH GENERATED [--train EVENTS] [--baseline EVENTS] [--json FILE] [--report DIR] "
                        "[--process NAME] [key=value ...]", &given))
        return 1;
    if (make_options(NULL, &given, "sample.threads", &options)) return 1;
    if (open_truth(options, given.positional[0], &truth)) {
        genhep_options_free(options);
        return 1;
    }
    genhep_status status = genhep_dataset_open(given.positional[1], options, &generated);
    if (!status && given.train) status = genhep_dataset_open(given.train, options, &train);
    if (!status && given.baseline) status = genhep_dataset_open(given.baseline, options, &base);
    const char *process = truth ? process_of(&given, truth) : NULL;
    if (!status) status = genhep_evaluate(truth, generated, train, process, options, &evaluation);
    if (!status && base) status = genhep_evaluate(truth, base, train, process, options, &baseline);
    int result = status ? fail_library() : 0;
    if (!result && (given.json || !given.report)) result = write_json(evaluation, given.json ? given.json : "-");
    if (!result && given.report) {
        char title[256];
        snprintf(title, sizeof title, "%s against %s", given.positional[1], given.positional[0]);
        result = genhep_cli_report(evaluation, baseline, given.report, title, stderr);
    }
    genhep_evaluation_free(evaluation);
    genhep_evaluation_free(baseline);
    genhep_dataset_free(truth);
    genhep_dataset_free(generated);
    genhep_dataset_free(train);
    genhep_dataset_free(base);
    genhep_options_free(options);
    return result;
}
