/* test_steering.c -- components of the buffer, boxes and shifts of latents: closed forms, every latent inside its box,
 * frequencies inside, independence of splits and threads, and every wrong setting. */
#include "small_model.h"

#include <math.h>

#include "base/normal.h"
#include "model/buffer_density.h"
#include "model/bvae.h"
#include "model/steering.h"

enum { L = 3, N = 40000 };

static genhep_model *model;

static void train_model(void)
{
    model = small_model("train.steps=300 latent.alpha=1 latent.gamma=0.05");
}


/* N latents of a sampler with these settings. */
static void draw(const char *settings, gh_real *z)
{
    genhep_options *options;
    gh_steering *steering;
    gh_draw way;
    gh_real *normals = malloc(N * L * sizeof *normals);
    double *uniforms = malloc(N * sizeof *uniforms);
    char copy[256];
    ck_ok(genhep_options_create(&options));
    snprintf(copy, sizeof copy, "%s", settings);
    for (char *save = NULL, *word = strtok_r(copy, "/", &save); word; word = strtok_r(NULL, "/", &save))
        ck_ok(genhep_options_parse(options, word));
    ck_ok(gh_model_draw(model, options, &way));
    ck_ok(gh_steering_create(&model->hooks, model, options, way.prior, &steering));
    way.steering = steering;
    gh_rng rng = gh_rng_make(3, GH_RANDOM_SAMPLE, 0), picks = gh_rng_make(3, GH_RANDOM_INDEPENDENT, 0);
    gh_rng_normals(&rng, 0, N, L, normals, L);
    for (int64_t i = 0; i < N; i++) uniforms[i] = gh_rng_uniform(&picks, i, 0);
    gh_bvae_latents(model, &way, 0, N, normals, L, uniforms, 1, z);
    gh_steering_free(&model->hooks, steering);
    genhep_options_free(options);
    free(normals);
    free(uniforms);
}

static double score_of(const double *mean, const double *v, const gh_real *z)
{
    double sum = 0;
    for (int k = 0; k < L; k++) sum += v[k] * ((double)z[k] - mean[k]);
    return sum;
}

START_TEST(components_diagonalise)
{
    train_model();
    double mean[L], variances[L], V[L * L], sum = 0, trace = 0;
    const gh_buffer *b = &model->buffer;
    ck_ok(genhep_model_components(model, mean, variances, V));
    ck_ok(genhep_model_components(model, NULL, NULL, NULL));
    for (int a = 0; a < L; a++) {
        double centre = 0, square = 0, largest = 0;
        for (int64_t i = 0; i < b->n; i++) {
            const double s = score_of(mean, V + a * L, b->mu + i * L), d = (double)b->mu[i * L + a] - mean[a];
            centre += s / (double)b->n;
            square += s * s / (double)b->n;
            trace += d * d / (double)b->n;
        }
        ck_assert(fabs(centre) < 1e-12);
        ck_assert(fabs(square - variances[a]) < 1e-12 * (1 + variances[0]));
        if (a) ck_assert(variances[a] <= variances[a - 1]);
        sum += variances[a];
        for (int c = 0; c < L; c++) {
            double dot = 0;
            for (int k = 0; k < L; k++) dot += V[a * L + k] * V[c * L + k];
            ck_assert(fabs(dot - (a == c)) < 1e-12);
            if (fabs(V[a * L + c]) > fabs(largest)) largest = V[a * L + c];
        }
        ck_assert(largest > 0);
    }
    ck_assert(fabs(sum - trace) < 1e-11 * trace);
    genhep_model_free(model);
}
END_TEST

/* Every latent in the box; their mean is that of unrestricted latents that happen to lie there. */
START_TEST(box_holds)
{
    train_model();
    double mean[L], variances[L], V[L * L];
    gh_real *free_z = malloc(N * L * sizeof *free_z), *z = malloc(N * L * sizeof *z);
    ck_ok(genhep_model_components(model, mean, variances, V));
    const double low = -0.3 * sqrt(variances[0]), high = 0.9 * sqrt(variances[0]), top = 0.2 * sqrt(variances[2]);
    char box[128];
    snprintf(box, sizeof box, "latent.box=pc0: %.17g %.17g ;; pc2:-inf %.17g", low, high, top);
    draw("latent.gamma=0.05", free_z);
    draw(box, z);
    double centre = 0, square = 0, wanted = 0, n = 0;
    for (int64_t i = 0; i < N; i++) {
        const double s = score_of(mean, V, z + i * L), t = score_of(mean, V + 2 * L, z + i * L);
        ck_assert_msg(s >= low && s <= high && t <= top, "latent %lld has scores %g, %g", (long long)i, s, t);
        centre += s / N;
        square += s * s / N;
        const double u = score_of(mean, V, free_z + i * L);
        if (u < low || u > high || score_of(mean, V + 2 * L, free_z + i * L) > top) continue;
        wanted += u;
        n++;
    }
    ck_assert_msg(n > 5000, "%g of %d unrestricted latents in the box", n, N);
    const double error = sqrt((square - centre * centre) * (1.0 / N + 1 / n)), off = centre - wanted / n;
    ck_assert_msg(fabs(off) < 4 * error + 0.01 * (high - low), "mean score %g, expected %g +- %g", centre, wanted / n, error);
    draw("latent.box=z1: 0.1 0.12/latent.alpha=3/latent.pick=cycle", z); /* far narrower than the smudge */
    for (int64_t i = 0; i < N; i++) ck_assert(z[i * L + 1] >= (gh_real)0.1 && z[i * L + 1] <= (gh_real)0.12);
    free(free_z);
    free(z);
    genhep_model_free(model);
}
END_TEST

