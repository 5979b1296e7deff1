/* report_plots.c -- plots through gnuplot: both histograms above, their ratio and the truth's band below. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"
#include "report_parts.h"

/* Where a pair of panels stands on the picture, in parts of its size. */
typedef struct place {
    double left, right, bottom, top;
    int small; /* one of several on a picture */
} place;

/* Rows: low edge, centre, high edge, truth, its error, generated, its error, ratio, its error, relative error of the
 * truth, baseline; the last row repeats the last bin at its high edge, where the steps end. */
static int write_data(const report *r, const genhep_observable *o, const char *name)
{
    char path[REPORT_NAME + 16];
    snprintf(path, sizeof path, "plots/%s.dat", name);
    FILE *file = report_create(r, path);
    if (!file) return 1;
    genhep_observable base;
    int has_base = report_baseline_observable(r, o->name, &base) && base.bins == o->bins &&
                   memcmp(base.edges, o->edges, (size_t)(o->bins + 1) * sizeof *o->edges) == 0;
    fprintf(file, "# low centre high truth error generated error ratio error band baseline\n");
    for (int64_t k = 0; k <= o->bins; k++) {
        int64_t b = k < o->bins ? k : o->bins - 1;
        double low = k < o->bins ? o->edges[b] : o->edges[o->bins], t = o->truth[b], g = o->generated[b];
        fprintf(file, "%.9g %.9g %.9g %.9g %.9g %.9g %.9g ", low, 0.5 * (o->edges[b] + o->edges[b + 1]),
                o->edges[b + 1], t, o->truth_error[b], g, o->generated_error[b]);
        if (t > 0) fprintf(file, "%.9g %.9g %.9g ", g / t, o->generated_error[b] / t, o->truth_error[b] / t);
        else fprintf(file, "NaN NaN NaN ");
        if (has_base) fprintf(file, "%.9g\n", base.generated[b]);
        else fprintf(file, "NaN\n");
    }
    return report_close(r, file, path);
}

/* Smallest positive and largest density of both histograms. */
static void density_range(const genhep_observable *o, double *least, double *most)
{
    *least = INFINITY;
    *most = 0;
    for (int64_t b = 0; b < o->bins; b++) {
        const double both[2] = {o->truth[b], o->generated[b]};
        for (int s = 0; s < 2; s++) {
            if (both[s] > 0) *least = fmin(*least, both[s]);
            *most = fmax(*most, both[s]);
        }
    }
    if (!(*most > 0)) *least = *most = 1;
}

/* Half height of the ratio panel: the smallest that shows all bins known to 10 % and most of those known to 25 %. */
static double ratio_span(const genhep_observable *o)
{
    static const double spans[] = {0.1, 0.2, 0.5};
    for (int k = 0; k < 3; k++) {
        int64_t inside = 0, all = 0, missed = 0;
        for (int64_t b = 0; b < o->bins; b++) {
            double error = o->truth[b] > 0 ? o->truth_error[b] / o->truth[b] : 1;
            int shown = o->truth[b] > 0 && fabs(o->generated[b] / o->truth[b] - 1) < 1.05 * spans[k];
            all += error < 0.25;
            inside += error < 0.25 && shown;
            missed += error < 0.1 && !shown;
        }
        if (missed == 0 && 10 * inside >= 9 * all) return spans[k];
    }
    return 1;
}

static int is_logarithmic(const genhep_observable *o)
{
    if (o->bins < 3 || !(o->edges[0] > 0)) return 0;
    double first = o->edges[1] / o->edges[0], last = o->edges[o->bins] / o->edges[o->bins - 1];
    return fabs(first - last) < 1e-6 * first;
}

