/* stage.h -- what one stage of a preparation is, and what all stages share.
 *
 * Numbers travel in panels: up to GH_PANEL rows, column-major, coordinate j of row i at panel[j * GH_PANEL + i]. A
 * panel is always full (missing rows repeat the last one), so loops have a fixed length, vectorise, and treat each row
 * alike: a row's bits do not depend on its place in a call.
 *
 * A stage is fitted once on columns; its constants are an archive, which is what the model file keeps. `build` makes
 * the working state from the constants alone, after fitting and after loading, so both compute the same bits. */
#ifndef GH_STAGE_H
#define GH_STAGE_H

#include "base/archive.h"
#include "base/options.h"
#include "base/philox.h"
#include "data/dataset.h"
#include "prep/prep.h"

#define GH_PANEL 64
#define GH_PI 3.14159265358979323846

/** What a coordinate is, which decides what may still be done with it. */
enum gh_coordinate_kind {
    GH_COORDINATE_COLUMN,  /* a column of the table in its own unit */
    GH_COORDINATE_FREE,    /* a coordinate of a representation */
    GH_COORDINATE_MAPPED,  /* either of them behind a map of one variable */
    GH_COORDINATE_DISCRETE, /* dequantised: its reference measure is counting */
    GH_COORDINATE_CENSORED  /* 0 stands for "0 or below" (suppress.c): an atom there */
};

/** Is it an angle? An absolute azimuth turns with the event about the beam. */
enum gh_coordinate_angle { GH_ANGLE_NONE, GH_ANGLE_PERIODIC, GH_ANGLE_AZIMUTH };

typedef struct gh_coordinate {
    char *name;
    int32_t kind;
    int32_t angle;
} gh_coordinate;

typedef struct gh_layout {
    gh_hooks hooks;
    gh_coordinate *list;
    int64_t count;
    int64_t capacity;
} gh_layout;

