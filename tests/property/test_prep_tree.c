/* test_prep_tree.c -- the decay-tree representation on random events: there and back, known distributions, exact
 * constraints. */
#include "testing.h"

#include "base/normal.h"
#include "base/options.h"
#include "prep/prep.h"

#define PI 3.14159265358979323846

enum { N = 2000, MOST = 8 };

typedef struct vec {
    double x, y, z, e;
} vec;

static gh_rng stream;
static int64_t event, used;

static double flat(double a, double b)
{
    return a + (b - a) * gh_rng_uniform(&stream, event, used++);
}

static vec boosted(vec p, vec frame) /* from the rest frame of `frame` to where it has that momentum */
{
    double m = sqrt(frame.e * frame.e - frame.x * frame.x - frame.y * frame.y - frame.z * frame.z);
    double dot = p.x * frame.x + p.y * frame.y + p.z * frame.z, f = (dot / (frame.e + m) + p.e) / m;
    vec out = {p.x + f * frame.x, p.y + f * frame.y, p.z + f * frame.z, (p.e * frame.e + dot) / m};
    return out;
}

/* Isotropic two-body decay. */
static void decay(vec parent, double m1, double m2, vec *a, vec *b)
{
    double m = sqrt(parent.e * parent.e - parent.x * parent.x - parent.y * parent.y - parent.z * parent.z);
    double p = sqrt((m * m - (m1 + m2) * (m1 + m2)) * (m * m - (m1 - m2) * (m1 - m2))) / (2 * m);
    double c = flat(-1, 1), phi = flat(-PI, PI), s = sqrt(1 - c * c);
    vec u = {p * s * cos(phi), p * s * sin(phi), p * c, sqrt(p * p + m1 * m1)};
    vec v = {-u.x, -u.y, -u.z, sqrt(p * p + m2 * m2)};
    *a = boosted(u, parent);
    *b = boosted(v, parent);
}

static vec moving(double m, double pt, double phi, double y)
{
    double mt = sqrt(m * m + pt * pt);
    vec p = {pt * cos(phi), pt * sin(phi), mt * sinh(y), mt * cosh(y)};
    return p;
}

/* Processes: particle names with masses, and one event. */
typedef struct process {
    const char *tree;
    int n;
    const char *names[MOST];
    double masses[MOST];
    void (*make)(vec *out, const double *masses);
} process;

static void make_z(vec *out, const double *m)
{
    decay(moving(flat(50, 130), 0, 0, flat(-3, 3)), m[0], m[1], &out[0], &out[1]);
    out[1].x = -out[0].x, out[1].y = -out[0].y;
}

static void make_z_pt(vec *out, const double *m)
{
    decay(moving(flat(50, 130), flat(1, 80), flat(-PI, PI), flat(-3, 3)), m[0], m[1], &out[0], &out[1]);
}

static void make_tops(vec *out, const double *m)
{
    double pt = flat(0.1, 300), phi = flat(-PI, PI);
    vec t = moving(flat(160, 190), pt, phi, flat(-2, 2)), u = moving(flat(160, 190), -pt, phi, flat(-2, 2)), w;
    decay(t, m[0], flat(20, 120), &out[0], &w);
    decay(w, m[1], m[2], &out[1], &out[2]);
    decay(u, m[3], flat(20, 120), &out[3], &w);
    decay(w, m[4], m[5], &out[4], &out[5]);
}

/* three roots: a two-body one, a three-body one, a particle; no balance */
static void make_three(vec *out, const double *m)
{
    vec w;
    decay(moving(flat(60, 100), flat(1, 90), flat(-PI, PI), flat(-2, 2)), m[0], m[1], &out[0], &out[1]);
    decay(moving(flat(100, 140), flat(1, 90), flat(-PI, PI), flat(-2, 2)), m[2], flat(20, 60), &out[2], &w);
    decay(w, m[3], m[4], &out[3], &out[4]);
    out[5] = moving(m[5], flat(20, 90), flat(-PI, PI), flat(-2, 2));
}

/* one root, three generations */
static void make_deep(vec *out, const double *m)
{
    vec a, b, c;
    decay(moving(flat(400, 600), flat(1, 90), flat(-PI, PI), flat(-1, 1)), m[0], flat(200, 300), &out[0], &a);
    decay(a, flat(100, 150), m[3], &b, &out[3]);
    decay(b, m[1], flat(20, 60), &out[1], &c);
    decay(c, m[2], m[4], &out[2], &out[4]);
}

