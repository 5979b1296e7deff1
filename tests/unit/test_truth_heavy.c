/* test_truth_heavy.c -- ttbar_6q and ww_lep6: masses, isotropy, balance and observables against their closed forms. */
#include "test_truth.h"

#include "truth/kinematics.h"
#include "truth/processes.h"

enum { N = 100000 };

static truth_vector vector_at(const double *v)
{
    return (truth_vector){v[0], v[1], v[2], v[3]};
}

/** v in the rest frame of `frame`. */
static truth_vector at_rest(truth_vector v, truth_vector frame)
{
    return truth_boost(v, (truth_vector){frame.e, -frame.x, -frame.y, -frame.z}, truth_mass(frame));
}

static double pt_cdf(double pt, const void *user)
{
    (void)user;
    double r = pt / 205, most = 13000. / 8 / 205;
    return (1 - pow(1 + r * r, -3)) / (1 - pow(1 + most * most, -3));
}

START_TEST(ttbar_masses_are_breit_wigner)
{
    const double top[4] = {173, 1.4, 173 - 21, 173 + 21}, w[4] = {80.385, 2.085, 80.385 - 31.275, 80.385 + 31.275};
    double *x = make_events("ttbar_6q", N, 41, "", NULL), *mt = malloc(N * sizeof *mt), *mw = malloc(N * sizeof *mw);
    double *pt = malloc(N * sizeof *pt);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < N; i++) {
            const double *v = x + 24 * i + 12 * side;
            truth_vector boson = truth_add(vector_at(v + 4), vector_at(v + 8)), t = truth_add(boson, vector_at(v));
            mt[i] = truth_mass(t), mw[i] = truth_mass(boson), pt[i] = truth_pt(t);
        }
        ck_ks(mt, N, breit_wigner_m_cdf, top);
        ck_ks(mw, N, breit_wigner_m_cdf, w);
        ck_ks(pt, N, pt_cdf, NULL);
    }
    free(x), free(mt), free(mw), free(pt);
}
END_TEST

START_TEST(ttbar_is_on_shell_and_balanced)
{
    const double mass[6] = {4.8, 0.33, 0.33, 4.8, 0.33, 0.33};
    const char *const particle[6] = {"b", "q1", "q1barp", "bbar", "q2", "q2barp"};
    const char *const part[4] = {"E", "px", "py", "pz"};
    genhep_dataset *data;
    double *x = make_events("ttbar_6q", N, 42, "sqrt_s=7000", &data);
    for (int i = 0; i < N; i++) {
        double sum[4] = {0};
        for (int p = 0; p < 6; p++) {
            const double *v = x + 24 * i + 4 * p;
            must(off_shell(v, mass[p]) < 1e-12);
            for (int j = 0; j < 4; j++) sum[j] += v[j];
        }
        must(fabs(sum[1]) / sum[0] < 1e-12);
        must(fabs(sum[2]) / sum[0] < 1e-12);
        must(sum[0] + fabs(sum[3]) < 7000);
    }
    for (int i = 0; i < 24; i++) {
        char name[16];
        genhep_column column = {.struct_size = sizeof column};
        ck_ok(genhep_dataset_column(data, i, &column));
        snprintf(name, sizeof name, "%s_%s", particle[i / 4], part[i % 4]);
        ck_assert_str_eq(column.name, name);
        ck_assert_str_eq(column.unit, "GeV");
    }
    ck_assert_ptr_null(genhep_dataset_attribute(data, "sigma_pb"));
    genhep_dataset_free(data);
    free(x);
}
END_TEST

START_TEST(ttbar_decays_are_isotropic)
{
    const double flat[2] = {-1, 1}, turn[2] = {-M_PI, M_PI};
    double *x = make_events("ttbar_6q", N, 43, "", NULL), *value[5];
    for (int k = 0; k < 5; k++) value[k] = malloc(N * sizeof **value);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < N; i++) {
            const double *v = x + 24 * i + 12 * side;
            truth_vector b = vector_at(v), boson = truth_add(vector_at(v + 4), vector_at(v + 8));
            truth_vector t = truth_add(boson, b);
            truth_vector in_t = at_rest(b, t), q = at_rest(vector_at(v + 4), boson);
            truth_vector in_w = at_rest(at_rest(vector_at(v + 4), t), at_rest(boson, t));
            double p = sqrt(in_t.x * in_t.x + in_t.y * in_t.y + in_t.z * in_t.z);
            double pq = sqrt(q.x * q.x + q.y * q.y + q.z * q.z);
            value[0][i] = in_t.z / p, value[1][i] = atan2(in_t.y, in_t.x);
            value[2][i] = q.z / pq, value[3][i] = atan2(q.y, q.x);
            /* helicity angle: quark in the W frame against the W in the t frame, which is opposite to b */
            value[4][i] = -(in_w.x * in_t.x + in_w.y * in_t.y + in_w.z * in_t.z) / (p * pq);
        }
        ck_ks(value[0], N, uniform_cdf, flat);
        ck_ks(value[1], N, uniform_cdf, turn);
        ck_ks(value[2], N, uniform_cdf, flat);
        ck_ks(value[3], N, uniform_cdf, turn);
        ck_ks(value[4], N, uniform_cdf, flat);
    }
    for (int k = 0; k < 5; k++) free(value[k]);
    free(x);
}
END_TEST

