/* test_truth_shower.c -- shower: moments of energies, leakage and overflow against integrals over what differs from one
 * shower to the next; cells against integrals over their areas; suppression against the gamma distribution. */
#include "test_truth.h"

#include "truth/gamma.h"
#include "truth/shower.h"

enum { N = 6000, COLUMNS = TRUTH_CELLS + 2 };

static const int first_cell[TRUTH_LAYERS + 1] = {0, 288, 432, 504};
static const char *const particle_name[3] = {"eplus", "gamma", "piplus"};

/* ---- the gamma distribution ---- */

START_TEST(gamma_distribution_function)
{
    for (double x = 0.01; x < 60; x *= 1.7) {
        double sum = 0, term = 1;
        for (int k = 0; k < 5; k++) sum += term, term *= x / (k + 1);
        ck_assert_double_eq_tol(truth_gamma_p(1, x), -expm1(-x), 1e-13);
        ck_assert_double_eq_tol(truth_gamma_p(0.5, x), erf(sqrt(x)), 1e-13);
        ck_assert_double_eq_tol(truth_gamma_p(5, x), 1 - exp(-x) * sum, 1e-13);
        for (double a = 0.03; a < 30; a *= 2.3) { /* P(a,x) - P(a+1,x) = x^a e^-x / Gamma(a+1) */
            double step = exp(a * log(x) - x - lgamma(a + 1));
            ck_assert_double_eq_tol(truth_gamma_p(a, x) - truth_gamma_p(a + 1, x), step, 1e-13);
        }
    }
    ck_assert(truth_gamma_p(2, 0) == 0 && truth_gamma_p(2, -1) == 0);
}
END_TEST

/** Distribution function given that the number is at least user[1]. */
static double above_cdf(double x, const void *user)
{
    const double *p = user, below = truth_gamma_p(p[0], p[1]);
    return (truth_gamma_p(p[0], x) - below) / (1 - below);
}

START_TEST(gamma_numbers)
{
    const double shape[5] = {0.02, 0.4, 1, 3.7, 900}, least[2] = {0, 0.1};
    enum { M = 50000 };
    double *x = malloc(M * sizeof *x);
    for (int s = 0; s < 5; s++)
        for (int l = 0; l < 2; l++) {
            const double parameters[2] = {shape[s], least[l]};
            double share = 1 - truth_gamma_p(shape[s], least[l]);
            int n = 0;
            for (int i = 0; i < M; i++) {
                truth_draws draws = truth_draws_of(3, 2 * s + l, i);
                double value = truth_gamma_draw(&draws, shape[s], least[l]);
                must(value >= 0 && (value == 0 || value >= least[l]));
                if (value > 0 || l == 0) x[n++] = value;
            }
            if (l) ck_assert_double_le(fabs(n - share * M), SIGMA_LIMIT * sqrt(share * (1 - share) * M) + 1e-6);
            if (l || shape[s] > 0.1) ck_ks(x, n, above_cdf, parameters); /* below 1e-300 numbers end at 0 */
        }
    truth_draws draws = truth_draws_of(3, 90, 0);
    ck_assert(truth_gamma_draw(&draws, 0, 0) == 0);
    free(x);
}
END_TEST

/* ---- moments, written down independently ---- */

typedef struct constants {
    double b, scale, offset, shape_sigma, start, track, hadronic, sampling, core, tail, in_tail, radius_sigma, centre;
    double growth[3];
} constants;

static const constants of_particle[3] = {
    {0.5, 0.01, -0.5, 0.15, 0.5, 0.009, 0, 0.01, 10, 45, 0.12, 0.25, 3, {0.6, 1, 1.6}},
    {0.5, 0.01, -0.5, 0.15, 9. / 7, 0, 0, 0.01, 10, 45, 0.12, 0.25, 3, {0.6, 1, 1.6}},
    {0.25, 0.5, 0, 0.35, 24, 0.009, 0.4, 0.09, 30, 100, 0.3, 0.4, 15, {0.8, 1, 1.2}},
};

