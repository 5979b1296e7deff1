/* seeds.h -- the small files that the fuzzer changes: models and checkpoints of several preparations, event tables in
 * every readable format, cards. All are made by the library itself, or written out here. */
#ifndef GH_FUZZ_SEEDS_H
#define GH_FUZZ_SEEDS_H

#include <math.h>
#include <stdio.h>

#include "fuzz/mutate.h"

enum route { ROUTE_MODEL, ROUTE_CHECKPOINT, ROUTE_TABLE, ROUTE_HDF5, ROUTE_CARD };

typedef struct seed_file {
    const char *name;
    enum route route;
    int is_text;
    blob file;
} seed_file;

enum { SEED_ROWS = 48, SEED_COLUMNS = 15, MOST_SEEDS = 24 };

static const char *fuzz_folder;

/* For what cannot fail unless the library is broken: say so and end. */
#define MUST(call)                                                         \
    do {                                                                   \
        char must_message[512];                                            \
        if (call) {                                                        \
            genhep_last_error(must_message, sizeof must_message);          \
            fprintf(stderr, "fuzz: %s failed: %s\n", #call, must_message); \
            exit(1);                                                       \
        }                                                                  \
    } while (0)

static inline const char *fuzz_path(const char *name)
{
    static char paths[4][300];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", fuzz_folder, name);
    return path;
}

static inline blob read_blob(const char *path)
{
    blob b = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file) abort();
    fseek(file, 0, SEEK_END);
    b = blob_of("", 0);
    size_t size = (size_t)ftell(file);
    rewind(file);
    free(b.bytes);
    b.bytes = malloc(size + 1);
    if (!b.bytes) abort();
    b.size = fread(b.bytes, 1, size, file);
    b.bytes[b.size] = 0;
    fclose(file);
    return b;
}

static inline void write_blob(const char *path, const blob *b)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(b->bytes, 1, b->size, file) != b->size || fclose(file) != 0) abort();
}

/** Particles a (mass 0.1) and b (mass 5) with charges, a jet that is often absent, and missing energy. */
static inline genhep_dataset *seed_table(const genhep_options *options, int weighted)
{
    static const char *const names[SEED_COLUMNS] = {"a_E",  "a_px",    "a_py",     "a_pz",     "b_E",
                                                    "b_px", "b_py",    "b_pz",     "a_Q",      "b_Q",
                                                    "met",  "jet1_pT", "jet1_eta", "jet1_phi", "jet1_m"};
    static const char *const units[SEED_COLUMNS] = {"GeV", "GeV", "GeV", "GeV", "GeV", "GeV", "GeV", "GeV",
                                                    "",    "",    "GeV", "GeV", "",    "rad", "GeV"};
    double x[SEED_ROWS * SEED_COLUMNS], normal[SEED_ROWS * 12], weights[SEED_ROWS];
    genhep_dataset *table;
    MUST(genhep_random_normal(11, 0, 0, SEED_ROWS * 12, normal));
    for (int i = 0; i < SEED_ROWS; i++) {
        double *row = x + i * SEED_COLUMNS, *z = normal + i * 12;
        for (int k = 0; k < 2; k++) {
            double m = k ? 5 : 0.1, *p = row + 4 * k;
            for (int c = 0; c < 3; c++) p[1 + c] = 30 * z[3 * k + c];
            p[0] = sqrt(m * m + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
        }
        row[8] = z[6] < 0 ? -1 : 1;
        row[9] = z[7] < 1 ? -row[8] : row[8];
        row[10] = 20 * fabs(z[8]);
        int there = z[9] > -0.5;
        row[11] = there ? 30 + 10 * fabs(z[9]) : 0, row[12] = there ? z[10] : 0, row[13] = there ? 2 * atan(z[11]) : 0;
        row[14] = there ? 4 + fabs(z[8]) : 0;
        weights[i] = 1 + 0.25 * tanh(z[7]);
    }
    MUST(genhep_dataset_from_arrays(options, SEED_ROWS, SEED_COLUMNS, names, units, x, SEED_COLUMNS,
                                    weighted ? weights : NULL, &table));
    MUST(genhep_dataset_set_attribute(table, "process", "fuzz"));
    MUST(genhep_dataset_set_attribute(table, "sqrt_s_GeV", "13000"));
    return table;
}

static const struct model_seed {
    const char *name, *settings; /* "key = value" lines separated by ';' */
    int checkpoint;
} model_seeds[] = {
    {"tree",
     "prep = flags(jet*), category(a_Q, b_Q), tree, quantile; prep.tree = X: a b; data.masses = a: 0.1, b: 5; "
      "prep.knots = 21; "
     "decoder.norm = batch; loss.noise = global; decoder.calibrate = on",
     0},
    {"pair",
     "prep = flags(jet*), pair(a, b, eta), azimuth, standardise; data.masses = a: 0.1, b: 5; loss.noise = event; "
     "decoder.residual = add; encoder.norm = layer; model.family = vae",
     0},
    {"maps",
     "prep = logit(met, -1, 500), resonance(a_E, 50, 20), periodic(jet1_phi), scale(450, *_p*), log(b_E), minmax; "
     "loss.noise = none; loss.beta = 1e-3; latent.gamma = 0.1; latent.box = pc0: -9 9; latent.shift = z0: 0.2",
     0},
    {"independent",
     "model.family = independent; prep = ptetaphi(a, b), category(*_Q), quantile; data.masses = a: 0.1, b: free; "
     "prep.knots = 9",
     0},
    {"conditions",
     "data.condition = b_*, met; prep = ptetaphi(a), standardise; prep.condition = category(b_Q), momenta, quantile; "
     "data.masses = a: 0.1, b: free; prep.knots = 9; loss.noise = event",
     0},
    {"checkpoint-conditions",
     "data.condition = b_*, met; data.target = a_*; prep = identity; prep.condition = category(b_Q), standardise",
     1},
    {"checkpoint-tree",
     "prep = flags(jet*), category(a_Q, b_Q), tree, quantile; prep.tree = X: a b; data.masses = a: 0.1, b: 5; "
     "prep.knots = 21; train.schedule = plateau; loss.noise = global",
     1},
    {"checkpoint-sgd",
     "prep = momenta, maxabs; train.optimiser = sgd; train.schedule = staged; train.stages = adam 2, sgd 3; "
     "train.average = 0; decoder.norm = batch; train.batch = 20",
     1},
};

static inline genhep_options *seed_options(const char *settings)
{
    genhep_options *options;
    char copy[640], *save = NULL;
    snprintf(
        copy, sizeof copy,
        "latent.dim = 3; encoder.layers = 2; encoder.units = 8; decoder.layers = 2; decoder.units = 8; "
        "train.steps = 40; train.batch = 30; train.figure = loss; train.figure_steps = 5; data.validation = 0.2; "
             "decoder.calibrate = off; %s",
        settings);
    MUST(genhep_options_create(&options));
    for (char *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save))
        MUST(genhep_options_parse(options, line));
    return options;
}

