/* test_truth_unfold.c -- zw_unfold: parton level, smearing and selection against their closed forms; gauss_unfold:
 * the exact posterior. */
#include "test_truth.h"

#include "truth/electroweak.h"
#include "truth/kinematics.h"
#include "truth/processes.h"

enum { N = 100000 };

static truth_vector vector_at(const double *v)
{
    return (truth_vector){v[0], v[1], v[2], v[3]};
}

static truth_vector at_rest(truth_vector v, truth_vector frame)
{
    return truth_boost(v, (truth_vector){frame.e, -frame.x, -frame.y, -frame.z}, truth_mass(frame));
}

static double length(truth_vector v)
{
    return sqrt(v.x * v.x + v.y * v.y + v.z * v.z);
}

static double pseudorapidity(truth_vector v)
{
    return asinh(v.z / truth_pt(v));
}

static double normal_cdf(double x, const void *user)
{
    (void)user;
    return 0.5 * erfc(-x / sqrt(2));
}

/* ---- parton level before the selection ---- */

static double pt_cdf(double pt, const void *user)
{
    (void)user;
    double r = pt / 84, most = 13000. / 8 / 84;
    return (1 - pow(1 + r * r, -2)) / (1 - pow(1 + most * most, -2));
}

/** (1-f0) (3/8)(1 + c^2) + f0 (3/4)(1 - c^2) with f0 = 0.2. */
static double helicity_cdf(double c, const void *user)
{
    (void)user;
    return 0.3 * ((c + 1) + (c * c * c + 1) / 3) + 0.15 * ((c + 1) - (c * c * c + 1) / 3);
}

START_TEST(partons_follow_their_distributions)
{
    const double z[4] = {91.1876, 2.4952, 91.1876 - 37.428, 91.1876 + 37.428}, turn[2] = {-M_PI, M_PI};
    const double w[4] = {80.385, 2.085, 80.385 - 31.275, 80.385 + 31.275};
    double *x[8];
    for (int k = 0; k < 8; k++) x[k] = malloc(N * sizeof **x);
    for (int i = 0; i < N; i++) {
        truth_draws draws = truth_draws_of(51, 9, i);
        truth_vector p[4];
        truth_zw_partons(&draws, 13000, p);
        ck_assert_int_eq(draws.spent, 0);
        truth_vector boson[2] = {truth_add(p[0], p[1]), truth_add(p[2], p[3])};
        must(truth_pt(p[2]) >= truth_pt(p[3]));
        must(fabs(boson[0].x + boson[1].x) < 1e-9 * boson[0].e && fabs(boson[0].y + boson[1].y) < 1e-9 * boson[0].e);
        x[0][i] = truth_mass(boson[0]), x[1][i] = truth_mass(boson[1]);
        x[2][i] = truth_pt(boson[0]), x[3][i] = atan2(boson[0].y, boson[0].x);
        for (int b = 0; b < 2; b++) {
            truth_vector d = at_rest(p[2 * b], boson[b]), n = boson[b];
            double c = (d.x * n.x + d.y * n.y + d.z * n.z) / (length(d) * length(n));
            /* the ordering in pT prefers quarks along the W: the sign of cos is lost, its size is not */
            x[4 + b][i] = b ? fabs(c) : c;
            /* azimuth about the flight: against the plane of boson and beam */
            double up = d.z - c * length(d) * n.z / length(n), side = (d.y * n.x - d.x * n.y) / truth_pt(n);
            x[6 + b][i] = atan2(side, up * length(n) / truth_pt(n));
        }
        for (int k = 0; k < 4; k++) must(fabs(truth_mass(p[k]) - (k < 2 ? 0.10566 : 0.33)) < 1e-6 * p[k].e);
    }
    ck_ks(x[0], N, breit_wigner_m_cdf, z);
    ck_ks(x[1], N, breit_wigner_m_cdf, w);
    ck_ks(x[2], N, pt_cdf, NULL);
    ck_ks(x[3], N, uniform_cdf, turn);
    ck_ks(x[4], N, helicity_cdf, NULL);
    for (int i = 0; i < N; i += 2) x[5][i] = -x[5][i];
    ck_ks(x[5], N, helicity_cdf, NULL);
    ck_ks(x[6], N, uniform_cdf, turn);
    for (int k = 0; k < 8; k++) free(x[k]);
}
END_TEST

/* ---- detector level ---- */

