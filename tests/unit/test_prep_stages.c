/* test_prep_stages.c -- representations and discrete stages, the archive, and what each of them refuses. */
#include "testing.h"

#include "base/normal.h"
#include "base/options.h"
#include "prep/prep.h"
#include "prep/tree.h"

enum { N = 700 };

static double noise(int64_t i, int64_t j)
{
    gh_rng rng = gh_rng_make(5, GH_RANDOM_PUBLIC, 0);
    return gh_rng_uniform(&rng, i, j);
}

static genhep_dataset *table(int64_t d, const char *const *names)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data;
    ck_ok(gh_dataset_create(&hooks, N, d, names, NULL, 0, &data));
    return data;
}

/* settings: "key = value" lines separated by ';' */
static gh_status fit(const char *settings, const genhep_dataset *data, gh_prep **prep)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_options *options;
    char copy[512], *save = NULL;
    snprintf(copy, sizeof copy, "%s", settings);
    ck_ok(genhep_options_create(&options));
    for (char *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save))
        ck_ok(genhep_options_parse(options, line));
    gh_status status = gh_prep_fit(&hooks, options, data, prep);
    genhep_options_free(options);
    return status;
}

/* Two particles a (mass 0.1) and b (mass 5) with a charge each and a plain column, not balanced. */
static const char *const two_names[] = {"a_E",  "a_px", "a_py", "a_pz", "b_E", "b_px",
                                        "b_py", "b_pz", "a_Q",  "b_Q",  "met"};

static genhep_dataset *two(void)
{
    genhep_dataset *data = table(11, two_names);
    for (int64_t i = 0; i < N; i++) {
        double *row = data->values + 11 * i;
        for (int k = 0; k < 2; k++) {
            double m = k ? 5 : 0.1, *p = row + 4 * k;
            for (int c = 0; c < 3; c++) p[1 + c] = 30 * gh_normal_quantile(noise(i, 3 * k + c));
            p[0] = sqrt(m * m + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
        }
        row[8] = noise(i, 6) < 0.3 ? -1 : 1;
        row[9] = noise(i, 7) < 0.9 ? -row[8] : 1; /* (-1,-1) never occurs, (1,1) seldom */
        row[10] = noise(i, 8);
    }
    return data;
}

/* Fit, forward, inverse, save, load, and the same again with equal bits. @return the largest relative error of the
 * columns. */
static double cycle(const char *settings, const genhep_dataset *data, int64_t width, const char *measure)
{
    gh_hooks hooks = gh_hooks_default();
    gh_prep *prep, *loaded;
    gh_prep_work *work, *other;
    gh_archive archive;
    int64_t d = data->d;
    double worst = 0, uniforms[N];
    ck_ok(fit(settings, data, &prep));
    ck_assert_msg(gh_prep_width(prep) == width, "%s: width %d, measure %s", settings, (int)gh_prep_width(prep),
                  gh_prep_measure(prep));
    if (measure) ck_assert_str_eq(gh_prep_measure(prep), measure);
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_prep_save(prep, "prep", &archive));
    ck_ok(gh_prep_load(&hooks, "prep", &archive, &loaded));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_work_create(&hooks, loaded, N, &other));
    size_t z_bytes = (size_t)(N * width) * sizeof(double), x_bytes = (size_t)(N * d) * sizeof(double);
    double *z = malloc(z_bytes), *z2 = malloc(z_bytes), *x = malloc(x_bytes), *x2 = malloc(x_bytes), jac[N], jac2[N];
    for (int64_t i = 0; i < N; i++) uniforms[i] = noise(i, 20);
    ck_ok(gh_prep_forward(prep, work, N, data->values, d, 3, 0, z, width, jac));
    ck_ok(gh_prep_forward(loaded, other, N, data->values, d, 3, 0, z2, width, jac2));
    ck_assert(memcmp(z, z2, z_bytes) == 0 && memcmp(jac, jac2, sizeof jac) == 0);
    gh_prep_inverse(prep, work, N, z, width, uniforms, 0, x, d);
    gh_prep_inverse(loaded, other, N, z, width, uniforms, 0, x2, d);
    ck_assert(memcmp(x, x2, x_bytes) == 0);
    ck_assert_str_eq(gh_prep_measure(prep), gh_prep_measure(loaded));
    for (int64_t j = 0; j < width; j++) ck_assert_str_eq(gh_prep_name(prep, j), gh_prep_name(loaded, j));
    for (int64_t i = 0; i < N * d; i++) {
        double e = fabs(x[i] - data->values[i]) / (1 + fabs(data->values[i]));
        worst = e <= worst ? worst : e;
    }
    for (int64_t i = 0; i < N; i++) ck_assert(isfinite(jac[i]));
    gh_prep_work_free(work);
    gh_prep_work_free(other);
    gh_prep_free(prep);
    gh_prep_free(loaded);
    gh_archive_clear(&archive);
    free(z), free(z2), free(x), free(x2);
    return worst;
}

