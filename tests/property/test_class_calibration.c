/* test_class_calibration.c -- the marginal maps of a subtraction's classes: series of known densities, classes of an untrained network, files,
 * draws, and what is refused. */
#include "testing.h"

#include "base/normal.h"
#include "model/class_calibration.h"
#include "subtraction_model.h"
#include "train/subtraction/subtraction.h"

#define PI 3.14159265358979323846
enum { ROWS = 20000 };

/* Rows at the quantiles of w = 1 + c sqrt2 cos(pi m r), from W = r + c sqrt2 sin(pi m r)/(pi m) by bisection. */
static void quantiles_of(double c, int m, double *x)
{
    for (int i = 0; i < ROWS; i++) {
        double low = 0, high = 1;
        for (int k = 0; k < 60; k++) {
            const double r = 0.5 * (low + high);
            if (r + c * sqrt(2) * sin(PI * m * r) / (PI * m) < (i + 0.5) / ROWS) low = r;
            else high = r;
        }
        x[i] = low;
    }
}

START_TEST(modes_of_known_densities)
{
    static double a[ROWS], b[ROWS];
    double c[12], W[GH_CLASS_GRID + 1];
    quantiles_of(0.4, 1, a);
    quantiles_of(-0.5, 3, b);
    /* (3 (1 + 0.4 phi_1) - (1 - 0.5 phi_3))/2 = 1 + 0.6 phi_1 + 0.25 phi_3 */
    const gh_density_part parts[2] = {{.sigma = 3, .events = 1e12, .n = ROWS, .rank = a}, {.sigma = -1, .events = 1e12, .n = ROWS, .rank = b}};
    gh_class_modes(0, 1, 1e12, 2, parts, 12, c);
    for (int m = 1; m <= 12; m++) {
        const double expected = m == 1 ? 0.6 : m == 3 ? 0.25 : 0;
        ck_assert_msg(fabs(c[m - 1] - expected) < 2e-4, "mode %d: %g, expected %g", m, c[m - 1], expected);
    }
    const double exact[3] = {0.3, 0, 0.25};
    gh_class_rank_map(3, exact, W);
    for (int i = 0; i <= 100; i++) {
        const double r = 0.01 * i, level = r + sqrt(2) / PI * (0.3 * sin(PI * r) + 0.25 * sin(3 * PI * r) / 3);
        ck_assert_msg(fabs(gh_class_rank_inverse(W, level) - r) < 2e-6, "level %g: rank %.9g, expected %.9g", level, gh_class_rank_inverse(W, level), r);
    }
    ck_assert(gh_class_rank_inverse(W, -1) == 0 && gh_class_rank_inverse(W, 2) == 1);
    const double steep[1] = {-1.2}; /* w falls below 0 near r = 0: W still rises */
    gh_class_rank_map(1, steep, W);
    for (int k = 1; k <= GH_CLASS_GRID; k++) ck_assert(W[k] > W[k - 1]);
}
END_TEST

/* Blocks 1, 2, 3-4, 5-8 ... are scaled by 1 - (sum of variances)/(sum of squares), or 0, the variance of a mode of an even density being 1/n; weights scale to the same as repeated rows. */
START_TEST(modes_shrink_by_their_variance)
{
    static double x[ROWS], weights[ROWS], twice[2 * ROWS];
    double raw[64], shrunk[64], other[64], sum = 0, kept = 0;
    ck_ok(genhep_random_uniform(5, 0, 0, ROWS, x));
    gh_density_part part = {.sigma = 2, .events = 1e15, .n = ROWS, .rank = x};
    gh_class_modes(0, 1, 1e15, 1, &part, 64, raw);
    part.events = ROWS;
    gh_class_modes(0, 1, 1e15, 1, &part, 64, shrunk);
    for (int first = 0, size = 1; first < 64; first += size, size = first > 1 ? first : 1) {
        double block = 0;
        for (int m = first; m < first + size; m++) block += raw[m] * raw[m] * ROWS;
        for (int m = first; m < first + size; m++) {
            const double expected = block > size ? raw[m] * (1 - size / block) : 0;
            sum += raw[m] * raw[m] * ROWS;
            kept += shrunk[m] * shrunk[m] * ROWS;
            ck_assert_msg(fabs(shrunk[m] - expected) < 0.03 * fabs(raw[m]) + 1e-6, "mode %d: %g, expected %g", m + 1, shrunk[m], expected);
        }
    }
    ck_assert_msg(sum > 30 && sum < 110 && kept < 0.6 * sum, "noise of 64 modes: %g, shrunk %g", sum, kept);
    for (int i = 0; i < ROWS; i++) weights[i] = 1 + (i % 2), twice[i] = x[i];
    int64_t n = ROWS;
    for (int i = 0; i < ROWS; i++)
        if (i % 2) twice[n++] = x[i];
    part.weights = weights;
    gh_class_modes(0, 1, 1e15, 1, &part, 64, shrunk);
    part = (gh_density_part){.sigma = 2, .events = ROWS, .n = n, .rank = twice};
    gh_class_modes(0, 1, 1e15, 1, &part, 64, other);
    for (int m = 0; m < 64; m++) ck_assert_msg(fabs(shrunk[m] - other[m]) < 1e-12, "mode %d: %g weighted, %g repeated", m, shrunk[m], other[m]);
}
END_TEST

