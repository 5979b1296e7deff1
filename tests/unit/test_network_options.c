/* test_network_options.c -- the description of a network from the options of its side. */
#include "testing.h"

#include "model/network_options.h"

static genhep_options *options_of(const char *settings)
{
    genhep_options *options;
    char copy[512];
    ck_ok(genhep_options_create(&options));
    snprintf(copy, sizeof copy, "%s", settings);
    for (char *word = strtok(copy, ";"); word; word = strtok(NULL, ";")) ck_ok(genhep_options_parse(options, word));
    return options;
}

static gh_status read_side(const char *settings, const char *side, gh_network_spec *spec)
{
    genhep_options *options = options_of(settings);
    *spec = (gh_network_spec){0};
    gh_status status = gh_network_spec_read(options, side, spec);
    genhep_options_free(options);
    return status;
}

START_TEST(defaults_of_each_side)
{
    gh_network_spec s;
    ck_ok(read_side("", "encoder", &s));
    ck_assert(s.kind == GH_NETWORK_DENSE && s.layers == 3 && s.units == 128 && s.activation == GH_SILU && !s.emits && s.init_gain == 1);
    ck_ok(read_side("decoder.output=tanh", "decoder", &s));
    ck_assert(s.emits && s.output_activation == GH_TANH && s.init_gain == 1);
    ck_ok(read_side("generator.output=sigmoid", "generator", &s));
    ck_assert(s.emits && s.output_activation == GH_SIGMOID && s.activation == GH_LEAKY_RELU && s.slope == (gh_real)0.2 && s.init_gain == 2);
    ck_ok(read_side("discriminator.units=7;discriminator.layers=2;discriminator.dropout=0.25;discriminator.norm=layer;"
                    "discriminator.residual=skip2;discriminator.init=paper", "discriminator", &s));
    ck_assert(!s.emits && s.units == 7 && s.layers == 2 && s.dropout == (gh_real)0.25 && s.norm == GH_NORM_LAYER);
    ck_assert(s.residual == GH_RESIDUAL_SKIP2 && s.init_gain == 0 && s.init_sd > 0.11 && s.init_sd < 0.1101);
    ck_assert(s.minibatch_kernels == 0);
    ck_ok(read_side("discriminator.minibatch=10x5;discriminator.norm=spectral;discriminator.kind=rnn", "discriminator", &s));
    ck_assert(s.minibatch_kernels == 10 && s.minibatch_numbers == 5 && s.norm == GH_NORM_NONE);
    ck_ok(read_side("discriminator.minibatch=3 4", "discriminator", &s));
    ck_assert(s.minibatch_kernels == 3 && s.minibatch_numbers == 4);
}
END_TEST

START_TEST(convolutions)
{
    gh_network_spec s;
    ck_ok(read_side("generator.kind=conv", "generator", &s));
    ck_assert(s.kind == GH_NETWORK_CONV && s.grid[0] == 8 && s.grid[1] == 8 && s.grid[2] == 2 && s.convolutions == 2);
    ck_assert(s.channels[0] == 32 && s.channels[1] == 16 && s.kernel[0] == 2 && s.kernel[1] == 3);
    ck_ok(read_side("discriminator.kind=conv;discriminator.grid=features;discriminator.channels=5,6x7 8;discriminator.kernel=3 1",
                    "discriminator", &s));
    ck_assert(s.grid[0] == 0 && s.convolutions == 4 && s.channels[2] == 7 && s.channels[3] == 8);
    ck_assert(s.kernel[0] == 3 && s.kernel[1] == 1 && s.kernel[3] == 1);
}
END_TEST

