/* bytes.c -- the door to zlib.h: whole files in memory, gzip in and out, CRC-32. */
#include "io/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "io/decimal.h"

#define LARGEST ((int64_t)64 << 30) /* of an expanded file */
#define INPUT_PART (1 << 20)
#define SINK_PART (1 << 18)

static void *zlib_alloc(void *hooks, unsigned items, unsigned size)
{
    void *block;
    return gh_alloc(hooks, &block, (int64_t)items * size, 1) ? NULL : block;
}

static void zlib_free(void *hooks, void *block)
{
    gh_free(hooks, block);
}

uint32_t gh_crc32(const void *bytes, int64_t size)
{
    const unsigned char *at = bytes;
    uLong crc = crc32(0, NULL, 0);
    while (size > 0) {
        uInt part = size > (1 << 30) ? 1u << 30 : (uInt)size;
        crc = crc32(crc, at, part);
        at += part;
        size -= part;
    }
    return (uint32_t)crc;
}

static gh_status open_file(const char *path, int *descriptor)
{
    struct stat there;
    *descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (*descriptor < 0) GH_FAIL(GENHEP_E_IO, "%s: cannot be opened: %m", path);
    if (fstat(*descriptor, &there) == 0 && S_ISDIR(there.st_mode)) {
        close(*descriptor);
        GH_FAIL(GENHEP_E_IO, "%s: is a folder, expected a file", path);
    }
    return GENHEP_OK;
}

/* Up to `room` bytes; fewer only at the end of the file. */
static gh_status read_some(const char *path, int descriptor, void *buf, int64_t room, int64_t *size)
{
    *size = 0;
    while (*size < room) {
        ssize_t got = read(descriptor, (char *)buf + *size, (size_t)(room - *size));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) GH_FAIL(GENHEP_E_IO, "%s: cannot be read: %m", path);
        if (got == 0) break;
        *size += got;
    }
    return GENHEP_OK;
}

gh_status gh_bytes_peek(const char *path, void *buf, int64_t room, int64_t *size)
{
    int descriptor;
    *size = 0;
    GH_TRY(open_file(path, &descriptor));
    gh_status status = read_some(path, descriptor, buf, room, size);
    close(descriptor);
    return status;
}

static int is_gzip(const char *bytes, int64_t size)
{
    return size >= 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b;
}

/* What of a file has been read and expanded. */
typedef struct expansion {
    const char *path;
    int descriptor;
    z_stream z;
    int gzip;
    int ended; /* the last member is complete */
    char *input;
    int64_t input_size;
} expansion;

static gh_status expansion_open(const gh_hooks *hooks, const char *path, expansion *e)
{
    gh_status status;
    memset(e, 0, sizeof *e);
    e->path = path;
    GH_TRY(open_file(path, &e->descriptor));
    GH_TRY_CLEANUP(gh_alloc(hooks, &e->input, INPUT_PART, 1));
    GH_TRY_CLEANUP(read_some(path, e->descriptor, e->input, INPUT_PART, &e->input_size));
    if (is_gzip(e->input, e->input_size)) {
        e->z.zalloc = zlib_alloc;
        e->z.zfree = zlib_free;
        e->z.opaque = (void *)hooks;
        if (inflateInit2(&e->z, 15 + 16) != Z_OK) {
            status = gh_fail(GENHEP_E_NOMEM, "%s: no memory for gzip", path);
            goto cleanup;
        }
        e->gzip = 1;
    }
    e->z.next_in = (Bytef *)e->input;
    e->z.avail_in = (uInt)e->input_size;
    return GENHEP_OK;

cleanup:
    gh_free(hooks, e->input);
    close(e->descriptor);
    return status;
}

static void expansion_close(const gh_hooks *hooks, expansion *e)
{
    if (e->gzip) inflateEnd(&e->z);
    gh_free(hooks, e->input);
    close(e->descriptor);
}

static gh_status refill(expansion *e)
{
    if (e->z.avail_in > 0 || e->input_size == 0) return GENHEP_OK;
    GH_TRY(read_some(e->path, e->descriptor, e->input, INPUT_PART, &e->input_size));
    e->z.next_in = (Bytef *)e->input;
    e->z.avail_in = (uInt)e->input_size;
    return GENHEP_OK;
}

static gh_status next_plain(expansion *e, char *buf, int64_t room, int64_t *size)
{
    while (*size < room) {
        GH_TRY(refill(e));
        if (e->z.avail_in == 0) break;
        int64_t part = e->z.avail_in < room - *size ? (int64_t)e->z.avail_in : room - *size;
        memcpy(buf + *size, e->z.next_in, (size_t)part);
        e->z.next_in += part;
        e->z.avail_in -= (uInt)part;
        *size += part;
    }
    return GENHEP_OK;
}

