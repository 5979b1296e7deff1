/* neighbours.c -- nearest training event in a space of a few to some dozens of dimensions.
 *
 * The tree halves the rows at the median of their widest column down to leaves of up to 128 rows. Each leaf keeps its
 * rows column by column in floats, so that distances to all of them are computed side by side, and a bounding box, so
 * that most leaves are never looked at in few dimensions. In many dimensions the search turns into a blocked scan of
 * all leaves that stops after a few columns. */
#include "evaluate/neighbours.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/real.h"

enum { LEAF = 128, LANES = 16, CHUNK = 6, DEPTH = 64 };

typedef struct tree_node {
    int64_t begin, end;
    int64_t left;  /* the right child is left + 1; -1 in a leaf */
    int64_t block; /* leaf: first number of its rows in `blocks` */
} tree_node;

typedef struct tree {
    int64_t d;
    int64_t count;     /* nodes */
    tree_node *nodes;
    float *boxes;      /* per node: d lower ends, then d upper ends */
    float *blocks;     /* per leaf: (d, LEAF) column-major */
    int64_t *order;    /* rows, those of a node side by side */
} tree;

void gh_neighbour_scale(int64_t n, int64_t d, const double *rows, double *scale)
{
    double widest = 0;
    for (int64_t j = 0; j < d; j++) {
        double mean = 0, square = 0;
        for (int64_t i = 0; i < n; i++) mean += rows[i * d + j];
        mean /= (double)n;
        for (int64_t i = 0; i < n; i++) square += (rows[i * d + j] - mean) * (rows[i * d + j] - mean);
        scale[j] = sqrt(square / (double)n);
        widest = fmax(widest, scale[j]);
    }
    for (int64_t j = 0; j < d; j++)
        if (!(scale[j] >= 1e-4 * widest) || scale[j] == 0) scale[j] = INFINITY;
}

/* Reorder order[begin..end-1] so that entry `middle` is where sorting by column j would put it. */
static void select_median(const float *rows, int64_t d, int64_t j, int64_t *order, int64_t begin, int64_t end,
                          int64_t middle)
{
    int64_t low = begin, high = end - 1;
    while (low < high) {
        float pivot = rows[order[low + (high - low) / 2] * d + j];
        int64_t a = low, b = high;
        while (a <= b) {
            while (rows[order[a] * d + j] < pivot) a++;
            while (rows[order[b] * d + j] > pivot) b--;
            if (a <= b) {
                int64_t swap = order[a];
                order[a++] = order[b];
                order[b--] = swap;
            }
        }
        if (middle <= b) high = b;
        else if (middle >= a) low = a;
        else return;
    }
}

static int64_t bound_node(tree *t, int64_t at, const float *rows)
{
    const tree_node *node = &t->nodes[at];
    float *low = t->boxes + at * 2 * t->d, *high = low + t->d;
    int64_t widest = 0;
    for (int64_t j = 0; j < t->d; j++) low[j] = FLT_MAX, high[j] = -FLT_MAX;
    for (int64_t i = node->begin; i < node->end; i++) {
        const float *row = rows + t->order[i] * t->d;
        for (int64_t j = 0; j < t->d; j++) {
            low[j] = fminf(low[j], row[j]);
            high[j] = fmaxf(high[j], row[j]);
        }
    }
    for (int64_t j = 1; j < t->d; j++)
        if (high[j] - low[j] > high[widest] - low[widest]) widest = j;
    return widest;
}

/* Split nodes in the order they were made until the leaves are small. Leaves are filled up with far-away rows. */
static void grow(tree *t, int64_t n, const float *rows)
{
    int64_t used = 0;
    t->nodes[0].begin = 0;
    t->nodes[0].end = n;
    t->count = 1;
    for (int64_t at = 0; at < t->count; at++) {
        tree_node *node = &t->nodes[at];
        int64_t j = bound_node(t, at, rows), size = node->end - node->begin;
        node->left = -1;
        if (size > LEAF) {
            int64_t middle = node->begin + size / 2;
            select_median(rows, t->d, j, t->order, node->begin, node->end, middle);
            node->left = t->count;
            t->nodes[t->count].begin = node->begin;
            t->nodes[t->count++].end = middle;
            t->nodes[t->count].begin = middle;
            t->nodes[t->count++].end = node->end;
            continue;
        }
        node->block = used;
        for (int64_t c = 0; c < t->d; c++)
            for (int64_t i = 0; i < LEAF; i++)
                t->blocks[used++] = i < size ? rows[t->order[node->begin + i] * t->d + c] : 1e18f;
    }
}

static void tree_free(const gh_hooks *hooks, tree *t)
{
    gh_free(hooks, t->nodes);
    gh_free(hooks, t->boxes);
    gh_free_aligned(hooks, t->blocks);
    gh_free(hooks, t->order);
}

