/* class_calibration.c -- fitting and applying the maps of a subtraction's classes. */
#include "model/class_calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/normal.h"
#include "model/calibration.h"
#include "model/quantiles.h"
#include "model/subgan.h"

enum { KNOTS = GH_CLASS_KNOTS, GRID = GH_CLASS_GRID, LEAST_EVENTS = 1000, LEAST_GENERATED = 65536, MOST_GENERATED = 2097152, PER_ROW = 4, MANY_ROWS = 40000, FEWER = 4 };
#define Z_MAX 3.8
#define LEAST_DENSITY 0.02 /* of w: T stays monotone and without gaps */
#define LEAST_CONTENT 0.1  /* of a window, of what it has by rank: with less its rows say nothing of a shape */
#define PI 3.14159265358979323846

/* ---- series in the rank ------------------------------------------------------------------------------------------ */

/* The last i with v[i] <= x, among n >= 1 with v[0] <= x. */
static int64_t place_of(const double *v, int64_t n, double x)
{
    int64_t low = 0, high = n;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (v[middle] <= x) low = middle;
        else high = middle;
    }
    return low;
}

/* to(x) of rising numbers from -> to, linear between them, the ends outside. */
static double between(int64_t n, const double *from, const double *to, double x)
{
    if (!(x > from[0])) return to[0];
    if (x >= from[n - 1]) return to[n - 1];
    const int64_t i = place_of(from, n, x);
    return to[i] + (x - from[i]) * ((to[i + 1] - to[i]) / (from[i + 1] - from[i]));
}

/* Sums over the rows of one part in a window: of weights in sum[0], of weights times cos(m t) in sum[m], times its square in square[m];
 * cos((m+1) t) = 2 cos t cos(m t) - cos((m-1) t). The sum of all its weights is returned. */
static double add_modes(double low, double high, const gh_density_part *part, int64_t modes, double *sum, double *square)
{
    double all = 0;
    memset(sum, 0, (size_t)(modes + 1) * sizeof *sum);
    memset(square, 0, (size_t)(modes + 1) * sizeof *square);
    for (int64_t i = 0; i < part->n; i++) {
        const double w = part->weights ? part->weights[i] : 1, r = part->rank[i];
        all += w;
        if (r < low || r > high) continue;
        const double c = cos(PI * (r - low) / (high - low));
        double before = 1, here = c;
        sum[0] += w;
        for (int64_t m = 1; m <= modes; m++) {
            const double next = 2 * c * here - before;
            sum[m] += w * here;
            square[m] += w * here * here;
            before = here, here = next;
        }
    }
    return all;
}

/* Blocks of modes 1, 2, 3-4, 5-8, 9-16 ... by the positive part of James and Stein. */
static void shrink(int64_t modes, const double *variance, double *c)
{
    for (int64_t first = 1, last = 1; first <= modes; first = last + 1, last = 2 * last) {
        const int64_t end = last < modes ? last : modes;
        double size = 0, noise = 0;
        for (int64_t m = first; m <= end; m++) size += c[m - 1] * c[m - 1], noise += variance[m];
        for (int64_t m = first; m <= end; m++) c[m - 1] *= size > noise ? 1 - noise / size : 0;
    }
}

void gh_class_modes(double low, double high, double generated, int64_t parts, const gh_density_part *part, int64_t modes, double *c)
{
    double sum[GH_CLASS_MODES + 1], square[GH_CLASS_MODES + 1], variance[GH_CLASS_MODES + 1] = {0}, rest = 0, content = 0;
    for (int64_t m = 0; m < modes; m++) c[m] = 0;
    for (int64_t p = 0; p < parts; p++) {
        const double sigma = part[p].sigma, all = add_modes(low, high, &part[p], modes, sum, square);
        rest += sigma;
        content += sigma * sum[0] / all;
        for (int64_t m = 1; m <= modes; m++) {
            const double mean = sum[m] / all;
            c[m - 1] += sigma * sqrt(2) * mean;
            variance[m] += sigma * sigma * 2 * fmax(square[m] / all - mean * mean, 0) / part[p].events;
        }
    }
    const int empty = content < LEAST_CONTENT * (high - low) * rest;
    if (empty) content = rest;
    for (int64_t m = 1; m <= modes; m++) {
        c[m - 1] = empty ? 0 : c[m - 1] / content;
        variance[m] = variance[m] / (content * content) + 1 / (generated * (high - low));
    }
    shrink(modes, variance, c);
}

