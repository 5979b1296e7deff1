/* test_truth_simple.c -- toy_1x, two_body and zll against their closed forms. */
#include "test_truth.h"

#include "truth/electroweak.h"
#include "truth/processes.h"

enum { N = 100000 };

/* ---- toy_1x ---- */

static double base_cdf(double x, const void *user)
{
    const double *r = user;
    return (log(x / r[0]) + 0.1 * (x - r[0])) / (log(r[1] / r[0]) + 0.1 * (r[1] - r[0]));
}

static double subtract_cdf(double x, const void *user)
{
    const double *r = user;
    return log(x / r[0]) / log(r[1] / r[0]);
}

static double add_cdf(double x, const void *user)
{
    const double *r = user;
    double lo = atan((r[0] - 90) / 10), hi = atan((r[1] - 90) / 10);
    return (atan((x - 90) / 10) - lo) / (hi - lo);
}

START_TEST(toy_follows_its_distribution)
{
    const distribution_fn cdf[3] = {base_cdf, subtract_cdf, add_cdf};
    const char *name[3] = {"base", "subtract", "add"};
    const double ranges[2][2] = {{1, 200}, {0.5, 77}};
    for (int s = 0; s < 3; s++)
        for (int r = 0; r < 2; r++) {
            char settings[64];
            snprintf(settings, sizeof settings, "sample=%s range=%g,%g", name[s], ranges[r][0], ranges[r][1]);
            double *x = make_events("toy_1x", N, 11 + s, settings, NULL);
            for (int i = 0; i < N; i++) must(x[i] >= ranges[r][0] && x[i] <= ranges[r][1]);
            ck_ks(x, N, cdf[s], ranges[r]);
            free(x);
        }
}
END_TEST

START_TEST(toy_rates_are_the_integrals)
{
    genhep_dataset *base, *subtract, *add, *narrow;
    free(make_events("toy_1x", 3, 1, "", &base));
    free(make_events("toy_1x", 3, 1, "sample=subtract", &subtract));
    free(make_events("toy_1x", 3, 1, "sample=add", &add));
    free(make_events("toy_1x", 3, 1, "range=[2,50]", &narrow));
    ck_assert_double_eq_tol(attribute_number(base, "sigma_pb"), log(200) + 19.9, 1e-8);
    ck_assert_double_eq_tol(attribute_number(subtract, "sigma_pb"), log(200), 1e-8);
    ck_assert_double_eq_tol(attribute_number(add, "sigma_pb"), 4.678, 5e-4);
    ck_assert_double_eq_tol(attribute_number(narrow, "sigma_pb"), log(25) + 4.8, 1e-8);
    ck_assert_str_eq(genhep_dataset_attribute(narrow, "settings"), "sample=base range=2,50");
    ck_assert_ptr_null(genhep_dataset_attribute(base, "sqrt_s_GeV"));
    genhep_dataset_free(base), genhep_dataset_free(subtract), genhep_dataset_free(add), genhep_dataset_free(narrow);
}
END_TEST

START_TEST(toy_files_give_the_subtraction)
{
    /* bin by bin, events weighted with sigma_pb/n of their files: B - S = 0.1, B - S + A adds the peak */
    const char *const setting[3] = {"sample=base", "sample=subtract", "sample=add"};
    enum { BINS = 10 };
    double rate[3][BINS] = {{0}}, variance[3][BINS] = {{0}};
    for (int s = 0; s < 3; s++) {
        genhep_dataset *data, *read;
        const char *path = gh_test_path("toy.h5");
        free(make_events("toy_1x", N, 31, setting[s], &data));
        ck_ok(genhep_dataset_write(data, path, NULL));
        ck_ok(genhep_dataset_open(path, NULL, &read));
        double *x = malloc(N * sizeof *x), weight = attribute_number(read, "sigma_pb") / N;
        ck_ok(genhep_dataset_values(read, x, 1, N));
        for (int i = 0; i < N; i++) {
            int bin = (int)((x[i] - 1) / 199 * BINS);
            bin = bin < BINS ? bin : BINS - 1;
            rate[s][bin] += weight, variance[s][bin] += weight * weight;
        }
        genhep_dataset_free(data), genhep_dataset_free(read), free(x);
    }
    for (int b = 0; b < BINS; b++) {
        double lo = 1 + 19.9 * b, hi = lo + 19.9, peak = 5 / M_PI * (atan((hi - 90) / 10) - atan((lo - 90) / 10));
        double difference = rate[0][b] - rate[1][b], error = sqrt(variance[0][b] + variance[1][b]);
        ck_assert_double_lt(fabs(difference - 1.99), SIGMA_LIMIT * error);
        error = sqrt(error * error + variance[2][b]);
        ck_assert_double_lt(fabs(difference + rate[2][b] - 1.99 - peak), SIGMA_LIMIT * error);
    }
}
END_TEST