static void upper_panel(FILE *file, const genhep_observable *o, const char *name, const place *at, int has_base)
{
    double least, most, split = at->bottom + 0.3 * (at->top - at->bottom);
    density_range(o, &least, &most);
    int logarithmic = most > 316 * least;
    double ground = logarithmic ? least * 1e-3 : 0; /* empty bins end below the axis instead of breaking the line */
    fprintf(file, "set tmargin at screen %.4f; set bmargin at screen %.4f\n", at->top, split);
    fprintf(file, "unset xlabel; set format x ''\n");
    fprintf(file, "set title "); /* at the left edge: the observable; its figures at the right */
    gnuplot_quoted(file, o->name);
    fprintf(file, " noenhanced offset 0,-0.6\n");
    fprintf(file, "set ylabel '1/N dN/dx%s%s%s' noenhanced offset %s\n", o->unit[0] ? "  [1/" : "", o->unit,
            o->unit[0] ? "]" : "", at->small ? "1.0,0" : "0.5,0");
    if (logarithmic) {
        double decades = log10(most / least);
        fprintf(file, "set logscale y; set format y '10^{%%L}'; set ytics autofreq; set yrange [%.6g:%.6g]\n",
                least * 0.6, most * pow(10, 0.08 + 0.22 * decades));
    } else {
        fprintf(file, "unset logscale y; set format y '%%g'; set ytics autofreq; set yrange [0:%.6g]\n", 1.38 * most);
    }
    fprintf(file, "set key top right reverse Left samplen 1.6 spacing 1.05\n");
    fprintf(file, "set label 1 'χ²/ndf %.2f' at graph 0.025,0.935 font ',%d'\n", o->chi2_ndf, at->small ? 9 : 11);
    fprintf(file, "set label 2 'W_1 %.2g (floor %.2g)' at graph 0.025,%s font ',%d'\n", o->w1, o->w1_floor,
            at->small ? "0.85" : "0.865", at->small ? 9 : 11);
    fprintf(file, "plot 'plots/%s.dat' using 1:($4>0?$4:%.6g) with fillsteps fc rgb '#d3d7dd' fs solid 1.0 ", name, ground);
    fprintf(file, "title 'truth', \\\n");
    fprintf(file, " '' using 1:($4>0?$4:%.6g) with steps lc rgb '#30343a' lw 1.2 notitle, \\\n", ground);
    if (has_base)
        fprintf(file, " '' using 1:($11>0?$11:%.6g) with steps lc rgb '#4a90c2' lw 1.2 title 'baseline', \\\n", ground);
    fprintf(file, " '' using 1:($6>0?$6:%.6g) with steps lc rgb '#d1432f' lw 1.4 title 'generated', \\\n", ground);
    fprintf(file,
            " '' using 2:($1<$3&&$6>0?($6>$7?$6-$7:$6*1e-3):NaN):(0):($6>$7?2*$7:$6*0.999+$7) with vectors nohead "
            "lc rgb '#d1432f' lw 1 notitle\n");
    fprintf(file, "unset label; unset title; unset logscale y\n");
}

static void lower_panel(FILE *file, const genhep_observable *o, const char *name, const place *at, int has_base)
{
    double span = ratio_span(o), split = at->bottom + 0.3 * (at->top - at->bottom);
    fprintf(file, "set tmargin at screen %.4f; set bmargin at screen %.4f\n", split - 0.012, at->bottom);
    fprintf(file, "set format x '%%g'; set format y '%%g'; set yrange [%g:%g]; set ytics %g\n", 1 - 1.15 * span,
            1 + 1.15 * span, span > 0.4 ? 0.5 : span);
    fprintf(file, "set ylabel 'gen. / truth' offset %s\nset xlabel ", at->small ? "1.0,0" : "0.5,0");
    char label[256];
    snprintf(label, sizeof label, "%s%s%s%s", o->name, o->unit[0] ? " [" : "", o->unit, o->unit[0] ? "]" : "");
    gnuplot_quoted(file, label);
    fprintf(file, " noenhanced offset 0,0.4\nunset key\n");
    fprintf(file, "plot 'plots/%s.dat' using 2:($1<$3?1:NaN):1:3:(1-$10):(1+$10) with boxxyerror fc rgb '#d3d7dd' "
                  "fs solid 1.0 noborder, \\\n", name);
    fprintf(file, " 1 with lines lc rgb '#30343a' lw 1, \\\n");
    if (has_base) fprintf(file, " '' using 1:($10<0.25?$11/$4:NaN) with steps lc rgb '#4a90c2' lw 1, \\\n");
    fprintf(file,
            " 'plots/%s.dat' using 2:($1<$3?$8-$9:NaN):(0):(2*$9) with vectors nohead lc rgb '#d1432f' lw 1, \\\n",
            name);
    fprintf(file, " '' using 2:($1<$3?$8:NaN) with points pt 7 ps %s lc rgb '#d1432f'\n", at->small ? "0.3" : "0.45");
}

static void panels(const report *r, FILE *file, const genhep_observable *o, const char *name, const place *at)
{
    genhep_observable base;
    int has_base = report_baseline_observable(r, o->name, &base) && base.bins == o->bins &&
                   memcmp(base.edges, o->edges, (size_t)(o->bins + 1) * sizeof *o->edges) == 0;
    fprintf(file, "set lmargin at screen %.4f; set rmargin at screen %.4f\n", at->left, at->right);
    fprintf(file, "%s logscale x\nset xrange [%.9g:%.9g]\n", is_logarithmic(o) ? "set" : "unset", o->edges[0],
            o->edges[o->bins]);
    upper_panel(file, o, name, at, has_base);
    lower_panel(file, o, name, at, has_base);
}

static void script_head(FILE *file, const char *picture, int width, int height, int font)
{
    fprintf(file, "reset\nset encoding utf8\nset terminal pngcairo size %d,%d font 'sans,%d' enhanced\n", width, height,
            font);
    fprintf(file, "set output '%s'\nset border lw 0.8\nset tics scale 0.7\nset multiplot\n", picture);
}

