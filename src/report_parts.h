/* report_parts.h -- what the files of the report share. */
#ifndef GENHEP_REPORT_PARTS_H
#define GENHEP_REPORT_PARTS_H

#include "report.h"

enum { REPORT_PATH = 1024, REPORT_NAME = 64, REPORT_OVERVIEW = 6 };

/** What is shown, and where it goes. */
typedef struct report {
    const genhep_evaluation *evaluation;
    const genhep_evaluation *baseline; /* or NULL */
    const char *folder;
    const char *title;
    FILE *errors;
} report;

/** Name of the plot of observable `index` without folder and ending: "03_pt_mum", letters, digits and _ only. */
void report_plot_name(int64_t index, const char *observable, char name[REPORT_NAME]);

/** Open FOLDER/name for writing; on failure one line to report->errors and NULL. */
FILE *report_create(const report *r, const char *name);

/** Create FOLDER + below where it is not there; on failure one line to report->errors and 1. */
int report_folder(const report *r, const char *below);

/** Close a written file; 0, or 1 with a line when something did not reach the disk. */
int report_close(const report *r, FILE *file, const char *name);

/** The observable of the baseline with the same name, 0 when there is none. */
int report_baseline_observable(const report *r, const char *name, genhep_observable *observable);

/** Write data and scripts of all plots and run gnuplot: 0, 1 (a file could not be written), 2 (no plots). */
int report_plots(const report *r);

/** Write index.html with whatever plots are there. */
int report_page(const report *r);

/** JSON reading for what has no figure of its own. Values are places in the text; NULL is passed through. */
const char *report_json_member(const char *object, const char *key);       /* value of a key, NULL when absent */
const char *report_json_next(const char *object, const char *after, char *key, size_t capacity); /* walk an object */
const char *report_json_item(const char *array, int index);
double report_json_number(const char *value);                              /* NAN when it is none */
int report_json_text(const char *value, char *text, size_t capacity);      /* 1 when it is a text */

#endif