/* two roots back to back in pT */
static void make_pairs(vec *out, const double *m)
{
    const double pt = flat(0.1, 300), phi = flat(-PI, PI);
    decay(moving(flat(60, 100), pt, phi, flat(-2, 2)), m[0], m[1], &out[0], &out[1]);
    decay(moving(flat(60, 100), -pt, phi, flat(-2, 2)), m[2], m[3], &out[2], &out[3]);
}

static const process processes[] = {
    {"Z: mum mup", 2, {"mum", "mup"}, {0.10566, 0.10566}, make_z},
    {"Z: a b", 2, {"a", "b"}, {0, 4.8}, make_z_pt},
    {"t: b (W+: q1 q1barp) | tbar: bbar (W-: q2 q2barp)", 6, {"b", "q1", "q1barp", "bbar", "q2", "q2barp"},
     {4.8, 0.33, 0.33, 4.8, 0.33, 0.33}, make_tops},
    {"Z: a b | h: c d e | j", 6, {"a", "b", "c", "d", "e", "j"}, {0.1, 0.1, 0.33, 5, 0, 10}, make_three},
    {"X: a (Y: (V: b (W: c e)) d)", 5, {"a", "b", "c", "d", "e"}, {0.1, 30, 0.33, 5, 0}, make_deep},
};
enum { PROCESSES = sizeof processes / sizeof *processes };

/* with roots given by directions */
static const process directed[] = {
    {"Z:: a b", 2, {"a", "b"}, {0, 4.8}, make_z_pt},
    {"Z:: a b | W: c d", 4, {"a", "b", "c", "d"}, {0.05, 0.05, 0.33, 0.33}, make_pairs},
    {"Z:: a b | h: c d e | j", 6, {"a", "b", "c", "d", "e", "j"}, {0.1, 0.1, 0.33, 5, 0, 10}, make_three},
    {"h: c d e | Z:: a b | j", 6, {"a", "b", "c", "d", "e", "j"}, {0.1, 0.1, 0.33, 5, 0, 10}, make_three},
    {"e | Z:: a b | Y:: c d | j", 6, {"a", "b", "c", "d", "e", "j"}, {0.1, 0.1, 0.33, 5, 0, 10}, make_three},
};
enum { DIRECTED = sizeof directed / sizeof *directed };

static genhep_dataset *sample(const process *p)
{
    static const char *const parts[4] = {"E", "px", "py", "pz"};
    gh_hooks hooks = gh_hooks_default();
    char text[4 * MOST][32];
    const char *names[4 * MOST];
    genhep_dataset *data;
    for (int j = 0; j < 4 * p->n; j++) {
        snprintf(text[j], sizeof text[j], "%s_%s", p->names[j / 4], parts[j % 4]);
        names[j] = text[j];
    }
    ck_ok(gh_dataset_create(&hooks, N, 4 * p->n, names, NULL, 0, &data));
    stream = gh_rng_make(3, GH_RANDOM_PUBLIC, 0);
    for (event = 0; event < N; event++) {
        vec out[MOST];
        used = 0;
        p->make(out, p->masses);
        for (int k = 0; k < p->n; k++) {
            double *row = data->values + (event * p->n + k) * 4;
            row[0] = out[k].e, row[1] = out[k].x, row[2] = out[k].y, row[3] = out[k].z;
        }
    }
    return data;
}

static gh_prep *fitted(const process *p, const char *chain, const char *setting, const genhep_dataset *data)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_options *options;
    gh_prep *prep;
    char masses[256] = "", number[64];
    for (int k = 0; k < p->n; k++) {
        snprintf(number, sizeof number, "%s%s: %.6g", k ? ", " : "", p->names[k], p->masses[k]);
        strcat(masses, number);
    }
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", chain));
    ck_ok(genhep_options_set(options, "prep.tree", p->tree));
    ck_ok(genhep_options_set(options, "data.masses", masses));
    if (setting) ck_ok(genhep_options_parse(options, setting));
    ck_ok(gh_prep_fit(&hooks, options, data, &prep));
    genhep_options_free(options);
    return prep;
}

