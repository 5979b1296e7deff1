/* test_sparse_events.c -- from `ttbar_jets` through a short training of a B-VAE to events: multiplicities of the truth, objects in order and
 * inside their cuts, absent ones zero, in float and after saving; what holds by construction needs no good network. */
#include "testing.h"

#include "truth/truth.h"

enum { N = 20000, M = 20000, JETS = 2, LEPTONS = 18 };

static genhep_dataset *truth_of(int64_t seed)
{
    genhep_dataset *data;
    char message[256];
    ck_assert_msg(truth_generate("ttbar_jets", N, seed, NULL, 0, &data, message, sizeof message) == GENHEP_OK, "%s",
                  message);
    return data;
}

static genhep_model *trained_on(const genhep_dataset *data)
{
    static const char *const settings[] = {"prep = objects(jet*, lep*, balance(METphi))",
                                           "data.masses = lep*: 0",
                                           "prep.knots = 201",
                                           "latent.dim = 8",
                                           "encoder.layers = 1",
                                           "decoder.layers = 1",
                                           "encoder.units = 32",
                                           "decoder.units = 32",
                                           "train.steps = 60",
                                           "train.figure = loss"};
    const genhep_dataset *tables[1] = {data};
    genhep_options *options;
    genhep_model *model, *trained;
    genhep_trainer *trainer;
    ck_ok(genhep_options_create(&options));
    for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) ck_ok(genhep_options_parse(options, settings[k]));
    ck_ok(genhep_bvae_create(options, tables, 1, &model));
    ck_ok(genhep_trainer_create(model, tables, 1, NULL, &trainer));
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_BEST, &trained));
    genhep_trainer_free(trainer);
    genhep_model_free(model);
    genhep_options_free(options);
    return trained;
}

/* How many of the slots are filled; aborts where a slot is half empty, out of order or outside the cuts. */
static int filled(const float *slot, int slots, float least, float widest)
{
    int n = 0;
    for (int k = 0; k < slots; k++, slot += 4) {
        if (slot[1] == 0) {
            ck_assert(slot[0] == 0 && slot[2] == 0 && slot[3] == 0);
            continue;
        }
        ck_assert_msg(n == k && slot[1] >= least && fabsf(slot[2]) <= widest && fabsf(slot[3]) <= 3.1415928f &&
                          slot[0] >= slot[1] && (k == 0 || slot[1] <= slot[-3]),
                      "slot %d: %g %g %g %g", k, (double)slot[0], (double)slot[1], (double)slot[2], (double)slot[3]);
        n++;
    }
    return n;
}

START_TEST(trained_models_keep_multiplicities_order_and_cuts)
{
    genhep_dataset *data = truth_of(5), *other = truth_of(6);
    genhep_model *model = trained_on(data);
    genhep_sampler *sampler;
    float *events = malloc(M * 26 * sizeof *events);
    double *truth = malloc(N * 26 * sizeof *truth), share[5][3] = {{0}}, seen[5][3] = {{0}};
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    ck_ok(genhep_sampler_draw_float(sampler, M, NULL, 0, events, 26, M * 26));
    ck_ok(genhep_dataset_values(other, truth, 26, N * 26));
    for (int i = 0; i < N; i++) {
        int jets = 0, leptons = 0;
        for (int k = 0; k < 4; k++) jets += truth[26 * i + JETS + 4 * k + 1] > 0;
        for (int k = 0; k < 2; k++) leptons += truth[26 * i + LEPTONS + 4 * k + 1] > 0;
        share[jets][leptons] += 1. / N;
    }
    for (int i = 0; i < M; i++) {
        ck_assert(events[26 * i] > 0 && fabsf(events[26 * i + 1]) <= 3.1415928f);
        seen[filled(events + 26 * i + JETS, 4, 20, 5)][filled(events + 26 * i + LEPTONS, 2, 10, 2.5f)] += 1. / M;
    }
    double chi2 = 0;
    int bins = 0;
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < 3; b++) {
            if (share[a][b] * N < 20) continue;
            /* two samples, and the training sample that the shares come from */
            chi2 += (seen[a][b] - share[a][b]) * (seen[a][b] - share[a][b]) / (share[a][b] * (1. / M + 2. / N));
            bins++;
        }
    ck_assert_int_ge(bins, 8);
    ck_assert_msg(chi2 < bins + 5 * sqrt(2. * bins), "chi2 of %d numbers of objects: %.1f", bins, chi2);
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    genhep_dataset_free(data), genhep_dataset_free(other);
    free(events), free(truth);
}
END_TEST

GH_TEST_MAIN("sparse_events", trained_models_keep_multiplicities_order_and_cuts)
