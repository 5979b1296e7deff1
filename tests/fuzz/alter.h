/* alter.h -- archives changed entry by entry: shapes, types, values and texts that a checksum would let through. */
#ifndef GH_FUZZ_ALTER_H
#define GH_FUZZ_ALTER_H

#include <math.h>
#include <stdio.h>

#include "base/archive.h"
#include "fuzz/mutate.h"

enum { MOST_ALTERED = 1 << 16 }; /* numbers of an entry whose shape is changed */

/* Any option with a value at or beyond the ends of its range: the card of a model is text as any other. */
static inline int odd_option(dice *d, char *line, size_t room)
{
    genhep_option_row row = {.struct_size = sizeof row};
    if (genhep_option_info((int64_t)dice_below(d, (size_t)genhep_option_count()), &row)) return 0;
    size_t words = 1, word = 0;
    for (const char *c = row.choices; *c; c++) words += *c == '|';
    switch (dice_below(d, 4)) {
    case 0: return snprintf(line, room, "%s = %.17g\n", row.key, row.maximum);
    case 1: return snprintf(line, room, "%s = %.17g\n", row.key, row.minimum);
    case 2: return snprintf(line, room, "%s = %s\n", row.key, odd_numbers[dice_below(d, ODD_NUMBERS)]);
    default:
        for (word = dice_below(d, words); word > 0; word--) row.choices = strchr(row.choices, '|') + 1;
        return snprintf(line, room, "%s = %.*s\n", row.key, (int)strcspn(row.choices, "|"), row.choices);
    }
}

static inline void alter_text(dice *d, const gh_entry *entry, blob *text)
{
    char line[200];
    if (strcmp(entry->name, "options") == 0 && dice_below(d, 4)) {
        int length = odd_option(d, line, sizeof line);
        if (length > 0 && length < (int)sizeof line) blob_splice(text, text->size, 0, line, (size_t)length);
        return;
    }
    mutate_once(text, text, d, 1);
}

static inline void alter_values(dice *d, const gh_entry *entry, blob *data)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e300, -1e300, 1e-300, 1e38, -1e38, 1, 1e10};
    size_t width = gh_dtype_size(entry->type), count = data->size / width;
    size_t times = dice_below(d, 4) ? 1 + dice_below(d, 3) : count, first = dice_below(d, count);
    if (times == count) first = 0;
    for (size_t k = 0; k < times && first + k < count; k++) {
        double real = odd[dice_below(d, sizeof odd / sizeof *odd)];
        float narrow = real > 3e38 || real < -3e38 ? (float)INFINITY : (float)real;
        int64_t integer = odd_integers[dice_below(d, ODD_INTEGERS)];
        const void *value = entry->type == GH_F32   ? (void *)&narrow
                            : entry->type == GH_F64 ? (void *)&real
                                                    : (void *)&integer;
        memcpy(data->bytes + (first + k) * width, value, width);
    }
}

/* Another type, rank or length; numbers are kept as far as they go, the rest is zero. */
static inline void alter_shape(dice *d, gh_entry *entry, blob *data)
{
    static const int64_t lengths[] = {0, 1, 2, 3, 5, 8, 9, 15, 16, 21, 64, 1000};
    if (dice_below(d, 3) == 0) entry->type = (gh_dtype)(GH_F32 + dice_below(d, 4));
    if (dice_below(d, 3) == 0) entry->rank = (int32_t)dice_below(d, 4);
    if (entry->type == GH_TEXT) entry->rank = 1;
    int64_t total = 1;
    for (int32_t i = 0; i < entry->rank; i++) {
        if (dice_below(d, 2)) entry->dims[i] = dice_below(d, 2) ? entry->dims[i] + 1 : lengths[dice_below(d, 12)];
        else if (dice_below(d, 3) == 0 && entry->dims[i] > 0) entry->dims[i]--;
        if (total * entry->dims[i] > MOST_ALTERED) entry->dims[i] = 1;
        total *= entry->dims[i];
    }
    size_t bytes = (size_t)total * gh_dtype_size(entry->type);
    unsigned char *made = calloc(bytes + 1, 1);
    if (!made) abort();
    memcpy(made, data->bytes, bytes < data->size ? bytes : data->size);
    free(data->bytes);
    data->bytes = made;
    data->size = bytes;
}

/** Put the entries of `from` into `to`, one or two of them changed. */
static inline gh_status alter_archive(dice *d, const gh_archive *from, gh_archive *to)
{
    size_t victims[2] = {dice_below(d, (size_t)from->count), dice_below(d, (size_t)from->count)};
    if (dice_below(d, 4)) victims[1] = victims[0];
    for (size_t i = 0; i < (size_t)from->count; i++) {
        gh_entry entry = from->entries[i];
        char name[300];
        size_t total = gh_dtype_size(entry.type);
        for (int32_t k = 0; k < entry.rank; k++) total *= (size_t)entry.dims[k];
        blob data = blob_of(entry.data, total);
        snprintf(name, sizeof name, "%s", entry.name);
        int keep = 1;
        if (i == victims[0] || i == victims[1]) {
            size_t what = dice_below(d, 10);
            if (what == 0) keep = 0;
            else if (what == 1)
                snprintf(name, sizeof name, "%s", from->entries[dice_below(d, (size_t)from->count)].name);
            else if (what <= 4) alter_shape(d, &entry, &data);
            else if (entry.type == GH_TEXT) alter_text(d, &entry, &data), entry.dims[0] = (int64_t)data.size;
            else alter_values(d, &entry, &data);
        }
        gh_status status = keep ? gh_archive_put(to, name, entry.type, entry.rank, entry.dims, data.bytes) : GENHEP_OK;
        free(data.bytes);
        if (status && status != GENHEP_E_ARG) return status; /* E_ARG: the name is taken */
    }
    return GENHEP_OK;
}

#endif
