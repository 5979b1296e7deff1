/* prep_fit.c -- building a preparation from options and a table of events. */
#include <string.h>

#include "prep/prep_handle.h"

/* (n,d) rows to (d,n) columns, in blocks that fit the cache. */
static gh_status transpose(const gh_hooks *hooks, const genhep_dataset *data, double **columns)
{
    GH_TRY(gh_alloc_aligned(hooks, columns, data->n * data->d, sizeof(double)));
    for (int64_t start = 0; start < data->n; start += GH_PANEL) {
        int64_t stop = start + GH_PANEL < data->n ? start + GH_PANEL : data->n;
        for (int64_t j = 0; j < data->d; j++)
            for (int64_t i = start; i < stop; i++) (*columns)[j * data->n + i] = data->values[i * data->d + j];
    }
    return GENHEP_OK;
}

/* All rows through one stage: (width_in, n) in, (width_out, n) out. */
static gh_status forward_table(const gh_stage *stage, int64_t n, const double *columns, int64_t seed, double *result)
{
    double *in = NULL, *out = NULL, *scratch = NULL, *at;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(gh_alloc_aligned(&stage->hooks, &in, stage->width_in * GH_PANEL, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(&stage->hooks, &out, stage->width_out * GH_PANEL, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc_aligned(&stage->hooks, &scratch, stage->scratch * GH_PANEL, sizeof(double)));
    for (int64_t start = 0; start < n; start += GH_PANEL) {
        int64_t m = n - start < GH_PANEL ? n - start : GH_PANEL;
        gh_pass pass = {.rows = m, .first = start, .rng = gh_rng_make(seed, GH_RANDOM_PREP, 0), .scratch = scratch};
        for (int64_t j = 0; j < stage->width_in; j++)
            for (int64_t i = 0; i < GH_PANEL; i++) in[j * GH_PANEL + i] = columns[j * n + start + (i < m ? i : m - 1)];
        GH_TRY_CLEANUP(gh_prep_stage_forward(stage, &pass, in, out, &at));
        for (int64_t j = 0; j < stage->width_out; j++)
            memcpy(result + j * n + start, at + j * GH_PANEL, (size_t)m * sizeof *result);
    }
cleanup:
    gh_free_aligned(&stage->hooks, in);
    gh_free_aligned(&stage->hooks, out);
    gh_free_aligned(&stage->hooks, scratch);
    return status;
}

static gh_status name_stage(gh_stage *stage, const gh_layout *in)
{
    GH_TRY(gh_alloc(&stage->hooks, &stage->names, in->count, sizeof *stage->names));
    stage->width_in = in->count;
    for (int64_t j = 0; j < in->count; j++) GH_TRY(gh_strdup(&stage->hooks, in->list[j].name, &stage->names[j]));
    return GENHEP_OK;
}

/* Fit stage k on *columns, then replace *columns and *layout by what it hands on. */
static gh_status fit_stage(gh_prep *prep, int64_t k, const genhep_options *options, const gh_arguments *arguments,
                           const genhep_dataset *data, gh_layout *layout, double **columns)
{
    gh_stage *stage = &prep->stages[k];
    gh_layout out = {.hooks = prep->hooks};
    double *result = NULL;
    gh_status status = GENHEP_OK;
    GH_TRY_CLEANUP(name_stage(stage, layout));
    gh_fit fit = {options, layout, &out, arguments, data->n, *columns, data->weights};
    GH_TRY_CLEANUP(stage->type->fit(stage, &fit));
    stage->width_out = out.count;
    GH_TRY_CLEANUP(gh_prep_adopt(prep, k));
    if (k + 1 < prep->count) {
        GH_TRY_CLEANUP(gh_alloc_aligned(&prep->hooks, &result, out.count * data->n, sizeof(double)));
        GH_TRY_CLEANUP(forward_table(stage, data->n, *columns, gh_option_int(options, "seed"), result));
        gh_free_aligned(&prep->hooks, *columns);
        *columns = result;
        result = NULL;
    }
    gh_layout swap = *layout;
    *layout = out;
    out = swap;
cleanup:
    gh_free_aligned(&prep->hooks, result);
    gh_layout_clear(&out);
    return status;
}

gh_status gh_prep_fit(const gh_hooks *hooks, const genhep_options *options, const genhep_dataset *data,
                      gh_prep **fitted)
{
    gh_chain chain = {.hooks = *hooks};
    gh_prep *prep = NULL;
    double *columns = NULL;
    gh_layout layout = {.hooks = *hooks};
    gh_status status = GENHEP_OK;
    *fitted = NULL;
    if (data->n < 1 || data->d < 1)
        GH_FAIL(GENHEP_E_SHAPE, "prep: the table has %lld events and %lld columns, expected at least 1 of each",
                (long long)data->n, (long long)data->d);
    GH_TRY(gh_dataset_check_finite(data, "prep"));
    GH_TRY_CLEANUP(gh_chain_parse(hooks, gh_option_text(options, "prep"), &chain));
    if (chain.count > GH_PREP_MOST_STAGES) {
        status = gh_fail(GENHEP_E_OPTION, "prep has %lld stages, expected at most %d", (long long)chain.count,
                         GH_PREP_MOST_STAGES);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_prep_create(hooks, chain.count, &prep));
    for (int64_t k = 0; k < chain.count; k++) /* every name before any work */
        GH_TRY_CLEANUP(gh_stage_class_find(chain.names[k], "prep", GENHEP_E_OPTION, &prep->stages[k].type));
    for (int64_t j = 0; j < data->d; j++)
        GH_TRY_CLEANUP(gh_layout_add(&layout, GH_COORDINATE_COLUMN,
                                     gh_angle_by_name(data->names[j]) ? GH_ANGLE_AZIMUTH : GH_ANGLE_NONE, "%s",
                                     data->names[j]));
    GH_TRY_CLEANUP(transpose(hooks, data, &columns));
    for (int64_t k = 0; k < chain.count; k++)
        GH_TRY_CLEANUP(fit_stage(prep, k, options, &chain.arguments[k], data, &layout, &columns));
    prep->columns = data->d;
    prep->width = layout.count;
    gh_layout swap = prep->out;
    prep->out = layout;
    layout = swap;
    GH_TRY_CLEANUP(gh_prep_make_measure(prep));
    *fitted = prep;
    prep = NULL;
cleanup:
    gh_layout_clear(&layout);
    gh_free_aligned(hooks, columns);
    gh_chain_free(&chain);
    gh_prep_free(prep);
    return status;
}
