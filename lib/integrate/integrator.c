/* integrator.c -- points of an integral by chunks: drawn in parallel by blocks, the integrand called on the caller's thread. */
#include "integrate/integrator.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "integrate/numbers.h"

static gh_integration method_of(const genhep_options *options)
{
    return gh_option_is(options, "integrate.method", "vegas") ? GH_INTEGRATE_VEGAS
           : gh_option_is(options, "integrate.method", "bvae") ? GH_INTEGRATE_BVAE
                                                               : GH_INTEGRATE_NONE;
}

/* What a proposal is trained with unless the caller says otherwise: small networks for few dimensions, weights that keep their
 * meaning (no calibration of marginals behind the decoder), the validation loss as figure, since points have weights. */
static gh_status apply_defaults(genhep_options *options)
{
    static const struct { const char *key, *value; } defaults[] = {
        {"encoder.units", "64"}, {"decoder.units", "64"}, {"decoder.calibrate", "off"}, {"train.figure", "loss"},
        {"train.steps", "4000"}, {"train.lr", "2e-3"},    {"loss.noise_start", "0.6"},  {"data.validation", "0.05"},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (!gh_option_is_set(options, defaults[i].key)) GH_TRY(genhep_options_set(options, defaults[i].key, defaults[i].value));
    return GENHEP_OK;
}

gh_status gh_integrator_create(int64_t dim, genhep_integrand_fn integrand, void *user, const genhep_options *options,
                               genhep_integrator **integrator)
{
    gh_status status;
    const gh_hooks hooks = gh_hooks_of(options);
    genhep_integrator *t;
    GH_TRY(gh_alloc(&hooks, &t, 1, sizeof *t));
    t->hooks = hooks;
    t->dim = dim;
    t->integrand = integrand;
    t->user = user;
    GH_TRY_CLEANUP(gh_options_merge(options, NULL, &t->options));
    GH_TRY_CLEANUP(apply_defaults(t->options));
    t->method = method_of(t->options);
    t->seed = gh_option_int(t->options, "seed");
    t->threads = gh_option_int(t->options, "sample.threads");
    GH_TRY_CLEANUP(gh_pool_create(&hooks, t->threads, &t->pool));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &t->u, GH_CHUNK * dim, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &t->density, GH_CHUNK, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &t->weights, GH_CHUNK, sizeof(double)));
    if (t->method == GH_INTEGRATE_VEGAS) GH_TRY_CLEANUP(gh_grid_create(&hooks, dim, gh_option_int(t->options, "vegas.bins"), &t->grid));
    *integrator = t;
cleanup:
    if (status) gh_integrator_free(t);
    return status;
}

void gh_integrator_forget(genhep_integrator *t)
{
    if (t->has_proposal) gh_proposal_free(&t->proposal);
    t->has_proposal = 0;
    gh_model_free(t->model);
    t->model = NULL;
}

void gh_integrator_free(genhep_integrator *t)
{
    if (!t) return;
    const gh_hooks hooks = t->hooks;
    gh_pool_free(t->pool);
    gh_integrator_forget(t);
    if (t->grid.edges) gh_grid_free(&t->grid);
    gh_free(&hooks, t->u);
    gh_free(&hooks, t->density);
    gh_free(&hooks, t->weights);
    genhep_options_free(t->options);
    gh_free(&hooks, t);
}

typedef struct chunk {
    genhep_integrator *t;
    int uniform;
    int64_t phase, first;
} chunk;

static void draw_block(void *context, int64_t index, int64_t worker)
{
    const chunk *c = context;
    genhep_integrator *t = c->t;
    const int64_t first = c->first + index * GH_BLOCK;
    double *u = t->u + index * GH_BLOCK * t->dim, *density = t->density + index * GH_BLOCK;
    const gh_rng rng = gh_integral_rng(t->seed, c->phase, GH_STREAM_POINTS);
    t->status[index] = GENHEP_OK;
    if (c->uniform || t->method == GH_INTEGRATE_NONE) {
        gh_grid_uniform(&rng, first, GH_BLOCK, t->dim, u);
        for (int64_t i = 0; i < GH_BLOCK; i++) density[i] = 1;
    } else if (t->method == GH_INTEGRATE_VEGAS) {
        gh_grid_draw(&t->grid, &rng, first, GH_BLOCK, u, density);
    } else {
        t->status[index] = gh_proposal_block(&t->proposal, worker, t->seed, c->phase, first, u, density);
    }
}

