/* test_allocations.c -- every allocation of create, train, sample, save, open, evaluate and resume failed in turn;
 * drawing allocates nothing. */
#include "alloc/counting.h"
#include "linalg/kernel.h"
#include "model/class_calibration.h"
#include "model/subgan.h"
#include "subtraction_model.h"

enum { ROWS = 90, COLUMNS = 9 };

/* Particles a (mass 0.1) and b (mass 5), b's charge. */
static genhep_status make_table(const genhep_options *options, int64_t n, int weighted, genhep_dataset **table)
{
    static const char *const names[COLUMNS] = {"a_E", "a_px", "a_py", "a_pz", "b_E", "b_px", "b_py", "b_pz", "b_Q"};
    static const char *const units[COLUMNS] = {"GeV", "GeV", "GeV", "GeV", "GeV", "GeV", "GeV", "GeV", NULL};
    double *x = malloc((size_t)(n * (COLUMNS + 1)) * sizeof *x), z[8];
    ck_assert_ptr_nonnull(x);
    double *weights = x + n * COLUMNS;
    for (int64_t i = 0; i < n; i++) {
        double *row = x + i * COLUMNS;
        ck_ok(genhep_random_normal(3, 0, 8 * i, 8, z));
        for (int k = 0; k < 2; k++) {
            double m = k ? 5 : 0.1, *p = row + 4 * k;
            for (int c = 0; c < 3; c++) p[1 + c] = 30 * z[3 * k + c];
            p[0] = sqrt(m * m + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
        }
        row[8] = z[6] < 0 ? -1 : 1;
        weights[i] = 1 + 0.2 * tanh(z[7]);
    }
    genhep_status status = genhep_dataset_from_arrays(options, n, COLUMNS, names, units, x, COLUMNS,
                                                      weighted ? weights : NULL, table);
    free(x);
    return status;
}

/* Options of the counting allocator with settings "key = value; key = value". */
static genhep_status make_options(const char *settings, genhep_options **options)
{
    char copy[700], *save = NULL;
    snprintf(copy, sizeof copy,
             "latent.dim = 2; encoder.layers = 1; encoder.units = 5; decoder.layers = 2; decoder.units = 4; "
             "train.batch = 20; train.steps = 4; train.figure = loss; train.figure_steps = 2; data.validation = 0.3; "
             "decoder.calibrate = off; prep.knots = 7; data.masses = a: 0.1, b: 5; %s",
             settings);
    genhep_status status = counting_options(options);
    for (char *line = strtok_r(copy, ";", &save); line && !status; line = strtok_r(NULL, ";", &save))
        if (line[strspn(line, " ")]) status = genhep_options_parse(*options, line);
    if (status) {
        genhep_options_free(*options);
        *options = NULL;
    }
    return status;
}

#define CHAIN_TREE "prep = category(b_Q), tree, reach(13000, y(X), m(X)), quantile; prep.tree = X: a b"
#define CHAIN_CONDITIONS "data.condition = b_*; prep = ptetaphi, quantile; prep.condition = category(b_Q), momenta, standardise"
#define CHAIN_PAIR "prep = pair(a, b), azimuth, standardise, log(b_Q, -3), minmax"

/* ---- options
 * ------------------------------------------------------------------------------------------------------------- */

static genhep_status options_scenario(void *card)
{
    genhep_options *options = NULL, *copy = NULL;
    genhep_status status = make_options(CHAIN_TREE, &options);
    if (!status) status = genhep_options_read_card(options, card);
    if (!status) status = genhep_options_set_real(options, "train.lr", 0.25);
    if (!status) status = genhep_options_set_int(options, "seed", 77);
    if (!status) status = genhep_options_copy(options, &copy);
    if (!status) status = genhep_options_set_text(copy, "data.columns", "x, y");
    genhep_options_free(options);
    genhep_options_free(copy);
    return status;
}

START_TEST(options_and_cards)
{
    const char *card = gh_test_path("x.card");
    FILE *file = fopen(card, "w");
    fputs("# a card\nseed = 5\nprep.tree = X: a \\\n b\ntrain.stages = adam 2, sgd 3\n", file);
    fclose(file);
    ck_assert_int_gt(fail_each("options", options_scenario, (void *)card), 20);
}
END_TEST

/* ---- event files
 * ----------------------------------------------------------------------------------------------------------- */

static const char *const endings[] = {".h5", ".csv", ".csv.gz", ".npy", ".lhe", ".lhe.gz", ".lheh5", ".hepmc3"};
enum { ENDINGS = 8, READABLE = 7 };

static const char *table_path(int k)
{
    char name[40];
    snprintf(name, sizeof name, "t%s", endings[k]);
    return gh_test_path(name);
}

static genhep_status write_scenario(void *context)
{
    int k = *(int *)context;
    genhep_options *options = NULL;
    genhep_dataset *table = NULL;
    genhep_status status = make_options("lhe.ids = a: 13, b: -13; lhe.incoming = 2 -2", &options);
    if (!status) status = make_table(options, ROWS, k != 3, &table);
    if (!status) status = genhep_dataset_set_attribute(table, "process", "alloc");
    if (!status) status = genhep_dataset_write(table, table_path(k), options);
    genhep_dataset_free(table);
    genhep_options_free(options);
    return status;
}

/* The same in pieces, and given up behind the last one. */
static genhep_status pieces_scenario(void *context)
{
    const int k = *(int *)context, weighted = k != 3;
    genhep_options *options = NULL;
    genhep_dataset *table = NULL;
    genhep_writer *writer = NULL, *other = NULL;
    float row[COLUMNS] = {5, 0, 3, 3, 7, 3, 0, 2, 1};
    genhep_status status = make_options("lhe.ids = a: 13, b: -13; lhe.incoming = 2 -2", &options);
    if (!status) status = make_table(options, 1, weighted, &table);
    if (!status) status = genhep_writer_create(table, table_path(k), weighted, options, &writer);
    if (!status) status = genhep_writer_set_attribute(writer, "process", "alloc");
    for (int i = 0; i < 3 && !status; i++) status = genhep_writer_append_float(writer, 1, row, COLUMNS, NULL);
    if (!status) status = genhep_writer_set_attribute(writer, "process", "again");
    if (!status) status = genhep_writer_close(writer);
    if (!status) status = genhep_writer_create(table, table_path(k), weighted, options, &other);
    if (!status) status = genhep_writer_append_float(other, 1, row, COLUMNS, NULL);
    genhep_writer_free(writer);
    genhep_writer_free(other);
    genhep_dataset_free(table);
    genhep_options_free(options);
    return status;
}

static genhep_status read_scenario(void *context)
{
    genhep_options *options = NULL;
    genhep_dataset *table = NULL, *part = NULL, *shuffled = NULL;
    genhep_status status = make_options("", &options);
    if (!status) status = genhep_dataset_open(table_path(*(int *)context), options, &table);
    if (!status) status = genhep_dataset_slice(table, 3, 20, &part);
    if (!status) status = genhep_dataset_shuffle(part, 5, &shuffled);
    if (!status) status = genhep_dataset_set_attribute(shuffled, "process", "again");
    genhep_dataset_free(table);
    genhep_dataset_free(part);
    genhep_dataset_free(shuffled);
    genhep_options_free(options);
    return status;
}

START_TEST(event_files)
{
    char name[40], command[160];
    for (int k = 0; k < ENDINGS; k++) {
        snprintf(name, sizeof name, "pieces of %s", endings[k]);
        ck_assert_int_gt(fail_each(name, pieces_scenario, &k), 60);
        snprintf(name, sizeof name, "write %s", endings[k]);
        ck_assert_int_gt(fail_each(name, write_scenario, &k), 30);
        if (k >= READABLE) continue;
        snprintf(name, sizeof name, "read %s", endings[k]);
        ck_assert_int_gt(fail_each(name, read_scenario, &k), 30);
    }
    snprintf(command, sizeof command, "test -z \"$(ls '%s' | grep -F .tmp.)\"", gh_test_folder());
    ck_assert_msg(system(command) == 0, "a temporary file is left");
}
END_TEST

/* ---- models
 * ------------------------------------------------------------------------------------------------------------------ */

static const genhep_dataset *training_rows; /* made once, with the default allocator */

static genhep_status create_scenario(void *settings)
{
    genhep_options *options = NULL;
    genhep_model *model = NULL;
    genhep_status status = make_options(settings, &options);
    if (!status) status = genhep_model_create(options, &training_rows, 1, &model);
    genhep_model_free(model);
    genhep_options_free(options);
    return status;
}

START_TEST(create)
{
    static const char *const settings[] = {
        CHAIN_TREE, CHAIN_PAIR "; loss.noise = event; encoder.norm = batch; decoder.residual = add",
        "model.family = independent; prep = ptetaphi, quantile",
        "model.family = independent; prep = momenta, maxabs; model.family = vae",
        CHAIN_CONDITIONS};
    for (int weighted = 0; weighted < 2; weighted++) {
        genhep_dataset *rows;
        ck_ok(make_table(NULL, ROWS, weighted, &rows));
        training_rows = rows;
        for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) {
            char name[40];
            snprintf(name, sizeof name, "create %d%s", (int)k, weighted ? ", weighted" : "");
            ck_assert_int_gt(fail_each(name, create_scenario, (void *)settings[k]), 60);
        }
        genhep_dataset_free(rows);
    }
}
END_TEST

