/* mmd.c -- maximum mean discrepancy: kernel sums over all pairs of events, blocked and vectorised.
 *
 * Columns (the events that are summed over) are taken GH_MMD_ROWS at a time and transposed, so that all inner loops run
 * over columns in memory order; a tile of rows passes over each block while it is in cache. Kernels of a rational shape
 * take one division for two widths. Sums over a block are in gh_real, sums over blocks in double.
 * Tests: tests/grad/test_mmd.c, tests/unit/test_mmd_split.c. */
#include "loss/mmd.h"

#include <math.h>
#include <string.h>

#ifdef GH_REAL_DOUBLE
#define EXP exp
#else
#include "base/fastmath.h"
#define EXP gh_fast_exp
#endif

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = GH_MMD_ROWS, TILE = 32, LANES = 16 };

/* 1 + c r^2 is held below this, so that the product of two does not overflow; the kernel then is 1e-18, not less. */
#define LARGEST ((gh_real)1e18)
/* The Gaussian's exponent stops here, at 9e-27: sums of subnormal numbers are ten times slower. */
#define FARTHEST ((gh_real)60)

int gh_mmd_shape_of(const char *name)
{
    static const char *const names[] = {"gaussian", "breit_wigner", "cauchy"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(name, names[i]) == 0) return i;
    return -1;
}

gh_status gh_mmd_kernel_make(gh_mmd_kernel *kernel, enum gh_mmd_shape shape, int64_t n_widths, const double *widths,
                             const double *weights)
{
    if (n_widths < 1 || n_widths > GH_MMD_WIDTHS)
        GH_FAIL(GENHEP_E_OPTION, "MMD kernel: %lld widths, expected 1 to %d", (long long)n_widths, GH_MMD_WIDTHS);
    memset(kernel, 0, sizeof *kernel);
    kernel->shape = shape;
    kernel->n_widths = n_widths;
    for (int64_t k = 0; k < n_widths; k++) {
        double width = widths[k], weight = weights ? weights[k] : 1;
        if (!(width >= 1e-6 && width <= 1e6))
            GH_FAIL(GENHEP_E_OPTION, "MMD kernel: width %g, expected 1e-6 to 1e6", width);
        if (!(weight >= 0 && weight <= 1e6))
            GH_FAIL(GENHEP_E_OPTION, "MMD kernel: weight %g, expected 0 to 1e6", weight);
        double numerator = shape == GH_MMD_GAUSSIAN ? 0.5 : shape == GH_MMD_BREIT_WIGNER ? 4 : 1;
        kernel->factor[k] = (gh_real)(numerator / (width * width));
        kernel->weight[k] = (gh_real)weight;
    }
    return GENHEP_OK;
}

static double total_weight(const gh_real *weights, int64_t n)
{
    if (!weights) return (double)n;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)weights[i];
    return sum;
}

gh_status gh_mmd_check(const gh_mmd_problem *p)
{
    if (p->dimensions < 1 || p->dimensions > GH_MMD_DIMENSIONS)
        GH_FAIL(GENHEP_E_SHAPE, "MMD: %lld dimensions, expected 1 to %d", (long long)p->dimensions, GH_MMD_DIMENSIONS);
    if (p->n < 1 || p->m < 1)
        GH_FAIL(GENHEP_E_ARG, "MMD: samples of %lld and %lld events, expected at least 1", (long long)p->n,
                (long long)p->m);
    double u = total_weight(p->x_weights, p->n), v = total_weight(p->y_weights, p->m);
    if (!isfinite(u) || !isfinite(v) || u == 0 || v == 0)
        GH_FAIL(GENHEP_E_ARG, "MMD: event weights add up to %g and %g, expected finite sums that are not zero", u, v);
    return GENHEP_OK;
}

int64_t gh_mmd_blocks(int64_t n)
{
    return (n + BLOCK - 1) / BLOCK;
}

/* A block of columns: coordinates by dimension, weights over their total; filled up to whole vectors, weight zero. */
typedef struct columns {
    int64_t n;
    gh_real x[GH_MMD_DIMENSIONS * BLOCK];
    gh_real weight[BLOCK];
} columns;

INLINE void load_columns(columns *block, const gh_real *rows, const gh_real *weights, double total, int64_t first,
                         int64_t n_rows, int64_t d)
{
    const int64_t n = n_rows - first < BLOCK ? n_rows - first : BLOCK;
    block->n = (n + LANES - 1) / LANES * LANES;
    for (int64_t j = 0; j < block->n; j++) {
        const gh_real *row = rows + (first + (j < n ? j : n - 1)) * d;
        for (int64_t k = 0; k < d; k++) block->x[k * BLOCK + j] = row[k];
        block->weight[j] = j < n ? (gh_real)((weights ? (double)weights[first + j] : 1) / total) : 0;
    }
}

