/* small_model.h -- a small trained model on correlated numbers, for tests of everything behind training. */
#ifndef GH_SMALL_MODEL_H
#define GH_SMALL_MODEL_H

#include "testing.h"

enum { SMALL_EVENTS = 3000, SMALL_COLUMNS = 4 };

/** Four correlated columns of different shapes. */
static inline genhep_dataset *small_data(int64_t n, int64_t seed)
{
    static const char *const names[SMALL_COLUMNS] = {"a", "b", "c", "d"}, *const units[SMALL_COLUMNS] = {"GeV", "", "rad", NULL};
    double *x = malloc((size_t)(n * SMALL_COLUMNS) * sizeof *x);
    genhep_dataset *data;
    ck_ok(genhep_random_normal(seed, 0, 0, n * SMALL_COLUMNS, x));
    for (int64_t i = 0; i < n; i++) {
        double *r = x + i * SMALL_COLUMNS;
        r[1] = 0.8 * r[0] + 0.6 * r[1];
        r[2] = 3 * tanh(r[2] + 0.5 * r[0]);
        r[3] = exp(0.4 * r[3]);
    }
    ck_ok(genhep_dataset_from_arrays(NULL, n, SMALL_COLUMNS, names, units, x, SMALL_COLUMNS, NULL, &data));
    ck_ok(genhep_dataset_set_attribute(data, "process", "small"));
    free(x);
    return data;
}

/** Options of the small model plus settings separated by blanks. */
static inline genhep_options *small_options(const char *settings)
{
    genhep_options *options;
    char copy[1024];
    snprintf(copy, sizeof copy,
             "latent.dim=3 encoder.layers=2 encoder.units=16 decoder.layers=2 decoder.units=16 train.steps=60 train.batch=300 "
             "train.figure_steps=20 train.figure_events=512 prep=quantile prep.knots=101 %s", settings);
    ck_ok(genhep_options_create(&options));
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        ck_ok(genhep_options_parse(options, word));
    return options;
}

static inline genhep_model *small_model(const char *settings)
{
    genhep_options *options = small_options(settings);
    genhep_dataset *data = small_data(SMALL_EVENTS, 1);
    const genhep_dataset *tables[1] = {data};
    genhep_model *model, *trained;
    genhep_trainer *trainer;
    ck_ok(genhep_model_create(options, tables, 1, &model));
    if (genhep_model_latents(model) > 0) {
        ck_ok(genhep_trainer_create(model, tables, 1, NULL, &trainer));
        ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
        ck_ok(genhep_trainer_model(trainer, GENHEP_BEST, &trained));
        genhep_trainer_free(trainer);
        genhep_model_free(model);
        model = trained;
    }
    genhep_dataset_free(data);
    genhep_options_free(options);
    return model;
}

#endif
