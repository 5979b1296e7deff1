/* flags.c -- zero-padded objects: 'flags(jet*, lep*)'. An object is the columns <object>_..., absent when all of them
 * are 0. One dequantised normal coordinate holds which of the named objects are there (all together, so a pattern that
 * never occurs never comes out; see categories.h). The values of an absent object are replaced by those of a present
 * one, drawn at random from up to 1024 rows of the training data; the inverse writes exact zeros. The density of an
 * event with absent objects includes that of the replaced values. */
#include <string.h>

#include "prep/categories.h"

#define MOST_OBJECTS 64
#define MOST_FILL 1024

typedef struct flags {
    int64_t objects;
    const int64_t *columns, *offsets; /* columns of object o: columns[offsets[o]] .. columns[offsets[o + 1] - 1] */
    const int64_t *fill_rows;         /* rows of object o, 0 when it is never there */
    const double *fill[MOST_OBJECTS]; /* (fill_rows, columns of o) */
    gh_categories table;
} flags;

/* Length of the object's name in a column's name: up to the last '_'. */
static size_t stem(const char *name)
{
    const char *bar = strrchr(name, '_');
    return bar ? (size_t)(bar - name) : 0;
}

/* Objects whose names match the arguments, in column order. first[o] is a column of object o. */
static gh_status find_objects(const gh_stage *stage, const gh_fit *fit, int64_t first[MOST_OBJECTS], int64_t *count)
{
    char name[256];
    *count = 0;
    for (int64_t a = 0; a < fit->arguments->count; a++) {
        int matches = 0;
        for (int64_t j = 0; j < fit->in->count; j++) {
            size_t length = stem(stage->names[j]);
            int known = 0;
            memcpy(name, stage->names[j], length);
            name[length] = '\0';
            if (!length || !gh_pattern_match(fit->arguments->items[a], name)) continue;
            matches++;
            for (int64_t o = 0; o < *count; o++)
                known |= stem(stage->names[first[o]]) == length && strncmp(stage->names[first[o]], name, length) == 0;
            if (known) continue;
            if (*count == MOST_OBJECTS)
                GH_FAIL(GENHEP_E_OPTION, "prep: 'flags(%.80s)' finds more than %d objects", fit->arguments->text,
                        MOST_OBJECTS);
            first[(*count)++] = j;
        }
        if (!matches)
            GH_FAIL(GENHEP_E_OPTION, "prep: 'flags(%.80s)': no object is named '%.80s'; the closest column is '%.80s'",
                    fit->arguments->text, fit->arguments->items[a],
                    gh_layout_closest(fit->in, fit->arguments->items[a]));
    }
    if (*count == 0) GH_FAIL(GENHEP_E_OPTION, "prep: 'flags' needs objects: 'flags(jet*)'");
    return GENHEP_OK;
}

static gh_status list_columns(const gh_stage *stage, const gh_fit *fit, const int64_t *first, int64_t objects,
                              int64_t *columns, int64_t *offsets)
{
    int64_t used = 0;
    for (int64_t o = 0; o < objects; o++) {
        size_t length = stem(stage->names[first[o]]);
        offsets[o] = used;
        for (int64_t j = 0; j < fit->in->count; j++) {
            if (stem(stage->names[j]) != length || strncmp(stage->names[j], stage->names[first[o]], length) != 0)
                continue;
            if (fit->in->list[j].kind != GH_COORDINATE_COLUMN)
                GH_FAIL(GENHEP_E_OPTION,
                        "prep: 'flags' needs '%.120s' as it stands in the data; put it before the other maps",
                        stage->names[j]);
            columns[used++] = j;
        }
    }
    offsets[objects] = used;
    return GENHEP_OK;
}

static int is_present(const double *columns, int64_t step, const int64_t *list, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        if (columns[list[k] * step] != 0) return 1;
    return 0;
}

/* Rows of present objects to fill the absent ones with, evenly spread over the data. */
static gh_status store_fill(gh_stage *stage, const gh_fit *fit, int64_t object, const int64_t *list, int64_t count,
                            const double *present, int64_t objects, int64_t *stored)
{
    double *rows;
    char name[32] = "fill_00";
    int64_t total = 0, seen = 0;
    for (int64_t i = 0; i < fit->n; i++) total += present[i * objects + object] != 0;
    int64_t step = total / MOST_FILL + 1;
    *stored = 0;
    GH_TRY(gh_alloc(&stage->hooks, &rows, MOST_FILL * count, sizeof *rows));
    for (int64_t i = 0; i < fit->n; i++) {
        if (present[i * objects + object] == 0 || seen++ % step) continue;
        for (int64_t k = 0; k < count; k++) rows[*stored * count + k] = fit->columns[list[k] * fit->n + i];
        ++*stored;
    }
    name[5] = (char)('0' + object / 10);
    name[6] = (char)('0' + object % 10);
    gh_status status = gh_stage_put(stage, name, *stored * count, rows);
    gh_free(&stage->hooks, rows);
    return status;
}

static gh_status store_objects(gh_stage *stage, gh_fit *fit, const int64_t *columns, const int64_t *offsets,
                               int64_t objects)
{
    double *present = NULL;
    int64_t fill_rows[MOST_OBJECTS];
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &present, fit->n * objects, sizeof *present));
    for (int64_t i = 0; i < fit->n; i++)
        for (int64_t o = 0; o < objects; o++)
            present[i * objects + o] =
                is_present(fit->columns + i, fit->n, columns + offsets[o], offsets[o + 1] - offsets[o]);
    GH_TRY_CLEANUP(gh_categories_fit(stage, fit, objects, present));
    for (int64_t o = 0; o < objects; o++)
        GH_TRY_CLEANUP(store_fill(stage, fit, o, columns + offsets[o], offsets[o + 1] - offsets[o], present, objects,
                                  &fill_rows[o]));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "columns", offsets[objects], columns));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "offsets", objects + 1, offsets));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "fill_rows", objects, fill_rows));
