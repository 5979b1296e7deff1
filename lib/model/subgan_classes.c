/* subgan_classes.c -- what is known about the classes of a subtraction: measured shares, cross sections, weights, file entries. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/class_calibration.h"
#include "model/subgan.h"

enum { MEASURED = 131072 }; /* events */
#define RAREST 1e-3         /* of all events: rarer classes would take thousands of rounds a block */

gh_status gh_subgan_measure(genhep_model *model)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    gh_subtraction *s = &model->subtraction;
    gh_real *rows = NULL, rates[GH_CLASSES];
    int32_t *classes = NULL;
    int64_t count[GH_CLASSES] = {0};
    GH_TRY_CLEANUP(gh_alloc(hooks, &rows, MEASURED * model->p, sizeof *rows));
    GH_TRY_CLEANUP(gh_alloc(hooks, &classes, MEASURED, sizeof *classes));
    GH_TRY_CLEANUP(gh_subgan_rows(model, gh_option_int(model->options, "seed"), MEASURED, rows, classes, &s->purity));
    for (int64_t i = 0; i < MEASURED; i++) count[classes[i]]++;
    if (s->stratified) gh_subgan_rates(model, rates);
    for (int64_t k = 0; k < s->table.classes; k++)
        s->fraction[k] = s->stratified ? (double)rates[k] : (double)count[k] / MEASURED;
cleanup:
    gh_free(hooks, rows);
    gh_free(hooks, classes);
    return status;
}

gh_status gh_subgan_draw(const genhep_model *model, const char *sum, gh_draw *draw)
{
    const gh_subtraction *s = &model->subtraction;
    int32_t coefficient[GH_CLASSES];
    double sigma[GH_CLASSES] = {0}, drawn = 0;
    GH_TRY(gh_class_table_sum(&s->table, sum, coefficient));
    gh_class_table_sigmas(&s->table, s->sigma, s->fraction, sigma);
    for (int64_t k = 0; k < s->table.classes; k++)
        if (coefficient[k]) {
            draw->wanted |= 1u << k;
            drawn += s->fraction[k];
        }
    for (int64_t k = 0; k < s->table.classes; k++)
        draw->weight[k] = s->fraction[k] > 0 ? coefficient[k] * sigma[k] * drawn / s->fraction[k] : 0;
    return GENHEP_OK;
}

gh_status gh_subgan_check_draw(const genhep_model *model, const gh_draw *draw)
{
    const gh_subtraction *s = &model->subtraction;
    double all = 0, drawn = 0;
    for (int64_t k = 0; k < s->table.classes; k++) {
        all += s->fraction[k];
        if (draw->wanted >> k & 1) drawn += s->fraction[k];
    }
    if (!(all > 0)) GH_FAIL(GENHEP_E_STATE, "the shares of the classes are not known (they are measured when a model is taken from a trainer)");
    if (!s->stratified && drawn < RAREST)
        GH_FAIL(GENHEP_E_STATE, "subtract.class: the chosen classes have a share of %.3g of the generated events, expected at least %g", drawn, RAREST);
    return GENHEP_OK;
}

static gh_status class_names(const genhep_model *model, gh_text *names)
{
    for (int64_t k = 0; k < model->subtraction.table.classes; k++) gh_text_add(names, "%s\n", model->subtraction.table.name[k]);
    return names->status;
}

gh_status gh_subgan_save(const genhep_model *model, gh_archive *archive)
{
    const gh_subtraction *s = &model->subtraction;
    gh_text names = {.hooks = &model->hooks};
    if (!s->table.classes) return GENHEP_OK;
    gh_status status = class_names(model, &names);
    if (!status) status = gh_archive_put_text(archive, "classes/names", names.data);
    gh_text_free(&names);
    if (status) return status;
    GH_TRY(gh_archive_put(archive, "classes/sigma", GH_F64, 1, &s->table.sets, s->sigma));
    GH_TRY(gh_archive_put(archive, "classes/fraction", GH_F64, 1, &s->table.classes, s->fraction));
    GH_TRY(gh_archive_put_f64(archive, "classes/purity", s->purity));
    GH_TRY(gh_class_calibration_save(model, archive));
    if (!s->stratified) return GENHEP_OK;
    return gh_archive_put(archive, "classes/rates", sizeof(gh_real) == 4 ? GH_F32 : GH_F64, 1, &s->table.classes, model->parameters + s->rates);
}

static gh_status check_names(const genhep_model *model, const gh_archive *archive)
{
    const char *found;
    gh_text names = {.hooks = &model->hooks};
    GH_TRY(gh_archive_get_text(archive, "classes/names", &found));
    gh_status status = class_names(model, &names);
    if (!status && strcmp(found, names.data ? names.data : "") != 0)
        status = gh_fail(GENHEP_E_FORMAT, "'classes/names' are not those of the file's option classes");
    gh_text_free(&names);
    return status;
}

gh_status gh_subgan_load(genhep_model *model, const gh_archive *archive)
{
    gh_subtraction *s = &model->subtraction;
    const gh_entry *entry;
    double all = 0;
    if (!s->table.classes) return GENHEP_OK;
    GH_TRY(check_names(model, archive));
    GH_TRY(gh_archive_get(archive, "classes/sigma", GH_F64, 1, &s->table.sets, &entry));
    memcpy(s->sigma, entry->data, (size_t)s->table.sets * sizeof *s->sigma);
    GH_TRY(gh_archive_get(archive, "classes/fraction", GH_F64, 1, &s->table.classes, &entry));
    memcpy(s->fraction, entry->data, (size_t)s->table.classes * sizeof *s->fraction);
    GH_TRY(gh_archive_get_f64(archive, "classes/purity", &s->purity));
    for (int64_t i = 0; i < s->table.sets; i++)
        if (!(s->sigma[i] > 0 && isfinite(s->sigma[i])))
            GH_FAIL(GENHEP_E_FORMAT, "'classes/sigma' of sample %lld is %g, expected a number above 0", (long long)i, s->sigma[i]);
    for (int64_t k = 0; k < s->table.classes; k++) {
        if (!(s->fraction[k] >= 0 && s->fraction[k] <= 1))
            GH_FAIL(GENHEP_E_FORMAT, "'classes/fraction' of class %lld is %g, expected a number from 0 to 1", (long long)k, s->fraction[k]);
        all += s->fraction[k];
    }
    if (all != 0 && fabs(all - 1) > 1e-5) GH_FAIL(GENHEP_E_FORMAT, "'classes/fraction' adds up to %g, expected 1", all);
    GH_TRY(gh_class_calibration_load(model, archive));
    if (!(s->purity >= 0 && s->purity <= 1)) GH_FAIL(GENHEP_E_FORMAT, "'classes/purity' is %g, expected a number from 0 to 1", s->purity);
    if (!s->stratified) return GENHEP_OK;
    GH_TRY(gh_archive_get(archive, "classes/rates", sizeof(gh_real) == 4 ? GH_F32 : GH_F64, 1, &s->table.classes, &entry));
    memcpy(model->parameters + s->rates, entry->data, (size_t)s->table.classes * sizeof(gh_real));
    return GENHEP_OK;
}
