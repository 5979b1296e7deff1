/* writer.h -- event files written in pieces, as the events come, so that memory holds a piece and not all of them.
 *
 *   genhep_writer_create_for_model(model, "events.h5", 0, NULL, &writer);
 *   while (...) { genhep_sampler_draw_float(...); genhep_writer_append_float(writer, n, events, stride, NULL); }
 *   genhep_writer_close(writer);
 *   genhep_writer_free(writer);
 *
 * A file does not depend on how the events are cut into pieces: the same events give the same bytes. It takes its name
 * only in genhep_writer_close, complete; whatever ends before leaves none. One thread at a time per handle; of writers of
 * .h5 and .lheh5 one call at a time in the whole process (libhdf5 is often built without locks).
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef GENHEP_WRITER_H
#define GENHEP_WRITER_H

#include "model.h"

typedef struct genhep_writer genhep_writer;

#ifdef __cplusplus
extern "C" {
#endif

/** Begin a file of events with the columns, units and attributes of a dataset, whose own events are not read: one of no
 * events does, from genhep_dataset_from_arrays.
 * @param schema   read during the call only; gives the hooks
 * @param path     its ending chooses the format: .h5 .csv .csv.gz .npy .lhe .lhe.gz .hepmc3 .hepmc3.gz .lheh5
 * @param weighted 1: every event has a weight; 0: none has
 * @param options  may be NULL; read are data.storage (default: that of the dataset), data.particles, data.masses, lhe.*
 * @return GENHEP_OK, GENHEP_E_ARG (NULL; an ending that tells no format), GENHEP_E_NOMEM, GENHEP_E_IO, GENHEP_E_OPTION,
 *         GENHEP_E_SHAPE (no particles for a format of particles; weights for .npy).
 * Ownership: *writer is the caller's, free with genhep_writer_free. Since 1.0. */
GENHEP_API genhep_status genhep_writer_create(const genhep_dataset *schema, const char *path, int32_t weighted,
                                              const genhep_options *options, genhep_writer **writer);

/** As genhep_writer_create, with the columns and units of a model's events and the attributes of its training file that
 * describe them: process, sqrt_s_GeV, units, cuts, pdf and, unless the model has classes, sigma_pb and sigma_err_pb. */
GENHEP_API genhep_status genhep_writer_create_for_model(const genhep_model *model, const char *path, int32_t weighted,
                                                        const genhep_options *options, genhep_writer **writer);

/** Write the next n_events.
 * @param n_events N >= 0; 0 is a valid no-op
 * @param events   (N,D) in the units of the columns, row i at events + i*stride
 * @param stride   >= D, in numbers
 * @param weights  N numbers of either sign; NULL for ones, and in a file without weights
 * @return GENHEP_OK; GENHEP_E_ARG, GENHEP_E_SHAPE (weights in a file without), GENHEP_E_STATE (closed, or failed before),
 *         which change nothing; GENHEP_E_NUMERIC (a number that is not finite, or beyond float32; a particle without energy),
 *         GENHEP_E_SHAPE (a row without particles), GENHEP_E_OPTION (colours that cannot be connected), GENHEP_E_IO,
 *         GENHEP_E_NOMEM, after which the file is given up and nothing of it is left. Messages count rows of the file.
 * Ownership: all buffers stay with the caller. Since 1.0. */
GENHEP_API genhep_status genhep_writer_append_float(genhep_writer *writer, int64_t n_events, const float *events, int64_t stride,
                                                    const double *weights);
GENHEP_API genhep_status genhep_writer_append_double(genhep_writer *writer, int64_t n_events, const double *events, int64_t stride,
                                                     const double *weights);

/** Set an attribute (process, sigma_pb, ...), which a table in HDF5 keeps and of which the other formats take the cross
 * section and the beams. At any time before the end, since some are known only then; but `beams` and `sqrt_s_GeV` for LHE,
 * LHEH5 and HepMC3, and `sigma_pb` and `sigma_err_pb` for HepMC3, before the first event.
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM, GENHEP_E_STATE (too late). Since 1.0. */
GENHEP_API genhep_status genhep_writer_set_attribute(genhep_writer *writer, const char *key, const char *value);

/** Complete the file, bring it to disk and give it its name, in place of a file that is there. The handle remains to be freed.
 * @return GENHEP_OK, GENHEP_E_ARG, GENHEP_E_NOMEM, GENHEP_E_IO, GENHEP_E_STATE (closed, or failed before), GENHEP_E_SHAPE (LHE,
 *         LHEH5 and HepMC3 need an event, LHEH5 one whose weight is not zero); on failure nothing of it is left. Since 1.0. */
GENHEP_API genhep_status genhep_writer_close(genhep_writer *writer);

GENHEP_API int64_t genhep_writer_events(const genhep_writer *writer); /* events so far; 0 for NULL */

GENHEP_API void genhep_writer_free(genhep_writer *writer); /* gives the file up unless it was closed; NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
