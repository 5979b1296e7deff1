/* test_prep_data.c -- preparations on event samples in the folder GENHEP_DATA; passes at once where that is not set. */
#include "testing.h"

#include <sys/stat.h>

#include "base/normal.h"
#include "base/options.h"
#include "io/files.h"
#include "prep/prep.h"

/* NULL when the sample is not there. */
static genhep_dataset *sample(const char *file, const char *columns, int64_t limit)
{
    const char *folder = getenv("GENHEP_DATA");
    char path[1024];
    struct stat information;
    genhep_options *options;
    genhep_dataset *data;
    if (!folder || !*folder) return NULL;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (stat(path, &information)) return NULL;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "data.columns", columns));
    ck_ok(genhep_options_set_int(options, "data.limit", limit));
    ck_ok(gh_events_read(path, options, &data));
    genhep_options_free(options);
    return data;
}

static gh_prep *fitted(const char *chain, const char *const *settings, const genhep_dataset *data)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_options *options;
    gh_prep *prep;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", chain));
    for (int i = 0; settings && settings[i]; i++) ck_ok(genhep_options_parse(options, settings[i]));
    ck_ok(gh_prep_fit(&hooks, options, data, &prep));
    genhep_options_free(options);
    return prep;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Errors of the momentum columns of each row relative to its largest number, sorted. `any` takes all columns. */
static double *errors(const genhep_dataset *data, const double *back, int any)
{
    double *list = malloc((size_t)data->n * sizeof *list);
    for (int64_t i = 0; i < data->n; i++) {
        double size = 0, worst = 0;
        for (int64_t j = 0; j < data->d; j++) {
            double x = data->values[i * data->d + j], e = fabs(back[i * data->d + j] - x);
            size = fmax(size, fabs(x));
            if (any || strstr(data->names[j], "_p")) worst = e <= worst ? worst : e;
        }
        list[i] = worst / size;
    }
    qsort(list, (size_t)data->n, sizeof *list, compare);
    return list;
}

/* Prepare all rows, store as float or not, go back, look at the errors. */
static void round_trip(const char *file, const char *columns, const char *chain, const char *const *settings,
                       double most, double most_float, int any)
{
    genhep_dataset *data = sample(file, columns, 0);
    gh_hooks hooks = gh_hooks_default();
    gh_prep_work *work;
    if (!data) return;
    gh_prep *prep = fitted(chain, settings, data);
    int64_t n = data->n, d = data->d, width = gh_prep_width(prep);
    double *z = malloc((size_t)(n * width) * sizeof *z), *back = malloc((size_t)(n * d) * sizeof *back);
    ck_ok(gh_prep_work_create(&hooks, prep, 1024, &work));
    ck_ok(gh_prep_forward(prep, work, n, data->values, d, 1, 0, z, width, NULL));
    gh_prep_inverse(prep, work, n, z, width, NULL, 0, back, d);
    double *list = errors(data, back, any), worst = list[n - 1];
    free(list);
    for (int64_t i = 0; i < n * width; i++) z[i] = (double)(float)z[i];
    gh_prep_inverse(prep, work, n, z, width, NULL, 1, back, d);
    list = errors(data, back, any);
    double tail = list[n - 1 - n / 1000], median = list[n / 2];
    printf("%s, %s: round trip %.2g at most; through float %.2g median, %.2g at 99.9 %%\n", file, chain, worst, median,
           tail);
    ck_assert_msg(worst <= most, "%s, %s: %g", file, chain, worst);
    ck_assert_msg(tail <= most_float, "%s, %s: %g through float", file, chain, tail);
    free(list), free(z), free(back);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}

static const char *const ttbar[] = {"prep.tree = t: b (W+: q1 q1barp) | tbar: bbar (W-: q2 q2barp)", NULL};
static const char *const z_boson[] = {"prep.tree = Z: mum mup", NULL};
static const char *const zw[] = {"prep.tree = Z: part_lm part_lp | W: part_j1 part_j2", NULL};
/* The pair through float. Mass is extremal in dphi at dphi = pi: a relative error delta of sin(dphi/2) is up to sqrt(8
 * delta) in dphi there. Coordinates of size 4 to 8 in float have errors up to 2.4e-7 each and four of them enter, so
 * delta = 1e-6 and the fold allows 2.8e-3. With eta2 as a coordinate |dphi| is the square root of a difference, so dphi
 * = 0 is a second fold, where the same delta gives up to sqrt(delta) times a number of order one. Every event away from
 * the folds must keep 1e-4. */
static void pair_round_trip(const char *chain, int two_folds);

static const char *const muons[] = {"data.masses = mu*: 0.10566", NULL};

START_TEST(trees_on_real_samples)
{
    round_trip("zmumu_pp.h5", "", "tree", z_boson, 1e-6, 1e-4, 0);
    round_trip("zmumu_pp.h5", "", "tree, quantile", z_boson, 1e-6, 1e-4, 0);
    round_trip("ttbar_6q.h5", "", "tree", ttbar, 1e-6, 1e-4, 0);
    round_trip("ttbar_6q.h5", "", "tree, quantile", ttbar, 1e-6, 1e-4, 0);
    round_trip("ttbar_6q.h5", "", "tree, periodic, quantile", ttbar, 1e-6, 1e-4, 0);
    round_trip("zw_unfold.h5", "part_*", "tree", zw, 1e-6, 1e-4, 0);
    round_trip("zw_unfold.h5", "part_*", "tree, quantile", zw, 1e-6, 1e-4, 0);
    round_trip("zw_unfold.h5", "", "tree, quantile", zw, 1e-6, 1e-4, 0);
}
END_TEST