cleanup:
    gh_free(&stage->hooks, present);
    return status;
}

static gh_status flags_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t first[MOST_OBJECTS], offsets[MOST_OBJECTS + 1], objects, *columns = NULL;
    char name[256] = "";
    size_t used = 0;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(find_objects(stage, fit, first, &objects));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &columns, fit->in->count, sizeof *columns));
    GH_TRY_CLEANUP(list_columns(stage, fit, first, objects, columns, offsets));
    GH_TRY_CLEANUP(store_objects(stage, fit, columns, offsets, objects));
    for (int64_t j = 0; j < fit->in->count; j++)
        GH_TRY_CLEANUP(
            gh_layout_add(fit->out, fit->in->list[j].kind, fit->in->list[j].angle, "%s", fit->in->list[j].name));
    for (int64_t o = 0; o < objects; o++) {
        size_t length = stem(stage->names[first[o]]);
        if (used + length > 200) break;
        if (o) name[used++] = '+';
        memcpy(name + used, stage->names[first[o]], length);
        used += length;
        name[used] = '\0';
    }
    GH_TRY_CLEANUP(gh_layout_add(fit->out, GH_COORDINATE_DISCRETE, GH_ANGLE_NONE, "present(%s)", name));
cleanup:
    gh_free(&stage->hooks, columns);
    return status;
}

static void flags_release(gh_stage *stage)
{
    gh_categories_release(stage, &((flags *)stage->state)->table);
}

static gh_status flags_build(gh_stage *stage)
{
    flags *s;
    const gh_entry *entry;
    int64_t any = -1, total;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &total, &s->columns));
    GH_TRY(gh_archive_get(&stage->constants, "fill_rows", GH_I64, 1, &any, &entry));
    s->objects = entry->dims[0];
    s->fill_rows = entry->data;
    if (s->objects < 1 || s->objects > MOST_OBJECTS || stage->width_out != stage->width_in + 1)
        GH_FAIL(GENHEP_E_FORMAT,
                "prep: stage 'flags' has %lld objects and width %lld behind it, expected 1 to %d and %lld",
                (long long)s->objects, (long long)stage->width_out, MOST_OBJECTS, (long long)stage->width_in + 1);
    GH_TRY(gh_stage_get_i64(stage, "offsets", s->objects + 1, &s->offsets));
    for (int64_t o = 0; o < s->objects; o++) {
        char name[32] = "fill_00";
        if (s->offsets[0] != 0 || s->offsets[o + 1] <= s->offsets[o] || s->offsets[o + 1] > total ||
            s->fill_rows[o] < 0 || s->fill_rows[o] > MOST_FILL)
            GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'flags': object %lld has damaged offsets", (long long)o);
        name[5] = (char)('0' + o / 10);
        name[6] = (char)('0' + o % 10);
        GH_TRY(gh_stage_get(stage, name, s->fill_rows[o] * (s->offsets[o + 1] - s->offsets[o]), &s->fill[o]));
    }
    stage->draws = 1 + s->objects;
    return gh_categories_build(stage, s->objects, &s->table);
}

static gh_status flags_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const flags *s = stage->state;
    double row[MOST_OBJECTS] = {0}, *z = out + stage->width_in * GH_PANEL;
    memcpy(out, in, (size_t)stage->width_in * GH_PANEL * sizeof *out);
    for (int64_t i = 0; i < GH_PANEL; i++) {
        int64_t item = pass->first + (i < pass->rows ? i : pass->rows - 1);
        for (int64_t o = 0; o < s->objects; o++) {
            const int64_t *list = s->columns + s->offsets[o];
            int64_t count = s->offsets[o + 1] - s->offsets[o];
            row[o] = is_present(in + i, GH_PANEL, list, count);
            if (row[o] != 0 || s->fill_rows[o] == 0) continue;
            int64_t pick = gh_rng_below(&pass->rng, item, stage->first_draw + 1 + o, s->fill_rows[o]);
            for (int64_t k = 0; k < count; k++) out[list[k] * GH_PANEL + i] = s->fill[o][pick * count + k];
        }
        int64_t k = gh_category_of(&s->table, row);
        if (k < 0)
            return gh_stage_domain(stage, pass, i, "objects that are present", row[0],
                                   "a combination that the training data do not have");
        z[i] = gh_category_normal(&s->table, k, gh_rng_uniform(&pass->rng, item, stage->first_draw),
                                  pass->log_jacobian ? pass->log_jacobian + i : NULL);
    }
    return GENHEP_OK;
}

static void flags_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const flags *s = stage->state;
    const double *z = in + stage->width_in * GH_PANEL;
    (void)pass;
    memcpy(out, in, (size_t)stage->width_in * GH_PANEL * sizeof *out);
    for (int i = 0; i < GH_PANEL; i++) {
        const double *row = s->table.values + gh_category_at(&s->table, z[i]) * s->objects;
        for (int64_t o = 0; o < s->objects; o++)
            for (int64_t k = s->offsets[o]; row[o] == 0 && k < s->offsets[o + 1]; k++)
                out[s->columns[k] * GH_PANEL + i] = 0;
    }
}

const gh_stage_class gh_stage_flags = {"flags", 0, flags_fit, flags_build, flags_forward, flags_inverse, flags_release};
