/* model.c -- public model functions: check arguments, call down. */
#include <string.h>

#include "base/text.h"
#include "io/files.h"
#include "model/model.h"
#include "sample/selftest.h"

static gh_status create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                        const char *family, genhep_model **model)
{
    if (!model) GH_FAIL(GENHEP_E_ARG, "genhep_model_create: model is NULL");
    GH_TRY(gh_model_create(options, datasets, n_datasets, family, model));
    if ((*model)->family->trainable) return GENHEP_OK; /* the trainer's snapshots get theirs */
    gh_status status = gh_selftest_store(*model);
    if (status) {
        gh_model_free(*model);
        *model = NULL;
    }
    return status;
}

genhep_status genhep_model_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                                  genhep_model **model)
{
    return create(options, datasets, n_datasets, NULL, model);
}

genhep_status genhep_bvae_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                                 genhep_model **model)
{
    return create(options, datasets, n_datasets, "bvae", model);
}

genhep_status genhep_gan_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                                genhep_model **model)
{
    return create(options, datasets, n_datasets, "gan", model);
}

genhep_status genhep_fcgan_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                                  genhep_model **model)
{
    return create(options, datasets, n_datasets, "fcgan", model);
}

genhep_status genhep_subgan_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                                   genhep_model **model)
{
    return create(options, datasets, n_datasets, "subgan", model);
}

genhep_status genhep_independent_create(const genhep_options *options, const genhep_dataset *const *datasets, int64_t n_datasets,
                                        genhep_model **model)
{
    return create(options, datasets, n_datasets, "independent", model);
}

genhep_status genhep_model_open(const char *path, const genhep_options *options, genhep_model **model)
{
    gh_hooks hooks = gh_hooks_of(options);
    gh_archive archive;
    if (model) *model = NULL;
    if (!path || !model) GH_FAIL(GENHEP_E_ARG, "genhep_model_open: path or model is NULL");
    gh_archive_init(&archive, &hooks);
    gh_status status = gh_archive_read(path, "model", &archive);
    if (!status && (status = gh_model_load(&hooks, &archive, model))) {
        char message[400];
        genhep_last_error(message, sizeof message);
        gh_fail(status, "%s: %s", path, message);
    }
    gh_archive_clear(&archive);
    return status;
}

genhep_status genhep_model_open_memory(const void *bytes, int64_t size, const genhep_options *options, genhep_model **model)
{
    gh_hooks hooks = gh_hooks_of(options);
    gh_archive archive;
    if (model) *model = NULL;
    if (!bytes || !model || size < 0) GH_FAIL(GENHEP_E_ARG, "genhep_model_open_memory: bytes or model is NULL, or size %lld < 0", (long long)size);
    gh_archive_init(&archive, &hooks);
    gh_status status = gh_archive_read_memory(bytes, size, "model", &archive);
    if (!status) status = gh_model_load(&hooks, &archive, model);
    gh_archive_clear(&archive);
    return status;
}

genhep_status genhep_model_save(const genhep_model *model, const char *path)
{
    gh_archive archive;
    if (!model || !path) GH_FAIL(GENHEP_E_ARG, "genhep_model_save: model or path is NULL");
    gh_archive_init(&archive, &model->hooks);
    gh_status status = gh_model_save(model, &archive);
    if (!status) status = gh_archive_write(&archive, path, "model");
    gh_archive_clear(&archive);
    return status;
}

genhep_status genhep_model_verify(const genhep_model *model)
{
    if (!model) GH_FAIL(GENHEP_E_ARG, "genhep_model_verify: model is NULL");
    return gh_selftest_check(model);
}

int64_t genhep_model_columns(const genhep_model *model) { return model ? model->schema->d : 0; }

int64_t genhep_model_conditions(const genhep_model *model) { return model ? model->n_conditions : 0; }

int64_t genhep_model_latents(const genhep_model *model) { return model ? model->latents : 0; }

genhep_status genhep_model_column(const genhep_model *model, int64_t index, genhep_column *column)
{
    if (!model) GH_FAIL(GENHEP_E_ARG, "genhep_model_column: model is NULL");
    return genhep_dataset_column(model->schema, index, column);
}

genhep_status genhep_model_condition(const genhep_model *model, int64_t index, genhep_column *column)
{
    if (!model) GH_FAIL(GENHEP_E_ARG, "genhep_model_condition: model is NULL");
    if (index < 0 || index >= model->n_conditions)
        GH_FAIL(GENHEP_E_ARG, "genhep_model_condition: condition %lld of %lld", (long long)index, (long long)model->n_conditions);
    return genhep_dataset_column(model->schema, model->conditions[index], column);
}

int64_t genhep_model_classes(const genhep_model *model) { return model ? model->subtraction.table.classes : 0; }

genhep_status genhep_model_class(const genhep_model *model, int64_t index, genhep_class *info)
{
    double sigma[GH_CLASSES];
    if (!model || !info || info->struct_size < (int64_t)sizeof(int64_t))
        GH_FAIL(GENHEP_E_ARG, "genhep_model_class: model or info is NULL, or its struct_size is not set");
    const gh_subtraction *s = &model->subtraction;
    if (index < 0 || index >= s->table.classes)
        GH_FAIL(GENHEP_E_ARG, "genhep_model_class: class %lld of %lld", (long long)index, (long long)s->table.classes);
    gh_class_table_sigmas(&s->table, s->sigma, s->fraction, sigma);
    genhep_class now = {.struct_size = info->struct_size, .name = s->table.name[index], .fraction = s->fraction[index], .sigma_pb = sigma[index]};
    for (int64_t k = 0; k < s->table.sets; k++)
        if (s->table.members[k] >> index & 1) now.samples |= 1 << s->table.kind[k];
    memcpy(info, &now, (size_t)(info->struct_size < (int64_t)sizeof now ? info->struct_size : (int64_t)sizeof now));
    return GENHEP_OK;
}

genhep_status genhep_model_info(const genhep_model *model, char *buf, int64_t capacity, int64_t *length)
{
    if (!model || capacity < 0 || (!buf && capacity > 0)) GH_FAIL(GENHEP_E_ARG, "genhep_model_info: model or buf is NULL, or capacity %lld < 0", (long long)capacity);
    gh_text json = {.hooks = &model->hooks};
    gh_model_describe(model, &json);
    gh_status status = json.status;
    if (!status) {
        if (length) *length = json.length;
        if (json.length + 1 > capacity)
            status = gh_fail(GENHEP_E_BUFFER, "genhep_model_info: %lld bytes are needed, the buffer has %lld", (long long)json.length + 1, (long long)capacity);
        else if (buf)
            memcpy(buf, json.data, (size_t)json.length + 1);
    }
    gh_text_free(&json);
    return status;
}

const char *genhep_model_attribute(const genhep_model *model, const char *key)
{
    return model && key ? gh_dataset_attribute(model->schema, key) : NULL;
}

void genhep_model_free(genhep_model *model) { gh_model_free(model); }
