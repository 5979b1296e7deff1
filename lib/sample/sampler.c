/* sampler.c -- blocks of events, from the counter to the caller's buffer. Tests: tests/property/test_sampler.c. */
#include "sample/sampler.h"

#include <math.h>
#include <string.h>

#include "base/normal.h"
#include "model/conditions.h"
#include "model/steering.h"
#include "model/subgan.h"

static void free_work(const gh_hooks *hooks, gh_sample_work *w)
{
    gh_free_aligned(hooks, w->normals);
    gh_free_aligned(hooks, w->scratch);
    gh_free_aligned(hooks, w->uniforms);
    gh_free_aligned(hooks, w->prepared);
    gh_free_aligned(hooks, w->rows);
    gh_prep_work_free(w->prep);
    gh_free_aligned(hooks, w->given);
    gh_free_aligned(hooks, w->targets);
    gh_free_aligned(hooks, w->prepared_conditions);
    gh_free_aligned(hooks, w->conditions);
    gh_prep_work_free(w->condition_prep);
    gh_reference_work_free(w->reference);
    gh_free_aligned(hooks, w->raw);
    gh_free(hooks, w->classes);
    gh_free(hooks, w->accepted);
}

static gh_status create_work(const gh_hooks *hooks, const genhep_model *m, gh_sample_work *w)
{
    const int64_t uniforms = m->family->uniforms(m) + gh_prep_uniforms(m->prep);
    GH_TRY(gh_alloc_aligned(hooks, &w->normals, GH_BLOCK * m->family->normals(m), sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->scratch, m->family->scratch(m, GH_BLOCK), sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->uniforms, GH_BLOCK * uniforms, sizeof(double)));
    GH_TRY(gh_alloc_aligned(hooks, &w->prepared, GH_BLOCK * m->p, sizeof(double)));
    GH_TRY(gh_alloc_aligned(hooks, &w->rows, GH_BLOCK * m->schema->d, sizeof(double)));
    GH_TRY(gh_prep_work_create(hooks, m->prep, GH_BLOCK, &w->prep));
    if (m->family->labelled) {
        GH_TRY(gh_alloc_aligned(hooks, &w->raw, GH_BLOCK * m->p, sizeof(double)));
        GH_TRY(gh_alloc(hooks, &w->classes, GH_BLOCK, sizeof *w->classes));
        GH_TRY(gh_alloc(hooks, &w->accepted, GH_BLOCK, sizeof *w->accepted));
    }
    if (!m->n_conditions) return GENHEP_OK;
    GH_TRY(gh_alloc_aligned(hooks, &w->given, GH_BLOCK * m->n_conditions, sizeof(double)));
    GH_TRY(gh_alloc_aligned(hooks, &w->targets, GH_BLOCK * m->n_targets, sizeof(double)));
    GH_TRY(gh_alloc_aligned(hooks, &w->prepared_conditions, GH_BLOCK * m->q, sizeof(double)));
    GH_TRY(gh_alloc_aligned(hooks, &w->conditions, GH_BLOCK * m->q, sizeof(gh_real)));
    if (m->reference) GH_TRY(gh_reference_work_create(hooks, m->reference, GH_BLOCK, &w->reference));
    return gh_prep_work_create(hooks, m->condition_prep, GH_BLOCK, &w->condition_prep);
}

