/* chain.c -- reading the option `prep`: "stage, stage(argument, ...), ...", and the table of stages. */
#include <string.h>

#include "base/text.h"
#include "prep/stage.h"

static const gh_stage_class *const classes[] = {
    &gh_stage_identity, &gh_stage_maxabs,  &gh_stage_standardise, &gh_stage_minmax,   &gh_stage_scale,
    &gh_stage_log,      &gh_stage_logit,   &gh_stage_resonance,   &gh_stage_quantile, &gh_stage_periodic,
    &gh_stage_azimuth,  &gh_stage_momenta, &gh_stage_ptetaphi,    &gh_stage_tree,     &gh_stage_pair,
    &gh_stage_category, &gh_stage_flags,   &gh_stage_quantile_by, &gh_stage_root,     &gh_stage_suppress,
    &gh_stage_sums,     &gh_stage_drop,    &gh_stage_ptcut,       &gh_stage_reach,    &gh_stage_dilepton,
    &gh_stage_objects};

gh_status gh_stage_class_find(const char *name, const char *where, gh_status code, const gh_stage_class **type)
{
    const char *closest = "";
    int least = INT32_MAX;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        int distance = gh_edit_distance(name, classes[i]->name);
        if (distance == 0) {
            *type = classes[i];
            return GENHEP_OK;
        }
        if (distance < least) least = distance, closest = classes[i]->name;
    }
    GH_FAIL(code, "%s: unknown stage '%.80s', the closest is '%s'", where, name, closest);
}

static gh_status copy_range(const gh_hooks *hooks, const char *begin, const char *end, char **copy)
{
    gh_trim(&begin, &end);
    GH_TRY(gh_alloc(hooks, copy, end - begin + 1, 1));
    memcpy(*copy, begin, (size_t)(end - begin));
    return GENHEP_OK;
}

/* One past the piece at `begin`: the next comma outside parentheses, or the end. NULL when parentheses do not match. */
static const char *piece_end(const char *begin, const char *end)
{
    int depth = 0;
    for (const char *c = begin; c < end; c++) {
        if (*c == '(') depth++;
        else if (*c == ')' && --depth < 0) return NULL;
        else if (*c == ',' && depth == 0) return c;
    }
    return depth ? NULL : end;
}

static gh_status parse_arguments(const gh_hooks *hooks, const char *begin, const char *end, const char *chain,
                                 gh_arguments *arguments)
{
    int64_t most = 1;
    for (const char *c = begin; c < end; c++) most += *c == ',';
    GH_TRY(copy_range(hooks, begin, end, &arguments->text));
    GH_TRY(gh_strdup(hooks, arguments->text, &arguments->split));
    GH_TRY(gh_alloc(hooks, &arguments->items, most, sizeof *arguments->items));
    char *text = arguments->split, *last = text + strlen(text);
    while (text < last) {
        const char *stop = piece_end(text, last);
        if (!stop) GH_FAIL(GENHEP_E_OPTION, "prep = '%.200s': the parentheses do not match", chain);
        const char *a = text, *b = stop;
        gh_trim(&a, &b);
        if (a == b) GH_FAIL(GENHEP_E_OPTION, "prep = '%.200s': an argument is empty", chain);
        text = (char *)stop + 1;
        arguments->split[b - arguments->split] = '\0';
        arguments->items[arguments->count++] = arguments->split + (a - arguments->split);
    }
    return GENHEP_OK;
}

static gh_status parse_stage(const char *begin, const char *end, const char *text, gh_chain *chain)
{
    gh_trim(&begin, &end);
    if (begin == end) GH_FAIL(GENHEP_E_OPTION, "prep = '%.200s': a stage is empty", text);
    const char *open = memchr(begin, '(', (size_t)(end - begin));
    if (open && end[-1] != ')')
        GH_FAIL(GENHEP_E_OPTION, "prep = '%.200s': '%.*s' goes on behind its arguments", text, (int)(end - begin),
                begin);
    int64_t k = chain->count++;
    GH_TRY(copy_range(&chain->hooks, begin, open ? open : end, &chain->names[k]));
    return parse_arguments(&chain->hooks, open ? open + 1 : end, open ? end - 1 : end, text, &chain->arguments[k]);
}

gh_status gh_chain_parse(const gh_hooks *hooks, const char *text, gh_chain *chain)
{
    int64_t most = 1;
    for (const char *c = text; *c; c++) most += *c == ',';
    memset(chain, 0, sizeof *chain);
    chain->hooks = *hooks;
    GH_TRY(gh_alloc(hooks, &chain->names, most, sizeof *chain->names));
    GH_TRY(gh_alloc(hooks, &chain->arguments, most, sizeof *chain->arguments));
    const char *begin = text, *end = text + strlen(text);
    for (;;) {
        const char *stop = piece_end(begin, end);
        if (!stop) GH_FAIL(GENHEP_E_OPTION, "prep = '%.200s': the parentheses do not match", text);
        GH_TRY(parse_stage(begin, stop, text, chain));
        if (stop == end) return GENHEP_OK;
        begin = stop + 1;
    }
}

void gh_chain_free(gh_chain *chain)
{
    for (int64_t i = 0; i < chain->count; i++) {
        if (chain->names) gh_free(&chain->hooks, chain->names[i]);
        if (!chain->arguments) continue;
        gh_free(&chain->hooks, chain->arguments[i].text);
        gh_free(&chain->hooks, chain->arguments[i].split);
        gh_free(&chain->hooks, chain->arguments[i].items);
    }
    if (chain->names) gh_free(&chain->hooks, chain->names);
    if (chain->arguments) gh_free(&chain->hooks, chain->arguments);
    chain->names = NULL;
    chain->arguments = NULL;
    chain->count = 0;
}
