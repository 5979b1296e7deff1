/* objects.c -- 'objects(jet*, lep*)': zero-padded objects in slots of falling pT. An argument is a type; its slots are the columns
 *   <slot>_pT, _eta, _phi and, if there, _E or _m; all others of a slot are discrete. A slot is absent when its pT is 0. For n objects
 *     u_0 = log(pT_0/L),  r_k = u_k/u_(k-1) in [0,1],  eta_k,  phi_k - phi_0 in [0, 2 pi),  log(m_k/pT_k)      L the least pT of the data
 *   so any coordinates are objects in falling pT above L. phi_0 belongs to the first object of the first type; its own coordinate is the
 *   angle to the first other azimuth among the columns, which is dropped and drawn uniformly, where there is one.
 *   'balance(METphi)': the azimuth of missing momentum as the angle to minus the sum of all objects' transverse momenta, which it balances;
 *   phi_0 itself is drawn uniformly and its coordinate is noise. Then
 *     z = Phi^-1(F_{slot, n, discrete columns of the slot}(x))   for a present object,   z = normal noise for an absent one
 *   and two kinds of dequantised normal numbers (categories.h): one for the counts of all types together, and one for each type with
 *   discrete columns, for their values among those of events with as many objects. Other columns are mapped to normals within the
 *   counts. Of what is not discrete, linear correlations within the counts are taken out: z -> R^-1 z with the Cholesky factor R of the
 *   correlations of these coordinates in events with these counts. The inverse ignores coordinates of absent objects, so only the counts
 *   decide what is there.
 *   log-Jacobian: -log det R, log slopes of what is there, log share - log pdf(z) of the discrete ones, and -log pdf(z) of the noise: where a model
 *   takes the noise for what it is, log p(z) + log-Jacobian is the density of the objects that are there.
 * Tests: tests/unit/test_prep_objects.c. */
#include "prep/objects.h"

#include <stdio.h>
#include <string.h>

#include "base/normal.h"

#define TURN (2 * GH_PI)
#define SMALLEST 1e-9      /* of u, to divide by */
#define SMALLEST_MASS 1e-6 /* of m/pT */
#define MOST_LOG_PT 40.0
#define MOST_ETA 20.0

double gh_objects_turn(double angle)
{
    double turned = angle - TURN * floor(angle / TURN);
    return turned >= 0 && turned < TURN ? turned : 0;
}

static double role_of(const gh_objects *s, int64_t slot, enum gh_objects_role role, const double *row, int64_t step)
{
    int64_t column = s->roles[slot * GH_OBJECTS_ROLES + role];
    return column ? row[(column - 1) * step] : 0;
}

double gh_objects_zero(const gh_objects *s, const double *row, int64_t step)
{
    if (role_of(s, 0, GH_OBJECTS_PT, row, step) != 0) return role_of(s, 0, GH_OBJECTS_PHI, row, step);
    return s->azimuth >= 0 ? row[s->azimuth * step] : 0;
}

/* log(m/pT) of an object. */
static double log_mass(const gh_objects *s, int64_t slot, const double *row, int64_t step, double pt, double eta)
{
    double square;
    if (s->roles[slot * GH_OBJECTS_ROLES + GH_OBJECTS_M]) {
        double m = role_of(s, slot, GH_OBJECTS_M, row, step);
        square = m * m;
    } else {
        double e = role_of(s, slot, GH_OBJECTS_E, row, step), p = pt * cosh(eta);
        square = (e - p) * (e + p);
    }
    square /= pt * pt;
    return 0.5 * log(square > SMALLEST_MASS * SMALLEST_MASS ? square : SMALLEST_MASS * SMALLEST_MASS);
}

