/* conditions.c -- targets and conditions: choosing columns, fitting, splitting, storing. Tests: tests/unit/test_conditions.c. */
#include "model/conditions.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "model/prep_share.h"
#include "prep/particle_columns.h"

enum { TARGET = 1, CONDITION = 2 };

/* Mark the columns that the patterns of option `key` select. */
static gh_status mark(const genhep_model *model, const genhep_dataset *data, const char *key, char role, char *roles)
{
    int64_t *indices, count;
    GH_TRY(gh_alloc(&model->hooks, &indices, data->d, sizeof *indices));
    gh_status status = gh_select_columns(key, gh_option_text(model->options, key), (const char *const *)data->names, data->d, indices,
                                         &count);
    for (int64_t k = 0; !status && k < count; k++) {
        int64_t j = indices[k];
        if (roles[j] && roles[j] != role)
            status = gh_fail(GENHEP_E_OPTION, "column '%.80s' is selected by data.condition and by data.target, expected one of them",
                             data->names[j]);
        roles[j] = role;
    }
    gh_free(&model->hooks, indices);
    return status;
}

static int is_given(const genhep_model *model, const char *key)
{
    const char *text = gh_option_text(model->options, key);
    return text[strspn(text, " \t")] != '\0';
}

static gh_status find_roles(const genhep_model *model, const genhep_dataset *data, char *roles)
{
    const int with_conditions = is_given(model, "data.condition"), with_targets = is_given(model, "data.target");
    int64_t targets = 0;
    if (with_conditions) GH_TRY(mark(model, data, "data.condition", CONDITION, roles));
    if (with_targets) GH_TRY(mark(model, data, "data.target", TARGET, roles));
    for (int64_t j = 0; j < data->d; j++) {
        if (!with_targets && !roles[j]) roles[j] = TARGET;
        targets += roles[j] == TARGET;
    }
    if (!targets)
        GH_FAIL(GENHEP_E_OPTION, "data.condition = '%.120s' takes all %lld columns, expected one to be left to generate",
                gh_option_text(model->options, "data.condition"), (long long)data->d);
    return GENHEP_OK;
}

/* Targets, then conditions, both rising, from the roles of the schema's columns. */
static gh_status place(genhep_model *model, const char *roles)
{
    const int64_t d = model->schema->d;
    int64_t at = 0;
    GH_TRY(gh_alloc(&model->hooks, &model->targets, d, sizeof *model->targets));
    for (int64_t j = 0; j < d; j++)
        if (roles[j] != CONDITION) model->targets[at++] = j;
    model->n_targets = at;
    model->n_conditions = d - at;
    model->conditions = model->targets + at;
    for (int64_t j = 0; j < d; j++)
        if (roles[j] == CONDITION) model->targets[at++] = j;
    return GENHEP_OK;
}

gh_status gh_conditions_choose(genhep_model *model, const genhep_dataset *data)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    char *roles = NULL, **names = NULL;
    int64_t d = 0;
    GH_TRY_CLEANUP(gh_alloc(hooks, &roles, data->d, 1));
    GH_TRY_CLEANUP(gh_alloc(hooks, &names, 2 * data->d, sizeof *names));
    GH_TRY_CLEANUP(find_roles(model, data, roles));
    for (int64_t j = 0; j < data->d; j++) {
        if (!roles[j]) continue;
        names[d] = data->names[j];
        names[data->d + d] = data->units[j];
        roles[d++] = roles[j];
    }
    GH_TRY_CLEANUP(gh_dataset_create(hooks, 0, d, (const char *const *)names, (const char *const *)(names + data->d), 0,
                                     &model->schema));
    model->schema->storage = data->storage;
    GH_TRY_CLEANUP(gh_dataset_copy_attributes(model->schema, data));
    GH_TRY_CLEANUP(place(model, roles));
cleanup:
    gh_free(hooks, roles);
    gh_free(hooks, names);
    return status;
}

gh_status gh_conditions_settings(genhep_model *model)
{
    static const char *const settings[][2] = {{"latent.source", "prior"}, {"decoder.calibrate", "off"}};
    if (!model->n_conditions) return GENHEP_OK;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!gh_option_is_set(model->options, settings[i][0]))
            GH_TRY(genhep_options_set(model->options, settings[i][0], settings[i][1]));
    if (gh_option_is(model->options, "latent.source", "prior")) return GENHEP_OK;
    GH_FAIL(GENHEP_E_OPTION, "latent.source: found '%s', expected 'prior' for a model with conditions (the latents in a buffer belong "
            "to the conditions of their events)", gh_option_text(model->options, "latent.source"));
}

