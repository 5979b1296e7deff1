/* observable.c -- observables of events from text, their values and their gradients by the momenta, in double.
 * Tests: tests/grad/test_observable.c. */
#include "loss/observable.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t least, most; /* particles */
} functions[] = {
    /* in the order of gh_loss_observable_kind */
    {"px", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"py", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"pz", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"E", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"pt", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"eta", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"phi", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"rapidity", 1, GH_LOSS_OBSERVABLE_PARTICLES},
    {"mass", 2, GH_LOSS_OBSERVABLE_PARTICLES},
    {"deltaphi", 2, 2},
    {"deltar", 2, 2},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* ---- text -------------------------------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t') text++;
    return text;
}

/* Length of a word that stands before one of `stops`, blanks at its end left out. */
static int64_t word_length(const char *text, const char *stops)
{
    int64_t n = (int64_t)strcspn(text, stops);
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t')) n--;
    return n;
}

static int is_word(const char *text, int64_t length, const char *word)
{
    return (int64_t)strlen(word) == length && strncmp(text, word, (size_t)length) == 0;
}

/* Names one after the other, for a message; a list that does not fit ends in "...". */
static void append_name(char *list, size_t capacity, const char *name)
{
    size_t used = strlen(list), length = strlen(name);
    if (used > 3 && strcmp(list + used - 3, "...") == 0) return;
    if (used + length + 6 < capacity) snprintf(list + used, capacity - used, "%s%s", used ? " " : "", name);
    else snprintf(list + used, capacity - used, " ...");
}

static gh_status unknown_function(const char *text, int64_t length)
{
    char known[160] = "";
    for (int k = 0; k < FUNCTIONS; k++) append_name(known, sizeof known, functions[k].name);
    GH_FAIL(GENHEP_E_OPTION, "observable '%.40s': no function is named '%.*s', expected one of %s", text,
            (int)(length < 40 ? length : 40), text, known);
}

static gh_status find_particle(const char *text, const char *word, int64_t length, const char *const *names,
                               int64_t n_particles, int64_t *particle)
{
    for (*particle = 0; *particle < n_particles; ++*particle)
        if (is_word(word, length, names[*particle])) return GENHEP_OK;
    char known[256] = "";
    for (int64_t p = 0; p < n_particles; p++) append_name(known, sizeof known, names[p]);
    GH_FAIL(GENHEP_E_OPTION, "observable '%.80s': no particle is named '%.*s', expected some of %s", text,
            (int)(length < 40 ? length : 40), word, known);
}

static gh_status add_particle(gh_loss_observable *observable, const char *text, int64_t particle, const char *name,
                              double mass)
{
    for (int64_t k = 0; k < observable->n; k++)
        if (observable->particle[k] == particle)
            GH_FAIL(GENHEP_E_OPTION, "observable '%.80s': '%.40s' is named twice", text, name);
    if (observable->n == GH_LOSS_OBSERVABLE_PARTICLES)
        GH_FAIL(GENHEP_E_OPTION, "observable '%.80s': more than %d particles", text, GH_LOSS_OBSERVABLE_PARTICLES);
    observable->particle[observable->n] = particle;
    observable->mass[observable->n++] = mass;
    return GENHEP_OK;
}

gh_status gh_loss_observable_parse(gh_loss_observable *observable, const char *text, const char *const *names,
                                   const double *masses, int64_t n_particles, const char **end)
{
    memset(observable, 0, sizeof *observable);
    text = skip_blanks(text);
    int64_t length = word_length(text, "(),;"), kind = 0;
    while (kind < FUNCTIONS && !is_word(text, length, functions[kind].name)) kind++;
    if (kind == FUNCTIONS) return unknown_function(text, length);
    observable->kind = (enum gh_loss_observable_kind)kind;
    const char *at = text + strcspn(text, "(),;");
    if (*at != '(')
        GH_FAIL(GENHEP_E_OPTION, "observable '%.80s': '%s' without '(', expected %s(particle, ...)", text,
                functions[kind].name, functions[kind].name);
    do {
        int64_t particle;
        at = skip_blanks(at + 1);
        length = word_length(at, "(),;");
        GH_TRY(find_particle(text, at, length, names, n_particles, &particle));
        GH_TRY(add_particle(observable, text, particle, names[particle], masses[particle]));
        at += strcspn(at, "(),;");
    } while (*at == ',');
    if (*at != ')') GH_FAIL(GENHEP_E_OPTION, "observable '%.80s': ')' is missing", text);
    if (observable->n < functions[kind].least || observable->n > functions[kind].most)
        GH_FAIL(GENHEP_E_OPTION, "observable '%.80s': %s of %lld particle%s, expected %s%lld", text,
                functions[kind].name, (long long)observable->n, observable->n == 1 ? "" : "s",
                functions[kind].most > functions[kind].least ? "at least " : "", (long long)functions[kind].least);
    at++;
    if (end) *end = at;
    else if (*skip_blanks(at))
        GH_FAIL(GENHEP_E_OPTION, "observable '%.80s': '%.40s' follows the closing parenthesis", text, skip_blanks(at));
    return GENHEP_OK;
}

