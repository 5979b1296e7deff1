/* test_jet_figures.c -- the figures of t tbar with jets: distances of histograms made by hand, then of events whose histograms, holes and
 * physicality can be counted; the ceiling against samples of one distribution. */
#include "testing.h"

#include "evaluate/evaluation.h"

enum { D = 26 };

static const char *const names[D] = {"MET",      "METphi",   "jet0_E",   "jet0_pT",  "jet0_eta", "jet0_phi", "jet1_E",
                                     "jet1_pT",  "jet1_eta", "jet1_phi", "jet2_E",   "jet2_pT",  "jet2_eta", "jet2_phi",
                                     "jet3_E",   "jet3_pT",  "jet3_eta", "jet3_phi", "lep0_E",   "lep0_pT",  "lep0_eta",
                                     "lep0_phi", "lep1_E",   "lep1_pT",  "lep1_eta", "lep1_phi"};
enum { PHI0 = 5, PHI1 = 9, JET3 = 14, LEP0 = 18, LEP1 = 22 };

START_TEST(distances_of_histograms)
{
    const double p[3] = {0.5, 0.5, 0}, q[3] = {0.25, 0.5, 0.25}, twice[3] = {1, 1, 0}, none[3] = {0, 0, 0};
    gh_histogram_distance d;
    gh_histogram_compare(3, p, q, &d);
    const double divergence = 0.5 * (0.5 * log(0.5 / 0.375)) +
                              0.5 * (0.25 * log(0.25 / 0.375) + 0.25 * log(0.25 / 0.125));
    ck_assert_double_eq_tol(d.chi2, 1 / 3., 1e-15);
    ck_assert_double_eq_tol(d.em, 0.5 / 3, 1e-15); /* heights 0 1/2 1/2 against 1/4 1/4 1/2 */
    ck_assert_double_eq_tol(d.js, sqrt(divergence), 1e-15);
    ck_assert_double_eq_tol(d.score, -log(d.chi2) - log(d.em) - log(d.js), 1e-14);
    const double shifted[3] = {0, 0.5, 0.5}; /* the quirk: the same set of heights elsewhere has no distance */
    gh_histogram_compare(3, p, shifted, &d);
    ck_assert(d.em == 0 && d.chi2 == 1 && isnan(d.score));
    gh_histogram_compare(3, twice, q, &d); /* js does not see the norm, chi2 does */
    ck_assert_double_eq_tol(d.js, sqrt(divergence), 1e-15);
    ck_assert_double_eq_tol(d.chi2, 0.75 * 0.75 / 1.25 + 0.25 / 1.5 + 0.25, 1e-15);
    gh_histogram_compare(3, p, p, &d);
    ck_assert(d.chi2 == 0 && isnan(d.score));
    gh_histogram_compare(3, p, none, &d);
    ck_assert(isnan(d.js) && isnan(d.score));
}
END_TEST

/* An event inside all ranges: jets of 100, 80, 60, 40 GeV, leptons of 30 and 20 with m/E = 0.6, all at eta = 0 and phi = 0. */
static void standard(double *row)
{
    static const double pt[6] = {100, 80, 60, 40, 30, 20};
    row[0] = 50, row[1] = 0.1;
    for (int k = 0; k < 6; k++) {
        row[2 + 4 * k] = k < 4 ? 1.1 * pt[k] : pt[k] / 0.8; /* E^2 = pT^2 + (0.6 E)^2 */
        row[3 + 4 * k] = pt[k];
        row[4 + 4 * k] = row[5 + 4 * k] = 0;
    }
}

static genhep_dataset *table(int64_t n, const double *x)
{
    genhep_dataset *data;
    ck_ok(genhep_dataset_from_arrays(NULL, n, D, names, NULL, x, D, NULL, &data));
    return data;
}

static genhep_evaluation *evaluate(int64_t n, const double *truth, int64_t m, const double *generated)
{
    genhep_options *options;
    genhep_evaluation *e;
    genhep_dataset *a = table(n, truth), *b = table(m, generated);
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "evaluate.auc", "off"));
    ck_ok(genhep_evaluate(a, b, NULL, "ttbar_jets", options, &e));
    genhep_options_free(options);
    genhep_dataset_free(a), genhep_dataset_free(b);
    return e;
}

static const gh_histogram_distance *histogram(const genhep_evaluation *e, const char *name)
{
    for (int h = 0; h < GH_JET_HISTOGRAMS; h++)
        if (strcmp(e->jets.name[h], name) == 0) return &e->jets.histogram[h];
    ck_abort_msg("no histogram %s", name);
    return NULL;
}