typedef struct moments {
    double layer[3], variance[4]; /* mean of layers, variance of layers and of their sum; GeV */
    double overflow;              /* mean */
} moments;

/** Integral of the profile from the start to depth t (mm over 15.6), by its everywhere convergent series. */
static double contained(double a, double x)
{
    if (x <= 0) return 0;
    double term = 1, sum = 1;
    for (int i = 1; i < 400 && term > 1e-17 * sum; i++) term *= x / (a + i), sum += term;
    return sum * exp(a * log(x) - x - lgamma(a + 1));
}

/** Means over the start s = -L ln(u), u in the middle of even steps; over a, trapezoids to 6 sigma; over the response. */
static moments integrate(int particle, double energy)
{
    const constants *p = &of_particle[particle];
    const double depth[4] = {0, 90 / 15.6, 437 / 15.6, 480 / 15.6};
    double F = pow(energy, -0.17), k = F < 1 ? F / (1 - F) : INFINITY, d = p->hadronic;
    double v2 = F < 1 ? k / (k + 2) : 1, h1 = 1 - d * F, h2 = 1 - 2 * d * F + d * d * v2;
    double first[4] = {0}, second[4] = {0};
    enum { STARTS = 400, SHAPES = 33 };
    for (int i = 0; i < STARTS; i++)
        for (int j = 0; j < SHAPES; j++) {
            double g = -6 + 12. * j / (SHAPES - 1),
                   weight = exp(-g * g / 2) / sqrt(2 * M_PI) * 12 / (SHAPES - 1) / STARTS;
            double start = -p->start * log((i + 0.5) / STARTS), sigma = p->shape_sigma, track[4] = {0}, share[4] = {0};
            double a = (1 + 0.5 * (log(energy / p->scale) + p->offset)) * exp(sigma * g - sigma * sigma / 2);
            for (int l = 0; l < 3; l++) {
                track[l] = p->track * (fmin(depth[l + 1], fmax(start, depth[l])) - depth[l]);
                share[l] = contained(a, p->b * (depth[l + 1] - start)) - contained(a, p->b * (depth[l] - start));
                track[3] += track[l], share[3] += share[l];
            }
            for (int l = 0; l < 4; l++) {
                double showering = (energy - track[3]) * share[l];
                first[l] += weight * (track[l] + h1 * showering);
                second[l] += weight *
                             (track[l] * track[l] + 2 * h1 * track[l] * showering + h2 * showering * showering);
            }
        }
    moments m = {.overflow = 0};
    for (int l = 0; l < 4; l++) m.variance[l] = second[l] - first[l] * first[l] + p->sampling * first[l];
    for (int l = 0; l < 3; l++) {
        double outside = 0;
        m.layer[l] = first[l];
        for (int i = 0; i < 25; i++)
            for (int j = 0; j < 25; j++) /* radius; centre in one direction: x and y are independent and alike */
                for (int c = 0; c < 25; c++) {
                    double g[3] = {-6 + 0.5 * i, -6 + 0.5 * j, -6 + 0.5 * c}, inside = 0;
                    double weight = exp(-(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]) / 2) * pow(0.5 / sqrt(2 * M_PI), 3);
                    double scale = p->growth[l] * exp(p->radius_sigma * g[0] - p->radius_sigma * p->radius_sigma / 2);
                    for (int e = 0; e < 2; e++) {
                        double R = scale * (e ? p->tail : p->core), both = 1;
                        for (int axis = 1; axis < 3; axis++) {
                            double at = p->centre * g[axis];
                            both *= 1 - 0.5 * exp(-(240 - at) / R) - 0.5 * exp(-(240 + at) / R);
                        }
                        inside += (e ? p->in_tail : 1 - p->in_tail) * both;
                    }
                    outside += weight * (1 - inside);
                }
        m.overflow += first[l] * outside;
    }
    return m;
}

static double layer_sum(const double *row, int layer)
{
    double sum = 0;
    for (int i = first_cell[layer]; i < first_cell[layer + 1]; i++) sum += row[i];
    return sum;
}

