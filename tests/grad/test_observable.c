/* test_observable.c -- observables of events: text, closed forms, gradients by differences, fast light particles. */
#include "testing.h"

#include "gradcheck.h"
#include "loss/observable.h"

enum { N = 5, PARTICLES = 6, WIDTH = 3 * PARTICLES };

static const char *const names[PARTICLES] = {"b", "q1", "q1barp", "mum", "g", "far"};
static const double masses[PARTICLES] = {4.7, 0, 0.33, 0.10566, 0, 0.000511};

static gh_loss_observable parsed(const char *text)
{
    gh_loss_observable o;
    ck_ok(gh_loss_observable_parse(&o, text, names, masses, PARTICLES, NULL));
    return o;
}

typedef struct observable_case {
    gh_loss_observable observable;
    double P[N * WIDTH], g[N];
} observable_case;

static double value_of(void *context)
{
    observable_case *c = context;
    double values[N], sum = 0;
    gh_loss_observable_values(&c->observable, c->P, WIDTH, N, values);
    for (int i = 0; i < N; i++) sum += c->g[i] * values[i];
    return sum;
}

START_TEST(gradients)
{
    static const char *const texts[] = {"px(b)",
                                        "py(q1,mum)",
                                        "pz(b,g)",
                                        "E(q1)",
                                        "E(b,q1,far)",
                                        "pt(b)",
                                        "pt(b,q1,mum)",
                                        "eta(g)",
                                        "eta(b,q1barp)",
                                        "phi(b)",
                                        "phi(q1,g)",
                                        "rapidity(b)",
                                        "rapidity(q1,g)",
                                        "rapidity(b,mum,far)",
                                        "mass(b,q1)",
                                        "mass(q1,g)",
                                        "mass(b,q1,q1barp,mum,g,far)",
                                        "deltaphi(b,q1)",
                                        "deltaphi(g,far)",
                                        "deltar(q1,g)",
                                        "deltar(mum,far)"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        observable_case c = {.observable = parsed(texts[k])};
        ck_ok(genhep_random_normal(3, 1, 0, N * WIDTH, c.P));
        ck_ok(genhep_random_normal(3, 2, 0, N, c.g));
        for (int i = 0; i < N * WIDTH; i++) c.P[i] *= 3;
        double gP[N * WIDTH];
        for (int i = 0; i < N * WIDTH; i++) gP[i] = i;
        gh_loss_observable_gradient(&c.observable, c.P, WIDTH, N, c.g, gP);
        for (int i = 0; i < N * WIDTH; i++) gP[i] -= i; /* it adds */
        double worst = gc_worst(value_of, &c, c.P, gP, N * WIDTH);
        ck_assert_msg(worst <= 1e-7, "%s: %.3g", texts[k], worst);
    }
}
END_TEST

/* Fourth-order differences with a step that is small against masses of a few tenths of GeV. */
static double difference(observable_case *c, int64_t i)
{
    const double h = 1e-4, x = c->P[i];
    double f[4], at[4] = {x - 2 * h, x - h, x + h, x + 2 * h};
    for (int k = 0; k < 4; k++) c->P[i] = at[k], f[k] = value_of(c);
    c->P[i] = x;
    return (8 * (f[2] - f[1]) - (f[3] - f[0])) / (8 * (at[2] - at[1]) - (at[3] - at[0]));
}

/* Light particles at 1 to 8 TeV, nearly parallel: m^2 is 1e-8 of E^2. Values against long double, gradients against
 * differences of the values, which shows that these carry no rounding noise. */
