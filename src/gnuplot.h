/* gnuplot.h -- running gnuplot from PATH in a folder. */
#ifndef GENHEP_GNUPLOT_H
#define GENHEP_GNUPLOT_H

#include <stdio.h>

/** Run gnuplot with these arguments (the program first, NULL last) in FOLDER; its messages go to FOLDER/plots/gnuplot.log,
 * which stays only after a failure. @return 0, or 2 with one line to `errors`: it is missing or failed */
int run_gnuplot(const char *folder, FILE *errors, char **arguments);

/** A text in gnuplot's single quotes. */
void gnuplot_quoted(FILE *file, const char *text);

#endif
