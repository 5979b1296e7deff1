/* test_subtraction.c -- what the subtraction GAN promises: same bits for any number of threads and after a resume, events of a
 * class that are functions of their number, weights in pb, files, and that it learns a difference. */
#include "testing.h"

#include "subtraction_model.h"
#include "train/subtraction/subtraction.h"

static genhep_trainer *trainer_of(const genhep_options *options, const subtraction_tables *data, int64_t n)
{
    genhep_model *model;
    genhep_trainer *trainer;
    ck_ok(genhep_subgan_create(options, (const genhep_dataset *const *)data->table, n, &model));
    ck_ok(genhep_trainer_create(model, (const genhep_dataset *const *)data->table, n, options, &trainer));
    genhep_model_free(model);
    return trainer;
}

static void same_state(const genhep_trainer *a, const genhep_trainer *b)
{
    const size_t bytes = (size_t)a->model->n_parameters * sizeof(gh_real);
    const gh_subtractor *x = a->method_state, *y = b->method_state;
    ck_assert(memcmp(a->model->parameters, b->model->parameters, bytes) == 0);
    ck_assert(memcmp(a->weights.second, b->weights.second, bytes) == 0);
    ck_assert(memcmp(a->best, b->best, bytes) == 0);
    for (int64_t k = 0; k < x->sets; k++) {
        const gh_weights *p = &x->set[k].critic.weights, *q = &y->set[k].critic.weights;
        ck_assert_int_eq(p->optimiser_steps, q->optimiser_steps);
        ck_assert(memcmp(p->parameters, q->parameters, (size_t)p->n * sizeof(gh_real)) == 0);
        ck_assert(memcmp(p->first, q->first, (size_t)p->n * sizeof(gh_real)) == 0);
        const gh_spectrum *s = &x->set[k].critic.spectrum, *r = &y->set[k].critic.spectrum;
        ck_assert_int_eq(s->n_left, r->n_left);
        ck_assert(!s->count || memcmp(s->left, r->left, (size_t)s->n_left * sizeof(gh_real)) == 0);
    }
    ck_assert(a->state.figure == b->state.figure && a->state.best_step == b->state.best_step);
}

enum { VARIANTS = 5 };

/* add=yes: three samples. Batches of 700 from 1000 rows cross the ends of epochs, and those of 2000 are longer than the sample to add. */
static const char *const variants[VARIANTS] = {
    "generator.skip=on subtract.gain=20 discriminator.steps=2 train.batch=700",
    "add=yes train.batch=2000 loss.penalty=r1r2 train.average=0",
    "add=yes subtract.labels=stratified generator.norm=batch discriminator.dropout=0.2 loss.gan=hinge",
    "subtract.labels=stratified latent.noise=uniform discriminator.features=x,y loss.penalty=none discriminator.clip=0.1",
    "generator.skip=on discriminator.norm=spectral loss.gan=hinge loss.penalty=none",
};

static int64_t samples_of(int k)
{
    return strncmp(variants[k], "add=yes", 7) == 0 ? 3 : 2;
}

START_TEST(threads_change_no_bit)
{
    subtraction_tables data = subtraction_data(2500, 0);
    for (int k = 0; k < VARIANTS; k++) {
        genhep_options *options = subtraction_options(variants[k]);
        genhep_trainer *reference = trainer_of(options, &data, samples_of(k));
        ck_ok(genhep_trainer_run(reference, NULL, NULL, NULL));
        for (int threads = 2; threads <= 4; threads++) {
            ck_ok(genhep_options_set_int(options, "train.threads", threads));
            genhep_trainer *other = trainer_of(options, &data, samples_of(k));
            ck_ok(genhep_trainer_run(other, NULL, NULL, NULL));
            same_state(reference, other);
            genhep_trainer_free(other);
        }
        genhep_trainer_free(reference);
        genhep_options_free(options);
    }
    subtraction_free(&data);
}
END_TEST

