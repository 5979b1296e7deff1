/* distances.c -- chi2, Wasserstein-1, Kolmogorov-Smirnov and separation power of two one-dimensional samples. */
#include "evaluate/statistics.h"

#include <math.h>

/* Inner edges of bins with equal shares of the truth, equal edges merged; returns how many. */
static int64_t equal_share_edges(const gh_sorted *truth, int64_t bins, double *edges)
{
    int64_t count = 0;
    for (int64_t b = 1; b < bins; b++) {
        double edge = gh_quantile(truth, (double)b / (double)bins);
        if (count == 0 || edge > edges[count - 1]) edges[count++] = edge;
    }
    return count;
}

gh_status gh_chi2(const gh_hooks *hooks, const gh_sorted *truth, const gh_sorted *generated, int64_t bins,
                  double *chi2_ndf)
{
    double *edges;
    GH_TRY(gh_alloc(hooks, &edges, bins, 8));
    int64_t inner = equal_share_edges(truth, bins, edges), filled = 0, at_t = 0, at_g = 0;
    double chi2 = 0, nt = truth->total, ng = generated->total;
    int weighted = truth->sum || generated->sum;
    for (int64_t b = 0; b <= inner; b++) {
        int64_t to_t = b < inner ? gh_sorted_rank(truth, edges[b]) : truth->n;
        int64_t to_g = b < inner ? gh_sorted_rank(generated, edges[b]) : generated->n;
        double vt, vg, t = gh_sorted_weight(truth, at_t, to_t, &vt), g = gh_sorted_weight(generated, at_g, to_g, &vg);
        if (to_t - at_t + to_g - at_g > 0) {
            double d = t / nt - g / ng;
            double variance = weighted ? vt / (nt * nt) + vg / (ng * ng) : (t + g) / (nt * ng);
            if (variance > 0) chi2 += d * d / variance, filled++;
        }
        at_t = to_t, at_g = to_g;
    }
    *chi2_ndf = chi2 / (double)(filled > 1 ? filled - 1 : 1);
    gh_free(hooks, edges);
    return GENHEP_OK;
}

double gh_wasserstein(const gh_sorted *truth, const gh_sorted *generated)
{
    enum { POINTS = 2000 };
    double sum = 0;
    for (int k = 0; k < POINTS; k++) {
        double q = (k + 0.5) / POINTS;
        sum += fabs(gh_quantile(truth, q) - gh_quantile(generated, q));
    }
    return sum / POINTS;
}

double gh_kolmogorov_tail(double lambda)
{
    if (lambda < 0.2) return 1; /* 1 - Q < 1e-12 there, and the series converges slowly */
    double sum = 0, sign = 1;
    for (int k = 1; k <= 100; k++, sign = -sign) {
        double term = exp(-2.0 * k * k * lambda * lambda);
        sum += sign * term;
        if (term < 1e-17) break;
    }
    return fmin(fmax(2 * sum, 0), 1);
}

void gh_kolmogorov(const gh_sorted *truth, const gh_sorted *generated, double *distance, double *p)
{
    double worst = 0;
    int64_t i = 0, j = 0;
    while (i < truth->n || j < generated->n) {
        double x =
            j >= generated->n || (i < truth->n && truth->x[i] <= generated->x[j]) ? truth->x[i] : generated->x[j];
        while (i < truth->n && truth->x[i] <= x) i++;
        while (j < generated->n && generated->x[j] <= x) j++;
        double ft = gh_sorted_weight(truth, 0, i, NULL) / truth->total;
        double fg = gh_sorted_weight(generated, 0, j, NULL) / generated->total;
        worst = fmax(worst, fabs(ft - fg));
    }
    double a = gh_effective(truth), b = gh_effective(generated), root = sqrt(a * b / (a + b));
    *distance = worst;
    *p = gh_kolmogorov_tail((root + 0.12 + 0.11 / root) * worst);
}

double gh_separation(int64_t bins, const double *first, const double *second)
{
    double a = 0, b = 0, sum = 0;
    for (int64_t i = 0; i < bins; i++) a += first[i], b += second[i];
    for (int64_t i = 0; i < bins; i++) {
        double p = first[i] / a, q = second[i] / b;
        if (p + q > 0) sum += (p - q) * (p - q) / (p + q);
    }
    return 0.5 * sum;
}
