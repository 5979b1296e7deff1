/* reference_peak.c -- the map of reference_peak.h. */
#include "prep/reference_peak.h"

#include <math.h>

/* y and dy/dm as functions of m: offset, then factors of the two terms. */
typedef struct curve {
    double mass, inverse, start, of_angle, low, end, of_fall;
} curve;

static double cube(double x)
{
    return x * x * x;
}

static double distance(const curve *c, double m)
{
    return (m - c->mass) * (m + c->mass) * c->inverse;
}

static curve curve_of(const gh_peak *peak)
{
    curve c = {.mass = peak->mass, .inverse = 1 / (peak->mass * peak->width), .low = peak->low};
    c.start = atan(distance(&c, peak->low));
    c.of_angle = 0.5 / (atan(distance(&c, peak->high)) - c.start);
    c.end = peak->mass > peak->low && peak->mass < peak->high ? peak->mass : peak->high;
    c.of_fall = 0.5 / (1 - cube(peak->low / c.end));
    return c;
}

static double value_at(const curve *c, double m)
{
    return c->of_angle * (atan(distance(c, m)) - c->start) + c->of_fall * (1 - cube(c->low / fmin(m, c->end)));
}

static double slope_at(const curve *c, double m)
{
    const double x = distance(c, m);
    const double fall = m < c->end ? c->of_fall * 3 * cube(c->low / m) / m : 0;
    return c->of_angle * 2 * m * c->inverse / (1 + x * x) + fall;
}

double gh_peak_forward(const gh_peak *peak, double m, double *log_slope)
{
    const curve c = curve_of(peak);
    if (log_slope) *log_slope = log(slope_at(&c, m));
    return value_at(&c, m);
}

double gh_peak_inverse(const gh_peak *peak, double y)
{
    enum { STEPS = 200 }; /* halving alone takes 75 from the whole range to the last bit */
    const curve c = curve_of(peak);
    double below = peak->low / 1000, above = peak->high * 1000, m = peak->mass;
    if (y <= value_at(&c, below)) return below;
    if (y >= value_at(&c, above)) return above;
    if (!(m > below && m < above)) m = peak->low;
    for (int k = 0; k < STEPS; k++) {
        const double off = value_at(&c, m) - y;
        if (off == 0) break;
        if (off > 0) above = m;
        else below = m;
        double next = m - off / slope_at(&c, m);
        if (!(next > below && next < above)) next = sqrt(below) * sqrt(above);
        if (fabs(next - m) <= 1e-15 * m) break;
        m = next;
    }
    return m;
}
