/* test_evaluate_events.c -- whole evaluations of events that are made here: observables, weights, copies, errors. */
#include "testing.h"

#include "evaluate/evaluation.h"
#include "evaluate/neighbours.h"

static const char *const names[8] = {"mum_E", "mum_px", "mum_py", "mum_pz", "mup_E", "mup_px", "mup_py", "mup_pz"};

/* Z -> mu mu of width 2.5 at 91.19 GeV, flat in rapidity and angles; rows of 8. */
static double *pairs(int64_t seed, int64_t n, double shift)
{
    double *x = malloc((size_t)(8 * n) * sizeof *x), *u = malloc((size_t)(4 * n) * sizeof *u);
    ck_ok(genhep_random_uniform(seed, 0, 0, 4 * n, u));
    for (int64_t i = 0; i < n; i++) {
        double m = fmax(91.19 + shift + 1.25 * tan(M_PI * (0.97 * u[4 * i] - 0.485)), 20), y = 4 * u[4 * i + 1] - 2;
        double c = 2 * u[4 * i + 2] - 1, s = sqrt(1 - c * c), phi = 2 * M_PI * u[4 * i + 3], p = 0.5 * m;
        double *row = x + 8 * i;
        for (int k = 0; k < 2; k++) {
            double sign = k ? -1 : 1, pz = sign * p * c;
            row[4 * k] = p * cosh(y) + pz * sinh(y);
            row[4 * k + 1] = sign * p * s * cos(phi);
            row[4 * k + 2] = sign * p * s * sin(phi);
            row[4 * k + 3] = pz * cosh(y) + p * sinh(y);
        }
    }
    free(u);
    return x;
}

static genhep_dataset *table(int64_t n, int64_t d, const char *const *columns, const double *x, const double *weights)
{
    genhep_dataset *dataset;
    ck_ok(genhep_dataset_from_arrays(NULL, n, d, columns, NULL, x, d, weights, &dataset));
    return dataset;
}

static genhep_dataset *pair_table(int64_t seed, int64_t n, double shift)
{
    double *x = pairs(seed, n, shift);
    genhep_dataset *dataset = table(n, 8, names, x, NULL);
    free(x);
    return dataset;
}

static double figure(const genhep_evaluation *e, const char *name)
{
    double value = NAN;
    ck_ok(genhep_evaluation_figure(e, name, &value));
    return value;
}

static genhep_options *without_auc(void)
{
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "evaluate.auc", "off"));
    return options;
}

START_TEST(pair_figures)
{
    genhep_dataset *truth = pair_table(1, 20000, 0), *same = pair_table(2, 20000, 0), *off = pair_table(3, 20000, 0.4);
    genhep_evaluation *e, *f;
    ck_ok(genhep_evaluate(truth, same, NULL, "zmumu", NULL, &e));
    ck_ok(genhep_evaluate(truth, off, NULL, "zmumu", NULL, &f));
    ck_assert(figure(e, "auc") >= 0.5 && figure(e, "auc") < 0.5 + 4 * figure(e, "auc_error"));
    ck_assert(figure(f, "auc") > 0.53);
    ck_assert_double_eq_tol(figure(e, "chi2_ndf(m(ll))"), 1, 4 * sqrt(2 / 49.0));
    ck_assert(figure(f, "chi2_ndf(m(ll))") > 5);
    ck_assert(figure(f, "chi2_ndf_max") == figure(f, "chi2_ndf(m(ll))"));
    ck_assert(figure(e, "ks_p(m(ll))") > 1e-4 && figure(f, "ks_p(m(ll))") < 1e-10);
    ck_assert(figure(e, "w1_mean") < 2.5 * figure(e, "w1_floor_mean"));
    ck_assert(figure(e, "balance") < 1e-12);
    /* median and half of the central 68 % of the truncated Breit-Wigner: (Gamma/2) tan(0.34 x 0.97 pi) */
    const gh_observable_figures *mass = NULL;
    for (int64_t k = 0; k < f->list.count; k++)
        if (strcmp(f->list.plans[k].name, "m(ll)") == 0) mass = &f->figures[k];
    ck_assert_ptr_nonnull(mass);
    double width = 1.25 * tan(M_PI * 0.97 * 0.34);
    ck_assert_double_eq_tol(mass->median[GH_TRUTH], 91.19, 0.06);
    ck_assert_double_eq_tol(mass->median[GH_GENERATED] - mass->median[GH_TRUTH], 0.4, 0.1);
    ck_assert_double_eq_tol(mass->width[GH_TRUTH], width, 0.05 * width);
    ck_assert_double_eq_tol(mass->tail[0], 1, 0.5);
    genhep_evaluation_free(e);
    genhep_evaluation_free(f);
    genhep_dataset_free(truth);
    genhep_dataset_free(same);
    genhep_dataset_free(off);
}
END_TEST

