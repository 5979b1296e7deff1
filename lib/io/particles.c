/* particles.c -- which columns of a table are particles, and what an event file needs to know about them. */
#include "io/particles.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/events.h"
#include "io/writer.h"

static const char *const slot_fields[GH_SLOT_FIELDS] = {"id", "status", "px", "py", "pz", "E", "m"};
static const char *const slot_units[GH_SLOT_FIELDS] = {"", "", "GeV", "GeV", "GeV", "GeV", "GeV"};

gh_status gh_slot_names(const gh_hooks *hooks, int64_t slots, char ***names, char ***units)
{
    int64_t d = slots * GH_SLOT_FIELDS;
    char text[48];
    gh_status status;
    *names = *units = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, names, d, sizeof **names));
    GH_TRY_CLEANUP(gh_alloc(hooks, units, d, sizeof **units));
    for (int64_t j = 0; j < d; j++) {
        snprintf(text, sizeof text, "p%lld_%s", (long long)(j / GH_SLOT_FIELDS) + 1, slot_fields[j % GH_SLOT_FIELDS]);
        GH_TRY_CLEANUP(gh_strdup(hooks, text, &(*names)[j]));
        GH_TRY_CLEANUP(gh_strdup(hooks, slot_units[j % GH_SLOT_FIELDS], &(*units)[j]));
    }
    return GENHEP_OK;

cleanup:
    gh_free_names(hooks, d, *names);
    gh_free_names(hooks, d, *units);
    *names = *units = NULL;
    return status;
}

double gh_slot_value(const gh_particle *p, int field)
{
    switch (field) {
    case 0: return (double)p->id;
    case 1: return p->status;
    case 2: return p->px;
    case 3: return p->py;
    case 4: return p->pz;
    case 5: return p->e;
    default: return p->m;
    }
}

/* Slots 1..K are the table's when all seven columns stand in a row. */
static int64_t count_slots(const genhep_dataset *t)
{
    char text[48];
    for (int64_t slots = 0;; slots++)
        for (int field = 0; field < GH_SLOT_FIELDS; field++) {
            int64_t j = slots * GH_SLOT_FIELDS + field;
            snprintf(text, sizeof text, "p%lld_%s", (long long)slots + 1, slot_fields[field]);
            if (j >= t->d || strcmp(t->names[j], text) != 0) return slots;
        }
}

static int64_t suffix_column(const genhep_dataset *t, const char *stem, size_t length, const char *suffix)
{
    size_t tail = strlen(suffix);
    for (int64_t j = 0; j < t->d; j++)
        if (strlen(t->names[j]) == length + tail && memcmp(t->names[j], stem, length) == 0 &&
            strcmp(t->names[j] + length, suffix) == 0)
            return j;
    return -1;
}

static gh_status add_particle(gh_record_plan *plan, const char *name, size_t length, gh_named_particle **added)
{
    const gh_hooks *hooks = &plan->dataset->hooks;
    gh_named_particle p = {NULL, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, -1, 0, 0, 0};
    GH_TRY(gh_resize(hooks, &plan->named, plan->n_named + 1, sizeof p));
    GH_TRY(gh_alloc(hooks, &p.name, (int64_t)length + 1, 1));
    memcpy(p.name, name, length);
    plan->named[plan->n_named] = p;
    *added = &plan->named[plan->n_named++];
    return GENHEP_OK;
}

static gh_named_particle *find_particle(const gh_record_plan *plan, const char *name, size_t length)
{
    for (int64_t i = 0; i < plan->n_named; i++)
        if (strlen(plan->named[i].name) == length && memcmp(plan->named[i].name, name, length) == 0)
            return &plan->named[i];
    return NULL;
}