/* Largest error of a row's columns relative to the row's largest energy. */
static double row_error(const double *a, const double *b, int64_t d)
{
    double size = 0, worst = 0;
    for (int64_t j = 0; j < d; j++) {
        double e = fabs(a[j] - b[j]);
        if (!isfinite(e)) return INFINITY;
        worst = e > worst ? e : worst;
        size = fabs(b[j]) > size ? fabs(b[j]) : size;
    }
    return worst / size;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(there_and_back)
{
    gh_hooks hooks = gh_hooks_default();
    for (int run = 0; run < 2 * PROCESSES; run++) {
        const int k = run / 2;
        const process *p = &processes[k];
        genhep_dataset *data = sample(p);
        gh_prep *prep = fitted(p, "tree", run % 2 ? "prep.frame=beam" : NULL, data);
        gh_prep_work *work;
        int64_t d = data->d, width = gh_prep_width(prep);
        int balanced = k == 0 || k == 2;
        ck_assert_int_eq(width, 3 * p->n - 2 * balanced);
        double *z = malloc((size_t)(N * width) * sizeof *z), *back = malloc((size_t)(N * d) * sizeof *back);
        double *log_jacobian = malloc(N * sizeof *log_jacobian), error[N], worst = 0;
        ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
        ck_ok(gh_prep_forward(prep, work, N, data->values, d, 1, 0, z, width, log_jacobian));
        gh_prep_inverse(prep, work, N, z, width, NULL, 0, back, d);
        for (int64_t i = 0; i < N; i++) {
            worst = fmax(worst, row_error(back + i * d, data->values + i * d, d));
            ck_assert(log_jacobian[i] == 0);
        }
        ck_assert_msg(worst <= 1e-10, "%s: double round trip off by %g", p->tree, worst);
        for (int64_t i = 0; i < N * width; i++) z[i] = (double)(float)z[i]; /* as a training set in float keeps them */
        gh_prep_inverse(prep, work, N, z, width, NULL, 1, back, d);
        for (int64_t i = 0; i < N; i++) error[i] = row_error(back + i * d, data->values + i * d, d);
        qsort(error, N, sizeof *error, compare);
        ck_assert_msg(error[N - 3] <= 1e-4, "%s: float round trip off by %g", p->tree, error[N - 3]);
        gh_prep_work_free(work);
        gh_prep_free(prep);
        gh_dataset_free(data);
        free(z), free(back), free(log_jacobian);
    }
}
END_TEST

/* Kolmogorov-Smirnov distance of n numbers to the uniform distribution on [a, b]. */
static double ks_uniform(double *x, int64_t n, double a, double b)
{
    double worst = 0;
    qsort(x, (size_t)n, sizeof *x, compare);
    for (int64_t i = 0; i < n; i++) {
        double u = (x[i] - a) / (b - a);
        worst = fmax(worst, fmax(fabs(u - (double)i / (double)n), fabs(u - (double)(i + 1) / (double)n)));
    }
    return worst;
}

/* Squared mass of a + b from momenta and masses, without a difference of like numbers. */
static double pair_mass(const double *a, const double *b, double ma, double mb)
{
    const double ea = sqrt(ma * ma + a[1] * a[1] + a[2] * a[2] + a[3] * a[3]), eb = sqrt(mb * mb + b[1] * b[1] + b[2] * b[2] + b[3] * b[3]);
    const double x = a[2] * b[3] - a[3] * b[2], y = a[3] * b[1] - a[1] * b[3], z = a[1] * b[2] - a[2] * b[1];
    const double dot = a[1] * b[1] + a[2] * b[2] + a[3] * b[3], pb = b[1] * b[1] + b[2] * b[2] + b[3] * b[3];
    const double product = dot > 0 ? (ma * ma * eb * eb + mb * mb * (ea * ea - ma * ma) + x * x + y * y + z * z) / (ea * eb + dot) : ea * eb - dot;
    ck_assert(pb >= 0);
    return sqrt(ma * ma + mb * mb + 2 * product);
}

START_TEST(directions_there_and_back)
{
    gh_hooks hooks = gh_hooks_default();
    for (int k = 0; k < DIRECTED; k++) {
        const process *p = &directed[k];
        genhep_dataset *data = sample(p);
        gh_prep *prep = fitted(p, "tree", k % 2 ? "prep.frame=beam" : NULL, data);
        gh_prep_work *work;
        const int64_t d = data->d, width = gh_prep_width(prep);
        ck_assert_int_eq(width, 3 * p->n - 2 * (k == 1));
        double *z = malloc((size_t)(N * width) * sizeof *z), *back = malloc((size_t)(N * d) * sizeof *back);
        double error[N], worst = 0;
        ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
        ck_ok(gh_prep_forward(prep, work, N, data->values, d, 1, 0, z, width, NULL));
        gh_prep_inverse(prep, work, N, z, width, NULL, 0, back, d);
        for (int64_t i = 0; i < N; i++) worst = fmax(worst, row_error(back + i * d, data->values + i * d, d));
        ck_assert_msg(worst <= 1e-10, "%s: double round trip off by %g", p->tree, worst);
        for (int64_t i = 0; i < N * width; i++) z[i] = (double)(float)z[i];
        gh_prep_inverse(prep, work, N, z, width, NULL, 1, back, d);
        for (int64_t i = 0; i < N; i++) error[i] = row_error(back + i * d, data->values + i * d, d);
        qsort(error, N, sizeof *error, compare);
        ck_assert_msg(error[N - 3] <= 1e-4, "%s: float round trip off by %g", p->tree, error[N - 3]);
        gh_prep_work_free(work);
        gh_prep_free(prep);
        gh_dataset_free(data);
        free(z), free(back);
    }
}
END_TEST

/* Names and numbers of `Z:: a b | W: c d`; any six numbers are a pair of this mass, in these directions, and W takes the recoil. */
START_TEST(directions_are_coordinates)
{
    gh_hooks hooks = gh_hooks_default();
    const process *p = &directed[1];
    static const char *const names[] = {"m(Z)", "eta(a)", "eta(b)", "phi(a)", "dphi(b)", "logratio(Z)", "m(W)", "cos(c)", "phi(c)", "dy(W)"};
    genhep_dataset *data = sample(p);
    gh_prep *prep = fitted(p, "tree", "prep.frame=beam", data);
    gh_prep_work *work;
    gh_rng rng = gh_rng_make(12, GH_RANDOM_PUBLIC, 0);
    double z[N * 10], *rows = malloc((size_t)(N * 16) * sizeof *rows);
    ck_assert_int_eq(gh_prep_width(prep), 10);
    for (int j = 0; j < 10; j++) ck_assert_str_eq(gh_prep_name(prep, j), names[j]);
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, 16, 1, 0, z, 10, NULL));
    for (int64_t i = 0; i < N; i++) {
        const double *a = data->values + i * 16, *b = a + 4, *c = z + i * 10;
        ck_assert(fabs(c[0] - pair_mass(a, b, 0.05, 0.05)) < 1e-8);
        ck_assert(fabs(c[1] - asinh(a[3] / hypot(a[1], a[2]))) < 1e-12 && fabs(c[2] - asinh(b[3] / hypot(b[1], b[2]))) < 1e-12);
        ck_assert(fabs(c[3] - atan2(a[2], a[1])) < 1e-12);
        ck_assert(fabs(remainder(c[3] + c[4] - atan2(b[2], b[1]), 2 * PI)) < 1e-12 && fabs(c[4]) <= PI);
        ck_assert(fabs(c[5] - log(hypot(a[1], a[2]) / hypot(b[1], b[2]))) < 1e-12);
    }
    for (int64_t i = 0; i < N; i++) {
        double *c = z + i * 10;
        c[0] = 1 + 200 * gh_rng_uniform(&rng, i, 0);
        for (int j = 1; j < 3; j++) c[j] = 8 * gh_rng_uniform(&rng, i, j) - 4;
        for (int j = 3; j < 5; j++) c[j] = PI * (2 * gh_rng_uniform(&rng, i, j) - 1);
        c[5] = 4 * gh_rng_uniform(&rng, i, 5) - 2;
        if (i % 4 == 0) c[2] = c[1], c[4] = i % 8 ? 0 : 1e-9; /* on top of each other: widened, the mass stays */
    }
    gh_prep_inverse(prep, work, N, z, 10, NULL, 0, rows, 16);
    for (int64_t i = 0; i < N; i++) {
        const double *a = rows + i * 16, *b = a + 4, *c = z + i * 10;
        ck_assert_msg(fabs(pair_mass(a, b, 0.05, 0.05) / c[0] - 1) < 1e-9, "row %d: mass %.12g of %.12g", (int)i, pair_mass(a, b, 0.05, 0.05), c[0]);
        ck_assert(fabs(log(hypot(a[1], a[2]) / hypot(b[1], b[2])) - c[5]) < 1e-9);
        const double opening = cosh(c[1] - c[2]) - cos(c[4]); /* 0.1 at least in the data */
        if (opening > 0.5) ck_assert(fabs(asinh(a[3] / hypot(a[1], a[2])) - c[1]) < 1e-9 && fabs(asinh(b[3] / hypot(b[1], b[2])) - c[2]) < 1e-9);
        ck_assert(a[1] + b[1] + a[9] == -a[13] && a[2] + b[2] + a[10] == -a[14]);
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(rows);
}
END_TEST

