/* proposal.c -- points of the B-VAE's proposal with the estimate of their density. Everything that a weight is made of is
 * computed in double, sums over k by log-sum-exp; the networks themselves run in gh_real, the same for drawing and evaluating. */
#include "integrate/proposal.h"

#include <math.h>
#include <string.h>

#include "base/normal.h"
#include "integrate/grid.h"
#include "integrate/numbers.h"

#define HALF_LOG_2PI 0.91893853320467274178

static int64_t outputs_of(const genhep_model *model) { return model->decoder.spec.outputs; }

static void free_work(const gh_hooks *hooks, gh_proposal_work *w)
{
    gh_prep_work_free(w->prep);
    gh_free_aligned(hooks, w->uniforms);
    gh_free_aligned(hooks, w->input);
    memset(w, 0, sizeof *w);
}

static gh_status create_work(const gh_hooks *hooks, const genhep_model *model, const gh_mixture *mixture, gh_proposal_work *w)
{
    const int64_t B = GH_BLOCK, P = model->p, L = model->latents, H = 2 * L, Y = outputs_of(model), n = 2 + L + 2 * P;
    const int64_t encode = gh_network_scratch(&model->encoder, B), decode = gh_network_scratch(&model->decoder, B);
    const int64_t inputs = P > L ? P : L, outputs = H > Y ? H : Y, layers = encode > decode ? encode : decode;
    GH_TRY(gh_prep_work_create(hooks, model->prep, B, &w->prep));
    GH_TRY(gh_alloc_aligned(hooks, &w->uniforms, B * (n + 2 * P + 4 + 4 * L) + mixture->n, sizeof(double)));
    w->x = w->uniforms + B * n;        /* (B,P) prepared */
    w->y = w->x + B * P;               /* (B,P) in the plane */
    w->jacobian = w->y + B * P;        /* B: log |d prepared / du| */
    w->sum = w->jacobian + B;          /* (B,2): largest of log p(z) + log p(x|z) - log q(z|x), and the sum over it */
    w->z = w->sum + 2 * B;             /* (B,L) */
    w->eps = w->z + B * L;             /* (B,L): (z - mean) / sigma of the encoder */
    w->latents = w->eps + B * L;       /* (B,2L): the encoder's means and sigmas */
    w->prior = w->latents + B * 2 * L; /* B */
    w->components = w->prior + B;
    GH_TRY(gh_alloc_aligned(hooks, &w->input, B * (inputs + outputs + L) + layers, sizeof(gh_real)));
    w->output = w->input + B * inputs;
    w->noise = w->output + B * outputs;
    w->layers = w->noise + B * L;
    return GENHEP_OK;
}

/* Only linear maps: others clip what lies outside their training data, and a proposal has to reach all of the plane. */
static gh_status check_preparation(const genhep_model *model)
{
    static const char *const linear[] = {"standardise", "minmax", "maxabs", "identity"};
    const char *chain = gh_option_text(model->options, "prep");
    for (const char *word = chain; *word;) {
        const size_t length = strcspn(word, ", ");
        int known = 0;
        for (size_t k = 0; k < sizeof linear / sizeof *linear; k++) known |= strlen(linear[k]) == length && memcmp(word, linear[k], length) == 0;
        if (!known) GH_FAIL(GENHEP_E_OPTION, "option 'prep': found '%s', expected standardise, minmax, maxabs or identity for an integral", chain);
        word += length;
        word += strspn(word, ", ");
    }
    return GENHEP_OK;
}

gh_status gh_proposal_check(const genhep_model *model, int64_t dim)
{
    if (model->family != &gh_family_bvae || model->noise == GH_NOISE_NONE || model->deterministic || model->bce)
        GH_FAIL(GENHEP_E_STATE, "a model of family '%s' is no proposal, expected a B-VAE with decoder noise (loss.noise = global or event)",
                gh_option_text(model->options, "model.family"));
    if (model->q || model->p != dim || model->schema->d != dim)
        GH_FAIL(GENHEP_E_STATE, "the model has %lld columns, %lld coordinates and %lld conditions, expected %lld columns, as many "
                "coordinates, no conditions",
                (long long)model->schema->d, (long long)model->p, (long long)model->q, (long long)dim);
    return check_preparation(model);
}

gh_status gh_proposal_create(const gh_hooks *hooks, const genhep_model *model, const genhep_options *options, int64_t dim,
                             int64_t threads, gh_proposal *p)
{
    gh_status status;
    memset(p, 0, sizeof *p);
    p->hooks = *hooks;
    GH_TRY(gh_proposal_check(model, dim));
    p->model = model;
    p->box = gh_box_read(options);
    p->samples = gh_option_int(options, "integrate.samples");
    p->flat = gh_option_real(options, "integrate.flat");
    p->threads = threads;
    GH_TRY_CLEANUP(gh_mixture_create(hooks, model, options, &p->mixture));
    GH_TRY_CLEANUP(gh_alloc(hooks, &p->widen, dim, sizeof *p->widen));
    for (int64_t j = 0; j < dim; j++) p->widen[j] = gh_option_real(options, "integrate.noise");
    GH_TRY_CLEANUP(gh_alloc(hooks, &p->work, threads, sizeof *p->work));
    for (int64_t t = 0; t < threads; t++) GH_TRY_CLEANUP(create_work(hooks, model, &p->mixture, &p->work[t]));
cleanup:
    if (status) gh_proposal_free(p);
    return status;
}

