/* reference.c -- target coordinates through their distribution at the reference coordinate of their name, and back. Formulas:
 * reference.h; fitting: reference_fit.c. */
#include "prep/reference.h"

#include <math.h>
#include <string.h>

#include "prep/quantile_knots.h"
#include "prep/reference_handle.h"

struct gh_reference_work {
    gh_hooks hooks;
    gh_prep_work *chain;
    double *rows; /* (max_rows, R) */
};

gh_status gh_reference_create(const gh_hooks *hooks, int64_t p, int64_t bins, gh_prep *chain, gh_reference **created)
{
    gh_reference *r;
    gh_status status = gh_alloc(hooks, &r, 1, sizeof *r);
    *created = NULL;
    if (status) {
        gh_prep_free(chain);
        return status;
    }
    r->hooks = *hooks;
    r->chain = chain;
    r->p = p;
    r->bins = bins;
    atomic_init(&r->owners, 1);
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->partner, p, sizeof *r->partner));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->angle, p, sizeof *r->angle));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->used, p, sizeof *r->used));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->peak, 2 * p, sizeof *r->peak));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->range, 2 * p, sizeof *r->range));
    for (int64_t k = 0; k < 2 * p; k++) r->peak[k] = -1;
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->smooth, p, sizeof *r->smooth));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->shift, p, sizeof *r->shift));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->centre, p * bins, sizeof *r->centre));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->middle, p * bins, sizeof *r->middle));
    GH_TRY_CLEANUP(gh_alloc(hooks, &r->knots, p * bins * GH_REFERENCE_KNOTS, sizeof *r->knots));
    *created = r;
    r = NULL;
cleanup:
    gh_reference_release(r);
    return status;
}

gh_reference *gh_reference_retain(gh_reference *reference)
{
    if (reference) atomic_fetch_add(&reference->owners, 1);
    return reference;
}

void gh_reference_release(gh_reference *r)
{
    if (!r || atomic_fetch_sub(&r->owners, 1) != 1) return;
    gh_hooks hooks = r->hooks;
    gh_prep_free(r->chain);
    gh_free(&hooks, r->partner);
    gh_free(&hooks, r->angle);
    gh_free(&hooks, r->used);
    gh_free(&hooks, r->peak);
    gh_free(&hooks, r->range);
    for (int64_t j = 0; r->smooth && j < r->p; j++) gh_free(&hooks, r->smooth[j].c);
    gh_free(&hooks, r->smooth);
    gh_free(&hooks, r->shift);
    gh_free(&hooks, r->centre);
    gh_free(&hooks, r->middle);
    gh_free(&hooks, r->knots);
    gh_free(&hooks, r);
}

gh_status gh_reference_work_create(const gh_hooks *hooks, const gh_reference *reference, int64_t max_rows, gh_reference_work **created)
{
    gh_reference_work *work;
    gh_status status;
    *created = NULL;
    GH_TRY(gh_alloc(hooks, &work, 1, sizeof *work));
    work->hooks = *hooks;
    GH_TRY_CLEANUP(gh_prep_work_create(hooks, reference->chain, max_rows, &work->chain));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &work->rows, max_rows * gh_prep_width(reference->chain), sizeof(double)));
    *created = work;
    work = NULL;
cleanup:
    gh_reference_work_free(work);
    return status;
}

void gh_reference_work_free(gh_reference_work *work)
{
    if (!work) return;
    gh_hooks hooks = work->hooks;
    gh_prep_work_free(work->chain);
    gh_free_aligned(&hooks, work->rows);
    gh_free(&hooks, work);
}

gh_reference_place gh_reference_find(const gh_reference *reference, int64_t j, double r)
{
    const double *c = reference->centre + j * reference->bins;
    gh_reference_place place = {0, 0, 0};
    int64_t high = reference->used[j] - 1;
    if (high < 1) return place;
    while (high - place.b > 1) {
        int64_t half = (high + place.b) / 2;
        if (c[half] <= r) place.b = half;
        else high = half;
    }
    place.next = place.b + 1;
    place.on = (r - c[place.b]) / (c[place.next] - c[place.b]);
    return place;
}

double gh_reference_middle(const gh_reference *reference, int64_t j, const gh_reference_place *place)
{
    const double *m = reference->middle + j * reference->bins;
    /* an angle's difference to its reference does not go on with the reference */
    const double on = reference->angle[j] ? gh_clamp(place->on, 0, 1) : place->on;
    return m[place->b] + on * (m[place->next] - m[place->b]);
}