const char *gh_objects_read(const gh_objects *s, const double *row, int64_t step, double *counts, double *raw,
                            int64_t *bad)
{
    const double zero = gh_objects_zero(s, row, step), reference = s->azimuth >= 0 ? row[s->azimuth * step] : 0;
    for (int64_t t = 0; t < s->types; t++) {
        const gh_object_type *type = &s->type[t];
        double before = 0;
        int64_t n = 0;
        for (int64_t k = 0; k < type->slots; k++) {
            const double pt = role_of(s, type->first + k, GH_OBJECTS_PT, row, step),
                         eta = role_of(s, type->first + k, GH_OBJECTS_ETA, row, step);
            double *x = raw + type->first_coordinate + k * type->width;
            *bad = type->first + k;
            if (pt == 0) continue;
            if (!(pt > 0 && isfinite(pt) && fabs(eta) <= MOST_ETA))
                return "expected a pT of 0 or more and a finite eta";
            if (n++ != k) return "expected objects to fill their slots from the first on";
            const double u = pt > type->least ? log(pt / type->least) : 0;
            if (k && u > before * (1 + 1e-12)) return "expected objects in falling pT";
            x[0] = k == 0 ? u : before > SMALLEST ? u / before : 1;
            x[1] = eta;
            const double phi = role_of(s, type->first + k, GH_OBJECTS_PHI, row, step);
            x[2] = gh_objects_turn(phi - (t == 0 && k == 0 && !s->balance ? reference : zero));
            if (type->width == 4) x[3] = log_mass(s, type->first + k, row, step, pt, eta);
            before = u;
        }
        counts[t] = (double)n;
    }
    return NULL;
}

double gh_objects_opposite(const gh_objects *s, const double *row, int64_t step)
{
    double x = 0, y = 0;
    for (int64_t k = 0; k < s->slots; k++) {
        const double pt = role_of(s, k, GH_OBJECTS_PT, row, step), phi = role_of(s, k, GH_OBJECTS_PHI, row, step);
        x -= pt * cos(phi), y -= pt * sin(phi);
    }
    return atan2(y, x);
}

void gh_objects_pattern(const gh_objects *s, int64_t type, const double *row, int64_t step, double count,
                        double *pattern)
{
    const gh_object_type *t = &s->type[type];
    *pattern++ = count;
    for (int64_t k = 0; k < t->slots * t->discretes; k++)
        pattern[k] = k < (int64_t)count * t->discretes ? row[s->discretes[t->first_discrete + k] * step] + 0.0
                                                       : 0; /* no -0 */
}

int64_t gh_objects_find(const double *values, int64_t count, int64_t width, const double *row)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = (low + high) / 2, j = 0;
        const double *at = values + middle * width;
        while (j < width && at[j] == row[j]) j++;
        if (j == width) return middle;
        if (at[j] < row[j]) low = middle + 1;
        else high = middle;
    }
    return -1;
}

/* ---- linear correlations ---- */

double gh_objects_take(const gh_objects *s, int64_t c, double *z)
{
    if (!s->factor[c]) return 0;
    const double *r = s->factors + (s->factor[c] - 1) * s->order * s->order;
    double log_det = 0;
    for (int64_t i = 0; i < s->order; i++) {
        for (int64_t j = 0; j < i; j++) z[i] -= r[i * s->order + j] * z[j];
        z[i] /= r[i * s->order + i];
        log_det += log(r[i * s->order + i]);
    }
    return log_det;
}

void gh_objects_put(const gh_objects *s, int64_t c, double *z)
{
    if (!s->factor[c]) return;
    const double *r = s->factors + (s->factor[c] - 1) * s->order * s->order;
    for (int64_t i = s->order - 1; i >= 0; i--) {
        double sum = 0;
        for (int64_t j = 0; j <= i; j++) sum += r[i * s->order + j] * z[j];
        z[i] = sum;
    }
}

static void objects_release(gh_stage *stage)
{
    gh_objects *s = stage->state;
    gh_categories_release(stage, &s->table);
    for (int64_t t = 0; t < GH_OBJECTS_TYPES; t++) {
        gh_free(&stage->hooks, s->type[t].begins);
        gh_free(&stage->hooks, s->type[t].borders);
    }
    gh_free(&stage->hooks, s->blocks);
}

/* ---- building from constants, each of which may come from a damaged file ---- */

