/* network_options.h -- a network's description from the options of its side: encoder, decoder, generator, discriminator. */
#ifndef GH_NETWORK_OPTIONS_H
#define GH_NETWORK_OPTIONS_H

#include "base/options.h"
#include "model/network.h"

/** Fill `spec` from the options <side>.layers, .units, .activation, .slope, .residual, .norm, .dropout, .init, .kind,
 * .grid, .channels and .kernel; inputs and outputs, and output_activation where it is not <side>.output, stay the
 * caller's to set. A decoder and a generator emit, an encoder and a discriminator read (gh_network_spec). A side that
 * has the option <side>.output gets its output_activation from there.
 * side: "encoder", "decoder", "generator" or "discriminator". GENHEP_E_OPTION: sizes out of reach, lists that are none,
 * settings that the kind does not have. */
gh_status gh_network_spec_read(const genhep_options *options, const char *side, gh_network_spec *spec);

#endif