START_TEST(resume_continues_bitwise)
{
    for (int k = 0; k < VARIANTS; k++) {
        subtraction_tables data = subtraction_data(2500, k == 1);
        const genhep_dataset *const *tables = (const genhep_dataset *const *)data.table;
        const int64_t n = samples_of(k);
        genhep_options *options = subtraction_options(variants[k]);
        genhep_trainer *whole = trainer_of(options, &data, n), *part = trainer_of(options, &data, n), *resumed;
        ck_ok(genhep_trainer_run(whole, NULL, NULL, NULL));
        ck_ok(genhep_trainer_step(part, 23));
        ck_ok(genhep_trainer_save(part, gh_test_path("part.ckpt")));
        ck_ok(genhep_trainer_resume(gh_test_path("part.ckpt"), tables, n, NULL, &resumed));
        ck_ok(genhep_trainer_run(resumed, NULL, NULL, NULL));
        same_state(whole, resumed);
        genhep_trainer_free(resumed);
        const genhep_dataset *other[3] = {tables[0], tables[2], tables[1]}; /* the hash is that of all samples */
        ck_fails(genhep_trainer_resume(gh_test_path("part.ckpt"), other, n, NULL, &resumed), GENHEP_E_STATE, "not those of the checkpoint");
        ck_fails(genhep_trainer_resume(gh_test_path("part.ckpt"), tables, 1, NULL, &resumed), GENHEP_E_SHAPE, "found 1 tables");
        genhep_trainer_free(whole);
        genhep_trainer_free(part);
        genhep_options_free(options);
        subtraction_free(&data);
    }
}
END_TEST

static genhep_model *trained(const char *settings)
{
    genhep_options *options = subtraction_options(settings);
    subtraction_tables data = subtraction_data(2500, 0);
    genhep_trainer *trainer = trainer_of(options, &data, strncmp(settings, "add=yes", 7) == 0 ? 3 : 2);
    genhep_model *model;
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    genhep_trainer_free(trainer);
    subtraction_free(&data);
    genhep_options_free(options);
    return model;
}

static genhep_sampler *sampler_of(const genhep_model *model, const char *sum, int threads)
{
    genhep_options *options;
    genhep_sampler *sampler;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "subtract.class", sum));
    ck_ok(genhep_options_set_int(options, "sample.threads", threads));
    ck_ok(genhep_sampler_create(model, options, &sampler));
    genhep_options_free(options);
    return sampler;
}

enum { EVENTS = 3000, D = 2 };

static void same_events(const genhep_model *model, const char *sum)
{
    static const int64_t splits[] = {1, 3, 255, 256, 257, 700, 17, 512};
    static float reference[EVENTS * D], events[EVENTS * D];
    static double weight[EVENTS], other[EVENTS];
    double event[D], w;
    for (int threads = 1; threads <= 3; threads++) {
        genhep_sampler *s = sampler_of(model, sum, threads);
        ck_ok(genhep_sampler_draw_weighted_float(s, EVENTS, NULL, 0, threads == 1 ? reference : events, D, EVENTS * D, threads == 1 ? weight : other));
        if (threads > 1) ck_assert(memcmp(reference, events, sizeof events) == 0 && memcmp(weight, other, sizeof weight) == 0);
        ck_ok(genhep_sampler_seek(s, 0));
        for (int64_t done = 0, k = 0; done < EVENTS; k++) {
            int64_t n = splits[k % 8] < EVENTS - done ? splits[k % 8] : EVENTS - done;
            ck_ok(genhep_sampler_draw_weighted_float(s, n, NULL, 0, events + done * D, D, n * D, other + done));
            done += n;
        }
        ck_assert(memcmp(reference, events, sizeof events) == 0 && memcmp(weight, other, sizeof weight) == 0);
        for (int64_t at = 2789; at > 0; at = at * 2 / 3) {
            ck_ok(genhep_sampler_seek(s, at));
            ck_ok(genhep_sampler_next(s, NULL, event, &w));
            ck_assert(fabs(event[0] - (double)reference[at * D]) < 1e-5 && w == weight[at]);
        }
        genhep_sampler_free(s);
    }
}

static const char *const labels[] = {"add=yes generator.skip=on subtract.gain=20", "add=yes subtract.labels=stratified"};

START_TEST(events_are_functions_of_their_number)
{
    for (int k = 0; k < 2; k++) {
        genhep_model *model = trained(labels[k]);
        same_events(model, "");
        same_events(model, "S, A");
        same_events(model, "difference");
        genhep_sampler *s = sampler_of(model, "S", 1);
        double event[D];
        ck_ok(genhep_sampler_seek(s, ((int64_t)1 << 48) - 300));
        ck_ok(genhep_sampler_next(s, NULL, event, NULL));
        if (k == 0) {
            ck_ok(genhep_sampler_seek(s, (int64_t)1 << 48));
            ck_fails(genhep_sampler_next(s, NULL, event, NULL), GENHEP_E_ARG, "2^48");
        }
        genhep_sampler_free(s);
        genhep_model_free(model);
    }
}
END_TEST

