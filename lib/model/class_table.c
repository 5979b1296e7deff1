/* class_table.c -- reading the table of classes and sums of classes. Tests: tests/unit/test_class_table.c. */
#include "model/class_table.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static const char *const set_names[GH_SET_KINDS] = {"base", "subtract", "add", "subtract2", "add2", "subtract3", "add3", "subtract4", "add4"};

const char *gh_set_name(int kind)
{
    return set_names[kind];
}

int gh_set_sign(int kind)
{
    return set_names[kind][0] == 's' ? -1 : 1;
}

/* The next piece of text up to one of `ends`, blanks around it dropped; *text moves behind it. 0 at the end of the text. */
static int next_piece(const char **text, const char *ends, const char **begin, const char **end)
{
    if (!*text) return 0;
    size_t n = strcspn(*text, ends);
    *begin = *text;
    *end = *text + n;
    *text = (*text)[n] ? *text + n + 1 : NULL;
    gh_trim(begin, end);
    return 1;
}

static int64_t find_class(const gh_class_table *table, const char *name, size_t length)
{
    for (int64_t k = 0; k < table->classes; k++)
        if (strlen(table->name[k]) == length && memcmp(table->name[k], name, length) == 0) return k;
    return -1;
}

static gh_status add_name(gh_class_table *table, const char *begin, const char *end)
{
    const size_t length = (size_t)(end - begin);
    if (length < 1 || length >= GH_CLASS_NAME)
        GH_FAIL(GENHEP_E_OPTION, "option 'classes': class %lld has a name of %zu bytes, expected 1 to %d", (long long)table->classes, length,
                GH_CLASS_NAME - 1);
    if (*begin == '-' || *begin == '+' || memchr(begin, ',', length) || (length == 10 && memcmp(begin, "difference", 10) == 0))
        GH_FAIL(GENHEP_E_OPTION, "option 'classes': the name '%.*s' cannot stand in a sum of classes; expected no sign in front, no comma, "
                "not 'difference'", (int)length, begin);
    if (find_class(table, begin, length) >= 0) GH_FAIL(GENHEP_E_OPTION, "option 'classes': class '%.*s' stands twice", (int)length, begin);
    memcpy(table->name[table->classes], begin, length);
    table->name[table->classes][length] = '\0';
    return GENHEP_OK;
}

/* One clause 'name: set set'; of[k] = its sets as bits. */
static gh_status add_class(gh_class_table *table, const char *begin, const char *end, uint32_t of[GH_CLASSES])
{
    const char *colon = memchr(begin, ':', (size_t)(end - begin)), *name_end = colon;
    uint32_t sets = 0;
    if (table->classes == GH_CLASSES) GH_FAIL(GENHEP_E_OPTION, "option 'classes': more than %d classes", GH_CLASSES);
    if (!colon)
        GH_FAIL(GENHEP_E_OPTION, "option 'classes': '%.*s' has no colon, expected 'name: base subtract add'", (int)(end - begin), begin);
    gh_trim(&begin, &name_end);
    GH_TRY(add_name(table, begin, name_end));
    for (const char *c = colon + 1; c < end;) {
        while (c < end && *c == ' ') c++;
        const char *word = c;
        int kind = -1;
        while (c < end && *c != ' ') c++;
        if (c == word) break;
        for (int s = 0; s < GH_SET_KINDS; s++)
            if (strlen(set_names[s]) == (size_t)(c - word) && memcmp(set_names[s], word, (size_t)(c - word)) == 0) kind = s;
        if (kind < 0)
            GH_FAIL(GENHEP_E_OPTION, "option 'classes': class '%s' names the sample '%.*s', expected base, subtract, add, subtract2, add2 ... add4",
                    table->name[table->classes], (int)(c - word), word);
        sets |= 1u << kind;
    }
    if (!sets) GH_FAIL(GENHEP_E_OPTION, "option 'classes': class '%s' belongs to no sample", table->name[table->classes]);
    for (int64_t k = 0; k < table->classes; k++)
        if (of[k] == sets)
            GH_FAIL(GENHEP_E_OPTION, "option 'classes': '%s' and '%s' belong to the same samples, nothing tells them apart", table->name[k],
                    table->name[table->classes]);
    of[table->classes++] = sets;
    return GENHEP_OK;
}

