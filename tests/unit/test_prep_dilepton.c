/* test_prep_dilepton.c -- two leptons and missing momentum: coordinates from momenta, there and back, constants, ties
 * that hold for any coordinates, wrong input and damaged constants. */
#include "testing.h"

#include "base/normal.h"
#include "base/options.h"
#include "prep/prep.h"

enum { N = 400, D = 7, F = 6 };
#define CHAIN "dilepton(lep0_pt, lep1_pt, MET, Mll, Ptll, MT)"
#define PI_HERE 3.14159265358979323846

typedef struct event {
    double a, b, dphi, deta, recoil, chi;
} event;

static double noise(int64_t i, int64_t j)
{
    gh_rng rng = gh_rng_make(23, GH_RANDOM_PUBLIC, 0);
    return gh_rng_uniform(&rng, i, j);
}

/* Momenta (px, py, pz) of the leptons; the features from them, in the order of the columns, the number beside them in column 3. */
static void features(const event *e, double x, double row[D])
{
    const double p[3] = {e->a, 0, 0}, q[3] = {e->b * cos(e->dphi), e->b * sin(e->dphi), e->b * sinh(e->deta)};
    const double energy = e->a + e->b * cosh(e->deta), sum[3] = {p[0] + q[0], p[1] + q[1], p[2] + q[2]};
    const double pair = hypot(sum[0], sum[1]), mass = sqrt(energy * energy - pair * pair - sum[2] * sum[2]);
    const double away = atan2(sum[1], sum[0]) + e->chi, recoil[2] = {e->recoil * cos(away), e->recoil * sin(away)};
    const double missing[2] = {-sum[0] - recoil[0], -sum[1] - recoil[1]}, met = hypot(missing[0], missing[1]);
    const double transverse = sqrt(mass * mass + pair * pair) + met;
    row[0] = e->a, row[1] = e->b, row[2] = met, row[3] = x, row[4] = mass, row[5] = pair;
    row[6] = sqrt(transverse * transverse - hypot(sum[0] + missing[0], sum[1] + missing[1]) * hypot(sum[0] + missing[0], sum[1] + missing[1]));
}

static genhep_dataset *sample(event *events)
{
    static const char *const names[D] = {"lep0_pt", "lep1_pt", "MET", "other", "Mll", "Ptll", "MT"};
    gh_hooks hooks = gh_hooks_default();
    genhep_dataset *data;
    ck_ok(gh_dataset_create(&hooks, N, D, names, NULL, 0, &data));
    for (int64_t i = 0; i < N; i++) {
        event *e = &events[i];
        e->b = 10 + 40 * noise(i, 0);
        e->a = e->b + 50 * noise(i, 1);
        e->dphi = PI_HERE * noise(i, 2);
        e->deta = 0.2 + 3 * noise(i, 3);
        e->recoil = 1 + 30 * noise(i, 4);
        e->chi = PI_HERE * noise(i, 5);
        features(e, noise(i, 6), data->values + i * D);
    }
    return data;
}

static gh_status fit(const char *chain, const genhep_dataset *data, gh_prep **prep)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", chain));
    gh_status status = gh_prep_fit(&hooks, options, data, prep);
    genhep_options_free(options);
    return status;
}

START_TEST(coordinates_are_those_of_the_momenta)
{
    gh_hooks hooks = gh_hooks_default();
    event events[N];
    genhep_dataset *data = sample(events);
    gh_prep *prep;
    gh_prep_work *work;
    double z[N * D], back[N * D], least = INFINITY, mass = INFINITY;
    ck_ok(fit(CHAIN, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, D, 1, 0, z, D, NULL));
    gh_prep_inverse(prep, work, N, z, D, NULL, 0, back, D);
    for (int64_t i = 0; i < N; i++) least = fmin(least, events[i].b), mass = fmin(mass, data->values[i * D + 4]);
    for (int64_t i = 0; i < N; i++) {
        const event *e = &events[i];
        const double *y = z + i * D, s = sin(e->dphi / 2), cut = mass * mass / (4 * e->a * e->b) - s * s;
        ck_assert(y[0] == e->a && y[3] == data->values[i * D + 3]);
        ck_assert(fabs(y[1] - (e->b - least) / (e->a - least)) < 1e-12);
        ck_assert_msg(fabs(y[2] - e->chi) < 1e-6, "row %d: chi %g, expected %g", (int)i, y[2], e->chi);
        ck_assert(fabs(y[4] - (e->deta - (cut > 0 ? 2 * asinh(sqrt(cut)) : 0))) < 1e-9);
        ck_assert(fabs(y[5] - e->dphi) < 1e-9);
        ck_assert(fabs(y[6] - e->recoil) < 1e-8);
        for (int j = 0; j < D; j++) ck_assert(fabs(back[i * D + j] - data->values[i * D + j]) < 1e-8 * (1 + fabs(data->values[i * D + j])));
    }
    ck_assert_str_eq(gh_prep_name(prep, 0), "lep0_pt");
    ck_assert_str_eq(gh_prep_name(prep, 1), "share(lep1_pt)");
    ck_assert_str_eq(gh_prep_name(prep, 6), "recoil(MT)");
    gh_prep_work_free(work);
    gh_prep_free(prep);
    genhep_dataset_free(data);
}
END_TEST