/* Weights: the mean is the cross section of the sum; classes that are taken away count negatively; events of one class are all alike. */
START_TEST(weights_are_cross_sections)
{
    static double events[EVENTS * D], weight[EVENTS];
    for (int k = 0; k < 2; k++) {
        genhep_model *model = trained(labels[k]);
        double sigma[4], sum = 0, spread = 0;
        ck_assert_int_eq(genhep_model_classes(model), 4);
        for (int c = 0; c < 4; c++) {
            genhep_class info = {.struct_size = sizeof info};
            ck_ok(genhep_model_class(model, c, &info));
            sigma[c] = info.sigma_pb;
            ck_assert(info.fraction > 0 && info.sigma_pb > 0);
            ck_assert_int_eq(info.samples, c == 0 ? 1 : c == 1 ? 3 : c == 2 ? 4 : 2);
        }
        ck_assert(fabs(sigma[0] + sigma[1] - 10) < 1e-9 && fabs(sigma[1] + sigma[3] - 4) < 1e-9 && fabs(sigma[2] - 2) < 1e-9);
        genhep_sampler *s = sampler_of(model, "difference", 1);
        ck_ok(genhep_sampler_draw_weighted_double(s, EVENTS, NULL, 0, events, D, EVENTS * D, weight));
        int negative = 0;
        for (int i = 0; i < EVENTS; i++) {
            sum += weight[i] / EVENTS;
            spread += weight[i] * weight[i] / EVENTS;
            negative += weight[i] < 0;
        }
        ck_assert_int_gt(negative, 0);
        ck_assert_msg(fabs(sum - (sigma[0] + sigma[2] - sigma[3])) < 5 * sqrt(spread / EVENTS), "%g, expected 8", sum);
        genhep_sampler_free(s);
        s = sampler_of(model, "-S only", 1);
        ck_ok(genhep_sampler_draw_weighted_double(s, 300, NULL, 0, events, D, 600, weight));
        for (int i = 0; i < 300; i++) ck_assert(fabs(weight[i] + sigma[3]) < 1e-12);
        genhep_sampler_free(s);
        genhep_class info = {.struct_size = sizeof info};
        ck_fails(genhep_model_class(model, 4, &info), GENHEP_E_ARG, "class 4 of 4");
        ck_fails(genhep_model_class(model, 0, NULL), GENHEP_E_ARG, "NULL");
        genhep_model_free(model);
    }
}
END_TEST