typedef struct sample {
    double mean, variance, mean_error, variance_error;
} sample;

static sample measure(const double *x, int n)
{
    sample s = {0};
    double fourth = 0;
    for (int i = 0; i < n; i++) s.mean += x[i] / n;
    for (int i = 0; i < n; i++) {
        double d = x[i] - s.mean;
        s.variance += d * d / (n - 1), fourth += d * d * d * d / n;
    }
    s.mean_error = sqrt(s.variance / n);
    s.variance_error = sqrt((fourth - s.variance * s.variance) / n);
    return s;
}

START_TEST(moments_are_the_integrals)
{
    const double energy[3] = {1, 10, 100};
    double *x[5];
    for (int k = 0; k < 5; k++) x[k] = malloc(N * sizeof **x);
    for (int particle = 0; particle < 3; particle++)
        for (int e = 0; e < 3; e++) {
            char settings[96];
            snprintf(settings, sizeof settings, "particle=%s energies=%g,%g threshold=0", particle_name[particle],
                     energy[e], energy[e]);
            double *rows = make_events("shower", N, 71 + e, settings, NULL);
            for (int i = 0; i < N; i++) {
                const double *row = rows + (int64_t)COLUMNS * i;
                x[4][i] = row[TRUTH_CELLS + 1], x[3][i] = x[4][i];
                for (int l = 0; l < 3; l++) x[l][i] = layer_sum(row, l), x[3][i] += x[l][i];
                must(row[TRUTH_CELLS] == energy[e]);
            }
            moments want = integrate(particle, energy[e]);
            sample total = measure(x[3], N), over = measure(x[4], N);
            double sum = want.layer[0] + want.layer[1] + want.layer[2];
            ck_assert_msg(fabs(total.mean - sum) < SIGMA_LIMIT * total.mean_error, "%s: mean %g, expected %g +- %g",
                          settings, total.mean, sum, total.mean_error);
            ck_assert_msg(fabs(total.variance - want.variance[3]) < SIGMA_LIMIT * total.variance_error,
                          "%s: variance %g, expected %g +- %g", settings, total.variance, want.variance[3],
                          total.variance_error);
            ck_assert_msg(fabs(over.mean - want.overflow) < SIGMA_LIMIT * over.mean_error,
                          "%s: overflow %g, expected %g +- %g", settings, over.mean, want.overflow, over.mean_error);
            /* the layers hold what is not beside them: their sum has the mean of the total less the overflow */
            sample inside = {0};
            for (int i = 0; i < N; i++) x[3][i] -= x[4][i];
            inside = measure(x[3], N);
            ck_assert_double_lt(fabs(inside.mean - sum + want.overflow), SIGMA_LIMIT * inside.mean_error);
            free(rows);
        }
    for (int k = 0; k < 5; k++) free(x[k]);
}
END_TEST

START_TEST(layers_have_the_stated_moments)
{
    double *x[3];
    for (int k = 0; k < 3; k++) x[k] = malloc(N * sizeof **x);
    for (int particle = 0; particle < 3; particle++) {
        moments want = integrate(particle, 25);
        for (int i = 0; i < N; i++) {
            truth_draws draws = truth_draws_of(75, particle, i);
            truth_shower shower = {.particle = (enum truth_particle)particle, .energy = 25};
            double mean[3], sampling = truth_shower_sampling(shower.particle);
            truth_shower_draw(&draws, &shower);
            truth_shower_layers(&shower, mean);
            for (int l = 0; l < 3; l++) x[l][i] = sampling * truth_gamma_draw(&draws, mean[l] / sampling, 0);
        }
        for (int l = 0; l < 3; l++) {
            sample s = measure(x[l], N);
            ck_assert_msg(fabs(s.mean - want.layer[l]) < SIGMA_LIMIT * s.mean_error,
                          "%s layer %d: %g, expected %g +- %g", particle_name[particle], l, s.mean, want.layer[l],
                          s.mean_error);
            ck_assert_msg(fabs(s.variance - want.variance[l]) < SIGMA_LIMIT * s.variance_error,
                          "%s layer %d: variance %g, expected %g +- %g", particle_name[particle], l, s.variance,
                          want.variance[l], s.variance_error);
        }
    }
    for (int k = 0; k < 3; k++) free(x[k]);
}
END_TEST

