/* report_page.c -- index.html: one page without scripts or links, plots embedded. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"

static const char style[] =
    "body{font:15px/1.45 'DejaVu Sans',Helvetica,Arial,sans-serif;color:#22262b;background:#fff;max-width:1340px;"
    "margin:1.6em auto;padding:0 1em}\n"
    "h1{font-size:1.5em;margin:0 0 .2em}h2{font-size:1.15em;margin:1.8em 0 .5em;border-bottom:1px solid #d5d8dc}\n"
    "p{max-width:70em}table{border-collapse:collapse;margin:.4em 0}\n"
    "th,td{padding:.18em .8em;text-align:right;border-bottom:1px solid #eceef0}\n"
    "th{background:#f3f4f6;font-weight:600}th:first-child,td:first-child{text-align:left}\n"
    ".bad{color:#b3261e;font-weight:600}.quiet{color:#6b7178}\n"
    ".plots{display:flex;flex-wrap:wrap;gap:12px}.plots img{width:640px;max-width:100%;height:auto}\n"
    "img.wide{width:100%;height:auto}\n";

static void escaped(FILE *file, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '<') fputs("&lt;", file);
        else if (*c == '>') fputs("&gt;", file);
        else if (*c == '&') fputs("&amp;", file);
        else if (*c == '"') fputs("&quot;", file);
        else fputc(*c, file);
    }
}

/* A table cell with a number, a dash when there is none; `bad` marks it. */
static void cell(FILE *file, const char *format, double value, int bad)
{
    fprintf(file, bad ? "<td class=\"bad\">" : "<td>");
    if (isfinite(value)) fprintf(file, format, value);
    else fputs("&ndash;", file);
    fputs("</td>", file);
}

static double figure(const genhep_evaluation *evaluation, const char *name)
{
    double value;
    return evaluation && genhep_evaluation_figure(evaluation, name, &value) == GENHEP_OK ? value : NAN;
}

/* <img> with the picture FOLDER/name inside, nothing when it is not there. */
static void embed(FILE *file, const report *r, const char *name, const char *alternative, const char *class)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char path[REPORT_PATH];
    unsigned char in[3];
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    FILE *picture = fopen(path, "rb");
    if (!picture) return;
    fprintf(file, "<img%s alt=\"", class);
    escaped(file, alternative);
    fputs("\" src=\"data:image/png;base64,", file);
    size_t n;
    while ((n = fread(in, 1, 3, picture)) > 0) {
        unsigned word = (unsigned)in[0] << 16 | (n > 1 ? (unsigned)in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
        char out[4] = {digits[word >> 18], digits[word >> 12 & 63], '=', '='};
        if (n > 1) out[2] = digits[word >> 6 & 63];
        if (n > 2) out[3] = digits[word & 63];
        fwrite(out, 1, 4, file);
    }
    fputs("\">\n", file);
    fclose(picture);
}

static void summary_row(FILE *file, const char *name, const genhep_evaluation *e, const char *pair)
{
    const char *json = genhep_evaluation_json(e), *both = report_json_member(json, pair);
    double auc = figure(e, "auc"), error = figure(e, "auc_error");
    fputs("<tr><td>", file);
    escaped(file, name);
    fputs("</td><td>", file);
    if (isfinite(auc)) fprintf(file, "%.4f &plusmn; %.4f", auc, error);
    else fputs("&ndash;", file);
    fputs("</td>", file);
    cell(file, "%.3f", figure(e, "chi2_ndf_median"), 0);
    cell(file, "%.3f", figure(e, "chi2_ndf_max"), 0);
    cell(file, "%.5f", figure(e, "w1_mean"), 0);
    cell(file, "%.5f", figure(e, "w1_floor_mean"), 0);
    cell(file, "%.4f", figure(e, "correlation_distance"), 0);
    cell(file, "%.2e", report_json_number(report_json_member(both, "generated")), 0);
    cell(file, "%.2e", report_json_number(report_json_member(both, "truth")), 0);
    double ratio = figure(e, "neighbour_ratio"), copies = figure(e, "duplicates");
    cell(file, "%.3f", ratio, ratio < 0.9);
    cell(file, "%.5f", copies, copies > 0);
    fputs("</tr>\n", file);
}