/* Five samples: two are taken away, two added. Bits for any number of threads and after a resume; every class follows from the cross sections. */
START_TEST(five_samples)
{
    subtraction_tables data = subtraction_data(2500, 0);
    genhep_dataset *second = subtraction_sample(900, 4, 2, 0.2, "3", 0), *more = subtraction_sample(1100, 5, -2, 0, "1", 1);
    const genhep_dataset *tables[5] = {data.table[0], data.table[1], data.table[2], second, more};
    genhep_options *options = subtraction_options("generator.skip=on subtract.gain=20");
    genhep_trainer *trainer[3];
    genhep_model *model;
    ck_ok(genhep_options_set(options, "classes", "B-S: base ; S: base subtract ; T: base subtract2 ; A: add ; U: add2"));
    for (int k = 0; k < 2; k++) {
        ck_ok(genhep_options_set_int(options, "train.threads", k + 1));
        ck_ok(genhep_subgan_create(options, tables, 5, &model));
        ck_ok(genhep_trainer_create(model, tables, 5, options, &trainer[k]));
        genhep_model_free(model);
    }
    ck_ok(genhep_trainer_step(trainer[1], 17));
    ck_ok(genhep_trainer_save(trainer[1], gh_test_path("five.ckpt")));
    ck_ok(genhep_trainer_resume(gh_test_path("five.ckpt"), tables, 5, NULL, &trainer[2]));
    for (int k = 0; k < 3; k++) ck_ok(genhep_trainer_run(trainer[k], NULL, NULL, NULL));
    same_state(trainer[0], trainer[1]);
    same_state(trainer[0], trainer[2]);
    ck_ok(genhep_trainer_model(trainer[0], GENHEP_LAST, &model));
    const double sigma[5] = {3, 4, 3, 2, 1};
    const int32_t samples[5] = {1, 3, 9, 4, 16};
    for (int c = 0; c < 5; c++) {
        genhep_class info = {.struct_size = sizeof info};
        ck_ok(genhep_model_class(model, c, &info));
        ck_assert_msg(fabs(info.sigma_pb - sigma[c]) < 1e-9, "class %d: %g pb, expected %g", c, info.sigma_pb, sigma[c]);
        ck_assert_int_eq(info.samples, samples[c]);
    }
    static double events[EVENTS * D], weight[EVENTS];
    double sum = 0, spread = 0;
    genhep_sampler *s = sampler_of(model, "difference", 1);
    ck_ok(genhep_sampler_draw_weighted_double(s, EVENTS, NULL, 0, events, D, EVENTS * D, weight));
    for (int i = 0; i < EVENTS; i++) sum += weight[i] / EVENTS, spread += weight[i] * weight[i] / EVENTS;
    ck_assert_msg(fabs(sum - 6) < 5 * sqrt(spread / EVENTS), "%g, expected 6", sum);
    genhep_sampler_free(s);
    genhep_model_free(model);
    for (int k = 0; k < 3; k++) genhep_trainer_free(trainer[k]);
    genhep_dataset_free(second);
    genhep_dataset_free(more);
    genhep_options_free(options);
    subtraction_free(&data);
}
END_TEST

typedef struct host {
    uint64_t state;
    int64_t calls;
} host;

static double host_uniform(void *user)
{
    host *h = user;
    h->calls++;
    h->state = h->state * 6364136223846793005u + 1442695040888963407u;
    return (double)(h->state >> 11) * 0x1p-53;
}

START_TEST(host_numbers_decide_everything)
{
    for (int k = 0; k < 2; k++) {
        genhep_model *model = trained(labels[k]);
        double event[D], again[D], philox[D], w, v;
        genhep_sampler *s = sampler_of(model, "difference", 1);
        ck_ok(genhep_sampler_next(s, NULL, philox, NULL));
        host h = {12345, 0};
        ck_ok(genhep_sampler_set_uniform(s, host_uniform, &h));
        ck_ok(genhep_sampler_next(s, NULL, event, &w));
        h.state = 12345;
        ck_ok(genhep_sampler_next(s, NULL, again, &v));
        ck_assert(memcmp(event, again, sizeof event) == 0 && w == v);
        ck_ok(genhep_sampler_next(s, NULL, again, &v));
        ck_assert(memcmp(event, again, sizeof event) != 0);
        ck_ok(genhep_sampler_set_uniform(s, NULL, NULL));
        ck_ok(genhep_sampler_seek(s, 0));
        ck_ok(genhep_sampler_next(s, NULL, again, NULL));
        ck_assert(memcmp(philox, again, sizeof philox) == 0);
        genhep_sampler_free(s);
        genhep_model_free(model);
    }
}
END_TEST

/* Before any training: classes in the ratio of their cross sections, events of base with its marginals. */
START_TEST(training_starts_at_the_cross_sections)
{
    genhep_options *options = subtraction_options("add=yes generator.skip=on generator.output_gain=0");
    subtraction_tables data = subtraction_data(40000, 0);
    genhep_model *model;
    static double events[20000 * D], rows[40000 * D];
    ck_ok(genhep_options_set(options, "prep", "quantile"));
    ck_ok(genhep_options_set(options, "classes", "B-S: base ; S: base subtract ; A: add"));
    ck_ok(genhep_subgan_create(options, (const genhep_dataset *const *)data.table, 3, &model));
    ck_ok(gh_subgan_measure(model));
    const double expected[3] = {6. / 12, 4. / 12, 2. / 12};
    for (int k = 0; k < 3; k++)
        ck_assert_msg(fabs(model->subtraction.fraction[k] - expected[k]) < 5 * 0.5 / sqrt(131072), "class %d: share %g", k, model->subtraction.fraction[k]);
    genhep_sampler *s = sampler_of(model, "B-S, S, A", 1);
    ck_ok(genhep_sampler_draw_double(s, 20000, NULL, 0, events, D, 20000 * D));
    double found[2] = {0}, mean[2] = {0};
    for (int i = 0; i < 20000; i++) found[0] += events[i * D] / 20000, found[1] += events[i * D] * events[i * D] / 20000;
    const double pb[2] = {10. / 12, 2. / 12};
    for (int t = 0; t < 2; t++) {
        const genhep_dataset *table = data.table[2 * t];
        const int64_t n = genhep_dataset_events(table);
        ck_ok(genhep_dataset_values(table, rows, D, n * D));
        for (int64_t i = 0; i < n; i++) mean[0] += pb[t] * rows[i * D] / (double)n, mean[1] += pb[t] * rows[i * D] * rows[i * D] / (double)n;
    }
    ck_assert_msg(fabs(found[0] - mean[0]) < 0.06 && fabs(found[1] - mean[1]) < 0.2, "x: mean %g, of squares %g; expected %g, %g", found[0], found[1],
                  mean[0], mean[1]);
    genhep_sampler_free(s);
    genhep_model_free(model);
    genhep_options_free(options);
    subtraction_free(&data);
}
END_TEST

