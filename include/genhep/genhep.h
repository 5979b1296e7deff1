/* genhep.h -- the only include an application needs.
 *
 *   genhep_dataset *data;  genhep_dataset_open("events.h5", NULL, &data);
 *   genhep_model *model;   genhep_bvae_create(options, (const genhep_dataset *const *)&data, 1, &model);
 *   genhep_trainer *train; genhep_trainer_create(model, ..., &train); genhep_trainer_run(train, ...);
 *   genhep_sampler *draw;  genhep_sampler_create(model, NULL, &draw); genhep_sampler_next(draw, NULL, event, &weight);
 *
 * Every function returns a genhep_status (error.h) unless it cannot fail. Argument order: handle, inputs, outputs.
 * Sizes are int64_t. What a *_create, *_open or *_from_* returns is freed by the caller with *_free.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_GENHEP_H
#define GENHEP_GENHEP_H

#include "version.h"
#include "error.h"
#include "options.h"
#include "random.h"
#include "dataset.h"
#include "model.h"
#include "trainer.h"
#include "sampler.h"
#include "writer.h"
#include "evaluate.h"
#include "integrate.h"

#endif
