/* kept.c -- see kept.h. */
#include "model/kept.h"

#include <string.h>

#include "base/text.h"

gh_status gh_kept_plan(genhep_model *model)
{
    const char *text = gh_option_text(model->options, "generator.keep"), *stop = text + strlen(text);
    if (text[strspn(text, " \t,")] == '\0') return GENHEP_OK;
    GH_TRY(gh_alloc(&model->hooks, &model->kept, model->p, sizeof *model->kept));
    for (const char *at = text; at < stop;) {
        const char *end = memchr(at, ',', (size_t)(stop - at)), *next = end ? end + 1 : stop;
        char pattern[256];
        int found = 0;
        if (!end) end = stop;
        gh_trim(&at, &end);
        if (end - at >= (int64_t)sizeof pattern) GH_FAIL(GENHEP_E_OPTION, "option 'generator.keep': found a name of more than 255 characters");
        memcpy(pattern, at, (size_t)(end - at));
        pattern[end - at] = '\0';
        for (int64_t j = 0; j < model->p; j++)
            if (gh_pattern_match(pattern, gh_prep_name(model->prep, j))) model->kept[j] = found = 1;
        if (!found && pattern[0]) GH_FAIL(GENHEP_E_OPTION, "option 'generator.keep': '%.80s' is no coordinate", pattern);
        at = next;
    }
    return GENHEP_OK;
}