static gh_status damaged(const char *what)
{
    GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'objects': %s", what);
}

static gh_status build_types(gh_stage *stage, gh_objects *s)
{
    const int64_t *slots, *discretes;
    const double *edges;
    int64_t total = 0, count;
    GH_TRY(gh_stage_get_indices(stage, "slots", GH_OBJECTS_SLOTS + 1, &s->types, &slots));
    if (s->types < 1 || s->types > GH_OBJECTS_TYPES) return damaged("the number of types is not 1 to 8");
    GH_TRY(gh_stage_get_indices(stage, "discretes", GH_OBJECTS_PATTERN, &count, &discretes));
    if (count != s->types) return damaged("'discretes' does not have a number for each type");
    GH_TRY(gh_stage_get(stage, "edges", 2 * s->types, &edges));
    for (int64_t t = 0; t < s->types; t++) {
        gh_object_type *type = &s->type[t];
        type->slots = slots[t];
        type->discretes = discretes[t];
        type->first = s->slots;
        type->first_discrete = total;
        type->first_coordinate = s->coordinates;
        type->least = edges[2 * t];
        type->mass = edges[2 * t + 1];
        type->width = type->mass < 0 ? 4 : 3;
        if (type->slots < 1 || type->slots * type->discretes >= GH_OBJECTS_PATTERN || !(type->least > 0))
            return damaged("a type has a wrong number of slots or least pT");
        s->slots += type->slots;
        s->coordinates += type->slots * type->width;
        total += type->slots * type->discretes;
    }
    if (s->slots > GH_OBJECTS_SLOTS) return damaged("there are more than 64 slots");
    GH_TRY(gh_stage_get_indices(stage, "discrete_columns", stage->width_in, &count, &s->discretes));
    if (count != total) return damaged("'discrete_columns' has the wrong length");
    GH_TRY(gh_stage_get_indices(stage, "roles", stage->width_in + 1, &count, &s->roles));
    if (count != s->slots * GH_OBJECTS_ROLES) return damaged("'roles' has the wrong length");
    for (int64_t k = 0; k < s->slots; k++)
        for (int role = GH_OBJECTS_PT; role <= GH_OBJECTS_PHI; role++)
            if (!s->roles[k * GH_OBJECTS_ROLES + role]) return damaged("a slot has no pT, eta or phi");
    return GENHEP_OK;
}

static gh_status build_patterns(gh_stage *stage, gh_objects *s, int64_t t)
{
    gh_object_type *type = &s->type[t];
    const gh_entry *entry;
    char name[32];
    int64_t width = gh_objects_pattern_width(type), dims[2] = {-1, width}, count;
    snprintf(name, sizeof name, "patterns_%d", (int)t);
    GH_TRY(gh_archive_get(&stage->constants, name, GH_F64, 2, dims, &entry));
    type->patterns = entry->dims[0];
    type->values = entry->data;
    snprintf(name, sizeof name, "pattern_shares_%d", (int)t);
    GH_TRY(gh_stage_get(stage, name, type->patterns, &type->shares));
    snprintf(name, sizeof name, "pattern_rows_%d", (int)t);
    GH_TRY(gh_stage_get_indices(stage, name, s->knot_rows, &count, &type->rows));
    if (type->patterns < 1 || type->patterns > GH_MOST_CATEGORIES || count != type->patterns * type->slots)
        return damaged("a table of patterns has the wrong size");
    GH_TRY(gh_alloc(&stage->hooks, &type->begins, type->patterns, sizeof *type->begins));
    GH_TRY(gh_alloc(&stage->hooks, &type->borders, type->patterns, sizeof *type->borders));
    for (int64_t p = 0; p < type->patterns; p++) {
        const double *row = type->values + p * width;
        const int same = p && row[-width] == row[0];
        if (!(row[0] >= 0 && row[0] <= (double)type->slots && row[0] == floor(row[0]) && type->shares[p] > 0))
            return damaged("a pattern has a wrong count or share");
        type->begins[p] = same ? type->begins[p - 1] + type->shares[p - 1] : 0;
        type->borders[p] = same ? gh_normal_quantile(type->begins[p]) : -INFINITY;
        if (!(type->begins[p] + type->shares[p] < 1 + 1e-6))
            return damaged("the shares of patterns do not add up to 1");
        for (int64_t k = 0; k < (int64_t)row[0]; k++)
            if (type->rows[p * type->slots + k] + type->width > s->knot_rows)
                return damaged("a pattern names quantiles that are not there");
    }
    return GENHEP_OK;
}

