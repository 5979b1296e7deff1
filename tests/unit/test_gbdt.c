/* test_gbdt.c -- boosted trees against a plain implementation, and the classifier test against closed forms. */
#include "testing.h"

#include "evaluate/gbdt.h"

enum { MOST_FEATURES = 8 };

/* Two samples of normals as columns. */
typedef struct sample {
    double *block[2];
    const double *columns[2][MOST_FEATURES];
    gh_two_classes data;
} sample;

static sample make(int64_t features, int64_t n0, int64_t n1, int64_t seed, double shift)
{
    sample s = {0};
    int64_t n[2] = {n0, n1};
    s.data.features = features;
    for (int c = 0; c < 2; c++) {
        s.block[c] = malloc((size_t)(features * n[c]) * sizeof(double));
        ck_ok(genhep_random_normal(seed, c, 0, features * n[c], s.block[c]));
        s.data.n[c] = n[c];
        for (int64_t f = 0; f < features; f++) s.columns[c][f] = s.block[c] + f * n[c];
        for (int64_t i = 0; c == 1 && i < n[c]; i++) s.block[c][i] += shift; /* the first feature differs */
    }
    return s;
}

static gh_two_classes *data_of(sample *s) /* pointers are set where the sample finally lives */
{
    s->data.columns[0] = s->columns[0];
    s->data.columns[1] = s->columns[1];
    return &s->data;
}

static void drop(sample *s)
{
    free(s->block[0]);
    free(s->block[1]);
}

static double classifier(sample *s, int64_t seed, double *error)
{
    gh_hooks hooks = gh_hooks_default();
    double auc;
    ck_ok(gh_classifier_test(&hooks, data_of(s), seed, &auc, error));
    return auc;
}

START_TEST(auc_by_hand)
{
    gh_hooks hooks = gh_hooks_default();
    double auc, scores[] = {0.1, 0.4, 0.35, 0.8, 0.4};
    unsigned char classes[] = {0, 0, 1, 1, 1};
    ck_ok(gh_auc(&hooks, 5, scores, classes, NULL, &auc));
    ck_assert_double_eq_tol(auc, (1 + 2 + 1.5) / 6, 1e-15); /* one tie */
    double same[] = {1, 1, 1, 1, 1};
    ck_ok(gh_auc(&hooks, 5, same, classes, NULL, &auc));
    ck_assert_double_eq(auc, 0.5);
    double weights[] = {1, 1, 2, 1, 1}, twice[] = {0.1, 0.4, 0.35, 0.8, 0.4, 0.35}, expected;
    unsigned char classes2[] = {0, 0, 1, 1, 1, 1};
    ck_ok(gh_auc(&hooks, 5, scores, classes, weights, &auc));
    ck_ok(gh_auc(&hooks, 6, twice, classes2, NULL, &expected));
    ck_assert_double_eq_tol(auc, expected, 1e-15);
    unsigned char one[] = {1, 1, 1, 1, 1};
    ck_fails(gh_auc(&hooks, 5, scores, one, NULL, &auc), GENHEP_E_SHAPE, "empty");
}
END_TEST

/* Plain boosting: every threshold between distinct values tried by summing over all rows. */
typedef struct plain_leaf {
    char in[64];
    double gain;
    int feature;
    double cut;
} plain_leaf;

static void plain_sums(int n, const char *in, const double *g, const double *h, const double *x, double cut,
                       double out[6])
{
    memset(out, 0, 6 * sizeof *out);
    for (int i = 0; i < n; i++) {
        if (!in[i]) continue;
        int side = x && x[i] > cut ? 3 : 0;
        out[side] += g[i];
        out[side + 1] += h[i];
        out[side + 2] += 1;
    }
}

static void plain_split(int n, int features, double x[][64], const double *g, const double *h, int least,
                        plain_leaf *leaf)
{
    leaf->gain = 0;
    for (int f = 0; f < features; f++)
        for (int k = 0; k < n; k++) {
            double s[6], next = INFINITY;
            for (int j = 0; j < n; j++)
                if (x[f][j] > x[f][k]) next = fmin(next, x[f][j]);
            if (isinf(next)) continue;
            double cut = 0.5 * (x[f][k] + next);
            plain_sums(n, leaf->in, g, h, x[f], cut, s);
            if (s[2] < least || s[5] < least || s[1] < 1e-3 || s[4] < 1e-3) continue;
            double gain = s[0] * s[0] / s[1] + s[3] * s[3] / s[4] - (s[0] + s[3]) * (s[0] + s[3]) / (s[1] + s[4]);
            if (gain > leaf->gain + 1e-12) leaf->gain = gain, leaf->feature = f, leaf->cut = cut;
        }
}