static int write_script(const report *r, const genhep_observable *o, const char *name)
{
    char path[REPORT_NAME + 16], picture[REPORT_NAME + 16];
    snprintf(path, sizeof path, "plots/%s.gp", name);
    snprintf(picture, sizeof picture, "plots/%s.png", name);
    FILE *file = report_create(r, path);
    if (!file) return 1;
    const place whole = {0.13, 0.975, 0.115, 0.935, 0};
    script_head(file, picture, 640, 520, 12);
    panels(r, file, o, name, &whole);
    fprintf(file, "unset multiplot\nunset output\n");
    return report_close(r, file, path);
}

/* How much an observable tells: resonances and masses first, then the largest chi2; whole columns of one value last. */
static double interest(const genhep_evaluation *e, const genhep_observable *o)
{
    const char *peaks = report_json_member(genhep_evaluation_json(e), "peaks");
    char resonance[128];
    size_t length = strlen(o->name);
    double value = fmin(o->chi2_ndf, 1e6);
    if (o->bins < 16) return value * 1e-9;
    if (length > 3 && length < sizeof resonance && strncmp(o->name, "m(", 2) == 0) {
        snprintf(resonance, sizeof resonance, "%.*s", (int)length - 3, o->name + 2);
        if (report_json_member(peaks, resonance)) return 1e7 + value;
    }
    return report_json_member(peaks, o->name) ? 1e7 + value : value;
}

/* Up to REPORT_OVERVIEW observables, at most half of them resonances, in the order of the evaluation. */
static int choose_overview(const report *r, int64_t chosen[REPORT_OVERVIEW])
{
    int64_t all = genhep_evaluation_observables(r->evaluation);
    int count = 0, peaks = 0;
    while (count < REPORT_OVERVIEW && count < all) {
        int64_t best = -1;
        double highest = -1;
        for (int64_t k = 0; k < all; k++) {
            genhep_observable o = {.struct_size = sizeof o};
            int taken = 0;
            for (int j = 0; j < count; j++) taken |= chosen[j] == k;
            if (taken || genhep_evaluation_observable(r->evaluation, k, &o)) continue;
            double value = interest(r->evaluation, &o);
            if (value >= 1e7 && peaks >= REPORT_OVERVIEW / 2) value -= 1e7;
            if (value > highest) highest = value, best = k;
        }
        if (best < 0) break;
        peaks += highest >= 1e7;
        chosen[count++] = best;
    }
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && chosen[j] < chosen[j - 1]; j--) {
            int64_t swap = chosen[j];
            chosen[j] = chosen[j - 1];
            chosen[j - 1] = swap;
        }
    return count;
}

static int write_overview(const report *r)
{
    int64_t chosen[REPORT_OVERVIEW];
    int count = choose_overview(r, chosen);
    FILE *file = report_create(r, "plots/overview.gp");
    if (!file) return 1;
    script_head(file, "overview.png", 1440, 880, 10);
    for (int k = 0; k < count; k++) {
        genhep_observable o = {.struct_size = sizeof o};
        char name[REPORT_NAME];
        if (genhep_evaluation_observable(r->evaluation, chosen[k], &o)) continue;
        report_plot_name(chosen[k], o.name, name);
        double column = k % 3, row = k / 3;
        place at = {(column + 0.19) / 3, (column + 0.97) / 3, 0.5 * (1 - row) + 0.065, 0.5 * (1 - row) + 0.465, 1};
        panels(r, file, &o, name, &at);
    }
    fprintf(file, "unset multiplot\nunset output\n");
    return report_close(r, file, "plots/overview.gp");
}

int report_plots(const report *r)
{
    int64_t n = genhep_evaluation_observables(r->evaluation);
    char **arguments = calloc((size_t)n + 3, sizeof *arguments),
         (*scripts)[REPORT_NAME + 16] = calloc((size_t)n + 1, sizeof *scripts);
    int failed = !arguments || !scripts;
    if (failed) fprintf(r->errors, "genhep: report: out of memory\n");
    static char program[] = "gnuplot", overview[] = "plots/overview.gp";
    for (int64_t k = 0; k < n && !failed; k++) {
        genhep_observable o = {.struct_size = sizeof o};
        char name[REPORT_NAME];
        if (genhep_evaluation_observable(r->evaluation, k, &o)) continue;
        report_plot_name(k, o.name, name);
        failed = write_data(r, &o, name) || write_script(r, &o, name);
        snprintf(scripts[k], sizeof scripts[k], "plots/%s.gp", name);
        arguments[k + 2] = scripts[k];
    }
    if (!failed) failed = write_overview(r);
    if (!failed) {
        arguments[0] = program;
        arguments[1] = overview;
        failed = run_gnuplot(r->folder, r->errors, arguments);
    }
    free(arguments);
    free(scripts);
    return failed;
}