START_TEST(json_keys)
{
    static const char *const keys[] = {
        "n_truth",  "n_generated",     "auc",          "auc_error",  "chi2_ndf",        "w1",
        "w1_floor", "chi2_ndf_median", "chi2_ndf_max", "w1_mean",    "w1_floor_mean",   "tail",
        "peaks",    "balance",         "shell",        "duplicates", "neighbour_ratio", "correlation_distance",
        "ks"};
    static const char *const observables[] = {"pt(mum)", "eta(mum)", "E(mum)", "phi(mum)", "pt(mup)", "eta(mup)",
                                              "E(mup)", "phi(mup)", "m(ll)", "y(ll)", "dphi"};
    genhep_dataset *truth = pair_table(1, 500, 0), *same = pair_table(2, 500, 0), *train = pair_table(3, 500, 0);
    genhep_evaluation *e;
    ck_ok(genhep_evaluate(truth, same, train, "zmumu", NULL, &e));
    const char *json = genhep_evaluation_json(e);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "\n \"%s\": ", keys[k]);
        ck_assert_msg(strstr(json, quoted) != NULL, "no key %s in %s", keys[k], json);
    }
    ck_assert_ptr_nonnull(strstr(json, "\"ll\": {\"truth\": ["));
    ck_assert_ptr_nonnull(strstr(json, "\"n_truth\": 500"));
    ck_assert_int_eq(genhep_evaluation_observables(e), 11);
    for (int64_t k = 0; k < 11; k++) {
        genhep_observable o = {.struct_size = sizeof o};
        ck_ok(genhep_evaluation_observable(e, k, &o));
        ck_assert_str_eq(o.name, observables[k]);
        double area = 0;
        for (int64_t b = 0; b < o.bins; b++) area += o.truth[b] * (o.edges[b + 1] - o.edges[b]);
        ck_assert(area > 0.85 && area < 1 + 1e-12);
    }
    genhep_observable small = {.struct_size = offsetof(genhep_observable, ks_p), .bins = -7};
    ck_fails(genhep_evaluation_observable(e, 8, &small), GENHEP_E_ARG, "struct_size");
    ck_assert_int_eq(small.bins, -7);
    struct { genhep_observable o; double behind; } room = {.o = {.struct_size = sizeof room}, .behind = -7};
    ck_ok(genhep_evaluation_observable(e, 8, &room.o)); /* a caller of a later version */
    ck_assert_str_eq(room.o.unit, "GeV");
    ck_assert_int_eq(room.o.struct_size, (int64_t)sizeof room);
    ck_assert(room.behind == -7);
    ck_fails(genhep_evaluation_observable(e, 11, &room.o), GENHEP_E_ARG, "expected 0..10");
    double value;
    ck_fails(genhep_evaluation_figure(e, "w1(nothing)", &value), GENHEP_E_ARG, "w1(nothing)");
    genhep_evaluation_free(e);
    genhep_dataset_free(truth);
    genhep_dataset_free(same);
    genhep_dataset_free(train);
}
END_TEST

