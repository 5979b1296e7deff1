/* tree_text.c -- reading a decay tree: roots = root {'|' root}, root = name ':' children | name '::' particle particle | name,
 * children = child child {child}, child = name | '(' name ':' children ')'. */
#include <stdio.h>
#include <string.h>

#include "prep/tree.h"

#define MOST_CHILDREN 16
#define MOST_DEPTH 16

typedef struct reader {
    const char *text, *at, *where;
    gh_tree *tree;
    int depth;
} reader;

/* Children as read, before the split into pairs. */
typedef struct piece {
    char name[128];
    const char *at; /* where its "name: children" or name stands */
    int inner;
} piece;

static gh_status syntax(const reader *r, const char *at, const char *expected)
{
    int length = (int)strcspn(at, " \t()|:");
    char found[64];
    if (*at == '\0') snprintf(found, sizeof found, "the end");
    else snprintf(found, sizeof found, "'%.*s'", length < 1 ? 1 : length > 40 ? 40 : length, at);
    GH_FAIL(GENHEP_E_OPTION, "%s = '%.200s', character %lld: found %s, expected %s", r->where, r->text,
            (long long)(at - r->text) + 1, found, expected);
}

static void skip(reader *r)
{
    r->at += strspn(r->at, " \t,");
}

static gh_status read_name(reader *r, char name[128], const char *expected)
{
    skip(r);
    size_t length = strcspn(r->at, " \t,()|:");
    if (length == 0) return syntax(r, r->at, expected);
    if (length > 63) return syntax(r, r->at, "a name of at most 63 characters");
    snprintf(name, 128, "%.*s", (int)length, r->at);
    r->at += length;
    return GENHEP_OK;
}

static gh_status add_node(reader *r, const char *name, int64_t parent, int64_t *index)
{
    gh_tree *tree = r->tree;
    if (tree->count == GH_TREE_MOST_NODES) return syntax(r, r->at, "no more: the tree has too many nodes");
    for (int64_t i = 0; i < tree->count; i++)
        if (strcmp(tree->node[i].name, name) == 0)
            GH_FAIL(GENHEP_E_OPTION, "%s = '%.200s': '%.80s' stands twice", r->where, r->text, name);
    gh_tree_node *node = &tree->node[tree->count];
    snprintf(node->name, sizeof node->name, "%s", name);
    node->parent = parent;
    node->child[0] = node->child[1] = node->particle = -1;
    node->leaf = node->leaf_end = tree->leaves;
    *index = tree->count++;
    return GENHEP_OK;
}

static gh_status read_children(reader *r, int64_t node);

/* Over one "(name: children)" without taking it in; r->at stands behind '('. */
static gh_status pass_over(reader *r, const char *open)
{
    for (int depth = 1; depth > 0; r->at++) {
        if (*r->at == '\0' || *r->at == '|') return syntax(r, r->at, "')' for the '(' before");
        depth += (*r->at == '(') - (*r->at == ')');
        if (depth > MOST_DEPTH) return syntax(r, open, "less nesting");
    }
    return GENHEP_OK;
}

static gh_status list_children(reader *r, piece *list, int *count)
{
    for (*count = 0;; ++*count) {
        skip(r);
        if (*r->at == '\0' || *r->at == '|' || *r->at == ')') return GENHEP_OK;
        if (*count == MOST_CHILDREN) return syntax(r, r->at, "at most 16 children");
        piece *p = &list[*count];
        p->inner = *r->at == '(';
        if (p->inner) r->at++;
        p->at = r->at;
        GH_TRY(read_name(r, p->name, "a particle or '(node: ...)'"));
        if (p->inner) {
            skip(r);
            if (*r->at != ':') return syntax(r, r->at, "':' behind the node's name");
            GH_TRY(pass_over(r, p->at));
        }
    }
}

/* Add a listed child below `parent`. */
static gh_status place(reader *r, const piece *p, int64_t parent, int64_t *index)
{
    GH_TRY(add_node(r, p->name, parent, index));
    gh_tree_node *node = &r->tree->node[*index];
    if (p->inner) {
        const char *resume = r->at;
        char name[128];
        r->at = p->at;
        GH_TRY(read_name(r, name, "a name"));
        skip(r);
        r->at++; /* the ':' that list_children saw */
        GH_TRY(read_children(r, *index));
        r->at = resume;
    } else {
        node->particle = r->tree->leaves++;
    }
    node->leaf_end = r->tree->leaves;
    return GENHEP_OK;
}

static gh_status place_all(reader *r, const piece *list, int count, int64_t node)
{
    GH_TRY(place(r, &list[0], node, &r->tree->node[node].child[0]));
    if (count == 2) {
        GH_TRY(place(r, &list[1], node, &r->tree->node[node].child[1]));
    } else {
        char name[128] = "";
        int64_t rest;
        for (int i = 1; i < count; i++) {
            size_t used = strlen(name);
            int wrote = snprintf(name + used, sizeof name - used, "%s%s", i > 1 ? "+" : "", list[i].name);
            if (wrote < 0 || (size_t)wrote >= sizeof name - used) return syntax(r, list[i].at, "shorter names");
        }
        GH_TRY(add_node(r, name, node, &rest));
        r->tree->node[node].child[1] = rest;
        GH_TRY(place_all(r, list + 1, count - 1, rest));
        r->tree->node[rest].leaf_end = r->tree->leaves;
    }
    r->tree->node[node].leaf_end = r->tree->leaves;
    return GENHEP_OK;
}

/* Children of `node`; r->at stands behind ':'. */
static gh_status read_children(reader *r, int64_t node)
{
    piece list[MOST_CHILDREN];
    int count;
    if (++r->depth > MOST_DEPTH) return syntax(r, r->at, "less nesting");
    GH_TRY(list_children(r, list, &count));
    if (count < 2) return syntax(r, r->at, "at least two children");
    const char *resume = r->at;
    GH_TRY(place_all(r, list, count, node));
    r->at = resume;
    r->depth--;
    return GENHEP_OK;
}

gh_status gh_tree_parse(const char *text, const char *where, gh_tree *tree)
{
    reader r = {text, text, where, tree, 0};
    memset(tree, 0, sizeof *tree);
    for (;;) {
        char name[128];
        int64_t root;
        GH_TRY(read_name(&r, name, "the name of a root"));
        GH_TRY(add_node(&r, name, -1, &root));
        skip(&r);
        if (*r.at == ':') {
            const char *colon = r.at++;
            gh_tree_node *node = &tree->node[root];
            node->directions = *r.at == ':';
            r.at += node->directions;
            GH_TRY(read_children(&r, root));
            if (node->directions && (tree->node[node->child[0]].particle < 0 || tree->node[node->child[1]].particle < 0))
                return syntax(&r, colon, "':' before any other children than two particles");
        } else {
            tree->node[root].particle = tree->leaves++;
            tree->node[root].leaf_end = tree->leaves;
        }
        tree->roots++;
        skip(&r);
        if (*r.at == '\0') return GENHEP_OK;
        if (*r.at != '|') return syntax(&r, r.at, "'|' before the next root, or the end");
        r.at++;
    }
}
