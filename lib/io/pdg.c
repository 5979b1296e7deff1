/* pdg.c -- particle codes of the Particle Data Group by the names that columns use. */
#include <stdlib.h>
#include <string.h>

#include "io/particles.h"

static const struct {
    const char *name;
    int64_t id;
} known[] = {
    {"d", 1},      {"u", 2},       {"s", 3},      {"c", 4},      {"b", 5},       {"t", 6},       {"top", 6},
    {"dbar", -1},  {"ubar", -2},   {"sbar", -3},  {"cbar", -4},  {"bbar", -5},   {"tbar", -6},   {"topbar", -6},
    {"q", 1},      {"qbar", -1},   {"e", 11},     {"em", 11},    {"ep", -11},    {"mu", 13},     {"mum", 13},
    {"mup", -13},  {"tau", 15},    {"taum", 15},  {"taup", -15}, {"l", 13},      {"lm", 13},     {"lp", -13},
    {"nu", 12},    {"nubar", -12}, {"nue", 12},   {"nuebar", -12}, {"numu", 14}, {"numubar", -14},
    {"nutau", 16}, {"nutaubar", -16}, {"g", 21},  {"gluon", 21}, {"j", 21},      {"jet", 21},    {"gamma", 22},
    {"photon", 22}, {"a", 22},     {"Z", 23},     {"z", 23},     {"W", 24},      {"Wp", 24},     {"Wm", -24},
    {"H", 25},     {"h", 25},      {"higgs", 25}, {"Zp", 32},    {"zp", 32},     {"X", 32},
};

/* Numbered leptons: odd numbers are particles, even ones antiparticles. */
static const struct {
    const char *stem;
    int64_t id;
} leptons[] = {{"e", 11},   {"el", 11}, {"electron", 11}, {"mu", 13},    {"muon", 13},
               {"tau", 15}, {"l", 13},  {"lep", 13},      {"lepton", 13}};

static int64_t look_up(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) return known[i].id;
    return 0;
}

/* "q1", "q1barp", "mu2", "j1": a stem, a number and nothing, "bar" or "barp" behind it. */
static int64_t numbered(const char *name)
{
    enum { LONGEST = 16 };
    char stem[LONGEST];
    size_t length = strcspn(name, "0123456789");
    if (length == 0 || length >= LONGEST || !name[length]) return 0;
    memcpy(stem, name, length);
    stem[length] = '\0';
    char *rest;
    int odd = strtol(name + length, &rest, 10) % 2 != 0;
    if (strcmp(stem, "q") == 0) { /* a W+ gives q1 and q1barp (up, anti-down), a W- gives q2 and q2barp */
        if (!*rest) return odd ? 2 : 1;
        if (strcmp(rest, "barp") == 0) return odd ? -1 : -2;
        if (strcmp(rest, "bar") == 0) return odd ? -2 : -1;
        return 0;
    }
    if (*rest) return 0;
    for (size_t i = 0; i < sizeof leptons / sizeof *leptons; i++)
        if (strcmp(leptons[i].stem, stem) == 0) return odd ? leptons[i].id : -leptons[i].id;
    return look_up(stem);
}

int64_t gh_pdg_of_name(const char *name)
{
    for (;;) {
        int64_t id = look_up(name);
        if (!id) id = numbered(name);
        const char *bar = strchr(name, '_'); /* a prefix such as part_ */
        if (id || !bar) return id;
        name = bar + 1;
    }
}

int gh_pdg_colour(int64_t id)
{
    if (id >= 1 && id <= 8) return 3;
    if (id <= -1 && id >= -8) return -3;
    return id == 21 || id == 9 ? 8 : 0;
}

double gh_pdg_mass(int64_t id)
{
    int64_t code = id < 0 ? -id : id;
    if (code == 11) return 0.000511;
    if (code == 13) return 0.10566;
    if (code == 15) return 1.77682;
    if ((code >= 1 && code <= 5) || code == 12 || code == 14 || code == 16 || code == 21 || code == 22) return 0;
    return -1;
}
