/* mutate.h -- changed copies of a file: a pure function of (seed file, number of the mutation). */
#ifndef GH_FUZZ_MUTATE_H
#define GH_FUZZ_MUTATE_H

#include <stdlib.h>
#include <string.h>

#include "genhep/genhep.h"

/** Random numbers of one mutation, drawn one after the other. */
typedef struct dice {
    uint32_t key[2];
    uint32_t item, drawn;
} dice;

static inline uint32_t dice_word(dice *d)
{
    uint32_t counter[4] = {d->drawn++, d->item, 0, 0}, out[4];
    genhep_philox4x32(counter, d->key, out);
    return out[0];
}

/** 0 .. n-1; 0 when n is 0. */
static inline size_t dice_below(dice *d, size_t n)
{
    return n ? (size_t)(((uint64_t)dice_word(d) * n) >> 32) : 0;
}

typedef struct blob {
    unsigned char *bytes;
    size_t size;
} blob;

static inline blob blob_of(const void *bytes, size_t size)
{
    blob b = {malloc(size + 1), size};
    if (!b.bytes) abort();
    if (size) memcpy(b.bytes, bytes, size);
    b.bytes[size] = 0;
    return b;
}

/** Replace b[at, at+out) by in[0, n). */
static inline void blob_splice(blob *b, size_t at, size_t out, const void *in, size_t n)
{
    unsigned char *made = malloc(b->size - out + n + 1);
    if (!made) abort();
    memcpy(made, b->bytes, at);
    if (n) memcpy(made + at, in, n);
    memcpy(made + at + n, b->bytes + at + out, b->size - at - out);
    b->size = b->size - out + n;
    made[b->size] = 0;
    free(b->bytes);
    b->bytes = made;
}

/* Texts that a number is replaced by. */
static const char *const odd_numbers[] = {"nan",
                                          "-nan",
                                          "inf",
                                          "-inf",
                                          "1e400",
                                          "-1e400",
                                          "1e-320",
                                          "-0",
                                          "0",
                                          "",
                                          "-",
                                          ".",
                                          "1e",
                                          "0x10",
                                          "1,5",
                                          "2147483648",
                                          "-2147483649",
                                          "99999999999999999999",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "4294967296",
                                          "1048576",
                                          "16777217",
                                          "1e18",
                                          "1e9",
                                          "+-1",
                                          "1 2",
                                          "1e+",
                                          "00000000000000000000000000001",
                                          "3.4028236e38",
                                          "-1",
                                          "1"};
enum { ODD_NUMBERS = sizeof odd_numbers / sizeof *odd_numbers };

static const int64_t odd_integers[] = {0,
                                       1,
                                       -1,
                                       2,
                                       127,
                                       128,
                                       255,
                                       256,
                                       32767,
                                       65535,
                                       65536,
                                       INT32_MAX,
                                       (int64_t)INT32_MAX + 1,
                                       UINT32_MAX,
                                       (int64_t)1 << 40,
                                       INT64_MAX,
                                       INT64_MIN,
                                       (int64_t)1 << 52,
                                       1000,
                                       512};
enum { ODD_INTEGERS = sizeof odd_integers / sizeof *odd_integers };

static inline int is_number_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
}

/* A number of the text, found from a random place on, becomes an odd one. */
static inline void replace_number(blob *b, dice *d)
{
    size_t from = dice_below(d, b->size);
    for (size_t i = 0; i < b->size; i++) {
        size_t at = (from + i) % b->size, end = at;
        if (b->bytes[at] < '0' || b->bytes[at] > '9') continue;
        while (at > 0 && is_number_byte(b->bytes[at - 1])) at--;
        while (end < b->size && (is_number_byte(b->bytes[end]) || b->bytes[end] == 'e')) end++;
        const char *text = odd_numbers[dice_below(d, ODD_NUMBERS)];
        blob_splice(b, at, end - at, text, strlen(text));
        return;
    }
}

/* A little-endian integer of 1, 2, 4 or 8 bytes becomes an odd one. */
static inline void replace_integer(blob *b, dice *d)
{
    size_t width = (size_t)1 << dice_below(d, 4);
    if (b->size < width) return;
    size_t at = dice_below(d, b->size - width + 1);
    uint64_t value = (uint64_t)odd_integers[dice_below(d, ODD_INTEGERS)];
    for (size_t i = 0; i < width; i++) b->bytes[at + i] = (unsigned char)(value >> (8 * i));
}

/* A digit of the text becomes another one: what is most likely to be read without complaint. */
static inline void replace_digit(blob *b, dice *d)
{
    size_t from = dice_below(d, b->size);
    for (size_t i = 0; i < b->size; i++) {
        unsigned char *at = &b->bytes[(from + i) % b->size];
        if (*at < '0' || *at > '9') continue;
        *at = (unsigned char)('0' + dice_below(d, 10));
        return;
    }
}

/** One mutation; `other` is what splices take their bytes from. */
static inline void mutate_once(blob *b, const blob *other, dice *d, int is_text)
{
    static const unsigned char in_place[] = {0, 0, 1, 6, 7, 7, 9}; /* offsets in a binary file stay true */
    size_t at = dice_below(d, b->size), most = b->size - at < 200 ? b->size - at : 200,
           length = 1 + dice_below(d, most);
    if (!b->size) return;
    switch (dice_below(d, 2) && !is_text ? in_place[dice_below(d, sizeof in_place)] : dice_below(d, 10)) {
    case 0: /* bits */
        for (size_t n = 1 + dice_below(d, 8); n > 0; n--)
            b->bytes[dice_below(d, b->size)] ^= (unsigned char)(1u << dice_below(d, 8));
        break;
    case 1: /* a byte that often means something */
        b->bytes[at] = (unsigned char)"\0\xff\x7f\x80\n\r,\"#<>= \t\\:|()"[dice_below(d, 20)];
        break;
    case 2: /* truncation */
        b->size = at;
        b->bytes[at] = 0;
        break;
    case 3: /* bytes of the same or another file */
        if (other->size) {
            size_t from = dice_below(d, other->size),
                   n = 1 + dice_below(d, other->size - from < 400 ? other->size - from : 400);
            blob_splice(b, at, dice_below(d, 2) ? length : 0, other->bytes + from, n);
        }
        break;
    case 4: /* a chunk repeated */
    {
        blob chunk = blob_of(b->bytes + at, length);
        for (size_t n = 1 + dice_below(d, 30); n > 0; n--) blob_splice(b, at, 0, chunk.bytes, chunk.size);
        free(chunk.bytes);
        break;
    }
    case 5: /* a chunk left out */ blob_splice(b, at, length, NULL, 0); break;
    case 6: /* a chunk of one byte */ memset(b->bytes + at, (int)dice_below(d, 256), length); break;
    case 7: replace_integer(b, d); break;
    case 8: replace_digit(b, d); break;
    case 9: b->bytes[at] ^= (unsigned char)(1u << dice_below(d, 8)); break;
    default: replace_number(b, d);
    }
}

static inline blob mutated(const blob *from, const blob *other, dice *d, int is_text)
{
    blob b = blob_of(from->bytes, from->size);
    for (size_t n = dice_below(d, 2) ? 1 : 1 + dice_below(d, 4); n > 0; n--) mutate_once(&b, other, d, is_text);
    return b;
}

#endif
