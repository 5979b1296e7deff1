/* namesakes.c -- see namesakes.h. */
#include "prep/namesakes.h"

#include <string.h>

#include "prep/prep_handle.h"

static int64_t common_prefix(const gh_named *named)
{
    const char *first = named->columns[0];
    int64_t length = (int64_t)strlen(first);
    for (int64_t j = 1; j < named->d; j++) {
        int64_t same = 0;
        while (same < length && named->columns[j][same] == first[same]) same++;
        length = same;
    }
    while (length > 0 && first[length - 1] != '_') length--;
    return length;
}

/* `name` without each occurrence of the prefix that starts a word, into at most 255 bytes. */
static void bare_name(const char *name, const char *prefix, int64_t length, char bare[256])
{
    int64_t n = 0;
    for (const char *c = name; *c && n < 255;) {
        int starts = c == name || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", c[-1]);
        if (starts && length > 0 && strncmp(c, prefix, (size_t)length) == 0) c += length;
        else bare[n++] = *c++;
    }
    bare[n] = '\0';
}

int64_t gh_namesakes(const gh_named *targets, const gh_named *conditions, int64_t *partner)
{
    const int64_t of_targets = common_prefix(targets), of_conditions = common_prefix(conditions);
    int64_t pairs = 0;
    char name[256], other[256];
    for (int64_t j = 0; j < gh_prep_width(targets->chain); j++) {
        partner[j] = -1;
        if (targets->chain->out.list[j].kind == GH_COORDINATE_DISCRETE) continue;
        bare_name(gh_prep_name(targets->chain, j), targets->columns[0], of_targets, name);
        for (int64_t k = 0; k < gh_prep_width(conditions->chain) && partner[j] < 0; k++) {
            bare_name(gh_prep_name(conditions->chain, k), conditions->columns[0], of_conditions, other);
            if (strcmp(name, other) == 0) partner[j] = k;
        }
        pairs += partner[j] >= 0;
    }
    return pairs;
}
