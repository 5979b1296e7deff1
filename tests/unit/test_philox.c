/* test_philox.c -- known answers, independence of how calls are split, and the distributions of the numbers. */
#include "base/normal.h"
#include "base/philox.h"
#include "testing.h"

START_TEST(known_answers)
{
    FILE *file = fopen("tests/golden/philox_kat.txt", "r");
    ck_assert_msg(file != NULL, "tests/golden/philox_kat.txt cannot be opened (run from the root of the source tree)");
    char line[512], name[32];
    int rounds, rows = 0;
    while (fgets(line, sizeof line, file)) {
        uint32_t c[4], k[2], expected[4], out[4];
        if (sscanf(line, "%31s %d", name, &rounds) != 2 || strcmp(name, "philox4x32") != 0 || rounds != 10) continue;
        int n = sscanf(line, "%*s %*d %x %x %x %x %x %x %x %x %x %x", &c[0], &c[1], &c[2], &c[3], &k[0], &k[1],
                       &expected[0], &expected[1], &expected[2], &expected[3]);
        ck_assert_int_eq(n, 10);
        genhep_philox4x32(c, k, out);
        ck_assert_mem_eq(out, expected, sizeof out);
        /* the same counter through the layout of gh_rng */
        gh_rng rng = {{k[0], k[1]}, c[3]};
        gh_rng_words(&rng, (int64_t)((uint64_t)c[1] << 32 | c[0]), c[2], out);
        ck_assert_mem_eq(out, expected, sizeof out);
        rows++;
    }
    fclose(file);
    ck_assert_int_eq(rows, 3);
}
END_TEST

START_TEST(key_and_counter_layout)
{
    gh_rng rng = gh_rng_make(0x0123456789abcdef, GH_RANDOM_DROPOUT, 0x56789a);
    ck_assert_uint_eq(rng.key[0], 0x89abcdefu);
    ck_assert_uint_eq(rng.key[1], 0x01234567u);
    ck_assert_uint_eq(rng.tag, 0x0756789au);
}
END_TEST

/* Normals j of an item in double, from the words, as philox.h defines them. */
static double plain_normal(const gh_rng *rng, int64_t item, int64_t j)
{
    uint32_t word[4];
    gh_rng_words(rng, item, (uint32_t)(j / 4), word);
    uint32_t a = word[j % 4 / 2 * 2], b = word[j % 4 / 2 * 2 + 1];
    double radius = sqrt(-2 * log((a + 0.5) / 4294967296.0));
    double angle = 2 * M_PI * ((double)((int32_t)b >> 8) + 0.5) / 16777216.0;
    return j % 2 ? radius * sin(angle) : radius * cos(angle);
}

START_TEST(normals_against_plain_form)
{
    enum { N = 3001, WIDTH = 7 };
    static gh_real z[N * WIDTH];
    gh_rng rng = gh_rng_make(-3, GH_RANDOM_SAMPLE, 12);
    int64_t first = 0xfffffff0; /* crosses 2^32 */
    gh_rng_normals(&rng, first, N, WIDTH, z, WIDTH);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < WIDTH; j++) {
            double expected = plain_normal(&rng, first + i, j), found = (double)z[i * WIDTH + j];
            ck_assert_msg(fabs(found - expected) <= 8e-7, "item %d draw %d: %.9g, expected %.9g", (int)i, (int)j, found,
                          expected);
        }
}
END_TEST

/* Radii near zero come from words near 2^32, where 1 - u would lose its digits in float. */
START_TEST(small_radii_are_accurate)
{
    enum { N = 65536 };
    static gh_real z[N * 4];
    gh_rng rng = gh_rng_make(11, GH_RANDOM_SAMPLE, 0);
    gh_rng_normals(&rng, 0, N, 4, z, 4);
    int small = 0;
    for (int64_t i = 0; i < N; i++)
        for (int64_t h = 0; h < 2; h++) {
            double x = (double)z[4 * i + 2 * h], y = (double)z[4 * i + 2 * h + 1];
            double ex = plain_normal(&rng, i, 2 * h), ey = plain_normal(&rng, i, 2 * h + 1);
            double radius = hypot(ex, ey);
            if (radius > 0.02) continue;
            small++;
            ck_assert_msg(fabs(hypot(x, y) / radius - 1) <= 1e-6, "radius %.9g, expected %.9g", hypot(x, y), radius);
        }
    ck_assert_int_gt(small, 10); /* 131072 pairs * 2e-4 = 26 expected */
}
END_TEST