void gh_class_rank_map(int64_t modes, const double *c, double W[GH_CLASS_GRID + 1])
{
    double last = 0;
    for (int k = 0; k <= GRID; k++) {
        double w = 1;
        for (int64_t m = 1; m <= modes; m++) w += c[m - 1] * sqrt(2) * cos(PI * (double)m * k / GRID);
        w = fmax(w, LEAST_DENSITY);
        W[k] = k ? W[k - 1] + 0.5 * (w + last) / GRID : 0;
        last = w;
    }
    for (int k = 1; k <= GRID; k++) W[k] /= W[GRID];
}

double gh_class_rank_inverse(const double W[GH_CLASS_GRID + 1], double level)
{
    if (!(level > 0)) return 0;
    if (level >= 1) return 1;
    const int64_t k = place_of(W, GRID + 1, level);
    return ((double)k + (level - W[k]) / (W[k + 1] - W[k])) / GRID;
}

/* W(rank), linear on the grid. */
static double rank_forward(const double W[GRID + 1], double rank)
{
    const double place = fmin(fmax(rank, 0), 1) * GRID;
    const int64_t k = place < GRID ? (int64_t)place : GRID - 1;
    return W[k] + (place - (double)k) * (W[k + 1] - W[k]);
}

/* ---- fitting ----------------------------------------------------------------------------------------------------- */

/* The whole range, then its tails, which hold too few events to be resolved by waves over the whole. */
enum { WINDOWS = 5, TAIL_SHARE = 4 };
static const double windows[WINDOWS][2] = {{0, 1}, {0.9, 1}, {0, 0.1}, {0.99, 1}, {0, 0.01}};

typedef struct fit {
    genhep_model *model;
    const gh_class_rows *samples;
    int64_t modes;
    double sigma[GH_CLASSES], events[GH_CLASSES]; /* events that stand behind a closed class */
    int64_t count[GH_CLASSES];                    /* generated */
    uint32_t closed;
    int64_t n;               /* generated events */
    gh_real *rows;           /* (n,P), behind the maps of closed classes */
    int32_t *classes;        /* n */
    gh_weighted *group;      /* n, or the largest sample */
    double *sorted, *level;  /* n */
    double *ranks;           /* n + the largest sample */
    double *weights;         /* the largest sample */
    double (*passes)[GRID + 1]; /* W of each window */
    double *maps;            /* (C,P,2,KNOTS) */
} fit;

static int by_value(const void *a, const void *b)
{
    const double x = ((const gh_weighted *)a)->x, y = ((const gh_weighted *)b)->x;
    return (x > y) - (x < y);
}

/* Coordinate j of the generated events of the open classes, sorted, with their ranks; *effective: how many events of equal weight they are
 * worth. Equal numbers become one. */
static int64_t rank_group(fit *f, uint32_t open, int64_t j, double *effective)
{
    const int64_t P = f->model->p;
    int64_t n = 0, m = 0;
    double total = 0, square = 0, before = 0;
    for (int64_t i = 0; i < f->n; i++) {
        const int32_t k = f->classes[i];
        if (!(open >> k & 1)) continue;
        f->group[n] = (gh_weighted){(double)f->rows[i * P + j], f->sigma[k] / (double)f->count[k]};
        total += f->group[n].w;
        square += f->group[n].w * f->group[n].w;
        n++;
    }
    qsort(f->group, (size_t)n, sizeof *f->group, by_value);
    for (int64_t i = 0; i < n; i++) {
        if (!m || f->group[i].x > f->sorted[m - 1]) f->sorted[m++] = f->group[i].x;
        before += f->group[i].w;
        f->level[m - 1] = before / total;
    }
    f->level[0] = 0; /* ranks run from 0 to 1 */
    f->level[m - 1] = 1;
    *effective = total * total / square;
    return m;
}

static double rank_of(const fit *f, int64_t n, double x)
{
    return between(n, f->sorted, f->level, x);
}

/* Rows of a sample: ranks of coordinate j among the n of the group. */
static gh_density_part sample_part(fit *f, int64_t s, int64_t j, int64_t n)
{
    const gh_class_rows *r = &f->samples[s];
    gh_density_part part = {.sigma = f->model->subtraction.sigma[s], .n = r->n, .rank = f->ranks, .weights = r->weights ? f->weights : NULL};
    double sum = 0, square = 0;
    for (int64_t i = 0; i < r->n; i++) {
        const double w = r->weights ? (double)r->weights[i] : 1;
        f->ranks[i] = rank_of(f, n, (double)r->rows[i * f->model->p + j]);
        if (r->weights) f->weights[i] = w;
        sum += w, square += w * w;
    }
    part.events = sum * sum / square;
    return part;
}