START_TEST(observables_of_one_event)
{
    /* Three-vectors that are easy by hand: (3,4,0) and (0,-5,12), massless. */
    double row[8] = {5, 3, 4, 0, 13, 0, -5, 12}, scratch[8], value[1];
    genhep_dataset *dataset = table(1, 8, names, row, NULL);
    gh_hooks hooks = gh_hooks_default();
    gh_event_layout layout;
    gh_event_rows rows;
    gh_observable_list list;
    ck_ok(gh_event_layout_make(&hooks, dataset, &layout));
    ck_ok(gh_event_rows_take(&hooks, dataset, &layout, "truth", 1, 0, 100, 1, &rows));
    ck_ok(gh_observables_plan(&hooks, &layout, "dy", &list));
    double expected[11] = {5, 0, 5, atan2(4, 3), 5, asinh(12 / 5.0), 13, -M_PI / 2,
                           sqrt(18 * 18 - 9 - 1 - 144.0), 0.5 * log(30 / 6.0),
                           nearbyint((atan2(4, 3) + M_PI / 2) * 1e4) / 1e4};
    ck_assert_int_eq(list.count, 11);
    for (int k = 0; k < 11; k++) {
        gh_observable_values(&list.plans[k], &layout, &rows, scratch, value);
        ck_assert_msg(fabs(value[0] - expected[k]) < 1e-12, "%s: %.15g, expected %.15g", list.plans[k].name, value[0],
                      expected[k]);
    }
    gh_observable_list_free(&hooks, &list);
    gh_event_rows_free(&hooks, &rows);
    gh_event_layout_free(&hooks, &layout);
    genhep_dataset_free(dataset);
}
END_TEST

START_TEST(processes)
{
    static const char *const quarks[] = {"b", "q1", "q1barp", "bbar", "q2", "q2barp"};
    static const char *const parts[] = {"E", "px", "py", "pz"};
    char text[24][16];
    const char *columns[24];
    double *x = malloc(24 * 300 * sizeof *x), error;
    for (int k = 0; k < 24; k++) {
        snprintf(text[k], sizeof text[k], "%s_%s", quarks[k / 4], parts[k % 4]);
        columns[k] = text[k];
    }
    ck_ok(genhep_random_normal(1, 0, 0, 24 * 300, x));
    for (int i = 0; i < 300 * 6; i++) /* E from p and a mass of one */
        x[4 * i] = sqrt(1 + x[4 * i + 1] * x[4 * i + 1] + x[4 * i + 2] * x[4 * i + 2] + x[4 * i + 3] * x[4 * i + 3]);
    genhep_dataset *six = table(300, 24, columns, x, NULL), *four = table(300, 16, columns, x, NULL);
    genhep_options *options = without_auc();
    genhep_evaluation *e;
    ck_ok(genhep_evaluate(six, six, NULL, "ttbar_6q", options, &e));
    ck_assert_int_eq(genhep_evaluation_observables(e), 6 * 4 + 4 * 3 + 2);
    ck_ok(genhep_evaluation_figure(e, "w1(m(W+))", &error));
    ck_ok(genhep_evaluation_figure(e, "w1(y(tbar))", &error));
    ck_ok(genhep_evaluation_figure(e, "shell", &error));
    ck_assert(error < 1e-12);
    genhep_evaluation_free(e);
    ck_ok(genhep_evaluate(six, six, NULL, NULL, options, &e)); /* generic: masses of all pairs */
    ck_assert_int_eq(genhep_evaluation_observables(e), 6 * 4 + 15);
    genhep_evaluation_free(e);
    ck_fails(genhep_evaluate(four, four, NULL, "ttbar_6q", options, &e), GENHEP_E_SHAPE, "'q2'");
    ck_fails(genhep_evaluate(six, six, NULL, "cms", options, &e), GENHEP_E_SHAPE, "mu1_Q");
    ck_fails(genhep_evaluate(six, six, NULL, "zz", options, &e), GENHEP_E_ARG, "'zz'");
    ck_assert_ptr_null(e);
    genhep_options_free(options);
    genhep_dataset_free(six);
    genhep_dataset_free(four);
    free(x);
}
END_TEST

