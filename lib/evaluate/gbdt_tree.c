/* gbdt_tree.c -- growing one tree best leaf first on integer histograms. */
#include "evaluate/gbdt_internal.h"

#include <math.h>
#include <string.h>

/* A leaf while the tree grows: its rows in `order`, its histogram, and the best split found. */
typedef struct gh_leaf {
    int64_t begin;
    int64_t end;
    gh_gradient sum;
    gh_gradient *histogram;
    int32_t node;
    int32_t feature;
    int32_t bin;
    double gain;          /* 0: not to be split */
    gh_gradient left_sum;
} gh_leaf;

static const double least_hessian = 1e-3;

gh_status gh_grower_create(const gh_hooks *hooks, const gh_gbdt_settings *settings, int64_t n, int64_t features,
                           const uint8_t *bins, const gh_bin_edges *edges, gh_grower *grower)
{
    memset(grower, 0, sizeof *grower);
    grower->hooks = hooks;
    grower->settings = settings;
    grower->n = n;
    grower->features = features;
    grower->bins = bins;
    grower->edges = edges;
    GH_TRY(gh_alloc_aligned(hooks, &grower->gradients, n, sizeof(gh_gradient)));
    GH_TRY(gh_alloc_aligned(hooks, &grower->ordered, n, sizeof(gh_gradient)));
    GH_TRY(gh_alloc(hooks, &grower->order, n, sizeof(int32_t)));
    GH_TRY(gh_alloc(hooks, &grower->spare, n, sizeof(int32_t)));
    GH_TRY(gh_alloc_aligned(hooks, &grower->histograms, (settings->leaves + 1) * features * GH_GBDT_SLOTS,
                            sizeof(gh_gradient)));
    return gh_alloc_aligned(hooks, &grower->leaves, settings->leaves + 1, sizeof(gh_leaf));
}

void gh_grower_free(gh_grower *grower)
{
    if (!grower->hooks) return;
    gh_free_aligned(grower->hooks, grower->gradients);
    gh_free_aligned(grower->hooks, grower->ordered);
    gh_free(grower->hooks, grower->order);
    gh_free(grower->hooks, grower->spare);
    gh_free_aligned(grower->hooks, grower->histograms);
    gh_free_aligned(grower->hooks, grower->leaves);
    memset(grower, 0, sizeof *grower);
}

/* Four features in one pass over the rows: their updates do not wait for each other. */
static void fill_four(const uint8_t *bins, int64_t stride, const int32_t *rows, int64_t count,
                      const gh_gradient *gradients, gh_gradient *histogram)
{
    const uint8_t *b0 = bins, *b1 = bins + stride, *b2 = bins + 2 * stride, *b3 = bins + 3 * stride;
    gh_gradient *h0 = histogram, *h1 = h0 + GH_GBDT_SLOTS, *h2 = h1 + GH_GBDT_SLOTS, *h3 = h2 + GH_GBDT_SLOTS;
    for (int64_t i = 0; i < count; i++) {
        int32_t r = rows[i];
        gh_gradient g = gradients[i];
        h0[b0[r]] += g;
        h1[b1[r]] += g;
        h2[b2[r]] += g;
        h3[b3[r]] += g;
    }
}

static void fill_one(const uint8_t *bins, const int32_t *rows, int64_t count, const gh_gradient *gradients,
                     gh_gradient *histogram)
{
    for (int64_t i = 0; i < count; i++) histogram[bins[rows[i]]] += gradients[i];
}

static void fill_histogram(gh_grower *grower, const gh_leaf *leaf)
{
    const int32_t *rows = grower->order + leaf->begin;
    int64_t count = leaf->end - leaf->begin, f = 0;
    gh_gradient *ordered = grower->ordered;
    for (int64_t i = 0; i < count; i++) ordered[i] = grower->gradients[rows[i]];
    memset(leaf->histogram, 0, (size_t)(grower->features * GH_GBDT_SLOTS) * sizeof(gh_gradient));
    for (; f + 4 <= grower->features; f += 4)
        fill_four(grower->bins + f * grower->n, grower->n, rows, count, ordered, leaf->histogram + f * GH_GBDT_SLOTS);
    for (; f < grower->features; f++)
        fill_one(grower->bins + f * grower->n, rows, count, ordered, leaf->histogram + f * GH_GBDT_SLOTS);
}

typedef struct sums {
    double g, h;
    int64_t count;
} sums;

static inline sums unpack(const gh_gradient_scale *scale, gh_gradient packed)
{
    sums s = {(double)packed[0] / scale->scale_g,
              (double)(packed[1] & ((INT64_C(1) << scale->shift) - 1)) / scale->scale_h, packed[1] >> scale->shift};
    return s;
}

