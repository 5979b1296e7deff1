/* test_sampler.c -- what a sampler promises: the same bits for any split, thread count and seek; streams; host numbers. */
#include "testing.h"

#include "linalg/tiles.h"
#include "model/model.h"
#include "small_model.h"

enum { EVENTS = 10000 };

static const char *kernel = "auto"; /* of the samplers below */

static genhep_sampler *sampler_of(const genhep_model *model, int seed, int stream, int threads)
{
    genhep_options *options;
    genhep_sampler *sampler;
    ck_ok(genhep_options_create(&options));
    ck_ok(genhep_options_set_int(options, "seed", seed));
    ck_ok(genhep_options_set_int(options, "sample.stream", stream));
    ck_ok(genhep_options_set_int(options, "sample.threads", threads));
    ck_ok(genhep_options_set_text(options, "sample.kernel", kernel));
    ck_ok(genhep_sampler_create(model, options, &sampler));
    genhep_options_free(options);
    return sampler;
}

static float *all_at_once(const genhep_model *model, int threads)
{
    int64_t d = genhep_model_columns(model);
    float *events = malloc((size_t)(EVENTS * d) * sizeof *events);
    genhep_sampler *sampler = sampler_of(model, 5, 0, threads);
    ck_ok(genhep_sampler_draw_float(sampler, EVENTS, NULL, 0, events, d, EVENTS * d));
    genhep_sampler_free(sampler);
    return events;
}

static void same_bits_for(const genhep_model *model)
{
    static const int64_t splits[] = {1, 3, 255, 256, 257, 1000, 4096, 17, 512};
    int64_t d = genhep_model_columns(model), size = EVENTS * d;
    float *reference = all_at_once(model, 1), *events = calloc((size_t)size, sizeof *events);
    for (int threads = 1; threads <= 4; threads *= 2) {
        float *other = all_at_once(model, threads);
        ck_assert_msg(memcmp(reference, other, (size_t)size * sizeof *other) == 0, "%d threads", threads);
        free(other);
        genhep_sampler *sampler = sampler_of(model, 5, 0, threads);
        for (int64_t done = 0, k = 0; done < EVENTS; k++) {
            int64_t n = splits[k % 9] < EVENTS - done ? splits[k % 9] : EVENTS - done;
            ck_ok(genhep_sampler_draw_float(sampler, n, NULL, 0, events + done * d, d, n * d));
            done += n;
        }
        ck_assert_msg(memcmp(reference, events, (size_t)size * sizeof *events) == 0, "split calls, %d threads", threads);
        int64_t at = 0;
        for (int64_t event = 7777; event > 0; event = event * 2 / 3) { /* backwards, anywhere */
            ck_ok(genhep_sampler_seek(sampler, event));
            ck_ok(genhep_sampler_draw_float(sampler, 1, NULL, 0, events, d, d));
            ck_assert(memcmp(reference + event * d, events, (size_t)d * sizeof *events) == 0);
            ck_ok(genhep_sampler_tell(sampler, &at));
            ck_assert_int_eq(at, event + 1);
        }
        genhep_sampler_free(sampler);
    }
    free(events);
    free(reference);
}

START_TEST(same_bits_for_any_split_threads_and_seek)
{
    genhep_model *trained = small_model("loss.noise=global"), *baseline = small_model("model.family=independent");
    same_bits_for(trained);
    same_bits_for(baseline);
    genhep_model_free(trained);
    genhep_model_free(baseline);
}
END_TEST

START_TEST(same_bits_with_every_kernel)
{
    genhep_model *model = small_model("loss.noise=global decoder.units=40 decoder.layers=4 decoder.residual=skip2");
    for (int kind = GH_KERNEL_BLAS; kind <= GH_KERNEL_AMX; kind++)
        if (gh_kernel_runs((gh_kernel)kind)) {
            kernel = gh_kernel_name((gh_kernel)kind);
            same_bits_for(model);
        }
    kernel = "auto";
    genhep_model_free(model);
}
END_TEST