/* ---- options of one part ------------------------------------------------------------------------------------- */

/* A clause of data.particles, "name: E=a px=b ..." : does its first column stand among the names? */
static int clause_has_column(const char *begin, const char *end, char *const *names, int64_t d)
{
    const char *at = memchr(begin, ':', (size_t)(end - begin));
    if (!at) return 0;
    at++;
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    const char *stop = at;
    while (stop < end && *stop != ' ' && *stop != '\t') stop++;
    const char *equals = memchr(at, '=', (size_t)(stop - at));
    if (equals) at = equals + 1;
    for (int64_t j = 0; j < d; j++)
        if (strlen(names[j]) == (size_t)(stop - at) && memcmp(names[j], at, (size_t)(stop - at)) == 0) return 1;
    return 0;
}

/* A clause of data.masses, "pattern: mass": does one of the particles match it? */
static int clause_has_particle(const char *begin, const char *end, const gh_particle_list *particles)
{
    char pattern[256];
    const char *colon = memchr(begin, ':', (size_t)(end - begin));
    if (!colon) return 0;
    gh_trim(&begin, &colon);
    if (colon - begin >= (int64_t)sizeof pattern) return 0;
    memcpy(pattern, begin, (size_t)(colon - begin));
    pattern[colon - begin] = '\0';
    for (int64_t k = 0; k < particles->count; k++)
        if (gh_pattern_match(pattern, particles->list[k].name)) return 1;
    return 0;
}

/* Drop from the comma-separated clauses of `key` those of the other part, so that one list may speak of particles of both.
 * What belongs to neither stays: the fit of this part will name it. */
static gh_status keep_own(genhep_options *options, const char *key, const genhep_dataset *own, const gh_particle_list *own_particles,
                          const genhep_dataset *other, const gh_particle_list *other_particles)
{
    const char *text = gh_option_text(options, key), *stop = text + strlen(text);
    gh_text kept = {.hooks = &own->hooks};
    if (!strchr(text, ':')) return GENHEP_OK; /* empty, or one mass for all */
    gh_text_add(&kept, "%s", "");
    for (const char *begin = text; begin <= stop;) {
        const char *end = memchr(begin, ',', (size_t)(stop - begin));
        if (!end) end = stop;
        int mine = own_particles ? clause_has_particle(begin, end, own_particles) : clause_has_column(begin, end, own->names, own->d);
        int theirs = other_particles ? clause_has_particle(begin, end, other_particles)
                                     : clause_has_column(begin, end, other->names, other->d);
        if (mine || !theirs) gh_text_add(&kept, "%s%.*s", kept.length ? "," : "", (int)(end - begin), begin);
        begin = end + 1;
    }
    gh_status status = kept.status ? kept.status : genhep_options_set_text(options, key, kept.data);
    gh_text_free(&kept);
    return status;
}

/* The model's options as one part's preparation reads them; chain: the option that holds its chain, NULL for the targets. */
static gh_status part_options(const genhep_model *model, const genhep_dataset *own, const genhep_dataset *other, const char *chain,
                              genhep_options **result)
{
    gh_status status;
    genhep_options *options = NULL, *others = NULL;
    gh_particle_list mine = {.hooks = model->hooks}, theirs = {.hooks = model->hooks};
    GH_TRY_CLEANUP(gh_options_merge(model->options, NULL, &options));
    GH_TRY_CLEANUP(gh_options_merge(model->options, NULL, &others));
    GH_TRY_CLEANUP(keep_own(options, "data.particles", own, NULL, other, NULL));
    GH_TRY_CLEANUP(keep_own(others, "data.particles", other, NULL, own, NULL));
    GH_TRY_CLEANUP(gh_particles_find(&model->hooks, (const char *const *)own->names, own->d,
                                     gh_option_text(options, "data.particles"), &mine));
    GH_TRY_CLEANUP(gh_particles_find(&model->hooks, (const char *const *)other->names, other->d,
                                     gh_option_text(others, "data.particles"), &theirs));
    GH_TRY_CLEANUP(keep_own(options, "data.masses", own, &mine, other, &theirs));
    if (chain) {
        GH_TRY_CLEANUP(genhep_options_set_text(options, "prep", gh_option_text(options, chain)));
        GH_TRY_CLEANUP(genhep_options_set(options, "prep.tree", "")); /* a tree of conditions is its stage's argument */
        GH_TRY_CLEANUP(genhep_options_set(options, "prep.balance", "none")); /* every column is to be seen */
    }
    *result = options;
    options = NULL;
cleanup:
    gh_particles_clear(&mine);
    gh_particles_clear(&theirs);
    genhep_options_free(options);
    genhep_options_free(others);
    return status;
}

