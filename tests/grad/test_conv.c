/* test_conv.c -- patches, convolution and transposed convolution: values against plain sums, gradients against central
 * differences, for odd sizes, strides and both paddings. */
#include "testing.h"

#include "gradcheck.h"
#include "layers/conv.h"

enum { N = 3, MOST = 2048 };

static void fill(double *x, int64_t n, int64_t stream) { ck_ok(genhep_random_normal(5, stream, 0, n, x)); }

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

typedef struct conv_case {
    gh_patches p;
    int transposed;
    int64_t other;             /* channels of the grid: O of a convolution, I of a transposed one */
    int64_t n_x, n_w, n_y, room;
    double X[MOST], W[MOST], R[MOST], Y[MOST], work[MOST];
} conv_case;

static double value_of(void *context)
{
    conv_case *c = context;
    if (c->transposed) gh_transposed_forward(c->Y, c->X, c->W, &c->p, N, c->other, c->work, c->room);
    else gh_conv_forward(c->Y, c->X, c->W, &c->p, N, c->other, c->work, c->room);
    return dot(c->Y, c->R, c->n_y);
}

static void backward(conv_case *c, double *gX, int add, double *gW, double *gb)
{
    if (c->transposed) gh_transposed_backward(gX, add, gW, gb, c->R, c->X, c->W, &c->p, N, c->other, c->work, c->room);
    else gh_conv_backward(gX, add, gW, gb, c->R, c->X, c->W, &c->p, N, c->other, c->work, c->room);
}

/* y[n,oy,ox,o] = sum x[n, oy s - top + dy, ox s - left + dx, c] w[o,dy,dx,c]; transposed: x and y change places. */
static void plain(const conv_case *c, double *Y)
{
    const gh_patches *p = &c->p;
    memset(Y, 0, (size_t)c->n_y * sizeof *Y);
    for (int64_t n = 0; n < N; n++)
        for (int64_t oy = 0; oy < p->rows; oy++)
            for (int64_t ox = 0; ox < p->columns; ox++)
                for (int64_t o = 0; o < c->other; o++)
                    for (int64_t dy = 0; dy < p->kernel_height; dy++)
                        for (int64_t dx = 0; dx < p->kernel_width; dx++)
                            for (int64_t ch = 0; ch < p->channels; ch++) {
                                int64_t y = oy * p->stride_y - p->top + dy, x = ox * p->stride_x - p->left + dx;
                                if (y < 0 || y >= p->height || x < 0 || x >= p->width) continue;
                                int64_t cell = ((n * p->height + y) * p->width + x) * p->channels + ch;
                                int64_t at = ((n * p->rows + oy) * p->columns + ox) * c->other + o;
                                double w = c->W[((o * p->kernel_height + dy) * p->kernel_width + dx) * p->channels + ch];
                                if (c->transposed) Y[cell] += w * c->X[at];
                                else Y[at] += w * c->X[cell];
                            }
}

static void check(conv_case *c, const char *what)
{
    static double expected[MOST], gX[MOST], gW[MOST], gb[16], twice[MOST];
    const gh_patches *p = &c->p;
    int64_t picture = N * p->height * p->width * p->channels, grid = N * p->rows * p->columns * c->other;
    int64_t channels = c->transposed ? p->channels : c->other;
    c->n_x = c->transposed ? grid : picture, c->n_y = c->transposed ? picture : grid;
    c->n_w = c->other * gh_patches_size(p);
    ck_assert(c->n_x <= MOST && c->n_y <= MOST && c->n_w <= MOST && c->room <= MOST && channels <= 16);
    fill(c->X, c->n_x, 1), fill(c->W, c->n_w, 2), fill(c->R, c->n_y, 3);
    value_of(c);
    plain(c, expected);
    for (int64_t i = 0; i < c->n_y; i++)
        ck_assert_msg(fabs(c->Y[i] - expected[i]) < 1e-12, "%s: output %d is %g, expected %g", what, (int)i, c->Y[i], expected[i]);
    memset(gW, 0, sizeof gW), memset(gb, 0, sizeof gb);
    backward(c, gX, 0, gW, gb);
    ck_assert_msg(gc_worst(value_of, c, c->X, gX, c->n_x) <= 1e-7, "%s: input", what);
    ck_assert_msg(gc_worst(value_of, c, c->W, gW, c->n_w) <= 1e-7, "%s: weights", what);
    for (int64_t j = 0; j < channels; j++) {
        double sum = 0;
        for (int64_t i = j; i < c->n_y; i += channels) sum += c->R[i];
        ck_assert_msg(fabs(gb[j] - sum) < 1e-12, "%s: bias", what);
    }
    /* parameters accumulate, the input's gradient on request */
    memcpy(twice, gX, sizeof twice);
    backward(c, twice, 1, gW, NULL);
    ck_assert_msg(gc_worst(value_of, c, c->X, gX, c->n_x) <= 1e-7 && fabs(twice[c->n_x - 1] - 2 * gX[c->n_x - 1]) < 1e-12, "%s", what);
    for (int64_t i = 0; i < c->n_w; i++) gW[i] /= 2;
    ck_assert_msg(gc_worst(value_of, c, c->W, gW, c->n_w) <= 1e-7, "%s: accumulation", what);
    backward(c, NULL, 0, gW, NULL);
}

