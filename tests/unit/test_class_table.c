/* test_class_table.c -- the table of classes of a subtraction: what is read, every wrong input, sums of classes, cross sections;
 * what creating a model and the command say about samples that do not fit. */
#include "cli.h" /* before Check, which has a macro `fail` */
#include "testing.h"

#include <fcntl.h>

#include "model/class_table.h"
#include "model/subgan.h"
#include "subtraction_model.h"

START_TEST(a_table_is_read)
{
    gh_class_table t;
    ck_ok(gh_class_table_parse(" B-S : base;S:base   subtract ; A: add ;; S only : subtract ; ", &t));
    ck_assert_int_eq(t.classes, 4);
    ck_assert_int_eq(t.sets, 3);
    ck_assert_str_eq(t.name[0], "B-S");
    ck_assert_str_eq(t.name[3], "S only");
    ck_assert(t.kind[0] == GH_SET_BASE && t.kind[1] == GH_SET_SUBTRACT && t.kind[2] == GH_SET_ADD);
    ck_assert(t.members[0] == 0x3 && t.members[1] == 0xa && t.members[2] == 0x4);
    ck_ok(gh_class_table_parse("rest: base ; known: add base", &t));
    ck_assert(t.sets == 2 && t.kind[1] == GH_SET_ADD && t.members[0] == 0x3 && t.members[1] == 0x2);
    ck_ok(gh_class_table_parse("rest: base ; S: base subtract ; T: base subtract4 ; A: add3 ; both: subtract2 subtract base", &t));
    ck_assert_int_eq(t.sets, 5);
    const char *const order[5] = {"base", "subtract", "subtract2", "add3", "subtract4"};
    const uint32_t members[5] = {0x17, 0x12, 0x10, 0x8, 0x4};
    for (int s = 0; s < 5; s++) {
        ck_assert_str_eq(gh_set_name(t.kind[s]), order[s]);
        ck_assert_int_eq(gh_set_sign(t.kind[s]), order[s][0] == 's' ? -1 : 1);
        ck_assert_uint_eq(t.members[s], members[s]);
    }
    int32_t c[GH_CLASSES];
    ck_ok(gh_class_table_sum(&t, "difference", c));
    ck_assert(c[0] == 1 && c[1] == 0 && c[2] == 0 && c[3] == 1 && c[4] == -1);
}
END_TEST

START_TEST(wrong_tables_are_answered)
{
    static const char *const wrong[][2] = {
        {"", "empty"}, {"   ", "empty"}, {"B-S: base", "found 1 classes"}, {"B-S base ; S: subtract", "no colon"}, {": base ; S: subtract", "0 bytes"},
        {"-S: base ; S: subtract", "'-S' cannot stand"}, {"+S: base ; S: subtract", "cannot stand"}, {"a,b: base ; S: subtract", "cannot stand"},
        {"difference: base ; S: base subtract", "difference"}, {"B: bass ; S: subtract", "'bass'"}, {"B: base ; S: ", "'S' belongs to no sample"},
        {"B: base ; B: subtract", "'B' stands twice"}, {"B: base ; C: base ; S: base subtract", "nothing tells them apart"},
        {"S: subtract ; A: add", "belongs to base"}, {"X: base subtract ; A: add", "same classes"},
        {"a: base; b: subtract; c: add; d: base subtract; e: base add; f: subtract add; g: base subtract add; h: base", "nothing tells"},
        {"a class whose name is much longer than anybody wants: base ; S: subtract", "expected 1 to 47"},
    };
    gh_class_table t;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) ck_fails(gh_class_table_parse(wrong[i][0], &t), GENHEP_E_OPTION, wrong[i][1]);
}
END_TEST

