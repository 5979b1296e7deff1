/* test_truth_zg.c -- zg_real and zg_dipole against the matrix elements summed on a grid of phase space. */
#include "test_truth.h"

enum { N = 100000, T = 160, Y = 160, H = 120 };

static const double mass = 91.1876, root_s = 13000;

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

/** Matrix elements in Mandelstam variables. */
static double real_element(double s, double t, double u)
{
    return (t * t + u * u + 2 * s * mass * mass) / (t * u);
}

static double dipole_element(double s, double t, double u)
{
    double x = mass * mass / s;
    return s * s * (1 + x * x) / (t * u);
}

/** Sums of the rate in pb, and along ln(pT of the gluon at c), of s, y and eta, for quarks from both sides. */
typedef struct grid {
    double real, dipole, low, high;     /* totals; range of h, p = pt cosh h */
    double of_h[T], of_y[Y], of_eta[H]; /* of the real emission, over h, y in [-most, most] and eta in [-last, last] */
    double dipole_y[Y], last, most;
} grid;

/** Midpoints in h, y and eta, the energy cut as a step: ready to about 1e-3. */
static grid *sum_grid(double pt)
{
    const double vu = 1 - 8. / 3 * 0.2312, vd = 1 - 4. / 3 * 0.2312, w = 0.2312 * (1 - 0.2312);
    const double coupling = 2. / 9 * M_PI * M_PI / 128 * 0.118 / w, pb = 0.3893793721e9;
    grid *g = calloc(1, sizeof *g);
    double highest = root_s / 4, p_most = (highest * highest - mass * mass) / (2 * highest);
    g->last = acosh(p_most / pt);
    g->most = log(root_s / mass);
    for (int i = 0; i < T; i++) {
        double h = g->last * (i + 0.5) / T, p = pt * cosh(h), root = p + hypot(p, mass), s = root * root;
        double jacobian = 2 * pt * sinh(h) / hypot(p, mass) * g->last / T; /* d ln s */
        for (int j = 0; j < Y; j++) {
            double y = g->most * (2 * (j + 0.5) / Y - 1), x1 = root / root_s * exp(y), x2 = root / root_s * exp(-y);
            double flux = (1 + vu * vu) * (up_at(x1) * sea_at(x2) + sea_at(x1) * up_at(x2)) +
                          (1 + vd * vd) * (down_at(x1) * sea_at(x2) + sea_at(x1) * down_at(x2));
            if (!(flux > 0)) continue;
            for (int k = 0; k < H; k++) {
                double eta = g->last * (2 * (k + 0.5) / H - 1), c = tanh(eta);
                if (p / cosh(eta) < pt || p * (cosh(y) + c * sinh(y)) < 5) continue;
                double t = -0.5 * (s - mass * mass) * (1 - c), u = -0.5 * (s - mass * mass) * (1 + c);
                double step = jacobian * 2 * g->most / Y * 2 * g->last / H * (1 - c * c);
                double rate = step * flux * coupling * (s - mass * mass) / (32 * M_PI * s * s) * pb;
                double real = rate * real_element(s, t, u), dipole = rate * dipole_element(s, t, u);
                g->real += real, g->dipole += dipole, g->dipole_y[j] += dipole;
                g->of_h[i] += real, g->of_y[j] += real, g->of_eta[k] += real;
            }
        }
    }
    return g;
}

typedef struct bins {
    const double *weight;
    int n;
    double lo, hi, total;
} bins;

static double bins_cdf(double x, const void *user)
{
    const bins *b = user;
    double at = (x - b->lo) / (b->hi - b->lo) * b->n, sum = 0;
    for (int i = 0; i < b->n; i++) sum += b->weight[i] * fmin(1, fmax(0, at - i));
    return sum / b->total;
}

static double sigma(const char *process, const char *settings)
{
    genhep_dataset *data;
    free(make_events(process, 0, 1, settings, &data));
    double value = attribute_number(data, "sigma_pb"), error = attribute_number(data, "sigma_err_pb");
    ck_assert_double_lt(error, 1e-4 * value);
    genhep_dataset_free(data);
    return value;
}

START_TEST(rates_are_the_integrals)
{
    const double pt[2] = {2, 8};
    for (int i = 0; i < 2; i++) {
        char real[32], dipole[48];
        snprintf(real, sizeof real, "pt_min=%g", pt[i]);
        snprintf(dipole, sizeof dipole, "pt_min=%g kappa=1", pt[i]);
        grid *g = sum_grid(pt[i]);
        double r = sigma("zg_real", real), d = sigma("zg_dipole", dipole);
        ck_assert_msg(fabs(r / g->real - 1) < 3e-3, "real %g, on the grid %g", r, g->real);
        ck_assert_msg(fabs(d / g->dipole - 1) < 3e-3, "dipoles %g, on the grid %g", d, g->dipole);
        /* real - dipoles = -2 everywhere: the small difference is right by itself, not only as part of the sums */
        ck_assert_msg(fabs((r - d) / (g->real - g->dipole) - 1) < 5e-3, "difference %g, on the grid %g", r - d,
                      g->real - g->dipole);
        ck_assert_double_lt(r, d);
        free(g);
    }
    double whole = sigma("zg_dipole", "kappa=1");
    ck_assert_double_eq_tol(sigma("zg_dipole", "") / whole, 0.5, 1e-8);
    ck_assert_double_eq_tol(sigma("zg_dipole", "kappa=0.3") / whole, 0.3, 1e-8);
    ck_assert_double_gt(sigma("zg_real", "pt_min=1"), sigma("zg_real", ""));
}
END_TEST

