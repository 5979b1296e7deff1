/* reference_peak.h -- a resonance whose mass and width are conditions, made to stand still above a falling spectrum: prep.peaks.
 *
 * For mass M and width G of a row and the least and largest m of the fit, lo and hi,
 *   t(m) = atan((m^2 - M^2)/(M G)),   T = (t(m) - t(lo))/(t(hi) - t(lo))
 *   F = (1 - (lo/m)^3)/(1 - (lo/e)^3) below e and 1 above, e = M where it is between lo and hi, otherwise hi
 *   y = (T + F)/2,   dy/dm = (T' + F')/2
 * A Breit-Wigner in m^2 is flat in T, a spectrum that falls as m^-4 is flat in F. In their mean what lies below
 * the peak has the lower half of the range and the peak the upper one, whatever M and G are; lo and hi are 0 and 1. The inverse is Newton's method between bounds. */
#ifndef GH_REFERENCE_PEAK_H
#define GH_REFERENCE_PEAK_H

typedef struct gh_peak {
    double mass, width; /* of this row, both above 0 */
    double low, high;   /* of the fit, 0 < low < high */
} gh_peak;

/** y at m > 0; log dy/dm where `log_slope` is not NULL. */
double gh_peak_forward(const gh_peak *peak, double m, double *log_slope);

/** m at y; a y beyond those of low/1000 and 1000 high gives these. */
double gh_peak_inverse(const gh_peak *peak, double y);

#endif