/* A trained model in the counting allocator's memory. */
static genhep_model *trained_model(const char *settings)
{
    genhep_options *options;
    genhep_model *start, *model;
    genhep_trainer *trainer;
    ck_ok(make_options(settings, &options));
    ck_ok(genhep_model_create(options, &training_rows, 1, &start));
    ck_ok(genhep_trainer_create(start, &training_rows, 1, NULL, &trainer));
    ck_ok(genhep_trainer_step(trainer, 4));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &model));
    genhep_trainer_free(trainer);
    genhep_model_free(start);
    genhep_options_free(options);
    return model;
}

typedef struct training {
    const genhep_model *model;
    const char *checkpoint, *settings;
} training;

/* Create, three steps with validation and figure in between, checkpoint, snapshots. */
static genhep_status train_scenario(void *context)
{
    const training *t = context;
    genhep_options *options = NULL;
    genhep_trainer *trainer = NULL;
    genhep_model *best = NULL, *average = NULL;
    genhep_status status = make_options(t->settings, &options);
    if (!status) status = genhep_trainer_create(t->model, &training_rows, 1, options, &trainer);
    if (!status) status = genhep_trainer_step(trainer, 3);
    if (!status) status = genhep_trainer_save(trainer, t->checkpoint);
    if (!status) status = genhep_trainer_model(trainer, GENHEP_BEST, &best);
    if (!status) status = genhep_trainer_model(trainer, GENHEP_AVERAGE, &average);
    genhep_model_free(best);
    genhep_model_free(average);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    return status;
}