static gh_status build_blocks(gh_stage *stage, gh_objects *s)
{
    GH_TRY(gh_alloc(&stage->hooks, &s->blocks, s->table.count * s->types * 2, sizeof *s->blocks));
    for (int64_t c = 0; c < s->table.count; c++)
        for (int64_t t = 0; t < s->types; t++) {
            const gh_object_type *type = &s->type[t];
            const int64_t width = gh_objects_pattern_width(type);
            const double n = s->table.values[c * s->types + t];
            int64_t *block = s->blocks + (c * s->types + t) * 2;
            while (block[0] < type->patterns && type->values[block[0] * width] != n) block[0]++;
            for (block[1] = block[0]; block[1] < type->patterns && type->values[block[1] * width] == n;) block[1]++;
            if (block[0] == block[1]) return damaged("a count has no pattern");
        }
    return GENHEP_OK;
}

static gh_status build_factors(gh_stage *stage, gh_objects *s)
{
    const gh_entry *entry;
    int64_t dims[3] = {-1, s->order, s->order}, count;
    GH_TRY(gh_archive_get(&stage->constants, "factors", GH_F64, 3, dims, &entry));
    s->factors = entry->data;
    GH_TRY(gh_stage_get_indices(stage, "factor", entry->dims[0] + 1, &count, &s->factor));
    if (count != s->table.count) return damaged("'factor' does not have a number for each category");
    for (int64_t k = 0; k < entry->dims[0]; k++)
        for (int64_t i = 0; i < s->order; i++)
            for (int64_t j = 0; j <= i; j++) {
                const double r = s->factors[(k * s->order + i) * s->order + j];
                if (!isfinite(r) || (i == j && !(r >= 0.01))) return damaged("a factor is not finite or too small");
            }
    return GENHEP_OK;
}

/* Missing momentum: one column of the rest, the azimuth. */
static gh_status build_balance(gh_objects *s)
{
    for (int64_t j = 0; j < s->rest_count; j++) {
        if (!(s->rest_kind[j] & GH_OBJECTS_OPPOSITE)) continue;
        if (s->rest[j] != s->azimuth) return damaged("missing momentum has the wrong azimuth");
        s->balance = 1;
    }
    return GENHEP_OK;
}

static gh_status objects_build(gh_stage *stage)
{
    gh_objects *s;
    const gh_entry *entry;
    const int64_t *azimuth;
    int64_t dims[2] = {-1, -1}, count, discrete = 1;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(build_types(stage, s));
    GH_TRY(gh_stage_get_indices(stage, "azimuth", stage->width_in + 1, &count, &azimuth));
    if (count != 1) return damaged("'azimuth' is not one number");
    s->azimuth = *azimuth - 1;
    GH_TRY(gh_stage_get_indices(stage, "rest", stage->width_in, &s->rest_count, &s->rest));
    GH_TRY(gh_stage_get_indices(stage, "rest_kind", GH_OBJECTS_KINDS, &count, &s->rest_kind));
    if (count != s->rest_count) return damaged("'rest_kind' has the wrong length");
    GH_TRY(build_balance(s));
    s->order = s->coordinates + s->rest_count;
    if (s->order > GH_OBJECTS_MOST) return damaged("there are too many coordinates");
    GH_TRY(gh_archive_get(&stage->constants, "quantiles", GH_F64, 2, dims, &entry));
    s->knot_rows = entry->dims[0];
    s->knots = entry->dims[1];
    s->quantiles = entry->data;
    if (s->knots < 2 || s->knots > GH_QUANTILE_MOST_KNOTS) return damaged("the number of knots is out of range");
    for (int64_t r = 0; r < s->knot_rows; r++)
        GH_TRY(gh_quantile_check(stage, "of an object", s->quantiles + r * s->knots, s->knots));
    for (int64_t t = 0; t < s->types; t++) {
        GH_TRY(build_patterns(stage, s, t));
        discrete += s->type[t].discretes > 0;
    }
    GH_TRY(gh_categories_build(stage, s->types, &s->table));
    GH_TRY(gh_stage_get_indices(stage, "rest_rows", s->knot_rows, &count, &s->rest_rows));
    if (count != s->table.count * s->rest_count || stage->width_out != s->coordinates + s->rest_count + discrete)
        return damaged("widths do not fit each other");
    stage->draws = discrete + s->coordinates;
    stage->uniforms = s->azimuth >= 0;
    GH_TRY(build_factors(stage, s));
    return build_blocks(stage, s);
}

