/* prep.c -- the preparation as a whole: panels through the chain, forward and back. */
#include <string.h>

#include "base/text.h"
#include "prep/prep_handle.h"

struct gh_prep_work {
    gh_hooks hooks;
    double *panels[2];
    double *uniforms;
    double *scratch;
    double log_jacobian[GH_PANEL];
};

int64_t gh_prep_columns(const gh_prep *prep)
{
    return prep->columns;
}

int64_t gh_prep_width(const gh_prep *prep)
{
    return prep->width;
}

int64_t gh_prep_uniforms(const gh_prep *prep)
{
    return prep->uniforms;
}

const char *gh_prep_forward_only(const gh_prep *prep)
{
    for (int64_t k = 0; k < prep->count; k++)
        if (prep->stages[k].type == &gh_stage_drop) return prep->stages[k].type->name;
    return NULL;
}

const char *gh_prep_name(const gh_prep *prep, int64_t j)
{
    return j >= 0 && j < prep->width ? prep->out.list[j].name : "";
}

int gh_prep_is_censored(const gh_prep *prep, int64_t j)
{
    return j >= 0 && j < prep->width && prep->out.list[j].kind == GH_COORDINATE_CENSORED;
}

const char *gh_prep_measure(const gh_prep *prep)
{
    return prep->measure;
}

gh_status gh_prep_create(const gh_hooks *hooks, int64_t stages, gh_prep **created)
{
    gh_prep *prep;
    *created = NULL;
    GH_TRY(gh_alloc(hooks, &prep, 1, sizeof *prep));
    prep->hooks = *hooks;
    prep->out.hooks = *hooks;
    gh_status status = gh_alloc(hooks, &prep->stages, stages, sizeof *prep->stages);
    if (status) {
        gh_free(hooks, prep);
        return status;
    }
    prep->count = stages;
    for (int64_t k = 0; k < stages; k++) {
        prep->stages[k].hooks = *hooks;
        gh_archive_init(&prep->stages[k].constants, hooks);
    }
    *created = prep;
    return GENHEP_OK;
}

static void stage_free(gh_stage *stage)
{
    if (stage->type && stage->type->release && stage->state) stage->type->release(stage);
    gh_free(&stage->hooks, stage->state);
    for (int64_t j = 0; stage->names && j < stage->width_in; j++) gh_free(&stage->hooks, stage->names[j]);
    gh_free(&stage->hooks, stage->names);
    gh_archive_clear(&stage->constants);
}

void gh_prep_free(gh_prep *prep)
{
    if (!prep) return;
    gh_hooks hooks = prep->hooks;
    for (int64_t k = 0; k < prep->count; k++) stage_free(&prep->stages[k]);
    gh_free(&hooks, prep->stages);
    gh_layout_clear(&prep->out);
    gh_free(&hooks, prep->measure);
    gh_free(&hooks, prep);
}

gh_status gh_prep_adopt(gh_prep *prep, int64_t k)
{
    gh_stage *stage = &prep->stages[k];
    stage->draws = stage->uniforms = stage->scratch = 0;
    GH_TRY(stage->type->build(stage));
    stage->first_draw = prep->draws;
    stage->first_uniform = prep->uniforms;
    prep->draws += stage->draws;
    prep->uniforms += stage->uniforms;
    if (stage->scratch > prep->scratch) prep->scratch = stage->scratch;
    if (stage->width_in > prep->widest) prep->widest = stage->width_in;
    if (stage->width_out > prep->widest) prep->widest = stage->width_out;
    return GENHEP_OK;
}

gh_status gh_prep_make_measure(gh_prep *prep)
{
    gh_text text = {.hooks = &prep->hooks};
    for (int64_t j = 0; j < prep->width; j++) {
        const gh_coordinate *c = &prep->out.list[j];
        const char *format = c->kind == GH_COORDINATE_DISCRETE   ? "%scount(%s)"
                             : c->kind == GH_COORDINATE_CENSORED ? "%s(d+count0)%s"
                                                                 : "%sd%s";
        gh_text_add(&text, format, j ? " " : "", c->name);
    }
    if (text.status) {
        gh_status status = text.status;
        gh_text_free(&text);
        return status;
    }
    prep->measure = text.data;
    return prep->measure ? GENHEP_OK : gh_strdup(&prep->hooks, "", &prep->measure);
}

