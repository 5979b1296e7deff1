/* model.h -- the model handle: schema, preparation, networks over one parameter arena, information buffer, provenance.
 *
 * Immutable once created. Training works on a copy of the parameters and makes new models with
 * gh_model_with_parameters. A family is one table of functions (gh_family); adding one means a file in lib/model, a row
 * in families[] (model.c), a constructor in capi, a card, a test and a docs page. */
#ifndef GH_MODEL_H
#define GH_MODEL_H

#include "base/archive.h"
#include "base/options.h"
#include "data/dataset.h"
#include "genhep/model.h"
#include "model/class_table.h"
#include "model/network.h"
#include "model/turning.h"
#include "prep/prep.h"
#include "prep/reference.h"

/** Events per network evaluation. Part of the reproducibility promise: an event is computed in the block its number
 * falls in, by one GEMM shape per layer. Stored in the model file. */
#define GH_BLOCK 256

/** Condition rows of the training data that a conditional model keeps for its self-test. */
#define GH_EXAMPLES 16 /* that of GH_SELFTEST_EVENTS */

typedef enum gh_noise { GH_NOISE_NONE = 0, GH_NOISE_GLOBAL = 1, GH_NOISE_EVENT = 2 } gh_noise;

typedef struct gh_steering gh_steering; /* model/steering.h */

/** How a sampler draws, resolved once from model and sampler options. */
typedef struct gh_draw {
    int prior;     /* latents from N(0,1) instead of the buffer */
    int cycle;     /* buffer entry = event number modulo size */
    int noise;     /* add the decoder's noise */
    int calibrate; /* map each coordinate to the training marginal, of its class where there are some */
    double alpha, gamma;
    const gh_steering *steering; /* of the sampler, NULL for none */
    gh_network_way way; /* of the decoder */
    uint32_t wanted;           /* subtractions: classes that are handed out, bit k for class k; 0: all */
    double weight[GH_CLASSES]; /* what an event of class k weighs, pb; the mean is the cross section */
} gh_draw;

/** A subtraction: its samples and classes (model/subgan.h). */
typedef struct gh_subtraction {
    gh_class_table table;
    int stratified;
    double gain;                 /* of the labels when training is over */
    int64_t rates;               /* offset of C numbers whose softmax are the classes' rates; -1 without */
    double sigma[GH_SET_KINDS];  /* of each set, pb */
    double fraction[GH_CLASSES]; /* of generated events; zeros before they are measured */
    double purity;               /* share of events with a label above 0.99 */
} gh_subtraction;

/** The density information buffer: means and standard deviations of the encoded training events. */
typedef struct gh_buffer {
    int64_t n;          /* entries, 0 without a buffer */
    gh_real *mu;        /* (n,L) */
    gh_real *sigma;     /* (n,L) */
    double *cumulative; /* n, normalised event weights summed; NULL for unit weights */
} gh_buffer;

/** Where a model comes from. */
typedef struct gh_provenance {
    char library[32];
    uint64_t data_hash;
    int64_t data_events;
    int64_t seed;
    int64_t steps;
    double seconds;
    double figure;     /* validation figure of these weights, NaN when untrained */
    double validation; /* validation loss */
} gh_provenance;

typedef struct gh_prep_share gh_prep_share; /* reference-counted gh_prep: immutable, so clones share it */
typedef struct gh_tiles_share gh_tiles_share; /* the decoder's weights packed for tiles: for all samplers of a model */
typedef struct gh_family gh_family;

struct genhep_model {
    gh_hooks hooks;
    const gh_family *family;
    genhep_options *options; /* keys that were set when the model was created, and all that it stands on */
    genhep_dataset *schema;  /* zero events: names, units, attributes, storage */
    int64_t n_targets;       /* T columns of the schema that are generated */
    int64_t n_conditions;    /* C = D - T columns that are given, 0 without */
    int64_t *targets;        /* D places in the schema: T targets, rising, then C conditions, rising */
    int64_t *conditions;     /* targets + T */
    gh_prep_share *share;
    const gh_prep *prep;     /* of the targets */
    int64_t p;               /* prepared coordinates */
    gh_prep_share *condition_share;
    const gh_prep *condition_prep; /* NULL without conditions */
    int64_t q;               /* Q prepared conditions, 0 without */
    gh_reference *reference; /* map of the prepared targets at their conditions, NULL without */
    int64_t *skip_from;      /* P: condition that is added to coordinate j, -1 for none; NULL unless generator.skip = condition */
    int64_t *kept;           /* P: 1 where the generator's or decoder's network is left out (generator.keep); NULL without */
    double *examples;        /* (GH_EXAMPLES, C): conditions for the self-test, NULL without */
    int64_t latents;         /* L */
    gh_network encoder, decoder; /* a GAN has its generator in the decoder's place */
    gh_noise noise;
    gh_turning turning;      /* no pairs unless generator.turn */
    int bce;                 /* outputs are logits: sigmoid when generating */
    int deterministic;       /* plain autoencoder: no posterior noise */
    int64_t log_sigma;       /* offset of P global log sigmas, -1 without */
    gh_real *parameters;     /* arena: trainable, then statistics */
    int64_t n_trainable, n_parameters;
    gh_tiles_share *tiles;   /* NULL without a network */
    int64_t most_parameters; /* while loading: what the file can hold; 0: no limit */
    gh_buffer buffer;
    double *marginals;       /* (P, marginal_knots): quantiles of each coordinate at the grid of normal quantiles */
    int64_t marginal_knots;
    gh_subtraction subtraction; /* no classes in other families */
    double *calibration;     /* (P, 2, knots) of model/calibration.h, NULL without */
    double *class_maps;      /* (C, P, 2, knots) of model/class_calibration.h, NULL without */
    gh_provenance provenance;
    int64_t selftest_n;      /* events of the stored self-test, 0 without */
    double *selftest;        /* (selftest_n, D) */
};