gh_status gh_reference_peak(const gh_reference *reference, int64_t j, const double *row, gh_peak *peak)
{
    const int64_t *place = reference->peak + 2 * j;
    *peak = (gh_peak){row[place[0]], row[place[1]], reference->range[2 * j], reference->range[2 * j + 1]};
    if (!(peak->mass > 0 && peak->width > 0))
        GH_FAIL(GENHEP_E_NUMERIC, "prep.peaks: found mass '%.80s' = %g and width '%.80s' = %g, expected both above 0",
                gh_prep_name(reference->chain, place[0]), peak->mass, gh_prep_name(reference->chain, place[1]), peak->width);
    return GENHEP_OK;
}

static gh_status reference_rows(const gh_reference *reference, gh_reference_work *work, int64_t n, const double *conditions,
                                int64_t stride, int64_t seed, int64_t first)
{
    return gh_prep_forward(reference->chain, work->chain, n, conditions, stride, seed, first, work->rows,
                           gh_prep_width(reference->chain), NULL);
}

double gh_reference_normal(const gh_reference *reference, int64_t j, double r, double y, double *log_slope)
{
    enum { K = GH_REFERENCE_KNOTS };
    double knots[K];
    const gh_reference_place place = gh_reference_find(reference, j, r);
    const double *low = reference->knots + (j * reference->bins + place.b) * K, on = gh_clamp(place.on, 0, 1);
    const double *high = reference->knots + (j * reference->bins + place.next) * K;
    for (int k = 0; k < K; k++) knots[k] = low[k] + on * (high[k] - low[k]);
    for (int k = 1; k < K; k++) knots[k] = knots[k] < knots[k - 1] ? knots[k - 1] : knots[k]; /* the last bit */
    return gh_quantile_forward(knots, K, y - gh_reference_middle(reference, j, &place), log_slope);
}

gh_status gh_reference_forward(const gh_reference *reference, gh_reference_work *work, int64_t n, const double *conditions,
                               int64_t condition_stride, int64_t seed, int64_t first, double *prepared, int64_t stride,
                               double *log_jacobian)
{
    const int64_t R = gh_prep_width(reference->chain);
    GH_TRY(reference_rows(reference, work, n, conditions, condition_stride, seed, first));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < reference->p; j++) {
            if (reference->partner[j] < 0) continue;
            const double *row = work->rows + i * R, r = row[reference->partner[j]];
            double *x = prepared + i * stride + j, slope, steep = 0;
            if (reference->peak[2 * j] >= 0) {
                gh_peak peak;
                GH_TRY(gh_reference_peak(reference, j, row, &peak));
                *x = gh_peak_forward(&peak, *x, log_jacobian ? &steep : NULL);
            }
            *x = gh_reference_normal(reference, j, r, reference->angle[j] ? gh_wrap_angle(*x - r - reference->shift[j]) : *x, &slope);
            if (reference->smooth[j].variables) *x = gh_smooth_forward(&reference->smooth[j], row, *x, &steep);
            if (log_jacobian) log_jacobian[i] += slope + steep;
        }
    return GENHEP_OK;
}

gh_status gh_reference_inverse(const gh_reference *reference, gh_reference_work *work, int64_t n, const double *conditions,
                               int64_t condition_stride, int64_t seed, int64_t first, double *prepared, int64_t stride)
{
    enum { K = GH_REFERENCE_KNOTS };
    const int64_t R = gh_prep_width(reference->chain);
    GH_TRY(reference_rows(reference, work, n, conditions, condition_stride, seed, first));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < reference->p; j++) {
            if (reference->partner[j] < 0) continue;
            const double r = work->rows[i * R + reference->partner[j]];
            double *x = prepared + i * stride + j;
            if (*x != *x) continue; /* what is no number stays visible */
            if (reference->smooth[j].variables) *x = gh_smooth_inverse(&reference->smooth[j], work->rows + i * R, *x);
            const gh_reference_place place = gh_reference_find(reference, j, r);
            const double *low = reference->knots + (j * reference->bins + place.b) * K, on = gh_clamp(place.on, 0, 1);
            const double *high = reference->knots + (j * reference->bins + place.next) * K;
            const double below = gh_quantile_inverse(low, K, *x), above = gh_quantile_inverse(high, K, *x);
            const double y = below + on * (above - below) + gh_reference_middle(reference, j, &place);
            *x = reference->angle[j] ? gh_wrap_angle(y + r + reference->shift[j]) : y;
            if (reference->peak[2 * j] >= 0) {
                gh_peak peak;
                GH_TRY(gh_reference_peak(reference, j, work->rows + i * R, &peak));
                *x = gh_peak_inverse(&peak, *x);
            }
        }
    return GENHEP_OK;
}