/** The file of one model or checkpoint; *kept (may be NULL) gets the model. */
static inline blob model_file(const struct model_seed *s, genhep_dataset *table, genhep_model **kept)
{
    const genhep_dataset *tables[1] = {table};
    genhep_options *options = seed_options(s->settings);
    genhep_model *model, *trained = NULL;
    genhep_trainer *trainer = NULL;
    const char *path = fuzz_path("seed.h5");
    MUST(genhep_model_create(options, tables, 1, &model));
    if (genhep_model_latents(model) > 0) {
        MUST(genhep_trainer_create(model, tables, 1, NULL, &trainer));
        MUST(genhep_trainer_step(trainer, 7));
        if (s->checkpoint) MUST(genhep_trainer_save(trainer, path));
        MUST(genhep_trainer_model(trainer, GENHEP_LAST, &trained));
        genhep_trainer_free(trainer);
        genhep_model_free(model);
        model = trained;
    }
    if (!s->checkpoint) MUST(genhep_model_save(model, path));
    genhep_options_free(options);
    if (kept) *kept = model;
    else genhep_model_free(model);
    return read_blob(path);
}

static const char card_text[] =
    "# a card with all that a card may have\n"
    "seed = 7\n\nmodel.family = bvae   # behind a value\n"
    "data.columns = a_*, b_px , met\ndata.masses = a: 0.1, \\\n    b: 5\n"
    "prep = tree, \\\n  quantile \n  prep.tree = X: a (Y: b c) | Z: d e\n"
    "train.lr = 1.5e-3\r\ntrain.steps=100\r\nloss.noise_start = 0.25\nlatent.alpha = .5\ntrain.stages = adam 2, sgd 3\n"
    "data.train = with\\ backslash \\# and hash\nlhe.colours = b: 501 0, bbar: 0 501\n";

static const char small_card[] = "\xef\xbb\xbf"
                                 "encoder.units = 16\nencoder.activation=leaky\n";

static const char csv_text[] =
    "x , \"y,1\",name,weight\n1,2.5,\"a \"\"quoted\"\" word\",1\n-3e-2,+4.25,plain,0.5\r\n1e3,0.125,,-1\n7,8,x,2";

