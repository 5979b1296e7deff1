/* report.c -- the folder of a report: its files, in order. */
#include "report_parts.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void report_plot_name(int64_t index, const char *observable, char name[REPORT_NAME])
{
    int n = snprintf(name, REPORT_NAME, "%02lld_", (long long)index);
    for (const char *c = observable; *c && n < REPORT_NAME - 1; c++) {
        if (isalnum((unsigned char)*c)) name[n++] = *c;
        else if (*c == '+') n += snprintf(name + n, (size_t)(REPORT_NAME - n), "p") > 0;
        else if (*c == '-') n += snprintf(name + n, (size_t)(REPORT_NAME - n), "m") > 0;
        else if (name[n - 1] != '_') name[n++] = '_';
    }
    while (n > 3 && name[n - 1] == '_') n--;
    name[n] = '\0';
}

FILE *report_create(const report *r, const char *name)
{
    char path[REPORT_PATH];
    int n = snprintf(path, sizeof path, "%s/%s", r->folder, name);
    FILE *file = n < (int)sizeof path ? fopen(path, "wb") : NULL;
    if (!file)
        fprintf(r->errors, "genhep: report: cannot write %s/%s: %s\n", r->folder, name,
                n < (int)sizeof path ? strerror(errno) : "the name is too long");
    return file;
}

int report_close(const report *r, FILE *file, const char *name)
{
    int bad = ferror(file);
    if (fclose(file) != 0 || bad) {
        fprintf(r->errors, "genhep: report: cannot write %s/%s: %s\n", r->folder, name, strerror(errno));
        return 1;
    }
    return 0;
}

int report_baseline_observable(const report *r, const char *name, genhep_observable *observable)
{
    for (int64_t k = 0; r->baseline && k < genhep_evaluation_observables(r->baseline); k++) {
        memset(observable, 0, sizeof *observable);
        observable->struct_size = sizeof *observable;
        if (genhep_evaluation_observable(r->baseline, k, observable) == GENHEP_OK &&
            strcmp(observable->name, name) == 0)
            return 1;
    }
    return 0;
}

int report_folder(const report *r, const char *below)
{
    char path[REPORT_PATH];
    int n = snprintf(path, sizeof path, "%s%s", r->folder, below);
    if (n < (int)sizeof path && (mkdir(path, 0777) == 0 || errno == EEXIST)) {
        struct stat info;
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return 0;
        errno = ENOTDIR;
    }
    fprintf(r->errors, "genhep: report: cannot create folder %s%s: %s\n", r->folder, below, strerror(errno));
    return 1;
}

static int write_figures(const report *r)
{
    FILE *file = report_create(r, "figures.json");
    if (!file) return 1;
    fputs(genhep_evaluation_json(r->evaluation), file);
    return report_close(r, file, "figures.json");
}

int genhep_cli_report(const genhep_evaluation *evaluation, const genhep_evaluation *baseline, const char *folder,
                      const char *title, FILE *errors)
{
    const report r = {evaluation, baseline, folder, title ? title : "Evaluation", errors};
    if (report_folder(&r, "") || report_folder(&r, "/plots") || write_figures(&r)) return 1;
    int plots = report_plots(&r);
    if (plots == 1) return 1;
    return report_page(&r) ? 1 : plots;
}