/* Saved and loaded it computes the same; damaged constants are refused. Densities are those of the coordinates. */
START_TEST(constants)
{
    gh_hooks hooks = gh_hooks_default();
    event events[N];
    genhep_dataset *data = sample(events);
    gh_prep *prep, *loaded;
    gh_prep_work *work, *other;
    gh_archive archive;
    double z[N * D], z2[N * D], jacobian[N];
    ck_ok(fit(CHAIN, data, &prep));
    ck_assert_str_eq(gh_prep_measure(prep), "dlep0_pt dshare(lep1_pt) dchi(MET) dother ddeta(Mll) ddphi(Ptll) drecoil(MT)");
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_prep_save(prep, "prep", &archive));
    ck_ok(gh_prep_load(&hooks, "prep", &archive, &loaded));
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_work_create(&hooks, loaded, N, &other));
    ck_ok(gh_prep_forward(prep, work, N, data->values, D, 1, 0, z, D, jacobian));
    ck_ok(gh_prep_forward(loaded, other, N, data->values, D, 1, 0, z2, D, NULL));
    ck_assert(memcmp(z, z2, sizeof z) == 0);
    for (int i = 0; i < N; i++) ck_assert(jacobian[i] == 0);
    gh_prep_work_free(work);
    gh_prep_work_free(other);
    gh_prep_free(loaded);
    gh_prep_free(prep);
    double *edges = gh_archive_find(&archive, "prep/0/edges")->data;
    int64_t *columns = gh_archive_find(&archive, "prep/0/columns")->data;
    const double edge = edges[0];
    edges[0] = -1;
    ck_fails(gh_prep_load(&hooks, "prep", &archive, &loaded), GENHEP_E_FORMAT, "starts at a pT of -1");
    edges[0] = edge, edges[1] = -2;
    ck_fails(gh_prep_load(&hooks, "prep", &archive, &loaded), GENHEP_E_FORMAT, "a mass of -2");
    edges[1] = 1, columns[1] = columns[0];
    ck_fails(gh_prep_load(&hooks, "prep", &archive, &loaded), GENHEP_E_FORMAT, "6 columns");
    columns[1] = D;
    ck_fails(gh_prep_load(&hooks, "prep", &archive, &loaded), GENHEP_E_FORMAT, "columns");
    gh_archive_clear(&archive);
    genhep_dataset_free(data);
}
END_TEST

/* What ties the features holds for any prepared numbers, far outside of the data too, and in float columns. */
START_TEST(ties_hold_for_any_coordinates)
{
    gh_hooks hooks = gh_hooks_default();
    event events[N];
    genhep_dataset *data = sample(events);
    double z[N * D], least = INFINITY, mass = INFINITY;
    for (int64_t i = 0; i < N; i++) least = fmin(least, events[i].b), mass = fmin(mass, data->values[i * D + 4]);
    for (int chain = 0; chain < 2; chain++) {
        gh_prep *prep;
        gh_prep_work *work;
        ck_ok(fit(chain ? CHAIN ", quantile" : CHAIN, data, &prep));
        ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
        for (int64_t k = 0; k < N * D; k++) z[k] = 60 * (noise(k, 7) - 0.4);
        z[5] = NAN;
        for (int floats = 0; floats < 2; floats++) {
            double back[N * D];
            gh_prep_inverse(prep, work, N, z, D, NULL, floats, back, D);
            for (int64_t i = 0; i < N; i++) {
                const double *x = back + i * D, digit = floats ? 1e-6 : 1e-12;
                for (int j = 0; j < D; j++) ck_assert(isfinite(x[j]) || (i == 0 && j == 3));
                ck_assert(x[0] >= x[1] && x[1] >= least * (1 - digit) && x[4] >= mass * (1 - digit));
                ck_assert(x[5] >= (x[0] - x[1]) * (1 - digit) && x[5] <= (x[0] + x[1]) * (1 + digit));
                const double energy = hypot(x[4], x[5]), most = x[4] * x[4] + 2 * x[2] * (energy + x[5]);
                ck_assert(x[6] * x[6] <= most * (1 + 10 * digit));
                ck_assert(x[6] >= x[4] * (1 - 10 * digit));
            }
        }
        gh_prep_work_free(work);
        gh_prep_free(prep);
    }
    genhep_dataset_free(data);
}
END_TEST

START_TEST(wrong_input_is_named)
{
    gh_hooks hooks = gh_hooks_default();
    event events[N];
    genhep_dataset *data = sample(events);
    gh_prep *prep = NULL;
    gh_prep_work *work;
    double z[D], row[D];
    ck_fails(fit("dilepton", data, &prep), GENHEP_E_OPTION, "expected 'dilepton(pT of the first lepton");
    ck_fails(fit("dilepton(lep0_pt, lep1_pt, MET, Mll, Ptll)", data, &prep), GENHEP_E_OPTION, "expected 'dilepton(");
    ck_fails(fit("dilepton(lep*, MET, Mll, Ptll, MT, other)", data, &prep), GENHEP_E_OPTION, "expected 'dilepton(");
    ck_fails(fit("log(Mll), " CHAIN, data, &prep), GENHEP_E_OPTION, "needs the column 'Mll' as it is");
    ck_fails(fit("dilepton(lep1_pt, lep0_pt, MET, Mll, Ptll, MT), standardise", data, &prep), GENHEP_E_NUMERIC, "at most that of the first lepton");
    ck_ok(fit(CHAIN, data, &prep));
    ck_ok(gh_prep_work_create(&hooks, prep, 1, &work));
    for (int j = 0; j < D; j++) {
        if (j == 3) continue;
        memcpy(row, data->values, sizeof row);
        row[j] = j % 2 ? -1 : NAN;
        ck_fails(gh_prep_forward(prep, work, 1, row, D, 1, 4, z, D, NULL), GENHEP_E_NUMERIC, "row 4");
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    genhep_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("prep_dilepton", coordinates_are_those_of_the_momenta, constants, ties_hold_for_any_coordinates, wrong_input_is_named)
