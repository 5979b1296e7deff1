/* test_threads.c -- one model, four threads with a sampler each: the same events as alone. Run under ThreadSanitizer too. */
#include "testing.h"

#include <pthread.h>

#include "linalg/kernel.h"
#include "small_model.h"

enum { EVENTS = 3000 };

typedef struct job {
    const genhep_model *model;
    int64_t stream;
    double events[EVENTS * SMALL_COLUMNS];
    genhep_status status;
} job;

static void *draw(void *context)
{
    job *j = context;
    genhep_options *options;
    genhep_sampler *sampler = NULL;
    j->status = genhep_options_create(&options);
    if (!j->status) j->status = genhep_options_set_int(options, "sample.stream", j->stream);
    if (!j->status) j->status = genhep_options_set_int(options, "sample.threads", 2);
    /* packed weights are made by the first sampler that wants them */
    if (!j->status) j->status = genhep_options_set_text(options, "sample.kernel", gh_kernel_name(gh_kernel_best()));
    if (!j->status) j->status = genhep_sampler_create(j->model, options, &sampler);
    for (int64_t done = 0; !j->status && done < EVENTS; done += 100)
        j->status = genhep_sampler_draw_double(sampler, 100, NULL, 0, j->events + done * SMALL_COLUMNS, SMALL_COLUMNS, 100 * SMALL_COLUMNS);
    genhep_sampler_free(sampler);
    genhep_options_free(options);
    return NULL;
}

START_TEST(four_samplers_share_a_model)
{
    static job together[4], alone[4];
    pthread_t threads[4];
    genhep_model *model = small_model("loss.noise=global train.threads=2");
    for (int i = 0; i < 4; i++) {
        together[i].model = alone[i].model = model;
        together[i].stream = alone[i].stream = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, draw, &together[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) {
        draw(&alone[i]);
        ck_assert_int_eq(together[i].status, GENHEP_OK);
        ck_assert_int_eq(alone[i].status, GENHEP_OK);
        ck_assert(memcmp(together[i].events, alone[i].events, sizeof alone[i].events) == 0);
        if (i) ck_assert(memcmp(together[i].events, together[0].events, sizeof alone[i].events) != 0);
    }
    genhep_model_free(model);
}
END_TEST

GH_TEST_MAIN("threads", four_samplers_share_a_model)