START_TEST(sums_of_classes)
{
    gh_class_table t;
    int32_t c[GH_CLASSES];
    ck_ok(gh_class_table_parse("B-S: base ; S: base subtract ; A: add ; S only: subtract", &t));
    ck_ok(gh_class_table_sum(&t, "", c));
    ck_assert(c[0] == 1 && c[1] == 0 && c[2] == 0 && c[3] == 0);
    ck_ok(gh_class_table_sum(&t, "B-S, A", c));
    ck_assert(c[0] == 1 && c[1] == 0 && c[2] == 1 && c[3] == 0);
    ck_ok(gh_class_table_sum(&t, "-S only", c));
    ck_assert(c[0] == 0 && c[3] == -1);
    ck_ok(gh_class_table_sum(&t, "difference", c));
    ck_assert(c[0] == 1 && c[1] == 0 && c[2] == 1 && c[3] == -1);
    ck_ok(gh_class_table_sum(&t, " + S ,- B-S", c));
    ck_assert(c[0] == -1 && c[1] == 1);
    ck_fails(gh_class_table_sum(&t, "T", c), GENHEP_E_OPTION, "found 'T', expected difference, or some of B-S, S, A, S only");
    ck_fails(gh_class_table_sum(&t, "S, S", c), GENHEP_E_OPTION, "'S' stands twice");
    ck_fails(gh_class_table_sum(&t, "S,", c), GENHEP_E_OPTION, "found ''");
    ck_ok(gh_class_table_parse("both: base subtract ; A: add ; S: subtract", &t));
    ck_fails(gh_class_table_sum(&t, "difference, -A, S", c), GENHEP_E_OPTION, "stands twice");
}
END_TEST

/* Where every class follows from the cross sections they come out exactly, whatever was generated. */
START_TEST(cross_sections_of_classes)
{
    gh_class_table t;
    double sigma[3] = {25, 5, 4}, found[GH_CLASSES] = {0};
    const double fraction[3] = {0.6, 0.2, 0.2};
    ck_ok(gh_class_table_parse("B-S: base ; S: base subtract ; A: add", &t));
    gh_class_table_sigmas(&t, sigma, fraction, found);
    ck_assert(fabs(found[0] - 20) < 1e-10 && fabs(found[1] - 5) < 1e-10 && fabs(found[2] - 4) < 1e-10);
    /* one is free: b + s = 25, s + o = 5; the closest numbers keep b o / s^... of the fractions: s/(b o) is theirs */
    const double shares[3] = {0.7, 0.2, 0.1};
    ck_ok(gh_class_table_parse("B-S: base ; S: base subtract ; S only: subtract", &t));
    gh_class_table_sigmas(&t, sigma, shares, found);
    ck_assert(fabs(found[0] + found[1] - 25) < 1e-9 && fabs(found[1] + found[2] - 5) < 1e-9);
    double before = shares[1] * 25 / 0.9 / (shares[0] * 25 / 0.9) / (shares[2] * 25 / 0.9), after = found[1] / found[0] / found[2];
    ck_assert_msg(fabs(before / after - 1) < 1e-9, "%g against %g", before, after);
    const double none[3] = {0, 0, 0};
    gh_class_table_sigmas(&t, sigma, none, found);
    ck_assert(found[0] == 0 && found[1] == 0 && found[2] == 0);
}
END_TEST

static void creation_fails(const char *settings, int tables, genhep_status expected, const char *part)
{
    genhep_options *options = subtraction_options(settings);
    subtraction_tables data = subtraction_data(200, 0);
    genhep_model *model = (genhep_model *)settings;
    ck_fails(genhep_subgan_create(options, (const genhep_dataset *const *)data.table, tables, &model), expected, part);
    ck_assert_ptr_null(model);
    subtraction_free(&data);
    genhep_options_free(options);
}

START_TEST(samples_that_do_not_fit)
{
    creation_fails("", 1, GENHEP_E_SHAPE, "found 1 tables, expected 2");
    creation_fails("", 3, GENHEP_E_SHAPE, "found 3 tables, expected 2");
    creation_fails("classes=", 2, GENHEP_E_OPTION, "classes");
    creation_fails("data.subtract.sigma=12", 2, GENHEP_E_OPTION, "12 pb is not below 10 pb");
    creation_fails("data.base=b.h5", 2, GENHEP_E_OPTION, "option 'data.subtract': found none");
    creation_fails("data.base=b.h5 data.subtract=s.h5 data.add=a.h5", 2, GENHEP_E_OPTION, "option 'data.add': found a file");
    creation_fails("data.base=b.h5 data.subtract=s.h5 data.subtract2=t.h5", 2, GENHEP_E_OPTION, "option 'data.subtract2': found a file");
    creation_fails("generator.skip=on latent.dim=2", 2, GENHEP_E_OPTION, "needs normal noise and 4 latents");
    creation_fails("generator.keep=x", 2, GENHEP_E_OPTION, "generator.keep");
    creation_fails("generator.skip=condition", 2, GENHEP_E_OPTION, "no conditions");
    creation_fails("generator.skip=on latent.noise=uniform", 2, GENHEP_E_OPTION, "generator.skip");
    creation_fails("latent.noise=none", 2, GENHEP_E_OPTION, "latent.noise");
    creation_fails("latent.source=buffer", 2, GENHEP_E_OPTION, "latent.source");
    creation_fails("data.condition=y", 2, GENHEP_E_OPTION, "takes no conditions");
}
END_TEST