typedef void fill_fn(const gh_rng *, int64_t, int64_t, int64_t, gh_real *, int64_t);

static void check_splits(fill_fn *fill)
{
    enum { N = 201, WIDTH = 37, STRIDE = 41 };
    static gh_real whole[N * WIDTH], part[N * STRIDE];
    gh_rng rng = gh_rng_make(7, GH_RANDOM_SAMPLE, 3);
    int64_t first = 1234567890123;
    fill(&rng, first, N, WIDTH, whole, WIDTH);
    for (int64_t width = 1; width <= WIDTH; width += width < 10 ? 1 : 9)
        for (int64_t step = 1; step <= N; step += step < 20 ? 1 : 29) {
            for (int64_t i = 0; i < N * STRIDE; i++) part[i] = -99;
            for (int64_t at = 0; at < N; at += step)
                fill(&rng, first + at, at + step < N ? step : N - at, width, part + at * STRIDE, STRIDE);
            int64_t changed = 0, beside = 0; /* beside: written behind the row's width */
            for (int64_t i = 0; i < N; i++) {
                changed += memcmp(part + i * STRIDE, whole + i * WIDTH, (size_t)width * sizeof(gh_real)) != 0;
                for (int64_t j = width; j < STRIDE; j++) beside += part[i * STRIDE + j] != -99;
            }
            ck_assert_msg(changed == 0 && beside == 0, "width %d, %d items a call: %d rows differ, %d written beside",
                          (int)width, (int)step, (int)changed, (int)beside);
        }
    gh_real untouched = -99;
    fill(&rng, first, 0, 5, &untouched, 5);
    fill(&rng, first, 5, 0, &untouched, 5);
    ck_assert(untouched == -99);
}

START_TEST(splits_change_no_bit)
{
    check_splits(gh_rng_normals);
    check_splits(gh_rng_uniforms);
}
END_TEST

START_TEST(listed_items)
{
    enum { N = 130, WIDTH = 6 };
    int64_t items[N];
    gh_real listed[N * WIDTH], one[WIDTH];
    gh_rng rng = gh_rng_make(1, GH_RANDOM_TRAIN, 0);
    for (int64_t i = 0; i < N; i++) items[i] = (i * 7919) % 1000 + (i % 3 ? 0 : (int64_t)1 << 40);
    gh_rng_normals_at(&rng, items, N, WIDTH, listed, WIDTH);
    for (int64_t i = 0; i < N; i++) {
        gh_rng_normals(&rng, items[i], 1, WIDTH, one, WIDTH);
        ck_assert_mem_eq(one, listed + i * WIDTH, sizeof one);
    }
}
END_TEST

START_TEST(uniform_words)
{
    enum { N = 1000, WIDTH = 5 };
    static gh_real u[N * WIDTH];
    gh_rng rng = gh_rng_make(99, GH_RANDOM_INVERSE, 1);
    gh_rng_uniforms(&rng, 50, N, WIDTH, u, WIDTH);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < WIDTH; j++) {
            uint32_t word[4];
            gh_rng_words(&rng, 50 + i, (uint32_t)(j / 4), word);
            ck_assert((double)u[i * WIDTH + j] == ((word[j % 4] >> 9) * 2.0 + 1.0) / 16777216.0);
        }
}
END_TEST

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Largest distance between the empirical and the given distribution function, times sqrt(n). Sorts x. */
static double kolmogorov(double *x, int64_t n, double (*cdf)(double))
{
    double most = 0;
    qsort(x, (size_t)n, sizeof *x, rising);
    for (int64_t i = 0; i < n; i++) {
        double f = cdf ? cdf(x[i]) : x[i];
        most = fmax(most, fmax(f - (double)i / (double)n, (double)(i + 1) / (double)n - f));
    }
    return most * sqrt((double)n);
}

/* Moments within five standard deviations of a standard normal's, neighbours uncorrelated, and Kolmogorov's statistic
 * below 2.2 (a chance of 1.3e-4). Sorts x. */
