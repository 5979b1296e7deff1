/* drell_yan.c -- dy_full, dy_photon and dy_zprime: q qbar -> gamma*, Z, Z' -> e- e+ in pp at leading order by acceptance-rejection.
 *
 * In t = ln s, pair rapidity y and angle cos between quark and electron, for a quark along +z (twice, with -z):
 *   d sigma = dt dy dcos  sum_q  x1 q(x1) x2 qbar(x2)  (pi alpha^2/(6 s)) [(1 + cos^2) g1_q + 2 cos g3_q]
 * The line of t is cut into cells; in each, bounds of the luminosity and of g1 hold for the whole cell, so a cell is
 * drawn by its bound, a point inside it uniformly, and the point is kept with density over bound. That is exact. */
#include <math.h>
#include <stdlib.h>

#include "processes.h"

enum { SQRT_S, MASS, WIDTH, COUPLING, PART, M_MIN };
#define PLAIN_CELLS 360 /* even steps in ln m */
#define PEAK_CELLS 360  /* even steps in arctan((s - M^2)/(M G)) */
#define CELLS (PLAIN_CELLS + PEAK_CELLS)
#define MOST_CELLS (CELLS + PEAK_CELLS) /* a second peak */

static const double standard_lowest = 30, cut = 10; /* m(ll) and pT(e), GeV */

typedef struct cell {
    double t, width;   /* lower edge and width in ln s */
    double most;       /* largest |y| */
    double bound;      /* of sum_q x1 q x2 qbar g1 / s in the cell */
    double cumulative; /* proposal rate of this cell and all below it */
} cell;

typedef struct tables {
    enum truth_exchange exchange;
    int has_boson;
    truth_boson boson;
    double lowest; /* m(ll), GeV */
    int n;
    cell cells[MOST_CELLS];
} tables;

static const truth_key keys[] = {
    {"sqrt_s", TRUTH_REAL, "13000", 1000, 1e6, NULL, "energy of the beams together, GeV"},
};

static const truth_key zprime_keys[] = {
    {"sqrt_s", TRUTH_REAL, "13000", 1000, 1e6, NULL, "energy of the beams together, GeV"},
    {"mass", TRUTH_REAL, "500", 20, 1e5, NULL, "mass of the Z', GeV"},
    {"width", TRUTH_REAL, "15", 1e-3, 1e4, NULL, "its width, GeV"},
    {"coupling", TRUTH_REAL, "1", 0, 100, NULL, "its couplings over those of the Z"},
    {"part", TRUTH_CHOICE, "all", 0, 0, "all|signal", "gamma*, Z and Z' with interference, or the Z' alone"},
    {"m_min", TRUTH_REAL, "30", 21, 1e5, NULL, "lower cut on m(ll), GeV; below sqrt_s/4"},
};

static const char *const columns[] = {"em_E", "em_px", "em_py", "em_pz", "ep_E", "ep_px", "ep_py", "ep_pz"};

static double highest(const truth_run *run)
{
    return run->sqrt_s / 4;
}

static void coefficients(const tables *table, int quark, double m, double *g1, double *g3)
{
    if (table->has_boson) truth_drell_yan_boson(quark, &table->boson, m, g1, g3);
    else truth_drell_yan(quark, table->exchange, m, g1, g3);
}

