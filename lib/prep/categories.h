/* categories.h -- a table of categories and their places on the normal line; shared by 'category' and 'flags'.
 *   Category k of K, in ascending order of its values, owns the interval [c_k, c_{k+1}] of the unit interval with
 *   c_{k+1} - c_k = its share of the weight.
 *   Forward: z = Phi^-1(u), u uniform in the middle 99.8 % of it; the outer thousandth on either side stays empty, so
 *   storing z in float changes no category. Inverse: the category whose interval holds Phi(z).
 *   log-Jacobian: log share - log pdf(z): a model whose z is exactly normal gives each category its share. */
#ifndef GH_CATEGORIES_H
#define GH_CATEGORIES_H

#include "prep/stage.h"

#define GH_MOST_CATEGORIES 4096

typedef struct gh_categories {
    int64_t count, columns;
    const double *values; /* (count, columns), rows in ascending order */
    const double *shares; /* count, adding up to 1 */
    double *borders;      /* count - 1 normal numbers, owned */
    double *begins;       /* count: c_k, owned */
} gh_categories;

/** Count distinct rows of the listed coordinates and store "values" and "shares". `rows` holds (n, columns) row-major.
 */
gh_status gh_categories_fit(gh_stage *stage, const gh_fit *fit, int64_t columns, const double *rows);
gh_status gh_categories_build(gh_stage *stage, int64_t columns, gh_categories *categories);
void gh_categories_release(const gh_stage *stage, gh_categories *categories);

int64_t gh_category_of(const gh_categories *categories, const double *row); /* -1 when it was never seen */
double gh_category_normal(const gh_categories *categories, int64_t k, double uniform, double *log_jacobian);
int64_t gh_category_at(const gh_categories *categories, double z);

#endif