static void refused(const process *p, const char *tree, const char *setting, const char *expected)
{
    gh_hooks hooks = gh_hooks_default();
    genhep_options *options;
    gh_prep *prep = NULL;
    char message[512];
    genhep_dataset *data = sample(p);
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set(options, "prep", "tree"));
    ck_ok(genhep_options_set(options, "prep.tree", tree));
    if (setting) ck_ok(genhep_options_parse(options, setting));
    ck_assert_int_eq(gh_prep_fit(&hooks, options, data, &prep), GENHEP_E_OPTION);
    ck_assert_ptr_null(prep);
    genhep_last_error(message, sizeof message);
    ck_assert_msg(strstr(message, expected) != NULL, "'%s' does not say '%s'", message, expected);
    genhep_options_free(options);
    gh_dataset_free(data);
}

START_TEST(directions_that_are_not_free_are_refused)
{
    refused(&directed[1], "W: c d | Z:: a b", NULL, "takes the recoil");
    refused(&processes[0], "Z:: mum mup", NULL, "takes the recoil");
    refused(&directed[2], "Z:: c (h: d e) | j", NULL, "any other children than two particles");
    refused(&directed[2], "Z:: c d e | j", NULL, "any other children than two particles");
}
END_TEST

START_TEST(isotropic_decays_are_flat)
{
    gh_hooks hooks = gh_hooks_default();
    for (int run = 0; run < 2 * PROCESSES; run++) {
        const int k = run / 2;
        const process *p = &processes[k];
        genhep_dataset *data = sample(p);
        gh_prep *prep = fitted(p, "tree", run % 2 ? "prep.frame=beam" : NULL, data);
        gh_prep_work *work;
        int64_t width = gh_prep_width(prep), angles = 0;
        double *z = malloc((size_t)(N * width) * sizeof *z), column[N];
        ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
        ck_ok(gh_prep_forward(prep, work, N, data->values, data->d, 1, 0, z, width, NULL));
        for (int64_t j = 0; j < width; j++) {
            int is_cos = strncmp(gh_prep_name(prep, j), "cos(", 4) == 0,
                is_phi = strncmp(gh_prep_name(prep, j), "phi(", 4) == 0;
            if (!is_cos && !is_phi) continue;
            for (int64_t i = 0; i < N; i++) column[i] = z[i * width + j];
            double distance = is_cos ? ks_uniform(column, N, -1, 1) : ks_uniform(column, N, -PI, PI);
            ck_assert_msg(distance < 1.95 / sqrt(N), "%s: %s is not flat, KS %g", p->tree, gh_prep_name(prep, j),
                          distance);
            angles += is_cos;
        }
        ck_assert_int_eq(angles, k == 0 || k == 1 ? 1 : k == 2 ? 4 : k == 3 ? 3 : 4);
        gh_prep_work_free(work);
        gh_prep_free(prep);
        gh_dataset_free(data);
        free(z);
    }
}
END_TEST