gh_status gh_integrator_points(genhep_integrator *t, int uniform, int64_t phase, int64_t first, int64_t n)
{
    chunk c = {t, uniform, phase, first};
    const int64_t blocks = (n + GH_BLOCK - 1) / GH_BLOCK;
    gh_pool_run(t->pool, draw_block, &c, blocks);
    for (int64_t b = 0; b < blocks; b++)
        if (t->status[b])
            GH_FAIL(t->status[b], "point %lld and those behind it: a coordinate is not finite", (long long)(first + b * GH_BLOCK));
    for (int64_t i = 0; i < n; i++) t->weights[i] = NAN; /* an integrand that forgets a point is found out */
    const int32_t answer = t->integrand(t->user, n, t->dim, t->u, t->weights);
    if (answer)
        GH_FAIL(GENHEP_E_USER, "the integrand returned %d at points %lld to %lld", (int)answer, (long long)first, (long long)(first + n - 1));
    for (int64_t i = 0; i < n; i++) {
        const double f = t->weights[i];
        if (!isfinite(f))
            GH_FAIL(GENHEP_E_NUMERIC, "the integrand is %g at point %lld, where x_1 = %.17g", f, (long long)(first + i), t->u[i * t->dim]);
        t->weights[i] = f == 0 ? 0 : f / t->density[i];
        if (!isfinite(t->weights[i]))
            GH_FAIL(GENHEP_E_NUMERIC, "point %lld has the weight %g / %g", (long long)(first + i), f, t->density[i]);
    }
    return GENHEP_OK;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Adapted now, if it has not been. */
static gh_status make_ready(genhep_integrator *t)
{
    const int ready = t->method == GH_INTEGRATE_NONE || (t->method == GH_INTEGRATE_VEGAS ? t->training_points > 0 : t->has_proposal);
    return ready ? GENHEP_OK : gh_integrator_adapt(t, NULL, NULL);
}

/* Room for n more points behind t->next. */
static gh_status check_room(const genhep_integrator *t, int64_t n)
{
    if (n > INT64_MAX / 2 - t->next) GH_FAIL(GENHEP_E_ARG, "numbers of points end at 2^62");
    return GENHEP_OK;
}

static void go_on(genhep_integrator *t, int64_t n)
{
    t->next += (n + GH_BLOCK - 1) / GH_BLOCK * GH_BLOCK;
}

static void fill_result(const genhep_integrator *t, gh_tally *tally, double seconds, genhep_integral *result)
{
    genhep_integral now_known = {
        .points = tally->n,
        .integral = gh_tally_mean(tally),
        .error = gh_tally_error(tally),
        .chi2_ndf = gh_tally_chi2(tally),
        .efficiency = gh_tally_efficiency(tally),
        .efficiency_quantile = gh_tally_efficiency_quantile(tally),
        .ess = gh_tally_ess(tally),
        .accepted = tally->n ? (double)tally->nonzero / (double)tally->n : 0,
        .largest_weight = gh_tally_largest(tally),
        .training_points = t->training_points,
        .seconds_training = t->seconds_training,
        .seconds_sampling = seconds,
    };
    int64_t size = result->struct_size;
    if (size > (int64_t)sizeof now_known) size = (int64_t)sizeof now_known;
    now_known.struct_size = result->struct_size;
    if (size > 0) memcpy(result, &now_known, (size_t)size);
}

gh_status gh_integrator_run(genhep_integrator *t, int64_t n, genhep_integral *result)
{
    gh_status status;
    gh_tally tally;
    GH_TRY(make_ready(t));
    GH_TRY(check_room(t, n));
    GH_TRY(gh_tally_create(&t->hooks, n, &tally));
    const double start = now();
    for (int64_t done = 0; done < n; done += GH_CHUNK) {
        const int64_t rows = n - done < GH_CHUNK ? n - done : GH_CHUNK;
        GH_TRY_CLEANUP(gh_integrator_points(t, 0, 0, t->next + done, rows));
        GH_TRY_CLEANUP(gh_tally_add(&tally, rows, t->weights));
    }
    go_on(t, n);
    t->largest = fmax(t->largest, gh_tally_largest(&tally));
    fill_result(t, &tally, now() - start, result);
    status = GENHEP_OK;
cleanup:
    gh_tally_free(&tally);
    return status;
}

gh_status gh_integrator_draw(genhep_integrator *t, int64_t n, double *points, int64_t stride, double *weights)
{
    GH_TRY(make_ready(t));
    GH_TRY(check_room(t, n));
    for (int64_t done = 0; done < n; done += GH_CHUNK) {
        const int64_t rows = n - done < GH_CHUNK ? n - done : GH_CHUNK;
        GH_TRY(gh_integrator_points(t, 0, 0, t->next + done, rows));
        for (int64_t i = 0; i < rows; i++) {
            memcpy(points + (done + i) * stride, t->u + i * t->dim, (size_t)t->dim * sizeof *points);
            weights[done + i] = t->weights[i];
        }
    }
    go_on(t, n);
    return GENHEP_OK;
}

gh_status gh_integrator_unweight(genhep_integrator *t, int64_t n, double *points, int64_t stride, double *weights)
{
    const gh_rng keep = gh_integral_rng(t->seed, 0, GH_STREAM_KEEP);
    const int64_t most = 1000000;
    int64_t done = 0, next = t->next, barren = 0;
    if (!(t->largest > 0)) GH_FAIL(GENHEP_E_STATE, "no run has found a weight yet: genhep_integrator_run comes before unweighting");
    while (done < n) {
        const int64_t before = done;
        if (next > INT64_MAX / 4) GH_FAIL(GENHEP_E_ARG, "numbers of points end at 2^62");
        GH_TRY(gh_integrator_points(t, 0, 0, next, GH_CHUNK));
        for (int64_t i = 0; i < GH_CHUNK && done < n; i++) {
            const double w = t->weights[i] / t->largest;
            if (!(fabs(w) > gh_rng_uniform(&keep, next + i, 0))) continue;
            memcpy(points + done * stride, t->u + i * t->dim, (size_t)t->dim * sizeof *points);
            weights[done++] = w < 0 ? fmin(w, -1) : fmax(w, 1);
        }
        next += GH_CHUNK;
        barren = done > before ? 0 : barren + GH_CHUNK;
        if (barren > most)
            GH_FAIL(GENHEP_E_NUMERIC, "none of the last %lld points was kept: the largest weight, %g, stands alone", (long long)barren, t->largest);
    }
    t->next = next;
    return GENHEP_OK;
}