START_TEST(histograms_of_counted_events)
{
    enum { N = 40 };
    double truth[N * D], generated[N * D];
    for (int i = 0; i < N; i++) {
        standard(truth + i * D);
        standard(generated + i * D);
        if (i < N / 2) truth[i * D] = 1;                                   /* MET: half low, */
        if (i < N / 4) generated[i * D] = 1;                               /* a quarter low */
        if (i < N / 2) memset(truth + i * D + JET3, 0, 4 * sizeof *truth); /* the last jet in half of the truth */
        if (i == 0) generated[i * D] = 8000;                               /* outside the range: one of 40 is missing */
        if (i < N / 2) memset(generated + i * D + LEP1, 0, 4 * sizeof *truth);
    }
    genhep_evaluation *e = evaluate(N, truth, N, generated);
    ck_assert_double_eq_tol(histogram(e, "MET")->chi2, pow(0.5 - 0.225, 2) / 0.725 + pow(0.5 - 0.75, 2) / 1.25, 1e-14);
    ck_assert_double_eq_tol(histogram(e, "jet3_pT")->chi2, 0.25 / 1.5, 1e-14); /* 1/2 against 1 in one bin */
    ck_assert_double_eq_tol(histogram(e, "jet3_pT")->em, 0.5 / 25, 1e-14);
    /* eta = phi = 0 is what absent ones are, too */
    ck_assert(histogram(e, "jet3_eta")->chi2 == 0 && histogram(e, "jet3_phi")->chi2 == 0);
    /* zeros add nothing: m(4j) is 110 GeV in the half without the last jet, 128 otherwise, in bins of a factor 1.32 */
    ck_assert(histogram(e, "m(2j)")->chi2 == 0);
    ck_assert_double_eq_tol(histogram(e, "m(4j)")->chi2, 0.5 + 0.25 / 1.5, 1e-14);
    ck_assert(isnan(e->jets.score_1d) && isfinite(histogram(e, "MET")->score));
    ck_assert(strstr(genhep_evaluation_json(e), "\"score_1d\": null") != NULL);
    double value;
    ck_ok(genhep_evaluation_figure(e, "chi2_ndf(n(jet))", &value));
    ck_assert(value > 5);
    ck_ok(genhep_evaluation_figure(e, "holes", &value));
    ck_assert_double_eq_tol(value, 1 - 1 / 160000., 1e-12);
    genhep_evaluation_free(e);
}
END_TEST

START_TEST(holes_are_empty_cells)
{
    enum { N = 400 };
    double truth[N * D], generated[N * D];
    for (int i = 0; i < N; i++) { /* truth: 400 cells of a diagonal; generated: 100 of them, four events each */
        standard(truth + i * D);
        standard(generated + i * D);
        truth[i * D + PHI0] = truth[i * D + PHI1] = M_PI * (2 * (i + 0.5) / N - 1);
        generated[i * D + PHI0] = generated[i * D + PHI1] = M_PI * (2 * (i / 4 + 0.5) / N - 1);
    }
    genhep_evaluation *e = evaluate(N, truth, N, generated);
    const double p = 1. / 400, q = 1. / 100, m = 0.5 * (p + q);
    ck_assert_double_eq_tol(e->jets.holes[0], 1 - 400 / 160000., 1e-12);
    ck_assert_double_eq_tol(e->jets.holes[1], 1 - 100 / 160000., 1e-12);
    ck_assert_double_eq_tol(e->jets.chi2_2d, 100 * (p - q) * (p - q) / (p + q) + 300 * p, 1e-12);
    const double js = sqrt(0.5 * (100 * p * log(p / m) + 300 * p * log(2)) + 0.5 * 100 * q * log(q / m));
    ck_assert_double_eq_tol(e->jets.js_2d, js, 1e-12);
    ck_assert_double_eq_tol(e->jets.score_2d, (e->jets.chi2_2d + js) * 300 / 160000., 1e-12);
    genhep_evaluation_free(e);
}
END_TEST