START_TEST(stages_invert_and_save)
{
    genhep_dataset *data = two();
    static const struct {
        const char *settings;
        int64_t width;
        const char *measure;
    } cases[] = {
        {"prep = momenta", 11, NULL},
        {"prep = momenta; data.masses = a: 0.1, b: 5", 9, "da_px da_py da_pz db_px db_py db_pz da_Q db_Q dmet"},
        {"prep = ptetaphi; data.masses = a: 0.1, b: free", 10,
         "dlogpT(a) deta(a) dphi(a) dlogpT(b) deta(b) dphi(b) dlogm(b) da_Q db_Q dmet"},
        {"prep = ptetaphi, quantile; data.masses = a: 0.1, b: 5", 9, NULL},
        {"prep = tree; prep.tree = X: a b; data.masses = a: 0.1, b: free", 10,
         "dm(X) dm(b) dcos(a) dphi(a) dlogpT(X) dphi(X) dy(X) da_Q db_Q dmet"},
        {"prep = tree(X: a b), log(m(X)), standardise; data.masses = a: 0.1, b: 5", 9, NULL},
        {"prep = pair(a, b); data.masses = a: 0.1, b: 5", 9,
         "dlogpT(a) dlogpT(b) deta(a) dphi(a) dlogm(a+b) dangle(b-a) da_Q db_Q dmet"},
        {"prep = pair(a, b, eta), quantile; data.masses = a: 0.1, b: 5", 10, NULL},
        {"prep = pair(a, b, box); data.masses = a: 0.1, b: 5", 9,
         "dlogpT(a) dlogpT(b) dbox(a) dphi(a) dlogm(a+b) dangle(b-a) da_Q db_Q dmet"},
        {"prep = quantile_by(a_Q, b_Q)", 10, NULL},
        {"prep = pair(a, b, box), quantile_by(*_Q); data.masses = a: 0.1, b: 5", 8, NULL},
        {"prep = category(a_Q, b_Q)", 10,
         "da_E da_px da_py da_pz db_E db_px db_py db_pz dmet count(category(a_Q+b_Q))"},
        {"prep = category(a_Q), category(b_Q), momenta, standardise; data.masses = a: 0.1, b: 5", 9, NULL},
        {"prep = maxabs", 11, NULL},
        {"prep = log(*_E), logit(met, -0.1, 1.1), minmax", 11, NULL},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double worst = cycle(cases[k].settings, data, cases[k].width, cases[k].measure);
        ck_assert_msg(worst <= 1e-9, "%s: round trip off by %g", cases[k].settings, worst);
    }
    gh_dataset_free(data);
}
END_TEST

