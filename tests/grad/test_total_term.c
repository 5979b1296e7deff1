/* test_total_term.c -- loss.total against sums of columns from the inverse preparation, its gradient against differences, refusals; sums
 * and filled shares of coordinates as values that losses look at. */
#include "testing.h"

#include "gradcheck.h"
#include "train/adversarial/event_values.h"
#include "train/adversarial/total_term.h"

enum { EVENTS = 40, COLUMNS = 5, CELLS = 3 };

static genhep_dataset *cell_data(void)
{
    static const char *const names[COLUMNS] = {"cell_0", "cell_1", "energy", "cell_2", "other"};
    double rows[EVENTS * COLUMNS], x[EVENTS * COLUMNS];
    genhep_dataset *data;
    ck_ok(genhep_random_normal(4, 1, 0, EVENTS * COLUMNS, x));
    for (int i = 0; i < EVENTS; i++) {
        double *r = rows + i * COLUMNS, *v = x + i * COLUMNS;
        r[0] = v[0] > 0 ? v[0] + 0.1 : 0, r[1] = v[1] > -0.5 ? v[1] + 0.7 : 0, r[3] = 2 + 0.1 * v[2];
        r[2] = 10 + v[3], r[4] = v[4];
    }
    ck_ok(genhep_dataset_from_arrays(NULL, EVENTS, COLUMNS, names, NULL, rows, COLUMNS, NULL, &data));
    return data;
}

static genhep_model *cell_model(const char *const settings[])
{
    genhep_options *options;
    genhep_model *model;
    genhep_dataset *data = cell_data();
    const genhep_dataset *tables[1] = {data};
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_parse(options, "model.family = fcgan"));
    ck_ok(genhep_options_parse(options, "data.condition = energy"));
    ck_ok(genhep_options_parse(options, "prep = suppress(cell_0), suppress(cell_1), standardise"));
    for (int i = 0; settings && settings[i]; i++) ck_ok(genhep_options_parse(options, settings[i]));
    ck_ok(genhep_model_create(options, tables, 1, &model));
    genhep_options_free(options);
    genhep_dataset_free(data);
    return model;
}

static gh_status term_of(const genhep_model *model, const char *text, double weight, gh_total_term *term)
{
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "loss.total", text));
    ck_ok(genhep_options_set_real(options, "loss.total.weight", weight));
    const gh_status status = gh_total_term_create(model, options, term);
    genhep_options_free(options);
    return status;
}

typedef struct total_case {
    gh_total_term term;
    double X[EVENTS * 8], conditions[EVENTS], weights[EVENTS], gX[EVENTS * 8];
    int64_t P;
} total_case;

static double total_value(void *context)
{
    total_case *c = context;
    static double gradient[EVENTS * 8];
    return gh_total_term_add(&c->term, EVENTS, c->X, c->P, c->conditions, 1, c->weights, 0.25, gradient);
}

START_TEST(sums_against_a_condition)
{
    static total_case c;
    genhep_model *model = cell_model(NULL);
    gh_hooks hooks = gh_hooks_default();
    gh_prep_work *work;
    ck_ok(term_of(model, " cell_* : energy ", 0.3, &c.term));
    c.P = model->p;
    ck_assert_int_eq(c.P, 4);
    ck_assert_int_eq(c.term.n, CELLS);
    ck_ok(genhep_random_normal(5, 1, 0, EVENTS * c.P, c.X));
    ck_ok(genhep_random_normal(5, 2, 0, EVENTS, c.conditions));
    double expected = 0, row[4], energy[1];
    for (int64_t i = 0; i < EVENTS; i++) {
        c.weights[i] = i % 7 ? 1 : -0.5;
        for (int64_t j = 0; j < c.P; j++) /* as a discriminator sees them */
            if (gh_prep_is_censored(model->prep, j) && c.X[i * c.P + j] < 0) c.X[i * c.P + j] = 0;
        ck_ok(gh_prep_work_create(&hooks, model->prep, 1, &work));
        gh_prep_inverse(model->prep, work, 1, c.X + i * c.P, c.P, NULL, 0, row, 4);
        gh_prep_work_free(work);
        ck_ok(gh_prep_work_create(&hooks, model->condition_prep, 1, &work));
        gh_prep_inverse(model->condition_prep, work, 1, c.conditions + i, 1, NULL, 0, energy, 1);
        gh_prep_work_free(work);
        expected += 0.25 * 0.3 * c.weights[i] * fabs(row[0] + row[1] + row[2] - energy[0]);
    }
    memset(c.gX, 0, sizeof c.gX);
    const double found = gh_total_term_add(&c.term, EVENTS, c.X, c.P, c.conditions, 1, c.weights, 0.25, c.gX);
    ck_assert_msg(fabs(found - expected) < 1e-9 * fabs(expected), "%.12g, expected %.12g", found, expected);
    /* an empty cell has the slope of a filled one, so that it can fill: differences hold elsewhere */
    for (int64_t i = 0; i < EVENTS * c.P; i++)
        if (c.X[i] == 0) c.X[i] = 0.2;
    memset(c.gX, 0, sizeof c.gX);
    gh_total_term_add(&c.term, EVENTS, c.X, c.P, c.conditions, 1, c.weights, 0.25, c.gX);
    ck_assert(gc_worst(total_value, &c, c.X, c.gX, EVENTS * c.P) <= 1e-7);
    gh_total_term_free(&c.term);
    genhep_model_free(model);
}
END_TEST

