/* total_term.h -- loss.total = 'layer*: energy': the mean of |sum of the columns - condition| over generated rows, in the units of the
 * columns, times loss.total.weight. CaloGAN (1712.10321) holds a shower to its requested energy this way. */
#ifndef GH_TOTAL_TERM_H
#define GH_TOTAL_TERM_H

#include "model/model.h"

typedef struct gh_total_term {
    gh_hooks hooks;
    double weight;           /* 0: no such term */
    int64_t n;
    int64_t *members;        /* n coordinates */
    gh_real *slope, *offset; /* n: column = slope x + offset; a censored coordinate at 0 is a column of 0 */
    int *censored;           /* n */
    double scale, shift;     /* condition = scale q + shift */
    int64_t condition;       /* which of Q */
} gh_total_term;

/** From the options; the columns and the condition have to be affine functions of one prepared number each of the same name, which is
 * found by probing. GENHEP_E_OPTION says which is not. Free with gh_total_term_free, also after a failure. */
gh_status gh_total_term_create(const genhep_model *model, const genhep_options *options, gh_total_term *term);
void gh_total_term_free(gh_total_term *term);

/** N rows X (N,P) at conditions (N,Q), row weights or NULL: gX (N,P) += the gradient. @return sum of weights |sum - condition| scale */
double gh_total_term_add(const gh_total_term *term, int64_t N, const gh_real *X, int64_t P, const gh_real *conditions, int64_t Q,
                         const gh_real *weights, double scale, gh_real *gX);

#endif