START_TEST(columns_in_any_order)
{
    enum { N = 400 };
    double *x = pairs(4, N, 0), y[N][9];
    static const char *const turned[9] = {"mup_pz", "extra",  "mup_py", "mup_px", "mup_E",
                                          "mum_pz", "mum_py", "mum_px", "mum_E"};
    for (int i = 0; i < N; i++) {
        y[i][1] = 0;
        for (int c = 0; c < 8; c++) y[i][c == 0 ? 0 : c + 1] = x[8 * i + 7 - c];
    }
    genhep_dataset *truth = pair_table(5, N, 0), *a = table(N, 8, names, x, NULL),
                   *b = table(N, 9, turned, &y[0][0], NULL);
    genhep_evaluation *e, *f;
    ck_ok(genhep_evaluate(truth, a, NULL, "zmumu", NULL, &e));
    ck_ok(genhep_evaluate(truth, b, NULL, "zmumu", NULL, &f));
    ck_assert_str_eq(genhep_evaluation_json(e), genhep_evaluation_json(f));
    genhep_evaluation_free(f);
    ck_fails(genhep_evaluate(b, a, NULL, "zmumu", NULL, &f), GENHEP_E_SHAPE, "'extra'");
    ck_fails(genhep_evaluate(truth, a, b, "nothing", NULL, &f), GENHEP_E_ARG, "'nothing'");
    ck_fails(genhep_evaluate(truth, NULL, NULL, NULL, NULL, &f), GENHEP_E_ARG, "generated is NULL");
    genhep_dataset *few;
    ck_ok(genhep_dataset_slice(a, 0, 19, &few));
    ck_fails(genhep_evaluate(truth, few, NULL, NULL, NULL, &f), GENHEP_E_SHAPE, "generated events: 19 rows");
    x[8 * 7] = 1e200;
    genhep_dataset *huge = table(N, 8, names, x, NULL);
    ck_fails(genhep_evaluate(truth, huge, NULL, "zmumu", NULL, &f), GENHEP_E_NUMERIC, "m(ll)");
    genhep_evaluation_free(e);
    genhep_dataset_free(few);
    genhep_dataset_free(huge);
    genhep_dataset_free(truth);
    genhep_dataset_free(a);
    genhep_dataset_free(b);
    free(x);
}
END_TEST

START_TEST(polar_particles)
{
    enum { N = 3000 };
    static const char *const polar[9] = {"mum_pT",  "mum_eta", "mum_phi", "mum_m", "mup_pt",
                                         "mup_eta", "mup_phi", "mup_E",   "n"};
    genhep_dataset *cartesian[2], *angles[2];
    for (int s = 0; s < 2; s++) {
        double *x = pairs(6 + s, N, 0.3 * s), *y = calloc(9 * N, sizeof *y);
        for (int i = 0; i < N; i++)
            for (int k = 0; k < 2; k++) {
                const double *p = x + 8 * i + 4 * k;
                double *q = y + 9 * i + 4 * k;
                q[0] = hypot(p[1], p[2]);
                q[1] = asinh(p[3] / q[0]);
                q[2] = atan2(p[2], p[1]);
                q[3] = k ? p[0] : 0;
            }
        cartesian[s] = table(N, 8, names, x, NULL);
        angles[s] = table(N, 9, polar, y, NULL);
        free(x);
        free(y);
    }
    genhep_options *options = without_auc();
    genhep_evaluation *e, *f;
    ck_ok(genhep_evaluate(cartesian[0], cartesian[1], NULL, "zmumu", options, &e));
    ck_ok(genhep_evaluate(angles[0], angles[1], NULL, "zmumu", options, &f));
    ck_assert_double_eq_tol(figure(e, "w1(m(ll))"), figure(f, "w1(m(ll))"), 1e-9);
    ck_assert_double_eq_tol(figure(e, "chi2_ndf(pt(mum))"), figure(f, "chi2_ndf(mum_pT)"), 1e-9);
    double value;
    ck_fails(genhep_evaluation_figure(f, "shell", &value), GENHEP_E_ARG, "not computed");
    genhep_evaluation_free(e);
    genhep_evaluation_free(f);
    for (int s = 0; s < 2; s++) {
        genhep_dataset_free(cartesian[s]);
        genhep_dataset_free(angles[s]);
    }
    genhep_options_free(options);
}
END_TEST