START_TEST(toy_samples_are_independent)
{
    /* shared numbers would make base and subtract rise together: rank correlation far from 0 */
    double *a = make_events("toy_1x", N, 5, "sample=base", NULL);
    double *b = make_events("toy_1x", N, 5, "sample=subtract", NULL);
    const double range[2] = {1, 200};
    double sum = 0;
    for (int i = 0; i < N; i++) sum += (base_cdf(a[i], range) - 0.5) * (subtract_cdf(b[i], range) - 0.5);
    ck_assert_double_lt(fabs(sum) * 12 / sqrt(N), SIGMA_LIMIT);
    free(a), free(b);
}
END_TEST

/* ---- two_body ---- */

START_TEST(two_body_is_isotropic)
{
    const double mass[2] = {91.1876, 3.0969}, flat[2] = {-1, 1}, turn[2] = {-M_PI, M_PI};
    double *c = malloc(N * sizeof *c), *phi = malloc(N * sizeof *phi);
    for (int k = 0; k < 2; k++) {
        double *x = make_events("two_body", N, 3, k ? "mass=3.0969 smear=0" : "smear=0", NULL);
        for (int i = 0; i < N; i++) {
            const double *d1 = x + 8 * i, *d2 = d1 + 4;
            must(off_shell(d1, 0) < 1e-12);
            must(off_shell(d2, 0) < 1e-12);
            must(fabs(d1[0] - mass[k] / 2) < 1e-12);
            for (int j = 1; j < 4; j++) must(d1[j] == -d2[j]);
            c[i] = d1[3] / d1[0], phi[i] = atan2(d1[2], d1[1]);
        }
        ck_ks(c, N, uniform_cdf, flat);
        ck_ks(phi, N, uniform_cdf, turn);
        free(x);
    }
    free(c), free(phi);
}
END_TEST

static double normal_cdf(double x, const void *user)
{
    const double *p = user;
    return 0.5 * erfc(-(x - p[0]) / (p[1] * sqrt(2)));
}

START_TEST(two_body_smears_each_energy)
{
    const double shape[2] = {91.1876 / 2, 91.1876 / 2 * 0.03};
    double *x = make_events("two_body", N, 4, "smear=0.03", NULL), *e = malloc(N * sizeof *e), sum = 0;
    for (int d = 0; d < 2; d++) {
        for (int i = 0; i < N; i++) {
            must(off_shell(x + 8 * i + 4 * d, 0) < 1e-12);
            e[i] = x[8 * i + 4 * d];
        }
        ck_ks(e, N, normal_cdf, shape);
    }
    for (int i = 0; i < N; i++) sum += (x[8 * i] - shape[0]) * (x[8 * i + 4] - shape[0]) / (shape[1] * shape[1]);
    ck_assert_double_lt(fabs(sum) / sqrt(N), SIGMA_LIMIT);
    free(x), free(e);
}
END_TEST

/* ---- zll ---- */

/** 1 + c^2 + 2 r c on [-1,1], user = {r}. */
static double angle_cdf(double c, const void *user)
{
    double r = *(const double *)user;
    return 3. / 8 * ((c + 1) + (c * c * c + 1) / 3 + r * (c * c - 1));
}

