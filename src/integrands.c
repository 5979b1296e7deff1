/* integrands.c -- e+e- -> q qbar g, and two functions with closed integrals. Formulas: docs/INTEGRATION.md.
 * Tests: tests/unit/test_integrands.c. */
#include "integrands.h"

#include <math.h>
#include <string.h>

/* ---- eeqqg: f(x1,x2) = (x1^2 + x2^2) / ((1-x1)(1-x2)) with 1-x1, 1-x2, 1-x3 > y ------------------------------------ */

enum { CUT, VARIABLES };
enum { ALIGNED, TURNED, ROTATED, SQUARE };

static const truth_key eeqqg_keys[] = {
    {"y", TRUTH_REAL, "0.02", 1e-6, 0.3, NULL, "least 1-x of each of the three partons"},
    {"variables", TRUTH_CHOICE, "aligned", 0, 0, "aligned|turned|rotated|square",
     "log(1-x1) and log(1-x2) between their cuts; the same turned by 45 degrees as a plane; x1+x2 and x1-x2, or x1 and x2, in the box "
     "around the region, 0 outside"},
};

static const char *const eeqqg_columns[] = {"x1", "x2", "x3"};

/* Phi^-1(p): Newton's steps on log Phi from the tail's first approximation, for the smaller of p and 1-p. */
static double normal_quantile(double p)
{
    const double tail = p < 0.5 ? p : 1 - p;
    double x = -sqrt(fmax(0, -2 * log(2 * tail)));
    for (int k = 0; k < 50; k++) {
        const double cdf = 0.5 * erfc(-x * M_SQRT1_2), step = cdf * log(cdf / tail) / (exp(-0.5 * x * x) / sqrt(2 * M_PI));
        x -= step;
        if (fabs(step) < 1e-14 * (1 + fabs(x))) break;
    }
    return p < 0.5 ? x : -x;
}

static int64_t two(const truth_run *run)
{
    (void)run;
    return 2;
}

/* The box turned by 45 degrees onto itself: normal quantiles of uniform numbers keep their density when they are turned. */
static const double *turn(const double *u, double *turned)
{
    double plane[2];
    for (int j = 0; j < 2; j++) plane[j] = normal_quantile(u[j]);
    turned[0] = 0.5 * erfc((plane[1] - plane[0]) / 2);
    turned[1] = 0.5 * erfc(-(plane[0] + plane[1]) / 2);
    return turned;
}

/* x1, x2 of a point of the box. @return the Jacobian times the density's 1/((1-x1)(1-x2)); 0 outside the cuts */
static double eeqqg_map(const truth_run *run, const double *u, double *x1, double *x2)
{
    const double y = run->value[CUT].number;
    if (run->value[VARIABLES].choice == ALIGNED || run->value[VARIABLES].choice == TURNED) {
        double turned[2];
        if (run->value[VARIABLES].choice == TURNED) u = turn(u, turned);
        const double a_log = log((1 - 2 * y) / y), a = y * exp(a_log * u[0]);
        const double b_log = log(fmax(1 - y - a, y) / y), b = y * exp(b_log * u[1]);
        *x1 = 1 - a;
        *x2 = 1 - b;
        return a_log * b_log;
    }
    double volume;
    if (run->value[VARIABLES].choice == ROTATED) {
        const double sum = 1 + y + (1 - 3 * y) * u[0], difference = (1 - 3 * y) * (2 * u[1] - 1);
        *x1 = (sum + difference) / 2;
        *x2 = (sum - difference) / 2;
        volume = (1 - 3 * y) * (1 - 3 * y); /* of d(sum) d(difference) / 2 */
    } else {
        *x1 = 2 * y + (1 - 3 * y) * u[0];
        *x2 = 2 * y + (1 - 3 * y) * u[1];
        volume = (1 - 3 * y) * (1 - 3 * y);
    }
    const double a = 1 - *x1, b = 1 - *x2, c = *x1 + *x2 - 1;
    return a > y && b > y && c > y ? volume / (a * b) : 0;
}

static void eeqqg_values(const truth_run *run, int64_t n, const double *x, double *values)
{
    for (int64_t i = 0; i < n; i++) {
        double x1, x2;
        const double weight = eeqqg_map(run, x + 2 * i, &x1, &x2);
        values[i] = weight * (x1 * x1 + x2 * x2);
    }
}

static void eeqqg_row(const truth_run *run, const double *x, double *row)
{
    eeqqg_map(run, x, &row[0], &row[1]);
    row[2] = 2 - row[0] - row[1];
}

/* Gauss-Legendre with 8 points in each of 200 steps of log a:
 *   I = 2 int_y^{1-2y} da (1-a)^2/a log((1-y-a)/y), x1 and x2 being alike */
