/* test_evaluate_report.c -- the report folder: page without plots where gnuplot is missing, plots where it is there. */
#include "testing.h"

#include <sys/stat.h>

#include "report.h"
#include "report_parts.h"

static const char *const columns[3] = {"x", "a<b", "flag"};

static genhep_evaluation *evaluation(int64_t seed)
{
    enum { N = 500 };
    double *x = malloc(3 * N * sizeof *x), *y = malloc(3 * N * sizeof *y);
    ck_ok(genhep_random_normal(1, 0, 0, 3 * N, x));
    ck_ok(genhep_random_normal(seed, 0, 0, 3 * N, y));
    for (int i = 0; i < N; i++) x[3 * i + 2] = x[3 * i + 2] > 0, y[3 * i + 2] = y[3 * i + 2] > 0;
    genhep_dataset *truth, *generated;
    genhep_evaluation *e;
    ck_ok(genhep_dataset_from_arrays(NULL, N, 3, columns, NULL, x, 3, NULL, &truth));
    ck_ok(genhep_dataset_from_arrays(NULL, N, 3, columns, NULL, y, 3, NULL, &generated));
    ck_ok(genhep_evaluate(truth, generated, NULL, NULL, NULL, &e));
    genhep_dataset_free(truth);
    genhep_dataset_free(generated);
    free(x);
    free(y);
    return e;
}

static char *content(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = calloc(1, 4 << 20);
    if (fread(text, 1, (4 << 20) - 1, file) == 0) text[0] = '\0';
    fclose(file);
    return text;
}

/* Run the report and keep what it says. */
static int run(const char *folder, const genhep_evaluation *e, const genhep_evaluation *base, char *said,
               size_t capacity)
{
    FILE *errors = tmpfile();
    int result = genhep_cli_report(e, base, folder, "R&D <1>", errors);
    rewind(errors);
    size_t n = fread(said, 1, capacity - 1, errors);
    said[n] = '\0';
    fclose(errors);
    return result;
}

START_TEST(without_gnuplot)
{
    genhep_evaluation *e = evaluation(2), *base = evaluation(3);
    const char *folder = gh_test_path("bare");
    char said[1024];
    setenv("PATH", gh_test_folder(), 1);
    ck_assert_int_eq(run(folder, e, base, said, sizeof said), 2);
    ck_assert_str_eq(said, "genhep: gnuplot is not in PATH, there are no plots\n");
    char *page = content(folder, "index.html"), *json = content(folder, "figures.json"), line[64];
    ck_assert_ptr_nonnull(page);
    ck_assert_ptr_nonnull(strstr(page, "<title>R&amp;D &lt;1&gt;</title>"));
    ck_assert_ptr_nonnull(strstr(page, "<td>a&lt;b</td>"));
    ck_assert_ptr_nonnull(strstr(page, "<td>baseline</td>"));
    ck_assert_ptr_nonnull(strstr(page, "</html>"));
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "http"));
    double value;
    ck_ok(genhep_evaluation_figure(e, "auc", &value));
    snprintf(line, sizeof line, "<td>generated</td><td>%.4f &plusmn;", value);
    ck_assert_ptr_nonnull(strstr(page, line));
    ck_assert_str_eq(json, genhep_evaluation_json(e));
    free(page);
    free(json);
    genhep_evaluation_free(e);
    genhep_evaluation_free(base);
}
END_TEST

START_TEST(with_gnuplot)
{
    if (system("command -v gnuplot >/dev/null 2>&1") != 0) return; /* not installed: nothing to draw with */
    genhep_evaluation *e = evaluation(2);
    const char *folder = gh_test_path("drawn");
    char said[1024];
    ck_assert_msg(run(folder, e, NULL, said, sizeof said) == 0, "%s", said);
    ck_assert_str_eq(said, "");
    static const char *const pictures[] = {"overview.png", "plots/00_x.png", "plots/01_a_b.png", "plots/02_flag.png"};
    for (int k = 0; k < 4; k++) {
        char *picture = content(folder, pictures[k]);
        ck_assert_msg(picture && memcmp(picture, "\x89PNG\r\n\x1a\n", 8) == 0, "%s", pictures[k]);
        free(picture);
    }
    char *page = content(folder, "index.html");
    int images = 0;
    for (const char *at = page; (at = strstr(at, "src=\"data:image/png;base64,iVBORw0KGgo")); at++) images++;
    ck_assert_int_eq(images, 4);
    free(page);
    genhep_evaluation_free(e);
}
END_TEST

START_TEST(bad_folder)
{
    genhep_evaluation *e = evaluation(2);
    char said[1024];
    const char *file = gh_test_path("plain_file");
    fclose(fopen(file, "w"));
    ck_assert_int_eq(run(file, e, NULL, said, sizeof said), 1);
    ck_assert_ptr_nonnull(strstr(said, "plain_file"));
    ck_assert_ptr_nonnull(strstr(said, "directory"));
    ck_assert(strchr(said, '\n') == said + strlen(said) - 1);
    genhep_evaluation_free(e);
}
END_TEST

START_TEST(names_and_json)
{
    char name[REPORT_NAME], key[32], text[16];
    report_plot_name(3, "pt(W+)", name);
    ck_assert_str_eq(name, "03_pt_Wp");
    report_plot_name(120, "m(mu1,mu2)", name);
    ck_assert_str_eq(name, "120_m_mu1_mu2");
    report_plot_name(0, "../a b", name);
    ck_assert_str_eq(name, "00_a_b");
    const char *json =
                   "{ \"a\": [1, {\"x\": \"}\\\"\"}, -2.5e1],\n \"b\": {}, \"c\": \"t\\\"u\", \"d\": null, \"e\": [] }",
               *v = NULL;
    ck_assert_double_eq(report_json_number(report_json_item(report_json_member(json, "a"), 0)), 1);
    ck_assert_double_eq(report_json_number(report_json_item(report_json_member(json, "a"), 2)), -25);
    ck_assert_ptr_null(report_json_item(report_json_member(json, "a"), 3));
    ck_assert_ptr_null(report_json_item(report_json_member(json, "e"), 0));
    ck_assert_ptr_null(report_json_member(report_json_member(json, "b"), "a"));
    ck_assert_ptr_null(report_json_member(json, "x"));
    ck_assert(isnan(report_json_number(report_json_member(json, "d"))));
    ck_assert(report_json_text(report_json_member(json, "c"), text, sizeof text));
    ck_assert_str_eq(text, "t\"u");
    int members = 0;
    while ((v = report_json_next(json, v, key, sizeof key))) members++;
    ck_assert_int_eq(members, 5);
    ck_assert_str_eq(key, "e");
}
END_TEST

GH_TEST_MAIN("evaluate_report", without_gnuplot, with_gnuplot, bad_folder, names_and_json)