/* Particles in the order in which their first column stands. */
static gh_status find_particles(gh_record_plan *plan)
{
    const genhep_dataset *t = plan->dataset;
    for (int64_t j = 0; j < t->d; j++) {
        const char *name = t->names[j], *bar = strrchr(name, '_');
        size_t length = bar ? (size_t)(bar - name) : 0;
        gh_named_particle *p, found = {NULL, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, -1, 0, 0, 0};
        if (length == 0 || find_particle(plan, name, length)) continue;
        found.e = suffix_column(t, name, length, "_E");
        found.px = suffix_column(t, name, length, "_px");
        found.py = suffix_column(t, name, length, "_py");
        found.pz = suffix_column(t, name, length, "_pz");
        found.pt = suffix_column(t, name, length, "_pT");
        if (found.pt < 0) found.pt = suffix_column(t, name, length, "_pt");
        found.eta = suffix_column(t, name, length, "_eta");
        found.phi = suffix_column(t, name, length, "_phi");
        found.m = suffix_column(t, name, length, "_m");
        found.id_column = suffix_column(t, name, length, "_id");
        found.q_column = suffix_column(t, name, length, "_Q");
        int cartesian = found.px >= 0 && found.py >= 0 && found.pz >= 0;
        if (!cartesian && (found.pt < 0 || found.eta < 0 || found.phi < 0)) continue;
        GH_TRY(add_particle(plan, name, length, &p));
        found.name = p->name;
        *p = found;
    }
    return GENHEP_OK;
}

/* One "name: words" clause of a comma-separated option; *text moves on. 0 at the end. */
static int next_clause(const char **text, const char **name, size_t *length, const char **words, const char **end)
{
    if (!**text) return 0;
    const char *comma = strchr(*text, ','), *stop = comma ? comma : *text + strlen(*text);
    const char *colon = memchr(*text, ':', (size_t)(stop - *text)), *name_end = colon ? colon : stop;
    *name = *text;
    gh_trim(name, &name_end);
    *length = (size_t)(name_end - *name);
    *words = colon ? colon + 1 : stop;
    *end = stop;
    gh_trim(words, end);
    *text = comma ? comma + 1 : stop;
    return 1;
}

/* Up to `most` numbers separated by blanks; the count, or -1. */
static int read_words(const char *at, const char *end, int most, double *numbers)
{
    int count = 0;
    while (at < end) {
        const char *stop = at;
        while (stop < end && *stop != ' ' && *stop != '\t') stop++;
        if (count == most || gh_read_number(at, stop, &numbers[count++]) != 1) return -1;
        for (at = stop; at < end && (*at == ' ' || *at == '\t');) at++;
    }
    return count;
}

/* data.particles = "mum: E1 px1 py1 pz1, ..." */
static gh_status mapped_particles(gh_record_plan *plan, const char *text)
{
    const char *name, *at, *end, *all = text;
    size_t length;
    while (next_clause(&text, &name, &length, &at, &end)) {
        int64_t columns[4], count = 0;
        for (; at < end && length; count++) {
            const char *stop = at;
            while (stop < end && *stop != ' ' && *stop != '\t') stop++;
            int64_t j = suffix_column(plan->dataset, at, (size_t)(stop - at), "");
            if (j < 0 || count == 4) break;
            columns[count] = j;
            for (at = stop; at < end && (*at == ' ' || *at == '\t');) at++;
        }
        if (at < end || count != 4)
            GH_FAIL(GENHEP_E_OPTION,
                    "data.particles = '%.120s': expected 'name: E px py pz' with four columns of the table", all);
        gh_named_particle *p = find_particle(plan, name, length);
        if (!p) GH_TRY(add_particle(plan, name, length, &p));
        p->e = columns[0], p->px = columns[1], p->py = columns[2], p->pz = columns[3];
    }
    return GENHEP_OK;
}