void gh_proposal_free(gh_proposal *p)
{
    for (int64_t t = 0; p->work && t < p->threads; t++) free_work(&p->hooks, &p->work[t]);
    gh_free(&p->hooks, p->work);
    gh_free(&p->hooks, p->widen);
    gh_mixture_free(&p->mixture);
    memset(p, 0, sizeof *p);
}

static void to_real(const double *from, int64_t n, gh_real *to)
{
    for (int64_t i = 0; i < n; i++) to[i] = (gh_real)from[i];
}

/* Means of the decoder at z, left in w->output. */
static void decode(const gh_proposal *p, gh_proposal_work *w)
{
    const gh_network_way way = gh_network_plain_way();
    to_real(w->z, GH_BLOCK * p->model->latents, w->input);
    gh_network_infer(&p->model->decoder, p->model->parameters, &way, w->input, GH_BLOCK, w->layers, w->output);
}

/* log sigma of coordinate j of row i of the decoder's output. */
static inline double log_sigma(const gh_proposal *p, const gh_real *row, int64_t j)
{
    const genhep_model *m = p->model;
    return m->noise == GH_NOISE_GLOBAL ? (double)m->parameters[m->log_sigma + j] : 4 * tanh((double)row[m->p + j] / 4);
}

/* Latents of a block of the mixture. */
static void draw_latents(const gh_proposal *p, gh_proposal_work *w, const gh_rng *rng, int64_t first)
{
    const int64_t P = p->model->p, L = p->model->latents, width = 2 + L + 2 * P;
    gh_grid_uniform(rng, first, GH_BLOCK, width, w->uniforms);
    for (int64_t i = 0; i < GH_BLOCK; i++) {
        const double *r = w->uniforms + i * width;
        gh_normal_quantiles(r + 2, L, w->eps); /* free until the encoder has run */
        gh_mixture_draw(&p->mixture, r[1], w->eps, w->z + i * L);
    }
}

/* Which point comes from the box itself? Its number 0 decides. */
static int is_flat(const gh_proposal *p, const gh_proposal_work *w, int64_t width, int64_t i)
{
    return w->uniforms[i * width] < p->flat;
}

/* x, u and log |d prepared / du| of the block. */
static gh_status draw_points(const gh_proposal *p, gh_proposal_work *w, const gh_rng *rng, int64_t first, double *u)
{
    const int64_t P = p->model->p, L = p->model->latents, width = 2 + L + 2 * P, O = outputs_of(p->model);
    draw_latents(p, w, rng, first);
    decode(p, w);
    for (int64_t i = 0; i < GH_BLOCK; i++) {
        double *r = w->uniforms + i * width + 2 + L;
        gh_normal_quantiles(r, P, r);
        for (int64_t j = 0; j < P; j++)
            w->x[i * P + j] = (double)w->output[i * O + j] + p->widen[j] * exp(log_sigma(p, w->output + i * O, j)) * r[j];
    }
    gh_prep_inverse(p->model->prep, w->prep, GH_BLOCK, w->x, P, NULL, 0, w->y, P);
    for (int64_t i = 0; i < GH_BLOCK; i++)
        if (is_flat(p, w, width, i)) gh_box_to_plane(p->box, P, w->uniforms + i * width + 2 + L + P, w->y + i * P);
    /* once more forward, for the Jacobian and for the points of the box: x is then what belongs to y, rounding included */
    GH_TRY(gh_prep_forward(p->model->prep, w->prep, GH_BLOCK, w->y, P, 0, 0, w->x, P, w->jacobian));
    for (int64_t i = 0; i < GH_BLOCK; i++) w->jacobian[i] = -w->jacobian[i];
    gh_box_from_plane(p->box, GH_BLOCK, P, w->y, u, w->jacobian);
    for (int64_t i = 0; i < GH_BLOCK; i++) w->jacobian[i] = -w->jacobian[i]; /* log |dx/dy| - log |du/dy| */
    return GENHEP_OK;
}

static void encode(const gh_proposal *p, gh_proposal_work *w)
{
    const int64_t L = p->model->latents;
    const gh_network_way way = gh_network_plain_way();
    to_real(w->x, GH_BLOCK * p->model->p, w->input);
    gh_network_infer(&p->model->encoder, p->model->parameters, &way, w->input, GH_BLOCK, w->layers, w->output);
    for (int64_t i = 0; i < GH_BLOCK; i++)
        for (int64_t j = 0; j < L; j++) {
            w->latents[i * 2 * L + j] = (double)w->output[i * 2 * L + j];
            w->latents[i * 2 * L + L + j] = fmax(exp(0.5 * (double)w->output[i * 2 * L + L + j]), 1e-6);
        }
}