/* Best split of a leaf: gain = GL^2/HL + GR^2/HR - G^2/H, both sides with enough rows and curvature. */
static void find_split(gh_grower *grower, gh_leaf *leaf)
{
    const gh_gradient_scale *scale = &grower->scale;
    int64_t least = grower->settings->least_rows, whole = leaf->end - leaf->begin;
    int64_t mask = (INT64_C(1) << scale->shift) - 1, total_g = leaf->sum[0], total_h = leaf->sum[1] & mask;
    double to_g = 1 / scale->scale_g, to_h = 1 / scale->scale_h;
    double parent = (double)total_g * to_g * ((double)total_g * to_g) / ((double)total_h * to_h);
    leaf->gain = 0;
    if (whole < 2 * least) return;
    for (int64_t f = 0; f < grower->features; f++) {
        const gh_gradient *h = leaf->histogram + f * GH_GBDT_SLOTS;
        int64_t splits = grower->edges[f].count;
        gh_gradient left = {0, 0};
        for (int64_t b = 0; b < splits; b++) {
            left += h[b];
            int64_t rows = left[1] >> scale->shift;
            if (rows < least) continue;
            if (whole - rows < least) break;
            int64_t hl = left[1] & mask;
            double gl = (double)left[0] * to_g, gr = (double)(total_g - left[0]) * to_g;
            double vl = (double)hl * to_h, vr = (double)(total_h - hl) * to_h;
            if (vl < least_hessian) continue;
            if (vr < least_hessian) break;
            double gain = (gl * gl * vr + gr * gr * vl) / (vl * vr) - parent;
            if (gain > leaf->gain) {
                leaf->gain = gain;
                leaf->feature = (int32_t)f;
                leaf->bin = (int32_t)b;
                leaf->left_sum = left;
            }
        }
    }
}

/* Stable partition of a leaf's rows; returns how many went left. */
static int64_t partition(gh_grower *grower, const gh_leaf *leaf)
{
    const uint8_t *bins = grower->bins + leaf->feature * grower->n;
    int32_t *order = grower->order + leaf->begin, *spare = grower->spare;
    int64_t count = leaf->end - leaf->begin, left = 0, right = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t r = order[i];
        int goes_left = bins[r] <= leaf->bin;
        order[left] = r;
        spare[right] = r;
        left += goes_left;
        right += !goes_left;
    }
    memcpy(order + left, spare, (size_t)right * sizeof *order);
    return left;
}

static double leaf_value(const gh_grower *grower, gh_gradient sum)
{
    sums s = unpack(&grower->scale, sum);
    return s.h > 0 ? -grower->settings->rate * s.g / s.h : 0;
}

/* Histograms of two fresh children: count the smaller one, the larger one is the parent's minus it. */
static void share_histogram(gh_grower *grower, gh_leaf *left, gh_leaf *right, gh_gradient *parent, gh_gradient *fresh)
{
    gh_leaf *small = left->end - left->begin <= right->end - right->begin ? left : right;
    gh_leaf *large = small == left ? right : left;
    small->histogram = fresh;
    large->histogram = parent;
    fill_histogram(grower, small);
    for (int64_t k = 0; k < grower->features * GH_GBDT_SLOTS; k++) parent[k] -= fresh[k];
}

/* Split leaf `at` into itself (left) and a new leaf (right). */
static void split_leaf(gh_grower *grower, int64_t at, gh_tree_node *nodes, int64_t *n_nodes)
{
    gh_leaf *leaf = &grower->leaves[at], parent = *leaf, *fresh = &grower->leaves[grower->n_leaves];
    int64_t left = partition(grower, &parent);
    gh_tree_node *node = &nodes[parent.node];
    node->feature = parent.feature;
    node->bin = parent.bin;
    node->left = (int32_t)(*n_nodes)++;
    node->right = (int32_t)(*n_nodes)++;

    leaf->end = parent.begin + left;
    leaf->sum = parent.left_sum;
    leaf->node = node->left;
    fresh->begin = leaf->end;
    fresh->end = parent.end;
    fresh->sum = parent.sum - parent.left_sum;
    fresh->node = node->right;
    leaf->gain = fresh->gain = 0;
    for (int child = 0; child < 2; child++) {
        gh_leaf *l = child ? fresh : leaf;
        gh_tree_node blank = {-1, -1, 0, 0, leaf_value(grower, l->sum)};
        nodes[l->node] = blank;
    }
    grower->n_leaves++;
    int64_t least = 2 * grower->settings->least_rows;
    if (grower->n_leaves >= grower->settings->leaves) return; /* full: the children are never split */
    if (leaf->end - leaf->begin < least && fresh->end - fresh->begin < least) return;
    share_histogram(grower, leaf, fresh, parent.histogram,
                    grower->histograms + (grower->n_leaves - 1) * grower->features * GH_GBDT_SLOTS);
    find_split(grower, leaf);
    find_split(grower, fresh);
}

int64_t gh_grower_tree(gh_grower *grower, gh_tree_node *nodes, double *raw)
{
    gh_leaf *root = &grower->leaves[0];
    gh_gradient sum = {0, 0};
    int64_t n_nodes = 1;
    for (int64_t i = 0; i < grower->n; i++) {
        grower->order[i] = (int32_t)i;
        sum += grower->gradients[i];
    }
    memset(root, 0, sizeof *root);
    root->end = grower->n;
    root->sum = sum;
    root->histogram = grower->histograms;
    grower->n_leaves = 1;
    gh_tree_node blank = {-1, -1, 0, 0, leaf_value(grower, sum)};
    nodes[0] = blank;
    fill_histogram(grower, root);
    find_split(grower, root);
    while (grower->n_leaves < grower->settings->leaves) {
        int64_t best = 0;
        for (int64_t l = 1; l < grower->n_leaves; l++)
            if (grower->leaves[l].gain > grower->leaves[best].gain) best = l;
        if (!(grower->leaves[best].gain > 0)) break;
        split_leaf(grower, best, nodes, &n_nodes);
    }
    for (int64_t l = 0; l < grower->n_leaves; l++) {
        const gh_leaf *leaf = &grower->leaves[l];
        double value = nodes[leaf->node].value;
        for (int64_t i = leaf->begin; i < leaf->end; i++) raw[grower->order[i]] += value;
    }
    return n_nodes;
}