/* ---- fitting ------------------------------------------------------------------------------------------------- */

/* Table of `count` columns of the schema, which stand at `from` in data. */
static gh_status take_columns(const genhep_model *model, const genhep_dataset *data, const int64_t *columns, int64_t count,
                              genhep_dataset **part)
{
    gh_status status;
    int64_t *from;
    GH_TRY(gh_alloc(&model->hooks, &from, count, sizeof *from));
    for (int64_t k = 0; k < count; k++) from[k] = gh_dataset_find(data, model->schema->names[columns[k]]);
    status = gh_dataset_columns(data, from, count, part);
    gh_free(&model->hooks, from);
    return status;
}

static gh_status keep_examples(genhep_model *model, const genhep_dataset *given)
{
    const int64_t C = model->n_conditions;
    GH_TRY(gh_alloc(&model->hooks, &model->examples, GH_EXAMPLES * C, sizeof *model->examples));
    for (int64_t k = 0; k < GH_EXAMPLES; k++)
        memcpy(model->examples + k * C, given->values + (given->n * k / GH_EXAMPLES) * C, (size_t)C * sizeof *model->examples);
    return GENHEP_OK;
}

static gh_status share(const gh_hooks *hooks, gh_prep *prep, gh_prep_share **shared)
{
    gh_status status = gh_prep_share_create(hooks, prep, shared);
    if (status) gh_prep_free(prep);
    return status;
}

/* A failure of a chain of conditions says whose it is: stages name the option prep in their messages. */
static gh_status as_chain(const char *chain, gh_status status)
{
    char message[400];
    if (!status || status == GENHEP_E_NOMEM) return status;
    genhep_last_error(message, sizeof message);
    return gh_fail(status, "%s: %s", chain, message);
}

static gh_status fit_condition_chain(const genhep_model *model, const genhep_dataset *given, const genhep_dataset *generated,
                                     const char *chain, gh_prep **prep)
{
    genhep_options *options = NULL;
    GH_TRY(part_options(model, given, generated, chain, &options));
    gh_status status = as_chain(chain, gh_prep_fit(&model->hooks, options, given, prep));
    genhep_options_free(options);
    return status;
}

/* The map of prep.reference, on the targets behind their chain, which is fitted. */
static gh_status fit_reference(genhep_model *model, const genhep_dataset *generated, const genhep_dataset *given)
{
    enum { ROWS = 1024 };
    const gh_hooks *hooks = &model->hooks;
    const int64_t seed = gh_option_int(model->options, "seed"), P = model->p;
    gh_status status;
    gh_prep *chain = NULL;
    gh_prep_work *work = NULL;
    double *prepared = NULL;
    GH_TRY_CLEANUP(gh_alloc(hooks, &prepared, generated->n * P, sizeof *prepared));
    GH_TRY_CLEANUP(gh_prep_work_create(hooks, model->prep, ROWS, &work));
    for (int64_t start = 0; start < generated->n; start += ROWS) {
        const int64_t rows = generated->n - start < ROWS ? generated->n - start : ROWS;
        GH_TRY_CLEANUP(gh_prep_forward(model->prep, work, rows, generated->values + start * generated->d, generated->d, seed, start,
                                       prepared + start * P, P, NULL));
    }
    GH_TRY_CLEANUP(fit_condition_chain(model, given, generated, "prep.reference", &chain));
    const gh_reference_data data = {generated->n, prepared, given->values, given->weights, generated, given, gh_condition_seed(seed, 0),
                                    gh_option_int(model->options, "prep.bins"), gh_option_text(model->options, "prep.pairs"),
                                    gh_option_text(model->options, "prep.peaks")};
    GH_TRY_CLEANUP(gh_reference_fit(hooks, model->prep, chain, &data, &model->reference));
cleanup:
    gh_prep_work_free(work);
    gh_free(hooks, prepared);
    return status;
}