/* z_k and (z_k - mean)/sigma: drawn from the encoder, but for z_1 of a point that the decoder made. */
static void place_latents(const gh_proposal *p, gh_proposal_work *w, const gh_rng *rng, int64_t first, int64_t k)
{
    const int64_t L = p->model->latents, width = 2 + L + 2 * p->model->p;
    gh_rng_normals(rng, first, GH_BLOCK, L, w->noise, L);
    for (int64_t i = 0; i < GH_BLOCK; i++)
        for (int64_t j = 0; j < L; j++) {
            const double mean = w->latents[i * 2 * L + j], sigma = w->latents[i * 2 * L + L + j];
            double *z = &w->z[i * L + j], *eps = &w->eps[i * L + j];
            if (k == 0 && !is_flat(p, w, width, i)) *eps = (*z - mean) / sigma;
            else {
                *eps = (double)w->noise[i * L + j];
                *z = mean + sigma * *eps;
            }
        }
}

/* log p(z_k) + log p(x|z_k) - log q(z_k|x), taken up into the sum over k. */
static void add_terms(const gh_proposal *p, gh_proposal_work *w, int64_t k)
{
    const int64_t P = p->model->p, L = p->model->latents, O = outputs_of(p->model);
    decode(p, w);
    gh_mixture_log_density(&p->mixture, GH_BLOCK, w->z, w->components, w->prior);
    for (int64_t i = 0; i < GH_BLOCK; i++) {
        double t = w->prior[i], *largest = &w->sum[2 * i], *sum = largest + 1;
        for (int64_t j = 0; j < L; j++)
            t += 0.5 * w->eps[i * L + j] * w->eps[i * L + j] + log(w->latents[i * 2 * L + L + j]) + HALF_LOG_2PI;
        for (int64_t j = 0; j < P; j++) {
            const double s = log_sigma(p, w->output + i * O, j) + log(p->widen[j]);
            const double d = (w->x[i * P + j] - (double)w->output[i * O + j]) * exp(-s);
            t -= 0.5 * d * d + s + HALF_LOG_2PI;
        }
        if (k == 0) *largest = t, *sum = 1;
        else if (t > *largest) *sum = *sum * exp(*largest - t) + 1, *largest = t;
        else *sum += exp(t - *largest);
    }
}

void gh_proposal_widen(gh_proposal *p, int64_t seed, double factor, int64_t n, const double *x, const double *weights)
{
    enum { BLOCKS = 32 };
    const int64_t P = p->model->p, O = outputs_of(p->model);
    const double rows = BLOCKS * (double)GH_BLOCK;
    const gh_rng rng = gh_integral_rng(seed, GH_PHASES - 1, GH_STREAM_POINTS);
    gh_proposal_work *w = &p->work[0];
    double *sum = w->y; /* (P,3) of means, their squares, squares of the noise */
    memset(sum, 0, (size_t)(3 * P) * sizeof *sum);
    for (int64_t b = 0; factor > 0 && b < BLOCKS; b++) {
        draw_latents(p, w, &rng, b * GH_BLOCK);
        decode(p, w);
        for (int64_t i = 0; i < GH_BLOCK; i++)
            for (int64_t j = 0; j < P; j++) {
                const double y = (double)w->output[i * O + j], s = p->widen[j] * exp(log_sigma(p, w->output + i * O, j));
                sum[3 * j] += y / rows, sum[3 * j + 1] += y * y / rows, sum[3 * j + 2] += s * s / rows;
            }
    }
    for (int64_t j = 0; factor > 0 && j < P; j++) {
        const double mean = sum[3 * j], spread = fmax(0, sum[3 * j + 1] - mean * mean), noise = sum[3 * j + 2];
        double total = 0, wanted = 0;
        for (int64_t i = 0; i < n; i++) {
            const double d = x[i * P + j] - mean;
            total += weights[i], wanted += weights[i] * d * d;
        }
        wanted = factor * factor * (total > 0 ? wanted / total : 0) - spread;
        if (wanted > noise && noise > 0) p->widen[j] *= sqrt(wanted / noise);
    }
}

gh_status gh_proposal_block(const gh_proposal *p, int64_t worker, int64_t seed, int64_t phase, int64_t first,
                            double *u, double *density)
{
    gh_proposal_work *w = &p->work[worker];
    const gh_rng points = gh_integral_rng(seed, phase, GH_STREAM_POINTS);
    GH_TRY(draw_points(p, w, &points, first, u));
    encode(p, w);
    for (int64_t k = 0; k < p->samples; k++) {
        const gh_rng latents = gh_integral_rng(seed, phase, GH_STREAM_LATENTS + k);
        place_latents(p, w, &latents, first, k);
        add_terms(p, w, k);
    }
    for (int64_t i = 0; i < GH_BLOCK; i++) {
        const double marginal = exp(w->sum[2 * i] + log(w->sum[2 * i + 1] / (double)p->samples) + w->jacobian[i]);
        density[i] = p->flat + (1 - p->flat) * marginal;
    }
    return GENHEP_OK;
}
