/* jet_figures.c -- histograms, scores, holes and physicality of t tbar events with jets. Definitions: jet_figures.h.
 *   Direct histograms are normalised to all events, so an absent object is missing in them; masses to the sum of their histogram, and
 *   absent objects, being zeros, add nothing to them. Axes in GeV: 25 logarithmic or 26 linear bins in the ranges of `axes`. */
#include "evaluate/jet_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"

enum { REPLICAS = 40 };
enum { E, PT, ETA, PHI };

#define JET_LEAST 20.0
#define LEPTON_LEAST 10.0
#define MOST 7000.0
#define JET_ETA 5.0
#define LEPTON_ETA 2.5
#define MET_LEAST 0.1
#define MASS_LEAST 10.0
#define MASS_MOST 1e4
static const double rounding =
    2e-6; /* of columns stored as float: of m^2 relative to E^2, twice that of E relative to pT */

static const char *const names[GH_JET_HISTOGRAMS] = {
    "MET",      "METphi",  "jet0_E",   "jet0_pT",  "jet0_eta", "jet0_phi", "jet1_E",  "jet1_pT",  "jet1_eta",
    "jet1_phi", "jet2_E",  "jet2_pT",  "jet2_eta", "jet2_phi", "jet3_E",   "jet3_pT", "jet3_eta", "jet3_phi",
    "lep0_E",   "lep0_pT", "lep0_eta", "lep0_phi", "m(2j)",    "m(3j)",    "m(4j)",   "m(4j1l)",  "m(4j2l)"};
static const char *const last_lepton[4] = {"lep1_E", "lep1_pT", "lep1_eta", "lep1_phi"};

/* Columns of the direct histograms, then those of the second lepton. */
typedef struct columns {
    int64_t at[GH_JET_DIRECT + 4];
} columns;

static gh_status find_columns(const gh_event_layout *layout, columns *c)
{
    for (int k = 0; k < GH_JET_DIRECT + 4; k++) {
        const char *name = k < GH_JET_DIRECT ? names[k] : last_lepton[k - GH_JET_DIRECT];
        c->at[k] = -1;
        for (int64_t j = 0; j < layout->d; j++)
            if (strcmp(layout->names[j], name) == 0) c->at[k] = j;
        if (c->at[k] < 0) GH_FAIL(GENHEP_E_SHAPE, "process ttbar_jets needs column '%s', which is not there", name);
    }
    return GENHEP_OK;
}

/* ---- distances of histograms ---- */

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* sum p ln(p/m) with m the mean of p and q, both normalised. */
static double divergence(int64_t bins, const double *p, double sum_p, const double *q, double sum_q)
{
    double sum = 0;
    for (int64_t k = 0; k < bins; k++) {
        const double a = p[k] / sum_p, m = 0.5 * (a + q[k] / sum_q);
        if (a > 0) sum += a * log(a / m);
    }
    return sum;
}

static double chi2_of(int64_t bins, const double *p, const double *q)
{
    double sum = 0;
    for (int64_t k = 0; k < bins; k++)
        if (p[k] + q[k] > 0) sum += (p[k] - q[k]) * (p[k] - q[k]) / (p[k] + q[k]);
    return sum;
}

static double jensen_shannon(int64_t bins, const double *p, const double *q)
{
    double sum_p = 0, sum_q = 0;
    for (int64_t k = 0; k < bins; k++) sum_p += p[k], sum_q += q[k];
    if (!(sum_p > 0 && sum_q > 0)) return NAN;
    return sqrt(fmax(0, 0.5 * (divergence(bins, p, sum_p, q, sum_q) + divergence(bins, q, sum_q, p, sum_p))));
}

void gh_histogram_compare(int64_t bins, const double *p, const double *q, gh_histogram_distance *distance)
{
    double a[GH_JET_MOST_BINS], b[GH_JET_MOST_BINS];
    memcpy(a, p, (size_t)bins * sizeof *a);
    memcpy(b, q, (size_t)bins * sizeof *b);
    qsort(a, (size_t)bins, sizeof *a, rising);
    qsort(b, (size_t)bins, sizeof *b, rising);
    distance->em = 0;
    for (int64_t k = 0; k < bins; k++) distance->em += fabs(a[k] - b[k]) / (double)bins;
    distance->chi2 = chi2_of(bins, p, q);
    distance->js = jensen_shannon(bins, p, q);
    distance->score = -log(distance->chi2) - log(distance->em) - log(distance->js);
    if (!isfinite(distance->score)) distance->score = NAN;
}

/* ---- filling ---- */

