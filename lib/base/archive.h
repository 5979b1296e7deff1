/* archive.h -- named arrays in memory: what a model or a checkpoint consists of before io/ makes it a file.
 *
 * Names are paths ("decoder/weights"); io/ makes the folders HDF5 groups. So model/ and train/ never see HDF5. */
#ifndef GH_ARCHIVE_H
#define GH_ARCHIVE_H

#include "base/memory.h"

typedef enum gh_dtype { GH_F32 = 1, GH_F64 = 2, GH_I64 = 3, GH_TEXT = 4 /* bytes of UTF-8, rank 1 */ } gh_dtype;

typedef struct gh_entry {
    char *name;
    gh_dtype type;
    int32_t rank;    /* 0 for a scalar, at most 3 */
    int64_t dims[3]; /* unused ones are 1 */
    void *data;
} gh_entry;

typedef struct gh_archive {
    gh_hooks hooks;
    gh_entry *entries;
    int64_t count;
    int64_t capacity;
} gh_archive;

void gh_archive_init(gh_archive *archive, const gh_hooks *hooks);
void gh_archive_clear(gh_archive *archive);

size_t gh_dtype_size(gh_dtype type);

/** Add a copy; a name that is there already is a GENHEP_E_ARG. */
gh_status gh_archive_put(gh_archive *archive, const char *name, gh_dtype type, int32_t rank, const int64_t *dims,
                         const void *data);
gh_status gh_archive_put_text(gh_archive *archive, const char *name, const char *text);
gh_status gh_archive_put_i64(gh_archive *archive, const char *name, int64_t value);
gh_status gh_archive_put_f64(gh_archive *archive, const char *name, double value);

/** Add `data` itself, a block of gh_alloc with a zero byte behind the numbers, so that text is always terminated. After success it is the
 * archive's. */
gh_status gh_archive_give(gh_archive *archive, const char *name, gh_dtype type, int32_t rank, const int64_t *dims, void *data);

/** NULL when absent. */
const gh_entry *gh_archive_find(const gh_archive *archive, const char *name);

/** Find and check: GENHEP_E_FORMAT names the entry, what was found and what was expected. In dims an expected -1 accepts any
 * length; the found lengths are in entry->dims. */
gh_status gh_archive_get(const gh_archive *archive, const char *name, gh_dtype type, int32_t rank, const int64_t *dims,
                         const gh_entry **entry);
gh_status gh_archive_get_text(const gh_archive *archive, const char *name, const char **text); /* NUL-terminated */
gh_status gh_archive_get_i64(const gh_archive *archive, const char *name, int64_t *value);
gh_status gh_archive_get_f64(const gh_archive *archive, const char *name, double *value);

#endif