START_TEST(convolution_of_pictures)
{
    static conv_case c;
    static const int64_t shapes[][9] = {/* height width channels kernel stride padding O */
        {5, 7, 2, 3, 3, 1, 1, GH_PADDING_SAME, 4},  {5, 7, 2, 3, 2, 1, 1, GH_PADDING_VALID, 3}, {6, 5, 1, 2, 2, 2, 1, GH_PADDING_SAME, 5},
        {7, 7, 3, 3, 3, 2, 3, GH_PADDING_VALID, 2}, {1, 9, 2, 1, 3, 1, 1, GH_PADDING_SAME, 4},  {1, 9, 2, 1, 4, 1, 2, GH_PADDING_VALID, 1},
        {2, 3, 2, 5, 5, 1, 1, GH_PADDING_SAME, 3},  {4, 4, 1, 1, 1, 3, 3, GH_PADDING_SAME, 2}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const int64_t *s = shapes[k];
        char what[64];
        for (int full = 0; full < 2; full++) {
            c.transposed = 0, c.other = s[8];
            ck_ok(gh_patches_plan(s[0], s[1], s[2], s[3], s[4], s[5], s[6], (gh_padding)s[7], &c.p));
            int64_t line = c.p.columns * gh_patches_size(&c.p);
            c.room = full ? MOST : 2 * line; /* uneven groups of lines: the last one is smaller */
            if (c.room > MOST) c.room = MOST;
            snprintf(what, sizeof what, "shape %zu, room %d", k, (int)c.room);
            check(&c, what);
        }
    }
}
END_TEST

START_TEST(transposed_convolution_of_grids)
{
    static conv_case c;
    static const int64_t shapes[][9] = {/* rows columns channels kernel stride padding I */
        {5, 3, 2, 2, 2, 1, 1, GH_PADDING_SAME, 4},  {3, 4, 3, 3, 3, 1, 1, GH_PADDING_VALID, 2}, {3, 2, 2, 3, 3, 2, 2, GH_PADDING_SAME, 3},
        {2, 3, 1, 2, 3, 2, 1, GH_PADDING_VALID, 5}, {1, 6, 2, 1, 4, 1, 2, GH_PADDING_SAME, 3},  {2, 2, 2, 1, 1, 3, 2, GH_PADDING_VALID, 2}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const int64_t *s = shapes[k];
        char what[64];
        c.transposed = 1, c.other = s[8];
        ck_ok(gh_patches_plan_transposed(s[0], s[1], s[2], s[3], s[4], s[5], s[6], (gh_padding)s[7], &c.p));
        ck_assert_int_eq(c.p.rows, s[0]);
        ck_assert_int_eq(c.p.columns, s[1]);
        c.room = k % 2 ? MOST : c.p.columns * gh_patches_size(&c.p);
        snprintf(what, sizeof what, "transposed shape %zu", k);
        check(&c, what);
    }
}
END_TEST

START_TEST(sizes_of_patches)
{
    gh_patches p;
    ck_ok(gh_patches_plan(8, 8, 2, 3, 3, 1, 1, GH_PADDING_SAME, &p));
    ck_assert(p.rows == 8 && p.columns == 8 && p.top == 1 && p.left == 1 && gh_patches_size(&p) == 18);
    ck_ok(gh_patches_plan(8, 5, 1, 2, 2, 2, 2, GH_PADDING_SAME, &p)); /* an odd zero column stands behind */
    ck_assert(p.rows == 4 && p.columns == 3 && p.top == 0 && p.left == 0);
    ck_ok(gh_patches_plan(8, 5, 1, 3, 2, 2, 2, GH_PADDING_VALID, &p));
    ck_assert(p.rows == 3 && p.columns == 2);
    ck_ok(gh_patches_plan_transposed(4, 3, 1, 3, 2, 2, 3, GH_PADDING_VALID, &p));
    ck_assert(p.height == 9 && p.width == 9);
    ck_assert(gh_patches_lines(&p, 1) == 1 && gh_patches_lines(&p, 37) == 2 && gh_patches_lines(&p, INT64_C(1) << 40) == GH_PATCH_ROOM / 18);
    ck_fails(gh_patches_plan(2, 5, 1, 3, 1, 1, 1, GH_PADDING_VALID, &p), GENHEP_E_SHAPE, "a kernel of 3 x 1");
    ck_fails(gh_patches_plan(2, 5, 1, 3, 1, 0, 1, GH_PADDING_SAME, &p), GENHEP_E_SHAPE, "stride 0 x 1");
    ck_fails(gh_patches_plan_transposed(2, 5, 0, 3, 1, 1, 1, GH_PADDING_SAME, &p), GENHEP_E_SHAPE, "a grid of 2 x 5 x 0");
}
END_TEST

/* A row's result does not depend on the others. */
START_TEST(rows_are_independent)
{
    static conv_case c;
    static double alone[MOST];
    c.transposed = 0, c.other = 4, c.room = MOST;
    ck_ok(gh_patches_plan(5, 4, 2, 3, 3, 1, 1, GH_PADDING_SAME, &c.p));
    const int64_t in = 5 * 4 * 2, out = 5 * 4 * 4;
    fill(c.X, N * in, 4), fill(c.W, 4 * 18, 5);
    gh_conv_forward(c.Y, c.X, c.W, &c.p, N, 4, c.work, c.room);
    gh_conv_forward(alone, c.X + in, c.W, &c.p, 1, 4, c.work, c.room);
    for (int64_t i = 0; i < out; i++) ck_assert(fabs(alone[i] - c.Y[out + i]) < 1e-13);
}
END_TEST

GH_TEST_MAIN("conv", convolution_of_pictures, transposed_convolution_of_grids, sizes_of_patches, rows_are_independent)
