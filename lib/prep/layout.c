/* layout.c -- the list of coordinates between two stages, and helpers that every stage shares. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "prep/stage.h"

gh_status gh_layout_add(gh_layout *layout, enum gh_coordinate_kind kind, enum gh_coordinate_angle angle,
                        const char *format, ...)
{
    char name[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    if (length < 1 || length >= (int)sizeof name)
        GH_FAIL(GENHEP_E_OPTION, "prep: a coordinate name has %d characters, expected 1 to 255", length);
    if (strchr(name, '\n')) GH_FAIL(GENHEP_E_OPTION, "prep: the name '%.80s' holds a line end", name);
    if (gh_layout_find(layout, name) >= 0) GH_FAIL(GENHEP_E_OPTION, "prep: two coordinates are named '%.200s'", name);
    if (layout->count == layout->capacity) {
        int64_t capacity = layout->capacity ? 2 * layout->capacity : 32;
        GH_TRY(gh_resize(&layout->hooks, &layout->list, capacity, sizeof *layout->list));
        layout->capacity = capacity;
    }
    gh_coordinate *coordinate = &layout->list[layout->count];
    GH_TRY(gh_strdup(&layout->hooks, name, &coordinate->name));
    coordinate->kind = kind;
    coordinate->angle = angle;
    layout->count++;
    return GENHEP_OK;
}

void gh_layout_clear(gh_layout *layout)
{
    for (int64_t i = 0; i < layout->count; i++) gh_free(&layout->hooks, layout->list[i].name);
    gh_free(&layout->hooks, layout->list);
    layout->list = NULL;
    layout->count = layout->capacity = 0;
}

int64_t gh_layout_find(const gh_layout *layout, const char *name)
{
    for (int64_t i = 0; i < layout->count; i++)
        if (strcmp(layout->list[i].name, name) == 0) return i;
    return -1;
}

const char *gh_layout_closest(const gh_layout *layout, const char *name)
{
    const char *best = "";
    int least = INT32_MAX;
    for (int64_t i = 0; i < layout->count; i++) {
        int distance = gh_edit_distance(name, layout->list[i].name);
        if (distance < least) least = distance, best = layout->list[i].name;
    }
    return best;
}

int gh_angle_by_name(const char *name)
{
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9') length--;
    return length >= 3 && strncmp(name + length - 3, "phi", 3) == 0;
}

gh_status gh_arguments_numbers(const gh_stage *stage, const gh_arguments *arguments, double *values, int64_t most,
                               int64_t *count, int64_t *rest)
{
    *count = 0;
    *rest = 0;
    for (int64_t i = 0; i < arguments->count; i++) {
        const char *end;
        double value = gh_parse_real(arguments->items[i], &end);
        if (end == arguments->items[i] || *end) continue;
        if (!isfinite(value))
            GH_FAIL(GENHEP_E_OPTION, "prep: '%s(%.80s)': argument %s is not finite", stage->type->name, arguments->text,
                    arguments->items[i]);
        if (*count == most)
            GH_FAIL(GENHEP_E_OPTION, "prep: '%s(%.80s)' has a number too many, expected at most %lld",
                    stage->type->name, arguments->text, (long long)most);
        values[(*count)++] = value;
        *rest = i + 1;
    }
    return GENHEP_OK;
}

static int is_number(const char *text)
{
    const char *end;
    gh_parse_real(text, &end);
    return end != text && *end == '\0';
}

gh_status gh_arguments_select(const gh_stage *stage, const gh_fit *fit, int64_t first, int64_t **indices,
                              int64_t *count)
{
    const gh_layout *in = fit->in;
    const gh_arguments *arguments = fit->arguments;
    GH_TRY(gh_alloc(&stage->hooks, indices, in->count, sizeof **indices));
    int64_t *list = *indices, used = 0, patterns = 0;
    for (int64_t a = first; a < arguments->count; a++) {
        if (is_number(arguments->items[a])) continue;
        int64_t matches = 0;
        patterns++;
        for (int64_t j = 0; j < in->count; j++) {
            if (!gh_pattern_match(arguments->items[a], in->list[j].name)) continue;
            int64_t k = 0;
            matches++;
            while (k < used && list[k] != j) k++;
            if (k == used) list[used++] = j;
        }
        if (!matches)
            GH_FAIL(GENHEP_E_OPTION, "prep: '%s(%.80s)': nothing is named '%.80s'; the closest is '%.80s'",
                    stage->type->name, arguments->text, arguments->items[a],
                    gh_layout_closest(in, arguments->items[a]));
    }
    if (!patterns)
        for (int64_t j = 0; j < in->count; j++)
            if (in->list[j].kind != GH_COORDINATE_DISCRETE && in->list[j].kind != GH_COORDINATE_CENSORED) list[used++] = j;
    *count = used;
    return GENHEP_OK;
}

gh_status gh_map_layout(gh_stage *stage, gh_fit *fit, const int64_t *indices, int64_t count)
{
    for (int64_t j = 0; j < fit->in->count; j++) {
        const gh_coordinate *coordinate = &fit->in->list[j];
        int32_t kind = coordinate->kind, angle = coordinate->angle;
        for (int64_t k = 0; k < count; k++)
            if (indices[k] == j && kind != GH_COORDINATE_DISCRETE) kind = GH_COORDINATE_MAPPED, angle = GH_ANGLE_NONE;
        GH_TRY(gh_layout_add(fit->out, kind, angle, "%s", coordinate->name));
    }
    return gh_stage_put_indices(stage, "columns", count, indices);
}

gh_status gh_stage_put(gh_stage *stage, const char *name, int64_t count, const double *values)
{
    return gh_archive_put(&stage->constants, name, GH_F64, 1, &count, values);
}

gh_status gh_stage_put_indices(gh_stage *stage, const char *name, int64_t count, const int64_t *values)
{
    return gh_archive_put(&stage->constants, name, GH_I64, 1, &count, values);
}

gh_status gh_stage_get(const gh_stage *stage, const char *name, int64_t count, const double **values)
{
    const gh_entry *entry;
    GH_TRY(gh_archive_get(&stage->constants, name, GH_F64, 1, &count, &entry));
    const double *found = entry->data;
    for (int64_t i = 0; i < entry->dims[0]; i++)
        if (!isfinite(found[i]))
            GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s': entry %lld of '%s' is not finite", stage->type->name,
                    (long long)i, name);
    *values = found;
    return GENHEP_OK;
}

gh_status gh_stage_get_i64(const gh_stage *stage, const char *name, int64_t count, const int64_t **values)
{
    const gh_entry *entry;
    GH_TRY(gh_archive_get(&stage->constants, name, GH_I64, 1, &count, &entry));
    *values = entry->data;
    return GENHEP_OK;
}

gh_status gh_stage_get_indices(const gh_stage *stage, const char *name, int64_t below, int64_t *count,
                               const int64_t **values)
{
    const gh_entry *entry;
    int64_t any = -1;
    GH_TRY(gh_archive_get(&stage->constants, name, GH_I64, 1, &any, &entry));
    const int64_t *found = entry->data;
    for (int64_t i = 0; i < entry->dims[0]; i++)
        if (found[i] < 0 || found[i] >= below)
            GH_FAIL(GENHEP_E_FORMAT, "prep: stage '%s': entry %lld of '%s' is %lld, expected 0 to %lld",
                    stage->type->name, (long long)i, name, (long long)found[i], (long long)below - 1);
    *count = entry->dims[0];
    *values = found;
    return GENHEP_OK;
}

gh_status gh_stage_domain(const gh_stage *stage, const gh_pass *pass, int64_t row, const char *name, double value,
                          const char *what)
{
    char number[40];
    gh_format_real(number, value, 9);
    GH_FAIL(GENHEP_E_NUMERIC, "prep: stage '%s', row %lld, coordinate '%.120s': found %s, %s", stage->type->name,
            (long long)(pass->first + row), name, number, what);
}

double gh_wrap_angle(double x)
{
    if (x > -GH_PI && x <= GH_PI) return x;
    double y = x - 2 * GH_PI * ceil((x - GH_PI) / (2 * GH_PI));
    if (y <= -GH_PI || !(y <= GH_PI)) y = GH_PI; /* rounding at the seam, and huge or non-finite x */
    return y;
}