static const char smearing[] = "lepton=0.03 jet=0.6 constant=0.04 response=0.9 angle=0.05";

static truth_run open_run(void)
{
    truth_run run;
    char text[128], *word[8], message[256];
    int n = 0;
    snprintf(text, sizeof text, "%s", smearing);
    for (char *part = strtok(text, " "); part; part = strtok(NULL, " ")) word[n++] = part;
    ck_assert_int_eq(truth_open(truth_find("zw_unfold"), word, n, &run, message, sizeof message), GENHEP_OK);
    return run;
}

START_TEST(smearing_is_normal_with_the_stated_widths)
{
    const truth_vector part[4] = {{100, 60, 0, 80}, {80, -64, 0, 48}, {150.001, 0, 90, 120}, {64, 0, -40, 50}};
    double *pull[4][3];
    truth_run run = open_run();
    for (int k = 0; k < 12; k++) pull[k / 3][k % 3] = malloc(N * sizeof(double));
    for (int i = 0; i < N; i++) {
        truth_draws draws = truth_draws_of(52, 9, i);
        truth_vector det[4];
        truth_zw_leptons(&run, &draws, part, det);
        truth_zw_jets(&run, &draws, part + 2, det + 2);
        for (int k = 0; k < 4; k++) {
            double sigma = k < 2 ? 0.03 : sqrt(0.36 / part[k].e + 0.0016), mean = k < 2 ? 1 : 0.9;
            pull[k][0][i] = (truth_pt(det[k]) / truth_pt(part[k]) / mean - 1) / sigma;
            double turn = remainder(atan2(det[k].y, det[k].x) - atan2(part[k].y, part[k].x), 2 * M_PI);
            double shift = pseudorapidity(det[k]) - pseudorapidity(part[k]);
            if (k < 2) must(fabs(turn) < 1e-12 && fabs(shift) < 1e-12);
            pull[k][1][i] = turn / 0.05, pull[k][2][i] = shift / 0.05;
            /* mass scales with the energy factor */
            must(fabs(truth_mass(det[k]) * truth_pt(part[k]) - truth_mass(part[k]) * truth_pt(det[k])) <
                 1e-3 * det[k].e);
        }
    }
    for (int k = 0; k < 12; k++) {
        if (k % 3 == 0 || k >= 6) ck_ks(pull[k / 3][k % 3], N, normal_cdf, NULL);
        free(pull[k / 3][k % 3]);
    }
    truth_close(&run);
}
END_TEST

/** The selection again, written down independently. */
static int selected(const truth_vector det[4])
{
    for (int k = 0; k < 4; k++)
        if (!(truth_pt(det[k]) > 25 && fabs(pseudorapidity(det[k])) < 2.5)) return 0;
    double turn = fabs(atan2(det[2].y, det[2].x) - atan2(det[3].y, det[3].x)), most = fmin(turn, 2 * M_PI - turn);
    return hypot(most, pseudorapidity(det[2]) - pseudorapidity(det[3])) > 0.6;
}

START_TEST(zw_events_are_selected_pairs)
{
    const char *const object[8] = {"part_lm", "part_lp", "part_j1", "part_j2", "det_lm", "det_lp", "det_j1", "det_j2"};
    const char *const part[4] = {"E", "px", "py", "pz"};
    genhep_dataset *data;
    double *x = make_events("zw_unfold", N, 53, "", &data);
    int swapped = 0;
    for (int i = 0; i < N; i++) {
        const double *v = x + 32 * i;
        truth_vector det[4];
        for (int k = 0; k < 4; k++) {
            must(off_shell(v + 4 * k, k < 2 ? 0.10566 : 0.33) < 1e-12);
            det[k] = vector_at(v + 16 + 4 * k);
        }
        must(selected(det));
        truth_vector j1 = vector_at(v + 8), j2 = vector_at(v + 12);
        must(truth_pt(j1) >= truth_pt(j2));
        swapped += truth_pt(det[3]) > truth_pt(det[2]);
        must(fabs(v[1] + v[5] + v[9] + v[13]) < 1e-9 * v[0] + 1e-9 * v[8]);
    }
    ck_assert(swapped > N / 100 && swapped < N / 5); /* smearing turns the order of close jets */
    for (int c = 0; c < 32; c++) {
        char name[16];
        genhep_column column = {.struct_size = sizeof column};
        ck_ok(genhep_dataset_column(data, c, &column));
        snprintf(name, sizeof name, "%s_%s", object[c / 4], part[c % 4]);
        ck_assert_str_eq(column.name, name);
    }
    genhep_dataset_free(data);
    free(x);
}
END_TEST