/* Generated events of closed class k. */
static gh_density_part class_part(fit *f, int32_t k, int64_t j, int64_t n, double *ranks)
{
    gh_density_part part = {.sigma = -f->sigma[k], .events = f->events[k], .rank = ranks};
    for (int64_t i = 0; i < f->n; i++)
        if (f->classes[i] == k) ranks[part.n++] = rank_of(f, n, (double)f->rows[i * f->model->p + j]);
    return part;
}

/* W of all windows, one after the other: behind each the rows' ranks are those among calibrated events. */
static void fit_passes(fit *f, int64_t modes, double generated, int64_t n_parts, gh_density_part *parts)
{
    double c[GH_CLASS_MODES];
    for (int p = 0; p < WINDOWS; p++) {
        const double low = windows[p][0], high = windows[p][1];
        const int64_t own = p ? (modes + TAIL_SHARE - 1) / TAIL_SHARE : modes;
        gh_class_modes(low, high, generated, n_parts, parts, own, c);
        gh_class_rank_map(own, c, f->passes[p]);
        for (int64_t i = 0; i < n_parts; i++)
            for (int64_t k = 0; k < parts[i].n; k++) {
                double *rank = &parts[i].rank[k];
                if (*rank >= low && *rank <= high) *rank = low + (high - low) * rank_forward(f->passes[p], (*rank - low) / (high - low));
            }
    }
}

static double calibrated_rank(const fit *f, double rank)
{
    for (int p = WINDOWS - 1; p >= 0; p--) {
        const double low = windows[p][0], high = windows[p][1];
        if (rank >= low && rank <= high) rank = low + (high - low) * gh_class_rank_inverse(f->passes[p], (rank - low) / (high - low));
    }
    return rank;
}

/* Nothing is subtracted and no weight is negative: the map between quantiles of calibration.h. Between two knots in the middle should lie some
 * hundred rows; knots between those of a small sample are interpolated. */
static void map_to_rows(fit *f, int64_t s, uint32_t open, int64_t j, double map[2 * KNOTS])
{
    const int64_t P = f->model->p, n = f->samples[s].n, step = n < MANY_ROWS ? FEWER : 1, count = (KNOTS - 1) / step + 1;
    double knots[KNOTS];
    int64_t generated = 0;
    for (int64_t i = 0; i < f->n; i++) {
        const int32_t k = f->classes[i];
        if (open >> k & 1) f->group[generated++] = (gh_weighted){(double)f->rows[i * P + j], f->sigma[k] / (double)f->count[k]};
    }
    for (int side = 0; side < 2; side++) {
        for (int64_t i = 0; side && i < n; i++)
            f->group[i] = (gh_weighted){(double)f->samples[s].rows[i * P + j], f->samples[s].weights ? (double)f->samples[s].weights[i] : 1};
        gh_quantiles(f->group, side ? n : generated, count, Z_MAX, 0, knots);
        gh_calibration_rise(count, knots);
        for (int64_t k = 0; k < KNOTS; k++) {
            const int64_t low = k / step, high = low + 1 < count ? low + 1 : low;
            map[side * KNOTS + k] = knots[low] + (double)(k % step) / (double)step * (knots[high] - knots[low]);
        }
    }
}

/* The smooth map to what the rows and the closed classes leave. */
static void map_to_rest(fit *f, int64_t s, uint32_t open, int64_t j, double map[2 * KNOTS])
{
    const int64_t C = f->model->subtraction.table.classes;
    const uint32_t known = f->model->subtraction.table.members[s] & f->closed;
    double effective, *ranks = f->ranks + f->samples[s].n;
    gh_density_part parts[GH_CLASSES + 1];
    int64_t n_parts = 1;
    const int64_t n = rank_group(f, open, j, &effective);
    parts[0] = sample_part(f, s, j, n);
    for (int32_t k = 0; k < C; k++) {
        if (!(known >> k & 1) || !f->count[k]) continue;
        parts[n_parts] = class_part(f, k, j, n, ranks);
        ranks += parts[n_parts++].n;
    }
    const int64_t modes = known ? f->modes : GH_CLASS_MODES_FACTOR * f->modes;
    fit_passes(f, modes < GH_CLASS_MODES ? modes : GH_CLASS_MODES, effective, n_parts, parts);
    for (int k = 0; k < KNOTS; k++) {
        const double rank = gh_normal_cdf(-Z_MAX + 2 * Z_MAX * k / (KNOTS - 1));
        map[k] = between(n, f->level, f->sorted, rank);
        map[KNOTS + k] = between(n, f->level, f->sorted, calibrated_rank(f, rank));
    }
}

