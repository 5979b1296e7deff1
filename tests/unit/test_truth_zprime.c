/* test_truth_zprime.c -- dy_zprime: helicity amplitudes against the closed form of gamma* and Z, bounds, rates, and the distribution
 * of mass and angle against a numerical integral. */
#include "test_truth.h"

#include <math.h>

#include "truth/electroweak.h"

START_TEST(amplitudes_reduce_to_gamma_and_z)
{
    const truth_boson none = {500, 15, 0, 0}, heavy = {1e8, 1, 1, 0}, second = {TRUTH_Z_MASS, TRUTH_Z_WIDTH, 1, 1};
    for (int q = 0; q < TRUTH_QUARKS; q++)
        for (double m = 20; m < 3000; m *= 1.07) {
            double g1, g3, h1, h3, p1, p3;
            truth_drell_yan(q, TRUTH_FULL, m, &g1, &g3);
            truth_drell_yan_boson(q, &none, m, &h1, &h3);
            ck_assert(fabs(h1 - g1) < 1e-12 * g1 && fabs(h3 - g3) < 1e-12 * g1);
            truth_drell_yan_boson(q, &heavy, m, &h1, &h3);
            ck_assert(fabs(h1 - g1) < 1e-6 * g1 && fabs(h3 - g3) < 1e-6 * g1);
            /* a second Z alone has the strength and asymmetry of Z exchange */
            truth_drell_yan_boson(q, &second, m, &p1, &p3);
            ck_assert(fabs(p3 / p1 - truth_z_asymmetry(q)) < 1e-12);
        }
}
END_TEST

START_TEST(bounds_hold)
{
    const truth_boson bosons[] = {{500, 15, 1, 0}, {91, 0.5, 3, 0}, {500, 1, 1, 1}, {1500, 300, 0.2, 0}};
    for (size_t i = 0; i < sizeof bosons / sizeof *bosons; i++)
        for (int q = 0; q < TRUTH_QUARKS; q++)
            for (double lo = 25; lo < 2500; lo *= 1.03)
                for (double wide = 1.0005; wide < 1.3; wide = 1 + 3 * (wide - 1)) {
                    const double bound = truth_drell_yan_boson_bound(q, &bosons[i], lo, lo * wide);
                    for (int k = 0; k <= 20; k++) {
                        double g1, g3;
                        truth_drell_yan_boson(q, &bosons[i], lo * (1 + (wide - 1) * k / 20), &g1, &g3);
                        must(g1 <= bound * (1 + 1e-9) && fabs(g3) <= g1 * (1 + 1e-9)); /* the margin of the cells */
                    }
                }
}
END_TEST

enum { STEPS = 40000, N = 100000 };

typedef struct table {
    double lo, hi;      /* of ln s */
    double *cumulative; /* STEPS + 1 */
} table;

static double mass_cdf(double m, const void *user)
{
    const table *t = user;
    const double at = (2 * log(m) - t->lo) / (t->hi - t->lo) * STEPS;
    const int i = at < 0 ? 0 : at >= STEPS ? STEPS - 1 : (int)at;
    return (t->cumulative[i] + (at - i) * (t->cumulative[i + 1] - t->cumulative[i])) / t->cumulative[STEPS];
}

/* d sigma / d ln s inside the cuts, midpoint rule: a table apart from the cells of the generator. */
static table tabulate(const truth_boson *boson, double m_min, double sqrt_s)
{
    table t = {2 * log(m_min), 2 * log(sqrt_s / 4), calloc(STEPS + 1, sizeof(double))};
    ck_assert(t.cumulative != NULL);
    for (int i = 0; i < STEPS; i++) {
        const double m = exp(0.5 * (t.lo + (t.hi - t.lo) * (i + 0.5) / STEPS)), p = m / 2, c = sqrt(1 - 100 / (p * p));
        double luminosity[TRUTH_QUARKS], sum = 0;
        truth_luminosity(m * m / (sqrt_s * sqrt_s), 16, luminosity);
        for (int q = 0; q < TRUTH_QUARKS; q++) {
            double g1, g3;
            truth_drell_yan_boson(q, boson, m, &g1, &g3);
            sum += 2 * luminosity[q] * g1;
        }
        t.cumulative[i + 1] = t.cumulative[i] + sum * (2 * c + 2 * c * c * c / 3) / (m * m);
    }
    return t;
}

START_TEST(events_follow_the_integral)
{
    static const struct { const char *settings; truth_boson boson; double m_min; } cases[] = {
        {"mass=300 width=9 m_min=150", {300, 9, 1, 0}, 150},
        {"mass=200 width=2 coupling=0.5 m_min=100", {200, 2, 0.5, 0}, 100},
        {"mass=400 width=40 part=signal", {400, 40, 1, 1}, 30}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        genhep_dataset *data;
        double *x = make_events("dy_zprime", N, 41, cases[k].settings, &data), *m = malloc(N * sizeof *m);
        table t = tabulate(&cases[k].boson, cases[k].m_min, 13000);
        for (int i = 0; i < N; i++) {
            double sum[4];
            for (int j = 0; j < 4; j++) sum[j] = x[8 * i + j] + x[8 * i + 4 + j];
            m[i] = sqrt(sum[0] * sum[0] - sum[1] * sum[1] - sum[2] * sum[2] - sum[3] * sum[3]);
            must(m[i] > cases[k].m_min * (1 - 1e-9) && hypot(x[8 * i + 1], x[8 * i + 2]) > 10 * (1 - 1e-9));
        }
        ck_ks(m, N, mass_cdf, &t);
        const double rate = t.cumulative[STEPS] * (t.hi - t.lo) / STEPS * M_PI * TRUTH_ALPHA * TRUTH_ALPHA / 6 * TRUTH_GEV2_PB;
        ck_assert_msg(fabs(attribute_number(data, "sigma_pb") / rate - 1) < 2e-4, "%s: %g pb, integral %g", cases[k].settings,
                      attribute_number(data, "sigma_pb"), rate);
        genhep_dataset_free(data);
        free(t.cumulative);
        free(x);
        free(m);
    }
}
END_TEST

START_TEST(without_coupling_it_is_dy_full)
{
    genhep_dataset *a, *b;
    free(make_events("dy_zprime", 10, 1, "coupling=0", &a));
    free(make_events("dy_full", 10, 1, "", &b));
    ck_assert(fabs(attribute_number(a, "sigma_pb") / attribute_number(b, "sigma_pb") - 1) < 1e-6);
    genhep_dataset_free(a);
    genhep_dataset_free(b);
    fails_with("dy_zprime", 10, "coupling=0 part=signal", GENHEP_E_OPTION, "coupling");
    fails_with("dy_zprime", 10, "m_min=5000", GENHEP_E_OPTION, "m_min");
    fails_with("dy_zprime", 10, "width=0", GENHEP_E_OPTION, "width");
}
END_TEST

GH_TEST_MAIN("truth_zprime", amplitudes_reduce_to_gamma_and_z, bounds_hold, events_follow_the_integral, without_coupling_it_is_dy_full)