/* Fill buf; fewer than `room` bytes only at the end of a complete file. */
static gh_status next_bytes(expansion *e, char *buf, int64_t room, int64_t *size)
{
    *size = 0;
    if (!e->gzip) return next_plain(e, buf, room, size);
    while (*size < room) {
        GH_TRY(refill(e));
        if (e->z.avail_in == 0) {
            if (e->ended) break;
            GH_FAIL(GENHEP_E_FORMAT, "%s: the gzip data end early: truncated file", e->path);
        }
        if (e->ended) { /* another member may follow */
            if (e->z.avail_in == 1 || e->z.next_in[0] != 0x1f || e->z.next_in[1] != 0x8b)
                GH_FAIL(GENHEP_E_FORMAT, "%s: bytes that are not gzip follow the gzip data", e->path);
            if (inflateReset(&e->z) != Z_OK) GH_FAIL(GENHEP_E_FORMAT, "%s: damaged gzip data", e->path);
            e->ended = 0;
        }
        int64_t part = room - *size > (1 << 30) ? 1 << 30 : room - *size;
        e->z.next_out = (Bytef *)buf + *size;
        e->z.avail_out = (uInt)part;
        int code = inflate(&e->z, Z_NO_FLUSH);
        *size += part - (int64_t)e->z.avail_out;
        if (code == Z_STREAM_END) e->ended = 1;
        else if (code == Z_MEM_ERROR) GH_FAIL(GENHEP_E_NOMEM, "%s: no memory for gzip", e->path);
        else if (code != Z_OK && code != Z_BUF_ERROR)
            GH_FAIL(GENHEP_E_FORMAT, "%s: damaged gzip data (%s)", e->path, e->z.msg ? e->z.msg : "unknown reason");
    }
    return GENHEP_OK;
}

gh_status gh_bytes_peek_gzip(const gh_hooks *hooks, const char *path, void *buf, int64_t room, int64_t *size)
{
    expansion e;
    *size = 0;
    GH_TRY(expansion_open(hooks, path, &e));
    gh_status status = next_bytes(&e, buf, room, size);
    expansion_close(hooks, &e);
    return status;
}

gh_status gh_bytes_read(const gh_hooks *hooks, const char *path, gh_bytes *bytes)
{
    expansion e;
    struct stat there;
    gh_status status;
    bytes->hooks = *hooks;
    bytes->data = NULL;
    bytes->size = 0;
    GH_TRY(expansion_open(hooks, path, &e));
    int64_t capacity =
        fstat(e.descriptor, &there) == 0 && there.st_size > 0 && there.st_size < LARGEST ? there.st_size : 0;
    capacity = (e.gzip ? 4 * capacity : capacity) + 4096;
    for (;;) {
        int64_t got, room;
        GH_TRY_CLEANUP(gh_resize(hooks, &bytes->data, capacity, 1));
        room = capacity - bytes->size - 1;
        GH_TRY_CLEANUP(next_bytes(&e, bytes->data + bytes->size, room, &got));
        bytes->size += got;
        if (got < room) break;
        if (capacity >= LARGEST) {
            status = gh_fail(GENHEP_E_FORMAT, "%s: more than %lld bytes expanded", path, (long long)LARGEST);
            goto cleanup;
        }
        capacity *= 2;
    }
    bytes->data[bytes->size] = '\0';
    expansion_close(hooks, &e);
    return GENHEP_OK;

cleanup:
    expansion_close(hooks, &e);
    gh_bytes_free(bytes);
    return status;
}

void gh_bytes_free(gh_bytes *bytes)
{
    gh_free(&bytes->hooks, bytes->data);
    bytes->data = NULL;
    bytes->size = 0;
}

