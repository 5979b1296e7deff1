/* network_options.c -- options of one side to a network's description. Tests: tests/unit/test_network_options.c. */
#include "model/network_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 64, MOST_GRID = 256, MOST_CHANNELS = 1024, MOST_KERNEL = 15, MOST_CLOSENESS = 256 };

static const char *key_of(char key[KEY_BYTES], const char *side, const char *name)
{
    snprintf(key, KEY_BYTES, "%s.%s", side, name);
    return key;
}

/* Whole numbers 1..largest with blanks, commas or an 'x' between them. */
static gh_status read_list(const genhep_options *options, const char *key, int64_t most, int64_t largest, int64_t *numbers, int64_t *n)
{
    const char *text = gh_option_text(options, key), *c = text;
    *n = 0;
    for (;;) {
        int64_t value = 0;
        c += strspn(c, " ,x\t");
        if (!*c) break;
        if (*c < '0' || *c > '9' || *n == most) goto wrong;
        for (; *c >= '0' && *c <= '9' && value <= largest; c++) value = 10 * value + (*c - '0');
        if (value < 1 || value > largest) goto wrong;
        numbers[(*n)++] = value;
    }
    if (*n) return GENHEP_OK;
wrong:
    GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%.60s', expected 1 to %lld numbers from 1 to %lld", key, text, (long long)most,
            (long long)largest);
}

static gh_status read_channels(const genhep_options *options, const char *side, gh_network_spec *spec)
{
    char key[KEY_BYTES];
    int64_t n = 0;
    GH_TRY(read_list(options, key_of(key, side, "channels"), GH_MAX_CONVOLUTIONS, MOST_CHANNELS, spec->channels, &spec->convolutions));
    GH_TRY(read_list(options, key_of(key, side, "kernel"), GH_MAX_CONVOLUTIONS, MOST_KERNEL, spec->kernel, &n));
    for (int64_t i = n; i < spec->convolutions; i++) spec->kernel[i] = spec->kernel[n - 1]; /* the last one holds for the rest */
    return GENHEP_OK;
}

static gh_status read_streams(const genhep_options *options, const char *side, gh_network_spec *spec)
{
    char key[KEY_BYTES];
    int64_t numbers[2 * GH_MOST_STREAMS], n = 0;
    GH_TRY(read_list(options, key_of(key, side, "grid"), 2 * GH_MOST_STREAMS, MOST_GRID, numbers, &n));
    if (n % 2)
        GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%.60s', expected height and width of each picture as in '3 96, 12 12'", key,
                gh_option_text(options, key));
    spec->pictures = n / 2;
    for (int64_t k = 0; k < spec->pictures; k++) spec->height[k] = numbers[2 * k], spec->width[k] = numbers[2 * k + 1];
    return read_channels(options, side, spec);
}

static gh_status read_convolutions(const genhep_options *options, const char *side, gh_network_spec *spec)
{
    char key[KEY_BYTES];
    int64_t n = 0;
    if (gh_option_is(options, key_of(key, side, "grid"), "features")) {
        if (spec->emits)
            GH_FAIL(GENHEP_E_OPTION, "option '%s': found 'features', expected height, width and channels: only an encoder and a "
                    "discriminator have features to stand on a line", key);
        spec->grid[0] = 0;
    } else {
        GH_TRY(read_list(options, key, 3, MOST_GRID, spec->grid, &n));
        if (n != 3)
            GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%.60s', expected height, width and channels as in '8 8 2'", key,
                    gh_option_text(options, key));
    }
    return read_channels(options, side, spec);
}

/* 'kernels x numbers'; empty: none. */
static gh_status read_minibatch(const genhep_options *options, const char *side, gh_network_spec *spec)
{
    char key[KEY_BYTES];
    int64_t n = 0, numbers[2] = {0, 0};
    const char *text = gh_option_text(options, key_of(key, side, "minibatch"));
    if (!text[0]) return GENHEP_OK;
    GH_TRY(read_list(options, key, 2, MOST_CLOSENESS, numbers, &n));
    if (n != 2) GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%.60s', expected kernels and numbers of each as in '10x10'", key, text);
    spec->minibatch_kernels = numbers[0], spec->minibatch_numbers = numbers[1];
    return GENHEP_OK;
}

