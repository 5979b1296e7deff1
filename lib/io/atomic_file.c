/* atomic_file.c -- a file that appears complete or not at all. */
#include "io/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Thread-safe whichever strerror_r the C library has: glibc's %m prints errno. */
#define REASON "%m"

static gh_status create_temporary(gh_atomic_file *file)
{
    enum { ATTEMPTS = 100 };
    size_t room = strlen(file->path) + 48;
    GH_TRY(gh_alloc(&file->hooks, &file->temporary, (int64_t)room, 1));
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt == 0) snprintf(file->temporary, room, "%s.tmp.%ld", file->path, (long)getpid());
        else snprintf(file->temporary, room, "%s.tmp.%ld.%d", file->path, (long)getpid(), attempt);
        file->descriptor = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->descriptor >= 0) return GENHEP_OK;
        if (errno != EEXIST) break; /* EEXIST: another thread writes the same file, or a killed run left its own */
    }
    gh_status status = gh_fail(GENHEP_E_IO, "%s: cannot be created: " REASON, file->path);
    gh_free(&file->hooks, file->temporary);
    file->temporary = NULL;
    return status;
}

/* From the root, so that a host may change its folder before the file is complete. */
static gh_status absolute(const gh_hooks *hooks, const char *path, char **result)
{
    char folder[PATH_MAX];
    if (*path == '/' || !getcwd(folder, sizeof folder)) return gh_strdup(hooks, path, result); /* no name: it works as long as the host stays */
    const size_t room = strlen(folder) + strlen(path) + 2;
    GH_TRY(gh_alloc(hooks, result, (int64_t)room, 1));
    snprintf(*result, room, "%s/%s", folder, path);
    return GENHEP_OK;
}

gh_status gh_atomic_open(const gh_hooks *hooks, const char *path, gh_atomic_file *file)
{
    char resolved[PATH_MAX];
    struct stat there;
    memset(file, 0, sizeof *file);
    file->hooks = *hooks;
    file->descriptor = -1;
    int exists = stat(path, &there) == 0;
    if (exists && !S_ISREG(there.st_mode)) GH_FAIL(GENHEP_E_IO, "%s: is not a regular file", path);
    if (exists && !realpath(path, resolved)) GH_FAIL(GENHEP_E_IO, "%s: " REASON, path);
    GH_TRY(absolute(hooks, exists ? resolved : path, &file->path));
    gh_status status = create_temporary(file);
    if (status) {
        gh_free(hooks, file->path);
        file->path = NULL;
        return status;
    }
    if (exists && fchmod(file->descriptor, there.st_mode & 07777) != 0) errno = 0; /* the umask's mode will do */
    return GENHEP_OK;
}

gh_status gh_atomic_write(gh_atomic_file *file, const void *bytes, int64_t size)
{
    const char *at = bytes;
    while (size > 0) {
        size_t part = size > (1 << 30) ? (size_t)1 << 30 : (size_t)size;
        ssize_t written = write(file->descriptor, at, part);
        if (written < 0 && errno == EINTR) continue;
        if (written == 0) errno = ENOSPC;
        if (written <= 0) GH_FAIL(GENHEP_E_IO, "%s: cannot be written: " REASON, file->path);
        at += written;
        size -= written;
    }
    return GENHEP_OK;
}

gh_status gh_atomic_write_at(gh_atomic_file *file, int64_t at, const void *bytes, int64_t size)
{
    const char *from = bytes;
    while (size > 0) {
        size_t part = size > (1 << 30) ? (size_t)1 << 30 : (size_t)size;
        ssize_t written = pwrite(file->descriptor, from, part, (off_t)at);
        if (written < 0 && errno == EINTR) continue;
        if (written == 0) errno = ENOSPC;
        if (written <= 0) GH_FAIL(GENHEP_E_IO, "%s: cannot be written: " REASON, file->path);
        from += written;
        at += written;
        size -= written;
    }
    return GENHEP_OK;
}

/* The rename itself is on the disk only when the folder is. */
static gh_status sync_folder(const gh_atomic_file *file)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file->path, '/');
    size_t length = slash ? (size_t)(slash - file->path) : 1;
    if (length >= sizeof folder) return GENHEP_OK;
    memcpy(folder, slash ? file->path : ".", length);
    if (slash && length == 0) folder[length++] = '/';
    folder[length] = '\0';
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return GENHEP_OK; /* a folder may be writable and not readable */
    int failed = fsync(descriptor) != 0 && errno == EIO;
    close(descriptor);
    if (failed) GH_FAIL(GENHEP_E_IO, "%s: its folder cannot be brought to disk", file->path);
    return GENHEP_OK;
}

static void release(gh_atomic_file *file)
{
    gh_free(&file->hooks, file->path);
    gh_free(&file->hooks, file->temporary);
    file->path = file->temporary = NULL;
}

void gh_atomic_abandon(gh_atomic_file *file)
{
    if (file->descriptor >= 0) close(file->descriptor);
    file->descriptor = -1;
    if (file->temporary) unlink(file->temporary);
    release(file);
}

gh_status gh_atomic_commit(gh_atomic_file *file)
{
    gh_status status = GENHEP_OK;
    /* EINVAL and ENOTSUP: file systems that know no fsync */
    if (fsync(file->descriptor) != 0 && errno != EINVAL && errno != ENOTSUP)
        status = gh_fail(GENHEP_E_IO, "%s: cannot be brought to disk: " REASON, file->path);
    if (close(file->descriptor) != 0 && !status)
        status = gh_fail(GENHEP_E_IO, "%s: cannot be closed: " REASON, file->path);
    file->descriptor = -1;
    if (!status && rename(file->temporary, file->path) != 0)
        status = gh_fail(GENHEP_E_IO, "%s: cannot be renamed to: " REASON, file->path);
    if (!status) {
        gh_free(&file->hooks, file->temporary);
        file->temporary = NULL;
        status = sync_folder(file);
    }
    gh_atomic_abandon(file);
    return status;
}

gh_status gh_atomic_write_all(const gh_hooks *hooks, const char *path, const void *head, int64_t head_size,
                              const void *body, int64_t body_size)
{
    gh_atomic_file file;
    gh_status status;
    GH_TRY(gh_atomic_open(hooks, path, &file));
    GH_TRY_CLEANUP(gh_atomic_write(&file, head, head_size));
    GH_TRY_CLEANUP(gh_atomic_write(&file, body, body_size));
    return gh_atomic_commit(&file);

cleanup:
    gh_atomic_abandon(&file);
    return status;
}
