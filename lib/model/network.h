/* network.h -- a chain of layers over a parameter arena: forward, backward, inference.
 *
 * A network is a description (immutable, shared); parameters, gradients and scratch are the caller's. Parameters live
 * in one arena, addressed by offsets, so that optimiser, averaging and files see a single array:
 *   [ trainable ... | statistics ... ]      statistics are the running means and variances of batch norm.
 * A gradient buffer has the same layout; in its statistics part backward leaves this slice's batch statistics. */
#ifndef GH_NETWORK_H
#define GH_NETWORK_H

#include "base/memory.h"
#include "base/philox.h"
#include "linalg/gemm.h"
#include "linalg/kernel.h"
#include "linalg/tiles.h"
#include "model/layer.h"

typedef enum gh_norm { GH_NORM_NONE = 0, GH_NORM_BATCH = 1, GH_NORM_LAYER = 2 } gh_norm;

/** How hidden layers are connected besides the chain x_k = f(W x_{k-1} + b). */
typedef enum gh_residual {
    GH_RESIDUAL_NONE = 0,
    GH_RESIDUAL_SKIP2 = 1, /* x_k = f(x_{k-2} + W x_{k-1} + b) from the third hidden layer: the B-VAE paper's trunk */
    GH_RESIDUAL_ADD = 2    /* x_k = x_{k-1} + f(W x_{k-1} + b) from the second hidden layer */
} gh_residual;

/** What hidden layers are made of (docs/internals/NETWORKS.md). */
typedef enum gh_network_kind { GH_NETWORK_DENSE = 0, GH_NETWORK_CONV = 1, GH_NETWORK_RNN = 2, GH_NETWORK_STREAMS = 3 } gh_network_kind;

enum { GH_MAX_CONVOLUTIONS = 16 };

typedef struct gh_network_spec {
    int64_t inputs, outputs, layers, units;
    gh_activation activation, output_activation;
    gh_residual residual;
    gh_norm norm;
    gh_real slope;         /* of the leaky ReLU */
    gh_real dropout;       /* rate, 0 for none */
    double init_gain;      /* hidden weights ~ N(0, init_gain / fan_in); 0: init_sd for all weights */
    double init_sd;        /* the paper's plain normal start: sd of every weight when init_gain == 0 */
    double output_gain;    /* factor on the start weights of the output layer */
    gh_network_kind kind;  /* conv and rnn: */
    int emits;             /* from latents to features (decoder, generator) instead of from features to numbers */
    int64_t grid[3];       /* conv: height, width, channels behind the dense layer; height 0: the inputs are the line */
    int64_t pictures, height[GH_MOST_STREAMS], width[GH_MOST_STREAMS]; /* streams: the first inputs or outputs, one behind the other */
    int64_t convolutions;  /* conv and streams: how many */
    int64_t channels[GH_MAX_CONVOLUTIONS], kernel[GH_MAX_CONVOLUTIONS];
    int64_t minibatch_kernels, minibatch_numbers; /* minibatch discrimination before the output layer; 0: none */
} gh_network_spec;

enum { GH_MAX_LAYERS = 64 };

typedef struct gh_network {
    gh_network_spec spec;
    gh_layer layer[GH_MAX_LAYERS]; /* hidden layers, then the output layer */
    int64_t n_layers;
    int64_t values; /* largest layer input or output */
    int64_t work;   /* largest scratch of a layer, per row */
    int64_t widest; /* values, and a third of work: 3 N widest numbers are room for three layers' values and the work */
    int dense;      /* all layers are */
} gh_network;

/** Lay out a network whose trainable parameters start at *trainable and statistics at *statistics; both are advanced.
 * Offsets of statistics are relative to the statistics part; gh_network_place adds the part's start. */
gh_status gh_network_plan(const gh_network_spec *spec, int64_t *trainable, int64_t *statistics, gh_network *network);

/** A network layer by layer, for shapes that no spec describes: an empty one with the spec's settings (inputs, slope,
 * dropout rate, start weights), then append for every layer, the last of which is the output layer. norm: between linear
 * part and activation, one scale and shift a column (a local layer then has one of each a channel).
 * With k layers there already, skip is k - 1 inside the activation, k behind it (skip_after): a value of the same size.
 * GENHEP_E_SHAPE when the layer does not take what the one before gives, when it is too large or one too many. */
void gh_network_begin(const gh_network_spec *spec, gh_network *network);
gh_status gh_network_append(gh_network *network, const gh_layer *layer, gh_norm norm, int64_t *trainable, int64_t *statistics);

/** The part of gh_network_plan for kind streams, behind gh_network_begin. */
gh_status gh_network_plan_streams(gh_network *network, int64_t *trainable, int64_t *statistics);

void gh_network_place(gh_network *network, int64_t statistics_start);

/** Start weights from (seed, which): normal, biases zero, norm scales one, variances one. */
void gh_network_start(const gh_network *network, gh_real *parameters, int64_t seed, int64_t which);

