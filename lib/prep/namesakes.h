/* namesakes.h -- coordinates of targets and of conditions that have the same name but for the prefix of their columns: cos(part_lm)
 * and cos(det_lm). Tests: tests/unit/test_reference.c. */
#ifndef GH_NAMESAKES_H
#define GH_NAMESAKES_H

#include "prep/prep.h"

/** A chain and the d names of the columns that it was fitted on. The prefix is what all of them share up to its last '_'. */
typedef struct gh_named {
    const gh_prep *chain;
    char *const *columns;
    int64_t d;
} gh_named;

/** partner[j]: the coordinate of `conditions` with the name of coordinate j of `targets`; -1 where there is none or j is discrete.
 * @return how many have one */
int64_t gh_namesakes(const gh_named *targets, const gh_named *conditions, int64_t *partner);

#endif
