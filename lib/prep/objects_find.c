/* objects_find.c -- types, slots and columns of 'objects' by their names. */
#include <stdio.h>
#include <string.h>

#include "prep/objects_fit.h"
#include "prep/particle_columns.h"

size_t gh_objects_stem(const char *name)
{
    const char *bar = strrchr(name, '_');
    return bar ? (size_t)(bar - name) : 0;
}

static int same_stem(const char *a, const char *b)
{
    return gh_objects_stem(a) == gh_objects_stem(b) && strncmp(a, b, gh_objects_stem(a)) == 0;
}

/* ---- columns ---- */

static int role_by_name(const char *name)
{
    static const char *const endings[GH_OBJECTS_ROLES] = {"_pT", "_eta", "_phi", "_E", "_m"};
    for (int role = 0; role < GH_OBJECTS_ROLES; role++)
        if (strcmp(name + gh_objects_stem(name), endings[role]) == 0) return role;
    return -1;
}

/* Slots whose names match the pattern, in column order. */
static gh_status find_slots(gh_objects_work *w, const char *pattern, gh_object_type *type)
{
    const gh_layout *in = w->fit->in;
    type->first = w->s.slots;
    for (int64_t j = 0; j < in->count; j++) {
        char name[256];
        const size_t length = gh_objects_stem(in->list[j].name);
        int known = 0;
        if (!length || length >= sizeof name) continue;
        memcpy(name, in->list[j].name, length);
        name[length] = '\0';
        if (!gh_pattern_match(pattern, name)) continue;
        for (int64_t k = 0; k < w->s.slots; k++) known |= same_stem(w->names[k], in->list[j].name);
        if (known) continue;
        if (w->s.slots == GH_OBJECTS_SLOTS)
            GH_FAIL(GENHEP_E_OPTION, "prep: 'objects(%.80s)' finds more than %d slots", w->fit->arguments->text,
                    GH_OBJECTS_SLOTS);
        w->names[w->s.slots++] = in->list[j].name;
    }
    type->slots = w->s.slots - type->first;
    if (type->slots == 0)
        GH_FAIL(GENHEP_E_OPTION,
                "prep: 'objects(%.80s)': no further object is named '%.80s'; the closest column is '%.80s'",
                w->fit->arguments->text, pattern, gh_layout_closest(in, pattern));
    return GENHEP_OK;
}

/* Roles and discrete columns of one slot; the discrete columns of all slots of a type have the same endings in the same order. */
static gh_status find_columns(gh_objects_work *w, int64_t slot, const gh_object_type *type)
{
    const gh_layout *in = w->fit->in;
    int64_t *roles = w->roles + slot * GH_OBJECTS_ROLES, count = 0;
    for (int64_t j = 0; j < in->count; j++) {
        const char *name = in->list[j].name;
        if (!same_stem(name, w->names[slot])) continue;
        if (in->list[j].kind != GH_COORDINATE_COLUMN)
            GH_FAIL(GENHEP_E_OPTION,
                    "prep: 'objects' needs '%.120s' as it stands in the data; put it before the other maps", name);
        const int role = role_by_name(name);
        if (role >= 0) {
            roles[role] = j + 1;
            continue;
        }
        const int64_t alike = w->n_discretes - type->discretes;
        if (type->slots * (count + 1) >= GH_OBJECTS_PATTERN)
            GH_FAIL(GENHEP_E_OPTION, "prep: 'objects': '%.120s' is one discrete column too many of its type", name);
        if (slot > type->first &&
            (count == type->discretes ||
             strcmp(name + gh_objects_stem(name),
                    in->list[w->discretes[alike]].name + gh_objects_stem(in->list[w->discretes[alike]].name)) != 0))
            GH_FAIL(GENHEP_E_OPTION, "prep: 'objects': '%.120s' has no counterpart in the slot before it", name);
        w->discretes[w->n_discretes++] = j;
        count++;
    }
    if (!roles[GH_OBJECTS_PT] || !roles[GH_OBJECTS_ETA] || !roles[GH_OBJECTS_PHI])
        GH_FAIL(GENHEP_E_OPTION, "prep: 'objects' needs columns _pT, _eta and _phi beside '%.120s'", w->names[slot]);
    if (slot > type->first &&
        (count != type->discretes || !roles[GH_OBJECTS_E] != !roles[GH_OBJECTS_E - GH_OBJECTS_ROLES] ||
         !roles[GH_OBJECTS_M] != !roles[GH_OBJECTS_M - GH_OBJECTS_ROLES]))
        GH_FAIL(GENHEP_E_OPTION, "prep: 'objects': the slot of '%.120s' has other columns than the one before it",
                w->names[slot]);
    w->s.type[w->s.types].discretes = count;
    return GENHEP_OK;
}