/** Two-sample KS distance times sqrt(n/2). */
static double two_sample_distance(double *a, double *b, int n)
{
    double worst = 0;
    qsort(a, (size_t)n, sizeof *a, compare_numbers);
    qsort(b, (size_t)n, sizeof *b, compare_numbers);
    for (int i = 0, j = 0; i < n; i++) {
        while (j < n && b[j] <= a[i]) j++;
        worst = fmax(worst, abs(i + 1 - j));
    }
    return worst / sqrt(2. * n);
}

START_TEST(ttbar_rapidities)
{
    /* a second sampler for the same recipe, with the mass of the top fixed: 1.4 GeV do not matter to a rapidity */
    double *x = make_events("ttbar_6q", N, 47, "", NULL);
    double *u = malloc(N * sizeof *u), *g = malloc(16 * N * sizeof *g);
    double *y[2][4];
    ck_ok(genhep_random_uniform(47, 1, 0, N, u));
    ck_ok(genhep_random_normal(48, 1, 0, 16 * N, g));
    for (int k = 0; k < 8; k++) y[k / 4][k % 4] = malloc(N * sizeof(double));
    int used = 0;
    for (int i = 0; i < N; i++) {
        double most = 13000. / 8 / 205, total = 1 - pow(1 + most * most, -3);
        double mt = hypot(173, 205 * sqrt(pow(1 - u[i] * total, -1. / 3) - 1)), one = 0, two = 0, keep = 0;
        while (keep < 1) {
            ck_assert_int_lt(used + 3, 16 * N);
            one = 2 * g[used] + 0.66 * g[used + 1], two = 2 * g[used] - 0.66 * g[used + 1];
            double up = mt * (exp(one) + exp(two)) / 13000, down = mt * (exp(-one) + exp(-two)) / 13000;
            double chance = up < 1 && down < 1 ? pow((1 - up) * (1 - down), 3) : 0;
            keep = 0.5 * erfc(-g[used + 2] / sqrt(2)) < chance;
            used += 3;
        }
        double values[2][2] = {{one, two}, {0, 0}};
        for (int side = 0; side < 2; side++) {
            const double *v = x + 24 * i + 12 * side;
            double e = v[0] + v[4] + v[8], z = v[3] + v[7] + v[11];
            values[1][side] = 0.5 * log((e + z) / (e - z));
        }
        for (int s = 0; s < 2; s++) {
            y[s][0][i] = values[s][0], y[s][1][i] = values[s][1];
            y[s][2][i] = values[s][0] - values[s][1], y[s][3][i] = values[s][0] + values[s][1];
        }
    }
    for (int k = 0; k < 4; k++) {
        ck_assert_double_lt(two_sample_distance(y[0][k], y[1][k], N), KS_LIMIT);
        free(y[0][k]), free(y[1][k]);
    }
    free(x), free(u), free(g);
}
END_TEST

/* ---- ww_lep6 ---- */

START_TEST(ww_observables_by_hand)
{
    /* leptons along x and y, neutrinos opposite to x: all six follow on paper */
    const truth_vector lepton[2] = {{30, 0, 30, 0}, {50, 40, 0, 30}}, neutrino[2] = {{20, -20, 0, 0}, {13, 0, -5, 12}};
    double row[6];
    truth_ww_observables(lepton, neutrino, row);
    ck_assert_double_eq_tol(row[0], 40, 1e-12);
    ck_assert_double_eq_tol(row[1], 30, 1e-12);
    ck_assert_double_eq_tol(row[2], sqrt(425), 1e-12);
    ck_assert_double_eq_tol(row[3], sqrt(6400 - 1600 - 900 - 900), 1e-12);
    ck_assert_double_eq_tol(row[4], 50, 1e-12);
    double energy = sqrt(3000 + 2500) + sqrt(425);
    ck_assert_double_eq_tol(row[5], sqrt(energy * energy - 20 * 20 - 25 * 25), 1e-12);
}
END_TEST

