/* test_truth_drell_yan.c -- dy_full and dy_photon against a second calculation of the cross section. */
#include "test_truth.h"

#include "truth/electroweak.h"

enum { N = 200000 };

START_TEST(couplings_have_their_check_values)
{
    const double mass[5] = {20, 60, 91.1876, 100, 150};
    const char *expected[2][5] = {{"0.4441", "0.5171", "190.92", "5.4576", "0.8246"},
                                  {"0.1110", "0.2087", "245.63", "6.5424", "0.5929"}};
    for (int q = 0; q < 2; q++)
        for (int i = 0; i < 5; i++) {
            double g1, g3;
            char text[32];
            truth_drell_yan(q, TRUTH_FULL, mass[i], &g1, &g3);
            snprintf(text, sizeof text, i == 2 ? "%.2f" : "%.4f", g1);
            ck_assert_str_eq(text, expected[q][i]);
            must(fabs(g3) <= g1);
            truth_drell_yan(q, TRUTH_PHOTON, mass[i], &g1, &g3);
            ck_assert_double_eq_tol(g1, q ? 1. / 9 : 4. / 9, 1e-15);
            must(g3 == 0);
        }
    double g1, g3;
    truth_drell_yan(TRUTH_UP, TRUTH_FULL, 60, &g1, &g3);
    ck_assert_double_eq_tol(g3, -0.35, 0.005);
    /* the rate above the photon's changes sign at 26.8 GeV (up) and 22.7 GeV (down) */
    truth_drell_yan(TRUTH_UP, TRUTH_FULL, 26.75, &g1, &g3);
    ck_assert_double_lt(g1, 4. / 9);
    truth_drell_yan(TRUTH_UP, TRUTH_FULL, 26.85, &g1, &g3);
    ck_assert_double_gt(g1, 4. / 9);
    truth_drell_yan(TRUTH_DOWN, TRUTH_FULL, 22.65, &g1, &g3);
    ck_assert_double_lt(g1, 1. / 9);
    truth_drell_yan(TRUTH_DOWN, TRUTH_FULL, 22.75, &g1, &g3);
    ck_assert_double_gt(g1, 1. / 9);
}
END_TEST

START_TEST(bounds_hold)
{
    for (int q = 0; q < 2; q++) {
        for (double lo = 20; lo < 3000; lo *= 1.013) {
            double hi = lo * 1.04, most = truth_drell_yan_bound(q, TRUTH_FULL, lo, hi), largest = 0;
            for (int i = 0; i <= 200; i++) {
                double g1, g3;
                truth_drell_yan(q, TRUTH_FULL, lo + (hi - lo) * i / 200, &g1, &g3);
                largest = fmax(largest, g1);
            }
            must(largest <= most);
        }
        double before = INFINITY;
        for (double tau = 1e-9; tau < 1; tau *= 1.37) {
            double most = truth_luminosity_bound(q, tau), largest = 0, root = sqrt(tau), reach = -log(root);
            for (int i = 1; i < 2000; i++) {
                double y = reach * (i / 1000. - 1), one[2], two[2], bar, unused;
                truth_partons(root * exp(y), one, &unused);
                truth_partons(root * exp(-y), two, &bar);
                largest = fmax(largest, one[q] * bar);
            }
            must(largest <= most);
            must(largest > most / 2.5);
            must(most < before);
            before = most;
        }
    }
}
END_TEST

START_TEST(valence_quarks_are_counted)
{
    double up = 0, down = 0; /* integral of (x q - x qbar)/x in z = x^0.7: dx/x = dz/(0.7 z) */
    for (int i = 0; i < 20000; i++) {
        double z = (i + 0.5) / 20000, q[2], bar;
        truth_partons(pow(z, 1 / 0.7), q, &bar);
        up += (q[0] - bar) / (0.7 * z) / 20000;
        down += (q[1] - bar) / (0.7 * z) / 20000;
    }
    ck_assert_double_eq_tol(up, 2, 1e-6);
    ck_assert_double_eq_tol(down, 1, 1e-6);
    double q[2], bar;
    truth_partons(1, q, &bar);
    ck_assert(q[0] == 0 && q[1] == 0 && bar == 0);
}
END_TEST

/* ---- the same cross section written down a second time ---- */