gh_status gh_prep_work_create(const gh_hooks *hooks, const gh_prep *prep, int64_t max_rows, gh_prep_work **created)
{
    gh_prep_work *work = NULL;
    gh_status status = GENHEP_OK;
    *created = NULL;
    if (max_rows < 0) GH_FAIL(GENHEP_E_ARG, "prep: max_rows = %lld is below 0", (long long)max_rows);
    GH_TRY(gh_alloc(hooks, &work, 1, sizeof *work));
    work->hooks = *hooks;
    for (int i = 0; i < 2; i++)
        GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &work->panels[i], prep->widest * GH_PANEL, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &work->uniforms, prep->uniforms * GH_PANEL, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(hooks, &work->scratch, prep->scratch * GH_PANEL, sizeof(double)));
    *created = work;
    return GENHEP_OK;
cleanup:
    gh_prep_work_free(work);
    return status;
}

void gh_prep_work_free(gh_prep_work *work)
{
    if (!work) return;
    gh_hooks hooks = work->hooks;
    for (int i = 0; i < 2; i++) gh_free_aligned(&hooks, work->panels[i]);
    gh_free_aligned(&hooks, work->uniforms);
    gh_free_aligned(&hooks, work->scratch);
    gh_free(&hooks, work);
}

/* Rows to a full panel; the last row is repeated. */
static void gather(const double *rows, int64_t stride, int64_t n, int64_t width, double *panel)
{
    for (int64_t j = 0; j < width; j++) {
        double *column = panel + j * GH_PANEL;
        for (int64_t i = 0; i < n; i++) column[i] = rows[i * stride + j];
        for (int64_t i = n; i < GH_PANEL; i++) column[i] = column[n - 1];
    }
}

static void scatter(const double *panel, int64_t n, int64_t width, double *rows, int64_t stride)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < width; j++) rows[i * stride + j] = panel[j * GH_PANEL + i];
}

gh_status gh_prep_stage_forward(const gh_stage *stage, const gh_pass *pass, double *in, double *out, double **result)
{
    *result = stage->type->in_place ? in : out;
    return stage->type->forward(stage, pass, in, *result);
}

gh_status gh_prep_forward(const gh_prep *prep, gh_prep_work *work, int64_t n, const double *rows, int64_t row_stride,
                          int64_t seed, int64_t first, double *prepared, int64_t stride, double *log_jacobian)
{
    for (int64_t start = 0; start < n; start += GH_PANEL) {
        int64_t m = n - start < GH_PANEL ? n - start : GH_PANEL;
        gh_pass pass = {m, first + start, gh_rng_make(seed, GH_RANDOM_PREP, 0), NULL, 0, work->scratch,
                        log_jacobian ? work->log_jacobian : NULL};
        double *panel = work->panels[0], *other = work->panels[1];
        gather(rows + start * row_stride, row_stride, m, prep->columns, panel);
        memset(work->log_jacobian, 0, sizeof work->log_jacobian);
        for (int64_t k = 0; k < prep->count; k++) {
            double *result;
            GH_TRY(gh_prep_stage_forward(&prep->stages[k], &pass, panel, other, &result));
            if (result == other) other = panel, panel = result;
        }
        scatter(panel, m, prep->width, prepared + start * stride, stride);
        if (log_jacobian) memcpy(log_jacobian + start, work->log_jacobian, (size_t)m * sizeof *log_jacobian);
    }
    return GENHEP_OK;
}

void gh_prep_inverse(const gh_prep *prep, gh_prep_work *work, int64_t n, const double *prepared, int64_t stride,
                     const double *uniforms, int float_output, double *rows, int64_t row_stride)
{
    for (int64_t start = 0; start < n; start += GH_PANEL) {
        int64_t m = n - start < GH_PANEL ? n - start : GH_PANEL;
        gh_pass pass = {.rows = m, .first = start, .uniforms = work->uniforms, .float_output = float_output,
                        .scratch = work->scratch};
        double *panel = work->panels[0], *other = work->panels[1];
        gather(prepared + start * stride, stride, m, prep->width, panel);
        if (prep->uniforms)
            gather(uniforms + start * prep->uniforms, prep->uniforms, m, prep->uniforms, work->uniforms);
        for (int64_t k = prep->count - 1; k >= 0; k--) {
            const gh_stage *stage = &prep->stages[k];
            if (stage->type->in_place) {
                stage->type->inverse(stage, &pass, panel, panel);
            } else {
                stage->type->inverse(stage, &pass, panel, other);
                double *swap = panel;
                panel = other, other = swap;
            }
        }
        scatter(panel, m, prep->columns, rows + start * row_stride, row_stride);
    }
}
