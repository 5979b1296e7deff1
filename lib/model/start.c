/* start.c -- start weights from another model. Tests: tests/property/test_start.c. */
#include "model/start.h"

#include <string.h>

#include "model/gan.h"

#define DIFFERS(what, found, expected)                                                                               \
    GH_FAIL(GENHEP_E_OPTION, "the model to start from: %s: found %lld, expected %lld as in the model that is trained", \
            what, (long long)(found), (long long)(expected))

static int same_layer(const gh_layer *a, const gh_layer *b)
{
    return a->kind == b->kind && a->inputs == b->inputs && a->outputs == b->outputs && a->weight_rows == b->weight_rows &&
           a->weight_columns == b->weight_columns && a->bias_size == b->bias_size && a->columns == b->columns && a->skip == b->skip &&
           a->skip_after == b->skip_after && a->activation == b->activation && (a->norm_scale < 0) == (b->norm_scale < 0) &&
           (a->mean < 0) == (b->mean < 0) && memcmp(&a->patches, &b->patches, sizeof a->patches) == 0;
}

static gh_status check_network(const char *what, const gh_network *from, const gh_network *to)
{
    if (from->n_layers != to->n_layers)
        GH_FAIL(GENHEP_E_OPTION, "the model to start from: %s: found %lld layers, expected %lld", what, (long long)from->n_layers,
                (long long)to->n_layers);
    for (int64_t k = 0; k < to->n_layers; k++)
        if (!same_layer(&from->layer[k], &to->layer[k]) || from->spec.slope != to->spec.slope)
            GH_FAIL(GENHEP_E_OPTION, "the model to start from: %s: layer %lld (%lld to %lld numbers) has another kind, size or activation, "
                    "expected %lld to %lld", what, (long long)k, (long long)from->layer[k].inputs, (long long)from->layer[k].outputs,
                    (long long)to->layer[k].inputs, (long long)to->layer[k].outputs);
    return GENHEP_OK;
}

static int has_skip(const genhep_model *m) { return m->family == &gh_family_gan && gh_gan_skip(m); }

static gh_status check(const genhep_model *model, const genhep_model *from)
{
    const genhep_model *both[] = {model, from};
    for (int i = 0; i < 2; i++)
        if (both[i]->family != &gh_family_bvae && both[i]->family != &gh_family_gan)
            GH_FAIL(GENHEP_E_OPTION, "start weights from another model: found family '%s', expected one of the autoencoder or a GAN",
                    both[i]->family->name);
    if (from->p != model->p) DIFFERS("prepared coordinates", from->p, model->p);
    for (int64_t j = 0; j < model->p; j++)
        if (strcmp(gh_prep_name(from->prep, j), gh_prep_name(model->prep, j)) != 0)
            GH_FAIL(GENHEP_E_OPTION, "the model to start from: coordinate %lld: found '%s', expected '%s'", (long long)j,
                    gh_prep_name(from->prep, j), gh_prep_name(model->prep, j));
    if (from->q != model->q) DIFFERS("prepared conditions", from->q, model->q);
    if (!from->reference != !model->reference) DIFFERS("prep.reference (0 none, 1 some)", from->reference != NULL, model->reference != NULL);
    if (from->latents != model->latents) DIFFERS("latents", from->latents, model->latents);
    if (from->noise != model->noise) DIFFERS("noise of the output (0 none, 1 global, 2 event)", from->noise, model->noise);
    if (from->bce != model->bce) DIFFERS("outputs that are logits", from->bce, model->bce);
    if (has_skip(from) != has_skip(model)) DIFFERS("generator.skip", has_skip(from), has_skip(model));
    if (model->encoder.n_layers) GH_TRY(check_network("encoder", &from->encoder, &model->encoder));
    return check_network("decoder", &from->decoder, &model->decoder);
}

static void copy(gh_real *to, int64_t at, const gh_real *from, int64_t from_at, int64_t n)
{
    if (at >= 0) memcpy(to + at, from + from_at, (size_t)n * sizeof *to);
}

static void copy_network(const gh_network *network, gh_real *to, const gh_network *source, const gh_real *from)
{
    for (int64_t k = 0; k < network->n_layers; k++) {
        const gh_layer *l = &network->layer[k], *s = &source->layer[k];
        copy(to, l->weights, from, s->weights, l->weight_rows * l->weight_columns);
        copy(to, l->bias, from, s->bias, l->bias_size);
        copy(to, l->recurrent, from, s->recurrent, 3 * l->gru.units * l->gru.units);
        copy(to, l->norm_scale, from, s->norm_scale, l->columns); /* the norm's shift is the bias */
        copy(to, l->mean, from, s->mean, l->columns);
        copy(to, l->variance, from, s->variance, l->columns);
    }
}

gh_status gh_model_start_from(genhep_model *model, const genhep_model *from)
{
    GH_TRY(check(model, from));
    if (model->encoder.n_layers) copy_network(&model->encoder, model->parameters, &from->encoder, from->parameters);
    copy_network(&model->decoder, model->parameters, &from->decoder, from->parameters);
    copy(model->parameters, model->log_sigma, from->parameters, from->log_sigma, model->p);
    return GENHEP_OK;
}
