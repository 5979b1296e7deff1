/* bytes.h -- the door to zlib.h: whole files in memory, gzip in and out, CRC-32. */
#ifndef GH_BYTES_H
#define GH_BYTES_H

#include "base/memory.h"
#include "io/atomic_file.h"

/** The bytes of a file; data[size] is an extra NUL. Free with gh_bytes_free. */
typedef struct gh_bytes {
    gh_hooks hooks;
    char *data;
    int64_t size;
} gh_bytes;

/** Read a whole file, gzip (one or more members) expanded. GENHEP_E_IO, GENHEP_E_FORMAT (truncated or damaged gzip,
 * bytes behind it, more than 64 GiB), GENHEP_E_NOMEM. */
gh_status gh_bytes_read(const gh_hooks *hooks, const char *path, gh_bytes *bytes);
void gh_bytes_free(gh_bytes *bytes);

/** First bytes of a file as they stand, at most `room`; *size is how many there are. */
gh_status gh_bytes_peek(const char *path, void *buf, int64_t room, int64_t *size);

/** First bytes behind gzip, at most `room`. */
gh_status gh_bytes_peek_gzip(const gh_hooks *hooks, const char *path, void *buf, int64_t room, int64_t *size);

uint32_t gh_crc32(const void *bytes, int64_t size);

/** A text being written to an atomic file, through gzip when asked. Errors are remembered and told by gh_sink_close. */
typedef struct gh_sink {
    gh_atomic_file file;
    gh_status status;
    struct z_stream_s *deflate; /* NULL: plain */
    char *buffer;               /* what was put and not yet passed on */
    char *packed;
    int64_t used;
    int64_t head; /* bytes of the head in the file, 0 without one */
    int is_open;
} gh_sink;

gh_status gh_sink_open(const gh_hooks *hooks, const char *path, int compress, gh_sink *sink);
void gh_sink_put(gh_sink *sink, const char *bytes, int64_t size);
void gh_sink_text(gh_sink *sink, const char *text);
void gh_sink_int(gh_sink *sink, int64_t value);

/** What stands in front and is known only at the end: the first call, before anything is put, writes the head; later ones
 * replace it by one of the same size, below 65536 bytes. Behind gzip it is a member of its own, stored, not compressed, so
 * that it has a fixed size too. */
void gh_sink_head(gh_sink *sink, const char *bytes, int64_t size);

/** A number with the fewest digits that read back the same (decimal.h). */
void gh_sink_exact(gh_sink *sink, double value, int is_float);

/** Complete the file when `status` and everything put so far are fine, else remove it; nothing happens to a sink that is
 * zeroed or closed. @return the first failure. */
gh_status gh_sink_close(gh_sink *sink, gh_status status);

#endif
