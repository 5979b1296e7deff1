/* steer_plots.c -- sheets of a latent plane and of a scan along a component, through gnuplot. */
#include <string.h>

#include "gnuplot.h"
#include "steer.h"

enum { COLUMNS = 3, ROWS = 2 };

static FILE *open_script(const report *r, const char *name)
{
    char path[REPORT_NAME];
    snprintf(path, sizeof path, "plots/%s.gp", name);
    FILE *file = report_create(r, path);
    if (!file) return NULL;
    fprintf(file, "reset\nset encoding utf8\nset terminal pngcairo size 1440,840 font 'sans,11' enhanced\nset output '%s.png'\n"
                  "set border lw 0.8\nset tics scale 0.6\nset multiplot layout %d,%d margins 0.06,0.94,0.08,0.94 spacing 0.095,0.13\nunset key\n",
            name, ROWS, COLUMNS);
    return file;
}

static void title(FILE *file, const sheet_panel *p)
{
    char text[256];
    snprintf(text, sizeof text, "%s%s%s%s", p->name, p->unit[0] ? " [" : "", p->unit, p->unit[0] ? "]" : "");
    fprintf(file, "set title ");
    gnuplot_quoted(file, text);
    fprintf(file, " noenhanced offset 0,-0.6\n");
}

static int draw(const report *r, FILE *file, const char *name)
{
    char path[REPORT_NAME], program[] = "gnuplot";
    snprintf(path, sizeof path, "plots/%s.gp", name);
    fprintf(file, "unset multiplot\nunset output\n");
    if (report_close(r, file, path)) return 1;
    char *arguments[] = {program, path, NULL};
    return run_gnuplot(r->folder, r->errors, arguments);
}

int sheet_plane(const report *r, int64_t a, int64_t b, int64_t steps, const double *axis_a, const double *axis_b, int panels,
                const sheet_panel *panel)
{
    FILE *data = report_create(r, "plots/plane.dat");
    if (!data) return 1;
    for (int64_t j = 0; j < steps; j++)
        for (int64_t i = 0; i < steps; i++) {
            fprintf(data, "%.9g %.9g", axis_a[i], axis_b[j]);
            for (int k = 0; k < panels; k++) fprintf(data, " %.9g", panel[k].values[j * steps + i]);
            fputc('\n', data);
        }
    if (report_close(r, data, "plots/plane.dat")) return 1;
    FILE *file = open_script(r, "plane");
    if (!file) return 1;
    fprintf(file, "set xlabel 'component %lld' offset 0,0.5\nset ylabel 'component %lld' offset 1,0\n", (long long)a, (long long)b);
    fprintf(file, "set palette defined (0 '#123a6b', 1 '#2f7fb8', 2 '#8fcbc4', 3 '#f4e9b0', 4 '#e58a3c', 5 '#a81e1e')\n");
    fprintf(file, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset format cb '%%.3g'\n", axis_a[0], axis_a[steps - 1], axis_b[0],
            axis_b[steps - 1]);
    for (int k = 0; k < panels; k++) {
        title(file, &panel[k]);
        fprintf(file, "plot 'plots/plane.dat' using 1:2:%d with image\n", k + 3);
    }
    return draw(r, file, "plane");
}

int sheet_along(const report *r, int64_t component, int64_t steps, const double *shift, int panels, const sheet_panel *panel)
{
    FILE *data = report_create(r, "plots/along.dat");
    if (!data) return 1;
    for (int64_t i = 0; i < steps; i++) {
        fprintf(data, "%.9g", shift[i]);
        for (int k = 0; k < panels; k++) fprintf(data, " %.9g %.9g", panel[k].values[i], panel[k].errors[i]);
        fputc('\n', data);
    }
    if (report_close(r, data, "plots/along.dat")) return 1;
    FILE *file = open_script(r, "along");
    if (!file) return 1;
    fprintf(file, "set xlabel 'shift along component %lld' offset 0,0.5\nset grid lc rgb '#e3e6ea' lw 0.6\nset offsets graph 0.04, 0.04, 0.06, 0.06\n",
            (long long)component);
    for (int k = 0; k < panels; k++) {
        title(file, &panel[k]);
        fprintf(file, "plot 'plots/along.dat' using 1:%d with lines lc rgb '#4a90c2' lw 1.4, '' using 1:%d:%d with yerrorbars pt 7 ps 0.7 "
                      "lc rgb '#d1432f'\n", 2 * k + 2, 2 * k + 2, 2 * k + 3);
    }
    return draw(r, file, "along");
}