START_TEST(physicality_counts_what_is_wrong)
{
    enum { N = 100, WRONG = 11 };
    static const struct {
        int column;
        double value;
    } wrong[WRONG] = {{0, 0.05}, {1, 3.2},      {3, 70},         {3, 19},        {4, 5.5}, {5, -3.2},
                      {2, 8000}, {LEP0 + 1, 9}, {LEP0 + 2, 2.6}, {LEP1 + 1, 31}, {2, 99}};
    double truth[N * D], generated[N * D];
    for (int i = 0; i < N; i++) {
        standard(truth + i * D);
        standard(generated + i * D);
        if (i < WRONG) generated[i * D + wrong[i].column] = wrong[i].value;
        if (i == WRONG) memset(generated + i * D + LEP1, 0, 4 * sizeof *truth);
        if (i == WRONG + 1)
            generated[i * D + LEP0] = generated[i * D + LEP0 + 1],
                              generated[i * D + LEP1] = generated[i * D + LEP1 + 1]; /* massless is fine */
    }
    genhep_evaluation *e = evaluate(N, truth, N, generated);
    ck_assert_double_eq_tol(e->jets.physicality[0], 1 - 0.6, 1e-12); /* 1 - (1/2)(0.6 + 0.6) */
    ck_assert_double_eq_tol(e->jets.physicality[1], (0.4 * (N - WRONG - 2) + 1) / N, 1e-12);
    genhep_evaluation_free(e);
}
END_TEST

/* Events of random numbers: exponential pT, uniform angles. */
static double *random_events(int64_t seed, int64_t n)
{
    double *x = malloc((size_t)(n * D) * sizeof *x), *u = malloc((size_t)(n * D) * sizeof *u);
    ck_ok(genhep_random_uniform(seed, 0, 0, n * D, u));
    for (int64_t i = 0; i < n; i++) {
        double *row = x + i * D;
        const double *v = u + i * D;
        row[0] = -50 * log(v[0]), row[1] = M_PI * (2 * v[1] - 1);
        for (int k = 0; k < 6; k++) {
            row[3 + 4 * k] = 20 - 60 * log(v[2 + 4 * k]);
            row[4 + 4 * k] = 4 * v[3 + 4 * k] - 2;
            row[5 + 4 * k] = M_PI * (2 * v[4 + 4 * k] - 1);
            row[2 + 4 * k] = row[3 + 4 * k] * cosh(row[4 + 4 * k]);
        }
    }
    free(u);
    return x;
}

START_TEST(ceiling_is_what_one_distribution_gives)
{
    enum { N = 20000, M = 2000 };
    double *truth = random_events(1, N), *same = random_events(2, N), *few = random_events(3, M);
    genhep_dataset *a = table(N, truth), *b = table(N, same), *c = table(M, few);
    genhep_options *options;
    genhep_evaluation *e, *f;
    double value;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "evaluate.auc", "off"));
    ck_ok(genhep_evaluate(a, b, c, "ttbar_jets", options, &e));
    ck_ok(genhep_evaluate(a, c, NULL, "ttbar_jets", options, &f));
    /* the score of 27 histograms scatters by about 3 */
    ck_assert_double_eq_tol(e->jets.score_1d, e->jets.score_1d_ceiling, 15);
    ck_assert_double_eq_tol(f->jets.score_1d, f->jets.score_1d_ceiling, 15);
    ck_assert_double_eq_tol(e->jets.score_1d_training, f->jets.score_1d_ceiling, 3);
    ck_assert(e->jets.score_1d_ceiling > e->jets.score_1d_training + 30);
    ck_ok(genhep_evaluation_figure(e, "score_1d_training", &value));
    ck_assert(value == e->jets.score_1d_training);
    ck_fails(genhep_evaluation_figure(f, "score_1d_training", &value), GENHEP_E_ARG, "training sample");
    /* chi2 of 26 bins, mean 25/2 (1/N + 1/N), its relative spread sqrt(2/25) */
    ck_assert_double_eq_tol(histogram(e, "METphi")->chi2 / (25. / N), 1, 5 * sqrt(2 / 25.));
    genhep_evaluation_free(e), genhep_evaluation_free(f);
    genhep_dataset_free(a), genhep_dataset_free(b), genhep_dataset_free(c);
    genhep_options_free(options);
    free(truth), free(same), free(few);
}
END_TEST

START_TEST(columns_are_needed)
{
    double x[40 * D];
    genhep_dataset *data;
    genhep_evaluation *e;
    for (int i = 0; i < 40; i++) standard(x + i * D);
    ck_ok(genhep_dataset_from_arrays(NULL, 40, 18, names, NULL, x, D, NULL, &data));
    ck_fails(genhep_evaluate(data, data, NULL, "ttbar_jets", NULL, &e), GENHEP_E_SHAPE, "'lep0'");
    genhep_dataset_free(data);
    ck_ok(genhep_dataset_from_arrays(NULL, 40, 25, names + 1, NULL, x, D, NULL, &data));
    ck_fails(genhep_evaluate(data, data, NULL, "ttbar_jets", NULL, &e), GENHEP_E_SHAPE, "'MET'");
    genhep_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("jet_figures", distances_of_histograms, histograms_of_counted_events, holes_are_empty_cells,
             physicality_counts_what_is_wrong, ceiling_is_what_one_distribution_gives, columns_are_needed)