static void summary(FILE *file, const report *r)
{
    const char *json = genhep_evaluation_json(r->evaluation);
    char note[512];
    fprintf(
        file,
        "<p>%.0f true and %.0f generated events. AUC: a classifier trained to tell generated from true events, 0.5 is "
        "perfect. &chi;&sup2;/ndf: 1 is perfect. W<sub>1</sub>: in units of the truth's standard deviation, its "
        "floor is what statistics alone gives. Balance: |&sum;p<sub>T</sub>| over &sum;|p<sub>T</sub>|, 68 %% "
        "quantile. Neighbour ratio: distance to the nearest training event, generated over true; well below 1 is "
        "copying.</p>\n",
        report_json_number(report_json_member(json, "n_truth")),
        report_json_number(report_json_member(json, "n_generated")));
    if (report_json_text(report_json_member(json, "note"), note, sizeof note)) {
        fputs("<p class=\"quiet\">", file);
        escaped(file, note);
        fputs("</p>\n", file);
    }
    fputs("<table><tr><th></th><th>AUC</th><th>&chi;&sup2;/ndf median</th><th>max</th><th>W<sub>1</sub> "
          "mean</th><th>floor"
          "</th><th>&Delta; correlation</th><th>balance</th><th>truth</th><th>neighbour "
          "ratio</th><th>duplicates</th></tr>\n",
          file);
    summary_row(file, "generated", r->evaluation, "balance");
    if (r->baseline) summary_row(file, "baseline", r->baseline, "balance");
    fputs("</table>\n", file);
}

static void peak_row(FILE *file, const char *name, const char *row, const char *pair, const char *sample)
{
    const char *values = report_json_member(pair, sample), *truth = report_json_member(pair, "truth");
    double median = report_json_number(report_json_item(values, 0)),
           width = report_json_number(report_json_item(values, 1));
    fputs("<tr><td>", file);
    escaped(file, name);
    fprintf(file, "</td><td>%s</td>", row);
    cell(file, "%.3f", median, 0);
    cell(file, "%.3f", width, 0);
    cell(file, "%+.3f", median - report_json_number(report_json_item(truth, 0)), 0);
    double ratio = width / report_json_number(report_json_item(truth, 1));
    cell(file, "%.3f", ratio, fabs(ratio - 1) > 0.1);
    fputs("</tr>\n", file);
}

static void resonances(FILE *file, const report *r)
{
    const char *peaks = report_json_member(genhep_evaluation_json(r->evaluation), "peaks"), *pair = NULL;
    const char *base = r->baseline ? report_json_member(genhep_evaluation_json(r->baseline), "peaks") : NULL;
    char name[128];
    if (!report_json_next(peaks, NULL, name, sizeof name)) return;
    fputs("<h2>Resonances</h2>\n<table><tr><th></th><th></th><th>median [GeV]</th><th>half width (68 %)</th>"
          "<th>median &minus; truth</th><th>width / truth</th></tr>\n", file);
    while ((pair = report_json_next(peaks, pair, name, sizeof name))) {
        peak_row(file, name, "truth", pair, "truth");
        peak_row(file, name, "generated", pair, "generated");
        if (report_json_member(base, name))
            peak_row(file, name, "baseline", report_json_member(base, name), "generated");
    }
    fputs("</table>\n", file);
}

static void dimuons(FILE *file, const report *r)
{
    static const struct { const char *key, *name; } windows[] = {
        {"jpsi", "J/&psi; 3.0&ndash;3.2 GeV"}, {"upsilon", "&Upsilon; 9.2&ndash;9.7 GeV"}, {"z", "Z 80&ndash;100 GeV"}};
    static const char *const samples[] = {"truth", "generated"};
    const char *dimuon = report_json_member(genhep_evaluation_json(r->evaluation), "dimuon");
    if (!dimuon) return;
    fputs(
        "<h2>Dimuon resonances</h2>\n<table><tr><th></th><th></th><th>share of events</th><th>peak over side bands</th>"
        "<th>median [GeV]</th></tr>\n",
        file);
    for (int k = 0; k < 3; k++)
        for (int s = 0; s < 2; s++) {
            const char *window = report_json_member(report_json_member(dimuon, samples[s]), windows[k].key);
            fprintf(file, "<tr><td>%s</td><td>%s</td>", windows[k].name, samples[s]);
            cell(file, "%.5f", report_json_number(report_json_member(window, "share")), 0);
            cell(file, "%.3f", report_json_number(report_json_member(window, "peak_over_side")), 0);
            cell(file, "%.4f", report_json_number(report_json_member(window, "median")), 0);
            fputs("</tr>\n", file);
        }
    fputs("</table>\n<p>Opposite-sign pairs: truth ", file);
    for (int s = 0; s < 2; s++)
        fprintf(file, "%.4f%s",
                report_json_number(report_json_member(report_json_member(dimuon, samples[s]), "opposite_sign")),
                s ? ".</p>\n" : ", generated ");
}

