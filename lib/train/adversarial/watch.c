/* watch.c -- is adversarial training still sound? Said in the log at every check: mode collapse, a discriminator that has
 * won; an error when the generator has diverged. */
#include <math.h>

#include "model/calibration.h"
#include "train/adversarial/adversary.h"

enum { ROWS = 4096 };
#define COLLAPSED 0.2  /* of the true spread */
#define DIVERGED 1e3
#define WON 0.05       /* of the loss at equilibrium, 2 log 2 */

enum { WARNED_COLLAPSE = 1, WARNED_WON = 2 };

static double spread(const gh_real *rows, int64_t n, int64_t P, int64_t j)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)rows[i * P + j];
    const double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) squares += ((double)rows[i * P + j] - mean) * ((double)rows[i * P + j] - mean);
    return sqrt(squares / (double)n);
}

static void warn_collapse(genhep_trainer *t, gh_adversary *a, int64_t worst, double ratio)
{
    if (ratio >= COLLAPSED) {
        a->warned &= ~(int64_t)WARNED_COLLAPSE;
        return;
    }
    if (a->warned & WARNED_COLLAPSE) return;
    a->warned |= WARNED_COLLAPSE;
    gh_log(&t->hooks, GENHEP_LOG_WARNING, "step %lld: mode collapse, the spread of generated '%s' is %.3g of the true one", (long long)t->state.step,
           gh_prep_name(t->model->prep, worst), ratio);
}

static void warn_won(genhep_trainer *t, gh_adversary *a)
{
    const double now = t->state.last_discriminator;
    if (a->rule.loss != GH_GAN_NONSATURATING && a->rule.loss != GH_GAN_MINIMAX) return;
    if (!(now < WON * 2 * log(2))) {
        a->warned &= ~(int64_t)WARNED_WON;
        return;
    }
    if (a->warned & WARNED_WON) return;
    a->warned |= WARNED_WON;
    gh_log(&t->hooks, GENHEP_LOG_WARNING, "step %lld: the discriminator has won, its loss is %.3g (1.386 at equilibrium); a larger "
           "loss.gradient_penalty or a smaller discriminator.lr may help", (long long)t->state.step, now);
}

gh_status gh_adversary_watch(genhep_trainer *t, const genhep_model *snapshot)
{
    gh_adversary *a = t->method_state;
    const int64_t P = t->model->p, n = t->data.n_validation < ROWS ? t->data.n_validation : ROWS;
    const gh_real *truth = t->data.rows + t->data.n_train * P;
    gh_real *rows;
    double worst = INFINITY, largest = 0;
    int64_t where = 0, which = 0;
    if (n < 100) return GENHEP_OK; /* too few to tell a spread */
    GH_TRY(gh_alloc(&t->hooks, &rows, ROWS * P, sizeof *rows));
    const gh_real *conditions = t->data.conditions ? t->data.conditions + t->data.n_train * t->model->q : NULL;
    gh_status status = gh_generate_rows(snapshot, t->seed, ROWS, conditions, t->data.n_validation, rows);
    for (int64_t j = 0; !status && j < P; j++) {
        const double expected = spread(truth, n, P, j), ratio = spread(rows, ROWS, P, j) / (expected > 0 ? expected : 1);
        if (expected > 0 && ratio < worst) worst = ratio, where = j;
        if (!(ratio <= largest)) largest = ratio, which = j;
    }
    gh_free(&t->hooks, rows);
    if (status) return status;
    if (!(largest < DIVERGED))
        GH_FAIL(GENHEP_E_NUMERIC, "training has diverged: the spread of generated '%s' is %.3g times the true one", gh_prep_name(t->model->prep, which),
                largest);
    warn_collapse(t, a, where, worst);
    warn_won(t, a);
    return GENHEP_OK;
}
