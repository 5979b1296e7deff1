/* test_schedule.c -- learning rates of every schedule at hand-computed steps, and stages. */
#include "testing.h"

#include "train/schedule.h"

static gh_schedule schedule_of(const char *settings, int64_t steps_per_epoch)
{
    genhep_options *options;
    gh_schedule schedule;
    char copy[256];
    ck_ok(genhep_options_create(&options));
    snprintf(copy, sizeof copy, "train.steps=1000 train.lr=0.5 train.warmup=0.1 train.final_lr=0.01 %s", settings);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) ck_ok(genhep_options_parse(options, word));
    ck_ok(gh_schedule_read(options, steps_per_epoch, &schedule));
    genhep_options_free(options);
    return schedule;
}

#define NEAR(a, b) ck_assert_msg(fabs((a) - (b)) < 1e-12, "%.15g, expected %.15g", (double)(a), (double)(b))

START_TEST(rates)
{
    gh_schedule s = schedule_of("train.schedule=constant", 10);
    NEAR(gh_schedule_rate(&s, 0, 1), 0.5 / 101);
    NEAR(gh_schedule_rate(&s, 100, 1), 0.5);
    NEAR(gh_schedule_rate(&s, 999, 1), 0.5);
    s = schedule_of("train.schedule=cosine", 10);
    NEAR(gh_schedule_rate(&s, 49, 1), 0.5 * 50 / 101);
    NEAR(gh_schedule_rate(&s, 100, 1), 0.5);
    NEAR(gh_schedule_rate(&s, 550, 1), 0.5 * (0.01 + 0.99 * 0.5));
    NEAR(gh_schedule_rate(&s, 1000, 1), 0.5 * 0.01);
    s = schedule_of("train.schedule=one_cycle", 10);
    NEAR(gh_schedule_rate(&s, 0, 1), 0.5 * 0.04);
    NEAR(gh_schedule_rate(&s, 50, 1), 0.5 * 0.52);
    NEAR(gh_schedule_rate(&s, 100, 1), 0.5);
    s = schedule_of("train.schedule=inverse_time train.decay=0.1 train.epochs=7", 10);
    ck_assert_int_eq(s.steps, 70);
    NEAR(gh_schedule_rate(&s, 9, 1), 0.5);
    NEAR(gh_schedule_rate(&s, 25, 1), 0.5 / 1.2);
    s = schedule_of("train.schedule=plateau", 10);
    NEAR(gh_schedule_rate(&s, 500, 0.25), 0.125);
    ck_assert_int_eq(s.plateau, 1);
}
END_TEST

START_TEST(stages)
{
    genhep_options *options;
    gh_schedule s;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "train.schedule", "staged"));
    ck_ok(genhep_options_set(options, "train.stages", "adam 240, adam 240,sgd 120"));
    ck_ok(genhep_options_set(options, "train.lr", "1e-3"));
    ck_ok(genhep_options_set(options, "train.decay", "1e-6"));
    ck_ok(gh_schedule_read(options, 97, &s));
    ck_assert_int_eq(s.steps, 600 * 97);
    ck_assert_int_eq(gh_schedule_stage(&s, 240 * 97 - 1), 0);
    ck_assert_int_eq(gh_schedule_stage(&s, 240 * 97), 1);
    ck_assert_int_eq(gh_schedule_stage(&s, 600 * 97 - 1), 2);
    ck_assert_int_eq(gh_schedule_optimiser(&s, 480 * 97 - 1), GH_ADAM);
    ck_assert_int_eq(gh_schedule_optimiser(&s, 480 * 97), GH_SGD);
    NEAR(gh_schedule_rate(&s, 300 * 97, 1), 5e-4);
    NEAR(gh_schedule_rate(&s, 480 * 97 + 1000, 1), 2.5e-4 / 1.001);
    static const char *const bad[] = {"", "adam", "adam x", "rmsprop 3", "adam 0", "adam 2.5", "adam 3; sgd 4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_ok(genhep_options_set(options, "train.stages", bad[i]));
        ck_fails(gh_schedule_read(options, 97, &s), GENHEP_E_OPTION, "train.stages");
    }
    genhep_options_free(options);
}
END_TEST

GH_TEST_MAIN("schedule", rates, stages)
