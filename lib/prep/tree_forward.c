/* tree_forward.c -- momenta to the coordinates of a decay tree, one row at a time (training data: not the hot path).
 *
 * Frames. Node n flies with (p, theta, phi) in its parent's frame (a root: in the laboratory). Its own frame is reached
 * by turning -phi about z, then -theta about y, which puts its direction on z, and a boost along -z. So z is the node's
 * direction in its parent's frame, and the x-z plane holds the parent frame's z axis: the parent's own direction, or
 * the beam for a root.
 * A single root is different: boost along the beam by -y; when it has transverse momentum, turn it
 * onto x and boost along -x. The axes are then beam and transverse momentum, which is the Collins-Soper frame; without
 * transverse momentum phi is the azimuth of the laboratory.
 * prep.frame = beam takes this frame for every root. Of two children of equal mass the first then has the larger pT exactly where
 * abs(phi) < pi/2. */
#include <math.h>

#include "prep/tree_frames.h"

typedef struct vector {
    double x, y, z, e;
} vector;

typedef struct row_state {
    const gh_tree_plan *plan;
    vector leaf[GH_TREE_MOST_NODES];
    const char **name;
    double *value;
} row_state;

static vector sum_below(const row_state *s, const gh_tree_node *node)
{
    vector sum = {0, 0, 0, 0};
    for (int64_t k = node->leaf; k < node->leaf_end; k++) {
        sum.x += s->leaf[k].x, sum.y += s->leaf[k].y;
        sum.z += s->leaf[k].z, sum.e += s->leaf[k].e;
    }
    return sum;
}

static double length_of(const vector *v)
{
    return sqrt(v->x * v->x + v->y * v->y + v->z * v->z);
}

static const char *wrong(const row_state *s, const char *name, double value, const char *what)
{
    *s->name = name;
    *s->value = value;
    return what;
}

/* Leaves from columns; px and py of the balance particle are minus the sum of the others. */
static const char *read_leaves(row_state *s, const double *in, double *out)
{
    const gh_tree_plan *plan = s->plan;
    const gh_particle_table *t = &plan->table;
    double sum_x = 0, sum_y = 0, mass[GH_TREE_MOST_NODES] = {0};
    for (int64_t n = 0; n < plan->tree.count; n++) {
        int64_t k = plan->tree.node[n].particle;
        if (k < 0) continue;
        gh_momentum p = gh_particle_read(t->column[k], in, GH_PANEL);
        s->leaf[k] = (vector){p.px, p.py, p.pz, 0};
        mass[k] = plan->mass_at[n] < 0 ? plan->mass[n] : p.mass > 0 ? p.mass : 0;
        if (plan->mass_at[n] >= 0) out[plan->mass_at[n] * GH_PANEL] = mass[k];
        if (k != t->balance) sum_x += p.px, sum_y += p.py;
        if (!isfinite(p.px + p.py + p.pz + mass[k]))
            return wrong(s, plan->tree.node[n].name, p.px + p.py + p.pz + mass[k], "expected a finite momentum");
    }
    if (t->balance >= 0) s->leaf[t->balance].x = -sum_x, s->leaf[t->balance].y = -sum_y;
    for (int64_t k = 0; k < plan->tree.leaves; k++) {
        vector *v = &s->leaf[k];
        v->e = sqrt(v->x * v->x + v->y * v->y + v->z * v->z + mass[k] * mass[k]);
    }
    return NULL;
}

/* Pseudorapidity's massive sister: asinh(pz / mT). */
static double rapidity(const vector *v, double mass)
{
    double mt = sqrt(mass * mass + v->x * v->x + v->y * v->y);
    return mt > 0 ? asinh(v->z / mt) : 0;
}

static void turn(vector *v, double cos_theta, double sin_theta, double cos_phi, double sin_phi)
{
    double x = cos_phi * v->x + sin_phi * v->y, y = cos_phi * v->y - sin_phi * v->x;
    vector turned = {cos_theta * x - sin_theta * v->z, y, sin_theta * x + cos_theta * v->z, v->e};
    *v = turned;
}

static void boost(double *p, double *e, double gamma, double beta_gamma)
{
    double along = gamma * *p - beta_gamma * *e;
    *e = gamma * *e - beta_gamma * *p;
    *p = along;
}

/* Leaves of a node from its parent's frame into its own. */
static void enter_frame(row_state *s, const gh_tree_node *node, const vector *sum, double mass)
{
    double p = length_of(sum), pt = sqrt(sum->x * sum->x + sum->y * sum->y);
    double cos_theta = p > 0 ? sum->z / p : 1, sin_theta = p > 0 ? pt / p : 0;
    double cos_phi = pt > 0 ? sum->x / pt : 1, sin_phi = pt > 0 ? sum->y / pt : 0;
    for (int64_t k = node->leaf; k < node->leaf_end; k++) {
        turn(&s->leaf[k], cos_theta, sin_theta, cos_phi, sin_phi);
        boost(&s->leaf[k].z, &s->leaf[k].e, sum->e / mass, p / mass);
    }
}

