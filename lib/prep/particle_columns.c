/* particle_columns.c -- finding particles and their masses by name. */
#include "prep/particle_columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const role_names[GH_ROLES] = {"E", "px", "py", "pz", "pT", "eta", "phi", "m"};

static int role_of(const char *text, size_t length)
{
    for (int r = 0; r < GH_ROLES; r++)
        if (strlen(role_names[r]) == length && strncmp(role_names[r], text, length) == 0) return r;
    return length == 2 && strncmp(text, "pt", 2) == 0 ? GH_ROLE_PT : -1;
}

int64_t gh_particles_index(const gh_particle_list *particles, const char *name)
{
    for (int64_t i = 0; i < particles->count; i++)
        if (strcmp(particles->list[i].name, name) == 0) return i;
    return -1;
}

void gh_particles_clear(gh_particle_list *particles)
{
    for (int64_t i = 0; i < particles->count; i++) gh_free(&particles->hooks, particles->list[i].name);
    gh_free(&particles->hooks, particles->list);
    particles->list = NULL;
    particles->count = particles->capacity = 0;
}

static gh_status add_particle(gh_particle_list *particles, const char *name, size_t length, gh_particle_entry **added)
{
    if (particles->count == particles->capacity) {
        int64_t capacity = particles->capacity ? 2 * particles->capacity : 8;
        GH_TRY(gh_resize(&particles->hooks, &particles->list, capacity, sizeof *particles->list));
        particles->capacity = capacity;
    }
    gh_particle_entry *particle = &particles->list[particles->count];
    GH_TRY(gh_alloc(&particles->hooks, &particle->name, (int64_t)length + 1, 1));
    memcpy(particle->name, name, length);
    for (int r = 0; r < GH_ROLES; r++) particle->column[r] = -1;
    particles->count++;
    *added = particle;
    return GENHEP_OK;
}

static int is_complete(const gh_particle_entry *p)
{
    const int64_t *c = p->column;
    return (c[GH_ROLE_PX] >= 0 && c[GH_ROLE_PY] >= 0 && c[GH_ROLE_PZ] >= 0) ||
           (c[GH_ROLE_PT] >= 0 && c[GH_ROLE_ETA] >= 0 && c[GH_ROLE_PHI] >= 0);
}

/* The next entry "name: rest" of a comma-separated list; 0 at the end. */
static gh_status next_entry(const char **at, const char *option, char name[256], char rest[256], int *more)
{
    const char *begin = *at, *stop = begin + strcspn(begin, ","), *last = stop;
    *more = 0;
    gh_trim(&begin, &last);
    if (begin == last && *stop == '\0') return GENHEP_OK;
    const char *colon = memchr(begin, ':', (size_t)(last - begin));
    const char *name_end = colon ? colon : begin, *rest_begin = colon ? colon + 1 : begin;
    const char *name_begin = begin;
    gh_trim(&name_begin, &name_end);
    gh_trim(&rest_begin, &last);
    if (!colon || name_begin == name_end || rest_begin == last || name_end - name_begin > 255 ||
        last - rest_begin > 255)
        GH_FAIL(GENHEP_E_OPTION, "%s: entry '%.*s', expected 'name: ...'", option,
                (int)(stop - begin > 80 ? 80 : stop - begin), begin);
    snprintf(name, 256, "%.*s", (int)(name_end - name_begin), name_begin);
    snprintf(rest, 256, "%.*s", (int)(last - rest_begin), rest_begin);
    *at = *stop ? stop + 1 : stop;
    *more = 1;
    return GENHEP_OK;
}

static gh_status map_column(gh_particle_entry *particle, int role, const char *column, const char *const *names,
                            int64_t d)
{
    const char *closest = "";
    int least = INT32_MAX;
    for (int64_t j = 0; j < d; j++) {
        int distance = gh_edit_distance(column, names[j]);
        if (distance == 0) {
            particle->column[role] = j;
            return GENHEP_OK;
        }
        if (distance < least) least = distance, closest = names[j];
    }
    GH_FAIL(GENHEP_E_OPTION, "data.particles: '%s' has no column '%.80s'; the closest is '%.80s'", particle->name,
            column, closest);
}

