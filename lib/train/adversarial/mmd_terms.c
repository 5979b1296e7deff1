/* mmd_terms.c -- reading loss.mmd, and the terms of a step: values of both samples, kernels, gradients back to the rows. */
#include "train/adversarial/mmd_terms.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

/* Widths and an optional '* weight' of one term. */
static gh_status read_widths(const char *text, gh_mmd_term *term)
{
    char word[64];
    int weight_next = 0;
    term->weight = 1;
    while (*text) {
        size_t n = 0;
        while (*text == ' ' || *text == '\t' || *text == ',') text++;
        if (!*text) break;
        if (*text == '*') {
            weight_next = 1, text++;
            continue;
        }
        while (text[n] && !strchr(" \t,*", text[n])) n++;
        if (n >= sizeof word) n = sizeof word - 1;
        memcpy(word, text, n);
        word[n] = '\0';
        text += n;
        const char *end;
        const double number = gh_parse_real(word, &end);
        if (end == word || *end || !(number > 0) || !isfinite(number))
            GH_FAIL(GENHEP_E_OPTION, "option 'loss.mmd': found '%s', expected a positive width or weight", word);
        if (weight_next) {
            term->weight = number;
        } else {
            if (term->widths >= GH_MMD_WIDTHS)
                GH_FAIL(GENHEP_E_OPTION, "option 'loss.mmd': more than %d widths in one term", GH_MMD_WIDTHS);
            term->width[term->widths++] = number;
        }
    }
    if (!term->widths) GH_FAIL(GENHEP_E_OPTION, "option 'loss.mmd': a term without a width, expected 'mass(a,b): width ...'");
    return GENHEP_OK;
}