gh_status gh_sampler_create(const genhep_model *model, const genhep_options *options, genhep_sampler **result)
{
    gh_status status;
    gh_hooks hooks = options ? gh_hooks_of(options) : model->hooks;
    genhep_sampler *s;
    *result = NULL;
    GH_TRY(gh_alloc(&hooks, &s, 1, sizeof *s));
    s->hooks = hooks;
    s->model = model;
    s->group = model->family->group(model);
    const genhep_options *seeded = options && gh_option_is_set(options, "seed") ? options : model->options;
    int64_t seed = gh_option_int(seeded, "seed"), stream = gh_option_int(options, "sample.stream");
    s->normals = gh_rng_make(seed, GH_RANDOM_SAMPLE, stream);
    s->inverse = gh_rng_make(seed, GH_RANDOM_INVERSE, stream);
    s->picks = gh_rng_make(seed, GH_RANDOM_INDEPENDENT, stream);
    s->condition_seed = gh_condition_seed(seed, stream);
    s->threads = gh_option_int(options, "sample.threads");
    GH_TRY_CLEANUP(gh_model_draw(model, options, &s->draw));
    GH_TRY_CLEANUP(gh_steering_create(&hooks, model, options, s->draw.prior, &s->steering));
    s->draw.steering = s->steering;
    if (model->family->labelled) GH_TRY_CLEANUP(gh_subgan_check_draw(model, &s->draw));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &s->kept_weights, GH_BLOCK, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(&hooks, &s->kept, GH_BLOCK * model->schema->d, sizeof(double)));
    if (model->n_conditions) GH_TRY_CLEANUP(gh_alloc(&hooks, &s->kept_condition, model->n_conditions, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(&hooks, &s->work, s->threads, sizeof *s->work));
    for (int64_t i = 0; i < s->threads; i++) GH_TRY_CLEANUP(create_work(&hooks, model, &s->work[i]));
    GH_TRY_CLEANUP(gh_pool_create(&hooks, s->threads, &s->pool));
    *result = s;
cleanup:
    if (status) gh_sampler_free(s);
    return status;
}

void gh_sampler_free(genhep_sampler *s)
{
    if (!s) return;
    gh_hooks hooks = s->hooks;
    gh_pool_free(s->pool);
    for (int64_t i = 0; s->work && i < s->threads; i++) free_work(&hooks, &s->work[i]);
    gh_free(&hooks, s->work);
    gh_free_aligned(&hooks, s->kept);
    gh_steering_free(&hooks, s->steering);
    gh_free(&hooks, s->kept_condition);
    gh_free(&hooks, s->kept_weights);
    gh_free(&hooks, s);
}

/* Hosts' generators may return 0 or 1. */
static double host_uniform(genhep_sampler *s)
{
    const double u = s->uniform(s->uniform_user);
    return u < 0x1p-60 ? 0x1p-60 : u > 1 - 0x1p-53 ? 1 - 0x1p-53 : u;
}

/* Random numbers of n events: from the counter, or one after the other from the host. */
static void fill_random(genhep_sampler *s, gh_sample_work *w, int64_t first, int64_t n)
{
    const genhep_model *m = s->model;
    const int64_t W = m->family->normals(m), U = m->family->uniforms(m), V = gh_prep_uniforms(m->prep);
    double *family = w->uniforms, *inverse = w->uniforms + GH_BLOCK * U;
    if (!s->uniform) {
        gh_rng_normals(&s->normals, first, n, W, w->normals, W);
        for (int64_t i = 0; i < n * U; i++) family[i] = gh_rng_uniform(&s->picks, first + i / U, i % U);
        for (int64_t i = 0; i < n * V; i++) inverse[i] = gh_rng_uniform(&s->inverse, first + i / V, i % V);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < U; j++) family[i * U + j] = s->uniform(s->uniform_user);
        for (int64_t j = 0; j < V; j++) inverse[i * V + j] = s->uniform(s->uniform_user);
        for (int64_t j = 0; j < W; j++) w->normals[i * W + j] = (gh_real)gh_normal_quantile(host_uniform(s));
    }
}

/* Random numbers of the generator for n rows of a round; a host's come row by row. */
static void fill_round(genhep_sampler *s, gh_sample_work *w, int64_t item, int64_t n)
{
    const genhep_model *m = s->model;
    const int64_t W = m->family->normals(m), U = m->family->uniforms(m);
    if (!s->uniform) {
        gh_rng_normals(&s->normals, item, n, W, w->normals, W);
        for (int64_t i = 0; i < n * U; i++) w->uniforms[i] = gh_rng_uniform(&s->picks, item + i / U, i % U);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < U; j++) w->uniforms[i * U + j] = s->uniform(s->uniform_user);
        for (int64_t j = 0; j < W; j++) w->normals[i * W + j] = (gh_real)gh_normal_quantile(host_uniform(s));
    }
}

/* n events of the wanted classes from `first` on into w->prepared, in rounds of as many rows. A block that is not full after
 * GH_MOST_ROUNDS, which a share of 1e-3 makes impossible, ends as an event that is not finite. */