static void plain_boost(int n, int features, double x[][64], const double *y, const double *w, int trees, int leaves,
                        int least, double rate, double *raw)
{
    double one = 0, zero = 0, g[64], h[64];
    for (int i = 0; i < n; i++) *(y[i] > 0 ? &one : &zero) += w[i];
    for (int i = 0; i < n; i++) raw[i] = log(one / zero);
    for (int t = 0; t < trees; t++) {
        plain_leaf leaf[16];
        int count = 1;
        for (int i = 0; i < n; i++) {
            double p = 1 / (1 + exp(-raw[i]));
            g[i] = w[i] * (p - y[i]), h[i] = w[i] * p * (1 - p);
        }
        memset(leaf[0].in, 1, sizeof leaf[0].in);
        plain_split(n, features, x, g, h, least, &leaf[0]);
        while (count < leaves) {
            int best = 0;
            for (int l = 1; l < count; l++)
                if (leaf[l].gain > leaf[best].gain) best = l;
            if (!(leaf[best].gain > 0)) break;
            leaf[count] = leaf[best];
            int f = leaf[best].feature;
            double cut = leaf[best].cut;
            for (int i = 0; i < n; i++) {
                if (x[f][i] > cut) leaf[best].in[i] = 0;
                else leaf[count].in[i] = 0;
            }
            plain_split(n, features, x, g, h, least, &leaf[best]);
            plain_split(n, features, x, g, h, least, &leaf[count++]);
        }
        for (int l = 0; l < count; l++) {
            double s[6];
            plain_sums(n, leaf[l].in, g, h, NULL, 0, s);
            for (int i = 0; i < n; i++)
                if (leaf[l].in[i]) raw[i] -= rate * s[0] / s[1];
        }
    }
}

START_TEST(same_as_plain)
{
    enum { N0 = 23, N1 = 34, N = N0 + N1, F = 5 };
    sample s = make(F, N0, N1, 7, 0.8);
    double x[F][64], y[64], w[64], expected[64], weights[2][64];
    int64_t rows[64];
    for (int i = 0; i < N; i++) {
        int c = i >= N0;
        rows[i] = i;
        y[i] = c;
        w[i] = weights[c][c ? i - N0 : i] = 0.5 + 0.01 * ((i * 37) % 100);
        for (int f = 0; f < F; f++) x[f][i] = s.block[c][f * (c ? N1 : N0) + (c ? i - N0 : i)];
    }
    gh_hooks hooks = gh_hooks_default();
    gh_gbdt_settings settings = {6, 6, 3, 0.3, 0, 10, 0, 1};
    for (int weighted = 0; weighted < 2; weighted++) {
        gh_gbdt *model;
        double raw[64];
        for (int i = 0; i < N && !weighted; i++) raw[i] = 1;
        s.data.weights[0] = weighted ? weights[0] : NULL;
        s.data.weights[1] = weighted ? weights[1] : NULL;
        plain_boost(N, F, x, y, weighted ? w : raw, settings.trees, settings.leaves, settings.least_rows, settings.rate,
                    expected);
        ck_ok(gh_gbdt_train(&hooks, &settings, data_of(&s), rows, N, &model));
        ck_assert_int_eq(gh_gbdt_trees(model), settings.trees);
        ck_ok(gh_gbdt_predict(model, data_of(&s), rows, N, raw));
        for (int i = 0; i < N; i++) ck_assert_double_eq_tol(raw[i], expected[i], 1e-9);
        gh_gbdt_free(model);
    }
    drop(&s);
}
END_TEST

START_TEST(weight_two_is_two_rows)
{
    enum { N = 40, F = 2 };
    sample s = make(F, N, N, 11, 0.5), d = make(F, 2 * N, N, 12, 0);
    double weights[N];
    int64_t rows[2 * N], rows2[3 * N];
    for (int i = 0; i < 2 * N; i++) rows[i] = i;
    for (int i = 0; i < 3 * N; i++) rows2[i] = i;
    for (int i = 0; i < N; i++) {
        weights[i] = 2;
        for (int f = 0; f < F; f++) {
            d.block[0][f * 2 * N + 2 * i] = d.block[0][f * 2 * N + 2 * i + 1] = s.block[0][f * N + i];
            d.block[1][f * N + i] = s.block[1][f * N + i];
        }
    }
    s.data.weights[0] = weights;
    gh_hooks hooks = gh_hooks_default();
    gh_gbdt_settings settings = {5, 4, 1, 0.2, 0, 10, 0, 1};
    gh_gbdt *a, *b;
    double first[2 * N], second[2 * N];
    ck_ok(gh_gbdt_train(&hooks, &settings, data_of(&s), rows, 2 * N, &a));
    ck_ok(gh_gbdt_train(&hooks, &settings, data_of(&d), rows2, 3 * N, &b));
    s.data.weights[0] = NULL;
    ck_ok(gh_gbdt_predict(a, data_of(&s), rows, 2 * N, first));
    ck_ok(gh_gbdt_predict(b, data_of(&s), rows, 2 * N, second));
    for (int i = 0; i < 2 * N; i++) ck_assert_double_eq_tol(first[i], second[i], 1e-9);
    gh_gbdt_free(a);
    gh_gbdt_free(b);
    drop(&s);
    drop(&d);
}
END_TEST

