/* tree.c -- the stage 'tree': masses and decay angles of a decay tree (option prep.tree, or the stage's argument).
 *   Coordinates, root by root: masses of the composite nodes (and of free particles), then cos and phi of the first
 *   child of each composite node in that node's frame; then the roots' log pT and phi (those of the last root are
 *   missing when the event is balanced), the mean rapidity, the differences of the other rapidities to the first
 *   root's. A root 'Z:: a b' has its mass and five numbers for the directions of its two particles (tree_directions.c) instead of
 *   angles, log pT, phi; with one, the other roots' rapidities are differences to the first such root's, and there is no mean.
 * Energies in the table are read for free masses only: momenta and masses are what counts. Frames: tree_forward.c. */
#include <math.h>
#include <string.h>

#include "prep/tree_frames.h"

/* Fill the plan from the parsed tree and the table of particles. */
static void make_plan(gh_tree_plan *plan)
{
    const gh_tree *tree = &plan->tree;
    int64_t at = 0, roots = 0;
    for (int64_t n = tree->count - 1; n >= 0; n--) {
        const gh_tree_node *node = &tree->node[n];
        int64_t k = node->particle;
        plan->mass[n] = k >= 0 ? plan->table.mass[k] : 0;
        plan->minimum[n] = k < 0 ? plan->minimum[node->child[0]] + plan->minimum[node->child[1]] + 1e-9
                         : plan->table.free[k] ? 0 : plan->mass[n];
    }
    for (int64_t n = 0; n < tree->count; n++) {
        if (tree->node[n].parent >= 0) continue;
        int64_t end = n + 1;
        while (end < tree->count && tree->node[end].parent >= 0) end++;
        for (int64_t k = n; k < end; k++) {
            int64_t particle = tree->node[k].particle;
            plan->mass_at[k] = particle < 0 || plan->table.free[particle] ? at++ : -1;
        }
        for (int64_t k = n; k < end; k++) {
            plan->angle_at[k] = tree->node[k].particle < 0 ? at : -1;
            at += tree->node[k].particle < 0 ? tree->node[k].directions ? 5 : 2 : 0;
        }
        plan->root[roots++] = n;
    }
    plan->anchor = -1;
    for (int64_t r = roots - 1; r >= 0; r--)
        if (tree->node[plan->root[r]].directions) plan->anchor = r;
    for (int64_t r = 0; r < roots; r++) {
        int tied = (r == roots - 1 && plan->table.balance >= 0) || tree->node[plan->root[r]].directions;
        plan->motion_at[r] = tied ? -1 : at;
        at += tied ? 0 : 2;
    }
    plan->rapidity_at = at;
    for (int64_t r = 0; r < roots; r++)
        plan->relative_at[r] = plan->anchor >= 0 && !tree->node[plan->root[r]].directions ? at++ : -1;
    plan->width = plan->anchor >= 0 ? at : at + roots;
}

/* A root '::': eta of both, phi of the first, difference in phi, log of the ratio of pT. */
static gh_status add_directions(const gh_tree *tree, const gh_tree_node *root, gh_layout *out)
{
    const char *first = tree->node[root->child[0]].name, *second = tree->node[root->child[1]].name;
    GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "eta(%s)", first));
    GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "eta(%s)", second));
    GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_AZIMUTH, "phi(%s)", first));
    GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_PERIODIC, "dphi(%s)", second));
    return gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "logratio(%s)", root->name);
}