static void generate_labelled(genhep_sampler *s, gh_sample_work *w, int64_t first, int64_t n)
{
    const genhep_model *m = s->model;
    const int64_t P = m->p, U = m->family->uniforms(m), V = gh_prep_uniforms(m->prep);
    double *inverse = w->uniforms + GH_BLOCK * U;
    int64_t count = 0;
    for (int64_t round = 0; count < n && round < GH_MOST_ROUNDS; round++) {
        const int64_t rows = s->uniform ? n - count : n; /* with its own counters a block's rounds are whole */
        fill_round(s, w, first + (round << GH_ROUND_SHIFT), rows);
        m->family->labelled(m, &s->draw, rows, w->normals, w->uniforms, w->scratch, w->raw, w->classes);
        for (int64_t i = 0; i < rows && count < n; i++) {
            if (!(s->draw.wanted >> w->classes[i] & 1)) continue;
            memcpy(w->prepared + count * P, w->raw + i * P, (size_t)P * sizeof(double));
            w->accepted[count++] = w->classes[i];
        }
    }
    for (; count < n; count++) {
        for (int64_t j = 0; j < P; j++) w->prepared[count * P + j] = NAN;
        w->accepted[count] = 0;
    }
    for (int64_t i = 0; i < n * V; i++)
        inverse[i] = s->uniform ? s->uniform(s->uniform_user) : gh_rng_uniform(&s->inverse, first + i / V, i % V);
}

/* The inverse preparation moves what is outside its domain to the edge, and a NaN with it: such a row must not look sound. */
static void mark_broken(const double *prepared, int64_t n, int64_t P, double *rows, int64_t D)
{
    for (int64_t i = 0; i < n; i++) {
        double bad = 0;
        for (int64_t j = 0; j < P; j++) bad += prepared[i * P + j] * 0.0;
        if (bad != 0) rows[i * D] = NAN;
    }
}

/* Conditions of the events first .. first+n-1, row i at rows + i*stride; an event outside takes those of the nearest. */
typedef struct given_rows {
    const double *rows;
    int64_t stride, first, n;
} given_rows;

/* Conditions of n events from `first` on, as they came and prepared. */
static gh_status prepare_conditions(genhep_sampler *s, gh_sample_work *w, int64_t first, int64_t n, const given_rows *given)
{
    const genhep_model *m = s->model;
    const int64_t C = m->n_conditions, Q = m->q;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = first + i - given->first;
        row = row < 0 ? 0 : row < given->n ? row : given->n - 1;
        memcpy(w->given + i * C, given->rows + row * given->stride, (size_t)C * sizeof(double));
    }
    GH_TRY(gh_prep_forward(m->condition_prep, w->condition_prep, n, w->given, C, s->condition_seed, first, w->prepared_conditions, Q,
                           NULL));
    for (int64_t i = 0; i < n * Q; i++) w->conditions[i] = (gh_real)w->prepared_conditions[i];
    return GENHEP_OK;
}

/* n events from `first` on into w->rows. Fails only when conditions cannot be prepared. */
static gh_status compute_rows(genhep_sampler *s, gh_sample_work *w, int64_t first, int64_t n, const given_rows *given, int is_float)
{
    const genhep_model *m = s->model;
    const int64_t U = m->family->uniforms(m), D = m->schema->d, C = m->n_conditions, T = m->n_targets;
    double *targets = C ? w->targets : w->rows;
    if (C) GH_TRY(prepare_conditions(s, w, first, n, given));
    if (m->family->labelled) {
        generate_labelled(s, w, first, n);
    } else {
        fill_random(s, w, first, n);
        m->family->generate(m, &s->draw, first, n, w->normals, w->uniforms, w->conditions, w->scratch, w->prepared);
    }
    if (m->reference)
        GH_TRY(gh_reference_inverse(m->reference, w->reference, n, w->given, C, s->condition_seed, first, w->prepared, m->p));
    gh_prep_inverse(m->prep, w->prep, n, w->prepared, m->p, w->uniforms + GH_BLOCK * U, is_float, targets, T);
    mark_broken(w->prepared, n, m->p, targets, T);
    if (C) gh_conditions_join(m, n, targets, w->given, w->rows, D);
    return GENHEP_OK;
}

static void fill_weights(const genhep_sampler *s, const gh_sample_work *w, int64_t n, double *weights)
{
    for (int64_t i = 0; i < n; i++) weights[i] = w->accepted ? s->draw.weight[w->accepted[i]] : 1;
}