/* docs/PROCESSES.md states these: mean total, its standard deviation, mean leakage, share of the first layer */
START_TEST(documented_table)
{
    static const double table[3][3][4] = {
        {{0.99995, 0.100, 5.46e-5, 0.483}, {9.9961, 0.3162, 0.00388, 0.253}, {99.815, 1.027, 0.185, 0.1147}},
        {{0.99991, 0.100, 9.20e-5, 0.389}, {9.9940, 0.3163, 0.00602, 0.1918}, {99.732, 1.080, 0.268, 0.0827}},
        {{0.5055, 0.2634, 0.4945, 0.1864}, {4.216, 3.130, 5.784, 0.0663}, {38.43, 33.82, 61.57, 0.0277}},
    };
    const double energy[3] = {1, 10, 100};
    for (int p = 0; p < 3; p++)
        for (int e = 0; e < 3; e++) {
            moments m = integrate(p, energy[e]);
            double total = m.layer[0] + m.layer[1] + m.layer[2];
            double value[4] = {total, sqrt(m.variance[3]), energy[e] - total, m.layer[0] / total};
            for (int k = 0; k < 4; k++)
                ck_assert_msg(fabs(value[k] - table[p][e][k]) <= 4e-3 * table[p][e][k], "%s at %g: %.5g %.5g %.5g %.5g",
                              particle_name[p], energy[e], value[0], value[1], value[2], value[3]);
        }
}
END_TEST

/* ---- what differs from one shower to the next ---- */

static double exponential_cdf(double x, const void *user)
{
    return -expm1(-x / *(const double *)user);
}

static double normal_cdf(double x, const void *user)
{
    const double *p = user;
    return 0.5 * erfc(-(x - p[0]) / (p[1] * sqrt(2)));
}

/** Share v of hadronic energy with distribution function v^k, k = F/(1 - F). */
static double hadronic_cdf(double v, const void *user)
{
    return pow(v, *(const double *)user);
}

START_TEST(showers_differ_as_stated)
{
    enum { M = 100000 };
    const double energy = 20, F = pow(energy, -0.17), k = F / (1 - F);
    double *x[6];
    for (int i = 0; i < 6; i++) x[i] = malloc(M * sizeof **x);
    for (int particle = 0; particle < 3; particle++) {
        const constants *p = &of_particle[particle];
        for (int i = 0; i < M; i++) {
            truth_draws draws = truth_draws_of(78, particle, i);
            truth_shower shower = {.particle = (enum truth_particle)particle, .energy = energy};
            truth_shower_draw(&draws, &shower);
            x[0][i] = shower.start, x[1][i] = log(shower.shape), x[2][i] = log(shower.radius);
            x[3][i] = shower.x, x[4][i] = shower.y;
            if (p->hadronic > 0) x[5][i] = (1 - shower.response) / p->hadronic;
            else must(shower.response == 1);
        }
        double mean = log(1 + 0.5 * (log(energy / p->scale) + p->offset)), sigma = p->shape_sigma,
               spread = p->radius_sigma;
        const double shape[2] = {mean - sigma * sigma / 2, sigma}, radius[2] = {-spread * spread / 2, spread};
        const double centre[2] = {0, p->centre};
        ck_ks(x[0], M, exponential_cdf, &p->start);
        ck_ks(x[1], M, normal_cdf, shape);
        ck_ks(x[2], M, normal_cdf, radius);
        ck_ks(x[3], M, normal_cdf, centre);
        ck_ks(x[4], M, normal_cdf, centre);
        if (p->hadronic > 0) ck_ks(x[5], M, hadronic_cdf, &k);
    }
    for (int i = 0; i < 6; i++) free(x[i]);
}
END_TEST

/* ---- cells ---- */

