/* test_turning.c -- generator.turn: events turned by a uniform azimuth, all else unchanged. */
#include "testing.h"

#include "pair_model.h"
#include "train/trainer.h"

enum { DRAWN = 4000 };

static double *draw(const genhep_model *model)
{
    genhep_sampler *sampler;
    double *events = malloc(sizeof *events * DRAWN * PAIR_COLUMNS);
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, DRAWN, NULL, 0, events, PAIR_COLUMNS, DRAWN * PAIR_COLUMNS));
    genhep_sampler_free(sampler);
    return events;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Largest distance of the distribution of the azimuth of (px, py) from the uniform one, times sqrt n. */
static double from_uniform(const double *events)
{
    static double u[DRAWN];
    double worst = 0;
    for (int i = 0; i < DRAWN; i++) u[i] = atan2(events[i * PAIR_COLUMNS + 2], events[i * PAIR_COLUMNS + 1]) / 6.283185307179586 + 0.5;
    qsort(u, DRAWN, sizeof *u, by_size);
    for (int i = 0; i < DRAWN; i++) worst = fmax(worst, fmax(fabs(u[i] - i / (double)DRAWN), fabs(u[i] - (i + 1) / (double)DRAWN)));
    return worst * sqrt(DRAWN);
}

static void turned_copies(const double *a, const double *b)
{
    for (int i = 0; i < DRAWN; i++) {
        const double *p = a + i * PAIR_COLUMNS, *q = b + i * PAIR_COLUMNS;
        const double scale = 1e-5 * (p[0] * p[0] + p[4] * p[4]);
        for (int k = 0; k < 8; k += 4) {
            ck_assert(fabs(p[k] * p[k] - q[k] * q[k]) <= scale);
            ck_assert(fabs(p[k + 3] - q[k + 3]) <= 1e-5 * p[k]);
        }
        ck_assert(fabs(p[1] * p[5] + p[2] * p[6] - q[1] * q[5] - q[2] * q[6]) <= scale);
        ck_assert(fabs(p[1] * p[6] - p[2] * p[5] - q[1] * q[6] + q[2] * q[5]) <= scale);
    }
}

/* The start weights give azimuths that are far from flat: the bias is shifted to make sure. */
static genhep_model *lopsided(const genhep_dataset *data, const char *settings)
{
    genhep_model *model;
    ck_ok(pair_model(data, settings, &model));
    const gh_layer *out = &model->decoder.layer[model->decoder.n_layers - 1];
    model->parameters[out->bias] += 5;
    return model;
}

START_TEST(azimuths_are_flat)
{
    static const char *const kinds[] = {"latent.dim=4", "latent.noise=uniform latent.dim=3", "generator.skip=on latent.dim=6"};
    genhep_dataset *data = pair_events(1000, 1, 0);
    for (int k = 0; k < 3; k++) {
        char settings[200];
        snprintf(settings, sizeof settings, "%s generator.turn=on prep.balance=none", kinds[k]);
        genhep_model *plain = lopsided(data, kinds[k]), *turned = lopsided(data, settings);
        double *a = draw(plain), *b = draw(turned);
        ck_assert_msg(from_uniform(a) > 10, "%s: %g", kinds[k], from_uniform(a));
        ck_assert_msg(from_uniform(b) < 2, "%s: %g", kinds[k], from_uniform(b)); /* 2e-3 for a uniform azimuth */
        if (k != 1) turned_copies(a, b); /* uniform noise and azimuth come from one stream */
        free(a);
        free(b);
        genhep_model_free(plain);
        genhep_model_free(turned);
    }
    genhep_dataset_free(data);
}
END_TEST

START_TEST(balance_is_kept)
{
    genhep_dataset *data = pair_events(1000, 1, 1);
    genhep_model *model;
    ck_ok(pair_model(data, "generator.turn=on", &model));
    ck_assert_int_eq(model->p, 4);
    ck_assert_int_eq(model->turning.pairs, 1);
    double *events = draw(model);
    for (int i = 0; i < DRAWN; i++)
        for (int k = 1; k < 3; k++) ck_assert(events[i * PAIR_COLUMNS + k] == -events[i * PAIR_COLUMNS + 4 + k]);
    free(events);
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

static genhep_trainer *run(const genhep_dataset *data, const char *settings)
{
    const genhep_dataset *tables[1] = {data};
    genhep_options *options = pair_options(settings);
    genhep_model *model;
    genhep_trainer *trainer;
    ck_ok(genhep_model_create(options, tables, 1, &model));
    ck_ok(genhep_trainer_create(model, tables, 1, options, &trainer));
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    genhep_model_free(model);
    genhep_options_free(options);
    return trainer;
}

START_TEST(threads_change_no_bit)
{
    genhep_dataset *data = pair_events(1000, 1, 0);
    genhep_trainer *one = run(data, "generator.turn=on train.threads=1"), *three = run(data, "generator.turn=on train.threads=3");
    genhep_trainer *plain = run(data, "generator.turn=off");
    const size_t bytes = (size_t)one->model->n_parameters * sizeof(gh_real);
    ck_assert(memcmp(one->model->parameters, three->model->parameters, bytes) == 0);
    ck_assert(memcmp(one->model->parameters, plain->model->parameters, bytes) != 0);
    genhep_trainer_free(one);
    genhep_trainer_free(three);
    genhep_trainer_free(plain);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(what_does_not_turn)
{
    genhep_dataset *data = pair_events(1000, 1, 0);
    genhep_model *model;
    static const char *const bad[] = {"prep=momenta,standardise", "prep=momenta,scale(30),scale(2,*_px)", "prep=momenta,scale(30),scale(2,a_*)",
                                      "prep=ptetaphi,standardise", "generator.noise=event", "data.condition=b_*"};
    static const char *const named[] = {"'generator.turn'", "'generator.turn'", NULL, "'prep'", "generator.noise", "conditions"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char settings[200];
        snprintf(settings, sizeof settings, "generator.turn=on %s", bad[i]);
        if (named[i]) ck_fails(pair_model(data, settings, &model), GENHEP_E_OPTION, named[i]);
        else { /* a scale of its own for every particle is sound */
            ck_ok(pair_model(data, settings, &model));
            genhep_model_free(model);
        }
    }
    genhep_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("events turned about the beam", azimuths_are_flat, balance_is_kept, threads_change_no_bit, what_does_not_turn)
