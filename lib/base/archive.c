/* archive.c -- named arrays in memory: added as copies, found by name, checked by type and shape. */
#include "base/archive.h"

#include <string.h>

void gh_archive_init(gh_archive *archive, const gh_hooks *hooks)
{
    memset(archive, 0, sizeof *archive);
    archive->hooks = *hooks;
}

void gh_archive_clear(gh_archive *archive)
{
    for (int64_t i = 0; i < archive->count; i++) {
        gh_free(&archive->hooks, archive->entries[i].name);
        gh_free(&archive->hooks, archive->entries[i].data);
    }
    gh_free(&archive->hooks, archive->entries);
    archive->entries = NULL;
    archive->count = archive->capacity = 0;
}

size_t gh_dtype_size(gh_dtype type)
{
    switch (type) {
    case GH_F32: return 4;
    case GH_F64:
    case GH_I64: return 8;
    default: return 1;
    }
}

static const char *type_name(gh_dtype type)
{
    switch (type) {
    case GH_F32: return "float32";
    case GH_F64: return "float64";
    case GH_I64: return "int64";
    default: return "text";
    }
}

const gh_entry *gh_archive_find(const gh_archive *archive, const char *name)
{
    for (int64_t i = 0; i < archive->count; i++)
        if (strcmp(archive->entries[i].name, name) == 0) return &archive->entries[i];
    return NULL;
}

static int64_t numbers_of(int32_t rank, const int64_t *dims)
{
    int64_t total = 1;
    for (int32_t i = 0; i < rank; i++) total *= dims[i];
    return total;
}

gh_status gh_archive_give(gh_archive *archive, const char *name, gh_dtype type, int32_t rank, const int64_t *dims, void *data)
{
    if (gh_archive_find(archive, name)) GH_FAIL(GENHEP_E_ARG, "archive: '%s' is there already", name);
    if (archive->count == archive->capacity) {
        int64_t capacity = archive->capacity ? 2 * archive->capacity : 32;
        GH_TRY(gh_resize(&archive->hooks, &archive->entries, capacity, sizeof *archive->entries));
        archive->capacity = capacity;
    }
    gh_entry entry = {NULL, type, rank, {1, 1, 1}, data};
    for (int32_t i = 0; i < rank; i++) entry.dims[i] = dims[i];
    GH_TRY(gh_strdup(&archive->hooks, name, &entry.name));
    archive->entries[archive->count++] = entry;
    return GENHEP_OK;
}

gh_status gh_archive_put(gh_archive *archive, const char *name, gh_dtype type, int32_t rank, const int64_t *dims,
                         const void *data)
{
    const int64_t bytes = numbers_of(rank, dims) * (int64_t)gh_dtype_size(type);
    char *copy;
    GH_TRY(gh_alloc(&archive->hooks, &copy, bytes + 1, 1));
    if (bytes) memcpy(copy, data, (size_t)bytes);
    gh_status status = gh_archive_give(archive, name, type, rank, dims, copy);
    if (status) gh_free(&archive->hooks, copy);
    return status;
}

gh_status gh_archive_put_text(gh_archive *archive, const char *name, const char *text)
{
    int64_t length = (int64_t)strlen(text);
    return gh_archive_put(archive, name, GH_TEXT, 1, &length, text);
}

gh_status gh_archive_put_i64(gh_archive *archive, const char *name, int64_t value)
{
    return gh_archive_put(archive, name, GH_I64, 0, NULL, &value);
}

gh_status gh_archive_put_f64(gh_archive *archive, const char *name, double value)
{
    return gh_archive_put(archive, name, GH_F64, 0, NULL, &value);
}

gh_status gh_archive_get(const gh_archive *archive, const char *name, gh_dtype type, int32_t rank, const int64_t *dims,
                         const gh_entry **found)
{
    const gh_entry *entry = gh_archive_find(archive, name);
    if (!entry) GH_FAIL(GENHEP_E_FORMAT, "'%s' is missing, expected %s of rank %d", name, type_name(type), (int)rank);
    if (entry->type != type || entry->rank != rank)
        GH_FAIL(GENHEP_E_FORMAT, "'%s' is %s of rank %d, expected %s of rank %d", name, type_name(entry->type),
                (int)entry->rank, type_name(type), (int)rank);
    for (int32_t i = 0; i < rank; i++)
        if (dims && dims[i] >= 0 && dims[i] != entry->dims[i])
            GH_FAIL(GENHEP_E_FORMAT, "'%s' has length %lld in dimension %d, expected %lld", name,
                    (long long)entry->dims[i], (int)i, (long long)dims[i]);
    *found = entry;
    return GENHEP_OK;
}

gh_status gh_archive_get_text(const gh_archive *archive, const char *name, const char **text)
{
    const gh_entry *entry;
    GH_TRY(gh_archive_get(archive, name, GH_TEXT, 1, NULL, &entry));
    *text = entry->data;
    return GENHEP_OK;
}

gh_status gh_archive_get_i64(const gh_archive *archive, const char *name, int64_t *value)
{
    const gh_entry *entry;
    GH_TRY(gh_archive_get(archive, name, GH_I64, 0, NULL, &entry));
    memcpy(value, entry->data, sizeof *value);
    return GENHEP_OK;
}

gh_status gh_archive_get_f64(const gh_archive *archive, const char *name, double *value)
{
    const gh_entry *entry;
    GH_TRY(gh_archive_get(archive, name, GH_F64, 0, NULL, &entry));
    memcpy(value, entry->data, sizeof *value);
    return GENHEP_OK;
}