static gh_status collect_sets(gh_class_table *table, const uint32_t *of)
{
    for (int kind = 0; kind < GH_SET_KINDS; kind++) {
        uint32_t members = 0;
        for (int64_t k = 0; k < table->classes; k++)
            if (of[k] >> kind & 1) members |= 1u << k;
        if (!members) continue;
        for (int64_t s = 0; s < table->sets; s++)
            if (table->members[s] == members)
                GH_FAIL(GENHEP_E_OPTION, "option 'classes': %s and %s have the same classes", set_names[table->kind[s]], set_names[kind]);
        table->kind[table->sets] = kind;
        table->members[table->sets++] = members;
    }
    if (!table->sets || table->kind[0] != GH_SET_BASE) GH_FAIL(GENHEP_E_OPTION, "option 'classes': no class belongs to base");
    if (table->sets < 2) GH_FAIL(GENHEP_E_OPTION, "option 'classes': no class belongs to subtract or add");
    return GENHEP_OK;
}

gh_status gh_class_table_parse(const char *text, gh_class_table *table)
{
    uint32_t of[GH_CLASSES] = {0};
    const char *begin, *end;
    memset(table, 0, sizeof *table);
    if (!text[strspn(text, " ")])
        GH_FAIL(GENHEP_E_OPTION, "option 'classes' is empty, expected a table such as 'B-S: base ; S: base subtract'");
    while (next_piece(&text, ";", &begin, &end))
        if (begin < end) GH_TRY(add_class(table, begin, end, of));
    if (table->classes < 2) GH_FAIL(GENHEP_E_OPTION, "option 'classes': found %lld classes, expected at least 2", (long long)table->classes);
    return collect_sets(table, of);
}

static void add_difference(const gh_class_table *table, int32_t sign, int32_t coefficient[GH_CLASSES])
{
    for (int64_t s = 0; s < table->sets; s++)
        for (int64_t k = 0; k < table->classes; k++)
            if (table->members[s] >> k & 1) coefficient[k] += gh_set_sign(table->kind[s]) * sign;
}

gh_status gh_class_table_sum(const gh_class_table *table, const char *text, int32_t coefficient[GH_CLASSES])
{
    const char *begin, *end;
    int any = 0;
    memset(coefficient, 0, GH_CLASSES * sizeof *coefficient);
    if (!text[strspn(text, " ")]) {
        coefficient[0] = 1;
        return GENHEP_OK;
    }
    while (next_piece(&text, ",", &begin, &end)) {
        int32_t sign = 1;
        if (begin < end && (*begin == '-' || *begin == '+')) {
            sign = *begin++ == '-' ? -1 : 1;
            gh_trim(&begin, &end);
        }
        if (end - begin == 10 && memcmp(begin, "difference", 10) == 0) {
            add_difference(table, sign, coefficient);
            continue;
        }
        int64_t k = find_class(table, begin, (size_t)(end - begin));
        if (k < 0) {
            char known[GH_CLASSES * (GH_CLASS_NAME + 2)] = "";
            for (int64_t c = 0; c < table->classes; c++) {
                if (c) strcat(known, ", ");
                strcat(known, table->name[c]);
            }
            GH_FAIL(GENHEP_E_OPTION, "option 'subtract.class': found '%.*s', expected difference, or some of %s", (int)(end - begin), begin, known);
        }
        if (coefficient[k]) GH_FAIL(GENHEP_E_OPTION, "option 'subtract.class': class '%s' stands twice", table->name[k]);
        coefficient[k] = sign;
    }
    for (int64_t k = 0; k < table->classes; k++) any |= coefficient[k] != 0;
    if (!any) GH_FAIL(GENHEP_E_OPTION, "option 'subtract.class': no class is left");
    return GENHEP_OK;
}

void gh_class_table_sigmas(const gh_class_table *table, const double *sigma, const double *fraction, double *class_sigma)
{
    enum { ROUNDS = 500 };
    double base = 0;
    for (int64_t k = 0; k < table->classes; k++)
        if (table->members[0] >> k & 1) base += fraction[k];
    for (int64_t k = 0; k < table->classes; k++) class_sigma[k] = base > 0 ? fraction[k] * sigma[0] / base : 0;
    for (int round = 0; base > 0 && round < ROUNDS; round++) {
        double worst = 0;
        for (int64_t s = table->sets - 1; s >= 0; s--) { /* base last */
            double sum = 0;
            for (int64_t k = 0; k < table->classes; k++)
                if (table->members[s] >> k & 1) sum += class_sigma[k];
            if (!(sum > 0)) continue;
            for (int64_t k = 0; k < table->classes; k++)
                if (table->members[s] >> k & 1) class_sigma[k] *= sigma[s] / sum;
            worst = fmax(worst, fabs(sigma[s] / sum - 1));
        }
        if (worst < 1e-14) break;
    }
}
