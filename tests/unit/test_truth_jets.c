/* test_truth_jets.c -- ttbar_jets: multiplicities, spectra, masses and missing momentum against their closed forms; slots and cuts. */
#include "test_truth.h"

#include "truth/processes.h"

enum { N = 60000 };

static const truth_run *default_run(void)
{
    static truth_run run;
    char message[256];
    ck_assert_int_eq(truth_open(truth_find("ttbar_jets"), NULL, 0, &run, message, sizeof message), GENHEP_OK);
    return &run;
}

/* Counts of 0, 1, .. against n times a Poisson distribution, in units of their standard deviation; a bin where fewer than 10 are
 * expected joins the last one above. */
static void check_poisson(const char *what, const int64_t *count, int bins, double mean)
{
    double p = exp(-mean), left = N;
    int64_t rest = N;
    for (int k = 0; k < bins; k++) {
        double expected = N * p, here = (double)count[k];
        if (left - expected < 10) expected = left, here = (double)rest;
        ck_assert_msg(fabs(here - expected) < SIGMA_LIMIT * sqrt(expected), "%s: %.0f events with %d, expected %.1f",
                      what, here, k, expected);
        left -= N * p, rest -= count[k];
        if (left < 10) return;
        p *= mean / (k + 1);
    }
    ck_abort_msg("%s: more than %d bins", what, bins);
}

START_TEST(multiplicities_are_poisson_and_binomial)
{
    static const char *const names[] = {"jets radiated", "leptons of no W", "photons"};
    const double mean[] = {2.5, 0.08, 0.4};
    int64_t made[3][64] = {{0}}, photons[64] = {0}, second = 0;
    for (int i = 0; i < N; i++) {
        truth_jets_event e;
        truth_draws draws = truth_draws_of(61, 9, i);
        truth_jets_make(default_run(), &draws, &e);
        for (int t = 0; t < 3; t++) made[t][e.extra[t]]++;
        photons[e.count[TRUTH_SEEN_PHOTON]]++;
        second += e.leptonic == 2;
        must(e.leptonic >= 1 && e.leptonic <= 2 && !draws.spent);
    }
    for (int t = 0; t < 3; t++) check_poisson(names[t], made[t], 64, mean[t]);
    check_poisson("photons seen", photons, 64, 0.9 * 0.4); /* thinned: each is found with probability 0.9 */
    ck_assert(fabs((double)second - 0.22 * N) < SIGMA_LIMIT * sqrt(0.22 * 0.78 * N));
}
END_TEST

static double photon_pt_cdf(double pt, const void *user)
{
    (void)user;
    return (1 - 100 / (pt * pt)) / (1 - pow(10 * 8 / 13000., 2));
}

static double normal_cdf(double x, const void *user)
{
    const double *p = user;
    return 0.5 * erfc((p[0] - x) / (p[1] * sqrt(2)));
}

