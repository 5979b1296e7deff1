/* test_prep_objects.c -- the stage 'objects': there and back, saved and loaded; whatever the coordinates, objects in falling pT with
 * multiplicities and labels of the data; log-Jacobian against differences; wrong input and damaged constants. */
#include "testing.h"

#include "base/normal.h"
#include "base/options.h"
#include "prep/prep.h"

enum { N = 4000, D = 25, P = 22 };

static const char *const names[D] = {"MET",      "METphi",   "jet0_isB", "jet0_E",   "jet0_pT",  "jet0_eta", "jet0_phi",
                                     "jet1_isB", "jet1_E",   "jet1_pT",  "jet1_eta", "jet1_phi", "jet2_isB", "jet2_E",
                                     "jet2_pT",  "jet2_eta", "jet2_phi", "lep0_id",  "lep0_pT",  "lep0_eta", "lep0_phi",
                                     "lep1_id",  "lep1_pT",  "lep1_eta", "lep1_phi"};
enum { JET = 2, LEP = 17 }; /* where they begin; 5 and 4 columns each */
static const char *const chain = "objects(jet*, lep*)";

static double noise(int64_t i, int64_t j)
{
    gh_rng rng = gh_rng_make(12, GH_RANDOM_PUBLIC, 0);
    return gh_rng_uniform(&rng, i, j);
}

/* Up to 3 jets above 20, labelled ones within |eta| < 1; up to 2 leptons above 10 with ids 11, 13, two of them never of the same kind. */
static genhep_dataset *events(void)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data;
    ck_ok(gh_dataset_create(&hooks, N, D, names, NULL, 0, &data));
    for (int64_t i = 0; i < N; i++) {
        double *row = data->values + i * D, pt = 300;
        const int jets = (int)(4 * noise(i, 0)), leptons = noise(i, 1) < 0.5 ? 0 : noise(i, 1) < 0.9 ? 1 : 2;
        row[0] = 100 * noise(i, 2);
        row[1] = M_PI * (2 * noise(i, 3) - 1);
        for (int k = 0; k < jets; k++) {
            double *jet = row + JET + 5 * k;
            pt = 20 + (pt - 20) * noise(i, 4 + 5 * k);
            jet[0] = noise(i, 5 + 5 * k) < 0.4;
            jet[2] = pt;
            jet[3] = (jet[0] != 0 ? 2 : 6) * (noise(i, 6 + 5 * k) - 0.5);
            jet[4] = M_PI * (2 * noise(i, 7 + 5 * k) - 1);
            jet[1] = pt * sqrt(cosh(jet[3]) * cosh(jet[3]) + 0.04 * noise(i, 8 + 5 * k));
        }
        pt = 100;
        for (int k = 0; k < leptons; k++) {
            double *lepton = row + LEP + 4 * k;
            pt = 10 + (pt - 10) * noise(i, 30 + 4 * k);
            lepton[0] = k ? 24 - row[LEP] : noise(i, 31) < 0.5 ? 11 : 13;
            lepton[1] = pt;
            lepton[2] = 4 * noise(i, 32 + 4 * k) - 2;
            lepton[3] = M_PI * (2 * noise(i, 33 + 4 * k) - 1);
        }
    }
    return data;
}

static gh_status fit_masses(const gh_hooks *hooks, const char *masses, const char *prep_text,
                            const genhep_dataset *data, gh_prep **prep)
{
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", prep_text));
    ck_ok(genhep_options_set(options, "prep.knots", "201"));
    ck_ok(genhep_options_set(options, "data.masses", masses));
    gh_status status = gh_prep_fit(hooks, options, data, prep);
    genhep_options_free(options);
    return status;
}

static gh_status fit_with(const gh_hooks *hooks, const char *prep_text, const genhep_dataset *data, gh_prep **prep)
{
    return fit_masses(hooks, "", prep_text, data, prep);
}

static gh_status fit(const char *prep_text, const genhep_dataset *data, gh_prep **prep)
{
    gh_hooks hooks = gh_hooks_default();
    return fit_with(&hooks, prep_text, data, prep);
}

