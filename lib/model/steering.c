/* steering.c -- boxes and shifts in the latent space. Tests: tests/property/test_steering.c. */
#include "model/steering.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "linalg/principal.h"

static double entry_weight(const gh_buffer *buffer, int64_t i)
{
    if (!buffer->cumulative) return 1 / (double)buffer->n;
    return buffer->cumulative[i] - (i ? buffer->cumulative[i - 1] : 0);
}

/* The sign of an eigenvector is free: its largest number is made positive. */
static void fix_sign(int64_t L, double *v)
{
    double largest = 0;
    for (int64_t a = 0; a < L; a++)
        if (fabs(v[a]) > fabs(largest)) largest = v[a];
    for (int64_t a = 0; largest < 0 && a < L; a++) v[a] = -v[a];
}

gh_status gh_components(const genhep_model *model, double *mean, double *variances, double *vectors)
{
    const int64_t L = model->latents;
    const gh_buffer *buffer = &model->buffer;
    double *covariance = NULL;
    if (!buffer->n)
        GH_FAIL(GENHEP_E_STATE, "the model has no information buffer, whose means the components belong to");
    GH_TRY(gh_alloc(&model->hooks, &covariance, L * L, sizeof *covariance));
    memset(mean, 0, (size_t)L * sizeof *mean);
    for (int64_t i = 0; i < buffer->n; i++) {
        const double w = entry_weight(buffer, i);
        for (int64_t a = 0; a < L; a++) mean[a] += w * (double)buffer->mu[i * L + a];
    }
    for (int64_t i = 0; i < buffer->n; i++) {
        const double w = entry_weight(buffer, i);
        const gh_real *mu = buffer->mu + i * L;
        for (int64_t a = 0; a < L; a++)
            for (int64_t b = 0; b <= a; b++)
                covariance[a * L + b] += w * ((double)mu[a] - mean[a]) * ((double)mu[b] - mean[b]);
    }
    for (int64_t a = 0; a < L; a++)
        for (int64_t b = 0; b < a; b++) covariance[b * L + a] = covariance[a * L + b];
    gh_principal_components(L, covariance, variances, vectors);
    for (int64_t k = 0; k < L; k++) fix_sign(L, vectors + k * L);
    gh_free(&model->hooks, covariance);
    return GENHEP_OK;
}

/* Axes of the latent space, read from the buffer when the first pcK asks for them. */
typedef struct axes {
    const genhep_model *model;
    const gh_hooks *hooks;
    int ready;
    double *mean, *variances, *vectors;
} axes;

static void free_axes(axes *a)
{
    gh_free(a->hooks, a->mean);
    gh_free(a->hooks, a->variances);
    gh_free(a->hooks, a->vectors);
}

static gh_status ready_axes(axes *a)
{
    const int64_t L = a->model->latents;
    if (a->ready) return GENHEP_OK;
    GH_TRY(gh_alloc(a->hooks, &a->mean, L, sizeof(double)));
    GH_TRY(gh_alloc(a->hooks, &a->variances, L, sizeof(double)));
    GH_TRY(gh_alloc(a->hooks, &a->vectors, L * L, sizeof(double)));
    a->ready = 1;
    return gh_components(a->model, a->mean, a->variances, a->vectors);
}

/* One clause 'pc3: number [number]'. */
typedef struct clause {
    int component; /* pcK; else zK */
    int64_t index;
    double number[2];
} clause;

static gh_status bad_clause(const char *key, const char *begin, const char *end, const char *expected)
{
    GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%.*s', expected %s", key, (int)(end - begin), begin, expected);
}

static gh_status read_clause(const char *key, int numbers, int64_t L, const char *begin, const char *end, clause *c)
{
    const char *form = numbers == 2 ? "'pcK: LOW HIGH' or 'zK: LOW HIGH'" : "'pcK: AMOUNT' or 'zK: AMOUNT'", *at = begin;
    int64_t index = 0;
    c->component = *at == 'p';
    if (c->component ? end - at < 3 || at[1] != 'c' : *at != 'z') return bad_clause(key, begin, end, form);
    at += c->component ? 2 : 1;
    if (at == end || *at < '0' || *at > '9') return bad_clause(key, begin, end, form);
    for (; at < end && *at >= '0' && *at <= '9'; at++) index = index < 1000000 ? 10 * index + (*at - '0') : index;
    while (at < end && *at == ' ') at++;
    if (at == end || *at++ != ':') return bad_clause(key, begin, end, form);
    for (int k = 0; k < numbers; k++) {
        const char *next;
        while (at < end && *at == ' ') at++;
        c->number[k] = gh_parse_real(at, &next);
        if (next == at || next > end || isnan(c->number[k])) return bad_clause(key, begin, end, form);
        at = next;
    }
    while (at < end && *at == ' ') at++;
    if (at != end) return bad_clause(key, begin, end, form);
    if (index >= L)
        GH_FAIL(GENHEP_E_OPTION, "option '%s': found axis %lld in '%.*s', expected 0 to %lld", key, (long long)index, (int)(end - begin),
                begin, (long long)(L - 1));
    c->index = index;
    return GENHEP_OK;
}