/* ---- files --------------------------------------------------------------------------------------------------- */

static int has_peaks(const gh_reference *r)
{
    for (int64_t j = 0; j < r->p; j++)
        if (r->peak[2 * j] >= 0) return 1;
    return 0;
}

/* Most terms of a coordinate with several references, 0 without any. */
static int64_t most_terms(const gh_reference *r)
{
    int64_t most = 0;
    for (int64_t j = 0; j < r->p; j++)
        if (r->smooth[j].variables && gh_smooth_terms(r->smooth[j].variables) > most) most = gh_smooth_terms(r->smooth[j].variables);
    return most;
}

static gh_status save_smooth(const gh_reference *r, gh_archive *archive)
{
    enum { V = GH_SMOOTH_MOST, K = GH_SMOOTH_KNOTS };
    const int64_t terms = most_terms(r), places[2] = {r->p, V}, limits[3] = {r->p, V, 2}, dims[3] = {r->p, terms, K};
    int64_t *place = NULL;
    double *limit = NULL, *edge = NULL, *c = NULL;
    gh_status status;
    GH_TRY_CLEANUP(gh_alloc(&r->hooks, &place, r->p * V, sizeof *place));
    GH_TRY_CLEANUP(gh_alloc(&r->hooks, &limit, r->p * V * 2, sizeof *limit));
    GH_TRY_CLEANUP(gh_alloc(&r->hooks, &edge, r->p, sizeof *edge));
    GH_TRY_CLEANUP(gh_alloc(&r->hooks, &c, r->p * terms * K, sizeof *c));
    for (int64_t j = 0; j < r->p; j++) {
        const gh_smooth *s = &r->smooth[j];
        for (int64_t v = 0; v < V; v++) {
            place[j * V + v] = v < s->variables ? s->place[v] : -1;
            limit[(j * V + v) * 2] = s->low[v], limit[(j * V + v) * 2 + 1] = s->high[v];
        }
        edge[j] = s->edge;
        if (s->variables) memcpy(c + j * terms * K, s->c, (size_t)(gh_smooth_terms(s->variables) * K) * sizeof *c);
    }
    GH_TRY_CLEANUP(gh_archive_put(archive, "reference_map/several", GH_I64, 2, places, place));
    GH_TRY_CLEANUP(gh_archive_put(archive, "reference_map/limits", GH_F64, 3, limits, limit));
    GH_TRY_CLEANUP(gh_archive_put(archive, "reference_map/edge", GH_F64, 1, dims, edge));
    GH_TRY_CLEANUP(gh_archive_put(archive, "reference_map/coefficients", GH_F64, 3, dims, c));
cleanup:
    gh_free(&r->hooks, place);
    gh_free(&r->hooks, limit);
    gh_free(&r->hooks, edge);
    gh_free(&r->hooks, c);
    return status;
}

gh_status gh_reference_save(const gh_reference *r, gh_archive *archive)
{
    const int64_t dims[3] = {r->p, r->bins, GH_REFERENCE_KNOTS}, two[2] = {r->p, 2};
    GH_TRY(gh_prep_save(r->chain, "reference", archive));
    GH_TRY(gh_archive_put(archive, "reference_map/partner", GH_I64, 1, dims, r->partner));
    GH_TRY(gh_archive_put(archive, "reference_map/angle", GH_I64, 1, dims, r->angle));
    GH_TRY(gh_archive_put(archive, "reference_map/bins", GH_I64, 1, dims, r->used));
    if (has_peaks(r)) {
        GH_TRY(gh_archive_put(archive, "reference_map/peak", GH_I64, 2, two, r->peak));
        GH_TRY(gh_archive_put(archive, "reference_map/range", GH_F64, 2, two, r->range));
    }
    if (most_terms(r)) GH_TRY(save_smooth(r, archive));
    GH_TRY(gh_archive_put(archive, "reference_map/shift", GH_F64, 1, dims, r->shift));
    GH_TRY(gh_archive_put(archive, "reference_map/centres", GH_F64, 2, dims, r->centre));
    GH_TRY(gh_archive_put(archive, "reference_map/medians", GH_F64, 2, dims, r->middle));
    return gh_archive_put(archive, "reference_map/quantiles", GH_F64, 3, dims, r->knots);
}