START_TEST(ww_vectors_are_w_decays)
{
    const double w[4] = {80.385, 2.085, 80.385 - 31.275, 80.385 + 31.275}, flat[2] = {-1, 1}, turn[2] = {-M_PI, M_PI};
    double *m = malloc(N * sizeof *m), *c = malloc(N * sizeof *c), *phi = malloc(N * sizeof *phi);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < N; i++) {
            truth_vector lepton[2], neutrino[2];
            truth_draws draws = truth_draws_of(77 + side, 9, i);
            truth_ww_vectors(&draws, lepton, neutrino);
            truth_vector boson = truth_add(lepton[side], neutrino[side]), l = at_rest(lepton[side], boson);
            m[i] = truth_mass(boson), c[i] = l.z / l.e;
            phi[i] = atan2(lepton[0].y + neutrino[0].y + lepton[1].y + neutrino[1].y,
                           lepton[0].x + neutrino[0].x + lepton[1].x + neutrino[1].x); /* azimuth of the recoil */
        }
        ck_ks(m, N, breit_wigner_m_cdf, w);
        ck_ks(c, N, uniform_cdf, flat);
        ck_ks(phi, N, uniform_cdf, turn);
    }
    free(m), free(c), free(phi);
}
END_TEST

START_TEST(ww_events_are_consistent)
{
    genhep_dataset *data;
    double *x = make_events("ww_lep6", N, 44, "", &data);
    for (int i = 0; i < N; i++) {
        const double *v = x + 6 * i, slack = 1e-9 * (v[3] + v[4] + v[2] + 1);
        must(v[0] > 27 && v[1] > 10 && v[3] > 10 && v[0] >= v[1] && v[2] >= 0);
        must(v[4] <= v[0] + v[1] + slack && v[4] >= v[0] - v[1] - slack);
        /* |pT(ll) + pT(nu nu)| lies between difference and sum, so MT^2 between these */
        double energy = sqrt(v[3] * v[3] + v[4] * v[4]) + v[2], sum = v[4] + v[2], difference = v[4] - v[2];
        must(v[5] <= sqrt(energy * energy - difference * difference) + slack);
        must(v[5] >= sqrt(energy * energy - sum * sum) - slack);
        must(v[5] > v[3] - slack);
    }
    const char *const name[6] = {"lep0_pt", "lep1_pt", "MET", "Mll", "Ptll", "MT"};
    for (int j = 0; j < 6; j++) {
        genhep_column column = {.struct_size = sizeof column};
        ck_ok(genhep_dataset_column(data, j, &column));
        ck_assert_str_eq(column.name, name[j]);
    }
    genhep_dataset_free(data);
    free(x);
}
END_TEST

START_TEST(ww_cut_events_are_the_accepted_ones)
{
    /* the fraction of uncut tries that pass, and the mean MT of those, agree with the finished events */
    double *x = make_events("ww_lep6", N, 45, "", NULL), mean = 0, square = 0, uncut = 0, row[6];
    int passed = 0;
    for (int i = 0; i < N; i++) {
        truth_vector lepton[2], neutrino[2];
        truth_draws draws = truth_draws_of(46, 9, i);
        truth_ww_vectors(&draws, lepton, neutrino);
        truth_ww_observables(lepton, neutrino, row);
        if (row[0] > 27 && row[1] > 10 && row[3] > 10) passed++, uncut += row[5];
        mean += x[6 * i + 5] / N, square += x[6 * i + 5] * x[6 * i + 5] / N;
    }
    double error = sqrt((square - mean * mean) * (1. / N + 1. / passed));
    ck_assert_double_lt(fabs(uncut / passed - mean), SIGMA_LIMIT * error);
    ck_assert(passed > N / 2 && passed < N);
    free(x);
}
END_TEST

GH_TEST_MAIN("truth_heavy", ttbar_masses_are_breit_wigner, ttbar_is_on_shell_and_balanced, ttbar_decays_are_isotropic,
             ttbar_rapidities, ww_observables_by_hand, ww_vectors_are_w_decays, ww_events_are_consistent,
             ww_cut_events_are_the_accepted_ones)