/* Mass of a type: what data.masses says of its first slot, free where it says nothing and there is a column for it. */
static gh_status find_mass(gh_objects_work *w, gh_object_type *type)
{
    const int64_t *roles = w->roles + type->first * GH_OBJECTS_ROLES;
    const int has_mass = roles[GH_OBJECTS_E] || roles[GH_OBJECTS_M];
    char name[256];
    int found;
    snprintf(name, sizeof name, "%.*s", (int)gh_objects_stem(w->names[type->first]), w->names[type->first]);
    GH_TRY(gh_masses_look_up(gh_option_text(w->fit->options, "data.masses"), name, &found, &type->mass));
    if (found == 2 && !has_mass)
        GH_FAIL(GENHEP_E_OPTION, "data.masses: '%s' cannot be free, the data have neither its energy nor its mass",
                name);
    if (found != 1) type->mass = has_mass ? -1 : 0;
    type->width = type->mass < 0 ? 4 : 3;
    type->first_coordinate = w->s.coordinates;
    w->s.coordinates += type->slots * type->width;
    return GENHEP_OK;
}

/* 'balance(METphi)': the azimuth of missing momentum. */
static gh_status find_balance(gh_objects_work *w, const char *text)
{
    const gh_layout *in = w->fit->in;
    char name[128];
    int end = 0;
    if (sscanf(text, "balance( %127[^,) ] )%n", name, &end) != 1 || end == 0 || text[end] != '\0')
        GH_FAIL(GENHEP_E_OPTION, "prep: 'objects': found '%.80s', expected 'balance(METphi)'", text);
    w->s.azimuth = gh_layout_find(in, name);
    w->s.balance = 1;
    if (w->s.azimuth < 0 || in->list[w->s.azimuth].angle != GH_ANGLE_AZIMUTH)
        GH_FAIL(GENHEP_E_OPTION,
                "prep: 'objects(%.80s)': '%.80s' is not a column, or no azimuth; the closest is '%.80s'",
                w->fit->arguments->text, name, gh_layout_closest(in, name));
    return GENHEP_OK;
}

/* Every name in data.masses is that of a slot. */
static gh_status check_masses(const gh_objects_work *w)
{
    char names[GH_OBJECTS_SLOTS][128];
    gh_particle_entry entries[GH_OBJECTS_SLOTS];
    const gh_particle_list slots = {.list = entries, .count = w->s.slots};
    for (int64_t k = 0; k < w->s.slots; k++) {
        snprintf(names[k], sizeof names[k], "%.*s", (int)gh_objects_stem(w->names[k]), w->names[k]);
        entries[k] = (gh_particle_entry){.name = names[k]};
    }
    return gh_masses_check(gh_option_text(w->fit->options, "data.masses"), &slots);
}

gh_status gh_objects_find_types(gh_objects_work *w)
{
    w->s.azimuth = -1;
    const gh_arguments *arguments = w->fit->arguments;
    if (arguments->count < 1 || arguments->count > GH_OBJECTS_TYPES)
        GH_FAIL(GENHEP_E_OPTION,
                "prep: 'objects(%.80s)' has %lld types of objects, expected 1 to %d: 'objects(jet*, lep*)'",
                arguments->text, (long long)arguments->count, GH_OBJECTS_TYPES);
    w->s.roles = w->roles;
    w->s.discretes = w->discretes;
    int64_t types = 0;
    for (int64_t a = 0; a < arguments->count; a++) {
        if (strncmp(arguments->items[a], "balance(", 8) == 0) {
            GH_TRY(find_balance(w, arguments->items[a]));
            continue;
        }
        gh_object_type *type = &w->s.type[types];
        w->patterns[types] = arguments->items[a];
        w->s.types = types++;
        type->first_discrete = w->n_discretes;
        GH_TRY(find_slots(w, arguments->items[a], type));
        for (int64_t k = 0; k < type->slots; k++) GH_TRY(find_columns(w, type->first + k, type));
        GH_TRY(find_mass(w, type));
    }
    w->s.types = types;
    GH_TRY(check_masses(w));
    if (types == 0)
        GH_FAIL(GENHEP_E_OPTION, "prep: 'objects(%.80s)' has no type of objects: 'objects(jet*, lep*)'",
                arguments->text);
    return GENHEP_OK;
}

gh_status gh_objects_find_rest(gh_objects_work *w)
{
    const gh_layout *in = w->fit->in;
    GH_TRY(gh_alloc(&w->stage->hooks, &w->rest, in->count, sizeof *w->rest));
    GH_TRY(gh_alloc(&w->stage->hooks, &w->rest_kind, in->count, sizeof *w->rest_kind));
    for (int64_t j = 0; j < in->count; j++) {
        int taken = 0;
        for (int64_t k = 0; k < w->s.slots; k++) taken |= same_stem(in->list[j].name, w->names[k]);
        if (taken) continue;
        const int is_azimuth = in->list[j].angle == GH_ANGLE_AZIMUTH;
        if (is_azimuth && w->s.azimuth < 0) {
            w->s.azimuth = j;
            continue;
        }
        if (w->s.balance && j == w->s.azimuth) {
            w->rest_kind[w->s.rest_count] = GH_OBJECTS_MAPPED | GH_OBJECTS_OPPOSITE;
            w->rest[w->s.rest_count++] = j;
            continue;
        }
        w->rest_kind[w->s.rest_count] = (in->list[j].kind == GH_COORDINATE_DISCRETE ? 0 : GH_OBJECTS_MAPPED) |
                                        (is_azimuth ? GH_OBJECTS_TURNED : 0);
        w->rest[w->s.rest_count++] = j;
    }
    w->s.rest = w->rest;
    w->s.rest_kind = w->rest_kind;
    return GENHEP_OK;
}
