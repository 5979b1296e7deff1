/* tiles.c -- packing float32 matrices in bfloat16 parts, and affine layers on AMX tiles. Method: tiles.h. */
#include "linalg/tiles.h"

#include <string.h>

#ifdef GH_TILES
#include "linalg/tile_steps.h"

/* ---- packing ------------------------------------------------------------------------------------------------- */

/* The tile's 16 x 16 words of 32 bits, in place, rows to columns. */
GH_512 static void transpose(gh_bf16 *tile)
{
    __m512i a[16], b[16];
    for (int r = 0; r < 16; r++) a[r] = _mm512_load_si512(tile + 32 * r);
    for (int r = 0; r < 16; r += 2) {
        b[r] = _mm512_unpacklo_epi32(a[r], a[r + 1]);
        b[r + 1] = _mm512_unpackhi_epi32(a[r], a[r + 1]);
    }
    for (int r = 0; r < 16; r += 4) { /* then a[r+c]: columns c, 4+c, 8+c, 12+c of rows r..r+3 */
        a[r] = _mm512_unpacklo_epi64(b[r], b[r + 2]);
        a[r + 1] = _mm512_unpackhi_epi64(b[r], b[r + 2]);
        a[r + 2] = _mm512_unpacklo_epi64(b[r + 1], b[r + 3]);
        a[r + 3] = _mm512_unpackhi_epi64(b[r + 1], b[r + 3]);
    }
    for (int r = 0; r < 16; r += 8) /* then b[r+c]: columns c and 8+c, b[r+4+c]: columns 4+c and 12+c */
        for (int c = 0; c < 4; c++) {
            b[r + c] = _mm512_shuffle_i32x4(a[r + c], a[r + 4 + c], 0x88);
            b[r + 4 + c] = _mm512_shuffle_i32x4(a[r + c], a[r + 4 + c], 0xdd);
        }
    for (int c = 0; c < 8; c++) {
        _mm512_store_si512(tile + 32 * c, _mm512_shuffle_i32x4(b[c], b[8 + c], 0x88));
        _mm512_store_si512(tile + 32 * (8 + c), _mm512_shuffle_i32x4(b[c], b[8 + c], 0xdd));
    }
}

GH_512_INLINE __mmask16 first(int64_t n)
{
    return n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16)((1u << n) - 1);
}

/* One block of 32 x 32 numbers, n x K of them there; x as for gh_tiles_pack. Rows of 32 k fill a left tile, rows of 16
 * pairs of k a right one; the other two cases are these with every tile transposed. */
GH_512 static void pack_block(int turn, int across, const float *x, int64_t ld, int64_t n, int64_t K, gh_bf16 *to)
{
    for (int64_t tile = 0; tile < 2; tile++)
        for (int64_t r = 0; r < 16; r++) {
            __m512 a, b;
            if (!across) {
                const int64_t i = 16 * tile + r;
                const float *from = x + i * ld;
                a = _mm512_maskz_loadu_ps(i < n ? first(K) : 0, from);
                b = _mm512_maskz_loadu_ps(i < n ? first(K - 16) : 0, from + 16);
            } else {
                const float *from = x + 2 * r * ld + 16 * tile;
                a = _mm512_maskz_loadu_ps(2 * r < K ? first(n - 16 * tile) : 0, from);
                b = _mm512_maskz_loadu_ps(2 * r + 1 < K ? first(n - 16 * tile) : 0, from + ld);
            }
            gh_tile_split(a, b, across, to + tile * GH_TILE_SIZE + 32 * r);
        }
    for (int64_t tile = 0; turn && tile < 6; tile++) transpose(to + tile * GH_TILE_SIZE);
}

void gh_tiles_pack(gh_tile_side side, int across, const float *x, int64_t ld, int64_t n, int64_t K, gh_bf16 *packed)
{
    const int turn = (side == GH_TILE_RIGHT) != !!across;
    for (int64_t i = 0; i < n; i += GH_TILE_SIDE)
        for (int64_t k = 0; k < K; k += GH_TILE_SIDE) {
            pack_block(turn, across, across ? x + k * ld + i : x + i * ld + k, ld, n - i, K - k, packed);
            packed += GH_TILE_BLOCK;
        }
}

GH_512 void gh_tiles_unpack_block(const gh_bf16 *packed, int64_t blocks, int64_t panel, int64_t k, float *out)
{
    const gh_bf16 *block = packed + (panel * blocks + k) * GH_TILE_BLOCK;
    for (int64_t r = 0; r < GH_TILE_SIDE; r++) {
        _mm512_storeu_ps(out + GH_TILE_SIDE * r, gh_tile_join(block + 32 * r));
        _mm512_storeu_ps(out + GH_TILE_SIDE * r + 16, gh_tile_join(block + 32 * r + 16));
    }
}

/* ---- affine layers ------------------------------------------------------------------------------------------- */

typedef struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

__attribute__((target("amx-tile"))) void gh_tiles_begin(void)
{
    tile_config config = {.palette = 1};
    for (int i = 0; i < 8; i++) config.row_bytes[i] = 64, config.rows[i] = 16;
    __asm__ volatile("" ::"r"(&config) : "memory"); /* all of it is in memory now */
    _tile_loadconfig(&config);
}

__attribute__((target("amx-tile"))) void gh_tiles_end(void)
{
    _tile_release();
}

/* A block of sums on its way to the next layer's input: what is done to it while the next product runs. */
typedef struct pending {
    const float *sums; /* NULL: nothing is */
    const float *bias;
    float slope;
    gh_bf16 *to;
} pending;