/* The same for a single root, and for all with prep.frame = beam. */
static void enter_single(row_state *s, const gh_tree_node *node, const vector *sum, double mass)
{
    double y = rapidity(sum, mass), ch = cosh(y), sh = sinh(y), pt = sqrt(sum->x * sum->x + sum->y * sum->y);
    int has_pt = (s->plan->tree.roots > 1 || s->plan->motion_at[0] >= 0) && pt > 0;
    for (int64_t k = node->leaf; k < node->leaf_end; k++) {
        vector *v = &s->leaf[k];
        boost(&v->z, &v->e, ch, sh);
        if (!has_pt) continue;
        turn(v, 1, 0, sum->x / pt, sum->y / pt);
        boost(&v->x, &v->e, sqrt(mass * mass + pt * pt) / mass, pt / mass);
    }
}

static const char *enter_node(row_state *s, int64_t n, double *out)
{
    const gh_tree_plan *plan = s->plan;
    const gh_tree_node *node = &plan->tree.node[n];
    if (node->particle >= 0) return NULL;
    vector sum = sum_below(s, node);
    double p = length_of(&sum), mass = sqrt((sum.e - p) * (sum.e + p));
    if (!(mass > 0)) return wrong(s, node->name, mass, "expected a positive mass");
    out[plan->mass_at[n] * GH_PANEL] = mass;
    if (node->directions) {
        const vector *a = &s->leaf[node->leaf], *b = a + 1;
        const char *problem = gh_tree_directions_row(&(gh_direction){a->x, a->y, a->z}, &(gh_direction){b->x, b->y, b->z},
                                                     out + plan->angle_at[n] * GH_PANEL);
        return problem ? wrong(s, node->name, 0, problem) : NULL;
    }
    if (node->parent < 0 && (plan->along_beam || plan->tree.roots == 1)) enter_single(s, node, &sum, mass);
    else enter_frame(s, node, &sum, mass);
    vector first = sum_below(s, &plan->tree.node[node->child[0]]);
    double size = length_of(&first);
    double *angle = out + plan->angle_at[n] * GH_PANEL;
    angle[0] = size > 0 ? first.z / size : 1;
    angle[GH_PANEL] = atan2(first.y, first.x);
    return NULL;
}

/* How the roots move in the laboratory. */
static const char *root_motion(row_state *s, double *out)
{
    const gh_tree_plan *plan = s->plan;
    double y[GH_TREE_MOST_NODES], mean = 0;
    for (int64_t r = 0; r < plan->tree.roots; r++) {
        const gh_tree_node *node = &plan->tree.node[plan->root[r]];
        vector sum = sum_below(s, node);
        double p = length_of(&sum), mass = sqrt(fmax((sum.e - p) * (sum.e + p), 0)),
               pt = sqrt(sum.x * sum.x + sum.y * sum.y);
        y[r] = rapidity(&sum, mass);
        mean += y[r] / (double)plan->tree.roots;
        if (!(fabs(y[r]) < 1e3)) return wrong(s, node->name, y[r], "expected a finite rapidity");
        if (plan->motion_at[r] < 0) continue;
        if (!(pt > 0)) return wrong(s, node->name, pt, "expected a positive pT (or set prep.balance)");
        out[plan->motion_at[r] * GH_PANEL] = log(pt);
        out[(plan->motion_at[r] + 1) * GH_PANEL] = atan2(sum.y, sum.x);
    }
    for (int64_t r = 0; r < plan->tree.roots; r++)
        if (plan->relative_at[r] >= 0) out[plan->relative_at[r] * GH_PANEL] = y[r] - y[plan->anchor];
    if (plan->anchor >= 0) return NULL;
    out[plan->rapidity_at * GH_PANEL] = mean;
    for (int64_t r = 1; r < plan->tree.roots; r++) out[(plan->rapidity_at + r) * GH_PANEL] = y[r] - y[0];
    return NULL;
}

const char *gh_tree_forward_row(const gh_tree_plan *plan, const double *in, double *out, const char **name,
                                double *value)
{
    row_state s = {.plan = plan, .name = name, .value = value};
    const char *problem = read_leaves(&s, in, out);
    if (!problem) problem = root_motion(&s, out);
    for (int64_t n = 0; !problem && n < plan->tree.count; n++) problem = enter_node(&s, n, out);
    return problem;
}