START_TEST(cells_are_integrals_over_their_areas)
{
    const truth_shower shower = {TRUTH_PIPLUS, 40, 5, 3, 0.8, 1.2, 17, -22};
    const int rows[3] = {3, 12, 12}, columns[3] = {96, 12, 6};
    const constants *p = &of_particle[TRUTH_PIPLUS];
    double mean[TRUTH_CELLS + 1], layer[3], sum = 0;
    truth_shower_cells(&shower, mean);
    truth_shower_layers(&shower, layer);
    for (int i = 0; i <= TRUTH_CELLS; i++) sum += mean[i];
    ck_assert_double_eq_tol(sum, layer[0] + layer[1] + layer[2], 1e-12);
    for (int l = 0; l < 3; l++)
        for (int cell = 0; cell < rows[l] * columns[l]; cell += 5) {
            double width = 480. / columns[l], height = 480. / rows[l], expected = 0;
            double left = -240 + width * (cell % columns[l]), low = -240 + height * (cell / columns[l]);
            for (int e = 0; e < 2; e++) {
                double R = 1.2 * p->growth[l] * (e ? p->tail : p->core), part[2] = {0};
                enum { STEPS = 4000 };
                for (int s = 0; s < STEPS; s++) {
                    part[0] += exp(-fabs(left + width * (s + 0.5) / STEPS - 17) / R) * width / STEPS / (2 * R);
                    part[1] += exp(-fabs(low + height * (s + 0.5) / STEPS + 22) / R) * height / STEPS / (2 * R);
                }
                expected += layer[l] * (e ? p->in_tail : 1 - p->in_tail) * part[0] * part[1];
            }
            ck_assert_double_eq_tol(mean[first_cell[l] + cell], expected, 1e-5 * expected);
        }
}
END_TEST

START_TEST(layers_share_the_profile)
{
    /* an electron of 30 GeV that starts at 1 X0: e^(-b t) (b t)^(a-1) summed in small steps */
    const truth_shower shower = {TRUTH_EPLUS, 30, 1, 4.2, 1, 1, 0, 0};
    double mean[3], track = 0.009, sum[3] = {0};
    enum { STEPS = 200000 };
    truth_shower_layers(&shower, mean);
    for (int i = 0; i < STEPS; i++) {
        double depth = 480 / 15.6 * (i + 0.5) / STEPS, t = depth - 1, mm = depth * 15.6;
        if (t > 0) sum[(mm > 90) + (mm > 437)] += exp(-t / 2) * pow(t / 2, 3.2) / tgamma(4.2) / 2 * 480 / 15.6 / STEPS;
    }
    for (int l = 0; l < 3; l++)
        ck_assert_double_eq_tol(mean[l], (l ? 0 : track) + (30 - track) * sum[l], 1e-4 * mean[l]);
    /* one that passes without a start leaves its track alone */
    const truth_shower passing = {TRUTH_PIPLUS, 5, 40, 2, 0.7, 1, 0, 0};
    truth_shower_layers(&passing, mean);
    ck_assert_double_eq_tol(mean[0] + mean[1] + mean[2], 0.009 * 480 / 15.6, 1e-12);
    ck_assert_double_eq_tol(mean[0], 0.009 * 90 / 15.6, 1e-12);
}
END_TEST