static double coefficient_bound(const tables *table, int quark, double lo, double hi)
{
    return table->has_boson ? truth_drell_yan_boson_bound(quark, &table->boson, lo, hi) : truth_drell_yan_bound(quark, table->exchange, lo, hi);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Largest |cos| that leaves both electrons with pT > cut. */
static double largest_cos(double m)
{
    double p = truth_decay_momentum(m, TRUTH_ELECTRON_MASS, TRUTH_ELECTRON_MASS);
    return sqrt((1 - cut / p) * (1 + cut / p));
}

/** Even steps in arctan((s - M^2)/(M G)) from the lowest to the highest mass. */
static void peak_edges(const truth_run *run, const tables *table, double mass, double width, double *edge)
{
    const double s0 = mass * mass, w = mass * width, from = table->lowest * table->lowest, to = highest(run) * highest(run);
    const double low = atan((from - s0) / w), high = atan((to - s0) / w);
    for (int i = 0; i < PEAK_CELLS; i++) edge[i] = log(fmin(to, fmax(from, s0 + w * tan(low + (high - low) * (i + 0.5) / PEAK_CELLS))));
}

static void make_cells(const truth_run *run, tables *table)
{
    double edge[MOST_CELLS + 1], from = 2 * log(table->lowest), to = 2 * log(highest(run)), total = 0;
    for (int i = 0; i <= PLAIN_CELLS; i++) edge[i] = from + (to - from) * i / PLAIN_CELLS;
    peak_edges(run, table, TRUTH_Z_MASS, TRUTH_Z_WIDTH, edge + PLAIN_CELLS + 1);
    table->n = CELLS;
    if (table->has_boson) {
        peak_edges(run, table, table->boson.mass, table->boson.width, edge + CELLS + 1);
        table->n = MOST_CELLS;
    }
    qsort(edge, (size_t)table->n + 1, sizeof *edge, compare);
    for (int i = 0; i < table->n; i++) {
        cell *c = &table->cells[i];
        double m = exp(0.5 * edge[i]), root = m / run->sqrt_s, above = exp(0.5 * edge[i + 1]);
        *c = (cell){.t = edge[i], .width = edge[i + 1] - edge[i], .most = -log(root)};
        for (int q = 0; q < TRUTH_QUARKS; q++)
            c->bound += truth_luminosity_bound(q, root * root) * coefficient_bound(table, q, m, above);
        c->bound *= (1 + 1e-9) / (m * m); /* covers the rounding of edges and products */
        total += c->width * 2 * c->most * c->bound;
        c->cumulative = total;
    }
}

/** Integral of d sigma over t (2 or 3 points a cell), y and the allowed cos, in pb; the angle leaves 2 c + 2 c^3/3. */
static double integrate(const truth_run *run, const tables *table, int points, int panels)
{
    static const double node[2][3] = {{0.2113248654051871, 0.7886751345948129},
                                      {0.1127016653792583, 0.5, 0.8872983346207417}};
    static const double weight[2][3] = {{0.5, 0.5}, {5. / 18, 8. / 18, 5. / 18}};
    double sum = 0;
    for (int i = 0; i < table->n; i++)
        for (int j = 0; j < points; j++) {
            const cell *here = &table->cells[i];
            double m = exp(0.5 * (here->t + here->width * node[points - 2][j])), c = largest_cos(m);
            double luminosity[TRUTH_QUARKS], rate = 0;
            truth_luminosity(m * m / (run->sqrt_s * run->sqrt_s), panels, luminosity);
            for (int q = 0; q < TRUTH_QUARKS; q++) {
                double g1, g3;
                coefficients(table, q, m, &g1, &g3);
                rate += 2 * luminosity[q] * g1; /* quark along +z or -z */
            }
            sum += here->width * weight[points - 2][j] * rate * (2 * c + 2 * c * c * c / 3) / (m * m);
        }
    return sum * M_PI * TRUTH_ALPHA * TRUTH_ALPHA / 6 * TRUTH_GEV2_PB;
}

static int prepare_tables(truth_run *run, const tables *wanted, char *message, size_t message_size)
{
    tables *table = calloc(1, sizeof *table);
    if (!table) {
        truth_say(message, message_size, "%s: no memory for %zu bytes of tables", run->process->name, sizeof *table);
        return GENHEP_E_NOMEM;
    }
    *table = *wanted;
    run->tables = table;
    run->sqrt_s = run->value[SQRT_S].number;
    make_cells(run, table);
    run->sigma_pb = integrate(run, table, 3, 32);
    run->sigma_err_pb = fabs(run->sigma_pb - integrate(run, table, 2, 16)) + 1e-12 * run->sigma_pb;
    return GENHEP_OK;
}

static int prepare_full(truth_run *run, char *message, size_t message_size)
{
    return prepare_tables(run, &(tables){.exchange = TRUTH_FULL, .lowest = standard_lowest}, message, message_size);
}

static int prepare_photon(truth_run *run, char *message, size_t message_size)
{
    return prepare_tables(run, &(tables){.exchange = TRUTH_PHOTON, .lowest = standard_lowest}, message, message_size);
}

static int prepare_zprime(truth_run *run, char *message, size_t message_size)
{
    const truth_value *v = run->value;
    const int alone = v[PART].choice;
    if (!(v[M_MIN].number < v[SQRT_S].number / 4)) {
        truth_say(message, message_size, "dy_zprime: found m_min = %g, expected below sqrt_s/4 = %g", v[M_MIN].number, v[SQRT_S].number / 4);
        return GENHEP_E_OPTION;
    }
    if (alone && !(v[COUPLING].number > 0)) {
        truth_say(message, message_size, "dy_zprime: found coupling = 0 with part = signal, expected a positive coupling");
        return GENHEP_E_OPTION;
    }
    run->stream += alone;
    return prepare_tables(run, &(tables){.has_boson = 1, .lowest = v[M_MIN].number,
                                         .boson = {v[MASS].number, v[WIDTH].number, v[COUPLING].number, alone}}, message, message_size);
}

static const cell *find_cell(const tables *table, double rate)
{
    int lo = 0, hi = table->n - 1;
    while (lo < hi) {
        int middle = (lo + hi) / 2;
        if (table->cells[middle].cumulative > rate) hi = middle;
        else lo = middle + 1;
    }
    return &table->cells[lo];
}

/** Pair mass, rapidity (quark along +z) and the two angular coefficients of the chosen flavour. */
static void draw_pair(const truth_run *run, truth_draws *draws, double *m, double *y, double *g1, double *g3)
{
    const tables *table = run->tables;
    double total = table->cells[table->n - 1].cumulative, g[TRUTH_QUARKS][2];
    while (!draws->spent) {
        const cell *c = find_cell(table, truth_uniform(draws) * total);
        double t = c->t + c->width * truth_uniform(draws), q[TRUTH_QUARKS], other[TRUTH_QUARKS], bar, unused;
        *m = fmax(table->lowest, exp(0.5 * t));
        *y = c->most * (2 * truth_uniform(draws) - 1);
        double root = *m / run->sqrt_s, e = exp(*y), u = truth_uniform(draws);
        truth_partons(root * e, q, &unused);
        truth_partons(root / e, other, &bar);
        double limit = largest_cos(*m), angle = (limit + limit * limit * limit / 3) * 3 / 4; /* at most 1 */
        for (int i = 0; i < TRUTH_QUARKS; i++) coefficients(table, i, *m, &g[i][0], &g[i][1]);
        double scale = bar * angle / (*m * *m), up = q[TRUTH_UP] * g[TRUTH_UP][0] * scale;
        double rest = q[TRUTH_DOWN] * g[TRUTH_DOWN][0] * scale;
        int quark = u * c->bound < up ? TRUTH_UP : TRUTH_DOWN;
        *g1 = g[quark][0], *g3 = g[quark][1];
        if (u * c->bound < up + rest) return;
    }
}

static void event(const truth_run *run, truth_draws *draws, double *row)
{
    double m = 0, y = 0, g1 = 1, g3 = 0, c = 0;
    draw_pair(run, draws, &m, &y, &g1, &g3);
    double limit = largest_cos(m), most = (1 + limit * limit) * g1 + 2 * limit * fabs(g3);
    while (!draws->spent) {
        c = limit * (2 * truth_uniform(draws) - 1);
        if (truth_uniform(draws) * most < (1 + c * c) * g1 + 2 * c * g3) break;
    }
    double phi = M_PI * (2 * truth_uniform(draws) - 1);
    if (truth_uniform(draws) < 0.5) y = -y, c = -c; /* the quark came along -z */
    double p = truth_decay_momentum(m, TRUTH_ELECTRON_MASS, TRUTH_ELECTRON_MASS), pt = p * sqrt((1 - c) * (1 + c));
    double px = pt * cos(phi), py = pt * sin(phi), along = p * c * cosh(y), moved = 0.5 * m * sinh(y);
    truth_store(row, truth_on_shell(TRUTH_ELECTRON_MASS, px, py, moved + along));
    truth_store(row + 4, truth_on_shell(TRUTH_ELECTRON_MASS, -px, -py, moved - along));
}

#define DRELL_YAN(NAME, TEXT, STREAM, PREPARE)                                                                  \
    {                                                                                                           \
        .name = NAME, .text = TEXT, .cuts = "m(ll) > 30 GeV, pT(e-) > 10 GeV and pT(e+) > 10 GeV",              \
        .stream = STREAM, .n_columns = 8, .columns = columns, .unit = "GeV", .n_keys = 1, .keys = keys,         \
        .prepare = PREPARE, .event = event                                                                      \
    }

const truth_process truth_dy_full =
    DRELL_YAN("dy_full", "q qbar -> gamma*, Z -> e- e+ in pp with full interference, leading order", 301, prepare_full);
const truth_process truth_dy_photon =
    DRELL_YAN("dy_photon", "q qbar -> gamma* -> e- e+ in pp, photon exchange only, leading order", 302, prepare_photon);
const truth_process truth_dy_zprime = {
    .name = "dy_zprime",
    .text = "q qbar -> gamma*, Z, Z' -> e- e+ in pp with full interference, leading order; or the Z' alone",
    .cuts = "m(ll) > m_min, pT(e-) > 10 GeV and pT(e+) > 10 GeV",
    .stream = 303, /* and 304: signal beside background */
    .n_columns = 8,
    .columns = columns,
    .unit = "GeV",
    .n_keys = 6,
    .keys = zprime_keys,
    .prepare = prepare_zprime,
    .event = event,
};