/* One array of the map, checked for its size. */
static gh_status take(const gh_archive *archive, const char *name, gh_dtype type, int32_t rank, const int64_t dims[3], void *to)
{
    const gh_entry *entry;
    GH_TRY(gh_archive_get(archive, name, type, rank, dims, &entry));
    memcpy(to, entry->data, (size_t)(dims[0] * (rank > 1 ? dims[1] : 1) * (rank > 2 ? dims[2] : 1)) * 8);
    return GENHEP_OK;
}

static gh_status check_peaks(const gh_reference *r)
{
    const int64_t R = gh_prep_width(r->chain);
    for (int64_t j = 0; j < r->p; j++) {
        const int64_t *at = r->peak + 2 * j;
        const double *range = r->range + 2 * j;
        if (at[0] == -1 && at[1] == -1) continue;
        if (r->partner[j] < 0 || at[0] < 0 || at[0] >= R || at[1] < 0 || at[1] >= R || !isfinite(range[1]) || !(range[0] > 0 && range[0] < range[1]))
            GH_FAIL(GENHEP_E_FORMAT, "'reference_map/peak' of coordinate %lld: places %lld and %lld, range %g to %g, expected places below %lld and a "
                    "rising range above 0", (long long)j, (long long)at[0], (long long)at[1], range[0], range[1], (long long)R);
    }
    return GENHEP_OK;
}

/* Places, limits, edge and coefficients of coordinate j; `terms`: of the entry. */
static gh_status take_smooth(gh_reference *r, int64_t j, const int64_t *place, const double *limit, double edge, int64_t terms, const double *c)
{
    gh_smooth *s = &r->smooth[j];
    const int64_t R = gh_prep_width(r->chain);
    int sound = 1;
    while (s->variables < GH_SMOOTH_MOST && place[s->variables] >= 0) s->variables++;
    for (int64_t v = 0; v < GH_SMOOTH_MOST; v++) {
        s->place[v] = place[v], s->low[v] = limit[2 * v], s->high[v] = limit[2 * v + 1];
        sound &= v < s->variables ? place[v] < R && isfinite(s->low[v]) && isfinite(s->high[v]) && s->low[v] <= s->high[v] : place[v] == -1;
    }
    if (!s->variables && sound) return GENHEP_OK;
    const int64_t F = gh_smooth_terms(s->variables);
    s->edge = edge;
    sound &= r->partner[j] >= 0 && !r->angle[j] && F <= terms && edge > 0 && edge < GH_QUANTILE_EDGE;
    for (int64_t k = 0; sound && k < F * GH_SMOOTH_KNOTS; k++) sound &= isfinite(c[k]);
    if (!sound)
        GH_FAIL(GENHEP_E_FORMAT, "'reference_map/several' of coordinate %lld: %lld variables, %lld terms of %lld, edge %g, expected places below %lld "
                "before those of -1, limits in order, a partner that is no angle, an edge between 0 and 4.3 and finite coefficients", (long long)j,
                (long long)s->variables, (long long)F, (long long)terms, edge, (long long)R);
    GH_TRY(gh_alloc(&r->hooks, &s->c, F * GH_SMOOTH_KNOTS, sizeof *s->c));
    memcpy(s->c, c, (size_t)(F * GH_SMOOTH_KNOTS) * sizeof *s->c);
    return GENHEP_OK;
}

static gh_status load_smooth(gh_reference *r, const gh_archive *archive)
{
    enum { V = GH_SMOOTH_MOST };
    const int64_t places[2] = {r->p, V}, limits[3] = {r->p, V, 2}, dims[3] = {r->p, -1, GH_SMOOTH_KNOTS};
    const gh_entry *place, *limit, *edge, *c;
    GH_TRY(gh_archive_get(archive, "reference_map/several", GH_I64, 2, places, &place));
    GH_TRY(gh_archive_get(archive, "reference_map/limits", GH_F64, 3, limits, &limit));
    GH_TRY(gh_archive_get(archive, "reference_map/edge", GH_F64, 1, dims, &edge));
    GH_TRY(gh_archive_get(archive, "reference_map/coefficients", GH_F64, 3, dims, &c));
    for (int64_t j = 0; j < r->p; j++)
        GH_TRY(take_smooth(r, j, (const int64_t *)place->data + j * V, (const double *)limit->data + j * V * 2, ((const double *)edge->data)[j], c->dims[1],
                           (const double *)c->data + j * c->dims[1] * GH_SMOOTH_KNOTS));
    return GENHEP_OK;
}