/* Whatever the coordinates, the pair has exactly the mass they say, and 'box' keeps both particles within the largest |eta|. */
START_TEST(pair_keeps_its_mass_and_its_box)
{
    enum { EVENTS = 2000 };
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = two();
    static const char *const settings[] = {"prep = pair(a, b); data.masses = a: 0.1, b: 5", "prep = pair(a, b, box); data.masses = a: 0.1, b: 5"};
    double edge = 0;
    for (int64_t i = 0; i < data->n; i++)
        for (int k = 0; k < 2; k++) {
            const double *p = data->values + i * data->d + 4 * k;
            edge = fmax(edge, fabs(asinh(p[3] / hypot(p[1], p[2]))));
        }
    for (int k = 0; k < 2; k++) {
        gh_prep *prep;
        gh_prep_work *work;
        double *z = malloc(EVENTS * 9 * sizeof *z), *x = malloc(EVENTS * 11 * sizeof *x);
        ck_ok(fit(settings[k], data, &prep));
        ck_ok(gh_prep_work_create(&hooks, prep, EVENTS, &work));
        for (int i = 0; i < EVENTS; i++) { /* pT 1..20, mass 6..90: many pairs that no eta-eta-mass choice could reach */
            double row[9] = {log(1 + 19 * noise(i, 1)), log(1 + 19 * noise(i, 2)), 2 * noise(i, 3) - 1, 6 * noise(i, 4) - 3,
                             log(6 + 84 * noise(i, 5)), 6.28 * noise(i, 6) - 3.14, 1, -1, 0.5};
            memcpy(z + i * 9, row, sizeof row);
        }
        gh_prep_inverse(prep, work, EVENTS, z, 9, NULL, 0, x, 11);
        for (int i = 0; i < EVENTS; i++) {
            const double *p = x + i * 11, *q = p + 4;
            double mT2 = pow(p[0] + q[0], 2) - pow(p[3] + q[3], 2), pT2 = pow(p[1] + q[1], 2) + pow(p[2] + q[2], 2), m = exp(z[i * 9 + 4]);
            double least = sqrt(0.01 + 25 + 2 * (hypot(0.1, hypot(p[1], p[2])) * hypot(5, hypot(q[1], q[2])) - hypot(p[1], p[2]) * hypot(q[1], q[2])));
            if (m > least) /* below, the two transverse masses alone are more */
                ck_assert_msg(fabs(sqrt(mT2 - pT2) - m) < 1e-6 * m * (1 + p[0] * q[0] / (m * m)), "%s: mass %g, expected %g", settings[k], sqrt(mT2 - pT2), m);
            if (k == 1 && fabs(asinh(p[3] / hypot(p[1], p[2])) - asinh(q[3] / hypot(q[1], q[2]))) < edge)
                ck_assert_msg(fabs(asinh(p[3] / hypot(p[1], p[2]))) <= edge * (1 + 1e-6) && fabs(asinh(q[3] / hypot(q[1], q[2]))) <= edge * (1 + 1e-6),
                              "%g %g beyond %g", asinh(p[3] / hypot(p[1], p[2])), asinh(q[3] / hypot(q[1], q[2])), edge);
        }
        free(z), free(x);
        gh_prep_work_free(work);
        gh_prep_free(prep);
    }
    gh_dataset_free(data);
}
END_TEST

/* With both pseudorapidities as coordinates: the mass stands, the eta of the first particle too, and that of the second unless the
 * mass is too small for it. */