/* A network that does nothing: every class has the coordinates of base, all is left to the maps. */
static genhep_model *untrained(const char *settings, int64_t n, int weighted, void (*log)(void *, int32_t, const char *), void *user)
{
    char all[600];
    const int add = strncmp(settings, "add=yes", 7) == 0;
    subtraction_tables data = subtraction_data(n, weighted);
    genhep_model *model, *result;
    genhep_trainer *trainer;
    snprintf(all, sizeof all, "%s generator.skip=on generator.output_gain=0 prep=quantile prep.knots=301 train.steps=1 train.lr=1e-12 train.figure_steps=1 "
             "subtract.modes=24 %s", add ? "add=yes" : "", settings + (add ? 7 : 0));
    genhep_options *options = subtraction_options(all);
    if (log) ck_ok(genhep_options_set_log(options, log, user));
    if (add) ck_ok(genhep_options_set(options, "classes", "B-S: base ; S: base subtract ; A: add"));
    const genhep_dataset *const *tables = (const genhep_dataset *const *)data.table;
    ck_ok(genhep_subgan_create(options, tables, add ? 3 : 2, &model));
    ck_ok(genhep_trainer_create(model, tables, add ? 3 : 2, options, &trainer));
    ck_ok(genhep_trainer_run(trainer, NULL, NULL, NULL));
    ck_ok(genhep_trainer_model(trainer, GENHEP_LAST, &result));
    genhep_trainer_free(trainer);
    genhep_model_free(model);
    genhep_options_free(options);
    subtraction_free(&data);
    return result;
}

enum { EVENTS = 50000, D = 2 };

static void draw(const genhep_model *model, const char *sum, double *events)
{
    genhep_options *options;
    genhep_sampler *sampler;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "subtract.class", sum));
    ck_ok(genhep_sampler_create(model, options, &sampler));
    ck_ok(genhep_sampler_draw_double(sampler, EVENTS, NULL, 0, events, D, EVENTS * D));
    genhep_sampler_free(sampler);
    genhep_options_free(options);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Largest distance of the distribution of a column from that of a normal number. */
static double distance(const double *events, int column, double mean, double deviation)
{
    static double v[EVENTS];
    double worst = 0;
    for (int i = 0; i < EVENTS; i++) v[i] = events[i * D + column];
    qsort(v, EVENTS, sizeof *v, ascending);
    for (int i = 0; i < EVENTS; i++) worst = fmax(worst, fabs((i + 0.5) / EVENTS - gh_normal_cdf((v[i] - mean) / deviation)));
    return worst;
}

/* Base is 60 % at N(1, 0.5) and 40 % at N(-1, 0.5), taken away is the latter: closed forms for every class. */
START_TEST(classes_have_the_marginals_of_the_difference)
{
    static double events[EVENTS * D];
    static const struct {
        const char *sum;
        double x, y;
    } classes[3] = {{"B-S", 1, 0}, {"S", -1, 0.5}, {"A", 3, 0}};
    const double wide = sqrt(0.7 * 0.7 + 0.2 * 0.2);
    for (int weighted = 0; weighted < 2; weighted++) {
        genhep_model *with = untrained("add=yes", 40000, weighted, NULL, NULL), *without = untrained("add=yes decoder.calibrate=off", 40000, weighted, NULL, NULL);
        ck_assert(with->class_maps && !without->class_maps && !with->calibration);
        for (int k = 0; k < 3; k++) {
            draw(without, classes[k].sum, events);
            ck_assert_msg(distance(events, 0, classes[k].x, 0.5) > 0.2, "class %s without maps", classes[k].sum);
            draw(with, classes[k].sum, events);
            /* 40 000 rows, 13 000 of A: 0.01 is the error of a distribution function of a difference; the ends of a gap take the rest */
            const double x = distance(events, 0, classes[k].x, 0.5), y = distance(events, 1, 0, wide), other = distance(events, 1, 0.5, wide);
            ck_assert_msg(x < 0.03, "weights %d, class %s, x: distance %g", weighted, classes[k].sum, x);
            ck_assert_msg((k == 1 ? other : y) < 0.02, "weights %d, class %s, y: distance %g", weighted, classes[k].sum, k == 1 ? other : y);
        }
        genhep_model_free(with);
        genhep_model_free(without);
    }
}
END_TEST