static gh_status create_term(const genhep_trainer *t, const char *text, gh_mmd_terms *terms)
{
    if (terms->count >= GH_MMD_TERMS) GH_FAIL(GENHEP_E_OPTION, "option 'loss.mmd': more than %d terms", GH_MMD_TERMS);
    gh_mmd_term *term = &terms->term[terms->count];
    gh_status status;
    char *copy;
    GH_TRY(gh_strdup(&terms->hooks, text, &copy));
    char *colon = strrchr(copy, ':');
    terms->count++;
    if (!colon) {
        status = gh_fail(GENHEP_E_OPTION, "option 'loss.mmd': found '%s', expected 'values: widths'", text);
        goto cleanup;
    }
    *colon = '\0';
    GH_TRY_CLEANUP(gh_event_values_create(t->model, copy, &term->values));
    if (term->values.q) {
        status = gh_fail(GENHEP_E_OPTION, "option 'loss.mmd': '%s': a rest is for discriminator.features alone", copy);
        goto cleanup;
    }
    GH_TRY_CLEANUP(read_widths(colon + 1, term));
    const int64_t d = term->values.count;
    if (d < 1 || d > GH_MMD_DIMENSIONS) {
        status = gh_fail(GENHEP_E_OPTION, "option 'loss.mmd': %lld values in one term, expected 1..%d", (long long)d, GH_MMD_DIMENSIONS);
        goto cleanup;
    }
    GH_TRY_CLEANUP(gh_alloc_aligned(&terms->hooks, &term->x, terms->events * d, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(&terms->hooks, &term->y, terms->events * d, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc_aligned(&terms->hooks, &term->gradient, terms->events * d, sizeof(gh_real)));
    GH_TRY_CLEANUP(gh_alloc(&terms->hooks, &term->sums, terms->blocks, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(&terms->hooks, &term->truth_sums, terms->blocks, sizeof(double)));
cleanup:
    gh_free(&terms->hooks, copy);
    return status;
}

gh_status gh_mmd_terms_create(const genhep_trainer *t, gh_mmd_terms *terms)
{
    gh_status status = GENHEP_OK;
    const genhep_options *o = t->options;
    char *copy = NULL;
    memset(terms, 0, sizeof *terms);
    terms->hooks = t->hooks;
    terms->weight = gh_option_real(o, "loss.mmd.weight");
    terms->ramp = gh_option_real(o, "loss.mmd.ramp");
    terms->scale = gh_option_real(o, "loss.mmd.scale");
    terms->cool = gh_option_real(o, "loss.mmd.cool");
    terms->cool_until = gh_option_real(o, "loss.mmd.cool_until");
    terms->shape = (enum gh_mmd_shape)gh_mmd_shape_of(gh_option_text(o, "loss.mmd.kernel"));
    terms->events = gh_option_int(o, "loss.mmd.events");
    if (terms->events < 1 || terms->events > t->batch) terms->events = t->batch;
    terms->blocks = gh_mmd_blocks(terms->events);
    if (terms->weight == 0) return GENHEP_OK;
    GH_TRY_CLEANUP(gh_strdup(&t->hooks, gh_option_text(o, "loss.mmd"), &copy));
    for (char *at = copy, *next; at; at = next) {
        next = strchr(at, ';');
        if (next) *next++ = '\0';
        if (at[strspn(at, " \t")]) GH_TRY_CLEANUP(create_term(t, at, terms));
    }
cleanup:
    gh_free(&t->hooks, copy);
    if (status) gh_mmd_terms_free(terms);
    return status;
}

void gh_mmd_terms_free(gh_mmd_terms *terms)
{
    for (int64_t k = 0; k < terms->count; k++) {
        gh_mmd_term *term = &terms->term[k];
        gh_event_values_free(&term->values);
        gh_free_aligned(&terms->hooks, term->x);
        gh_free_aligned(&terms->hooks, term->y);
        gh_free_aligned(&terms->hooks, term->gradient);
        gh_free(&terms->hooks, term->sums);
        gh_free(&terms->hooks, term->truth_sums);
    }
    terms->count = 0;
}

typedef struct mmd_context {
    gh_mmd_terms *terms;
    const gh_real *truth, *generated;
    gh_real *gradient;
    int64_t p;
} mmd_context;

static int64_t block_rows(const gh_mmd_terms *terms, int64_t block, int64_t *start)
{
    *start = block * GH_MMD_ROWS;
    return terms->events - *start < GH_MMD_ROWS ? terms->events - *start : GH_MMD_ROWS;
}

static void values_block(void *context, int64_t index, int64_t worker)
{
    mmd_context *c = context;
    gh_mmd_term *term = &c->terms->term[index / c->terms->blocks];
    int64_t start, rows = block_rows(c->terms, index % c->terms->blocks, &start);
    const int64_t d = term->values.count;
    (void)worker;
    gh_event_values_forward(&term->values, rows, c->truth + start * c->p, NULL, term->x + start * d, d);
    gh_event_values_forward(&term->values, rows, c->generated + start * c->p, NULL, term->y + start * d, d);
}

static void kernel_block(void *context, int64_t index, int64_t worker)
{
    mmd_context *c = context;
    gh_mmd_term *term = &c->terms->term[index / c->terms->blocks];
    int64_t start, rows = block_rows(c->terms, index % c->terms->blocks, &start);
    const int64_t d = term->values.count;
    (void)worker;
    memset(term->gradient + start * d, 0, (size_t)(rows * d) * sizeof(gh_real));
    gh_mmd_rows(&term->problem, start, rows, term->gradient, term->sums);
    gh_mmd_truth_rows(&term->problem, start, rows, term->truth_sums);
}

/* One block of rows takes the gradients of all terms in order. */
static void gradient_block(void *context, int64_t block, int64_t worker)
{
    mmd_context *c = context;
    int64_t start, rows = block_rows(c->terms, block, &start);
    (void)worker;
    for (int64_t k = 0; k < c->terms->count; k++) {
        gh_mmd_term *term = &c->terms->term[k];
        const int64_t d = term->values.count;
        gh_event_values_backward(&term->values, rows, c->generated + start * c->p, term->gradient + start * d, d,
                                 c->gradient + start * c->p);
    }
}

static double cooling(const genhep_trainer *t, const gh_mmd_terms *terms)
{
    const double end = terms->cool_until * (double)t->schedule.steps, at = (double)t->state.step;
    if (terms->cool == 1 || at >= end) return 1;
    return pow(terms->cool, 1 - at / end);
}

static double weight_now(const genhep_trainer *t, const gh_mmd_terms *terms)
{
    const double end = terms->ramp * (double)t->schedule.steps, at = (double)t->state.step;
    return at >= end ? terms->weight : terms->weight * at / end;
}

gh_status gh_mmd_terms_add(genhep_trainer *t, gh_mmd_terms *terms, const gh_real *truth, const gh_real *truth_weights,
                           const gh_real *generated, gh_real *gradient, double *loss)
{
    mmd_context context = {terms, truth, generated, gradient, t->model->p};
    const double factor = terms->scale * cooling(t, terms), weight = weight_now(t, terms);
    if (!terms->count) return GENHEP_OK;
    for (int64_t k = 0; k < terms->count; k++) {
        gh_mmd_term *term = &terms->term[k];
        double width[GH_MMD_WIDTHS];
        for (int64_t i = 0; i < term->widths; i++) width[i] = factor * term->width[i];
        term->problem = (gh_mmd_problem){.dimensions = term->values.count, .x = term->x, .y = term->y, .x_weights = truth_weights,
                                         .n = terms->events, .m = terms->events, .scale = weight * term->weight};
        GH_TRY(gh_mmd_kernel_make(&term->problem.kernel, terms->shape, term->widths, width, NULL));
        GH_TRY(gh_mmd_check(&term->problem));
    }
    gh_pool_run(t->pool, values_block, &context, terms->count * terms->blocks);
    gh_pool_run(t->pool, kernel_block, &context, terms->count * terms->blocks);
    for (int64_t k = 0; k < terms->count; k++) {
        const gh_mmd_term *term = &terms->term[k];
        *loss += gh_mmd_value(&term->problem, term->sums, term->truth_sums);
    }
    gh_pool_run(t->pool, gradient_block, &context, terms->blocks);
    return GENHEP_OK;
}