static gh_status refuse(const genhep_options *options, const char *side, const char *name, const char *expected)
{
    char key[KEY_BYTES], kind[KEY_BYTES];
    key_of(key, side, name);
    key_of(kind, side, "kind");
    GH_FAIL(GENHEP_E_OPTION, "option '%s': found '%s', expected %s with %s = %s", key, gh_option_text(options, key), expected, kind,
            gh_option_text(options, kind));
}

/* Settings that a kind does not have are told, not passed over. */
static gh_status check_kind(const genhep_options *options, const char *side, const gh_network_spec *spec)
{
    if (spec->kind == GH_NETWORK_DENSE) return GENHEP_OK;
    if (spec->residual != GH_RESIDUAL_NONE) return refuse(options, side, "residual", "'none'");
    if (spec->kind == GH_NETWORK_CONV) return GENHEP_OK;
    if (spec->norm != GH_NORM_NONE) return refuse(options, side, "norm", "'none'");
    if (spec->kind == GH_NETWORK_STREAMS) {
        if (spec->dropout > 0) return refuse(options, side, "dropout", "0");
        if (spec->emits && spec->output_activation != GH_LINEAR) return refuse(options, side, "output", "'linear'");
        if (spec->activation == GH_LINEAR || spec->activation == GH_RELU || spec->activation == GH_LEAKY_RELU) return GENHEP_OK;
        return refuse(options, side, "activation", "'leaky', 'relu' or 'linear'");
    }
    if (spec->layers < 1) return refuse(options, side, "layers", "1 or more");
    return GENHEP_OK;
}

static int64_t choice(const genhep_options *options, const char *side, const char *name, const char *const *words, int64_t n)
{
    char key[KEY_BYTES];
    for (int64_t i = 0; i < n; i++)
        if (gh_option_is(options, key_of(key, side, name), words[i])) return i;
    return 0;
}

gh_status gh_network_spec_read(const genhep_options *options, const char *side, gh_network_spec *spec)
{
    static const char *const residuals[] = {"none", "skip2", "add"}, *const norms[] = {"none", "batch", "layer"},
                      *const kinds[] = {"dense", "conv", "rnn", "streams"};
    static const double gains[] = {0, 1, 2};
    static const char *const inits[] = {"paper", "lecun", "he"};
    char key[KEY_BYTES];
    spec->layers = gh_option_int(options, key_of(key, side, "layers"));
    spec->units = gh_option_int(options, key_of(key, side, "units"));
    spec->activation = (gh_activation)gh_activation_of(gh_option_text(options, key_of(key, side, "activation")));
    spec->slope = (gh_real)gh_option_real(options, key_of(key, side, "slope"));
    spec->dropout = (gh_real)gh_option_real(options, key_of(key, side, "dropout"));
    spec->residual = (gh_residual)choice(options, side, "residual", residuals, 3);
    spec->norm = (gh_norm)choice(options, side, "norm", norms, 3);
    spec->kind = (gh_network_kind)choice(options, side, "kind", kinds, 4);
    spec->emits = strcmp(side, "decoder") == 0 || strcmp(side, "generator") == 0;
    spec->init_gain = gains[choice(options, side, "init", inits, 3)];
    spec->init_sd = sqrt(1.55 / 128); /* the paper's start, as in the authors' code */
    spec->output_gain = 1;
    if (spec->emits)
        spec->output_activation = (gh_activation)gh_activation_of(gh_option_text(options, key_of(key, side, "output")));
    if (spec->units > (INT64_C(1) << 40) / (spec->units * (spec->layers + 1)))
        GH_FAIL(GENHEP_E_OPTION, "%s: %lld layers of %lld units are too large", side, (long long)spec->layers,
                (long long)spec->units);
    if (spec->kind == GH_NETWORK_CONV) GH_TRY(read_convolutions(options, side, spec));
    if (strcmp(side, "discriminator") == 0) GH_TRY(read_minibatch(options, side, spec));
    if (spec->kind == GH_NETWORK_STREAMS) GH_TRY(read_streams(options, side, spec));
    return check_kind(options, side, spec);
}
