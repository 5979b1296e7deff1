/* class_table.h -- which classes a subtraction has and to which samples each belongs:
 *   classes = B-S: base ; S: base subtract ; A: add ; S only: subtract
 * A sample (set) is the sum of its classes. What is wanted of them is said by a sum of names, 'B-S, A', signed entries
 * ('-S only' counts negatively), or `difference`: every class [in base] - [in subtract] + [in add] times. */
#ifndef GH_CLASS_TABLE_H
#define GH_CLASS_TABLE_H

#include "loss/classes.h"

enum { GH_SET_BASE = 0, GH_SET_SUBTRACT = 1, GH_SET_ADD = 2, GH_SET_KINDS = 9, GH_CLASS_NAME = 48 };

typedef struct gh_class_table {
    int64_t classes; /* C, 0 for a model without */
    char name[GH_CLASSES][GH_CLASS_NAME];
    int64_t sets;               /* that the table names, in the order of gh_set_name */
    int kind[GH_SET_KINDS];     /* of set s */
    uint32_t members[GH_SET_KINDS]; /* of set s: bit k for class k */
} gh_class_table;

/** "base", "subtract", "add", "subtract2", "add2", ... "add4". */
const char *gh_set_name(int kind);

/** How often a sample counts in base minus subtract plus add: 1, or -1 where it is taken away. */
int gh_set_sign(int kind);

/** Read a table. GENHEP_E_OPTION naming what is wrong: fewer than 2 or more than GH_CLASSES classes, a clause without a
 * name or samples, an unknown sample, a name that stands twice or cannot be written in a sum, two classes of the same
 * samples, no class of base, nothing but base, two samples of the same classes. */
gh_status gh_class_table_parse(const char *text, gh_class_table *table);

/** coefficient[k] = how often class k counts in the sum `text`; empty: the first class. GENHEP_E_OPTION: unknown or repeated
 * names, nothing left. */
gh_status gh_class_table_sum(const gh_class_table *table, const char *text, int32_t coefficient[GH_CLASSES]);

/** Cross section of every class: the shares `fraction` of generated events, scaled so that each sample has its own (the
 * closest such numbers in relative entropy, by iterated scaling). sigma (sets). Zero everywhere without base events. */
void gh_class_table_sigmas(const gh_class_table *table, const double *sigma, const double *fraction, double *class_sigma);

#endif