START_TEST(weights_and_copies_of_events)
{
    /* Events of weight 2 against the same events twice; half weights elsewhere, so that both tables are weighted. */
    enum { N = 600 };
    double *x = pairs(8, N, 0), *y = malloc(2 * N * 8 * sizeof *y), w[N], v[2 * N];
    int64_t m = 0;
    for (int i = 0; i < N; i++) {
        w[i] = i % 3 == 0 ? 2 : i % 3 == 1 ? 1 : 0.5;
        for (int k = 0; k < (i % 3 == 0 ? 2 : 1); k++) {
            v[m] = i % 3 == 2 ? 0.5 : 1;
            memcpy(y + 8 * m++, x + 8 * i, 8 * sizeof *x);
        }
    }
    genhep_dataset *truth = pair_table(9, 2000, 0), *a = table(N, 8, names, x, w), *b = table(m, 8, names, y, v);
    genhep_evaluation *e, *f;
    ck_ok(genhep_evaluate(truth, a, NULL, "zmumu", NULL, &e));
    ck_ok(genhep_evaluate(truth, b, NULL, "zmumu", NULL, &f));
    ck_assert(isfinite(figure(e, "auc")));
    ck_assert_double_eq_tol(e->effective[GH_GENERATED], 700.0 * 700 / (200 * 5.25), 1e-6);
    for (int64_t k = 0; k < genhep_evaluation_observables(e); k++) {
        genhep_observable o = {.struct_size = sizeof o}, p = {.struct_size = sizeof p};
        ck_ok(genhep_evaluation_observable(e, k, &o));
        ck_ok(genhep_evaluation_observable(f, k, &p));
        ck_assert_double_eq_tol(o.w1, p.w1, 1e-9);
        ck_assert_double_eq_tol(o.ks, p.ks, 1e-9);
        for (int64_t i = 0; i < o.bins; i++) ck_assert_double_eq_tol(o.generated[i], p.generated[i], 1e-9);
    }
    genhep_evaluation_free(e);
    genhep_evaluation_free(f);
    genhep_dataset_free(truth);
    genhep_dataset_free(a);
    genhep_dataset_free(b);
    free(x);
    free(y);
}
END_TEST

