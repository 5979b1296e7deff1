/* tree_inverse.c -- the coordinates of a decay tree to momenta, a panel at a time, without branches (the sampling
 * path). Frames as in tree_forward.c, backwards: masses top-down, moved into what the decay allows; two-body momenta;
 * each particle in its parent's frame; then from frame to frame up to the laboratory. */
#include <math.h>

#include "prep/panel.h"
#include "prep/tree_frames.h"

#define MOST_MASS 1e11
#define MOST_LOG_PT 25.0
#define MOST_RAPIDITY 20.0

int64_t gh_tree_scratch(const gh_tree_plan *plan)
{
    return GH_NODE_PANELS * plan->tree.count + plan->tree.leaves + 3 + plan->tree.roots; /* nodes, leaves' energies, recoil x and y, rapidities */
}

static double *panel_of(double *scratch, int64_t node, enum gh_node_panel which)
{
    return scratch + (node * GH_NODE_PANELS + which) * GH_PANEL;
}

/* Mass of a node: its coordinate or its fixed value, at least `low`, at most parent - sibling. */
GH_CLONES static void mass_panel(const double *coordinate, double fixed, double low, const double *parent,
                                 const double *sibling, double spare, double *mass)
{
    for (int i = 0; i < GH_PANEL; i++) {
        double high = parent ? parent[i] - (sibling ? sibling[i] : spare) : MOST_MASS;
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): panel_of() is never NULL */
        mass[i] = coordinate ? gh_clamp(coordinate[i], low, high) : fixed;
    }
}

/* M -> m1 m2: momentum and energies in the rest frame of M. */
GH_CLONES static void two_body(const double *mass, const double *m1, const double *m2, double *p1, double *e1,
                               double *p2, double *e2)
{
    for (int i = 0; i < GH_PANEL; i++) {
        double m = mass[i], a = m1[i], b = m2[i];
        double square = (m - a - b) * (m + a + b) * (m - a + b) * (m + a - b);
        double p = 0.5 * sqrt(square > 0 ? square : 0) / m;
        p1[i] = p2[i] = p;
        e1[i] = sqrt(p * p + a * a);
        e2[i] = sqrt(p * p + b * b);
    }
}

/* Directions of two children back to back from cos theta and phi of the first. */
GH_CLONES static void directions(const double *cosine, const double *phi, double *first, double *second)
{
    for (int i = 0; i < GH_PANEL; i++) {
        double c = gh_clamp(cosine[i], -1, 1), s = sqrt((1 - c) * (1 + c)), sin_phi, cos_phi;
        gh_panel_sincos(phi[i], &sin_phi, &cos_phi);
        first[GH_NODE_COS * GH_PANEL + i] = c;
        first[GH_NODE_SIN * GH_PANEL + i] = s;
        first[GH_NODE_COS_PHI * GH_PANEL + i] = cos_phi;
        first[GH_NODE_SIN_PHI * GH_PANEL + i] = sin_phi;
        second[GH_NODE_COS * GH_PANEL + i] = -c;
        second[GH_NODE_SIN * GH_PANEL + i] = s;
        second[GH_NODE_COS_PHI * GH_PANEL + i] = -cos_phi;
        second[GH_NODE_SIN_PHI * GH_PANEL + i] = -sin_phi;
    }
}

/* Transverse momentum of a root, taken from log pT and phi or from the recoil of the others, as node panels: SIN holds
 * pT. */
GH_CLONES static void transverse(const double *log_pt, const double *phi, double *node, double *recoil)
{
    double *pt = node + GH_NODE_SIN * GH_PANEL, *cos_phi = node + GH_NODE_COS_PHI * GH_PANEL;
    double *sin_phi = node + GH_NODE_SIN_PHI * GH_PANEL;
    if (log_pt) {
        for (int i = 0; i < GH_PANEL; i++) {
            double s, c;
            gh_panel_sincos(phi[i], &s, &c);
            pt[i] = gh_panel_exp(gh_clamp(log_pt[i], -45, MOST_LOG_PT));
            cos_phi[i] = c;
            sin_phi[i] = s;
            recoil[i] -= pt[i] * c;
            recoil[GH_PANEL + i] -= pt[i] * s;
        }
    } else {
        for (int i = 0; i < GH_PANEL; i++) {
            double x = recoil[i], y = recoil[GH_PANEL + i], size = sqrt(x * x + y * y), safe = size > 0 ? size : 1;
            pt[i] = size;
            cos_phi[i] = size > 0 ? x / safe : 1;
            sin_phi[i] = y / safe;
        }
    }
}

/* Rapidity of root r from the mean and the differences to root 0. */
GH_CLONES static void rapidity_panel(const double *y, int64_t r, int64_t roots, double *first)
{
    const double share = 1.0 / (double)roots;
    for (int i = 0; i < GH_PANEL; i++) first[i] = gh_clamp(y[i], -MOST_RAPIDITY, MOST_RAPIDITY);
    for (int64_t k = 1; k < roots; k++)
        for (int i = 0; i < GH_PANEL; i++)
            first[i] += ((k == r) - share) * gh_clamp(y[k * GH_PANEL + i], -MOST_RAPIDITY, MOST_RAPIDITY);
}

