/* drop.c -- 'drop(patterns)': coordinates that are left out, for chains of conditions, which are never undone. Nothing of what is
 * dropped is kept: the inverse puts 0, and a chain of targets with this stage is refused (gh_prep_forward_only). */
#include <string.h>

#include "prep/stage.h"

static gh_status drop_fit(gh_stage *stage, gh_fit *fit)
{
    int64_t *indices = NULL, *kept = NULL, count, left = 0;
    gh_status status = GENHEP_OK;
    if (!fit->arguments->count) GH_FAIL(GENHEP_E_OPTION, "prep: 'drop' needs names of coordinates, 'drop(m(*))' for example");
    GH_TRY_CLEANUP(gh_arguments_select(stage, fit, 0, &indices, &count));
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &kept, fit->in->count, sizeof *kept));
    for (int64_t j = 0; j < fit->in->count; j++) {
        const gh_coordinate *c = &fit->in->list[j];
        int dropped = 0;
        for (int64_t k = 0; k < count; k++) dropped |= indices[k] == j;
        if (dropped) continue;
        kept[left++] = j;
        GH_TRY_CLEANUP(gh_layout_add(fit->out, c->kind, c->angle, "%s", c->name));
    }
    if (!left) {
        status = gh_fail(GENHEP_E_OPTION, "prep: 'drop(%.80s)' would leave no coordinate", fit->arguments->text);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "kept", left, kept));
cleanup:
    gh_free(&stage->hooks, indices);
    gh_free(&stage->hooks, kept);
    return status;
}

static gh_status drop_build(gh_stage *stage)
{
    const int64_t *kept;
    int64_t count;
    GH_TRY(gh_stage_get_indices(stage, "kept", stage->width_in, &count, &kept));
    if (count != stage->width_out)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'drop' keeps %lld coordinates and has width %lld behind it", (long long)count,
                (long long)stage->width_out);
    return GENHEP_OK;
}

static const int64_t *kept_of(const gh_stage *stage)
{
    return gh_archive_find(&stage->constants, "kept")->data; /* drop_build has seen it */
}

static gh_status drop_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const int64_t *kept = kept_of(stage);
    (void)pass;
    for (int64_t k = 0; k < stage->width_out; k++) memcpy(out + k * GH_PANEL, in + kept[k] * GH_PANEL, GH_PANEL * sizeof *out);
    return GENHEP_OK;
}

static void drop_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const int64_t *kept = kept_of(stage);
    (void)pass;
    memset(out, 0, (size_t)(stage->width_in * GH_PANEL) * sizeof *out);
    for (int64_t k = 0; k < stage->width_out; k++) memcpy(out + kept[k] * GH_PANEL, in + k * GH_PANEL, GH_PANEL * sizeof *out);
}

const gh_stage_class gh_stage_drop = {"drop", 0, drop_fit, drop_build, drop_forward, drop_inverse, NULL};