START_TEST(negative_weights)
{
    enum { N = 2000 };
    double *x = pairs(10, N, 0), *y = malloc(N * 8 * sizeof *y), w[N], value;
    memcpy(y, x, N * 8 * sizeof *x);
    for (int i = 0; i < N; i++) w[i] = 1;
    for (int i = 0; i < 200; i++) { /* 200 events, then the next 200 taken back */
        memcpy(y + 8 * (200 + i), y + 8 * i, 8 * sizeof *y);
        w[200 + i] = -1;
    }
    genhep_dataset *truth = pair_table(11, N, 0), *a = table(N - 400, 8, names, x + 8 * 400, NULL),
                   *b = table(N, 8, names, y, w);
    genhep_evaluation *e, *f;
    ck_ok(genhep_evaluate(truth, a, NULL, "zmumu", NULL, &e));
    ck_ok(genhep_evaluate(truth, b, NULL, "zmumu", NULL, &f));
    ck_fails(genhep_evaluation_figure(f, "auc", &value), GENHEP_E_ARG, "negative weights");
    ck_assert_ptr_nonnull(strstr(genhep_evaluation_json(f), "\"auc\": null"));
    ck_assert_ptr_nonnull(
        strstr(genhep_evaluation_json(f), "\"note\": \"auc: not defined for events with negative weights"));
    for (int64_t k = 0; k < genhep_evaluation_observables(e); k++) {
        genhep_observable o = {.struct_size = sizeof o}, p = {.struct_size = sizeof p};
        ck_ok(genhep_evaluation_observable(e, k, &o));
        ck_ok(genhep_evaluation_observable(f, k, &p));
        ck_assert_double_eq_tol(o.ks, p.ks, 1e-9);
        for (int64_t i = 0; i < o.bins; i++) {
            ck_assert_double_eq_tol(o.generated[i], p.generated[i], 1e-9);
            ck_assert(p.generated_error[i] >= o.generated_error[i] * (1 - 1e-9));
        }
    }
    genhep_evaluation_free(e);
    genhep_evaluation_free(f);
    for (int i = 0; i < N; i++) w[i] = i < N / 2 ? 1 : -1;
    genhep_dataset *nothing = table(N, 8, names, y, w);
    ck_fails(genhep_evaluate(truth, nothing, NULL, "zmumu", NULL, &f), GENHEP_E_NUMERIC, "weights sum to 0");
    genhep_dataset_free(nothing);
    genhep_dataset_free(truth);
    genhep_dataset_free(a);
    genhep_dataset_free(b);
    free(x);
    free(y);
}
END_TEST

START_TEST(turned_copies)
{
    enum { N = 6000, M = 3000 };
    double *x = pairs(12, N, 0), *y = malloc(M * 8 * sizeof *y), turn[M];
    ck_ok(genhep_random_uniform(13, 0, 0, M, turn));
    for (int i = 0; i < M; i++) {
        double c = cos(2 * M_PI * turn[i]), s = sin(2 * M_PI * turn[i]);
        for (int k = 0; k < 2; k++) {
            const double *p = x + 8 * i + 4 * k;
            double *q = y + 8 * i + 4 * k;
            q[0] = p[0];
            q[1] = c * p[1] - s * p[2];
            q[2] = s * p[1] + c * p[2];
            q[3] = i % 2 ? p[3] : -p[3]; /* and every other one mirrored */
        }
    }
    genhep_dataset *train = table(N, 8, names, x, NULL), *copies = table(M, 8, names, y, NULL);
    genhep_dataset *truth = pair_table(14, M, 0), *fresh = pair_table(15, M, 0);
    genhep_options *options = without_auc();
    genhep_evaluation *e;
    ck_ok(genhep_evaluate(truth, copies, train, "zmumu", options, &e));
    ck_assert(figure(e, "neighbour_ratio") < 1e-9);
    ck_assert_double_eq(figure(e, "duplicates"), 1);
    genhep_evaluation_free(e);
    ck_ok(genhep_evaluate(truth, fresh, train, "zmumu", options, &e));
    ck_assert_double_eq_tol(figure(e, "neighbour_ratio"), 1, 0.1);
    ck_assert_double_eq(figure(e, "duplicates"), 0);
    genhep_evaluation_free(e);
    genhep_options_free(options);
    genhep_dataset_free(train);
    genhep_dataset_free(copies);
    genhep_dataset_free(truth);
    genhep_dataset_free(fresh);
    free(x);
    free(y);
}
END_TEST