/* Longitudinal part of a root. */
GH_CLONES static void longitudinal(const double *first, double *node)
{
    double *pt = node + GH_NODE_SIN * GH_PANEL, *mass = node, *cosine = node + GH_NODE_COS * GH_PANEL;
    double *p = node + GH_NODE_P * GH_PANEL, *e = node + GH_NODE_E * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        double sh, ch, mt = sqrt(mass[i] * mass[i] + pt[i] * pt[i]);
        gh_panel_sinhcosh(gh_clamp(first[i], -MOST_RAPIDITY, MOST_RAPIDITY), &sh, &ch);
        double pz = mt * sh, size = sqrt(pt[i] * pt[i] + pz * pz), safe = size > 0 ? size : 1;
        p[i] = size;
        e[i] = mt * ch;
        cosine[i] = size > 0 ? pz / safe : 1;
        pt[i] = pt[i] / safe; /* now sin theta */
    }
}

/* A particle's momentum in its parent's frame. */
GH_CLONES static void leaf_momentum(const double *node, double *momentum, double *energy)
{
    const double *p = node + GH_NODE_P * GH_PANEL, *e = node + GH_NODE_E * GH_PANEL, *c = node + GH_NODE_COS * GH_PANEL;
    const double *s = node + GH_NODE_SIN * GH_PANEL, *cp = node + GH_NODE_COS_PHI * GH_PANEL,
                 *sp = node + GH_NODE_SIN_PHI * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        momentum[i] = p[i] * s[i] * cp[i];
        momentum[GH_PANEL + i] = p[i] * s[i] * sp[i];
        momentum[2 * GH_PANEL + i] = p[i] * c[i];
        energy[i] = e[i];
    }
}

/* Out of a node's frame into its parent's: boost along z, turn theta about y, turn phi about z. */
GH_CLONES static void leave_frame(const double *node, double *momentum, double *energy)
{
    const double *m = node, *p = node + GH_NODE_P * GH_PANEL, *e = node + GH_NODE_E * GH_PANEL;
    const double *ct = node + GH_NODE_COS * GH_PANEL, *st = node + GH_NODE_SIN * GH_PANEL;
    const double *cp = node + GH_NODE_COS_PHI * GH_PANEL, *sp = node + GH_NODE_SIN_PHI * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        double gamma = e[i] / m[i], beta_gamma = p[i] / m[i];
        double x = momentum[i], y = momentum[GH_PANEL + i], z = momentum[2 * GH_PANEL + i];
        double along = gamma * z + beta_gamma * energy[i], across = ct[i] * x + st[i] * along;
        energy[i] = gamma * energy[i] + beta_gamma * z;
        momentum[i] = cp[i] * across - sp[i] * y;
        momentum[GH_PANEL + i] = sp[i] * across + cp[i] * y;
        momentum[2 * GH_PANEL + i] = ct[i] * along - st[i] * x;
    }
}

/* Out of a single root's frame: boost along x by pT, along z by y, turn phi about z. The node holds p, e, angles as any
 * root. */
GH_CLONES static void leave_single(const double *node, double *momentum, double *energy)
{
    const double *m = node, *p = node + GH_NODE_P * GH_PANEL, *e = node + GH_NODE_E * GH_PANEL;
    const double *ct = node + GH_NODE_COS * GH_PANEL, *st = node + GH_NODE_SIN * GH_PANEL;
    const double *cp = node + GH_NODE_COS_PHI * GH_PANEL, *sp = node + GH_NODE_SIN_PHI * GH_PANEL;
    for (int i = 0; i < GH_PANEL; i++) {
        double pt = p[i] * st[i], mt = sqrt(m[i] * m[i] + pt * pt), sh = p[i] * ct[i] / mt, ch = e[i] / mt;
        double gamma = mt / m[i], beta_gamma = pt / m[i];
        double x = momentum[i], y = momentum[GH_PANEL + i], z = momentum[2 * GH_PANEL + i];
        double along = gamma * x + beta_gamma * energy[i], e1 = gamma * energy[i] + beta_gamma * x;
        energy[i] = ch * e1 + sh * z;
        momentum[i] = cp[i] * along - sp[i] * y;
        momentum[GH_PANEL + i] = sp[i] * along + cp[i] * y;
        momentum[2 * GH_PANEL + i] = ch * z + sh * e1;
    }
}

