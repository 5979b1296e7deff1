/* report.h -- a folder that shows an evaluation: plots, figures.json and one self-contained page. */
#ifndef GENHEP_REPORT_H
#define GENHEP_REPORT_H

#include <stdio.h>

#include "genhep/genhep.h"

/** Write FOLDER/index.html (no scripts, no links, plots embedded), FOLDER/figures.json, FOLDER/overview.png and, per
 * observable, FOLDER/plots/NN_name.png with the data (.dat) and gnuplot script (.gp) it was made from. The folder is
 * created if need be. gnuplot is taken from PATH.
 * @param baseline  a second evaluation against the same truth (the `independent` model), shown beside the first, or
 * NULL
 * @param errors    gets one line per failure
 * @return 0 when everything was written; 1 when a file could not be written; 2 when gnuplot is missing or failed and
 * the page was written without plots */
int genhep_cli_report(const genhep_evaluation *evaluation, const genhep_evaluation *baseline, const char *folder,
                      const char *title, FILE *errors);

#endif