static gh_status check_chains(const genhep_model *model)
{
    const char *stage = gh_prep_forward_only(model->prep);
    if (stage)
        GH_FAIL(GENHEP_E_OPTION, "prep: '%s' is for chains of conditions: what it leaves out could not be generated", stage);
    if (is_given(model, "prep.reference") && !model->n_conditions)
        GH_FAIL(GENHEP_E_OPTION, "prep.reference: the model has no conditions (data.condition) that could be a reference");
    return GENHEP_OK;
}

gh_status gh_conditions_fit(genhep_model *model, const genhep_dataset *data)
{
    gh_status status;
    const gh_hooks *hooks = &model->hooks;
    genhep_dataset *generated = NULL, *given = NULL;
    genhep_options *options = NULL;
    gh_prep *prep = NULL;
    if (!model->n_conditions && data->d == model->schema->d) {
        GH_TRY(gh_prep_fit(hooks, model->options, data, &prep));
    } else {
        GH_TRY_CLEANUP(take_columns(model, data, model->targets, model->n_targets, &generated));
        if (model->n_conditions) {
            GH_TRY_CLEANUP(take_columns(model, data, model->conditions, model->n_conditions, &given));
            GH_TRY_CLEANUP(keep_examples(model, given));
            GH_TRY_CLEANUP(part_options(model, generated, given, NULL, &options));
            GH_TRY_CLEANUP(fit_condition_chain(model, given, generated, "prep.condition", &prep));
            GH_TRY_CLEANUP(share(hooks, prep, &model->condition_share));
            model->condition_prep = prep;
            model->q = gh_prep_width(prep);
        }
        GH_TRY_CLEANUP(gh_prep_fit(hooks, options ? options : model->options, generated, &prep));
    }
    GH_TRY_CLEANUP(share(hooks, prep, &model->share));
    model->prep = prep;
    model->p = gh_prep_width(prep);
    GH_TRY_CLEANUP(check_chains(model));
    if (given && generated && is_given(model, "prep.reference")) GH_TRY_CLEANUP(fit_reference(model, generated, given));
cleanup:
    gh_dataset_free(generated);
    gh_dataset_free(given);
    genhep_options_free(options);
    return status;
}