static void all_masses(const gh_tree_plan *plan, const double *in, double *scratch)
{
    for (int64_t n = 0; n < plan->tree.count; n++) {
        const gh_tree_node *node = &plan->tree.node[n];
        const double *parent = NULL, *sibling = NULL;
        double spare = 0;
        if (node->parent >= 0) {
            const gh_tree_node *above = &plan->tree.node[node->parent];
            parent = panel_of(scratch, node->parent, GH_NODE_MASS);
            if (n == above->child[1]) sibling = panel_of(scratch, above->child[0], GH_NODE_MASS);
            else spare = plan->minimum[above->child[1]];
        }
        mass_panel(plan->mass_at[n] < 0 ? NULL : in + plan->mass_at[n] * GH_PANEL, plan->mass[n], plan->minimum[n],
                   parent, sibling, spare, panel_of(scratch, n, GH_NODE_MASS));
    }
}

/* Roots '::' have their particles' momenta at once; then the others, one of which may recoil against all. */
static void all_roots(const gh_tree_plan *plan, const double *in, double *momenta, double *scratch, double *recoil)
{
    double *rapidity = recoil + 3 * GH_PANEL, *first = recoil + 2 * GH_PANEL; /* rapidity (roots, GH_PANEL) */
    for (int i = 0; i < 2 * GH_PANEL; i++) recoil[i] = 0;
    for (int64_t r = 0; r < plan->tree.roots; r++) {
        const gh_tree_node *root = &plan->tree.node[plan->root[r]];
        if (!root->directions) continue;
        const double *masses[3] = {panel_of(scratch, plan->root[r], GH_NODE_MASS), panel_of(scratch, root->child[0], GH_NODE_MASS),
                                   panel_of(scratch, root->child[1], GH_NODE_MASS)};
        double *to = momenta + 3 * root->leaf * GH_PANEL;
        gh_tree_directions_panel(in + plan->angle_at[plan->root[r]] * GH_PANEL, masses, plan->opening[r], to, to + 3 * GH_PANEL, recoil,
                                 rapidity + r * GH_PANEL);
    }
    for (int64_t r = 0; r < plan->tree.roots; r++) {
        if (plan->tree.node[plan->root[r]].directions) continue;
        double *node = panel_of(scratch, plan->root[r], GH_NODE_MASS);
        const double *motion = plan->motion_at[r] < 0 ? NULL : in + plan->motion_at[r] * GH_PANEL;
        transverse(motion, motion ? motion + GH_PANEL : NULL, node, recoil);
        if (plan->anchor >= 0) {
            const double *base = rapidity + plan->anchor * GH_PANEL, *relative = in + plan->relative_at[r] * GH_PANEL;
            for (int i = 0; i < GH_PANEL; i++) first[i] = base[i] + gh_clamp(relative[i], -MOST_RAPIDITY, MOST_RAPIDITY);
        } else {
            rapidity_panel(in + plan->rapidity_at * GH_PANEL, r, plan->tree.roots, first);
        }
        longitudinal(first, node);
    }
}

void gh_tree_inverse_panel(const gh_tree_plan *plan, const double *in, double *momenta, double *masses, double *scratch)
{
    const gh_tree *tree = &plan->tree;
    double *energies = scratch + GH_NODE_PANELS * tree->count * GH_PANEL, *recoil = energies + tree->leaves * GH_PANEL;
    all_masses(plan, in, scratch);
    all_roots(plan, in, momenta, scratch, recoil);
    for (int64_t n = 0; n < tree->count; n++) {
        const gh_tree_node *node = &tree->node[n];
        double *own = panel_of(scratch, n, GH_NODE_MASS);
        if (node->particle >= 0) {
            for (int i = 0; i < GH_PANEL; i++) masses[node->particle * GH_PANEL + i] = own[i];
            if (node->parent >= 0 && tree->node[node->parent].directions) continue; /* all_roots has them */
            leaf_momentum(own, momenta + 3 * node->particle * GH_PANEL, energies + node->particle * GH_PANEL);
            continue;
        }
        if (node->directions) continue;
        double *first = panel_of(scratch, node->child[0], GH_NODE_MASS),
               *second = panel_of(scratch, node->child[1], GH_NODE_MASS);
        const double *angle = in + plan->angle_at[n] * GH_PANEL;
        two_body(own, first, second, first + GH_NODE_P * GH_PANEL, first + GH_NODE_E * GH_PANEL,
                 second + GH_NODE_P * GH_PANEL, second + GH_NODE_E * GH_PANEL);
        directions(angle, angle + GH_PANEL, first, second);
    }
    for (int64_t n = tree->count - 1; n >= 0; n--) { /* children stand behind their parents */
        const gh_tree_node *node = &tree->node[n];
        const double *own = panel_of(scratch, n, GH_NODE_MASS);
        if (node->particle >= 0 || node->directions) continue;
        for (int64_t k = node->leaf; k < node->leaf_end; k++) {
            double *momentum = momenta + 3 * k * GH_PANEL, *energy = energies + k * GH_PANEL;
            if (node->parent < 0 && (plan->along_beam || tree->roots == 1)) leave_single(own, momentum, energy);
            else leave_frame(own, momentum, energy);
        }
    }
}
