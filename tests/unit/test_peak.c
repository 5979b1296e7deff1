/* test_peak.c -- resonances that stand still (prep.peaks): the map of one coordinate against its closed form and differences, a Breit-Wigner
 * of another mass and width in every event, files, and what is refused. */
#include "testing.h"

#include "base/normal.h"
#include "model/model.h"
#include "prep/reference_handle.h"

enum { N = 24000, D = 4 };
#define PI 3.14159265358979323846

static const char *const names[D] = {"part_m", "det_mass", "det_width", "det_free"};

/* m^2 of a Breit-Wigner of the event's own mass and width, cut at 100 and 1000; its share of the range of the arctangent is `share`. */
static double resonance(double mass, double width, double share)
{
    const double low = atan((100 * 100 - mass * mass) / (mass * width)), high = atan((1000 * 1000 - mass * mass) / (mass * width));
    return sqrt(mass * mass + mass * width * tan(low + share * (high - low)));
}

static genhep_dataset *make_data(int64_t n)
{
    genhep_dataset *data;
    double *rows = malloc((size_t)(n * D) * sizeof *rows);
    ck_ok(genhep_random_normal(12, 0, 0, n * D, rows));
    for (int64_t i = 0; i < n; i++) {
        double *row = rows + i * D;
        row[1] = 300 + 300 * gh_normal_cdf(row[1]), row[2] = 5 + 25 * gh_normal_cdf(row[2]);
        row[0] = resonance(row[1], row[2], gh_normal_cdf(row[0]));
    }
    ck_ok(genhep_dataset_from_arrays(NULL, n, D, names, NULL, rows, D, NULL, &data));
    free(rows);
    return data;
}

static genhep_status create(const char *peaks, const char *pairs, const genhep_dataset *data, genhep_model **model)
{
    genhep_options *options;
    const genhep_dataset *tables[1] = {data};
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_parse(options, "model.family=independent"));
    ck_ok(genhep_options_parse(options, "data.condition=det_*"));
    ck_ok(genhep_options_parse(options, "prep=identity"));
    ck_ok(genhep_options_parse(options, "prep.reference=identity"));
    ck_ok(genhep_options_set_text(options, "prep.pairs", pairs));
    ck_ok(genhep_options_set_text(options, "prep.peaks", peaks));
    genhep_status status = genhep_model_create(options, tables, 1, model);
    genhep_options_free(options);
    return status;
}

START_TEST(the_map_is_its_closed_form)
{
    const double masses[] = {120, 400, 900}, widths[] = {0.4, 20, 150};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            const gh_peak peak = {masses[a], widths[b], 100, 1000};
            ck_assert(fabs(gh_peak_forward(&peak, 100, NULL)) < 1e-15);
            ck_assert(fabs(gh_peak_forward(&peak, 1000, NULL) - 1) < 1e-15);
            for (int k = 1; k < 40; k++) { /* flat in half of the range where the other half is known */
                const double m = resonance(masses[a], widths[b], k / 40.), fall = m < masses[a] ? (1 - pow(100 / m, 3)) / (1 - pow(100 / masses[a], 3)) : 1;
                ck_assert_msg(fabs(2 * gh_peak_forward(&peak, m, NULL) - fall - k / 40.) < 1e-11, "M %g, G %g, m %g", masses[a], widths[b], m);
            }
        }
}
END_TEST

START_TEST(slopes_are_differences_and_the_way_back_is_exact)
{
    const double masses[] = {120, 400, 900}, widths[] = {0.4, 20, 150};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            for (double m = 20; m < 5000; m *= 1.03) { /* outside the fitted range too, not at the kink */
                const gh_peak peak = {masses[a], widths[b], 100, 1000};
                const double h = 1e-4 * hypot(widths[b], m - masses[a]);
                double slope, y = gh_peak_forward(&peak, m, &slope);
                const double along = (gh_peak_forward(&peak, m + h, NULL) - gh_peak_forward(&peak, m - h, NULL)) / (2 * h);
                ck_assert_msg(fabs(along / exp(slope) - 1) < 1e-4, "M %g, G %g, m %g: slope %g, differences %g", masses[a], widths[b], m, exp(slope), along);
                /* y holds 2^-53 of its size, m that over the slope */
                const double back = gh_peak_inverse(&peak, y), most = 1e-14 * m + 4e-16 * (1 + fabs(y)) / exp(slope);
                ck_assert_msg(fabs(back - m) < 4 * most, "M %g, G %g, m %g: back %.17g", masses[a], widths[b], m, back);
            }
    const gh_peak peak = {400, 20, 100, 1000};
    ck_assert(gh_peak_inverse(&peak, -1e300) == 0.1 && gh_peak_inverse(&peak, 1e300) == 1e6);
}
END_TEST

/* Quarters of u in slices of mass and width hold quarters of the events: the coordinate of a Breit-Wigner knows nothing of either but for
 * the falling half, which moves it little. */