gh_status gh_conditions_copy(const genhep_model *model, genhep_model *copy)
{
    const int64_t d = model->schema->d, C = model->n_conditions;
    GH_TRY(gh_alloc(&copy->hooks, &copy->targets, d, sizeof *copy->targets));
    memcpy(copy->targets, model->targets, (size_t)d * sizeof *copy->targets);
    copy->conditions = copy->targets + model->n_targets;
    if (model->kept) {
        GH_TRY(gh_alloc(&copy->hooks, &copy->kept, model->p, sizeof *copy->kept));
        memcpy(copy->kept, model->kept, (size_t)model->p * sizeof *copy->kept);
    }
    if (!C) return GENHEP_OK;
    copy->condition_share = gh_prep_share_retain(model->condition_share);
    copy->reference = gh_reference_retain(model->reference);
    if (model->skip_from) {
        GH_TRY(gh_alloc(&copy->hooks, &copy->skip_from, model->p, sizeof *copy->skip_from));
        memcpy(copy->skip_from, model->skip_from, (size_t)model->p * sizeof *copy->skip_from);
    }
    GH_TRY(gh_alloc(&copy->hooks, &copy->examples, GH_EXAMPLES * C, sizeof *copy->examples));
    memcpy(copy->examples, model->examples, (size_t)(GH_EXAMPLES * C) * sizeof *copy->examples);
    return GENHEP_OK;
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

void gh_conditions_split(const genhep_model *model, int64_t n, const double *rows, int64_t stride, double *targets,
                         double *conditions)
{
    const int64_t T = model->n_targets, C = model->n_conditions;
    for (int64_t i = 0; i < n; i++) {
        const double *row = rows + i * stride;
        for (int64_t k = 0; targets && k < T; k++) targets[i * T + k] = row[model->targets[k]];
        for (int64_t k = 0; conditions && k < C; k++) conditions[i * C + k] = row[model->conditions[k]];
    }
}

void gh_conditions_join(const genhep_model *model, int64_t n, const double *targets, const double *conditions, double *rows,
                        int64_t stride)
{
    const int64_t T = model->n_targets, C = model->n_conditions;
    for (int64_t i = 0; i < n; i++) {
        double *row = rows + i * stride;
        for (int64_t k = 0; k < T; k++) row[model->targets[k]] = targets[i * T + k];
        for (int64_t k = 0; k < C; k++) row[model->conditions[k]] = conditions[i * C + k];
    }
}

int64_t gh_condition_seed(int64_t seed, int64_t stream)
{
    uint64_t mixed = ((uint64_t)seed ^ 0x9fb21c651e98df25u) + 0x9e3779b97f4a7c15u * (uint64_t)stream;
    int64_t result;
    memcpy(&result, &mixed, sizeof result);
    return result;
}

/* ---- files --------------------------------------------------------------------------------------------------- */

gh_status gh_conditions_save(const genhep_model *model, gh_archive *archive)
{
    int64_t C = model->n_conditions, dims[2] = {GH_EXAMPLES, C};
    if (!C) return GENHEP_OK;
    GH_TRY(gh_archive_put(archive, "schema/conditions", GH_I64, 1, &C, model->conditions));
    GH_TRY(gh_prep_save(model->condition_prep, "condition_prep", archive));
    if (model->reference) GH_TRY(gh_reference_save(model->reference, archive));
    return gh_archive_put(archive, "selftest/conditions", GH_F64, 2, dims, model->examples);
}

static gh_status load_roles(genhep_model *model, const gh_entry *entry)
{
    const int64_t d = model->schema->d, count = entry ? entry->dims[0] : 0, *columns = entry ? entry->data : NULL;
    char *roles;
    gh_status status = GENHEP_OK;
    if (entry && (count < 1 || count >= d))
        GH_FAIL(GENHEP_E_FORMAT, "'schema/conditions' has %lld of %lld columns, expected 1 to %lld", (long long)count, (long long)d,
                (long long)d - 1);
    GH_TRY(gh_alloc(&model->hooks, &roles, d, 1));
    for (int64_t k = 0; !status && k < count; k++) {
        if (columns[k] < 0 || columns[k] >= d || (k && columns[k] <= columns[k - 1]))
            status = gh_fail(GENHEP_E_FORMAT, "'schema/conditions' is %lld at %lld, expected rising numbers below %lld",
                             (long long)columns[k], (long long)k, (long long)d);
        else roles[columns[k]] = CONDITION;
    }
    if (!status) status = place(model, roles);
    gh_free(&model->hooks, roles);
    return status;
}

gh_status gh_conditions_load(genhep_model *model, const gh_archive *archive)
{
    const gh_entry *entry = NULL;
    int64_t any = -1;
    gh_prep *prep;
    if (gh_archive_find(archive, "schema/conditions")) GH_TRY(gh_archive_get(archive, "schema/conditions", GH_I64, 1, &any, &entry));
    GH_TRY(load_roles(model, entry));
    if (!entry) return GENHEP_OK;
    int64_t C = model->n_conditions, dims[2] = {GH_EXAMPLES, C};
    GH_TRY(gh_prep_load(&model->hooks, "condition_prep", archive, &prep));
    GH_TRY(share(&model->hooks, prep, &model->condition_share));
    model->condition_prep = prep;
    model->q = gh_prep_width(prep);
    if (gh_prep_columns(prep) != C)
        GH_FAIL(GENHEP_E_FORMAT, "the preparation of conditions has %lld columns, the schema %lld", (long long)gh_prep_columns(prep),
                (long long)C);
    GH_TRY(gh_archive_get(archive, "selftest/conditions", GH_F64, 2, dims, &entry));
    GH_TRY(gh_alloc(&model->hooks, &model->examples, GH_EXAMPLES * C, sizeof *model->examples));
    memcpy(model->examples, entry->data, (size_t)(GH_EXAMPLES * C) * sizeof *model->examples);
    for (int64_t i = 0; i < GH_EXAMPLES * C; i++)
        if (!isfinite(model->examples[i])) GH_FAIL(GENHEP_E_FORMAT, "'selftest/conditions' is not finite in row %lld", (long long)(i / C));
    return GENHEP_OK;
}