START_TEST(pair_with_both_etas_keeps_its_mass)
{
    enum { EVENTS = 5000 };
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = two();
    gh_prep *prep;
    gh_prep_work *work;
    double *z = malloc(EVENTS * 10 * sizeof *z), *x = malloc(EVENTS * 11 * sizeof *x);
    int small = 0, large = 0;
    ck_ok(fit("prep = pair(a, b, eta); data.masses = a: 0.1, b: 5", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, EVENTS, &work));
    for (int i = 0; i < EVENTS; i++) {
        const double row[10] = {log(1 + 19 * noise(i, 1)), log(1 + 19 * noise(i, 2)), 4 * noise(i, 3) - 2, 4 * noise(i, 4) - 2, 6 * noise(i, 5) - 3,
                                log(6 + 84 * noise(i, 6)), 6 * noise(i, 7) - 3, 1, -1, 0.5};
        memcpy(z + i * 10, row, sizeof row);
    }
    gh_prep_inverse(prep, work, EVENTS, z, 10, NULL, 0, x, 11);
    for (int i = 0; i < EVENTS; i++) {
        const double *p = x + i * 11, *q = p + 4, *at = z + i * 10;
        const double pa = hypot(p[1], p[2]), pb = hypot(q[1], q[2]), mass = exp(at[5]);
        const double found = sqrt(pow(p[0] + q[0], 2) - pow(p[1] + q[1], 2) - pow(p[2] + q[2], 2) - pow(p[3] + q[3], 2));
        const double least = sqrt(0.01 + 25 + 2 * (hypot(0.1, pa) * hypot(5, pb) - pa * pb));
        if (mass < least) continue; /* the two transverse masses alone are more */
        ck_assert_msg(fabs(found - mass) < 1e-6 * mass * (1 + p[0] * q[0] / (mass * mass)), "mass %g, expected %g", found, mass);
        ck_assert(fabs(asinh(p[3] / pa) - at[2]) < 1e-6);
        const int moved = fabs(asinh(q[3] / pb) - at[3]) > 1e-6, stretched = fabs(pa / exp(at[0]) - 1) > 1e-6;
        ck_assert(!moved || !stretched);
        ck_assert(fabs(pa / exp(at[0]) - pb / exp(at[1])) < 1e-6 * pa / exp(at[0])); /* one factor for both */
        if (stretched) ck_assert(pa > exp(at[0]) && fabs(p[1] * q[1] + p[2] * q[2] + pa * pb) < 1e-6 * pa * pb); /* back to back */
        small += moved, large += stretched;
    }
    ck_assert_msg(small > 100 && large > 100, "%d masses too small, %d too large", small, large);
    free(z), free(x);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

/* Within every category the mapped columns are normal, and categories keep their shares. */
START_TEST(quantile_by_is_normal_in_every_category)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = two();
    gh_prep *prep;
    gh_prep_work *work;
    ck_ok(fit("prep = quantile_by(a_Q, b_Q); prep.knots = 101", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, data->n, &work));
    double *z = malloc((size_t)(data->n * 10) * sizeof *z), sum[4] = {0}, square[4] = {0}, n[4] = {0};
    ck_ok(gh_prep_forward(prep, work, data->n, data->values, data->d, 1, 0, z, 10, NULL));
    for (int64_t i = 0; i < data->n; i++) {
        const double *x = data->values + i * data->d;
        int c = (x[8] > 0) + 2 * (x[9] > 0);
        n[c]++, sum[c] += z[i * 10 + 1], square[c] += z[i * 10 + 1] * z[i * 10 + 1];
    }
    int seen = 0;
    for (int c = 0; c < 4; c++) {
        if (n[c] == 0) continue;
        seen++;
        /* the smallest and the largest of n events sit at the ends, z = -4.3 and 4.3, which a normal sample seldom reaches */
        double body = square[c] - 2 * 4.3 * 4.3, middle = body / (n[c] - 2);
        ck_assert_msg(fabs(sum[c] / n[c]) < 0.15 && middle > 0.6 && middle < 1.1, "category %d of %g: mean %g, square without the ends %g",
                      c, n[c], sum[c] / n[c], middle);
    }
    ck_assert_int_ge(seen, 2);
    free(z);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

START_TEST(pair_unreachable_is_clamped)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = two();
    static const char *const settings[] = {"prep = pair(a, b); data.masses = a: 0.1, b: 5",
                                           "prep = pair(a, b, eta); data.masses = a: 0.1, b: 5",
                                           "prep = pair(a, b, eta), quantile; data.masses = a: 0.1, b: 5"};
    for (int k = 0; k < 3; k++)
        for (double scale = 8; scale < 1e301; scale *= 1e73) {
            gh_prep *prep;
            gh_prep_work *work;
            double z[100 * 10], x[100 * 11];
            ck_ok(fit(settings[k], data, &prep));
            ck_ok(gh_prep_work_create(&hooks, prep, 100, &work));
            for (int i = 0; i < 1000; i++) z[i] = scale * (2 * noise(i, 30) - 1);
            gh_prep_inverse(prep, work, 100, z, gh_prep_width(prep), NULL, 1, x, 11);
            for (int i = 0; i < 100; i++)
                for (int j = 0; j < 8; j++)
                    ck_assert_msg(isfinite((float)x[11 * i + j]), "%s: %g", settings[k], x[11 * i + j]);
            gh_prep_work_free(work);
            gh_prep_free(prep);
        }
    gh_dataset_free(data);
}
END_TEST

/* A model whose z is exactly normal gives each category its share, and exp(log-Jacobian) of the normal density is that
 * share. */
