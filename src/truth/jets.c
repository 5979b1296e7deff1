/* jets.c -- ttbar_jets: t tbar with at least one lepton as a detector sees it: missing momentum, jets, leptons, photons, in slots of
 * falling pT that stay zero where nothing was found. Physics and closed forms: docs/PROCESSES.md. */
#include <math.h>
#include <stdlib.h>

#include "processes.h"

enum { COLUMNS, SQRT_S, RADIATION, NONPROMPT, PHOTONS, SECOND, SOFT };

static const double steep[TRUTH_OBJECT_TYPES] = {2, 3, 2};         /* a of the spectrum pT^-(a+1) of what is radiated */
static const double least_made[TRUTH_OBJECT_TYPES] = {15, 10, 10}; /* GeV: where it begins */
static const double least_seen[TRUTH_OBJECT_TYPES] = {20, 10, 10};
static const double widest[TRUTH_OBJECT_TYPES] = {5, 2.5, 2.5}; /* |eta| that is seen */
static const double found[TRUTH_OBJECT_TYPES] = {1, 0.9, 0.9};  /* share of those inside that is found */
static const double jet_eta = 2;                                /* deviation of eta of radiated jets */
static const double jet_sigma = 0.8, jet_constant = 0.05, lepton_sigma = 0.01;
static const double jet_mass = 0.12, jet_mass_spread = 0.4; /* median of m/pT, deviation of its logarithm */

static const truth_key keys[] = {
    {"columns", TRUTH_CHOICE, "26", 0, 0, "26|82",
     "26: missing momentum, 4 jets, 2 leptons; 82: 12 jets, 4 leptons, 4 photons"},
    {"sqrt_s", TRUTH_REAL, "13000", 4000, 1e6, NULL, "energy of the beams together, GeV"},
    {"radiation", TRUTH_REAL, "2.5", 0, 6, NULL, "mean number of radiated jets"},
    {"nonprompt", TRUTH_REAL, "0.08", 0, 2, NULL, "mean number of leptons that no W made"},
    {"photons", TRUTH_REAL, "0.4", 0, 2, NULL, "mean number of photons"},
    {"second", TRUTH_REAL, "0.22", 0, 1, NULL, "probability that the second W makes a lepton, too"},
    {"soft", TRUTH_REAL, "12", 0.1, 50, NULL, "deviation of what is missing in x and in y beside all objects, GeV"},
};

#define OBJECT(name) name "_E", name "_pT", name "_eta", name "_phi"
#define UNITS "GeV", "GeV", "", "rad"
#define UNITS_4 UNITS, UNITS, UNITS, UNITS

static const char *const small_columns[] = {"MET",          "METphi",       OBJECT("jet0"), OBJECT("jet1"),
                                            OBJECT("jet2"), OBJECT("jet3"), OBJECT("lep0"), OBJECT("lep1")};

static const char *const large_columns[] = {
    "MET",           "METphi",        OBJECT("jet0"), OBJECT("jet1"), OBJECT("jet2"), OBJECT("jet3"),
    OBJECT("jet4"),  OBJECT("jet5"),  OBJECT("jet6"), OBJECT("jet7"), OBJECT("jet8"), OBJECT("jet9"),
    OBJECT("jet10"), OBJECT("jet11"), OBJECT("lep0"), OBJECT("lep1"), OBJECT("lep2"), OBJECT("lep3"),
    OBJECT("ph0"),   OBJECT("ph1"),   OBJECT("ph2"),  OBJECT("ph3")};

static const char *const units[] = {"GeV", "rad", UNITS_4, UNITS_4, UNITS_4, UNITS_4, UNITS_4};

static int prepare(truth_run *run, char *message, size_t message_size)
{
    (void)message, (void)message_size;
    run->sqrt_s = run->value[SQRT_S].number;
    run->units = units;
    if (run->value[COLUMNS].choice == 1) return GENHEP_OK;
    run->columns = small_columns;
    run->n_columns = (int)(sizeof small_columns / sizeof *small_columns);
    return GENHEP_OK;
}

/* Poisson number of this mean, at most TRUTH_MOST_OBJECTS/2, by inversion. */
static int poisson(truth_draws *draws, double mean)
{
    double u = truth_uniform(draws), p = exp(-mean), sum = p;
    int n = 0;
    while (u > sum && n < TRUTH_MOST_OBJECTS / 2) p *= mean / ++n, sum += p;
    return n;
}

static truth_vector from_polar(double mass, double pt, double eta, double phi)
{
    return truth_on_shell(mass, pt * cos(phi), pt * sin(phi), pt * sinh(eta));
}

/* Radiated objects of one type: pT^-(a+1) above the least and below sqrt_s/8, azimuth uniform; eta normal for jets, else uniform. */
static int radiate(const truth_run *run, truth_draws *draws, int type, double mean, truth_vector *made)
{
    const double a = steep[type], lo = least_made[type], rest = pow(8 * lo / run->sqrt_s, a);
    int n = poisson(draws, mean);
    for (int i = 0; i < n; i++) {
        double normal[2], pt = lo * pow(1 - truth_uniform(draws) * (1 - rest), -1 / a),
                          phi = M_PI * (2 * truth_uniform(draws) - 1);
        double eta = widest[type] * (2 * truth_uniform(draws) - 1);
        if (type == TRUTH_SEEN_JET) {
            truth_normals(draws, normal);
            eta = jet_eta * fmax(-3, fmin(3, normal[0]));
        }
        made[i] = from_polar(0, pt, eta, phi);
    }
    return n;
}