static int copy_rows(const double *rows, int64_t n, int64_t D, int is_float, void *events, int64_t stride)
{
    double bad = 0;
    for (int64_t i = 0; i < n; i++) {
        const double *from = rows + i * D;
        if (is_float) {
            float *to = (float *)events + i * stride;
            for (int64_t j = 0; j < D; j++) {
                to[j] = (float)from[j];
                bad += to[j] * 0.0f; /* NaN as soon as one number is not finite, and no branch */
            }
        } else {
            double *to = (double *)events + i * stride;
            for (int64_t j = 0; j < D; j++) {
                to[j] = from[j];
                bad += from[j] * 0.0;
            }
        }
    }
    return bad == 0;
}

typedef struct block_task {
    genhep_sampler *sampler;
    int64_t first_block;
    const given_rows *given;
    char *events;
    int64_t stride;
    double *weights; /* or NULL */
    int is_float;
    int ok[256]; /* per worker; train.threads and sample.threads are at most 256 */
    int64_t bad_block[256]; /* per worker: the first whose conditions cannot be prepared, INT64_MAX for none */
} block_task;

static void draw_block(void *context, int64_t index, int64_t worker)
{
    block_task *c = context;
    gh_sample_work *w = &c->sampler->work[worker];
    const int64_t block = c->first_block + index;
    size_t size = c->is_float ? sizeof(float) : sizeof(double);
    if (compute_rows(c->sampler, w, block * GH_BLOCK, GH_BLOCK, c->given, c->is_float)) {
        if (block < c->bad_block[worker]) c->bad_block[worker] = block;
        return;
    }
    c->ok[worker] &= copy_rows(w->rows, GH_BLOCK, c->sampler->model->schema->d, c->is_float,
                               c->events + (size_t)(index * GH_BLOCK * c->stride) * size, c->stride);
    if (c->weights) fill_weights(c->sampler, w, GH_BLOCK, c->weights + index * GH_BLOCK);
}

static gh_status not_finite(const genhep_sampler *s)
{
    GH_FAIL(GENHEP_E_NUMERIC, "a generated event at or behind number %lld is not finite", (long long)s->next);
}

/* `blocks` whole blocks, on all threads. */
static gh_status draw_blocks(genhep_sampler *s, int64_t first_block, int64_t blocks, const given_rows *given, int is_float, char *events,
                             int64_t stride, double *weights, int *ok)
{
    block_task task = {.sampler = s, .first_block = first_block, .given = given, .events = events, .stride = stride,
                       .weights = weights, .is_float = is_float};
    int64_t bad = INT64_MAX;
    for (int64_t i = 0; i < s->threads; i++) task.ok[i] = 1, task.bad_block[i] = INT64_MAX;
    gh_pool_run(s->pool, draw_block, &task, blocks);
    for (int64_t i = 0; i < s->threads; i++) {
        *ok &= task.ok[i];
        if (task.bad_block[i] < bad) bad = task.bad_block[i];
    }
    /* once more on the caller's thread, where the message is looked for */
    return bad == INT64_MAX ? GENHEP_OK : compute_rows(s, &s->work[0], bad * GH_BLOCK, GH_BLOCK, given, is_float);
}

static void keep(genhep_sampler *s, int64_t first, int64_t n, int is_float)
{
    memcpy(s->kept, s->work[0].rows, (size_t)(n * s->model->schema->d) * sizeof(double));
    fill_weights(s, &s->work[0], n, s->kept_weights);
    s->kept_first = first;
    s->kept_n = n;
    s->kept_float = is_float;
}

static int is_kept(const genhep_sampler *s, int64_t event, int is_float)
{
    return event >= s->kept_first && event < s->kept_first + s->kept_n && s->kept_float == is_float;
}