START_TEST(fast_and_light)
{
    static const char *const texts[] = {"mass(q1,g)",       "mass(mum,far)", "mass(q1barp,mum,far)", "rapidity(mum)",
                                        "rapidity(q1,far)", "eta(g)",        "deltar(q1,g)",         "deltaphi(mum,g)"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        observable_case c = {.observable = parsed(texts[k])};
        const gh_loss_observable *o = &c.observable;
        ck_ok(genhep_random_normal(4, 1, 0, N * WIDTH, c.P));
        for (int i = 0; i < N; i++) {
            const double axis[3] = {300 * (i + 1), -200 * i + 50, 1000 - 500 * i};
            for (int p = 0; p < PARTICLES; p++)
                for (int j = 0; j < 3; j++) { /* momenta as a float would hold them */
                    double *x = &c.P[i * WIDTH + 3 * p + j];
                    *x = (double)(float)((1 + 0.5 * p) * axis[j] + 0.3 * *x);
                }
        }
        for (int i = 0; i < N; i++) {
            double values[N], gP[N * WIDTH] = {0};
            memset(c.g, 0, sizeof c.g);
            c.g[i] = 1;
            gh_loss_observable_values(o, c.P, WIDTH, N, values);
            gh_loss_observable_gradient(o, c.P, WIDTH, N, c.g, gP);
            double largest = 0;
            for (int j = 0; j < WIDTH; j++) largest = fmax(largest, fabs(gP[i * WIDTH + j]));
            for (int j = 0; j < WIDTH; j++) {
                double expected = difference(&c, i * WIDTH + j), error = fabs(gP[i * WIDTH + j] - expected);
                ck_assert_msg(error <= 1e-6 * largest, "%s event %d momentum %d: %.9g against %.9g", texts[k], i, j,
                              gP[i * WIDTH + j], expected);
            }
            if (o->kind != GH_LOSS_MASS) continue;
            long double e = 0, sum[3] = {0};
            for (int64_t q = 0; q < o->n; q++) {
                long double square = (long double)o->mass[q] * o->mass[q];
                for (int j = 0; j < 3; j++) {
                    long double x = c.P[i * WIDTH + 3 * o->particle[q] + j];
                    sum[j] += x, square += x * x;
                }
                e += sqrtl(square);
            }
            double mass = (double)sqrtl((e * e - sum[0] * sum[0]) - sum[1] * sum[1] - sum[2] * sum[2]);
            ck_assert_msg(fabs(values[i] - mass) <= 1e-9 * mass, "%s event %d: %.12g against %.12g", texts[k], i,
                          values[i], mass);
        }
    }
}
END_TEST

static double value_at(const char *text, const double *P)
{
    double value;
    gh_loss_observable o = parsed(text);
    gh_loss_observable_values(&o, P, WIDTH, 1, &value);
    return value;
}

START_TEST(closed_forms)
{
    double P[WIDTH] = {3, 4, 12};
    P[3] = 3, P[4] = 4, P[5] = -12;     /* q1, massless */
    P[6] = -3, P[7] = -4, P[8] = 12;    /* q1barp */
    P[12] = -3, P[13] = -4, P[14] = 12; /* g, massless */
    P[15] = 0, P[16] = 2, P[17] = 0;    /* far */
    ck_assert(value_at("px(b,far)", P) == 3 && value_at("py(b,far)", P) == 6 && value_at(" pz ( b , q1 ) ", P) == 0);
    ck_assert(value_at("E(q1)", P) == 13 && value_at("pt(b)", P) == 5 && value_at("pt(b,q1)", P) == 10);
    ck_assert(fabs(value_at("E(b)", P) - sqrt(169 + 4.7 * 4.7)) <= 1e-14);
    ck_assert(fabs(value_at("eta(b)", P) - log((13 + 12) / 5.0)) <= 1e-14);
    ck_assert(fabs(value_at("phi(b)", P) - atan2(4, 3)) <= 1e-15);
    double e = sqrt(169 + 4.7 * 4.7);
    ck_assert(fabs(value_at("rapidity(b)", P) - 0.5 * log((e + 12) / (e - 12))) <= 1e-14);
    ck_assert(fabs(value_at("mass(q1,g)", P) - 26) <= 1e-13); /* back to back, massless: E_q1 + E_g */
    ck_assert(fabs(value_at("deltaphi(b,q1barp)", P) - M_PI) <= 1e-15);
    ck_assert(fabs(value_at("deltaphi(far,b)", P) - (M_PI / 2 - atan2(4, 3))) <= 1e-15);
    ck_assert(fabs(value_at("deltaphi(b,far)", P) - (M_PI / 2 - atan2(4, 3))) <= 1e-15);
    ck_assert(fabs(value_at("deltar(q1,g)", P) - hypot(2 * log(5), M_PI)) <= 1e-14);
}
END_TEST