static const char lhe_text[] =
    "<?xml version=\"1.0\"?>\n<LesHouchesEvents version=\"3.0\">\n<!-- a comment -->\n<header>\n<MGVersion>1</MGVersion>\n"
    "<![CDATA[ <event> in here is none ]]>\n</header>\n<init>\n2212 2212 6.5e+03 6.5e+03 0 0 247000 247000 -4 1\n"
    "1.2 0.1 1.2 1\n</init>\n<event>\n4 1 +1.5e-01 9.1e+01 7.8e-03 1.2e-01\n"
    " 21 -1 0 0 501 502 0. 0. +5.0e+02 5.0e+02 0. 0. 1.\n 21 -1 0 0 502 501 0. 0. -4.0e+01 4.0e+01 0. 0. -1.\n"
    " 13 1 1 2 0 0 +1.0e+01 2.0e+01 2.0e+02 2.5e+02 1.0566e-01 0. 9.\n"
    " -13 1 1 2 0 0 -1.0e+01 -2.0e+01 2.6e+02 2.9e+02 1.0566e-01 0. 9.\n"
    "<rwgt>\n<wgt id='1'> 1.0 </wgt>\n</rwgt>\n# a note\n</event>\n<event>\n4 1 -1.5e-01 9.1e+01 7.8e-03 1.2e-01\n"
    " 2 -1 0 0 501 0 0. 0. +3.0e+02 3.0e+02 0. 0. 1.\n -2 -1 0 0 0 501 0. 0. -5.0e+01 5.0e+01 0. 0. -1.\n"
    " 13 1 1 2 0 0 +1.0e+01 1.0e+01 1.0e+02 1.5e+02 1.0566e-01 0. 9.\n"
    " -13 1 1 2 0 0 -1.0e+01 -1.0e+01 1.5e+02 2.0e+02 1.0566e-01 0. 9.\n"
    "</event>\n</LesHouchesEvents>\n";

/* A structured array of three rows. */
static inline blob structured_npy(void)
{
    static const char header[] =
        "{'descr': [('pt', '<f4'), ('n', '>i2'), ('ok', '|b1'), ('weight', '<f8')], 'fortran_order': False, "
        "'shape': (3,), }";
    unsigned char file[10 + 118 + 45] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
    memset(file + 10, ' ', 118);
    memcpy(file + 10, header, sizeof header - 1);
    file[127] = '\n';
    for (int i = 0; i < 3; i++) {
        float pt = 10.5f + (float)i;
        double w = 0.5 * i;
        unsigned char *row = file + 128 + 15 * i;
        memcpy(row, &pt, 4);
        row[5] = (unsigned char)i, row[6] = i != 1;
        memcpy(row + 7, &w, 8);
    }
    return blob_of(file, sizeof file);
}

static inline void add_seed(seed_file *list, int *n, const char *name, enum route route, int is_text, blob file)
{
    if (*n == MOST_SEEDS) abort();
    list[(*n)++] = (seed_file){name, route, is_text, file};
}

/** All seeds; models[k] is the model of the k-th of model_seeds. @return how many seeds */
static inline int make_seeds(seed_file *list, genhep_model **models)
{
    static const struct {
        const char *name, *file;
        enum route route;
        int is_text, weighted;
    } tables[] = {{"csv", "t.csv", ROUTE_TABLE, 1, 1},
                  {"npy", "t.npy", ROUTE_TABLE, 0, 0},
                  {"lhe", "t.lhe", ROUTE_TABLE, 1, 1},
                  {"hdf5", "t.h5", ROUTE_HDF5, 0, 1},
                  {"lheh5", "t.lheh5", ROUTE_HDF5, 0, 1}};
    int n = 0;
    genhep_dataset *table = seed_table(NULL, 0), *weighted = seed_table(NULL, 1);
    for (size_t k = 0; k < sizeof model_seeds / sizeof *model_seeds; k++)
        add_seed(list, &n, model_seeds[k].name, model_seeds[k].checkpoint ? ROUTE_CHECKPOINT : ROUTE_MODEL, 0,
                 model_file(&model_seeds[k], table, &models[k]));
    genhep_options *options =
        seed_options("lhe.ids = a: 13, b: -13, jet1: 22; lhe.incoming = 2 -2; data.storage = float32");
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
        MUST(genhep_dataset_write(tables[k].weighted ? weighted : table, fuzz_path(tables[k].file), options));
        add_seed(list, &n, tables[k].name, tables[k].route, tables[k].is_text, read_blob(fuzz_path(tables[k].file)));
    }
    add_seed(list, &n, "csv-quoted", ROUTE_TABLE, 1, blob_of(csv_text, sizeof csv_text - 1));
    add_seed(list, &n, "lhe-xml", ROUTE_TABLE, 1, blob_of(lhe_text, sizeof lhe_text - 1));
    add_seed(list, &n, "npy-fields", ROUTE_TABLE, 0, structured_npy());
    add_seed(list, &n, "card", ROUTE_CARD, 1, blob_of(card_text, sizeof card_text - 1));
    add_seed(list, &n, "card-small", ROUTE_CARD, 1, blob_of(small_card, sizeof small_card - 1));
    genhep_options_free(options);
    genhep_dataset_free(table);
    genhep_dataset_free(weighted);
    return n;
}

#endif
