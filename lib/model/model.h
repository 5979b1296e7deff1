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
#include "model/network.h"
#include "prep/prep.h"

/** Events per network evaluation. Part of the reproducibility promise: an event is computed in the block its number
 * falls in, by one GEMM shape per layer. Stored in the model file. */
#define GH_BLOCK 256

typedef enum gh_noise { GH_NOISE_NONE = 0, GH_NOISE_GLOBAL = 1, GH_NOISE_EVENT = 2 } gh_noise;

/** How a sampler draws, resolved once from model and sampler options. */
typedef struct gh_draw {
    int prior;     /* latents from N(0,1) instead of the buffer */
    int cycle;     /* buffer entry = event number modulo size */
    int noise;     /* add the decoder's noise */
    int calibrate; /* map each coordinate to the training marginal */
    double alpha, gamma;
    gh_network_way way; /* of the decoder */
} gh_draw;

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
    gh_prep_share *share;
    const gh_prep *prep;
    int64_t p;               /* prepared coordinates */
    int64_t latents;         /* L */
    gh_network encoder, decoder;
    gh_noise noise;
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
    double *calibration;     /* (P, 2, knots) of model/calibration.h, NULL without */
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
    /** normals (n,W), uniforms (n,U) -> prepared (n,P). first: number of the first event. No allocation. */
    void (*generate)(const genhep_model *model, const gh_draw *draw, int64_t first, int64_t n, const gh_real *normals,
                     const double *uniforms, gh_real *scratch, double *prepared);
    /** log p of prepared rows with respect to the prepared coordinates. */
    gh_status (*log_density)(const genhep_model *model, int64_t samples, int64_t n, const double *prepared, double *log_density);
    int trainable;
};

extern const gh_family gh_family_bvae, gh_family_independent;

/** Shared by create and load: plan from options, then start weights (create) or stored parameters (load). */
gh_status gh_model_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                          const char *force_family, genhep_model **model);
void gh_model_free(genhep_model *model);

/** A new model that shares the preparation, with its own parameters and no buffer, self-test or figures. */
gh_status gh_model_with_parameters(const genhep_model *model, const gh_real *parameters, genhep_model **copy);

/** Does this option decide a model's layout or what its numbers mean? Such a key is fixed when the model is created. */
int gh_model_is_structural(const char *key);

/** Encode n prepared rows into mu, sigma (n,L), gh_real; scratch of the call's own. sigma may be NULL. */
gh_status gh_bvae_encode(const genhep_model *model, const gh_real *parameters, int64_t n, const gh_real *prepared, gh_real *mu,
                         gh_real *sigma);

/** Decode n latents to mean prepared rows. */
gh_status gh_bvae_decode(const genhep_model *model, int64_t n, const gh_real *latents, double *prepared);

/** Fill model->buffer from n prepared rows; more than latent.buffer rows are thinned at random by seed.
 * Negative weights are GENHEP_E_NUMERIC. */
gh_status gh_bvae_fill_buffer(genhep_model *model, int64_t n, const gh_real *prepared, const double *weights);

/** Resolve latent.* and sample.noise from the model's options overlaid by `options` (NULL: none), and sample.kernel from
 * `options` alone. Weights are packed for tiles when first asked for, so the model's must not change afterwards; what
 * `draw` points to is the model's. GENHEP_E_STATE when the buffer is asked for and absent, GENHEP_E_OPTION for a kernel
 * that does not run here, GENHEP_E_NOMEM. */
gh_status gh_model_draw(const genhep_model *model, const genhep_options *options, gh_draw *draw);

/** Prepare all rows of the tables: *prepared (n,P) and *weights (n, or NULL) are the caller's to gh_free. */
gh_status gh_model_prepare(const gh_hooks *hooks, const gh_prep *prep, int64_t seed, const genhep_dataset *const *datasets,
                           int64_t n_datasets, int64_t *n, double **prepared, double **weights);

/** GENHEP_E_SHAPE naming the column unless `data` has exactly the model's columns in the model's order. */
gh_status gh_model_check_columns(const genhep_model *model, const genhep_dataset *data);

/** To and from an archive; layout: docs/FORMAT.md. */
gh_status gh_model_save(const genhep_model *model, gh_archive *archive);
gh_status gh_model_load(const gh_hooks *hooks, const gh_archive *archive, genhep_model **model);

struct gh_text;
void gh_model_describe(const genhep_model *model, struct gh_text *json);

#endif