START_TEST(shift_moves_by_its_amount)
{
    train_model();
    double mean[L], V[L * L];
    gh_real *a = malloc(N * L * sizeof *a), *b = malloc(N * L * sizeof *b);
    ck_ok(genhep_model_components(model, mean, NULL, V));
    draw("latent.gamma=0.05", a);
    draw("latent.shift=pc1: 1.25; z0: -0.5", b);
    for (int64_t i = 0; i < N * L; i++)
        ck_assert(fabs((double)b[i] - (double)a[i] - 1.25 * V[L + i % L] + 0.5 * (i % L == 0)) < 1e-5);
    draw("latent.box=z2: -0.2 0.2/latent.shift=z2: 10", b);
    for (int64_t i = 0; i < N; i++) ck_assert(b[i * L + 2] >= 9.799 && b[i * L + 2] <= 10.201);
    draw("latent.source=prior/latent.shift=z2: 10", b);
    double mean2 = 0;
    for (int64_t i = 0; i < N; i++) mean2 += (double)b[i * L + 2] / N;
    ck_assert(fabs(mean2 - 10) < 0.03);
    free(a);
    free(b);
    genhep_model_free(model);
}
END_TEST

/* Weighted buffers keep their weights in the box. */
START_TEST(weights_are_kept)
{
    train_model();
    gh_buffer *b = &model->buffer;
    gh_real *z = malloc(N * L * sizeof *z);
    double sum = 0, heavy = 0, drawn = 0;
    b->cumulative = malloc((size_t)b->n * sizeof(double)); /* entries with z0 > 0 weigh five times as much */
    ck_assert(b->cumulative != NULL);
    for (int64_t i = 0; i < b->n; i++) {
        const int in = fabs((double)b->mu[i * L]) < 1.5;
        const double w = b->mu[i * L] > 0 ? 5 : 1;
        b->cumulative[i] = sum += w;
        if (in) heavy += b->mu[i * L] > 0 ? w : 0;
    }
    double inside = 0;
    for (int64_t i = 0; i < b->n; i++)
        if (fabs((double)b->mu[i * L]) < 1.5) inside += b->mu[i * L] > 0 ? 5 : 1;
    for (int64_t i = 0; i < b->n; i++) b->cumulative[i] /= sum;
    draw("latent.box=z0: -1.5 1.5/latent.alpha=0/latent.gamma=0", z);
    for (int64_t i = 0; i < N; i++) drawn += z[i * L] > 0;
    ck_assert_msg(fabs(drawn / N - heavy / inside) < 4 * sqrt(0.25 / N), "%g of the latents, expected %g", drawn / N, heavy / inside);
    free(b->cumulative);
    b->cumulative = NULL;
    free(z);
    genhep_model_free(model);
}
END_TEST

/* Against the sum written out; thinning; what has no density. */
START_TEST(buffer_has_a_density)
{
    enum { M = 40 };
    train_model();
    const gh_buffer *b = &model->buffer;
    gh_draw way = {.alpha = 0.7, .gamma = 0.1};
    gh_real *z = malloc(N * L * sizeof *z);
    double found[M], thinned[M], apart = 0;
    draw("latent.alpha=2", z);
    z[0] = 30; /* far from everything */
    ck_ok(gh_buffer_log_density(model, &way, b->n, M, z, found));
    ck_ok(gh_buffer_log_density(model, &way, b->n / 3, M, z, thinned));
    for (int i = 0; i < M; i++) {
        double most = -INFINITY, sum = 0;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t k = 0; k < b->n; k++) {
                double e = -0.5 * L * log(2 * M_PI) - log((double)b->n);
                for (int j = 0; j < L; j++) {
                    const double s = 0.7 * (double)b->sigma[k * L + j] + 0.1, t = ((double)z[i * L + j] - (double)b->mu[k * L + j]) / s;
                    e -= 0.5 * t * t + log(s);
                }
                if (pass) sum += exp(e - most);
                else most = fmax(most, e);
            }
        ck_assert_msg(fabs(found[i] - most - log(sum)) < 1e-5 * (1 + fabs(most)), "%g, expected %g", found[i], most + log(sum));
        if (i) apart += fabs(thinned[i] - found[i]) / (M - 1);
    }
    ck_assert(found[0] < -100);
    ck_assert_msg(apart > 0 && apart < 0.5, "a third of the entries is off by %g on average", apart);
    way.alpha = way.gamma = 0;
    ck_fails(gh_buffer_log_density(model, &way, 10, M, z, found), GENHEP_E_STATE, "width");
    free(z);
    genhep_model_free(model);
}
END_TEST