/* An option of clauses "particle: numbers"; the numbers are handed to `take`. */
static gh_status apply_clauses(gh_record_plan *plan, const char *key, const char *text, int numbers,
                               void (*take)(gh_named_particle *, const double *))
{
    const char *name, *at, *end, *all = text;
    size_t length;
    double value[2];
    while (next_clause(&text, &name, &length, &at, &end)) {
        gh_named_particle *p = find_particle(plan, name, length);
        if (!p)
            GH_FAIL(GENHEP_E_OPTION, "%s = '%.120s': the table has no particle '%.*s'", key, all,
                    (int)(length > 60 ? 60 : length), name);
        if (strcmp(key, "data.masses") == 0 && end - at == 4 && memcmp(at, "free", 4) == 0) continue;
        if (read_words(at, end, numbers, value) != numbers)
            GH_FAIL(GENHEP_E_OPTION, "%s = '%.120s': expected 'name: %s'", key, all, numbers == 2 ? "501 0" : "number");
        take(p, value);
    }
    return GENHEP_OK;
}

static void take_id(gh_named_particle *p, const double *value)
{
    p->id = fabs(value[0]) < 1e15 ? (int64_t)value[0] : 0;
}

static void take_mass(gh_named_particle *p, const double *value)
{
    p->mass = value[0];
}

static void take_colours(gh_named_particle *p, const double *value)
{
    p->has_colours = 1;
    p->colour = fabs(value[0]) < 1e9 ? (int32_t)value[0] : 0;
    p->anticolour = fabs(value[1]) < 1e9 ? (int32_t)value[1] : 0;
}

static gh_status read_pair(const char *key, const char *text, double pair[2])
{
    const char *begin = text, *end = text + strlen(text);
    gh_trim(&begin, &end);
    if (read_words(begin, end, 2, pair) != 2)
        GH_FAIL(GENHEP_E_OPTION, "%s = '%.80s': expected two numbers", key, text);
    return GENHEP_OK;
}

static int attribute_number(const genhep_dataset *t, const char *key, double *value)
{
    const char *text = gh_dataset_attribute(t, key);
    return text && gh_read_number(text, text + strlen(text), value) == 1;
}

/* Beams: lhe.beams, else the attributes beams and sqrt_s_GeV, else the option's default. */
static gh_status find_beams(gh_record_plan *plan, const genhep_options *options)
{
    const genhep_dataset *t = plan->dataset;
    const char *beams = gh_dataset_attribute(t, "beams");
    double words[4], pair[2], roots;
    int chosen = gh_option_is_set(options, "lhe.beams");
    plan->beam_id[0] = plan->beam_id[1] = 2212;
    GH_TRY(read_pair("lhe.beams", gh_option_text(options, "lhe.beams"), plan->beam_energy));
    if (beams && read_words(beams, beams + strlen(beams), 4, words) == 4) {
        for (int i = 0; i < 2; i++) {
            plan->beam_id[i] = (int64_t)words[i];
            if (!chosen) plan->beam_energy[i] = words[2 + i];
        }
    } else if (!chosen && attribute_number(t, "sqrt_s_GeV", &roots)) {
        plan->beam_energy[0] = plan->beam_energy[1] = roots / 2;
    }
    if (!(plan->beam_energy[0] > 0) || !(plan->beam_energy[1] > 0))
        GH_FAIL(GENHEP_E_OPTION, "lhe.beams: %g and %g GeV, expected two energies above 0", plan->beam_energy[0],
                plan->beam_energy[1]);
    GH_TRY(read_pair("lhe.incoming", gh_option_text(options, "lhe.incoming"), pair));
    for (int i = 0; i < 2; i++) plan->incoming[i] = (int64_t)pair[i];
    int64_t code = plan->incoming[0] < 0 ? -plan->incoming[0] : plan->incoming[0];
    if (code >= 11 && code <= 16 && !beams) /* leptons come as beams */
        for (int i = 0; i < 2; i++) plan->beam_id[i] = plan->incoming[i];
    return GENHEP_OK;
}

