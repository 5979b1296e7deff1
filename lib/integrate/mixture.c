/* mixture.c -- the fixed mixture of latents: choosing, drawing, log density. Tests: tests/unit/test_integrate_parts.c. */
#include "integrate/mixture.h"

#include <math.h>
#include <string.h>

#include "integrate/numbers.h"
#include "model/bvae.h"
#include "prep/panel.h"

#define HALF_LOG_2PI 0.91893853320467274178

static gh_status allocate(const gh_hooks *hooks, int64_t n, int64_t L, gh_mixture *m)
{
    gh_status status;
    memset(m, 0, sizeof *m);
    m->hooks = *hooks;
    m->n = n;
    m->L = L;
    GH_TRY_CLEANUP(gh_alloc(hooks, &m->mu, n * L, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(hooks, &m->sigma, n * L, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &m->scaled, n * L, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &m->centre, n * L, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &m->constant, n, sizeof(double)));
cleanup:
    if (status) gh_mixture_free(m);
    return status;
}

void gh_mixture_free(gh_mixture *m)
{
    gh_free(&m->hooks, m->mu);
    gh_free(&m->hooks, m->sigma);
    gh_free_aligned(&m->hooks, m->scaled);
    gh_free_aligned(&m->hooks, m->centre);
    gh_free_aligned(&m->hooks, m->constant);
    m->mu = m->sigma = m->scaled = m->centre = m->constant = NULL;
}

/* Mean and deviation of the whole mixture of the first M components, in the place of the last. */
static void add_wide(gh_mixture *m, int64_t M, double factor)
{
    for (int64_t j = 0; j < m->L; j++) {
        double mean = 0, square = 0;
        for (int64_t i = 0; i < M; i++) mean += m->mu[i * m->L + j] / (double)M;
        for (int64_t i = 0; i < M; i++) {
            const double d = m->mu[i * m->L + j] - mean, s = m->sigma[i * m->L + j];
            square += (d * d + s * s) / (double)M;
        }
        m->mu[M * m->L + j] = mean;
        m->sigma[M * m->L + j] = factor * sqrt(square);
    }
}

gh_status gh_mixture_create(const gh_hooks *hooks, const genhep_model *model, const genhep_options *options, gh_mixture *m)
{
    const gh_buffer *buffer = &model->buffer;
    const int64_t L = model->latents, M = gh_option_int(options, "integrate.components");
    const double alpha = gh_option_real(options, "latent.alpha"), gamma = gh_option_real(options, "latent.gamma");
    const double wide = gh_option_real(options, "integrate.wide");
    const gh_rng rng = gh_integral_rng(gh_option_int(options, "seed"), 0, GH_STREAM_MIXTURE);
    if (buffer->n < 1) GH_FAIL(GENHEP_E_STATE, "the model has no information buffer to integrate with");
    GH_TRY(allocate(hooks, M + (wide > 0), L, m));
    m->wide = wide;
    for (int64_t i = 0; i < M; i++) {
        const int64_t entry = gh_pick_entry(buffer->n, buffer->cumulative, gh_rng_uniform(&rng, i, 0));
        for (int64_t j = 0; j < L; j++) {
            m->mu[i * L + j] = (double)buffer->mu[entry * L + j];
            m->sigma[i * L + j] = fmax(alpha * (double)buffer->sigma[entry * L + j] + gamma, 1e-6);
        }
    }
    if (wide > 0) add_wide(m, M, gh_option_real(options, "integrate.wide_sigma"));
    for (int64_t i = 0; i < m->n; i++) {
        m->constant[i] = i < M ? log((1 - wide) / (double)M) : log(wide);
        for (int64_t j = 0; j < L; j++) {
            const double s = m->sigma[i * L + j];
            m->constant[i] -= log(s) + HALF_LOG_2PI;
            m->scaled[j * m->n + i] = M_SQRT1_2 / s;
            m->centre[j * m->n + i] = M_SQRT1_2 * m->mu[i * L + j] / s;
        }
    }
    return GENHEP_OK;
}

void gh_mixture_draw(const gh_mixture *m, double u, const double *normals, double *z)
{
    const int64_t M = m->n - (m->wide > 0); /* the wide one is number M */
    int64_t component = M;
    if (!(u < m->wide)) {
        const int64_t at = (int64_t)((u - m->wide) / (1 - m->wide) * (double)M);
        component = at < M ? at : M - 1;
    }
    for (int64_t j = 0; j < m->L; j++) z[j] = m->mu[component * m->L + j] + m->sigma[component * m->L + j] * normals[j];
}

GH_CLONES
void gh_mixture_log_density(const gh_mixture *m, int64_t n, const double *z, double *restrict scratch, double *log_density)
{
    const int64_t M = m->n, L = m->L;
    for (int64_t r = 0; r < n; r++) {
        double largest = -INFINITY, sum = 0;
        memcpy(scratch, m->constant, (size_t)M * sizeof *scratch);
        for (int64_t j = 0; j < L; j++) {
            const double x = z[r * L + j], *scaled = m->scaled + j * M, *centre = m->centre + j * M;
#pragma omp simd
            for (int64_t i = 0; i < M; i++) {
                const double t = x * scaled[i] - centre[i];
                scratch[i] -= t * t;
            }
        }
#pragma omp simd reduction(max : largest)
        for (int64_t i = 0; i < M; i++) largest = scratch[i] > largest ? scratch[i] : largest;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < M; i++) sum += gh_panel_exp(scratch[i] - largest);
        log_density[r] = largest + log(sum > 1 ? sum : 1); /* the largest term alone is 1 */
    }
}
