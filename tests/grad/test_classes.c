/* test_classes.c -- softmax, differentiable counts, class and normalisation losses: closed forms and gradients. */
#include "testing.h"

#include "gradcheck.h"
#include "loss/classes.h"

enum { N = 9, C = 3, STRIDE = 5 };

/* Classes B-S (0), S (1), S only (2): all events but the last class are the base, S is 1 and 2. */
static gh_class_rules some_rules(double ramp)
{
    gh_class_rules rules = {
        .classes = C, .alpha = 5, .beta = 1, .ramp = ramp, .class_weight = 0.6, .sets = 2, .base = 3};
    rules.members[0] = 6, rules.ratio[0] = 0.2, rules.weight[0] = 20;
    rules.members[1] = 1, rules.ratio[1] = 0.8, rules.weight[1] = 1.5;
    ck_ok(gh_class_rules_check(&rules));
    return rules;
}

typedef struct class_case {
    gh_class_rules rules;
    const double *weights;
    double logits[N * STRIDE];
} class_case;

static double value_of(void *context)
{
    class_case *c = context;
    double p[N * C];
    gh_class_sums sums = {0}, slopes;
    gh_softmax_forward(p, c->logits, STRIDE, N, C);
    gh_class_sums_add(&sums, &c->rules, p, c->weights, N);
    return 0.7 * gh_class_losses(&c->rules, &sums, &slopes, NULL, NULL);
}

/* From the losses through counts and softmax to the logits, which reach them one by one; slices give the same. */
START_TEST(gradients)
{
    static const double weights[N] = {1, -0.2, 2, 0.3, 1.7, 0.9, 0.6, 1.1, 0.8};
    for (int weighted = 0; weighted < 2; weighted++)
        for (int step = 0; step <= 2; step++)
            for (int power = 0; power < 3; power++) {
                class_case c = {.rules = some_rules(0.5 * step), .weights = weighted ? weights : NULL};
                c.rules.beta = power == 0 ? 0.5 : power == 1 ? 1 : 0.8;
                ck_ok(genhep_random_normal(8, 1, 0, N * STRIDE, c.logits));
                double p[N * C], gc[N * C], g[N * STRIDE] = {0};
                gh_class_sums sums = {0}, slopes, parts = {0};
                gh_softmax_forward(p, c.logits, STRIDE, N, C);
                gh_class_sums_add(&sums, &c.rules, p, c.weights, N);
                gh_class_sums_add(&parts, &c.rules, p, c.weights, 4);
                gh_class_sums_add(&parts, &c.rules, p + 4 * C, c.weights ? c.weights + 4 : NULL, N - 4);
                ck_assert(memcmp(&sums, &parts, sizeof sums) == 0);
                double first, second, total = gh_class_losses(&c.rules, &sums, &slopes, &first, &second);
                ck_assert(total == first + second && first > 0 && second > 0);
                for (int i = 0; i < N * C; i++) gc[i] = i;
                gh_class_gradient(&c.rules, &slopes, p, c.weights, 0.7, N, gc);
                for (int i = 0; i < N * C; i++) gc[i] -= i; /* it adds */
                gh_softmax_backward(g, STRIDE, gc, p, N, C);
                double worst = gc_worst(value_of, &c, c.logits, g, N * STRIDE); /* columns behind C: zero */
                ck_assert_msg(worst <= 1e-7, "ramp %g power %d: %.3g", c.rules.ramp, power, worst);
            }
}
END_TEST