/* Bias, activation and splitting of rows r..stop-1. */
GH_512_INLINE void finish_rows(const pending *p, int64_t r, int64_t stop)
{
    const __m512 slope = _mm512_set1_ps(p->slope), low = _mm512_loadu_ps(p->bias), high = _mm512_loadu_ps(p->bias + 16);
    for (; r < stop; r++) {
        __m512 a = _mm512_add_ps(_mm512_load_ps(p->sums + GH_TILE_SIDE * r), low);
        __m512 b = _mm512_add_ps(_mm512_load_ps(p->sums + GH_TILE_SIDE * r + 16), high);
        a = _mm512_max_ps(a, _mm512_mul_ps(a, slope)); /* of which the second is taken when one is NaN: it stays */
        b = _mm512_max_ps(b, _mm512_mul_ps(b, slope));
        gh_tile_split(a, b, 0, p->to + 32 * r);
    }
}

/* sums (32,32) = a panel of X times a panel of W. Between the tile instructions, which take 16 cycles each, the rows of
 * the block before are finished and `lines` cache lines a step of the weights to come are asked for. */
GH_AMX static void product(const gh_bf16 *X, const gh_bf16 *W, int64_t blocks, float *sums, const pending *before,
                           const char *ahead, int64_t lines)
{
    const int64_t share = (GH_TILE_SIDE + blocks - 1) / blocks;
    int64_t row = before->sums ? 0 : GH_TILE_SIDE;
    GH_TILE_BARRIER;
    gh_tile_zero();
    for (int64_t k = 0; k < blocks; k++) {
        gh_tile_first_half(X, W);
        for (int64_t i = 0; i < lines; i++) _mm_prefetch(ahead + 64 * i, _MM_HINT_T1);
        if (row < GH_TILE_SIDE) {
            int64_t stop = row + share < GH_TILE_SIDE ? row + share : GH_TILE_SIDE;
            finish_rows(before, row, stop);
            row = stop;
        }
        gh_tile_second_half(X, W);
        X += GH_TILE_BLOCK;
        W += GH_TILE_BLOCK;
        ahead += 64 * lines;
    }
    gh_tile_store_sums(sums, GH_TILE_SIDE);
}

GH_512 static void finish(const pending *p)
{
    if (p->sums) finish_rows(p, 0, GH_TILE_SIDE);
}

/* The other kind of activation: bias and activation at once, splitting while the next product runs. */
GH_512 static void activate_now(const gh_tiles_layer *l, int64_t panel, int64_t column, float *sums)
{
    const float *bias = l->bias + GH_TILE_SIDE * column;
    for (int64_t r = 0; r < GH_TILE_SIDE; r++)
        for (int64_t j = 0; j < GH_TILE_SIDE; j++) sums[GH_TILE_SIDE * r + j] += bias[j];
    l->activate(l->context, panel, column, sums);
}

void gh_tiles_dense(const gh_tiles_layer *l)
{
    /* Weights come from the third cache or from memory, 98 kB for a panel of 512 inputs, and are used for all rows
     * once there: they are asked for that far ahead, evenly over the products. */
    enum { AHEAD = 96 * 1024, BLOCK_LINES = GH_TILE_BLOCK * (int)sizeof(gh_bf16) / 64 };
    static const float none[GH_TILE_SIDE];
    _Alignas(64) float sums[2][GH_TILE_SIDE * GH_TILE_SIDE];
    const int64_t lines = (BLOCK_LINES + l->rows - 1) / l->rows;
    pending before = {.slope = l->activate ? 1 : l->slope};
    int turn = 0;
    for (int64_t o = 0; o < l->outputs; o++)
        for (int64_t r = 0; r < l->rows; r++) {
            const gh_bf16 *W = l->W + o * l->inputs * GH_TILE_BLOCK;
            product(l->X + r * l->inputs * GH_TILE_BLOCK, W, l->inputs, sums[turn], &before,
                    (const char *)W + r * l->inputs * lines * 64 + AHEAD, lines);
            if (l->activate) activate_now(l, r, o, sums[turn]);
            before.sums = sums[turn];
            before.bias = l->activate ? none : l->bias + GH_TILE_SIDE * o;
            before.to = l->Y + (r * l->outputs + o) * GH_TILE_BLOCK;
            turn = !turn;
        }
    finish(&before);
}

#else /* never called: gh_kernel_runs(GH_KERNEL_AMX) is 0 */

void gh_tiles_pack(gh_tile_side side, int across, const float *x, int64_t ld, int64_t n, int64_t K, gh_bf16 *packed)
{
    (void)side, (void)across, (void)x, (void)ld, (void)n, (void)K, (void)packed;
}

void gh_tiles_unpack_block(const gh_bf16 *packed, int64_t blocks, int64_t panel, int64_t k, float *out)
{
    (void)packed, (void)blocks, (void)panel, (void)k, (void)out;
}

void gh_tiles_begin(void) {}

void gh_tiles_end(void) {}

void gh_tiles_dense(const gh_tiles_layer *l)
{
    (void)l;
}

#endif

void gh_tiles_unpack(const gh_bf16 *packed, int64_t n, int64_t K, float *rows)
{
    _Alignas(64) float values[GH_TILE_SIDE * GH_TILE_SIDE];
    for (int64_t i = 0; i < n; i += GH_TILE_SIDE)
        for (int64_t k = 0; k < K; k += GH_TILE_SIDE) {
            const int64_t height = n - i < GH_TILE_SIDE ? n - i : GH_TILE_SIDE,
                          width = K - k < GH_TILE_SIDE ? K - k : GH_TILE_SIDE;
            gh_tiles_unpack_block(packed, gh_tile_blocks(K), i / GH_TILE_SIDE, k / GH_TILE_SIDE, values);
            for (int64_t r = 0; r < height; r++)
                memcpy(rows + (i + r) * K + k, values + GH_TILE_SIDE * r, (size_t)width * sizeof *rows);
        }
}