/* Values and gradients stay finite where formulas divide by zero; a mass at the floor has no gradient. */
START_TEST(degenerate)
{
    static const char *const texts[] = {"E(q1)",        "pt(b)",      "eta(q1)",        "phi(q1)",
                                        "rapidity(q1)", "mass(q1,g)", "deltaphi(b,q1)", "deltar(q1,g)"};
    const double beam[3] = {0, 0, 5000};
    for (int row = 0; row < 2; row++) /* at rest, and along the beam */
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            double P[WIDTH], gP[WIDTH] = {0}, value, one = 1;
            for (int i = 0; i < WIDTH; i++) P[i] = row * beam[i % 3];
            gh_loss_observable o = parsed(texts[k]);
            gh_loss_observable_values(&o, P, WIDTH, 1, &value);
            gh_loss_observable_gradient(&o, P, WIDTH, 1, &one, gP);
            ck_assert_msg(isfinite(value), "%s", texts[k]);
            for (int i = 0; i < WIDTH; i++) ck_assert_msg(fabs(gP[i]) <= 1e8, "%s", texts[k]);
            if (o.kind == GH_LOSS_MASS) {
                ck_assert(value == 1e-4);
                for (int i = 0; i < WIDTH; i++) ck_assert(gP[i] == 0);
            }
        }
    double P[WIDTH] = {NAN}; /* never hidden */
    ck_assert(isnan(value_at("mass(b,q1)", P)) && isnan(value_at("eta(b)", P)) && isnan(value_at("rapidity(b)", P)));
}
END_TEST

START_TEST(wrong_text)
{
    static const struct {
        const char *text, *part;
    } wrong[] = {{"masse(b,q1)", "expected one of px py pz E pt eta phi rapidity mass deltaphi deltar"},
                 {"mass(b,q2)", "expected some of b q1 q1barp mum g far"},
                 {"mass(b,)", "no particle is named ''"},
                 {"mass()", "no particle is named ''"},
                 {"", "no function is named ''"},
                 {"mass", "'mass' without '('"},
                 {"mass(b,q1", "')' is missing"},
                 {"mass(b;q1)", "')' is missing"},
                 {"mass(b)", "mass of 1 particle, expected at least 2"},
                 {"deltaphi(b)", "deltaphi of 1 particle, expected 2"},
                 {"deltar(b,q1,g)", "deltar of 3 particles, expected 2"},
                 {"pt(b,q1,b)", "'b' is named twice"},
                 {"pt(b) x", "'x' follows"},
                 {"pt(b))", "')' follows"}};
    gh_loss_observable o, list[2];
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        ck_fails(gh_loss_observable_parse(&o, wrong[k].text, names, masses, PARTICLES, NULL), GENHEP_E_OPTION,
                 wrong[k].part);
    int64_t count;
    ck_ok(gh_loss_observables_parse(list, 2, &count, " mass(b,q1), pt( mum ) ;", names, masses, PARTICLES));
    ck_assert(count == 2 && list[0].kind == GH_LOSS_MASS && list[1].kind == GH_LOSS_PT && list[1].particle[0] == 3);
    ck_assert(list[1].mass[0] == 0.10566 && list[0].n == 2 && list[0].particle[1] == 1);
    ck_ok(gh_loss_observables_parse(list, 2, &count, "  ", names, masses, PARTICLES));
    ck_assert(count == 0);
    ck_fails(gh_loss_observables_parse(list, 1, &count, "E(b) E(q1)", names, masses, PARTICLES), GENHEP_E_OPTION,
             "one more");
    ck_fails(gh_loss_observables_parse(list, 2, &count, "E(b) F(q1)", names, masses, PARTICLES), GENHEP_E_OPTION,
             "'F'");
    const char *end, *text = "pt(b) E(q1)";
    ck_ok(gh_loss_observable_parse(&o, text, names, masses, PARTICLES, &end));
    ck_assert(end == text + 5);
}
END_TEST

GH_TEST_MAIN("observable", gradients, fast_and_light, closed_forms, degenerate, wrong_text)
