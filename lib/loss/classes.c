/* classes.c -- soft labels: softmax, differentiable counts, class and normalisation losses, gradients beside values.
 * A row has a handful of labels, so rows are computed in double. Tests: tests/grad/test_classes.c. */
#include "loss/classes.h"

#include <math.h>

#define LEAST_BASE 1e-6 /* S_base of a batch, as a share of its weight */

void gh_softmax_forward(gh_real *c, const gh_real *logits, int64_t stride, int64_t N, int64_t C)
{
    for (int64_t i = 0; i < N; i++) {
        const gh_real *a = logits + i * stride;
        double largest = (double)a[0], sum = 0, e[GH_CLASSES];
        for (int64_t k = 1; k < C; k++) largest = fmax(largest, (double)a[k]);
        for (int64_t k = 0; k < C; k++) sum += e[k] = exp((double)a[k] - largest);
        for (int64_t k = 0; k < C; k++) c[i * C + k] = (gh_real)(e[k] / sum);
    }
}

void gh_softmax_backward(gh_real *g_logits, int64_t stride, const gh_real *gc, const gh_real *c, int64_t N, int64_t C)
{
    for (int64_t i = 0; i < N; i++) {
        const gh_real *p = c + i * C, *g = gc + i * C;
        double mean = 0;
        for (int64_t k = 0; k < C; k++) mean += (double)g[k] * (double)p[k];
        for (int64_t k = 0; k < C; k++) g_logits[i * stride + k] = (gh_real)((double)p[k] * ((double)g[k] - mean));
    }
}

static int32_t largest_of(const gh_real *c, int64_t C)
{
    int32_t best = 0;
    for (int32_t k = 1; k < C; k++)
        if (c[k] > c[best]) best = k;
    return best;
}

void gh_class_of(int32_t *classes, const gh_real *c, int64_t N, int64_t C)
{
    for (int64_t i = 0; i < N; i++) classes[i] = largest_of(c + i * C, C);
}

gh_status gh_class_rules_check(const gh_class_rules *rules)
{
    if (rules->classes < 2 || rules->classes > GH_CLASSES)
        GH_FAIL(GENHEP_E_OPTION, "classes: %lld, expected 2 to %d", (long long)rules->classes, GH_CLASSES);
    if (rules->sets < 0 || rules->sets > GH_CLASS_SETS)
        GH_FAIL(GENHEP_E_OPTION, "classes: %lld sets, expected 0 to %d", (long long)rules->sets, GH_CLASS_SETS);
    const uint32_t all = (1u << rules->classes) - 1;
    if (rules->base & ~all || (rules->sets > 0 && !rules->base))
        GH_FAIL(GENHEP_E_OPTION, "classes: base set %#x, expected some of the %lld classes", (unsigned)rules->base,
                (long long)rules->classes);
    if (!(rules->alpha > 0 && rules->alpha <= 1e6))
        GH_FAIL(GENHEP_E_OPTION, "classes: alpha %g, expected above 0 and at most 1e6", rules->alpha);
    if (!(rules->beta >= 0.5 && rules->beta <= 100))
        GH_FAIL(GENHEP_E_OPTION, "classes: beta %g, expected 0.5 to 100", rules->beta);
    if (!(rules->ramp >= 0 && rules->ramp <= 1))
        GH_FAIL(GENHEP_E_OPTION, "classes: ramp %g, expected 0 to 1", rules->ramp);
    if (!(rules->class_weight >= 0 && isfinite(rules->class_weight)))
        GH_FAIL(GENHEP_E_OPTION, "classes: class loss weight %g, expected at least 0", rules->class_weight);
    for (int64_t s = 0; s < rules->sets; s++) {
        if (!rules->members[s] || rules->members[s] & ~all)
            GH_FAIL(GENHEP_E_OPTION, "classes: set %lld is %#x, expected some of the %lld classes", (long long)s,
                    (unsigned)rules->members[s], (long long)rules->classes);
        if (!(rules->ratio[s] >= 0 && isfinite(rules->ratio[s]) && rules->weight[s] >= 0 && isfinite(rules->weight[s])))
            GH_FAIL(GENHEP_E_OPTION, "classes: set %lld has ratio %g and weight %g, expected at least 0", (long long)s,
                    rules->ratio[s], rules->weight[s]);
    }
    return GENHEP_OK;
}