/* Round trip through a saved and loaded preparation; turns: the uniform number that brings back the azimuth of column `angle`. */
static void check_round_trip(const char *text, int angle)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = events();
    gh_prep *prep, *loaded;
    gh_prep_work *work, *other;
    gh_archive archive;
    double *z = malloc(N * (P + 1) * sizeof *z), *z2 = malloc(N * (P + 1) * sizeof *z), *x = malloc(N * D * sizeof *x),
           *x2 = malloc(N * D * sizeof *x);
    double *jac = malloc(N * sizeof *jac), *turn = malloc(N * sizeof *turn);
    ck_ok(fit(text, data, &prep));
    ck_assert_int_eq(gh_prep_uniforms(prep), 1);
    ck_assert_int_eq(gh_prep_width(prep), angle == 1 ? P : P + 1);
    ck_assert_str_eq(gh_prep_name(prep, 0), "logpT(jet0)");
    ck_assert_str_eq(gh_prep_name(prep, 4), "share(jet1)");
    ck_assert_str_eq(gh_prep_name(prep, 18), "MET");
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_prep_save(prep, "prep", &archive));
    ck_ok(gh_prep_load(&hooks, "prep", &archive, &loaded));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_work_create(&hooks, loaded, N, &other));
    const int64_t width = gh_prep_width(prep);
    ck_ok(gh_prep_forward(prep, work, N, data->values, D, 3, 0, z, width, jac));
    ck_ok(gh_prep_forward(loaded, other, N, data->values, D, 3, 0, z2, width, NULL));
    ck_assert(memcmp(z, z2, (size_t)(N * width) * sizeof *z) == 0);
    for (int64_t i = 0; i < N; i++) {
        const double *row = data->values + i * D;
        turn[i] = 0.5 *
                  (row[row[JET + 2] != 0 ? angle : 1] / M_PI + 1); /* without a jet it is that of missing momentum */
    }
    gh_prep_inverse(prep, work, N, z, width, turn, 0, x, D);
    gh_prep_inverse(loaded, other, N, z, width, turn, 0, x2, D);
    ck_assert(memcmp(x, x2, N * D * sizeof *x) == 0);
    for (int64_t i = 0; i < N * D; i++) {
        const double e = fabs(x[i] - data->values[i]);
        ck_assert_msg((x[i] == 0) == (data->values[i] == 0), "row %lld %s", (long long)(i / D), names[i % D]);
        ck_assert_msg(e <= 1e-9 * (1 + fabs(data->values[i])), "row %lld %s: %.17g, was %.17g", (long long)(i / D),
                      names[i % D], x[i], data->values[i]);
    }
    gh_prep_work_free(work), gh_prep_work_free(other);
    gh_prep_free(prep), gh_prep_free(loaded);
    gh_archive_clear(&archive);
    gh_dataset_free(data);
    free(z), free(z2), free(x), free(x2), free(jac), free(turn);
}

START_TEST(there_and_back)
{
    check_round_trip(chain, 1);
    check_round_trip("objects(jet*, lep*, balance(METphi))", JET + 4);
}
END_TEST

/* Jets and leptons of a row; aborts when they are not what the data could have. */
static void check_row(const double *row, int *jets, int *leptons)
{
    *jets = *leptons = 0;
    for (int k = 0; k < 3; k++) {
        const double *jet = row + JET + 5 * k;
        if (jet[2] == 0) {
            ck_assert(jet[0] == 0 && jet[1] == 0 && jet[3] == 0 && jet[4] == 0);
            continue;
        }
        ck_assert(*jets == k && jet[2] >= 20 && (k == 0 || jet[2] <= jet[-3]));
        ck_assert(jet[0] == 0 || (jet[0] == 1 && fabs(jet[3]) <= 1)); /* the edge belongs to the label */
        ck_assert(fabs(jet[3]) <= 3 && fabs(jet[4]) <= M_PI && jet[1] >= jet[2] * cosh(jet[3]) * (1 - 1e-12));
        ++*jets;
    }
    for (int k = 0; k < 2; k++) {
        const double *lepton = row + LEP + 4 * k;
        if (lepton[1] == 0) {
            ck_assert(lepton[0] == 0 && lepton[2] == 0 && lepton[3] == 0);
            continue;
        }
        ck_assert(*leptons == k && lepton[1] >= 10 && (k == 0 || lepton[1] <= lepton[-3]));
        ck_assert(k ? lepton[0] == 24 - lepton[-4] : lepton[0] == 11 || lepton[0] == 13);
        ++*leptons;
    }
}