/* ---- forward ---- */

/* A number of the reference measure through its quantiles. */
static double map(const gh_objects *s, int64_t knot_row, double x, double *log_jacobian)
{
    double slope, z = gh_quantile_forward(s->quantiles + knot_row * s->knots, s->knots, x, &slope);
    if (log_jacobian) *log_jacobian += slope;
    return z;
}

static double noise(double uniform, double *log_jacobian)
{
    double z = gh_normal_quantile(uniform);
    if (log_jacobian) *log_jacobian -= log(gh_normal_pdf(z));
    return z;
}

/* The middle 99.8 % of a pattern's place, as in categories.h. */
static double pattern_normal(const gh_object_type *type, int64_t p, double uniform, double *log_jacobian)
{
    double z = gh_normal_quantile(type->begins[p] + type->shares[p] * (0.001 + 0.998 * uniform));
    if (log_jacobian) *log_jacobian += log(type->shares[p] / gh_normal_pdf(z));
    return z;
}

/* Coordinates z of one type in row i; `in` begins there, `out` at the panel. *discrete counts the discrete coordinates so far. */
static gh_status forward_type(const gh_stage *stage, const gh_pass *pass, int64_t i, int64_t t, double count,
                              const double *in, const double *raw, int64_t *discrete, double *z, double *out)
{
    const gh_objects *s = stage->state;
    const gh_object_type *type = &s->type[t];
    const int64_t item = pass->first + (i < pass->rows ? i : pass->rows - 1),
                  drawn = s->balance ? 2 : -1; /* phi_0 when it is drawn */
    double pattern[GH_OBJECTS_PATTERN + 1], *jacobian = pass->log_jacobian ? pass->log_jacobian + i : NULL;
    gh_objects_pattern(s, t, in, GH_PANEL, count, pattern);
    const int64_t p = gh_objects_find(type->values, type->patterns, gh_objects_pattern_width(type), pattern);
    if (p < 0)
        return gh_stage_domain(
            stage, pass, i, stage->names[s->roles[type->first * GH_OBJECTS_ROLES] - 1], count,
            "a number of objects, or values of their discrete columns, that the training data do not have");
    for (int64_t k = 0; k < type->slots; k++)
        for (int64_t j = 0; j < type->width; j++) {
            const int64_t c = type->first_coordinate + k * type->width + j;
            z[c] = k < (int64_t)count && c != drawn
                       ? map(s, type->rows[p * type->slots + k] + j, raw[c], jacobian)
                       : noise(gh_rng_uniform(&pass->rng, item, stage->first_draw + c), jacobian);
        }
    if (type->discretes == 0) return GENHEP_OK;
    const int64_t at = ++*discrete;
    out[(s->order + at) * GH_PANEL + i] =
        pattern_normal(type, p, gh_rng_uniform(&pass->rng, item, stage->first_draw + s->coordinates + at), jacobian);
    return GENHEP_OK;
}