START_TEST(splits_and_threads)
{
    train_model();
    enum { D = SMALL_COLUMNS, M = 1500 };
    double *a = malloc(M * D * sizeof *a), *b = malloc(M * D * sizeof *b);
    for (int threads = 1; threads <= 2; threads++) {
        genhep_options *options;
        genhep_sampler *sampler;
        ck_ok(genhep_options_create(&options));
        ck_ok(genhep_options_set_text(options, "latent.box", "pc0: -0.5 1"));
        ck_ok(genhep_options_set_text(options, "latent.shift", "pc1: 0.5"));
        ck_ok(genhep_options_set_int(options, "sample.threads", threads));
        ck_ok(genhep_sampler_create(model, options, &sampler));
        double *out = threads == 1 ? a : b;
        int64_t cut = threads == 1 ? M : 411;
        ck_ok(genhep_sampler_draw_double(sampler, cut, NULL, 0, out, D, M * D));
        ck_ok(genhep_sampler_draw_double(sampler, M - cut, NULL, 0, out + cut * D, D, (M - cut) * D));
        genhep_sampler_free(sampler);
        genhep_options_free(options);
    }
    ck_assert_mem_eq(a, b, M * D * sizeof *a);
    free(a);
    free(b);
    genhep_model_free(model);
}
END_TEST

static void refused(const genhep_model *m, const char *key, const char *value, const char *source, genhep_status wanted, const char *part)
{
    genhep_options *options;
    genhep_sampler *sampler = (genhep_sampler *)&options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set_text(options, key, value));
    if (source) ck_ok(genhep_options_set_text(options, "latent.source", source));
    ck_fails(genhep_sampler_create(m, options, &sampler), wanted, part);
    ck_assert_ptr_null(sampler);
    genhep_options_free(options);
}

START_TEST(wrong_settings)
{
    train_model();
    static const char *const boxes[][2] = {{"pc0", "pcK: LOW HIGH"}, {"pc0: 1", "LOW HIGH"}, {"pc0: 1 2 3", "LOW HIGH"}, {"p0: 1 2", "LOW HIGH"},
        {"q: 1 2", "LOW HIGH"}, {"pc: 1 2", "LOW HIGH"}, {"z-1: 0 1", "LOW HIGH"}, {"pc3: 0 1", "0 to 2"}, {"z99999999999999999999: 0 1", "0 to 2"},
        {"pc0: 2 1", "rising"}, {"pc0: 1 1", "rising"}, {"pc0: nan 1", "LOW HIGH"}, {"pc0: 0 1; z1: 0 1", "one kind"}, {"z1: 0 1; z1: 0 1", "twice"},
        {"z0: 0 1; z1: 0 1; z2: 0 1; z0: 0 2", "more limits"}, {"z0: 1e6 2e6", "none of the buffer's"}};
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) refused(model, "latent.box", boxes[i][0], NULL, GENHEP_E_OPTION, boxes[i][1]);
    refused(model, "latent.box", "z0: 0 1", "prior", GENHEP_E_OPTION, "latent.source");
    refused(model, "latent.shift", "z0", NULL, GENHEP_E_OPTION, "AMOUNT");
    refused(model, "latent.shift", "z0: inf", NULL, GENHEP_E_OPTION, "infinite");
    refused(model, "latent.shift", "pc7: 1", NULL, GENHEP_E_OPTION, "0 to 2");
    genhep_model *plain = small_model("model.family=independent"), *prior = small_model("model.family=vae latent.source=prior");
    refused(plain, "latent.shift", "z0: 1", NULL, GENHEP_E_STATE, "independent");
    ck_assert_int_eq(genhep_model_components(plain, NULL, NULL, NULL), GENHEP_E_STATE);
    ck_assert_int_eq(genhep_model_components(NULL, NULL, NULL, NULL), GENHEP_E_ARG);
    if (!prior->buffer.n) refused(prior, "latent.shift", "pc0: 1", NULL, GENHEP_E_STATE, "buffer");
    genhep_model_free(plain);
    genhep_model_free(prior);
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("steering", components_diagonalise, box_holds, shift_moves_by_its_amount, weights_are_kept, buffer_has_a_density, splits_and_threads, wrong_settings)
