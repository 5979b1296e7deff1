/* test_events_data.c -- the event samples of the folder in the environment variable GENHEP_DATA, when it is set. */
#include "event_files.h"

static const struct {
    const char *file;
    int64_t n, d;
    const char *first, *last;
} samples[] = {
    {"zmumu_pp.h5", 200000, 8, "mum_E", "mup_pz"},
    {"dy_full.h5", 200000, 8, "em_E", "ep_pz"},
    {"dy_photon.h5", 200000, 8, "em_E", "ep_pz"},
    {"ttbar_6q.h5", 300000, 24, "b_E", "q2barp_pz"},
    {"ttbar_jets.h5", 60000, 42, "jet0_isB", "METphi"},
    {"zw_unfold.h5", 100000, 32, "part_lm_E", "det_j2_pz"},
    {"ww_lep6.h5", 200000, 6, "lep0_pt", "MT"},
    {"ttbar.lhe.gz", 20000, 84, "p1_id", "p12_m"},
    {"cms/dimuon_Run2010B.h5", 70000, 10, "mu1_E", "mu2_Q"},
    {"cms/2e2mu_2011.csv", 13, 41, "Run", "M"},
    {"cms/2e2mu_2012.csv", 104, 41, "Run", "M"},
    {"cms/4e_2011.csv", 7, 41, "Run", "M"},
    {"cms/4e_2012.csv", 41, 41, "Run", "M"},
    {"cms/4mu_2011.csv", 18, 41, "Run", "M"},
    {"cms/4mu_2012.csv", 95, 41, "Run", "M"},
    {"cms/Zee_Run2011A.csv", 18885, 20, "Run", "isoHcal2"},
    {"cms/Zmumu_Run2011A_masses.csv", 10851, 19, "Run", "M"},
};

static const char *data_path(const char *file)
{
    static char path[512];
    const char *folder = getenv("GENHEP_DATA");
    if (!folder || !folder[0]) {
        printf("GENHEP_DATA is not set: %s is not tested\n", file);
        return NULL;
    }
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

START_TEST(reads_all)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const char *path = data_path(samples[i].file);
        genhep_dataset *table, *back;
        if (!path) return;
        ck_ok(genhep_dataset_open(path, NULL, &table));
        ck_assert_int_eq(table->n, samples[i].n);
        ck_assert_int_eq(table->d, samples[i].d);
        ck_assert_str_eq(table->names[0], samples[i].first);
        ck_assert_str_eq(table->names[table->d - 1], samples[i].last);
        if (table->n < 100000) { /* and back through another file */
            ck_ok(genhep_dataset_write(table, gh_test_path("copy.h5"), NULL));
            ck_ok(genhep_dataset_open(gh_test_path("copy.h5"), NULL, &back));
            check_same(table, back);
            ck_assert_int_eq(table->storage, back->storage);
            ck_assert_int_eq(table->n_attributes, back->n_attributes);
            genhep_dataset_free(back);
        }
        genhep_dataset_free(table);
    }
}
END_TEST

/* Mean and spread that stand in the samples' own description. */
START_TEST(known_values)
{
    const char *path = data_path("cms/Zmumu_Run2011A_masses.csv");
    genhep_dataset *table;
    if (!path) return;
    genhep_options *options = options_of("data.columns=M", NULL);
    ck_ok(genhep_dataset_open(path, options, &table));
    double sum = 0;
    for (int64_t i = 0; i < table->n; i++) sum += table->values[i];
    ck_assert_double_eq_tol(sum / (double)table->n, 88.403, 6e-4);
    genhep_dataset_free(table);
    ck_ok(genhep_options_set(options, "data.columns", "Type1,M"));
    check_open_fails(path, options, GENHEP_E_FORMAT, "line 2, column 'Type1': 'G' is no number");
    ck_ok(genhep_options_set(options, "data.columns", "mup_pz"));
    ck_ok(genhep_dataset_open(data_path("zmumu_pp.h5"), options, &table));
    ck_assert_str_eq(genhep_dataset_attribute(table, "sigma_pb"), "1432.162291");
    ck_assert_str_eq(genhep_dataset_attribute(table, "sqrt_s_GeV"), "13000");
    ck_assert_int_eq(table->storage, GENHEP_FLOAT32);
    genhep_dataset_free(table);
    genhep_options_free(options);
}
END_TEST

/* 20000 top pairs as LHE, written and read back: the same table; momenta balance as a shower generator wants them. */
START_TEST(top_pairs)
{
    const char *path = data_path("ttbar.lhe.gz");
    genhep_dataset *table, *back;
    if (!path) return;
    ck_ok(genhep_dataset_open(path, NULL, &table));
    ck_ok(genhep_dataset_write(table, gh_test_path("t.lhe"), NULL));
    ck_ok(genhep_dataset_open(gh_test_path("t.lhe"), NULL, &back));
    check_same(table, back);
    genhep_dataset_free(back);
    genhep_dataset_free(table);
    genhep_options *options = options_of("data.limit=5000", NULL);
    ck_ok(genhep_dataset_open(data_path("ttbar_6q.h5"), options, &table));
    ck_ok(genhep_dataset_write(table, gh_test_path("q.lhe"), NULL));
    ck_ok(genhep_dataset_open(gh_test_path("q.lhe"), NULL, &back));
    double worst = 0;
    for (int64_t i = 0; i < back->n; i++)
        for (int c = 2; c < 6; c++) {
            const double *row = back->values + i * back->d;
            double sum = row[c] + row[7 + c], energy = row[5] + row[12];
            for (int k = 2; k < 8; k++) sum -= row[7 * k + c];
            worst = fmax(worst, fabs(sum) / energy);
        }
    ck_assert_msg(worst < 1e-6, "imbalance %g of the energy", worst);
    genhep_dataset_free(back);
    genhep_dataset_free(table);
    genhep_options_free(options);
}
END_TEST

START_TEST(hepmc_is_not_read)
{
    const char *path = data_path("zmumu.hepmc3.gz");
    if (path) check_open_fails(path, NULL, GENHEP_E_FORMAT, "HepMC files are written, not read");
}
END_TEST

GH_TEST_MAIN("events_data", reads_all, known_values, top_pairs, hepmc_is_not_read)
