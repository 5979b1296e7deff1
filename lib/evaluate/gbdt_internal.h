/* gbdt_internal.h -- what the files of the boosted trees share: bins, trees, fixed-point gradients. */
#ifndef GH_GBDT_INTERNAL_H
#define GH_GBDT_INTERNAL_H

#include "evaluate/gbdt.h"

enum { GH_GBDT_BINS = 255, GH_GBDT_SLOTS = 256 };

/** Bin of a value = number of edges below it, 0 .. count. */
typedef struct gh_bin_edges {
    int64_t count;
    double edge[GH_GBDT_BINS];
} gh_bin_edges;

/** A node of a tree: an inner one sends bins <= bin to the left child; a leaf has left < 0. */
typedef struct gh_tree_node {
    int32_t left;
    int32_t right;
    int32_t feature;
    int32_t bin;
    double value;
} gh_tree_node;

struct gh_gbdt {
    gh_hooks hooks;
    int64_t features;
    gh_bin_edges *edges;  /* per feature */
    gh_tree_node *nodes;  /* of all trees; children count from the tree's first node */
    int64_t n_nodes;
    int64_t *starts;      /* trees + 1: first node of each tree */
    int64_t trees;
    double base;          /* log odds before the first tree */
};

/** Gradient, and Hessian + count packed in one word; two 64-bit sums side by side in one vector register. */
typedef int64_t gh_gradient __attribute__((vector_size(16)));

/** Fixed-point scales: gradient = word0 / scale_g, count = word1 >> shift, hessian = (word1 & mask) / scale_h. */
typedef struct gh_gradient_scale {
    double scale_g;
    double scale_h;
    int shift;
} gh_gradient_scale;

/** What a tree grower keeps between trees. */
typedef struct gh_grower {
    const gh_hooks *hooks;
    const gh_gbdt_settings *settings;
    int64_t n;                  /* training rows */
    int64_t features;
    const uint8_t *bins;        /* (features, n) column-major */
    const gh_bin_edges *edges;
    gh_gradient_scale scale;
    gh_gradient *gradients;     /* n, set by the caller before each tree */
    gh_gradient *ordered;       /* n: gradients of a node's rows side by side */
    int32_t *order;             /* n: rows, those of a node side by side */
    int32_t *spare;             /* n */
    gh_gradient *histograms;    /* (leaves + 1, features, GH_GBDT_SLOTS) */
    struct gh_leaf *leaves;     /* settings->leaves + 1 */
    int64_t n_leaves;
} gh_grower;

gh_status gh_grower_create(const gh_hooks *hooks, const gh_gbdt_settings *settings, int64_t n, int64_t features,
                           const uint8_t *bins, const gh_bin_edges *edges, gh_grower *grower);
void gh_grower_free(gh_grower *grower);

/** Grow one tree into nodes (room for 2 leaves - 1), children counted from nodes[0]; adds its values to raw[0..n-1].
 * @return the number of nodes; 1 when no split helps */
int64_t gh_grower_tree(gh_grower *grower, gh_tree_node *nodes, double *raw);

/** Edges of a feature from n of its values, which are sorted in place: between all distinct values when there are at
 * most 255, else at 254 equidistant quantiles. */
gh_status gh_bin_edges_find(const gh_hooks *hooks, int64_t n, double *values, gh_bin_edges *edges);

/** bins (features, n) column-major of the listed rows. */
void gh_bin_rows(const gh_bin_edges *edges, const gh_two_classes *data, const int64_t *rows, int64_t n, uint8_t *bins);

/** Value of row i of a binned table in the tree. */
static inline double gh_tree_value(const gh_tree_node *nodes, const uint8_t *bins, int64_t n, int64_t i)
{
    int32_t at = 0;
    while (nodes[at].left >= 0)
        at = bins[(int64_t)nodes[at].feature * n + i] <= nodes[at].bin ? nodes[at].left : nodes[at].right;
    return nodes[at].value;
}

#endif