gh_status gh_record_plan_totals(gh_record_plan *plan)
{
    const genhep_writer *w = plan->writer;
    GH_TRY(find_beams(plan, w->options));
    plan->sigma = 1;
    plan->sigma_known = attribute_number(w->schema, "sigma_pb", &plan->sigma);
    if (!attribute_number(w->schema, "sigma_err_pb", &plan->sigma_error)) plan->sigma_error = 0;
    plan->strategy = !w->weighted ? 3 : w->unit_weights ? -3 : -4;
    plan->largest = plan->strategy == -4 ? w->largest : 1;
    return GENHEP_OK;
}

gh_status gh_record_plan_end(gh_record_plan *plan)
{
    if (plan->writer->n == 0)
        GH_FAIL(GENHEP_E_SHAPE, "%s: the table has no events, this format needs at least one", plan->path);
    GH_TRY(gh_record_plan_totals(plan));
    if (!plan->sigma_known)
        gh_log(&plan->writer->hooks, GENHEP_LOG_WARNING, "%s: no attribute sigma_pb, the cross section is written as 1 pb", plan->path);
    return GENHEP_OK;
}

static gh_status name_particles(gh_record_plan *plan, const genhep_options *options)
{
    GH_TRY(find_particles(plan));
    GH_TRY(mapped_particles(plan, gh_option_text(options, "data.particles")));
    if (plan->n_named == 0)
        GH_FAIL(GENHEP_E_SHAPE, "%s: the table has no particle, expected columns <particle>_E, _px, _py, _pz or "
                                "<particle>_pT, _eta, _phi", plan->path);
    GH_TRY(apply_clauses(plan, "lhe.ids", gh_option_text(options, "lhe.ids"), 1, take_id));
    GH_TRY(apply_clauses(plan, "data.masses", gh_option_text(options, "data.masses"), 1, take_mass));
    GH_TRY(apply_clauses(plan, "lhe.colours", gh_option_text(options, "lhe.colours"), 2, take_colours));
    for (int64_t i = 0; i < plan->n_named; i++) {
        gh_named_particle *p = &plan->named[i];
        if (p->id) p->id_column = -1;
        else p->id = gh_pdg_of_name(p->name);
        if (!p->id && p->id_column < 0)
            GH_FAIL(GENHEP_E_OPTION, "%s: no PDG code is known for particle '%.60s'; set lhe.ids = '%.60s: code'",
                    plan->path, p->name, p->name);
        if (p->has_colours) plan->explicit_colours = 1;
        if (p->e < 0 && p->m < 0 && p->mass < 0 && p->pt < 0)
            GH_FAIL(GENHEP_E_SHAPE, "%s: particle '%.60s' has no energy or mass", plan->path, p->name);
    }
    plan->most = plan->n_named + 2;
    return GENHEP_OK;
}

gh_status gh_record_plan_make(const genhep_writer *writer, gh_record_plan *plan)
{
    gh_status status;
    memset(plan, 0, sizeof *plan);
    plan->writer = writer;
    plan->dataset = writer->schema;
    plan->path = writer->path;
    plan->tolerance = writer->storage == GENHEP_FLOAT32 ? 1e-6 : 1e-13;
    plan->slots = plan->most = count_slots(plan->dataset);
    if (!plan->slots) GH_TRY_CLEANUP(name_particles(plan, writer->options));
    GH_TRY_CLEANUP(gh_record_plan_totals(plan));
    GH_TRY_CLEANUP(gh_alloc(&writer->hooks, &plan->record.particles, plan->most, sizeof *plan->record.particles));
    return GENHEP_OK;

cleanup:
    gh_record_plan_free(plan);
    return status;
}

void gh_record_plan_free(gh_record_plan *plan)
{
    if (!plan->dataset) return; /* zeroed, or freed before */
    for (int64_t i = 0; i < plan->n_named; i++) gh_free(&plan->dataset->hooks, plan->named[i].name);
    gh_free(&plan->dataset->hooks, plan->named);
    gh_free(&plan->dataset->hooks, plan->record.particles);
    memset(plan, 0, sizeof *plan);
}