START_TEST(a_moving_resonance_stands_still)
{
    enum { SLICES = 4 };
    genhep_dataset *data = make_data(N);
    genhep_model *model;
    ck_ok(create("part_m: det_mass, det_width", "part_m: det_mass", data, &model));
    gh_reference_work *work;
    ck_ok(gh_reference_work_create(&model->hooks, model->reference, 1, &work));
    double count[2][SLICES][4] = {{{0}}}, all[2][SLICES] = {{0}};
    int compared = 0;
    for (int64_t i = 0; i < N; i++) {
        const double *row = data->values + i * D, h = 1e-6;
        double u = row[0], up = row[0] + h, down = row[0] - h, slope = 0;
        ck_ok(gh_reference_forward(model->reference, work, 1, row + 1, 3, 1, i, &u, 1, &slope));
        ck_ok(gh_reference_forward(model->reference, work, 1, row + 1, 3, 1, i, &up, 1, NULL));
        ck_ok(gh_reference_forward(model->reference, work, 1, row + 1, 3, 1, i, &down, 1, NULL));
        const double along = (up - down) / (2 * h);
        if (fabs(u) < 4 && fabs(log(along) - slope) < 0.2) { /* otherwise a knot lies between */
            ck_assert_msg(fabs(log(along) - slope) < 2e-3, "event %d: log slope %g, differences %g", (int)i, slope, log(along));
            double back = u;
            ck_ok(gh_reference_inverse(model->reference, work, 1, row + 1, 3, 1, i, &back, 1));
            ck_assert_msg(fabs(back - row[0]) < 1e-9 * row[0], "event %d: %.12g from %.12g", (int)i, back, row[0]);
            compared++;
        }
        const int slice[2] = {(int)(SLICES * (row[1] - 300) / 300), (int)(SLICES * (row[2] - 5) / 25)}, quarter = (int)(4 * gh_normal_cdf(u));
        for (int k = 0; k < 2; k++) count[k][slice[k]][quarter]++, all[k][slice[k]]++;
    }
    ck_assert_int_gt(compared, N * 95 / 100);
    for (int k = 0; k < 2; k++)
        for (int b = 0; b < SLICES; b++)
            for (int q = 0; q < 4; q++) {
                const double share = count[k][b][q] / all[k][b];
                ck_assert_msg(fabs(share - 0.25) < 5 * sqrt(0.1875 / all[k][b]) + 0.01, "%s, slice %d, quarter %d: %g", k ? "width" : "mass", b, q, share);
            }
    gh_reference_work_free(work);
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(files_keep_peaks_and_damaged_ones_are_refused)
{
    genhep_dataset *data = make_data(4000);
    genhep_model *model;
    gh_archive archive;
    gh_reference *read;
    ck_ok(create("part_m: det_mass, det_width", "part_m: det_free", data, &model));
    gh_archive_init(&archive, &model->hooks);
    ck_ok(gh_reference_save(model->reference, &archive));
    ck_ok(gh_reference_load(&model->hooks, &archive, 1, 3, &read));
    ck_assert(read->peak[0] == 0 && read->peak[1] == 1 && read->range[0] == model->reference->range[0] && read->range[1] == model->reference->range[1]);
    gh_reference_release(read);
    int64_t *peak = gh_archive_find(&archive, "reference_map/peak")->data;
    double *range = gh_archive_find(&archive, "reference_map/range")->data;
    peak[1] = 3;
    ck_fails(gh_reference_load(&model->hooks, &archive, 1, 3, &read), GENHEP_E_FORMAT, "places 0 and 3");
    peak[1] = 1, range[0] = range[1];
    ck_fails(gh_reference_load(&model->hooks, &archive, 1, 3, &read), GENHEP_E_FORMAT, "rising range");
    gh_archive_clear(&archive);
    genhep_model_free(model);
    genhep_dataset_free(data);
}
END_TEST

START_TEST(wrong_peaks_are_named)
{
    genhep_dataset *data = make_data(2000);
    genhep_model *model;
    ck_fails(create("part_m: det_mass", "part_m: det_free", data, &model), GENHEP_E_OPTION, "'part_m: det_mass', expected 'coordinate: mass, width'");
    ck_fails(create("part_m: det_mass, det_wide", "part_m: det_free", data, &model), GENHEP_E_OPTION, "det_wide");
    ck_fails(create("part_x: det_mass, det_width", "part_m: det_free", data, &model), GENHEP_E_OPTION, "part_x");
    ck_fails(create("part_m: det_mass, det_free", "part_m: det_mass", data, &model), GENHEP_E_NUMERIC, "width 'det_free'");
    for (int64_t i = 0; i < data->n; i++) data->values[i * D] -= 500;
    ck_fails(create("part_m: det_mass, det_width", "part_m: det_free", data, &model), GENHEP_E_OPTION, "expected masses above 0");
    genhep_dataset_free(data);
}
END_TEST

GH_TEST_MAIN("peak", the_map_is_its_closed_form, slopes_are_differences_and_the_way_back_is_exact, a_moving_resonance_stands_still,
             files_keep_peaks_and_damaged_ones_are_refused, wrong_peaks_are_named)