/* What the frames are, against vectors: the axes of a W below a top from cross products. */
START_TEST(angles_follow_their_axes)
{
    gh_hooks hooks = gh_hooks_default();
    const process *p = &processes[2];
    genhep_dataset *data = sample(p);
    gh_prep *prep = fitted(p, "tree", NULL, data);
    gh_prep_work *work;
    int64_t width = gh_prep_width(prep);
    double *z = malloc((size_t)(N * width) * sizeof *z);
    static const char *const names[] = {"m(t)",     "m(W+)",  "cos(b)",    "phi(b)",    "cos(q1)", "phi(q1)",
                                        "m(tbar)",  "m(W-)",  "cos(bbar)", "phi(bbar)", "cos(q2)", "phi(q2)",
                                        "logpT(t)", "phi(t)", "y(mean)",   "dy(tbar)"};
    ck_assert_int_eq(width, 16);
    for (int j = 0; j < 16; j++) ck_assert_str_eq(gh_prep_name(prep, j), names[j]);
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, data->d, 1, 0, z, width, NULL));
    for (int64_t i = 0; i < 50; i++) {
        const double *row = data->values + i * 24, *c = z + i * width;
        vec q[3], t = {0, 0, 0, 0};
        for (int k = 0; k < 3; k++) {
            q[k] = (vec){row[4 * k + 1], row[4 * k + 2], row[4 * k + 3], row[4 * k]};
            t.x += q[k].x, t.y += q[k].y, t.z += q[k].z, t.e += q[k].e;
        }
        double pt = sqrt(t.x * t.x + t.y * t.y), size = sqrt(pt * pt + t.z * t.z);
        vec back = {-t.x, -t.y, -t.z, t.e}, b = boosted(q[0], back); /* b in the rest frame of t */
        double pb = sqrt(b.x * b.x + b.y * b.y + b.z * b.z);
        vec ez = {t.x / size, t.y / size, t.z / size, 0},
            ey = {-t.y / pt, t.x / pt, 0, 0}; /* beam x flight direction */
        vec ex = {ey.y * ez.z - ey.z * ez.y, ey.z * ez.x - ey.x * ez.z, ey.x * ez.y - ey.y * ez.x, 0};
        ck_assert(fabs(c[0] - sqrt(t.e * t.e - size * size)) < 1e-9);
        ck_assert(fabs(c[2] - (b.x * ez.x + b.y * ez.y + b.z * ez.z) / pb) < 1e-9);
        ck_assert(fabs(c[3] - atan2(b.x * ey.x + b.y * ey.y + b.z * ey.z, b.x * ex.x + b.y * ex.y + b.z * ex.z)) <
                  1e-9);
        /* one floor below: z along W in the t frame, y normal to t's direction and W */
        vec w = {-b.x, -b.y, -b.z, 0}, wz = {w.x / pb, w.y / pb, w.z / pb, 0};
        vec wy = {ez.y * wz.z - ez.z * wz.y, ez.z * wz.x - ez.x * wz.z, ez.x * wz.y - ez.y * wz.x, 0};
        double norm = sqrt(wy.x * wy.x + wy.y * wy.y + wy.z * wy.z);
        wy.x /= norm, wy.y /= norm, wy.z /= norm;
        vec wx = {wy.y * wz.z - wy.z * wz.y, wy.z * wz.x - wy.x * wz.z, wy.x * wz.y - wy.y * wz.x, 0};
        vec a = boosted(q[1], back), o = boosted(q[2], back),
            sum = {-(a.x + o.x), -(a.y + o.y), -(a.z + o.z), a.e + o.e};
        vec r = boosted(a, sum);
        double pr = sqrt(r.x * r.x + r.y * r.y + r.z * r.z);
        ck_assert(fabs(c[4] - (r.x * wz.x + r.y * wz.y + r.z * wz.z) / pr) < 1e-9);
        ck_assert(fabs(c[5] - atan2(r.x * wy.x + r.y * wy.y + r.z * wy.z, r.x * wx.x + r.y * wx.y + r.z * wx.z)) <
                  1e-8);
        ck_assert(fabs(c[12] - log(pt)) < 1e-9 && fabs(c[13] - atan2(t.y, t.x)) < 1e-9);
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z);
}
END_TEST