START_TEST(spectra_masses_and_missing_momentum)
{
    const double soft[2] = {0, 12}, mass[2] = {log(0.12), 0.4}, window[2] = {-2.5, 2.5}, turn[2] = {-M_PI, M_PI};
    double *missing = malloc(2 * N * sizeof *missing), *jets = malloc(N * sizeof *jets), *pt = malloc(N * sizeof *pt);
    double *eta = malloc(N * sizeof *eta), *phi = malloc(N * sizeof *phi), sum = 0;
    int64_t n_jets = 0, n = 0;
    for (int i = 0; i < N; i++) {
        truth_jets_event e;
        truth_draws draws = truth_draws_of(62, 9, i);
        truth_jets_make(default_run(), &draws, &e);
        double x = e.missing_x, y = e.missing_y;
        for (int t = 0; t < 3; t++)
            for (int k = 0; k < e.count[t]; k++) x += e.object[t][k].x, y += e.object[t][k].y;
        missing[2 * i] = x, missing[2 * i + 1] = y;
        if (e.count[TRUTH_SEEN_JET])
            jets[n_jets++] = log(truth_mass(e.object[TRUTH_SEEN_JET][0]) / truth_pt(e.object[TRUTH_SEEN_JET][0]));
        for (int k = 0; k < e.count[TRUTH_SEEN_PHOTON] && n < N; k++, n++) {
            truth_vector v = e.object[TRUTH_SEEN_PHOTON][k];
            pt[n] = truth_pt(v), eta[n] = asinh(v.z / pt[n]), phi[n] = atan2(v.y, v.x);
            sum += log(pt[n] / 10);
        }
    }
    ck_ks(missing, 2 * N, normal_cdf, soft);
    ck_ks(jets, n_jets, normal_cdf, mass);
    ck_ks(pt, n, photon_pt_cdf, NULL);
    ck_ks(eta, n, uniform_cdf, window);
    ck_ks(phi, n, uniform_cdf, turn);
    /* mean of log(pT/10), exponential with a = 2 cut at L: 1/2 - L e^-2L/(1 - e^-2L); its deviation is 1/2 */
    const double most = log(13000. / 80), rest = exp(-2 * most);
    ck_assert(fabs(sum / (double)n - (0.5 - most * rest / (1 - rest))) < SIGMA_LIMIT * 0.5 / sqrt((double)n));
    free(missing), free(jets), free(pt), free(eta), free(phi);
}
END_TEST

/* Slots of one type in a row: in falling pT, inside the cuts, empty ones behind and zero. Returns how many are there. */
static int check_slots(const double *slot, int count, double least, double widest, int has_mass)
{
    int n = 0;
    for (int k = 0; k < count; k++, slot += 4) {
        if (slot[1] == 0) {
            must(slot[0] == 0 && slot[2] == 0 && slot[3] == 0);
            continue;
        }
        must(n == k && slot[1] > least && fabs(slot[2]) < widest && fabs(slot[3]) <= M_PI);
        must(k == 0 || slot[1] <= slot[-3]);
        const double momentum = slot[1] * cosh(slot[2]);
        must(has_mass ? slot[0] > momentum : fabs(slot[0] - momentum) < 1e-9 * momentum);
        n++;
    }
    return n;
}

START_TEST(slots_hold_the_hardest_objects)
{
    genhep_dataset *data;
    double *few = make_events("ttbar_jets", N / 4, 63, "", &data),
           *all = make_events("ttbar_jets", N / 4, 63, "columns=82", NULL);
    ck_assert_int_eq(genhep_dataset_columns(data), 26);
    for (int i = 0; i < N / 4; i++) {
        const double *a = few + 26 * i, *b = all + 82 * i;
        must(a[0] == b[0] && a[1] == b[1] && a[0] > 0 && fabs(a[1]) <= M_PI);
        must(memcmp(a + 2, b + 2, 16 * sizeof *a) == 0);  /* four of twelve jets */
        must(memcmp(a + 18, b + 50, 8 * sizeof *a) == 0); /* two of four leptons */
        check_slots(b + 2, 12, 20, 5, 1);
        check_slots(b + 50, 4, 10, 2.5, 0);
        check_slots(b + 66, 4, 10, 2.5, 0);
    }
    genhep_dataset_free(data);
    free(few), free(all);
}
END_TEST

START_TEST(settings_are_checked)
{
    fails_with("ttbar_jets", 5, "columns=42", GENHEP_E_OPTION, "26|82");
    fails_with("ttbar_jets", 5, "radiation=7", GENHEP_E_OPTION, "0 to 6");
    fails_with("ttbar_jets", 5, "photon=1", GENHEP_E_OPTION, "'photons'");
}
END_TEST

GH_TEST_MAIN("truth_jets", multiplicities_are_poisson_and_binomial, spectra_masses_and_missing_momentum,
             slots_hold_the_hardest_objects, settings_are_checked)