START_TEST(zll_ee_mass_angle_and_asymmetry)
{
    const double shape[4] = {91.1876, 2.4952, 91.1876 - 15 * 2.4952, 91.1876 + 15 * 2.4952}, turn[2] = {-M_PI, M_PI};
    const double v = -1 + 4 * 0.2312, ae = 2 * -v / (v * v + 1), r = ae * ae;
    enum { M = 4 * N };
    genhep_dataset *data;
    double *x = make_events("zll", M, 21, "beams=ee", &data), *m = malloc(M * sizeof *m);
    double *c = malloc(M * sizeof *c), *phi = malloc(M * sizeof *phi), forward = 0;
    for (int i = 0; i < M; i++) {
        const double *mum = x + 8 * i, *mup = mum + 4;
        double p = sqrt(mum[1] * mum[1] + mum[2] * mum[2] + mum[3] * mum[3]);
        must(off_shell(mum, 0.10566) < 1e-12);
        must(off_shell(mup, 0.10566) < 1e-12);
        for (int j = 1; j < 4; j++) must(mum[j] == -mup[j]);
        m[i] = mum[0] + mup[0], c[i] = mum[3] / p, phi[i] = atan2(mum[2], mum[1]);
        forward += mum[3] > 0;
    }
    double measured = (2 * forward - M) / M, expected = 0.75 * r;
    ck_assert_double_lt(fabs(measured - expected), SIGMA_LIMIT / sqrt(M));
    ck_assert_double_gt(measured, SIGMA_LIMIT / sqrt(M)); /* the term is there, and forward */
    ck_ks(m, M, breit_wigner_s_cdf, shape);
    ck_ks(c, M, angle_cdf, &r);
    ck_ks(phi, M, uniform_cdf, turn);
    ck_assert_double_eq_tol(attribute_number(data, "sqrt_s_GeV"), 91.1876, 1e-9);
    genhep_dataset_free(data);
    free(x), free(m), free(c), free(phi);
}
END_TEST

START_TEST(zll_ee_at_fixed_energy)
{
    double *x = make_events("zll", 1000, 2, "beams=ee width=off sqrt_s=240", NULL);
    for (int i = 0; i < 1000; i++) ck_assert_double_eq_tol(x[8 * i] + x[8 * i + 4], 240, 1e-10);
    free(x);
}
END_TEST

START_TEST(zll_pp_mass_and_balance)
{
    const double shape[4] = {91.1876, 2.4952, 50, 13000 / 4.}, turn[2] = {-M_PI, M_PI};
    double *x = make_events("zll", N, 22, "", NULL), *m = malloc(N * sizeof *m), *phi = malloc(N * sizeof *phi);
    double backward = 0;
    for (int i = 0; i < N; i++) {
        const double *a = x + 8 * i, *b = a + 4;
        must(off_shell(a, 0.10566) < 1e-12);
        must(off_shell(b, 0.10566) < 1e-12);
        must(a[1] == -b[1] && a[2] == -b[2]);
        double e = a[0] + b[0], z = a[3] + b[3];
        m[i] = sqrt((e - z) * (e + z)), phi[i] = atan2(a[2], a[1]);
        must(fmax(e + z, e - z) < 13000);
        backward += z < 0;
    }
    ck_assert_double_lt(fabs(2 * backward - N) / sqrt(N), SIGMA_LIMIT);
    ck_ks(m, N, breit_wigner_s_cdf, shape);
    ck_ks(phi, N, uniform_cdf, turn);
    /* far above the peak, where a Breit-Wigner in m instead of s would have half as much again */
    double share = 1 - breit_wigner_s_cdf(200, shape), above = 0;
    for (int i = 0; i < N; i++) above += m[i] > 200;
    ck_assert_double_lt(fabs(above - N * share), SIGMA_LIMIT * sqrt(N * share));
    free(x), free(m), free(phi);
}
END_TEST

/* parton densities and couplings again, written down independently */
static double up_at(double x)
{
    return x < 1 ? 4.65617250 * pow(x, 0.7) * pow(1 - x, 4) + 0.2 * pow(x, -0.25) * pow(1 - x, 8) : 0;
}

static double down_at(double x)
{
    return x < 1 ? 2.65401833 * pow(x, 0.7) * pow(1 - x, 5) + 0.2 * pow(x, -0.25) * pow(1 - x, 8) : 0;
}

static double sea_at(double x)
{
    return x < 1 ? 0.2 * pow(x, -0.25) * pow(1 - x, 8) : 0;
}

typedef struct pair_density {
    double root, strength[2], asymmetry[2];
} pair_density;