START_TEST(streams)
{
    gh_network_spec s;
    ck_ok(read_side("generator.kind=streams;generator.grid=3 96, 12x12 ,12 6;generator.channels=36 16 6;generator.kernel=2;generator.layers=0", "generator", &s));
    ck_assert(s.kind == GH_NETWORK_STREAMS && s.emits && s.pictures == 3 && s.convolutions == 3 && s.layers == 0);
    ck_assert(s.height[0] == 3 && s.width[0] == 96 && s.height[2] == 12 && s.width[2] == 6 && s.channels[0] == 36 && s.kernel[2] == 2);
    ck_fails(read_side("generator.kind=streams;generator.grid=3 96 12", "generator", &s), GENHEP_E_OPTION, "'generator.grid': found '3 96 12'");
    ck_fails(read_side("generator.kind=streams;generator.grid=1 1 1 1 1 1 1 1 1 1", "generator", &s), GENHEP_E_OPTION, "1 to 8 numbers");
    ck_fails(read_side("generator.kind=streams;generator.grid=3 4;generator.norm=layer", "generator", &s), GENHEP_E_OPTION, "generator.norm");
    ck_fails(read_side("generator.kind=streams;generator.grid=3 4;generator.output=tanh", "generator", &s), GENHEP_E_OPTION, "'linear'");
    ck_fails(read_side("discriminator.kind=streams;discriminator.grid=3 4;discriminator.activation=silu", "discriminator", &s), GENHEP_E_OPTION, "'leaky'");
    ck_fails(read_side("discriminator.kind=streams;discriminator.grid=3 4;discriminator.dropout=0.1", "discriminator", &s), GENHEP_E_OPTION, "dropout");
}
END_TEST

START_TEST(wrong_settings_are_told)
{
    gh_network_spec s;
    ck_fails(read_side("discriminator.minibatch=10", "discriminator", &s), GENHEP_E_OPTION, "'discriminator.minibatch': found '10', expected kernels");
    ck_fails(read_side("discriminator.minibatch=10x1000", "discriminator", &s), GENHEP_E_OPTION, "from 1 to 256");
    ck_fails(read_side("discriminator.minibatch=some", "discriminator", &s), GENHEP_E_OPTION, "discriminator.minibatch");
    ck_fails(read_side("generator.kind=conv;generator.grid=8 8", "generator", &s), GENHEP_E_OPTION, "'generator.grid': found '8 8'");
    ck_fails(read_side("generator.kind=conv;generator.grid=features", "generator", &s), GENHEP_E_OPTION, "generator.grid");
    ck_fails(read_side("decoder.kind=conv;decoder.grid=8 8 2000", "decoder", &s), GENHEP_E_OPTION, "from 1 to 256");
    ck_fails(read_side("encoder.kind=conv;encoder.channels=16 wide", "encoder", &s), GENHEP_E_OPTION, "encoder.channels");
    ck_fails(read_side("encoder.kind=conv;encoder.channels=", "encoder", &s), GENHEP_E_OPTION, "encoder.channels");
    ck_fails(read_side("encoder.kind=conv;encoder.kernel=0", "encoder", &s), GENHEP_E_OPTION, "encoder.kernel");
    ck_fails(read_side("encoder.kind=conv;encoder.kernel=99999999999999999999", "encoder", &s), GENHEP_E_OPTION, "1 to 15");
    ck_fails(read_side("encoder.kind=conv;encoder.channels=1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "encoder", &s), GENHEP_E_OPTION, "1 to 16 numbers");
    ck_fails(read_side("encoder.kind=conv;encoder.residual=add", "encoder", &s), GENHEP_E_OPTION,
             "'encoder.residual': found 'add', expected 'none' with encoder.kind = conv");
    ck_fails(read_side("encoder.kind=rnn;encoder.norm=layer", "encoder", &s), GENHEP_E_OPTION,
             "'encoder.norm': found 'layer', expected 'none' with encoder.kind = rnn");
    ck_fails(read_side("encoder.kind=rnn;encoder.layers=0", "encoder", &s), GENHEP_E_OPTION,
             "'encoder.layers': found '0', expected 1 or more");
}
END_TEST

GH_TEST_MAIN("network_options", defaults_of_each_side, convolutions, streams, wrong_settings_are_told)