/* Columns of no object. */
static void forward_rest(const gh_objects *s, int64_t c, const double *in, double *z, double *jacobian)
{
    const double zero = gh_objects_zero(s, in, GH_PANEL);
    for (int64_t j = 0; j < s->rest_count; j++) {
        double x = in[s->rest[j] * GH_PANEL];
        if (s->rest_kind[j] & GH_OBJECTS_TURNED) x = gh_objects_turn(x - zero);
        if (s->rest_kind[j] & GH_OBJECTS_OPPOSITE) x = gh_wrap_angle(x - gh_objects_opposite(s, in, GH_PANEL));
        z[s->coordinates + j] = s->rest_kind[j] & GH_OBJECTS_MAPPED
                                    ? map(s, s->rest_rows[c * s->rest_count + j], x, jacobian)
                                    : x;
    }
}

/* `in` begins at row i, `out` at the panel. */
static gh_status forward_row(const gh_stage *stage, const gh_pass *pass, int64_t i, const double *in, double *out)
{
    const gh_objects *s = stage->state;
    double counts[GH_OBJECTS_TYPES] = {0}, raw[4 * GH_OBJECTS_SLOTS] = {0}, z[GH_OBJECTS_MOST] = {0},
           *jacobian = pass->log_jacobian ? pass->log_jacobian + i : NULL;
    int64_t bad = 0, discrete = 0, item = pass->first + (i < pass->rows ? i : pass->rows - 1);
    const char *wrong = gh_objects_read(s, in, GH_PANEL, counts, raw, &bad);
    if (wrong) {
        const int64_t column = s->roles[bad * GH_OBJECTS_ROLES + GH_OBJECTS_PT] - 1;
        return gh_stage_domain(stage, pass, i, stage->names[column], in[column * GH_PANEL], wrong);
    }
    const int64_t c = gh_category_of(&s->table, counts);
    if (c < 0)
        return gh_stage_domain(stage, pass, i, stage->names[s->roles[GH_OBJECTS_PT] - 1], counts[0],
                               "numbers of objects that the training data do not have together");
    for (int64_t t = 0; t < s->types; t++)
        GH_TRY(forward_type(stage, pass, i, t, counts[t], in, raw, &discrete, z, out));
    forward_rest(s, c, in, z, jacobian);
    const double log_det = gh_objects_take(s, c, z);
    if (jacobian) *jacobian -= log_det;
    for (int64_t j = 0; j < s->order; j++) out[j * GH_PANEL + i] = z[j];
    out[s->order * GH_PANEL + i] = gh_category_normal(
        &s->table, c, gh_rng_uniform(&pass->rng, item, stage->first_draw + s->coordinates), jacobian);
    return GENHEP_OK;
}

static gh_status objects_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    for (int64_t i = 0; i < GH_PANEL; i++) GH_TRY(forward_row(stage, pass, i, in + i, out));
    return GENHEP_OK;
}

/* ---- inverse ---- */

static void write_role(const gh_objects *s, int64_t slot, enum gh_objects_role role, double *row, double value)
{
    const int64_t column = s->roles[slot * GH_OBJECTS_ROLES + role];
    if (column) row[(column - 1) * GH_PANEL] = value;
}

/* The last pattern of the block whose place begins at or below z. */
static int64_t pattern_at(const gh_object_type *type, const int64_t block[2], double z)
{
    int64_t low = block[0], high = block[1] - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (type->borders[middle] <= z) low = middle;
        else high = middle - 1;
    }
    return low;
}

/* Objects of one type from their coordinates; `zero` is the azimuth they are turned against, set by the first object of the first type; their
 * transverse momenta are taken from `left` (2). */
