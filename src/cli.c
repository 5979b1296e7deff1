/* cli.c -- parsing the command line and reporting failures. */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("genhep: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    return 1;
}

int fail_library(void)
{
    char message[512] = "";
    genhep_last_error(message, sizeof message);
    return fail("%s", message);
}

static int allowed_flag(const char *allowed, const char *flag)
{
    size_t length = strlen(flag);
    for (const char *at = allowed; (at = strstr(at, flag)); at += length)
        if ((at == allowed || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return 1;
    return 0;
}

/* The value of a flag, where it was given. */
static int whole_number(const char *flag, const char *text, int64_t least, int64_t *value)
{
    char *end;
    if (!text) return 0;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end != text && (*end == 'e' || *end == 'E')) { /* 1e6 */
        const double real = strtod(text, &end);
        if (!(real >= 0 && real <= 9e15) || real != (double)(long long)real) end = (char *)text;
        else n = (long long)real;
    }
    if (errno || *end || end == text || n < least)
        return fail("%s: found '%s', expected a whole number of at least %lld", flag, text, (long long)least);
    *value = n;
    return 0;
}

int parse_arguments(int argc, char **argv, const char *allowed, int least, int most, const char *usage, arguments *result)
{
    const char *count = NULL, *repeat = NULL;
    const struct { const char *flag; const char **target; } flags[] = {
        {"-o", &result->output}, {"--seed", &result->seed}, {"--stream", &result->stream}, {"--threads", &result->threads},
        {"--resume", &result->resume}, {"--json", &result->json}, {"--report", &result->report}, {"--process", &result->process},
        {"--train", &result->train}, {"--baseline", &result->baseline},
        {"--condition", &result->condition}, {"--plane", &result->plane}, {"--along", &result->along}, {"--vary", &result->vary},
        {"--condition", &result->condition}, {"--method", &result->method}, {"--model", &result->model},
        {"--unweighted", &result->unweighted}, {"--repeat", &repeat}, {"-n", &count}};
    memset(result, 0, sizeof *result);
    result->n = result->repeat = -1;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] == '-' && word[1]) {
            size_t k = 0, n = sizeof flags / sizeof *flags;
            while (k < n && strcmp(flags[k].flag, word) != 0) k++;
            if (k == n || !allowed_flag(allowed, word)) return fail("unknown flag '%s'; usage: %s", word, usage);
            if (++i == argc) return fail("flag '%s' needs a value; usage: %s", word, usage);
            *flags[k].target = argv[i];
        } else if (strchr(word, '=')) {
            if (result->n_settings == (int)(sizeof result->settings / sizeof *result->settings)) return fail("too many settings");
            result->settings[result->n_settings++] = word;
        } else {
            if (result->n_positional == most) return fail("unexpected argument '%s'; usage: %s", word, usage);
            result->positional[result->n_positional++] = word;
        }
    }
    if (result->n_positional < least) return fail("too few arguments; usage: %s", usage);
    return whole_number("-n", count, 0, &result->n) || whole_number("--repeat", repeat, 1, &result->repeat);
}

int make_options(const char *card, const arguments *given, const char *threads_key, genhep_options **options)
{
    const struct { const char *key, *value; } flags[] = {
        {"seed", given->seed}, {"sample.stream", given->stream}, {threads_key, given->threads}};
    genhep_status status = genhep_options_create(options);
    if (!status && card) status = genhep_options_read_card(*options, card);
    for (int i = 0; !status && i < given->n_settings; i++) status = genhep_options_parse(*options, given->settings[i]);
    for (size_t i = 0; !status && i < sizeof flags / sizeof *flags; i++)
        if (flags[i].value) status = genhep_options_set(*options, flags[i].key, flags[i].value);
    if (!status) return 0;
    genhep_options_free(*options);
    *options = NULL;
    return fail_library();
}

genhep_status select_model_columns(const genhep_model *model, genhep_options *options)
{
    size_t used = 0, capacity = 1;
    genhep_status status = GENHEP_OK;
    for (int64_t k = 0; k < genhep_model_columns(model); k++) {
        genhep_column column = {.struct_size = sizeof column};
        genhep_model_column(model, k, &column);
        capacity += strlen(column.name) + 1;
    }
    char *names = calloc(capacity, 1);
    if (!names) return GENHEP_E_NOMEM;
    for (int64_t k = 0; k < genhep_model_columns(model); k++) {
        genhep_column column = {.struct_size = sizeof column};
        genhep_model_column(model, k, &column);
        used += (size_t)snprintf(names + used, capacity - used, "%s%s", k ? "," : "", column.name);
    }
    status = genhep_options_set_text(options, "data.columns", names);
    free(names);
    return status;
}

const char *process_of(const arguments *given, const char *attribute)
{
    static const char *const names[] = {"zmumu", "dy", "ttbar_6q", "ttbar_jets", "zw", "cms"};
    if (given->process) return given->process;
    for (size_t i = 0; attribute && i < sizeof names / sizeof *names; i++)
        if (strcmp(attribute, names[i]) == 0) return names[i];
    return "generic";
}

genhep_status model_table(const genhep_model *model, const genhep_options *options, int64_t n, const double *rows, genhep_dataset **table)
{
    const int64_t D = genhep_model_columns(model);
    const char **names = malloc((size_t)(2 * D) * sizeof *names);
    if (!names) return GENHEP_E_NOMEM;
    const char **units = names + D;
    for (int64_t k = 0; k < D; k++) {
        genhep_column column = {.struct_size = sizeof column};
        genhep_model_column(model, k, &column);
        names[k] = column.name;
        units[k] = column.unit;
    }
    genhep_status status = genhep_dataset_from_arrays(options, n, D, names, units, rows, D, NULL, table);
    free(names);
    return status;
}