gh_status gh_loss_observables_parse(gh_loss_observable *list, int64_t capacity, int64_t *count, const char *text,
                                    const char *const *names, const double *masses, int64_t n_particles)
{
    for (*count = 0;; ++*count) {
        text += strspn(text, " \t,;");
        if (!*text) return GENHEP_OK;
        if (*count == capacity)
            GH_FAIL(GENHEP_E_OPTION, "observables: '%.80s' is one more than the %lld that are possible", text,
                    (long long)capacity);
        GH_TRY(gh_loss_observable_parse(&list[*count], text, names, masses, n_particles, &text));
    }
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* The particles of one event and their sum. */
typedef struct event {
    double p[GH_LOSS_OBSERVABLE_PARTICLES][3], e[GH_LOSS_OBSERVABLE_PARTICLES];
    double sum[3], energy;
} event;

static void read_event(const gh_loss_observable *o, const gh_real *row, event *v)
{
    memset(v, 0, sizeof *v);
    for (int64_t k = 0; k < o->n; k++) {
        double square = o->mass[k] * o->mass[k];
        for (int c = 0; c < 3; c++) {
            double x = (double)row[3 * o->particle[k] + c];
            v->p[k][c] = x;
            v->sum[c] += x;
            square += x * x;
        }
        v->e[k] = sqrt(square);
        v->energy += v->e[k];
    }
}

/* E1 E2 - p1 p2, without the cancellation of nearly parallel fast particles:
 *   (E1 E2)^2 - (p1 p2)^2 = m1^2 E2^2 + m2^2 p1^2 + |p1 x p2|^2,  divided by E1 E2 + p1 p2. */
static double contraction(const gh_loss_observable *o, const event *v, int64_t i, int64_t j)
{
    const double *a = v->p[i], *b = v->p[j];
    double dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2], product = v->e[i] * v->e[j];
    if (!(dot > 0)) return product - dot;
    double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2], z = a[0] * b[1] - a[1] * b[0];
    double m1 = o->mass[i] * v->e[j], m2 = o->mass[j];
    double first = a[0] * a[0] + a[1] * a[1] + a[2] * a[2];
    return (m1 * m1 + m2 * m2 * first + (x * x + y * y + z * z)) / (product + dot);
}

/* m^2 = sum_i m_i^2 + 2 sum_{i<j} (E_i E_j - p_i p_j): only positive terms */
static double mass_square(const gh_loss_observable *o, const event *v)
{
    double square = 0;
    for (int64_t i = 0; i < o->n; i++) {
        square += o->mass[i] * o->mass[i];
        for (int64_t j = 0; j < i; j++) square += 2 * contraction(o, v, i, j);
    }
    return square;
}

static double floored(double square)
{
    return square < GH_LOSS_OBSERVABLE_FLOOR ? GH_LOSS_OBSERVABLE_FLOOR : square; /* NaN stays */
}

static double transverse_square(const double *p)
{
    return p[0] * p[0] + p[1] * p[1];
}

static double eta_of(const double *p)
{
    return asinh(p[2] / sqrt(floored(transverse_square(p))));
}

/* The angle from a to b in -pi..pi. */
static double turn(const double *a, const double *b)
{
    return atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]);
}

static double value_of(const gh_loss_observable *o, const event *v)
{
    switch (o->kind) {
    case GH_LOSS_PX: return v->sum[0];
    case GH_LOSS_PY: return v->sum[1];
    case GH_LOSS_PZ: return v->sum[2];
    case GH_LOSS_ENERGY: return v->energy;
    case GH_LOSS_PT: return sqrt(transverse_square(v->sum));
    case GH_LOSS_ETA: return eta_of(v->sum);
    case GH_LOSS_PHI: return atan2(v->sum[1], v->sum[0]);
    case GH_LOSS_RAPIDITY: return asinh(v->sum[2] / sqrt(floored(mass_square(o, v) + transverse_square(v->sum))));
    case GH_LOSS_MASS: {
        double square = mass_square(o, v), root = sqrt(floored(fabs(square)));
        return square < 0 ? -root : root;
    }
    case GH_LOSS_DELTAPHI: return fabs(turn(v->p[0], v->p[1]));
    case GH_LOSS_DELTAR: return hypot(eta_of(v->p[0]) - eta_of(v->p[1]), turn(v->p[0], v->p[1]));
    }
    return NAN;
}