static gh_status tree_make(const gh_hooks *hooks, int64_t n, int64_t d, const double *training, tree *t)
{
    gh_status status = GENHEP_OK;
    float *rows = NULL;
    int64_t leaves = 1; /* a power of two: all leaves lie at the same depth or one above */
    while (leaves * LEAF < n) leaves *= 2;
    leaves *= 2; /* halves of odd sizes differ by one row, which may need one more level */
    t->d = d;
    GH_TRY_CLEANUP(gh_alloc(hooks, &rows, n * d, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &t->nodes, 2 * leaves, sizeof *t->nodes));
    GH_TRY_CLEANUP(gh_alloc(hooks, &t->boxes, 2 * leaves * 2 * d, sizeof *t->boxes));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &t->blocks, leaves * LEAF * d, sizeof *t->blocks));
    GH_TRY_CLEANUP(gh_alloc(hooks, &t->order, n, sizeof *t->order));
    for (int64_t i = 0; i < n * d; i++) rows[i] = (float)training[i];
    for (int64_t i = 0; i < n; i++) t->order[i] = i;
    grow(t, n, rows);
cleanup:
    gh_free(hooks, rows);
    return status;
}

/* Squared distance from a point to a box. */
GH_CLONES static float box_distance(const float *restrict box, int64_t d, const float *restrict q)
{
    float sum = 0;
    for (int64_t j = 0; j < d; j++) {
        float low = box[j] - q[j], high = q[j] - box[d + j], out = low > high ? low : high;
        out = out > 0 ? out : 0;
        sum += out * out;
    }
    return sum;
}

/* Nearest row of a leaf if it beats *best; gives up when after some columns all of them are farther. */
GH_CLONES static void search_leaf(const float *restrict block, int64_t d, const float *restrict q, float *best,
                                  int64_t *found)
{
    float sum[LEAF] __attribute__((aligned(64))) = {0};
    for (int64_t j = 0; j < d; j += CHUNK) {
        int64_t stop = j + CHUNK < d ? j + CHUNK : d;
        float lane[LANES], nearest = FLT_MAX;
        for (int64_t c = j; c < stop; c++) {
            const float *restrict column = block + c * LEAF;
            float at = q[c];
            for (int i = 0; i < LEAF; i++) sum[i] += (column[i] - at) * (column[i] - at);
        }
        for (int k = 0; k < LANES; k++) lane[k] = FLT_MAX;
        for (int i = 0; i < LEAF; i += LANES)
            for (int k = 0; k < LANES; k++) lane[k] = sum[i + k] < lane[k] ? sum[i + k] : lane[k];
        for (int k = 0; k < LANES; k++) nearest = lane[k] < nearest ? lane[k] : nearest;
        if (!(nearest < *best)) return;
    }
    for (int i = 0; i < LEAF; i++)
        if (sum[i] < *best) {
            *best = sum[i];
            *found = i;
        }
}

/* Row of the training sample that is nearest to q, by depth first search of the nearer child. */
static int64_t nearest_row(const tree *t, const float *q)
{
    struct { int64_t node; float bound; } stack[DEPTH];
    int64_t depth = 0, row = t->order[0];
    float best = FLT_MAX;
    stack[depth].node = 0;
    stack[depth++].bound = 0;
    while (depth > 0) {
        int64_t at = stack[--depth].node;
        if (!(stack[depth].bound < best)) continue;
        const tree_node *node = &t->nodes[at];
        if (node->left < 0) {
            int64_t found = -1;
            search_leaf(t->blocks + node->block, t->d, q, &best, &found);
            if (found >= 0) row = t->order[node->begin + found];
            continue;
        }
        float left = box_distance(t->boxes + node->left * 2 * t->d, t->d, q);
        float right = box_distance(t->boxes + (node->left + 1) * 2 * t->d, t->d, q);
        int near_right = right < left;
        stack[depth].node = node->left + !near_right;
        stack[depth++].bound = near_right ? left : right;
        stack[depth].node = node->left + near_right;
        stack[depth++].bound = near_right ? right : left;
    }
    return row;
}

gh_status gh_neighbour_distances(const gh_hooks *hooks, int64_t n, int64_t d, const double *training, int64_t m,
                                 const double *queries, double *distance)
{
    gh_status status = GENHEP_OK;
    tree t = {0};
    float *q = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &q, d, sizeof *q));
    GH_TRY_CLEANUP(tree_make(hooks, n, d, training, &t));
    for (int64_t i = 0; i < m; i++) {
        const double *query = queries + i * d;
        for (int64_t j = 0; j < d; j++) q[j] = (float)query[j];
        const double *row = training + nearest_row(&t, q) * d;
        double sum = 0;
        for (int64_t j = 0; j < d; j++) sum += (row[j] - query[j]) * (row[j] - query[j]);
        distance[i] = sqrt(sum);
    }
cleanup:
    gh_free(hooks, q);
    tree_free(hooks, &t);
    return status;
}