/** Scratch of one thread for up to max_rows rows: values and gradients of every layer. */
typedef struct gh_tape {
    gh_hooks hooks;
    int64_t max_rows;
    gh_real *value[GH_MAX_LAYERS + 1];    /* value[0] is the input (not owned), value[k] the output of layer k-1 */
    gh_real *gradient[GH_MAX_LAYERS + 1]; /* gradient[0] is the input's, NULL when not wanted */
    gh_real *argument[GH_MAX_LAYERS];     /* argument of the activation, where backward needs it */
    gh_real *branch[GH_MAX_LAYERS];       /* activation before a skip that is added behind it */
    gh_real *xhat[GH_MAX_LAYERS];
    gh_real *statistics[GH_MAX_LAYERS];   /* mean, variance, 1/sd: 3*columns for batch norm; one a row of columns for layer norm */
    gh_real *mask[GH_MAX_LAYERS];
    gh_real *saved[GH_MAX_LAYERS];        /* what a kind of its own keeps */
    gh_real *work;                        /* scratch of one layer at a time, `room` numbers */
    int64_t room;
    gh_real *arena;
    const gh_gemm_work *products; /* what they run on, not owned; NULL, as created, is OpenBLAS */
} gh_tape;

gh_status gh_tape_create(const gh_hooks *hooks, const gh_network *network, int64_t max_rows, int input_gradient, gh_tape *tape);
void gh_tape_free(gh_tape *tape);

/** Training forward: X (N,I) -> tape->value[n_layers] (N,O). rng and first_item decide dropout masks. rng NULL: not
 * training, that is no dropout and running statistics, and no backward pass may follow. */
void gh_network_forward(const gh_network *network, const gh_real *parameters, gh_tape *tape, const gh_real *X, int64_t N,
                        const gh_rng *rng, int64_t first_item);

/** Where one network judges another with certainty, logistic losses have gradients like exp(-80). What is below GH_DUST is
 * left out, since subnormal numbers make a product a hundred times slower and change nothing; NaN stays. The double build
 * leaves out nothing. */
#ifdef GH_REAL_DOUBLE
#define GH_DUST 0
#else
#define GH_DUST 1e-20f
#endif
static inline gh_real gh_without_dust(gh_real x)
{
    return (x < 0 ? -x : x) < GH_DUST ? 0 : x;
}

/** Backward: the gradient of the output is in tape->gradient[n_layers]; the gradients of all parameters of the
 * network are assigned in `gradients`, in the place of statistics stand those of these rows; the input's gradient is
 * assigned in tape->gradient[0] when the tape has it. */
void gh_network_backward(const gh_network *network, const gh_real *parameters, gh_tape *tape, int64_t N, gh_real *gradients);

/** The same for the input alone, without the products of the weights' gradients: for what is trained through a network whose
 * own parameters rest. The tape was created with input_gradient. In float, gradients of the output below GH_DUST count as
 * zero. */
void gh_network_backward_input(const gh_network *network, const gh_real *parameters, gh_tape *tape, int64_t N);

/** Weights and biases of a network packed for linalg/tiles.h. Immutable, so threads share it. */
typedef struct gh_network_tiles {
    gh_hooks hooks;
    gh_bf16 *weights[GH_MAX_LAYERS];
    float *bias[GH_MAX_LAYERS];
    void *arena;
} gh_network_tiles;

/** Are tiles faster than the other kernels for this network? Not for narrow ones, which leave blocks of 32 half empty;
 * networks with a norm cannot use them at all. */
int gh_network_suits_tiles(const gh_network *network);

/** Free with gh_network_tiles_free. Only where GH_KERNEL_AMX runs. */
gh_status gh_network_tiles_create(const gh_hooks *hooks, const gh_network *network, const gh_real *parameters,
                                  gh_network_tiles **tiles);
void gh_network_tiles_free(gh_network_tiles *tiles); /* NULL is fine */

/** How to compute a network. The bits of the outputs depend on it. */
typedef struct gh_network_way {
    gh_kernel kernel;              /* one that runs here; AMX without tiles stands for AVX-512 */
    const gh_network_tiles *tiles; /* of this network and these parameters, or NULL */
} gh_network_way;

/** The fastest way without tiles. */
gh_network_way gh_network_plain_way(void);

/** The kernel that inference takes. */
gh_kernel gh_network_kernel(const gh_network *network, const gh_network_way *way);

/** Numbers of scratch that inference needs for N rows. */
int64_t gh_network_scratch(const gh_network *network, int64_t N);

/** Inference: X (N,I) -> Y (N,O). scratch: gh_network_scratch numbers. No dropout; running statistics. */
void gh_network_infer(const gh_network *network, const gh_real *parameters, const gh_network_way *way, const gh_real *X,
                      int64_t N, gh_real *scratch, gh_real *Y);

/** The least number of rows, a divisor of `block`, such that gh_network_infer gives a row the same bits in any aligned run
 * of so many rows as in a block: a register's worth where events stand across lanes, `block` where they do not. */
int64_t gh_network_group(const gh_network *network, int64_t block);

#endif
