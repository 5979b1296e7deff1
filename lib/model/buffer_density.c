/* buffer_density.c -- the mixture of all buffer entries, in one pass over them per latent. Tests: tests/property/test_steering.c. */
#include "model/buffer_density.h"

#include <math.h>

#include "base/real.h"
#include "model/bvae.h"

/* Entries side by side: for latent j, mu and 1/(alpha sigma + gamma) of all of them. */
typedef struct mixture {
    int64_t entries, L;
    gh_real *mu, *inverse; /* (L, entries) */
    gh_real *level;        /* entries: log w - sum log s - L/2 log 2 pi */
} mixture;

static int64_t entry_at(const gh_buffer *buffer, int64_t k, int64_t entries)
{
    if (entries >= buffer->n) return k;
    return gh_pick_entry(buffer->n, buffer->cumulative, ((double)k + 0.5) / (double)entries);
}

static gh_status mixture_make(const genhep_model *model, const gh_draw *draw, int64_t entries, mixture *m)
{
    const gh_buffer *buffer = &model->buffer;
    const int64_t L = model->latents;
    const double alpha = model->deterministic ? 0 : draw->alpha;
    m->L = L;
    m->entries = entries < buffer->n ? entries : buffer->n;
    GH_TRY(gh_alloc_aligned(&model->hooks, &m->mu, L * m->entries, sizeof *m->mu));
    GH_TRY(gh_alloc_aligned(&model->hooks, &m->inverse, L * m->entries, sizeof *m->inverse));
    GH_TRY(gh_alloc_aligned(&model->hooks, &m->level, m->entries, sizeof *m->level));
    for (int64_t k = 0; k < m->entries; k++) {
        const int64_t i = entry_at(buffer, k, m->entries);
        double level = -0.5 * (double)L * log(2 * M_PI);
        if (m->entries < buffer->n || !buffer->cumulative) level -= log((double)m->entries);
        else level += log(buffer->cumulative[i] - (i ? buffer->cumulative[i - 1] : 0)); /* -inf: an entry without weight */
        for (int64_t j = 0; j < L; j++) {
            const double s = alpha * (double)buffer->sigma[i * L + j] + draw->gamma;
            if (!(s > 0))
                GH_FAIL(GENHEP_E_STATE, "entry %lld of the information buffer has no width in latent %lld: a density needs latent.alpha or "
                        "latent.gamma above 0", (long long)i, (long long)j);
            m->mu[j * m->entries + k] = buffer->mu[i * L + j];
            m->inverse[j * m->entries + k] = (gh_real)(1 / s);
            level -= log(s);
        }
        m->level[k] = (gh_real)level;
    }
    return GENHEP_OK;
}

/* Exponents of all entries at z, and the largest. */
GH_CLONES static gh_real exponents(const mixture *m, const gh_real *z, gh_real *exponent)
{
    gh_real most = -INFINITY;
    for (int64_t k = 0; k < m->entries; k++) exponent[k] = 0;
    for (int64_t j = 0; j < m->L; j++) {
        const gh_real *mu = m->mu + j * m->entries, *inverse = m->inverse + j * m->entries, at = z[j];
#pragma omp simd
        for (int64_t k = 0; k < m->entries; k++) {
            const gh_real t = (at - mu[k]) * inverse[k];
            exponent[k] += t * t;
        }
    }
    for (int64_t k = 0; k < m->entries; k++) {
        exponent[k] = m->level[k] - (gh_real)0.5 * exponent[k];
        most = exponent[k] > most ? exponent[k] : most;
    }
    return most;
}

gh_status gh_buffer_log_density(const genhep_model *model, const gh_draw *draw, int64_t entries, int64_t n, const gh_real *z,
                                double *log_density)
{
    gh_status status;
    mixture m = {0};
    gh_real *exponent = NULL;
    if (!model->buffer.n) GH_FAIL(GENHEP_E_STATE, "the model has no information buffer, whose density this is");
    GH_TRY_CLEANUP(mixture_make(model, draw, entries, &m));
    GH_TRY_CLEANUP(gh_alloc_aligned(&model->hooks, &exponent, m.entries, sizeof *exponent));
    for (int64_t i = 0; i < n; i++) {
        const gh_real most = exponents(&m, z + i * m.L, exponent);
        double sum = 0;
        for (int64_t k = 0; k < m.entries; k++)
            if (exponent[k] > most - 30) sum += exp((double)(exponent[k] - most)); /* the others are below 1e-13 of the largest */
        log_density[i] = (double)most + log(fmax(sum, 1)); /* the largest itself adds 1 */
    }
cleanup:
    gh_free_aligned(&model->hooks, m.mu);
    gh_free_aligned(&model->hooks, m.inverse);
    gh_free_aligned(&model->hooks, m.level);
    gh_free_aligned(&model->hooks, exponent);
    return status;
}
