/* objects.h -- the working state of the stage 'objects', shared by its fit and by its two directions. Formulas: objects.c. */
#ifndef GH_OBJECTS_H
#define GH_OBJECTS_H

#include "prep/categories.h"
#include "prep/quantile_knots.h"

enum {
    GH_OBJECTS_TYPES = 8,
    GH_OBJECTS_SLOTS = 64,
    GH_OBJECTS_PATTERN = 128, /* discrete columns of one type, and its count */
    GH_OBJECTS_ROLES = 5      /* pT, eta, phi, E, m */
};
enum gh_objects_role { GH_OBJECTS_PT, GH_OBJECTS_ETA, GH_OBJECTS_PHI, GH_OBJECTS_E, GH_OBJECTS_M };
/* what happens to a column of no object; the azimuth of missing momentum is turned against minus the sum of all objects */
enum { GH_OBJECTS_MAPPED = 1, GH_OBJECTS_TURNED = 2, GH_OBJECTS_OPPOSITE = 4, GH_OBJECTS_KINDS = 8 };
enum {
    GH_OBJECTS_MOST = 4 * GH_OBJECTS_SLOTS + 64
}; /* coordinates of objects and other columns that are decorrelated, at most */

typedef struct gh_object_type {
    int64_t slots, first;              /* slots first .. first + slots - 1 of all */
    int64_t discretes, first_discrete; /* discrete columns of a slot; where those of the type begin */
    int64_t width, first_coordinate;   /* coordinates of a slot: 4 with a free mass, else 3 */
    double least, mass;                /* least pT in the data; fixed mass, below 0 when it is free */
    int64_t patterns;                  /* distinct (count, discrete columns), rising */
    const double *values;              /* (patterns, 1 + slots * discretes) */
    const double *shares;              /* of a pattern among those of its count */
    const int64_t *rows;               /* (patterns, slots): where the quantiles of this slot's first coordinate are */
    double *begins, *borders;          /* owned: sum of shares before it, and its normal number */
} gh_object_type;

typedef struct gh_objects {
    int64_t types, slots, coordinates;
    gh_object_type type[GH_OBJECTS_TYPES];
    const int64_t *roles;     /* (slots, GH_OBJECTS_ROLES): column + 1, or 0 */
    const int64_t *discretes; /* columns */
    int64_t azimuth;          /* column that others are turned against, or -1 */
    int balance;              /* that azimuth is of missing momentum: it balances the objects */
    int64_t rest_count;
    const int64_t *rest, *rest_kind;
    gh_categories table;      /* counts of all types */
    const int64_t *rest_rows; /* (categories, rest_count) */
    int64_t knots, knot_rows;
    const double *quantiles; /* (knot_rows, knots) */
    int64_t order;           /* of the factors: coordinates + rest_count */
    const int64_t *factor;   /* (categories): 1 + which factor, or 0 */
    const double *factors;   /* (factors, order, order): lower triangles */
    int64_t *blocks;         /* owned: (categories, types, 2): first pattern of this count, and one past its last */
} gh_objects;

/** Width of a row of the type's table of patterns. */
static inline int64_t gh_objects_pattern_width(const gh_object_type *type)
{
    return 1 + type->slots * type->discretes;
}

/** Coordinates of one row before their quantiles: `raw` (s->coordinates) of the objects that are there, `counts` (types).
 * Column j is row[j * step]. @return NULL, or what was expected, of slot *bad */
const char *gh_objects_read(const gh_objects *s, const double *row, int64_t step, double *counts, double *raw,
                            int64_t *bad);

/** Pattern of one type in a row with this many objects: gh_objects_pattern_width numbers, zeros for absent ones. */
void gh_objects_pattern(const gh_objects *s, int64_t type, const double *row, int64_t step, double count,
                        double *pattern);

/** Azimuth of the first object of the first type, else that of the reference, else 0. */
double gh_objects_zero(const gh_objects *s, const double *row, int64_t step);

/** Azimuth of minus the sum of all objects' transverse momenta. */
double gh_objects_opposite(const gh_objects *s, const double *row, int64_t step);

/** Coordinates (s->order) with the linear correlations of category c taken out, in place, and put back.
 * @return the log of the determinant that `take` divides by */
double gh_objects_take(const gh_objects *s, int64_t c, double *z);
void gh_objects_put(const gh_objects *s, int64_t c, double *z);

/** An angle moved by a multiple of 2 pi into [0, 2 pi). */
double gh_objects_turn(double angle);

/** Place of `row` among `count` rising rows of `width` numbers, -1 when it is not there. */
int64_t gh_objects_find(const double *values, int64_t count, int64_t width, const double *row);

/** Everything that `objects` stores; see stage.h. */
gh_status gh_objects_fit(gh_stage *stage, gh_fit *fit);

#endif