START_TEST(zw_selection_keeps_the_accepted_tries)
{
    /* means over tries made from the uncut pieces and cut here, against the finished events */
    truth_run run = open_run();
    double *x = make_events("zw_unfold", N, 54, smearing, NULL);
    double sum[3] = {0}, square[3] = {0}, uncut[3] = {0};
    int passed = 0;
    for (int i = 0; i < 3 * N; i++) {
        truth_vector p[4], det[4];
        truth_draws draws = truth_draws_of(55, 9, i);
        truth_zw_partons(&draws, 13000, p);
        int kept = truth_zw_leptons(&run, &draws, p, det);
        kept = truth_zw_jets(&run, &draws, p + 2, det + 2) && kept;
        if (!kept) continue;
        must(selected(det));
        passed++;
        uncut[0] += truth_pt(p[2]), uncut[1] += fabs(pseudorapidity(p[0])), uncut[2] += truth_pt(det[3]);
    }
    for (int i = 0; i < N; i++) {
        const double *v = x + 32 * i;
        double value[3] = {hypot(v[9], v[10]), fabs(asinh(v[3] / hypot(v[1], v[2]))), hypot(v[29], v[30])};
        for (int k = 0; k < 3; k++) sum[k] += value[k] / N, square[k] += value[k] * value[k] / N;
    }
    ck_assert_int_gt(passed, 3 * N / 10);
    for (int k = 0; k < 3; k++) {
        double error = sqrt((square[k] - sum[k] * sum[k]) * (1. / N + 1. / passed));
        ck_assert_msg(fabs(uncut[k] / passed - sum[k]) < SIGMA_LIMIT * error, "mean %d: %g and %g +- %g", k,
                      uncut[k] / passed, sum[k], error);
    }
    free(x);
    truth_close(&run);
}
END_TEST

/* ---- gauss_unfold ---- */

START_TEST(gauss_posterior_is_exact)
{
    /* posterior of x given y: N((m0/s0^2 + y/s^2)/(1/s0^2 + 1/s^2), 1/(1/s0^2 + 1/s^2)) */
    const double m0 = -3, s0 = 1.5, s = 0.7, w0 = 1 / (s0 * s0), w = 1 / (s * s);
    double *x = make_events("gauss_unfold", N, 61, "mean=-3 width=1.5 smear=0.7", NULL);
    double *pull = malloc(N * sizeof *pull), *y = malloc(N * sizeof *y), *low = malloc(N * sizeof *low);
    double product = 0, cross = 0;
    int n_low = 0;
    for (int i = 0; i < N; i++) {
        double mean = (m0 * w0 + x[2 * i + 1] * w) / (w0 + w);
        pull[i] = (x[2 * i] - mean) * sqrt(w0 + w);
        y[i] = (x[2 * i + 1] - m0) / sqrt(s0 * s0 + s * s);
        product += pull[i] * y[i], cross += pull[i] * pull[i] * y[i];
        if (y[i] < -1) low[n_low++] = pull[i];
    }
    ck_assert_double_lt(fabs(product) / sqrt(N), SIGMA_LIMIT);
    ck_assert_double_lt(fabs(cross) / sqrt(3. * N), SIGMA_LIMIT);
    ck_ks(pull, N, normal_cdf, NULL);
    ck_ks(y, N, normal_cdf, NULL);
    ck_ks(low, n_low, normal_cdf, NULL); /* also where y is unusually small */
    free(x), free(pull), free(y), free(low);
}
END_TEST

START_TEST(unfolding_settings_are_checked)
{
    fails_with("zw_unfold", 1, "jet=3", GENHEP_E_OPTION, "jet='3', expected a number from 0 to 2");
    fails_with("zw_unfold", 1, "lept=0", GENHEP_E_OPTION, "the closest is 'lepton'");
    fails_with("gauss_unfold", 1, "smear=0", GENHEP_E_OPTION, "smear='0'");
}
END_TEST

GH_TEST_MAIN("truth_unfold", partons_follow_their_distributions, smearing_is_normal_with_the_stated_widths,
             zw_events_are_selected_pairs, zw_selection_keeps_the_accepted_tries, gauss_posterior_is_exact,
             unfolding_settings_are_checked)