/* The common map of coordinate j of the open classes of sample s. */
static void fit_coordinate(fit *f, int64_t s, uint32_t open, int direct, int64_t j)
{
    const int64_t P = f->model->p, C = f->model->subtraction.table.classes;
    double map[2 * KNOTS];
    if (direct) map_to_rows(f, s, open, j, map);
    else map_to_rest(f, s, open, j, map);
    gh_calibration_rise(KNOTS, map);
    gh_calibration_rise(KNOTS, map + KNOTS);
    for (int64_t k = 0; k < C; k++)
        if (open >> k & 1) memcpy(f->maps + (k * P + j) * 2 * KNOTS, map, sizeof map);
}

static double map_of(const double *maps, int64_t P, int64_t k, int64_t j, double x)
{
    const double *from = maps + (k * P + j) * 2 * KNOTS;
    return gh_calibration_map(KNOTS, from, from + KNOTS, x);
}

/* Which sample is next: the fewest open classes, of those the fewest closed ones, of those the last. -1: no class is open. */
static int64_t next_sample(const fit *f)
{
    const gh_class_table *table = &f->model->subtraction.table;
    int64_t best = -1;
    int least = 0;
    for (int64_t s = 0; s < table->sets; s++) {
        int open = 0, closed = 0;
        for (int64_t k = 0; k < table->classes; k++) {
            open += (int)(table->members[s] >> k & ~(f->closed >> k) & 1);
            closed += (int)(table->members[s] >> k & f->closed >> k & 1);
        }
        const int rank = (GH_CLASSES + 1) * open + closed;
        if (open && (best < 0 || rank <= least)) best = s, least = rank;
    }
    return best;
}

/* The open classes of a sample get their maps and are closed; the errors of their sum are shared among them by cross section. */
static void fit_sample(fit *f, int64_t s)
{
    const gh_subtraction *sub = &f->model->subtraction;
    const int64_t P = f->model->p, C = sub->table.classes, n = f->samples[s].n;
    const uint32_t open = sub->table.members[s] & ~f->closed, known = sub->table.members[s] & f->closed;
    double rest = 0, sum = 0, square = 0, spread;
    int64_t generated = 0;
    int direct = !known;
    for (int64_t i = 0; i < n; i++) {
        const double w = f->samples[s].weights ? (double)f->samples[s].weights[i] : 1;
        sum += w, square += w * w;
        if (w < 0) direct = 0;
    }
    spread = sub->sigma[s] * sub->sigma[s] * square / (sum * sum);
    for (int64_t k = 0; k < C; k++) {
        if (open >> k & 1) rest += f->sigma[k], generated += f->count[k];
        if (known >> k & 1) spread += f->sigma[k] * f->sigma[k] / f->events[k];
    }
    if (generated < LEAST_EVENTS || !(rest > 0))
        gh_log(&f->model->hooks, GENHEP_LOG_WARNING, "decoder.calibrate: %lld of %lld generated events belong to the classes of sample '%s' that no other sample has; they "
               "are not calibrated, which needs %d", (long long)generated, (long long)f->n, gh_set_name(sub->table.kind[s]), LEAST_EVENTS);
    else
        for (int64_t j = 0; j < P; j++) fit_coordinate(f, s, open, direct, j);
    for (int64_t i = 0; i < f->n; i++)
        for (int64_t j = 0; open >> f->classes[i] & 1 && j < P; j++)
            f->rows[i * P + j] = (gh_real)map_of(f->maps, P, f->classes[i], j, (double)f->rows[i * P + j]);
    for (int64_t k = 0; k < C; k++)
        if (open >> k & 1) f->events[k] = rest > 0 ? fmax(rest * f->sigma[k] / spread, 1) : 1;
    f->closed |= open;
}