START_TEST(neighbours_by_trying_all)
{
    static const int64_t sizes[][3] = {{1, 3, 5}, {128, 2, 20}, {129, 1, 20}, {3001, 5, 60}, {2500, 29, 40}};
    gh_hooks hooks = gh_hooks_default();
    for (size_t t = 0; t < sizeof sizes / sizeof *sizes; t++) {
        int64_t n = sizes[t][0], d = sizes[t][1], m = sizes[t][2];
        double *x = malloc((size_t)(n * d) * 8), *q = malloc((size_t)(m * d) * 8), *found = malloc((size_t)m * 8);
        ck_ok(genhep_random_normal(50, (int64_t)t, 0, n * d, x));
        ck_ok(genhep_random_normal(51, (int64_t)t, 0, m * d, q));
        ck_ok(gh_neighbour_distances(&hooks, n, d, x, m, q, found));
        for (int64_t i = 0; i < m; i++) {
            double best = INFINITY;
            for (int64_t r = 0; r < n; r++) {
                double sum = 0;
                for (int64_t c = 0; c < d; c++) sum += (x[r * d + c] - q[i * d + c]) * (x[r * d + c] - q[i * d + c]);
                best = fmin(best, sqrt(sum));
            }
            ck_assert_double_eq_tol(found[i], best, 1e-6 * best);
        }
        free(x), free(q), free(found);
    }
    double rows[8] = {1, 100, 2, 100, 3, 100, 4, 100.0001}, scale[2];
    gh_neighbour_scale(4, 2, rows, scale);
    ck_assert_double_eq_tol(scale[0], sqrt(1.25), 1e-12);
    ck_assert(isinf(scale[1])); /* constant up to rounding */
}
END_TEST

START_TEST(correlations)
{
    enum { N = 20000 };
    static const char *const plain[3] = {"a", "b", "c"};
    double *x = malloc(3 * N * 8), *y = malloc(3 * N * 8);
    ck_ok(genhep_random_normal(20, 0, 0, 3 * N, x));
    ck_ok(genhep_random_normal(21, 0, 0, 3 * N, y));
    for (int i = 0; i < N; i++) {
        x[3 * i + 1] = 0.6 * x[3 * i] + 0.8 * x[3 * i + 1];
        x[3 * i + 2] = y[3 * i + 2] = 7;
    }
    genhep_dataset *truth = table(N, 3, plain, x, NULL), *generated = table(N, 3, plain, y, NULL);
    genhep_options *options = without_auc();
    genhep_evaluation *e;
    ck_ok(genhep_evaluate(truth, generated, NULL, NULL, options, &e));
    ck_assert_double_eq_tol(figure(e, "correlation_distance"), 0.6, 4 * sqrt(2.0 / N));
    double value;
    ck_fails(genhep_evaluation_figure(e, "auc", &value), GENHEP_E_ARG, "evaluate.auc");
    ck_fails(genhep_evaluation_figure(e, "balance", &value), GENHEP_E_ARG, "particles");
    genhep_evaluation_free(e);
    genhep_options_free(options);
    genhep_dataset_free(truth);
    genhep_dataset_free(generated);
    free(x), free(y);
}
END_TEST

START_TEST(dimuons)
{
    /* 30 J/psi candidates at 3.1, of which 10 like-sign, 8 of 3.25 beside, 62 far away at 50. */
    static const char *const columns[10] = {"mu1_E", "mu1_px", "mu1_py", "mu1_pz", "mu1_Q",
                                            "mu2_E", "mu2_px", "mu2_py", "mu2_pz", "mu2_Q"};
    double x[100][10] = {{0}};
    for (int i = 0; i < 100; i++) {
        double m = i < 30 ? 3.1 : i < 38 ? 3.25 : 50, phi = 0.1 * i;
        x[i][0] = x[i][5] = 0.5 * m;
        x[i][1] = 0.5 * m * cos(phi), x[i][2] = 0.5 * m * sin(phi);
        x[i][6] = -x[i][1], x[i][7] = -x[i][2];
        x[i][4] = 1, x[i][9] = i < 10 ? 1 : -1;
    }
    genhep_dataset *truth = table(100, 10, columns, &x[0][0], NULL);
    genhep_options *options = without_auc();
    genhep_evaluation *e;
    ck_ok(genhep_evaluate(truth, truth, NULL, "cms", options, &e));
    const gh_dimuon_figures *d = &e->dimuon[GH_GENERATED];
    ck_assert_double_eq_tol(d->opposite_sign, 0.9, 1e-12);
    ck_assert_double_eq_tol(d->window[0].share, 0.2, 1e-12);
    ck_assert_double_eq_tol(d->window[0].peak_over_side, 2 * 20 / 8.0, 1e-12);
    ck_assert_double_eq_tol(d->window[0].median, 3.1, 1e-12);
    ck_assert(d->window[2].share == 0 && d->window[2].median == 0);
    ck_assert_ptr_nonnull(strstr(genhep_evaluation_json(e), "\"dimuon\""));
    genhep_evaluation_free(e);
    genhep_options_free(options);
    genhep_dataset_free(truth);
}
END_TEST

