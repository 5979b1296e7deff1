/* reference_smooth.c -- the map of reference_smooth.h. Fitting: reference_smooth_fit.c. */
#include "prep/reference_smooth.h"

#include <math.h>

int64_t gh_smooth_terms(int64_t variables)
{
    return (variables + 1) * (variables + 2) * (variables + 3) / 6;
}

void gh_smooth_features(const gh_smooth *smooth, const double *row, double *features)
{
    const int64_t V = smooth->variables;
    double x[GH_SMOOTH_MOST];
    int64_t f = 0;
    for (int64_t v = 0; v < V; v++) {
        const double low = smooth->low[v], high = smooth->high[v];
        x[v] = high > low ? gh_clamp(2 * (row[smooth->place[v]] - low) / (high - low) - 1, -1, 1) : 0;
    }
    features[f++] = 1;
    for (int64_t a = 0; a < V; a++) {
        features[f++] = x[a];
        for (int64_t b = a; b < V; b++) {
            const double two = x[a] * x[b];
            features[f++] = two;
            for (int64_t c = b; c < V; c++) features[f++] = two * x[c];
        }
    }
}

/* z_k, rising. */
static double rising_knots(const gh_smooth *smooth, const double *row, double z[GH_SMOOTH_KNOTS])
{
    enum { K = GH_SMOOTH_KNOTS };
    const double step = 2 * smooth->edge / (K - 1);
    const int64_t F = gh_smooth_terms(smooth->variables);
    double features[GH_SMOOTH_MOST_TERMS];
    gh_smooth_features(smooth, row, features);
    for (int k = 0; k < K; k++) z[k] = smooth->c[k];
    for (int64_t f = 1; f < F; f++) {
        const double *c = smooth->c + f * K, factor = features[f];
        for (int k = 0; k < K; k++) z[k] += factor * c[k];
    }
    for (int k = 1; k < K; k++) z[k] = fmax(z[k], z[k - 1] + step / 1000);
    return step;
}

double gh_smooth_forward(const gh_smooth *smooth, const double *row, double u, double *log_slope)
{
    enum { K = GH_SMOOTH_KNOTS };
    double z[K], step = rising_knots(smooth, row, z), place = (u + smooth->edge) / step;
    if (!(place > 0)) return z[0] + (u + smooth->edge);
    if (place >= K - 1) return z[K - 1] + (u - smooth->edge);
    const int k = (int)place;
    *log_slope += log((z[k + 1] - z[k]) / step);
    return z[k] + (place - k) * (z[k + 1] - z[k]);
}

double gh_smooth_inverse(const gh_smooth *smooth, const double *row, double z)
{
    enum { K = GH_SMOOTH_KNOTS };
    double knots[K], step = rising_knots(smooth, row, knots);
    int low = 0, high = K - 1;
    if (!(z > knots[0])) return z - knots[0] - smooth->edge;
    if (z >= knots[K - 1]) return z - knots[K - 1] + smooth->edge;
    while (high - low > 1) {
        const int half = (low + high) / 2;
        if (knots[half] <= z) low = half;
        else high = half;
    }
    return -smooth->edge + step * (low + (z - knots[low]) / (knots[high] - knots[low]));
}