static void jets(FILE *file, const report *r)
{
    const char *figures = report_json_member(genhep_evaluation_json(r->evaluation), "jets"), *histogram = NULL;
    const char *base = r->baseline ? report_json_member(genhep_evaluation_json(r->baseline), "jets") : NULL;
    const char *histograms = report_json_member(figures, "histograms");
    char name[128];
    if (!figures) return;
    fprintf(file, "<h2>t t&#773; with jets</h2>\n<table><tr><th></th><th>truth</th><th>generated</th>%s</tr>\n", base ? "<th>baseline</th>" : "");
    static const struct { const char *key, *truth, *text; } rows[] = {
        {"score_1d", "score_1d_ceiling", "1-d score of 27 histograms (truth: a perfect sample)"}, {"holes", NULL, "holes: empty cells of two azimuths"},
        {"score_2d", NULL, "2-d score, small is good"}, {"physicality", NULL, "physicality"}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const char *both = report_json_member(figures, rows[k].key), *other = report_json_member(base, rows[k].key);
        const int paired = both && *both == '{';
        fprintf(file, "<tr><td>%s</td>", rows[k].text);
        cell(file, "%.4f", report_json_number(paired ? report_json_member(both, "truth") : rows[k].truth ? report_json_member(figures, rows[k].truth) : NULL), 0);
        cell(file, "%.4f", report_json_number(paired ? report_json_member(both, "generated") : both), 0);
        if (base) cell(file, "%.4f", report_json_number(paired ? report_json_member(other, "generated") : other), 0);
        fputs("</tr>\n", file);
    }
    fputs("</table>\n<table><tr><th></th><th>&chi;&sup2;</th><th>EM</th><th>JS</th><th>score</th></tr>\n", file);
    while ((histogram = report_json_next(histograms, histogram, name, sizeof name))) {
        fprintf(file, "<tr><td>%s</td>", name);
        for (int k = 0; k < 4; k++) cell(file, k < 3 ? "%.3g" : "%.2f", report_json_number(report_json_item(histogram, k)), 0);
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

static void observables(FILE *file, const report *r)
{
    const char *tails = report_json_member(genhep_evaluation_json(r->evaluation), "tail");
    fprintf(file,
            "<h2>Observables</h2>\n<table><tr><th></th><th>&chi;&sup2;/ndf</th>%s<th>W<sub>1</sub></th><th>floor</th>"
            "<th>KS</th><th>p</th><th>tail 99 %%</th><th>tail 99.9 %%</th></tr>\n",
            r->baseline ? "<th>baseline</th>" : "");
    for (int64_t k = 0; k < genhep_evaluation_observables(r->evaluation); k++) {
        genhep_observable o = {.struct_size = sizeof o}, base;
        if (genhep_evaluation_observable(r->evaluation, k, &o)) continue;
        const char *tail = report_json_member(tails, o.name);
        fputs("<tr><td>", file);
        escaped(file, o.name);
        fputs("</td>", file);
        cell(file, "%.2f", o.chi2_ndf, o.chi2_ndf > 3);
        if (r->baseline) cell(file, "%.2f", report_baseline_observable(r, o.name, &base) ? base.chi2_ndf : NAN, 0);
        cell(file, "%.5f", o.w1, o.w1 > 4 * o.w1_floor && o.chi2_ndf > 3);
        cell(file, "%.5f", o.w1_floor, 0);
        cell(file, "%.5f", o.ks, 0);
        cell(file, "%.2g", o.ks_p, o.ks_p < 1e-4);
        cell(file, "%.3f", report_json_number(report_json_item(tail, 0)), 0);
        cell(file, "%.3f", report_json_number(report_json_item(tail, 1)), 0);
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

int report_page(const report *r)
{
    FILE *file = report_create(r, "index.html");
    if (!file) return 1;
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", file);
    escaped(file, r->title);
    fprintf(file, "</title><style>\n%s</style></head><body>\n<h1>", style);
    escaped(file, r->title);
    fputs("</h1>\n", file);
    summary(file, r);
    embed(file, r, "overview.png", "overview", " class=\"wide\"");
    resonances(file, r);
    dimuons(file, r);
    jets(file, r);
    observables(file, r);
    fputs("<h2>Plots</h2>\n<div class=\"plots\">\n", file);
    for (int64_t k = 0; k < genhep_evaluation_observables(r->evaluation); k++) {
        genhep_observable o = {.struct_size = sizeof o};
        char name[REPORT_NAME], picture[REPORT_NAME + 16];
        if (genhep_evaluation_observable(r->evaluation, k, &o)) continue;
        report_plot_name(k, o.name, name);
        snprintf(picture, sizeof picture, "plots/%s.png", name);
        embed(file, r, picture, o.name, "");
    }
    fprintf(file, "</div>\n<p class=\"quiet\">libgenhep %s</p>\n</body></html>\n", genhep_version());
    return report_close(r, file, "index.html");
}