static void check_normal(double *x, int64_t n, int64_t width)
{
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, neighbour = 0, next_item = 0;
    for (int64_t i = 0; i < n; i++) {
        double z = x[i], s = z * z;
        m1 += z, m2 += s, m3 += s * z, m4 += s * s;
        if (i + 1 < n) neighbour += z * x[i + 1];
        if (i + width < n) next_item += z * x[i + width];
    }
    double N = (double)n, sigma = 5 / sqrt(N);
    ck_assert_double_le(fabs(m1 / N), sigma);
    ck_assert_double_le(fabs(m2 / N - 1), sigma * sqrt(2));
    ck_assert_double_le(fabs(m3 / N), sigma * sqrt(15));
    ck_assert_double_le(fabs(m4 / N - 3), sigma * sqrt(96));
    ck_assert_double_le(fabs(neighbour / N), sigma);
    ck_assert_double_le(fabs(next_item / N), sigma);
    ck_assert_double_le(kolmogorov(x, n, gh_normal_cdf), 2.2);
}

START_TEST(normal_distribution)
{
    enum { N = 125000, WIDTH = 8 };
    gh_real *z = malloc(sizeof *z * N * WIDTH);
    double *x = malloc(sizeof *x * N * WIDTH);
    ck_assert(z && x);
    gh_rng rng = gh_rng_make(2024, GH_RANDOM_SAMPLE, 0);
    gh_rng_normals(&rng, 0, N, WIDTH, z, WIDTH);
    for (int64_t i = 0; i < N * WIDTH; i++) x[i] = (double)z[i];
    double pairs = 0; /* squares of the two numbers of a Box-Muller pair are independent too */
    for (int64_t i = 0; i < N * WIDTH; i += 2) pairs += (x[i] * x[i] - 1) * (x[i + 1] * x[i + 1] - 1);
    ck_assert_double_le(fabs(pairs / (N * WIDTH / 2)), 5 * 2 / sqrt(N * WIDTH / 2));
    check_normal(x, N * WIDTH, WIDTH);
    free(z);
    free(x);
}
END_TEST

START_TEST(public_numbers)
{
    enum { N = 1000000 };
    double *x = malloc(sizeof *x * N), part[7];
    ck_assert(x);
    ck_ok(genhep_random_uniform(5, 2, 1000, N, x));
    for (int64_t at = 0; at + 7 <= 700; at += 7) { /* any part of the sequence is the same */
        ck_ok(genhep_random_uniform(5, 2, 1000 + at, 7, part));
        ck_assert_mem_eq(part, x + at, sizeof part);
    }
    double neighbour = 0;
    for (int64_t i = 0; i + 1 < N; i++) neighbour += (x[i] - 0.5) * (x[i + 1] - 0.5) * 12;
    ck_assert_double_le(fabs(neighbour / N), 5 / sqrt(N));
    ck_assert_double_le(kolmogorov(x, N, NULL), 2.2);
    ck_assert(x[0] > 0 && x[N - 1] < 1);

    ck_ok(genhep_random_normal(5, 2, 0, N, x));
    ck_ok(genhep_random_uniform(5, 2, 3, 1, part));
    ck_assert(x[3] == gh_normal_quantile(part[0]));
    check_normal(x, N, 1);
    free(x);
}
END_TEST