static void inverse_type(const gh_objects *s, int64_t t, int64_t count, int64_t p, const double *z, double *zero,
                         double *left, double *row)
{
    const gh_object_type *type = &s->type[t];
    const double *pattern = type->values + p * gh_objects_pattern_width(type) + 1;
    double u = 0;
    for (int64_t k = 0; k < type->slots; k++) {
        const int64_t slot = type->first + k;
        for (int64_t d = 0; d < type->discretes; d++)
            row[s->discretes[type->first_discrete + k * type->discretes + d] * GH_PANEL] =
                pattern[k * type->discretes + d];
        if (k >= count) {
            for (int role = 0; role < GH_OBJECTS_ROLES; role++) write_role(s, slot, (enum gh_objects_role)role, row, 0);
            continue;
        }
        double x[4] = {0};
        for (int64_t j = 0; j < type->width; j++)
            x[j] = gh_quantile_inverse(s->quantiles + (type->rows[p * type->slots + k] + j) * s->knots, s->knots,
                                       z[type->first_coordinate + k * type->width + j]);
        u = k == 0 ? gh_clamp(x[0], 0, MOST_LOG_PT) : u * gh_clamp(x[0], 0, 1);
        const double pt = type->least * gh_panel_exp(u), eta = gh_clamp(x[1], -MOST_ETA, MOST_ETA),
                     phi = gh_wrap_angle(*zero + (t == 0 && k == 0 && s->balance ? 0 : x[2]));
        const double m = type->width == 4 ? pt * gh_panel_exp(gh_clamp(x[3], -MOST_LOG_PT, MOST_LOG_PT)) : type->mass,
                     p3 = pt * cosh(eta);
        if (t == 0 && k == 0) *zero = phi;
        left[0] -= pt * cos(phi), left[1] -= pt * sin(phi);
        write_role(s, slot, GH_OBJECTS_PT, row, pt);
        write_role(s, slot, GH_OBJECTS_ETA, row, eta);
        write_role(s, slot, GH_OBJECTS_PHI, row, phi);
        write_role(s, slot, GH_OBJECTS_M, row, m);
        write_role(s, slot, GH_OBJECTS_E, row, sqrt(p3 * p3 + m * m));
    }
}

/* Columns of no object; left (2) is minus the sum of all objects' transverse momenta. */
static void inverse_rest(const gh_objects *s, int64_t c, const double *z, double zero, const double *left, double *row)
{
    for (int64_t j = 0; j < s->rest_count; j++) {
        double x = z[s->coordinates + j];
        if (s->rest_kind[j] & GH_OBJECTS_MAPPED)
            x = gh_quantile_inverse(s->quantiles + s->rest_rows[c * s->rest_count + j] * s->knots, s->knots, x);
        if (s->rest_kind[j] & GH_OBJECTS_TURNED) x = gh_wrap_angle(zero + x);
        if (s->rest_kind[j] & GH_OBJECTS_OPPOSITE) x = gh_wrap_angle(atan2(left[1], left[0]) + x);
        row[s->rest[j] * GH_PANEL] = x;
    }
}

static void objects_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const gh_objects *s = stage->state;
    const double *labels = in + s->order * GH_PANEL;
    for (int64_t i = 0; i < GH_PANEL; i++) {
        const int64_t c = gh_category_at(&s->table, labels[i]);
        double zero = s->azimuth >= 0 ? GH_PI * (2 * pass->uniforms[stage->first_uniform * GH_PANEL + i] - 1) : 0,
               z[GH_OBJECTS_MOST] = {0}, left[2] = {0, 0};
        int64_t discrete = 0;
        for (int64_t j = 0; j < s->order; j++) z[j] = in[j * GH_PANEL + i];
        gh_objects_put(s, c, z);
        if (s->azimuth >= 0) out[s->azimuth * GH_PANEL + i] = zero;
        for (int64_t t = 0; t < s->types; t++) {
            const int64_t *block = s->blocks + (c * s->types + t) * 2;
            const int64_t p = s->type[t].discretes ? pattern_at(&s->type[t], block, labels[++discrete * GH_PANEL + i])
                                                   : block[0];
            inverse_type(s, t, (int64_t)s->table.values[c * s->types + t], p, z, &zero, left, out + i);
        }
        inverse_rest(s, c, z, zero, left, out + i);
    }
}

const gh_stage_class gh_stage_objects = {
    "objects", 0, gh_objects_fit, objects_build, objects_forward, objects_inverse, objects_release};