/* An allocator that counts what is alive and fails once. */
typedef struct counter {
    int64_t alive;
    int64_t left; /* allocations until the failure, -1: never */
} counter;

static void *counting_reallocate(void *user, void *block, size_t size)
{
    counter *c = user;
    if (c->left == 0) return NULL;
    if (c->left > 0) c->left--;
    if (!block) c->alive++;
    return realloc(block, size);
}

static void counting_release(void *user, void *block)
{
    ((counter *)user)->alive--;
    free(block);
}

START_TEST(failed_allocations)
{
    genhep_dataset *truth = pair_table(30, 220, 0), *generated = pair_table(31, 220, 0.5);
    for (int64_t fail = 0;; fail += 1 + fail / 8) {
        counter c = {0, -1};
        genhep_allocator allocator = {sizeof allocator, counting_reallocate, counting_release, &c};
        genhep_options *options;
        genhep_evaluation *e = NULL;
        ck_ok(genhep_options_create_with(&allocator, &options));
        int64_t before = c.alive;
        c.left = fail;
        genhep_status status = genhep_evaluate(truth, generated, truth, "zmumu", options, &e);
        int unused = c.left > 0;
        c.left = -1;
        if (status == GENHEP_OK) {
            ck_assert(unused && fail > 100);
            genhep_evaluation_free(e);
        } else {
            ck_assert_int_eq(status, GENHEP_E_NOMEM);
            ck_assert_ptr_null(e);
        }
        ck_assert_int_eq(c.alive, before);
        genhep_options_free(options);
        if (status == GENHEP_OK) break;
    }
    genhep_dataset_free(truth);
    genhep_dataset_free(generated);
}
END_TEST

START_TEST(limits_and_seed)
{
    genhep_dataset *truth = pair_table(40, 3000, 0), *generated = pair_table(41, 2500, 0);
    genhep_options *options;
    genhep_evaluation *e, *f, *g;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "evaluate.max", "1000"));
    ck_ok(genhep_evaluate(truth, generated, NULL, "zmumu", options, &e));
    ck_ok(genhep_evaluate(truth, generated, NULL, "zmumu", options, &f));
    ck_assert_str_eq(genhep_evaluation_json(e), genhep_evaluation_json(f));
    ck_assert_int_eq(e->n[GH_TRUTH], 1000);
    ck_assert_int_eq(e->n[GH_GENERATED], 1000);
    ck_ok(genhep_options_set(options, "seed", "2"));
    ck_ok(genhep_evaluate(truth, generated, NULL, "zmumu", options, &g));
    ck_assert(figure(e, "w1(m(ll))") != figure(g, "w1(m(ll))"));
    ck_fails(genhep_options_set(options, "evaluate.max", "5"), GENHEP_E_OPTION, "evaluate.max");
    genhep_evaluation_free(e);
    genhep_evaluation_free(f);
    genhep_evaluation_free(g);
    genhep_evaluation_free(NULL);
    genhep_options_free(options);
    genhep_dataset_free(truth);
    genhep_dataset_free(generated);
}
END_TEST

GH_TEST_MAIN("evaluate_events", pair_figures, json_keys, observables_of_one_event, processes, columns_in_any_order,
             polar_particles, weights_and_copies_of_events, negative_weights, turned_copies, neighbours_by_trying_all,
             correlations, dimuons, failed_allocations, limits_and_seed)
