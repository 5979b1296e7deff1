/* reference_handle.h -- the map of reference.h from inside: its arrays and a row's place between the centres. */
#ifndef GH_REFERENCE_HANDLE_H
#define GH_REFERENCE_HANDLE_H

#include <stdatomic.h>

#include "prep/prep_handle.h"
#include "prep/reference.h"
#include "prep/reference_peak.h"
#include "prep/reference_smooth.h"

enum { GH_REFERENCE_KNOTS = 201, GH_REFERENCE_MOST_BINS = 1000 };

struct gh_reference {
    gh_hooks hooks;
    gh_prep *chain;   /* conditions to reference coordinates */
    int64_t p, bins;  /* target coordinates; most bins of one of them */
    int64_t *partner; /* P: place among the reference coordinates, -1 without a namesake */
    int64_t *angle;   /* P: 1 when the two are compared as angles */
    int64_t *used;    /* P: bins of this coordinate, 1..bins */
    int64_t *peak;    /* (P,2): places of a peak's mass and width among the reference coordinates, -1 without */
    double *range;    /* (P,2): least and largest value of the fit, of coordinates with a peak */
    gh_smooth *smooth; /* P: with several references */
    double *shift;    /* P: s */
    double *centre;   /* (P, bins) */
    double *middle;   /* (P, bins): m at the centres */
    double *knots;    /* (P, bins, GH_REFERENCE_KNOTS) of y - m(r) */
    atomic_long owners;
};

/** Where r lies: between bins b and b + 1 (b alone when it is the only one), `on` from 0 to 1, below and above beyond the ends. */
typedef struct gh_reference_place {
    int64_t b, next;
    double on;
} gh_reference_place;

gh_reference_place gh_reference_find(const gh_reference *reference, int64_t j, double r);

/** The peak of coordinate j, which has one, for a row of reference coordinates. GENHEP_E_NUMERIC when mass or width is not above 0. */
gh_status gh_reference_peak(const gh_reference *reference, int64_t j, const double *row, gh_peak *peak);

/** u of y at reference r, and log du/dy. */
double gh_reference_normal(const gh_reference *reference, int64_t j, double r, double y, double *log_slope);

/** m(r). */
double gh_reference_middle(const gh_reference *reference, int64_t j, const gh_reference_place *place);

/** Allocate all arrays for P coordinates and `bins` bins; the chain is taken over. */
gh_status gh_reference_create(const gh_hooks *hooks, int64_t p, int64_t bins, gh_prep *chain, gh_reference **reference);

#endif