/* Registers of tiles that are in use in this thread: bit 17 their layout, bit 18 their contents. */
static unsigned tiles_in_use(void)
{
#ifdef GH_TILES
    unsigned low, high;
    if (!gh_kernel_runs(GH_KERNEL_AMX)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    return low & (3u << 17);
#else
    return 0;
#endif
}

START_TEST(kernels_agree_up_to_rounding)
{
    static const char *const settings[] = {"loss.noise=global", "loss.noise=event decoder.units=40 decoder.activation=gelu decoder.residual=add",
                                           "loss.noise=none loss.beta=1e-3 decoder.activation=leaky decoder.units=130 decoder.layers=5"};
    enum { N = 1000 };
    for (int m = 0; m < 3; m++) {
        genhep_model *model = small_model(settings[m]);
        int64_t d = genhep_model_columns(model);
        double reference[N * 8], events[N * 8];
        for (int kind = GH_KERNEL_BLAS; kind <= GH_KERNEL_AMX; kind++) {
            if (!gh_kernel_runs((gh_kernel)kind)) continue;
            kernel = gh_kernel_name((gh_kernel)kind);
            genhep_sampler *s = sampler_of(model, 3, 1, 1);
            ck_assert_str_eq(genhep_sampler_kernel(s), kernel);
            ck_ok(genhep_sampler_draw_double(s, N, NULL, 0, kind ? events : reference, d, N * d));
            ck_assert_uint_eq(tiles_in_use(), 0);
            int64_t same = 0;
            for (int64_t i = 0; kind && i < N * d; i++) {
                same += events[i] == reference[i];
                ck_assert_msg(fabs(events[i] - reference[i]) < 1e-4 * (1 + fabs(reference[i])), "%s, event %d, column %d: %.9g, not %.9g",
                              kernel, (int)(i / d), (int)(i % d), events[i], reference[i]);
            }
            ck_assert_int_lt(same, N * d / 2); /* another kernel, other last digits: it was that kernel indeed */
            genhep_sampler_free(s);
        }
        kernel = "auto";
        genhep_model_free(model);
    }
}
END_TEST

START_TEST(kernels_are_named_and_checked)
{
    genhep_model *small = small_model("loss.noise=global"), *normed = small_model("loss.noise=global decoder.norm=layer");
    genhep_model *baseline = small_model("model.family=independent");
    genhep_sampler *s = sampler_of(normed, 1, 0, 1);
    ck_assert_str_eq(genhep_sampler_kernel(s), "blas");
    genhep_sampler_free(s);
    s = sampler_of(baseline, 1, 0, 1);
    ck_assert_str_eq(genhep_sampler_kernel(s), "none");
    genhep_sampler_free(s);
    s = sampler_of(small, 1, 0, 1);
    ck_assert_str_eq(genhep_sampler_kernel(s), gh_kernel_name(gh_network_plain_way().kernel)); /* too narrow for tiles */
    genhep_sampler_free(s);
    ck_assert_str_eq(genhep_sampler_kernel(NULL), "");
    for (int kind = GH_KERNEL_BLAS; kind <= GH_KERNEL_AMX; kind++) {
        if (gh_kernel_runs((gh_kernel)kind)) continue;
        genhep_options *options;
        ck_ok(genhep_options_create(&options));
        ck_ok(genhep_options_set_text(options, "sample.kernel", gh_kernel_name((gh_kernel)kind)));
        ck_fails(genhep_sampler_create(small, options, &s), GENHEP_E_OPTION, "sample.kernel");
        ck_assert_ptr_null(s);
        genhep_options_free(options);
    }
    genhep_model_free(small);
    genhep_model_free(normed);
    genhep_model_free(baseline);
}
END_TEST

START_TEST(next_gives_what_draw_gives)
{
    genhep_model *model = small_model("loss.noise=event");
    int64_t d = genhep_model_columns(model);
    double *events = malloc((size_t)(600 * d) * sizeof *events), event[8], weight;
    genhep_sampler *a = sampler_of(model, 9, 3, 2), *b = sampler_of(model, 9, 3, 1);
    ck_ok(genhep_sampler_draw_double(a, 600, NULL, 0, events, d, 600 * d));
    for (int i = 0; i < 600; i++) {
        ck_ok(genhep_sampler_next(b, NULL, event, &weight));
        ck_assert(memcmp(event, events + i * d, (size_t)d * sizeof *event) == 0);
        ck_assert(weight == 1);
    }
    genhep_sampler_free(a);
    genhep_sampler_free(b);
    genhep_model_free(model);
    free(events);
}
END_TEST

START_TEST(stride_leaves_the_gap_alone)
{
    genhep_model *model = small_model("loss.noise=none loss.beta=1e-3");
    int64_t d = genhep_model_columns(model), stride = d + 3;
    float wide[700 * 11], tight[700 * 8];
    genhep_sampler *a = sampler_of(model, 2, 0, 1), *b = sampler_of(model, 2, 0, 1);
    for (int i = 0; i < 700 * 11; i++) wide[i] = -77;
    ck_ok(genhep_sampler_draw_float(a, 700, NULL, 0, wide, stride, 699 * stride + d));
    ck_ok(genhep_sampler_draw_float(b, 700, NULL, 0, tight, d, 700 * d));
    for (int i = 0; i < 700; i++) {
        ck_assert(memcmp(wide + i * stride, tight + i * d, (size_t)d * sizeof *wide) == 0);
        if (i < 699)
            for (int64_t j = d; j < stride; j++) ck_assert(wide[i * stride + j] == -77);
    }
    genhep_sampler_free(a);
    genhep_sampler_free(b);
    genhep_model_free(model);
}
END_TEST

START_TEST(seeds_and_streams_differ)
{
    genhep_model *model = small_model("loss.noise=global");
    int64_t d = genhep_model_columns(model);
    double a[8], b[8], c[8];
    genhep_sampler *s = sampler_of(model, 1, 0, 1), *t = sampler_of(model, 1, 1, 1), *u = sampler_of(model, 2, 0, 1);
    ck_ok(genhep_sampler_next(s, NULL, a, NULL));
    ck_ok(genhep_sampler_next(t, NULL, b, NULL));
    ck_ok(genhep_sampler_next(u, NULL, c, NULL));
    ck_assert(memcmp(a, b, (size_t)d * sizeof *a) != 0 && memcmp(a, c, (size_t)d * sizeof *a) != 0 && memcmp(b, c, (size_t)d * sizeof *a) != 0);
    genhep_sampler_free(s);
    genhep_sampler_free(t);
    genhep_sampler_free(u);
    genhep_model_free(model);
}
END_TEST

typedef struct host {
    uint64_t state;
    int64_t calls;
} host;

static double host_uniform(void *user)
{
    host *h = user;
    h->calls++;
    h->state = h->state * 6364136223846793005u + 1442695040888963407u;
    return (double)(h->state >> 11) * 0x1p-53;
}

START_TEST(host_numbers_decide_everything)
{
    genhep_model *model = small_model("loss.noise=global");
    int64_t d = genhep_model_columns(model);
    double first[8], second[8], philox[8], again[8];
    genhep_sampler *s = sampler_of(model, 1, 0, 1);
    ck_ok(genhep_sampler_next(s, NULL, philox, NULL));
    host h = {12345, 0};
    ck_ok(genhep_sampler_set_uniform(s, host_uniform, &h));
    ck_ok(genhep_sampler_next(s, NULL, first, NULL));
    int64_t per_event = h.calls;
    ck_assert_int_gt(per_event, 0);
    ck_ok(genhep_sampler_next(s, NULL, second, NULL));
    ck_assert_int_eq(h.calls, 2 * per_event); /* nothing is drawn ahead, so a saved host state is enough */
    h.state = 12345;
    ck_ok(genhep_sampler_next(s, NULL, again, NULL));
    ck_assert(memcmp(first, again, (size_t)d * sizeof *first) == 0);
    ck_assert(memcmp(first, second, (size_t)d * sizeof *first) != 0);
    ck_fails(genhep_sampler_seek(s, 0), GENHEP_E_STATE, "host");
    ck_ok(genhep_sampler_set_uniform(s, NULL, NULL));
    ck_ok(genhep_sampler_seek(s, 0));
    ck_ok(genhep_sampler_next(s, NULL, again, NULL));
    ck_assert(memcmp(philox, again, (size_t)d * sizeof *again) == 0);
    genhep_sampler_free(s);
    genhep_model_free(model);
}
END_TEST

START_TEST(wrong_calls_are_answered)
{
    genhep_model *model = small_model("loss.noise=global");
    int64_t d = genhep_model_columns(model);
    float events[16] = {42};
    genhep_sampler *s = sampler_of(model, 1, 0, 1);
    ck_ok(genhep_sampler_draw_float(s, 0, NULL, 0, NULL, d, 0));
    ck_fails(genhep_sampler_draw_float(s, -1, NULL, 0, events, d, 16), GENHEP_E_ARG, "-1");
    ck_fails(genhep_sampler_draw_float(s, 3, NULL, 0, events, d, 3 * d - 1), GENHEP_E_BUFFER, "buffer");
    ck_assert(events[0] == 42);
    ck_fails(genhep_sampler_draw_float(s, 1, NULL, 0, events, d - 1, 16), GENHEP_E_ARG, "stride");
    ck_fails(genhep_sampler_draw_float(s, INT64_MAX / 2, NULL, 0, events, d, 16), GENHEP_E_BUFFER, "buffer");
    ck_fails(genhep_sampler_seek(s, -1), GENHEP_E_ARG, "-1");
    genhep_sampler *none = s;
    ck_fails(genhep_sampler_create(NULL, NULL, &none), GENHEP_E_ARG, "NULL");
    ck_assert_ptr_null(none);
    genhep_sampler_free(s);
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("sampler", same_bits_for_any_split_threads_and_seek, same_bits_with_every_kernel, kernels_agree_up_to_rounding,
             kernels_are_named_and_checked, next_gives_what_draw_gives, stride_leaves_the_gap_alone,
             seeds_and_streams_differ, host_numbers_decide_everything, wrong_calls_are_answered)
