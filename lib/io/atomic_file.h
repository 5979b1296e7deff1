/* atomic_file.h -- a file that appears complete or not at all: temporary name, fsync, rename, fsync of the folder. */
#ifndef GH_ATOMIC_FILE_H
#define GH_ATOMIC_FILE_H

#include "base/memory.h"

typedef struct gh_atomic_file {
    gh_hooks hooks;
    char *path;      /* the final name from the root, symbolic links resolved */
    char *temporary; /* <path>.tmp.<pid> in the same folder */
    int descriptor;  /* for reading and writing; -1 when closed */
} gh_atomic_file;

/** Create the temporary file. GENHEP_E_IO when the folder refuses it or `path` is there and is no regular file.
 * On failure the struct holds nothing; on success end with gh_atomic_commit or gh_atomic_abandon. */
gh_status gh_atomic_open(const gh_hooks *hooks, const char *path, gh_atomic_file *file);

/** Append. */
gh_status gh_atomic_write(gh_atomic_file *file, const void *bytes, int64_t size);

/** Write at an offset; where the next gh_atomic_write goes does not change. */
gh_status gh_atomic_write_at(gh_atomic_file *file, int64_t at, const void *bytes, int64_t size);

/** fsync, close, rename, fsync of the folder. Releases everything; on failure the temporary is removed. */
gh_status gh_atomic_commit(gh_atomic_file *file);

/** Remove the temporary and release everything; nothing happens after a commit. */
void gh_atomic_abandon(gh_atomic_file *file);

/** All of the above for bytes that are complete: `head` (may be empty) followed by `body`. */
gh_status gh_atomic_write_all(const gh_hooks *hooks, const char *path, const void *head, int64_t head_size,
                              const void *body, int64_t body_size);

#endif
