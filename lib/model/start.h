/* start.h -- start weights from another model. */
#ifndef GH_MODEL_START_H
#define GH_MODEL_START_H

#include "model/model.h"

/** Copy the networks' numbers of `from` into `model`, both of the autoencoder or adversarial families: the decoder or generator, and
 * the encoder where `model` has one. They must mean the same in both: coordinates and conditions of the same names and number, latents,
 * noise, layers, activations. A generator thus starts as the decoder of a conditional VAE. Preparations are not compared number by
 * number: one fitted to other events shifts the start a little.
 * @return GENHEP_E_OPTION naming what differs; `model` is then unchanged. */
gh_status gh_model_start_from(genhep_model *model, const genhep_model *from);

#endif
