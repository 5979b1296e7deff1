/* tree.h -- a decay tree as text and as a list of nodes. */
#ifndef GH_TREE_H
#define GH_TREE_H

#include "base/memory.h"

#define GH_TREE_MOST_NODES 128

/** One node; parents stand before their children, the first child directly behind its parent. */
typedef struct gh_tree_node {
    char name[128];
    int64_t parent;        /* -1: a root */
    int64_t child[2];      /* -1: a particle */
    int64_t particle;      /* number among the leaves in order, -1 for inner nodes */
    int64_t leaf, leaf_end; /* leaves below: leaf .. leaf_end - 1 */
    int directions;        /* a root written 'Z:: a b': given by the directions of its two particles */
} gh_tree_node;

typedef struct gh_tree {
    int64_t count, roots, leaves;
    gh_tree_node node[GH_TREE_MOST_NODES];
} gh_tree;

/** Parse "root: child child (node: child child) | root2: ..."; a root may be a single particle, or "root:: particle particle". A node with more than
 * two children becomes first child + system of the others, named "b+c", again and again.
 * @param where names the text in messages ("prep.tree"); @return GENHEP_E_OPTION with the position of the error */
gh_status gh_tree_parse(const char *text, const char *where, gh_tree *tree);

#endif
