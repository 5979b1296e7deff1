/* test_start.c -- train.start: a generator that starts as the decoder of a conditional VAE is that decoder, what does not fit is refused;
 * a generator with widths starts at the rows. */
#include "testing.h"

#include "base/normal.h"
#include "small_model.h"
#include "train/trainer.h"

#define CONDITION "data.condition=d decoder.calibrate=off "
#define VAE "model.family=vae loss.noise=event " CONDITION
#define GAN "model.family=fcgan generator.noise=event generator.layers=2 generator.units=16 generator.activation=silu " CONDITION

static gh_status open_trainer(const char *settings, const char *start, genhep_trainer **trainer)
{
    genhep_options *options = small_options(settings);
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_model *model;
    if (start) ck_ok(genhep_options_set(options, "train.start", start));
    ck_ok(genhep_model_create(options, tables, 1, &model));
    const gh_status status = genhep_trainer_create(model, tables, 1, NULL, trainer);
    genhep_model_free(model);
    genhep_dataset_free(data);
    genhep_options_free(options);
    return status;
}

static void draw(const genhep_model *model, int64_t n, float *events)
{
    genhep_sampler *sampler;
    double conditions[64];
    ck_assert(n <= 64);
    for (int64_t i = 0; i < n; i++) conditions[i] = 0.5 + 0.02 * (double)i;
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_float(sampler, n, conditions, 1, events, SMALL_COLUMNS, n * SMALL_COLUMNS));
    genhep_sampler_free(sampler);
}

START_TEST(a_generator_starts_as_a_decoder)
{
    genhep_model *vae = small_model(VAE), *model;
    const char *path = gh_test_path("vae.h5");
    genhep_trainer *trainer;
    ck_ok(genhep_model_save(vae, path));
    ck_ok(open_trainer(GAN, path, &trainer));
    const gh_network *from = &vae->decoder, *to = &trainer->model->decoder;
    ck_assert_int_eq(to->n_layers, from->n_layers);
    for (int64_t k = 0; k < to->n_layers; k++) {
        const gh_layer *a = &to->layer[k], *b = &from->layer[k];
        const gh_real *started = trainer->model->parameters, *trained = vae->parameters;
        ck_assert(memcmp(started + a->weights, trained + b->weights, (size_t)(a->inputs * a->outputs) * sizeof(gh_real)) == 0);
        ck_assert(memcmp(started + a->bias, trained + b->bias, (size_t)a->outputs * sizeof(gh_real)) == 0);
    }
    ck_ok(genhep_trainer_model(trainer, GENHEP_AVERAGE, &model)); /* average and best start there too */
    ck_assert(memcmp(model->parameters, trainer->model->parameters, (size_t)model->n_parameters * sizeof(gh_real)) == 0);
    ck_assert(memcmp(trainer->best, trainer->model->parameters, (size_t)model->n_parameters * sizeof(gh_real)) == 0);
    float a[50 * SMALL_COLUMNS], b[50 * SMALL_COLUMNS];
    draw(vae, 50, a);
    draw(model, 50, b);
    for (int i = 0; i < 50 * SMALL_COLUMNS; i++)
        ck_assert_msg(fabsf(a[i] - b[i]) <= 1e-5f * (1 + fabsf(a[i])), "number %d: %g and %g", i, (double)a[i], (double)b[i]);
    genhep_model_free(model);
    genhep_trainer_free(trainer);
    genhep_model_free(vae);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    static const struct { const char *settings, *part; } wrong[] = {
        {GAN "generator.units=17", "decoder: layer 0"},
        {GAN "generator.layers=3", "4"},
        {GAN "generator.activation=leaky", "decoder: layer 0"},
        {GAN "latent.dim=4", "latents"},
        {GAN "generator.noise=none", "noise"},
        {GAN "data.condition=c", "coordinate"},
        {GAN "prep.reference=quantile prep.pairs=a:d", "prep.reference"},
        {"model.family=vae loss.noise=event encoder.units=17 " CONDITION, "encoder"},
        {"model.family=vae loss.noise=event", "coordinates"},
    };
    genhep_model *vae = small_model(VAE);
    genhep_trainer *trainer = NULL;
    const char *path = gh_test_path("other.h5");
    ck_ok(genhep_model_save(vae, path));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_fails(open_trainer(wrong[i].settings, path, &trainer), GENHEP_E_OPTION, wrong[i].part);
        ck_assert(trainer == NULL);
    }
    ck_fails(open_trainer(GAN, "/nonexistent/model.h5", &trainer), GENHEP_E_IO, "/nonexistent/model.h5");
    ck_ok(open_trainer(VAE, path, &trainer)); /* a VAE goes on */
    ck_assert(memcmp(trainer->model->parameters, vae->parameters, (size_t)vae->n_parameters * sizeof(gh_real)) == 0);
    genhep_trainer_free(trainer);
    genhep_model_free(vae);
}
END_TEST

/* Without a start: means and widths of the coordinates; behind a threshold mean and share above it. */
START_TEST(widths_start_at_the_rows)
{
    genhep_trainer *t;
    ck_ok(open_trainer(GAN "generator.output_gain=0 prep=suppress(d,1),standardise(b),standardise(c) data.condition=a", NULL, &t));
    const genhep_model *m = t->model;
    const gh_real *out = m->parameters + m->decoder.layer[m->decoder.n_layers - 1].bias;
    int censored = 0;
    for (int64_t j = 0; j < m->p; j++) {
        double sum = 0, squares = 0, above = 0;
        const double n = (double)t->data.n_train;
        for (int64_t i = 0; i < t->data.n_train; i++) {
            const double x = (double)t->data.rows[i * m->p + j];
            sum += x, squares += x * x, above += x > 0;
        }
        const double centre = (double)out[j], width = exp(4 * tanh((double)out[m->p + j] / 4)), a = centre / width;
        const double mean = sum / n, sd = sqrt(squares / n - mean * mean);
        if (gh_prep_is_censored(m->prep, j)) { /* the rows of training are a part of those it started from */
            censored++;
            ck_assert_msg(fabs(gh_normal_cdf(a) - above / n) < 0.02, "share above %g, expected %g", gh_normal_cdf(a), above / n);
            ck_assert_msg(fabs(centre * gh_normal_cdf(a) + width * gh_normal_pdf(a) - mean) < 0.05 * mean, "mean, expected %g", mean);
        } else {
            ck_assert_msg(fabs(centre - mean) < 0.05 * sd && fabs(width / sd - 1) < 0.05, "%s: %g +- %g, expected %g +- %g", gh_prep_name(m->prep, j),
                          centre, width, mean, sd);
        }
    }
    ck_assert_int_eq(censored, 1);
    genhep_trainer_free(t);
}
END_TEST

GH_TEST_MAIN("start weights", a_generator_starts_as_a_decoder, what_does_not_fit_is_refused, widths_start_at_the_rows)
