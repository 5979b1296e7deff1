/* sampler.c -- blocks of events, from the counter to the caller's buffer. Tests: tests/property/test_sampler.c. */
#include "sample/sampler.h"

#include <math.h>
#include <string.h>

#include "base/normal.h"

static void free_work(const gh_hooks *hooks, gh_sample_work *w)
{
    gh_free_aligned(hooks, w->normals);
    gh_free_aligned(hooks, w->scratch);
    gh_free_aligned(hooks, w->uniforms);
    gh_free_aligned(hooks, w->prepared);
    gh_free_aligned(hooks, w->rows);
    gh_prep_work_free(w->prep);
}

static gh_status create_work(const gh_hooks *hooks, const genhep_model *m, gh_sample_work *w)
{
    const int64_t uniforms = m->family->uniforms(m) + gh_prep_uniforms(m->prep);
    GH_TRY(gh_alloc_aligned(hooks, &w->normals, GH_BLOCK * m->family->normals(m), sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->scratch, m->family->scratch(m, GH_BLOCK), sizeof(gh_real)));
    GH_TRY(gh_alloc_aligned(hooks, &w->uniforms, GH_BLOCK * uniforms, sizeof(double)));
    GH_TRY(gh_alloc_aligned(hooks, &w->prepared, GH_BLOCK * m->p, sizeof(double)));
    GH_TRY(gh_alloc_aligned(hooks, &w->rows, GH_BLOCK * m->schema->d, sizeof(double)));
    return gh_prep_work_create(hooks, m->prep, GH_BLOCK, &w->prep);
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
    s->kept_block = -1;
    const genhep_options *seeded = options && gh_option_is_set(options, "seed") ? options : model->options;
    int64_t seed = gh_option_int(seeded, "seed"), stream = gh_option_int(options, "sample.stream");
    s->normals = gh_rng_make(seed, GH_RANDOM_SAMPLE, stream);
    s->inverse = gh_rng_make(seed, GH_RANDOM_INVERSE, stream);
    s->picks = gh_rng_make(seed, GH_RANDOM_INDEPENDENT, stream);
    s->threads = gh_option_int(options, "sample.threads");
    GH_TRY_CLEANUP(gh_model_draw(model, options, &s->draw));
    GH_TRY_CLEANUP(gh_alloc_aligned(&hooks, &s->kept, GH_BLOCK * model->schema->d, sizeof(double)));
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
    gh_free(&hooks, s);
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
        for (int64_t j = 0; j < W; j++) {
            double u = s->uniform(s->uniform_user);
            u = u < 0x1p-60 ? 0x1p-60 : u > 1 - 0x1p-53 ? 1 - 0x1p-53 : u; /* hosts' generators may return 0 or 1 */
            w->normals[i * W + j] = (gh_real)gh_normal_quantile(u);
        }
    }
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

/* n events from `first` on into w->rows. */
static void compute_rows(genhep_sampler *s, gh_sample_work *w, int64_t first, int64_t n, int is_float)
{
    const genhep_model *m = s->model;
    const int64_t U = m->family->uniforms(m), D = m->schema->d;
    fill_random(s, w, first, n);
    m->family->generate(m, &s->draw, first, n, w->normals, w->uniforms, NULL, w->scratch, w->prepared);
    gh_prep_inverse(m->prep, w->prep, n, w->prepared, m->p, w->uniforms + GH_BLOCK * U, is_float, w->rows, D);
    mark_broken(w->prepared, n, m->p, w->rows, D);
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
    char *events;
    int64_t stride;
    int is_float;
    int ok[256]; /* per worker; train.threads and sample.threads are at most 256 */
} block_task;

static void draw_block(void *context, int64_t index, int64_t worker)
{
    block_task *c = context;
    gh_sample_work *w = &c->sampler->work[worker];
    size_t size = c->is_float ? sizeof(float) : sizeof(double);
    compute_rows(c->sampler, w, (c->first_block + index) * GH_BLOCK, GH_BLOCK, c->is_float);
    c->ok[worker] &= copy_rows(w->rows, GH_BLOCK, c->sampler->model->schema->d, c->is_float,
                               c->events + (size_t)(index * GH_BLOCK * c->stride) * size, c->stride);
}

/* The block with event `event`, computed unless it is the one kept. */
static const double *kept_rows(genhep_sampler *s, int64_t event, int is_float)
{
    int64_t block = event / GH_BLOCK;
    if (s->kept_block != block || s->kept_float != is_float) {
        compute_rows(s, &s->work[0], block * GH_BLOCK, GH_BLOCK, is_float);
        memcpy(s->kept, s->work[0].rows, (size_t)(GH_BLOCK * s->model->schema->d) * sizeof(double));
        s->kept_block = block;
        s->kept_float = is_float;
    }
    return s->kept + (event % GH_BLOCK) * s->model->schema->d;
}

static gh_status not_finite(const genhep_sampler *s)
{
    GH_FAIL(GENHEP_E_NUMERIC, "a generated event at or behind number %lld is not finite", (long long)s->next);
}

static gh_status draw_from_host(genhep_sampler *s, int64_t n, int is_float, char *events, int64_t stride)
{
    const int64_t D = s->model->schema->d;
    size_t size = is_float ? sizeof(float) : sizeof(double);
    for (int64_t done = 0; done < n;) {
        int64_t rows = n - done < GH_BLOCK ? n - done : GH_BLOCK;
        compute_rows(s, &s->work[0], s->next + done, rows, is_float);
        if (!copy_rows(s->work[0].rows, rows, D, is_float, events + (size_t)(done * stride) * size, stride)) return not_finite(s);
        done += rows;
    }
    s->next += n;
    return GENHEP_OK;
}

gh_status gh_sampler_draw(genhep_sampler *s, int64_t n, int is_float, void *events, int64_t stride)
{
    const int64_t D = s->model->schema->d;
    size_t size = is_float ? sizeof(float) : sizeof(double);
    char *out = events;
    int64_t event = s->next, end = s->next + n;
    int ok = 1;
    if (s->uniform) return draw_from_host(s, n, is_float, out, stride);
    while (event < end) {
        int64_t whole = (end - event) / GH_BLOCK;
        char *at = out + (size_t)((event - s->next) * stride) * size;
        if (event % GH_BLOCK == 0 && whole > 0) {
            block_task task = {.sampler = s, .first_block = event / GH_BLOCK, .events = at, .stride = stride, .is_float = is_float};
            for (int64_t i = 0; i < s->threads; i++) task.ok[i] = 1;
            gh_pool_run(s->pool, draw_block, &task, whole);
            for (int64_t i = 0; i < s->threads; i++) ok &= task.ok[i];
            event += whole * GH_BLOCK;
        } else {
            int64_t left = GH_BLOCK - event % GH_BLOCK, rows = end - event < left ? end - event : left;
            ok &= copy_rows(kept_rows(s, event, is_float), rows, D, is_float, at, stride);
            event += rows;
        }
    }
    if (!ok) return not_finite(s);
    s->next = end;
    return GENHEP_OK;
}
