/* sums.c -- sums of groups of columns as coordinates of their own: 'sums(layer2_*, layer0_*, layer1_*)', one group an argument.
 *   T = S_0 + ... + S_(G-1),    share g = S_g/(S_g + ... + S_(G-1)) for g < G-1,    S_g the sum of group g
 * stand behind the columns, which stay as they are. The inverse takes the sums from T and the shares, and moves the columns of a
 * group to add up to its sum:
 *   x = m + f (x - m) for x > 0, and x = 0 stays 0,    f = (S_g - n m)/(sum of x - n m),    n columns above zero
 * with m the smallest positive value in the data (the threshold of a detector), so that what is on stays above it. Where S_g is
 * below n m the smallest columns become zero first. Numbers that have to add up (an energy and its parts) then do so however
 * independently a model draws the parts. For independent gamma-distributed parts of one scale this loses nothing: their sum is
 * independent of their shares. The coordinates are not free, the sums count twice: a density is one of the coordinates. */
#include <math.h>
#include <string.h>

#include "prep/panel.h"
#include "prep/stage.h"

enum { MOST_GROUPS = 64 };

typedef struct sums {
    int64_t groups;
    const int64_t *columns, *offsets; /* columns of group g: columns[offsets[g]] .. columns[offsets[g + 1] - 1] */
    double least;
} sums;

static gh_status find_groups(const gh_stage *stage, const gh_fit *fit, int64_t *columns, int64_t *offsets)
{
    int64_t used = 0;
    for (int64_t a = 0; a < fit->arguments->count; a++) {
        const char *pattern = fit->arguments->items[a];
        offsets[a] = used;
        for (int64_t j = 0; j < fit->in->count; j++) {
            if (!gh_pattern_match(pattern, stage->names[j])) continue;
            if (fit->in->list[j].kind != GH_COORDINATE_COLUMN)
                GH_FAIL(GENHEP_E_OPTION, "prep: 'sums' needs '%.120s' as it stands in the data; put it before the other maps", stage->names[j]);
            for (int64_t k = 0; k < used; k++)
                if (columns[k] == j) GH_FAIL(GENHEP_E_OPTION, "prep: 'sums(%.80s)': '%.120s' is in two groups", fit->arguments->text, stage->names[j]);
            columns[used++] = j;
        }
        if (used == offsets[a])
            GH_FAIL(GENHEP_E_OPTION, "prep: 'sums(%.80s)': nothing is named '%.80s'; the closest is '%.80s'", fit->arguments->text, pattern,
                    gh_layout_closest(fit->in, pattern));
    }
    offsets[fit->arguments->count] = used;
    return GENHEP_OK;
}

static gh_status least_positive(const gh_stage *stage, const gh_fit *fit, const int64_t *columns, int64_t count, double *least)
{
    double value = INFINITY;
    for (int64_t k = 0; k < count; k++) {
        const double *x = fit->columns + columns[k] * fit->n;
        for (int64_t i = 0; i < fit->n; i++) {
            if (x[i] < 0)
                GH_FAIL(GENHEP_E_NUMERIC, "prep: stage 'sums', row %lld, coordinate '%.120s': found %g, expected 0 or more", (long long)i,
                        stage->names[columns[k]], x[i]);
            if (x[i] > 0 && x[i] < value) value = x[i];
        }
    }
    *least = isfinite(value) ? value : 0;
    return GENHEP_OK;
}

static gh_status sums_fit(gh_stage *stage, gh_fit *fit)
{
    const int64_t groups = fit->arguments->count;
    int64_t offsets[MOST_GROUPS + 1], *columns = NULL;
    double least;
    gh_status status = GENHEP_OK;
    if (groups < 1 || groups > MOST_GROUPS)
        GH_FAIL(GENHEP_E_OPTION, "prep: 'sums' has %lld groups, expected 1 to %d: 'sums(layer0_*, layer1_*)'", (long long)groups, MOST_GROUPS);
    GH_TRY_CLEANUP(gh_alloc(&stage->hooks, &columns, fit->in->count, sizeof *columns));
    GH_TRY_CLEANUP(find_groups(stage, fit, columns, offsets));
    GH_TRY_CLEANUP(least_positive(stage, fit, columns, offsets[groups], &least));
    for (int64_t j = 0; j < fit->in->count; j++)
        GH_TRY_CLEANUP(gh_layout_add(fit->out, fit->in->list[j].kind, fit->in->list[j].angle, "%s", fit->in->list[j].name));
    GH_TRY_CLEANUP(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "sum(%.150s)", fit->arguments->text));
    for (int64_t g = 0; g + 1 < groups; g++)
        GH_TRY_CLEANUP(gh_layout_add(fit->out, GH_COORDINATE_FREE, GH_ANGLE_NONE, "share(%.150s)", fit->arguments->items[g]));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "columns", offsets[groups], columns));
    GH_TRY_CLEANUP(gh_stage_put_indices(stage, "offsets", groups + 1, offsets));
    GH_TRY_CLEANUP(gh_stage_put(stage, "least", 1, &least));
cleanup:
    gh_free(&stage->hooks, columns);
    return status;
}