/* An object as it is measured: energy smeared, a jet's mass drawn; kept in the list of its type when it is inside the cuts and found. */
static void measure(truth_draws *draws, int type, truth_vector v, truth_jets_event *event)
{
    double normal[2],
        sigma = type == TRUTH_SEEN_JET ? sqrt(jet_sigma * jet_sigma / v.e + jet_constant * jet_constant) : lepton_sigma;
    double pt = truth_pt(v), eta = asinh(v.z / fmax(pt, 1e-9)), chance = truth_uniform(draws);
    truth_normals(draws, normal);
    pt *= type == TRUTH_SEEN_PHOTON ? 1 : 1 + sigma * normal[0];
    if (!(pt > least_seen[type] && fabs(eta) < widest[type] && chance < found[type]) ||
        event->count[type] == TRUTH_MOST_OBJECTS)
        return;
    double mass = type == TRUTH_SEEN_JET ? pt * jet_mass * exp(jet_mass_spread * normal[1]) : 0;
    event->object[type][event->count[type]++] = from_polar(mass, pt, eta, atan2(v.y, v.x));
}

static int falling_pt(const void *a, const void *b)
{
    double difference = truth_pt(*(const truth_vector *)b) - truth_pt(*(const truth_vector *)a);
    return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

/* Both tops, moved by what the radiated objects leave to them. */
static void recoil(truth_vector top[2], const double m[2], double x, double y)
{
    truth_vector pair = truth_add(top[0], top[1]);
    double mass = truth_mass(pair);
    truth_vector back = truth_on_shell(mass, -pair.x, -pair.y, -pair.z),
                 forth = truth_on_shell(mass, pair.x - x, pair.y - y, pair.z);
    for (int i = 0; i < 2; i++) {
        truth_vector v = truth_boost(truth_boost(top[i], back, mass), forth, mass);
        top[i] = truth_on_shell(m[i], v.x, v.y, v.z);
    }
}

void truth_jets_make(const truth_run *run, truth_draws *draws, truth_jets_event *event)
{
    const truth_value *value = run->value;
    const double mean[TRUTH_OBJECT_TYPES] = {value[RADIATION].number, value[NONPROMPT].number, value[PHOTONS].number};
    truth_vector extra[TRUTH_MOST_OBJECTS / 2], top[2], b, w, first, second;
    double m[2], x = 0, y = 0, normal[2];
    *event = (truth_jets_event){.leptonic = 1};
    truth_top_pair(draws, run->sqrt_s, m, top);
    for (int type = 0; type < TRUTH_OBJECT_TYPES; type++) {
        event->extra[type] = radiate(run, draws, type, mean[type], extra);
        for (int i = 0; i < event->extra[type]; i++) {
            x += extra[i].x, y += extra[i].y;
            measure(draws, type, extra[i], event);
        }
    }
    recoil(top, m, x, y);
    event->leptonic += truth_uniform(draws) < value[SECOND].number;
    for (int i = 0; i < 2; i++) {
        double mw = truth_w_mass(truth_uniform(draws));
        truth_decay_isotropic(draws, top[i], m[i], TRUTH_B_MASS, mw, &b, &w);
        truth_decay_isotropic(draws, w, mw, 0, 0, &first, &second);
        measure(draws, TRUTH_SEEN_JET, b, event);
        measure(draws, i < event->leptonic ? TRUTH_SEEN_LEPTON : TRUTH_SEEN_JET, first, event);
        if (i >= event->leptonic) measure(draws, TRUTH_SEEN_JET, second, event);
    }
    truth_normals(draws, normal);
    event->missing_x = value[SOFT].number * normal[0];
    event->missing_y = value[SOFT].number * normal[1];
    for (int type = 0; type < TRUTH_OBJECT_TYPES; type++) {
        qsort(event->object[type], (size_t)event->count[type], sizeof(truth_vector), falling_pt);
        for (int i = 0; i < event->count[type]; i++)
            event->missing_x -= event->object[type][i].x, event->missing_y -= event->object[type][i].y;
    }
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    static const int slots[2][TRUTH_OBJECT_TYPES] = {{4, 2, 0}, {12, 4, 4}};
    truth_jets_event e;
    truth_jets_make(run, draws, &e);
    *row++ = hypot(e.missing_x, e.missing_y);
    *row++ = atan2(e.missing_y, e.missing_x);
    for (int type = 0; type < TRUTH_OBJECT_TYPES; type++)
        for (int i = 0; i < slots[run->value[COLUMNS].choice][type]; i++, row += 4) {
            truth_vector v = i < e.count[type] ? e.object[type][i] : (truth_vector){0, 0, 0, 0};
            double pt = truth_pt(v);
            row[0] = v.e, row[1] = pt;
            row[2] = pt > 0 ? asinh(v.z / pt) : 0;
            row[3] = pt > 0 ? atan2(v.y, v.x) : 0;
        }
}

const truth_process truth_ttbar_jets = {
    .name = "ttbar_jets",
    .text =
        "t tbar with one or two leptons, radiation and a detector: missing momentum, jets, leptons, photons; absent objects are zero",
    .cuts = "jets pT > 20 GeV and |eta| < 5, leptons and photons pT > 10 GeV and |eta| < 2.5",
    .stream = 411,
    .n_columns = (int)(sizeof large_columns / sizeof *large_columns),
    .columns = large_columns,
    .unit = "GeV",
    .n_keys = 7,
    .keys = keys,
    .prepare = prepare,
    .event = event,
};