/* In the beam frame the first of two children of equal mass has the larger pT exactly for |phi| < pi/2; the axes against vectors: z along
 * the beam, x along the root's pT where the root has no rapidity. */
START_TEST(beam_frames_order_pt)
{
    gh_hooks hooks = gh_hooks_default();
    const process *p = &processes[3];
    genhep_dataset *data = sample(p);
    gh_prep *prep = fitted(p, "tree", "prep.frame=beam", data);
    gh_prep_work *work;
    int64_t width = gh_prep_width(prep), ordered = 0;
    double *z = malloc((size_t)(N * width) * sizeof *z);
    ck_assert_str_eq(gh_prep_name(prep, 1), "cos(a)");
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, data->d, 1, 0, z, width, NULL));
    for (int64_t i = 0; i < N; i++) {
        const double *a = data->values + i * data->d, *b = a + 4, *c = z + i * width;
        const double difference = hypot(a[1], a[2]) - hypot(b[1], b[2]);
        if (fabs(difference) > 1e-6) ck_assert_msg((difference > 0) == (fabs(c[2]) < PI / 2), "event %d: pT %g, phi %g", (int)i, difference, c[2]);
        ordered += difference > 0;
        vec sum = {a[1] + b[1], a[2] + b[2], a[3] + b[3], a[0] + b[0]};
        const double m2 = sum.e * sum.e - sum.x * sum.x - sum.y * sum.y - sum.z * sum.z, pt = hypot(sum.x, sum.y);
        const double mt = sqrt(m2 + pt * pt), sh = sum.z / mt, ch = sum.e / mt; /* along the beam, then along pT */
        vec q = {a[1], a[2], ch * a[3] - sh * a[0], ch * a[0] - sh * a[3]};
        const vec back = {-sum.x, -sum.y, 0, mt}, r = boosted(q, back);
        const double size = sqrt(r.x * r.x + r.y * r.y + r.z * r.z);
        ck_assert(fabs(c[1] - r.z / size) < 1e-9);
        ck_assert(fabs(c[2] - atan2(r.y * sum.x - r.x * sum.y, r.x * sum.x + r.y * sum.y)) < 1e-6);
    }
    ck_assert(ordered > N / 4 && ordered < 3 * N / 4);
    gh_prep_work_free(work);
    gh_prep_free(prep);
    genhep_dataset_free(data);
    free(z);
}
END_TEST

