/* watch.c -- is adversarial training still sound? Said in the log at every check: mode collapse, a discriminator that has
 * won; an error when the generator has diverged. */
#include <math.h>

#include "model/calibration.h"
#include "train/adversarial/adversary.h"
#include "train/adversarial/watch.h"

enum { FEWEST = 100 };
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

static void warn_collapse(const genhep_trainer *t, int64_t *warned, int64_t worst, double ratio)
{
    if (ratio >= COLLAPSED) {
        *warned &= ~(int64_t)WARNED_COLLAPSE;
        return;
    }
    if (*warned & WARNED_COLLAPSE) return;
    *warned |= WARNED_COLLAPSE;
    gh_log(&t->hooks, GENHEP_LOG_WARNING, "step %lld: mode collapse, the spread of generated '%s' is %.3g of the true one", (long long)t->state.step,
           gh_prep_name(t->model->prep, worst), ratio);
}

static void warn_won(const genhep_trainer *t, enum gh_gan_loss loss, int64_t *warned)
{
    const double now = t->state.last_discriminator;
    if (loss != GH_GAN_NONSATURATING && loss != GH_GAN_MINIMAX) return;
    if (!(now < WON * 2 * log(2))) {
        *warned &= ~(int64_t)WARNED_WON;
        return;
    }
    if (*warned & WARNED_WON) return;
    *warned |= WARNED_WON;
    gh_log(&t->hooks, GENHEP_LOG_WARNING, "step %lld: the discriminator has won, its loss is %.3g (1.386 at equilibrium); a larger "
           "loss.gradient_penalty or a smaller discriminator.lr may help", (long long)t->state.step, now);
}

gh_status gh_watch_rows(const genhep_trainer *t, enum gh_gan_loss loss, int64_t n_truth, const gh_real *truth, int64_t n,
                        const gh_real *rows, int64_t *warned)
{
    const int64_t P = t->model->p;
    double worst = INFINITY, largest = 0;
    int64_t where = 0, which = 0;
    if (n_truth < FEWEST || n < FEWEST) return GENHEP_OK; /* too few to tell a spread */
    for (int64_t j = 0; j < P; j++) {
        const double expected = spread(truth, n_truth, P, j), ratio = spread(rows, n, P, j) / (expected > 0 ? expected : 1);
        if (expected > 0 && ratio < worst) worst = ratio, where = j;
        if (!(ratio <= largest)) largest = ratio, which = j;
    }
    if (!(largest < DIVERGED))
        GH_FAIL(GENHEP_E_NUMERIC, "training has diverged: the spread of generated '%s' is %.3g times the true one", gh_prep_name(t->model->prep, which),
                largest);
    warn_collapse(t, warned, where, worst);
    warn_won(t, loss, warned);
    return GENHEP_OK;
}

gh_status gh_adversary_watch(genhep_trainer *t, const genhep_model *snapshot)
{
    gh_adversary *a = t->method_state;
    const int64_t P = t->model->p, n = t->data.n_validation < GH_WATCH_ROWS ? t->data.n_validation : GH_WATCH_ROWS;
    gh_real *rows;
    if (n < FEWEST) return GENHEP_OK;
    GH_TRY(gh_alloc(&t->hooks, &rows, GH_WATCH_ROWS * P, sizeof *rows));
    const gh_real *conditions = t->data.conditions ? t->data.conditions + t->data.n_train * t->model->q : NULL;
    gh_status status = gh_generate_rows(snapshot, t->seed, GH_WATCH_ROWS, conditions, t->data.n_validation, rows);
    if (!status) status = gh_watch_rows(t, a->rule.loss, n, t->data.rows + t->data.n_train * P, GH_WATCH_ROWS, rows, &a->warned);
    gh_free(&t->hooks, rows);
    return status;
}
