/* test_truth.h -- what the tests of the built-in truth share: making events, and the Kolmogorov-Smirnov test. */
#ifndef TEST_TRUTH_H
#define TEST_TRUTH_H

#include <stdarg.h>

#include "testing.h"
#include "truth/truth.h"

/** Largest KS distance times sqrt(n) with a chance above 0.001: Q(1.9495) = 0.001. */
#define KS_LIMIT 1.9495
/** Standard deviations of a normal number with a two-sided chance above 0.001. */
#define SIGMA_LIMIT 3.2905

/** An assertion for the inner loops over events: silent, so fast, when it holds; a NaN fails it. */
#define must(condition)                                                         \
    do {                                                                        \
        if (!(condition)) ck_abort_msg("%s does not hold", #condition);         \
    } while (0)

/** n events as n*columns numbers, to be freed; settings separated by blanks, "" for none. The dataset goes to *out when
 * out is not NULL, and is freed otherwise. */
static inline double *make_events(const char *process, int64_t n, int64_t seed, const char *settings,
                                  genhep_dataset **out)
{
    char text[256], *word[8], message[512];
    int n_words = 0;
    snprintf(text, sizeof text, "%s", settings);
    for (char *part = strtok(text, " "); part; part = strtok(NULL, " ")) word[n_words++] = part;
    genhep_dataset *data = NULL;
    int status = truth_generate(process, n, seed, word, n_words, &data, message, sizeof message);
    ck_assert_msg(status == GENHEP_OK, "%s %s: %s", process, settings, message);
    int64_t columns = genhep_dataset_columns(data);
    ck_assert_int_eq(genhep_dataset_events(data), n);
    double *rows = malloc((size_t)(n * columns + 1) * sizeof *rows);
    ck_assert_ptr_nonnull(rows);
    ck_ok(genhep_dataset_values(data, rows, columns, n * columns));
    if (out) *out = data;
    else genhep_dataset_free(data);
    return rows;
}

/** Assert that truth_generate fails with `code` and names `part`. Settings as above. */
static inline void fails_with(const char *process, int64_t n, const char *settings, int code, const char *part)
{
    char text[256], *word[8], message[512];
    int n_words = 0;
    snprintf(text, sizeof text, "%s", settings);
    for (char *piece = strtok(text, " "); piece; piece = strtok(NULL, " ")) word[n_words++] = piece;
    genhep_dataset *data = (genhep_dataset *)&text;
    int status = truth_generate(process, n, 1, word, n_words, &data, message, sizeof message);
    ck_assert_msg(status == code, "%s %s: status %d, expected %d (%s)", process, settings, status, code, message);
    ck_assert_msg(strstr(message, part) != NULL, "message '%s' does not name '%s'", message, part);
    ck_assert_ptr_null(strchr(message, '\n'));
    ck_assert_ptr_null(data);
}

static inline double attribute_number(const genhep_dataset *data, const char *key)
{
    const char *text = genhep_dataset_attribute(data, key);
    ck_assert_msg(text != NULL, "attribute %s is missing", key);
    return strtod(text, NULL);
}

static inline int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef double (*distribution_fn)(double x, const void *user);

/** KS distance of n numbers (sorted in place) from a distribution function, times sqrt(n). */
static inline double ks_distance(double *x, int64_t n, distribution_fn f, const void *user)
{
    double worst = 0;
    qsort(x, (size_t)n, sizeof *x, compare_numbers);
    for (int64_t i = 0; i < n; i++) {
        double p = f(x[i], user), above = fabs((double)(i + 1) / (double)n - p);
        double below = fabs(p - (double)i / (double)n);
        if (!isfinite(p)) return NAN;
        worst = fmax(worst, fmax(above, below));
    }
    return worst * sqrt((double)n);
}

#define ck_ks(x, n, f, user)                                                                                     \
    do {                                                                                                         \
        double ck_distance = ks_distance((x), (n), (f), (user));                                                 \
        ck_assert_msg(ck_distance < KS_LIMIT, "%s: KS distance times sqrt(n) is %.3f", #f, ck_distance);         \
    } while (0)

/** Uniform on [user[0], user[1]]. */
static inline double uniform_cdf(double x, const void *user)
{
    const double *edge = user;
    return (x - edge[0]) / (edge[1] - edge[0]);
}

/** Breit-Wigner in m, user = {m0, gamma, lo, hi}. */
static inline double breit_wigner_m_cdf(double m, const void *user)
{
    const double *p = user;
    double lo = atan(2 * (p[2] - p[0]) / p[1]), hi = atan(2 * (p[3] - p[0]) / p[1]);
    return (atan(2 * (m - p[0]) / p[1]) - lo) / (hi - lo);
}

/** Breit-Wigner in m^2, user as above. */
static inline double breit_wigner_s_cdf(double m, const void *user)
{
    const double *p = user;
    double w = p[0] * p[1], s0 = p[0] * p[0], lo = atan((p[2] * p[2] - s0) / w), hi = atan((p[3] * p[3] - s0) / w);
    return (atan((m * m - s0) / w) - lo) / (hi - lo);
}

/** A distribution function from a table of a density on an even grid: trapezoids, linear in between. */
typedef struct table_cdf {
    double lo, step;
    int points;
    double *sum; /* sum[0] = 0 .. sum[points-1] = total */
} table_cdf;

static inline table_cdf make_table(double lo, double hi, int points, distribution_fn density, const void *user)
{
    table_cdf table = {lo, (hi - lo) / (points - 1), points, calloc((size_t)points, sizeof(double))};
    double before = density(lo, user);
    for (int i = 1; i < points; i++) {
        double here = density(lo + i * table.step, user), middle = density(lo + (i - 0.5) * table.step, user);
        table.sum[i] = table.sum[i - 1] + table.step * (before + 4 * middle + here) / 6;
        before = here;
    }
    return table;
}

static inline double table_total(const table_cdf *table)
{
    return table->sum[table->points - 1];
}

static inline double table_value(double x, const void *user)
{
    const table_cdf *table = user;
    double at = (x - table->lo) / table->step;
    int i = at <= 0 ? 0 : at >= table->points - 1 ? table->points - 2 : (int)at;
    double part = fmin(1, fmax(0, at - i));
    return (table->sum[i] + part * (table->sum[i + 1] - table->sum[i])) / table_total(table);
}

static inline double vector_mass(const double *v)
{
    return sqrt(fmax(0, v[0] * v[0] - v[1] * v[1] - v[2] * v[2] - v[3] * v[3]));
}

/** |E - sqrt(m^2 + p^2)| / E */
static inline double off_shell(const double *v, double m)
{
    return fabs(v[0] - sqrt(m * m + v[1] * v[1] + v[2] * v[2] + v[3] * v[3])) / v[0];
}

#endif
