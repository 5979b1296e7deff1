/* test_prep_maps.c -- maps of single coordinates: there and back, log-Jacobians, what they fit, what they refuse. */
#include "testing.h"

#include "base/normal.h"
#include "base/options.h"
#include "prep/panel.h"
#include "prep/prep.h"

#define GH_PI_TEST 3.14159265358979323846

enum { N = 1000 };

static double noise(int64_t i, int64_t j)
{
    gh_rng rng = gh_rng_make(7, GH_RANDOM_PUBLIC, 0);
    return gh_rng_uniform(&rng, i, j);
}

static genhep_dataset *table(int64_t n, int64_t d, const char *const *names, int weights)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data;
    ck_ok(gh_dataset_create(&hooks, n, d, names, NULL, weights, &data));
    return data;
}

static gh_status fit(const char *chain, const char *setting, const genhep_dataset *data, gh_prep **prep)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", chain));
    if (setting) ck_ok(genhep_options_parse(options, setting));
    gh_status status = gh_prep_fit(&hooks, options, data, prep);
    genhep_options_free(options);
    return status;
}

/* Columns: x around 3, positive p, c in (-1,1), phi an angle, zero. */
static genhep_dataset *sample(void)
{
    static const char *const names[] = {"x", "p", "c", "phi", "zero"};
    genhep_dataset *data = table(N, 5, names, 0);
    for (int64_t i = 0; i < N; i++) {
        double *row = data->values + 5 * i;
        row[0] = 3 + 2 * gh_normal_quantile(noise(i, 0));
        row[1] = exp(1.5 * gh_normal_quantile(noise(i, 1)));
        row[2] = 2 * noise(i, 2) - 1;
        row[3] = 2 * GH_PI_TEST * noise(i, 3) - GH_PI_TEST;
    }
    return data;
}

static int is_extreme(const genhep_dataset *data, int64_t row)
{
    for (int64_t j = 0; j < 4; j++) {
        int64_t below = 0, above = 0;
        for (int64_t i = 0; i < data->n; i++) {
            below += data->values[i * data->d + j] < data->values[row * data->d + j];
            above += data->values[i * data->d + j] > data->values[row * data->d + j];
        }
        if (!below || !above) return 1;
    }
    return 0;
}