static double sea_at(double x)
{
    return x < 1 ? 0.2 * pow(x, -0.25) * pow(1 - x, 8) : 0;
}

static double quark_at(double x, int q)
{
    double valence = q ? 2.65401833 * pow(x, 0.7) * pow(1 - x, 5) : 4.65617250 * pow(x, 0.7) * pow(1 - x, 4);
    return x < 1 ? valence + sea_at(x) : 0;
}

/** Coefficients of (1+cos)^2 and (1-cos)^2 from the four chirality amplitudes, photon plus Z with real and imaginary
 * part: what g1 and g3 sum up. */
static void chirality_sums(int q, int photon, double m, double *same, double *opposite)
{
    const double sin2 = 0.2312, Q = q ? -1. / 3 : 2. / 3, t3 = q ? -0.5 : 0.5, M = 91.1876, G = 2.4952, s = m * m;
    const double quark[2] = {t3 - Q * sin2, -Q * sin2}, lepton[2] = {-0.5 + sin2, sin2}; /* left, right */
    double D = (s - M * M) * (s - M * M) + M * M * G * G, k = s / (sin2 * (1 - sin2));
    double re = photon ? 0 : k * (s - M * M) / D, im = photon ? 0 : -k * M * G / D;
    *same = *opposite = 0;
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) {
            double real = -Q + quark[a] * lepton[b] * re, imaginary = quark[a] * lepton[b] * im;
            *(a == b ? same : opposite) += (real * real + imaginary * imaginary) / 4;
        }
}

typedef struct point {
    int photon;
    double m;
} point;

/** d sigma / (dm dy) in pb/GeV inside the cuts. */
static double rate_at(double y, const void *user)
{
    const point *p = user;
    double root = p->m / 13000, c = sqrt(1 - 400 / (p->m * p->m)), sum = 0;
    for (int q = 0; q < 2; q++) {
        double same, opposite, x1 = root * exp(y), x2 = root * exp(-y);
        chirality_sums(q, p->photon, p->m, &same, &opposite);
        double luminosity = quark_at(x1, q) * sea_at(x2) + sea_at(x1) * quark_at(x2, q);
        sum += luminosity * (same + opposite) * (2 * c + 2 * c * c * c / 3);
    }
    double s = p->m * p->m, alpha = 1 / 128.;
    return 2 / p->m * M_PI * alpha * alpha / (6 * s) * 0.3893793721e9 * sum;
}

/** The same in m, integrated over y; user = &photon. */
static double mass_density(double logarithm, const void *user)
{
    point p = {*(const int *)user, exp(logarithm)};
    double most = log(13000 / p.m);
    table_cdf y = make_table(-most, most, 81, rate_at, &p);
    double rate = table_total(&y) * p.m;
    free(y.sum);
    return rate;
}

static double mass_cdf(double m, const void *user)
{
    return table_value(log(m), user);
}

START_TEST(mass_spectra_and_rates)
{
    const char *name[2] = {"dy_full", "dy_photon"};
    double sigma[2];
    for (int photon = 0; photon < 2; photon++) {
        genhep_dataset *data;
        double *x = make_events(name[photon], N, 31, "", &data), *m = malloc(N * sizeof *m);
        for (int i = 0; i < N; i++) {
            const double *a = x + 8 * i, *b = a + 4;
            must(off_shell(a, 0.000511) < 1e-12);
            must(off_shell(b, 0.000511) < 1e-12);
            must(a[1] == -b[1] && a[2] == -b[2]);
            must(hypot(a[1], a[2]) > 10 - 1e-9);
            double e = a[0] + b[0], z = a[3] + b[3];
            m[i] = sqrt((e - z) * (e + z));
            must(m[i] > 30 - 1e-6);
        }
        table_cdf table = make_table(log(30), log(13000 / 4.), 3001, mass_density, &photon);
        ck_ks(m, N, mass_cdf, &table);
        sigma[photon] = attribute_number(data, "sigma_pb");
        ck_assert_double_eq_tol(sigma[photon] / table_total(&table), 1, 1e-5);
        double error = attribute_number(data, "sigma_err_pb");
        must(error > 0 && error < 1e-3 * sigma[photon]);
        ck_assert_str_eq(genhep_dataset_attribute(data, "process"), name[photon]);
        ck_assert_double_eq_tol(attribute_number(data, "sqrt_s_GeV"), 13000, 1e-9);
        genhep_dataset_free(data);
        free(x), free(m), free(table.sum);
    }
    ck_assert_double_gt(sigma[0], sigma[1]);
}
END_TEST