START_TEST(a_cross_section_is_needed)
{
    genhep_options *options = subtraction_options("");
    subtraction_tables data = subtraction_data(200, 0);
    genhep_model *model;
    ck_ok(genhep_dataset_set_attribute(data.table[1], "sigma_pb", "many"));
    ck_fails(genhep_subgan_create(options, (const genhep_dataset *const *)data.table, 2, &model), GENHEP_E_OPTION, "attribute sigma_pb is 'many'");
    ck_ok(genhep_dataset_set_attribute(data.table[1], "sigma_pb", "-4"));
    ck_fails(genhep_subgan_create(options, (const genhep_dataset *const *)data.table, 2, &model), GENHEP_E_OPTION, "'-4'");
    ck_ok(genhep_options_parse(options, "data.subtract.sigma = 3"));
    ck_ok(genhep_subgan_create(options, (const genhep_dataset *const *)data.table, 2, &model));
    ck_assert(model->subtraction.sigma[0] == 10 && model->subtraction.sigma[1] == 3);
    genhep_model_free(model);
    double x[20] = {0};
    static const char *const names[2] = {"x", "y"};
    genhep_dataset *plain;
    for (int i = 0; i < 20; i++) x[i] = i;
    ck_ok(genhep_dataset_from_arrays(NULL, 10, 2, names, NULL, x, 2, NULL, &plain));
    const genhep_dataset *tables[2] = {plain, data.table[1]};
    ck_fails(genhep_subgan_create(options, tables, 2, &model), GENHEP_E_OPTION, "sample 'base' has no attribute sigma_pb");
    genhep_dataset_free(plain);
    subtraction_free(&data);
    genhep_options_free(options);
}
END_TEST

/* The command's message names the file: standard error of a run of it. */
static void command_says(int argc, char **argv, const char *part)
{
    char text[600] = "";
    const char *path = gh_test_path("stderr.txt");
    fflush(stderr);
    int saved = dup(2), file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(file, 2);
    int result = command_train(argc, argv);
    fflush(stderr);
    dup2(saved, 2);
    close(saved);
    close(file);
    FILE *read = fopen(path, "r");
    size_t n = fread(text, 1, sizeof text - 1, read);
    fclose(read);
    text[n] = '\0';
    ck_assert_int_eq(result, 1);
    ck_assert_msg(strstr(text, part) != NULL, "'%s' does not say '%s'", text, part);
}

START_TEST(the_command_names_the_file)
{
    subtraction_tables data = subtraction_data(200, 0);
    char base[300], minus[300], card[300], line[340], line2[340], expected[400];
    double x[20] = {0};
    static const char *const names[2] = {"x", "y"};
    genhep_dataset *plain;
    snprintf(base, sizeof base, "%s", gh_test_path("base.h5"));
    snprintf(minus, sizeof minus, "%s", gh_test_path("minus.h5"));
    snprintf(card, sizeof card, "%s", gh_test_path("sub.card"));
    FILE *file = fopen(card, "w");
    fputs("model.family = subgan\nclasses = B-S: base ; S: base subtract\n", file);
    fclose(file);
    ck_ok(genhep_dataset_write(data.table[0], base, NULL));
    ck_ok(genhep_dataset_from_arrays(NULL, 10, 2, names, NULL, x, 2, NULL, &plain));
    ck_ok(genhep_dataset_write(plain, minus, NULL));
    snprintf(line, sizeof line, "data.base=%s", base);
    snprintf(line2, sizeof line2, "data.subtract=%s", minus);
    snprintf(expected, sizeof expected, "%s: found no attribute sigma_pb, expected the cross section there or in data.subtract.sigma", minus);
    char *without[] = {"train", card, NULL}, *both[] = {"train", card, line, line2, NULL}, *half[] = {"train", card, line, NULL};
    command_says(2, without, "set data.base=FILE");
    command_says(4, both, expected);
    command_says(3, half, "data.subtract");
    genhep_dataset_free(plain);
    subtraction_free(&data);
}
END_TEST

GH_TEST_MAIN("class table", a_table_is_read, wrong_tables_are_answered, sums_of_classes, cross_sections_of_classes, samples_that_do_not_fit,
             a_cross_section_is_needed, the_command_names_the_file)
