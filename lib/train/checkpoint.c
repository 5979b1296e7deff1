/* checkpoint.c -- a trainer's state to and from an archive: everything but the data and what is a function of the step
 * (orders, noise and masks come from counter-based random numbers, so there is no generator state). */
#include <string.h>

#include "train/trainer.h"

#define REAL_TYPE (sizeof(gh_real) == 4 ? GH_F32 : GH_F64)

/* One list for both directions, so that nothing can be saved and not restored. */
typedef struct field {
    const char *name;
    size_t offset;
    int is_real;
} field;

#define INTEGER(name) {"trainer/" #name, offsetof(gh_train_state, name), 0}
#define NUMBER(name) {"trainer/" #name, offsetof(gh_train_state, name), 1}

static const field fields[] = {
    INTEGER(step), INTEGER(optimiser_steps), NUMBER(seconds), NUMBER(loss), NUMBER(reconstruction), NUMBER(divergence),
    INTEGER(interval), NUMBER(last_loss), NUMBER(last_reconstruction), NUMBER(last_divergence), NUMBER(validation),
    NUMBER(figure), NUMBER(best_figure), NUMBER(best_validation), INTEGER(best_step), INTEGER(checks_without_gain),
    NUMBER(plateau_factor), NUMBER(plateau_best), INTEGER(plateau_wait), INTEGER(stopped_early),
    NUMBER(discriminator), NUMBER(penalty), NUMBER(mmd), NUMBER(last_discriminator), NUMBER(last_penalty), NUMBER(last_mmd),
};

static int64_t arrays_of(genhep_trainer *t, gh_array arrays[GH_MAX_ARRAYS])
{
    const int64_t n = t->model->n_parameters;
    int64_t count = 0;
    arrays[count++] = (gh_array){"trainer/parameters", t->model->parameters, n, NULL};
    arrays[count++] = (gh_array){"trainer/first", t->weights.first, n, NULL};
    arrays[count++] = (gh_array){"trainer/second", t->weights.second, n, NULL};
    arrays[count++] = (gh_array){"trainer/best", t->best, n, NULL};
    if (t->weights.average) arrays[count++] = (gh_array){"trainer/average", t->weights.average, n, NULL};
    if (t->method->arrays) count += t->method->arrays(t, arrays + count);
    return count;
}

gh_status gh_trainer_to_archive(const genhep_trainer *t, gh_archive *archive)
{
    gh_array arrays[GH_MAX_ARRAYS];
    int64_t n = arrays_of((genhep_trainer *)t, arrays); /* read only here */
    GH_TRY(gh_model_save(t->model, archive));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *at = (const char *)&t->state + fields[i].offset;
        GH_TRY(gh_archive_put(archive, fields[i].name, fields[i].is_real ? GH_F64 : GH_I64, 0, NULL, at));
    }
    for (int64_t i = 0; i < n; i++) {
        if (arrays[i].data) GH_TRY(gh_archive_put(archive, arrays[i].name, REAL_TYPE, 1, &arrays[i].n, arrays[i].data));
        else GH_TRY(gh_archive_put_i64(archive, arrays[i].name, *arrays[i].count));
    }
    return gh_archive_put_i64(archive, "trainer/data_hash", (int64_t)t->data.hash);
}

gh_status gh_trainer_from_archive(genhep_trainer *t, const gh_archive *archive)
{
    gh_array arrays[GH_MAX_ARRAYS];
    const gh_entry *entry;
    int64_t hash, n = arrays_of(t, arrays);
    GH_TRY(gh_archive_get_i64(archive, "trainer/data_hash", &hash));
    if ((uint64_t)hash != t->data.hash)
        GH_FAIL(GENHEP_E_STATE, "the training data are not those of the checkpoint: their prepared rows hash to %016llx, expected %016llx",
                (unsigned long long)t->data.hash, (unsigned long long)hash);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        GH_TRY(gh_archive_get(archive, fields[i].name, fields[i].is_real ? GH_F64 : GH_I64, 0, NULL, &entry));
        memcpy((char *)&t->state + fields[i].offset, entry->data, 8);
    }
    if (t->state.step < 0 || t->state.step > t->schedule.steps || t->state.interval < 0)
        GH_FAIL(GENHEP_E_FORMAT, "the checkpoint stands at step %lld of %lld", (long long)t->state.step, (long long)t->schedule.steps);
    for (int64_t i = 0; i < n; i++) {
        if (!arrays[i].data) {
            GH_TRY(gh_archive_get_i64(archive, arrays[i].name, arrays[i].count));
            continue;
        }
        GH_TRY(gh_archive_get(archive, arrays[i].name, REAL_TYPE, 1, &arrays[i].n, &entry));
        memcpy(arrays[i].data, entry->data, (size_t)arrays[i].n * sizeof(gh_real));
    }
    t->weights.optimiser_steps = t->state.optimiser_steps;
    return GENHEP_OK;
}