START_TEST(categories_keep_their_shares)
{
    enum { DRAWS = 40000 };
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = two();
    gh_prep *prep;
    gh_prep_work *work;
    double share[3] = {0, 0, 0}, *z = malloc(DRAWS * 10 * sizeof *z), *x = malloc(DRAWS * 11 * sizeof *x), jac[N],
           count[3] = {0, 0, 0};
    for (int64_t i = 0; i < N; i++)
        share[data->values[11 * i + 8] < 0 ? 0 : data->values[11 * i + 9] < 0 ? 1 : 2] += 1.0 / N;
    ck_ok(fit("prep = category(a_Q, b_Q)", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, DRAWS, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, 11, 3, 0, z, 10, jac));
    for (int64_t i = 0; i < N; i++) {
        int k = data->values[11 * i + 8] < 0 ? 0 : data->values[11 * i + 9] < 0 ? 1 : 2;
        ck_assert(fabs(gh_normal_pdf(z[10 * i + 9]) * exp(jac[i]) - share[k]) < 1e-12);
    }
    for (int64_t i = 0; i < DRAWS; i++)
        for (int j = 0; j < 10; j++) z[10 * i + j] = gh_normal_quantile(noise(i, 40 + j));
    gh_prep_inverse(prep, work, DRAWS, z, 10, NULL, 0, x, 11);
    for (int64_t i = 0; i < DRAWS; i++) {
        double a = x[11 * i + 8], b = x[11 * i + 9];
        ck_assert_msg((a == -1 && b == 1) || (a == 1 && fabs(b) == 1), "%g %g never occurs in the data", a, b);
        count[a < 0 ? 0 : b < 0 ? 1 : 2]++;
    }
    for (int k = 0; k < 3; k++)
        ck_assert(fabs(count[k] / DRAWS - share[k]) < 5 * sqrt(share[k] * (1 - share[k]) / DRAWS));
    double row[11];
    memcpy(row, data->values, sizeof row);
    row[8] = row[9] = -1;
    ck_fails(gh_prep_forward(prep, work, 1, row, 11, 3, 0, z, 10, NULL), GENHEP_E_NUMERIC, "training data do not have");
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(x);
}
END_TEST

