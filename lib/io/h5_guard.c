/* h5_guard.c -- HDF5 heaps are checked before libhdf5 walks them. Releases up to 1.10 follow the lengths of a damaged
 * global heap beyond its end and circle in the free list of a damaged local heap; both are easily told from the bytes:
 *
 *   global heap  "GCOL" 1 0 0 0, uint64 length; objects: uint16 index, uint16 count, 4 zeros, uint64 size, data padded
 *                to 8; index 0 is what is free, its size counts its own 16 bytes
 *   local heap   "HEAP" 0 0 0 0, uint64 length, uint64 first free offset (1: none), uint64 address;
 *                a free block begins with uint64 next offset, uint64 size
 *
 * Such eight bytes stand in other data once in 10^19. Addresses count from the superblock. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/h5.h"

enum { PART = 1 << 15, SIGN = 8, HEADER = 16 };

/* Bytes in memory, or a file. */
typedef struct source {
    const char *where;
    const char *bytes;
    int descriptor;
    int64_t size, base; /* base: where the superblock stands */
} source;

static int take(const source *s, int64_t at, void *to, int64_t n)
{
    if (at < 0 || n > s->size || at > s->size - n) return 0;
    if (s->bytes) memcpy(to, s->bytes + at, (size_t)n);
    else return pread(s->descriptor, to, (size_t)n, (off_t)at) == (ssize_t)n;
    return 1;
}

static uint64_t little(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static gh_status check_global_heap(const source *s, int64_t at)
{
    unsigned char head[HEADER];
    if (!take(s, at, head, HEADER)) return GENHEP_OK; /* libhdf5 cannot read it either */
    uint64_t length = little(head + 8, 8);
    if (length > (uint64_t)(s->size - at)) return GENHEP_OK;
    int64_t end = at + (int64_t)length;
    for (at += HEADER; end - at >= HEADER;) {
        if (!take(s, at, head, HEADER)) return GENHEP_OK;
        uint64_t index = little(head, 2), size = little(head + 8, 8), room = (uint64_t)(end - at);
        uint64_t need = index ? size + HEADER + (8 - size % 8) % 8 : size;
        if (size > room || need > room || need < HEADER)
            GH_FAIL(GENHEP_E_FORMAT, "%s: damaged HDF5 heap: an object of %llu bytes, %llu are left", s->where,
                    (unsigned long long)size, (unsigned long long)room);
        at += (int64_t)need;
    }
    return GENHEP_OK;
}

static gh_status check_local_heap(const source *s, int64_t at)
{
    unsigned char head[4 * SIGN], next[SIGN];
    if (!take(s, at, head, 4 * SIGN)) return GENHEP_OK;
    uint64_t length = little(head + 8, 8), offset = little(head + 16, 8), address = little(head + 24, 8);
    if (length > (uint64_t)s->size || address > (uint64_t)s->size) return GENHEP_OK;
    for (uint64_t steps = 0; offset != 1; steps++) {
        if (offset >= length || !take(s, s->base + (int64_t)(address + offset), next, SIGN)) return GENHEP_OK;
        if (steps > length / HEADER)
            GH_FAIL(GENHEP_E_FORMAT, "%s: damaged HDF5 heap: its free list has no end", s->where);
        offset = little(next, 8);
    }
    return GENHEP_OK;
}

/* Both kinds of heap in bytes[0, n) that stand at `start` of the file. */
static gh_status check_part(const source *s, const char *bytes, int64_t n, int64_t start)
{
    static const struct {
        char sign[SIGN];
        gh_status (*check)(const source *s, int64_t at);
    } kinds[] = {{{'G', 'C', 'O', 'L', 1, 0, 0, 0}, check_global_heap},
                 {{'H', 'E', 'A', 'P', 0, 0, 0, 0}, check_local_heap}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (const char *at = bytes; at + SIGN <= bytes + n; at++) {
            at = memchr(at, kinds[k].sign[0], (size_t)(bytes + n - SIGN + 1 - at));
            if (!at) break;
            if (memcmp(at, kinds[k].sign, SIGN) == 0) GH_TRY(kinds[k].check(s, start + (at - bytes)));
        }
    return GENHEP_OK;
}

/* The superblock stands at 0, 512, 1024, 2048, ...; lengths other than 8 bytes are read by nobody else below. */
static gh_status find_base(source *s)
{
    static const char signature[8] = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    unsigned char head[HEADER];
    for (int64_t at = 0; take(s, at, head, HEADER); at = at ? 2 * at : 512) {
        if (memcmp(head, signature, sizeof signature) != 0) continue;
        int place = head[8] < 2 ? 13 : 9; /* of the sizes of addresses and lengths, by the superblock's version */
        s->base = at;
        if (head[place] != 8 || head[place + 1] != 8)
            GH_FAIL(GENHEP_E_FORMAT, "%s: HDF5 with addresses of %d and lengths of %d bytes, expected 8 and 8",
                    s->where, head[place], head[place + 1]);
        return GENHEP_OK;
    }
    return GENHEP_OK;
}

gh_status gh_h5_check_image(const void *bytes, int64_t size, const char *where)
{
    source s = {where, bytes, -1, size, 0};
    GH_TRY(find_base(&s));
    return check_part(&s, bytes, size, 0);
}

gh_status gh_h5_check_file(const char *path)
{
    char part[PART];
    struct stat there;
    source s = {path, NULL, open(path, O_RDONLY | O_CLOEXEC), 0, 0};
    if (s.descriptor < 0) return GENHEP_OK; /* opening it with libhdf5 says why */
    if (fstat(s.descriptor, &there) == 0) s.size = there.st_size;
    gh_status status = find_base(&s);
    for (int64_t at = 0; !status && at < s.size;
         at += PART - SIGN + 1) { /* parts overlap by all but one byte of a sign */
        int64_t n = s.size - at < PART ? s.size - at : PART;
        if (!take(&s, at, part, n)) break;
        status = check_part(&s, part, n, at);
    }
    close(s.descriptor);
    return status;
}
