/* files.h -- event files and archives on disk. The door to hdf5.h and zlib.h: nothing outside io/ includes them. */
#ifndef GH_FILES_H
#define GH_FILES_H

#include "base/archive.h"
#include "base/options.h"
#include "data/dataset.h"

/** Read a table of events, format recognised by content (first bytes), options as genhep_dataset_open. */
gh_status gh_events_read(const char *path, const genhep_options *options, genhep_dataset **dataset);

/** Write by the name's ending, to a temporary file that is renamed when complete: a writer (writer.h) and one piece. */
gh_status gh_events_write(const genhep_dataset *dataset, const char *path, const genhep_options *options);

/** Write an archive as HDF5 behind a 512-byte user block: magic "GENHEP\r\n", format version, payload length and CRC-32 of
 * all that follows the block. Built in memory (core driver), written to <path>.tmp.<pid>, fsync, rename, fsync of the folder.
 * @param kind "model" or "checkpoint", stored as root attribute and checked by the reader */
gh_status gh_archive_write(const gh_archive *archive, const char *path, const char *kind);

/** Read one back. Length and CRC-32 are checked before libhdf5 sees a byte; shapes are checked against the bytes that are
 * there before anything is allocated. `archive` must be initialised. */
gh_status gh_archive_read(const char *path, const char *kind, gh_archive *archive);
gh_status gh_archive_read_memory(const void *bytes, int64_t size, const char *kind, gh_archive *archive);

#endif