/** h, y and eta of an event, eta about the direction of +z. */
static void coordinates(const double *v, double pt, double *h, double *y, double *eta)
{
    double e = v[0] + v[4], z = v[3] + v[7], m = sqrt((e - z) * (e + z));
    *y = 0.5 * log((e + z) / (e - z));
    double g = hypot(v[5], v[6]), along = cosh(*y) * v[7] - sinh(*y) * v[4];
    *h = acosh(fmax(1, (m * m - mass * mass) / (2 * m) / pt));
    *eta = asinh(along / g);
}

START_TEST(events_follow_the_matrix_elements)
{
    grid *g = sum_grid(2);
    double *h = malloc(N * sizeof *h), *y = malloc(N * sizeof *y), *eta = malloc(N * sizeof *eta);
    double *x = make_events("zg_real", N, 81, "", NULL);
    for (int i = 0; i < N; i++) coordinates(x + 8 * i, 2, &h[i], &y[i], &eta[i]);
    ck_ks(h, N, bins_cdf, (&(bins){g->of_h, T, 0, g->last, g->real}));
    ck_ks(y, N, bins_cdf, (&(bins){g->of_y, Y, -g->most, g->most, g->real}));
    ck_ks(eta, N, bins_cdf, (&(bins){g->of_eta, H, -g->last, g->last, g->real}));
    free(x);
    x = make_events("zg_dipole", N, 82, "", NULL);
    for (int i = 0; i < N; i++) coordinates(x + 8 * i, 2, &h[i], &y[i], &eta[i]);
    ck_ks(y, N, bins_cdf, (&(bins){g->dipole_y, Y, -g->most, g->most, g->dipole}));
    free(x), free(h), free(y), free(eta), free(g);
}
END_TEST

START_TEST(samples_give_the_subtraction)
{
    /* above 300 GeV, at large angles: the ratio of rates in a region is that of the matrix elements there */
    const double sigma_real = sigma("zg_real", ""), sigma_dipole = sigma("zg_dipole", "kappa=1");
    const char *const process[2] = {"zg_real", "zg_dipole"}, *const settings[2] = {"", "kappa=1"};
    double rate[2] = {0}, variance[2] = {0}, ratio = 0, square = 0;
    int n = 0;
    for (int p = 0; p < 2; p++) {
        double *x = make_events(process[p], N, 83, settings[p], NULL), weight = (p ? sigma_dipole : sigma_real) / N;
        for (int i = 0; i < N; i++) {
            double h, y, eta;
            coordinates(x + 8 * i, 2, &h, &y, &eta);
            double momentum = 2 * cosh(h), root = momentum + hypot(momentum, mass), s = root * root, c = tanh(eta);
            if (root < 200 || fabs(c) > 0.8) continue;
            rate[p] += weight, variance[p] += weight * weight;
            if (p == 0) continue;
            double t = -0.5 * (s - mass * mass) * (1 - c), u = -0.5 * (s - mass * mass) * (1 + c);
            double r = real_element(s, t, u) / dipole_element(s, t, u);
            ratio += r, square += r * r, n++;
        }
        free(x);
    }
    /* dipole events weighted with real/dipole are real events */
    double weighted = ratio * sigma_dipole / N, error = sqrt(variance[0] + square * pow(sigma_dipole / N, 2));
    ck_assert_int_gt(n, 1000);
    ck_assert_msg(fabs(weighted - rate[0]) < SIGMA_LIMIT * error, "%g and %g +- %g", weighted, rate[0], error);
    ck_assert_double_gt(rate[1] - rate[0], SIGMA_LIMIT * sqrt(variance[0] + variance[1])); /* the -2 is seen */
}
END_TEST

START_TEST(events_are_on_shell_balanced_and_cut)
{
    const char *const name[8] = {"z_E", "z_px", "z_py", "z_pz", "g_E", "g_px", "g_py", "g_pz"};
    genhep_dataset *data;
    double *x = make_events("zg_real", N, 84, "pt_min=3", &data), *phi = malloc(N * sizeof *phi), forward = 0;
    const double turn[2] = {-M_PI, M_PI};
    for (int i = 0; i < N; i++) {
        const double *v = x + 8 * i;
        must(off_shell(v, mass) < 1e-12 && off_shell(v + 4, 0) < 1e-12);
        must(v[1] == -v[5] && v[2] == -v[6]);
        must(v[4] > 5 - 1e-9 && hypot(v[5], v[6]) > 3 - 1e-9);
        double e = v[0] + v[4], z = v[3] + v[7];
        must(fmax(e + z, e - z) < root_s && (e - z) * (e + z) < root_s * root_s / 16 * (1 + 1e-9));
        phi[i] = atan2(v[6], v[5]), forward += v[7] > 0;
    }
    ck_assert_double_lt(fabs(2 * forward - N) / sqrt(N), SIGMA_LIMIT);
    ck_ks(phi, N, uniform_cdf, turn);
    for (int c = 0; c < 8; c++) {
        genhep_column column = {.struct_size = sizeof column};
        ck_ok(genhep_dataset_column(data, c, &column));
        ck_assert_str_eq(column.name, name[c]);
    }
    fails_with("zg_real", 1, "kappa=0.5", GENHEP_E_OPTION, "key 'kappa' is unknown");
    fails_with("zg_dipole", 1, "kappa=1.5", GENHEP_E_OPTION, "expected a number from 0.01 to 1");
    fails_with("zg_dipole", 1, "pt_min=0", GENHEP_E_OPTION, "pt_min='0'");
    genhep_dataset_free(data);
    free(x), free(phi);
}
END_TEST

GH_TEST_MAIN("truth_zg", rates_are_the_integrals, events_follow_the_matrix_elements, samples_give_the_subtraction,
             events_are_on_shell_balanced_and_cut)