/** Density of y for quarks from both sides. */
static double rapidity_density(double y, const void *user)
{
    const pair_density *p = user;
    double x1 = p->root * exp(y), x2 = p->root * exp(-y);
    return p->strength[0] * (up_at(x1) * sea_at(x2) + sea_at(x1) * up_at(x2)) +
           p->strength[1] * (down_at(x1) * sea_at(x2) + sea_at(x1) * down_at(x2));
}

/** The same times the asymmetry of cos* about the direction of y: 3/4 r (quark that way - quark the other way). */
static double boosted_density(double y, const void *user)
{
    const pair_density *p = user;
    double x1 = p->root * exp(y), x2 = p->root * exp(-y);
    return 0.75 * (p->strength[0] * p->asymmetry[0] * (up_at(x1) * sea_at(x2) - sea_at(x1) * up_at(x2)) +
                   p->strength[1] * p->asymmetry[1] * (down_at(x1) * sea_at(x2) - sea_at(x1) * down_at(x2)));
}

START_TEST(zll_pp_rapidity_and_direction)
{
    const double v = 1 - 4 * 0.2312, vu = 1 - 8. / 3 * 0.2312, vd = 1 - 4. / 3 * 0.2312, ae = 2 * v / (1 + v * v);
    const pair_density pair = {91.1876 / 13000,
                               {1 + vu * vu, 1 + vd * vd},
                               {ae * 2 * vu / (1 + vu * vu), ae * 2 * vd / (1 + vd * vd)}};
    const double most = -log(pair.root), from = 1.5;
    enum { M = 2 * N };
    double *x = make_events("zll", M, 23, "width=off", NULL), *rapidity = malloc(M * sizeof *rapidity);
    int outside = 0, with = 0;
    for (int i = 0; i < M; i++) {
        const double *a = x + 8 * i, *b = a + 4;
        double e = a[0] + b[0], z = a[3] + b[3], y = 0.5 * log((e + z) / (e - z));
        double c = cosh(y) * a[3] - sinh(y) * a[0]; /* pz of mu- in the frame of the pair */
        rapidity[i] = y;
        if (fabs(y) < from) continue;
        outside++, with += (c > 0) == (y > 0);
    }
    table_cdf rate = make_table(-most, most, 4001, rapidity_density, &pair);
    table_cdf far = make_table(from, most, 4001, rapidity_density, &pair);
    table_cdf turned = make_table(from, most, 4001, boosted_density, &pair);
    double expected = table_total(&turned) / table_total(&far), measured = (2. * with - outside) / outside;
    ck_assert_double_lt(fabs(measured - expected), SIGMA_LIMIT / sqrt(outside));
    ck_assert_double_gt(expected, 3 * SIGMA_LIMIT / sqrt(outside)); /* a wrong sign would show */
    ck_ks(rapidity, M, table_value, &rate);
    free(x), free(rapidity), free(rate.sum), free(far.sum), free(turned.sum);
}
END_TEST

static double up_density(double y, const void *user)
{
    const pair_density *p = user;
    return p->strength[0] * up_at(p->root * exp(y)) * sea_at(p->root * exp(-y));
}

static double down_density(double y, const void *user)
{
    const pair_density *p = user;
    return p->strength[1] * down_at(p->root * exp(y)) * sea_at(p->root * exp(-y));
}

START_TEST(zll_pp_flavours)
{
    const double vu = 1 - 8. / 3 * 0.2312, vd = 1 - 4. / 3 * 0.2312, mass = 150, most = log(13000 / mass);
    const pair_density pair = {mass / 13000, {1 + vu * vu, 1 + vd * vd}, {0, 0}};
    double *y[2] = {malloc(N * sizeof **y), malloc(N * sizeof **y)};
    int n[2] = {0};
    for (int i = 0; i < N; i++) {
        enum truth_quark quark;
        truth_draws draws = truth_draws_of(8, 3, i);
        double rapidity = truth_z_rapidity(&draws, mass, 13000, &quark);
        y[quark][n[quark]++] = rapidity;
    }
    table_cdf up = make_table(-most, most, 2001, up_density, &pair);
    table_cdf down = make_table(-most, most, 2001, down_density, &pair);
    double share = table_total(&up) / (table_total(&up) + table_total(&down));
    ck_assert_double_lt(fabs(n[0] - share * N), SIGMA_LIMIT * sqrt(share * (1 - share) * N));
    ck_ks(y[0], n[0], table_value, &up);
    ck_ks(y[1], n[1], table_value, &down);
    free(y[0]), free(y[1]), free(up.sum), free(down.sum);
}
END_TEST