START_TEST(plain_ones_on_real_samples)
{
    round_trip("zmumu_pp.h5", "", "maxabs", NULL, 1e-14, 1e-6, 1);
    round_trip("ttbar_6q.h5", "", "scale(450)", NULL, 1e-14, 1e-6, 1);
    round_trip("ttbar_6q.h5", "", "momenta, standardise", NULL, 1e-6, 1e-4, 1);
    round_trip("zw_unfold.h5", "det_*", "ptetaphi, quantile", NULL, 1e-6, 1e-4, 1);
    round_trip("ww_lep6.h5", "", "log, quantile", NULL, 1e-12, 1e-4, 1);
    round_trip("ttbar_jets.h5", "",
               "flags(jet*), flags(lep*), category(jet*_isB), category(lep*_id), ptetaphi, quantile", NULL, 1e-6, 1e-4,
               1);
}
END_TEST

static void pair_round_trip(const char *chain, int two_folds)
{
    genhep_dataset *data = sample("cms/dimuon_Run2010B.h5", "", 0);
    gh_hooks hooks = gh_hooks_default();
    gh_prep_work *work;
    if (!data) return;
    gh_prep *prep = fitted(chain, muons, data);
    int64_t n = data->n, d = data->d, width = gh_prep_width(prep), at_fold = 0;
    double *z = malloc((size_t)(n * width) * sizeof *z), *back = malloc((size_t)(n * d) * sizeof *back), fold = 0,
           rest = 0;
    ck_ok(gh_prep_work_create(&hooks, prep, 1024, &work));
    ck_ok(gh_prep_forward(prep, work, n, data->values, d, 1, 0, z, width, NULL));
    gh_prep_inverse(prep, work, n, z, width, NULL, 0, back, d);
    double *list = errors(data, back, 0);
    ck_assert_msg(list[n - 1] <= 1e-6, "%s: double round trip %g", chain, list[n - 1]);
    for (int64_t i = 0; i < n * width; i++) z[i] = (double)(float)z[i];
    gh_prep_inverse(prep, work, n, z, width, NULL, 1, back, d);
    for (int64_t i = 0; i < n; i++) {
        const double *x = data->values + i * d, *y = back + i * d; /* E px py pz Q of each muon */
        double size = fmax(x[0], x[5]), error = 0;
        double dphi = remainder(atan2(x[7], x[6]) - atan2(x[2], x[1]), 8 * atan(1));
        for (int k = 0; k < 10; k++)
            if (k % 5 >= 1 && k % 5 <= 3) error = fmax(error, fabs(x[k] - y[k]) / size);
        ck_assert(x[4] == y[4] && x[9] == y[9]); /* charges exactly */
        if (4 * atan(1) - fabs(dphi) < 0.03 || (two_folds && fabs(dphi) < 0.03)) fold = fmax(fold, error), at_fold++;
        else rest = fmax(rest, error);
    }
    printf("%s: through float %.2g at most; %.2g in the %.1f %% within 0.03 of a fold\n", chain, rest, fold,
           100.0 * (double)at_fold / (double)n);
    ck_assert_msg(rest <= 1e-4, "%s: %g away from the fold", chain, rest);
    ck_assert_msg(fold <= 2.8e-3, "%s: %g at the fold", chain, fold);
    free(list), free(z), free(back);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}

START_TEST(pairs_on_real_muons)
{
    pair_round_trip("category(*_Q), pair(mu1, mu2), quantile", 0);
    pair_round_trip("category(*_Q), pair(mu1, mu2, eta), quantile", 1);
}
END_TEST

START_TEST(tree_columns_become_normal)
{
    genhep_dataset *data = sample("ttbar_6q.h5", "", 100000);
    gh_hooks hooks = gh_hooks_default();
    gh_prep_work *work;
    if (!data) return;
    gh_prep *prep = fitted("tree, quantile", ttbar, data);
    int64_t n = data->n, width = gh_prep_width(prep);
    ck_assert_int_eq(width, 16);
    double *z = malloc((size_t)(n * width) * sizeof *z), *column = malloc((size_t)n * sizeof *column);
    ck_ok(gh_prep_work_create(&hooks, prep, 1024, &work));
    ck_ok(gh_prep_forward(prep, work, n, data->values, data->d, 1, 0, z, width, NULL));
    for (int64_t j = 0; j < width; j++) {
        double worst = 0;
        for (int64_t i = 0; i < n; i++) column[i] = z[i * width + j];
        qsort(column, (size_t)n, sizeof *column, compare);
        for (int64_t i = 0; i < n; i++)
            worst = fmax(worst, fabs(gh_normal_cdf(column[i]) - ((double)i + 0.5) / (double)n));
        ck_assert_msg(worst < 2e-3, "%s: KS %g", gh_prep_name(prep, j), worst);
    }
    double most = 0; /* the tree leaves nearly nothing between its coordinates */
    for (int64_t a = 0; a < width; a++)
        for (int64_t b = 0; b < a; b++) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++) sum += z[i * width + a] * z[i * width + b];
            most = fmax(most, fabs(sum / (double)n));
        }
    ck_assert_msg(most < 0.06, "largest correlation %g", most);
    free(z), free(column);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("prep_data", trees_on_real_samples, plain_ones_on_real_samples, pairs_on_real_muons,
             tree_columns_become_normal)