static const double *axis(int histogram, int *bins, int *logarithmic)
{
    static const double ranges[][2] = {{MET_LEAST, MOST},    {-M_PI, M_PI},          {JET_LEAST, MOST},
                                       {JET_LEAST, MOST},    {-JET_ETA, JET_ETA},    {-M_PI, M_PI},
                                       {LEPTON_LEAST, MOST}, {LEPTON_LEAST, MOST},   {-LEPTON_ETA, LEPTON_ETA},
                                       {-M_PI, M_PI},        {MASS_LEAST, MASS_MOST}};
    const int kind = histogram < 2               ? histogram
                     : histogram < 18            ? 2 + (histogram - 2) % 4
                     : histogram < GH_JET_DIRECT ? 6 + (histogram - 18) % 4
                                                 : 10;
    *logarithmic = kind == 0 || kind == 2 || kind == 3 || kind == 6 || kind == 7 || kind == 10;
    *bins = *logarithmic ? 25 : 26;
    return ranges[kind];
}

/* Which bin holds x, -1 outside; the upper edge belongs to the last bin. */
static int bin_of(double x, const double range[2], int bins, int logarithmic)
{
    if (!(x >= range[0] && x <= range[1])) return -1;
    const double place = logarithmic ? log(x / range[0]) / log(range[1] / range[0])
                                     : (x - range[0]) / (range[1] - range[0]);
    const int k = (int)(place * bins);
    return k < bins ? k : bins - 1;
}

static void add_momentum(const gh_event_rows *rows, const int64_t at[4], int64_t i, double sum[4])
{
    const double e = rows->columns[at[E] * rows->n + i], pt = rows->columns[at[PT] * rows->n + i],
                 eta = rows->columns[at[ETA] * rows->n + i], phi = rows->columns[at[PHI] * rows->n + i];
    sum[0] += e, sum[1] += pt * cos(phi), sum[2] += pt * sin(phi), sum[3] += pt * sinh(eta);
}

/* Masses of the first 2, 3, 4 jets, with one lepton, with two. */
static void masses(const gh_event_rows *rows, const columns *c, int64_t i, double m[5])
{
    double p[4] = {0};
    for (int k = 0; k < 6; k++) {
        add_momentum(rows, c->at + 2 + 4 * k, i, p);
        const double square = p[0] * p[0] - p[1] * p[1] - p[2] * p[2] - p[3] * p[3];
        if (k) m[k - 1] = sqrt(fmax(0, square));
    }
}

/* Heights of all histograms of one sample. */
static void fill(const gh_event_rows *rows, const columns *c, double heights[GH_JET_HISTOGRAMS][GH_JET_MOST_BINS])
{
    double total = 0;
    memset(heights, 0, GH_JET_HISTOGRAMS * sizeof *heights);
    for (int64_t i = 0; i < rows->n; i++) {
        const double w = rows->weights ? rows->weights[i] : 1;
        double m[5];
        masses(rows, c, i, m);
        total += w;
        for (int h = 0; h < GH_JET_HISTOGRAMS; h++) {
            int bins, logarithmic;
            const double *range = axis(h, &bins, &logarithmic);
            const int k = bin_of(h < GH_JET_DIRECT ? rows->columns[c->at[h] * rows->n + i] : m[h - GH_JET_DIRECT],
                                 range, bins, logarithmic);
            if (k >= 0) heights[h][k] += w;
        }
    }
    for (int h = 0; h < GH_JET_HISTOGRAMS; h++) {
        double sum = 0;
        for (int k = 0; k < GH_JET_MOST_BINS; k++) sum += heights[h][k];
        const double by = h < GH_JET_DIRECT ? total : sum;
        for (int k = 0; by > 0 && k < GH_JET_MOST_BINS; k++) heights[h][k] /= by;
    }
}

/* ---- what a perfect sample reaches ---- */

typedef struct stream {
    gh_rng rng;
    int64_t next;
} stream;

static double poisson(stream *s, double mean)
{
    if (mean > 50) { /* normal: deviations from it are far below those of one sample from another */
        const double u = gh_rng_uniform(&s->rng, s->next, 0), v = gh_rng_uniform(&s->rng, s->next, 1);
        s->next++;
        return fmax(0, nearbyint(mean + sqrt(mean) * sqrt(-2 * log(u)) * cos(2 * M_PI * v)));
    }
    double u = gh_rng_uniform(&s->rng, s->next++, 0), p = exp(-mean), sum = p;
    int n = 0;
    while (u > sum && n < 200) p *= mean / ++n, sum += p;
    return n;
}

/* Mean 1-d score of two samples of n[0] and n[1] events whose bins have the truth's shares. */
static double ceiling(const double heights[GH_JET_HISTOGRAMS][GH_JET_MOST_BINS], const double n[2], int64_t seed,
                      int64_t which)
{
    stream s = {gh_rng_make(seed, GH_RANDOM_EVALUATE, GH_EVALUATE_CEILING), which << 40};
    double sum = 0;
    for (int r = 0; r < REPLICAS; r++)
        for (int h = 0; h < GH_JET_HISTOGRAMS; h++) {
            double both[2][GH_JET_MOST_BINS];
            int bins, logarithmic;
            gh_histogram_distance d;
            axis(h, &bins, &logarithmic);
            for (int a = 0; a < 2; a++)
                for (int k = 0; k < bins; k++) both[a][k] = poisson(&s, n[a] * heights[h][k]) / n[a];
            gh_histogram_compare(bins, both[0], both[1], &d);
            sum += d.score;
        }
    return sum / REPLICAS;
}