/* The columns of one mapped particle: words, each a column or role=column. */
static gh_status map_particle(gh_particle_entry *particle, char *rest, const char *const *names, int64_t d)
{
    char *word[GH_ROLES] = {rest}, *save = NULL;
    int words = 0;
    for (char *w = strtok_r(rest, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
        if (words == GH_ROLES)
            GH_FAIL(GENHEP_E_OPTION, "data.particles: '%s' has more than %d columns", particle->name, GH_ROLES);
        word[words++] = w;
    }
    int plain = strchr(word[0], '=') == NULL;
    if (plain && words != 3 && words != 4)
        GH_FAIL(GENHEP_E_OPTION, "data.particles: '%s' has %d columns, expected 'E px py pz' or 'px py pz'",
                particle->name, words);
    for (int i = 0; i < words; i++) {
        char *equal = strchr(word[i], '=');
        int role = plain ? (words == 4 ? i : i + 1) : equal ? role_of(word[i], (size_t)(equal - word[i])) : -1;
        if (role < 0 || (plain && equal))
            GH_FAIL(GENHEP_E_OPTION,
                    "data.particles: '%s': '%.80s', expected one of E px py pz pT eta phi m and '=column'",
                    particle->name, word[i]);
        GH_TRY(map_column(particle, role, plain ? word[i] : equal + 1, names, d));
    }
    if (!is_complete(particle))
        GH_FAIL(GENHEP_E_OPTION, "data.particles: '%s' needs px py pz or pT eta phi", particle->name);
    return GENHEP_OK;
}

static gh_status find_mapped(const char *mapping, const char *const *names, int64_t d, gh_particle_list *particles)
{
    char name[256], rest[256];
    int more;
    for (;;) {
        gh_particle_entry *particle;
        GH_TRY(next_entry(&mapping, "data.particles", name, rest, &more));
        if (!more) return GENHEP_OK;
        if (gh_particles_index(particles, name) >= 0)
            GH_FAIL(GENHEP_E_OPTION, "data.particles: '%s' stands twice", name);
        GH_TRY(add_particle(particles, name, strlen(name), &particle));
        GH_TRY(map_particle(particle, rest, names, d));
    }
}

/* The column <particle>_<role>, -1 when absent. */
static int64_t find_column(const char *const *names, int64_t d, const char *stem, size_t length, int role)
{
    for (int64_t j = 0; j < d; j++) {
        if (strncmp(names[j], stem, length) != 0 || names[j][length] != '_') continue;
        const char *ending = names[j] + length + 1;
        if (role_of(ending, strlen(ending)) == role) return j;
    }
    return -1;
}

static gh_status find_named(const char *const *names, int64_t d, gh_particle_list *particles)
{
    for (int64_t j = 0; j < d; j++) {
        const char *bar = strrchr(names[j], '_');
        if (!bar || bar == names[j] || role_of(bar + 1, strlen(bar + 1)) < 0) continue;
        size_t length = (size_t)(bar - names[j]);
        gh_particle_entry candidate = {NULL, {0}}, *added;
        int known = 0;
        for (int64_t i = 0; i < particles->count; i++)
            known |=
                strlen(particles->list[i].name) == length && strncmp(particles->list[i].name, names[j], length) == 0;
        if (known) continue;
        for (int r = 0; r < GH_ROLES; r++) candidate.column[r] = find_column(names, d, names[j], length, r);
        if (!is_complete(&candidate)) continue;
        GH_TRY(add_particle(particles, names[j], length, &added));
        memcpy(added->column, candidate.column, sizeof added->column);
    }
    return GENHEP_OK;
}

gh_status gh_particles_find(const gh_hooks *hooks, const char *const *names, int64_t d, const char *mapping,
                            gh_particle_list *particles)
{
    memset(particles, 0, sizeof *particles);
    particles->hooks = *hooks;
    gh_status status = mapping ? find_mapped(mapping, names, d, particles) : GENHEP_OK;
    if (!status) status = find_named(names, d, particles);
    if (status) gh_particles_clear(particles);
    return status;
}

/* "free" -> 2, a number >= 0 -> 1 */
static gh_status parse_mass(const char *name, const char *text, int *found, double *mass)
{
    const char *end;
    *found = 2;
    if (strcmp(text, "free") == 0) return GENHEP_OK;
    *mass = gh_parse_real(text, &end);
    *found = 1;
    if (end == text || *end || !(*mass >= 0) || !isfinite(*mass))
        GH_FAIL(GENHEP_E_OPTION, "data.masses: '%s: %.80s', expected a mass in GeV of at least 0, or 'free'", name,
                text);
    return GENHEP_OK;
}

gh_status gh_masses_look_up(const char *masses, const char *name, int *found, double *mass)
{
    char pattern[256], rest[256];
    const char *at = masses, *begin = masses, *end = masses + strlen(masses);
    int more;
    *found = 0;
    gh_trim(&begin, &end);
    if (begin == end) return GENHEP_OK;
    if (!memchr(begin, ':', (size_t)(end - begin))) { /* one value for all */
        snprintf(rest, sizeof rest, "%.*s", (int)(end - begin > 200 ? 200 : end - begin), begin);
        return parse_mass("all", rest, found, mass);
    }
    for (;;) {
        GH_TRY(next_entry(&at, "data.masses", pattern, rest, &more));
        if (!more) return GENHEP_OK;
        if (gh_pattern_match(pattern, name)) return parse_mass(pattern, rest, found, mass);
    }
}

gh_status gh_masses_check(const char *masses, const gh_particle_list *particles)
{
    char pattern[256], rest[256];
    const char *at = masses;
    int more;
    if (!strchr(masses, ':')) return GENHEP_OK;
    for (;;) {
        GH_TRY(next_entry(&at, "data.masses", pattern, rest, &more));
        if (!more) return GENHEP_OK;
        int matches = 0, least = INT32_MAX;
        const char *closest = "";
        for (int64_t i = 0; i < particles->count; i++) {
            int distance = gh_edit_distance(pattern, particles->list[i].name);
            if (distance < least) least = distance, closest = particles->list[i].name;
            matches += gh_pattern_match(pattern, particles->list[i].name);
        }
        if (!matches)
            GH_FAIL(GENHEP_E_OPTION, "data.masses: no particle is named '%.80s'; the closest is '%.80s'", pattern,
                    closest);
    }
}

double gh_particle_known_mass(const char *name)
{
    static const struct {
        const char *pattern;
        double mass;
    } known[] = {{"mum", 0.10566},  {"mup", 0.10566}, {"mu", 0.10566},  {"mu1", 0.10566}, {"mu2", 0.10566},
                 {"em", 0.000511},  {"ep", 0.000511}, {"e1", 0.000511}, {"e2", 0.000511}, {"taum", 1.77686},
                 {"taup", 1.77686}, {"b", 4.8},       {"bbar", 4.8},    {"nu*", 0},       {"g", 0},
                 {"gamma*", 0},     {"q*", 0.33}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (gh_pattern_match(known[i].pattern, name)) return known[i].mass;
    return -1;
}
