/* prep_archive.c -- a preparation as named arrays below a root, 'prep' for example: prep/columns, prep/names, prep/<k>/stage,
 * prep/<k>/<constant>. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "prep/prep_handle.h"

#define MOST_COLUMNS 1000000

/* The entry `part` of the root, made in the `name` of the caller. */
#define NAME(part) (snprintf(name, sizeof name, "%s/" part, root), name)

static gh_status put_lines(gh_archive *archive, const char *name, int64_t count, char *const *lines,
                           const gh_layout *layout)
{
    gh_text text = {.hooks = &archive->hooks};
    gh_text_add_bytes(&text, "", 0);
    for (int64_t j = 0; j < count; j++) {
        const char *line = layout ? layout->list[j].name : lines[j]; /* cppcheck-suppress nullPointer ; one of them is there */
        gh_text_add(&text, "%s\n", line);
    }
    gh_status status = text.status;
    if (!status) status = gh_archive_put_text(archive, name, text.data);
    gh_text_free(&text);
    return status;
}

static gh_status save_stage(const gh_stage *stage, const char *root, int64_t k, gh_archive *archive)
{
    char name[320];
    snprintf(name, sizeof name, "%s/%lld/stage", root, (long long)k);
    GH_TRY(gh_archive_put_text(archive, name, stage->type->name));
    snprintf(name, sizeof name, "%s/%lld/width_in", root, (long long)k);
    GH_TRY(gh_archive_put_i64(archive, name, stage->width_in));
    snprintf(name, sizeof name, "%s/%lld/width_out", root, (long long)k);
    GH_TRY(gh_archive_put_i64(archive, name, stage->width_out));
    snprintf(name, sizeof name, "%s/%lld/names", root, (long long)k);
    GH_TRY(put_lines(archive, name, stage->width_in, stage->names, NULL));
    for (int64_t i = 0; i < stage->constants.count; i++) {
        const gh_entry *entry = &stage->constants.entries[i];
        snprintf(name, sizeof name, "%s/%lld/%s", root, (long long)k, entry->name);
        GH_TRY(gh_archive_put(archive, name, entry->type, entry->rank, entry->dims, entry->data));
    }
    return GENHEP_OK;
}

gh_status gh_prep_save(const gh_prep *prep, const char *root, gh_archive *archive)
{
    char name[64];
    int64_t count = prep->width, *kinds = NULL;
    gh_status status = GENHEP_OK;
    GH_TRY(gh_archive_put_i64(archive, NAME("columns"), prep->columns));
    GH_TRY(gh_archive_put_i64(archive, NAME("stages"), prep->count));
    GH_TRY(gh_archive_put_text(archive, NAME("measure"), prep->measure));
    GH_TRY(put_lines(archive, NAME("names"), prep->width, NULL, &prep->out));
    GH_TRY(gh_alloc(&prep->hooks, &kinds, count, sizeof *kinds));
    for (int64_t j = 0; j < count; j++) kinds[j] = prep->out.list[j].kind;
    GH_TRY_CLEANUP(gh_archive_put(archive, NAME("kinds"), GH_I64, 1, &count, kinds));
    for (int64_t k = 0; k < prep->count; k++) GH_TRY_CLEANUP(save_stage(&prep->stages[k], root, k, archive));
cleanup:
    gh_free(&prep->hooks, kinds);
    return status;
}

/* Exactly `count` lines, each ended by '\n', handed one by one to `take`. */
static gh_status get_lines(const gh_archive *archive, const char *name, int64_t count, gh_stage *stage,
                           gh_layout *layout, const int64_t *kinds)
{
    const char *text;
    GH_TRY(gh_archive_get_text(archive, name, &text));
    for (int64_t j = 0; j < count; j++) {
        const char *end = strchr(text, '\n');
        char line[256];
        if (!end || end == text || end - text >= (int64_t)sizeof line)
            GH_FAIL(GENHEP_E_FORMAT, "'%s': name %lld is missing or too long, expected %lld names", name, (long long)j,
                    (long long)count);
        memcpy(line, text, (size_t)(end - text));
        line[end - text] = '\0';
        text = end + 1;
        if (stage) GH_TRY(gh_strdup(&stage->hooks, line, &stage->names[j]));
        else GH_TRY(gh_layout_add(layout, (enum gh_coordinate_kind)kinds[j], GH_ANGLE_NONE, "%s", line));
    }
    if (*text) GH_FAIL(GENHEP_E_FORMAT, "'%s' holds more than %lld names", name, (long long)count);
    return GENHEP_OK;
}

