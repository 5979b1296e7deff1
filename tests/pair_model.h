/* pair_model.h -- for tests: decays of a resonance into two light particles a, b, nearly at rest, and models of them. */
#ifndef GH_PAIR_MODEL_H
#define GH_PAIR_MODEL_H

#include "testing.h"

enum { PAIR_COLUMNS = 8 };

/** n events, columns E px py pz of a and b (0.1 GeV each). Opposite directions in space, |p| = 45 +- 1 GeV, so a mass of 90 +- 2; the pair
 * moves by 10 GeV in each direction unless `balanced`. The azimuth of a is near 0 unless `even`. */
static inline genhep_dataset *pair_events(int64_t n, int even, int balanced)
{
    static const char *const names[PAIR_COLUMNS] = {"a_E", "a_px", "a_py", "a_pz", "b_E", "b_px", "b_py", "b_pz"};
    double *rows = malloc((size_t)n * PAIR_COLUMNS * sizeof *rows), *x = malloc((size_t)n * 6 * sizeof *x);
    genhep_dataset *data;
    ck_ok(genhep_random_normal(5, 1, 0, n * 6, x));
    for (int64_t i = 0; i < n; i++) {
        const double *v = x + 6 * i, p = 45 + v[5], c = tanh(v[0]), s = sqrt(1 - c * c);
        const double phi = even ? 6.2831853 * erf(v[1] / 1.41421356) : 0.3 * v[1];
        double *r = rows + i * PAIR_COLUMNS;
        r[1] = p * s * cos(phi), r[2] = p * s * sin(phi), r[3] = p * c;
        for (int k = 0; k < 3; k++) {
            r[5 + k] = -r[1 + k];
            if (!balanced) r[1 + k] += 2 * v[2 + k], r[5 + k] += 2 * v[2 + k];
        }
        for (int k = 0; k < 8; k += 4) r[k] = sqrt(r[k + 1] * r[k + 1] + r[k + 2] * r[k + 2] + r[k + 3] * r[k + 3] + 0.01);
    }
    ck_ok(genhep_dataset_from_arrays(NULL, n, PAIR_COLUMNS, names, NULL, rows, PAIR_COLUMNS, NULL, &data));
    free(rows);
    free(x);
    return data;
}

/** Options of a small model in scaled momenta of fixed masses, and `settings` (key=value between blanks). */
static inline genhep_options *pair_options(const char *settings)
{
    genhep_options *options;
    char copy[700];
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", "momenta, scale(30)"));
    ck_ok(genhep_options_set(options, "data.masses", "a: 0.1, b: 0.1"));
    snprintf(copy, sizeof copy, "model.family=gan generator.layers=2 generator.units=16 discriminator.layers=2 discriminator.units=16 "
             "train.steps=40 train.batch=300 train.figure_steps=20 %s", settings);
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        ck_ok(genhep_options_parse(options, word));
    return options;
}

static inline genhep_status pair_model(const genhep_dataset *data, const char *settings, genhep_model **model)
{
    const genhep_dataset *tables[1] = {data};
    genhep_options *options = pair_options(settings);
    genhep_status status = genhep_model_create(options, tables, 1, model);
    genhep_options_free(options);
    return status;
}

#endif