START_TEST(constraints_hold_bit_for_bit)
{
    gh_hooks hooks = gh_hooks_default();
    gh_rng rng = gh_rng_make(9, GH_RANDOM_PUBLIC, 0);
    for (int k = 0; k < 3; k += 2)
        for (int as_float = 0; as_float < 2; as_float++) {
            const process *p = &processes[k];
            genhep_dataset *data = sample(p);
            gh_prep *prep = fitted(p, "tree, quantile", NULL, data);
            gh_prep_work *work;
            int64_t width = gh_prep_width(prep), d = data->d;
            double *z = malloc((size_t)(N * width) * sizeof *z), *rows = malloc((size_t)(N * d) * sizeof *rows);
            for (int64_t i = 0; i < N * width; i++) z[i] = gh_normal_quantile(gh_rng_uniform(&rng, i, 0));
            ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
            gh_prep_inverse(prep, work, N, z, width, NULL, as_float, rows, d);
            for (int64_t i = 0; i < N; i++) {
                const double *row = rows + i * d;
                double sum[2] = {0, 0};
                for (int64_t j = 0; j < p->n; j++) {
                    const double *q = row + 4 * j;
                    double m = p->masses[j], e = sqrt(m * m + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
                    ck_assert(fabs(q[0] - e) <= 4e-16 * e);
                    for (int c = 1; c < 4; c++) ck_assert(!as_float || (double)(float)q[c] == q[c]);
                    if (j < p->n - 1) sum[0] += q[1], sum[1] += q[2];
                }
                const double *last = row + 4 * (p->n - 1);
                ck_assert(last[1] == (as_float ? (double)(float)-sum[0] : -sum[0]));
                ck_assert(last[2] == (as_float ? (double)(float)-sum[1] : -sum[1]));
                if (p->n == 2) ck_assert(last[1] == -row[1] && last[2] == -row[2]);
            }
            gh_prep_work_free(work);
            gh_prep_free(prep);
            gh_dataset_free(data);
            free(z), free(rows);
        }
}
END_TEST

START_TEST(wild_numbers_stay_finite)
{
    gh_hooks hooks = gh_hooks_default();
    gh_rng rng = gh_rng_make(10, GH_RANDOM_PUBLIC, 0);
    static const char *const chains[] = {"tree", "tree, standardise", "tree, quantile", "tree, log(m(*)), standardise"};
    for (int k = 0; k < PROCESSES + DIRECTED; k++)
        for (size_t c = 0; c < sizeof chains / sizeof *chains; c++)
            for (int scale = 0; scale < 3; scale++) {
                const process *p = k < PROCESSES ? &processes[k] : &directed[k - PROCESSES];
                genhep_dataset *data = sample(p);
                gh_prep *prep = fitted(p, chains[c], NULL, data);
                gh_prep_work *work;
                int64_t width = gh_prep_width(prep), d = data->d;
                double *z = malloc((size_t)(N * width) * sizeof *z), *rows = malloc((size_t)(N * d) * sizeof *rows);
                static const double scales[] = {8, 1e3, 1e300};
                for (int64_t i = 0; i < N * width; i++) z[i] = scales[scale] * (2 * gh_rng_uniform(&rng, i, 0) - 1);
                for (int64_t j = 0; j < width; j++) z[j] = 0, z[width + j] = -8, z[2 * width + j] = 8;
                z[3 * width] = NAN, z[4 * width + 1] = INFINITY;
                ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
                gh_prep_inverse(prep, work, N, z, width, NULL, 1, rows, d);
                for (int64_t i = 0; i < N * d; i++)
                    ck_assert_msg(isfinite((float)rows[i]), "%s, %s: %g in row %d", p->tree, chains[c], rows[i],
                                  (int)(i / d));
                gh_prep_work_free(work);
                gh_prep_free(prep);
                gh_dataset_free(data);
                free(z), free(rows);
            }
}
END_TEST

START_TEST(azimuth_is_redrawn)
{
    gh_hooks hooks = gh_hooks_default();
    const process *p = &processes[2];
    genhep_dataset *data = sample(p);
    gh_prep *prep = fitted(p, "tree, azimuth, quantile", NULL, data);
    gh_prep_work *work;
    int64_t width = gh_prep_width(prep), d = data->d;
    ck_assert_int_eq(width, 15);
    ck_assert_int_eq(gh_prep_uniforms(prep), 1);
    double *z = malloc((size_t)(N * width) * sizeof *z), *rows = malloc((size_t)(N * d) * sizeof *rows), uniforms[N],
           phi[N];
    gh_rng rng = gh_rng_make(11, GH_RANDOM_PUBLIC, 0);
    for (int64_t i = 0; i < N; i++) uniforms[i] = gh_rng_uniform(&rng, i, 0);
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, d, 1, 0, z, width, NULL));
    gh_prep_inverse(prep, work, N, z, width, uniforms, 0, rows, d);
    for (int64_t i = 0; i < N; i++) { /* the same event but for one rotation about the beam */
        const double *a = rows + i * d, *b = data->values + i * d;
        double turn = atan2(a[2], a[1]) - atan2(b[2], b[1]);
        for (int k = 0; k < 6; k++) {
            double x = cos(turn) * b[4 * k + 1] - sin(turn) * b[4 * k + 2],
                   y = sin(turn) * b[4 * k + 1] + cos(turn) * b[4 * k + 2];
            ck_assert(fabs(a[4 * k + 1] - x) + fabs(a[4 * k + 2] - y) + fabs(a[4 * k + 3] - b[4 * k + 3]) <
                      1e-7 * (1 + fabs(b[4 * k])));
        }
        phi[i] = atan2(a[2] + a[6] + a[10], a[1] + a[5] + a[9]);
        ck_assert(fabs(phi[i] - PI * (2 * uniforms[i] - 1)) < 1e-9);
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(rows);
}
END_TEST