static gh_status check_map(const gh_reference *r)
{
    const int64_t R = gh_prep_width(r->chain);
    for (int64_t j = 0; j < r->p; j++) {
        const double *c = r->centre + j * r->bins, *m = r->middle + j * r->bins;
        if (r->partner[j] < -1 || r->partner[j] >= R || r->angle[j] < 0 || r->angle[j] > 1 || r->used[j] < 1 || r->used[j] > r->bins ||
            !isfinite(r->shift[j]))
            GH_FAIL(GENHEP_E_FORMAT, "'reference_map' of coordinate %lld: partner %lld, angle %lld, %lld bins, shift %g, expected a partner "
                    "below %lld, angle 0 or 1, 1 to %lld bins and a finite shift", (long long)j, (long long)r->partner[j],
                    (long long)r->angle[j], (long long)r->used[j], r->shift[j], (long long)R, (long long)r->bins);
        for (int64_t b = 0; b < r->used[j]; b++) {
            const double *q = r->knots + (j * r->bins + b) * GH_REFERENCE_KNOTS;
            int sound = isfinite(c[b]) && isfinite(m[b]) && (b == 0 || c[b] > c[b - 1]) && isfinite(q[0]);
            for (int k = 1; k < GH_REFERENCE_KNOTS; k++) sound &= isfinite(q[k]) && q[k] >= q[k - 1];
            if (!sound)
                GH_FAIL(GENHEP_E_FORMAT, "'reference_map' of coordinate %lld, bin %lld: expected finite numbers, rising centres and quantiles "
                        "that never fall", (long long)j, (long long)b);
        }
    }
    return GENHEP_OK;
}

gh_status gh_reference_load(const gh_hooks *hooks, const gh_archive *archive, int64_t width, int64_t columns, gh_reference **loaded)
{
    gh_status status;
    gh_prep *chain;
    gh_reference *r = NULL;
    const gh_entry *entry;
    int64_t dims[3] = {width, -1, GH_REFERENCE_KNOTS};
    *loaded = NULL;
    GH_TRY(gh_archive_get(archive, "reference_map/quantiles", GH_F64, 3, dims, &entry));
    dims[1] = entry->dims[1];
    if (dims[1] < 1 || dims[1] > GH_REFERENCE_MOST_BINS)
        GH_FAIL(GENHEP_E_FORMAT, "'reference_map/quantiles' has %lld bins, expected 1 to %d", (long long)dims[1], GH_REFERENCE_MOST_BINS);
    GH_TRY(gh_prep_load(hooks, "reference", archive, &chain));
    GH_TRY(gh_reference_create(hooks, width, dims[1], chain, &r));
    if (gh_prep_columns(chain) != columns) {
        status = gh_fail(GENHEP_E_FORMAT, "the chain of reference coordinates has %lld columns, the schema %lld conditions",
                         (long long)gh_prep_columns(chain), (long long)columns);
        goto cleanup;
    }
    GH_TRY_CLEANUP(take(archive, "reference_map/partner", GH_I64, 1, dims, r->partner));
    GH_TRY_CLEANUP(take(archive, "reference_map/angle", GH_I64, 1, dims, r->angle));
    GH_TRY_CLEANUP(take(archive, "reference_map/bins", GH_I64, 1, dims, r->used));
    GH_TRY_CLEANUP(take(archive, "reference_map/shift", GH_F64, 1, dims, r->shift));
    GH_TRY_CLEANUP(take(archive, "reference_map/centres", GH_F64, 2, dims, r->centre));
    GH_TRY_CLEANUP(take(archive, "reference_map/medians", GH_F64, 2, dims, r->middle));
    GH_TRY_CLEANUP(take(archive, "reference_map/quantiles", GH_F64, 3, dims, r->knots));
    GH_TRY_CLEANUP(check_map(r));
    if (gh_archive_find(archive, "reference_map/peak")) {
        const int64_t two[3] = {width, 2, 0};
        GH_TRY_CLEANUP(take(archive, "reference_map/peak", GH_I64, 2, two, r->peak));
        GH_TRY_CLEANUP(take(archive, "reference_map/range", GH_F64, 2, two, r->range));
        GH_TRY_CLEANUP(check_peaks(r));
    }
    if (gh_archive_find(archive, "reference_map/several")) GH_TRY_CLEANUP(load_smooth(r, archive));
    *loaded = r;
    r = NULL;
cleanup:
    gh_reference_release(r);
    return status;
}
