/* settings.c -- "key=value" settings of a process: checked against its keys, read back as text. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "truth.h"

void truth_say(char *message, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(message, size, format, list);
    va_end(list);
}

int truth_parse_real(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}

int truth_parse_int(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0;
}

/** Edit distance of two words, cut at 31 characters each. */
static int distance(const char *a, const char *b)
{
    int row[33], n = (int)strnlen(b, 32);
    for (int j = 0; j <= n; j++) row[j] = j;
    for (int i = 0; i < 32 && a[i]; i++) {
        int corner = row[0];
        row[0] = i + 1;
        for (int j = 0; j < n; j++) {
            int above = row[j + 1], best = corner + (a[i] != b[j]);
            if (above + 1 < best) best = above + 1;
            if (row[j] + 1 < best) best = row[j] + 1;
            corner = above;
            row[j + 1] = best;
        }
    }
    return row[n];
}

const char *truth_closest(const char *word, const char *const *words, int n)
{
    const char *best = n ? words[0] : "";
    for (int i = 1; i < n; i++)
        if (distance(word, words[i]) < distance(word, best)) best = words[i];
    return best;
}

/** Index of `word` in "a|b|c", or -1. */
static int choice_index(const char *choices, const char *word)
{
    size_t length = strlen(word);
    for (int index = 0;; index++) {
        size_t part = strcspn(choices, "|");
        if (part == length && strncmp(choices, word, part) == 0) return index;
        if (!choices[part]) return -1;
        choices += part + 1;
    }
}

/** "lo,hi", or "[lo,hi]" as in the lists of defaults. */
static int parse_range(const char *text, double *lo, double *hi)
{
    char copy[80];
    size_t length = strlen(text);
    if (length >= sizeof copy) return 0;
    memcpy(copy, text, length + 1);
    char *from = copy;
    if (length > 1 && copy[0] == '[' && copy[length - 1] == ']') copy[length - 1] = '\0', from++;
    char *comma = strchr(from, ',');
    if (!comma) return 0;
    *comma = '\0';
    return truth_parse_real(from, lo) && truth_parse_real(comma + 1, hi);
}

static int inside(const truth_key *key, double number)
{
    return number >= key->least && number <= key->most;
}

static int parse_value(const truth_process *process, const truth_key *key, const char *text, truth_value *value,
                       char *message, size_t message_size)
{
    truth_value parsed = {0};
    int fine = 0;
    char expected[120] = "";
    if (key->kind == TRUTH_CHOICE) {
        parsed.choice = choice_index(key->choices, text);
        fine = parsed.choice >= 0;
        truth_say(expected, sizeof expected, "%s", key->choices);
    } else if (key->kind == TRUTH_RANGE || key->kind == TRUTH_SPAN) {
        int same = key->kind == TRUTH_SPAN;
        fine = parse_range(text, &parsed.number, &parsed.upper) && inside(key, parsed.number) &&
               inside(key, parsed.upper) && (parsed.number < parsed.upper || (same && parsed.number == parsed.upper));
        truth_say(expected, sizeof expected, "lo,hi with %g <= lo %s hi <= %g", key->least, same ? "<=" : "<",
                  key->most);
    } else {
        fine = truth_parse_real(text, &parsed.number) && inside(key, parsed.number);
        truth_say(expected, sizeof expected, "a number from %g to %g", key->least, key->most);
    }
    if (!fine) {
        truth_say(message, message_size, "%s: found %s='%.60s', expected %s", process->name, key->name, text, expected);
        return GENHEP_E_OPTION;
    }
    *value = parsed;
    return GENHEP_OK;
}

static int unknown_key(const truth_process *process, const char *key, char *message, size_t message_size)
{
    const char *names[TRUTH_KEYS] = {0};
    char list[128] = "";
    for (int i = 0; i < process->n_keys; i++) {
        names[i] = process->keys[i].name;
        size_t used = strlen(list);
        truth_say(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    if (process->n_keys == 0)
        truth_say(message, message_size, "%s: key '%.60s' is unknown, the process has no keys", process->name, key);
    else
        truth_say(message, message_size, "%s: key '%.60s' is unknown, the closest is '%s' of %s", process->name, key,
                  truth_closest(key, names, process->n_keys), list);
    return GENHEP_E_OPTION;
}

static int apply(truth_run *run, const char *setting, char *message, size_t message_size)
{
    const truth_process *process = run->process;
    char name[64];
    size_t length = strcspn(setting, "=");
    truth_say(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1, setting);
    if (setting[length] != '=') {
        truth_say(message, message_size, "%s: found '%.60s', expected key=value", process->name, setting);
        return GENHEP_E_OPTION;
    }
    for (int i = 0; i < process->n_keys; i++) {
        if (strcmp(name, process->keys[i].name) != 0) continue;
        if (run->value[i].given) {
            truth_say(message, message_size, "%s: found key '%s' twice, expected it once", process->name, name);
            return GENHEP_E_OPTION;
        }
        const char *text = setting + length + 1;
        int status = parse_value(process, &process->keys[i], text, &run->value[i], message, message_size);
        run->value[i].given = status == GENHEP_OK;
        return status;
    }
    return unknown_key(process, name, message, message_size);
}

int truth_open(const truth_process *process, char *const *settings, int n_settings, truth_run *run, char *message,
               size_t message_size)
{
    *run = (truth_run){.process = process, .stream = process->stream, .n_columns = process->n_columns, .columns = process->columns};
    for (int i = 0; i < process->n_keys; i++) {
        const truth_key *key = &process->keys[i];
        int status = parse_value(process, key, key->standard, &run->value[i], message, message_size);
        if (status) return status;
    }
    for (int i = 0; i < n_settings; i++) {
        int status = apply(run, settings[i], message, message_size);
        if (status) return status;
    }
    return process->prepare ? process->prepare(run, message, message_size) : GENHEP_OK;
}

void truth_close(truth_run *run)
{
    free(run->tables);
    run->tables = NULL;
}

void truth_settings(const truth_run *run, char *text, size_t size)
{
    if (size) text[0] = '\0';
    for (int i = 0; i < run->process->n_keys; i++) {
        const truth_key *key = &run->process->keys[i];
        const truth_value *value = &run->value[i];
        size_t used = strlen(text);
        char *at = text + used;
        const char *blank = i ? " " : "";
        if (key->kind == TRUTH_RANGE || key->kind == TRUTH_SPAN) {
            truth_say(at, size - used, "%s%s=%.10g,%.10g", blank, key->name, value->number, value->upper);
        } else if (key->kind == TRUTH_REAL) {
            truth_say(at, size - used, "%s%s=%.10g", blank, key->name, value->number);
        } else {
            const char *word = key->choices;
            for (int skip = value->choice; skip > 0; skip--) word += strcspn(word, "|") + 1;
            truth_say(at, size - used, "%s%s=%.*s", blank, key->name, (int)strcspn(word, "|"), word);
        }
    }
}
