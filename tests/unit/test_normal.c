/* test_normal.c -- normal density, distribution function and quantile against values computed with 40 digits. */
#include "base/normal.h"
#include "testing.h"

static const struct {
    double p, x;
} quantiles[] = {
    {5e-324, -38.4674056171443462508},
    {1e-310, -37.6630603319495237319},
    {2.5e-300, -37.0223729109384955552},
    {1e-200, -30.2055941795796430631},
    {1e-100, -21.2734535609653242942},
    {1e-20, -9.26234008979840757957},
    {1.1102230246251565e-16, -8.20953615160138685563},
    {1e-10, -6.3613409024040561991},
    {1e-5, -4.26489079392282461023},
    {0.001, -3.09023230616781353536},
    {0.025, -1.95996398454005421178},
    {0.0749, -1.44023826752796366311},
    {0.0751, -1.43882539275253998244},
    {0.1, -1.28155156554460043533},
    {0.25, -0.674489750196081743202},
    {0.4, -0.253347103135799741325},
    {0.499999, -0.00000250662827456655937791},
    {0.50000001, 2.50662828722620443766e-8},
    {0.6, 0.253347103135799741325},
    {0.75, 0.674489750196081743202},
    {0.9, 1.28155156554460059349},
    {0.95, 1.64485362695147228428},
    {0.99, 2.32634787404084076764},
    {0.999, 3.09023230616781327776},
    {0.999999, 4.75342430881708776569},
    {0.9999999999999999, 8.20953615160138685563},
};

static double ulp(double x)
{
    return nextafter(fabs(x), INFINITY) - fabs(x);
}

START_TEST(quantile_values)
{
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double x = gh_normal_quantile(quantiles[i].p);
        /* two units in the last place are 2.3e-16 to 4.5e-16 of a number */
        const double allowed = quantiles[i].p < 0x1p-64 ? 1e-15 * fabs(quantiles[i].x) : 2 * ulp(quantiles[i].x);
        ck_assert_msg(fabs(x - quantiles[i].x) <= allowed,
                      "quantile(%.17g) = %.17g, expected %.17g", quantiles[i].p, x, quantiles[i].x);
    }
    ck_assert(gh_normal_quantile(0.5) == 0.0);
    ck_assert(gh_normal_quantile(0.0) == -INFINITY && gh_normal_quantile(-1.0) == -INFINITY);
    ck_assert(gh_normal_quantile(1.0) == INFINITY && gh_normal_quantile(2.0) == INFINITY);
    ck_assert(isnan(gh_normal_quantile(NAN)));
}
END_TEST

START_TEST(quantile_is_odd_and_rises)
{
    double before = -INFINITY;
    for (int i = 1; i < 4096; i++) {
        double p = i / 4096.0, x = gh_normal_quantile(p); /* exact, and so is 1 - p */
        ck_assert(x > before);
        ck_assert(x == -gh_normal_quantile(1.0 - p));
        before = x;
    }
}
END_TEST

/* Many at a time are the same as one at a time, in place too, and across the borders of the fits. */
START_TEST(blocks_give_the_bits_of_single_calls)
{
    enum { N = 700 };
    static const double edges[] = {0x1p-64, 0x1.8p-60, 0x1p-53, 0x1p-52, 0.0625, 0x1.fffffffffffffp-5, 0.0625 + 0x1p-56, 0.9375,
                                   0.9375 + 0x1p-53, 0.9375 - 0x1p-53, 0.5, 0.5 + 0x1p-53, 1 - 0x1p-53};
    double p[N], x[N];
    int64_t wrong = 0;
    for (int i = 0; i < N; i++) p[i] = i < 13 ? edges[i] : (i % 3 ? i + 0.5 : 0.04 * i) / (N + 1);
    for (int n = 1; n <= N; n += n < 20 ? 1 : 37) {
        memset(x, 0, sizeof x);
        gh_normal_quantiles(p, n, x);
        for (int i = 0; i < n; i++) wrong += memcmp(&x[i], &(double){gh_normal_quantile(p[i])}, sizeof *x) != 0;
        for (int i = n; i < N; i++) wrong += x[i] != 0;
    }
    ck_assert_int_eq(wrong, 0);
    memcpy(x, p, sizeof x);
    gh_normal_quantiles(x, N, x);
    for (int i = 0; i < N; i++) wrong += x[i] != gh_normal_quantile(p[i]);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* The fits meet: neighbouring p on both sides of a border are in order. */
START_TEST(borders_are_in_order)
{
    static const double borders[] = {0x1p-64, 0.0625, 0.9375};
    for (int i = 0; i < 3; i++) {
        const double below = gh_normal_quantile(nextafter(borders[i], 0)), at = gh_normal_quantile(borders[i]);
        const double above = gh_normal_quantile(nextafter(borders[i], 1)), far = gh_normal_quantile(borders[i] * (1 + 0x1p-40));
        const double slack = i == 0 ? 1e-15 * fabs(at) : 0; /* below 2^-64 the digits end there */
        ck_assert_msg(below <= at + slack && at <= above && above < far, "%.17g %.17g %.17g %.17g", below, at, above, far);
    }
}
END_TEST

START_TEST(inverse_of_distribution_function)
{
    for (double x = -37.0; x <= 5.0; x += 0.037) {
        double p = gh_normal_cdf(x), back = gh_normal_quantile(p);
        /* what rounding p by one part in 2^52 moves x by, and x's own rounding */
        double allowed = 8 * DBL_EPSILON * p / gh_normal_pdf(x) + 4 * DBL_EPSILON * fabs(x);
        allowed += x < -30 ? 2e-14 : 0; /* the exponent of exp loses digits in the far tail of erfc */
        ck_assert_msg(fabs(back - x) <= allowed, "x %.17g comes back as %.17g", x, back);
    }
}
END_TEST

START_TEST(density_and_distribution)
{
    ck_assert_double_eq_tol(gh_normal_pdf(0.0), 0.39894228040143267794, 1e-16);
    ck_assert_double_eq_tol(gh_normal_pdf(-2.0), 0.053990966513188051949, 1e-16);
    ck_assert_double_eq_tol(gh_normal_cdf(1.0), 0.84134474606854294859, 2e-16);
    ck_assert_double_eq_tol(gh_normal_cdf(-10.0) / 7.6198530241605260660e-24, 1.0, 1e-14);
    for (double x = -6; x <= 6; x += 0.31) /* the density is the derivative */
        ck_assert_double_eq_tol((gh_normal_cdf(x + 1e-5) - gh_normal_cdf(x - 1e-5)) / 2e-5, gh_normal_pdf(x), 2e-11);
}
END_TEST

GH_TEST_MAIN("normal", quantile_values, blocks_give_the_bits_of_single_calls, borders_are_in_order, quantile_is_odd_and_rises, inverse_of_distribution_function,
             density_and_distribution)