static gh_status fit_create(fit *f)
{
    const gh_hooks *hooks = &f->model->hooks;
    const gh_subtraction *sub = &f->model->subtraction;
    const int64_t P = f->model->p, C = sub->table.classes;
    int64_t most = 0;
    double rarest = 1;
    for (int64_t s = 0; s < sub->table.sets; s++) {
        double share = 0;
        for (int64_t k = 0; k < C; k++)
            if (sub->table.members[s] >> k & 1) share += sub->fraction[k];
        rarest = fmin(rarest, share);
        if (f->samples[s].n > most) most = f->samples[s].n;
    }
    /* the ranks of every sample should be known better than its rows */
    f->n = (int64_t)fmin(MOST_GENERATED, fmax(LEAST_GENERATED, PER_ROW * (double)most / fmax(rarest, 1e-3)));
    f->n = (f->n + GH_BLOCK - 1) / GH_BLOCK * GH_BLOCK;
    GH_TRY(gh_alloc(hooks, &f->rows, f->n * P, sizeof *f->rows));
    GH_TRY(gh_alloc(hooks, &f->classes, f->n, sizeof *f->classes));
    GH_TRY(gh_alloc(hooks, &f->group, f->n > most ? f->n : most, sizeof *f->group));
    GH_TRY(gh_alloc(hooks, &f->sorted, f->n, sizeof *f->sorted));
    GH_TRY(gh_alloc(hooks, &f->level, f->n, sizeof *f->level));
    GH_TRY(gh_alloc(hooks, &f->ranks, f->n + most, sizeof *f->ranks));
    GH_TRY(gh_alloc(hooks, &f->passes, WINDOWS, sizeof *f->passes));
    GH_TRY(gh_alloc(hooks, &f->weights, most, sizeof *f->weights));
    GH_TRY(gh_alloc(hooks, &f->maps, C * P * 2 * KNOTS, sizeof *f->maps));
    for (int64_t i = 0; i < C * P * 2 * KNOTS; i++) f->maps[i] = -Z_MAX + 2 * Z_MAX * (double)(i % KNOTS) / (KNOTS - 1); /* none */
    GH_TRY(gh_subgan_rows(f->model, gh_option_int(f->model->options, "seed"), f->n, f->rows, f->classes, NULL));
    for (int64_t i = 0; i < f->n; i++) f->count[f->classes[i]]++;
    for (int64_t i = 0; i < f->n * P; i++)
        if (!isfinite(f->rows[i])) GH_FAIL(GENHEP_E_NUMERIC, "coordinate '%s' of a generated event is not finite", gh_prep_name(f->model->prep, i % P));
    gh_class_table_sigmas(&sub->table, sub->sigma, sub->fraction, f->sigma);
    return GENHEP_OK;
}

gh_status gh_class_calibration_fit(genhep_model *model, int64_t modes, const gh_class_rows *samples)
{
    const gh_hooks *hooks = &model->hooks;
    fit f = {.model = model, .samples = samples, .modes = modes};
    gh_status status = fit_create(&f);
    if (!status) {
        for (int64_t s = next_sample(&f); s >= 0; s = next_sample(&f)) fit_sample(&f, s);
        gh_free(hooks, model->class_maps);
        model->class_maps = f.maps;
        f.maps = NULL;
    }
    gh_free(hooks, f.rows);
    gh_free(hooks, f.classes);
    gh_free(hooks, f.group);
    gh_free(hooks, f.sorted);
    gh_free(hooks, f.level);
    gh_free(hooks, f.ranks);
    gh_free(hooks, f.passes);
    gh_free(hooks, f.weights);
    gh_free(hooks, f.maps);
    return status;
}

/* ---- applying ---------------------------------------------------------------------------------------------------- */

void gh_class_calibration_apply(const genhep_model *model, uint32_t wanted, int64_t n, const int32_t *classes, double *prepared)
{
    const int64_t P = model->p;
    for (int64_t i = 0; i < n; i++) {
        if (wanted && !(wanted >> classes[i] & 1)) continue;
        for (int64_t j = 0; j < P; j++) prepared[i * P + j] = map_of(model->class_maps, P, classes[i], j, prepared[i * P + j]);
    }
}

gh_status gh_class_calibration_save(const genhep_model *model, gh_archive *archive)
{
    const int64_t dims[3] = {model->subtraction.table.classes * model->p, 2, KNOTS};
    return model->class_maps ? gh_archive_put(archive, "classes/calibration", GH_F64, 3, dims, model->class_maps) : GENHEP_OK;
}

gh_status gh_class_calibration_load(genhep_model *model, const gh_archive *archive)
{
    int64_t dims[3] = {model->subtraction.table.classes * model->p, 2, KNOTS};
    const gh_entry *entry;
    if (!gh_archive_find(archive, "classes/calibration")) return GENHEP_OK;
    GH_TRY(gh_archive_get(archive, "classes/calibration", GH_F64, 3, dims, &entry));
    GH_TRY(gh_alloc(&model->hooks, &model->class_maps, dims[0] * 2 * KNOTS, sizeof(double)));
    memcpy(model->class_maps, entry->data, (size_t)(dims[0] * 2 * KNOTS) * sizeof(double));
    return gh_calibration_rises("classes/calibration", dims[0] * 2, KNOTS, model->class_maps);
}