START_TEST(any_numbers_are_events_with_the_multiplicities_of_the_data)
{
    enum { DRAWS = 40000 };
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = events();
    gh_prep *prep;
    gh_prep_work *work;
    double share[4][3] = {{0}}, seen[4][3] = {{0}}, first_b = 0, true_b = 0;
    ck_ok(fit(chain, data, &prep));
    const int64_t width = gh_prep_width(prep);
    double *z = malloc((size_t)(DRAWS * width) * sizeof *z), *x = malloc(DRAWS * D * sizeof *x),
           *u = malloc(DRAWS * sizeof *u);
    ck_ok(gh_prep_work_create(&hooks, prep, DRAWS, &work));
    int jets, leptons;
    for (int64_t i = 0; i < N; i++) {
        check_row(data->values + i * D, &jets, &leptons);
        share[jets][leptons] += 1. / N;
        true_b += jets == 2 && data->values[i * D + JET] != 0;
    }
    double two = 0;
    for (int k = 0; k < 3; k++) two += share[2][k];
    true_b /= two * N;
    for (int64_t i = 0; i < DRAWS; i++) {
        u[i] = noise(i, 50);
        for (int64_t j = 0; j < width; j++) z[i * width + j] = (i % 10 ? 1 : 30) * gh_normal_quantile(noise(i, 60 + j));
    }
    gh_prep_inverse(prep, work, DRAWS, z, width, u, 1, x, D);
    int64_t normal = 0, pairs = 0;
    for (int64_t i = 0; i < DRAWS; i++) {
        check_row(x + i * D, &jets, &leptons);
        for (int j = 0; j < D; j++) ck_assert(isfinite((float)x[i * D + j]));
        if (i % 10 == 0) continue; /* far outside: any event will do */
        seen[jets][leptons]++, normal++;
        if (jets == 2) first_b += x[i * D + JET] != 0, pairs++;
    }
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 3; b++)
            ck_assert(fabs(seen[a][b] / (double)normal - share[a][b]) < 5 * sqrt(share[a][b] / (double)normal));
    ck_assert(fabs(first_b / (double)pairs - true_b) < 5 * sqrt(0.25 / (double)pairs));
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(x), free(u);
}
END_TEST

/* z of one row, with the random numbers of row 0. */
static void prepare(const gh_prep *prep, gh_prep_work *work, const double *row, double *z, double *jacobian)
{
    ck_ok(gh_prep_forward(prep, work, 1, row, D, 3, 0, z, gh_prep_width(prep), jacobian));
}

/* A row with h added to one free coordinate of jet 0 (log pT, eta, phi, log m/pT) or to MET. */
static void moved(const double *row, int which, double h, double *out)
{
    memcpy(out, row, D * sizeof *out);
    double *jet = out + JET, ratio = sqrt(jet[1] * jet[1] / (jet[2] * jet[2]) - cosh(jet[3]) * cosh(jet[3]));
    if (which == 0) jet[2] *= exp(h);
    if (which == 1) jet[3] += h;
    if (which == 2) jet[4] += h;
    if (which == 3) ratio *= exp(h);
    if (which == 4) out[0] += h;
    jet[1] = jet[2] * sqrt(cosh(jet[3]) * cosh(jet[3]) + ratio * ratio);
}

static double determinant(double m[5][5])
{
    double product = 1;
    for (int j = 0; j < 5; j++) {
        int best = j;
        for (int i = j; i < 5; i++) best = fabs(m[i][j]) > fabs(m[best][j]) ? i : best;
        for (int k = 0; k < 5; k++) {
            const double swap = m[j][k];
            m[j][k] = m[best][k], m[best][k] = swap;
        }
        product *= m[j][j];
        for (int i = j + 1; i < 5; i++)
            for (int k = 4; k >= j; k--) m[i][k] -= m[i][j] / m[j][j] * m[j][k];
    }
    return product;
}