static gh_status load_width(const gh_archive *archive, const char *root, int64_t k, const char *which, int64_t *width)
{
    char name[64];
    snprintf(name, sizeof name, "%s/%lld/%s", root, (long long)k, which);
    GH_TRY(gh_archive_get_i64(archive, name, width));
    if (*width < 1 || *width > MOST_COLUMNS)
        GH_FAIL(GENHEP_E_FORMAT, "'%s' is %lld, expected 1 to %d", name, (long long)*width, MOST_COLUMNS);
    return GENHEP_OK;
}

static gh_status load_stage(gh_prep *prep, const char *root, int64_t k, int64_t width, const gh_archive *archive)
{
    gh_stage *stage = &prep->stages[k];
    char name[64];
    const char *type;
    int64_t width_in;
    snprintf(name, sizeof name, "%s/%lld/stage", root, (long long)k);
    GH_TRY(gh_archive_get_text(archive, name, &type));
    GH_TRY(gh_stage_class_find(type, name, GENHEP_E_FORMAT, &stage->type));
    GH_TRY(load_width(archive, root, k, "width_in", &width_in));
    GH_TRY(load_width(archive, root, k, "width_out", &stage->width_out));
    if (width_in != width)
        GH_FAIL(GENHEP_E_FORMAT, "'%s/%lld/width_in' is %lld, expected %lld", root, (long long)k, (long long)width_in,
                (long long)width);
    GH_TRY(gh_alloc(&stage->hooks, &stage->names, width_in, sizeof *stage->names));
    stage->width_in = width_in;
    snprintf(name, sizeof name, "%s/%lld/names", root, (long long)k);
    GH_TRY(get_lines(archive, name, width_in, stage, NULL, NULL));
    int prefix = snprintf(name, sizeof name, "%s/%lld/", root, (long long)k);
    for (int64_t i = 0; i < archive->count; i++) {
        const gh_entry *entry = &archive->entries[i];
        if (strncmp(entry->name, name, (size_t)prefix) != 0) continue;
        const char *rest = entry->name + prefix;
        if (!strcmp(rest, "stage") || !strcmp(rest, "width_in") || !strcmp(rest, "width_out") || !strcmp(rest, "names"))
            continue;
        GH_TRY(gh_archive_put(&stage->constants, rest, entry->type, entry->rank, entry->dims, entry->data));
    }
    return gh_prep_adopt(prep, k);
}

gh_status gh_prep_load(const gh_hooks *hooks, const char *root, const gh_archive *archive, gh_prep **loaded)
{
    char name[64];
    int64_t columns, stages, any = -1;
    const gh_entry *kinds;
    const char *measure;
    gh_prep *prep = NULL;
    gh_status status = GENHEP_OK;
    *loaded = NULL;
    GH_TRY(gh_archive_get_i64(archive, NAME("columns"), &columns));
    GH_TRY(gh_archive_get_i64(archive, NAME("stages"), &stages));
    GH_TRY(gh_archive_get_text(archive, NAME("measure"), &measure));
    GH_TRY(gh_archive_get(archive, NAME("kinds"), GH_I64, 1, &any, &kinds));
    if (columns < 1 || columns > MOST_COLUMNS)
        GH_FAIL(GENHEP_E_FORMAT, "'%s/columns' is %lld, expected 1 to %d", root, (long long)columns, MOST_COLUMNS);
    if (stages < 1 || stages > GH_PREP_MOST_STAGES)
        GH_FAIL(GENHEP_E_FORMAT, "'%s/stages' is %lld, expected 1 to %d", root, (long long)stages, GH_PREP_MOST_STAGES);
    GH_TRY_CLEANUP(gh_prep_create(hooks, stages, &prep));
    int64_t width = columns;
    for (int64_t k = 0; k < stages; k++) {
        GH_TRY_CLEANUP(load_stage(prep, root, k, width, archive));
        width = prep->stages[k].width_out;
    }
    if (width != kinds->dims[0]) {
        status = gh_fail(GENHEP_E_FORMAT, "'%s/kinds' has length %lld, expected %lld", root, (long long)kinds->dims[0],
                         (long long)width);
        goto cleanup;
    }
    GH_TRY_CLEANUP(get_lines(archive, NAME("names"), width, NULL, &prep->out, kinds->data));
    prep->columns = columns;
    prep->width = width;
    GH_TRY_CLEANUP(gh_strdup(hooks, measure, &prep->measure));
    *loaded = prep;
    prep = NULL;
cleanup:
    gh_prep_free(prep);
    return status;
}
