/* decimal.h -- numbers as short decimal text, quickly and in no locale. */
#ifndef GH_DECIMAL_H
#define GH_DECIMAL_H

/** The fewest of 6..9 (float) or 15..17 (double) significant digits that read back the same; finite values.
 * @param buf at least 40 bytes; @return the length, a NUL follows */
int gh_decimal(char *buf, double value, int is_float);

#endif
