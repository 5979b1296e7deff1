/* test_figure_values.c -- train.figure_values: the figure that chooses weights looks at observables too. */
#include "testing.h"

#include "pair_model.h"
#include "train/rows.h"
#include "train/trainer.h"

enum { EVENTS = 20000 };

/* chi2 of events with independent momenta, whose mass is far from right, in these values. */
static double independent_chi2(const genhep_model *model, const gh_real *rows, const char *list)
{
    gh_figure_values f;
    double value, again;
    ck_ok(gh_figure_values_create(model, list, EVENTS, rows, &f));
    ck_ok(gh_figure_values_chi2(&f, model, 1, EVENTS, rows, NULL, EVENTS, &value));
    ck_ok(gh_figure_values_chi2(&f, model, 1, EVENTS, rows, NULL, EVENTS, &again));
    ck_assert(value == again);
    gh_figure_values_free(&f);
    return value;
}

START_TEST(a_narrow_mass_is_seen)
{
    genhep_dataset *data = pair_events(EVENTS, 1, 0);
    genhep_model *model;
    ck_ok(pair_model(data, "model.family=independent prep.balance=none", &model));
    const genhep_dataset *tables[1] = {data};
    gh_rows rows;
    ck_ok(gh_rows_create(&model->hooks, model, tables, 1, 1, 0, &rows));
    const double single = independent_chi2(model, rows.rows, "a_px"), another = independent_chi2(model, rows.rows, "b_pz");
    const double mass = independent_chi2(model, rows.rows, "mass(a,b)");
    /* drawn from these rows' own quantiles: the rows' half of the variance is missing, so 0.5 +- 0.1 */
    ck_assert_msg(single > 0.2 && single < 1 && another > 0.2 && another < 1, "marginals: %g, %g", single, another);
    ck_assert_msg(mass > 100, "mass: %g", mass);
    gh_rows_free(&model->hooks, &rows);
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

static double figure_of(const genhep_dataset *data, const char *values, genhep_status *status)
{
    const genhep_dataset *tables[1] = {data};
    genhep_options *options = pair_options("prep.balance=none");
    genhep_model *model;
    genhep_trainer *trainer;
    ck_ok(genhep_options_set(options, "train.figure_values", values));
    ck_ok(genhep_model_create(options, tables, 1, &model));
    *status = genhep_trainer_create(model, tables, 1, NULL, &trainer);
    genhep_model_free(model);
    genhep_options_free(options);
    if (*status) return NAN;
    ck_ok(gh_trainer_check(trainer));
    const double figure = trainer->state.figure;
    genhep_trainer_free(trainer);
    return figure;
}

/* The figure with values is the mean of the one without and that of the values; the values' part does not depend on the list's spacing. */
START_TEST(half_of_the_figure)
{
    genhep_dataset *data = pair_events(EVENTS, 1, 0);
    genhep_status status;
    const double plain = figure_of(data, "", &status), mass = figure_of(data, "mass(a,b)", &status), both = figure_of(data, "mass(a,b),mass(a,b)", &status);
    const double same = figure_of(data, " mass( a, b ) ", &status);
    ck_assert(isfinite(plain) && isfinite(mass) && mass != plain && same == mass);
    /* a value listed twice: itself twice and their sum, and a difference that is zero everywhere */
    ck_assert_msg(fabs((2 * both - plain) - 0.75 * (2 * mass - plain)) < 1e-6 * mass, "%g %g %g", plain, mass, both);
    figure_of(data, "mass(a,c)", &status);
    ck_assert_int_eq(status, GENHEP_E_OPTION);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(not_with_conditions)
{
    genhep_dataset *data = pair_events(1000, 1, 0);
    const genhep_dataset *tables[1] = {data};
    genhep_model *model;
    genhep_trainer *trainer;
    ck_ok(pair_model(data, "model.family=fcgan data.condition=b_* train.figure_values=pt(a)", &model));
    ck_fails(genhep_trainer_create(model, tables, 1, NULL, &trainer), GENHEP_E_OPTION, "conditions");
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("figure in observables", a_narrow_mass_is_seen, half_of_the_figure, not_with_conditions)