/* ---- the pieces ---- */

START_TEST(decays_and_boosts)
{
    truth_vector parent = truth_from_rapidity(173, 60, 0.7, -1.3), a, b;
    ck_assert_double_eq_tol(truth_decay_momentum(173, 4.8, 80.385),
                            sqrt((173 * 173 - 85.185 * 85.185) * (173 * 173 - 75.585 * 75.585)) / 346, 1e-10);
    ck_assert(truth_decay_momentum(80, 40, 40) == 0 && truth_decay_momentum(80, 60, 40) == 0);
    truth_decay(parent, 173, 4.8, 80.385, -0.4, 2.1, &a, &b);
    truth_vector sum = truth_add(a, b);
    ck_assert_double_eq_tol(sum.e, parent.e, 1e-10);
    ck_assert_double_eq_tol(sum.x, parent.x, 1e-10);
    ck_assert_double_eq_tol(sum.y, parent.y, 1e-10);
    ck_assert_double_eq_tol(sum.z, parent.z, 1e-10);
    ck_assert_double_eq_tol(truth_mass(a), 4.8, 1e-10);
    ck_assert_double_eq_tol(truth_mass(b), 80.385, 1e-10);
    /* the opposite boost brings the angles back */
    truth_vector back = truth_boost(a, (truth_vector){parent.e, -parent.x, -parent.y, -parent.z}, 173);
    double p = sqrt(back.x * back.x + back.y * back.y + back.z * back.z);
    ck_assert_double_eq_tol(back.z / p, -0.4, 1e-12);
    ck_assert_double_eq_tol(atan2(back.y, back.x), 2.1, 1e-12);
}
END_TEST

START_TEST(falling_spectrum_inverts_its_distribution)
{
    for (double u = 0.01; u < 1; u += 0.07) {
        double pt = truth_falling_pt(u, 205, 3, 900), r = pt / 205, most = 900. / 205;
        ck_assert_double_eq_tol((1 - pow(1 + r * r, -3)) / (1 - pow(1 + most * most, -3)), u, 1e-12);
    }
}
END_TEST

START_TEST(breit_wigners_invert_their_distributions)
{
    const double z[4] = {91.1876, 2.4952, 50, 3250}, top[4] = {173, 1.4, 152, 194};
    const double w[4] = {80.385, 2.085, 49.11, 111.66};
    for (double u = 0.003; u < 1; u += 0.083) {
        ck_assert_double_eq_tol(breit_wigner_s_cdf(truth_breit_wigner_s(u, z[0], z[1], z[2], z[3]), z), u, 1e-12);
        ck_assert_double_eq_tol(breit_wigner_m_cdf(truth_top_mass(u), top), u, 1e-12);
        ck_assert_double_eq_tol(breit_wigner_m_cdf(truth_w_mass(u), w), u, 1e-12);
    }
    const double least = DBL_EPSILON / 4;
    ck_assert(truth_top_mass(least) >= 152 && truth_top_mass(1 - DBL_EPSILON) <= 194);
    ck_assert(truth_breit_wigner_s(least, z[0], z[1], z[2], z[3]) >= 50);
    ck_assert(truth_breit_wigner_s(1 - DBL_EPSILON, z[0], z[1], z[2], z[3]) <= 3250);
}
END_TEST

GH_TEST_MAIN("truth_simple", toy_follows_its_distribution, toy_rates_are_the_integrals,
             toy_files_give_the_subtraction, toy_samples_are_independent,
             two_body_is_isotropic, two_body_smears_each_energy, zll_ee_mass_angle_and_asymmetry,
             zll_ee_at_fixed_energy, zll_pp_mass_and_balance, zll_pp_rapidity_and_direction, zll_pp_flavours,
             decays_and_boosts, breit_wigners_invert_their_distributions, falling_spectrum_inverts_its_distribution)
