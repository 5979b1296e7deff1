/* test_philox_words.c -- the vector forms of Philox give the words of the plain form, each that this CPU can run. */
#include "base/philox.c" /* for its static functions; the library's copy is not linked then */
#include "testing.h"

typedef void words_fn(const round_keys *, lane_block *);

static void compare(words_fn *form)
{
    lane_block plain, block;
    uint32_t number = 12345;
    for (int round = 0; round < 50; round++) {
        gh_rng rng = gh_rng_make((int64_t)round * 0x123456789abcdef, GH_RANDOM_TRAIN, round);
        round_keys keys = expand_keys(&rng);
        for (int i = 0; i < LANES; i++) {
            block.low[i] = number = number * 1664525u + 1013904223u;
            block.high[i] = round % 2 ? ~number : 0;
            block.quad[i] = round % 3 ? number >> 3 : (uint32_t)i;
        }
        plain = block;
        words_any(&keys, &plain);
        form(&keys, &block);
        ck_assert_mem_eq(plain.word, block.word, sizeof plain.word);
    }
}

START_TEST(vector_words)
{
    compare(fill_words);
#ifdef GH_X86
    if (__builtin_cpu_supports("avx2")) compare(words_avx2);
    if (__builtin_cpu_supports("avx512f")) compare(words_avx512);
#endif
}
END_TEST

GH_TEST_MAIN("philox_words", vector_words)