START_TEST(closed_forms)
{
    gh_class_rules rules = {.classes = 2, .alpha = 10, .beta = 1, .ramp = 1, .class_weight = 1, .sets = 1, .base = 3};
    rules.members[0] = 2, rules.ratio[0] = 0.25, rules.weight[0] = 2;
    ck_ok(gh_class_rules_check(&rules));
    /* f(1/2, 1/2) = exp(-alpha 9/16), with (m^2 - 1)^2 = (3/4)^2; f of a pure label is 1 */
    double half[2] = {0.5, 0.5}, pure[8] = {1, 0, 0, 1, 1, 0, 1, 0}, first, second;
    gh_class_sums sums = {0}, slopes;
    gh_class_sums_add(&sums, &rules, half, NULL, 1);
    ck_assert(fabs(sums.f - exp(-10 * 9.0 / 16)) <= 1e-15 && sums.count[0] == sums.f && sums.count[1] == 0);
    rules.alpha = 5, sums = (gh_class_sums){0};
    gh_class_sums_add(&sums, &rules, half, NULL, 1);
    ck_assert(fabs(sums.f - exp(-5 * 9.0 / 16)) <= 1e-15);
    /* one of four pure events in class 1: both losses vanish for ratio 1/4, and are (1/4)^2 times 2 for ratio 1/2 */
    sums = (gh_class_sums){0};
    gh_class_sums_add(&sums, &rules, pure, NULL, 4);
    ck_assert(sums.f == 4 && sums.weight == 4 && sums.count[0] == 3 && sums.count[1] == 1);
    ck_assert(gh_class_losses(&rules, &sums, &slopes, &first, &second) == 0 && slopes.f == 0 && slopes.count[0] == 0);
    rules.ratio[0] = 0.5;
    ck_assert(gh_class_losses(&rules, &sums, &slopes, &first, &second) == 0.125 && first == 0 && second == 0.125);
    /* at ramp 0 counts are the labels themselves */
    rules.ramp = 0, sums = (gh_class_sums){0};
    double soft[2] = {0.3, 0.7};
    gh_class_sums_add(&sums, &rules, soft, NULL, 1);
    ck_assert(fabs(sums.count[0] - 0.3) <= 1e-15 && fabs(sums.count[1] - 0.7) <= 1e-15);
    /* no base event: finite, and without a push on the base */
    rules.base = 1, rules.ramp = 1, sums = (gh_class_sums){0};
    gh_class_sums_add(&sums, &rules, pure + 2, NULL, 1);
    ck_assert(isfinite(gh_class_losses(&rules, &sums, &slopes, &first, &second)) && slopes.count[0] == 0);
}
END_TEST

START_TEST(softmax_limits)
{
    double logits[6] = {1000, -1000, 0, 2, 2, 2}, c[6];
    int32_t classes[2];
    gh_softmax_forward(c, logits, 3, 2, 3);
    ck_assert(c[0] == 1 && c[1] == 0 && c[2] == 0);
    for (int k = 3; k < 6; k++) ck_assert(fabs(c[k] - 1.0 / 3) <= 1e-16);
    c[3] = c[4] = c[5] = 1.0 / 3;
    gh_class_of(classes, c, 2, 3);
    ck_assert(classes[0] == 0 && classes[1] == 0); /* the first one of equals */
    gh_softmax_forward(logits, logits, 3, 2, 3);   /* in place */
    ck_assert(memcmp(logits, c, 3 * sizeof *c) == 0);
    double share[2], gc[6] = {0}, g[2] = {2, 3}, expected[6] = {2, 0, 2, 3, 0, 3};
    gh_class_share(share, 5, c, 2, 3);
    ck_assert(share[0] == 1 && fabs(share[1] - 2.0 / 3) <= 1e-15);
    gh_class_share_backward(gc, 5, g, 2, 3);
    ck_assert_mem_eq(gc, expected, sizeof gc);
}
END_TEST

START_TEST(wrong_rules)
{
    gh_class_rules good = some_rules(0.5), r;
    r = good, r.classes = 1;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "classes: 1, expected 2");
    r = good, r.classes = 17;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "classes: 17");
    r = good, r.sets = 17;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "17 sets");
    r = good, r.base = 8;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "base set 0x8");
    r = good, r.base = 0;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "base set 0");
    r = good, r.members[1] = 0;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "set 1 is 0");
    r = good, r.alpha = 0;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "alpha 0");
    r = good, r.beta = 0.4;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "beta 0.4");
    r = good, r.ramp = 1.5;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "ramp 1.5");
    r = good, r.ratio[0] = NAN;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "set 0 has ratio");
    r = good, r.weight[1] = -1;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "weight -1");
    r = good, r.class_weight = -1;
    ck_fails(gh_class_rules_check(&r), GENHEP_E_OPTION, "class loss weight -1");
}
END_TEST

GH_TEST_MAIN("classes", gradients, closed_forms, softmax_limits, wrong_rules)