START_TEST(bits_do_not_depend_on_the_call)
{
    gh_hooks hooks = gh_hooks_default();
    const process *p = &processes[2];
    genhep_dataset *data = sample(p);
    gh_prep *prep = fitted(p, "tree, quantile", NULL, data);
    gh_prep_work *work;
    int64_t width = gh_prep_width(prep), d = data->d;
    double *z = malloc((size_t)(N * width) * sizeof *z), *one = malloc((size_t)width * sizeof *one), row[24];
    double *rows = malloc((size_t)(N * d) * sizeof *rows);
    ck_ok(gh_prep_work_create(&hooks, prep, N, &work));
    ck_ok(gh_prep_forward(prep, work, N, data->values, d, 1, 0, z, width, NULL));
    gh_prep_inverse(prep, work, N, z, width, NULL, 0, rows, d);
    for (int64_t i = 0; i < 200; i++) {
        ck_ok(gh_prep_forward(prep, work, 1, data->values + i * d, d, 1, i, one, width, NULL));
        ck_assert(memcmp(one, z + i * width, (size_t)width * sizeof *one) == 0);
        gh_prep_inverse(prep, work, 1, one, width, NULL, 0, row, d);
        ck_assert(memcmp(row, rows + i * d, sizeof row) == 0);
    }
    gh_prep_work_free(work);
    gh_prep_free(prep);
    gh_dataset_free(data);
    free(z), free(one), free(rows);
}
END_TEST

GH_TEST_MAIN("prep_tree", there_and_back, directions_there_and_back, directions_are_coordinates, directions_that_are_not_free_are_refused,
             isotropic_decays_are_flat, angles_follow_their_axes, beam_frames_order_pt, constraints_hold_bit_for_bit, wild_numbers_stay_finite,
             azimuth_is_redrawn, bits_do_not_depend_on_the_call)