/* f of the largest label m and df/dm = f alpha 2 beta (1-m^2)^(2 beta - 1) 2 m. Rounding may leave m above 1. */
static double decided(const gh_class_rules *rules, double m, double *slope)
{
    const double power = 2 * rules->beta, u = m > 1 ? 0 : 1 - m * m, f = exp(-rules->alpha * pow(u, power));
    *slope = f * rules->alpha * power * pow(u, power - 1) * 2 * m;
    return f;
}

void gh_class_sums_add(gh_class_sums *sums, const gh_class_rules *rules, const gh_real *c, const gh_real *weights,
                       int64_t N)
{
    const int64_t C = rules->classes;
    for (int64_t i = 0; i < N; i++) {
        const gh_real *row = c + i * C;
        const int32_t best = largest_of(row, C);
        double w = weights ? (double)weights[i] : 1, slope, f = decided(rules, (double)row[best], &slope);
        for (int64_t k = 0; k < C; k++) sums->count[k] += w * (1 - rules->ramp) * (double)row[k];
        sums->count[best] += w * rules->ramp * f;
        sums->f += w * f;
        sums->weight += w;
    }
}

static double sum_of(const gh_class_rules *rules, const gh_class_sums *sums, uint32_t members)
{
    double sum = 0;
    for (int64_t k = 0; k < rules->classes; k++)
        if (members >> k & 1) sum += sums->count[k];
    return sum;
}

static void add_slope(const gh_class_rules *rules, gh_class_sums *slopes, uint32_t members, double slope)
{
    for (int64_t k = 0; k < rules->classes; k++)
        if (members >> k & 1) slopes->count[k] += slope;
}

/* With q = S_s/S_base: dL/dS_s = 2 weight (q - ratio)/S_base, dL/dS_base = -q dL/dS_s, none at the bound of S_base. */
double gh_class_losses(const gh_class_rules *rules, const gh_class_sums *sums, gh_class_sums *slopes,
                       double *class_loss, double *norm_loss)
{
    double missing = 1 - sums->f / sums->weight, first = rules->class_weight * missing * missing, second = 0;
    *slopes = (gh_class_sums){.f = -2 * rules->class_weight * missing / sums->weight};
    const double least = LEAST_BASE * sums->weight, found = sum_of(rules, sums, rules->base);
    const double base = found < least ? least : found;
    for (int64_t s = 0; s < rules->sets; s++) {
        double q = sum_of(rules, sums, rules->members[s]) / base, off = q - rules->ratio[s];
        double slope = 2 * rules->weight[s] * off / base;
        second += rules->weight[s] * off * off;
        add_slope(rules, slopes, rules->members[s], slope);
        if (!(found < least)) add_slope(rules, slopes, rules->base, -slope * q);
    }
    if (class_loss) *class_loss = first;
    if (norm_loss) *norm_loss = second;
    return first + second;
}

void gh_class_gradient(const gh_class_rules *rules, const gh_class_sums *slopes, const gh_real *c,
                       const gh_real *weights, double scale, int64_t N, gh_real *gc)
{
    const int64_t C = rules->classes;
    for (int64_t i = 0; i < N; i++) {
        const gh_real *row = c + i * C;
        gh_real *g = gc + i * C;
        const int32_t best = largest_of(row, C);
        double w = (weights ? (double)weights[i] : 1) * scale, slope;
        decided(rules, (double)row[best], &slope);
        for (int64_t k = 0; k < C; k++) g[k] += (gh_real)(w * (1 - rules->ramp) * slopes->count[k]);
        g[best] += (gh_real)(w * slope * (rules->ramp * slopes->count[best] + slopes->f));
    }
}

void gh_class_share(gh_real *share, uint32_t members, const gh_real *c, int64_t N, int64_t C)
{
    for (int64_t i = 0; i < N; i++) {
        share[i] = 0;
        for (int64_t k = 0; k < C; k++)
            if (members >> k & 1) share[i] += c[i * C + k];
    }
}

void gh_class_share_backward(gh_real *gc, uint32_t members, const gh_real *g_share, int64_t N, int64_t C)
{
    for (int64_t i = 0; i < N; i++)
        for (int64_t k = 0; k < C; k++)
            if (members >> k & 1) gc[i * C + k] += g_share[i];
}
