/* options_table.h -- the option table in print, for `genhep --help` and docs/options/README.md. */
#ifndef GENHEP_CLI_OPTIONS_TABLE_H
#define GENHEP_CLI_OPTIONS_TABLE_H

#include <stdio.h>

/** Print every option, grouped by the first word of its key, as Markdown or as plain text of at most 100 columns.
 * @return 0, or -1 when the stream has failed */
int genhep_cli_print_options(FILE *out, int markdown);

#endif