struct gh_family {
    const char *name;
    /** Lay out networks and arena; preparation, schema and options are there already. `prepared` (n,P), weights n or
     * NULL. */
    gh_status (*plan)(genhep_model *model, int64_t n, const double *prepared, const double *weights);
    /** Numbers an event takes: normals, and uniforms beyond those of the inverse preparation. */
    int64_t (*normals)(const genhep_model *model);
    int64_t (*uniforms)(const genhep_model *model);
    /** gh_real numbers of scratch that generate needs for `rows` rows. */
    int64_t (*scratch)(const genhep_model *model, int64_t rows);
    /** normals (n,W), uniforms (n,U), prepared conditions (n,Q) or NULL when Q = 0 -> prepared (n,P). first: number of the
     * first event. An event's bits do not depend on the other rows. No allocation. */
    void (*generate)(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                     const double *uniforms, const gh_real *conditions, gh_real *scratch, double *prepared);
    /** log p of prepared rows, given prepared conditions (n,Q) or NULL, with respect to the prepared coordinates. */
    gh_status (*log_density)(const genhep_model *model, int64_t samples, int64_t n, const double *prepared,
                             const gh_real *conditions, double *log_density);
    int trainable;
    /** The least number of rows, a divisor of GH_BLOCK, such that an event has the same bits whether generate computes a
     * block or any aligned run of so many rows: conditional sampling then need not compute whole blocks for single events. */
    int64_t (*group)(const genhep_model *model);
    /** n latents (n,L), with prepared conditions (n,Q) or NULL, to mean prepared rows (n,P); NULL: the family has no latents. */
    gh_status (*decode)(const genhep_model *model, int64_t n, const gh_real *latents, const gh_real *conditions, double *prepared);
    /** Families whose events have classes: as generate, without conditions, and the class of every row. Rows of classes that
     * draw->wanted does not have may be among them. NULL: no classes. */
    void (*labelled)(const genhep_model *model, const gh_draw *draw, int64_t n, const gh_real *normals, const double *uniforms,
                     gh_real *scratch, double *prepared, int32_t *classes);
};

extern const gh_family gh_family_bvae, gh_family_gan, gh_family_independent, gh_family_subgan;

/** Shared by create and load: plan from options, then start weights (create) or stored parameters (load). */
gh_status gh_model_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                          const char *force_family, genhep_model **model);
void gh_model_free(genhep_model *model);

/** A new model that shares the preparation, with its own parameters and no buffer, self-test or figures. */
gh_status gh_model_with_parameters(const genhep_model *model, const gh_real *parameters, genhep_model **copy);

/** Does this option decide a model's layout or what its numbers mean? Such a key is fixed when the model is created. */
int gh_model_is_structural(const char *key);

/** Encode n prepared rows (n,P) with their prepared conditions (n,Q), NULL when Q = 0, into mu, sigma (n,L), gh_real;
 * scratch of the call's own. sigma may be NULL. */
gh_status gh_bvae_encode(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *prepared,
                         const gh_real *conditions, gh_real *mu, gh_real *sigma);

/** Decode n latents, with prepared conditions (n,Q) or NULL, to mean prepared rows. */
gh_status gh_bvae_decode(const genhep_model *model, int64_t n, const gh_real *latents, const gh_real *conditions,
                         double *prepared);

/** Fill model->buffer from n prepared rows; more than latent.buffer rows are thinned at random by seed.
 * Negative weights are GENHEP_E_NUMERIC; a conditional model, whose latents belong to their conditions, GENHEP_E_OPTION. */
gh_status gh_bvae_fill_buffer(genhep_model *model, int64_t n, const gh_real *prepared, const double *weights);

/** Resolve latent.* and sample.noise from the model's options overlaid by `options` (NULL: none), and sample.kernel from
 * `options` alone. Weights are packed for tiles when first asked for, so the model's must not change afterwards; what
 * `draw` points to is the model's. GENHEP_E_STATE when the buffer is asked for and absent, GENHEP_E_OPTION for a kernel
 * that does not run here, GENHEP_E_NOMEM. */
gh_status gh_model_draw(const genhep_model *model, const genhep_options *options, gh_draw *draw);

/** Prepare all rows of the tables, which have the model's columns: *prepared (n,P), *conditions (n,Q; NULL when Q = 0, the
 * pointer may be NULL) and *weights (n, or NULL) are the caller's to gh_free. */
gh_status gh_model_prepare(const gh_hooks *hooks, const genhep_model *model, int64_t seed, const genhep_dataset *const *datasets,
                           int64_t n_datasets, int64_t *n, double **prepared, double **conditions, double **weights);

/** GENHEP_E_SHAPE naming the column unless `data` has exactly the model's columns in the model's order; a model whose columns
 * were chosen by data.condition or data.target finds them by name, in any order and beside others. */
gh_status gh_model_check_columns(const genhep_model *model, const genhep_dataset *data);

/** To and from an archive; layout: docs/FORMAT.md. */
gh_status gh_model_save(const genhep_model *model, gh_archive *archive);
gh_status gh_model_load(const gh_hooks *hooks, const gh_archive *archive, genhep_model **model);

struct gh_text;
void gh_model_describe(const genhep_model *model, struct gh_text *json);

#endif