START_TEST(files_keep_maps)
{
    static double events[EVENTS * D], again[EVENTS * D];
    genhep_model *model = untrained("subtract.labels=softmax", 3000, 0, NULL, NULL), *read, *plain = untrained("decoder.calibrate=off", 3000, 0, NULL, NULL);
    const int64_t numbers = model->subtraction.table.classes * model->p * 2 * GH_CLASS_KNOTS;
    gh_hooks hooks = gh_hooks_default();
    gh_archive archive;
    ck_ok(genhep_model_save(model, gh_test_path("maps.h5")));
    ck_ok(genhep_model_open(gh_test_path("maps.h5"), NULL, &read));
    ck_ok(genhep_model_verify(read));
    ck_assert(memcmp(model->class_maps, read->class_maps, (size_t)numbers * sizeof(double)) == 0);
    draw(model, "difference", events);
    draw(read, "difference", again);
    ck_assert(memcmp(events, again, sizeof events) == 0);
    genhep_model_free(read);
    /* a file without them opens, and its events are those of the network */
    gh_archive_init(&archive, &hooks);
    ck_ok(gh_model_save(model, &archive));
    strcpy(gh_archive_find(&archive, "classes/calibration")->name, "classes/else");
    ck_ok(gh_model_load(&hooks, &archive, &read));
    ck_assert_ptr_null(read->class_maps);
    draw(read, "difference", events);
    draw(plain, "difference", again);
    ck_assert(memcmp(events, again, sizeof events) == 0);
    genhep_model_free(read);
    gh_archive_clear(&archive);
    /* damage */
    for (int k = 0; k < 2; k++) {
        read = NULL;
        gh_archive_init(&archive, &hooks);
        ck_ok(gh_model_save(model, &archive));
        const gh_entry *entry = gh_archive_find(&archive, "classes/calibration");
        if (k) ((double *)entry->data)[7] = NAN;
        else ((double *)entry->data)[7] = ((double *)entry->data)[6];
        ck_fails(gh_model_load(&hooks, &archive, &read), GENHEP_E_FORMAT, "'classes/calibration' of coordinate 0 does not rise at knot 7");
        ck_assert_ptr_null(read);
        gh_archive_clear(&archive);
    }
    genhep_model_free(plain);
    genhep_model_free(model);
}
END_TEST

static void count_lines(void *user, int32_t level, const char *message)
{
    if (level == GENHEP_LOG_WARNING && strstr(message, "not calibrated")) ++*(int *)user;
}

START_TEST(rare_classes_are_left_and_named)
{
    int lines = 0;
    genhep_model *model = untrained("add=yes data.add.sigma=0.001", 3000, 0, count_lines, &lines);
    ck_assert_int_eq(lines, 1);
    for (int64_t j = 0; j < model->p; j++) {
        const double *map = model->class_maps + (2 * model->p + j) * 2 * GH_CLASS_KNOTS;
        ck_assert(memcmp(map, map + GH_CLASS_KNOTS, GH_CLASS_KNOTS * sizeof *map) == 0);
    }
    genhep_model_free(model);
    genhep_options *options;
    ck_ok(genhep_options_create(&options));
    ck_fails(genhep_options_parse(options, "subtract.modes = 0"), GENHEP_E_OPTION, "subtract.modes");
    ck_fails(genhep_options_parse(options, "subtract.modes = 65"), GENHEP_E_OPTION, "subtract.modes");
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("class_calibration", modes_of_known_densities, modes_shrink_by_their_variance, classes_have_the_marginals_of_the_difference, files_keep_maps,
             rare_classes_are_left_and_named)