START_TEST(suppression_follows_the_gamma_distribution)
{
    /* given the means of its cells, a shower has sum of Q(M/S, t/S) cells on and M Q(M/S + 1, t/S) energy in them */
    enum { M = 600 };
    const double energies[2] = {1, 100};
    for (int particle = 0; particle < 3; particle++) {
        char settings[64], message[128], word[32], *setting = word;
        snprintf(settings, sizeof settings, "particle=%s threshold=0.002", particle_name[particle]);
        snprintf(word, sizeof word, "particle=%s", particle_name[particle]);
        truth_run run;
        ck_assert_int_eq(truth_open(truth_find("shower"), &setting, 1, &run, message, sizeof message), GENHEP_OK);
        double *rows = make_events("shower", M, 77, settings, NULL), on = 0, want_on = 0, on_variance = 0;
        double kept = 0, want_kept = 0, kept_variance = 0,
               sampling = truth_shower_sampling((enum truth_particle)particle);
        double *requested = malloc(M * sizeof *requested);
        for (int i = 0; i < M; i++) {
            truth_draws draws = truth_draws_of(77, run.stream, i);
            truth_shower shower = {.particle = (enum truth_particle)particle, .energy = 1 + 99 * truth_uniform(&draws)};
            double mean[TRUTH_CELLS + 1];
            const double *row = rows + (int64_t)COLUMNS * i;
            truth_shower_draw(&draws, &shower);
            truth_shower_cells(&shower, mean);
            must(row[TRUTH_CELLS] == shower.energy);
            requested[i] = shower.energy;
            for (int c = 0; c < TRUTH_CELLS; c++) {
                must(row[c] == 0 || row[c] >= 0.002);
                double a = mean[c] / sampling, t = 0.002 / sampling;
                if (!(a > 1e-12)) continue;
                double chance = 1 - truth_gamma_p(a, t), above = 1 - truth_gamma_p(a + 1, t);
                double square = mean[c] * (mean[c] + sampling) * (1 - truth_gamma_p(a + 2, t));
                on += row[c] > 0, want_on += chance, on_variance += chance * (1 - chance);
                kept += row[c], want_kept += mean[c] * above,
                    kept_variance += square - mean[c] * mean[c] * above * above;
            }
        }
        ck_assert_msg(fabs(on - want_on) < SIGMA_LIMIT * sqrt(on_variance), "%s: %g cells on, expected %g +- %g",
                      particle_name[particle], on, want_on, sqrt(on_variance));
        ck_assert_msg(fabs(kept - want_kept) < SIGMA_LIMIT * sqrt(kept_variance), "%s: %g GeV, expected %g +- %g",
                      particle_name[particle], kept, want_kept, sqrt(kept_variance));
        ck_assert(on < 0.5 * M * TRUTH_CELLS); /* sparse */
        ck_ks(requested, M, uniform_cdf, energies);
        truth_close(&run);
        free(rows), free(requested);
    }
}
END_TEST

START_TEST(columns_and_settings)
{
    genhep_dataset *data;
    free(make_events("shower", 2, 1, "energies=[5,5] particle=gamma", &data));
    const int cells[3] = {288, 144, 72};
    int64_t at = 0;
    for (int l = 0; l < 3; l++)
        for (int i = 0; i < cells[l]; i++) {
            char name[32];
            genhep_column column = {.struct_size = sizeof column};
            ck_ok(genhep_dataset_column(data, at++, &column));
            snprintf(name, sizeof name, "layer%d_%d", l, i);
            ck_assert_str_eq(column.name, name);
        }
    genhep_column column = {.struct_size = sizeof column};
    ck_ok(genhep_dataset_column(data, at, &column));
    ck_assert_str_eq(column.name, "energy");
    ck_ok(genhep_dataset_column(data, at + 1, &column));
    ck_assert_str_eq(column.name, "overflow");
    ck_assert_str_eq(genhep_dataset_attribute(data, "settings"), "particle=gamma energies=5,5 threshold=0.001");
    genhep_dataset_free(data);
    fails_with("shower", 1, "energies=5,4", GENHEP_E_OPTION, "expected lo,hi with 1 <= lo <= hi <= 1000");
    fails_with("shower", 1, "energies=0.5,4", GENHEP_E_OPTION, "energies='0.5,4'");
    fails_with("shower", 1, "particle=electron", GENHEP_E_OPTION, "expected eplus|gamma|piplus");
}
END_TEST

GH_TEST_MAIN("truth_shower", gamma_distribution_function, gamma_numbers, moments_are_the_integrals,
             layers_have_the_stated_moments, documented_table, showers_differ_as_stated,
             cells_are_integrals_over_their_areas, layers_share_the_profile, suppression_follows_the_gamma_distribution,
             columns_and_settings)