INLINE gh_real bounded(gh_real a)
{
    return a > LARGEST ? LARGEST : a; /* NaN stays */
}

/* K += sum_w v_w k_w and S += sum_w v_w c_w k_w^2 (rational) or sum_w v_w c_w k_w (Gaussian) for squared distances T:
 * the derivative of K by the row's coordinate y is 2 S (x - y) for all shapes. */
INLINE void mixture(const gh_mmd_kernel *kernel, const gh_real *T, int64_t n, gh_real *K, gh_real *S)
{
    for (int64_t w = 0; w < kernel->n_widths; w++) {
        const gh_real c = kernel->factor[w], v = kernel->weight[w], vc = v * c;
        if (kernel->shape == GH_MMD_GAUSSIAN) {
#pragma omp simd
            for (int64_t j = 0; j < n; j++) {
                gh_real argument = c * T[j], e = EXP(argument > FARTHEST ? -FARTHEST : -argument);
                K[j] += v * e;
                S[j] += vc * e;
            }
        } else if (w + 1 < kernel->n_widths) {
            const gh_real c2 = kernel->factor[w + 1], v2 = kernel->weight[w + 1], vc2 = v2 * c2;
#pragma omp simd
            for (int64_t j = 0; j < n; j++) {
                gh_real a = bounded(1 + c * T[j]), a2 = bounded(1 + c2 * T[j]), inverse = 1 / (a * a2);
                gh_real k = inverse * a2, k2 = inverse * a;
                K[j] += v * k + v2 * k2;
                S[j] += vc * k * k + vc2 * k2 * k2;
            }
            w++;
        } else {
#pragma omp simd
            for (int64_t j = 0; j < n; j++) {
                gh_real k = 1 / bounded(1 + c * T[j]);
                K[j] += v * k;
                S[j] += vc * k * k;
            }
        }
    }
}

/* The same for d = 1 and rational shapes in one pass, nothing kept: `pairs` pairs of widths, a constant where it is
 * called; an odd number of widths is filled up with weight zero (factor and weight are 0 there). */
INLINE double row_rational(const gh_mmd_kernel *kernel, const columns *block, gh_real y, int pairs, double factor,
                           double *slope)
{
    const gh_real *x = block->x, *weight = block->weight;
    gh_real sum = 0, g = 0;
#pragma omp simd reduction(+ : sum, g)
    for (int64_t j = 0; j < block->n; j++) {
        gh_real d = x[j] - y, t = d * d, K = 0, S = 0;
        for (int w = 0; w < 2 * pairs; w += 2) {
            const gh_real c = kernel->factor[w], c2 = kernel->factor[w + 1];
            const gh_real v = kernel->weight[w], v2 = kernel->weight[w + 1];
            gh_real a = bounded(1 + c * t), a2 = bounded(1 + c2 * t), inverse = 1 / (a * a2);
            gh_real k = inverse * a2, k2 = inverse * a;
            K += v * k + v2 * k2;
            S += v * c * k * k + v2 * c2 * k2 * k2;
        }
        sum += weight[j] * K;
        g += weight[j] * S * d;
    }
    if (slope) *slope += factor * 2 * (double)g;
    return (double)sum;
}

/* One row y (d) against a block: returns sum_j weight_j K_j, and slope[k] += factor * sum_j weight_j dK_j/dy_k. */
INLINE double row_against(const gh_mmd_kernel *kernel, const columns *block, const gh_real *y, int64_t d, double factor,
                          double *slope)
{
    if (d == 1 && kernel->shape != GH_MMD_GAUSSIAN) switch ((kernel->n_widths + 1) / 2) {
        case 1: return row_rational(kernel, block, *y, 1, factor, slope);
        case 2: return row_rational(kernel, block, *y, 2, factor, slope);
        case 3: return row_rational(kernel, block, *y, 3, factor, slope);
        default: return row_rational(kernel, block, *y, 4, factor, slope);
        }
    gh_real T[BLOCK] = {0}, K[BLOCK] = {0}, S[BLOCK] = {0}, sum = 0;
    const int64_t n = block->n;
    for (int64_t k = 0; k < d; k++) {
        const gh_real *x = block->x + k * BLOCK, at = y[k];
#pragma omp simd
        for (int64_t j = 0; j < n; j++) T[j] += (x[j] - at) * (x[j] - at);
    }
    mixture(kernel, T, n, K, S);
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < n; j++) sum += block->weight[j] * K[j];
    for (int64_t k = 0; slope && k < d; k++) {
        const gh_real *x = block->x + k * BLOCK, at = y[k];
        gh_real g = 0;
#pragma omp simd reduction(+ : g)
        for (int64_t j = 0; j < n; j++) g += block->weight[j] * S[j] * (x[j] - at);
        slope[k] += factor * 2 * (double)g;
    }
    return (double)sum;
}