START_TEST(refusals)
{
    static const char *const curved[] = {"prep.condition = log, standardise", NULL}, *const roots[] = {"prep = root(3, cell_2)", NULL};
    gh_total_term term;
    genhep_model *model = cell_model(NULL);
    ck_ok(term_of(model, "", 1, &term));
    ck_assert(term.weight == 0);
    ck_ok(term_of(model, "cell_*: energy", 0, &term));
    ck_assert(term.weight == 0);
    ck_fails(term_of(model, "cell_*", 1, &term), GENHEP_E_OPTION, "columns: condition");
    gh_total_term_free(&term);
    ck_fails(term_of(model, "cell_*: other", 1, &term), GENHEP_E_OPTION, "other");
    gh_total_term_free(&term);
    ck_fails(term_of(model, "cells_*: energy", 1, &term), GENHEP_E_OPTION, "cells_*");
    gh_total_term_free(&term);
    genhep_model_free(model);
    model = cell_model(curved);
    ck_fails(term_of(model, "cell_*: energy", 1, &term), GENHEP_E_OPTION, "prep.condition");
    gh_total_term_free(&term);
    genhep_model_free(model);
    model = cell_model(roots);
    ck_fails(term_of(model, "cell_*: energy", 1, &term), GENHEP_E_OPTION, "cell_2");
    gh_total_term_free(&term);
    genhep_model_free(model);
}
END_TEST

START_TEST(sums_and_shares)
{
    genhep_model *model = cell_model(NULL);
    gh_event_values v;
    double X[3 * 4], V[3 * 3], gV[9], gX[12];
    ck_fails(gh_event_values_create(model, "sum(layer_*)", &v), GENHEP_E_OPTION, "layer_*");
    ck_ok(gh_event_values_create(model, "sum(cell_*), cell_1, filled(cell_*)", &v));
    ck_assert_int_eq(v.count, 3);
    for (int i = 0; i < 12; i++) X[i] = (i % 5) - 1.5, gX[i] = 100;
    for (int i = 0; i < 9; i++) gV[i] = i + 1;
    gh_event_values_forward(&v, 3, X, NULL, V, 3);
    gh_event_values_backward(&v, 3, X, gV, 3, gX);
    int64_t cell[3], n = 0, second = -1, other = -1;
    for (int64_t j = 0; j < 4; j++) {
        const char *name = gh_prep_name(model->prep, j);
        if (strncmp(name, "cell_", 5) == 0) cell[n++] = j;
        else other = j;
        if (strcmp(name, "cell_1") == 0) second = j;
    }
    ck_assert(n == 3 && second >= 0 && other >= 0);
    for (int i = 0; i < 3; i++) {
        double sum = 0, filled = 0;
        for (int k = 0; k < 3; k++) sum += X[4 * i + cell[k]], filled += X[4 * i + cell[k]] > 0 ? 1. / 3 : 0;
        ck_assert(fabs(V[3 * i] - sum) < 1e-14 && V[3 * i + 1] == X[4 * i + second] && fabs(V[3 * i + 2] - filled) < 1e-14);
        for (int k = 0; k < 3; k++) ck_assert(gX[4 * i + cell[k]] == 100 + gV[3 * i] + (cell[k] == second ? gV[3 * i + 1] : 0));
        ck_assert(gX[4 * i + other] == 100);
    }
    gh_event_values_free(&v);
    genhep_model_free(model);
}
END_TEST

/* A rest has no correlation with the conditions, mean 0 and variance 1. */
START_TEST(rests)
{
    enum { Q = 2 };
    static const char *const settings[] = {"data.condition = energy, other", NULL}, *const alone[] = {"model.family = gan", "data.condition = ", NULL};
    genhep_model *model = cell_model(settings);
    gh_event_values v;
    double X[EVENTS * CELLS], C[EVENTS * Q], V[EVENTS];
    ck_ok(gh_event_values_create(model, "rest(cell_*)", &v));
    ck_assert(v.q == Q && model->q == Q && model->p == CELLS);
    ck_ok(genhep_random_normal(9, 1, 0, EVENTS * CELLS, X));
    ck_ok(genhep_random_normal(9, 2, 0, EVENTS * Q, C));
    for (int i = 0; i < EVENTS; i++) X[CELLS * i] += 3 * C[Q * i] - 2 * C[Q * i + 1] + 5;
    ck_ok(gh_event_values_standardise(&v, EVENTS, X, C));
    gh_event_values_forward(&v, EVENTS, X, C, V, 1);
    double sums[4] = {0};
    for (int i = 0; i < EVENTS; i++) {
        const double *c = C + Q * i;
        sums[0] += V[i], sums[1] += V[i] * c[0], sums[2] += V[i] * c[1], sums[3] += V[i] * V[i];
    }
    for (int k = 0; k < 3; k++) ck_assert_msg(fabs(sums[k]) < 1e-8, "sum %d is %g", k, sums[k]);
    ck_assert(fabs(sums[3] - EVENTS) < 1e-8);
    for (int i = 0; i < EVENTS; i++) C[Q * i + 1] = 2 * C[Q * i]; /* says nothing new */
    ck_ok(gh_event_values_standardise(&v, EVENTS, X, C));
    gh_event_values_forward(&v, EVENTS, X, C, V, 1);
    sums[0] = sums[1] = 0;
    for (int i = 0; i < EVENTS; i++) sums[0] += V[i], sums[1] += V[i] * C[Q * i];
    ck_assert(fabs(sums[0]) < 1e-7 && fabs(sums[1]) < 1e-7);
    gh_event_values_free(&v);
    genhep_model_free(model);
    model = cell_model(alone);
    ck_fails(gh_event_values_create(model, "rest(cell_*)", &v), GENHEP_E_OPTION, "without conditions");
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("sums of columns", sums_against_a_condition, refusals, sums_and_shares, rests)