static gh_status sums_build(gh_stage *stage)
{
    sums *s;
    const gh_entry *entry;
    const double *least;
    int64_t any = -1, total;
    GH_TRY(gh_alloc(&stage->hooks, &s, 1, sizeof *s));
    stage->state = s;
    GH_TRY(gh_stage_get_indices(stage, "columns", stage->width_in, &total, &s->columns));
    GH_TRY(gh_archive_get(&stage->constants, "offsets", GH_I64, 1, &any, &entry));
    s->groups = entry->dims[0] - 1;
    s->offsets = entry->data;
    if (s->groups < 1 || s->groups > MOST_GROUPS || stage->width_out != stage->width_in + s->groups)
        GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'sums' has %lld groups and width %lld behind it, expected 1 to %d and as many more than %lld",
                (long long)s->groups, (long long)stage->width_out, MOST_GROUPS, (long long)stage->width_in);
    for (int64_t g = 0; g < s->groups; g++)
        if (s->offsets[0] != 0 || s->offsets[g + 1] <= s->offsets[g] || s->offsets[g + 1] > total)
            GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'sums': group %lld has damaged offsets", (long long)g);
    GH_TRY(gh_stage_get(stage, "least", 1, &least));
    if (!(least[0] >= 0)) GH_FAIL(GENHEP_E_FORMAT, "prep: stage 'sums': the smallest value is %g, expected 0 or more", least[0]);
    s->least = least[0];
    return GENHEP_OK;
}

static gh_status sums_forward(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const sums *s = stage->state;
    double below[GH_PANEL] = {0}; /* the groups from g on */
    memcpy(out, in, (size_t)stage->width_in * GH_PANEL * sizeof *out);
    for (int64_t g = s->groups - 1; g >= 0; g--) {
        double here[GH_PANEL] = {0}, *share = out + (stage->width_in + 1 + g) * GH_PANEL;
        for (int64_t k = s->offsets[g]; k < s->offsets[g + 1]; k++) {
            const double *x = in + s->columns[k] * GH_PANEL;
            for (int64_t i = 0; i < GH_PANEL; i++) {
                if (!(x[i] >= 0 && isfinite(x[i])))
                    return gh_stage_domain(stage, pass, i, stage->names[s->columns[k]], x[i], "expected 0 or more");
                here[i] += x[i];
            }
        }
        for (int i = 0; i < GH_PANEL; i++) {
            below[i] += here[i];
            if (g + 1 < s->groups) share[i] = below[i] > 0 ? here[i] / below[i] : 0;
        }
    }
    memcpy(out + stage->width_in * GH_PANEL, below, sizeof below);
    return GENHEP_OK;
}

/* One row of one group where the plain factor does not do: too little for what is on, or nothing above the smallest value. */
static void settle_row(const sums *s, int64_t g, double target, double *out, int64_t i)
{
    for (;;) {
        double sum = 0, smallest = INFINITY;
        int64_t on = 0, which = -1;
        for (int64_t k = s->offsets[g]; k < s->offsets[g + 1]; k++) {
            const double x = out[s->columns[k] * GH_PANEL + i];
            if (!(x > 0)) continue;
            sum += x;
            on++;
            if (x < smallest) smallest = x, which = k;
        }
        if (!on) return;
        const double spare = target - (double)on * s->least, above = sum - (double)on * s->least;
        if (spare < 0 || target <= 0) {
            out[s->columns[which] * GH_PANEL + i] = 0;
            continue;
        }
        for (int64_t k = s->offsets[g]; k < s->offsets[g + 1]; k++) {
            double *x = &out[s->columns[k] * GH_PANEL + i];
            if (*x > 0) *x = above > 0 ? s->least + spare / above * (*x - s->least) : target / (double)on;
        }
        return;
    }
}

static void settle_group(const sums *s, int64_t g, const double *target, double *out)
{
    double sum[GH_PANEL] = {0}, on[GH_PANEL] = {0}, factor[GH_PANEL];
    const double least = s->least;
    for (int64_t k = s->offsets[g]; k < s->offsets[g + 1]; k++) {
        double *x = out + s->columns[k] * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) {
            const double value = x[i] > least ? x[i] : least, there = x[i] > 0 ? 1 : 0;
            x[i] = there * value;
            sum[i] += x[i], on[i] += there;
        }
    }
    for (int i = 0; i < GH_PANEL; i++) {
        const double spare = target[i] - on[i] * least, above = sum[i] - on[i] * least;
        factor[i] = spare >= 0 && target[i] > 0 && above > 0 ? spare / above : -1;
        if (factor[i] < 0) settle_row(s, g, target[i], out, i);
    }
    for (int64_t k = s->offsets[g]; k < s->offsets[g + 1]; k++) {
        double *x = out + s->columns[k] * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) {
            const double moved = least + factor[i] * (x[i] - least);
            x[i] = factor[i] >= 0 && x[i] > 0 ? moved : x[i];
        }
    }
}

static void sums_inverse(const gh_stage *stage, const gh_pass *pass, const double *in, double *out)
{
    const sums *s = stage->state;
    double left[GH_PANEL], target[GH_PANEL];
    (void)pass;
    memcpy(out, in, (size_t)stage->width_in * GH_PANEL * sizeof *out);
    for (int i = 0; i < GH_PANEL; i++) left[i] = gh_clamp(in[stage->width_in * GH_PANEL + i], 0, 1e300);
    for (int64_t g = 0; g < s->groups; g++) {
        const double *share = in + (stage->width_in + 1 + g) * GH_PANEL;
        for (int i = 0; i < GH_PANEL; i++) {
            target[i] = g + 1 < s->groups ? left[i] * gh_clamp(share[i], 0, 1) : left[i];
            left[i] -= target[i];
        }
        settle_group(s, g, target, out);
    }
}

const gh_stage_class gh_stage_sums = {"sums", 0, sums_fit, sums_build, sums_forward, sums_inverse, NULL};