/* Number k is a function of k alone, and the one that the plain form gives, bit for bit. */
START_TEST(public_numbers_are_the_plain_ones)
{
    enum { N = 1000 };
    const int64_t stream = ((int64_t)77 << 24) + 5, start = ((int64_t)1 << 40) + 1;
    const gh_rng rng = gh_rng_make(9, GH_RANDOM_PUBLIC, stream);
    double uniform[N], normal[N], part[N];
    int64_t wrong = 0;
    ck_ok(genhep_random_uniform(9, stream, start, N, uniform));
    ck_ok(genhep_random_normal(9, stream, start, N, normal));
    for (int64_t i = 0; i < N; i++) {
        const int64_t k = start + i;
        wrong += uniform[i] != gh_rng_uniform(&rng, k >> 1, 2 * 77 + (k & 1)) || normal[i] != gh_normal_quantile(uniform[i]);
    }
    ck_assert_int_eq(wrong, 0);
    for (int64_t first = 0; first < N; first += 83)
        for (int64_t n = 1; n <= N - first; n += 29) {
            ck_ok(genhep_random_normal(9, stream, start + first, n, part));
            wrong += memcmp(part, normal + first, (size_t)n * sizeof *part) != 0;
        }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(float_normals_are_the_samplers)
{
    enum { N = 50, WIDTH = 11 };
    const gh_rng rng = gh_rng_make(8, GH_RANDOM_SAMPLE, 3);
    float x[N * WIDTH], y[N * WIDTH], narrow[N * 6];
    ck_ok(genhep_random_normal_float(8, 3, 1000, N, WIDTH, x));
    gh_rng_normals(&rng, 1000, N, WIDTH, y, WIDTH);
    ck_assert_mem_eq(x, y, sizeof x);
    ck_ok(genhep_random_normal_float(8, 3, 1010, N - 10, 6, narrow));
    for (int i = 0; i < N - 10; i++) ck_assert_mem_eq(narrow + 6 * i, x + (10 + i) * WIDTH, 6 * sizeof *x);
}
END_TEST

START_TEST(public_streams_differ)
{
    /* streams that agree in their lower 24 bits, seeds that differ in the upper half */
    const int64_t streams[] = {0, 1, 1 << 24, 2 << 24, INT32_MAX, INT32_MAX - (1 << 24)};
    const int64_t seeds[] = {1, 1 + ((int64_t)1 << 32), -1, INT64_MIN};
    enum { M = 24 };
    double first[M][4];
    int m = 0;
    for (int s = 0; s < 4; s++)
        for (int t = 0; t < 6; t++) ck_ok(genhep_random_uniform(seeds[s], streams[t], 0, 4, first[m++]));
    for (int a = 0; a < M * 4; a++)
        for (int b = a + 1; b < M * 4; b++) ck_assert(first[a / 4][a % 4] != first[b / 4][b % 4]);
}
END_TEST

START_TEST(public_arguments)
{
    double x;
    ck_fails(genhep_random_uniform(1, -1, 0, 1, &x), GENHEP_E_ARG, "stream");
    ck_fails(genhep_random_uniform(1, (int64_t)1 << 31, 0, 1, &x), GENHEP_E_ARG, "stream");
    ck_fails(genhep_random_uniform(1, 0, -1, 1, &x), GENHEP_E_ARG, "first");
    ck_fails(genhep_random_normal(1, 0, 0, -1, &x), GENHEP_E_ARG, "n is -1");
    ck_fails(genhep_random_normal(1, 0, 0, 1, NULL), GENHEP_E_ARG, "out");
    ck_fails(genhep_random_normal(1, 0, INT64_MAX, 1, &x), GENHEP_E_ARG, "first + n");
    ck_ok(genhep_random_normal(1, 0, INT64_MAX - 1, 1, &x));
    ck_ok(genhep_random_uniform(1, 0, 0, 0, NULL));
    float y[4];
    ck_ok(genhep_random_normal_float(1, 0xffffff, INT64_MAX - 2, 2, 2, y));
    ck_ok(genhep_random_normal_float(1, 0, 0, 0, 3, NULL));
    ck_fails(genhep_random_normal_float(1, 1 << 24, 0, 1, 1, y), GENHEP_E_ARG, "16777215");
    ck_fails(genhep_random_normal_float(1, 0, -1, 1, 1, y), GENHEP_E_ARG, "first");
    ck_fails(genhep_random_normal_float(1, 0, 0, 1, 0, y), GENHEP_E_ARG, "width is 0");
    ck_fails(genhep_random_normal_float(1, 0, 0, INT64_MAX / 4, 5, y), GENHEP_E_ARG, "too many");
    ck_fails(genhep_random_normal_float(1, 0, 0, 1, 1, NULL), GENHEP_E_ARG, "out");
}
END_TEST

GH_TEST_MAIN("philox", public_numbers_are_the_plain_ones, float_normals_are_the_samplers, known_answers, key_and_counter_layout, normals_against_plain_form, small_radii_are_accurate,
             splits_change_no_bit, listed_items, uniform_words, normal_distribution, public_numbers,
             public_streams_differ, public_arguments)
