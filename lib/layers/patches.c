/* patches.c -- gather and scatter of patches. Tests: tests/grad/test_conv.c. */
#include "layers/patches.h"

#include <string.h>

static gh_status check(const char *what, int64_t height, int64_t width, int64_t channels, int64_t kernel_height,
                       int64_t kernel_width, int64_t stride_y, int64_t stride_x)
{
    if (height >= 1 && width >= 1 && channels >= 1 && kernel_height >= 1 && kernel_width >= 1 && stride_y >= 1 && stride_x >= 1)
        return GENHEP_OK;
    GH_FAIL(GENHEP_E_SHAPE, "%s %lld x %lld x %lld, kernel %lld x %lld, stride %lld x %lld: expected numbers of 1 or more",
            what, (long long)height, (long long)width, (long long)channels, (long long)kernel_height, (long long)kernel_width,
            (long long)stride_y, (long long)stride_x);
}

/* Zero lines before the picture so that `patches` patches fit. */
static int64_t before(int64_t cells, int64_t patches, int64_t kernel, int64_t stride)
{
    int64_t needed = (patches - 1) * stride + kernel - cells;
    return needed > 0 ? needed / 2 : 0;
}

gh_status gh_patches_plan(int64_t height, int64_t width, int64_t channels, int64_t kernel_height, int64_t kernel_width,
                          int64_t stride_y, int64_t stride_x, gh_padding padding, gh_patches *patches)
{
    GH_TRY(check("a picture of", height, width, channels, kernel_height, kernel_width, stride_y, stride_x));
    gh_patches p = {height, width, channels, kernel_height, kernel_width, stride_y, stride_x, 0, 0, 0, 0};
    if (padding == GH_PADDING_SAME) {
        p.rows = (height + stride_y - 1) / stride_y;
        p.columns = (width + stride_x - 1) / stride_x;
        p.top = before(height, p.rows, kernel_height, stride_y);
        p.left = before(width, p.columns, kernel_width, stride_x);
    } else {
        if (kernel_height > height || kernel_width > width)
            GH_FAIL(GENHEP_E_SHAPE, "a kernel of %lld x %lld over a picture of %lld x %lld without padding: expected a smaller one",
                    (long long)kernel_height, (long long)kernel_width, (long long)height, (long long)width);
        p.rows = (height - kernel_height) / stride_y + 1;
        p.columns = (width - kernel_width) / stride_x + 1;
    }
    *patches = p;
    return GENHEP_OK;
}

gh_status gh_patches_plan_transposed(int64_t rows, int64_t columns, int64_t channels, int64_t kernel_height,
                                     int64_t kernel_width, int64_t stride_y, int64_t stride_x, gh_padding padding,
                                     gh_patches *patches)
{
    GH_TRY(check("a grid of", rows, columns, channels, kernel_height, kernel_width, stride_y, stride_x));
    int64_t more_y = kernel_height > stride_y ? kernel_height - stride_y : 0;
    int64_t more_x = kernel_width > stride_x ? kernel_width - stride_x : 0;
    if (padding == GH_PADDING_SAME) more_y = more_x = 0;
    return gh_patches_plan(rows * stride_y + more_y, columns * stride_x + more_x, channels, kernel_height, kernel_width,
                           stride_y, stride_x, padding, patches);
}

int64_t gh_patches_lines(const gh_patches *p, int64_t room)
{
    int64_t lines = (room < GH_PATCH_ROOM ? room : GH_PATCH_ROOM) / (p->columns * gh_patches_size(p));
    return lines < 1 ? 1 : lines;
}

/* The part of a patch's line that is inside the picture: cells skip..skip+inside-1 of kernel_width, from cell *from on. */
static int64_t inside(const gh_patches *p, int64_t x, int64_t *skip, int64_t *from)
{
    int64_t start = x * p->stride_x - p->left, end = start + p->kernel_width;
    *from = start < 0 ? 0 : start;
    *skip = *from - start;
    if (end > p->width) end = p->width;
    return end > *from ? end - *from : 0;
}

static void gather_patch(const gh_patches *p, const gh_real *picture, int64_t y, int64_t x, gh_real *row)
{
    const int64_t C = p->channels, line = p->kernel_width * C;
    int64_t skip, from, cells = inside(p, x, &skip, &from);
    for (int64_t dy = 0; dy < p->kernel_height; dy++, row += line) {
        int64_t at = y * p->stride_y - p->top + dy;
        if (at < 0 || at >= p->height) {
            memset(row, 0, (size_t)line * sizeof *row);
            continue;
        }
        if (cells < p->kernel_width) memset(row, 0, (size_t)line * sizeof *row);
        memcpy(row + skip * C, picture + (at * p->width + from) * C, (size_t)(cells * C) * sizeof *row);
    }
}

static inline void scatter_patch(const gh_patches *p, gh_real *picture, int64_t y, int64_t x, const gh_real *row)
{
    const int64_t C = p->channels, line = p->kernel_width * C;
    int64_t skip, from, cells = inside(p, x, &skip, &from);
    for (int64_t dy = 0; dy < p->kernel_height; dy++, row += line) {
        int64_t at = y * p->stride_y - p->top + dy;
        if (at < 0 || at >= p->height) continue;
        gh_real *to = picture + (at * p->width + from) * C;
        const gh_real *of = row + skip * C;
#pragma omp simd
        for (int64_t i = 0; i < cells * C; i++) to[i] += of[i];
    }
}

void gh_patches_gather(const gh_patches *p, const gh_real *X, int64_t first, int64_t n, gh_real *rows)
{
    const int64_t K = gh_patches_size(p), picture = p->height * p->width * p->channels;
    for (int64_t l = first; l < first + n; l++)
        for (int64_t x = 0; x < p->columns; x++, rows += K) gather_patch(p, X + l / p->rows * picture, l % p->rows, x, rows);
}

GH_CLONES
void gh_patches_scatter(const gh_patches *p, gh_real *X, int64_t first, int64_t n, const gh_real *rows)
{
    const int64_t K = gh_patches_size(p), picture = p->height * p->width * p->channels;
    for (int64_t l = first; l < first + n; l++)
        for (int64_t x = 0; x < p->columns; x++, rows += K) scatter_patch(p, X + l / p->rows * picture, l % p->rows, x, rows);
}

void gh_patches_gather_at(const gh_patches *p, const gh_real *X, int64_t N, int64_t y, int64_t x, gh_real *rows)
{
    const int64_t K = gh_patches_size(p), picture = p->height * p->width * p->channels;
    for (int64_t i = 0; i < N; i++) gather_patch(p, X + i * picture, y, x, rows + i * K);
}

GH_CLONES
void gh_patches_scatter_at(const gh_patches *p, gh_real *X, int64_t N, int64_t y, int64_t x, const gh_real *rows)
{
    const int64_t K = gh_patches_size(p), picture = p->height * p->width * p->channels;
    for (int64_t i = 0; i < N; i++) scatter_patch(p, X + i * picture, y, x, rows + i * K);
}