/* Base is 6 pb at x = 1 and 4 pb at x = -1; taken away are 4 pb at -1: what is left is at 1. */
START_TEST(it_learns_a_difference)
{
    static const char *const settings[] = {
        "generator.skip=on subtract.gain=30 generator.output_gain=0.05 train.steps=2500 train.figure_steps=2500 generator.units=24 discriminator.units=24 "
        "train.lr=1e-3 train.beta1=0.5 train.beta2=0.9 train.average=0.99 loss.penalty=r1r2 loss.gradient_penalty=1e-3 discriminator.steps=2",
        "subtract.labels=stratified generator.skip=on train.steps=1200 train.figure_steps=1200 generator.units=24 discriminator.units=24 "
        "train.lr=1e-3 train.beta1=0.5 train.beta2=0.9 train.average=0.99 loss.penalty=r1r2 loss.gradient_penalty=1e-3 discriminator.steps=2",
    };
    static double events[EVENTS * D];
    for (int k = 0; k < 2; k++) {
        genhep_model *model = trained(settings[k]);
        for (int c = 0; c < 2; c++) {
            double mean = 0, share = 0;
            genhep_sampler *s = sampler_of(model, c ? "S" : "B-S", 1);
            ck_ok(genhep_sampler_draw_double(s, EVENTS, NULL, 0, events, D, EVENTS * D));
            for (int i = 0; i < EVENTS; i++) {
                mean += events[i * D] / EVENTS;
                share += (events[i * D] > 0) / (double)EVENTS;
            }
            ck_assert_msg(fabs(mean - (c ? -1 : 1)) < 0.15, "labels %d, class %d: mean %g, expected %d", k, c, mean, c ? -1 : 1);
            ck_assert_msg(fabs(share - (c ? 0.023 : 0.977)) < 0.04, "labels %d, class %d: share at x > 0 %g", k, c, share);
            genhep_sampler_free(s);
        }
        ck_assert_msg(fabs(model->subtraction.fraction[0] - 0.6) < 0.02, "share of B-S %g, expected 0.6", model->subtraction.fraction[0]);
        ck_assert_msg(model->subtraction.purity > 0.95, "purity %g", model->subtraction.purity);
        genhep_model_free(model);
    }
}
END_TEST