static double eeqqg_exact(const truth_run *run)
{
    static const double node[] = {0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959, 0.96028985649753623168};
    static const double share[] = {0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054, 0.10122853629037625915};
    enum { STEPS = 200 };
    const double y = run->value[CUT].number, all = log((1 - 2 * y) / y), step = all / STEPS;
    double sum = 0;
    for (int k = 0; k < STEPS; k++)
        for (int i = 0; i < 8; i++) {
            const double t = (k + 0.5 + (i & 1 ? 0.5 : -0.5) * node[i / 2]) * step, a = y * exp(t);
            sum += share[i / 2] * step / 2 * (1 - a) * (1 - a) * log(fmax(1 - y - a, y) / y);
        }
    return 2 * sum;
}

/* ---- gauss and camel: normal distributions cut by the box ----------------------------------------------------------- */

enum { DIMENSIONS, SIGMA };

static const truth_key gauss_keys[] = {
    {"dim", TRUTH_REAL, "4", 1, 32, NULL, "dimensions, a whole number"},
    {"sigma", TRUTH_REAL, "0.1", 1e-3, 10, NULL, "standard deviation"},
};

static const truth_key camel_keys[] = {
    {"dim", TRUTH_REAL, "2", 1, 32, NULL, "dimensions, a whole number"},
    {"sigma", TRUTH_REAL, "0.0707106781186547524", 1e-3, 10, NULL, "standard deviation"},
};

static int whole_dim(truth_run *run, char *message, size_t message_size)
{
    const double dim = run->value[DIMENSIONS].number;
    if (dim == floor(dim)) return GENHEP_OK;
    truth_say(message, message_size, "%s: found dim=%g, expected a whole number", run->process->name, dim);
    return GENHEP_E_OPTION;
}

static int64_t given_dim(const truth_run *run) { return (int64_t)run->value[DIMENSIONS].number; }

/* prod_j N(x_j; centre, sigma^2) */
static double bump(const double *x, int64_t d, double centre, double sigma)
{
    double square = 0;
    for (int64_t j = 0; j < d; j++) square += (x[j] - centre) * (x[j] - centre);
    return exp(-0.5 * square / (sigma * sigma)) / pow(sqrt(2 * M_PI) * sigma, (double)d);
}

/* The share of it inside the box. */
static double bump_inside(int64_t d, double centre, double sigma)
{
    const double inside = 0.5 * (erf((1 - centre) / (M_SQRT2 * sigma)) + erf(centre / (M_SQRT2 * sigma)));
    return pow(inside, (double)d);
}

static void gauss_values(const truth_run *run, int64_t n, const double *x, double *values)
{
    const int64_t d = given_dim(run);
    for (int64_t i = 0; i < n; i++) values[i] = bump(x + i * d, d, 0.5, run->value[SIGMA].number);
}

static double gauss_exact(const truth_run *run) { return bump_inside(given_dim(run), 0.5, run->value[SIGMA].number); }

static void camel_values(const truth_run *run, int64_t n, const double *x, double *values)
{
    const int64_t d = given_dim(run);
    const double sigma = run->value[SIGMA].number;
    for (int64_t i = 0; i < n; i++) values[i] = 0.5 * (bump(x + i * d, d, 0.25, sigma) + bump(x + i * d, d, 0.75, sigma));
}

static double camel_exact(const truth_run *run)
{
    const double sigma = run->value[SIGMA].number;
    return 0.5 * (bump_inside(given_dim(run), 0.25, sigma) + bump_inside(given_dim(run), 0.75, sigma));
}

/* ---- the table ------------------------------------------------------------------------------------------------------ */

static const integrand integrands[] = {
    {{.name = "eeqqg", .text = "e+e- -> q qbar g, (x1^2 + x2^2) / ((1-x1)(1-x2)) above a cut", .cuts = "1-x1, 1-x2, 1-x3 > y",
      .n_columns = 3, .columns = eeqqg_columns, .unit = "", .n_keys = 2, .keys = eeqqg_keys},
     two, eeqqg_values, eeqqg_exact, eeqqg_row},
    {{.name = "gauss", .text = "a normal distribution in the middle of the box", .cuts = "", .unit = "", .n_keys = 2,
      .keys = gauss_keys, .prepare = whole_dim},
     given_dim, gauss_values, gauss_exact, NULL},
    {{.name = "camel", .text = "two normal distributions on the diagonal of the box", .cuts = "", .unit = "", .n_keys = 2,
      .keys = camel_keys, .prepare = whole_dim},
     given_dim, camel_values, camel_exact, NULL},
};

int integrand_count(void) { return (int)(sizeof integrands / sizeof *integrands); }

const integrand *integrand_at(int index) { return &integrands[index]; }

const integrand *integrand_find(const char *name)
{
    for (int i = 0; i < integrand_count(); i++)
        if (strcmp(integrands[i].process.name, name) == 0) return &integrands[i];
    return NULL;
}