/* The next clause of a text; *text moves behind it. *got 0 at the end. */
static gh_status next_clause(const char *key, int numbers, int64_t L, const char **text, clause *c, int *got)
{
    for (*got = 0; **text;) {
        const char *begin = *text, *end = begin + strcspn(begin, ";");
        *text = *end ? end + 1 : end;
        gh_trim(&begin, &end);
        if (begin == end) continue;
        *got = 1;
        return read_clause(key, numbers, L, begin, end, c);
    }
    return GENHEP_OK;
}

static gh_status set_direction(axes *a, const clause *c, double *v, double *offset)
{
    const int64_t L = a->model->latents;
    memset(v, 0, (size_t)L * sizeof *v);
    *offset = 0;
    if (!c->component) {
        v[c->index] = 1;
        return GENHEP_OK;
    }
    GH_TRY(ready_axes(a));
    memcpy(v, a->vectors + c->index * L, (size_t)L * sizeof *v);
    for (int64_t k = 0; k < L; k++) *offset += v[k] * a->mean[k];
    return GENHEP_OK;
}

static gh_status read_box(axes *a, const char *text, gh_steering *s)
{
    static const char key[] = "latent.box";
    const int64_t L = a->model->latents;
    int64_t seen[2] = {0};
    clause c = {0};
    int got;
    GH_TRY(gh_alloc(a->hooks, &s->direction, L * L, sizeof(double)));
    GH_TRY(gh_alloc(a->hooks, &s->offset, L, sizeof(double)));
    GH_TRY(gh_alloc(a->hooks, &s->low, L, sizeof(double)));
    GH_TRY(gh_alloc(a->hooks, &s->high, L, sizeof(double)));
    for (;;) {
        GH_TRY(next_clause(key, 2, L, &text, &c, &got));
        if (!got) return GENHEP_OK;
        if (!(c.number[0] < c.number[1]))
            GH_FAIL(GENHEP_E_OPTION, "option '%s': found the limits %g and %g, expected rising ones", key, c.number[0], c.number[1]);
        if (++seen[c.component] > L || seen[!c.component])
            GH_FAIL(GENHEP_E_OPTION, "option '%s': found %s, expected axes of one kind, each once: walls must be at right angles", key,
                    seen[!c.component] ? "pcK beside zK" : "more limits than latents");
        GH_TRY(set_direction(a, &c, s->direction + s->walls * L, s->offset + s->walls));
        for (int64_t w = 0; w < s->walls; w++)
            if (memcmp(s->direction + w * L, s->direction + s->walls * L, (size_t)L * sizeof(double)) == 0)
                GH_FAIL(GENHEP_E_OPTION, "option '%s': axis %lld stands twice", key, (long long)c.index);
        s->low[s->walls] = c.number[0];
        s->high[s->walls++] = c.number[1];
    }
}

static gh_status read_shift(axes *a, const char *text, gh_steering *s)
{
    gh_status status;
    const int64_t L = a->model->latents;
    double *v = NULL, offset;
    clause c = {0};
    int got;
    GH_TRY(gh_alloc(a->hooks, &s->shift, L, sizeof(double)));
    GH_TRY_CLEANUP(gh_alloc(a->hooks, &v, L, sizeof(double)));
    for (;;) {
        GH_TRY_CLEANUP(next_clause("latent.shift", 1, L, &text, &c, &got));
        if (!got) break;
        if (isinf(c.number[0])) {
            status = gh_fail(GENHEP_E_OPTION, "option 'latent.shift': found an infinite amount, expected a finite one");
            goto cleanup;
        }
        GH_TRY_CLEANUP(set_direction(a, &c, v, &offset));
        for (int64_t k = 0; k < L; k++) s->shift[k] += c.number[0] * v[k];
    }
cleanup:
    gh_free(a->hooks, v);
    return status;
}

static double score(const gh_steering *s, int64_t wall, int64_t L, const gh_real *z)
{
    double sum = -s->offset[wall];
    for (int64_t k = 0; k < L; k++) sum += s->direction[wall * L + k] * (double)z[k];
    return sum;
}

