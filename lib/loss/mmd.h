/* mmd.h -- maximum mean discrepancy of two weighted samples, with the gradient with respect to the second.
 *
 *   MMD^2 = sum_ij a_i a_j k(x_i,x_j) + sum_jl b_j b_l k(y_j,y_l) - 2 sum_ij a_i b_j k(x_i,y_j)
 *
 * x (n,d) the truth, y (m,d) the generated rows; a_i = u_i / sum u, b_j = v_j / sum v, event weights of either sign, or
 * 1/n and 1/m: the V-statistic, diagonal included, which is never negative but for rounding. Kernels are functions of
 * the distance r, as mixtures sum_w weight_w k_w(r):
 *   gaussian      exp(-r^2 / (2 width^2))
 *   breit_wigner  1 / (1 + 4 r^2 / width^2)         width = Gamma
 *   cauchy        1 / (1 + r^2 / width^2)
 * Gradient: dMMD^2/dy_j = 2 b_j [ sum_l b_l k'(y_j - y_l) - sum_i a_i k'(y_j - x_i) ].
 * Source: Gretton et al., JMLR 13 (2012) 723; Butter, Plehn, Winterhalder 1907.03764. Derivation:
 * docs/internals/ADVERSARIAL.md. */
#ifndef GH_MMD_H
#define GH_MMD_H

#include "base/real.h"
#include "base/status.h"

enum gh_mmd_shape { GH_MMD_GAUSSIAN = 0, GH_MMD_BREIT_WIGNER = 1, GH_MMD_CAUCHY = 2 };

/** By name: gaussian breit_wigner cauchy; -1 when unknown. */
int gh_mmd_shape_of(const char *name);

enum {
    GH_MMD_WIDTHS = 8,      /* of one mixture */
    GH_MMD_DIMENSIONS = 32, /* d */
    GH_MMD_ROWS = 256       /* rows of a block: splits between tasks are at multiples of it */
};

/** All shapes have k = F(c r^2) with c from the width. */
typedef struct gh_mmd_kernel {
    enum gh_mmd_shape shape;
    int64_t n_widths;
    gh_real factor[GH_MMD_WIDTHS]; /* c */
    gh_real weight[GH_MMD_WIDTHS];
} gh_mmd_kernel;

/** @param widths (n_widths) > 0, in units of x and y; weights (n_widths) >= 0 or NULL for ones.
 * @return GENHEP_OK or GENHEP_E_OPTION (no or too many widths, or one out of range) */
gh_status gh_mmd_kernel_make(gh_mmd_kernel *kernel, enum gh_mmd_shape shape, int64_t n_widths, const double *widths,
                             const double *weights);

/** Two samples; all memory is the caller's. Weights may be NULL for ones; their sums must not be zero. */
typedef struct gh_mmd_problem {
    gh_mmd_kernel kernel;
    int64_t dimensions;                   /* d */
    const gh_real *x, *y;                 /* (n,d), (m,d) */
    const gh_real *x_weights, *y_weights; /* (n), (m) or NULL */
    int64_t n, m;
    double scale; /* multiplies value and gradient */
} gh_mmd_problem;

/** @return GENHEP_OK, or GENHEP_E_ARG (an empty sample, weights that add up to zero or nothing finite) or
 * GENHEP_E_SHAPE (d out of 1..GH_MMD_DIMENSIONS) */
gh_status gh_mmd_check(const gh_mmd_problem *problem);

/** Value times scale; gY (m,d) += gradient times scale. With with_truth = 0 the x-x sum, which has no gradient and is a
 * third of the work, is left out of the value: it then is MMD^2 minus sum a_i a_j k(x_i,x_j), a negative number for
 * good agreement, of use for the gradient only. */
double gh_mmd(const gh_mmd_problem *problem, int with_truth, gh_real *gY);

/* The same in parts for tasks. Rows [first, first+count): first is a multiple of GH_MMD_ROWS, and so is count unless
 * the rows are the last. A row's result and a block's sum depend on the samples alone, so every split gives the same
 * bits. */

/** Number of blocks of n rows: the length of `sums` below. */
int64_t gh_mmd_blocks(int64_t n);

/** Rows of y against all of x and y: their gradient is added to gY (m,d), the whole sample's array, and the value's
 * parts are written to sums[first/GH_MMD_ROWS ...]. */
void gh_mmd_rows(const gh_mmd_problem *problem, int64_t first, int64_t count, gh_real *gY, double *sums);

/** Rows of x of the x-x sum; later rows have less to do. */
void gh_mmd_truth_rows(const gh_mmd_problem *problem, int64_t first, int64_t count, double *sums);

/** Both sets of sums in order; truth_sums NULL leaves the x-x sum out. @return the value times scale */
double gh_mmd_value(const gh_mmd_problem *problem, const double *sums, const double *truth_sums);

#endif