START_TEST(shifted_normals)
{
    for (int k = 0; k < 3; k++) {
        double shift = 0.25 * (1 << k), error, exact = 0.5 * erfc(-shift / 2); /* Phi(d / sqrt 2) */
        sample s = make(3, 20000, 20000, 21 + k, shift);
        double auc = classifier(&s, 1 + k, &error);
        ck_assert_double_eq_tol(error, sqrt(1 / (3 * 20000.0)), 1e-4);
        ck_assert_msg(fabs(auc - exact) < 4 * error, "shift %g: auc %g, expected %g +- %g", shift, auc, exact, error);
        drop(&s);
    }
}
END_TEST

START_TEST(equal_distributions)
{
    double mean = 0;
    for (int k = 0; k < 5; k++) {
        double error;
        sample s = make(5, 8000, 9000, 40 + k, 0);
        double auc = classifier(&s, k, &error);
        ck_assert_msg(auc >= 0.5 && auc - 0.5 < 4 * error, "auc %g, error %g", auc, error);
        mean += (auc - 0.5) / error / 5;
        drop(&s);
    }
    ck_assert(mean < 2); /* folded normals average 0.8 */
}
END_TEST

START_TEST(weighted_back_to_equal)
{
    /* N(d,1) weighted by exp(-d x + d^2/2) is N(0,1): the weighted classifier sees nothing, the plain one does. */
    enum { N = 20000 };
    double weights[N], error, shift = 0.5;
    sample s = make(2, N, N, 60, shift);
    double plain = classifier(&s, 1, &error);
    ck_assert_double_eq_tol(plain, 0.5 * erfc(-shift / 2), 4 * error);
    for (int i = 0; i < N; i++) weights[i] = exp(-shift * s.block[1][i] + shift * shift / 2);
    s.data.weights[1] = weights;
    double weighted = classifier(&s, 1, &error);
    ck_assert(error > 0.0041); /* fewer effective events than sqrt(1/(3 N)) says */
    ck_assert_msg(weighted - 0.5 < 4 * error, "auc %g, error %g", weighted, error);
    drop(&s);
}
END_TEST

START_TEST(correlation_is_seen)
{
    /* Same marginals: class 1 has y = sign(x) |y|; only trees of depth two see it. The ideal area is 3/4. */
    sample s = make(2, 10000, 10000, 80, 0);
    for (int i = 0; i < 10000; i++) s.block[1][10000 + i] = copysign(s.block[1][10000 + i], s.block[1][i]);
    double error, auc = classifier(&s, 1, &error);
    ck_assert_double_eq_tol(auc, 0.75, 0.01);
    drop(&s);
}
END_TEST

START_TEST(discrete_and_constant)
{
    sample s = make(2, 3000, 3000, 90, 0);
    for (int i = 0; i < 3000; i++) {
        s.block[0][i] = i % 2;         /* half ones against a fifth of ones: area 0.5 + 0.3/2 */
        s.block[1][i] = i % 5 == 0;
        s.block[0][3000 + i] = s.block[1][3000 + i] = 7;
    }
    double error, auc = classifier(&s, 1, &error);
    ck_assert_double_eq_tol(auc, 0.65, 4 * error);
    drop(&s);
}
END_TEST

START_TEST(same_bits)
{
    sample s = make(3, 2000, 2000, 95, 0.3);
    double error, first = classifier(&s, 5, &error);
    ck_assert(first == classifier(&s, 5, &error));
    ck_assert(first != classifier(&s, 6, &error));
    drop(&s);
}
END_TEST

START_TEST(errors)
{
    gh_hooks hooks = gh_hooks_default();
    gh_gbdt_settings settings = gh_gbdt_defaults(1);
    sample s = make(3, 30, 30, 1, 0), t = make(2, 30, 30, 1, 0);
    int64_t rows[60];
    double scores[60], none[30] = {0};
    gh_gbdt *model;
    for (int i = 0; i < 60; i++) rows[i] = i;
    ck_fails(gh_gbdt_train(&hooks, &settings, data_of(&s), rows, 4, &model), GENHEP_E_SHAPE, "4 training rows");
    ck_assert_ptr_null(model);
    s.data.weights[0] = none;
    ck_fails(gh_gbdt_train(&hooks, &settings, data_of(&s), rows, 60, &model), GENHEP_E_NUMERIC, "both positive");
    s.data.weights[0] = NULL;
    ck_ok(gh_gbdt_train(&hooks, &settings, data_of(&s), rows, 60, &model));
    ck_fails(gh_gbdt_predict(model, data_of(&t), rows, 60, scores), GENHEP_E_SHAPE, "2 features, expected 3");
    gh_gbdt_free(model);
    gh_gbdt_free(NULL);
    drop(&s);
    drop(&t);
}
END_TEST

GH_TEST_MAIN("gbdt", auc_by_hand, same_as_plain, weight_two_is_two_rows, shifted_normals, equal_distributions,
             weighted_back_to_equal, correlation_is_seen, discrete_and_constant, same_bits, errors)