void gh_loss_observable_values(const gh_loss_observable *o, const gh_real *P, int64_t width, int64_t N, gh_real *values)
{
    event v;
    for (int64_t i = 0; i < N; i++) {
        read_event(o, P + i * width, &v);
        values[i] = (gh_real)value_of(o, &v);
    }
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

/* d eta: pz and pt act through asinh(u), u = pz/pt, with slope 1/sqrt(1+u^2) = pt/|p|. Below the floor pt is a
 * constant. */
static void eta_slope(const double *p, double factor, double *g)
{
    const double square = transverse_square(p), t = floored(square), inverse = factor / sqrt(t + p[2] * p[2]);
    g[2] += inverse;
    if (square < t) return;
    for (int c = 0; c < 2; c++) g[c] -= inverse * p[2] * p[c] / t;
}

static void phi_slope(const double *p, double factor, double *g)
{
    const double t = floored(transverse_square(p));
    g[0] -= factor * p[1] / t;
    g[1] += factor * p[0] / t;
}

/* dM/dp_i = (E p_i/E_i - p)/M, dy/dp_i = (E dpz - pz p_i/E_i)/mT^2 with dpz the unit vector of z: derivatives by E and
 * by the sum are (by_energy, by_sum), and dE/dp_i = p_i/E_i. */
static void spread(const gh_loss_observable *o, const event *v, double by_energy, const double *by_sum,
                   double g[GH_LOSS_OBSERVABLE_PARTICLES][3])
{
    for (int64_t k = 0; k < o->n; k++) {
        double factor = v->e[k] > 0 ? by_energy / v->e[k] : 0;
        for (int c = 0; c < 3; c++) g[k][c] += factor * v->p[k][c] + by_sum[c];
    }
}

static void deltar_slope(const event *v, double g[GH_LOSS_OBSERVABLE_PARTICLES][3])
{
    const double eta = eta_of(v->p[0]) - eta_of(v->p[1]), phi = turn(v->p[0], v->p[1]), r = hypot(eta, phi);
    if (r == 0) return;
    eta_slope(v->p[0], eta / r, g[0]);
    eta_slope(v->p[1], -eta / r, g[1]);
    phi_slope(v->p[0], -phi / r, g[0]);
    phi_slope(v->p[1], phi / r, g[1]);
}

/* Gradient of the value by the momenta of the particles that are named; g starts at zero. */
static void slope_of(const gh_loss_observable *o, const event *v, double g[GH_LOSS_OBSERVABLE_PARTICLES][3])
{
    double by_sum[3] = {0}, by_energy = 0;
    switch (o->kind) {
    case GH_LOSS_PX: by_sum[0] = 1; break;
    case GH_LOSS_PY: by_sum[1] = 1; break;
    case GH_LOSS_PZ: by_sum[2] = 1; break;
    case GH_LOSS_ENERGY: by_energy = 1; break;
    case GH_LOSS_PT: {
        double pt = sqrt(floored(transverse_square(v->sum)));
        by_sum[0] = v->sum[0] / pt, by_sum[1] = v->sum[1] / pt;
        break;
    }
    case GH_LOSS_ETA: eta_slope(v->sum, 1, by_sum); break;
    case GH_LOSS_PHI: phi_slope(v->sum, 1, by_sum); break;
    case GH_LOSS_RAPIDITY: {
        double square = mass_square(o, v) + transverse_square(v->sum), t = floored(square);
        if (square < t) { /* mT is a constant there */
            by_sum[2] = 1 / sqrt(t + v->sum[2] * v->sum[2]);
            break;
        }
        by_energy = -v->sum[2] / t, by_sum[2] = v->energy / t;
        break;
    }
    case GH_LOSS_MASS: {
        double square = mass_square(o, v), mass = sqrt(square);
        if (square < GH_LOSS_OBSERVABLE_FLOOR) break; /* held at the floor, so no gradient */
        by_energy = v->energy / mass;
        for (int c = 0; c < 3; c++) by_sum[c] = -v->sum[c] / mass;
        break;
    }
    case GH_LOSS_DELTAPHI: {
        double phi = turn(v->p[0], v->p[1]), sign = phi > 0 ? 1 : phi < 0 ? -1 : 0;
        phi_slope(v->p[0], -sign, g[0]);
        phi_slope(v->p[1], sign, g[1]);
        return;
    }
    case GH_LOSS_DELTAR: deltar_slope(v, g); return;
    }
    spread(o, v, by_energy, by_sum, g);
}

void gh_loss_observable_gradient(const gh_loss_observable *o, const gh_real *P, int64_t width, int64_t N,
                                 const gh_real *g, gh_real *gP)
{
    event v;
    for (int64_t i = 0; i < N; i++) {
        double slope[GH_LOSS_OBSERVABLE_PARTICLES][3] = {{0}};
        read_event(o, P + i * width, &v);
        slope_of(o, &v, slope);
        for (int64_t k = 0; k < o->n; k++)
            for (int c = 0; c < 3; c++) gP[i * width + 3 * o->particle[k] + c] += (gh_real)((double)g[i] * slope[k][c]);
    }
}