START_TEST(files_keep_classes)
{
    for (int k = 0; k < 2; k++) {
        genhep_model *model = trained(labels[k]), *read;
        char info[20000];
        ck_ok(genhep_model_save(model, gh_test_path("sub.h5")));
        ck_ok(genhep_model_open(gh_test_path("sub.h5"), NULL, &read));
        ck_ok(genhep_model_verify(read));
        ck_assert(memcmp(&model->subtraction, &read->subtraction, sizeof model->subtraction) == 0);
        ck_assert(memcmp(model->parameters, read->parameters, (size_t)model->n_parameters * sizeof(gh_real)) == 0);
        ck_ok(genhep_model_info(read, info, sizeof info, NULL));
        ck_assert(strstr(info, "\"name\": \"S only\"") && strstr(info, "\"purity\"") && strstr(info, "\"subtract\": {\"sigma_pb\": 4}"));
        ck_fails(genhep_model_log_density(read, NULL, 1, (double[]){0, 0}, D, (double[]){0}), GENHEP_E_STATE, "no density");
        ck_fails(genhep_model_decode(read, 1, (double[8]){0}, (double[]){0, 0}, D), GENHEP_E_STATE, "no latents");
        /* damage that a checksum would not see */
        gh_archive archive;
        const char *const names[] = {"classes/fraction", "classes/sigma"};
        for (int i = 0; i < 2; i++) {
            genhep_model *bad = NULL;
            gh_hooks hooks = gh_hooks_default();
            gh_archive_init(&archive, &hooks);
            ck_ok(gh_model_save(model, &archive));
            ((double *)gh_archive_find(&archive, names[i])->data)[1] = -0.25;
            ck_fails(gh_model_load(&hooks, &archive, &bad), GENHEP_E_FORMAT, names[i]);
            ck_assert_ptr_null(bad);
            gh_archive_clear(&archive);
        }
        genhep_model_free(read);
        genhep_model_free(model);
    }
}
END_TEST

static void refused(const char *settings, const char *part)
{
    genhep_options *options = subtraction_options(settings);
    subtraction_tables data = subtraction_data(300, 0);
    genhep_model *model = NULL;
    genhep_trainer *trainer = NULL;
    genhep_status status = genhep_model_create(options, (const genhep_dataset *const *)data.table, 2, &model);
    if (!status) status = genhep_trainer_create(model, (const genhep_dataset *const *)data.table, 2, options, &trainer);
    ck_fails(status, GENHEP_E_OPTION, part);
    ck_assert_ptr_null(trainer);
    genhep_model_free(model);
    subtraction_free(&data);
    genhep_options_free(options);
}

START_TEST(wrong_settings_are_answered)
{
    refused("loss.penalty=gradient", "weighted");
    refused("loss.mmd=x:1", "loss.mmd");
    refused("discriminator.minibatch=4x4", "soft labels");
    refused("generator.turn=on", "generator.turn");
    refused("discriminator.features=mass(q)", "particles");
    genhep_options *options = subtraction_options("");
    subtraction_tables data = subtraction_data(300, 0);
    genhep_model *model;
    genhep_sampler *sampler;
    ck_ok(genhep_model_create(options, (const genhep_dataset *const *)data.table, 2, &model));
    ck_fails(genhep_sampler_create(model, NULL, &sampler), GENHEP_E_STATE, "shares of the classes are not known");
    model->subtraction.fraction[0] = 0.9995, model->subtraction.fraction[1] = 0.0005;
    ck_ok(genhep_sampler_create(model, NULL, &sampler));
    genhep_sampler_free(sampler);
    ck_ok(genhep_options_set(options, "subtract.class", "S"));
    ck_fails(genhep_sampler_create(model, options, &sampler), GENHEP_E_STATE, "0.0005");
    genhep_model_free(model);
    subtraction_free(&data);
    genhep_options_free(options);
}
END_TEST

START_TEST(divergence_ends_in_a_status)
{
    genhep_options *options = subtraction_options("loss.gan=wasserstein loss.penalty=none train.lr=5 train.schedule=constant train.clip=0 train.optimiser=sgd "
                                                  "train.steps=2000");
    subtraction_tables data = subtraction_data(2500, 0);
    genhep_trainer *trainer = trainer_of(options, &data, 2), *resumed;
    genhep_status status = genhep_trainer_run(trainer, gh_test_path("diverged.ckpt"), NULL, NULL);
    ck_assert_msg(status == GENHEP_E_NUMERIC, "found %s", genhep_status_name(status));
    for (int64_t i = 0; i < trainer->model->n_parameters; i++) ck_assert(isfinite(trainer->model->parameters[i]));
    ck_ok(genhep_trainer_resume(gh_test_path("diverged.ckpt"), (const genhep_dataset *const *)data.table, 2, NULL, &resumed));
    genhep_trainer_free(resumed);
    genhep_trainer_free(trainer);
    subtraction_free(&data);
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("subtraction", threads_change_no_bit, resume_continues_bitwise, events_are_functions_of_their_number, weights_are_cross_sections, five_samples, training_starts_at_the_cross_sections,
             host_numbers_decide_everything, it_learns_a_difference, files_keep_classes, wrong_settings_are_answered, divergence_ends_in_a_status)