static genhep_status resume_scenario(void *context)
{
    const training *t = context;
    genhep_options *options = NULL;
    genhep_trainer *trainer = NULL;
    genhep_model *last = NULL;
    genhep_status status = make_options("train.threads = 2", &options);
    if (!status) status = genhep_trainer_resume(t->checkpoint, &training_rows, 1, options, &trainer);
    if (!status) status = genhep_trainer_run(trainer, t->checkpoint, NULL, NULL);
    if (!status) status = genhep_trainer_model(trainer, GENHEP_LAST, &last);
    genhep_model_free(last);
    genhep_trainer_free(trainer);
    genhep_options_free(options);
    return status;
}

START_TEST(train_and_resume)
{
    genhep_dataset *rows;
    ck_ok(make_table(NULL, ROWS, 1, &rows));
    training_rows = rows;
    genhep_model *model = trained_model(CHAIN_TREE "; latent.buffer = 30");
    char checkpoint[200];
    snprintf(checkpoint, sizeof checkpoint, "%s", gh_test_path("c.ckpt"));
    training t = {model, checkpoint, "train.threads = 2"};
    ck_assert_int_gt(fail_each("train", train_scenario, &t), 200);
    ck_assert_int_gt(fail_each("resume", resume_scenario, &t), 200);
    genhep_model_free(model);
    t.model = model = trained_model(CHAIN_CONDITIONS);
    ck_assert_int_gt(fail_each("train with conditions", train_scenario, &t), 200);
    genhep_model_free(model);
    genhep_dataset_free(rows);
    ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

/* The chi2 figure (it needs 400 validation rows) and the calibration: only their own allocations, the rest is done
 * before. */
static genhep_status figure_scenario(void *context)
{
    genhep_trainer *trainer = NULL;
    genhep_model *best = NULL;
    genhep_status status = genhep_trainer_create(context, &training_rows, 1, NULL, &trainer);
    if (!status) status = genhep_trainer_step(trainer, 1);
    if (!status) status = genhep_trainer_model(trainer, GENHEP_BEST, &best);
    genhep_model_free(best);
    genhep_trainer_free(trainer);
    return status;
}

START_TEST(figure_and_calibration)
{
    genhep_dataset *rows;
    ck_ok(make_table(NULL, 1500, 0, &rows));
    training_rows = rows;
    static const char *const settings[] = {
        "prep = identity; data.columns = *_px; train.figure = chi2; train.figure_events = 256; train.steps = 1",
        "prep = identity; decoder.calibrate = on; train.steps = 1; latent.source = prior"};
    for (int k = 0; k < 2; k++) {
        genhep_options *options;
        genhep_model *model;
        ck_ok(make_options(settings[k], &options));
        ck_ok(genhep_model_create(options, &training_rows, 1, &model));
        ck_assert_int_gt(fail_each(k ? "calibration" : "figure chi2", figure_scenario, model), 50);
        genhep_model_free(model);
        genhep_options_free(options);
    }
    genhep_dataset_free(rows);
    ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

typedef struct saving {
    const genhep_model *model;
    const char *path;
} saving;

static genhep_status save_scenario(void *context)
{
    const saving *s = context;
    return genhep_model_save(s->model, s->path);
}

static genhep_status open_scenario(void *context)
{
    const saving *s = context;
    genhep_options *options = NULL;
    genhep_model *model = NULL;
    genhep_sampler *sampler = NULL;
    char text[16384];
    genhep_status status = counting_options(&options);
    if (!status) status = genhep_model_open(s->path, options, &model);
    if (!status) status = genhep_model_info(model, text, sizeof text, NULL);
    if (!status) status = genhep_model_verify(model);
    /* the fastest kernel, for which a model packs its weights when the first sampler asks */
    if (!status) status = genhep_options_set_text(options, "sample.kernel", gh_kernel_name(gh_kernel_best()));
    if (!status) status = genhep_sampler_create(model, options, &sampler);
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    genhep_options_free(options);
    return status;
}

static genhep_status draw_scenario(void *context)
{
    genhep_options *options = NULL;
    genhep_sampler *sampler = NULL;
    genhep_writer *writer = NULL;
    const genhep_model *model = context;
    double events[20 * COLUMNS], latents[20 * 16], density[20], cond[20 * COLUMNS];
    const int64_t C = genhep_model_conditions(model);
    for (int i = 0; i < 20 * COLUMNS; i++) cond[i] = 1;
    genhep_status status = counting_options(&options);
    if (!status) status = genhep_options_set_int(options, "sample.threads", 3);
    if (!status) status = genhep_options_set_int(options, "density.samples", 3);
    if (!status) status = genhep_sampler_create(model, options, &sampler);
    if (!status) status = genhep_sampler_draw_double(sampler, 20, C ? cond : NULL, C, events, COLUMNS, 20 * COLUMNS);
    if (!status && genhep_model_latents(model)) status = genhep_model_encode(model, 20, events, COLUMNS, latents, NULL);
    if (!status && genhep_model_latents(model) && !C) { /* steering reads the components of the buffer */
        genhep_sampler_free(sampler);
        sampler = NULL;
        status = genhep_options_set_text(options, "latent.box", "pc0: -10 10");
        if (!status) status = genhep_options_set_text(options, "latent.shift", "pc1: 0.5");
        if (!status) status = genhep_sampler_create(model, options, &sampler);
        if (status == GENHEP_E_STATE || status == GENHEP_E_OPTION) status = GENHEP_OK; /* no encoder; no buffer */
    }
    if (!status && genhep_model_latents(model)) status = genhep_model_decode(model, 20, latents, events, COLUMNS);
    if (!status) status = genhep_model_log_density(model, options, 20, events, COLUMNS, density);
    if (!status) status = genhep_writer_create_for_model(model, gh_test_path("drawn.h5"), 0, options, &writer);
    if (!status) status = genhep_writer_append_double(writer, 20, events, COLUMNS, NULL);
    if (!status) status = genhep_writer_close(writer);
    genhep_writer_free(writer);
    genhep_sampler_free(sampler);
    genhep_options_free(options);
    return status;
}

START_TEST(save_open_draw)
{
    genhep_dataset *rows;
    ck_ok(make_table(NULL, ROWS, 1, &rows));
    training_rows = rows;
    char path[200];
    snprintf(path, sizeof path, "%s", gh_test_path("m.h5"));
    genhep_options *options;
    ck_ok(make_options("model.family = independent; prep = ptetaphi, quantile", &options));
    genhep_model *models[4] = {trained_model(CHAIN_TREE "; decoder.norm = batch"),
                               trained_model(CHAIN_PAIR "; loss.noise = event"), trained_model(CHAIN_CONDITIONS), NULL};
    ck_ok(genhep_independent_create(options, &training_rows, 1, &models[3]));
    for (int k = 0; k < 4; k++) {
        saving s = {models[k], path};
        ck_assert_int_gt(fail_each("save", save_scenario, &s), 20);
        if (k < 3) ck_assert_int_gt(fail_each("open, info, verify", open_scenario, &s), 100);
        ck_assert_int_gt(fail_each("draw, encode, density, write", draw_scenario, models[k]), 20);
        genhep_model_free(models[k]);
    }
    genhep_options_free(options);
    genhep_dataset_free(rows);
    ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

/* ---- evaluation
 * --------------------------------------------------------------------------------------------------------------- */

typedef struct comparison {
    const genhep_dataset *truth, *generated, *train;
} comparison;

static genhep_status evaluate_scenario(void *context)
{
    const comparison *c = context;
    genhep_options *options = NULL;
    genhep_evaluation *evaluation = NULL;
    genhep_status status = make_options("evaluate.max = 100; evaluate.bins = 4; evaluate.queries = 10", &options);
    if (!status) status = genhep_evaluate(c->truth, c->generated, c->train, "generic", options, &evaluation);
    genhep_evaluation_free(evaluation);
    genhep_options_free(options);
    return status;
}

START_TEST(evaluate)
{
    genhep_dataset *all, *truth, *generated, *train;
    ck_ok(make_table(NULL, 330, 1, &all));
    ck_ok(genhep_dataset_slice(all, 0, 110, &truth));
    ck_ok(genhep_dataset_slice(all, 110, 110, &generated));
    ck_ok(genhep_dataset_slice(all, 220, 110, &train));
    comparison c = {truth, generated, train};
    ck_assert_int_gt(fail_each("evaluate", evaluate_scenario, &c), 50);
    genhep_dataset_free(all);
    genhep_dataset_free(truth);
    genhep_dataset_free(generated);
    genhep_dataset_free(train);
}
END_TEST

/* ---- drawing allocates nothing
 * -------------------------------------------------------------------------------------------------- */

START_TEST(drawing_allocates_nothing)
{
    static const int64_t sizes[] = {0, 1, 255, 256, 257, 3000};
    enum { MOST = 3000 };
    genhep_dataset *rows;
    ck_ok(make_table(NULL, ROWS, 0, &rows));
    training_rows = rows;
    double *wide = malloc(MOST * COLUMNS * sizeof *wide), one[COLUMNS], weight;
    float *narrow = malloc(MOST * COLUMNS * sizeof *narrow);
    genhep_model *model = trained_model(CHAIN_TREE);
    for (int64_t threads = 1; threads <= 4; threads++) {
        genhep_options *options;
        genhep_sampler *sampler;
        ck_ok(counting_options(&options));
        ck_ok(genhep_options_set_int(options, "sample.threads", threads));
        ck_ok(genhep_options_set_text(options, "sample.kernel", threads % 2 ? gh_kernel_name(gh_kernel_best()) : "auto"));
        ck_ok(genhep_sampler_create(model, options, &sampler));
        ck_ok(genhep_sampler_draw_float(sampler, MOST, NULL, 0, narrow, COLUMNS,
                                        MOST * COLUMNS)); /* OpenBLAS maps its buffers */
        int64_t calls = memory.calls, blocks = memory.blocks, others = others_calls;
        genhep_status status = GENHEP_OK;
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            if (!status)
                status = genhep_sampler_draw_float(sampler, sizes[k], NULL, 0, narrow, COLUMNS, MOST * COLUMNS);
            if (!status) status = genhep_sampler_draw_double(sampler, sizes[k], NULL, 0, wide, COLUMNS, MOST * COLUMNS);
            for (int i = 0; i < 300 && !status; i++) status = genhep_sampler_next(sampler, NULL, one, &weight);
            if (!status) status = genhep_sampler_seek(sampler, 12345 + sizes[k]);
        }
        others = others_calls - others; /* before Check allocates for itself */
        ck_ok(status);
        ck_assert_int_eq(memory.calls, calls);
        ck_assert_int_eq(memory.blocks, blocks);
        ck_assert_msg(others == 0, "%lld allocations past the library's allocator", (long long)others);
        genhep_sampler_free(sampler);
        genhep_options_free(options);
    }
    free(wide);
    free(narrow);
    genhep_model_free(model);
    genhep_dataset_free(rows);
    ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

static genhep_status fit_classes(genhep_model *model)
{
    enum { N = 400 };
    static gh_real rows[2][2 * N];
    gh_class_rows samples[2];
    double z[2 * N];
    for (int s = 0; s < 2; s++) {
        ck_ok(genhep_random_normal(9, s, 0, 2 * N, z));
        for (int i = 0; i < 2 * N; i++) rows[s][i] = (gh_real)(z[i] + s);
        samples[s] = (gh_class_rows){N, rows[s], NULL};
    }
    return gh_class_calibration_fit(model, 4, samples);
}

static genhep_status classes_scenario(void *context)
{
    genhep_model *model = context;
    genhep_status status = fit_classes(model);
    gh_free(&model->hooks, model->class_maps);
    model->class_maps = NULL;
    return status;
}

/* The maps of a subtraction's classes: allocations of the fit, and none when events are drawn through them. */
START_TEST(calibrated_classes)
{
    genhep_options *options;
    genhep_model *model;
    genhep_sampler *sampler;
    subtraction_tables data = subtraction_data(300, 0);
    ck_ok(make_options("model.family = subgan; generator.layers = 1; generator.units = 4; generator.skip = on; latent.dim = 4; sample.threads = 1", &options));
    ck_ok(genhep_options_set(options, "classes", "B-S: base ; S: base subtract"));
    ck_ok(genhep_options_set(options, "data.masses", ""));
    ck_ok(genhep_subgan_create(options, (const genhep_dataset *const *)data.table, 2, &model));
    ck_ok(gh_subgan_measure(model));
    ck_assert_int_gt(fail_each("classes", classes_scenario, model), 10);
    ck_ok(fit_classes(model));
    ck_assert_ptr_nonnull(model->class_maps);
    ck_ok(genhep_sampler_create(model, options, &sampler));
    double events[2 * 1000];
    const int64_t before = memory.calls;
    ck_ok(genhep_sampler_draw_double(sampler, 1000, NULL, 0, events, 2, 2000));
    ck_assert_int_eq(memory.calls, before);
    genhep_sampler_free(sampler);
    genhep_model_free(model);
    genhep_options_free(options);
    subtraction_free(&data);
    ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

GH_TEST_MAIN("allocations", options_and_cards, event_files, create, train_and_resume, figure_and_calibration,
             save_open_draw, evaluate, drawing_allocates_nothing, calibrated_classes)