gh_status gh_sink_open(const gh_hooks *hooks, const char *path, int compress, gh_sink *sink)
{
    gh_status status;
    memset(sink, 0, sizeof *sink);
    GH_TRY(gh_atomic_open(hooks, path, &sink->file));
    sink->is_open = 1;
    const gh_hooks *kept = &sink->file.hooks;
    GH_TRY_CLEANUP(gh_alloc(kept, &sink->buffer, SINK_PART, 1));
    if (compress) {
        GH_TRY_CLEANUP(gh_alloc(kept, &sink->packed, SINK_PART, 1));
        GH_TRY_CLEANUP(gh_alloc(kept, &sink->deflate, 1, sizeof *sink->deflate));
        sink->deflate->zalloc = zlib_alloc;
        sink->deflate->zfree = zlib_free;
        sink->deflate->opaque = (void *)kept;
        if (deflateInit2(sink->deflate, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            gh_free(kept, sink->deflate);
            sink->deflate = NULL;
            status = gh_fail(GENHEP_E_NOMEM, "%s: no memory for gzip", path);
            goto cleanup;
        }
    }
    return GENHEP_OK;

cleanup:
    return gh_sink_close(sink, status);
}

static gh_status flush_packed(gh_sink *sink, int mode)
{
    z_stream *z = sink->deflate;
    z->next_in = (Bytef *)sink->buffer;
    z->avail_in = (uInt)sink->used;
    int code;
    do {
        z->next_out = (Bytef *)sink->packed;
        z->avail_out = SINK_PART;
        code = deflate(z, mode);
        if (code == Z_STREAM_ERROR) GH_FAIL(GENHEP_E_IO, "%s: gzip fails", sink->file.path);
        GH_TRY(gh_atomic_write(&sink->file, sink->packed, SINK_PART - (int64_t)z->avail_out));
    } while (z->avail_out == 0 || (mode == Z_FINISH && code != Z_STREAM_END));
    return GENHEP_OK;
}

static void flush(gh_sink *sink, int last)
{
    if (sink->status) return;
    if (sink->deflate) sink->status = flush_packed(sink, last ? Z_FINISH : Z_NO_FLUSH);
    else sink->status = gh_atomic_write(&sink->file, sink->buffer, sink->used);
    sink->used = 0;
}

void gh_sink_put(gh_sink *sink, const char *bytes, int64_t size)
{
    while (size > 0 && !sink->status) {
        int64_t room = SINK_PART - sink->used, part = size < room ? size : room;
        memcpy(sink->buffer + sink->used, bytes, (size_t)part);
        sink->used += part;
        bytes += part;
        size -= part;
        if (sink->used == SINK_PART) flush(sink, 0);
    }
}

/* A gzip member whose only block is stored: header 10, block header 5, bytes, CRC-32 and length 4 each. */
static int64_t stored_member(char *out, const char *bytes, int64_t size)
{
    static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    uint32_t crc = gh_crc32(bytes, size);
    memcpy(out, header, sizeof header);
    char *at = out + sizeof header;
    *at++ = 1; /* the last block, stored */
    for (int i = 0; i < 2; i++) *at++ = (char)(size >> (8 * i));
    for (int i = 0; i < 2; i++) *at++ = (char)(~size >> (8 * i));
    memcpy(at, bytes, (size_t)size);
    at += size;
    for (int i = 0; i < 4; i++) *at++ = (char)(crc >> (8 * i));
    for (int i = 0; i < 4; i++) *at++ = (char)(size >> (8 * i));
    return at - out;
}

void gh_sink_head(gh_sink *sink, const char *bytes, int64_t size)
{
    if (sink->status) return;
    if (sink->deflate) {
        size = stored_member(sink->packed, bytes, size);
        bytes = sink->packed;
    }
    sink->status = sink->head ? gh_atomic_write_at(&sink->file, 0, bytes, size) : gh_atomic_write(&sink->file, bytes, size);
    sink->head = size;
}

void gh_sink_text(gh_sink *sink, const char *text)
{
    gh_sink_put(sink, text, (int64_t)strlen(text));
}

void gh_sink_int(gh_sink *sink, int64_t value)
{
    char buf[24];
    int at = (int)sizeof buf;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do buf[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0) buf[--at] = '-';
    gh_sink_put(sink, buf + at, (int64_t)sizeof buf - at);
}

void gh_sink_exact(gh_sink *sink, double value, int is_float)
{
    char buf[40];
    if (value > -1e9 && value < 1e9 && value == (double)(int64_t)value && value != 0) /* whole numbers are frequent */
        gh_sink_int(sink, (int64_t)value);
    else gh_sink_put(sink, buf, gh_decimal(buf, value, is_float));
}

gh_status gh_sink_close(gh_sink *sink, gh_status status)
{
    if (!sink->is_open) return status;
    gh_hooks hooks = sink->file.hooks;
    sink->is_open = 0;
    if (!status) flush(sink, 1);
    if (!status) status = sink->status;
    if (sink->deflate) {
        deflateEnd(sink->deflate);
        gh_free(&hooks, sink->deflate);
    }
    gh_free(&hooks, sink->buffer);
    gh_free(&hooks, sink->packed);
    sink->deflate = NULL;
    sink->buffer = sink->packed = NULL;
    if (status) {
        gh_atomic_abandon(&sink->file);
        return status;
    }
    return gh_atomic_commit(&sink->file);
}