START_TEST(log_jacobian_is_that_of_what_is_there)
{
    static const int place[5] = {0, 1, 2, 3, 18};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = events();
    gh_prep *prep;
    gh_prep_work *work;
    ck_ok(fit(chain, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
    int64_t checked = 0, singles = 0, labelled = 0, total = 0;
    for (int64_t i = 0; i < N; i++) {
        const double *row = data->values + i * D;
        const int one = row[JET + 2] > 0 && row[JET + 7] == 0;
        singles += one && row[LEP + 1] == 0;
        total += one, labelled += one && row[JET] != 0;
    }
    for (int64_t i = 0; i < N && checked < 50; i++) {
        const double *row = data->values + i * D;
        double z[P], up[P], down[P], other[D], jacobian, expected = 0, h = 1e-6, kink = 0;
        if (row[JET + 2] == 0 || row[JET + 7] != 0 || row[LEP + 1] != 0) continue;
        prepare(prep, work, row, z, &jacobian);
        double matrix[5][5];
        for (int k = 0; k < 5; k++) {
            double slopes[2][5];
            for (int half = 0; half < 2; half++) {
                moved(row, k, half ? h : 0, other), prepare(prep, work, other, up, NULL);
                moved(row, k, half ? 0 : -h, other), prepare(prep, work, other, down, NULL);
                for (int j = 0; j < 5; j++) slopes[half][j] = (up[place[j]] - down[place[j]]) / h;
            }
            for (int64_t j = 0; j < gh_prep_width(prep); j++)
                ck_assert(j < 4 || j == 18 || fabs(up[j] - z[j]) < 1e-7); /* nothing absent or discrete moves */
            for (int j = 0; j < 5; j++) {
                kink = fmax(kink,
                            fabs(slopes[0][j] - slopes[1][j]) / (1e-3 + fabs(slopes[0][j]))); /* a knot lies within h */
                matrix[j][k] = slopes[0][j];
            }
        }
        expected += log(fabs(determinant(matrix)));
        if (!(kink < 1e-3)) continue;
        for (int64_t j = 4; j < 18; j++) expected -= log(gh_normal_pdf(z[j])); /* noise of what is absent */
        expected += log((double)singles / N / gh_normal_pdf(z[19]));
        const double share = (double)(row[JET] != 0 ? labelled : total - labelled) / (double)total;
        expected += log(share / gh_normal_pdf(z[20])) + log(1 / gh_normal_pdf(z[21])); /* no lepton: one label */
        ck_assert_msg(fabs(jacobian - expected) < 1e-4, "row %lld: %.9g, expected %.9g", (long long)i, jacobian,
                      expected);
        checked++;
    }
    ck_assert_int_eq(checked, 50);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

START_TEST(wrong_events_are_refused)
{
    static const struct {
        int column;
        double value;
        const char *part;
    } cases[] = {
        {JET + 2, 0, "fill their slots"}, {JET + 7, 1e4, "falling pT"}, {JET + 2, -1, "0 or more"},
        {JET + 3, NAN, "finite eta"},     {JET + 0, 7, "do not have"},  {LEP + 0, 15, "do not have"},
    };
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = events();
    gh_prep *prep;
    gh_prep_work *work;
    double z[64], row[D];
    int64_t full = 0;
    ck_ok(fit(chain, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
    while (data->values[full * D + JET + 12] == 0 || data->values[full * D + LEP + 5] == 0) full++;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        memcpy(row, data->values + full * D, sizeof row);
        row[cases[k].column] = cases[k].value;
        ck_fails(gh_prep_forward(prep, work, 1, row, D, 3, 0, z, gh_prep_width(prep), NULL), GENHEP_E_NUMERIC,
                 cases[k].part);
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

START_TEST(wrong_settings_are_refused)
{
    static const struct {
        const char *chain, *part;
    } cases[] = {
        {"objects", "expected 1 to 8"},
        {"objects(mu*)", "no further object is named 'mu*'"},
        {"objects(jet*, jet1)", "no further object is named 'jet1'"},
        {"log(jet0_pT), objects(jet*)", "as it stands in the data"},
        {"objects(jet0, *)", "no counterpart"},
        {"objects(jet*, balance(phi))", "'phi' is not a column, or no azimuth"},
        {"objects(jet*, balance(MET, METphi))", "expected 'balance(METphi)'"},
        {"objects(jet*, balance(MET))", "'MET' is not a column, or no azimuth"},
        {"objects(balance(METphi))", "no type of objects"},
    };
    genhep_dataset *data = events();
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gh_prep *prep;
        ck_fails(fit(cases[k].chain, data, &prep), GENHEP_E_OPTION, cases[k].part);
        ck_assert_ptr_null(prep);
    }
    gh_hooks hooks = gh_hooks_default();
    gh_prep *prep;
    ck_fails(fit_masses(&hooks, "lpe*: 0", chain, data, &prep), GENHEP_E_OPTION, "no particle is named 'lpe*'");
    ck_fails(fit_masses(&hooks, "lep*: free", chain, data, &prep), GENHEP_E_OPTION, "'lep0' cannot be free");
    ck_ok(fit_masses(&hooks, "jet*: 5", chain, data, &prep)); /* one coordinate less in each of three slots */
    ck_assert_int_eq(gh_prep_width(prep), P - 3);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

/* Every entry removed, shortened or spoilt: an error or a usable preparation, never a crash. */
START_TEST(damaged_constants_are_refused)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data = events();
    gh_prep *prep, *loaded;
    gh_archive archive;
    ck_ok(fit("objects(jet*, lep*, balance(METphi))", data, &prep));
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_prep_save(prep, "prep", &archive));
    gh_prep_free(prep);
    int64_t refused = 0;
    for (int64_t i = 0; i < archive.count; i++) {
        gh_entry *entry = &archive.entries[i];
        const char first = entry->name[0];
        entry->name[0] = '#';
        ck_assert_msg(gh_prep_load(&hooks, "prep", &archive, &loaded) == GENHEP_E_FORMAT, "loads without %s",
                      entry->name);
        entry->name[0] = first;
        if (entry->rank > 0 && entry->dims[0] > 0 && entry->type != GH_TEXT) {
            entry->dims[0]--;
            ck_assert_msg(gh_prep_load(&hooks, "prep", &archive, &loaded) != GENHEP_OK, "loads a short %s",
                          entry->name);
            entry->dims[0]++;
        }
        int64_t numbers = 1;
        for (int r = 0; r < entry->rank; r++) numbers *= entry->dims[r];
        for (int64_t k = 0; entry->type != GH_TEXT && k < 24; k++) {
            static const int64_t bad[] = {-7, 3, 1000, INT64_MAX};
            int64_t *number = (int64_t *)entry->data + k / 4 * (numbers - 1) / 5, keep = *number;
            *number = bad[k % 4];
            if (entry->type == GH_F64) { /* of the same bytes */
                static const double numbers_bad[] = {NAN, -3, 1e300, 2.5};
                memcpy(number, &numbers_bad[k % 4], sizeof *number);
            }
            if (gh_prep_load(&hooks, "prep", &archive, &loaded) == GENHEP_OK) {
                gh_prep_work *work;
                double z[8 * 64] = {0}, x[8 * D], u[8] = {.5, .5, .5, .5, .5, .5, .5, .5};
                ck_ok(gh_prep_work_create(&hooks, loaded, 8, &work));
                gh_prep_inverse(loaded, work, 8, z, gh_prep_width(loaded), u, 0, x, D);
                gh_prep_work_free(work);
                gh_prep_free(loaded);
            } else refused++;
            *number = keep;
        }
    }
    ck_assert_int_gt(refused, 100);
    gh_archive_clear(&archive);
    gh_dataset_free(data);
}
END_TEST

typedef struct counter {
    int64_t left, alive;
} counter;

static void *counted_reallocate(void *user, void *block, size_t size)
{
    counter *c = user;
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
    genhep_dataset *data = events();
    counter c = {0, 0};
    gh_hooks hooks = gh_hooks_default();
    hooks.reallocate = counted_reallocate, hooks.release = counted_release, hooks.allocator_user = &c;
    gh_status status = GENHEP_E_NOMEM;
    int64_t tries = 0, n = data->n;
    data->n = 300; /* quick, and every combination is rare */
    for (; status; tries++) {
        gh_prep *prep = NULL;
        c.left = tries;
        status = fit_with(&hooks, chain, data, &prep);
        ck_assert(status == GENHEP_OK || status == GENHEP_E_NOMEM);
        gh_prep_free(prep);
        ck_assert_int_eq(c.alive, 0);
    }
    ck_assert_int_gt(tries, 50);
    data->n = n;
    gh_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("prep_objects", there_and_back, any_numbers_are_events_with_the_multiplicities_of_the_data,
             log_jacobian_is_that_of_what_is_there, wrong_events_are_refused, wrong_settings_are_refused,
             damaged_constants_are_refused, allocations_fail_cleanly)