/* Coordinate names, in the order of make_plan. */
static gh_status add_coordinates(const gh_tree_plan *plan, gh_layout *out)
{
    const gh_tree *tree = &plan->tree;
    for (int64_t r = 0; r < tree->roots; r++) {
        int64_t begin = plan->root[r], end = r + 1 < tree->roots ? plan->root[r + 1] : tree->count;
        for (int64_t n = begin; n < end; n++)
            if (plan->mass_at[n] >= 0)
                GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "m(%s)", tree->node[n].name));
        for (int64_t n = begin; n < end; n++) {
            if (plan->angle_at[n] < 0) continue;
            const char *first = tree->node[tree->node[n].child[0]].name;
            if (tree->node[n].directions) {
                GH_TRY(add_directions(tree, &tree->node[n], out));
                continue;
            }
            int absolute = tree->roots == 1 && n == 0 && plan->motion_at[0] < 0;
            GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "cos(%s)", first));
            GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, absolute ? GH_ANGLE_AZIMUTH : GH_ANGLE_PERIODIC, "phi(%s)",
                                 first));
        }
    }
    for (int64_t r = 0; r < tree->roots; r++) {
        if (plan->motion_at[r] < 0) continue;
        GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "logpT(%s)", tree->node[plan->root[r]].name));
        GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_AZIMUTH, "phi(%s)", tree->node[plan->root[r]].name));
    }
    for (int64_t r = 0; r < tree->roots; r++)
        if (plan->relative_at[r] >= 0)
            GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "dy(%s)", tree->node[plan->root[r]].name));
    if (plan->anchor >= 0) return GENHEP_OK;
    if (tree->roots == 1) return gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "y(%s)", tree->node[0].name);
    GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "y(%s)", "mean"));
    for (int64_t r = 1; r < tree->roots; r++)
        GH_TRY(gh_layout_add(out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "dy(%s)", tree->node[plan->root[r]].name));
    return GENHEP_OK;
}

/* Roots '::' must have a transverse momentum of their own; how close their particles come in the data bounds what is generated. */
static gh_status fit_directions(gh_stage *stage, const gh_fit *fit, const gh_tree_plan *plan)
{
    double opening[GH_TREE_MOST_NODES] = {0};
    if (plan->anchor < 0) return GENHEP_OK;
    for (int64_t r = 0; r < plan->tree.roots; r++) {
        const gh_tree_node *root = &plan->tree.node[plan->root[r]];
        if (!root->directions) continue;
        if (r == plan->tree.roots - 1 && plan->table.balance >= 0)
            GH_FAIL(GENHEP_E_OPTION, "prep: tree: '%.80s::' takes the recoil, expected ':' there, or prep.balance = none", root->name);
        opening[r] = INFINITY;
        for (int64_t i = 0; i < fit->n; i++) {
            const gh_momentum a = gh_particle_read(plan->table.column[root->leaf], fit->columns + i, fit->n),
                              b = gh_particle_read(plan->table.column[root->leaf + 1], fit->columns + i, fit->n);
            opening[r] = fmin(opening[r], 0.5 * gh_tree_opening(&(gh_direction){a.px, a.py, a.pz}, &(gh_direction){b.px, b.py, b.pz}));
        }
        if (!(opening[r] < 1e3)) opening[r] = 1e3; /* no rows, or not finite: forward says so */
        if (!(opening[r] > 1e-12)) opening[r] = 1e-12;
    }
    return gh_stage_put(stage, "opening", plan->tree.roots, opening);
}

static gh_status tree_fit(gh_stage *stage, gh_fit *fit)
{
    const char *text = fit->arguments->count ? fit->arguments->text : gh_option_text(fit->options, "prep.tree");
    const char *names[GH_TREE_MOST_NODES];
    gh_tree_plan *plan = NULL;
    gh_status status = GENHEP_OK;
    if (text[strspn(text, " \t")] == '\0')
        GH_FAIL(GENHEP_E_OPTION, "prep: stage 'tree' needs prep.tree, 't: b (W+: q1 q1barp) | tbar: ...' for example");
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &plan, 1, sizeof *plan));
    GH_TRY_CLEANUP(gh_tree_parse(text, fit->arguments->count ? "prep: tree" : "prep.tree", &plan->tree));
    for (int64_t n = 0; n < plan->tree.count; n++)
        if (plan->tree.node[n].particle >= 0) names[plan->tree.node[n].particle] = plan->tree.node[n].name;
    gh_particle_wish wish = {names, plan->tree.leaves, 0, 1};
    GH_TRY_CLEANUP(gh_particle_table_fit(stage, fit, &wish));
    GH_TRY_CLEANUP(gh_particle_table_build(stage, &plan->table));
    GH_TRY_CLEANUP(gh_archive_put_text(&stage->constants, "tree", text));
    plan->along_beam = gh_option_is(fit->options, "prep.frame", "beam");
    if (plan->along_beam) GH_TRY_CLEANUP(gh_archive_put_i64(&stage->constants, "along_beam", 1));
    make_plan(plan);
    GH_TRY_CLEANUP(fit_directions(stage, fit, plan));
    GH_TRY_CLEANUP(add_coordinates(plan, fit->out));
    GH_TRY_CLEANUP(gh_particle_table_rest(stage, fit));
