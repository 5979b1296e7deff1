/* tree_frames.h -- a decay tree's coordinates to momenta and back; what tree.c (the stage) and the kinematics share. */
#ifndef GH_TREE_FRAMES_H
#define GH_TREE_FRAMES_H

#include "prep/particle_columns.h"
#include "prep/tree.h"

/** Panels of one node in scratch, each GH_PANEL numbers. */
enum gh_node_panel {
    GH_NODE_MASS,
    GH_NODE_P,
    GH_NODE_E,
    GH_NODE_COS,
    GH_NODE_SIN,
    GH_NODE_COS_PHI,
    GH_NODE_SIN_PHI,
    GH_NODE_PANELS
};

/** A compiled tree: where each coordinate of each node stands. */
typedef struct gh_tree_plan {
    gh_tree tree;
    gh_particle_table table; /* particle k is leaf k */
    int64_t mass_at[GH_TREE_MOST_NODES];  /* coordinate, -1: fixed */
    double mass[GH_TREE_MOST_NODES];      /* of particles with a fixed mass */
    double minimum[GH_TREE_MOST_NODES];   /* smallest mass the tree below allows */
    int64_t angle_at[GH_TREE_MOST_NODES]; /* cos of the first child, phi behind it; -1 for particles; of a root '::' five, tree_directions.c */
    int64_t root[GH_TREE_MOST_NODES];     /* the roots' nodes */
    int64_t motion_at[GH_TREE_MOST_NODES]; /* of root r: log pT, phi behind it; -1: the roots' pT add up to 0, or '::' */
    int along_beam;      /* frames of all roots are those of a single one: z along the beam, x along pT */
    int64_t rapidity_at; /* y of the only root, or the mean; then the differences to the first root */
    int64_t anchor;      /* first root '::', -1: none. It has the rapidity to which the other roots' are taken */
    int64_t relative_at[GH_TREE_MOST_NODES]; /* with an anchor: of root r, the difference of rapidities; -1 for '::' */
    const double *opening; /* roots; of a root '::' the smallest cosh(deta) - cos(dphi) that it may have; NULL without an anchor */
    int64_t width;       /* coordinates of the tree, without the other columns */
} gh_tree_plan;

/** One row to coordinates at out[j * GH_PANEL]. @return NULL, or what is wrong; *name and *value then tell where */
const char *gh_tree_forward_row(const gh_tree_plan *plan, const double *in, double *out, const char **name,
                                double *value);

/** A panel of coordinates to momenta (leaves, 3, GH_PANEL) and masses (leaves, GH_PANEL).
 * @param scratch gh_tree_scratch(plan) panels */
void gh_tree_inverse_panel(const gh_tree_plan *plan, const double *in, double *momenta, double *masses,
                           double *scratch);
int64_t gh_tree_scratch(const gh_tree_plan *plan);

/** Two particles to eta of both, phi of the first, the difference in phi, log of the ratio of pT: out[0 .. 4 GH_PANEL]. */
typedef struct gh_direction {
    double x, y, z;
} gh_direction;
const char *gh_tree_directions_row(const gh_direction *first, const gh_direction *second, double *out);
double gh_tree_opening(const gh_direction *first, const gh_direction *second);

/** Back, a panel: five coordinates, masses of the root and both, the smallest opening; to both momenta (3, GH_PANEL) and the
 * root's rapidity. @param recoil x and y panels, the root's pT is taken away from them */
void gh_tree_directions_panel(const double *in, const double *const masses[3], double opening, double *first, double *second,
                              double *recoil, double *rapidity);

#endif
