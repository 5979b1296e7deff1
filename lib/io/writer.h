/* writer.h -- event files written in pieces: a writer common to all formats, and what a format adds. Public handle:
 * include/genhep/writer.h. A file does not depend on how its rows are cut into pieces, byte for byte. */
#ifndef GH_WRITER_H
#define GH_WRITER_H

#include "base/options.h"
#include "data/dataset.h"
#include "genhep/writer.h"

/** One format. The functions find what they share in the writer and keep their own in writer->format_state, which is zeroed
 * when `open` is called. After a failure of any of them only `abandon` is called, which is also right behind `end`. */
typedef struct gh_format {
    size_t state;
    const char *front; /* attributes that are needed before the first event, "beams sqrt_s_GeV" */
    gh_status (*open)(genhep_writer *writer);  /* check columns and weights, make the temporary file */
    gh_status (*start)(genhep_writer *writer); /* what stands in front of the events; may be NULL */
    gh_status (*rows)(genhep_writer *writer, int64_t n, const double *values, const double *weights);
    gh_status (*end)(genhep_writer *writer); /* what stands behind them or was not known before; commit the file */
    void (*abandon)(genhep_writer *writer);
} gh_format;

struct genhep_writer {
    gh_hooks hooks;
    genhep_dataset *schema;  /* names, units, attributes; no rows */
    genhep_options *options; /* a copy, or NULL */
    char *path;
    const gh_format *format;
    void *format_state;
    int compress, weighted;
    int storage; /* GENHEP_FLOAT32 or GENHEP_FLOAT64: what numbers are written as */
    enum { GH_WRITER_OPEN, GH_WRITER_STARTED, GH_WRITER_CLOSED, GH_WRITER_SPENT } stage;
    int64_t n;            /* rows so far: of the rows that a format is given, the number of the first */
    int unit_weights;     /* all weights so far are 1 or -1 */
    double largest;       /* |weight| so far */
    int64_t piece;        /* rows that fit below */
    double *rows, *ones;  /* (piece,d) and, for tables with weights, piece */
};

/** Formats and their endings: events.c. GENHEP_E_ARG when the ending tells none. */
gh_status gh_format_of(const char *path, const gh_format **format, int *compress);

extern const gh_format gh_format_h5, gh_format_csv, gh_format_npy, gh_format_lhe, gh_format_hepmc3, gh_format_lheh5;

/** New writer for rows like those of `schema`, which is copied without its rows. */
gh_status gh_writer_create(const genhep_dataset *schema, const char *path, int weighted, const genhep_options *options,
                           genhep_writer **writer);

/** Rows i at values + i*stride, float or double; weights NULL: ones where the table has weights. */
gh_status gh_writer_append(genhep_writer *writer, int64_t n, int is_float, const void *values, int64_t stride, const double *weights);

gh_status gh_writer_set_attribute(genhep_writer *writer, const char *key, const char *value);
gh_status gh_writer_close(genhep_writer *writer);
void gh_writer_free(genhep_writer *writer);

#endif
