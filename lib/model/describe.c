/* describe.c -- a model in words: the JSON object that `genhep info` prints. */
#include <string.h>

#include "base/text.h"
#include "model/model.h"

static void add_network(gh_text *json, const char *name, const gh_network *network)
{
    static const char *const activations[] = {"linear", "relu", "leaky", "elu", "tanh", "sigmoid", "softplus", "gelu", "silu"};
    static const char *const kinds[] = {"dense", "conv", "rnn", "streams"};
    const gh_network_spec *s = &network->spec;
    const int pictures = s->kind == GH_NETWORK_CONV || s->kind == GH_NETWORK_STREAMS; /* sized by other options: count the layers, name the widest */
    gh_text_add(json, ",\n  \"%s\": {\"kind\": \"%s\", \"inputs\": %lld, \"layers\": %lld, \"units\": %lld, ", name, kinds[s->kind],
                (long long)s->inputs, (long long)(pictures ? network->n_layers - 1 : s->layers),
                (long long)(pictures ? network->values : s->units));
    gh_text_add(json, "\"activation\": \"%s\", \"outputs\": %lld, \"output_activation\": \"%s\"}", activations[s->activation],
                (long long)s->outputs, activations[s->output_activation]);
}

static void add_texts(gh_text *json, const char *name, char *const *texts, int64_t n)
{
    gh_text_add(json, ",\n  \"%s\": [", name);
    for (int64_t i = 0; i < n; i++) {
        if (i) gh_text_add(json, ", ");
        gh_text_add_json(json, texts[i]);
    }
    gh_text_add(json, "]");
}

static void add_coordinates(gh_text *json, const char *name, const gh_prep *prep)
{
    gh_text_add(json, ",\n  \"%s\": [", name);
    for (int64_t j = 0; j < gh_prep_width(prep); j++) {
        if (j) gh_text_add(json, ", ");
        gh_text_add_json(json, gh_prep_name(prep, j));
    }
    gh_text_add(json, "]");
}

static void add_conditions(const genhep_model *model, gh_text *json)
{
    gh_text_add(json, ",\n  \"conditions\": [");
    for (int64_t k = 0; k < model->n_conditions; k++) {
        if (k) gh_text_add(json, ", ");
        gh_text_add_json(json, model->schema->names[model->conditions[k]]);
    }
    gh_text_add(json, "]");
    if (model->q) add_coordinates(json, "condition_coordinates", model->condition_prep);
}

static void add_options(const genhep_model *model, gh_text *json)
{
    gh_text card = {.hooks = &model->hooks};
    gh_text_add(&card, "%s", "");
    gh_options_to_card(model->options, &card);
    gh_text_add(json, ",\n  \"options\": {");
    int first = 1;
    for (char *line = card.data, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        char *equals = strstr(line, " = ");
        if (!equals) continue;
        *equals = '\0';
        gh_text_add(json, first ? "\n    " : ",\n    ");
        gh_text_add_json(json, line);
        gh_text_add(json, ": ");
        gh_text_add_json(json, equals + 3);
        first = 0;
    }
    gh_text_add(json, "}");
    if (card.status && !json->status) json->status = card.status;
    gh_text_free(&card);
}

static void add_classes(const genhep_model *model, gh_text *json)
{
    const gh_subtraction *s = &model->subtraction;
    double sigma[GH_CLASSES];
    if (!s->table.classes) return;
    gh_class_table_sigmas(&s->table, s->sigma, s->fraction, sigma);
    gh_text_add(json, ",\n  \"samples\": {");
    for (int64_t i = 0; i < s->table.sets; i++) {
        gh_text_add(json, "%s\"%s\": {\"sigma_pb\": ", i ? ", " : "", gh_set_name(s->table.kind[i]));
        gh_text_add_number(json, s->sigma[i], 10);
        gh_text_add(json, "}");
    }
    gh_text_add(json, "},\n  \"classes\": [");
    for (int64_t k = 0; k < s->table.classes; k++) {
        gh_text_add(json, k ? ",\n    {\"name\": " : "\n    {\"name\": ");
        gh_text_add_json(json, s->table.name[k]);
        gh_text_add(json, ", \"fraction\": ");
        gh_text_add_number(json, s->fraction[k], 8);
        gh_text_add(json, ", \"sigma_pb\": ");
        gh_text_add_number(json, sigma[k], 10);
        gh_text_add(json, "}");
    }
    gh_text_add(json, "],\n  \"purity\": ");
    gh_text_add_number(json, s->purity, 6);
}

void gh_model_describe(const genhep_model *model, gh_text *json)
{
    const gh_provenance *p = &model->provenance;
    gh_text_add(json, "{\n  \"family\": ");
    gh_text_add_json(json, gh_option_text(model->options, "model.family"));
    gh_text_add(json, ",\n  \"library\": ");
    gh_text_add_json(json, p->library);
    gh_text_add(json, ",\n  \"columns_count\": %lld, \"prepared\": %lld, \"latents\": %lld, \"parameters\": %lld, "
                "\"buffer_entries\": %lld, \"block\": %d", (long long)model->schema->d, (long long)model->p,
                (long long)model->latents, (long long)model->n_trainable, (long long)model->buffer.n, GH_BLOCK);
    add_texts(json, "columns", model->schema->names, model->schema->d);
    add_texts(json, "units", model->schema->units, model->schema->d);
    add_conditions(model, json);
    add_coordinates(json, "coordinates", model->prep);
    gh_text_add(json, ",\n  \"reference_measure\": ");
    gh_text_add_json(json, gh_prep_measure(model->prep));
    if (model->n_parameters) {
        if (model->encoder.n_layers) add_network(json, "encoder", &model->encoder);
        add_network(json, model->family == &gh_family_gan ? "generator" : "decoder", &model->decoder);
    }
    add_classes(model, json);
    gh_text_add(json, ",\n  \"attributes\": {");
    for (int64_t i = 0; i < model->schema->n_attributes; i++) {
        if (i) gh_text_add(json, ", ");
        gh_text_add_json(json, model->schema->attributes[i].key);
        gh_text_add(json, ": ");
        gh_text_add_json(json, model->schema->attributes[i].value);
    }
    gh_text_add(json, "}");
    add_options(model, json);
    gh_text_add(json, ",\n  \"provenance\": {\"data_hash\": \"%016llx\", \"data_events\": %lld, \"seed\": %lld, \"steps\": %lld, "
                "\"seconds\": ", (unsigned long long)p->data_hash, (long long)p->data_events, (long long)p->seed,
                (long long)p->steps);
    gh_text_add_number(json, p->seconds, 6);
    gh_text_add(json, ", \"figure\": ");
    gh_text_add_number(json, p->figure, 6);
    gh_text_add(json, ", \"validation_loss\": ");
    gh_text_add_number(json, p->validation, 8);
    gh_text_add(json, ", \"selftest_events\": %lld}\n}\n", (long long)model->selftest_n);
}