/* Largest error of inverse(forward(x)) relative to 1 + |x|, and of the log-Jacobian of column j against differences. */
static void there_and_back(const char *chain, const char *setting, double *error, double *jacobian)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = sample();
    gh_prep *prep;
    gh_prep_work *work;
    ck_ok(fit(chain, setting, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    int64_t p = gh_prep_width(prep);
    ck_assert_int_eq(p, 5);
    double *z = calloc(N * 5, sizeof *z), *back = calloc(N * 5, sizeof *back),
           *log_jacobian = calloc(N, sizeof *log_jacobian);
    ck_ok(gh_prep_forward(prep, work, N, data->values, 5, 1, 0, z, p, log_jacobian));
    gh_prep_inverse(prep, work, N, z, p, NULL, 0, back, 5);
    *error = *jacobian = 0;
    for (int64_t i = 0; i < 5 * N; i++) {
        double e = fabs(back[i] - data->values[i]) / (1 + fabs(data->values[i]));
        ck_assert(isfinite(e));
        *error = e > *error ? e : *error;
    }
    for (int64_t i = 1; i < 200; i++) { /* all maps act on single columns, so the determinant is a product */
        double sum = 0;
        if (is_extreme(data, i)) continue; /* the quantile map has a kink there */
        for (int j = 0; j < 5; j++) {
            double low[5], high[5], zl[5], zh[5], h = 1e-7 * (1 + fabs(data->values[5 * i + j]));
            memcpy(low, data->values + 5 * i, sizeof low);
            memcpy(high, low, sizeof high);
            low[j] -= h, high[j] += h;
            if (gh_prep_forward(prep, work, 1, low, 5, 1, 0, zl, p, NULL) ||
                gh_prep_forward(prep, work, 1, high, 5, 1, 0, zh, p, NULL)) {
                sum = NAN;
                break;
            }
            double slope = (zh[j] - zl[j]) / (high[j] - low[j]);
            sum += zh[j] == zl[j] ? 0 : log(fabs(slope)); /* a constant column has no slope */
        }
        double e = fabs(sum - log_jacobian[i]);
        if (isfinite(sum)) *jacobian = e > *jacobian ? e : *jacobian;
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(back), free(log_jacobian);
}

START_TEST(maps_invert)
{
    static const char *const chains[] = {"identity",
                                         "maxabs",
                                         "standardise",
                                         "minmax",
                                         "scale(450)",
                                         "scale(3, x, p)",
                                         "log(p)",
                                         "log(x)",
                                         "log(p), standardise",
                                         "logit(c)",
                                         "logit(c, -1.5, 1.25)",
                                         "periodic(phi)",
                                         "periodic",
                                         "resonance(p, 2, 0.5)",
                                         "log(p), logit(c), standardise, scale(2)"};
    for (size_t k = 0; k < sizeof chains / sizeof *chains; k++) {
        double error, jacobian;
        there_and_back(chains[k], NULL, &error, &jacobian);
        ck_assert_msg(error <= 1e-12, "%s: round trip off by %g", chains[k], error);
        ck_assert_msg(jacobian <= 1e-5, "%s: log-Jacobian off by %g", chains[k], jacobian);
    }
}
END_TEST

/* A pair of mass m decays evenly under |cos| < b(m): behind the cut the cosine is even on (-1,1) at every mass. */
START_TEST(an_edge_that_moves_with_the_mass)
{
    static const char *const names[] = {"c", "m"};
    static const double masses[2][2] = {{0, 0}, {1, 7}};
    gh_hooks hooks = gh_hooks_default();
    for (int k = 0; k < 2; k++) {
        genhep_dataset *data = table(N, 2, names, 0);
        gh_prep *prep;
        gh_prep_work *work;
        double *z = calloc(2 * N, sizeof *z), *back = calloc(2 * N, sizeof *back), *jacobian = calloc(N, sizeof *jacobian);
        for (int64_t i = 0; i < N; i++) {
            const double m = 21 + 80 * noise(i, 0), a = masses[k][0], b = masses[k][1];
            const double e = (m * m + a * a - b * b) / (2 * m), p2 = e * e - a * a; /* energy of the first in the pair's frame */
            data->values[2 * i] = (2 * noise(i, 1) - 1) * sqrt(1 - 25 / p2);
            data->values[2 * i + 1] = m;
        }
        ck_ok(fit(k ? "ptcut(5, c, m, 1, 7)" : "ptcut(5, c, m)", NULL, data, &prep));
        ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
        ck_ok(gh_prep_forward(prep, work, N, data->values, 2, 1, 0, z, 2, jacobian));
        gh_prep_inverse(prep, work, N, z, 2, NULL, 0, back, 2);
        for (int64_t i = 0; i < N; i++) {
            ck_assert_msg(fabs(z[2 * i] - (2 * noise(i, 1) - 1)) < 1e-12, "%g", z[2 * i]);
            ck_assert(z[2 * i + 1] == data->values[2 * i + 1]);
            ck_assert(fabs(back[2 * i] - data->values[2 * i]) < 1e-14);
            ck_assert(fabs(jacobian[i] - log(z[2 * i] / data->values[2 * i])) < 1e-10);
        }
        double edge[4] = {0.5, 10, 2, 3}, there[4], here[4]; /* where the cut leaves nothing a floor holds */
        if (k == 0) {
            ck_ok(gh_prep_forward(prep, work, 2, edge, 2, 1, 0, there, 2, NULL));
            gh_prep_inverse(prep, work, 2, there, 2, NULL, 0, here, 2);
            for (int j = 0; j < 4; j++) ck_assert(fabs(here[j] - edge[j]) < 1e-12);
            edge[3] = -1;
            ck_fails(gh_prep_forward(prep, work, 2, edge, 2, 1, 0, there, 2, NULL), GENHEP_E_NUMERIC, "'m': found -1");
        }
        gh_prep_work_free(work);
        gh_prep_free(prep);
        gh_dataset_free(data);
        free(z), free(back), free(jacobian);
    }
}
END_TEST

/* Two roots back to back in pT: |u| = b^(-1/3) where a beam has given all it has, b half the range of y; |v| = sqrt(D) where the difference
 * alone takes it all. */
START_TEST(rapidities_in_reach_of_the_beams)
{
    static const char *const names[] = {"m", "n", "logpT", "y", "dy"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(N, 5, names, 0);
    gh_prep *prep;
    gh_prep_work *work;
    double *z = calloc(5 * N, sizeof *z), *back = calloc(5 * N, sizeof *back), *jacobian = calloc(N, sizeof *jacobian);
    for (int64_t i = 0; i < N; i++) {
        double *row = data->values + 5 * i;
        row[0] = 160 + 20 * noise(i, 0), row[1] = 80 + 10 * noise(i, 1), row[2] = 7 * noise(i, 2);
        const double pt = exp(row[2]), m1 = hypot(row[0], pt), m2 = hypot(row[1], pt);
        const double most = acosh((13000. * 13000 - m1 * m1 - m2 * m2) / (2 * m1 * m2));
        row[4] = 0.9 * (2 * noise(i, 3) - 1) * most;
        const double plus = m1 * exp(-row[4] / 2) + m2 * exp(row[4] / 2), minus = m1 * exp(row[4] / 2) + m2 * exp(-row[4] / 2);
        if (i % 3 == 0) row[3] = log(13000 / plus);        /* x_a = 1 */
        else if (i % 3 == 1) row[3] = -log(13000 / minus); /* x_b = 1 */
        else row[3] = noise(i, 4) * log(13000 / plus) - (1 - noise(i, 4)) * log(13000 / minus);
        back[5 * i + 1] = cbrt(log(13000 / plus * 13000 / minus) / 2); /* what 1/u will be at the end */
        back[5 * i] = row[4] / most; /* what v / sqrt(D) will be */
    }
    ck_ok(fit("reach(13000, y, dy, logpT, m, n)", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, 5, 1, 0, z, 5, jacobian));
    for (int64_t i = 0; i < N; i++) {
        const double *row = data->values + 5 * i, *u = z + 5 * i, root = back[5 * i] == 0 ? 1 : u[4] / back[5 * i];
        ck_assert(u[0] == row[0] && u[1] == row[1] && u[2] == row[2]);
        const double share = u[3] * back[5 * i + 1];
        ck_assert_msg(i % 3 == 2 ? fabs(share - (2 * noise(i, 4) - 1)) < 1e-9 : fabs(fabs(share) - 1) < 1e-9, "%lld: %.12g", (long long)i, share);
        ck_assert_msg(fabs(row[4] - back[5 * i] * root * root) < 1e-9, "%g", row[4]);
        double moved[5], there[5], slope;
        memcpy(moved, row, sizeof moved);
        moved[3] += 1e-4;
        ck_ok(gh_prep_forward(prep, work, 1, moved, 5, 1, 0, there, 5, NULL));
        slope = (there[3] - u[3]) / 1e-4;
        memcpy(moved, row, sizeof moved);
        moved[4] += 1e-4;
        ck_ok(gh_prep_forward(prep, work, 1, moved, 5, 1, 0, there, 5, NULL));
        ck_assert(fabs(jacobian[i] - log(slope * (there[4] - u[4]) / 1e-4)) < 1e-7);
    }
    gh_prep_inverse(prep, work, N, z, 5, NULL, 0, back, 5);
    for (int64_t k = 0; k < 5 * N; k++) ck_assert_msg(fabs(back[k] - data->values[k]) < 1e-11, "%g", data->values[k]);
    double beyond[5] = {173, 173, 12, 0.5, 3}, there[5], here[5]; /* pT of 160 TeV: a floor holds */
    ck_ok(gh_prep_forward(prep, work, 1, beyond, 5, 1, 0, there, 5, NULL));
    gh_prep_inverse(prep, work, 1, there, 5, NULL, 0, here, 5);
    for (int k = 0; k < 5; k++) ck_assert(fabs(here[k] - beyond[k]) < 1e-11);
    beyond[1] = 0;
    ck_fails(gh_prep_forward(prep, work, 1, beyond, 5, 1, 0, there, 5, NULL), GENHEP_E_NUMERIC, "'n': found 0");
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(back), free(jacobian);
}
END_TEST

/* Even rapidities within log(100/m) come out even on (-1,1) at every mass. */
START_TEST(a_rapidity_within_its_range)
{
    static const char *const names[] = {"y", "m"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(N, 2, names, 0);
    gh_prep *prep;
    gh_prep_work *work;
    double *z = calloc(2 * N, sizeof *z), *back = calloc(2 * N, sizeof *back), *jacobian = calloc(N, sizeof *jacobian);
    for (int64_t i = 0; i < N; i++) {
        data->values[2 * i + 1] = 10 + 80 * noise(i, 0);
        data->values[2 * i] = (2 * noise(i, 1) - 1) * log(100 / data->values[2 * i + 1]);
    }
    ck_ok(fit("reach(100, y, m)", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, 2, 1, 0, z, 2, jacobian));
    gh_prep_inverse(prep, work, N, z, 2, NULL, 0, back, 2);
    for (int64_t i = 0; i < N; i++) {
        ck_assert_msg(fabs(z[2 * i] - (2 * noise(i, 1) - 1)) < 1e-12, "%g", z[2 * i]);
        ck_assert(z[2 * i + 1] == data->values[2 * i + 1] && fabs(back[2 * i] - data->values[2 * i]) < 1e-14);
        ck_assert(fabs(jacobian[i] + log(log(100 / data->values[2 * i + 1]))) < 1e-10);
    }
    double edge[4] = {0.5, 120, 0.2, 3}, there[4], here[4]; /* a mass above the energy of the beams: a floor holds */
    ck_ok(gh_prep_forward(prep, work, 2, edge, 2, 1, 0, there, 2, NULL));
    gh_prep_inverse(prep, work, 2, there, 2, NULL, 0, here, 2);
    for (int j = 0; j < 4; j++) ck_assert(fabs(here[j] - edge[j]) < 1e-12);
    edge[3] = 0;
    ck_fails(gh_prep_forward(prep, work, 2, edge, 2, 1, 0, there, 2, NULL), GENHEP_E_NUMERIC, "'m': found 0");
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(back), free(jacobian);
}
END_TEST

START_TEST(quantile_inverts)
{
    double error, jacobian;
    there_and_back("quantile(x, p, c, phi)", "prep.knots = 21", &error, &jacobian);
    ck_assert_msg(error <= 1e-12, "round trip off by %g", error);
    ck_assert_msg(jacobian <= 1e-4, "log-Jacobian off by %g", jacobian);
    there_and_back("quantile, standardise", NULL, &error, &jacobian);
    ck_assert_msg(error <= 1e-12, "round trip off by %g", error);
}
END_TEST

START_TEST(constants_are_the_data_s)
{
    static const char *const names[] = {"a", "b"};
    static const double values[] = {-4, 0, 1, 0, 2, 0, 3, 0};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(4, 2, names, 1);
    memcpy(data->values, values, sizeof values);
    data->weights[3] = -0.5;
    struct {
        const char *chain;
        double z0, z3;
    } cases[] = {{"maxabs", -1, 0.75},
                 {"minmax", -1, 1},
                 {"scale(8)", -0.5, 0.375},
                 {"identity", -4, 3},
                 {"standardise", (-4 + 1) / sqrt(((9.0 + 4 + 9 - 0.5 * 16) / 2.5)),
                  (3 + 1) / sqrt((9.0 + 4 + 9 - 0.5 * 16) / 2.5)}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gh_prep *prep;
        gh_prep_work *work;
        double z[8];
        ck_ok(fit(cases[k].chain, NULL, data, &prep));
        ck_ok(gh_prep_work_create(&hooks, prep, 4, &work));
        ck_ok(gh_prep_forward(prep, work, 4, data->values, 2, 1, 0, z, 2, NULL));
        ck_assert_msg(fabs(z[0] - cases[k].z0) < 1e-14 && fabs(z[6] - cases[k].z3) < 1e-14, "%s: %g %g", cases[k].chain,
                      z[0], z[6]);
        for (int i = 0; i < 4; i++) ck_assert(z[2 * i + 1] == 0); /* the constant column of zeros */
        ck_assert_str_eq(gh_prep_name(prep, 1), "b");
        ck_assert_str_eq(gh_prep_measure(prep), "da db");
        gh_prep_work_free(work);
        gh_prep_free(prep);
    }
    gh_dataset_free(data);
}
END_TEST

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double ks_normal(const double *z, int64_t n)
{
    double *sorted = malloc((size_t)n * sizeof *sorted), worst = 0;
    memcpy(sorted, z, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
    for (int64_t i = 0; i < n; i++) {
        double p = gh_normal_cdf(sorted[i]);
        worst = fmax(worst, fmax(fabs(p - (double)i / (double)n), fabs(p - (double)(i + 1) / (double)n)));
    }
    free(sorted);
    return worst;
}

START_TEST(quantile_makes_normals)
{
    enum { MANY = 50000 };
    static const char *const names[] = {"x"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(MANY, 1, names, 0);
    double *z = malloc(MANY * sizeof *z);
    gh_prep *prep;
    gh_prep_work *work;
    for (int64_t i = 0; i < MANY; i++) { /* a resonance on a steep background with an edge */
        double u = noise(i, 1);
        data->values[i] = noise(i, 0) < 0.5 ? 91.2 + 1.25 * tan(3.1 * (u - 0.5)) : 50 / sqrt(u);
        if (data->values[i] < 50) data->values[i] = 50 + u;
    }
    ck_ok(fit("quantile", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, MANY, &work));
    ck_ok(gh_prep_forward(prep, work, MANY, data->values, 1, 1, 0, z, 1, NULL));
    double distance = ks_normal(z, MANY);
    ck_assert_msg(distance < 2e-3, "KS distance %g", distance);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z);
}
END_TEST

START_TEST(plateaus_are_values)
{
    static const char *const names[] = {"q", "half"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(N, 2, names, 0);
    for (int64_t i = 0; i < N; i++) {
        data->values[2 * i] = i % 4 == 0 ? -1 : 1;                 /* discrete */
        data->values[2 * i + 1] = i % 2 ? 0 : 1 + noise(i, 0);     /* half of the rows at 0 */
    }
    gh_prep *prep;
    gh_prep_work *work;
    double *z = malloc(2 * N * sizeof *z), *back = malloc(2 * N * sizeof *back), log_jacobian[N], last = -INFINITY;
    ck_ok(fit("quantile", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, 2, 1, 0, z, 2, log_jacobian));
    gh_prep_inverse(prep, work, N, z, 2, NULL, 0, back, 2);
    for (int64_t i = 0; i < N; i++) {
        ck_assert(back[2 * i] == data->values[2 * i]);
        ck_assert(fabs(back[2 * i + 1] - data->values[2 * i + 1]) < 1e-12);
        ck_assert(isfinite(log_jacobian[i]));
    }
    /* a quarter lies at -1: the middle of (-4.3, Phi^-1(1/4)) */
    ck_assert_msg(fabs(z[0] - 0.5 * (-4.3 + gh_normal_quantile(0.25))) < 0.01, "%g", z[0]);
    for (double s = -6; s < 6; s += 0.001) { /* the inverse rises, and stays in the data's range */
        double at[2] = {s, s}, x[2];
        gh_prep_inverse(prep, work, 1, at, 2, NULL, 0, x, 2);
        ck_assert(x[1] >= last && x[0] >= -1 && x[0] <= 1);
        last = x[1];
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(back);
}
END_TEST

START_TEST(quantile_weights)
{
    static const char *const names[] = {"x"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(N, 1, names, 1);
    gh_prep *prep;
    gh_prep_work *work;
    for (int64_t i = 0; i < N; i++) { /* density 2x on (0,1) by weights */
        data->values[i] = ((double)i + 0.5) / N;
        data->weights[i] = data->values[i];
    }
    ck_ok(fit("quantile", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    for (int k = -2; k <= 2; k++) {
        double z = k, x;
        gh_prep_inverse(prep, work, 1, &z, 1, NULL, 0, &x, 1);
        ck_assert_msg(fabs(x - sqrt(gh_normal_cdf(z))) < 2e-3, "z %g: %g", z, x);
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    for (int64_t i = 0; i < N; i++) data->weights[i] = i % 5 ? 1 : -0.5; /* either sign, positive density everywhere */
    ck_ok(fit("quantile", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    double z = 1, x;
    gh_prep_inverse(prep, work, 1, &z, 1, NULL, 0, &x, 1);
    ck_assert_msg(fabs(x - gh_normal_cdf(1)) < 5e-3, "%g", x);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    for (int64_t i = 0; i < N; i++) data->weights[i] = data->values[i] > 0.4 && data->values[i] < 0.6 ? -1 : 1;
    ck_fails(fit("quantile", NULL, data, &prep), GENHEP_E_NUMERIC, "'x'");
    ck_assert_ptr_null(prep);
    for (int64_t i = 0; i < N; i++) data->weights[i] = -1;
    ck_fails(fit("quantile", NULL, data, &prep), GENHEP_E_NUMERIC, "positive sum");
    ck_fails(fit("standardise", NULL, data, &prep), GENHEP_E_NUMERIC, "positive sum");
    gh_dataset_free(data);
}
END_TEST

START_TEST(periodic_cuts_the_gap)
{
    static const char *const names[] = {"phi"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(N, 1, names, 0);
    gh_prep *prep;
    gh_prep_work *work;
    for (int64_t i = 0; i < N; i++) { /* around +-pi, empty around 1 */
        double phi = 1 + GH_PI_TEST + 2.5 * (2 * noise(i, 0) - 1);
        data->values[i] = phi > GH_PI_TEST ? phi - 2 * GH_PI_TEST : phi;
    }
    double z[N], x[N];
    ck_ok(fit("periodic", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, 1, 1, 0, z, 1, NULL));
    gh_prep_inverse(prep, work, N, z, 1, NULL, 0, x, 1);
    for (int64_t i = 0; i < N; i++) {
        ck_assert_msg(fabs(z[i]) < 3.05, "%g is near the seam", z[i]);
        ck_assert(fabs(x[i] - data->values[i]) < 1e-14);
        z[i] += 2 * GH_PI_TEST * (double)(i % 7 - 3); /* turns do not matter */
    }
    gh_prep_inverse(prep, work, N, z, 1, NULL, 0, x, 1);
    for (int64_t i = 0; i < N; i++)
        ck_assert(fabs(x[i] - data->values[i]) < 1e-13 && x[i] > -GH_PI_TEST && x[i] <= GH_PI_TEST);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

START_TEST(wrong_input_is_named)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = sample();
    gh_prep *prep;
    gh_prep_work *work;
    double row[15] = {1, 2, 0.5, 1, 0, 1, 2, 0.5, 1, 0, 1, -2, 0.5, 1, 0}, z[15];
    ck_fails(fit("standardize", NULL, data, &prep), GENHEP_E_OPTION, "'standardise'");
    ck_fails(fit("quantile, trea", NULL, data, &prep), GENHEP_E_OPTION, "'tree'");
    ck_fails(fit("log(phii)", NULL, data, &prep), GENHEP_E_OPTION, "'phi'");
    ck_fails(fit("log(p", NULL, data, &prep), GENHEP_E_OPTION, "parentheses");
    ck_fails(fit("log(p))", NULL, data, &prep), GENHEP_E_OPTION, "parentheses");
    ck_fails(fit("log(p) x", NULL, data, &prep), GENHEP_E_OPTION, "goes on");
    ck_fails(fit("log(p),,maxabs", NULL, data, &prep), GENHEP_E_OPTION, "empty");
    ck_fails(fit("scale(0)", NULL, data, &prep), GENHEP_E_OPTION, "positive divisor");
    ck_fails(fit("scale", NULL, data, &prep), GENHEP_E_OPTION, "positive divisor");
    ck_fails(fit("logit(c, 1)", NULL, data, &prep), GENHEP_E_OPTION, "logit(columns, lower, upper)");
    ck_fails(fit("logit(c, 1, -1)", NULL, data, &prep), GENHEP_E_OPTION, "not below");
    ck_fails(fit("logit(c, -0.5, 0.5), maxabs", NULL, data, &prep), GENHEP_E_NUMERIC, "'c'");
    ck_fails(fit("resonance(p)", NULL, data, &prep), GENHEP_E_OPTION, "resonance(columns, mass, width)");
    ck_fails(fit("ptcut(c, p)", NULL, data, &prep), GENHEP_E_OPTION, "ptcut(pT, cos(a), m(Z))");
    ck_fails(fit("ptcut(1, c, p, 2)", NULL, data, &prep), GENHEP_E_OPTION, "ptcut(pT, cos(a), m(Z))");
    ck_fails(fit("ptcut(-1, c, p)", NULL, data, &prep), GENHEP_E_OPTION, "ptcut(pT, cos(a), m(Z))");
    ck_fails(fit("reach(c, p)", NULL, data, &prep), GENHEP_E_OPTION, "reach(sqrt_s, y(Z), m(Z))'");
    ck_fails(fit("reach(-1, c, p)", NULL, data, &prep), GENHEP_E_OPTION, "reach(sqrt_s");
    ck_fails(fit("log(p), reach(100, c, p)", NULL, data, &prep), GENHEP_E_OPTION, "'p' as it is");
    ck_fails(fit("log(p), ptcut(1, c, p)", NULL, data, &prep), GENHEP_E_OPTION, "'p' as it is");
    ck_fails(fit("reach(x, p)", NULL, data, &prep), GENHEP_E_OPTION, "reach(sqrt_s, y(Z), m(Z))");
    ck_fails(fit("reach(13000, x, p, c)", NULL, data, &prep), GENHEP_E_OPTION, "reach(sqrt_s, y(Z), m(Z))");
    ck_fails(fit("reach(0, x, p)", NULL, data, &prep), GENHEP_E_OPTION, "reach(sqrt_s, y(Z), m(Z))");
    ck_fails(fit("log(p), reach(13000, x, p)", NULL, data, &prep), GENHEP_E_OPTION, "'p' as it is");
    ck_ok(fit("log(p)", NULL, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, 3, &work));
    ck_fails(gh_prep_forward(prep, work, 3, row, 5, 1, 100, z, 5, NULL), GENHEP_E_NUMERIC,
             "row 102, coordinate 'p': found -2");
    row[11] = NAN;
    ck_fails(gh_prep_forward(prep, work, 3, row, 5, 1, 0, z, 5, NULL), GENHEP_E_NUMERIC, "row 2");
    gh_prep_work_free(work);
    gh_prep_free(prep);
    data->values[12] = INFINITY;
    ck_fails(fit("maxabs", NULL, data, &prep), GENHEP_E_NUMERIC, "");
    gh_dataset_free(data);
}
END_TEST

START_TEST(panel_functions)
{
    for (double x = -30; x < 30; x += 0.00371) {
        double s, c, sh, ch;
        gh_panel_sincos(x, &s, &c);
        ck_assert(fabs(s - sin(x)) < 4e-16 && fabs(c - cos(x)) < 4e-16);
        ck_assert(fabs(gh_panel_exp(x) / exp(x) - 1) < 5e-16);
        gh_panel_sinhcosh(x, &sh, &ch);
        ck_assert(fabs(sh - sinh(x)) <= 1e-15 * fabs(sinh(x)) && fabs(ch / cosh(x) - 1) < 1e-15);
    }
    double s, c;
    gh_panel_sincos(12345.678, &s, &c);
    ck_assert(fabs(s - sin(12345.678)) < 1e-15 && fabs(c - cos(12345.678)) < 1e-15);
    gh_panel_sincos(NAN, &s, &c);
    ck_assert(isfinite(s) && isfinite(c) && isfinite(gh_panel_exp(NAN)) && isfinite(gh_panel_exp(INFINITY)));
    ck_assert(gh_panel_exp(-1e300) > 0);
    double worst = 0; /* mixtures of latents take it far down */
    for (double x = 0; x > -699; x -= 0.0137) worst = fmax(worst, fabs(gh_panel_exp(x) / exp(x) - 1));
    ck_assert_double_le(worst, 1e-15);
    ck_assert_double_eq(gh_panel_exp(0), 1);
    ck_assert(gh_panel_exp(-701) < 1e-303 && gh_panel_exp(-INFINITY) < 1e-303);
}
END_TEST

GH_TEST_MAIN("prep_maps", maps_invert, an_edge_that_moves_with_the_mass, rapidities_in_reach_of_the_beams, a_rapidity_within_its_range, quantile_inverts, constants_are_the_data_s, quantile_makes_normals,
             plateaus_are_values, quantile_weights, periodic_cuts_the_gap, wrong_input_is_named, panel_functions)