/** Append a coordinate; `format` makes its name. GENHEP_E_OPTION when the name is there already. */
gh_status gh_layout_add(gh_layout *layout, enum gh_coordinate_kind kind, enum gh_coordinate_angle angle,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
void gh_layout_clear(gh_layout *layout);
int64_t gh_layout_find(const gh_layout *layout, const char *name); /* -1 when absent */
const char *gh_layout_closest(const gh_layout *layout, const char *name);
int gh_angle_by_name(const char *name); /* a column that ends in "phi" or "phi<digits>" is an azimuth */

/** Arguments of a stage, split at commas outside parentheses, blanks trimmed. */
typedef struct gh_arguments {
    char *text;   /* all of them, as written */
    char **items; /* count pointers into `split` */
    char *split;
    int64_t count;
} gh_arguments;

/** What a stage sees while it is fitted. */
typedef struct gh_fit {
    const genhep_options *options;
    const gh_layout *in; /* coordinates that it receives */
    gh_layout *out;      /* coordinates that it hands on: empty before */
    const gh_arguments *arguments;
    int64_t n;
    const double *columns; /* (width, n): coordinate j of row i at columns[j * n + i] */
    const double *weights; /* n, or NULL */
} gh_fit;

struct gh_stage_class;

typedef struct gh_stage {
    const struct gh_stage_class *type;
    gh_hooks hooks;
    gh_archive constants; /* all that was fitted */
    int64_t width_in, width_out;
    char **names;         /* of the width_in coordinates, for messages */
    int64_t draws, first_draw;       /* Philox uniforms per row that forward takes */
    int64_t uniforms, first_uniform; /* uniforms per row that inverse takes from the caller */
    int64_t scratch;                 /* panel columns of scratch that forward or inverse needs */
    void *state;                     /* the class's own, made by build */
} gh_stage;

/** One panel on its way. */
typedef struct gh_pass {
    int64_t rows;          /* valid rows, at most GH_PANEL; an error in the others cannot occur, they repeat the last */
    int64_t first;         /* number of row 0, for messages and Philox */
    gh_rng rng;            /* forward */
    const double *uniforms; /* inverse: panel of gh_prep_uniforms columns */
    int float_output;      /* inverse */
    double *scratch;
    double *log_jacobian; /* forward: GH_PANEL numbers to add to, or NULL */
} gh_pass;

typedef struct gh_stage_class {
    const char *name;
    int in_place; /* forward and inverse may be called with in == out */
    /** Find the constants, put them into stage->constants, append the coordinates to fit->out. */
    gh_status (*fit)(gh_stage *stage, gh_fit *fit);
    /** Make the state from the constants; check every index and length (they may come from a damaged file). */
    gh_status (*build)(gh_stage *stage);
    gh_status (*forward)(const gh_stage *stage, const gh_pass *pass, const double *in, double *out);
    void (*inverse)(const gh_stage *stage, const gh_pass *pass, const double *in, double *out);
    void (*release)(gh_stage *stage); /* or NULL when state is one plain block or none */
} gh_stage_class;

/** The class of a name; GENHEP_E_OPTION with the closest name. */
gh_status gh_stage_class_find(const char *name, const char *where, gh_status code, const gh_stage_class **type);

/** Split a chain "a, b(x, y)" into names and arguments. */
typedef struct gh_chain {
    gh_hooks hooks;
    int64_t count;
    char **names;
    gh_arguments *arguments;
} gh_chain;

gh_status gh_chain_parse(const gh_hooks *hooks, const char *text, gh_chain *chain);
void gh_chain_free(gh_chain *chain);

/** Take the leading numeric arguments: *count of them into values[0..most-1]; *rest is the index of the first pattern.
 */
gh_status gh_arguments_numbers(const gh_stage *stage, const gh_arguments *arguments, double *values, int64_t most,
                               int64_t *count, int64_t *rest);

/** Coordinates that patterns arguments[first..] name, each once, in order; all but discrete and censored ones when there
 * is no pattern. `indices` is allocated for the layout's width. GENHEP_E_OPTION names a pattern that matches nothing.
 */
gh_status gh_arguments_select(const gh_stage *stage, const gh_fit *fit, int64_t first, int64_t **indices,
                              int64_t *count);

/** For maps of one variable: hand all coordinates on, those selected as mapped; stores the selection as "columns". */
gh_status gh_map_layout(gh_stage *stage, gh_fit *fit, const int64_t *indices, int64_t count);

/** The stage's constants. Lengths are checked. */
gh_status gh_stage_put(gh_stage *stage, const char *name, int64_t count, const double *values);
gh_status gh_stage_put_indices(gh_stage *stage, const char *name, int64_t count, const int64_t *values);
gh_status gh_stage_get(const gh_stage *stage, const char *name, int64_t count, const double **values);
gh_status gh_stage_get_i64(const gh_stage *stage, const char *name, int64_t count, const int64_t **values);
/** Indices that must each lie in [0, below); *count is how many there are. */
gh_status gh_stage_get_indices(const gh_stage *stage, const char *name, int64_t below, int64_t *count,
                               const int64_t **values);

/** GENHEP_E_NUMERIC: "<stage>: row 12, coordinate 'x': <what> (found 3.5)". */
gh_status gh_stage_domain(const gh_stage *stage, const gh_pass *pass, int64_t row, const char *name, double value,
                          const char *what);

/** x moved by a multiple of 2 pi into (-pi, pi]. */
double gh_wrap_angle(double x);

extern const gh_stage_class gh_stage_identity, gh_stage_maxabs, gh_stage_standardise, gh_stage_minmax, gh_stage_scale,
    gh_stage_log, gh_stage_logit, gh_stage_resonance, gh_stage_quantile, gh_stage_periodic, gh_stage_azimuth,
    gh_stage_momenta, gh_stage_ptetaphi, gh_stage_tree, gh_stage_pair, gh_stage_category, gh_stage_flags,
    gh_stage_quantile_by, gh_stage_root, gh_stage_suppress, gh_stage_sums, gh_stage_drop, gh_stage_ptcut,
    gh_stage_reach, gh_stage_dilepton, gh_stage_objects;

#endif