/* The rows of events event .. event+n-1, which lie in one block, and what goes with them. */
static gh_status part_of_block(genhep_sampler *s, int64_t event, int64_t n, const given_rows *given, int is_float, const double **rows,
                               double *weights)
{
    const int64_t D = s->model->schema->d, C = s->model->n_conditions;
    if (!C) {
        int64_t first = event / GH_BLOCK * GH_BLOCK;
        if (!is_kept(s, event, is_float)) {
            GH_TRY(compute_rows(s, &s->work[0], first, GH_BLOCK, given, is_float));
            keep(s, first, GH_BLOCK, is_float);
        }
        *rows = s->kept + (event - first) * D;
        if (weights) memcpy(weights, s->kept_weights + (event - first), (size_t)n * sizeof *weights);
        return GENHEP_OK;
    }
    for (int64_t i = 0; weights && i < n; i++) weights[i] = 1; /* events for given conditions have no classes */
    const size_t bytes = (size_t)C * sizeof(double);
    if (given->n == 1 && is_kept(s, event, is_float) && memcmp(given->rows, s->kept_condition, bytes) == 0) {
        *rows = s->kept + (event - s->kept_first) * D;
        return GENHEP_OK;
    }
    int64_t first = event / s->group * s->group, end = (event + n + s->group - 1) / s->group * s->group;
    GH_TRY(compute_rows(s, &s->work[0], first, end - first, given, is_float));
    if (given->n == 1) {
        keep(s, first, end - first, is_float);
        memcpy(s->kept_condition, given->rows, bytes);
    }
    *rows = s->work[0].rows + (event - first) * D;
    return GENHEP_OK;
}

static gh_status draw_from_host(genhep_sampler *s, int64_t n, const given_rows *given, int is_float, char *events, int64_t stride,
                                double *weights)
{
    const int64_t D = s->model->schema->d;
    size_t size = is_float ? sizeof(float) : sizeof(double);
    for (int64_t done = 0; done < n;) {
        int64_t rows = n - done < GH_BLOCK ? n - done : GH_BLOCK;
        GH_TRY(compute_rows(s, &s->work[0], s->next + done, rows, given, is_float));
        if (!copy_rows(s->work[0].rows, rows, D, is_float, events + (size_t)(done * stride) * size, stride)) return not_finite(s);
        if (weights) fill_weights(s, &s->work[0], rows, weights + done);
        done += rows;
    }
    s->next += n;
    return GENHEP_OK;
}

static gh_status check_conditions(const genhep_sampler *s, const given_rows *given)
{
    const genhep_model *m = s->model;
    for (int64_t i = 0; i < given->n; i++) {
        const double *row = given->rows + i * given->stride;
        double bad = 0;
        for (int64_t j = 0; j < m->n_conditions; j++) bad += row[j] * 0.0;
        for (int64_t j = 0; bad != 0 && j < m->n_conditions; j++)
            if (!isfinite(row[j]))
                GH_FAIL(GENHEP_E_NUMERIC, "condition '%s' of event %lld is not finite", m->schema->names[m->conditions[j]],
                        (long long)(given->first + i));
    }
    return GENHEP_OK;
}

gh_status gh_sampler_draw(genhep_sampler *s, int64_t n, const double *cond, int64_t cond_stride, int is_float, void *events,
                          int64_t stride, double *weights)
{
    const int64_t D = s->model->schema->d;
    const given_rows given = {cond, cond_stride, s->next, n};
    size_t size = is_float ? sizeof(float) : sizeof(double);
    char *out = events;
    int64_t event = s->next, end = s->next + n;
    int ok = 1;
    if (s->model->n_conditions) GH_TRY(check_conditions(s, &given));
    if (s->model->family->labelled && s->next > ((int64_t)1 << GH_ROUND_SHIFT) - GH_BLOCK - n)
        GH_FAIL(GENHEP_E_ARG, "genhep_sampler_draw: numbers of events with classes end at 2^%d", GH_ROUND_SHIFT);
    if (s->uniform) return draw_from_host(s, n, &given, is_float, out, stride, weights);
    while (event < end) {
        int64_t whole = (end - event) / GH_BLOCK;
        char *at = out + (size_t)((event - s->next) * stride) * size;
        double *weight = weights ? weights + (event - s->next) : NULL;
        if (event % GH_BLOCK == 0 && whole > 0) {
            GH_TRY(draw_blocks(s, event / GH_BLOCK, whole, &given, is_float, at, stride, weight, &ok));
            event += whole * GH_BLOCK;
        } else {
            int64_t left = GH_BLOCK - event % GH_BLOCK, rows = end - event < left ? end - event : left;
            const double *from;
            GH_TRY(part_of_block(s, event, rows, &given, is_float, &from, weight));
            ok &= copy_rows(from, rows, D, is_float, at, stride);
            event += rows;
        }
    }
    if (!ok) return not_finite(s);
    s->next = end;
    return GENHEP_OK;
}
