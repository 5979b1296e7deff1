/* columns.c -- choosing columns by names and patterns. */
#include <string.h>

#include "base/text.h"
#include "data/dataset.h"

int gh_pattern_match(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL; /* last '*' and the place in name that it has eaten up to */
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++resume;
        } else {
            return 0;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == '\0';
}

static const char *closest_name(const char *wanted, const char *const *names, int64_t d)
{
    const char *best = names[0];
    int least = INT32_MAX;
    for (int64_t j = 0; j < d; j++) {
        int distance = gh_edit_distance(wanted, names[j]);
        if (distance < least) least = distance, best = names[j];
    }
    return best;
}

static int already_chosen(const int64_t *indices, int64_t count, int64_t index)
{
    for (int64_t i = 0; i < count; i++)
        if (indices[i] == index) return 1;
    return 0;
}

gh_status gh_select_columns(const char *key, const char *patterns, const char *const *names, int64_t d, int64_t *indices,
                            int64_t *count)
{
    enum { LONGEST = 255 };
    *count = 0;
    const char *entry = patterns ? patterns : "", *stop = entry + strlen(entry);
    const char *first = entry, *last = stop;
    gh_trim(&first, &last);
    if (first == last) {
        for (int64_t j = 0; j < d; j++) indices[j] = j;
        *count = d;
        return GENHEP_OK;
    }
    while (entry <= stop) {
        const char *comma = memchr(entry, ',', (size_t)(stop - entry)), *begin = entry, *end = comma ? comma : stop;
        char pattern[LONGEST + 1];
        int64_t matches = 0;
        entry = end + 1;
        gh_trim(&begin, &end);
        if (begin == end) GH_FAIL(GENHEP_E_OPTION, "%s = '%.120s' has an empty entry", key, patterns);
        if (end - begin > LONGEST)
            GH_FAIL(GENHEP_E_OPTION, "%s: an entry of %lld characters, expected at most %d", key,
                    (long long)(end - begin), LONGEST);
        memcpy(pattern, begin, (size_t)(end - begin));
        pattern[end - begin] = '\0';
        for (int64_t j = 0; j < d; j++) {
            if (!gh_pattern_match(pattern, names[j])) continue;
            matches++;
            if (!already_chosen(indices, *count, j)) indices[(*count)++] = j;
        }
        if (!matches)
            GH_FAIL(GENHEP_E_OPTION, "%s: no column matches '%s'; the closest is '%.80s'", key, pattern,
                    d > 0 ? closest_name(pattern, names, d) : "");
    }
    return GENHEP_OK;
}