static inline int64_t rows_of(int64_t start, int64_t size, int64_t end)
{
    return end - start < size ? end - start : size;
}

/* One block of rows of y against both samples. @return its part of the value */
GH_CLONES
static double generated_block(const gh_mmd_problem *p, double total_x, double total_y, int64_t first, int64_t end,
                              gh_real *gY)
{
    const int64_t d = p->dimensions;
    columns block;
    double sum = 0;
    for (int64_t start = first; start < end; start += TILE) {
        const int64_t rows = rows_of(start, TILE, end);
        double value[TILE] = {0}, slope[TILE * GH_MMD_DIMENSIONS] = {0};
        for (int64_t column = 0; column < p->n; column += BLOCK) {
            load_columns(&block, p->x, p->x_weights, total_x, column, p->n, d);
            for (int64_t i = 0; i < rows; i++)
                value[i] -= 2 * row_against(&p->kernel, &block, p->y + (start + i) * d, d, -1, slope + i * d);
        }
        for (int64_t column = 0; column < p->m; column += BLOCK) {
            load_columns(&block, p->y, p->y_weights, total_y, column, p->m, d);
            for (int64_t i = 0; i < rows; i++)
                value[i] += row_against(&p->kernel, &block, p->y + (start + i) * d, d, 1, slope + i * d);
        }
        for (int64_t i = 0; i < rows; i++) {
            const double b = (p->y_weights ? (double)p->y_weights[start + i] : 1) / total_y;
            sum += b * value[i];
            for (int64_t k = 0; k < d; k++) gY[(start + i) * d + k] += (gh_real)(2 * b * p->scale * slope[i * d + k]);
        }
    }
    return sum;
}

/* One block of rows of the x-x sum, which is symmetric: the row's own block counts once, later blocks twice. */
GH_CLONES
static double truth_block(const gh_mmd_problem *p, double total, int64_t first, int64_t end)
{
    const int64_t d = p->dimensions;
    columns block;
    double sum = 0;
    for (int64_t column = first; column < p->n; column += BLOCK) {
        load_columns(&block, p->x, p->x_weights, total, column, p->n, d);
        const double factor = (column == first ? 1 : 2) / total;
        for (int64_t i = first; i < end; i++)
            sum += factor * (p->x_weights ? (double)p->x_weights[i] : 1) *
                   row_against(&p->kernel, &block, p->x + i * d, d, 0, NULL);
    }
    return sum;
}

void gh_mmd_rows(const gh_mmd_problem *p, int64_t first, int64_t count, gh_real *gY, double *sums)
{
    const double u = total_weight(p->x_weights, p->n), v = total_weight(p->y_weights, p->m);
    for (int64_t start = first; start < first + count; start += BLOCK)
        sums[start / BLOCK] = generated_block(p, u, v, start, start + rows_of(start, BLOCK, first + count), gY);
}

void gh_mmd_truth_rows(const gh_mmd_problem *p, int64_t first, int64_t count, double *sums)
{
    const double u = total_weight(p->x_weights, p->n);
    for (int64_t start = first; start < first + count; start += BLOCK)
        sums[start / BLOCK] = truth_block(p, u, start, start + rows_of(start, BLOCK, first + count));
}

double gh_mmd_value(const gh_mmd_problem *p, const double *sums, const double *truth_sums)
{
    double value = 0;
    for (int64_t b = 0; b < gh_mmd_blocks(p->m); b++) value += sums[b];
    for (int64_t b = 0; truth_sums && b < gh_mmd_blocks(p->n); b++) value += truth_sums[b];
    return p->scale * value;
}

/* Adds in the order of gh_mmd_value, so that both give the same bits. */
double gh_mmd(const gh_mmd_problem *p, int with_truth, gh_real *gY)
{
    const double u = total_weight(p->x_weights, p->n), v = total_weight(p->y_weights, p->m);
    double value = 0;
    for (int64_t start = 0; start < p->m; start += BLOCK)
        value += generated_block(p, u, v, start, start + rows_of(start, BLOCK, p->m), gY);
    for (int64_t start = 0; with_truth && start < p->n; start += BLOCK)
        value += truth_block(p, u, start, start + rows_of(start, BLOCK, p->n));
    return p->scale * value;
}