/* ---- holes and physicality ---- */

static void fill_cells(const gh_event_rows *rows, const columns *c, double *cells)
{
    const double range[2] = {-M_PI, M_PI}, *first = rows->columns + c->at[5] * rows->n,
                 *second = rows->columns + c->at[9] * rows->n;
    double sum = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        const int a = bin_of(first[i], range, GH_JET_CELLS, 0), b = bin_of(second[i], range, GH_JET_CELLS, 0);
        const double w = rows->weights ? rows->weights[i] : 1;
        if (a >= 0 && b >= 0) cells[a * GH_JET_CELLS + b] += w, sum += w;
    }
    for (int64_t k = 0; sum > 0 && k < GH_JET_CELLS * GH_JET_CELLS; k++) cells[k] /= sum;
}

static gh_status compare_cells(const gh_hooks *hooks, const gh_event_rows rows[2], const columns *c, gh_jet_figures *f)
{
    const int64_t size = GH_JET_CELLS * GH_JET_CELLS;
    double *cells;
    GH_TRY(gh_alloc(hooks, &cells, 2 * size, sizeof *cells));
    for (int s = 0; s < 2; s++) {
        fill_cells(&rows[s], c, cells + s * size);
        int64_t empty = 0;
        for (int64_t k = 0; k < size; k++) empty += cells[s * size + k] == 0;
        f->holes[s] = (double)empty / (double)size;
    }
    f->chi2_2d = chi2_of(size, cells, cells + size);
    f->js_2d = jensen_shannon(size, cells, cells + size);
    f->score_2d = (f->chi2_2d + f->js_2d) * fabs(f->holes[0] - f->holes[1]);
    gh_free(hooks, cells);
    return GENHEP_OK;
}

/* 1 - (1/2) sum m/E over the leptons of an event with everything in its range and in order, else 0. */
static double physical(const gh_event_rows *rows, const columns *c, int64_t i)
{
    const double met = rows->columns[c->at[0] * rows->n + i], phi = rows->columns[c->at[1] * rows->n + i];
    double sum = 0, before = INFINITY;
    if (!(met >= MET_LEAST && met <= MOST && fabs(phi) <= M_PI + rounding)) return 0;
    for (int k = 0; k < 6; k++) {
        double x[4];
        for (int j = 0; j < 4; j++) x[j] = rows->columns[c->at[2 + 4 * k + j] * rows->n + i];
        const double least = k < 4 ? JET_LEAST : LEPTON_LEAST, widest = k < 4 ? JET_ETA : LEPTON_ETA,
                     p = x[PT] * cosh(x[ETA]), square = (x[E] - p) * (x[E] + p);
        if (k == 4) before = INFINITY;
        if (!(x[E] >= least && x[E] <= MOST && x[PT] >= least && x[PT] <= MOST && fabs(x[ETA]) <= widest &&
              fabs(x[PHI]) <= M_PI + rounding))
            return 0;
        if (x[PT] > before || x[E] < x[PT] * (1 - 0.5 * rounding) || square < -rounding * x[E] * x[E]) return 0;
        if (k >= 4) sum += sqrt(fmax(0, square)) / x[E];
        before = x[PT];
    }
    return 1 - 0.5 * sum;
}

static double physicality(const gh_event_rows *rows, const columns *c)
{
    double sum = 0, total = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        const double w = rows->weights ? rows->weights[i] : 1;
        sum += w * physical(rows, c, i);
        total += w;
    }
    return sum / total;
}

gh_status gh_jet_figures_make(const gh_hooks *hooks, const gh_event_layout *layout, const gh_event_rows rows[2],
                              int64_t seed, double n_training, gh_jet_figures *f)
{
    double heights[2][GH_JET_HISTOGRAMS][GH_JET_MOST_BINS];
    columns c;
    GH_TRY(find_columns(layout, &c));
    for (int s = 0; s < 2; s++) {
        fill(&rows[s], &c, heights[s]);
        f->physicality[s] = physicality(&rows[s], &c);
    }
    f->score_1d = 0;
    for (int h = 0; h < GH_JET_HISTOGRAMS; h++) {
        int bins, logarithmic;
        axis(h, &bins, &logarithmic);
        f->name[h] = names[h];
        gh_histogram_compare(bins, heights[0][h], heights[1][h], &f->histogram[h]);
        f->score_1d += f->histogram[h].score;
    }
    const double sizes[2] = {rows[0].effective, rows[1].effective}, training[2] = {rows[0].effective, n_training};
    f->score_1d_ceiling = ceiling((const double(*)[GH_JET_MOST_BINS])heights[0], sizes, seed, 0);
    f->score_1d_training = n_training > 0 ? ceiling((const double(*)[GH_JET_MOST_BINS])heights[0], training, seed, 1)
                                          : NAN;
    return compare_cells(hooks, rows, &c, f);
}