/** Asymmetry of cos* about the direction of the pair between two masses and beyond |y| = from. */
static void expected_asymmetry(double lo, double hi, double from, double *asymmetry)
{
    double sum = 0, difference = 0;
    for (int i = 0; i < 200; i++) {
        double m = lo + (hi - lo) * (i + 0.5) / 200, most = log(13000 / m), c = sqrt(1 - 400 / (m * m));
        for (int j = 0; j < 200; j++) {
            double y = from + (most - from) * (j + 0.5) / 200, x1 = m / 13000 * exp(y), x2 = m / 13000 * exp(-y);
            for (int q = 0; q < 2; q++) {
                double same, opposite, with = quark_at(x1, q) * sea_at(x2), against = sea_at(x1) * quark_at(x2, q);
                chirality_sums(q, 0, m, &same, &opposite);
                double w = (most - from) / (m * m * m);
                sum += w * (with + against) * (same + opposite) * (2 * c + 2 * c * c * c / 3);
                /* (1+c)^2 same + (1-c)^2 opposite, forward minus backward: 2 c^2 (same - opposite) */
                difference += w * (with - against) * (same - opposite) * 2 * c * c;
            }
        }
    }
    *asymmetry = difference / sum;
}

START_TEST(angles_follow_the_interference)
{
    const double window[3][2] = {{40, 75}, {90, 92.4}, {100, 200}}, from = 1;
    enum { M = 2 * N };
    double *x = make_events("dy_full", M, 33, "", NULL);
    int all[3] = {0}, with[3] = {0};
    for (int i = 0; i < M; i++) {
        const double *a = x + 8 * i, *b = a + 4;
        double e = a[0] + b[0], z = a[3] + b[3], y = 0.5 * log((e + z) / (e - z)), m = sqrt((e - z) * (e + z));
        double along = cosh(y) * a[3] - sinh(y) * a[0];
        for (int w = 0; w < 3; w++)
            if (m > window[w][0] && m < window[w][1] && fabs(y) > from) all[w]++, with[w] += (along > 0) == (y > 0);
    }
    for (int w = 0; w < 3; w++) {
        double expected, measured = (2. * with[w] - all[w]) / all[w];
        expected_asymmetry(window[w][0], window[w][1], from, &expected);
        ck_assert_msg(fabs(measured - expected) < SIGMA_LIMIT / sqrt(all[w]),
                      "%g to %g GeV: asymmetry %.4f, expected %.4f", window[w][0], window[w][1], measured, expected);
        if (w != 1) ck_assert_double_gt(fabs(expected), 3 * SIGMA_LIMIT / sqrt(all[w]));
    }
    free(x);
}
END_TEST

static double symmetric_cdf(double c, const void *user)
{
    double l = *(const double *)user;
    return 0.5 + 0.5 * (c + c * c * c / 3) / (l + l * l * l / 3);
}

START_TEST(photon_angles_are_symmetric)
{
    /* 1 + cos^2 up to the cut of its mass: transform each to a uniform number */
    const double unit[2] = {0, 1};
    double *x = make_events("dy_photon", N, 35, "sqrt_s=8000", NULL), *u = malloc(N * sizeof *u);
    for (int i = 0; i < N; i++) {
        const double *a = x + 8 * i, *b = a + 4;
        double e = a[0] + b[0], z = a[3] + b[3], y = 0.5 * log((e + z) / (e - z)), m = sqrt((e - z) * (e + z));
        double along = cosh(y) * a[3] - sinh(y) * a[0], limit = sqrt(1 - 400 / (m * m));
        u[i] = symmetric_cdf(along / (m / 2), &limit);
    }
    ck_ks(u, N, uniform_cdf, unit);
    free(x), free(u);
}
END_TEST

GH_TEST_MAIN("truth_drell_yan", couplings_have_their_check_values, bounds_hold, valence_quarks_are_counted,
             mass_spectra_and_rates, angles_follow_the_interference, photon_angles_are_symmetric)