cleanup:
    gh_free(&stage->hooks, plan);
    return status;
}

static gh_status tree_build(gh_stage *stage)
{
    gh_tree_plan *plan;
    const char *text;
    GH_TRY(gh_alloc(&stage->hooks, &plan, 1, sizeof *plan));
    stage->state = plan;
    GH_TRY(gh_archive_get_text(&stage->constants, "tree", &text));
    GH_TRY(gh_tree_parse(text, "tree", &plan->tree));
    GH_TRY(gh_particle_table_build(stage, &plan->table));
    if (plan->table.count != plan->tree.leaves)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'tree' has %lld particles, its tree names %lld",
                (long long)plan->table.count, (long long)plan->tree.leaves);
    if (gh_archive_find(&stage->constants, "along_beam")) {
        int64_t flag;
        GH_TRY(gh_archive_get_i64(&stage->constants, "along_beam", &flag));
        plan->along_beam = flag != 0;
    }
    make_plan(plan);
    if (plan->anchor >= 0) {
        GH_TRY(gh_stage_get(stage, "opening", plan->tree.roots, &plan->opening));
        for (int64_t r = 0; r < plan->tree.roots; r++)
            if (plan->tree.node[plan->root[r]].directions &&
                (!(plan->opening[r] >= 1e-12 && plan->opening[r] <= 1e3) || (r == plan->tree.roots - 1 && plan->table.balance >= 0)))
                GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'tree' has the opening %g of root '%.80s', expected 1e-12 to 1000 and no recoil",
                        plan->opening[r], plan->tree.node[plan->root[r]].name);
    }
    if (plan->width + plan->table.rest_count != stage->width_out)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'tree' has width %lld behind it, expected %lld",
                (long long)stage->width_out, (long long)(plan->width + plan->table.rest_count));
    stage->scratch = gh_tree_scratch(plan) + 4 * plan->tree.leaves;
    return GENHEP_OK;
}

static gh_status tree_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const gh_tree_plan *plan = stage->state;
    for (int i = 0; i < GH_PANEL; i++) {
        const char *name = "";
        double value = 0;
        const char *problem = gh_tree_forward_row(plan, in + i, out + i, &name, &value);
        if (problem) return gh_stage_domain(stage, pass, i, name, value, problem);
    }
    gh_particle_rest_copy(&plan->table, in, out + plan->width * GH_PANEL, 1);
    return GENHEP_OK;
}

static void tree_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const gh_tree_plan *plan = stage->state;
    double *momenta = pass->scratch, *masses = momenta + 3 * plan->tree.leaves * GH_PANEL;
    gh_tree_inverse_panel(plan, in, momenta, masses, masses + plan->tree.leaves * GH_PANEL);
    gh_particles_write(&plan->table, pass->float_output, momenta, masses, out);
    gh_particle_rest_copy(&plan->table, in + plan->width * GH_PANEL, out, 0);
}

const gh_stage_class gh_stage_tree = {"tree", 0, tree_fit, tree_build, tree_forward, tree_inverse, NULL};