static int inside(const gh_steering *s, int64_t L, const gh_real *z)
{
    for (int64_t w = 0; w < s->walls; w++) {
        const double x = score(s, w, L, z);
        if (x < s->low[w] || x > s->high[w]) return 0;
    }
    return 1;
}

static gh_status choose_entries(const gh_hooks *hooks, const genhep_model *model, gh_steering *s)
{
    const gh_buffer *buffer = &model->buffer;
    const int64_t L = model->latents;
    double total = 0;
    for (int64_t i = 0; i < buffer->n; i++) s->n += inside(s, L, buffer->mu + i * L);
    GH_TRY(gh_alloc(hooks, &s->entry, s->n, sizeof *s->entry));
    if (buffer->cumulative) GH_TRY(gh_alloc(hooks, &s->cumulative, s->n, sizeof *s->cumulative));
    for (int64_t i = 0, k = 0; i < buffer->n; i++) {
        if (!inside(s, L, buffer->mu + i * L)) continue;
        total += entry_weight(buffer, i);
        if (s->cumulative) s->cumulative[k] = total;
        s->entry[k++] = i;
    }
    if (!(total > 0))
        GH_FAIL(GENHEP_E_OPTION, "option 'latent.box': none of the buffer's %lld entries lies in the box", (long long)buffer->n);
    for (int64_t k = 0; s->cumulative && k < s->n; k++) s->cumulative[k] /= total;
    if (s->cumulative) s->cumulative[s->n - 1] = 1;
    return GENHEP_OK;
}

gh_status gh_steering_create(const gh_hooks *hooks, const genhep_model *model, const genhep_options *options, int prior,
                             gh_steering **result)
{
    gh_status status;
    gh_steering *s = NULL;
    axes a = {.model = model, .hooks = hooks};
#define FROM(key) gh_option_text(options && gh_option_is_set(options, key) ? options : model->options, key)
    const char *box = FROM("latent.box"), *shift = FROM("latent.shift");
#undef FROM
    *result = NULL;
    const int boxed = box[strspn(box, " ;")] != 0, shifted = shift[strspn(shift, " ;")] != 0;
    if (!boxed && !shifted) return GENHEP_OK;
    if (!model->encoder.n_layers)
        GH_FAIL(GENHEP_E_STATE, "latent.box and latent.shift steer the latents of an encoder; a model of family '%s' has none", model->family->name);
    if (boxed && prior)
        GH_FAIL(GENHEP_E_OPTION, "option 'latent.box': found latent.source = prior beside it, expected 'buffer', whose entries a box chooses from");
    GH_TRY(gh_alloc(hooks, &s, 1, sizeof *s));
    if (boxed) {
        GH_TRY_CLEANUP(read_box(&a, box, s));
        GH_TRY_CLEANUP(choose_entries(hooks, model, s));
    }
    if (shifted) GH_TRY_CLEANUP(read_shift(&a, shift, s));
    *result = s;
cleanup:
    free_axes(&a);
    if (status) gh_steering_free(hooks, s);
    return status;
}

void gh_steering_free(const gh_hooks *hooks, gh_steering *s)
{
    if (!s) return;
    gh_free(hooks, s->entry);
    gh_free(hooks, s->cumulative);
    gh_free(hooks, s->direction);
    gh_free(hooks, s->offset);
    gh_free(hooks, s->low);
    gh_free(hooks, s->high);
    gh_free(hooks, s->shift);
    gh_free(hooks, s);
}

/* Reflected at the walls as often as it takes. */
static double fold(double x, double low, double high)
{
    if (isinf(high)) return isinf(low) || x >= low ? x : 2 * low - x;
    if (isinf(low)) return x <= high ? x : 2 * high - x;
    const double width = high - low, from = fmod(x - low, 2 * width), t = from < 0 ? from + 2 * width : from;
    return low + (t <= width ? t : 2 * width - t);
}

void gh_steering_apply(const gh_steering *s, int64_t L, gh_real *z)
{
    for (int64_t w = 0; w < s->walls; w++) {
        const double x = score(s, w, L, z);
        /* a rounding of z must not carry it through the wall */
        const double margin = fmin(1e-5 * (1 + fabs(x)), 0.25 * (s->high[w] - s->low[w]));
        const double to = fold(x, s->low[w] + margin, s->high[w] - margin);
        for (int64_t k = 0; to != x && k < L; k++) z[k] = (gh_real)((double)z[k] + (to - x) * s->direction[w * L + k]);
    }
    for (int64_t k = 0; s->shift && k < L; k++) z[k] += (gh_real)s->shift[k];
}
