/* subtraction_model.h -- two small samples in two columns, one inside the other, and one to add: for tests of subtraction. */
#ifndef GH_SUBTRACTION_MODEL_H
#define GH_SUBTRACTION_MODEL_H

#include "testing.h"

typedef struct subtraction_tables {
    genhep_dataset *table[3]; /* base, subtract, add: 10, 4 and 2 pb */
} subtraction_tables;

/* n events of a normal distribution at (x, 0), mixed with a share of others at (-1, 0.5). */
static inline genhep_dataset *subtraction_sample(int64_t n, int64_t seed, double x, double share, const char *sigma, int weighted)
{
    static const char *const names[2] = {"x", "y"};
    double *z = malloc((size_t)(6 * n) * sizeof *z), *rows = z + 3 * n, *weights = z + 5 * n;
    genhep_dataset *data;
    ck_ok(genhep_random_normal(seed, 0, 0, 3 * n, z));
    for (int64_t i = 0; i < n; i++) {
        const int other = (double)(i % 10) < 10 * share - 0.5;
        rows[2 * i] = (other ? -1 : x) + 0.5 * z[3 * i];
        rows[2 * i + 1] = (other ? 0.5 : 0) + 0.7 * z[3 * i + 1] + 0.2 * z[3 * i];
        weights[i] = i % 7 == 0 ? -0.5 : 1 + 0.1 * (double)(i % 3);
    }
    ck_ok(genhep_dataset_from_arrays(NULL, n, 2, names, NULL, rows, 2, weighted ? weights : NULL, &data));
    ck_ok(genhep_dataset_set_attribute(data, "sigma_pb", sigma));
    free(z);
    return data;
}

/** The base is 40 % of what is subtracted, at (-1, 0.5), and 60 % at (1, 0). */
static inline subtraction_tables subtraction_data(int64_t n, int weighted)
{
    subtraction_tables t = {{subtraction_sample(n, 1, 1, 0.4, "10", weighted), subtraction_sample(n - 17, 2, -1, 1, "4", weighted),
                             subtraction_sample(n / 3, 3, 3, 0, "2", 0)}};
    return t;
}

static inline void subtraction_free(subtraction_tables *t)
{
    for (int i = 0; i < 3; i++) genhep_dataset_free(t->table[i]);
}

/** Options of a small subtraction of two samples, "add=yes" in front of `settings` for three, plus settings by blanks. */
static inline genhep_options *subtraction_options(const char *settings)
{
    genhep_options *options;
    const int add = strncmp(settings, "add=yes", 7) == 0;
    char copy[1200];
    snprintf(copy, sizeof copy, "model.family=subgan generator.layers=2 generator.units=9 discriminator.layers=2 discriminator.units=8 train.batch=300 "
             "train.steps=40 train.figure_steps=10 train.figure_events=1024 %s", settings + (add ? 7 : 0));
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "classes", add ? "B-S: base ; S: base subtract ; A: add ; S only: subtract" : "B-S: base ; S: base subtract"));
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        ck_ok(genhep_options_parse(options, word));
    return options;
}

#endif