START_TEST(absent_objects_come_back)
{
    static const char *const names[] = {"j0_pT",  "j0_eta", "j0_phi", "j0_E", "j1_pT",
                                        "j1_eta", "j1_phi", "j1_E",   "j1_b"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(9, names);
    for (int64_t i = 0; i < N; i++) { /* j1 only where j0 is: three patterns at most */
        double *row = data->values + 9 * i;
        int objects = noise(i, 0) < 0.1 ? 0 : noise(i, 1) < 0.4 ? 1 : 2;
        for (int k = 0; k < objects; k++) {
            row[4 * k] = 20 + 50 * noise(i, 2 + 4 * k);
            row[4 * k + 1] = 4 * noise(i, 3 + 4 * k) - 2;
            row[4 * k + 2] = 6 * noise(i, 4 + 4 * k) - 3;
            row[4 * k + 3] = row[4 * k] * cosh(row[4 * k + 1]) + 1 + noise(i, 5 + 4 * k);
        }
        if (objects == 2) row[8] = noise(i, 11) < 0.5;
    }
    double worst = cycle("prep = flags(j*), category(j1_b), ptetaphi, quantile; data.masses = free", data, 10, NULL);
    ck_assert_msg(worst <= 1e-9, "round trip off by %g", worst);
    gh_prep *prep;
    gh_prep_work *work;
    double z[N * 10], x[N * 9];
    ck_ok(fit("prep = flags(j*), category(j1_b), ptetaphi, quantile; data.masses = free", data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    for (int64_t i = 0; i < N * 10; i++) z[i] = gh_normal_quantile(noise(i, 60));
    gh_prep_inverse(prep, work, N, z, 10, NULL, 1, x, 9);
    int seen[3] = {0, 0, 0};
    for (int64_t i = 0; i < N; i++) {
        int there[2] = {0, 0};
        for (int k = 0; k < 2; k++) {
            int zeros = 0;
            for (int j = 0; j < 4; j++) zeros += x[9 * i + 4 * k + j] == 0;
            ck_assert(zeros == 0 || zeros == 4); /* all or nothing */
            there[k] = zeros == 0;
        }
        ck_assert(there[0] || !there[1]);
        ck_assert(there[1] ? x[9 * i + 8] == 0 || x[9 * i + 8] == 1 : x[9 * i + 8] == 0);
        seen[there[0] + there[1]]++;
    }
    ck_assert(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

START_TEST(balance_of_plain_momenta)
{
    static const char *const names[] = {"E1", "px1", "py1", "pz1", "E2", "px2", "py2", "pz2"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = table(8, names);
    for (int64_t i = 0; i < N; i++) {
        double *row = data->values + 8 * i;
        for (int c = 1; c < 4; c++) row[c] = 40 * noise(i, c) - 20, row[4 + c] = c < 3 ? -row[c] : 9 * noise(i, 9);
        for (int k = 0; k < 2; k++)
            row[4 * k] = sqrt(row[4 * k + 1] * row[4 * k + 1] + row[4 * k + 2] * row[4 * k + 2] +
                              row[4 * k + 3] * row[4 * k + 3]);
    }
    static const char *const settings[] = {
        "prep = momenta, standardise; data.masses = 0; data.particles = u: E1 px1 py1 pz1, v: E2 px2 py2 pz2",
        "prep = ptetaphi, standardise; data.masses = 0; data.particles = u: E1 px1 py1 pz1, v: E2 px2 py2 pz2"};
    for (int k = 0; k < 2; k++)
        for (int as_float = 0; as_float < 2; as_float++) {
            gh_prep *prep;
            gh_prep_work *work;
            double z[N * 4], x[N * 8];
            ck_assert(cycle(settings[k], data, 4, NULL) <= 1e-12);
            ck_ok(fit(settings[k], data, &prep));
            ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
            for (int64_t i = 0; i < N * 4; i++) z[i] = gh_normal_quantile(noise(i, 70));
            gh_prep_inverse(prep, work, N, z, 4, NULL, as_float, x, 8);
            for (int64_t i = 0; i < N; i++) {
                const double *p = x + 8 * i;
                ck_assert(p[1] == -p[5] && p[2] == -p[6]);
                for (int j = 0; j < 2; j++, p += 4)
                    ck_assert(fabs(p[0] - sqrt(p[1] * p[1] + p[2] * p[2] + p[3] * p[3])) <= 4e-16 * p[0]);
            }
            gh_prep_work_free(work);
            gh_prep_free(prep);
        }
    gh_prep *prep; /* 'none' keeps all six */
    ck_ok(fit(
        "prep = momenta; data.masses = 0; prep.balance = none; data.particles = u: E1 px1 py1 pz1, v: E2 px2 py2 pz2",
        data, &prep));
    ck_assert_int_eq(gh_prep_width(prep), 6);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

START_TEST(wrong_settings_are_named)
{
    genhep_dataset *data = two();
    static const struct {
        const char *settings, *part;
    } cases[] = {
        {"prep = tree", "prep.tree"},
        {"prep = tree; prep.tree = X: a c", "no particle is named 'c'"},
        {"prep = tree; prep.tree = X: a bb", "closest is 'b'"},
        {"prep = tree; prep.tree = X: a", "at least two children"},
        {"prep = tree; prep.tree = X: a (Y: b", "')'"},
        {"prep = tree; prep.tree = X: a b) ", "character 7"},
        {"prep = tree; prep.tree = X: a b | ", "the name of a root"},
        {"prep = tree; prep.tree = X: a a", "'a' stands twice"},
        {"prep = tree; prep.tree = X: a (b c)", "':' behind the node's name"},
        {"prep = standardise, tree; prep.tree = X: a b", "as it stands in the data"},
        {"prep = momenta(a, bc)", "closest is 'b'"},
        {"prep = momenta; data.masses = c: 1", "no particle is named 'c'"},
        {"prep = momenta; data.masses = a: heavy", "expected a mass"},
        {"prep = momenta; data.particles = u: a_E a_px", "expected 'E px py pz' or 'px py pz'"},
        {"prep = momenta; data.particles = u: px=a_px py=a_py", "needs px py pz or pT eta phi"},
        {"prep = momenta; data.particles = u: a_E a_px a_py a_pw", "'a_pw'"},
        {"prep = momenta; prep.balance = z", "no particle 'z'"},
        {"prep = pair(a)", "pair(p1, p2)"},
        {"prep = pair(a, a)", "twice"},
        {"prep = pair(a, b); data.masses = free", "fixed mass"},
        {"prep = category", "needs columns"},
        {"prep = category(b_QQ)", "closest is 'b_Q'"},
        {"prep = flags", "needs objects"},
        {"prep = flags(c*)", "no object is named"},
        {"prep = azimuth", "azimuth"},
        {"prep = momenta, azimuth", "azimuth"},
        {"prep = periodic", "no angle"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gh_prep *prep;
        gh_status status = fit(cases[k].settings, data, &prep);
        char message[512];
        genhep_last_error(message, sizeof message);
        ck_assert_msg(status == GENHEP_E_OPTION, "%s: %d %s", cases[k].settings, (int)status, message);
        ck_assert_msg(strstr(message, cases[k].part) != NULL, "%s: '%s' does not name %s", cases[k].settings, message,
                      cases[k].part);
        ck_assert_ptr_null(prep);
    }
    gh_dataset_free(data);
}
END_TEST

START_TEST(trees_are_read)
{
    gh_tree *tree = malloc(sizeof *tree);
    ck_ok(gh_tree_parse("t: b (W+: q1 q1barp) | h: c d e f | j", "tree", tree));
    static const struct {
        const char *name;
        int64_t parent, particle, leaf, leaf_end;
    } nodes[] = {{"t", -1, -1, 0, 3},    {"b", 0, 0, 0, 1},    {"W+", 0, -1, 1, 3}, {"q1", 2, 1, 1, 2},
                 {"q1barp", 2, 2, 2, 3}, {"h", -1, -1, 3, 7},  {"c", 5, 3, 3, 4},   {"d+e+f", 5, -1, 4, 7},
                 {"d", 7, 4, 4, 5},      {"e+f", 7, -1, 5, 7}, {"e", 9, 5, 5, 6},   {"f", 9, 6, 6, 7},
                 {"j", -1, 7, 7, 8}};
    ck_assert_int_eq(tree->count, 13);
    ck_assert_int_eq(tree->roots, 3);
    ck_assert_int_eq(tree->leaves, 8);
    for (int64_t n = 0; n < 13; n++) {
        ck_assert_str_eq(tree->node[n].name, nodes[n].name);
        ck_assert(tree->node[n].parent == nodes[n].parent && tree->node[n].particle == nodes[n].particle);
        ck_assert(tree->node[n].leaf == nodes[n].leaf && tree->node[n].leaf_end == nodes[n].leaf_end);
        if (nodes[n].particle < 0) ck_assert_int_eq(tree->node[n].child[0], n + 1);
    }
    char deep[4096] = "";
    for (int i = 0; i < 200; i++) strcat(deep, "(x: ");
    ck_fails(gh_tree_parse(deep, "tree", tree), GENHEP_E_OPTION, "tree");
    free(tree);
}
END_TEST

/* Every entry of a saved preparation removed, shortened or spoilt: an error or a usable preparation, never a crash. */
START_TEST(damaged_archives_are_refused)
{
    static const char *const settings[] = {"prep = category(*_Q), tree(X: a b), quantile; prep.knots = 11",
                                           "prep = flags(a), pair(a, b, eta), log(met), periodic",
                                           "prep = ptetaphi, azimuth, standardise"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = two();
    for (int s = 0; s < 3; s++) {
        gh_prep *prep, *loaded;
        gh_archive archive;
        ck_ok(fit(settings[s], data, &prep));
        gh_archive_init(&archive, &hooks);
        ck_ok(gh_prep_save(prep, "prep", &archive));
        gh_prep_free(prep);
        for (int64_t i = 0; i < archive.count; i++) {
            gh_entry *entry = &archive.entries[i];
            char first = entry->name[0];
            entry->name[0] = '#'; /* gone */
            gh_status status = gh_prep_load(&hooks, "prep", &archive, &loaded);
            ck_assert_msg(status == GENHEP_E_FORMAT, "%s: loads without %s", settings[s], entry->name);
            ck_assert_ptr_null(loaded);
            entry->name[0] = first;
            if (entry->rank > 0 && entry->dims[0] > 0) {
                entry->dims[0]--;
                status = gh_prep_load(&hooks, "prep", &archive, &loaded);
                if (!status) gh_prep_free(loaded);
                ck_assert_msg(status != GENHEP_OK || entry->type == GH_TEXT, "%s: loads a short %s", settings[s],
                              entry->name);
                entry->dims[0]++;
            }
            for (int k = 0; entry->type == GH_I64 && k < 3; k++) { /* indices and sizes out of range */
                static const int64_t bad[] = {-7, 1000, INT64_MAX};
                int64_t *number = entry->data, keep = *number, z_rows = 8;
                *number = bad[k];
                if (gh_prep_load(&hooks, "prep", &archive, &loaded) == GENHEP_OK) {
                    gh_prep_work *work;
                    double z[8 * 16] = {0}, x[8 * 11], u[8] = {.5, .5, .5, .5, .5, .5, .5, .5};
                    ck_ok(gh_prep_work_create(&hooks, loaded, z_rows, &work));
                    gh_prep_inverse(loaded, work, z_rows, z, gh_prep_width(loaded), u, 0, x, 11);
                    gh_prep_work_free(work);
                    gh_prep_free(loaded);
                }
                *number = keep;
            }
        }
        ck_ok(gh_prep_load(&hooks, "prep", &archive, &loaded));
        gh_prep_free(loaded);
        gh_archive_clear(&archive);
    }
    gh_dataset_free(data);
}
END_TEST

/* An allocator that fails from its `left`-th call on, and counts blocks that are alive. */
typedef struct counter {
    int64_t left, calls, alive;
} counter;

static void *counted_reallocate(void *user, void *block, size_t size)
{
    counter *c = user;
    c->calls++;
    if (c->left-- <= 0) return NULL;
    void *result = realloc(block, size);
    c->alive += result && !block;
    return result;
}

static void counted_release(void *user, void *block)
{
    ((counter *)user)->alive--;
    free(block);
}

START_TEST(allocations_fail_cleanly)
{
    static const char *const settings[] = {"prep = category(*_Q), tree(X: a b), periodic, quantile; prep.knots = 11",
                                           "prep = flags(a), pair(a, b, eta), azimuth(phi*), standardise"};
    genhep_dataset *data = two();
    for (int s = 0; s < 2; s++) {
        counter c = {0, 0, 0};
        gh_hooks hooks = gh_hooks_default();
        hooks.reallocate = counted_reallocate, hooks.release = counted_release, hooks.allocator_user = &c;
        genhep_options *options;
        gh_status status = GENHEP_E_NOMEM;
        char copy[512], *save = NULL;
        snprintf(copy, sizeof copy, "%s", settings[s]);
        ck_ok(genhep_options_create(&options));
        for (char *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save))
            ck_ok(genhep_options_parse(options, line));
        int64_t tries = 0;
        for (; status; tries++) {
            gh_prep *prep = NULL, *loaded = NULL;
            gh_prep_work *work = NULL;
            gh_archive archive;
            c.left = tries;
            gh_archive_init(&archive, &hooks);
            status = gh_prep_fit(&hooks, options, data, &prep);
            if (!status) status = gh_prep_save(prep, "prep", &archive);
            if (!status) status = gh_prep_load(&hooks, "prep", &archive, &loaded);
            if (!status) status = gh_prep_work_create(&hooks, loaded, 64, &work);
            ck_assert(status == GENHEP_OK || status == GENHEP_E_NOMEM);
            if (!status) { /* forward and inverse ask for nothing */
                double z[64 * 16], x[64 * 11], u[64];
                int64_t calls = c.calls;
                for (int i = 0; i < 64; i++) u[i] = 0.5;
                ck_ok(gh_prep_forward(loaded, work, 64, data->values, 11, 1, 0, z, gh_prep_width(loaded), NULL));
                gh_prep_inverse(loaded, work, 64, z, gh_prep_width(loaded), u, 1, x, 11);
                ck_assert_int_eq(c.calls, calls);
            }
            gh_prep_work_free(work);
            gh_prep_free(loaded);
            gh_prep_free(prep);
            gh_archive_clear(&archive);
            ck_assert_msg(c.alive == 0, "%s: %d blocks left when call %d fails", settings[s], (int)c.alive, (int)tries);
        }
        ck_assert(tries > 50);
        genhep_options_free(options);
    }
    gh_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("prep_stages", stages_invert_and_save, pair_keeps_its_mass_and_its_box, pair_with_both_etas_keeps_its_mass, quantile_by_is_normal_in_every_category,
             pair_unreachable_is_clamped, categories_keep_their_shares,
             absent_objects_come_back, balance_of_plain_momenta, wrong_settings_are_named, trees_are_read,
             damaged_archives_are_refused, allocations_fail_cleanly)
